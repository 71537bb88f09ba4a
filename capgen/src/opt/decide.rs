//! Decisions that the ways to them have taken already.
//!
//! Which values locals can have is followed along the branches: behind `i < n` an `i` is less than every
//! `n` can be, and behind `at + length <= end` that sum is a `usize`. What a branch asks that is known then is not
//! asked. This is what makes the tests of `usize` arithmetic cheap.

use std::collections::{BTreeMap, BTreeSet};

use super::effects::is_droppable;
use crate::codegen::interval::{Interval, Ranges};
use crate::ir::dataflow::LocalSet;
use crate::ir::{
    BinaryOp, Block, BlockId, Callee, CompareOp, Expr, Function, FunctionId, LONGEST_ARRAY,
    LocalId, Program, Statement, Terminator, Type, UnaryOp,
};

/// So often the head of a loop is looked at before bounds that still grow are let go.
const EXACT_VISITS: u32 = 3;
/// And so often any block.
const MOST_VISITS: u32 = 60;

/// So often all blocks are looked at again then.
const NARROWING: u32 = 24;

/// What is known at one place.
#[derive(Clone)]
struct State<'a> {
    ranges: Ranges<'a>,
    /// Pairs of `usize` locals whose sum is a `usize`.
    sums: BTreeSet<(LocalId, LocalId)>,
}

impl State<'_> {
    fn is(&self, other: &Self) -> bool {
        self.ranges.locals() == other.ranges.locals() && self.sums == other.sums
    }
}

/// What is known of functions beside their types.
#[derive(Default)]
struct Facts {
    /// By function and parameter.
    parameters: Vec<Vec<Option<Interval>>>,
    results: Vec<Option<Interval>>,
}

