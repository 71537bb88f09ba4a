//! A sum that is wanted at one place only, in another block, is computed there: it needs no word of the frame, and
//! what is added to it there is added with it.

use super::effects::is_droppable;
use super::forward::Uses;
use crate::ir::{BlockId, Expr, Function, LocalId, Statement};

/// Does so for one function; whether there was such a sum.
pub(super) fn sink(function: &mut Function) -> bool {
    let mut is_changed = false;
    let uses = Uses::of(function);
    for index in 0..function.blocks.len() {
        let count = function
            .blocks
            .get(index)
            .map_or(0, |block| block.statements.len());
        for at in (0..count).rev() {
            let Some((Statement::Set(local, value), _)) = function
                .blocks
                .get(index)
                .and_then(|block| block.statements.get(at))
            else {
                continue;
            };
            let local = *local;
            let is_single = uses.reads(local) == 1
                && uses.sets(local) == 1
                && !function.parameters.contains(&local);
            if !is_single || matches!(value, Expr::Local(_)) || !is_arithmetic(value) {
                continue;
            }
            let value = value.clone();
            if let Some(place) = place_of_use(function, local)
                && place.block != BlockId(index)
                && reaches_unchanged(function, place, local, &value)
            {
                put(function, place, local, &value);
                if let Some(block) = function.blocks.get_mut(index) {
                    block.statements.remove(at);
                }
                is_changed = true;
            }
        }
    }
    is_changed
}

/// Whether a value depends on locals alone, and computing it does nothing else.
fn is_arithmetic(expr: &Expr) -> bool {
    let mut is_arithmetic = is_droppable(expr);
    expr.walk(&mut |expr| {
        is_arithmetic &= matches!(
            expr,
            Expr::Local(_)
                | Expr::Const(..)
                | Expr::Binary(..)
                | Expr::Unary(..)
                | Expr::Cast { .. }
        );
    });
    is_arithmetic
}

/// A statement, or behind the last one the terminator.
#[derive(Clone, Copy)]
struct Place {
    block: BlockId,
    statement: usize,
}

fn place_of_use(function: &Function, local: LocalId) -> Option<Place> {
    let reads = |expr: &Expr| {
        let mut found = false;
        expr.walk(&mut |expr| found |= *expr == Expr::Local(local));
        found
    };
    for (index, block) in function.blocks.iter().enumerate() {
        let block_id = BlockId(index);
        for (at, (statement, _)) in block.statements.iter().enumerate() {
            if statement.expressions().any(reads) {
                return Some(Place {
                    block: block_id,
                    statement: at,
                });
            }
        }
        if block.terminator.expression().is_some_and(reads) {
            return Some(Place {
                block: block_id,
                statement: block.statements.len(),
            });
        }
    }
    None
}

/// Whether on every way back from the use the assignment comes before any change of what the value depends on, and
/// before the use itself: in a loop the value would be computed again and again.
fn reaches_unchanged(function: &Function, place: Place, local: LocalId, value: &Expr) -> bool {
    let depends = |changed: LocalId| {
        let mut found = false;
        value.walk(&mut |expr| found |= *expr == Expr::Local(changed));
        found
    };
    let mut predecessors = vec![Vec::new(); function.blocks.len()];
    for (index, block) in function.blocks.iter().enumerate() {
        for next in block.terminator.successors() {
            if let Some(list) = predecessors.get_mut(next.0) {
                list.push(index);
            }
        }
    }
    let mut seen = vec![false; function.blocks.len()];
    let mut work = vec![(place.block.0, place.statement)];
    while let Some((index, end)) = work.pop() {
        let Some(block) = function.blocks.get(index) else {
            return false;
        };
        let mut is_found = false;
        for (statement, _) in block.statements.iter().take(end).rev() {
            if let Statement::Set(set, _) = statement {
                if *set == local {
                    is_found = true;
                    break;
                }
                if depends(*set) {
                    return false;
                }
            }
        }
        if is_found {
            continue;
        }
        // The entry is reached from outside as well.
        if index == 0 {
            return false;
        }
        for &before in predecessors.get(index).into_iter().flatten() {
            if before == place.block.0 {
                return false;
            }
            if let Some(seen @ false) = seen.get_mut(before) {
                *seen = true;
                work.push((before, usize::MAX));
            }
        }
    }
    true
}

fn put(function: &mut Function, place: Place, local: LocalId, value: &Expr) {
    let Some(block) = function.blocks.get_mut(place.block.0) else {
        return;
    };
    let mut replace = |expr: &mut Expr| {
        expr.walk_mut(&mut |expr| {
            if *expr == Expr::Local(local) {
                *expr = value.clone();
            }
        });
    };
    match block.statements.get_mut(place.statement) {
        Some((statement, _)) => statement.expressions_mut().for_each(&mut replace),
        None => {
            if let Some(expr) = block.terminator.expression_mut() {
                replace(expr);
            }
        }
    }
}
