//! What the platform traits and the methods of integers are on the card.

use crate::package::Target;

pub(crate) mod integers;

use crate::ir::{Position, Program};

/// The table that binds each method of the platform traits to calls of the Java Card API, itself
/// written in Card Rust.
const CARD: &str = include_str!("bindings/card.rs");

/// That table for a target: with `APDU.getIncomingLength` (Java Card 2.2.2) where it has that.
pub(crate) fn card(target: &Target) -> String {
    let incoming_length = if target.has_method("javacard/framework/APDU", "getIncomingLength") {
        include_str!("bindings/incoming_length.rs")
    } else {
        include_str!("bindings/incoming_length_221.rs")
    };
    [CARD, incoming_length].concat()
}

/// The name of that text among the sources.
pub(crate) const FILE: &str = "bindings.rs";

/// Whether a place is in that table, which nobody reads: what stands there is told of where it is called.
pub(crate) fn is_here(program: &Program, position: Position) -> bool {
    let file = usize::try_from(position.file).ok();
    let file = file.and_then(|file| program.files.get(file));
    position.line > 0 && file.is_some_and(|file| file == FILE)
}
