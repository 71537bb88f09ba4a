use std::fmt;

use se_crypto::{Drbg, equal};

use crate::Command;
use crate::scp02::derivation::SessionKeys;
use crate::scp02::messaging::{MAC, Messaging, SECURE_MESSAGING};
use crate::scp02::{Parameters, StaticKeys};
use crate::scp03::{CardError, EXTERNAL_AUTHENTICATE, INITIALIZE_UPDATE, SecurityLevel};

/// A key set on the card: its version, its keys and its sequence counter.
#[derive(Clone, Debug)]
pub struct CardKeySet {
    /// The key version number, 01 to 7F.
    pub version: u8,
    /// The keys.
    pub keys: StaticKeys,
    /// How many sessions were opened with these keys. It must outlive power loss; a new key set starts at 0.
    pub sequence_counter: u16,
}

/// What a security domain's channel is like, besides its keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CardParameters {
    /// How the channel works; only explicit initiation is answered.
    pub parameters: Parameters,
    /// Given to the host in INITIALIZE UPDATE, from which it may derive the keys.
    pub key_diversification_data: [u8; 10],
}

/// The card end: one secure channel, open or not.
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
        key_version: u8,
        counter: u16,
        parameters: Parameters,
        host_challenge: Vec<u8>,
        card_challenge: [u8; 6],
    },
    Open {
        messaging: Messaging,
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

    /// Answers INITIALIZE UPDATE or EXTERNAL AUTHENTICATE with the response data, without status word.
    ///
    /// `key_sets` are those of the security domain, the default one first; the sequence counter of the set that is
    /// used goes up once the host has proved itself. `aid` is that of the application that is selected. `random` is
    /// drawn from only where the card challenge is not pseudo-random.
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
                self.state = authenticate(previous, key_sets, &command)?;
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
        key_sets: &[CardKeySet],
        aid: &[u8],
        random: &mut Drbg,
        command: &Command,
    ) -> Result<Vec<u8>, CardError> {
        if command.cla & 0xFC != 0x80 {
            return Err(CardError::Class);
        }
        if command.p2 > 1 {
            return Err(CardError::Parameters);
        }
        if !card.parameters.is_supported() {
            return Err(CardError::Conditions);
        }
        if command.data.len() != 8 {
            return Err(CardError::Length);
        }
        let set = key_sets
            .iter()
            .find(|set| command.p1 == 0 || set.version == command.p1)
            .ok_or(CardError::KeyVersion)?;
        // A counter that would start again would give old session keys again.
        if set.sequence_counter == u16::MAX {
            return Err(CardError::Conditions);
        }
        let counter = set.sequence_counter.to_be_bytes();
        let made = SessionKeys::derive(&set.keys, counter).and_then(|keys| {
            let mut challenge = [0; 6];
            if card.parameters.is_pseudo_random() {
                challenge = keys.card_challenge(aid)?;
            } else {
                random.fill(&mut challenge);
            }
            let cryptogram = keys.card_cryptogram(&command.data, counter, &challenge)?;
            Ok((keys, challenge, cryptogram))
        });
        let (keys, challenge, cryptogram) = made.map_err(|_| CardError::Conditions)?;
        let mut response = card.key_diversification_data.to_vec();
        response.extend([set.version, 0x02]);
        response.extend(counter);
        response.extend(challenge);
        response.extend(cryptogram);
        self.state = State::Initialized {
            keys,
            key_version: set.version,
            counter: set.sequence_counter,
            parameters: card.parameters,
            host_challenge: command.data.clone(),
            card_challenge: challenge,
        };
        Ok(response)
    }

    /// Checks and decrypts a command and gives its plain form, as [`crate::scp03::CardSession::unwrap`] does.
    ///
    /// # Errors
    /// [`CardError::Security`], and the session is closed; [`CardError::Conditions`] for secure messaging without
    /// a session; [`CardError::Length`] for bytes that are no command.
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
            (false, false) => Ok(command.to_vec()),
            _ => Err(CardError::Security),
        };
        if plain.is_err() {
            self.reset();
        }
        plain
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

    /// Decrypts sensitive data with the session's data encryption key, whole blocks of 8 bytes.
    ///
    /// # Errors
    /// [`CardError::Security`] without a session, [`CardError::Data`] for broken blocks.
    pub fn decrypt_data(&self, data: &[u8]) -> Result<Vec<u8>, CardError> {
        let State::Open { messaging, .. } = &self.state else {
            return Err(CardError::Security);
        };
        let mut data = data.to_vec();
        let result = messaging.keys.dek.decrypt_ecb(&mut data);
        result.map(|()| data).map_err(|_| CardError::Data)
    }

    /// The inverse of [`CardSession::decrypt_data`].
    ///
    /// # Errors
    /// As [`CardSession::decrypt_data`].
    pub fn encrypt_data(&self, data: &[u8]) -> Result<Vec<u8>, CardError> {
        let State::Open { messaging, .. } = &self.state else {
            return Err(CardError::Security);
        };
        let mut data = data.to_vec();
        let result = messaging.keys.dek.encrypt_ecb(&mut data);
        result.map(|()| data).map_err(|_| CardError::Data)
    }

    /// Closes the session and erases its keys.
    pub fn reset(&mut self) {
        self.state = State::Closed;
    }
}

fn authenticate(
    previous: State,
    key_sets: &mut [CardKeySet],
    command: &Command,
) -> Result<State, CardError> {
    let State::Initialized {
        keys,
        key_version,
        counter,
        parameters,
        host_challenge,
        card_challenge,
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
    if command.data.len() != 8 + MAC {
        return Err(CardError::Length);
    }
    let (cryptogram, mac) = command.data.split_at(8);
    let expected = keys
        .host_cryptogram(&host_challenge, counter.to_be_bytes(), &card_challenge)
        .map_err(|_| CardError::Conditions)?;
    if !equal(&expected, cryptogram) {
        return Err(CardError::HostCryptogram);
    }
    let mut messaging = Messaging::new(keys, level, parameters);
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
    let set = key_sets
        .iter_mut()
        .find(|set| set.version == key_version && set.sequence_counter == counter)
        .ok_or(CardError::Conditions)?;
    set.sequence_counter += 1;
    Ok(State::Open {
        messaging,
        key_version,
    })
}

/// Takes the protection off a command. The C-MAC is over the plain data, so these come first.
fn open(messaging: &mut Messaging, mut command: Command) -> Result<Vec<u8>, CardError> {
    let at = command
        .data
        .len()
        .checked_sub(MAC)
        .ok_or(CardError::Security)?;
    let mac = command.data.split_off(at);
    if messaging.level.has_c_decryption() && !command.data.is_empty() {
        command.data = messaging
            .decrypt(&command.data)
            .ok_or(CardError::Security)?;
    }
    let expected = messaging
        .command_mac(&command)
        .map_err(|_| CardError::Security)?;
    if !equal(&expected, &mac) {
        return Err(CardError::Security);
    }
    command.cla &= !SECURE_MESSAGING;
    command.to_bytes().map_err(|_| CardError::Length)
}
