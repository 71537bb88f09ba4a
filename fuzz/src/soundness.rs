//! The verifier against the virtual machine: whatever is accepted runs in the simulator's defensive mode, which
//! checks types, stack, references and bounds at each instruction, without a violation.

use crate::smith::{METHODS, smith};
use crate::{Choices, mutate};
use cap_file::{CapFile, Exports, dump, verify};
use card_sim::vm::Limits;
use card_sim::{Aid, Card, CardConfig, Fault};

/// Bytecodes that one command may take: enough to come through every loop that the smith writes.
const STEPS: u64 = 20_000;

/// Every generated program verifies, and keeps its promise.
pub(crate) fn smith_verifies(bytes: &[u8]) {
    let cap = smith(&mut Choices::new(bytes));
    let report = verify(&cap, &Exports::builtin());
    assert!(
        report.is_ok(),
        "{report}\n{}",
        dump(&cap, &Exports::builtin())
    );
    assert!(run(&cap), "the simulator loads it");
}

/// A generated program that is then changed: if it still verifies, it is safe.
pub(crate) fn what_verifies_is_safe(bytes: &[u8]) {
    let (choices, changes) = bytes.split_at(bytes.len() / 2);
    let mut cap = smith(&mut Choices::new(choices));
    mutate(&mut cap, &mut Choices::new(changes));
    if verify(&cap, &Exports::builtin()).is_ok() {
        run(&cap);
    }
}

/// Installs the applet and sends it one command for each of its methods; false if it cannot be loaded.
fn run(cap: &CapFile) -> bool {
    let mut card = Card::new(&CardConfig {
        defensive: true,
        limits: Limits {
            steps: STEPS,
            ..Limits::default()
        },
        ..CardConfig::default()
    });
    // The simulator's own limits (frame size, memory) may be narrower than the rules.
    if card.load_cap(cap).is_err() {
        return false;
    }
    let applets = cap.applet.iter().flat_map(|component| &component.applets);
    for applet in applets {
        let Some(aid) = Aid::new(&applet.aid.0) else {
            continue;
        };
        let installed = card.install(aid, aid, &[]).is_ok();
        safe(&card, cap);
        if !installed {
            continue;
        }
        let mut select = vec![
            0x00,
            0xa4,
            0x04,
            0x00,
            u8::try_from(applet.aid.0.len()).unwrap_or(0),
        ];
        select.extend(&applet.aid.0);
        card.transmit(&select);
        safe(&card, cap);
        for method in 0..METHODS {
            let number = u8::try_from(method).unwrap_or(0);
            card.transmit(&[0x80, 0x00, number, 0x00, 0x02, 0x03, 0x81]);
            safe(&card, cap);
        }
    }
    true
}

fn safe(card: &Card, cap: &CapFile) {
    if let Some((rule, place)) = card.last_fault().and_then(Fault::type_violation) {
        panic!("{rule} at {place:?}\n{}", dump(cap, &Exports::builtin()));
    }
}
