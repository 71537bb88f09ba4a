use std::sync::Arc;

use se_crypto::equal;

use crate::scp03::derivation::{SessionKeys, card_challenge};
use crate::scp03::messaging::Messaging;
use crate::scp03::session::{DataKey, HostSession, split};
use crate::scp03::{
    Challenge, EXTERNAL_AUTHENTICATE, HostError, INITIALIZE_UPDATE, Parameters, SecurityLevel,
    StaticKeys,
};
use crate::{Command, KeyOperations};

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
        let header = [0x84, EXTERNAL_AUTHENTICATE, level.0, 0x00];
        let mut command = Command::new(header, &cryptogram, None);
        let mac = messaging.command_mac(&command)?;
        command.data.extend(mac);
        let session = HostSession::new(messaging, DataKey::Static(self.keys));
        Ok((session, command.to_bytes()?))
    }
}
