//! The words of a frame, and which locals share one.

use super::error::BackendError;
use super::layout::Plan;
use crate::ir::dataflow::{self, LocalSet};
use crate::ir::{Expr, Function, LocalId, Statement, Type};
use std::collections::BTreeMap;

/// Gives every local that is read a word of the frame, parameters first; two locals share one if they are never live
/// together and, unless words may be `mixed`, hold what a verifier takes for the same type. `this` keeps word 0. The
/// locals that are used most get the lowest words, which have the shortest instructions. Gives the words by local, and
/// their count.
pub(super) fn words(
    plan: &Plan,
    function: &Function,
    this: Option<LocalId>,
    mixed: bool,
) -> Result<(Vec<Option<u8>>, usize), BackendError> {
    let count = function.locals.len();
    let (mut conflicts, copies) = conflicts(plan, function);
    let same = coalesce(function, this, &mut conflicts, &copies, mixed);
    let mut slots: Vec<Option<usize>> = vec![None; count];
    let words = |local: LocalId| function.local_type(local).words();
    let mut held = Held::default();
    let mut used = 0;
    for parameter in &function.parameters {
        if let Some(slot) = slots.get_mut(parameter.0) {
            *slot = Some(used);
        }
        held.put(
            used,
            words(*parameter),
            Kind::of(function, *parameter, mixed),
        );
        used += words(*parameter);
    }
    for local in by_use(function, &same) {
        if slots.get(local.0).is_none_or(Option::is_some) {
            continue;
        }
        let taken: Vec<usize> = conflicts
            .get(local.0)
            .into_iter()
            .flat_map(LocalSet::iter)
            .filter_map(|other| Some((other, slots.get(other.0).copied().flatten()?)))
            .flat_map(|(other, slot)| slot..slot + words(other))
            .collect();
        let free = |slot: usize| !(taken.contains(&slot) || this.is_some() && slot == 0);
        let wanted = words(local);
        let kind = Kind::of(function, local, mixed);
        let is_room = |slot: &usize| {
            (*slot..slot + wanted).all(free) && (mixed || held.takes(*slot, wanted, kind))
        };
        let slot = (0..).find(is_room).unwrap_or(0);
        held.put(slot, wanted, kind);
        used = used.max(slot + wanted);
        if let Some(place) = slots.get_mut(local.0) {
            *place = Some(slot);
        }
    }
    for local in 0..count {
        let of_group = same
            .get(local)
            .and_then(|group| slots.get(group.0))
            .copied()
            .flatten();
        if let Some(slot) = slots.get_mut(local) {
            *slot = of_group;
        }
    }
    let limit = 255;
    if used > limit {
        return Err(BackendError::TooLarge {
            place: function.name.clone(),
            what: "the number of local variables",
            value: used,
            limit,
        });
    }
    by_total(function, &mut slots);
    let narrow = |slot: Option<usize>| slot.and_then(|slot| u8::try_from(slot).ok());
    Ok((slots.into_iter().map(narrow).collect(), used))
}

/// A word of its own for every local, parameters first, and their count; nothing if they are too many.
pub(super) fn apart(function: &Function) -> Option<(Vec<Option<u8>>, usize)> {
    let mut slots = vec![None; function.locals.len()];
    let mut used = 0;
    let others = (0..function.locals.len()).map(LocalId);
    for local in function.parameters.iter().copied().chain(others) {
        let slot = slots.get_mut(local.0)?;
        if slot.is_none() {
            *slot = Some(u8::try_from(used).ok()?);
            used += function.local_type(local).words();
        }
    }
    Some((slots, used))
}

/// What the values of a local have in common.
#[derive(Clone, Copy, PartialEq)]
enum Kind<'a> {
    /// Numbers, of so many words.
    Number(usize),
    /// References, whatever to.
    Reference,
    /// References of one type.
    ReferenceTo(&'a Type),
}

impl<'a> Kind<'a> {
    /// Of words that may be mixed it counts only how they are loaded, otherwise all that a verifier tells apart.
    fn of(function: &'a Function, local: LocalId, mixed: bool) -> Self {
        let ty = function.local_type(local);
        match ty.is_reference() {
            true if mixed => Self::Reference,
            true => Self::ReferenceTo(ty),
            false => Self::Number(ty.words()),
        }
    }
}

