//! Operators in constants.

use super::flow::nothing;
use super::function::UNTOLD;
use super::{Evaluator, Value};
use crate::diagnostic::Diagnostic;
use crate::front::resolve::Checked;
use crate::front::ty::Ty;

impl Evaluator<'_> {
    /// What is done to an integer depends on its width, which nothing tells.
    pub(super) fn untold_width<T>(&self, expr: &syn::Expr) -> Checked<T> {
        Err(Diagnostic::new(
            self.context.span(self.module, expr),
            "the type of this integer is not told",
            "its width decides what the constant is",
        )
        .help("write the type: `let mut x: u16 = 0;`, `5u16`"))
    }

    pub(super) fn binary(
        &mut self,
        binary: &syn::ExprBinary,
        wanted: Option<&Ty>,
    ) -> Checked<(Value, Ty)> {
        use syn::BinOp;
        if matches!(binary.op, BinOp::And(_) | BinOp::Or(_)) {
            // The right side is not looked at where the left one decides.
            let (left, _) = self.int(&binary.left, Some(&Ty::Bool))?;
            if (left == 1) == matches!(binary.op, BinOp::Or(_)) {
                return Ok((Value::Int(left), Ty::Bool));
            }
            let (right, _) = self.int(&binary.right, Some(&Ty::Bool))?;
            return Ok((Value::Int(right), Ty::Bool));
        }
        let comparison = matches!(
            binary.op,
            BinOp::Eq(_) | BinOp::Ne(_) | BinOp::Lt(_) | BinOp::Le(_) | BinOp::Gt(_) | BinOp::Ge(_)
        );
        let (a, mut ty) = self.int(&binary.left, if comparison { None } else { wanted })?;
        let (b, other) = self.int(&binary.right, Some(&ty))?;
        if self.leaving.is_some() {
            return Ok(nothing());
        }
        if matches!(ty, Ty::IntVar(_)) && !matches!(binary.op, BinOp::Shl(_) | BinOp::Shr(_)) {
            ty = other;
        }
        if ty == UNTOLD && matches!(binary.op, BinOp::Shl(_)) {
            return self.untold_width(&binary.left);
        }
        let truth = |value: bool| Ok((Value::Int(i64::from(value)), Ty::Bool));
        let value = match binary.op {
            BinOp::Add(_) => a.checked_add(b),
            BinOp::Sub(_) => a.checked_sub(b),
            BinOp::Mul(_) => a.checked_mul(b),
            BinOp::Div(_) => a.checked_div(b),
            BinOp::Rem(_) => a.checked_rem(b),
            BinOp::BitAnd(_) => Some(a & b),
            BinOp::BitOr(_) => Some(a | b),
            BinOp::BitXor(_) => Some(a ^ b),
            BinOp::Shl(_) => u32::try_from(b)
                .ok()
                .and_then(|b| a.checked_shl(b))
                .map(|v| wrap(&ty, v)),
            BinOp::Shr(_) => u32::try_from(b).ok().and_then(|b| a.checked_shr(b)),
            BinOp::Eq(_) => return truth(a == b),
            BinOp::Ne(_) => return truth(a != b),
            BinOp::Lt(_) => return truth(a < b),
            BinOp::Le(_) => return truth(a <= b),
            BinOp::Gt(_) => return truth(a > b),
            BinOp::Ge(_) => return truth(a >= b),
            _ => None,
        };
        let Some(value) = value else {
            return self.refuse(binary);
        };
        if let Ty::Int(int) = ty {
            let (low, high) = int.range();
            if !(low..=high).contains(&value) {
                return Err(Diagnostic::new(
                    self.context.span(self.module, binary),
                    format!("this constant does not fit `{}`", int.name()),
                    format!("{value}"),
                ));
            }
        }
        Ok((Value::Int(value), ty))
    }
}

/// The operation of one that assigns.
pub(super) fn plain(op: &syn::BinOp) -> Option<syn::BinOp> {
    use syn::BinOp;
    let token = proc_macro2::Span::call_site();
    Some(match op {
        BinOp::AddAssign(_) => BinOp::Add(syn::token::Plus(token)),
        BinOp::SubAssign(_) => BinOp::Sub(syn::token::Minus(token)),
        BinOp::MulAssign(_) => BinOp::Mul(syn::token::Star(token)),
        BinOp::DivAssign(_) => BinOp::Div(syn::token::Slash(token)),
        BinOp::RemAssign(_) => BinOp::Rem(syn::token::Percent(token)),
        BinOp::BitAndAssign(_) => BinOp::BitAnd(syn::token::And(token)),
        BinOp::BitOrAssign(_) => BinOp::BitOr(syn::token::Or(token)),
        BinOp::BitXorAssign(_) => BinOp::BitXor(syn::token::Caret(token)),
        BinOp::ShlAssign(_) => BinOp::Shl(syn::token::Shl(token)),
        BinOp::ShrAssign(_) => BinOp::Shr(syn::token::Shr(token)),
        _ => return None,
    })
}

pub(super) fn wrap(ty: &Ty, value: i64) -> i64 {
    match ty {
        Ty::Int(int) => int.wrap(value),
        _ => value,
    }
}
