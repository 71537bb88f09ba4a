//! Types of fields, arguments and results, as far as a package tells them: API methods do in
//! their descriptors, load files in their Descriptor component. Only defensive mode looks at them.

use super::heap::{Kind, Object};
use super::program::{ClassId, NO_CLASS, Program};

/// A type of the Java Card language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// No value.
    Void,
    /// `boolean`, a short on the stack.
    Boolean,
    /// `byte`, a short on the stack.
    Byte,
    /// `short`
    Short,
    /// `int`, two words.
    Int,
    /// A class or interface; [`NO_CLASS`] where the card does not know it.
    Object(ClassId),
    /// `boolean[]`
    BooleanArray,
    /// `byte[]`
    ByteArray,
    /// `short[]`
    ShortArray,
    /// `int[]`
    IntArray,
    /// An array of references to objects of this class.
    ReferenceArray(ClassId),
}

impl Type {
    /// Whether its values are references.
    #[must_use]
    pub const fn is_reference(self) -> bool {
        !matches!(
            self,
            Self::Void | Self::Boolean | Self::Byte | Self::Short | Self::Int
        )
    }

    /// Whether an object is of this type.
    #[must_use]
    pub fn admits(self, program: &Program, object: &Object) -> bool {
        match self {
            Self::Void | Self::Boolean | Self::Byte | Self::Short | Self::Int => false,
            Self::Object(class) => {
                class == NO_CLASS
                    || match object.kind {
                        Kind::Instance => program.is_instance(object.class, class),
                        // Arrays are objects, and nothing more.
                        kind => {
                            kind.is_array()
                                && program.class(class).is_some_and(|class| {
                                    class.super_class.is_none() && !class.is_interface
                                })
                        }
                    }
            }
            Self::BooleanArray => object.kind == Kind::BooleanArray,
            Self::ByteArray => object.kind == Kind::ByteArray,
            Self::ShortArray => object.kind == Kind::ShortArray,
            Self::IntArray => object.kind == Kind::IntArray,
            Self::ReferenceArray(class) => {
                object.kind == Kind::ReferenceArray
                    && (class == NO_CLASS || program.is_instance(object.class, class))
            }
        }
    }
}

/// Arguments (without `this`) and result of a method.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// Types of the arguments.
    pub arguments: Vec<Type>,
    /// Type of the result.
    pub result: Type,
}

impl Signature {
    /// From a method descriptor (JVMS §4.3.3).
    #[must_use]
    pub fn parse(descriptor: &str, class_named: &dyn Fn(&str) -> ClassId) -> Option<Self> {
        let (arguments, result) = descriptor.strip_prefix('(')?.split_once(')')?;
        let mut rest = arguments;
        let mut types = Vec::new();
        while !rest.is_empty() {
            types.push(take(&mut rest, class_named)?);
        }
        rest = result;
        let result = take(&mut rest, class_named)?;
        Some(Self {
            arguments: types,
            result,
        })
    }
}

fn take(text: &mut &str, class_named: &dyn Fn(&str) -> ClassId) -> Option<Type> {
    let is_array = match text.strip_prefix('[') {
        Some(rest) => {
            *text = rest;
            true
        }
        None => false,
    };
    let letter = text.chars().next()?;
    *text = text.get(letter.len_utf8()..)?;
    Some(match (letter, is_array) {
        ('V', false) => Type::Void,
        ('Z', false) => Type::Boolean,
        ('B', false) => Type::Byte,
        ('S', false) => Type::Short,
        ('I', false) => Type::Int,
        ('Z', true) => Type::BooleanArray,
        ('B', true) => Type::ByteArray,
        ('S', true) => Type::ShortArray,
        ('I', true) => Type::IntArray,
        ('L', _) => {
            let (name, rest) = text.split_once(';')?;
            *text = rest;
            let class = class_named(name);
            if is_array {
                Type::ReferenceArray(class)
            } else {
                Type::Object(class)
            }
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptors_are_read() {
        let class = |name: &str| if name == "java/lang/Object" { 7 } else { 9 };
        let parse = |text| Signature::parse(text, &class);
        assert_eq!(
            parse("([BSLjava/lang/Object;I[La/B;)Z"),
            Some(Signature {
                arguments: vec![
                    Type::ByteArray,
                    Type::Short,
                    Type::Object(7),
                    Type::Int,
                    Type::ReferenceArray(9)
                ],
                result: Type::Boolean,
            })
        );
        for wrong in ["", "()", "(B", "(Q)V", "(La/B)V", "[V", "([V)V", "([)V"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
