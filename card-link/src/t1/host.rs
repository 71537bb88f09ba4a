//! The reader's end, with the rules of error recovery (§11.6.3).

use super::Received;
use super::block::{Block, Fault, Pcb, Supervisory};
use crate::edc::Edc;

/// What to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Send this block, then wait for one: `patience` times the block waiting time.
    Send {
        /// The bytes.
        block: Vec<u8>,
        /// 1, or what the card asked for by S(WTX).
        patience: u8,
    },
    /// The card's response.
    Done(Vec<u8>),
    /// It cannot be had.
    Failed(T1Error),
}

/// Why a response cannot be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum T1Error {
    /// Not even S(RESYNCH) was answered: a reset is all that is left (rule 7.4.3).
    #[error("the card does not answer any more; reset it")]
    Dead,
    /// Both sides start anew, but the card may have carried the command out, so it is not sent again by itself.
    #[error(
        "the line broke down and was set up anew; whether the card has carried the command out is not known"
    )]
    Resynchronised,
    /// The card gave the chain up (rule 9).
    #[error("the card broke the transmission off")]
    Aborted,
    /// More than a response may have.
    #[error("the card sent more than the 65538 bytes that a response may have")]
    TooLong,
    /// Received something with no command under way.
    #[error("no command is under way")]
    Idle,
}

/// Attempts in a row before the next stronger remedy (rules 6.4 and 7.4).
const ATTEMPTS: u8 = 3;
/// How often one command may cause S(RESYNCH) before it is given up.
const RESTARTS: u8 = 4;
/// Response data and status word.
const MAX_RESPONSE: usize = 65536 + 2;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Waiting {
    Nothing,
    Ifs,
    Answer,
    Resynch,
}

/// The reader's end of a T=1 line.
#[derive(Clone, Debug)]
pub struct Host {
    edc: Edc,
    /// The card's IFSC as its answer to reset says.
    initial_ifsc: u8,
    ifsc: u8,
    /// The size of our information field that we want to tell the card.
    wanted_ifsd: u8,
    ifsd: u8,
    ifs_refused: bool,
    /// N(S) of the I-block that is to be sent, or was sent and is not acknowledged.
    ns: u8,
    /// N(S) of the card's I-block that is expected.
    nr: u8,
    waiting: Waiting,
    command: Vec<u8>,
    /// The part of the command in the I-block that is under way.
    start: usize,
    end: usize,
    /// The last I-block of the command is acknowledged.
    acknowledged: bool,
    /// The card gave our chain, or its own, up.
    aborted: bool,
    response: Vec<u8>,
    errors: u8,
    resynchs: u8,
    restarts: u8,
}

impl Host {
    /// A line on which nothing was sent since the reset, to a card with this error detection code and IFSC.
    #[must_use]
    pub fn new(edc: Edc, ifsc: u8) -> Self {
        Self {
            edc,
            initial_ifsc: ifsc.clamp(1, 254),
            ifsc: ifsc.clamp(1, 254),
            wanted_ifsd: 254,
            ifsd: 32,
            ifs_refused: false,
            ns: 0,
            nr: 0,
            waiting: Waiting::Nothing,
            command: Vec::new(),
            start: 0,
            end: 0,
            acknowledged: false,
            aborted: false,
            response: Vec::new(),
            errors: 0,
            resynchs: 0,
            restarts: 0,
        }
    }

    /// The error detection code.
    #[must_use]
    pub const fn edc(&self) -> Edc {
        self.edc
    }

    /// The most bytes of information in a block to the card.
    #[must_use]
    pub const fn ifsc(&self) -> u8 {
        self.ifsc
    }

    /// Starts a command.
    pub fn send(&mut self, command: &[u8]) -> Step {
        self.command = command.to_vec();
        self.errors = 0;
        self.resynchs = 0;
        self.restarts = 0;
        self.begin()
    }

