//! Random Card Rust: functions that end, do not panic, and use what the language has.

use std::fmt::Write;
use std::path::PathBuf;

use crate::case::{self, Argument, Case, Run};

/// Functions of one program.
const FUNCTIONS: usize = 12;
/// Runs of each function.
const RUNS: usize = 4;
/// The bytes that each function gets and may change.
const BYTES: usize = 8;
const TYPES: [&str; 7] = ["u8", "i8", "u16", "i16", "u32", "i32", "bool"];
const INTEGERS: [&str; 6] = ["u8", "i8", "u16", "i16", "u32", "i32"];
/// Of local arrays, of records and of vectors: variables that expressions and statements go to.
const ARRAY: &str = "[u8; 6]";
const RECORD: &str = "Tally";
const VECTOR: &str = "Vec<u8, 3>";

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
    };
    let mut source = HELPERS.to_owned();
    for number in 0..FUNCTIONS {
        generator.function(&mut source, number);
    }
    let runs = (0..FUNCTIONS * RUNS)
        .map(|index| generator.run(index / RUNS))
        .collect();
    case::generated(format!("random/{seed}"), path, source, runs)
}

/// What all programs share.
const HELPERS: &str = r"
use heapless::Vec;

enum Shape {
    Point(u8),
    Line { from: i16, to: u16 },
    Nothing,
}

fn shape(kind: u8, a: u16) -> Shape {
    match kind & 3 {
        0 => Shape::Point(a as u8),
        1 => Shape::Line { from: a as i16, to: a >> 3 },
        2 => Shape::Line { from: 7, to: a },
        _ => Shape::Nothing,
    }
}

fn measure(shape: Shape) -> u16 {
    match shape {
        Shape::Point(n @ 200..=255) => n as u16 + 1,
        Shape::Point(n) => n as u16,
        Shape::Line { from: 7, to } => to,
        Shape::Line { from, .. } => from as u16,
        Shape::Nothing => 3,
    }
}

struct Tally {
    sum: u32,
    last: u8,
    seen: Option<i16>,
}

trait Add {
    const STEP: u16;
    fn add(&mut self, x: u8);
    fn add_twice(&mut self, x: u8) {
        self.add(x);
        self.add(x ^ Self::STEP as u8);
    }
}

impl Add for Tally {
    const STEP: u16 = 0x15A;

    fn add(&mut self, x: u8) {
        self.sum = self.sum.rotate_left(5) ^ x as u32;
        if x > self.last {
            self.seen = Some(x as i16 - 100);
        }
        self.last = x;
    }
}

fn tally(from: u8) -> Tally {
    Tally { sum: from as u32 * 0x1_0001, last: from, seen: None }
}

fn bump<T: Copy>(place: &mut T, new: T) -> T {
    let old = *place;
    *place = new;
    old
}

fn pick<T: Copy>(flag: bool, a: T, b: T) -> T {
    let list = [a, b];
    if flag { list[0] } else { list[1] }
}

fn mixed(list: &[u8]) -> u8 {
    let mut copy = [0u8; 8];
    copy[..list.len()].copy_from_slice(list);
    copy.reverse();
    let mut sum = 0u8;
    for (i, x) in copy.iter().enumerate() {
        sum = sum.wrapping_mul(3) ^ *x ^ i as u8;
    }
    sum
}

fn first(data: &[u8], wanted: u8) -> Option<u8> {
    for (i, byte) in data.iter().enumerate() {
        if *byte >= wanted {
            return Some(i as u8);
        }
    }
    None
}
";

struct Variable {
    name: String,
    ty: &'static str,
    mutable: bool,
}

struct Generator {
    state: u64,
    variables: Vec<Variable>,
    next: usize,
    /// Functions that may be called: parameter types and result, and how deep their own calls go.
    callable: Vec<(Vec<&'static str>, &'static str, usize)>,
    loops: usize,
    labels: Vec<String>,
    /// How deep the calls of the function under way go.
    level: usize,
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

