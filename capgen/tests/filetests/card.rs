//! The runs of a case in an applet: interpreted, and on the simulated card.

use std::fmt::Write;
use std::path::Path;

use cap_file::CapFile;
use capgen::driver::{Lowered, Request};
use capgen::ir::{Program, text, verify};
use capgen::opt;
use capgen::package::{self, Target};
use card_sim::{Aid, Card, CardConfig};

use crate::bounds;
use crate::case::{Case, Function, Parameter, SLICES, is_wide};
use crate::keep;
use crate::model::Interpreted;
use crate::options::OPTIONS;

/// Compiles a case and makes its runs, which must give `native`, for a card without `int` and, where that makes another
/// program of it, for one with it; how many CAP files were made.
pub(crate) fn check(case: &Case, native: &[Vec<u8>]) -> Result<usize, String> {
    let target = Target::default();
    let program = compile(case, &target)?;
    let target_with_int = target.clone().with_int();
    let program_with_int = compile(case, &target_with_int)?;
    let mut count = 0;
    if program_with_int != program {
        let found = on_target(case, native, program_with_int, &target_with_int);
        count += found.map_err(|error| format!("with int: {error}"))?;
    }
    Ok(count + on_target(case, native, program, &target)?)
}

fn on_target(
    case: &Case,
    native: &[Vec<u8>],
    mut program: Program,
    target: &Target,
) -> Result<usize, String> {
    verify::verify(&program).map_err(|error| format!("{error}\n{}", text::print(&program)))?;
    interpreted(case, native, &program, "interpreted")?;
    let commands: Vec<Vec<u8>> = case
        .runs
        .iter()
        .map(|run| command(run.function, &run.data()))
        .collect();
    let runs = commands.iter().zip(native);
    keep::listing(
        &case.name,
        &program,
        target,
        runs.map(|(command, answer)| (command.as_slice(), answer.as_slice())),
    );
    for options in &OPTIONS {
        let output = package::build_with(&program, target, options)
            .map_err(|error| format!("{options:?}: {error}"))?;
        let report = cap_file::verify(&output.cap, &cap_file::Exports::builtin());
        if !report.is_ok() {
            return Err(format!("{options:?}: {report}"));
        }
        keep(case, target, options, &output.cap);
        let mut card = Card::new(&CardConfig::default());
        let module = Aid::new(&program.applets[0].aid).unwrap();
        card.load_cap(&output.cap)
            .map_err(|error| error.to_string())?;
        card.install(module, module, &[])
            .map_err(|error| error.to_string())?;
        let mut select = vec![0x00, 0xa4, 0x04, 0x00, 7];
        select.extend(&program.applets[0].aid);
        assert_eq!(card.transmit(&select), [0x90, 0x00]);
        for (run, native) in case.runs.iter().zip(native) {
            let found = card.transmit(&command(run.function, &run.data()));
            if found != *native {
                return Err(format!(
                    "{}: on the card {found:02x?}, in Rust {native:02x?}; {:?}; {options:?}\n{}",
                    run.text,
                    card.last_fault(),
                    text::print(&program)
                ));
            }
        }
        let stack = card.statistics().stack_high_water;
        bounds::check(&output, stack).map_err(|error| format!("{options:?}: {error}"))?;
    }
    opt::optimise(&mut program, &opt::Options::ALL).map_err(|error| error.to_string())?;
    verify::verify(&program).map_err(|error| format!("optimised: {error}"))?;
    interpreted(case, native, &program, "optimised and interpreted")?;
    Ok(OPTIONS.len())
}

/// `KEEP_CAPS=FOLDER` keeps the CAP files for another verifier.
fn keep(case: &Case, target: &Target, options: &opt::Options, cap: &CapFile) {
    if let Some(folder) = std::env::var_os("KEEP_CAPS") {
        let name = format!(
            "{}-{}.cap",
            keep::named(&case.name, target),
            builds(options)
        );
        std::fs::write(Path::new(&folder).join(name), cap.write().unwrap()).unwrap();
    }
}

fn builds(options: &opt::Options) -> usize {
    OPTIONS
        .iter()
        .position(|known| known == options)
        .unwrap_or(0)
}

fn interpreted(
    case: &Case,
    native: &[Vec<u8>],
    program: &Program,
    how: &str,
) -> Result<(), String> {
    let mut interpreted = Interpreted::install(program)?;
    for (run, native) in case.runs.iter().zip(native) {
        match interpreted.transmit(&command(run.function, &run.data())) {
            Ok(found) if found == *native => {}
            other => {
                return Err(format!(
                    "{}: {how} {other:02x?}, in Rust {native:02x?}\n{}",
                    run.text,
                    text::print(program)
                ));
            }
        }
    }
    Ok(())
}

