//! Tests that an access makes again.
//!
//! Where a number is no `usize` the command ends with 6F00, as it does at an index out of bounds. If all that happens
//! from the test on until such an access leaves nothing behind, and the number, as the negative word that it is, leads there
//! on every way, the test is not needed. The local is an `i16` from then on, so that nothing takes it for less than it
//! can be.

use super::combine::is_get_short;
use super::decide::{Flow, State};
use super::effects::{Effects, is_get_buffer};
use super::forward::Uses;
use crate::codegen::ask::ends_in_exception;
use crate::codegen::interval::Interval;
use crate::ir::{
    ApiMethod, Block, BlockId, CompareOp, Expr, Function, LocalId, Position, Program, Statement,
    Terminator, Type,
};

/// What an uncaught exception of the virtual machine gives.
const UNKNOWN: i32 = 0x6F00;
/// The least number that is no `usize` on the card.
const LIMIT: i32 = 0x8000;
/// So many blocks are followed.
const FAR: usize = 8;

/// Takes such tests out of a function.
pub(super) fn remove(program: &Program, function: &mut Function) {
    for index in 0..function.blocks.len() {
        if let Some(changed) = without(program, function, index) {
            *function = changed;
        }
    }
}

/// The function without the test at the end of a block.
fn without(program: &Program, function: &Function, index: usize) -> Option<Function> {
    let block = function.blocks.get(index)?;
    let (sum, fine, not) = tested(&block.terminator)?;
    let fails = function.blocks.get(not.0)?;
    let is_unknown = fails.statements.is_empty()
        && matches!(
            &fails.terminator,
            Terminator::Throw(Expr::Const(_, UNKNOWN))
        );
    let uses = Uses::of(function);
    if !is_unknown || uses.sets(sum) != 1 {
        return None;
    }
    // The numbers that fail the test, as words.
    let flow = Flow::alone(program, function);
    let mut most = None;
    flow.each_end(&mut |at, _, state| {
        if at == index {
            most = Some(flow.range(&Expr::Local(sum), state).high);
        }
    });
    let words = Interval::new(-LIMIT, most?.checked_sub(2 * LIMIT)?);
    if words.high >= 0 {
        return None;
    }
    let mut changed = function.clone();
    changed.blocks.get_mut(index)?.terminator = Terminator::Goto(fine);
    let locals = as_words(&mut changed, sum)?;
    let flow = Flow::alone(program, &changed);
    let mut known = None;
    flow.each_end(&mut |at, _, state| {
        if at == index {
            known = Some(state.clone());
        }
    });
    let mut state = known?;
    flow.set_range(&mut state, sum, words);
    let mut follow = Follow {
        flow: &flow,
        function: &changed,
        locals: &locals,
        left: FAR,
    };
    let ends = follow.ends(fine, state);
    (ends && is_confirmed(program, &changed, (index, fine), sum)).then_some(changed)
}

/// Whether the instructions without the test come to the same: what they would show a test to find is followed from
/// where it goes.
fn is_confirmed(
    program: &Program,
    changed: &Function,
    (index, fine): (usize, BlockId),
    sum: LocalId,
) -> bool {
    let mut tested = changed.clone();
    let failed = BlockId(tested.blocks.len());
    let is_negative = Expr::Compare(
        CompareOp::Lt,
        Type::I16,
        Box::new(Expr::Local(sum)),
        Box::new(Expr::Const(Type::I16, 0)),
    );
    let Some(block) = tested.blocks.get_mut(index) else {
        return false;
    };
    block.terminator = Terminator::If(is_negative, failed, fine);
    tested.blocks.push(Block {
        statements: Vec::new(),
        terminator: Terminator::Unreachable,
        position: Position::default(),
    });
    let is_idle = |method: &ApiMethod| is_get_buffer(method) || is_get_short(method);
    ends_in_exception(program, &tested, (failed, fine), UNKNOWN, &is_idle)
}

