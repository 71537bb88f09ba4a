//! Products of `usize`, tested by what they are.
//!
//! Whether a product is a `usize` is asked by a division, since it may be too large for a word. Where the factors are known
//! to be small it is a `u16`, and its sign as a word is the answer; it need not be computed a second time then.

use super::decide::Flow;
use crate::codegen::ask::{Known, Questions, ask};
use crate::codegen::interval::Interval;
use crate::ir::{
    BinaryOp, BlockId, CompareOp, Expr, Function, Local, LocalId, Statement, Terminator, Type,
};

/// The greatest `usize` on the card.
const MOST: i32 = 0x7FFF;

/// A product whose factors are small: the block that asks, and the factors.
pub(super) type Small = (usize, LocalId, LocalId);

/// The products of small factors.
pub(super) fn small(flow: &Flow<'_>) -> Vec<Small> {
    let mut found = Vec::new();
    flow.each_end(&mut |index, block, state| {
        if let Some((a, b, fine)) = tested(&block.terminator)
            && is_only_way(flow.function, fine)
        {
            let most = [a, b].map(|local| flow.range(&Expr::Local(local), state).high);
            if most[0].saturating_mul(most[1]) <= 0xFFFF {
                found.push(((index, a, b), most));
            }
        }
    });
    confirmed(flow, found)
}

/// Of those the ones whose factors the instructions confirm.
fn confirmed(flow: &Flow<'_>, found: Vec<(Small, [i32; 2])>) -> Vec<Small> {
    let mut questions = Questions::default();
    let mut asked = Vec::new();
    let (found, most): (Vec<_>, Vec<_>) = found.into_iter().unzip();
    for ((index, ..), [a, b]) in found.iter().zip(most) {
        let block = flow.block(BlockId(*index));
        if let Some(factors) = block.and_then(|block| factors(&block.terminator)) {
            let [first, second] = factors;
            asked.push((
                questions.value(first, Interval::new(0, a)),
                questions.value(second, Interval::new(0, b)),
            ));
        }
    }
    if found.is_empty() {
        return found;
    }
    let answers = ask(flow.program, flow.function, &questions, Known::default());
    let is_small = |(a, b): &(usize, usize)| {
        let answers = answers.as_ref();
        answers.is_some_and(|answers| answers.is_yes(*a) && answers.is_yes(*b))
    };
    let with_questions = found.into_iter().zip(&asked);
    with_questions
        .filter_map(|(found, asked)| is_small(asked).then_some(found))
        .collect()
}

/// Tests products by what they are; whether there was one.
pub(super) fn test(function: &mut Function, found: &[Small]) -> bool {
    for (index, a, b) in found {
        rewrite(function, *index, *a, *b);
    }
    !found.is_empty()
}

/// `a <= 32767 / b`, and where that leads.
fn tested(terminator: &Terminator) -> Option<(LocalId, LocalId, BlockId)> {
    let Terminator::If(Expr::Compare(op, Type::Usize, ..), yes, no) = terminator else {
        return None;
    };
    let fine = match op {
        CompareOp::Le => *yes,
        CompareOp::Gt => *no,
        _ => return None,
    };
    match factors(terminator)? {
        [Expr::Local(a), Expr::Local(b)] => Some((*a, *b, fine)),
        _ => None,
    }
}

/// Where the factors `a` and `b` of such a test are read.
fn factors(terminator: &Terminator) -> Option<[&Expr; 2]> {
    let Expr::Compare(_, _, a, quotient) = terminator.expression()? else {
        return None;
    };
    match &**quotient {
        Expr::Binary(BinaryOp::Div, Type::Usize, most, b)
            if matches!(**most, Expr::Const(_, MOST)) =>
        {
            Some([a, b])
        }
        _ => None,
    }
}

fn is_only_way(function: &Function, to: BlockId) -> bool {
    let successors = function
        .blocks
        .iter()
        .flat_map(|block| block.terminator.successors());
    to.0 != 0 && successors.filter(|next| *next == to).count() == 1
}

fn rewrite(function: &mut Function, index: usize, a: LocalId, b: LocalId) {
    let product = LocalId(function.locals.len());
    function.locals.push(Local {
        name: String::new(),
        ty: Type::U16,
    });
    let Some(block) = function.blocks.get_mut(index) else {
        return;
    };
    let Some((_, _, fine)) = tested(&block.terminator) else {
        return;
    };
    let factor = |local: LocalId| {
        Box::new(Expr::Cast {
            from: Type::Usize,
            to: Type::U16,
            value: Box::new(Expr::Local(local)),
        })
    };
    let value = Expr::Binary(BinaryOp::Mul, Type::U16, factor(a), factor(b));
    let position = block.position;
    block
        .statements
        .push((Statement::Set(product, value), position));
    if let Terminator::If(condition, yes, _) = &mut block.terminator {
        let limit = Box::new(Expr::Const(Type::U16, MOST + 1));
        let op = if *yes == fine {
            CompareOp::Lt
        } else {
            CompareOp::Ge
        };
        *condition = Expr::Compare(op, Type::U16, Box::new(Expr::Local(product)), limit);
    }
    let Some(block) = function.blocks.get_mut(fine.0) else {
        return;
    };
    let mut replace = |expr: &mut Expr| {
        expr.walk_mut(&mut |expr| {
            if is_product(expr, a, b) {
                *expr = Expr::Cast {
                    from: Type::U16,
                    to: Type::Usize,
                    value: Box::new(Expr::Local(product)),
                };
            }
        });
    };
    for (statement, _) in &mut block.statements {
        statement.expressions_mut().for_each(&mut replace);
        if matches!(statement, Statement::Set(local, _) if *local == a || *local == b) {
            return;
        }
    }
    if let Some(expr) = block.terminator.expression_mut() {
        replace(expr);
    }
}

fn is_product(expr: &Expr, a: LocalId, b: LocalId) -> bool {
    let Expr::Binary(BinaryOp::Mul, Type::Usize, left, right) = expr else {
        return false;
    };
    let (a, b) = (Expr::Local(a), Expr::Local(b));
    **left == a && **right == b || **left == b && **right == a
}
