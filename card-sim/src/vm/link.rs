//! Linking a CAP file into a [`Program`]: classes laid out, method tables filled, the constant
//! pool resolved, every reachable method translated.

use super::flow::{Calls, Flow};
use super::program::{
    API_SLOT, Body, Class, ClassExports, ClassId, Handler, Method, NO_METHOD, Package, Program,
    class_id, slot_of,
};
use super::translate::{Pool, Translated, translate};
use cap_file::CapFile;
use cap_file::component::ClassRef;
use cap_file::component::class::{ClassInfo, InterfaceInfo};
use cap_file::component::constant_pool::{Constant, StaticRef};
use cap_file::{Instruction, Opcode, Operands};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::ops::Range;

/// Why a package cannot be linked. Offsets are those of the component's info item.
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
    MethodOffset(u16),
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
    /// More code than a card can hold.
    #[error("the card holds no more code")]
    TooLarge,
}

/// An imported package.
#[derive(Clone, Copy)]
struct Import {
    slot: u8,
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
    /// Offset of each method, and its place among the new methods.
    methods: BTreeMap<u16, u32>,
    method_offsets: Vec<u16>,
    first_method: u32,
    flows: BTreeMap<u16, Flow>,
    /// Result sizes by method offset, as the Descriptor component or the code tells.
    results: BTreeMap<u16, Option<u8>>,
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
    let package = linker.package()?;
    let methods: Vec<u16> = linker.methods.keys().copied().collect();
    let headers = linker.headers();
    install(program, slot, package, &methods, headers, translated)
}

fn to_u32(value: usize) -> Result<u32, LinkError> {
    u32::try_from(value).map_err(|_| LinkError::TooLarge)
}

/// (arguments, results, bytecode offset) of a method, by offset.
type Headers = BTreeMap<u16, (u8, Option<u8>, u16)>;

