mod opening;

use std::fmt;

use se_crypto::zeroize::Zeroizing;

use crate::scp02::messaging::End;
use crate::scp03::{
    BEGIN_R_MAC_SESSION, CardError, END_R_MAC_SESSION, EXTERNAL_AUTHENTICATE, INITIALIZE_UPDATE,
    SecurityLevel,
};
use crate::scp11::{
    INTERNAL_AUTHENTICATE, MUTUAL_AUTHENTICATE, PERFORM_SECURITY_OPERATION, ReceivedChain,
};
use crate::{Command, Protocol, class, scp02, scp03};

/// The keys of one key set: their kind decides which protocol they open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CardKeys {
    /// For SCP02.
    TripleDes(scp02::StaticKeys),
    /// For SCP03.
    Aes(scp03::StaticKeys),
}

impl From<scp02::StaticKeys> for CardKeys {
    fn from(keys: scp02::StaticKeys) -> Self {
        Self::TripleDes(keys)
    }
}

impl From<scp03::StaticKeys> for CardKeys {
    fn from(keys: scp03::StaticKeys) -> Self {
        Self::Aes(keys)
    }
}

/// A key set on the card: its version, its keys and its sequence counter.
#[derive(Clone, Debug)]
pub struct CardKeySet {
    /// The key version number, 01 to 7F.
    pub version: u8,
    /// The keys.
    pub keys: CardKeys,
    /// How many sessions were begun (SCP03) or opened (SCP02) with these keys; 24 bits, or 16. It must outlive
    /// power loss; a new key set starts at 0.
    pub sequence_counter: u32,
}

impl CardKeySet {
    /// A key set that no session was opened with yet.
    #[must_use]
    pub fn new(version: u8, keys: impl Into<CardKeys>) -> Self {
        Self {
            version,
            keys: keys.into(),
            sequence_counter: 0,
        }
    }
}

/// What a security domain's channel is like, besides its keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CardParameters {
    /// The protocol that it speaks.
    pub protocol: Protocol,
    /// Given to the host in INITIALIZE UPDATE, from which it may derive the keys.
    pub key_diversification_data: [u8; 10],
    /// Whether the encryption counter of SCP03 counts commands with data only: against Amendment D §6.2.6, but as some
    /// cards do.
    pub counts_data_only: bool,
}

impl Default for CardParameters {
    /// SCP03 with i=70, and ten zeros.
    fn default() -> Self {
        Self {
            protocol: Protocol::Scp03(scp03::Parameters::I70),
            key_diversification_data: [0; 10],
            counts_data_only: false,
        }
    }
}

/// The answer to INITIALIZE UPDATE and what is kept until EXTERNAL AUTHENTICATE.
pub(crate) struct Opened<S> {
    /// What follows the protocol's number.
    pub(crate) response: Vec<u8>,
    pub(crate) host_cryptogram: Zeroizing<Vec<u8>>,
    pub(crate) session: S,
}

/// The card end: one secure channel, open or not. What `processSecurity`, `wrap` and `unwrap` of
/// `org.globalplatform.SecureChannel` do, on whole commands and responses.
#[derive(Clone, Debug, Default)]
pub struct CardSession {
    state: State,
    /// What has come of a host's certificates.
    chain: ReceivedChain,
}

#[derive(Clone, Default)]
enum State {
    #[default]
    Closed,
    /// INITIALIZE UPDATE was answered.
    Initialized {
        session: Session,
        host_cryptogram: Zeroizing<Vec<u8>>,
        protocol: Protocol,
        key_version: u8,
        sequence_counter: u32,
    },
    Open {
        session: Session,
        key_version: u8,
        /// Whether the host has proved who it is; with SCP11b it has not.
        authenticated: bool,
        /// The level that it was opened with, the least that it has.
        opened: SecurityLevel,
    },
}

/// The messaging of either protocol; that of SCP11 is SCP03's.
#[derive(Clone)]
enum Session {
    Scp02(Box<scp02::Messaging>),
    Scp03(Box<scp03::CardMessaging>),
}

/// Names the state; what is in it is secret.
impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed => f.write_str("Closed"),
            Self::Initialized { .. } => f.write_str("Initialized"),
            Self::Open { session, .. } => write!(f, "Open({})", session.level()),
        }
    }
}

impl Session {
    fn level(&self) -> SecurityLevel {
        match self {
            Self::Scp02(messaging) => messaging.level,
            Self::Scp03(session) => session.messaging.level,
        }
    }

    fn mac_length(&self) -> usize {
        match self {
            Self::Scp02(_) => scp02::MAC,
            Self::Scp03(session) => session.messaging.mac_length(),
        }
    }
}