    /// An expression of type `ty` that does not panic.
    fn expr(&mut self, ty: &'static str, depth: usize) -> String {
        if depth == 0 || self.below(6) == 0 {
            if self.below(3) > 0
                && let Some(name) = self.known(ty)
            {
                return name;
            }
            return self.literal(ty);
        }
        let depth = depth - 1;
        if ty == "bool" {
            return self.condition(depth);
        }
        let bits = width(ty) - 1;
        let unsigned = ty.starts_with('u');
        match self.below(27) {
            0..=2 => {
                let method = self.one(&["wrapping_add", "wrapping_sub", "wrapping_mul"]);
                format!(
                    "{}.{method}({})",
                    self.expr(ty, depth),
                    self.expr(ty, depth)
                )
            }
            3 | 4 => {
                let op = self.one(&["&", "|", "^"]);
                format!("({} {op} {})", self.expr(ty, depth), self.expr(ty, depth))
            }
            5 => {
                let op = self.one(&["<<", ">>"]);
                let by = self.below(bits + 1);
                format!("({} {op} {by})", self.expr(ty, depth))
            }
            6 => {
                let op = self.one(&["<<", ">>"]);
                format!(
                    "({} {op} ({} & {bits}))",
                    self.expr(ty, depth),
                    self.expr("u8", depth)
                )
            }
            7 if unsigned => {
                let op = self.one(&["/", "%"]);
                format!(
                    "({} {op} ({} | 1))",
                    self.expr(ty, depth),
                    self.expr(ty, depth)
                )
            }
            7 => {
                let method = self.one(&["checked_div", "checked_rem"]);
                format!(
                    "{}.{method}({}).unwrap_or({})",
                    self.expr(ty, depth),
                    self.expr(ty, depth),
                    self.expr(ty, depth)
                )
            }
            8 => format!("(!{})", self.expr(ty, depth)),
            9 | 10 => {
                let from = self.one(&INTEGERS);
                format!("({} as {ty})", self.expr(from, depth))
            }
            11 => {
                let method = self.one(&[
                    "saturating_add",
                    "saturating_sub",
                    "saturating_mul",
                    "min",
                    "max",
                ]);
                format!(
                    "{}.{method}({})",
                    self.expr(ty, depth),
                    self.expr(ty, depth)
                )
            }
            12 => {
                let method = self.one(&["checked_add", "checked_sub", "checked_mul"]);
                format!(
                    "{}.{method}({}).unwrap_or({})",
                    self.expr(ty, depth),
                    self.expr(ty, depth),
                    self.expr(ty, depth)
                )
            }
            13 => format!(
                "(if {} {{ {} }} else {{ {} }})",
                self.expr("bool", depth),
                self.expr(ty, depth),
                self.expr(ty, depth)
            ),
            14 => {
                let on = self.one(&INTEGERS);
                let scrutinee = self.expr(on, depth);
                let mut text = format!("(match {scrutinee} {{ ");
                for _ in 0..self.below(4) {
                    let pattern = self.pattern(on);
                    let _ = write!(text, "{pattern} => {}, ", self.expr(ty, depth));
                }
                let _ = write!(text, "_ => {} }})", self.expr(ty, depth));
                text
            }
            15 => format!("(data[({} & 7) as usize] as {ty})", self.expr("u8", depth)),
            16 => {
                let call = format!(
                    "shape({}, {})",
                    self.expr("u8", depth),
                    self.expr("u16", depth)
                );
                format!("(measure({call}) as {ty})")
            }
            17 => {
                // `data` is lent to this call alone.
                let wanted = self.pure("u8");
                format!(
                    "(first(&data[{}..], {wanted}).unwrap_or(99) as {ty})",
                    self.below(BYTES)
                )
            }
            18 => match self.known(ARRAY) {
                Some(name) if self.below(3) > 0 => {
                    format!(
                        "({name}[({} & 3) as usize + 2] as {ty})",
                        self.expr("u8", depth)
                    )
                }
                Some(name) => format!("(mixed(&{name}) as {ty})"),
                None => self.literal(ty),
            },
            19 => match self.known(RECORD) {
                Some(name) if self.below(2) > 0 => format!("({name}.sum as {ty})"),
                Some(name) => format!("({name}.seen.map(|x| x / 3).unwrap_or(5) as {ty})"),
                None => self.literal(ty),
            },
            20 => match self.known(VECTOR) {
                Some(name) => format!("({name}.last().copied().unwrap_or(77) as {ty})"),
                None => self.literal(ty),
            },
            21 => {
                let from = self.one(&INTEGERS);
                format!(
                    "{ty}::try_from({}).unwrap_or({})",
                    self.expr(from, depth),
                    self.expr(ty, depth)
                )
            }
            23 => format!(
                "((({} as usize).min(data.len())) as {ty})",
                self.expr("u16", depth)
            ),
            24 => format!(
                "({{ let n = {} as usize; if n > data.len() {{ {} }} else {{ data[..n].len() as {ty} }} }})",
                self.expr("u16", depth),
                self.expr(ty, depth)
            ),
            25 => format!(
                "((({} & 0x3FFF) as usize + {} as usize * 64) as {ty})",
                self.expr("u16", depth),
                self.expr("u8", depth)
            ),
            22 => format!(
                "pick({}, {}, {})",
                self.expr("bool", depth),
                self.expr(ty, depth),
                self.expr(ty, depth)
            ),
            _ => self.call(ty, depth),
        }
    }

