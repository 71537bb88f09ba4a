//! Arrays that a function makes, and `heapless::Vec`: in the applet's scratch memory.

use super::builder::Builder;
use super::scratch::Region;
use super::value::{Slice, Value, add, number};
use crate::diagnostic::{Diagnostic, Span};
use crate::front::resolve::Checked;
use crate::front::tree::{BY_VALUE, Expr, Intrinsic, Kind, Variable, VariableId};
use crate::front::ty::{Int, Ty};
use crate::ir::{self, BinaryOp, CompareOp, Type};

/// So many elements are set one by one rather than by a call.
const FEW: usize = 3;

impl Builder<'_, '_> {
    /// Memory for `length` elements; what is in it is anything.
    pub(super) fn region(&mut self, element_ty: &Ty, length: usize) -> Slice {
        let element = self.lowering.element_of(element_ty);
        let is_wide = self.two_words(element_ty);
        let known = self
            .scratch
            .arrays
            .iter()
            .find(|(known, _)| *known == element);
        let array = match known {
            Some((_, array)) => *array,
            None => {
                let ty = Type::Array(element.clone());
                let array = self.local("scratch", ty, true);
                self.scratch.arrays.push((element.clone(), array));
                array
            }
        };
        let offset = self.local("", Type::Usize, true);
        let places = if is_wide { 2 * length } else { length };
        let start = self.scratch.take(&element, places);
        self.scratch.regions.push(Region {
            offset,
            element: element.clone(),
            start,
            is_wide,
            position: self.at,
        });
        self.new_regions.insert(offset);
        Slice {
            element,
            array: ir::Expr::Local(array),
            offset: ir::Expr::Local(offset),
            length: number(length),
        }
    }

    /// Whether memory was just made for a value: a variable takes it, and it is new no more.
    pub(super) fn take_new(&mut self, slice: &Slice) -> bool {
        match slice.offset {
            ir::Expr::Local(offset) => self.new_regions.remove(&offset),
            _ => false,
        }
    }

    /// `[value; length]` in memory.
    pub(super) fn repeat(&mut self, value: &Expr, length: usize) -> Checked<Value> {
        let lowered = self.value(value)?;
        let lowered = self.fix(lowered);
        let slice = self.region(&value.ty, length);
        if length <= FEW {
            for at in 0..length {
                self.set(&slice, at, lowered.clone(), &value.ty, value.span)?;
            }
            return Ok(Value::Slice(slice));
        }
        let lowered = match lowered {
            // The API fills with bytes.
            Value::Word(word) if slice.element == ir::Element::I8 => Value::Word(ir::Expr::Cast {
                from: Type::I8,
                to: Type::U8,
                value: Box::new(word),
            }),
            other => other,
        };
        let ty = Ty::Slice(Box::new(value.ty.clone()));
        let list = vec![
            (Value::Slice(slice.clone()), ty),
            (lowered, value.ty.clone()),
        ];
        self.slice_call("fill", &value.ty, list, value.span)?;
        Ok(Value::Slice(slice))
    }

    pub(super) fn set(
        &mut self,
        slice: &Slice,
        at: usize,
        value: Value,
        ty: &Ty,
        span: Span,
    ) -> Checked<()> {
        let index = add(slice.offset.clone(), number(at));
        self.set_element(
            slice.element.clone(),
            slice.array.clone(),
            index,
            value,
            ty,
            span,
        )
    }

    /// Puts elements that are known by value into memory.
    pub(super) fn in_memory(
        &mut self,
        parts: Vec<Value>,
        element: &Ty,
        span: Span,
    ) -> Checked<Slice> {
        let parts: Vec<Value> = parts.into_iter().map(|part| self.fix(part)).collect();
        let slice = self.region(element, parts.len());
        for (at, part) in parts.into_iter().enumerate() {
            self.set(&slice, at, part, element, span)?;
        }
        Ok(slice)
    }

    /// A value of an array or `Vec` type, or a slice already, as a slice.
    pub(super) fn slice_of(&mut self, value: Value, ty: &Ty, span: Span) -> Checked<Value> {
        match (value, ty) {
            (Value::Parts(parts), Ty::Array(element, _) | Ty::Slice(element)) => {
                let constants: Option<Vec<i64>> = parts
                    .iter()
                    .map(|part| match part {
                        Value::Word(ir::Expr::Const(_, n)) => Some(i64::from(*n)),
                        _ => None,
                    })
                    .collect();
                if let Some(values) = constants {
                    let name = format!("array at {}:{}", span.line, span.column + 1);
                    let array = self.lowering.new_array(name, element, &values, span)?;
                    return Ok(Value::Slice(Slice {
                        element: self.lowering.element_of(element),
                        array: ir::Expr::ConstArray(array),
                        offset: number(0),
                        length: number(values.len()),
                    }));
                }
                self.in_memory(parts, element, span).map(Value::Slice)
            }
            (Value::Parts(parts), Ty::Vec(..)) => {
                let mut parts = parts.into_iter();
                let (Some(Value::Slice(slice)), Some(Value::Word(length))) =
                    (parts.next(), parts.next())
                else {
                    return Err(Diagnostic::new(
                        span,
                        "this is not a `Vec`",
                        "another value",
                    ));
                };
                let length = self.fix_expr(length);
                Ok(Value::Slice(Slice { length, ..slice }))
            }
            (value, _) => Ok(value),
        }
    }

