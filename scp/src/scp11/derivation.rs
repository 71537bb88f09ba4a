//! Session keys from the shared secrets (Amendment F, chapter on key derivation; BSI TR-03111 §4.3.3).

use se_crypto::zeroize::Zeroizing;
use se_crypto::{AesKey, CryptoError, Hash};

use crate::scp03::SessionKeys;

/// What key agreement gives.
pub(super) struct DerivedKeys {
    /// Makes the receipt, and is forgotten then.
    pub(super) receipt: AesKey,
    pub(super) session: SessionKeys,
    /// Encrypts sensitive data.
    pub(super) dek: AesKey,
}

/// The five keys, each of `length` bytes, that the two shared secrets give.
///
/// The published transcripts, with keys on P-384 too, have SHA-256 here whatever the curve.
pub(super) fn derive(
    ephemeral: &[u8],
    fixed: &[u8],
    shared_info: &[u8],
    length: usize,
) -> Result<DerivedKeys, CryptoError> {
    let secret = Zeroizing::new([ephemeral, fixed].concat());
    let material = x963(Hash::Sha256, &secret, shared_info, 5 * length);
    let mut keys = material.chunks(length).map(AesKey::new);
    let mut next = || {
        keys.next().unwrap_or(Err(CryptoError::KeyLength {
            algorithm: "AES",
            expected: "16, 24 or 32 bytes",
            length: 0,
        }))
    };
    Ok(DerivedKeys {
        receipt: next()?,
        session: SessionKeys {
            enc: next()?,
            mac: next()?,
            r_mac: next()?,
        },
        dek: next()?,
    })
}

/// The key derivation function of ANSI X9.63 §5.6.3: hashes of secret, counter and shared information.
pub(super) fn x963(
    hash: Hash,
    secret: &[u8],
    shared_info: &[u8],
    length: usize,
) -> Zeroizing<Vec<u8>> {
    let mut out = Zeroizing::new(Vec::with_capacity(length + hash.length()));
    for counter in 1_u32.. {
        if out.len() >= length {
            break;
        }
        let block = Zeroizing::new(hash.digest(&[secret, &counter.to_be_bytes(), shared_info]));
        out.extend_from_slice(&block);
    }
    out.truncate(length);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// NIST CAVP, ANSI X9.63 KDF (`ansx963_2001.rsp`): SHA-256, secret of 192 bits without shared information; and of
    /// 521 bits for SHA-512 only where it is published. The first vector of each.
    #[test]
    fn vectors_of_nist() {
        let secret = hex::decode("96c05619d56c328ab95fe84b18264b08725b85e33fd34f08").unwrap();
        let key = x963(Hash::Sha256, &secret, &[], 16);
        assert_eq!(hex::encode(&key), "443024c3dae66b95e6f5670601558f71");
        let secret = hex::decode("22518b10e70f2a3f243810ae3254139efbee04aa57c7af7d").unwrap();
        let info = hex::decode("75eef81aa3041e33b80971203d2c0c52").unwrap();
        let key = x963(Hash::Sha256, &secret, &info, 128);
        assert_eq!(
            hex::encode(&key),
            "c498af77161cc59f2962b9a713e2b215152d139766ce34a776df11866a69bf2e\
             52a13d9c7c6fc878c50c5ea0bc7b00e0da2447cfd874f6cf92f30d0097111485\
             500c90c3af8b487872d04685d14c8d1dc8d7fa08beb0ce0ababc11f0bd496269\
             142d43525a78e5bc79a17f59676a5706dc54d54d4d1f0bd7e386128ec26afc21"
        );
    }
}
