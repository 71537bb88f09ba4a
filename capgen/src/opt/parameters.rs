//! Parameters and results across calls: what nobody reads or what is always the same constant is not
//! passed, what nobody uses is not given back.

use super::effects::is_droppable;
use crate::ir::calls::CallGraph;
use crate::ir::{
    Callee, Expr, Function, FunctionId, LocalId, Position, Program, Statement, Terminator, Type,
};

/// Reduces until nothing changes; whether anything did.
pub(super) fn reduce(program: &mut Program) -> bool {
    // No call comes or goes in here: what is dropped with a parameter calls nothing.
    let graph = CallGraph::of(program);
    let mut any = false;
    for _ in 0..16 {
        let mut changed = false;
        for (index, common) in common(program).iter().enumerate() {
            let id = FunctionId(index);
            if program
                .functions
                .get(index)
                .is_none_or(|function| function.entry.is_some())
            {
                continue;
            }
            let is_passed = common.calls > 0;
            if common.arguments.iter().any(|(known, _)| known.is_some()) {
                changed |= drop_constant_parameters(program, &graph, id);
            }
            if !is_passed || common.arguments.iter().any(|(_, droppable)| *droppable) {
                changed |= drop_unread_parameters(program, &graph, id);
            }
            if common.dropped == common.calls {
                changed |= drop_unused_result(program, &graph, id);
            }
        }
        if !changed {
            return any;
        }
        any = true;
    }
    any
}

/// What the calls of one function have in common, as far as it tells what may be dropped.
#[derive(Clone, Default)]
struct Common {
    calls: usize,
    /// By parameter: the first call's argument if it is a constant and all others are as well, and whether all may be
    /// left out.
    arguments: Vec<(Option<(Type, i32)>, bool)>,
    /// Calls whose value nobody wants.
    dropped: usize,
}

/// By function, in one walk over the program: nobody looks again at the callers of one from which nothing may go.
fn common(program: &Program) -> Vec<Common> {
    let mut found = vec![Common::default(); program.functions.len()];
    for function in &program.functions {
        function.walk(&mut |expr| {
            let Expr::Call(Callee::Function(id), arguments, _) = expr else {
                return;
            };
            let Some(common) = found.get_mut(id.0) else {
                return;
            };
            let constant = |argument: &Expr| match argument {
                Expr::Const(ty, value) => Some((ty.clone(), *value)),
                _ => None,
            };
            common.calls += 1;
            if common.calls == 1 {
                let facts = arguments
                    .iter()
                    .map(|argument| (constant(argument), is_droppable(argument)));
                common.arguments = facts.collect();
                return;
            }
            for ((known, droppable), argument) in common.arguments.iter_mut().zip(arguments) {
                if known.is_some() && *known != constant(argument) {
                    *known = None;
                }
                *droppable = *droppable && is_droppable(argument);
            }
        });
        for (statement, _) in function.blocks.iter().flat_map(|block| &block.statements) {
            if let Statement::Eval(value) = statement
                && let Some(id) = value.called_function()
                && let Some(common) = found.get_mut(id.0)
            {
                common.dropped += 1;
            }
        }
    }
    found
}

/// The arguments of every call of a function.
fn calls<'a>(program: &'a Program, graph: &CallGraph, callee: FunctionId) -> Vec<&'a Vec<Expr>> {
    let mut found = Vec::new();
    for (caller, _) in graph.callers(callee) {
        let Some(function) = program.functions.get(caller) else {
            continue;
        };
        function.walk(&mut |expr| {
            if let Expr::Call(Callee::Function(id), arguments, _) = expr
                && *id == callee
            {
                found.push(arguments);
            }
        });
    }
    found
}

/// Takes parameter `index` away from a function and its calls.
fn remove_parameter(
    program: &mut Program,
    graph: &CallGraph,
    callee: FunctionId,
    index: usize,
) -> Option<LocalId> {
    for (caller, _) in graph.callers(callee) {
        let Some(function) = program.functions.get_mut(caller) else {
            continue;
        };
        function.walk_mut(&mut |expr| {
            if let Expr::Call(Callee::Function(id), arguments, _) = expr
                && *id == callee
                && index < arguments.len()
            {
                arguments.remove(index);
            }
        });
    }
    let function = program
        .functions
        .get_mut(callee.0)
        .filter(|function| index < function.parameters.len())?;
    if index == 0 {
        function.receiver = None;
    }
    Some(function.parameters.remove(index))
}

fn drop_constant_parameters(program: &mut Program, graph: &CallGraph, callee: FunctionId) -> bool {
    let mut changed = false;
    let count = program
        .functions
        .get(callee.0)
        .map_or(0, |function| function.parameters.len());
    for index in (0..count).rev() {
        let calls = calls(program, graph, callee);
        let Some(Some(first @ Expr::Const(..))) =
            calls.first().map(|arguments| arguments.get(index))
        else {
            continue;
        };
        if calls
            .iter()
            .any(|arguments| arguments.get(index) != Some(first))
        {
            continue;
        }
        let value = first.clone();
        let Some(local) = remove_parameter(program, graph, callee, index) else {
            continue;
        };
        if let Some(function) = program.functions.get_mut(callee.0) {
            set_at_entry(function, local, value);
        }
        changed = true;
    }
    changed
}

