//! Whatever comes, nothing panics.

use crate::sample::Sample;
use cap_file::component::Tag;
use cap_file::{CapFile, ExportFile, Exports, dump, verify};

fn try_all(bytes: &[u8]) {
    if let Ok(cap) = CapFile::from_load_file(bytes) {
        let exports = Exports::builtin();
        let _ = verify(&cap, &exports);
        let _ = dump(&cap, &exports);
        assert_eq!(
            cap.load_file(true).map(|again| again.len()),
            Ok(bytes.len()),
            "what is read is written"
        );
    }
}

fn rich() -> CapFile {
    Sample {
        test: "sload_1; slookupswitch a 1=a 2=b; a:; aload_2; invokevirtual $A.p; b:; aload_2; sconst_1; invokeinterface 2 $I 0; sreturn; pop; sconst_0; sreturn"
            .to_owned(),
        handlers: vec![(0, 17, 28, None)],
        ..Sample::default()
    }
    .build()
}

#[test]
fn every_prefix_is_refused_or_verifies() {
    let bytes = rich().load_file(true).unwrap();
    for end in 0..bytes.len() {
        try_all(&bytes[..end]);
    }
}

#[test]
fn every_single_byte_change_is_refused_or_verifies() {
    let bytes = rich().load_file(true).unwrap();
    for at in 0..bytes.len() {
        for change in [0x01, 0x80, 0xff, 0x10] {
            let mut changed = bytes.clone();
            changed[at] ^= change;
            try_all(&changed);
        }
    }
}

#[test]
fn every_byte_of_the_archive_may_be_wrong() {
    let bytes = rich().write().unwrap();
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 0x55;
        let _ = CapFile::read(&changed);
        let _ = CapFile::read(&bytes[..at]);
    }
}

#[test]
fn every_byte_of_an_export_file_may_be_wrong() {
    let package = cap_file::api::Api::builtin()
        .find_package_by_name("java.lang")
        .unwrap();
    let bytes = ExportFile::from_api(package, package.newest(), true)
        .unwrap()
        .write()
        .unwrap();
    for at in 0..bytes.len() {
        for change in [0x01, 0xff] {
            let mut changed = bytes.clone();
            changed[at] ^= change;
            if let Ok(file) = ExportFile::read(&changed) {
                let _ = file.to_api();
            }
        }
        let _ = ExportFile::read(&bytes[..at]);
    }
}

#[test]
fn without_components_nothing_is_read() {
    for tag in [
        Tag::Header,
        Tag::Directory,
        Tag::Import,
        Tag::Class,
        Tag::Method,
        Tag::StaticField,
        Tag::ConstantPool,
        Tag::ReferenceLocation,
    ] {
        let components = rich().components().unwrap();
        let kept = components
            .iter()
            .filter(|(other, _)| *other != tag)
            .map(|(_, bytes)| bytes.as_slice());
        let error = CapFile::from_components(kept).unwrap_err();
        assert!(error.to_string().contains("required"), "{error}");
    }
}
