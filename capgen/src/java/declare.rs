//! Which locals a structured statement mentions, and where each is to be declared.

use super::structure::{Condition, Node};
use crate::ir::dataflow::LocalSet;
use crate::ir::{Expr, LocalId, Statement};

/// The locals that statements mention.
pub(super) fn mentioned(nodes: &[Node<'_>], count: usize) -> LocalSet {
    let mut found = LocalSet::empty(count);
    for node in nodes {
        add(node, &mut found);
    }
    found
}

fn add(node: &Node<'_>, found: &mut LocalSet) {
    add_own(node, found);
    for body in bodies(node) {
        for node in body {
            add(node, found);
        }
    }
}

/// The lists of statements in a statement.
fn bodies<'n, 'a>(node: &'n Node<'a>) -> Vec<&'n [Node<'a>]> {
    match node {
        Node::If(_, yes, no) => vec![yes, no],
        Node::Loop(_, body) | Node::While(_, _, body) | Node::Block(_, body) => vec![body],
        Node::Switch(_, cases, _) => cases.iter().map(|case| case.body.as_slice()).collect(),
        _ => Vec::new(),
    }
}

/// What a statement mentions itself, those in it aside.
fn add_own(node: &Node<'_>, found: &mut LocalSet) {
    match node {
        Node::Do(statement, _) => {
            if let Statement::Set(local, _) = statement {
                found.insert(*local);
            }
            statement
                .expressions()
                .for_each(|expr| add_expr(expr, found));
        }
        Node::If(condition, _, _) | Node::While(_, condition, _) => add_condition(condition, found),
        Node::Switch(expr, _, _) | Node::Return(Some(expr), _) | Node::Throw(expr, _) => {
            add_expr(expr, found);
        }
        _ => {}
    }
}

fn add_condition(condition: &Condition<'_>, found: &mut LocalSet) {
    match condition {
        Condition::Is(expr, _) | Condition::Not(expr, _) => add_expr(expr, found),
        Condition::All(parts) | Condition::Any(parts) => {
            parts.iter().for_each(|part| add_condition(part, found));
        }
    }
}

fn add_expr(expr: &Expr, found: &mut LocalSet) {
    expr.walk(&mut |expr| {
        if let Expr::Local(local) = expr {
            found.insert(*local);
        }
    });
}

/// Whether a local is best declared within one of the lists inside a statement, which alone mentions
/// it among its neighbours: if one list has all mentions.
pub(super) fn belongs_inside(node: &Node<'_>, local: LocalId, count: usize) -> bool {
    // The cases of a switch are one scope in Java.
    if matches!(node, Node::Switch(..)) {
        return false;
    }
    let mut own = LocalSet::empty(count);
    add_own(node, &mut own);
    let inside = bodies(node)
        .into_iter()
        .filter(|body| mentioned(body, count).contains(local))
        .count();
    !own.contains(local) && inside == 1
}
