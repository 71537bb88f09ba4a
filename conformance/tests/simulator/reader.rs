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

/// A card in a Phoenix adapter at the end of a pseudo-terminal.
#[cfg(unix)]
#[test]
fn a_serial_line_gives_the_same() {
    use card_link::contact::{Abilities, Application, Contact};
    use card_sim::serial::{Terminal, serve};
    use loader::{Frame, Phoenix, PhoenixOptions, SerialLine};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    struct Simulated(card_sim::Card);
    impl Application for Simulated {
        fn reset(&mut self) -> Vec<u8> {
            self.0.reset();
            Vec::new()
        }
        fn transmit(&mut self, command: &[u8]) -> Vec<u8> {
            self.0.transmit(command)
        }
    }

    let mut terminal = Terminal::open().unwrap();
    let path = terminal.path().to_owned();
    let stop = Arc::new(AtomicBool::new(false));
    let ended = stop.clone();
    let card = card();
    let thread = std::thread::spawn(move || {
        let mut contact = Contact::new(
            Simulated(card),
            // Making a key takes longer than a block may on a card that says nothing of it.
            Abilities {
                bwi: 9,
                ..Abilities::default()
            },
        );
        serve(&mut terminal, &mut contact, &mut || {
            ended.load(Ordering::Relaxed)
        })
        .unwrap();
    });
    let line = SerialLine::open(&path, 9600, Frame::Even).unwrap();
    let phoenix = Phoenix::connect(line, PhoenixOptions::default()).unwrap();
    let mut reader = Reader::new(phoenix, KeySet::test_keys(), Drbg::from_seed(1));
    let mut suite = Suite::jpki().unwrap();
    let mut index = 0;
    suite.vectors.retain(|_| {
        index += 1;
        index % 8 == 2
    });
    assert!(suite.vectors.len() > 10);
    let report = run(&suite, &mut reader, &mut |_| ());
    let failures: Vec<_> = report
        .failures()
        .map(|vector| (&vector.name, &vector.outcome))
        .collect();
    assert!(failures.is_empty(), "{failures:?}");
    drop(reader);
    stop.store(true, Ordering::Relaxed);
    thread.join().unwrap();
}

#[test]
fn a_card_without_the_load_file_is_told_so() {
    let mut card = card_sim::Card::new(&card_sim::CardConfig::default());
    let transport = InProcess::new("simulator", |command: &[u8]| card.transmit(command));
    let mut reader = Reader::new(transport, KeySet::test_keys(), Drbg::from_seed(1));
    let error = reader.install(&[]).unwrap_err().to_string();
    assert!(error.contains("flash it first"), "{error}");
}
