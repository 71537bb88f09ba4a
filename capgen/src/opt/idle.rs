//! Masks that change nothing, and comparisons that give the same whenever they are made.

use std::collections::HashMap;

use super::decide::{self, Flow, State};
use super::effects::is_droppable;
use crate::codegen::ask::{Known, Questions, ask};
use crate::codegen::interval::Interval;
use crate::ir::{BinaryOp, Block, Expr, Function, Terminator, Type};

/// What an expression, told by its place in memory, is as well.
pub(super) type Idle = (*const Expr, Instead);

/// What takes the place of an expression.
#[derive(Clone, Copy)]
pub(super) enum Instead {
    /// What is masked.
    Operand,
    /// The outcome of a comparison.
    Truth(bool),
}

/// Whether a function has anything that may be idle.
pub(super) fn may_be(function: &Function) -> bool {
    let mut found = false;
    function.walk(&mut |expr| found = found || masked(expr).is_some());
    found || compared(function)
}

/// Whether a comparison stands where it does not decide on the way: there [`Flow::decided`] sees to it.
fn compared(function: &Function) -> bool {
    let mut count = 0usize;
    function.walk(&mut |expr| count += usize::from(matches!(expr, Expr::Compare(..))));
    let decides = function
        .blocks
        .iter()
        .filter(|block| matches!(block.terminator, Terminator::If(Expr::Compare(..), ..)));
    count > decides.count()
}

/// What of a function is idle, as the instructions confirm.
pub(super) fn idle(flow: &Flow<'_>) -> Vec<Idle> {
    let mut questions = Questions::default();
    let (mut found, mut asked) = (Vec::new(), Vec::new());
    flow.each_expression(&mut |expr, state| {
        let ends = |block: &Block| {
            matches!(&block.terminator, Terminator::If(condition, ..) if std::ptr::eq(condition, expr))
        };
        if let Some((operand, most)) = masked(expr) {
            let all = Interval::new(0, most);
            if flow.range(operand, state).within(all) {
                found.push((std::ptr::from_ref(expr), Instead::Operand));
                asked.push(questions.value(operand, all));
            }
        } else if let Some(holds) = always(flow, expr, state)
            && !flow.function.blocks.iter().any(ends)
        {
            let all = Interval::new(holds.into(), holds.into());
            found.push((std::ptr::from_ref(expr), Instead::Truth(holds)));
            asked.push(questions.value(expr, all));
        }
    });
    if found.is_empty() {
        return found;
    }
    let answers = ask(flow.program, flow.function, &questions, Known::default());
    decide::kept(found, &asked, answers.as_ref())
}

/// What a mask of low bits is put on, and the greatest number that it leaves as it is.
fn masked(expr: &Expr) -> Option<(&Expr, i32)> {
    match expr {
        Expr::Binary(BinaryOp::And, _, operand, mask) => match **mask {
            Expr::Const(_, mask) if mask > 0 && mask & mask.wrapping_add(1) == 0 => {
                Some((operand, mask))
            }
            _ => None,
        },
        _ => None,
    }
}

fn always(flow: &Flow<'_>, expr: &Expr, state: &State<'_>) -> Option<bool> {
    match expr {
        Expr::Compare(_, _, left, right) if is_droppable(left) && is_droppable(right) => {
            flow.holds(expr, state)
        }
        _ => None,
    }
}

/// Leaves out what is idle; whether there was anything.
pub(super) fn leave_out(function: &mut Function, found: &[Idle]) -> bool {
    let by_place: HashMap<*const Expr, Instead> = found.iter().copied().collect();
    if by_place.is_empty() {
        return false;
    }
    function.walk_mut(&mut |expr| {
        let Some(instead) = by_place.get(&std::ptr::from_ref(expr)) else {
            return;
        };
        *expr = match (instead, &mut *expr) {
            (Instead::Operand, Expr::Binary(_, _, operand, _)) => (**operand).clone(),
            _ => Expr::Const(Type::Bool, matches!(instead, Instead::Truth(true)).into()),
        };
    });
    true
}
