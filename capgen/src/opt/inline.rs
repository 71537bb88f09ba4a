//! Functions in place of their calls, where the code gets smaller by it: every candidate is tried
//! out and measured with the code generator.

use std::collections::BTreeSet;

use super::effects::Effects;
use super::{Options, parameters, tidy};
use crate::bindings;
use crate::codegen::legalize::legalize_alone;
use crate::codegen::linkage::Methods;
use crate::codegen::size::{Size, function_size};
use crate::codegen::weight::Weight;
use crate::codegen::{BackendError, Effort, Goal, Settings};
use crate::ir::calls::CallGraph;
use crate::ir::{
    Block, BlockId, Expr, Function, FunctionId, LocalId, Position, Program, Statement, Terminator,
};

/// Functions larger than this are not tried at more than one place: that never pays.
const MANY_CALLS_LIMIT: usize = 20;

/// Functions larger than this are not tried at more than one place where time counts.
const MANY_CALLS_LIMIT_FOR_SPEED: usize = 120;

/// A function is not made larger than this: every try costs as much as the function is large, and what is so large has
/// its branches in the wide form anyway.
const LARGEST: usize = 6144;

/// So often in vain something is put into a function; then it is left alone.
const MOST_IN_VAIN: usize = 12;

/// Inlines what pays of the functions from number `first` on, callees before their callers.
pub(super) fn inline(
    program: &mut Program,
    options: &Options,
    first: usize,
) -> Result<(), BackendError> {
    let settings = Settings {
        effort: Effort::Estimate,
        ..options.settings()
    };
    let mut state = State::of(program, settings)?;
    let mut in_vain = vec![0; program.functions.len()];
    for callee in bottom_up_of(program, &state.calls) {
        let Some(function) = program.functions.get(callee.0) else {
            continue;
        };
        let is_left = callee.0 < first || function.entry.is_some();
        if is_left || state.calls.callees(callee.0).contains(&callee) {
            continue;
        }
        let callers: Vec<(usize, usize)> = state.calls.callers(callee).collect();
        let calls: usize = callers.iter().map(|(_, count)| count).sum();
        let changed: Vec<usize> = callers.iter().map(|(caller, _)| *caller).collect();
        let with_callee = changed.iter().chain([&callee.0]);
        let Some(own) = state.size(program, callee.0).cloned() else {
            continue;
        };
        let limit = match settings.goal {
            Goal::Speed => MANY_CALLS_LIMIT_FOR_SPEED,
            Goal::Size => MANY_CALLS_LIMIT,
        };
        if calls == 0 || calls > 1 && own.bytes > limit {
            continue;
        }
        let mut is_full = |caller: &usize| {
            let size = state.size(program, *caller);
            in_vain[*caller] >= MOST_IN_VAIN
                || size.is_some_and(|size| size.bytes + own.bytes > LARGEST)
        };
        if changed.iter().any(&mut is_full) {
            continue;
        }
        let Some(bytes_before) = state.bytes(program, with_callee) else {
            continue;
        };
        let Some(time_before) = state.time(program, &changed, Some((callee, own.nanoseconds)))
        else {
            continue;
        };
        let saved: Vec<(usize, Function)> = changed
            .iter()
            .filter_map(|index| Some((*index, program.functions.get(*index)?.clone())))
            .collect();
        let complete = callers.iter().all(|(caller, count)| {
            (0..*count).all(|_| inline_one(program, FunctionId(*caller), callee))
        });
        if complete {
            tidy(program, &changed, options);
            let sizes = state.change(program, &changed);
            let after = state.bytes(program, changed.iter());
            let time_after = state.time(program, &changed, None);
            if let (Some(bytes), Some(time)) = (after, time_after)
                && pays(settings.goal, (bytes_before, time_before), (bytes, time))
            {
                continue;
            }
            changed.iter().for_each(|caller| in_vain[*caller] += 1);
            put(program, saved);
            state.change(program, &changed);
            for (index, size) in changed.iter().zip(sizes) {
                state.sizes[*index] = size;
            }
        } else {
            put(program, saved);
        }
    }
    parameters::remove_uncalled(program);
    Ok(())
}

