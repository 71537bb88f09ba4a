use scp::Protocol;
use scp::scp03::{Parameters, StaticKeys};

use crate::aid::Aid;

/// What the issuer security domain of a new card is like.
#[derive(Clone, Debug)]
pub struct IssuerConfig {
    /// AID of the issuer security domain.
    pub aid: Aid,
    /// Version of its first key set, 01 to 7F.
    pub key_version: u8,
    /// The keys of its first key set; for SCP02 of 16 bytes each.
    pub keys: StaticKeys,
    /// Which secure channel it speaks.
    pub protocol: Protocol,
    /// The ten bytes that INITIALIZE UPDATE tells the host for key derivation.
    pub key_diversification_data: [u8; 10],
}

impl IssuerConfig {
    /// The AID of an issuer security domain that nobody has changed (GPCS 2.3.1 §H.2).
    pub const AID: [u8; 8] = [0xA0, 0x00, 0x00, 0x01, 0x51, 0x00, 0x00, 0x00];
    /// The key diversification data of a new card, fixed so that traces can be compared.
    pub const KEY_DIVERSIFICATION_DATA: [u8; 10] = [0; 10];
}

impl Default for IssuerConfig {
    /// [`IssuerConfig::AID`], the published test keys as version 30, SCP03 with i=70,
    /// [`IssuerConfig::KEY_DIVERSIFICATION_DATA`].
    fn default() -> Self {
        let Some(aid) = Aid::new(&Self::AID) else {
            unreachable!("eight bytes are an AID");
        };
        Self {
            aid,
            key_version: 0x30,
            keys: StaticKeys::test_keys(),
            protocol: Protocol::Scp03(Parameters::I70),
            key_diversification_data: Self::KEY_DIVERSIFICATION_DATA,
        }
    }
}
