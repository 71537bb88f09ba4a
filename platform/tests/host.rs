//! The host platform keeps the promises of a Java Card.
#![cfg(feature = "host")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use platform::host::{Host, HostCard, HostConfig, PowerLoss};
use platform::{Apdu, Applet, Bytes, Cell, OwnerPin, Package, Platform, Result, StatusWord};

/// What the instruction byte of [`Probe`] asks for.
mod ins {
    /// Answers with all state.
    pub(crate) const READ: u8 = 0x00;
    /// Writes P1 to cell, bytes and PIN value in one transaction; refuses at its end if P2 is 01.
    pub(crate) const TRANSACTION: u8 = 0x01;
    /// The same writes without a transaction.
    pub(crate) const WRITES: u8 = 0x02;
    /// Presents P1 as the PIN.
    pub(crate) const CHECK: u8 = 0x03;
    /// Presents P1 as the PIN within a transaction that is refused.
    pub(crate) const CHECK_AND_ABORT: u8 = 0x04;
    /// Sets transient memory to P1.
    pub(crate) const TRANSIENT: u8 = 0x05;
    /// Fills four bytes with P1.
    pub(crate) const FILL: u8 = 0x06;
    /// A transaction within a transaction.
    pub(crate) const NEST: u8 = 0x07;
    /// Writes 16 bytes P1 times in one transaction.
    pub(crate) const LONG: u8 = 0x08;
    /// Allocates.
    pub(crate) const ALLOCATE: u8 = 0x09;
}

struct Probe<P: Platform> {
    cell: P::Cell<u8>,
    bytes: P::Bytes<16>,
    pin: P::Pin,
    transient_cell: P::TransientCell<u8>,
    transient_bytes: P::TransientBytes<4>,
}

impl<P: Platform> Probe<P> {
    fn writes(&mut self, value: u8) {
        self.cell.set(value);
        self.bytes.write(4, &[value; 4]);
        self.bytes.set(0, value);
    }
}

impl<P: Platform> Applet<P> for Probe<P> {
    const PACKAGE: Package = Package {
        aid: b"probe",
        major: 1,
        minor: 0,
    };
    const AID: &'static [u8] = b"probe.app";

    fn install(platform: &mut P, parameters: &[u8]) -> Result<Self> {
        if !parameters.is_empty() {
            return Err(StatusWord::WRONG_DATA);
        }
        let mut pin = platform.pin(3, 1);
        pin.update(&[7]);
        Ok(Self {
            cell: platform.cell(1),
            bytes: platform.bytes(),
            pin,
            transient_cell: platform.transient_cell(),
            transient_bytes: platform.transient_bytes(),
        })
    }

    fn process(&mut self, platform: &mut P, apdu: &mut P::Apdu) -> Result {
        let (p1, p2) = (apdu.p1(), apdu.p2());
        match apdu.ins() {
            ins::READ => {
                let buffer = apdu.buffer();
                buffer[0] = self.cell.get();
                self.bytes.read(0, &mut buffer[1..9]);
                buffer[9] = self.pin.tries_remaining();
                buffer[10] = u8::from(self.pin.is_validated());
                buffer[11] = self.transient_cell.get();
                self.transient_bytes.read(1, &mut buffer[12..13]);
                apdu.send(13)
            }
            ins::TRANSACTION => platform.atomically(|_| {
                self.writes(p1);
                if p2 == 1 {
                    Err(StatusWord::CONDITIONS_NOT_SATISFIED)
                } else {
                    Ok(())
                }
            }),
            ins::WRITES => {
                self.writes(p1);
                Ok(())
            }
            ins::CHECK => {
                self.pin.check(&[p1]);
                Ok(())
            }
            ins::CHECK_AND_ABORT => platform.atomically(|_| {
                self.pin.check(&[p1]);
                Err(StatusWord::CONDITIONS_NOT_SATISFIED)
            }),
            ins::TRANSIENT => {
                self.transient_cell.set(p1);
                self.transient_bytes.fill(0, 4, p1);
                Ok(())
            }
            ins::FILL => {
                self.bytes.fill(4, 4, p1);
                Ok(())
            }
            ins::NEST => platform.atomically(|platform| platform.atomically(|_| Ok(()))),
            ins::LONG => platform.atomically(|_| {
                for _ in 0..p1 {
                    self.bytes.write(0, &[1; 16]);
                }
                Ok(())
            }),
            ins::ALLOCATE => {
                platform.cell(0_u8);
                Ok(())
            }
            _ => Err(StatusWord::INSTRUCTION_NOT_SUPPORTED),
        }
    }
}

type Card = HostCard<Probe<Host>>;

fn card() -> Card {
    let mut card = Card::install(&HostConfig::default(), &[]).unwrap();
    assert_eq!(card.select(), [0x90, 0x00]);
    card
}

/// Cell, bytes 0 to 7, tries, verified, transient cell, transient byte.
fn state(card: &mut Card) -> [u8; 13] {
    let response = card.transmit(&[0x80, ins::READ, 0, 0, 0]);
    response[..13].try_into().unwrap()
}

const FRESH: [u8; 13] = [1, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0];
const WRITTEN: [u8; 13] = [5, 5, 0, 0, 0, 5, 5, 5, 5, 3, 0, 0, 0];

#[test]
fn a_transaction_commits_or_leaves_nothing() {
    let mut card = card();
    assert_eq!(card.transmit(&[0x80, ins::TRANSACTION, 5, 1]), [0x69, 0x85]);
    assert_eq!(state(&mut card), FRESH);
    assert_eq!(card.transmit(&[0x80, ins::TRANSACTION, 5, 0]), [0x90, 0x00]);
    assert_eq!(state(&mut card), WRITTEN);
}

