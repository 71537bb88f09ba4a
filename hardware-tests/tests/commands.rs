//! The commands of `tenkoku` over the PC/SC stack: shared readers, cards that come late and go early, recipes,
//! delegated management.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use apdu_spec::jpki;
use card_sim::{Card, CardConfig};
use clap::Parser;
use hardware_tests::{READER, in_sandbox};
use loader::{PcscTransport, Session, Sharing, Transport, TransportError};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tenkoku::arguments::Arguments;
use tenkoku::command::build::compile;
use tenkoku::failure::Failure;

/// Runs a command as the binary does, on the reader with the card.
fn tenkoku(arguments: &[&str]) -> Result<(), Failure> {
    let reader = ["--reader", READER];
    let line = [&["tenkoku"], arguments, &reader[..]].concat();
    let parsed = Arguments::try_parse_from(&line).unwrap_or_else(|error| panic!("{error}"));
    tenkoku::command::run(&parsed.command)
}

fn blank(seed: u64) -> Card {
    Card::new(&CardConfig {
        seed,
        ..CardConfig::default()
    })
}

/// A folder of its own inside the sandbox, with the applet in it.
fn folder() -> (PathBuf, String) {
    let folder = PathBuf::from("/run/commands-test");
    std::fs::create_dir_all(&folder).unwrap();
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/../applet-model");
    let target = capgen::package::Target::default();
    let cap = compile(Path::new(source), "Jpki", &target)
        .unwrap()
        .output
        .cap;
    let file = folder.join("jpki.cap");
    std::fs::write(&file, cap.write().unwrap()).unwrap();
    let file = file.to_str().unwrap().to_owned();
    (folder, file)
}

fn connect(sharing: Sharing) -> PcscTransport {
    PcscTransport::connect(READER, sharing).unwrap()
}

fn identity() -> String {
    let mut session = Session::select(connect(Sharing::Shared), None).unwrap();
    session.info().unwrap().identity().unwrap()
}

fn has_package() -> bool {
    let mut card =
        tenkoku::connection::authenticate(connect(Sharing::Exclusive), loader::KeySet::test_keys())
            .unwrap();
    let package = loader::Aid::new(jpki::PACKAGE_AID).unwrap();
    let content = card.session.content().unwrap();
    content.load_file(&package).is_some() && content.applications_of(&package).count() == 1
}

#[test]
fn a_shared_reader_serves_two() {
    in_sandbox("a_shared_reader_serves_two", |service| {
        service.insert(blank(11));
        let mut other = connect(Sharing::Shared);
        other.transmit(&[0x00, 0xA4, 0x04, 0x00, 0x00]).unwrap();
        tenkoku(&["list", "--shared"]).unwrap();
        // To itself nobody has it now.
        let refused = tenkoku(&["list"]).unwrap_err();
        assert_eq!(refused.exit_code(), 4);
        assert!(refused.to_string().contains(READER), "{refused}");
        // The session is over; the card answers as before.
        let answer = other.transmit(&[0x80, 0xCA, 0x9F, 0x7F, 0x00]);
        assert!(
            matches!(answer, Ok(_) | Err(TransportError::Reset)),
            "{answer:?}"
        );
    });
}

#[test]
fn a_card_that_comes_late_is_waited_for() {
    in_sandbox("a_card_that_comes_late_is_waited_for", |service| {
        let waiting = std::thread::spawn(|| tenkoku(&["list", "--wait=20"]));
        std::thread::sleep(Duration::from_millis(700));
        assert!(!waiting.is_finished());
        service.insert_unnoticed(blank(12));
        waiting.join().unwrap().unwrap();
        // And taken out again, there is none.
        service.remove();
        let refused = tenkoku(&["list", "--wait=1"]).unwrap_err();
        assert_eq!(refused.exit_code(), 4);
    });
}

