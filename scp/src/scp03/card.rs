//! What is SCP03's own in the card end, and SCP11's once its session is open.

use se_crypto::{AesKey, Drbg, equal};

use crate::card::Opened;
use crate::scp03::derivation::{SessionKeys, card_challenge};
use crate::scp03::messaging::{Messaging, is_protected};
use crate::scp03::{CardError, KeyError, Parameters, StaticKeys};
use crate::{Command, class};

/// The card end of an open session: the messaging, and the key with which sensitive data are encrypted.
#[derive(Clone)]
pub(crate) struct CardMessaging {
    pub(crate) messaging: Messaging,
    dek: AesKey,
}

/// Answers INITIALIZE UPDATE. `counter` is the sequence counter of this session.
pub(crate) fn initialize(
    keys: &StaticKeys,
    parameters: Parameters,
    counter: u32,
    aid: &[u8],
    random: &mut Drbg,
    host_challenge: &[u8],
) -> Result<Opened<CardMessaging>, KeyError> {
    let [_, high, middle, low] = counter.to_be_bytes();
    let counter = [high, middle, low];
    let challenge = if parameters.is_pseudo_random() {
        card_challenge(keys, counter, aid, parameters.length())?
    } else {
        let mut challenge = vec![0; parameters.length()];
        random.fill(&mut challenge);
        challenge
    };
    let session = SessionKeys::derive(keys, host_challenge, &challenge)?;
    let mut response = vec![parameters.0];
    response.extend_from_slice(&challenge);
    response.extend_from_slice(&session.card_cryptogram(host_challenge, &challenge));
    if parameters.is_pseudo_random() {
        response.extend(counter);
    }
    Ok(Opened {
        response,
        host_cryptogram: session.host_cryptogram(host_challenge, &challenge),
        session: CardMessaging::new(
            Messaging::new(session, parameters.length()),
            AesKey::new(keys.dek())?,
        ),
    })
}

impl CardMessaging {
    pub(crate) fn new(messaging: Messaging, dek: AesKey) -> Self {
        Self { messaging, dek }
    }

    /// Takes the protection off a command. The C-MAC is over the encrypted data.
    pub(crate) fn open(&mut self, mut command: Command) -> Result<Command, CardError> {
        let messaging = &mut self.messaging;
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
        messaging.count(&command.data);
        if messaging.level.has_c_decryption() && !command.data.is_empty() {
            command.data = messaging
                .decrypt(&command.data, false)
                .ok()
                .flatten()
                .ok_or(CardError::Security)?;
        }
        command.cla = class::plain(command.cla);
        Ok(command)
    }

    /// Protects a response; an error goes as its status word alone (Amendment D §6.2.5).
    pub(crate) fn wrap(&mut self, data: &[u8], status: [u8; 2]) -> Result<Vec<u8>, CardError> {
        let wrapped = self.protect(data, status);
        self.messaging.responded();
        wrapped
    }

    fn protect(&self, data: &[u8], status: [u8; 2]) -> Result<Vec<u8>, CardError> {
        let messaging = &self.messaging;
        if !messaging.level.has_r_mac() {
            return Ok([data, &status].concat());
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

    pub(crate) fn decrypt_data(&self, data: &mut [u8]) -> Result<(), CardError> {
        self.dek
            .decrypt_cbc(&[0; 16], data)
            .map_err(|_| CardError::Data)
    }

    pub(crate) fn encrypt_data(&self, data: &mut [u8]) -> Result<(), CardError> {
        self.dek
            .encrypt_cbc(&[0; 16], data)
            .map_err(|_| CardError::Data)
    }
}
