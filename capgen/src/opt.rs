//! Optimisations on the IR, for small code first.
//!
//! Each can be switched off ([`Options`]); each keeps what a program does, which the tests check with
//! random programs under every combination that matters.

mod cfg;
mod combine;
mod decide;
mod effects;
mod fold;
mod forward;
#[cfg(test)]
pub(crate) mod growth;
mod idle;
mod inline;
mod parameters;
mod paths;
mod place;
mod products;
mod share;
mod shift;
mod sink;
mod thread;
mod traps;

use crate::codegen::legalize::legalize;
use crate::codegen::{BackendError, Effort, Goal, Settings};
use crate::ir::{Block, Function, Program, Terminator};
use decide::Flow;
use std::collections::BTreeSet;

/// Which optimisations run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "independent switches")]
pub struct Options {
    /// Constant expressions are computed, idle operations removed.
    pub fold: bool,
    /// What the ways to a branch have decided is not asked again.
    pub decide: bool,
    /// Ways go past questions that are answered on them; blocks are copied to a way where that pays.
    pub paths: bool,
    /// Blocks are joined, jumps to jumps and equal blocks removed.
    pub blocks: bool,
    /// A value that is used once moves to its use; values that nothing uses go.
    pub forward: bool,
    /// `APDU.getBuffer()` is called once in a function.
    pub share: bool,
    /// Two bytes beside one another are read and written as one `short`; a number that depends on a condition alone is
    /// computed from it.
    pub combine: bool,
    /// Sums are computed where they are wanted; a local to which a constant is added again and again holds the sum.
    pub place: bool,
    /// Parameters that nothing reads, or that are always the same constant, and results that nothing
    /// uses, go.
    pub parameters: bool,
    /// Functions are put in place of their calls where that makes the code smaller.
    pub inline: bool,
    /// Equal ends of instruction sequences are shared, locals are kept in the form that makes the code better.
    pub tails: bool,
    /// Values are left on the stack where they can be.
    pub stack: bool,
    /// A word of a frame may hold values of several types, one after the other.
    pub words: bool,
    /// The code relies on value ranges that are proved on it; without, on those of the types alone.
    pub ranges: bool,
    /// Where bytes and time pull apart, time counts (`-O speed`), by the measured cost of each instruction: calls are
    /// spared at the price of some bytes, and no jump is added to share the end of a sequence.
    pub speed: bool,
}

/// Where one of [`Options`] stands.
pub type Switch = fn(&mut Options) -> &mut bool;

impl Options {
    /// Everything on.
    pub const ALL: Options = Options {
        fold: true,
        decide: true,
        paths: true,
        blocks: true,
        forward: true,
        share: true,
        combine: true,
        place: true,
        parameters: true,
        inline: true,
        tails: true,
        stack: true,
        words: true,
        ranges: true,
        speed: false,
    };

    /// Everything on, for time rather than for bytes.
    pub const SPEED: Options = Options {
        speed: true,
        ..Self::ALL
    };

    /// The optimisations by name, each with its switch.
    pub const SWITCHES: [(&'static str, Switch); 14] = [
        ("fold", |options| &mut options.fold),
        ("decide", |options| &mut options.decide),
        ("paths", |options| &mut options.paths),
        ("blocks", |options| &mut options.blocks),
        ("forward", |options| &mut options.forward),
        ("share", |options| &mut options.share),
        ("combine", |options| &mut options.combine),
        ("place", |options| &mut options.place),
        ("parameters", |options| &mut options.parameters),
        ("inline", |options| &mut options.inline),
        ("tails", |options| &mut options.tails),
        ("stack", |options| &mut options.stack),
        ("words", |options| &mut options.words),
        ("ranges", |options| &mut options.ranges),
    ];

    /// The same without the optimisation of this name.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        for (known, switch) in Self::SWITCHES {
            if known == name {
                *switch(&mut self) = false;
            }
        }
        self
    }

    /// Everything off.
    pub const NONE: Options = Options {
        fold: false,
        decide: false,
        paths: false,
        blocks: false,
        forward: false,
        share: false,
        combine: false,
        place: false,
        parameters: false,
        inline: false,
        tails: false,
        stack: false,
        words: false,
        ranges: false,
        speed: false,
    };
}

impl Options {
    /// What they mean for the code generator.
    #[must_use]
    pub const fn settings(&self) -> Settings {
        Settings {
            effort: if self.tails {
                Effort::Full
            } else {
                Effort::Quick
            },
            goal: if self.speed { Goal::Speed } else { Goal::Size },
            stack: self.stack,
            words: self.words,
        }
    }
}

