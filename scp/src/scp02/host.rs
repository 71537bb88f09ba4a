use std::sync::Arc;

use se_crypto::equal;

use crate::scp02::derivation::SessionKeys;
use crate::scp02::messaging::{End, MAC, Messaging};
use crate::scp02::{Parameters, StaticKeys};
use crate::scp03::{
    BEGIN_R_MAC_SESSION, END_R_MAC_SESSION, EXTERNAL_AUTHENTICATE, HostError, INITIALIZE_UPDATE,
    SecurityLevel,
};
use crate::{Command, KeyOperations, class};

/// The host end before the card has answered INITIALIZE UPDATE.
#[derive(Clone, Debug)]
pub struct HostOpening {
    keys: Arc<dyn KeyOperations>,
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
        Self::with(Arc::new(keys), key_version, challenge, parameters)
    }

    /// The same with keys that may lie elsewhere.
    #[must_use]
    pub fn with(
        keys: Arc<dyn KeyOperations>,
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
        if self.parameters.is_implicit() || !self.parameters.offers(level) {
            return Err(HostError::Level {
                level,
                i: self.parameters.0,
            });
        }
        let counter = response.sequence_counter;
        let (host, card) = (&self.challenge, &response.card_challenge);
        let keys = SessionKeys::derive(&*self.keys, self.parameters, counter)?;
        let expected = keys.card_cryptogram(host, counter, card)?;
        if !equal(&expected, &response.card_cryptogram) {
            return Err(HostError::CardCryptogram);
        }
        let cryptogram = keys.host_cryptogram(host, counter, card)?;
        let mut messaging = Messaging::explicit(keys, self.parameters);
        let header = [0x84, EXTERNAL_AUTHENTICATE, level.0, 0x00];
        let mut command = Command::new(header, &cryptogram, None);
        let mac = messaging.command_mac(&command)?;
        command.data.extend(mac);
        messaging.opened(level);
        let session = HostSession {
            messaging,
            response: Some(response),
            begins: None,
            ended: false,
        };
        Ok((session, command.to_bytes()?))
    }
}

/// The host end of an open session.
#[derive(Clone, Debug)]
pub struct HostSession {
    messaging: Messaging,
    response: Option<InitializeUpdateResponse>,
    /// BEGIN R-MAC SESSION is under way: whether each response is to carry its MAC.
    begins: Option<bool>,
    ended: bool,
}

impl HostSession {
    /// A session that is opened by its first command, which carries a C-MAC (GPCS 2.3.1 §E.1.2.1). `counter` is the
    /// sequence counter, which GET DATA C1 tells; `aid` that of the selected application.
    ///
    /// # Errors
    /// [`HostError::Level`] where the parameters are not those of implicit initiation.
    pub fn implicit(
        keys: &StaticKeys,
        parameters: Parameters,
        counter: u16,
        aid: &[u8],
    ) -> Result<Self, HostError> {
        if !parameters.is_valid() || !parameters.is_implicit() {
            return Err(HostError::Level {
                level: SecurityLevel::C_MAC,
                i: parameters.0,
            });
        }
        let keys = SessionKeys::derive(keys, parameters, counter.to_be_bytes())?;
        Ok(Self {
            messaging: Messaging::implicit(keys, parameters, aid)?,
            response: None,
            begins: None,
            ended: false,
        })
    }

    /// The session's security level.
    #[must_use]
    pub fn level(&self) -> SecurityLevel {
        self.messaging.level
    }

    /// What the card said when the session was opened; `None` where it was opened implicitly.
    #[must_use]
    pub fn opening(&self) -> Option<&InitializeUpdateResponse> {
        self.response.as_ref()
    }

    /// The most plain data that fit one short command, in bytes: 255, 247 with a MAC, 239 with encryption too.
    #[must_use]
    pub fn max_data(&self) -> usize {
        self.max_data_within(255)
    }

    /// The same where a command may have no more than `limit` bytes of data once it is protected.
    #[must_use]
    pub fn max_data_within(&self, limit: usize) -> usize {
        // MAC and block of triple DES are of one length.
        self.messaging.level.data_within(limit, MAC, MAC)
    }

