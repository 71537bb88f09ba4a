//! Patterns: tests that bind names on the way.

use super::builder::Builder;
use super::value::{Slice, Value, add, number, sub};
use crate::diagnostic::{Diagnostic, Span};
use crate::front::check::pattern::names_of;
use crate::front::resolve::Checked;
use crate::front::tree::Pattern;
use crate::front::ty::Ty;
use crate::ir::{self, BlockId, CompareOp};

impl Builder<'_, '_> {
    /// Binds the names of a pattern that always fits.
    pub(super) fn bind(&mut self, pattern: &Pattern, value: Value, span: Span) -> Checked<()> {
        match (pattern, value) {
            (Pattern::Bind(id), value) => {
                let variable = self.variable(*id);
                if matches!(value, Value::Never) {
                    self.set_slot(*id, Value::Never);
                    return Ok(());
                }
                if let Some(slot) = self.placed(&variable, &value, span)? {
                    self.set_slot(*id, slot);
                    return Ok(());
                }
                let is_place = matches!(value, Value::Place(_) | Value::Nothing);
                let slot = if variable.mutable && !is_place {
                    let slot = self.fresh(&variable.name, &variable.ty, false, span)?;
                    let value = self.materialise(value, &variable.ty, span)?;
                    self.store(&slot, value, span)?;
                    slot
                } else {
                    self.named(value, &variable.name)
                };
                self.set_slot(*id, slot);
            }
            (Pattern::Tuple(patterns), Value::Slice(slice)) => {
                // Elements are what the names for them hold.
                let element = patterns.iter().find_map(|pattern| match pattern {
                    Pattern::Bind(id) | Pattern::At(id, _) => Some(self.variable(*id).ty),
                    _ => None,
                });
                if let Some(element) = element {
                    let parts = self.named_elements(patterns, &slice, number(0), &element);
                    self.bind(pattern, Value::Parts(parts), span)?;
                }
            }
            (Pattern::Tuple(patterns), Value::Parts(parts)) => {
                let parts: Vec<Value> = parts.into_iter().map(|part| self.fix(part)).collect();
                for (pattern, part) in patterns.iter().zip(parts) {
                    self.bind(pattern, part, span)?;
                }
            }
            (Pattern::At(id, inner), value) => {
                let value = self.fix(value);
                self.bind(&Pattern::Bind(*id), value.clone(), span)?;
                self.bind(inner, value, span)?;
            }
            (Pattern::Wild, value) => self.discard(value),
            (_, Value::Never) => {}
            _ => {
                return Err(Diagnostic::new(
                    span,
                    "this pattern does not fit every value",
                    "refutable",
                )
                .help("use `match`"));
            }
        }
        Ok(())
    }

