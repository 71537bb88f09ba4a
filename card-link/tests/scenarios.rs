//! Exchanges as the standard tells them, and answers to reset of real cards.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use card_link::atr::{Atr, AtrError, Convention, Words};
use card_link::edc::Edc;
use card_link::t1::{Block, Fault, Host, Pcb, Received, Step, Supervisory, T1Error};
use card_link::timing::Rate;
use proptest::prelude::*;

const fn i(sequence: u8, more: bool) -> Pcb {
    Pcb::I { sequence, more }
}

const fn r(expected: u8) -> Pcb {
    Pcb::R {
        expected,
        fault: Fault::None,
    }
}

const fn s(kind: Supervisory, response: bool) -> Pcb {
    Pcb::S { kind, response }
}

/// What the card sends; `None` is a block that arrives damaged.
type Said = Option<(Pcb, &'static [u8])>;

/// The reader sends a command of as many bytes as given to a card with IFSC 4, and the card answers as told. Checks what
/// the reader sends, faults of R-blocks left out, and gives how it ends.
fn hold(command: &[u8], exchanges: &[(Pcb, Said)]) -> Step {
    let mut host = Host::new(Edc::Lrc, 4);
    let mut step = host.send(command);
    // S(IFS) comes first.
    let settled = Block {
        pcb: s(Supervisory::Ifs, true),
        information: vec![254],
    };
    step = match step {
        Step::Send { .. } => host.receive(Received::Block(&settled.encode(Edc::Lrc))),
        other => other,
    };
    for (index, (expected, said)) in exchanges.iter().enumerate() {
        let Step::Send { block, .. } = step else {
            panic!("{index}: {step:?}")
        };
        let sent = Block::decode(&block, Edc::Lrc).unwrap();
        let plain = match sent.pcb {
            Pcb::R { expected, .. } => r(expected),
            pcb => pcb,
        };
        assert_eq!(plain, *expected, "exchange {index}");
        step = match said {
            None => host.receive(Received::Garbled),
            Some((pcb, information)) => {
                let block = Block {
                    pcb: *pcb,
                    information: information.to_vec(),
                };
                host.receive(Received::Block(&block.encode(Edc::Lrc)))
            }
        };
    }
    step
}

const SHORT: &[u8] = &[0, 0xA4, 4, 0];
const LONG: &[u8] = &[0, 0xA4, 4, 0, 2, 0x3F, 0, 0, 9];
const OK: &[u8] = &[0x90, 0x00];

fn done() -> Step {
    Step::Done(OK.to_vec())
}

/// ISO 7816-3 Annex A: exchanges without errors.
#[test]
fn scenarios_without_errors() {
    // A.1.1: information both ways, sequence numbers independent.
    assert_eq!(
        hold(SHORT, &[(i(0, false), Some((i(0, false), OK)))]),
        done()
    );
    // A.1.2: more time, before the answer.
    let wtx = s(Supervisory::Wtx, false);
    let more_time = [
        (i(0, false), Some((wtx, &[3][..]))),
        (s(Supervisory::Wtx, true), Some((i(0, false), OK))),
    ];
    assert_eq!(hold(SHORT, &more_time), done());
    // A.1.3: chaining by the reader.
    let chain = [
        (i(0, true), Some((r(1), &[][..]))),
        (i(1, true), Some((r(0), &[]))),
        (i(0, false), Some((i(0, false), OK))),
    ];
    assert_eq!(hold(LONG, &chain), done());
    // A.1.4: chaining by the card.
    let chain = [
        (i(0, false), Some((i(0, true), &[0x90][..]))),
        (r(1), Some((i(1, false), &[0x00]))),
    ];
    assert_eq!(hold(SHORT, &chain), done());
    // The card takes larger blocks from now on.
    let size = [
        (i(0, true), Some((s(Supervisory::Ifs, false), &[20][..]))),
        (s(Supervisory::Ifs, true), Some((r(1), &[]))),
        (i(1, false), Some((i(0, false), OK))),
    ];
    assert_eq!(hold(LONG, &size), done());
}

/// ISO 7816-3 Annex A: exchanges with errors.
#[test]
fn scenarios_with_errors() {
    // The card got a damaged block: the reader sends it again.
    let again = [
        (i(0, false), Some((r(0), &[][..]))),
        (i(0, false), Some((i(0, false), OK))),
    ];
    assert_eq!(hold(SHORT, &again), done());
    // The card's block was damaged: R asks for it.
    let again = [(i(0, false), None), (r(0), Some((i(0, false), OK)))];
    assert_eq!(hold(SHORT, &again), done());
    // Both: the card's complaint was damaged as well.
    let again = [
        (i(0, false), None),
        (r(0), Some((r(0), &[][..]))),
        (i(0, false), Some((i(0, false), OK))),
    ];
    assert_eq!(hold(SHORT, &again), done());
    // The card's block and the reader's R were damaged: the card's R says that it has our block.
    let again = [
        (i(0, false), None),
        (r(0), Some((r(1), &[][..]))),
        (r(0), Some((i(0, false), OK))),
    ];
    assert_eq!(hold(SHORT, &again), done());
    // In the card's chain, our R was damaged.
    let again = [
        (i(0, false), Some((i(0, true), &[0x90][..]))),
        (r(1), Some((r(1), &[]))),
        (r(1), Some((i(1, false), &[0x00]))),
    ];
    assert_eq!(hold(SHORT, &again), done());
    // In our chain, a damaged block, and a damaged R.
    let again = [
        (i(0, true), Some((r(0), &[][..]))),
        (i(0, true), None),
        (r(0), Some((r(1), &[]))),
        (i(1, true), Some((r(0), &[]))),
        (i(0, false), Some((i(0, false), OK))),
    ];
    assert_eq!(hold(LONG, &again), done());
    // S(WTX response) was damaged: the card asks again.
    let wtx = s(Supervisory::Wtx, false);
    let again = [
        (i(0, false), Some((wtx, &[2][..]))),
        (s(Supervisory::Wtx, true), Some((wtx, &[2]))),
        (s(Supervisory::Wtx, true), Some((i(0, false), OK))),
    ];
    assert_eq!(hold(SHORT, &again), done());
}

/// Rules 6 and 7.4: S(RESYNCH), and what becomes of the command.
#[test]
fn a_line_that_broke_down_is_set_up_anew_and_nothing_is_done_twice() {
    let resynch = s(Supervisory::Resynch, false);
    let answered = Some((s(Supervisory::Resynch, true), &[][..]));
    // The card may have carried it out: not sent again.
    let lost = [
        (i(0, false), None),
        (r(0), None),
        (r(0), None),
        (resynch, answered),
    ];
    assert_eq!(hold(SHORT, &lost), Step::Failed(T1Error::Resynchronised));
    // The command did not leave whole: it starts anew, sizes are settled again.
    let restart = [
        (i(0, true), None),
        (r(0), None),
        (r(0), None),
        (resynch, answered),
        (
            s(Supervisory::Ifs, false),
            Some((s(Supervisory::Ifs, true), &[254][..])),
        ),
        (i(0, true), Some((r(1), &[]))),
        (i(1, true), Some((r(0), &[]))),
        (i(0, false), Some((i(0, false), OK))),
    ];
    assert_eq!(hold(LONG, &restart), done());
    // Three requests without answer: dead.
    let dead = [
        (i(0, false), None),
        (r(0), None),
        (r(0), None),
        (resynch, None),
        (resynch, None),
        (resynch, None),
    ];
    assert_eq!(hold(SHORT, &dead), Step::Failed(T1Error::Dead));
}

/// Rule 9.
#[test]
fn the_card_breaks_a_chain_off() {
    let abort = s(Supervisory::Abort, false);
    let gives_back = [
        (i(0, true), Some((abort, &[][..]))),
        (s(Supervisory::Abort, true), Some((r(1), &[]))),
    ];
    assert_eq!(hold(LONG, &gives_back), Step::Failed(T1Error::Aborted));
    let answers = [
        (i(0, true), Some((abort, &[][..]))),
        (
            s(Supervisory::Abort, true),
            Some((i(0, false), &[0x67, 0x00])),
        ),
    ];
    assert_eq!(hold(LONG, &answers), Step::Done(vec![0x67, 0x00]));
}

/// Answers to reset of products that anyone can look up (the smartcard list of pcsc-tools).
#[test]
fn answers_to_reset_of_real_cards() {
    // NXP JCOP, T=1.
    let atr = parse("3BF81300008131FE454A434F5076323431B7");
    assert_eq!(
        (atr.protocols(), atr.ifsc(), atr.bwi(), atr.cwi()),
        (vec![1], 254, 4, 5)
    );
    assert_eq!(
        (atr.rate(), atr.edc()),
        (Ok(Rate { f: 372, d: 4 }), Edc::Lrc)
    );
    assert_eq!(atr.historical(), b"JCOPv241");
    // OpenPGP card 2.1: T=1, extended lengths.
    let atr = parse("3BDA18FF81B1FE751F030031F573C001600090001C");
    assert_eq!(
        (atr.extra_guard(), atr.ifsc(), atr.bwi(), atr.cwi()),
        (255, 254, 7, 5)
    );
    assert!(Words(&atr).to_string().contains("extended lengths"));
    // Belgian identity card, first generation: T=0 only, no check byte.
    let atr = parse("3B9894400AA503010101AD1310");
    assert_eq!(
        (atr.protocols(), atr.check(), atr.waiting_integer()),
        (vec![0], None, 10)
    );
    assert_eq!(atr.rate(), Ok(Rate { f: 512, d: 8 }));
    // A GSM SIM in inverse convention.
    let atr = parse("3F2F008069AE0202013600000A0E833E9F16");
    assert_eq!(atr.convention(), Convention::Inverse);
    // A contactless card behind PC/SC.
    let atr = parse("3B8F8001804F0CA000000306030001000000006A");
    assert_eq!(atr.protocols(), [0, 1]);
}

fn parse(hex: &str) -> Atr {
    Atr::parse(&hex::decode(hex).unwrap()).unwrap()
}

#[test]
fn what_is_no_answer_to_reset_is_told_why() {
    let error = |hex: &str| Atr::parse(&hex::decode(hex).unwrap()).unwrap_err();
    assert_eq!(error(""), AtrError::Short(0));
    assert_eq!(error("3A00"), AtrError::Start(0x3A));
    assert_eq!(error("3B8001"), AtrError::Short(3));
    assert_eq!(error("3B800180"), AtrError::Check(1));
    assert_eq!(
        error("3B0000"),
        AtrError::Long {
            expected: 2,
            found: 3
        }
    );
    assert_eq!(
        error(&format!("3B8F{}", "8F".repeat(40))),
        AtrError::TooLong
    );
}

#[test]
fn an_answer_to_reset_in_words() {
    let atr = parse("3BF81300008131FE454A434F5076323431B7");
    let words = Words(&atr).to_string();
    for part in [
        "direct convention",
        "Fi = 372, Di = 4",
        "T=1; TA3, TB3 follow",
        "254 bytes",
        "JCOPv241",
        "TCK",
    ] {
        assert!(words.contains(part), "{part}: {words}");
    }
}

proptest! {
    /// Hostile bytes: no panic, and what is read says again what was read.
    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..40), fix in any::<bool>()) {
        let mut bytes = bytes;
        if let (true, Some(first)) = (fix, bytes.first_mut()) {
            *first = 0x3B;
        }
        if let Ok(Some((atr, length))) = Atr::prefix(&bytes) {
            prop_assert_eq!(atr.bytes(), &bytes[..length]);
            let _ = (Words(&atr).to_string(), atr.rate(), atr.initial_rate(), atr.protocols());
        }
        for edc in [Edc::Lrc, Edc::Crc] {
            if let Ok(block) = Block::decode(&bytes, edc) {
                prop_assert_eq!(block.encode(edc), bytes.clone());
            }
        }
    }

    /// A hostile card: the reader ends after a bounded number of blocks that are no requests for more time.
    #[test]
    fn the_reader_ends_whatever_the_card_says(blocks in proptest::collection::vec(
        (any::<u8>(), proptest::collection::vec(any::<u8>(), 0..4)), 0..60)) {
        let mut host = Host::new(Edc::Lrc, 3);
        let mut step = host.send(LONG);
        for (pcb, information) in blocks {
            if !matches!(step, Step::Send { .. }) {
                break;
            }
            let mut block = vec![0, pcb, information.len().to_le_bytes()[0]];
            block.extend(information);
            Edc::Lrc.append(&mut block);
            step = host.receive(Received::Block(&block));
        }
        let mut silences = 0;
        while matches!(step, Step::Send { .. }) {
            step = host.receive(Received::Silence);
            silences += 1;
            prop_assert!(silences < 20);
        }
    }
}
