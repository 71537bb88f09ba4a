//! The typed tree of a function's body: names resolved, methods found, coercions made plain.

use super::api::JavaMethod;
use super::define::{ConstId, FnId, StructId, TraitId};
use super::ty::Ty;
use crate::diagnostic::Span;
use crate::ir::{BinaryOp, CompareOp, UnaryOp};

/// Index of a [`Variable`] in [`Body::variables`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct VariableId(pub(crate) usize);
/// A loop or labelled block within its function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct LoopId(pub(crate) usize);

#[derive(Clone, Debug)]
pub(crate) struct Variable {
    pub(crate) name: String,
    pub(crate) ty: Ty,
    pub(crate) mutable: bool,
    /// Of an array: whether it is in memory, since a reference or an index goes to it.
    pub(crate) memory: bool,
    /// A `&mut` to a value that is in locals: another name for them.
    pub(crate) alias: bool,
    /// Of an array: a reference to one, which assigning makes refer to another.
    pub(crate) reference: bool,
}

impl Variable {
    pub(crate) fn new(name: String, ty: Ty, mutable: bool) -> Self {
        Self {
            name,
            ty,
            mutable,
            memory: false,
            alias: false,
            reference: false,
        }
    }

    /// Whether it is an array in the transient scratch memory.
    pub(crate) fn in_memory(&self) -> bool {
        matches!(&self.ty, Ty::Array(_, n) if *n > BY_VALUE || self.memory)
    }
}

/// Arrays of at most so many elements may be kept in locals.
pub(crate) const BY_VALUE: usize = 4;

#[derive(Clone, Debug)]
pub(crate) struct Body {
    pub(crate) parameters: Vec<VariableId>,
    pub(crate) variables: Vec<Variable>,
    pub(crate) result: Ty,
    pub(crate) value: Expr,
    /// How many expressions it holds.
    pub(crate) size: usize,
    /// Whether it holds a loop.
    pub(crate) loops: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Expr {
    pub(crate) kind: Kind,
    pub(crate) ty: Ty,
    pub(crate) span: Span,
}

/// What the compiler knows without a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Intrinsic {
    /// `platform.cell(initial)`
    NewCell,
    /// `platform.bytes()`, `N` in the value of the type wanted
    NewBytes(usize),
    NewTransientBytes(usize),
    NewTransientCell,
    CellGet,
    CellSet,
    TransientGet,
    TransientSet,
    /// `platform.atomically(closure)`
    Atomically,
    Len,
    SliceEq,
    /// `u16::from_be_bytes([a, b])`
    FromBeBytes,
    /// `x.to_be_bytes()`
    ToBeBytes,
    /// The parts of a slice, and a slice of its parts (bindings only).
    SliceArray,
    SliceOffset,
    SliceOf,
    Min,
    Max,
    /// `option.is_some()`
    IsSome,
    /// `option.unwrap_or(value)`
    UnwrapOr,
    /// `option.ok_or(status)`
    OkOr,
    /// `platform.shareable::<dyn Trait<P>>(server, parameter)`
    Shareable(TraitId),
    /// Whether a reference is null, and null (bindings only).
    IsNull,
    Null,
    /// `option.ok_or_else(|| status)`
    OkOrElse,
    /// `&mut` of an array that has no name
    InMemory,
    /// The part of a `Vec` that is in use, as a slice
    AsSlice,
    VecNew,
    VecPush,
    VecPop,
    VecClear,
    VecTruncate,
    VecExtend,
}

#[derive(Clone, Debug)]
pub(crate) enum Pattern {
    Wild,
    Bind(VariableId),
    Value(i64),
    Range(Option<i64>, Option<i64>),
    Or(Vec<Pattern>),
    Tuple(Vec<Pattern>),
    /// A variant with data, or of an `Option`: its tag, and the parts of the value that it names.
    Variant {
        tag: i64,
        fields: Vec<(usize, Pattern, Ty)>,
    },
    /// `name @ pattern`
    At(VariableId, Box<Pattern>),
    /// `[front, .., back]` of a slice of `element`.
    Slice {
        front: Vec<Pattern>,
        /// What `..` stands for; without one, the length is that of `front`.
        rest: Option<Box<Pattern>>,
        back: Vec<Pattern>,
        element: Ty,
    },
}

#[derive(Clone, Debug)]
pub(crate) struct Arm {
    pub(crate) pattern: Pattern,
    pub(crate) guard: Option<Expr>,
    pub(crate) body: Expr,
}

#[derive(Clone, Debug)]
pub(crate) enum Statement {
    Let(Pattern, Option<Expr>),
    /// `let pattern = value else { … };`
    LetElse(Pattern, Expr, Box<Expr>),
    Expr(Expr),
}