    /// Goes to `yes` with the pattern's names bound if it fits, else to `no`.
    pub(super) fn test(
        &mut self,
        pattern: &Pattern,
        value: Value,
        ty: &Ty,
        yes: BlockId,
        no: BlockId,
        span: Span,
    ) -> Checked<()> {
        match pattern {
            Pattern::Wild => self.end(ir::Terminator::Goto(yes)),
            Pattern::Bind(_) => {
                self.bind(pattern, value, span)?;
                self.end(ir::Terminator::Goto(yes));
            }
            Pattern::At(id, inner) => {
                self.bind(&Pattern::Bind(*id), value.clone(), span)?;
                self.test(inner, value, ty, yes, no, span)?;
            }
            Pattern::Variant { tag, fields } => {
                let parts = match value {
                    Value::Parts(parts) => parts,
                    // Of what was refused, or never is: nor are its parts.
                    Value::Never => {
                        for id in names_of(pattern) {
                            self.set_slot(id, Value::Never);
                        }
                        self.end(ir::Terminator::Goto(no));
                        return Ok(());
                    }
                    _ => {
                        return Err(Diagnostic::new(
                            span,
                            "this value has no parts",
                            "not an enum with data",
                        ));
                    }
                };
                let mut parts = parts.into_iter().map(Some).collect::<Vec<_>>();
                let mut part = |index: usize| parts.get_mut(index).and_then(Option::take);
                let tag_type = if matches!(ty, Ty::Option(_) | Ty::Fallible(_)) {
                    Ty::Bool
                } else {
                    Ty::Int(crate::front::ty::Int::U8)
                };
                let found = part(0).unwrap_or(Value::Never);
                let next = self.block();
                self.compare(CompareOp::Eq, found, *tag, &tag_type, (next, no), span)?;
                self.switch_to(next);
                for (index, pattern, ty) in fields {
                    let next = self.block();
                    let value = part(*index).unwrap_or(Value::Never);
                    self.test(pattern, value, ty, next, no, span)?;
                    self.switch_to(next);
                }
                self.end(ir::Terminator::Goto(yes));
            }
            Pattern::Value(n) => {
                self.compare(CompareOp::Eq, value, *n, ty, (yes, no), span)?;
            }
            Pattern::Range(low, high) => {
                let bounds = match self.wide(ty) {
                    Some(false) => Some(crate::front::ty::Int::U32.range()),
                    Some(true) => Some(crate::front::ty::Int::I32.range()),
                    None => {
                        let range = self.ty(ty, span)?.range();
                        range.map(|(low, high)| (low.into(), high.into()))
                    }
                };
                let low = low.filter(|low| bounds.is_none_or(|(min, _)| *low > min));
                let high = high.filter(|high| bounds.is_none_or(|(_, max)| *high < max));
                if let Some(low) = low {
                    let next = self.block();
                    self.compare(CompareOp::Ge, value.clone(), low, ty, (next, no), span)?;
                    self.switch_to(next);
                }
                match high {
                    Some(high) => {
                        self.compare(CompareOp::Le, value, high, ty, (yes, no), span)?;
                    }
                    None => self.end(ir::Terminator::Goto(yes)),
                }
            }
            Pattern::Or(cases) => {
                // What the alternatives bind is in one place for all of them.
                let mut places = Vec::new();
                for id in names_of(pattern) {
                    let variable = self.variable(id);
                    let place = self.fresh(&variable.name, &variable.ty, false, span)?;
                    places.push((id, place));
                }
                for case in cases {
                    let (fits, next) = (self.block(), self.block());
                    self.test(case, value.clone(), ty, fits, next, span)?;
                    self.switch_to(fits);
                    for (id, place) in &places {
                        let bound = self.slot(*id);
                        self.store(place, bound, span)?;
                    }
                    self.end(ir::Terminator::Goto(yes));
                    self.switch_to(next);
                }
                for (id, place) in places {
                    self.set_slot(id, place);
                }
                self.end(ir::Terminator::Goto(no));
            }
            Pattern::Tuple(patterns) => {
                let parts = match (self.materialise(value, ty, span)?, ty) {
                    (Value::Parts(parts), _) => parts,
                    (Value::Slice(slice), Ty::Array(element, _)) => {
                        self.named_elements(patterns, &slice, number(0), element)
                    }
                    _ => {
                        return Err(Diagnostic::new(
                            span,
                            "this value has no parts",
                            "not a tuple",
                        ));
                    }
                };
                let types: Vec<Ty> = match ty {
                    Ty::Tuple(types) => types.clone(),
                    Ty::Array(element, n) => vec![(**element).clone(); *n],
                    Ty::Record(_) => self.lowering.part_types(ty)?,
                    _ => Vec::new(),
                };
                for ((pattern, part), ty) in patterns.iter().zip(parts).zip(&types) {
                    let next = self.block();
                    self.test(pattern, part, ty, next, no, span)?;
                    self.switch_to(next);
                }
                self.end(ir::Terminator::Goto(yes));
            }
            Pattern::Slice {
                front,
                rest,
                back,
                element,
            } => {
                let Value::Slice(slice) = self.slice_of(value, ty, span)? else {
                    return Err(Diagnostic::new(
                        span,
                        "this value has no elements",
                        "not a slice",
                    ));
                };
                let known = number(front.len() + back.len());
                let op = match rest {
                    Some(_) => CompareOp::Ge,
                    None => CompareOp::Eq,
                };
                if rest.is_none() || !(front.is_empty() && back.is_empty()) {
                    let length = Box::new(slice.length.clone());
                    let long =
                        ir::Expr::Compare(op, ir::Type::Usize, length, Box::new(known.clone()));
                    let next = self.block();
                    self.end(ir::Terminator::If(long, next, no));
                    self.switch_to(next);
                }
                let from_end = sub(slice.length.clone(), number(back.len()));
                let mut parts = self.named_elements(front, &slice, number(0), element);
                parts.append(&mut self.named_elements(back, &slice, from_end, element));
                for (pattern, part) in front.iter().chain(back).zip(parts) {
                    let part = self.fix(part);
                    let next = self.block();
                    self.test(pattern, part, element, next, no, span)?;
                    self.switch_to(next);
                }
                if let Some(rest) = rest {
                    let part = Value::Slice(Slice {
                        offset: self.fix_expr(add(slice.offset.clone(), number(front.len()))),
                        length: self.fix_expr(sub(slice.length.clone(), known)),
                        ..slice
                    });
                    self.bind(rest, part, span)?;
                }
                self.end(ir::Terminator::Goto(yes));
            }
        }
        Ok(())
    }

