//! How many commands, and how many bytes of them, a flash costs: counted on the line, of the built binary. The figures
//! beside those of other tools are in `docs/card-management.md`.

use crate::served::{Served, tenkoku};
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::{Arc, Mutex};

/// A line to a card on which commands are counted: their number, and their bytes.
struct Line {
    _card: Served,
    address: String,
    counted: Arc<Mutex<(usize, usize)>>,
    folder: tempfile::TempDir,
}

impl Line {
    fn to_card(protocol: &str) -> Self {
        let card = Served::start(&["--tcp", "127.0.0.1:0", "--scp", protocol]);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (counted, there) = (Arc::default(), card.address.clone());
        let heard = Arc::clone(&counted);
        std::thread::spawn(move || {
            for host in listener.incoming().map_while(Result::ok) {
                let card = TcpStream::connect(&there).unwrap();
                let (from, to) = (host.try_clone().unwrap(), card.try_clone().unwrap());
                let heard = Arc::clone(&heard);
                std::thread::spawn(move || pass_on(from, to, Some(&heard)));
                std::thread::spawn(move || pass_on(card, host, None));
            }
        });
        Self {
            _card: card,
            address,
            counted,
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// Runs `tenkoku flash`; gives what it said, and what it sent.
    fn flash(&self, cap: &Path, arguments: &[&str]) -> (Output, (usize, usize)) {
        *self.counted.lock().unwrap() = (0, 0);
        let to = ["flash", cap.to_str().unwrap(), "--tcp", &self.address];
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_tenkoku"))
            .args([&to[..], arguments].concat())
            .env("TENKOKU_STATE", self.folder.path())
            .output()
            .unwrap();
        (output, *self.counted.lock().unwrap())
    }

    /// The same, which must succeed.
    fn counts(&self, cap: &Path, arguments: &[&str]) -> (usize, usize) {
        let (output, counted) = self.flash(cap, arguments);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {errors}");
        counted
    }
}

/// Passes messages on, each behind two bytes of its length; shorter ones than a command are codes for the reader.
fn pass_on(mut from: TcpStream, mut to: TcpStream, counted: Option<&Mutex<(usize, usize)>>) {
    let mut one = || -> io::Result<()> {
        let mut length = [0; 2];
        from.read_exact(&mut length)?;
        let mut message = vec![0; u16::from_be_bytes(length).into()];
        from.read_exact(&mut message)?;
        if let Some(counted) = counted.filter(|_| message.len() >= 4) {
            let mut counted = counted.lock().unwrap();
            *counted = (counted.0 + 1, counted.1 + message.len());
        }
        to.write_all(&[&length[..], &message].concat())
    };
    while one().is_ok() {}
    let _ = to.shutdown(Shutdown::Both);
}

/// The JPKI applet, and one that is as small as an applet can be; and the bytes of their load files.
fn caps(folder: &Path) -> [(PathBuf, usize); 2] {
    let platform = concat!(env!("CARGO_MANIFEST_DIR"), "/../platform");
    let tiny = folder.join("tiny");
    std::fs::create_dir_all(tiny.join("src")).unwrap();
    std::fs::write(
        tiny.join("Cargo.toml"),
        format!(
            "[package]\nname = 'tiny'\nversion = '0.1.0'\nedition = '2024'\n[workspace]\n\
             [dependencies]\nplatform = {{ path = '{platform}' }}\n"
        ),
    )
    .unwrap();
    std::fs::write(tiny.join("src/lib.rs"), include_str!("tiny.rs")).unwrap();
    let jpki = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../applet-model"));
    [(jpki, "Jpki"), (tiny, "Tiny")].map(|(source, applet)| {
        let cap = folder.join(applet).with_extension("cap");
        let (source, file) = (source.to_str().unwrap(), cap.to_str().unwrap());
        let built = tenkoku(&["build", source, "--applet", applet, "-o", file]);
        let errors = String::from_utf8_lossy(&built.stderr);
        assert!(built.status.success(), "{errors}");
        let told = String::from_utf8(built.stdout).unwrap() + &errors;
        let (before, _) = told.split_once(" bytes to load").unwrap();
        let digits = before.rsplit(' ').next().unwrap();
        (cap, digits.parse().unwrap())
    })
}

#[test]
fn a_flash_asks_no_more_than_it_must() {
    let folder = tempfile::tempdir().unwrap();
    let [(jpki, jpki_bytes), (tiny, tiny_bytes)] = caps(folder.path());
    // With a MAC of 8 bytes; four bytes of tag and length stand before the load file.
    let blocks = (jpki_bytes + 4).div_ceil(247);
    let (c_mac, c_decryption) = (["--security", "c-mac"], ["--security", "c-decryption"]);
    // Commands of the first flash of a card, and of one that replaces; not one of them tells the host what it knows.
    for protocol in ["scp03:70", "scp03:00", "scp02:15", "scp02:55"] {
        for security in [&c_mac[..], &c_decryption] {
            for (cap, first, again) in [(&jpki, 7 + blocks, 8 + blocks), (&tiny, 7, 8)] {
                let line = Line::to_card(protocol);
                let yes = [&["--yes"], security].concat();
                let replaces = [&["--replace"], &yes[..]].concat();
                assert_eq!(line.counts(cap, &yes).0, first, "{protocol} {security:?}");
                assert_eq!(
                    line.counts(cap, &replaces).0,
                    again,
                    "{protocol} {security:?}"
                );
            }
        }
    }
    // SCP02 at the card's highest level: the card has to be asked what that is, once.
    let line = Line::to_card("scp02:55");
    assert_eq!(line.counts(&tiny, &["--yes"]).0, 9);
    assert_eq!(line.counts(&tiny, &["--yes", "--replace"]).0, 8);
    // Where the user has said that it is SCP02, it is asked before the opening; where all of it is said, not at all.
    for (said, first) in [("02", 8), ("02:55", 7)] {
        let line = Line::to_card("scp02:55");
        assert_eq!(line.counts(&tiny, &["--yes", "--scp", said]).0, first);
    }
    let told = ["--yes", "--fresh", "--scp", "02:55"];
    assert_eq!(Line::to_card("scp02:55").counts(&tiny, &told).0, 6);
    // What is sent besides the load file.
    let bytes = |cap| {
        Line::to_card("scp03:70")
            .counts(cap, &["--yes", "--security", "c-mac"])
            .1
    };
    assert_eq!(bytes(&tiny) - tiny_bytes, 143);
    // A header, Lc, MAC and Le around each block; its AIDs are longer, and load files are listed.
    assert_eq!(bytes(&jpki) - jpki_bytes, 164 + 14 * blocks);
}

#[test]
fn what_was_not_asked_is_told_by_the_card_and_explained() {
    let folder = tempfile::tempdir().unwrap();
    let [_, (tiny, _)] = caps(folder.path());
    let line = Line::to_card("scp03:70");
    line.counts(&tiny, &["--yes", "--load-only"]);
    let journal = || {
        let mut found = walk(line.folder.path());
        found.retain(|file| file.extension().is_some_and(|kind| kind == "json"));
        std::fs::read_to_string(&found[0]).unwrap()
    };
    let before = journal();
    // No application is made from it, so that only the refused announcement shows that it is there.
    let (refused, _) = line.flash(&tiny, &["--yes"]);
    let errors = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(1), "{errors}");
    assert!(
        errors.contains("on the card already: F074696E79"),
        "{errors}"
    );
    assert!(errors.contains("nothing was written"), "{errors}");
    assert_eq!(journal(), before);
    line.counts(&tiny, &["--yes", "--replace"]);
    // And a new card that is none.
    let (refused, _) = line.flash(&tiny, &["--yes", "--fresh"]);
    assert_eq!(refused.status.code(), Some(1));
}

fn walk(folder: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(folder)
        .unwrap()
        .flat_map(|entry| {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path)
            } else {
                vec![path]
            }
        })
        .collect()
}

#[test]
fn a_presumption_that_is_wrong_costs_commands_and_no_try() {
    let folder = tempfile::tempdir().unwrap();
    let [_, (tiny, _)] = caps(folder.path());
    // i=05: the MAC is chained in plain form, which nothing tells before the first command.
    let line = Line::to_card("scp02:05");
    let (first, _) = line.counts(&tiny, &["--yes", "--security", "c-mac"]);
    let again = ["--yes", "--replace", "--security", "c-mac"];
    let (second, _) = line.counts(&tiny, &again);
    assert!(first > second, "{first} {second}");
    // Another protocol than was asked for is not gone on with.
    let (refused, (commands, _)) = line.flash(&tiny, &["--yes", "--scp", "03"]);
    assert_eq!((refused.status.code(), commands), (Some(5), 2));
}
