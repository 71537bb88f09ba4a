//! The API packages as part of a [`Program`].

use super::{layouts, natives};
use crate::vm::program::{
    API_SLOT, Body, Class, ClassExports, ClassId, HIDDEN_SLOT, Method, NO_CLASS, NO_METHOD, Native,
    Package, Program, class_id,
};
use crate::vm::trap::Throwable;
use crate::vm::types::Signature;
use cap_file::api::{Api, ApiClass, ApiMethod, MethodKind, TokenSpace};
use cap_file::component::Version;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, OnceLock};

/// The program of a card without load files.
#[must_use]
pub fn base_program() -> &'static Program {
    static PROGRAM: OnceLock<Program> = OnceLock::new();
    PROGRAM.get_or_init(|| Builder::new(Api::builtin()).build())
}

/// Whether a method runs anything on this card.
#[must_use]
pub fn is_implemented(class: &'static ApiClass, method: &ApiMethod) -> bool {
    static NATIVES: OnceLock<HashSet<(&str, &str, &str)>> = OnceLock::new();
    let all = NATIVES.get_or_init(|| {
        natives()
            .map(|(class, name, descriptor, _)| (*class, *name, *descriptor))
            .collect()
    });
    owners(class).any(|owner| all.contains(&(owner, &*method.name, &*method.descriptor)))
}