    /// A statement on a local array, a record, a vector, or by a reference.
    fn in_place(&mut self, text: &mut String, pad: &str) {
        match self.below(7) {
            0 => {
                let (name, value) = (self.fresh(), self.expr("u8", 2));
                writeln!(text, "{pad}let mut {name} = [{value}; 6];").unwrap();
                self.named(name, ARRAY);
            }
            1 => {
                let (name, value) = (self.fresh(), self.expr("u8", 2));
                writeln!(text, "{pad}let mut {name} = tally({value});").unwrap();
                self.named(name, RECORD);
            }
            2 => {
                let name = self.fresh();
                writeln!(text, "{pad}let mut {name}: {VECTOR} = Vec::new();").unwrap();
                self.named(name, VECTOR);
            }
            3 => {
                if let Some(name) = self.known(ARRAY) {
                    let value = self.pure("u8");
                    match self.below(4) {
                        0 => writeln!(text, "{pad}{name}[{}] = {value};", self.below(6)),
                        1 => writeln!(text, "{pad}{name}[1..4].copy_from_slice(&data[2..5]);"),
                        2 => writeln!(text, "{pad}{name}.swap({}, 3);", self.below(6)),
                        _ => writeln!(
                            text,
                            "{pad}{name}[({value} & 3) as usize] ^= {};",
                            self.pure("u8")
                        ),
                    }
                    .unwrap();
                }
            }
            4 => {
                if let Some(name) = self.known(RECORD) {
                    let value = self.pure("u8");
                    let method = self.one(&["add", "add_twice"]);
                    writeln!(text, "{pad}{name}.{method}({value});").unwrap();
                }
            }
            5 => {
                if let Some(name) = self.known(VECTOR) {
                    let value = self.pure("u8");
                    match self.below(4) {
                        0 => writeln!(
                            text,
                            "{pad}if {name}.push({value}).is_err() {{ {name}.clear(); }}"
                        ),
                        1 => writeln!(text, "{pad}let _ = {name}.extend_from_slice(&data[..2]);"),
                        2 => writeln!(text, "{pad}let _ = {name}.pop();"),
                        _ => writeln!(text, "{pad}let _ = {name}.push({value});"),
                    }
                    .unwrap();
                }
            }
            _ => {
                if let Some(target) = self.mutable() {
                    let ty = self.variables[target].ty;
                    let (name, value) = (self.fresh(), self.pure(ty));
                    let place = &self.variables[target].name;
                    writeln!(text, "{pad}let {name} = {value};").unwrap();
                    writeln!(text, "{pad}let {name} = bump(&mut {place}, {name});").unwrap();
                    self.variables.push(Variable {
                        name,
                        ty,
                        mutable: false,
                    });
                }
            }
        }
    }

