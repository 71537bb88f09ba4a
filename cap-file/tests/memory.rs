//! How much memory reading and verifying takes at its peak, by the size of the file.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

#[path = "../benches/generated.rs"]
mod generated;

use cap_file::component::class::ClassInfo;
use cap_file::component::constant_pool::Constant;
use cap_file::component::static_field::ArrayInit;
use cap_file::component::{ClassRef, TypeDescriptor};
use cap_file::limits::{MEMORY_BASE, MEMORY_PER_BYTE};
use cap_file::{CapFile, Exports, verify};
use peak_alloc::PeakAlloc;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// What the hierarchy of the built-in API tables and the buffers to unpack take, whatever the file.
const FIXED: usize = 80 << 10;

/// Most bytes that reading and verifying takes at once.
fn peak(archive: &[u8], exports: &Exports) -> usize {
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    let cap = CapFile::read(archive).unwrap();
    let read = MEMORY.peak_usage() - before;
    MEMORY.reset_peak_usage();
    let report = verify(&cap, exports);
    let verified = MEMORY.peak_usage() - before;
    let unpacked: usize = cap
        .components()
        .unwrap()
        .iter()
        .map(|(_, bytes)| bytes.len())
        .sum();
    println!(
        "components {unpacked}, archive {}: at most {read} bytes to read, {verified} to verify, {} findings",
        archive.len(),
        report.findings.len(),
    );
    read.max(verified)
}

/// One test, since the allocator counts for the whole process.
#[test]
fn reading_and_verifying_takes_less_than_twenty_times_the_archive() {
    let exports = Exports::builtin();
    // The tables of the API are read once and stay.
    let report = verify(&generated::package(1 << 10), &exports);
    assert!(report.is_ok(), "{report}");
    // Generated code packs to a ninth; what compilers write, to two thirds.
    for size in [1 << 10, 15 << 10, 30 << 10, 60 << 10, 512 << 10, 2 << 20] {
        let archive = generated::package(size).write().unwrap();
        let limit = MEMORY_PER_BYTE * archive.len() + FIXED;
        let peak = peak(&archive, &exports);
        assert!(peak < limit, "{size}: {peak}, more than {limit}");
    }
    for (name, cap) in hostile() {
        print!("{name}: ");
        let archive = cap.write().unwrap();
        let limit = MEMORY_PER_BYTE * archive.len() + MEMORY_BASE;
        let peak = peak(&archive, &exports);
        assert!(peak < limit, "{name}: {peak}, more than {limit}");
    }
}

/// Packages that are all of one kind of structure, as small as each can be.
fn hostile() -> Vec<(&'static str, CapFile)> {
    let base = || generated::package(1 << 10);
    let finished = |mut cap: CapFile| {
        cap.update_directory().unwrap();
        cap
    };
    let mut types = base();
    let table = &mut types.descriptor.as_mut().unwrap().types;
    let small = TypeDescriptor {
        nibble_count: 1,
        bytes: vec![0x10],
    };
    table.descriptors.extend(vec![small; 31_000]);
    let mut constants = base();
    let constant = *constants.constant_pool.entries.last().unwrap();
    constants
        .constant_pool
        .entries
        .extend(vec![constant; 16_000]);
    let mut own = base();
    let class = ClassRef::Internal(0);
    let entries = &mut own.constant_pool.entries;
    entries.extend((0..16_000).map(|token| Constant::VirtualMethod {
        class,
        token: u8::try_from(token % 128).unwrap(),
    }));
    let mut classes = base();
    let class = ClassInfo {
        super_class: Some(ClassRef::External {
            package: 0,
            class: 0,
        }),
        ..ClassInfo::default()
    };
    classes.class.classes.extend(vec![class; 6_000]);
    let mut zeros = base();
    zeros.static_field.array_init.push(ArrayInit {
        element_type: 3,
        values: vec![0; 60_000],
    });
    [
        ("types", types),
        ("constants", constants),
        ("virtual methods", own),
        ("classes", classes),
        ("zeros", zeros),
    ]
    .into_iter()
    .map(|(name, cap)| (name, finished(cap)))
    .collect()
}