    /// Protects a command, with short lengths, as the level asks.
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
        let most = self.max_data();
        if command.data.len() > most {
            return Err(HostError::Command(crate::CommandError::TooLong {
                length: command.data.len(),
                max: most,
            }));
        }
        self.messaging.remember(&command);
        if !level.has_c_mac() {
            return Ok(command.to_bytes()?);
        }
        let mac = self.messaging.command_mac(&command)?;
        if level.has_c_decryption() && !command.data.is_empty() {
            command.data = self.messaging.encrypt(&command.data)?;
        }
        command.cla = class::secured(command.cla);
        command.data.extend(mac);
        Ok(command.to_bytes()?)
    }

    /// BEGIN R-MAC SESSION (GPCS 2.3.1 §E.5.3), protected. From the command after it on, each response carries a
    /// MAC, or the one to END R-MAC SESSION a MAC over all. `data`, up to 24 bytes, is the host's to choose.
    ///
    /// # Errors
    /// [`HostError::Responses`] where the card offers none or one is under way; as [`HostSession::wrap`].
    pub fn begin_r_mac(&mut self, each: bool, data: &[u8]) -> Result<Vec<u8>, HostError> {
        if !self.messaging.may_begin_responses() {
            return Err(HostError::Responses("is not offered, or under way already"));
        }
        let length = u8::try_from(data.len()).unwrap_or(u8::MAX);
        if length > 24 {
            return Err(HostError::Responses("takes up to 24 bytes"));
        }
        let header = [
            0x80,
            BEGIN_R_MAC_SESSION,
            if each { 0x10 } else { 0x00 },
            0x01,
        ];
        let command = Command::new(header, &[&[length], data].concat(), None);
        let wrapped = self.wrap(&command.to_bytes()?)?;
        self.begins = Some(each);
        Ok(wrapped)
    }

    /// END R-MAC SESSION (GPCS 2.3.1 §E.5.4), protected: its response carries the MAC, and where `finish`, ends the
    /// R-MAC session.
    ///
    /// # Errors
    /// [`HostError::Responses`] where none is under way; as [`HostSession::wrap`].
    pub fn end_r_mac(&mut self, finish: bool) -> Result<Vec<u8>, HostError> {
        let end = if finish { End::Finish } else { End::Tell };
        if !self.messaging.end_responses(end) {
            return Err(HostError::Responses("is not under way"));
        }
        let command = [0x80, END_R_MAC_SESSION, 0x00, end as u8, 0x00];
        self.wrap(&command)
    }

    /// Checks the MAC of a response (data and status word), where it carries one, and takes it off.
    ///
    /// # Errors
    /// [`HostError::ResponseMac`], [`HostError::ResponseShort`]: the session has then ended. [`HostError::Ended`]
    /// after that.
    pub fn unwrap(&mut self, response: &[u8]) -> Result<Vec<u8>, HostError> {
        if self.ended {
            return Err(HostError::Ended);
        }
        let plain = self.open(response);
        self.ended = plain.is_err();
        plain
    }

    fn open(&mut self, response: &[u8]) -> Result<Vec<u8>, HostError> {
        let (data, &status) = response
            .split_last_chunk::<2>()
            .ok_or(HostError::ResponseShort(response.len()))?;
        if let Some(each) = self.begins.take()
            && status == [0x90, 0x00]
        {
            self.messaging.begin_responses(each);
        }
        let (data, mac) = if self.messaging.signs_next_response() {
            let (data, mac) = data
                .split_last_chunk::<MAC>()
                .ok_or(HostError::ResponseMac)?;
            (data, Some(mac))
        } else {
            (data, None)
        };
        let expected = self.messaging.response_mac(data, status)?;
        if let Some(mac) = mac
            && !expected.is_some_and(|expected| equal(&expected, mac))
        {
            return Err(HostError::ResponseMac);
        }
        Ok([data, &status].concat())
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
