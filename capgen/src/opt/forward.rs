//! Values move to where they are used, copies and unused values go.

use super::effects::{Effects, is_droppable, is_get_buffer};
use crate::ir::dataflow::{Copies, LocalSet};
use crate::ir::{
    Block, Callee, Expr, Function, LocalId, Position, Statement, Terminator, Type, dataflow,
};

/// Does so for one function; whether there was something to move or to drop.
pub(super) fn forward(function: &mut Function) -> bool {
    let mut uses = Uses::of(function);
    let mut any = false;
    let mut after = |function: &Function, uses: &mut Uses, is_changed: bool| {
        if is_changed {
            *uses = Uses::of(function);
            any = true;
        }
    };
    let is_changed = propagate_single(function, &uses) | propagate_copies(function);
    after(function, &mut uses, is_changed);
    let is_changed = replace_copies(function, &uses) | remove_dead(function);
    after(function, &mut uses, is_changed);
    let is_changed = substitute(function, &uses);
    after(function, &mut uses, is_changed);
    let is_changed = drop_unused_locals(function, &uses);
    after(function, &mut uses, is_changed);
    any
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
fn propagate_single(function: &mut Function, uses: &Uses) -> bool {
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
    if known.iter().all(Option::is_none) {
        return false;
    }
    let mut is_changed = false;
    function.walk_mut(&mut |expr| {
        if let Expr::Local(local) = expr
            && let Some(Some(value)) = known.get(local.0)
        {
            *expr = value.clone();
            is_changed = true;
        }
    });
    is_changed
}

/// Within a block, a copy is its source until one of them changes.
fn propagate_copies(function: &mut Function) -> bool {
    let mut is_changed = false;
    for block in &mut function.blocks {
        let mut copies: Vec<(LocalId, Expr)> = Vec::new();
        let mut replace = |expr: &mut Expr, copies: &[(LocalId, Expr)]| {
            if copies.is_empty() {
                return;
            }
            expr.walk_mut(&mut |expr| {
                if let Expr::Local(local) = expr
                    && let Some((_, value)) = copies.iter().find(|(copy, _)| copy == local)
                {
                    *expr = value.clone();
                    is_changed = true;
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
    is_changed
}

/// A local that is only ever a copy, and is read only while its source is unchanged, is its source.
fn replace_copies(function: &mut Function, uses: &Uses) -> bool {
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
        return false;
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
    let mut is_changed = false;
    function.walk_mut(&mut |expr| {
        if let Expr::Local(local) = expr
            && !stays.contains(*local)
            && let Some(source) = copies.source(*local)
        {
            *local = source;
            is_changed = true;
        }
    });
    is_changed
}

/// Assignments that no read sees, and values for nothing, go; whether there was one.
fn remove_dead(function: &mut Function) -> bool {
    let live_in = dataflow::live_in(function, &[]);
    let mut is_changed = false;
    for index in 0..function.blocks.len() {
        let id = crate::ir::BlockId(index);
        let mut live = dataflow::live_out(function, &live_in, id, &[]);
        dataflow::step_terminator(function, id, &mut live);
        let Some(block) = function.blocks.get_mut(index) else {
            continue;
        };
        let mut dead = Vec::new();
        for (at, (statement, _)) in block.statements.iter_mut().enumerate().rev() {
            if let Statement::Set(local, value) = statement {
                if *value == Expr::Local(*local) {
                    dead.push(at);
                    continue;
                }
                if !live.contains(*local) {
                    let value = std::mem::replace(value, Expr::Const(Type::Bool, 0));
                    *statement = Statement::Eval(value);
                    is_changed = true;
                }
            }
            if let Statement::Eval(value) = statement
                && is_droppable(value)
            {
                dead.push(at);
                continue;
            }
            dataflow::step_statement(statement, &mut live);
        }
        if !dead.is_empty() {
            is_changed = true;
            let mut at = 0;
            block.statements.retain(|_| {
                at += 1;
                // The last ones were found first.
                let is_dead = dead.last() == Some(&(at - 1));
                if is_dead {
                    dead.pop();
                }
                !is_dead
            });
        }
    }
    is_changed
}

/// A local that is assigned once and read once, in the same block, is replaced by its value where
/// nothing between minds.
fn substitute(function: &mut Function, uses: &Uses) -> bool {
    let mut is_changed = false;
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
                let (statement, position) = block.statements.remove(at);
                if let Statement::Set(_, value) = statement {
                    put(block, at, local, &value, position);
                }
                is_changed = true;
            }
        }
    }
    is_changed
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

/// Puts a value in the place of the only read of a local. What reads it has the value's position then, where nothing but the value
/// may call or fail: that is the line that a fault or a debugger names.
fn put(block: &mut Block, from: usize, local: LocalId, value: &Expr, of_value: Position) {
    let replace = |expr: &mut Expr| {
        let mut found = false;
        expr.walk_mut(&mut |expr| {
            if *expr == Expr::Local(local) {
                *expr = value.clone();
                found = true;
            }
        });
        found
    };
    let acts_alone = |whole: &Expr| {
        let parts = acts(value);
        parts > 0 && parts == acts(whole)
    };
    for (statement, position) in block.statements.iter_mut().skip(from) {
        if statement
            .expressions_mut()
            .fold(false, |found, expr| found | replace(expr))
        {
            if let Statement::Set(_, read) = statement
                && acts_alone(read)
            {
                *position = of_value;
            }
            return;
        }
    }
    let is_throw = matches!(block.terminator, Terminator::Throw(_));
    if let Some(expr) = block.terminator.expression_mut()
        && replace(expr)
        && !is_throw
        && acts_alone(expr)
    {
        block.position = of_value;
    }
}

/// How many parts of a value call something, or may fail.
fn acts(expr: &Expr) -> usize {
    let mut count = 0;
    expr.walk(&mut |expr| {
        count += usize::from(matches!(
            expr,
            Expr::Call(..) | Expr::Element(..) | Expr::New(_) | Expr::NewArray(..)
        ));
    });
    count
}

/// Takes locals that are neither read nor assigned out of the table; whether there was one.
fn drop_unused_locals(function: &mut Function, uses: &Uses) -> bool {
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
        return false;
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
    true
}
