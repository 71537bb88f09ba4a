//! The management side: what the TSM sends through its secure channel.

use crate::jpki::reading::file_id;
use crate::jpki::{Jpki, short_file, wrong_file};
use apdu_spec::jpki as spec;
use apdu_spec::jpki::{file, ins};
use platform::{Apdu, Cell, Platform, Result, SecureChannel, StatusWord};

/// GENERATE ASYMMETRIC KEY PAIR, P1: make a key pair, read a public key.
const GENERATE: u8 = 0x80;
const READ_PUBLIC_KEY: u8 = 0x81;
/// RESET RETRY COUNTER, P1: with a new PIN, with the old one.
const NEW_PIN: u8 = 0x02;
const SAME_PIN: u8 = 0x03;
/// PUT DATA, P1: the high byte of the tags 0181 to 019E, the first PINs.
const FIRST_PIN: u8 = 0x01;

impl<P: Platform> Jpki<P> {
    /// Checks, decrypts and carries out a protected command.
    pub(super) fn manage(&mut self, platform: &mut P, apdu: &mut P::Apdu) -> Result {
        let mut channel = platform.secure_channel();
        if channel.security_level() & spec::MANAGEMENT_SECURITY_LEVEL
            != spec::MANAGEMENT_SECURITY_LEVEL
        {
            return Err(StatusWord::SECURITY_STATUS_NOT_SATISFIED);
        }
        let length = channel.receive(apdu)?;
        let mut count = 0;
        match apdu.ins() {
            ins::SELECT => self.select_managed(apdu, length)?,
            ins::UPDATE_BINARY => self.update_binary(apdu, length)?,
            ins::PUT_DATA => self.put_first_pin(apdu, length)?,
            ins::RESET_RETRY_COUNTER => self.reset_retry_counter(apdu, length)?,
            ins::GENERATE_ASYMMETRIC_KEY_PAIR => count = self.generate_key_pair(apdu, length)?,
            ins::ACTIVATE_FILE | ins::DEACTIVATE_FILE | ins::TERMINATE_EF | ins::DELETE_FILE => {
                self.change_life(platform, apdu, length)?
            }
            _ => return Err(StatusWord::INSTRUCTION_NOT_SUPPORTED),
        }
        channel.send(apdu, count)
    }

    /// SELECT: the file for UPDATE BINARY.
    fn select_managed(&mut self, apdu: &mut P::Apdu, length: usize) -> Result {
        if apdu.p1() != 0x02 || (apdu.p2() != 0x00 && apdu.p2() != 0x0C) {
            return Err(StatusWord::INCORRECT_P1_P2);
        }
        let id = file_id(apdu.buffer(), length)?;
        self.managed_file.set(id);
        Ok(())
    }

    /// UPDATE BINARY: writes a part of a certificate.
    fn update_binary(&mut self, apdu: &mut P::Apdu, length: usize) -> Result {
        if apdu.p1() & 0x80 != 0 {
            return Err(StatusWord::INCORRECT_P1_P2);
        }
        let offset = u16::from_be_bytes([apdu.p1(), apdu.p2()]) as usize;
        if offset >= spec::CERTIFICATE_CAPACITY {
            return Err(StatusWord::WRONG_OFFSET);
        }
        if length == 0 {
            return Err(StatusWord::WRONG_LENGTH);
        }
        let buffer = apdu.buffer();
        let data = &buffer[..length];
        let id = self.managed_file.get();
        match id {
            file::SIGNATURE_CERTIFICATE => self.signature.write_certificate(offset, data),
            file::AUTHENTICATION_CERTIFICATE => self.authentication.write_certificate(offset, data),
            file::SIGNATURE_CA_CERTIFICATE => self.signature.ca_certificate.write(offset, data),
            file::AUTHENTICATION_CA_CERTIFICATE => {
                self.authentication.ca_certificate.write(offset, data)
            }
            _ => Err(wrong_file(id)),
        }
    }

    /// PUT DATA: sets the first PIN of a slot.
    fn put_first_pin(&mut self, apdu: &mut P::Apdu, length: usize) -> Result {
        if apdu.p1() != FIRST_PIN {
            return Err(StatusWord::INCORRECT_P1_P2);
        }
        let id = short_file(apdu.p2())?;
        let slot = self.slot_of_pin(id)?;
        let buffer = apdu.buffer();
        slot.set_first_pin(&mut buffer[..length])
    }

    /// RESET RETRY COUNTER.
    fn reset_retry_counter(&mut self, apdu: &mut P::Apdu, length: usize) -> Result {
        let p1 = apdu.p1();
        let id = short_file(apdu.p2())?;
        let slot = self.slot_of_pin(id)?;
        match p1 {
            NEW_PIN => {
                let buffer = apdu.buffer();
                slot.replace_pin(&mut buffer[..length])
            }
            SAME_PIN if length != 0 => Err(StatusWord::WRONG_LENGTH),
            SAME_PIN => slot.unblock_pin(),
            _ => Err(StatusWord::INCORRECT_P1_P2),
        }
    }

    /// GENERATE ASYMMETRIC KEY PAIR: makes a key pair, or puts a part of the public key into the
    /// buffer and tells its length.
    fn generate_key_pair(&mut self, apdu: &mut P::Apdu, length: usize) -> Result<usize> {
        let p1 = apdu.p1();
        let id = short_file(apdu.p2())?;
        let slot = self.slot_of_key(id)?;
        match p1 {
            GENERATE if length != 0 => Err(StatusWord::WRONG_LENGTH),
            GENERATE => {
                slot.generate()?;
                Ok(0)
            }
            READ_PUBLIC_KEY => {
                let buffer = apdu.buffer();
                let offset = offset_object(buffer, length)?;
                slot.public_key(buffer, offset)
            }
            _ => Err(StatusWord::INCORRECT_P1_P2),
        }
    }

    /// ACTIVATE FILE, DEACTIVATE FILE, TERMINATE EF and DELETE FILE on a key file.
    fn change_life(&mut self, platform: &mut P, apdu: &mut P::Apdu, length: usize) -> Result {
        let ins = apdu.ins();
        if apdu.p1() != 0 || apdu.p2() != 0 {
            return Err(StatusWord::INCORRECT_P1_P2);
        }
        let id = file_id(apdu.buffer(), length)?;
        let slot = self.slot_of_key(id)?;
        match ins {
            ins::ACTIVATE_FILE => slot.activate(),
            ins::DEACTIVATE_FILE => slot.deactivate(),
            ins::TERMINATE_EF => slot.terminate(),
            _ => slot.erase(platform),
        }
    }
}

/// The value of the offset data object that is the whole data field.
fn offset_object(buffer: &[u8], length: usize) -> Result<usize> {
    if length != 4 {
        return Err(StatusWord::WRONG_LENGTH);
    }
    if buffer[0] != spec::OFFSET_TAG || buffer[1] != 2 {
        return Err(StatusWord::WRONG_DATA);
    }
    if buffer[2] != 0 {
        return Err(StatusWord::WRONG_OFFSET);
    }
    Ok(buffer[3] as usize)
}
