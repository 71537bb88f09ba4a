//! The types of Card Rust, as the front end sees them.
//!
//! References are not a type of their own: objects and arrays are references on the card anyway,
//! and a scalar behind a reference is refused where it would have to exist.

use std::collections::BTreeMap;

use super::define::{EnumId, StructId, TraitId};

/// An integer type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Int {
    U8,
    I8,
    U16,
    I16,
    U32,
    I32,
    Usize,
}

impl Int {
    pub(crate) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "u8" => Int::U8,
            "i8" => Int::I8,
            "u16" => Int::U16,
            "i16" => Int::I16,
            "u32" => Int::U32,
            "i32" => Int::I32,
            "usize" => Int::Usize,
            _ => return None,
        })
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Int::U8 => "u8",
            Int::I8 => "i8",
            Int::U16 => "u16",
            Int::I16 => "i16",
            Int::U32 => "u32",
            Int::I32 => "i32",
            Int::Usize => "usize",
        }
    }

    /// The least and greatest value.
    pub(crate) fn range(self) -> (i64, i64) {
        match self {
            Int::U8 => (0, 0xFF),
            Int::I8 => (-0x80, 0x7F),
            Int::U16 => (0, 0xFFFF),
            Int::I16 => (-0x8000, 0x7FFF),
            Int::U32 => (0, 0xFFFF_FFFF),
            Int::I32 => (-0x8000_0000, 0x7FFF_FFFF),
            Int::Usize => (0, 0x7FFF),
        }
    }

    /// Whether it takes two words on the card.
    pub(crate) fn is_wide(self) -> bool {
        matches!(self, Int::U32 | Int::I32)
    }

    /// The number of bits; of `usize`, which host and card do not agree on, none.
    pub(crate) fn bits(self) -> Option<i64> {
        Some(match self {
            Int::U8 | Int::I8 => 8,
            Int::U16 | Int::I16 => 16,
            Int::U32 | Int::I32 => 32,
            Int::Usize => return None,
        })
    }

    /// A value brought into range as `as` does.
    pub(crate) fn wrap(self, value: i64) -> i64 {
        let low = value & 0xFFFF;
        match self {
            Int::U8 => value & 0xFF,
            Int::I8 => ((value & 0xFF) ^ 0x80) - 0x80,
            Int::U16 => low,
            Int::I16 => (low ^ 0x8000) - 0x8000,
            Int::U32 => value & 0xFFFF_FFFF,
            Int::I32 => ((value & 0xFFFF_FFFF) ^ 0x8000_0000) - 0x8000_0000,
            Int::Usize => value,
        }
    }
}

/// A type.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Ty {
    Unit,
    /// Of an expression that does not return.
    Never,
    Bool,
    Int(Int),
    /// An integer whose type is still to be found.
    IntVar(usize),
    /// What an `Option` holds, where that is still to be found.
    Var(usize),
    /// A C-like enum.
    Enum(EnumId),
    /// A tuple struct over one scalar.
    Newtype(StructId),
    /// A struct: a class of the package.
    Struct(StructId),
    /// A struct of scalars, slices and such: its fields side by side.
    Record(StructId),
    /// A class or interface of the API, by its Java name.
    Api(String),
    /// Another applet, by a shareable interface: `dyn Trait`, `P::Shared<dyn Trait>`.
    Interface(TraitId),
    /// `P::Bytes<N>`, `P::TransientBytes<N>`: a byte array object.
    Bytes,
    /// A `short[]` object (bindings only).
    Shorts,
    /// `[T; N]`.
    Array(Box<Ty>, usize),
    /// `&[T]`.
    Slice(Box<Ty>),
    /// `P::Cell<T>`: a field.
    Cell(Box<Ty>),
    /// `P::TransientCell<T>`: a transient array of one element.
    TransientCell(Box<Ty>),
    /// `Result<T>` over `StatusWord`.
    Result(Box<Ty>),
    /// `Option<T>`: whether there is a value, and the value.
    Option(Box<Ty>),
    /// A `Result` whose error says nothing (of `u8::try_from`, of `Vec::push`): whether there is a value, and
    /// the value.
    Fallible(Box<Ty>),
    /// `heapless::Vec<T, N>`: its memory, and how much of it is in use.
    Vec(Box<Ty>, usize),
    /// An enum with data: which variant, and the fields of all variants side by side.
    Data(EnumId),
    Tuple(Vec<Ty>),
    /// The value of a const parameter, and its type: among type arguments only.
    Number(i64, Box<Ty>),
    /// The platform: nothing at run time.
    Platform,
    /// A closure that is passed to a platform call.
    Closure(Box<Ty>),
}

