//! What locals hold, tried out and measured with the code generator: a local to which a constant is added again and again
//! holds the sum (`shift`).
//!
//! What stays the same in a loop is left there: a loop of a command goes round so seldom that keeping it in a word
//! cost more than computing it again, in every program that was measured.

use super::{Options, shift};
use crate::codegen::linkage::Methods;
use crate::codegen::size::function_size;
use crate::codegen::{BackendError, Effort, Settings};
use crate::ir::{Function, FunctionId, Program};

/// So many changes are tried in one function at most, so that the time grows with the program only.
const MOST_TRIALS: usize = 64;

/// Does so for a whole program.
pub(super) fn place(program: &mut Program, options: &Options) -> Result<(), BackendError> {
    let methods = Methods::of(program)?;
    let settings = Settings {
        effort: Effort::Quick,
        ..options.settings()
    };
    for index in 0..program.functions.len() {
        let mut trials = Trials {
            program,
            methods: &methods,
            settings,
            index,
            left: MOST_TRIALS,
        };
        trials.keep_better(shift::candidates);
    }
    Ok(())
}

struct Trials<'a> {
    program: &'a mut Program,
    methods: &'a Methods,
    settings: Settings,
    index: usize,
    left: usize,
}

impl Trials<'_> {
    /// Tries the changed functions that `candidates` gives; what is better is kept and changed again.
    fn keep_better(&mut self, candidates: impl Fn(&Function) -> Vec<Function>) {
        let Some(mut least) = self.measure() else {
            return;
        };
        loop {
            let Some(function) = self.program.functions.get(self.index).cloned() else {
                return;
            };
            let mut is_better = false;
            for candidate in candidates(&function) {
                let Some(left) = self.left.checked_sub(1) else {
                    return;
                };
                self.left = left;
                let kept = self.put(candidate);
                match self.measure().filter(|found| *found < least) {
                    Some(found) => {
                        least = found;
                        is_better = true;
                        break;
                    }
                    None => {
                        if let Some(kept) = kept {
                            self.put(kept);
                        }
                    }
                }
            }
            if !is_better {
                return;
            }
        }
    }

    fn put(&mut self, function: Function) -> Option<Function> {
        let slot = self.program.functions.get_mut(self.index)?;
        Some(std::mem::replace(slot, function))
    }

    /// Time, where it counts, and bytes.
    fn measure(&self) -> Option<(u64, usize)> {
        let id = FunctionId(self.index);
        let size = function_size(self.program, self.methods, id, self.settings).ok()?;
        Some((size.nanoseconds, size.bytes))
    }
}
