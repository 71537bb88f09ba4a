//! Conditions, matches and loops.

use super::builder::{Builder, LoopTarget};
use super::pattern::constants;
use super::value::Value;
use crate::diagnostic::Span;
use crate::front::resolve::Checked;
use crate::front::tree::{Arm, Expr, Kind, LoopId, Pattern, VariableId};
use crate::front::ty::Ty;
use crate::ir::{self, BinaryOp, BlockId, CompareOp, Type, UnaryOp};

impl Builder<'_, '_> {
    /// Goes to `then` if `expr` is true, else to `other`.
    fn branch(&mut self, expr: &Expr, then: BlockId, other: BlockId) -> Checked<()> {
        match &expr.kind {
            Kind::And(a, b) => {
                let next = self.block();
                self.branch(a, next, other)?;
                self.switch_to(next);
                self.branch(b, then, other)
            }
            Kind::Or(a, b) => {
                let next = self.block();
                self.branch(a, then, next)?;
                self.switch_to(next);
                self.branch(b, then, other)
            }
            Kind::Let(pattern, value) => {
                let lowered = self.value(value)?;
                let lowered = self.fix(lowered);
                self.test(pattern, lowered, &value.ty, then, other, value.span)
            }
            Kind::Unary(UnaryOp::Not, inner) => self.branch(inner, other, then),
            Kind::Compare(op, a, b) if let Some(signed) = self.wide(&a.ty) => {
                let mut values = self.operands([&**a, &**b])?.into_iter();
                let mut next = || values.next().unwrap_or(Value::Never);
                let pair = (next(), next());
                self.locate(expr.span);
                self.wide_branch(*op, signed, pair, (then, other), expr.span)
            }
            Kind::Compare(op, a, b) if self.is_loose(a) || self.is_loose(b) => {
                self.compare_sizes(*op, a, b, (then, other))
            }
            Kind::Int(value) => {
                self.end(ir::Terminator::Goto(if *value == 0 { other } else { then }));
                Ok(())
            }
            _ => {
                let condition = self.scalar(expr)?;
                self.locate(expr.span);
                self.end(ir::Terminator::If(condition, then, other));
                Ok(())
            }
        }
    }

    /// A condition as a value.
    pub(super) fn truth(&mut self, expr: &Expr) -> Checked<Value> {
        let slot = self.local("", Type::Bool, true);
        let (yes, no, after) = (self.block(), self.block(), self.block());
        self.branch(expr, yes, no)?;
        for (block, value) in [(yes, 1), (no, 0)] {
            self.switch_to(block);
            self.emit(ir::Statement::Set(slot, ir::Expr::Const(Type::Bool, value)));
            self.end(ir::Terminator::Goto(after));
        }
        self.switch_to(after);
        Ok(Value::Word(ir::Expr::Local(slot)))
    }

    pub(super) fn if_(
        &mut self,
        condition: &Expr,
        then: &Expr,
        other: Option<&Expr>,
        expr: &Expr,
    ) -> Checked<Value> {
        let slot = self.fresh("", &expr.ty, true, expr.span)?;
        let (yes, after) = (self.block(), self.block());
        let no = if other.is_some() { self.block() } else { after };
        self.branch(condition, yes, no)?;
        self.switch_to(yes);
        self.alternative(then, &slot, after)?;
        if let Some(other) = other {
            self.switch_to(no);
            self.alternative(other, &slot, after)?;
        }
        self.switch_to(after);
        Ok(if expr.ty == Ty::Never {
            Value::Never
        } else {
            slot
        })
    }

    /// One way through a branch: its value goes into `slot`.
    fn alternative(&mut self, expr: &Expr, slot: &Value, after: BlockId) -> Checked<()> {
        let value = self.value(expr)?;
        self.store(slot, value, expr.span)?;
        self.end(ir::Terminator::Goto(after));
        Ok(())
    }

