use crate::scp03::SecurityLevel;

/// The `i` parameter of SCP02 (GPCS 2.3.1 §E.1.1, table E-1): how a card's channel works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameters(pub u8);

impl Parameters {
    /// Explicit initiation, C-MAC on the modified command, encrypted chaining value, three keys, random
    /// challenge: the default of most cards.
    pub const I15: Self = Self(0x15);
    /// Implicit initiation, C-MAC on the unmodified command, first chaining value from the AID, encrypted
    /// chaining value, one base key.
    pub const I1A: Self = Self(0x1A);
    /// As [`Parameters::I15`], with a pseudo-random card challenge.
    pub const I55: Self = Self(0x55);

    /// Bit 1: three keys rather than one from which all session keys are derived.
    const THREE_KEYS: u8 = 0x01;
    /// Bit 2: the C-MAC is over the command as it was before protection.
    const UNMODIFIED: u8 = 0x02;
    /// Bit 3: the session is opened by INITIALIZE UPDATE and EXTERNAL AUTHENTICATE.
    const EXPLICIT: u8 = 0x04;
    /// Bit 4: the chaining value of the first C-MAC is a MAC over the AID rather than zero.
    const FROM_AID: u8 = 0x08;
    /// Bit 5: the chaining value is encrypted before the next C-MAC.
    const ENCRYPTED_CHAINING: u8 = 0x10;
    /// Bit 6: responses can carry a MAC.
    const R_MAC: u8 = 0x20;
    /// Bit 7: the card challenge is pseudo-random, by the well-known algorithm.
    const PSEUDO_RANDOM: u8 = 0x40;

    /// Whether the values are among those of the standard: explicit initiation starts from a zero chaining value,
    /// implicit initiation from the AID, and has no challenge.
    #[must_use]
    pub fn is_valid(self) -> bool {
        let explicit = self.0 & Self::EXPLICIT != 0;
        let from_aid = self.0 & Self::FROM_AID != 0;
        let pseudo_random = self.0 & Self::PSEUDO_RANDOM != 0;
        self.0 & 0x80 == 0 && explicit != from_aid && (explicit || !pseudo_random)
    }

    /// Whether a session may have this security level. An implicit session begins with C-MAC alone.
    #[must_use]
    pub fn offers(self, level: SecurityLevel) -> bool {
        match level.0 {
            0x00 | 0x01 | 0x03 => true,
            // R-MAC alone is a level of this protocol only.
            0x10 | 0x11 | 0x13 => self.has_r_mac(),
            _ => false,
        }
    }

    /// Whether the card challenge is made from the AID of the application.
    #[must_use]
    pub fn is_pseudo_random(self) -> bool {
        self.0 & Self::PSEUDO_RANDOM != 0
    }

    /// Whether the first command with a C-MAC opens the session.
    #[must_use]
    pub fn is_implicit(self) -> bool {
        self.0 & Self::EXPLICIT == 0
    }

    /// Whether responses can carry a MAC.
    #[must_use]
    pub fn has_r_mac(self) -> bool {
        self.0 & Self::R_MAC != 0
    }

    /// Whether there are three keys rather than one from which all session keys are derived.
    #[must_use]
    pub fn has_three_keys(self) -> bool {
        self.0 & Self::THREE_KEYS != 0
    }

    pub(crate) fn mac_on_unmodified(self) -> bool {
        self.0 & Self::UNMODIFIED != 0
    }

    pub(crate) fn encrypts_chaining(self) -> bool {
        self.0 & Self::ENCRYPTED_CHAINING != 0
    }
}
