//! What a test leaves for tools outside of this project.

use std::path::Path;

use capgen::ir::{Program, text};
use capgen::package::Target;

/// `KEEP_JAVA=FOLDER` keeps a program's Java listing for another compiler in `FOLDER/NAME`, the program itself in `program.ir`, and
/// what it is told in `runs.apdu`: a command in each line, `#`, and the answer.
pub(crate) fn listing<'a>(
    name: &str,
    program: &Program,
    target: &Target,
    runs: impl Iterator<Item = (&'a [u8], &'a [u8])>,
) {
    let Some(folder) = std::env::var_os("KEEP_JAVA") else {
        return;
    };
    let folder = Path::new(&folder).join(named(name, target));
    let lines = runs
        .map(|(command, answer)| format!("{} # {}\n", hexadecimal(command), hexadecimal(answer)));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("runs.apdu"), lines.collect::<String>()).unwrap();
    std::fs::write(folder.join("program.ir"), text::print(program)).unwrap();
    for file in capgen::java::listing(program).unwrap() {
        let path = folder.join(file.path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, file.text).unwrap();
    }
}

/// What the files of a program for a target are named after.
pub(crate) fn named(name: &str, target: &Target) -> String {
    let int = if target.int { "-int" } else { "" };
    format!("{}{int}", name.replace('/', "-"))
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}
