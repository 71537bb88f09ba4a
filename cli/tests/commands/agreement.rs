//! SCP11 from the outside: keys and certificates are put on a simulated card, which is then flashed through them; a
//! script for every card with the key.

use super::{err, jpki, out, tenkoku, text};
use scp::scp11::{Certificate, CertificateRequest, CurveReference, Date, KeyUsage, PrivateKey};
use se_crypto::Drbg;
use std::path::{Path, PathBuf};

/// The files of two authorities, a host and a card.
struct Files {
    folder: PathBuf,
}

fn certify(key: &PrivateKey, subject: &[u8], usage: KeyUsage, by: &PrivateKey) -> Certificate {
    certify_until(2099, key, subject, usage, by)
}

fn certify_until(
    year: u16,
    key: &PrivateKey,
    subject: &[u8],
    usage: KeyUsage,
    by: &PrivateKey,
) -> Certificate {
    CertificateRequest {
        serial_number: vec![0x77],
        authority: b"authority".to_vec(),
        subject: subject.to_vec(),
        usage,
        expires: Date::new(year, 12, 31).unwrap(),
        key: key.public().clone(),
    }
    .sign(by)
    .unwrap()
}

/// PKCS #8 of a key on P-256.
fn pkcs8(key: &PrivateKey) -> Vec<u8> {
    let head = "3041020100301306072A8648CE3D020106082A8648CE3D030107042730250201010420";
    [hex::decode(head).unwrap(), key.secret().to_vec()].concat()
}

impl Files {
    fn new(folder: &Path) -> Self {
        let mut random = Drbg::from_seed(77);
        let mut key = || PrivateKey::generate(CurveReference::P256, &mut random).unwrap();
        let (authority, host, card) = (key(), key(), key());
        let files = Self {
            folder: folder.to_owned(),
        };
        let own = certify(&authority, b"authority", KeyUsage::Verification, &authority);
        files.write("ca.crt", own.bytes());
        let old = certify_until(2020, &host, b"host", KeyUsage::Agreement, &authority);
        files.write("old.crt", old.bytes());
        for (name, key) in [("host", &host), ("card", &card)] {
            let certificate = certify(key, name.as_bytes(), KeyUsage::Agreement, &authority);
            files.write(&format!("{name}.crt"), certificate.bytes());
            files.write(&format!("{name}.key"), &pkcs8(key));
        }
        files
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.folder.join(name), bytes).unwrap();
    }

    fn path(&self, name: &str) -> String {
        text(&self.folder.join(name)).to_owned()
    }
}

/// A card with keys for a variant.
fn provision(files: &Files, image: &str, key: &str) {
    let identified = tenkoku(0, &["identify", "--sim", image, "--json"]);
    let report: serde_json::Value = serde_json::from_slice(&identified.stdout).unwrap();
    let identity = report["identity"].as_str().unwrap();
    let run = |arguments: &[&str]| {
        let target = ["--sim", image, "--card", identity];
        tenkoku(0, &[arguments, &target].concat())
    };
    let (private, own, authority) = (
        files.path("card.key"),
        files.path("card.crt"),
        files.path("ca.crt"),
    );
    let put = run(&[
        "keys",
        "put-card-key",
        "--scp-key",
        key,
        "--private-key",
        &private,
        "--certificates",
        &own,
    ]);
    assert!(
        out(&put).contains(&format!("the card has its key {key} on P-256")),
        "{}",
        out(&put)
    );
    let put = run(&[
        "keys",
        "put-authority",
        "--key",
        "10/03",
        "--certificate",
        &authority,
        "--json",
    ]);
    assert!(out(&put).contains("\"10/03\""), "{}", out(&put));
}

