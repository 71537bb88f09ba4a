//! `u32` and `i32` on a card without `int`: two words, the high one first, both `u16`.
//!
//! Sums, bits, shifts by a constant and comparisons are done in place; what takes a loop or a branch is a
//! function of the integers' table (`u32_…`), which gives one word and is called once for each.

use super::builder::Builder;
use super::value::Value;
use crate::diagnostic::{Diagnostic, Span};
use crate::front::resolve::Checked;
use crate::front::ty::{Int, Ty};
use crate::ir::{self, BinaryOp, BlockId, CompareOp, Type, UnaryOp};

/// The words of a wide integer; both can be used any number of times.
#[derive(Clone)]
pub(super) struct Wide {
    high: ir::Expr,
    low: ir::Expr,
}

impl Wide {
    fn value(self) -> Value {
        Value::Parts(vec![Value::Word(self.high), Value::Word(self.low)])
    }
}

/// The words of a constant.
fn constant(value: i64) -> Value {
    let word = |value: i64| word_of(i32::try_from(value & 0xFFFF).unwrap_or(0));
    Wide {
        high: word(value >> 16),
        low: word(value),
    }
    .value()
}

fn word_of(value: i32) -> ir::Expr {
    ir::Expr::Const(Type::U16, value)
}

fn is_zero(expr: &ir::Expr) -> bool {
    matches!(expr, ir::Expr::Const(_, 0))
}

fn op(op: BinaryOp, a: ir::Expr, b: ir::Expr) -> ir::Expr {
    let idle = match op {
        BinaryOp::WrappingAdd | BinaryOp::Or | BinaryOp::Xor if is_zero(&a) => Some(&b),
        BinaryOp::WrappingAdd | BinaryOp::WrappingSub | BinaryOp::Or | BinaryOp::Xor
            if is_zero(&b) =>
        {
            Some(&a)
        }
        BinaryOp::WrappingMul | BinaryOp::And if is_zero(&a) => Some(&a),
        BinaryOp::WrappingMul | BinaryOp::And if is_zero(&b) => Some(&b),
        _ => None,
    };
    match idle {
        Some(idle) => idle.clone(),
        None => super::expr::binary(op, Type::U16, a, b),
    }
}

fn shifted(op: BinaryOp, value: ir::Expr, by: i64) -> ir::Expr {
    if by == 0 || is_zero(&value) {
        return value;
    }
    let by = ir::Expr::Const(Type::U8, i32::try_from(by).unwrap_or(0));
    ir::Expr::Binary(op, Type::U16, Box::new(value), Box::new(by))
}

/// A word with its sign copied into the places that fall free.
fn shifted_with_sign(value: ir::Expr, by: i64) -> ir::Expr {
    if by == 0 {
        return value;
    }
    let by = ir::Expr::Const(Type::U8, i32::try_from(by).unwrap_or(0));
    let signed = cast(value, Type::U16, Type::I16);
    let shifted = ir::Expr::Binary(BinaryOp::Shr, Type::I16, Box::new(signed), Box::new(by));
    cast(shifted, Type::I16, Type::U16)
}

fn cast(value: ir::Expr, from: Type, to: Type) -> ir::Expr {
    match value {
        ir::Expr::Const(_, value) if !from.is_signed() && to == Type::U16 => word_of(value),
        value if from == to => value,
        value => ir::Expr::Cast {
            from,
            to,
            value: Box::new(value),
        },
    }
}

fn compared(op: CompareOp, ty: Type, a: ir::Expr, b: ir::Expr) -> ir::Expr {
    let (a, b) = (
        cast(a, Type::U16, ty.clone()),
        cast(b, Type::U16, ty.clone()),
    );
    ir::Expr::Compare(op, ty, Box::new(a), Box::new(b))
}

/// What is carried into the high word: whether `a < b`, as a number.
fn carry(a: ir::Expr, b: ir::Expr) -> ir::Expr {
    if is_zero(&b) {
        return word_of(0);
    }
    let less = compared(CompareOp::Lt, Type::U16, a, b);
    cast(less, Type::Bool, Type::U16)
}

