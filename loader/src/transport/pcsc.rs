use std::ffi::{CStr, CString};

use pcsc::{Card, Context, Disposition, Error, Protocol, Protocols, Scope, ShareMode};

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
    card: Card,
    info: ConnectionInfo,
    reader: CString,
    sharing: Sharing,
    protocol: Protocol,
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

    fn open(context: &Context, reader: &CStr, sharing: Sharing) -> Result<Self, TransportError> {
        let name = text(reader);
        let told = |error| tell(error, &name);
        let card = context
            .connect(reader, mode(sharing), Protocols::ANY)
            .map_err(told)?;
        let status = card.status2_owned().map_err(told)?;
        let protocol = status.protocol2().ok_or(TransportError::Protocol)?;
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
            card,
            info,
            reader: reader.to_owned(),
            sharing,
            protocol,
            _context: context.clone(),
        })
    }
}

fn mode(sharing: Sharing) -> ShareMode {
    match sharing {
        Sharing::Exclusive => ShareMode::Exclusive,
        Sharing::Shared => ShareMode::Shared,
    }
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

impl Transport for PcscTransport {
    fn info(&self) -> ConnectionInfo {
        self.info.clone()
    }

    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        let mut buffer = vec![0; pcsc::MAX_BUFFER_SIZE_EXTENDED];
        // T=0 has no Le behind data: the card says how much it has with 61xx (ISO 7816-3 §12.2).
        let command = match command {
            [_, _, _, _, length, rest @ ..]
                if self.protocol == Protocol::T0
                    && *length != 0
                    && rest.len() == usize::from(*length) + 1 =>
            {
                command.split_last().map_or(command, |(_, head)| head)
            }
            _ => command,
        };
        let response = self
            .card
            .transmit(command, &mut buffer)
            .map_err(|error| tell(error, &self.info.name))?;
        if response.len() < 2 {
            return Err(TransportError::Short(response.len()));
        }
        Ok(response.to_vec())
    }

    fn reset(&mut self) -> Result<(), TransportError> {
        let result =
            self.card
                .reconnect(mode(self.sharing), Protocols::ANY, Disposition::ResetCard);
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
