//! Options and enums with data: values in parts, the first of which tells the variant.

use super::builder::Builder;
use super::value::{Slice, Value, number};
use crate::diagnostic::Span;
use crate::front::resolve::Checked;
use crate::front::tree::Expr;
use crate::front::ty::Ty;
use crate::ir;

impl Builder<'_, '_> {
    /// A variant: its tag, its fields, and something for the fields of all others.
    pub(super) fn variant(
        &mut self,
        tag: i64,
        fields: &[(usize, Expr)],
        ty: &Ty,
        span: Span,
    ) -> Checked<Value> {
        let values = self.operands(fields.iter().map(|(_, value)| value))?;
        let types = self.lowering.part_types(ty)?;
        let mut parts = types
            .iter()
            .map(|ty| self.idle(ty, span))
            .collect::<Checked<Vec<_>>>()?;
        if let (Some(first), Some(ty)) = (parts.first_mut(), types.first()) {
            let ty = self.ty(ty, span)?;
            *first = Value::Word(ir::Expr::Const(ty, i32::try_from(tag).unwrap_or(0)));
        }
        for ((index, field), value) in fields.iter().zip(values) {
            if matches!(value, Value::Never) {
                return Ok(Value::Never);
            }
            let value = self.materialise(value, &field.ty, field.span)?;
            if let Some(part) = parts.get_mut(*index) {
                *part = value;
            }
        }
        Ok(Value::Parts(parts))
    }

    /// Any value of a type: what nothing reads.
    pub(super) fn idle(&mut self, ty: &Ty, span: Span) -> Checked<Value> {
        Ok(match ty {
            Ty::Slice(element) => {
                let element = self.lowering.element_of(element);
                Value::Slice(Slice {
                    array: ir::Expr::Null(ir::Type::Array(element.clone())),
                    element,
                    offset: number(0),
                    length: number(0),
                })
            }
            ty if self.lowering.in_words(ty) => Value::Parts(
                self.lowering
                    .part_types(ty)?
                    .iter()
                    .map(|ty| self.idle(ty, span))
                    .collect::<Checked<_>>()?,
            ),
            Ty::Unit | Ty::Never => Value::Nothing,
            other => {
                let ty = self.ty(other, span)?;
                Value::Word(if ty.is_reference() {
                    ir::Expr::Null(ty)
                } else {
                    ir::Expr::Const(ty, 0)
                })
            }
        })
    }

    /// `option?` in a function that gives an `Option`.
    pub(super) fn try_option(&mut self, option: &Expr) -> Checked<Value> {
        let value = self.value(option)?;
        let Value::Parts(parts) = self.fix(value) else {
            return Ok(Value::Never);
        };
        let mut parts = parts.into_iter();
        let (Some(Value::Word(tag)), Some(value)) = (parts.next(), parts.next()) else {
            return Ok(Value::Never);
        };
        let (some, none) = (self.block(), self.block());
        self.locate(option.span);
        self.end(ir::Terminator::If(tag, some, none));
        self.switch_to(none);
        let result = self
            .frames
            .last()
            .map_or(Ty::Unit, |frame| frame.body.result.clone());
        let nothing = self.variant(0, &[], &result, option.span)?;
        self.leave(nothing, &result, option.span)?;
        self.switch_to(some);
        Ok(value)
    }
}
