//! The card manager as a host sees it, on an empty card. What needs a CAP is in `tests/` of the crate and of
//! the loader.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use scp::scp03::{
    Challenge, HostOpening, HostSession, Parameters, SecurityLevel, StaticKeys, key_check_value,
};

use super::{CardManager, IssuerConfig, Protocol};
use crate::runtime::Runtime;

mod agreement;
mod authentication;
mod authority;
mod channels;
mod data;
mod implicit;
mod implicit_selection;
mod keys;
mod quirks;
mod status;

struct Host {
    manager: CardManager,
    runtime: Runtime,
    session: Option<HostSession>,
}

fn hex(text: &str) -> Vec<u8> {
    hex::decode(text.replace(' ', "")).unwrap()
}

impl Host {
    fn new(issuer: &IssuerConfig) -> Self {
        let mut manager = CardManager::new(1, issuer);
        let mut runtime = Runtime::new(manager.issuer_security_domain());
        manager.reset(&mut runtime);
        Self {
            manager,
            runtime,
            session: None,
        }
    }

    fn raw(&mut self, command: &str) -> String {
        let response = self.manager.process(&mut self.runtime, &hex(command));
        hex::encode_upper(response)
    }

    fn open(&mut self, keys: StaticKeys, version: u8, level: SecurityLevel) {
        let challenge = Challenge::new(&[0x11; 8]).unwrap();
        let opening = HostOpening::new(keys, version, challenge);
        let response = self.manager.process(&mut self.runtime, &opening.command());
        let (session, command) = opening.answer(&response, level).unwrap();
        let response = self.manager.process(&mut self.runtime, &command);
        assert_eq!(response, [0x90, 0x00]);
        self.session = Some(session);
    }

    fn send(&mut self, command: &str) -> String {
        let session = self.session.as_mut().unwrap();
        let wrapped = session.wrap(&hex(command)).unwrap();
        let response = self.manager.process(&mut self.runtime, &wrapped);
        hex::encode_upper(session.unwrap(&response).unwrap())
    }
}

/// A card with a session at the highest level.
fn opened() -> Host {
    let mut host = Host::new(&IssuerConfig::default());
    host.open(StaticKeys::test_keys(), 0x30, SecurityLevel::FULL);
    host
}

#[test]
fn the_issuer_security_domain_is_selected_by_every_name() {
    let mut host = Host::new(&IssuerConfig::default());
    let information = "6F108408A000000151000000A5049F6501FF9000";
    for name in [
        "00A4040000",
        "00A40400 08 A000000151000000 00",
        "00A40400 05 A000000151",
        "00A4040C 05 A000000151",
    ] {
        assert_eq!(host.raw(name), information, "{name}");
    }
    assert_eq!(host.raw("00A40400 05 A000000152"), "6A82");
    assert_eq!(host.raw("00A40402 05 A000000151"), "6A82");
    assert_eq!(host.raw("00A4"), "6700");
    assert_eq!(host.raw("00A4010002 3F00"), "6A86");
    assert_eq!(host.raw("0020008000"), "6D00");
    assert_eq!(host.raw("00F28002024F0000"), "6E00");
}

#[test]
fn data_need_no_session() {
    let mut host = Host::new(&IssuerConfig::default());
    assert_eq!(
        host.raw("80CA006600"),
        "663173 2F 06072A864886FC6B01 600C060A2A864886FC6B02020301 630906072A864886FC6B03 \
         640B06092A864886FC6B040370 9000"
            .replace(' ', "")
    );
    assert_eq!(
        host.raw("00CA00E000"),
        "E012C00401308810C00402308810C004033088109000"
    );
    assert_eq!(host.raw("80CA00C100"), "C1030000009000");
    assert_eq!(host.raw("80CA2F0000"), "610A4F08A0000001510000009000");
    assert_eq!(host.raw("80CA004200"), "6A88");
    assert_eq!(host.raw("80CA123400"), "6A88");
    let production = host.raw("80CA9F7F00");
    assert_eq!(production.len(), 2 * (3 + 42 + 2));
    assert!(production.starts_with("9F7F2A"));
    let mut other = Host::new(&IssuerConfig::default());
    other.manager = CardManager::new(2, &IssuerConfig::default());
    assert_ne!(other.raw("80CA9F7F00"), production);
}

