//! Calls: as calls, or with the function's body put into its caller.

use std::rc::Rc;

use super::SMALL;
use super::builder::{Builder, Frame, Wanted};
use super::value::Value;
use crate::diagnostic::{Diagnostic, Span};
use crate::front::define::FnId;
use crate::front::resolve::Checked;
use crate::front::tree::{Body, Expr, Kind, VariableId};
use crate::front::ty::Ty;
use crate::ir::{self, Callee};

impl Builder<'_, '_> {
    pub(super) fn call(&mut self, id: FnId, arguments: &[Expr], expr: &Expr) -> Checked<Value> {
        if let Some(method) = self.lowering.imported(id, expr.span)? {
            let signature = self.lowering.context.signature(id)?;
            let types: Vec<Ty> = signature
                .parameters
                .into_iter()
                .map(|(_, ty, _)| ty)
                .collect();
            let result = &signature.result;
            return self.call_method(Callee::Api(method), arguments, &types, result, expr.span);
        }
        let body = match self.lowering.context.body(id) {
            Ok(body) => body,
            Err(error) => {
                // Noted; the caller is looked at all the same.
                self.lowering.errors.push(error);
                return Ok(Value::Never);
            }
        };
        if self.goes_inside(id, &body) {
            return self.put_inside(id, &body, arguments, expr.span);
        }
        let target = self.lowering.function_id(id);
        let parameters = body.parameters.iter();
        let types: Vec<Ty> = parameters
            .map(|id| body.variables[id.0].ty.clone())
            .collect();
        let callee = Callee::Function(target);
        self.call_method(callee, arguments, &types, &body.result, expr.span)
    }

    /// A call of a method with all of its arguments; a slice is three of them.
    pub(super) fn call_method(
        &mut self,
        callee: Callee,
        arguments: &[Expr],
        types: &[Ty],
        result: &Ty,
        span: Span,
    ) -> Checked<Value> {
        let values = self.operands(arguments)?;
        let mut list = Vec::new();
        for ((value, argument), parameter) in values.into_iter().zip(arguments).zip(types) {
            let value = match parameter {
                Ty::Slice(_) => self.slice_of(value, &argument.ty, argument.span)?,
                _ => value,
            };
            match value {
                Value::Nothing => {}
                Value::Slice(slice) => list.extend([slice.array, slice.offset, slice.length]),
                other => list.extend(self.flat(other, &argument.ty, argument.span)?),
            }
        }
        let result = match result {
            Ty::Result(inner) => self.lowering.value_type(inner, span)?,
            other => self.lowering.value_type(other, span)?,
        };
        self.locate(span);
        Ok(self.called(
            ir::Expr::Call(callee, list, result.clone()),
            result.is_some(),
        ))
    }

    /// Whether a function is put into its callers.
    fn goes_inside(&self, id: FnId, body: &Body) -> bool {
        let context = self.lowering.context;
        let function = context.fn_def(id);
        let single = |ty: &Ty| {
            !matches!(
                ty,
                Ty::Cell(_)
                    | Ty::Closure(_)
                    | Ty::Tuple(_)
                    | Ty::Array(..)
                    | Ty::TransientCell(_)
                    | Ty::Option(_)
                    | Ty::Fallible(_)
                    | Ty::Record(_)
                    | Ty::Vec(..)
                    | Ty::Data(_)
            )
        };
        let passed =
            |ty: &Ty| single(ty) || self.lowering.in_words(ty) && self.lowering.is_words(ty);
        let passed = |id: &VariableId| {
            let variable = &body.variables[id.0];
            passed(&variable.ty) && !variable.alias
        };
        let result = match &body.result {
            Ty::Result(inner) => inner,
            other => other,
        };
        let passable = body.parameters.iter().all(passed)
            && single(result)
            && !self.two_words(result)
            && !matches!(result, Ty::Slice(_));
        // What only an entry of the runtime calls.
        let from_entry = self.frames.len() == 1
            && self
                .frames
                .iter()
                .all(|frame| context.fn_def(frame.function).module == context.bindings);
        !passable
            || (function.module == context.bindings && !body.loops)
            || from_entry
            || (body.size <= SMALL && !body.loops)
    }

