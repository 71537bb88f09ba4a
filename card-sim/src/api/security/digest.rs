//! `javacard.security.MessageDigest`: one cell, the algorithm.

use super::{ILLEGAL_VALUE, NO_SUCH_ALGORITHM, Stream, hash_of, keep_stream, take_stream};
use crate::api::arguments::{byte, cell, count, range_at, reference, set_cell, word, write};
use crate::api::{Layout, Row};
use crate::vm::trap::Trap;
use crate::vm::{Kind, Vm};
use se_crypto::{Hash, Hasher};

const CLASS: &str = "javacard/security/MessageDigest";
const INITIALIZED: &str = "javacard/security/InitializedMessageDigest";

/// Cells of the class.
pub const LAYOUTS: &[Layout] = &[(CLASS, 1, 0)];

/// The native methods.
pub const NATIVES: &[Row] = &[
    (
        CLASS,
        "getInstance",
        "(BZ)Ljavacard/security/MessageDigest;",
        get_instance,
    ),
    (
        CLASS,
        "getInitializedMessageDigestInstance",
        "(BZ)Ljavacard/security/InitializedMessageDigest;",
        get_initialized_instance,
    ),
    (
        INITIALIZED,
        "setInitialDigest",
        "([BSS[BSS)V",
        |vm, arguments| {
            let hash = hash(vm, reference(arguments, 0))?;
            set_initial_digest(vm, arguments, hash)
        },
    ),
    (CLASS, "<init>", "()V", crate::api::exceptions::nothing),
    (CLASS, "doFinal", "([BSS[BS)S", do_final),
    (CLASS, "update", "([BSS)V", update),
    (CLASS, "reset", "()V", |vm, arguments| {
        take_stream(vm, reference(arguments, 0));
        Ok(0)
    }),
    (CLASS, "getAlgorithm", "()B", |vm, arguments| {
        cell(vm, reference(arguments, 0), 0).map(i32::from)
    }),
    (CLASS, "getLength", "()B", |vm, arguments| {
        Ok(count(hash(vm, reference(arguments, 0))?.length()))
    }),
];

pub(super) fn get_instance(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    let algorithm = byte(arguments, 0);
    super::check_algorithm(vm, CLASS, algorithm)?;
    hash_of(algorithm).ok_or(NO_SUCH_ALGORITHM)?;
    let class = vm.program.class_named(CLASS);
    let object = vm.allocate(Kind::Instance, 1, class, 0)?;
    set_cell(vm, object, 0, algorithm.into())?;
    Ok(object.into())
}

/// SHA-3 has no chaining value that the method could take.
pub(super) fn get_initialized_instance(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    let hash = hash_of(byte(arguments, 0)).ok_or(NO_SUCH_ALGORITHM)?;
    if hash.state_length() == 0 {
        return Err(NO_SUCH_ALGORITHM);
    }
    let object = get_instance(vm, arguments)?;
    let class = vm.program.class_named(INITIALIZED);
    vm.heap
        .set_class(u16::try_from(object).map_err(|_| NO_SUCH_ALGORITHM)?, class);
    Ok(object)
}

/// Starts from a chaining value and the number of bytes behind it, as `MessageDigest` and
/// `Signature` take it.
pub(super) fn set_initial_digest(
    vm: &mut Vm<'_>,
    arguments: &[i16],
    hash: Hash,
) -> Result<i32, Trap> {
    let this = reference(arguments, 0);
    let state = range_at(vm, arguments, 1)?;
    let length = range_at(vm, arguments, 4)?;
    let length = length.bytes(vm.heap).iter().try_fold(0u64, |value, byte| {
        value.checked_mul(256)?.checked_add(u64::from(*byte))
    });
    let hasher = length
        .filter(|length| *length > 0)
        .and_then(|length| hash.resume(state.bytes(vm.heap), length))
        .ok_or(ILLEGAL_VALUE)?;
    take_stream(vm, this);
    keep_stream(vm, this, Stream::Hash(Box::new(hasher)));
    Ok(0)
}

pub(crate) fn hash(vm: &Vm<'_>, this: u16) -> Result<Hash, Trap> {
    let [_, algorithm] = cell(vm, this, 0)?.to_be_bytes();
    hash_of(algorithm).ok_or(NO_SUCH_ALGORITHM)
}

fn hasher(vm: &mut Vm<'_>, this: u16) -> Result<Hasher, Trap> {
    Ok(match take_stream(vm, this) {
        Some(Stream::Hash(hasher)) => *hasher,
        _ => hash(vm, this)?.hasher(),
    })
}

fn update(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    let this = reference(arguments, 0);
    let data = range_at(vm, arguments, 1)?;
    let mut hasher = hasher(vm, this)?;
    hasher.update(data.bytes(vm.heap));
    keep_stream(vm, this, Stream::Hash(Box::new(hasher)));
    Ok(0)
}

fn do_final(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    let this = reference(arguments, 0);
    let data = range_at(vm, arguments, 1)?;
    let mut hasher = hasher(vm, this)?;
    hasher.update(data.bytes(vm.heap));
    let digest = hasher.finish();
    write(vm, reference(arguments, 4), word(arguments, 5), &digest)?;
    Ok(count(digest.len()))
}
