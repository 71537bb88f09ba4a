use std::fmt;

/// The `i` parameter of SCP03: what a card's channel offers (Amendment D §5.1, table 5-1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameters(pub u8);

impl Parameters {
    /// S16 mode (Amendment D 1.2): challenges, cryptograms and MACs of 16 bytes. Published transcripts of cards
    /// have it as bit 1, the `scll` library as bit 4; both are taken.
    pub const S16: u8 = 0x01;
    /// The other bit that stands for S16 mode.
    const S16_BIT_4: u8 = 0x08;
    /// Bit 5: the card challenge is pseudo-random, made from the sequence counter.
    pub const PSEUDO_RANDOM: u8 = 0x10;
    /// Bit 6: R-MAC is supported.
    pub const R_MAC: u8 = 0x20;
    /// Bits 6 and 7: R-MAC and R-ENCRYPTION are supported.
    pub const R_ENCRYPTION: u8 = 0x60;

    /// Pseudo-random challenge, R-MAC and R-ENCRYPTION, S8 mode: what most cards offer.
    pub const I70: Self = Self(0x70);

    /// Whether the values are among those that the standard has: R-ENCRYPTION comes with R-MAC only.
    #[must_use]
    pub fn is_valid(self) -> bool {
        self.0 & !(Self::S16 | Self::S16_BIT_4 | Self::PSEUDO_RANDOM | Self::R_ENCRYPTION) == 0
            && self.0 & Self::R_ENCRYPTION != 0x40
    }

    /// Whether the card challenge is made from the sequence counter.
    #[must_use]
    pub fn is_pseudo_random(self) -> bool {
        self.0 & Self::PSEUDO_RANDOM != 0
    }

    /// The length of challenges, cryptograms and MACs in bytes: 8, or 16 in S16 mode.
    #[must_use]
    pub fn length(self) -> usize {
        if self.0 & (Self::S16 | Self::S16_BIT_4) == 0 {
            8
        } else {
            16
        }
    }

    /// Whether a session may have this security level.
    #[must_use]
    pub fn offers(self, level: SecurityLevel) -> bool {
        let response = match level.0 & 0x30 {
            0x10 => Self::R_MAC,
            0x30 => Self::R_ENCRYPTION,
            _ => 0,
        };
        level.is_valid() && self.0 & response == response
    }
}

/// What a session protects: P1 of EXTERNAL AUTHENTICATE (Amendment D §7.1.2.3, table 7-6).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SecurityLevel(pub u8);

impl SecurityLevel {
    /// The most plain data of a command that has no more than `limit` bytes of data once it is protected, with a MAC and
    /// blocks of these lengths.
    pub(crate) fn data_within(self, limit: usize, mac: usize, block: usize) -> usize {
        let room = limit.saturating_sub(if self.has_c_mac() { mac } else { 0 });
        if self.has_c_decryption() {
            // Padding adds at least one byte.
            (room / block * block).saturating_sub(1)
        } else {
            room
        }
    }

    /// Authentication alone.
    pub const NONE: Self = Self(0x00);
    /// Commands carry a MAC.
    pub const C_MAC: Self = Self(0x01);
    /// Commands are encrypted and carry a MAC.
    pub const C_DECRYPTION: Self = Self(0x03);
    /// Responses carry a MAC, commands nothing: with SCP02 only.
    pub const R_MAC: Self = Self(0x10);
    /// Commands and responses carry a MAC.
    pub const C_MAC_R_MAC: Self = Self(0x11);
    /// Commands are encrypted, commands and responses carry a MAC.
    pub const C_DECRYPTION_R_MAC: Self = Self(0x13);
    /// Commands and responses are encrypted and carry a MAC.
    pub const FULL: Self = Self(0x33);
    /// The bit that the card API adds while a session is authenticated.
    pub const AUTHENTICATED: u8 = 0x80;

    /// Every level of SCP03, weakest first.
    pub const ALL: [Self; 6] = [
        Self::NONE,
        Self::C_MAC,
        Self::C_DECRYPTION,
        Self::C_MAC_R_MAC,
        Self::C_DECRYPTION_R_MAC,
        Self::FULL,
    ];

    /// Whether this is one of [`SecurityLevel::ALL`].
    #[must_use]
    pub fn is_valid(self) -> bool {
        Self::ALL.contains(&self)
    }

    /// Whether commands carry a MAC.
    #[must_use]
    pub fn has_c_mac(self) -> bool {
        self.0 & 0x01 != 0
    }

    /// Whether command data are encrypted.
    #[must_use]
    pub fn has_c_decryption(self) -> bool {
        self.0 & 0x02 != 0
    }

    /// Whether responses carry a MAC.
    #[must_use]
    pub fn has_r_mac(self) -> bool {
        self.0 & 0x10 != 0
    }

    /// Whether response data are encrypted.
    #[must_use]
    pub fn has_r_encryption(self) -> bool {
        self.0 & 0x20 != 0
    }
}

impl fmt::Display for SecurityLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [
            (self.has_c_mac(), "C-MAC"),
            (self.has_c_decryption(), "C-DECRYPTION"),
            (self.has_r_mac(), "R-MAC"),
            (self.has_r_encryption(), "R-ENCRYPTION"),
        ];
        let names: Vec<&str> = parts
            .into_iter()
            .filter_map(|(has, name)| has.then_some(name))
            .collect();
        if names.is_empty() {
            write!(f, "{:02X} (authentication alone)", self.0)
        } else {
            write!(f, "{:02X} ({})", self.0, names.join(", "))
        }
    }
}

impl fmt::Debug for SecurityLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_offers_what_its_parameter_says() {
        let offered = |i| {
            SecurityLevel::ALL
                .into_iter()
                .filter(|level| Parameters(i).offers(*level))
                .map(|level| level.0)
                .collect::<Vec<_>>()
        };
        assert_eq!(offered(0x00), [0x00, 0x01, 0x03]);
        assert_eq!(offered(0x10), [0x00, 0x01, 0x03]);
        assert_eq!(offered(0x20), [0x00, 0x01, 0x03, 0x11, 0x13]);
        assert_eq!(offered(0x70), [0x00, 0x01, 0x03, 0x11, 0x13, 0x33]);
        assert!(!Parameters(0x70).offers(SecurityLevel(0x30)));
        assert!(!Parameters(0x70).offers(SecurityLevel(0x02)));
    }

    #[test]
    fn parameters_of_the_standard() {
        for i in [0x00, 0x10, 0x20, 0x30, 0x60, 0x70, 0x71, 0x01, 0x78] {
            assert!(Parameters(i).is_valid(), "{i:02X}");
        }
        for i in [0x40, 0x50, 0x02, 0x80, 0x74] {
            assert!(!Parameters(i).is_valid(), "{i:02X}");
        }
    }
}
