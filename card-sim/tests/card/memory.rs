//! Transactions, transient memory, PINs and power loss.

use super::support::{Package, add, ask, by_p1, card_with, command, select};
use card_sim::{Card, CardConfig};

const BEGIN: &str = "invokestatic javacard/framework/JCSystem.beginTransaction()V";
const COMMIT: &str = "invokestatic javacard/framework/JCSystem.commitTransaction()V";
const ABORT: &str = "invokestatic javacard/framework/JCSystem.abortTransaction()V";
const NO_ANSWER: &str = "sconst_0";

fn package(branches: &[&str]) -> Package {
    Package {
        process: by_p1(branches),
        ..Package::default()
    }
}

fn ready(package: &Package) -> Card {
    let mut card = card_with(package);
    select(&mut card, package);
    card
}

#[test]
fn commit_keeps_and_abort_takes_back() {
    let set = |end: &str| {
        format!(
            "{BEGIN}; aload_0; sspush 1111; putfield_s .1; sspush 2222; putstatic_s #2; {end}; {NO_ANSWER}"
        )
    };
    let package = package(&[
        "aload_0; getfield_s .1; getstatic_s #2; sadd",
        &set(COMMIT),
        &set(ABORT),
        // Left open: aborted at the end of the command.
        &set(""),
        "aload_0; sconst_3; putfield_s .1; sconst_4; putstatic_s #2; sconst_0",
    ]);
    let mut card = ready(&package);
    for (p1, expected) in [(2, 0), (3, 0), (1, 3333), (4, 7), (2, 7), (3, 7)] {
        ask(&mut card, p1);
        assert_eq!(ask(&mut card, 0), expected, "P1 {p1}");
    }
}

#[test]
fn transactions_do_not_nest_and_do_not_end_twice() {
    let package = package(&[
        &format!("{BEGIN}; {BEGIN}; {NO_ANSWER}"),
        &format!("{COMMIT}; {NO_ANSWER}"),
        &format!("{ABORT}; {NO_ANSWER}"),
        "invokestatic javacard/framework/JCSystem.getTransactionDepth()B",
        &format!("{BEGIN}; invokestatic javacard/framework/JCSystem.getTransactionDepth()B"),
    ]);
    let mut card = ready(&package);
    for (p1, reason) in [(0, "0001"), (1, "0002"), (2, "0002")] {
        assert_eq!(card.transmit(&command(p1)), [0x6F, 0]);
        let fault = card.last_fault().unwrap().to_string();
        assert!(
            fault.contains(&format!("TransactionException, reason {reason}")),
            "{fault}"
        );
    }
    assert_eq!(ask(&mut card, 3), 0);
    assert_eq!(ask(&mut card, 4), 1);
    assert_eq!(ask(&mut card, 3), 0);
}

