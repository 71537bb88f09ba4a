//! Masks that change nothing, and comparisons that give the same whenever they are made.

use std::collections::HashMap;

use super::decide::{self, Flow, State};
use super::effects::is_droppable;
use crate::codegen::ask::{Known, Questions, ask};
use crate::codegen::interval::Interval;
use crate::ir::{BinaryOp, Block, BlockId, Expr, Function, Terminator, Type};

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

/// The blocks of a function with anything in them that may be idle.
pub(super) fn candidates(function: &Function) -> Vec<BlockId> {
    let with_candidates = function.blocks.iter().enumerate();
    let with_candidates = with_candidates.filter(|(_, block)| {
        let mut found = false;
        for expr in expressions(block) {
            expr.walk(&mut |expr| found |= masked(expr).is_some() || is_asked_apart(block, expr));
        }
        found
    });
    with_candidates.map(|(index, _)| BlockId(index)).collect()
}

fn expressions(block: &Block) -> impl Iterator<Item = &Expr> {
    let statements = block.statements.iter();
    let expressions = statements.flat_map(|(statement, _)| statement.expressions());
    expressions.chain(block.terminator.expression())
}

/// Whether it is a comparison that does not decide how the block goes on: of those that do [`Flow::decided`] tells.
fn is_asked_apart(block: &Block, expr: &Expr) -> bool {
    let decides = matches!(
        &block.terminator,
        Terminator::If(condition, ..) if std::ptr::eq(condition, expr)
    );
    matches!(expr, Expr::Compare(..)) && !decides
}

/// What in these blocks is idle, as the instructions confirm.
pub(super) fn idle(flow: &Flow<'_>, blocks: &[BlockId]) -> Vec<Idle> {
    let mut questions = Questions::default();
    let (mut found, mut asked) = (Vec::new(), Vec::new());
    for block in blocks.iter().filter_map(|id| Some((*id, flow.block(*id)?))) {
        flow.expressions(block.0, &mut |expr, state| {
            if let Some((operand, most)) = masked(expr) {
                let all = Interval::new(0, most);
                if flow.range(operand, state).within(all) {
                    found.push((std::ptr::from_ref(expr), Instead::Operand));
                    asked.push(questions.value(operand, all));
                }
            } else if is_asked_apart(block.1, expr)
                && let Some(holds) = always(flow, expr, state)
            {
                let all = Interval::new(holds.into(), holds.into());
                found.push((std::ptr::from_ref(expr), Instead::Truth(holds)));
                asked.push(questions.value(expr, all));
            }
        });
    }
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
