//! Value ranges: which numbers an expression can give.
//!
//! Intervals of mathematical values, kept for each local over the whole function (all assignments
//! joined). `Add`, `Sub`, `Mul` and `Neg` stay within their type, as the IR promises.

use crate::ir::{
    BinaryOp, Callee, CompareOp, Expr, Function, LONGEST_ARRAY, LocalId, Program, Statement, Type,
    UnaryOp,
};

/// The numbers from `low` to `high`, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval {
    /// The least number.
    pub low: i32,
    /// The greatest number.
    pub high: i32,
}

impl Interval {
    /// What an 8-bit word with sign holds.
    pub const BYTE: Self = Self {
        low: -128,
        high: 127,
    };
    /// What an 8-bit word without sign holds.
    pub const UNSIGNED_BYTE: Self = Self { low: 0, high: 255 };
    /// The `u16` values that are not negative as a signed word.
    pub const NON_NEGATIVE: Self = Self {
        low: 0,
        high: 0x7fff,
    };

    /// How long arrays are.
    pub const LENGTH: Self = Self {
        low: 0,
        high: LONGEST_ARRAY,
    };

    /// No number at all.
    pub const NOTHING: Self = Self { low: 1, high: 0 };

    /// From `low` to `high`.
    #[must_use]
    pub const fn new(low: i32, high: i32) -> Self {
        Self { low, high }
    }

    /// All values of a scalar type; all of `i32` for a reference or an `int`, of which nothing more is ever known.
    #[must_use]
    pub fn of_type(ty: &Type) -> Self {
        let (low, high) = ty.range().unwrap_or((i32::MIN, i32::MAX));
        Self { low, high }
    }

    /// Whether every number of this is one of `other`.
    #[must_use]
    pub const fn within(self, other: Self) -> bool {
        self.low >= other.low && self.high <= other.high
    }

    /// The least interval with the numbers of both.
    #[must_use]
    pub fn join(self, other: Self) -> Self {
        Self {
            low: self.low.min(other.low),
            high: self.high.max(other.high),
        }
    }

    /// What is in both; `other` if that is nothing (a promise of the IR was broken: then no
    /// conclusion is drawn from it).
    #[must_use]
    pub(super) fn clamp_to(self, other: Self) -> Self {
        let (low, high) = (self.low.max(other.low), self.high.min(other.high));
        if low <= high {
            Self { low, high }
        } else {
            other
        }
    }

    /// What is left of two numbers that compare so; nothing if none of them do.
    #[must_use]
    pub fn compared(self, op: CompareOp, other: Self) -> Option<(Self, Self)> {
        let (a, b) = (self, other);
        let (left, right) = match op {
            CompareOp::Lt => (
                Self::new(a.low, a.high.min(b.high - 1)),
                Self::new(b.low.max(a.low + 1), b.high),
            ),
            CompareOp::Le => (
                Self::new(a.low, a.high.min(b.high)),
                Self::new(b.low.max(a.low), b.high),
            ),
            CompareOp::Gt | CompareOp::Ge => {
                let (right, left) = b.compared(op.swapped(), a)?;
                (left, right)
            }
            CompareOp::Eq => {
                let both = Self::new(a.low.max(b.low), a.high.min(b.high));
                (both, both)
            }
            CompareOp::Ne => (a.without(b), b.without(a)),
        };
        (left.low <= left.high && right.low <= right.high).then_some((left, right))
    }

    /// Without the one number that `other` is, if that is at an end.
    fn without(self, other: Self) -> Self {
        match other.low == other.high {
            true if self.low == other.low => Self::new(self.low + 1, self.high),
            true if self.high == other.low => Self::new(self.low, self.high - 1),
            _ => self,
        }
    }

    fn hull(values: [i64; 4]) -> Self {
        let clamp = |value: i64| {
            i32::try_from(value).unwrap_or(if value < 0 { i32::MIN } else { i32::MAX })
        };
        Self {
            low: clamp(values.into_iter().min().unwrap_or(0)),
            high: clamp(values.into_iter().max().unwrap_or(0)),
        }
    }
}

/// The ranges of a function's locals.
#[derive(Clone, Debug)]
pub struct Ranges<'a> {
    program: &'a Program,
    function: &'a Function,
    locals: Vec<Option<Interval>>,
    /// What functions give, where more is known than its type.
    results: &'a [Option<Interval>],
    /// Whether the code is to rely on it: then no more may be known of a word than the instructions show.
    is_for_code: bool,
    /// Whether an expression may be anything that its type holds.
    is_of_types: bool,
}

impl<'a> Ranges<'a> {
    /// Finds the ranges of the locals of `function`.
    #[must_use]
    pub fn of(program: &'a Program, function: &'a Function) -> Self {
        let mut locals = vec![None; function.locals.len()];
        for parameter in &function.parameters {
            if let (Some(slot), Some(local)) = (
                locals.get_mut(parameter.0),
                function.locals.get(parameter.0),
            ) {
                *slot = Some(Interval::of_type(&local.ty));
            }
        }
        let mut ranges = Self {
            program,
            function,
            locals,
            results: &[],
            is_for_code: true,
            is_of_types: false,
        };
        for round in 0.. {
            if !ranges.round(round > 3) {
                break;
            }
        }
        ranges
    }

