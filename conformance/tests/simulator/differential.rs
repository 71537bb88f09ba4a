//! Random command sequences on the model and on the simulated card with the compiled applet.

use crate::{SEED, card};
use apdu_spec::StatusWord;
use conformance::differential::{CompareError, compare};
use conformance::target::{Model, Simulator};

/// How many commands each seed sends; more on demand: `TENKOKU_DIFFERENTIAL=100000`.
const COMMANDS: usize = 1500;

#[test]
fn model_and_compiled_applet_answer_alike() {
    let commands = std::env::var("TENKOKU_DIFFERENTIAL")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(COMMANDS);
    let mut simulator = Simulator::new(card());
    let mut answers = std::collections::BTreeMap::new();
    for seed in 1..=3 {
        match compare(&mut Model::with_seed(SEED), &mut simulator, seed, commands) {
            Ok(summary) => {
                for (answer, count) in summary.answers {
                    *answers.entry(answer).or_insert(0) += count;
                }
            }
            Err(error) => panic!(
                "{error}\nlast fault of the simulator: {:?}",
                simulator.card().last_fault()
            ),
        }
    }
    // The sequences reach what matters.
    for reached in [
        ("COMPUTE DIGITAL SIGNATURE", StatusWord::SUCCESS),
        (
            "COMPUTE DIGITAL SIGNATURE",
            StatusWord::SECURITY_STATUS_NOT_SATISFIED,
        ),
        ("VERIFY", StatusWord::SUCCESS),
        ("VERIFY", StatusWord::REFERENCE_DATA_NOT_USABLE),
        ("READ BINARY", StatusWord::SUCCESS),
        ("GENERATE ASYMMETRIC KEY PAIR", StatusWord::SUCCESS),
        ("UPDATE BINARY", StatusWord::SUCCESS),
        ("DEACTIVATE FILE", StatusWord::SUCCESS),
    ] {
        assert!(
            answers.contains_key(&reached),
            "{reached:?} was not reached: {answers:?}"
        );
    }
    assert!(!answers.contains_key(&("(other)", StatusWord::UNKNOWN)));
}

/// The compiled applet breaks no rule of the verifier at run time, and answers as in fast mode.
#[test]
fn model_and_compiled_applet_answer_alike_in_defensive_mode() {
    let mut card = card();
    card.set_defensive(true);
    let mut simulator = Simulator::new(card);
    let summary = compare(&mut Model::with_seed(SEED), &mut simulator, 4, COMMANDS / 2);
    let summary = summary.unwrap_or_else(|error| {
        panic!(
            "{error}\nlast fault of the simulator: {:?}",
            simulator.card().last_fault()
        )
    });
    assert!(summary.answers.keys().any(|key| key.0 == "VERIFY"));
}

#[test]
fn a_difference_is_found_and_told() {
    // Another seed makes other keys and challenges.
    let error = compare(&mut Model::with_seed(1), &mut Model::with_seed(2), 1, 500).unwrap_err();
    let CompareError::Different(difference) = &error else {
        panic!("{error}")
    };
    assert_ne!(difference.left.1, difference.right.1);
    assert!(error.to_string().contains("(model)"));
}
