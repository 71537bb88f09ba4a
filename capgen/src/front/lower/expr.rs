//! Expressions, calls and statements.

use super::builder::Builder;
use super::value::{Place, Slice, Value, add, number};
use crate::diagnostic::{Diagnostic, Span};
use crate::front::resolve::Checked;
use crate::front::tree::{BY_VALUE, Expr, Kind, Pattern, Statement};
use crate::front::ty::{Int, Ty};
use crate::ir::{self, BinaryOp, Callee, Type, UnaryOp};

impl Builder<'_, '_> {
    /// The single word of an expression.
    pub(super) fn scalar(&mut self, expr: &Expr) -> Checked<ir::Expr> {
        let value = self.value(expr)?;
        let ty = self.ty(&expr.ty, expr.span)?;
        self.word(value, &ty, expr.span)
    }

    pub(super) fn ty(&mut self, ty: &Ty, span: Span) -> Checked<Type> {
        match ty {
            Ty::TransientCell(inner) => Ok(Type::Array(self.lowering.transient_element(inner))),
            Ty::Cell(inner) => self.ty(inner, span),
            Ty::Result(inner) => self.ty(inner, span),
            // Of an expression that does not come back.
            Ty::Never | Ty::Unit => Ok(Type::Usize),
            other => Ok(self
                .lowering
                .value_type(other, span)?
                .unwrap_or(Type::Usize)),
        }
    }