/// By word: the kind of what it holds, and which word of that.
#[derive(Default)]
struct Held<'a>(BTreeMap<usize, (Kind<'a>, usize)>);

impl<'a> Held<'a> {
    fn put(&mut self, slot: usize, words: usize, kind: Kind<'a>) {
        self.0.extend((0..words).map(|at| (slot + at, (kind, at))));
    }

    /// Whether words hold nothing else yet.
    fn takes(&self, slot: usize, words: usize, kind: Kind<'a>) -> bool {
        let is_same = |at| {
            let held = self.0.get(&(slot + at));
            held.is_none_or(|held| *held == (kind, at))
        };
        (0..words).all(is_same)
    }
}

/// For each local those that it must not share a word with; and the pairs that are copied.
fn conflicts(plan: &Plan, function: &Function) -> (Vec<LocalSet>, Vec<(LocalId, LocalId)>) {
    let count = function.locals.len();
    let mut conflicts = vec![LocalSet::empty(count); count];
    let mut copies = Vec::new();
    let mut clash = |a: LocalId, b: LocalId| {
        if a != b {
            if let Some(set) = conflicts.get_mut(a.0) {
                set.insert(b);
            }
            if let Some(set) = conflicts.get_mut(b.0) {
                set.insert(a);
            }
        }
    };
    for a in &function.parameters {
        for b in &function.parameters {
            clash(*a, *b);
        }
    }
    for &block_id in &plan.order {
        let Some(block) = function.blocks.get(block_id.0) else {
            continue;
        };
        let mut live = plan.live_out(function, block_id);
        dataflow::step_terminator(function, block_id, &mut live);
        for (statement, _) in block.statements.iter().rev() {
            if let Statement::Set(local, value) = statement {
                let copied = match value {
                    Expr::Local(source) => Some(*source),
                    _ => None,
                };
                copies.extend(copied.map(|source| (*local, source)));
                for other in live.iter().filter(|other| Some(*other) != copied) {
                    clash(*local, other);
                }
            }
            dataflow::step_statement(statement, &mut live);
        }
    }
    (conflicts, copies)
}

/// Puts locals that are copied into one another and never hold different values together into one
/// group; gives for each local the one that stands for its group, a parameter where there is one.
fn coalesce(
    function: &Function,
    this: Option<LocalId>,
    conflicts: &mut [LocalSet],
    copies: &[(LocalId, LocalId)],
    mixed: bool,
) -> Vec<LocalId> {
    let mut same: Vec<LocalId> = (0..function.locals.len()).map(LocalId).collect();
    // One instruction loads them all.
    let kind = |local: LocalId| Kind::of(function, local, mixed);
    for (a, b) in copies {
        let group = |local: &LocalId| same.get(local.0).copied().unwrap_or(*local);
        let (mut kept, mut gone) = (group(a), group(b));
        if function.parameters.contains(&gone) {
            std::mem::swap(&mut kept, &mut gone);
        }
        let clash = conflicts.get(kept.0).is_some_and(|set| set.contains(gone));
        let both_passed = function.parameters.contains(&gone);
        let is_this = Some(kept) == this || Some(gone) == this;
        if kept == gone || clash || both_passed || is_this || kind(kept) != kind(gone) {
            continue;
        }
        let others = conflicts.get(gone.0).cloned();
        let others: Vec<LocalId> = others
            .iter()
            .flat_map(LocalSet::iter)
            .flat_map(|other| [other, same.get(other.0).copied().unwrap_or(other)])
            .collect();
        for other in others {
            if let Some(set) = conflicts.get_mut(other.0) {
                set.insert(kept);
            }
            if let Some(set) = conflicts.get_mut(kept.0) {
                set.insert(other);
            }
        }
        for group in same.iter_mut().filter(|group| **group == gone) {
            *group = kept;
        }
    }
    same
}

