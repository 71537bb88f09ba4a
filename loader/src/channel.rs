//! The secure channel of a session, whichever protocol the card speaks.

use scp::scp03::{HostError, SecurityLevel, StaticKeys, key_check_value};
use scp::{scp02, scp03};
use zeroize::Zeroizing;

use crate::error::Error;

/// An open secure channel.
#[derive(Clone, Debug)]
pub(crate) enum Channel {
    Scp02(Box<scp02::HostSession>),
    Scp03(Box<scp03::HostSession>),
}

/// One key as PUT KEY carries it.
pub(crate) struct WrappedKey {
    /// Type, length and encrypted value.
    pub(crate) component: Zeroizing<Vec<u8>>,
    /// Its check value.
    pub(crate) check_value: [u8; 3],
}

/// Triple DES and AES in PUT KEY (GPCS 2.3.1 table 11-16).
const DES: u8 = 0x80;
const AES: u8 = 0x88;

impl Channel {
    pub(crate) fn level(&self) -> SecurityLevel {
        match self {
            Self::Scp02(session) => session.level(),
            Self::Scp03(session) => session.level(),
        }
    }

    /// The protocol's number: 2 or 3.
    pub(crate) fn protocol(&self) -> u8 {
        match self {
            Self::Scp02(_) => 2,
            Self::Scp03(_) => 3,
        }
    }

    pub(crate) fn max_data(&self) -> usize {
        match self {
            Self::Scp02(session) => session.max_data(),
            Self::Scp03(session) => session.max_data(),
        }
    }

    pub(crate) fn wrap(&mut self, command: &[u8]) -> Result<Vec<u8>, HostError> {
        match self {
            Self::Scp02(session) => session.wrap(command),
            Self::Scp03(session) => session.wrap(command),
        }
    }

    pub(crate) fn unwrap(&mut self, response: Vec<u8>) -> Result<Vec<u8>, HostError> {
        match self {
            Self::Scp02(session) => session.unwrap(&response),
            Self::Scp03(session) => session.unwrap(&response),
        }
    }

    /// Encrypts a key for PUT KEY.
    pub(crate) fn wrap_key(&self, key: &[u8]) -> Result<WrappedKey, Error> {
        let mut value = Zeroizing::new(key.to_vec());
        let length = u8::try_from(key.len()).unwrap_or(u8::MAX);
        let (head, check_value) = match self {
            Self::Scp02(session) => {
                let check_value = scp02::key_check_value(key)?;
                session.encrypt_sensitive(&mut value)?;
                (vec![DES, length], check_value)
            }
            Self::Scp03(session) => {
                let check_value = key_check_value(key)?;
                // AES keys are padded to whole blocks, and the length of the key stands before them.
                value.resize(key.len().next_multiple_of(16), 0);
                session.static_keys().encrypt_sensitive(&mut value)?;
                let coded = u8::try_from(value.len() + 1).unwrap_or(u8::MAX);
                (vec![AES, coded, length], check_value)
            }
        };
        let mut component = Zeroizing::new(head);
        component.extend_from_slice(&value);
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
            Self::Scp03(_) => Ok(()),
        }
    }
}
