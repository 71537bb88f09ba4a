use super::Host;
use super::apdu::HostApdu;
use super::journal::Event;
use crate::{Applet, Result, StatusWord};
use apdu_spec::{Command, Lengths};
use scp::CardKeySet;
use scp::scp03::StaticKeys;
use std::panic::{self, AssertUnwindSafe};
use std::vec::Vec;

/// SELECT by name (ISO 7816-4 §7.1.1).
const SELECT: u8 = 0xA4;
const BY_NAME: u8 = 0x04;

/// How a host card is made. The same configuration gives the same bytes.
#[derive(Clone, Debug)]
pub struct HostConfig {
    /// The seed of every random byte and of every key that the card makes.
    pub seed: u64,
    /// The SCP03 keys of the applet's security domain.
    pub keys: CardKeySet,
    /// How many bytes one transaction can hold back; cards have at least 512.
    pub commit_capacity: usize,
}

impl HostConfig {
    /// The key version number that the card's initial keys have.
    pub const KEY_VERSION: u8 = 0x30;

    /// The default configuration with another seed.
    #[must_use]
    pub fn with_seed(seed: u64) -> Self {
        Self {
            seed,
            ..Self::default()
        }
    }
}

impl Default for HostConfig {
    /// Seed 0, the published test keys, 512 bytes: as the simulated card.
    fn default() -> Self {
        Self {
            seed: 0,
            keys: CardKeySet::new(Self::KEY_VERSION, StaticKeys::test_keys()),
            commit_capacity: 512,
        }
    }
}

/// Power failed in the middle of a command. The card has been reset; no applet is selected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PowerLoss;

impl core::fmt::Display for PowerLoss {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("power failed in the middle of the command; the card was reset")
    }
}

impl core::error::Error for PowerLoss {}

/// A card with one applet, and no card manager: before the applet is selected it answers 6985 to all
/// but SELECT.
pub struct HostCard<A: Applet<Host>> {
    host: Host,
    applet: A,
    selected: bool,
}

impl<A: Applet<Host>> HostCard<A> {
    /// Makes a card and installs the applet on it, under the AID of its class.
    ///
    /// # Errors
    /// The status word with which the applet refuses the parameters.
    pub fn install(config: &HostConfig, parameters: &[u8]) -> Result<Self> {
        let mut host = Host::new(config, A::AID);
        host.installing.set(true);
        let applet = A::install(&mut host, parameters)?;
        host.installing.set(false);
        Ok(Self {
            host,
            applet,
            selected: false,
        })
    }

    /// The applet, for a look inside.
    pub fn applet(&self) -> &A {
        &self.applet
    }

    /// Selects the applet by its whole AID, without asking for a response.
    pub fn select(&mut self) -> Vec<u8> {
        let mut bytes = [0; 32];
        let command = Command::new(0x00, SELECT, BY_NAME, 0x0C).with_data(A::AID);
        match command.encode(&mut bytes) {
            Ok(command) => self.transmit(command),
            Err(_) => answer(Err(StatusWord::WRONG_LENGTH), &[]),
        }
    }

    /// Answers a command: response data and status word. Bytes that are no command, and extended
    /// lengths, are answered with 6700, logical channels with 6881.
    ///
    /// # Panics
    /// Where the applet does what a Java Card would answer with 6F00.
    pub fn transmit(&mut self, command: &[u8]) -> Vec<u8> {
        match self.attempt(command, None) {
            Ok(response) => response,
            // Power lasts where nobody takes it away.
            Err(PowerLoss) => unreachable!("power failed by itself"),
        }
    }

    /// Answers a command, or loses power at the write to persistent memory after `writes` of them.
    ///
    /// # Errors
    /// [`PowerLoss`] where the command writes more often than `writes` times.
    ///
    /// # Panics
    /// As [`HostCard::transmit`].
    pub fn transmit_torn(
        &mut self,
        command: &[u8],
        writes: usize,
    ) -> core::result::Result<Vec<u8>, PowerLoss> {
        self.attempt(command, Some(writes))
    }

    /// Resets the card: transient memory, verified PINs and the secure channel are gone, and so is
    /// the selection.
    pub fn reset(&mut self) {
        self.host.journal.raise(Event::Reset);
        self.host.channel.borrow_mut().close();
        self.selected = false;
    }

    fn attempt(
        &mut self,
        command: &[u8],
        writes: Option<usize>,
    ) -> core::result::Result<Vec<u8>, PowerLoss> {
        self.host.journal.tear_after(writes);
        // Power loss leaves the applet by unwinding; every write is whole or undone, and the reset
        // clears the rest. Any other panic goes on.
        let outcome = panic::catch_unwind(AssertUnwindSafe(|| self.dispatch(command)));
        self.host.journal.tear_after(None);
        match outcome {
            Ok(response) => Ok(response),
            Err(cause) if cause.is::<PowerLoss>() => {
                self.host.journal.abort();
                self.reset();
                Err(PowerLoss)
            }
            Err(cause) => panic::resume_unwind(cause),
        }
    }

    fn dispatch(&mut self, bytes: &[u8]) -> Vec<u8> {
        let command = match Command::parse(bytes) {
            Ok(command) if command.lengths == Lengths::Short => command,
            _ => return answer(Err(StatusWord::WRONG_LENGTH), &[]),
        };
        if channel_of(command.cla) != 0 {
            return answer(Err(StatusWord::LOGICAL_CHANNEL_NOT_SUPPORTED), &[]);
        }
        if names_application(&command)
            && !command.data.is_empty()
            && A::AID.starts_with(command.data)
        {
            self.deselect();
            self.selected = true;
            return answer(Ok(()), &[]);
        }
        if !self.selected {
            let status = if names_application(&command) {
                StatusWord::FILE_NOT_FOUND
            } else {
                StatusWord::CONDITIONS_NOT_SATISFIED
            };
            return answer(Err(status), &[]);
        }
        let mut apdu = HostApdu::new(bytes, &command);
        let result = self.applet.process(&mut self.host, &mut apdu);
        answer(result, apdu.response())
    }

    fn deselect(&mut self) {
        if self.selected {
            self.applet.deselect(&mut self.host);
            self.host.journal.raise(Event::Deselect);
            self.host.channel.borrow_mut().close();
        }
    }
}

/// Whether the command is a SELECT of the first or only application with a name.
fn names_application(command: &Command<'_>) -> bool {
    command.cla == 0x00 && command.ins == SELECT && command.p1 == BY_NAME && command.p2 & 0xF3 == 0
}

/// The logical channel in a class byte (ISO 7816-4 §5.1.1, GPCS 2.3.1 §11.1.4).
fn channel_of(cla: u8) -> u8 {
    if cla & 0x40 == 0 {
        cla & 0x03
    } else {
        4 + (cla & 0x0F)
    }
}

/// A response; data only where the command was carried out.
fn answer(result: Result, data: &[u8]) -> Vec<u8> {
    let (data, status) = match result {
        Ok(()) => (data, StatusWord::SUCCESS),
        Err(status) => (&[][..], status),
    };
    let mut response = data.to_vec();
    response.extend(status.to_bytes());
    response
}
