//! The class byte (ISO 7816-4 §5.4.1): which logical channel a command is for, and what else it says.
//!
//! Channels 0 to 3 are coded in bits 1 and 2 of the first form, channels 4 to 19 in bits 1 to 4 of the
//! further form, which bit 7 tells. Bit 8 is that of proprietary commands, which GlobalPlatform's are.

/// The most logical channels that a card has, the basic one included.
pub const MAX_CHANNELS: u8 = 20;

/// The logical channel that a class byte names.
#[must_use]
pub const fn channel(cla: u8) -> u8 {
    match cla {
        0xFF => 0,
        _ if is_further(cla) => (cla & 0x0F) + 4,
        _ => cla & 0x03,
    }
}

/// The same class on the basic channel. Secure messaging and chaining stay, in the bits of the first form.
#[must_use]
pub const fn on_basic_channel(cla: u8) -> u8 {
    if !is_further(cla) {
        return cla & !0x03;
    }
    let secured = if is_secure_messaging(cla) { 0x04 } else { 0 };
    cla & 0x90 | secured
}

/// Whether it is of the further form.
const fn is_further(cla: u8) -> bool {
    cla & 0x40 != 0
}

/// Bit 5 says that another command of a chain follows (ISO 7816-4 §5.3.3).
#[must_use]
pub const fn is_chaining(cla: u8) -> bool {
    cla & 0x10 != 0
}

/// Bits 3 and 4 of the first form, bit 6 of the further one.
#[must_use]
pub const fn is_secure_messaging(cla: u8) -> bool {
    let bits = if is_further(cla) { 0x20 } else { 0x0C };
    cla & bits != 0
}

/// Bit 8 is that of proprietary commands.
#[must_use]
pub const fn is_interindustry(cla: u8) -> bool {
    cla & 0x80 == 0
}

/// FF is invalid, and the values 20 to 3F are reserved.
#[must_use]
pub const fn is_valid(cla: u8) -> bool {
    cla != 0xFF && cla & 0xE0 != 0x20
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms() {
        for (cla, number, basic) in [
            (0x00, 0, 0x00),
            (0x03, 3, 0x00),
            (0x80, 0, 0x80),
            (0x87, 3, 0x84),
            (0x40, 4, 0x00),
            (0x4F, 19, 0x00),
            (0xC0, 4, 0x80),
            (0xE1, 5, 0x84),
            (0xD2, 6, 0x90),
        ] {
            assert_eq!(channel(cla), number, "{cla:02X}");
            assert_eq!(on_basic_channel(cla), basic, "{cla:02X}");
        }
        assert_eq!(channel(0xFF), 0);
    }
}
