//! The reading side: what the holder's software sends. It answers as the Individual Number Card.

use crate::jpki::{Jpki, Kind, kind, short_file, wrong_file};
use apdu_spec::jpki as spec;
use apdu_spec::jpki::file;
use platform::{Apdu, Bytes, Cell, Platform, Random, Result, StatusWord};

/// SELECT, P1: the root, an elementary file, an application.
const SELECT_ROOT: u8 = 0x00;
const SELECT_FILE: u8 = 0x02;
const SELECT_APPLICATION: u8 = 0x04;

impl<P: Platform> Jpki<P> {
    /// SELECT.
    pub(super) fn select(&mut self, apdu: &mut P::Apdu) -> Result {
        let p1 = apdu.p1();
        if apdu.p2() != 0x00 && apdu.p2() != 0x0C {
            return Err(StatusWord::INCORRECT_P1_P2);
        }
        let length = apdu.receive()?;
        match p1 {
            // Without data this selects nothing new, as on the Individual Number Card.
            SELECT_ROOT if length == 0 => Ok(()),
            SELECT_ROOT => Err(StatusWord::FILE_NOT_FOUND),
            SELECT_FILE => {
                let id = file_id(apdu.buffer(), length)?;
                self.current_file.set(id);
                Ok(())
            }
            // The card's own runtime selects applications; here come the names it does not know.
            SELECT_APPLICATION => Err(StatusWord::FILE_NOT_FOUND),
            _ => Err(StatusWord::INCORRECT_P1_P2),
        }
    }

    /// READ BINARY.
    pub(super) fn read_binary(&mut self, apdu: &mut P::Apdu) -> Result {
        let mut offset = apdu.p2() as usize;
        if apdu.p1() & 0x80 == 0 {
            offset += (apdu.p1() as usize) << 8;
        } else {
            let id = short_file(apdu.p1())?;
            self.make_current(id)?;
        }
        let id = self.current_file.get();
        let expected = apdu.expected();
        if expected == 0 {
            return Err(StatusWord::WRONG_LENGTH);
        }
        let buffer = apdu.buffer();
        let count = match id {
            file::TOKEN_INFORMATION => {
                let count = readable(spec::TOKEN_INFORMATION_LENGTH, offset, expected)?;
                self.token_information.read(offset, &mut buffer[..count]);
                count
            }
            file::CERTIFICATES => {
                let count = readable(spec::CERTIFICATES_LENGTH, offset, expected)?;
                for at in 0..count {
                    buffer[at] = self.certificate_present(offset + at);
                }
                count
            }
            file::SIGNATURE_CERTIFICATE => {
                if !self.signature.verified() {
                    return Err(StatusWord::SECURITY_STATUS_NOT_SATISFIED);
                }
                let count = readable(self.signature.certificate.length(), offset, expected)?;
                self.signature
                    .certificate
                    .read(offset, &mut buffer[..count]);
                count
            }
            file::AUTHENTICATION_CERTIFICATE => {
                if !self.open_certificate && !self.authentication.verified() {
                    return Err(StatusWord::SECURITY_STATUS_NOT_SATISFIED);
                }
                let count = readable(self.authentication.certificate.length(), offset, expected)?;
                self.authentication
                    .certificate
                    .read(offset, &mut buffer[..count]);
                count
            }
            file::SIGNATURE_CA_CERTIFICATE => {
                let count = readable(self.signature.ca_certificate.length(), offset, expected)?;
                self.signature
                    .ca_certificate
                    .read(offset, &mut buffer[..count]);
                count
            }
            file::AUTHENTICATION_CA_CERTIFICATE => {
                let count = readable(
                    self.authentication.ca_certificate.length(),
                    offset,
                    expected,
                )?;
                self.authentication
                    .ca_certificate
                    .read(offset, &mut buffer[..count]);
                count
            }
            _ => return Err(wrong_file(id)),
        };
        apdu.send(count)
    }

    /// Byte `at` of EF 0008.
    fn certificate_present(&self, at: usize) -> u8 {
        let length = match at {
            0 => self.signature.certificate.length(),
            1 => self.authentication.certificate.length(),
            _ => 0,
        };
        if length == 0 {
            return 0;
        }
        spec::CERTIFICATE_PRESENT
    }

