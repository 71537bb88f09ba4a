//! Tokens, receipts, and the keys that they want.

use super::cards::json;
use super::{err, jpki, out, tenkoku, text};
use serde_json::Value;
use std::path::{Path, PathBuf};

const DOMAIN: &str = "A0000001515344";

/// A private key of P-256 in a file, RFC 5958 around RFC 5915, and its public key in another, RFC 5480.
fn key_pair(folder: &Path) -> (PathBuf, PathBuf, [u8; 65]) {
    let (private, public) = (folder.join("issuer.der"), folder.join("issuer.pem"));
    let secret = [0x42; 32];
    let head = "3041020100301306072A8648CE3D020106082A8648CE3D030107042730250201010420";
    let bytes = [hex::decode(head).unwrap(), secret.to_vec()].concat();
    std::fs::write(&private, bytes).unwrap();
    let point = se_crypto::P256Key::from_secret(&secret).unwrap().public();
    let head = "3059301306072A8648CE3D020106082A8648CE3D030107034200";
    let bytes = [hex::decode(head).unwrap(), point.to_vec()].concat();
    let pem = der::pem::encode_string("PUBLIC KEY", der::pem::LineEnding::LF, &bytes).unwrap();
    std::fs::write(&public, pem).unwrap();
    (private, public, point)
}

#[test]
fn tokens_are_signed_off_the_card() {
    let folder = tempfile::tempdir().unwrap();
    let cap = jpki(folder.path());
    let (key, _, public) = key_pair(folder.path());
    let tokens = folder.path().join("jpki.tokens");

    let delete = "80E40080074F05F000000001";
    let token = tenkoku(0, &["token", "sign-command", delete, "--key", text(&key)]);
    let token = hex::decode(out(&token).trim()).unwrap();
    let input = hex::decode("0080074F05F000000001").unwrap();
    se_crypto::verify_p256(&public, &se_crypto::sha256(&input), &token).unwrap();
    tenkoku(
        3,
        &["token", "sign-command", "80CA006600", "--key", text(&key)],
    );

    let sign = [
        "token",
        "sign",
        &cap,
        "-o",
        text(&tokens),
        "--key",
        text(&key),
        "--replace",
    ];
    assert!(out(&tenkoku(0, &sign)).ends_with(": 3 tokens\n"));
    let image = folder.path().join("card.image");
    let flash = [
        "flash",
        &cap,
        "--sim",
        text(&image),
        "--tokens",
        text(&tokens),
        "--dry-run",
        "--json",
    ];
    let plan = json(&tenkoku(0, &flash));
    let signed: Value = serde_json::from_slice(&std::fs::read(&tokens).unwrap()).unwrap();
    let sent = plan["apdus"].as_array().unwrap();
    for (kind, apdu) in [("0200", &sent[0]), ("0C00", sent.last().unwrap())] {
        let token = signed
            .as_object()
            .unwrap()
            .iter()
            .find(|(input, _)| input.starts_with(kind))
            .unwrap()
            .1;
        let end = format!("40{}00", token.as_str().unwrap());
        assert!(apdu.as_str().unwrap().ends_with(&end), "{kind}: {apdu}");
    }
    std::fs::write(
        &key,
        "-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n",
    )
    .unwrap();
    assert!(err(&tenkoku(3, &sign)).contains("openssl pkcs8"));
}

