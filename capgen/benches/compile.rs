//! From the JPKI applet's source to a verified CAP file, and how the time grows with the program.
//!
//! `cargo metadata`, a process of its own that asks for the crate's dependencies, is part of `build`.
#![allow(missing_docs, reason = "criterion's macros")]

#[path = "../tests/growth/grown.rs"]
mod grown;

use std::hint::black_box;
use std::path::Path;

use cap_file::CapFile;
use cap_file::verify::{Exports, verify};
use capgen::driver::build;
use capgen::package::Target;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use grown::Shape;

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

fn grow(criterion: &mut Criterion) {
    let target = Target::default();
    for (shape, counts) in [
        (Shape::Functions, [50, 100, 200, 400]),
        (Shape::Statements, [100, 200, 400, 800]),
        (Shape::Ways, [100, 200, 400, 800]),
    ] {
        let mut group = criterion.benchmark_group(format!("{shape:?}"));
        group.sample_size(10);
        for count in counts {
            let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"));
            grown::write(folder.path(), shape, count).unwrap_or_else(|error| panic!("{error}"));
            group.throughput(Throughput::Elements(count as u64));
            group.bench_function(BenchmarkId::from_parameter(count), |bencher| {
                bencher.iter(|| {
                    let built = build(black_box(folder.path()), "Grown", &target);
                    built.map_err(|error| panic!("{error}"))
                });
            });
        }
        group.finish();
    }
}

criterion_group!(benches, compile, grow);
criterion_main!(benches);