    /// VERIFY.
    pub(super) fn verify(&mut self, apdu: &mut P::Apdu) -> Result {
        if apdu.p1() != 0 {
            return Err(StatusWord::INCORRECT_P1_P2);
        }
        let id = self.referenced(apdu.p2())?;
        let slot = self.slot_of_pin(id)?;
        let length = apdu.receive()?;
        if length == 0 {
            // Only asks how many presentations are left.
            return Err(StatusWord::tries_left(slot.tries()));
        }
        if length > spec::VERIFY_MAX_LENGTH {
            return Err(StatusWord::WRONG_LENGTH);
        }
        let buffer = apdu.buffer();
        slot.verify(&mut buffer[..length])
    }

    /// CHANGE REFERENCE DATA.
    pub(super) fn change_reference_data(&mut self, apdu: &mut P::Apdu) -> Result {
        if apdu.p1() != 1 {
            return Err(StatusWord::INCORRECT_P1_P2);
        }
        let id = self.referenced(apdu.p2())?;
        let slot = self.slot_of_pin(id)?;
        if !slot.verified() {
            return Err(StatusWord::SECURITY_STATUS_NOT_SATISFIED);
        }
        let length = apdu.receive()?;
        let buffer = apdu.buffer();
        slot.change_pin(&mut buffer[..length])
    }

    /// COMPUTE DIGITAL SIGNATURE.
    pub(super) fn compute_digital_signature(&mut self, apdu: &mut P::Apdu) -> Result {
        if apdu.p1() != 0 {
            return Err(StatusWord::INCORRECT_P1_P2);
        }
        let id = self.referenced(apdu.p2())?;
        let length = apdu.receive()?;
        if length == 0 || length > spec::SIGN_MAX_LENGTH || apdu.expected() != spec::MODULUS_LENGTH
        {
            return Err(StatusWord::WRONG_LENGTH);
        }
        let buffer = apdu.buffer();
        let count = match id {
            file::SIGNATURE_KEY => self.signature.sign(&mut self.signer, buffer, length)?,
            file::AUTHENTICATION_KEY => {
                self.authentication.sign(&mut self.signer, buffer, length)?
            }
            _ => return Err(wrong_file(id)),
        };
        apdu.send(count)
    }

    /// GET CHALLENGE.
    pub(super) fn get_challenge(&mut self, apdu: &mut P::Apdu) -> Result {
        if apdu.p1() != 0 || apdu.p2() != 0 {
            return Err(StatusWord::INCORRECT_P1_P2);
        }
        let count = apdu.expected();
        if count == 0 {
            return Err(StatusWord::WRONG_LENGTH);
        }
        let buffer = apdu.buffer();
        self.random.fill(&mut buffer[..count]);
        apdu.send(count)
    }

    /// The file that P2 refers to: the current one (80), or one by its short identifier (81 to 9E),
    /// which becomes the current one.
    fn referenced(&mut self, p2: u8) -> Result<u16> {
        if p2 != 0x80 {
            let id = short_file(p2)?;
            self.make_current(id)?;
        }
        Ok(self.current_file.get())
    }

    fn make_current(&mut self, id: u16) -> Result {
        if kind(id) == Kind::Missing {
            return Err(StatusWord::FILE_NOT_FOUND);
        }
        self.current_file.set(id);
        Ok(())
    }
}

/// The identifier of an existing file, from the data field of a command.
pub(super) fn file_id(buffer: &[u8], length: usize) -> Result<u16> {
    if length != 2 {
        return Err(StatusWord::WRONG_LENGTH);
    }
    let id = u16::from_be_bytes([buffer[0], buffer[1]]);
    if kind(id) == Kind::Missing {
        return Err(StatusWord::FILE_NOT_FOUND);
    }
    Ok(id)
}

/// How many bytes a read of `expected` bytes at `offset` of a file of `length` bytes gives.
fn readable(length: usize, offset: usize, expected: usize) -> Result<usize> {
    if offset >= length {
        return Err(StatusWord::WRONG_OFFSET);
    }
    let rest = length - offset;
    if rest < expected {
        return Ok(rest);
    }
    Ok(expected)
}
