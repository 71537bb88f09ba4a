//! The holder's side: what existing JPKI software does with a card.

use super::{Slot, encode, refusal, short};
use apdu_spec::jpki::ins;
use apdu_spec::{Aid, Command, StatusWord};
use loader::{Error, Transport};
use zeroize::Zeroizing;

/// What came of presenting a PIN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verification {
    /// It is the right one.
    Right,
    /// It is not, and so many presentations are left.
    Wrong(u8),
    /// None is left: only the trusted service manager can help.
    Blocked,
}

/// The holder's software in conversation with the applet.
pub struct Holder<T> {
    transport: T,
}

impl<T: Transport> Holder<T> {
    /// Selects the applet.
    ///
    /// # Errors
    /// [`Error`]: no such applet.
    pub fn select(transport: T, application: &Aid) -> Result<Self, Error> {
        let mut holder = Self { transport };
        let select = Command::new(0x00, ins::SELECT, 0x04, 0x0C);
        holder.success(&select.with_data(application.as_bytes()))?;
        Ok(holder)
    }

    /// How many presentations of the PIN are left; asking costs none.
    ///
    /// # Errors
    /// [`Error`].
    pub fn tries_left(&mut self, slot: Slot) -> Result<u8, Error> {
        let command = Command::new(0x00, ins::VERIFY, 0x00, short(slot.pin()));
        let (_, status) = self.send(&command)?;
        match status.0.to_be_bytes() {
            [0x63, low] if low & 0xF0 == 0xC0 => Ok(low & 0x0F),
            _ => Err(refusal(&encode(&command)?, status).into()),
        }
    }

    /// Presents the PIN.
    ///
    /// # Errors
    /// [`Error`]; a wrong PIN is none.
    pub fn verify(&mut self, slot: Slot, pin: &[u8]) -> Result<Verification, Error> {
        let command = Command::new(0x00, ins::VERIFY, 0x00, short(slot.pin())).with_data(pin);
        let (_, status) = self.send(&command)?;
        match (status, status.0.to_be_bytes()) {
            (StatusWord::SUCCESS, _) => Ok(Verification::Right),
            (StatusWord::REFERENCE_DATA_NOT_USABLE, _) => Ok(Verification::Blocked),
            (_, [0x63, low]) if low & 0xF0 == 0xC0 => Ok(Verification::Wrong(low & 0x0F)),
            _ => Err(refusal(&Zeroizing::new(encode(&command)?), status).into()),
        }
    }

    /// Signs: PKCS#1 v1.5 with this DigestInfo.
    ///
    /// # Errors
    /// [`Error::Refused`] where the PIN is not verified or the slot is not active.
    pub fn sign(&mut self, slot: Slot, digest_info: &[u8]) -> Result<Vec<u8>, Error> {
        let command = Command::new(
            0x80,
            ins::COMPUTE_DIGITAL_SIGNATURE,
            0x00,
            short(slot.key()),
        );
        self.success(&command.with_data(digest_info).with_le(256))
    }

    /// Reads a whole file.
    ///
    /// # Errors
    /// [`Error::Refused`] where it may not be read now.
    pub fn read_file(&mut self, file: u16) -> Result<Vec<u8>, Error> {
        let id = file.to_be_bytes();
        self.success(&Command::new(0x00, ins::SELECT, 0x02, 0x0C).with_data(&id))?;
        let mut content = Vec::new();
        // 15 bits of offset are what READ BINARY has.
        while let Some(offset) = u16::try_from(content.len())
            .ok()
            .filter(|offset| *offset < 0x8000)
        {
            let [p1, p2] = offset.to_be_bytes();
            let command = Command::new(0x00, ins::READ_BINARY, p1, p2).with_le(256);
            let (part, status) = self.send(&command)?;
            match status {
                StatusWord::SUCCESS if part.len() == 256 => content.extend(part),
                StatusWord::SUCCESS => {
                    content.extend(part);
                    break;
                }
                StatusWord::WRONG_OFFSET if !content.is_empty() => break,
                status => return Err(refusal(&encode(&command)?, status).into()),
            }
        }
        Ok(content)
    }

    /// Gives the transport back.
    pub fn into_transport(self) -> T {
        self.transport
    }

    fn send(&mut self, command: &Command<'_>) -> Result<(Vec<u8>, StatusWord), Error> {
        let response = self.transport.transmit(&Zeroizing::new(encode(command)?))?;
        let (data, status) = response
            .split_last_chunk::<2>()
            .ok_or(loader::TransportError::Short(response.len()))?;
        Ok((data.to_vec(), StatusWord(u16::from_be_bytes(*status))))
    }

    fn success(&mut self, command: &Command<'_>) -> Result<Vec<u8>, Error> {
        let (data, status) = self.send(command)?;
        if status.is_success() {
            Ok(data)
        } else {
            Err(refusal(&encode(command)?, status).into())
        }
    }
}

/// The DigestInfo of a document: its SHA-256, named (RFC 8017 §9.2).
#[must_use]
pub fn digest_info(document: &[u8]) -> Vec<u8> {
    const SHA_256: [u8; 19] = [
        0x30, 0x31, 0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01,
        0x05, 0x00, 0x04, 0x20,
    ];
    [&SHA_256[..], &se_crypto::sha256(document)].concat()
}
