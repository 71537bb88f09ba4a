//! Keys in a PKCS #11 token, with SoftHSM: what is done with them is what is done with the same keys at hand.

#![allow(clippy::unwrap_used, reason = "a test may panic")]
#![cfg(target_os = "linux")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const MODULE: &str = "/usr/lib/softhsm/libsofthsm2.so";
const PIN: &str = "271828";

/// A token of its own, in a folder.
struct Token {
    folder: tempfile::TempDir,
}

/// Runs a program that must succeed.
fn succeed(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
}

impl Token {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let tokens = folder.path().join("tokens");
        std::fs::create_dir(&tokens).unwrap();
        let configuration = format!(
            "directories.tokendir = {}\nobjectstore.backend = file\nlog.level = ERROR\n",
            tokens.display()
        );
        std::fs::write(folder.path().join("softhsm2.conf"), configuration).unwrap();
        let token = Self { folder };
        succeed(token.program("softhsm2-util").args([
            "--init-token",
            "--free",
            "--label",
            "cards",
            "--so-pin",
            "31415926",
            "--pin",
            PIN,
        ]));
        token
    }

    fn program(&self, name: &str) -> Command {
        let mut command = Command::new(name);
        command.env("SOFTHSM2_CONF", self.folder.path().join("softhsm2.conf"));
        command
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Puts a key in: sensitive, so that nobody reads it again.
    fn import(&self, label: &str, kind: &str, key: &[u8]) {
        let file = self.file("key.bin");
        std::fs::write(&file, key).unwrap();
        succeed(
            self.program("pkcs11-tool")
                .args(["--module", MODULE, "--login", "--pin", PIN])
                .arg("--write-object")
                .arg(&file)
                .args(["--type", "secrkey", "--key-type", kind, "--label", label])
                .args(["--sensitive", "--usage-sign", "--usage-decrypt"]),
        );
        std::fs::remove_file(file).unwrap();
    }

    /// `tenkoku` with the token's PIN in the environment.
    fn tenkoku(&self, code: i32, pin: &str, arguments: &[&str]) -> Output {
        let output = self
            .program(env!("CARGO_BIN_EXE_tenkoku"))
            .args(arguments)
            .env("TENKOKU_PKCS11_PIN", pin)
            .env("TENKOKU_PKCS11_MODULE", MODULE)
            .stdin(std::process::Stdio::null())
            .output()
            .unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {errors}");
        assert!(!errors.contains(PIN), "{errors}");
        output
    }
}

