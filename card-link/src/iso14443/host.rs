//! The reader's end, with the rules of chaining and recovery (ISO 14443-4 §7.5.3 to §7.5.5).

use super::Received;
use super::block::{Block, Kind};

/// What to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Send this block, then wait for one: `patience` times the frame waiting time.
    Send {
        /// The bytes, without check bytes.
        block: Vec<u8>,
        /// 1, or what the card asked for by S(WTX).
        patience: u8,
    },
    /// The card's response.
    Done(Vec<u8>),
    /// It cannot be had.
    Failed(Iso14443Error),
}

/// Why a response cannot be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Iso14443Error {
    /// The card answers no more.
    #[error(
        "the card does not answer any more; whether it has carried the command out is not known. Leave it on the reader, \
         and begin again"
    )]
    Mute,
    /// The card answers what the standard does not have.
    #[error(
        "the card breaks the rules of ISO 14443-4; whether it has carried the command out is not known"
    )]
    Protocol,
    /// More than a response may have.
    #[error("the card sent more than the 65538 bytes that a response may have")]
    TooLong,
    /// Received something with no command under way.
    #[error("no command is under way")]
    Idle,
}

/// Attempts in a row before it is given up. The standard asks for two; a hand that holds a card moves.
const ATTEMPTS: u8 = 5;
/// How often one command may be sent again, or may ask for time: a card could go on for ever.
const ROUNDS: u32 = 100_000;
/// Response data and status word.
const MAX_RESPONSE: usize = 65536 + 2;
/// PCB and check bytes.
const OVERHEAD: usize = 3;

/// The reader's end.
#[derive(Clone, Debug)]
pub struct Host {
    /// The most information of a block.
    size: usize,
    number: bool,
    command: Vec<u8>,
    start: usize,
    end: usize,
    response: Vec<u8>,
    /// The card is in the middle of a chain.
    receiving: bool,
    busy: bool,
    errors: u8,
    rounds: u32,
}

impl Host {
    /// A card that was just activated, with its frame size.
    #[must_use]
    pub fn new(frame_size: u16) -> Self {
        Self {
            size: usize::from(frame_size).saturating_sub(OVERHEAD).max(1),
            // Rule A.
            number: false,
            command: Vec::new(),
            start: 0,
            end: 0,
            response: Vec::new(),
            receiving: false,
            busy: false,
            errors: 0,
            rounds: 0,
        }
    }

    /// Starts a command.
    pub fn send(&mut self, command: &[u8]) -> Step {
        self.command = command.to_vec();
        self.start = 0;
        self.response.clear();
        self.receiving = false;
        self.busy = true;
        self.errors = 0;
        self.rounds = 0;
        self.information()
    }

    /// The I-block at `start`.
    fn information(&mut self) -> Step {
        let rest = self.command.get(self.start..).unwrap_or_default();
        let size = rest.len().min(self.size);
        self.end = self.start + size;
        let block = Block {
            kind: Kind::I {
                number: self.number,
                more: self.end < self.command.len(),
            },
            information: rest.get(..size).unwrap_or_default().to_vec(),
        };
        transmit(&block, 1)
    }

    /// Goes on with what came.
    pub fn receive(&mut self, received: Received<'_>) -> Step {
        if !self.busy {
            return Step::Failed(Iso14443Error::Idle);
        }
        self.rounds += 1;
        let block = match received {
            Received::Block(bytes) => Block::decode(bytes),
            Received::Garbled | Received::Silence => None,
        };
        let step = if self.rounds > ROUNDS {
            Step::Failed(Iso14443Error::Protocol)
        } else {
            match block {
                Some(block) => self.block(block),
                None => self.invalid(Iso14443Error::Mute),
            }
        };
        if !matches!(step, Step::Send { .. }) {
            self.busy = false;
            self.command.clear();
        }
        step
    }

    fn block(&mut self, block: Block) -> Step {
        match block.kind {
            Kind::Time => {
                let multiplier = block.information.first().map_or(0, |byte| byte & 0x3F);
                if multiplier == 0 {
                    return self.invalid(Iso14443Error::Protocol);
                }
                let grant = Block {
                    kind: Kind::Time,
                    information: vec![multiplier],
                };
                // A multiplier above 59 is taken as 59 (§7.3).
                transmit(&grant, multiplier.min(59))
            }
            // Rule 6 and rule 7; not once the card has begun to answer.
            Kind::Ack(number) if !self.receiving => {
                self.errors += 1;
                if number == self.number && self.end < self.command.len() {
                    self.errors = 0;
                    self.number = !self.number;
                    self.start = self.end;
                } else if number == self.number || self.errors > ATTEMPTS {
                    return self.invalid(Iso14443Error::Protocol);
                }
                self.information()
            }
            // Rule B, rule 2 and rule 10: with the last block of the command only.
            Kind::I { number, more } if number == self.number && self.end == self.command.len() => {
                self.errors = 0;
                self.number = !self.number;
                self.response.extend(block.information);
                if self.response.len() > MAX_RESPONSE {
                    return Step::Failed(Iso14443Error::TooLong);
                }
                if !more {
                    return Step::Done(std::mem::take(&mut self.response));
                }
                self.receiving = true;
                transmit(&Block::bare(Kind::Ack(self.number)), 1)
            }
            _ => self.invalid(Iso14443Error::Protocol),
        }
    }

    /// Rules 4 and 5.
    fn invalid(&mut self, error: Iso14443Error) -> Step {
        self.errors += 1;
        if self.errors > ATTEMPTS {
            return Step::Failed(error);
        }
        let kind = if self.receiving {
            Kind::Ack(self.number)
        } else {
            Kind::Nak(self.number)
        };
        transmit(&Block::bare(kind), 1)
    }
}

fn transmit(block: &Block, patience: u8) -> Step {
    Step::Send {
        block: block.encode(),
        patience,
    }
}
