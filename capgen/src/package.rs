//! Packaging: a program's code, classes, constants and imports as one CAP file.
//!
//! [`build`] is the way from IR to file. The constant pool holds fields first, since field
//! instructions have one-byte indices, then everything else in the order of first use; methods
//! stand class by class. Nothing depends on hash order or time: the same program gives the same bytes.

pub mod budget;
mod classes;
mod code;
mod debug;
mod descriptor;
mod export;
pub mod imports;
pub mod map;
pub mod target;
mod types;

use crate::codegen::assemble::{self, Pool};
use crate::codegen::item::{Item, Symbol};
use crate::codegen::linkage::Methods;
use crate::codegen::{self, BackendError, FunctionCode, legalize};
use crate::ir::{self, ArrayId, ClassId, Element, Expr, FunctionId, Program, Type, verify};
use crate::opt::{self, Options};
use budget::Budget;
use cap_file::component::applet::{AppletComponent, AppletInfo};
use cap_file::component::constant_pool::{Constant, ConstantPool, StaticRef};
use cap_file::component::header::{Header, PublicPackage};
use cap_file::component::method::MethodHeader;
use cap_file::component::static_field::{ArrayInit, StaticFieldComponent};
use cap_file::component::{Aid, ClassRef, CodeOffset, PackageInfo, Version};
use cap_file::export_file::ExportFile;
use cap_file::{CapFile, Opcode, Operands};
use code::Code;
use imports::{Demand, Imports};
use map::{MappedMethod, SourceMap};
use std::collections::{BTreeSet, HashMap};
pub use target::Target;

/// What a program becomes.
#[derive(Clone, Debug, PartialEq)]
pub struct Output {
    /// The CAP file, its directory complete.
    pub cap: CapFile,
    /// The export file of the package.
    pub exp: ExportFile,
    /// The source map; it also tells the size of every function.
    pub map: SourceMap,
    /// What the package asks of a card.
    pub budget: Budget,
    /// The imports, and what demands the version of each.
    pub imports: Vec<Demand>,
    /// The Rust paths of functions whose value ranges could not be proved again on the instructions, and why: their code
    /// relies on no range but those of the types, which were proved.
    pub unproved: Vec<String>,
}

/// Builds a package from IR, with every optimisation.
///
/// # Errors
/// [`BackendError`] where the IR breaks its rules, uses what the target does not have, or is too
/// large for the format.
pub fn build(program: &Program, target: &Target) -> Result<Output, BackendError> {
    build_with(program, target, &Options::ALL)
}

/// Builds a package from IR, with the optimisations that `options` names.
///
/// # Errors
/// As [`build`].
pub fn build_with(
    program: &Program,
    target: &Target,
    options: &Options,
) -> Result<Output, BackendError> {
    build_importing(program, target, options, &[])
}

