//! The commands that work on a card, over the simulator.

use super::{APPLET, err, jpki, out, tenkoku, text};
use serde_json::Value;
use std::io::Read;
use std::path::Path;

const PACKAGE: &str = "D392F000260100000000";
const KEY: &str = "00112233445566778899AABBCCDDEEFF";

pub(crate) fn json(output: &std::process::Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The members of an archive, joined.
fn unzipped(file: &Path) -> String {
    let mut archive = zip::ZipArchive::new(std::fs::File::open(file).unwrap()).unwrap();
    let mut all = String::new();
    for index in 0..archive.len() {
        archive
            .by_index(index)
            .unwrap()
            .read_to_string(&mut all)
            .unwrap();
    }
    all
}

#[test]
fn a_flash_is_rehearsed_told_and_not_repeated() {
    let folder = tempfile::tempdir().unwrap();
    let (cap, image) = (jpki(folder.path()), folder.path().join("card.image"));
    let bundle = folder.path().join("fault.zip");
    let flash = ["flash", &cap, "--sim", text(&image)];
    let run = |code, more: &[&str]| tenkoku(code, &[&flash[..], more].concat());

    // Nothing is known yet.
    assert!(err(&run(1, &["--resume", "--yes"])).contains("nothing is known"));
    assert!(err(&run(1, &["--clean", "--yes"])).contains("nothing is known"));
    let rehearsed = run(0, &["--dry-run"]);
    assert!(
        out(&rehearsed).contains("> 80E60200"),
        "{}",
        out(&rehearsed)
    );
    let plan = json(&run(0, &["--dry-run", "--json"]));
    let apdus = plan["apdus"].as_array().unwrap().len();
    assert_eq!(plan["commands"], apdus);

    // Progress as JSON lines, the report last.
    let told = run(
        0,
        &["--yes", "--json", "--events", "--report", text(&bundle)],
    );
    let lines: Vec<Value> = out(&told)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines[0]["event"], "phase");
    let block = lines.iter().rfind(|line| line["event"] == "block").unwrap();
    assert_eq!(block["bytes"], block["total"]);
    assert!(block["bytes_per_second"].as_f64().unwrap() > 0.0);
    assert_eq!(block["seconds_left"], 0.0);
    let report = lines.last().unwrap();
    assert_eq!(
        (&report["schema"], &report["written"]),
        (&"tenkoku.flash/2".into(), &true.into())
    );
    assert_eq!(report["commands"], plan["commands"]);

    // The bundle tells all but secrets.
    let all = unzipped(&bundle);
    for there in [PACKAGE, "80500000 [8 bytes]", "\"exit_status\": 0"] {
        assert!(all.contains(there), "{there}: {all}");
    }
    assert!(!all.contains("404142434445464748494A4B4C4D4E4F"));

    assert!(out(&run(0, &["--yes", "--replace", "--if-changed"])).contains("is up to date"));
    assert!(err(&run(0, &["--yes", "--resume"])).contains("nothing is left to do"));
    // A flash that is complete is nothing to clean.
    run(0, &["--yes", "--clean"]);
    assert!(out(&tenkoku(0, &["list", "--sim", text(&image)])).contains(PACKAGE));
    // Another one is written.
    let other = json(&run(
        0,
        &[
            "--yes",
            "--replace",
            "--if-changed",
            "--json",
            "--load-only",
        ],
    ));
    assert_eq!(
        (&other["written"], &other["up_to_date"]),
        (&true.into(), &false.into())
    );
    tenkoku(2, &["flash", &cap, "--watch", "--sim", text(&image)]);
}

#[test]
fn preflight_names_the_line_that_wants_a_newer_card() {
    let folder = tempfile::tempdir().unwrap();
    let (cap, image) = (jpki(folder.path()), folder.path().join("card.image"));
    let refused = tenkoku(
        1,
        &[
            "flash",
            &cap,
            "--sim",
            text(&image),
            "--dry-run",
            "--release",
            "2.2.1",
        ],
    );
    let told = err(&refused);
    assert!(told.contains("this card has 1.2"), "{told}");
    assert!(!told.contains(" at \n"), "{told}");
}

#[test]
fn wrong_keys_leave_a_bundle_without_them() {
    let folder = tempfile::tempdir().unwrap();
    let (cap, image) = (jpki(folder.path()), folder.path().join("card.image"));
    let (keys, bundle) = (
        folder.path().join("keys.toml"),
        folder.path().join("fault.zip"),
    );
    std::fs::write(&keys, format!("key = '{KEY}'")).unwrap();
    let arguments = [
        "flash",
        &cap,
        "--sim",
        text(&image),
        "--yes",
        "--keys",
        text(&keys),
        "--report",
        text(&bundle),
    ];
    let refused = tenkoku(5, &arguments);
    assert!(err(&refused).contains("check values"), "{}", err(&refused));
    let all = unzipped(&bundle);
    assert!(
        all.contains("\"exit_status\": 5") && all.contains("not tried again"),
        "{all}"
    );
    assert!(!all.contains(KEY) && !all.contains(&KEY.to_lowercase()));
}

