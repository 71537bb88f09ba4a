//! The whole road of a JPKI card over the PC/SC stack, and OpenSC as a client that knows nothing of us.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use apdu_spec::jpki;
use card_sim::{Card, CardConfig};
use conformance::target::Reader;
use conformance::{Suite, run as conform};
use hardware_tests::{READER, Service, in_sandbox, run, run_with_input};
use loader::{
    Aid, Error, Event, FlashOptions, KeySet, PartialState, PcscTransport, Sharing, TransportError,
};
use std::path::{Path, PathBuf};
use tenkoku::command::build::compile;
use tenkoku::connection::authenticate;
use tenkoku::failure::Failure;
use tenkoku::jpki::{Holder, Slot};
use tenkoku::road::{self, AUTHENTICATION_PIN, Log, Personalised, SIGNATURE_PIN};

const SIGNED: &str = "転居届を提出します。";

fn cap() -> cap_file::CapFile {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../applet-model");
    compile(
        Path::new(folder),
        "Jpki",
        &capgen::package::Target::default(),
    )
    .unwrap()
    .output
    .cap
}

fn blank(seed: u64) -> Card {
    Card::new(&CardConfig {
        seed,
        ..CardConfig::default()
    })
}

fn connect(sharing: Sharing) -> PcscTransport {
    PcscTransport::connect(READER, sharing).unwrap()
}

/// Loads and personalises through the reader, as the trusted service manager does.
fn personalise(log: &mut Log<'_>) -> (PcscTransport, Personalised) {
    let keys = KeySet::test_keys();
    let transport = connect(Sharing::Exclusive);
    let prepared = road::prepare(
        log,
        transport,
        keys.clone(),
        &cap(),
        &FlashOptions::default(),
    )
    .unwrap();
    let transport = road::flash(log, prepared, &mut |_| ()).unwrap();
    let mut random = se_crypto::Drbg::from_seed(3);
    road::personalise(
        log,
        transport,
        &road::application().unwrap(),
        &keys,
        &mut random,
    )
    .unwrap()
}

fn tries(slot: Slot) -> u8 {
    let mut holder =
        Holder::select(connect(Sharing::Shared), &road::application().unwrap()).unwrap();
    holder.tries_left(slot).unwrap()
}

#[test]
fn the_whole_road_over_pcsc() {
    in_sandbox("the_whole_road_over_pcsc", |service| {
        service.insert(blank(1));
        let mut quiet = |_: road::Progress<'_>| ();
        let mut log = Log::new(&mut quiet);
        let (transport, personalised) = personalise(&mut log);
        let (transport, signature) = road::sign(&mut log, transport, &personalised).unwrap();
        assert_eq!(signature.len(), jpki::MODULUS_LENGTH);
        let keys = KeySet::test_keys();
        let mut random = se_crypto::Drbg::from_seed(4);
        road::lock_and_unblock(&mut log, transport, &keys, &mut random).unwrap();
    });
}

