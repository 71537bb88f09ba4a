//! Builds the blocks of one IR function.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::scratch::Scratch;
use super::value::{Place, Slice, Value};
use super::{Lowering, position};
use crate::diagnostic::{Diagnostic, Span};
use crate::front::define::FnId;
use crate::front::resolve::Checked;
use crate::front::tree::{Body, LoopId, Variable, VariableId};
use crate::front::ty::{Int, Ty};
use crate::ir;

/// Where the next statement goes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark {
    block: usize,
    statement: usize,
}

/// What an operand is wanted for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    Value,
    /// An index or the end of a part of a slice: one past its end is a panic in Rust.
    Index,
}

struct Partial {
    statements: Vec<(ir::Statement, ir::Position)>,
    terminator: Option<(ir::Terminator, ir::Position)>,
}

/// A function whose body is being lowered: the IR function itself, or one put into it.
pub(super) struct Frame {
    pub(super) function: FnId,
    pub(super) body: Rc<Body>,
    pub(super) slots: Vec<Value>,
    /// Variables that the body does not have, behind its own.
    pub(super) extra: Vec<Variable>,
    /// Where `return` goes and puts its value; `None` leaves the IR function.
    pub(super) exit: Option<(ir::BlockId, Value)>,
    pub(super) loops: Vec<LoopTarget>,
}

pub(super) struct LoopTarget {
    pub(super) id: LoopId,
    pub(super) leave: ir::BlockId,
    pub(super) again: ir::BlockId,
    pub(super) value: Value,
}

pub(super) struct Builder<'a, 'b> {
    pub(super) lowering: &'b mut Lowering<'a>,
    locals: Vec<ir::Local>,
    /// Whether a local keeps its value once it has one.
    stable: Vec<bool>,
    blocks: Vec<Partial>,
    current: usize,
    pub(super) frames: Vec<Frame>,
    pub(super) at: ir::Position,
    id: FnId,
    pub(super) scratch: Scratch,
    /// The offsets of memory that a value has, and no variable yet.
    pub(super) new_regions: BTreeSet<ir::LocalId>,
    /// Whether memory may have left the scope that made it, by `break` or `return`.
    pub(super) escaped: bool,
    /// Whether what is being lowered is the body of a transaction.
    pub(super) in_transaction: bool,
}

impl<'a, 'b> Builder<'a, 'b> {
    pub(super) fn new(lowering: &'b mut Lowering<'a>, id: FnId) -> Self {
        Builder {
            lowering,
            locals: Vec::new(),
            stable: Vec::new(),
            blocks: vec![Partial {
                statements: Vec::new(),
                terminator: None,
            }],
            current: 0,
            frames: Vec::new(),
            at: ir::Position::default(),
            id,
            scratch: Scratch::default(),
            new_regions: BTreeSet::new(),
            escaped: false,
            in_transaction: false,
        }
    }

    /// The parameters of the IR function: slices as three, the platform as none.
    pub(super) fn parameters(&mut self, body: &Rc<Body>) -> Checked<Vec<ir::LocalId>> {
        let mut list = Vec::new();
        let mut slots = vec![Value::Nothing; body.variables.len()];
        let span = self.lowering.context.fn_def(self.id).span;
        for id in &body.parameters {
            let variable = &body.variables[id.0];
            let value = self.fresh(&variable.name, &variable.ty, !variable.mutable, span)?;
            each_local(&value, &mut |local| list.push(local));
            slots[id.0] = value;
        }
        self.frames.push(Frame {
            function: self.id,
            body: Rc::clone(body),
            slots,
            extra: Vec::new(),
            exit: None,
            loops: Vec::new(),
        });
        Ok(list)
    }

    /// Lowers the whole body of the IR function.
    pub(super) fn body(&mut self, body: &Rc<Body>) -> Checked<()> {
        let value = self.value(&body.value)?;
        self.leave(value, &body.result, body.value.span)
    }

    /// Ends the function or the one put into it, with a value.
    pub(super) fn leave(&mut self, value: Value, ty: &Ty, span: Span) -> Checked<()> {
        let exit = self.frames.last().and_then(|frame| frame.exit.clone());
        match exit {
            Some((block, slot)) => {
                self.store(&slot, value, span)?;
                self.end(ir::Terminator::Goto(block));
            }
            None => {
                let result = match ty {
                    Ty::Result(inner) => inner,
                    other => other,
                };
                let value = match self.lowering.value_type(result, span)? {
                    Some(ty) => Some(self.word(value, &ty, span)?),
                    None => None,
                };
                self.end(ir::Terminator::Return(value));
            }
        }
        Ok(())
    }