fn put(program: &mut Program, functions: Vec<(usize, Function)>) {
    for (index, function) in functions {
        if let Some(slot) = program.functions.get_mut(index) {
            *slot = function;
        }
    }
}

/// Whether bytes and time are no worse than before. No call is spared at the price of bytes where these count.
fn pays(goal: Goal, before: (usize, u64), after: (usize, u64)) -> bool {
    match goal {
        Goal::Size => after <= before,
        Goal::Speed => {
            let weight = Weight::of(goal);
            weight.total(after.0, after.1) <= weight.total(before.0, before.1)
        }
    }
}

/// What is known of the program as it stands.
struct State {
    calls: CallGraph,
    methods: Methods,
    /// By function, once measured.
    sizes: Vec<Option<Size>>,
    settings: Settings,
}

impl State {
    fn of(program: &Program, settings: Settings) -> Result<Self, BackendError> {
        Ok(Self {
            settings,
            calls: CallGraph::of(program),
            methods: Methods::of(program)?,
            sizes: vec![None; program.functions.len()],
        })
    }

    /// Takes note that some functions have changed; gives the sizes that they had.
    fn change(&mut self, program: &Program, changed: &[usize]) -> Vec<Option<Size>> {
        let mut touched: BTreeSet<usize> = changed.iter().copied().collect();
        for index in changed {
            touched.extend(self.calls.callees(*index).iter().map(|callee| callee.0));
            if let Some(function) = program.functions.get(*index) {
                self.calls.update(*index, function);
            }
            touched.extend(self.calls.callees(*index).iter().map(|callee| callee.0));
        }
        self.methods.change(program, &self.calls, &touched);
        let sizes = changed
            .iter()
            .map(|index| self.sizes.get_mut(*index).and_then(Option::take));
        sizes.collect()
    }

    /// Bytes of functions together.
    fn bytes<'i>(
        &mut self,
        program: &mut Program,
        functions: impl Iterator<Item = &'i usize>,
    ) -> Option<usize> {
        let mut sum = 0;
        for index in functions {
            sum += self.size(program, *index)?.bytes;
        }
        Some(sum)
    }

    /// Nanoseconds of functions together, each run once, with those of one that they call.
    fn time(
        &mut self,
        program: &mut Program,
        functions: &[usize],
        callee: Option<(FunctionId, u64)>,
    ) -> Option<u64> {
        let mut sum = 0u64;
        for index in functions {
            let size = self.size(program, *index)?;
            sum = sum.saturating_add(size.nanoseconds);
            if let Some((callee, nanoseconds)) = callee {
                let calls = size.calls.iter().filter(|(called, _)| *called == callee);
                let often = calls.map(|(_, often)| *often).fold(0, u64::saturating_add);
                sum = sum.saturating_add(often.saturating_mul(nanoseconds));
            }
        }
        Some(sum)
    }

    /// What a function takes, `None` if it cannot be compiled.
    fn size(&mut self, program: &mut Program, index: usize) -> Option<&Size> {
        let slot = self.sizes.get_mut(index)?;
        if slot.is_none() {
            let id = FunctionId(index);
            *slot = function_size(program, &self.methods, id, self.settings)
                .ok()
                .or_else(|| with_helpers(program, &self.methods, id, self.settings));
        }
        slot.as_ref()
    }
}

/// What a function takes that wants helper functions; the program stays as it is.
fn with_helpers(
    program: &mut Program,
    methods: &Methods,
    id: FunctionId,
    settings: Settings,
) -> Option<Size> {
    let count = program.functions.len();
    let kept = program.functions.get(id.0)?.clone();
    legalize_alone(program, id);
    let methods = methods.with_helpers(program.functions.len() - count);
    let size = function_size(program, &methods, id, settings).ok();
    program.functions.truncate(count);
    put(program, vec![(id.0, kept)]);
    size
}