    pub(super) fn match_(&mut self, scrutinee: &Expr, arms: &[Arm], expr: &Expr) -> Checked<Value> {
        let slot = self.fresh("", &expr.ty, true, expr.span)?;
        let value = self.value(scrutinee)?;
        let after = self.block();
        // The first arms that only name constants become one multi-way branch.
        let leading = arms
            .iter()
            .take_while(|arm| arm.guard.is_none() && constants(&arm.pattern).is_some())
            .count();
        let many = arms
            .iter()
            .take(leading)
            .filter_map(|arm| constants(&arm.pattern))
            .flatten()
            .count()
            >= 3;
        let is_word = matches!(value, Value::Word(_));
        let rest = if many && is_word {
            let ty = self.ty(&scrutinee.ty, scrutinee.span)?;
            // Only where other arms come behind is the value needed again.
            let reused = arms[leading..]
                .iter()
                .any(|arm| !matches!(arm.pattern, Pattern::Wild));
            let value = if reused { self.fix(value) } else { value };
            let word = self.word(value.clone(), &ty, scrutinee.span)?;
            let default = self.block();
            let mut cases: Vec<(i32, BlockId)> = Vec::new();
            let mut bodies = Vec::new();
            for arm in &arms[..leading] {
                let block = self.block();
                for constant in constants(&arm.pattern).unwrap_or_default() {
                    let constant = super::int::bits(constant);
                    if cases.iter().all(|(known, _)| *known != constant) {
                        cases.push((constant, block));
                    }
                }
                bodies.push((block, arm));
            }
            self.locate(scrutinee.span);
            self.end(ir::Terminator::Switch(word, cases, default));
            for (block, arm) in bodies {
                self.switch_to(block);
                self.alternative(&arm.body, &slot, after)?;
            }
            self.switch_to(default);
            // What is not needed again must not be evaluated again.
            let value = if reused { value } else { Value::Nothing };
            (arms.len() > leading).then(|| (&arms[leading..], value))
        } else {
            Some((arms, self.fix(value)))
        };
        if let Some((arms, value)) = rest {
            for arm in arms {
                let (body, next) = (self.block(), self.block());
                self.test(
                    &arm.pattern,
                    value.clone(),
                    &scrutinee.ty,
                    body,
                    next,
                    scrutinee.span,
                )?;
                self.switch_to(body);
                if let Some(guard) = &arm.guard {
                    let fine = self.block();
                    self.branch(guard, fine, next)?;
                    self.switch_to(fine);
                }
                self.alternative(&arm.body, &slot, after)?;
                self.switch_to(next);
            }
        }
        // rustc has seen to it that one arm fits.
        self.end(ir::Terminator::Unreachable);
        self.switch_to(after);
        Ok(if expr.ty == Ty::Never {
            Value::Never
        } else {
            slot
        })
    }

    fn enter(&mut self, id: LoopId, leave: BlockId, again: BlockId, value: Value) {
        if let Some(frame) = self.frames.last_mut() {
            frame.loops.push(LoopTarget {
                id,
                leave,
                again,
                value,
            });
        }
    }

    fn exit(&mut self) {
        if let Some(frame) = self.frames.last_mut() {
            frame.loops.pop();
        }
    }

    pub(super) fn loop_(&mut self, id: LoopId, body: &Expr, expr: &Expr) -> Checked<Value> {
        let slot = self.fresh("", &expr.ty, true, expr.span)?;
        let (head, after) = (self.block(), self.block());
        self.end(ir::Terminator::Goto(head));
        self.switch_to(head);
        self.enter(id, after, head, slot.clone());
        let value = self.value(body)?;
        self.discard(value);
        self.exit();
        self.end(ir::Terminator::Goto(head));
        self.switch_to(after);
        Ok(if expr.ty == Ty::Never {
            Value::Never
        } else {
            slot
        })
    }

