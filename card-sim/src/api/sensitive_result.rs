//! `javacardx.security.SensitiveResult`: the result of the last sensitive method, to be looked at a second time.

use super::Row;
use super::arguments::{reference, word};
use crate::vm::Vm;
use crate::vm::trap::Trap;

const CLASS: &str = "javacardx/security/SensitiveResult";

/// The native methods.
pub const NATIVES: &[Row] = &[
    (
        CLASS,
        "assertEquals",
        "(Ljava/lang/Object;)V",
        |vm, arguments| {
            let wanted = i32::from(reference(arguments, 0));
            check(vm, |result| result == SensitiveResult::Reference(wanted))
        },
    ),
    (CLASS, "assertTrue", "()V", |vm, _| {
        check(vm, |result| result == SensitiveResult::Boolean(1))
    }),
    (CLASS, "assertFalse", "()V", |vm, _| {
        check(vm, |result| result == SensitiveResult::Boolean(0))
    }),
    (CLASS, "assertNegative", "()V", |vm, _| {
        check_short(vm, |result| result < 0)
    }),
    (CLASS, "assertPositive", "()V", |vm, _| {
        check_short(vm, |result| result > 0)
    }),
    (CLASS, "assertZero", "()V", |vm, _| {
        check_short(vm, |result| result == 0)
    }),
    (CLASS, "assertEquals", "(S)V", |vm, arguments| {
        check_short(vm, |result| result == i32::from(word(arguments, 0)))
    }),
    (CLASS, "assertGreaterThan", "(S)V", |vm, arguments| {
        check_short(vm, |result| result > i32::from(word(arguments, 0)))
    }),
    (CLASS, "assertLessThan", "(S)V", |vm, arguments| {
        check_short(vm, |result| result < i32::from(word(arguments, 0)))
    }),
    (CLASS, "reset", "()V", |vm, _| {
        vm.session.sensitive_result = None;
        Ok(0)
    }),
];

/// A result by its type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SensitiveResult {
    /// Of a method that gives an object.
    Reference(i32),
    /// Of one that gives a `boolean`.
    Boolean(i32),
    /// Of one that gives a `byte` or a `short`.
    Short(i32),
}

impl SensitiveResult {
    /// A result of a method with this descriptor.
    #[must_use]
    pub fn of(descriptor: &str, result: i32) -> Self {
        match descriptor.split(')').nth(1) {
            Some("Z") => Self::Boolean(result),
            Some("B" | "S") => Self::Short(result),
            _ => Self::Reference(result),
        }
    }
}

/// The sensitive methods by name, of classes and interfaces that the API says have them.
const SENSITIVE: &[(&str, &[&str])] = &[
    (
        "javacard/framework/SensitiveArrays",
        &[
            "isIntegritySensitive",
            "isIntegritySensitiveArraysSupported",
            "clearArray",
        ],
    ),
    (
        "javacard/framework/AID",
        &["equals", "partialEquals", "RIDEquals"],
    ),
    (
        "javacard/framework/JCSystem",
        &[
            "getAID",
            "lookupAID",
            "getPreviousContextAID",
            "getAppletShareableInterfaceObject",
        ],
    ),
    (
        "javacard/framework/OwnerPINxWithPredecrement",
        &[
            "decrementTriesRemaining",
            "check",
            "getTriesRemaining",
            "isValidated",
        ],
    ),
    (
        "javacard/framework/OwnerPINx",
        &["getTriesRemaining", "check", "isValidated"],
    ),
    (
        "javacard/framework/OwnerPIN",
        &[
            "getTriesRemaining",
            "check",
            "isValidated",
            "getValidatedFlag",
        ],
    ),
    (
        "javacard/framework/PIN",
        &["getTriesRemaining", "check", "isValidated"],
    ),
    (
        "javacard/framework/Util",
        &[
            "arrayCopy",
            "arrayCopyNonAtomic",
            "arrayFill",
            "arrayFillNonAtomic",
            "arrayCompare",
        ],
    ),
    ("javacardx/framework/math/BigNumber", &["compareTo"]),
    ("javacard/security/Checksum", &["doFinal"]),
    ("javacard/security/MessageDigest", &["doFinal"]),
    ("javacard/security/InitializedMessageDigest", &["doFinal"]),
    ("javacard/security/MessageDigest$OneShot", &["doFinal"]),
    (
        "javacard/security/RandomData",
        &["getAlgorithm", "nextBytes"],
    ),
    (
        "javacard/security/RandomData$OneShot",
        &["getAlgorithm", "nextBytes"],
    ),
    (
        "javacard/security/Signature",
        &[
            "sign",
            "signPreComputedHash",
            "verify",
            "verifyPreComputedHash",
        ],
    ),
    (
        "javacard/security/Signature$OneShot",
        &[
            "sign",
            "signPreComputedHash",
            "verify",
            "verifyPreComputedHash",
        ],
    ),
    ("javacardx/crypto/Cipher", &["doFinal", "update"]),
    ("javacardx/crypto/Cipher$OneShot", &["doFinal", "update"]),
    (
        "javacardx/crypto/AEADCipher",
        &["doFinal", "update", "retrieveTag", "verifyTag"],
    ),
];

/// Whether a method of the API leaves its result here.
#[must_use]
pub(super) fn is_sensitive(class: &str, method: &str) -> bool {
    SENSITIVE
        .iter()
        .any(|(name, methods)| *name == class && methods.contains(&method))
}

fn check(vm: &mut Vm<'_>, holds: impl FnOnce(SensitiveResult) -> bool) -> Result<i32, Trap> {
    match vm.session.sensitive_result {
        Some(result) if holds(result) => Ok(0),
        _ => Err(Trap::SECURITY),
    }
}

fn check_short(vm: &mut Vm<'_>, holds: impl FnOnce(i32) -> bool) -> Result<i32, Trap> {
    check(vm, |result| match result {
        SensitiveResult::Short(result) => holds(result),
        _ => false,
    })
}
