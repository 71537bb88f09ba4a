//! Contexts, entry points, global arrays and shareable interfaces (JCRE 3.0.5 §6).

use super::support::{Package, add, ask, by_p1, card_with, command, select};
use card_sim::Card;

fn server() -> Package {
    Package {
        aid: vec![0xF0, 7, 7, 7, 7],
        construct: "sconst_1; newarray 11; putstatic_a #0".into(),
        // Parameter 1 asks for the service, 2 for an array, which is no shareable object.
        shareable:
            "sload_2; sconst_1; if_scmpeq service; getstatic_a #0; areturn; service: aload_0".into(),
        // Counts in a field of the server's, and adds the argument.
        service: Some(
            "aload_0; getfield_s .1; sconst_1; sadd; putfield_s_this .1; aload_0; getfield_s .1; sload_1; sadd; sreturn",
        ),
        process: by_p1(&["aload_0; getfield_s .1"]),
        ..Package::default()
    }
}

/// The server, and a client of another package with these branches.
fn pair(branches: &[&str]) -> (Package, Package) {
    let client = Package {
        aid: vec![0xF0, 8, 8, 8, 8],
        process: by_p1(branches),
        ..Package::default()
    };
    (server(), client)
}

fn server_aid() -> &'static str {
    // AID F0 07 07 07 07 01 in an array, then as an object in local 3.
    "bspush 6; newarray 11; astore_2
     aload_2; sconst_0; bspush -16; bastore; aload_2; sconst_1; bspush 7; bastore; aload_2; sconst_2; bspush 7; bastore
     aload_2; sconst_3; bspush 7; bastore; aload_2; sconst_4; bspush 7; bastore; aload_2; sconst_5; sconst_1; bastore
     aload_2; sconst_0; bspush 6; invokestatic javacard/framework/JCSystem.lookupAID([BSB)Ljavacard/framework/AID;; astore_3"
}

fn shareable(parameter: u8) -> String {
    format!(
        "{}
         aload_3; bspush {parameter}
         invokestatic javacard/framework/JCSystem.getAppletShareableInterfaceObject(Ljavacard/framework/AID;B)Ljavacard/framework/Shareable;",
        server_aid()
    )
}

fn ready(branches: &[&str]) -> (Card, Package, Package) {
    let (server, client) = pair(branches);
    let mut card = card_with(&server);
    add(&mut card, &client);
    select(&mut card, &client);
    (card, server, client)
}

#[test]
fn a_server_gives_only_shareable_objects() {
    let (mut card, ..) = ready(&[
        &format!(
            "{}; ifnull no; sconst_1; goto_w answer; no: sconst_0",
            shareable(1)
        ),
        &format!(
            "{}; ifnull no; sconst_1; goto_w answer; no: sconst_0",
            shareable(2)
        ),
    ]);
    assert_eq!(ask(&mut card, 0), 1);
    assert_eq!(card.transmit(&command(1)), [0x6F, 0]);
    let fault = card.last_fault().unwrap().to_string();
    assert!(fault.contains("SecurityException"), "{fault}");
}

#[test]
fn objects_of_another_context_are_out_of_reach() {
    let object = shareable(1);
    let (mut card, ..) = ready(&[
        // Its methods outside of shareable interfaces.
        &format!(
            "{object}; aconst_null; invokevirtual java/lang/Object.equals(Ljava/lang/Object;)Z"
        ),
        // Its fields: the cells that our own class has, at their places.
        &format!("{object}; getfield_s .1"),
        &format!("{object}; sconst_1; putfield_s .1; sconst_0"),
        // A cast to a class.
        &format!("{object}; instanceof 0 javacard/framework/Applet"),
        // A cast to a shareable interface is allowed.
        &format!("{object}; instanceof 0 javacard/framework/Shareable"),
        // To throw it.
        &format!("{object}; athrow; sconst_0"),
    ]);
    for p1 in [0, 1, 2, 3, 5] {
        assert_eq!(card.transmit(&command(p1)), [0x6F, 0], "P1 {p1}");
        let fault = card.last_fault().unwrap().to_string();
        assert!(fault.contains("SecurityException"), "P1 {p1}: {fault}");
    }
    assert_eq!(ask(&mut card, 4), 1);
}

#[test]
fn entry_points_and_global_arrays_cannot_be_kept() {
    let buffer = "aload_1; invokevirtual javacard/framework/APDU.getBuffer()[B";
    let (mut card, ..) = ready(&[
        "aload_1; putfield_a_this .8; sconst_0",
        &format!("{buffer}; putfield_a_this .8; sconst_0"),
        &format!("{buffer}; putstatic_a #0; sconst_0"),
        "sconst_1; anewarray java/lang/Object; sconst_0; aload_1; aastore; sconst_0",
        // A permanent entry point may be kept.
        "invokestatic javacard/framework/JCSystem.getAID()Ljavacard/framework/AID;; putfield_a_this .8; sconst_1",
        // And its methods called: 6 bytes of AID.
        &format!(
            "getfield_a_this .8; {buffer}; sconst_0; invokevirtual javacard/framework/AID.getBytes([BS)B"
        ),
    ]);
    for p1 in [0, 1, 2, 3] {
        assert_eq!(card.transmit(&command(p1)), [0x6F, 0], "P1 {p1}");
        let fault = card.last_fault().unwrap().to_string();
        assert!(fault.contains("SecurityException"), "P1 {p1}: {fault}");
    }
    assert_eq!(ask(&mut card, 4), 1);
    assert_eq!(ask(&mut card, 5), 6);
}
