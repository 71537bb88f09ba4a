//! Supplementary security domains: what their privileges let them do, and to whom.

use scp::scp03::{Challenge, HostOpening, SecurityLevel, StaticKeys};

use super::{Host, hex, opened, put_key};

const MODULE: &str = "07 A0000001515350 08 A000000151535041";

/// INSTALL \[for install and make selectable\] of a security domain.
pub(super) fn domain(aid: &str, privileges: &str, parameters: &str) -> String {
    let field = |text: &str| format!("{:02X}{text}", text.len() / 2);
    let data = [
        MODULE.replace(' ', ""),
        field(aid),
        field(privileges),
        field(parameters),
        "00".to_owned(),
    ]
    .concat();
    format!("80E60C00{:02X}{data}", data.len() / 2)
}

/// INSTALL with six fields.
pub(super) fn install(p1: u8, fields: [&str; 6]) -> String {
    let data: String = fields
        .iter()
        .map(|text| format!("{:02X}{text}", text.len() / 2))
        .collect();
    format!("80E6{p1:02X}00{:02X}{data}", data.len() / 2)
}

impl Host {
    /// Selects a domain and opens a session with it.
    pub(super) fn enter(&mut self, aid: &str, keys: &StaticKeys) {
        let select = format!("00A40400{:02X}{aid}00", aid.len() / 2);
        assert!(self.raw(&select).ends_with("9000"));
        self.open(keys.clone(), 0, SecurityLevel::FULL);
    }
}

const A: &str = "F0000000A1";
const B: &str = "F0000000B2";
const C: &str = "F0000000C3";

#[test]
fn privileges_go_together_or_not() {
    let mut host = opened();
    for (privileges, status) in [
        // Not a security domain; delegated and authorized; mandated without DAP verification; two bytes.
        ("00", "6A80"),
        ("40", "6A80"),
        ("A04000", "6A80"),
        ("81", "6A80"),
        ("8000", "6A80"),
        ("", "6A80"),
        ("C1", "009000"),
    ] {
        assert_eq!(
            host.send(&domain(A, privileges, "")),
            status,
            "{privileges}"
        );
    }
    assert_eq!(host.send(&domain(A, "80", "")), "6985");
    assert_eq!(host.send(&domain(B, "84", "")), "009000");
    // Card reset and final application are for one.
    assert_eq!(host.send(&domain(C, "84", "")), "6985");
    assert_eq!(host.send(&domain(C, "800200", "")), "009000");
    assert_eq!(host.send(&domain("F0000000D4", "800200", "")), "6985");
    // After a reset the domain with card reset is selected.
    host.manager.reset(&mut host.runtime);
    assert!(host.raw("80CA006600").ends_with("9000"));
    assert_eq!(host.raw("80CA00C200"), "6A88");
}

#[test]
fn a_domain_manages_what_is_below_it() {
    let mut host = opened();
    assert_eq!(host.send(&domain(A, "804000", "")), "009000");
    assert_eq!(host.send(&domain(B, "80", "")), "009000");
    let test = StaticKeys::test_keys();
    host.enter(A, &test);
    // Its own: it may be made, seen, locked, deleted; another's may not.
    assert_eq!(host.send(&domain(C, "80", "")), "009000");
    let seen = host.send("80F24002 02 4F00 00");
    assert!(
        seen.contains(A) && seen.contains(C) && !seen.contains(B),
        "{seen}"
    );
    assert!(host.send("80F28002 02 4F00 00").ends_with("9000"));
    assert_eq!(host.send(&format!("80F04080 05 {B}")), "6985");
    assert_eq!(host.send(&format!("80E40000 07 4F05{B}")), "6985");
    assert_eq!(host.send(&install(0x20, ["", "", B, "", "", ""])), "6985");
    assert_eq!(host.send(&install(0x10, [C, "", B, "", "", ""])), "6985");
    assert_eq!(host.send(&install(0x40, [C, "", B, "", "", ""])), "6985");
    // A load for another's domain.
    assert_eq!(
        host.send(&format!("80E60200 0F 05F0000000E5 05{B} 00 00 00")),
        "6985"
    );
    assert_eq!(
        host.send(&format!("80E60200 0F 05F0000000E5 05{C} 00 00 00")),
        "009000"
    );
    assert_eq!(host.send(&format!("80F04080 05 {C}")), "9000");
    assert_eq!(host.send(&format!("80F04000 05 {C}")), "9000");
    assert_eq!(host.send(&format!("80E40000 07 4F05{C}")), "009000");
    // Neither the card's state nor its end is its business.
    assert_eq!(host.send("80F08007"), "6985");
    assert_eq!(host.send("80F080FF"), "6985");

    // The issuer sees and deletes everything; B manages nothing but itself.
    host.enter("A000000151000000", &test);
    let seen = host.send("80F24002 02 4F00 00");
    assert!(seen.contains(A) && seen.contains(B), "{seen}");
    host.enter(B, &test);
    assert_eq!(host.send(&domain(C, "80", "")), "6985");
    assert_eq!(host.send(&format!("80E40000 07 4F05{B}")), "6985");
    assert_eq!(host.send(&format!("80F04080 05 {A}")), "6985");
    let keys: [&[u8]; 3] = [&[1; 16], &[2; 16], &[3; 16]];
    assert!(host.send(&put_key(&test, 0, 0x41, keys)).ends_with("9000"));
    assert_eq!(host.send("80E29000 05 4203AABBCC"), "9000");
    assert_eq!(host.send("80CA004200"), "4203AABBCC9000");
    host.enter("A000000151000000", &test);
    assert_eq!(host.send("80CA004200"), "6A88");
}

