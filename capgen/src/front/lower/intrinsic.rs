//! What the compiler knows without a source.

use super::builder::Builder;
use super::scratch;
use super::value::{Slice, Value, number};
use crate::diagnostic::{Diagnostic, Span};
use crate::front::resolve::Checked;
use crate::front::tree::{Expr, Intrinsic, Kind};
use crate::front::ty::{Int, Ty};
use crate::ir::{self, BinaryOp, CompareOp, Type};

impl Builder<'_, '_> {
    pub(super) fn intrinsic(
        &mut self,
        intrinsic: Intrinsic,
        arguments: &[Expr],
        expr: &Expr,
    ) -> Checked<Value> {
        let span = expr.span;
        let first = arguments.first();
        match (intrinsic, first) {
            (
                Intrinsic::VecNew
                | Intrinsic::VecPush
                | Intrinsic::VecPop
                | Intrinsic::VecClear
                | Intrinsic::VecTruncate
                | Intrinsic::VecExtend,
                _,
            ) => self.vec(intrinsic, arguments, expr),
            (Intrinsic::AsSlice, Some(vec)) => {
                let value = self.value(vec)?;
                self.slice_of(value, &vec.ty, span)
            }
            (Intrinsic::InMemory, Some(array)) => self.array_in_memory(array),
            (Intrinsic::OkOrElse, Some(option)) => {
                let found = self.value(option)?;
                let found = self.fix(found);
                let (Some((tag, value)), Some(status)) =
                    (option_parts(Some(found)), arguments.get(1))
                else {
                    return Ok(Value::Never);
                };
                let (some, none) = (self.block(), self.block());
                self.end(ir::Terminator::If(tag, some, none));
                self.switch_to(none);
                let status = self.scalar(status)?;
                self.end(ir::Terminator::Throw(status));
                self.switch_to(some);
                Ok(value)
            }
            (Intrinsic::NewCell, Some(initial)) => self.value(initial),
            (Intrinsic::NewBytes(n), _) => Ok(Value::Word(ir::Expr::NewArray(
                ir::Element::U8,
                Box::new(number(n)),
            ))),
            (Intrinsic::NewTransientBytes(n), _) => self.bound("transient_bytes", n, expr),
            (Intrinsic::NewTransientCell, _) => {
                let Ty::TransientCell(inner) = &expr.ty else {
                    return Ok(Value::Nothing);
                };
                let element = self.lowering.transient_element(inner);
                let length = self.lowering.words(inner, span)?.len();
                Ok(Value::Word(scratch::made(
                    &element,
                    length,
                    scratch::CLEAR_ON_DESELECT,
                )))
            }
            (Intrinsic::CellGet, Some(cell)) => match self.value(cell)? {
                Value::Place(place) => self.read(place, &expr.ty, span),
                Value::Never => Ok(Value::Never),
                _ => Err(Diagnostic::new(
                    span,
                    "this cell is not a field",
                    "not placed",
                )),
            },
            (Intrinsic::CellSet, Some(_)) => {
                let mut values = self.operands(arguments)?.into_iter();
                let (cell, value) = (values.next(), values.next());
                if let (Some(Value::Place(place)), Some(value), Some(new)) =
                    (cell, value, arguments.get(1))
                {
                    self.locate(span);
                    self.write(place, value, &new.ty, false, span)?;
                }
                Ok(Value::Nothing)
            }
            (Intrinsic::TransientGet, Some(cell)) => {
                let array = self.scalar(cell)?;
                let Ty::TransientCell(inner) = &cell.ty else {
                    return Ok(Value::Nothing);
                };
                let element = self.lowering.transient_element(inner);
                let types = self.lowering.words(inner, span)?;
                let array = if types.len() > 1 {
                    self.fix_expr(array)
                } else {
                    array
                };
                let words: Vec<ir::Expr> = types
                    .into_iter()
                    .enumerate()
                    .map(|(at, ty)| {
                        let array = Box::new(array.clone());
                        let value = ir::Expr::Element(element.clone(), array, Box::new(number(at)));
                        convert(value, element.value_type(), ty)
                    })
                    .collect();
                self.of_words(inner, &mut words.into_iter(), span)
            }
            (Intrinsic::TransientSet, Some(cell)) => {
                let mut values = self.operands(arguments)?.into_iter();
                let (Some(array), Some(value), Some(new)) =
                    (values.next(), values.next(), arguments.get(1))
                else {
                    return Ok(Value::Nothing);
                };
                let Ty::TransientCell(inner) = &cell.ty else {
                    return Ok(Value::Nothing);
                };
                let element = self.lowering.transient_element(inner);
                let types = self.lowering.words(inner, span)?;
                let array_type = Type::Array(element.clone());
                let mut array = self.word(array, &array_type, span)?;
                let mut words = self.flat(value, &new.ty, span)?;
                if words.len() > 1 {
                    array = self.fix_expr(array);
                    words = words.into_iter().map(|word| self.fix_expr(word)).collect();
                }
                for (at, (word, from)) in words.into_iter().zip(types).enumerate() {
                    let value = convert(word, from, element.value_type());
                    self.emit(ir::Statement::SetElement(
                        element.clone(),
                        array.clone(),
                        number(at),
                        value,
                    ));
                }
                Ok(Value::Nothing)
            }
            (Intrinsic::Atomically, _) => {
                let Some(Kind::Closure(body)) = arguments.get(1).map(|closure| &closure.kind)
                else {
                    return Ok(Value::Nothing);
                };
                self.effect("begin_transaction", expr)?;
                // An error leaves the command, and the runtime environment aborts the transaction.
                let around = std::mem::replace(&mut self.in_transaction, true);
                let value = self.value(body)?;
                self.in_transaction = around;
                let value = self.fix(value);
                self.effect("commit_transaction", expr)?;
                Ok(value)
            }
            (Intrinsic::Shareable(id), _) => {
                let interface = self.lowering.interface_name(id, span)?;
                let binding = self.lowering.context.binding("shared", span)?;
                let object = self.call(binding, arguments, expr)?;
                let ty = Type::Api(super::SHAREABLE.to_owned());
                let object = self.word(object, &ty, span)?;
                let object = self.fix_expr(object);
                let null = Box::new(ir::Expr::Null(ty.clone()));
                let found =
                    ir::Expr::Compare(ir::CompareOp::Ne, ty, Box::new(object.clone()), null);
                let found = self.fix_expr(found);
                let object = self.fix_expr(ir::Expr::Downcast(Box::new(object), interface));
                Ok(Value::Parts(vec![Value::Word(found), Value::Word(object)]))
            }
            (Intrinsic::IsNull, Some(object)) => {
                let ty = self.ty(&object.ty, span)?;
                let value = self.scalar(object)?;
                let null = Box::new(ir::Expr::Null(ty.clone()));
                Ok(Value::Word(ir::Expr::Compare(
                    ir::CompareOp::Eq,
                    ty,
                    Box::new(value),
                    null,
                )))
            }
            (Intrinsic::Null, _) => {
                let ty = self.ty(&expr.ty, span)?;
                Ok(Value::Word(ir::Expr::Null(ty)))
            }
            (
                Intrinsic::Len,
                Some(Expr {
                    ty: Ty::Array(_, n),
                    ..
                }),
            ) => {
                if let Some(array) = first {
                    let value = self.value(array)?;
                    self.discard(value);
                }
                Ok(Value::Word(number(*n)))
            }
            (Intrinsic::Len, Some(slice)) => match self.value(slice)? {
                Value::Slice(slice) => Ok(Value::Word(slice.length)),
                Value::Parts(parts) => Ok(Value::Word(number(parts.len()))),
                _ => Ok(Value::Never),
            },
            (Intrinsic::SliceArray, Some(slice)) => Ok(self
                .part(slice)?
                .map_or(Value::Never, |slice| Value::Word(slice.array))),
            (Intrinsic::SliceOffset, Some(slice)) => Ok(self
                .part(slice)?
                .map_or(Value::Never, |slice| Value::Word(slice.offset))),
            (Intrinsic::SliceOf, _) => {
                let mut values = self.operands(arguments)?.into_iter();
                let mut next = |builder: &mut Self, ty: &Type| {
                    let word = builder.word(values.next().unwrap_or(Value::Never), ty, span)?;
                    Ok::<_, Diagnostic>(builder.fix_expr(word))
                };
                let array = next(self, &Type::Array(ir::Element::U8))?;
                let offset = next(self, &Type::Usize)?;
                let length = next(self, &Type::Usize)?;
                Ok(Value::Slice(Slice {
                    element: ir::Element::U8,
                    array,
                    offset,
                    length,
                }))
            }
            (Intrinsic::SliceEq, Some(_)) => self.equal(arguments, expr),
            (Intrinsic::FromBeBytes, Some(bytes)) if self.wide(&expr.ty).is_some() => {
                let value = self.value(bytes)?;
                let [a, b, c, d] = self.bytes_of(value, bytes)?;
                let (high, low) = (
                    word_of_bytes(a, b, &Type::U16),
                    word_of_bytes(c, d, &Type::U16),
                );
                if self.has_int() {
                    return Ok(self.int_of_halves(high, low));
                }
                Ok(Value::Parts(vec![Value::Word(high), Value::Word(low)]))
            }
            (Intrinsic::FromBeBytes, Some(bytes)) => {
                let parts = self.value(bytes)?;
                let [high, low] = self.bytes_of(parts, bytes)?;
                let ty = self.ty(&expr.ty, span)?;
                Ok(Value::Word(word_of_bytes(high, low, &ty)))
            }
            (Intrinsic::ToBeBytes, Some(value)) if self.wide(&value.ty).is_some() => {
                let lowered = self.value(value)?;
                let words = if self.has_int() {
                    self.int_halves(lowered, span)?.to_vec()
                } else {
                    let words = self.flat(lowered, &value.ty, span)?;
                    words.into_iter().map(|word| self.fix_expr(word)).collect()
                };
                let bytes = words
                    .into_iter()
                    .flat_map(|word| bytes_of_word(word, &Type::U16));
                Ok(Value::Parts(bytes.collect()))
            }
            (Intrinsic::ToBeBytes, Some(value)) => {
                let ty = self.ty(&value.ty, span)?;
                let word = self.scalar(value)?;
                let word = self.fix_expr(word);
                Ok(Value::Parts(bytes_of_word(word, &ty).into()))
            }
            (Intrinsic::Min | Intrinsic::Max, Some(a)) if self.wide(&a.ty).is_some() => {
                let signed = self.wide(&a.ty) == Some(true);
                let mut values = self.operands(arguments)?.into_iter();
                let (x, y) = (values.next(), values.next());
                let (x, y) = (
                    self.fix(x.unwrap_or(Value::Never)),
                    self.fix(y.unwrap_or(Value::Never)),
                );
                let slot = self.fresh("", &expr.ty, true, span)?;
                let (then, other, after) = (self.block(), self.block(), self.block());
                let op = if intrinsic == Intrinsic::Min {
                    CompareOp::Lt
                } else {
                    CompareOp::Gt
                };
                self.wide_branch(op, signed, (x.clone(), y.clone()), (then, other), span)?;
                for (block, value) in [(then, x), (other, y)] {
                    self.switch_to(block);
                    self.store(&slot, value, span)?;
                    self.end(ir::Terminator::Goto(after));
                }
                self.switch_to(after);
                Ok(slot)
            }
            (Intrinsic::Min, Some(a))
                if let Some(b) = arguments.get(1)
                    && (self.is_loose(a) || self.is_loose(b)) =>
            {
                self.least_size(a, b)
            }
            (Intrinsic::Min | Intrinsic::Max, Some(a)) => {
                let Some(b) = arguments.get(1) else {
                    return Ok(Value::Nothing);
                };
                let ty = self.ty(&a.ty, span)?;
                let [x, y] = self.words([a, b])?;
                let (x, y) = (self.fix_expr(x), self.fix_expr(y));
                let slot = self.local("", ty.clone(), true);
                let (then, other, after) = (self.block(), self.block(), self.block());
                let op = if intrinsic == Intrinsic::Min {
                    CompareOp::Lt
                } else {
                    CompareOp::Gt
                };
                let less = ir::Expr::Compare(op, ty, Box::new(x.clone()), Box::new(y.clone()));
                self.end(ir::Terminator::If(less, then, other));
                for (block, value) in [(then, x), (other, y)] {
                    self.switch_to(block);
                    self.emit(ir::Statement::Set(slot, value));
                    self.end(ir::Terminator::Goto(after));
                }
                self.switch_to(after);
                Ok(Value::Word(ir::Expr::Local(slot)))
            }
            (Intrinsic::IsSome, Some(option)) => match self.value(option)? {
                Value::Parts(parts) => Ok(parts.into_iter().next().unwrap_or(Value::Never)),
                other => Ok(other),
            },
            (Intrinsic::UnwrapOr, Some(option)) => {
                let mut values = self.operands(arguments)?.into_iter();
                let (found, other) = (values.next(), values.next());
                let slot = self.fresh("", &expr.ty, true, span)?;
                let (some, none, after) = (self.block(), self.block(), self.block());
                let Some((tag, value)) = option_parts(found) else {
                    return Ok(Value::Never);
                };
                let (value, other) = (self.fix(value), self.fix(other.unwrap_or(Value::Never)));
                self.locate(option.span);
                self.end(ir::Terminator::If(tag, some, none));
                for (block, value) in [(some, value), (none, other)] {
                    self.switch_to(block);
                    self.store(&slot, value, span)?;
                    self.end(ir::Terminator::Goto(after));
                }
                self.switch_to(after);
                Ok(slot)
            }
            (Intrinsic::OkOr, Some(_)) => {
                let mut values = self.operands(arguments)?.into_iter();
                let (found, status) = (values.next(), values.next());
                let Some((tag, value)) = option_parts(found) else {
                    return Ok(Value::Never);
                };
                let value = self.fix(value);
                let status = self.word(status.unwrap_or(Value::Never), &Type::U16, span)?;
                let status = self.fix_expr(status);
                let (some, none) = (self.block(), self.block());
                self.end(ir::Terminator::If(tag, some, none));
                self.switch_to(none);
                self.end(ir::Terminator::Throw(status));
                self.switch_to(some);
                Ok(value)
            }
            (_, None) => Ok(Value::Nothing),
        }
    }

