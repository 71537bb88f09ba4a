//! A secure channel protocol in an image: as its text, `scp03:70`.

use scp::Protocol;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serializer};

pub(super) fn serialize<S: Serializer>(protocol: &Protocol, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(protocol)
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Protocol, D::Error> {
    String::deserialize(from)?.parse().map_err(D::Error::custom)
}