    fn begin(&mut self) -> Step {
        self.start = 0;
        self.end = 0;
        self.acknowledged = false;
        self.aborted = false;
        self.response.clear();
        if self.ifsd < self.wanted_ifsd && !self.ifs_refused {
            self.waiting = Waiting::Ifs;
            return self.repeat_request();
        }
        self.waiting = Waiting::Answer;
        self.information()
    }

    /// Whether the whole command has left: only then may the card have carried it out.
    fn is_sent(&self) -> bool {
        self.end == self.command.len() && self.waiting == Waiting::Answer
    }

    /// The I-block at `start`; again, where it was sent before.
    fn information(&mut self) -> Step {
        let rest = self.command.get(self.start..).unwrap_or_default();
        // A block may have grown or shrunk by S(IFS) before it is sent again: it is cut anew then (rule 4).
        let size = rest.len().min(usize::from(self.ifsc));
        self.end = self.start + size;
        let block = Block {
            pcb: Pcb::I {
                sequence: self.ns,
                more: self.end < self.command.len(),
            },
            information: rest.get(..size).unwrap_or_default().to_vec(),
        };
        self.transmit(&block, 1)
    }

    fn transmit(&self, block: &Block, patience: u8) -> Step {
        Step::Send {
            block: block.encode(self.edc),
            patience,
        }
    }

    fn acknowledge(&self, fault: Fault) -> Step {
        let pcb = Pcb::R {
            expected: self.nr,
            fault,
        };
        self.transmit(&Block::bare(pcb), 1)
    }

    fn repeat_request(&self) -> Step {
        let (kind, information) = match self.waiting {
            Waiting::Ifs => (Supervisory::Ifs, vec![self.wanted_ifsd]),
            _ => (Supervisory::Resynch, Vec::new()),
        };
        let pcb = Pcb::S {
            kind,
            response: false,
        };
        self.transmit(&Block { pcb, information }, 1)
    }

    /// Goes on with what came.
    pub fn receive(&mut self, received: Received<'_>) -> Step {
        if self.waiting == Waiting::Nothing {
            return Step::Failed(T1Error::Idle);
        }
        let step = match received {
            // No block at all calls for the same remedy as a damaged one (rule 7.3).
            Received::Silence => self.invalid(Fault::Other),
            Received::Garbled => self.invalid(Fault::Edc),
            Received::Block(bytes) => match Block::decode(bytes, self.edc) {
                Ok(block) => self.block(&block),
                Err(error) => self.invalid(error.fault()),
            },
        };
        if !matches!(step, Step::Send { .. }) {
            self.waiting = Waiting::Nothing;
            self.command.clear();
        }
        step
    }

    fn block(&mut self, block: &Block) -> Step {
        match (block.pcb, self.waiting) {
            (
                Pcb::S {
                    kind,
                    response: true,
                },
                waiting,
            ) => self.answered(kind, block, waiting),
            (
                Pcb::S {
                    kind,
                    response: false,
                },
                Waiting::Answer,
            ) => self.request(kind, block),
            (Pcb::I { sequence, more }, Waiting::Answer) => self.accept(sequence, more, block),
            (Pcb::R { expected, .. }, Waiting::Answer) => self.retransmit(expected),
            _ => self.invalid(Fault::Other),
        }
    }

    /// An I-block (rules 2 and 5).
    fn accept(&mut self, sequence: u8, more: bool, block: &Block) -> Step {
        let unfinished = self.end < self.command.len() && !self.aborted;
        if sequence != self.nr || unfinished || block.information.len() > usize::from(self.ifsd) {
            return self.invalid(Fault::Other);
        }
        self.errors = 0;
        self.nr ^= 1;
        if !self.acknowledged {
            self.acknowledged = true;
            self.ns ^= 1;
        }
        self.response.extend_from_slice(&block.information);
        if self.response.len() > MAX_RESPONSE {
            return Step::Failed(T1Error::TooLong);
        }
        if more {
            self.acknowledge(Fault::None)
        } else {
            Step::Done(std::mem::take(&mut self.response))
        }
    }

