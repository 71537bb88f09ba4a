//! Loops and blocks that are left: labels, and what `break` takes along.

use super::{Checker, Loop, make};
use crate::front::resolve::Checked;
use crate::front::tree::{Expr, Kind, LoopId};
use crate::front::ty::Ty;

impl Checker<'_> {
    pub(super) fn enter(&mut self, label: Option<&syn::Lifetime>, value: Option<Ty>) -> LoopId {
        let id = LoopId(self.next_loop);
        self.next_loop += 1;
        self.loops.push(Loop {
            id,
            label: label.map(|label| label.ident.to_string()),
            value,
            is_open: false,
            is_block: false,
            left: false,
        });
        id
    }

    /// A block that may be left with a value: labelled, or a closure's.
    pub(super) fn enter_block(
        &mut self,
        label: Option<&syn::Lifetime>,
        wanted: Option<&Ty>,
    ) -> LoopId {
        let id = self.enter(label, Some(wanted.cloned().unwrap_or(Ty::Unit)));
        if let Some(entered) = self.loops.last_mut() {
            entered.is_block = true;
            entered.is_open = wanted.is_none();
        }
        id
    }

    /// A block that is left: a loop that leaves at its end.
    pub(super) fn labelled(&mut self, id: LoopId, entered: Loop, body: Expr) -> Checked<Expr> {
        let span = body.span;
        let ty = match entered {
            Loop {
                value: Some(ty),
                is_open: false,
                ..
            } => ty,
            // No `break` with a value: the block's own counts.
            _ => body.ty.clone(),
        };
        self.same(&ty, &body.ty, span)?;
        let leave = make::leave(id, Some(body), span);
        Ok(make::expr(Kind::Loop(id, Box::new(leave)), ty, span))
    }

    /// What `break` takes along out of a loop or block, whose type the first of them may say.
    pub(super) fn break_value(
        &mut self,
        id: LoopId,
        ty: Option<Ty>,
        value: &syn::Expr,
    ) -> Checked<Expr> {
        let Some(ty) = ty else {
            return self.refuse(
                value,
                "`break` with a value here",
                "only `loop` gives a value",
            );
        };
        if !self
            .loops
            .iter()
            .any(|known| known.id == id && known.is_open)
        {
            return self.expect(value, &ty);
        }
        let value = self.expr(value, None)?;
        if self.resolve(&value.ty) != Ty::Never
            && let Some(open) = self.loops.iter_mut().find(|known| known.id == id)
        {
            open.value = Some(value.ty.clone());
            open.is_open = false;
        }
        Ok(value)
    }

    pub(super) fn target(
        &mut self,
        label: Option<&syn::Lifetime>,
        at: &syn::Expr,
    ) -> Checked<(LoopId, Option<Ty>)> {
        let found = match label {
            Some(label) => self
                .loops
                .iter_mut()
                .rev()
                .find(|l| l.label.as_ref().is_some_and(|name| label.ident == name)),
            None => self.loops.iter_mut().rev().find(|l| !l.is_block),
        };
        match found {
            Some(found) => {
                found.left = true;
                Ok((found.id, found.value.clone()))
            }
            None => self.refuse(
                at,
                "leaving a loop from here",
                "there is no such loop around it",
            ),
        }
    }
}
