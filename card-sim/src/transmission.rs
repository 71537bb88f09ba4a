//! How the card and its reader talk: what of it applets see, and the T=0 rules that turn command
//! APDUs into TPDUs (ISO 7816-3 §12.2, JCRE 3.0.5 §9.4).

use crate::class_byte;
use std::str::FromStr;

/// Transmission protocol and medium.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Transmission {
    /// T=0 over contacts: bytes.
    T0,
    /// T=1 over contacts: blocks.
    #[default]
    T1,
    /// ISO 14443-4 over a type A interface.
    ContactlessA,
    /// ISO 14443-4 over a type B interface.
    ContactlessB,
}

/// A name of no transmission.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected t0, t1, contactless-a or contactless-b")]
pub struct UnknownTransmission;

impl FromStr for Transmission {
    type Err = UnknownTransmission;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Ok(match name.to_ascii_lowercase().as_str() {
            "t0" => Self::T0,
            "t1" => Self::T1,
            "contactless-a" => Self::ContactlessA,
            "contactless-b" => Self::ContactlessB,
            _ => return Err(UnknownTransmission),
        })
    }
}

impl std::fmt::Display for Transmission {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::T0 => "t0",
            Self::T1 => "t1",
            Self::ContactlessA => "contactless-a",
            Self::ContactlessB => "contactless-b",
        })
    }
}

impl Transmission {
    /// What `APDU.getProtocol` gives: `PROTOCOL_MEDIA_*` or `PROTOCOL_T*`.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::T0 => 0x00,
            Self::T1 => 0x01,
            Self::ContactlessA => 0x81,
            Self::ContactlessB => 0x91,
        }
    }

    /// What `APDU.getInBlockSize` gives: 1 for T=0, else the information field of a block.
    #[must_use]
    pub const fn in_block_size(self) -> u16 {
        match self {
            Self::T0 => 1,
            _ => 254,
        }
    }

    /// What `APDU.getOutBlockSize` gives: for T=0 a response with its status bytes.
    #[must_use]
    pub const fn out_block_size(self) -> u16 {
        match self {
            Self::T0 => 258,
            _ => 254,
        }
    }

    /// The answer to reset with these historical bytes (ISO 7816-3 §8.2), or for contactless cards
    /// the one that readers make up (PC/SC part 3 §3.1.3.2.3.1).
    #[must_use]
    pub fn answer_to_reset(self, historical: &[u8]) -> Vec<u8> {
        let historical = historical.get(..15).unwrap_or(historical);
        let count = u8::try_from(historical.len()).unwrap_or(0);
        let mut atr = match self {
            // Without TD1 it is T=0, and there is no check byte.
            Self::T0 => return [&[0x3B, count], historical].concat(),
            Self::T1 => vec![0x3B, 0x80 | count, 0x01],
            Self::ContactlessA | Self::ContactlessB => vec![0x3B, 0x80 | count, 0x80, 0x01],
        };
        atr.extend(historical);
        let check = atr.iter().skip(1).fold(0, |check, byte| check ^ byte);
        atr.push(check);
        atr
    }
}

/// What a card keeps between the commands of T=0.
#[derive(Clone, Debug, Default)]
pub(crate) struct T0 {
    /// Response data that wait, and the status word that ends them.
    pending: Option<(Vec<u8>, [u8; 2])>,
    /// The logical channel of the command whose response waits.
    channel: u8,
    /// The header of the command whose repetition with the right length gets them, instead of GET
    /// RESPONSE.
    repeats: Option<[u8; 4]>,
}

/// What to do with a command TPDU.
pub(crate) enum Step {
    /// The card answers this.
    Answer(Vec<u8>),
    /// The applet has to run with this command APDU; [`T0::respond`] takes its response.
    Run(Vec<u8>),
}

const GET_RESPONSE: u8 = 0xC0;

/// What P3 says of a response: 0 stands for 256.
fn expected(p3: u8) -> usize {
    if p3 == 0 { 256 } else { p3.into() }
}

fn low(length: usize) -> u8 {
    length.to_be_bytes().last().copied().unwrap_or(0)
}

impl T0 {
    /// Takes a command: a header with P3, then data. A command APDU of case 4 loses its Le, as
    /// readers do it; one of case 1 gets a P3 of zero.
    pub(crate) fn command(&mut self, command: &[u8]) -> Step {
        let Some((header, body)) = command.split_first_chunk::<4>() else {
            return Step::Answer(vec![0x67, 0x00]);
        };
        let (p3, data) = match body.split_first() {
            None => (0, &[][..]),
            Some((p3, data)) => (*p3, data),
        };
        let [cla, instruction, ..] = *header;
        // GET RESPONSE comes on the channel of the command (JCRE 3.0.5 §9.4.2).
        let channel = class_byte::channel(cla);
        let is_get_response = instruction == GET_RESPONSE
            && class_byte::is_interindustry(cla)
            && channel == self.channel
            && data.is_empty();
        let is_repetition = data.is_empty() && self.repeats == Some(*header);
        if (is_repetition || (is_get_response && self.repeats.is_none()))
            && let Some((response, status)) = self.pending.take()
        {
            self.repeats = None;
            return Step::Answer(self.give(response, status, p3));
        }
        *self = Self {
            channel,
            ..Self::default()
        };
        if data.is_empty() {
            // Case 1 or 2; a card cannot tell them apart by P3 = 0.
            return Step::Run([header.as_slice(), &[p3]].concat());
        }
        let length = usize::from(p3);
        match data.len().checked_sub(length) {
            // Le of case 4 stays on the other side: the applet may give up to 256 bytes.
            Some(0 | 1) if length > 0 => {
                let data = data.get(..length).unwrap_or(data);
                Step::Run([header.as_slice(), &[p3], data, &[0]].concat())
            }
            _ => Step::Answer(vec![0x67, 0x00]),
        }
    }

