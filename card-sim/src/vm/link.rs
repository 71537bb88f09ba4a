//! Linking a CAP file into a [`Program`]: classes laid out, method tables filled, the constant
//! pool resolved, every reachable method translated.

mod bytecode;
mod classes;
mod pool;
mod results;

use super::flow::Flow;
use super::program::{
    Body, Class, ClassExports, Handler, Method, NO_METHOD, Package, Program, PublicPackage,
};
use super::translate::{Translated, translate};
use cap_file::CapFile;
use cap_file::component::constant_pool::{Constant, StaticRef};
use cap_file::component::method::BlockRef;
use cap_file::component::{ClassRef, CodeOffset, INHERITED, split_code_offset};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::ops::Range;
use std::sync::Arc;

/// Why a package cannot be linked. Offsets are those of the component's info item, or in the block of an extended file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// An import that the card cannot satisfy.
    #[error("no package {aid} of version {major}.{minor} or a newer minor is on the card")]
    MissingImport {
        /// AID of the package, in hex.
        aid: String,
        /// Major version wanted.
        major: u8,
        /// Minor version wanted.
        minor: u8,
    },
    /// A class reference that leads nowhere.
    #[error("class reference {0:04X} leads to no class")]
    ClassReference(u16),
    /// More classes than a package may have, or classes that inherit in a circle.
    #[error("the Class component: {0}")]
    Classes(&'static str),
    /// A constant pool entry of the wrong kind, or none.
    #[error("constant pool entry {0} is not {1}")]
    Constant(u16, &'static str),
    /// A constant pool entry for something that the named package does not have.
    #[error("constant pool entry {0} refers to something that the imported package does not have")]
    External(u16),
    /// No method begins here.
    #[error("no method begins at offset {0} of the Method component")]
    MethodOffset(CodeOffset),
    /// Control reaches a place outside the code.
    #[error("at offset {0} of the Method component: control leaves the code")]
    CodeOffset(u16),
    /// Undecodable code.
    #[error("at offset {0} of the Method component: {1}")]
    Code(u16, String),
    /// A jump into the middle of an instruction.
    #[error("at offset {0} of the Method component: an instruction begins inside another")]
    Overlap(u16),
    /// Two paths meet with different stack depths.
    #[error("at offset {0} of the Method component: paths meet with different stack depths")]
    Depth(u16),
    /// The stack underflows.
    #[error("at offset {0} of the Method component: the operand stack is empty")]
    Underflow(u16),
    /// More stack than declared.
    #[error("at offset {0} of the Method component: more than max_stack = {1} words on the stack")]
    StackLimit(u16, u8),
    /// A local that the method has not.
    #[error("at offset {0} of the Method component: the method has no local {1}")]
    Local(u16, u8),
    /// A frame of more than 256 words.
    #[error(
        "at offset {0} of the Method component: a frame of {1} words, the simulator's limit is 256"
    )]
    FrameSize(u16, u16),
    /// In a block behind the first of an extended file.
    #[error("in block {0}: {1}")]
    Block(usize, Box<LinkError>),
    /// More code than a card can hold.
    #[error("the card holds no more code")]
    TooLarge,
}

/// An imported package.
struct Import {
    slot: u8,
    exports: Range<usize>,
}

struct Linker<'a> {
    cap: &'a CapFile,
    program: &'a Program,
    slot: u8,
    statics: u16,
    imports: Vec<Import>,
    /// Class component offset of each class, by index.
    offsets: Vec<u16>,
    classes: Vec<Class>,
    /// Place of each method in the Method component, and its number among the new methods.
    methods: BTreeMap<CodeOffset, u32>,
    method_offsets: Vec<CodeOffset>,
    first_method: u32,
    flows: BTreeMap<CodeOffset, Flow>,
    /// Result sizes by the method's place, as the Descriptor component or the code tells.
    results: BTreeMap<CodeOffset, Option<u8>>,
}

/// Links `cap` into `program` as the package of `slot`; `statics` is the object with its static
/// fields.
///
/// # Errors
/// [`LinkError`]; the program is then as before.
pub fn link(program: &mut Program, cap: &CapFile, slot: u8, statics: u16) -> Result<(), LinkError> {
    let mut linker = Linker {
        cap,
        program,
        slot,
        statics,
        imports: Vec::new(),
        offsets: Vec::new(),
        classes: Vec::new(),
        methods: BTreeMap::new(),
        method_offsets: Vec::new(),
        first_method: to_u32(program.methods.len())?,
        flows: BTreeMap::new(),
        results: BTreeMap::new(),
    };
    linker.resolve_imports()?;
    linker.find_methods()?;
    linker.lay_out_classes()?;
    linker.find_results();
    let translated = linker.translate_all()?;
    let mut package = linker.package()?;
    package.bytecode = Arc::new(linker.bytecode());
    let methods: Vec<CodeOffset> = linker.methods.keys().copied().collect();
    let headers = linker.headers();
    install(program, slot, package, &methods, headers, translated)
}

