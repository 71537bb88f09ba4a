//! A local to which a constant is added wherever it is used holds the sum instead: data of a command begins at byte 5
//! of the APDU buffer, so that every index into it is such a sum. A parameter is passed so.
//!
//! The sum is kept as a signed word that may wrap, which is exact whatever the local holds: where the local itself is
//! wanted the constant is taken off again. In an order it is added to both sides, where neither can wrap.

use std::cell::OnceCell;

use super::decide::Flow;
use crate::codegen::ask::{Known, Questions, ask};
use crate::codegen::interval::Interval;
use crate::ir::calls::CallGraph;
use crate::ir::{
    BinaryOp, Callee, CompareOp, Expr, Function, FunctionId, LocalId, Program, Statement,
    Terminator, Type,
};

/// So many constants are tried for one group.
const MOST_CONSTANTS: usize = 2;

/// Functions as they are to be, by their numbers.
pub(super) type Changed = Vec<(usize, Function)>;

/// A group of locals, and a constant that is added to them.
pub(super) struct Candidate {
    group: Vec<LocalId>,
    by: i32,
    /// The blocks that end with an order which stays the same when the constant is added to both sides.
    orders: Vec<bool>,
}

/// What may be shifted in a function.
pub(super) fn candidates(program: &Program, function: &Function) -> Vec<Candidate> {
    let groups = groups(function);
    if groups.is_empty() {
        return Vec::new();
    }
    let orders = OnceCell::new();
    let mut found = Vec::new();
    for group in groups {
        for by in constants(function, &group) {
            let orders = orders.get_or_init(|| sides_of_orders(program, function));
            let is_kept =
                |sides: &Option<[Interval; 2]>| sides.is_some_and(|sides| have_room(sides, by));
            found.push(Candidate {
                orders: orders.iter().map(is_kept).collect(),
                group: group.clone(),
                by,
            });
        }
    }
    found
}

impl Candidate {
    /// Function `index` with the locals shifted, and its callers where parameters are among them.
    pub(super) fn changed(
        &self,
        program: &Program,
        calls: &CallGraph,
        index: usize,
    ) -> Option<Changed> {
        let shift = Shift::of(program, program.functions.get(index)?, &self.group, self.by);
        Some(changed(program, calls, index, &shift, &self.orders))
    }
}

/// Numbers of one word of the frame.
fn may(function: &Function, local: LocalId) -> bool {
    let is_number = function
        .locals
        .get(local.0)
        .is_some_and(|local| matches!(local.ty, Type::Usize | Type::I16));
    let is_kept = function.entry.is_some() || function.receiver.is_some();
    is_number && !(is_kept && function.parameters.contains(&local))
}

/// Locals that are copied into one another.
fn groups(function: &Function) -> Vec<Vec<LocalId>> {
    let mut of: Vec<usize> = (0..function.locals.len()).collect();
    let statements = function.blocks.iter().flat_map(|block| &block.statements);
    for (statement, _) in statements {
        if let Statement::Set(to, value) = statement
            && let Some((from, 0)) = sum(value)
            && may(function, *to)
            && may(function, from)
            && let (Some(&kept), Some(&gone)) = (of.get(to.0), of.get(from.0))
        {
            for group in of.iter_mut().filter(|group| **group == gone) {
                *group = kept;
            }
        }
    }
    let mut groups: Vec<Vec<LocalId>> = vec![Vec::new(); of.len()];
    for (index, group) in of.into_iter().enumerate() {
        if may(function, LocalId(index))
            && let Some(group) = groups.get_mut(group)
        {
            group.push(LocalId(index));
        }
    }
    groups.retain(|group| !group.is_empty());
    groups
}

/// The constants that are added to locals of a group, the most frequent first.
fn constants(function: &Function, group: &[LocalId]) -> Vec<i32> {
    let mut counts: Vec<(i32, usize)> = Vec::new();
    let mut look = |expr: &Expr| {
        if let Some((local, by)) = sum(expr)
            && by != 0
            && group.contains(&local)
        {
            match counts.iter_mut().find(|(known, _)| *known == by) {
                Some((_, count)) => *count += 1,
                None => counts.push((by, 1)),
            }
        }
    };
    // A step of a loop is not what is wanted of it.
    for block in &function.blocks {
        for (statement, _) in &block.statements {
            if !matches!(statement, Statement::Set(local, _) if group.contains(local)) {
                statement
                    .expressions()
                    .for_each(|expr| outermost(expr, &mut look));
            }
        }
        if let Some(expr) = block.terminator.expression() {
            outermost(expr, &mut look);
        }
    }
    counts.sort_by_key(|(by, count)| (std::cmp::Reverse(*count), *by));
    counts.truncate(MOST_CONSTANTS);
    counts.into_iter().map(|(by, _)| by).collect()
}

