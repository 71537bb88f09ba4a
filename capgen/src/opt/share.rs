//! `APDU.getBuffer()` is called once: it always gives the same array, and its call takes as many
//! bytes as keeping the array does.

use super::effects::is_get_buffer;
use crate::ir::{Callee, Element, Expr, Function, Local, LocalId, Position, Statement, Type};

/// Does so in a function that calls it twice or more.
pub(super) fn share(function: &mut Function) {
    while let Some((call, apdu)) = repeated(function) {
        replace(function, &call, apdu);
    }
}

/// A call on a parameter that never changes, if it stands there more than once.
fn repeated(function: &Function) -> Option<(Expr, LocalId)> {
    let entered_again = function
        .blocks
        .iter()
        .any(|block| block.terminator.successors().any(|next| next.0 == 0));
    if entered_again {
        return None;
    }
    let assigned = |local: LocalId| {
        let mut statements = function.blocks.iter().flat_map(|block| &block.statements);
        statements.any(
            |(statement, _)| matches!(statement, Statement::Set(target, _) if *target == local),
        )
    };
    let mut calls: Vec<(Expr, LocalId, usize)> = Vec::new();
    function.walk(&mut |expr| {
        if let Expr::Call(
            Callee::Api(method),
            arguments,
            Some(Type::Array(Element::U8 | Element::I8)),
        ) = expr
            && is_get_buffer(method)
            && let [Expr::Local(apdu)] = arguments.as_slice()
            && function.parameters.contains(apdu)
        {
            match calls.iter_mut().find(|(call, _, _)| call == expr) {
                Some((_, _, count)) => *count += 1,
                None => calls.push((expr.clone(), *apdu, 1)),
            }
        }
    });
    let found = calls
        .into_iter()
        .find(|(_, apdu, count)| *count > 1 && !assigned(*apdu));
    found.map(|(call, apdu, _)| (call, apdu))
}

fn replace(function: &mut Function, call: &Expr, apdu: LocalId) {
    let Expr::Call(_, _, Some(ty)) = call else {
        return;
    };
    let buffer = LocalId(function.locals.len());
    function.locals.push(Local {
        name: "buffer".to_owned(),
        ty: ty.clone(),
    });
    function.walk_mut(&mut |expr| {
        if expr == call {
            *expr = Expr::Local(buffer);
        }
    });
    debug_assert!(function.parameters.contains(&apdu));
    if let Some(entry) = function.blocks.first_mut() {
        entry.statements.insert(
            0,
            (Statement::Set(buffer, call.clone()), Position::default()),
        );
    }
}
