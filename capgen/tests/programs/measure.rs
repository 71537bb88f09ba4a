//! Builds a program, runs its script on the simulated card, and counts.

use cap_file::CapFile;
use capgen::driver::Request;
use capgen::opt::Options;
use capgen::package::budget::Budget;
use capgen::package::{self, Target};
use card_sim::cost::{Costs, Stopwatch};
use card_sim::gp::IssuerConfig;
use card_sim::vm::Object;
use card_sim::{Card, CardConfig};
use conformance::Suite;
use conformance::target::{Simulator, TargetError};
use serde::Deserialize;
use std::path::Path;
use std::sync::{Arc, Mutex};

use crate::within;

/// A program to measure.
pub(crate) struct Program {
    /// The struct that is the applet.
    pub(crate) applet: &'static str,
    /// The folder of its crate, seen from this one.
    pub(crate) folder: &'static str,
    pub(crate) commands: Commands,
}

/// What a program is run with.
#[derive(Clone, Copy)]
pub(crate) enum Commands {
    /// A line each in hexadecimal; `#` begins a comment.
    Script(&'static str),
    /// The conformance vectors of JPKI, each on a card of its own.
    Vectors,
}

const fn program(applet: &'static str, script: &'static str) -> Program {
    Program {
        applet,
        folder: "programs",
        commands: Commands::Script(script),
    }
}

/// All of them.
pub(crate) const PROGRAMS: [Program; 7] = [
    program(
        "TlvWalk",
        include_str!("../../programs/scripts/tlv_walk.apdu"),
    ),
    program("Base64", include_str!("../../programs/scripts/base64.apdu")),
    program("Sha256", include_str!("../../programs/scripts/sha256.apdu")),
    program(
        "Sha256Words",
        include_str!("../../programs/scripts/sha256.apdu"),
    ),
    program("Sort", include_str!("../../programs/scripts/sort.apdu")),
    program(
        "Records",
        include_str!("../../programs/scripts/records.apdu"),
    ),
    Program {
        applet: "Jpki",
        folder: "../applet-model",
        commands: Commands::Vectors,
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
    /// The same of the listing without the tests of `usize`, which nobody would write in Java.
    pub(crate) untested: Option<(usize, u64)>,
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
    /// Bytecodes executed by the commands, a call of the API counted as one more.
    pub(crate) instructions: u64,
    /// Nanoseconds that those would take on a J3R180, by the measured costs; 0 for vectors.
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

/// Compiles a program, which has to verify and to be proved.
pub(crate) fn compile(
    program: &Program,
    options: &Options,
    target: &Target,
) -> (package::Output, Vec<u8>) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(program.folder);
    let lowered = Request::applet(&folder, program.applet).lower_for(target);
    let lowered = lowered.unwrap_or_else(|error| panic!("{error}"));
    let output = package::build_with(&lowered.program, target, options).unwrap();
    let report = cap_file::verify(&output.cap, &cap_file::Exports::builtin());
    assert!(report.is_ok(), "{}: {report}", program.applet);
    assert!(output.unproved.is_empty(), "{:?}", output.unproved);
    (output, lowered.program.applets[0].aid.clone())
}

/// Runs a program's commands on a new card.
pub(crate) fn measure(program: &Program, options: &Options) -> Measured {
    measure_on(program, options, &Target::default())
}

/// The same, compiled for a card of another kind.
pub(crate) fn measure_on(program: &Program, options: &Options, target: &Target) -> Measured {
    let (output, aid) = compile(program, options, target);
    let cap = output.cap.clone();
    run(program, &cap, output, &aid)
}

/// Runs a program's commands on a new card with this CAP file.
pub(crate) fn run(
    program: &Program,
    cap: &CapFile,
    output: package::Output,
    aid: &[u8],
) -> Measured {
    match program.commands {
        Commands::Script(script) => run_script(script, cap, output, aid),
        Commands::Vectors => run_vectors(cap, output),
    }
}

fn run_script(script: &str, cap: &CapFile, output: package::Output, aid: &[u8]) -> Measured {
    let mut card = Card::new(&CardConfig::default());
    card.load_cap(cap).unwrap();
    let objects = within::install(&mut card, aid, &[]);
    let mut select = vec![0x00, 0xA4, 0x04, 0x00, u8::try_from(aid.len()).unwrap()];
    select.extend(aid);
    assert_eq!(card.transmit(&select), [0x90, 0x00]);
    let costs = Costs::named("j3r180").unwrap();
    let stopwatch = Arc::new(Mutex::new(Stopwatch::new(costs)));
    card.watch(Some(Box::new(Arc::clone(&stopwatch))));
    let before = card.statistics().bytecodes;
    let commands = commands(script);
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

/// The seed of the cards that the vectors run on.
pub(crate) const SEED: u64 = 7;

fn run_vectors(cap: &CapFile, output: package::Output) -> Measured {
    let mut card = Card::new(&CardConfig {
        seed: SEED,
        issuer: IssuerConfig {
            // Those of the model.
            key_diversification_data: Some([0; 10]),
            ..IssuerConfig::default()
        },
        ..CardConfig::default()
    });
    card.load_cap(cap).unwrap();
    let mut target = Counted {
        simulator: Simulator::new(card),
        bytecodes: 0,
        stack: 0,
        commit: 0,
    };
    let report = conformance::run(&Suite::jpki().unwrap(), &mut target, &mut |_| ());
    target.add();
    assert_eq!(report.failures().count(), 0, "{report:?}");
    Measured {
        answers: responses(&report),
        bytes: output.budget.code_bytes,
        instructions: target.bytecodes,
        nanoseconds: 0,
        budget: output.budget,
        objects: Vec::new(),
        stack: target.stack,
        commit: target.commit,
    }
}

/// All responses to the commands of the vectors.
pub(crate) fn responses(report: &conformance::Report) -> Vec<Vec<u8>> {
    let exchanges = report.vectors.iter().flat_map(|vector| &vector.exchanges);
    exchanges
        .map(|exchange| exchange.response.clone())
        .collect()
}

/// The simulated card, a new one for each vector, and what all of them executed.
struct Counted {
    simulator: Simulator,
    bytecodes: u64,
    stack: usize,
    commit: usize,
}

impl Counted {
    fn add(&mut self) {
        let statistics = self.simulator.card().statistics();
        self.bytecodes += statistics.bytecodes;
        self.stack = self.stack.max(statistics.stack_high_water);
        self.commit = self.commit.max(statistics.commit_high_water);
    }
}

impl conformance::Target for Counted {
    fn name(&self) -> &str {
        self.simulator.name()
    }

    fn install(&mut self, parameters: &[u8]) -> Result<(), TargetError> {
        self.add();
        self.simulator.install(parameters)
    }

    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TargetError> {
        self.simulator.transmit(command)
    }

    fn reset(&mut self) -> Result<(), TargetError> {
        self.simulator.reset()
    }
}
