//! Random Card Rust: functions that end, do not panic, and use what the language has.

use std::fmt::Write;
use std::path::PathBuf;

use crate::case::{self, Argument, Case, Run};

#[path = "random/expressions.rs"]
mod expressions;
#[path = "random/forms.rs"]
mod forms;
#[path = "random/statements.rs"]
mod statements;
#[path = "random/values.rs"]
mod values;

/// Functions of one program.
const FUNCTIONS: usize = 12;
/// Runs of each function.
const RUNS: usize = 4;
/// The bytes that each function gets and may change.
const BYTES: usize = 8;
const TYPES: [&str; 7] = ["u8", "i8", "u16", "i16", "u32", "i32", "bool"];
const INTEGERS: [&str; 6] = ["u8", "i8", "u16", "i16", "u32", "i32"];
/// Of local arrays, records, vectors and options: variables that expressions and statements go to.
const ARRAY: &str = "[u8; 6]";
const RECORD: &str = "Tally";
const VECTOR: &str = "Vec<u8, 3>";
const WORDS: &str = "[u16; 4]";
const OPTION: &str = "Option<i16>";
const OUTER: &str = "Outer";

/// Program number `seed`, its source in `path`.
pub(crate) fn program(seed: u64, path: PathBuf) -> Case {
    let mut generator = Generator {
        state: seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1,
        variables: Vec::new(),
        next: 0,
        callable: Vec::new(),
        loops: 0,
        labels: Vec::new(),
        level: 0,
        result: "u8",
        is_result: false,
        constants: String::new(),
    };
    let mut source = HELPERS.to_owned();
    for number in 0..FUNCTIONS {
        generator.function(&mut source, number);
    }
    source.push_str(&generator.constants);
    let runs = (0..FUNCTIONS * RUNS)
        .map(|index| generator.run(index / RUNS))
        .collect();
    case::generated(format!("random/{seed}"), path, source, runs)
}

/// What all programs share.
const HELPERS: &str = include_str!("random/helpers.rs");

#[derive(Clone)]
struct Variable {
    name: String,
    ty: &'static str,
    mutable: bool,
}

/// A function that may be called.
struct Callable {
    parameters: Vec<&'static str>,
    result: &'static str,
    is_result: bool,
    /// How deep its own calls go.
    level: usize,
}

struct Generator {
    state: u64,
    variables: Vec<Variable>,
    next: usize,
    callable: Vec<Callable>,
    loops: usize,
    labels: Vec<String>,
    /// How deep the calls of the function under way go.
    level: usize,
    /// What the function under way gives, and whether that is a `Result`.
    result: &'static str,
    is_result: bool,
    /// Their declarations.
    constants: String,
}

impl Generator {
    /// xorshift64*
    fn random(&mut self) -> u64 {
        self.state ^= self.state >> 12;
        self.state ^= self.state << 25;
        self.state ^= self.state >> 27;
        self.state.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 16
    }

    fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.random() % n as u64).unwrap()
    }

    fn one<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len())]
    }

    fn fresh(&mut self) -> String {
        self.next += 1;
        format!("v{}", self.next)
    }

    fn literal(&mut self, ty: &str) -> String {
        let (low, high) = range(ty);
        let value = match self.below(6) {
            0 => low,
            1 => high,
            2 => 0,
            3 => 1,
            _ => low + i64::try_from(self.random() % (high - low + 1).unsigned_abs()).unwrap(),
        };
        match (ty, value) {
            ("bool", value) => (value != 0).to_string(),
            // `-128i8` is a negation of what does not fit.
            (ty, value) if value == low && value < 0 => format!("{ty}::MIN"),
            (ty, value) if value < 0 => format!("({value}{ty})"),
            (ty, value) => format!("{value}{ty}"),
        }
    }

    fn known(&mut self, ty: &str) -> Option<String> {
        let names: Vec<String> = self
            .variables
            .iter()
            .filter(|variable| variable.ty == ty)
            .map(|variable| variable.name.clone())
            .collect();
        (!names.is_empty()).then(|| names[self.below(names.len())].clone())
    }

    fn mutable(&mut self) -> Option<usize> {
        let list: Vec<usize> = (0..self.variables.len())
            .filter(|index| self.variables[*index].mutable)
            .collect();
        (!list.is_empty()).then(|| self.one(&list))
    }

    fn named(&mut self, name: String, ty: &'static str) {
        self.variables.push(Variable {
            name,
            ty,
            mutable: false,
        });
    }

    fn function(&mut self, source: &mut String, number: usize) {
        self.variables.clear();
        self.level = 0;
        let parameters: Vec<&'static str> = (0..self.below(4)).map(|_| self.one(&TYPES)).collect();
        let result = self.one(&TYPES);
        (self.result, self.is_result) = (result, self.below(4) == 0);
        let mut list = String::new();
        for ty in &parameters {
            let name = self.fresh();
            let mutable = self.below(3) == 0;
            let word = if mutable { "mut " } else { "" };
            let _ = write!(list, "{word}{name}: {ty}, ");
            self.variables.push(Variable { name, ty, mutable });
        }
        let mut body = String::new();
        for _ in 0..2 + self.below(4) {
            self.statement(&mut body, 2, 1);
        }
        let value = self.expr(result, 3);
        let (given, value) = if self.is_result {
            (format!("Result<{result}>"), format!("Ok({value})"))
        } else {
            (result.to_owned(), value)
        };
        writeln!(
            source,
            "\npub fn f{number}({list}data: &mut [u8]) -> {given} {{\n{body}    {value}\n}}"
        )
        .unwrap();
        self.callable.push(Callable {
            parameters,
            result,
            is_result: self.is_result,
            level: self.level,
        });
    }

    fn run(&mut self, function: usize) -> Run {
        let parameters = self.callable[function].parameters.clone();
        let mut arguments: Vec<Argument> = parameters
            .into_iter()
            .map(|ty| {
                let (low, high) = range(ty);
                let value = match self.below(4) {
                    0 => low,
                    1 => high,
                    _ => {
                        low + i64::try_from(self.random() % (high - low + 1).unsigned_abs())
                            .unwrap()
                    }
                };
                Argument::scalar(ty, value)
            })
            .collect();
        let bytes = (0..BYTES).map(|_| self.random().to_be_bytes()[7]).collect();
        arguments.push(Argument::Bytes(bytes));
        Run::any(function, arguments)
    }
}

fn range(ty: &str) -> (i64, i64) {
    match ty {
        "u8" => (0, 0xFF),
        "i8" => (-0x80, 0x7F),
        "u16" => (0, 0xFFFF),
        "i16" => (-0x8000, 0x7FFF),
        "u32" => (0, 0xFFFF_FFFF),
        "i32" => (-0x8000_0000, 0x7FFF_FFFF),
        _ => (0, 1),
    }
}

fn width(ty: &str) -> usize {
    ty[1..].parse().unwrap_or(1)
}
