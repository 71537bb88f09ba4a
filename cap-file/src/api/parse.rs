//! Reads the text form of one package.

use super::{ApiClass, ApiConstant, ApiField, ApiFlags, ApiMethod, ApiPackage, MethodKind};
use crate::component::{Aid, Version};
use thiserror::Error;

/// A line that is not understood.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("line {line} of an API table: expected {expected}, found `{found}`")]
pub struct TableError {
    /// Counted from 1.
    pub line: usize,
    /// What the form asks for.
    pub expected: &'static str,
    /// The line.
    pub found: String,
}

/// The words of one line; `None` from a method here means that the line has not the expected form.
struct Line<'a> {
    words: std::iter::Peekable<std::str::SplitAsciiWhitespace<'a>>,
}

impl<'a> Line<'a> {
    fn word(&mut self) -> Option<&'a str> {
        self.words.next()
    }
    fn number<T: std::str::FromStr>(&mut self) -> Option<T> {
        self.word()?.parse().ok()
    }
    fn version(&mut self) -> Option<Version> {
        version(self.word()?)
    }
    /// Flags up to the end, or up to `since` and its version.
    fn flags_since(&mut self, base: Version) -> Option<(ApiFlags, Version)> {
        let mut flags = ApiFlags::default();
        while let Some(word) = self.word() {
            match word {
                "public" => flags.public = true,
                "protected" => flags.protected = true,
                "static" => flags.is_static = true,
                "final" => flags.is_final = true,
                "abstract" => flags.is_abstract = true,
                "shareable" => flags.shareable = true,
                "since" => return Some((flags, self.version()?)),
                _ => return None,
            }
        }
        Some((flags, base))
    }
}

fn version(word: &str) -> Option<Version> {
    let (major, minor) = word.split_once('.')?;
    Some(Version::new(major.parse().ok()?, minor.parse().ok()?))
}

fn aid(word: &str) -> Option<Aid> {
    let digits = word.as_bytes();
    let bytes: Option<Vec<u8>> = digits
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect();
    bytes.map(Aid)
}

/// Reads a package from its text.
///
/// # Errors
/// [`TableError`] for the first line that is not understood.
pub fn package(text: &str) -> Result<ApiPackage, TableError> {
    let mut result: Option<ApiPackage> = None;
    for (number, text) in text.lines().enumerate() {
        let error = |expected| TableError {
            line: number + 1,
            expected,
            found: text.to_owned(),
        };
        let mut line = Line {
            words: text.split_ascii_whitespace().peekable(),
        };
        match &mut result {
            None => {
                result = Some(first(&mut line).ok_or_else(|| error("package NAME AID VERSION…"))?)
            }
            Some(package) => {
                item(&mut line, package).ok_or_else(|| error("a class, member or constant"))?
            }
        }
    }
    result.ok_or(TableError {
        line: 1,
        expected: "package NAME AID VERSION…",
        found: String::new(),
    })
}

fn first(line: &mut Line<'_>) -> Option<ApiPackage> {
    if line.word()? != "package" {
        return None;
    }
    Some(ApiPackage {
        name: line.word()?.to_owned(),
        aid: aid(line.word()?)?,
        versions: line.words.by_ref().map(version).collect::<Option<_>>()?,
        uses: Vec::new(),
        classes: Vec::new(),
    })
}

fn item(line: &mut Line<'_>, package: &mut ApiPackage) -> Option<()> {
    let word = line.word()?;
    match word {
        "class" | "interface" => {
            let base = *package.versions.first()?;
            let token = line.number()?;
            let name = format!("{}/{}", package.name.replace('.', "/"), line.word()?);
            let (flags, since) = line.flags_since(base)?;
            package.classes.push(ApiClass {
                token,
                name,
                flags,
                is_interface: word == "interface",
                since,
                supers: Vec::new(),
                interfaces: Vec::new(),
                constants: Vec::new(),
                fields: Vec::new(),
                methods: Vec::new(),
                inheritable_tokens: None,
            });
        }
        "extends" | "implements" | "inheritable" | "const" | "field" | "static" | "virtual"
        | "method" => {
            member(word, line, package.classes.last_mut()?)?;
        }
        _ => {
            let own = version(word)?;
            if line.word()? != "uses" {
                return None;
            }
            package
                .uses
                .push((own, line.word()?.to_owned(), line.version()?));
        }
    }
    Some(())
}

fn member(word: &str, line: &mut Line<'_>, class: &mut ApiClass) -> Option<()> {
    match word {
        "extends" => class.supers = line.words.by_ref().map(str::to_owned).collect(),
        "implements" => class.interfaces = line.words.by_ref().map(str::to_owned).collect(),
        "inheritable" => class.inheritable_tokens = Some(line.number()?),
        "const" => {
            let name = line.word()?.to_owned();
            let descriptor = line.word()?.to_owned();
            let value = line.number()?;
            let (_, since) = line.flags_since(class.since)?;
            class.constants.push(ApiConstant {
                name,
                descriptor,
                value,
                since,
            });
        }
        _ => {
            let token = line.number()?;
            let name = line.word()?.to_owned();
            let descriptor = line.word()?.to_owned();
            let (mut flags, since) = line.flags_since(class.since)?;
            // The tables leave the common case out.
            flags.public = !flags.protected;
            let kind = match word {
                "field" => {
                    class.fields.push(ApiField {
                        token,
                        name,
                        descriptor,
                        flags,
                        since,
                    });
                    return Some(());
                }
                "static" if name == "<init>" => MethodKind::Constructor,
                "static" => MethodKind::Static,
                "virtual" => MethodKind::Virtual,
                _ => MethodKind::Interface,
            };
            class.methods.push(ApiMethod {
                token,
                name,
                descriptor,
                kind,
                flags,
                since,
            });
        }
    }
    Some(())
}
