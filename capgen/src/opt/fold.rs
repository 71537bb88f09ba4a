//! Constants are computed, idle operations removed.

mod bits;

use super::effects::is_droppable;
use crate::codegen::interval::Interval;
use crate::ir::interpret;
use crate::ir::{BinaryOp, CompareOp, Expr, Function, Terminator, Type, UnaryOp};

/// Folds all expressions of a function; whether there was one to fold.
pub(super) fn fold(function: &mut Function) -> bool {
    let mut is_changed = false;
    function.walk_mut(&mut |expr| {
        while let Some(simpler) = simpler(expr) {
            *expr = simpler;
            is_changed = true;
        }
    });
    for block in &mut function.blocks {
        if let Some(folded) = folded(&block.terminator) {
            block.terminator = folded;
            is_changed = true;
        }
    }
    is_changed
}

fn folded(terminator: &Terminator) -> Option<Terminator> {
    match terminator {
        Terminator::If(Expr::Const(_, value), yes, no) => {
            Some(Terminator::Goto(if *value != 0 { *yes } else { *no }))
        }
        Terminator::If(Expr::Unary(UnaryOp::Not, Type::Bool, operand), yes, no) => {
            Some(Terminator::If((**operand).clone(), *no, *yes))
        }
        Terminator::Switch(Expr::Const(_, value), cases, default) => {
            let found = cases.iter().find(|(case, _)| case == value);
            Some(Terminator::Goto(
                found.map_or(*default, |(_, block)| *block),
            ))
        }
        _ => None,
    }
}

/// An equal expression that is simpler, if there is one.
fn simpler(expr: &Expr) -> Option<Expr> {
    match expr {
        Expr::Unary(op, ty, operand) => match (&**operand, op, ty) {
            (Expr::Const(_, value), _, _) => interpret::unary(*op, ty, *value)
                .ok()
                .map(|value| Expr::Const(ty.clone(), value)),
            (Expr::Compare(..) | Expr::Unary(UnaryOp::Not, ..), UnaryOp::Not, Type::Bool) => {
                Some((**operand).clone().negated())
            }
            _ => None,
        },
        Expr::Binary(op, ty, left, right) => simpler_binary(*op, ty, left, right),
        Expr::Compare(op, ty, left, right) => simpler_compare(*op, ty, left, right),
        Expr::Cast { from, to, value } if from == to => Some((**value).clone()),
        Expr::Cast {
            from: Type::U16,
            to: Type::Usize,
            value,
        } if matches!(
            **value,
            Expr::Cast {
                from: Type::Usize,
                ..
            }
        ) =>
        {
            size(value)
        }
        Expr::Cast {
            from: Type::U16,
            to: Type::Usize,
            value,
        } if let Expr::Binary(op @ (BinaryOp::Add | BinaryOp::Mul), _, a, b) = &**value
            && size(a).is_some()
            && size(b).is_some() =>
        {
            // The sum is a `usize`, as the cast promises.
            let (a, b) = (size(a)?, size(b)?);
            Some(Expr::Binary(*op, Type::Usize, Box::new(a), Box::new(b)))
        }
        Expr::Cast { to, value, .. } => match **value {
            Expr::Const(_, value) => {
                let value = to.wrap(value);
                to.range()
                    .filter(|(low, high)| value >= *low && value <= *high)?;
                Some(Expr::Const(to.clone(), value))
            }
            _ => None,
        },
        _ => None,
    }
}

/// A `u16` that was a `usize`, as that.
fn size(expr: &Expr) -> Option<Expr> {
    match expr {
        Expr::Cast {
            from: Type::Usize,
            value,
            ..
        } => Some((**value).clone()),
        Expr::Const(_, value) if *value <= Interval::NON_NEGATIVE.high => {
            Some(Expr::Const(Type::Usize, *value))
        }
        _ => None,
    }
}