/// The test needs SoftHSM and says so; CI installs it.
fn is_there() -> bool {
    let there = Path::new(MODULE).exists();
    assert!(
        there || std::env::var_os("CI").is_none(),
        "{MODULE} is missing"
    );
    if !there {
        eprintln!("SKIPPED: {MODULE} is missing; `cargo xtask test` installs softhsm2");
    }
    there
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Puts keys of its own on a simulated card, by a key file.
fn card(token: &Token, image: &Path, protocol: &str, keys: &Path) {
    let made = [
        "card",
        "exec",
        "--image",
        text(image),
        "--scp",
        protocol,
        "--script",
        "-",
    ];
    token.tenkoku(0, PIN, &made);
    let put = ["keys", "put", "--new", text(keys), "--sim", text(image)];
    let asked = err(&token.tenkoku(2, PIN, &put));
    let identity = asked.split("give --card ").nth(1).unwrap();
    let identity = identity.split_whitespace().next().unwrap();
    token.tenkoku(0, PIN, &[&put[..], &["--card", identity]].concat());
}

#[test]
fn a_card_is_managed_with_keys_that_never_leave_their_token() {
    if !is_there() {
        return;
    }
    let token = Token::new();
    let [enc, mac, dek] = [[0x11_u8; 16], [0x22; 16], [0x33; 16]];
    for (name, key) in [("ENC", enc), ("MAC", mac), ("DEK", dek)] {
        token.import(&format!("issuer-{name}"), "AES:16", &key);
    }
    let key_file = |name: &str, kvn: &str, [enc, mac, dek]: [&str; 3]| {
        let file = token.file(name);
        let text = format!("kvn = {kvn}\nenc = '{enc}'\nmac = '{mac}'\ndek = '{dek}'\n");
        std::fs::write(&file, text).unwrap();
        file
    };
    let digits = ["11", "22", "33"].map(|byte| byte.repeat(16));
    let digits = [&*digits[0], &*digits[1], &*digits[2]];
    let keys = key_file("keys.toml", "0x31", digits);
    let image = token.file("card.image");
    card(&token, &image, "scp03:70", &keys);

    let uri = "pkcs11:token=cards;object=issuer?kvn=31";
    let sim = ["--sim", text(&image)];
    let with = |code, pin, more: &[&str]| {
        token.tenkoku(code, pin, &[more, &sim[..], &["--keys", uri]].concat())
    };
    let listed = with(0, PIN, &["list"]);
    assert!(err(&listed).contains("AES-128 keys in the token cards, version 31; check values"));
    let by_file = [&["list"], &sim[..], &["--keys", text(&keys)]].concat();
    assert_eq!(out(&token.tenkoku(0, PIN, &by_file)), out(&listed));
    let check = token.tenkoku(0, PIN, &["keys", "check", text(&keys)]);
    let values = err(&listed);
    let values = values
        .split("check values ")
        .nth(1)
        .unwrap()
        .lines()
        .next()
        .unwrap();
    assert!(out(&check).contains(values), "{values}");

    // Key-DEK encrypts new keys without leaving the token: the card tells the same check values.
    let digits = ["44", "55", "66"].map(|byte| byte.repeat(16));
    let digits = [&*digits[0], &*digits[1], &*digits[2]];
    let new = key_file("new.toml", "0x32", digits);
    let put = ["keys", "put", "--new", text(&new)];
    let asked = err(&with(2, PIN, &put));
    let identity = asked.split("give --card ").nth(1).unwrap();
    let identity = identity.split_whitespace().next().unwrap();
    with(0, PIN, &[&put[..], &["--card", identity]].concat());
    let by_new = [&["list"], &sim[..], &["--keys", text(&new)]].concat();
    token.tenkoku(0, PIN, &by_new);

    // What cannot be is said before the card hears of anything.
    let refused = with(5, "161803", &["list"]);
    assert!(
        err(&refused).contains("refused the PIN"),
        "{}",
        err(&refused)
    );
    assert!(!err(&refused).contains("161803"), "{}", err(&refused));
    for (uri, expected) in [
        ("pkcs11:token=other;object=issuer", "0 tokens"),
        ("pkcs11:token=cards;object=other", "0 secret keys"),
        ("pkcs11:token=cards?pin-value=1", "a PIN in a command line"),
        ("pkcs11:?module-path=/nothing.so", "/nothing.so"),
    ] {
        let list = [&["list"], &sim[..], &["--keys", uri]].concat();
        let refused = token.tenkoku(3, PIN, &list);
        assert!(err(&refused).contains(expected), "{uri}: {}", err(&refused));
    }
    // The keys themselves are nobody's to put on a card.
    let refused = with(2, PIN, &["keys", "put", "--new", uri]);
    assert!(
        err(&refused).contains("never leave it"),
        "{}",
        err(&refused)
    );
}

#[test]
fn triple_des_and_master_keys_in_a_token() {
    if !is_there() {
        return;
    }
    let token = Token::new();
    // Two-key triple DES: the third part is the first again.
    let two_keys: Vec<u8> = (1..=16).collect();
    let three = [&two_keys[..], &two_keys[..8]].concat();
    token.import("des", "DES3:24", &three);
    token.import("master", "AES:16", &two_keys);
    let digits = hex::encode_upper(&two_keys);
    let keys = token.file("keys.toml");
    std::fs::write(&keys, format!("kvn = 0x31\nkey = '{digits}'\n")).unwrap();
    let image = token.file("card.image");
    card(&token, &image, "scp02:55", &keys);
    let list = |code, image: &Path, keys: &str| {
        let arguments = ["list", "--sim", text(image), "--keys", keys];
        token.tenkoku(code, PIN, &arguments)
    };
    let listed = list(0, &image, "pkcs11:token=cards;object=des?kvn=31");
    assert!(err(&listed).contains("the triple DES keys in the token cards"));
    // AES keys are none of SCP02, and say so without costing the card a try.
    let refused = list(5, &image, "pkcs11:token=cards;object=master?kvn=31");
    assert!(
        err(&refused).contains("another cipher"),
        "{}",
        err(&refused)
    );

    // Master keys: the card's own are derived in the token, from what the card tells.
    let master = token.file("master.toml");
    let diversified = format!("kvn = 0x31\nkey = '{digits}'\ndiversification = 'kdf3'\n");
    std::fs::write(&master, diversified).unwrap();
    let image = token.file("other.image");
    let script = token.file("none.apdu");
    std::fs::write(&script, "").unwrap();
    let check = token.tenkoku(
        0,
        PIN,
        &[
            "keys",
            "check",
            "pkcs11:token=cards;object=master?kvn=31&diversification=kdf3",
        ],
    );
    let plain = token.tenkoku(0, PIN, &["keys", "check", text(&master)]);
    assert_eq!(
        out(&check).lines().nth(1),
        out(&plain).lines().nth(1),
        "the check values of the master keys"
    );
    // A card with the test keys is not opened with either, in the same words.
    let uri = "pkcs11:token=cards;object=master?diversification=kdf3";
    let made = [
        "card",
        "exec",
        "--image",
        text(&image),
        "--script",
        text(&script),
    ];
    token.tenkoku(0, PIN, &made);
    let by_token = list(5, &image, uri);
    assert!(
        err(&by_token).contains("no try was lost"),
        "{}",
        err(&by_token)
    );
}
