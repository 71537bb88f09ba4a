//! What is refused of a package, and how: crates that are written here, their errors as snapshots.

use std::path::Path;

use cap_file::ExportFile;
use cap_file::api::ApiPackage;
use cap_file::component::{Aid, Version};
use capgen::driver::Request;
use tempfile::TempDir;

use crate::card::{build, example};

/// A crate with this table in its manifest, these dependencies, and this source.
pub(crate) fn krate(table: &str, dependencies: &str, source: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let platform = Path::new(env!("CARGO_MANIFEST_DIR")).join("../platform");
    let manifest = format!(
        "[package]\nname = \"case\"\nversion = \"1.2.3\"\nedition = \"2024\"\n{table}\n[workspace]\n\
         [dependencies]\nplatform = {{ path = {platform:?} }}\n{dependencies}"
    );
    std::fs::create_dir(folder.path().join("src")).unwrap();
    std::fs::write(folder.path().join("Cargo.toml"), manifest).unwrap();
    std::fs::write(folder.path().join("src/lib.rs"), source).unwrap();
    folder
}

/// What the compiler says of it, without the name of the temporary folder.
fn error_of(folder: &TempDir, request: Request) -> String {
    let request = Request {
        folder: folder.path().to_path_buf(),
        ..request
    };
    let error = request.lower().map(|_| ()).unwrap_err().to_string();
    let shown = folder.path().canonicalize().unwrap();
    error.replace(&shown.display().to_string(), "FOLDER")
}

fn refused(table: &str, source: &str, applets: &[&str]) -> String {
    let request = Request {
        applets: applets.iter().map(|&name| name.to_owned()).collect(),
        ..Request::default()
    };
    error_of(&krate(table, "", source), request)
}

/// A library package of this source.
fn library(source: &str) -> String {
    let uses = "use platform::{Bytes, Cell, Platform, Result};\n";
    refused(LIBRARY, &format!("{uses}{source}"), &[])
}

const LIBRARY: &str = "[package.metadata.tenkoku.library]\naid = \"F000000001\"";

