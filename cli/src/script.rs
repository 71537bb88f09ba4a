//! Scripts of commands: one a line.

use crate::aid;
use crate::failure::Failure;
use apdu_spec::StatusWord;
use conformance::{DataPattern, StatusPattern};
use std::io::Read;
use std::path::Path;

/// A line of a script that does something.
#[derive(Debug)]
pub(crate) struct Line {
    /// Its number, from 1.
    pub(crate) number: usize,
    /// What it does.
    pub(crate) step: Step,
    /// What the response has to be, behind `=>`.
    pub(crate) expected: Option<Expected>,
}

/// What a line does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Reset the card.
    Reset,
    /// Send a command.
    Command(Vec<u8>),
}

/// Responses that are accepted: `[DATA] STATUS`, several of them divided by `|`.
#[derive(Debug)]
pub(crate) struct Expected {
    /// As it was written.
    pub(crate) text: String,
    alternatives: Vec<(DataPattern, StatusPattern)>,
}

impl Expected {
    fn parse(text: &str) -> Result<Self, String> {
        let mut alternatives = Vec::new();
        for alternative in text.split('|') {
            let alternative = alternative.trim();
            let (data, status) = alternative
                .rsplit_once(char::is_whitespace)
                .unwrap_or(("", alternative));
            alternatives.push((
                DataPattern::parse(data).map_err(|error| error.to_string())?,
                StatusPattern::parse(status).map_err(|error| error.to_string())?,
            ));
        }
        Ok(Self {
            text: text.trim().to_owned(),
            alternatives,
        })
    }

    /// Whether a response is accepted.
    #[must_use]
    pub(crate) fn accepts(&self, response: &[u8]) -> bool {
        let Some((data, status)) = response.split_last_chunk::<2>() else {
            return false;
        };
        let status = StatusWord(u16::from_be_bytes(*status));
        self.alternatives
            .iter()
            .any(|(pattern, wanted)| pattern.matches(data) && wanted.matches(status))
    }
}

impl Line {
    fn parse(number: usize, line: &str) -> Result<Option<Self>, String> {
        let text = line.split('#').next().unwrap_or_default().trim();
        let (text, expected) = match text.split_once("=>") {
            Some((text, expected)) => (text.trim(), Some(Expected::parse(expected)?)),
            None => (text, None),
        };
        let step = match text {
            "" if expected.is_none() => return Ok(None),
            "!reset" if expected.is_none() => Step::Reset,
            other if other.starts_with('!') => {
                return Err(format!("{other:?}: there is only `!reset`"));
            }
            "" => return Err("a response is wanted, but there is no command".to_owned()),
            command => Step::Command(aid::bytes(command)?),
        };
        Ok(Some(Self {
            number,
            step,
            expected,
        }))
    }

    /// The command's header, for reports: its data may be a PIN.
    #[must_use]
    pub(crate) fn header(&self) -> String {
        match &self.step {
            Step::Reset => "!reset".to_owned(),
            Step::Command(command) => hex::encode_upper(command.get(..4).unwrap_or(command)),
        }
    }
}

/// Reads a script from a file, or from standard input for `-`.
///
/// # Errors
/// [`Failure::Input`], with the line that is no command.
pub(crate) fn read(path: &Path) -> Result<Vec<Line>, Failure> {
    let unreadable = |error| Failure::input(path.display(), error);
    let mut text = String::new();
    if path == Path::new("-") {
        std::io::stdin()
            .lock()
            .read_to_string(&mut text)
            .map_err(unreadable)?;
    } else {
        text = std::fs::read_to_string(path).map_err(unreadable)?;
    }
    let mut lines = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let number = index + 1;
        let parsed = Line::parse(number, line)
            .map_err(|error| Failure::input(format!("{}, line {number}", path.display()), error))?;
        lines.extend(parsed);
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines() {
        let step = |line| Line::parse(1, line).map(|line| line.map(|line| line.step));
        assert_eq!(step(""), Ok(None));
        assert_eq!(step("  # only words"), Ok(None));
        assert_eq!(step("!reset # again"), Ok(Some(Step::Reset)));
        assert_eq!(
            step(" 00a4 04 0C# select"),
            Ok(Some(Step::Command(vec![0x00, 0xA4, 0x04, 0x0C])))
        );
        for wrong in [
            "!restart",
            "00A",
            "select",
            "=> 9000",
            "!reset => 9000",
            "00A40400 => x",
        ] {
            assert!(step(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn expectations() {
        let line = Line::parse(1, "00B0000002 => 0102 9000 | 6Axx | .. 6282")
            .unwrap()
            .unwrap();
        let expected = line.expected.as_ref().unwrap();
        for accepted in ["01029000", "6A82", "0162 82"] {
            assert!(
                expected.accepts(&aid::bytes(accepted).unwrap()),
                "{accepted}"
            );
        }
        for refused in ["9000", "01039000", "016A82", "90", ""] {
            assert!(
                !expected.accepts(&aid::bytes(refused).unwrap()),
                "{refused}"
            );
        }
        assert_eq!(line.header(), "00B00000");
    }
}