/// Says in which block of an extended file an error is.
fn in_block(place: CodeOffset, error: LinkError) -> LinkError {
    match split_code_offset(place).0 {
        0 => error,
        block => LinkError::Block(block, Box::new(error)),
    }
}

fn to_u32(value: usize) -> Result<u32, LinkError> {
    u32::try_from(value).map_err(|_| LinkError::TooLarge)
}

/// What is known of a method without its code, by the place of its header.
type Headers = BTreeMap<CodeOffset, Method>;

/// Appends the new package to the program.
fn install(
    program: &mut Program,
    slot: u8,
    package: Package,
    places: &[CodeOffset],
    mut headers: Headers,
    mut translated: BTreeMap<CodeOffset, Translated>,
) -> Result<(), LinkError> {
    let total: usize = translated.values().map(|method| method.ops.len()).sum();
    to_u32(program.code.len() + total)?;
    for &place in places {
        let base = to_u32(program.code.len())?;
        let mut method = headers
            .remove(&place)
            .ok_or(LinkError::MethodOffset(place))?;
        method.code = base..base;
        if let Some(mut code) = translated.remove(&place) {
            let first_switch = to_u32(program.switches.len())?;
            for op in &mut code.ops {
                if let super::Op::SwitchShort { table, .. } | super::Op::SwitchInt { table, .. } =
                    op
                {
                    *table += first_switch;
                }
            }
            let end = base + to_u32(code.ops.len())?;
            method.body = Body::Code(base);
            method.code = base..end;
            method.locals = code.locals;
            method.registers = code.registers;
            method.handlers = code
                .handlers
                .iter()
                .map(|&(start, end, target, class)| Handler {
                    start: base + start,
                    end: base + end,
                    target: base + target,
                    class,
                })
                .collect();
            program.code.append(&mut code.ops);
            program.bytecodes_before.append(&mut code.bytecodes_before);
            let block = place & !0xFFFF;
            let offsets = code.bytecode_offsets.iter();
            let offsets = offsets.map(|offset| block | CodeOffset::from(*offset));
            program.bytecode_offsets.extend(offsets);
            program.switches.append(&mut code.switches);
        }
        program.methods.push(method);
    }
    if program.packages.len() <= usize::from(slot) {
        program.packages.resize(usize::from(slot) + 1, None);
    }
    if let Some(place) = program.packages.get_mut(usize::from(slot)) {
        *place = Some(package);
    }
    Ok(())
}

