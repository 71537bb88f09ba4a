//! How values lie in stack words, and what it costs to have them there in another form.
//!
//! A word always agrees with its value in the low bits that the form promises. Loading a byte from
//! memory extends its sign, so a `u8` arrives as [`Form::SignExtended`]; where only the low byte
//! counts, or where both sides of an equality are in that form, no mask is needed.

use super::emit::{Emitter, conditional_step};
use super::interval::{Interval, is_length, unwrapped};
use super::item::Item;
use super::legalize::needed_helper;
use super::weight::Weight;
use crate::ir::{BinaryOp, Callee, Element, Expr, Type, UnaryOp};
use cap_file::Opcode;

/// How a word stands for a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// The word's 16 bits are those of the value: a `u8` is zero-extended.
    Exact,
    /// The word is the low byte of the value with its sign extended.
    SignExtended,
    /// The word's low byte is that of the value; the high byte is anything.
    LowByte,
}

impl Form {
    const ALL: [Form; 3] = [Form::Exact, Form::SignExtended, Form::LowByte];
}

/// What turns one form into another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Repair {
    Nothing,
    /// `s2b`
    SignExtend,
    /// `sspush 255; sand`
    Mask,
}

impl Repair {
    fn weight(self, weight: Weight) -> u32 {
        match self {
            Repair::Nothing => 0,
            Repair::SignExtend => weight.op(Opcode::S2b),
            Repair::Mask => weight.push(255) + weight.op(Opcode::Sand),
        }
    }
}

/// What makes a word of form `have` one of form `want`, for a value in `range`.
fn repair(have: Form, want: Form, range: Interval) -> Option<Repair> {
    match (have, want) {
        (Form::Exact, Form::Exact)
        | (Form::SignExtended, Form::SignExtended)
        | (_, Form::LowByte) => Some(Repair::Nothing),
        (Form::Exact, Form::SignExtended) if range.within(Interval::BYTE) => Some(Repair::Nothing),
        (Form::SignExtended, Form::Exact) if range.within(Interval::BYTE) => Some(Repair::Nothing),
        (_, Form::SignExtended) => Some(Repair::SignExtend),
        (_, Form::Exact) if range.within(Interval::BYTE) => Some(Repair::SignExtend),
        (_, Form::Exact) if range.within(Interval::UNSIGNED_BYTE) => Some(Repair::Mask),
        (_, Form::Exact) => None,
    }
}

/// One way to compile an operation of one or two operands: their forms, and the form of the result.
#[derive(Clone, Copy, Debug)]
struct Way {
    operands: [Form; 2],
    result: Form,
    /// Bytes without operands and mask: all ways of an operation have the same instruction.
    size: u32,
    /// A constant to `sand` with, after the operation.
    mask: Option<i16>,
}

impl Way {
    const fn new(operands: [Form; 2], result: Form, size: u32) -> Self {
        Self {
            operands,
            result,
            size,
            mask: None,
        }
    }

    fn same(form: Form, size: u32) -> Self {
        Self::new([form, form], form, size)
    }

    fn masked(self, mask: i16) -> Self {
        Self {
            mask: Some(mask),
            ..self
        }
    }

    /// Without the operands.
    fn weight(self, weight: Weight) -> u32 {
        let mask = self
            .mask
            .map_or(0, |mask| weight.push(mask) + weight.op(Opcode::Sand));
        self.size + mask
    }
}

/// The word that holds a value of a scalar type.
pub(super) fn word(value: i32) -> i16 {
    let [_, _, high, low] = value.to_be_bytes();
    i16::from_be_bytes([high, low])
}

/// The low byte with its sign.
pub(super) fn low_byte(value: i32) -> i16 {
    let [_, _, _, low] = value.to_be_bytes();
    i16::from(i8::from_be_bytes([low]))
}

