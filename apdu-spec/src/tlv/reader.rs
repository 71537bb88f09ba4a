use super::{Tag, TlvError};

/// One data object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Object<'a> {
    /// Its tag.
    pub tag: Tag,
    /// Its value.
    pub value: &'a [u8],
}

impl<'a> Object<'a> {
    /// The data objects that the value is made of.
    #[must_use]
    pub fn children(&self) -> Reader<'a> {
        Reader::new(self.value)
    }
}

/// Reads one data object after the other; after an error it ends.
///
/// ```
/// use apdu_spec::tlv::{Reader, Tag};
///
/// let bytes = [0x7F, 0x49, 0x05, 0x82, 0x03, 0x01, 0x00, 0x01];
/// let key = Reader::new(&bytes).find(Tag(0x7F49))?.expect("a public key");
/// let exponent = key.children().find(Tag(0x82))?.expect("an exponent");
/// assert_eq!(exponent.value, [1, 0, 1]);
/// # Ok::<(), apdu_spec::tlv::TlvError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    offset: usize,
}

impl<'a> Reader<'a> {
    /// Reads `bytes`.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, offset: 0 }
    }

    /// The next data object with this tag, `None` where no more has it.
    ///
    /// # Errors
    /// [`TlvError`] where the data up to that object are malformed.
    pub fn find(&mut self, tag: Tag) -> Result<Option<Object<'a>>, TlvError> {
        for object in self {
            let object = object?;
            if object.tag == tag {
                return Ok(Some(object));
            }
        }
        Ok(None)
    }

    fn byte(&mut self) -> Result<u8, TlvError> {
        let offset = self.offset;
        let byte = self
            .bytes
            .get(offset)
            .ok_or(TlvError::Truncated { offset })?;
        self.offset += 1;
        Ok(*byte)
    }

    fn tag(&mut self) -> Result<Tag, TlvError> {
        let offset = self.offset;
        let first = self.byte()?;
        let mut tag = Tag(first.into());
        if first & 0x1F == 0x1F {
            let mut more = true;
            while more && self.offset - offset < 3 {
                let byte = self.byte()?;
                tag.0 = tag.0 << 8 | u32::from(byte);
                more = byte & 0x80 != 0;
            }
        }
        match tag.length() {
            Some(_) => Ok(tag),
            None => Err(TlvError::BadTag { offset }),
        }
    }

    fn length(&mut self) -> Result<usize, TlvError> {
        let offset = self.offset;
        let first = self.byte()?;
        match first {
            0..=0x7F => Ok(first.into()),
            0x81..=0x83 => {
                let mut length = 0;
                for _ in 0x80..first {
                    length = length << 8 | usize::from(self.byte()?);
                }
                Ok(length)
            }
            _ => Err(TlvError::BadLength { offset }),
        }
    }

    fn object(&mut self) -> Result<Object<'a>, TlvError> {
        let tag = self.tag()?;
        let length = self.length()?;
        let offset = self.offset;
        let rest = self.bytes.get(offset..).unwrap_or_default();
        let value = rest.get(..length).ok_or(TlvError::ValueTooLong {
            offset,
            length,
            found: rest.len(),
        })?;
        self.offset += length;
        Ok(Object { tag, value })
    }
}

impl<'a> Iterator for Reader<'a> {
    type Item = Result<Object<'a>, TlvError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.offset >= self.bytes.len() {
            return None;
        }
        let object = self.object();
        if object.is_err() {
            self.bytes = &[];
        }
        Some(object)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_is_no_data_object() {
        let refused: [(&[u8], TlvError); 9] = [
            (&[0x81], TlvError::Truncated { offset: 1 }),
            (&[0x7F], TlvError::Truncated { offset: 1 }),
            (&[0x81, 0x82, 0x01], TlvError::Truncated { offset: 3 }),
            (
                &[0x7F, 0x81, 0x82, 0x03, 0x00],
                TlvError::BadTag { offset: 0 },
            ),
            (&[0x7F, 0x1E, 0x00], TlvError::BadTag { offset: 0 }),
            (&[0x7F, 0x80, 0x01, 0x00], TlvError::BadTag { offset: 0 }),
            (&[0x30, 0x80, 0x00, 0x00], TlvError::BadLength { offset: 1 }),
            (&[0x30, 0x84, 0, 0, 0, 0], TlvError::BadLength { offset: 1 }),
            (
                &[0x81, 0x02, 0x00],
                TlvError::ValueTooLong {
                    offset: 2,
                    length: 2,
                    found: 1,
                },
            ),
        ];
        for (bytes, error) in refused {
            let mut reader = Reader::new(bytes);
            assert_eq!(reader.next(), Some(Err(error)), "{bytes:02X?}");
            assert_eq!(reader.next(), None, "a reader ends after an error");
        }
    }

    #[test]
    fn finds_by_tag() {
        let bytes = [0x81, 0x01, 0x05, 0x9F, 0x1F, 0x81, 0x01, 0x06, 0x82, 0x00];
        assert_eq!(Reader::new(&bytes).count(), 3);
        assert_eq!(
            Reader::new(&bytes)
                .find(Tag(0x9F1F))
                .unwrap()
                .unwrap()
                .value,
            [6]
        );
        assert_eq!(Reader::new(&bytes).find(Tag(0x83)), Ok(None));
    }
}
