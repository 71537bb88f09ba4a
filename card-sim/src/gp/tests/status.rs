//! Life cycles and listings.

use super::authority::{domain, install};
use super::opened;

#[test]
fn a_long_listing_comes_in_parts() {
    let mut host = opened();
    for number in 0..30 {
        assert_eq!(
            host.send(&domain(&format!("F0000000{number:02X}"), "80", "")),
            "009000"
        );
    }
    let mut found = 0;
    let mut answer = host.send("80F24002 02 4F00 00");
    let mut parts = 1;
    while answer.ends_with("6310") {
        found += answer.matches("4F05F0000000").count();
        answer = host.send("80F24003 02 4F00 00");
        parts += 1;
    }
    found += answer.matches("4F05F0000000").count();
    assert!(answer.ends_with("9000") && parts > 3, "{parts}");
    assert_eq!(found, 30);
    // There is no next part, and none of another form or after another command.
    assert_eq!(host.send("80F24003 02 4F00 00"), "6985");
    for between in ["80F24001 02 4F00 00", "80F28003 02 4F00 00", "80CA006600"] {
        assert!(host.send("80F24002 02 4F00 00").ends_with("6310"));
        host.send(between);
        assert_eq!(host.send("80F24003 02 4F00 00"), "6985", "{between}");
    }
}

#[test]
fn criteria() {
    let mut host = opened();
    for (aid, privileges) in [
        ("F0000000A1", "80"),
        ("F0000000B2", "804000"),
        ("F1000000C3", "80"),
    ] {
        assert_eq!(host.send(&domain(aid, privileges, "")), "009000");
    }
    assert_eq!(host.send("80F04080 05 F0000000A1"), "9000");
    let mut count = |criteria: &str| {
        let criteria = criteria.replace(' ', "");
        let answer = host.send(&format!("80F24002{:02X}{criteria}00", criteria.len() / 2));
        if answer.ends_with("9000") {
            answer.matches("E3").count()
        } else {
            0
        }
    };
    assert_eq!(count("4F00"), 3);
    assert_eq!(count("4F01F0"), 2);
    assert_eq!(count("4F00 9F700187"), 1);
    assert_eq!(count("4F00 9F700107"), 2);
    assert_eq!(count("4F00 C503004000"), 1);
    assert_eq!(count("4F00 C50180"), 3);
    assert_eq!(count("4F01F1 C503004000"), 0);
    assert_eq!(count("4F00 CC08A000000151000000"), 3);
    assert_eq!(count("4F00 CC05F0000000A1"), 0);
    assert_eq!(host.send("80F24002 04 4F00 C900 00"), "6A80");
    assert_eq!(host.send("80F24002 02 C900 00"), "6A80");
}

#[test]
fn a_domain_s_life() {
    let mut host = opened();
    let mut install_only = domain("F0000000A1", "80", "");
    install_only.replace_range(4..6, "04");
    assert_eq!(host.send(&install_only), "009000");
    assert_eq!(host.raw("00A4040005F0000000A100"), "6A82");
    // What is not selectable takes nothing.
    assert_eq!(host.send(&domain("F0000000B2", "80", "")), "009000");
    assert_eq!(
        host.send(&install(0x10, ["F0000000A1", "", "F0000000B2", "", "", ""])),
        "6985"
    );
    // Made selectable, with card reset if asked, but with no other privilege.
    assert_eq!(
        host.send(&install(0x08, ["", "", "F0000000A1", "10", "", ""])),
        "6A80"
    );
    assert_eq!(
        host.send(&install(0x08, ["", "", "F0000000A1", "04", "", ""])),
        "009000"
    );
    assert_eq!(
        host.send(&install(0x08, ["", "", "F0000000A1", "00", "", ""])),
        "6985"
    );
    assert!(
        host.send("80F24002 07 4F05F0000000A1 00")
            .contains("9F700107C503840000")
    );
    for (command, status) in [
        ("80F0400F 05 F0000000A1", "9000"),
        ("80F0400F 05 F0000000A1", "6985"),
        ("80F04007 05 F0000000A1", "6985"),
        ("80F04080 05 F0000000A1", "9000"),
        ("80F0400F 05 F0000000A1", "9000"),
        // A domain with all that belongs to it; an AID that is none; no AID.
        ("80F06080 05 F0000000A1", "9000"),
        ("80F06080 05 F0000000FF", "6A88"),
        ("80F04080", "6A80"),
        ("80F02080 05 F0000000A1", "6A86"),
    ] {
        assert_eq!(host.send(command), status, "{command}");
    }
    assert!(
        host.send("80F24002 07 4F05F0000000A1 00")
            .contains("9F70018F")
    );
    assert_eq!(host.raw("00A4040005F0000000A100"), "6A82");
}
