//! What goes over the wire where the simulator has nothing to say: the form of the standard, byte by byte.

use std::cell::RefCell;
use std::rc::Rc;

use loader::{Dgi, InProcess, Session, StatusWord, Transport};

use crate::content::aid;

type Sent = Rc<RefCell<Vec<String>>>;

/// A card that agrees to everything, and what it was sent.
fn session() -> (Session<impl Transport>, Sent) {
    let sent: Sent = Rc::default();
    let kept = Rc::clone(&sent);
    let card = InProcess::new("agrees", move |command: &[u8]| {
        kept.borrow_mut().push(hex::encode_upper(command));
        vec![0x90, 0x00]
    });
    let session = Session::select(card, None).unwrap();
    sent.borrow_mut().clear();
    (session, sent)
}

fn grouping(identifier: u16, length: usize) -> Dgi {
    Dgi {
        identifier,
        content: vec![0xAB; length].into(),
        sensitive: false,
    }
}

/// GPCS 2.3.1 §11.5.2.3.5, table 11-47.
#[test]
fn registry_update() {
    let (mut session, sent) = session();
    let application = aid(&[0xF0, 0, 0, 0, 1]);
    session
        .update_registry(&application, Some([0x04, 0, 0]), &[])
        .unwrap();
    session
        .update_registry(&application, None, &[0xCF, 0x01, 0x40])
        .unwrap();
    assert_eq!(
        *sent.borrow(),
        [
            "80E640000E000005F00000000103040000000000",
            "80E6400010000005F0000000010005EF03CF01400000"
        ]
    );
}

/// GPCS 2.3.1 §11.11.2.3: identifier, length in one byte or three, content; whole groupings in each command.
#[test]
fn data_groupings_are_packed_whole() {
    let (mut session, sent) = session();
    session
        .store_data_groupings(&[
            grouping(0x0101, 2),
            grouping(0x0102, 200),
            grouping(0x0103, 100),
            grouping(0x8201, 0x1FF),
        ])
        .unwrap();
    let sent = sent.borrow();
    let lengths: Vec<&str> = sent.iter().map(|command| &command[..10]).collect();
    assert_eq!(
        lengths,
        [
            "80E20800D0",
            "80E2080167",
            "80E20802FF",
            "80E20803FF",
            "80E2880406"
        ]
    );
    let whole: Vec<usize> = sent.iter().map(|command| command.len() / 2 - 5).collect();
    assert_eq!(whole, [0xD0, 0x67, 0xFF, 0xFF, 0x06], "no Le: case 3");
    assert!(sent[0].starts_with("80E20800D0010102ABAB0102C8AB"));
    assert!(sent[2].starts_with("80E20802FF8201FF01FFAB"));
    assert_eq!(format!("{:?}", grouping(0x0101, 2)), "Dgi(0101, 2 bytes)");
    assert!(grouping(1, 0x1_0000).to_bytes().is_err());
}

/// GPCS 2.3.1 table 11-89: b1 of P1 tells the case, and with it whether there is an Le.
#[test]
fn data_to_store_have_an_le_where_p1_says_so() {
    let (mut session, sent) = session();
    session.store_data(0x00, &[0xAB]).unwrap();
    session.store_data(0x11, &[0xAB]).unwrap();
    assert_eq!(*sent.borrow(), ["80E2800001AB", "80E2910001AB00"]);
}

/// Without a session there is no key to encrypt with, and nothing is sent in the clear for it.
#[test]
fn sensitive_groupings_want_a_session() {
    let (mut session, sent) = session();
    let secret = Dgi {
        sensitive: true,
        ..grouping(0x8201, 8)
    };
    let refused = session.store_data_groupings(&[grouping(0x0101, 2), secret]);
    assert!(refused.unwrap_err().to_string().contains("open session"));
    assert!(sent.borrow().is_empty());
}

#[test]
fn a_refusal_tells_causes_and_clause() {
    for (command, status, expected) in [
        (
            "80E602000100",
            0x6985,
            "INSTALL [for load] with status 6985: a package or an application with this AID",
        ),
        ("80E60C000100", 0x6A80, "install method threw"),
        ("80E8000001FF", 0x6A80, "imports a package"),
        ("80E400000100", 0x6985, "applications made from it"),
        ("80D8008101FF", 0x6A80, "DEK"),
        ("80F0807F", 0x6985, "no way from its state"),
        ("80E2800001FF", 0x6D00, "does not take STORE DATA"),
    ] {
        let command = hex::decode(command).unwrap();
        let text = loader::Refusal::new(&command, StatusWord(status)).to_string();
        assert!(text.contains(expected), "{text}");
        assert!(text.contains("(GPCS 2.3.1 §11."), "{text}");
    }
    let text = loader::Refusal::new(&[0x00, 0x20, 0, 0], StatusWord(0x6983)).to_string();
    assert!(!text.contains("GPCS"), "{text}");
}
