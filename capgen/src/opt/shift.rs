//! A local to which a constant is added wherever it is used holds the sum instead: data of a command begins at byte 5
//! of the APDU buffer, so that every index into it is such a sum.
//!
//! The sum is kept as a signed word that may wrap, which is exact whatever the local holds: where the local itself is
//! wanted, as in an order, the constant is taken off again.

use crate::ir::{BinaryOp, CompareOp, Expr, Function, LocalId, Statement, Type};

/// The function with the locals of one group shifted, for each group and the constants that are added to it.
pub(super) fn candidates(function: &Function) -> Vec<Function> {
    let mut found = Vec::new();
    for group in groups(function) {
        for by in constants(function, &group) {
            found.push(shifted(function, &group, by));
        }
    }
    found
}

/// Locals that are copied into one another, and are no parameters.
fn groups(function: &Function) -> Vec<Vec<LocalId>> {
    let mut of: Vec<usize> = (0..function.locals.len()).collect();
    let may = |local: LocalId| {
        let is_index = function
            .locals
            .get(local.0)
            .is_some_and(|local| local.ty == Type::Usize);
        is_index && !function.parameters.contains(&local)
    };
    let statements = function.blocks.iter().flat_map(|block| &block.statements);
    for (statement, _) in statements {
        if let Statement::Set(to, Expr::Local(from)) = statement
            && may(*to)
            && may(*from)
            && let (Some(&kept), Some(&gone)) = (of.get(to.0), of.get(from.0))
        {
            for group in of.iter_mut().filter(|group| **group == gone) {
                *group = kept;
            }
        }
    }
    let mut groups: Vec<Vec<LocalId>> = vec![Vec::new(); of.len()];
    for (index, group) in of.into_iter().enumerate() {
        if may(LocalId(index))
            && let Some(group) = groups.get_mut(group)
        {
            group.push(LocalId(index));
        }
    }
    groups.retain(|group| !group.is_empty());
    groups
}

/// The constants that are added to locals of a group twice or more, the most frequent first.
fn constants(function: &Function, group: &[LocalId]) -> Vec<i32> {
    let mut counts: Vec<(i32, usize)> = Vec::new();
    function.walk(&mut |expr| {
        if let Some((local, by)) = sum(expr)
            && by > 0
            && group.contains(&local)
        {
            match counts.iter_mut().find(|(known, _)| *known == by) {
                Some((_, count)) => *count += 1,
                None => counts.push((by, 1)),
            }
        }
    });
    counts.retain(|(_, count)| *count > 1);
    counts.sort_by_key(|(by, count)| (std::cmp::Reverse(*count), *by));
    counts.truncate(2);
    counts.into_iter().map(|(by, _)| by).collect()
}

/// `local + constant` or `local - constant`, both of `usize`.
fn sum(expr: &Expr) -> Option<(LocalId, i32)> {
    let Expr::Binary(op @ (BinaryOp::Add | BinaryOp::Sub), Type::Usize, left, right) = expr else {
        return None;
    };
    match (&**left, &**right) {
        (Expr::Local(local), Expr::Const(_, by)) => {
            Some((*local, if *op == BinaryOp::Add { *by } else { -*by }))
        }
        _ => None,
    }
}

fn shifted(function: &Function, group: &[LocalId], by: i32) -> Function {
    let mut function = function.clone();
    let shift = Shift { group, by };
    for local in group {
        if let Some(local) = function.locals.get_mut(local.0) {
            local.ty = Type::I16;
        }
    }
    for block in &mut function.blocks {
        for (statement, _) in &mut block.statements {
            for expr in statement.expressions_mut() {
                shift.read(expr);
            }
            if let Statement::Set(local, value) = statement
                && group.contains(local)
            {
                let unshifted = std::mem::replace(value, Expr::Const(Type::I16, 0));
                *value = shift.assigned(unshifted);
            }
        }
        if let Some(expr) = block.terminator.expression_mut() {
            shift.read(expr);
        }
    }
    function
}

