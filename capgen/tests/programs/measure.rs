//! Builds a program, runs its script on the simulated card, and counts.

use capgen::driver::Request;
use capgen::opt::Options;
use capgen::package::budget::Budget;
use capgen::package::{self, Target};
use card_sim::cost::{Costs, Stopwatch};
use card_sim::vm::heap::RUNTIME_CONTEXT;
use card_sim::vm::{Kind, Object};
use card_sim::{Aid, Card, CardConfig};
use serde::Deserialize;
use std::path::Path;
use std::sync::{Arc, Mutex};

/// A program to measure.
pub(crate) struct Program {
    /// The struct that is the applet.
    pub(crate) applet: &'static str,
    /// The commands, a line each in hexadecimal; `#` begins a comment.
    pub(crate) script: &'static str,
}

/// All of them.
pub(crate) const PROGRAMS: [Program; 6] = [
    Program {
        applet: "TlvWalk",
        script: include_str!("../../programs/scripts/tlv_walk.apdu"),
    },
    Program {
        applet: "Base64",
        script: include_str!("../../programs/scripts/base64.apdu"),
    },
    Program {
        applet: "Sha256",
        script: include_str!("../../programs/scripts/sha256.apdu"),
    },
    Program {
        applet: "Sha256Words",
        script: include_str!("../../programs/scripts/sha256.apdu"),
    },
    Program {
        applet: "Sort",
        script: include_str!("../../programs/scripts/sort.apdu"),
    },
    Program {
        applet: "Records",
        script: include_str!("../../programs/scripts/records.apdu"),
    },
];

/// What was measured before, and what Java takes.
#[derive(Deserialize)]
pub(crate) struct Figure {
    pub(crate) applet: String,
    /// Bytes of the Method component.
    pub(crate) bytes: usize,
    /// Bytecodes executed by the script.
    pub(crate) instructions: u64,
    /// Both with `-O speed`.
    pub(crate) speed: (usize, u64),
    /// The same of the Java listing, by javac and the reference converter.
    pub(crate) listing: Option<(usize, u64)>,
    /// The same of straightforward Java written by hand.
    pub(crate) by_hand: Option<(usize, u64)>,
    /// The same of ours for a card with `int`, where that makes a difference: for size and for speed.
    pub(crate) int: Option<[(usize, u64); 2]>,
}

/// `figures.toml`
#[derive(Deserialize)]
struct Figures {
    program: Vec<Figure>,
}

/// The recorded figures.
pub(crate) fn figures() -> Vec<Figure> {
    toml::from_str::<Figures>(include_str!("../../programs/figures.toml"))
        .unwrap()
        .program
}

/// What a program's script did.
pub(crate) struct Measured {
    pub(crate) answers: Vec<Vec<u8>>,
    /// Bytes of the Method component's methods.
    pub(crate) bytes: usize,
    /// Bytecodes executed by the script, a call of the API counted as one more.
    pub(crate) instructions: u64,
    /// Nanoseconds that those would take on a J3R180, by the measured costs.
    pub(crate) nanoseconds: u64,
    /// What the compiler says of it.
    pub(crate) budget: Budget,
    /// The objects and arrays that installing made in the applet's context.
    pub(crate) objects: Vec<Object>,
    /// Most stack words in use.
    pub(crate) stack: usize,
    /// Most bytes of the commit buffer in use.
    pub(crate) commit: usize,
}

/// The commands of a script.
pub(crate) fn commands(script: &str) -> Vec<Vec<u8>> {
    let lines = script.lines().map(str::trim);
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| {
            let digits = line.as_bytes().chunks(2);
            digits
                .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
                .collect()
        })
        .collect()
}

/// Runs a program's script on a new card.
pub(crate) fn measure(program: &Program, options: &Options) -> Measured {
    measure_on(program, options, &Target::default())
}

/// The same, compiled for a card of another kind.
pub(crate) fn measure_on(program: &Program, options: &Options, target: &Target) -> Measured {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("programs");
    let lowered = Request::applet(&folder, program.applet).lower_for(target);
    let lowered = lowered.unwrap_or_else(|error| panic!("{error}"));
    let output = package::build_with(&lowered.program, target, options).unwrap();
    let report = cap_file::verify(&output.cap, &cap_file::Exports::builtin());
    assert!(report.is_ok(), "{}: {report}", program.applet);
    assert!(output.unproved.is_empty(), "{:?}", output.unproved);
    let aid = &lowered.program.applets[0].aid;
    let module = Aid::new(aid).unwrap();
    let mut card = Card::new(&CardConfig::default());
    card.load_cap(&output.cap).unwrap();
    let known = card.runtime().heap().objects().len();
    card.install(module, module, &[]).unwrap();
    let made = card.runtime().heap().objects().iter().skip(known);
    let objects = made
        .filter(|object| object.context != RUNTIME_CONTEXT && object.kind != Kind::Free)
        .copied()
        .collect();
    let mut select = vec![0x00, 0xA4, 0x04, 0x00, u8::try_from(aid.len()).unwrap()];
    select.extend(aid);
    assert_eq!(card.transmit(&select), [0x90, 0x00]);
    let costs = Costs::named("j3r180").unwrap();
    let stopwatch = Arc::new(Mutex::new(Stopwatch::new(costs)));
    card.watch(Some(Box::new(Arc::clone(&stopwatch))));
    let before = card.statistics().bytecodes;
    let commands = commands(program.script);
    let answers = commands.iter().map(|command| card.transmit(command));
    let answers = answers.collect();
    let after = card.statistics();
    let nanoseconds = stopwatch.lock().unwrap().take().bytecodes;
    Measured {
        answers,
        bytes: output.budget.code_bytes,
        instructions: after.bytecodes - before,
        nanoseconds,
        budget: output.budget,
        objects,
        stack: after.stack_high_water,
        commit: after.commit_high_water,
    }
}
