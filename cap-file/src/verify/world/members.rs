//! The methods and fields that tokens, offsets and constants lead to.

use super::{Callee, ClassId, Field, Origin, Visibility, World};
use crate::api::{ApiMethod, ApiPackage, TokenSpace};
use crate::component::class::ClassInfo;
use crate::component::constant_pool::StaticRef;
use crate::component::descriptor::{FieldDescriptor, FieldLocation, MethodDescriptor, access};
use crate::component::{ClassRef, CodeOffset, INHERITED, Version};

impl<'a> World<'a> {
    /// The method whose header stands at this offset.
    pub(crate) fn method_at(&self, offset: CodeOffset) -> Option<(ClassId, &'a MethodDescriptor)> {
        let key = |(_, method): &(ClassId, &MethodDescriptor)| method.method_offset;
        let index = self.methods.binary_search_by_key(&offset, key).ok()?;
        self.methods.get(index).copied()
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
pub(crate) fn table_entry(info: &ClassInfo, token: u8) -> Option<CodeOffset> {
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
