//! Calls: as calls, or with the function's body put into its caller.

use std::rc::Rc;

use super::SMALL;
use super::builder::{Builder, Frame};
use super::value::Value;
use crate::diagnostic::{Diagnostic, Span};
use crate::front::define::FnId;
use crate::front::resolve::Checked;
use crate::front::tree::{Body, Expr, Kind};
use crate::front::ty::Ty;
use crate::ir::{self, Callee};

impl Builder<'_, '_> {
    pub(super) fn call(&mut self, id: FnId, arguments: &[Expr], expr: &Expr) -> Checked<Value> {
        if let Some(method) = self.lowering.imported(id, expr.span)? {
            let result = self.lowering.context.signature(id)?.result;
            return self.call_method(Callee::Api(method), arguments, &result, expr.span);
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
        self.call_method(Callee::Function(target), arguments, &body.result, expr.span)
    }

    /// A call of a method with all of its arguments; a slice is three of them.
    pub(super) fn call_method(
        &mut self,
        callee: Callee,
        arguments: &[Expr],
        result: &Ty,
        span: Span,
    ) -> Checked<Value> {
        let values = self.operands(arguments)?;
        let mut list = Vec::new();
        for (value, argument) in values.into_iter().zip(arguments) {
            match value {
                Value::Nothing => {}
                Value::Slice(slice) => list.extend([slice.array, slice.offset, slice.length]),
                other => list.extend(self.to_words(other, &argument.ty, argument.span)?),
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
        let function = &context.definitions.fns[id.0];
        let single = |ty: &Ty| {
            !matches!(
                ty,
                Ty::Cell(_)
                    | Ty::Closure(_)
                    | Ty::Tuple(_)
                    | Ty::Array(..)
                    | Ty::TransientCell(_)
                    | Ty::Option(_)
                    | Ty::Data(_)
            )
        };
        let passed = |ty: &Ty| single(ty) || self.wide(ty).is_some();
        let result = match &body.result {
            Ty::Result(inner) => inner,
            other => other,
        };
        let passable = body
            .parameters
            .iter()
            .all(|id| passed(&body.variables[id.0].ty))
            && single(result)
            && self.wide(result).is_none()
            && !matches!(result, Ty::Slice(_));
        // What only an entry of the runtime calls.
        let from_entry = self.frames.len() == 1
            && self
                .frames
                .iter()
                .all(|frame| context.definitions.fns[frame.function.0].module == context.bindings);
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
        let values = self.operands(arguments)?;
        let mut slots = vec![Value::Nothing; body.variables.len()];
        for (parameter, value) in body.parameters.iter().zip(values) {
            let variable = &body.variables[parameter.0];
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