#[test]
fn content_management_needs_a_session_with_mac() {
    let mut host = Host::new(&IssuerConfig::default());
    let commands = [
        "80E40000 07 4F05A000000001",
        "80E60200 0A 05A000000001 00000000",
        "80E88000 02 C400",
        "80F08007",
        "80D80081 01 31",
        "80E29000 03 4201AA",
    ];
    for command in commands {
        assert_eq!(host.raw(command), "6982", "{command}");
    }
    assert_eq!(host.raw("80F28002 02 4F00 00"), "6982");
    // Authentication alone is enough to look, not to change.
    host.open(StaticKeys::test_keys(), 0, SecurityLevel::NONE);
    for command in commands {
        assert_eq!(host.send(command), "6982", "{command}");
    }
    assert!(host.send("80F28002 02 4F00 00").ends_with("9000"));
}

#[test]
fn plain_commands_end_a_session() {
    let mut host = opened();
    assert_eq!(host.raw("80F28002024F0000"), "6982");
    let wrapped = host
        .session
        .as_mut()
        .unwrap()
        .wrap(&hex("80CA006600"))
        .unwrap();
    assert_eq!(
        host.manager.process(&mut host.runtime, &wrapped),
        [0x69, 0x85]
    );
}

#[test]
fn selecting_ends_a_session_and_a_failed_select_does_not() {
    let mut host = opened();
    assert_eq!(host.raw("00A40400 05 A000000152"), "6A82");
    assert!(host.send("80CA006600").ends_with("9000"));
    assert!(host.raw("00A4040000").ends_with("9000"));
    let wrapped = host
        .session
        .as_mut()
        .unwrap()
        .wrap(&hex("80CA006600"))
        .unwrap();
    assert_eq!(
        host.manager.process(&mut host.runtime, &wrapped),
        [0x69, 0x85]
    );
}

#[test]
fn status_of_the_issuer_security_domain() {
    let mut host = opened();
    assert_eq!(
        host.send("80F28002 02 4F00 00"),
        "E31D 4F08A000000151000000 9F700101 C5039EFE80 CC08A000000151000000 9000".replace(' ', "")
    );
    assert_eq!(
        host.send("80F28000 02 4F00 00"),
        "08A000000151000000019E9000"
    );
    assert_eq!(
        host.send("80F28002 07 4F00 5C034F9F70 00"),
        "E30E4F08A0000001510000009F7001019000"
    );
    assert_eq!(
        host.send("80F28002 07 4F05A000000151 00").len(),
        2 * (31 + 2)
    );
    assert_eq!(host.send("80F28002 07 4F05A000000152 00"), "6A88");
    for p1 in ["40", "20", "10"] {
        assert_eq!(host.send(&format!("80F2{p1}02 02 4F00 00")), "6A88");
    }
    assert_eq!(host.send("80F28003 02 4F00 00"), "6985");
    assert_eq!(host.send("80F23002 02 4F00 00"), "6A86");
    assert_eq!(host.send("80F28002 01 4F 00"), "6A80");
}

#[test]
fn the_card_life_cycle_goes_forward() {
    let mut host = opened();
    assert_eq!(host.send("80F0807F"), "6985");
    assert_eq!(host.send("80F08007"), "9000");
    assert_eq!(host.send("80F08001"), "6985");
    assert_eq!(host.send("80F0800F"), "9000");
    assert_eq!(host.send("80F0807F"), "9000");
    assert_eq!(
        host.raw("00A4040000"),
        "6F108408A000000151000000A5049F6501FF6283"
    );
    host.open(StaticKeys::test_keys(), 0, SecurityLevel::FULL);
    assert_eq!(host.send("80E40000 07 4F05A000000001"), "6985");
    assert_eq!(host.send("80F0800F"), "9000");
    assert_eq!(host.send("80F080FF"), "9000");
    assert_eq!(host.send("80F0800F"), "6985");
    assert_eq!(host.raw("00A4040000"), "6985");
    host.manager.reset(&mut host.runtime);
    assert_eq!(host.raw("80500000080102030405060708"), "6985");
    assert!(host.raw("80CA9F7F00").ends_with("9000"));
}

