//! Parameters and results across calls: what nobody reads or what is always the same constant is not
//! passed, what nobody uses is not given back.

use super::effects::is_droppable;
use crate::ir::dataflow::LocalSet;
use crate::ir::{
    Callee, Expr, Function, FunctionId, LocalId, Position, Program, Statement, Terminator, Type,
};

/// So many functions pass a parameter on to one another, at most, which falls away with all of them.
const MOST_ROUNDS: usize = 16;

/// Reduces until nothing changes; whether anything did. A round walks the program as often however many functions it
/// changes.
pub(super) fn reduce(program: &mut Program) -> bool {
    for round in 0..MOST_ROUNDS {
        let common = common(program);
        let functions = program.functions.iter().zip(&common);
        let gone: Vec<Gone> = functions
            .map(|(function, common)| Gone::of(function, common))
            .collect();
        if gone.iter().all(Gone::is_nothing) {
            return round > 0;
        }
        for function in &mut program.functions {
            change_calls(function, &gone);
        }
        for (function, gone) in program.functions.iter_mut().zip(&gone) {
            gone.take_from(function);
        }
    }
    true
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

/// What is not passed to one function any more, or not given back by it.
struct Gone {
    /// By parameter.
    parameters: Vec<Parameter>,
    result: bool,
}

/// What becomes of a parameter.
#[derive(PartialEq)]
enum Parameter {
    Stays,
    /// It is set to this constant instead.
    Constant(Type, i32),
    /// Nothing reads or sets it.
    Unread,
}

impl Gone {
    fn of(function: &Function, common: &Common) -> Self {
        // Its caller outside decides what is passed.
        if function.entry.is_some() {
            return Self {
                parameters: Vec::new(),
                result: false,
            };
        }
        let used = used(function);
        let parameter = |(place, local): (usize, &LocalId)| {
            let (constant, droppable) = match common.arguments.get(place) {
                Some((constant, droppable)) => (constant.clone(), *droppable),
                None => (None, common.calls == 0),
            };
            match constant {
                Some((ty, value)) => Parameter::Constant(ty, value),
                None if droppable && !used.contains(*local) => Parameter::Unread,
                None => Parameter::Stays,
            }
        };
        Self {
            parameters: function
                .parameters
                .iter()
                .enumerate()
                .map(parameter)
                .collect(),
            result: function.result.is_some() && common.dropped == common.calls,
        }
    }

    fn is_nothing(&self) -> bool {
        !self.result && self.parameters.iter().all(|of| *of == Parameter::Stays)
    }

    fn stays(&self, place: usize) -> bool {
        let parameter = self.parameters.get(place);
        parameter.is_none_or(|parameter| *parameter == Parameter::Stays)
    }

    fn take_from(&self, function: &mut Function) {
        for (place, parameter) in self.parameters.iter().enumerate().rev() {
            if *parameter == Parameter::Stays || place >= function.parameters.len() {
                continue;
            }
            let local = function.parameters.remove(place);
            if place == 0 {
                function.receiver = None;
            }
            if let Parameter::Constant(ty, value) = parameter {
                set_at_entry(function, local, Expr::Const(ty.clone(), *value));
            }
        }
        if self.result {
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
    }
}

/// The locals that a function reads or sets.
fn used(function: &Function) -> LocalSet {
    let mut used = LocalSet::empty(function.locals.len());
    function.walk(&mut |expr| {
        if let Expr::Local(local) = expr {
            used.insert(*local);
        }
    });
    for (statement, _) in function.blocks.iter().flat_map(|block| &block.statements) {
        if let Statement::Set(local, _) = statement {
            used.insert(*local);
        }
    }
    used
}

/// Takes what is gone of the functions that it calls from the calls of a function.
fn change_calls(function: &mut Function, gone: &[Gone]) {
    function.walk_mut(&mut |expr| {
        let Expr::Call(Callee::Function(id), arguments, result) = expr else {
            return;
        };
        let Some(gone) = gone.get(id.0) else { return };
        let mut place = 0;
        arguments.retain(|_| {
            place += 1;
            gone.stays(place - 1)
        });
        if gone.result {
            *result = None;
        }
    });
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
