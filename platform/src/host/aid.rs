use crate::Aid;
use std::vec::Vec;

/// The AID of an applet on the card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostAid(Vec<u8>);

impl HostAid {
    pub(super) fn new(bytes: &[u8]) -> Self {
        Self(bytes.to_vec())
    }
}

impl Aid for HostAid {
    fn equals(&self, bytes: &[u8]) -> bool {
        self.0 == bytes
    }
}