/// All functions, each after those that it calls (where they do not call one another in circles).
pub(super) fn bottom_up_of(program: &Program, calls: &CallGraph) -> Vec<FunctionId> {
    fn visit(calls: &CallGraph, index: usize, seen: &mut [bool], order: &mut Vec<FunctionId>) {
        match seen.get_mut(index) {
            Some(seen) if !*seen => *seen = true,
            _ => return,
        }
        for callee in calls.callees(index) {
            visit(calls, callee.0, seen, order);
        }
        order.push(FunctionId(index));
    }
    let mut order = Vec::new();
    let mut seen = vec![false; program.functions.len()];
    for index in 0..program.functions.len() {
        visit(calls, index, &mut seen, &mut order);
    }
    order
}

/// Puts a function in the place of its first call in `caller`; whether that was possible.
fn inline_one(program: &mut Program, caller: FunctionId, callee: FunctionId) -> bool {
    let (Some(mut body), Some(mut function)) = (
        program.functions.get(callee.0).cloned(),
        program.functions.get(caller.0).cloned(),
    ) else {
        return false;
    };
    for block in 0..function.blocks.len() {
        let count = function
            .blocks
            .get(block)
            .map_or(0, |block| block.statements.len());
        for at in 0..=count {
            if place_holds_call(&function, BlockId(block), at, callee) {
                if bindings::is_here(program, body.position) {
                    let position = position_of(&function, BlockId(block), at);
                    relocate(&mut body, position);
                }
                let done = replace_call(&mut function, BlockId(block), at, callee, &body);
                if done && let Some(slot) = program.functions.get_mut(caller.0) {
                    *slot = function;
                }
                return done;
            }
        }
    }
    false
}

/// The expressions of statement `at`, or of the terminator behind the last statement.
fn expressions(block: &Block, at: usize) -> Vec<&Expr> {
    match block.statements.get(at) {
        Some((statement, _)) => statement.expressions().collect(),
        None => block.terminator.expression().into_iter().collect(),
    }
}

fn expressions_mut(block: &mut Block, at: usize) -> Vec<&mut Expr> {
    match block.statements.get_mut(at) {
        Some((statement, _)) => statement.expressions_mut().collect(),
        None => block.terminator.expression_mut().into_iter().collect(),
    }
}

/// The place in the source of statement `at`, or of the terminator behind the last statement.
fn position_of(function: &Function, block: BlockId, at: usize) -> Position {
    let Some(block) = function.blocks.get(block.0) else {
        return Position::default();
    };
    let statement = block.statements.get(at);
    statement.map_or(block.position, |(_, position)| *position)
}

/// Says of all that a function does that it happens at one place.
fn relocate(function: &mut Function, to: Position) {
    for block in &mut function.blocks {
        block.position = to;
        for (_, position) in &mut block.statements {
            *position = to;
        }
    }
}

fn place_holds_call(function: &Function, block: BlockId, at: usize, callee: FunctionId) -> bool {
    let Some(block) = function.blocks.get(block.0) else {
        return false;
    };
    let mut found = false;
    for expr in expressions(block, at) {
        expr.walk(&mut |expr| found |= expr.called_function() == Some(callee));
    }
    found
}