/// Assigns a local before everything else, also where the entry is jumped to.
fn set_at_entry(function: &mut Function, local: LocalId, value: Expr) {
    let entered_again = function
        .blocks
        .iter()
        .any(|block| block.terminator.successors().any(|next| next.0 == 0));
    if entered_again && let Some(entry) = function.blocks.first().cloned() {
        let moved = crate::ir::BlockId(function.blocks.len());
        function.blocks.push(entry);
        for block in &mut function.blocks {
            for next in block
                .terminator
                .successors_mut()
                .into_iter()
                .filter(|next| next.0 == 0)
            {
                *next = moved;
            }
        }
        if let Some(entry) = function.blocks.first_mut() {
            entry.statements.clear();
            entry.terminator = Terminator::Goto(moved);
        }
    }
    if let Some(entry) = function.blocks.first_mut() {
        entry
            .statements
            .insert(0, (Statement::Set(local, value), Position::default()));
    }
}

fn drop_unread_parameters(program: &mut Program, graph: &CallGraph, callee: FunctionId) -> bool {
    let mut changed = false;
    let Some(function) = program.functions.get(callee.0) else {
        return false;
    };
    let parameters = function.parameters.clone();
    for (index, parameter) in parameters.into_iter().enumerate().rev() {
        let Some(function) = program.functions.get(callee.0) else {
            return changed;
        };
        let mut is_used = false;
        function.walk(&mut |expr| is_used |= *expr == Expr::Local(parameter));
        let mut statements = function.blocks.iter().flat_map(|block| &block.statements);
        is_used |= statements.any(
            |(statement, _)| matches!(statement, Statement::Set(local, _) if *local == parameter),
        );
        let droppable = |arguments: &&Vec<Expr>| arguments.get(index).is_some_and(is_droppable);
        if !is_used && calls(program, graph, callee).iter().all(droppable) {
            changed |= remove_parameter(program, graph, callee, index).is_some();
        }
    }
    changed
}

fn drop_unused_result(program: &mut Program, graph: &CallGraph, callee: FunctionId) -> bool {
    if program
        .functions
        .get(callee.0)
        .is_none_or(|function| function.result.is_none())
    {
        return false;
    }
    let is_call = |expr: &Expr| expr.called_function() == Some(callee);
    let mut all = 0usize;
    let mut dropped = 0usize;
    for (caller, count) in graph.callers(callee) {
        let Some(function) = program.functions.get(caller) else {
            continue;
        };
        all += count;
        for (statement, _) in function.blocks.iter().flat_map(|block| &block.statements) {
            dropped += usize::from(matches!(statement, Statement::Eval(expr) if is_call(expr)));
        }
    }
    if all != dropped {
        return false;
    }
    for (caller, _) in graph.callers(callee) {
        let Some(function) = program.functions.get_mut(caller) else {
            continue;
        };
        function.walk_mut(&mut |expr| {
            if let Expr::Call(Callee::Function(id), _, result) = expr
                && *id == callee
            {
                *result = None;
            }
        });
    }
    if let Some(function) = program.functions.get_mut(callee.0) {
        function.result = None;
        for block in &mut function.blocks {
            if let Terminator::Return(value @ Some(_)) = &mut block.terminator
                && let Some(value) = value.take()
            {
                block
                    .statements
                    .push((Statement::Eval(value), block.position));
            }
        }
    }
    true
}

/// Removes functions that no entry method reaches.
pub(super) fn remove_uncalled(program: &mut Program) {
    let mut reached = vec![false; program.functions.len()];
    let entry = |(index, function): (usize, &Function)| function.entry.is_some().then_some(index);
    let mut work: Vec<usize> = program
        .functions
        .iter()
        .enumerate()
        .filter_map(entry)
        .collect();
    while let Some(index) = work.pop() {
        match reached.get_mut(index) {
            Some(reached) if !*reached => *reached = true,
            _ => continue,
        }
        if let Some(function) = program.functions.get(index) {
            function.walk(&mut |expr| work.extend(expr.called_function().map(|callee| callee.0)));
        }
    }
    let mut next = 0;
    let numbers: Vec<usize> = reached
        .iter()
        .map(|reached| {
            next += usize::from(*reached);
            next.saturating_sub(1)
        })
        .collect();
    let number = |id: &mut FunctionId| {
        if let Some(number) = numbers.get(id.0) {
            id.0 = *number;
        }
    };
    let mut keep = reached.into_iter();
    program.functions.retain(|_| keep.next().unwrap_or(true));
    for function in &mut program.functions {
        function.walk_mut(&mut |expr| {
            if let Expr::Call(Callee::Function(callee), _, _) = expr {
                number(callee);
            }
        });
    }
    for applet in &mut program.applets {
        number(&mut applet.install);
    }
}
