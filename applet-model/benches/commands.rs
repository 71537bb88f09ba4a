//! What commands cost the model. One without cryptography should take less than a microsecond.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    reason = "a benchmark, which fails by panicking"
)]

use applet_model::Jpki;
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use platform::host::{Host, HostCard, HostConfig};
use std::hint::black_box;

fn commands(criterion: &mut Criterion) {
    let mut card = HostCard::<Jpki<Host>>::install(&HostConfig::default(), &[]).unwrap();
    card.select();
    let mut group = criterion.benchmark_group("model");
    for (name, command) in [
        (
            "select-file",
            &[0x00, 0xA4, 0x02, 0x0C, 0x02, 0x00, 0x06][..],
        ),
        ("read-binary", &[0x00, 0xB0, 0x86, 0x00, 0x20]),
        ("verify-query", &[0x00, 0x20, 0x00, 0x9B]),
    ] {
        group.bench_function(name, |bencher| {
            bencher.iter(|| card.transmit(black_box(command)))
        });
    }
    group.bench_function("install", |bencher| {
        bencher.iter_batched(
            HostConfig::default,
            |config| HostCard::<Jpki<Host>>::install(&config, &[]).unwrap(),
            BatchSize::SmallInput,
        );
    });
    group.finish();
}

criterion_group!(benches, commands);
criterion_main!(benches);
