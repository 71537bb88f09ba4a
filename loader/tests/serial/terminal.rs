//! The same over real pseudo-terminals and the operating system's serial driver.

use crate::application::{Echo, Simulated, answer};
use card_link::Peripheral;
use card_link::contact::{Abilities, Contact};
use card_sim::serial::{Terminal, serve};
use loader::{Frame, Phoenix, PhoenixOptions, SerialLine, Transport, TransportError};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

/// A peripheral at the far end of a pseudo-terminal. It ends when this is dropped.
struct Far {
    path: String,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Far {
    fn new(mut peripheral: impl Peripheral + Send + 'static) -> Self {
        let mut terminal = Terminal::open().unwrap();
        let path = terminal.path().to_owned();
        let stop = Arc::new(AtomicBool::new(false));
        let ended = stop.clone();
        let thread = std::thread::spawn(move || {
            serve(&mut terminal, &mut peripheral, &mut || {
                ended.load(Ordering::Relaxed)
            })
            .unwrap();
        });
        Self {
            path,
            stop,
            thread: Some(thread),
        }
    }
}

impl Drop for Far {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

#[test]
fn a_card_behind_a_pseudo_terminal_answers_resets_and_commands() {
    for t1 in [true, false] {
        let far = Far::new(Contact::new(
            Echo::default(),
            Abilities {
                t0: !t1,
                t1,
                ..Abilities::default()
            },
        ));
        let line = SerialLine::open(&far.path, 9600, Frame::Even).unwrap();
        let mut card = Phoenix::connect(line, PhoenixOptions::default()).unwrap();
        for round in 1..=2_u8 {
            for length in [round, 100, 250] {
                let command = [0x00, 0xB2, 0, length, length];
                assert_eq!(card.transmit(&command).unwrap(), answer(&command));
            }
            card.reset().unwrap();
        }
    }
}

#[test]
fn the_simulated_card_behind_a_pseudo_terminal() {
    let far = Far::new(Contact::new(Simulated::new(), Abilities::default()));
    let line = SerialLine::open(&far.path, 9600, Frame::Even).unwrap();
    let mut card = Phoenix::connect(line, PhoenixOptions::default()).unwrap();
    let select = [0x00, 0xA4, 0x04, 0x00, 0x00];
    assert_eq!(
        card.transmit(&select).unwrap(),
        Simulated::new().0.transmit(&select)
    );
}

#[test]
fn a_port_that_is_not_there_or_goes_away_is_told_so() {
    let missing = SerialLine::open("/dev/tenkoku-none", 9600, Frame::Even);
    let error = missing.map(drop).unwrap_err();
    assert!(error.to_string().contains("/dev/tenkoku-none"), "{error}");
    let far = Far::new(Contact::new(Echo::default(), Abilities::default()));
    let line = SerialLine::open(&far.path, 9600, Frame::Even).unwrap();
    let mut card = Phoenix::connect(line, PhoenixOptions::default()).unwrap();
    drop(far);
    let error = card.transmit(&[0x00, 0x10, 0, 0]).unwrap_err();
    assert!(matches!(error, TransportError::Port { .. }), "{error}");
}