    fn part(&mut self, slice: &Expr) -> Checked<Option<Slice>> {
        match self.value(slice)? {
            Value::Slice(slice) => Ok(Some(slice)),
            Value::Never => Ok(None),
            _ => Err(Diagnostic::new(
                slice.span,
                "an array by value is not in memory on the card",
                "has no place",
            )
            .help("write the elements into a buffer one by one")),
        }
    }

    /// The bytes of a `[u8; N]`.
    fn bytes_of<const N: usize>(&mut self, value: Value, expr: &Expr) -> Checked<[ir::Expr; N]> {
        let zero = ir::Expr::Const(Type::U8, 0);
        match value {
            Value::Parts(parts) => {
                let words = parts.into_iter().filter_map(|part| match part {
                    Value::Word(word) => Some(word),
                    _ => None,
                });
                let words: Vec<ir::Expr> = words.collect();
                <[ir::Expr; N]>::try_from(words)
                    .map_err(|_| Diagnostic::new(expr.span, "another number of bytes", "by value"))
            }
            Value::Slice(slice) => {
                let at = |i| {
                    let index = super::value::add(slice.offset.clone(), number(i));
                    ir::Expr::Element(
                        slice.element.clone(),
                        Box::new(slice.array.clone()),
                        Box::new(index),
                    )
                };
                Ok(std::array::from_fn(at))
            }
            Value::Never => Ok(std::array::from_fn(|_| zero.clone())),
            _ => Err(Diagnostic::new(
                expr.span,
                "these are not bytes",
                "not an array",
            )),
        }
    }