/// Text that a program wrote, whichever way.
fn said(output: &std::process::Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// A folder of its own inside the sandbox.
fn folder() -> PathBuf {
    let folder = PathBuf::from("/run/opensc-test");
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn path(folder: &Path, name: &str) -> String {
    folder.join(name).to_str().unwrap().to_owned()
}

/// Signs with a key through OpenSC's PKCS#11 module, and has OpenSSL check the signature against the certificate
/// that was issued for the card's key.
fn opensc_signs(folder: &Path, slot: Slot, id: &str, label: &str, pin: &[u8], certificate: &[u8]) {
    let (document, signature) = (path(folder, "document"), path(folder, "signature"));
    let (der, public) = (path(folder, "certificate"), path(folder, "public"));
    std::fs::write(&document, SIGNED).unwrap();
    std::fs::write(&der, certificate).unwrap();
    let pin = String::from_utf8(pin.to_vec()).unwrap();
    let signed = run(
        "pkcs11-tool",
        &[
            "--token-label",
            label,
            "--login",
            "--pin",
            &pin,
            "--sign",
            "--mechanism",
            "SHA256-RSA-PKCS",
            "--id",
            id,
            "--input-file",
            &document,
            "--output-file",
            &signature,
        ],
    );
    assert!(signed.status.success(), "{slot:?}: {}", said(&signed));
    let key = run(
        "openssl",
        &[
            "x509", "-inform", "DER", "-in", &der, "-pubkey", "-noout", "-out", &public,
        ],
    );
    assert!(key.status.success(), "{}", said(&key));
    let verified = run(
        "openssl",
        &[
            "dgst",
            "-sha256",
            "-verify",
            &public,
            "-signature",
            &signature,
            &document,
        ],
    );
    assert!(
        verified.status.success() && said(&verified).contains("Verified OK"),
        "{}",
        said(&verified)
    );
    let other = run_with_input(
        "openssl",
        &[
            "dgst",
            "-sha256",
            "-verify",
            &public,
            "-signature",
            &signature,
        ],
        b"other",
    );
    assert!(
        !other.status.success(),
        "a signature for any document: {}",
        said(&other)
    );
}

#[test]
fn opensc_is_a_client() {
    in_sandbox("opensc_is_a_client", |service| {
        service.insert(blank(2));
        let mut quiet = |_: road::Progress<'_>| ();
        let (transport, personalised) = personalise(&mut Log::new(&mut quiet));
        drop(transport);
        let folder = folder();

        let listed = run("pkcs15-tool", &["-D"]);
        let text = said(&listed);
        eprintln!("{text}");
        assert!(listed.status.success(), "{text}");
        for certificate in [
            "Digital Signature Certificate",
            "User Authentication Certificate",
        ] {
            assert!(text.contains(certificate), "{certificate}: {text}");
        }
        let tokens = said(&run("pkcs11-tool", &["--list-token-slots"]));
        eprintln!("{tokens}");
        for (issued, id, label, pin) in [
            (
                &personalised.authentication,
                "01",
                "JPKI (User Authentication PIN)",
                AUTHENTICATION_PIN,
            ),
            (
                &personalised.signature,
                "02",
                "JPKI (Digital Signature PIN)",
                SIGNATURE_PIN,
            ),
        ] {
            opensc_signs(&folder, issued.slot, id, label, pin, &issued.certificate);
        }

        // A wrong PIN there counts down here.
        assert_eq!(tries(Slot::Authentication), jpki::AUTHENTICATION_PIN_TRIES);
        let wrong = run(
            "pkcs11-tool",
            &[
                "--token-label",
                "JPKI (User Authentication PIN)",
                "--login",
                "--pin",
                "0000",
                "--list-objects",
            ],
        );
        assert!(
            !wrong.status.success() && said(&wrong).contains("CKR_PIN_INCORRECT"),
            "{}",
            said(&wrong)
        );
        assert_eq!(
            tries(Slot::Authentication),
            jpki::AUTHENTICATION_PIN_TRIES - 1
        );
        assert_eq!(tries(Slot::Signature), jpki::SIGNATURE_PIN_TRIES);
    });
}

#[test]
fn the_conformance_vectors_over_pcsc() {
    in_sandbox("the_conformance_vectors_over_pcsc", |service| {
        let mut card = blank(4);
        card.load_cap(&cap()).unwrap();
        service.insert(card);
        let random = se_crypto::Drbg::from_seed(5);
        let mut reader = Reader::new(connect(Sharing::Exclusive), KeySet::test_keys(), random);
        let report = conform(&Suite::jpki().unwrap(), &mut reader, &mut |_| ());
        let failures: Vec<_> = report
            .failures()
            .map(|vector| (&vector.name, &vector.outcome))
            .collect();
        assert!(failures.is_empty(), "{failures:?}");
    });
}

#[test]
fn a_card_pulled_in_the_middle_of_a_load() {
    in_sandbox("a_card_pulled_in_the_middle_of_a_load", |service| {
        service.insert(blank(3));
        let keys = KeySet::test_keys();
        let cap = cap();
        let package = Aid::new(jpki::PACKAGE_AID).unwrap();
        let mut quiet = |_: road::Progress<'_>| ();
        let mut log = Log::new(&mut quiet);
        let options = FlashOptions {
            replace: true,
            ..FlashOptions::default()
        };
        let prepared = road::prepare(
            &mut log,
            connect(Sharing::Exclusive),
            keys.clone(),
            &cap,
            &options,
        )
        .unwrap();
        let mut pull = Some(service.puller());
        let flashed = road::flash(&mut log, prepared, &mut |event| {
            if matches!(event, Event::Block { block: 5, .. })
                && let Some(pull) = pull.take()
            {
                pull();
            }
        });
        let Err(Failure::Flash(error)) = flashed else {
            panic!("a card that is not there was flashed")
        };
        assert!(
            matches!(
                error.cause,
                Error::Transport(TransportError::Removed | TransportError::Other(_))
            ),
            "{error:?}"
        );
        assert!(
            matches!(error.state, PartialState::NotLoaded { .. }),
            "{error:?}"
        );
        let told = Failure::Flash(error).to_string();
        assert!(told.contains("On the card now: nothing of"), "{told}");
        assert!(told.contains("Run the same command again"), "{told}");

        // What the error says is so, and what it advises works, with the card put back into the reader.
        let mut card = service.remove().unwrap();
        card.reset();
        service.insert(card);
        let mut session = authenticate(connect(Sharing::Exclusive), keys.clone())
            .unwrap()
            .session;
        assert!(session.content().unwrap().load_file(&package).is_none());
        drop(session);
        let transport = connect(Sharing::Exclusive);
        let prepared = road::prepare(&mut log, transport, keys, &cap, &options).unwrap();
        drop(road::flash(&mut log, prepared, &mut |_| ()).unwrap());
    });
}

#[test]
fn no_card_and_no_reader_are_said() {
    in_sandbox("no_card_and_no_reader_are_said", |service: &mut Service| {
        let connect = |name| {
            PcscTransport::connect(name, Sharing::Exclusive)
                .err()
                .unwrap()
        };
        assert_eq!(connect(READER), TransportError::NoCard(READER.to_owned()));
        assert!(matches!(
            connect("Nobody's"),
            TransportError::UnknownReader { .. }
        ));
        service.insert(blank(5));
        assert!(PcscTransport::connect("", Sharing::Exclusive).is_ok());
    });
}
