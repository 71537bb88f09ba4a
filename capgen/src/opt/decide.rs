//! Decisions that the ways to them have taken already.
//!
//! Which values locals can have is followed along the branches: behind `i < n` an `i` is less than every
//! `n` can be, and behind `at + length <= end` that sum is a `usize`. What a branch asks that is known then is not
//! asked. This is what makes the tests of `usize` arithmetic cheap.

mod facts;
mod flow;

use std::collections::{BTreeMap, BTreeSet};

use super::inline::bottom_up_of;
use crate::codegen::ask::{Answers, Known, Questions, ask};
use crate::codegen::interval::Interval;
use crate::ir::calls::CallGraph;
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
pub(super) fn decide_all(program: &mut Program) -> Vec<usize> {
    let order = Order::of(program);
    let mut facts = Facts {
        parameters: vec![Vec::new(); program.functions.len()],
        results: vec![None; program.functions.len()],
    };
    for id in &order.bottom_up {
        let Some(function) = program.functions.get(id.0) else {
            continue;
        };
        if gives_number(function) {
            let result = Flow::of(program, function, &[], &facts.results).result();
            if let Some(slot) = facts.results.get_mut(id.0) {
                *slot = result;
            }
        }
    }
    let mut found = BTreeMap::new();
    for id in order.bottom_up.iter().rev() {
        let Some(function) = program.functions.get(id.0) else {
            continue;
        };
        let known = match facts.parameters.get(id.0) {
            Some(known) if order.is_known(*id, function) => known.clone(),
            _ => Vec::new(),
        };
        let flow = Flow::of(program, function, &known, &facts.results);
        let decided = flow.decided();
        flow.arguments(&mut |callee, arguments| {
            if let Some(known) = facts.parameters.get_mut(callee.0) {
                join_arguments(known, arguments.into_iter().map(Some).collect());
            }
        });
        if !decided.is_empty() {
            found.insert(id.0, decided);
        }
    }
    let found = confirmed_all(program, &order, &facts.results, found);
    for (index, decided) in &found {
        if let Some(function) = program.functions.get_mut(*index) {
            apply(function, decided);
        }
    }
    found.into_keys().collect()
}

/// Whether what a function gives back may be known: others may take another for one that they can override.
fn gives_number(function: &Function) -> bool {
    let is_number = function.result.as_ref().is_some_and(facts::has_range);
    is_number && function.entry.is_none()
}

/// Whether more is known of a result than its type.
fn gives_more_than_its_type(function: &Function, result: Option<Interval>) -> bool {
    let all = function.result.as_ref().map(Interval::of_type);
    result.is_some() && result != all
}

/// The order in which functions are looked at.
struct Order {
    calls: CallGraph,
    /// Each function after those that it calls.
    bottom_up: Vec<FunctionId>,
    /// By function: whether all that call it come later. Not so where functions call each other in a circle.
    is_before_callers: Vec<bool>,
}

impl Order {
    fn of(program: &Program) -> Self {
        let calls = CallGraph::of(program);
        let bottom_up = bottom_up_of(program, &calls);
        let mut places = vec![0; program.functions.len()];
        for (place, id) in bottom_up.iter().enumerate() {
            if let Some(slot) = places.get_mut(id.0) {
                *slot = place;
            }
        }
        let is_before = |(index, place): (usize, &usize)| {
            let mut callers = calls.callers(FunctionId(index));
            callers.all(|(caller, _)| places.get(caller) > Some(place))
        };
        Self {
            is_before_callers: places.iter().enumerate().map(is_before).collect(),
            bottom_up,
            calls,
        }
    }

    /// These functions and all that call them, directly or not.
    fn callers_of(&self, functions: Vec<usize>) -> BTreeSet<usize> {
        let mut found = BTreeSet::new();
        let mut wanted = functions;
        while let Some(index) = wanted.pop() {
            if found.insert(index) {
                let callers = self.calls.callers(FunctionId(index));
                wanted.extend(callers.map(|(caller, _)| caller));
            }
        }
        found
    }

    /// Whether what a function is called with is known, from the last one to the first: not of one that others may call.
    fn is_known(&self, id: FunctionId, function: &Function) -> bool {
        function.entry.is_none() && self.is_before_callers.get(id.0) == Some(&true)
    }
}