impl CardSession {
    /// No session.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether a command is one that [`CardSession::process`] answers.
    #[must_use]
    pub fn handles(ins: u8) -> bool {
        matches!(ins, INITIALIZE_UPDATE | EXTERNAL_AUTHENTICATE)
    }

    /// Whether a command is one that [`CardSession::process_r_mac`] answers.
    #[must_use]
    pub fn handles_r_mac(ins: u8) -> bool {
        matches!(ins, BEGIN_R_MAC_SESSION | END_R_MAC_SESSION)
    }

    /// Whether a command is one that [`CardSession::process_agreement`] answers: one of SCP11. MUTUAL AUTHENTICATE
    /// differs from EXTERNAL AUTHENTICATE by its P2, which names a key.
    #[must_use]
    pub fn handles_agreement(command: &[u8]) -> bool {
        match *command {
            [_, MUTUAL_AUTHENTICATE, _, p2, ..] => p2 != 0,
            [cla, PERFORM_SECURITY_OPERATION | INTERNAL_AUTHENTICATE, ..] => cla & 0x80 != 0,
            _ => false,
        }
    }

    /// Answers BEGIN or END R-MAC SESSION in plain form (GPCS 2.3.1 §E.5.3, §E.5.4; Amendment D §7.1.3, §7.1.4).
    /// What it begins, it begins with the response to the next command.
    ///
    /// # Errors
    /// [`CardError::Conditions`] without a session, or one that offers no R-MAC or has begun or not begun one;
    /// [`CardError::Parameters`], [`CardError::Data`].
    pub fn process_r_mac(
        &mut self,
        card: &CardParameters,
        command: &Command,
    ) -> Result<(), CardError> {
        let State::Open { session, .. } = &mut self.state else {
            return Err(CardError::Conditions);
        };
        if !card.protocol.has_r_mac() {
            return Err(CardError::Instruction);
        }
        if command.ins == BEGIN_R_MAC_SESSION {
            if command.p2 > 1 {
                return Err(CardError::Parameters);
            }
            // A length, and up to 24 bytes that the host may give.
            if command.data.len() > 25
                || command
                    .data
                    .split_first()
                    .is_some_and(|(length, data)| usize::from(*length) != data.len())
            {
                return Err(CardError::Data);
            }
            match (session, command.p1) {
                (Session::Scp02(messaging), 0x00 | 0x10) => {
                    if !messaging.may_begin_responses() {
                        return Err(CardError::Conditions);
                    }
                    messaging.begin_responses(command.p1 != 0);
                }
                (Session::Scp03(session), 0x10 | 0x30) => {
                    let raised = SecurityLevel(session.messaging.level.0 | command.p1);
                    if session.messaging.level.has_r_mac() || !session.messaging.level.has_c_mac() {
                        return Err(CardError::Conditions);
                    }
                    if !card.protocol.offers(raised) {
                        return Err(CardError::Parameters);
                    }
                    session.messaging.begin_responses(raised);
                }
                _ => return Err(CardError::Parameters),
            }
            return Ok(());
        }
        if command.p1 != 0 || !command.data.is_empty() {
            return Err(CardError::Parameters);
        }
        let ended = match (session, command.p2) {
            (Session::Scp02(messaging), 0x01) => messaging.end_responses(End::Tell),
            (Session::Scp02(messaging), 0x03) => messaging.end_responses(End::Finish),
            (Session::Scp03(session), 0x03) => session.messaging.end_responses(),
            _ => return Err(CardError::Parameters),
        };
        if ended {
            Ok(())
        } else {
            Err(CardError::Conditions)
        }
    }

    /// Checks and decrypts a command and gives its plain form: class byte without the secure messaging bit,
    /// plain data, and Le as it was. Without a session, or at level 00, a command without secure messaging
    /// comes back as it is.
    ///
    /// # Errors
    /// [`CardError::Security`] where the command is not protected as the session asks, and the session is
    /// closed; [`CardError::Conditions`] for secure messaging without a session; [`CardError::Length`] for
    /// bytes that are no command.
    pub fn unwrap(&mut self, command: &[u8]) -> Result<Vec<u8>, CardError> {
        let parsed = Command::parse(command).map_err(|_| CardError::Length)?;
        let secured = class::is_secured(parsed.cla);
        let State::Open { session, .. } = &mut self.state else {
            return if secured {
                Err(CardError::Conditions)
            } else {
                Ok(command.to_vec())
            };
        };
        let plain = match (session.level().has_c_mac(), secured) {
            (true, true) => match session {
                Session::Scp02(messaging) => messaging.open(parsed),
                Session::Scp03(session) => session.open(parsed),
            },
            (false, false) => {
                if let Session::Scp03(session) = session {
                    session.messaging.count(&parsed.data);
                }
                Ok(parsed)
            }
            _ => Err(CardError::Security),
        };
        let plain = plain.and_then(|plain| {
            if let Session::Scp02(messaging) = session {
                messaging.remember(&plain);
            }
            plain.to_bytes().map_err(|_| CardError::Length)
        });
        if plain.is_err() {
            self.reset();
        }
        plain
    }

