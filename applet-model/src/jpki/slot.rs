//! One slot: a key pair, its PIN, its certificate and its life-cycle state.

use crate::jpki::certificate::CertificateFile;
use apdu_spec::jpki as spec;
use apdu_spec::jpki::{EXPONENT_HEADER, MODULUS_LENGTH, PUBLIC_KEY_HEADER, PUBLIC_KEY_SECOND_PART};
use platform::{Cell, OwnerPin, Platform, Result, RsaKeyPair, RsaSigner, StatusWord};

const MODULUS_HALF: usize = MODULUS_LENGTH / 2;

/// The life-cycle state of a slot.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Life {
    /// There is no key.
    Empty,
    /// There is a key, born in the chip, and no certificate in force.
    Keyed,
    /// The key may sign.
    Active,
    /// The key may not sign for now.
    Suspended,
    /// The key may never sign again.
    Revoked,
}

/// A slot. Nothing in it depends on another slot.
pub(super) struct Slot<P: Platform> {
    life: P::Cell<Life>,
    pin: P::Pin,
    /// Whether the PIN has a value.
    pin_set: P::Cell<bool>,
    key: P::RsaKeyPair,
    /// The certificate of the slot's key.
    pub(super) certificate: CertificateFile<P>,
    /// The certificate of the authority that issued it.
    pub(super) ca_certificate: CertificateFile<P>,
    min_length: u8,
    max_length: u8,
    /// Whether the PIN may have letters.
    letters: bool,
    /// Whether every signature takes its own verification.
    consent: bool,
}

impl<P: Platform> Slot<P> {
    /// Makes the signature slot.
    pub(super) fn for_signature(platform: &mut P) -> Self {
        Slot {
            life: platform.cell(Life::Empty),
            pin: platform.pin(spec::SIGNATURE_PIN_TRIES, spec::SIGNATURE_PIN_MAX_LENGTH),
            pin_set: platform.cell(false),
            key: platform.rsa_key_pair(spec::MODULUS_BITS),
            certificate: CertificateFile::new(platform),
            ca_certificate: CertificateFile::new(platform),
            min_length: spec::SIGNATURE_PIN_MIN_LENGTH,
            max_length: spec::SIGNATURE_PIN_MAX_LENGTH,
            letters: true,
            consent: crate::jpki::USER_CONSENT,
        }
    }

    /// Makes the user authentication slot.
    pub(super) fn for_authentication(platform: &mut P) -> Self {
        Slot {
            life: platform.cell(Life::Empty),
            pin: platform.pin(
                spec::AUTHENTICATION_PIN_TRIES,
                spec::AUTHENTICATION_PIN_LENGTH,
            ),
            pin_set: platform.cell(false),
            key: platform.rsa_key_pair(spec::MODULUS_BITS),
            certificate: CertificateFile::new(platform),
            ca_certificate: CertificateFile::new(platform),
            min_length: spec::AUTHENTICATION_PIN_LENGTH,
            max_length: spec::AUTHENTICATION_PIN_LENGTH,
            letters: false,
            consent: false,
        }
    }

    /// How many presentations of the PIN are left, 0 where none is set.
    pub(super) fn tries(&self) -> u8 {
        if self.pin_set.get() {
            return self.pin.tries_remaining();
        }
        0
    }

    /// Whether the PIN is verified.
    pub(super) fn verified(&self) -> bool {
        self.pin_set.get() && self.pin.is_validated()
    }

    /// Forgets that the PIN was verified.
    pub(super) fn forget_verification(&mut self) {
        self.pin.reset();
    }

    /// Compares a candidate with the PIN, and clears the candidate.
    pub(super) fn verify(&mut self, candidate: &mut [u8]) -> Result {
        let blocked = self.tries() == 0;
        let right = !blocked && self.pin.check(candidate);
        candidate.fill(0);
        if blocked {
            return Err(StatusWord::REFERENCE_DATA_NOT_USABLE);
        }
        if !right {
            return Err(StatusWord::tries_left(self.pin.tries_remaining()));
        }
        Ok(())
    }

    /// Sets the first PIN, and clears `value`.
    pub(super) fn set_first_pin(&mut self, value: &mut [u8]) -> Result {
        self.store_pin(value, !self.pin_set.get())?;
        // Last: a power loss before leaves the PIN unset.
        self.pin_set.set(true);
        Ok(())
    }

    /// Replaces a forgotten PIN, gives back all presentations, and clears `value`.
    pub(super) fn replace_pin(&mut self, value: &mut [u8]) -> Result {
        self.store_pin(value, self.pin_set.get())
    }

    /// Gives back all presentations of the PIN.
    pub(super) fn unblock_pin(&mut self) -> Result {
        if !self.pin_set.get() {
            return Err(StatusWord::CONDITIONS_NOT_SATISFIED);
        }
        self.pin.reset_and_unblock();
        Ok(())
    }

    /// The user's change of a verified PIN, which must then be verified anew. Clears `value`.
    pub(super) fn change_pin(&mut self, value: &mut [u8]) -> Result {
        self.store_pin(value, true)
    }

