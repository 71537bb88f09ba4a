//! A card that answers anything at all: errors, never a panic, never an endless listing of nothing.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use loader::{InProcess, KeySet, SecurityLevel, Session};
use proptest::prelude::*;
use se_crypto::Drbg;

/// A response that has a chance to be believed: data objects, and status words that matter.
fn response() -> impl Strategy<Value = Vec<u8>> {
    let status = prop::sample::select(vec![
        [0x90, 0x00],
        [0x63, 0x10],
        [0x6A, 0x88],
        [0x6A, 0x86],
        [0x61, 0x10],
        [0x6C, 0x04],
        [0x67, 0x00],
    ]);
    let object = (
        prop::sample::select(vec![
            vec![0x6F],
            vec![0x84],
            vec![0xA5],
            vec![0x9F, 0x65],
            vec![0xE3],
            vec![0x4F],
            vec![0x9F, 0x70],
            vec![0xC5],
            vec![0x66],
            vec![0x73],
            vec![0xE0],
            vec![0xC0],
            vec![0xFF, 0x21],
        ]),
        prop::collection::vec(any::<u8>(), 0..20),
    )
        .prop_map(|(tag, value)| {
            let length = u8::try_from(value.len()).unwrap();
            [tag, vec![length], value].concat()
        });
    let data = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..60),
        prop::collection::vec(object, 0..5).prop_map(|objects| objects.concat()),
        // INITIALIZE UPDATE of either protocol.
        (any::<[u8; 11]>(), 2..=3_u8, any::<[u8; 20]>()).prop_map(|(head, protocol, rest)| [
            &head[..],
            &[protocol],
            &rest
        ]
        .concat()),
    ];
    (data, status).prop_map(|(data, status)| [&data[..], &status].concat())
}

proptest! {
    #[test]
    fn no_answer_makes_the_host_panic(
        answers in prop::collection::vec(
            prop_oneof![4 => response(), 1 => prop::collection::vec(any::<u8>(), 0..4)],
            1..30,
        ),
    ) {
        let mut rest = answers.into_iter();
        let card = InProcess::new("hostile", move |_: &[u8]| rest.next().unwrap_or_default());
        if let Ok(mut session) = Session::select(card, None) {
            let _ = session.info();
            let _ = session.content();
            let opened = session.open(
                &KeySet::test_keys(),
                SecurityLevel::FULL,
                &mut Drbg::from_seed(1),
            );
            // Nobody opens a session without the keys.
            prop_assert!(opened.is_err());
        }
    }
}
