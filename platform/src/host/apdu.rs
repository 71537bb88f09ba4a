use crate::{Apdu, Result};
use apdu_spec::Command;
use std::vec::Vec;

/// The length of the APDU buffer's data area in bytes.
const BUFFER: usize = 256;

/// A command under way. It panics where a Java Card throws an `APDUException`.
pub struct HostApdu {
    command: Vec<u8>,
    header: [u8; 4],
    data: Vec<u8>,
    expected: usize,
    buffer: [u8; BUFFER],
    stage: Stage,
    sent: usize,
}

/// How far a command is; the order is that of the calls.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Fresh,
    Received,
    Outgoing,
    Sent,
}

impl HostApdu {
    pub(super) fn new(bytes: &[u8], command: &Command<'_>) -> Self {
        Self {
            command: bytes.to_vec(),
            header: [command.cla, command.ins, command.p1, command.p2],
            data: command.data.to_vec(),
            expected: command.le.unwrap_or(0),
            buffer: [0; BUFFER],
            stage: Stage::Fresh,
            sent: 0,
        }
    }

    /// The command as it was sent.
    pub(super) fn command(&self) -> &[u8] {
        &self.command
    }

    /// The buffer, where all applets may read and write.
    pub(super) fn global(&self) -> &[u8] {
        &self.buffer
    }

    /// The response data.
    pub(super) fn response(&self) -> &[u8] {
        &self.buffer[..self.sent]
    }

    /// Puts the command data that a secure channel has unwrapped in the place of those sent.
    pub(super) fn replace_data(&mut self, data: &[u8]) {
        self.data = data.to_vec();
    }

    /// Sends `response`.
    pub(super) fn reply(&mut self, response: &[u8]) {
        self.buffer[..response.len()].copy_from_slice(response);
        self.advance(Stage::Sent);
        self.sent = response.len();
    }

    fn advance(&mut self, stage: Stage) {
        assert!(
            self.stage < stage,
            "receive, expected and send are called in this order, each once"
        );
        self.stage = stage;
    }
}

impl Apdu for HostApdu {
    fn cla(&self) -> u8 {
        self.header[0]
    }

    fn ins(&self) -> u8 {
        self.header[1]
    }

    fn p1(&self) -> u8 {
        self.header[2]
    }

    fn p2(&self) -> u8 {
        self.header[3]
    }

    fn receive(&mut self) -> Result<usize> {
        self.advance(Stage::Received);
        self.buffer[..self.data.len()].copy_from_slice(&self.data);
        Ok(self.data.len())
    }

    fn buffer(&mut self) -> &mut [u8] {
        &mut self.buffer
    }

    fn expected(&mut self) -> usize {
        self.advance(Stage::Outgoing);
        self.expected
    }

    fn send(&mut self, length: usize) -> Result {
        assert!(length <= BUFFER, "a response of at most {BUFFER} bytes");
        self.advance(Stage::Sent);
        self.sent = length;
        Ok(())
    }
}