    /// Turns the response APDU to a command into what the reader gets.
    pub(crate) fn respond(&mut self, command: &[u8], mut response: Vec<u8>) -> Vec<u8> {
        let (Some(status), Some(header)) = (
            response
                .len()
                .checked_sub(2)
                .map(|length| response.split_off(length)),
            command.first_chunk::<4>(),
        ) else {
            return response;
        };
        let status = [
            status.first().copied().unwrap_or(0),
            status.get(1).copied().unwrap_or(0),
        ];
        if response.is_empty() {
            return status.to_vec();
        }
        // Five bytes are a command without data.
        if let &[.., p3] = command
            && command.len() == 5
        {
            let wanted = expected(p3);
            if response.len() < wanted {
                let answer = vec![0x6C, low(response.len())];
                self.pending = Some((response, status));
                self.repeats = Some(*header);
                return answer;
            }
            return self.give(response, status, p3);
        }
        let answer = vec![0x61, low(response.len().min(256))];
        self.pending = Some((response, status));
        answer
    }

    /// As many bytes as P3 asks for; what is left over waits for GET RESPONSE.
    fn give(&mut self, mut response: Vec<u8>, status: [u8; 2], p3: u8) -> Vec<u8> {
        let wanted = expected(p3);
        if p3 != 0 && wanted > response.len() {
            let answer = vec![0x6C, low(response.len())];
            self.pending = Some((response, status));
            return answer;
        }
        let rest = response.split_off(wanted.min(response.len()));
        if rest.is_empty() {
            response.extend(status);
        } else {
            response.extend([0x61, low(rest.len().min(256))]);
            self.pending = Some((rest, status));
        }
        response
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    fn run(t0: &mut T0, command: &[u8], response: &[u8]) -> Vec<u8> {
        match t0.command(command) {
            Step::Answer(answer) => answer,
            Step::Run(apdu) => t0.respond(&apdu, response.to_vec()),
        }
    }

    fn answer(t0: &mut T0, command: &[u8]) -> Vec<u8> {
        match t0.command(command) {
            Step::Answer(answer) => answer,
            Step::Run(_) => panic!("the applet would run"),
        }
    }

    #[test]
    fn case_2_is_repeated_with_the_right_length() {
        let mut t0 = T0::default();
        let full = [1, 2, 3, 0x90, 0];
        assert_eq!(run(&mut t0, &[0, 0xB0, 0, 0, 3], &full), full);
        assert_eq!(run(&mut t0, &[0, 0xB0, 0, 0, 0], &full), [0x6C, 3]);
        assert_eq!(answer(&mut t0, &[0, 0xB0, 0, 0, 3]), full);
        assert_eq!(run(&mut t0, &[0, 0xB0, 0, 0, 2], &full), [1, 2, 0x61, 1]);
        assert_eq!(answer(&mut t0, &[0, 0xC0, 0, 0, 1]), [3, 0x90, 0]);
        // Another command forgets what waits.
        assert_eq!(run(&mut t0, &[0, 0xB0, 0, 0, 9], &full), [0x6C, 3]);
        assert_eq!(run(&mut t0, &[0, 0xB0, 0, 1, 3], &full), full);
    }

    #[test]
    fn case_4_wants_get_response() {
        let mut t0 = T0::default();
        let full = [vec![7; 256], vec![0x62, 0x81]].concat();
        let command = [0, 0xA4, 4, 0, 2, 1, 2];
        assert_eq!(run(&mut t0, &command, &full), [0x61, 0]);
        assert_eq!(answer(&mut t0, &[0, 0xC0, 0, 0, 0]), full);
        // Le of an APDU of case 4 is no part of the TPDU.
        assert_eq!(
            run(&mut t0, &[0, 0xA4, 4, 0, 2, 1, 2, 0], &[5, 0x90, 0]),
            [0x61, 1]
        );
        assert_eq!(answer(&mut t0, &[0, 0xC0, 0, 0, 4]), [0x6C, 1]);
        assert_eq!(answer(&mut t0, &[0, 0xC0, 0, 0, 1]), [5, 0x90, 0]);
        assert_eq!(run(&mut t0, &command, &[0x90, 0]), [0x90, 0]);
        assert_eq!(answer(&mut t0, &[0, 0xA4, 4, 0, 2, 1]), [0x67, 0]);
        // On another channel nothing waits.
        assert_eq!(run(&mut t0, &command, &full), [0x61, 0]);
        assert_eq!(run(&mut t0, &[1, 0xC0, 0, 0, 0], &[0x6D, 0]), [0x6D, 0]);
    }

    #[test]
    fn answers_to_reset_tell_the_protocol() {
        let atr = |transmission: Transmission| transmission.answer_to_reset(&[0x65, 0x66]);
        assert_eq!(atr(Transmission::T0), [0x3B, 2, 0x65, 0x66]);
        assert_eq!(atr(Transmission::T1), [0x3B, 0x82, 1, 0x65, 0x66, 0x80]);
        assert_eq!(
            atr(Transmission::ContactlessA),
            [0x3B, 0x82, 0x80, 1, 0x65, 0x66, 0]
        );
        for name in ["t0", "t1", "contactless-a", "contactless-b"] {
            assert_eq!(name.parse::<Transmission>().unwrap().to_string(), name);
        }
        assert!("t2".parse::<Transmission>().is_err());
    }
}
