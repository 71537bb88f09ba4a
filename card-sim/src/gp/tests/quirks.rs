//! What kinds of cards do in their own way, and what hosts of others send.

use scp::scp03::{SecurityLevel, StaticKeys, key_check_value};

use super::keys::{put, symmetric};
use super::{Host, hex, opened};
use crate::gp::install::domain_protocol;
use crate::gp::{CardManager, Protocol};
use crate::quirk::Quirk;
use crate::runtime::{Runtime, RuntimeConfig};
use crate::{CardConfig, Profile};

/// A card of a kind with these quirks, and more lines of a profile.
fn card(quirks: &[Quirk], more: &str) -> Host {
    let quirks: Vec<String> = quirks.iter().map(|q| format!("\"{q}\"")).collect();
    let text = format!(
        "description = \"\"\napi = \"jc305\"\napdu_buffer = 261\nquirks = [{}]\n{more}\n[memory]\npersistent = 65536\n\
         transient = 4096\ncommit = 512\nstack_words = 300",
        quirks.join(", ")
    );
    let config = CardConfig::of(Profile::parse(&text).unwrap());
    let mut manager = CardManager::new(1, &config.issuer);
    let mut runtime = Runtime::with_config(
        manager.issuer_security_domain(),
        &RuntimeConfig {
            profile: config.profile,
            ..RuntimeConfig::default()
        },
    );
    manager.reset(&mut runtime);
    Host {
        manager,
        runtime,
        session: None,
    }
}

fn opened_with(quirks: &[Quirk]) -> Host {
    let mut host = card(quirks, "");
    host.open(StaticKeys::test_keys(), 0, SecurityLevel::C_MAC);
    host
}

#[test]
fn old_cards_list_without_tags_and_without_modules() {
    let mut host = opened_with(&[Quirk::UntaggedStatus]);
    assert_eq!(host.send("80F28002 02 4F00 00"), "6A86");
    assert_eq!(
        host.send("80F28000 02 4F00 00"),
        "08A000000151000000019E9000"
    );
    let mut host = opened_with(&[Quirk::NoModuleListing]);
    assert_eq!(host.send("80F21002 02 4F00 00"), "6A86");
    assert_eq!(host.send("80F22002 02 4F00 00"), "6A88");
}

#[test]
fn select_answers_as_the_kind_of_card_does() {
    let by_name = "00A40400 08 A000000151000000 00";
    assert_eq!(
        card(&[Quirk::BareSelectAnswer], "").raw(by_name),
        "A0000001510000009000"
    );
    assert_eq!(
        card(&[Quirk::UnnamedSelectAnswer], "").raw(by_name),
        "6F088400A5049F6501FF9000"
    );
    let mut host = card(&[Quirk::NoDefaultSelect], "");
    assert_eq!(host.raw("00A4040000"), "6A87");
    assert!(host.raw(by_name).ends_with("9000"));
}

#[test]
fn the_encryption_counter_counts_what_the_kind_of_card_counts() {
    for quirk in [true, false] {
        let quirks: &[Quirk] = if quirk { &[Quirk::CountsDataOnly] } else { &[] };
        let mut host = card(quirks, "");
        host.open(StaticKeys::test_keys(), 0, SecurityLevel::FULL);
        // Without data, then with data: a host that counts as the specification says is out of step with a card that
        // does not.
        assert!(host.send("80CA006600").ends_with("9000"));
        let wrapped = host
            .session
            .as_mut()
            .unwrap()
            .wrap(&hex("80F28002 02 4F00 00"));
        let answer = host.manager.process(&mut host.runtime, &wrapped.unwrap());
        assert_eq!(answer == [0x69, 0x82], quirk, "{answer:02X?}");
    }
    let mut host = card(&[Quirk::CountsDataOnly], "");
    host.open(StaticKeys::test_keys(), 0, SecurityLevel::C_DECRYPTION);
    host.session.as_mut().unwrap().count_data_only();
    assert!(host.send("80CA006600").ends_with("9000"));
    assert!(host.send("80F28002 02 4F00 00").ends_with("9000"));
}

#[test]
fn check_values_may_be_over_zeros() {
    let key = [0x5A; 16];
    let [a, b, c] = key_check_value(&key).unwrap();
    let data = [&[0x31][..], &symmetric(0x88, &key)].concat();
    let plain = put(0, 1, &data);
    assert_eq!(
        opened().send(&plain),
        format!("31{a:02X}{b:02X}{c:02X}9000")
    );
    let mut host = opened_with(&[Quirk::CheckValueOverZeros]);
    assert_eq!(host.send(&plain), "9485");
    // Without a check value in the command the card tells its own.
    let length = data.len() - 4;
    let unchecked = [&data[..length], &[0]].concat();
    let answer = host.send(&put(0, 1, &unchecked));
    assert!(
        answer.starts_with("31") && answer.ends_with("9000"),
        "{answer}"
    );
    assert_ne!(answer, format!("31{a:02X}{b:02X}{c:02X}9000"));
}

#[test]
fn a_manufacturers_keys_go_with_the_first_that_are_put() {
    let mut host = card(&[], "key_version = 255");
    assert!(host.raw("80CA00E000").starts_with("E012C00401FF8810"));
    host.open(StaticKeys::test_keys(), 0xFF, SecurityLevel::C_MAC);
    let keys: Vec<u8> = (0..3)
        .flat_map(|n| symmetric(0x88, &[0x60 + n; 16]))
        .collect();
    let command = put(0, 0x81, &[&[0x01][..], &keys].concat());
    assert!(host.send(&command).ends_with("9000"));
    assert!(host.send("80CA00E000").starts_with("E012C00401018810"));
}

#[test]
fn domains_speak_what_old_hosts_write() {
    let install = |channel: &str| {
        let data = format!(
            "07A000000151535008A00000015153504108A00000015100000101800 6C9048102{channel}00"
        );
        let data = hex(&data);
        format!("80E60C00{:02X}{}00", data.len(), hex::encode_upper(data))
    };
    // SCP02 without `i`: the issuer's. Over SCP03 that names nothing.
    let mut host = opened();
    assert_eq!(host.send(&install("0200")), "6A80");
    assert_eq!(host.send(&install("0370")), "009000");
    let mut host = opened_with(&[Quirk::NoDomainProtocol]);
    assert_eq!(host.send(&install("0370")), "6A80");
    let scp02: Protocol = "scp02:15".parse().unwrap();
    let named = |i| domain_protocol(&opened().runtime, scp02, &[0x81, 2, 2, i]);
    assert_eq!(named(0x00), Ok(Some(scp02)));
    assert_eq!(named(0x55), Ok("scp02:55".parse().ok()));
    assert!(named(0x03).is_err());
}

#[test]
fn keys_of_another_cipher_do_not_replace_those_of_a_channel() {
    let mut host = opened();
    let keys: Vec<u8> = (0..3).flat_map(|_| symmetric(0x80, &[0x61; 16])).collect();
    let command = put(0x30, 0x81, &[&[0x30][..], &keys].concat());
    assert_eq!(host.send(&command), "6A80");
    // Beside them they may stand, for other protocols.
    let command = put(0, 0x81, &[&[0x01][..], &keys].concat());
    assert!(host.send(&command).ends_with("9000"));
    assert!(host.send("80CA00E000").len() > 40);
}
