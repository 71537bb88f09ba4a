//! What the API lets a card be without: the exceptions that the specification names for that.

use super::Row;
use super::arguments::word;
use crate::vm::Vm;
use crate::vm::trap::{Throwable, Trap};

const BIO: &str = "javacardx/biometry/BioBuilder";
const BIO_TO_N: &str = "javacardx/biometry1toN/Bio1toNBuilder";
const MEMORY: &str = "javacardx/external/Memory";

/// The classes that refuse everything, and how.
pub(super) const REFUSALS: &[(&str, &str)] = &[
    (BIO, "BioException.NO_SUCH_BIO_TEMPLATE"),
    (BIO_TO_N, "Bio1toNException.UNSUPPORTED_BIO_TYPE"),
    (MEMORY, "ExternalException.NO_SUCH_SUBSYSTEM"),
];

/// The native methods.
pub const NATIVES: &[Row] = &[
    (
        BIO,
        "buildBioTemplate",
        "(BB)Ljavacardx/biometry/OwnerBioTemplate;",
        no_template,
    ),
    (
        BIO,
        "buildBioTemplate",
        "(BB[BB)Ljavacardx/biometry/OwnerBioTemplate;",
        no_template,
    ),
    (
        BIO_TO_N,
        "buildBioMatcher",
        "(SBB)Ljavacardx/biometry1toN/OwnerBioMatcher;",
        no_matcher,
    ),
    (
        BIO_TO_N,
        "buildBioMatcher",
        "(SBB[BB)Ljavacardx/biometry1toN/OwnerBioMatcher;",
        no_matcher,
    ),
    (
        BIO_TO_N,
        "buildBioTemplateData",
        "(B)Ljavacardx/biometry1toN/OwnerBioTemplateData;",
        no_matcher,
    ),
    (
        BIO_TO_N,
        "buildBioTemplateData",
        "(B[B)Ljavacardx/biometry1toN/OwnerBioTemplateData;",
        no_matcher,
    ),
    (
        MEMORY,
        "getMemoryAccessInstance",
        "(B[SS)Ljavacardx/external/MemoryAccess;",
        // ExternalException.NO_SUCH_SUBSYSTEM
        |_, _| Err(Trap::Throw(Throwable::External, 1)),
    ),
];

/// `BioException.NO_SUCH_BIO_TEMPLATE`; `ILLEGAL_VALUE` for a try limit of none.
fn no_template(_: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    let reason = if word(arguments, 1) < 1 { 1 } else { 3 };
    Err(Trap::Throw(Throwable::Bio, reason))
}

/// `Bio1toNException.UNSUPPORTED_BIO_TYPE`
fn no_matcher(_: &mut Vm<'_>, _: &[i16]) -> Result<i32, Trap> {
    Err(Trap::Throw(Throwable::BioToN, 3))
}