#[test]
fn a_recipe_is_applied_once() {
    in_sandbox("a_recipe_is_applied_once", |service| {
        service.insert(blank(13));
        let (folder, _) = folder();
        let recipe = folder.join("card.toml");
        let applet = hex::encode_upper(jpki::AID);
        let text = format!(
            "[[domain]]\naid = 'A0000001515344'\nkeys = 'domain.toml'\n\n[[package]]\nfile = 'jpki.cap'\n\n\
             [[package.instance]]\nmodule = '{applet}'\n"
        );
        std::fs::write(&recipe, text).unwrap();
        let keys = "kvn = 0x41\nkey = '00112233445566778899AABBCCDDEEFF'";
        std::fs::write(folder.join("domain.toml"), keys).unwrap();
        let (recipe, card) = (recipe.to_str().unwrap(), identity());
        let apply = |more: &[&str]| tenkoku(&[&["apply", recipe, "--yes"], more].concat());
        assert_eq!(
            apply(&[]).unwrap_err().exit_code(),
            2,
            "the card is not named"
        );
        apply(&["--card", &card]).unwrap();
        assert!(has_package());
        // Nothing is left to do, so that nobody has to say which card is meant.
        apply(&[]).unwrap();
    });
}

#[test]
fn a_domain_flashes_by_token_and_shows_receipts() {
    in_sandbox("a_domain_flashes_by_token_and_shows_receipts", |service| {
        service.insert(blank(14));
        let (folder, cap) = folder();
        let file = |name: &str| folder.join(name).to_str().unwrap().to_owned();
        // RFC 5958 around RFC 5915, and RFC 5480.
        let secret = [0x42; 32];
        let der = "3041020100301306072A8648CE3D020106082A8648CE3D030107042730250201010420";
        let private = [hex::decode(der).unwrap(), secret.to_vec()].concat();
        std::fs::write(file("issuer.der"), private).unwrap();
        let point = se_crypto::P256Key::from_secret(&secret).unwrap().public();
        let der = "3059301306072A8648CE3D020106082A8648CE3D030107034200";
        let public = [hex::decode(der).unwrap(), point.to_vec()].concat();
        std::fs::write(file("public.der"), public).unwrap();
        std::fs::write(file("receipt.toml"), format!("key = '{}'", "71".repeat(16))).unwrap();

        let (domain, card) = ("A0000001515344", identity());
        let create = [
            "domain",
            "create",
            domain,
            "--privileges",
            "delegated-management",
        ];
        tenkoku(&[&create[..], &["--yes"]].concat()).unwrap();
        let put = |arguments: &[&str]| {
            tenkoku(&[&["keys", "put", "--card", &card], arguments].concat()).unwrap();
        };
        put(&["--public", &file("public.der"), "--role", "token"]);
        put(&["--secret", &file("receipt.toml"), "--role", "receipt"]);
        let sign = Arguments::try_parse_from([
            "tenkoku",
            "token",
            "sign",
            &cap,
            "--combined",
            "-o",
            &file("tokens"),
            "--key",
            &file("issuer.der"),
        ])
        .unwrap();
        tenkoku::command::run(&sign.command).unwrap();
        tenkoku(&[
            "flash",
            &cap,
            "--combined",
            "--yes",
            "--domain",
            domain,
            "--tokens",
            &file("tokens"),
            "--receipts",
            &file("receipt.toml"),
            "--save-receipts",
            &file("receipts"),
        ])
        .unwrap();
        assert!(has_package());
        let kept: loader::Receipts =
            serde_json::from_slice(&std::fs::read(file("receipts")).unwrap()).unwrap();
        assert_eq!(kept.receipts.len(), 1);
        assert!(kept.unconfirmed.is_empty());
    });
}

/// The card is pulled at each of some commands of a flash, put back, and the flash is gone on with.
#[test]
fn a_flash_is_resumed_after_the_card_was_pulled() {
    in_sandbox("a_flash_is_resumed_after_the_card_was_pulled", |service| {
        let (_, cap) = folder();
        let flash = ["flash", &cap, "--yes"];
        // In the first block, in the middle, at the last answers.
        for commands in [8, 16, 23, 24] {
            service.insert_for(blank(15), commands);
            let pulled = tenkoku(&flash).unwrap_err();
            assert_eq!(pulled.exit_code(), 4, "after {commands}: {pulled}");
            assert!(pulled.to_string().contains("On the card now"), "{pulled}");
            let mut card = service.remove().unwrap();
            card.reset();
            service.insert(card);
            tenkoku(&[&flash[..], &["--resume"]].concat())
                .unwrap_or_else(|error| panic!("after {commands}: {error}"));
            assert!(has_package());
            service.remove();
        }
    });
}
