//! The secure channel of a session, whichever protocol the card speaks.

use scp::scp03::{HostError, SecurityLevel, StaticKeys, key_check_value};
use scp::{scp02, scp03};
use zeroize::Zeroizing;

use crate::error::Error;
use crate::session::Envelope;

/// An open secure channel.
#[derive(Clone, Debug)]
pub(crate) enum Channel {
    Scp02(Box<scp02::HostSession>),
    Scp03(Box<scp03::HostSession>),
    Scp11(Box<scp03::HostSession>),
}

/// One key as PUT KEY carries it.
pub(crate) struct WrappedKey {
    /// Type, length and encrypted value.
    pub(crate) component: Zeroizing<Vec<u8>>,
    /// Its check value.
    pub(crate) check_value: [u8; 3],
}

/// What a secret key is for, as PUT KEY tells it (GPCS 2.3.1 table 11-16).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretKind {
    /// Triple DES.
    TripleDes = 0x80,
    /// AES.
    Aes = 0x88,
}

impl Channel {
    pub(crate) fn level(&self) -> SecurityLevel {
        match self {
            Self::Scp02(session) => session.level(),
            Self::Scp03(session) | Self::Scp11(session) => session.level(),
        }
    }

    /// The protocol's number: 02, 03 or 11 in hexadecimal.
    pub(crate) fn protocol(&self) -> u8 {
        match self {
            Self::Scp02(_) => 2,
            Self::Scp03(_) => 3,
            Self::Scp11(_) => 0x11,
        }
    }

    pub(crate) fn max_data_within(&self, limit: usize) -> usize {
        match self {
            Self::Scp02(session) => session.max_data_within(limit),
            Self::Scp03(session) | Self::Scp11(session) => session.max_data_within(limit),
        }
    }

    /// What protection adds to a command.
    pub(crate) fn envelope(&self) -> Envelope {
        let level = self.level();
        Envelope {
            padding: level.has_c_decryption().then_some(self.sensitive_block()),
            mac: match self {
                _ if !level.has_c_mac() => 0,
                Self::Scp02(_) => 8,
                Self::Scp03(session) | Self::Scp11(session) => session.mac_length(),
            },
        }
    }

    pub(crate) fn wrap(&mut self, command: &[u8]) -> Result<Vec<u8>, HostError> {
        match self {
            Self::Scp02(session) => session.wrap(command),
            Self::Scp03(session) | Self::Scp11(session) => session.wrap(command),
        }
    }

    pub(crate) fn unwrap(&mut self, response: Vec<u8>) -> Result<Vec<u8>, HostError> {
        match self {
            Self::Scp02(session) => session.unwrap(&response),
            Self::Scp03(session) | Self::Scp11(session) => session.unwrap(&response),
        }
    }

    /// The kind of the channel's own keys.
    pub(crate) fn kind(&self) -> SecretKind {
        match self {
            Self::Scp02(_) => SecretKind::TripleDes,
            Self::Scp03(_) | Self::Scp11(_) => SecretKind::Aes,
        }
    }

    /// The block length of the data encryption key, in bytes.
    pub(crate) fn sensitive_block(&self) -> usize {
        match self {
            Self::Scp02(_) => 8,
            Self::Scp03(_) | Self::Scp11(_) => 16,
        }
    }

    /// Encrypts sensitive data in place with the data encryption key: whole blocks (GPCS 2.3.1 §E.4.7, Amendment D
    /// §6.2.8).
    pub(crate) fn encrypt_sensitive(&self, data: &mut [u8]) -> Result<(), Error> {
        match self {
            Self::Scp02(session) => session.encrypt_sensitive(data)?,
            Self::Scp03(session) | Self::Scp11(session) => session.encrypt_sensitive(data)?,
        }
        Ok(())
    }

    /// Encrypts a private key for PUT KEY: in whole blocks, its length before it where that is not its own.
    pub(crate) fn wrap_private(&self, secret: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
        let mut value = Zeroizing::new(secret.to_vec());
        value.resize(secret.len().next_multiple_of(self.sensitive_block()), 0);
        self.encrypt_sensitive(&mut value)?;
        if value.len() != secret.len() {
            value.insert(0, u8::try_from(secret.len()).unwrap_or(0));
        }
        Ok(value)
    }

    /// Encrypts a key for PUT KEY.
    pub(crate) fn wrap_key(&self, kind: SecretKind, key: &[u8]) -> Result<WrappedKey, Error> {
        let check_value = match kind {
            SecretKind::TripleDes => scp02::key_check_value(key)?,
            SecretKind::Aes => key_check_value(key)?,
        };
        let mut value = Zeroizing::new(key.to_vec());
        value.resize(key.len().next_multiple_of(self.sensitive_block()), 0);
        // The length of an AES key always stands before it, of another where it was padded (§11.8.2.3.2).
        let told = kind == SecretKind::Aes || value.len() != key.len();
        self.encrypt_sensitive(&mut value)?;
        let mut block = Zeroizing::new(Vec::with_capacity(1 + value.len()));
        if told {
            block.push(u8::try_from(key.len()).unwrap_or(u8::MAX));
        }
        block.extend_from_slice(&value);
        let mut component = Zeroizing::new(vec![
            kind as u8,
            u8::try_from(block.len()).unwrap_or(u8::MAX),
        ]);
        component.extend_from_slice(&block);
        Ok(WrappedKey {
            component,
            check_value,
        })
    }

    /// Checks that keys are of the kind that the protocol uses.
    pub(crate) fn check_kind(&self, keys: &StaticKeys) -> Result<(), Error> {
        match self {
            Self::Scp02(_) => {
                scp02::StaticKeys::new(keys.enc(), keys.mac(), keys.dek())?;
                Ok(())
            }
            Self::Scp03(_) | Self::Scp11(_) => Ok(()),
        }
    }
}
