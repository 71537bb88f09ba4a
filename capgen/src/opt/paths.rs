//! Ways that know what is asked on them.
//!
//! A way that leads to a question that is answered on it goes past the question ([`straighten`]): a loop whose first
//! round is certain is entered behind its test. Where a block stands between, a copy of it is tried out
//! ([`candidates`]), and a condition that is kept in a local to be asked later is asked at once.

use super::decide::{self, Flow, State};
use crate::codegen::ask::{Known, Questions, ask};
use crate::ir::dataflow::LocalSet;
use crate::ir::{Block, BlockId, Expr, Function, LocalId, Program, Statement, Terminator, Type};

/// A block with more statements is not copied.
const MOST_STATEMENTS: usize = 3;
/// So many blocks are looked at along a way.
const FAR: usize = 4;

/// A way past a question: the block that it leaves, its place among the successors, and where it goes.
pub(super) type Past = (usize, usize, BlockId);

/// The ways that lead to a question that is answered on them.
pub(super) fn answered(flow: &Flow<'_>) -> Vec<Past> {
    let mut found = Vec::new();
    flow.each_end(&mut |index, block, state| {
        for way in flow.ways_on(&block.terminator, state) {
            if way.next.0 != index
                && let Some(question) = flow.block(way.next)
                && question.statements.is_empty()
                && let Some(next) = answer(flow, &question.terminator, &way.state)
            {
                found.push((index, way.slot, next));
            }
        }
    });
    confirmed(flow, found)
}

/// Of those the ones that the instructions confirm: each question is asked once more on the way to it, where only that
/// way comes.
fn confirmed(flow: &Flow<'_>, found: Vec<Past>) -> Vec<Past> {
    if found.is_empty() {
        return found;
    }
    let mut function = flow.function.clone();
    let mut questions = Questions::default();
    let mut asked = Vec::new();
    for (index, slot, to) in &found {
        let between = BlockId(function.blocks.len());
        let successors = function.blocks.get_mut(*index);
        let way = successors.and_then(|block| {
            let successors = block.terminator.successors_mut();
            successors.into_iter().nth(*slot)
        });
        let question = way
            .map(|way| std::mem::replace(way, between))
            .and_then(|question| flow.block(question));
        let Some(question) = question else {
            return Vec::new();
        };
        let holds = matches!(&question.terminator, Terminator::If(_, yes, _) if yes == to);
        function.blocks.push(question.clone());
        asked.push(questions.branch(between.0, holds));
    }
    let answers = ask(flow.program, &function, &questions, Known::default());
    decide::kept(found, &asked, answers.as_ref())
}

/// Sends ways past questions; whether there was one.
pub(super) fn straighten(function: &mut Function, found: &[Past]) -> bool {
    for (index, slot, to) in found {
        if let Some(block) = function.blocks.get_mut(*index)
            && let Some(next) = block.terminator.successors_mut().into_iter().nth(*slot)
        {
            *next = *to;
        }
    }
    !found.is_empty()
}

/// Where a question leads if it is answered already.
fn answer(flow: &Flow<'_>, question: &Terminator, state: &State<'_>) -> Option<BlockId> {
    let Terminator::If(condition, yes, no) = question else {
        return None;
    };
    flow.holds(condition, state)
        .map(|holds| if holds { *yes } else { *no })
}

/// A block copied to a way into it.
pub(super) enum Candidate {
    /// What block `.1` does is done at the end of block `.0` as well.
    Copied(usize, BlockId),
    /// A condition that a local holds is asked at once.
    Asked(Asked),
    /// And then what follows is done on the way for this answer as well.
    AskedAndCopied(Asked, bool),
}

/// The block and the statement that assign a condition, and the local.
#[derive(Clone, Copy)]
pub(super) struct Asked {
    index: usize,
    at: usize,
    local: LocalId,
}

impl Candidate {
    /// The block that is copied, where that is all.
    pub(super) fn copied(&self) -> Option<BlockId> {
        match self {
            Self::Copied(_, next) => Some(*next),
            Self::Asked(_) | Self::AskedAndCopied(..) => None,
        }
    }

    /// The function with it.
    pub(super) fn in_place(&self, function: &Function) -> Option<Function> {
        match self {
            Self::Copied(index, next) => copied(function.clone(), *index, *next),
            Self::Asked(place) => asked(function, *place),
            Self::AskedAndCopied(place, holds) => {
                let asked = asked(function, *place)?;
                // The two new blocks are the last ones, that for `true` first.
                let taken = asked.blocks.len().checked_sub(if *holds { 2 } else { 1 })?;
                let Terminator::Goto(next) = asked.blocks.get(taken)?.terminator else {
                    return None;
                };
                copied(asked, taken, next)
            }
        }
    }
}

