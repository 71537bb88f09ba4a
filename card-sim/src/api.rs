//! The API packages in Rust: which native method stands behind which class, method and
//! descriptor. Tokens come from `cap_file::api`, and from there alone.

pub mod absent;
pub mod aid_class;
pub mod apdu;
pub mod apdu_util;
pub mod applet;
pub mod arguments;
pub mod array_logic;
pub mod big_number;
pub mod build;
pub mod cvm;
pub mod exceptions;
pub mod global_service;
pub mod globalplatform;
pub mod jcint;
pub mod jcsystem;
pub mod math;
pub mod owner_pin;
pub mod registry_entry;
pub mod security;
pub mod sensitive;
pub mod sensitive_result;
pub mod service;
pub mod string_util;
pub mod support;
pub mod tlv;
pub mod util;

use crate::vm::program::Native;

/// A native method: class, name, descriptor and what runs.
pub type Row = (&'static str, &'static str, &'static str, Native);

/// A class whose instances have state of their own: class or interface, cells, and how many of
/// them, from the first on, hold references.
pub type Layout = (&'static str, u16, u16);

/// Interfaces whose objects are instances of a class of the API too: interface, class.
pub(crate) const HIDDEN_SUPERCLASSES: &[(&str, &str)] = &[(
    "javacard/security/SignatureMessageRecovery",
    "javacard/security/Signature",
)];

/// Interfaces whose objects implement others too: a caller may cast to them.
pub(crate) const HIDDEN_INTERFACES: &[(&str, &[&str])] = &[(
    "org/globalplatform/SecureChannel",
    &[
        "org/globalplatform/SecureChannelx",
        "org/globalplatform/SecureChannelx2",
    ],
)];

/// Every native method.
pub(crate) fn natives() -> impl Iterator<Item = &'static Row> {
    [
        exceptions::NATIVES,
        cvm::NATIVES,
        global_service::NATIVES,
        aid_class::NATIVES,
        apdu::NATIVES,
        apdu_util::NATIVES,
        array_logic::NATIVES,
        big_number::NATIVES,
        jcint::NATIVES,
        math::NATIVES,
        registry_entry::NATIVES,
        sensitive::NATIVES,
        sensitive_result::NATIVES,
        service::NATIVES,
        string_util::NATIVES,
        absent::NATIVES,
        applet::NATIVES,
        globalplatform::NATIVES,
        jcsystem::NATIVES,
        owner_pin::NATIVES,
        util::NATIVES,
    ]
    .into_iter()
    .chain(security::NATIVES)
    .chain(tlv::NATIVES)
    .flatten()
}

/// Every class with state.
pub(crate) fn layouts() -> impl Iterator<Item = &'static Layout> {
    [
        exceptions::LAYOUTS,
        cvm::LAYOUTS,
        aid_class::LAYOUTS,
        big_number::LAYOUTS,
        owner_pin::LAYOUTS,
        registry_entry::LAYOUTS,
        service::LAYOUTS,
    ]
    .into_iter()
    .chain(security::LAYOUTS)
    .chain(tlv::LAYOUTS)
    .flatten()
}