    pub(super) fn while_(&mut self, id: LoopId, condition: &Expr, body: &Expr) -> Checked<Value> {
        let (head, inside, after) = (self.block(), self.block(), self.block());
        self.end(ir::Terminator::Goto(head));
        self.switch_to(head);
        self.branch(condition, inside, after)?;
        self.switch_to(inside);
        self.enter(id, after, head, Value::Nothing);
        let value = self.value(body)?;
        self.discard(value);
        self.exit();
        self.end(ir::Terminator::Goto(head));
        self.switch_to(after);
        Ok(Value::Nothing)
    }

    pub(super) fn for_(
        &mut self,
        id: LoopId,
        variable: VariableId,
        from: &Expr,
        to: &Expr,
        inclusive: bool,
        body: &Expr,
    ) -> Checked<Value> {
        let (ty, span) = (&from.ty, from.span);
        let mut values = self.operands([from, to])?.into_iter();
        let (start, end) = (values.next(), values.next());
        let start = self.fix(start.unwrap_or(Value::Never));
        let end = self.fix(end.unwrap_or(Value::Never));
        let name = self
            .frames
            .last()
            .map(|frame| frame.body.variables[variable.0].name.clone())
            .unwrap_or_default();
        let counter = self.fresh(&name, ty, false, span)?;
        self.store(&counter, start, span)?;
        let (head, inside, step, after) = (self.block(), self.block(), self.block(), self.block());
        self.end(ir::Terminator::Goto(head));
        self.switch_to(head);
        let op = if inclusive {
            CompareOp::Le
        } else {
            CompareOp::Lt
        };
        let pair = (counter.clone(), end.clone());
        self.compare_values(op, ty, pair, (inside, after), span)?;
        self.switch_to(inside);
        // The body cannot change the counter.
        self.set_slot(variable, counter.clone());
        self.enter(id, after, step, Value::Nothing);
        let value = self.value(body)?;
        self.discard(value);
        self.exit();
        self.end(ir::Terminator::Goto(step));
        self.switch_to(step);
        if inclusive {
            // The last value may be the type's greatest: no step past it.
            let next = self.block();
            let pair = (counter.clone(), end);
            self.compare_values(CompareOp::Eq, ty, pair, (after, next), span)?;
            self.switch_to(next);
        }
        // The counter is below the end, so that the sum is in the range of its type.
        let next = if self.wide(ty).is_some() {
            let one = self.wide_constant(1);
            self.binary(BinaryOp::Add, (counter.clone(), ty), (one, ty), span)?
        } else {
            let ty = self.ty(ty, span)?;
            let one = ir::Expr::Const(ty.clone(), 1);
            let word = self.word(counter.clone(), &ty, span)?;
            Value::Word(super::expr::binary(BinaryOp::Add, ty, word, one))
        };
        self.store(&counter, next, span)?;
        self.end(ir::Terminator::Goto(head));
        self.switch_to(after);
        Ok(Value::Nothing)
    }

    pub(super) fn break_(
        &mut self,
        id: LoopId,
        value: Option<&Expr>,
        span: Span,
    ) -> Checked<Value> {
        self.escaped |= value.is_some_and(|value| super::memory::holds_memory(&value.ty));
        let value = value.map_or(Ok(Value::Nothing), |value| self.value(value))?;
        let target = self
            .frames
            .last()
            .and_then(|frame| frame.loops.iter().find(|target| target.id == id))
            .map(|t| (t.leave, t.value.clone()));
        if let Some((leave, slot)) = target {
            self.store(&slot, value, span)?;
            self.end(ir::Terminator::Goto(leave));
        }
        Ok(Value::Never)
    }

    pub(super) fn continue_(&mut self, id: LoopId) -> Checked<Value> {
        let target = self
            .frames
            .last()
            .and_then(|frame| frame.loops.iter().find(|target| target.id == id))
            .map(|t| t.again);
        if let Some(again) = target {
            self.end(ir::Terminator::Goto(again));
        }
        Ok(Value::Never)
    }
}
