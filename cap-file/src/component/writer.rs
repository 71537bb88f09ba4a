//! Writes the numbers and tables of a component, and refuses what their fields cannot hold.

use crate::component::Tag;
use crate::error::{Place, WriteError};

/// The bytes of one component in the making.
#[derive(Debug)]
pub(crate) struct Writer {
    place: Place,
    bytes: Vec<u8>,
}

impl Writer {
    /// Starts a component: its tag, and room for its size.
    pub(crate) fn component(tag: Tag) -> Self {
        Self {
            place: Place::Component(tag),
            bytes: vec![tag.byte(), 0, 0],
        }
    }

    /// Starts a file without tag and size.
    pub(crate) fn file(place: Place) -> Self {
        Self {
            place,
            bytes: Vec::new(),
        }
    }

    /// The component, its size filled in.
    pub(crate) fn finish(mut self) -> Result<Vec<u8>, WriteError> {
        let size = self.size_of("the component's size", self.bytes.len().saturating_sub(3))?;
        if let Some(field) = self.bytes.get_mut(1..3) {
            field.copy_from_slice(&size.to_be_bytes());
        }
        Ok(self.bytes)
    }

    /// The bytes as they are.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    fn size_of(&self, what: &'static str, value: usize) -> Result<u16, WriteError> {
        u16::try_from(value).map_err(|_| self.error(what, value, u16::MAX.into()))
    }

    pub(crate) fn error(&self, what: &'static str, value: usize, limit: usize) -> WriteError {
        WriteError {
            place: self.place,
            what,
            value,
            limit,
        }
    }

    pub(crate) fn u1(&mut self, value: u8) {
        self.bytes.push(value);
    }
    pub(crate) fn u2(&mut self, value: u16) {
        self.bytes.extend(value.to_be_bytes());
    }
    pub(crate) fn u4(&mut self, value: u32) {
        self.bytes.extend(value.to_be_bytes());
    }
    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.bytes.extend(bytes);
    }
    pub(crate) fn u2_table(&mut self, values: &[u16]) {
        self.bytes
            .extend(values.iter().flat_map(|value| value.to_be_bytes()));
    }

    /// A count or length of one byte.
    pub(crate) fn count1(&mut self, what: &'static str, value: usize) -> Result<(), WriteError> {
        let count = u8::try_from(value).map_err(|_| self.error(what, value, u8::MAX.into()))?;
        self.u1(count);
        Ok(())
    }

    /// A count or length of two bytes.
    pub(crate) fn count2(&mut self, what: &'static str, value: usize) -> Result<(), WriteError> {
        let count = self.size_of(what, value)?;
        self.u2(count);
        Ok(())
    }
}
