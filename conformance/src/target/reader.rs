use super::{Target, TargetError};
use apdu_spec::{Aid, jpki};
use loader::{Error, Installation, KeySet, SecurityLevel, Session, Transport};
use scp::scp03::StaticKeys;
use se_crypto::Drbg;

/// A card behind a [`Transport`], for instance in a PC/SC reader. The applet's load file must be on it;
/// every vector deletes the instance and installs it anew, so nothing of value may be in it.
pub struct Reader<T> {
    name: String,
    transport: T,
    keys: KeySet,
    random: Drbg,
}

impl<T: Transport> Reader<T> {
    /// A card whose issuer security domain has these keys. `random` gives the host challenges of its
    /// sessions with the issuer security domain.
    pub fn new(transport: T, keys: KeySet, random: Drbg) -> Self {
        Self {
            name: transport.info().name,
            transport,
            keys,
            random,
        }
    }

    /// Takes the connection back.
    pub fn into_transport(self) -> T {
        self.transport
    }

    fn replace(&mut self, parameters: &[u8]) -> Result<(), Error> {
        let aid =
            |bytes: &[u8]| Aid::new(bytes).map_err(|cause| Error::Unsendable(cause.to_string()));
        let (load_file, applet) = (aid(jpki::PACKAGE_AID)?, aid(jpki::AID)?);
        let mut session = Session::select(&mut self.transport, None)?;
        session.open(&self.keys, SecurityLevel::C_MAC, &mut self.random)?;
        session.delete_if_present(&applet, false)?;
        session.install(&Installation {
            load_file,
            module: applet,
            instance: applet,
            privileges: [0; 3],
            parameters: parameters.to_vec(),
            selectable: true,
        })
    }

    fn error(&self, cause: impl ToString) -> TargetError {
        TargetError::new(&self.name, cause.to_string())
    }
}

impl<T: Transport> Target for Reader<T> {
    fn name(&self) -> &str {
        &self.name
    }

    fn install(&mut self, parameters: &[u8]) -> Result<(), TargetError> {
        self.replace(parameters).map_err(|cause| {
            self.error(format!("cannot install the applet anew: {cause}. Its load file must be on the card: flash it first"))
        })
    }

    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TargetError> {
        self.transport
            .transmit(command)
            .map_err(|cause| self.error(cause))
    }

    fn reset(&mut self) -> Result<(), TargetError> {
        self.transport.reset().map_err(|cause| self.error(cause))
    }

    fn tells_lengths(&self) -> bool {
        !self.transport.info().protocol.starts_with("T=0")
    }

    fn keys(&self) -> (StaticKeys, u8) {
        // Keys that lie in a token are refused where a reader is made a target.
        let keys = self.keys.plain().cloned();
        (
            keys.unwrap_or_else(StaticKeys::test_keys),
            self.keys.version,
        )
    }
}