    /// What the types alone say: every expression but a constant may be anything that its type holds.
    #[must_use]
    pub fn of_types(program: &'a Program, function: &'a Function) -> Self {
        let of_local = |local: &crate::ir::Local| {
            (!local.ty.is_reference()).then(|| Interval::of_type(&local.ty))
        };
        Self {
            program,
            function,
            locals: function.locals.iter().map(of_local).collect(),
            results: &[],
            is_for_code: true,
            is_of_types: true,
        }
    }

    /// Those that the code of a function may rely on: of one for which they could not be proved those of the types.
    #[must_use]
    pub fn trusted(program: &'a Program, function: &'a Function, is_trusted: bool) -> Self {
        if is_trusted {
            Self::of(program, function)
        } else {
            Self::of_types(program, function)
        }
    }

    /// With what is known of the locals at one place, and of what functions give.
    #[must_use]
    pub fn at(
        program: &'a Program,
        function: &'a Function,
        locals: Vec<Option<Interval>>,
        results: &'a [Option<Interval>],
    ) -> Self {
        Self {
            program,
            function,
            locals,
            results,
            is_for_code: false,
            is_of_types: false,
        }
    }

    /// What is known of the locals.
    #[must_use]
    pub fn locals(&self) -> &[Option<Interval>] {
        &self.locals
    }

    /// What is known of a local from now on.
    pub fn set(&mut self, local: LocalId, range: Interval) {
        if let Some(slot) = self.locals.get_mut(local.0) {
            *slot = Some(range);
        }
    }

    /// One pass over all assignments; whether a range grew. `widen` lets it grow at once as far as
    /// it ever can, so that the search ends.
    fn round(&mut self, widen: bool) -> bool {
        let mut grew = false;
        for block in &self.function.blocks {
            for (statement, _) in &block.statements {
                let Statement::Set(local, value) = statement else {
                    continue;
                };
                let Some(ty) = self.function.locals.get(local.0).map(|local| &local.ty) else {
                    continue;
                };
                if ty.is_reference() || *ty == Type::Int {
                    continue;
                }
                let Some(value) = self.try_of(value) else {
                    continue;
                };
                let value = self.as_known(value.clamp_to(Interval::of_type(ty)));
                let old = self.locals.get(local.0).copied().flatten();
                let new = old.map_or(value, |old| old.join(value));
                if old != Some(new) {
                    grew = true;
                    if let Some(slot) = self.locals.get_mut(local.0) {
                        *slot = Some(if widen { Interval::of_type(ty) } else { new });
                    }
                }
            }
        }
        grew
    }

    /// The range of an expression's value; that of its type where nothing better is known.
    #[must_use]
    pub fn range(&self, expr: &Expr) -> Interval {
        self.try_of(expr).unwrap_or_else(|| self.type_range(expr))
    }

    /// A `u16` that may exceed 32767 looks negative on the card: more is not known of it there, nor taken to be
    /// known here.
    fn as_known(&self, range: Interval) -> Interval {
        if self.is_for_code && range.low >= 0 && range.high > 0x7fff && range.high <= 0xffff {
            Interval::new(0, 0xffff)
        } else {
            range
        }
    }

    fn type_range(&self, expr: &Expr) -> Interval {
        expr.type_in(self.program, self.function)
            .map_or(Interval::new(i32::MIN, i32::MAX), |ty| {
                Interval::of_type(&ty)
            })
    }

    /// `None` where a local in it has no value yet.
    fn try_of(&self, expr: &Expr) -> Option<Interval> {
        Some(match expr {
            Expr::Const(_, value) => Interval::new(*value, *value),
            other if self.is_of_types => self.type_range(other),
            Expr::Local(local) => {
                let ty = self.function.locals.get(local.0).map(|local| &local.ty)?;
                if ty.is_reference() || *ty == Type::Int {
                    Interval::of_type(ty)
                } else {
                    self.locals.get(local.0).copied().flatten()?
                }
            }
            Expr::Unary(_, Type::Int, _) | Expr::Binary(_, Type::Int, _, _) => {
                Interval::of_type(&Type::Int)
            }
            Expr::Unary(op, ty, operand) => {
                let operand = self.try_of(operand)?;
                let result = match op {
                    UnaryOp::Neg => Interval::new(-operand.high, -operand.low),
                    UnaryOp::Not if *ty == Type::Bool => {
                        Interval::new(1 - operand.high, 1 - operand.low)
                    }
                    UnaryOp::Not if ty.is_signed() => Interval::new(!operand.high, !operand.low),
                    UnaryOp::Not => {
                        let all = Interval::of_type(ty).high;
                        Interval::new(all - operand.high, all - operand.low)
                    }
                };
                result.clamp_to(Interval::of_type(ty))
            }
            Expr::Binary(op, ty, left, right) => {
                let (left, right) = (self.try_of(left)?, self.try_of(right)?);
                binary(*op, ty, self.as_known(left), self.as_known(right))
            }
            Expr::Cast {
                to: Type::Usize,
                value,
                ..
            } if is_length(value) => Interval::LENGTH,
            Expr::Cast { to, value, .. } => {
                let value = self.try_of(value)?;
                let all = Interval::of_type(to);
                if value.within(all) { value } else { all }
            }
            Expr::Length(_) => Interval::LENGTH,
            Expr::Call(Callee::Function(id), _, _) => {
                let known = self.results.get(id.0).copied().flatten();
                known.unwrap_or_else(|| self.type_range(expr))
            }
            other => self.type_range(other),
        })
    }
}

