//! Everything is allocated when the applet is installed, nothing afterwards: a card has no garbage
//! collector that one may count on.

use std::collections::BTreeSet;

use crate::diagnostic::{Diagnostic, Span};
use crate::ir::{Callee, Expr, Function, FunctionId, Position, Statement, Terminator};

/// What is allocated by `process`, `deselect` and all that they call.
pub(super) fn check(functions: &[Function]) -> Vec<Diagnostic> {
    let entries = functions.iter().enumerate().filter(|(_, function)| {
        function
            .entry
            .as_ref()
            .is_some_and(|entry| entry.name != "install")
    });
    let mut wanted: Vec<FunctionId> = entries.map(|(id, _)| FunctionId(id)).collect();
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    while let Some(id) = wanted.pop() {
        let (true, Some(function)) = (seen.insert(id), functions.get(id.0)) else {
            continue;
        };
        for (expr, position) in roots(function) {
            walk(expr, &mut |expr| match expr {
                Expr::Call(Callee::Function(id), _, _) => wanted.push(*id),
                expr if allocates(expr) => found.push(refused(position)),
                _ => {}
            });
        }
    }
    found
}

fn refused(position: Position) -> Diagnostic {
    let column = position.column.saturating_sub(1);
    let span = Span {
        file: position.file,
        line: position.line,
        column,
        end_line: position.line,
        end_column: column + 1,
    };
    Diagnostic::new(
        span,
        "an object is made while a command runs",
        "the card would keep its memory for good",
    )
    .help("make it in `install` and keep it in a field")
}

fn allocates(expr: &Expr) -> bool {
    match expr {
        Expr::New(_) | Expr::NewArray(..) => true,
        Expr::Call(Callee::Api(method), _, _) => {
            method.name == "<init>"
                || method.name == "getInstance"
                || method.name.starts_with("makeTransient")
        }
        _ => false,
    }
}

fn roots(function: &Function) -> Vec<(&Expr, Position)> {
    let mut list = Vec::new();
    for block in &function.blocks {
        for (statement, position) in &block.statements {
            match statement {
                Statement::Set(_, value) | Statement::Eval(value) => list.push((value, *position)),
                Statement::SetField(object, _, _, value) => {
                    list.extend([(object, *position), (value, *position)]);
                }
                Statement::SetElement(_, array, index, value) => {
                    list.extend([array, index, value].map(|expr| (expr, *position)));
                }
            }
        }
        match &block.terminator {
            Terminator::If(value, _, _)
            | Terminator::Switch(value, _, _)
            | Terminator::Return(Some(value))
            | Terminator::Throw(value) => list.push((value, block.position)),
            Terminator::Goto(_) | Terminator::Return(None) | Terminator::Unreachable => {}
        }
    }
    list
}

fn walk(expr: &Expr, f: &mut dyn FnMut(&Expr)) {
    f(expr);
    match expr {
        Expr::Unary(_, _, a)
        | Expr::Field(a, _, _)
        | Expr::Length(a)
        | Expr::NewArray(_, a)
        | Expr::Downcast(a, _)
        | Expr::Cast { value: a, .. } => walk(a, f),
        Expr::Binary(_, _, a, b) | Expr::Compare(_, _, a, b) | Expr::Element(_, a, b) => {
            walk(a, f);
            walk(b, f);
        }
        Expr::Call(_, list, _) => list.iter().for_each(|argument| walk(argument, f)),
        Expr::Const(..) | Expr::Local(_) | Expr::ConstArray(_) | Expr::New(_) | Expr::Null(_) => {}
    }
}