    /// The elements from `start` on, as far as the patterns look at them.
    pub(super) fn named_elements(
        &mut self,
        patterns: &[Pattern],
        slice: &Slice,
        start: ir::Expr,
        element: &Ty,
    ) -> Vec<Value> {
        let mut parts = Vec::new();
        for (at, pattern) in patterns.iter().enumerate() {
            parts.push(match pattern {
                Pattern::Wild => Value::Nothing,
                _ => {
                    let index = add(slice.offset.clone(), add(start.clone(), number(at)));
                    self.element_value(&slice.element, slice.array.clone(), index, element)
                }
            });
        }
        parts
    }

    /// Goes to `yes` if the comparison of a value with a constant holds, else to `no`.
    fn compare(
        &mut self,
        op: CompareOp,
        value: Value,
        constant: i64,
        ty: &Ty,
        (yes, no): (BlockId, BlockId),
        span: Span,
    ) -> Checked<()> {
        let constant = if self.wide(ty).is_some() {
            self.wide_constant(constant)
        } else {
            let constant = i32::try_from(constant).unwrap_or(0);
            Value::Word(ir::Expr::Const(self.ty(ty, span)?, constant))
        };
        self.compare_values(op, ty, (value, constant), (yes, no), span)
    }

    pub(super) fn compare_values(
        &mut self,
        op: CompareOp,
        ty: &Ty,
        (left, right): (Value, Value),
        (yes, no): (BlockId, BlockId),
        span: Span,
    ) -> Checked<()> {
        if let Some(signed) = self.wide(ty) {
            return self.wide_branch(op, signed, (left, right), (yes, no), span);
        }
        let ty = self.ty(ty, span)?;
        let (left, right) = (self.word(left, &ty, span)?, self.word(right, &ty, span)?);
        let test = ir::Expr::Compare(op, ty, Box::new(left), Box::new(right));
        self.end(ir::Terminator::If(test, yes, no));
        Ok(())
    }
}

/// The constants of a pattern that is nothing else.
pub(super) fn constants(pattern: &Pattern) -> Option<Vec<i64>> {
    match pattern {
        Pattern::Value(n) => Some(vec![*n]),
        Pattern::Or(cases) => cases
            .iter()
            .map(constants)
            .collect::<Option<Vec<_>>>()
            .map(|lists| lists.concat()),
        _ => None,
    }
}
