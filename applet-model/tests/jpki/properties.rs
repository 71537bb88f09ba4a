//! The invariants of the JPKI application, each a named property of every sequence of actions,
//! resets, deselections and power losses:
//!
//! 1. every answer is the oracle's, and a power loss leaves the state before the command or the one
//!    after it (a retry counter may be one lower);
//! 2. a slot signs only when it is Active and its own PIN is verified;
//! 3. a retry counter rises only by the right PIN, or by the TSM;
//! 4. the slots are independent: an action on one changes nothing of the other;
//! 5. nothing is verified after a deselection, a reset or a power loss;
//! 6. a blocked PIN stays blocked, even for the right value, until the TSM unblocks it;
//! 7. no byte string of a private key is ever in a response;
//! 8. the life cycle has only its edges.
//!
//! Here they hold for random sequences on both slots; in [`crate::exhaustive`] for every state of one.
//!
//! The seed of a failing run is printed, and kept beside this file.

use crate::machine::{EDGES, Machine, Property, Step};
use crate::oracle::{Action, Candidate, OK, Operation, Which};
use apdu_spec::StatusWord;
use proptest::prelude::*;
use proptest_state_machine::prop_state_machine;
use se_crypto::{Drbg, RsaKey};
use std::collections::HashSet;
use std::sync::LazyLock;

fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 100,
        max_shrink_iters: 2000,
        ..ProptestConfig::default()
    }
}

macro_rules! properties {
    ($($property:ident: $name:ident;)*) => {$(
        prop_state_machine! {
            #![proptest_config(config())]
            #[test]
            fn $name(sequential 1..40 => Machine<$property>);
        }
    )*};
}

properties! {
    OracleAgrees: answers_are_the_oracles_also_after_power_loss;
    SignsOnlyWhenAllowed: signs_only_when_active_and_verified;
    CounterRisesOnlyByRight: the_counter_rises_only_by_the_right_pin_or_the_tsm;
    SlotsAreIndependent: the_slots_are_independent;
    NothingStaysVerified: nothing_is_verified_after_deselection_reset_or_power_loss;
    BlockedStaysBlocked: a_blocked_pin_stays_blocked;
    PrivateKeysStay: no_private_key_byte_is_in_a_response;
    OnlyDrawnEdges: the_life_cycle_has_only_its_edges;
}

/// All of them, of one step.
pub fn check_all(step: &Step<'_>) {
    OracleAgrees::check(step);
    SignsOnlyWhenAllowed::check(step);
    CounterRisesOnlyByRight::check(step);
    SlotsAreIndependent::check(step);
    NothingStaysVerified::check(step);
    BlockedStaysBlocked::check(step);
    PrivateKeysStay::check(step);
    OnlyDrawnEdges::check(step);
}

/// 1. The machine itself compares every answer, and every view after it.
struct OracleAgrees;

impl Property for OracleAgrees {
    fn check(step: &Step<'_>) {
        assert!(step.answer.is_err() || step.status().is_some());
    }
}

/// 2.
struct SignsOnlyWhenAllowed;

impl Property for SignsOnlyWhenAllowed {
    fn check(step: &Step<'_>) {
        if let (Action::Sign(which), true) = (step.action, step.succeeded()) {
            assert!(step.states.iter().any(|state| state.slot(which).verified));
            assert!(
                step.states
                    .iter()
                    .any(|state| state.slot(which).life == crate::oracle::Life::Active)
            );
        }
        let (data, _) = step.answer.clone().unwrap_or((Vec::new(), OK));
        let asked = matches!(step.action, Action::Sign(_) | Action::ReadCertificate(_));
        assert!(
            data.len() != 256 || asked,
            "256 bytes that nobody asked for"
        );
    }
}

/// 3.
struct CounterRisesOnlyByRight;

impl Property for CounterRisesOnlyByRight {
    fn check(step: &Step<'_>) {
        for which in [Which::Signature, Which::Authentication] {
            let (before, after) = (
                step.before[which as usize].tries,
                step.after[which as usize].tries,
            );
            if after > before {
                let entitled = match step.action {
                    Action::Verify(slot, Candidate::Right) | Action::Change(slot, _) => {
                        slot == which
                    }
                    Action::Manage(slot, operation) => {
                        slot == which
                            && step.states.iter().any(|state| state.channel == Some(true))
                            && matches!(
                                operation,
                                Operation::PutPin(_)
                                    | Operation::Unblock
                                    | Operation::ReplacePin(_)
                            )
                    }
                    _ => false,
                };
                assert!(
                    entitled,
                    "{:?} raised the counter from {before} to {after}",
                    step.action
                );
            }
        }
    }
}