impl Emitter<'_> {
    /// The weight of code that leaves the value in each of [`Form::ALL`].
    fn costs(&self, expr: &Expr) -> [u32; 3] {
        if let Expr::Const(Type::Int, value) = expr {
            return [self.weight.push_int(*value); 3];
        }
        if let Expr::Const(_, value) = expr {
            return Form::ALL.map(|form| self.weight.push(constant(*value, form, self.weight)));
        }
        let operands: Vec<[u32; 3]> = match expr {
            Expr::Call(..) | Expr::Compare(..) => Vec::new(),
            _ => expr.operands().map(|operand| self.costs(operand)).collect(),
        };
        let range = self.ranges.range(expr);
        let ways = self.ways(expr);
        Form::ALL.map(|want| {
            let cost = |way: &Way| {
                let operands: u32 = operands
                    .iter()
                    .zip(way.operands)
                    .map(|(costs, form)| pick(*costs, form))
                    .sum();
                let repair = repair(way.result, want, range)?;
                Some(operands + way.weight(self.weight) + repair.weight(self.weight))
            };
            ways.iter().filter_map(cost).min().unwrap_or(IMPOSSIBLE)
        })
    }

    /// The weight of code that leaves the value in this form.
    pub(super) fn cost(&self, expr: &Expr, form: Form) -> u32 {
        pick(self.costs(expr), form)
    }

    /// Emits code that leaves the value on the stack in the wanted form.
    pub(super) fn value(&mut self, expr: &Expr, want: Form) -> super::Result {
        match self.questions.and_then(|asked| asked.of_value(expr)) {
            None => self.value_as(expr, want),
            Some(number) => {
                self.value_as(expr, Form::Exact)?;
                self.items.push(Item::Ask(number));
                if want == Form::SignExtended {
                    self.op(Opcode::S2b);
                }
                Ok(())
            }
        }
    }

    fn value_as(&mut self, expr: &Expr, want: Form) -> super::Result {
        if let Expr::Const(Type::Int, value) = expr {
            self.items.push(Item::push_int(*value));
            return Ok(());
        }
        if let Expr::Const(_, value) = expr {
            self.items
                .push(Item::push(constant(*value, want, self.weight)));
            return Ok(());
        }
        if want != Form::SignExtended
            && let Some((step, left, condition)) = conditional_step(expr)
        {
            return self.step_if(expr, step, left, condition);
        }
        let range = self.ranges.range(expr);
        let operands = match expr {
            Expr::Call(..) | Expr::Compare(..) => Vec::new(),
            _ => expr.operands().collect(),
        };
        let costs: Vec<[u32; 3]> = operands.iter().map(|operand| self.costs(operand)).collect();
        let best = self
            .ways(expr)
            .into_iter()
            .filter_map(|way| {
                let repair = repair(way.result, want, range)?;
                let operands: u32 = costs
                    .iter()
                    .zip(way.operands)
                    .map(|(costs, form)| pick(*costs, form))
                    .sum();
                (operands < IMPOSSIBLE).then_some((
                    operands + way.weight(self.weight) + repair.weight(self.weight),
                    way,
                    repair,
                ))
            })
            .min_by_key(|(cost, _, _)| *cost);
        let Some((_, way, repair)) = best else {
            return Err(self.unsupported(format!("{expr:?} as {want:?}")));
        };
        for (index, (operand, form)) in operands.into_iter().zip(way.operands).enumerate() {
            self.value(operand, form)?;
            if !self.is_helped(expr) {
                self.claim_operand(expr, way, index);
            }
        }
        if let Expr::Cast { from, to, value } = expr {
            self.int_conversion(from, to, value, way.result);
        }
        self.operation(expr)?;
        self.claim_result(expr, way);
        if let Some(mask) = way.mask {
            self.items
                .extend([Item::push(mask), Item::op(Opcode::Sand)]);
        }
        match repair {
            // A byte in either form, or the high byte does not count.
            Repair::Nothing if way.result != want && want != Form::LowByte => {
                self.claim(Interval::BYTE);
            }
            Repair::Nothing => {}
            Repair::SignExtend => self.items.push(Item::op(Opcode::S2b)),
            Repair::Mask => self.items.extend([Item::push(255), Item::op(Opcode::Sand)]),
        }
        Ok(())
    }

    /// `left ± (condition as …)`: jumps over the step instead of making a number of the condition.
    fn step_if(&mut self, expr: &Expr, step: i16, left: &Expr, condition: &Expr) -> super::Result {
        let rest = self.new_label();
        self.value(left, Form::Exact)?;
        self.jump_if(condition, false, rest)?;
        self.op(Opcode::Sconst1);
        self.op(if step > 0 { Opcode::Sadd } else { Opcode::Ssub });
        if let Expr::Binary(op, ty, left, right) = expr
            && let Some(promise) = self.kept_promise(*op, ty, left, right)
        {
            self.promise(promise);
        }
        self.items.push(Item::Label(rest));
        Ok(())
    }

    /// Whether the code is made to be asked, before [`super::legalize`], and an operation becomes a call.
    pub(super) fn is_helped(&self, expr: &Expr) -> bool {
        self.questions.is_some() && needed_helper(expr, &self.ranges).is_some()
    }

    /// What an operation takes an operand for that was just emitted.
    fn claim_operand(&mut self, expr: &Expr, way: Way, index: usize) {
        let Expr::Binary(op, ty, _, right) = expr else {
            return;
        };
        let [first, second] = way.operands;
        let own = if index == 0 { first } else { second };
        let other = if index == 0 { second } else { first };
        match op {
            BinaryOp::Shr
                if index == 0
                    && own == Form::Exact
                    && way.result == Form::Exact
                    && way.mask.is_none()
                    && !ty.is_signed()
                    && !matches!(**right, Expr::Const(_, 0)) =>
            {
                self.claim(Interval::NON_NEGATIVE);
            }
            BinaryOp::Div | BinaryOp::Rem if !ty.is_signed() => {
                self.claim(Interval::NON_NEGATIVE);
            }
            BinaryOp::And
                if way.result == Form::Exact && own == Form::Exact && other == Form::LowByte =>
            {
                self.claim(Interval::UNSIGNED_BYTE);
            }
            _ => {}
        }
    }

    /// What an operation takes its result for, and what the language promises of it.
    fn claim_result(&mut self, expr: &Expr, way: Way) {
        if !self.with_claims || way.result != Form::Exact {
            return;
        }
        match expr {
            Expr::Binary(op, ty, left, right) => {
                if let Some(promise) = self.kept_promise(*op, ty, left, right) {
                    self.promise(promise);
                }
                let may_wrap = matches!(
                    op,
                    BinaryOp::WrappingAdd
                        | BinaryOp::WrappingSub
                        | BinaryOp::WrappingMul
                        | BinaryOp::Shl
                );
                if may_wrap && ty.bits() < 16 {
                    self.claim_type(ty);
                }
            }
            Expr::Unary(UnaryOp::Neg, ty, _) => self.promise(Interval::of_type(ty)),
            Expr::Cast { to, .. } if to.bits() < 16 => self.claim_type(to),
            Expr::Cast {
                from,
                to: Type::Usize,
                value,
            } if from.bits() == 16 => {
                self.promise(if is_length(value) {
                    Interval::LENGTH
                } else {
                    Interval::NON_NEGATIVE
                });
            }
            Expr::Call(_, _, Some(ty)) if !ty.is_reference() => {
                self.promise(Interval::of_type(ty));
            }
            Expr::Field(..) | Expr::Element(Element::Bool, _, _) => {
                if let Some(ty @ (Type::Bool | Type::Usize)) =
                    expr.type_in(self.program, self.function)
                {
                    self.promise(Interval::of_type(&ty));
                }
            }
            _ => {}
        }
    }

    /// The ways to compile an operation.
    fn ways(&self, expr: &Expr) -> Vec<Way> {
        use Form::{Exact, LowByte, SignExtended};
        match expr {
            Expr::Unary(_, Type::Int, _) | Expr::Binary(_, Type::Int, _, _) => {
                vec![Way::same(Exact, 1)]
            }
            Expr::Element(Element::U8, _, _) => vec![Way::new([Exact, Exact], SignExtended, 1)],
            Expr::Field(..) => {
                let is_byte = expr.type_in(self.program, self.function) == Some(Type::U8);
                let result = if is_byte { SignExtended } else { Exact };
                vec![Way::new([Exact, Exact], result, 2)]
            }
            Expr::Call(callee, _, result) => {
                let result = match (callee, result) {
                    (Callee::Api(method), Some(Type::U8)) if method.descriptor.ends_with(")B") => {
                        SignExtended
                    }
                    (Callee::Api(_), Some(Type::U8)) => LowByte,
                    _ => Exact,
                };
                vec![Way::new([Exact, Exact], result, 3)]
            }
            Expr::Unary(UnaryOp::Not, Type::Bool, _) => vec![Way::same(Exact, 2)],
            Expr::Unary(UnaryOp::Not, ty, _) => {
                let mut ways = vec![Way::same(SignExtended, 2), Way::same(LowByte, 2)];
                if *ty != Type::U8 {
                    ways.push(Way::same(Exact, 2));
                }
                ways
            }
            Expr::Unary(UnaryOp::Neg, _, _) => vec![Way::same(Exact, 1), Way::same(LowByte, 1)],
            Expr::Cast {
                to: Type::Int,
                value,
                from,
            } => {
                let is_sign_free =
                    *from != Type::U16 || self.ranges.range(value).within(Interval::NON_NEGATIVE);
                vec![Way::same(Exact, if is_sign_free { 1 } else { 7 })]
            }
            Expr::Cast {
                from: Type::Int,
                to,
                ..
            } => {
                let mut ways = vec![
                    Way::new([Exact, Exact], SignExtended, 1),
                    Way::new([Exact, Exact], LowByte, 1),
                ];
                if to.bits() == 16 {
                    ways.push(Way::same(Exact, 1));
                }
                ways
            }
            Expr::Cast { to, value, .. } => {
                let mut ways = vec![Way::same(SignExtended, 0), Way::same(LowByte, 0)];
                let unchanged = self.ranges.range(value).within(Interval::of_type(to));
                if unchanged || to.bits() == 16 {
                    // The first of equals: it says the least of the value.
                    ways.insert(0, Way::same(Exact, 0));
                }
                ways
            }
            Expr::Binary(..) if self.is_helped(expr) => vec![Way::same(Exact, 3)],
            Expr::Binary(op, ty, left, right) => self.binary_ways(*op, ty, left, right),
            Expr::Local(local) => vec![Way::new([Exact, Exact], self.local_form(*local), 1)],
            _ => vec![Way::same(Exact, 1)],
        }
    }

    fn binary_ways(&self, op: BinaryOp, ty: &Type, left: &Expr, right: &Expr) -> Vec<Way> {
        use Form::{Exact, LowByte};
        let ranges = (self.ranges.range(left), self.ranges.range(right));
        // Whether the operation on exact operands gives an exact word although its type is narrow.
        let fits = ty.bits() == 16
            || unwrapped(op, ranges.0, ranges.1)
                .is_some_and(|result| result.within(Interval::of_type(ty)));
        match op {
            BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul => {
                vec![Way::same(Exact, 1), Way::same(LowByte, 1)]
            }
            BinaryOp::WrappingAdd | BinaryOp::WrappingSub | BinaryOp::WrappingMul => {
                let mut ways = vec![Way::same(LowByte, 1)];
                if fits {
                    ways.push(Way::same(Exact, 1));
                }
                ways
            }
            BinaryOp::Shl => {
                let mut ways = vec![Way::new([LowByte, Exact], LowByte, 1)];
                if fits {
                    ways.push(Way::same(Exact, 1));
                }
                ways
            }
            BinaryOp::And | BinaryOp::Or | BinaryOp::Xor => {
                let mut ways = Form::ALL.map(|form| Way::same(form, 1)).to_vec();
                if op == BinaryOp::And && ranges.1.within(Interval::UNSIGNED_BYTE) {
                    ways.push(Way::new([LowByte, Exact], Exact, 1));
                }
                if op == BinaryOp::And && ranges.0.within(Interval::UNSIGNED_BYTE) {
                    ways.push(Way::new([Exact, LowByte], Exact, 1));
                }
                ways
            }
            BinaryOp::Shr | BinaryOp::ShrUnsigned => shift_right_ways(ty, ranges.0, right),
            BinaryOp::Div | BinaryOp::Rem => {
                let signed = ty.is_signed()
                    || (ranges.0.within(Interval::NON_NEGATIVE)
                        && ranges.1.within(Interval::NON_NEGATIVE));
                if signed {
                    vec![Way::same(Exact, 1)]
                } else {
                    Vec::new()
                }
            }
        }
    }
}

