//! What is tried out and measured with the code generator: blocks copied to where a question is answered (`paths`), and
//! a local to which a constant is added again and again holding the sum (`shift`).
//!
//! What stays the same in a loop is left there: a loop of a command goes round so seldom that keeping it in a word
//! cost more than computing it again, in every program that was measured.

use super::shift::Changed;
use super::{Options, paths, shift, traps};
use crate::codegen::linkage::Methods;
use crate::codegen::size::{Size, function_size};
use crate::codegen::weight::Weight;
use crate::codegen::{BackendError, Effort, Settings};
use crate::ir::calls::CallGraph;
use crate::ir::{BlockId, Function, FunctionId, Program};
use std::collections::BTreeSet;

/// So many changes are tried in one function at most, so that the time grows with the program only.
const MOST_TRIALS: usize = 64;

/// Does so for a whole program.
pub(super) fn place(program: &mut Program, options: &Options) -> Result<(), BackendError> {
    let methods = Methods::of(program)?;
    let calls = CallGraph::of(program);
    let settings = Settings {
        effort: Effort::Estimate,
        ..options.settings()
    };
    for index in 0..program.functions.len() {
        let mut trials = Trials {
            program,
            methods: &methods,
            options,
            settings,
            index,
            left: MOST_TRIALS,
        };
        if options.paths {
            let make = |program: &Program, candidate: &paths::Candidate| {
                let function = program.functions.get(index)?;
                Some(vec![(index, candidate.in_place(function)?)])
            };
            trials.keep_better(paths::candidates, make, paths::Candidate::copied);
        }
        trials.without_traps();
        if options.place {
            let make = |program: &Program, candidate: &shift::Candidate| {
                candidate.changed(program, &calls, index)
            };
            trials.keep_better(shift::candidates, make, |_| None);
        }
    }
    Ok(())
}

struct Trials<'a> {
    program: &'a mut Program,
    methods: &'a Methods,
    options: &'a Options,
    settings: Settings,
    index: usize,
    left: usize,
}

impl Trials<'_> {
    /// Tries the changes that `candidates` gives, one after the other, as `make` makes them; what is better is kept and
    /// changed on. Of those that `alike` tells the same of no second one is tried after one that was no better.
    fn keep_better<C>(
        &mut self,
        candidates: impl Fn(&Program, &Function) -> Vec<C>,
        make: impl Fn(&Program, &C) -> Option<Changed>,
        alike: impl Fn(&C) -> Option<BlockId>,
    ) {
        let index = self.index;
        let look = |program: &Program| {
            let function = program.functions.get(index);
            function.map_or_else(Vec::new, |function| candidates(program, function))
        };
        let mut found = look(self.program);
        if found.is_empty() {
            return;
        }
        let Some(mut alone) = self.measure(&[self.index]) else {
            return;
        };
        let mut at = 0;
        let mut idle = BTreeSet::new();
        while let Some(candidate) = found.get(at) {
            let like = alike(candidate);
            if like.is_some_and(|like| idle.contains(&like)) {
                at += 1;
                continue;
            }
            let Some(left) = self.left.checked_sub(1) else {
                return;
            };
            self.left = left;
            let Some(changed) = make(self.program, candidate) else {
                at += 1;
                continue;
            };
            let indices: Vec<usize> = changed.iter().map(|(index, _)| *index).collect();
            let is_alone = indices.len() == 1;
            let before = if is_alone {
                Some(alone)
            } else {
                self.measure(&indices)
            };
            let kept = self.put(changed);
            super::tidy(self.program, &indices, self.options);
            let after = self.measure(&indices);
            match (before, after) {
                (Some(before), Some(after)) if after < before => {
                    alone = if is_alone {
                        after
                    } else {
                        self.measure(&[self.index]).unwrap_or(alone)
                    };
                    // What was tried before has been tried.
                    found = look(self.program);
                    idle.clear();
                }
                _ => {
                    self.put(kept);
                    idle.extend(like);
                    at += 1;
                }
            }
        }
    }

    /// Without the tests that an access makes again.
    fn without_traps(&mut self) {
        if !self.options.decide {
            return;
        }
        if let Some(mut function) = self.program.functions.get(self.index).cloned() {
            traps::remove(self.program, &mut function);
            self.put(vec![(self.index, function)]);
        }
    }

    /// Puts functions in their places; gives what was there.
    fn put(&mut self, changed: Changed) -> Changed {
        let mut kept = Changed::new();
        for (index, function) in changed {
            if let Some(slot) = self.program.functions.get_mut(index) {
                kept.push((index, std::mem::replace(slot, function)));
            }
        }
        kept
    }

    /// What functions take together, the first as often as the others call it.
    fn measure(&self, indices: &[usize]) -> Option<u64> {
        let sizes: Vec<Size> = indices
            .iter()
            .map(|index| {
                function_size(
                    self.program,
                    self.methods,
                    FunctionId(*index),
                    self.settings,
                )
                .ok()
            })
            .collect::<Option<_>>()?;
        let (first, callers) = sizes.split_first()?;
        let calls = callers.iter().flat_map(|size| &size.calls);
        let often = calls
            .filter(|(callee, _)| *callee == FunctionId(self.index))
            .map(|(_, often)| *often)
            .fold(0, u64::saturating_add);
        let bytes = sizes.iter().map(|size| size.bytes).sum();
        let callers = callers.iter().map(|size| size.nanoseconds);
        let nanoseconds = callers.fold(
            first.nanoseconds.saturating_mul(often.max(1)),
            u64::saturating_add,
        );
        Some(Weight::of(self.settings.goal).total(bytes, nanoseconds))
    }
}