    /// Lowers an expression.
    pub(super) fn value(&mut self, expr: &Expr) -> Checked<Value> {
        let span = expr.span;
        self.locate(span);
        match &expr.kind {
            Kind::Unit | Kind::Platform | Kind::Closure(..) => Ok(Value::Nothing),
            Kind::Int(value) if self.wide(&expr.ty).is_some() => Ok(self.wide_constant(*value)),
            Kind::Int(value) => {
                let ty = self.ty(&expr.ty, span)?;
                Ok(Value::Word(ir::Expr::Const(
                    ty,
                    i32::try_from(*value).unwrap_or(0),
                )))
            }
            Kind::JavaConstant(name, value) => {
                let constants = &self.lowering.context.java_constants;
                constants.borrow_mut().insert((name.clone(), self.at));
                let ty = self.ty(&expr.ty, span)?;
                let value = i32::try_from(*value).unwrap_or(0);
                Ok(Value::Word(ir::Expr::Const(ty, value)))
            }
            Kind::Variable(id) => {
                let value = self.slot(*id);
                Ok(self.size_known(value))
            }
            Kind::ConstArray(id) => {
                let (array, length) = self.lowering.const_array(*id, span)?;
                Ok(self.whole(array, length))
            }
            Kind::Literal(values) => {
                let element = match &expr.ty {
                    Ty::Array(element, _) | Ty::Slice(element) => (**element).clone(),
                    _ => Ty::Int(Int::U8),
                };
                let array = self.lowering.new_array(
                    format!("constants at {}:{}", span.line, span.column + 1),
                    &element,
                    values,
                    span,
                )?;
                Ok(self.whole(array, values.len()))
            }
            Kind::Unary(op, inner) if self.wide(&expr.ty).is_some() => {
                let inner = self.value(inner)?;
                self.wide_unary(*op, &expr.ty, inner, span)
            }
            Kind::Unary(UnaryOp::Not, _) if expr.ty == Ty::Int(Int::Usize) => Err(Diagnostic::new(
                span,
                "`!` of `usize` is not part of Card Rust",
                "a `usize` has other bits on the card than on the host",
            )
            .help("use `u16`")),
            Kind::Unary(op, inner) => {
                let ty = self.ty(&expr.ty, span)?;
                let inner = self.scalar(inner)?;
                Ok(Value::Word(ir::Expr::Unary(*op, ty, Box::new(inner))))
            }
            Kind::Binary(BinaryOp::Add | BinaryOp::Mul, ..) if self.is_tested(expr) => {
                self.size_tree(expr)
            }
            Kind::Binary(op, a, b) => {
                let mut values = self.operands([&**a, &**b])?.into_iter();
                let mut next = || values.next().unwrap_or(Value::Never);
                self.binary(*op, (next(), &a.ty), (next(), &b.ty), span)
            }
            Kind::Within(op, a, b) => {
                let ty = self.ty(&a.ty, span)?;
                let [a, b] = self.words([a, b])?;
                Ok(Value::Word(binary(*op, ty, a, b)))
            }
            Kind::Compare(_, a, b)
                if self.wide(&a.ty).is_some() || self.is_loose(a) || self.is_loose(b) =>
            {
                self.truth(expr)
            }
            Kind::Compare(op, a, b) => {
                let ty = self.ty(&a.ty, span)?;
                let [a, b] = self.words([a, b])?;
                Ok(Value::Word(ir::Expr::Compare(
                    *op,
                    ty,
                    Box::new(a),
                    Box::new(b),
                )))
            }
            Kind::And(..) | Kind::Or(..) => self.truth(expr),
            Kind::Cast(inner)
                if self.wide(&inner.ty).is_some() || self.wide(&expr.ty).is_some() =>
            {
                let value = self.value(inner)?;
                self.wide_cast(value, &inner.ty, &expr.ty, span)
            }
            Kind::Cast(inner) => {
                let (from, to) = (self.ty(&inner.ty, span)?, self.ty(&expr.ty, span)?);
                let value = self.scalar(inner)?;
                Ok(Value::Word(if from == to {
                    value
                } else if to == Type::Usize {
                    self.sized(value, from)
                } else {
                    ir::Expr::Cast {
                        from,
                        to,
                        value: Box::new(value),
                    }
                }))
            }
            Kind::Downcast(inner) => {
                let value = self.scalar(inner)?;
                let Ty::Api(class) = &expr.ty else {
                    return Ok(Value::Word(value));
                };
                Ok(Value::Word(ir::Expr::Downcast(
                    Box::new(value),
                    class.clone(),
                )))
            }
            Kind::Assign(place, value) => self.assign(place, value).map(|()| Value::Nothing),
            Kind::AssignOp(op, place, value) => {
                self.assign_op(*op, place, value).map(|()| Value::Nothing)
            }
            Kind::Field(base, id, index) => {
                let object = self.scalar(base)?;
                let class = self.lowering.class(*id, span)?;
                match (
                    self.lowering.field_map[class.0]
                        .get(*index)
                        .copied()
                        .flatten(),
                    &expr.ty,
                ) {
                    (Some(field), Ty::Cell(_)) => Ok(Value::Place(Place {
                        object,
                        class,
                        field,
                    })),
                    (Some(field), ty) => {
                        let place = Place {
                            object,
                            class,
                            field,
                        };
                        self.read(place, ty, span)
                    }
                    (None, _) => Ok(Value::Nothing),
                }
            }
            Kind::TupleField(base, index) => match self.value(base)? {
                Value::Parts(parts) => Ok(parts.get(*index).cloned().unwrap_or(Value::Nothing)),
                other => Ok(other),
            },
            Kind::Index(base, at) => self.index(base, at, span),
            Kind::SubSlice(base, from, to, inclusive) => {
                self.sub_slice(base, from.as_deref(), to.as_deref(), *inclusive, span)
            }
            Kind::Call(id, arguments) => self.call(*id, arguments, expr),
            Kind::Java(method, arguments) => {
                let values = self.operands(arguments)?;
                let mut list = Vec::new();
                for (value, argument) in values.into_iter().zip(arguments) {
                    let ty = self.ty(&argument.ty, argument.span)?;
                    list.push(self.word(value, &ty, argument.span)?);
                }
                let result = self.lowering.value_type(&method.result, span)?;
                Ok(self.called(
                    ir::Expr::Call(Callee::Api(method.method.clone()), list, result.clone()),
                    result.is_some(),
                ))
            }
            Kind::Shared(id, index, arguments) => {
                let method = self.lowering.interface_method(*id, *index, span)?;
                // An array goes where only a slice can: no method takes one by value.
                let types: Vec<Ty> = arguments
                    .iter()
                    .map(|argument| match &argument.ty {
                        Ty::Array(element, _) => Ty::Slice(element.clone()),
                        ty => ty.clone(),
                    })
                    .collect();
                self.call_method(Callee::Api(method), arguments, &types, &expr.ty, span)
            }
            Kind::Intrinsic(intrinsic, arguments) => self.intrinsic(*intrinsic, arguments, expr),
            Kind::Struct(_, fields) if matches!(expr.ty, Ty::Record(_)) => {
                let values = self.operands(fields.iter().map(|(_, value)| value))?;
                let types = self.lowering.part_types(&expr.ty)?;
                let mut parts = vec![Value::Nothing; types.len()];
                for ((index, field), value) in fields.iter().zip(values) {
                    let value = match types.get(*index) {
                        // An array that is part of a struct is in memory.
                        Some(Ty::Slice(_) | Ty::Array(..)) => {
                            self.slice_of(value, &field.ty, field.span)?
                        }
                        _ => self.materialise(value, &field.ty, field.span)?,
                    };
                    if let Some(part) = parts.get_mut(*index) {
                        *part = value;
                    }
                }
                Ok(Value::Parts(parts))
            }
            Kind::Struct(id, fields) => {
                let class = self.lowering.class(*id, span)?;
                let values = self.operands(fields.iter().map(|(_, value)| value))?;
                let values = fields.iter().zip(values).map(|((_, field), value)| {
                    self.locate(field.span);
                    self.fix(value)
                });
                let values: Vec<Value> = values.collect();
                self.locate(span);
                let object = self.fix_expr(ir::Expr::New(class));
                for ((index, field), value) in fields.iter().zip(values) {
                    let Some(target) = self.lowering.field_map[class.0]
                        .get(*index)
                        .copied()
                        .flatten()
                    else {
                        continue;
                    };
                    let place = Place {
                        object: object.clone(),
                        class,
                        field: target,
                    };
                    let ty = match &field.ty {
                        Ty::Cell(inner) => inner,
                        ty => ty,
                    };
                    match ty {
                        Ty::TransientCell(_) => {
                            let ty = self.ty(ty, field.span)?;
                            let value = self.word(value, &ty, field.span)?;
                            self.emit(ir::Statement::SetField(place.object, target, class, value));
                        }
                        ty => self.write(place, value, ty, true, field.span)?,
                    }
                }
                Ok(Value::Word(object))
            }
            Kind::Tuple(parts) if matches!(expr.ty, Ty::Newtype(_)) => parts
                .first()
                .map_or(Ok(Value::Nothing), |part| self.value(part)),
            Kind::Array(parts) if Self::is_long(&expr.ty) => {
                let values = self.operands(parts)?;
                self.slice_of(Value::Parts(values), &expr.ty, span)
            }
            Kind::Repeat(value, length) if *length > BY_VALUE => self.repeat(value, *length),
            Kind::Repeat(value, length) => {
                let value = self.value(value)?;
                let value = self.fix(value);
                Ok(Value::Parts(vec![value; *length]))
            }
            Kind::Tuple(parts) | Kind::Array(parts) => Ok(Value::Parts(self.operands(parts)?)),
            Kind::Variant(tag, fields) => self.variant(*tag, fields, &expr.ty, span),
            Kind::Let(..) => self.truth(expr),
            Kind::Try(inner) if matches!(inner.ty, Ty::Option(_)) => self.try_option(inner),
            Kind::Ok(inner) | Kind::Try(inner) => self.value(inner),
            Kind::Err(inner) => {
                let status = self.scalar(inner)?;
                self.end(ir::Terminator::Throw(status));
                Ok(Value::Never)
            }
            Kind::If(condition, then, other) => self.if_(condition, then, other.as_deref(), expr),
            Kind::Match(scrutinee, arms) => self.match_(scrutinee, arms, expr),
            Kind::Loop(id, body) => self.loop_(*id, body, expr),
            Kind::While(id, condition, body) => self.while_(*id, condition, body),
            Kind::For {
                id,
                variable,
                from,
                to,
                inclusive,
                body,
            } => self.for_(*id, *variable, from, to, *inclusive, body),
            Kind::Break(id, value) => self.break_(*id, value.as_deref(), span),
            Kind::Continue(id) => self.continue_(*id),
            Kind::Return(value) => {
                let value = value
                    .as_ref()
                    .map_or(Ok(Value::Nothing), |value| self.value(value))?;
                let result = self
                    .frames
                    .last()
                    .map_or(Ty::Unit, |frame| frame.body.result.clone());
                self.escaped |= super::memory::holds_memory(&result);
                self.leave(value, &result, span)?;
                Ok(Value::Never)
            }
            Kind::Block(statements, value) => {
                let level = self.scratch.level();
                for statement in statements {
                    self.statement(statement)?;
                }
                let found = match value {
                    Some(value) => self.value(value)?,
                    None if expr.ty == Ty::Never => Value::Never,
                    None => Value::Nothing,
                };
                if !super::memory::holds_memory(&expr.ty) && !self.escaped {
                    self.scratch.give_back(&level);
                }
                Ok(found)
            }
        }
    }

