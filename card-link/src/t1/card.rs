//! The card's end (§11.6.3).

use super::Received;
use super::block::{Block, BlockError, Fault, Pcb, Supervisory};
use crate::edc::Edc;

/// What the card does about a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reaction {
    /// It sends a block.
    Send(Vec<u8>),
    /// It has a whole command: [`Card::respond`] with the response, or [`Card::ask_for_time`] before that.
    Command(Vec<u8>),
    /// It has the time that it asked for: [`Card::respond`] now.
    Granted,
    /// It sends nothing.
    Nothing,
}

/// The most bytes of a command: header, extended Lc, data, Le.
const MAX_COMMAND: usize = 4 + 3 + 65535 + 2;

/// The card's end of a T=1 line.
#[derive(Clone, Debug)]
pub struct Card {
    edc: Edc,
    /// The size of the reader's information field.
    ifsd: u8,
    /// N(S) of the I-block that was sent and is not acknowledged, or is to be sent.
    ns: u8,
    /// N(S) of the reader's I-block that is expected.
    nr: u8,
    command: Vec<u8>,
    response: Vec<u8>,
    start: usize,
    end: usize,
    /// An I-block was sent, and nothing yet shows that it was received.
    outstanding: bool,
    /// An S-block that waits for its answer.
    request: Option<Block>,
}

impl Card {
    /// A card after its reset.
    #[must_use]
    pub const fn new(edc: Edc) -> Self {
        Self {
            edc,
            ifsd: 32,
            ns: 0,
            nr: 0,
            command: Vec::new(),
            response: Vec::new(),
            start: 0,
            end: 0,
            outstanding: false,
            request: None,
        }
    }

    /// The error detection code.
    #[must_use]
    pub const fn edc(&self) -> Edc {
        self.edc
    }

    fn send(&self, block: &Block) -> Reaction {
        Reaction::Send(block.encode(self.edc))
    }

    fn acknowledge(&self, fault: Fault) -> Reaction {
        self.send(&Block::bare(Pcb::R {
            expected: self.nr,
            fault,
        }))
    }

    fn information(&mut self) -> Reaction {
        let rest = self.response.get(self.start..).unwrap_or_default();
        let size = rest.len().min(usize::from(self.ifsd));
        self.end = self.start + size;
        self.outstanding = true;
        self.send(&Block {
            pcb: Pcb::I {
                sequence: self.ns,
                more: self.end < self.response.len(),
            },
            information: rest.get(..size).unwrap_or_default().to_vec(),
        })
    }

    /// Answers the command.
    pub fn respond(&mut self, response: &[u8]) -> Reaction {
        self.response = response.to_vec();
        self.start = 0;
        self.information()
    }

    /// Asks for `multiplier` times the block waiting time, counted anew (rule 3).
    pub fn ask_for_time(&mut self, multiplier: u8) -> Reaction {
        self.ask(Supervisory::Wtx, &[multiplier])
    }

    /// Asks for another size of the blocks that come (rule 4).
    pub fn ask_for_size(&mut self, ifsc: u8) -> Reaction {
        self.ask(Supervisory::Ifs, &[ifsc])
    }

    /// Gives the reader's chain up (rule 9).
    pub fn abort(&mut self) -> Reaction {
        self.command.clear();
        self.ask(Supervisory::Abort, &[])
    }

    fn ask(&mut self, kind: Supervisory, information: &[u8]) -> Reaction {
        let block = Block {
            pcb: Pcb::S {
                kind,
                response: false,
            },
            information: information.to_vec(),
        };
        let reaction = self.send(&block);
        self.request = Some(block);
        reaction
    }

    /// Goes on with what came.
    pub fn receive(&mut self, received: Received<'_>) -> Reaction {
        match received {
            Received::Silence => Reaction::Nothing,
            Received::Garbled => self.invalid(Fault::Edc),
            Received::Block(bytes) => match Block::decode(bytes, self.edc) {
                Ok(block) => self.block(&block),
                Err(BlockError::Edc) => self.invalid(Fault::Edc),
                Err(BlockError::Form) => self.invalid(Fault::Other),
            },
        }
    }

    fn invalid(&self, fault: Fault) -> Reaction {
        match &self.request {
            Some(request) => self.send(request),
            None => self.acknowledge(fault),
        }
    }

    fn block(&mut self, block: &Block) -> Reaction {
        let answered = self
            .request
            .as_ref()
            .map(|request| (request.pcb, &request.information));
        match (block.pcb, answered) {
            (
                Pcb::S {
                    kind,
                    response: false,
                },
                _,
            ) => self.request(kind, block),
            (
                Pcb::S {
                    kind,
                    response: true,
                },
                Some((Pcb::S { kind: asked, .. }, information)),
            ) if kind == asked && *information == block.information => {
                self.request = None;
                match kind {
                    Supervisory::Wtx => Reaction::Granted,
                    // The right to send goes back to the reader, or on with its chain.
                    _ => self.acknowledge(Fault::None),
                }
            }
            (_, Some(_)) => self.invalid(Fault::Other),
            (Pcb::I { sequence, more }, None) if sequence == self.nr => self.accept(more, block),
            (Pcb::R { expected, .. }, None) => self.retransmit(expected),
            _ => self.invalid(Fault::Other),
        }
    }

    fn accept(&mut self, more: bool, block: &Block) -> Reaction {
        // The reader goes on: it has our last block.
        if self.outstanding {
            self.outstanding = false;
            self.ns ^= 1;
        }
        self.nr ^= 1;
        self.command.extend_from_slice(&block.information);
        if self.command.len() > MAX_COMMAND {
            return self.abort();
        }
        if more {
            self.acknowledge(Fault::None)
        } else {
            Reaction::Command(std::mem::take(&mut self.command))
        }
    }

    fn retransmit(&mut self, expected: u8) -> Reaction {
        if !self.outstanding {
            return self.acknowledge(Fault::None);
        }
        if expected == self.ns {
            return self.information();
        }
        if self.end < self.response.len() {
            self.ns ^= 1;
            self.start = self.end;
            return self.information();
        }
        // The reader has everything and waits for more: its next block was lost on the way.
        self.acknowledge(Fault::None)
    }

    fn request(&mut self, kind: Supervisory, block: &Block) -> Reaction {
        match (kind, block.information.first()) {
            (Supervisory::Resynch, None) => *self = Self::new(self.edc),
            (Supervisory::Ifs, Some(&size @ 1..=254)) => self.ifsd = size,
            (Supervisory::Abort, None) => {
                self.command.clear();
                self.response.clear();
                self.outstanding = false;
            }
            // Only a card asks for time.
            _ => return self.invalid(Fault::Other),
        }
        self.send(&Block {
            pcb: Pcb::S {
                kind,
                response: true,
            },
            information: block.information.clone(),
        })
    }
}