impl Builder<'_, '_> {
    /// Whether a type is an integer of 32 bits, and if so whether it is signed.
    pub(super) fn wide(&self, ty: &Ty) -> Option<bool> {
        self.lowering.wide(ty)
    }

    /// Whether a value of a type is two words: a `u32` or `i32` where the card has no `int`.
    pub(super) fn two_words(&self, ty: &Ty) -> bool {
        self.lowering.two_words(ty)
    }

    /// The value of a constant.
    pub(super) fn wide_constant(&self, value: i64) -> Value {
        if self.has_int() {
            Value::Word(ir::Expr::Const(Type::Int, super::int::bits(value)))
        } else {
            constant(value)
        }
    }

    pub(super) fn wide_words(&mut self, value: Value, span: Span) -> Checked<Wide> {
        match self.fix(value) {
            Value::Parts(parts) => match <[Value; 2]>::try_from(parts) {
                Ok([Value::Word(high), Value::Word(low)]) => Ok(Wide { high, low }),
                _ => Err(not_wide(span)),
            },
            Value::Never => Ok(Wide {
                high: word_of(0),
                low: word_of(0),
            }),
            _ => Err(not_wide(span)),
        }
    }

    /// An operation on two wide integers, or for shifts on one and a distance.
    pub(super) fn wide_binary(
        &mut self,
        operation: BinaryOp,
        ty: &Ty,
        left: Value,
        right: Value,
        span: Span,
    ) -> Checked<Value> {
        use BinaryOp::{
            Add, And, Div, Mul, Or, Rem, Shl, Shr, Sub, WrappingAdd, WrappingMul, WrappingSub, Xor,
        };
        let signed = self.wide(ty).unwrap_or(false);
        if let (Value::Never, _) | (_, Value::Never) = (&left, &right) {
            return Ok(Value::Never);
        }
        if self.has_int() {
            return self.int_binary(operation, ty, (left, right), span);
        }
        if let Shl | Shr = operation {
            return self.wide_shift(operation, signed, ty, left, right, span);
        }
        if let Div | Rem = operation {
            let name = match (signed, operation) {
                (false, Div) => "u32_div",
                (false, _) => "u32_rem",
                (true, Div) => "i32_div",
                (true, _) => "i32_rem",
            };
            return self.integer_function(
                name,
                vec![(left, ty.clone()), (right, ty.clone())],
                ty,
                span,
            );
        }
        let (a, b) = (self.wide_words(left, span)?, self.wide_words(right, span)?);
        let found = match operation {
            Add | WrappingAdd => {
                let low = op(WrappingAdd, a.low.clone(), b.low.clone());
                let low = self.fix_expr(low);
                // The smaller constant, or none, is the better one to compare with.
                let with = if is_zero(&a.low) { a.low } else { b.low };
                let carry = carry(low.clone(), with);
                let high = op(WrappingAdd, op(WrappingAdd, a.high, b.high), carry);
                Wide { high, low }
            }
            Sub | WrappingSub => {
                let borrow = carry(a.low.clone(), b.low.clone());
                let low = op(WrappingSub, a.low, b.low);
                let high = op(WrappingSub, op(WrappingSub, a.high, b.high), borrow);
                Wide { high, low }
            }
            Mul | WrappingMul => {
                let low = op(WrappingMul, a.low.clone(), b.low.clone());
                let crossed = op(
                    WrappingAdd,
                    op(WrappingMul, a.high, b.low.clone()),
                    op(WrappingMul, a.low.clone(), b.high),
                );
                let word = Ty::Int(Int::U16);
                let arguments = vec![
                    (Value::Word(a.low), word.clone()),
                    (Value::Word(b.low), word.clone()),
                ];
                let carried = self.integer_function("u32_mul_high", arguments, &word, span)?;
                let carried = self.word(carried, &Type::U16, span)?;
                Wide {
                    high: op(WrappingAdd, carried, crossed),
                    low,
                }
            }
            And | Or | Xor => Wide {
                high: op(operation, a.high, b.high),
                low: op(operation, a.low, b.low),
            },
            Div | Rem | Shl | Shr | BinaryOp::ShrUnsigned => return Err(not_wide(span)),
        };
        Ok(found.value())
    }