/// Appends the new package to the program.
fn install(
    program: &mut Program,
    slot: u8,
    package: Package,
    offsets: &[u16],
    headers: Headers,
    mut translated: BTreeMap<u16, Translated>,
) -> Result<(), LinkError> {
    let total: usize = translated.values().map(|method| method.ops.len()).sum();
    to_u32(program.code.len() + total)?;
    for &offset in offsets {
        let (arguments, results, bytecode_offset) =
            headers.get(&offset).copied().unwrap_or((0, None, offset));
        let base = to_u32(program.code.len())?;
        let mut method = Method {
            body: Body::None,
            arguments,
            results,
            locals: 0,
            registers: 0,
            code: base..base,
            handlers: Vec::new(),
            slot,
            bytecode_offset,
        };
        if let Some(mut code) = translated.remove(&offset) {
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
            program.bytecode_offsets.append(&mut code.bytecode_offsets);
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
            let slot = self
                .program
                .find_package(&import.aid.0)
                .filter(|(_, package)| {
                    package.version.major == wanted.major && package.version.minor >= wanted.minor
                })
                .map(|(slot, _)| slot)
                .ok_or_else(|| LinkError::MissingImport {
                    aid: import.aid.to_string(),
                    major: wanted.major,
                    minor: wanted.minor,
                })?;
            self.imports.push(Import { slot });
        }
        Ok(())
    }

    /// Every method that anything can name, and the code that each reaches.
    fn find_methods(&mut self) -> Result<(), LinkError> {
        let cap = self.cap;
        let mut roots: Vec<u16> = Vec::new();
        for class in &cap.class.classes {
            roots.extend(&class.public_virtual_methods);
            roots.extend(&class.package_virtual_methods);
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
        roots.retain(|offset| *offset != 0xFFFF);
        for offset in roots {
            if let Entry::Vacant(place) = self.flows.entry(offset) {
                place.insert(Flow::discover(&cap.method, offset)?);
            }
        }
        for (index, &offset) in (self.first_method..).zip(self.flows.keys()) {
            self.methods.insert(offset, index);
            self.method_offsets.push(offset);
        }
        Ok(())
    }

    fn class_reference(&self, reference: ClassRef) -> Result<ClassId, LinkError> {
        let dangling = LinkError::ClassReference(reference.to_u16());
        match reference {
            ClassRef::Internal(offset) => {
                let index = self.offsets.iter().position(|at| *at == offset);
                let index = index.and_then(|index| u8::try_from(index).ok());
                Ok(class_id(self.slot, index.ok_or(dangling)?))
            }
            ClassRef::External { package, class } => {
                let import = self
                    .imports
                    .get(usize::from(package))
                    .ok_or(dangling.clone())?;
                if import.slot >= API_SLOT {
                    let id = class_id(import.slot, class);
                    return self.program.class(id).map(|_| id).ok_or(dangling);
                }
                self.program
                    .package(import.slot)
                    .and_then(|package| package.exports.get(usize::from(class))?.as_ref())
                    .map(|export| export.class)
                    .ok_or(dangling)
            }
        }
    }

    /// A class of this package or of another.
    fn class_of(&self, id: ClassId) -> Option<&Class> {
        let [slot, index] = id.to_be_bytes();
        if slot == self.slot {
            self.classes.get(usize::from(index))
        } else {
            self.program.class(id)
        }
    }

    fn lay_out_classes(&mut self) -> Result<(), LinkError> {
        let component = &self.cap.class;
        self.offsets = component.entries().map(|(offset, _)| offset).collect();
        if self.offsets.len() > 255 {
            return Err(LinkError::Classes("more than 255 classes"));
        }
        // Supertypes stand before their subtypes (JCVM 3.0.5 §6.9): a reference to a class that
        // is not laid out yet is refused below.
        for interface in &component.interfaces {
            let class = self.interface(interface)?;
            self.classes.push(class);
        }
        for info in &component.classes {
            let class = self.instantiable(info)?;
            self.classes.push(class);
        }
        Ok(())
    }

    fn name(&self) -> String {
        format!(
            "{}.class{}",
            self.cap.header.package.aid,
            self.classes.len()
        )
    }

    fn own_id(&self) -> Result<ClassId, LinkError> {
        u8::try_from(self.classes.len())
            .map(|index| class_id(self.slot, index))
            .map_err(|_| LinkError::Classes("more than 255 classes"))
    }

    fn laid_out(&self, reference: ClassRef) -> Result<(ClassId, &Class), LinkError> {
        let id = self.class_reference(reference)?;
        let class = self
            .class_of(id)
            .ok_or(LinkError::Classes("a supertype stands after its subtype"))?;
        Ok((id, class))
    }

    fn interface(&self, info: &InterfaceInfo) -> Result<Class, LinkError> {
        let mut class = Class {
            name: self.name(),
            is_interface: true,
            is_shareable: info.flags & ClassInfo::ACC_SHAREABLE != 0,
            supertypes: vec![self.own_id()?],
            ..Class::default()
        };
        for &parent in &info.superinterfaces {
            let (id, parent) = self.laid_out(parent)?;
            class.supertypes.push(id);
            class.supertypes.extend(&parent.supertypes);
        }
        Ok(class)
    }

    fn instantiable(&self, info: &ClassInfo) -> Result<Class, LinkError> {
        let mut class = match info.super_class {
            None => Class::default(),
            Some(parent) => {
                let (id, parent) = self.laid_out(parent)?;
                if parent.is_interface {
                    return Err(LinkError::Classes("an interface as superclass"));
                }
                let mut class = parent.clone();
                class.super_class = Some(id);
                if slot_of(id) != self.slot {
                    class.package_methods = Vec::new();
                }
                class
            }
        };
        class.name = self.name();
        class.is_shareable |= info.flags & ClassInfo::ACC_SHAREABLE != 0;
        class.supertypes.insert(0, self.own_id()?);
        let inherited = class.cells;
        class.cells = inherited + u16::from(info.declared_instance_size);
        if info.reference_count > 0 {
            let first = inherited + u16::from(info.first_reference_token);
            let end = (first + u16::from(info.reference_count)).min(class.cells);
            class.references.push(first..end);
        }
        self.fill(
            &mut class.public_methods,
            info.public_method_table_base,
            &info.public_virtual_methods,
        )?;
        self.fill(
            &mut class.package_methods,
            info.package_method_table_base,
            &info.package_virtual_methods,
        )?;
        // What the superclass implements is implemented by this class's methods now.
        if let Some(parent) = info.super_class {
            self.inherit_interfaces(&mut class, parent)?;
        }
        for implemented in &info.interfaces {
            let (id, interface) = self.laid_out(implemented.interface)?;
            class.supertypes.push(id);
            class.supertypes.extend(&interface.supertypes);
            class.is_shareable |= interface.is_shareable;
            let methods = implemented
                .methods
                .iter()
                .map(|&token| {
                    class
                        .public_methods
                        .get(usize::from(token))
                        .copied()
                        .unwrap_or(NO_METHOD)
                })
                .collect();
            class.interfaces.retain(|(other, _)| *other != id);
            class.interfaces.push((id, methods));
        }
        Ok(class)
    }

    /// Interface methods that a superclass implements may be overridden here: the table is made
    /// anew from the virtual methods' tokens.
    fn inherit_interfaces(&self, class: &mut Class, parent: ClassRef) -> Result<(), LinkError> {
        let (_, parent) = self.laid_out(parent)?;
        for (_, methods) in &mut class.interfaces {
            for method in methods {
                let token = parent
                    .public_methods
                    .iter()
                    .position(|other| other == method);
                if let Some(&own) = token.and_then(|token| class.public_methods.get(token)) {
                    *method = own;
                }
            }
        }
        Ok(())
    }

    fn fill(&self, table: &mut Vec<u32>, base: u8, offsets: &[u16]) -> Result<(), LinkError> {
        let base = usize::from(base);
        let end = base + offsets.len();
        if end > 128 {
            return Err(LinkError::Classes("more than 128 virtual methods"));
        }
        if table.len() < end {
            table.resize(end, NO_METHOD);
        }
        for (place, &offset) in table.iter_mut().skip(base).zip(offsets) {
            // 0xFFFF: inherited from another package.
            if offset != 0xFFFF {
                *place = *self
                    .methods
                    .get(&offset)
                    .ok_or(LinkError::MethodOffset(offset))?;
            }
        }
        Ok(())
    }

    /// How many words each method returns: from the Descriptor component if it was loaded, else
    /// from the return instructions, else from methods that override it.
    fn find_results(&mut self) {
        for (&offset, flow) in &self.flows {
            self.results.insert(offset, flow.results());
        }
        let Some(descriptor) = &self.cap.descriptor else {
            self.guess_abstract_results();
            self.guess_interface_results();
            return;
        };
        let mut interface_results = Vec::new();
        for class in &descriptor.classes {
            for method in &class.methods {
                let words = descriptor
                    .types
                    .at(method.type_offset)
                    .and_then(|signature| signature.types())
                    .and_then(|types| types.last().map(|result| result.words()));
                if let Some(result) = self.results.get_mut(&method.method_offset)
                    && words.is_some()
                {
                    *result = words;
                }
                if let Ok(id) = self.class_reference(class.this_class) {
                    interface_results.push((id, method.token, words));
                }
            }
        }
        for (id, token, words) in interface_results {
            self.set_interface_result(id, token, words);
        }
        self.guess_abstract_results();
        self.guess_interface_results();
    }

    fn set_interface_result(&mut self, id: ClassId, token: u8, words: Option<u8>) {
        let [slot, index] = id.to_be_bytes();
        if slot != self.slot {
            return;
        }
        if let Some(class) = self.classes.get_mut(usize::from(index))
            && class.is_interface
        {
            let token = usize::from(token);
            if class.interface_results.len() <= token {
                class.interface_results.resize(token + 1, None);
            }
            if let Some(place) = class.interface_results.get_mut(token)
                && place.is_none()
            {
                *place = words;
            }
        }
    }

    /// Methods in one slot of a hierarchy's tables have one signature.
    fn guess_abstract_results(&mut self) {
        let mut found = Vec::new();
        for class in &self.classes {
            let Some(parent) = class.super_class.and_then(|id| self.class_of(id)) else {
                continue;
            };
            let pairs = class.public_methods.iter().zip(&parent.public_methods);
            let package = class.package_methods.iter().zip(&parent.package_methods);
            for (own, inherited) in pairs.chain(package) {
                if let Some(inherited) = self.method_offset(*inherited) {
                    found.push((inherited, self.method_results(*own)));
                }
            }
        }
        for (inherited, words) in found {
            if let Some(place @ None) = self.results.get_mut(&inherited) {
                *place = words;
            }
        }
    }

    fn guess_interface_results(&mut self) {
        let mut known = Vec::new();
        for class in &self.classes {
            for (interface, methods) in &class.interfaces {
                for (token, &method) in (0u8..=255).zip(methods) {
                    known.push((*interface, token, self.method_results(method)));
                }
            }
        }
        for (interface, token, words) in known {
            self.set_interface_result(interface, token, words);
        }
    }

    /// The offset of a method of this package.
    fn method_offset(&self, index: u32) -> Option<u16> {
        let place = usize::try_from(index.checked_sub(self.first_method)?).ok()?;
        self.method_offsets.get(place).copied()
    }

    fn method_results(&self, index: u32) -> Option<u8> {
        if index < self.first_method {
            return self.program.method(index)?.results;
        }
        self.results
            .get(&self.method_offset(index)?)
            .copied()
            .flatten()
    }

    fn method_arguments(&self, index: u32) -> Option<u8> {
        if index < self.first_method {
            return Some(self.program.method(index)?.arguments);
        }
        Some(self.flows.get(&self.method_offset(index)?)?.header.nargs)
    }

    fn translate_all(&mut self) -> Result<BTreeMap<u16, Translated>, LinkError> {
        let mut translated = BTreeMap::new();
        let mut flows = std::mem::take(&mut self.flows);
        // Calls look at the headers of other methods.
        self.flows = flows.clone();
        for (&offset, flow) in &mut flows {
            if flow.header.is_abstract() {
                continue;
            }
            let mut guesses = BTreeMap::new();
            flow.measure(&self.cap.method, self, &mut guesses)?;
            let method = translate(flow, &self.cap.method, self, &guesses)?;
            translated.insert(offset, method);
        }
        Ok(translated)
    }

    fn headers(&self) -> Headers {
        self.flows
            .iter()
            .map(|(&offset, flow)| {
                let results = self.results.get(&offset).copied().flatten();
                (offset, (flow.header.nargs, results, flow.entry))
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
                    .map(|offset| self.methods.get(offset).copied().unwrap_or(NO_METHOD))
                    .collect(),
                static_fields: class.static_field_offsets.clone(),
            }));
        }
        let applets = self.cap.applet.iter().flat_map(|applet| &applet.applets);
        let installs = applets
            .map(|applet| {
                let offset = applet.install_method_offset;
                let method = self.methods.get(&offset);
                Ok((offset, *method.ok_or(LinkError::MethodOffset(offset))?))
            })
            .collect::<Result<_, LinkError>>()?;
        Ok(Package {
            aid: self.cap.header.package.aid.0.clone(),
            version: self.cap.header.package.version,
            classes: self.classes.clone(),
            exports,
            statics: self.statics,
            installs,
        })
    }

    fn constant(&self, index: u16) -> Result<Constant, LinkError> {
        self.cap
            .constant_pool
            .entries
            .get(usize::from(index))
            .copied()
            .ok_or(LinkError::Constant(index, "there"))
    }

    fn imported(&self, index: u16, package: u8) -> Result<&Package, LinkError> {
        self.imports
            .get(usize::from(package))
            .and_then(|import| self.program.package(import.slot))
            .ok_or(LinkError::External(index))
    }
}