    /// Stores a new PIN where `allowed` and where it can be one of this slot. Clears `value` in any
    /// case.
    fn store_pin(&mut self, value: &mut [u8], allowed: bool) -> Result {
        let acceptable = self.accepts(value);
        if allowed && acceptable {
            self.pin.update(value);
        }
        value.fill(0);
        if !allowed {
            return Err(StatusWord::CONDITIONS_NOT_SATISFIED);
        }
        if !acceptable {
            return Err(StatusWord::WRONG_DATA);
        }
        Ok(())
    }

    /// Whether `value` can be a PIN of this slot.
    fn accepts(&self, value: &[u8]) -> bool {
        if value.len() < self.min_length as usize || value.len() > self.max_length as usize {
            return false;
        }
        for i in 0..value.len() {
            let accepted = match value[i] {
                b'0'..=b'9' => true,
                b'A'..=b'Z' => self.letters,
                _ => false,
            };
            if !accepted {
                return false;
            }
        }
        true
    }

    /// Signs the first `length` bytes of `buffer`, and tells the length of the signature there.
    pub(super) fn sign(
        &mut self,
        signer: &mut P::RsaSigner,
        buffer: &mut [u8],
        length: usize,
    ) -> Result<usize> {
        if self.life.get() != Life::Active {
            return Err(StatusWord::CONDITIONS_NOT_SATISFIED);
        }
        if !self.verified() {
            return Err(StatusWord::SECURITY_STATUS_NOT_SATISFIED);
        }
        if self.consent {
            self.pin.reset();
        }
        signer.sign(&self.key, buffer, length)
    }

    /// Makes the key pair.
    pub(super) fn generate(&mut self) -> Result {
        if self.life.get() != Life::Empty {
            return Err(StatusWord::CONDITIONS_NOT_SATISFIED);
        }
        // In this order: a power loss in between leaves a slot that still counts as empty.
        self.key.generate();
        self.life.set(Life::Keyed);
        Ok(())
    }

    /// Puts the part of the public key template that starts at `offset` into `buffer`, and tells its
    /// length.
    pub(super) fn public_key(&self, buffer: &mut [u8], offset: usize) -> Result<usize> {
        if self.life.get() == Life::Empty {
            return Err(StatusWord::CONDITIONS_NOT_SATISFIED);
        }
        match offset {
            0 => {
                let header = PUBLIC_KEY_HEADER.len();
                self.key.modulus(buffer);
                buffer.copy_within(0..MODULUS_HALF, header);
                buffer[..header].copy_from_slice(PUBLIC_KEY_HEADER);
                Ok(PUBLIC_KEY_SECOND_PART)
            }
            PUBLIC_KEY_SECOND_PART => {
                let header = EXPONENT_HEADER.len();
                self.key.modulus(buffer);
                buffer.copy_within(MODULUS_HALF..MODULUS_LENGTH, 0);
                buffer[MODULUS_HALF..MODULUS_HALF + header].copy_from_slice(EXPONENT_HEADER);
                let length = self.key.exponent(&mut buffer[MODULUS_HALF + header..]);
                Ok(MODULUS_HALF + header + length)
            }
            _ => Err(StatusWord::WRONG_OFFSET),
        }
    }

    /// Writes a part of the certificate: only before it is in force.
    pub(super) fn write_certificate(&mut self, offset: usize, data: &[u8]) -> Result {
        if self.life.get() != Life::Keyed {
            return Err(StatusWord::CONDITIONS_NOT_SATISFIED);
        }
        self.certificate.write(offset, data)
    }

    /// Certifies or resumes.
    pub(super) fn activate(&mut self) -> Result {
        let certified = self.life.get() == Life::Keyed && self.certificate.length() != 0;
        if !certified && self.life.get() != Life::Suspended {
            return Err(StatusWord::CONDITIONS_NOT_SATISFIED);
        }
        self.life.set(Life::Active);
        Ok(())
    }

    /// Suspends.
    pub(super) fn deactivate(&mut self) -> Result {
        if self.life.get() != Life::Active {
            return Err(StatusWord::CONDITIONS_NOT_SATISFIED);
        }
        self.life.set(Life::Suspended);
        Ok(())
    }

    /// Revokes.
    pub(super) fn terminate(&mut self) -> Result {
        if self.life.get() != Life::Active && self.life.get() != Life::Suspended {
            return Err(StatusWord::CONDITIONS_NOT_SATISFIED);
        }
        self.life.set(Life::Revoked);
        Ok(())
    }

    /// Erases key, PIN and certificate. The certificate of the authority is nobody's secret, and
    /// stays.
    pub(super) fn erase(&mut self, platform: &mut P) -> Result {
        let (life, pin_set, certificate) =
            (&mut self.life, &mut self.pin_set, &mut self.certificate);
        platform.atomically(|_| {
            life.set(Life::Empty);
            pin_set.set(false);
            certificate.empty();
            Ok(())
        })?;
        // After a power loss from here on the slot is empty, and its remains are out of reach;
        // erasing again, or a new key, overwrites them.
        self.pin.reset();
        self.key.clear();
        self.certificate.wipe();
        Ok(())
    }
}
