//! How much a card has to remember between `beginTransaction` and `commitTransaction`.

use super::imported::Imported;
use super::origin::Origins;
use super::paths::{self, Cost};
use super::{Place, depth, element_bytes, field_bytes};
use crate::codegen::interval::Ranges;
use crate::ir::{
    ApiMethod, BlockId, Callee, Expr, Function, FunctionId, Position, Program, Statement,
    Terminator,
};
use serde::{Deserialize, Serialize};
use std::cell::RefCell;
use std::collections::BTreeSet;

/// One transaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transaction {
    /// The function that begins it.
    pub function: String,
    /// Where it begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// What is written until its end.
    #[serde(flatten)]
    pub written: Written,
}

/// What a transaction has to remember.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Written {
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
    /// Places of other packages that have no bound.
    elsewhere: Vec<Place>,
}

impl Writes {
    /// What a method of another package writes, as its budget says.
    fn of_imported(written: &Written) -> Self {
        Self {
            bytes: written.bytes.unwrap_or(0),
            writes: written.writes.unwrap_or(0),
            card: written.card.clone(),
            unbounded: Vec::new(),
            elsewhere: written.unbounded.clone(),
        }
    }

    fn written(self, program: &Program) -> Written {
        let places = self.unbounded.iter();
        let mut unbounded: Vec<Place> = places
            .filter_map(|position| Place::of(program, *position))
            .chain(self.elsewhere)
            .collect();
        unbounded.sort();
        unbounded.dedup();
        let bounded = unbounded.is_empty() && self.unbounded.is_empty();
        let mut card = self.card;
        card.sort();
        Written {
            bytes: bounded.then_some(self.bytes),
            writes: bounded.then_some(self.writes),
            card,
            unbounded,
        }
    }

    fn join(&mut self, other: &Self) {
        for name in &other.card {
            if !self.card.contains(name) {
                self.card.push(name.clone());
            }
        }
        paths::note(&mut self.unbounded, &other.unbounded);
        paths::note(&mut self.elsewhere, &other.elsewhere);
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

/// What each of a program's functions writes in a transaction.
pub(super) struct Analysis<'a> {
    program: &'a Program,
    origins: &'a Origins<'a>,
    imported: &'a Imported<'a>,
    /// The calls on the way to what is being looked at.
    path: RefCell<Vec<FunctionId>>,
}

impl<'a> Analysis<'a> {
    pub(super) fn new(
        program: &'a Program,
        origins: &'a Origins<'a>,
        imported: &'a Imported<'a>,
    ) -> Self {
        Self {
            program,
            origins,
            imported,
            path: RefCell::default(),
        }
    }

    /// All transactions with the functions that begin them, the largest first, those without a bound before all. One that is begun
    /// only where none is under way is not among them where one always is: it is a part of that.
    pub(super) fn all(&self) -> Vec<(FunctionId, Transaction)> {
        let outside = depth::outside(self.program, self.imported);
        let called = outside.calls.into_iter().flat_map(|(id, method)| {
            let budget = self.imported.of(method).into_iter();
            budget.flat_map(move |budget| {
                budget.transactions.iter().map(move |one| (id, one.clone()))
            })
        });
        let mut found: Vec<(FunctionId, Transaction)> = outside
            .begins
            .into_iter()
            .filter_map(|(id, block, statement)| {
                let function = self.program.functions.get(id.0)?;
                let (_, position) = function.blocks.get(block.0)?.statements.get(statement)?;
                let transaction = Transaction {
                    function: function.name.clone(),
                    place: Place::of(self.program, *position),
                    written: self
                        .region(id, function, block, statement + 1)
                        .written(self.program),
                };
                Some((id, transaction))
            })
            .chain(called)
            .collect();
        found.sort_by_key(|(_, Transaction { written, .. })| {
            std::cmp::Reverse((written.bytes.is_none(), written.bytes, written.writes))
        });
        found
    }

    /// What a call of a function writes, in a transaction around it.
    pub(super) fn of_call(&self, id: FunctionId) -> Written {
        self.function(id).written(self.program)
    }

    /// What is written from a statement on until the commit.
    fn region(&self, id: FunctionId, function: &Function, begins: BlockId, from: usize) -> Writes {
        let ranges = Ranges::of(self.program, function);
        let is_own = depth::is_own(function, begins);
        let own_commits: BTreeSet<usize> = (0..function.blocks.len())
            .filter_map(|block| commit_of_own(function, BlockId(block)))
            .map(|commit| commit.0)
            .collect();
        let commits = |block: usize, from: usize| {
            // The end of one that is part of this one is not its end.
            if own_commits.contains(&block) && !is_own {
                return None;
            }
            commit_in(function, block, from)
        };
        let commit = |block: usize, from: usize| {
            let to_own = is_own && commit_of_own(function, BlockId(block)).is_some();
            commits(block, from).or(to_own.then_some(usize::MAX))
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
        let mut first = cost(begins.0, from);
        if commit(begins.0, from).is_none()
            && let Some(begin) = function.blocks.get(begins.0)
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
        if let Some(budget) = self.imported.of(method) {
            sum.add(&Writes::of_imported(&budget.written));
            return;
        }
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

/// Whether this is that method of `JCSystem`.
pub(super) fn calls(method: &ApiMethod, name: &str) -> bool {
    method.name == name && method.class == "javacard/framework/JCSystem"
}

/// The first commit in a block from a statement on.
fn commit_in(function: &Function, block: usize, from: usize) -> Option<usize> {
    let statements = &function.blocks.get(block)?.statements;
    let is_commit = |(statement, _): &(Statement, Position)| {
        matches!(statement, Statement::Eval(Expr::Call(Callee::Api(method), _, _))
            if calls(method, "commitTransaction"))
    };
    let at = statements.get(from..)?.iter().position(is_commit)?;
    Some(from + at)
}

/// The block with nothing but a commit that a block goes to if the transaction is its function's own, and past otherwise.
pub(super) fn commit_of_own(function: &Function, block: BlockId) -> Option<BlockId> {
    let Terminator::If(_, a, b) = &function.blocks.get(block.0)?.terminator else {
        return None;
    };
    let found = [(a, b), (b, a)].into_iter().find(|(commit, past)| {
        let only = function.blocks.get(commit.0);
        only.is_some_and(|only| {
            only.statements.len() == 1 && only.terminator == Terminator::Goto(**past)
        }) && commit_in(function, commit.0, 0) == Some(0)
    });
    found.map(|(commit, _)| *commit)
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
