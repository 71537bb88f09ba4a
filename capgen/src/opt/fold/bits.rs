//! Bits chosen by a mask, with one `and` for two.

use crate::ir::{BinaryOp, Expr, Type, UnaryOp};

/// `(a & b) ^ (a & c)` is `a & (b ^ c)`, and `(a & b) ^ (!a & c)` is `(b ^ c) & a ^ c`; the latter may also be written with
/// `|`, since its halves have no bit in common.
pub(super) fn simpler(op: BinaryOp, ty: &Type, left: &Expr, right: &Expr) -> Option<Expr> {
    if !matches!(op, BinaryOp::Xor | BinaryOp::Or) || *ty == Type::Bool {
        return None;
    }
    // ((x ^ y) ^ z): the last two may have something in common.
    if let (BinaryOp::Xor, Expr::Binary(BinaryOp::Xor, _, first, second)) = (op, left)
        && let Some(both) = shared(BinaryOp::Xor, ty, second, right)
    {
        return Some(binary(BinaryOp::Xor, ty, (**first).clone(), both));
    }
    chosen(ty, left, right)
        .or_else(|| chosen(ty, right, left))
        .or_else(|| shared(op, ty, left, right))
}

fn shared(op: BinaryOp, ty: &Type, left: &Expr, right: &Expr) -> Option<Expr> {
    let ((a, b), (c, d)) = (and(left)?, and(right)?);
    for (mask, one) in [(a, b), (b, a)] {
        for (other, two) in [(c, d), (d, c)] {
            if mask == other && is_plain(mask) && is_plain(one) && is_plain(two) {
                let both = binary(op, ty, one.clone(), two.clone());
                return Some(binary(BinaryOp::And, ty, both, mask.clone()));
            }
        }
    }
    None
}

fn chosen(ty: &Type, left: &Expr, right: &Expr) -> Option<Expr> {
    let ((a, b), (c, d)) = (and(left)?, and(right)?);
    for (mask, one) in [(a, b), (b, a)] {
        for (not, two) in [(c, d), (d, c)] {
            if inverted(not) == Some(mask) && is_plain(mask) && is_plain(one) && is_plain(two) {
                let both = binary(BinaryOp::Xor, ty, one.clone(), two.clone());
                let picked = binary(BinaryOp::And, ty, both, mask.clone());
                return Some(binary(BinaryOp::Xor, ty, picked, two.clone()));
            }
        }
    }
    None
}

fn and(expr: &Expr) -> Option<(&Expr, &Expr)> {
    match expr {
        Expr::Binary(BinaryOp::And, _, left, right) => Some((left, right)),
        _ => None,
    }
}

fn inverted(expr: &Expr) -> Option<&Expr> {
    match expr {
        Expr::Unary(UnaryOp::Not, _, operand) => Some(operand),
        _ => None,
    }
}

/// Whether a value may as well be taken once more, or once less, and in another order.
fn is_plain(expr: &Expr) -> bool {
    matches!(expr, Expr::Local(_) | Expr::Const(..))
}

fn binary(op: BinaryOp, ty: &Type, left: Expr, right: Expr) -> Expr {
    Expr::Binary(op, ty.clone(), Box::new(left), Box::new(right))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::LocalId;
    use crate::ir::interpret;

    fn value(expr: &Expr, locals: [i32; 3]) -> i32 {
        match expr {
            Expr::Local(LocalId(index)) => locals[*index],
            Expr::Unary(op, ty, operand) => {
                interpret::unary(*op, ty, value(operand, locals)).unwrap()
            }
            Expr::Binary(op, ty, left, right) => {
                interpret::binary(*op, ty, value(left, locals), value(right, locals)).unwrap()
            }
            other => panic!("{other:?}"),
        }
    }

    /// Every rule, for every bit that three values can have.
    #[test]
    fn the_shorter_way_gives_the_same() {
        let ty = Type::U16;
        let local = |index| Expr::Local(LocalId(index));
        let and = |a, b| binary(BinaryOp::And, &ty, a, b);
        let not = |a| Expr::Unary(UnaryOp::Not, ty.clone(), Box::new(a));
        let pairs = [
            (and(local(0), local(1)), and(local(0), local(2))),
            (and(local(1), local(0)), and(local(2), local(0))),
            (and(local(0), local(1)), and(not(local(0)), local(2))),
            (and(local(1), not(local(0))), and(local(2), local(0))),
        ];
        for (left, right) in pairs {
            for op in [BinaryOp::Xor, BinaryOp::Or] {
                let whole = binary(op, &ty, left.clone(), right.clone());
                let shorter = simpler(op, &ty, &left, &right).unwrap();
                for bits in 0..8 {
                    let locals = [bits & 1, bits >> 1 & 1, bits >> 2];
                    assert_eq!(
                        value(&whole, locals),
                        value(&shorter, locals),
                        "{shorter:?}"
                    );
                }
            }
        }
    }
}