    pub(super) fn finish(self) -> (Vec<ir::Local>, Vec<ir::Block>, Scratch) {
        let blocks = self
            .blocks
            .into_iter()
            .map(|block| {
                let (terminator, position) = block
                    .terminator
                    .unwrap_or((ir::Terminator::Unreachable, ir::Position::default()));
                ir::Block {
                    statements: block.statements,
                    terminator,
                    position,
                }
            })
            .collect();
        (self.locals, blocks, self.scratch)
    }

    /// What follows comes from here. A binding that is put into its caller counts as the place of the
    /// call: the source that a person reads is the applet's.
    pub(super) fn locate(&mut self, span: Span) {
        let context = self.lowering.context;
        let bindings = context.modules[context.bindings.0].file;
        let in_source = self.at.line > 0 && self.at.file != bindings;
        if span.line > 0 && !(span.file == bindings && in_source) {
            self.at = position(span);
        }
    }

    pub(super) fn mark(&self) -> Mark {
        Mark {
            block: self.current,
            statement: self.blocks[self.current].statements.len(),
        }
    }

    pub(super) fn block(&mut self) -> ir::BlockId {
        self.blocks.push(Partial {
            statements: Vec::new(),
            terminator: None,
        });
        ir::BlockId(self.blocks.len() - 1)
    }

    /// Goes on writing in `block`.
    pub(super) fn switch_to(&mut self, block: ir::BlockId) {
        self.current = block.0;
    }

    pub(super) fn emit(&mut self, statement: ir::Statement) {
        let at = self.at;
        self.blocks[self.current].statements.push((statement, at));
    }

    /// Ends the current block; what follows is not reached.
    pub(super) fn end(&mut self, terminator: ir::Terminator) {
        let at = self.at;
        let block = &mut self.blocks[self.current];
        if block.terminator.is_none() {
            block.terminator = Some((terminator, at));
        }
        let dead = self.block();
        self.switch_to(dead);
    }

    /// A new local.
    pub(super) fn local(&mut self, name: &str, ty: ir::Type, stable: bool) -> ir::LocalId {
        self.locals.push(ir::Local {
            name: name.to_owned(),
            ty,
        });
        self.stable.push(stable);
        ir::LocalId(self.locals.len() - 1)
    }

    /// New locals for a value of type `ty`.
    pub(super) fn fresh(
        &mut self,
        name: &str,
        ty: &Ty,
        stable: bool,
        span: Span,
    ) -> Checked<Value> {
        Ok(match ty {
            Ty::Slice(element) | Ty::Array(element, _)
                if !matches!(ty, Ty::Array(..)) || element.is_scalar() =>
            {
                if let Ty::Array(element, n) = ty
                    && *n <= 4
                {
                    let parts = (0..*n)
                        .map(|_| self.fresh(name, element, stable, span))
                        .collect::<Checked<_>>()?;
                    return Ok(Value::Parts(parts));
                }
                let element = self.lowering.element_of(element);
                let array = self.local(name, ir::Type::Array(element.clone()), stable);
                let offset = self.local(name, ir::Type::Usize, stable);
                let length = self.local(name, ir::Type::Usize, stable);
                Value::Slice(Slice {
                    element,
                    array: ir::Expr::Local(array),
                    offset: ir::Expr::Local(offset),
                    length: ir::Expr::Local(length),
                })
            }
            Ty::Result(inner) => self.fresh(name, inner, stable, span)?,
            Ty::Vec(element, _) => Value::Parts(vec![
                self.fresh(name, &Ty::Slice(element.clone()), stable, span)?,
                self.fresh(name, &Ty::Int(Int::Usize), stable, span)?,
            ]),
            ty if self.lowering.in_words(ty) => Value::Parts(
                self.lowering
                    .part_types(ty)?
                    .iter()
                    .map(|part| match (ty, part) {
                        // An array that is part of a struct is in memory.
                        (Ty::Record(_), Ty::Array(element, _)) => {
                            self.fresh(name, &Ty::Slice(element.clone()), stable, span)
                        }
                        _ => self.fresh(name, part, stable, span),
                    })
                    .collect::<Checked<_>>()?,
            ),
            Ty::TransientCell(inner) => {
                let ty = ir::Type::Array(self.lowering.transient_element(inner));
                Value::Word(ir::Expr::Local(self.local(name, ty, stable)))
            }
            other => match self.lowering.value_type(other, span)? {
                Some(ty) => Value::Word(ir::Expr::Local(self.local(name, ty, stable))),
                None => Value::Nothing,
            },
        })
    }