    fn whole(&self, array: ir::ArrayId, length: usize) -> Value {
        let element = self.lowering.arrays[array.0].element.clone();
        Value::Slice(Slice {
            element,
            array: ir::Expr::ConstArray(array),
            offset: number(0),
            length: number(length),
        })
    }

    /// A call's value; one without a value is a statement.
    pub(super) fn called(&mut self, call: ir::Expr, has_value: bool) -> Value {
        if has_value {
            Value::Word(call)
        } else {
            self.emit(ir::Statement::Eval(call));
            Value::Nothing
        }
    }

    pub(super) fn words(&mut self, exprs: [&Expr; 2]) -> Checked<[ir::Expr; 2]> {
        let mut values = self.operands(exprs)?.into_iter();
        let mut next = |builder: &mut Self, expr: &Expr| {
            let ty = builder.ty(&expr.ty, expr.span)?;
            builder.word(values.next().unwrap_or(Value::Nothing), &ty, expr.span)
        };
        Ok([next(self, exprs[0])?, next(self, exprs[1])?])
    }

    fn statement(&mut self, statement: &Statement) -> Checked<()> {
        match statement {
            Statement::Expr(expr) => {
                let value = self.value(expr)?;
                self.discard(value);
            }
            Statement::LetElse(pattern, value, other) => {
                let lowered = self.value(value)?;
                let lowered = self.fix(lowered);
                let (fits, differs) = (self.block(), self.block());
                self.test(pattern, lowered, &value.ty, fits, differs, value.span)?;
                self.switch_to(differs);
                let never = self.value(other)?;
                self.discard(never);
                self.end(ir::Terminator::Unreachable);
                self.switch_to(fits);
            }
            Statement::Let(pattern, value) => {
                let Some(value) = value else {
                    if let Pattern::Bind(id) = pattern {
                        let variable = self.variable(*id);
                        if let Some(slot) = self.declared(&variable, Span::default())? {
                            self.set_slot(*id, slot);
                            return Ok(());
                        }
                        let slot =
                            self.fresh(&variable.name, &variable.ty, false, Span::default())?;
                        self.set_slot(*id, slot);
                    }
                    return Ok(());
                };
                if let Pattern::Bind(id) = pattern
                    && self.variable(*id).alias
                {
                    let slot = self.alias(value)?;
                    self.set_slot(*id, slot);
                    return Ok(());
                }
                if let Pattern::Bind(id) = pattern
                    && self.bind_loose(*id, value)?
                {
                    return Ok(());
                }
                let lowered = self.value(value)?;
                let lowered = match pattern {
                    Pattern::Bind(id) if matches!(self.variable(*id).ty, Ty::Slice(_)) => {
                        self.slice_of(lowered, &value.ty, value.span)?
                    }
                    _ => lowered,
                };
                let lowered = match (pattern, &lowered, &value.ty) {
                    (Pattern::Tuple(patterns), Value::Slice(slice), Ty::Array(element, _)) => {
                        Value::Parts(self.named_elements(patterns, slice, number(0), element))
                    }
                    _ => lowered,
                };
                self.bind(pattern, lowered, value.span)?;
            }
        }
        Ok(())
    }

