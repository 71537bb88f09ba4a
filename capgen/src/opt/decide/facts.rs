//! What statements and conditions say of the values of locals.

use std::collections::BTreeSet;

use super::flow::Flow;
use crate::codegen::interval::{Interval, Ranges};
use crate::ir::{
    BinaryOp, Block, CompareOp, Expr, LONGEST_ARRAY, LocalId, Statement, Type, UnaryOp,
};
use crate::opt::effects::is_droppable;

/// What is known at one place.
#[derive(Clone)]
pub(in crate::opt) struct State<'a> {
    pub(super) ranges: Ranges<'a>,
    /// Pairs of `usize` locals whose sum is a `usize`.
    pub(super) sums: BTreeSet<(LocalId, LocalId)>,
}

impl State<'_> {
    pub(super) fn is(&self, other: &Self) -> bool {
        self.ranges.locals() == other.ranges.locals() && self.sums == other.sums
    }
}

impl Flow<'_> {
    pub(super) fn type_range(&self, local: LocalId) -> Interval {
        Interval::of_type(self.function.local_type(local))
    }

    pub(super) fn set(&self, state: &mut State<'_>, local: LocalId, value: Option<Interval>) {
        let all = self.type_range(local);
        state.sums.retain(|(a, b)| *a != local && *b != local);
        let value = value.filter(|value| value.within(all));
        state.ranges.set(local, value.unwrap_or(all));
    }

    /// A local is one of these, whatever its type says.
    pub(in crate::opt) fn set_range(&self, state: &mut State<'_>, local: LocalId, range: Interval) {
        self.set(state, local, None);
        state.ranges.set(local, range);
    }

    pub(in crate::opt) fn statements(&self, block: &Block, state: &mut State<'_>) {
        for (statement, _) in &block.statements {
            self.statement(statement, state);
        }
    }

    pub(in crate::opt) fn statement(&self, statement: &Statement, state: &mut State<'_>) {
        // Behind an access that an exception has not ended, the index was in bounds.
        let in_bounds = Interval::new(0, LONGEST_ARRAY - 1);
        for expr in statement.expressions() {
            expr.walk(&mut |expr| {
                if let Expr::Element(_, _, index) = expr {
                    self.narrow(index, in_bounds, state);
                }
            });
        }
        match statement {
            Statement::Set(local, value) => {
                let range = self.range(value, state);
                self.set(state, *local, Some(range));
            }
            Statement::SetElement(_, _, index, _) => self.narrow(index, in_bounds, state),
            Statement::SetField(..) | Statement::Eval(_) => {}
        }
    }

    pub(in crate::opt) fn range(&self, expr: &Expr, state: &State<'_>) -> Interval {
        let all = state.ranges.range(expr);
        match expr {
            Expr::Compare(..) if let Some(holds) = self.holds(expr, state) => {
                Interval::new(holds.into(), holds.into())
            }
            Expr::Binary(BinaryOp::Add, Type::U16, a, b)
                if let (Some(a), Some(b)) = (size_local(a), size_local(b))
                    && state.sums.contains(&ordered(a, b)) =>
            {
                Interval::new(all.low, all.high.min(Interval::NON_NEGATIVE.high))
            }
            _ => all,
        }
    }

    /// Whether a condition holds, or does not, for all that can be.
    pub(in crate::opt) fn holds(&self, condition: &Expr, state: &State<'_>) -> Option<bool> {
        match condition {
            Expr::Unary(UnaryOp::Not, Type::Bool, inner) => Some(!self.holds(inner, state)?),
            Expr::Compare(op, ty, left, right)
                if !ty.is_reference() && is_droppable(left) && is_droppable(right) =>
            {
                let (a, b) = (self.range(left, state), self.range(right, state));
                let (least, most) = match op {
                    CompareOp::Lt | CompareOp::Ge => (a.high < b.low, a.low >= b.high),
                    CompareOp::Le | CompareOp::Gt => (a.high <= b.low, a.low > b.high),
                    CompareOp::Eq | CompareOp::Ne => {
                        (a.low == a.high && a == b, a.high < b.low || a.low > b.high)
                    }
                };
                let straight = matches!(op, CompareOp::Lt | CompareOp::Le | CompareOp::Eq);
                match (least, most) {
                    (true, false) => Some(straight),
                    (false, true) => Some(!straight),
                    _ => None,
                }
            }
            Expr::Local(_) | Expr::Const(..) => {
                let range = self.range(condition, state);
                (range.low == range.high).then_some(range.low != 0)
            }
            _ => None,
        }
    }

    /// Adds what a condition says; whether that can be.
    pub(in crate::opt) fn assume(
        &self,
        condition: &Expr,
        sense: bool,
        state: &mut State<'_>,
    ) -> bool {
        match condition {
            Expr::Unary(UnaryOp::Not, Type::Bool, inner) => self.assume(inner, !sense, state),
            Expr::Compare(op, ty, left, right) if has_range(ty) => {
                let op = if sense { *op } else { op.negated() };
                let (a, b) = (self.range(left, state), self.range(right, state));
                let Some((for_left, for_right)) = a.compared(op, b) else {
                    return false;
                };
                self.narrow(left, for_left, state);
                self.narrow(right, for_right, state);
                if let Some(pair) = sum_below(op, ty, left, right) {
                    state.sums.insert(pair);
                }
                true
            }
            Expr::Local(_) => {
                let is = i32::from(sense);
                let range = self.range(condition, state);
                self.narrow(condition, Interval::new(is, is), state);
                range.low <= is && is <= range.high
            }
            _ => true,
        }
    }

    /// An expression's value is in an interval.
    pub(in crate::opt) fn narrow(&self, expr: &Expr, to: Interval, state: &mut State<'_>) {
        match expr {
            Expr::Local(local) if has_range(self.function.local_type(*local)) => {
                if let Some(Some(old)) = state.ranges.locals().get(local.0) {
                    let both = Interval::new(old.low.max(to.low), old.high.min(to.high));
                    if both.low <= both.high {
                        state.ranges.set(*local, both);
                    }
                }
            }
            Expr::Cast { to: ty, value, .. }
                if self.range(value, state).within(Interval::of_type(ty)) =>
            {
                self.narrow(value, to, state);
            }
            Expr::Binary(_, Type::Int, _, _) => {}
            Expr::Binary(BinaryOp::Add, _, a, b) => {
                for (one, other) in [(a, b), (b, a)] {
                    let by = self.range(other, state);
                    let rest = Interval::new(to.low - by.high, to.high - by.low);
                    self.narrow(one, rest, state);
                }
            }
            Expr::Binary(BinaryOp::Sub, _, value, by) => {
                let by = self.range(by, state);
                let sum = Interval::new(to.low + by.low, to.high + by.high);
                self.narrow(value, sum, state);
            }
            _ => {}
        }
    }
}

