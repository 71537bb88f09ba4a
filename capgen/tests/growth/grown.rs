//! Applets of any size, by which is seen how the compiler's work grows with them.

use std::fmt::Write;
use std::io;
use std::path::Path;

/// What there is more and more of.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Shape {
    /// Functions, each called once, with a constant that goes into it.
    Functions,
    /// Statements in one function.
    Statements,
    /// Ways of one `match`.
    Ways,
}

/// Writes a crate with an applet `Grown` of so many functions, statements or ways into a folder.
pub(crate) fn write(folder: &Path, shape: Shape, count: usize) -> io::Result<()> {
    let platform = Path::new(env!("CARGO_MANIFEST_DIR")).join("../platform");
    let manifest = format!(
        "[package]\nname = \"grown\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[workspace]\n[dependencies]\nplatform = {{ path = {platform:?} }}\n"
    );
    std::fs::create_dir(folder.join("src"))?;
    std::fs::write(folder.join("Cargo.toml"), manifest)?;
    std::fs::write(folder.join("src/lib.rs"), source(shape, count))
}

fn source(shape: Shape, count: usize) -> String {
    let (mut body, mut functions) = (String::new(), String::new());
    match shape {
        Shape::Functions => {
            body += "let sum = match u16::from_be_bytes([p1, p2]) {";
            for index in 0..count {
                let _ = writeln!(body, "{index} => step_{index}(data, length, {index}),");
                functions += &function(index);
            }
            body += "_ => return Err(StatusWord::INCORRECT_P1_P2), };";
        }
        Shape::Statements => {
            body += "let mut sum = length as u16;";
            for index in 0..count {
                body += &statement(index);
            }
        }
        Shape::Ways => {
            body += "let mut sum = length as u16; match u16::from_be_bytes([p1, p2]) {";
            for index in 0..count {
                let _ = writeln!(body, "{index} => {{ {} }}", statement(index));
            }
            body += "_ => return Err(StatusWord::INCORRECT_P1_P2), };";
        }
    }
    format!(
        "#![no_std]
use platform::{{Apdu, Applet, Package, Platform, Result, StatusWord}};
pub struct Grown {{ salt: u8 }}
impl<P: Platform> Applet<P> for Grown {{
    const PACKAGE: Package = Package {{ aid: &[0xF0, 0x54, 0x4B, 0x01, 0x7F], major: 1, minor: 0 }};
    const AID: &'static [u8] = &[0xF0, 0x54, 0x4B, 0x01, 0x7F, 0x01];
    fn install(_platform: &mut P, _parameters: &[u8]) -> Result<Self> {{ Ok(Grown {{ salt: 7 }}) }}
    fn process(&mut self, _platform: &mut P, apdu: &mut P::Apdu) -> Result {{
        if apdu.ins() == 0 {{ return Err(StatusWord::INSTRUCTION_NOT_SUPPORTED); }}
        let (p1, p2) = (apdu.p1(), apdu.p2());
        let length = apdu.receive()?;
        let data = apdu.buffer();
        if length < 8 {{ return Err(StatusWord::WRONG_LENGTH); }}
        {body}
        let sum = sum.wrapping_add((self.salt ^ p1 ^ p2) as u16);
        data[0] = (sum >> 8) as u8;
        data[1] = sum as u8;
        apdu.send(2)
    }}
}}
{functions}"
    )
}

fn function(index: usize) -> String {
    let (byte, other) = (index % 251, index * 7 % 256);
    format!(
        "fn step_{index}(data: &mut [u8], length: usize, start: u16) -> u16 {{
    let mut sum = start;
    let mut at = 0;
    while at < length {{
        let value = data[at];
        if value > {byte} {{ sum = sum.wrapping_add(value as u16); }} else {{ data[at] = value ^ {other}; }}
        at += 1;
    }}
    if sum > {index} + 1000 {{ sum - {index} }} else {{ sum }}
}}
"
    )
}

fn statement(index: usize) -> String {
    let (place, byte, other) = (index % 8, index % 251, index * 7 % 8);
    format!(
        "if data[{place}] > {byte} {{ sum = sum.wrapping_add({index}); }} else {{ sum ^= data[{other}] as u16; }}\n"
    )
}
