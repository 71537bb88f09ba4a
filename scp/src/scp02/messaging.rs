//! The protection of commands that both ends share (GPCS 2.3.1 §E.4.4, §E.4.6).

use se_crypto::CryptoError;

use crate::Command;
use crate::scp02::Parameters;
use crate::scp02::derivation::{SessionKeys, pad};
use crate::scp03::SecurityLevel;

/// The bit of a class byte that tells of secure messaging, for logical channels 0 to 3.
pub(crate) const SECURE_MESSAGING: u8 = 0x04;
/// The bits of the logical channel in such a class byte.
const CHANNEL: u8 = 0x03;
/// The length of a MAC in bytes.
pub(crate) const MAC: usize = 8;

/// The keys and the chaining value of one session.
#[derive(Clone, Debug)]
pub(crate) struct Messaging {
    pub(crate) keys: SessionKeys,
    pub(crate) level: SecurityLevel,
    parameters: Parameters,
    /// The last C-MAC; `None` before the first.
    chaining: Option<[u8; MAC]>,
}

impl Messaging {
    pub(crate) fn new(keys: SessionKeys, level: SecurityLevel, parameters: Parameters) -> Self {
        Self {
            keys,
            level,
            parameters,
            chaining: None,
        }
    }

    /// The C-MAC over a command with its plain data, and the new chaining value.
    pub(crate) fn command_mac(&mut self, command: &Command) -> Result<[u8; MAC], CryptoError> {
        let (cla, added) = if self.parameters.mac_on_unmodified() {
            (command.cla & !(SECURE_MESSAGING | CHANNEL), 0)
        } else {
            (command.cla & !CHANNEL | SECURE_MESSAGING, MAC)
        };
        let length =
            u8::try_from(command.data.len() + added).map_err(|_| CryptoError::BlockLength {
                block: MAC,
                length: command.data.len(),
            })?;
        let header = [cla, command.ins, command.p1, command.p2, length];
        let mut vector = self.chaining.unwrap_or([0; MAC]);
        if self.chaining.is_some() && self.parameters.encrypts_chaining() {
            self.keys.mac.encrypt_ecb_single(&mut vector)?;
        }
        let input = pad(&[&header[..], &command.data].concat());
        let mac = self.keys.mac.retail_mac(&vector, &input)?;
        self.chaining = Some(mac);
        Ok(mac)
    }

    pub(crate) fn encrypt(&self, data: &[u8]) -> Result<Vec<u8>, CryptoError> {
        let mut padded = pad(data);
        self.keys.enc.encrypt_cbc(&[0; MAC], &mut padded)?;
        Ok(padded)
    }

    /// The plain data, or `None` where they are no whole blocks or not padded.
    pub(crate) fn decrypt(&self, data: &[u8]) -> Option<Vec<u8>> {
        let mut plain = data.to_vec();
        self.keys.enc.decrypt_cbc(&[0; MAC], &mut plain).ok()?;
        while plain.last() == Some(&0) {
            plain.pop();
        }
        (plain.pop() == Some(0x80)).then_some(plain)
    }
}