/// Decides what is known in one function, whatever it is called with; whether anything was.
pub(super) fn decide(program: &Program, function: &mut Function) -> bool {
    let asks = |block: &Block| matches!(block.terminator, Terminator::If(..));
    if !function.blocks.iter().any(asks) {
        return false;
    }
    let decided = Flow::of(program, function, &[], &Facts::default()).decided();
    apply(function, &decided)
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
        let is_number = function.result.as_ref().is_some_and(has_range);
        if is_number && function.entry.is_none() {
            let result = Flow::of(program, function, &[], &facts).result();
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
        let flow = Flow::of(program, function, &known, &facts);
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

fn apply(function: &mut Function, decided: &[(usize, BlockId)]) -> bool {
    for (index, target) in decided {
        if let Some(block) = function.blocks.get_mut(*index) {
            block.terminator = Terminator::Goto(*target);
        }
    }
    !decided.is_empty()
}

/// What is known where each block of a function begins.
struct Flow<'a> {
    program: &'a Program,
    function: &'a Function,
    results: &'a [Option<Interval>],
    /// Nothing of blocks that no way leads to.
    known: Vec<Option<State<'a>>>,
}

impl<'a> Flow<'a> {
    fn of(
        program: &'a Program,
        function: &'a Function,
        parameters: &[Option<Interval>],
        facts: &'a Facts,
    ) -> Self {
        let mut flow = Self {
            program,
            function,
            results: &facts.results,
            known: Vec::new(),
        };
        flow.known = flow.run(parameters);
        flow
    }

    /// The branches that are taken already, and where they go.
    fn decided(&self) -> Vec<(usize, BlockId)> {
        let mut found = Vec::new();
        self.each_end(&mut |index, block, state| {
            if let Terminator::If(condition, yes, no) = &block.terminator
                && let Some(holds) = self.holds(condition, state)
            {
                found.push((index, if holds { *yes } else { *no }));
            }
        });
        found
    }

    /// What the function gives, if it comes back.
    fn result(&self) -> Option<Interval> {
        let mut found: Option<Interval> = None;
        self.each_end(&mut |_, block, state| {
            if let Terminator::Return(Some(value)) = &block.terminator {
                let range = self.range(value, state);
                found = Some(found.map_or(range, |found| found.join(range)));
            }
        });
        found
    }

    /// What functions are called with.
    fn arguments(&self, call: &mut dyn FnMut(FunctionId, Vec<Interval>)) {
        let mut look = |expr: &Expr, state: &State<'_>| {
            expr.walk(&mut |expr| {
                if let Expr::Call(Callee::Function(id), arguments, _) = expr {
                    let ranges = arguments.iter().map(|argument| self.range(argument, state));
                    call(*id, ranges.collect());
                }
            });
        };
        for (block, state) in self.function.blocks.iter().zip(&self.known) {
            let Some(mut state) = state.clone() else {
                continue;
            };
            for (statement, _) in &block.statements {
                statement.expressions().for_each(|expr| look(expr, &state));
                self.statement(statement, &mut state);
            }
            if let Some(expr) = block.terminator.expression() {
                look(expr, &state);
            }
        }
    }

    fn each_end(&self, look: &mut dyn FnMut(usize, &Block, &State<'_>)) {
        for (index, (block, state)) in self.function.blocks.iter().zip(&self.known).enumerate() {
            if let Some(mut state) = state.clone() {
                self.statements(block, &mut state);
                look(index, block, &state);
            }
        }
    }

    fn run(&self, parameters: &[Option<Interval>]) -> Vec<Option<State<'a>>> {
        let count = self.function.blocks.len();
        let mut known: Vec<Option<State<'a>>> = vec![None; count];
        let mut visits = vec![0u32; count];
        let nothing = vec![None; self.function.locals.len()];
        let mut start = State {
            ranges: Ranges::at(self.program, self.function, nothing, self.results),
            sums: BTreeSet::new(),
        };
        for (index, parameter) in self.function.parameters.iter().enumerate() {
            let known = parameters.get(index).copied().flatten();
            self.set(&mut start, *parameter, known);
        }
        let heads = heads(self.function);
        let all = LocalSet::full(self.function.locals.len());
        let mut work = vec![(BlockId(0), start.clone())];
        while let Some((id, state)) = work.pop() {
            let (Some(slot), Some(block)) = (known.get_mut(id.0), self.function.blocks.get(id.0))
            else {
                continue;
            };
            let visit = &mut visits[id.0];
            let widened = match heads.get(&id) {
                _ if *visit >= MOST_VISITS => Some(&all),
                Some(assigned) if *visit >= EXACT_VISITS => Some(assigned),
                _ => None,
            };
            let state = match slot {
                None => state,
                Some(old) => {
                    let joined = self.join(old, &state, widened);
                    if joined.is(old) {
                        continue;
                    }
                    joined
                }
            };
            *visit += 1;
            *slot = Some(state.clone());
            work.extend(self.ways(block, state));
        }
        for _ in 0..NARROWING {
            let again = self.again(&known, &start);
            let is_same = again.iter().zip(&known).all(|pair| match pair {
                (Some(new), Some(old)) => new.is(old),
                (new, old) => new.is_none() && old.is_none(),
            });
            known = again;
            if is_same {
                break;
            }
        }
        known
    }

    /// Every block once more from what is known at the ends of those before it: what was let go for good
    /// measure comes back where it is not needed.
    fn again(&self, known: &[Option<State<'a>>], start: &State<'a>) -> Vec<Option<State<'a>>> {
        let mut found = vec![None; known.len()];
        let ways = self
            .function
            .blocks
            .iter()
            .zip(known)
            .filter_map(|(block, state)| Some(self.ways(block, state.clone()?)));
        for (next, state) in std::iter::once((BlockId(0), start.clone())).chain(ways.flatten()) {
            if let Some(slot) = found.get_mut(next.0) {
                *slot = Some(match slot.take() {
                    None => state,
                    Some(old) => self.join(&old, &state, None),
                });
            }
        }
        found
    }

    /// Where a block leads, and what is known there.
    fn ways(&self, block: &Block, mut state: State<'a>) -> Vec<(BlockId, State<'a>)> {
        self.statements(block, &mut state);
        match &block.terminator {
            Terminator::Goto(next) => vec![(*next, state)],
            Terminator::If(condition, yes, no) => {
                let way = |(next, sense): (BlockId, bool)| {
                    let mut state = state.clone();
                    let can_be = self.assume(condition, sense, &mut state);
                    can_be.then_some((next, state))
                };
                [(*no, false), (*yes, true)]
                    .into_iter()
                    .filter_map(way)
                    .collect()
            }
            Terminator::Switch(_, cases, default) => {
                let nexts = cases.iter().map(|(_, next)| next).chain([default]);
                nexts.map(|next| (*next, state.clone())).collect()
            }
            Terminator::Return(_) | Terminator::Throw(_) | Terminator::Unreachable => Vec::new(),
        }
    }

    fn join(&self, old: &State<'a>, new: &State<'a>, widened: Option<&LocalSet>) -> State<'a> {
        let pair = |(index, (old, new)): (usize, (&Option<Interval>, &Option<Interval>))| {
            let (Some(old), Some(new)) = (old, new) else {
                return old.or(*new);
            };
            let both = old.join(*new);
            if both == *old || widened.is_none_or(|widened| !widened.contains(LocalId(index))) {
                return Some(both);
            }
            let all = self.type_range(LocalId(index));
            let low = if both.low < old.low {
                all.low
            } else {
                both.low
            };
            let high = if both.high > old.high {
                all.high
            } else {
                both.high
            };
            Some(Interval::new(low, high))
        };
        let locals = old.ranges.locals().iter().zip(new.ranges.locals());
        let locals = locals.enumerate().map(pair).collect();
        State {
            ranges: Ranges::at(self.program, self.function, locals, self.results),
            sums: old.sums.intersection(&new.sums).copied().collect(),
        }
    }

    fn type_range(&self, local: LocalId) -> Interval {
        Interval::of_type(self.function.local_type(local))
    }

    fn set(&self, state: &mut State<'_>, local: LocalId, value: Option<Interval>) {
        let all = self.type_range(local);
        state.sums.retain(|(a, b)| *a != local && *b != local);
        let value = value.filter(|value| value.within(all));
        state.ranges.set(local, value.unwrap_or(all));
    }

    fn statements(&self, block: &Block, state: &mut State<'_>) {
        for (statement, _) in &block.statements {
            self.statement(statement, state);
        }
    }

    fn statement(&self, statement: &Statement, state: &mut State<'_>) {
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

    fn range(&self, expr: &Expr, state: &State<'_>) -> Interval {
        let all = state.ranges.range(expr);
        match expr {
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
    fn holds(&self, condition: &Expr, state: &State<'_>) -> Option<bool> {
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
            _ => None,
        }
    }

    /// Adds what a condition says; whether that can be.
    fn assume(&self, condition: &Expr, sense: bool, state: &mut State<'_>) -> bool {
        match condition {
            Expr::Unary(UnaryOp::Not, Type::Bool, inner) => self.assume(inner, !sense, state),
            Expr::Compare(op, ty, left, right) if !ty.is_reference() && *ty != Type::Int => {
                let op = if sense { *op } else { op.negated() };
                let (a, b) = (self.range(left, state), self.range(right, state));
                let (for_left, for_right) = match op {
                    CompareOp::Lt => (
                        Interval::new(a.low, a.high.min(b.high - 1)),
                        Interval::new(b.low.max(a.low + 1), b.high),
                    ),
                    CompareOp::Le => (
                        Interval::new(a.low, a.high.min(b.high)),
                        Interval::new(b.low.max(a.low), b.high),
                    ),
                    CompareOp::Gt => (
                        Interval::new(a.low.max(b.low + 1), a.high),
                        Interval::new(b.low, b.high.min(a.high - 1)),
                    ),
                    CompareOp::Ge => (
                        Interval::new(a.low.max(b.low), a.high),
                        Interval::new(b.low, b.high.min(a.high)),
                    ),
                    CompareOp::Eq => {
                        let both = Interval::new(a.low.max(b.low), a.high.min(b.high));
                        (both, both)
                    }
                    CompareOp::Ne => (without(a, b), without(b, a)),
                };
                if for_left.low > for_left.high || for_right.low > for_right.high {
                    return false;
                }
                self.narrow(left, for_left, state);
                self.narrow(right, for_right, state);
                if let Some(pair) = sum_below(op, ty, left, right) {
                    state.sums.insert(pair);
                }
                true
            }
            _ => true,
        }
    }

    /// An expression's value is in an interval.
    fn narrow(&self, expr: &Expr, to: Interval, state: &mut State<'_>) {
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
fn has_range(ty: &Type) -> bool {
    !ty.is_reference() && *ty != Type::Int
}

/// The blocks that loops begin with, and what is assigned in each loop: only that grows by going round.
fn heads(function: &Function) -> BTreeMap<BlockId, LocalSet> {
    let count = function.blocks.len();
    let mut before: Vec<Vec<usize>> = vec![Vec::new(); count];
    let mut ends: Vec<(usize, BlockId)> = Vec::new();
    // Depth first; what is under way is `Some(true)`.
    let mut seen: Vec<Option<bool>> = vec![None; count];
    let mut work = vec![(0usize, false)];
    while let Some((index, done)) = work.pop() {
        if done {
            seen[index] = Some(false);
            continue;
        }
        if seen[index].is_some() {
            continue;
        }
        seen[index] = Some(true);
        work.push((index, true));
        for next in function.blocks[index].terminator.successors() {
            before[next.0].push(index);
            match seen[next.0] {
                Some(true) => ends.push((index, next)),
                Some(false) => {}
                None => work.push((next.0, false)),
            }
        }
    }
    let mut heads = BTreeMap::new();
    for (end, head) in ends {
        let assigned = heads
            .entry(head)
            .or_insert_with(|| LocalSet::empty(function.locals.len()));
        let mut inside = vec![false; count];
        inside[head.0] = true;
        let mut work = vec![end, head.0];
        while let Some(index) = work.pop() {
            for (statement, _) in &function.blocks[index].statements {
                if let Statement::Set(local, _) = statement {
                    assigned.insert(*local);
                }
            }
            if index == head.0 {
                continue;
            }
            for previous in &before[index] {
                if !std::mem::replace(&mut inside[*previous], true) {
                    work.push(*previous);
                }
            }
        }
    }
    heads
}

/// `a` without the one number that `b` is, if that is at an end.
fn without(a: Interval, b: Interval) -> Interval {
    match b.low == b.high {
        true if a.low == b.low => Interval::new(a.low + 1, a.high),
        true if a.high == b.low => Interval::new(a.low, a.high - 1),
        _ => a,
    }
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
