//! Liveness and definite assignment of locals, by blocks.

use super::{BlockId, Expr, Function, LocalId, Statement};

/// So many locals are in the words that a set holds itself.
const OWN_WORDS: usize = 3;

/// A set of locals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalSet {
    /// The first locals: most functions have no more, and their sets are copied without memory of their own.
    own: [u64; OWN_WORDS],
    rest: Vec<u64>,
}

impl LocalSet {
    fn filled(count: usize, word: u64) -> Self {
        let mut own = [0; OWN_WORDS];
        let words = count.div_ceil(64);
        own.iter_mut().take(words).for_each(|own| *own = word);
        Self {
            own,
            rest: vec![word; words.saturating_sub(OWN_WORDS)],
        }
    }

    /// No local of a function with `count` locals.
    #[must_use]
    pub fn empty(count: usize) -> Self {
        Self::filled(count, 0)
    }

    /// All locals of a function with `count` locals (and perhaps some numbers above).
    #[must_use]
    pub fn full(count: usize) -> Self {
        Self::filled(count, u64::MAX)
    }

    fn words(&self) -> impl Iterator<Item = &u64> {
        self.own.iter().chain(&self.rest)
    }

    fn word(&self, index: usize) -> Option<&u64> {
        match index.checked_sub(OWN_WORDS) {
            None => self.own.get(index),
            Some(index) => self.rest.get(index),
        }
    }

    fn word_mut(&mut self, index: usize) -> Option<&mut u64> {
        match index.checked_sub(OWN_WORDS) {
            None => self.own.get_mut(index),
            Some(index) => self.rest.get_mut(index),
        }
    }

    fn with_each(&mut self, other: &LocalSet, change: impl Fn(&mut u64, u64)) {
        for (word, other) in self.own.iter_mut().zip(other.own) {
            change(word, other);
        }
        for (word, other) in self.rest.iter_mut().zip(&other.rest) {
            change(word, *other);
        }
    }

    /// Adds a local; whether it was not there.
    pub fn insert(&mut self, local: LocalId) -> bool {
        let Some(word) = self.word_mut(local.0 / 64) else {
            return false;
        };
        let old = *word;
        *word |= 1 << (local.0 % 64);
        *word != old
    }

    /// Takes a local out.
    pub fn remove(&mut self, local: LocalId) {
        if let Some(word) = self.word_mut(local.0 / 64) {
            *word &= !(1 << (local.0 % 64));
        }
    }

    /// Whether a local is in it.
    #[must_use]
    pub fn contains(&self, local: LocalId) -> bool {
        self.word(local.0 / 64)
            .is_some_and(|word| word & (1 << (local.0 % 64)) != 0)
    }

    /// Adds all of another set.
    pub fn add_all(&mut self, other: &LocalSet) {
        self.with_each(other, |word, other| *word |= other);
    }

    /// Takes all of another set out.
    pub fn remove_all(&mut self, other: &LocalSet) {
        self.with_each(other, |word, other| *word &= !other);
    }

    /// Keeps only what is in another set.
    pub fn keep_only(&mut self, other: &LocalSet) {
        self.with_each(other, |word, other| *word &= other);
    }

    /// Whether all of it is in another set.
    #[must_use]
    pub fn is_within(&self, other: &LocalSet) -> bool {
        let mut pairs = self.words().zip(other.words());
        pairs.all(|(word, other)| word & !other == 0)
    }

    /// Its members, ascending.
    pub fn iter(&self) -> impl Iterator<Item = LocalId> {
        self.words().enumerate().flat_map(|(index, word)| {
            let mut left = *word;
            std::iter::from_fn(move || {
                let bit = usize::try_from(left.trailing_zeros()).ok()?;
                if left == 0 {
                    return None;
                }
                left &= left - 1;
                Some(LocalId(index * 64 + bit))
            })
        })
    }
}

/// By block, at most one block that may follow it beside those of its terminator; none of blocks beyond the end.
pub type Extra = [Option<BlockId>];

/// Where control goes.
struct Edges {
    /// By block: where its successors begin in `successors`; one more for the end.
    starts: Vec<usize>,
    successors: Vec<usize>,
    /// All blocks, each behind those that it leads to, but for what leads back in a loop.
    order: Vec<usize>,
    /// By block, its place in the order.
    places: Vec<usize>,
}

