//! Names to offsets and tokens.

use super::AsmError;
use super::components::Parsed;
use super::defined::Defined;
use super::lines::{Line, hex};
use crate::api::TokenSpace;
use crate::component::common::DescribedType;
use crate::component::import::Import;
use crate::component::{ClassRef, CodeOffset, INHERITED, TypeDescriptor};
use crate::verify::Exports;
use std::str::FromStr;

/// Knows where everything is, after the first pass.
pub(crate) struct Resolver<'a> {
    exports: &'a Exports,
    defined: &'a Defined,
    known: Option<Known>,
}

struct Known {
    classes: Vec<u16>,
    methods: Vec<CodeOffset>,
    types: Vec<u16>,
    import: Import,
}

impl<'a> Resolver<'a> {
    /// For the first pass: every name that has the right form is at 0.
    pub(crate) fn unresolved(exports: &'a Exports, defined: &'a Defined) -> Self {
        Self {
            exports,
            defined,
            known: None,
        }
    }

    /// The names of the text itself.
    pub(crate) const fn defined(&self) -> &'a Defined {
        self.defined
    }

    /// True in the second pass.
    pub(crate) fn is_resolved(&self) -> bool {
        self.known.is_some()
    }

    pub(crate) fn learn(&mut self, parsed: &Parsed) {
        let descriptor = parsed.cap.descriptor.iter();
        self.known = Some(Known {
            classes: parsed
                .cap
                .class_entries()
                .map(|(offset, _)| offset)
                .collect(),
            methods: parsed.methods.clone(),
            types: descriptor
                .flat_map(|descriptor| descriptor.types.entries().map(|(offset, _)| offset))
                .collect(),
            import: parsed.cap.import.clone(),
        });
    }

    fn offset<T: Copy + Default + FromStr>(
        &self,
        word: &str,
        index: impl Fn(&str) -> Option<usize>,
        table: impl Fn(&Known) -> &[T],
    ) -> Option<T> {
        if let Some(offset) = word.strip_prefix('#') {
            return offset.parse().ok();
        }
        let index = index(word)?;
        match &self.known {
            None => Some(T::default()),
            Some(known) => table(known).get(index).copied(),
        }
    }

    /// The name of a method of this file, or `#OFFSET`
    pub(crate) fn method(&self, line: &mut Line<'_>) -> Result<CodeOffset, AsmError> {
        let word = line.word("a method")?;
        self.method_named(word)
            .ok_or_else(|| line.error("a method of this file"))
    }

    /// `type_N`, `#OFFSET`, or `-` for none
    pub(crate) fn type_offset(&self, word: &str) -> Option<u16> {
        if word == "-" {
            return Some(0xffff);
        }
        let number = |word: &str| word.strip_prefix("type_")?.parse().ok();
        self.offset(word, number, |known| &known.types)
    }

    /// The name of a method of this file, `inherited` or `#OFFSET`, if the word is one.
    pub(crate) fn method_named(&self, word: &str) -> Option<CodeOffset> {
        if word == "inherited" {
            return Some(INHERITED);
        }
        self.offset(
            word,
            |word| self.defined.method(word),
            |known| &known.methods,
        )
    }

    /// As for [`Resolver::class`].
    pub(crate) fn class_named(&self, word: &str) -> Option<ClassRef> {
        let class = |word: &str| self.defined.class(word);
        if let Some(offset) = self.offset(word, class, |known| &known.classes) {
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

    /// The name of a class of this file or of an imported package, `#OFFSET`, or `PACKAGE.CLASS`
    pub(crate) fn class(&self, line: &mut Line<'_>) -> Result<ClassRef, AsmError> {
        let word = line.word("a class")?;
        self.class_named(word)
            .ok_or_else(|| line.error("a class of this file or of an imported package"))
    }

    /// A token, or the name and signature of a method in the tables of its package.
    pub(crate) fn member(
        &self,
        line: &mut Line<'_>,
        class: &str,
        space: TokenSpace,
    ) -> Result<u8, AsmError> {
        let word = line.word("a token, or a name and signature")?;
        if let Ok(token) = word.parse() {
            return Ok(token);
        }
        let mut packages = self.exports.packages();
        let class =
            packages.find_map(|package| package.classes.iter().find(|known| known.name == class));
        let token = class.and_then(|class| match word.find('(') {
            Some(at) => {
                let (name, signature) = word.split_at(at);
                let method = class.method(name, signature)?;
                (method.kind.token_space() == space).then_some(method.token)
            }
            None => class
                .fields
                .iter()
                .find(|field| field.name == word)
                .map(|field| field.token),
        });
        token.ok_or_else(|| line.error("a token, or a name and signature in the export tables"))
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
