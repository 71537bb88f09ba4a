//! Where a transaction may be under way already: one that asks for that, and begins only otherwise, is part of it there.

use std::collections::{BTreeMap, BTreeSet};

use super::imported::Imported;
use super::transaction::{calls, commit_of_own};
use crate::ir::{
    ApiMethod, Block, BlockId, Callee, Expr, Function, FunctionId, Program, Statement, Terminator,
};

/// A statement: its function, block, and place in the block.
pub(super) type At = (FunctionId, BlockId, usize);

/// What may be under way at a place: any of these.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct State {
    /// No transaction.
    none: bool,
    /// One that this function began where none was under way.
    own: bool,
    /// One that this function or its caller began.
    other: bool,
}

impl State {
    const NONE: Self = Self {
        none: true,
        own: false,
        other: false,
    };

    fn join(self, other: Self) -> Self {
        Self {
            none: self.none || other.none,
            own: self.own || other.own,
            other: self.other || other.other,
        }
    }

    /// As a function that is called here finds it.
    fn called(self) -> Self {
        Self {
            none: self.none,
            own: false,
            other: self.own || self.other,
        }
    }
}

/// What is done where no transaction may be under way.
#[derive(Default)]
pub(super) struct Outside<'a> {
    /// The statements that begin one.
    pub(super) begins: BTreeSet<At>,
    /// The calls of imported functions whose budgets are known.
    pub(super) calls: BTreeSet<(FunctionId, &'a ApiMethod)>,
}

/// What a program does outside of transactions.
pub(super) fn outside<'a>(program: &'a Program, imported: &Imported<'_>) -> Outside<'a> {
    let mut found = Outside::default();
    let mut entries: BTreeMap<FunctionId, State> = (0..program.functions.len())
        .map(FunctionId)
        .filter(|id| is_entry(program, *id))
        .map(|id| (id, State::NONE))
        .collect();
    let mut work: Vec<FunctionId> = entries.keys().copied().collect();
    while let Some(id) = work.pop() {
        let (Some(function), Some(entry)) = (program.functions.get(id.0), entries.get(&id)) else {
            continue;
        };
        let mut called: BTreeMap<FunctionId, State> = BTreeMap::new();
        each_statement(
            function,
            *entry,
            &mut |block, statement, state, expression| {
                expression.walk(&mut |expr| {
                    if let Some(callee) = expr.called_function() {
                        let known = called.entry(callee).or_default();
                        *known = known.join(state.called());
                    }
                    if let Expr::Call(Callee::Api(method), _, _) = expr
                        && state.none
                        && imported.of(method).is_some()
                    {
                        found.calls.insert((id, method));
                    }
                });
                if is_call(expression, "beginTransaction") && state.none {
                    found.begins.insert((id, block, statement));
                }
            },
        );
        for (callee, state) in called {
            let known = entries.get(&callee).copied();
            let joined = known.unwrap_or_default().join(state);
            if known != Some(joined) {
                entries.insert(callee, joined);
                work.push(callee);
            }
        }
    }
    found
}

/// Whether the transaction that a block begins is begun only where none is under way.
pub(super) fn is_own(function: &Function, begins: BlockId) -> bool {
    let asks = |expr: &Expr| {
        let mut found = false;
        expr.walk(&mut |expr| {
            found |= matches!(expr, Expr::Call(Callee::Api(method), _, _)
                if method.name == "getTransactionDepth");
        });
        found
    };
    let answers = |expr: &Expr| match expr {
        Expr::Local(local) => function.blocks.iter().any(|block| {
            block.statements.iter().any(|(statement, _)| {
                matches!(statement, Statement::Set(target, value) if target == local && asks(value))
            })
        }),
        other => asks(other),
    };
    let mut before = function
        .blocks
        .iter()
        .filter(|block| block.terminator.successors().any(|next| next == begins))
        .peekable();
    before.peek().is_some()
        && before.all(
            |block| matches!(&block.terminator, Terminator::If(condition, _, _) if answers(condition)),
        )
}

fn is_entry(program: &Program, id: FunctionId) -> bool {
    let function = program.functions.get(id.0);
    function.is_some_and(|function| function.entry.is_some())
        || program.applets.iter().any(|applet| applet.install == id)
}

fn is_call(expr: &Expr, name: &str) -> bool {
    matches!(expr, Expr::Call(Callee::Api(method), _, _) if calls(method, name))
}

/// Calls with each expression of a function, and what may be under way there, until nothing new is.
fn each_statement<'a>(
    function: &'a Function,
    entry: State,
    found: &mut impl FnMut(BlockId, usize, State, &'a Expr),
) {
    let mut states: Vec<Option<State>> = vec![None; function.blocks.len()];
    if let Some(first) = states.first_mut() {
        *first = Some(entry);
    }
    let mut work = vec![BlockId(0)];
    while let Some(id) = work.pop() {
        let (Some(block), Some(Some(state))) = (function.blocks.get(id.0), states.get(id.0)) else {
            continue;
        };
        let after = through(function, id, block, *state, found);
        let own_commit = commit_of_own(function, id);
        for next in block.terminator.successors() {
            let passed = match own_commit {
                Some(commit) if next == commit => State {
                    own: after.own,
                    ..State::default()
                },
                Some(_) => State {
                    own: false,
                    ..after
                },
                None => after,
            };
            if let Some(slot) = states.get_mut(next.0) {
                let joined = slot.unwrap_or_default().join(passed);
                if *slot != Some(joined) {
                    *slot = Some(joined);
                    work.push(next);
                }
            }
        }
    }
}

/// What is under way behind a block.
fn through<'a>(
    function: &Function,
    id: BlockId,
    block: &'a Block,
    mut state: State,
    found: &mut impl FnMut(BlockId, usize, State, &'a Expr),
) -> State {
    for (index, (statement, _)) in block.statements.iter().enumerate() {
        for expression in statement.expressions() {
            found(id, index, state, expression);
            if is_call(expression, "beginTransaction") {
                // Where one is under way, the runtime environment refuses another.
                let own = is_own(function, id);
                state = State {
                    none: false,
                    own: state.none && own,
                    other: state.none && !own,
                };
            }
            if is_call(expression, "commitTransaction") {
                state = State {
                    none: state.own || state.other,
                    ..State::default()
                };
            }
        }
    }
    if let Some(expression) = block.terminator.expression() {
        found(id, block.statements.len(), state, expression);
    }
    state
}