impl Calls for Linker<'_> {
    fn call(&self, instruction: &Instruction) -> Result<(u8, Option<u8>), LinkError> {
        if let Operands::InvokeInterface {
            nargs,
            index,
            method,
        } = instruction.operands
        {
            let id = Pool::class(self, index)?;
            let results = self
                .class_of(id)
                .and_then(|class| class.interface_results.get(usize::from(method)).copied())
                .flatten();
            return Ok((nargs, results));
        }
        let Operands::Pool(index) = instruction.operands else {
            return Err(LinkError::Constant(0, "a method"));
        };
        let method = if instruction.opcode == Opcode::Invokevirtual {
            let Constant::VirtualMethod { class, token } = self.constant(index)? else {
                return Err(LinkError::Constant(index, "a virtual method"));
            };
            self.virtual_method(index, class, token)?
        } else {
            self.method(index)?
        };
        let arguments = self
            .method_arguments(method)
            .ok_or(LinkError::External(index))?;
        Ok((arguments, self.method_results(method)))
    }
}

impl Linker<'_> {
    fn virtual_method(&self, index: u16, class: ClassRef, token: u8) -> Result<u32, LinkError> {
        let class = self.class_reference(class)?;
        let class = self.class_of(class).ok_or(LinkError::External(index))?;
        let table = if token & 0x80 == 0 {
            &class.public_methods
        } else {
            &class.package_methods
        };
        table
            .get(usize::from(token & 0x7F))
            .copied()
            .filter(|method| *method != NO_METHOD)
            .ok_or(LinkError::External(index))
    }
}