    /// `a == b` of slices.
    fn equal(&mut self, arguments: &[Expr], expr: &Expr) -> Checked<Value> {
        let mut values = self.operands(arguments)?.into_iter();
        let mut slices = Vec::new();
        for argument in arguments {
            let value = values.next().unwrap_or(Value::Never);
            slices.push(self.slice_of(value, &argument.ty, argument.span)?);
        }
        let element = match arguments.first().map(|first| &first.ty) {
            Some(Ty::Slice(element) | Ty::Array(element, _)) => (**element).clone(),
            _ => Ty::Int(Int::U8),
        };
        let mut slices = slices.into_iter();
        let (Some(Value::Slice(a)), Some(Value::Slice(b))) = (slices.next(), slices.next()) else {
            return Err(Diagnostic::new(
                expr.span,
                "only slices in memory can be compared",
                "an array by value",
            )
            .help("compare element by element"));
        };
        let slot = self.local("", Type::Bool, false);
        let (same, differ, after) = (self.block(), self.block(), self.block());
        if a.length == b.length {
            self.end(ir::Terminator::Goto(same));
        } else {
            let lengths = ir::Expr::Compare(
                CompareOp::Eq,
                Type::Usize,
                Box::new(a.length.clone()),
                Box::new(b.length.clone()),
            );
            self.end(ir::Terminator::If(lengths, same, differ));
        }
        self.switch_to(same);
        let span = expr.span;
        let ty = Ty::Slice(Box::new(element.clone()));
        let list = vec![(Value::Slice(a), ty.clone()), (Value::Slice(b), ty)];
        let outcome = self.slice_call("equal", &element, list, span)?;
        let outcome = self.word(outcome, &Type::Bool, span)?;
        self.emit(ir::Statement::Set(slot, outcome));
        self.end(ir::Terminator::Goto(after));
        self.switch_to(differ);
        self.emit(ir::Statement::Set(slot, ir::Expr::Const(Type::Bool, 0)));
        self.end(ir::Terminator::Goto(after));
        self.switch_to(after);
        Ok(Value::Word(ir::Expr::Local(slot)))
    }

