//! Random Card Rust: applets whose functions end, do not panic, and use what the language has.
//!
//! A program is an applet with functions that know nothing of it, called with bytes of the command, and with methods that read
//! and change its cells and bytes, in transactions and outside of them. INS says which is called.

use std::fmt::Write;

#[path = "program/applet.rs"]
mod applet;
#[path = "program/expressions.rs"]
mod expressions;
#[path = "program/forms.rs"]
mod forms;
#[path = "program/state.rs"]
mod state;
#[path = "program/statements.rs"]
mod statements;
#[path = "program/values.rs"]
mod values;

use state::Field;

/// Functions of one program that know nothing of its applet.
const FUNCTIONS: usize = 4;
/// Methods of its applet.
const METHODS: usize = 3;
/// Runs of each function.
const RUNS: usize = 8;
/// Runs of methods.
const METHOD_RUNS: usize = 10;
/// The bytes that each function gets and may change.
const BYTES: usize = 8;
/// Where they are in a command's data and its response, behind the words of arguments and result.
const BYTES_AT: usize = 32;
/// The INS that shows the applet's state.
const SHOW: u8 = 0xF0;
const TYPES: [&str; 7] = ["u8", "i8", "u16", "i16", "u32", "i32", "bool"];
const INTEGERS: [&str; 6] = ["u8", "i8", "u16", "i16", "u32", "i32"];
/// Of local arrays, records, vectors and options: variables that expressions and statements go to.
const ARRAY: &str = "[u8; 6]";
const RECORD: &str = "Tally";
const VECTOR: &str = "Vec<u8, 3>";
const WORDS: &str = "[u16; 4]";
const OPTION: &str = "Option<i16>";
const OUTER: &str = "Outer";

/// The module `helpers` that all programs use.
pub(crate) const HELPERS: &str = include_str!("program/helpers.rs");

/// A program and what it is to be told.
pub(crate) struct Program {
    pub(crate) seed: u64,
    /// The name of its applet.
    pub(crate) applet: String,
    /// A module, beside the module `helpers`.
    pub(crate) source: String,
    /// In this order, to one instance of the applet.
    pub(crate) commands: Vec<Told>,
}

/// A command that a program gets.
pub(crate) struct Told {
    pub(crate) bytes: Vec<u8>,
    /// Whether it may write, so that power is to be cut at each write first.
    pub(crate) writes: bool,
}

impl Told {
    /// Asks an applet for all of its state.
    pub(crate) fn show() -> Self {
        Told {
            bytes: vec![0x80, SHOW, 0, 0, 0],
            writes: false,
        }
    }
}

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
    /// Whether it may begin a transaction.
    has_transaction: bool,
}

struct Generator {
    state: u64,
    variables: Vec<Variable>,
    next: usize,
    /// The functions.
    callable: Vec<Callable>,
    /// The methods.
    methods: Vec<Callable>,
    /// What the applet keeps.
    fields: Vec<Field>,
    /// Whether a method is under way.
    is_method: bool,
    /// Whether that is in a transaction, which no `return` may leave.
    in_transaction: bool,
    has_transaction: bool,
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

/// Program number `seed`.
pub(crate) fn program(seed: u64) -> Program {
    let mut generator = Generator {
        state: seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1,
        variables: Vec::new(),
        next: 0,
        callable: Vec::new(),
        methods: Vec::new(),
        fields: Vec::new(),
        is_method: false,
        in_transaction: false,
        has_transaction: false,
        loops: 0,
        labels: Vec::new(),
        level: 0,
        result: "u8",
        is_result: false,
        constants: String::new(),
    };
    generator.fields = generator.some_fields();
    let applet = format!("Test{seed}");
    let mut functions = String::new();
    for number in 0..FUNCTIONS {
        generator.function(&mut functions, number);
    }
    let mut methods = String::new();
    generator.is_method = true;
    for number in 0..METHODS {
        generator.function(&mut methods, number);
    }
    let source = generator.applet(&applet, &functions, &methods);
    let mut commands = vec![Told::show()];
    for _ in 0..METHOD_RUNS {
        let number = generator.below(METHODS);
        let parameters = generator.methods[number].parameters.clone();
        let bytes = generator.command(FUNCTIONS + number, &parameters);
        commands.push(Told {
            bytes,
            writes: true,
        });
        commands.push(Told::show());
    }
    for index in 0..FUNCTIONS * RUNS {
        let parameters = generator.callable[index / RUNS].parameters.clone();
        let bytes = generator.command(index / RUNS, &parameters);
        commands.push(Told {
            bytes,
            writes: false,
        });
    }
    Program {
        seed,
        applet,
        source,
        commands,
    }
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
        self.has_transaction = false;
        let parameters: Vec<&'static str> = (0..self.below(4)).map(|_| self.one(&TYPES)).collect();
        let result = self.one(&TYPES);
        (self.result, self.is_result) = (result, self.is_method || self.below(4) == 0);
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
            if self.is_method {
                self.state_statement(&mut body, 2, 1);
            }
            self.statement(&mut body, 2, 1);
        }
        let value = self.expr(result, 3);
        let (given, value) = if self.is_result {
            (format!("Result<{result}>"), format!("Ok({value})"))
        } else {
            (result.to_owned(), value)
        };
        let (name, receiver) = if self.is_method {
            ("s", "&mut self, platform: &mut P, ")
        } else {
            ("f", "")
        };
        writeln!(
            source,
            "\nfn {name}{number}({receiver}{list}data: &mut [u8]) -> {given} {{\n{body}    {value}\n}}"
        )
        .unwrap();
        let callable = Callable {
            parameters,
            result,
            is_result: self.is_result,
            level: self.level,
            has_transaction: self.has_transaction,
        };
        match self.is_method {
            true => self.methods.push(callable),
            false => self.callable.push(callable),
        }
    }

    /// A command that calls the function or method with this INS.
    fn command(&mut self, ins: usize, parameters: &[&'static str]) -> Vec<u8> {
        let mut data = Vec::new();
        for ty in parameters {
            let (low, high) = range(ty);
            let value = match self.below(4) {
                0 => low,
                1 => high,
                _ => low + i64::try_from(self.random() % (high - low + 1).unsigned_abs()).unwrap(),
            };
            data.extend(&value.to_be_bytes()[8 - bytes_of(ty)..]);
        }
        data.resize(BYTES_AT, 0);
        data.extend((0..BYTES).map(|_| self.random().to_be_bytes()[7]));
        let mut command = vec![0x80, u8::try_from(ins).unwrap(), 0, 0];
        command.push(u8::try_from(data.len()).unwrap());
        command.extend(data);
        command
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

/// The bytes of an argument or result.
fn bytes_of(ty: &str) -> usize {
    if ty.ends_with("32") { 4 } else { 2 }
}