/// An applet that depends on `ledger`, with this in `process`, built with these export files.
fn importing(process: &str, imports: Vec<ExportFile>) -> String {
    let ledger = format!("ledger = {{ path = {:?} }}\n", example("ledger"));
    let uses = "use platform::{Applet, Package, Platform, Result};\n";
    let applet = applet("One", r#"b"abcde""#, r#"b"abcde1""#);
    let applet = applet.replace(
        "_: &mut P::Apdu) -> Result { ",
        &format!("_: &mut P::Apdu) -> Result {{ {process} "),
    );
    let applet = applet.replace(
        "process(&mut self, _: &mut P",
        "process(&mut self, platform: &mut P",
    );
    let request = Request {
        imports,
        ..Request::default()
    };
    error_of(&krate("", &ledger, &format!("{uses}{applet}")), request)
}

fn ledger() -> ApiPackage {
    let request = Request {
        folder: example("ledger"),
        ..Request::default()
    };
    build(&request).output.exp.to_api().unwrap()
}

fn file(package: &ApiPackage) -> ExportFile {
    ExportFile::from_api(package, package.newest(), true).unwrap()
}

/// An applet in two lines.
fn applet(name: &str, package: &str, aid: &str) -> String {
    format!(
        "pub struct {name} {{}}\n\
         impl<P: Platform> Applet<P> for {name} {{\n    \
         const PACKAGE: Package = Package {{ aid: {package}, major: 1, minor: 0 }};\n    \
         const AID: &'static [u8] = {aid};\n    \
         fn install(_: &mut P, _: &[u8]) -> Result<Self> {{ Ok({name} {{}}) }}\n    \
         fn process(&mut self, _: &mut P, _: &mut P::Apdu) -> Result {{ Ok(()) }}\n}}\n"
    )
}

fn two(first: (&str, &str), second: (&str, &str)) -> String {
    let uses = "use platform::{Applet, Package, Platform, Result};\n";
    let (one, two) = (
        applet("One", first.0, first.1),
        applet("Two", second.0, second.1),
    );
    format!("{uses}{one}{two}")
}

#[test]
fn applets_of_different_packages() {
    let source = two(
        (r#"b"abcde""#, r#"b"abcde1""#),
        (r#"b"abcdf""#, r#"b"abcdf2""#),
    );
    insta::assert_snapshot!(refused("", &source, &[]));
}

#[test]
fn applets_with_one_aid() {
    let source = two(
        (r#"b"abcde""#, r#"b"abcde1""#),
        (r#"b"abcde""#, r#"b"abcde1""#),
    );
    insta::assert_snapshot!(refused("", &source, &[]));
}

#[test]
fn an_applet_that_is_not_there() {
    let source = two(
        (r#"b"abcde""#, r#"b"abcde1""#),
        (r#"b"abcde""#, r#"b"abcde2""#),
    );
    let table = "[package.metadata.tenkoku]\napplets = [\"One\", \"Three\"]";
    insta::assert_snapshot!(refused(table, &source, &[]));
}

#[test]
fn an_applet_named_twice() {
    let source = two(
        (r#"b"abcde""#, r#"b"abcde1""#),
        (r#"b"abcde""#, r#"b"abcde2""#),
    );
    insta::assert_snapshot!(refused("", &source, &["One", "one"]));
}

#[test]
fn no_applet_at_all() {
    insta::assert_snapshot!(refused("", "pub fn nothing() {}", &[]));
}

#[test]
fn a_table_with_another_key() {
    insta::assert_snapshot!(refused(
        "[package.metadata.tenkoku]\napplet = \"One\"",
        "",
        &[]
    ));
}

#[test]
fn a_library_with_an_aid_that_is_none() {
    let table = "[package.metadata.tenkoku.library]\naid = \"F0010203\"";
    insta::assert_snapshot!(refused(table, "", &[]));
}

#[test]
fn a_library_without_an_aid() {
    insta::assert_snapshot!(refused("[package.metadata.tenkoku.library]", "", &[]));
}

#[test]
fn a_library_that_lists_applets() {
    let table = format!("[package.metadata.tenkoku]\napplets = [\"One\"]\n{LIBRARY}");
    insta::assert_snapshot!(refused(&table, "", &[]));
}

#[test]
fn a_library_with_an_applet() {
    let source = two(
        (r#"b"abcde""#, r#"b"abcde1""#),
        (r#"b"abcde""#, r#"b"abcde2""#),
    );
    insta::assert_snapshot!(refused(LIBRARY, &source, &[]));
}

#[test]
fn a_public_field_of_an_exported_struct() {
    insta::assert_snapshot!(library(
        "pub struct Counter<P: Platform> {\n    pub count: P::Cell<u8>,\n}\n"
    ));
}

#[test]
fn a_method_that_gives_an_option() {
    insta::assert_snapshot!(library(
        "pub struct Counter<P: Platform> {\n    count: P::Cell<u8>,\n}\n\
         impl<P: Platform> Counter<P> {\n    \
         pub fn more(&self) -> Option<u8> {\n        Some(self.count.get())\n    }\n}\n"
    ));
}

#[test]
fn a_function_of_a_struct_that_is_not_exported() {
    insta::assert_snapshot!(library(
        "pub(crate) struct Counter<P: Platform> {\n    count: P::Cell<u8>,\n}\n\
         pub fn value<P: Platform>(counter: &Counter<P>) -> u8 {\n    counter.count.get()\n}\n"
    ));
}

#[test]
fn two_functions_of_one_name() {
    insta::assert_snapshot!(library(
        "pub mod first {\n    pub struct Part(pub u8);\n    impl Part {\n        pub fn value(self) -> u8 { self.0 }\n    }\n}\n\
         pub mod part {\n    pub fn value() -> u8 { 1 }\n}\n"
    ));
}

#[test]
fn a_constant_array_in_a_library() {
    insta::assert_snapshot!(library(
        "const WEIGHTS: [u16; 2] = [100, 10];\n\npub fn weight(index: usize) -> u16 {\n    WEIGHTS[index]\n}\n"
    ));
}

#[test]
fn an_export_file_of_no_dependency() {
    let mut package = ledger();
    package.aid = Aid(b"other".to_vec());
    insta::assert_snapshot!(importing("", vec![file(&package)]));
}

#[test]
fn an_export_file_of_another_version() {
    let mut package = ledger();
    package.versions = vec![Version::new(1, 1)];
    insta::assert_snapshot!(importing("", vec![file(&package)]));
}

#[test]
fn an_export_file_given_twice() {
    insta::assert_snapshot!(importing("", vec![file(&ledger()), file(&ledger())]));
}

#[test]
fn an_export_file_of_another_source() {
    let mut package = ledger();
    for method in package
        .classes
        .iter_mut()
        .flat_map(|class| &mut class.methods)
    {
        if method.name == "checksum" {
            method.descriptor = "([BSS)S".to_owned();
        }
    }
    let process = "ledger::checksum(0, &[1]);";
    insta::assert_snapshot!(importing(process, vec![file(&package)]));
}

#[test]
fn an_object_of_an_imported_struct_made_while_a_command_runs() {
    let process =
        "let mut log = ledger::Log::<P>::new(platform);\n log.note(ledger::Direction::In, 1);";
    insta::assert_snapshot!(importing(process, vec![file(&ledger())]));
}

#[test]
fn a_version_that_breaks_the_one_before() {
    let mut package = ledger();
    package.classes[0].methods[0].name = "other".to_owned();
    let request = Request {
        folder: example("ledger"),
        previous: Some(file(&package)),
        ..Request::default()
    };
    let error = request.lower().map(|_| ()).unwrap_err();
    insta::assert_snapshot!(error.to_string());
}

#[test]
fn a_previous_version_of_applets() {
    let request = Request {
        folder: example("wallet"),
        previous: Some(file(&ledger())),
        ..Request::default()
    };
    let error = request.lower().map(|_| ()).unwrap_err();
    insta::assert_snapshot!(error.to_string());
}

/// An applet that declares a shareable interface and serves `interface`.
fn serving(method: &str, interface: &str) -> String {
    let uses = "use platform::{Applet, Package, Platform, Result, Serve, shareable};\n";
    let applet = applet("One", r#"b"abcde""#, r#"b"abcde1""#);
    let source = format!(
        "{uses}{applet}shareable! {{\n    pub trait Offer<P: Platform> {{\n        {method}\n    }}\n}}\n\
         impl<P: Platform> Serve<P> for One {{\n    type Interface = {interface};\n    \
         fn serves(&mut self, _: &P::Aid, _: u8) -> bool {{ true }}\n    \
         fn interface(&mut self) -> &mut Self::Interface {{ self }}\n}}\n"
    );
    refused("", &source, &[])
}

#[test]
fn an_option_through_the_firewall() {
    let method = "fn take(&mut self, platform: &mut P, amount: Option<u8>) -> u8;";
    insta::assert_snapshot!(serving(method, "dyn Offer<P>"));
}

#[test]
fn an_array_of_shorts_through_the_firewall() {
    let method = "fn take(&mut self, platform: &mut P, amounts: &[u16]);";
    insta::assert_snapshot!(serving(method, "dyn Offer<P>"));
}

#[test]
fn an_interface_that_is_not_implemented() {
    let method = "fn take(&mut self, platform: &mut P);";
    insta::assert_snapshot!(serving(method, "dyn Offer<P>"));
}

#[test]
fn an_interface_that_is_none() {
    let method = "fn take(&mut self, platform: &mut P);";
    insta::assert_snapshot!(serving(method, "One"));
}

#[test]
fn an_interface_that_is_not_told() {
    let process = "let other = platform.shareable(b\"abcde1\", 0);";
    insta::assert_snapshot!(importing(process, Vec::new()));
}

#[test]
fn a_shareable_that_is_no_trait() {
    let source = "platform::shareable! { pub struct Offer; }\n";
    let source = format!(
        "{source}{}",
        two(
            (r#"b"abcde""#, r#"b"abcde1""#),
            (r#"b"abcde""#, r#"b"abcde2""#)
        )
    );
    insta::assert_snapshot!(refused("", &source, &[]));
}