fn shift_right_ways(ty: &Type, left: Interval, right: &Expr) -> Vec<Way> {
    use Form::{Exact, LowByte, SignExtended};
    let plain = Way::same(Exact, 1);
    let distance = match right {
        Expr::Const(_, distance) => u32::try_from(*distance)
            .ok()
            .filter(|distance| *distance < 16),
        _ => None,
    };
    let mut ways = Vec::new();
    if ty.is_signed() || left.within(Interval::NON_NEGATIVE) {
        ways.push(plain);
        // A byte as it was loaded: what its sign put into the high bits is masked out afterwards.
        if let (Some(distance @ 1..=7), Type::U8) = (distance, ty) {
            let mask = word(0xff >> distance);
            ways.push(Way::new([SignExtended, Exact], Exact, 1).masked(mask));
        }
        return ways;
    }
    // A u16 that may look negative: `sshr` copies the sign into the high bits.
    if let Some(distance @ 1..) = distance {
        ways.push(plain.masked(word(0xffff >> distance)));
        if distance == 8 {
            ways.push(Way::new([Exact, Exact], SignExtended, 1));
        }
        if distance <= 8 {
            ways.push(Way::new([Exact, Exact], LowByte, 1));
        }
    } else if distance == Some(0) {
        ways.push(plain);
    }
    ways
}

/// More than any code can weigh.
const IMPOSSIBLE: u32 = 1 << 28;

fn pick(costs: [u32; 3], form: Form) -> u32 {
    let [exact, sign_extended, low_byte] = costs;
    match form {
        Form::Exact => exact,
        Form::SignExtended => sign_extended,
        Form::LowByte => low_byte,
    }
    .min(IMPOSSIBLE)
}

fn constant(value: i32, form: Form, weight: Weight) -> i16 {
    match form {
        Form::Exact => word(value),
        Form::SignExtended => low_byte(value),
        Form::LowByte if weight.push(word(value)) <= weight.push(low_byte(value)) => word(value),
        Form::LowByte => low_byte(value),
    }
}
