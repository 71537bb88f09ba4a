//! What is SCP02's own in the card end.

use se_crypto::zeroize::Zeroizing;
use se_crypto::{Drbg, equal};

use crate::card::Opened;
use crate::scp02::derivation::SessionKeys;
use crate::scp02::messaging::{MAC, Messaging};
use crate::scp02::{Parameters, StaticKeys};
use crate::scp03::CardError;
use crate::scp03::KeyError;
use crate::{Command, class};

/// Answers INITIALIZE UPDATE. `counter` is the sequence counter of this session.
pub(crate) fn initialize(
    keys: &StaticKeys,
    parameters: Parameters,
    counter: u16,
    aid: &[u8],
    random: &mut Drbg,
    host_challenge: &[u8],
) -> Result<Opened<Messaging>, KeyError> {
    let counter = counter.to_be_bytes();
    let keys = SessionKeys::derive(keys, parameters, counter)?;
    let mut challenge = [0; 6];
    if parameters.is_pseudo_random() {
        challenge = keys.card_challenge(aid)?;
    } else {
        random.fill(&mut challenge);
    }
    let mut response = counter.to_vec();
    response.extend(challenge);
    response.extend(keys.card_cryptogram(host_challenge, counter, &challenge)?);
    let host_cryptogram = keys.host_cryptogram(host_challenge, counter, &challenge)?;
    Ok(Opened {
        response,
        host_cryptogram: Zeroizing::new(host_cryptogram.to_vec()),
        session: Messaging::explicit(keys, parameters),
    })
}

/// The messaging of a session that its first C-MAC opens.
pub(crate) fn open_implicitly(
    keys: &StaticKeys,
    parameters: Parameters,
    counter: u16,
    aid: &[u8],
) -> Result<Messaging, KeyError> {
    let keys = SessionKeys::derive(keys, parameters, counter.to_be_bytes())?;
    Ok(Messaging::implicit(keys, parameters, aid)?)
}

impl Messaging {
    /// Takes the protection off a command. The C-MAC is over the plain data, so these come first.
    pub(crate) fn open(&mut self, mut command: Command) -> Result<Command, CardError> {
        let at = command
            .data
            .len()
            .checked_sub(MAC)
            .ok_or(CardError::Security)?;
        let mac = command.data.split_off(at);
        if self.level.has_c_decryption() && !command.data.is_empty() {
            command.data = self.decrypt(&command.data).ok_or(CardError::Security)?;
        }
        let expected = self
            .command_mac(&command)
            .map_err(|_| CardError::Security)?;
        if !equal(&expected, &mac) {
            return Err(CardError::Security);
        }
        command.cla = class::plain(command.cla);
        Ok(command)
    }

    /// Adds the R-MAC to a response, where it is due: to errors too, but without data (§E.4.5).
    pub(crate) fn wrap(&mut self, data: &[u8], status: [u8; 2]) -> Result<Vec<u8>, CardError> {
        let mac = self
            .response_mac(data, status)
            .map_err(|_| CardError::Data)?;
        let mac = mac.as_ref().map_or(&[][..], |mac| mac.as_slice());
        Ok([data, mac, &status].concat())
    }

    pub(crate) fn decrypt_data(&self, data: &mut [u8]) -> Result<(), CardError> {
        self.keys.dek.decrypt_ecb(data).map_err(|_| CardError::Data)
    }

    pub(crate) fn encrypt_data(&self, data: &mut [u8]) -> Result<(), CardError> {
        self.keys.dek.encrypt_ecb(data).map_err(|_| CardError::Data)
    }
}
