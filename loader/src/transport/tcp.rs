//! A card behind a TCP connection: the simulator (`tenkoku card serve --tcp`), or a reader in another room.
//!
//! Both sides send messages of a big-endian 16-bit length and that many bytes, as the *vpcd* driver of the
//! virtualsmartcard project does. A message of one byte to the card is a control code: 00 power off, 01 power on,
//! 02 reset, 04 asks for the answer to reset, the only one that is answered. Any other message is a command APDU and
//! is answered by its response; an empty one says that the card has lost power.

use super::{ConnectionInfo, Transport, TransportError};
use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

const POWER_ON: u8 = 1;
const RESET: u8 = 2;
const GET_ATR: u8 = 4;
/// How long a connection may take to come about.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long a command may take; keys of 4096 bits take minutes on some cards.
const LONGEST_COMMAND: Duration = Duration::from_secs(600);

/// A card behind a TCP connection.
pub struct TcpTransport {
    stream: TcpStream,
    address: String,
    atr: Vec<u8>,
}

impl TcpTransport {
    /// Connects to `HOST:PORT` and powers the card. Other machines than this one are refused unless `allow_remote`:
    /// nothing is encrypted on the way.
    ///
    /// # Errors
    /// [`TransportError::NotLoopback`], [`TransportError::Port`].
    pub fn connect(address: &str, allow_remote: bool) -> Result<Self, TransportError> {
        let failed = |cause: io::Error| TransportError::Port {
            port: address.to_owned(),
            cause: cause.to_string(),
        };
        let mut last = io::Error::from(io::ErrorKind::AddrNotAvailable);
        for candidate in address.to_socket_addrs().map_err(failed)? {
            if !candidate.ip().is_loopback() && !allow_remote {
                return Err(TransportError::NotLoopback(address.to_owned()));
            }
            match TcpStream::connect_timeout(&candidate, PATIENCE) {
                Ok(stream) => {
                    stream.set_nodelay(true).map_err(failed)?;
                    stream
                        .set_read_timeout(Some(LONGEST_COMMAND))
                        .map_err(failed)?;
                    let mut transport = Self {
                        stream,
                        address: address.to_owned(),
                        atr: Vec::new(),
                    };
                    transport.start(POWER_ON)?;
                    return Ok(transport);
                }
                Err(error) => last = error,
            }
        }
        Err(failed(last))
    }

    fn start(&mut self, code: u8) -> Result<(), TransportError> {
        self.send(&[code])?;
        self.send(&[GET_ATR])?;
        self.atr = self.receive()?;
        Ok(())
    }

    fn failed(&self, cause: &io::Error) -> TransportError {
        match cause.kind() {
            io::ErrorKind::UnexpectedEof
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::BrokenPipe => TransportError::Removed,
            _ => TransportError::Port {
                port: self.address.clone(),
                cause: cause.to_string(),
            },
        }
    }

    fn send(&mut self, message: &[u8]) -> Result<(), TransportError> {
        let length = u16::try_from(message.len())
            .map_err(|_| TransportError::Other("a command above 65535 bytes".to_owned()))?;
        let framed = [&length.to_be_bytes()[..], message].concat();
        let sent = self.stream.write_all(&framed);
        sent.map_err(|cause| self.failed(&cause))
    }

    fn receive(&mut self) -> Result<Vec<u8>, TransportError> {
        let mut length = [0; 2];
        let mut message = Vec::new();
        let received = self.stream.read_exact(&mut length).and_then(|()| {
            message.resize(u16::from_be_bytes(length).into(), 0);
            self.stream.read_exact(&mut message)
        });
        received.map_err(|cause| self.failed(&cause))?;
        Ok(message)
    }
}

impl Transport for TcpTransport {
    fn info(&self) -> ConnectionInfo {
        ConnectionInfo {
            name: self.address.clone(),
            atr: self.atr.clone(),
            protocol: "TCP".to_owned(),
        }
    }

    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        // Shorter ones would be taken for control codes, or be no commands at all.
        if command.len() < 4 {
            return Ok(vec![0x67, 0x00]);
        }
        self.send(command)?;
        match self.receive()? {
            response if response.is_empty() => Err(TransportError::Removed),
            response if response.len() < 2 => Err(TransportError::Short(response.len())),
            response => Ok(response),
        }
    }

    fn reset(&mut self) -> Result<(), TransportError> {
        self.start(RESET)
    }
}
