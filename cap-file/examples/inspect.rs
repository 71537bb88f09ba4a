//! Reads CAP and export files and says what is in them: `cargo run -p cap-file --example inspect -- FILE…`
//!
//! It also checks that writing what was read gives the same components again, as archive, load file and text,
//! and verifies CAP files, with the built-in API tables and the export files named before them.

use cap_file::asm::assemble;
use cap_file::{CapFile, ExportFile, Exports, dump, verify};
use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    let mut failed = 0;
    let mut exports = Exports::builtin();
    for name in std::env::args().skip(1) {
        let bytes = std::fs::read(&name)?;
        let outcome = if name.to_ascii_lowercase().ends_with(".exp") {
            export_file(&bytes, &mut exports)
        } else {
            cap_file(&bytes, &exports)
        };
        match outcome {
            Ok(text) => println!("{name}: {text}"),
            Err(error) => {
                failed += 1;
                println!("{name}: {error}");
            }
        }
    }
    if failed == 0 {
        Ok(())
    } else {
        Err(format!("{failed} files are not as they should be").into())
    }
}

fn export_file(bytes: &[u8], exports: &mut Exports) -> Result<String, Box<dyn Error>> {
    let file = ExportFile::read(bytes)?;
    if file.write()? != bytes {
        return Err("writing it gives other bytes".into());
    }
    let package = file.to_api()?;
    let text = format!(
        "{} {}, {} classes",
        package.name,
        package.newest(),
        package.classes.len()
    );
    exports.add(package);
    Ok(text)
}

fn cap_file(bytes: &[u8], exports: &Exports) -> Result<String, Box<dyn Error>> {
    let cap = CapFile::read(bytes)?;
    let again = CapFile::read(&cap.write()?)?;
    if again != cap {
        return Err("writing and reading it gives another file".into());
    }
    let text = dump(&cap, exports);
    if assemble(&text, exports)? != cap {
        return Err("its text gives another file".into());
    }
    let on_card = CapFile {
        debug: None,
        ..cap.clone()
    };
    let loaded = CapFile::from_load_file(&cap.load_file(true)?)?;
    if loaded.components()? != on_card.components()? {
        return Err("its load file gives another file".into());
    }
    let mut text = format!(
        "CAP {}, package {}",
        cap.header.format, cap.header.package.aid
    );
    for (tag, bytes) in cap.components()? {
        text.push_str(&format!(", {tag} {}", bytes.len()));
    }
    let report = verify(&cap, exports);
    if report.is_ok() {
        Ok(text)
    } else {
        Err(format!("{text}\n{report}").into())
    }
}
