use super::{Tag, TlvError};

/// Writes data objects, with lengths in their shortest form.
///
/// ```
/// use apdu_spec::tlv::{Tag, Writer};
///
/// let mut bytes = [0; 16];
/// let mut writer = Writer::new(&mut bytes);
/// writer.constructed(Tag(0x7F49), |key| key.primitive(Tag(0x82), &[1, 0, 1]))?;
/// assert_eq!(writer.finish(), [0x7F, 0x49, 0x05, 0x82, 0x03, 0x01, 0x00, 0x01]);
/// # Ok::<(), apdu_spec::tlv::TlvError>(())
/// ```
#[derive(Debug)]
pub struct Writer<'a> {
    out: &'a mut [u8],
    length: usize,
}

impl<'a> Writer<'a> {
    /// Writes to the start of `out`.
    #[must_use]
    pub const fn new(out: &'a mut [u8]) -> Self {
        Self { out, length: 0 }
    }

    /// Writes a data object with this value.
    ///
    /// # Errors
    /// [`TlvError::NoTag`] for a malformed tag, [`TlvError::NoRoom`] where the output is full or the
    /// value longer than 65535 bytes.
    pub fn primitive(&mut self, tag: Tag, value: &[u8]) -> Result<(), TlvError> {
        self.header(tag, value.len())?;
        self.put(value)
    }

    /// Writes a data object whose value `body` writes.
    ///
    /// # Errors
    /// As [`Writer::primitive`], and what `body` returns.
    pub fn constructed(
        &mut self,
        tag: Tag,
        body: impl FnOnce(&mut Self) -> Result<(), TlvError>,
    ) -> Result<(), TlvError> {
        let start = self.length;
        body(self)?;
        // The length is known only now: the header goes behind the value, then they change places.
        let value = self.length - start;
        self.header(tag, value)?;
        self.out
            .get_mut(start..self.length)
            .ok_or(TlvError::NoRoom)?
            .rotate_left(value);
        Ok(())
    }

    /// What was written.
    #[must_use]
    pub fn finish(self) -> &'a [u8] {
        self.out.get(..self.length).unwrap_or_default()
    }

    fn header(&mut self, tag: Tag, length: usize) -> Result<(), TlvError> {
        let tag_length = tag.length().ok_or(TlvError::NoTag(tag))?;
        let tag = tag.0.to_be_bytes();
        self.put(tag.get(4 - tag_length..).ok_or(TlvError::NoRoom)?)?;
        let length = u16::try_from(length).map_err(|_| TlvError::NoRoom)?;
        match length.to_be_bytes() {
            [0, low @ 0..0x80] => self.put(&[low]),
            [0, low] => self.put(&[0x81, low]),
            [high, low] => self.put(&[0x82, high, low]),
        }
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), TlvError> {
        let end = self
            .length
            .checked_add(bytes.len())
            .ok_or(TlvError::NoRoom)?;
        self.out
            .get_mut(self.length..end)
            .ok_or(TlvError::NoRoom)?
            .copy_from_slice(bytes);
        self.length = end;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tlv::Reader;
    use proptest::prelude::*;

    #[test]
    fn refuses_bad_tags_and_small_outputs() {
        let mut out = [0; 8];
        let mut writer = Writer::new(&mut out);
        assert_eq!(
            writer.primitive(Tag(0x7F), &[]),
            Err(TlvError::NoTag(Tag(0x7F)))
        );
        assert_eq!(
            writer.primitive(Tag(0x8182), &[]),
            Err(TlvError::NoTag(Tag(0x8182)))
        );
        let mut writer = Writer::new(&mut out);
        assert_eq!(writer.primitive(Tag(0x81), &[0; 7]), Err(TlvError::NoRoom));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(
            first in prop::collection::vec(any::<u8>(), 0..300),
            second in prop::collection::vec(any::<u8>(), 0..300),
        ) {
            let mut out = [0; 700];
            let mut writer = Writer::new(&mut out);
            writer
                .constructed(Tag(0x7F49), |inner| {
                    inner.primitive(Tag(0x81), &first)?;
                    inner.primitive(Tag(0x9F_81_01), &second)
                })
                .unwrap();
            let mut reader = Reader::new(writer.finish());
            let outer = reader.next().unwrap().unwrap();
            prop_assert_eq!(reader.next(), None);
            prop_assert_eq!(outer.tag, Tag(0x7F49));
            prop_assert!(outer.tag.is_constructed());
            prop_assert_eq!(outer.children().find(Tag(0x81)).unwrap().unwrap().value, &first[..]);
            prop_assert_eq!(outer.children().find(Tag(0x9F_81_01)).unwrap().unwrap().value, &second[..]);
        }

        #[test]
        fn reading_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            for object in Reader::new(&bytes) {
                let _ = object;
            }
        }
    }
}