    /// Protects a response (data and status word) as the session asks; without a session it comes back as
    /// it is.
    ///
    /// # Errors
    /// [`CardError::Length`] where the status word is missing.
    pub fn wrap(&mut self, response: &[u8]) -> Result<Vec<u8>, CardError> {
        let (data, &status) = response.split_last_chunk::<2>().ok_or(CardError::Length)?;
        match &mut self.state {
            State::Open {
                session: Session::Scp02(messaging),
                ..
            } => messaging.wrap(data, status),
            State::Open {
                session: Session::Scp03(session),
                ..
            } => session.wrap(data, status),
            _ => Ok(response.to_vec()),
        }
    }

    /// Whether a session is open.
    #[must_use]
    pub fn is_open(&self) -> bool {
        matches!(self.state, State::Open { .. })
    }

    /// Sets the level that the next commands and responses are protected at (`SecureChannelx.setSecurityLevel`):
    /// what the protocol offers, and no less than what the session was opened with.
    ///
    /// # Errors
    /// [`CardError::Conditions`] without a session or below its level, [`CardError::Parameters`] for a level that there
    /// is not. The session goes on.
    pub fn set_security_level(
        &mut self,
        protocol: Protocol,
        level: SecurityLevel,
    ) -> Result<(), CardError> {
        let State::Open {
            session, opened, ..
        } = &mut self.state
        else {
            return Err(CardError::Conditions);
        };
        if !protocol.offers(level) {
            return Err(CardError::Parameters);
        }
        if level.0 & opened.0 != opened.0 {
            return Err(CardError::Conditions);
        }
        match session {
            // A chain of R-MACs has no beginning within a session but BEGIN R-MAC SESSION.
            Session::Scp02(messaging) if messaging.level.has_r_mac() != level.has_r_mac() => {
                return Err(CardError::Conditions);
            }
            Session::Scp02(messaging) => messaging.level = level,
            Session::Scp03(session) => session.messaging.level = level,
        }
        Ok(())
    }

    /// The session's security level as the card API tells it: 00 without a session, else
    /// [`SecurityLevel::AUTHENTICATED`], which is missing with SCP11b, and the level's bits.
    #[must_use]
    pub fn security_level(&self) -> u8 {
        match &self.state {
            State::Open {
                session,
                authenticated,
                ..
            } => {
                let level = session.level().0;
                if *authenticated {
                    SecurityLevel::AUTHENTICATED | level
                } else {
                    level
                }
            }
            _ => 0,
        }
    }

    /// The version of the key set that the session uses, begun or open.
    #[must_use]
    pub fn key_version(&self) -> Option<u8> {
        match &self.state {
            State::Closed => None,
            State::Initialized { key_version, .. } | State::Open { key_version, .. } => {
                Some(*key_version)
            }
        }
    }

    /// Decrypts sensitive data (`decryptData`): with SCP03 under Key-DEK, whole blocks of 16 bytes, with SCP02 under
    /// the session's data encryption key, whole blocks of 8.
    ///
    /// # Errors
    /// [`CardError::Security`] without a session, [`CardError::Data`] for broken blocks.
    pub fn decrypt_data(&self, data: &[u8]) -> Result<Vec<u8>, CardError> {
        let mut data = data.to_vec();
        match self.session()? {
            Session::Scp02(messaging) => messaging.decrypt_data(&mut data),
            Session::Scp03(session) => session.decrypt_data(&mut data),
        }?;
        Ok(data)
    }

    /// The inverse of [`CardSession::decrypt_data`] (`encryptData`).
    ///
    /// # Errors
    /// As [`CardSession::decrypt_data`].
    pub fn encrypt_data(&self, data: &[u8]) -> Result<Vec<u8>, CardError> {
        let mut data = data.to_vec();
        match self.session()? {
            Session::Scp02(messaging) => messaging.encrypt_data(&mut data),
            Session::Scp03(session) => session.encrypt_data(&mut data),
        }?;
        Ok(data)
    }

    fn session(&self) -> Result<&Session, CardError> {
        match &self.state {
            State::Open { session, .. } => Ok(session),
            _ => Err(CardError::Security),
        }
    }

    /// Closes the session and erases its keys (`resetSecurity`; also at reset and deselection).
    pub fn reset(&mut self) {
        self.state = State::Closed;
        self.chain = ReceivedChain::default();
    }
}
