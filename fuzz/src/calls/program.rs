//! The text of a package whose applet calls the API.

use crate::Choices;
use cap_file::api::{Api, ApiClass, ApiMethod, MethodKind};
use cap_file::asm;
use cap_file::component::Version;
use std::fmt::Write;

/// The packages whose methods are called, in the versions of Java Card 3.0.5 and GlobalPlatform's card API 1.6.
const PACKAGES: [(&str, Version); 11] = [
    ("java.lang", Version::new(1, 0)),
    ("javacard.framework", Version::new(1, 6)),
    ("javacard.security", Version::new(1, 6)),
    ("javacardx.crypto", Version::new(1, 6)),
    ("javacardx.apdu", Version::new(1, 0)),
    ("javacardx.apdu.util", Version::new(1, 0)),
    ("javacardx.framework.util", Version::new(1, 1)),
    ("javacardx.framework.tlv", Version::new(1, 0)),
    ("javacardx.framework.math", Version::new(1, 0)),
    ("javacardx.framework.string", Version::new(1, 0)),
    ("org.globalplatform", Version::new(1, 6)),
];

/// Calls in one program.
const CALLS: usize = 40;
/// The first local variable of an object that a call made; the applet, its APDU and a short are before it.
const FIRST_OBJECT: usize = 4;
/// Variables of objects.
const OBJECTS: usize = 60;

/// Lengths, offsets and what is beside them.
const NUMBERS: [i16; 20] = [
    0, 1, 2, 4, 8, 16, 24, 32, 64, 128, 255, 256, 257, 512, 1024, 32767, -1, -2, -128, -32768,
];

/// How a key comes about that a cipher can use: class, type, bits, setter.
const KEYS: [(&str, &str, i16, &str); 6] = [
    ("javacard/security/AESKey", "TYPE_AES", 128, "setKey([BS)V"),
    ("javacard/security/AESKey", "TYPE_AES", 256, "setKey([BS)V"),
    ("javacard/security/DESKey", "TYPE_DES", 64, "setKey([BS)V"),
    ("javacard/security/DESKey", "TYPE_DES", 192, "setKey([BS)V"),
    (
        "javacard/security/HMACKey",
        "TYPE_HMAC",
        64,
        "setKey([BSS)V",
    ),
    (
        "javacard/security/AESKey",
        "TYPE_AES_TRANSIENT_RESET",
        192,
        "setKey([BS)V",
    ),
];

/// A program under construction.
pub(super) struct Program<'c, 'b> {
    choices: &'c mut Choices<'b>,
    /// The class of each object that there may be; a descriptor for arrays.
    objects: Vec<String>,
    constants: Vec<String>,
    code: String,
    handlers: String,
    labels: usize,
    /// Bytes of the bytecode so far.
    size: usize,
}

/// The version of a package that the program imports.
fn version(package: &str) -> Option<Version> {
    let mut packages = PACKAGES.iter();
    packages
        .find(|(name, _)| *name == package)
        .map(|(_, version)| *version)
}

/// The API's class, if the program may name it.
fn class(name: &str) -> Option<(Version, &'static ApiClass)> {
    let (package, class) = Api::builtin().find_class(name)?;
    let version = version(&package.name)?;
    package
        .has(class.since, version)
        .then_some((version, class))
}

/// Whether an object of the one class is one of the other.
fn is_a(name: &str, other: &str) -> bool {
    name == other
        || other == "java/lang/Object"
        || class(name).is_some_and(|(_, class)| {
            let mut above = class.supers.iter().chain(&class.interfaces);
            above.any(|above| above == other)
        })
}

/// The bytes of an instruction.
fn size(line: &str) -> usize {
    let line = line.trim();
    if line.starts_with("goto_w") {
        return 3;
    }
    // A constant's number is as long as any.
    let numbered: Vec<&str> = line
        .split(' ')
        .map(|word| if word.starts_with('$') { "0" } else { word })
        .collect();
    match asm::assemble_code(&numbered.join(" "), 1) {
        Ok(code) => code.len(),
        Err(error) => panic!("{error}: {line}"),
    }
}

/// The parameters of a descriptor, and its result.
fn types(descriptor: &str) -> (Vec<&str>, &str) {
    let inner = descriptor.trim_start_matches('(');
    let (mut rest, result) = inner.split_once(')').unwrap_or((inner, "V"));
    let mut parameters = Vec::new();
    while !rest.is_empty() {
        let element = rest.trim_start_matches('[');
        let length = if element.starts_with('L') {
            element.find(';').map_or(element.len(), |at| at + 1)
        } else {
            1
        };
        let (first, others) = rest.split_at(rest.len() - element.len() + length);
        parameters.push(first);
        rest = others;
    }
    (parameters, result)
}

