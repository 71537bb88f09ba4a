//! Values move to where they are used, copies and unused values go.

use super::effects::{Effects, is_droppable, is_get_buffer};
use crate::ir::dataflow::{Copies, LocalSet};
use crate::ir::{Block, Callee, Expr, Function, LocalId, Statement, dataflow};

/// Does so for one function.
pub(super) fn forward(function: &mut Function) {
    propagate_single(function);
    propagate_copies(function);
    replace_copies(function);
    remove_dead(function);
    substitute(function);
    drop_unused_locals(function);
}

/// How often each local is read and assigned.
pub(super) struct Uses {
    reads: Vec<usize>,
    sets: Vec<usize>,
}

impl Uses {
    pub(super) fn of(function: &Function) -> Self {
        let count = function.locals.len();
        let mut uses = Self {
            reads: vec![0; count],
            sets: vec![0; count],
        };
        function.walk(&mut |expr| {
            if let Expr::Local(local) = expr
                && let Some(reads) = uses.reads.get_mut(local.0)
            {
                *reads += 1;
            }
        });
        for (statement, _) in function.blocks.iter().flat_map(|block| &block.statements) {
            if let Statement::Set(local, _) = statement
                && let Some(sets) = uses.sets.get_mut(local.0)
            {
                *sets += 1;
            }
        }
        uses
    }

    pub(super) fn reads(&self, local: LocalId) -> usize {
        self.reads.get(local.0).copied().unwrap_or_default()
    }

    pub(super) fn sets(&self, local: LocalId) -> usize {
        self.sets.get(local.0).copied().unwrap_or_default()
    }
}

/// A local that is assigned once, a constant or a parameter that never changes, is that itself.
fn propagate_single(function: &mut Function) {
    let uses = Uses::of(function);
    let fixed = |local: LocalId| function.parameters.contains(&local) && uses.sets(local) == 0;
    let mut known: Vec<Option<Expr>> = vec![None; function.locals.len()];
    for (statement, _) in function.blocks.iter().flat_map(|block| &block.statements) {
        let Statement::Set(local, value) = statement else {
            continue;
        };
        let is_known = match value {
            Expr::Const(..) | Expr::Null(_) => true,
            Expr::Local(source) => fixed(*source),
            // Shared again by `share`.
            Expr::Call(Callee::Api(method), arguments, _) => {
                is_get_buffer(method)
                    && matches!(arguments.as_slice(), [Expr::Local(apdu)] if fixed(*apdu))
            }
            _ => false,
        };
        if is_known
            && uses.sets(*local) == 1
            && !function.parameters.contains(local)
            && let Some(slot) = known.get_mut(local.0)
        {
            *slot = Some(value.clone());
        }
    }
    function.walk_mut(&mut |expr| {
        if let Expr::Local(local) = expr
            && let Some(Some(value)) = known.get(local.0)
        {
            *expr = value.clone();
        }
    });
}

/// Within a block, a copy is its source until one of them changes.
fn propagate_copies(function: &mut Function) {
    for block in &mut function.blocks {
        let mut copies: Vec<(LocalId, Expr)> = Vec::new();
        let replace = |expr: &mut Expr, copies: &[(LocalId, Expr)]| {
            expr.walk_mut(&mut |expr| {
                if let Expr::Local(local) = expr
                    && let Some((_, value)) = copies.iter().find(|(copy, _)| copy == local)
                {
                    *expr = value.clone();
                }
            });
        };
        for (statement, _) in &mut block.statements {
            for expr in statement.expressions_mut() {
                replace(expr, &copies);
            }
            if let Statement::Set(local, value) = statement {
                copies.retain(|(copy, source)| copy != local && *source != Expr::Local(*local));
                let is_copy = match value {
                    Expr::Local(source) => source != local,
                    Expr::Const(..) => true,
                    _ => false,
                };
                if is_copy {
                    copies.push((*local, value.clone()));
                }
            }
        }
        if let Some(expr) = block.terminator.expression_mut() {
            replace(expr, &copies);
        }
    }
}

/// A local that is only ever a copy, and is read only while its source is unchanged, is its source.
fn replace_copies(function: &mut Function) {
    let uses = Uses::of(function);
    let count = function.locals.len();
    let mut sources: Vec<Option<LocalId>> = vec![None; count];
    for (statement, _) in function.blocks.iter().flat_map(|block| &block.statements) {
        if let Statement::Set(local, Expr::Local(source)) = statement
            && local != source
            && uses.sets(*local) == 1
            && !function.parameters.contains(local)
            && let Some(slot) = sources.get_mut(local.0)
        {
            *slot = Some(*source);
        }
    }
    if sources.iter().all(Option::is_none) {
        return;
    }
    let copies = Copies::of(sources);
    let current = copies.unchanged_in(function);
    let mut stays = LocalSet::empty(count);
    let mut look = |expr: &Expr, current: &LocalSet| {
        expr.walk(&mut |expr| {
            if let Expr::Local(local) = expr
                && !current.contains(*local)
            {
                stays.insert(*local);
            }
        });
    };
    for (block, current) in function.blocks.iter().zip(&current) {
        let mut current = current.clone();
        for (statement, _) in &block.statements {
            statement
                .expressions()
                .for_each(|expr| look(expr, &current));
            copies.step(statement, &mut current);
        }
        if let Some(expr) = block.terminator.expression() {
            look(expr, &current);
        }
    }
    function.walk_mut(&mut |expr| {
        if let Expr::Local(local) = expr
            && !stays.contains(*local)
            && let Some(source) = copies.source(*local)
        {
            *local = source;
        }
    });
}

