use std::sync::Arc;

use se_crypto::equal;

use crate::scp03::derivation::{SessionKeys, card_challenge};
use crate::scp03::messaging::{Messaging, is_protected};
use crate::scp03::{
    Challenge, EXTERNAL_AUTHENTICATE, HostError, INITIALIZE_UPDATE, Parameters, SecurityLevel,
    StaticKeys,
};
use crate::{BlockCipher, Command, KeyName, KeyOperations, class};

/// The host end before the card has answered INITIALIZE UPDATE.
#[derive(Clone, Debug)]
pub struct HostOpening {
    keys: Arc<dyn KeyOperations>,
    key_version: u8,
    challenge: Challenge,
}

/// The response to INITIALIZE UPDATE, taken apart (Amendment D §7.1.1.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InitializeUpdateResponse {
    /// From which the card's keys may have been derived.
    pub key_diversification_data: [u8; 10],
    /// The version of the key set that the card uses.
    pub key_version: u8,
    /// The secure channel protocol: 02, 03.
    pub protocol: u8,
    /// What the channel offers.
    pub parameters: Parameters,
    /// The card challenge.
    pub card_challenge: Vec<u8>,
    /// The card's proof that it knows the keys.
    pub card_cryptogram: Vec<u8>,
    /// The sequence counter, where the challenge is pseudo-random.
    pub sequence_counter: Option<[u8; 3]>,
}

impl InitializeUpdateResponse {
    /// Takes the response data apart, `data` without the status word.
    ///
    /// # Errors
    /// [`HostError::Protocol`] where the card opens another protocol, [`HostError::ResponseLength`].
    pub fn parse(data: &[u8]) -> Result<Self, HostError> {
        let refuse = HostError::ResponseLength {
            expected: "29 or 32 (S8 mode), 45 or 48 (S16 mode)",
            length: data.len(),
        };
        let (&key_diversification_data, rest) = data.split_first_chunk::<10>().ok_or(refuse)?;
        let (&[key_version, protocol], rest) = rest.split_first_chunk::<2>().ok_or(refuse)?;
        if protocol != 0x03 {
            return Err(HostError::Protocol(protocol));
        }
        let (&i, rest) = rest.split_first().ok_or(refuse)?;
        let parameters = Parameters(i);
        let length = parameters.length();
        let (challenge, rest) = rest.split_at_checked(length).ok_or(refuse)?;
        let (cryptogram, counter) = rest.split_at_checked(length).ok_or(refuse)?;
        let sequence_counter = match counter {
            [] if !parameters.is_pseudo_random() => None,
            &[a, b, c] if parameters.is_pseudo_random() => Some([a, b, c]),
            _ => return Err(refuse),
        };
        Ok(Self {
            key_diversification_data,
            key_version,
            protocol,
            parameters,
            card_challenge: challenge.to_vec(),
            card_cryptogram: cryptogram.to_vec(),
            sequence_counter,
        })
    }

    /// Whether a pseudo-random card challenge is the one that these keys give for the sequence counter and
    /// the application `aid`. `None` where the challenge is random.
    #[must_use]
    pub fn challenge_matches(&self, keys: &StaticKeys, aid: &[u8]) -> Option<bool> {
        let length = self.parameters.length();
        let expected = card_challenge(keys, self.sequence_counter?, aid, length).ok()?;
        Some(equal(&expected, &self.card_challenge))
    }
}

impl HostOpening {
    /// Starts a session with the key set of `key_version` (01 to 7F; 00 lets the card choose).
    #[must_use]
    pub fn new(keys: StaticKeys, key_version: u8, challenge: Challenge) -> Self {
        Self::with(Arc::new(keys), key_version, challenge)
    }

    /// The same with keys that may lie elsewhere.
    #[must_use]
    pub fn with(keys: Arc<dyn KeyOperations>, key_version: u8, challenge: Challenge) -> Self {
        Self {
            keys,
            key_version,
            challenge,
        }
    }

    /// The INITIALIZE UPDATE command.
    #[must_use]
    pub fn command(&self) -> Vec<u8> {
        let challenge = self.challenge.as_bytes();
        let mut command = vec![0x80, INITIALIZE_UPDATE, self.key_version, 0x00];
        command.push(if challenge.len() == 16 { 16 } else { 8 });
        command.extend_from_slice(challenge);
        command.push(0x00);
        command
    }

    /// Takes the card's response (data and status word), checks the card cryptogram, and gives the session
    /// with the EXTERNAL AUTHENTICATE command that opens it. Use the session only after the card has answered
    /// that command with 9000.
    ///
    /// # Errors
    /// Any of [`HostError`] but those of wrapping and unwrapping. Nothing was sent to the card that could
    /// cost it a try.
    pub fn answer(
        self,
        response: &[u8],
        level: SecurityLevel,
    ) -> Result<(HostSession, Vec<u8>), HostError> {
        let (data, status) = split(response)?;
        if status != [0x90, 0x00] {
            return Err(HostError::Refused(u16::from_be_bytes(status)));
        }
        let response = InitializeUpdateResponse::parse(data)?;
        if self.key_version != 0 && response.key_version != self.key_version {
            return Err(HostError::KeyVersion {
                asked: self.key_version,
                used: response.key_version,
            });
        }
        let (host, card) = (self.challenge.as_bytes(), &response.card_challenge);
        if host.len() != card.len() {
            return Err(HostError::ResponseLength {
                expected: "challenges of the host challenge's length,",
                length: data.len(),
            });
        }
        if !response.parameters.offers(level) {
            return Err(HostError::Level {
                level,
                i: response.parameters.0,
            });
        }
        let keys = SessionKeys::derive(&*self.keys, host, card)?;
        if !equal(&keys.card_cryptogram(host, card), &response.card_cryptogram) {
            return Err(HostError::CardCryptogram);
        }
        let cryptogram = keys.host_cryptogram(host, card);
        let mut messaging = Messaging::new(keys, response.parameters.length());
        messaging.level = level;
        let mut session = HostSession {
            messaging,
            keys: self.keys,
            response,
            ended: false,
        };
        let header = [0x84, EXTERNAL_AUTHENTICATE, level.0, 0x00];
        let mut command = Command::new(header, &cryptogram, None);
        let mac = session.messaging.command_mac(&command)?;
        command.data.extend(mac);
        Ok((session, command.to_bytes()?))
    }
}