struct Shift<'a> {
    group: &'a [LocalId],
    by: i32,
}

impl Shift<'_> {
    fn is_in(&self, expr: &Expr) -> bool {
        matches!(expr, Expr::Local(local) if self.group.contains(local))
    }

    /// Puts the shifted locals in, from the outside to the inside.
    fn read(&self, expr: &mut Expr) {
        if let Some((local, by)) = sum(expr)
            && self.group.contains(&local)
        {
            *expr = as_index(added(Expr::Local(local), by - self.by));
            return;
        }
        if self.is_in(expr) {
            *expr = as_index(added(expr.clone(), -self.by));
            return;
        }
        if let Expr::Compare(CompareOp::Eq | CompareOp::Ne, ty @ Type::Usize, left, right) = expr
            && self.is_in(left)
        {
            match &mut **right {
                Expr::Const(const_type, value) if *value + self.by <= i32::from(i16::MAX) => {
                    *value += self.by;
                    *const_type = Type::I16;
                    *ty = Type::I16;
                    return;
                }
                right if self.is_in(right) => {
                    *ty = Type::I16;
                    return;
                }
                _ => {}
            }
        }
        expr.operands_mut().for_each(|operand| self.read(operand));
    }

    /// What a shifted local is assigned, the value having been gone over.
    fn assigned(&self, value: Expr) -> Expr {
        added(as_word(value), self.by)
    }
}

fn wrapped(value: i32) -> i16 {
    let [_, _, high, low] = value.to_be_bytes();
    i16::from_be_bytes([high, low])
}

/// A word plus a constant, sums of constants added up.
fn added(word: Expr, by: i32) -> Expr {
    let (word, by) = match word {
        Expr::Binary(BinaryOp::WrappingAdd, Type::I16, inner, other) => match *other {
            Expr::Const(_, other) => (*inner, by + other),
            other => (
                Expr::Binary(BinaryOp::WrappingAdd, Type::I16, inner, Box::new(other)),
                by,
            ),
        },
        word => (word, by),
    };
    match wrapped(by) {
        0 => word,
        by => {
            let by = Box::new(Expr::Const(Type::I16, by.into()));
            Expr::Binary(BinaryOp::WrappingAdd, Type::I16, Box::new(word), by)
        }
    }
}

fn as_index(word: Expr) -> Expr {
    Expr::Cast {
        from: Type::I16,
        to: Type::Usize,
        value: Box::new(word),
    }
}

/// The low 16 bits of an index, its sums and products computed as words.
fn as_word(value: Expr) -> Expr {
    use BinaryOp::{Add, Mul, Sub, WrappingAdd};
    match value {
        Expr::Const(_, value) => Expr::Const(Type::I16, wrapped(value).into()),
        Expr::Cast {
            from: Type::I16,
            to: Type::Usize,
            value,
        } => *value,
        Expr::Binary(op @ (Add | Sub | Mul), Type::Usize, left, right)
            if matches!(*right, Expr::Const(..)) =>
        {
            let Expr::Const(_, by) = *right else {
                return *right;
            };
            match (op, as_word(*left)) {
                (Add, left) => added(left, by),
                (Sub, left) => added(left, -by),
                // (x + a) * b is x * b + a * b.
                (_, Expr::Binary(WrappingAdd, _, inner, other))
                    if matches!(*other, Expr::Const(..)) =>
                {
                    let Expr::Const(_, other) = *other else {
                        return *other;
                    };
                    added(times(*inner, by), other * by)
                }
                (_, left) => times(left, by),
            }
        }
        value => Expr::Cast {
            from: Type::Usize,
            to: Type::I16,
            value: Box::new(value),
        },
    }
}

fn times(word: Expr, by: i32) -> Expr {
    let by = Box::new(Expr::Const(Type::I16, wrapped(by).into()));
    Expr::Binary(BinaryOp::WrappingMul, Type::I16, Box::new(word), by)
}
