//! PUT KEY of every type, key information, DELETE \[key\].

use scp::scp03::{SecurityLevel, StaticKeys, key_check_value};
use se_crypto::{Drbg, EcKey, NamedCurve, P256Key, RsaKey};

use super::{Host, opened, put_key};
use crate::gp::IssuerConfig;

/// PUT KEY in one command, short or extended.
pub(super) fn put(p1: u8, p2: u8, data: &[u8]) -> String {
    let length = if data.len() > 255 {
        format!("00{:04X}", data.len())
    } else {
        format!("{:02X}", data.len())
    };
    let end = if data.len() > 255 { "0000" } else { "00" };
    format!(
        "80D8{p1:02X}{p2:02X}{length}{}{end}",
        hex::encode_upper(data)
    )
}

/// A symmetric key with its check value, encrypted under the test keys' DEK.
pub(super) fn symmetric(kind: u8, key: &[u8]) -> Vec<u8> {
    let mut component = key.to_vec();
    component.resize(key.len().next_multiple_of(16), 0);
    StaticKeys::test_keys()
        .encrypt_sensitive(&mut component)
        .unwrap();
    let check = match kind {
        0x80 => scp::scp02::key_check_value(key)
            .unwrap_or_default()
            .to_vec(),
        0x88 => key_check_value(key).unwrap_or_default().to_vec(),
        _ => Vec::new(),
    };
    let mut data = vec![kind];
    if kind == 0x80 && key.len() == component.len() {
        data.push(u8::try_from(component.len()).unwrap());
    } else {
        data.push(u8::try_from(component.len() + 1).unwrap());
        data.push(u8::try_from(key.len()).unwrap());
    }
    data.extend(component);
    data.push(u8::try_from(check.len()).unwrap());
    data.extend(check);
    data
}

pub(super) fn rsa(key: &RsaKey) -> Vec<u8> {
    let public = key.public_key().unwrap();
    let (modulus, exponent) = (public.modulus(), public.exponent());
    let mut data = vec![0xA1];
    match modulus.len() {
        128 => data.extend([0x81, 0x80]),
        long => {
            data.push(0x82);
            data.extend(u16::try_from(long).unwrap().to_be_bytes());
        }
    }
    data.extend(modulus);
    data.push(0xA0);
    data.push(u8::try_from(exponent.len()).unwrap());
    data.extend(exponent);
    data.push(0);
    data
}

pub(super) fn ec(key: &P256Key) -> Vec<u8> {
    [&[0xB0, 65][..], &key.public(), &[0xF0, 1, 0, 0]].concat()
}

/// A key on a curve, which is told by its reference.
fn ec_on(reference: u8, curve: &NamedCurve) -> Vec<u8> {
    let key = EcKey::generate(curve.curve().unwrap(), &mut Drbg::from_seed(6)).unwrap();
    let point = key.public().unwrap();
    let length = u8::try_from(point.len()).unwrap();
    let length = if length < 0x80 {
        vec![length]
    } else {
        vec![0x81, length]
    };
    [&[0xB0][..], &length, &point, &[0xF0, 1, reference, 0]].concat()
}

#[test]
fn a_key_that_is_no_point_is_refused() {
    let mut host = opened();
    let good = ec_on(0, &NamedCurve::P256);
    let mut outside = good.clone();
    *outside.get_mut(66).unwrap() ^= 1;
    let mut unknown = good;
    *unknown.get_mut(69).unwrap() = 0x04;
    for key in [outside, unknown] {
        let answer = host.send(&put(0x00, 1, &[&[0x73][..], &key].concat()));
        assert_eq!(answer, "9484");
    }
}

#[test]
fn keys_of_every_type() {
    let mut host = opened();
    let mut random = Drbg::from_seed(4);
    let token = RsaKey::generate(&mut random, 1024).unwrap();
    let long = RsaKey::generate(&mut random, 2048).unwrap();
    let point = P256Key::generate(&mut random);
    let before = "C00401308810C00402308810C00403308810";
    for (p2, version, key, information) in [
        (0x01, 0x71, symmetric(0x80, &[5; 16]), "C00401718010"),
        (0x02, 0x71, symmetric(0x80, &[5; 24]), "C00402718018"),
        (0x01, 0x40, symmetric(0x88, &[6; 24]), "C00401408818"),
        (0x02, 0x40, symmetric(0x90, &[7; 20]), "C00402409014"),
        (0x01, 0x70, rsa(&token), "C0060170A180A003"),
        (0x01, 0x73, ec(&point), "C0060173B040F001"),
        (0x03, 0x73, ec_on(1, &NamedCurve::P384), "C0060373B060F001"),
        (
            0x04,
            0x73,
            ec_on(7, &NamedCurve::BRAINPOOL_P512R1),
            "C0060473B080F001",
        ),
        (0x02, 0x73, rsa(&long), "C00C0273FFA10100FFA000030000"),
    ] {
        let data = [&[version][..], &key].concat();
        // Longer than a command: as an extended one, and in two commands.
        let answer = if data.len() > 239 {
            let (head, tail) = data.split_at(200);
            assert_eq!(host.send(&put(0x80, p2, head)), "9000");
            host.send(&put(0x00, p2, tail))
        } else {
            host.send(&put(0x00, p2, &data))
        };
        assert!(answer.starts_with(&format!("{version:02X}")), "{answer}");
        assert!(answer.ends_with("9000"), "{answer}");
        let told = host.send("80CA00E000");
        assert!(
            told.contains(before) && told.contains(information),
            "{told}"
        );
    }
    // The channel's keys are what they were.
    host.open(StaticKeys::test_keys(), 0, SecurityLevel::FULL);
    // By identifier, by version, by both.
    assert_eq!(host.send("80E40000 06 D00101 D20171"), "009000");
    assert!(!host.send("80CA00E000").contains("C00401718010"));
    assert!(host.send("80CA00E000").contains("C00402718018"));
    assert_eq!(host.send("80E40000 03 D20140"), "009000");
    assert_eq!(host.send("80E40000 06 D00101 D20140"), "6A88");
    assert_eq!(host.send("80E40000 03 D20130"), "6985");
}

