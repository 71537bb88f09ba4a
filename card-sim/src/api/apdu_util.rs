//! `javacardx.apdu.util.APDUUtil`: the questions of `APDU` about its class byte, for any class byte.

use super::Row;
use super::apdu::{channel, is_chaining, is_interindustry, is_secure_messaging, is_valid};
use super::arguments::byte;

const CLASS: &str = "javacardx/apdu/util/APDUUtil";

/// The native methods.
pub const NATIVES: &[Row] = &[
    (CLASS, "getCLAChannel", "(B)B", |_, arguments| {
        Ok(channel(byte(arguments, 0)))
    }),
    (CLASS, "isSecureMessagingCLA", "(B)Z", |_, arguments| {
        Ok(is_secure_messaging(byte(arguments, 0)).into())
    }),
    (CLASS, "isCommandChainingCLA", "(B)Z", |_, arguments| {
        Ok(is_chaining(byte(arguments, 0)).into())
    }),
    (CLASS, "isISOInterindustryCLA", "(B)Z", |_, arguments| {
        Ok(is_interindustry(byte(arguments, 0)).into())
    }),
    (CLASS, "isValidCLA", "(B)Z", |_, arguments| {
        Ok(is_valid(byte(arguments, 0)).into())
    }),
];
