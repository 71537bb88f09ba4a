//! What the API lets a card be without: the exceptions that the specification names for that.

use super::Row;
use super::arguments::word;
use crate::vm::Vm;
use crate::vm::trap::{Throwable, Trap};

const BIO: &str = "javacardx/biometry/BioBuilder";
const BIO_TO_N: &str = "javacardx/biometry1toN/Bio1toNBuilder";
const MEMORY: &str = "javacardx/external/Memory";
const REMOTE: &str = "javacard/framework/service/CardRemoteObject";
const RMI: &str = "javacard/framework/service/RMIService";

/// The classes that refuse everything, and how.
pub(super) const REFUSALS: &[(&str, &str)] = &[
    (BIO, "BioException.NO_SUCH_BIO_TEMPLATE"),
    (BIO_TO_N, "Bio1toNException.UNSUPPORTED_BIO_TYPE"),
    (MEMORY, "ExternalException.NO_SUCH_SUBSYSTEM"),
    // No remote object has room.
    (REMOTE, "SystemException.NO_RESOURCE"),
    (RMI, "SystemException.NO_RESOURCE"),
    // `KeyBuilder` and `KeyPair` make none.
    ("javacard/security/DSAPrivateKey", NO_KEY),
    ("javacard/security/DSAPublicKey", NO_KEY),
    ("javacard/security/DHPrivateKey", NO_KEY),
    ("javacard/security/DHPublicKey", NO_KEY),
    ("javacard/security/KoreanSEEDKey", NO_KEY),
    ("javacard/security/GenericSecretKey", NO_KEY),
    ("javacard/security/SM4Key", NO_KEY),
    ("javacard/security/XECPrivateKey", NO_KEY),
    ("javacard/security/XECPublicKey", NO_KEY),
];

const NO_KEY: &str = "CryptoException.NO_SUCH_ALGORITHM";

/// The native methods.
pub const NATIVES: &[Row] = &[
    (REMOTE, "<init>", "()V", no_room),
    (REMOTE, "export", "(Ljava/rmi/Remote;)V", no_room),
    // What is not exported stays so (`CardRemoteObject.unexport`).
    (
        REMOTE,
        "unexport",
        "(Ljava/rmi/Remote;)V",
        super::exceptions::nothing,
    ),
    (RMI, "<init>", "(Ljava/rmi/Remote;)V", no_room),
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

/// `SystemException.NO_RESOURCE`: the table of exported remote objects is full, since this card has none.
fn no_room(_: &mut Vm<'_>, _: &[i16]) -> Result<i32, Trap> {
    Err(Trap::NO_RESOURCE)
}

/// `BioException.NO_SUCH_BIO_TEMPLATE`; `ILLEGAL_VALUE` for a try limit of none.
fn no_template(_: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    let reason = if word(arguments, 1) < 1 { 1 } else { 3 };
    Err(Trap::Throw(Throwable::Bio, reason))
}

/// `Bio1toNException.UNSUPPORTED_BIO_TYPE`
fn no_matcher(_: &mut Vm<'_>, _: &[i16]) -> Result<i32, Trap> {
    Err(Trap::Throw(Throwable::BioToN, 3))
}
