//! Operations without a short exact translation become calls of helper functions, written in IR.
//!
//! Division and remainder of `u16` values that may exceed 32767, and shifts to the right of such
//! values by a distance that is not constant: the card divides and shifts signed words only.

use std::collections::BTreeSet;

use super::interval::{Interval, Ranges};
use crate::ir::{
    BinaryOp, Block, BlockId, Callee, CompareOp, Expr, Function, FunctionId, Local, LocalId,
    Position, Program, Statement, Terminator, Type,
};

/// Replaces such operations; adds the helper functions that this needs. Of `untrusted` functions no value range
/// counts but those of the types, as when their code is generated.
pub fn legalize(program: &mut Program, untrusted: &BTreeSet<FunctionId>) {
    let mut helpers = Helpers::default();
    for index in 0..program.functions.len() {
        legalize_one(program, index, untrusted, &mut helpers);
    }
}

/// Replaces them in one function alone, with helper functions of its own.
pub(crate) fn legalize_alone(program: &mut Program, id: FunctionId) {
    legalize_one(program, id.0, &BTreeSet::new(), &mut Helpers::default());
}

fn legalize_one(
    program: &mut Program,
    index: usize,
    untrusted: &BTreeSet<FunctionId>,
    helpers: &mut Helpers,
) {
    // A call that takes the place of an operation says less of its range, and may leave an
    // operation around it in need of a call too.
    while let Some(original) = program.functions.get(index).cloned() {
        let is_trusted = !untrusted.contains(&FunctionId(index));
        let ranges = Ranges::trusted(program, &original, is_trusted);
        let wanted = wanted_helpers(&original, &ranges);
        if wanted.is_empty() {
            break;
        }
        let mut wanted = wanted.into_iter();
        let mut function = original.clone();
        function.walk_mut(&mut |expr| {
            if is_candidate(expr)
                && let Some(Some(op)) = wanted.next()
                && let Expr::Binary(_, ty, left, right) = expr
            {
                let id = helpers.get(op, program);
                let right = match right.type_in(program, &original).unwrap_or(Type::U16) {
                    Type::U16 => (**right).clone(),
                    from => Expr::Cast {
                        from,
                        to: Type::U16,
                        value: right.clone(),
                    },
                };
                let arguments = vec![(**left).clone(), right];
                *expr = Expr::Call(Callee::Function(id), arguments, Some(ty.clone()));
            }
        });
        if let Some(slot) = program.functions.get_mut(index) {
            *slot = function;
        }
    }
}

/// For each candidate in the order of the walk, the helper that it needs.
fn wanted_helpers(function: &Function, ranges: &Ranges<'_>) -> Vec<Option<BinaryOp>> {
    let mut candidates = Vec::new();
    function.walk(&mut |expr| {
        if is_candidate(expr) {
            candidates.push(expr);
        }
    });
    if candidates.is_empty() {
        return Vec::new();
    }
    let needs = |expr: &&Expr| needed_helper(expr, ranges);
    let wanted: Vec<_> = candidates.iter().map(needs).collect();
    if wanted.iter().all(Option::is_none) {
        Vec::new()
    } else {
        wanted
    }
}

/// The operation that becomes a call of a helper function.
pub(super) fn needed_helper(expr: &Expr, ranges: &Ranges<'_>) -> Option<BinaryOp> {
    let Expr::Binary(op, _, left, right) = expr else {
        return None;
    };
    if !is_candidate(expr) {
        return None;
    }
    let small = |operand: &Expr| ranges.range(operand).within(Interval::NON_NEGATIVE);
    let easy = match op {
        BinaryOp::Shr => small(left) || matches!(**right, Expr::Const(..)),
        _ => small(left) && small(right),
    };
    (!easy).then_some(*op)
}

fn is_candidate(expr: &Expr) -> bool {
    matches!(
        expr,
        Expr::Binary(
            BinaryOp::Div | BinaryOp::Rem | BinaryOp::Shr,
            Type::U16,
            _,
            _
        )
    )
}

#[derive(Default)]
struct Helpers {
    made: Vec<(BinaryOp, FunctionId)>,
}

impl Helpers {
    fn get(&mut self, op: BinaryOp, program: &mut Program) -> FunctionId {
        if let Some((_, id)) = self.made.iter().find(|(made, _)| *made == op) {
            return *id;
        }
        let function = match op {
            BinaryOp::Shr => shift_right(),
            BinaryOp::Rem => {
                let divide = self.get(BinaryOp::Div, program);
                remainder(divide)
            }
            _ => divide(),
        };
        let id = FunctionId(program.functions.len());
        program.functions.push(function);
        self.made.push((op, id));
        id
    }
}

const A: LocalId = LocalId(0);
const B: LocalId = LocalId(1);
const QUOTIENT: LocalId = LocalId(2);