/// Whether it is the API's number of bytes in an array: all that the bindings take for a `usize`, but what
/// `APDU.setOutgoing` says that the terminal wants.
pub(super) fn is_length(expr: &Expr) -> bool {
    match expr {
        Expr::Call(Callee::Api(method), _, _) => {
            let public = ["javacard/", "javacardx/", "org/globalplatform/"];
            public
                .iter()
                .any(|package| method.class.starts_with(package))
                && method.name != "setOutgoing"
        }
        _ => false,
    }
}

/// The range of a binary operation without regard to wrapping; `None` where it is not known.
#[must_use]
pub fn unwrapped(op: BinaryOp, left: Interval, right: Interval) -> Option<Interval> {
    let (a, b, c, d) = (
        i64::from(left.low),
        i64::from(left.high),
        i64::from(right.low),
        i64::from(right.high),
    );
    let shift = |right: i64| u32::try_from(right).ok().filter(|right| *right < 16);
    Some(match op {
        BinaryOp::Add | BinaryOp::WrappingAdd => Interval::hull([a + c, b + d, a + c, b + d]),
        BinaryOp::Sub | BinaryOp::WrappingSub => Interval::hull([a - d, b - c, a - d, b - c]),
        BinaryOp::Mul | BinaryOp::WrappingMul => Interval::hull([a * c, a * d, b * c, b * d]),
        BinaryOp::Div if a >= 0 && c >= 0 => {
            let (least, most) = (a / d.max(1), b / c.max(1));
            Interval::hull([least, most, least, most])
        }
        BinaryOp::Rem if a >= 0 && c >= 0 => Interval::hull([0, b.min((d - 1).max(0)), 0, 0]),
        BinaryOp::And if a >= 0 && c >= 0 => Interval::hull([0, b.min(d), 0, 0]),
        BinaryOp::And if a >= 0 => Interval::hull([0, b, 0, 0]),
        BinaryOp::And if c >= 0 => Interval::hull([0, d, 0, 0]),
        BinaryOp::Or | BinaryOp::Xor if a >= 0 && c >= 0 => {
            let bits = 64 - (b | d).leading_zeros();
            let low = if op == BinaryOp::Or { a.max(c) } else { 0 };
            Interval::hull([low, (1 << bits) - 1, low, low])
        }
        BinaryOp::Shl => {
            let (c, d) = (shift(c)?, shift(d)?);
            Interval::hull([a << c, a << d, b << c, b << d])
        }
        BinaryOp::Shr => {
            let (c, d) = (shift(c)?, shift(d)?);
            Interval::hull([a >> c, a >> d, b >> c, b >> d])
        }
        _ => return None,
    })
}

fn binary(op: BinaryOp, ty: &Type, left: Interval, right: Interval) -> Interval {
    let all = Interval::of_type(ty);
    let Some(result) = unwrapped(op, left, right) else {
        return all;
    };
    match op {
        BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul => result.clamp_to(all),
        _ if result.within(all) => result,
        _ => all,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every operation on every pair of small intervals holds the result of every pair of members.
    #[test]
    fn ranges_hold_every_result() {
        use BinaryOp::{Add, And, Div, Mul, Or, Rem, Shl, Shr, Sub, Xor};
        for op in [Add, Sub, Mul, Div, Rem, And, Or, Xor, Shl, Shr] {
            for (a, b) in [(-3, 5), (0, 7), (2, 9), (-4, -1), (250, 255), (0, 0)] {
                for (c, d) in [(0, 3), (1, 6), (-2, 2), (5, 5), (8, 15)] {
                    let Some(range) = unwrapped(op, Interval::new(a, b), Interval::new(c, d))
                    else {
                        continue;
                    };
                    for (x, y) in (a..=b).flat_map(|x| (c..=d).map(move |y| (x, y))) {
                        let value = match op {
                            Add => x + y,
                            Sub => x - y,
                            Mul => x * y,
                            Div | Rem if y == 0 => continue,
                            Div => x / y,
                            Rem => x % y,
                            And => x & y,
                            Or => x | y,
                            Xor => x ^ y,
                            Shl => x << y,
                            _ => x >> y,
                        };
                        assert!(
                            range.low <= value && value <= range.high,
                            "{op:?} of {x} and {y} is {value}, not in {range:?}"
                        );
                    }
                }
            }
        }
    }
}
