//! What stays the same in a loop is computed before it.

use super::sink::is_arithmetic;
use crate::ir::{
    Block, BlockId, Callee, Expr, Function, Local, LocalId, Program, Statement, Terminator,
    dataflow,
};

/// The function with one more value computed before a loop, for each that can be.
pub(super) fn candidates(program: &Program, function: &Function) -> Vec<Function> {
    let mut found = Vec::new();
    for inside in loops(function) {
        for value in invariants(function, &inside) {
            found.extend(hoisted(program, function, &inside, &value));
        }
    }
    found
}

/// A loop: its head, and whether each block is in it.
struct Inside {
    head: usize,
    blocks: Vec<bool>,
}

/// The loops of a function, one for each head, those around others last.
fn loops(function: &Function) -> Vec<Inside> {
    let count = function.blocks.len();
    let mut predecessors = vec![Vec::new(); count];
    for (index, block) in function.blocks.iter().enumerate() {
        for next in block.terminator.successors() {
            if let Some(list) = predecessors.get_mut(next.0) {
                list.push(index);
            }
        }
    }
    let mut found = Vec::new();
    for head in 1..count {
        // What leads to the head and is reached only through it closes the loop.
        let others = reached_without(function, head);
        let ends = predecessors.get(head).into_iter().flatten();
        let ends: Vec<usize> = ends
            .copied()
            .filter(|end| others.get(*end) == Some(&false))
            .collect();
        if ends.is_empty() {
            continue;
        }
        let mut blocks = vec![false; count];
        if let Some(slot) = blocks.get_mut(head) {
            *slot = true;
        }
        let mut work = ends;
        while let Some(block) = work.pop() {
            if let Some(slot @ false) = blocks.get_mut(block) {
                *slot = true;
                work.extend(predecessors.get(block).into_iter().flatten());
            }
        }
        // Through its head alone it is entered then; the head of the function has nothing before it.
        let is_natural = blocks.first() != Some(&true);
        if is_natural {
            found.push(Inside { head, blocks });
        }
    }
    found.sort_by_key(|inside| inside.blocks.iter().filter(|inside| **inside).count());
    found
}

/// The blocks that are reached from the entry without going through `head`.
fn reached_without(function: &Function, head: usize) -> Vec<bool> {
    let mut seen = vec![false; function.blocks.len()];
    let mut work = vec![0];
    while let Some(index) = work.pop() {
        if index == head {
            continue;
        }
        if let Some(slot @ false) = seen.get_mut(index) {
            *slot = true;
            let block = function.blocks.get(index);
            let nexts = block
                .into_iter()
                .flat_map(|block| block.terminator.successors());
            work.extend(nexts.map(|next| next.0));
        }
    }
    seen
}

/// The largest expressions in a loop that give the same every time and take some computing.
fn invariants(function: &Function, inside: &Inside) -> Vec<Expr> {
    let blocks = function.blocks.iter().zip(&inside.blocks);
    let blocks: Vec<&Block> = blocks
        .filter(|(_, inside)| **inside)
        .map(|(block, _)| block)
        .collect();
    let mut changed = dataflow::LocalSet::empty(function.locals.len());
    let mut fields_stay = true;
    for block in &blocks {
        for (statement, _) in &block.statements {
            match statement {
                Statement::Set(local, _) => {
                    changed.insert(*local);
                }
                Statement::SetField(..) => fields_stay = false,
                Statement::SetElement(..) | Statement::Eval(_) => {}
            }
            statement
                .expressions()
                .for_each(|expr| fields_stay &= !calls(expr));
        }
        fields_stay &= !block.terminator.expression().is_some_and(calls);
    }
    let stays = |expr: &Expr| {
        let mut stays = true;
        expr.walk(&mut |expr| match expr {
            Expr::Local(local) => stays &= !changed.contains(*local),
            Expr::Field(object, ..) => {
                stays &= fields_stay && matches!(**object, Expr::Local(LocalId(0)));
            }
            _ => {}
        });
        stays
    };
    let mut found: Vec<Expr> = Vec::new();
    let mut take = |expr: &Expr| {
        fn visit(expr: &Expr, stays: &impl Fn(&Expr) -> bool, found: &mut Vec<Expr>) {
            let takes_computing = matches!(expr, Expr::Binary(..) | Expr::Cast { .. });
            if takes_computing && is_computed(expr) && stays(expr) {
                if !found.contains(expr) {
                    found.push(expr.clone());
                }
                return;
            }
            for operand in expr.operands() {
                visit(operand, stays, found);
            }
        }
        visit(expr, &stays, &mut found);
    };
    for block in blocks {
        for (statement, _) in &block.statements {
            statement.expressions().for_each(&mut take);
        }
        block
            .terminator
            .expression()
            .into_iter()
            .for_each(&mut take);
    }
    found
}

/// Whether it is arithmetic on locals and fields that are not only constants.
fn is_computed(expr: &Expr) -> bool {
    match expr {
        Expr::Field(object, ..) => matches!(**object, Expr::Local(_)),
        Expr::Binary(..) | Expr::Unary(..) | Expr::Cast { .. } => {
            super::effects::is_droppable(expr) && expr.operands().all(is_computed)
        }
        _ => is_arithmetic(expr),
    }
}

fn calls(expr: &Expr) -> bool {
    let mut calls = false;
    expr.walk(&mut |expr| {
        calls |= match expr {
            Expr::Call(Callee::Api(method), ..) => {
                !super::effects::is_get_buffer(method) && !super::combine::is_get_short(method)
            }
            Expr::Call(..) | Expr::New(_) | Expr::NewArray(..) => true,
            _ => false,
        };
    });
    calls
}

fn hoisted(
    program: &Program,
    function: &Function,
    inside: &Inside,
    value: &Expr,
) -> Option<Function> {
    let ty = value.type_in(program, function)?;
    let mut function = function.clone();
    let local = LocalId(function.locals.len());
    function.locals.push(Local {
        name: String::new(),
        ty,
    });
    let before = BlockId(function.blocks.len());
    let head = function.blocks.get(inside.head)?;
    let position = head.position;
    for (block, is_inside) in function.blocks.iter_mut().zip(&inside.blocks) {
        if *is_inside {
            let mut replace = |expr: &mut Expr| put(expr, value, local);
            for (statement, _) in &mut block.statements {
                statement.expressions_mut().for_each(&mut replace);
            }
            block
                .terminator
                .expression_mut()
                .into_iter()
                .for_each(&mut replace);
        } else {
            for next in block.terminator.successors_mut() {
                if next.0 == inside.head {
                    *next = before;
                }
            }
        }
    }
    function.blocks.push(Block {
        statements: vec![(Statement::Set(local, value.clone()), position)],
        terminator: Terminator::Goto(BlockId(inside.head)),
        position,
    });
    Some(function)
}

/// From the outside to the inside, so that the whole value is found.
fn put(expr: &mut Expr, value: &Expr, local: LocalId) {
    if expr == value {
        *expr = Expr::Local(local);
    } else {
        expr.operands_mut()
            .for_each(|operand| put(operand, value, local));
    }
}
