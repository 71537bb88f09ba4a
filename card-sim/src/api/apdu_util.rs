//! `javacardx.apdu.util.APDUUtil`: the questions of `APDU` about its class byte, for any class byte.

use super::Row;
use super::arguments::byte;
use crate::class_byte;

const CLASS: &str = "javacardx/apdu/util/APDUUtil";

/// The native methods.
pub const NATIVES: &[Row] = &[
    (CLASS, "getCLAChannel", "(B)B", |_, arguments| {
        Ok(class_byte::channel(byte(arguments, 0)).into())
    }),
    (CLASS, "isSecureMessagingCLA", "(B)Z", |_, arguments| {
        Ok(class_byte::is_secure_messaging(byte(arguments, 0)).into())
    }),
    (CLASS, "isCommandChainingCLA", "(B)Z", |_, arguments| {
        Ok(class_byte::is_chaining(byte(arguments, 0)).into())
    }),
    (CLASS, "isISOInterindustryCLA", "(B)Z", |_, arguments| {
        Ok(class_byte::is_interindustry(byte(arguments, 0)).into())
    }),
    (CLASS, "isValidCLA", "(B)Z", |_, arguments| {
        Ok(class_byte::is_valid(byte(arguments, 0)).into())
    }),
];
