//! Hostile bytes for each parser: nothing panics, and what is read is written back.

use cap_file::{CapFile, ExportFile, Exports, asm, dump, info, verify};

/// What can be done with a file that could be read.
fn use_it(cap: &CapFile) {
    let exports = Exports::builtin();
    let _ = verify(cap, &exports);
    let _ = info(cap, &exports);
    let text = dump(cap, &exports);
    // Names with blanks and empty tables have no text form; where there is one it gives the file back.
    if let Ok(again) = asm::assemble(&text, &exports) {
        let _ = again.write();
    }
}

/// An archive.
pub(crate) fn cap(bytes: &[u8]) {
    if let Ok(cap) = CapFile::read(bytes) {
        if let Ok(written) = cap.write() {
            assert_eq!(
                CapFile::read(&written).as_ref(),
                Ok(&cap),
                "what is written is read"
            );
        }
        use_it(&cap);
    }
}

/// What a card receives.
pub(crate) fn load_file(bytes: &[u8]) {
    if let Ok(cap) = CapFile::from_load_file(bytes) {
        let components = cap.components().expect("what was read can be written");
        let length: usize = components.iter().map(|(_, bytes)| bytes.len()).sum();
        assert_eq!(length, bytes.len(), "no byte is lost");
        let found = |part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
        assert!(
            components.iter().all(|(_, part)| found(part)),
            "every component is as it was"
        );
        use_it(&cap);
    }
}

/// An export file.
pub(crate) fn export_file(bytes: &[u8]) {
    if let Ok(file) = ExportFile::read(bytes) {
        assert_eq!(
            file.write().as_deref(),
            Ok(bytes),
            "what is read is written"
        );
        let _ = file.to_api();
    }
}

/// The text form.
pub(crate) fn text(bytes: &[u8]) {
    let exports = Exports::builtin();
    if let Ok(cap) = asm::assemble(&String::from_utf8_lossy(bytes), &exports) {
        let _ = verify(&cap, &exports);
        let _ = dump(&cap, &exports);
    }
}
