//! `usize`: 0..=32767 on the card, where the host's holds more.
//!
//! Every `usize` on the card is in that range, or the command ends with 6F00 as for an index out of bounds: a
//! conversion, a sum, a product or a shift is tested where its operands do not show that it fits; the
//! optimiser takes away what the ways to it decide. No test is spent where Rust itself has one (an index, the ends of a
//! part of a slice), and none where the larger value can be compared as it is: `x as usize > slice.len()` and
//! `at + length > slice.len()` are exact, and so is a variable that a `u16` is bound to by `as usize`, until it is used
//! otherwise.

use super::builder::Builder;
use super::expr::{binary, has_call};
use super::value::Value;
use crate::front::resolve::Checked;
use crate::front::tree::{Expr, Kind, VariableId};
use crate::front::ty::{Int, Ty};
use crate::ir::{self, BinaryOp, BlockId, CompareOp, Element, Type};

/// What an uncaught exception of the virtual machine gives.
const UNKNOWN: i32 = 0x6F00;
/// The greatest `usize` on the card.
const MOST: i32 = 0x7FFF;

/// A `usize` that may be more than the card's, with what it takes to compare it.
#[derive(Clone)]
enum Loose {
    /// One that is not more.
    Size(ir::Expr),
    /// A `u16`.
    Short(ir::Expr),
    /// A sum of two that are not more.
    Sum(ir::Expr, ir::Expr),
}

impl Builder<'_, '_> {
    /// Ends the command with 6F00 unless `holds`.
    pub(super) fn require(&mut self, holds: ir::Expr) {
        match holds {
            ir::Expr::Compare(op, _, a, b) if matches!((&*a, &*b), (ir::Expr::Const(_, a), ir::Expr::Const(_, b)) if op.holds(*a, *b)) =>
                {}
            holds => {
                let (fine, not) = (self.block(), self.block());
                self.end(ir::Terminator::If(holds, fine, not));
                self.switch_to(not);
                let status = ir::Expr::Const(Type::U16, UNKNOWN);
                self.end(ir::Terminator::Throw(status));
                self.switch_to(fine);
            }
        }
    }

    /// Whether the result of an operation has to be found to be one of the card's.
    pub(super) fn is_tested(&self, expr: &Expr) -> bool {
        is_usize(expr) && !self.is_trusted()
    }

    /// Whether the function under way is one of the compiler's own, which keep within the limit.
    fn is_trusted(&self) -> bool {
        let context = self.lowering.context;
        self.frames.last().is_some_and(|frame| {
            let module = context.fn_def(frame.function).module;
            module == context.bindings || module == context.integers
        })
    }

    /// What a word is not above; that of its type where nothing better is seen. A negative one is above all.
    fn most(&self, expr: &ir::Expr) -> i32 {
        let of_type = |ty: &Type| match ty.range() {
            Some((0, high)) => high,
            _ => 0xFFFF,
        };
        match expr {
            ir::Expr::Const(_, value) if *value >= 0 => *value,
            ir::Expr::Cast { from, value, .. } if !from.is_signed() => {
                self.most(value).min(of_type(&self.type_of(expr)))
            }
            ir::Expr::Element(Element::U8 | Element::Bool, _, _) => 0xFF,
            ir::Expr::Binary(op, ty, a, b) => {
                let (a, b) = (self.most(a), self.most(b));
                let found = match (op, b) {
                    (BinaryOp::And, b) => a.min(b),
                    (BinaryOp::Shr, 0..=15) if matches!(expr, ir::Expr::Binary(_, _, _, by) if matches!(**by, ir::Expr::Const(..))) => {
                        a >> b
                    }
                    (BinaryOp::Rem, 1..) => a.min(b - 1),
                    (BinaryOp::Div | BinaryOp::Sub, _) => a,
                    (BinaryOp::Add, b) => a + b,
                    (BinaryOp::Mul, b) => a.saturating_mul(b),
                    _ => 0xFFFF,
                };
                found.min(of_type(ty))
            }
            other => of_type(&self.type_of(other)),
        }
    }

    /// A word that is no `usize` yet, as one.
    pub(super) fn sized(&mut self, value: ir::Expr, from: Type) -> ir::Expr {
        if self.is_trusted() {
            return convert(value, from, Type::Usize);
        }
        let (value, from) = if from.is_signed() {
            (convert(value, from, Type::U16), Type::U16)
        } else {
            (value, from)
        };
        let value = if self.most(&value) <= MOST {
            value
        } else {
            let value = self.fix_expr(value);
            self.require(is_size(&value));
            value
        };
        convert(value, from, Type::Usize)
    }