/// The class that a descriptor names; arrays are their descriptors.
fn named(descriptor: &str) -> &str {
    descriptor
        .strip_prefix('L')
        .and_then(|name| name.strip_suffix(';'))
        .unwrap_or(descriptor)
}

impl<'c, 'b> Program<'c, 'b> {
    pub(super) fn new(choices: &'c mut Choices<'b>) -> Self {
        let mut program = Self {
            choices,
            objects: Vec::new(),
            constants: Vec::new(),
            code: String::new(),
            handlers: String::new(),
            labels: 0,
            size: 0,
        };
        program.variables();
        program.arrays();
        for _ in 0..CALLS {
            if program.choices.is_empty() {
                break;
            }
            match program.choices.below(8) {
                0 => program.key(),
                1..=3 => program.make(),
                _ => program.call_an_object(),
            }
        }
        program
    }

    fn line(&mut self, line: &str) {
        self.size += line.lines().map(size).sum::<usize>();
        let _ = writeln!(self.code, "    {line}");
    }

    /// A constant's number in the pool.
    fn constant(&mut self, text: String) -> String {
        let number = self.constants.iter().position(|other| *other == text);
        let number = number.unwrap_or_else(|| {
            self.constants.push(text);
            self.constants.len() - 1
        });
        format!("$c{number}")
    }

    fn class_constant(&mut self, name: &str) -> String {
        self.constant(format!("class {name}"))
    }

    /// Keeps what is on the stack.
    fn keep(&mut self, class: &str) {
        if self.objects.len() < OBJECTS {
            let local = FIRST_OBJECT + self.objects.len();
            self.objects.push(class.to_owned());
            self.line(&format!("astore {local}"));
        } else {
            self.line("pop");
        }
    }

    fn load(&mut self, object: usize) {
        self.line(&format!("aload {}", FIRST_OBJECT + object));
    }

    /// Every variable has its type from the beginning; the command is received.
    fn variables(&mut self) {
        self.line("sconst_0\n    sstore_2");
        for object in 0..OBJECTS {
            self.line(&format!(
                "aconst_null\n    astore {}",
                FIRST_OBJECT + object
            ));
        }
        let receive = "virtual javacard/framework/APDU setIncomingAndReceive()S";
        let receive = self.constant(receive.into());
        self.line(&format!(
            "aload_1\n    invokevirtual {receive}\n    sstore_3"
        ));
    }

    /// The APDU's buffer and arrays of some lengths and kinds.
    fn arrays(&mut self) {
        self.line("aload_0");
        self.keep("javacard/framework/Applet");
        self.line("aload_1");
        self.keep("javacard/framework/APDU");
        let buffer = self.constant("virtual javacard/framework/APDU getBuffer()[B".into());
        self.line(&format!("aload_1\n    invokevirtual {buffer}"));
        self.keep("[B");
        for (kind, descriptor) in [(10, "[Z"), (11, "[B"), (12, "[S"), (13, "[I"), (11, "[B")] {
            let length = *self.choices.pick(&[16, 0, 1, 8, 32, 64, 128, 256, 520]);
            self.line(&format!("sspush {length}\n    newarray {kind}"));
            self.keep(descriptor);
        }
        let object = self.class_constant("java/lang/Object");
        self.line(&format!("sconst_3\n    anewarray {object}"));
        self.keep("[Ljava/lang/Object;");
        let transient =
            "static-method javacard/framework/JCSystem makeTransientByteArray(SB)[B".into();
        let transient = self.constant(transient);
        self.line(&format!(
            "bspush 64\n    sconst_1\n    invokestatic {transient}"
        ));
        self.keep("[B");
    }

    /// What the statements between throw is caught.
    fn caught(&mut self, statements: impl FnOnce(&mut Self)) {
        let number = self.labels;
        self.labels += 1;
        let start = self.size;
        statements(self);
        // What has come about so far, for the status word.
        self.line("sload_2\n    bspush 31\n    smul\n    sload_3\n    sadd\n    sconst_1\n    sadd\n    sstore_2");
        self.line(&format!("goto_w behind{number}"));
        let target = self.size;
        self.line("pop");
        let _ = writeln!(self.code, "behind{number}:");
        self.line("nop");
        let _ = writeln!(
            self.handlers,
            "  handler method_2 {start} {target} {target} 0 stop"
        );
    }