/// Builds a package from IR that imports packages with these budgets, which its own counts.
///
/// # Errors
/// As [`build`].
pub fn build_importing(
    program: &Program,
    target: &Target,
    options: &Options,
    imported: &[Budget],
) -> Result<Output, BackendError> {
    verify::verify(program)?;
    let mut program = program.clone();
    let options = &target.allowed(*options);
    opt::optimise(&mut program, options)?;
    verify::verify(&program)?;
    let (program, methods, code, unproved) = generate(&program, options)?;
    let mut layout = Layout::of(&program, &methods, &code, target)?;
    let indices: Pool = layout
        .pool
        .iter()
        .enumerate()
        .filter_map(|(index, symbol)| Some(((*symbol).clone(), u16::try_from(index).ok()?)))
        .collect();
    let mut map = SourceMap::of(&program);
    let mut methods_by_block = Code::new(target.extended);
    let mut assembled = Vec::new();
    for unit in &code {
        let place = place(&mut methods_by_block, unit, &indices)?;
        map.methods.push(mapped(&program, unit, &place));
        assembled.push(place.assembled);
    }
    let offsets = function_offsets(&program, &assembled);
    classes::set_method_offsets(&mut layout.class, &program, &methods, &offsets);
    let pool = constant_pool(&layout, &methods, &assembled, &offsets)?;
    let descriptor =
        descriptor::component(&program, &methods, &layout, &assembled, target.extended)?;
    let export = export::component(&program, &layout, &offsets, target.extended);
    let debug = match target.debug {
        true => Some(debug::component(
            &program, &methods, &layout, &assembled, &map, target,
        )?),
        false => None,
    };
    let imports = layout.imports.demands();
    let exp = export::file(&program, &layout, target)?;
    let (method, reference_location) = methods_by_block.components();
    let mut cap = CapFile {
        archive_path: program.name.clone(),
        header: header(&program, target, uses_int(&program, &code)),
        applet: applets(&program, &offsets),
        import: layout.imports.component(),
        constant_pool: pool,
        static_field: static_fields(&program, &layout.arrays),
        reference_location,
        class: layout.class,
        export,
        method,
        descriptor: Some(descriptor),
        debug,
        ..CapFile::default()
    };
    cap.update_directory()?;
    Ok(Output {
        cap,
        exp,
        budget: Budget::of(&program, &map, imported),
        map,
        imports,
        unproved,
    })
}

/// One method on its way into the component; `function` is `None` for a constructor.
struct Unit {
    path: String,
    class: ClassId,
    function: Option<FunctionId>,
    code: FunctionCode,
}

/// A method in its place.
pub(crate) struct Assembled {
    path: String,
    class: ClassId,
    function: Option<FunctionId>,
    offset: CodeOffset,
    code_size: u16,
}

/// The classes of which there are objects.
fn constructed(program: &Program) -> BTreeSet<ClassId> {
    let mut found = BTreeSet::new();
    for function in &program.functions {
        function.walk(&mut |expr| {
            if let Expr::New(class) = expr {
                found.insert(*class);
            }
        });
    }
    found
}

/// Makes code of an optimised program: the program as its helper functions complete it, and its methods. What
/// the ranges of a function's values show is decided once for the whole of its code; where it cannot be proved, that
/// function is made again from the ranges of its types. Gives too what could not be proved. What does not follow from the types
/// either is a fault of the compiler.
fn generate(
    program: &Program,
    options: &Options,
) -> Result<(Program, Methods, Vec<Unit>, Vec<String>), BackendError> {
    let (mut untrusted, mut unproved) = (BTreeSet::new(), Vec::new());
    if !options.ranges {
        untrusted.extend((0..program.functions.len()).map(FunctionId));
    }
    loop {
        let mut legal = program.clone();
        legalize::legalize(&mut legal, &untrusted);
        verify::verify(&legal)?;
        let methods = Methods::of(&legal)?;
        let code = compile(&legal, &methods, options, &untrusted)?;
        let mut is_again = false;
        for unit in &code {
            let (Some(id), Some(reason)) = (unit.function, &unit.code.unproved) else {
                continue;
            };
            if !untrusted.insert(id) {
                return Err(BackendError::Miscompiled {
                    function: unit.path.clone(),
                    what: reason.clone(),
                });
            }
            is_again = true;
            unproved.push(format!("{}: {reason}", unit.path));
        }
        if !is_again {
            return Ok((legal, methods, code, unproved));
        }
    }
}

