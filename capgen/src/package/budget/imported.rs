//! What functions of other packages take, as the budgets of those packages tell.

use super::{Memory, Stack, Transaction, Written};
use crate::ir::{ApiMethod, Callee, Expr, Function, Program};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What a function takes that other packages may call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportedBudget {
    /// Its name on the card, `ledger/Decimal.write([BSSS)V`.
    pub method: String,
    /// Its own stack and that of what it calls.
    pub stack: Stack,
    /// What a call allocates, which its caller owns.
    pub allocates: Memory,
    /// What a call writes: a part of its caller's transaction.
    pub written: Written,
    /// The transactions that it begins where its caller has none.
    pub transactions: Vec<Transaction>,
}

/// The name of a function for other packages, if they may call it.
pub(super) fn exported_method(program: &Program, function: &Function) -> Option<String> {
    let entry = function.entry.as_ref()?;
    let method = ApiMethod {
        class: program.exported_name(entry.class?),
        name: entry.name.clone(),
        descriptor: entry.descriptor.clone(),
    };
    Some(method.to_string())
}

/// The functions of imported packages of which there are budgets.
pub(super) struct Imported<'a>(BTreeMap<&'a str, &'a ExportedBudget>);

impl<'a> Imported<'a> {
    pub(super) fn new(exported: impl Iterator<Item = &'a ExportedBudget>) -> Self {
        Self(exported.map(|one| (one.method.as_str(), one)).collect())
    }

    pub(super) fn of(&self, method: &ApiMethod) -> Option<&'a ExportedBudget> {
        if self.0.is_empty() {
            return None;
        }
        self.0.get(method.to_string().as_str()).copied()
    }

    /// The same for a call of such a function.
    pub(super) fn of_call(&self, expr: &Expr) -> Option<&'a ExportedBudget> {
        match expr {
            Expr::Call(Callee::Api(method), _, _) => self.of(method),
            _ => None,
        }
    }
}

/// The methods of imported packages that a program calls.
pub(super) fn called(program: &Program) -> BTreeSet<&ApiMethod> {
    let classes = program.imports.iter().flat_map(|package| &package.classes);
    let classes: BTreeSet<&str> = classes.map(|class| class.name.as_str()).collect();
    let mut found = BTreeSet::new();
    for function in &program.functions {
        function.walk(&mut |expr| {
            if let Expr::Call(Callee::Api(method), _, _) = expr
                && classes.contains(method.class.as_str())
            {
                found.insert(method);
            }
        });
    }
    found
}
