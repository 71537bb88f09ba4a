//! Structured statements as a person would write them.
//!
//! Jumps to where control goes anyway are left out, conditions are joined with `&&` and `||`, loops that
//! begin with a question become `while`, and a branch that never goes on takes its `else` away.

use super::structure::{Condition, Node};
use crate::ir::{BlockId, Position};

/// Where control goes at the end of a list: all of these mean the same there.
#[derive(Clone, Debug, Default)]
struct Follow {
    breaks: Vec<BlockId>,
    continues: Option<BlockId>,
    /// The end of a method without result.
    returns: bool,
}

impl Follow {
    fn is(&self, node: &Node<'_>) -> bool {
        match node {
            Node::Break(label) => self.breaks.contains(label),
            Node::Continue(label) => self.continues == Some(*label),
            Node::Return(None, _) => self.returns,
            _ => false,
        }
    }
}

/// Tidies the body of a method.
pub(super) fn tidy(mut nodes: Vec<Node<'_>>, is_void: bool) -> Vec<Node<'_>> {
    // Each round may make room for another.
    for _ in 0..16 {
        let follow = Follow {
            returns: is_void,
            ..Follow::default()
        };
        let next = list(nodes.clone(), &follow);
        if next == nodes {
            break;
        }
        nodes = next;
    }
    nodes
}

fn list<'a>(nodes: Vec<Node<'a>>, follow: &Follow) -> Vec<Node<'a>> {
    let mut out: Vec<Node<'a>> = Vec::new();
    let count = nodes.len();
    for (index, node) in nodes.into_iter().enumerate() {
        let none = Follow::default();
        let follow = if index + 1 == count { follow } else { &none };
        match node {
            Node::Block(label, body) => block(&mut out, label, body, follow),
            Node::Loop(label, body) => out.push(endless(label, body, follow)),
            Node::While(label, condition, body) => {
                out.push(Node::While(label, condition, list(body, &around(label))));
            }
            Node::If(condition, yes, no) => branch(&mut out, condition, yes, no, follow),
            Node::Switch(key, mut cases, at) => {
                // The end of a case is not the end of the switch unless a `break` says so.
                for case in &mut cases {
                    case.body = list(std::mem::take(&mut case.body), &Follow::default());
                }
                out.push(Node::Switch(key, cases, at));
            }
            other => out.push(other),
        }
        if out.last().is_some_and(never_goes_on) {
            // What is behind was only there for ways that are gone.
            break;
        }
    }
    while out.last().is_some_and(|last| follow.is(last)) {
        out.pop();
    }
    join_guards(out)
}

fn around(label: BlockId) -> Follow {
    Follow {
        continues: Some(label),
        ..Follow::default()
    }
}

fn block<'a>(out: &mut Vec<Node<'a>>, label: BlockId, body: Vec<Node<'a>>, follow: &Follow) {
    let mut inner = follow.clone();
    inner.breaks.push(label);
    let mut body = list(body, &inner);
    // `L: { …; if (c) break L; … }` is `…; if (!c) { … }`.
    let leaves = |node: &Node<'_>| matches!(node, Node::If(_, yes, no) if no.is_empty() && *yes == [Node::Break(label)]);
    if let Some(at) = body.iter().position(leaves) {
        let rest = body.split_off(at + 1);
        if let Some(Node::If(condition, _, _)) = body.pop() {
            body.push(Node::If(condition.negated(), rest, Vec::new()));
        }
    }
    // Where the method ends behind the block, leaving the block is leaving the method.
    if follow.returns && follow.breaks.is_empty() {
        replace(&mut body, label, &Node::Return(None, Position::default()));
    }
    if uses(&body, label) == 0 {
        out.extend(body);
    } else if let [Node::Block(other, _)] = body.as_slice() {
        // Two blocks that end together need one label.
        let other = *other;
        let Some(Node::Block(_, mut content)) = body.pop() else {
            return;
        };
        rename(&mut content, label, other);
        out.push(Node::Block(other, content));
    } else {
        out.push(Node::Block(label, body));
    }
}

/// `while (true)`, or `while (c)` where the first thing is to ask whether to leave.
fn endless<'a>(label: BlockId, body: Vec<Node<'a>>, follow: &Follow) -> Node<'a> {
    let mut body = list(body, &around(label));
    if let Some(Node::If(condition, yes, no)) = body.first()
        && !condition.is_constant()
    {
        let leaves = |nodes: &[Node<'_>]| matches!(nodes, [only] if follow.is(only) && matches!(only, Node::Break(_)));
        if leaves(yes) && no.is_empty() {
            let rest = body.split_off(1);
            if let Some(Node::If(condition, _, _)) = body.pop() {
                return Node::While(label, condition.negated(), rest);
            }
        } else if leaves(no) && body.len() == 1 {
            if let Some(Node::If(condition, yes, _)) = body.pop() {
                return Node::While(label, condition, yes);
            }
        } else if no.is_empty() && leaves(body.get(1..).unwrap_or(&[])) {
            body.truncate(1);
            if let Some(Node::If(condition, yes, _)) = body.pop() {
                return Node::While(label, condition, yes);
            }
        }
    }
    Node::Loop(label, body)
}