    /// `&mut` of an array without a name.
    pub(super) fn array_in_memory(&mut self, array: &Expr) -> Checked<Value> {
        let value = self.value(array)?;
        let Ty::Array(element, length) = &array.ty else {
            return Ok(value);
        };
        match value {
            Value::Parts(parts) => self.in_memory(parts, element, array.span).map(Value::Slice),
            Value::Slice(slice) if self.take_new(&slice) => Ok(Value::Slice(slice)),
            Value::Slice(slice) => {
                let copy = self.region(element, *length);
                self.copy(&copy, slice, element, array.span)?;
                Ok(Value::Slice(copy))
            }
            other => Ok(other),
        }
    }

    pub(super) fn copy(
        &mut self,
        to: &Slice,
        from: Slice,
        element: &Ty,
        span: Span,
    ) -> Checked<()> {
        let ty = Ty::Slice(Box::new(element.clone()));
        self.slice_call(
            "copy",
            element,
            vec![
                (Value::Slice(to.clone()), ty.clone()),
                (Value::Slice(from), ty),
            ],
            span,
        )
        .map(|_| ())
    }

    /// A function on slices: of bytes one of the API's, of others one of the integers' table.
    pub(super) fn slice_call(
        &mut self,
        name: &str,
        element: &Ty,
        arguments: Vec<(Value, Ty)>,
        span: Span,
    ) -> Checked<Value> {
        let result = if name == "equal" { Ty::Bool } else { Ty::Unit };
        let binding = match name {
            "fill" => "fill",
            "copy" => "copy_from_slice",
            _ => "equal_bytes",
        };
        let ty = match self.lowering.element_of(element) {
            _ if self.wide(element).is_some() => "u32",
            _ if *element == Ty::Int(Int::Usize) => "usize",
            ir::Element::U8 | ir::Element::I8 => {
                let id = self.lowering.context.binding(binding, span)?;
                return self.call_with(id, arguments, result, span);
            }
            ir::Element::Bool => "bool",
            ir::Element::I16 => "i16",
            _ => "u16",
        };
        // What is copied and compared is words, whatever they mean.
        let ty = if self
            .lowering
            .context
            .integer_method(ty, "slice_copy")
            .is_some()
        {
            ty
        } else {
            "u16"
        };
        let id = self
            .lowering
            .context
            .integer_function(&format!("{ty}_slice_{name}"), span)?;
        self.call_with(id, arguments, result, span)
    }

    /// The place of a new variable of an array type, or of a `Vec`.
    pub(super) fn declared(&mut self, variable: &Variable, span: Span) -> Checked<Option<Value>> {
        Ok(match &variable.ty {
            Ty::Array(element, length) if variable.in_memory() && !variable.reference => {
                let slice = self.region(element, *length);
                self.take_new(&slice);
                Some(Value::Slice(slice))
            }
            ty if self.lowering.owns_memory(ty) => {
                return self.declared_owned(ty, &variable.name, span).map(Some);
            }
            _ => None,
        })
    }

    /// The place of a variable of an array type in memory that takes a value: that of the value where it is
    /// new, else a copy. `None` for variables that are elsewhere.
    pub(super) fn placed(
        &mut self,
        variable: &Variable,
        value: &Value,
        span: Span,
    ) -> Checked<Option<Value>> {
        if self.lowering.owns_memory(&variable.ty) {
            if variable.reference || !matches!(value, Value::Parts(_)) {
                return Ok(None);
            }
            let owned = self.owned(value.clone(), &variable.ty, variable, span)?;
            return Ok(Some(owned));
        }
        let Ty::Array(element, length) = &variable.ty else {
            return Ok(None);
        };
        if !variable.in_memory() {
            return Ok(None);
        }
        if variable.reference {
            // Nothing is changed through it: what can be is in memory already.
            return Ok(match value {
                Value::Parts(_) => Some(self.slice_of(value.clone(), &variable.ty, span)?),
                _ => None,
            });
        }
        match value {
            Value::Parts(parts) => {
                let slice = self.in_memory(parts.clone(), element, span)?;
                self.take_new(&slice);
                Ok(Some(Value::Slice(slice)))
            }
            Value::Slice(slice) => {
                let is_constant = matches!(slice.array, ir::Expr::ConstArray(_));
                if self.take_new(slice) || (is_constant && !variable.mutable) {
                    return Ok(Some(Value::Slice(slice.clone())));
                }
                let copy = self.region(element, *length);
                self.take_new(&copy);
                self.copy(&copy, slice.clone(), element, span)?;
                Ok(Some(Value::Slice(copy)))
            }
            _ => Ok(None),
        }
    }

