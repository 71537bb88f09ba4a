//! Digital signature scheme 1 of ISO 9796-2 with the implicit trailer `BC`: a part of the message, or
//! all of it, comes out of the signature.

use se_crypto::Hash;

/// The block to sign, and how many bytes of the message it holds. `None` if the modulus is too short.
pub(super) fn encode(hash: Hash, message: &[u8], length: usize) -> Option<(Vec<u8>, usize)> {
    // One byte of header at least, and one of trailer.
    let capacity = length.checked_sub(hash.length() + 2)?;
    let recovered = message.len().min(capacity);
    let header = if recovered < message.len() {
        0x60
    } else {
        0x40
    };
    let padding = 1 + capacity - recovered;
    let mut block = vec![0xBB; padding];
    if let Some(last) = block.last_mut() {
        *last = 0xBA;
    }
    if let Some(first) = block.first_mut() {
        *first = header | (*first & 0x0F);
    }
    block.extend_from_slice(message.get(..recovered)?);
    block.extend(hash.digest(&[message]));
    block.push(0xBC);
    Some((block, recovered))
}

/// What a signature holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recovered {
    /// The part of the message.
    pub(super) message: Vec<u8>,
    /// Whether that is all of it.
    pub(super) is_whole: bool,
    /// The digest of the whole message.
    pub(super) digest: Vec<u8>,
}

/// Takes a block apart.
pub(super) fn decode(hash: Hash, block: &[u8]) -> Option<Recovered> {
    let (last, rest) = block.split_last()?;
    let (first, _) = rest.split_first()?;
    if *last != 0xBC || first & 0xD0 != 0x40 {
        return None;
    }
    let (content, digest) = rest.split_at_checked(rest.len().checked_sub(hash.length())?)?;
    let end = content.iter().position(|byte| byte & 0x0F == 0x0A)?;
    let padding = content.get(1..=end).unwrap_or(&[]);
    let is_padding = padding
        .split_last()
        .is_none_or(|(last, filler)| *last == 0xBA && filler.iter().all(|byte| *byte == 0xBB));
    if !is_padding || (end > 0 && first & 0x0F != 0x0B) {
        return None;
    }
    Some(Recovered {
        message: content.get(end + 1..)?.to_vec(),
        is_whole: first & 0x20 == 0,
        digest: digest.to_vec(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The form of active authentication (ICAO Doc 9303 part 11 §6.1.2.2): 6A, 106 bytes that the
    /// chip chose, the SHA-1 digest of them and of the terminal's challenge, BC.
    #[test]
    fn a_long_message_fills_the_block() {
        let message: Vec<u8> = (0..114).collect();
        let (block, recovered) = encode(Hash::Sha1, &message, 128).unwrap();
        assert_eq!((block.len(), recovered), (128, 106));
        assert_eq!((block[0], block[127]), (0x6A, 0xBC));
        assert_eq!(block[1..107], message[..106]);
        assert_eq!(block[107..127], Hash::Sha1.digest(&[&message]));
        let found = decode(Hash::Sha1, &block).unwrap();
        assert_eq!(found.message, message[..106]);
        assert!(!found.is_whole);
    }

    #[test]
    fn a_short_message_comes_out_whole() {
        for length in 0..=42 {
            let message = vec![0xBA; length];
            let (block, recovered) = encode(Hash::Sha1, &message, 64).unwrap();
            assert_eq!((block.len(), recovered), (64, length));
            assert_eq!(block[0], if length == 42 { 0x4A } else { 0x4B });
            let found = decode(Hash::Sha1, &block).unwrap();
            assert_eq!(found.message, message);
            assert!(found.is_whole);
            assert_eq!(found.digest, Hash::Sha1.digest(&[&message]));
        }
        let (block, _) = encode(Hash::Sha1, b"abc", 64).unwrap();
        for place in [0, 1, 63] {
            let mut wrong = block.clone();
            wrong[place] ^= 0x40;
            assert_eq!(decode(Hash::Sha1, &wrong), None, "{place}");
        }
        assert_eq!(decode(Hash::Sha1, &[]), None);
        assert_eq!(decode(Hash::Sha1, &[0x4B; 64]), None);
        assert!(encode(Hash::Sha1, b"", 21).is_none());
    }
}