/// `x < 0x8000` of a `u16` local, and where that leads if it holds and if not.
fn tested(terminator: &Terminator) -> Option<(LocalId, BlockId, BlockId)> {
    let Terminator::If(Expr::Compare(op, Type::U16, left, right), yes, no) = terminator else {
        return None;
    };
    let (Expr::Local(local), Expr::Const(_, LIMIT)) = (&**left, &**right) else {
        return None;
    };
    match op {
        CompareOp::Lt => Some((*local, *yes, *no)),
        CompareOp::Ge => Some((*local, *no, *yes)),
        _ => None,
    }
}

/// Makes an `i16` of a `u16` local that is only ever taken for a `usize`, and of the locals that it is copied to; which
/// those are.
fn as_words(function: &mut Function, sum: LocalId) -> Option<Vec<LocalId>> {
    let mut locals = vec![sum];
    let mut at = 0;
    while let Some(local) = locals.get(at).copied() {
        at += 1;
        for (statement, _) in function.blocks.iter().flat_map(|block| &block.statements) {
            if let Statement::Set(to, value) = statement
                && source(value) == Some(local)
                && !locals.contains(to)
                && !function.parameters.contains(to)
            {
                locals.push(*to);
            }
        }
    }
    for local in &locals {
        let ty = &mut function.locals.get_mut(local.0)?.ty;
        if *local != sum && *ty != Type::Usize {
            return None;
        }
    }
    let words = Words {
        sum,
        locals: &locals,
    };
    let mut is_fine = true;
    for block in &mut function.blocks {
        for (statement, _) in &mut block.statements {
            if let Statement::Set(local, value) = statement
                && locals.contains(local)
            {
                words.assigned(value, &mut is_fine);
                continue;
            }
            for expr in statement.expressions_mut() {
                words.read(expr, &mut is_fine);
            }
        }
        if let Some(expr) = block.terminator.expression_mut() {
            words.read(expr, &mut is_fine);
        }
    }
    for local in &locals {
        function.locals.get_mut(local.0)?.ty = Type::I16;
    }
    is_fine.then_some(locals)
}

/// The local that a value is, a cast from `u16` aside.
fn source(value: &Expr) -> Option<LocalId> {
    match value {
        Expr::Local(local) => Some(*local),
        Expr::Cast {
            from: Type::U16,
            to: Type::Usize,
            value,
        } => source(value),
        _ => None,
    }
}

struct Words<'a> {
    /// The one that was a `u16`; the others were `usize`.
    sum: LocalId,
    locals: &'a [LocalId],
}

impl Words<'_> {
    fn is_in(&self, expr: &Expr) -> bool {
        matches!(expr, Expr::Local(local) if self.locals.contains(local))
    }

    /// What one of the locals is assigned.
    fn assigned(&self, value: &mut Expr, is_fine: &mut bool) {
        if let Some(local) = source(value)
            && self.locals.contains(&local)
        {
            *value = Expr::Local(local);
            return;
        }
        self.read(value, is_fine);
        let from = match value {
            Expr::Binary(_, ty, ..) | Expr::Cast { to: ty, .. } => ty.clone(),
            Expr::Const(ty, _) => ty.clone(),
            _ => Type::Usize,
        };
        let unchanged = std::mem::replace(value, Expr::Const(Type::I16, 0));
        *value = cast(from, Type::I16, unchanged);
    }

    fn read(&self, expr: &mut Expr, is_fine: &mut bool) {
        if let Some(local) = source(expr)
            && self.locals.contains(&local)
        {
            // The `u16` itself, but for the casts of it, is wanted where it may be large.
            *is_fine &= local != self.sum || matches!(expr, Expr::Cast { .. });
            *expr = cast(Type::I16, Type::Usize, Expr::Local(local));
            return;
        }
        if let Expr::Cast {
            from: Type::Usize,
            to: Type::I16,
            value,
        } = expr
            && self.is_in(value)
        {
            *expr = (**value).clone();
            return;
        }
        // An order of two `usize` is that of their words.
        if let Expr::Compare(_, ty @ Type::Usize, left, right) = expr
            && (source(left).is_some_and(|local| self.locals.contains(&local))
                || source(right).is_some_and(|local| self.locals.contains(&local)))
        {
            *ty = Type::I16;
            for side in [left, right] {
                self.read(side, is_fine);
                let word = std::mem::replace(&mut **side, Expr::Const(Type::I16, 0));
                **side = match word {
                    Expr::Cast {
                        from: Type::I16,
                        to: Type::Usize,
                        value,
                    } => *value,
                    Expr::Const(_, value) => Expr::Const(Type::I16, value),
                    other => cast(Type::Usize, Type::I16, other),
                };
            }
            return;
        }
        expr.operands_mut()
            .for_each(|operand| self.read(operand, is_fine));
    }
}