/// The issuer's keys are put on the card and a domain is made; the domain's owner flashes under tokens; the issuer
/// verifies the receipts, on the spot and from the file.
#[test]
fn receipts_are_verified_kept_and_counted() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let cap = jpki(folder.path());
    let (private, public, _) = key_pair(folder.path());
    let image = at("card.image");
    let (receipt, other) = (at("receipt.toml"), at("other.toml"));
    std::fs::write(&receipt, "key = '71717171717171717171717171717171'").unwrap();
    std::fs::write(&other, "key = '72717171717171717171717171717171'").unwrap();
    let card = ["--sim", text(&image)];
    let run = |code, arguments: &[&str]| tenkoku(code, &[arguments, &card[..]].concat());
    run(
        0,
        &[
            "domain",
            "create",
            DOMAIN,
            "--privileges",
            "delegated-management",
            "--yes",
        ],
    );
    // Which card is meant is asked for; a key whose purpose nobody tells is none.
    let put = ["keys", "put", "--public", text(&public)];
    let asked = run(2, &[&put[..], &["--role", "token"]].concat());
    let identity = err(&asked)
        .split("give --card ")
        .nth(1)
        .unwrap()
        .split_whitespace()
        .next()
        .unwrap()
        .to_owned();
    assert!(err(&run(2, &[&put[..], &["--card", &identity]].concat())).contains("--role"));
    run(
        0,
        &[&put[..], &["--role", "token", "--card", &identity]].concat(),
    );
    let put = [
        "keys",
        "put",
        "--secret",
        text(&receipt),
        "--role",
        "receipt",
    ];
    let told = run(0, &[&put[..], &["--card", &identity]].concat());
    assert!(out(&told).contains("key version 71, and told the same check values"));
    assert!(out(&run(0, &["list"])).contains("EC 256 public"));

    for combined in [false, true] {
        let (tokens, kept) = (at("jpki.tokens"), at("jpki.receipts"));
        let mut sign = vec![
            "token",
            "sign",
            &cap,
            "-o",
            text(&tokens),
            "--key",
            text(&private),
            "--replace",
        ];
        let mut flash = vec![
            "flash",
            &cap,
            "--domain",
            DOMAIN,
            "--tokens",
            text(&tokens),
            "--replace",
            "--yes",
            "--json",
            "--save-receipts",
            text(&kept),
        ];
        if combined {
            sign.push("--combined");
            flash.push("--combined");
        }
        tenkoku(0, &sign);
        let flash = |code, more: &[&str]| run(code, &[&flash[..], more].concat());
        let told = json(&flash(0, &["--receipts", text(&receipt)]));
        let receipts = told["receipts"].as_array().unwrap();
        assert!(
            receipts
                .iter()
                .all(|one| one["valid"] == true && one["expected"].is_null())
        );
        let operations: Vec<&str> = receipts
            .iter()
            .map(|one| one["operation"].as_str().unwrap())
            .collect();
        let expected: &[&str] = if combined {
            // The package that the first round left goes first.
            &["delete", "load-and-install"]
        } else {
            &["load", "install"]
        };
        assert_eq!(operations, expected);
        // With another key they do not verify: what is on the card stays, and the exit status tells.
        let wrong = flash(1, &["--receipts", text(&other)]);
        assert!(err(&wrong).contains("NOT of this key"), "{}", err(&wrong));
        assert_eq!(json(&wrong)["written"], true);

        // The issuer has the file. A receipt that was taken out leaves a gap.
        let verify = |code, file: &Path| {
            let key = ["--key", text(&receipt)];
            tenkoku(
                code,
                &[&["token", "receipts", text(file)], &key[..]].concat(),
            )
        };
        verify(0, &kept);
        let mut all: Value = serde_json::from_slice(&std::fs::read(&kept).unwrap()).unwrap();
        all["receipts"].as_array_mut().unwrap().remove(1);
        let short = at("short.receipts");
        std::fs::write(&short, all.to_string()).unwrap();
        assert!(err(&verify(1, &short)).contains("receipt 2 is missing"));
        std::fs::write(&short, "{}").unwrap();
        verify(3, &short);
    }
    // The owner's own card management goes by tokens too.
    let tokens = at("delete.tokens");
    let delete = "80E400800C4F0AD392F000260100000000";
    let token = tenkoku(
        0,
        &["token", "sign-command", delete, "--key", text(&private)],
    );
    let input = &format!("0080{}", &delete[8..]);
    std::fs::write(
        &tokens,
        serde_json::json!({ input: out(&token).trim() }).to_string(),
    )
    .unwrap();
    let delete = [
        "delete",
        "D392F000260100000000",
        "--related",
        "--yes",
        "--domain",
        DOMAIN,
        "--receipts",
        text(&receipt),
        "--tokens",
        text(&tokens),
    ];
    assert!(err(&run(0, &delete)).contains("delete of D392F000260100000000, valid"));
}

/// The issuer signs the tokens of a recipe; the owner of a domain makes the card what the recipe says, once.
#[test]
fn a_recipe_is_applied_by_tokens() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let _ = jpki(folder.path());
    let (private, public, _) = key_pair(folder.path());
    let (image, receipt, tokens) = (at("card.image"), at("receipt.toml"), at("card.tokens"));
    std::fs::write(&receipt, "key = '71717171717171717171717171717171'").unwrap();
    std::fs::write(
        at("card.toml"),
        "[[package]]\nfile = 'jpki.cap'\n\n[[package.instance]]\nmodule = 'D392F000260100000001'\n",
    )
    .unwrap();
    let recipe = at("card.toml");
    let run =
        |code, arguments: &[&str]| tenkoku(code, &[arguments, &["--sim", text(&image)]].concat());
    let create = ["domain", "create", DOMAIN, "--privileges"];
    run(
        0,
        &[&create[..], &["delegated-management", "--yes"]].concat(),
    );
    let identity = json(&run(0, &["identify", "--json"]))["identity"].clone();
    let card = identity.as_str().unwrap();
    for (what, file, role) in [
        ("--public", &public, "token"),
        ("--secret", &receipt, "receipt"),
    ] {
        let put = ["keys", "put", what, text(file), "--role", role];
        run(0, &[&put[..], &["--card", card]].concat());
    }
    let sign = ["token", "recipe", text(&recipe), "-o", text(&tokens)];
    let sign = [&sign[..], &["--key", text(&private), "--replace"]].concat();
    assert!(out(&tenkoku(0, &sign)).ends_with(": 3 tokens\n"));

    let apply = [
        "apply",
        text(&recipe),
        "--domain",
        DOMAIN,
        "--yes",
        "--json",
    ];
    // Without tokens the card refuses, and keeps nothing.
    run(4, &apply);
    let receipts = ["--tokens", text(&tokens), "--receipts", text(&receipt)];
    let apply = [&apply[..], &receipts].concat();
    let told = json(&run(0, &apply));
    let operations: Vec<&Value> = told["receipts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["operation"])
        .collect();
    assert_eq!(operations, ["load", "install"]);
    assert_eq!(told["done"], 2);
    let again = json(&run(0, &apply));
    assert_eq!(again["changes"].as_array().unwrap().len(), 0);
}
