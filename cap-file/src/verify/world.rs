//! Everything that a CAP file names, linked: classes of the file and of the API in one hierarchy, types,
//! methods and fields by their offsets.

mod members;
mod resolved;
mod signature;

pub(crate) use members::{inherited_token, table_entry};
pub(crate) use resolved::{Member, Resolved};

use super::Exports;
use crate::api::{ApiClass, ApiPackage};
use crate::cap::CapFile;
use crate::component::class::{ClassEntry, ClassInfo};
use crate::component::constant_pool::{Constant, StaticRef};
use crate::component::descriptor::{
    ClassDescriptor, FieldDescriptor, FieldLocation, MethodDescriptor, access,
};
use crate::component::{ClassRef, TypeDescriptor, Version};
use crate::limits::MAX_HIERARCHY_DEPTH;
use resolved::Cache;
use std::collections::HashMap;

/// A class or interface in the hierarchy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct ClassId(u32);

impl ClassId {
    /// The class with this place in the list of all.
    fn at(index: usize) -> Self {
        // A Class component and export files of bounded size have fewer.
        Self(u32::try_from(index).unwrap_or(u32::MAX))
    }

    fn index(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

/// Where a class comes from.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Origin<'a> {
    /// This file: offset in the Class component.
    Own {
        offset: u16,
        entry: ClassEntry<'a>,
        descriptor: Option<&'a ClassDescriptor>,
    },
    /// Another package.
    Api {
        package: &'a ApiPackage,
        class: &'a ApiClass,
    },
}

/// A class with its place in the hierarchy.
#[derive(Clone, Debug)]
pub(crate) struct Class<'a> {
    pub(crate) origin: Origin<'a>,
    pub(crate) super_class: Option<ClassId>,
    /// Interfaces that it declares, or that the export file lists.
    pub(crate) interfaces: Vec<ClassId>,
}

/// A type of a field, an argument or a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Type {
    Boolean,
    Byte,
    Short,
    Int,
    Class(ClassId),
    BooleanArray,
    ByteArray,
    ShortArray,
    IntArray,
    ClassArray(ClassId),
}

/// Argument types (without `this`) and what is returned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Signature {
    pub(crate) arguments: Vec<Type>,
    pub(crate) result: Option<Type>,
}

/// Who may use a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Visibility {
    Private,
    Package,
    Protected,
    Public,
}

/// A method that a constant refers to.
#[derive(Clone, Debug)]
pub(crate) struct Callee {
    /// The class that declares it.
    pub(crate) class: ClassId,
    pub(crate) signature: Signature,
    pub(crate) visibility: Visibility,
    pub(crate) is_static: bool,
    pub(crate) is_constructor: bool,
    pub(crate) is_abstract: bool,
    pub(crate) is_final: bool,
}

/// A field that a constant refers to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Field {
    pub(crate) class: ClassId,
    pub(crate) field_type: Type,
    pub(crate) visibility: Visibility,
    pub(crate) is_static: bool,
    pub(crate) is_final: bool,
}

