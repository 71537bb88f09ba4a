//! The randomised encryption padding of PKCS#1: OAEP (RFC 8017). That of signatures, PSS, is `se_crypto`'s.

use se_crypto::zeroize::Zeroizing;
use se_crypto::{Hash, mgf1_mask};

/// EME-OAEP encoding (§7.1.1) with an empty label. `None` if the message is too long.
pub(super) fn oaep_encode(
    hash: Hash,
    message: &[u8],
    seed: &[u8],
    length: usize,
) -> Option<Vec<u8>> {
    let zeros = length.checked_sub(message.len() + 2 * hash.length() + 2)?;
    let mut block = Zeroizing::new(hash.digest(&[]));
    block.resize(hash.length() + zeros, 0);
    block.push(1);
    block.extend_from_slice(message);
    mgf1_mask(hash, seed, &mut block);
    let mut masked_seed = seed.to_vec();
    mgf1_mask(hash, &block, &mut masked_seed);
    Some([&[0], masked_seed.as_slice(), block.as_slice()].concat())
}

/// EME-OAEP decoding (§7.1.2) with an empty label.
pub(super) fn oaep_decode(hash: Hash, encoded: &[u8]) -> Option<Vec<u8>> {
    let (first, rest) = encoded.split_first()?;
    let (masked_seed, block) = rest.split_at_checked(hash.length())?;
    let mut seed = Zeroizing::new(masked_seed.to_vec());
    mgf1_mask(hash, block, &mut seed);
    let mut block = Zeroizing::new(block.to_vec());
    mgf1_mask(hash, &seed, &mut block);
    let (label, rest) = block.split_at_checked(hash.length())?;
    let end = rest.iter().position(|byte| *byte != 0)?;
    let message = rest.get(end..)?.strip_prefix(&[1])?;
    (*first == 0 && label == hash.digest(&[])).then(|| message.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn oaep_decodes_what_it_encoded() {
        let encoded = oaep_encode(Hash::Sha1, b"secret", &[9; 20], 128).unwrap();
        assert_eq!(encoded.len(), 128);
        assert_eq!(oaep_decode(Hash::Sha1, &encoded).unwrap(), b"secret");
        assert!(oaep_decode(Hash::Sha256, &encoded).is_none());
        assert!(oaep_encode(Hash::Sha1, &[0; 87], &[9; 20], 128).is_none());
    }
}
