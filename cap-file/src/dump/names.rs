//! Names for what a CAP file only knows by offset and token.

use super::own_names::OwnNames;
use crate::api::{ApiClass, TokenSpace};
use crate::cap::CapFile;
use crate::component::common::DescribedType;
use crate::component::constant_pool::{Constant, StaticRef};
use crate::component::descriptor::{ClassDescriptor, access};
use crate::component::{ClassRef, CodeOffset, INHERITED, TypeDescriptor};
use crate::verify::Exports;
use std::collections::HashMap;

/// The names of one file.
pub(crate) struct Names<'a> {
    cap: &'a CapFile,
    exports: &'a Exports,
    /// Names by offset in the Class component.
    classes: HashMap<u16, String>,
    /// Names by place in the Method component.
    methods: HashMap<CodeOffset, String>,
    /// Offsets of all methods, ascending.
    method_offsets: Vec<CodeOffset>,
    /// Names of instance fields by class and token.
    fields: HashMap<(u16, u8), String>,
    /// Names of static fields by offset in the image.
    statics: HashMap<u16, String>,
}

impl<'a> Names<'a> {
    pub(crate) fn new(cap: &'a CapFile, exports: &'a Exports) -> Self {
        let mut own = OwnNames::new(cap, exports);
        let entries = cap.class_entries().enumerate();
        let classes = entries
            .map(|(index, (offset, _))| {
                let name = own.classes.remove(&offset);
                (offset, name.unwrap_or_else(|| format!("class_{index}")))
            })
            .collect();
        let mut method_offsets: Vec<CodeOffset> = cap
            .descriptor
            .iter()
            .flat_map(|descriptor| &descriptor.classes)
            .filter(|class| class.access_flags & access::ACC_INTERFACE == 0)
            .flat_map(|class| class.methods.iter().map(|method| method.method_offset))
            .collect();
        method_offsets.sort_unstable();
        method_offsets.dedup();
        let numbered = method_offsets.iter().enumerate();
        let methods = numbered
            .map(|(index, offset)| {
                let name = own.methods.remove(offset);
                (*offset, name.unwrap_or_else(|| format!("method_{index}")))
            })
            .collect();
        Self {
            cap,
            exports,
            classes,
            methods,
            method_offsets,
            fields: own.fields,
            statics: own.statics,
        }
    }

    /// The name of an instance field, for comments.
    pub(crate) fn field(&self, class: ClassRef, token: u8) -> Option<&str> {
        let ClassRef::Internal(offset) = class else {
            return None;
        };
        self.fields.get(&(offset, token)).map(String::as_str)
    }

    /// The name of a static field of this file, for comments.
    pub(crate) fn static_name(&self, reference: StaticRef) -> Option<&str> {
        match reference {
            StaticRef::Internal(offset) => self.statics.get(&offset).map(String::as_str),
            StaticRef::External { .. } => None,
        }
    }

    /// The method whose code, or end, an offset of the Method component is in, and the distance into it.
    pub(crate) fn place(&self, offset: CodeOffset) -> Option<(CodeOffset, CodeOffset)> {
        let index = self
            .method_offsets
            .partition_point(|start| *start < offset)
            .checked_sub(1)?;
        let method = self
            .cap
            .method
            .method_at(*self.method_offsets.get(index)?)?;
        let distance = offset.checked_sub(method.code_offset())?;
        // Not into the next block.
        (distance <= 0xffff).then_some((method.offset, distance))
    }

    pub(crate) fn method_offsets(&self) -> &[CodeOffset] {
        &self.method_offsets
    }

    /// The class at this offset; `#OFFSET` if there is none.
    pub(crate) fn class_at(&self, offset: u16) -> String {
        self.classes
            .get(&offset)
            .cloned()
            .unwrap_or_else(|| format!("#{offset}"))
    }

    /// The method at this offset; `#OFFSET` if none is described there.
    pub(crate) fn method(&self, offset: CodeOffset) -> String {
        if offset == INHERITED {
            return "inherited".to_owned();
        }
        self.methods
            .get(&offset)
            .cloned()
            .unwrap_or_else(|| format!("#{offset}"))
    }

