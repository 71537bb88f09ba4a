//! Project Wycheproof: signatures and MACs that are right, and many that must be refused.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use se_crypto::{AesKey, Hash, P256Key, RsaPublicKey, hmac, verify_p256};
use wycheproof::{HashFunction, TestResult, ecdh, ecdsa, mac, rsa_pkcs1_verify};

fn hash_of(function: HashFunction) -> Hash {
    match function {
        HashFunction::Sha1 => Hash::Sha1,
        HashFunction::Sha2_224 => Hash::Sha224,
        HashFunction::Sha2_256 => Hash::Sha256,
        HashFunction::Sha2_384 => Hash::Sha384,
        HashFunction::Sha2_512 => Hash::Sha512,
        other => panic!("{other:?}"),
    }
}

/// Whether the verdict agrees; what is only *acceptable* may go either way.
fn agrees(result: TestResult, verified: bool) -> bool {
    match result {
        TestResult::Valid => verified,
        TestResult::Invalid => !verified,
        TestResult::Acceptable => true,
    }
}

#[test]
fn rsa_signatures() {
    use rsa_pkcs1_verify::TestName::{Rsa2048Sha256, Rsa2048Sha384, Rsa2048Sha512, Rsa4096Sha256};
    let mut count = 0;
    for name in [Rsa2048Sha256, Rsa2048Sha384, Rsa2048Sha512, Rsa4096Sha256] {
        let set = rsa_pkcs1_verify::TestSet::load(name).unwrap();
        for group in set.test_groups {
            let key = RsaPublicKey::new(&group.key.n, &group.key.e).unwrap();
            let hash = hash_of(group.hash);
            for test in group.tests {
                let digest = hash.digest(&[&test.msg]);
                let verified = key.verify_digest(hash, &digest, &test.sig).is_ok();
                assert!(agrees(test.result, verified), "{name:?} {}", test.tc_id);
                count += 1;
            }
        }
    }
    assert!(count > 800, "{count}");
}

#[test]
fn p256_signatures() {
    let set = ecdsa::TestSet::load(ecdsa::TestName::EcdsaSecp256r1Sha256).unwrap();
    let mut count = 0;
    for group in set.test_groups {
        for test in group.tests {
            let digest = Hash::Sha256.digest(&[&test.msg]);
            // A DER signature of 64 bytes would be taken as r and s.
            if test.sig.len() == 64 {
                continue;
            }
            let verified = verify_p256(&group.key.key, &digest, &test.sig).is_ok();
            assert!(agrees(test.result, verified), "{}", test.tc_id);
            count += 1;
        }
    }
    assert!(count > 300, "{count}");
}

#[test]
fn p256_agreement() {
    let set = ecdh::TestSet::load(ecdh::TestName::EcdhSecp256r1Ecpoint).unwrap();
    let mut count = 0;
    for group in set.test_groups {
        for test in group.tests {
            let private = &test.private_key;
            let mut secret = vec![0; 32_usize.saturating_sub(private.len())];
            secret.extend_from_slice(&private[private.len().saturating_sub(32)..]);
            let key = P256Key::from_secret(&secret).unwrap();
            let shared = key.agree(&test.public_key);
            let agreed = shared.is_ok_and(|shared| shared.as_slice() == &test.shared_secret[..]);
            assert!(agrees(test.result, agreed), "{}", test.tc_id);
            count += 1;
        }
    }
    assert!(count > 200, "{count}");
}

#[test]
fn message_authentication_codes() {
    use mac::TestName::{AesCmac, HmacSha1, HmacSha256, HmacSha512};
    let mut count = 0;
    for name in [AesCmac, HmacSha1, HmacSha256, HmacSha512] {
        for group in mac::TestSet::load(name).unwrap().test_groups {
            for test in group.tests {
                let computed = match name {
                    AesCmac => match AesKey::new(&test.key) {
                        Ok(key) => key.cmac(&[&test.msg]).to_vec(),
                        // Keys of other lengths are among the tests, all of them invalid.
                        Err(_) => Vec::new(),
                    },
                    HmacSha1 => hmac(Hash::Sha1, &test.key, &[&test.msg]),
                    HmacSha256 => hmac(Hash::Sha256, &test.key, &[&test.msg]),
                    _ => hmac(Hash::Sha512, &test.key, &[&test.msg]),
                };
                let verified = computed.get(..group.tag_size / 8) == Some(&test.tag[..]);
                assert!(agrees(test.result, verified), "{name:?} {}", test.tc_id);
                count += 1;
            }
        }
    }
    assert!(count > 600, "{count}");
}
