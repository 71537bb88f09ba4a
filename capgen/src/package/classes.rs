//! The layout of classes: fields, method tables, and where each class stands in its component.

use super::imports::Imports;
use super::target::Target;
use crate::codegen::BackendError;
use crate::codegen::linkage::{Linkage, Methods};
use crate::ir::{self, ClassId, FunctionId, Program};
use cap_file::api::{Api, ApiClass, ApiMethod, MethodKind};
use cap_file::component::class::{
    ClassComponent, ClassInfo, ImplementedInterface, InterfaceInfo, TokenMapping,
};
use cap_file::component::{ClassRef, CodeOffset, INHERITED, Version};
use std::collections::BTreeMap;

/// What every shareable interface extends.
pub(super) const SHAREABLE: &str = "javacard/framework/Shareable";

/// Field tokens of a class: references first, which the component describes as one run; then the
/// others, in source order. A field takes one token for each of its words.
pub(super) fn field_tokens(program: &Program, class: ClassId) -> Result<Vec<u8>, BackendError> {
    let Some(class) = program.classes.get(class.0) else {
        return Ok(Vec::new());
    };
    let limit = 255;
    let words = class.words();
    if words > limit {
        return Err(BackendError::TooLarge {
            place: class.name.clone(),
            what: "the words of the fields",
            value: words,
            limit,
        });
    }
    let references = class
        .fields
        .iter()
        .filter(|field| field.ty.is_reference())
        .count();
    let (mut reference, mut other) = (0, references);
    let mut tokens = Vec::with_capacity(class.fields.len());
    for field in &class.fields {
        let next = if field.ty.is_reference() {
            &mut reference
        } else {
            &mut other
        };
        tokens.push(u8::try_from(*next).unwrap_or(u8::MAX));
        *next += field.ty.words();
    }
    Ok(tokens)
}

/// The Class component; the method offsets are filled in later, by [`set_method_offsets`]. `imports` takes note
/// where the exported classes and interfaces are.
pub(super) fn component(
    program: &Program,
    methods: &Methods,
    imports: &mut Imports<'_>,
    target: &Target,
) -> ClassComponent {
    let interfaces = exported_interfaces(program)
        .into_iter()
        .map(|_| InterfaceInfo {
            flags: ClassInfo::ACC_INTERFACE | ClassInfo::ACC_SHAREABLE,
            superinterfaces: imports.class_ref(SHAREABLE).into_iter().collect(),
            remote_name: None,
        });
    let mut component = ClassComponent {
        signature_pool: (target.format >= Version::new(2, 2)).then(Vec::new),
        interfaces: interfaces.collect(),
        classes: Vec::new(),
    };
    for (index, interface) in exported_interfaces(program).into_iter().enumerate() {
        if let Some(offset) = component.interface_offset(index) {
            imports.place_internal(&interface.name, ClassRef::Internal(offset));
        }
    }
    component.classes = (0..program.classes.len())
        .map(|index| {
            let mut class = class_info(program, methods, imports, ClassId(index));
            if target.format >= Version::new(2, 3) {
                class.token_mapping = Some(token_mapping(program, ClassId(index), &class));
            }
            class
        })
        .collect();
    component
}

/// Format 2.3: the tokens that a class has of its superclass are those there, the others are new.
fn token_mapping(program: &Program, id: ClassId, class: &ClassInfo) -> TokenMapping {
    let superclass = program
        .classes
        .get(id.0)
        .and_then(|class| class.superclass.as_deref());
    let above = Api::builtin().find_class(superclass.unwrap_or("java/lang/Object"));
    let is_above = |token: u8| {
        let mut methods = above.iter().flat_map(|(_, class)| &class.methods);
        methods.any(|method| method.kind == MethodKind::Virtual && method.token == token)
    };
    let count = usize::from(class.public_method_table_base) + class.public_virtual_methods.len();
    let tokens: Vec<u8> = (0..=u8::MAX)
        .take(count)
        .map(|token| if is_above(token) { token } else { 0xff })
        .collect();
    TokenMapping {
        // No class of another package extends this one.
        inheritable_count: u8::try_from(tokens.len()).unwrap_or(u8::MAX),
        tokens,
    }
}

/// The interfaces of the package, in the order of the Class component.
pub(super) fn exported_interfaces(program: &Program) -> Vec<&ApiClass> {
    program
        .exports
        .iter()
        .filter(|class| class.is_interface)
        .collect()
}

/// The names of the interfaces that a class implements, with what each extends.
pub(super) fn interfaces(program: &Program, id: ClassId) -> impl Iterator<Item = &str> {
    let implemented = program.classes.get(id.0).map(|class| &class.implements);
    let implemented = implemented.into_iter().flatten().map(String::as_str);
    let is_shareable = implemented.clone().next().is_some();
    implemented.chain(is_shareable.then_some(SHAREABLE))
}