/// Looks at the sums in an expression, not at those in them.
fn outermost(expr: &Expr, look: &mut impl FnMut(&Expr)) {
    look(expr);
    if sum(expr).is_none() {
        expr.operands().for_each(|operand| outermost(operand, look));
    }
}

/// A local and the constant that is added to it, computed in 16 bits.
fn sum(expr: &Expr) -> Option<(LocalId, i32)> {
    use BinaryOp::{Add, Sub, WrappingAdd, WrappingSub};
    match expr {
        Expr::Local(local) => Some((*local, 0)),
        Expr::Cast { from, to, value } if is_word(from) && is_word(to) => sum(value),
        Expr::Binary(op @ (Add | Sub | WrappingAdd | WrappingSub), ty, left, right)
            if is_word(ty) =>
        {
            let Expr::Const(_, by) = **right else {
                return None;
            };
            let (local, inner) = sum(left)?;
            let by = if matches!(op, Add | WrappingAdd) {
                by
            } else {
                -by
            };
            Some((local, inner + by))
        }
        _ => None,
    }
}

fn is_word(ty: &Type) -> bool {
    matches!(ty, Type::Usize | Type::I16 | Type::U16)
}

/// By block that ends with an order of two words: what both sides can be, as the IR and the instructions show.
fn sides_of_orders(program: &Program, function: &Function) -> Vec<Option<[Interval; 2]>> {
    let flow = Flow::alone(program, function);
    let mut questions = Questions::default();
    let mut asked = Vec::new();
    flow.each_end(&mut |index, _, state| {
        let end = function.blocks.get(index).map(|block| &block.terminator);
        if let Some(Terminator::If(Expr::Compare(_, Type::Usize | Type::I16, left, right), ..)) =
            end
        {
            let sides = [left, right].map(|side| {
                // A constant is what it is.
                let is_constant = matches!(**side, Expr::Const(..));
                let question = (!is_constant).then(|| questions.value(side, WORD));
                (flow.range(side, state), question)
            });
            asked.push((index, sides));
        }
    });
    let mut found = vec![None; function.blocks.len()];
    if asked.is_empty() {
        return found;
    }
    let answers = ask(program, function, &questions, Known::default());
    for (index, sides) in asked {
        let both = |(range, question): (Interval, Option<usize>)| match question {
            Some(question) => Some(range.join(answers.as_ref()?.words(question)?)),
            None => Some(range),
        };
        let [left, right] = sides.map(both);
        if let Some(slot) = found.get_mut(index) {
            *slot = left.zip(right).map(|(left, right)| [left, right]);
        }
    }
    found
}

/// Whether a constant can be added to all that both sides of an order can be.
fn have_room(sides: [Interval; 2], by: i32) -> bool {
    sides
        .iter()
        .all(|side| side.within(WORD) && Interval::new(side.low + by, side.high + by).within(WORD))
}

/// What a word can be.
const WORD: Interval = Interval::new(-0x8000, 0x7fff);

fn changed(
    program: &Program,
    calls: &CallGraph,
    index: usize,
    shift: &Shift<'_>,
    orders: &[bool],
) -> Changed {
    let mut changed = vec![(index, shift.function(orders))];
    let passed: Vec<usize> = (0..shift.original.parameters.len())
        .filter(|place| {
            let parameter = shift.original.parameters.get(*place);
            parameter.is_some_and(|parameter| shift.group.contains(parameter))
        })
        .collect();
    if passed.is_empty() {
        return changed;
    }
    for (caller, _) in calls.callers(FunctionId(index)) {
        if caller == index {
            continue;
        }
        if let Some(function) = program.functions.get(caller) {
            changed.push((caller, function.clone()));
        }
    }
    for (_, function) in &mut changed {
        let typed = function.clone();
        function.walk_mut(&mut |expr| {
            let Expr::Call(Callee::Function(FunctionId(callee)), arguments, _) = expr else {
                return;
            };
            if *callee != index {
                return;
            }
            for place in &passed {
                if let Some(argument) = arguments.get_mut(*place) {
                    let unshifted = std::mem::replace(argument, Expr::Const(Type::I16, 0));
                    *argument = added(as_word(unshifted, program, &typed), shift.by);
                }
            }
        });
    }
    changed
}

