//! `tenkoku trace`

use crate::estimate::{self, Watch};
use crate::failure::Failure;
use crate::output;
use crate::script::{self, Step as ScriptStep};
use crate::simulator::CardArguments;
use crate::source::{SourcePlace, Sources};
use cap_file::component::CodeOffset;
use cap_file::{Instruction, Operands};
use card_sim::cost::Estimate;
use card_sim::vm::bytecode::Constant;
use card_sim::vm::{Observer, Step, Word, WordTag};
use clap::Args;
use serde::Serialize;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

/// The arguments of `tenkoku trace`.
#[derive(Args, Debug)]
#[command(
    after_help = "A script has one command per line in hexadecimal; `#` begins a comment, `!reset` resets the card.\n\n\
                  Each line shows the offset in the Method component, the instruction, the operand stack with its top \
                  last, and the local variables. `@N` is a reference, `!` a word that holds nothing, `N:i` an int. A line \
                  of the source stands before its instructions, where a source map (NAME.map beside NAME.cap) or a Debug \
                  component tells it. The applet runs in defensive mode. The last line is the least time that the command takes on \
                  a card, by the profile's costs, else by those of a J3R180.\n\n\
                  A trace shows what passes through the card: PINs too.\n\n\
                  Example:\n  tenkoku trace --cap jpki.cap --install D392F000260100000001 --script session.apdu"
)]
pub struct Trace {
    /// The commands, from a file, or `-` for standard input.
    #[arg(long, value_name = "FILE")]
    pub script: PathBuf,
    /// Trace only this line of the script.
    #[arg(long, value_name = "N")]
    pub line: Option<usize>,
    /// Stop writing after so many instructions of a command.
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    pub limit: usize,
    /// One JSON object per instruction.
    #[arg(long)]
    pub json: bool,
    /// The card.
    #[command(flatten)]
    pub card: CardArguments,
}

impl Trace {
    /// Runs the script and writes what the virtual machine does.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn run(&self) -> Result<(), Failure> {
        let lines = script::read(&self.script)?;
        let recorder = Arc::new(Mutex::new(Recorder {
            sources: self.card.sources()?,
            limit: self.limit,
            ..Recorder::default()
        }));
        let mut simulator = self.card.make()?;
        let stopwatch = Watch::of(simulator.card());
        for line in &lines {
            let is_wanted = self.line.is_none_or(|wanted| wanted == line.number);
            let command = match &line.step {
                ScriptStep::Reset => {
                    simulator.power_cycle()?;
                    continue;
                }
                ScriptStep::Command(command) => command,
            };
            if is_wanted {
                let mut observers: Vec<Box<dyn Observer + Send>> =
                    vec![Box::new(Arc::clone(&recorder))];
                if let Some(stopwatch) = &stopwatch {
                    observers.push(Box::new(Arc::clone(&stopwatch.0)));
                }
                simulator.card().watch(Some(Box::new(observers)));
            }
            let response = simulator.exchange(command)?;
            simulator.card().watch(None);
            if is_wanted {
                let records = recorder
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .take();
                let estimate = stopwatch.as_ref().map(Watch::take);
                self.write(command, &response, &records, estimate)?;
            }
        }
        Ok(())
    }

    fn write(
        &self,
        command: &[u8],
        response: &[u8],
        records: &[Record],
        estimate: Option<Estimate>,
    ) -> Result<(), Failure> {
        let (command, response) = (hex::encode_upper(command), hex::encode_upper(response));
        let mut text = String::new();
        if self.json {
            for record in records {
                text += &serde_json::to_string(record)
                    .map_err(|error| Failure::input("trace", error))?;
                text.push('\n');
            }
            return output::print(&text);
        }
        text += &format!("> {command}\n");
        let mut shown = None;
        for record in records {
            let place = (
                &record.method,
                record.source.as_ref().map(|at| (&at.file, at.line)),
            );
            if shown.as_ref() != Some(&place) {
                match &record.source {
                    Some(source) => {
                        text += &format!("  {}:{} {}\n", source.file, source.line, record.method);
                    }
                    None => text += &format!("  {}\n", record.method),
                }
                shown = Some(place);
            }
            text += &format!(
                "  {:>2} {:>5} {:<34} [{}]  {}\n",
                record.depth,
                record.offset,
                record.instruction,
                record.stack.join(" "),
                record.locals.join(" ")
            );
        }
        if records.len() >= self.limit {
            text += &format!(
                "  … {} instructions shown, the rest is left out\n",
                self.limit
            );
        }
        text += &format!("< {response}\n");
        if let Some(estimate) = estimate {
            text += &format!("# {}\n", estimate::text(estimate));
        }
        output::print(&text)
    }
}

