//! Everything that the sources define, by name.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::ty::{Ty, TypeKey};
use crate::diagnostic::Span;
use crate::source::{CrateId, ModuleId};

/// What definitions of one kind are told apart by.
pub(crate) trait Number: Copy + PartialEq {
    fn numbered(number: usize) -> Self;
    fn number(self) -> usize;
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub(crate) struct $name(pub(crate) usize);

        impl Number for $name {
            fn numbered(number: usize) -> Self {
                $name(number)
            }

            fn number(self) -> usize {
                self.0
            }
        }
    )*};
}
ids! {
    /// Index of a [`StructDef`].
    StructId
    /// Index of an [`EnumDef`].
    EnumId
    /// Index of a [`FnDef`].
    FnId
    /// Index of a [`ConstDef`].
    ConstId
    /// Index of a [`TraitDef`].
    TraitId
    /// Index of an [`AliasDef`].
    AliasId
    /// Index of an [`ImplDef`].
    ImplId
}

/// What a name stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Def {
    Module(ModuleId),
    Struct(StructId),
    Enum(EnumId),
    Variant(EnumId, usize),
    Fn(FnId),
    Const(ConstId),
    /// A `static`, which is refused where it is used.
    Static,
    Trait(TraitId),
    Alias(AliasId),
    /// A package or class of the Java Card API (in the bindings only), `javacard/framework/Util`.
    Java(String),
    /// Something of `core` or `std` by its path, `core::result::Result`.
    Core(String),
}

pub(crate) struct StructDef {
    pub(crate) name: String,
    pub(crate) module: ModuleId,
    pub(crate) span: Span,
    pub(crate) ast: Rc<syn::ItemStruct>,
}

pub(crate) struct EnumDef {
    pub(crate) name: String,
    pub(crate) module: ModuleId,
    pub(crate) ast: Rc<syn::ItemEnum>,
}

pub(crate) struct TraitDef {
    pub(crate) name: String,
    pub(crate) module: ModuleId,
    pub(crate) ast: Rc<syn::ItemTrait>,
    pub(crate) krate: CrateId,
    /// Of one that `platform::shareable!` declares: its module and its text.
    pub(crate) shareable: Option<(ModuleId, Rc<syn::ItemTrait>)>,
}

pub(crate) struct AliasDef {
    pub(crate) module: ModuleId,
    pub(crate) ast: Rc<syn::ItemType>,
}

pub(crate) struct ConstDef {
    pub(crate) name: String,
    pub(crate) module: ModuleId,
    pub(crate) ty: Rc<syn::Type>,
    pub(crate) value: Rc<syn::Expr>,
    pub(crate) owner: Option<ImplId>,
}

pub(crate) struct FnDef {
    pub(crate) name: String,
    pub(crate) module: ModuleId,
    pub(crate) span: Span,
    /// Whether it is declared `pub`.
    pub(crate) public: bool,
    pub(crate) signature: Rc<syn::Signature>,
    pub(crate) body: Rc<syn::Block>,
    pub(crate) owner: Option<ImplId>,
    /// The trait whose default method this is: to its body, `Self` is what implements that trait.
    pub(crate) provided_by: Option<TraitId>,
}

pub(crate) struct ImplDef {
    pub(crate) generics: Rc<syn::Generics>,
    /// Where it stands.
    pub(crate) module: ModuleId,
    /// The type, known once all names are.
    pub(crate) ty: Ty,
    pub(crate) types: BTreeMap<String, Rc<syn::Type>>,
    /// Of a block for a generic struct: each parameter's name, and what the struct calls it.
    pub(crate) parameters: Vec<(String, String)>,
}

/// A function or constant of a type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Member {
    pub(crate) def: Def,
    /// The trait of the `impl` block that gives it: one of the sources, or of `core` by its path; none of an inherent one.
    pub(crate) of_trait: Option<Def>,
}

impl Member {
    /// Whether it is of the trait of `core` with this name: `From`, `Add`.
    pub(crate) fn is_of_core(&self, name: &str) -> bool {
        matches!(&self.of_trait, Some(Def::Core(path)) if path.rsplit("::").next() == Some(name))
    }
}

/// The names of one module.
#[derive(Default)]
pub(crate) struct Scope {
    pub(crate) names: BTreeMap<String, Vec<Def>>,
    /// `use` declarations: the name, and the path it stands for.
    pub(crate) imports: BTreeMap<String, Vec<Vec<String>>>,
    pub(crate) globs: Vec<Vec<String>>,
    /// The paths of `pub use`, those of globs last but for their `*`.
    pub(crate) reexports: Vec<Reexport>,
}

/// A `pub use`.
pub(crate) enum Reexport {
    Name(Vec<String>),
    Glob(Vec<String>),
}

/// All definitions of a compilation.
#[derive(Default)]
pub(crate) struct Definitions {
    pub(crate) structs: Vec<StructDef>,
    pub(crate) enums: Vec<EnumDef>,
    pub(crate) traits: Vec<TraitDef>,
    pub(crate) aliases: Vec<AliasDef>,
    pub(crate) consts: Vec<ConstDef>,
    pub(crate) fns: Vec<FnDef>,
    pub(crate) impls: Vec<ImplDef>,
    pub(crate) scopes: BTreeMap<ModuleId, Scope>,
    /// Blocks of functions with items in them, by file, line and column.
    pub(crate) blocks: BTreeMap<(u32, usize, usize), ModuleId>,
    /// Functions and constants of types by name: inherent ones, and those of traits.
    pub(crate) members: BTreeMap<(TypeKey, String), Vec<Member>>,
    /// Which types implement which trait, by the trait's name.
    pub(crate) implementors: BTreeMap<(String, TypeKey), ImplId>,
    /// Structs that implement a trait of the platform: always classes.
    pub(crate) objects: BTreeSet<StructId>,
}