/// Compiles everything, class by class, each class's constructor first. A class without objects needs none.
fn compile(
    program: &Program,
    methods: &Methods,
    options: &Options,
    untrusted: &BTreeSet<FunctionId>,
) -> Result<Vec<Unit>, BackendError> {
    let settings = options.settings();
    let mut units = Vec::new();
    let constructed = constructed(program);
    for (index, class) in program.classes.iter().enumerate() {
        let id = ClassId(index);
        if constructed.contains(&id) {
            units.push(Unit {
                path: map::constructor_path(&class.name),
                class: id,
                function: None,
                code: codegen::constructor(program, id),
            });
        }
        for (index, function) in program.functions.iter().enumerate() {
            let function_id = FunctionId(index);
            if methods.home.get(index) == Some(&id) {
                units.push(Unit {
                    path: function.name.clone(),
                    class: id,
                    function: Some(function_id),
                    code: codegen::compile_function(
                        program,
                        methods,
                        function_id,
                        settings,
                        !untrusted.contains(&function_id),
                    )?,
                });
            }
        }
    }
    Ok(units)
}

/// Where everything is that instructions and descriptors refer to.
struct Layout<'a> {
    imports: Imports<'a>,
    /// The constant pool as symbols.
    pool: Vec<&'a Symbol>,
    class: cap_file::component::class::ClassComponent,
    classes: Vec<ClassRef>,
    /// By class and field.
    field_tokens: Vec<Vec<u8>>,
    /// The constant arrays in use, with their offsets in the static field image.
    arrays: Vec<(u16, ArrayId)>,
    /// The class that the constant arrays belong to.
    array_home: ClassId,
}

impl<'a> Layout<'a> {
    fn of(
        program: &'a Program,
        methods: &Methods,
        code: &'a [Unit],
        target: &Target,
    ) -> Result<Self, BackendError> {
        let symbols = pool_order(code);
        let mut imports = Imports::of(program, symbols.iter().copied(), target)?;
        let limit = 0x3fff;
        if symbols.len() > limit {
            return Err(BackendError::TooLarge {
                place: program.name.clone(),
                what: "the number of constants",
                value: symbols.len(),
                limit,
            });
        }
        let class = classes::component(program, methods, &mut imports, target);
        let classes = classes::class_refs(&class, program, target.extended)?;
        for (index, place) in classes.iter().enumerate() {
            let name = program.exported_name(ClassId(index));
            if program.exports.iter().any(|class| class.name == name) {
                imports.place_internal(&name, *place);
            }
        }
        let mut used: Vec<ArrayId> = symbols
            .iter()
            .filter_map(|symbol| match symbol {
                Symbol::Array(array) => Some(*array),
                _ => None,
            })
            .collect();
        used.sort_unstable();
        let arrays = used.into_iter().enumerate();
        Ok(Self {
            classes,
            field_tokens: (0..program.classes.len())
                .map(|index| classes::field_tokens(program, ClassId(index)))
                .collect::<Result<_, _>>()?,
            arrays: arrays
                .filter_map(|(index, array)| Some((u16::try_from(2 * index).ok()?, array)))
                .collect(),
            array_home: program
                .applets
                .first()
                .map_or(ClassId(0), |applet| applet.class),
            imports,
            pool: symbols,
            class,
        })
    }
}

/// The symbols in the order of the constant pool: fields by use, then the others by first use.
fn pool_order(code: &[Unit]) -> Vec<&Symbol> {
    let mut uses: HashMap<&Symbol, usize> = HashMap::new();
    let mut order = Vec::new();
    for symbol in code
        .iter()
        .flat_map(|unit| &unit.code.items)
        .filter_map(Item::symbol)
    {
        let count = uses.entry(symbol).or_default();
        if *count == 0 {
            order.push(symbol);
        }
        *count += 1;
    }
    let key = |symbol: &&Symbol| match symbol {
        Symbol::Field(..) => (0, std::cmp::Reverse(uses.get(symbol).copied().unwrap_or(0))),
        _ => (1, std::cmp::Reverse(0)),
    };
    order.sort_by_key(key);
    order
}

struct Place {
    assembled: Assembled,
    header: MethodHeader,
    lines: Vec<map::MappedLine>,
}

