//! What evaluating an expression does and depends on: what may change places with what.

use super::combine::is_get_short;
use crate::ir::dataflow::LocalSet;
use crate::ir::{ApiMethod, BinaryOp, Callee, Expr, LocalId, Statement};

/// Effects and dependencies.
#[derive(Clone, Debug)]
pub(super) struct Effects {
    /// Reads fields or elements, or can end the command (an index out of bounds).
    pub(super) reads: bool,
    /// Calls, allocates or writes.
    pub(super) writes: bool,
    /// Locals that are read.
    pub(super) uses: LocalSet,
    /// Locals that are assigned.
    pub(super) sets: LocalSet,
}

/// `APDU.getBuffer()`: always the same array, never null.
pub(super) fn is_get_buffer(method: &ApiMethod) -> bool {
    method.class == "javacard/framework/APDU" && method.name == "getBuffer"
}

/// Whether leaving the operation itself out, its operands aside, changes nothing but its value. An index out
/// of bounds is a panic on the host, which its tests show not to happen; null is nothing that Card Rust has.
fn is_idle(expr: &Expr) -> bool {
    match expr {
        Expr::Call(Callee::Api(method), _, _) => is_get_buffer(method) || is_get_short(method),
        Expr::Call(..) | Expr::New(_) | Expr::NewArray(..) | Expr::Downcast(..) => false,
        Expr::Binary(BinaryOp::Div | BinaryOp::Rem, _, _, divisor) => {
            matches!(**divisor, Expr::Const(_, value) if value != 0)
        }
        _ => true,
    }
}

/// Whether evaluating the whole expression only gives a value.
pub(super) fn is_droppable(expr: &Expr) -> bool {
    is_idle(expr) && expr.operands().all(is_droppable)
}

impl Effects {
    pub(super) fn none(locals: usize) -> Self {
        Self {
            reads: false,
            writes: false,
            uses: LocalSet::empty(locals),
            sets: LocalSet::empty(locals),
        }
    }

    /// Adds those of an operation, without its operands.
    pub(super) fn add_operation(&mut self, expr: &Expr) {
        match expr {
            Expr::Local(local) => {
                self.uses.insert(*local);
            }
            Expr::Call(Callee::Api(method), _, _) if is_get_buffer(method) => {}
            Expr::Call(Callee::Api(method), _, _) if is_get_short(method) => self.reads = true,
            Expr::Call(..) | Expr::New(_) | Expr::NewArray(..) => self.writes = true,
            Expr::Field(..) | Expr::Element(..) | Expr::Length(_) | Expr::Downcast(..) => {
                self.reads = true
            }
            Expr::Binary(BinaryOp::Div | BinaryOp::Rem, ..) if !is_idle(expr) => self.reads = true,
            _ => {}
        }
    }

    /// Of a whole expression.
    pub(super) fn of(expr: &Expr, locals: usize) -> Self {
        let mut effects = Self::none(locals);
        expr.walk(&mut |expr| effects.add_operation(expr));
        effects
    }

    /// Adds those of a statement.
    pub(super) fn add_statement(&mut self, statement: &Statement) {
        for expr in statement.expressions() {
            expr.walk(&mut |expr| self.add_operation(expr));
        }
        match statement {
            Statement::Set(local, _) => {
                self.sets.insert(*local);
            }
            Statement::SetField(..) | Statement::SetElement(..) => self.writes = true,
            Statement::Eval(_) => {}
        }
    }

    /// Whether `self`, evaluated first, may as well be evaluated after `other`.
    pub(super) fn commutes_with(&self, other: &Effects) -> bool {
        let apart = |a: &LocalSet, b: &LocalSet| !a.iter().any(|local| b.contains(local));
        let memory = match (self.writes, other.writes) {
            (true, _) => !other.reads && !other.writes,
            (false, true) => !self.reads,
            (false, false) => true,
        };
        memory
            && apart(&self.uses, &other.sets)
            && apart(&self.sets, &other.uses)
            && apart(&self.sets, &other.sets)
    }

    /// Adds, of the operations of `expressions`, those that come before the first read of `local`;
    /// whether there is one.
    pub(super) fn add_before_use<'a>(
        &mut self,
        expressions: impl Iterator<Item = &'a Expr>,
        local: LocalId,
    ) -> bool {
        let mut found = false;
        for expression in expressions {
            expression.walk(&mut |expr| {
                found |= *expr == Expr::Local(local);
                if !found {
                    self.add_operation(expr);
                }
            });
        }
        found
    }
}
