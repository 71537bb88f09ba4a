//! The names that a text gives to its own classes and methods.

use super::AsmError;
use super::lines::Lines;
use std::collections::HashMap;

/// Names by their place among the classes and among the methods.
#[derive(Debug, Default)]
pub(crate) struct Defined {
    classes: HashMap<String, usize>,
    methods: HashMap<String, usize>,
}

impl Defined {
    /// Looks through a text: names may be used before the line that defines them.
    pub(crate) fn scan(text: &str) -> Result<Self, AsmError> {
        let mut defined = Self::default();
        let (mut classes, mut methods) = (0, 0);
        let mut lines = Lines::new(text);
        while let Some(mut line) = lines.next() {
            if line.indent > 0 {
                continue;
            }
            let (names, count) = match line.word("a keyword")? {
                "interface" | "class" => (&mut defined.classes, &mut classes),
                "method" => (&mut defined.methods, &mut methods),
                _ => continue,
            };
            let name = line.word("a name")?;
            if names.insert(name.to_owned(), *count).is_some() {
                return Err(line.error("a new name"));
            }
            *count += 1;
        }
        Ok(defined)
    }

    /// The place of a class.
    pub(crate) fn class(&self, word: &str) -> Option<usize> {
        place(&self.classes, word, "class_")
    }

    /// The place of a method.
    pub(crate) fn method(&self, word: &str) -> Option<usize> {
        place(&self.methods, word, "method_")
    }
}

/// What a name stands for; `PREFIX_N` is the one with this number where no other has the name.
fn place(names: &HashMap<String, usize>, word: &str, prefix: &str) -> Option<usize> {
    let named = names.get(word).copied();
    named.or_else(|| word.strip_prefix(prefix)?.parse().ok())
}