impl Edges {
    fn of(function: &Function, extra: &Extra) -> Self {
        let count = function.blocks.len();
        let mut edges = Self {
            starts: Vec::with_capacity(count + 1),
            successors: Vec::with_capacity(2 * count),
            order: Vec::with_capacity(count),
            places: vec![0; count],
        };
        edges.starts.push(0);
        for (index, block) in function.blocks.iter().enumerate() {
            let more = extra.get(index).copied().flatten();
            let next = block.terminator.successors().chain(more);
            edges.successors.extend(next.map(|next| next.0));
            edges.starts.push(edges.successors.len());
        }
        let mut seen = vec![false; count];
        // Depth first; what is never reached comes last. With each block goes how many of its successors were visited.
        let mut work: Vec<(usize, usize)> = Vec::new();
        for root in 0..count {
            if seen[root] {
                continue;
            }
            seen[root] = true;
            work.push((root, edges.starts[root]));
            while let Some((index, at)) = work.last_mut() {
                if *at == edges.starts[*index + 1] {
                    edges.places[*index] = edges.order.len();
                    edges.order.push(*index);
                    work.pop();
                    continue;
                }
                let next = edges.successors[*at];
                *at += 1;
                if seen.get(next) == Some(&false) {
                    seen[next] = true;
                    work.push((next, edges.starts[next]));
                }
            }
        }
        edges
    }

    fn successors(&self, index: usize) -> &[usize] {
        &self.successors[self.starts[index]..self.starts[index + 1]]
    }

    /// By block, whether one that comes earlier in the order leads to it, or it to itself: then what changes at it
    /// changes again what was passed.
    fn are_led_back_to(&self) -> Vec<bool> {
        let mut found = vec![false; self.places.len()];
        for index in 0..self.places.len() {
            for next in self.successors(index) {
                if let Some(slot) = found.get_mut(*next) {
                    *slot |= self.places[*next] >= self.places[index];
                }
            }
        }
        found
    }

    /// By block, whether it leads to one that comes later in the order, or to itself.
    fn lead_back(&self) -> Vec<bool> {
        let back = |index: usize| {
            let mut next = self.successors(index).iter();
            next.any(|next| self.places.get(*next) >= self.places.get(index))
        };
        (0..self.places.len()).map(back).collect()
    }
}

/// For each block the locals that are live where it begins, given extra edges beside those of the
/// terminators.
#[must_use]
pub fn live_in(function: &Function, extra: &Extra) -> Vec<LocalSet> {
    let count = function.locals.len();
    // A block reads some locals before it sets them, and keeps alive what it does not set.
    let blocks: Vec<(LocalSet, LocalSet)> = (0..function.blocks.len())
        .map(|index| {
            let mut reads = LocalSet::empty(count);
            let mut sets = LocalSet::empty(count);
            step_terminator(function, BlockId(index), &mut reads);
            let statements = function.blocks.get(index).map(|block| &block.statements);
            for (statement, _) in statements.into_iter().flatten().rev() {
                if let Statement::Set(local, _) = statement {
                    sets.insert(*local);
                }
                step_statement(statement, &mut reads);
            }
            (reads, sets)
        })
        .collect();
    let edges = Edges::of(function, extra);
    let goes_round = edges.are_led_back_to();
    let mut live: Vec<LocalSet> = blocks.iter().map(|(reads, _)| reads.clone()).collect();
    let mut changed = true;
    while changed {
        changed = false;
        for &index in &edges.order {
            let mut set = LocalSet::empty(count);
            for next in edges.successors(index) {
                if let Some(next) = live.get(*next) {
                    set.add_all(next);
                }
            }
            let (reads, sets) = &blocks[index];
            set.remove_all(sets);
            set.add_all(reads);
            if live[index] != set {
                live[index] = set;
                changed |= goes_round[index];
            }
        }
    }
    live
}

/// The locals that are live where a block ends, from those live where blocks begin.
#[must_use]
pub fn live_out(
    function: &Function,
    live_in: &[LocalSet],
    block: BlockId,
    extra: &Extra,
) -> LocalSet {
    let mut set = LocalSet::empty(function.locals.len());
    let terminator = function.blocks.get(block.0).map(|block| &block.terminator);
    let successors = terminator.into_iter().flat_map(|end| end.successors());
    for next in successors.chain(extra.get(block.0).copied().flatten()) {
        if let Some(next) = live_in.get(next.0) {
            set.add_all(next);
        }
    }
    set
}

/// Goes backwards over a block's terminator.
pub fn step_terminator(function: &Function, block: BlockId, live: &mut LocalSet) {
    if let Some(expr) = function
        .blocks
        .get(block.0)
        .and_then(|block| block.terminator.expression())
    {
        add_reads(expr, live);
    }
}

/// Goes backwards over a statement.
pub fn step_statement(statement: &Statement, live: &mut LocalSet) {
    if let Statement::Set(local, _) = statement {
        live.remove(*local);
    }
    for expr in statement.expressions() {
        add_reads(expr, live);
    }
}

