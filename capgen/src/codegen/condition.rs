//! Conditions: comparisons as branches.

use super::emit::{Emitter, WORD};
use super::interval::Interval;
use super::item::{Item, Label};
use super::value::{Form, low_byte, word};
use crate::ir::{BinaryOp, BlockId, CompareOp, Expr, Type, UnaryOp};
use cap_file::Opcode;

impl Emitter<'_> {
    /// Goes to `yes` if the condition holds, else to `no`; falls through to `next` where it can.
    pub(super) fn branch(
        &mut self,
        condition: &Expr,
        yes: BlockId,
        no: BlockId,
        next: Option<BlockId>,
    ) -> super::Result {
        if next == Some(yes) {
            return self.jump_if(condition, false, Label(no.0));
        }
        self.jump_if(condition, true, Label(yes.0))?;
        self.goto(no, next);
        Ok(())
    }

    /// Leaves the truth of a comparison on the stack.
    pub(super) fn materialise(&mut self, condition: &Expr) -> super::Result {
        let (holds, end) = (self.new_label(), self.new_label());
        self.jump_if(condition, true, holds)?;
        self.op(Opcode::Sconst0);
        self.items.push(Item::Branch(Opcode::Goto, end));
        self.items.push(Item::Label(holds));
        self.op(Opcode::Sconst1);
        self.items.push(Item::Label(end));
        Ok(())
    }

    /// Jumps if the condition's value is `sense`, else goes on.
    pub(super) fn jump_if(
        &mut self,
        condition: &Expr,
        sense: bool,
        target: Label,
    ) -> super::Result {
        match condition {
            Expr::Const(_, value) => {
                if (*value != 0) == sense {
                    self.items.push(Item::Branch(Opcode::Goto, target));
                }
                Ok(())
            }
            Expr::Unary(UnaryOp::Not, Type::Bool, operand) => self.jump_if(operand, !sense, target),
            Expr::Compare(op, ty, left, right) => {
                let op = if sense { *op } else { op.negated() };
                if matches!(**left, Expr::Const(..) | Expr::Null(_)) {
                    self.jump_if_compare(op.swapped(), ty, right, left, target)
                } else {
                    self.jump_if_compare(op, ty, left, right, target)
                }
            }
            other => {
                self.value(other, Form::Exact)?;
                let opcode = if sense { Opcode::Ifne } else { Opcode::Ifeq };
                self.items.push(Item::Branch(opcode, target));
                Ok(())
            }
        }
    }

    fn jump_if_compare(
        &mut self,
        op: CompareOp,
        ty: &Type,
        left: &Expr,
        right: &Expr,
        target: Label,
    ) -> super::Result {
        if ty.is_reference() {
            return self.jump_if_same(op, left, right, target);
        }
        if *ty == Type::Int {
            return self.jump_if_int(op, left, right, target);
        }
        if let Expr::Const(_, constant) = right {
            return self.jump_if_constant(op, ty, left, *constant, target);
        }
        let (left_range, right_range) = (self.ranges.range(left), self.ranges.range(right));
        if matches!(op, CompareOp::Eq | CompareOp::Ne) {
            let form = self.equality_form(&[left, right]);
            self.value(left, form)?;
            self.value(right, form)?;
        } else if *ty == Type::U8
            && [left, right]
                .iter()
                .map(|value| self.cost(value, Form::SignExtended) + self.byte_bias())
                .sum::<u32>()
                < [left, right]
                    .iter()
                    .map(|value| self.cost(value, Form::Exact))
                    .sum::<u32>()
        {
            for operand in [left, right] {
                self.value(operand, Form::SignExtended)?;
                self.bias_byte();
            }
        } else if ordered_as_words(ty, left_range) && ordered_as_words(ty, right_range) {
            for operand in [left, right] {
                self.value(operand, Form::Exact)?;
                self.claim_order(ty);
            }
        } else {
            for operand in [left, right] {
                self.value(operand, Form::Exact)?;
                self.bias();
            }
        }
        self.items.push(Item::Branch(two_word_branch(op), target));
        Ok(())
    }

    /// An unsigned word is taken not to look negative.
    fn claim_order(&mut self, ty: &Type) {
        if *ty == Type::U16 {
            self.claim(Interval::NON_NEGATIVE);
        }
    }

    /// Moves the order of unsigned words to that of signed words.
    fn bias(&mut self) {
        self.items
            .extend([Item::push(i16::MIN), Item::op(Opcode::Sxor)]);
    }

    /// Moves the order of bytes as they are loaded to that of the unsigned bytes that they are.
    fn bias_byte(&mut self) {
        self.items
            .extend([Item::push(i8::MIN.into()), Item::op(Opcode::Sxor)]);
    }

    /// The cheaper form in which values are equal exactly if their words are.
    fn equality_form(&self, values: &[&Expr]) -> Form {
        let all = values
            .iter()
            .map(|value| self.ranges.range(value))
            .reduce(Interval::join);
        let is_byte = all
            .is_some_and(|all| all.within(Interval::UNSIGNED_BYTE) || all.within(Interval::BYTE));
        let cost = |form| {
            values
                .iter()
                .map(|value| self.cost(value, form))
                .sum::<u32>()
        };
        if is_byte && cost(Form::SignExtended) < cost(Form::Exact) {
            Form::SignExtended
        } else {
            Form::Exact
        }
    }

    fn jump_if_constant(
        &mut self,
        op: CompareOp,
        ty: &Type,
        left: &Expr,
        constant: i32,
        target: Label,
    ) -> super::Result {
        let range = self.ranges.range(left);
        let asked = (op, constant);
        let (op, constant) = cheaper(op, constant, range);
        // The other question is the same only within the range.
        let claimed = if asked == (op, constant) { WORD } else { range };
        if let (Type::U16, CompareOp::Ge, 0x8000) | (Type::U16, CompareOp::Lt, 0x8000) =
            (ty, op, constant)
        {
            self.value(left, Form::Exact)?;
            let opcode = if op == CompareOp::Ge {
                Opcode::Iflt
            } else {
                Opcode::Ifge
            };
            self.items.push(Item::Branch(opcode, target));
            return Ok(());
        }
        if self.jump_if_sign_bit(op, left, constant, target)? {
            return Ok(());
        }
        if matches!(op, CompareOp::Eq | CompareOp::Ne) {
            let constant = Expr::Const(ty.clone(), constant);
            let form = if constant == Expr::Const(ty.clone(), 0)
                && !matches!(left, Expr::Binary(BinaryOp::And, ..))
            {
                self.zero_form(left, range)
            } else {
                self.equality_form(&[left, &constant])
            };
            self.value(left, form)?;
            if form == Form::Exact {
                self.claim(claimed);
            }
            if constant == Expr::Const(ty.clone(), 0) {
                self.items.push(Item::Branch(zero_branch(op), target));
            } else {
                self.value(&constant, form)?;
                self.items.push(Item::Branch(two_word_branch(op), target));
            }
            return Ok(());
        }
        let biased = low_byte(constant ^ 0x80);
        let word_weight = |word: i16| {
            if word == 0 { 0 } else { self.weight.push(word) }
        };
        if *ty == Type::U8
            && self.cost(left, Form::SignExtended) + self.byte_bias() + self.weight.push(biased)
                < self.cost(left, Form::Exact) + word_weight(word(constant))
        {
            self.value(left, Form::SignExtended)?;
            self.bias_byte();
            self.items.push(Item::push(biased));
            self.items.push(Item::Branch(two_word_branch(op), target));
            return Ok(());
        }
        self.value(left, Form::Exact)?;
        if !ordered_as_words(ty, range) || constant > WORD.high {
            self.bias();
            self.items.push(Item::push(word(constant ^ 0x8000)));
            self.items.push(Item::Branch(two_word_branch(op), target));
        } else if constant == 0 {
            self.claim_order(ty);
            self.items.push(Item::Branch(zero_branch(op), target));
        } else {
            self.claim_order(ty);
            self.items.push(Item::push(word(constant)));
            self.items.push(Item::Branch(two_word_branch(op), target));
        }
        Ok(())
    }

    /// The weight of [`Emitter::bias_byte`].
    fn byte_bias(&self) -> u32 {
        self.weight.push(-128) + self.weight.op(Opcode::Sxor)
    }

    /// The cheaper form of a value that is compared with zero.
    fn zero_form(&self, value: &Expr, range: Interval) -> Form {
        let is_byte = range.within(Interval::UNSIGNED_BYTE) || range.within(Interval::BYTE);
        let cheaper = self.cost(value, Form::SignExtended) < self.cost(value, Form::Exact);
        if is_byte && cheaper {
            Form::SignExtended
        } else {
            Form::Exact
        }
    }

    /// The high bit of a byte is the sign of the word that loading it gives:
    /// `x < 0x80`, `x & 0x80 != 0`. Whether that was the case and is done.
    fn jump_if_sign_bit(
        &mut self,
        op: CompareOp,
        left: &Expr,
        constant: i32,
        target: Label,
    ) -> Result<bool, super::BackendError> {
        let range = self.ranges.range(left);
        let (value, negative) = match (op, constant, left) {
            (CompareOp::Ge, 0x80, _) | (CompareOp::Gt, 0x7f, _) => (left, true),
            (CompareOp::Lt, 0x80, _) | (CompareOp::Le, 0x7f, _) => (left, false),
            (CompareOp::Eq | CompareOp::Ne, 0, Expr::Binary(BinaryOp::And, _, value, mask))
                if matches!(**mask, Expr::Const(_, 0x80)) =>
            {
                (&**value, op == CompareOp::Ne)
            }
            _ => return Ok(false),
        };
        let masked = !std::ptr::eq(value, left);
        // The other way pushes a constant of two bytes, or masks with one of four.
        let saves = self.cost(value, Form::SignExtended)
            <= self.cost(value, Form::Exact) + self.weight.push(0x7f);
        if !(masked || saves && range.within(Interval::UNSIGNED_BYTE)) {
            return Ok(false);
        }
        self.value(value, Form::SignExtended)?;
        let opcode = if negative { Opcode::Iflt } else { Opcode::Ifge };
        self.items.push(Item::Branch(opcode, target));
        Ok(true)
    }

    fn jump_if_same(
        &mut self,
        op: CompareOp,
        left: &Expr,
        right: &Expr,
        target: Label,
    ) -> super::Result {
        self.value(left, Form::Exact)?;
        let opcode = match (op, right) {
            (CompareOp::Eq, Expr::Null(_)) => Opcode::Ifnull,
            (CompareOp::Ne, Expr::Null(_)) => Opcode::Ifnonnull,
            (CompareOp::Eq, _) => Opcode::IfAcmpeq,
            (CompareOp::Ne, _) => Opcode::IfAcmpne,
            _ => return Err(self.unsupported(format!("{op:?} of references"))),
        };
        if !matches!(right, Expr::Null(_)) {
            self.value(right, Form::Exact)?;
        }
        self.items.push(Item::Branch(opcode, target));
        Ok(())
    }
}

