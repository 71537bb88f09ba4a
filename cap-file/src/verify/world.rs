//! Everything that a CAP file names, linked: classes of the file and of the API in one hierarchy, types,
//! methods and fields by their offsets.

use super::Exports;
use crate::api::{ApiClass, ApiMethod, ApiPackage, TokenSpace};
use crate::cap::CapFile;
use crate::component::class::{ClassEntry, ClassInfo};
use crate::component::common::DescribedType;
use crate::component::constant_pool::{Constant, StaticRef};
use crate::component::descriptor::{
    ClassDescriptor, FieldDescriptor, FieldLocation, MethodDescriptor, access,
};
use crate::component::{ClassRef, CodeOffset, INHERITED, Version};
use std::collections::HashMap;

/// A class or interface in the hierarchy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct ClassId(usize);

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
    methods: HashMap<CodeOffset, (ClassId, &'a MethodDescriptor)>,
    /// By index of a class: the package of an extended file that it is in.
    packages: Vec<usize>,
    static_fields: HashMap<u16, (ClassId, &'a FieldDescriptor)>,
    types: HashMap<u16, Option<Vec<DescribedType>>>,
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
            methods: HashMap::new(),
            packages: Vec::new(),
            static_fields: HashMap::new(),
            types: HashMap::new(),
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
                let id = ClassId(self.classes.len());
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
            let id = ClassId(first + own.len());
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
            let before = |id: &ClassId| id.0 < index;
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
        for (offset, described) in descriptor.types.entries() {
            self.types.insert(offset, described.types());
        }
        for class in &descriptor.classes {
            let ClassRef::Internal(offset) = class.this_class else {
                continue;
            };
            let Some(id) = self.by_offset.get(&offset).copied() else {
                continue;
            };
            if class.access_flags & access::ACC_INTERFACE == 0 {
                for method in &class.methods {
                    self.methods
                        .entry(method.method_offset)
                        .or_insert((id, method));
                }
            }
            for field in &class.fields {
                if let FieldLocation::Static(StaticRef::Internal(offset)) = field.location {
                    self.static_fields.entry(offset).or_insert((id, field));
                }
            }
        }
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
        self.classes.get(id.0)
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
        self.packages.get(id.0).copied().unwrap_or_default()
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

    /// The class itself and its superclasses, nearest first.
    pub(crate) fn chain(&self, id: ClassId) -> impl Iterator<Item = ClassId> + '_ {
        // The hierarchy has no circle (superclasses of own classes stand before them), except perhaps in
        // export files from outside: hence the bound.
        std::iter::successors(Some(id), |id| self.get(*id)?.super_class).take(self.classes.len())
    }

    /// True if a value of class or interface `sub` can be used as one of `target`.
    pub(crate) fn is_subtype(&self, sub: ClassId, target: ClassId) -> bool {
        sub == target
            || self.chain(sub).any(|class| class == target)
            || (self.is_interface(target) && self.all_interfaces(sub).contains(&target))
    }

    /// All interfaces that a class or interface has, itself included if it is one; sorted.
    pub(crate) fn all_interfaces(&self, id: ClassId) -> Vec<ClassId> {
        let mut found = Vec::new();
        let mut open: Vec<ClassId> = self.chain(id).collect();
        while let Some(id) = open.pop() {
            if self.is_interface(id) {
                if found.contains(&id) {
                    continue;
                }
                found.push(id);
            }
            if let Some(class) = self.get(id) {
                open.extend(&class.interfaces);
            }
        }
        found.sort_unstable();
        found
    }

    fn described(&self, described: DescribedType) -> Option<Option<Type>> {
        Some(Some(match described {
            DescribedType::Void => return Some(None),
            DescribedType::Boolean => Type::Boolean,
            DescribedType::Byte => Type::Byte,
            DescribedType::Short => Type::Short,
            DescribedType::Int => Type::Int,
            DescribedType::Reference(class) => Type::Class(self.class(class)?),
            DescribedType::BooleanArray => Type::BooleanArray,
            DescribedType::ByteArray => Type::ByteArray,
            DescribedType::ShortArray => Type::ShortArray,
            DescribedType::IntArray => Type::IntArray,
            DescribedType::ReferenceArray(class) => Type::ClassArray(self.class(class)?),
        }))
    }

    /// The nibbles at this offset of the type table; `Some(None)` if they spell no types.
    pub(crate) fn described_types(&self, offset: u16) -> Option<Option<&[DescribedType]>> {
        self.types.get(&offset).map(Option::as_deref)
    }

    /// The signature at this offset of the type table.
    pub(crate) fn signature(&self, offset: u16) -> Option<Signature> {
        let (result, arguments) = self.described_types(offset)??.split_last()?;
        let arguments: Option<Option<Vec<Type>>> = arguments
            .iter()
            .map(|described| self.described(*described))
            .collect();
        Some(Signature {
            arguments: arguments??,
            result: self.described(*result)?,
        })
    }

    /// The type of a field, as the descriptor gives it.
    pub(crate) fn field_type(&self, field: &FieldDescriptor) -> Option<Type> {
        match field.field_type {
            0x8002 => Some(Type::Boolean),
            0x8003 => Some(Type::Byte),
            0x8004 => Some(Type::Short),
            0x8005 => Some(Type::Int),
            offset => match *self.described_types(offset)?? {
                [single] => self.described(single)?.filter(|found| found.is_reference()),
                _ => None,
            },
        }
    }

    /// A type in the notation of class files.
    pub(crate) fn parse_type(&self, text: &str) -> Option<Type> {
        let class = |text: &str| self.named(text.strip_prefix('L')?.strip_suffix(';')?);
        Some(match text {
            "Z" => Type::Boolean,
            "B" => Type::Byte,
            "S" => Type::Short,
            "I" => Type::Int,
            "[Z" => Type::BooleanArray,
            "[B" => Type::ByteArray,
            "[S" => Type::ShortArray,
            "[I" => Type::IntArray,
            _ => match text.strip_prefix('[') {
                Some(element) => Type::ClassArray(class(element)?),
                None => Type::Class(class(text)?),
            },
        })
    }

    fn parse_signature(&self, text: &str) -> Option<Signature> {
        let (mut rest, result) = text.strip_prefix('(')?.rsplit_once(')')?;
        let mut arguments = Vec::new();
        while !rest.is_empty() {
            let element = rest.trim_start_matches('[');
            let base = if element.starts_with('L') {
                element.find(';')? + 1
            } else {
                1
            };
            let (first, other) = rest.split_at_checked(rest.len() - element.len() + base)?;
            arguments.push(self.parse_type(first)?);
            rest = other;
        }
        let result = if result == "V" {
            None
        } else {
            Some(self.parse_type(result)?)
        };
        Some(Signature { arguments, result })
    }

    /// The method whose header stands at this offset.
    pub(crate) fn method_at(&self, offset: CodeOffset) -> Option<(ClassId, &'a MethodDescriptor)> {
        self.methods.get(&offset).copied()
    }

    /// The static field at this offset of the image.
    pub(crate) fn static_field_at(&self, offset: u16) -> Option<(ClassId, &'a FieldDescriptor)> {
        self.static_fields.get(&offset).copied()
    }

    pub(crate) fn own_callee(&self, class: ClassId, method: &MethodDescriptor) -> Option<Callee> {
        Some(Callee {
            class,
            signature: self.signature(method.type_offset)?,
            visibility: visibility(method.access_flags),
            is_static: method.access_flags & access::ACC_STATIC != 0,
            is_constructor: method.access_flags & access::ACC_INIT != 0,
            is_abstract: method.access_flags & access::ACC_ABSTRACT_METHOD != 0,
            is_final: method.access_flags & access::ACC_FINAL != 0,
        })
    }

    pub(crate) fn api_callee(&self, class: ClassId, method: &ApiMethod) -> Option<Callee> {
        Some(Callee {
            class,
            signature: self.parse_signature(&method.descriptor)?,
            visibility: if method.flags.protected {
                Visibility::Protected
            } else {
                Visibility::Public
            },
            is_static: method.flags.is_static,
            is_constructor: method.name == "<init>",
            is_abstract: method.flags.is_abstract,
            is_final: method.flags.is_final,
        })
    }

    /// The version of a package that this file imports; the newest if it is only used indirectly.
    fn imported_version(&self, package: &ApiPackage) -> Version {
        let mut imports = self.imports.iter().flatten();
        let found = imports.find(|(imported, _)| imported.aid == package.aid);
        found.map_or_else(|| package.newest(), |(_, version)| *version)
    }

    fn api_method(&self, id: ClassId, space: TokenSpace, token: u8) -> Option<Callee> {
        let Origin::Api { package, class } = self.get(id)?.origin else {
            return None;
        };
        let version = self.imported_version(package);
        let method = class.method_by_token(space, token)?;
        package
            .has(method.since, version)
            .then(|| self.api_callee(id, method))?
    }

    /// The method that a virtual method token selects in a class (JCVM §4.3.7.6): its own or an inherited one.
    pub(crate) fn virtual_method(&self, class: ClassId, token: u8) -> Option<Callee> {
        let mut token = token;
        for id in self.chain(class) {
            let Some(info) = self.own_info(id) else {
                if let Some(callee) = self.api_method(id, TokenSpace::Virtual, token) {
                    return Some(callee);
                }
                continue;
            };
            if let Some(offset) = table_entry(info, token) {
                let (owner, method) = self.method_at(offset)?;
                return self.own_callee(owner, method);
            }
            token = inherited_token(info, token)?;
        }
        None
    }

    /// The method of an interface with this token.
    pub(crate) fn interface_method(&self, interface: ClassId, token: u8) -> Option<Callee> {
        match self.get(interface)?.origin {
            Origin::Own { descriptor, .. } => {
                let method = descriptor?
                    .methods
                    .iter()
                    .find(|method| method.token == token)?;
                self.own_callee(interface, method)
            }
            Origin::Api { .. } => self.api_method(interface, TokenSpace::Virtual, token),
        }
    }

    /// How many methods an interface has, inherited ones included.
    pub(crate) fn interface_method_count(&self, interface: ClassId) -> Option<usize> {
        match self.get(interface)?.origin {
            Origin::Own { descriptor, .. } => Some(descriptor?.methods.len()),
            Origin::Api { package, class } => {
                let version = self.imported_version(package);
                Some(
                    class
                        .methods
                        .iter()
                        .filter(|method| package.has(method.since, version))
                        .count(),
                )
            }
        }
    }

    /// The static method, constructor or private method that a reference selects.
    pub(crate) fn static_method(&self, reference: StaticRef<CodeOffset>) -> Option<Callee> {
        match reference {
            StaticRef::Internal(offset) => {
                let (class, method) = self.method_at(offset)?;
                self.own_callee(class, method)
            }
            StaticRef::External {
                package,
                class,
                token,
            } => {
                let class = self.class(ClassRef::External { package, class })?;
                self.api_method(class, TokenSpace::Static, token)
            }
        }
    }

    /// The static field that a reference selects.
    pub(crate) fn static_field(&self, reference: StaticRef) -> Option<Field> {
        match reference {
            StaticRef::Internal(offset) => {
                let (class, field) = self.static_field_at(offset)?;
                self.own_field(class, field)
            }
            StaticRef::External {
                package,
                class,
                token,
            } => {
                let (_, version) = (*self.imports.get(usize::from(package))?)?;
                let id = self.class(ClassRef::External { package, class })?;
                self.api_field(id, version, token, true)
            }
        }
    }

    fn api_field(
        &self,
        id: ClassId,
        version: Version,
        token: u8,
        is_static: bool,
    ) -> Option<Field> {
        let Origin::Api { package, class } = self.get(id)?.origin else {
            return None;
        };
        let mut fields = class.fields.iter();
        let field = fields.find(|field| {
            field.token == token
                && field.flags.is_static == is_static
                && package.has(field.since, version)
        })?;
        Some(Field {
            class: id,
            field_type: self.parse_type(&field.descriptor)?,
            visibility: if field.flags.protected {
                Visibility::Protected
            } else {
                Visibility::Public
            },
            is_static,
            is_final: field.flags.is_final,
        })
    }

    pub(crate) fn own_field(&self, class: ClassId, field: &FieldDescriptor) -> Option<Field> {
        Some(Field {
            class,
            field_type: self.field_type(field)?,
            visibility: visibility(field.access_flags),
            is_static: field.access_flags & access::ACC_STATIC != 0,
            is_final: field.access_flags & access::ACC_FINAL != 0,
        })
    }

    /// The instance field that a class declares under a token.
    pub(crate) fn instance_field(&self, class: ClassRef, token: u8) -> Option<Field> {
        let id = self.class(class)?;
        match (self.get(id)?.origin, class) {
            (Origin::Own { descriptor, .. }, _) => {
                let mut fields = descriptor?.fields.iter();
                let field = fields.find(|field| {
                    matches!(field.location, FieldLocation::Instance { token: other, .. } if other == token)
                })?;
                self.own_field(id, field)
            }
            (Origin::Api { .. }, ClassRef::External { package, .. }) => {
                let (_, version) = (*self.imports.get(usize::from(package))?)?;
                self.api_field(id, version, token, false)
            }
            _ => None,
        }
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

/// The token in the superclass of a method that a class inherits or overrides (JCVM 3.1 §6.9.2.2); `None` if the
/// class is the first to have it.
pub(crate) fn inherited_token(info: &ClassInfo, token: u8) -> Option<u8> {
    match &info.token_mapping {
        Some(mapping) if token & 0x80 == 0 => {
            let token = mapping.tokens.get(usize::from(token)).copied();
            token.filter(|token| *token != 0xff)
        }
        _ => Some(token),
    }
}

/// The place in a class's own tables; `None` if it inherits the method.
fn table_entry(info: &ClassInfo, token: u8) -> Option<CodeOffset> {
    let (base, table, token) = if token & 0x80 == 0 {
        (
            info.public_method_table_base,
            &info.public_virtual_methods,
            token,
        )
    } else {
        (
            info.package_method_table_base,
            &info.package_virtual_methods,
            token & 0x7f,
        )
    };
    let index = token.checked_sub(base)?;
    table
        .get(usize::from(index))
        .copied()
        .filter(|offset| *offset != INHERITED)
}

fn visibility(access_flags: u8) -> Visibility {
    if access_flags & access::ACC_PRIVATE != 0 {
        Visibility::Private
    } else if access_flags & access::ACC_PROTECTED != 0 {
        Visibility::Protected
    } else if access_flags & access::ACC_PUBLIC != 0 {
        Visibility::Public
    } else {
        Visibility::Package
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