/// 4.
struct SlotsAreIndependent;

impl Property for SlotsAreIndependent {
    fn check(step: &Step<'_>) {
        let acted = match step.action {
            Action::Verify(which, _)
            | Action::Change(which, _)
            | Action::Sign(which)
            | Action::ReadCertificate(which)
            | Action::Manage(which, _) => which,
            _ => return,
        };
        let other = match acted {
            Which::Signature => Which::Authentication,
            Which::Authentication => Which::Signature,
        };
        let (before, after) = (step.before[other as usize], step.after[other as usize]);
        assert_eq!(before.tries, after.tries);
        if step.answer.is_ok() {
            assert_eq!(before, after, "{:?} changed the other slot", step.action);
        }
    }
}

/// 5.
struct NothingStaysVerified;

impl Property for NothingStaysVerified {
    fn check(step: &Step<'_>) {
        if matches!(step.action, Action::Select | Action::Reset) || step.answer.is_err() {
            for view in step.after {
                assert_ne!(view.sign, OK);
                assert_eq!(view.read, StatusWord::SECURITY_STATUS_NOT_SATISFIED);
            }
        }
    }
}

/// 6.
struct BlockedStaysBlocked;

impl Property for BlockedStaysBlocked {
    fn check(step: &Step<'_>) {
        for which in [Which::Signature, Which::Authentication] {
            if step.before[which as usize].tries != 0 {
                continue;
            }
            if step.action == Action::Verify(which, Candidate::Right) && step.answer.is_ok() {
                assert_eq!(step.status(), Some(StatusWord::REFERENCE_DATA_NOT_USABLE));
            }
            if step.after[which as usize].tries != 0 {
                assert!(matches!(step.action, Action::Manage(slot, _) if slot == which));
            }
        }
    }
}

/// 7.
struct PrivateKeysStay;

/// How long a piece of a key is looked for, in bytes.
const PIECE: usize = 8;

/// Every piece of the secret numbers of the first keys that a card with this seed makes.
static SECRETS: LazyLock<HashSet<[u8; PIECE]>> = LazyLock::new(|| {
    let mut drbg = Drbg::from_seed(1).stream("keygen");
    let mut pieces = HashSet::new();
    for _ in 0..4 {
        let key = RsaKey::generate(&mut drbg, 2048).unwrap();
        let mut add = |number: &[u8]| {
            pieces.extend(
                number
                    .windows(PIECE)
                    .map(|piece| <[u8; PIECE]>::try_from(piece).unwrap()),
            )
        };
        add(&key.private_exponent());
        let crt = key.crt().unwrap();
        for number in [&crt.p, &crt.q, &crt.dp, &crt.dq, &crt.qinv] {
            add(number);
        }
    }
    pieces
});

impl Property for PrivateKeysStay {
    fn check(step: &Step<'_>) {
        if let Ok((data, _)) = step.answer {
            assert!(
                data.windows(PIECE).all(|piece| !SECRETS.contains(piece)),
                "{:?}",
                step.action
            );
        }
    }
}

/// 8.
struct OnlyDrawnEdges;

impl Property for OnlyDrawnEdges {
    fn check(step: &Step<'_>) {
        let Action::Manage(which, operation) = step.action else {
            return;
        };
        let moves = EDGES.iter().any(|(_, edge, _)| *edge == operation);
        if moves && step.succeeded() {
            let from_drawn = |from| {
                EDGES
                    .iter()
                    .any(|(start, edge, _)| *start == from && *edge == operation)
            };
            assert!(
                step.states
                    .iter()
                    .any(|state| from_drawn(state.slot(which).life)),
                "{operation:?}"
            );
        }
    }
}

/// The search for key pieces finds them where they are.
#[test]
fn the_search_for_private_keys_works() {
    let mut drbg = Drbg::from_seed(1).stream("keygen");
    let key = RsaKey::generate(&mut drbg, 2048).unwrap();
    let exponent = key.private_exponent();
    assert!(SECRETS.contains(&exponent[100..100 + PIECE]));
    let template =
        crate::terminal::Terminal::personalised().public_key(apdu_spec::jpki::file::SIGNATURE_KEY);
    assert_eq!(
        &template[9..9 + 256],
        key.modulus(),
        "the card made another key than this test"
    );
}