    /// A sum or product of `usize` as far as a `u16` is certain to hold it, so that one test does for all of it;
    /// and what it is not above.
    fn untested(&mut self, expr: &Expr) -> Checked<(ir::Expr, i32)> {
        let Kind::Binary(op @ (BinaryOp::Add | BinaryOp::Mul), a, b) = &expr.kind else {
            let word = self.scalar(expr)?;
            let most = self.most(&word);
            return Ok((convert(word, Type::Usize, Type::U16), most));
        };
        let (left, most_left) = self.untested(a)?;
        let mut before = self.mark();
        let (right, most_right) = self.untested(b)?;
        let left = if self.mark() == before {
            left
        } else {
            self.fix_expr_at(left, &mut before)
        };
        let most = |a: i32, b: i32| match op {
            BinaryOp::Add => i64::from(a) + i64::from(b),
            _ => i64::from(a) * i64::from(b),
        };
        if let Ok(most) = i32::try_from(most(most_left, most_right))
            && most <= 0xFFFF
        {
            return Ok((binary(*op, Type::U16, left, right), most));
        }
        let right = self.fix_expr(right);
        let a = self.sized(left, Type::U16);
        let b = self.sized(right, Type::U16);
        let value = self.size_binary(*op, a, (b, Type::Usize))?;
        let word = self.word(value, &Type::Usize, expr.span)?;
        Ok((convert(word, Type::Usize, Type::U16), MOST))
    }

    /// A sum or product of `usize`.
    pub(super) fn size_tree(&mut self, expr: &Expr) -> Checked<Value> {
        let (word, _) = self.untested(expr)?;
        Ok(Value::Word(self.sized(word, Type::U16)))
    }

    /// An operation on two `usize`; for a shift on one and a distance.
    pub(super) fn size_binary(
        &mut self,
        op: BinaryOp,
        a: ir::Expr,
        (b, b_ty): (ir::Expr, Type),
    ) -> Checked<Value> {
        let plain = |a, b| Ok(Value::Word(binary(op, Type::Usize, a, b)));
        let compared = |op, a: ir::Expr, ty: Type, b: i32| {
            let b = Box::new(ir::Expr::Const(ty.clone(), b));
            ir::Expr::Compare(op, ty, Box::new(a), b)
        };
        let (most_a, most_b) = (i64::from(self.most(&a)), i64::from(self.most(&b)));
        let most = i64::from(MOST);
        match op {
            _ if self.is_trusted() => plain(a, b),
            BinaryOp::Add if most_a + most_b > most => {
                let sum = sum(a, b);
                Ok(Value::Word(self.sized(sum, Type::U16)))
            }
            BinaryOp::Mul if most_a * most_b > most => {
                let (a, b) = (self.fix_expr(a), self.fix_expr(b));
                match (&a, &b) {
                    (other, ir::Expr::Const(_, n)) | (ir::Expr::Const(_, n), other) => {
                        let limit = MOST / (*n).max(1);
                        self.require(compared(CompareOp::Le, other.clone(), Type::Usize, limit));
                    }
                    _ => {
                        // What is divided by is not zero, and then the product is no more than the limit.
                        let (some, fine) = (self.block(), self.block());
                        let is_some = compared(CompareOp::Ne, b.clone(), Type::Usize, 0);
                        self.end(ir::Terminator::If(is_some, some, fine));
                        self.switch_to(some);
                        let limit = ir::Expr::Const(Type::Usize, MOST);
                        let limit = binary(BinaryOp::Div, Type::Usize, limit, b.clone());
                        let (a, limit) = (Box::new(a.clone()), Box::new(limit));
                        self.require(ir::Expr::Compare(CompareOp::Le, Type::Usize, a, limit));
                        self.end(ir::Terminator::Goto(fine));
                        self.switch_to(fine);
                    }
                }
                plain(a, b)
            }
            BinaryOp::Shl | BinaryOp::Shr => match b {
                ir::Expr::Const(_, by) if by > 14 => {
                    let a = self.fix_expr(a);
                    if op == BinaryOp::Shl {
                        self.require(compared(CompareOp::Eq, a, Type::Usize, 0));
                    }
                    Ok(Value::Word(ir::Expr::Const(Type::Usize, 0)))
                }
                ir::Expr::Const(_, by) if op == BinaryOp::Shl && most_a << by > most => {
                    let a = self.fix_expr(a);
                    self.require(compared(CompareOp::Le, a.clone(), Type::Usize, MOST >> by));
                    plain(a, b)
                }
                b if matches!(b, ir::Expr::Const(..)) => plain(a, b),
                // As far as the card's `usize` is wide, all bits are gone.
                b => {
                    let (a, b) = (self.fix_expr(a), self.fix_expr(b));
                    let slot = self.local("", Type::Usize, true);
                    let (near, far, after) = (self.block(), self.block(), self.block());
                    let is_near = compared(CompareOp::Le, b.clone(), b_ty, 14);
                    self.end(ir::Terminator::If(is_near, near, far));
                    self.switch_to(near);
                    if op == BinaryOp::Shl {
                        let limit = ir::Expr::Const(Type::Usize, MOST);
                        let limit = binary(BinaryOp::Shr, Type::Usize, limit, b.clone());
                        let (a, limit) = (Box::new(a.clone()), Box::new(limit));
                        self.require(ir::Expr::Compare(CompareOp::Le, Type::Usize, a, limit));
                    }
                    let shifted = binary(op, Type::Usize, a.clone(), b);
                    self.emit(ir::Statement::Set(slot, shifted));
                    self.end(ir::Terminator::Goto(after));
                    self.switch_to(far);
                    if op == BinaryOp::Shl {
                        self.require(compared(CompareOp::Eq, a, Type::Usize, 0));
                    }
                    let zero = ir::Expr::Const(Type::Usize, 0);
                    self.emit(ir::Statement::Set(slot, zero));
                    self.end(ir::Terminator::Goto(after));
                    self.switch_to(after);
                    Ok(Value::Word(ir::Expr::Local(slot)))
                }
            },
            _ => plain(a, b),
        }
    }