/// What may be better, for each way that answers a question by it.
pub(super) fn candidates(program: &Program, function: &Function) -> Vec<Candidate> {
    let flow = Flow::alone(program, function);
    let mut found = Vec::new();
    flow.each_end(&mut |index, block, state| {
        let Terminator::Goto(next) = block.terminator else {
            return;
        };
        if next.0 != index
            && (flow.goes_round(index) || flow.goes_round(next.0) || is_short(&flow, next))
            && answers(&flow, next, state.clone(), FAR)
        {
            found.push(Candidate::Copied(index, next));
        }
    });
    let is_copyable = |id: &BlockId| {
        let block = function.blocks.get(id.0);
        block.is_some_and(|block| block.statements.len() <= MOST_STATEMENTS)
    };
    for place in kept_conditions(function) {
        let end = function
            .blocks
            .get(place.index)
            .map(|block| &block.terminator);
        if let Some(Terminator::Goto(next)) = end
            && is_copyable(next)
        {
            found.extend([true, false].map(|holds| Candidate::AskedAndCopied(place, holds)));
        }
        found.push(Candidate::Asked(place));
    }
    found
}

/// Whether a copy of a block may pay although it is not in a loop.
fn is_short(flow: &Flow<'_>, id: BlockId) -> bool {
    flow.block(id)
        .is_some_and(|block| block.statements.len() <= 1)
}

/// Whether a question is answered on a way, a block or two further.
fn answers<'a>(flow: &Flow<'a>, id: BlockId, mut state: State<'a>, far: usize) -> bool {
    let Some(block) = flow
        .block(id)
        .filter(|block| block.statements.len() <= MOST_STATEMENTS)
    else {
        return false;
    };
    flow.statements(block, &mut state);
    if answer(flow, &block.terminator, &state).is_some() {
        return true;
    }
    far > 0
        && flow
            .ways_on(&block.terminator, &state)
            .into_iter()
            .any(|way| answers(flow, way.next, way.state, far - 1))
}

/// With a copy of what block `next` does at the end of block `index`.
fn copied(mut function: Function, index: usize, next: BlockId) -> Option<Function> {
    let tail = function.blocks.get(next.0)?.clone();
    if tail.statements.len() > MOST_STATEMENTS {
        return None;
    }
    let block = function.blocks.get_mut(index)?;
    block.statements.extend(tail.statements);
    block.terminator = tail.terminator;
    block.position = tail.position;
    Some(function)
}

/// Conditions that a local holds until it is asked.
fn kept_conditions(function: &Function) -> Vec<Asked> {
    let mut asked = LocalSet::empty(function.locals.len());
    for block in &function.blocks {
        if let Terminator::If(Expr::Local(local), ..) = &block.terminator {
            asked.insert(*local);
        }
    }
    let mut found = Vec::new();
    for (index, block) in function.blocks.iter().enumerate() {
        for (at, (statement, _)) in block.statements.iter().enumerate() {
            if let Statement::Set(local, Expr::Compare(..)) = statement
                && block.statements.len() - at <= MOST_STATEMENTS
                && asked.contains(*local)
            {
                let local = *local;
                found.push(Asked { index, at, local });
            }
        }
    }
    found
}

/// `b = c; …` as `if c { b = true; … } else { b = false; … }`, the new blocks at the end, that for `true` first.
fn asked(function: &Function, place: Asked) -> Option<Function> {
    let Asked { index, at, local } = place;
    let mut function = function.clone();
    let (yes, no) = (
        BlockId(function.blocks.len()),
        BlockId(function.blocks.len() + 1),
    );
    let block = function.blocks.get_mut(index)?;
    let rest = block.statements.split_off(at + 1);
    let (Statement::Set(_, condition), position) = block.statements.pop()? else {
        return None;
    };
    let terminator = std::mem::replace(&mut block.terminator, Terminator::If(condition, yes, no));
    let way = |holds: bool| {
        let known = Statement::Set(local, Expr::Const(Type::Bool, holds.into()));
        let mut statements = vec![(known, position)];
        statements.extend(rest.iter().cloned());
        Block {
            statements,
            terminator: terminator.clone(),
            position: block.position,
        }
    };
    let ways = [way(true), way(false)];
    function.blocks.extend(ways);
    Some(function)
}
