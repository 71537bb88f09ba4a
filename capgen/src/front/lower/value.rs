//! Values while they are lowered.

use crate::ir;

/// A value, taken apart as far as the card needs it.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "values are few and short-lived")]
pub(super) enum Value {
    /// Unit, or the platform.
    Nothing,
    /// Of an expression that does not come back.
    Never,
    /// One word: a scalar or a reference.
    Word(ir::Expr),
    /// A slice; its three expressions are stable.
    Slice(Slice),
    /// A field of an object: a cell.
    Place(Place),
    /// A tuple, or an array by value.
    Parts(Vec<Value>),
}

#[derive(Clone, Debug)]
pub(super) struct Slice {
    pub(super) element: ir::Element,
    pub(super) array: ir::Expr,
    pub(super) offset: ir::Expr,
    pub(super) length: ir::Expr,
}

#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) object: ir::Expr,
    pub(super) class: ir::ClassId,
    pub(super) field: usize,
}

/// A `usize` constant.
pub(super) fn number(n: usize) -> ir::Expr {
    ir::Expr::Const(ir::Type::Usize, i32::try_from(n).unwrap_or(i32::MAX))
}

/// `a + b` of `usize`.
pub(super) fn add(a: ir::Expr, b: ir::Expr) -> ir::Expr {
    match (a, b) {
        (ir::Expr::Const(ty, x), ir::Expr::Const(_, y)) => ir::Expr::Const(ty, x + y),
        (other, ir::Expr::Const(_, 0)) | (ir::Expr::Const(_, 0), other) => other,
        (a, b) => ir::Expr::Binary(ir::BinaryOp::Add, ir::Type::Usize, Box::new(a), Box::new(b)),
    }
}

/// `a - b` of `usize`.
pub(super) fn sub(a: ir::Expr, b: ir::Expr) -> ir::Expr {
    match (a, b) {
        (ir::Expr::Const(ty, x), ir::Expr::Const(_, y)) => ir::Expr::Const(ty, x - y),
        (other, ir::Expr::Const(_, 0)) => other,
        (a, b) => ir::Expr::Binary(ir::BinaryOp::Sub, ir::Type::Usize, Box::new(a), Box::new(b)),
    }
}
