//! The trusted service manager's side: everything behind the secure channel.

use super::{Slot, encode, refusal, short};
use apdu_spec::jpki::{
    EXPONENT_HEADER, MODULUS_LENGTH, OFFSET_TAG, PUBLIC_KEY_HEADER, PUBLIC_KEY_LENGTH, ins,
};
use apdu_spec::{Aid, Command};
use loader::{Error, KeySet, SecurityLevel, Session, Transport};
use se_crypto::Drbg;

/// The public key of a slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    /// The modulus, 256 bytes, big-endian.
    pub modulus: Vec<u8>,
    /// The public exponent, big-endian.
    pub exponent: Vec<u8>,
}

/// The trusted service manager in conversation with the applet.
///
/// A first PIN, a key born on the card, its certificate, activation: this is the way of a slot from Empty to
/// Active.
pub struct Tsm<T> {
    session: Session<T>,
}

impl<T: Transport> Tsm<T> {
    /// Selects the applet and opens a secure channel with its security domain's keys. `level`, the highest that is
    /// offered without it, must have C-MAC and C-DECRYPTION; with R-MAC the public keys read are sure to be the card's.
    ///
    /// # Errors
    /// [`Error`]: no such applet, wrong keys.
    pub fn open(
        transport: T,
        application: &Aid,
        keys: &KeySet,
        level: impl Into<Option<SecurityLevel>>,
        random: &mut Drbg,
    ) -> Result<Self, Error> {
        let mut session = Session::select(transport, Some(application))?;
        session.open(keys, level, random)?;
        Ok(Self { session })
    }

    /// The secure channel in words: `SCP03, level 33`.
    pub fn channel(&self) -> String {
        self.session.channel_in_words()
    }

    /// Gives a slot its first PIN.
    ///
    /// # Errors
    /// [`Error::Refused`] where the slot has a PIN, or this one does not have its form.
    pub fn set_first_pin(&mut self, slot: Slot, pin: &[u8]) -> Result<(), Error> {
        self.send(&Command::new(0x80, ins::PUT_DATA, 0x01, short(slot.pin())).with_data(pin))?;
        Ok(())
    }

    /// Has the card make the key pair of an empty slot.
    ///
    /// # Errors
    /// [`Error::Refused`] where the slot has a key.
    pub fn generate_key_pair(&mut self, slot: Slot) -> Result<(), Error> {
        let (ins, key) = (ins::GENERATE_ASYMMETRIC_KEY_PAIR, short(slot.key()));
        self.send(&Command::new(0x80, ins, 0x80, key))?;
        Ok(())
    }

    /// Reads the public key of a slot.
    ///
    /// # Errors
    /// [`Error::Refused`] where the slot has no key; [`Error::Response`] where the answer is no public key.
    pub fn public_key(&mut self, slot: Slot) -> Result<PublicKey, Error> {
        let (ins, key) = (ins::GENERATE_ASYMMETRIC_KEY_PAIR, short(slot.key()));
        let mut template = Vec::new();
        while template.len() < PUBLIC_KEY_LENGTH {
            let [high, low] = offset(template.len())?;
            let data = [OFFSET_TAG, 2, high, low];
            let part = self.send(&Command::new(0x80, ins, 0x81, key).with_data(&data))?;
            if part.is_empty() {
                break;
            }
            template.extend(part);
        }
        parse(&template).ok_or_else(|| Error::Response {
            command: "GENERATE ASYMMETRIC KEY PAIR",
            expected: "a public key template 7F49 with a modulus of 256 bytes",
            found: hex::encode_upper(&template),
        })
    }

    /// Writes a certificate file: that of the holder or of the authority.
    ///
    /// # Errors
    /// [`Error::Refused`] where the file may not be written now, or the certificate is too long for it.
    pub fn write_file(&mut self, file: u16, content: &[u8]) -> Result<(), Error> {
        let id = file.to_be_bytes();
        self.send(&Command::new(0x80, ins::SELECT, 0x02, 0x0C).with_data(&id))?;
        let size = self.session.max_data().max(1);
        for (number, part) in content.chunks(size).enumerate() {
            let [p1, p2] = offset(number * size)?;
            self.send(&Command::new(0x80, ins::UPDATE_BINARY, p1, p2).with_data(part))?;
        }
        Ok(())
    }

