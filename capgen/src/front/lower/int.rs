//! `u32` and `i32` on a card with `int`: one value each, of the card's own type.
//!
//! The card's `int` has a sign. Sums, products and bits are the same for a `u32`; its order is that of the `int`s with
//! the sign bit turned over, and its quotients are a function of the integers' table.

use super::builder::Builder;
use super::value::Value;
use crate::diagnostic::Span;
use crate::front::resolve::Checked;
use crate::front::ty::Ty;
use crate::ir::{self, BinaryOp, BlockId, CompareOp, Type, UnaryOp};

/// What turns the order of `u32` into that of `int`.
const SIGN: i32 = i32::MIN;

/// The 32 bits of a `u32` or an `i32`.
pub(super) fn bits(value: i64) -> i32 {
    let [_, _, _, _, a, b, c, d] = value.to_be_bytes();
    i32::from_be_bytes([a, b, c, d])
}

fn constant(value: i32) -> ir::Expr {
    ir::Expr::Const(Type::Int, value)
}

fn operation(op: BinaryOp, a: ir::Expr, b: ir::Expr) -> ir::Expr {
    super::expr::binary(op, Type::Int, a, b)
}

fn compared(op: CompareOp, a: ir::Expr, b: ir::Expr) -> ir::Expr {
    ir::Expr::Compare(op, Type::Int, Box::new(a), Box::new(b))
}

fn cast(value: ir::Expr, from: Type, to: Type) -> ir::Expr {
    match value {
        ir::Expr::Const(_, value) if to == Type::Int => constant(value),
        value if from == to => value,
        value => ir::Expr::Cast {
            from,
            to,
            value: Box::new(value),
        },
    }
}

/// A value such that the order of two is that of the `u32` they stand for.
fn ordered(value: ir::Expr) -> ir::Expr {
    match value {
        ir::Expr::Const(_, value) => constant(value ^ SIGN),
        value => operation(BinaryOp::Xor, value, constant(SIGN)),
    }
}

/// Whether a comparison holds of two `u32` or `i32`.
fn comparison(op: CompareOp, signed: bool, a: ir::Expr, b: ir::Expr) -> ir::Expr {
    use CompareOp::{Eq, Ge, Gt, Le, Lt, Ne};
    if signed || matches!(op, Eq | Ne) {
        return compared(op, a, b);
    }
    match (op, &b) {
        // Zero is the least, and the sign says which half it is.
        (Gt, ir::Expr::Const(_, 0)) | (Ge, ir::Expr::Const(_, 1)) => compared(Ne, a, constant(0)),
        (Le, ir::Expr::Const(_, 0)) | (Lt, ir::Expr::Const(_, 1)) => compared(Eq, a, constant(0)),
        (Ge, ir::Expr::Const(_, SIGN)) | (Gt, ir::Expr::Const(_, i32::MAX)) => {
            compared(Lt, a, constant(0))
        }
        (Lt, ir::Expr::Const(_, SIGN)) | (Le, ir::Expr::Const(_, i32::MAX)) => {
            compared(Ge, a, constant(0))
        }
        _ => compared(op, ordered(a), ordered(b)),
    }
}

impl Builder<'_, '_> {
    /// Whether the card has `int`.
    pub(super) fn has_int(&self) -> bool {
        self.lowering.int
    }

    fn int(&mut self, value: Value, span: Span) -> Checked<ir::Expr> {
        self.word(value, &Type::Int, span)
    }

