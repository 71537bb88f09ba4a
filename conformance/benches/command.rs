//! One command without cryptography, READ BINARY of the token information, on the applet's Rust source
//! and on the compiled applet in the simulated card, side by side; and what a fork of that card costs once it is
//! personalised, with both keys, PINs and certificates, and its start from an image.
#![allow(missing_docs, reason = "criterion's macros")]

use std::hint::black_box;
use std::path::Path;

use capgen::driver::build;
use capgen::package::Target as CardTarget;
use card_sim::{Card, CardConfig};
use conformance::target::{Model, Simulator};
use conformance::{Suite, Target, run};
use criterion::{Criterion, criterion_group, criterion_main};

const SELECT: &str = "00A4040C0AD392F000260100000001";
/// The tries that are left for the PIN of user authentication.
const TRIES_LEFT: [u8; 4] = [0x00, 0x20, 0x00, 0x98];
/// A vector that personalises both slots and changes nothing after it.
const PERSONALISED: &str = "sign-without-verification";
const READ_TOKEN_INFORMATION: [u8; 5] = [0x00, 0xB0, 0x86, 0x00, 0x20];

fn prepare(target: &mut dyn Target) {
    target
        .install(&[])
        .unwrap_or_else(|error| panic!("{error}"));
    let select = hex::decode(SELECT).unwrap_or_default();
    let response = target.transmit(&select);
    assert_eq!(response, Ok(vec![0x90, 0x00]));
    let response = target.transmit(&READ_TOKEN_INFORMATION);
    assert_eq!(response.map(|bytes| bytes.len()), Ok(34));
}

/// The card with an instance that has keys, PINs and certificates in both slots, as the vectors' own sequence
/// leaves it.
fn personalised(card: Card) -> Card {
    let mut suite = Suite::jpki().unwrap_or_else(|error| panic!("{error}"));
    suite.vectors.retain(|vector| vector.name == PERSONALISED);
    let mut target = Simulator::new(card);
    let report = run(&suite, &mut target, &mut |_| {});
    assert_eq!((report.failures().count(), report.vectors.len()), (0, 1));
    target.card().clone()
}

fn command(criterion: &mut Criterion) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../applet-model");
    let built =
        build(&folder, "Jpki", &CardTarget::default()).unwrap_or_else(|error| panic!("{error}"));
    let mut card = Card::new(&CardConfig::default());
    card.load_cap(&built.output.cap)
        .unwrap_or_else(|error| panic!("{error}"));
    let mut state = criterion.benchmark_group("a personalised JPKI card");
    let holder = personalised(card.clone());
    state.bench_function("fork", |bencher| {
        bencher.iter(|| black_box(&holder).clone())
    });
    state.bench_function("fork, and a command to it", |bencher| {
        bencher.iter(|| black_box(&holder).clone().transmit(&TRIES_LEFT));
    });
    let image = holder.to_image().unwrap_or_else(|error| panic!("{error}"));
    state.bench_function("start from its image", |bencher| {
        bencher.iter(|| Card::from_image(black_box(&image)));
    });
    state.finish();
    let mut model = Model::with_seed(1);
    let mut simulator = Simulator::new(card);
    prepare(&mut model);
    prepare(&mut simulator);
    let mut group = criterion.benchmark_group("READ BINARY of 32 bytes");
    group.bench_function("model", |bencher| {
        bencher.iter(|| model.transmit(black_box(&READ_TOKEN_INFORMATION)));
    });
    group.bench_function("simulator", |bencher| {
        bencher.iter(|| simulator.transmit(black_box(&READ_TOKEN_INFORMATION)));
    });
    group.finish();
}

criterion_group!(benches, command);
criterion_main!(benches);
