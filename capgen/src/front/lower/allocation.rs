//! Everything is allocated when the applet is installed, nothing afterwards: a card has no garbage
//! collector that one may count on.

use std::collections::BTreeSet;

use crate::diagnostic::{Diagnostic, Span};
use crate::ir::{Callee, Expr, Function, FunctionId, Position};

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
        for (root, position) in function.expressions() {
            root.walk(&mut |expr| match expr {
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
