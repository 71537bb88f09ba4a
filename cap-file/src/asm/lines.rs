//! Lines and words.

use super::{AsmError, strip_comment};
use std::str::FromStr;

/// A line that is not empty.
#[derive(Clone, Debug)]
pub(crate) struct Line<'t> {
    pub(crate) number: usize,
    pub(crate) indent: usize,
    words: Vec<&'t str>,
    next: usize,
}

/// The lines still to be read.
pub(crate) struct Lines<'t> {
    lines: std::iter::Peekable<std::vec::IntoIter<Line<'t>>>,
    last: usize,
}

impl<'t> Lines<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        let lines: Vec<Line<'t>> = (1..)
            .zip(text.lines())
            .filter_map(|(number, line)| {
                let line = strip_comment(line);
                let indent = line.len() - line.trim_start().len();
                let words: Vec<&str> = line.split_ascii_whitespace().collect();
                (!words.is_empty()).then_some(Line {
                    number,
                    indent,
                    words,
                    next: 0,
                })
            })
            .collect();
        let last = lines.last().map_or(1, |line| line.number);
        Self {
            lines: lines.into_iter().peekable(),
            last,
        }
    }

    /// The next line.
    pub(crate) fn next(&mut self) -> Option<Line<'t>> {
        self.lines.next()
    }

    /// The next line, if it is deeper than `indent`.
    pub(crate) fn deeper(&mut self, indent: usize) -> Option<Line<'t>> {
        self.lines.next_if(|line| line.indent > indent)
    }

    /// The next line, if it begins with this word.
    pub(crate) fn keyword(&mut self, indent: usize, keyword: &str) -> Option<Line<'t>> {
        let mut line = self
            .lines
            .next_if(|line| line.indent == indent && line.words.first() == Some(&keyword))?;
        line.next = 1;
        Some(line)
    }

    /// The next line, which has to begin with this word.
    pub(crate) fn expect(&mut self, indent: usize, keyword: &str) -> Result<Line<'t>, AsmError> {
        if let Some(line) = self.keyword(indent, keyword) {
            return Ok(line);
        }
        match self.lines.peek() {
            Some(line) => Err(AsmError::new(line.number, keyword, line.words.join(" "))),
            None => Err(AsmError::new(self.last, keyword, "the end")),
        }
    }

    /// The number of the last line.
    pub(crate) fn last(&self) -> usize {
        self.last
    }

    /// The code of a method: labels, and lines that are deeper.
    pub(crate) fn code(&mut self) -> (usize, String) {
        let is_code = |line: &Line<'_>| {
            line.indent > 0 || line.words.first().is_some_and(|word| word.ends_with(':'))
        };
        let first = self.lines.peek().map_or(self.last, |line| line.number);
        let mut code = String::new();
        let mut number = first;
        while let Some(line) = self.lines.next_if(is_code) {
            // Line numbers of errors count from the first.
            code.extend(std::iter::repeat_n('\n', line.number - number));
            number = line.number;
            code.push_str(&line.words.join(" "));
        }
        (first, code)
    }
}

impl<'t> Line<'t> {
    pub(crate) fn error(&self, expected: impl Into<String>) -> AsmError {
        let found = match self.words.get(self.next.saturating_sub(1)) {
            Some(word) => (*word).to_owned(),
            None => "the end of the line".to_owned(),
        };
        AsmError::new(self.number, expected, found)
    }

    /// The name at the start of the line, `NAME:`, if it has one.
    pub(crate) fn label(&mut self) -> Option<&'t str> {
        let name = self.words.get(self.next)?.strip_suffix(':')?;
        self.next += 1;
        Some(name)
    }

    /// The next word is this one, which is taken.
    pub(crate) fn skip(&mut self, word: &str) -> bool {
        let found = self.words.get(self.next) == Some(&word);
        self.next += usize::from(found);
        found
    }

    pub(crate) fn word(&mut self, expected: &str) -> Result<&'t str, AsmError> {
        let word = self.words.get(self.next).copied();
        self.next += 1;
        word.ok_or_else(|| self.error(expected))
    }

    pub(crate) fn number<T: FromStr>(&mut self, expected: &str) -> Result<T, AsmError> {
        let word = self.word(expected)?;
        word.parse().map_err(|_| self.error(expected))
    }

    /// A word that names the number behind it.
    pub(crate) fn named<T: FromStr>(&mut self, name: &str) -> Result<T, AsmError> {
        if self.word(name)? != name {
            return Err(self.error(name));
        }
        self.number(name)
    }

    /// Bytes as digits, `-` for none.
    pub(crate) fn hex(&mut self, expected: &str) -> Result<Vec<u8>, AsmError> {
        let word = self.word(expected)?;
        hex(word).ok_or_else(|| self.error(expected))
    }

    /// That no word is left.
    pub(crate) fn end(&mut self) -> Result<(), AsmError> {
        if self.next >= self.words.len() {
            return Ok(());
        }
        self.next += 1;
        Err(self.error("the end of the line"))
    }
}

pub(crate) fn hex(word: &str) -> Option<Vec<u8>> {
    if word == "-" {
        return Some(Vec::new());
    }
    if !word.len().is_multiple_of(2) || !word.is_ascii() {
        return None;
    }
    let digits = word.as_bytes().chunks(2);
    digits
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect()
}
