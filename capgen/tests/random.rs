//! Random Card Rust programs answer alike compiled by rustc, in the IR interpreter and, compiled, on the simulated card; and
//! where power fails, the card keeps what the host platform can keep.
//!
//! Each program is an applet (`random/program.rs`). Some hundred are the modules of one crate, which rustc compiles once and
//! `capgen` reads once. Each is compiled with every optimisation and with one of the other settings, in words or with `int`, by
//! its seed. `cargo xtask random --rust` runs as many as wanted.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "shared/bounds.rs"]
mod bounds;
#[path = "random/card.rs"]
mod card;
#[path = "random/host.rs"]
mod host;
#[path = "shared/keep.rs"]
mod keep;
#[path = "shared/model.rs"]
mod model;
#[path = "shared/native.rs"]
mod native;
#[path = "shared/options.rs"]
mod options;
#[path = "random/program.rs"]
mod program;

use std::num::NonZero;
use std::time::Instant;

use capgen::driver::Reader;
use capgen::ir;
use capgen::package::Target;
use card::Count;
use host::Answer;
use native::Place;
use program::Program;

/// So many programs are one crate: rustc and reading take as long for a few.
const TOGETHER: u64 = 200;

/// `RANDOM_PROGRAMS` is how many, `RANDOM_SEED` the first.
#[test]
fn rust_interpreter_and_card_agree() {
    let number = |name: &str, otherwise: u64| {
        std::env::var(name).map_or(otherwise, |number| number.parse().unwrap())
    };
    let (first, count) = (number("RANDOM_SEED", 1), number("RANDOM_PROGRAMS", 200));
    let seeds: Vec<u64> = (first..first + count).collect();
    let place = Place::of("random-programs");
    let start = Instant::now();
    let (mut counted, mut wrong, mut done) = (Count::default(), Vec::new(), 0);
    for seeds in seeds.chunks(usize::try_from(TOGETHER).unwrap()) {
        let programs: Vec<Program> = seeds.iter().map(|seed| program::program(*seed)).collect();
        wrong.extend(check(&place, &programs, &mut counted));
        done += programs.len();
        if count > TOGETHER {
            println!(
                "{done} programs up to seed {}, {} differ, {} s",
                seeds.last().unwrap(),
                wrong.len(),
                start.elapsed().as_secs()
            );
        }
    }
    println!("{done} random programs from seed {first} on: {counted}");
    assert!(
        wrong.is_empty(),
        "{} programs differ: seeds {:?}; the first:\n{}",
        wrong.len(),
        wrong.iter().map(|(seed, _)| seed).collect::<Vec<_>>(),
        wrong[0].1
    );
}

/// A program, what the front end makes of it, and what it answers on the host.
type Job<'a> = ((&'a Program, Result<ir::Program, String>), &'a Vec<Answer>);

/// Runs programs all the ways; those that differ.
fn check(place: &Place, programs: &[Program], count: &mut Count) -> Vec<(u64, String)> {
    host::write(place, programs);
    let targets = targets();
    // With `int` one of four.
    let kind = |program: &Program| usize::from(program.seed % 4 == 3);
    // rustc is at work meanwhile.
    let (lowered, answers) = std::thread::scope(|scope| {
        let answers = scope.spawn(|| host::answers(place, programs));
        let readers = targets.each_ref().map(|target| {
            let reader = Reader::open(&place.folder, target);
            reader.unwrap_or_else(|error| panic!("{error}"))
        });
        let lowered: Vec<_> = programs
            .iter()
            .map(|program| {
                let lowered = readers[kind(program)].lower(&program.applet);
                lowered.map_err(|error| error.to_string())
            })
            .collect();
        (lowered, answers.join().unwrap())
    });
    let jobs: Vec<_> = programs.iter().zip(lowered).zip(&answers).collect();
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get);
    let work = |jobs: &[Job<'_>]| {
        let (mut count, mut wrong) = (Count::default(), Vec::new());
        for ((program, lowered), answers) in jobs {
            let found = lowered
                .clone()
                .and_then(|lowered| card::compile(program.seed, lowered, &targets[kind(program)]))
                .and_then(|compiled| card::check(program, &compiled, answers, &mut count));
            if let Err(reason) = found {
                let about: String = reason.chars().take(400).collect();
                println!("seed {} differs: {about}", program.seed);
                wrong.push((
                    program.seed,
                    format!("seed {}: {reason}\n{}", program.seed, program.source),
                ));
            }
        }
        (count, wrong)
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = jobs
            .chunks(jobs.len().div_ceil(threads))
            .map(|jobs| scope.spawn(move || work(jobs)))
            .collect();
        let mut wrong = Vec::new();
        for worker in workers {
            let (counted, found) = worker.join().unwrap();
            count.add(counted);
            wrong.extend(found);
        }
        wrong
    })
}

/// In words, and with `int`.
fn targets() -> [Target; 2] {
    [Target::default(), Target::default().with_int()]
}
