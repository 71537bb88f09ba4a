//! Types and signatures, from the Descriptor component and from export files.

use super::{Signature, Type, World};
use crate::component::common::DescribedType;
use crate::component::descriptor::FieldDescriptor;

impl World<'_> {
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
    pub(crate) fn described_types(&self, offset: u16) -> Option<Option<Vec<DescribedType>>> {
        let index = self
            .types
            .binary_search_by_key(&offset, |(at, _)| *at)
            .ok()?;
        self.types
            .get(index)
            .map(|(_, described)| described.types())
    }

    /// The signature at this offset of the type table.
    pub(crate) fn signature(&self, offset: u16) -> Option<Signature> {
        self.spelled(&self.described_types(offset)??)
    }

    /// The signature that these types spell.
    pub(crate) fn spelled(&self, types: &[DescribedType]) -> Option<Signature> {
        let (result, arguments) = types.split_last()?;
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
            offset => match *self.described_types(offset)??.as_slice() {
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

    pub(super) fn parse_signature(&self, text: &str) -> Option<Signature> {
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
}