#[test]
fn power_loss_in_a_transaction_leaves_nothing_of_it() {
    // Three writes and the commit.
    for writes in 0..4 {
        let mut card = card();
        assert_eq!(
            card.transmit_torn(&[0x80, ins::TRANSACTION, 5, 0], writes),
            Err(PowerLoss)
        );
        card.select();
        assert_eq!(state(&mut card), FRESH, "after {writes} writes");
    }
    assert_eq!(
        card().transmit_torn(&[0x80, ins::TRANSACTION, 5, 0], 4),
        Ok(vec![0x90, 0x00])
    );
}

#[test]
fn power_loss_outside_of_a_transaction_leaves_the_writes_that_were_done() {
    let after = [
        FRESH,
        [5, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0],
        [5, 0, 0, 0, 0, 5, 5, 5, 5, 3, 0, 0, 0],
    ];
    for (writes, expected) in after.into_iter().enumerate() {
        let mut card = card();
        assert_eq!(
            card.transmit_torn(&[0x80, ins::WRITES, 5, 0], writes),
            Err(PowerLoss)
        );
        card.select();
        assert_eq!(state(&mut card), expected, "after {writes} writes");
    }
}

#[test]
fn a_fill_may_be_torn_in_the_middle() {
    let mut card = card();
    assert_eq!(
        card.transmit_torn(&[0x80, ins::FILL, 5, 0], 1),
        Err(PowerLoss)
    );
    card.select();
    assert_eq!(state(&mut card)[5..9], [5, 5, 0, 0]);
}

#[test]
fn nothing_gives_a_presentation_back_but_the_right_pin() {
    let mut card = card();
    card.transmit(&[0x80, ins::CHECK, 8, 0]);
    assert_eq!(state(&mut card)[9..11], [2, 0]);
    // Neither the abort of a transaction, nor a reset, nor power loss before the comparison.
    card.transmit(&[0x80, ins::CHECK_AND_ABORT, 8, 0]);
    card.reset();
    card.select();
    assert_eq!(state(&mut card)[9..11], [1, 0]);
    card.transmit(&[0x80, ins::CHECK, 7, 0]);
    assert_eq!(state(&mut card)[9..11], [3, 1]);
    assert_eq!(
        card.transmit_torn(&[0x80, ins::CHECK, 7, 0], 1),
        Err(PowerLoss)
    );
    card.select();
    assert_eq!(state(&mut card)[9..11], [2, 0]);
}

#[test]
fn a_blocked_pin_does_not_compare() {
    let mut card = card();
    for _ in 0..3 {
        card.transmit(&[0x80, ins::CHECK, 8, 0]);
    }
    card.transmit(&[0x80, ins::CHECK, 7, 0]);
    assert_eq!(state(&mut card)[9..11], [0, 0]);
}

#[test]
fn reset_and_deselection_clear_transient_memory() {
    let mut card = card();
    for clear in [Card::reset as fn(&mut Card), |card| drop(card.select())] {
        card.transmit(&[0x80, ins::TRANSIENT, 9, 0]);
        assert_eq!(state(&mut card)[11..], [9, 9]);
        clear(&mut card);
        card.select();
        assert_eq!(state(&mut card)[11..], [0, 0]);
    }
}

#[test]
fn a_deselected_applet_must_reset_its_pins_itself() {
    let mut card = card();
    card.transmit(&[0x80, ins::CHECK, 7, 0]);
    card.select();
    assert_eq!(state(&mut card)[10], 1, "this applet does not");
    card.reset();
    card.select();
    assert_eq!(state(&mut card)[10], 0);
}

#[test]
#[should_panic(expected = "transactions do not nest")]
fn transactions_do_not_nest() {
    card().transmit(&[0x80, ins::NEST, 0, 0]);
}

#[test]
fn a_transaction_has_the_commit_capacity() {
    assert_eq!(card().transmit(&[0x80, ins::LONG, 32, 0]), [0x90, 0x00]);
    let overflow = std::panic::catch_unwind(|| card().transmit(&[0x80, ins::LONG, 33, 0]));
    let message = overflow.unwrap_err().downcast::<String>().unwrap();
    assert!(
        message.contains("commit capacity is 512 bytes"),
        "{message}"
    );
}

#[test]
#[should_panic(expected = "only while it is installed")]
fn nothing_is_allocated_after_the_installation() {
    card().transmit(&[0x80, ins::ALLOCATE, 0, 0]);
}

#[test]
fn an_applet_may_refuse_its_parameters() {
    assert_eq!(
        Card::install(&HostConfig::default(), &[1]).err(),
        Some(StatusWord::WRONG_DATA)
    );
}

#[test]
fn what_is_no_command_for_the_applet_is_answered_by_the_card() {
    let mut card = Card::install(&HostConfig::default(), &[]).unwrap();
    assert_eq!(
        card.transmit(&[0x80, ins::READ, 0, 0, 0]),
        [0x69, 0x85],
        "nothing is selected"
    );
    assert_eq!(card.transmit(b"\x00\xA4\x04\x00\x05other"), [0x6A, 0x82]);
    assert_eq!(
        card.transmit(b"\x00\xA4\x04\x00\x05probe"),
        [0x90, 0x00],
        "by the beginning of its AID"
    );
    assert_eq!(card.transmit(&[0x80, ins::READ, 0]), [0x67, 0x00]);
    assert_eq!(
        card.transmit(&[0x80, ins::READ, 0, 0, 0, 0, 0]),
        [0x67, 0x00],
        "extended lengths"
    );
    assert_eq!(
        card.transmit(&[0x81, ins::READ, 0, 0, 0]),
        [0x68, 0x81],
        "a logical channel"
    );
    assert_eq!(card.transmit(&[0x80, 0x77, 0, 0]), [0x6D, 0x00]);
}