impl Pool for Linker<'_> {
    fn class(&self, index: u16) -> Result<ClassId, LinkError> {
        match self.constant(index)? {
            Constant::Class(reference) => self.class_reference(reference),
            _ => Err(LinkError::Constant(index, "a class")),
        }
    }

    fn instance_field(&self, index: u16) -> Result<u16, LinkError> {
        let Constant::InstanceField { class, token } = self.constant(index)? else {
            return Err(LinkError::Constant(index, "an instance field"));
        };
        let id = self.class_reference(class)?;
        let class = self.class_of(id).ok_or(LinkError::External(index))?;
        let inherited = class
            .super_class
            .and_then(|parent| self.class_of(parent))
            .map_or(0, |parent| parent.cells);
        Ok(inherited + u16::from(token))
    }

    fn static_field(&self, index: u16) -> Result<(u16, u16), LinkError> {
        match self.constant(index)? {
            Constant::StaticField(StaticRef::Internal(offset)) => Ok((self.statics, offset)),
            Constant::StaticField(StaticRef::External {
                package,
                class,
                token,
            }) => {
                let package = self.imported(index, package)?;
                package
                    .exports
                    .get(usize::from(class))
                    .and_then(Option::as_ref)
                    .and_then(|class| class.static_fields.get(usize::from(token)))
                    .map(|offset| (package.statics, *offset))
                    .ok_or(LinkError::External(index))
            }
            _ => Err(LinkError::Constant(index, "a static field")),
        }
    }

    fn method(&self, index: u16) -> Result<u32, LinkError> {
        match self.constant(index)? {
            Constant::StaticMethod(StaticRef::Internal(offset)) => self
                .methods
                .get(&offset)
                .copied()
                .ok_or(LinkError::MethodOffset(offset)),
            Constant::StaticMethod(StaticRef::External {
                package,
                class,
                token,
            }) => self
                .imported(index, package)?
                .exports
                .get(usize::from(class))
                .and_then(Option::as_ref)
                .and_then(|class| class.static_methods.get(usize::from(token)))
                .copied()
                .filter(|method| *method != NO_METHOD)
                .ok_or(LinkError::External(index)),
            Constant::SuperMethod { class, token } => {
                // The class named is the one that calls; its superclass has the method.
                let id = self.class_reference(class)?;
                let parent = self.class_of(id).and_then(|class| class.super_class);
                let parent = parent.and_then(|id| self.class_of(id));
                let table = parent.map(|class| {
                    if token & 0x80 == 0 {
                        &class.public_methods
                    } else {
                        &class.package_methods
                    }
                });
                table
                    .and_then(|table| table.get(usize::from(token & 0x7F)))
                    .copied()
                    .filter(|method| *method != NO_METHOD)
                    .ok_or(LinkError::External(index))
            }
            _ => Err(LinkError::Constant(index, "a static method")),
        }
    }

    fn virtual_token(&self, index: u16) -> Result<u8, LinkError> {
        match self.constant(index)? {
            Constant::VirtualMethod { token, .. } => Ok(token),
            _ => Err(LinkError::Constant(index, "a virtual method")),
        }
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