    pub(super) fn discard(&mut self, value: Value) {
        match value {
            Value::Word(expr @ (ir::Expr::Call(..) | ir::Expr::New(_))) => {
                self.emit(ir::Statement::Eval(expr))
            }
            Value::Word(expr) if has_call(&expr) => self.emit(ir::Statement::Eval(expr)),
            Value::Parts(parts) => parts.into_iter().for_each(|part| self.discard(part)),
            _ => {}
        }
    }

    pub(super) fn variable(
        &self,
        id: crate::front::tree::VariableId,
    ) -> crate::front::tree::Variable {
        let frame = self.frames.last().and_then(|frame| {
            let own = frame.body.variables.get(id.0);
            let extra = || frame.extra.get(id.0 - frame.body.variables.len());
            own.or_else(extra).cloned()
        });
        frame.unwrap_or(crate::front::tree::Variable::new(
            String::new(),
            Ty::Unit,
            false,
        ))
    }

    /// A slice that stands for a plain array, where the variable wants its parts.
    pub(super) fn materialise(&mut self, value: Value, ty: &Ty, span: Span) -> Checked<Value> {
        let _ = span;
        if let (Value::Slice(slice), Ty::Array(element, n)) = (&value, ty)
            && *n <= 4
        {
            return Ok(self.elements(slice.clone(), element, *n));
        }
        Ok(value)
    }

