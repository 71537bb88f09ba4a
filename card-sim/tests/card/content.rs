//! Loading, installing and deleting.

use super::support::{Package, add, ask, by_p1, card_with, select};
use card_sim::registry::{ApplicationId, LoadFileId};
use card_sim::runtime::{DeleteError, InstallError, LoadError};
use card_sim::secure_channel::NoSecurityServices;
use card_sim::{Aid, Card, CardConfig};

#[test]
fn two_instances_of_a_module_are_apart() {
    let package = Package {
        process: by_p1(&[
            "aload_0; getfield_s .1",
            "aload_0; sconst_5; putfield_s .1; sconst_0",
        ]),
        ..Package::default()
    };
    let mut card = card_with(&package);
    let second = Aid::new(&[1, 2, 3, 4, 5, 6, 7]).unwrap();
    card.install(package.applet_aid(), second, &[1, 2]).unwrap();
    select(&mut card, &package);
    ask(&mut card, 1);
    assert_eq!(ask(&mut card, 0), 5);
    card.transmit(&[0, 0xA4, 4, 0, 7, 1, 2, 3, 4, 5, 6, 7]);
    assert_eq!(ask(&mut card, 0), 0);
}

#[test]
fn what_is_there_is_not_loaded_or_installed_again() {
    let package = Package::default();
    let mut card = card_with(&package);
    let aid = package.applet_aid();
    let again = card.load_cap(&package.build()).unwrap_err();
    assert!(matches!(again, LoadError::Duplicate(_)), "{again}");
    let again = card.install(aid, aid, &[]).unwrap_err();
    assert!(matches!(again, InstallError::Duplicate(_)), "{again}");
    let unknown = Aid::new(&[9; 5]).unwrap();
    let unknown = card.install(unknown, unknown, &[]).unwrap_err();
    assert!(
        matches!(unknown, InstallError::UnknownModule(_)),
        "{unknown}"
    );
}

#[test]
fn a_package_newer_than_the_card_is_refused_by_name() {
    let mut cap = Package::default().build();
    for import in &mut cap.import.packages {
        import.version.minor = 99;
    }
    let mut card = Card::new(&CardConfig::default());
    let error = card.load_cap(&cap).unwrap_err();
    assert!(error.to_string().contains("A0000000620001"), "{error}");
    assert_eq!(error.status_word(), 0x6985);
}

#[test]
fn a_failed_install_leaves_nothing() {
    let package = Package {
        construct: "sspush 1000; newarray 11; putfield_a_this .8
            sspush 27267; invokestatic javacard/framework/ISOException.throwIt(S)V"
            .into(),
        ..Package::default()
    };
    let mut card = Card::new(&CardConfig::default());
    card.load_cap(&package.build()).unwrap();
    let used = card.statistics().persistent_used;
    let aid = package.applet_aid();
    let error = card.install(aid, aid, &[]).unwrap_err();
    assert_eq!(error.status_word(), 0x6A83);
    assert_eq!(card.statistics().persistent_used, used);
    assert_eq!(select(&mut card, &package), [0x6A, 0x82]);
}

#[test]
fn an_applet_that_does_not_want_is_not_selected() {
    let package = Package {
        select: "sconst_0; sreturn".into(),
        ..Package::default()
    };
    let mut card = card_with(&package);
    assert_eq!(select(&mut card, &package), [0x69, 0x99]);
}

#[test]
fn deletion_gives_the_memory_back() {
    let package = Package {
        construct: "sspush 1000; newarray 11; putfield_a_this .8".into(),
        ..Package::default()
    };
    let mut card = Card::new(&CardConfig::default());
    let empty = card.statistics();
    add(&mut card, &package);
    let mut runtime = card.runtime().clone();
    let services = &mut NoSecurityServices;
    let file = LoadFileId(0);
    let refused = runtime.delete_load_file(services, file, false).unwrap_err();
    assert!(matches!(refused, DeleteError::Referenced(_)), "{refused}");
    runtime
        .delete_application(services, ApplicationId(1))
        .unwrap();
    runtime.delete_load_file(services, file, false).unwrap();
    assert_eq!(runtime.heap().persistent_used(), empty.persistent_used);
    assert_eq!(runtime.heap().transient_used(), empty.transient_used);

    let mut runtime = card.runtime().clone();
    runtime.delete_load_file(services, file, true).unwrap();
    assert_eq!(runtime.heap().persistent_used(), empty.persistent_used);
    assert_eq!(runtime.registry.applications().count(), 1);
}

#[test]
fn what_others_hold_is_not_deleted() {
    let package = Package {
        construct: "sconst_1; newarray 11; putstatic_a #0".into(),
        ..Package::default()
    };
    let card = card_with(&package);
    let mut runtime = card.runtime().clone();
    let services = &mut NoSecurityServices;
    // A static field holds an object of the instance; with the package it may go.
    let refused = runtime.delete_application(services, ApplicationId(1));
    assert!(matches!(refused, Err(DeleteError::Referenced(_))));
    runtime
        .delete_load_file(services, LoadFileId(0), true)
        .unwrap();
}
