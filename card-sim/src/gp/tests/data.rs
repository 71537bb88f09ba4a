//! STORE DATA in its forms, and what GET DATA then tells.

use scp::scp03::{SecurityLevel, StaticKeys};

use super::{Host, opened};

fn store(p1: u8, p2: u8, data: &str) -> String {
    let data = data.replace(' ', "");
    format!("80E2{p1:02X}{p2:02X}{:02X}{data}", data.len() / 2)
}

#[test]
fn data_groups_and_data_objects() {
    let mut host = opened();
    assert_eq!(host.send(&store(0x90, 0, "42 03 AABBCC")), "9000");
    assert_eq!(host.send("80CA004200"), "4203AABBCC9000");
    // Data groups: objects within 0070, and one that is an object itself; a long length.
    assert_eq!(
        host.send(&store(
            0x88,
            0,
            "0070 07 45 05 0102030405 5F50 FF0003 616263"
        )),
        "9000"
    );
    assert_eq!(host.send("80CA004500"), "450501020304059000");
    assert_eq!(host.send("80CA5F5000"), "5F50036162639000");
    // Card data and production data that the issuer has written go before the card's own.
    assert!(host.send("80CA006600").starts_with("66317"));
    assert_eq!(host.send(&store(0x90, 0, "66 02 7300")), "9000");
    assert_eq!(host.send("80CA006600"), "660273009000");
    assert_eq!(host.send(&store(0x90, 0, "9F7F 01 55")), "9000");
    assert_eq!(host.send("80CA9F7F00"), "9F7F01559000");
}

/// Encrypted are the values of the structures, not the structures (GPCS 2.3.1 table 11-89).
#[test]
fn encrypted_data() {
    let mut host = opened();
    let keys = StaticKeys::test_keys();
    let hidden = |text: &str| {
        let mut bytes = hex::decode(text.replace(' ', "")).unwrap();
        bytes.push(0x80);
        bytes.resize(bytes.len().next_multiple_of(16), 0);
        keys.encrypt_sensitive(&mut bytes).unwrap();
        hex::encode_upper(bytes)
    };
    let value = hidden("AABBCC");
    // Data objects.
    assert_eq!(
        host.send(&store(0xF0, 0, &format!("42 10 {value}"))),
        "9000"
    );
    assert_eq!(host.send("80CA004200"), "4203AABBCC9000");
    // Data groups, plain ones and encrypted ones in commands of their own.
    let group = format!("0070 10 {}", hidden("4203 112233"));
    assert_eq!(host.send(&store(0x08, 0, "0070 05 4503 010203")), "9000");
    assert_eq!(host.send(&store(0xE8, 1, &group)), "9000");
    assert_eq!(host.send("80CA004200"), "42031122339000");
    assert_eq!(host.send("80CA004500"), "45030102039000");
    // Without structure, the whole.
    assert_eq!(host.send(&store(0xE0, 0, &hidden("4203AABBCC"))), "9000");
    assert_eq!(host.send("80CA004200"), "4203AABBCC9000");
    assert_eq!(host.send(&store(0xE0, 0, "0102")), "6A80");
    assert_eq!(host.send(&store(0xF0, 0, "4202 0102")), "6A80");
    // In the application's own way: nothing that a security domain knows.
    assert_eq!(host.send(&store(0xA0, 0, &value)), "6A86");
}

#[test]
fn several_blocks_are_one() {
    let mut host = opened();
    assert_eq!(host.send(&store(0x10, 0, "42 05 0102")), "9000");
    assert_eq!(host.send("80CA004200"), "6A88");
    // Another command has ended it.
    assert_eq!(host.send(&store(0x90, 1, "030405")), "6A86");
    assert_eq!(host.send(&store(0x10, 0, "42 05 0102")), "9000");
    assert_eq!(host.send(&store(0x10, 1, "0304")), "9000");
    assert_eq!(host.send(&store(0x90, 2, "05")), "9000");
    assert_eq!(host.send("80CA004200"), "420501020304059000");
    for (first, second, status) in [
        // A block out of order, another form in the middle.
        (store(0x10, 0, "42 05"), store(0x90, 2, "05"), "6A86"),
        (store(0x10, 0, "42 05"), store(0x88, 1, "05"), "6A86"),
        // It is data objects only when all is there.
        (store(0x10, 0, "42 05"), store(0x90, 1, "05"), "6A80"),
    ] {
        assert_eq!(host.send(&first), "9000");
        assert_eq!(host.send(&second), status);
    }
    assert_eq!(host.send("80CA004200"), "420501020304059000");
    let block = "00".repeat(200);
    for number in 0..40 {
        assert_eq!(host.send(&store(0x10, number, &block)), "9000");
    }
    assert_eq!(host.send(&store(0x10, 40, &block)), "6A84");
}

#[test]
fn what_cannot_be_stored() {
    let mut host = opened();
    for (command, status) in [
        (store(0x90, 0, ""), "6A80"),
        (store(0x90, 0, "42"), "6A80"),
        (store(0x90, 0, "C1 03 000000"), "6A80"),
        (store(0x88, 0, "0071 03 420101"), "6A80"),
        (store(0x88, 0, "0070 09 420101"), "6A80"),
        (store(0x98, 0, "420101"), "6A86"),
        (store(0x92, 0, "420101"), "6A86"),
        // All or nothing.
        (store(0x90, 0, "42 01 01 44 01 01"), "6A80"),
        // Not an AID; one that is taken by the card manager's registry.
        (store(0x90, 0, "4F 02 0102"), "6A80"),
    ] {
        assert_eq!(host.send(&command), status, "{command}");
    }
    assert_eq!(host.send("80CA004200"), "6A88");
}

#[test]
fn a_domain_is_given_another_name() {
    let mut host = opened();
    assert_eq!(host.send(&store(0x90, 0, "4F 06 D27600000001")), "9000");
    assert_eq!(
        host.raw("00A4040000"),
        "6F0E8406D27600000001A5049F6501FF9000"
    );
    assert_eq!(host.raw("00A40400 08 A000000151000000 00"), "6A82");
    host.open(StaticKeys::test_keys(), 0, SecurityLevel::FULL);
    let image = serde_json::to_vec(&host.manager).unwrap();
    host.manager = serde_json::from_slice(&image).unwrap();
    assert!(host.raw("00A4040000").contains("D27600000001"));
}

#[test]
fn counters_are_told() {
    let mut host: Host = opened();
    assert_eq!(host.send("80CA00C200"), "C20200009000");
    assert_eq!(host.send("80CA00C100"), "C1030000019000");
    assert!(host.send("80CAFF2100").starts_with("FF210F810100"));
}
