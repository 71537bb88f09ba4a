//! Assignments, elements of arrays and parts of slices.

use super::builder::{Builder, Mark, Wanted};
use super::expr::has_call;
use super::size::convert;
use super::value::{Slice, Value, add, number, sub};
use crate::diagnostic::{Diagnostic, Span};
use crate::front::resolve::Checked;
use crate::front::tree::{Expr, Kind, Pattern};
use crate::front::ty::{Int, Ty};
use crate::ir::{self, BinaryOp, Type};

impl Builder<'_, '_> {
    pub(super) fn assign(&mut self, place: &Expr, value: &Expr) -> Checked<()> {
        match &place.kind {
            Kind::Variable(id) => {
                let lowered = self.value(value)?;
                let variable = self.variable(*id);
                let slot = self.slot(*id);
                if self.assign_in_memory(&variable, &slot, &lowered, value.span)? {
                    return Ok(());
                }
                let lowered = match &variable.ty {
                    Ty::Slice(_) => self.slice_of(lowered, &value.ty, value.span)?,
                    _ => lowered,
                };
                let lowered = self.materialise(lowered, &variable.ty, value.span)?;
                let slot = self.slot(*id);
                if !variable.mutable && matches!(slot, Value::Nothing) {
                    return self.bind(&Pattern::Bind(*id), lowered, value.span);
                }
                self.store(&slot, lowered, value.span)
            }
            Kind::TupleField(..) => {
                let lowered = self.value(value)?;
                let slot = self.alias(place)?;
                if matches!(place.ty, Ty::Array(..)) || self.lowering.owns_memory(&place.ty) {
                    return self.assign_owned(&slot, lowered, &place.ty, value.span);
                }
                self.store(&slot, lowered, value.span)
            }
            Kind::Index(base, at) if self.local_part(base, at)?.is_some() => {
                let lowered = self.value(value)?;
                match self.local_part(base, at)? {
                    Some(slot) => self.store(&slot, lowered, value.span),
                    None => Ok(()),
                }
            }
            Kind::Index(base, at) => {
                // What is assigned comes before the place, in Rust.
                let mut values = self
                    .operands_as([
                        (value, Wanted::Value),
                        (&**base, Wanted::Value),
                        (&**at, Wanted::Index),
                    ])?
                    .into_iter();
                let mut next = || values.next().unwrap_or(Value::Never);
                let (new, base_value, at_value) = (next(), next(), next());
                let before = self.mark();
                let target = self.element(base_value, at_value, base, at)?;
                if let Some((element, array, index)) = target {
                    let new = self.before_place(new, &index, before);
                    self.set_element(element, array, index, new, &value.ty, value.span)?;
                }
                Ok(())
            }
            _ => Err(Diagnostic::new(
                place.span,
                "this cannot be assigned to",
                "not a place",
            )),
        }
    }

    /// What is assigned to the element at `index`, which the IR evaluates first.
    fn before_place(&mut self, value: Value, index: &ir::Expr, mut before: Mark) -> Value {
        match value {
            Value::Word(word) if has_call(index) || has_call(&word) && !is_of_locals(index) => {
                Value::Word(self.fix_expr_at(word, &mut before))
            }
            value => value,
        }
    }

    pub(super) fn assign_op(&mut self, op: BinaryOp, place: &Expr, value: &Expr) -> Checked<()> {
        match &place.kind {
            Kind::Index(base, at) if self.local_part(base, at)?.is_some() => {
                let right = self.value(value)?;
                let slot = self.local_part(base, at)?.unwrap_or(Value::Nothing);
                let left = (slot.clone(), &place.ty);
                let new = self.binary(op, left, (right, &value.ty), place.span)?;
                self.store(&slot, new, place.span)
            }
            Kind::Variable(_) | Kind::TupleField(..) => {
                let right = self.value(value)?;
                let slot = self.alias(place)?;
                let new = self.binary(
                    op,
                    (slot.clone(), &place.ty),
                    (right, &value.ty),
                    place.span,
                )?;
                self.store(&slot, new, place.span)
            }
            Kind::Index(base, at) => {
                let mut values = self
                    .operands_as([
                        (value, Wanted::Value),
                        (&**base, Wanted::Value),
                        (&**at, Wanted::Index),
                    ])?
                    .into_iter();
                let right = values.next().unwrap_or(Value::Never);
                let right = self.fix(right);
                let (base_value, at_value) = (
                    values.next().unwrap_or(Value::Never),
                    values.next().unwrap_or(Value::Never),
                );
                let (base_value, at_value) = (self.fix(base_value), self.fix(at_value));
                if let Some((element, array, index)) =
                    self.element(base_value, at_value, base, at)?
                {
                    let array = self.fix_expr(array);
                    let index = self.fix_expr(index);
                    let old = self.element_value(&element, array.clone(), index.clone(), &place.ty);
                    let new = self.binary(op, (old, &place.ty), (right, &value.ty), place.span)?;
                    self.set_element(element, array, index, new, &place.ty, place.span)?;
                }
                Ok(())
            }
            _ => Err(Diagnostic::new(
                place.span,
                "this cannot be assigned to",
                "not a place",
            )),
        }
    }