    /// An index or the end of a part of a slice. One that is past the end is a panic in Rust, and what is no
    /// `usize` on the card is past every end.
    pub(super) fn position(&mut self, expr: &Expr) -> Checked<Value> {
        match &expr.kind {
            Kind::Cast(inner) if is_short(inner) && is_usize(expr) => {
                let short = self.scalar(inner)?;
                Ok(Value::Word(convert(short, Type::U16, Type::Usize)))
            }
            Kind::Variable(id) => Ok(self.slot(*id)),
            Kind::Binary(BinaryOp::Add, a, b) if is_usize(expr) => {
                let index = super::builder::Wanted::Index;
                let values = self.operands_as([(&**a, index), (&**b, index)])?;
                let words = values
                    .into_iter()
                    .map(|value| self.word(value, &Type::Usize, expr.span))
                    .collect::<Checked<Vec<_>>>()?;
                match <[ir::Expr; 2]>::try_from(words) {
                    Ok([a, b]) => Ok(Value::Word(binary(BinaryOp::Add, Type::Usize, a, b))),
                    Err(_) => Ok(Value::Never),
                }
            }
            _ => self.value(expr),
        }
    }

    /// The value of a variable: of one that is a `u16` yet, the `usize` that it has to be now.
    pub(super) fn size_known(&mut self, value: Value) -> Value {
        if let Some(short) = short_of(&value) {
            let short = short.clone();
            self.require(is_size(&short));
        }
        value
    }

    /// Binds a variable to `x as usize` without a test. Whether that was done.
    pub(super) fn bind_loose(&mut self, id: VariableId, value: &Expr) -> Checked<bool> {
        let variable = self.variable(id);
        let Kind::Cast(inner) = &value.kind else {
            return Ok(false);
        };
        if variable.mutable || !is_usize(value) || !is_short(inner) || self.is_trusted() {
            return Ok(false);
        }
        let short = self.scalar(inner)?;
        let fits = self.most(&short) <= MOST;
        let short = if fits {
            convert(short, Type::U16, Type::Usize)
        } else {
            short
        };
        let known = matches!(short, ir::Expr::Local(_));
        let short = self.fix_expr(short);
        if let (ir::Expr::Local(local), false) = (&short, known) {
            self.rename(*local, &variable.name);
        }
        let short = if fits {
            short
        } else {
            convert(short, Type::U16, Type::Usize)
        };
        self.set_slot(id, Value::Word(short));
        Ok(true)
    }

    /// Whether a `usize` may be compared without being one of the card's.
    pub(super) fn is_loose(&self, expr: &Expr) -> bool {
        is_usize(expr)
            && !self.is_trusted()
            && match &expr.kind {
                Kind::Cast(inner) => is_short(inner),
                Kind::Variable(id) => short_of(&self.slot(*id)).is_some(),
                Kind::Binary(BinaryOp::Add | BinaryOp::Mul, _, _) => true,
                _ => false,
            }
    }

