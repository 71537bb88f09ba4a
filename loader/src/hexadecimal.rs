//! Bytes as hexadecimal text in reports.

use std::fmt;

use apdu_spec::Aid;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub(crate) fn bytes<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&hex::encode_upper(bytes))
}

pub(crate) fn aid<S: Serializer>(aid: &Aid, to: S) -> Result<S::Ok, S::Error> {
    bytes(aid.as_bytes(), to)
}

pub(crate) fn optional_aid<S: Serializer>(aid: &Option<Aid>, to: S) -> Result<S::Ok, S::Error> {
    match aid {
        Some(aid) => bytes(aid.as_bytes(), to),
        None => to.serialize_none(),
    }
}

/// Bytes that are hexadecimal text in files, in reports and to a person.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hex(pub Vec<u8>);

impl fmt::Display for Hex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode_upper(&self.0))
    }
}

impl fmt::Debug for Hex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Hex {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        bytes(&self.0, to)
    }
}

impl<'de> Deserialize<'de> for Hex {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        hex::decode(text).map(Self).map_err(D::Error::custom)
    }
}
