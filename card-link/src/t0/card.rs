//! The card's end: TPDUs to APDUs and back.

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

/// The direction of data by CLA and INS, as the commands of ISO 7816-4 and GlobalPlatform have it.
#[must_use]
pub const fn direction_by_instruction(_cla: u8, instruction: u8) -> Direction {
    match instruction {
        // GET CHALLENGE, READ BINARY and RECORD, GET DATA.
        0x84 | 0xB0..=0xB3 | 0xC0 | 0xCA => Direction::Out,
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
    direction: fn(u8, u8) -> Direction,
    manner: Manner,
    state: State,
    bytes: Vec<u8>,
    /// Data that GET RESPONSE fetches, and the status word behind them.
    kept: Vec<u8>,
    kept_status: [u8; 2],
    /// The APDU that comes in ENVELOPE commands.
    envelope: Vec<u8>,
}

impl Card {
    /// A card after its reset.
    #[must_use]
    pub const fn new(direction: fn(u8, u8) -> Direction, manner: Manner) -> Self {
        Self {
            direction,
            manner,
            state: State::Header,
            bytes: Vec::new(),
            kept: Vec::new(),
            kept_status: [0x90, 0x00],
            envelope: Vec::new(),
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
        let [cla, instruction, _, _, p3] = self.header();
        match self.state {
            State::Header if self.bytes.len() == 5 => {
                let incoming = (self.direction)(cla, instruction) == Direction::In;
                if instruction == 0xC0 {
                    self.get_response(p3)
                } else if incoming && p3 > 0 {
                    self.state = State::Data;
                    Reaction::Send(self.say(&[self.procedure(instruction)]))
                } else {
                    self.state = State::Working;
                    self.command()
                }
            }
            State::Data if self.bytes.len() == 5 + usize::from(p3) => {
                self.state = State::Working;
                if instruction == 0xC2 {
                    self.segment()
                } else {
                    self.command()
                }
            }
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

    /// The APDU of the TPDU that is there. Le is not known where data came in: all there is may be fetched.
    fn command(&mut self) -> Reaction {
        let [cla, instruction, p1, p2, p3] = self.header();
        self.kept.clear();
        let data = self.bytes.get(5..).unwrap_or_default();
        let mut apdu = vec![cla, instruction, p1, p2];
        if !data.is_empty() {
            apdu.push(p3);
            apdu.extend_from_slice(data);
        } else if (self.direction)(cla, instruction) == Direction::Out {
            apdu.push(p3);
        }
        Reaction::Command(apdu)
    }

    /// A part of an APDU in an ENVELOPE command; it is complete when its own length says so.
    fn segment(&mut self) -> Reaction {
        let data: Vec<u8> = self.bytes.drain(..).skip(5).collect();
        self.envelope.extend(data);
        let whole = match self.envelope.as_slice() {
            [_, _, _, _, 0, high, low, rest @ ..] => {
                let lc = usize::from(*high) << 8 | usize::from(*low);
                rest.len() == lc || rest.len() == lc + 2
            }
            _ => false,
        };
        if whole {
            return Reaction::Command(std::mem::take(&mut self.envelope));
        }
        self.state = State::Header;
        Reaction::Send(self.say(&[0x90, 0x00]))
    }

    /// Answers the command.
    pub fn respond(&mut self, response: &[u8]) -> Vec<u8> {
        let [cla, instruction, _, _, p3] = self.header();
        let outgoing = (self.direction)(cla, instruction) == Direction::Out;
        self.bytes.clear();
        self.state = State::Header;
        let (data, status) = match response.split_last_chunk::<2>() {
            Some((data, status)) => (data, *status),
            None => (response, [0x6F, 0x00]),
        };
        if data.is_empty() {
            return self.say(&status);
        }
        let asked = if p3 == 0 { 256 } else { usize::from(p3) };
        if outgoing && data.len() == asked {
            return self.say(&self.data(instruction, data, status));
        }
        if outgoing && data.len() < asked {
            // The wrong length: the reader asks again.
            return self.say(&[0x6C, u8::try_from(data.len()).unwrap_or(0)]);
        }
        if outgoing {
            // More than fits: the first part now, the rest by GET RESPONSE.
            let (now, later) = data.split_at(asked);
            self.kept = later.to_vec();
            self.kept_status = status;
            let status = self.more();
            return self.say(&self.data(instruction, now, status));
        }
        self.kept = data.to_vec();
        self.kept_status = status;
        self.say(&self.more())
    }

    fn more(&self) -> [u8; 2] {
        [0x61, u8::try_from(self.kept.len()).unwrap_or(0)]
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

    fn get_response(&mut self, p3: u8) -> Reaction {
        self.bytes.clear();
        self.state = State::Header;
        let asked = if p3 == 0 { 256 } else { usize::from(p3) };
        if self.kept.is_empty() {
            return Reaction::Send(self.say(&[0x69, 0x85]));
        }
        if asked > self.kept.len() {
            let length = u8::try_from(self.kept.len()).unwrap_or(0);
            return Reaction::Send(self.say(&[0x6C, length]));
        }
        let now: Vec<u8> = self.kept.drain(..asked).collect();
        let status = if self.kept.is_empty() {
            self.kept_status
        } else {
            self.more()
        };
        Reaction::Send(self.say(&self.data(0xC0, &now, status)))
    }

    /// The reader broke off: the next byte begins a header.
    pub fn clear(&mut self) {
        if self.state != State::Working {
            self.bytes.clear();
            self.state = State::Header;
        }
    }
}