fn command(function: usize, data: &[u8]) -> Vec<u8> {
    let mut command = vec![0x80, u8::try_from(function).unwrap(), 0, 0];
    command.push(u8::try_from(data.len()).unwrap());
    command.extend(data);
    command
}

fn compile(case: &Case, target: &Target) -> Result<Program, String> {
    let folder = tempfile::tempdir().unwrap();
    let platform = Path::new(env!("CARGO_MANIFEST_DIR")).join("../platform");
    let manifest = format!(
        "[package]\nname = \"case\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[workspace]\n[dependencies]\nplatform = {{ path = {platform:?} }}\n"
    );
    std::fs::create_dir(folder.path().join("src")).unwrap();
    std::fs::write(folder.path().join("Cargo.toml"), manifest).unwrap();
    std::fs::write(folder.path().join("src/lib.rs"), applet(case)).unwrap();
    std::fs::write(folder.path().join("src/case.rs"), &case.source).unwrap();
    let lowered = Request::applet(folder.path(), "Test").lower_for(target);
    let Lowered { program, .. } = lowered.map_err(|error| error.to_string())?;
    Ok(program)
}

/// An applet that calls the case's function number INS.
fn applet(case: &Case) -> String {
    let mut source = r"
mod case;
use platform::{Apdu, Applet, Package, Platform, Result, StatusWord};

pub struct Test {}

impl<P: Platform> Applet<P> for Test {
    const PACKAGE: Package = Package { aid: &[0xA0, 0, 0, 0, 1, 2], major: 1, minor: 0 };
    const AID: &'static [u8] = &[0xA0, 0, 0, 0, 1, 2, 1];

    fn install(_platform: &mut P, _parameters: &[u8]) -> Result<Self> {
        Ok(Test {})
    }

    fn process(&mut self, _platform: &mut P, apdu: &mut P::Apdu) -> Result {
        apdu.receive()?;
        let function = apdu.ins();
        let buffer = apdu.buffer();
        let length = match function {
"
    .to_owned();
    for number in 0..case.functions.len() {
        writeln!(source, "            {number} => run{number}(buffer)?,").unwrap();
    }
    source.push_str(
        "            _ => return Err(StatusWord::INSTRUCTION_NOT_SUPPORTED),\n        };\n        apdu.send(length)\n    }\n}\n",
    );
    for (number, function) in case.functions.iter().enumerate() {
        wrapper(&mut source, number, function);
    }
    source
}

/// Reads the arguments from the buffer, calls, and puts the result there; how much to send.
fn wrapper(source: &mut String, number: usize, function: &Function) {
    writeln!(
        source,
        "fn run{number}(buffer: &mut [u8]) -> Result<usize> {{"
    )
    .unwrap();
    let mut arguments = Vec::new();
    let mut start = SLICES.to_string();
    let words = if is_wide(&function.result) { 4 } else { 2 };
    let mut sent = words.to_string();
    let mut at = 0;
    for (index, parameter) in function.parameters.iter().enumerate() {
        let (ty, length) = match parameter {
            Parameter::Scalar(ty) if is_wide(ty) => ("u32", 4),
            _ => ("u16", 2),
        };
        let bytes: Vec<String> = (at..at + length)
            .map(|at| format!("buffer[{at}]"))
            .collect();
        at += length;
        writeln!(
            source,
            "    let w{index} = {ty}::from_be_bytes([{}]);",
            bytes.join(", ")
        )
        .unwrap();
        match parameter {
            Parameter::Scalar(ty) if ty == "bool" => arguments.push(format!("w{index} != 0")),
            Parameter::Scalar(ty) => arguments.push(format!("w{index} as {ty}")),
            Parameter::Bytes { mutable } => {
                writeln!(source, "    let s{index} = {start};").unwrap();
                writeln!(source, "    let e{index} = s{index} + w{index} as usize;").unwrap();
                start = format!("e{index}");
                if *mutable {
                    sent = format!("e{index}");
                }
                let mutability = if *mutable { "mut " } else { "" };
                arguments.push(format!("&{mutability}buffer[s{index}..e{index}]"));
            }
        }
    }
    let call = format!("case::{}({})", function.name, arguments.join(", "));
    let call = if function.is_result {
        format!("{call}?")
    } else {
        call
    };
    if function.result.is_empty() {
        writeln!(source, "    {call};\n    let word = 0u16;").unwrap();
    } else {
        let ty = if words == 4 { "u32" } else { "u16" };
        writeln!(source, "    let word = {call} as {ty};").unwrap();
    }
    for at in 0..words {
        let shift = 8 * (words - 1 - at);
        writeln!(source, "    buffer[{at}] = (word >> {shift}) as u8;").unwrap();
    }
    if sent != words.to_string() {
        writeln!(source, "    buffer[{words}..{SLICES}].fill(0);").unwrap();
    }
    writeln!(source, "    Ok({sent})\n}}").unwrap();
}
