//! Asking before anything is written to a card: a yes for what can be undone or made again, the card's identity for
//! what cannot.

use crate::failure::Failure;
use loader::CardInfo;
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
    say!("{question} [y/N] ");
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

/// Asks for the card's identity before something that cannot be undone; `given` is the one given beforehand.
///
/// # Errors
/// [`Failure::Declined`] where it is another; [`Failure::Usage`] where there is nobody to ask.
pub(crate) fn identity(what: &str, info: &CardInfo, given: Option<&str>) -> Result<(), Failure> {
    // A card without production data is told from others by nothing better.
    let identity = info
        .identity()
        .unwrap_or_else(|| hex::encode_upper(&info.connection.atr));
    if let Some(given) = given {
        return if given.eq_ignore_ascii_case(&identity) {
            Ok(())
        } else {
            Err(Failure::Usage(format!(
                "--card {given} is another card than the one in the reader, {identity}; nothing was written"
            )))
        };
    }
    if !std::io::stdin().is_terminal() {
        return Err(Failure::Usage(format!(
            "{what} cannot be undone: give --card {identity} to say that this card is meant"
        )));
    }
    say!("{what} cannot be undone. The card is {identity}; type this to go on: ");
    // What is not shown is asked all the same.
    let _ = std::io::stderr().flush();
    let mut answer = String::new();
    std::io::stdin()
        .read_line(&mut answer)
        .map_err(|error| Failure::input("standard input", error))?;
    if answer.trim().eq_ignore_ascii_case(&identity) {
        Ok(())
    } else {
        Err(Failure::Declined)
    }
}