#[test]
fn extradition_makes_no_circles() {
    let mut host = opened();
    for aid in [A, B, C] {
        assert_eq!(host.send(&domain(aid, "80", "")), "009000");
    }
    let extradite = |target: &str, subject: &str| install(0x10, [target, "", subject, "", "", ""]);
    assert_eq!(host.send(&extradite(A, B)), "009000");
    assert_eq!(host.send(&extradite(B, C)), "009000");
    // C is below B, B below A.
    for (target, subject) in [(C, A), (B, A), (C, B), (A, A), (B, "A000000151000000")] {
        assert_eq!(host.send(&extradite(target, subject)), "6985");
    }
    assert_eq!(host.send(&extradite("", C)), "6A80");
    assert_eq!(host.send(&extradite(A, "F0000000FF")), "6A88");
    assert_eq!(host.send(&extradite("F0000000FF", C)), "6A88");
    // A locked domain takes nothing, and one with something below it is not deleted.
    assert_eq!(host.send(&format!("80F04080 05 {A}")), "9000");
    assert_eq!(host.send(&extradite(A, C)), "6985");
    assert_eq!(host.send(&format!("80E40000 07 4F05{A}")), "6985");
    assert_eq!(host.send(&extradite("A000000151000000", C)), "009000");
}

#[test]
fn the_registry_is_updated() {
    let mut host = opened();
    assert_eq!(host.send(&domain(A, "80", "")), "009000");
    assert_eq!(host.send(&domain(B, "80", "")), "009000");
    let update =
        |target: &str, privileges: &str| install(0x40, [target, "", A, privileges, "", ""]);
    assert_eq!(host.send(&update("", "804000")), "009000");
    let seen = |host: &mut Host| host.send(&format!("80F24002 07 4F05{A} 00"));
    assert!(seen(&mut host).contains("C503804000"));
    assert_eq!(host.send(&update("", "A04000")), "6A80");
    assert_eq!(host.send(&update("", "00")), "6A80");
    assert_eq!(host.send(&update(B, "")), "009000");
    assert!(seen(&mut host).contains(&format!("C503804000CC05{B}")));
    assert_eq!(host.send(&update(A, "")), "6985");
    assert_eq!(
        host.send(&install(0x40, ["", "", "F0000000FF", "80", "", ""])),
        "6A88"
    );
}

#[test]
fn a_domain_speaks_the_protocol_that_its_parameters_name() {
    let mut host = opened();
    assert_eq!(host.send(&domain(A, "80", "C90481020295")), "6A80");
    assert_eq!(host.send(&domain(A, "80", "C90481020340")), "6A80");
    assert_eq!(host.send(&domain(A, "80", "C90481020371")), "009000");
    assert!(host.raw("00A4040005F0000000A100").ends_with("9000"));
    assert!(host.raw("80CA006600").contains("06092A864886FC6B040371"));
    // S16 mode.
    let challenge = Challenge::new(&[5; 16]).unwrap();
    let opening = HostOpening::new(StaticKeys::test_keys(), 0, challenge);
    let response = host.manager.process(&mut host.runtime, &opening.command());
    let (_, command) = opening.answer(&response, SecurityLevel::FULL).unwrap();
    let response = host.manager.process(&mut host.runtime, &command);
    assert_eq!(response, hex("9000"));
}

#[test]
fn a_domain_is_personalized_through_the_one_above() {
    let mut host = opened();
    assert_eq!(host.send(&domain(A, "80", "")), "009000");
    assert_eq!(host.send(&install(0x20, ["", "", A, "", "", ""])), "009000");
    assert_eq!(host.send("80E29000 05 4203AABBCC"), "9000");
    assert_eq!(host.send("80CA004200"), "6A88");
    assert!(host.raw("00A4040005F0000000A100").ends_with("9000"));
    assert_eq!(host.raw("80CA004200"), "4203AABBCC9000");
    host.enter("A000000151000000", &StaticKeys::test_keys());
    assert_eq!(host.send(&format!("80F04080 05 {A}")), "9000");
    assert_eq!(host.send(&install(0x20, ["", "", A, "", "", ""])), "6985");
    assert_eq!(
        host.send(&install(0x20, ["", "", "F0000000FF", "", "", ""])),
        "6A88"
    );
}