/// PUT KEY of three keys, encrypted with the data encryption key of `current`.
fn put_key(current: &StaticKeys, replaced: u8, version: u8, keys: [&[u8]; 3]) -> String {
    let mut data = vec![version];
    for key in keys {
        let mut component = key.to_vec();
        component.resize(key.len().next_multiple_of(16), 0);
        current.encrypt_sensitive(&mut component).unwrap();
        data.extend([0x88, u8::try_from(component.len() + 1).unwrap()]);
        data.push(u8::try_from(key.len()).unwrap());
        data.extend(component);
        data.push(3);
        data.extend(key_check_value(key).unwrap());
    }
    let length = data.len();
    format!(
        "80D8{replaced:02X}81{length:02X}{}00",
        hex::encode_upper(data)
    )
}

#[test]
fn keys_are_added_replaced_and_deleted() {
    for length in [16, 24, 32] {
        let mut host = opened();
        let test = StaticKeys::test_keys();
        let (a, b, c) = (vec![1; length], vec![2; length], vec![3; length]);
        let new = [a.as_slice(), &b, &c];
        let check: String = new
            .iter()
            .map(|key| hex::encode_upper(key_check_value(key).unwrap()))
            .collect();
        let answer = host.send(&put_key(&test, 0, 0x31, new));
        assert_eq!(answer, format!("31{check}9000"));
        // Taken, and not there.
        assert_eq!(host.send(&put_key(&test, 0, 0x31, new)), "6985");
        assert_eq!(host.send(&put_key(&test, 0x30, 0x31, new)), "6985");
        assert_eq!(host.send(&put_key(&test, 0x44, 0x44, new)), "6A88");
        assert_eq!(host.send(&put_key(&test, 0, 0x00, new)), "6A80");

        let new_keys = StaticKeys::new(&a, &b, &c).unwrap();
        host.open(new_keys.clone(), 0x31, SecurityLevel::FULL);
        // The test keys go, in favour of a third set.
        let third = [[7; 16], [8; 16], [9; 16]];
        let [x, y, z] = &third;
        assert!(
            host.send(&put_key(&new_keys, 0x30, 0x32, [x, y, z]))
                .ends_with("9000")
        );
        assert_eq!(host.raw("00A4040000").len(), 40);
        assert_eq!(host.raw("80503000080102030405060708"), "6A88");
        host.open(StaticKeys::new(x, y, z).unwrap(), 0, SecurityLevel::FULL);
        assert_eq!(host.send("80CA00C100"), "C1030000019000");
        assert_eq!(host.send("80E40000 03 D20131"), "009000");
        assert_eq!(host.send("80E40000 03 D20131"), "6A88");
        assert_eq!(host.send("80E40000 03 D20132"), "6985");
    }
}

#[test]
fn a_key_with_a_wrong_check_value_changes_nothing() {
    let mut host = opened();
    let wrong = StaticKeys::new(&[1; 16], &[1; 16], &[1; 16]).unwrap();
    let before = host.raw("00CA00E000");
    assert_eq!(before, "6982");
    host.open(StaticKeys::test_keys(), 0, SecurityLevel::FULL);
    let keys: [&[u8]; 3] = [&[5; 16], &[6; 16], &[7; 16]];
    assert_eq!(host.send(&put_key(&wrong, 0, 0x31, keys)), "9485");
    assert_eq!(
        host.send("00CA00E000"),
        "E012C00401308810C00402308810C004033088109000"
    );
}

#[test]
fn issuer_data_are_stored() {
    let mut host = opened();
    assert_eq!(host.send("80E29000 0A 4203AABBCC 4503010203"), "9000");
    assert_eq!(host.send("80CA004200"), "4203AABBCC9000");
    assert_eq!(host.send("80CA004500"), "45030102039000");
    assert_eq!(host.send("80E29000 03 4401AA"), "6A80");
}

#[test]
fn random_challenges_and_longer_keys() {
    let keys = StaticKeys::new(&[1; 32], &[2; 32], &[3; 32]).unwrap();
    let mut host = Host::new(&IssuerConfig {
        keys: keys.clone(),
        key_version: 0x01,
        protocol: Protocol::Scp03(Parameters(0x60)),
        ..IssuerConfig::default()
    });
    let first = host.raw("80500000 08 0102030405060708");
    let second = host.raw("80500000 08 0102030405060708");
    assert_eq!(first.len(), 2 * (29 + 2));
    assert_ne!(first, second);
    host.open(keys, 0x01, SecurityLevel::FULL);
    assert!(host.send("80F28002024F0000").ends_with("9000"));
}

