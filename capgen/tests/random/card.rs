//! The programs compiled by `capgen`: interpreted, and on the simulated card.

use std::fmt;

use capgen::ir::{self, text, verify};
use capgen::opt::{self, Options};
use capgen::package::{self, Output, Target};
use card_sim::tear::for_each_cut;
use card_sim::vm::Remains;
use card_sim::{Aid, Card, CardConfig};

use crate::bounds;
use crate::host::Answer;
use crate::keep;
use crate::model::Interpreted;
use crate::options::OPTIONS;
use crate::program::{Program, Told};

/// What has run.
#[derive(Default)]
pub(crate) struct Count {
    commands: usize,
    files: usize,
    cuts: usize,
    aborted: usize,
    unproved: Vec<u64>,
}

impl Count {
    pub(crate) fn add(&mut self, other: Self) {
        self.commands += other.commands;
        self.files += other.files;
        self.cuts += other.cuts;
        self.aborted += other.aborted;
        self.unproved.extend(other.unproved);
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            commands,
            files,
            cuts,
            aborted,
            unproved,
        } = self;
        write!(
            f,
            "{commands} commands ({aborted} refused) in {files} CAP files, {cuts} power cuts; \
             {} functions without ranges (seeds {unproved:?})",
            unproved.len()
        )
    }
}

/// A program, compiled.
pub(crate) struct Compiled {
    target: Target,
    program: ir::Program,
    optimised: ir::Program,
    outputs: Vec<(Options, Output)>,
}

pub(crate) fn compile(
    seed: u64,
    program: ir::Program,
    target: &Target,
) -> Result<Compiled, String> {
    verify::verify(&program).map_err(|error| format!("{error}\n{}", text::print(&program)))?;
    let other = 1 + usize::try_from(seed).unwrap() % (OPTIONS.len() - 1);
    let mut outputs = Vec::new();
    for options in [OPTIONS[0], OPTIONS[other]] {
        let output = package::build_with(&program, target, &options)
            .map_err(|error| format!("{options:?}: {error}"))?;
        let report = cap_file::verify(&output.cap, &cap_file::Exports::builtin());
        if !report.is_ok() {
            return Err(format!("{options:?}: {report}"));
        }
        outputs.push((options, output));
    }
    let mut optimised = program.clone();
    opt::optimise(&mut optimised, &Options::ALL).map_err(|error| error.to_string())?;
    verify::verify(&optimised).map_err(|error| format!("optimised: {error}"))?;
    Ok(Compiled {
        target: target.clone(),
        program,
        optimised,
        outputs,
    })
}

/// Tells a program its commands, on each of which it must answer as on the host.
pub(crate) fn check(
    program: &Program,
    compiled: &Compiled,
    answers: &[Answer],
    count: &mut Count,
) -> Result<(), String> {
    let runs = program.commands.iter().zip(answers);
    keep::listing(
        &format!("random-{}", program.seed),
        &compiled.program,
        &compiled.target,
        runs.map(|(command, answer)| (command.bytes.as_slice(), answer.response.as_slice())),
    );
    for (program_ir, how) in [
        (&compiled.program, "interpreted"),
        (&compiled.optimised, "optimised and interpreted"),
    ] {
        let mut interpreted = Interpreted::install(program_ir)?;
        for (command, answer) in program.commands.iter().zip(answers) {
            match interpreted.transmit(&command.bytes) {
                Ok(found) if found == answer.response => {}
                other => return Err(differs(command, answer, how, &format!("{other:02x?}"))),
            }
        }
    }
    for (options, output) in &compiled.outputs {
        on_card(program, compiled, output, answers, count)
            .map_err(|reason| format!("{options:?}: {reason}"))?;
        count
            .unproved
            .extend(output.unproved.iter().map(|_| program.seed));
        for reason in &output.unproved {
            println!("seed {}, {options:?}: {reason}", program.seed);
        }
    }
    Ok(())
}

fn on_card(
    program: &Program,
    compiled: &Compiled,
    output: &Output,
    answers: &[Answer],
    count: &mut Count,
) -> Result<(), String> {
    let mut card = Card::new(&CardConfig::default());
    let module = Aid::new(&compiled.program.applets[0].aid).unwrap();
    card.load_cap(&output.cap)
        .map_err(|error| error.to_string())?;
    card.install(module, module, &[])
        .map_err(|error| error.to_string())?;
    select(&mut card);
    count.files += 1;
    for (command, answer) in program.commands.iter().zip(answers) {
        if command.writes {
            torn(&card, command, answer, count)?;
        }
        count.commands += 1;
        let found = card.transmit(&command.bytes);
        count.aborted += usize::from(found.len() == 2);
        if found != answer.response {
            let fault = card.last_fault();
            return Err(differs(
                command,
                answer,
                "on the card",
                &format!("{found:02x?} {fault:?}"),
            ));
        }
    }
    bounds::check(output, card.statistics().stack_high_water)
}

/// What a power cut leaves on the card is what one can leave on the host.
fn torn(card: &Card, command: &Told, answer: &Answer, count: &mut Count) -> Result<(), String> {
    let mut wrong = None;
    let (mut whole, _) = for_each_cut(card, &command.bytes, &[Remains::Mixed(7)], |cut| {
        let mut card = cut.card;
        select(&mut card);
        let found = card.transmit(&Told::show().bytes);
        count.cuts += 1;
        if !answer.torn.contains(&found) && wrong.is_none() {
            wrong = Some((cut.write, cut.remains, found));
        }
    });
    // Power may also fail right after the last write.
    select(&mut whole);
    let last = whole.transmit(&Told::show().bytes);
    match wrong {
        Some((write, remains, found)) if found != last => Err(format!(
            "{:02x?} torn at write {write} ({remains:?}) leaves\n{found:02x?}, on the host\n{:02x?}",
            command.bytes, answer.torn
        )),
        _ => Ok(()),
    }
}

fn select(card: &mut Card) {
    let aid = [0xA0, 0, 0, 0, 1, 2, 1];
    let command = [&[0x00, 0xA4, 0x04, 0x00, 7][..], &aid].concat();
    assert_eq!(card.transmit(&command), [0x90, 0x00]);
}

fn differs(command: &Told, answer: &Answer, how: &str, found: &str) -> String {
    format!(
        "{:02x?}\n{how}: {found}\nin Rust: {:02x?}",
        command.bytes, answer.response
    )
}
