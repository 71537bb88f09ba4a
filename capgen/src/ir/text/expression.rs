//! Expressions as text, and the words for operations.

use super::{Names, is_plain};
use crate::ir::{BinaryOp, Callee, CompareOp, Expr, Function, Type, UnaryOp};

/// The words for binary operations.
pub(super) const BINARY: [(&str, BinaryOp); 14] = [
    ("add", BinaryOp::Add),
    ("sub", BinaryOp::Sub),
    ("mul", BinaryOp::Mul),
    ("div", BinaryOp::Div),
    ("rem", BinaryOp::Rem),
    ("and", BinaryOp::And),
    ("or", BinaryOp::Or),
    ("xor", BinaryOp::Xor),
    ("shl", BinaryOp::Shl),
    ("shr", BinaryOp::Shr),
    ("shr_unsigned", BinaryOp::ShrUnsigned),
    ("wrapping_add", BinaryOp::WrappingAdd),
    ("wrapping_sub", BinaryOp::WrappingSub),
    ("wrapping_mul", BinaryOp::WrappingMul),
];

/// The words for comparisons.
pub(super) const COMPARE: [(&str, CompareOp); 6] = [
    ("eq", CompareOp::Eq),
    ("ne", CompareOp::Ne),
    ("lt", CompareOp::Lt),
    ("le", CompareOp::Le),
    ("gt", CompareOp::Gt),
    ("ge", CompareOp::Ge),
];

/// The words for unary operations.
pub(super) const UNARY: [(&str, UnaryOp); 2] = [("neg", UnaryOp::Neg), ("not", UnaryOp::Not)];

fn word<T: PartialEq>(table: &[(&'static str, T)], op: &T) -> &'static str {
    table
        .iter()
        .find(|(_, other)| other == op)
        .map_or("?", |(word, _)| word)
}

/// One expression.
pub(super) fn expression(names: &Names, function: &Function, expr: &Expr) -> String {
    let operands: String = expr
        .operands()
        .map(|operand| format!(" {}", expression(names, function, operand)))
        .collect();
    let none = || "none".to_owned();
    match expr {
        Expr::Const(Type::Bool, 0) => "false".to_owned(),
        Expr::Const(Type::Bool, 1) => "true".to_owned(),
        Expr::Const(ty, value) => format!("{value}{}", names.ty(ty)),
        Expr::Local(local) => {
            let name = function
                .locals
                .get(local.0)
                .map_or("", |local| local.name.as_str());
            format!("%{}.{}", if is_plain(name) { name } else { "" }, local.0)
        }
        Expr::ConstArray(array) => format!("(array {})", names.array(array.0)),
        Expr::Unary(op, ty, _) => format!("({} {}{operands})", word(&UNARY, op), names.ty(ty)),
        Expr::Binary(op, ty, _, _) => format!("({} {}{operands})", word(&BINARY, op), names.ty(ty)),
        Expr::Compare(op, ty, _, _) => {
            format!("({} {}{operands})", word(&COMPARE, op), names.ty(ty))
        }
        Expr::Cast { from, to, .. } => {
            format!("(cast {} {}{operands})", names.ty(from), names.ty(to))
        }
        Expr::Field(_, field, class) => {
            format!("(field {}{operands})", names.field(*class, *field))
        }
        Expr::Element(element, _, _) => format!("(elem {}{operands})", names.element(element)),
        Expr::Length(_) => format!("(len{operands})"),
        Expr::Call(Callee::Function(callee), _, _) => {
            format!("(call {}{operands})", names.function(callee.0))
        }
        Expr::Call(Callee::Api(method), _, result) => {
            let result = result.as_ref().map_or_else(none, |ty| names.ty(ty));
            format!("(api {result} {:?}{operands})", method.to_string())
        }
        Expr::New(class) => format!("(new {})", names.class(*class)),
        Expr::NewArray(element, _) => format!("(newarray {}{operands})", names.element(element)),
        Expr::Downcast(_, class) => format!("(downcast {class}{operands})"),
        Expr::Null(ty) => format!("(null {})", names.ty(ty)),
    }
}
