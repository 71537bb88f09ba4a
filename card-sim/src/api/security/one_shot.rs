//! The `OneShot` classes: objects of the runtime environment for one operation. Here they are
//! objects of the applet's context that the next object deletion takes.

use super::{ILLEGAL_USE, NO_SUCH_ALGORITHM, cipher, digest, random_data, signature};
use crate::api::Row;
use crate::api::arguments::{byte, reference};
use crate::vm::Vm;
use crate::vm::trap::Trap;

const DIGEST: &str = "javacard/security/MessageDigest$OneShot";
const INITIALIZED: &str = "javacard/security/InitializedMessageDigest$OneShot";
const RANDOM: &str = "javacard/security/RandomData$OneShot";
const SIGNATURE: &str = "javacard/security/Signature$OneShot";
const CIPHER: &str = "javacardx/crypto/Cipher$OneShot";

/// The native methods.
pub const NATIVES: &[Row] = &[
    (
        DIGEST,
        "open",
        "(B)Ljavacard/security/MessageDigest$OneShot;",
        |vm, arguments| {
            let object = digest::get_instance(vm, arguments)?;
            as_class(vm, object, DIGEST)
        },
    ),
    (
        INITIALIZED,
        "open",
        "(B)Ljavacard/security/InitializedMessageDigest$OneShot;",
        |vm, arguments| {
            let object = digest::get_initialized_instance(vm, arguments)?;
            as_class(vm, object, INITIALIZED)
        },
    ),
    (
        RANDOM,
        "open",
        "(B)Ljavacard/security/RandomData$OneShot;",
        |vm, arguments| {
            let object = random_data::get_instance(vm, arguments)?;
            as_class(vm, object, RANDOM)
        },
    ),
    (
        SIGNATURE,
        "open",
        "(BBB)Ljavacard/security/Signature$OneShot;",
        |vm, arguments| {
            let object = signature::get_instance_of_parts(vm, arguments)?;
            as_class(vm, object, SIGNATURE)
        },
    ),
    (
        CIPHER,
        "open",
        "(BB)Ljavacardx/crypto/Cipher$OneShot;",
        |vm, arguments| {
            let (cipher, padding) = (byte(arguments, 0), byte(arguments, 1));
            let object = cipher::get_instance_of_parts(vm, cipher, padding)?;
            as_class(vm, object, CIPHER)
        },
    ),
    // One operation has one piece of data.
    (DIGEST, "update", "([BSS)V", |_, _| Err(ILLEGAL_USE)),
    (INITIALIZED, "update", "([BSS)V", |_, _| Err(ILLEGAL_USE)),
    (SIGNATURE, "update", "([BSS)V", |_, _| Err(ILLEGAL_USE)),
    (CIPHER, "update", "([BSS[BS)S", |_, _| Err(ILLEGAL_USE)),
    (DIGEST, "close", "()V", close),
    (INITIALIZED, "close", "()V", close),
    (RANDOM, "close", "()V", close),
    (SIGNATURE, "close", "()V", close),
    (CIPHER, "close", "()V", close),
];

/// Turns a fresh object into one of the subclass, which has the same cells.
fn as_class(vm: &mut Vm<'_>, object: i32, class: &str) -> Result<i32, Trap> {
    let class = vm.program.class_named(class);
    let reference = u16::try_from(object).map_err(|_| NO_SUCH_ALGORITHM)?;
    vm.heap.set_class(reference, class);
    Ok(object)
}

fn close(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    super::take_stream(vm, reference(arguments, 0));
    Ok(0)
}
