//! Authenticated encryption with AES, in pieces. RustCrypto's `aes-gcm` and `ccm` fix the lengths of
//! nonce and tag in types and take a message at once; a Java Card applet chooses the lengths when it
//! runs and gives the message in pieces.

use ghash::GHash;
use ghash::universal_hash::UniversalHash;
use zeroize::Zeroizing;

use crate::{AesKey, CryptoError};

/// A mode of authenticated encryption.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AeadMode {
    /// Galois/counter mode (NIST SP 800-38D): a nonce of at least one byte, a tag of 4, 8 or 12 to 16
    /// bytes.
    Gcm,
    /// Counter with CBC-MAC (NIST SP 800-38C): a nonce of 7 to 13 bytes, a tag of 4 to 16 bytes, an
    /// even number.
    Ccm,
}

impl AeadMode {
    /// Whether the mode has tags of this many bytes.
    #[must_use]
    pub fn has_tag_length(self, length: usize) -> bool {
        match self {
            Self::Gcm => matches!(length, 4 | 8 | 12..=16),
            Self::Ccm => (4..=16).contains(&length) && length.is_multiple_of(2),
        }
    }

    /// Whether the mode has nonces of this many bytes.
    #[must_use]
    pub fn has_nonce_length(self, length: usize) -> bool {
        match self {
            Self::Gcm => length > 0,
            Self::Ccm => (7..=13).contains(&length),
        }
    }
}

/// A key, a mode and a nonce: what one message is encrypted or decrypted with.
#[derive(Clone, Debug)]
pub struct Aead {
    key: AesKey,
    mode: AeadMode,
    nonce: Vec<u8>,
    /// The counter block whose key stream hides the tag; the message's stream begins one later.
    first: [u8; 16],
}

impl Aead {
    /// For one message.
    ///
    /// # Errors
    /// [`CryptoError::AeadLength`] for a nonce that the mode does not have.
    pub fn new(key: AesKey, mode: AeadMode, nonce: &[u8]) -> Result<Self, CryptoError> {
        if !mode.has_nonce_length(nonce.len()) {
            return Err(CryptoError::AeadLength {
                what: "nonce",
                length: nonce.len(),
            });
        }
        let first = match mode {
            AeadMode::Gcm => gcm_counter(&key, nonce),
            AeadMode::Ccm => ccm_block(nonce, low_bits(14 - nonce.len()), &[]),
        };
        Ok(Self {
            key,
            mode,
            nonce: nonce.to_vec(),
            first,
        })
    }

    /// Encrypts or decrypts the bytes of the message from `position` on.
    pub fn apply(&self, position: u64, data: &mut [u8]) {
        let position = position.saturating_add(16);
        match self.mode {
            AeadMode::Gcm => self.key.apply_ctr32(&self.first, position, data),
            AeadMode::Ccm => self.key.apply_ctr(&self.first, position, data),
        }
    }

    /// The tag of a message: `tag_length` bytes. CCM authenticates the plain text, and its tag
    /// depends on its length; GCM authenticates the cipher text.
    ///
    /// # Errors
    /// [`CryptoError::AeadLength`] for a tag that the mode does not have.
    pub fn tag(
        &self,
        associated: &[u8],
        plain: &[u8],
        cipher: &[u8],
        tag_length: usize,
    ) -> Result<Vec<u8>, CryptoError> {
        if !self.mode.has_tag_length(tag_length) {
            return Err(CryptoError::AeadLength {
                what: "tag",
                length: tag_length,
            });
        }
        let mut tag = match self.mode {
            AeadMode::Gcm => gcm_hash(&self.key, associated, cipher),
            AeadMode::Ccm => self.ccm_mac(associated, plain, tag_length),
        };
        match self.mode {
            AeadMode::Gcm => self.key.apply_ctr32(&self.first, 0, &mut tag),
            AeadMode::Ccm => self.key.apply_ctr(&self.first, 0, &mut tag),
        }
        Ok(tag.get(..tag_length).unwrap_or(&tag).to_vec())
    }

    /// The CBC-MAC of SP 800-38C §6.1 over the blocks of its appendix A.2.
    fn ccm_mac(&self, associated: &[u8], plain: &[u8], tag_length: usize) -> [u8; 16] {
        let length_bytes = 15 - self.nonce.len();
        let flags = (if associated.is_empty() { 0 } else { 0x40 })
            | low_bits(tag_length / 2 - 1) << 3
            | low_bits(length_bytes - 1);
        let length = plain.len().to_be_bytes();
        let start = length.len().saturating_sub(length_bytes);
        let tail = length.get(start..).unwrap_or(&[]);
        let mut blocks = Zeroizing::new(ccm_block(&self.nonce, flags, tail).to_vec());
        if !associated.is_empty() {
            match u16::try_from(associated.len()) {
                Ok(short) if short < 0xFF00 => blocks.extend(short.to_be_bytes()),
                _ => {
                    let long = u32::try_from(associated.len()).unwrap_or(u32::MAX);
                    blocks.extend([0xFF, 0xFE]);
                    blocks.extend(long.to_be_bytes());
                }
            }
            blocks.extend_from_slice(associated);
            let padded = blocks.len().next_multiple_of(16);
            blocks.resize(padded, 0);
        }
        blocks.extend_from_slice(plain);
        let padded = blocks.len().next_multiple_of(16);
        blocks.resize(padded, 0);
        // Whole blocks and an initial vector of one: nothing can be refused.
        let _ = self.key.encrypt_cbc(&[0; 16], &mut blocks);
        blocks.last_chunk().copied().unwrap_or_default()
    }
}

fn low_bits(number: usize) -> u8 {
    number.to_be_bytes().last().copied().unwrap_or(0)
}

/// A block of flags, nonce and, at its end, a number.
fn ccm_block(nonce: &[u8], flags: u8, number: &[u8]) -> [u8; 16] {
    let mut block = [0; 16];
    block[0] = flags;
    if let Some(place) = block.get_mut(1..=nonce.len()) {
        place.copy_from_slice(nonce);
    }
    if let Some(place) = block.get_mut(16 - number.len().min(16)..) {
        place.copy_from_slice(number);
    }
    block
}

fn hash_key(key: &AesKey) -> [u8; 16] {
    let mut zero = [0; 16];
    // One block: nothing can be refused.
    let _ = key.encrypt_ecb(&mut zero);
    zero
}

/// GHASH of associated data and cipher text, each padded to blocks, and of their lengths
/// (SP 800-38D §7.1, steps 4 and 5).
fn gcm_hash(key: &AesKey, associated: &[u8], cipher: &[u8]) -> [u8; 16] {
    let mut hash = GHash::new(&hash_key(key).into());
    hash.update_padded(associated);
    hash.update_padded(cipher);
    let bits = |bytes: &[u8]| u64::try_from(bytes.len()).unwrap_or(0).wrapping_mul(8);
    let lengths = [bits(associated).to_be_bytes(), bits(cipher).to_be_bytes()];
    hash.update_padded(&lengths.concat());
    hash.finalize().into()
}

/// The pre-counter block (SP 800-38D §7.1, step 2).
fn gcm_counter(key: &AesKey, nonce: &[u8]) -> [u8; 16] {
    if nonce.len() == 12 {
        let mut counter = [0; 16];
        if let Some(place) = counter.get_mut(..12) {
            place.copy_from_slice(nonce);
        }
        counter[15] = 1;
        return counter;
    }
    gcm_hash(key, &[], nonce)
}