#[test]
fn the_commit_buffer_has_an_end() {
    let package = package(&[
        &format!(
            "sspush 6000; newarray 11; astore_2; {BEGIN}; aload_2; sconst_0; sspush 6000; sconst_1
             invokestatic javacard/framework/Util.arrayFill([BSSB)S"
        ),
        "invokestatic javacard/framework/JCSystem.getMaxCommitCapacity()S",
        &format!(
            "{BEGIN}; aload_0; sconst_1; putfield_s .1
             invokestatic javacard/framework/JCSystem.getUnusedCommitCapacity()S"
        ),
    ]);
    let mut card = ready(&package);
    assert_eq!(card.transmit(&command(0)), [0x6F, 0]);
    let fault = card.last_fault().unwrap().to_string();
    assert!(
        fault.contains("TransactionException, reason 0003"),
        "{fault}"
    );
    assert_eq!(ask(&mut card, 1), 4096);
    assert_eq!(ask(&mut card, 2), 4096 - 6);
}

#[test]
fn objects_of_an_aborted_transaction_are_gone() {
    let package = package(&[
        &format!(
            "sconst_1; anewarray java/lang/Object; putfield_a_this .8
             {BEGIN}; sspush 300; newarray 11; astore_2; aload_2; putfield_a_this .9
             {ABORT}
             aload_2; ifnull gone; sconst_0; goto_w answer; gone: getfield_a_this .9; ifnull both; sconst_1; goto_w answer; both: sconst_2"
        ),
        &format!("{BEGIN}; sspush 300; newarray 11; putfield_a_this .9; sconst_0"),
        "getfield_a_this .9; ifnull yes; sconst_0; goto_w answer; yes: sconst_1",
    ]);
    let mut card = ready(&package);
    assert_eq!(ask(&mut card, 0), 2);
    let used = card.statistics().persistent_used;
    assert_eq!(ask(&mut card, 1), 0);
    assert_eq!(card.statistics().persistent_used, used);
    assert_eq!(ask(&mut card, 2), 1);
}

#[test]
fn non_atomic_copies_are_not_rolled_back() {
    let copy = |method: &str| {
        format!(
            "{BEGIN}; getfield_a_this .8; sconst_0; getfield_a_this .8; sconst_2; sconst_2
             invokestatic javacard/framework/Util.{method}([BS[BSS)S; pop; {ABORT}
             getfield_a_this .8; sconst_2; baload"
        )
    };
    let package = Package {
        construct: "sconst_4; newarray 11; putfield_a_this .8; getfield_a_this .8; sconst_0; sconst_5; bastore".into(),
        ..package(&[&copy("arrayCopy"), &copy("arrayCopyNonAtomic")])
    };
    let mut card = ready(&package);
    assert_eq!(ask(&mut card, 0), 0);
    assert_eq!(ask(&mut card, 1), 5);
}

#[test]
fn transient_arrays_are_cleared_on_their_event() {
    let make = |event: u8, field: u8| {
        format!(
            "sconst_2; bspush {event}; invokestatic javacard/framework/JCSystem.makeTransientShortArray(SB)[S; putfield_a_this .{field}"
        )
    };
    let package = Package {
        construct: format!("{}\n{}", make(1, 8), make(2, 9)),
        ..package(&[
            "getfield_a_this .8; sconst_1; saload; getfield_a_this .9; sconst_1; saload; bspush 10; smul; sadd",
            "getfield_a_this .8; sconst_1; sconst_1; sastore; getfield_a_this .9; sconst_1; sconst_2; sastore; sconst_0",
            "getfield_a_this .8; invokestatic javacard/framework/JCSystem.isTransient(Ljava/lang/Object;)B
             getfield_a_this .9; invokestatic javacard/framework/JCSystem.isTransient(Ljava/lang/Object;)B; bspush 10; smul; sadd",
            // Transient memory takes no part in transactions.
            &format!("{BEGIN}; getfield_a_this .8; sconst_1; sconst_3; sastore; {ABORT}; sconst_0"),
        ])
    };
    let other = Package {
        aid: vec![0xF0, 9, 9, 9, 9],
        ..Package::default()
    };
    let mut card = ready(&package);
    add(&mut card, &other);
    assert_eq!(ask(&mut card, 2), 21);
    ask(&mut card, 1);
    assert_eq!(ask(&mut card, 0), 21);
    select(&mut card, &other);
    select(&mut card, &package);
    assert_eq!(ask(&mut card, 0), 1);
    ask(&mut card, 1);
    card.reset();
    select(&mut card, &package);
    assert_eq!(ask(&mut card, 0), 0);
    ask(&mut card, 3);
    assert_eq!(ask(&mut card, 0), 3);
}

/// A PIN 1 2 3 with three tries in field 8; P1 0 checks the command's data, 1 gives the tries,
/// 2 checks in a transaction that is aborted, 3 tells whether it is validated.
fn pin_package() -> Package {
    let check = "getfield_a_this .8; aload_2; sconst_5; bspush 3
        invokevirtual javacard/framework/OwnerPIN.check([BSB)Z";
    let buffer = "aload_1; invokevirtual javacard/framework/APDU.setIncomingAndReceive()S; pop
        aload_1; invokevirtual javacard/framework/APDU.getBuffer()[B; astore_2";
    Package {
        construct: "new javacard/framework/OwnerPIN; dup; sconst_3; sconst_4
            invokespecial javacard/framework/OwnerPIN.<init>(BB)V; putfield_a_this .8
            sconst_3; newarray 11; astore_2
            aload_2; sconst_0; sconst_1; bastore; aload_2; sconst_1; sconst_2; bastore; aload_2; sconst_2; sconst_3; bastore
            getfield_a_this .8; aload_2; sconst_0; sconst_3; invokevirtual javacard/framework/OwnerPIN.update([BSB)V".into(),
        ..package(&[
            &format!("{buffer}; {check}"),
            "getfield_a_this .8; invokevirtual javacard/framework/OwnerPIN.getTriesRemaining()B",
            &format!("{buffer}; {BEGIN}; {check}; {ABORT}"),
            "getfield_a_this .8; invokevirtual javacard/framework/OwnerPIN.isValidated()Z",
        ])
    }
}

fn check(card: &mut Card, p1: u8, pin: [u8; 3]) -> Vec<u8> {
    card.transmit(&[&[0x80, 1, p1, 0, 3], pin.as_slice()].concat())
}

#[test]
fn no_rollback_and_no_reset_gives_a_try_back() {
    let package = pin_package();
    let mut card = ready(&package);
    assert_eq!(check(&mut card, 0, [1, 2, 3]), [0, 1, 0x90, 0]);
    assert_eq!(ask(&mut card, 3), 1);
    assert_eq!(check(&mut card, 2, [9, 9, 9]), [0, 0, 0x90, 0]);
    assert_eq!((ask(&mut card, 1), ask(&mut card, 3)), (2, 0));
    assert_eq!(check(&mut card, 0, [9, 9, 9]), [0, 0, 0x90, 0]);
    card.reset();
    select(&mut card, &package);
    assert_eq!(ask(&mut card, 1), 1);
    assert_eq!(check(&mut card, 0, [9, 9, 9]), [0, 0, 0x90, 0]);
    assert_eq!(check(&mut card, 0, [1, 2, 3]), [0, 0, 0x90, 0]);
    assert_eq!(ask(&mut card, 1), 0);
}

#[test]
fn validation_ends_with_the_session() {
    let package = pin_package();
    let mut card = ready(&package);
    assert_eq!(check(&mut card, 0, [1, 2, 3]), [0, 1, 0x90, 0]);
    card.reset();
    select(&mut card, &package);
    assert_eq!(ask(&mut card, 3), 0);
}

#[test]
fn a_torn_check_has_spent_its_try() {
    let package = pin_package();
    let ready = ready(&package);
    for k in 1.. {
        let mut card = ready.clone();
        card.tear_at(Some(k));
        let response = check(&mut card, 0, [9, 9, 9]);
        if !card.is_torn() {
            assert_eq!(response, [0, 0, 0x90, 0]);
            assert!(k > 1, "the check writes nothing");
            break;
        }
        assert!(response.is_empty());
        assert!(card.transmit(&command(1)).is_empty());
        card.reset();
        select(&mut card, &package);
        // Cut before the counter went down: no try was spent, and none was made.
        assert_eq!(ask(&mut card, 1), 3);
    }
}

#[test]
fn a_torn_transaction_is_all_or_nothing() {
    let writes = "aload_0; sconst_1; putfield_s .1; aload_0; sconst_2; putfield_s .2; sconst_3; putstatic_s #2";
    let package = package(&[
        "aload_0; getfield_s .1; bspush 10; smul; aload_0; getfield_s .2; sadd; bspush 10; smul; getstatic_s #2; sadd",
        &format!("{BEGIN}; {writes}; {COMMIT}; sconst_0"),
        &format!("{writes}; sconst_0"),
    ]);
    let ready = ready(&package);
    let states = |p1: u8| {
        let mut states = Vec::new();
        for k in 1.. {
            let mut card = ready.clone();
            card.tear_at(Some(k));
            card.transmit(&command(p1));
            let torn = card.is_torn();
            card.reset();
            select(&mut card, &package);
            states.push(ask(&mut card, 0));
            if !torn {
                return states;
            }
        }
        states
    };
    assert_eq!(states(1), [0, 0, 0, 0, 123]);
    assert_eq!(states(2), [0, 100, 120, 123]);
}

#[test]
fn a_torn_install_leaves_nothing() {
    let package = pin_package();
    let mut fresh = Card::new(&CardConfig::default());
    fresh.load_cap(&package.build()).unwrap();
    let aid = package.applet_aid();
    let used = fresh.statistics().persistent_used;
    let mut cuts = 0;
    for k in 1.. {
        let mut card = fresh.clone();
        card.tear_at(Some(k));
        let installed = card.install(aid, aid, &[]).is_ok();
        let torn = card.is_torn();
        card.reset();
        assert_eq!(installed, !torn);
        if !torn {
            assert_eq!(select(&mut card, &package), [0x90, 0]);
            break;
        }
        cuts += 1;
        assert_eq!(card.statistics().persistent_used, used);
        assert_eq!(select(&mut card, &package), [0x6A, 0x82]);
        assert!(card.install(aid, aid, &[]).is_ok());
    }
    assert!(cuts > 10);
}

#[test]
fn object_deletion_frees_what_nothing_refers_to() {
    let package = package(&[
        "sspush 1000; newarray 11; putfield_a_this .8; sconst_0",
        "aconst_null; putfield_a_this .8; sspush 77; newarray 12; putfield_a_this .9
         getfield_a_this .9; bspush 76; sspush 1234; sastore
         invokestatic javacard/framework/JCSystem.requestObjectDeletion()V; sconst_0",
        "getfield_a_this .9; bspush 76; saload",
    ]);
    let mut card = ready(&package);
    let before = card.statistics().persistent_used;
    ask(&mut card, 0);
    assert_eq!(card.statistics().persistent_used, before + 1008);
    ask(&mut card, 1);
    assert_eq!(card.statistics().persistent_used, before + 2 * 77 + 8);
    assert_eq!(ask(&mut card, 2), 1234);
}

/// A torn `arrayFillNonAtomic`, alone and inside a transaction, leaves old, new or mixed bytes.
#[test]
fn torn_non_atomic_writes_leave_what_the_seed_says() {
    use card_sim::tear::for_each_cut;
    use card_sim::vm::Remains;
    let fill = "getfield_a_this .8; sconst_0; bspush 8; sconst_5; invokestatic javacard/framework/Util.arrayFillNonAtomic([BSSB)S; pop";
    let package = Package {
        construct: "bspush 8; newarray 11; putfield_a_this .8".into(),
        process: by_p1(&[
            &format!("{fill}; sconst_0"),
            &format!(
                "invokestatic javacard/framework/JCSystem.beginTransaction()V; {fill}
                 aload_0; sconst_1; putfield_s .1
                 invokestatic javacard/framework/JCSystem.commitTransaction()V; sconst_0"
            ),
            // How many of the bytes are new.
            "sconst_0; sstore_2; sconst_0; sstore_3
             again: getfield_a_this .8; sload_3; baload; ifeq old; sinc 2 1
             old: sinc 3 1; sload_3; bspush 8; if_scmplt again; sload_2",
        ]),
        ..Package::default()
    };
    let mut ready = card_with(&package);
    select(&mut ready, &package);
    let kinds = [
        Remains::Old,
        Remains::New,
        Remains::Mixed(1),
        Remains::Mixed(2),
    ];
    let new_bytes = |mut card: Card| {
        select(&mut card, &package);
        ask(&mut card, 2)
    };
    for (p1, atomic_writes) in [(0, 0), (1, 2)] {
        let mut found = Vec::new();
        let (whole, response) = for_each_cut(&ready, &command(p1), &kinds, |cut| {
            assert_eq!(cut.place.unwrap().package.as_bytes(), package.aid);
            found.push((cut.write, cut.remains, new_bytes(cut.card)));
        });
        assert_eq!(response, [0, 0, 0x90, 0]);
        assert_eq!(new_bytes(whole), 8);
        // Each of the eight bytes is a write, tried with five kinds of remains.
        assert_eq!(found.len(), 5 * (8 + atomic_writes), "{found:?}");
        let all = |kind| {
            found
                .iter()
                .filter(move |each| each.1 == kind)
                .map(|each| each.2)
        };
        assert!(all(Remains::Old).all(|count| count == 0));
        assert!(all(Remains::New).all(|count| count == 8));
        let written: Vec<i32> = all(Remains::Written).collect();
        assert_eq!(written.get(..8), Some(&[0, 1, 2, 3, 4, 5, 6, 7][..]));
        // The same seed mixes the same bytes.
        let mixed: Vec<i32> = all(Remains::Mixed(1)).collect();
        assert!(
            mixed
                .iter()
                .all(|count| *count == mixed[0] && (1..8).contains(count))
        );
    }
}

/// The objects of `OwnerPINBuilder`: a PIN of two bytes (zeros) with three tries.
#[test]
fn built_pins_count_their_tries() {
    let build = |kind: u8, class: &str| {
        format!(
            "sconst_3; sconst_4; bspush {kind}
             invokestatic javacard/framework/OwnerPINBuilder.buildOwnerPIN(BBB)Ljavacard/framework/PIN;
             checkcast 0 {class}; astore_2
             sconst_4; newarray 11; astore_3
             aload_2; aload_3; sconst_0; sconst_2; invokeinterface 4 {class}.update
             aload_3; sconst_0; sconst_1; bastore"
        )
    };
    let extended = "javacard/framework/OwnerPINx";
    let predecrement = "javacard/framework/OwnerPINxWithPredecrement";
    let wrong = |class: &str| {
        format!("aload_2; aload_3; sconst_0; sconst_2; invokeinterface 4 {class}.check; pop")
    };
    let right = |class: &str| {
        format!("aload_2; aload_3; sconst_1; sconst_2; invokeinterface 4 {class}.check")
    };
    let tries = |class: &str| format!("aload_2; invokeinterface 1 {class}.getTriesRemaining");
    let decrement = format!("aload_2; invokeinterface 1 {predecrement}.decrementTriesRemaining");
    let package = Package {
        process: by_p1(&[
            &format!(
                "{}; {}; {}",
                build(2, extended),
                wrong(extended),
                tries(extended)
            ),
            &format!(
                "{}; {}; {}; {}; sadd",
                build(2, extended),
                wrong(extended),
                right(extended),
                tries(extended)
            ),
            &format!(
                "{}; aload_2; sconst_2; invokeinterface 2 {extended}.setTryLimit; {}",
                build(2, extended),
                tries(extended)
            ),
            &format!("{}; {}", build(3, predecrement), right(predecrement)),
            &format!(
                "{}; {decrement}; pop; {decrement}; pop; {}; {}; sadd",
                build(3, predecrement),
                right(predecrement),
                tries(predecrement)
            ),
            &format!(
                "{}; aload_2; bspush 4; invokeinterface 2 {extended}.setTriesRemaining; sconst_0",
                build(2, extended)
            ),
        ]),
        ..Package::default()
    };
    let mut card = card_with(&package);
    select(&mut card, &package);
    assert_eq!(ask(&mut card, 0), 2);
    assert_eq!(ask(&mut card, 1), 1 + 3);
    assert_eq!(ask(&mut card, 2), 2);
    // Without the decrement: PINException.ILLEGAL_STATE.
    assert_eq!(card.transmit(&command(3)), [0x6F, 0]);
    let fault = card.last_fault().unwrap().to_string();
    assert!(fault.contains("PINException, reason 0002"), "{fault}");
    assert_eq!(ask(&mut card, 4), 1 + 3);
    assert_eq!(card.transmit(&command(5)), [0x6F, 0]);
    let fault = card.last_fault().unwrap().to_string();
    assert!(fault.contains("PINException, reason 0001"), "{fault}");
}