    /// A key with a value.
    fn key(&mut self) {
        let (name, kind, bits, setter) = *self.choices.pick(&KEYS);
        let number = class("javacard/security/KeyBuilder")
            .and_then(|(_, class)| class.constant(kind))
            .map_or(0, |constant| constant.value);
        let build = self.constant(
            "static-method javacard/security/KeyBuilder buildKey(BSZ)Ljavacard/security/Key;"
                .into(),
        );
        let key = self.class_constant(name);
        let method = class(name)
            .and_then(|(_, class)| {
                let mut methods = class.methods.iter();
                methods.find(|method| format!("{}{}", method.name, method.descriptor) == setter)
            })
            .map_or(0, |method| method.token);
        let bytes = if setter.contains("BSS") {
            format!("sconst_0\n    sspush {}", bits / 8)
        } else {
            "sconst_0".to_owned()
        };
        let words = if setter.contains("BSS") { 4 } else { 3 };
        self.caught(|program| {
            program.line(&format!(
                "sspush {number}\n    sspush {bits}\n    sconst_0\n    invokestatic {build}\n    checkcast 0 {key}"
            ));
            let object = program.objects.len();
            program.keep(name);
            if object < program.objects.len() {
                program.load(object);
                program.load(3 + 1);
                program.line(&format!("{bytes}\n    invokeinterface {words} {key} {method}"));
            }
        });
    }

