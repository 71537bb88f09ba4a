//! What went over the wire, with nothing in it that is secret.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use apdu_spec::Command;

use super::{ConnectionInfo, Transport, TransportError};

/// One command and its answer as a report shows them.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Exchange {
    /// The command in hexadecimal; what may be secret is replaced by its length.
    pub command: String,
    /// The answer in the same form, or why there is none.
    pub response: String,
    /// How long the answer took.
    pub microseconds: u64,
}

/// The exchanges of a [`Traced`] transport. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Trace(Arc<Mutex<Vec<Exchange>>>);

impl Trace {
    /// What was exchanged so far.
    #[must_use]
    pub fn exchanges(&self) -> Vec<Exchange> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn add(&self, exchange: Exchange) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(exchange);
    }
}

/// A transport that keeps a [`Trace`]. Secrets never enter it: only the data of commands that are known to carry
/// none are kept, of all others the header and the lengths.
#[derive(Debug)]
pub struct Traced<T> {
    inner: T,
    trace: Trace,
}

impl<T> Traced<T> {
    /// Keeps what goes through `inner` in `trace`.
    pub fn new(inner: T, trace: Trace) -> Self {
        Self { inner, trace }
    }
}

impl<T: Transport> Transport for Traced<T> {
    fn info(&self) -> ConnectionInfo {
        self.inner.info()
    }

    fn block_size(&self) -> Option<usize> {
        self.inner.block_size()
    }

    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        let start = Instant::now();
        let result = self.inner.transmit(command);
        self.trace.add(Exchange {
            command: redacted_command(command),
            response: match &result {
                Ok(response) => redacted_response(command, response),
                Err(error) => error.to_string(),
            },
            microseconds: u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX),
        });
        result
    }

    fn reset(&mut self) -> Result<(), TransportError> {
        let result = self.inner.reset();
        self.trace.add(Exchange {
            command: "reset".to_owned(),
            response: match &result {
                Ok(()) => hex::encode_upper(self.inner.info().atr),
                Err(error) => error.to_string(),
            },
            microseconds: 0,
        });
        result
    }
}

/// The bit of a class byte that tells of secure messaging.
const SECURE_MESSAGING: u8 = 0x04;

/// How much of a command's data, and of its answer's, may be told.
fn open_parts(command: &[u8]) -> (bool, usize) {
    match *command {
        [cla, ..] if cla & SECURE_MESSAGING != 0 => (false, 0),
        // SELECT by name, GET STATUS, MANAGE CHANNEL.
        [0x00..=0x03, 0xA4, 0x04, ..] | [0x80..=0x83, 0xF2, ..] | [0x00..=0x03, 0x70, ..] => {
            (true, usize::MAX)
        }
        // GET DATA; the data objects of a session that protects nothing.
        [0x00..=0x03 | 0x80..=0x83, 0xCA, ..] => (true, usize::MAX),
        // INITIALIZE UPDATE: diversification data, key version, protocol and its parameter; neither challenge nor
        // cryptogram.
        [0x80..=0x83, 0x50, ..] => (false, 13),
        _ => (false, 0),
    }
}

fn redacted_command(command: &[u8]) -> String {
    let (open, _) = open_parts(command);
    match (open, Command::parse(command)) {
        (false, Ok(parsed)) if !parsed.data.is_empty() => {
            let header = [parsed.cla, parsed.ins, parsed.p1, parsed.p2];
            let hidden = hidden(parsed.data.len());
            format!("{} {hidden}", hex::encode_upper(header))
        }
        (true, _) | (_, Ok(_)) => hex::encode_upper(command),
        // What is no command is told by its header at most.
        (false, Err(_)) => {
            let header = command.get(..4).unwrap_or_default();
            let rest = command.len() - header.len();
            format!("{} {}", hex::encode_upper(header), hidden(rest))
        }
    }
}

fn redacted_response(command: &[u8], response: &[u8]) -> String {
    let (_, open) = open_parts(command);
    let Some((data, status)) = response.split_last_chunk::<2>() else {
        return hidden(response.len());
    };
    let (shown, rest) = data.split_at(open.min(data.len()));
    let mut text = hex::encode_upper(shown);
    if !rest.is_empty() {
        text += &hidden(rest.len());
    }
    if !text.is_empty() {
        text.push(' ');
    }
    text + &hex::encode_upper(status)
}

fn hidden(length: usize) -> String {
    format!("[{length} bytes]")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_secret_is_told_by_its_length() {
        let bytes = |text: &str| hex::decode(text).unwrap_or_default();
        for (command, expected) in [
            ("00A4040005A00000000100", "00A4040005A00000000100"),
            ("80CA006600", "80CA006600"),
            ("80500000080102030405060708 00", "80500000 [8 bytes]"),
            (
                "84820300100102030405060708A1A2A3A4A5A6A7A8",
                "84820300 [16 bytes]",
            ),
            ("84E80000090102030405060708 09", "84E80000 [9 bytes]"),
            ("80D80081020102 00", "80D80081 [2 bytes]"),
            ("002000980431323334", "00200098 [4 bytes]"),
            ("00CB3FFF0431323334", "00CB3FFF [4 bytes]"),
            ("00200098053132", "00200098 [3 bytes]"),
            ("80E28000", "80E28000"),
            ("00", " [1 bytes]"),
        ] {
            let command = bytes(&command.replace(' ', ""));
            assert_eq!(redacted_command(&command), expected);
        }
        let update = bytes("8050000008010203040506070800");
        let answer = bytes(&("00".repeat(10) + "300370" + &"AA".repeat(16) + "9000"));
        assert_eq!(
            redacted_response(&update, &answer),
            "00000000000000000000300370[16 bytes] 9000"
        );
        assert_eq!(
            redacted_response(&bytes("84CA006600"), &[1, 2, 0x90, 0]),
            "[2 bytes] 9000"
        );
        assert_eq!(redacted_response(&update, &[1]), "[1 bytes]");
        assert_eq!(redacted_response(&bytes("0084000008"), &[0x6D, 0]), "6D00");
    }
}
