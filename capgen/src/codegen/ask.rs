//! What an optimisation asks before it relies on a value range.
//!
//! Ranges are found on the IR ([`interval`](super::interval), `opt::decide`), and what they show to be idle is left
//! out: a branch that only ever goes one way, a mask, a test. Nothing of that is in the code any more, so that a look
//! at it could not tell whether it was right. Therefore it is asked while it still is: the function as it stands is
//! made into instructions, with the branch and the value in question in them, and `proof`, which knows
//! nothing of the IR, must come to the same answer.

use super::emit::{Emitter, WORD};
use super::interval::{Interval, Ranges};
use super::item::{Item, Label};
use super::layout::Plan;
use super::linkage::Methods;
use super::proof::{self, Found, Ways};
use super::weight::Weight;
use super::{Goal, frame, words_at_start};
use crate::ir::dataflow::LocalSet;
use crate::ir::{ApiMethod, BlockId, Expr, Function, FunctionId, Position, Program};
use std::collections::{BTreeMap, HashMap};

/// What is asked of one function.
#[derive(Clone, Debug, Default)]
pub struct Questions {
    /// By number: the words that must be found there; none where no way must lead to it.
    wanted: Vec<Interval>,
    /// By block that ends with a condition: the number of the question, and whether the condition would always hold.
    branches: BTreeMap<usize, (usize, bool)>,
    /// The number of the question, and a block that ends with
    /// [`Terminator::Unreachable`](crate::ir::Terminator::Unreachable).
    end: Option<(usize, usize)>,
    /// By the place of the expression in memory: equal ones stand at many places of a function.
    values: HashMap<*const Expr, usize>,
}

impl Questions {
    /// Asks whether the condition at the end of a block always holds, or never; the number of the question.
    pub fn branch(&mut self, block: usize, holds: bool) -> usize {
        let number = self.number(Interval::NOTHING);
        self.branches.insert(block, (number, holds));
        number
    }

    /// Asks whether an expression of the function, a number of one word, is in an interval whenever it is evaluated;
    /// the number of the question.
    pub fn value(&mut self, expr: &Expr, range: Interval) -> usize {
        let number = self.number(as_words(range));
        self.values.insert(std::ptr::from_ref(expr), number);
        number
    }

    /// Asks what is known at the end of a block.
    fn end(&mut self, block: usize) {
        self.end = Some((self.number(Interval::NOTHING), block));
    }

    fn number(&mut self, wanted: Interval) -> usize {
        self.wanted.push(wanted);
        self.wanted.len() - 1
    }

    pub(super) fn of_branch(&self, block: usize) -> Option<(usize, bool)> {
        self.branches.get(&block).copied()
    }

    pub(super) fn of_end(&self, block: usize) -> Option<usize> {
        self.end
            .filter(|(_, asked)| *asked == block)
            .map(|(number, _)| number)
    }

    pub(super) fn of_value(&self, expr: &Expr) -> Option<usize> {
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
    /// By question: the words that it must be about, and those that were found; nothing of one that was not met.
    answers: Vec<(Interval, Option<Option<Interval>>)>,
    /// The words that the function gives back, if it comes back with one.
    pub result: Option<Interval>,
    /// What it calls functions of the package with, word by word; nothing is known of one that it may call otherwise.
    pub calls: Vec<(FunctionId, Vec<Interval>)>,
}

impl Answers {
    /// Whether the answer is yes for certain.
    #[must_use]
    pub fn is_yes(&self, question: usize) -> bool {
        match self.answers.get(question) {
            Some((wanted, Some(found))) => found.is_none_or(|found| found.within(*wanted)),
            _ => false,
        }
    }

    /// The words that the value in question is one of; nothing if that is not known.
    #[must_use]
    pub fn words(&self, question: usize) -> Option<Interval> {
        self.answers.get(question)?.1?
    }
}

/// What the instructions of a function as it stands say; nothing if they cannot be made, or rely on something that
/// does not follow.
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
    let wanted = questions.wanted.iter().enumerate();
    let answers = wanted.map(|(number, wanted)| (*wanted, found.answers.get(&number).copied()));
    Some(Answers {
        answers: answers.collect(),
        result: found.result,
        calls: found.calls,
    })
}

/// Whether, with what is known at the end of the block `from`, which is said to be unreachable, each way from the
/// block `to` on ends in an exception for `status` before anything is changed; `is_idle` tells which methods of the
/// API change nothing.
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