    fn named(&mut self, name: String, ty: &'static str) {
        self.variables.push(Variable {
            name,
            ty,
            mutable: false,
        });
    }

    fn call(&mut self, ty: &'static str, depth: usize) -> String {
        let found: Vec<usize> = (0..self.callable.len())
            .filter(|index| {
                let (_, result, level) = &self.callable[*index];
                *result == ty && (*level < 2 && self.loops == 0 || *level == 0 && self.loops == 1)
            })
            .collect();
        if found.is_empty() {
            return self.literal(ty);
        }
        let index = self.one(&found);
        let parameters = self.callable[index].0.clone();
        let list: Vec<String> = parameters
            .into_iter()
            .map(|ty| self.expr(ty, depth.min(1)))
            .collect();
        self.level = self.level.max(self.callable[index].2 + 1);
        let list: String = list.into_iter().map(|argument| argument + ", ").collect();
        format!("f{index}({list}data)")
    }

    fn condition(&mut self, depth: usize) -> String {
        let ty = self.one(&INTEGERS);
        match self.below(10) {
            0..=3 => {
                let op = self.one(&["<", "<=", ">", ">=", "==", "!="]);
                format!("({} {op} {})", self.expr(ty, depth), self.expr(ty, depth))
            }
            8 | 9 => self.sizes(depth),
            4 => format!(
                "({} && {})",
                self.expr("bool", depth),
                self.expr("bool", depth)
            ),
            5 => format!(
                "({} || {})",
                self.expr("bool", depth),
                self.expr("bool", depth)
            ),
            6 => format!("!{}", self.expr("bool", depth)),
            _ => {
                let pattern = self.pattern(ty);
                format!("matches!({}, {pattern})", self.expr(ty, depth))
            }
        }
    }

    /// A comparison of `usize`, of which one may be beyond 32767.
    fn sizes(&mut self, depth: usize) -> String {
        let op = self.one(&["<", "<=", ">", ">=", "==", "!="]);
        let short = |generator: &mut Self| format!("({} as usize)", generator.expr("u16", depth));
        let known = |generator: &mut Self| {
            format!("(({} & 0x7FFF) as usize)", generator.expr("u16", depth))
        };
        let byte = |generator: &mut Self| format!("({} as usize)", generator.expr("u8", depth));
        let (a, b) = (short(self), short(self));
        match self.below(6) {
            0 => format!("({a} {op} {b})"),
            1 => format!("({a} {op} data.len())"),
            2 => format!("({} + {} {op} {})", known(self), known(self), known(self)),
            3 => format!("({} * {} {op} {b})", byte(self), byte(self)),
            4 => format!("({{ let n = {a}; n {op} {} && {b} {op} n }})", known(self)),
            _ => format!(
                "({{ let (mut at, most) = ({} % 40, data.len()); while at + 1 < most {{ at += 1 + data[at] as usize % 3; }} at {op} {} }})",
                byte(self),
                byte(self)
            ),
        }
    }

    fn pattern(&mut self, ty: &str) -> String {
        let (low, high) = range(ty);
        let span = (high - low + 1).unsigned_abs();
        let a = low + i64::try_from(self.random() % span).unwrap();
        let b = low + i64::try_from(self.random() % span).unwrap();
        match self.below(3) {
            0 => format!("{a}"),
            1 => format!("{}..={}", a.min(b), a.max(b)),
            _ => format!("{a} | {}", if a == b { low } else { b }),
        }
    }

