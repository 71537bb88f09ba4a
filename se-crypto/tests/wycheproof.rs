//! Project Wycheproof: signatures and MACs that are right, and many that must be refused.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use se_crypto::{
    Aead, AeadMode, AesKey, EcKey, EcPublicKey, Hash, NamedCurve, P256Key, RsaPublicKey, hmac,
    verify_p256,
};
use wycheproof::{
    EllipticCurve, HashFunction, TestResult, aead, ecdh, ecdsa, mac, rsa_pkcs1_verify,
};

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

fn seal(test: &aead::Test, mode: AeadMode, tag_length: usize) -> Option<(Vec<u8>, Vec<u8>)> {
    let key = AesKey::new(&test.key).ok()?;
    let aead = Aead::new(key, mode, &test.nonce).ok()?;
    let mut data = test.pt.to_vec();
    // In two pieces, as an applet may.
    let (first, second) = data.split_at_mut(test.pt.len() / 3);
    let position = u64::try_from(first.len()).unwrap();
    aead.apply(0, first);
    aead.apply(position, second);
    let tag = aead.tag(&test.aad, &test.pt, &data, tag_length).ok()?;
    Some((data, tag))
}

#[test]
fn authenticated_encryption() {
    for (name, mode, least) in [
        (aead::TestName::AesGcm, AeadMode::Gcm, 250),
        (aead::TestName::AesCcm, AeadMode::Ccm, 400),
    ] {
        let mut count = 0;
        for group in aead::TestSet::load(name).unwrap().test_groups {
            for test in &group.tests {
                let sealed = seal(test, mode, group.tag_size / 8);
                let agreed = sealed.is_some_and(|(data, tag)| {
                    data == test.ct.to_vec() && tag == test.tag.to_vec()
                });
                assert!(agrees(test.result, agreed), "{name:?} {}", test.tc_id);
                count += 1;
            }
        }
        assert!(count > least, "{count}");
    }
}

fn curve_of(curve: EllipticCurve) -> NamedCurve {
    match curve {
        EllipticCurve::Secp192r1 => NamedCurve::P192,
        EllipticCurve::Secp224r1 => NamedCurve::P224,
        EllipticCurve::Secp256r1 => NamedCurve::P256,
        EllipticCurve::Secp256k1 => NamedCurve::SECP256K1,
        EllipticCurve::Secp384r1 => NamedCurve::P384,
        EllipticCurve::Secp521r1 => NamedCurve::P521,
        EllipticCurve::Secp160r1 => NamedCurve::SECP160R1,
        EllipticCurve::Brainpool224r1 => NamedCurve::BRAINPOOL_P224R1,
        EllipticCurve::Brainpool256r1 => NamedCurve::BRAINPOOL_P256R1,
        EllipticCurve::Brainpool320r1 => NamedCurve::BRAINPOOL_P320R1,
        EllipticCurve::Brainpool384r1 => NamedCurve::BRAINPOOL_P384R1,
        EllipticCurve::Brainpool512r1 => NamedCurve::BRAINPOOL_P512R1,
        other => panic!("{other:?}"),
    }
}

/// One set for each curve; a sixth of the tests of each, as every one costs some milliseconds.
#[test]
fn signatures_on_curves_that_are_data() {
    use ecdsa::TestName;
    for name in [
        TestName::EcdsaSecp192r1Sha256,
        TestName::EcdsaSecp160r1Sha256,
        TestName::EcdsaSecp224r1Sha224,
        TestName::EcdsaSecp256r1Sha256,
        TestName::EcdsaSecp256k1Sha256,
        TestName::EcdsaSecp384r1Sha384,
        TestName::EcdsaSecp521r1Sha512,
        TestName::EcdsaBrainpool224r1Sha224,
        TestName::EcdsaBrainpool256r1Sha256,
        TestName::EcdsaBrainpool320r1Sha384,
        TestName::EcdsaBrainpool384r1Sha384,
        TestName::EcdsaBrainpool512r1Sha512,
    ] {
        let mut count = 0;
        for group in ecdsa::TestSet::load(name).unwrap().test_groups {
            let hash = hash_of(group.hash);
            let curve = curve_of(group.key.curve).curve().unwrap();
            let key = EcPublicKey::new(curve, &group.key.key).unwrap();
            for test in group.tests.iter().step_by(6) {
                let digest = hash.digest(&[&test.msg]);
                let verified = key.verify_digest_der(&digest, &test.sig).is_ok();
                assert!(agrees(test.result, verified), "{name:?} {}", test.tc_id);
                count += 1;
            }
        }
        assert!(count > 20, "{name:?} {count}");
    }
}

#[test]
fn agreement_on_curves_that_are_data() {
    use ecdh::TestName;
    for (name, curve) in [
        (TestName::EcdhSecp224r1Ecpoint, NamedCurve::P224),
        (TestName::EcdhSecp256r1Ecpoint, NamedCurve::P256),
        (TestName::EcdhSecp384r1Ecpoint, NamedCurve::P384),
        (TestName::EcdhSecp521r1Ecpoint, NamedCurve::P521),
    ] {
        let curve = curve.curve().unwrap();
        let mut count = 0;
        for group in ecdh::TestSet::load(name).unwrap().test_groups {
            for test in group.tests.iter().step_by(4) {
                // A Java Card knows no compressed points.
                if test.public_key.first() != Some(&4) {
                    continue;
                }
                let key = EcKey::new(curve, &test.private_key).unwrap();
                let agreed = key.agree(&test.public_key, false).is_ok_and(|shared| {
                    shared.get(1..=curve.field_length()) == Some(&test.shared_secret[..])
                });
                assert!(agrees(test.result, agreed), "{name:?} {}", test.tc_id);
                count += 1;
            }
        }
        assert!(count > 30, "{name:?} {count}");
    }
}