#[test]
fn a_card_is_flashed_through_certificates() {
    let folder = tempfile::tempdir().unwrap();
    let files = Files::new(folder.path());
    let (cap, image) = (jpki(folder.path()), files.path("card.image"));
    provision(&files, &image, "11/03");
    let (authority, host, chain) = (
        files.path("ca.crt"),
        files.path("host.key"),
        files.path("host.crt"),
    );
    let scp11 = [
        "--scp",
        "11a",
        "--card-ca",
        &authority,
        "--host-key",
        &host,
        "--host-certificates",
        &chain,
        "--sim",
        &image,
    ];
    let run = |code, arguments: &[&str], more: &[&str]| tenkoku(code, &[arguments, more].concat());
    let flashed = run(0, &["flash", &cap, "--yes"], &scp11);
    assert!(!err(&flashed).contains("test keys"), "{}", err(&flashed));
    let listed = run(0, &["list", "--json"], &scp11);
    assert!(out(&listed).contains("D392F000260100000001"));
    // The same in a file.
    files.write(
        "scp11.toml",
        b"scp = '11a'\ncard-ca = 'ca.crt'\nhost-key = 'host.key'\nhost-certificates = 'host.crt'\n",
    );
    let keys = files.path("scp11.toml");
    let again = run(0, &["list", "--json"], &["--keys", &keys, "--sim", &image]);
    assert_eq!(out(&again), out(&listed));
    // What does not fit together is told before anything is sent, or by the card's certificate.
    let stranger = run(
        5,
        &[
            "list",
            "--scp",
            "11a",
            "--host-key",
            &host,
            "--host-certificates",
            &chain,
        ],
        &["--card-ca", &chain, "--sim", &image],
    );
    assert!(
        err(&stranger).contains("not signed by the authority"),
        "{}",
        err(&stranger)
    );
    let none = run(3, &["list", "--scp", "11a", "--sim", &image], &[]);
    assert!(err(&none).contains("host-key"), "{}", err(&none));
    let unknown = run(
        5,
        &["list", "--scp", "11b", "--card-ca", "unchecked"],
        &["--sim", &image],
    );
    let told = err(&unknown);
    assert!(
        told.contains("no key 13 for SCP11b; it has 11/03"),
        "{told}"
    );
    assert!(told.contains("not checked"), "{told}");
    run(
        2,
        &["list", "--scp", "11a", "--keys", "x"],
        &["--sim", &image],
    );
    run(
        2,
        &[
            "keys",
            "put-authority",
            "--key",
            "11/03",
            "--certificate",
            &authority,
        ],
        &["--sim", &image],
    );
}

#[test]
fn a_script_of_scp11c_is_for_every_card_with_the_key() {
    let folder = tempfile::tempdir().unwrap();
    let files = Files::new(folder.path());
    let cap = jpki(folder.path());
    files.write(
        "fleet.toml",
        b"scp = '11c'\nkvn = 3\ncard-ca = 'ca.crt'\ncard-certificates = 'card.crt'\nhost-key = 'host.key'\n\
          host-certificates = 'host.crt'\nauthority = '10/03'\nhost-id = 'C0FFEE'\n",
    );
    let (keys, script) = (files.path("fleet.toml"), files.path("fleet.apdu"));
    let write = ["script", "write", &cap, "--keys", &keys, "-o", &script];
    let written = tenkoku(0, &write);
    assert!(out(&written).contains("commands"));
    let commands = std::fs::read_to_string(&script).unwrap();
    assert!(
        commands.contains("any number of times, on every card with the key 15/03"),
        "{commands}"
    );
    for card in ["first", "second"] {
        let image = files.path(card);
        provision(&files, &image, "15/03");
        tenkoku(0, &["script", "play", &script, "--sim", &image, "--yes"]);
        let listed = tenkoku(0, &["list", "--json", "--sim", &image]);
        assert!(out(&listed).contains("D392F000260100000001"));
    }
    // A card without the key takes nothing.
    let other = files.path("other");
    let refused = tenkoku(4, &["script", "play", &script, "--sim", &other, "--yes"]);
    assert!(err(&refused).contains("refused"), "{}", err(&refused));
    let lonely = tenkoku(
        3,
        &[
            "script",
            "write",
            &cap,
            "--keys",
            &files.path("ca.crt"),
            "-o",
            &script,
        ],
    );
    assert!(!err(&lonely).is_empty());
}

/// The host's clock tells before the card is asked; who knows better can say so.
#[test]
fn a_certificate_that_is_out_of_date_is_told_so() {
    let folder = tempfile::tempdir().unwrap();
    let files = Files::new(folder.path());
    let image = files.path("card.image");
    provision(&files, &image, "11/03");
    let (authority, key, old) = (
        files.path("ca.crt"),
        files.path("host.key"),
        files.path("old.crt"),
    );
    let list = [
        "list",
        "--sim",
        &image,
        "--scp",
        "11a",
        "--card-ca",
        &authority,
        "--host-key",
        &key,
        "--host-certificates",
        &old,
    ];
    let told = tenkoku(5, &list);
    let told = err(&told);
    assert!(
        told.contains("the host's certificate") && told.contains("was valid until 2020-12-31"),
        "{told}"
    );
    tenkoku(0, &[&list[..], &["--allow-expired"]].concat());
}