    /// Assigns to a variable whose value is in memory; whether that is what it is.
    pub(super) fn assign_in_memory(
        &mut self,
        variable: &Variable,
        slot: &Value,
        value: &Value,
        span: Span,
    ) -> Checked<bool> {
        match (&variable.ty, slot, value) {
            (Ty::Array(element, _), Value::Slice(to), Value::Parts(parts))
                if variable.in_memory() && !variable.reference =>
            {
                let parts: Vec<Value> = parts.iter().cloned().map(|part| self.fix(part)).collect();
                for (at, part) in parts.into_iter().enumerate() {
                    self.set(to, at, part, element, span)?;
                }
                Ok(true)
            }
            (Ty::Array(element, _), Value::Slice(to), Value::Slice(from))
                if variable.in_memory() && !variable.reference =>
            {
                self.copy(to, from.clone(), element, span)?;
                Ok(true)
            }
            (ty, Value::Parts(_), Value::Parts(_))
                if self.lowering.owns_memory(ty) && !variable.reference =>
            {
                self.assign_owned(slot, value.clone(), ty, span)?;
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    /// The locals of a place, not their values.
    pub(super) fn alias(&mut self, place: &Expr) -> Checked<Value> {
        match &place.kind {
            Kind::Variable(id) => Ok(self.slot(*id)),
            Kind::TupleField(base, index) => match self.alias(base)? {
                Value::Parts(parts) => Ok(parts.get(*index).cloned().unwrap_or(Value::Nothing)),
                other => Ok(other),
            },
            Kind::Field(..) | Kind::Index(..) => Err(Diagnostic::new(
                place.span,
                "a `&mut` to this is not part of Card Rust",
                "the card cannot refer to a field or to one element",
            )
            .help("take the value out, change it, and put it back")),
            _ => {
                let value = self.value(place)?;
                let variable = Variable::new(String::new(), place.ty.clone(), true);
                if let Some(slot) = self.placed(&variable, &value, place.span)? {
                    return Ok(slot);
                }
                let slot = self.fresh("", &place.ty, false, place.span)?;
                self.store(&slot, value, place.span)?;
                Ok(slot)
            }
        }
    }

    /// An operation of `Vec`.
    pub(super) fn vec(
        &mut self,
        intrinsic: Intrinsic,
        arguments: &[Expr],
        expr: &Expr,
    ) -> Checked<Value> {
        let span = expr.span;
        if intrinsic == Intrinsic::VecNew {
            let Ty::Vec(element, capacity) = &expr.ty else {
                return Ok(Value::Never);
            };
            let slice = self.region(element, *capacity);
            return Ok(Value::Parts(vec![
                Value::Slice(slice),
                Value::Word(number(0)),
            ]));
        }
        let Some((place, rest)) = arguments.split_first() else {
            return Ok(Value::Never);
        };
        let mut rest = self.operands(rest)?.into_iter();
        let argument = rest.next().map(|value| self.fix(value));
        let (Ty::Vec(element, capacity), Value::Parts(parts)) = (&place.ty, self.alias(place)?)
        else {
            return Ok(Value::Never);
        };
        let [Value::Slice(slice), Value::Word(ir::Expr::Local(length))] = parts.as_slice() else {
            return Err(Diagnostic::new(
                place.span,
                "this `Vec` cannot be changed here",
                "not a variable",
            )
            .help("give it a name: `let mut x = …`"));
        };
        let length = *length;
        let used = || ir::Expr::Local(length);
        match (intrinsic, argument) {
            (Intrinsic::VecClear, _) => {
                self.emit(ir::Statement::Set(length, number(0)));
                Ok(Value::Nothing)
            }
            (Intrinsic::VecTruncate, Some(Value::Word(to))) => {
                let (then, after) = (self.block(), self.block());
                let shorter = less(to.clone(), used());
                self.end(ir::Terminator::If(shorter, then, after));
                self.switch_to(then);
                self.emit(ir::Statement::Set(length, to));
                self.end(ir::Terminator::Goto(after));
                self.switch_to(after);
                Ok(Value::Nothing)
            }
            (Intrinsic::VecPush, Some(value)) => {
                let room = less(used(), number(*capacity));
                self.chosen(room, &expr.ty, span, |builder| {
                    let index = builder.fix_expr(add(slice.offset.clone(), used()));
                    builder.set_element(
                        slice.element.clone(),
                        slice.array.clone(),
                        index,
                        value,
                        element,
                        span,
                    )?;
                    builder.emit(ir::Statement::Set(length, add(used(), number(1))));
                    Ok(Value::Nothing)
                })
            }
            (Intrinsic::VecPop, _) => {
                let some = less(number(0), used());
                self.chosen(some, &expr.ty, span, |builder| {
                    let one = ir::Expr::Binary(
                        BinaryOp::Sub,
                        Type::Usize,
                        Box::new(used()),
                        Box::new(number(1)),
                    );
                    builder.emit(ir::Statement::Set(length, one));
                    let index = builder.fix_expr(add(slice.offset.clone(), used()));
                    let value =
                        builder.element_value(&slice.element, slice.array.clone(), index, element);
                    Ok(builder.fix(value))
                })
            }
            (Intrinsic::VecExtend, Some(more)) => {
                let from = arguments.get(1).map_or(&Ty::Unit, |from| &from.ty);
                let Value::Slice(more) = self.slice_of(more, from, span)? else {
                    return Ok(Value::Never);
                };
                let room = ir::Expr::Binary(
                    BinaryOp::Sub,
                    Type::Usize,
                    Box::new(number(*capacity)),
                    Box::new(used()),
                );
                let fits = ir::Expr::Compare(
                    CompareOp::Le,
                    Type::Usize,
                    Box::new(more.length.clone()),
                    Box::new(room),
                );
                self.chosen(fits, &expr.ty, span, |builder| {
                    let start = builder.fix_expr(add(slice.offset.clone(), used()));
                    let to = Slice {
                        offset: start,
                        length: more.length.clone(),
                        ..slice.clone()
                    };
                    let added = more.length.clone();
                    builder.copy(&to, more, element, span)?;
                    builder.emit(ir::Statement::Set(length, add(used(), added)));
                    Ok(Value::Nothing)
                })
            }
            _ => Ok(Value::Never),
        }
    }

    /// `Some` or `Ok` of what `then` gives if the condition holds, else `None` or `Err`.
    fn chosen(
        &mut self,
        condition: ir::Expr,
        ty: &Ty,
        span: Span,
        then: impl FnOnce(&mut Self) -> Checked<Value>,
    ) -> Checked<Value> {
        let slot = self.fresh("", ty, true, span)?;
        let (yes, no, after) = (self.block(), self.block(), self.block());
        self.end(ir::Terminator::If(condition, yes, no));
        let tag = |n| Value::Word(ir::Expr::Const(Type::Bool, n));
        self.switch_to(yes);
        let value = then(self)?;
        self.store(&slot, Value::Parts(vec![tag(1), value]), span)?;
        self.end(ir::Terminator::Goto(after));
        self.switch_to(no);
        let nothing = self.variant(0, &[], ty, span)?;
        self.store(&slot, nothing, span)?;
        self.end(ir::Terminator::Goto(after));
        self.switch_to(after);
        Ok(slot)
    }

    /// A call with values that are known already.
    pub(super) fn call_with(
        &mut self,
        id: crate::front::define::FnId,
        arguments: Vec<(Value, Ty)>,
        result: Ty,
        span: Span,
    ) -> Checked<Value> {
        let list = arguments
            .into_iter()
            .map(|(value, ty)| {
                let value = self.fix(value);
                let id: VariableId = self.temporary(value, ty.clone());
                Expr {
                    kind: Kind::Variable(id),
                    ty,
                    span,
                }
            })
            .collect();
        self.value(&Expr {
            kind: Kind::Call(id, list),
            ty: result,
            span,
        })
    }

    /// Whether an array literal is kept in memory, not in locals.
    pub(super) fn is_long(ty: &Ty) -> bool {
        matches!(ty, Ty::Array(_, n) if *n > BY_VALUE)
    }
}

fn less(a: ir::Expr, b: ir::Expr) -> ir::Expr {
    ir::Expr::Compare(CompareOp::Lt, Type::Usize, Box::new(a), Box::new(b))
}

/// Whether a value of this type may be memory that a scope made.
pub(super) fn holds_memory(ty: &Ty) -> bool {
    match ty {
        Ty::Array(..) | Ty::Slice(_) | Ty::Vec(..) | Ty::Data(_) | Ty::Record(_) => true,
        Ty::Option(inner) | Ty::Fallible(inner) | Ty::Result(inner) => holds_memory(inner),
        Ty::Tuple(list) => list.iter().any(holds_memory),
        _ => false,
    }
}
