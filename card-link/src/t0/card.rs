//! The card's end: bytes to TPDUs and back.

use super::{TpduStep, Tpdus};

/// Which way the data of a TPDU go: the header does not tell, the application knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// To the card; P3 is Lc.
    In,
    /// From the card; P3 is Le.
    Out,
}

/// What the card does about a byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reaction {
    /// It waits for more.
    Nothing,
    /// It sends these bytes.
    Send(Vec<u8>),
    /// It has a whole command APDU: [`Card::respond`].
    Command(Vec<u8>),
}

/// The direction of data by CLA, INS, P1 and P2, as the commands of ISO 7816-4 and GlobalPlatform have it.
#[must_use]
pub const fn direction_by_instruction(header: [u8; 4]) -> Direction {
    match header {
        // GET DATA that says of which key: of its certificates, or which it is (GPC Amendment F).
        [_, 0xCA, 0xBF, 0x21] | [_, 0xCA, 0x00, 0x83] => Direction::In,
        // Under secure messaging every command has data: its MAC (GPCS 2.3.1 §11.1.4).
        [cla, ..] if cla & (if cla & 0x40 == 0 { 0x04 } else { 0x20 }) != 0 => Direction::In,
        // GET CHALLENGE, READ BINARY and RECORD, GET RESPONSE, GET DATA.
        [_, 0x84 | 0xB0..=0xB3 | 0xC0 | 0xCA, ..] => Direction::Out,
        _ => Direction::In,
    }
}

/// How the card hands data over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Manner {
    /// Byte by byte, each after a procedure byte ~INS.
    pub single: bool,
    /// So many NULL bytes before it says anything else.
    pub nulls: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Header,
    /// Data to the card.
    Data,
    Working,
}

/// The card's end of a T=0 line.
#[derive(Clone, Debug)]
pub struct Card {
    direction: fn([u8; 4]) -> Direction,
    manner: Manner,
    state: State,
    bytes: Vec<u8>,
    /// The instruction of the command under way.
    instruction: u8,
    tpdus: Tpdus,
}

impl Card {
    /// A card after its reset.
    #[must_use]
    pub fn new(direction: fn([u8; 4]) -> Direction, manner: Manner) -> Self {
        Self {
            direction,
            manner,
            state: State::Header,
            bytes: Vec::new(),
            instruction: 0,
            tpdus: Tpdus::default(),
        }
    }

    fn header(&self) -> [u8; 5] {
        self.bytes.first_chunk().copied().unwrap_or_default()
    }

    fn say(&self, bytes: &[u8]) -> Vec<u8> {
        let mut all = vec![0x60; usize::from(self.manner.nulls)];
        all.extend_from_slice(bytes);
        all
    }

    /// Goes on with a byte of the reader.
    pub fn receive(&mut self, byte: u8) -> Reaction {
        self.bytes.push(byte);
        let [cla, instruction, p1, p2, p3] = self.header();
        match self.state {
            State::Header if self.bytes.len() == 5 => {
                let incoming = (self.direction)([cla, instruction, p1, p2]) == Direction::In;
                if incoming && p3 > 0 {
                    self.state = State::Data;
                    Reaction::Send(self.say(&[self.procedure(instruction)]))
                } else {
                    self.command()
                }
            }
            State::Data if self.bytes.len() == 5 + usize::from(p3) => self.command(),
            State::Data if self.manner.single => Reaction::Send(vec![!instruction]),
            _ => Reaction::Nothing,
        }
    }

    const fn procedure(&self, instruction: u8) -> u8 {
        if self.manner.single {
            !instruction
        } else {
            instruction
        }
    }

    /// The TPDU is there.
    fn command(&mut self) -> Reaction {
        self.instruction = self.header()[1];
        let mut bytes = std::mem::take(&mut self.bytes);
        if let [cla, instruction, p1, p2, 0] = *bytes.as_slice()
            && (self.direction)([cla, instruction, p1, p2]) == Direction::In
        {
            // P3 is no Le.
            bytes.truncate(4);
        }
        match self.tpdus.command(&bytes) {
            TpduStep::Run(apdu) => {
                self.state = State::Working;
                Reaction::Command(apdu)
            }
            TpduStep::Answer(answer) => Reaction::Send(self.answer(&answer)),
        }
    }

    /// Answers the command.
    pub fn respond(&mut self, response: &[u8]) -> Vec<u8> {
        let response = match response {
            [] | [_] => vec![0x6F, 0x00],
            whole => whole.to_vec(),
        };
        let answer = self.tpdus.respond(response);
        self.answer(&answer)
    }

    /// Data, if there are any, and status word, with procedure bytes.
    fn answer(&mut self, answer: &[u8]) -> Vec<u8> {
        self.state = State::Header;
        match answer.split_last_chunk::<2>() {
            Some((data, status)) if !data.is_empty() => {
                self.say(&self.data(self.instruction, data, *status))
            }
            _ => self.say(answer),
        }
    }

    fn data(&self, instruction: u8, data: &[u8], status: [u8; 2]) -> Vec<u8> {
        let mut bytes = Vec::new();
        if self.manner.single {
            for byte in data {
                bytes.extend([!instruction, *byte]);
            }
        } else {
            bytes.push(instruction);
            bytes.extend_from_slice(data);
        }
        bytes.extend(status);
        bytes
    }

    /// The reader broke off: the next byte begins a header.
    pub fn clear(&mut self) {
        if self.state != State::Working {
            self.bytes.clear();
            self.state = State::Header;
        }
    }
}