#[test]
fn applets_domains_and_the_tree() {
    let folder = tempfile::tempdir().unwrap();
    let (cap, image) = (jpki(folder.path()), folder.path().join("card.image"));
    let sim = ["--sim", text(&image)];
    let run = |code, arguments: &[&str]| tenkoku(code, &[arguments, &sim].concat());
    run(0, &["flash", &cap, "--yes", "--load-only"]);
    assert!(
        err(&run(
            2,
            &["applet", "install", APPLET, "--package", PACKAGE]
        ))
        .contains("--yes")
    );
    run(
        0,
        &["applet", "install", APPLET, "--package", PACKAGE, "--yes"],
    );
    run(
        2,
        &[
            "applet",
            "install",
            APPLET,
            "--package",
            PACKAGE,
            "--yes",
            "--privileges",
            "magic",
        ],
    );
    let twice = run(
        4,
        &["applet", "install", APPLET, "--package", PACKAGE, "--yes"],
    );
    assert!(
        err(&twice).contains("INSTALL [for install and make selectable]")
            && err(&twice).contains("AID is in use"),
        "{}",
        err(&twice)
    );
    run(0, &["applet", "lock", APPLET, "--yes"]);
    assert!(out(&run(0, &["list"])).contains(&format!("applet {APPLET} LOCKED")));
    run(0, &["applet", "unlock", APPLET, "--yes"]);

    const DOMAIN: &str = "A0000001515344";
    run(0, &["domain", "create", DOMAIN, "--yes"]);
    let list = run(0, &["list"]);
    assert!(
        out(&list).contains(&format!("  domain {DOMAIN} SELECTABLE (security domain)\n")),
        "{}",
        out(&list)
    );
    let keys = folder.path().join("domain.toml");
    std::fs::write(&keys, format!("kvn = 0x41\nkey = '{KEY}'")).unwrap();
    let identity = json(&run(0, &["identify", "--json"]))["identity"]
        .as_str()
        .unwrap()
        .to_owned();
    run(
        0,
        &[
            "keys",
            "put",
            "--new",
            text(&keys),
            "--domain",
            DOMAIN,
            "--card",
            &identity,
        ],
    );
    run(0, &["applet", "extradite", APPLET, "--to", DOMAIN, "--yes"]);
    let list = run(0, &["list"]);
    let tree = out(&list);
    let below = tree.split_once(&format!("  domain {DOMAIN}")).unwrap().1;
    assert!(
        below.contains("    keys version 41: 3 keys, AES-128\n"),
        "{tree}"
    );
    assert!(
        below.contains(&format!(
            "    applet {APPLET} SELECTABLE, of package {PACKAGE}\n"
        )),
        "{tree}"
    );
    assert_eq!(
        tree.matches(APPLET).count(),
        2,
        "module and instance: {tree}"
    );
    assert!(
        tree.contains("  keys version 30: 3 keys, AES-128\n"),
        "{tree}"
    );
    let machine = json(&run(0, &["list", "--json"]));
    assert_eq!(machine["domains"][0]["keys"][0]["version"], 0x41);
}