    /// Assigns to the locals of `slot`.
    pub(super) fn store(&mut self, slot: &Value, value: Value, span: Span) -> Checked<()> {
        match (slot, value) {
            (_, Value::Never) | (Value::Nothing, Value::Nothing) => {}
            (Value::Nothing, Value::Word(expr)) => self.emit(ir::Statement::Eval(expr)),
            (Value::Word(ir::Expr::Local(local)), Value::Word(expr)) => {
                self.emit(ir::Statement::Set(*local, expr))
            }
            (Value::Slice(slot), Value::Slice(slice)) => {
                for (slot, part) in [
                    (&slot.array, slice.array),
                    (&slot.offset, slice.offset),
                    (&slot.length, slice.length),
                ] {
                    if let ir::Expr::Local(local) = slot
                        && *slot != part
                    {
                        self.emit(ir::Statement::Set(*local, part));
                    }
                }
            }
            (Value::Slice(into), Value::Parts(parts)) => {
                let element = match into.element {
                    ir::Element::Bool => Ty::Bool,
                    ir::Element::I8 => Ty::Int(Int::I8),
                    ir::Element::U16 => Ty::Int(Int::U16),
                    ir::Element::I16 => Ty::Int(Int::I16),
                    ir::Element::Int => Ty::Int(Int::U32),
                    _ => Ty::Int(Int::U8),
                };
                let is_wide = matches!(parts.first(), Some(Value::Parts(_)));
                let element = if is_wide { Ty::Int(Int::U32) } else { element };
                let ty = Ty::Slice(Box::new(element));
                let value = self.slice_of(Value::Parts(parts), &ty, span)?;
                self.store(slot, value, span)?;
            }
            (Value::Parts(slots), Value::Slice(slice))
                if slots.iter().all(|slot| matches!(slot, Value::Word(_))) =>
            {
                let parts = (0..slots.len())
                    .map(|at| {
                        let index =
                            super::value::add(slice.offset.clone(), super::value::number(at));
                        Value::Word(ir::Expr::Element(
                            slice.element.clone(),
                            Box::new(slice.array.clone()),
                            Box::new(index),
                        ))
                    })
                    .collect();
                self.store(slot, Value::Parts(parts), span)?;
            }
            (Value::Parts(slots), Value::Parts(parts)) => {
                // `(a, b) = (b, a)`: all parts before any slot.
                let parts: Vec<Value> = parts.into_iter().map(|part| self.fix(part)).collect();
                for (slot, part) in slots.iter().zip(parts) {
                    self.store(slot, part, span)?;
                }
            }
            _ => {
                return Err(Diagnostic::new(
                    span,
                    "this value cannot be stored on the card",
                    "not a value that moves",
                ));
            }
        }
        Ok(())
    }

    fn is_stable(&self, expr: &ir::Expr) -> bool {
        match expr {
            ir::Expr::Const(..) | ir::Expr::ConstArray(_) | ir::Expr::Null(_) => true,
            ir::Expr::Local(local) => self.stable[local.0],
            _ => false,
        }
    }

    /// The type of an expression made here.
    pub(super) fn type_of(&self, expr: &ir::Expr) -> ir::Type {
        match expr {
            ir::Expr::Const(ty, _)
            | ir::Expr::Unary(_, ty, _)
            | ir::Expr::Binary(_, ty, _, _)
            | ir::Expr::Null(ty) => ty.clone(),
            ir::Expr::Cast { to, .. } => to.clone(),
            ir::Expr::Compare(..) => ir::Type::Bool,
            ir::Expr::Local(local) => self.locals[local.0].ty.clone(),
            ir::Expr::ConstArray(id) => ir::Type::Array(self.lowering.arrays[id.0].element.clone()),
            ir::Expr::Field(_, field, class) => {
                self.lowering.classes[class.0].fields[*field].ty.clone()
            }
            ir::Expr::Element(element, _, _) => element.value_type(),
            ir::Expr::Length(_) => ir::Type::Usize,
            ir::Expr::Call(_, _, ty) => ty.clone().unwrap_or(ir::Type::Usize),
            ir::Expr::New(class) => ir::Type::Class(*class),
            ir::Expr::NewArray(element, _) => ir::Type::Array(element.clone()),
            ir::Expr::Downcast(_, class) => ir::Type::Api(class.clone()),
        }
    }

    /// An expression that can be used any number of times, later.
    pub(super) fn fix_expr(&mut self, expr: ir::Expr) -> ir::Expr {
        let mut at = self.mark();
        self.fix_expr_at(expr, &mut at)
    }

    pub(super) fn fix_expr_at(&mut self, expr: ir::Expr, at: &mut Mark) -> ir::Expr {
        if self.is_stable(&expr) {
            return expr;
        }
        let ty = self.type_of(&expr);
        let local = self.local("", ty, true);
        let position = self.at;
        self.blocks[at.block]
            .statements
            .insert(at.statement, (ir::Statement::Set(local, expr), position));
        at.statement += 1;
        ir::Expr::Local(local)
    }

