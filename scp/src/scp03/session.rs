use std::sync::Arc;

use se_crypto::{AesKey, equal};

use crate::scp03::messaging::{Messaging, is_protected};
use crate::scp03::{HostError, SecurityLevel};
use crate::{BlockCipher, Command, KeyName, KeyOperations, class};

/// The host end of an open session, of SCP03 or of SCP11, which protects commands and responses alike.
#[derive(Clone, Debug)]
pub struct HostSession {
    messaging: Messaging,
    dek: DataKey,
    ended: bool,
}

/// What encrypts sensitive data.
#[derive(Clone, Debug)]
pub(crate) enum DataKey {
    /// Key-DEK of static keys.
    Static(Arc<dyn KeyOperations>),
    /// The session's own key.
    Session(Box<AesKey>),
}

impl HostSession {
    /// A session whose keys both ends have.
    pub(crate) fn new(messaging: Messaging, dek: DataKey) -> Self {
        Self {
            messaging,
            dek,
            ended: false,
        }
    }

    /// The session's security level.
    #[must_use]
    pub fn level(&self) -> SecurityLevel {
        self.messaging.level
    }

    /// Encrypts sensitive data (keys in PUT KEY) in place: AES-CBC from a zero vector, without padding, under Key-DEK
    /// with SCP03 (Amendment D §6.2.8) and under the session's data encryption key with SCP11.
    ///
    /// # Errors
    /// [`HostError::Key`] or [`HostError::Crypto`] where the data are not whole blocks of 16 bytes.
    pub fn encrypt_sensitive(&self, data: &mut [u8]) -> Result<(), HostError> {
        match &self.dek {
            DataKey::Static(keys) => {
                Ok(keys.encrypt_chained(KeyName::Dek, BlockCipher::Aes, data)?)
            }
            DataKey::Session(key) => Ok(key.encrypt_cbc(&[0; 16], data)?),
        }
    }

    /// The length of a MAC in bytes: 8, or 16 in S16 mode.
    #[must_use]
    pub fn mac_length(&self) -> usize {
        self.messaging.mac_length()
    }

    /// Counts only commands with data from now on, as some cards do against Amendment D §6.2.6.
    pub fn count_data_only(&mut self) {
        self.messaging.count_data_only();
    }

    /// The most plain data that fit one short command, in bytes: 255 at level 00, 247 with a MAC of 8
    /// bytes, 239 with encryption too.
    #[must_use]
    pub fn max_data(&self) -> usize {
        self.max_data_within(255)
    }

    /// The same where a command may have no more than `limit` bytes of data once it is protected.
    #[must_use]
    pub fn max_data_within(&self, limit: usize) -> usize {
        let mac = self.messaging.mac_length();
        self.messaging.level.data_within(limit, mac, 16)
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
        messaging.count(&command.data);
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
pub(super) fn split(response: &[u8]) -> Result<(&[u8], [u8; 2]), HostError> {
    let (data, status) = response
        .split_last_chunk::<2>()
        .ok_or(HostError::ResponseShort(response.len()))?;
    Ok((data, *status))
}