impl Default for Options {
    fn default() -> Self {
        Self::ALL
    }
}

/// Optimises a program that [`crate::ir::verify`] accepts; it accepts the result too.
///
/// # Errors
/// [`BackendError`] where code that is tried out cannot be generated.
pub fn optimise(program: &mut Program, options: &Options) -> Result<(), BackendError> {
    let all: Vec<usize> = (0..program.functions.len()).collect();
    tidy(program, &all, options);
    if options.parameters && parameters::reduce(program) {
        tidy(program, &all, options);
    }
    if options.inline {
        inline::inline(program, options, 0)?;
        if options.parameters && parameters::reduce(program) {
            tidy(program, &all, options);
        }
    }
    if options.decide {
        let changed = decide::decide_all(program);
        tidy(program, &changed, options);
    }
    parameters::remove_uncalled(program);
    if options.inline {
        with_helpers(program, options)?;
    }
    if options.place || options.paths {
        place::place(program, options)?;
        tidy(
            program,
            &(0..program.functions.len()).collect::<Vec<_>>(),
            options,
        );
    }
    Ok(())
}

/// Puts the helper functions of operations without a short translation in, and in place of their calls where that pays.
fn with_helpers(program: &mut Program, options: &Options) -> Result<(), BackendError> {
    let own = program.functions.len();
    legalize(program, &BTreeSet::new());
    if program.functions.len() == own {
        return Ok(());
    }
    inline::inline(program, options, own)?;
    if options.decide {
        let changed = decide::decide_all(program);
        tidy(program, &changed, options);
    }
    Ok(())
}

/// So often each pass is run at most.
const MOST_ROUNDS: usize = 8;

/// A pass that looks at one function; whether it changed it.
type Pass = fn(&mut Function) -> bool;

/// The passes that look at one function, in their order.
fn passes(options: &Options) -> Vec<Pass> {
    let all: [(bool, Pass); 6] = [
        (options.fold, fold::fold),
        (options.blocks, thread::thread),
        (options.blocks, cfg::simplify),
        (options.combine, combine::combine),
        (options.forward, forward::forward),
        (options.place, sink::sink),
    ];
    let wanted = all.into_iter().filter(|(is_wanted, _)| *is_wanted);
    wanted.map(|(_, pass)| pass).collect()
}

/// Runs the passes that look at one function, until they find nothing more (or often enough).
fn tidy(program: &mut Program, functions: &[usize], options: &Options) {
    let passes = passes(options);
    for &index in functions {
        let Some(slot) = program.functions.get_mut(index) else {
            continue;
        };
        // No pass looks at another function.
        let mut function = slot.take();
        tidy_one(program, &mut function, &passes, options);
        if options.share {
            share::share(&mut function);
        }
        if let Some(slot) = program.functions.get_mut(index) {
            *slot = function;
        }
    }
}

fn tidy_one(program: &Program, function: &mut Function, passes: &[Pass], options: &Options) {
    // So many passes, one after the other, have found nothing.
    let mut idle = 0;
    for _ in 0..MOST_ROUNDS {
        for pass in passes {
            idle = if pass(function) { 0 } else { idle + 1 };
            if idle >= passes.len() {
                break;
            }
        }
        if idle >= passes.len() {
            if !by_ways(program, function, options) {
                return;
            }
            idle = 0;
        }
    }
}

/// Runs the passes that want to know what is known along the ways, until one finds something; whether one did.
fn by_ways(program: &Program, function: &mut Function, options: &Options) -> bool {
    let asks = |block: &Block| matches!(block.terminator, Terminator::If(..));
    let has_ways = function.blocks.iter().any(asks);
    let (decides, goes) = (options.decide && has_ways, options.paths && has_ways);
    let may_be_idle = match options.fold {
        true => idle::candidates(function),
        false => Vec::new(),
    };
    if !(decides || goes) && may_be_idle.is_empty() {
        return false;
    }
    let (mut left_out, mut decided, mut small, mut answered) = Default::default();
    let flow = Flow::alone(program, function);
    if !may_be_idle.is_empty() {
        left_out = idle::idle(&flow, &may_be_idle);
    }
    if decides && left_out.is_empty() {
        decided = decide::confirmed(program, function, flow.decided());
    }
    if decides && left_out.is_empty() && decided.is_empty() {
        small = products::small(&flow);
    }
    if goes && left_out.is_empty() && decided.is_empty() && small.is_empty() {
        answered = paths::answered(&flow);
    }
    idle::leave_out(function, &left_out)
        || decide::apply(function, &decided)
        || products::test(function, &small)
        || paths::straighten(function, &answered)
}
