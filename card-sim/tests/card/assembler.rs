//! A small assembler: one instruction a line, labels with a colon, API items by name.
//!
//! `sspush 5` · `again: sinc 2 1` · `if_scmplt again` · `invokestatic javacard/framework/Util.setShort([BSS)S`
//! `new javacard/framework/OwnerPIN` · `getfield_s .3` (own field) · `invokestatic :helper` (own
//! method) · `new =1` (own class 1) · `getstatic_s #4` (own static field)

use cap_file::api::{Api, TokenSpace};
use cap_file::component::ClassRef;
use cap_file::component::constant_pool::{Constant, StaticRef};
use cap_file::opcode::Layout;
use cap_file::{Instruction, Opcode, Operands};
use std::collections::HashMap;

/// The constant pool under construction, and what symbols mean.
#[derive(Default)]
pub(crate) struct Symbols {
    pub(crate) constants: Vec<Constant>,
    /// Packages by name, in the order of the Import component.
    pub(crate) imports: Vec<String>,
    /// Offsets of own methods by name.
    pub(crate) methods: HashMap<String, u16>,
    /// Class references of own classes.
    pub(crate) classes: Vec<u16>,
}

impl Symbols {
    pub(crate) fn constant(&mut self, constant: Constant) -> u16 {
        let place = self.constants.iter().position(|other| *other == constant);
        let place = place.unwrap_or_else(|| {
            self.constants.push(constant);
            self.constants.len() - 1
        });
        place.try_into().unwrap()
    }

    fn package(&mut self, class: &str) -> u8 {
        let (package, _) = Api::builtin().find_class(class).expect(class);
        let place = self.imports.iter().position(|name| *name == package.name);
        let place = place.unwrap_or_else(|| {
            self.imports.push(package.name.clone());
            self.imports.len() - 1
        });
        place.try_into().unwrap()
    }

    pub(crate) fn class_reference(&mut self, name: &str) -> ClassRef {
        if let Some(index) = name.strip_prefix('=') {
            let index: usize = index.parse().unwrap();
            return ClassRef::Internal(self.classes[index]);
        }
        let (_, class) = Api::builtin().find_class(name).expect(name);
        ClassRef::External {
            package: self.package(name),
            class: class.token,
        }
    }

    /// The pool index of what an operand names.
    fn index(&mut self, opcode: Opcode, operand: &str) -> u16 {
        if let Some(offset) = operand.strip_prefix('#') {
            let offset = offset.parse().unwrap();
            return self.constant(Constant::StaticField(StaticRef::Internal(offset)));
        }
        if let Some(token) = operand.strip_prefix('.') {
            let class = self.class_reference("=0");
            let token = token.parse().unwrap();
            return self.constant(Constant::InstanceField { class, token });
        }
        if let Some(name) = operand.strip_prefix(':') {
            let offset = *self.methods.get(name).expect(name);
            return self.constant(Constant::StaticMethod(StaticRef::Internal(offset.into())));
        }
        if let Some((class, token)) = operand
            .split_once('/')
            .filter(|(class, _)| class.starts_with('='))
        {
            let class = self.class_reference(class);
            let token = token.parse().unwrap();
            return self.constant(Constant::VirtualMethod { class, token });
        }
        let Some((class_name, method)) = operand.split_once('.') else {
            let class = self.class_reference(operand);
            return self.constant(Constant::Class(class));
        };
        let (name, descriptor) = method.split_once('(').unwrap();
        let descriptor = format!("({descriptor}");
        let (_, class) = Api::builtin().find_class(class_name).expect(class_name);
        let found = class.method(name, &descriptor).expect(operand);
        let (package, token) = (self.package(class_name), found.token);
        self.constant(match (opcode, found.kind.token_space()) {
            (_, TokenSpace::Static) => Constant::StaticMethod(StaticRef::External {
                package,
                class: class.token,
                token,
            }),
            (_, TokenSpace::Virtual) => Constant::VirtualMethod {
                class: ClassRef::External {
                    package,
                    class: class.token,
                },
                token,
            },
        })
    }
}

/// The bytecode of a program.
pub(crate) fn assemble(program: &str, symbols: &mut Symbols) -> Vec<u8> {
    assemble_labelled(program, symbols).0
}