/// The linked file.
pub(crate) struct World<'a> {
    pub(crate) cap: &'a CapFile,
    pub(crate) exports: &'a Exports,
    /// By package token; `None` if the package is not known.
    pub(crate) imports: Vec<Option<(&'a ApiPackage, Version)>>,
    classes: Vec<Class<'a>>,
    by_offset: HashMap<u16, ClassId>,
    by_name: HashMap<&'a str, ClassId>,
    /// By place, the first for each.
    methods: Vec<(ClassId, &'a MethodDescriptor)>,
    /// By index of a class: the package of an extended file that it is in.
    packages: Vec<usize>,
    static_fields: HashMap<u16, (ClassId, &'a FieldDescriptor)>,
    /// By offset.
    types: Vec<(u16, &'a TypeDescriptor)>,
    cache: Cache,
}

impl<'a> World<'a> {
    pub(crate) fn new(cap: &'a CapFile, exports: &'a Exports) -> Self {
        let mut world = Self {
            cap,
            exports,
            imports: Vec::new(),
            classes: Vec::new(),
            by_offset: HashMap::new(),
            by_name: HashMap::new(),
            methods: Vec::new(),
            packages: Vec::new(),
            static_fields: HashMap::new(),
            types: Vec::new(),
            cache: Cache::new(cap.constant_pool.entries.len()),
        };
        for import in &cap.import.packages {
            let package = exports.find(&import.aid);
            world
                .imports
                .push(package.map(|package| (package, import.version)));
        }
        world.add_api(exports);
        world.add_own();
        world.add_members();
        world
    }

    fn add_api(&mut self, exports: &'a Exports) {
        for package in exports.packages() {
            for class in &package.classes {
                let id = ClassId::at(self.classes.len());
                self.by_name.entry(class.name.as_str()).or_insert(id);
                let origin = Origin::Api { package, class };
                self.classes.push(Class {
                    origin,
                    super_class: None,
                    interfaces: Vec::new(),
                });
            }
        }
        let names = |by_name: &HashMap<&str, ClassId>, names: &[String]| -> Vec<ClassId> {
            names
                .iter()
                .filter_map(|name| by_name.get(name.as_str()).copied())
                .collect()
        };
        for node in &mut self.classes {
            if let Origin::Api { class, .. } = node.origin {
                node.super_class = names(&self.by_name, &class.supers).last().copied();
                node.interfaces = names(&self.by_name, &class.interfaces);
            }
        }
    }

    fn add_own(&mut self) {
        let mut described: HashMap<ClassRef, (&ClassDescriptor, usize)> = HashMap::new();
        if let Some(descriptor) = &self.cap.descriptor {
            let counts = &descriptor.package_class_counts;
            let packages = counts.iter().enumerate();
            let packages =
                packages.flat_map(|(package, count)| std::iter::repeat_n(package, (*count).into()));
            for (class, package) in descriptor
                .classes
                .iter()
                .zip(packages.chain(std::iter::repeat(0)))
            {
                described
                    .entry(class.this_class)
                    .or_insert((class, package));
            }
        }
        let first = self.classes.len();
        self.packages = vec![0; first];
        let mut own = Vec::new();
        for (offset, entry) in self.cap.class_entries() {
            let described = described.get(&ClassRef::Internal(offset));
            self.packages
                .push(described.map_or(0, |(_, package)| *package));
            let id = ClassId::at(first + own.len());
            self.by_offset.insert(offset, id);
            let origin = Origin::Own {
                offset,
                entry,
                descriptor: described.map(|(class, _)| *class),
            };
            own.push(Class {
                origin,
                super_class: None,
                interfaces: Vec::new(),
            });
        }
        self.classes.extend(own);
        let object = self.object();
        for index in first..self.classes.len() {
            let Some(Origin::Own { entry, .. }) = self.classes.get(index).map(|class| class.origin)
            else {
                continue;
            };
            let (super_class, interfaces) = match entry {
                ClassEntry::Interface(interface) => {
                    let interfaces = interface.superinterfaces.iter();
                    (
                        object,
                        interfaces.filter_map(|class| self.class(*class)).collect(),
                    )
                }
                ClassEntry::Class(class) => (
                    class.super_class.and_then(|class| self.class(class)),
                    class
                        .interfaces
                        .iter()
                        .filter_map(|implemented| self.class(implemented.interface))
                        .collect(),
                ),
            };
            // A class refers only to classes before it; a reference forward could close a circle. The rule
            // `class-super` reports it.
            let before = |id: &ClassId| id.index() < index;
            if let Some(class) = self.classes.get_mut(index) {
                class.super_class = super_class.filter(before);
                class.interfaces = interfaces;
                class.interfaces.retain(before);
            }
        }
    }

    fn add_members(&mut self) {
        let Some(descriptor) = &self.cap.descriptor else {
            return;
        };
        self.types = descriptor.types.entries().collect();
        for class in &descriptor.classes {
            let ClassRef::Internal(offset) = class.this_class else {
                continue;
            };
            let Some(id) = self.by_offset.get(&offset).copied() else {
                continue;
            };
            if class.access_flags & access::ACC_INTERFACE == 0 {
                let methods = class.methods.iter().map(|method| (id, method));
                self.methods.extend(methods);
            }
            for field in &class.fields {
                if let FieldLocation::Static(StaticRef::Internal(offset)) = field.location {
                    self.static_fields.entry(offset).or_insert((id, field));
                }
            }
        }
        self.methods.sort_by_key(|(_, method)| method.method_offset);
        self.methods
            .dedup_by_key(|(_, method)| method.method_offset);
    }

    /// Every method of a class, by its place.
    pub(crate) fn own_methods(&self) -> &[(ClassId, &'a MethodDescriptor)] {
        &self.methods
    }

    /// `java.lang.Object`, which every table set has.
    pub(crate) fn object(&self) -> Option<ClassId> {
        self.named("java/lang/Object")
    }

    pub(crate) fn named(&self, name: &str) -> Option<ClassId> {
        self.by_name.get(name).copied()
    }

    /// The class with this offset in the Class component.
    pub(crate) fn own_class(&self, offset: u16) -> Option<ClassId> {
        self.by_offset.get(&offset).copied()
    }

    /// What a class reference leads to.
    pub(crate) fn class(&self, reference: ClassRef) -> Option<ClassId> {
        match reference {
            ClassRef::Internal(offset) => self.own_class(offset),
            ClassRef::External { package, class } => {
                let (package, version) = (*self.imports.get(usize::from(package))?)?;
                let class = package
                    .class_by_token(class)
                    .filter(|class| package.has(class.since, version))?;
                self.named(&class.name)
            }
        }
    }

    /// True if the reference is into an imported package that is not known.
    pub(crate) fn is_unknown_import(&self, reference: ClassRef) -> bool {
        matches!(reference, ClassRef::External { package, .. }
            if matches!(self.imports.get(usize::from(package)), Some(None)))
    }

    /// True if every import is known.
    pub(crate) fn all_imports_known(&self) -> bool {
        self.imports.iter().all(Option::is_some)
    }

    pub(crate) fn get(&self, id: ClassId) -> Option<&Class<'a>> {
        self.classes.get(id.index())
    }

    /// The entry of a class of this file.
    pub(crate) fn own_info(&self, id: ClassId) -> Option<&'a ClassInfo> {
        match self.get(id)?.origin {
            Origin::Own {
                entry: ClassEntry::Class(class),
                ..
            } => Some(class),
            _ => None,
        }
    }

    pub(crate) fn is_own(&self, id: ClassId) -> bool {
        self.get(id)
            .is_some_and(|class| matches!(class.origin, Origin::Own { .. }))
    }

    /// What the Descriptor component says of a class of this file.
    pub(crate) fn own_descriptor(&self, id: ClassId) -> Option<&'a ClassDescriptor> {
        match self.get(id)?.origin {
            Origin::Own { descriptor, .. } => descriptor,
            Origin::Api { .. } => None,
        }
    }

    /// The package of an extended file that a class is in; 0 in a compact one.
    pub(crate) fn package(&self, id: ClassId) -> usize {
        self.packages.get(id.index()).copied().unwrap_or_default()
    }

    /// True if both are classes of one package of this file.
    pub(crate) fn is_same_package(&self, one: ClassId, other: ClassId) -> bool {
        self.is_own(one) && self.is_own(other) && self.package(one) == self.package(other)
    }

    /// True if code of `current` may name the class: it is public, or of the same package (JCVM §4.3.7.1).
    pub(crate) fn may_name(&self, current: ClassId, id: ClassId) -> bool {
        match self.get(id).map(|class| class.origin) {
            Some(Origin::Own { descriptor, .. }) => {
                Self::own_flag(descriptor, access::ACC_PUBLIC) || self.is_same_package(current, id)
            }
            // Export files hold only what is public.
            _ => true,
        }
    }

    pub(crate) fn is_interface(&self, id: ClassId) -> bool {
        self.get(id).is_some_and(|class| match class.origin {
            Origin::Own { entry, .. } => matches!(entry, ClassEntry::Interface(_)),
            Origin::Api { class, .. } => class.is_interface,
        })
    }

    fn own_flag(descriptor: Option<&ClassDescriptor>, flag: u8) -> bool {
        descriptor.is_some_and(|class| class.access_flags & flag != 0)
    }

    pub(crate) fn is_abstract(&self, id: ClassId) -> bool {
        self.get(id).is_some_and(|class| match class.origin {
            Origin::Own { descriptor, .. } => {
                Self::own_flag(descriptor, access::ACC_ABSTRACT_CLASS)
            }
            Origin::Api { class, .. } => class.flags.is_abstract || class.is_interface,
        })
    }

    /// Export files hold public classes only.
    pub(crate) fn is_public(&self, id: ClassId) -> bool {
        self.get(id).is_some_and(|class| match class.origin {
            Origin::Own { descriptor, .. } => Self::own_flag(descriptor, access::ACC_PUBLIC),
            Origin::Api { .. } => true,
        })
    }

    pub(crate) fn is_final(&self, id: ClassId) -> bool {
        self.get(id).is_some_and(|class| match class.origin {
            Origin::Own { descriptor, .. } => Self::own_flag(descriptor, access::ACC_FINAL),
            Origin::Api { class, .. } => class.flags.is_final,
        })
    }

    pub(crate) fn is_shareable(&self, id: ClassId) -> bool {
        self.get(id).is_some_and(|class| match class.origin {
            Origin::Own {
                entry: ClassEntry::Interface(interface),
                ..
            } => interface.flags & ClassInfo::ACC_SHAREABLE != 0,
            Origin::Own {
                entry: ClassEntry::Class(class),
                ..
            } => class.flags & ClassInfo::ACC_SHAREABLE != 0,
            Origin::Api { class, .. } => {
                class.flags.shareable || class.name == "javacard/framework/Shareable"
            }
        })
    }

    /// True for `java.rmi.Remote`, and what says that it is remote.
    pub(crate) fn is_remote(&self, id: ClassId) -> bool {
        self.get(id).is_some_and(|class| match class.origin {
            Origin::Own {
                entry: ClassEntry::Interface(interface),
                ..
            } => interface.flags & ClassInfo::ACC_REMOTE != 0,
            Origin::Own {
                entry: ClassEntry::Class(class),
                ..
            } => class.flags & ClassInfo::ACC_REMOTE != 0,
            Origin::Api { class, .. } => {
                let remote = "java/rmi/Remote";
                class.name == remote || class.interfaces.iter().any(|name| name == remote)
            }
        })
    }

    /// A name for people.
    pub(crate) fn name(&self, id: ClassId) -> String {
        match self.get(id).map(|class| class.origin) {
            Some(Origin::Api { class, .. }) => class.name.clone(),
            Some(Origin::Own { offset, .. }) => {
                let debug = self.cap.debug.as_ref().and_then(|debug| {
                    debug
                        .string(debug.class(ClassRef::Internal(offset))?.name)
                        .map(str::to_owned)
                });
                debug.unwrap_or_else(|| format!("class@{offset}"))
            }
            None => "?".to_owned(),
        }
    }

    /// The class itself and its superclasses, nearest first; no more of them than `class-limits` allows.
    pub(crate) fn chain(&self, id: ClassId) -> impl Iterator<Item = ClassId> + '_ {
        std::iter::successors(Some(id), |id| self.get(*id)?.super_class)
            .take(MAX_HIERARCHY_DEPTH + 1)
    }

    /// True if a value of class or interface `sub` can be used as one of `target`.
    pub(crate) fn is_subtype(&self, sub: ClassId, target: ClassId) -> bool {
        sub == target
            || self.chain(sub).any(|class| class == target)
            || (self.is_interface(target) && self.has_interface(sub, target))
    }

    fn has_interface(&self, id: ClassId, interface: ClassId) -> bool {
        self.chain(id).any(|class| {
            self.get(class)
                .is_some_and(|class| class.interfaces.contains(&interface))
        })
    }

    /// All interfaces that a class or interface has, itself included if it is one; sorted. Each class and
    /// interface names all that its interfaces extend (the rule `class-interfaces`), so its list is complete.
    pub(crate) fn all_interfaces(&self, id: ClassId) -> Vec<ClassId> {
        let own = Some(id).filter(|id| self.is_interface(*id));
        let declared = self
            .chain(id)
            .filter_map(|class| self.get(class))
            .flat_map(|class| &class.interfaces);
        let mut found: Vec<ClassId> = own.into_iter().chain(declared.copied()).collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    /// A constant of the pool.
    pub(crate) fn constant(&self, index: u16) -> Option<Constant> {
        self.cap
            .constant_pool
            .entries
            .get(usize::from(index))
            .copied()
    }
}

impl Type {
    pub(crate) const fn is_reference(self) -> bool {
        !matches!(self, Type::Boolean | Type::Byte | Type::Short | Type::Int)
    }

    /// Words on the stack, in a local variable or in an object.
    pub(crate) const fn words(self) -> usize {
        if matches!(self, Type::Int) { 2 } else { 1 }
    }
}

impl Signature {
    /// Words of the arguments without `this`.
    pub(crate) fn argument_words(&self) -> usize {
        self.arguments.iter().map(|argument| argument.words()).sum()
    }
}
