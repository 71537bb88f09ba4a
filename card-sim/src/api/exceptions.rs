//! `java.lang.Object` and the classes of exceptions.

use super::arguments::{cell, reference, set_cell, word};
use super::{Layout, Row};
use crate::vm::Vm;
use crate::vm::trap::{Throwable, Trap};

/// Cells of these classes.
pub const LAYOUTS: &[Layout] = &[
    ("javacard/framework/CardException", 1, 0),
    ("javacard/framework/CardRuntimeException", 1, 0),
];

macro_rules! reasoned {
    ($($class:literal $throwable:ident)*) => {
        &[
            ("java/lang/Object", "<init>", "()V", nothing),
            ("java/rmi/RemoteException", "<init>", "()V", nothing),
            ("java/lang/Object", "equals", "(Ljava/lang/Object;)Z", equals),
            ("javacard/framework/CardException", "getReason", "()S", get_reason),
            ("javacard/framework/CardException", "setReason", "(S)V", set_reason),
            ("javacard/framework/CardRuntimeException", "getReason", "()S", get_reason),
            ("javacard/framework/CardRuntimeException", "setReason", "(S)V", set_reason),
            $(
                ($class, "<init>", "(S)V", set_reason),
                ($class, "throwIt", "(S)V", |_, arguments| {
                    Err(Trap::Throw(Throwable::$throwable, word(arguments, 0)))
                }),
            )*
        ]
    };
}

/// The native methods.
pub const NATIVES: &[Row] = reasoned! {
    "javacard/framework/CardException" Card
    "javacard/framework/CardRuntimeException" CardRuntime
    "javacard/framework/APDUException" Apdu
    "javacard/framework/ISOException" Iso
    "javacard/framework/PINException" Pin
    "javacard/framework/SystemException" System
    "javacard/framework/TransactionException" Transaction
    "javacard/framework/UserException" User
    "javacard/security/CryptoException" Crypto
    "javacardx/framework/util/UtilException" Util
    "javacardx/framework/tlv/TLVException" Tlv
    "javacardx/framework/string/StringException" String
    "javacard/framework/service/ServiceException" Service
    "javacardx/biometry/BioException" Bio
    "javacardx/biometry1toN/Bio1toNException" BioToN
    "javacardx/external/ExternalException" External
};

/// A constructor without effect.
pub(super) fn nothing(_: &mut Vm<'_>, _: &[i16]) -> Result<i32, Trap> {
    Ok(0)
}

fn equals(_: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    Ok((word(arguments, 0) == word(arguments, 1)).into())
}

fn get_reason(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    cell(vm, reference(arguments, 0), 0).map(i32::from)
}

fn set_reason(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    set_cell(vm, reference(arguments, 0), 0, word(arguments, 1))?;
    Ok(0)
}
