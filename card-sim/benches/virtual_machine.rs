//! Speed of the virtual machine and of a whole card: `cargo bench -p card-sim`.
//!
//! The four loops are those of the figures in the documentation: an `sadd` loop, a loop over a
//! byte array, static and virtual calls, fields and short arrays. Throughput is in bytecodes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    missing_docs,
    reason = "a benchmark that cannot run is a failed one"
)]

#[path = "../tests/card/assembler.rs"]
mod assembler;
#[path = "../tests/card/support.rs"]
#[allow(dead_code, reason = "the tests use more of it")]
mod support;

use card_sim::Card;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use support::{Package, card_with, select};

/// P1 chooses the loop, which runs P2 times 100.
fn loops() -> Package {
    let count = "aload_1; invokevirtual javacard/framework/APDU.getBuffer()[B; sconst_3; baload; bspush 100; smul; sstore_3";
    let looping = |body: &str| {
        format!(
            "{count}; sconst_0; sstore_2; goto test{n}; again{n}: {body}; sinc 2 1; test{n}: sload_2; sload_3; if_scmplt again{n}; sconst_0",
            n = body.len()
        )
    };
    Package {
        construct: "sspush 256; newarray 11; putfield_a_this .8; sspush 256; newarray 12; putfield_a_this .9".into(),
        methods: vec![("add", 2, "sload_0; sload_1; sadd; sreturn")],
        implements: Some((
            "javacard/framework/PIN",
            vec![
                (4, "sconst_0; sreturn"),
                (1, "sconst_1; sreturn"),
                (1, "sconst_0; sreturn"),
                (1, "return"),
            ],
        )),
        process: support::by_p1(&[
            &looping("sload 4; sload_2; sadd; sstore 4; sload 5; sload 4; sadd; sstore 5"),
            &format!(
                "getfield_a_this .8; astore 5; {}",
                looping("aload 5; sload_2; sspush 255; sand; aload 5; sload_2; sspush 255; sand; baload; sconst_1; sadd; s2b; bastore")
            ),
            &looping("sload_2; sconst_1; invokestatic :add; sstore 4; aload_0; invokevirtual =0/9; sstore 5"),
            &format!(
                "getfield_a_this .9; astore 5; {}",
                looping("getfield_s_this .1; sconst_1; sadd; putfield_s_this .1; aload 5; sconst_3; aload 5; sconst_2; saload; sastore")
            ),
        ]),
        ..Package::default()
    }
}

fn bytecodes(criterion: &mut Criterion) {
    let package = loops();
    let mut card = card_with(&package);
    select(&mut card, &package);
    let mut group = criterion.benchmark_group("bytecodes");
    for (p1, name) in [
        (0, "sadd"),
        (1, "byte array"),
        (2, "calls"),
        (3, "fields and short array"),
    ] {
        let command = [0x80, 1, p1, 100, 0];
        let before = card.statistics().bytecodes;
        assert!(
            card.transmit(&command).ends_with(&[0x90, 0]),
            "{:?}",
            card.last_fault()
        );
        let executed = card.statistics().bytecodes - before;
        group.throughput(Throughput::Elements(executed));
        group.bench_function(BenchmarkId::from_parameter(name), |bencher| {
            bencher.iter(|| card.transmit(&command));
        });
    }
    group.finish();
}

fn commands(criterion: &mut Criterion) {
    let package = Package {
        process: "aload_1; invokevirtual javacard/framework/APDU.setIncomingAndReceive()S; sstore_2
            aload_1; sconst_5; sload_2; invokevirtual javacard/framework/APDU.setOutgoingAndSend(SS)V; return"
            .into(),
        ..Package::default()
    };
    let mut card = card_with(&package);
    select(&mut card, &package);
    let mut group = criterion.benchmark_group("commands");
    group.throughput(Throughput::Elements(1));
    for length in [1u8, 16, 128] {
        let mut command = vec![0x80, 1, 0, 0, length];
        command.extend(vec![0x55; length.into()]);
        command.push(0);
        group.bench_function(BenchmarkId::new("echo", length), |bencher| {
            bencher.iter(|| card.transmit(&command));
        });
    }
    group.bench_function("fork", |bencher| {
        bencher.iter(|| card.clone());
    });
    let image = card.to_image().unwrap();
    group.bench_function("start from an image", |bencher| {
        bencher.iter(|| Card::from_image(&image).unwrap());
    });
    group.finish();
}

criterion_group!(benches, bytecodes, commands);
criterion_main!(benches);