    /// The elements of an array in memory.
    fn elements(&mut self, slice: Slice, element: &Ty, length: usize) -> Value {
        let element = |i| {
            let index = add(slice.offset.clone(), number(i));
            self.element_value(&slice.element, slice.array.clone(), index, element)
        };
        Value::Parts((0..length).map(element).collect())
    }

    /// Fixes a value, giving its new local the source's name.
    pub(super) fn named(&mut self, value: Value, name: &str) -> Value {
        if let Value::Word(expr) = value {
            let known = matches!(expr, ir::Expr::Local(_));
            let fixed = self.fix_expr(expr);
            if let (ir::Expr::Local(local), false) = (&fixed, known) {
                self.rename(*local, name);
            }
            return Value::Word(fixed);
        }
        self.fix(value)
    }
}

pub(super) fn has_call(expr: &ir::Expr) -> bool {
    match expr {
        ir::Expr::Call(..) | ir::Expr::New(_) | ir::Expr::NewArray(..) => true,
        ir::Expr::Unary(_, _, a)
        | ir::Expr::Field(a, _, _)
        | ir::Expr::Length(a)
        | ir::Expr::Downcast(a, _)
        | ir::Expr::Cast { value: a, .. } => has_call(a),
        ir::Expr::Binary(_, _, a, b)
        | ir::Expr::Compare(_, _, a, b)
        | ir::Expr::Element(_, a, b) => has_call(a) || has_call(b),
        ir::Expr::Const(..) | ir::Expr::Local(_) | ir::Expr::ConstArray(_) | ir::Expr::Null(_) => {
            false
        }
    }
}

impl Builder<'_, '_> {
    /// An operation on two values.
    pub(super) fn binary(
        &mut self,
        op: BinaryOp,
        (left, ty): (Value, &Ty),
        (right, right_ty): (Value, &Ty),
        span: Span,
    ) -> Checked<Value> {
        if self.wide(ty).is_some() {
            return self.wide_binary(op, ty, left, right, span);
        }
        if let Value::Never = left {
            return Ok(Value::Never);
        }
        let word = self.ty(ty, span)?;
        let (left, right) = if matches!(op, BinaryOp::Shl | BinaryOp::Shr) {
            if self.wide(right_ty).is_some() {
                // What is taken from the distance comes after the left side.
                let left = self.fix(left);
                (left, Value::Word(self.distance(right, span)?))
            } else {
                (left, right)
            }
        } else {
            (left, right)
        };
        let right_word = match &right {
            Value::Word(right) => self.type_of(right),
            _ => self.ty(right_ty, span).unwrap_or(Type::U16),
        };
        let (left, right) = (
            self.word(left, &word, span)?,
            self.word(right, &right_word, span)?,
        );
        if word == Type::Usize {
            return self.size_binary(op, left, (right, right_word));
        }
        Ok(Value::Word(binary(op, word, left, right)))
    }
}

/// An operation; of constants its result, where it is in range.
pub(super) fn binary(op: BinaryOp, ty: Type, a: ir::Expr, b: ir::Expr) -> ir::Expr {
    if let (ir::Expr::Const(_, x), ir::Expr::Const(_, y)) = (&a, &b) {
        let value = match op {
            BinaryOp::Add => x.checked_add(*y),
            BinaryOp::Sub => x.checked_sub(*y),
            BinaryOp::And => Some(x & y),
            BinaryOp::Or => Some(x | y),
            _ => None,
        };
        if let (Some(value), Some((low, high))) = (value, ty.range())
            && (low..=high).contains(&value)
        {
            return ir::Expr::Const(ty, value);
        }
    }
    ir::Expr::Binary(op, ty, Box::new(a), Box::new(b))
}
