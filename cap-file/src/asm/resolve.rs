//! Names to offsets and tokens.

use super::AsmError;
use super::components::Parsed;
use super::lines::{Line, hex};
use crate::component::common::DescribedType;
use crate::component::import::Import;
use crate::component::{ClassRef, TypeDescriptor};
use crate::verify::Exports;

/// Knows where everything is, after the first pass.
pub(crate) struct Resolver<'a> {
    exports: &'a Exports,
    known: Option<Known>,
}

struct Known {
    classes: Vec<u16>,
    methods: Vec<u16>,
    types: Vec<u16>,
    import: Import,
}

/// The number behind `prefix_`.
fn numbered(word: &str, prefix: &str) -> Option<usize> {
    word.strip_prefix(prefix)?.strip_prefix('_')?.parse().ok()
}

impl<'a> Resolver<'a> {
    /// For the first pass: every name that has the right form is at 0.
    pub(crate) fn unresolved(exports: &'a Exports) -> Self {
        Self {
            exports,
            known: None,
        }
    }

    pub(crate) fn learn(&mut self, parsed: &Parsed) {
        let descriptor = parsed.cap.descriptor.iter();
        self.known = Some(Known {
            classes: parsed
                .cap
                .class
                .entries()
                .map(|(offset, _)| offset)
                .collect(),
            methods: parsed.methods.clone(),
            types: descriptor
                .flat_map(|descriptor| descriptor.types.entries().map(|(offset, _)| offset))
                .collect(),
            import: parsed.cap.import.clone(),
        });
    }

    fn offset(&self, word: &str, prefix: &str, table: impl Fn(&Known) -> &[u16]) -> Option<u16> {
        if let Some(offset) = word.strip_prefix('#') {
            return offset.parse().ok();
        }
        let index = numbered(word, prefix)?;
        match &self.known {
            None => Some(0),
            Some(known) => table(known).get(index).copied(),
        }
    }

    /// `method_N` or `#OFFSET`
    pub(crate) fn method(&self, line: &mut Line<'_>) -> Result<u16, AsmError> {
        let word = line.word("a method")?;
        self.method_named(word)
            .ok_or_else(|| line.error("a method of this file"))
    }

    /// `type_N`, `#OFFSET`, or `-` for none
    pub(crate) fn type_offset(&self, word: &str) -> Option<u16> {
        if word == "-" {
            return Some(0xffff);
        }
        self.offset(word, "type", |known| &known.types)
    }

    /// `method_N` or `#OFFSET`, if the word is one.
    pub(crate) fn method_named(&self, word: &str) -> Option<u16> {
        self.offset(word, "method", |known| &known.methods)
    }

    /// As for [`Resolver::class`].
    pub(crate) fn class_named(&self, word: &str) -> Option<ClassRef> {
        if let Some(offset) = self.offset(word, "class", |known| &known.classes) {
            return Some(ClassRef::Internal(offset));
        }
        if let Some((package, class)) = word.split_once('.') {
            let (package, class) = (package.parse().ok()?, class.parse().ok()?);
            return Some(ClassRef::External { package, class });
        }
        let mut packages = self.exports.packages();
        let (aid, class) = packages.find_map(|package| {
            let class = package.classes.iter().find(|class| class.name == word)?;
            Some((&package.aid, class.token))
        })?;
        let Some(known) = &self.known else {
            return Some(ClassRef::Internal(0));
        };
        let package = known
            .import
            .packages
            .iter()
            .position(|import| import.aid == *aid)?;
        Some(ClassRef::External {
            package: u8::try_from(package).ok()?,
            class,
        })
    }

    /// `class_N`, `#OFFSET`, a name in an imported package, or `PACKAGE.CLASS`
    pub(crate) fn class(&self, line: &mut Line<'_>) -> Result<ClassRef, AsmError> {
        let word = line.word("a class")?;
        self.class_named(word)
            .ok_or_else(|| line.error("a class of this file or of an imported package"))
    }

    /// Types as letters, one behind the other.
    pub(crate) fn types(&self, line: &mut Line<'_>) -> Result<TypeDescriptor, AsmError> {
        let word = line.word("types")?;
        self.types_of(word)
            .ok_or_else(|| line.error("types in the letters of class files"))
    }

    fn types_of(&self, word: &str) -> Option<TypeDescriptor> {
        if let Some((count, bytes)) = word.strip_prefix('#').and_then(|raw| raw.split_once(':')) {
            return Some(TypeDescriptor {
                nibble_count: count.parse().ok()?,
                bytes: hex(bytes)?,
            });
        }
        let mut types = Vec::new();
        let mut rest = word;
        while !rest.is_empty() {
            let element = rest.strip_prefix('[');
            let letters = element.unwrap_or(rest);
            let (letter, mut after) = letters.split_at_checked(1)?;
            let class = if letter == "L" {
                let (name, behind) = after.split_once(';')?;
                after = behind;
                Some(self.class_named(name)?)
            } else {
                None
            };
            types.push(match (letter, element.is_some(), class) {
                ("V", false, _) => DescribedType::Void,
                ("Z", false, _) => DescribedType::Boolean,
                ("B", false, _) => DescribedType::Byte,
                ("S", false, _) => DescribedType::Short,
                ("I", false, _) => DescribedType::Int,
                ("Z", true, _) => DescribedType::BooleanArray,
                ("B", true, _) => DescribedType::ByteArray,
                ("S", true, _) => DescribedType::ShortArray,
                ("I", true, _) => DescribedType::IntArray,
                (_, false, Some(class)) => DescribedType::Reference(class),
                (_, true, Some(class)) => DescribedType::ReferenceArray(class),
                _ => return None,
            });
            rest = after;
        }
        TypeDescriptor::from_types(&types)
    }
}