struct Shift<'a> {
    program: &'a Program,
    original: &'a Function,
    /// With the types that the locals get.
    typed: Function,
    group: &'a [LocalId],
    by: i32,
}

impl<'a> Shift<'a> {
    fn of(program: &'a Program, original: &'a Function, group: &'a [LocalId], by: i32) -> Self {
        let mut typed = original.clone();
        for local in group {
            if let Some(local) = typed.locals.get_mut(local.0) {
                local.ty = Type::I16;
            }
        }
        Self {
            program,
            original,
            typed,
            group,
            by,
        }
    }

    fn function(&self, orders: &[bool]) -> Function {
        let mut function = self.typed.clone();
        for (index, block) in function.blocks.iter_mut().enumerate() {
            for (statement, _) in &mut block.statements {
                for expr in statement.expressions_mut() {
                    self.read(expr);
                }
                if let Statement::Set(local, value) = statement
                    && self.group.contains(local)
                {
                    let unshifted = std::mem::replace(value, Expr::Const(Type::I16, 0));
                    *value = added(self.word(unshifted), self.by);
                }
            }
            let is_kept = orders.get(index).copied().unwrap_or(false);
            match &mut block.terminator {
                Terminator::If(condition, ..) if is_kept && self.is_order(condition) => {
                    self.order(condition);
                }
                other => {
                    if let Some(expr) = other.expression_mut() {
                        self.read(expr);
                    }
                }
            }
        }
        function
    }

    fn sum(&self, expr: &Expr) -> Option<(LocalId, i32)> {
        sum(expr).filter(|(local, _)| self.group.contains(local))
    }

    /// A `usize` that is kept as one less, in an order: `x < y` is `x <= y - 1`.
    fn order_of_less(&self, expr: &mut Expr) -> bool {
        let Expr::Compare(op, ty @ (Type::Usize | Type::I16), left, right) = expr else {
            return false;
        };
        let is_less = |side: &Expr| {
            let is_size = |local| *self.original.local_type(local) == Type::Usize;
            self.by == -1 && matches!(self.sum(side), Some((local, 0)) if is_size(local))
        };
        let (is_right, same) = match op {
            CompareOp::Lt if is_less(right) => (true, CompareOp::Le),
            CompareOp::Ge if is_less(right) => (true, CompareOp::Gt),
            CompareOp::Gt if is_less(left) => (false, CompareOp::Ge),
            CompareOp::Le if is_less(left) => (false, CompareOp::Lt),
            _ => return false,
        };
        let (own, other) = if is_right {
            (right, left)
        } else {
            (left, right)
        };
        let Some((local, _)) = self.sum(own) else {
            return false;
        };
        (*op, *ty) = (same, Type::I16);
        **own = Expr::Local(local);
        self.read(other);
        let value = std::mem::replace(&mut **other, Expr::Const(Type::I16, 0));
        **other = self.word(value);
        true
    }

    /// Puts the shifted locals in, from the outside to the inside.
    fn read(&self, expr: &mut Expr) {
        if let Some((local, by)) = self.sum(expr) {
            let ty = expr.type_in(self.program, self.original);
            let word = added(Expr::Local(local), by - self.by);
            *expr = match ty {
                Some(ty) if ty != Type::I16 => Expr::Cast {
                    from: Type::I16,
                    to: ty,
                    value: Box::new(word),
                },
                _ => word,
            };
            return;
        }
        if self.order_of_less(expr) {
            return;
        }
        match expr {
            // The constants of two shifted ones are gone in their difference.
            Expr::Binary(BinaryOp::Sub, ty @ (Type::Usize | Type::I16), left, right)
                if let (Some((a, by)), Some((b, less))) = (self.sum(left), self.sum(right)) =>
            {
                let difference = Expr::Binary(
                    BinaryOp::WrappingSub,
                    Type::I16,
                    Box::new(Expr::Local(a)),
                    Box::new(Expr::Local(b)),
                );
                let word = added(difference, by - less);
                *expr = match ty {
                    Type::I16 => word,
                    _ => Expr::Cast {
                        from: Type::I16,
                        to: ty.clone(),
                        value: Box::new(word),
                    },
                };
            }
            Expr::Compare(CompareOp::Eq | CompareOp::Ne, Type::Usize | Type::I16, left, right)
                if self.sum(left).is_some()
                    && (self.sum(right).is_some() || matches!(**right, Expr::Const(..))) =>
            {
                self.order(expr);
            }
            _ => expr.operands_mut().for_each(|operand| self.read(operand)),
        }
    }

