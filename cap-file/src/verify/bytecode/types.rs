//! Types of values, and their joins.

use crate::verify::world::{ClassId, Type, World};
use std::collections::HashMap;

/// What a stack word or a local variable holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    /// Nothing that may be used.
    Unusable,
    /// A boolean, byte or short.
    Short,
    /// First word of an int.
    IntHigh,
    /// Second word of an int.
    IntLow,
    Null,
    Object(Reference),
    /// Made by the `new` at this offset, its constructor not yet called.
    New(u16),
    /// `this` in a constructor that has not yet called another.
    NewThis,
    /// Where to go back to: the offset of the `jsr`.
    ReturnAddress(u16),
}

impl Value {
    /// Code has at most 65535 bytes (and 32767 of them by `method-limits`).
    fn place(at: usize) -> u16 {
        u16::try_from(at).unwrap_or(u16::MAX)
    }

    /// What the `new` at this offset makes.
    pub(crate) fn new_at(at: usize) -> Self {
        Self::New(Self::place(at))
    }

    /// What the `jsr` at this offset pushes.
    pub(crate) fn return_address(at: usize) -> Self {
        Self::ReturnAddress(Self::place(at))
    }
}

/// The type of an initialised object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reference {
    /// A class or interface.
    Class(ClassId),
    /// A class and further interfaces: the index of a [`Joined`].
    Joined(u32),
    BooleanArray,
    ByteArray,
    ShortArray,
    IntArray,
    ClassArray(ClassId),
}

/// What objects of several classes have in common.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Joined {
    class: ClassId,
    /// Interfaces that the class alone does not have; sorted.
    interfaces: Vec<ClassId>,
}

/// Knows the joined types of one file.
#[derive(Debug, Default)]
pub(crate) struct Types {
    joined: Vec<Joined>,
    index: HashMap<Joined, u32>,
}

impl From<Type> for Value {
    /// The first word of a value.
    fn from(declared: Type) -> Self {
        match declared {
            Type::Boolean | Type::Byte | Type::Short => Value::Short,
            Type::Int => Value::IntHigh,
            Type::Class(class) => Value::Object(Reference::Class(class)),
            Type::BooleanArray => Value::Object(Reference::BooleanArray),
            Type::ByteArray => Value::Object(Reference::ByteArray),
            Type::ShortArray => Value::Object(Reference::ShortArray),
            Type::IntArray => Value::Object(Reference::IntArray),
            Type::ClassArray(class) => Value::Object(Reference::ClassArray(class)),
        }
    }
}

impl Types {
    fn get(&self, index: u32) -> Option<&Joined> {
        self.joined.get(usize::try_from(index).ok()?)
    }

    /// The type of a value that is one of two.
    pub(crate) fn join(&mut self, world: &World<'_>, one: Value, other: Value) -> Value {
        match (one, other) {
            _ if one == other => one,
            (Value::Null, Value::Object(_)) => other,
            (Value::Object(_), Value::Null) => one,
            (Value::Object(one), Value::Object(other)) => self
                .join_references(world, one, other)
                .map_or(Value::Unusable, Value::Object),
            _ => Value::Unusable,
        }
    }

    fn join_references(
        &mut self,
        world: &World<'_>,
        one: Reference,
        other: Reference,
    ) -> Option<Reference> {
        let object = world.object()?;
        if let (Reference::ClassArray(one), Reference::ClassArray(other)) = (one, other) {
            return Some(Reference::ClassArray(common_class(world, one, other)?));
        }
        let (Some((class, interfaces)), Some((other_class, other_interfaces))) =
            (self.parts(world, one), self.parts(world, other))
        else {
            // Arrays of different types, or an array and a class.
            return Some(Reference::Class(object));
        };
        let class = common_class(world, class, other_class)?;
        let implied = world.all_interfaces(class);
        let mut common: Vec<ClassId> = interfaces
            .into_iter()
            .filter(|interface| {
                other_interfaces.contains(interface) && !implied.contains(interface)
            })
            .collect();
        // An interface that another one extends says nothing more.
        let all = common.clone();
        common.retain(|interface| {
            !all.iter()
                .any(|sub| sub != interface && world.is_subtype(*sub, *interface))
        });
        if common.is_empty() {
            return Some(Reference::Class(class));
        }
        if let ([single], true) = (common.as_slice(), class == object) {
            return Some(Reference::Class(*single));
        }
        let joined = Joined {
            class,
            interfaces: common,
        };
        if let Some(index) = self.index.get(&joined) {
            return Some(Reference::Joined(*index));
        }
        let index = u32::try_from(self.joined.len()).ok()?;
        self.joined.push(joined.clone());
        self.index.insert(joined, index);
        Some(Reference::Joined(index))
    }

