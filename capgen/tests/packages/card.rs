//! What the tests share.

use std::path::{Path, PathBuf};

use cap_file::CapFile;
use capgen::driver::{Built, Request};
use capgen::opt::Options;
use capgen::package::Target;
use card_sim::{Aid, Card};

/// The folder of an example.
pub(crate) fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../examples")
        .join(name)
}

/// Builds for the default target with every optimisation. `KEEP_CAPS=FOLDER` keeps the CAP and export files for
/// another verifier.
pub(crate) fn build(request: &Request) -> Built {
    let built = request
        .build(&Target::default(), &Options::ALL)
        .unwrap_or_else(|error| panic!("{error}"));
    keep(&built);
    built
}

pub(crate) fn keep(built: &Built) {
    if let Some(folder) = std::env::var_os("KEEP_CAPS") {
        let imports = built.program.imports.len();
        let name = format!("package-{}-{imports}", built.program.name);
        let path = Path::new(&folder).join(name);
        let (cap, exp) = (&built.output.cap, &built.output.exp);
        std::fs::write(path.with_extension("cap"), cap.write().unwrap()).unwrap();
        std::fs::write(path.with_extension("exp"), exp.write().unwrap()).unwrap();
    }
}

/// Loads a package.
pub(crate) fn load(card: &mut Card, cap: &CapFile) {
    card.load_cap(cap).unwrap_or_else(|error| panic!("{error}"));
}

/// Installs an applet under the AID of its module.
pub(crate) fn install(card: &mut Card, aid: &[u8]) {
    let aid = Aid::new(aid).unwrap();
    card.install(aid, aid, &[])
        .unwrap_or_else(|error| panic!("{error:?}"));
}

/// SELECT by name.
pub(crate) fn select(aid: &[u8]) -> Vec<u8> {
    let length = u8::try_from(aid.len()).unwrap();
    [&[0x00, 0xA4, 0x04, 0x00, length], aid].concat()
}
