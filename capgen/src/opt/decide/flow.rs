//! What is known along the ways through a function.

use std::cell::OnceCell;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use super::facts::State;
use crate::codegen::interval::{Interval, Ranges};
use crate::ir::dataflow::LocalSet;
use crate::ir::{
    Block, BlockId, Callee, Expr, Function, FunctionId, LocalId, Program, Statement, Terminator,
};

/// So often the head of a loop is looked at before bounds that still grow are let go.
const EXACT_VISITS: u32 = 3;
/// And so often any block.
const MOST_VISITS: u32 = 60;

/// So often all blocks are looked at again then.
const NARROWING: u32 = 24;

/// What is known where each block of a function begins.
pub(in crate::opt) struct Flow<'a> {
    pub(in crate::opt) program: &'a Program,
    pub(in crate::opt) function: &'a Function,
    pub(super) results: &'a [Option<Interval>],
    shape: Shape,
    /// Nothing of blocks that no way leads to.
    known: Vec<Option<State<'a>>>,
    /// The same where each block ends, once asked for.
    ends: OnceCell<Vec<Option<State<'a>>>>,
}

/// One way on from the end of a block.
pub(in crate::opt) struct Way<'a> {
    /// Its place among the successors of the terminator.
    pub(in crate::opt) slot: usize,
    pub(in crate::opt) next: BlockId,
    /// What is known on it.
    pub(in crate::opt) state: State<'a>,
}

impl<'a> Flow<'a> {
    /// Of one function by itself, whatever it is called with.
    pub(in crate::opt) fn alone(program: &'a Program, function: &'a Function) -> Self {
        Self::of(program, function, &[], &[])
    }

    pub(super) fn of(
        program: &'a Program,
        function: &'a Function,
        parameters: &[Option<Interval>],
        results: &'a [Option<Interval>],
    ) -> Self {
        let mut flow = Self {
            program,
            function,
            results,
            shape: Shape::of(function),
            known: Vec::new(),
            ends: OnceCell::new(),
        };
        flow.known = flow.run(parameters);
        flow
    }