/// Where the native method of a class may be listed: in itself, its superclasses, its interfaces.
fn owners(class: &'static ApiClass) -> impl Iterator<Item = &'static str> {
    std::iter::once(class.name.as_str())
        .chain(class.supers.iter().rev().map(String::as_str))
        .chain(class.interfaces.iter().rev().map(String::as_str))
}

struct Builder {
    api: &'static Api,
    ids: HashMap<&'static str, ClassId>,
    classes: HashMap<&'static str, &'static ApiClass>,
    natives: HashMap<(&'static str, &'static str, &'static str), Native>,
    layouts: HashMap<&'static str, (u16, u16)>,
    program: Program,
}

impl Builder {
    fn new(api: &'static Api) -> Self {
        let mut ids = HashMap::new();
        let mut classes = HashMap::new();
        for (slot, package) in (API_SLOT..HIDDEN_SLOT).zip(api.packages()) {
            for class in &package.classes {
                ids.insert(class.name.as_str(), class_id(slot, class.token));
                classes.insert(class.name.as_str(), class);
            }
        }
        Self {
            api,
            ids,
            classes,
            natives: natives()
                .map(|(class, name, descriptor, native)| ((*class, *name, *descriptor), *native))
                .collect(),
            layouts: layouts()
                .map(|(class, cells, references)| (*class, (*cells, *references)))
                .collect(),
            program: Program::default(),
        }
    }

    fn build(mut self) -> Program {
        self.program.packages = vec![None; 256];
        for (slot, package) in (API_SLOT..HIDDEN_SLOT).zip(self.api.packages()) {
            let tokens = package
                .classes
                .iter()
                .map(|class| usize::from(class.token) + 1);
            let count = tokens.max().unwrap_or(0);
            self.set_package(
                slot,
                Package {
                    aid: package.aid.0.clone(),
                    version: package.newest(),
                    classes: vec![Class::default(); count],
                    public_packages: Vec::new(),
                    exports: vec![None; count],
                    statics: 0,
                    installs: Vec::new(),
                    bytecode: Arc::default(),
                },
            );
        }
        // Superclasses first: a class lists all of its own.
        let mut order: Vec<&'static ApiClass> = self.classes.values().copied().collect();
        order.sort_by_key(|class| (class.supers.len(), class.name.as_str()));
        for class in &order {
            self.add_class(class);
        }
        self.add_hidden_classes(&order);
        self.program.names = std::sync::Arc::new(
            self.ids
                .iter()
                .map(|(name, id)| ((*name).to_owned(), *id))
                .collect(),
        );
        self.program.throwables = Throwable::ALL
            .iter()
            .map(|throwable| self.id(throwable.class_name()))
            .collect();
        self.program
    }

    fn set_package(&mut self, slot: u8, package: Package) {
        if let Some(place) = self.program.packages.get_mut(usize::from(slot)) {
            *place = Some(package);
        }
    }

    fn id(&self, name: &str) -> ClassId {
        self.ids.get(name).copied().unwrap_or(NO_CLASS)
    }

    fn add_method(
        &mut self,
        class: &'static ApiClass,
        method: &'static ApiMethod,
        body: Body,
    ) -> u32 {
        let descriptor = method.descriptor.as_str();
        let is_static = method.kind == MethodKind::Static;
        let signature = Signature::parse(descriptor, &|name| self.id(name));
        let index = u32::try_from(self.program.methods.len()).unwrap_or(NO_METHOD);
        let (arguments, results) = words(descriptor);
        self.program.methods.push(Method {
            body,
            arguments: arguments + u8::from(!is_static),
            results: Some(results),
            locals: 0,
            registers: 0,
            code: 0..0,
            handlers: Vec::new(),
            slot: API_SLOT,
            header_offset: 0,
            bytecode_offset: 0,
            max_stack: 0,
            is_static: Some(is_static),
            class: Some(self.id(&class.name)).filter(|_| !class.is_interface),
            signature: signature.map(Arc::new),
            name: Some(format!("{}.{}{descriptor}", class.name, method.name).into()),
            is_sensitive: super::sensitive_result::is_sensitive(&class.name, &method.name),
        });
        index
    }

    /// The native of a method that a class declares or inherits.
    fn native(&self, class: &'static ApiClass, name: &str, descriptor: &str) -> Body {
        owners(class)
            .find_map(|owner| self.natives.get(&(owner, name, descriptor)))
            .map_or(Body::None, |native| Body::Native(*native))
    }

    fn add_class(&mut self, class: &'static ApiClass) {
        let id = self.id(&class.name);
        let parent_id = class.super_class().map(|name| self.id(name));
        let parent = parent_id.and_then(|id| self.program.class(id)).cloned();
        let mut built = Class {
            name: class.name.clone(),
            super_class: parent_id.filter(|_| !class.is_interface),
            is_interface: class.is_interface,
            is_shareable: class.flags.shareable,
            supertypes: vec![id],
            ..parent.unwrap_or_default()
        };
        for supertype in class.supers.iter().chain(&class.interfaces) {
            built.supertypes.push(self.id(supertype));
        }
        if let Some(&(cells, references)) = self.layouts.get(class.name.as_str()) {
            let first = built.cells;
            if references > 0 {
                built.references.push(first..first + references);
            }
            built.cells = first + cells;
        }
        let mut exports = ClassExports {
            class: id,
            ..ClassExports::default()
        };
        for method in &class.methods {
            let body = self.native(class, &method.name, &method.descriptor);
            let index = self.add_method(class, method, body);
            let table = match method.kind.token_space() {
                TokenSpace::Static => &mut exports.static_methods,
                TokenSpace::Virtual => &mut built.public_methods,
            };
            put(table, method.token, index, NO_METHOD);
            if class.is_interface {
                let (_, results) = words(&method.descriptor);
                put(
                    &mut built.interface_results,
                    method.token,
                    Some(results),
                    None,
                );
            }
        }
        if !class.is_interface {
            for name in &class.interfaces {
                let Some(interface) = self.classes.get(name.as_str()) else {
                    continue;
                };
                let mut methods = Vec::new();
                for wanted in &interface.methods {
                    let own = class
                        .method(&wanted.name, &wanted.descriptor)
                        .and_then(|own| built.public_methods.get(usize::from(own.token)))
                        .copied()
                        .unwrap_or(NO_METHOD);
                    put(&mut methods, wanted.token, own, NO_METHOD);
                }
                built.interfaces.push((self.id(name), methods));
            }
        }
        let [slot, index] = id.to_be_bytes();
        if let Some(Some(package)) = self.program.packages.get_mut(usize::from(slot)) {
            let index = usize::from(index);
            if let Some(place) = package.classes.get_mut(index) {
                *place = built;
            }
            if let Some(place) = package.exports.get_mut(index) {
                *place = Some(exports);
            }
        }
    }

    /// For every interface a class of the runtime environment's own, behind the objects that
    /// factories like `KeyBuilder.buildKey` give out.
    fn add_hidden_classes(&mut self, order: &[&'static ApiClass]) {
        let object = self.id("java/lang/Object");
        let object_methods = self
            .program
            .class(object)
            .map(|class| class.public_methods.clone())
            .unwrap_or_default();
        let mut classes = Vec::new();
        let interfaces = order.iter().filter(|class| class.is_interface);
        for (index, interface) in (0u8..255).zip(interfaces) {
            let id = class_id(HIDDEN_SLOT, index);
            // Most derive from Object; a few from a class of the API.
            let parent = super::HIDDEN_SUPERCLASSES
                .iter()
                .find(|(name, _)| *name == interface.name)
                .map(|(_, superclass)| self.id(superclass))
                .and_then(|parent| Some((parent, self.program.class(parent)?.clone())));
            let mut supertypes = vec![id, object];
            if let Some((_, class)) = &parent {
                supertypes.extend(&class.supertypes);
            }
            let mut tables = Vec::new();
            let implemented = std::iter::once(interface.name.as_str())
                .chain(interface.interfaces.iter().map(String::as_str))
                .chain(
                    super::HIDDEN_INTERFACES
                        .iter()
                        .filter(|(name, _)| *name == interface.name)
                        .flat_map(|(_, more)| more.iter().copied()),
                );
            for name in implemented {
                supertypes.push(self.id(name));
                let Some(declared) = self.classes.get(name).copied() else {
                    continue;
                };
                let mut methods = Vec::new();
                for method in &declared.methods {
                    let body = match self.native(interface, &method.name, &method.descriptor) {
                        Body::None => self.native(declared, &method.name, &method.descriptor),
                        body => body,
                    };
                    let added = self.add_method(declared, method, body);
                    put(&mut methods, method.token, added, NO_METHOD);
                }
                tables.push((self.id(name), methods));
            }
            let (cells, references) = self
                .layouts
                .get(interface.name.as_str())
                .copied()
                .unwrap_or((0, 0));
            let class = Class {
                name: interface.name.clone(),
                super_class: Some(object),
                is_shareable: interface.flags.shareable,
                cells,
                references: std::iter::once(0..references).collect(),
                public_methods: object_methods.clone(),
                interfaces: tables,
                supertypes,
                ..Class::default()
            };
            classes.push(match parent {
                Some((parent, inherited)) => Class {
                    super_class: Some(parent),
                    cells: inherited.cells,
                    references: inherited.references,
                    public_methods: inherited.public_methods,
                    ..class
                },
                None => class,
            });
            self.program.hidden.push((interface.name.clone(), id));
        }
        self.set_package(
            HIDDEN_SLOT,
            Package {
                aid: Vec::new(),
                version: Version::default(),
                classes,
                public_packages: Vec::new(),
                exports: Vec::new(),
                statics: 0,
                installs: Vec::new(),
                bytecode: Arc::default(),
            },
        );
    }
}

fn put<T: Clone>(table: &mut Vec<T>, token: u8, value: T, gap: T) {
    let token = usize::from(token);
    if table.len() <= token {
        table.resize(token + 1, gap);
    }
    if let Some(place) = table.get_mut(token) {
        *place = value;
    }
}

/// Words of the arguments and of the result of a method descriptor (JVMS §4.3.3).
fn words(descriptor: &str) -> (u8, u8) {
    let (arguments, result) = descriptor
        .trim_start_matches('(')
        .split_once(')')
        .unwrap_or(("", "V"));
    let result = match result {
        "V" => 0,
        "I" => 2,
        _ => 1,
    };
    let mut count = 0u8;
    let mut letters = arguments.chars();
    while let Some(mut letter) = letters.next() {
        let is_array = letter == '[';
        if is_array {
            letter = letters.next().unwrap_or('B');
        }
        if letter == 'L' {
            letters.by_ref().find(|letter| *letter == ';');
        }
        count += if letter == 'I' && !is_array { 2 } else { 1 };
    }
    (count, result)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptors_are_counted_in_words() {
        assert_eq!(words("([BSLjava/lang/Object;I[I)I"), (6, 2));
        assert_eq!(words("()V"), (0, 0));
    }

    #[test]
    fn every_native_stands_behind_a_method_of_the_api() {
        let api = Api::builtin();
        for (class, name, descriptor, _) in natives() {
            let (_, found) = api.find_class(class).expect(class);
            assert!(
                found.method(name, descriptor).is_some(),
                "{class}.{name}{descriptor}"
            );
        }
        for (class, _, _) in layouts() {
            assert!(api.find_class(class).is_some(), "{class}");
        }
    }

    #[test]
    fn exceptions_have_their_hierarchy() {
        let program = base_program();
        let iso = program.throwable(Throwable::Iso);
        let throwable = base_program()
            .find_package(&[0xA0, 0, 0, 0, 0x62, 0, 1])
            .unwrap();
        assert!(program.is_instance(iso, class_id(throwable.slot, 1)));
        assert_eq!(program.class(iso).unwrap().cells, 1);
        assert!(!program.is_instance(class_id(throwable.slot, 1), iso));
    }
}
