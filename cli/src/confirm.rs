//! Asking before anything is written to a card.

use crate::failure::Failure;
use std::io::{IsTerminal, Write};

/// Asks whether to go on; `yes` says so beforehand.
///
/// # Errors
/// [`Failure::Declined`]; [`Failure::Usage`] where there is nobody to ask.
pub(crate) fn confirm(question: &str, yes: bool) -> Result<(), Failure> {
    if yes {
        return Ok(());
    }
    if !std::io::stdin().is_terminal() {
        return Err(Failure::Usage(
            "nobody to ask: give --yes to write to the card, or --dry-run to see the plan"
                .to_owned(),
        ));
    }
    eprint!("{question} [y/N] ");
    // What is not shown is asked all the same.
    let _ = std::io::stderr().flush();
    let mut answer = String::new();
    std::io::stdin()
        .read_line(&mut answer)
        .map_err(|error| Failure::input("standard input", error))?;
    match answer.trim() {
        "y" | "Y" | "yes" => Ok(()),
        _ => Err(Failure::Declined),
    }
}