    /// The locals of an element of an array that is kept in locals.
    fn local_part(&mut self, base: &Expr, at: &Expr) -> Checked<Option<Value>> {
        let (Kind::Variable(id), Kind::Int(at)) = (&base.kind, &at.kind) else {
            return Ok(None);
        };
        let Value::Parts(parts) = self.slot(*id) else {
            return Ok(None);
        };
        let found = usize::try_from(*at).ok().and_then(|at| parts.get(at));
        match found {
            Some(part) => Ok(Some(part.clone())),
            None => Err(Diagnostic::new(
                base.span,
                "this index is out of bounds",
                format!("the array has {} elements", parts.len()),
            )),
        }
    }

    /// Element type, array and index of `base[at]`; `None` where it is never reached.
    fn element(
        &mut self,
        base: Value,
        at: Value,
        base_expr: &Expr,
        at_expr: &Expr,
    ) -> Checked<Option<(ir::Element, ir::Expr, ir::Expr)>> {
        let index = self.word(at, &Type::Usize, at_expr.span)?;
        match base {
            Value::Slice(slice) => Ok(Some((slice.element, slice.array, add(slice.offset, index)))),
            Value::Word(array) => Ok(Some((ir::Element::U8, array, index))),
            Value::Never => Ok(None),
            _ => Err(Diagnostic::new(
                base_expr.span,
                "this array by value cannot be changed or indexed by a variable",
                "not in memory",
            )
            .help("work in `apdu.buffer()` or `P::TransientBytes<N>`")),
        }
    }

    pub(super) fn index(&mut self, base: &Expr, at: &Expr, span: Span) -> Checked<Value> {
        let mut values = self
            .operands_as([(base, Wanted::Value), (at, Wanted::Index)])?
            .into_iter();
        let (array, index) = (
            values.next().unwrap_or(Value::Never),
            values.next().unwrap_or(Value::Never),
        );
        if let (Value::Parts(parts), Value::Word(ir::Expr::Const(_, n))) = (&array, &index) {
            let found = usize::try_from(*n).ok().and_then(|n| parts.get(n)).cloned();
            return found.ok_or_else(|| {
                Diagnostic::new(
                    span,
                    "this index is out of bounds",
                    format!("the array has {} elements", parts.len()),
                )
            });
        }
        // A constant's element at a constant index is a constant.
        let element_ty = match &base.ty {
            Ty::Array(element, _) | Ty::Slice(element) => (**element).clone(),
            _ => Ty::Int(Int::U8),
        };
        if !self.two_words(&element_ty)
            && let (
                Value::Slice(Slice {
                    array: ir::Expr::ConstArray(id),
                    offset: ir::Expr::Const(_, from),
                    ..
                }),
                Value::Word(ir::Expr::Const(_, n)),
            ) = (&array, &index)
        {
            let constant = &self.lowering.arrays[id.0];
            let value = usize::try_from(from + n)
                .ok()
                .and_then(|n| constant.values.get(n))
                .copied();
            let ty = match element_ty {
                Ty::Int(Int::Usize) => Type::Usize,
                _ => constant.element.value_type(),
            };
            return value
                .map(|value| Value::Word(ir::Expr::Const(ty, value)))
                .ok_or_else(|| {
                    Diagnostic::new(
                        span,
                        "this index is out of bounds",
                        "past the constant's end",
                    )
                });
        }
        Ok(match self.element(array, index, base, at)? {
            Some((element, array, index)) => {
                self.element_value(&element, array, index, &element_ty)
            }
            None => Value::Never,
        })
    }