    fn block(&mut self, text: &mut String, depth: usize, indent: usize) {
        let known = self.variables.len();
        for _ in 0..=self.below(3) {
            self.statement(text, depth, indent);
        }
        self.variables.truncate(known);
    }

    fn statement(&mut self, text: &mut String, depth: usize, indent: usize) {
        let pad = "    ".repeat(indent);
        let kind = if depth == 0 {
            self.below(4)
        } else {
            self.below(14)
        };
        match kind {
            0 => {
                let ty = self.one(&TYPES);
                let value = self.expr(ty, 2);
                let name = self.fresh();
                let mutable = self.below(2) == 0;
                let word = if mutable { "mut " } else { "" };
                writeln!(text, "{pad}let {word}{name}: {ty} = {value};").unwrap();
                self.variables.push(Variable { name, ty, mutable });
            }
            1 | 2 => {
                let mutable: Vec<usize> = (0..self.variables.len())
                    .filter(|index| self.variables[*index].mutable)
                    .collect();
                if mutable.is_empty() {
                    return;
                }
                let index = self.one(&mutable);
                let (name, ty) = (self.variables[index].name.clone(), self.variables[index].ty);
                let op = if self.below(2) == 0 {
                    ""
                } else {
                    self.one(&["^", "&", "|"])
                };
                let value = self.expr(ty, 3);
                writeln!(text, "{pad}{name} {op}= {value};").unwrap();
            }
            3 => {
                let (at, value) = (self.expr("u8", 1), self.expr("u8", 2));
                let name = self.fresh();
                writeln!(text, "{pad}let {name} = {value};").unwrap();
                writeln!(text, "{pad}data[({at} & 7) as usize] = {name};").unwrap();
                self.variables.push(Variable {
                    name,
                    ty: "u8",
                    mutable: false,
                });
            }
            4 | 5 => {
                writeln!(text, "{pad}if {} {{", self.expr("bool", 2)).unwrap();
                self.block(text, depth - 1, indent + 1);
                if self.below(2) == 0 {
                    writeln!(text, "{pad}}} else {{").unwrap();
                    self.block(text, depth - 1, indent + 1);
                }
                writeln!(text, "{pad}}}").unwrap();
            }
            6 => {
                let wanted = self.pure("u8");
                let name = self.fresh();
                writeln!(text, "{pad}if let Some({name}) = first(data, {wanted}) {{").unwrap();
                self.variables.push(Variable {
                    name,
                    ty: "u8",
                    mutable: false,
                });
                self.block(text, depth - 1, indent + 1);
                self.variables.pop();
                writeln!(text, "{pad}}}").unwrap();
            }
            7 if self.loops > 0 => {
                let at = self.below(self.labels.len());
                let label = self.labels[at].clone();
                let leave = self.one(&["break", "continue"]);
                writeln!(
                    text,
                    "{pad}if {} {{ {leave} {label}; }}",
                    self.expr("bool", 2)
                )
                .unwrap();
            }
            8 => {
                let (a, b) = (self.fresh(), self.fresh());
                let (x, y) = (self.one(&TYPES), self.one(&TYPES));
                writeln!(
                    text,
                    "{pad}let ({a}, {b}) = ({}, {});",
                    self.expr(x, 2),
                    self.expr(y, 2)
                )
                .unwrap();
                self.variables.push(Variable {
                    name: a,
                    ty: x,
                    mutable: false,
                });
                self.variables.push(Variable {
                    name: b,
                    ty: y,
                    mutable: false,
                });
            }
            11..=13 => self.in_place(text, &pad),
            _ if self.loops < 2 => self.a_loop(text, depth, indent),
            _ => {}
        }
    }