#[test]
fn loads_are_refused_for_their_reasons() {
    let mut host = opened();
    let install = "80E60200 0A 05A000000001 00000000";
    assert_eq!(host.send("80E88000 02 C400"), "6985");
    assert_eq!(host.send(install), "009000");
    // Another command ends the load.
    assert!(host.send("80CA006600").ends_with("9000"));
    assert_eq!(host.send("80E88000 02 C400"), "6985");
    // So does a block out of order, and one that is refused.
    assert_eq!(host.send(install), "009000");
    assert_eq!(host.send("80E80001 02 C404"), "6A86");
    assert_eq!(host.send("80E80000 02 C404"), "6985");
    for (block, status) in [
        ("80E88000 02 C404", "6A80"),
        ("80E88000 03 4F0100", "6A80"),
        ("80E88000 02 C400", "6A80"),
        ("80E88000", "6A80"),
    ] {
        assert_eq!(host.send(install), "009000");
        assert_eq!(host.send(block), status, "{block}");
    }
    for (install, status) in [
        // The load file has an AID of four bytes; the domain is not there; it is the issuer's own AID.
        ("80E60200 09 04A0000000 00000000", "6A80"),
        ("80E60200 0F 05A000000001 05A000000002 000000", "6A88"),
        ("80E60200 0D 08A000000151000000 00000000", "6985"),
        // A hash of three bytes; a token; too short; more memory than there is.
        ("80E60200 0D 05A000000001 00 03010203 0000", "6A80"),
        ("80E60200 0C 05A000000001 000000 020102", "6985"),
        ("80E60200 06 05A000000001", "6A80"),
        (
            "80E60200 12 05A000000001 0000 08EF06C6047FFFFFFF 00",
            "6A84",
        ),
        ("80E64000 0A 05A000000001 00000000", "6A80"),
        ("80E66000 0A 05A000000001 00000000", "6A86"),
        ("80E60201 0A 05A000000001 00000000", "6A86"),
    ] {
        assert_eq!(host.send(install), status, "{install}");
    }
}

#[test]
fn nothing_is_installed_from_nothing() {
    let mut host = opened();
    let module = "07 A0000000010101";
    let install = format!("80E60C00 1D 06A00000000101 {module} {module} 0100 02C900 00");
    assert_eq!(host.send(&install), "6A88");
    assert_eq!(host.send("80E60800 0B 0000 05A000000001 00 00 00"), "6A88");
    assert_eq!(host.send("80E62000 0B 0000 05A000000001 00 00 00"), "6A88");
    assert_eq!(host.send("80E40000 07 4F05A000000001"), "6A88");
    assert_eq!(host.send("80E40080 0A 4F08A000000151000000"), "6985");
    assert_eq!(host.send("80E40000 03 D00109"), "6A88");
    assert_eq!(host.send("80E40000 03 D00101"), "6985");
    assert_eq!(host.send("80E40000 04 D0020101"), "6A80");
    assert_eq!(host.send("80E40000 02 9E00"), "6A80");
    assert_eq!(host.send("80F04080 05 A000000001"), "6A88");
    assert_eq!(host.send("80F04080 08 A000000151000000"), "6985");
}

#[test]
fn what_nobody_knows_is_refused() {
    let mut host = opened();
    assert_eq!(host.send("80FE0000"), "6D00");
    assert_eq!(host.send("90E40000"), "6E00");
    assert_eq!(host.send("00FE0000"), "6D00");
    assert_eq!(host.send("00E40000"), "6E00");
}

#[test]
fn a_manager_survives_its_image() {
    let mut host = opened();
    assert_eq!(host.send("80E29000 05 4203AABBCC"), "9000");
    let image = serde_json::to_vec(&host.manager).unwrap();
    host.manager = serde_json::from_slice(&image).unwrap();
    host.manager.reset(&mut host.runtime);
    host.open(StaticKeys::test_keys(), 0x30, SecurityLevel::FULL);
    assert_eq!(host.send("80CA004200"), "4203AABBCC9000");
    assert_eq!(host.send("80CA00C100"), "C1030000029000");
    assert!(!format!("{:?}", host.manager).contains("64, 65, 66"));
}
