//! From the JPKI applet's source to a verified CAP file.
//!
//! `cargo metadata`, a process of its own that asks for the crate's dependencies, is part of `build`.
#![allow(missing_docs, reason = "criterion's macros")]

use std::hint::black_box;
use std::path::Path;

use cap_file::CapFile;
use cap_file::verify::{Exports, verify};
use capgen::driver::build;
use capgen::package::Target;
use criterion::{Criterion, criterion_group, criterion_main};

fn compile(criterion: &mut Criterion) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../applet-model");
    let target = Target::default();
    let bytes = build(&folder, "Jpki", &target)
        .map_err(|error| error.to_string())
        .and_then(|built| built.output.cap.write().map_err(|error| error.to_string()))
        .unwrap_or_else(|error| panic!("{error}"));
    let mut group = criterion.benchmark_group("jpki");
    group.sample_size(20);
    group.bench_function("source to CAP", |bencher| {
        bencher.iter(|| build(black_box(&folder), "Jpki", &target));
    });
    group.bench_function("read and verify", |bencher| {
        bencher.iter(|| {
            let cap = CapFile::read(black_box(&bytes)).unwrap_or_default();
            verify(&cap, &Exports::default())
        });
    });
    group.finish();
}

criterion_group!(benches, compile);
criterion_main!(benches);