    /// A call that needs no object: constructors, and static methods like `getInstance`.
    fn make(&mut self) {
        let (package, version) = PACKAGES[self.choices.below(PACKAGES.len())];
        let Some(package) = Api::builtin().find_package_by_name(package) else {
            return;
        };
        let of_class = |class: &'static ApiClass| {
            let methods = class.methods.iter().filter(move |method| {
                matches!(method.kind, MethodKind::Static)
                    || (matches!(method.kind, MethodKind::Constructor)
                        && !class.flags.is_abstract
                        && method.flags.public)
            });
            methods.map(move |method| (class, method))
        };
        let classes = package.classes.iter();
        let classes = classes.filter(|class| package.has(class.since, version));
        let methods: Vec<_> = classes
            .flat_map(of_class)
            .filter(|(_, method)| package.has(method.since, version))
            .collect();
        if methods.is_empty() {
            return;
        }
        let (class, method) = methods[self.choices.below(methods.len())];
        self.call(class, method, None);
    }

    /// A method of an object, or of a class that it may be of.
    fn call_an_object(&mut self) {
        let object = self.choices.below(self.objects.len());
        let own = self.objects[object].clone();
        let Some((_, mut of)) = class(&own) else {
            return;
        };
        if self.choices.below(4) == 0 {
            let below: Vec<&ApiClass> = Api::builtin()
                .packages()
                .iter()
                .flat_map(|package| &package.classes)
                .filter(|other| class(&other.name).is_some() && is_a(&other.name, &own))
                .collect();
            if !below.is_empty() {
                of = below[self.choices.below(below.len())];
            }
        }
        let version = class(&of.name).map_or(Version::default(), |(version, _)| version);
        let package = Api::builtin()
            .find_class(&of.name)
            .map(|(package, _)| package);
        let methods: Vec<&ApiMethod> = of
            .methods
            .iter()
            .filter(|method| matches!(method.kind, MethodKind::Virtual | MethodKind::Interface))
            .filter(|method| method.flags.public)
            .filter(|method| package.is_some_and(|package| package.has(method.since, version)))
            // What ends a command or the applet, and what calls the applet itself again.
            .filter(|method| !matches!(method.name.as_str(), "process" | "register"))
            .collect();
        if methods.is_empty() {
            return;
        }
        let method = methods[self.choices.below(methods.len())];
        self.call(of, method, Some((object, own != of.name)));
    }

    fn call(
        &mut self,
        class: &'static ApiClass,
        method: &'static ApiMethod,
        receiver: Option<(usize, bool)>,
    ) {
        let (parameters, result) = types(&method.descriptor);
        let signature = format!("{}{}", method.name, method.descriptor);
        self.caught(|program| {
            if matches!(method.kind, MethodKind::Constructor) {
                let of = program.class_constant(&class.name);
                program.line(&format!("new {of}\n    dup"));
            }
            if let Some((object, cast)) = receiver {
                program.load(object);
                if cast {
                    let of = program.class_constant(&class.name);
                    program.line(&format!("checkcast 0 {of}"));
                }
            }
            let mut words = 1;
            for parameter in &parameters {
                words += if *parameter == "I" { 2 } else { 1 };
                program.argument(class, parameter);
            }
            match method.kind {
                MethodKind::Static | MethodKind::Constructor => {
                    let to = format!("static-method {} {signature}", class.name);
                    let to = program.constant(to);
                    let how = if matches!(method.kind, MethodKind::Static) {
                        "invokestatic"
                    } else {
                        "invokespecial"
                    };
                    program.line(&format!("{how} {to}"));
                }
                MethodKind::Virtual => {
                    let to = program.constant(format!("virtual {} {signature}", class.name));
                    program.line(&format!("invokevirtual {to}"));
                }
                MethodKind::Interface => {
                    let of = program.class_constant(&class.name);
                    program.line(&format!("invokeinterface {words} {of} {}", method.token));
                }
            }
            match (method.kind, result) {
                (MethodKind::Constructor, _) => program.keep(&class.name),
                (_, "V") => {}
                (_, "I") => program.line("pop2"),
                (_, "Z" | "B" | "S") => program.line("sstore_3"),
                _ => program.keep(named(result)),
            }
        });
    }

    fn argument(&mut self, of: &ApiClass, parameter: &str) {
        match parameter {
            "Z" => {
                let value = self.choices.below(2);
                self.line(&format!("sconst_{value}"));
            }
            "B" | "S" => self.number(of, parameter == "B"),
            "I" => {
                let value = i32::from(self.choices.word().cast_signed()) << self.choices.below(17);
                self.line(&format!("iipush {value}"));
            }
            _ => {
                let wanted = named(parameter);
                let fitting: Vec<usize> = (0..self.objects.len())
                    .filter(|object| is_a(&self.objects[*object], wanted))
                    .collect();
                if fitting.is_empty() || self.choices.below(16) == 0 {
                    self.line("aconst_null");
                } else {
                    let object = fitting[self.choices.below(fitting.len())];
                    self.load(object);
                }
            }
        }
    }

    fn number(&mut self, of: &ApiClass, is_byte: bool) {
        let value = match self.choices.below(8) {
            0..=3 if is_byte && !of.constants.is_empty() => {
                let constant = &of.constants[self.choices.below(of.constants.len())];
                i16::try_from(constant.value).unwrap_or(-1)
            }
            4 => return self.line("sload_3"),
            5 => self.choices.byte().into(),
            6 => self.choices.word().cast_signed(),
            _ => NUMBERS[self.choices.below(NUMBERS.len())],
        };
        self.line(&format!("sspush {value}"));
        if is_byte {
            self.line("s2b");
        }
    }

    /// The whole package.
    pub(super) fn text(mut self) -> String {
        let applet_init = self.constant("static-method javacard/framework/Applet <init>()V".into());
        let register = self.constant("virtual javacard/framework/Applet register()V".into());
        let throw =
            self.constant("static-method javacard/framework/ISOException throwIt(S)V".into());
        let own = self.constant("class class_0".into());
        let init = self.constant("static-method method_0".into());
        let mut text = String::from("cap 2.1\npath calls\npackage F043414C4C53 1.0 flags 5\n");
        for (package, version) in PACKAGES {
            let Some(package) = Api::builtin().find_package_by_name(package) else {
                continue;
            };
            let _ = writeln!(text, "import {} {version}", package.aid);
        }
        text.push_str("applets\n  applet F043414C4C5301 method_1\nconstants\n");
        for (number, constant) in self.constants.iter().enumerate() {
            let _ = writeln!(text, "  c{number}: {constant}");
        }
        text.push_str(
            "class class_0 flags 0
  extends javacard/framework/Applet
  fields size 0 first-reference 255 references 0
  public-methods 7
    method method_2
  package-methods 0
",
        );
        if !self.handlers.is_empty() {
            let _ = write!(text, "handlers\n{}", self.handlers);
        }
        let _ = write!(
            text,
            "method method_0 flags 0 stack 1 args 1 locals 0
    aload_0
    invokespecial {applet_init}
    return
method method_1 flags 0 stack 2 args 3 locals 0
    new {own}
    dup
    invokespecial {init}
    invokevirtual {register}
    return
method method_2 flags 8 stack 24 args 2 locals {}
{}    sload_2
    invokestatic {throw}
    return
",
            FIRST_OBJECT + OBJECTS - 2,
            self.code
        );
        text.push_str(
            "statics image 0 references 0 defaults 0
  values -
descriptor
  class class_0 token 0 access 1
    method token 0 access 129 method_0 type_0
    method token 1 access 9 method_1 type_1
    method token 7 access 1 method_2 type_2
  types
    type V
    type [BSBV
    type Ljavacard/framework/APDU;V
  constant-types
",
        );
        for _ in &self.constants {
            text.push_str("    -\n");
        }
        text
    }
}
