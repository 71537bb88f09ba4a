//! Tokens of the text form.

use super::ParseError;

/// A token and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) line: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// `(`, `)`, `{`, `}`, `,`, `=`
    Mark(char),
    /// Anything between blanks and marks.
    Word(String),
    /// `"…"`, unescaped.
    Text(String),
    /// What stands behind `|` at the beginning of a line.
    Line(String),
}

/// The tokens of a text; `//` starts a remark.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, ParseError> {
    let mut tokens = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let number = index + 1;
        let mut rest = line.trim_start();
        if let Some(line) = rest.strip_prefix('|') {
            let kind = Kind::Line(line.trim().to_owned());
            tokens.push(Token { kind, line: number });
            continue;
        }
        while let Some(first) = rest.chars().next() {
            if rest.starts_with("//") {
                break;
            }
            let (kind, after) = match first {
                '(' | ')' | '{' | '}' | ',' | '=' => {
                    (Kind::Mark(first), rest.get(1..).unwrap_or_default())
                }
                '"' => quoted(rest).ok_or_else(|| ParseError {
                    line: number,
                    expected: "a closing quotation mark".to_owned(),
                    found: rest.to_owned(),
                })?,
                _ => {
                    let ends = |c: char| c.is_whitespace() || "(){},=\"".contains(c);
                    let (word, after) = rest.split_at(rest.find(ends).unwrap_or(rest.len()));
                    (Kind::Word(word.to_owned()), after)
                }
            };
            tokens.push(Token { kind, line: number });
            rest = after.trim_start();
        }
    }
    Ok(tokens)
}

/// The text in quotation marks that `text` starts with, and what follows it.
fn quoted(text: &str) -> Option<(Kind, &str)> {
    let mut value = String::new();
    let mut chars = text.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((Kind::Text(value), text.get(at + 1..)?)),
            '\\' => value.push(chars.next()?.1),
            c => value.push(c),
        }
    }
    None
}