/// Assembles a method at the end of the component.
fn place(code: &mut Code, unit: &Unit, indices: &Pool) -> Result<Place, BackendError> {
    let bytecode = assemble::assemble(&unit.path, &unit.code.items, indices)?;
    let header = MethodHeader::new(bytecode.max_stack, unit.code.arguments, unit.code.locals);
    let full = || BackendError::TooLarge {
        place: unit.path.clone(),
        what: "the code of the package",
        value: bytecode.bytes.len(),
        limit: 0xffff,
    };
    let offset = code.push(&header, &bytecode).ok_or_else(full)?;
    Ok(Place {
        assembled: Assembled {
            path: unit.path.clone(),
            class: unit.class,
            function: unit.function,
            offset,
            code_size: u16::try_from(bytecode.bytes.len()).map_err(|_| full())?,
        },
        header,
        lines: bytecode
            .lines
            .iter()
            .filter_map(|(pc, position)| map::line(*pc, *position))
            .collect(),
    })
}

fn mapped(program: &Program, unit: &Unit, place: &Place) -> MappedMethod {
    MappedMethod {
        path: unit.path.clone(),
        class: program
            .classes
            .get(unit.class.0)
            .map_or_else(String::new, |class| class.name.clone()),
        offset: place.assembled.offset,
        header_size: place.header.size(),
        code_size: place.assembled.code_size,
        max_stack: place.header.max_stack,
        arguments: place.header.nargs,
        locals: place.header.max_locals,
        lines: place.lines.clone(),
    }
}

/// The offset of every function in the Method component.
fn function_offsets(program: &Program, assembled: &[Assembled]) -> Vec<CodeOffset> {
    let mut offsets = vec![0; program.functions.len()];
    for method in assembled {
        if let Some(slot) = method
            .function
            .and_then(|function| offsets.get_mut(function.0))
        {
            *slot = method.offset;
        }
    }
    offsets
}

fn constant_pool(
    layout: &Layout<'_>,
    methods: &Methods,
    assembled: &[Assembled],
    offsets: &[CodeOffset],
) -> Result<ConstantPool, BackendError> {
    let class_ref = |class: ClassId| layout.classes.get(class.0).copied();
    let constant = |symbol: &Symbol| {
        Some(match symbol {
            Symbol::Class(class) => Constant::Class(class_ref(*class)?),
            Symbol::ApiClass(class) => Constant::Class(layout.imports.class_ref(class)?),
            Symbol::Field(class, field) => Constant::InstanceField {
                class: class_ref(*class)?,
                token: *layout.field_tokens.get(class.0)?.get(*field)?,
            },
            Symbol::Array(array) => {
                let (offset, _) = layout.arrays.iter().find(|(_, other)| other == array)?;
                Constant::StaticField(StaticRef::Internal(*offset))
            }
            Symbol::Static(function) => {
                Constant::StaticMethod(StaticRef::Internal(*offsets.get(function.0)?))
            }
            Symbol::Virtual(function) => Constant::VirtualMethod {
                class: class_ref(*methods.home.get(function.0)?)?,
                token: match methods.linkage(*function) {
                    codegen::linkage::Linkage::Package(token) => 0x80 | token,
                    codegen::linkage::Linkage::Public(token) => token,
                    _ => return None,
                },
            },
            Symbol::Constructor(class) => {
                let method = assembled
                    .iter()
                    .find(|method| method.class == *class && method.function.is_none())?;
                Constant::StaticMethod(StaticRef::Internal(method.offset))
            }
            Symbol::ApiStatic(method) => Constant::StaticMethod(layout.imports.static_ref(method)?),
            Symbol::ApiVirtual(method) => Constant::VirtualMethod {
                class: layout.imports.class_ref(&method.class)?,
                token: layout.imports.method_token(method)?,
            },
        })
    };
    let entries = layout
        .pool
        .iter()
        .map(|symbol| {
            constant(symbol).ok_or_else(|| BackendError::Unsupported {
                function: "the constant pool".to_owned(),
                what: format!("{symbol:?}"),
            })
        })
        .collect::<Result<_, _>>()?;
    Ok(ConstantPool { entries })
}

