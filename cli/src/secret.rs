//! Secrets that a person gives: from a file, from the environment, or typed without being shown.

use crate::failure::Failure;
use std::io::{IsTerminal, Read};
use std::path::Path;
use zeroize::Zeroizing;

/// Reads a secret: from `file` (`-` is standard input) if one is given, else from the environment variable
/// `variable`, else from the terminal, where it is asked for as `prompt` and not shown. A line end behind it
/// is not part of it.
///
/// # Errors
/// [`Failure::Input`] where it cannot be read; [`Failure::Usage`] where there is no terminal to ask on.
pub(crate) fn read(
    file: Option<&Path>,
    variable: &str,
    prompt: &str,
) -> Result<Zeroizing<String>, Failure> {
    let mut secret = match (file, std::env::var(variable)) {
        (Some(path), _) => from_file(path)?,
        (None, Ok(value)) => Zeroizing::new(value),
        (None, Err(_)) if std::io::stdin().is_terminal() => Zeroizing::new(
            rpassword::prompt_password(prompt)
                .map_err(|error| Failure::input("the terminal", error))?,
        ),
        (None, Err(_)) => {
            return Err(Failure::Usage(format!(
                "nobody to ask: give a file, or set {variable}"
            )));
        }
    };
    let length = secret.trim_end_matches(['\r', '\n']).len();
    secret.truncate(length);
    Ok(secret)
}

fn from_file(path: &Path) -> Result<Zeroizing<String>, Failure> {
    let failed = |error: std::io::Error| Failure::input(path.display(), error);
    let mut text = Zeroizing::new(String::new());
    if path == Path::new("-") {
        std::io::stdin().read_to_string(&mut text).map_err(failed)?;
    } else {
        std::fs::File::open(path)
            .and_then(|mut file| file.read_to_string(&mut text))
            .map_err(failed)?;
    }
    Ok(text)
}