/// Splits the block before the statement with the call, and puts the callee's blocks between.
fn replace_call(
    function: &mut Function,
    block: BlockId,
    at: usize,
    callee: FunctionId,
    body: &Function,
) -> bool {
    let locals = function.locals.len();
    let Some(found) = function.blocks.get(block.0) else {
        return false;
    };
    // What the statement computes before the call must not mind to come after it.
    let mut before = Effects::none(locals);
    let mut call: Option<Expr> = None;
    for expr in expressions(found, at) {
        if let Some(found) = first_call(expr, callee, &mut before) {
            call = Some(found.clone());
            break;
        }
    }
    let Some(call) = call else { return false };
    if !before.commutes_with(&Effects::of(&call, locals)) {
        return false;
    }
    let Expr::Call(_, arguments, result) = &call else {
        return false;
    };
    let position = position_of(function, block, at);

    let offset = LocalId(locals);
    function.locals.extend(body.locals.iter().cloned());
    let value = result.as_ref().map(|ty| {
        function.locals.push(crate::ir::Local {
            name: String::new(),
            ty: ty.clone(),
        });
        LocalId(function.locals.len() - 1)
    });
    let first = function.blocks.len();
    let rest = BlockId(first + body.blocks.len());
    let Some(head) = function.blocks.get_mut(block.0) else {
        return false;
    };
    let mut tail = Block {
        statements: head.statements.split_off(at),
        terminator: std::mem::replace(&mut head.terminator, Terminator::Goto(BlockId(first))),
        position: head.position,
    };
    for (parameter, argument) in body.parameters.iter().zip(arguments) {
        head.statements.push((
            Statement::Set(LocalId(offset.0 + parameter.0), argument.clone()),
            position,
        ));
    }
    take_call(&mut tail, callee, value);
    for block in &body.blocks {
        function
            .blocks
            .push(moved(block, offset, first, rest, value));
    }
    function.blocks.push(tail);
    true
}

/// The first call of a function that an expression makes; adds what is evaluated before it, its own
/// arguments aside.
fn first_call<'a>(expr: &'a Expr, callee: FunctionId, before: &mut Effects) -> Option<&'a Expr> {
    if expr.called_function() == Some(callee) && !holds_call_in_operands(expr, callee) {
        return Some(expr);
    }
    for operand in expr.operands() {
        if let Some(found) = first_call(operand, callee, before) {
            return Some(found);
        }
    }
    before.add_operation(expr);
    None
}

fn holds_call_in_operands(expr: &Expr, callee: FunctionId) -> bool {
    let mut found = false;
    for operand in expr.operands() {
        operand.walk(&mut |expr| found |= expr.called_function() == Some(callee));
    }
    found
}

/// Puts the result in the place of the call.
fn take_call(tail: &mut Block, callee: FunctionId, value: Option<LocalId>) {
    if let Some((Statement::Eval(expr), _)) = tail.statements.first()
        && expr.called_function() == Some(callee)
        && !holds_call_in_operands(expr, callee)
    {
        tail.statements.remove(0);
        return;
    }
    let Some(value) = value else { return };
    let mut done = false;
    for expr in expressions_mut(tail, 0) {
        expr.walk_mut(&mut |expr| {
            if !done && expr.called_function() == Some(callee) {
                *expr = Expr::Local(value);
                done = true;
            }
        });
    }
}

/// A block of the callee among those of the caller.
fn moved(
    block: &Block,
    offset: LocalId,
    first: usize,
    rest: BlockId,
    value: Option<LocalId>,
) -> Block {
    let mut block = block.clone();
    let shift = |expr: &mut Expr| {
        expr.walk_mut(&mut |expr| {
            if let Expr::Local(local) = expr {
                local.0 += offset.0;
            }
        });
    };
    for (statement, _) in &mut block.statements {
        statement.expressions_mut().for_each(shift);
        if let Statement::Set(local, _) = statement {
            local.0 += offset.0;
        }
    }
    if let Some(expr) = block.terminator.expression_mut() {
        shift(expr);
    }
    for next in block.terminator.successors_mut() {
        next.0 += first;
    }
    if let Terminator::Return(result) = &mut block.terminator {
        if let Some(result) = result.take() {
            let statement = match value {
                Some(value) => Statement::Set(value, result),
                None => Statement::Eval(result),
            };
            block.statements.push((statement, block.position));
        }
        block.terminator = Terminator::Goto(rest);
    }
    block
}