    /// A block of the function.
    pub(in crate::opt) fn block(&self, id: BlockId) -> Option<&'a Block> {
        self.function.blocks.get(id.0)
    }

    /// Whether a block is in a loop.
    pub(in crate::opt) fn goes_round(&self, index: usize) -> bool {
        self.shape.looped.get(index).copied().unwrap_or(false)
    }

    /// The branches that are taken already, and where they go.
    pub(in crate::opt) fn decided(&self) -> Vec<(usize, BlockId)> {
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
    pub(super) fn result(&self) -> Option<Interval> {
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
    pub(super) fn arguments(&self, call: &mut dyn FnMut(FunctionId, Vec<Interval>)) {
        for index in 0..self.known.len() {
            self.expressions(BlockId(index), &mut |expr, state| {
                if let Expr::Call(Callee::Function(id), arguments, _) = expr {
                    let ranges = arguments.iter().map(|argument| self.range(argument, state));
                    call(*id, ranges.collect());
                }
            });
        }
    }

    /// What is known where each expression of a block is evaluated.
    pub(in crate::opt) fn expressions(
        &self,
        id: BlockId,
        look: &mut dyn FnMut(&'a Expr, &State<'a>),
    ) {
        let state = self.known.get(id.0).cloned().flatten();
        let (Some(block), Some(mut state)) = (self.block(id), state) else {
            return;
        };
        for (statement, _) in &block.statements {
            for expr in statement.expressions() {
                expr.walk(&mut |expr| look(expr, &state));
            }
            self.statement(statement, &mut state);
        }
        if let Some(expr) = block.terminator.expression() {
            expr.walk(&mut |expr| look(expr, &state));
        }
    }

    /// What is known at the end of each block.
    pub(in crate::opt) fn each_end(&self, look: &mut dyn FnMut(usize, &Block, &State<'a>)) {
        let ends = self.ends.get_or_init(|| {
            let blocks = self.function.blocks.iter().zip(&self.known);
            let ends = blocks.map(|(block, state)| {
                let mut state = state.clone()?;
                self.statements(block, &mut state);
                Some(state)
            });
            ends.collect()
        });
        for (index, (block, state)) in self.function.blocks.iter().zip(ends).enumerate() {
            if let Some(state) = state {
                look(index, block, state);
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
        let Shape { heads, ranks, .. } = &self.shape;
        let mut is_exact = true;
        let all = LocalSet::full(self.function.locals.len());
        // By rank, so that a block is looked at when all ways to it are known, but for those of loops.
        let mut work = BTreeMap::from([(ranks[0], (BlockId(0), start.clone()))]);
        while let Some((_, (id, state))) = work.pop_first() {
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
            is_exact &= widened.is_none();
            *visit += 1;
            *slot = Some(state.clone());
            for Way { next, state, .. } in self.ways(block, state) {
                match work.entry(ranks[next.0]) {
                    Entry::Vacant(slot) => {
                        slot.insert((next, state));
                    }
                    Entry::Occupied(mut slot) => {
                        let (_, known) = slot.get_mut();
                        *known = self.join(known, &state, None);
                    }
                }
            }
        }
        if !is_exact {
            self.narrow_again(&mut known, &start);
        }
        known
    }

    /// Every block again and again from what is known at the ends of those before it: what was let go for good
    /// measure comes back where it is not needed. After the first time only what follows a change is looked at.
    fn narrow_again(&self, known: &mut [Option<State<'a>>], start: &State<'a>) {
        let blocks = &self.function.blocks;
        let ways_of = |index: usize, known: &[Option<State<'a>>]| {
            let state = known[index].clone();
            state.map_or_else(Vec::new, |state| self.ways(&blocks[index], state))
        };
        let mut ways: Vec<Vec<Way<'a>>> = (0..blocks.len())
            .map(|index| ways_of(index, known))
            .collect();
        let mut wanted = vec![true; blocks.len()];
        for _ in 0..NARROWING {
            let mut found: Vec<(usize, Option<State<'a>>)> = Vec::new();
            for index in (0..blocks.len()).filter(|index| wanted[*index]) {
                let mut state = (index == 0).then(|| start.clone());
                let before = self.shape.before[index].iter();
                for way in before.flat_map(|before| &ways[*before]) {
                    if way.next.0 == index {
                        state = Some(match state {
                            None => way.state.clone(),
                            Some(old) => self.join(&old, &way.state, None),
                        });
                    }
                }
                let is_same = match (&state, &known[index]) {
                    (Some(new), Some(old)) => new.is(old),
                    (new, old) => new.is_none() && old.is_none(),
                };
                if !is_same {
                    found.push((index, state));
                }
            }
            if found.is_empty() {
                return;
            }
            wanted.fill(false);
            let changed: Vec<usize> = found.iter().map(|(index, _)| *index).collect();
            for (index, state) in found {
                known[index] = state;
            }
            for index in changed {
                ways[index] = ways_of(index, known);
                for next in blocks[index].terminator.successors() {
                    wanted[next.0] = true;
                }
            }
        }
    }

    /// Where a block leads, and what is known there, from what is known where it begins.
    fn ways(&self, block: &Block, mut state: State<'a>) -> Vec<Way<'a>> {
        self.statements(block, &mut state);
        self.ways_from(&block.terminator, state)
    }

    /// Where a terminator leads that can be come to with this.
    pub(in crate::opt) fn ways_on(
        &self,
        terminator: &Terminator,
        known: &State<'a>,
    ) -> Vec<Way<'a>> {
        self.ways_from(terminator, known.clone())
    }

    fn ways_from(&self, terminator: &Terminator, known: State<'a>) -> Vec<Way<'a>> {
        let mut found = Vec::new();
        let mut successors = terminator.successors().enumerate().peekable();
        // The last way takes what is known along.
        let mut left = Some(known);
        while let Some((slot, next)) = successors.next() {
            let state = match successors.peek() {
                Some(_) => left.clone(),
                None => left.take(),
            };
            let Some(mut state) = state else { break };
            let can_be = match terminator {
                Terminator::If(condition, ..) => self.assume(condition, slot == 0, &mut state),
                Terminator::Switch(key, cases, _) => {
                    if let Some((value, _)) = cases.get(slot) {
                        self.narrow(key, Interval::new(*value, *value), &mut state);
                    }
                    true
                }
                _ => true,
            };
            if can_be {
                found.push(Way { slot, next, state });
            }
        }
        found
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
}

/// The order of the blocks, and the loops.
struct Shape {
    /// The blocks that loops begin with, and what is assigned in each loop: only that grows by going round.
    heads: BTreeMap<BlockId, LocalSet>,
    /// By block: those before it have lower ranks, but for those that lead back to the head of a loop.
    ranks: Vec<usize>,
    /// By block: whether it is in a loop.
    looped: Vec<bool>,
    /// By block: those that lead to it, each once.
    before: Vec<Vec<usize>>,
}

impl Shape {
    fn of(function: &Function) -> Self {
        let count = function.blocks.len();
        let mut before: Vec<Vec<usize>> = vec![Vec::new(); count];
        let mut ends: Vec<(usize, BlockId)> = Vec::new();
        let mut ranks = vec![0; count];
        let mut left = count;
        // Depth first; what is under way is `Some(true)`.
        let mut seen: Vec<Option<bool>> = vec![None; count];
        let mut work = vec![(0usize, false)];
        while let Some((index, done)) = work.pop() {
            if done {
                seen[index] = Some(false);
                left -= 1;
                ranks[index] = left;
                continue;
            }
            if seen[index].is_some() {
                continue;
            }
            seen[index] = Some(true);
            work.push((index, true));
            for next in function.blocks[index].terminator.successors() {
                if before[next.0].last() != Some(&index) {
                    before[next.0].push(index);
                }
                match seen[next.0] {
                    Some(true) => ends.push((index, next)),
                    Some(false) => {}
                    None => work.push((next.0, false)),
                }
            }
        }
        let mut looped = vec![false; count];
        let mut heads = BTreeMap::new();
        for (end, head) in ends {
            let assigned = heads
                .entry(head)
                .or_insert_with(|| LocalSet::empty(function.locals.len()));
            let mut inside = vec![false; count];
            inside[head.0] = true;
            let mut work = vec![end, head.0];
            while let Some(index) = work.pop() {
                looped[index] = true;
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
        Self {
            heads,
            ranks,
            looped,
            before,
        }
    }
}