/// Whether anything is known of values of a type but what they are.
pub(super) fn has_range(ty: &Type) -> bool {
    !ty.is_reference() && *ty != Type::Int
}

/// The local that is read as a `usize` in another type.
fn size_local(expr: &Expr) -> Option<LocalId> {
    match expr {
        Expr::Cast {
            from: Type::Usize,
            value,
            ..
        } => match **value {
            Expr::Local(local) => Some(local),
            _ => None,
        },
        _ => None,
    }
}

fn ordered(a: LocalId, b: LocalId) -> (LocalId, LocalId) {
    (a.min(b), a.max(b))
}

/// `a <= c - b` or `c - a >= b`, all of them `usize`: then `a + b` is no more than `c`.
fn sum_below(op: CompareOp, ty: &Type, left: &Expr, right: &Expr) -> Option<(LocalId, LocalId)> {
    let (one, difference) = match op {
        CompareOp::Lt | CompareOp::Le | CompareOp::Eq => (left, right),
        CompareOp::Gt | CompareOp::Ge => (right, left),
        CompareOp::Ne => return None,
    };
    match difference {
        Expr::Binary(BinaryOp::Sub, Type::I16, c, other)
            if *ty == Type::I16
                && matches!(
                    **c,
                    Expr::Cast {
                        from: Type::Usize,
                        ..
                    } | Expr::Const(_, 0..)
                ) =>
        {
            Some(ordered(size_local(one)?, size_local(other)?))
        }
        _ => None,
    }
}
