//! How long reading, verifying and printing a CAP file takes, by the size of its code: 1 KB to 8 MB.

mod generated;

use cap_file::{CapFile, Exports, dump, verify};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use std::time::Duration;

/// Bytes of code. Up to 60 KB the file is a compact one, beyond an extended one.
const SIZES: [(&str, usize); 8] = [
    ("1 KB", 1 << 10),
    ("4 KB", 4 << 10),
    ("15 KB", 15 << 10),
    ("30 KB", 30 << 10),
    ("60 KB", 60 << 10),
    ("512 KB", 512 << 10),
    ("2 MB", 2 << 20),
    ("8 MB", 7900 << 10),
];

fn benchmarks(criterion: &mut Criterion) {
    let exports = Exports::builtin();
    let mut group = criterion.benchmark_group("cap");
    group
        .sample_size(10)
        .measurement_time(Duration::from_secs(3));
    for (name, size) in SIZES {
        let cap = generated::package(size);
        let report = verify(&cap, &exports);
        assert!(report.is_ok(), "{report}");
        let archive = cap.write().expect("the package can be written");
        group.throughput(Throughput::Bytes(size as u64));
        group.bench_function(BenchmarkId::new("read", name), |bencher| {
            bencher.iter(|| CapFile::read(black_box(&archive)).expect("the package can be read"));
        });
        group.bench_function(BenchmarkId::new("verify", name), |bencher| {
            bencher.iter(|| verify(black_box(&cap), &exports).is_ok());
        });
        group.bench_function(BenchmarkId::new("read and verify", name), |bencher| {
            bencher.iter(|| {
                let cap = CapFile::read(black_box(&archive)).expect("the package can be read");
                verify(&cap, &exports).is_ok()
            });
        });
        if size <= 60 << 10 {
            group.bench_function(BenchmarkId::new("dump", name), |bencher| {
                bencher.iter(|| dump(black_box(&cap), &exports));
            });
        }
    }
    group.finish();
}

criterion_group!(benches, benchmarks);
criterion_main!(benches);
