//! Programs that call the API: any method with arguments of the right types and of any values, on objects that earlier
//! calls made. The card answers whatever the arguments are, and both of its modes answer alike.

mod program;

use crate::Choices;
use cap_file::{Exports, asm};
use card_sim::vm::Limits;
use card_sim::{Aid, Card, CardConfig, Fault};
use program::Program;

/// Bytecodes that one command may take, enough for keys of some hundred bits.
const STEPS: u64 = 5_000_000;

/// The AID of the package's applet.
const APPLET: [u8; 7] = [0xF0, 0x43, 0x41, 0x4C, 0x4C, 0x53, 0x01];

/// A program of API calls in both modes.
pub(crate) fn calls(bytes: &[u8]) {
    let mut choices = Choices::new(bytes);
    let text = Program::new(&mut choices).text();
    let cap = match asm::assemble(&text, &Exports::builtin()) {
        Ok(cap) => cap,
        Err(error) => panic!("{error}\n{text}"),
    };
    let answers = [false, true].map(|defensive| {
        let mut choices = choices.clone();
        let mut card = Card::new(&CardConfig {
            defensive,
            limits: Limits {
                steps: STEPS,
                ..Limits::default()
            },
            ..CardConfig::default()
        });
        card.load_cap(&cap)
            .unwrap_or_else(|error| panic!("{error}\n{text}"));
        let aid = Aid::new(&APPLET).expect("an AID");
        card.install(aid, aid, &[])
            .unwrap_or_else(|error| panic!("{error}\n{text}"));
        let mut answers = Vec::new();
        let mut send = |command: &[u8]| {
            answers.push((card.transmit(command), card.statistics().persistent_writes));
            if let Some((rule, place)) = card.last_fault().and_then(Fault::type_violation) {
                panic!("{rule} at {place:?}\n{text}");
            }
        };
        send(&[&[0x00, 0xA4, 0x04, 0x00, 7], APPLET.as_slice()].concat());
        for _ in 0..2 {
            let length = choices.below(100);
            let data: Vec<u8> = (0..length).map(|_| choices.byte()).collect();
            let mut command = vec![0x80, choices.byte() & 0xEF, choices.byte(), choices.byte()];
            if let Some(length) = u8::try_from(length).ok().filter(|length| *length > 0) {
                command.push(length);
                command.extend(data);
            }
            send(&command);
        }
        card.reset();
        let image = card.to_image().expect("a card has an image");
        Card::from_image(&image).expect("an image gives a card");
        answers
    });
    assert_eq!(answers[0], answers[1], "fast and defensive differ\n{text}");
}