    /// The element of an array: of a wide integer its two words.
    pub(super) fn element_value(
        &mut self,
        element: &ir::Element,
        array: ir::Expr,
        index: ir::Expr,
        ty: &Ty,
    ) -> Value {
        let is_usize = *ty == Ty::Int(Int::Usize);
        let at = |array, index| {
            let element = ir::Expr::Element(element.clone(), Box::new(array), Box::new(index));
            // Kept as a `u16`, and never more than the card's `usize`.
            Value::Word(if is_usize {
                convert(element, Type::U16, Type::Usize)
            } else {
                element
            })
        };
        if !self.two_words(ty) {
            return at(array, index);
        }
        let array = self.fix_expr(array);
        let (high, low) = self.halves(index);
        Value::Parts(vec![at(array.clone(), high), at(array, low)])
    }

    /// Where the two words of a wide integer are.
    fn halves(&mut self, index: ir::Expr) -> (ir::Expr, ir::Expr) {
        if let ir::Expr::Const(_, index) = index {
            let first = usize::try_from(2 * index).unwrap_or(usize::MAX);
            return (number(first), number(first + 1));
        }
        let one = ir::Expr::Const(Type::U8, 1);
        let first = ir::Expr::Binary(BinaryOp::Shl, Type::Usize, Box::new(index), Box::new(one));
        let first = self.fix_expr(first);
        (first.clone(), add(first, number(1)))
    }

    /// Assigns to an element of an array.
    pub(super) fn set_element(
        &mut self,
        element: ir::Element,
        array: ir::Expr,
        index: ir::Expr,
        value: Value,
        ty: &Ty,
        span: Span,
    ) -> Checked<()> {
        if !self.two_words(ty) {
            let ty = self.ty(ty, span)?;
            let mut value = self.word(value, &ty, span)?;
            if ty == Type::Usize {
                value = convert(value, Type::Usize, Type::U16);
            }
            self.emit(ir::Statement::SetElement(element, array, index, value));
            return Ok(());
        }
        let array = self.fix_expr(array);
        let (high, low) = self.halves(index);
        let words = self.flat(value, ty, span)?;
        let words: Vec<ir::Expr> = words.into_iter().map(|word| self.fix_expr(word)).collect();
        for (index, word) in [high, low].into_iter().zip(words) {
            self.emit(ir::Statement::SetElement(
                element.clone(),
                array.clone(),
                index,
                word,
            ));
        }
        Ok(())
    }

    pub(super) fn sub_slice(
        &mut self,
        base: &Expr,
        from: Option<&Expr>,
        to: Option<&Expr>,
        inclusive: bool,
        span: Span,
    ) -> Checked<Value> {
        let ends = [from, to].into_iter().flatten();
        let values = self.operands_as(
            std::iter::once((base, Wanted::Value)).chain(ends.map(|end| (end, Wanted::Index))),
        )?;
        let mut values = values.into_iter();
        let slice = match values.next() {
            Some(Value::Slice(slice)) => slice,
            Some(Value::Never) => return Ok(Value::Never),
            _ => {
                return Err(Diagnostic::new(
                    span,
                    "a part of this cannot be taken",
                    "not a slice",
                ));
            }
        };
        let start = match from {
            Some(expr) => {
                let value = values.next().unwrap_or(Value::Never);
                let word = self.word(value, &Type::Usize, expr.span)?;
                self.fix_expr(word)
            }
            None => number(0),
        };
        let end = match to {
            Some(expr) => {
                let value = values.next().unwrap_or(Value::Never);
                let word = self.word(value, &Type::Usize, expr.span)?;
                if inclusive {
                    add(word, number(1))
                } else {
                    word
                }
            }
            None => slice.length,
        };
        let length = self.fix_expr(sub(end, start.clone()));
        let offset = self.fix_expr(add(slice.offset, start));
        Ok(Value::Slice(Slice {
            offset,
            length,
            ..slice
        }))
    }
}

/// Whether an expression is made of constants and locals alone, so that no call changes it.
fn is_of_locals(expr: &ir::Expr) -> bool {
    let mut found = true;
    expr.walk(&mut |expr| {
        found &= matches!(
            expr,
            ir::Expr::Const(..)
                | ir::Expr::Local(_)
                | ir::Expr::Unary(..)
                | ir::Expr::Binary(..)
                | ir::Expr::Cast { .. }
        );
    });
    found
}
