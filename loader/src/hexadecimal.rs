//! Bytes as hexadecimal text in reports.

use apdu_spec::Aid;
use serde::Serializer;

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
