use crate::scp03::SecurityLevel;

/// The `i` parameter of SCP02 (GPCS 2.3.1 §E.1.1, table E-1): how a card's channel works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameters(pub u8);

impl Parameters {
    /// Explicit initiation, C-MAC on the modified command, encrypted chaining value, three keys, random
    /// challenge: the default of most cards.
    pub const I15: Self = Self(0x15);
    /// As [`Parameters::I15`], with a pseudo-random card challenge.
    pub const I55: Self = Self(0x55);

    /// Bit 2: the C-MAC is over the command as it was before protection.
    const UNMODIFIED: u8 = 0x02;
    /// Bit 3: the session is opened by INITIALIZE UPDATE and EXTERNAL AUTHENTICATE.
    const EXPLICIT: u8 = 0x04;
    /// Bit 5: the chaining value is encrypted before the next C-MAC.
    const ENCRYPTED_CHAINING: u8 = 0x10;
    /// Bit 7: the card challenge is pseudo-random, by the well-known algorithm.
    const PSEUDO_RANDOM: u8 = 0x40;

    /// Whether this crate speaks the variant: explicit initiation.
    #[must_use]
    pub fn is_supported(self) -> bool {
        self.0 & Self::EXPLICIT != 0 && self.0 & 0x80 == 0
    }

    /// Whether a session may have this security level here: without R-MAC.
    #[must_use]
    pub fn offers(self, level: SecurityLevel) -> bool {
        level.is_valid() && !level.has_r_mac()
    }

    /// Whether the card challenge is made from the AID of the application.
    #[must_use]
    pub fn is_pseudo_random(self) -> bool {
        self.0 & Self::PSEUDO_RANDOM != 0
    }

    pub(crate) fn mac_on_unmodified(self) -> bool {
        self.0 & Self::UNMODIFIED != 0
    }

    pub(crate) fn encrypts_chaining(self) -> bool {
        self.0 & Self::ENCRYPTED_CHAINING != 0
    }
}
