//! The encodings of PKCS#1 v1.5 (RFC 8017 §8.2, §9.2).

use crate::{CryptoError, Hash};

/// The bytes that padding adds at least: `00 01`, eight of `FF`, `00`.
pub(crate) const OVERHEAD: usize = 11;

/// Block type 01 over any `data`: `00 01 FF … FF 00 data`, `length` bytes in all.
pub(crate) fn pad_type_1(data: &[u8], length: usize) -> Result<Vec<u8>, CryptoError> {
    let max = length.saturating_sub(OVERHEAD);
    if data.is_empty() || data.len() > max {
        return Err(CryptoError::RsaLength {
            min: 1,
            max,
            length: data.len(),
        });
    }
    let mut block = vec![0xFF; length - data.len() - 1];
    if let Some(head) = block.first_chunk_mut::<2>() {
        *head = [0, 1];
    }
    block.push(0);
    block.extend_from_slice(data);
    Ok(block)
}

/// The DER of a `DigestInfo` with this digest (RFC 8017 §9.2, note 1).
pub(crate) fn digest_info(hash: Hash, digest: &[u8]) -> Vec<u8> {
    let prefix: &[u8] = match hash {
        Hash::Sha1 => &[
            0x30, 0x21, 0x30, 0x09, 0x06, 0x05, 0x2B, 0x0E, 0x03, 0x02, 0x1A, 0x05, 0x00, 0x04,
            0x14,
        ],
        Hash::Sha224 => &[
            0x30, 0x2D, 0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02,
            0x04, 0x05, 0x00, 0x04, 0x1C,
        ],
        Hash::Sha256 => &[
            0x30, 0x31, 0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02,
            0x01, 0x05, 0x00, 0x04, 0x20,
        ],
        Hash::Sha384 => &[
            0x30, 0x41, 0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02,
            0x02, 0x05, 0x00, 0x04, 0x30,
        ],
        Hash::Sha512 => &[
            0x30, 0x51, 0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02,
            0x03, 0x05, 0x00, 0x04, 0x40,
        ],
    };
    [prefix, digest].concat()
}
