//! BER-TLV of one-byte tags and of lengths up to 127.
use platform::{Result, StatusWord};

/// Objects one after another.
pub(crate) struct Tlv<'a> {
    rest: &'a [u8],
}

impl<'a> Tlv<'a> {
    pub(crate) const fn new(data: &'a [u8]) -> Self {
        Self { rest: data }
    }

    /// The next object's tag and value; `None` at the end.
    pub(crate) fn next(&mut self) -> Result<Option<(u8, &'a [u8])>> {
        let [tag, length, rest @ ..] = self.rest else {
            return if self.rest.is_empty() {
                Ok(None)
            } else {
                Err(StatusWord::WRONG_DATA)
            };
        };
        let length = *length as usize;
        if length > rest.len() {
            return Err(StatusWord::WRONG_DATA);
        }
        let (value, rest) = rest.split_at(length);
        self.rest = rest;
        Ok(Some((*tag, value)))
    }
}

/// Writes objects one after another.
pub(crate) struct Writer<'a> {
    buffer: &'a mut [u8],
    at: usize,
}

impl<'a> Writer<'a> {
    pub(crate) fn new(buffer: &'a mut [u8]) -> Self {
        Self { buffer, at: 0 }
    }

    /// Begins an object; its value goes into what this gives.
    pub(crate) fn object(&mut self, tag: u8, length: usize) -> Result<&mut [u8]> {
        let told = u8::try_from(length).map_err(|_| StatusWord::WRONG_LENGTH)?;
        if self.at + 2 + length > self.buffer.len() {
            return Err(StatusWord::NOT_ENOUGH_MEMORY);
        }
        self.buffer[self.at] = tag;
        self.buffer[self.at + 1] = told;
        let start = self.at + 2;
        self.at = start + length;
        Ok(&mut self.buffer[start..self.at])
    }

    pub(crate) fn len(&self) -> usize {
        self.at
    }
}
