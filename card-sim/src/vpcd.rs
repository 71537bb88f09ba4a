//! The card behind a PC/SC reader: the client side of the *vpcd* protocol of the virtualsmartcard
//! project, as its reader driver speaks it.
//!
//! Each message is a big-endian 16-bit length and that many bytes. A message of one byte to the
//! card is a control code: power off, power on, reset, or a request for the answer to reset, the
//! only one that is answered. Every other message is a command, answered by one response.

use crate::card::Card;
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream, ToSocketAddrs};

/// Where the driver listens for the card in its first slot.
pub const DEFAULT_ADDRESS: &str = "127.0.0.1:35963";

const POWER_OFF: u8 = 0;
const POWER_ON: u8 = 1;
const RESET: u8 = 2;
const GET_ATR: u8 = 4;

/// Why a card does not serve, or no longer.
#[derive(Debug, thiserror::Error)]
pub enum VpcdError {
    /// The address names another machine.
    #[error(
        "{0} is not on this machine: whoever reads that line sees every PIN; connect to loopback, or say that remote readers are meant"
    )]
    NotLoopback(String),
    /// The address cannot be listened at.
    #[error("cannot listen at {address}: {source}")]
    Listen {
        /// Where.
        address: String,
        /// What the system said.
        source: io::Error,
    },
    /// No driver there.
    #[error("no vpcd reader driver at {address}: {source}; start pcscd with the vpcd driver first")]
    Connect {
        /// Where.
        address: String,
        /// What the system said.
        source: io::Error,
    },
    /// The connection broke.
    #[error("the connection to the reader driver broke: {0}")]
    Connection(#[from] io::Error),
}

/// Connects to the reader driver at `address` (`HOST:PORT`). Other machines than this one are
/// refused unless `allow_remote`.
///
/// # Errors
/// [`VpcdError::NotLoopback`], [`VpcdError::Connect`].
pub fn connect(address: &str, allow_remote: bool) -> Result<TcpStream, VpcdError> {
    let failed = |source| VpcdError::Connect {
        address: address.to_owned(),
        source,
    };
    let mut last = io::Error::from(io::ErrorKind::AddrNotAvailable);
    for candidate in address.to_socket_addrs().map_err(failed)? {
        if !candidate.ip().is_loopback() && !allow_remote {
            return Err(VpcdError::NotLoopback(address.to_owned()));
        }
        match TcpStream::connect(candidate) {
            Ok(stream) => {
                stream.set_nodelay(true).map_err(failed)?;
                return Ok(stream);
            }
            Err(error) => last = error,
        }
    }
    Err(failed(last))
}

/// Listens at `address` (`HOST:PORT`) for readers that connect to the card, the other way round than the driver: each
/// connection then speaks the same protocol ([`serve`]). Addresses that other machines reach are refused unless
/// `allow_remote`.
///
/// # Errors
/// [`VpcdError::NotLoopback`], [`VpcdError::Listen`].
pub fn listen(address: &str, allow_remote: bool) -> Result<TcpListener, VpcdError> {
    let failed = |source| VpcdError::Listen {
        address: address.to_owned(),
        source,
    };
    let candidates: Vec<_> = address.to_socket_addrs().map_err(failed)?.collect();
    if candidates
        .iter()
        .any(|candidate| !candidate.ip().is_loopback())
        && !allow_remote
    {
        return Err(VpcdError::NotLoopback(address.to_owned()));
    }
    TcpListener::bind(candidates.as_slice()).map_err(failed)
}

/// A connection that can be told not to delay its acknowledgements. The driver sends a message in
/// two parts; without that, each command waits 40 ms for the first one's acknowledgement.
pub trait Connection: Read + Write {
    /// Called before each receive.
    ///
    /// # Errors
    /// What the system says.
    fn acknowledge_quickly(&self) -> io::Result<()> {
        Ok(())
    }
}

impl Connection for TcpStream {
    #[cfg(target_os = "linux")]
    fn acknowledge_quickly(&self) -> io::Result<()> {
        // The kernel takes the option back by itself, so it is set again each time.
        std::os::linux::net::TcpStreamExt::set_quickack(self, true)
    }
}