    /// Whether one side of a comparison is shifted, and the other as well or a constant, or a sum with one.
    fn is_order(&self, condition: &Expr) -> bool {
        let Expr::Compare(_, Type::Usize | Type::I16, left, right) = condition else {
            return false;
        };
        let takes = |expr: &Expr| self.sum(expr).is_some() || matches!(expr, Expr::Const(..));
        let is_shifted = self.sum(left).is_some() || self.sum(right).is_some();
        let with_constant = |expr: &Expr| sum(expr).is_some_and(|(_, by)| by == -self.by);
        is_shifted && (takes(left) || with_constant(left)) && (takes(right) || with_constant(right))
    }

    /// Adds the constant to both sides of a comparison.
    fn order(&self, condition: &mut Expr) {
        let Expr::Compare(_, ty, left, right) = condition else {
            return;
        };
        *ty = Type::I16;
        for side in [left, right] {
            self.read(side);
            let unshifted = std::mem::replace(&mut **side, Expr::Const(Type::I16, 0));
            **side = added(self.word(unshifted), self.by);
        }
    }

    fn word(&self, value: Expr) -> Expr {
        as_word(value, self.program, &self.typed)
    }
}

fn wrapped(value: i32) -> i16 {
    let [_, _, high, low] = value.to_be_bytes();
    i16::from_be_bytes([high, low])
}

/// A word plus a constant, sums of constants added up.
fn added(word: Expr, by: i32) -> Expr {
    let (word, by) = match word {
        Expr::Const(Type::I16, value) => {
            return Expr::Const(Type::I16, wrapped(value + by).into());
        }
        Expr::Binary(
            op @ (BinaryOp::WrappingAdd | BinaryOp::WrappingSub),
            Type::I16,
            inner,
            other,
        ) if matches!(*other, Expr::Const(..)) => {
            let Expr::Const(_, other) = *other else {
                return *other;
            };
            let other = if op == BinaryOp::WrappingAdd {
                other
            } else {
                -other
            };
            (*inner, by + other)
        }
        word => (word, by),
    };
    // A small number is the shorter one to push.
    let (op, by) = match wrapped(by) {
        0 => return word,
        by @ -5..=-2 => (BinaryOp::WrappingSub, -by),
        by => (BinaryOp::WrappingAdd, by),
    };
    let by = Box::new(Expr::Const(Type::I16, by.into()));
    Expr::Binary(op, Type::I16, Box::new(word), by)
}

/// The low 16 bits of a value, its sums and products computed as words.
fn as_word(value: Expr, program: &Program, function: &Function) -> Expr {
    use BinaryOp::{Add, Mul, Sub, WrappingAdd, WrappingMul, WrappingSub};
    match value {
        Expr::Const(_, value) => Expr::Const(Type::I16, wrapped(value).into()),
        Expr::Cast { from, to, value } if is_word(&from) && is_word(&to) => {
            as_word(*value, program, function)
        }
        Expr::Binary(
            op @ (Add | Sub | Mul | WrappingAdd | WrappingSub | WrappingMul),
            ty,
            left,
            right,
        ) if is_word(&ty) && matches!(*right, Expr::Const(..)) => {
            let Expr::Const(_, by) = *right else {
                return *right;
            };
            match (op, as_word(*left, program, function)) {
                (Add | WrappingAdd, left) => added(left, by),
                (Sub | WrappingSub, left) => added(left, -by),
                // (x + a) * b is x * b + a * b.
                (_, Expr::Binary(op @ (WrappingAdd | WrappingSub), _, inner, other))
                    if matches!(*other, Expr::Const(..)) =>
                {
                    let Expr::Const(_, other) = *other else {
                        return *other;
                    };
                    let other = if op == WrappingAdd { other } else { -other };
                    added(times(*inner, by), other * by)
                }
                (_, left) => times(left, by),
            }
        }
        value => match value.type_in(program, function) {
            Some(from) if from != Type::I16 => Expr::Cast {
                from,
                to: Type::I16,
                value: Box::new(value),
            },
            _ => value,
        },
    }
}

fn times(word: Expr, by: i32) -> Expr {
    let by = Box::new(Expr::Const(Type::I16, wrapped(by).into()));
    Expr::Binary(BinaryOp::WrappingMul, Type::I16, Box::new(word), by)
}