    /// A call of a binding that takes a length.
    fn bound(&mut self, name: &str, length: usize, expr: &Expr) -> Checked<Value> {
        let id = self.lowering.context.binding(name, expr.span)?;
        let length = i64::try_from(length).unwrap_or(i64::MAX);
        let argument = Expr {
            kind: Kind::Int(length),
            ty: Ty::Int(Int::Usize),
            span: expr.span,
        };
        self.value(&Expr {
            kind: Kind::Call(id, vec![argument]),
            ty: expr.ty.clone(),
            span: expr.span,
        })
    }

    /// A call of a binding for its effect.
    fn effect(&mut self, name: &str, expr: &Expr) -> Checked<()> {
        self.call_binding(name, Ty::Unit, expr.span).map(|_| ())
    }

    /// A call of a binding without arguments.
    pub(super) fn call_binding(&mut self, name: &str, ty: Ty, span: Span) -> Checked<Value> {
        let id = self.lowering.context.binding(name, span)?;
        let kind = Kind::Call(id, Vec::new());
        self.value(&Expr { kind, ty, span })
    }
}

/// `high << 8 | low`
fn word_of_bytes(high: ir::Expr, low: ir::Expr, ty: &Type) -> ir::Expr {
    let wide = |value: ir::Expr| ir::Expr::Cast {
        from: Type::U8,
        to: ty.clone(),
        value: Box::new(value),
    };
    let high = ir::Expr::Binary(
        BinaryOp::Shl,
        ty.clone(),
        Box::new(wide(high)),
        Box::new(ir::Expr::Const(Type::U8, 8)),
    );
    ir::Expr::Binary(
        BinaryOp::Or,
        ty.clone(),
        Box::new(high),
        Box::new(wide(low)),
    )
}

