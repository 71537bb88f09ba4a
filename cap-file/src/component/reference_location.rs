//! Reference Location component (JCVM §6.12): where the code refers to the constant pool.

use super::{CapFormat, Reader, Tag, Writer};
use crate::error::{ReadError, WriteError};

/// The Reference Location component. Both tables are kept as they stand in the file: each byte is the
/// distance from the location before it (the first from 0), and 255 means "255 and no location here".
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct ReferenceLocation {
    /// Distances between one-byte indices.
    pub byte_indices: Vec<u8>,
    /// Distances between two-byte indices.
    pub byte2_indices: Vec<u8>,
    /// In an extended file: the tables of the blocks of methods behind the first.
    pub further_blocks: Vec<LocationBlock>,
}

/// The locations in one more block of methods (JCVM 3.1 §6.12).
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct LocationBlock {
    /// Distances between one-byte indices.
    pub byte_indices: Vec<u8>,
    /// Distances between two-byte indices.
    pub byte2_indices: Vec<u8>,
}

impl ReferenceLocation {
    /// Encodes two ascending lists of offsets into the info item of the Method component of a compact file.
    #[must_use]
    pub fn from_offsets(byte_offsets: &[u16], byte2_offsets: &[u16]) -> Self {
        let LocationBlock {
            byte_indices,
            byte2_indices,
        } = LocationBlock::from_offsets(byte_offsets, byte2_offsets);
        Self {
            byte_indices,
            byte2_indices,
            further_blocks: Vec::new(),
        }
    }

    /// Offsets of the one-byte indices in the info item of the Method component, or in its first block.
    #[must_use]
    pub fn byte_offsets(&self) -> Vec<usize> {
        offsets(&self.byte_indices).collect()
    }

    /// Offsets of the two-byte indices.
    #[must_use]
    pub fn byte2_offsets(&self) -> Vec<usize> {
        offsets(&self.byte2_indices).collect()
    }

    /// The distances of one-byte and two-byte indices, by block.
    pub fn blocks(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        let further = self.further_blocks.iter();
        let further = further.map(|block| {
            (
                block.byte_indices.as_slice(),
                block.byte2_indices.as_slice(),
            )
        });
        std::iter::once((self.byte_indices.as_slice(), self.byte2_indices.as_slice()))
            .chain(further)
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, ReadError> {
        let start = reader.offset();
        let count = if reader.format().extended {
            reader.u1("the count of method blocks")?
        } else {
            1
        };
        let mut blocks = Vec::new();
        for _ in 0..count {
            let count = reader.u2("the count of one-byte indices")?;
            let byte_indices = reader.bytes(count.into(), "locations of one-byte indices")?;
            let byte_indices = byte_indices.to_vec();
            let count = reader.u2("the count of two-byte indices")?;
            let byte2_indices = reader.bytes(count.into(), "locations of two-byte indices")?;
            blocks.push(LocationBlock {
                byte_indices,
                byte2_indices: byte2_indices.to_vec(),
            });
        }
        let mut blocks = blocks.into_iter();
        let first = blocks
            .next()
            .ok_or_else(|| reader.error(start, "at least one block of methods", "none"))?;
        Ok(Self {
            byte_indices: first.byte_indices,
            byte2_indices: first.byte2_indices,
            further_blocks: blocks.collect(),
        })
    }

    pub(crate) fn to_bytes(&self, format: CapFormat) -> Result<Vec<u8>, WriteError> {
        let mut writer = Writer::component(Tag::ReferenceLocation, format);
        let count = 1 + self.further_blocks.len();
        if format.extended {
            writer.count1("the count of method blocks", count)?;
        } else if count > 1 {
            return Err(writer.error("the count of method blocks", count, 1));
        }
        for (byte_indices, byte2_indices) in self.blocks() {
            for table in [byte_indices, byte2_indices] {
                writer.count2("the count of locations", table.len())?;
                writer.bytes(table);
            }
        }
        writer.finish()
    }
}

impl LocationBlock {
    /// Encodes two ascending lists of offsets into a block of the Method component.
    #[must_use]
    pub fn from_offsets(byte_offsets: &[u16], byte2_offsets: &[u16]) -> Self {
        Self {
            byte_indices: distances(byte_offsets),
            byte2_indices: distances(byte2_offsets),
        }
    }
}

fn distances(offsets: &[u16]) -> Vec<u8> {
    let mut table = Vec::with_capacity(offsets.len());
    let mut at = 0u16;
    for &offset in offsets {
        let mut distance = offset.saturating_sub(at);
        while distance >= 255 {
            table.push(255);
            distance -= 255;
        }
        // Below 255 here.
        table.extend(u8::try_from(distance));
        at = offset;
    }
    table
}

/// The offsets that distances lead to.
pub(crate) fn offsets(table: &[u8]) -> impl Iterator<Item = usize> + '_ {
    let mut at = 0;
    table.iter().filter_map(move |distance| {
        at += usize::from(*distance);
        (*distance != 255).then_some(at)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_distances_take_several_bytes() {
        let table = ReferenceLocation::from_offsets(&[3, 258, 1000], &[255]);
        assert_eq!(table.byte_indices, [3, 255, 0, 255, 255, 232]);
        assert_eq!(table.byte2_indices, [255, 0]);
        assert_eq!(table.byte_offsets(), [3, 258, 1000]);
        assert_eq!(table.byte2_offsets(), [255]);
    }
}