    fn api_class(&self, package: u8, class: u8) -> Option<&'a ApiClass> {
        let import = self.cap.import.packages.get(usize::from(package))?;
        self.exports.find(&import.aid)?.class_by_token(class)
    }

    pub(crate) fn class(&self, reference: ClassRef) -> String {
        match reference {
            ClassRef::Internal(offset) => self.class_at(offset),
            ClassRef::External { package, class } => {
                let named = self
                    .api_class(package, class)
                    .map(|class| class.name.clone());
                named.unwrap_or_else(|| format!("{package}.{class}"))
            }
        }
    }

    /// A static field: its offset, or its class and its name or token.
    pub(crate) fn static_field(&self, reference: StaticRef) -> String {
        match reference {
            StaticRef::Internal(offset) => format!("@{offset}"),
            StaticRef::External {
                package,
                class,
                token,
            } => {
                let field = self
                    .api_class(package, class)
                    .and_then(|class| class.field_by_token(token));
                let member = field.map_or_else(|| token.to_string(), |field| field.name.clone());
                format!(
                    "{} {member}",
                    self.class(ClassRef::External { package, class })
                )
            }
        }
    }

    /// A static method: its name in this file, or its class and its name or token.
    pub(crate) fn static_method(&self, reference: StaticRef<CodeOffset>) -> String {
        match reference {
            StaticRef::Internal(offset) => self.method(offset),
            StaticRef::External {
                package,
                class,
                token,
            } => {
                let class = ClassRef::External { package, class };
                format!(
                    "{} {}",
                    self.class(class),
                    self.member(class, TokenSpace::Static, token)
                )
            }
        }
    }

    /// Name and signature of a method of another package, its token if it is not known.
    pub(crate) fn member(&self, class: ClassRef, space: TokenSpace, token: u8) -> String {
        let ClassRef::External { package, class } = class else {
            return token.to_string();
        };
        let method = self
            .api_class(package, class)
            .and_then(|class| class.method_by_token(space, token));
        method.map_or_else(
            || token.to_string(),
            |method| format!("{}{}", method.name, method.descriptor),
        )
    }

    /// Types one behind the other, in the letters of class files.
    pub(crate) fn types(&self, descriptor: &TypeDescriptor) -> String {
        let raw = || {
            format!(
                "#{}:{}",
                descriptor.nibble_count,
                super::hex(&descriptor.bytes)
            )
        };
        let Some(types) = descriptor.types() else {
            return raw();
        };
        // Bits that no type explains are kept.
        if types.is_empty() || TypeDescriptor::from_types(&types).as_ref() != Some(descriptor) {
            return raw();
        }
        let one = |described: DescribedType| match described {
            DescribedType::Void => "V".to_owned(),
            DescribedType::Boolean => "Z".to_owned(),
            DescribedType::Byte => "B".to_owned(),
            DescribedType::Short => "S".to_owned(),
            DescribedType::Int => "I".to_owned(),
            DescribedType::Reference(class) => format!("L{};", self.class(class)),
            DescribedType::BooleanArray => "[Z".to_owned(),
            DescribedType::ByteArray => "[B".to_owned(),
            DescribedType::ShortArray => "[S".to_owned(),
            DescribedType::IntArray => "[I".to_owned(),
            DescribedType::ReferenceArray(class) => format!("[L{};", self.class(class)),
        };
        types.into_iter().map(one).collect()
    }

    fn described(&self, class: ClassRef) -> Option<&'a ClassDescriptor> {
        self.cap
            .descriptor
            .as_ref()?
            .classes
            .iter()
            .find(|described| described.this_class == class)
    }

    fn api_method(&self, class: ClassRef, space: TokenSpace, token: u8) -> Option<String> {
        let ClassRef::External { package, class } = class else {
            return None;
        };
        let class = self.api_class(package, class)?;
        let method = class.method_by_token(space, token)?;
        Some(format!(
            "{}.{}{}",
            class.name, method.name, method.descriptor
        ))
    }

    /// What a virtual call reaches.
    fn virtual_method(&self, class: ClassRef, token: u8) -> Option<String> {
        if let Some(name) = self.api_method(class, TokenSpace::Virtual, token) {
            return Some(name);
        }
        let method = self
            .described(class)?
            .methods
            .iter()
            .find(|method| method.token == token)?;
        let name = self.method(method.method_offset);
        // Most names begin with that of their class.
        if name.contains('.') {
            return Some(name);
        }
        Some(format!("{}.{name}", self.class(class)))
    }

    pub(crate) fn interface_method(&self, constant: u16, token: u8) -> Option<String> {
        match self.cap.constant_pool.entries.get(usize::from(constant))? {
            Constant::Class(class) => self
                .api_method(*class, TokenSpace::Virtual, token)
                .or_else(|| Some(format!("{}.{token}", self.class(*class)))),
            _ => None,
        }
    }

    /// What a constant refers to, for people.
    pub(crate) fn constant(&self, constant: Constant) -> Option<String> {
        match constant {
            Constant::Class(class) => Some(self.class(class)),
            Constant::InstanceField { class, token } => {
                let name = self.field(class, token);
                let name = name.map_or_else(|| token.to_string(), str::to_owned);
                Some(format!("{}.{name}", self.class(class)))
            }
            Constant::VirtualMethod { class, token } => self.virtual_method(class, token),
            Constant::SuperMethod { class, token } => {
                Some(format!("super of {}, token {token}", self.class(class)))
            }
            Constant::StaticField(reference) => {
                let name = self.static_name(reference).map(str::to_owned);
                Some(name.unwrap_or_else(|| self.static_field(reference)))
            }
            Constant::StaticMethod(StaticRef::Internal(offset)) => Some(self.method(offset)),
            Constant::StaticMethod(StaticRef::External {
                package,
                class,
                token,
            }) => self.api_method(
                ClassRef::External { package, class },
                TokenSpace::Static,
                token,
            ),
        }
    }

    pub(crate) fn constant_at(&self, index: u16) -> Option<String> {
        self.constant(*self.cap.constant_pool.entries.get(usize::from(index))?)
    }
}
