//! What a budget takes for a transaction: those that begin where none is under way, each as a whole.

use capgen::driver::Request;
use card_sim::{Card, CardConfig};
use tempfile::TempDir;

use crate::card::{build, install, load, select};

const SOURCE: &str = include_str!("sums.rs");
const AID: &[u8] = b"sums-1";

fn sums() -> (TempDir, Request) {
    let folder = crate::refused::krate("", "", SOURCE);
    let request = Request {
        folder: folder.path().to_path_buf(),
        ..Request::default()
    };
    (folder, request)
}

/// The line of the source that has this.
fn line(text: &str) -> u32 {
    let at = SOURCE.lines().position(|line| line.contains(text));
    u32::try_from(at.unwrap()).unwrap() + 1
}

#[test]
fn what_is_a_part_of_another_is_not_told_again() {
    let (_folder, request) = sums();
    let built = build(&request);
    let transactions = &built.output.budget.applets[0].transactions;
    let mut found: Vec<(u32, Option<usize>, Option<usize>)> = transactions
        .iter()
        .map(|one| {
            let place = one.place.as_ref().expect("a place");
            (place.line, one.written.bytes, one.written.writes)
        })
        .collect();
    found.sort_unstable();
    let both = [
        line("self.debit.set(u32::from(amount) + 1)") - 1,
        line("0x30 =>"),
        line("0x50 =>"),
    ];
    let expected = [
        // Where it is called outside of transactions, each round has its own.
        (line("self.debit.set(self.debit"), Some(4), Some(2)),
        (line("0x10 =>"), Some(4), Some(2)),
        (both[0], Some(8), Some(4)),
        // Loops that write.
        (both[1], None, None),
        (both[2], None, None),
    ];
    assert_eq!(found, expected, "{transactions:#?}");
}

#[test]
fn the_card_uses_what_the_budget_tells() {
    let (_folder, request) = sums();
    let built = build(&request);
    for (ins, bytes) in [(0x10, 4 + 2 * 4), (0x20, 8 + 4 * 4), (0x40, 4 + 2 * 4)] {
        let mut card = Card::new(&CardConfig::default());
        load(&mut card, &built.output.cap);
        install(&mut card, AID);
        card.transmit(&select(AID));
        assert!(
            card.transmit(&[0x80, ins, 0x12, 0x03, 0])
                .ends_with(&[0x90, 0x00])
        );
        assert_eq!(card.statistics().commit_high_water, bytes, "{ins:02x}");
    }
}

/// A cell of several words in a transaction does not ask whether one is under way.
#[test]
fn a_transaction_around_is_known() {
    let (_folder, request) = sums();
    let listing = capgen::java::listing(&build(&request).program).unwrap();
    let text: String = listing.into_iter().map(|file| file.text).collect();
    // In its own, in `anywhere`, and in `inside`.
    assert_eq!(text.matches("getTransactionDepth()").count(), 3, "{text}");
}
