//! Power fails at each write of each command of an applet with lists and with cells of several words: on the host and on the
//! simulated card, in words and with `int`, the applet is as before the command or as behind it.

use std::path::Path;

use capgen::driver::Request;
use capgen::opt::Options;
use capgen::package::Target;
use card_programs::Log;
use card_sim::tear::for_each_cut;
use card_sim::vm::Remains;
use card_sim::{Aid, Card, CardConfig};
use platform::Applet;
use platform::host::{Host, HostCard, HostConfig};

const SHOW: [u8; 5] = [0x80, 0x20, 0, 0, 0];

/// What changes something, in an order that fills lists, empties them and overflows them.
const COMMANDS: [&[u8]; 16] = [
    &[0x80, 0x10, 0, 0, 3, 1, 2, 3],
    &[0x80, 0x16, 0, 0],
    &[0x80, 0x16, 1, 0],
    &[0x80, 0x12, 0, 0, 0],
    &[0x80, 0x10, 0, 0, 12, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
    &[0x80, 0x10, 0, 0, 12, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
    &[0x80, 0x16, 1, 0],
    &[0x80, 0x14, 5, 0],
    &[0x80, 0x14, 9, 0],
    &[0x80, 0x16, 1, 0],
    &[0x80, 0x16, 1, 0],
    // The fifth mark has no room: the transaction takes the sums back.
    &[0x80, 0x16, 1, 0],
    &[0x80, 0x16, 0, 0],
    // A transaction that ends in its middle, and is committed, or taken back.
    &[0x80, 0x16, 2, 0],
    &[0x80, 0x16, 3, 0],
    &[0x80, 0x14, 0, 0],
];

fn select() -> Vec<u8> {
    let aid = <Log<Host> as Applet<Host>>::AID;
    [&[0x00, 0xA4, 0x04, 0x00, 6], aid].concat()
}

/// The state on the host behind all of `commands`, the last of them with power for so many writes; whether that was enough.
fn on_host(commands: &[&[u8]], writes: usize) -> (Vec<u8>, bool) {
    let mut card = HostCard::<Log<Host>>::install(&HostConfig::default(), &[]).expect("an applet");
    card.select();
    let (last, before) = commands.split_last().expect("a command");
    for command in before {
        card.transmit(command);
    }
    let is_whole = card.transmit_torn(last, writes).is_ok();
    card.select();
    (card.transmit(&SHOW), is_whole)
}

fn on_card(target: &Target) -> Card {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("programs");
    let built = Request::applet(&folder, "Log").build(target, &Options::ALL);
    let built = built.unwrap_or_else(|error| panic!("{error}"));
    let mut card = Card::new(&CardConfig::default());
    card.load_cap(&built.output.cap).expect("a package");
    let aid = Aid::new(<Log<Host> as Applet<Host>>::AID).expect("an AID");
    card.install(aid, aid, &[]).expect("an applet");
    assert_eq!(card.transmit(&select()), [0x90, 0x00]);
    card
}

fn state(card: &Card) -> Vec<u8> {
    let mut card = card.clone();
    card.transmit(&select());
    card.transmit(&SHOW)
}

#[test]
fn a_command_is_done_or_not() {
    let mut cuts = (0, 0);
    let targets = [Target::default(), Target::default().with_int()];
    let mut cards = targets.map(|target| on_card(&target));
    let mut before = on_host(&[&SHOW], usize::MAX).0;
    for count in 1..=COMMANDS.len() {
        let commands = &COMMANDS[..count];
        let (after, _) = on_host(commands, usize::MAX);
        for writes in 0.. {
            let (found, is_whole) = on_host(commands, writes);
            assert!(
                found == before || found == after,
                "host, command {count}: {found:02x?}"
            );
            if is_whole {
                break;
            }
            cuts.0 += 1;
        }
        for card in &mut cards {
            assert_eq!(state(card), before, "command {count}");
            let remains = [Remains::Old, Remains::New, Remains::Mixed(7)];
            let (whole, _) = for_each_cut(card, commands[count - 1], &remains, |cut| {
                let found = state(&cut.card);
                assert!(
                    found == before || found == after,
                    "card, command {count}, write {}: {found:02x?}, not {before:02x?} or {after:02x?}",
                    cut.write
                );
                cuts.1 += 1;
            });
            *card = whole;
            assert_eq!(state(card), after, "command {count}");
        }
        before = after;
    }
    println!("{} cuts on the host, {} on the card", cuts.0, cuts.1);
    assert!(cuts.0 > 20 && cuts.1 > 40, "{cuts:?}");
}