    /// An operation on two values, or for shifts on one and a distance.
    pub(super) fn int_binary(
        &mut self,
        op: BinaryOp,
        ty: &Ty,
        (left, right): (Value, Value),
        span: Span,
    ) -> Checked<Value> {
        use BinaryOp::{Add, Div, Mul, Rem, Shl, Shr, ShrUnsigned, Sub};
        let signed = self.wide(ty) == Some(true);
        if let (Div | Rem, false) = (op, signed) {
            let name = if op == Div {
                "u32_int_div"
            } else {
                "u32_int_rem"
            };
            let arguments = vec![(left, ty.clone()), (right, ty.clone())];
            return self.integer_function(name, arguments, ty, span);
        }
        let left = self.int(left, span)?;
        let right = match op {
            Shl | Shr | ShrUnsigned => self.int_distance(right, span)?,
            _ => self.int(right, span)?,
        };
        let op = match (op, signed) {
            (Add, false) => BinaryOp::WrappingAdd,
            (Sub, false) => BinaryOp::WrappingSub,
            (Mul, false) => BinaryOp::WrappingMul,
            (Shr, false) => ShrUnsigned,
            _ => op,
        };
        Ok(Value::Word(operation(op, left, right)))
    }

    /// The distance that an `int` is shifted by: an `int`, whatever its type is.
    fn int_distance(&mut self, distance: Value, span: Span) -> Checked<ir::Expr> {
        let distance = self.word(distance, &Type::Int, span)?;
        let from = self.type_of(&distance);
        let distance = cast(distance, from, Type::Int);
        match distance {
            ir::Expr::Const(_, by) if !(0..32).contains(&by) => Err(super::wide::too_far(span)),
            distance => Ok(distance),
        }
    }

    pub(super) fn int_unary(
        &mut self,
        op: UnaryOp,
        ty: &Ty,
        value: Value,
        span: Span,
    ) -> Checked<Value> {
        let value = self.int(value, span)?;
        debug_assert!(op == UnaryOp::Not || self.wide(ty) == Some(true));
        Ok(Value::Word(ir::Expr::Unary(op, Type::Int, Box::new(value))))
    }

    /// `value as to`, where one of the types is a `u32` or `i32`.
    pub(super) fn int_cast(
        &mut self,
        value: Value,
        from: &Ty,
        to: &Ty,
        span: Span,
    ) -> Checked<Value> {
        if self.wide(from).is_none() {
            let from = self.ty(from, span)?;
            let value = self.word(value, &from, span)?;
            return Ok(Value::Word(cast(value, from, Type::Int)));
        }
        if self.wide(to).is_some() {
            return Ok(value);
        }
        let value = self.int(value, span)?;
        let to = self.ty(to, span)?;
        if to != Type::Usize {
            return Ok(Value::Word(cast(value, Type::Int, to)));
        }
        let value = self.fix_expr(value);
        let above = operation(BinaryOp::And, value.clone(), constant(!0x7FFF));
        self.require(compared(CompareOp::Eq, above, constant(0)));
        let short = cast(value, Type::Int, Type::U16);
        Ok(Value::Word(cast(short, Type::U16, Type::Usize)))
    }

    /// Goes to `yes` if the comparison holds, else to `no`.
    pub(super) fn int_branch(
        &mut self,
        op: CompareOp,
        signed: bool,
        (left, right): (Value, Value),
        (yes, no): (BlockId, BlockId),
        span: Span,
    ) -> Checked<()> {
        let (a, b) = (self.int(left, span)?, self.int(right, span)?);
        self.end(ir::Terminator::If(comparison(op, signed, a, b), yes, no));
        Ok(())
    }

    /// The high and the low 16 bits of a value that is there already.
    pub(super) fn int_halves(&mut self, value: Value, span: Span) -> Checked<[ir::Expr; 2]> {
        let value = self.int(value, span)?;
        let value = self.fix_expr(value);
        let high = operation(BinaryOp::ShrUnsigned, value.clone(), constant(16));
        Ok([high, value].map(|half| {
            let half = cast(half, Type::Int, Type::U16);
            self.fix_expr(half)
        }))
    }

    /// The value with these 16 bits above and these below.
    pub(super) fn int_of_halves(&mut self, high: ir::Expr, low: ir::Expr) -> Value {
        let [high, low] = [high, low].map(|half| cast(half, Type::U16, Type::Int));
        let high = operation(BinaryOp::Shl, high, constant(16));
        Value::Word(operation(BinaryOp::Or, high, low))
    }
}