/// The interfaces that a class implements, with what each extends: for each method of the interface the token of
/// the class's own.
fn implemented(
    program: &Program,
    methods: &Methods,
    imports: &Imports<'_>,
    id: ClassId,
) -> Vec<ImplementedInterface> {
    let mut found = Vec::new();
    for interface in interfaces(program, id) {
        let Some(class) = program.api_class(interface) else {
            continue;
        };
        let mut wanted: Vec<&ApiMethod> = class.methods.iter().collect();
        wanted.sort_by_key(|method| method.token);
        let token = |wanted: &&ApiMethod| {
            let functions = (0..program.functions.len()).map(FunctionId);
            let mut own = functions.filter(|function| methods.home.get(function.0) == Some(&id));
            own.find_map(|function| {
                let entry = program.functions.get(function.0)?.entry.as_ref()?;
                match methods.linkage(function) {
                    Linkage::Public(token)
                        if entry.name == wanted.name && entry.descriptor == wanted.descriptor =>
                    {
                        Some(token)
                    }
                    _ => None,
                }
            })
        };
        if let Some(reference) = imports.class_ref(interface) {
            found.push(ImplementedInterface {
                interface: reference,
                methods: wanted.iter().filter_map(token).collect(),
            });
        }
    }
    found
}

fn class_info(
    program: &Program,
    methods: &Methods,
    imports: &Imports<'_>,
    id: ClassId,
) -> ClassInfo {
    let class = program.classes.get(id.0);
    let superclass = class
        .and_then(|class| class.superclass.as_deref())
        .unwrap_or("java/lang/Object");
    let fields = class.map_or(&[][..], |class| class.fields.as_slice());
    let references = fields
        .iter()
        .filter(|field| field.ty.is_reference())
        .count();
    let table = method_table(methods, program, id);
    let public: Vec<u8> = table
        .keys()
        .filter_map(|linkage| match linkage {
            TableKey::Public(token) => Some(*token),
            TableKey::Package(_) => None,
        })
        .collect();
    let base = public
        .first()
        .copied()
        .unwrap_or_else(|| next_public_token(imports, superclass));
    let public_count = public
        .last()
        .map_or(0, |last| usize::from(*last - base) + 1);
    let package_count = table.len() - public.len();
    let interfaces = implemented(program, methods, imports, id);
    ClassInfo {
        flags: if interfaces.is_empty() {
            0
        } else {
            ClassInfo::ACC_SHAREABLE
        },
        super_class: imports.class_ref(superclass),
        // At most 255 words, see `field_tokens`.
        declared_instance_size: u8::try_from(class.map_or(0, ir::Class::words)).unwrap_or(u8::MAX),
        first_reference_token: if references == 0 { 0xff } else { 0 },
        reference_count: u8::try_from(references).unwrap_or(u8::MAX),
        public_method_table_base: base,
        public_virtual_methods: vec![INHERITED; public_count],
        package_method_table_base: 0,
        package_virtual_methods: vec![INHERITED; package_count],
        interfaces,
        remote: None,
        token_mapping: None,
    }
}

/// The first public virtual method token that a superclass leaves free.
fn next_public_token(imports: &Imports<'_>, superclass: &str) -> u8 {
    let version = imports.version_for(superclass);
    let methods = Api::builtin()
        .find_class(superclass)
        .map(|(_, class)| class.methods.iter())
        .into_iter()
        .flatten();
    methods
        .filter(|method| {
            method.kind == MethodKind::Virtual
                && version.is_none_or(|version| method.since <= version)
        })
        .map(|method| method.token.saturating_add(1))
        .max()
        .unwrap_or(0)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum TableKey {
    Public(u8),
    Package(u8),
}

/// The virtual methods of a class by token.
fn method_table(
    methods: &Methods,
    program: &Program,
    class: ClassId,
) -> BTreeMap<TableKey, FunctionId> {
    let functions = (0..program.functions.len()).map(FunctionId);
    functions
        .filter(|function| methods.home.get(function.0) == Some(&class))
        .filter_map(|function| match methods.linkage(function) {
            Linkage::Public(token) => Some((TableKey::Public(token), function)),
            Linkage::Package(token) => Some((TableKey::Package(token), function)),
            Linkage::Static | Linkage::Private => None,
        })
        .collect()
}

/// Fills in where the virtual methods are.
pub(super) fn set_method_offsets(
    component: &mut ClassComponent,
    program: &Program,
    methods: &Methods,
    offsets: &[CodeOffset],
) {
    for (index, info) in component.classes.iter_mut().enumerate() {
        for (key, function) in method_table(methods, program, ClassId(index)) {
            let slot = match key {
                TableKey::Public(token) => {
                    let base = info.public_method_table_base;
                    info.public_virtual_methods
                        .get_mut(usize::from(token.saturating_sub(base)))
                }
                TableKey::Package(token) => {
                    info.package_virtual_methods.get_mut(usize::from(token))
                }
            };
            if let (Some(slot), Some(offset)) = (slot, offsets.get(function.0)) {
                *slot = *offset;
            }
        }
    }
}

/// References to the classes of this package.
pub(super) fn class_refs(
    component: &ClassComponent,
    program: &Program,
    extended: bool,
) -> Result<Vec<ClassRef>, BackendError> {
    program
        .classes
        .iter()
        .enumerate()
        .map(|(index, class)| {
            let offset = component
                .entries_in(extended)
                .nth(component.interfaces.len() + index)
                .map(|(offset, _)| offset)
                .filter(|offset| *offset < 0x8000);
            offset
                .map(ClassRef::Internal)
                .ok_or_else(|| BackendError::TooLarge {
                    place: class.name.clone(),
                    what: "the offset of the class",
                    value: index,
                    limit: 0x7fff,
                })
        })
        .collect()
}
