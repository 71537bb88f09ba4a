mod properties;

use std::ffi::{CStr, CString};
use std::time::{Duration, Instant};

use card_link::t0::{Mapping, Next};
use pcsc::{
    Card, Context, Disposition, Error, PNP_NOTIFICATION, Protocol, Protocols, ReaderState, Scope,
    ShareMode, State,
};

use super::{ConnectionInfo, Transport, TransportError};

/// Whether other programs may use the card at the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sharing {
    /// Nobody else may.
    Exclusive,
    /// Others may, in between our commands; they can select and reset.
    Shared,
}

/// A card in a reader, through PC/SC: pcsc-lite, or the smart card service of macOS and Windows.
pub struct PcscTransport {
    /// `None` only while it is given back.
    card: Option<Card>,
    /// The card was pulled.
    gone: bool,
    info: ConnectionInfo,
    reader: CString,
    sharing: Sharing,
    protocol: Protocol,
    /// The most bytes of a command APDU, as the reader tells it; `None` where it does not.
    most: Option<usize>,
    /// The context lives as long as its card.
    _context: Context,
}

fn context() -> Result<Context, TransportError> {
    Context::establish(Scope::User).map_err(|error| tell(error, ""))
}

fn list(context: &Context) -> Result<Vec<CString>, TransportError> {
    match context.list_readers_owned() {
        Ok(readers) => Ok(readers),
        Err(Error::NoReadersAvailable) => Ok(Vec::new()),
        Err(error) => Err(tell(error, "")),
    }
}

fn text(name: &CStr) -> String {
    name.to_string_lossy().into_owned()
}

/// The names of the readers that there are.
///
/// # Errors
/// [`TransportError::NoService`] where no smart card service runs.
pub fn readers() -> Result<Vec<String>, TransportError> {
    Ok(list(&context()?)?.iter().map(|name| text(name)).collect())
}

impl PcscTransport {
    /// Connects to the card in the reader that is called `name`, or whose name contains it; an empty name means
    /// the first reader with a card.
    ///
    /// # Errors
    /// [`TransportError`]: no service, no such reader, no card, in use.
    pub fn connect(name: &str, sharing: Sharing) -> Result<Self, TransportError> {
        let context = context()?;
        let all = list(&context)?;
        if all.is_empty() {
            return Err(TransportError::NoReaders);
        }
        let mut candidates: Vec<&CString> = all
            .iter()
            .filter(|reader| text(reader).contains(name))
            .collect();
        candidates.sort_by_key(|reader| text(reader) != name);
        let mut refused = TransportError::UnknownReader {
            wanted: name.to_owned(),
            found: all.iter().map(|reader| text(reader)).collect(),
        };
        for reader in candidates {
            match Self::open(&context, reader, sharing) {
                // An empty reader is passed over only where any reader would do.
                Err(error @ TransportError::NoCard(_)) if name.is_empty() => refused = error,
                result => return result,
            }
        }
        Err(refused)
    }

    /// As [`PcscTransport::connect`], but waits for a reader to be connected and a card to be inserted, at most so
    /// long.
    ///
    /// # Errors
    /// As [`PcscTransport::connect`], of the last attempt.
    pub fn wait(name: &str, sharing: Sharing, patience: Duration) -> Result<Self, TransportError> {
        let start = Instant::now();
        let context = context()?;
        loop {
            let missing = match Self::connect(name, sharing) {
                Err(
                    error @ (TransportError::NoReaders
                    | TransportError::UnknownReader { .. }
                    | TransportError::NoCard(_)
                    // The card was taken out again, or sits badly.
                    | TransportError::Removed),
                ) => error,
                result => return result,
            };
            let left = patience.saturating_sub(start.elapsed());
            if left.is_zero() {
                return Err(missing);
            }
            change(&context, left.min(LOOK))?;
        }
    }

    /// The most bytes of a command APDU that the reader says it takes; `None` where it says nothing.
    #[must_use]
    pub const fn longest_command(&self) -> Option<usize> {
        self.most
    }

    fn exchange(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        let card = self.card.as_ref().ok_or(TransportError::Removed)?;
        let mut buffer = vec![0; pcsc::MAX_BUFFER_SIZE_EXTENDED];
        match card.transmit(command, &mut buffer) {
            // Some drivers say so when the card is pulled in the middle of a command.
            Ok([]) => {
                self.gone = true;
                Err(TransportError::Removed)
            }
            Ok(response) if response.len() < 2 => Err(TransportError::Short(response.len())),
            Ok(response) => Ok(response.to_vec()),
            Err(error) => {
                self.gone = is_gone(error);
                Err(tell(error, &self.info.name))
            }
        }
    }

    /// T=0 over PC/SC carries TPDUs: the reader speaks the procedure bytes, the rest is ours (ISO 7816-3 §12.2).
    fn exchange_t0(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        let (mut mapping, mut tpdu) = Mapping::new(command).map_err(TransportError::T0)?;
        loop {
            let answer = self.exchange(&tpdu.bytes())?;
            match mapping.receive(&answer).map_err(TransportError::T0)? {
                Next::Tpdu(next) => tpdu = next,
                Next::Done(response) => return Ok(response),
            }
        }
    }