#[test]
fn keys_are_changed_on_the_card_that_is_meant() {
    let folder = tempfile::tempdir().unwrap();
    let image = folder.path().join("card.image");
    let keys = folder.path().join("new.toml");
    std::fs::write(&keys, format!("kvn = 0x31\nkey = '{KEY}'")).unwrap();
    let sim = ["--sim", text(&image)];
    let run = |code, arguments: &[&str]| tenkoku(code, &[arguments, &sim].concat());
    assert!(out(&tenkoku(0, &["keys", "check", text(&keys)])).contains("AES"));
    let put = ["keys", "put", "--new", text(&keys), "--replace", "30"];
    let unasked = run(2, &put);
    let identity = json(&run(0, &["identify", "--json"]))["identity"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(
        err(&unasked).contains(&format!("--card {identity}")),
        "{}",
        err(&unasked)
    );
    let wrong = run(2, &[&put[..], &["--card", "0000-00000001-0000"]].concat());
    assert!(err(&wrong).contains("another card"), "{}", err(&wrong));
    assert!(out(&run(0, &["identify"])).contains("version 30"));
    let done = run(0, &[&put[..], &["--card", &identity]].concat());
    assert!(err(&done).contains("check values") && !err(&done).contains(KEY));
    // The old keys open nothing any more, the new ones do; from the environment too.
    run(
        4,
        &[
            "list",
            "--keys",
            text(&keys),
            "--domain",
            "A000000003000000",
        ],
    );
    run(5, &["list"]);
    run(0, &["list", "--keys", text(&keys)]);
    run(3, &["list", "--keys", "env"]);
    let test = [
        "keys",
        "put",
        "--new",
        "env",
        "--kvn",
        "32",
        "--keys",
        text(&keys),
    ];
    run(3, &[&test[..], &["--card", &identity]].concat());
    run(
        0,
        &[
            "keys",
            "put",
            "--new",
            text(&keys),
            "--kvn",
            "32",
            "--keys",
            text(&keys),
            "--card",
            &identity,
        ],
    );
    run(
        0,
        &[
            "keys",
            "delete",
            "32",
            "--keys",
            text(&keys),
            "--card",
            &identity,
        ],
    );
    assert!(!out(&run(0, &["identify"])).contains("version 32"));
}

#[test]
fn one_flag_for_every_degree_of_no_return() {
    let folder = tempfile::tempdir().unwrap();
    let image = folder.path().join("card.image");
    let sim = ["--sim", text(&image)];
    let run = |code, arguments: &[&str]| tenkoku(code, &[arguments, &sim].concat());
    let identity = json(&run(0, &["identify", "--json"]))["identity"]
        .as_str()
        .unwrap()
        .to_owned();
    run(2, &["life-cycle", "secured", "--yes"]);
    run(0, &["life-cycle", "secured", "--card", &identity]);
    run(1, &["life-cycle", "secured", "--card", &identity]);
    run(2, &["life-cycle", "locked"]);
    run(0, &["life-cycle", "locked", "--yes"]);
    run(0, &["life-cycle", "secured", "--yes"]);
    run(2, &["life-cycle", "terminated", "--card", &identity]);
    run(2, &["life-cycle", "terminated", "--terminate-for-ever"]);
    let ended = run(
        0,
        &[
            "life-cycle",
            "terminated",
            "--terminate-for-ever",
            "--card",
            &identity,
        ],
    );
    assert_eq!(out(&ended), "the card was SECURED and is TERMINATED\n");
}

#[test]
fn a_card_is_identified_without_keys() {
    let folder = tempfile::tempdir().unwrap();
    let image = folder.path().join("card.image");
    let told = tenkoku(0, &["identify", "--sim", text(&image)]);
    for line in [
        "product         Tenkoku simulated card",
        "channel         SCP03 i=70",
        "keys            version 30",
    ] {
        assert!(out(&told).contains(line), "{}", out(&told));
    }
    assert!(err(&told).is_empty());
}

#[test]
fn a_recipe_makes_a_card_and_then_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (_, image) = (jpki(folder.path()), folder.path().join("card.image"));
    let recipe = folder.path().join("card.toml");
    std::fs::write(
        folder.path().join("domain.toml"),
        format!("kvn = 0x41\nkey = '{KEY}'"),
    )
    .unwrap();
    std::fs::write(
        &recipe,
        format!(
            "[[domain]]\naid = 'A0000001515344'\nkeys = 'domain.toml'\n\n[[package]]\nfile = 'jpki.cap'\n\n\
             [[package.instance]]\nmodule = '{APPLET}'\ndomain = 'A0000001515344'\n"
        ),
    )
    .unwrap();
    let apply = ["apply", text(&recipe), "--sim", text(&image)];
    let run = |code, more: &[&str]| tenkoku(code, &[&apply[..], more].concat());
    let rehearsed = run(0, &["--dry-run"]);
    assert!(
        err(&rehearsed).contains("5. put the keys of"),
        "{}",
        err(&rehearsed)
    );
    assert!(err(&run(2, &["--yes"])).contains("--card"));
    let identity = tenkoku(0, &["identify", "--json", "--sim", text(&image)]);
    let identity = json(&identity)["identity"].as_str().unwrap().to_owned();
    assert_eq!(
        json(&run(0, &["--yes", "--json", "--card", &identity]))["done"],
        5
    );
    assert!(out(&run(0, &["--yes"])).contains("as the recipe says"));
    std::fs::write(&recipe, "[[package]]\nfile = 3\n").unwrap();
    assert!(err(&run(3, &[])).contains("line 2"));
}