#[derive(Clone, Debug)]
pub(crate) enum Kind {
    Unit,
    /// The platform value.
    Platform,
    Int(i64),
    /// A constant of the API that its first known version does not have, `package/Class/NAME`, and its value.
    JavaConstant(String, i64),
    Variable(VariableId),
    ConstArray(ConstId),
    /// A byte string written in place.
    Literal(Vec<i64>),
    Unary(UnaryOp, Box<Expr>),
    Binary(BinaryOp, Box<Expr>, Box<Expr>),
    /// An operation that the compiler makes, whose result is in the range of its type.
    Within(BinaryOp, Box<Expr>, Box<Expr>),
    Compare(CompareOp, Box<Expr>, Box<Expr>),
    And(Box<Expr>, Box<Expr>),
    Or(Box<Expr>, Box<Expr>),
    Cast(Box<Expr>),
    Assign(Box<Expr>, Box<Expr>),
    AssignOp(BinaryOp, Box<Expr>, Box<Expr>),
    /// A field of a struct, by index.
    Field(Box<Expr>, StructId, usize),
    /// A field of a tuple.
    TupleField(Box<Expr>, usize),
    Index(Box<Expr>, Box<Expr>),
    SubSlice(Box<Expr>, Option<Box<Expr>>, Option<Box<Expr>>, bool),
    Call(FnId, Vec<Expr>),
    Java(JavaMethod, Vec<Expr>),
    /// A method of a shareable interface, by index, and its arguments, receiver first.
    Shared(TraitId, usize, Vec<Expr>),
    /// A reference known to be of an API class.
    Downcast(Box<Expr>),
    Intrinsic(Intrinsic, Vec<Expr>),
    Struct(StructId, Vec<(usize, Expr)>),
    Tuple(Vec<Expr>),
    Array(Vec<Expr>),
    /// `[value; n]`
    Repeat(Box<Expr>, usize),
    /// A variant with data, or of an `Option`: its tag, and the parts of the value that it has.
    Variant(i64, Vec<(usize, Expr)>),
    /// `let pattern = value` as a condition.
    Let(Pattern, Box<Expr>),
    Ok(Box<Expr>),
    Err(Box<Expr>),
    Try(Box<Expr>),
    Closure(Box<Expr>),
    If(Box<Expr>, Box<Expr>, Option<Box<Expr>>),
    Match(Box<Expr>, Vec<Arm>),
    Loop(LoopId, Box<Expr>),
    While(LoopId, Box<Expr>, Box<Expr>),
    For {
        id: LoopId,
        variable: VariableId,
        from: Box<Expr>,
        to: Box<Expr>,
        inclusive: bool,
        body: Box<Expr>,
    },
    Break(LoopId, Option<Box<Expr>>),
    Continue(LoopId),
    Return(Option<Box<Expr>>),
    Block(Vec<Statement>, Option<Box<Expr>>),
}

impl Expr {
    /// Calls `f` on each direct part.
    pub(crate) fn each_part(&mut self, f: &mut dyn FnMut(&mut Expr)) {
        match &mut self.kind {
            Kind::Unit
            | Kind::Platform
            | Kind::Int(_)
            | Kind::JavaConstant(..)
            | Kind::Variable(_)
            | Kind::ConstArray(_)
            | Kind::Literal(_)
            | Kind::Continue(_) => {}
            Kind::Unary(_, a)
            | Kind::Cast(a)
            | Kind::Field(a, _, _)
            | Kind::TupleField(a, _)
            | Kind::Downcast(a)
            | Kind::Ok(a)
            | Kind::Err(a)
            | Kind::Let(_, a)
            | Kind::Try(a)
            | Kind::Closure(a)
            | Kind::Repeat(a, _)
            | Kind::Loop(_, a) => f(a),
            Kind::Binary(_, a, b)
            | Kind::Within(_, a, b)
            | Kind::Compare(_, a, b)
            | Kind::And(a, b)
            | Kind::Or(a, b)
            | Kind::Assign(a, b)
            | Kind::AssignOp(_, a, b)
            | Kind::Index(a, b)
            | Kind::While(_, a, b) => {
                f(a);
                f(b);
            }
            Kind::SubSlice(a, from, to, _) => {
                f(a);
                from.iter_mut().chain(to).for_each(|part| f(part));
            }
            Kind::Call(_, list)
            | Kind::Java(_, list)
            | Kind::Shared(_, _, list)
            | Kind::Intrinsic(_, list)
            | Kind::Tuple(list)
            | Kind::Array(list) => {
                list.iter_mut().for_each(f);
            }
            Kind::Struct(_, fields) | Kind::Variant(_, fields) => {
                fields.iter_mut().for_each(|(_, value)| f(value));
            }
            Kind::If(a, b, c) => {
                f(a);
                f(b);
                c.iter_mut().for_each(|part| f(part));
            }
            Kind::Match(scrutinee, arms) => {
                f(scrutinee);
                for arm in arms {
                    arm.guard.iter_mut().for_each(&mut *f);
                    f(&mut arm.body);
                }
            }
            Kind::For { from, to, body, .. } => {
                f(from);
                f(to);
                f(body);
            }
            Kind::Break(_, value) | Kind::Return(value) => {
                value.iter_mut().for_each(|part| f(part))
            }
            Kind::Block(statements, value) => {
                for statement in statements {
                    match statement {
                        Statement::Let(_, value) => value.iter_mut().for_each(&mut *f),
                        Statement::LetElse(_, value, other) => {
                            f(value);
                            f(other);
                        }
                        Statement::Expr(value) => f(value),
                    }
                }
                value.iter_mut().for_each(|part| f(part));
            }
        }
    }
}
