//! The vectors over a loader transport, as on a card in a reader.

use crate::card;
use conformance::target::Reader;
use conformance::{Suite, Target, run};
use loader::{InProcess, KeySet};
use se_crypto::Drbg;
use std::cell::RefCell;

#[test]
fn a_reader_installs_the_applet_anew_for_every_vector() {
    let card = RefCell::new(card());
    let transport = InProcess::with_reset(
        "simulator",
        |command: &[u8]| card.borrow_mut().transmit(command),
        || drop(card.borrow_mut().reset()),
    );
    let mut reader = Reader::new(transport, KeySet::test_keys(), Drbg::from_seed(1));
    let mut suite = Suite::jpki().unwrap();
    // Every key is made anew here: a part of the vectors is enough.
    let mut index = 0;
    suite.vectors.retain(|_| {
        index += 1;
        index % 4 == 0
    });
    let report = run(&suite, &mut reader, &mut |_| ());
    let failures: Vec<_> = report
        .failures()
        .map(|vector| (&vector.name, &vector.outcome))
        .collect();
    assert!(failures.is_empty(), "{failures:?}");
}

#[test]
fn a_card_without_the_load_file_is_told_so() {
    let mut card = card_sim::Card::new(&card_sim::CardConfig::default());
    let transport = InProcess::new("simulator", |command: &[u8]| card.transmit(command));
    let mut reader = Reader::new(transport, KeySet::test_keys(), Drbg::from_seed(1));
    let error = reader.install(&[]).unwrap_err().to_string();
    assert!(error.contains("flash it first"), "{error}");
}