    /// An R-block: the next part of the chain, or the same block again (rules 2.2, 7.1 and 7.2).
    fn retransmit(&mut self, expected: u8) -> Step {
        if self.aborted {
            // After the abortion the card gives us the right to send, and there is nothing to send.
            return Step::Failed(T1Error::Aborted);
        }
        if self.acknowledged || (expected != self.ns && self.end == self.command.len()) {
            // The card did not get our R-block.
            return self.invalid(Fault::None);
        }
        if expected == self.ns {
            self.errors += 1;
            return if self.errors >= ATTEMPTS {
                self.resynchronise()
            } else {
                self.information()
            };
        }
        self.errors = 0;
        self.ns ^= 1;
        self.start = self.end;
        self.information()
    }

    /// An S-block that asks for something (rules 3, 4 and 9).
    fn request(&mut self, kind: Supervisory, block: &Block) -> Step {
        let value = block.information.first().copied();
        let patience = match (kind, value) {
            (Supervisory::Wtx, Some(multiplier)) => multiplier.max(1),
            (Supervisory::Ifs, Some(size @ 1..=254)) => {
                self.ifsc = size;
                1
            }
            (Supervisory::Abort, None) => {
                self.aborted = true;
                self.response.clear();
                if !self.acknowledged {
                    self.acknowledged = true;
                    self.ns ^= 1;
                }
                1
            }
            // Only the reader resynchronises (rule 6.1).
            _ => return self.invalid(Fault::Other),
        };
        self.errors = 0;
        let pcb = Pcb::S {
            kind,
            response: true,
        };
        let information = block.information.clone();
        self.transmit(&Block { pcb, information }, patience)
    }

    /// An S-block that answers ours.
    fn answered(&mut self, kind: Supervisory, block: &Block, waiting: Waiting) -> Step {
        match (kind, waiting) {
            (Supervisory::Ifs, Waiting::Ifs) if block.information == [self.wanted_ifsd] => {
                self.errors = 0;
                self.ifsd = self.wanted_ifsd;
                self.waiting = Waiting::Answer;
                self.information()
            }
            (Supervisory::Resynch, Waiting::Resynch) => self.resynchronised(),
            _ => self.invalid(Fault::Other),
        }
    }

    /// Something that is no valid block here (rules 7.1 to 7.4).
    fn invalid(&mut self, fault: Fault) -> Step {
        self.errors += 1;
        match self.waiting {
            Waiting::Resynch => self.resynchronise(),
            _ if self.errors >= ATTEMPTS => self.resynchronise(),
            Waiting::Ifs => self.repeat_request(),
            _ => self.acknowledge(fault),
        }
    }

    /// Asks to start anew; gives up after three requests (rule 6.4).
    fn resynchronise(&mut self) -> Step {
        if self.waiting != Waiting::Resynch {
            if self.waiting == Waiting::Ifs {
                self.ifs_refused = true;
            }
            self.restarts += 1;
            // Whether the command has left is told by `end` from now on.
            if !self.is_sent() {
                self.end = 0;
            }
            self.waiting = Waiting::Resynch;
            self.resynchs = 0;
        }
        self.resynchs += 1;
        if self.resynchs > ATTEMPTS {
            return Step::Failed(T1Error::Dead);
        }
        self.repeat_request()
    }

    /// Everything is as after the reset (rule 6.3). A command that the card cannot have got whole is sent again.
    fn resynchronised(&mut self) -> Step {
        let sent = self.end == self.command.len();
        self.errors = 0;
        self.resynchs = 0;
        self.ns = 0;
        self.nr = 0;
        self.ifsc = self.initial_ifsc;
        self.ifsd = 32;
        if sent || self.restarts >= RESTARTS {
            return Step::Failed(T1Error::Resynchronised);
        }
        self.begin()
    }
}
