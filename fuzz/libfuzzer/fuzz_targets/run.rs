//! The one entry over all fuzzers: `FUZZER=verify cargo +nightly fuzz run --fuzz-dir fuzz/libfuzzer run`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

static FUZZER: LazyLock<fuzz::Fuzzer> = LazyLock::new(|| {
    let name = std::env::var("FUZZER").expect("FUZZER names the fuzzer");
    fuzz::fuzzer(&name).expect("FUZZER names a fuzzer")
});

fuzz_target!(|bytes: &[u8]| FUZZER(bytes));
