//! How much a card has to remember between `beginTransaction` and `commitTransaction`.

use super::origin::Origins;
use super::paths::{self, Cost};
use super::{Place, element_bytes, field_bytes};
use crate::codegen::interval::Ranges;
use crate::ir::{
    ApiMethod, Callee, Expr, Function, FunctionId, Position, Program, Statement, Terminator,
};
use serde::Serialize;
use std::cell::RefCell;

/// One transaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Transaction {
    /// The function that begins it.
    pub function: String,
    /// Where it begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// Bytes of old values at most; `None` where there is no bound.
    pub bytes: Option<usize>,
    /// Writes at most; `None` where there is no bound.
    pub writes: Option<usize>,
    /// What the API's objects do in it, which may take more: `javacard.framework.OwnerPIN.update`.
    pub card: Vec<String>,
    /// Why there is no bound: loops that write, lengths that are not known.
    pub unbounded: Vec<Place>,
}

#[derive(Clone, Debug, Default, PartialEq)]
struct Writes {
    bytes: usize,
    writes: usize,
    card: Vec<String>,
    unbounded: Vec<Position>,
}

impl Writes {
    fn join(&mut self, other: &Self) {
        for name in &other.card {
            if !self.card.contains(name) {
                self.card.push(name.clone());
            }
        }
        paths::note(&mut self.unbounded, &other.unbounded);
    }
}

impl Cost for Writes {
    fn add(&mut self, other: &Self) {
        self.bytes += other.bytes;
        self.writes += other.writes;
        self.join(other);
    }

    fn max(&mut self, other: &Self) {
        self.bytes = self.bytes.max(other.bytes);
        self.writes = self.writes.max(other.writes);
        self.join(other);
    }

    fn repeat(&mut self, position: Position) {
        if self.writes > 0 {
            self.unbounded.push(position);
        }
    }
}

/// All transactions of a program with the functions that begin them, the largest first, those without a
/// bound before all.
pub(super) fn all(program: &Program, origins: &Origins<'_>) -> Vec<(FunctionId, Transaction)> {
    let mut found = Vec::new();
    for (index, function) in program.functions.iter().enumerate() {
        for (block, content) in function.blocks.iter().enumerate() {
            for (statement, (begin, position)) in content.statements.iter().enumerate() {
                if calls(begin, "beginTransaction") {
                    let analysis = Analysis {
                        program,
                        origins,
                        path: RefCell::default(),
                    };
                    let id = FunctionId(index);
                    let writes = analysis.region(id, function, block, statement + 1);
                    found.push((id, transaction(program, function, *position, writes)));
                }
            }
        }
    }
    found.sort_by_key(|(_, transaction)| {
        std::cmp::Reverse((
            transaction.bytes.is_none(),
            transaction.bytes,
            transaction.writes,
        ))
    });
    found
}

fn transaction(
    program: &Program,
    function: &Function,
    position: Position,
    writes: Writes,
) -> Transaction {
    let places = writes.unbounded.iter();
    let mut unbounded: Vec<Place> = places
        .filter_map(|position| Place::of(program, *position))
        .collect();
    unbounded.sort();
    unbounded.dedup();
    let bounded = writes.unbounded.is_empty();
    let mut card = writes.card;
    card.sort();
    Transaction {
        function: function.name.clone(),
        place: Place::of(program, position),
        bytes: bounded.then_some(writes.bytes),
        writes: bounded.then_some(writes.writes),
        card,
        unbounded,
    }
}

/// Whether a statement is a call of this method of `JCSystem`.
fn calls(statement: &Statement, name: &str) -> bool {
    matches!(statement, Statement::Eval(Expr::Call(Callee::Api(method), _, _))
        if method.name == name && method.class == "javacard/framework/JCSystem")
}

/// Whether a block ends with the question whether the transaction is its function's own: a commit that is gone past
/// otherwise. On a way that began it the answer is yes.
fn own_commit(
    function: &Function,
    block: usize,
    commits: &impl Fn(usize, usize) -> Option<usize>,
) -> bool {
    let block = function.blocks.get(block);
    let Some(Terminator::If(_, a, b)) = block.map(|block| &block.terminator) else {
        return false;
    };
    [(a, b), (b, a)].iter().any(|(commit, past)| {
        let only = function.blocks.get(commit.0);
        only.is_some_and(|only| {
            only.statements.len() == 1 && only.terminator == Terminator::Goto(**past)
        }) && commits(commit.0, 0) == Some(0)
    })
}

struct Analysis<'a> {
    program: &'a Program,
    origins: &'a Origins<'a>,
    /// The calls on the way to what is being looked at.
    path: RefCell<Vec<FunctionId>>,
}

