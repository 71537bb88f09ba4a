//! A line without time: what waits is answered, or nothing comes, at once. Bytes are changed, lost, added and late
//! by seed.

use card_link::Peripheral;
use loader::{Frame, Line, TransportError};
use se_crypto::Drbg;
use std::collections::VecDeque;
use std::time::Duration;

/// Of 10,000 bytes, how many suffer what.
#[derive(Clone, Copy, Default)]
pub(crate) struct Damage {
    pub(crate) changed: u32,
    pub(crate) lost: u32,
    pub(crate) added: u32,
    /// Of 10,000 answers, how many come when the reader waits no longer.
    pub(crate) late: u32,
    /// One byte of a message at most.
    pub(crate) single: bool,
}

pub(crate) struct QuietLine<P> {
    pub(crate) peripheral: P,
    pub(crate) damage: Damage,
    random: Drbg,
    initial: u32,
    baud: u32,
    pub(crate) frame: Frame,
    /// The parity that the peripheral speaks.
    pub(crate) odd: bool,
    /// RTS as it is while the card runs.
    pub(crate) running_rts: bool,
    lines: (bool, bool),
    queue: VecDeque<u8>,
    late: Vec<u8>,
    /// Bytes to and from the peripheral, echo left out; and how often the direction changed.
    pub(crate) sent: u64,
    pub(crate) received: u64,
    pub(crate) turns: u64,
    pub(crate) paused: Duration,
}

impl<P: Peripheral> QuietLine<P> {
    pub(crate) fn new(peripheral: P, initial: u32, seed: u64) -> Self {
        Self {
            peripheral,
            damage: Damage::default(),
            random: Drbg::from_seed(seed),
            initial,
            baud: initial,
            frame: Frame::Even,
            odd: false,
            running_rts: false,
            lines: (true, true),
            queue: VecDeque::new(),
            late: Vec::new(),
            sent: 0,
            received: 0,
            turns: 0,
            paused: Duration::ZERO,
        }
    }

    fn happens(&mut self, of_10_000: u32) -> bool {
        let mut bytes = [0; 4];
        self.random.fill(&mut bytes);
        u32::from_le_bytes(bytes) % 10_000 < of_10_000
    }

    fn harm(&mut self, bytes: &[u8]) -> Vec<u8> {
        let Damage {
            changed,
            lost,
            added,
            single,
            ..
        } = self.damage;
        let mut harmed = Vec::new();
        let mut done = false;
        for &byte in bytes {
            if single && done {
                harmed.push(byte);
                continue;
            }
            done = true;
            if self.happens(added) {
                harmed.extend([byte.rotate_left(3), byte]);
            } else if self.happens(changed) {
                harmed.push(byte ^ 0x10);
            } else if !self.happens(lost) {
                harmed.push(byte);
                done = false;
            }
        }
        harmed
    }

    /// At another rate than the peripheral's, or with the wrong parity, nothing is understood.
    fn at_odds(&self) -> bool {
        self.baud != self.peripheral.baud(self.initial)
    }

    fn come(&mut self, bytes: &[u8], at_odds: bool) {
        self.received += u64::try_from(bytes.len()).unwrap();
        let mut bytes = self.harm(bytes);
        let odd = matches!(self.frame, Frame::Odd | Frame::OddShort);
        if at_odds || (odd != self.odd && self.frame != Frame::Plain) {
            bytes.fill(0);
        }
        if self.happens(self.damage.late) {
            self.late.extend(bytes);
        } else {
            self.queue.extend(bytes);
        }
    }
}

impl<P: Peripheral> Line for QuietLine<P> {
    fn name(&self) -> String {
        "quiet line".to_owned()
    }

    fn send(&mut self, bytes: &[u8]) -> Result<(), TransportError> {
        self.sent += u64::try_from(bytes.len()).unwrap();
        self.turns += 1;
        let late = std::mem::take(&mut self.late);
        self.queue.extend(late);
        let mut harmed = self.harm(bytes);
        if self.at_odds() {
            harmed.fill(0x55);
        }
        // The rate may change behind the answer.
        let at_odds = self.at_odds();
        let mut said = if self.peripheral.echoes() {
            harmed.clone()
        } else {
            Vec::new()
        };
        said.extend(self.peripheral.receive(&harmed));
        self.come(&said, at_odds);
        Ok(())
    }

    fn receive(&mut self, buffer: &mut [u8], _wait: Duration) -> Result<usize, TransportError> {
        if self.queue.is_empty() {
            let said = self.peripheral.silence();
            self.come(&said, self.at_odds());
        }
        let count = buffer.len().min(self.queue.len());
        for (place, byte) in buffer.iter_mut().zip(self.queue.drain(..count)) {
            *place = byte;
        }
        Ok(count)
    }

    fn clear(&mut self) -> Result<(), TransportError> {
        self.queue.clear();
        Ok(())
    }

    fn configure(&mut self, baud: u32, frame: Frame) -> Result<(), TransportError> {
        (self.baud, self.frame) = (baud, frame);
        Ok(())
    }

    fn control(&mut self, dtr: bool, rts: bool) -> Result<(), TransportError> {
        let runs = |(dtr, rts): (bool, bool)| dtr && rts == self.running_rts;
        if !runs(self.lines) && runs((dtr, rts)) {
            self.queue.clear();
            let said = self.peripheral.reset();
            self.come(&said, self.at_odds());
        }
        self.lines = (dtr, rts);
        Ok(())
    }

    fn pause(&mut self, time: Duration) {
        self.paused += time;
    }
}
