//! The applet around the functions.

use std::fmt::Write;

use super::{BYTES, BYTES_AT, Callable, FUNCTIONS, Generator, METHODS, SHOW, bytes_of};

impl Generator {
    /// The module of a program.
    pub(super) fn applet(&self, name: &str, functions: &str, methods: &str) -> String {
        let fields: String = self.fields.iter().map(|field| field.declared()).collect();
        let made: String = self.fields.iter().map(|field| field.made()).collect();
        let mut process = String::new();
        for number in 0..FUNCTIONS {
            writeln!(
                process,
                "            {number} => run{number}(apdu.buffer())?,"
            )
            .unwrap();
        }
        for number in 0..METHODS {
            let ins = FUNCTIONS + number;
            writeln!(
                process,
                "            {ins} => self.run{number}(platform, apdu.buffer())?,"
            )
            .unwrap();
        }
        let mut wrappers = String::new();
        for (number, function) in self.callable.iter().enumerate() {
            wrapper(&mut wrappers, number, function, false);
        }
        let mut own = String::new();
        for (number, method) in self.methods.iter().enumerate() {
            wrapper(&mut own, number, method, true);
        }
        let shown = self.shown();
        let constants = &self.constants;
        format!(
            "use crate::helpers::*;
use heapless::Vec;
use platform::{{Apdu, Applet, ByteVec, Bytes, Cell, Package, Platform, Result, StatusWord}};

pub struct {name}<P: Platform> {{
{fields}}}

impl<P: Platform> Applet<P> for {name}<P> {{
    const PACKAGE: Package = Package {{ aid: &[0xA0, 0, 0, 0, 1, 2], major: 1, minor: 0 }};
    const AID: &'static [u8] = &[0xA0, 0, 0, 0, 1, 2, 1];

    fn install(platform: &mut P, _parameters: &[u8]) -> Result<Self> {{
        Ok({name} {{
{made}        }})
    }}

    fn process(&mut self, platform: &mut P, apdu: &mut P::Apdu) -> Result {{
        let ins = apdu.ins();
        if ins != {SHOW} {{
            apdu.receive()?;
        }}
        let length = match ins {{
{process}            {SHOW} => self.show(apdu.buffer()),
            _ => return Err(StatusWord::INSTRUCTION_NOT_SUPPORTED),
        }};
        apdu.send(length)
    }}
}}

impl<P: Platform> {name}<P> {{
{methods}{own}
{shown}}}
{functions}{wrappers}{constants}"
        )
    }
}

/// Reads the arguments from the buffer, calls, and puts the result there; how much to send.
fn wrapper(source: &mut String, number: usize, function: &Callable, is_method: bool) {
    let mut arguments = String::new();
    let mut at = 0;
    for ty in &function.parameters {
        let length = bytes_of(ty);
        let word = if length == 4 { "u32" } else { "u16" };
        let bytes: Vec<String> = (at..at + length)
            .map(|at| format!("buffer[{at}]"))
            .collect();
        let value = format!("{word}::from_be_bytes([{}])", bytes.join(", "));
        let _ = match *ty {
            "bool" => write!(arguments, "{value} != 0, "),
            ty => write!(arguments, "{value} as {ty}, "),
        };
        at += length;
    }
    let (receiver, call) = if is_method {
        ("&mut self, platform: &mut P, ", "self.s")
    } else {
        ("", "f")
    };
    let platform = if is_method { "platform, " } else { "" };
    let question = if function.is_result { "?" } else { "" };
    let end = BYTES_AT + BYTES;
    let length = bytes_of(function.result);
    let word = if length == 4 { "u32" } else { "u16" };
    writeln!(
        source,
        "
fn run{number}({receiver}buffer: &mut [u8]) -> Result<usize> {{
    let word = {call}{number}({platform}{arguments}&mut buffer[{BYTES_AT}..{end}]){question} as {word};
    buffer[..{length}].copy_from_slice(&word.to_be_bytes());
    buffer[{length}..{BYTES_AT}].fill(0);
    Ok({end})
}}"
    )
    .unwrap();
}
