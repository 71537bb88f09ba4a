//! Operators that types of one's own implement: calls of the traits' functions.

use super::Checker;
use crate::diagnostic::Span;
use crate::front::resolve::Checked;
use crate::front::tree::Expr;
use crate::front::ty::Ty;

impl Checker<'_> {
    /// `left op right` where the type of `left` implements it. The right side, where it was looked at, is given back.
    pub(super) fn overloaded(
        &mut self,
        op: &syn::BinOp,
        left: &Expr,
        right: &syn::Expr,
        span: Span,
    ) -> Checked<Option<Expr>> {
        let Some((of, name)) = trait_of(op) else {
            return Ok(None);
        };
        let found = self.of_core(&left.ty, of, name);
        let id = match found.as_slice() {
            [] => return Ok(None),
            found => {
                let ty = self.type_alone(right)?;
                let is_number = matches!(self.resolve(&left.ty), Ty::Int(_) | Ty::Bool);
                // Numbers have the operators of Rust besides.
                if is_number && matches!(ty, Ty::Int(_) | Ty::IntVar(_) | Ty::Bool) {
                    return Ok(None);
                }
                self.taking(found, &[ty], 1, span)?
            }
        };
        let Some(id) = id else { return Ok(None) };
        let signature = self.context.signature(id)?;
        let right = match signature.parameters.get(1) {
            Some((_, ty, _)) => self.expect(right, ty)?,
            None => return Ok(None),
        };
        self.called(id, vec![left.clone(), right], span).map(Some)
    }

    /// `-value` or `!value` where its type implements it.
    pub(super) fn overloaded_unary(
        &mut self,
        (of, name): (&str, &str),
        value: &Expr,
        span: Span,
    ) -> Checked<Option<Expr>> {
        match self.of_core(&value.ty, of, name).as_slice() {
            [id] => self.called(*id, vec![value.clone()], span).map(Some),
            _ => Ok(None),
        }
    }

    /// `base[at]` where the type of `base` implements `Index`: the element's value.
    pub(super) fn overloaded_index(
        &mut self,
        base: &Expr,
        at: &syn::Expr,
        span: Span,
    ) -> Checked<Option<Expr>> {
        let found = self.of_core(&base.ty, "Index", "index");
        if found.is_empty() {
            return Ok(None);
        }
        let Some(id) = self.taking_arguments(&found, &[at], 1, span)? else {
            return Ok(None);
        };
        let signature = self.context.signature(id)?;
        let at = match signature.parameters.get(1) {
            Some((_, ty, _)) => self.expect(at, ty)?,
            None => return Ok(None),
        };
        self.called(id, vec![base.clone(), at], span).map(Some)
    }
}

/// The trait of an operator, and its function.
fn trait_of(op: &syn::BinOp) -> Option<(&'static str, &'static str)> {
    use syn::BinOp;
    Some(match op {
        BinOp::Add(_) => ("Add", "add"),
        BinOp::Sub(_) => ("Sub", "sub"),
        BinOp::Mul(_) => ("Mul", "mul"),
        BinOp::Div(_) => ("Div", "div"),
        BinOp::Rem(_) => ("Rem", "rem"),
        BinOp::BitAnd(_) => ("BitAnd", "bitand"),
        BinOp::BitOr(_) => ("BitOr", "bitor"),
        BinOp::BitXor(_) => ("BitXor", "bitxor"),
        BinOp::Shl(_) => ("Shl", "shl"),
        BinOp::Shr(_) => ("Shr", "shr"),
        BinOp::AddAssign(_) => ("AddAssign", "add_assign"),
        BinOp::SubAssign(_) => ("SubAssign", "sub_assign"),
        BinOp::MulAssign(_) => ("MulAssign", "mul_assign"),
        BinOp::DivAssign(_) => ("DivAssign", "div_assign"),
        BinOp::RemAssign(_) => ("RemAssign", "rem_assign"),
        BinOp::BitAndAssign(_) => ("BitAndAssign", "bitand_assign"),
        BinOp::BitOrAssign(_) => ("BitOrAssign", "bitor_assign"),
        BinOp::BitXorAssign(_) => ("BitXorAssign", "bitxor_assign"),
        BinOp::ShlAssign(_) => ("ShlAssign", "shl_assign"),
        BinOp::ShrAssign(_) => ("ShrAssign", "shr_assign"),
        _ => return None,
    })
}
