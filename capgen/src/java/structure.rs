//! Loops, branches and labelled blocks out of the graph of blocks.
//!
//! After Ramsey, *Beyond Relooper* (2022): a block that several others go to is placed behind a labelled
//! block which holds those, in the order of the dominator tree; a block that is gone back to heads a
//! loop. What a loop is left for stands behind it. That wants a graph without jumps into loops, as
//! structured source gives it.

use crate::codegen::BackendError;
use crate::ir::{Block, BlockId, Expr, Function, Position, Statement, Terminator};

/// A structured statement.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node<'a> {
    /// A statement without control flow.
    Do(&'a Statement, Position),
    If(Condition<'a>, Vec<Node<'a>>, Vec<Node<'a>>),
    /// Goes round for ever; its label is its head.
    Loop(BlockId, Vec<Node<'a>>),
    /// Goes round while the condition holds.
    While(BlockId, Condition<'a>, Vec<Node<'a>>),
    /// A block that can be left to what is behind it.
    Block(BlockId, Vec<Node<'a>>),
    Switch(&'a Expr, Vec<Case<'a>>, Position),
    /// Leaves the block with this label.
    Break(BlockId),
    /// Goes round the loop with this label.
    Continue(BlockId),
    Return(Option<&'a Expr>, Position),
    Throw(&'a Expr, Position),
    Unreachable,
}

/// The keys of a case, `None` for the default, and what it does.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Case<'a> {
    pub(super) keys: Vec<Option<i32>>,
    pub(super) body: Vec<Node<'a>>,
}

/// A condition; `All` and `Any` are evaluated from left to right, no further than needed.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Condition<'a> {
    Is(&'a Expr, Position),
    Not(&'a Expr, Position),
    All(Vec<Condition<'a>>),
    Any(Vec<Condition<'a>>),
}

impl Condition<'_> {
    pub(super) fn negated(self) -> Self {
        match self {
            Self::Is(expr, at) => Self::Not(expr, at),
            Self::Not(expr, at) => Self::Is(expr, at),
            Self::All(parts) => Self::Any(parts.into_iter().map(Self::negated).collect()),
            Self::Any(parts) => Self::All(parts.into_iter().map(Self::negated).collect()),
        }
    }

    /// Whether it is known without running.
    pub(super) fn is_constant(&self) -> bool {
        match self {
            Self::Is(expr, _) | Self::Not(expr, _) => matches!(expr, Expr::Const(..)),
            Self::All(parts) | Self::Any(parts) => parts.iter().any(Self::is_constant),
        }
    }
}

/// Structures a function.
pub(super) fn structure(function: &Function) -> Result<Vec<Node<'_>>, BackendError> {
    let graph = Graph::of(function);
    if graph.jumps_into_loops() {
        return Err(BackendError::Unsupported {
            function: function.name.clone(),
            what: "a jump into a loop".to_owned(),
        });
    }
    Ok(graph.tree(0))
}

struct Graph<'a> {
    function: &'a Function,
    /// By block: its place in reverse post-order; `None` if it is never reached.
    order: Vec<Option<usize>>,
    predecessors: Vec<Vec<usize>>,
    dominator: Vec<Option<usize>>,
    /// By block: the blocks that are placed right below it, the latest first.
    behind: Vec<Vec<usize>>,
    /// Blocks that others jump to, rather than being placed where the jump is.
    is_joined: Vec<bool>,
    /// The head of each loop and the blocks in it, outer loops before inner ones.
    loops: Vec<(usize, Vec<bool>)>,
}

impl<'a> Graph<'a> {
    fn of(function: &'a Function) -> Self {
        let count = function.blocks.len();
        let post_order = post_order(function);
        let mut order = vec![None; count];
        for (place, block) in post_order.iter().rev().enumerate() {
            set(&mut order, *block, Some(place));
        }
        let mut predecessors = vec![Vec::new(); count];
        for &block in post_order.iter().rev() {
            for next in distinct_successors(function, block) {
                if let Some(list) = predecessors.get_mut(next) {
                    list.push(block);
                }
            }
        }
        let mut graph = Self {
            function,
            order,
            predecessors,
            dominator: vec![None; count],
            behind: vec![Vec::new(); count],
            is_joined: vec![false; count],
            loops: Vec::new(),
        };
        graph.find_dominators(&post_order);
        graph.place(&post_order);
        graph
    }

    fn place_of(&self, block: usize) -> usize {
        self.order
            .get(block)
            .copied()
            .flatten()
            .unwrap_or(usize::MAX)
    }

    fn find_dominators(&mut self, post_order: &[usize]) {
        set(&mut self.dominator, 0, Some(0));
        let mut changed = true;
        while changed {
            changed = false;
            for &block in post_order.iter().rev().filter(|block| **block != 0) {
                let known = self.predecessors.get(block).into_iter().flatten();
                let known: Vec<usize> = known
                    .copied()
                    .filter(|other| self.dominator.get(*other).copied().flatten().is_some())
                    .collect();
                let found = known.into_iter().reduce(|a, b| self.common(a, b));
                if self.dominator.get(block).copied().flatten() != found {
                    set(&mut self.dominator, block, found);
                    changed = true;
                }
            }
        }
    }

    fn common(&self, mut a: usize, mut b: usize) -> usize {
        while a != b {
            while self.place_of(a) > self.place_of(b) {
                a = self.dominator.get(a).copied().flatten().unwrap_or(0);
            }
            while self.place_of(b) > self.place_of(a) {
                b = self.dominator.get(b).copied().flatten().unwrap_or(0);
            }
        }
        a
    }

    fn dominates(&self, above: usize, mut block: usize) -> bool {
        loop {
            if block == above {
                return true;
            }
            match self.dominator.get(block).copied().flatten() {
                Some(next) if next != block => block = next,
                _ => return false,
            }
        }
    }

    fn goes_back(&self, from: usize, to: usize) -> bool {
        self.place_of(to) <= self.place_of(from)
    }

    fn jumps_into_loops(&self) -> bool {
        (0..self.function.blocks.len())
            .filter(|block| self.order.get(*block).copied().flatten().is_some())
            .any(|block| {
                distinct_successors(self.function, block)
                    .into_iter()
                    .any(|next| self.goes_back(block, next) && !self.dominates(next, block))
            })
    }

    /// Finds loops and decides where each block is placed.
    fn place(&mut self, post_order: &[usize]) {
        // Loops by their heads, outer before inner.
        let mut loops: Vec<(usize, Vec<bool>)> = Vec::new();
        for &block in post_order.iter().rev() {
            let latches: Vec<usize> = self
                .predecessors
                .get(block)
                .into_iter()
                .flatten()
                .copied()
                .filter(|from| self.goes_back(*from, block))
                .collect();
            if !latches.is_empty() {
                loops.push((block, self.loop_body(block, latches)));
            }
        }
        for &block in post_order.iter().rev().filter(|block| **block != 0) {
            let above = self.dominator.get(block).copied().flatten().unwrap_or(0);
            let forward = self
                .predecessors
                .get(block)
                .into_iter()
                .flatten()
                .filter(|from| !self.goes_back(**from, block))
                .count();
            let contains =
                |body: &Vec<bool>, block: usize| body.get(block).copied().unwrap_or(false);
            let left = loops
                .iter()
                .find(|(_, body)| contains(body, above) && !contains(body, block));
            let ends_at_once = self
                .function
                .blocks
                .get(block)
                .is_some_and(|block| block.terminator.successors().next().is_none());
            let parent = match left {
                Some((head, _)) if !ends_at_once || forward >= 2 && !self.is_bare(block) => {
                    set(&mut self.is_joined, block, true);
                    *head
                }
                _ => above,
            };
            if forward >= 2 && !self.is_bare(block) {
                set(&mut self.is_joined, block, true);
            }
            if let Some(list) = self.behind.get_mut(parent) {
                list.push(block);
            }
        }
        let order = self.order.clone();
        for list in &mut self.behind {
            list.sort_by_key(|block| std::cmp::Reverse(order.get(*block).copied().flatten()));
        }
        self.loops = loops;
    }

    /// Whether a block is but a throw or a return: that is written wherever it is wanted.
    fn is_bare(&self, block: usize) -> bool {
        self.function.blocks.get(block).is_some_and(|block| {
            block.statements.is_empty() && block.terminator.successors().next().is_none()
        })
    }

    fn loop_body(&self, head: usize, latches: Vec<usize>) -> Vec<bool> {
        let mut body = vec![false; self.function.blocks.len()];
        set(&mut body, head, true);
        let mut work = latches;
        while let Some(block) = work.pop() {
            if let Some(flag @ false) = body.get_mut(block) {
                *flag = true;
                work.extend(self.predecessors.get(block).into_iter().flatten());
            }
        }
        body
    }

    /// A block and all that is placed below it.
    fn tree(&self, block: usize) -> Vec<Node<'a>> {
        let joined: Vec<usize> = self
            .behind
            .get(block)
            .into_iter()
            .flatten()
            .copied()
            .filter(|below| self.is_joined.get(*below).copied().unwrap_or(false))
            .collect();
        let body = self.loops.iter().find(|(head, _)| *head == block);
        let Some((_, body)) = body else {
            return self.within(block, &joined);
        };
        let (inside, outside): (Vec<usize>, Vec<usize>) = joined
            .iter()
            .partition(|below| body.get(**below).copied().unwrap_or(false));
        let mut nodes = vec![Node::Loop(BlockId(block), self.within(block, &inside))];
        // The latest is outermost.
        for below in outside.into_iter().rev() {
            nodes = vec![Node::Block(BlockId(below), nodes)];
            nodes.extend(self.tree(below));
        }
        nodes
    }

    fn within(&self, block: usize, joined: &[usize]) -> Vec<Node<'a>> {
        let Some((first, rest)) = joined.split_first() else {
            return self.content(block);
        };
        let mut nodes = vec![Node::Block(BlockId(*first), self.within(block, rest))];
        nodes.extend(self.tree(*first));
        nodes
    }

    fn content(&self, index: usize) -> Vec<Node<'a>> {
        let function: &'a Function = self.function;
        let Some(block) = function.blocks.get(index) else {
            return Vec::new();
        };
        let mut nodes: Vec<Node<'a>> = block
            .statements
            .iter()
            .map(|(statement, position)| Node::Do(statement, *position))
            .collect();
        nodes.extend(self.end(index, block));
        nodes
    }

    fn end(&self, index: usize, block: &'a Block) -> Vec<Node<'a>> {
        let at = block.position;
        match &block.terminator {
            Terminator::Goto(next) => self.go(index, next.0),
            Terminator::If(condition, yes, no) => vec![Node::If(
                Condition::Is(condition, at),
                self.go(index, yes.0),
                self.go(index, no.0),
            )],
            Terminator::Switch(key, pairs, default) => {
                let mut cases: Vec<(usize, Vec<Option<i32>>)> = Vec::new();
                let pairs = pairs.iter().map(|(key, block)| (Some(*key), block.0));
                for (key, target) in pairs.chain([(None, default.0)]) {
                    match cases.iter_mut().find(|(known, _)| *known == target) {
                        Some((_, keys)) => keys.push(key),
                        None => cases.push((target, vec![key])),
                    }
                }
                // The default stands last.
                cases.sort_by_key(|(_, keys)| keys.contains(&None));
                let cases = cases.into_iter().map(|(target, keys)| Case {
                    keys,
                    body: self.go(index, target),
                });
                vec![Node::Switch(key, cases.collect(), at)]
            }
            Terminator::Return(value) => vec![Node::Return(value.as_ref(), at)],
            Terminator::Throw(status) => vec![Node::Throw(status, at)],
            Terminator::Unreachable => vec![Node::Unreachable],
        }
    }

    fn go(&self, from: usize, to: usize) -> Vec<Node<'a>> {
        if self.goes_back(from, to) {
            vec![Node::Continue(BlockId(to))]
        } else if self.is_joined.get(to).copied().unwrap_or(false) {
            vec![Node::Break(BlockId(to))]
        } else {
            self.tree(to)
        }
    }
}

fn set<T>(list: &mut [T], index: usize, value: T) {
    if let Some(slot) = list.get_mut(index) {
        *slot = value;
    }
}

fn distinct_successors(function: &Function, block: usize) -> Vec<usize> {
    let mut found = Vec::new();
    if let Some(block) = function.blocks.get(block) {
        for next in block.terminator.successors() {
            if !found.contains(&next.0) {
                found.push(next.0);
            }
        }
    }
    found
}

fn post_order(function: &Function) -> Vec<usize> {
    let mut seen = vec![false; function.blocks.len()];
    let mut order = Vec::new();
    let mut work = vec![(0, false)];
    while let Some((block, is_done)) = work.pop() {
        if is_done {
            order.push(block);
        } else if let Some(flag @ false) = seen.get_mut(block) {
            *flag = true;
            work.push((block, true));
            let next = distinct_successors(function, block);
            work.extend(next.into_iter().map(|next| (next, false)));
        }
    }
    order
}
