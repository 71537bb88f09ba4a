//! The runs of all cases in Rust itself: one crate, built and run once.

use std::fmt::Write;

use crate::case::{Argument, Case, Parameter, SLICES, is_wide};
use crate::native::{self, Place};

/// What every native crate starts with.
const PRELUDE: &str = r#"trait Word { const BYTES: usize = 2; fn word(self) -> Result<i64, u16>; }
impl Word for () { fn word(self) -> Result<i64, u16> { Ok(0) } }
macro_rules! word { ($bytes:literal $($ty:ty)*) => { $(impl Word for $ty { const BYTES: usize = $bytes; fn word(self) -> Result<i64, u16> { Ok(self as i64) } })* } }
word!(2 bool u8 i8 u16 i16 usize);
word!(4 u32 i32);
impl<T: Word> Word for platform::Result<T> {
    const BYTES: usize = T::BYTES;
    fn word(self) -> Result<i64, u16> { self.map_err(|status| status.0)?.word() }
}
fn show<T: Word>(result: T, buffer: &[u8]) {
    match result.word() {
        Ok(value) => {
            for byte in &value.to_be_bytes()[8 - T::BYTES..] { print!("{byte:02x}"); }
            for byte in buffer { print!("{byte:02x}"); }
            println!("9000");
        }
        Err(status) => println!("{status:04x}"),
    }
}
"#;

/// The response to each run of each case.
pub(crate) fn responses(cases: &[Case]) -> Vec<Vec<Vec<u8>>> {
    let mut source = PRELUDE.to_owned();
    for (index, case) in cases.iter().enumerate() {
        writeln!(source, "#[path = {:?}] mod case{index};", case.path).unwrap();
    }
    source.push_str("fn main() {\n");
    for (index, case) in cases.iter().enumerate() {
        for run in case.runs.iter().filter(|run| !run.is_for_card) {
            let function = &case.functions[run.function];
            let mut arguments = Vec::new();
            let filled = SLICES - if is_wide(&function.result) { 4 } else { 2 };
            let mut response = format!("[0u8; {filled}]");
            source.push_str("  {");
            for (number, (argument, parameter)) in
                run.arguments.iter().zip(&function.parameters).enumerate()
            {
                match (argument, parameter) {
                    (Argument::Scalar(value), Parameter::Scalar(ty)) if ty == "bool" => {
                        arguments.push((*value != 0).to_string());
                    }
                    (Argument::Scalar(value) | Argument::Wide(value), Parameter::Scalar(ty)) => {
                        arguments.push(format!("({value}) as {ty}"));
                    }
                    (Argument::Bytes(bytes), Parameter::Bytes { mutable }) => {
                        write!(
                            source,
                            "let mut a{number} = {bytes:?}.map(|x: i32| x as u8);"
                        )
                        .unwrap();
                        let mutability = if *mutable { "mut " } else { "" };
                        arguments.push(format!("&{mutability}a{number}"));
                        if *mutable {
                            response = format!("&[&[0u8; {filled}][..], &a{number}].concat()");
                        }
                    }
                    _ => panic!("{}: {}: the types of the arguments", case.name, run.text),
                }
            }
            let result = format!("case{index}::{}({})", function.name, arguments.join(", "));
            let shown = if function.parameters.iter().any(mutable) {
                response
            } else {
                "&[]".to_owned()
            };
            writeln!(source, " let r = {result}; show(r, {shown}); }}").unwrap();
        }
    }
    source.push_str("}\n");
    let place = Place::of("cases");
    place.write("main.rs", &source);
    let output = native::output_of(&mut place.build("cases", &[]));
    let mut lines = output.lines();
    cases
        .iter()
        .map(|case| {
            case.runs
                .iter()
                .map(|run| match run.is_for_card {
                    true => run.told(),
                    false => decode(lines.next().expect("a line for each run")),
                })
                .collect()
        })
        .collect()
}

pub(crate) fn mutable(parameter: &Parameter) -> bool {
    matches!(parameter, Parameter::Bytes { mutable: true })
}

fn decode(line: &str) -> Vec<u8> {
    (0..line.len() / 2)
        .map(|at| u8::from_str_radix(&line[2 * at..2 * at + 2], 16).unwrap())
        .collect()
}
