//! Which function calls which, kept beside a program so that nobody walks all of it to find the
//! callers of one function.

use std::collections::{BTreeMap, BTreeSet};

use super::{Function, FunctionId, Program};

/// The calls of a program's functions, both ways.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallGraph {
    /// By caller: the functions called, once for each call, in the order of the code.
    callees: Vec<Vec<FunctionId>>,
    /// By callee: the functions that call it, and how often each does.
    callers: Vec<BTreeMap<usize, usize>>,
}

impl CallGraph {
    /// The calls of a whole program.
    #[must_use]
    pub fn of(program: &Program) -> Self {
        let count = program.functions.len();
        let mut graph = Self {
            callees: vec![Vec::new(); count],
            callers: vec![BTreeMap::new(); count],
        };
        for (index, function) in program.functions.iter().enumerate() {
            graph.update(index, function);
        }
        graph
    }

    /// Takes note that function `index` has changed.
    pub fn update(&mut self, index: usize, function: &Function) {
        let mut now = Vec::new();
        function.walk(&mut |expr| now.extend(expr.called_function()));
        for callee in &now {
            if let Some(callers) = self.callers.get_mut(callee.0) {
                *callers.entry(index).or_default() += 1;
            }
        }
        let Some(slot) = self.callees.get_mut(index) else {
            return;
        };
        for callee in std::mem::replace(slot, now) {
            if let Some(callers) = self.callers.get_mut(callee.0)
                && let Some(count) = callers.get_mut(&index)
            {
                *count -= 1;
                if *count == 0 {
                    callers.remove(&index);
                }
            }
        }
    }

    /// The functions that function `index` calls, once for each call, in the order of the code.
    #[must_use]
    pub fn callees(&self, index: usize) -> &[FunctionId] {
        self.callees.get(index).map_or(&[], Vec::as_slice)
    }

    /// These functions and all that they call, directly or not.
    #[must_use]
    pub fn reached_from(&self, roots: &[FunctionId]) -> BTreeSet<FunctionId> {
        let mut found = BTreeSet::new();
        let mut wanted = roots.to_vec();
        while let Some(id) = wanted.pop() {
            if found.insert(id) {
                wanted.extend(self.callees(id.0));
            }
        }
        found
    }

    /// The functions that call `callee`, in their order, and how often each does.
    pub fn callers(&self, callee: FunctionId) -> impl Iterator<Item = (usize, usize)> + '_ {
        let callers = self.callers.get(callee.0).into_iter().flatten();
        callers.map(|(caller, count)| (*caller, *count))
    }
}
