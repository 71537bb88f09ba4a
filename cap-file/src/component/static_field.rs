//! Static Field component (JCVM §6.11): the image of the static fields.
//!
//! The image holds, in this order: references to arrays with initial values, references that start as null,
//! primitives that start as 0, primitives with another value.

use super::{CapFormat, Reader, Tag, Writer};
use crate::error::{ReadError, WriteError};

/// The Static Field component.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct StaticFieldComponent {
    /// Bytes of the image: 2 for each reference, then the primitives.
    pub image_size: u16,
    /// Number of references (initialised arrays included).
    pub reference_count: u16,
    /// Initial values of the first references.
    pub array_init: Vec<ArrayInit>,
    /// Bytes of primitives that start as 0.
    pub default_value_count: u16,
    /// The values of the primitives behind them.
    pub non_default_values: Vec<u8>,
}

/// A static array with initial contents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArrayInit {
    /// 2 boolean, 3 byte, 4 short, 5 int (JCVM table 6-15).
    pub element_type: u8,
    /// The contents, big-endian; its length is in bytes.
    pub values: Vec<u8>,
}

impl StaticFieldComponent {
    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, ReadError> {
        let image_size = reader.u2("the image size")?;
        let reference_count = reader.u2("the reference count")?;
        let count = reader.u2("the array count")?;
        let array_init = reader.table(count.into(), |reader| {
            let element_type = reader.u1("an array type")?;
            let length = reader.u2("an array's length in bytes")?;
            Ok(ArrayInit {
                element_type,
                values: reader.bytes(length.into(), "array values")?.to_vec(),
            })
        })?;
        let default_value_count = reader.u2("the default value count")?;
        let length = reader.u2("the non-default value count")?;
        let non_default_values = reader.bytes(length.into(), "non-default values")?.to_vec();
        Ok(Self {
            image_size,
            reference_count,
            array_init,
            default_value_count,
            non_default_values,
        })
    }

    pub(crate) fn to_bytes(&self, format: CapFormat) -> Result<Vec<u8>, WriteError> {
        let mut writer = Writer::component(Tag::StaticField, format);
        writer.u2(self.image_size);
        writer.u2(self.reference_count);
        writer.count2("the array count", self.array_init.len())?;
        for array in &self.array_init {
            writer.u1(array.element_type);
            writer.count2("an array's length in bytes", array.values.len())?;
            writer.bytes(&array.values);
        }
        writer.u2(self.default_value_count);
        writer.count2("the non-default value count", self.non_default_values.len())?;
        writer.bytes(&self.non_default_values);
        writer.finish()
    }
}