/// Assignments that no read sees, and values for nothing, go.
fn remove_dead(function: &mut Function) {
    let live_in = dataflow::live_in(function, &[]);
    for index in 0..function.blocks.len() {
        let id = crate::ir::BlockId(index);
        let mut live = dataflow::live_out(function, &live_in, id, &[]);
        dataflow::step_terminator(function, id, &mut live);
        let Some(block) = function.blocks.get_mut(index) else {
            continue;
        };
        let statements = std::mem::take(&mut block.statements);
        let mut kept = Vec::with_capacity(statements.len());
        for (mut statement, position) in statements.into_iter().rev() {
            if let Statement::Set(local, value) = &statement {
                if *value == Expr::Local(*local) {
                    continue;
                }
                if !live.contains(*local) {
                    statement = Statement::Eval(value.clone());
                }
            }
            if let Statement::Eval(value) = &statement
                && is_droppable(value)
            {
                continue;
            }
            dataflow::step_statement(&statement, &mut live);
            kept.push((statement, position));
        }
        kept.reverse();
        block.statements = kept;
    }
}

/// A local that is assigned once and read once, in the same block, is replaced by its value where
/// nothing between minds.
fn substitute(function: &mut Function) {
    let uses = Uses::of(function);
    let parameters = function.parameters.clone();
    let locals = function.locals.len();
    let single = |local: LocalId| {
        uses.reads(local) == 1 && uses.sets(local) == 1 && !parameters.contains(&local)
    };
    for block in &mut function.blocks {
        let mut at = block.statements.len();
        while at > 0 {
            at -= 1;
            let Some((Statement::Set(local, value), _)) = block.statements.get(at) else {
                continue;
            };
            let local = *local;
            if single(local) && moves(block, at, local, value, locals) {
                let (statement, _) = block.statements.remove(at);
                if let Statement::Set(_, value) = statement {
                    put(block, at, local, &value);
                }
            }
        }
    }
}

/// Whether the value assigned by statement `at` may be computed at its only use instead.
fn moves(block: &Block, at: usize, local: LocalId, value: &Expr, locals: usize) -> bool {
    let moved = Effects::of(value, locals);
    let mut between = Effects::none(locals);
    for (statement, _) in block.statements.iter().skip(at + 1) {
        if between.add_before_use(statement.expressions(), local) {
            return moved.commutes_with(&between);
        }
        between = between.with_statement(statement);
    }
    let last = block.terminator.expression().into_iter();
    between.add_before_use(last, local) && moved.commutes_with(&between)
}

impl Effects {
    fn with_statement(mut self, statement: &Statement) -> Self {
        self.add_statement(statement);
        self
    }
}

/// Puts a value in the place of the only read of a local.
fn put(block: &mut Block, from: usize, local: LocalId, value: &Expr) {
    let mut replace = |expr: &mut Expr| {
        expr.walk_mut(&mut |expr| {
            if *expr == Expr::Local(local) {
                *expr = value.clone();
            }
        });
    };
    for (statement, _) in block.statements.iter_mut().skip(from) {
        statement.expressions_mut().for_each(&mut replace);
    }
    if let Some(expr) = block.terminator.expression_mut() {
        replace(expr);
    }
}

/// Takes locals that are neither read nor assigned out of the table.
fn drop_unused_locals(function: &mut Function) {
    let uses = Uses::of(function);
    let mut next = 0;
    let numbers: Vec<Option<usize>> = (0..function.locals.len())
        .map(LocalId)
        .map(|local| {
            let used =
                function.parameters.contains(&local) || uses.reads(local) + uses.sets(local) > 0;
            next += usize::from(used);
            used.then(|| next - 1)
        })
        .collect();
    if numbers.iter().all(Option::is_some) {
        return;
    }
    let number = |local: LocalId| {
        numbers
            .get(local.0)
            .copied()
            .flatten()
            .map_or(local, LocalId)
    };
    let mut keep = numbers.iter().map(Option::is_some);
    function.locals.retain(|_| keep.next().unwrap_or(true));
    for parameter in &mut function.parameters {
        *parameter = number(*parameter);
    }
    function.walk_mut(&mut |expr| {
        if let Expr::Local(local) = expr {
            *local = number(*local);
        }
    });
    for (statement, _) in function
        .blocks
        .iter_mut()
        .flat_map(|block| &mut block.statements)
    {
        if let Statement::Set(local, _) = statement {
            *local = number(*local);
        }
    }
}
