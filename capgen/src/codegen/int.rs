//! The card's own `int`: two words of the frame and of the stack, and instructions of its own.

use super::emit::Emitter;
use super::interval::Interval;
use super::item::{Item, Label};
use super::value::Form;
use crate::ir::{BinaryOp, CompareOp, Expr, LocalId, Type, UnaryOp};
use cap_file::{Opcode, Operands};

impl Item {
    /// The shortest instruction that pushes an `int`.
    #[must_use]
    pub fn push_int(value: i32) -> Self {
        match value {
            -1 => Item::op(Opcode::IconstM1),
            0 => Item::op(Opcode::Iconst0),
            1 => Item::op(Opcode::Iconst1),
            2 => Item::op(Opcode::Iconst2),
            3 => Item::op(Opcode::Iconst3),
            4 => Item::op(Opcode::Iconst4),
            5 => Item::op(Opcode::Iconst5),
            -128..=127 => Item::Plain(Opcode::Bipush, Operands::Immediate(value)),
            -32768..=32767 => Item::Plain(Opcode::Sipush, Operands::Immediate(value)),
            _ => Item::Plain(Opcode::Iipush, Operands::Immediate(value)),
        }
    }
}

impl Emitter<'_> {
    /// `-x` or `!x` of the `int` on the stack.
    pub(super) fn int_unary(&mut self, op: UnaryOp) {
        match op {
            UnaryOp::Neg => self.op(Opcode::Ineg),
            UnaryOp::Not => {
                self.op(Opcode::IconstM1);
                self.op(Opcode::Ixor);
            }
        }
    }

    /// The conversion of the value that was just emitted, where one side is an `int`; the other side's word gets the
    /// form `form`.
    pub(super) fn int_conversion(&mut self, from: &Type, to: &Type, value: &Expr, form: Form) {
        match (from, to) {
            (Type::Int, Type::Int) => {}
            (Type::Int, _) => self.op(if form == Form::SignExtended {
                Opcode::I2b
            } else {
                Opcode::I2s
            }),
            (_, Type::Int) => {
                let fits =
                    *from != Type::U16 || self.ranges.range(value).within(Interval::NON_NEGATIVE);
                if fits && *from == Type::U16 {
                    self.claim(Interval::NON_NEGATIVE);
                }
                self.op(Opcode::S2i);
                if !fits {
                    self.items.push(Item::push_int(0xFFFF));
                    self.op(Opcode::Iand);
                }
            }
            _ => {}
        }
    }

    /// Jumps if the comparison of two `int`s holds.
    pub(super) fn jump_if_int(
        &mut self,
        op: CompareOp,
        left: &Expr,
        right: &Expr,
        target: Label,
    ) -> super::Result {
        self.value(left, Form::Exact)?;
        self.value(right, Form::Exact)?;
        self.op(Opcode::Icmp);
        let branch = super::condition::zero_branch(op);
        self.items.push(Item::Branch(branch, target));
        Ok(())
    }

    /// The constant that `local = value` adds to an `int`, if that is all it does.
    pub(super) fn int_increment(&self, local: LocalId, value: &Expr) -> Option<i16> {
        use BinaryOp::{Add, Sub, WrappingAdd, WrappingSub};
        let Expr::Binary(op, Type::Int, left, right) = value else {
            return None;
        };
        let this = Expr::Local(local);
        let step = match (op, &**left, &**right) {
            (Add | WrappingAdd, left, Expr::Const(_, step)) if *left == this => *step,
            (Add | WrappingAdd, Expr::Const(_, step), right) if *right == this => *step,
            (Sub | WrappingSub, left, Expr::Const(_, step)) if *left == this => {
                step.checked_neg()?
            }
            _ => return None,
        };
        i16::try_from(step).ok().filter(|step| *step != 0)
    }
}

/// The instruction of an operation on two `int`s.
pub(super) const fn int_opcode(op: BinaryOp) -> Opcode {
    match op {
        BinaryOp::Add | BinaryOp::WrappingAdd => Opcode::Iadd,
        BinaryOp::Sub | BinaryOp::WrappingSub => Opcode::Isub,
        BinaryOp::Mul | BinaryOp::WrappingMul => Opcode::Imul,
        BinaryOp::Div => Opcode::Idiv,
        BinaryOp::Rem => Opcode::Irem,
        BinaryOp::And => Opcode::Iand,
        BinaryOp::Or => Opcode::Ior,
        BinaryOp::Xor => Opcode::Ixor,
        BinaryOp::Shl => Opcode::Ishl,
        BinaryOp::Shr => Opcode::Ishr,
        BinaryOp::ShrUnsigned => Opcode::Iushr,
    }
}
