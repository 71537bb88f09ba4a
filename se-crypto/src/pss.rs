//! RSASSA-PSS's encoding (RFC 8017 §9.1), and the mask that it shares with OAEP.

use crate::Hash;

/// MGF1 (RFC 8017 §B.2.1), added to `data` by exclusive or.
pub fn mgf1_mask(hash: Hash, seed: &[u8], data: &mut [u8]) {
    for (counter, chunk) in (0u32..).zip(data.chunks_mut(hash.length())) {
        let block = hash.digest(&[seed, &counter.to_be_bytes()]);
        for (byte, mask) in chunk.iter_mut().zip(block) {
            *byte ^= mask;
        }
    }
}

/// EMSA-PSS encoding (§9.1.1) for a modulus of `length` bytes whose highest bit is set. `None` if
/// the modulus is too short for the hash.
#[must_use]
pub fn pss_encode(hash: Hash, digest: &[u8], salt: &[u8], length: usize) -> Option<Vec<u8>> {
    let hashed = hash.digest(&[&[0; 8], digest, salt]);
    let zeros = length.checked_sub(hash.length() + salt.len() + 2)?;
    let mut block = vec![0; zeros];
    block.push(1);
    block.extend_from_slice(salt);
    mgf1_mask(hash, &hashed, &mut block);
    if let Some(first) = block.first_mut() {
        *first &= 0x7F;
    }
    block.extend(hashed);
    block.push(0xBC);
    Some(block)
}

/// EMSA-PSS verification (§9.1.2) with a salt as long as the digest.
#[must_use]
pub fn pss_verify(hash: Hash, digest: &[u8], encoded: &[u8]) -> bool {
    let Some((0xBC, rest)) = encoded.split_last().map(|(last, rest)| (*last, rest)) else {
        return false;
    };
    let Some((block, hashed)) = rest
        .len()
        .checked_sub(hash.length())
        .and_then(|place| rest.split_at_checked(place))
    else {
        return false;
    };
    let mut block = block.to_vec();
    if block.first().is_none_or(|first| first & 0x80 != 0) {
        return false;
    }
    mgf1_mask(hash, hashed, &mut block);
    if let Some(first) = block.first_mut() {
        *first &= 0x7F;
    }
    let Some((padding, salt)) = block
        .len()
        .checked_sub(hash.length())
        .and_then(|place| block.split_at_checked(place))
    else {
        return false;
    };
    let is_padding = padding
        .split_last()
        .is_some_and(|(last, zeros)| *last == 1 && zeros.iter().all(|byte| *byte == 0));
    is_padding && hash.digest(&[&[0; 8], digest, salt]) == hashed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pss_verifies_what_it_encoded_and_nothing_else() {
        let digest = Hash::Sha256.digest(&[b"abc"]);
        let mut encoded = pss_encode(Hash::Sha256, &digest, &[7; 32], 128).unwrap();
        assert_eq!(encoded.len(), 128);
        assert!(pss_verify(Hash::Sha256, &digest, &encoded));
        assert!(!pss_verify(Hash::Sha256, &[0; 32], &encoded));
        for place in [0, 50, 126, 127] {
            encoded[place] ^= 4;
            assert!(!pss_verify(Hash::Sha256, &digest, &encoded));
            encoded[place] ^= 4;
        }
        assert!(!pss_verify(Hash::Sha256, &digest, &[0xBC]));
        assert!(pss_encode(Hash::Sha512, &[0; 64], &[0; 64], 128).is_none());
    }
}
