use std::time::Duration;

use scp::Protocol;
use scp::scp03::{Parameters, StaticKeys};

use crate::aid::Aid;

/// What the issuer security domain of a new card is like.
#[derive(Clone, Debug)]
pub struct IssuerConfig {
    /// AID of the issuer security domain.
    pub aid: Aid,
    /// Version of its first key set, 01 to 7F; FF for a manufacturer's, which goes with the first PUT KEY.
    pub key_version: u8,
    /// The keys of its first key set; for SCP02 of 16 bytes each.
    pub keys: StaticKeys,
    /// Which secure channel it speaks.
    pub protocol: Protocol,
    /// The ten bytes that INITIALIZE UPDATE tells the host for key derivation; `None` for six zeroes and the serial number
    /// of the chip: the layout of EMV CPS, of a card whose keys have no identifier.
    pub key_diversification_data: Option<[u8; 10]>,
    /// Whether its encryption counter counts commands with data only ([`crate::Quirk::CountsDataOnly`]).
    pub counts_data_only: bool,
    /// What failed authentications cost.
    pub authentication: AuthenticationLimit,
}

/// What failed EXTERNAL AUTHENTICATE commands cost, counted for each key version of each security domain. A success
/// takes the count back to zero; a reset does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct AuthenticationLimit {
    /// How many in a row block the key version for ever, 1 to 255; `None`: they never do.
    pub tries: Option<u8>,
    /// How many in a row cost no time. Each one after them doubles the time that the card takes to answer.
    pub free: u8,
    /// Whether a failure is answered with 63Cx, x tries being left (15 for more), rather than with 6300.
    pub tells_tries: bool,
}

impl AuthenticationLimit {
    /// Whether so many failures block.
    #[must_use]
    pub fn blocks(self, failures: u8) -> bool {
        self.tries.is_some_and(|tries| failures >= tries)
    }

    /// The status word of the failure that makes it `failures`.
    #[must_use]
    pub fn status_word(self, failures: u8) -> u16 {
        match self.tries {
            Some(tries) if self.tells_tries => {
                0x63C0 | u16::from(tries.saturating_sub(failures).min(0x0F))
            }
            _ => 0x6300,
        }
    }

    /// How long a card takes to answer that failure, beyond what it takes anyway: 1 second for the first that is not
    /// free, twice as long for each one after it, up to 64.
    #[must_use]
    pub fn back_off(self, failures: u8) -> Duration {
        match failures.checked_sub(self.free) {
            None | Some(0) => Duration::ZERO,
            Some(beyond) => Duration::from_secs(1 << (beyond - 1).min(6)),
        }
    }
}

impl Default for AuthenticationLimit {
    /// Ten tries, three of them without delay, told as 6300.
    fn default() -> Self {
        Self {
            tries: Some(10),
            free: 3,
            tells_tries: false,
        }
    }
}

impl IssuerConfig {
    /// The AID of an issuer security domain that nobody has changed (GPCS 2.3.1 §H.2).
    pub const AID: [u8; 8] = [0xA0, 0x00, 0x00, 0x01, 0x51, 0x00, 0x00, 0x00];
}

impl Default for IssuerConfig {
    /// [`IssuerConfig::AID`], the published test keys as version 30, SCP03 with i=70, [`AuthenticationLimit::default`].
    fn default() -> Self {
        let Some(aid) = Aid::new(&Self::AID) else {
            unreachable!("eight bytes are an AID");
        };
        Self {
            aid,
            key_version: 0x30,
            keys: StaticKeys::test_keys(),
            protocol: Protocol::Scp03(Parameters::I70),
            key_diversification_data: None,
            counts_data_only: false,
            authentication: AuthenticationLimit::default(),
        }
    }
}