/// The bytecode of a program, and where its labels are.
pub(crate) fn assemble_labelled(
    program: &str,
    symbols: &mut Symbols,
) -> (Vec<u8>, HashMap<String, usize>) {
    // A semicolon inside a descriptor has no space after it.
    let lines: Vec<&str> = program
        .lines()
        .flat_map(|line| line.split("; "))
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    let mut labels = HashMap::new();
    let mut code = Vec::new();
    // The first pass finds where labels are; the sizes do not depend on them.
    for pass in 0..2 {
        code.clear();
        for line in &lines {
            let mut line = *line;
            while let Some((label, rest)) = line
                .split_once(": ")
                .or(line.strip_suffix(':').map(|label| (label, "")))
            {
                labels.insert(label.to_owned(), code.len());
                line = rest.trim();
            }
            if line.is_empty() {
                continue;
            }
            let at = code.len();
            let instruction = instruction(line, at, pass == 0, &labels, symbols);
            instruction.encode(&mut code).expect(line);
        }
    }
    (code, labels)
}

fn instruction(
    line: &str,
    at: usize,
    first_pass: bool,
    labels: &HashMap<String, usize>,
    symbols: &mut Symbols,
) -> Instruction {
    let mut words = line.split_whitespace();
    let mnemonic = words.next().unwrap();
    let opcode = Opcode::from_mnemonic(mnemonic).expect(line);
    let words: Vec<&str> = words.collect();
    let number = |index: usize| -> i64 { words[index].parse().expect(line) };
    let distance = |label: &str| -> i16 {
        if first_pass {
            return 0;
        }
        let target = i64::try_from(*labels.get(label).expect(label)).unwrap();
        i16::try_from(target - i64::try_from(at).unwrap()).unwrap()
    };
    let operands = match opcode.layout() {
        Layout::None => Operands::None,
        Layout::Byte | Layout::Short | Layout::Int => {
            Operands::Immediate(number(0).try_into().unwrap())
        }
        Layout::Local => Operands::Local(number(0).try_into().unwrap()),
        Layout::IncrementByte | Layout::IncrementShort => Operands::Increment {
            local: number(0).try_into().unwrap(),
            value: number(1).try_into().unwrap(),
        },
        Layout::Stack => Operands::Stack {
            m: number(0).try_into().unwrap(),
            n: number(1).try_into().unwrap(),
        },
        Layout::BranchByte | Layout::BranchShort => Operands::Branch(distance(words[0])),
        Layout::TableSwitchShort | Layout::TableSwitchInt => {
            let low: i32 = number(1).try_into().unwrap();
            let offsets: Vec<i16> = words[2..].iter().map(|label| distance(label)).collect();
            Operands::TableSwitch {
                default: distance(words[0]),
                low,
                high: low + i32::try_from(offsets.len()).unwrap() - 1,
                offsets,
            }
        }
        Layout::LookupSwitchShort | Layout::LookupSwitchInt => Operands::LookupSwitch {
            default: distance(words[0]),
            pairs: words[1..]
                .iter()
                .map(|pair| {
                    let (key, label) = pair.split_once('=').unwrap();
                    (key.parse().unwrap(), distance(label))
                })
                .collect(),
        },
        Layout::PoolByte | Layout::PoolShort => Operands::Pool(symbols.index(opcode, words[0])),
        Layout::InvokeInterface => {
            let (interface, method) = words[1].split_once('.').unwrap();
            let class = symbols.class_reference(interface);
            let index = symbols.constant(Constant::Class(class));
            let method = method.parse().unwrap_or_else(|_| {
                let (_, class) = Api::builtin().find_class(interface).unwrap();
                // A descriptor tells methods of one name apart.
                let name = method.split('(').next().unwrap();
                let descriptor = &method[name.len()..];
                let mut methods = class.methods_named(name);
                let found = methods.find(|m| descriptor.is_empty() || m.descriptor == descriptor);
                found.expect(line).token
            });
            Operands::InvokeInterface {
                nargs: number(0).try_into().unwrap(),
                index,
                method,
            }
        }
        Layout::ArrayType => Operands::ArrayType(number(0).try_into().unwrap()),
        Layout::TypeCheck => Operands::TypeCheck {
            array_type: number(0).try_into().unwrap(),
            index: words.get(1).map_or(0, |name| symbols.index(opcode, name)),
        },
    };
    Instruction {
        offset: at,
        opcode,
        operands,
    }
}
