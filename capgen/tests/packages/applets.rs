//! Several applets in one package.

use capgen::driver::Request;
use capgen::ir::text;
use card_sim::{Card, CardConfig};
use platform::Applet;
use platform::host::{Host, HostCard, HostConfig};
use wallet::{Loyalty, Purse};

use crate::card::{build, install, load, select};
use crate::libraries::{self, ledger};

pub(crate) const PURSE: &[u8] = <Purse<Host> as Applet<Host>>::AID;
pub(crate) const LOYALTY: &[u8] = <Loyalty<Host> as Applet<Host>>::AID;

/// As the manifest lists them, with the library that their interface is from.
fn wallet() -> Request {
    libraries::wallet(vec![build(&ledger()).output.exp])
}

#[test]
fn both_answer_as_on_this_machine() {
    let built = build(&wallet());
    let mut card = Card::new(&CardConfig::default());
    load(&mut card, &build(&ledger()).output.cap);
    load(&mut card, &built.output.cap);
    install(&mut card, LOYALTY);
    install(&mut card, PURSE);
    let mut purse = HostCard::<Purse<Host>>::install(&HostConfig::default(), &[]).unwrap();
    let mut loyalty = HostCard::<Loyalty<Host>>::install(&HostConfig::default(), &[]).unwrap();
    session(&mut card, &mut purse, &mut loyalty);
}

/// The same commands to both applets on the simulated card and to their models.
pub(crate) fn session(
    card: &mut Card,
    purse: &mut HostCard<Purse<Host>>,
    loyalty: &mut HostCard<Loyalty<Host>>,
) {
    let purse_commands: [&[u8]; 10] = [
        &[0x80, 0x60, 0x00, 0x00, 0x00],
        &[0x80, 0x10, 0x12, 0x34],
        &[0x80, 0x20, 0x99, 0x00],
        &[0x80, 0x20, 0x00, 0x35],
        &[0x80, 0x30, 0x00, 0x00, 0x00],
        &[0x80, 0x32, 0x00, 0x00, 0x00],
        &[0x80, 0x34, 0x00, 0x00, 0x00],
        &[0x80, 0x34, 0x03, 0x00, 0x00],
        &[0x80, 0x34, 0x04, 0x00, 0x00],
        &[0x80, 0x40, 0x00, 0x00],
    ];
    let loyalty_commands: [&[u8]; 5] = [
        &[0x80, 0x60, 0x00, 0x00, 0x00],
        &[0x80, 0x40, 0xC8, 0x00],
        &[0x80, 0x40, 0xC9, 0x00],
        &[0x80, 0x50, 0x00, 0x00, 0x00],
        &[0x80, 0x10, 0x00, 0x00],
    ];
    for _ in 0..3 {
        assert_eq!(card.transmit(&select(PURSE)), [0x90, 0x00]);
        assert_eq!(purse.select(), [0x90, 0x00]);
        for command in purse_commands {
            let found = card.transmit(command);
            let fault = card.last_fault();
            assert_eq!(found, purse.transmit(command), "{command:02x?}: {fault:?}");
        }
        assert_eq!(card.transmit(&select(LOYALTY)), [0x90, 0x00]);
        assert_eq!(loyalty.select(), [0x90, 0x00]);
        for command in loyalty_commands {
            let found = card.transmit(command);
            let fault = card.last_fault();
            assert_eq!(
                found,
                loyalty.transmit(command),
                "{command:02x?}: {fault:?}"
            );
        }
    }
}

#[test]
fn what_both_use_is_there_once() {
    let both = build(&wallet()).output;
    let named = both
        .map
        .methods
        .iter()
        .filter(|method| method.path == "wallet::name");
    assert_eq!(named.count(), 1);
    // The name, and the AID of the shop.
    assert_eq!(both.cap.static_field.array_init.len(), 2);
    let alone = |applet: &str| {
        let built = build(&Request {
            applets: vec![applet.to_owned()],
            ..wallet()
        });
        built.output.cap.load_file(false).unwrap().len()
    };
    let together = both.cap.load_file(false).unwrap().len();
    assert!(
        together < alone("Purse") + alone("Loyalty") - 100,
        "{together}"
    );
}

#[test]
fn the_budget_tells_the_applets_apart() {
    let budget = build(&wallet()).output.budget;
    let [purse, loyalty] = budget.applets.as_slice() else {
        panic!("{budget:?}");
    };
    assert_eq!(
        (purse.class.as_str(), loyalty.class.as_str()),
        ("Purse", "Loyalty")
    );
    // Its local array is also for the shop, which calls it while it is not selected.
    assert_eq!(purse.install.clear_on_deselect_bytes, 0);
    assert_eq!(purse.install.clear_on_reset_bytes, 4);
    assert_eq!(loyalty.install.clear_on_deselect_bytes, 1);
    let begun = |budget: &capgen::package::budget::AppletBudget| {
        let transactions = budget.transactions.iter();
        transactions
            .map(|one| one.written.writes)
            .collect::<Vec<_>>()
    };
    assert_eq!(begun(purse), [Some(1)]);
    // What the library writes is named, not counted.
    assert_eq!(purse.transactions[0].written.card, ["ledger.Log.note"]);
    assert_eq!(begun(loyalty), [Some(1)]);
    let entries = |budget: &capgen::package::budget::AppletBudget| {
        let mut entries: Vec<String> = budget
            .stack
            .iter()
            .map(|stack| stack.entry.clone())
            .collect();
        entries.sort();
        entries
    };
    let served = ["balance", "check", "debit", "getShareableInterfaceObject"];
    assert_eq!(
        entries(purse),
        [&served[..], &["install", "process"]].concat()
    );
    let served = [
        "deselect",
        "getShareableInterfaceObject",
        "give",
        "install",
        "process",
        "session",
    ];
    assert_eq!(entries(loyalty), served);
}

#[test]
fn the_order_of_the_request_is_that_of_the_package() {
    let request = Request {
        applets: vec!["loyalty".to_owned(), "purse".to_owned()],
        ..wallet()
    };
    let program = request.lower().unwrap().program;
    assert_eq!(program.name, "wallet");
    let aids: Vec<&[u8]> = program
        .applets
        .iter()
        .map(|applet| applet.aid.as_slice())
        .collect();
    assert_eq!(aids, [LOYALTY, PURSE]);
    // The text is the program, with the packages around it.
    let printed = text::print(&program);
    let read = text::parse(&printed).unwrap_or_else(|error| panic!("{error}\n{printed}"));
    assert!(read == program, "{printed}");
    assert!(!program.imports.is_empty() && !program.exports.is_empty());
}
