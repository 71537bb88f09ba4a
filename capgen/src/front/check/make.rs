//! Pieces of the typed tree that the checker makes.

use crate::diagnostic::Span;
use crate::front::tree::{Arm, Expr, Intrinsic, Kind, LoopId, Pattern, Statement, VariableId};
use crate::front::ty::{Int, Ty};
use crate::ir::{BinaryOp, CompareOp, UnaryOp};

pub(super) fn expr(kind: Kind, ty: Ty, span: Span) -> Expr {
    Expr { kind, ty, span }
}

pub(super) fn unit(span: Span) -> Expr {
    expr(Kind::Unit, Ty::Unit, span)
}

pub(super) fn truth(value: bool, span: Span) -> Expr {
    expr(Kind::Int(value.into()), Ty::Bool, span)
}

/// A `usize`.
pub(super) fn number(n: i64, span: Span) -> Expr {
    expr(Kind::Int(n), Ty::Int(Int::Usize), span)
}

pub(super) fn variable(id: VariableId, ty: Ty, span: Span) -> Expr {
    expr(Kind::Variable(id), ty, span)
}

/// An operation on two values of a type, whose result is in its range.
pub(super) fn op(op: BinaryOp, a: Expr, b: Expr) -> Expr {
    let (ty, span) = (a.ty.clone(), a.span);
    expr(Kind::Within(op, Box::new(a), Box::new(b)), ty, span)
}

/// An operation as it is written: its result may be out of range.
pub(super) fn open_op(op: BinaryOp, a: Expr, b: Expr) -> Expr {
    let (ty, span) = (a.ty.clone(), a.span);
    expr(Kind::Binary(op, Box::new(a), Box::new(b)), ty, span)
}

pub(super) fn least(a: Expr, b: Expr) -> Expr {
    let (ty, span) = (a.ty.clone(), a.span);
    expr(Kind::Intrinsic(Intrinsic::Min, vec![a, b]), ty, span)
}

/// `a / b`, rounded up, of `usize`; without a sum that may not fit.
pub(super) fn ceiling(a: Expr, b: &Expr) -> Expr {
    let span = a.span;
    let rest = op(BinaryOp::Rem, a.clone(), b.clone());
    let more = cast(
        compare(CompareOp::Ne, rest, number(0, span)),
        Ty::Int(Int::Usize),
    );
    op(BinaryOp::Add, op(BinaryOp::Div, a, b.clone()), more)
}

pub(super) fn length(slice: Expr) -> Expr {
    let span = slice.span;
    if let Some(rows) = super::constant::rows(&slice) {
        return number(i64::try_from(rows).unwrap_or(i64::MAX), span);
    }
    let kind = Kind::Intrinsic(Intrinsic::Len, vec![slice]);
    expr(kind, Ty::Int(Int::Usize), span)
}

pub(super) fn cast(value: Expr, ty: Ty) -> Expr {
    let span = value.span;
    expr(Kind::Cast(Box::new(value)), ty, span)
}

pub(super) fn compare(op: CompareOp, a: Expr, b: Expr) -> Expr {
    let span = a.span;
    expr(Kind::Compare(op, Box::new(a), Box::new(b)), Ty::Bool, span)
}

pub(super) fn not(value: Expr) -> Expr {
    let span = value.span;
    expr(Kind::Unary(UnaryOp::Not, Box::new(value)), Ty::Bool, span)
}

pub(super) fn and(a: Expr, b: Expr) -> Expr {
    let span = a.span;
    expr(Kind::And(Box::new(a), Box::new(b)), Ty::Bool, span)
}

pub(super) fn or(a: Expr, b: Expr) -> Expr {
    let span = a.span;
    expr(Kind::Or(Box::new(a), Box::new(b)), Ty::Bool, span)
}

/// `if condition { then } else { other }`
pub(super) fn choice(condition: Expr, then: Expr, other: Expr) -> Expr {
    let (ty, span) = (then.ty.clone(), then.span);
    let kind = Kind::If(Box::new(condition), Box::new(then), Some(Box::new(other)));
    expr(kind, ty, span)
}

/// `if condition { then }`
pub(super) fn when(condition: Expr, then: Expr) -> Statement {
    let span = then.span;
    let kind = Kind::If(Box::new(condition), Box::new(then), None);
    Statement::Expr(expr(kind, Ty::Unit, span))
}

pub(super) fn assign(place: Expr, value: Expr) -> Expr {
    let span = value.span;
    let kind = Kind::Assign(Box::new(place), Box::new(value));
    expr(kind, Ty::Unit, span)
}

pub(super) fn block(statements: Vec<Statement>, value: Option<Expr>, span: Span) -> Expr {
    let ty = value.as_ref().map_or(Ty::Unit, |value| value.ty.clone());
    expr(Kind::Block(statements, value.map(Box::new)), ty, span)
}

pub(super) fn leave(id: LoopId, value: Option<Expr>, span: Span) -> Expr {
    expr(Kind::Break(id, value.map(Box::new)), Ty::Never, span)
}

pub(super) fn again(id: LoopId, span: Span) -> Expr {
    expr(Kind::Continue(id), Ty::Never, span)
}

/// A variant of an enum, or of an `Option`, that `ty` says.
pub(super) fn variant(tag: i64, fields: Vec<(usize, Expr)>, ty: &Ty, span: Span) -> Expr {
    expr(Kind::Variant(tag, fields), ty.clone(), span)
}

pub(super) fn none(inner: &Ty, span: Span) -> Expr {
    variant(0, Vec::new(), &option(inner), span)
}

pub(super) fn some(value: Expr) -> Expr {
    let (ty, span) = (option(&value.ty), value.span);
    variant(1, vec![(1, value)], &ty, span)
}

pub(super) fn option(inner: &Ty) -> Ty {
    Ty::Option(Box::new(inner.clone()))
}

/// `Some(pattern)`, also `Ok(pattern)`, of what holds an `inner`.
pub(super) fn some_pattern(pattern: Pattern, inner: &Ty) -> Pattern {
    Pattern::Variant {
        tag: 1,
        fields: vec![(1, pattern, inner.clone())],
    }
}

/// `match receiver { Some(pattern) => some, _ => none }`
pub(super) fn matched(
    receiver: Expr,
    inner: &Ty,
    pattern: Pattern,
    some: Expr,
    none: Expr,
    ty: Ty,
    span: Span,
) -> Expr {
    let arm = |pattern, body| Arm {
        pattern,
        guard: None,
        body,
    };
    let arms = vec![
        arm(some_pattern(pattern, inner), some),
        arm(Pattern::Wild, none),
    ];
    expr(Kind::Match(Box::new(receiver), arms), ty, span)
}