#[test]
fn a_single_key_of_a_set_is_replaced() {
    let mut host = opened();
    let data = [&[0x30][..], &symmetric(0x88, &[9; 16])].concat();
    assert!(host.send(&put(0x30, 0x02, &data)).ends_with("9000"));
    let test = StaticKeys::test_keys();
    let keys = StaticKeys::new(test.enc(), &[9; 16], test.dek()).unwrap();
    host.open(keys, 0x30, SecurityLevel::FULL);
    // It begins to count anew.
    assert_eq!(host.send("80CA00C100"), "C1030000019000");
}

#[test]
fn what_is_no_key_is_refused() {
    let mut host = opened();
    let before = host.send("80CA00E000");
    let aes = symmetric(0x88, &[1; 16]);
    let mut wrong = aes.clone();
    *wrong.last_mut().unwrap() ^= 1;
    let command = |key: &[u8]| put(0, 1, &[&[0x31][..], key].concat());
    for (key, status) in [
        // A wrong check value; one for a key that has none.
        (wrong, "9485"),
        (
            [
                &ec(&P256Key::generate(&mut Drbg::from_seed(1)))[..70],
                &[3, 1, 2, 3],
            ]
            .concat(),
            "9485",
        ),
        // Types that the card has no use for: a single DES key's name, a curve without one.
        (symmetric(0x83, &[1; 16]), "9484"),
        (
            [&[0xB0, 65, 4][..], &[1; 64], &[0xF0, 1, 4, 0]].concat(),
            "9484",
        ),
        // A point of P-384 alone, one of P-256 said to be on P-384.
        ([&[0xB0, 97, 4][..], &[1; 96], &[0]].concat(), "9484"),
        (
            [&[0xB0, 65, 4][..], &[1; 64], &[0xF0, 1, 1, 0]].concat(),
            "9484",
        ),
        // An EC private key that is not below the order.
        (symmetric(0xB1, &[0xFF; 32]), "6A80"),
        // An even modulus, an exponent alone.
        (
            [&[0xA1, 0x80][..], &[2; 128], &[0xA0, 1, 3, 0]].concat(),
            "9484",
        ),
        (vec![0xA0, 1, 3, 0], "9484"),
        // AES of a wrong length, broken blocks, nothing at all, something behind.
        (symmetric(0x88, &[1; 8]), "6A80"),
        (vec![0x88, 0x05, 1, 2, 3, 4, 5, 0], "6A80"),
        (vec![], "6A80"),
        (vec![0], "6A80"),
        ([&aes[..], &[0]].concat(), "6A80"),
    ] {
        assert_eq!(host.send(&command(&key)), status, "{key:02X?}");
    }
    let data = [&[0x31][..], &aes].concat();
    assert_eq!(host.send(&put(0, 0x80, &data)), "6A86");
    assert_eq!(host.send(&put(0, 0x00, &data)), "6A86");
    // A set of keys that are not alike opens nothing.
    let mixed = [&[0x31][..], &aes, &symmetric(0x88, &[1; 24]), &aes].concat();
    assert_eq!(host.send(&put(0, 0x81, &mixed)), "6A80");
    // The second command of a chain has other parameters; a chain without end.
    assert_eq!(host.send(&put(0x80, 1, &data)), "9000");
    assert_eq!(host.send(&put(0, 2, &data)), "6A86");
    for _ in 0..10 {
        assert_eq!(host.send(&put(0x80, 1, &[0; 200])), "9000");
    }
    assert_eq!(host.send(&put(0x80, 1, &[0; 200])), "6A84");
    assert_eq!(host.send("80CA00E000"), before);
}

#[test]
fn there_is_an_end_to_keys() {
    let mut host = opened();
    let key = symmetric(0x88, &[1; 16]);
    for version in 0x40..0x40 + 45 {
        assert!(
            host.send(&put(0, 1, &[&[version][..], &key].concat()))
                .ends_with("9000")
        );
    }
    assert_eq!(host.send(&put(0, 1, &[&[0x3F][..], &key].concat())), "6A84");
}

#[test]
fn keys_outlive_the_image_and_are_not_shown() {
    let mut host = opened();
    let three: [&[u8]; 3] = [&[0xA1; 16], &[0xA2; 16], &[0xA3; 16]];
    host.send(&put_key(&StaticKeys::test_keys(), 0, 0x31, three));
    let before = host.send("80CA00E000");
    let image = serde_json::to_vec(&host.manager).unwrap();
    let mut again = Host::new(&IssuerConfig::default());
    again.manager = serde_json::from_slice(&image).unwrap();
    assert_eq!(again.raw("80CA00E000"), before);
    let shown = format!("{:?}", again.manager);
    assert!(shown.contains("redacted") && !shown.contains("161, 161"));
}