#[test]
fn a_script_is_written_without_the_card_and_played_without_keys() {
    let folder = tempfile::tempdir().unwrap();
    let (cap, image) = (jpki(folder.path()), folder.path().join("card.image"));
    let (keys, script) = (
        folder.path().join("card.toml"),
        folder.path().join("flash.apdu"),
    );
    std::fs::write(
        &keys,
        "kvn = 0x30\nkey = '404142434445464748494A4B4C4D4E4F'",
    )
    .unwrap();
    let write = [
        "script",
        "write",
        &cap,
        "-o",
        text(&script),
        "--keys",
        text(&keys),
        "--counter",
    ];
    let play = [
        "script",
        "play",
        text(&script),
        "--yes",
        "--sim",
        text(&image),
    ];
    tenkoku(0, &["list", "--sim", text(&image)]);
    tenkoku(0, &[&write[..], &["7"]].concat());
    let wrong = tenkoku(4, &play);
    assert!(
        err(&wrong).contains("sequence counter is not the one"),
        "{}",
        err(&wrong)
    );
    let told = tenkoku(0, &["identify", "--sim", text(&image), "--json"]);
    let counter = json(&told)["sequence_counter"].to_string();
    tenkoku(0, &[&write[..], &[&counter]].concat());
    tenkoku(0, &play);
    assert!(out(&tenkoku(0, &["list", "--sim", text(&image)])).contains(PACKAGE));
    tenkoku(4, &play);
    assert!(
        !std::fs::read_to_string(&script)
            .unwrap()
            .contains("404142434445")
    );
    assert!(
        err(&tenkoku(4, &[&write[..], &["7", "--i", "60"]].concat())).contains("pseudo-random")
    );
}

#[cfg(unix)]
#[test]
fn watching_flashes_again_until_ctrl_c() {
    use std::io::{BufRead, BufReader};
    use std::process::{Command, Stdio};

    let folder = tempfile::tempdir().unwrap();
    let (cap, image) = (jpki(folder.path()), folder.path().join("card.image"));
    let mut child = Command::new(env!("CARGO_BIN_EXE_tenkoku"))
        .args([
            "flash",
            &cap,
            "--sim",
            text(&image),
            "--watch",
            "--replace",
            "--yes",
        ])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut errors = BufReader::new(child.stderr.take().unwrap()).lines();
    let mut watched = || {
        errors
            .by_ref()
            .any(|line| line.unwrap().starts_with("watching"))
    };
    assert!(watched());
    // A file that is none for a moment ends nothing.
    let bytes = std::fs::read(&cap).unwrap();
    std::fs::write(&cap, "half").unwrap();
    assert!(watched());
    std::fs::write(&cap, bytes).unwrap();
    assert!(watched());
    let interrupt = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(interrupt.unwrap().success());
    let mut told = String::new();
    child
        .stdout
        .take()
        .unwrap()
        .read_to_string(&mut told)
        .unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_eq!(told.matches("flashed ").count(), 2, "{told}");
}

/// A domain is personalised with data of which one is encrypted under the data encryption key too; what it says
/// afterwards is what was given, whichever way it came.
#[test]
fn sensitive_data_are_stored() {
    let folder = tempfile::tempdir().unwrap();
    let (image, secret) = (
        folder.path().join("card.image"),
        folder.path().join("url.hex"),
    );
    let domain = "A0000001515344";
    let run =
        |code, arguments: &[&str]| tenkoku(code, &[arguments, &["--sim", text(&image)]].concat());
    run(0, &["domain", "create", domain, "--yes"]);
    std::fs::write(&secret, "5F50 03 616263\n").unwrap();
    let file = format!("0070:@{}", text(&secret));
    let store = ["applet", "store", domain, "--yes", "--dgi", &file];
    for encrypt in [&[][..], &["--encrypt", "0070"]] {
        run(0, &[&store[..], encrypt].concat());
        let session = run(0, &["identify", "--domain", domain, "--json"]);
        assert_eq!(json(&session)["schema"], "tenkoku.identify/1");
    }
    let unknown = run(2, &[&store[..], &["--encrypt", "0071"]].concat());
    assert!(err(&unknown).contains("there is no --dgi 0071"));
    std::fs::write(&secret, "secret").unwrap();
    let refused = run(3, &store);
    assert!(!err(&refused).contains("secret"), "{}", err(&refused));
}

/// Progress and notes that nobody reads any more do not end a flash in its middle.
#[test]
fn a_flash_goes_on_when_nobody_listens() {
    let folder = tempfile::tempdir().unwrap();
    let (cap, image) = (jpki(folder.path()), folder.path().join("card.image"));
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let status = std::process::Command::new(env!("CARGO_BIN_EXE_tenkoku"))
        .args(["flash", &cap, "--yes", "--sim", text(&image)])
        .stdout(std::process::Stdio::null())
        .stderr(writer)
        .status()
        .unwrap();
    assert_eq!(status.code(), Some(0));
    assert!(out(&tenkoku(0, &["list", "--sim", text(&image)])).contains(PACKAGE));
}
