use std::fmt;

use se_crypto::{Drbg, equal};

use crate::Command;
use crate::scp03::derivation::{SessionKeys, card_challenge};
use crate::scp03::messaging::{Messaging, SECURE_MESSAGING, is_protected};
use crate::scp03::{
    CardError, EXTERNAL_AUTHENTICATE, INITIALIZE_UPDATE, Parameters, SecurityLevel, StaticKeys,
};

/// A key set on the card: its version, its keys and its sequence counter.
#[derive(Clone, Debug)]
pub struct CardKeySet {
    /// The key version number, 01 to 7F.
    pub version: u8,
    /// The keys.
    pub keys: StaticKeys,
    /// How many sessions were begun with these keys, 24 bits. It must outlive power loss; a new key set
    /// starts at 0.
    pub sequence_counter: u32,
}

impl CardKeySet {
    /// A key set that no session was opened with yet.
    #[must_use]
    pub fn new(version: u8, keys: StaticKeys) -> Self {
        Self {
            version,
            keys,
            sequence_counter: 0,
        }
    }
}

/// What a security domain's channel is like, besides its keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CardParameters {
    /// What the channel offers.
    pub parameters: Parameters,
    /// Given to the host in INITIALIZE UPDATE, from which it may derive the keys.
    pub key_diversification_data: [u8; 10],
}

impl Default for CardParameters {
    /// i=70 and ten zeros.
    fn default() -> Self {
        Self {
            parameters: Parameters::I70,
            key_diversification_data: [0; 10],
        }
    }
}

/// The card end: one secure channel, open or not. What `processSecurity`, `wrap` and `unwrap` of
/// `org.globalplatform.SecureChannel` do, on whole commands and responses.
#[derive(Clone, Debug, Default)]
pub struct CardSession {
    state: State,
}

#[derive(Clone, Default)]
enum State {
    #[default]
    Closed,
    /// INITIALIZE UPDATE was answered.
    Initialized {
        keys: SessionKeys,
        statics: StaticKeys,
        parameters: Parameters,
        host_challenge: Vec<u8>,
        card_challenge: Vec<u8>,
        key_version: u8,
    },
    Open {
        messaging: Messaging,
        statics: StaticKeys,
        key_version: u8,
    },
}

