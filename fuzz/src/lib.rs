//! Fuzzers, each a function from bytes to nothing that panics where something is wrong.
//!
//! The bytes are choices: what a fuzzer generates from them is the same each time. [`FUZZERS`] names them all. They
//! run as a plain test (`cargo test -p fuzz`), for hours (`cargo xtask fuzz verify --time 8h`), and under libFuzzer
//! with coverage (`fuzz/libfuzzer`).

mod calls;
mod card;
mod choices;
mod mutate;
mod parsers;
mod random;
mod smith;
mod soundness;

pub use choices::Choices;
pub use mutate::mutate;
pub use random::Random;
pub use smith::smith;

/// A fuzzer.
pub type Fuzzer = fn(&[u8]);

/// Every fuzzer by its name.
pub const FUZZERS: &[(&str, Fuzzer)] = &[
    ("cap", parsers::cap),
    ("load-file", parsers::load_file),
    ("export-file", parsers::export_file),
    ("text", parsers::text),
    ("smith", soundness::smith_verifies),
    ("verify", soundness::what_verifies_is_safe),
    ("card", card::commands),
    ("card-cap", card::packages),
    ("card-image", card::images),
    ("card-api", calls::calls),
];

/// The fuzzer with this name.
#[must_use]
pub fn fuzzer(name: &str) -> Option<Fuzzer> {
    FUZZERS
        .iter()
        .find(|(other, _)| *other == name)
        .map(|(_, fuzzer)| *fuzzer)
}