/// The high and the low byte of a word that can be used twice.
fn bytes_of_word(word: ir::Expr, ty: &Type) -> [Value; 2] {
    let narrow = |value: ir::Expr| {
        Value::Word(ir::Expr::Cast {
            from: ty.clone(),
            to: Type::U8,
            value: Box::new(value),
        })
    };
    let high = ir::Expr::Binary(
        BinaryOp::Shr,
        ty.clone(),
        Box::new(word.clone()),
        Box::new(ir::Expr::Const(Type::U8, 8)),
    );
    [narrow(high), narrow(word)]
}

/// Whether an `Option` has a value, and the value.
fn option_parts(option: Option<Value>) -> Option<(ir::Expr, Value)> {
    match option? {
        Value::Parts(parts) => match <[Value; 2]>::try_from(parts) {
            Ok([Value::Word(tag), value]) => Some((tag, value)),
            _ => None,
        },
        _ => None,
    }
}

fn convert(value: ir::Expr, from: Type, to: Type) -> ir::Expr {
    match (&from, &to) {
        (a, b) if a == b => value,
        (_, Type::Bool) => {
            let zero = ir::Expr::Const(from.clone(), 0);
            ir::Expr::Compare(CompareOp::Ne, from, Box::new(value), Box::new(zero))
        }
        _ => ir::Expr::Cast {
            from,
            to,
            value: Box::new(value),
        },
    }
}