    fn open(context: &Context, reader: &CStr, sharing: Sharing) -> Result<Self, TransportError> {
        let name = text(reader);
        let told = |error| tell(error, &name);
        let card = context
            .connect(reader, mode(sharing), Protocols::ANY)
            .map_err(told)?;
        let status = card.status2_owned().map_err(told)?;
        let protocol = status.protocol2().ok_or(TransportError::Protocol)?;
        let most = properties::longest_command(&card);
        let info = ConnectionInfo {
            name: name.clone(),
            atr: status.atr().to_vec(),
            protocol: match protocol {
                Protocol::T0 => "T=0",
                Protocol::T1 => "T=1",
                Protocol::RAW => "raw",
            }
            .to_owned(),
        };
        Ok(Self {
            card: Some(card),
            gone: false,
            info,
            reader: reader.to_owned(),
            sharing,
            protocol,
            most,
            _context: context.clone(),
        })
    }
}

/// How often the readers are looked at, should a notification be missed.
const LOOK: Duration = Duration::from_secs(1);

/// Waits until a reader or a card comes or goes, at most so long.
fn change(context: &Context, patience: Duration) -> Result<(), TransportError> {
    let mut states = vec![ReaderState::new(PNP_NOTIFICATION(), State::UNAWARE)];
    for reader in list(context)? {
        states.push(ReaderState::new(reader, State::UNAWARE));
    }
    // The first look tells what is, the second waits for a change.
    for wait in [Duration::ZERO, patience] {
        match context.get_status_change(wait, &mut states) {
            Ok(()) | Err(Error::Timeout) => {}
            // A reader went away meanwhile.
            Err(Error::UnknownReader | Error::ReaderUnavailable) => return Ok(()),
            Err(error) => return Err(tell(error, "")),
        }
        for state in &mut states {
            state.sync_current_state();
        }
    }
    Ok(())
}

fn mode(sharing: Sharing) -> ShareMode {
    match sharing {
        Sharing::Exclusive => ShareMode::Exclusive,
        Sharing::Shared => ShareMode::Shared,
    }
}

/// Whether a card that gives this error does not answer a reset either.
fn is_gone(error: Error) -> bool {
    matches!(
        error,
        Error::RemovedCard
            | Error::UnpoweredCard
            | Error::UnresponsiveCard
            | Error::ReaderUnavailable
            | Error::NotTransacted
            | Error::CommError
            | Error::CommDataLost
    )
}

fn tell(error: Error, reader: &str) -> TransportError {
    match error {
        Error::NoService | Error::ServiceStopped => TransportError::NoService,
        Error::NoReadersAvailable => TransportError::NoReaders,
        Error::NoSmartcard => TransportError::NoCard(reader.to_owned()),
        Error::SharingViolation => TransportError::InUse(reader.to_owned()),
        Error::RemovedCard | Error::UnpoweredCard | Error::ReaderUnavailable => {
            TransportError::Removed
        }
        Error::ResetCard => TransportError::Reset,
        Error::ProtoMismatch => TransportError::Protocol,
        other => TransportError::Other(other.to_string()),
    }
}

/// A card that is there is reset for the next user: it forgets the session. One that is gone cannot be, and pcsc-lite
/// takes a reader whose reset failed for empty until it has seen it empty: a card that was put back faster than it
/// looks (0.4 s) would never be seen.
impl Drop for PcscTransport {
    fn drop(&mut self) {
        if self.gone
            && let Some(card) = self.card.take()
            && let Err((card, _)) = card.disconnect(Disposition::LeaveCard)
        {
            // Dropped, it would ask for the reset; the handle goes with the context.
            std::mem::forget(card);
        }
    }
}

impl Transport for PcscTransport {
    fn info(&self) -> ConnectionInfo {
        self.info.clone()
    }

    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        match self.most {
            Some(most) if command.len() > most => Err(TransportError::TooLongForReader {
                most,
                length: command.len(),
            }),
            _ if self.protocol == Protocol::T0 => self.exchange_t0(command),
            _ => self.exchange(command),
        }
    }

    fn reset(&mut self) -> Result<(), TransportError> {
        let (sharing, reset) = (mode(self.sharing), Disposition::ResetCard);
        let result = match &mut self.card {
            Some(card) => card.reconnect(sharing, Protocols::ANY, reset),
            None => Err(Error::RemovedCard),
        };
        match result {
            Ok(()) => Ok(()),
            // The card was taken out and put back: connect anew.
            Err(Error::RemovedCard | Error::UnpoweredCard | Error::InvalidHandle) => {
                *self = Self::open(&context()?, &self.reader, self.sharing)?;
                Ok(())
            }
            Err(error) => Err(tell(error, &self.info.name)),
        }
    }
}