    fn wide_shift(
        &mut self,
        operation: BinaryOp,
        signed: bool,
        ty: &Ty,
        left: Value,
        distance: Value,
        span: Span,
    ) -> Checked<Value> {
        let distance = self.distance(distance, span)?;
        let ir::Expr::Const(_, by) = distance else {
            let name = match (operation, signed) {
                (BinaryOp::Shl, _) => "u32_shl",
                (_, false) => "u32_shr",
                (_, true) => "i32_shr",
            };
            let byte = Ty::Int(Int::U8);
            let unsigned = Ty::Int(if signed && operation == BinaryOp::Shr {
                Int::I32
            } else {
                Int::U32
            });
            let distance = ir::Expr::Cast {
                from: self.type_of(&distance),
                to: Type::U8,
                value: Box::new(distance),
            };
            let arguments = vec![(left, unsigned), (Value::Word(distance), byte)];
            return self.integer_function(name, arguments, ty, span);
        };
        let by = i64::from(by);
        if !(0..32).contains(&by) {
            return Err(too_far(span));
        }
        let Wide { high, low } = self.wide_words(left, span)?;
        if by == 0 {
            return Ok(Wide { high, low }.value());
        }
        let found = match operation {
            BinaryOp::Shl if by < 16 => Wide {
                high: op(
                    BinaryOp::Or,
                    shifted(BinaryOp::Shl, high, by),
                    shifted(BinaryOp::Shr, low.clone(), 16 - by),
                ),
                low: shifted(BinaryOp::Shl, low, by),
            },
            BinaryOp::Shl => Wide {
                high: shifted(BinaryOp::Shl, low, by - 16),
                low: word_of(0),
            },
            _ if by < 16 => Wide {
                low: op(
                    BinaryOp::Or,
                    shifted(BinaryOp::Shr, low, by),
                    shifted(BinaryOp::Shl, high.clone(), 16 - by),
                ),
                high: if signed {
                    shifted_with_sign(high, by)
                } else {
                    shifted(BinaryOp::Shr, high, by)
                },
            },
            _ if signed => Wide {
                low: shifted_with_sign(high.clone(), by - 16),
                high: shifted_with_sign(high, 15),
            },
            _ => Wide {
                low: shifted(BinaryOp::Shr, high, by - 16),
                high: word_of(0),
            },
        };
        Ok(found.value())
    }

    /// The distance of a shift: one word, of whatever type it is.
    pub(super) fn distance(&mut self, distance: Value, span: Span) -> Checked<ir::Expr> {
        let distance = match distance {
            Value::Parts(_) => self.wide_words(distance, span)?.low,
            other => self.word(other, &Type::U8, span)?,
        };
        Ok(match distance {
            ir::Expr::Const(Type::Int, by) => ir::Expr::Const(Type::U16, by & 0xFFFF),
            distance if self.type_of(&distance) == Type::Int => {
                cast(distance, Type::Int, Type::U16)
            }
            distance => distance,
        })
    }

    pub(super) fn wide_unary(
        &mut self,
        operation: UnaryOp,
        ty: &Ty,
        value: Value,
        span: Span,
    ) -> Checked<Value> {
        if self.has_int() {
            return self.int_unary(operation, ty, value, span);
        }
        match operation {
            UnaryOp::Neg => self.wide_binary(BinaryOp::WrappingSub, ty, constant(0), value, span),
            UnaryOp::Not => {
                let Wide { high, low } = self.wide_words(value, span)?;
                let not = |word| ir::Expr::Unary(UnaryOp::Not, Type::U16, Box::new(word));
                Ok(Wide {
                    high: not(high),
                    low: not(low),
                }
                .value())
            }
        }
    }

