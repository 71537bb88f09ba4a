//! How much memory reading and verifying takes at its peak, by the size of the file.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

#[path = "../benches/generated.rs"]
mod generated;

use cap_file::{CapFile, Exports, verify};
use peak_alloc::PeakAlloc;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// What the hierarchy of the built-in API tables takes, whatever the file.
const FIXED: usize = 64 << 10;

/// Times the size of the components. (The archives of converters are larger than that; how well generated code packs
/// says nothing.)
const TIMES: usize = 20;

#[test]
fn reading_and_verifying_takes_less_than_twenty_times_the_file() {
    let exports = Exports::builtin();
    // The tables of the API are read once and stay.
    let report = verify(&generated::package(1 << 10), &exports);
    assert!(report.is_ok(), "{report}");
    for size in [1 << 10, 15 << 10, 30 << 10, 60 << 10, 512 << 10, 2 << 20] {
        let archive = generated::package(size).write().unwrap();
        let before = MEMORY.current_usage();
        MEMORY.reset_peak_usage();
        let cap = CapFile::read(&archive).unwrap();
        let read = MEMORY.peak_usage() - before;
        MEMORY.reset_peak_usage();
        assert!(verify(&cap, &exports).is_ok());
        let verified = MEMORY.peak_usage() - before;
        let unpacked: usize = cap
            .components()
            .unwrap()
            .iter()
            .map(|(_, bytes)| bytes.len())
            .sum();
        println!(
            "{size} bytes of code, components {unpacked}, archive {}: at most {read} bytes to read, {verified} to verify",
            archive.len()
        );
        let limit = TIMES * unpacked + FIXED;
        assert!(read.max(verified) < limit, "{size}: more than {limit}");
    }
}