/// Whether values of this type and range compare as their signed words do.
fn ordered_as_words(ty: &Type, range: Interval) -> bool {
    *ty != Type::U16 || range.within(Interval::NON_NEGATIVE)
}

/// An equivalent comparison whose constant is shorter to push.
fn cheaper(op: CompareOp, constant: i32, range: Interval) -> (CompareOp, i32) {
    // At the edge of the range an order is an equality, which is cheaper for unsigned words.
    match op {
        CompareOp::Gt if constant == range.low => return (CompareOp::Ne, constant),
        CompareOp::Ge if constant == range.low + 1 => return (CompareOp::Ne, range.low),
        CompareOp::Lt if constant == range.low + 1 => return (CompareOp::Eq, range.low),
        CompareOp::Le if constant == range.low => return (CompareOp::Eq, constant),
        // One of two values is not the other.
        CompareOp::Eq | CompareOp::Ne if constant == range.low + 1 && constant == range.high => {
            return (op.negated(), range.low);
        }
        _ => {}
    }
    let (other, moved) = match op {
        CompareOp::Lt => (CompareOp::Le, constant - 1),
        CompareOp::Ge => (CompareOp::Gt, constant - 1),
        CompareOp::Le => (CompareOp::Lt, constant + 1),
        CompareOp::Gt => (CompareOp::Ge, constant + 1),
        same => return (same, constant),
    };
    let size = |constant: i32| {
        if constant == 0 {
            0
        } else {
            Item::push_size(word(constant))
        }
    };
    let representable = moved >= range.low && moved <= range.high;
    if representable && size(moved) < size(constant) {
        (other, moved)
    } else {
        (op, constant)
    }
}

const fn two_word_branch(op: CompareOp) -> Opcode {
    match op {
        CompareOp::Eq => Opcode::IfScmpeq,
        CompareOp::Ne => Opcode::IfScmpne,
        CompareOp::Lt => Opcode::IfScmplt,
        CompareOp::Le => Opcode::IfScmple,
        CompareOp::Gt => Opcode::IfScmpgt,
        CompareOp::Ge => Opcode::IfScmpge,
    }
}

pub(super) const fn zero_branch(op: CompareOp) -> Opcode {
    match op {
        CompareOp::Eq => Opcode::Ifeq,
        CompareOp::Ne => Opcode::Ifne,
        CompareOp::Lt => Opcode::Iflt,
        CompareOp::Le => Opcode::Ifle,
        CompareOp::Gt => Opcode::Ifgt,
        CompareOp::Ge => Opcode::Ifge,
    }
}
