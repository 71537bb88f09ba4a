//! Error detection codes of T=1 blocks (ISO 7816-3 §11.3.4).

/// Which error detection code the blocks of T=1 end with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Edc {
    /// One byte, the exclusive-or of all bytes before.
    #[default]
    Lrc,
    /// Two bytes, the CRC of ISO/IEC 13239.
    Crc,
}

impl Edc {
    /// How many bytes it has.
    #[must_use]
    pub const fn length(self) -> usize {
        match self {
            Self::Lrc => 1,
            Self::Crc => 2,
        }
    }

    /// Adds the code of what is there to its end.
    pub fn append(self, block: &mut Vec<u8>) {
        match self {
            Self::Lrc => block.push(lrc(block)),
            Self::Crc => block.extend(crc(block).to_be_bytes()),
        }
    }

    /// The block without its code; `None` where the code is wrong or missing.
    #[must_use]
    pub fn check(self, block: &[u8]) -> Option<&[u8]> {
        let (rest, code) = block.split_at_checked(block.len().checked_sub(self.length())?)?;
        let right = match self {
            Self::Lrc => code == [lrc(rest)],
            Self::Crc => code == crc(rest).to_be_bytes(),
        };
        right.then_some(rest)
    }
}

/// The exclusive-or of all bytes.
#[must_use]
pub fn lrc(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |sum, byte| sum ^ byte)
}

/// The 16-bit CRC of ISO/IEC 13239: polynomial x¹⁶ + x¹² + x⁵ + 1, bits reflected, ones before and inverted behind
/// ("X-25"); T=1 sends the more significant byte first.
#[must_use]
pub fn crc(bytes: &[u8]) -> u16 {
    !bytes.iter().fold(0xFFFF, |sum, &byte| {
        (0..8).fold(sum ^ u16::from(byte), |sum, _| {
            if sum & 1 == 1 {
                sum >> 1 ^ 0x8408
            } else {
                sum >> 1
            }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The check value of CRC-16/X-25 in the catalogue of parametrised CRC algorithms.
    #[test]
    fn the_crc_is_that_of_the_catalogue() {
        assert_eq!(crc(b"123456789"), 0x906E);
    }

    #[test]
    fn both_codes_find_every_wrong_bit() {
        for edc in [Edc::Lrc, Edc::Crc] {
            let mut block = vec![0x00, 0x40, 0x03, 1, 2, 3];
            edc.append(&mut block);
            assert_eq!(edc.check(&block), Some(&[0x00, 0x40, 0x03, 1, 2, 3][..]));
            for index in 0..block.len() * 8 {
                let mut wrong = block.clone();
                if let Some(byte) = wrong.get_mut(index / 8) {
                    *byte ^= 1 << (index % 8);
                }
                assert_eq!(edc.check(&wrong), None);
            }
            assert_eq!(edc.check(&[]), None);
        }
    }
}