    fn loose(&mut self, expr: &Expr) -> Checked<Loose> {
        let found = match &expr.kind {
            Kind::Cast(inner) if self.is_loose(expr) => Loose::Short(self.scalar(inner)?),
            Kind::Variable(id) if self.is_loose(expr) => match short_of(&self.slot(*id)) {
                Some(short) => Loose::Short(short.clone()),
                None => Loose::Size(self.scalar(expr)?),
            },
            Kind::Binary(BinaryOp::Add, a, b)
                if self.is_loose(expr) && !is_tree(a) && !is_tree(b) =>
            {
                let [a, b] = self.words([a, b])?;
                Loose::Sum(a, b)
            }
            Kind::Binary(..) if self.is_loose(expr) => Loose::Short(self.untested(expr)?.0),
            _ => Loose::Size(self.scalar(expr)?),
        };
        Ok(match found {
            Loose::Short(short) if self.most(&short) <= MOST => {
                Loose::Size(convert(short, Type::U16, Type::Usize))
            }
            Loose::Sum(a, b) if self.most(&a) + self.most(&b) <= MOST => {
                Loose::Size(binary(BinaryOp::Add, Type::Usize, a, b))
            }
            other => other,
        })
    }

    /// Both sides, of which each can be used any number of times.
    fn loose_pair(&mut self, a: &Expr, b: &Expr) -> Checked<[Loose; 2]> {
        let left = self.loose(a)?;
        let mut before = self.mark();
        let right = self.loose(b)?;
        let left = if self.mark() == before {
            left
        } else {
            left.each(&mut |word| self.fix_expr_at(word, &mut before))
        };
        Ok([left, right])
    }

    /// Goes to `yes` if the comparison of two `usize` holds, else to `no`.
    pub(super) fn compare_sizes(
        &mut self,
        op: CompareOp,
        a: &Expr,
        b: &Expr,
        (yes, no): (BlockId, BlockId),
    ) -> Checked<()> {
        let [left, right] = self.loose_pair(a, b)?;
        self.locate(a.span);
        self.compare_loose(op, [left, right], (yes, no));
        Ok(())
    }

    fn compare_loose(&mut self, op: CompareOp, pair: [Loose; 2], (yes, no): (BlockId, BlockId)) {
        let compared = |ty: Type, a: ir::Expr, b: ir::Expr| {
            ir::Expr::Compare(op, ty, Box::new(a), Box::new(b))
        };
        // The difference of two `usize` is an `i16`.
        let less =
            |a: ir::Expr, b: ir::Expr| binary(BinaryOp::Sub, Type::I16, signed(a), signed(b));
        let test = match pair {
            [Loose::Size(a), Loose::Size(b)] => compared(Type::Usize, a, b),
            [Loose::Short(short), Loose::Size(size)] => {
                return self.compare_short(op, short, size, (yes, no), false);
            }
            [Loose::Size(size), Loose::Short(short)] => {
                return self.compare_short(op.swapped(), short, size, (yes, no), true);
            }
            [Loose::Sum(a, b), Loose::Size(c)] => {
                // `c` comes before `b` then.
                let [a, b] = if has_call(&b) || has_call(&c) {
                    [a, b].map(|word| self.fix_expr(word))
                } else {
                    [a, b]
                };
                compared(Type::I16, signed(a), less(c, b))
            }
            [Loose::Size(c), Loose::Sum(a, b)] => compared(Type::I16, less(c, a), signed(b)),
            [Loose::Sum(a, b), Loose::Sum(c, d)] => {
                let [a, b, c, d] = [a, b, c, d].map(|word| self.fix_expr(word));
                compared(Type::I16, less(a, c), less(d, b))
            }
            [a, b] => compared(Type::U16, a.short(), b.short()),
        };
        self.end(ir::Terminator::If(test, yes, no));
    }

    /// What is more than the card's `usize` is more than any of them.
    fn compare_short(
        &mut self,
        op: CompareOp,
        short: ir::Expr,
        size: ir::Expr,
        (yes, no): (BlockId, BlockId),
        size_first: bool,
    ) {
        let (short, size) = if size_first {
            let size = self.fix_expr(size);
            (self.fix_expr(short), size)
        } else {
            let short = self.fix_expr(short);
            (short, self.fix_expr(size))
        };
        let near = self.block();
        let far = match op {
            CompareOp::Gt | CompareOp::Ge | CompareOp::Ne => yes,
            CompareOp::Lt | CompareOp::Le | CompareOp::Eq => no,
        };
        self.end(ir::Terminator::If(is_size(&short), near, far));
        self.switch_to(near);
        let short = convert(short, Type::U16, Type::Usize);
        let test = ir::Expr::Compare(op, Type::Usize, Box::new(short), Box::new(size));
        self.end(ir::Terminator::If(test, yes, no));
    }

