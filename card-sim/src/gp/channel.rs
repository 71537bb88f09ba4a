//! The card end of a secure channel, whichever protocol the card speaks.

use scp::scp03::{CardError, CardKeySet};
use scp::{scp02, scp03};
use se_crypto::Drbg;
use serde::{Deserialize, Serialize};

/// The secure channel protocol of a card, with its parameter `i`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Protocol {
    /// SCP02 with triple DES keys, explicit initiation: `i` is 15, 55 or one of their kin.
    Scp02(u8),
    /// SCP03 with AES keys: `i` is 70 for most cards.
    Scp03(u8),
}

impl Protocol {
    /// Its number and its parameter `i`, as card recognition data tell them.
    #[must_use]
    pub fn number_and_parameter(self) -> (u8, u8) {
        match self {
            Self::Scp02(i) => (0x02, i),
            Self::Scp03(i) => (0x03, i),
        }
    }

    /// A channel that is closed.
    pub(super) fn closed(self) -> Channel {
        match self {
            Self::Scp02(_) => Channel::Scp02(Box::default()),
            Self::Scp03(_) => Channel::Scp03(Box::default()),
        }
    }
}

/// A secure channel, open or not.
#[derive(Clone, Debug)]
pub(super) enum Channel {
    Scp02(Box<scp02::CardSession>),
    Scp03(Box<scp03::CardSession>),
}

impl Default for Channel {
    fn default() -> Self {
        Self::Scp03(Box::default())
    }
}

/// What a channel is opened with.
pub(super) struct Opening<'a> {
    pub(super) protocol: Protocol,
    pub(super) key_diversification_data: [u8; 10],
    pub(super) key_sets: &'a mut [CardKeySet],
    /// The application that is selected.
    pub(super) aid: &'a [u8],
    pub(super) random: &'a mut Drbg,
}

impl Channel {
    /// Answers INITIALIZE UPDATE or EXTERNAL AUTHENTICATE.
    pub(super) fn process(
        &mut self,
        opening: Opening<'_>,
        command: &[u8],
    ) -> Result<Vec<u8>, CardError> {
        let Opening {
            protocol,
            key_diversification_data,
            key_sets,
            aid,
            random,
        } = opening;
        match (protocol, self) {
            (Protocol::Scp03(i), Self::Scp03(session)) => {
                let card = scp03::CardParameters {
                    parameters: scp03::Parameters(i),
                    key_diversification_data,
                };
                session.process(&card, key_sets, aid, random, command)
            }
            (Protocol::Scp02(i), Self::Scp02(session)) => {
                let card = scp02::CardParameters {
                    parameters: scp02::Parameters(i),
                    key_diversification_data,
                };
                let mut sets = key_sets
                    .iter()
                    .map(triple_des)
                    .collect::<Result<Vec<_>, _>>()?;
                let result = session.process(&card, &mut sets, aid, random, command);
                for (to, from) in key_sets.iter_mut().zip(&sets) {
                    to.sequence_counter = u32::from(from.sequence_counter);
                }
                result
            }
            (protocol, other) => {
                *other = protocol.closed();
                Err(CardError::Conditions)
            }
        }
    }

    pub(super) fn unwrap(&mut self, command: &[u8]) -> Result<Vec<u8>, CardError> {
        match self {
            Self::Scp02(session) => session.unwrap(command),
            Self::Scp03(session) => session.unwrap(command),
        }
    }

    pub(super) fn wrap(&mut self, response: &[u8]) -> Result<Vec<u8>, CardError> {
        match self {
            Self::Scp02(_) => Ok(response.to_vec()),
            Self::Scp03(session) => session.wrap(response),
        }
    }

    pub(super) fn decrypt_data(&self, data: &[u8]) -> Result<Vec<u8>, CardError> {
        match self {
            Self::Scp02(session) => session.decrypt_data(data),
            Self::Scp03(session) => session.decrypt_data(data),
        }
    }

    pub(super) fn encrypt_data(&self, data: &[u8]) -> Result<Vec<u8>, CardError> {
        match self {
            Self::Scp02(session) => session.encrypt_data(data),
            Self::Scp03(session) => session.encrypt_data(data),
        }
    }

    pub(super) fn security_level(&self) -> u8 {
        match self {
            Self::Scp02(session) => session.security_level(),
            Self::Scp03(session) => session.security_level(),
        }
    }
}

/// A key set as SCP02 takes it.
fn triple_des(set: &CardKeySet) -> Result<scp02::CardKeySet, CardError> {
    let keys = scp02::StaticKeys::new(set.keys.enc(), set.keys.mac(), set.keys.dek())
        .map_err(|_| CardError::Conditions)?;
    let sequence_counter =
        u16::try_from(set.sequence_counter).map_err(|_| CardError::Conditions)?;
    Ok(scp02::CardKeySet {
        version: set.version,
        keys,
        sequence_counter,
    })
}