impl Analysis<'_> {
    /// What is written from a statement on until the commit.
    fn region(&self, id: FunctionId, function: &Function, block: usize, from: usize) -> Writes {
        let ranges = Ranges::of(self.program, function);
        let commits = |block: usize, from: usize| {
            let statements = function.blocks.get(block).map(|block| &block.statements);
            let statements = statements.map_or(&[][..], Vec::as_slice);
            let rest = statements.get(from..).unwrap_or(&[]);
            rest.iter()
                .position(|(statement, _)| calls(statement, "commitTransaction"))
                .map(|at| from + at)
        };
        let commit = |block: usize, from: usize| {
            let to_commit = || own_commit(function, block, &commits).then_some(usize::MAX);
            commits(block, from).or_else(to_commit)
        };
        let cost = |block: usize, from: usize| {
            let end = commits(block, from);
            self.block(
                id,
                function,
                &ranges,
                block,
                from..end.unwrap_or(usize::MAX),
            )
        };
        let mut first = cost(block, from);
        if commit(block, from).is_none()
            && let Some(begin) = function.blocks.get(block)
        {
            let mut after = Writes::default();
            for next in begin.terminator.successors() {
                after.max(&paths::worst(
                    function,
                    next.0,
                    |block| cost(block, 0),
                    |block| commit(block, 0).is_some(),
                ));
            }
            first.add(&after);
        }
        first
    }

    fn block(
        &self,
        id: FunctionId,
        function: &Function,
        ranges: &Ranges<'_>,
        block: usize,
        statements: std::ops::Range<usize>,
    ) -> Writes {
        let mut sum = Writes::default();
        let Some(block) = function.blocks.get(block) else {
            return sum;
        };
        let to_end = statements.end == usize::MAX;
        let end = statements.end.min(block.statements.len());
        for (statement, position) in block.statements.get(statements.start..end).unwrap_or(&[]) {
            self.statement(id, statement, &mut sum);
            for root in statement.expressions() {
                self.calls(id, root, ranges, *position, &mut sum);
            }
        }
        if to_end && let Some(root) = block.terminator.expression() {
            self.calls(id, root, ranges, block.position, &mut sum);
        }
        sum
    }

    fn statement(&self, id: FunctionId, statement: &Statement, sum: &mut Writes) {
        match statement {
            Statement::SetField(_, field, class, _) => {
                let class = self.program.classes.get(class.0);
                let field = class.and_then(|class| class.fields.get(*field));
                sum.bytes += field.map_or(2, |field| field_bytes(&field.ty));
                sum.writes += 1;
            }
            Statement::SetElement(element, array, _, _)
                if self.origins.of_array(id, array).is_persistent =>
            {
                sum.bytes += element_bytes(element);
                sum.writes += 1;
            }
            _ => {}
        }
    }

    fn calls(
        &self,
        id: FunctionId,
        root: &Expr,
        ranges: &Ranges<'_>,
        position: Position,
        sum: &mut Writes,
    ) {
        root.walk(&mut |expr| match expr {
            Expr::Call(Callee::Function(callee), _, _) => {
                sum.add(&self.function(*callee));
            }
            Expr::Call(Callee::Api(method), arguments, _) => {
                self.api(id, method, arguments, ranges, position, sum);
            }
            _ => {}
        });
    }

    /// What a function writes at most.
    fn function(&self, id: FunctionId) -> Writes {
        let Some(function) = self.program.functions.get(id.0) else {
            return Writes::default();
        };
        if self.path.borrow().contains(&id) {
            return Writes {
                unbounded: vec![function.position],
                ..Writes::default()
            };
        }
        self.path.borrow_mut().push(id);
        let ranges = Ranges::of(self.program, function);
        let cost = |block: usize| self.block(id, function, &ranges, block, 0..usize::MAX);
        let found = paths::worst(function, 0, cost, |_| false);
        self.path.borrow_mut().pop();
        found
    }

    fn api(
        &self,
        id: FunctionId,
        method: &ApiMethod,
        arguments: &[Expr],
        ranges: &Ranges<'_>,
        position: Position,
        sum: &mut Writes,
    ) {
        // (the array written, how many bytes)
        let written = match (method.class.as_str(), method.name.as_str()) {
            ("javacard/framework/Util", "arrayCopy") => (arguments.get(2), arguments.get(4)),
            ("javacard/framework/Util", "arrayFill") => (arguments.first(), arguments.get(2)),
            ("javacard/framework/Util", "setShort") => (arguments.first(), None),
            _ => {
                if changes_the_card(method) {
                    sum.card.push(format!(
                        "{}.{}",
                        method.class.replace('/', "."),
                        method.name
                    ));
                }
                return;
            }
        };
        let Some(array) = written.0 else { return };
        let origin = self.origins.of_array(id, array);
        if !origin.is_persistent {
            return;
        }
        let length = match written.1 {
            None => Some(2),
            Some(length) => {
                let most = usize::try_from(ranges.range(length).high).ok();
                let is_known = most.is_some_and(|most| most < 0x7fff);
                match (origin.length, most.filter(|_| is_known)) {
                    (Some(a), Some(b)) => Some(a.min(b)),
                    (a, b) => a.or(b),
                }
            }
        };
        sum.writes += 1;
        match length {
            Some(length) => sum.bytes += length,
            None => sum.unbounded.push(position),
        }
    }
}

/// Whether a method of the API may write persistent memory of its own: anything but what only reads, or
/// is not atomic anyway.
fn changes_the_card(method: &ApiMethod) -> bool {
    let object = !matches!(
        method.class.as_str(),
        "javacard/framework/APDU"
            | "javacard/framework/JCSystem"
            | "javacard/framework/Util"
            | "javacard/framework/ISOException"
            | "org/globalplatform/GPSystem"
            | "org/globalplatform/SecureChannel"
    );
    object && !(method.name.starts_with("get") || method.name.starts_with("is"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As along a chain of branches, each of whose two ways goes on to the next.
    #[test]
    fn ways_that_meet_name_a_place_once() {
        let mut sum = Writes {
            unbounded: vec![Position::default()],
            ..Writes::default()
        };
        for _ in 0..10 {
            let other = sum.clone();
            sum.max(&other);
            sum.add(&other);
        }
        assert_eq!(sum.unbounded.len(), 1);
    }
}