/// Names the state; what is in it is secret.
impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed => f.write_str("Closed"),
            Self::Initialized { .. } => f.write_str("Initialized"),
            Self::Open { messaging, .. } => write!(f, "Open({})", messaging.level),
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

    /// Answers INITIALIZE UPDATE or EXTERNAL AUTHENTICATE with the response data, without status word.
    ///
    /// `key_sets` are those of the security domain, the one used when the host asks for version 00 first; the
    /// sequence counter of the set that is used goes up. `aid` is that of the application that is selected.
    /// `random` is drawn from only where the card challenge is not pseudo-random.
    ///
    /// # Errors
    /// A [`CardError`]; a session that was open or begun is then closed.
    pub fn process(
        &mut self,
        card: &CardParameters,
        key_sets: &mut [CardKeySet],
        aid: &[u8],
        random: &mut Drbg,
        command: &[u8],
    ) -> Result<Vec<u8>, CardError> {
        let previous = std::mem::take(&mut self.state);
        let command = Command::parse(command).map_err(|_| CardError::Length)?;
        match command.ins {
            INITIALIZE_UPDATE => self.initialize(card, key_sets, aid, random, &command),
            EXTERNAL_AUTHENTICATE => {
                self.state = Self::authenticate(previous, &command)?;
                Ok(Vec::new())
            }
            _ => {
                self.state = previous;
                Err(CardError::Instruction)
            }
        }
    }

    fn initialize(
        &mut self,
        card: &CardParameters,
        key_sets: &mut [CardKeySet],
        aid: &[u8],
        random: &mut Drbg,
        command: &Command,
    ) -> Result<Vec<u8>, CardError> {
        if command.cla & 0xFC != 0x80 {
            return Err(CardError::Class);
        }
        // P2 names a key within the set; 00 and 01 are the same here.
        if command.p2 > 1 {
            return Err(CardError::Parameters);
        }
        let parameters = card.parameters;
        if command.data.len() != parameters.length() {
            return Err(CardError::Length);
        }
        let key_set = key_sets
            .iter_mut()
            .find(|set| command.p1 == 0 || set.version == command.p1)
            .ok_or(CardError::KeyVersion)?;
        // The counter moves before the challenge is made, so that no challenge comes twice.
        let counter = key_set.sequence_counter + 1;
        let [0, high, middle, low] = counter.to_be_bytes() else {
            return Err(CardError::Conditions);
        };
        let counter_bytes = [high, middle, low];
        let challenge = if parameters.is_pseudo_random() {
            key_set.sequence_counter = counter;
            card_challenge(&key_set.keys, counter_bytes, aid, parameters.length())
                .map_err(|_| CardError::Conditions)?
        } else {
            let mut challenge = vec![0; parameters.length()];
            random.fill(&mut challenge);
            challenge
        };
        let keys = SessionKeys::derive(&key_set.keys, &command.data, &challenge)
            .map_err(|_| CardError::Conditions)?;

        let mut response = card.key_diversification_data.to_vec();
        response.extend([key_set.version, 0x03, parameters.0]);
        response.extend_from_slice(&challenge);
        response.extend_from_slice(&keys.card_cryptogram(&command.data, &challenge));
        if parameters.is_pseudo_random() {
            response.extend(counter_bytes);
        }
        self.state = State::Initialized {
            keys,
            statics: key_set.keys.clone(),
            parameters,
            host_challenge: command.data.clone(),
            card_challenge: challenge,
            key_version: key_set.version,
        };
        Ok(response)
    }

    fn authenticate(previous: State, command: &Command) -> Result<State, CardError> {
        let State::Initialized {
            keys,
            statics,
            parameters,
            host_challenge,
            card_challenge,
            key_version,
        } = previous
        else {
            return Err(CardError::Conditions);
        };
        if command.cla & 0xFC != 0x80 | SECURE_MESSAGING {
            return Err(CardError::Class);
        }
        let level = SecurityLevel(command.p1);
        if command.p2 != 0 || !parameters.offers(level) {
            return Err(CardError::Parameters);
        }
        let length = parameters.length();
        if command.data.len() != 2 * length {
            return Err(CardError::Length);
        }
        let (cryptogram, mac) = command.data.split_at(length);
        let expected = keys.host_cryptogram(&host_challenge, &card_challenge);
        if !equal(&expected, cryptogram) {
            return Err(CardError::HostCryptogram);
        }
        let mut messaging = Messaging::new(keys, level, length);
        let unsigned = Command {
            data: cryptogram.to_vec(),
            ..command.clone()
        };
        let expected = messaging
            .command_mac(&unsigned)
            .map_err(|_| CardError::Length)?;
        if !equal(&expected, mac) {
            return Err(CardError::Security);
        }
        Ok(State::Open {
            messaging,
            statics,
            key_version,
        })
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
        let secured = parsed.cla & 0x40 == 0 && parsed.cla & SECURE_MESSAGING != 0;
        let State::Open { messaging, .. } = &mut self.state else {
            return if secured {
                Err(CardError::Conditions)
            } else {
                Ok(command.to_vec())
            };
        };
        let plain = match (messaging.level.has_c_mac(), secured) {
            (true, true) => open(messaging, parsed),
            (false, false) => {
                messaging.count();
                Ok(command.to_vec())
            }
            _ => Err(CardError::Security),
        };
        if plain.is_err() {
            self.reset();
        }
        plain
    }

    /// Protects a response (data and status word) as the session asks; without a session it comes back as
    /// it is, and so does an error.
    ///
    /// # Errors
    /// [`CardError::Length`] where the status word is missing.
    pub fn wrap(&mut self, response: &[u8]) -> Result<Vec<u8>, CardError> {
        let (data, &status) = response.split_last_chunk::<2>().ok_or(CardError::Length)?;
        let State::Open { messaging, .. } = &self.state else {
            return Ok(response.to_vec());
        };
        if !messaging.level.has_r_mac() {
            return Ok(response.to_vec());
        }
        if !is_protected(status) {
            return Ok(status.to_vec());
        }
        let mut wrapped = if messaging.level.has_r_encryption() && !data.is_empty() {
            messaging.encrypt(data, true).map_err(|_| CardError::Data)?
        } else {
            data.to_vec()
        };
        wrapped.extend(messaging.response_mac(&wrapped, status));
        wrapped.extend(status);
        Ok(wrapped)
    }

    /// The session's security level as the card API tells it: 00 without a session, else
    /// [`SecurityLevel::AUTHENTICATED`] and the level's bits.
    #[must_use]
    pub fn security_level(&self) -> u8 {
        match &self.state {
            State::Open { messaging, .. } => SecurityLevel::AUTHENTICATED | messaging.level.0,
            _ => 0,
        }
    }

    /// The version of the key set that the open session uses.
    #[must_use]
    pub fn key_version(&self) -> Option<u8> {
        match &self.state {
            State::Open { key_version, .. } => Some(*key_version),
            _ => None,
        }
    }

    /// Decrypts sensitive data with Key-DEK of the session's key set (`decryptData`), whole blocks of 16 bytes.
    ///
    /// # Errors
    /// [`CardError::Security`] without a session, [`CardError::Data`] for broken blocks.
    pub fn decrypt_data(&self, data: &[u8]) -> Result<Vec<u8>, CardError> {
        let mut data = data.to_vec();
        self.statics()?
            .decrypt_sensitive(&mut data)
            .map_err(|_| CardError::Data)?;
        Ok(data)
    }

    /// The inverse of [`CardSession::decrypt_data`] (`encryptData`).
    ///
    /// # Errors
    /// As [`CardSession::decrypt_data`].
    pub fn encrypt_data(&self, data: &[u8]) -> Result<Vec<u8>, CardError> {
        let mut data = data.to_vec();
        self.statics()?
            .encrypt_sensitive(&mut data)
            .map_err(|_| CardError::Data)?;
        Ok(data)
    }

    fn statics(&self) -> Result<&StaticKeys, CardError> {
        match &self.state {
            State::Open { statics, .. } => Ok(statics),
            _ => Err(CardError::Security),
        }
    }

    /// Closes the session and erases its keys (`resetSecurity`; also at reset and deselection).
    pub fn reset(&mut self) {
        self.state = State::Closed;
    }
}

/// Takes the protection off a command.
fn open(messaging: &mut Messaging, mut command: Command) -> Result<Vec<u8>, CardError> {
    let at = command
        .data
        .len()
        .checked_sub(messaging.mac_length())
        .ok_or(CardError::Security)?;
    let mac = command.data.split_off(at);
    let expected = messaging
        .command_mac(&command)
        .map_err(|_| CardError::Length)?;
    if !equal(&expected, &mac) {
        return Err(CardError::Security);
    }
    messaging.count();
    if messaging.level.has_c_decryption() && !command.data.is_empty() {
        command.data = messaging
            .decrypt(&command.data, false)
            .ok()
            .flatten()
            .ok_or(CardError::Security)?;
    }
    command.cla &= !SECURE_MESSAGING;
    command.to_bytes().map_err(|_| CardError::Length)
}