impl Linker<'_> {
    fn resolve_imports(&mut self) -> Result<(), LinkError> {
        for import in &self.cap.import.packages {
            let wanted = import.version;
            let found = self
                .program
                .find_package(&import.aid.0)
                .filter(|found| {
                    found.version.major == wanted.major && found.version.minor >= wanted.minor
                })
                .ok_or_else(|| LinkError::MissingImport {
                    aid: import.aid.to_string(),
                    major: wanted.major,
                    minor: wanted.minor,
                })?;
            self.imports.push(Import {
                slot: found.slot,
                exports: found.exports,
            });
        }
        Ok(())
    }

    /// Every method that anything can name, and the code that each reaches.
    fn find_methods(&mut self) -> Result<(), LinkError> {
        let cap = self.cap;
        let mut roots: Vec<CodeOffset> = Vec::new();
        for class in &cap.class.classes {
            let inherited = [
                &class.public_virtual_methods,
                &class.package_virtual_methods,
            ];
            roots.extend(inherited.into_iter().flatten());
        }
        for constant in &cap.constant_pool.entries {
            if let Constant::StaticMethod(StaticRef::Internal(offset)) = constant {
                roots.push(*offset);
            }
        }
        if let Some(export) = &cap.export {
            for class in &export.classes {
                roots.extend(&class.static_method_offsets);
            }
        }
        if let Some(applet) = &cap.applet {
            roots.extend(
                applet
                    .applets
                    .iter()
                    .map(|applet| applet.install_method_offset),
            );
        }
        roots.retain(|place| *place != INHERITED);
        for place in roots {
            if let Entry::Vacant(entry) = self.flows.entry(place) {
                let flow = Flow::discover(&cap.method, place);
                entry.insert(flow.map_err(|error| in_block(place, error))?);
            }
        }
        for (index, &offset) in (self.first_method..).zip(self.flows.keys()) {
            self.methods.insert(offset, index);
            self.method_offsets.push(offset);
        }
        Ok(())
    }

    fn translate_all(&mut self) -> Result<BTreeMap<CodeOffset, Translated>, LinkError> {
        let mut translated = BTreeMap::new();
        let mut flows = std::mem::take(&mut self.flows);
        // Calls look at the headers of other methods.
        self.flows = flows.clone();
        for (&place, flow) in &mut flows {
            if flow.header.is_abstract() {
                continue;
            }
            let block = self.cap.method.block(flow.block);
            let block = block.ok_or(LinkError::MethodOffset(place))?;
            let method = self.translate(flow, block);
            translated.insert(place, method.map_err(|error| in_block(place, error))?);
        }
        Ok(translated)
    }

    fn translate(&self, flow: &mut Flow, block: BlockRef<'_>) -> Result<Translated, LinkError> {
        let mut guesses = BTreeMap::new();
        flow.measure(block, self, &mut guesses)?;
        translate(flow, block, self, &guesses)
    }

    fn headers(&self) -> Headers {
        let described = self.described_methods();
        self.flows
            .iter()
            .map(|(&place, flow)| {
                let (is_static, class, signature) = described
                    .get(&place)
                    .cloned()
                    .map_or((None, None, None), |(is_static, class, signature)| {
                        (Some(is_static), class, signature)
                    });
                let method = Method {
                    body: Body::None,
                    arguments: flow.header.nargs,
                    results: self.results.get(&place).copied().flatten(),
                    locals: 0,
                    registers: 0,
                    code: 0..0,
                    handlers: Vec::new(),
                    slot: self.slot,
                    header_offset: place,
                    bytecode_offset: (place & !0xFFFF) | CodeOffset::from(flow.entry),
                    max_stack: flow.header.max_stack,
                    is_static,
                    class,
                    signature,
                    name: None,
                    is_sensitive: false,
                };
                (place, method)
            })
            .collect()
    }

    /// The public packages of an extended file (JCVM 3.1 §6.4, §6.13).
    fn public_packages(&self) -> Vec<PublicPackage> {
        let counts = self.cap.export.iter();
        let mut counts = counts.flat_map(|export| &export.package_class_counts);
        let mut first = 0;
        let packages = self.cap.header.public_packages.iter();
        packages
            .map(|public| {
                let exports = first..first + counts.next().copied().map_or(0, usize::from);
                first = exports.end;
                PublicPackage {
                    aid: public.package.aid.0.clone(),
                    version: public.package.version,
                    exports,
                }
            })
            .collect()
    }

    fn package(&self) -> Result<Package, LinkError> {
        let mut exports = Vec::new();
        for class in self.cap.export.iter().flat_map(|export| &export.classes) {
            let id = self.class_reference(ClassRef::Internal(class.class_offset))?;
            exports.push(Some(ClassExports {
                class: id,
                static_methods: class
                    .static_method_offsets
                    .iter()
                    .map(|place| self.methods.get(place).copied().unwrap_or(NO_METHOD))
                    .collect(),
                static_fields: class.static_field_offsets.clone(),
            }));
        }
        let applets = self.cap.applet.iter().flat_map(|applet| &applet.applets);
        let installs = applets
            .map(|applet| {
                let place = applet.install_method_offset;
                let method = self.methods.get(&place);
                Ok((place, *method.ok_or(LinkError::MethodOffset(place))?))
            })
            .collect::<Result<_, LinkError>>()?;
        Ok(Package {
            aid: self.cap.header.package.aid.0.clone(),
            version: self.cap.header.package.version,
            classes: self.classes.clone(),
            exports,
            statics: self.statics,
            public_packages: self.public_packages(),
            installs,
            bytecode: Arc::default(),
        })
    }
}

/// Cells of references of an object, for the collector.
#[must_use]
pub fn reference_cells(program: &Program, object: &super::Object) -> Vec<Range<u16>> {
    match object.kind {
        super::Kind::ReferenceArray => std::iter::once(0..object.length).collect(),
        super::Kind::Instance => program
            .class(object.class)
            .map(|class| class.references.clone())
            .unwrap_or_default(),
        // The image begins with the references; their number stands in place of a class.
        super::Kind::Statics => std::iter::once(0..object.class).collect(),
        _ => Vec::new(),
    }
}
