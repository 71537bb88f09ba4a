//! The smart card service inside a sandbox, and the simulated card in its reader.

use card_sim::Card;
use card_sim::vpcd::{self, DEFAULT_ADDRESS};
use std::fs;
use std::net::{Shutdown, TcpStream};
use std::path::Path;
use std::process::{Child, Command};
use std::thread::{JoinHandle, sleep};
use std::time::{Duration, Instant};

/// The service.
pub(crate) const PCSCD: &str = "/usr/sbin/pcscd";
/// The reader driver.
pub(crate) const DRIVER: &str = "/usr/lib/pcsc/drivers/serial/libifdvpcd.so";
/// The name of the reader that the card is in.
pub const READER: &str = "Virtual PCD 00 00";

/// Where the service keeps its socket; a fresh file system lies over it in a sandbox.
const RUN: &str = "/run";
const SOCKET: &str = "/run/pcscd/pcscd.comm";
const CONFIGURATION: &str = "/run/tenkoku-reader";
/// The driver's slot 0 listens on port 8C7B, which is 35963.
const READER_CONFIGURATION: &str = "FRIENDLYNAME \"Virtual PCD\"\nDEVICENAME /dev/null:0x8C7B\n\
                                    LIBPATH /usr/lib/pcsc/drivers/serial/libifdvpcd.so\nCHANNELID 0x8C7B\n";
const PATIENCE: Duration = Duration::from_secs(10);

/// A running service with one virtual reader. It ends when this is dropped.
pub struct Service {
    pcscd: Child,
    card: Option<Inserted>,
}

/// A card in the reader.
struct Inserted {
    connection: TcpStream,
    /// Gives the card back when the connection has ended.
    thread: JoinHandle<Card>,
}

impl Service {
    /// Starts the service; only for a sandbox, since it mounts over `/run`.
    pub(crate) fn start() -> Self {
        done(Command::new("ip").args(["link", "set", "lo", "up"]));
        done(Command::new("mount").args(["-t", "tmpfs", "tmpfs", RUN]));
        write(&format!("{CONFIGURATION}/vpcd"), READER_CONFIGURATION);
        let pcscd = Command::new(PCSCD)
            .args(["--foreground", "--error", "--config", CONFIGURATION])
            .spawn()
            .unwrap_or_else(|error| panic!("{PCSCD}: {error}"));
        let service = Self { pcscd, card: None };
        wait_until("the smart card service runs", || {
            (!Path::new(SOCKET).exists()).then(|| format!("no {SOCKET}"))
        });
        wait_until("the reader is there", || {
            let names = service.reader_names();
            (!names.iter().any(|name| name == READER)).then(|| format!("there is {names:?}"))
        });
        service
    }

    /// The names of the readers, as the service tells them.
    #[must_use]
    pub fn reader_names(&self) -> Vec<String> {
        loader::readers().unwrap_or_default()
    }

    /// Puts a card into the reader.
    ///
    /// # Panics
    /// Where the service does not see it.
    pub fn insert(&mut self, card: Card) {
        self.insert_for(card, usize::MAX);
    }

    /// Puts a card into the reader that is pulled after so many commands, with the answer to the last of them lost. The
    /// service itself sends none.
    ///
    /// # Panics
    /// Where the service does not see it.
    pub fn insert_for(&mut self, card: Card, commands: usize) {
        self.put(card, commands);
        // The driver asks every 400 ms whether there is a card.
        wait_until("the card is seen", no_card);
    }

    /// Puts a card into the reader and does not look whether the service sees it: looking is using the card, and who is
    /// done with it has it reset.
    ///
    /// # Panics
    /// Where the driver does not listen.
    pub fn insert_unnoticed(&mut self, card: Card) {
        self.put(card, usize::MAX);
    }

    fn put(&mut self, card: Card, commands: usize) {
        self.remove();
        let mut stream =
            vpcd::connect(DEFAULT_ADDRESS, false).unwrap_or_else(|error| panic!("{error}"));
        let connection = stream.try_clone().unwrap_or_else(|error| panic!("{error}"));
        let thread = std::thread::spawn(move || {
            let mut card = card;
            // The reader goes away at the end of the test, or the card is pulled: the card does not mind.
            let mut left = commands;
            let _ = vpcd::serve(&mut stream, &mut card, |_| {
                left -= 1;
                match left {
                    0 => Err(std::io::Error::other("pulled")),
                    _ => Ok(()),
                }
            });
            let _ = stream.shutdown(Shutdown::Both);
            card
        });
        self.card = Some(Inserted { connection, thread });
    }

    /// Takes the card out, in whatever state it is, and gives it.
    ///
    /// # Panics
    /// Where the service does not see that it is gone.
    pub fn remove(&mut self) -> Option<Card> {
        let Inserted { connection, thread } = self.card.take()?;
        // Closed already is as good.
        let _ = connection.shutdown(Shutdown::Both);
        let card = thread.join().ok();
        // Looking is using: who lets go of a card that is gone has it reset, and a service whose reset failed takes the
        // reader for empty until it has seen it empty itself. It looks every 400 ms.
        sleep(Duration::from_millis(900));
        wait_until("the reader is seen to be empty", still_a_card);
        card
    }

    /// A way to pull the card while something else is under way.
    ///
    /// # Panics
    /// Where there is no card.
    pub fn puller(&self) -> impl FnOnce() + Send + 'static {
        let card = self
            .card
            .as_ref()
            .unwrap_or_else(|| panic!("no card is in the reader"));
        let connection = card
            .connection
            .try_clone()
            .unwrap_or_else(|error| panic!("{error}"));
        move || {
            let _ = connection.shutdown(Shutdown::Both);
        }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // The sandbox ends with the test, and everything in it.
        let _ = self.pcscd.kill();
        let _ = self.pcscd.wait();
    }
}

fn no_card() -> Option<String> {
    let connected = loader::PcscTransport::connect(READER, loader::Sharing::Shared);
    connected.map(drop).err().map(|error| error.to_string())
}

fn still_a_card() -> Option<String> {
    let connected = loader::PcscTransport::connect(READER, loader::Sharing::Shared);
    match connected.map(drop) {
        Err(loader::TransportError::NoCard(_)) => None,
        other => Some(format!("{other:?}")),
    }
}

fn done(command: &mut Command) {
    let status = command
        .status()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(status.success(), "{command:?}: {status}");
}

fn write(path: &str, text: &str) {
    let folder = Path::new(path).parent().unwrap_or(Path::new(RUN));
    let written = fs::create_dir_all(folder).and_then(|()| fs::write(path, text));
    written.unwrap_or_else(|error| panic!("{path}: {error}"));
}

/// Waits until there is no reason why not.
fn wait_until(what: &str, mut why_not: impl FnMut() -> Option<String>) {
    let start = Instant::now();
    while let Some(reason) = why_not() {
        assert!(
            start.elapsed() < PATIENCE,
            "waited in vain until {what}: {reason}"
        );
        sleep(Duration::from_millis(20));
    }
}
