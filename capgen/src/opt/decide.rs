//! Decisions that the ways to them have taken already.
//!
//! Which values locals can have is followed along the branches: behind `i < n` an `i` is less than every
//! `n` can be, and behind `at + length <= end` that sum is a `usize`. What a branch asks that is known then is not
//! asked. This is what makes the tests of `usize` arithmetic cheap.

mod facts;
mod flow;

use std::collections::BTreeSet;

use crate::codegen::interval::Interval;
use crate::ir::{BlockId, Function, FunctionId, Program, Terminator};
pub(super) use facts::State;
pub(super) use flow::Flow;

/// What is known of functions beside their types.
struct Facts {
    /// By function and parameter.
    parameters: Vec<Vec<Option<Interval>>>,
    results: Vec<Option<Interval>>,
}

/// Decides what is known of the functions as they call each other; the functions in which anything was.
/// `order` has each function after those that it calls.
pub(super) fn decide_all(program: &mut Program, order: &[FunctionId]) -> Vec<usize> {
    let mut facts = Facts {
        parameters: vec![Vec::new(); program.functions.len()],
        results: vec![None; program.functions.len()],
    };
    for id in order {
        let Some(function) = program.functions.get(id.0) else {
            continue;
        };
        let is_number = function.result.as_ref().is_some_and(facts::has_range);
        if is_number && function.entry.is_none() {
            let result = Flow::of(program, function, &[], &facts.results).result();
            if let Some(slot) = facts.results.get_mut(id.0) {
                *slot = result;
            }
        }
    }
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for id in order.iter().rev() {
        let Some(function) = program.functions.get(id.0) else {
            continue;
        };
        // Of one that calls itself, or that others may call, nothing is known.
        let known = match facts.parameters.get(id.0) {
            Some(known) if function.entry.is_none() && !seen.contains(id) => known.clone(),
            _ => Vec::new(),
        };
        let flow = Flow::of(program, function, &known, &facts.results);
        let decided = flow.decided();
        let mut calls = Vec::new();
        flow.arguments(&mut |callee, arguments| calls.push((callee, arguments)));
        for (callee, arguments) in calls {
            if let Some(known) = facts.parameters.get_mut(callee.0) {
                join_arguments(known, arguments);
            }
        }
        seen.insert(*id);
        if !decided.is_empty() {
            found.push((id.0, decided));
        }
    }
    for (index, decided) in &found {
        if let Some(function) = program.functions.get_mut(*index) {
            apply(function, decided);
        }
    }
    found.into_iter().map(|(index, _)| index).collect()
}

/// Adds the arguments of one more call to those of the others.
fn join_arguments(known: &mut Vec<Option<Interval>>, arguments: Vec<Interval>) {
    if known.is_empty() {
        known.extend(arguments.into_iter().map(Some));
        return;
    }
    for (known, argument) in known.iter_mut().zip(arguments) {
        *known = known.map(|known| known.join(argument));
    }
}

/// Takes the branches that are taken already; whether there was one.
pub(super) fn apply(function: &mut Function, decided: &[(usize, BlockId)]) -> bool {
    for (index, target) in decided {
        if let Some(block) = function.blocks.get_mut(*index) {
            block.terminator = Terminator::Goto(*target);
        }
    }
    !decided.is_empty()
}
