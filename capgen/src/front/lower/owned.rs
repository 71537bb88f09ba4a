//! Values that have memory of their own in their parts: lists, and structs and tuples with arrays and lists in them.
//!
//! Each variable has memory that stays its own: a new value's memory becomes that of the variable it is bound to, any other
//! value is copied; an assignment copies into what the variable has.

use super::Lowering;
use super::builder::Builder;
use super::value::{Slice, Value};
use crate::diagnostic::Span;
use crate::front::resolve::Checked;
use crate::front::tree::Variable;
use crate::front::ty::Ty;
use crate::ir::{self, Type};

impl Lowering<'_> {
    /// Whether memory is a part of a value of this type; an array alone is what its variable says.
    pub(super) fn owns_memory(&self, ty: &Ty) -> bool {
        match ty {
            Ty::Vec(..) => true,
            Ty::Tuple(_) | Ty::Record(_) => self.part_types(ty).is_ok_and(|parts| {
                let mut parts = parts.iter();
                parts.any(|part| matches!(part, Ty::Array(..)) || self.owns_memory(part))
            }),
            _ => false,
        }
    }

    /// Whether a value is still there after it was given away.
    pub(super) fn is_copied(&self, ty: &Ty) -> bool {
        match ty {
            Ty::Vec(..) => false,
            Ty::Tuple(parts) => parts.iter().all(|part| self.is_copied(part)),
            Ty::Record(id) => self.context.derives(*id, "Copy"),
            _ => true,
        }
    }
}

impl Builder<'_, '_> {
    /// A value in memory of its own, for a variable of this name.
    pub(super) fn owned(
        &mut self,
        value: Value,
        ty: &Ty,
        variable: &Variable,
        span: Span,
    ) -> Checked<Value> {
        match (ty, value) {
            (Ty::Vec(element, capacity), Value::Parts(parts)) => {
                let mut parts = parts.into_iter();
                let (Some(Value::Slice(slice)), Some(Value::Word(used))) =
                    (parts.next(), parts.next())
                else {
                    return Ok(Value::Never);
                };
                let used = self.fix_expr(used);
                let slice = if self.take_new(&slice) {
                    slice
                } else {
                    let copy = self.own_region(element, *capacity);
                    self.copy_used(&copy, slice, used.clone(), element, span)?;
                    copy
                };
                let length = self.local(&variable.name, Type::Usize, false);
                self.emit(ir::Statement::Set(length, used));
                let length = Value::Word(ir::Expr::Local(length));
                Ok(Value::Parts(vec![Value::Slice(slice), length]))
            }
            (Ty::Array(element, _), Value::Parts(parts)) => {
                let slice = self.in_memory(parts, element, span)?;
                self.take_new(&slice);
                Ok(Value::Slice(slice))
            }
            (Ty::Array(element, length), Value::Slice(slice)) => {
                let is_constant = matches!(slice.array, ir::Expr::ConstArray(_));
                if self.take_new(&slice) || (is_constant && !variable.mutable) {
                    return Ok(Value::Slice(slice));
                }
                let copy = self.own_region(element, *length);
                self.copy(&copy, slice, element, span)?;
                Ok(Value::Slice(copy))
            }
            (ty, Value::Parts(parts)) if self.lowering.owns_memory(ty) => {
                let types = self.lowering.part_types(ty)?;
                let parts = parts.into_iter().zip(&types);
                let owned = parts.map(|(part, ty)| self.owned(part, ty, variable, span));
                Ok(Value::Parts(owned.collect::<Checked<_>>()?))
            }
            (ty, value) if variable.mutable => {
                let slot = self.fresh(&variable.name, ty, false, span)?;
                let value = self.materialise(value, ty, span)?;
                self.store(&slot, value, span)?;
                Ok(slot)
            }
            (_, value) => Ok(self.named(value, &variable.name)),
        }
    }

    /// The places of a variable that has no value yet.
    pub(super) fn declared_owned(&mut self, ty: &Ty, name: &str, span: Span) -> Checked<Value> {
        match ty {
            Ty::Array(element, length) => Ok(Value::Slice(self.own_region(element, *length))),
            Ty::Vec(element, length) => {
                let slice = Value::Slice(self.own_region(element, *length));
                let length = Value::Word(ir::Expr::Local(self.local(name, Type::Usize, false)));
                Ok(Value::Parts(vec![slice, length]))
            }
            ty if self.lowering.owns_memory(ty) => {
                let types = self.lowering.part_types(ty)?;
                let parts = types.iter().map(|ty| self.declared_owned(ty, name, span));
                Ok(Value::Parts(parts.collect::<Checked<_>>()?))
            }
            ty => self.fresh(name, ty, false, span),
        }
    }

    /// Assigns a value of which memory is a part.
    pub(super) fn assign_owned(
        &mut self,
        slot: &Value,
        value: Value,
        ty: &Ty,
        span: Span,
    ) -> Checked<()> {
        let value = self.fix(value);
        // What is assigned may be made of the parts that are assigned to.
        let value = if let (Ty::Tuple(_) | Ty::Record(_), Value::Parts(_)) = (ty, &value) {
            let kept = Variable::new(String::new(), ty.clone(), false);
            self.owned(value, ty, &kept, span)?
        } else {
            value
        };
        self.assign_parts(slot, value, ty, span)
    }

    fn assign_parts(&mut self, slot: &Value, value: Value, ty: &Ty, span: Span) -> Checked<()> {
        match (ty, slot, value) {
            (Ty::Vec(element, _), Value::Parts(to), Value::Parts(from)) => {
                if let (
                    [Value::Slice(to), Value::Word(ir::Expr::Local(length))],
                    [Value::Slice(from), Value::Word(used)],
                ) = (to.as_slice(), from.as_slice())
                {
                    let used = self.fix_expr(used.clone());
                    self.copy_used(to, from.clone(), used.clone(), element, span)?;
                    self.emit(ir::Statement::Set(*length, used));
                }
                Ok(())
            }
            (Ty::Array(element, _), Value::Slice(to), Value::Slice(from)) => {
                self.copy(to, from, element, span)
            }
            (Ty::Array(element, _), Value::Slice(to), Value::Parts(parts)) => {
                for (at, part) in parts.into_iter().enumerate() {
                    self.set(to, at, part, element, span)?;
                }
                Ok(())
            }
            (ty, Value::Parts(slots), Value::Parts(parts)) if self.lowering.owns_memory(ty) => {
                let types = self.lowering.part_types(ty)?;
                for ((slot, part), ty) in slots.iter().zip(parts).zip(&types) {
                    self.assign_parts(slot, part, ty, span)?;
                }
                Ok(())
            }
            (ty, slot, value) => {
                let value = self.materialise(value, ty, span)?;
                self.store(slot, value, span)
            }
        }
    }

    /// Copies as much of a list as is in use.
    fn copy_used(
        &mut self,
        to: &Slice,
        from: Slice,
        used: ir::Expr,
        element: &Ty,
        span: Span,
    ) -> Checked<()> {
        if matches!(used, ir::Expr::Const(_, 0)) {
            return Ok(());
        }
        let part = Slice {
            length: used,
            ..from
        };
        self.copy(to, part, element, span)
    }

    /// Memory that a variable has.
    fn own_region(&mut self, element: &Ty, length: usize) -> Slice {
        let slice = self.region(element, length);
        self.take_new(&slice);
        slice
    }
}
