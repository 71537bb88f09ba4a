//! Everything is allocated when the applet is installed, nothing afterwards: a card has no garbage
//! collector that one may count on.

use std::collections::BTreeSet;

use crate::diagnostic::{Diagnostic, Span};
use crate::ir::{ApiMethod, Callee, Expr, Function, FunctionId, Position};

/// What is allocated by `process`, `deselect` and all that they call. `imported` are the methods of imported packages that allocate. What a library package allocates is the business
/// of who calls it.
pub(super) fn check(functions: &[Function], imported: &BTreeSet<ApiMethod>) -> Vec<Diagnostic> {
    let entries = functions.iter().enumerate().filter(|(_, function)| {
        function
            .entry
            .as_ref()
            .is_some_and(|entry| entry.name != "install" && entry.class.is_none())
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
                Expr::Call(Callee::Api(method), _, _) if imported.contains(method) => {
                    found.push(refused(position));
                }
                expr if allocates(expr) => found.push(refused(position)),
                _ => {}
            });
        }
    }
    found
}

/// A place in the source, a character wide.
pub(super) fn span(position: Position) -> Span {
    let column = position.column.saturating_sub(1);
    Span {
        file: position.file,
        line: position.line,
        column,
        end_line: position.line,
        end_column: column + 1,
    }
}

fn refused(position: Position) -> Diagnostic {
    Diagnostic::new(
        span(position),
        "an object is made while a command runs",
        "the card would keep its memory for good",
    )
    .help("make it in `install` and keep it in a field")
}

fn allocates(expr: &Expr) -> bool {
    match expr {
        Expr::New(_) | Expr::NewArray(..) => true,
        Expr::Call(Callee::Api(method), _, _) => makes_an_object(method),
        _ => false,
    }
}

/// Whether a method of the API makes an object.
pub(super) fn makes_an_object(method: &ApiMethod) -> bool {
    method.name == "<init>"
        || method.name == "getInstance"
        || method.name.starts_with("makeTransient")
}