    /// `a.min(b)`, which is a `usize` on the card where one of them is.
    pub(super) fn least_size(&mut self, a: &Expr, b: &Expr) -> Checked<Value> {
        let pair = self.loose_pair(a, b)?;
        let [a, b] = pair.map(|side| side.each(&mut |word| self.fix_expr(word)));
        let tested = !matches!((&a, &b), (Loose::Size(_), _) | (_, Loose::Size(_)));
        let slot = self.local("", Type::Usize, true);
        let (then, other, after) = (self.block(), self.block(), self.block());
        let sides = [(then, a.clone()), (other, b.clone())];
        self.compare_loose(CompareOp::Lt, [a, b], (then, other));
        for (block, side) in sides {
            self.switch_to(block);
            let value = if tested {
                self.sized(side.short(), Type::U16)
            } else {
                side.size()
            };
            self.emit(ir::Statement::Set(slot, value));
            self.end(ir::Terminator::Goto(after));
        }
        self.switch_to(after);
        Ok(Value::Word(ir::Expr::Local(slot)))
    }
}

impl Loose {
    fn each(self, f: &mut dyn FnMut(ir::Expr) -> ir::Expr) -> Self {
        match self {
            Loose::Size(a) => Loose::Size(f(a)),
            Loose::Short(a) => Loose::Short(f(a)),
            Loose::Sum(a, b) => {
                let a = f(a);
                Loose::Sum(a, f(b))
            }
        }
    }

    /// As a `u16`.
    fn short(self) -> ir::Expr {
        match self {
            Loose::Size(a) => convert(a, Type::Usize, Type::U16),
            Loose::Short(a) => a,
            Loose::Sum(a, b) => sum(a, b),
        }
    }

    /// As a `usize`, which it is known to be.
    fn size(self) -> ir::Expr {
        match self {
            Loose::Size(a) => a,
            Loose::Short(a) => convert(a, Type::U16, Type::Usize),
            Loose::Sum(a, b) => binary(BinaryOp::Add, Type::Usize, a, b),
        }
    }
}

/// The sum of two `usize`, which a `u16` holds.
fn sum(a: ir::Expr, b: ir::Expr) -> ir::Expr {
    let short = |word| convert(word, Type::Usize, Type::U16);
    binary(BinaryOp::Add, Type::U16, short(a), short(b))
}

fn signed(word: ir::Expr) -> ir::Expr {
    convert(word, Type::Usize, Type::I16)
}

pub(super) fn convert(value: ir::Expr, from: Type, to: Type) -> ir::Expr {
    match value {
        ir::Expr::Const(_, value) if (0..=MOST).contains(&value) => ir::Expr::Const(to, value),
        ir::Expr::Cast {
            from: ref inner,
            to: Type::Usize,
            ref value,
        } if from == Type::Usize && *inner == to => (**value).clone(),
        ir::Expr::Cast {
            from: Type::Usize,
            to: Type::U16,
            ref value,
        } if to == Type::Usize => (**value).clone(),
        value if from == to => value,
        value => ir::Expr::Cast {
            from,
            to,
            value: Box::new(value),
        },
    }
}

/// Whether a `u16` is a `usize` on the card.
fn is_size(short: &ir::Expr) -> ir::Expr {
    let limit = Box::new(ir::Expr::Const(Type::U16, MOST + 1));
    ir::Expr::Compare(CompareOp::Lt, Type::U16, Box::new(short.clone()), limit)
}

/// Of a variable that is a `u16` yet, that.
fn short_of(value: &Value) -> Option<&ir::Expr> {
    match value {
        Value::Word(ir::Expr::Cast {
            from: Type::U16,
            to: Type::Usize,
            value,
        }) => Some(value),
        _ => None,
    }
}

/// Whether it is a sum or product.
fn is_tree(expr: &Expr) -> bool {
    matches!(expr.kind, Kind::Binary(BinaryOp::Add | BinaryOp::Mul, ..))
}

fn is_usize(expr: &Expr) -> bool {
    expr.ty == Ty::Int(Int::Usize)
}

fn is_short(expr: &Expr) -> bool {
    expr.ty == Ty::Int(Int::U16)
}