fn helper(name: &str, blocks: Vec<Block>) -> Function {
    let local = |name: &str| Local {
        name: name.to_owned(),
        ty: Type::U16,
    };
    Function {
        name: format!("core::{name}"),
        receiver: None,
        entry: None,
        parameters: vec![A, B],
        result: Some(Type::U16),
        locals: vec![local("a"), local("b"), local("quotient")],
        blocks,
        position: Position::default(),
    }
}

fn block(statements: Vec<Statement>, terminator: Terminator) -> Block {
    Block {
        statements: statements
            .into_iter()
            .map(|statement| (statement, Position::default()))
            .collect(),
        terminator,
        position: Position::default(),
    }
}

fn constant(value: i32) -> Expr {
    Expr::Const(Type::U16, value)
}

fn signed_constant(value: i32) -> Expr {
    Expr::Const(Type::I16, value)
}

fn signed(value: Expr) -> Expr {
    Expr::Cast {
        from: Type::U16,
        to: Type::I16,
        value: Box::new(value),
    }
}

fn unsigned(value: Expr) -> Expr {
    Expr::Cast {
        from: Type::I16,
        to: Type::U16,
        value: Box::new(value),
    }
}

fn binary(op: BinaryOp, ty: Type, left: Expr, right: Expr) -> Expr {
    Expr::Binary(op, ty, Box::new(left), Box::new(right))
}

fn compare(op: CompareOp, ty: Type, left: Expr, right: Expr) -> Expr {
    Expr::Compare(op, ty, Box::new(left), Box::new(right))
}

/// A divisor above 32767 goes into `a` once or not at all. Else half of `a` is divided, which gives
/// twice the quotient or one less.
fn divide() -> Function {
    let (a, b, quotient) = (Expr::Local(A), Expr::Local(B), Expr::Local(QUOTIENT));
    let negative = |value: &Expr| {
        compare(
            CompareOp::Lt,
            Type::I16,
            signed(value.clone()),
            signed_constant(0),
        )
    };
    let signed_divide = |left: Expr, right: &Expr| {
        unsigned(binary(
            BinaryOp::Div,
            Type::I16,
            signed(left),
            signed(right.clone()),
        ))
    };
    let at_least =
        |left: Expr, right: &Expr| compare(CompareOp::Ge, Type::U16, left, right.clone());
    let half = binary(BinaryOp::Shr, Type::U16, a.clone(), constant(1));
    let estimate = binary(
        BinaryOp::Shl,
        Type::U16,
        signed_divide(half, &b),
        constant(1),
    );
    let product = binary(
        BinaryOp::WrappingMul,
        Type::U16,
        quotient.clone(),
        b.clone(),
    );
    let rest = binary(BinaryOp::WrappingSub, Type::U16, a.clone(), product);
    let goes = |condition, yes, no| Terminator::If(condition, BlockId(yes), BlockId(no));
    helper(
        "u16_div",
        vec![
            block(vec![], goes(negative(&b), 1, 2)),
            block(vec![], goes(at_least(a.clone(), &b), 6, 7)),
            block(vec![], goes(negative(&a), 3, 4)),
            block(
                vec![Statement::Set(QUOTIENT, estimate)],
                goes(at_least(rest, &b), 5, 8),
            ),
            block(vec![], Terminator::Return(Some(signed_divide(a, &b)))),
            block(
                vec![],
                Terminator::Return(Some(binary(
                    BinaryOp::WrappingAdd,
                    Type::U16,
                    quotient.clone(),
                    constant(1),
                ))),
            ),
            block(vec![], Terminator::Return(Some(constant(1)))),
            block(vec![], Terminator::Return(Some(constant(0)))),
            block(vec![], Terminator::Return(Some(quotient))),
        ],
    )
}

fn remainder(divide: FunctionId) -> Function {
    let (a, b) = (Expr::Local(A), Expr::Local(B));
    let quotient = Expr::Call(
        Callee::Function(divide),
        vec![a.clone(), b.clone()],
        Some(Type::U16),
    );
    let product = binary(BinaryOp::WrappingMul, Type::U16, quotient, b);
    let rest = binary(BinaryOp::WrappingSub, Type::U16, a, product);
    helper(
        "u16_rem",
        vec![block(vec![], Terminator::Return(Some(rest)))],
    )
}

/// One place by a constant, which clears the sign, then the others.
fn shift_right() -> Function {
    let (a, b) = (Expr::Local(A), Expr::Local(B));
    let nothing = compare(CompareOp::Eq, Type::U16, b.clone(), constant(0));
    let once = binary(BinaryOp::Shr, Type::U16, a.clone(), constant(1));
    let others = binary(BinaryOp::Sub, Type::U16, b, constant(1));
    let shifted = unsigned(binary(BinaryOp::Shr, Type::I16, signed(once), others));
    helper(
        "u16_shr",
        vec![
            block(vec![], Terminator::If(nothing, BlockId(1), BlockId(2))),
            block(vec![], Terminator::Return(Some(a))),
            block(vec![], Terminator::Return(Some(shifted))),
        ],
    )
}
