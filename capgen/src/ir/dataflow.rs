//! Liveness and definite assignment of locals, by blocks.

use super::{BlockId, Expr, Function, LocalId, Statement};

/// A set of locals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalSet {
    words: Vec<u64>,
}

impl LocalSet {
    /// No local of a function with `count` locals.
    #[must_use]
    pub fn empty(count: usize) -> Self {
        Self {
            words: vec![0; count.div_ceil(64)],
        }
    }

    /// All locals of a function with `count` locals (and perhaps some numbers above).
    #[must_use]
    pub fn full(count: usize) -> Self {
        Self {
            words: vec![u64::MAX; count.div_ceil(64)],
        }
    }

    /// Adds a local; whether it was not there.
    pub fn insert(&mut self, local: LocalId) -> bool {
        let Some(word) = self.words.get_mut(local.0 / 64) else {
            return false;
        };
        let old = *word;
        *word |= 1 << (local.0 % 64);
        *word != old
    }

    /// Takes a local out.
    pub fn remove(&mut self, local: LocalId) {
        if let Some(word) = self.words.get_mut(local.0 / 64) {
            *word &= !(1 << (local.0 % 64));
        }
    }

    /// Whether a local is in it.
    #[must_use]
    pub fn contains(&self, local: LocalId) -> bool {
        self.words
            .get(local.0 / 64)
            .is_some_and(|word| word & (1 << (local.0 % 64)) != 0)
    }

    /// Adds all of another set.
    pub fn add_all(&mut self, other: &LocalSet) {
        for (word, other) in self.words.iter_mut().zip(&other.words) {
            *word |= other;
        }
    }

    /// Takes all out.
    fn clear(&mut self) {
        self.words.fill(0);
    }

    /// Takes all of another set out.
    pub fn remove_all(&mut self, other: &LocalSet) {
        for (word, other) in self.words.iter_mut().zip(&other.words) {
            *word &= !other;
        }
    }

    /// Keeps only what is in another set.
    pub fn keep_only(&mut self, other: &LocalSet) {
        for (word, other) in self.words.iter_mut().zip(&other.words) {
            *word &= other;
        }
    }

    /// Whether all of it is in another set.
    #[must_use]
    pub fn is_within(&self, other: &LocalSet) -> bool {
        self.words
            .iter()
            .zip(&other.words)
            .all(|(word, other)| word & !other == 0)
    }

    /// Its members, ascending.
    pub fn iter(&self) -> impl Iterator<Item = LocalId> {
        self.words.iter().enumerate().flat_map(|(index, word)| {
            (0..64)
                .filter(move |bit| word & (1 << bit) != 0)
                .map(move |bit| LocalId(index * 64 + bit))
        })
    }
}

/// For each block the locals that are live where it begins, given extra edges beside those of the
/// terminators.
#[must_use]
pub fn live_in(function: &Function, extra: &[(BlockId, BlockId)]) -> Vec<LocalSet> {
    let count = function.locals.len();
    let mut set = LocalSet::empty(count);
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
    let mut live: Vec<LocalSet> = blocks.iter().map(|(reads, _)| reads.clone()).collect();
    let mut changed = true;
    while changed {
        changed = false;
        for (index, (reads, sets)) in blocks.iter().enumerate().rev() {
            set.clear();
            add_live_out(function, &live, BlockId(index), extra, &mut set);
            set.remove_all(sets);
            set.add_all(reads);
            if let Some(old) = live.get_mut(index)
                && *old != set
            {
                old.clone_from(&set);
                changed = true;
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
    extra: &[(BlockId, BlockId)],
) -> LocalSet {
    let mut set = LocalSet::empty(function.locals.len());
    add_live_out(function, live_in, block, extra, &mut set);
    set
}

fn add_live_out(
    function: &Function,
    live_in: &[LocalSet],
    block: BlockId,
    extra: &[(BlockId, BlockId)],
    set: &mut LocalSet,
) {
    let successors = function
        .blocks
        .get(block.0)
        .into_iter()
        .flat_map(|block| block.terminator.successors());
    let extra = extra
        .iter()
        .filter(|(from, _)| *from == block)
        .map(|(_, to)| *to);
    for next in successors.chain(extra) {
        if let Some(next) = live_in.get(next.0) {
            set.add_all(next);
        }
    }
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

/// For each block the locals that have a value on every path to its begin, given extra edges beside those of the
/// terminators. (Blocks that are never reached have all.)
#[must_use]
pub fn assigned_in(function: &Function, extra: &[(BlockId, BlockId)]) -> Vec<LocalSet> {
    let count = function.locals.len();
    let mut sets = vec![LocalSet::full(count); function.blocks.len()];
    if let Some(entry) = sets.first_mut() {
        *entry = LocalSet::empty(count);
        for parameter in &function.parameters {
            entry.insert(*parameter);
        }
    }
    let mut changed = true;
    while changed {
        changed = false;
        for (index, block) in function.blocks.iter().enumerate() {
            let out = assigned_out(function, &sets, BlockId(index));
            let extra = extra.iter().filter(|(from, _)| from.0 == index);
            let extra = extra.map(|(_, to)| *to);
            for next in block.terminator.successors().chain(extra) {
                if let Some(set) = sets.get_mut(next.0) {
                    let mut new = set.clone();
                    new.keep_only(&out);
                    if new != *set {
                        *set = new;
                        changed = true;
                    }
                }
            }
        }
    }
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

/// For each block the locals that, on every path to its begin, were assigned what their entry in `sources` names, which
/// has not changed since.
#[must_use]
pub fn unchanged_copies(function: &Function, sources: &[Option<LocalId>]) -> Vec<LocalSet> {
    let count = function.locals.len();
    let mut sets = vec![LocalSet::full(count); function.blocks.len()];
    if let Some(entry) = sets.first_mut() {
        *entry = LocalSet::empty(count);
    }
    let mut work = vec![BlockId(0)];
    let mut seen = vec![false; function.blocks.len()];
    while let Some(id) = work.pop() {
        let (Some(block), Some(set)) = (function.blocks.get(id.0), sets.get(id.0)) else {
            continue;
        };
        let mut out = set.clone();
        for (statement, _) in &block.statements {
            step_copies(statement, sources, &mut out);
        }
        for next in block.terminator.successors() {
            let (Some(set), Some(seen)) = (sets.get_mut(next.0), seen.get_mut(next.0)) else {
                continue;
            };
            let mut new = set.clone();
            new.keep_only(&out);
            if new != *set || !*seen {
                *seen = true;
                *set = new;
                work.push(next);
            }
        }
    }
    sets
}

/// What is left of unchanged copies behind a statement.
pub fn step_copies(statement: &Statement, sources: &[Option<LocalId>], copies: &mut LocalSet) {
    let Statement::Set(set, _) = statement else {
        return;
    };
    for (index, source) in sources.iter().enumerate() {
        if *source == Some(*set) {
            copies.remove(LocalId(index));
        }
    }
    if sources.get(set.0).is_some_and(Option::is_some) {
        copies.insert(*set);
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