    /// `value as to`, where one of the types is wide.
    pub(super) fn wide_cast(
        &mut self,
        value: Value,
        from: &Ty,
        to: &Ty,
        span: Span,
    ) -> Checked<Value> {
        if let Value::Never = value {
            return Ok(Value::Never);
        }
        if self.has_int() {
            return self.int_cast(value, from, to, span);
        }
        if self.wide(from).is_some() {
            if self.wide(to).is_some() {
                return Ok(value);
            }
            let Wide { high, low } = self.wide_words(value, span)?;
            let to = self.ty(to, span)?;
            if to == Type::Usize {
                self.require(compared(CompareOp::Eq, Type::U16, high, word_of(0)));
                return Ok(Value::Word(self.sized(low, Type::U16)));
            }
            return Ok(Value::Word(cast(low, Type::U16, to)));
        }
        let from = self.ty(from, span)?;
        let word = self.word(value, &from, span)?;
        if !from.is_signed() {
            let low = cast(word, from, Type::U16);
            return Ok(Wide {
                high: word_of(0),
                low,
            }
            .value());
        }
        let word = self.fix_expr(word);
        let low = self.fix_expr(cast(word.clone(), from, Type::U16));
        Ok(Wide {
            high: shifted_with_sign(low.clone(), 15),
            low,
        }
        .value())
    }

    /// Goes to `yes` if the comparison holds, else to `no`.
    pub(super) fn wide_branch(
        &mut self,
        operation: CompareOp,
        signed: bool,
        (left, right): (Value, Value),
        (yes, no): (BlockId, BlockId),
        span: Span,
    ) -> Checked<()> {
        if self.has_int() {
            return self.int_branch(operation, signed, (left, right), (yes, no), span);
        }
        let (a, b) = (self.wide_words(left, span)?, self.wide_words(right, span)?);
        let order = if signed { Type::I16 } else { Type::U16 };
        let end = |builder: &mut Self, condition, yes, no| {
            builder.end(ir::Terminator::If(condition, yes, no));
        };
        match operation {
            CompareOp::Eq | CompareOp::Ne => {
                let (yes, no) = if operation == CompareOp::Eq {
                    (yes, no)
                } else {
                    (no, yes)
                };
                if is_zero(&b.high) && is_zero(&b.low) {
                    let both = op(BinaryOp::Or, a.high, a.low);
                    end(
                        self,
                        compared(CompareOp::Eq, Type::U16, both, word_of(0)),
                        yes,
                        no,
                    );
                    return Ok(());
                }
                let next = self.block();
                end(
                    self,
                    compared(CompareOp::Eq, Type::U16, a.high, b.high),
                    next,
                    no,
                );
                self.switch_to(next);
                end(
                    self,
                    compared(CompareOp::Eq, Type::U16, a.low, b.low),
                    yes,
                    no,
                );
            }
            // The sign alone decides.
            CompareOp::Lt | CompareOp::Ge if signed && is_zero(&b.high) && is_zero(&b.low) => {
                end(
                    self,
                    compared(operation, Type::I16, a.high, b.high),
                    yes,
                    no,
                );
            }
            _ => {
                let (same, differ) = (self.block(), self.block());
                let equal = compared(CompareOp::Eq, Type::U16, a.high.clone(), b.high.clone());
                end(self, equal, same, differ);
                self.switch_to(same);
                end(self, compared(operation, Type::U16, a.low, b.low), yes, no);
                self.switch_to(differ);
                end(self, compared(operation, order, a.high, b.high), yes, no);
            }
        }
        Ok(())
    }

    /// A call of a function of the integers' table with values that are known already.
    pub(super) fn integer_function(
        &mut self,
        name: &str,
        arguments: Vec<(Value, Ty)>,
        result: &Ty,
        span: Span,
    ) -> Checked<Value> {
        let id = self.lowering.context.integer_function(name, span)?;
        let found = self.call_with(id, arguments, result.clone(), span)?;
        Ok(self.fix(found))
    }
}

/// A shift by a constant that no type is wide enough for.
pub(super) fn too_far(span: Span) -> Diagnostic {
    Diagnostic::new(
        span,
        "this shift is as far as the integer is wide, or further",
        "rustc refuses it too",
    )
}

fn not_wide(span: Span) -> Diagnostic {
    Diagnostic::new(span, "a `u32` or `i32` was expected here", "another value")
}
