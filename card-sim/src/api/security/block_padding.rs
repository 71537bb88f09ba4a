//! The paddings of block ciphers, which ciphers and authentication codes share.

use super::ILLEGAL_USE;
use crate::vm::trap::Trap;

/// How data are brought to whole blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BlockPadding {
    /// Not at all.
    None,
    /// Zeros (ISO 9797-1 method 1); they stay after decryption.
    Zeros,
    /// 80 and zeros (ISO 9797-1 method 2).
    Bit,
    /// As many bytes as are missing, each with that number.
    Pkcs5,
}

impl BlockPadding {
    /// The padding of a `Cipher.PAD_*` code.
    pub(super) const fn of_code(code: u8) -> Option<Self> {
        Some(match code {
            1 => Self::None,
            2 => Self::Zeros,
            3 => Self::Bit,
            6 => Self::Pkcs5,
            _ => return None,
        })
    }

    /// Pads a message to blocks of `block` bytes.
    pub(super) fn apply(self, message: &mut Vec<u8>, block: usize) {
        let missing = block - message.len() % block;
        match self {
            Self::None => {}
            Self::Zeros => message.resize(message.len().next_multiple_of(block), 0),
            Self::Bit => {
                message.push(0x80);
                message.resize(message.len().next_multiple_of(block), 0);
            }
            Self::Pkcs5 => {
                let filler = u8::try_from(missing).unwrap_or(0);
                message.resize(message.len() + missing, filler);
            }
        }
    }

    /// Takes the padding off a decrypted message.
    ///
    /// # Errors
    /// A `CryptoException` (`ILLEGAL_USE`) where there is none.
    pub(super) fn strip(self, message: &mut Vec<u8>, block: usize) -> Result<(), Trap> {
        match self {
            Self::None | Self::Zeros => {}
            Self::Bit => {
                let end = message.iter().rposition(|byte| *byte != 0);
                match end.map(|end| (end, message.get(end))) {
                    Some((end, Some(0x80))) => message.truncate(end),
                    _ => return Err(ILLEGAL_USE),
                }
            }
            Self::Pkcs5 => {
                let filler = message.last().copied().ok_or(ILLEGAL_USE)?;
                let length = usize::from(filler);
                let start = message.len().checked_sub(length).ok_or(ILLEGAL_USE)?;
                let is_padding = (1..=block).contains(&length)
                    && message
                        .get(start..)
                        .is_some_and(|tail| tail.iter().all(|byte| *byte == filler));
                if !is_padding {
                    return Err(ILLEGAL_USE);
                }
                message.truncate(start);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_padded_is_stripped() {
        for padding in [BlockPadding::Bit, BlockPadding::Pkcs5] {
            for length in 0..20 {
                let plain = vec![7; length];
                let mut message = plain.clone();
                padding.apply(&mut message, 8);
                assert!(message.len() > length && message.len() % 8 == 0);
                padding.strip(&mut message, 8).unwrap();
                assert_eq!(message, plain);
            }
            assert_eq!(padding.strip(&mut vec![0; 8], 8), Err(ILLEGAL_USE));
            assert_eq!(padding.strip(&mut vec![9; 8], 8), Err(ILLEGAL_USE));
        }
        assert_eq!(BlockPadding::of_code(7), None);
    }
}