    fn a_loop(&mut self, text: &mut String, depth: usize, indent: usize) {
        let pad = "    ".repeat(indent);
        let (label, name) = (format!("'l{}", self.next), self.fresh());
        let known = self.variables.len();
        let ty = match self.below(6) {
            0 => {
                writeln!(
                    text,
                    "{pad}{label}: for {name} in 0..{} & 3 {{",
                    self.expr("u16", 1)
                )
                .unwrap();
                Some("u16")
            }
            1 => {
                writeln!(text, "{pad}{label}: for {name} in 250..=255u8 {{").unwrap();
                Some("u8")
            }
            2 => {
                let from = self.below(4);
                writeln!(
                    text,
                    "{pad}{label}: for {name} in data[{from}..].iter_mut().rev() {{"
                )
                .unwrap();
                writeln!(text, "{pad}    *{name} = {};", self.pure("u8")).unwrap();
                None
            }
            3 => {
                writeln!(
                    text,
                    "{pad}{label}: for ({name}, part) in data.chunks_exact(3).enumerate() {{"
                )
                .unwrap();
                let (here, ty) = (self.fresh(), self.one(&INTEGERS));
                writeln!(
                    text,
                    "{pad}    let {here} = (part[1] ^ {name} as u8) as {ty};"
                )
                .unwrap();
                self.variables.push(Variable {
                    name: here,
                    ty,
                    mutable: false,
                });
                None
            }
            4 => {
                let limit = self.below(6);
                writeln!(text, "{pad}let mut {name} = 0i8;").unwrap();
                writeln!(text, "{pad}{label}: while {name} < {limit} {{").unwrap();
                writeln!(text, "{pad}    {name} += 1;").unwrap();
                Some("i8")
            }
            _ => {
                writeln!(text, "{pad}let mut {name} = {};", self.literal("u8")).unwrap();
                writeln!(text, "{pad}{label}: loop {{").unwrap();
                writeln!(text, "{pad}    if {name} & 3 == 3 {{ break; }}").unwrap();
                writeln!(text, "{pad}    {name} = {name}.wrapping_add(1);").unwrap();
                Some("u8")
            }
        };
        if let Some(ty) = ty {
            self.variables.push(Variable {
                name,
                ty,
                mutable: false,
            });
        }
        // While a borrowing iterator runs, `data` is not to be touched: only pure statements.
        let borrowed = ty.is_none();
        self.loops += 1;
        self.labels.push(label);
        if borrowed {
            if let Some(target) = self.mutable() {
                let value = self.pure(self.variables[target].ty);
                writeln!(text, "{pad}    {} = {value};", self.variables[target].name).unwrap();
            }
        } else {
            self.block(text, depth - 1, indent + 1);
        }
        self.labels.pop();
        self.loops -= 1;
        self.variables.truncate(known);
        writeln!(text, "{pad}}}").unwrap();
    }

    fn mutable(&mut self) -> Option<usize> {
        let list: Vec<usize> = (0..self.variables.len())
            .filter(|index| self.variables[*index].mutable)
            .collect();
        (!list.is_empty()).then(|| self.one(&list))
    }

    /// An expression that does not need `data`.
    fn pure(&mut self, ty: &'static str) -> String {
        let a = self.known(ty).unwrap_or_else(|| self.literal(ty));
        if ty == "bool" {
            return format!("!{a}");
        }
        let b = self.literal(ty);
        let method = self.one(&["wrapping_add", "wrapping_mul", "saturating_sub", "max"]);
        format!("{a}.{method}({b})")
    }

    fn function(&mut self, source: &mut String, number: usize) {
        self.variables.clear();
        self.level = 0;
        let parameters: Vec<&'static str> = (0..self.below(4)).map(|_| self.one(&TYPES)).collect();
        let result = self.one(&TYPES);
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
        writeln!(
            source,
            "\npub fn f{number}({list}data: &mut [u8]) -> {result} {{\n{body}    {value}\n}}"
        )
        .unwrap();
        self.callable.push((parameters, result, self.level));
    }

    fn run(&mut self, function: usize) -> Run {
        let parameters = self.callable[function].0.clone();
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
