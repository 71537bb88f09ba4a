//! Names for what a CAP file only knows by offset and token.

use crate::api::{ApiClass, TokenSpace};
use crate::cap::CapFile;
use crate::component::common::DescribedType;
use crate::component::constant_pool::{Constant, StaticRef};
use crate::component::descriptor::{ClassDescriptor, access};
use crate::component::{ClassRef, TypeDescriptor};
use crate::verify::Exports;
use std::collections::HashMap;

/// The names of one file.
pub(crate) struct Names<'a> {
    cap: &'a CapFile,
    exports: &'a Exports,
    /// Names by offset in the Class component.
    classes: HashMap<u16, String>,
    /// Names by offset in the Method component.
    methods: HashMap<u16, String>,
    /// Offsets of all methods, ascending.
    method_offsets: Vec<u16>,
}

impl<'a> Names<'a> {
    pub(crate) fn new(cap: &'a CapFile, exports: &'a Exports) -> Self {
        let entries = cap.class.entries().enumerate();
        let classes = entries
            .map(|(index, (offset, _))| (offset, format!("class_{index}")))
            .collect();
        let mut method_offsets: Vec<u16> = cap
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
            .map(|(index, offset)| (*offset, format!("method_{index}")))
            .collect();
        Self {
            cap,
            exports,
            classes,
            methods,
            method_offsets,
        }
    }

    /// The method whose code, or end, an offset of the Method component is in, and the distance into it.
    pub(crate) fn place(&self, offset: u16) -> Option<(u16, u16)> {
        let index = self
            .method_offsets
            .partition_point(|start| *start < offset)
            .checked_sub(1)?;
        let method = self
            .cap
            .method
            .method_at(*self.method_offsets.get(index)?)?;
        Some((method.offset, offset.checked_sub(method.code_offset())?))
    }

    pub(crate) fn method_offsets(&self) -> &[u16] {
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
    pub(crate) fn method(&self, offset: u16) -> String {
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

    /// A static item of another package: its class and its token.
    pub(crate) fn static_item(&self, reference: StaticRef) -> String {
        match reference {
            StaticRef::Internal(offset) => format!("@{offset}"),
            StaticRef::External {
                package,
                class,
                token,
            } => {
                format!(
                    "{} {token}",
                    self.class(ClassRef::External { package, class })
                )
            }
        }
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

    /// The name that the Debug component gives a class.
    pub(crate) fn debug_name(&self, offset: u16) -> Option<String> {
        let debug = self.cap.debug.as_ref()?;
        debug
            .string(debug.class(ClassRef::Internal(offset))?.name)
            .map(str::to_owned)
    }

    /// Name and signature that the Debug component gives the method at an offset.
    pub(crate) fn debug_method(&self, offset: u16) -> Option<String> {
        let debug = self.cap.debug.as_ref()?;
        let mut methods = debug
            .classes
            .iter()
            .flat_map(|class| class.methods.iter().map(move |method| (class, method)));
        let (class, method) =
            methods.find(|(_, method)| method.location == offset && method.header_size > 0)?;
        let text = |index| debug.string(index);
        Some(format!(
            "{}.{}{}",
            text(class.name)?,
            text(method.name)?,
            text(method.descriptor)?
        ))
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
        Some(format!(
            "{}.{}",
            self.class(class),
            self.method(method.method_offset)
        ))
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
                Some(format!("{}.{token}", self.class(class)))
            }
            Constant::VirtualMethod { class, token } => self.virtual_method(class, token),
            Constant::SuperMethod { class, token } => {
                Some(format!("super of {}, token {token}", self.class(class)))
            }
            Constant::StaticField(reference) => Some(self.static_item(reference)),
            Constant::StaticMethod(StaticRef::Internal(offset)) => self
                .debug_method(offset)
                .or_else(|| Some(self.method(offset))),
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