    /// A value that can be used any number of times, later.
    pub(super) fn fix(&mut self, value: Value) -> Value {
        let mut at = self.mark();
        self.fix_at(value, &mut at)
    }

    fn fix_at(&mut self, value: Value, at: &mut Mark) -> Value {
        match value {
            Value::Word(expr) => Value::Word(self.fix_expr_at(expr, at)),
            Value::Place(place) => Value::Place(Place {
                object: self.fix_expr_at(place.object, at),
                ..place
            }),
            Value::Slice(slice) => Value::Slice(Slice {
                element: slice.element,
                array: self.fix_expr_at(slice.array, at),
                offset: self.fix_expr_at(slice.offset, at),
                length: self.fix_expr_at(slice.length, at),
            }),
            Value::Parts(parts) => Value::Parts(
                parts
                    .into_iter()
                    .map(|part| self.fix_at(part, at))
                    .collect(),
            ),
            other => other,
        }
    }

    /// Operands in order: where a later one needs statements, the earlier ones come before those.
    pub(super) fn operands<'t>(
        &mut self,
        exprs: impl IntoIterator<Item = &'t crate::front::tree::Expr>,
    ) -> Checked<Vec<Value>> {
        let exprs = exprs.into_iter().map(|expr| (expr, Wanted::Value));
        self.operands_as(exprs)
    }

    /// The same, each for what it is wanted.
    pub(super) fn operands_as<'t>(
        &mut self,
        exprs: impl IntoIterator<Item = (&'t crate::front::tree::Expr, Wanted)>,
    ) -> Checked<Vec<Value>> {
        let mut values: Vec<Value> = Vec::new();
        let mut places = Vec::new();
        for (expr, wanted) in exprs {
            let before = self.mark();
            let value = match wanted {
                Wanted::Value => self.value(expr)?,
                Wanted::Index => self.position(expr)?,
            };
            if self.mark() != before {
                let mut at = before;
                let here = self.at;
                for (earlier, place) in values.iter_mut().zip(&places) {
                    self.at = *place;
                    let fixed = self.fix_at(std::mem::replace(earlier, Value::Nothing), &mut at);
                    *earlier = fixed;
                }
                self.at = here;
            }
            values.push(value);
            places.push(self.at);
        }
        Ok(values)
    }

    /// The word of a value; of an expression that does not come back, any.
    pub(super) fn word(&mut self, value: Value, ty: &ir::Type, span: Span) -> Checked<ir::Expr> {
        match value {
            Value::Word(expr) => Ok(expr),
            Value::Never if ty.is_reference() => Ok(ir::Expr::Null(ty.clone())),
            Value::Never => Ok(ir::Expr::Const(ty.clone(), 0)),
            Value::Slice(slice) if slice.offset == super::value::number(0) => Ok(slice.array),
            _ => Err(Diagnostic::new(
                span,
                "this is not a single value on the card",
                "a slice, a tuple, or nothing",
            )),
        }
    }

    /// Gives a local the name that the source has for it.
    pub(super) fn rename(&mut self, local: ir::LocalId, name: &str) {
        if let Some(local) = self.locals.get_mut(local.0)
            && local.name.is_empty()
        {
            name.clone_into(&mut local.name);
        }
    }

    /// A variable of the current function that stands for `value`.
    pub(super) fn temporary(&mut self, value: Value, ty: Ty) -> VariableId {
        let Some(frame) = self.frames.last_mut() else {
            return VariableId(0);
        };
        frame.extra.push(Variable::new(String::new(), ty, false));
        frame.slots.push(value);
        VariableId(frame.slots.len() - 1)
    }

    pub(super) fn slot(&self, id: VariableId) -> Value {
        self.frames
            .last()
            .and_then(|frame| frame.slots.get(id.0))
            .cloned()
            .unwrap_or(Value::Nothing)
    }

    pub(super) fn set_slot(&mut self, id: VariableId, value: Value) {
        if let Some(slot) = self
            .frames
            .last_mut()
            .and_then(|frame| frame.slots.get_mut(id.0))
        {
            *slot = value;
        }
    }
}

fn each_local(value: &Value, f: &mut dyn FnMut(ir::LocalId)) {
    match value {
        Value::Word(ir::Expr::Local(local)) => f(*local),
        Value::Slice(slice) => {
            for part in [&slice.array, &slice.offset, &slice.length] {
                if let ir::Expr::Local(local) = part {
                    f(*local);
                }
            }
        }
        Value::Parts(parts) => parts.iter().for_each(|part| each_local(part, f)),
        _ => {}
    }
}
