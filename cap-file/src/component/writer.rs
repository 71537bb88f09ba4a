//! Writes the numbers and tables of a component, and refuses what their fields cannot hold.

use super::common::{CapFormat, CodeOffset, INHERITED, split_code_offset};
use crate::component::Tag;
use crate::error::{Place, WriteError};
use crate::limits::MAX_EXTENDED_COMPONENT_BYTES;

/// The bytes of one component in the making.
#[derive(Debug)]
pub(crate) struct Writer {
    place: Place,
    bytes: Vec<u8>,
    format: CapFormat,
    /// Bytes of the size behind the tag.
    size_width: usize,
}

impl Writer {
    /// Starts a component: its tag, and room for its size.
    pub(crate) fn component(tag: Tag, format: CapFormat) -> Self {
        let size_width = tag.size_width(format.extended);
        let mut bytes = vec![0; 1 + size_width];
        if let Some(first) = bytes.first_mut() {
            *first = tag.byte();
        }
        Self {
            place: Place::Component(tag),
            bytes,
            format,
            size_width,
        }
    }

    /// The format of the file.
    pub(crate) fn format(&self) -> CapFormat {
        self.format
    }

    /// Starts a file without tag and size.
    pub(crate) fn file(place: Place) -> Self {
        Self {
            place,
            bytes: Vec::new(),
            format: CapFormat::default(),
            size_width: 0,
        }
    }

    /// The component, its size filled in.
    pub(crate) fn finish(mut self) -> Result<Vec<u8>, WriteError> {
        let value = self.bytes.len().saturating_sub(1 + self.size_width);
        let what = "the component's size";
        if self.size_width == 2 {
            let size = self.size_of(what, value)?;
            self.overwrite(1, &size.to_be_bytes());
        } else {
            let limit = MAX_EXTENDED_COMPONENT_BYTES;
            let size = u32::try_from(value).map_err(|_| self.error(what, value, limit))?;
            self.overwrite(1, &size.to_be_bytes());
        }
        Ok(self.bytes)
    }

    fn overwrite(&mut self, at: usize, bytes: &[u8]) {
        if let Some(field) = self.bytes.get_mut(at..at + bytes.len()) {
            field.copy_from_slice(bytes);
        }
    }

    /// A place in the Method component; with the index of its block in an extended file.
    pub(crate) fn code_offset(&mut self, offset: CodeOffset) -> Result<(), WriteError> {
        let (block, offset) = split_code_offset(offset);
        if self.format.extended {
            self.count1("the index of a block of methods", block)?;
        } else if block != 0 {
            return Err(self.error("the index of a block of methods", block, 0));
        }
        self.u2(offset);
        Ok(())
    }

    /// The same in a method table, where all ones mean that the method is inherited.
    pub(crate) fn table_offset(&mut self, offset: CodeOffset) -> Result<(), WriteError> {
        if offset == INHERITED && !self.format.extended {
            self.u2(0xffff);
            return Ok(());
        }
        self.code_offset(offset)
    }

    /// Tables of all packages: see [`super::Reader::packages`].
    pub(crate) fn packages<T>(
        &mut self,
        entries: &[T],
        counts: &[u8],
        mut package: impl FnMut(&mut Self, &[T]) -> Result<(), WriteError>,
    ) -> Result<(), WriteError> {
        if !self.format.extended {
            return package(self, entries);
        }
        self.count1("the package count", counts.len())?;
        let mut rest = entries;
        for count in counts {
            let (these, others) = rest
                .split_at_checked((*count).into())
                .unwrap_or((rest, &[]));
            package(self, these)?;
            rest = others;
        }
        if rest.is_empty() {
            return Ok(());
        }
        let all = entries.len();
        Err(self.error("classes of no package", all, all - rest.len()))
    }

    /// Makes room for this many bytes.
    pub(crate) fn reserve(&mut self, bytes: usize) {
        self.bytes.reserve_exact(bytes);
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

    /// A count, length or offset of four bytes.
    pub(crate) fn count4(&mut self, what: &'static str, value: usize) -> Result<(), WriteError> {
        let limit = MAX_EXTENDED_COMPONENT_BYTES;
        let count = u32::try_from(value).map_err(|_| self.error(what, value, limit))?;
        self.u4(count);
        Ok(())
    }

    /// A count or length of two bytes.
    pub(crate) fn count2(&mut self, what: &'static str, value: usize) -> Result<(), WriteError> {
        let count = self.size_of(what, value)?;
        self.u2(count);
        Ok(())
    }
}
