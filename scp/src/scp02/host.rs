use se_crypto::equal;

use crate::Command;
use crate::scp02::derivation::SessionKeys;
use crate::scp02::messaging::{MAC, Messaging, SECURE_MESSAGING};
use crate::scp02::{Parameters, StaticKeys};
use crate::scp03::{EXTERNAL_AUTHENTICATE, HostError, INITIALIZE_UPDATE, SecurityLevel};

/// The host end before the card has answered INITIALIZE UPDATE.
#[derive(Clone, Debug)]
pub struct HostOpening {
    keys: StaticKeys,
    key_version: u8,
    challenge: [u8; 8],
    parameters: Parameters,
}

/// The response to INITIALIZE UPDATE, taken apart (GPCS 2.3.1 §E.5.1.6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InitializeUpdateResponse {
    /// From which the card's keys may have been derived.
    pub key_diversification_data: [u8; 10],
    /// The version of the key set that the card uses.
    pub key_version: u8,
    /// The sequence counter.
    pub sequence_counter: [u8; 2],
    /// The card challenge.
    pub card_challenge: [u8; 6],
    /// The card's proof that it knows the keys.
    pub card_cryptogram: [u8; 8],
}

impl InitializeUpdateResponse {
    /// Takes the response data apart, `data` without the status word.
    ///
    /// # Errors
    /// [`HostError::Protocol`] where the card opens another protocol, [`HostError::ResponseLength`].
    pub fn parse(data: &[u8]) -> Result<Self, HostError> {
        let refuse = HostError::ResponseLength {
            expected: "28",
            length: data.len(),
        };
        let (&key_diversification_data, rest) = data.split_first_chunk::<10>().ok_or(refuse)?;
        let (&[key_version, protocol], rest) = rest.split_first_chunk::<2>().ok_or(refuse)?;
        if protocol != 0x02 {
            return Err(HostError::Protocol(protocol));
        }
        let (&sequence_counter, rest) = rest.split_first_chunk::<2>().ok_or(refuse)?;
        let (&card_challenge, rest) = rest.split_first_chunk::<6>().ok_or(refuse)?;
        Ok(Self {
            key_diversification_data,
            key_version,
            sequence_counter,
            card_challenge,
            card_cryptogram: rest.try_into().map_err(|_| refuse)?,
        })
    }
}

impl HostOpening {
    /// Starts a session with the key set of `key_version` (01 to 7F; 00 lets the card choose). The card does not
    /// tell `parameters` here; its card recognition data do, and [`Parameters::I15`] is the likeliest.
    #[must_use]
    pub fn new(
        keys: StaticKeys,
        key_version: u8,
        challenge: [u8; 8],
        parameters: Parameters,
    ) -> Self {
        Self {
            keys,
            key_version,
            challenge,
            parameters,
        }
    }

    /// The INITIALIZE UPDATE command.
    #[must_use]
    pub fn command(&self) -> Vec<u8> {
        let head = [0x80, INITIALIZE_UPDATE, self.key_version, 0x00, 0x08];
        [&head[..], &self.challenge, &[0x00]].concat()
    }

    /// Takes the card's response (data and status word), checks the card cryptogram, and gives the session
    /// with the EXTERNAL AUTHENTICATE command that opens it. Use the session only after the card has answered
    /// that command with 9000.
    ///
    /// # Errors
    /// Any of [`HostError`] but those of wrapping. Nothing was sent to the card that could cost it a try.
    pub fn answer(
        self,
        response: &[u8],
        level: SecurityLevel,
    ) -> Result<(HostSession, Vec<u8>), HostError> {
        let (data, status) = response
            .split_last_chunk::<2>()
            .ok_or(HostError::ResponseShort(response.len()))?;
        if status != &[0x90, 0x00] {
            return Err(HostError::Refused(u16::from_be_bytes(*status)));
        }
        let response = InitializeUpdateResponse::parse(data)?;
        if self.key_version != 0 && response.key_version != self.key_version {
            return Err(HostError::KeyVersion {
                asked: self.key_version,
                used: response.key_version,
            });
        }
        if !self.parameters.is_supported() || !self.parameters.offers(level) {
            return Err(HostError::Level {
                level,
                i: self.parameters.0,
            });
        }
        let counter = response.sequence_counter;
        let (host, card) = (&self.challenge, &response.card_challenge);
        let keys = SessionKeys::derive(&self.keys, counter)?;
        let expected = keys.card_cryptogram(host, counter, card)?;
        if !equal(&expected, &response.card_cryptogram) {
            return Err(HostError::CardCryptogram);
        }
        let cryptogram = keys.host_cryptogram(host, counter, card)?;
        let mut messaging = Messaging::new(keys, level, self.parameters);
        let header = [0x84, EXTERNAL_AUTHENTICATE, level.0, 0x00];
        let mut command = Command::new(header, &cryptogram, None);
        let mac = messaging.command_mac(&command)?;
        command.data.extend(mac);
        let session = HostSession {
            messaging,
            response,
        };
        Ok((session, command.to_bytes()?))
    }
}

/// The host end of an open session.
#[derive(Clone, Debug)]
pub struct HostSession {
    messaging: Messaging,
    response: InitializeUpdateResponse,
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

    /// The most plain data that fit one short command, in bytes: 255, 247 with a MAC, 239 with encryption too.
    #[must_use]
    pub fn max_data(&self) -> usize {
        let level = self.messaging.level;
        let room = 255 - if level.has_c_mac() { MAC } else { 0 };
        if level.has_c_decryption() {
            // Padding adds at least one byte.
            room / MAC * MAC - 1
        } else {
            room
        }
    }

    /// Protects a command, with short lengths, as the level asks.
    ///
    /// # Errors
    /// [`HostError::Command`] where `command` is no APDU or gets too long, [`HostError::Channel`].
    pub fn wrap(&mut self, command: &[u8]) -> Result<Vec<u8>, HostError> {
        let mut command = Command::parse(command)?;
        if command.cla & 0x40 != 0 {
            return Err(HostError::Channel(command.cla));
        }
        let level = self.messaging.level;
        if !level.has_c_mac() {
            return Ok(command.to_bytes()?);
        }
        let most = self.max_data();
        if command.data.len() > most {
            return Err(HostError::Command(crate::CommandError::TooLong {
                length: command.data.len(),
                max: most,
            }));
        }
        let mac = self.messaging.command_mac(&command)?;
        if level.has_c_decryption() && !command.data.is_empty() {
            command.data = self.messaging.encrypt(&command.data)?;
        }
        command.cla |= SECURE_MESSAGING;
        command.data.extend(mac);
        Ok(command.to_bytes()?)
    }

    /// Encrypts sensitive data (keys in PUT KEY) in place with the session's data encryption key: triple DES in
    /// ECB mode, whole blocks of 8 bytes (GPCS 2.3.1 §E.4.7).
    ///
    /// # Errors
    /// [`HostError::Crypto`] for broken blocks.
    pub fn encrypt_sensitive(&self, data: &mut [u8]) -> Result<(), HostError> {
        Ok(self.messaging.keys.dek.encrypt_ecb(data)?)
    }
}