/// What a method belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum TypeKey {
    Struct(StructId),
    Enum(EnumId),
    Api(String),
    Bytes,
    Platform,
    Bool,
    Int(Int),
}

impl Ty {
    pub(crate) fn key(&self) -> Option<TypeKey> {
        Some(match self {
            Ty::Struct(id) | Ty::Newtype(id) | Ty::Record(id) => TypeKey::Struct(*id),
            Ty::Enum(id) | Ty::Data(id) => TypeKey::Enum(*id),
            Ty::Api(name) => TypeKey::Api(name.clone()),
            Ty::Bytes => TypeKey::Bytes,
            Ty::Platform => TypeKey::Platform,
            Ty::Bool => TypeKey::Bool,
            Ty::Int(int) => TypeKey::Int(*int),
            _ => return None,
        })
    }

    pub(crate) fn slice_of_bytes() -> Self {
        Ty::Slice(Box::new(Ty::Int(Int::U8)))
    }

    /// Whether a value is in locals, so that a `&mut` to it is another name for them.
    pub(crate) fn in_locals(&self) -> bool {
        self.is_scalar()
            || matches!(
                self,
                Ty::Option(_)
                    | Ty::Fallible(_)
                    | Ty::Vec(..)
                    | Ty::Data(_)
                    | Ty::Tuple(_)
                    | Ty::Record(_)
            )
    }

    /// Whether a part of it is still to be found, integers aside.
    pub(crate) fn is_open(&self) -> bool {
        match self {
            Ty::Var(_) => true,
            Ty::Array(inner, _)
            | Ty::Slice(inner)
            | Ty::Cell(inner)
            | Ty::TransientCell(inner)
            | Ty::Result(inner)
            | Ty::Option(inner)
            | Ty::Fallible(inner)
            | Ty::Vec(inner, _)
            | Ty::Closure(inner) => inner.is_open(),
            Ty::Tuple(list) => list.iter().any(Ty::is_open),
            _ => false,
        }
    }

    pub(crate) fn is_scalar(&self) -> bool {
        matches!(
            self,
            Ty::Bool | Ty::Int(_) | Ty::IntVar(_) | Ty::Enum(_) | Ty::Newtype(_)
        )
    }
}

/// The types found so far.
#[derive(Clone, Default)]
pub(crate) struct Inference {
    /// Of integers.
    vars: Vec<Binding>,
    /// Of anything.
    types: Vec<Option<Ty>>,
}

#[derive(Clone, Copy)]
enum Binding {
    Open,
    Known(Int),
    Same(usize),
}

impl Inference {
    pub(crate) fn fresh(&mut self) -> Ty {
        self.vars.push(Binding::Open);
        Ty::IntVar(self.vars.len() - 1)
    }

    /// A type of which nothing is known.
    pub(crate) fn open(&mut self) -> Ty {
        self.types.push(None);
        Ty::Var(self.types.len() - 1)
    }

    fn find(&self, mut var: usize) -> (usize, Option<Int>) {
        loop {
            match self.vars.get(var) {
                Some(Binding::Same(next)) => var = *next,
                Some(Binding::Known(int)) => return (var, Some(*int)),
                Some(Binding::Open) | None => return (var, None),
            }
        }
    }