/// One instruction.
#[derive(Clone, Serialize)]
struct Record {
    package: String,
    method: String,
    /// In the info item of the Method component.
    offset: CodeOffset,
    source: Option<SourcePlace>,
    instruction: String,
    depth: usize,
    stack: Vec<String>,
    locals: Vec<String>,
}

#[derive(Default)]
struct Recorder {
    sources: Sources,
    limit: usize,
    records: Vec<Record>,
}

impl Recorder {
    fn take(&mut self) -> Vec<Record> {
        std::mem::take(&mut self.records)
    }
}

impl Observer for Recorder {
    fn step(&mut self, step: &Step<'_>) {
        if self.records.len() >= self.limit {
            return;
        }
        let package = step.program.package(step.slot);
        let package = package.map(|package| hex::encode_upper(&package.aid));
        let package = package.unwrap_or_default();
        let (method, source) = self
            .sources
            .find(&package, step.offset)
            .unwrap_or_else(|| (format!("method at {}", step.method), None));
        self.records.push(Record {
            method,
            source,
            offset: step.offset,
            instruction: instruction(step, &self.sources, &package),
            depth: step.depth,
            stack: words(step.stack),
            locals: words(step.locals),
            package,
        });
    }
}

fn words(words: &[Word]) -> Vec<String> {
    let mut shown = Vec::new();
    let mut words = words.iter().peekable();
    while let Some(word) = words.next() {
        shown.push(match word.tag {
            WordTag::Nothing => "!".to_owned(),
            WordTag::Short => word.value.to_string(),
            WordTag::Reference => match word.value.cast_unsigned() {
                0 => "null".to_owned(),
                reference => format!("@{reference}"),
            },
            WordTag::ReturnAddress => format!("ret {}", word.value.cast_unsigned()),
            WordTag::IntHigh => {
                let low = words.next_if(|low| low.tag == WordTag::IntLow);
                let low = low.map_or(0, |low| low.value.cast_unsigned());
                format!("{}:i", i32::from(word.value) << 16 | i32::from(low))
            }
            WordTag::IntLow => "!".to_owned(),
        });
    }
    shown
}

/// The instruction in words: jumps with their targets, constants with what they mean.
fn instruction(step: &Step<'_>, sources: &Sources, package: &str) -> String {
    let Instruction {
        opcode, operands, ..
    } = step.instruction;
    let name = opcode.mnemonic();
    let target = |distance: i16| step.offset.wrapping_add_signed(distance.into());
    match operands {
        Operands::None => name.to_owned(),
        Operands::Immediate(value) => format!("{name} {value}"),
        Operands::Local(local) => format!("{name} {local}"),
        Operands::Increment { local, value } => format!("{name} {local} {value}"),
        Operands::Stack { m, n } => format!("{name} {m} {n}"),
        Operands::Branch(distance) => format!("{name} {}", target(*distance)),
        Operands::TableSwitch { default, .. } | Operands::LookupSwitch { default, .. } => {
            format!("{name} … {}", target(*default))
        }
        Operands::Pool(index) => {
            format!("{name} {}", constant(step, *index, sources, package))
        }
        Operands::InvokeInterface { index, method, .. } => format!(
            "{name} {} {method}",
            constant(step, *index, sources, package)
        ),
        Operands::ArrayType(element) => format!("{name} {element}"),
        Operands::TypeCheck { array_type, index } => match array_type {
            0 | 14 => format!("{name} {}", constant(step, *index, sources, package)),
            other => format!("{name} {other}"),
        },
    }
}

fn constant(step: &Step<'_>, index: u16, sources: &Sources, package: &str) -> String {
    let constant = step
        .program
        .package(step.slot)
        .and_then(|package| package.bytecode.constants.get(usize::from(index)))
        .copied()
        .unwrap_or(Constant::Missing);
    let class_name = |class| {
        step.program
            .class(class)
            .map_or_else(|| "?".to_owned(), |class| class.name.clone())
    };
    match constant {
        Constant::Class(class) => class_name(class),
        Constant::InstanceField { cell, .. } => format!("field {cell}"),
        Constant::StaticField { offset, .. } => format!("static {offset}"),
        Constant::VirtualMethod { method, .. }
        | Constant::SuperMethod { method, .. }
        | Constant::StaticMethod(method) => {
            let Some(method) = step.program.method(method) else {
                return "?".to_owned();
            };
            match &method.name {
                Some(name) => name.to_string(),
                None => sources
                    .find(package, method.bytecode_offset)
                    .filter(|_| method.slot == step.slot)
                    .map_or_else(
                        || format!("method at {}", method.header_offset),
                        |(name, _)| name,
                    ),
            }
        }
        Constant::Missing => format!("#{index}"),
    }
}
