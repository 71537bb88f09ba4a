//! Types as the Descriptor component spells them.

use super::imports::Imports;
use crate::ir::{Element, Function, Type, descriptor};
use cap_file::component::common::DescribedType;
use cap_file::component::{ClassRef, TypeDescriptor};

/// Spells types; knows where classes are.
pub(super) struct Types<'a> {
    pub(super) imports: &'a Imports<'a>,
    pub(super) classes: &'a [ClassRef],
}

impl Types<'_> {
    /// The type of a field.
    pub(super) fn field(&self, ty: &Type) -> Option<DescribedType> {
        Some(match ty {
            Type::U8 | Type::I8 => DescribedType::Byte,
            other => self.value(other)?,
        })
    }

    /// The type of a parameter or result of a method of our own: integers are passed as shorts, since
    /// a `u8` is no Java byte.
    fn value(&self, ty: &Type) -> Option<DescribedType> {
        Some(match ty {
            Type::Bool => DescribedType::Boolean,
            Type::U8 | Type::I8 | Type::U16 | Type::I16 | Type::Usize => DescribedType::Short,
            Type::Int => DescribedType::Int,
            Type::Class(class) => DescribedType::Reference(*self.classes.get(class.0)?),
            Type::Api(class) => DescribedType::Reference(self.imports.class_ref(class)?),
            Type::Array(element) => self.array(element)?,
        })
    }

    /// The type of an array.
    pub(super) fn array(&self, element: &Element) -> Option<DescribedType> {
        Some(match element {
            Element::Bool => DescribedType::BooleanArray,
            Element::U8 | Element::I8 => DescribedType::ByteArray,
            Element::U16 | Element::I16 => DescribedType::ShortArray,
            Element::Int => DescribedType::IntArray,
            Element::Class(class) => DescribedType::ReferenceArray(*self.classes.get(class.0)?),
        })
    }

    /// The signature of a function as a method; a receiver is left out where it is `this`.
    pub(super) fn function(
        &self,
        function: &Function,
        is_instance: bool,
    ) -> Option<TypeDescriptor> {
        if let Some(entry) = &function.entry {
            return self.java(&entry.descriptor);
        }
        let mut types = Vec::new();
        for parameter in function.parameters.iter().skip(usize::from(is_instance)) {
            types.push(self.value(&function.locals.get(parameter.0)?.ty)?);
        }
        types.push(match &function.result {
            Some(ty) => self.value(ty)?,
            None => DescribedType::Void,
        });
        TypeDescriptor::from_types(&types)
    }

    /// The signature that a Java descriptor spells.
    pub(super) fn java(&self, text: &str) -> Option<TypeDescriptor> {
        let mut types = Vec::new();
        for parameter in descriptor::parameters(text)? {
            types.push(self.java_type(parameter)?);
        }
        types.push(self.java_type(descriptor::result(text)?)?);
        TypeDescriptor::from_types(&types)
    }

    fn java_type(&self, text: &str) -> Option<DescribedType> {
        let class = |text: &str| {
            self.imports
                .class_ref(text.strip_prefix('L')?.strip_suffix(';')?)
        };
        Some(match text {
            "V" => DescribedType::Void,
            "Z" => DescribedType::Boolean,
            "B" => DescribedType::Byte,
            "S" => DescribedType::Short,
            "I" => DescribedType::Int,
            "[Z" => DescribedType::BooleanArray,
            "[B" => DescribedType::ByteArray,
            "[S" => DescribedType::ShortArray,
            "[I" => DescribedType::IntArray,
            array if array.starts_with('[') => {
                DescribedType::ReferenceArray(class(array.strip_prefix('[')?)?)
            }
            other => DescribedType::Reference(class(other)?),
        })
    }
}