fn add_reads(expr: &Expr, live: &mut LocalSet) {
    expr.walk(&mut |expr| {
        if let Expr::Local(local) = expr {
            live.insert(*local);
        }
    });
}

/// Keeps for each block what all ways to it leave; `out` tells what is left behind a block, nothing of one that no way
/// leads to.
fn keep_on_all_ways(
    edges: &Edges,
    sets: &mut [LocalSet],
    out: impl Fn(usize, &[LocalSet]) -> Option<LocalSet>,
) {
    let leads_back = edges.lead_back();
    let mut changed = true;
    while changed {
        changed = false;
        for &index in edges.order.iter().rev() {
            let Some(out) = out(index, sets) else {
                continue;
            };
            for next in edges.successors(index) {
                if let Some(set) = sets.get_mut(*next)
                    && !set.is_within(&out)
                {
                    set.keep_only(&out);
                    changed |= leads_back[index];
                }
            }
        }
    }
}

/// For each block the locals that have a value on every path to its begin, given extra edges beside those of the
/// terminators. (Blocks that are never reached have all.)
#[must_use]
pub fn assigned_in(function: &Function, extra: &Extra) -> Vec<LocalSet> {
    let count = function.locals.len();
    let mut sets = vec![LocalSet::full(count); function.blocks.len()];
    if let Some(entry) = sets.first_mut() {
        *entry = LocalSet::empty(count);
        for parameter in &function.parameters {
            entry.insert(*parameter);
        }
    }
    let edges = Edges::of(function, extra);
    keep_on_all_ways(&edges, &mut sets, |index, sets| {
        Some(assigned_out(function, sets, BlockId(index)))
    });
    sets
}

/// The locals that have a value where a block ends.
#[must_use]
pub fn assigned_out(function: &Function, assigned_in: &[LocalSet], block: BlockId) -> LocalSet {
    let mut set = assigned_in
        .get(block.0)
        .cloned()
        .unwrap_or_else(|| LocalSet::empty(function.locals.len()));
    if let Some(block) = function.blocks.get(block.0) {
        for (statement, _) in &block.statements {
            if let Statement::Set(local, _) = statement {
                set.insert(*local);
            }
        }
    }
    set
}

/// Locals that are assigned once, as copies.
#[derive(Debug)]
pub struct Copies {
    /// By local: what it is a copy of.
    sources: Vec<Option<LocalId>>,
    /// By local: its copies.
    copies: Vec<Vec<LocalId>>,
}

impl Copies {
    /// Those that `sources` names by local.
    #[must_use]
    pub fn of(sources: Vec<Option<LocalId>>) -> Self {
        let mut copies = vec![Vec::new(); sources.len()];
        for (index, source) in sources.iter().enumerate() {
            if let Some(copies) = source.and_then(|source| copies.get_mut(source.0)) {
                copies.push(LocalId(index));
            }
        }
        Self { sources, copies }
    }

    /// What a local is a copy of.
    #[must_use]
    pub fn source(&self, local: LocalId) -> Option<LocalId> {
        self.sources.get(local.0).copied().flatten()
    }

    /// What is left of unchanged copies behind a statement.
    pub fn step(&self, statement: &Statement, unchanged: &mut LocalSet) {
        let Statement::Set(set, _) = statement else {
            return;
        };
        for copy in self.copies.get(set.0).into_iter().flatten() {
            unchanged.remove(*copy);
        }
        if self.source(*set).is_some() {
            unchanged.insert(*set);
        }
    }

    /// For each block the copies that, on every path to its begin, were assigned their source, which has not changed
    /// since.
    #[must_use]
    pub fn unchanged_in(&self, function: &Function) -> Vec<LocalSet> {
        let count = function.locals.len();
        let mut sets = vec![LocalSet::full(count); function.blocks.len()];
        if let Some(entry) = sets.first_mut() {
            *entry = LocalSet::empty(count);
        }
        let reachable = reachable(function);
        let edges = Edges::of(function, &[]);
        keep_on_all_ways(&edges, &mut sets, |index, sets| {
            if !reachable[index] {
                return None;
            }
            let mut out = sets[index].clone();
            for (statement, _) in &function.blocks[index].statements {
                self.step(statement, &mut out);
            }
            Some(out)
        });
        sets
    }
}

/// Which blocks can be reached from the entry.
#[must_use]
pub fn reachable(function: &Function) -> Vec<bool> {
    let mut seen = vec![false; function.blocks.len()];
    let mut work = vec![BlockId(0)];
    while let Some(block) = work.pop() {
        match seen.get_mut(block.0) {
            Some(seen) if !*seen => *seen = true,
            _ => continue,
        }
        if let Some(block) = function.blocks.get(block.0) {
            work.extend(block.terminator.successors());
        }
    }
    seen
}
