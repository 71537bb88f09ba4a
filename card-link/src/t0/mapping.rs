//! How an APDU becomes TPDUs, and their answers one response (§12.2).

use super::T0Error;
use apdu_spec::{Command, Lengths};

/// What one exchange carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tpdu {
    /// CLA, INS, P1, P2, P3.
    pub header: [u8; 5],
    /// What goes to the card.
    pub data: Vec<u8>,
    /// How much may come from the card.
    pub expected: usize,
}

impl Tpdu {
    /// Header and data in one piece, as PC/SC takes it for T=0.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        [&self.header[..], &self.data].concat()
    }
}

/// What follows a TPDU's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// Another TPDU.
    Tpdu(Tpdu),
    /// The response of the APDU.
    Done(Vec<u8>),
}

const GET_RESPONSE: u8 = 0xC0;
const ENVELOPE: u8 = 0xC2;
/// The most bytes in one direction of a TPDU with data to the card.
const SEGMENT: usize = 255;
const MAX_DATA: usize = 65536;

/// The state of one APDU.
#[derive(Clone, Debug)]
pub struct Mapping {
    cla: u8,
    /// The bytes that the command expects, Ne; `None` in cases 1 and 3.
    expected: Option<usize>,
    /// What of the APDU is still to be sent in ENVELOPE commands.
    envelope: Vec<u8>,
    last: Tpdu,
    corrected: bool,
    response: Vec<u8>,
}

/// The class of a command that goes with another: without secure messaging and chaining, in the same logical
/// channel (ISO 7816-4 §5.4.1; GPCS §11.1.4 for the classes from 80).
const fn plain_class(cla: u8) -> u8 {
    match cla {
        0x40..=0x7F | 0xC0..=0xFE => cla & 0xCF,
        _ => cla & 0xE3,
    }
}

fn byte(length: usize) -> u8 {
    // 256 is told as 0.
    u8::try_from(length).unwrap_or(0)
}

impl Mapping {
    /// Starts with a command APDU; gives the first TPDU.
    ///
    /// # Errors
    /// [`T0Error::Command`] where it is no command APDU.
    pub fn new(apdu: &[u8]) -> Result<(Self, Tpdu), T0Error> {
        let command = Command::parse(apdu).map_err(T0Error::Command)?;
        let Command {
            cla, ins, p1, p2, ..
        } = command;
        let mut mapping = Self {
            cla: plain_class(cla),
            expected: command.le,
            envelope: Vec::new(),
            last: Tpdu {
                header: [cla, ins, p1, p2, 0],
                data: Vec::new(),
                expected: 0,
            },
            corrected: false,
            response: Vec::new(),
        };
        let tpdu = if command.data.len() > SEGMENT {
            debug_assert_eq!(command.lengths, Lengths::Extended);
            // Cases 3E and 4E: the whole APDU goes in pieces (§12.2.4, §12.2.6).
            mapping.envelope = apdu.to_vec();
            mapping.next_envelope()
        } else if command.data.is_empty() {
            // Case 2E with more than 256 expected: P3 = 00, then 61xx (§12.2.3). A card cannot tell case 1 from that,
            // and may send what nobody asked for.
            let expected = command.le.unwrap_or(256).min(256);
            Tpdu {
                header: [cla, ins, p1, p2, byte(expected)],
                data: Vec::new(),
                expected,
            }
        } else {
            let p3 = byte(command.data.len());
            Tpdu {
                header: [cla, ins, p1, p2, p3],
                data: command.data.to_vec(),
                expected: 0,
            }
        };
        mapping.last = tpdu.clone();
        Ok((mapping, tpdu))
    }

    fn next_envelope(&mut self) -> Tpdu {
        let count = self.envelope.len().min(SEGMENT);
        let data: Vec<u8> = self.envelope.drain(..count).collect();
        Tpdu {
            // Of the interindustry class, in the channel of the command.
            header: [self.cla & 0x7F, ENVELOPE, 0, 0, byte(count)],
            data,
            expected: 0,
        }
    }

    fn wanted(&self) -> usize {
        self.expected
            .unwrap_or(0)
            .saturating_sub(self.response.len())
    }

    /// Goes on with the answer to the last TPDU.
    ///
    /// # Errors
    /// [`T0Error::TooLong`].
    pub fn receive(&mut self, answer: &[u8]) -> Result<Next, T0Error> {
        let Some((data, &[sw1, sw2])) = answer.split_last_chunk::<2>() else {
            return Ok(Next::Done(answer.to_vec()));
        };
        if (sw1, sw2) == (0x90, 0x00) && !self.envelope.is_empty() {
            return Ok(self.send(|mapping| mapping.next_envelope()));
        }
        self.response.extend_from_slice(data);
        if self.response.len() > MAX_DATA {
            return Err(T0Error::TooLong);
        }
        let more = if sw2 == 0 { 256 } else { usize::from(sw2) };
        match sw1 {
            // The right length is told: once, or a card could go on for ever.
            0x6C if !self.corrected
                && self.last.data.is_empty()
                && self.expected.is_some_and(|expected| expected > 0) =>
            {
                self.corrected = true;
                Ok(self.send(|mapping| {
                    let mut tpdu = mapping.last.clone();
                    tpdu.header[4] = sw2;
                    tpdu.expected = more;
                    tpdu
                }))
            }
            0x61 if self.wanted() > 0 => {
                self.corrected = false;
                let expected = more.min(self.wanted());
                Ok(self.send(|mapping| Tpdu {
                    header: [mapping.cla, GET_RESPONSE, 0, 0, byte(expected)],
                    data: Vec::new(),
                    expected,
                }))
            }
            _ => {
                let mut response = std::mem::take(&mut self.response);
                // The card may have corrected Le upwards: what was not asked for is cut (§12.2.3).
                response.truncate(self.expected.unwrap_or(0));
                response.extend([sw1, sw2]);
                Ok(Next::Done(response))
            }
        }
    }

    fn send(&mut self, make: impl FnOnce(&mut Self) -> Tpdu) -> Next {
        let tpdu = make(self);
        self.last = tpdu.clone();
        Next::Tpdu(tpdu)
    }
}