/// Serves until the reader driver closes the connection. `after_command` runs after each command
/// and before its response is sent: the place to save an image.
///
/// # Errors
/// [`VpcdError::Connection`], with what `after_command` says too.
pub fn serve(
    connection: &mut impl Connection,
    card: &mut Card,
    mut after_command: impl FnMut(&Card) -> io::Result<()>,
) -> Result<(), VpcdError> {
    while let Some(message) = receive(connection)? {
        match message.as_slice() {
            [] => {}
            [POWER_OFF] => card.power_off(),
            [POWER_ON | RESET] => {
                card.reset();
            }
            [GET_ATR] => {
                let atr = card.atr();
                send(connection, &atr)?;
            }
            // Nobody waits for an answer to another control code.
            [_] => {}
            command => {
                let response = card.transmit(command);
                after_command(card)?;
                // A card without power answers nothing, but the driver waits for ever: an empty
                // message tells it.
                send(connection, &response)?;
            }
        }
    }
    Ok(())
}

/// The next message; `None` if the driver has closed the connection.
fn receive(connection: &mut impl Connection) -> io::Result<Option<Vec<u8>>> {
    let mut length = [0; 2];
    connection.acknowledge_quickly()?;
    match connection.read(&mut length)? {
        0 => return Ok(None),
        1 => {
            let [_, second] = &mut length;
            connection.read_exact(std::slice::from_mut(second))?;
        }
        _ => {}
    }
    let mut message = vec![0; u16::from_be_bytes(length).into()];
    connection.acknowledge_quickly()?;
    connection.read_exact(&mut message)?;
    Ok(Some(message))
}

/// Sends a message in one piece.
fn send(connection: &mut impl Connection, message: &[u8]) -> io::Result<()> {
    let length = u16::try_from(message.len())
        .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "a response above 65535 bytes"))?;
    let mut framed = length.to_be_bytes().to_vec();
    framed.extend_from_slice(message);
    connection.write_all(&framed)?;
    connection.flush()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::card::CardConfig;
    use std::net::TcpListener;

    struct Script {
        input: io::Cursor<Vec<u8>>,
        output: Vec<u8>,
    }

    impl Read for Script {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.input.read(buffer)
        }
    }

    impl Write for Script {
        fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
            self.output.write(buffer)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Connection for Script {}

    fn run(input: &[u8]) -> (Result<(), VpcdError>, Vec<u8>) {
        let mut card = Card::new(&CardConfig::default());
        let mut script = Script {
            input: io::Cursor::new(input.to_vec()),
            output: Vec::new(),
        };
        let result = serve(&mut script, &mut card, |_| Ok(()));
        (result, script.output)
    }

    #[test]
    fn only_commands_and_the_request_for_the_atr_are_answered() {
        let input = [
            &[0, 1, 1][..],
            &[0, 1, 4],
            &[0, 1, 2],
            &[0, 1, 9],
            &[0, 0],
            &[0, 2, 0, 0xA4],
            &[0, 1, 0],
            &[0, 4, 0, 0xA4, 4, 0],
        ]
        .concat();
        let (result, output) = run(&input);
        result.unwrap();
        assert_eq!(output, [0, 4, 0x3B, 0x80, 1, 0x81, 0, 2, 0x67, 0, 0, 0]);
    }

    #[test]
    fn a_message_cut_short_is_an_error_and_no_panic() {
        assert!(run(&[0, 9, 1]).0.is_err());
        assert!(run(&[0]).0.is_err());
        assert!(run(&[]).0.is_ok());
    }

    #[test]
    fn a_reader_driver_on_this_machine_is_served() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let driver = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            stream.write_all(&[0, 1]).unwrap();
            stream.write_all(&[4]).unwrap();
            let mut answer = [0; 6];
            stream.read_exact(&mut answer).unwrap();
            answer
        });
        let mut stream = connect(&address, false).unwrap();
        let mut card = Card::new(&CardConfig::default());
        serve(&mut stream, &mut card, |_| Ok(())).unwrap();
        assert_eq!(driver.join().unwrap(), [0, 4, 0x3B, 0x80, 1, 0x81]);
        let refused = connect("192.0.2.1:1", false).unwrap_err();
        assert!(matches!(refused, VpcdError::NotLoopback(_)));
    }
}
