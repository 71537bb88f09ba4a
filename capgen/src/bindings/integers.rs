//! The methods of the integers that are more than an instruction, as functions of Card Rust, each named
//! `TYPE_method`. What overflows never does so inside: a narrow type is computed in a wider one, a wide
//! one is tested first.
//!
//! What is the same for several types is written once, in a text in which `T` is the type, `U` the unsigned
//! one of its width, and `BITS` that width.

/// A type that texts are filled in with.
struct Filling {
    ty: &'static str,
    unsigned: &'static str,
    bits: &'static str,
}

const fn filling(ty: &'static str, unsigned: &'static str, bits: &'static str) -> Filling {
    Filling { ty, unsigned, bits }
}

const U8: Filling = filling("u8", "u8", "8u8");
const I8: Filling = filling("i8", "u8", "8u8");
const U16: Filling = filling("u16", "u16", "16u8");
const I16: Filling = filling("i16", "u16", "16u8");
const U32: Filling = filling("u32", "u32", "32u8");
const I32: Filling = filling("i32", "u32", "32u8");
/// Only what has the same result on host and card.
const USIZE: Filling = filling("usize", "usize", "");
const BOOL: Filling = filling("bool", "bool", "");

/// The texts, and the types that they are for. Of two functions with one name the first counts.
const TEXTS: [(&str, &[Filling]); 8] = [
    (include_str!("integers/own.rs"), &[filling("", "", "")]),
    (
        include_str!("integers/any.rs"),
        &[U8, I8, U16, I16, U32, I32, USIZE],
    ),
    (include_str!("integers/unsigned.rs"), &[U8, U16, U32, USIZE]),
    (include_str!("integers/signed.rs"), &[I8, I16, I32]),
    (include_str!("integers/full_unsigned.rs"), &[U16, U32]),
    (include_str!("integers/full_signed.rs"), &[I16, I32]),
    (
        include_str!("integers/bits.rs"),
        &[U8, I8, U16, I16, U32, I32],
    ),
    (
        include_str!("integers/slices.rs"),
        &[U8, I8, U16, I16, U32, I32, USIZE, BOOL],
    ),
];

/// The functions of the types that a source may have without naming them.
pub(crate) fn always() -> String {
    table(|ty| matches!(ty, "" | "u8" | "u16" | "u32" | "usize"))
}

/// The functions of the other types, where `is_named` says that they stand in a source.
pub(crate) fn named(is_named: impl Fn(&str) -> bool) -> String {
    table(|ty| matches!(ty, "i8" | "i16" | "i32" | "bool") && is_named(ty))
}

fn table(is_wanted: impl Fn(&str) -> bool) -> String {
    let mut table = String::new();
    for (text, fillings) in TEXTS {
        for filling in fillings.iter().filter(|filling| is_wanted(filling.ty)) {
            fill(text, filling, &mut table);
        }
    }
    table
}

fn fill(text: &str, with: &Filling, into: &mut String) {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        match name {
            "T" => into.push_str(with.ty),
            "U" => into.push_str(with.unsigned),
            "BITS" => into.push_str(with.bits),
            name => match name.strip_prefix("T_") {
                Some(method) => {
                    into.push_str(with.ty);
                    into.push('_');
                    into.push_str(method);
                }
                None => into.push_str(name),
            },
        }
        let end = after.find(is_name).unwrap_or(after.len());
        let (between, after) = after.split_at(end);
        into.push_str(between);
        rest = after;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_is_filled_in() {
        let table = always() + &named(|_| true);
        for wanted in [
            "fn u32_checked_add(a: u32, b: u32) -> Option<u32> {",
            "fn i8_unsigned_abs(a: i8) -> u8 {",
            "let mut count = 16u8;",
            "fn usize_clamp(a: usize, low: usize, high: usize) -> usize {",
        ] {
            assert!(table.contains(wanted), "{wanted}");
        }
        assert!(syn::parse_file(&table).is_ok());
    }
}
