//! Hash functions, AES and elliptic curves: the security token of `examples/token`.

use capgen::driver::{CompileError, Request};
use capgen::opt::Options;
use capgen::package::Target;
use card_sim::tear::for_each_cut;
use card_sim::vm::Remains;
use card_sim::{Aid, Card, CardConfig};
use platform::Applet;
use platform::host::{Host, HostCard, HostConfig};
use token::Token;

use crate::card::{build, example, load, select};

const AID: &[u8] = <Token<Host> as Applet<Host>>::AID;
const PIN: &[u8] = b"1234";

/// RFC 4226, appendix D: the key, and the passwords of counters 0 to 9.
const KEY: &[u8] = b"12345678901234567890";
const PASSWORDS: [&[u8]; 10] = [
    b"755224", b"287082", b"359152", b"969429", b"338314", b"254676", b"287922", b"162583",
    b"399871", b"520489",
];

fn request() -> Request {
    Request {
        folder: example("token"),
        ..Request::default()
    }
}

/// A command with data or without, and any length of answer.
fn command(ins: u8, p1: u8, data: &[u8]) -> Vec<u8> {
    let header = [0x80, ins, p1, 0];
    match u8::try_from(data.len()).unwrap() {
        0 => [&header[..], &[0]].concat(),
        length => [&header[..], &[length], data, &[0]].concat(),
    }
}

fn verify() -> Vec<u8> {
    let length = u8::try_from(PIN.len()).unwrap();
    [&[0x00, 0x20, 0, 0, length], PIN].concat()
}

/// The same token on this machine and on the simulated card.
struct Both(HostCard<Token<Host>>, Card);

impl Both {
    fn new() -> Self {
        let host = HostCard::install(&HostConfig::default(), PIN).unwrap();
        let mut card = Card::new(&CardConfig::default());
        load(&mut card, &build(&request()).output.cap);
        let aid = Aid::new(AID).unwrap();
        card.install(aid, aid, PIN).unwrap();
        let mut both = Self(host, card);
        both.start();
        both
    }

    /// From a reset to a verified PIN.
    fn start(&mut self) {
        self.0.reset();
        self.1.reset();
        self.good(&select(AID));
        self.good(&verify());
    }

    fn transmit(&mut self, command: &[u8]) -> Vec<u8> {
        let answer = self.1.transmit(command);
        let fault = self.1.last_fault();
        assert_eq!(
            answer,
            self.0.transmit(command),
            "{command:02x?}: {fault:?}"
        );
        answer
    }

    /// The data of an answer with 9000.
    fn good(&mut self, command: &[u8]) -> Vec<u8> {
        let mut answer = self.transmit(command);
        let status = answer.split_off(answer.len() - 2);
        assert_eq!(status, [0x90, 0x00], "{command:02x?}");
        answer
    }
}

#[test]
fn passwords_are_those_of_the_standard() {
    let mut token = Both::new();
    assert_eq!(token.transmit(&command(0x12, 0, &[])), [0x69, 0x85]);
    assert_eq!(token.transmit(&command(0x10, 0, &[])), [0x67, 0x00]);
    for _ in 0..2 {
        token.good(&command(0x10, 0, KEY));
        for password in PASSWORDS {
            assert_eq!(token.good(&command(0x12, 0, &[])), password);
        }
    }
    token.1.transmit(&select(AID));
    token.0.select();
    assert_eq!(token.transmit(&command(0x12, 0, &[])), [0x69, 0x82]);
}

#[test]
fn what_is_sealed_is_opened() {
    let mut token = Both::new();
    for blocks in 1..=15u8 {
        let data: Vec<u8> = (0..blocks * 16).collect();
        let sealed = token.good(&command(0x14, 0, &data));
        assert_eq!(sealed.len(), data.len() + 16);
        assert_ne!(sealed[16..], data);
        if sealed.len() < 256 {
            assert_eq!(token.good(&command(0x16, 0, &sealed)), data);
        }
    }
    for wrong in [0, 15, 17, 255] {
        let wrong = vec![0; wrong];
        assert_eq!(token.transmit(&command(0x14, 0, &wrong)), [0x67, 0x00]);
    }
}

#[test]
fn signatures_verify() {
    let mut token = Both::new();
    assert_eq!(token.transmit(&command(0x1A, 0, b"message")), [0x69, 0x85]);
    for _ in 0..2 {
        let public = token.good(&command(0x18, 0, &[]));
        for message in [&b""[..], b"message", &[0xA5; 255]] {
            let signature = token.good(&command(0x1A, 0, message));
            let digest = se_crypto::sha256(message);
            se_crypto::verify_p256(&public, &digest, &signature).unwrap();
        }
    }
}

#[test]
fn a_hash_is_over_all_parts_since_the_last() {
    let mut token = Both::new();
    let parts = [&[0x5A; 200][..], &[], &[7; 57], b"abc"];
    for part in &parts[..3] {
        token.good(&command(0x1C, 0x00, part));
    }
    let whole = token.good(&command(0x1C, 0x80, parts[3]));
    assert_eq!(whole, se_crypto::sha256(&parts.concat()));
    assert_eq!(
        token.good(&command(0x1C, 0x80, b"abc")),
        se_crypto::sha256(b"abc")
    );
    // A part that nothing followed is forgotten by a reset, and by another selection.
    for forget in [Both::start, |token: &mut Both| {
        token.good(&select(AID));
    }] {
        token.good(&command(0x1C, 0x00, b"lost"));
        forget(&mut token);
        assert_eq!(
            token.good(&command(0x1C, 0x80, b"abc")),
            se_crypto::sha256(b"abc")
        );
    }
}

/// A password that was told is never told again, whichever write power fails at.
#[test]
fn no_cut_gives_a_password_twice() {
    let mut token = Both::new();
    token.good(&command(0x10, 0, KEY));
    let (_, mut card) = (token.0, token.1);
    let next = command(0x12, 0, &[]);
    let mut cuts = 0;
    for expected in PASSWORDS.windows(2) {
        let remains = [Remains::Old, Remains::New, Remains::Mixed(3)];
        let (whole, answer) = for_each_cut(&card, &next, &remains, |cut| {
            let mut card = cut.card.clone();
            card.transmit(&select(AID));
            card.transmit(&verify());
            let found = card.transmit(&next);
            assert!(
                expected.contains(&&found[..6]),
                "write {}: {found:02x?}",
                cut.write
            );
            cuts += 1;
        });
        assert_eq!(answer[..6], *expected[0]);
        card = whole;
    }
    assert!(cuts > 9, "{cuts}");
}

/// Local arrays of `int` need a package that came with Java Card 2.2.2.
#[test]
fn what_a_target_is_too_old_for_is_named() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("programs");
    let target = Target::named("jc221").unwrap().with_int();
    let built = Request::applet(&folder, "Sha256Words").build(&target, &Options::ALL);
    let Err(CompileError::Source(found)) = built else {
        panic!("Java Card 2.2.1 has no javacardx.framework.util.intx");
    };
    let text = found.render(false);
    let first = text.lines().next().unwrap_or_default();
    assert!(
        first.starts_with("error: javacardx.framework.util.intx 1.0 is needed by "),
        "{text}"
    );
    assert!(first.ends_with("; jc221 has no such package"), "{text}");
    assert!(text.contains("build for jc222 or jc301"), "{text}");
}
