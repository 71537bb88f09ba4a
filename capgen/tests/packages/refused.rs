//! What is refused of a package, and how: crates that are written here, their errors as snapshots.

use std::path::Path;

use capgen::driver::Request;
use tempfile::TempDir;

/// A crate with this table in its manifest and this source.
fn krate(table: &str, source: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let platform = Path::new(env!("CARGO_MANIFEST_DIR")).join("../platform");
    let manifest = format!(
        "[package]\nname = \"case\"\nversion = \"1.2.3\"\nedition = \"2024\"\n{table}\n[workspace]\n\
         [dependencies]\nplatform = {{ path = {platform:?} }}\n"
    );
    std::fs::create_dir(folder.path().join("src")).unwrap();
    std::fs::write(folder.path().join("Cargo.toml"), manifest).unwrap();
    std::fs::write(folder.path().join("src/lib.rs"), source).unwrap();
    folder
}

/// What the compiler says of it, without the name of the temporary folder.
fn refused(table: &str, source: &str, applets: &[&str]) -> String {
    let folder = krate(table, source);
    let request = Request {
        folder: folder.path().to_path_buf(),
        applets: applets.iter().map(|&name| name.to_owned()).collect(),
    };
    let error = request.lower().map(|_| ()).unwrap_err().to_string();
    let shown = folder.path().canonicalize().unwrap();
    error.replace(&shown.display().to_string(), "FOLDER")
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