    /// The class of a type, and all its interfaces; `None` for arrays.
    fn parts(&self, world: &World<'_>, reference: Reference) -> Option<(ClassId, Vec<ClassId>)> {
        match reference {
            Reference::Class(class) if world.is_interface(class) => {
                Some((world.object()?, world.all_interfaces(class)))
            }
            Reference::Class(class) => Some((class, world.all_interfaces(class))),
            Reference::Joined(index) => {
                let joined = self.get(index)?;
                let mut interfaces = world.all_interfaces(joined.class);
                for interface in &joined.interfaces {
                    interfaces.extend(world.all_interfaces(*interface));
                }
                Some((joined.class, interfaces))
            }
            _ => None,
        }
    }

    /// True if a value can be used where `target` is declared.
    pub(crate) fn is_assignable(&self, world: &World<'_>, value: Value, target: Type) -> bool {
        match (value, target) {
            (Value::Short, Type::Boolean | Type::Byte | Type::Short)
            | (Value::IntHigh, Type::Int) => true,
            (Value::Null, target) => target.is_reference(),
            (Value::Object(reference), target) => {
                self.is_reference_assignable(world, reference, target)
            }
            _ => false,
        }
    }

    fn is_reference_assignable(
        &self,
        world: &World<'_>,
        reference: Reference,
        target: Type,
    ) -> bool {
        match (reference, target) {
            (Reference::Class(class), Type::Class(target)) => world.is_subtype(class, target),
            (Reference::Joined(index), Type::Class(target)) => {
                self.get(index).is_some_and(|joined| {
                    world.is_subtype(joined.class, target)
                        || joined
                            .interfaces
                            .iter()
                            .any(|interface| world.is_subtype(*interface, target))
                })
            }
            (_, Type::Class(target)) => world.object() == Some(target),
            (Reference::BooleanArray, Type::BooleanArray)
            | (Reference::ByteArray, Type::ByteArray)
            | (Reference::ShortArray, Type::ShortArray)
            | (Reference::IntArray, Type::IntArray) => true,
            (Reference::ClassArray(class), Type::ClassArray(target)) => {
                world.is_subtype(class, target)
            }
            _ => false,
        }
    }

    /// For reports.
    pub(crate) fn name(&self, world: &World<'_>, value: Value) -> String {
        match value {
            Value::Unusable => "an unusable value".to_owned(),
            Value::Short => "short".to_owned(),
            Value::IntHigh | Value::IntLow => "int".to_owned(),
            Value::Null => "null".to_owned(),
            Value::New(_) | Value::NewThis => "an uninitialised object".to_owned(),
            Value::ReturnAddress(_) => "a return address".to_owned(),
            Value::Object(reference) => match reference {
                Reference::Class(class) => world.name(class),
                Reference::Joined(index) => self.get(index).map_or_else(String::new, |joined| {
                    let parts = joined
                        .interfaces
                        .iter()
                        .map(|interface| world.name(*interface));
                    let parts: Vec<String> = std::iter::once(world.name(joined.class))
                        .chain(parts)
                        .collect();
                    parts.join(" & ")
                }),
                Reference::BooleanArray => "boolean[]".to_owned(),
                Reference::ByteArray => "byte[]".to_owned(),
                Reference::ShortArray => "short[]".to_owned(),
                Reference::IntArray => "int[]".to_owned(),
                Reference::ClassArray(class) => format!("{}[]", world.name(class)),
            },
        }
    }
}

/// The nearest class that both have.
fn common_class(world: &World<'_>, one: ClassId, other: ClassId) -> Option<ClassId> {
    if world.is_subtype(one, other) {
        return Some(other);
    }
    if world.is_subtype(other, one) {
        return Some(one);
    }
    let found = world
        .chain(one)
        .find(|class| !world.is_interface(*class) && world.is_subtype(other, *class));
    found.or_else(|| world.object())
}

/// For reports.
pub(crate) fn type_name(world: &World<'_>, declared: Type) -> String {
    match declared {
        Type::Boolean => "boolean".to_owned(),
        Type::Byte => "byte".to_owned(),
        Type::Short => "short".to_owned(),
        Type::Int => "int".to_owned(),
        Type::Class(class) => world.name(class),
        Type::BooleanArray => "boolean[]".to_owned(),
        Type::ByteArray => "byte[]".to_owned(),
        Type::ShortArray => "short[]".to_owned(),
        Type::IntArray => "int[]".to_owned(),
        Type::ClassArray(class) => format!("{}[]", world.name(class)),
    }
}
