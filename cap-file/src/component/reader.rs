//! Reads the numbers and tables of a component, and knows where it stands.

use super::Tag;
use super::common::{CapFormat, CodeOffset, INHERITED, code_offset};
use crate::error::{Place, ReadError};
use nom::Parser;
use nom::bytes::complete::take;
use nom::error::{Error, ErrorKind};
use nom::number::complete::{be_i32, be_u8, be_u16, be_u32};
use std::borrow::Cow;

type NomError<'a> = Error<&'a [u8]>;

/// A cursor over one component (or export file) that turns nom's failures into located errors.
#[derive(Clone, Debug)]
pub(crate) struct Reader<'a> {
    place: Place,
    whole: &'a [u8],
    rest: &'a [u8],
    format: CapFormat,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(place: Place, bytes: &'a [u8]) -> Self {
        Self {
            place,
            whole: bytes,
            rest: bytes,
            format: CapFormat::default(),
        }
    }

    /// For a component of a file in this format.
    pub(crate) fn with_format(self, format: CapFormat) -> Self {
        Self { format, ..self }
    }

    /// The format of the file.
    pub(crate) fn format(&self) -> CapFormat {
        self.format
    }

    /// A place in the Method component; with the index of its block in an extended file.
    pub(crate) fn code_offset(&mut self, what: &'static str) -> Result<CodeOffset, ReadError> {
        let block = if self.format.extended {
            self.u1("the index of a block of methods")?
        } else {
            0
        };
        self.u2(what).map(|offset| code_offset(block, offset))
    }

    /// The same in a method table, where all ones mean that the method is inherited.
    pub(crate) fn table_offset(&mut self) -> Result<CodeOffset, ReadError> {
        let offset = self.code_offset("a method offset")?;
        let inherited = if self.format.extended {
            INHERITED
        } else {
            0xffff
        };
        Ok(if offset == inherited {
            INHERITED
        } else {
            offset
        })
    }

    /// A count with one byte for each package of an extended file; one table with all of them in a compact one.
    pub(crate) fn packages<T>(
        &mut self,
        mut package: impl FnMut(&mut Self) -> Result<Vec<T>, ReadError>,
    ) -> Result<(Vec<T>, Vec<u8>), ReadError> {
        if !self.format.extended {
            return Ok((package(self)?, Vec::new()));
        }
        let count = self.u1("the package count")?;
        let (mut all, mut counts) = (Vec::new(), Vec::new());
        for _ in 0..count {
            let entries = package(self)?;
            // A table is counted in one byte.
            counts.push(u8::try_from(entries.len()).unwrap_or(u8::MAX));
            all.extend(entries);
        }
        Ok((all, counts))
    }

    /// Offset of the next byte.
    pub(crate) fn offset(&self) -> usize {
        self.whole.len() - self.rest.len()
    }

    pub(crate) fn remaining(&self) -> usize {
        self.rest.len()
    }

    pub(crate) fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    pub(crate) fn error(
        &self,
        offset: usize,
        expected: impl Into<Cow<'static, str>>,
        found: impl Into<Cow<'static, str>>,
    ) -> ReadError {
        ReadError {
            place: self.place,
            offset,
            expected: expected.into(),
            found: found.into(),
        }
    }

    fn parse<T>(
        &mut self,
        what: &'static str,
        mut parser: impl Parser<&'a [u8], Output = T, Error = NomError<'a>>,
    ) -> Result<T, ReadError> {
        match parser.parse(self.rest) {
            Ok((rest, value)) => {
                self.rest = rest;
                Ok(value)
            }
            Err(_) => Err(self.error(
                self.offset(),
                what,
                format!("only {} more bytes", self.rest.len()),
            )),
        }
    }

    pub(crate) fn u1(&mut self, what: &'static str) -> Result<u8, ReadError> {
        self.parse(what, be_u8)
    }
    pub(crate) fn u2(&mut self, what: &'static str) -> Result<u16, ReadError> {
        self.parse(what, be_u16)
    }
    pub(crate) fn u4(&mut self, what: &'static str) -> Result<u32, ReadError> {
        self.parse(what, be_u32)
    }
    pub(crate) fn i4(&mut self, what: &'static str) -> Result<i32, ReadError> {
        self.parse(what, be_i32)
    }
    pub(crate) fn bytes(
        &mut self,
        count: usize,
        what: &'static str,
    ) -> Result<&'a [u8], ReadError> {
        self.parse(what, take(count))
    }

    /// A table of `count` entries, each at least one byte long: a hostile count allocates no more than the
    /// bytes that are there.
    pub(crate) fn table<T>(
        &mut self,
        count: usize,
        mut entry: impl FnMut(&mut Self) -> Result<T, ReadError>,
    ) -> Result<Vec<T>, ReadError> {
        let mut entries = Vec::with_capacity(count.min(self.rest.len()));
        for _ in 0..count {
            entries.push(entry(self)?);
        }
        Ok(entries)
    }

    /// The size of a component, behind its tag.
    pub(crate) fn component_size(&mut self, tag: Tag) -> Result<usize, ReadError> {
        if tag.size_width(self.format.extended) == 2 {
            return self.u2("the component's size").map(usize::from);
        }
        let size = self.u4("the component's size")?;
        Ok(usize::try_from(size).unwrap_or(usize::MAX))
    }

    /// A table of `u2`.
    pub(crate) fn u2_table(
        &mut self,
        count: usize,
        what: &'static str,
    ) -> Result<Vec<u16>, ReadError> {
        self.table(count, |reader| reader.u2(what))
    }

    /// A padding byte, which is 0 so that reading and writing are inverse.
    pub(crate) fn padding(&mut self) -> Result<(), ReadError> {
        let offset = self.offset();
        match self.u1("a padding byte")? {
            0 => Ok(()),
            byte => Err(self.error(offset, "a padding byte of 0", format!("0x{byte:02x}"))),
        }
    }

    /// That nothing follows.
    pub(crate) fn end(&self) -> Result<(), ReadError> {
        nom::combinator::eof::<_, NomError<'a>>(self.rest)
            .map(|_| ())
            .map_err(|error| {
                debug_assert!(matches!(
                    error,
                    nom::Err::Error(Error {
                        code: ErrorKind::Eof,
                        ..
                    })
                ));
                self.error(
                    self.offset(),
                    "the end",
                    format!("{} more bytes", self.rest.len()),
                )
            })
    }
}
