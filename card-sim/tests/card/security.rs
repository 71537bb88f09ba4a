//! `javacard.security` and `javacardx.crypto` as an applet reaches them.

use super::support::{Package, ask, by_p1, card_with, command, select};
use card_sim::{Card, CardConfig};
use se_crypto::Drbg;

/// Field 8 of the applet holds 64 bytes that begin with "abc".
fn package(branches: &[&str]) -> Package {
    Package {
        construct: "bspush 64; newarray 11; putfield_a_this .8
            getfield_a_this .8; sconst_0; bspush 97; bastore
            getfield_a_this .8; sconst_1; bspush 98; bastore
            getfield_a_this .8; sconst_2; bspush 99; bastore"
            .into(),
        process: by_p1(branches),
        ..Package::default()
    }
}

fn ready(package: &Package) -> Card {
    let mut card = card_with(package);
    select(&mut card, package);
    card
}

/// The arguments (array, 0, length).
fn data(length: u8) -> String {
    format!("getfield_a_this .8; sconst_0; bspush {length}")
}

#[test]
fn a_digest_is_the_published_one() {
    let digest = |algorithm: u8| {
        format!(
            "bspush {algorithm}; sconst_0
             invokestatic javacard/security/MessageDigest.getInstance(BZ)Ljavacard/security/MessageDigest;
             dup; {}; invokevirtual javacard/security/MessageDigest.update([BSS)V
             getfield_a_this .8; sconst_1; sconst_2; getfield_a_this .8; sconst_4
             invokevirtual javacard/security/MessageDigest.doFinal([BSS[BS)S; pop
             getfield_a_this .8; sconst_4; invokestatic javacard/framework/Util.getShort([BS)S",
            data(1)
        )
    };
    let package = package(&[&digest(1), &digest(4), &digest(12)]);
    let mut card = ready(&package);
    // FIPS 180-4 examples for "abc".
    assert_eq!(ask(&mut card, 0), i32::from(0xA999_u16.cast_signed()));
    assert_eq!(ask(&mut card, 1), i32::from(0xBA78_u16.cast_signed()));
    assert_eq!(card.transmit(&command(2)), [0x6F, 0]);
    let fault = card.last_fault().unwrap().to_string();
    assert!(fault.contains("CryptoException, reason 0003"), "{fault}");
}

#[test]
fn a_generated_key_signs_what_its_public_key_verifies() {
    let sign = |pair: u8, bits: u16, algorithm: u8, change: &str| {
        format!(
            "new javacard/security/KeyPair; dup; bspush {pair}; sspush {bits}
             invokespecial javacard/security/KeyPair.<init>(BS)V; astore_2
             aload_2; invokevirtual javacard/security/KeyPair.genKeyPair()V
             bspush {algorithm}; sconst_0
             invokestatic javacard/security/Signature.getInstance(BZ)Ljavacard/security/Signature;
             astore_3; sspush 200; newarray 11; astore 4
             aload_3; aload_2; invokevirtual javacard/security/KeyPair.getPrivate()Ljavacard/security/PrivateKey;
             sconst_1; invokevirtual javacard/security/Signature.init(Ljavacard/security/Key;B)V
             aload_3; {data}; aload 4; sconst_0
             invokevirtual javacard/security/Signature.sign([BSS[BS)S; sstore 5
             aload_3; aload_2; invokevirtual javacard/security/KeyPair.getPublic()Ljavacard/security/PublicKey;
             sconst_2; invokevirtual javacard/security/Signature.init(Ljavacard/security/Key;B)V
             {change}
             aload_3; {data}; aload 4; sconst_0; sload 5
             invokevirtual javacard/security/Signature.verify([BSS[BSS)Z",
            data = data(3)
        )
    };
    let spoil = "aload 4; bspush 40; aload 4; bspush 40; baload; sconst_1; sxor; bastore";
    let package = package(&[
        &sign(2, 1024, 10, ""),
        &sign(2, 1024, 10, spoil),
        &sign(1, 1024, 44, ""),
        &sign(1, 1024, 44, spoil),
        &sign(5, 256, 33, ""),
        &sign(5, 256, 33, spoil),
    ]);
    let mut card = ready(&package);
    let verified: Vec<i32> = (0..6).map(|p1| ask(&mut card, p1)).collect();
    assert_eq!(verified, [1, 0, 1, 0, 1, 0]);
}

#[test]
fn random_bytes_are_those_of_the_labelled_stream() {
    let package = package(&[&format!(
        "sconst_2; invokestatic javacard/security/RandomData.getInstance(B)Ljavacard/security/RandomData;
         {}; invokevirtual javacard/security/RandomData.generateData([BSS)V
         getfield_a_this .8; sconst_0; invokestatic javacard/framework/Util.getShort([BS)S",
        data(2)
    )]);
    let mut card = ready(&package);
    let mut expected = [0; 2];
    Drbg::from_seed(CardConfig::default().seed)
        .stream("random")
        .fill(&mut expected);
    assert_eq!(ask(&mut card, 0), i32::from(i16::from_be_bytes(expected)));
}

#[test]
fn a_key_without_value_is_refused() {
    let package = package(&["bspush 13; sconst_0; invokestatic javacardx/crypto/Cipher.getInstance(BZ)Ljavacardx/crypto/Cipher;
         bspush 15; sspush 128; sconst_0
         invokestatic javacard/security/KeyBuilder.buildKey(BSZ)Ljavacard/security/Key;
         sconst_2; invokevirtual javacardx/crypto/Cipher.init(Ljavacard/security/Key;B)V; sconst_0"]);
    let mut card = ready(&package);
    assert_eq!(card.transmit(&command(0)), [0x6F, 0]);
    let fault = card.last_fault().unwrap().to_string();
    assert!(fault.contains("CryptoException, reason 0002"), "{fault}");
}