/// Numbers the words anew, those of parameters aside: what shares the word that is used most gets the lowest one. Where
/// some take two words they stay as they are.
fn by_total(function: &Function, slots: &mut [Option<usize>]) {
    let same: Vec<LocalId> = (0..slots.len()).map(LocalId).collect();
    let uses = uses(function, &same);
    let first = function.parameters.len();
    if function.locals.iter().any(|local| local.ty.words() != 1) {
        return;
    }
    let mut totals: BTreeMap<usize, usize> = BTreeMap::new();
    for (slot, uses) in slots.iter().zip(uses) {
        if let Some(slot) = slot.filter(|slot| *slot >= first) {
            *totals.entry(slot).or_default() += uses;
        }
    }
    let mut order: Vec<usize> = totals.keys().copied().collect();
    order.sort_by_key(|slot| std::cmp::Reverse(totals.get(slot).copied()));
    for slot in slots.iter_mut().flatten() {
        if let Some(place) = order.iter().position(|other| other == slot) {
            *slot = first + place;
        }
    }
}

/// The locals that stand for their groups and are used, most used first.
fn by_use(function: &Function, same: &[LocalId]) -> Vec<LocalId> {
    let uses = uses(function, same);
    let used = |local: &LocalId| uses.get(local.0).is_some_and(|uses| *uses > 0);
    let mut locals: Vec<LocalId> = (0..function.locals.len())
        .map(LocalId)
        .filter(used)
        .collect();
    locals.sort_by_key(|local| std::cmp::Reverse(uses.get(local.0).copied()));
    locals
}

/// How often each local is used, counted where the one is that stands for its group.
fn uses(function: &Function, same: &[LocalId]) -> Vec<usize> {
    let mut uses = vec![0usize; function.locals.len()];
    let mut count = |local: LocalId, by: usize| {
        if let Some(uses) = same.get(local.0).and_then(|group| uses.get_mut(group.0)) {
            *uses += by;
        }
    };
    function.walk(&mut |expr| {
        if let Expr::Local(local) = expr {
            count(*local, 1);
        }
    });
    for (statement, _) in function.blocks.iter().flat_map(|block| &block.statements) {
        if let Statement::Set(local, _) = statement {
            count(*local, 1);
        }
    }
    uses
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::{Program, text};

    /// A function with two locals that are never live together.
    fn program(first: &str, second: &str) -> Program {
        let source = format!(
            "package \"test\" aid A0000000010301 version 1.0
class Thing {{ a: {first}, b: {second} }}
fn use (%this.0: Thing) {{
  local %x.1: {first}
  local %y.2: {second}
  b0:
    %x.1 = (field Thing.a %this.0)
    (field Thing.a %this.0) = %x.1
    (field Thing.a %this.0) = %x.1
    %y.2 = (field Thing.b %this.0)
    (field Thing.b %this.0) = %y.2
    (field Thing.b %this.0) = %y.2
    return
}}"
        );
        text::parse(&source).expect("a program")
    }

    /// Words of a frame where they may be mixed, and where not.
    fn counts(first: &str, second: &str) -> [usize; 2] {
        let program = program(first, second);
        let function = &program.functions[0];
        let plan = Plan::of(function);
        [true, false].map(|mixed| {
            let (_, count) = words(&plan, function, None, mixed).expect("few words");
            count
        })
    }

    /// One word for both, and two where a verifier tells their types apart and that matters.
    #[test]
    fn a_word_holds_one_type_where_it_has_to() {
        let numbers = ["u8", "i8", "u16", "i16", "bool", "usize"];
        let references = ["[u8]", "[u16]", "Thing", "javacard/framework/APDU"];
        let is_number = |ty: &str| numbers.contains(&ty);
        for first in numbers.iter().chain(&references) {
            for second in numbers.iter().chain(&references) {
                let is_same = first == second || is_number(first) && is_number(second);
                let apart = if is_same { 2 } else { 3 };
                assert_eq!(counts(first, second), [2, apart], "{first} and {second}");
            }
        }
    }

    /// The second word of an `int` is not the first of another, nor a `short`.
    #[test]
    fn both_words_of_an_int_stay_what_they_are() {
        assert_eq!(counts("int", "int"), [3, 3]);
        assert_eq!(counts("int", "u16"), [3, 4]);
        assert_eq!(counts("[u8]", "int"), [3, 4]);
    }
}
