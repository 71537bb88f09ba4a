//! Methods of integers.

use super::Checker;
use crate::diagnostic::{Diagnostic, Span};
use crate::front::resolve::Checked;
use crate::front::tree::{Expr, Intrinsic, Kind, Pattern, Statement};
use crate::front::ty::{Int, Ty};
use crate::ir::{BinaryOp, CompareOp};

/// Methods that give a `u32`; their functions give a `u8`.
const BIT_COUNTS: [&str; 6] = [
    "count_ones",
    "count_zeros",
    "leading_zeros",
    "leading_ones",
    "trailing_zeros",
    "trailing_ones",
];

impl Checker<'_> {
    pub(super) fn integer_method(
        &mut self,
        receiver: &Expr,
        name: &str,
        arguments: &[&syn::Expr],
        span: Span,
    ) -> Checked<Option<Expr>> {
        let ty = receiver.ty.clone();
        let op = match name {
            "wrapping_add" => Some(BinaryOp::WrappingAdd),
            "wrapping_sub" => Some(BinaryOp::WrappingSub),
            "wrapping_mul" => Some(BinaryOp::WrappingMul),
            _ => None,
        };
        match (op, name, arguments) {
            (Some(op), _, [other]) => {
                let other = self.expect(other, &ty)?;
                if self.resolve(&ty) == Ty::Int(Int::Usize) {
                    return Err(limit_differs(name, span));
                }
                Ok(Some(Expr {
                    kind: Kind::Binary(op, Box::new(receiver.clone()), Box::new(other)),
                    ty,
                    span,
                }))
            }
            (None, "min" | "max", [other]) => {
                let other = self.expect(other, &ty)?;
                let intrinsic = if name == "min" {
                    Intrinsic::Min
                } else {
                    Intrinsic::Max
                };
                Ok(Some(Expr {
                    kind: Kind::Intrinsic(intrinsic, vec![receiver.clone(), other]),
                    ty,
                    span,
                }))
            }
            (None, "to_be_bytes" | "to_le_bytes", [])
                if matches!(
                    self.resolve(&ty),
                    Ty::Int(Int::U16 | Int::I16 | Int::U32 | Int::I32)
                ) =>
            {
                let length = match self.resolve(&ty) {
                    Ty::Int(int) if int.is_wide() => 4,
                    _ => 2,
                };
                let value = if name == "to_le_bytes" {
                    self.integer_function(receiver.clone(), "swap_bytes", Vec::new(), span)?
                } else {
                    Some(receiver.clone())
                };
                let ty = Ty::Array(Box::new(Ty::Int(Int::U8)), length);
                Ok(value.map(|value| Expr {
                    kind: Kind::Intrinsic(Intrinsic::ToBeBytes, vec![value]),
                    ty,
                    span,
                }))
            }
            (None, "swap_bytes", []) if matches!(self.resolve(&ty), Ty::Int(Int::U8 | Int::I8)) => {
                Ok(Some(receiver.clone()))
            }
            (None, "rotate_left" | "rotate_right", [by]) => self.rotate(receiver, name, by, span),
            (None, "wrapping_shl" | "wrapping_shr", [by]) => {
                let by = self.expect(by, &Ty::Int(Int::U32))?;
                let by = self.cast(by, Ty::Int(Int::U8), span)?;
                self.integer_function(receiver.clone(), name, vec![by], span)
            }
            (None, "pow" | "wrapping_pow", [by]) => {
                let Kind::Int(by) = self.expect(by, &Ty::Int(Int::U32))?.kind else {
                    return self.refuse(
                        *by,
                        "a power by a number that is not constant",
                        "write the number, or a loop",
                    );
                };
                let by = Expr {
                    kind: Kind::Int(by),
                    ty: Ty::Int(Int::U8),
                    span,
                };
                self.integer_function(receiver.clone(), name, vec![by], span)
            }
            (None, name, []) if BIT_COUNTS.contains(&name) => {
                match self.integer_function(receiver.clone(), name, Vec::new(), span)? {
                    Some(count) => self.cast(count, Ty::Int(Int::U32), span).map(Some),
                    None => Ok(None),
                }
            }
            (_, name, arguments) => {
                let Ty::Int(int) = self.resolve(&ty) else {
                    return Ok(None);
                };
                let Some(id) = self.context.integer_method(int.name(), name) else {
                    let fits_elsewhere = self.context.integer_method("u16", name).is_some();
                    if int == Int::Usize && fits_elsewhere {
                        return Err(limit_differs(name, span));
                    }
                    return Ok(None);
                };
                let signature = self.context.signature(id)?;
                if signature.parameters.len() != arguments.len() + 1 {
                    return Ok(None);
                }
                let list = arguments
                    .iter()
                    .zip(signature.parameters.iter().skip(1))
                    .map(|(argument, (_, ty, _))| self.expect(argument, ty))
                    .collect::<Checked<Vec<_>>>()?;
                self.integer_function(receiver.clone(), name, list, span)
            }
        }
    }

    /// A call of the function that stands for a method.
    fn integer_function(
        &mut self,
        receiver: Expr,
        name: &str,
        arguments: Vec<Expr>,
        span: Span,
    ) -> Checked<Option<Expr>> {
        let Ty::Int(int) = self.resolve(&receiver.ty) else {
            return Ok(None);
        };
        let Some(id) = self.context.integer_method(int.name(), name) else {
            return Ok(None);
        };
        let ty = self.context.signature(id)?.result;
        let list = std::iter::once(receiver).chain(arguments).collect();
        Ok(Some(Expr {
            kind: Kind::Call(id, list),
            ty,
            span,
        }))
    }

    /// Rotation by a `u32`. By a constant it is two shifts, of which zero would be one by the whole width.
    fn rotate(
        &mut self,
        receiver: &Expr,
        name: &str,
        by: &syn::Expr,
        span: Span,
    ) -> Checked<Option<Expr>> {
        let Ty::Int(int) = self.resolve(&receiver.ty) else {
            return Ok(None);
        };
        let Some(width) = int.bits() else {
            return Err(limit_differs(name, span));
        };
        let by = self.expect(by, &Ty::Int(Int::U32))?;
        let Kind::Int(by_value) = by.kind else {
            let by = self.cast(by, Ty::Int(Int::U8), span)?;
            return self.integer_function(receiver.clone(), &format!("{name}_by"), vec![by], span);
        };
        if by_value.rem_euclid(width) == 0 {
            return Ok(Some(receiver.clone()));
        }
        let by = Expr {
            kind: Kind::Int(by_value.rem_euclid(width)),
            ty: Ty::Int(Int::U8),
            span,
        };
        self.integer_function(receiver.clone(), name, vec![by], span)
    }

    /// `x.count_ones() as ty`: the count, before the cast.
    pub(super) fn bit_count(&mut self, expr: &syn::Expr) -> Checked<Option<Expr>> {
        let syn::Expr::MethodCall(call) = expr else {
            return Ok(None);
        };
        let name = call.method.to_string();
        if !BIT_COUNTS.contains(&name.as_str()) || !call.args.is_empty() {
            return Ok(None);
        }
        let receiver = self.expr(&call.receiver, None)?;
        let span = self.span(call);
        self.integer_function(receiver, &name, Vec::new(), span)
    }

    /// `u8::try_from(value)`: whether it is in range, and the value.
    pub(super) fn try_convert(&mut self, value: Expr, to: Int, span: Span) -> Checked<Expr> {
        let from = match self.resolve(&value.ty) {
            Ty::Int(from) => from,
            Ty::Never => return Ok(value),
            _ => {
                return Err(Diagnostic::new(
                    value.span,
                    "the type of this integer is not told",
                    "what fits depends on it",
                )
                .help("write the type where the value is bound"));
            }
        };
        let ((low, high), (least, most)) = (to.range(), from.range());
        // A `usize` is as wide as the host's in Rust: what is not negative fits there. The cast tests for the card.
        let (number, id) = (
            |n: i64| Expr {
                kind: Kind::Int(n),
                ty: Ty::Int(from),
                span,
            },
            self.declare("_".to_owned(), Ty::Int(from), false),
        );
        let variable = Expr {
            kind: Kind::Variable(id),
            ty: Ty::Int(from),
            span,
        };
        let compare = |op, limit| Expr {
            kind: Kind::Compare(op, Box::new(variable.clone()), Box::new(number(limit))),
            ty: Ty::Bool,
            span,
        };
        let above = (low > least).then(|| compare(CompareOp::Ge, low));
        let below = (high < most && to != Int::Usize).then(|| compare(CompareOp::Le, high));
        let fits = match (above, below) {
            (Some(above), Some(below)) => Expr {
                kind: Kind::And(Box::new(above), Box::new(below)),
                ty: Ty::Bool,
                span,
            },
            (Some(one), None) | (None, Some(one)) => one,
            (None, None) => Expr {
                kind: Kind::Int(1),
                ty: Ty::Bool,
                span,
            },
        };
        let ty = Ty::Fallible(Box::new(Ty::Int(to)));
        let cast = self.cast(variable.clone(), Ty::Int(to), span)?;
        let variant = |tag, fields| Expr {
            kind: Kind::Variant(tag, fields),
            ty: ty.clone(),
            span,
        };
        let chosen = Expr {
            kind: Kind::If(
                Box::new(fits),
                Box::new(variant(1, vec![(1, cast)])),
                Some(Box::new(variant(0, Vec::new()))),
            ),
            ty: ty.clone(),
            span,
        };
        let bind = Statement::Let(Pattern::Bind(id), Some(value));
        Ok(Expr {
            kind: Kind::Block(vec![bind], Some(Box::new(chosen))),
            ty,
            span,
        })
    }

    /// `u16::from_le_bytes(bytes)` of what `from_be_bytes` gives.
    pub(super) fn swapped(&mut self, value: Expr, span: Span) -> Checked<Option<Expr>> {
        self.integer_function(value, "swap_bytes", Vec::new(), span)
    }
}

fn limit_differs(name: &str, span: Span) -> Diagnostic {
    Diagnostic::new(
        span,
        format!("`{name}` of `usize` is not part of Card Rust"),
        "its limit on the card is not that of the host",
    )
    .help("use `u16`")
}
