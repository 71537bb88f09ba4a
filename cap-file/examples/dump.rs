//! Prints a CAP file as text: `cargo run -p cap-file --example dump -- FILE`

use cap_file::{CapFile, Exports, dump};
use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    let name = std::env::args()
        .nth(1)
        .ok_or("give the name of a CAP file")?;
    let cap = CapFile::read(&std::fs::read(name)?)?;
    print!("{}", dump(&cap, &Exports::builtin()));
    Ok(())
}
