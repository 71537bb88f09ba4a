//! Model checking: every state that one slot can be brought to, every action in each, and power lost at every
//! write of every action, until nothing new is found. Each step is checked against the oracle and all the
//! invariants of [`crate::properties`].
//!
//! Two cards count as the same state where the oracle cannot tell them apart; the shortest way to a state stands
//! for it. The other slot is fresh, or personalised, and must not notice.

use crate::machine::{Start, System, Transition, actions};
use crate::oracle::{Oracle, Which};
use crate::properties::check_all;
use std::collections::{BTreeSet, VecDeque};

/// How a state is reached: each transition with the states that were possible before it.
type Way = Vec<(Transition, Vec<Oracle>)>;

/// More writes than any command makes.
const MAX_WRITES: usize = 64;

struct Exploration {
    start: Start,
    known: BTreeSet<Vec<Oracle>>,
    open: VecDeque<(Way, Vec<Oracle>)>,
    steps: usize,
}

impl Exploration {
    fn of(start: Start, which: Which) -> Self {
        let states = sorted(System::new(start).states());
        let mut exploration = Self {
            start,
            known: BTreeSet::from([states.clone()]),
            open: VecDeque::from([(Way::new(), states)]),
            steps: 0,
        };
        let actions = actions(which);
        while let Some((way, states)) = exploration.open.pop_front() {
            let mut system = exploration.reach(&way, &states);
            for action in &actions {
                for tear in (0..MAX_WRITES).map(Some).chain([None]) {
                    let transition = Transition {
                        action: *action,
                        tear,
                    };
                    let lasted = system.step(transition, check_all);
                    exploration.steps += 1;
                    if exploration.arrived(&way, &states, transition, &system) {
                        system = exploration.reach(&way, &states);
                    }
                    assert!(tear.is_some() || lasted, "{action:?} lost power by itself");
                    if lasted {
                        break;
                    }
                }
            }
        }
        exploration
    }

    fn reach(&self, way: &Way, states: &[Oracle]) -> System {
        let mut system = System::new(self.start);
        for (transition, before) in way {
            system.repeat(*transition, before);
        }
        system.resume(states);
        system
    }

    /// Notes where a transition led; whether that is another state.
    fn arrived(
        &mut self,
        way: &Way,
        states: &[Oracle],
        transition: Transition,
        system: &System,
    ) -> bool {
        let now = sorted(system.states());
        if now == states {
            return false;
        }
        if self.known.insert(now.clone()) {
            let mut way = way.clone();
            way.push((transition, states.to_vec()));
            self.open.push_back((way, now));
        }
        true
    }
}

fn sorted(states: &[Oracle]) -> Vec<Oracle> {
    let mut states = states.to_vec();
    states.sort_unstable();
    states.dedup();
    states
}

fn explore(start: Start, which: Which) {
    let exploration = Exploration::of(start, which);
    println!(
        "{start:?}, {which:?}: {} states, {} steps, power lost at every write",
        exploration.known.len(),
        exploration.steps
    );
    // Five lives; with a PIN or without; blocked and not: fewer would mean that the search went nowhere.
    assert!(exploration.known.len() > 100, "{}", exploration.known.len());
}

#[test]
fn every_state_of_the_authentication_slot_beside_a_fresh_one() {
    explore(Start::Fresh, Which::Authentication);
}

#[test]
fn every_state_of_the_authentication_slot_beside_a_personalised_one() {
    explore(Start::Personalised, Which::Authentication);
}

#[test]
fn every_state_of_the_signature_slot_beside_a_fresh_one() {
    explore(Start::Fresh, Which::Signature);
}
