//! Packages of the API through applets: `javacardx.framework.tlv` and `string`, `javacard.framework.service`,
//! `SensitiveResult`, the global PIN and global services of GlobalPlatform, and what is refused by name.

use super::support::{Package, add, ask, by_p1, card_with, select};
use card_sim::Card;
use card_sim::registry::Privileges;

const TAG: &str = "javacardx/framework/tlv/";

/// Puts these bytes into a new array, in local 2.
fn array(bytes: &[u8]) -> String {
    let mut code = format!("sspush {}; newarray 11; astore_2", bytes.len());
    for (index, byte) in bytes.iter().enumerate() {
        code += &format!(
            "; aload_2; sspush {index}; bspush {}; bastore",
            byte.cast_signed()
        );
    }
    code
}

fn ready(branches: &[&str]) -> Card {
    let package = Package {
        process: by_p1(branches),
        ..Package::default()
    };
    let mut card = card_with(&package);
    select(&mut card, &package);
    card
}

/// What an uncaught exception was.
fn fault(card: &mut Card, p1: u8) -> String {
    assert_eq!(ask(card, p1), 0x16F00);
    card.last_fault().unwrap().to_string()
}

#[test]
fn tlv_objects_hold_each_other() {
    // 7F49 { 81: 01 02, 82: 03 } in local 2.
    let bytes = array(&[0x7F, 0x49, 7, 0x81, 2, 1, 2, 0x82, 1, 3]);
    let made = format!(
        "{bytes}; aload_2; sconst_0; bspush 10
         invokestatic {TAG}BERTLV.getInstance([BSS)L{TAG}BERTLV;; checkcast 0 {TAG}ConstructedBERTLV; astore_3
         new {TAG}PrimitiveBERTag; astore 4; aload 4; invokespecial {TAG}PrimitiveBERTag.<init>()V
         aload 4; sconst_2; sconst_2; invokevirtual {TAG}PrimitiveBERTag.init(BS)V
         aload_3; aload 4; invokevirtual {TAG}ConstructedBERTLV.find(L{TAG}BERTag;)L{TAG}BERTLV;
         checkcast 0 {TAG}PrimitiveBERTLV; astore 5"
    );
    let mut card = ready(&[
        &format!("{made}; aload_3; invokevirtual {TAG}BERTLV.size()S"),
        &format!("{made}; aload_3; invokevirtual {TAG}BERTLV.getTag()L{TAG}BERTag;; invokevirtual {TAG}BERTag.tagNumber()S"),
        // The value of 82.
        &format!("{made}; aload 5; aload_2; sconst_0; invokevirtual {TAG}PrimitiveBERTLV.getValue([BS)S; pop; aload_2; sconst_0; baload"),
        // It grows to 202 bytes, and the array of 100 ends before.
        &format!(
            "{made}; bspush 100; newarray 11; astore 6
             aload 5; aload 6; sconst_0; bspush 100; invokevirtual {TAG}PrimitiveBERTLV.appendValue([BSS)S; pop
             aload 5; aload 6; sconst_0; bspush 101; invokevirtual {TAG}PrimitiveBERTLV.appendValue([BSS)S; pop; sconst_0"
        ),
        &format!(
            "{made}; bspush 100; newarray 11; astore 6
             aload 5; aload 6; sconst_0; bspush 100; invokevirtual {TAG}PrimitiveBERTLV.appendValue([BSS)S; pop
             aload 5; aload 6; sconst_0; bspush 100; invokevirtual {TAG}PrimitiveBERTLV.appendValue([BSS)S; pop
             aload_3; invokevirtual {TAG}BERTLV.size()S"
        ),
        // Deleted, it is not found; a second time it is no element.
        &format!(
            "{made}; aload_3; aload 5; sconst_1; invokevirtual {TAG}ConstructedBERTLV.delete(L{TAG}BERTLV;S)S; pop
             aload_3; aload 4; invokevirtual {TAG}ConstructedBERTLV.find(L{TAG}BERTag;)L{TAG}BERTLV;
             ifnull none; sconst_m1; goto_w answer; none: aload_3; invokevirtual {TAG}BERTLV.size()S"
        ),
        &format!(
            "{made}; aload_3; aload 5; sconst_2; invokevirtual {TAG}ConstructedBERTLV.delete(L{TAG}BERTLV;S)S"
        ),
        // The next element after the first, whatever its tag.
        &format!(
            "{made}; aload_3; aconst_null
             aload_3; aconst_null; invokevirtual {TAG}ConstructedBERTLV.find(L{TAG}BERTag;)L{TAG}BERTLV;
             sconst_1; invokevirtual {TAG}ConstructedBERTLV.findNext(L{TAG}BERTag;L{TAG}BERTLV;S)L{TAG}BERTLV;
             aload 5; if_acmpeq same; sconst_0; goto_w answer; same: sconst_1"
        ),
        // An object in itself has no size.
        &format!("{made}; aload_3; aload_3; invokevirtual {TAG}ConstructedBERTLV.append(L{TAG}BERTLV;)S"),
        // An empty one has no tag.
        &format!(
            "new {TAG}PrimitiveBERTLV; dup; sconst_5; invokespecial {TAG}PrimitiveBERTLV.<init>(S)V
             invokevirtual {TAG}BERTLV.size()S"
        ),
    ]);
    for (p1, expected) in [(0, 10), (1, 0x49), (2, 3), (4, 212), (5, 7), (7, 1)] {
        assert_eq!(ask(&mut card, p1), expected, "P1 {p1}");
    }
    assert!(fault(&mut card, 3).contains("ArrayIndexOutOfBounds"));
    for (p1, reason) in [(6, "1"), (8, "10"), (9, "4")] {
        let fault = fault(&mut card, p1);
        assert!(
            fault.contains("TLVException") && fault.contains(reason),
            "{fault}"
        );
    }
}

#[test]
fn tlv_arrays_are_edited_in_place() {
    let bytes = array(&[0, 0x30, 5, 4, 1, 9, 5, 0, 0x30, 2, 4, 0, 0, 0, 0, 0]);
    let mut card = ready(&[
        // The offset of 05 00, found by the tag that stands at 6.
        &format!(
            "{bytes}; aload_2; sconst_1; aload_2; bspush 6; invokestatic {TAG}ConstructedBERTLV.find([BS[BS)S"
        ),
        &format!(
            "{bytes}; aload_2; sconst_1; sconst_3; aconst_null; sconst_0; invokestatic {TAG}ConstructedBERTLV.findNext([BSS[BS)S"
        ),
        &format!(
            "{bytes}; aload_2; sconst_1; bspush 6; aconst_null; sconst_0; invokestatic {TAG}ConstructedBERTLV.findNext([BSS[BS)S"
        ),
        &format!(
            "{bytes}; aload_2; sconst_1; sconst_4; aconst_null; sconst_0; invokestatic {TAG}ConstructedBERTLV.findNext([BSS[BS)S"
        ),
        // Appends 04 01 09 to 30 02 04 00, and then a byte to the value of a primitive one.
        &format!(
            "{bytes}; aload_2; sconst_3; aload_2; bspush 8; invokestatic {TAG}ConstructedBERTLV.append([BS[BS)S; pop; aload_2; bspush 9; baload"
        ),
        &format!(
            "{bytes}; aload_2; bspush 10; aload_2; sconst_5; sconst_1; invokestatic {TAG}PrimitiveBERTLV.appendValue([BS[BSS)S; pop; aload_2; bspush 12; baload"
        ),
        &format!(
            "{bytes}; aload_2; sconst_3; invokestatic {TAG}PrimitiveBERTLV.getValueOffset([BS)S"
        ),
        &format!(
            "{bytes}; aload_2; sconst_1; bspush 7; invokestatic {TAG}BERTLV.verifyFormat([BSS)Z"
        ),
        &format!(
            "{bytes}; aload_2; sconst_1; bspush 8; invokestatic {TAG}BERTLV.verifyFormat([BSS)Z"
        ),
        // A tag of two bytes: class 2, constructed, number 500: BF 83 74.
        &format!(
            "{bytes}; sconst_2; sconst_1; sspush 500; aload_2; sconst_0; invokestatic {TAG}BERTag.toBytes(SZS[BS)S; pop; aload_2; sconst_0; invokestatic {TAG}BERTag.tagNumber([BS)S"
        ),
    ]);
    for (p1, expected) in [
        (0, 6),
        (1, 6),
        (2, -1),
        (4, 5),
        (5, 9),
        (6, 5),
        (7, 1),
        (8, 0),
        (9, 500),
    ] {
        assert_eq!(ask(&mut card, p1), expected, "P1 {p1}");
    }
    assert!(fault(&mut card, 3).contains("TLVException"));
}

#[test]
fn strings_are_worked_on() {
    let class = "javacardx/framework/string/StringUtil";
    // "-12é" in local 2.
    let text = array(&[0x2D, 0x31, 0x32, 0xC3, 0xA9]);
    let mut card = ready(&[
        &format!("{text}; aload_2; sconst_0; sconst_5; invokestatic {class}.codePointCount([BSS)S"),
        &format!(
            "{text}; aload_2; sconst_0; sconst_3; invokestatic {class}.parseShortInteger([BSS)S"
        ),
        &format!(
            "{text}; sspush -345; aload_2; sconst_1; invokestatic {class}.valueOf(S[BS)S; pop; aload_2; sconst_2; sconst_3; invokestatic {class}.parseShortInteger([BSS)S"
        ),
        &format!(
            "{text}; aload_2; sconst_0; sconst_5; sconst_5; sconst_m1; invokestatic {class}.offsetByCodePoints([BSSSS)S"
        ),
        &format!(
            "{text}; aload_2; sconst_0; sconst_5; aload_2; sconst_0; bspush 7; invokestatic {class}.convertTo([BSS[BSB)S"
        ),
        &format!(
            "{text}; aload_2; sconst_0; sconst_5; invokestatic {class}.parseShortInteger([BSS)S"
        ),
        &format!(
            "{text}; aload_2; sconst_0; sconst_5; aload_2; sconst_0; bspush 6; invokestatic {class}.convertTo([BSS[BSB)S"
        ),
        &format!(
            "{text}; aload_2; sconst_0; sconst_5; bspush 9; aload_2; sconst_0; invokestatic {class}.codePointAt([BSSS[BS)S"
        ),
        &format!(
            "{text}; aload_2; sconst_0; sconst_5; aload_2; sconst_3; sconst_2; sconst_1; invokestatic {class}.endsWith([BSS[BSSS)Z"
        ),
    ]);
    for (p1, expected) in [(0, 4), (1, -12), (2, 345), (3, 3), (4, 4), (8, 1)] {
        assert_eq!(ask(&mut card, p1), expected, "P1 {p1}");
    }
    for (p1, name) in [
        (5, "StringException"),
        (6, "StringException"),
        (7, "IndexOutOfBounds"),
    ] {
        let fault = fault(&mut card, p1);
        assert!(fault.contains(name), "{fault}");
    }
}

#[test]
fn a_sensitive_result_is_looked_at_twice() {
    let class = "javacardx/security/SensitiveResult";
    let compare = "aload_1; invokevirtual javacard/framework/APDU.getBuffer()[B; sconst_0
                   aload_1; invokevirtual javacard/framework/APDU.getBuffer()[B; sconst_0; sconst_2
                   invokestatic javacard/framework/Util.arrayCompare([BS[BSS)B; pop";
    let mut card = ready(&[
        &format!("{compare}; invokestatic {class}.assertZero()V; sconst_0; invokestatic {class}.assertEquals(S)V; sconst_1"),
        &format!("{compare}; invokestatic {class}.assertPositive()V; sconst_1"),
        // A byte is no boolean.
        &format!("{compare}; invokestatic {class}.assertFalse()V; sconst_1"),
        &format!("{compare}; invokestatic {class}.reset()V; invokestatic {class}.assertZero()V; sconst_1"),
        // Nothing is left of the last command.
        &format!("invokestatic {class}.assertZero()V; sconst_1"),
        &format!("invokestatic javacard/framework/JCSystem.getAID()Ljavacard/framework/AID;; invokestatic {class}.assertEquals(Ljava/lang/Object;)V; sconst_1"),
        &format!(
            "invokestatic javacard/framework/JCSystem.getAID()Ljavacard/framework/AID;; astore_2
             aload_2; aload_2; invokevirtual javacard/framework/AID.RIDEquals(Ljavacard/framework/AID;)Z; pop
             invokestatic {class}.assertTrue()V; sconst_1"
        ),
    ]);
    for defensive in [false, true] {
        card.set_defensive(defensive);
        for p1 in [0, 5, 6] {
            assert_eq!(ask(&mut card, p1), 1, "P1 {p1}");
        }
        for p1 in 1..5 {
            assert!(
                fault(&mut card, p1).contains("SecurityException"),
                "P1 {p1}"
            );
        }
    }
}

/// The applet is its own service for commands: INS 01 is answered with P1 and P2, 02 fails, 03 throws.
fn service_applet() -> Package {
    let service = "javacard/framework/service/";
    let basic = |method: &str| {
        format!("getfield_a_this .8; aload_1; invokevirtual {service}BasicService.{method}")
    };
    let command = format!(
        "{}; slookupswitch other 1=echo 2=fail 3=throw
         other: sconst_0; sreturn
         echo: {}; sstore_2
         {}; pop
         getfield_a_this .8; aload_1; sconst_1; invokevirtual {service}BasicService.setOutputLength(Ljavacard/framework/APDU;S)V
         aload_1; invokevirtual javacard/framework/APDU.getBuffer()[B; sconst_5; sload_2; bastore
         sconst_1; sreturn
         fail: getfield_a_this .8; aload_1; sspush 27013
         invokevirtual {service}BasicService.fail(Ljavacard/framework/APDU;S)Z; sreturn
         throw: sspush 1; invokestatic javacard/framework/ISOException.throwIt(S)V; sconst_1; sreturn",
        basic("getINS(Ljavacard/framework/APDU;)B"),
        basic("getP1(Ljavacard/framework/APDU;)B"),
        basic("succeed(Ljavacard/framework/APDU;)Z"),
    );
    Package {
        construct: format!(
            "aload_0; new {service}BasicService; dup; invokespecial {service}BasicService.<init>()V; putfield_a .8
             aload_0; new {service}Dispatcher; dup; sconst_2; invokespecial {service}Dispatcher.<init>(S)V; putfield_a .9
             aload_0; getfield_a .9; aload_0; checkcast 0 {service}Service; sconst_2
             invokevirtual {service}Dispatcher.addService(L{service}Service;B)V
             aload_0; getfield_a .9; getfield_a_this .8; sconst_1
             invokevirtual {service}Dispatcher.addService(L{service}Service;B)V"
        ),
        process: format!(
            "aload_0; invokevirtual javacard/framework/Applet.selectingApplet()Z; ifeq go; return
             go: getfield_a_this .9; aload_1; invokevirtual {service}Dispatcher.process(Ljavacard/framework/APDU;)V; return"
        ),
        implements: Some((
            "javacard/framework/service/Service",
            vec![
                (2, "sconst_0; sreturn"),
                (2, command.leak()),
                (2, "sconst_0; sreturn"),
            ],
        )),
        ..Package::default()
    }
}

#[test]
fn services_are_dispatched() {
    let package = service_applet();
    let mut card = card_with(&package);
    assert_eq!(select(&mut card, &package), [0x90, 0]);
    for (command, response) in [
        ([0x80, 1, 0x42, 0, 0], &[0x42, 0x90, 0][..]),
        ([0x80, 2, 0, 0, 0], &[0x69, 0x85]),
        // What a service throws is no status word.
        ([0x80, 3, 0, 0, 0], &[0x6F, 0]),
        // No service has it.
        ([0x80, 4, 0, 0, 0], &[0x6D, 0]),
    ] {
        assert_eq!(card.transmit(&command), response, "{command:02X?}");
    }
}

#[test]
fn what_a_card_may_lack_is_refused_by_name() {
    let mut card = ready(&[
        "sconst_3; sconst_3; invokestatic javacardx/biometry/BioBuilder.buildBioTemplate(BB)Ljavacardx/biometry/OwnerBioTemplate;; pop; sconst_0",
        "sconst_1; aconst_null; sconst_0; invokestatic javacardx/external/Memory.getMemoryAccessInstance(B[SS)Ljavacardx/external/MemoryAccess;; pop; sconst_0",
        "sconst_3; invokestatic javacardx/biometry1toN/Bio1toNBuilder.buildBioTemplateData(B)Ljavacardx/biometry1toN/OwnerBioTemplateData;; pop; sconst_0",
    ]);
    for (p1, name) in [
        (0, "BioException"),
        (1, "ExternalException"),
        (2, "Bio1toNException"),
    ] {
        let fault = fault(&mut card, p1);
        assert!(fault.contains(name), "{fault}");
    }
}

/// Makes a card with the package, whose applet has these privileges.
fn privileged(package: &Package, privileges: &[u8]) -> Card {
    let mut card = card_with(package);
    set_privileges(&mut card, package, privileges);
    card
}

fn set_privileges(card: &mut Card, package: &Package, privileges: &[u8]) {
    let all = privileges
        .iter()
        .fold(Privileges::default(), |all, number| all.with(*number));
    let registry = card.registry_mut();
    let id = registry
        .find_application(package.applet_aid().as_bytes())
        .unwrap();
    registry.application_mut(id).unwrap().privileges = all;
}

#[test]
fn the_global_pin_is_for_all() {
    let cvm =
        "bspush 17; invokestatic org/globalplatform/GPSystem.getCVM(B)Lorg/globalplatform/CVM;";
    let call = |name: &str| format!("{cvm}; invokeinterface 1 org/globalplatform/CVM.{name}");
    let with = |digits: &[u8], format: u8, name: &str| {
        format!(
            "{}; {cvm}; aload_2; sconst_0; bspush {}; sconst_{format}; invokeinterface 5 org/globalplatform/CVM.{name}",
            array(digits),
            digits.len()
        )
    };
    let branches = [
        format!("{cvm}; sconst_3; invokeinterface 2 org/globalplatform/CVM.setTryLimit"),
        with(b"12345", 1, "update"),
        with(&[0x12, 0x34, 0x5F], 2, "verify"),
        with(b"12346", 1, "verify"),
        call("getTriesRemaining"),
        call("isVerified"),
        call("isSubmitted"),
        call("isBlocked"),
        call("resetAndUnblockState"),
        call("isActive"),
        call("resetState"),
        with(b"12345", 3, "verify"),
    ];
    let branches: Vec<&str> = branches.iter().map(String::as_str).collect();
    let manager = Package {
        process: by_p1(&branches),
        ..Package::default()
    };
    let user = Package {
        aid: vec![0xF0, 1, 2, 3, 4, 6],
        process: by_p1(&branches),
        ..Package::default()
    };
    let mut card = privileged(&manager, &[Privileges::CVM_MANAGEMENT]);
    add(&mut card, &user);
    select(&mut card, &manager);
    // No value without a try limit, and none to verify.
    for (p1, expected) in [
        (1, 0),
        (9, 0),
        (2, -1),
        (0, 1),
        (1, 1),
        (9, 1),
        (4, 3),
        (5, 0),
        (6, 0),
    ] {
        assert_eq!(ask(&mut card, p1), expected, "P1 {p1}");
    }
    // Another application verifies it, in another form, and may not change it.
    select(&mut card, &user);
    for (p1, expected) in [
        (0, 0),
        (1, 0),
        (8, 0),
        (3, -1),
        (4, 2),
        (6, 1),
        (5, 0),
        (2, 0),
        (4, 3),
        (5, 1),
    ] {
        assert_eq!(ask(&mut card, p1), expected, "P1 {p1}");
    }
    // It stays verified for all, until somebody resets it or the card is.
    select(&mut card, &manager);
    for (p1, expected) in [(5, 1), (10, 1), (5, 0), (2, 0), (5, 1)] {
        assert_eq!(ask(&mut card, p1), expected, "P1 {p1}");
    }
    card.reset();
    select(&mut card, &user);
    for (p1, expected) in [
        (5, 0),
        (3, -1),
        (11, -1),
        (4, 1),
        (3, -1),
        (7, 1),
        (4, 0),
        (2, -1),
        (10, 0),
        (9, 0),
    ] {
        assert_eq!(ask(&mut card, p1), expected, "P1 {p1}");
    }
    // It is part of the card's image.
    let mut card = Card::from_image(&card.to_image().unwrap()).unwrap();
    select(&mut card, &manager);
    for (p1, expected) in [(7, 1), (8, 1), (7, 0), (2, 0)] {
        assert_eq!(ask(&mut card, p1), expected, "P1 {p1}");
    }
}

#[test]
fn a_try_of_the_global_pin_is_spent_before_the_comparison() {
    let cvm =
        "bspush 17; invokestatic org/globalplatform/GPSystem.getCVM(B)Lorg/globalplatform/CVM;";
    let pin = array(b"1234");
    let setup = format!(
        "{cvm}; sconst_3; invokeinterface 2 org/globalplatform/CVM.setTryLimit; pop
         {pin}; {cvm}; aload_2; sconst_0; sconst_4; sconst_1; invokeinterface 5 org/globalplatform/CVM.update"
    );
    let verify = format!(
        "{cvm}; aload_2; sconst_0; sconst_4; sconst_1; invokeinterface 5 org/globalplatform/CVM.verify"
    );
    let wrong = format!("{}; {verify}", array(b"1235"));
    let tries = format!("{cvm}; invokeinterface 1 org/globalplatform/CVM.getTriesRemaining");
    let package = Package {
        process: by_p1(&[&setup, &wrong, &tries]),
        ..Package::default()
    };
    let mut ready = privileged(&package, &[Privileges::CVM_MANAGEMENT]);
    select(&mut ready, &package);
    assert_eq!(ask(&mut ready, 0), 1);
    let mut last = 3;
    for cut in 1.. {
        let mut card = ready.clone();
        card.tear_at(Some(cut));
        let answered = !card.transmit(&[0x80, 1, 1, 0, 0]).is_empty();
        card.reset();
        select(&mut card, &package);
        let tries = ask(&mut card, 2);
        assert!(
            tries == 2 || (tries == 3 && !answered),
            "cut {cut}: {tries}"
        );
        assert!(tries <= last, "cut {cut}");
        last = tries;
        if answered {
            break;
        }
    }
    assert_eq!(last, 2);
}

#[test]
fn global_services_are_found() {
    let entry = "aconst_null; invokestatic org/globalplatform/GPSystem.getRegistryEntry(Ljavacard/framework/AID;)Lorg/globalplatform/GPRegistryEntry;";
    let register = |method: &str| {
        format!(
            "{entry}; sspush -32253; invokeinterface 2 org/globalplatform/GPRegistryEntry.{method}; sconst_1"
        )
    };
    // Family 82, identifier 03.
    let find = "aconst_null; sspush -32253
        invokestatic org/globalplatform/GPSystem.getService(Ljavacard/framework/AID;S)Lorg/globalplatform/GlobalService;
        ifnull none; sconst_1; goto_w answer; none: sconst_0";
    let package = Package {
        shareable: "sload_2; bspush -128; if_scmpeq mine; aconst_null; areturn; mine: aload_0"
            .into(),
        implements: Some((
            "org/globalplatform/GlobalService",
            vec![(6, "aconst_null; areturn")],
        )),
        process: by_p1(&[
            &register("registerService"),
            &register("deregisterService"),
            find,
        ]),
        ..Package::default()
    };
    let client = Package {
        aid: vec![0xF0, 1, 2, 3, 4, 6],
        process: by_p1(&[find]),
        ..Package::default()
    };
    let mut card = card_with(&package);
    add(&mut card, &client);
    select(&mut card, &package);
    // Neither privilege nor service.
    assert_eq!(ask(&mut card, 0), 0x16985);
    set_privileges(&mut card, &package, &[Privileges::GLOBAL_SERVICE]);
    assert_eq!(ask(&mut card, 0), 0x16985);
    let registry = card.registry_mut();
    let id = registry
        .find_application(package.applet_aid().as_bytes())
        .unwrap();
    registry.add_service(id, 0x8200);
    assert_eq!(ask(&mut card, 2), 0);
    assert_eq!(ask(&mut card, 0), 1);
    assert_eq!(ask(&mut card, 0), 0x16985);
    select(&mut card, &client);
    assert_eq!(ask(&mut card, 0), 1);
    select(&mut card, &package);
    assert_eq!(ask(&mut card, 1), 1);
    assert_eq!(ask(&mut card, 1), 0x16985);
    select(&mut card, &client);
    assert_eq!(ask(&mut card, 0), 0);
}