    /// The type with every integer that is known put in.
    pub(crate) fn resolve(&self, ty: &Ty) -> Ty {
        match ty {
            Ty::IntVar(var) => match self.find(*var) {
                (_, Some(int)) => Ty::Int(int),
                (root, None) => Ty::IntVar(root),
            },
            Ty::Var(var) => match self.types.get(*var) {
                Some(Some(ty)) => self.resolve(ty),
                _ => ty.clone(),
            },
            Ty::Array(element, n) => Ty::Array(Box::new(self.resolve(element)), *n),
            Ty::Slice(element) => Ty::Slice(Box::new(self.resolve(element))),
            Ty::Cell(inner) => Ty::Cell(Box::new(self.resolve(inner))),
            Ty::TransientCell(inner) => Ty::TransientCell(Box::new(self.resolve(inner))),
            Ty::Result(inner) => Ty::Result(Box::new(self.resolve(inner))),
            Ty::Option(inner) => Ty::Option(Box::new(self.resolve(inner))),
            Ty::Fallible(inner) => Ty::Fallible(Box::new(self.resolve(inner))),
            Ty::Vec(element, n) => Ty::Vec(Box::new(self.resolve(element)), *n),
            Ty::Closure(inner) => Ty::Closure(Box::new(self.resolve(inner))),
            Ty::Tuple(list) => Ty::Tuple(list.iter().map(|ty| self.resolve(ty)).collect()),
            other => other.clone(),
        }
    }

    /// As [`Inference::resolve`]; an integer that nothing pins down is an `i16`.
    pub(crate) fn finish(&self, ty: &Ty) -> Ty {
        match self.resolve(ty) {
            Ty::IntVar(_) => Ty::Int(Int::I16),
            Ty::Array(element, n) => Ty::Array(Box::new(self.finish(&element)), n),
            Ty::Slice(element) => Ty::Slice(Box::new(self.finish(&element))),
            Ty::Cell(inner) => Ty::Cell(Box::new(self.finish(&inner))),
            Ty::TransientCell(inner) => Ty::TransientCell(Box::new(self.finish(&inner))),
            Ty::Result(inner) => Ty::Result(Box::new(self.finish(&inner))),
            Ty::Option(inner) => Ty::Option(Box::new(self.finish(&inner))),
            Ty::Fallible(inner) => Ty::Fallible(Box::new(self.finish(&inner))),
            Ty::Vec(element, n) => Ty::Vec(Box::new(self.finish(&element)), n),
            Ty::Closure(inner) => Ty::Closure(Box::new(self.finish(&inner))),
            Ty::Tuple(list) => Ty::Tuple(list.iter().map(|ty| self.finish(ty)).collect()),
            other => other,
        }
    }

    /// Makes two types one. `found` may be a type that Rust coerces to `wanted`.
    pub(crate) fn unify(&mut self, wanted: &Ty, found: &Ty) -> bool {
        match (self.resolve(wanted), self.resolve(found)) {
            (_, Ty::Never) | (Ty::Never, _) => true,
            (Ty::Var(a), Ty::Var(b)) if a == b => true,
            (Ty::Var(var), ty) | (ty, Ty::Var(var)) => {
                self.types[var] = Some(ty);
                true
            }
            (Ty::IntVar(a), Ty::IntVar(b)) => {
                if a != b {
                    self.vars[a] = Binding::Same(b);
                }
                true
            }
            (Ty::IntVar(a), Ty::Int(int)) | (Ty::Int(int), Ty::IntVar(a)) => {
                self.vars[a] = Binding::Known(int);
                true
            }
            (Ty::Slice(a), Ty::Array(b, _) | Ty::Slice(b)) => self.unify(&a, &b),
            (Ty::Array(a, n), Ty::Array(b, m)) => n == m && self.unify(&a, &b),
            (Ty::Cell(a), Ty::Cell(b))
            | (Ty::TransientCell(a), Ty::TransientCell(b))
            | (Ty::Closure(a), Ty::Closure(b))
            | (Ty::Option(a), Ty::Option(b))
            | (Ty::Fallible(a), Ty::Fallible(b))
            | (Ty::Result(a), Ty::Result(b)) => self.unify(&a, &b),
            (Ty::Vec(a, n), Ty::Vec(b, m)) => n == m && self.unify(&a, &b),
            (Ty::Tuple(a), Ty::Tuple(b)) => {
                a.len() == b.len() && a.iter().zip(&b).all(|(a, b)| self.unify(a, b))
            }
            (a, b) => a == b,
        }
    }
}

/// Type arguments by name, `Self` included.
pub(crate) type Generics = BTreeMap<String, Ty>;
