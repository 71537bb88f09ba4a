//! Decisions on a value that was just assigned are taken at once.
//!
//! `b = true; goto m` where block `m` only asks `if b` goes straight on; `b = e; goto m` becomes
//! `if e` where nobody else wants `b`. Conditions like `matches!(x, …)` come apart by this.

use crate::ir::{Block, BlockId, Expr, Function, LocalId, Statement, Terminator, dataflow};
use std::cell::OnceCell;

/// Does so for one function; whether a decision was taken.
pub(super) fn thread(function: &mut Function) -> bool {
    let mut is_changed = false;
    // Wanted seldom.
    let live_in = OnceCell::new();
    for index in 0..function.blocks.len() {
        // Bounded: a decision may lead to a decision.
        for _ in 0..4 {
            let Some(changed) = threaded(function, BlockId(index), &live_in) else {
                break;
            };
            if let Some(block) = function.blocks.get_mut(index) {
                *block = changed;
                is_changed = true;
            }
        }
    }
    is_changed
}

fn threaded(
    function: &Function,
    id: BlockId,
    live_in: &OnceCell<Vec<dataflow::LocalSet>>,
) -> Option<Block> {
    let block = function.blocks.get(id.0)?;
    let Terminator::Goto(next) = block.terminator else {
        return None;
    };
    let decision = function
        .blocks
        .get(next.0)
        .filter(|block| block.statements.is_empty())?;
    let local = decided_local(&decision.terminator)?;
    let is_set = |(statement, _): &&(Statement, _)| matches!(statement, Statement::Set(target, _) if *target == local);
    let (Statement::Set(_, value), _) = block.statements.iter().rev().find(is_set)? else {
        return None;
    };
    if let Expr::Const(_, value) = value {
        let terminator = Terminator::Goto(decide(&decision.terminator, *value)?);
        return Some(Block {
            terminator,
            ..block.clone()
        });
    }
    // `b = e` must be the last statement, and only the decision may want `b`.
    let Terminator::If(Expr::Local(_), yes, no) = &decision.terminator else {
        return None;
    };
    let is_last = block.statements.last().as_ref().is_some_and(is_set);
    if !is_last {
        return None;
    }
    let live_in = live_in.get_or_init(|| dataflow::live_in(function, &[]));
    let wanted = [yes, no]
        .into_iter()
        .any(|next| live_in.get(next.0).is_none_or(|live| live.contains(local)));
    if wanted {
        return None;
    }
    let mut changed = block.clone();
    let (Statement::Set(_, value), position) = changed.statements.pop()? else {
        return None;
    };
    changed.terminator = Terminator::If(value, *yes, *no);
    changed.position = position;
    Some(changed)
}

/// The only local that a decision depends on.
fn decided_local(terminator: &Terminator) -> Option<LocalId> {
    match terminator {
        Terminator::If(Expr::Local(local), _, _) | Terminator::Switch(Expr::Local(local), _, _) => {
            Some(*local)
        }
        Terminator::If(Expr::Compare(_, _, left, right), _, _) => match (&**left, &**right) {
            (Expr::Local(local), Expr::Const(..)) => Some(*local),
            _ => None,
        },
        _ => None,
    }
}

/// Where a decision leads for a value of its local.
fn decide(terminator: &Terminator, value: i32) -> Option<BlockId> {
    let holds = match terminator {
        Terminator::Switch(_, cases, default) => {
            return Some(
                cases
                    .iter()
                    .find(|(case, _)| *case == value)
                    .map_or(*default, |(_, block)| *block),
            );
        }
        Terminator::If(Expr::Local(_), _, _) => value != 0,
        Terminator::If(Expr::Compare(op, _, _, right), _, _) => match **right {
            Expr::Const(_, constant) => op.holds(value, constant),
            _ => return None,
        },
        _ => return None,
    };
    match terminator {
        Terminator::If(_, yes, no) => Some(if holds { *yes } else { *no }),
        _ => None,
    }
}