fn simpler_binary(op: BinaryOp, ty: &Type, left: &Expr, right: &Expr) -> Option<Expr> {
    use BinaryOp::{
        Add, And, Div, Mul, Or, Shl, Shr, ShrUnsigned, Sub, WrappingAdd, WrappingMul, WrappingSub,
        Xor,
    };
    if let (Expr::Const(_, a), Expr::Const(_, b)) = (left, right) {
        return interpret::binary(op, ty, *a, *b)
            .ok()
            .map(|value| Expr::Const(ty.clone(), value));
    }
    let commutes = matches!(op, Add | Mul | And | Or | Xor | WrappingAdd | WrappingMul);
    if commutes && matches!(left, Expr::Const(..)) {
        let (left, right) = (Box::new(right.clone()), Box::new(left.clone()));
        return Some(Expr::Binary(op, ty.clone(), left, right));
    }
    // (a + b) - a, the length of `x[a..a + b]`
    if let (Sub, Expr::Binary(Add, _, a, b)) = (op, left) {
        for (gone, rest) in [(a, b), (b, a)] {
            if **gone == *right && is_droppable(right) {
                return Some((**rest).clone());
            }
        }
    }
    if let Some(simpler) = bits::simpler(op, ty, left, right) {
        return Some(simpler);
    }
    let Expr::Const(_, constant) = right else {
        return None;
    };
    match (op, *constant) {
        (Add | Sub | Or | Xor | Shl | Shr | ShrUnsigned | WrappingAdd | WrappingSub, 0) => {
            Some(left.clone())
        }
        (Mul | WrappingMul | Div, 1) => Some(left.clone()),
        (And | Mul | WrappingMul, 0) if is_droppable(left) => Some(Expr::Const(ty.clone(), 0)),
        (Xor, 1) if *ty == Type::Bool => Some(left.clone().negated()),
        (Add | Sub, constant) => added_up(op, ty, left, constant),
        _ => None,
    }
}

/// `(x ± a) ± b` as `x ± c`: what overflows nowhere on the longer way does not on the shorter.
fn added_up(op: BinaryOp, ty: &Type, left: &Expr, constant: i32) -> Option<Expr> {
    use BinaryOp::{Add, Sub};
    let Expr::Binary(inner_op @ (Add | Sub), _, inner, other) = left else {
        return None;
    };
    let Expr::Const(_, other) = **other else {
        return None;
    };
    let signed = |op: BinaryOp, value: i32| {
        if op == Sub {
            value.checked_neg()
        } else {
            Some(value)
        }
    };
    let sum = signed(*inner_op, other)?.checked_add(signed(op, constant)?)?;
    let op = if sum < 0 { Sub } else { Add };
    let (low, high) = ty.range()?;
    if sum == 0 {
        return Some((**inner).clone());
    }
    let size = sum.checked_abs()?;
    (size >= low && size <= high).then(|| {
        let constant = Box::new(Expr::Const(ty.clone(), size));
        Expr::Binary(op, ty.clone(), inner.clone(), constant)
    })
}

fn simpler_compare(op: CompareOp, ty: &Type, left: &Expr, right: &Expr) -> Option<Expr> {
    if ty.is_reference() {
        return None;
    }
    let truth = |holds: bool| Some(Expr::Const(Type::Bool, i32::from(holds)));
    if let (Expr::Const(_, a), Expr::Const(_, b)) = (left, right) {
        return truth(op.holds(*a, *b));
    }
    if matches!(left, Expr::Const(..)) {
        let (left, right) = (Box::new(right.clone()), Box::new(left.clone()));
        return Some(Expr::Compare(op.swapped(), ty.clone(), left, right));
    }
    let Expr::Const(_, constant) = right else {
        return None;
    };
    match (ty, op, *constant) {
        (Type::Bool, CompareOp::Eq, 1) | (Type::Bool, CompareOp::Ne, 0) => Some(left.clone()),
        (Type::Bool, CompareOp::Ne, 1) | (Type::Bool, CompareOp::Eq, 0) => {
            Some(left.clone().negated())
        }
        _ => None,
    }
}
