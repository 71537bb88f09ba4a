//! The card's end (ISO 14443-4 §7.5).

use super::block::{Block, Kind};

/// What the card does about a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reaction {
    /// It sends a block.
    Send(Vec<u8>),
    /// It has a whole command: [`Card::respond`] with the response, or [`Card::ask_for_time`] before that.
    Command(Vec<u8>),
    /// It has the time that it asked for: [`Card::respond`] now.
    Granted,
    /// It is deselected, and says so.
    Deselected(Vec<u8>),
    /// It sends nothing.
    Nothing,
}

/// The most bytes of a command: header, extended Lc, data, Le.
const MAX_COMMAND: usize = 4 + 3 + 65535 + 2;
/// PCB and check bytes.
const OVERHEAD: usize = 3;

/// The card's end.
#[derive(Clone, Debug)]
pub struct Card {
    /// The most information of a block to the reader.
    size: usize,
    number: bool,
    command: Vec<u8>,
    response: Vec<u8>,
    start: usize,
    end: usize,
    /// The block sent last.
    last: Vec<u8>,
    waits_for_time: bool,
    working: bool,
}

impl Card {
    /// A card that was just activated by a reader that takes frames of this size.
    #[must_use]
    pub fn new(frame_size: u16) -> Self {
        Self {
            size: usize::from(frame_size).saturating_sub(OVERHEAD).max(1),
            // Rule C.
            number: true,
            command: Vec::new(),
            response: Vec::new(),
            start: 0,
            end: 0,
            last: Vec::new(),
            waits_for_time: false,
            working: false,
        }
    }

    fn send(&mut self, block: &Block) -> Reaction {
        self.last = block.encode();
        Reaction::Send(self.last.clone())
    }

    /// The I-block at `start`.
    fn information(&mut self) -> Reaction {
        let rest = self.response.get(self.start..).unwrap_or_default();
        let size = rest.len().min(self.size);
        self.end = self.start + size;
        let block = Block {
            kind: Kind::I {
                number: self.number,
                more: self.end < self.response.len(),
            },
            information: rest.get(..size).unwrap_or_default().to_vec(),
        };
        self.send(&block)
    }

    /// Takes a block; what is damaged it does not hear.
    pub fn receive(&mut self, bytes: &[u8]) -> Reaction {
        let Some(block) = Block::decode(bytes) else {
            return Reaction::Nothing;
        };
        match block.kind {
            Kind::I { more, .. } => {
                // Rule D.
                self.number = !self.number;
                self.waits_for_time = false;
                self.response.clear();
                self.command.extend(block.information);
                if self.command.len() > MAX_COMMAND {
                    self.command.clear();
                    return Reaction::Nothing;
                }
                if more {
                    // Rule 2.
                    return self.send(&Block::bare(Kind::Ack(self.number)));
                }
                self.working = true;
                Reaction::Command(std::mem::take(&mut self.command))
            }
            // Rule 11.
            Kind::Ack(number) | Kind::Nak(number) if number == self.number => {
                if self.last.is_empty() {
                    Reaction::Nothing
                } else {
                    Reaction::Send(self.last.clone())
                }
            }
            // Rule 12.
            Kind::Nak(_) => self.send(&Block::bare(Kind::Ack(self.number))),
            // Rules E and 13.
            Kind::Ack(_) if self.end < self.response.len() => {
                self.number = !self.number;
                self.start = self.end;
                self.information()
            }
            Kind::Time if self.waits_for_time => {
                self.waits_for_time = false;
                Reaction::Granted
            }
            Kind::Deselect => {
                *self = Self::new(256);
                Reaction::Deselected(block.encode())
            }
            Kind::Ack(_) | Kind::Time => Reaction::Nothing,
        }
    }

    /// Answers the command.
    pub fn respond(&mut self, response: &[u8]) -> Reaction {
        if !std::mem::take(&mut self.working) {
            return Reaction::Nothing;
        }
        self.response = response.to_vec();
        self.start = 0;
        self.information()
    }

    /// Asks for so many frame waiting times, 1 to 59, before the response.
    pub fn ask_for_time(&mut self, multiplier: u8) -> Reaction {
        self.waits_for_time = true;
        self.send(&Block {
            kind: Kind::Time,
            information: vec![multiplier.clamp(1, 59)],
        })
    }
}