/// Adds the arguments of one more call to those of the others.
fn join_arguments(known: &mut Vec<Option<Interval>>, arguments: Vec<Option<Interval>>) {
    if known.is_empty() {
        *known = arguments;
        return;
    }
    for (known, argument) in known.iter_mut().zip(arguments) {
        *known = known.zip(argument).map(|(known, more)| known.join(more));
    }
}

/// Of decisions, by function, those that the instructions of all functions confirm: what these give back and are called with
/// is found again on them, `expected` being what the IR shows of results.
fn confirmed_all(
    program: &Program,
    order: &Order,
    expected: &[Option<Interval>],
    mut found: BTreeMap<usize, Vec<(usize, BlockId)>>,
) -> BTreeMap<usize, Vec<(usize, BlockId)>> {
    if found.is_empty() {
        return found;
    }
    let concerned = order.callers_of(found.keys().copied().collect());
    let nothing = Questions::default();
    let mut results = vec![None; program.functions.len()];
    for id in &order.bottom_up {
        if let Some(function) = program.functions.get(id.0)
            && gives_more_than_its_type(function, expected.get(id.0).copied().flatten())
        {
            let known = Known {
                arguments: &[],
                results: &results,
            };
            let result = ask(program, function, &nothing, known).and_then(|answers| answers.result);
            if let Some(slot) = results.get_mut(id.0) {
                *slot = result;
            }
        }
    }
    let mut arguments: Vec<Vec<Option<Interval>>> = vec![Vec::new(); program.functions.len()];
    let from_callers = order.bottom_up.iter().rev();
    for id in from_callers.filter(|id| concerned.contains(&id.0)) {
        let Some(function) = program.functions.get(id.0) else {
            continue;
        };
        let passed = match arguments.get(id.0) {
            Some(passed) if order.is_known(*id, function) => passed.clone(),
            _ => Vec::new(),
        };
        let mut questions = Questions::default();
        let decided = found.remove(&id.0).unwrap_or_default();
        let asked = ask_decisions(function, &decided, &mut questions);
        let known = Known {
            arguments: &passed,
            results: &results,
        };
        let answers = ask(program, function, &questions, known);
        let mut call = |callee: FunctionId, words: Vec<Option<Interval>>| {
            if let Some(known) = arguments.get_mut(callee.0) {
                join_arguments(known, words);
            }
        };
        match &answers {
            Some(answers) => answers.calls.iter().for_each(|(callee, words)| {
                call(*callee, words.iter().copied().map(Some).collect());
            }),
            // It may call them with anything.
            None => order.calls.callees(id.0).iter().for_each(|callee| {
                let words = program
                    .functions
                    .get(callee.0)
                    .map_or(0, Function::parameter_words);
                call(*callee, vec![None; words]);
            }),
        }
        let kept = kept(decided, &asked, answers.as_ref());
        if !kept.is_empty() {
            found.insert(id.0, kept);
        }
    }
    found
}

/// Of decisions those that the instructions confirm.
pub(super) fn confirmed(
    program: &Program,
    function: &Function,
    decided: Vec<(usize, BlockId)>,
) -> Vec<(usize, BlockId)> {
    if decided.is_empty() {
        return decided;
    }
    let mut questions = Questions::default();
    let asked = ask_decisions(function, &decided, &mut questions);
    let answers = ask(program, function, &questions, Known::default());
    kept(decided, &asked, answers.as_ref())
}

/// Asks whether the branches go as they are said to; the number of each question.
fn ask_decisions(
    function: &Function,
    decided: &[(usize, BlockId)],
    questions: &mut Questions,
) -> Vec<usize> {
    let way = |(index, to): &(usize, BlockId)| {
        let end = function.blocks.get(*index).map(|block| &block.terminator);
        let holds = matches!(end, Some(Terminator::If(_, yes, _)) if yes == to);
        questions.branch(*index, holds)
    };
    decided.iter().map(way).collect()
}

/// What is kept of several findings, the answers to a question for each of them being there.
pub(super) fn kept<T>(found: Vec<T>, asked: &[usize], answers: Option<&Answers>) -> Vec<T> {
    let Some(answers) = answers else {
        return Vec::new();
    };
    let with_question = found.into_iter().zip(asked);
    with_question
        .filter_map(|(found, question)| answers.is_yes(*question).then_some(found))
        .collect()
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
