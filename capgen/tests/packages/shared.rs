//! Applets of different packages that use each other: on this machine and on the simulated card the same.

use std::panic::{AssertUnwindSafe, catch_unwind};

use cap_file::ExportFile;
use capgen::driver::{Built, CompileError, Request};
use capgen::package::Target;
use card_sim::{Card, CardConfig};
use platform::Applet;
use platform::host::{Host, HostConfig, HostElement};
use shop::Shop;
use wallet::{Loyalty, Purse};

use crate::applets::{LOYALTY, PURSE};
use crate::card::{build, example, install, load, select};
use crate::libraries::{ledger, wallet};

const SHOP: &[u8] = <Shop<Host> as Applet<Host>>::AID;

fn shop(imports: Vec<ExportFile>) -> Request {
    Request {
        folder: example("shop"),
        imports,
        ..Request::default()
    }
}

/// The three packages, in the order of loading.
fn packages() -> [Built; 3] {
    let ledger = build(&ledger());
    let wallet = build(&wallet(vec![ledger.output.exp.clone()]));
    let shop = build(&shop(vec![
        ledger.output.exp.clone(),
        wallet.output.exp.clone(),
    ]));
    [ledger, wallet, shop]
}

fn simulated() -> Card {
    let mut card = Card::new(&CardConfig::default());
    for package in packages() {
        load(&mut card, &package.output.cap);
    }
    install(&mut card, PURSE);
    install(&mut card, LOYALTY);
    install(&mut card, SHOP);
    card
}

fn model() -> HostElement {
    let mut element = HostElement::new(&HostConfig::default());
    element.install_server::<Purse<Host>>(&[]).unwrap();
    element.install_server::<Loyalty<Host>>(&[]).unwrap();
    element.install::<Shop<Host>>(&[]).unwrap();
    element
}

/// The model's answer; what a card answers with 6F00 is a panic.
fn answer(model: &mut HostElement, command: &[u8]) -> Vec<u8> {
    let answered = catch_unwind(AssertUnwindSafe(|| model.transmit(command)));
    answered.unwrap_or_else(|_| vec![0x6F, 0x00])
}

#[test]
fn a_shop_takes_from_the_purse_and_gives_points() {
    let (mut card, mut model) = (simulated(), model());
    let mut both = |command: &[u8]| {
        let found = card.transmit(command);
        let fault = card.last_fault();
        assert_eq!(
            found,
            answer(&mut model, command),
            "{command:02x?}: {fault:?}"
        );
        found
    };
    both(&select(PURSE));
    both(&[0x80, 0x10, 0x10, 0x00]);
    both(&select(SHOP));
    // A receipt: out, the amount, how many entries, a checksum.
    assert_eq!(both(&[0x80, 0x10, 0x02, 0x58])[..4], [2, 0x02, 0x58, 2]);
    assert_eq!(both(&[0x80, 0x20, 0, 0]), [0x0D, 0xA8, 0x90, 0x00]);
    // More than there is: the status word goes through the firewall.
    assert_eq!(both(&[0x80, 0x10, 0xFF, 0xFF]), [0x69, 0x85]);
    assert_eq!(both(&[0x80, 0x60, 0, 0]), [0x02, 0x58, 0x90, 0x00]);
    // An array of the shop's own is refused, a part of the APDU buffer is not.
    assert_eq!(both(&[0x80, 0x30, 0, 0]), [0x6F, 0x00]);
    assert_eq!(both(&[0x80, 0x32, 0, 0])[2..], [0x90, 0x00]);
    // Nobody, or nobody who answers.
    assert_eq!(both(&[0x80, 0x40, 0, 0]), [0x6A, 0x82]);
    assert_eq!(both(&[0x80, 0x42, 0, 0]), [0x6A, 0x82]);
    // Memory that deselection clears is out of reach.
    assert_eq!(both(&[0x80, 0x50, 0, 0]), [0x6F, 0x00]);
    both(&select(LOYALTY));
    assert_eq!(both(&[0x80, 0x50, 0, 0]), *b"00006\0\x90\0");
}

#[test]
fn thousands_of_commands_are_answered_alike() {
    let (mut card, mut model) = (simulated(), model());
    std::panic::set_hook(Box::new(|_| ()));
    // A generator of numbers, seeded: the same commands in every run.
    let mut state = 20_261_126u32;
    let mut random = |below: u32| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) % below
    };
    assert_eq!(
        card.transmit(&select(SHOP)),
        answer(&mut model, &select(SHOP))
    );
    for number in 0..3000 {
        let byte = |value: u32| u8::try_from(value).unwrap();
        let command = match random(6) {
            0 => select([PURSE, LOYALTY, SHOP][random(3) as usize]),
            _ => vec![
                0x80,
                byte(0x10 * random(7) + 2 * random(3)),
                byte(random(8)),
                byte(random(256)),
                0,
            ],
        };
        let (found, expected) = (card.transmit(&command), answer(&mut model, &command));
        if found != expected {
            drop(std::panic::take_hook());
            let fault = card.last_fault();
            panic!(
                "command {number} {command:02x?}: {found:02x?} on the card, {expected:02x?} here; {fault:?}"
            );
        }
    }
    drop(std::panic::take_hook());
}

#[test]
fn without_the_server_there_is_nothing() {
    let mut element = HostElement::new(&HostConfig::default());
    element.install::<Shop<Host>>(&[]).unwrap();
    // Installed, but not for others.
    element.install::<Purse<Host>>(&[]).unwrap();
    assert_eq!(element.select(SHOP), [0x90, 0x00]);
    assert_eq!(element.transmit(&[0x80, 0x20, 0, 0]), [0x6A, 0x82]);
}

#[test]
fn every_target_has_shareable_interfaces() {
    let [ledger, wallet, _] = packages();
    for target in Target::all().iter().filter(|target| target.name != "jc221") {
        let request = shop(vec![ledger.output.exp.clone(), wallet.output.exp.clone()]);
        for options in [&capgen::opt::Options::ALL, &capgen::opt::Options::SPEED] {
            if let Err(error) = request.build(target, options) {
                panic!("{}: {error}", target.name);
            }
        }
    }
}

#[test]
fn a_copy_of_an_interface_is_refused() {
    let Err(CompileError::Source(found)) = shop(Vec::new()).lower() else {
        panic!("both interfaces are of other packages");
    };
    insta::assert_snapshot!(found.render(false));
}

#[test]
fn the_java_listing_has_the_interfaces() {
    let [ledger, wallet, shop] = packages();
    let text = |built: &Built| {
        let files = capgen::java::listing(&built.program).unwrap();
        if let Some(folder) = std::env::var_os("KEEP_CAPS") {
            for file in &files {
                let path = std::path::Path::new(&folder).join("java").join(&file.path);
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(path, &file.text).unwrap();
            }
        }
        files.into_iter().map(|file| file.text).collect::<String>()
    };
    assert!(
        text(&ledger).contains("public interface Account extends javacard.framework.Shareable {")
    );
    assert!(text(&ledger).contains("public class Log {"));
    assert!(
        text(&wallet).contains("public class Purse extends Applet implements ledger.Account {")
    );
    assert!(text(&shop).contains("debit("));
}
