//! Every construct that is not Card Rust has a case in `tests/rejected`: a source, and beside it what the
//! compiler says. `TENKOKU_BLESS=1 cargo test -p capgen --test rejected` writes the expectations anew.

use std::path::{Path, PathBuf};

use capgen::driver::lower;

/// The applet around a case, which defines `fn case`.
const APPLET: &str = r"
pub struct Test<P: Platform> {
    pub value: P::Cell<u8>,
    pub bytes: P::Bytes<8>,
    pub fixed: u8,
}

impl<P: Platform> Applet<P> for Test<P> {
    const PACKAGE: Package = Package { aid: &[0xA0, 0, 0, 0, 1, 2], major: 1, minor: 0 };
    const AID: &'static [u8] = &[0xA0, 0, 0, 0, 1, 2, 1];

    fn install(platform: &mut P, _parameters: &[u8]) -> Result<Self> {
        Ok(Test { value: platform.cell(0), bytes: platform.bytes::<8>(), fixed: 3 })
    }

    fn process(&mut self, platform: &mut P, apdu: &mut P::Apdu) -> Result {
        case(self, platform, apdu)
    }
}
";

fn compile(source: &str) -> Result<(), String> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let platform = Path::new(env!("CARGO_MANIFEST_DIR")).join("../platform");
    let manifest = format!(
        "[package]\nname = \"case\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[workspace]\n[dependencies]\nplatform = {{ path = {platform:?} }}\n"
    );
    std::fs::create_dir(folder.path().join("src")).expect("a source folder");
    std::fs::write(folder.path().join("Cargo.toml"), manifest).expect("a manifest");
    std::fs::write(
        folder.path().join("src/lib.rs"),
        format!("{source}{APPLET}"),
    )
    .expect("a source");
    lower(folder.path(), "Test")
        .map(|_| ())
        .map_err(|error| error.to_string())
}

fn cases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rejected");
    let entries = std::fs::read_dir(folder).expect("the folder of cases");
    let mut cases: Vec<PathBuf> = entries
        .map(|entry| entry.expect("an entry").path())
        .collect();
    cases.retain(|path| path.extension().is_some_and(|extension| extension == "rs"));
    cases.sort();
    cases
}

#[test]
fn what_is_not_card_rust_is_refused_where_it_stands() {
    let bless = std::env::var_os("TENKOKU_BLESS").is_some();
    let mut wrong = Vec::new();
    for path in cases() {
        let source = std::fs::read_to_string(&path).expect("a case");
        let said = match compile(&source) {
            Ok(()) => "compiled\n".to_owned(),
            Err(error) => format!("{error}\n"),
        };
        let expected = path.with_extension("txt");
        if bless {
            std::fs::write(&expected, &said).expect("an expectation");
        }
        let wanted = std::fs::read_to_string(&expected).unwrap_or_default();
        if said != wanted || said == "compiled\n" {
            wrong.push(format!(
                "{}:\nexpected:\n{wanted}\nfound:\n{said}",
                path.display()
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_applet_around_the_cases_compiles() {
    let source = "use platform::{Apdu, Applet, Bytes, Cell, Package, Platform, Result, StatusWord};\n\
        fn case<P: Platform>(test: &mut Test<P>, _platform: &mut P, apdu: &mut P::Apdu) -> Result {\n\
        if test.fixed == 4 { return Err(StatusWord(0x6A80)); } test.value.set(apdu.p1()); Ok(()) }\n";
    assert_eq!(compile(source), Ok(()));
}
