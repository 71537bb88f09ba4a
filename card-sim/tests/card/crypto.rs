//! Cryptography on data that a command brings: the branch that P1 names finds the APDU buffer in
//! local 2 with the data from offset 5 on, and leaves on the stack how many bytes at its beginning
//! are the response.

use super::support::{Package, card_with, select};
use card_sim::Card;
use se_crypto::{Aead, AeadMode, AesKey, EcKey, EcPublicKey, Hash, NamedCurve};

fn ready(branches: &[&str]) -> Card {
    let labels: Vec<String> = (0..branches.len()).map(|n| format!("case{n}")).collect();
    let mut program = format!(
        "aload_0; invokevirtual javacard/framework/Applet.selectingApplet()Z; ifne_w other
         aload_1; invokevirtual javacard/framework/APDU.getBuffer()[B; astore_2
         aload_1; invokevirtual javacard/framework/APDU.setIncomingAndReceive()S; pop
         aload_2; sconst_2; baload
         stableswitch other 0 {}
         other: return\n",
        labels.join(" ")
    );
    for (label, branch) in labels.iter().zip(branches) {
        program += &format!("{label}: {branch}\ngoto_w answer\n");
    }
    program += "answer: sstore 9
        aload_1; sconst_0; sload 9; invokevirtual javacard/framework/APDU.setOutgoingAndSend(SS)V
        return";
    let package = Package {
        process: program,
        ..Package::default()
    };
    let mut card = card_with(&package);
    select(&mut card, &package);
    card
}

/// The response data, which must be good ones.
fn ask(card: &mut Card, p1: u8, data: &[u8]) -> Vec<u8> {
    let length = u8::try_from(data.len()).unwrap();
    let mut answer = card.transmit(&[&[0x80, 1, p1, 0, length], data, &[0]].concat());
    let status = answer.split_off(answer.len() - 2);
    assert_eq!(status, [0x90, 0], "{:?}", card.last_fault());
    answer
}

/// The fault of a command that must fail.
fn fault(card: &mut Card, p1: u8, data: &[u8]) -> String {
    let length = u8::try_from(data.len()).unwrap();
    let answer = card.transmit(&[&[0x80, 1, p1, 0, length], data, &[0]].concat());
    assert_eq!(answer, [0x6F, 0]);
    card.last_fault().unwrap().to_string()
}

/// Makes a pair of keys in locals 3 (public) and 4 (private), with the parameters p, a, b, G, n of
/// the data.
fn keys_with_parameters(bits: i16, length: i16) -> String {
    let mut program = format!(
        "bspush 11; sspush {bits}; sconst_0
         invokestatic javacard/security/KeyBuilder.buildKey(BSZ)Ljavacard/security/Key;
         checkcast 0 javacard/security/ECPublicKey; astore_3
         bspush 12; sspush {bits}; sconst_0
         invokestatic javacard/security/KeyBuilder.buildKey(BSZ)Ljavacard/security/Key;
         checkcast 0 javacard/security/ECPrivateKey; astore 4\n"
    );
    let mut offset = 5;
    for (setter, size) in [
        ("setFieldFP", length),
        ("setA", length),
        ("setB", length),
        ("setG", 2 * length + 1),
        ("setR", length),
    ] {
        program += &format!(
            "aload_3; aload_2; sspush {offset}; sspush {size}
             invokeinterface 4 javacard/security/ECPublicKey.{setter}\n"
        );
        offset += size;
    }
    program += "aload 4; aload_3
        invokeinterface 2 javacard/security/ECPrivateKey.copyDomainParametersFrom
        new javacard/security/KeyPair; dup; aload_3; aload 4
        invokespecial javacard/security/KeyPair.<init>(Ljavacard/security/PublicKey;Ljavacard/security/PrivateKey;)V
        invokevirtual javacard/security/KeyPair.genKeyPair()V\n";
    program
}

#[test]
fn keys_on_a_curve_that_the_applet_sets() {
    // W, then a signature of the four bytes at offset 0 of the buffer.
    let sign = format!(
        "{}
         sconst_4; sconst_5; bspush 1; sconst_0
         invokestatic javacard/security/Signature.getInstance(BBBZ)Ljavacard/security/Signature;
         astore 5
         aload 5; aload 4; sconst_1; invokevirtual javacard/security/Signature.init(Ljavacard/security/Key;B)V
         aload_3; aload_2; bspush 0; invokeinterface 3 javacard/security/ECPublicKey.getW; sstore 6
         aload 5; aload_2; sconst_0; sload 6; aload_2; sload 6
         invokevirtual javacard/security/Signature.sign([BSS[BS)S; sload 6; sadd",
        keys_with_parameters(256, 32)
    );
    // The x coordinate that both halves of a pair agree on, from private key and own point.
    let agree = |algorithm: u8| {
        format!(
            "{}
             bspush {algorithm}; sconst_0
             invokestatic javacard/security/KeyAgreement.getInstance(BZ)Ljavacard/security/KeyAgreement;
             astore 5
             aload 5; aload 4; invokevirtual javacard/security/KeyAgreement.init(Ljavacard/security/PrivateKey;)V
             aload_3; aload_2; sconst_0; invokeinterface 3 javacard/security/ECPublicKey.getW; pop
             aload 5; aload_2; sconst_0; bspush 65; aload_2; bspush 65
             invokevirtual javacard/security/KeyAgreement.generateSecret([BSS[BS)S; sstore 6
             aload 4; aload_2; bspush 65; sload 6; sadd
             invokeinterface 3 javacard/security/ECPrivateKey.getS; sload 6; sadd; bspush 65; sadd",
            keys_with_parameters(256, 32)
        )
    };
    let agreements = [1, 3, 6].map(agree);
    let mut card = ready(&[&sign, &agreements[0], &agreements[1], &agreements[2]]);
    for named in [
        NamedCurve::BRAINPOOL_P256R1,
        NamedCurve::SECP256K1,
        NamedCurve::P256,
    ] {
        let curve = named.curve().unwrap();
        let data = named.parameters().concat();
        let answer = ask(&mut card, 0, &data);
        let (point, signature) = answer.split_at(65);
        let digest = Hash::Sha256.digest(&[point]);
        EcPublicKey::new(curve, point)
            .unwrap()
            .verify_digest_der(&digest, signature)
            .unwrap();
        for (p1, length) in [(1, 20), (2, 32), (3, 65)] {
            let answer = ask(&mut card, p1, &data);
            let (point, rest) = answer.split_at(65);
            let (secret, scalar) = rest.split_at(length);
            let key = EcKey::new(curve, scalar).unwrap();
            let shared = key.agree(point, false).unwrap();
            let expected = match p1 {
                1 => Hash::Sha1.digest(&[&shared[1..33]]),
                2 => shared[1..33].to_vec(),
                _ => shared.to_vec(),
            };
            assert_eq!(secret, expected, "{} {p1}", named.name);
        }
    }
    let mut wrong = NamedCurve::P256.parameters().concat();
    wrong[40] ^= 1;
    let fault = fault(&mut card, 0, &wrong);
    assert!(fault.contains("CryptoException, reason 0001"), "{fault}");
}

#[test]
fn every_size_of_curve_has_parameters_of_its_own() {
    let generate = |bits: u16| {
        format!(
            "new javacard/security/KeyPair; dup; sconst_5; sspush {bits}
             invokespecial javacard/security/KeyPair.<init>(BS)V; astore_3
             aload_3; invokevirtual javacard/security/KeyPair.genKeyPair()V
             aload_3; invokevirtual javacard/security/KeyPair.getPublic()Ljavacard/security/PublicKey;
             checkcast 0 javacard/security/ECPublicKey; astore 4
             aload 4; aload_2; sconst_0; invokeinterface 3 javacard/security/ECPublicKey.getField; sstore 6
             aload 4; aload_2; sload 6; invokeinterface 3 javacard/security/ECPublicKey.getW
             sload 6; sadd"
        )
    };
    let sizes = [112, 128, 160, 192, 224, 256, 320, 384, 512, 521];
    let branches: Vec<String> = sizes.iter().map(|bits| generate(*bits)).collect();
    let branches: Vec<&str> = branches.iter().map(String::as_str).collect();
    let mut card = ready(&branches);
    for (p1, bits) in (0u8..).zip(sizes) {
        let named = NamedCurve::of_size(bits.into()).unwrap();
        let curve = named.curve().unwrap();
        let answer = ask(&mut card, p1, &[0]);
        let (field, point) = answer.split_at(curve.field_length());
        assert_eq!(field, named.parameters()[0], "{bits}");
        EcPublicKey::new(curve, point).unwrap();
    }
}

#[test]
fn aes_with_authentication_and_in_counter_mode() {
    // The data: a key of 16 bytes, a nonce of 12, five bytes of associated data, 20 of plain text.
    let key = "bspush 15; sspush 128; sconst_0
        invokestatic javacard/security/KeyBuilder.buildKey(BSZ)Ljavacard/security/Key;
        checkcast 0 javacard/security/AESKey; astore_3
        aload_3; aload_2; sconst_5; invokeinterface 3 javacard/security/AESKey.setKey";
    let open = |algorithm: i8| {
        format!(
            "{key}
             bspush {algorithm}; sconst_0
             invokestatic javacardx/crypto/Cipher.getInstance(BZ)Ljavacardx/crypto/Cipher;
             checkcast 0 javacardx/crypto/AEADCipher; astore 4"
        )
    };
    let seal = "aload 4; aload_2; bspush 33; sconst_5; invokevirtual javacardx/crypto/AEADCipher.updateAAD([BSS)V
        aload 4; aload_2; bspush 38; sconst_3; aload_2; bspush 38
        invokevirtual javacardx/crypto/AEADCipher.update([BSS[BS)S; sstore 5
        aload 4; aload_2; bspush 41; bspush 17; aload_2; bspush 38; sload 5; sadd
        invokevirtual javacardx/crypto/AEADCipher.doFinal([BSS[BS)S; pop
        aload 4; aload_2; bspush 58; bspush 12; invokevirtual javacardx/crypto/AEADCipher.retrieveTag([BSS)S; pop
        aload_2; bspush 38; aload_2; sconst_0; bspush 32; invokestatic javacard/framework/Util.arrayCopy([BS[BSS)S";
    let gcm = format!(
        "{}
         aload 4; aload_3; sconst_2; aload_2; bspush 21; bspush 12
         invokevirtual javacardx/crypto/AEADCipher.init(Ljavacard/security/Key;B[BSS)V
         {seal}",
        open(-13)
    );
    let ccm = format!(
        "{}
         aload 4; aload_3; sconst_2; aload_2; bspush 21; bspush 12; sconst_5; bspush 20; bspush 12
         invokevirtual javacardx/crypto/AEADCipher.init(Ljavacard/security/Key;B[BSSSSS)V
         {seal}",
        open(-12)
    );
    // The other way: cipher text of 20 bytes and a tag of 12 follow the associated data.
    let verify = format!(
        "{}
         aload 4; aload_3; sconst_1; aload_2; bspush 21; bspush 12
         invokevirtual javacardx/crypto/AEADCipher.init(Ljavacard/security/Key;B[BSS)V
         aload 4; aload_2; bspush 33; sconst_5; invokevirtual javacardx/crypto/AEADCipher.updateAAD([BSS)V
         aload 4; aload_2; bspush 38; bspush 20; aload_2; sconst_0
         invokevirtual javacardx/crypto/AEADCipher.doFinal([BSS[BS)S; pop
         aload_2; bspush 20
         aload 4; aload_2; bspush 58; bspush 12; bspush 12
         invokevirtual javacardx/crypto/AEADCipher.verifyTag([BSSS)Z; bastore; bspush 21",
        open(-13)
    );
    let counter = format!(
        "{key}
         bspush -16; sconst_0
         invokestatic javacardx/crypto/Cipher.getInstance(BZ)Ljavacardx/crypto/Cipher;; astore 4
         aload 4; aload_3; sconst_2; aload_2; bspush 21; bspush 16
         invokevirtual javacardx/crypto/Cipher.init(Ljavacard/security/Key;B[BSS)V
         aload 4; aload_2; bspush 37; sconst_3; aload_2; sconst_0
         invokevirtual javacardx/crypto/Cipher.update([BSS[BS)S; sstore 5
         aload 4; aload_2; bspush 40; bspush 13; aload_2; sload 5
         invokevirtual javacardx/crypto/Cipher.doFinal([BSS[BS)S; sload 5; sadd"
    );
    let early = format!(
        "{}
         aload 4; aload_2; sconst_0; bspush 12; invokevirtual javacardx/crypto/AEADCipher.retrieveTag([BSS)S",
        open(-13)
    );
    let mut card = ready(&[&gcm, &ccm, &verify, &counter, &early]);
    let data: Vec<u8> = (0..53).collect();
    let (aad, plain) = (&data[28..33], &data[33..53]);
    for (p1, mode) in [(0, AeadMode::Gcm), (1, AeadMode::Ccm)] {
        let aead = Aead::new(AesKey::new(&data[..16]).unwrap(), mode, &data[16..28]).unwrap();
        let mut cipher = plain.to_vec();
        aead.apply(0, &mut cipher);
        let tag = aead.tag(aad, plain, &cipher, 12).unwrap();
        let sealed = [cipher, tag].concat();
        assert_eq!(ask(&mut card, p1, &data), sealed);
        if mode == AeadMode::Gcm {
            let mut sealed = [&data[..33], &sealed].concat();
            let opened = ask(&mut card, 2, &sealed);
            assert_eq!(opened, [plain, &[1]].concat());
            sealed[40] ^= 1;
            assert_eq!(ask(&mut card, 2, &sealed)[20], 0);
        }
    }
    // NIST SP 800-38A §F.5.1.
    let data = hex::decode(
        "2b7e151628aed2a6abf7158809cf4f3cf0f1f2f3f4f5f6f7f8f9fafbfcfdfeff\
         6bc1bee22e409f96e93d7e117393172a",
    )
    .unwrap();
    let answer = ask(&mut card, 3, &data);
    assert_eq!(hex::encode(answer), "874d6191b620e3261bef6864990db6ce");
    let fault = fault(&mut card, 4, &data);
    assert!(fault.contains("CryptoException, reason 0004"), "{fault}");
}

#[test]
fn a_digest_goes_on_from_where_another_was() {
    // The data: a chaining value of 32 bytes and two bytes of length, then the message "abc".
    let resume = "sconst_4; sconst_0
        invokestatic javacard/security/MessageDigest.getInitializedMessageDigestInstance(BZ)Ljavacard/security/InitializedMessageDigest;
        astore_3
        aload_3; aload_2; sconst_5; bspush 32; aload_2; bspush 37; sconst_2
        invokevirtual javacard/security/InitializedMessageDigest.setInitialDigest([BSS[BSS)V
        aload_3; aload_2; bspush 39; sconst_3; aload_2; sconst_0
        invokevirtual javacard/security/InitializedMessageDigest.doFinal([BSS[BS)S";
    let at_once = "sconst_4
        invokestatic javacard/security/InitializedMessageDigest$OneShot.open(B)Ljavacard/security/InitializedMessageDigest$OneShot;
        astore_3
        aload_3; aload_2; sconst_5; bspush 32; aload_2; bspush 37; sconst_2
        invokevirtual javacard/security/InitializedMessageDigest$OneShot.setInitialDigest([BSS[BSS)V
        aload_3; aload_2; bspush 39; sconst_3; aload_2; sconst_0
        invokevirtual javacard/security/InitializedMessageDigest$OneShot.doFinal([BSS[BS)S
        aload_3; invokevirtual javacard/security/InitializedMessageDigest$OneShot.close()V";
    let sha3 = "bspush 9; sconst_0
        invokestatic javacard/security/MessageDigest.getInstance(BZ)Ljavacard/security/MessageDigest;
        aload_2; sconst_5; sconst_3; aload_2; sconst_0
        invokevirtual javacard/security/MessageDigest.doFinal([BSS[BS)S";
    let none = "bspush 9; sconst_0
        invokestatic javacard/security/MessageDigest.getInitializedMessageDigestInstance(BZ)Ljavacard/security/InitializedMessageDigest;
        pop; sconst_0";
    let mut card = ready(&[resume, sha3, none, at_once]);
    let state = [0x5A; 32];
    let mut expected = Hash::Sha256.resume(&state, 128).unwrap();
    expected.update(b"abc");
    let data = [&state[..], &[0, 128], b"abc"].concat();
    let expected = expected.finish();
    assert_eq!(ask(&mut card, 0, &data), expected);
    assert_eq!(ask(&mut card, 3, &data), expected);
    let unaligned = [&state[..], &[0, 127], b"abc"].concat();
    let found = fault(&mut card, 0, &unaligned);
    assert!(found.contains("CryptoException, reason 0001"), "{found}");
    assert_eq!(ask(&mut card, 1, b"abc"), Hash::Sha3_256.digest(&[b"abc"]));
    let found = fault(&mut card, 2, &[0]);
    assert!(found.contains("CryptoException, reason 0003"), "{found}");
}

#[test]
fn a_public_exponent_that_was_set_is_kept() {
    let generate = "bspush 4; sspush 512; sconst_0
        invokestatic javacard/security/KeyBuilder.buildKey(BSZ)Ljavacard/security/Key;
        checkcast 0 javacard/security/RSAPublicKey; astore_3
        bspush 6; sspush 512; sconst_0
        invokestatic javacard/security/KeyBuilder.buildKey(BSZ)Ljavacard/security/Key;
        checkcast 0 javacard/security/RSAPrivateCrtKey; astore 4
        aload_3; aload_2; sconst_5; sconst_1; invokeinterface 4 javacard/security/RSAPublicKey.setExponent
        new javacard/security/KeyPair; dup; aload_3; aload 4
        invokespecial javacard/security/KeyPair.<init>(Ljavacard/security/PublicKey;Ljavacard/security/PrivateKey;)V
        invokevirtual javacard/security/KeyPair.genKeyPair()V
        aload_3; aload_2; sconst_0; invokeinterface 3 javacard/security/RSAPublicKey.getExponent";
    let mut card = ready(&[generate]);
    assert_eq!(ask(&mut card, 0, &[3]), [3]);
    let fault = fault(&mut card, 0, &[4]);
    assert!(fault.contains("CryptoException, reason 0001"), "{fault}");
}

/// The table of the documentation and what `getInstance` does, for every constant.
#[test]
fn algorithms_are_done_or_refused_as_the_table_says() {
    let getters = [
        ("javacard/security/MessageDigest", "ALG_", "(BZ)"),
        ("javacard/security/Checksum", "ALG_", "(BZ)"),
        ("javacard/security/KeyAgreement", "ALG_", "(BZ)"),
        ("javacard/security/Signature", "ALG_", "(BZ)"),
        ("javacardx/crypto/Cipher", "ALG_", "(BZ)"),
    ];
    let mut branches: Vec<String> = getters
        .iter()
        .map(|(class, _, arguments)| {
            format!(
                "aload_2; sconst_5; baload; sconst_0
                 invokestatic {class}.getInstance{arguments}L{class};; pop; sconst_0"
            )
        })
        .collect();
    branches.push(
        "aload_2; sconst_5; baload
         invokestatic javacard/security/RandomData.getInstance(B)Ljavacard/security/RandomData;
         pop; sconst_0"
            .into(),
    );
    branches.push(
        "new javacard/security/KeyPair; dup; aload_2; sconst_5; baload; sspush 512
         invokespecial javacard/security/KeyPair.<init>(BS)V; pop; sconst_0"
            .into(),
    );
    let branches: Vec<&str> = branches.iter().map(String::as_str).collect();
    let mut card = ready(&branches);
    let classes = getters
        .iter()
        .map(|(class, ..)| *class)
        .chain(["javacard/security/RandomData", "javacard/security/KeyPair"]);
    let all = card_sim::api::support::algorithms();
    let mut count = 0;
    for (p1, class) in (0u8..).zip(classes) {
        for algorithm in &all {
            if algorithm.class != class || !algorithm.name.starts_with("ALG_") {
                continue;
            }
            if algorithm.is_done {
                assert!(ask(&mut card, p1, &[algorithm.code]).is_empty());
            } else {
                let fault = fault(&mut card, p1, &[algorithm.code]);
                assert!(
                    fault.contains("CryptoException, reason 0003"),
                    "{} {fault}",
                    algorithm.name
                );
            }
            count += 1;
        }
    }
    assert!(count > 110, "{count}");
}

#[test]
fn a_message_is_recovered_from_its_signature() {
    // A pair of RSA keys of 512 bits in local 3; the signature object in local 4.
    let prepare = "new javacard/security/KeyPair; dup; sconst_2; sspush 512
        invokespecial javacard/security/KeyPair.<init>(BS)V; astore_3
        aload_3; invokevirtual javacard/security/KeyPair.genKeyPair()V
        bspush 30; sconst_0
        invokestatic javacard/security/Signature.getInstance(BZ)Ljavacard/security/Signature;
        checkcast 0 javacard/security/SignatureMessageRecovery; astore 4
        sconst_1; newarray 12; astore 5
        sspush 300; newarray 11; astore 6
        aload 4; aload_3; invokevirtual javacard/security/KeyPair.getPrivate()Ljavacard/security/PrivateKey;
        sconst_1; invokeinterface 3 javacard/security/SignatureMessageRecovery.init
        aload 4; aload_2; sconst_5; sload 7; aload 6; sconst_0; aload 5; sconst_0
        invokeinterface 8 javacard/security/SignatureMessageRecovery.sign; pop
        aload 4; aload_3; invokevirtual javacard/security/KeyPair.getPublic()Ljavacard/security/PublicKey;
        sconst_2; invokeinterface 3 javacard/security/SignatureMessageRecovery.init";
    // Verifies with what the signature does not hold of the message of so many bytes, the recovered
    // part of which is the response, with the verdict before it.
    let recover = |length: u8| {
        format!(
            "bspush {length}; sstore 7
             {prepare}
             aload 4; aload 6; sconst_0; bspush 64
             invokeinterface 4 javacard/security/SignatureMessageRecovery.beginVerify; sstore 8
             aload 4; aload_2; sconst_5; sload 8; sadd; sload 7; sload 8; ssub
             invokeinterface 4 javacard/security/SignatureMessageRecovery.verify; sstore 9
             aload_2; sconst_0; sload 9; bastore
             aload 6; sconst_0; aload_2; sconst_1; sload 8
             invokestatic javacard/framework/Util.arrayCopy([BS[BSS)S"
        )
    };
    // As a Signature it refuses to sign.
    let plain = "bspush 30; sconst_0
        invokestatic javacard/security/Signature.getInstance(BZ)Ljavacard/security/Signature;
        aload_2; sconst_0; sconst_1; aload_2; sconst_0
        invokevirtual javacard/security/Signature.sign([BSS[BS)S";
    let branches = [recover(60), recover(10)];
    let mut card = ready(&[&branches[0], &branches[1], plain]);
    let data: Vec<u8> = (0..60).collect();
    // 64 bytes less a digest, a header and a trailer.
    assert_eq!(ask(&mut card, 0, &data), [&[1], &data[..42]].concat());
    assert_eq!(ask(&mut card, 1, &data[..10]), [&[1], &data[..10]].concat());
    let fault = fault(&mut card, 2, &data);
    assert!(fault.contains("CryptoException, reason 0004"), "{fault}");
}

#[test]
fn a_secure_channel_has_the_methods_of_all_its_interfaces() {
    const CHANNEL: &str = "invokestatic org/globalplatform/GPSystem.getSecureChannel()Lorg/globalplatform/SecureChannel;";
    // A command in the buffer, its answer at the buffer's beginning.
    let process = format!(
        "{CHANNEL}; checkcast 0 org/globalplatform/SecureChannelx2
         aload_2; sconst_5; bspush 13; sconst_0; invokeinterface 5 org/globalplatform/SecureChannelx2.processSecurity([BSSS)S"
    );
    let level = format!(
        "{CHANNEL}; checkcast 0 org/globalplatform/SecureChannelx
         sconst_3; invokeinterface 2 org/globalplatform/SecureChannelx.setSecurityLevel; sconst_0"
    );
    let mut card = ready(&[&process, &level]);
    let initialize = [0x80, 0x50, 0, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8];
    let answer = ask(&mut card, 0, &initialize);
    assert_eq!(answer.len(), 32);
    assert_eq!(answer[10..13], [0x30, 0x03, 0x70]);
    // There is no session yet.
    let length = u8::try_from(initialize.len()).unwrap();
    let command = [&[0x80, 1, 1, 0, length][..], &initialize].concat();
    assert_eq!(card.transmit(&command), [0x69, 0x85]);
}

#[test]
fn a_card_without_room_for_remote_objects_says_so() {
    let export = "aconst_null; invokestatic javacard/framework/service/CardRemoteObject.export(Ljava/rmi/Remote;)V; sconst_0";
    let mut card = ready(&[export]);
    let told = fault(&mut card, 0, &[0]);
    assert!(told.contains("SystemException, reason 0005"), "{told}");
}