fn branch<'a>(
    out: &mut Vec<Node<'a>>,
    condition: Condition<'a>,
    yes: Vec<Node<'a>>,
    no: Vec<Node<'a>>,
    follow: &Follow,
) {
    let (yes, no) = (list(yes, follow), list(no, follow));
    let ends = |nodes: &[Node<'_>]| nodes.last().is_some_and(never_goes_on);
    match (yes.is_empty(), no.is_empty()) {
        (true, true) => out.push(Node::If(condition, yes, no)),
        (true, false) => out.push(Node::If(condition.negated(), no, Vec::new())),
        (false, true) => {
            // `if (a) { if (b) … }` is `if (a && b) …`.
            if let [Node::If(inner, then, otherwise)] = yes.as_slice()
                && otherwise.is_empty()
            {
                let joined = all(condition, inner.clone());
                out.push(Node::If(joined, then.clone(), Vec::new()));
            } else {
                out.push(Node::If(condition, yes, no));
            }
        }
        (false, false) if ends(&yes) && !(ends(&no) && is_shorter_end(&no, &yes)) => {
            out.push(Node::If(condition, yes, Vec::new()));
            out.extend(no);
        }
        (false, false) if ends(&no) => {
            out.push(Node::If(condition.negated(), no, Vec::new()));
            out.extend(yes);
        }
        (false, false) => out.push(Node::If(condition, yes, no)),
    }
}

/// Of two branches that both end, the shorter one makes the better guard.
fn is_shorter_end(a: &[Node<'_>], b: &[Node<'_>]) -> bool {
    weight(a) < weight(b)
}

fn weight(nodes: &[Node<'_>]) -> usize {
    let inner = |node: &Node<'_>| match node {
        Node::If(_, yes, no) => weight(yes) + weight(no),
        Node::Loop(_, body) | Node::While(_, _, body) | Node::Block(_, body) => weight(body),
        Node::Switch(_, cases, _) => cases.iter().map(|case| weight(&case.body)).sum(),
        _ => 0,
    };
    nodes.iter().map(|node| 1 + inner(node)).sum()
}

fn all<'a>(a: Condition<'a>, b: Condition<'a>) -> Condition<'a> {
    let parts = |condition| match condition {
        Condition::All(parts) => parts,
        other => vec![other],
    };
    let mut joined = parts(a);
    joined.extend(parts(b));
    Condition::All(joined)
}

fn any<'a>(a: Condition<'a>, b: Condition<'a>) -> Condition<'a> {
    let parts = |condition| match condition {
        Condition::Any(parts) => parts,
        other => vec![other],
    };
    let mut joined = parts(a);
    joined.extend(parts(b));
    Condition::Any(joined)
}

/// `if (a) X; if (b) X;` where X never goes on is `if (a || b) X;`.
fn join_guards(nodes: Vec<Node<'_>>) -> Vec<Node<'_>> {
    let mut out: Vec<Node<'_>> = Vec::new();
    for node in nodes {
        if let (Some(Node::If(_, before, none)), Node::If(_, now, nothing)) = (out.last(), &node)
            && none.is_empty()
            && nothing.is_empty()
            && before == now
            && now.last().is_some_and(never_goes_on)
            && let (Some(Node::If(a, _, _)), Node::If(b, body, _)) = (out.pop(), node.clone())
        {
            out.push(Node::If(any(a, b), body, Vec::new()));
        } else {
            out.push(node);
        }
    }
    out
}

/// Whether control never comes behind it.
pub(super) fn never_goes_on(node: &Node<'_>) -> bool {
    let ends = |nodes: &[Node<'_>]| nodes.last().is_some_and(never_goes_on);
    match node {
        Node::Break(_)
        | Node::Continue(_)
        | Node::Return(..)
        | Node::Throw(..)
        | Node::Unreachable => true,
        Node::If(_, yes, no) => ends(yes) && ends(no),
        Node::Block(label, body) => ends(body) && uses(body, *label) == 0,
        Node::Switch(_, cases, _) => cases.iter().all(|case| ends(&case.body)),
        Node::Loop(..) => true,
        Node::While(..) | Node::Do(..) => false,
    }
}

/// How often a label is jumped to.
pub(super) fn uses(nodes: &[Node<'_>], label: BlockId) -> usize {
    let in_node = |node: &Node<'_>| match node {
        Node::Break(other) | Node::Continue(other) => usize::from(*other == label),
        Node::If(_, yes, no) => uses(yes, label) + uses(no, label),
        Node::Loop(_, body) | Node::While(_, _, body) | Node::Block(_, body) => uses(body, label),
        Node::Switch(_, cases, _) => cases.iter().map(|case| uses(&case.body, label)).sum(),
        Node::Do(..) | Node::Return(..) | Node::Throw(..) | Node::Unreachable => 0,
    };
    nodes.iter().map(in_node).sum()
}

/// Jumps out of `from` become jumps out of `to`.
fn rename(nodes: &mut [Node<'_>], from: BlockId, to: BlockId) {
    replace(nodes, from, &Node::Break(to));
}

/// Jumps out of `from` become `with`.
fn replace<'a>(nodes: &mut [Node<'a>], from: BlockId, with: &Node<'a>) {
    for node in nodes {
        match node {
            Node::Break(label) if *label == from => *node = with.clone(),
            Node::If(_, yes, no) => {
                replace(yes, from, with);
                replace(no, from, with);
            }
            Node::Loop(_, body) | Node::While(_, _, body) | Node::Block(_, body) => {
                replace(body, from, with);
            }
            Node::Switch(_, cases, _) => {
                for case in cases {
                    replace(&mut case.body, from, with);
                }
            }
            _ => {}
        }
    }
}
