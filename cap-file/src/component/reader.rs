//! Reads the numbers and tables of a component, and knows where it stands.

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
}

impl<'a> Reader<'a> {
    pub(crate) fn new(place: Place, bytes: &'a [u8]) -> Self {
        Self {
            place,
            whole: bytes,
            rest: bytes,
        }
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
