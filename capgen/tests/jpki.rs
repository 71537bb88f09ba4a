//! The JPKI applet, from its source to a CAP file.

use capgen::driver::{Built, build};
use capgen::package::Target;

fn jpki() -> Built {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../applet-model");
    build(folder.as_ref(), "Jpki", &Target::default()).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn two_builds_of_the_same_source_are_the_same_bytes() {
    let bytes = |built: Built| built.output.cap.write().expect("a CAP file that can be written");
    assert_eq!(bytes(jpki()), bytes(jpki()));
}