/// The host end of an open session.
#[derive(Clone, Debug)]
pub struct HostSession {
    messaging: Messaging,
    keys: Arc<dyn KeyOperations>,
    response: InitializeUpdateResponse,
    ended: bool,
}

impl HostSession {
    /// The session's security level.
    #[must_use]
    pub fn level(&self) -> SecurityLevel {
        self.messaging.level
    }

    /// What the card said when the session was opened.
    #[must_use]
    pub fn opening(&self) -> &InitializeUpdateResponse {
        &self.response
    }

    /// Encrypts sensitive data (keys in PUT KEY) in place with Key-DEK: AES-CBC from a zero vector, without padding
    /// (Amendment D §6.2.8).
    ///
    /// # Errors
    /// [`HostError::Key`] where the data are not whole blocks of 16 bytes.
    pub fn encrypt_sensitive(&self, data: &mut [u8]) -> Result<(), HostError> {
        let (key, cipher) = (KeyName::Dek, BlockCipher::Aes);
        Ok(self.keys.encrypt_chained(key, cipher, data)?)
    }

    /// The length of a MAC in bytes: 8, or 16 in S16 mode.
    #[must_use]
    pub fn mac_length(&self) -> usize {
        self.messaging.mac_length()
    }

    /// The most plain data that fit one short command, in bytes: 255 at level 00, 247 with a MAC of 8
    /// bytes, 239 with encryption too.
    #[must_use]
    pub fn max_data(&self) -> usize {
        let level = self.messaging.level;
        let room = 255
            - if level.has_c_mac() {
                self.messaging.mac_length()
            } else {
                0
            };
        if level.has_c_decryption() {
            // Padding adds at least one byte.
            room / 16 * 16 - 1
        } else {
            room
        }
    }

    /// Protects a command: encrypts its data and adds the MAC, as the level asks.
    ///
    /// # Errors
    /// [`HostError::Command`] where `command` is no APDU or gets too long, [`HostError::Secured`],
    /// [`HostError::Ended`].
    pub fn wrap(&mut self, command: &[u8]) -> Result<Vec<u8>, HostError> {
        if self.ended {
            return Err(HostError::Ended);
        }
        let mut command = Command::parse(command)?;
        if class::is_secured(command.cla) {
            return Err(HostError::Secured(command.cla));
        }
        let level = self.messaging.level;
        // Work on a copy: a command that turns out too long must not move the counters.
        let mut messaging = self.messaging.clone();
        messaging.count();
        if level.has_c_decryption() && !command.data.is_empty() {
            command.data = messaging.encrypt(&command.data, false)?;
        }
        if level.has_c_mac() {
            command.cla = class::secured(command.cla);
            let mac = messaging.command_mac(&command)?;
            command.data.extend(mac);
        }
        let bytes = command.to_bytes()?;
        self.messaging = messaging;
        Ok(bytes)
    }

    /// Checks and decrypts a response (data and status word) and gives its plain form.
    ///
    /// # Errors
    /// [`HostError::ResponseMac`], [`HostError::ResponsePadding`], [`HostError::ResponseShort`]: the session has
    /// then ended. [`HostError::Ended`] after that.
    pub fn unwrap(&mut self, response: &[u8]) -> Result<Vec<u8>, HostError> {
        if self.ended {
            return Err(HostError::Ended);
        }
        let plain = self.open(response);
        self.ended = plain.is_err();
        plain
    }

    fn open(&self, response: &[u8]) -> Result<Vec<u8>, HostError> {
        let (data, status) = split(response)?;
        if !self.messaging.level.has_r_mac() {
            return Ok(response.to_vec());
        }
        if !is_protected(status) {
            // An error carries neither MAC nor data.
            return if data.is_empty() {
                Ok(response.to_vec())
            } else {
                Err(HostError::ResponseMac)
            };
        }
        let split = data.len().checked_sub(self.messaging.mac_length());
        let (data, mac) = split
            .and_then(|at| data.split_at_checked(at))
            .ok_or(HostError::ResponseMac)?;
        if !equal(&self.messaging.response_mac(data, status), mac) {
            return Err(HostError::ResponseMac);
        }
        let mut plain = if self.messaging.level.has_r_encryption() && !data.is_empty() {
            self.messaging
                .decrypt(data, true)?
                .ok_or(HostError::ResponsePadding)?
        } else {
            data.to_vec()
        };
        plain.extend(status);
        Ok(plain)
    }
}

/// Response data and status word.
fn split(response: &[u8]) -> Result<(&[u8], [u8; 2]), HostError> {
    let (data, status) = response
        .split_last_chunk::<2>()
        .ok_or(HostError::ResponseShort(response.len()))?;
    Ok((data, *status))
}