    fn put_inside(
        &mut self,
        id: FnId,
        body: &Rc<Body>,
        arguments: &[Expr],
        span: Span,
    ) -> Checked<Value> {
        if self.frames.iter().any(|frame| frame.function == id) {
            return Err(Diagnostic::new(
                span,
                "a function that gives a slice, or takes or gives a tuple, an array, an `Option` or an enum with data, cannot call itself",
                "recursion",
            )
            .help("write a loop"));
        }
        let is_alias = |at: usize| {
            let variable = body.parameters.get(at);
            variable.is_some_and(|id| body.variables[id.0].alias)
        };
        let by_value = arguments
            .iter()
            .enumerate()
            .filter(|(at, _)| !is_alias(*at))
            .map(|(_, argument)| argument);
        // The platform's methods panic on the host for an offset or a length that is out of bounds.
        let context = self.lowering.context;
        let wanted = if context.fn_def(id).module == context.bindings {
            Wanted::Index
        } else {
            Wanted::Value
        };
        let by_value = by_value.map(|argument| (argument, wanted));
        let mut values = self.operands_as(by_value)?.into_iter();
        self.locate(span);
        let mut slots = vec![Value::Nothing; body.variables.len()];
        let level = self.scratch.level();
        for (parameter, argument) in body.parameters.iter().zip(arguments) {
            let variable = &body.variables[parameter.0];
            if variable.alias {
                slots[parameter.0] = self.alias(argument)?;
                continue;
            }
            let value = values.next().unwrap_or(Value::Never);
            let value = match &variable.ty {
                Ty::Slice(_) => self.slice_of(value, &argument.ty, argument.span)?,
                _ => value,
            };
            // What is moved into a parameter that does not change stays where it is.
            let stays = !variable.mutable
                && self.lowering.owns_memory(&variable.ty)
                && !self.lowering.is_copied(&variable.ty);
            if !stays && let Some(placed) = self.placed(variable, &value, span)? {
                slots[parameter.0] = placed;
                continue;
            }
            slots[parameter.0] = if variable.mutable
                && !matches!(value, Value::Nothing | Value::Place(_) | Value::Never)
            {
                let slot = self.fresh(&variable.name, &variable.ty, false, span)?;
                self.store(&slot, value, span)?;
                slot
            } else {
                self.fix(value)
            };
        }
        // One expression without an early return needs no blocks of its own.
        let after = self.block();
        let result = match &body.result {
            Ty::Result(inner) => (**inner).clone(),
            other => other.clone(),
        };
        let direct = !returns(&body.value);
        let slot = if direct {
            Value::Nothing
        } else {
            self.fresh("", &result, true, span)?
        };
        self.frames.push(Frame {
            function: id,
            body: Rc::clone(body),
            slots,
            extra: Vec::new(),
            exit: Some((after, slot.clone())),
            loops: Vec::new(),
        });
        let value = self.value(&body.value);
        let outcome = match value {
            Ok(value) if direct => Ok(value),
            Ok(value) => self.leave(value, &body.result, span).map(|()| {
                self.switch_to(after);
                slot
            }),
            Err(error) => Err(error),
        };
        self.frames.pop();
        if !super::memory::holds_memory(&result) && !self.escaped {
            self.scratch.give_back(&level);
        }
        outcome
    }
}

/// Whether a `return` leaves the function from inside.
fn returns(expr: &Expr) -> bool {
    let mut found = false;
    let mut copy = expr.clone();
    fn walk(expr: &mut Expr, found: &mut bool) {
        *found |= match &expr.kind {
            Kind::Return(_) => true,
            Kind::Try(inner) => matches!(inner.ty, Ty::Option(_)),
            _ => false,
        };
        if !matches!(expr.kind, Kind::Closure(..)) {
            expr.each_part(&mut |part| walk(part, found));
        }
    }
    walk(&mut copy, &mut found);
    found
}