/// The instructions of a function, and what they show; nothing if they cannot be made, or rely on something that does
/// not follow.
fn look(
    program: &Program,
    function: &Function,
    questions: &Questions,
    known: Known<'_>,
    with_ranges: bool,
) -> Option<(Vec<Item>, Found)> {
    let plan = Plan::of(function);
    let (slots, words) =
        frame::apart(function).or_else(|| frame::words(&plan, function, None, true).ok())?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::{Terminator, text};

    fn program(body: &str) -> Program {
        let source = format!(
            "package \"test\" aid A0000000010301 version 1.0
class Thing {{ data: [u8], field: u16 }}
fn use (%this.0: Thing, %a.1: usize, %b.2: usize) {{
  local %x.3: u16
  local %word.4: i16
  b0:
{body}
}}"
        );
        text::parse(&source).unwrap_or_else(|error| panic!("{error}\n{source}"))
    }

    /// Whether the condition at the end of a block always holds, and whether it never does.
    fn always_and_never(body: &str, block: usize) -> [bool; 2] {
        let program = program(body);
        let function = &program.functions[0];
        [true, false].map(|holds| {
            let mut questions = Questions::default();
            let question = questions.branch(block, holds);
            let answers = ask(&program, function, &questions, Known::default());
            answers.expect("answers").is_yes(question)
        })
    }

    /// `a` is below `first` at the one question; is it always below `second` at the other?
    #[test]
    fn a_branch_is_confirmed_where_it_follows_and_refused_where_not() {
        let below = |first: u32, second: u32| {
            let body = format!(
                "    if (lt usize %a.1 {first}usize) b1 b2
  b1:
    if (lt usize %a.1 {second}usize) b2 b3
  b2:
    return
  b3:
    throw 27904u16"
            );
            always_and_never(&body, 1)
        };
        assert_eq!(below(10, 10), [true, false]);
        assert_eq!(below(10, 11), [true, false]);
        assert_eq!(below(10, 9), [false, false]);
        assert_eq!(below(10, 0), [false, true]);
    }

    /// `a <= limit - b` tells that `a + b` is a `usize`, not that it is after `a` has changed.
    #[test]
    fn what_is_no_more_than_a_difference_adds_up() {
        let sum = |between: &str| {
            let body = format!(
                "    if (le i16 (cast usize i16 %a.1) (sub i16 1000i16 (cast usize i16 %b.2))) b1 b2
  b1:
{between}    %x.3 = (add u16 (cast usize u16 %a.1) (cast usize u16 %b.2))
    if (lt u16 %x.3 32768u16) b2 b3
  b2:
    return
  b3:
    throw 28416u16"
            );
            always_and_never(&body, 1)
        };
        assert_eq!(sum(""), [true, false]);
        let changed = "    %a.1 = (cast i16 usize (and i16 (cast usize i16 %b.2) 32767i16))\n";
        assert_eq!(sum(changed), [false, false]);
    }

    /// The value that is written to the field is at most `most`: as the instructions say, and no less.
    #[test]
    fn a_value_is_in_its_range_and_in_no_smaller_one() {
        let program = program(
            "    %x.3 = (and u16 (field Thing.field %this.0) 127u16)
    (field Thing.field %this.0) = (add u16 %x.3 3u16)
    return",
        );
        let function = &program.functions[0];
        let (statement, _) = &function.blocks[0].statements[1];
        let value = statement.expressions().last().expect("a value");
        for (low, high, is_yes) in [
            (3, 130, true),
            (0, 200, true),
            (3, 129, false),
            (4, 130, false),
        ] {
            let mut questions = Questions::default();
            let question = questions.value(value, Interval::new(low, high));
            let answers = ask(&program, function, &questions, Known::default());
            assert_eq!(
                answers.expect("answers").is_yes(question),
                is_yes,
                "{low}..={high}"
            );
        }
    }

    /// What a function is called with counts if it is known, and what it gives back is told.
    #[test]
    fn arguments_narrow_what_follows() {
        let body = "    if (lt usize %a.1 4usize) b1 b2
  b1:
    return
  b2:
    throw 27904u16";
        let program = program(body);
        for (most, is_yes) in [(3, true), (4, false)] {
            let mut questions = Questions::default();
            let question = questions.branch(0, true);
            let arguments = [None, Some(Interval::new(0, most)), None];
            let known = Known {
                arguments: &arguments,
                results: &[],
            };
            let answers = ask(&program, &program.functions[0], &questions, known);
            assert_eq!(answers.expect("answers").is_yes(question), is_yes);
        }
    }

    /// Behind a sum that is negative as a word, `then` runs; b2 is where the test goes if it is not made.
    fn ends(then: &str) -> bool {
        let body = format!(
            "    %word.4 = (cast u16 i16 (add u16 (cast usize u16 %a.1) (cast usize u16 %b.2)))
    if (lt i16 %word.4 0i16) b1 b2
  b1:
    unreachable
  b2:
{then}"
        );
        let program = program(&body);
        let function = &program.functions[0];
        assert_eq!(function.blocks[1].terminator, Terminator::Unreachable);
        let ways = (BlockId(1), BlockId(2));
        ends_in_exception(&program, function, ways, 0x6F00, &|_| false)
    }

    #[test]
    fn only_an_access_below_zero_or_the_same_status_ends_a_way() {
        let write = |index: &str| {
            format!("    (elem u8 (field Thing.data %this.0) {index}) = 1u8\n    return")
        };
        let word = "(cast i16 usize %word.4)";
        assert!(ends(&write(word)));
        assert!(ends("    throw 28416u16"));
        // Another status, an index that may be in bounds, no exception at all.
        assert!(!ends("    throw 27904u16"));
        assert!(!ends(&write("%a.1")));
        assert!(!ends(&write(&format!("(add usize {word} 5usize)"))));
        assert!(!ends("    return"));
        // Something is changed before.
        let before = "    (field Thing.field %this.0) = 1u16\n";
        assert!(!ends(&format!("{before}{}", write(word))));
        let other = "    (elem u8 (field Thing.data %this.0) 0usize) = 1u8\n";
        assert!(!ends(&format!("{other}{}", write(word))));
    }
}
