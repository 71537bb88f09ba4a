//! Certificate files.

use apdu_spec::jpki::CERTIFICATE_CAPACITY;
use platform::{Bytes, Platform, Result, StatusWord};

/// The first two bytes of a certificate: a DER SEQUENCE whose length takes two bytes.
const SEQUENCE_TAG: u8 = 0x30;
const TWO_LENGTH_BYTES: u8 = 0x82;
const HEADER_LENGTH: usize = 4;

/// A file that holds one certificate, or nothing. It ends where the DER encoding in it ends, so
/// that its length needs no second write that a power loss could keep apart from the content.
pub(super) struct CertificateFile<P: Platform> {
    content: P::Bytes<CERTIFICATE_CAPACITY>,
}

impl<P: Platform> CertificateFile<P> {
    /// Makes an empty file.
    pub(super) fn new(platform: &mut P) -> Self {
        CertificateFile {
            content: platform.bytes::<CERTIFICATE_CAPACITY>(),
        }
    }

    /// The length of the file in bytes, 0 without a certificate.
    pub(super) fn length(&self) -> usize {
        if self.content.get(0) != SEQUENCE_TAG || self.content.get(1) != TWO_LENGTH_BYTES {
            return 0;
        }
        let high = self.content.get(2) as usize;
        let low = self.content.get(3) as usize;
        // Compared by the high byte first: the sum of a hostile header would leave `usize`.
        if high >= CERTIFICATE_CAPACITY >> 8 {
            return CERTIFICATE_CAPACITY;
        }
        let length = (high << 8) + low + HEADER_LENGTH;
        if length > CERTIFICATE_CAPACITY {
            return CERTIFICATE_CAPACITY;
        }
        length
    }

    /// Copies from `offset` on to all of `out`.
    pub(super) fn read(&self, offset: usize, out: &mut [u8]) {
        self.content.read(offset, out);
    }

    /// Writes a part of the certificate.
    pub(super) fn write(&mut self, offset: usize, data: &[u8]) -> Result {
        if offset + data.len() > CERTIFICATE_CAPACITY {
            return Err(StatusWord::WRONG_OFFSET);
        }
        self.content.write(offset, data);
        Ok(())
    }

    /// Makes the file empty: one write, which a transaction can hold. The rest is left to
    /// [`CertificateFile::wipe`].
    pub(super) fn empty(&mut self) {
        self.content.set(0, 0);
    }

    /// Overwrites what an empty file held.
    pub(super) fn wipe(&mut self) {
        self.content.fill(0, CERTIFICATE_CAPACITY, 0);
    }
}
