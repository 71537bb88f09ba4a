//! What an optimisation asks before it relies on a value range.
//!
//! Ranges are found on the IR ([`interval`](super::interval), `opt::decide`), and what they show to be idle is left out: a branch that only
//! ever goes one way, a mask, a test. Nothing of that is in the code any more, so that a look at it could not tell whether it was right. Therefore
//! it is asked while it still is: the function as it stands is made into instructions, with the branch and the value in question in them, and
//! [`proof`](super::proof), which knows nothing of the IR, must come to the same answer.

use super::emit::{Emitter, WORD};
use super::interval::{Interval, Ranges};
use super::item::{Item, Label};
use super::layout::Plan;
use super::linkage::Methods;
use super::proof::{self, Found, Ways};
use super::weight::Weight;
use super::{Goal, words_at_start};
use crate::ir::dataflow::LocalSet;
use crate::ir::{ApiMethod, BlockId, Expr, Function, FunctionId, Position, Program};
use std::collections::{BTreeMap, HashMap};

/// What is asked of one function.
#[derive(Clone, Debug, Default)]
pub struct Questions {
    count: usize,
    /// By block that ends with a condition: the number of the question, and whether the condition would always hold.
    branches: BTreeMap<usize, (usize, bool)>,
    /// The number of the question, and a block that ends with [`Terminator::Unreachable`](crate::ir::Terminator::Unreachable).
    end: Option<(usize, usize)>,
    /// By the place of the expression in memory: equal ones stand at many places of a function.
    values: HashMap<*const Expr, (usize, Interval)>,
}

impl Questions {
    /// Asks whether the condition at the end of a block always holds, or never; the number of the question.
    pub fn branch(&mut self, block: usize, holds: bool) -> usize {
        let number = self.number();
        self.branches.insert(block, (number, holds));
        number
    }

    /// Asks whether an expression of the function, a number of one word, is in an interval whenever it is evaluated; the number of the question.
    pub fn value(&mut self, expr: &Expr, range: Interval) -> usize {
        let number = self.number();
        self.values
            .insert(std::ptr::from_ref(expr), (number, as_words(range)));
        number
    }

    /// Asks what is known at the end of a block.
    fn end(&mut self, block: usize) {
        self.end = Some((self.number(), block));
    }

    fn number(&mut self) -> usize {
        self.count += 1;
        self.count - 1
    }

    pub(super) fn of_branch(&self, block: usize) -> Option<(usize, bool)> {
        self.branches.get(&block).copied()
    }

    pub(super) fn of_end(&self, block: usize) -> Option<usize> {
        self.end
            .filter(|(_, asked)| *asked == block)
            .map(|(number, _)| number)
    }

    pub(super) fn of_value(&self, expr: &Expr) -> Option<(usize, Interval)> {
        self.values.get(&std::ptr::from_ref(expr)).copied()
    }
}

/// The words of these numbers, of which a `u16` above 32767 is a negative one; nothing where they are not one interval.
fn as_words(range: Interval) -> Interval {
    const WORDS: i32 = 0x1_0000;
    let below = Interval::new(range.low - WORDS, range.high - WORDS);
    match () {
        () if range.within(WORD) => range,
        () if range.low > WORD.high && below.within(WORD) => below,
        () => Interval::NOTHING,
    }
}

/// What is known of functions, proved on their instructions.
#[derive(Clone, Copy, Debug, Default)]
pub struct Known<'a> {
    /// What the function in question is called with, word by word; any words where this is empty.
    pub arguments: &'a [Option<Interval>],
    /// What functions of the package give back, by their number.
    pub results: &'a [Option<Interval>],
}

/// What the instructions of a function say.
#[derive(Clone, Debug, Default)]
pub struct Answers {
    /// Whether the answer to each question is yes.
    yes: Vec<bool>,
    /// The words that the function gives back, if it comes back with one.
    pub result: Option<Interval>,
    /// What it calls functions of the package with, word by word; nothing is known of one that it may call otherwise.
    pub calls: Vec<(FunctionId, Vec<Interval>)>,
}

impl Answers {
    /// Whether it is certain.
    #[must_use]
    pub fn is_yes(&self, question: usize) -> bool {
        self.yes.get(question).copied().unwrap_or(false)
    }
}

/// What the instructions of a function as it stands say; nothing if they cannot be made, or rely on something that does not follow.
#[must_use]
pub fn ask(
    program: &Program,
    function: &Function,
    questions: &Questions,
    known: Known<'_>,
) -> Option<Answers> {
    // What the types alone show can be proved where the ranges cannot.
    [true, false]
        .into_iter()
        .find_map(|with_ranges| ask_with(program, function, questions, known, with_ranges))
}

fn ask_with(
    program: &Program,
    function: &Function,
    questions: &Questions,
    known: Known<'_>,
    with_ranges: bool,
) -> Option<Answers> {
    let (_, found) = look(program, function, questions, known, with_ranges)?;
    let yes = (0..questions.count).map(|number| found.answers.get(&number) == Some(&true));
    Some(Answers {
        yes: yes.collect(),
        result: found.result,
        calls: found.calls,
    })
}

/// Whether, with what is known at the end of the block `from`, which is said to be unreachable, each way from the block `to` on ends in an
/// exception for `status` before anything is changed; `is_idle` tells which methods of the API change nothing.
#[must_use]
pub fn ends_in_exception(
    program: &Program,
    function: &Function,
    (from, to): (BlockId, BlockId),
    status: i32,
    is_idle: &dyn Fn(&ApiMethod) -> bool,
) -> bool {
    let mut questions = Questions::default();
    questions.end(from.0);
    let Some((items, found)) = look(program, function, &questions, Known::default(), true) else {
        return false;
    };
    // Where no way leads nothing is left out.
    let ways = |state| Ways::of(&items, status, is_idle).end(Label(to.0), state);
    found.asked_with.is_none_or(ways)
}

/// The instructions of a function, and what they show; nothing if they cannot be made, or rely on something that does not follow.
fn look(
    program: &Program,
    function: &Function,
    questions: &Questions,
    known: Known<'_>,
    with_ranges: bool,
) -> Option<(Vec<Item>, Found)> {
    let plan = Plan::of(function);
    let (slots, words) = plan.slots(function, None).ok()?;
    let signed = LocalSet::empty(function.locals.len());
    let mut start = words_at_start(function, &slots, words, &signed);
    for (word, argument) in start.iter_mut().zip(known.arguments) {
        *word = argument.map_or(*word, |argument| word.clamp_to(argument));
    }
    let mut emitter = Emitter {
        program,
        function,
        // As static methods all: the instructions do the same.
        methods: &Methods::default(),
        ranges: Ranges::trusted(program, function, with_ranges),
        plan: &plan,
        slots,
        this: None,
        signed,
        items: Vec::new(),
        next_label: function.blocks.len(),
        position: Position::default(),
        weight: Weight::of(Goal::Size),
        with_claims: true,
        questions: Some(questions),
    };
    emitter.run().ok()?;
    let found = proof::run(&emitter.items, start, known.results).ok()?;
    found.unproved.is_none().then_some((emitter.items, found))
}
