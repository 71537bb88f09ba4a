//! The budgets of the applets in `examples`, and what the simulated card measures of them.

use cap_file::ExportFile;
use capgen::driver::{Built, Request};
use capgen::package::budget::{AppletBudget, Budget};
use card_sim::{Card, CardConfig};

use crate::card::{build, example, load, select};
use crate::within;

/// Builds an example that imports the packages before it, and counts what it calls there.
fn built(name: &str, imports: &[&Built]) -> Built {
    let exports = imports.iter().map(|built| built.output.exp.clone());
    let budgets = imports.iter().map(|built| built.output.budget.clone());
    build(&Request {
        folder: example(name),
        imports: exports.collect::<Vec<ExportFile>>(),
        budgets: budgets.collect::<Vec<Budget>>(),
        ..Request::default()
    })
}

/// An applet, and what the commands that it knows are.
struct Sample<'a> {
    package: &'a Built,
    /// Index of the applet in its package.
    applet: usize,
    parameters: &'a [u8],
    instructions: &'a [u8],
}

impl Sample<'_> {
    fn aid(&self) -> &[u8] {
        &self.package.program.applets[self.applet].aid
    }

    fn budget(&self) -> &AppletBudget {
        &self.package.output.budget.applets[self.applet]
    }
}

/// What the card's `OwnerPIN.update` writes at once, in a transaction of its own: up to 16 bytes of PIN, their number, the
/// tries, and 4 bytes more for each write.
const PIN_UPDATE: usize = 16 + 2 + 2 + 3 * 4;

const PIN: &[u8] = b"1234";

#[test]
fn no_measured_figure_is_above_the_budget() {
    let ledger = built("ledger", &[]);
    let wallet = built("wallet", &[&ledger]);
    let shop = built("shop", &[&ledger, &wallet]);
    let (token, vault) = (built("token", &[]), built("vault", &[]));
    let sample = |package, applet, parameters, instructions| Sample {
        package,
        applet,
        parameters,
        instructions,
    };
    let purse = sample(&wallet, 0, &[], &[0x10, 0x10, 0x20, 0x30, 0x32, 0x34, 0x60]);
    let loyalty = sample(&wallet, 1, &[], &[0x40, 0x50, 0x60]);
    let calls = [0x10, 0x20, 0x30, 0x32, 0x40, 0x42, 0x50, 0x60];
    let token = sample(&token, 0, PIN, &[0x10, 0x12, 0x14, 0x16, 0x18, 0x1A, 0x1C]);
    let vault = sample(&vault, 0, PIN, &[0x01, 0x01, 0x02, 0x03, 0x04, 0x84]);
    run(&[], &purse, &[&ledger]);
    run(&[], &loyalty, &[&ledger]);
    run(
        &[&purse, &loyalty],
        &sample(&shop, 0, &[], &calls),
        &[&ledger],
    );
    run(&[], &token, &[]);
    run(&[], &vault, &[]);
}

/// Installs an applet, and others that it calls, tells it random commands, and compares what was used.
fn run(servers: &[&Sample<'_>], applet: &Sample<'_>, libraries: &[&Built]) {
    let budget = applet.budget();
    let mut card = Card::new(&CardConfig::default());
    let mut packages = libraries.to_vec();
    for sample in servers.iter().copied().chain([applet]) {
        let is_new = |known: &&Built| known.program.aid != sample.package.program.aid;
        if packages.iter().all(is_new) {
            packages.push(sample.package);
        }
    }
    for package in packages {
        load(&mut card, &package.output.cap);
    }
    for server in servers {
        within::install(&mut card, server.aid(), server.parameters);
    }
    let made = within::install(&mut card, applet.aid(), applet.parameters);
    within::memory(budget, &made);
    assert_eq!(card.transmit(&select(applet.aid())), [0x90, 0x00]);
    if !applet.parameters.is_empty() {
        let length = u8::try_from(PIN.len()).unwrap();
        for class in [0x00, 0x80] {
            card.transmit(&[&[class, 0x20, 0, 0, length], PIN].concat());
        }
    }
    let mut answered = 0;
    for command in commands(applet.instructions) {
        answered += usize::from(card.transmit(&command).ends_with(&[0x90, 0x00]));
    }
    // Servers run on their client's stack.
    let served = servers.iter().map(|server| within::stack(server.budget()));
    let stack = within::stack(budget) + served.max().unwrap_or(0);
    let all = servers.iter().map(|server| server.budget()).chain([budget]);
    let transactions = all.map(|budget| within::transaction(budget).expect("a bound"));
    let transaction = transactions.max().unwrap_or(0);
    let used = card.statistics();
    println!(
        "{}: {answered} commands done; {} of {stack} words, {} of {transaction} bytes",
        budget.class, used.stack_high_water, used.commit_high_water
    );
    assert!(answered > 100, "{}: {answered}", budget.class);
    assert!(
        (1..=stack).contains(&used.stack_high_water),
        "{}",
        budget.class
    );
    assert!(used.commit_high_water <= transaction.max(PIN_UPDATE));
    // Bounds that are far off would tell nothing.
    assert!(2 * used.stack_high_water > stack, "{}", budget.class);
}

/// Seeded random commands.
fn commands(instructions: &[u8]) -> Vec<Vec<u8>> {
    let mut state = 20_261_126u32;
    let mut random = |below: usize| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        usize::try_from(state >> 8).unwrap() % below
    };
    let byte = |value: usize| u8::try_from(value).unwrap();
    (0..2000)
        .map(|_| {
            let name = byte(random(17));
            let data = match random(4) {
                0 => Vec::new(),
                1 => vec![7; [16, 20, 32, 255][random(4)]],
                // As the vault wants: a name in an 80, a secret in an 81.
                2 => [
                    &[0x80, name][..],
                    &vec![name; name.into()],
                    &[0x81, 2, 1, 2],
                ]
                .concat(),
                _ => vec![name; name.into()],
            };
            let p1 = [0, byte(random(5)), 0x80][random(3)];
            let ins = instructions[random(instructions.len())];
            let mut command = vec![0x80, ins, p1, byte(random(256)) * (p1 & 1)];
            if !data.is_empty() {
                command.push(byte(data.len()));
                command.extend(data);
            }
            command.push(0);
            command
        })
        .collect()
}
