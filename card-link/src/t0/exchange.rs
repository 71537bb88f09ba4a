//! One TPDU: the header, then as the card's procedure bytes say (§10.3).

use super::{T0Error, Tpdu};

/// What to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Read another byte; the waiting time counts anew.
    More,
    /// Send these, then read.
    Send(Vec<u8>),
    /// The end: data, SW1 and SW2.
    Done(Vec<u8>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Procedure,
    /// So many bytes of data come before the next procedure byte.
    Data(usize),
    Sw2(u8),
}

/// The reader's end of one exchange.
#[derive(Clone, Debug)]
pub struct Exchange {
    instruction: u8,
    data: Vec<u8>,
    sent: usize,
    expected: usize,
    response: Vec<u8>,
    state: State,
}

impl Exchange {
    /// Starts; gives the header to send.
    #[must_use]
    pub fn new(tpdu: &Tpdu) -> (Self, [u8; 5]) {
        let exchange = Self {
            instruction: tpdu.header[1],
            data: tpdu.data.clone(),
            sent: 0,
            expected: tpdu.expected,
            response: Vec::new(),
            state: State::Procedure,
        };
        (exchange, tpdu.header)
    }

    /// Goes on with a byte of the card.
    ///
    /// # Errors
    /// [`T0Error::Procedure`].
    pub fn receive(&mut self, byte: u8) -> Result<Step, T0Error> {
        match self.state {
            State::Data(left) => {
                self.response.push(byte);
                self.state = match left {
                    0 | 1 => State::Procedure,
                    _ => State::Data(left - 1),
                };
                Ok(Step::More)
            }
            State::Sw2(sw1) => {
                let mut response = std::mem::take(&mut self.response);
                response.extend([sw1, byte]);
                Ok(Step::Done(response))
            }
            State::Procedure => self.procedure(byte),
        }
    }

    fn procedure(&mut self, byte: u8) -> Result<Step, T0Error> {
        let all = byte == self.instruction;
        let one = byte == !self.instruction;
        match byte {
            _ if all || one => {
                let rest = self.data.get(self.sent..).unwrap_or_default();
                let left = self.expected.saturating_sub(self.response.len());
                if !rest.is_empty() {
                    let count = if all { rest.len() } else { 1 };
                    let bytes = rest.get(..count).unwrap_or_default().to_vec();
                    self.sent += count;
                    return Ok(Step::Send(bytes));
                }
                if left == 0 {
                    // Nothing is left to transfer: only SW1 can follow.
                    return Err(T0Error::Procedure(byte));
                }
                self.state = State::Data(if all { left } else { 1 });
                Ok(Step::More)
            }
            // NULL: more time.
            0x60 => Ok(Step::More),
            0x61..=0x6F | 0x90..=0x9F => {
                self.state = State::Sw2(byte);
                Ok(Step::More)
            }
            other => Err(T0Error::Procedure(other)),
        }
    }
}
