//! Ways through a constant's code: conditions, loops, and what leaves them.

use super::{Evaluator, Value};
use crate::diagnostic::Diagnostic;
use crate::front::resolve::Checked;
use crate::front::ty::Ty;

/// What is left on the way, until it is reached.
#[derive(Clone)]
pub(super) enum Leaving {
    Return(Value, Ty),
    /// With the label, and what is taken along.
    Break(Option<String>, Option<(Value, Ty)>),
    Continue(Option<String>),
}

/// What an expression gives that is left.
pub(super) fn nothing() -> (Value, Ty) {
    (Value::Int(0), Ty::Never)
}

pub(super) fn unit() -> (Value, Ty) {
    (Value::Tuple(Vec::new()), Ty::Unit)
}

impl Evaluator<'_> {
    /// Counts a step: a constant is found in so many, or not at all.
    pub(super) fn step(&mut self, at: &syn::Expr) -> Checked<()> {
        self.fuel = self.fuel.saturating_sub(1);
        if self.fuel > 0 {
            return Ok(());
        }
        Err(Diagnostic::new(
            self.context.span(self.module, at),
            "this constant is not found in reasonable time",
            "still running",
        )
        .help("write the value, or find it in fewer steps"))
    }

    /// A condition, whose `let` binds names.
    pub(super) fn condition(&mut self, expr: &syn::Expr) -> Checked<bool> {
        match expr {
            syn::Expr::Paren(inner) => self.condition(&inner.expr),
            syn::Expr::Let(condition) => {
                let (value, ty) = self.expr(&condition.expr, None)?;
                self.fits(&condition.pat, &value, &ty)
            }
            syn::Expr::Binary(binary) if matches!(binary.op, syn::BinOp::And(_)) => {
                Ok(self.condition(&binary.left)? && self.condition(&binary.right)?)
            }
            expr => Ok(self.int(expr, Some(&Ty::Bool))?.0 == 1),
        }
    }

    /// `if`, with a value or without.
    pub(super) fn if_(
        &mut self,
        branch: &syn::ExprIf,
        wanted: Option<&Ty>,
    ) -> Checked<(Value, Ty)> {
        let known = self.locals.len();
        let holds = self.condition(&branch.cond)?;
        let found = match (&branch.else_branch, holds) {
            _ if self.leaving.is_some() => Ok(nothing()),
            (_, true) => self.block(&branch.then_branch, wanted),
            (Some((_, other)), false) => {
                self.locals.truncate(known);
                self.expr(other, wanted)
            }
            (None, false) => Ok(unit()),
        };
        self.locals.truncate(known);
        found
    }

    pub(super) fn while_(
        &mut self,
        branch: &syn::ExprWhile,
        at: &syn::Expr,
    ) -> Checked<(Value, Ty)> {
        let label = branch.label.as_ref();
        let known = self.locals.len();
        loop {
            self.step(at)?;
            let holds = self.condition(&branch.cond)?;
            if holds && self.leaving.is_none() {
                self.block(&branch.body, None)?;
            }
            self.locals.truncate(known);
            if let Some(found) = self.left(label) {
                return Ok(found);
            }
            if !holds {
                return Ok(unit());
            }
        }
    }

    pub(super) fn loop_(&mut self, branch: &syn::ExprLoop, at: &syn::Expr) -> Checked<(Value, Ty)> {
        loop {
            self.step(at)?;
            self.block(&branch.body, None)?;
            if let Some(found) = self.left(branch.label.as_ref()) {
                return Ok(found);
            }
        }
    }

    /// A block with a label.
    pub(super) fn labelled(
        &mut self,
        block: &syn::Block,
        label: &syn::Label,
        wanted: Option<&Ty>,
    ) -> Checked<(Value, Ty)> {
        let value = self.block(block, wanted)?;
        match self.leaving.take() {
            Some(Leaving::Break(Some(to), value)) if label.name.ident == to => {
                Ok(value.unwrap_or_else(unit))
            }
            leaving => {
                self.leaving = leaving;
                Ok(value)
            }
        }
    }

    /// What a loop gives that is left, by its own `break` or one of what is around it.
    fn left(&mut self, label: Option<&syn::Label>) -> Option<(Value, Ty)> {
        let is_own = |to: &Option<String>| match to {
            None => true,
            Some(to) => label.is_some_and(|label| label.name.ident == to),
        };
        match self.leaving.take() {
            None => None,
            Some(Leaving::Continue(to)) if is_own(&to) => None,
            Some(Leaving::Break(to, value)) if is_own(&to) => Some(value.unwrap_or_else(unit)),
            leaving => {
                self.leaving = leaving;
                Some(nothing())
            }
        }
    }

    /// `return`, `break` and `continue`.
    pub(super) fn leave(&mut self, expr: &syn::Expr) -> Checked<(Value, Ty)> {
        let name = |label: &Option<syn::Lifetime>| label.as_ref().map(|l| l.ident.to_string());
        let leaving = match expr {
            syn::Expr::Return(leave) => {
                let (value, ty) = match &leave.expr {
                    Some(value) => self.expr(value, self.result.clone().as_ref())?,
                    None => unit(),
                };
                Leaving::Return(value, ty)
            }
            syn::Expr::Break(leave) => {
                let value = leave.expr.as_deref();
                let value = value.map(|value| self.expr(value, None)).transpose()?;
                Leaving::Break(name(&leave.label), value)
            }
            syn::Expr::Continue(next) => Leaving::Continue(name(&next.label)),
            _ => return self.refuse(expr),
        };
        // What was left before, on the way to this, is left first.
        self.leaving.get_or_insert(leaving);
        Ok(nothing())
    }
}