/// Whether anything in the package is an `int`: an instruction, or a type that the Descriptor component spells
/// (JCVM 3.0.5 §6.4).
fn uses_int(program: &Program, code: &[Unit]) -> bool {
    let is_int = |ty: &Type| matches!(ty, Type::Int | Type::Array(Element::Int));
    let in_class = |class: &ir::Class| class.fields.iter().any(|field| is_int(&field.ty));
    let passed = |function: &ir::Function| {
        let parameters = function.parameters.iter();
        function.result.as_ref().is_some_and(is_int)
            || parameters
                .map(|local| function.local_type(*local))
                .any(is_int)
    };
    let instruction = |item: &Item| match item {
        Item::Plain(Opcode::Newarray, Operands::ArrayType(13)) => true,
        item => item.opcode().is_some_and(Opcode::uses_int),
    };
    program.classes.iter().any(in_class)
        || program
            .arrays
            .iter()
            .any(|array| array.element == Element::Int)
        || program.functions.iter().any(passed)
        || code
            .iter()
            .flat_map(|unit| &unit.code.items)
            .any(instruction)
}

fn header(program: &Program, target: &Target, uses_int: bool) -> Header {
    let (major, minor) = program.version;
    let package = PackageInfo {
        version: Version::new(major, minor),
        aid: Aid(program.aid.clone()),
    };
    Header {
        format: target.format,
        flags: [
            (uses_int, Header::ACC_INT),
            (!program.is_library(), Header::ACC_APPLET),
            (!program.exports.is_empty(), Header::ACC_EXPORT),
            (target.extended, Header::ACC_EXTENDED),
        ]
        .iter()
        .filter_map(|(set, flag)| set.then_some(*flag))
        .sum(),
        package: package.clone(),
        package_name: (target.format >= Version::new(2, 2) && !target.extended)
            .then(|| program.name.clone()),
        public_packages: if target.extended && !program.exports.is_empty() {
            vec![PublicPackage {
                package,
                name: program.name.clone(),
            }]
        } else {
            Vec::new()
        },
    }
}

fn applets(program: &Program, offsets: &[CodeOffset]) -> Option<AppletComponent> {
    let info = |applet: &crate::ir::AppletEntry| AppletInfo {
        aid: Aid(applet.aid.clone()),
        install_method_offset: offsets.get(applet.install.0).copied().unwrap_or_default(),
    };
    (!program.applets.is_empty()).then(|| AppletComponent {
        applets: program.applets.iter().map(info).collect(),
    })
}

fn static_fields(program: &Program, arrays: &[(u16, ArrayId)]) -> StaticFieldComponent {
    let init = |(_, array): &(u16, ArrayId)| {
        let array = program.arrays.get(array.0)?;
        let bytes = |value: &i32| value.to_be_bytes();
        let (element_type, values): (u8, Vec<u8>) = match array.element {
            Element::Bool => (
                2,
                array.values.iter().map(|value| bytes(value)[3]).collect(),
            ),
            Element::U8 | Element::I8 => (
                3,
                array.values.iter().map(|value| bytes(value)[3]).collect(),
            ),
            Element::Int => (5, array.values.iter().flat_map(bytes).collect()),
            Element::U16 | Element::I16 | Element::Class(_) => (
                4,
                array
                    .values
                    .iter()
                    .flat_map(|value| [bytes(value)[2], bytes(value)[3]])
                    .collect(),
            ),
        };
        Some(ArrayInit {
            element_type,
            values,
        })
    };
    let array_init: Vec<ArrayInit> = arrays.iter().filter_map(init).collect();
    let count = u16::try_from(array_init.len()).unwrap_or(u16::MAX);
    StaticFieldComponent {
        image_size: count.saturating_mul(2),
        reference_count: count,
        array_init,
        default_value_count: 0,
        non_default_values: Vec::new(),
    }
}
