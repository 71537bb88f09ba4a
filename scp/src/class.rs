//! The class byte of a command in and out of secure messaging (GPCS 2.3.1 §11.1.4, ISO 7816-4 §5.1.1).
//!
//! Logical channels 0 to 3 are coded `x000 0scc`, channels 4 to 19 `x1s0 cccc`: `s` is set while the command is
//! protected.

/// Set where the channel is 4 to 19.
const FURTHER: u8 = 0x40;

fn secured_bit(cla: u8) -> u8 {
    if cla & FURTHER == 0 { 0x04 } else { 0x20 }
}

/// Whether the command is protected.
pub(crate) fn is_secured(cla: u8) -> bool {
    cla & secured_bit(cla) != 0
}

/// The same with protection.
pub(crate) fn secured(cla: u8) -> u8 {
    cla | secured_bit(cla)
}

/// The same without protection.
pub(crate) fn plain(cla: u8) -> u8 {
    cla & !secured_bit(cla)
}

/// The class byte on the basic channel and without protection: MACs do not depend on the channel.
pub(crate) fn basic(cla: u8) -> u8 {
    if cla & FURTHER == 0 {
        cla & !0x07
    } else {
        cla & 0x80
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_codings() {
        for (class, protected, on_basic) in [
            (0x00, 0x04, 0x00),
            (0x80, 0x84, 0x80),
            (0x83, 0x87, 0x80),
            (0xC0, 0xE0, 0x80),
            (0xCF, 0xEF, 0x80),
            (0x40, 0x60, 0x00),
        ] {
            assert!(!is_secured(class));
            assert_eq!(secured(class), protected);
            assert!(is_secured(protected));
            assert_eq!(plain(protected), class);
            assert_eq!(basic(protected), on_basic);
        }
    }
}