    /// Certifies a slot that has its certificate, or resumes a suspended one: it may then sign.
    ///
    /// # Errors
    /// [`Error::Refused`] in other states.
    pub fn activate(&mut self, slot: Slot) -> Result<(), Error> {
        self.change_life(ins::ACTIVATE_FILE, slot)
    }

    /// Suspends an active slot.
    ///
    /// # Errors
    /// [`Error::Refused`] in other states.
    pub fn suspend(&mut self, slot: Slot) -> Result<(), Error> {
        self.change_life(ins::DEACTIVATE_FILE, slot)
    }

    /// Revokes a slot for ever.
    ///
    /// # Errors
    /// [`Error::Refused`] where it was never active.
    pub fn revoke(&mut self, slot: Slot) -> Result<(), Error> {
        self.change_life(ins::TERMINATE_EF, slot)
    }

    /// Erases key, PIN and certificate of a slot.
    ///
    /// # Errors
    /// [`Error`].
    pub fn erase(&mut self, slot: Slot) -> Result<(), Error> {
        self.change_life(ins::DELETE_FILE, slot)
    }

    /// Gives a PIN all its presentations back.
    ///
    /// # Errors
    /// [`Error::Refused`] where none is set.
    pub fn unblock_pin(&mut self, slot: Slot) -> Result<(), Error> {
        let command = Command::new(0x80, ins::RESET_RETRY_COUNTER, 0x03, short(slot.pin()));
        self.send(&command)?;
        Ok(())
    }

    /// Replaces a forgotten PIN.
    ///
    /// # Errors
    /// [`Error::Refused`] where none is set, or the new one does not have the slot's form.
    pub fn replace_pin(&mut self, slot: Slot, pin: &[u8]) -> Result<(), Error> {
        let command = Command::new(0x80, ins::RESET_RETRY_COUNTER, 0x02, short(slot.pin()));
        self.send(&command.with_data(pin))?;
        Ok(())
    }

    /// Gives the transport back; the channel ends with the next SELECT.
    pub fn into_transport(self) -> T {
        self.session.into_transport()
    }

    fn change_life(&mut self, ins: u8, slot: Slot) -> Result<(), Error> {
        let key = slot.key().to_be_bytes();
        self.send(&Command::new(0x80, ins, 0x00, 0x00).with_data(&key))?;
        Ok(())
    }

    fn send(&mut self, command: &Command<'_>) -> Result<Vec<u8>, Error> {
        // With R-MAC every response has data: the MAC.
        let bytes = zeroize::Zeroizing::new(encode(&command.with_le(256))?);
        let answer = self.session.send(&bytes)?;
        if !answer.status.is_success() {
            let secure = [&[0x84], bytes.get(1..).unwrap_or_default()].concat();
            return Err(refusal(&zeroize::Zeroizing::new(secure), answer.status).into());
        }
        Ok(answer.data)
    }
}

fn offset(offset: usize) -> Result<[u8; 2], Error> {
    u16::try_from(offset).map(u16::to_be_bytes).map_err(|_| {
        Error::Unsendable(format!("offset {offset} is beyond what a command can name"))
    })
}

fn parse(template: &[u8]) -> Option<PublicKey> {
    let rest = template.strip_prefix(PUBLIC_KEY_HEADER)?;
    let (modulus, rest) = rest.split_at_checked(MODULUS_LENGTH)?;
    let exponent = rest.strip_prefix(EXPONENT_HEADER)?;
    (exponent.len() == 3).then(|| PublicKey {
        modulus: modulus.to_vec(),
        exponent: exponent.to_vec(),
    })
}