fn cast(from: Type, to: Type, value: Expr) -> Expr {
    Expr::Cast {
        from,
        to,
        value: Box::new(value),
    }
}

struct Follow<'a, 'f> {
    flow: &'f Flow<'a>,
    function: &'f Function,
    locals: &'f [LocalId],
    left: usize,
}

impl<'a> Follow<'a, '_> {
    /// Whether every way from here ends at an index out of bounds, and does nothing before.
    fn ends(&mut self, id: BlockId, mut state: State<'a>) -> bool {
        let Some(left) = self.left.checked_sub(1) else {
            return false;
        };
        self.left = left;
        let Some(block) = self.function.blocks.get(id.0) else {
            return false;
        };
        for (statement, _) in &block.statements {
            match self.statement(statement, &state) {
                Some(ends) => return ends,
                None => self.flow.statement(statement, &mut state),
            }
        }
        self.terminator(block, &state)
    }

    fn terminator(&mut self, block: &Block, state: &State<'a>) -> bool {
        let expr = block.terminator.expression();
        if let Some(ends) = expr.and_then(|expr| self.expression(expr, state)) {
            return ends;
        }
        if let Terminator::Throw(status) = &block.terminator {
            return matches!(status, Expr::Const(_, UNKNOWN));
        }
        let ways = self.flow.ways_on(&block.terminator, state);
        let is_end = block.terminator.successors().next().is_none();
        !is_end && ways.into_iter().all(|way| self.ends(way.next, way.state))
    }

    /// Whether a statement ends the way, well or not; nothing if it goes on.
    fn statement(&self, statement: &Statement, state: &State<'a>) -> Option<bool> {
        if let Statement::SetElement(_, array, index, value) = statement {
            let before = [array, value].map(|expr| self.expression(expr, state));
            return before
                .into_iter()
                .flatten()
                .next()
                .or(Some(self.is_out(index, state)));
        }
        for expr in statement.expressions() {
            if let Some(ends) = self.expression(expr, state) {
                return Some(ends);
            }
        }
        matches!(statement, Statement::SetField(..)).then_some(false)
    }

    /// Whether an expression ends the way, well or not; nothing if it goes on.
    fn expression(&self, expr: &Expr, state: &State<'a>) -> Option<bool> {
        if let Expr::Element(_, array, index) = expr
            && self.is_out(index, state)
        {
            return self.expression(array, state).or(Some(true));
        }
        for operand in expr.operands() {
            if let Some(ends) = self.expression(operand, state) {
                return Some(ends);
            }
        }
        match expr {
            // What is taken for a `usize` again must be one.
            Expr::Cast {
                from: Type::I16,
                to: Type::Usize,
                value,
            } if self.is_word(value) => (self.flow.range(value, state).low < 0).then_some(false),
            other => {
                let mut effects = Effects::none(self.function.locals.len());
                effects.add_operation(other);
                effects.writes.then_some(false)
            }
        }
    }

    fn is_word(&self, expr: &Expr) -> bool {
        matches!(expr, Expr::Local(local) if self.locals.contains(local))
    }

    /// Whether an index is less than none for certain.
    fn is_out(&self, index: &Expr, state: &State<'a>) -> bool {
        let (word, by) = match index {
            Expr::Binary(crate::ir::BinaryOp::Add, Type::Usize, word, by) => match **by {
                Expr::Const(_, by) => (&**word, by),
                _ => return false,
            },
            word => (word, 0),
        };
        match word {
            Expr::Cast {
                from: Type::I16,
                to: Type::Usize,
                value,
            } if self.is_word(value) => self.flow.range(value, state).high + by < 0,
            _ => false,
        }
    }
}
