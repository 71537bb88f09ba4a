//! The programs of `card-programs` and JPKI: the host and the compiled applet answer alike, and the compiler
//! makes of them no more than was measured (`cargo bench -p capgen --bench programs` tells the figures).
#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[allow(dead_code, reason = "the benchmark reads the rest")]
#[path = "programs/measure.rs"]
mod measure;
#[path = "shared/within.rs"]
mod within;

use capgen::opt::Options;
use capgen::package::Target;
use card_programs::{Base64, Records, Sha256, Sha256Words, Sort, TlvWalk};
use conformance::Suite;
use conformance::target::Model;
use measure::{Commands, Measured, Program, commands, figures, measure, measure_on};
use platform::Applet;
use platform::host::{Host, HostCard, HostConfig};

fn on_host<A: Applet<Host>>(program: &Program) -> Vec<Vec<u8>> {
    let mut card = HostCard::<A>::install(&HostConfig::default(), &[]).unwrap();
    assert_eq!(card.select(), [0x90, 0x00]);
    let Commands::Script(script) = program.commands else {
        panic!("{} has no script", program.applet);
    };
    let commands = commands(script);
    commands
        .iter()
        .map(|command| card.transmit(command))
        .collect()
}

fn program(name: &str) -> &'static Program {
    let mut programs = measure::PROGRAMS.iter();
    programs.find(|program| program.applet == name).unwrap()
}

fn alike(name: &str, host: fn(&Program) -> Vec<Vec<u8>>) {
    let program = program(name);
    let expected = host(program);
    let measured = [Options::ALL, Options::SPEED, Options::NONE].map(|options| {
        let measured = measure(program, &options);
        for (index, (card, host)) in measured.answers.iter().zip(&expected).enumerate() {
            assert_eq!(card, host, "{name}, command {index}, {options:?}");
        }
        assert_eq!(measured.answers.len(), expected.len());
        measured
    });
    let [small, fast, _] = &measured;
    within_budget(small);
    within_figures(name, small, fast);
}

/// Each goal reaches what it is for, and nothing is worse than it was.
fn within_figures(name: &str, small: &Measured, fast: &Measured) {
    println!(
        "{name}: {} bytes, {} instructions; for speed {} and {}",
        small.bytes, small.instructions, fast.bytes, fast.instructions
    );
    // How often a branch is taken is not known to the compiler: a thousandth may be lost by that.
    let is_faster = |fast: u64, small: u64| fast * 1000 <= small * 1001;
    assert!(
        small.bytes <= fast.bytes
            && is_faster(fast.instructions, small.instructions)
            && is_faster(fast.nanoseconds, small.nanoseconds),
        "{name}: {} bytes and {} instructions for size, {} and {} for speed",
        small.bytes,
        small.instructions,
        fast.bytes,
        fast.instructions
    );
    // A program that was never recorded has nothing to be worse than.
    let figures = figures();
    if let Some(limit) = figures.iter().find(|figure| figure.applet == name) {
        assert!(
            small.bytes <= limit.bytes && small.instructions <= limit.instructions,
            "{name}: {} bytes and {} instructions; were {} and {}",
            small.bytes,
            small.instructions,
            limit.bytes,
            limit.instructions
        );
        assert!(
            fast.bytes <= limit.speed.0 && fast.instructions <= limit.speed.1,
            "{name}: {} bytes and {} instructions for speed; were {:?}",
            fast.bytes,
            fast.instructions,
            limit.speed
        );
    }
}

/// For a card with `int`, where a program has anything to do with it: the same answers, and no more bytes and instructions
/// than were recorded.
#[test]
fn a_card_with_int_answers_alike() {
    let target = Target::default().with_int();
    let mut count = 0;
    for figure in figures() {
        let program = program(&figure.applet);
        let Some(limits) = figure.int else { continue };
        let plain = measure(program, &Options::ALL);
        for (options, limit) in [Options::ALL, Options::SPEED].iter().zip(limits) {
            let found = measure_on(program, options, &target);
            let size = (found.bytes, found.instructions);
            println!("{} with int: {size:?}", figure.applet);
            assert_eq!(found.answers, plain.answers, "{}", figure.applet);
            assert!(
                size.0 <= limit.0 && size.1 <= limit.1,
                "{}: {size:?}, were {limit:?}",
                figure.applet
            );
        }
        within_budget(&measure_on(program, &Options::ALL, &target));
        count += 1;
    }
    assert!(count > 0);
}

/// A card of the first release receives data in another way, and the newest reads extended files.
#[test]
fn the_oldest_and_the_newest_card_answer_alike() {
    let oldest = Target::named("jc221").unwrap();
    let newest = Target::named("jc310").and_then(Target::extended).unwrap();
    for figure in figures() {
        let program = program(&figure.applet);
        let plain = measure(program, &Options::ALL);
        for target in [&oldest, &newest] {
            let found = measure_on(program, &Options::ALL, target);
            assert_eq!(found.answers, plain.answers, "{} {target:?}", figure.applet);
        }
    }
}

/// What installing made and the script used is what the budget says, or less.
fn within_budget(measured: &Measured) {
    let budget = &measured.budget.applets[0];
    within::memory(budget, &measured.objects);
    let name = &budget.class;
    let stack = within::stack(budget);
    assert!(
        (1..=stack).contains(&measured.stack),
        "{name}: {} words of {stack}",
        measured.stack
    );
    let most = within::transaction(budget);
    assert!(
        most.is_some_and(|most| measured.commit <= most),
        "{name}: {} bytes of {most:?}",
        measured.commit
    );
}

#[test]
fn tlv_walk() {
    alike("TlvWalk", on_host::<TlvWalk>);
}

#[test]
fn base64() {
    alike("Base64", on_host::<Base64<Host>>);
}

#[test]
fn sha256() {
    alike("Sha256", on_host::<Sha256<Host>>);
}

#[test]
fn sha256_words() {
    alike("Sha256Words", on_host::<Sha256Words>);
}

#[test]
fn sort() {
    alike("Sort", on_host::<Sort>);
}

#[test]
fn records() {
    alike("Records", on_host::<Records<Host>>);
}

/// The conformance vectors, on the host and as compiled for either goal.
#[test]
fn jpki() {
    let mut model = Model::with_seed(measure::SEED);
    let suite = Suite::jpki().unwrap();
    let expected = measure::responses(&conformance::run(&suite, &mut model, &mut |_| ()));
    let [small, fast] =
        [Options::ALL, Options::SPEED].map(|options| measure(program("Jpki"), &options));
    assert!(small.answers == expected && fast.answers == expected);
    within_figures("Jpki", &small, &fast);
}

/// Answers that are known without any of our code.
#[test]
fn the_programs_do_what_they_are_for() {
    let answers = on_host::<Sha256<Host>>(&measure::PROGRAMS[2]);
    // FIPS 180-4: the hash of "abc".
    assert_eq!(
        hexadecimal(&answers[1]),
        "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD9000"
    );
    assert_eq!(answers, on_host::<Sha256Words>(program("Sha256Words")));
    let mut card = HostCard::<Base64<Host>>::install(&HostConfig::default(), &[]).unwrap();
    card.select();
    // RFC 4648, section 10.
    let encoded = card.transmit(&commands("0010000006666F6F62617200")[0]);
    assert_eq!(encoded, b"Zm9vYmFy\x90\x00");
    let sorted = on_host::<Sort>(program("Sort"));
    for answer in &sorted {
        let bytes = &answer[..answer.len() - 2];
        assert!(bytes.is_sorted(), "{answer:02X?}");
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}
