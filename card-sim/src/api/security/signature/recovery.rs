//! `javacard.security.SignatureMessageRecovery`: signatures of ISO 9796-2 that hold a part of the message.

use super::scheme::Scheme;
use super::{
    ALGORITHM, MODE, MODE_SIGN, MODE_VERIFY, absorb, get_length, key_for, scheme, take_message,
};
use crate::api::Row;
use crate::api::arguments::{array, cell, count, range_at, reference, word, write};
use crate::api::security::iso9796;
use crate::api::security::key_pair::{rsa_private, rsa_public};
use crate::api::security::{ILLEGAL_USE, Stream, keep_message, keep_stream, take_stream};
use crate::vm::trap::Trap;
use crate::vm::{Kind, Vm};
use se_crypto::Hash;

pub(super) const CLASS: &str = "javacard/security/SignatureMessageRecovery";

/// The native methods.
pub const NATIVES: &[Row] = &[
    (
        CLASS,
        "init",
        "(Ljavacard/security/Key;B)V",
        |vm, arguments| super::init(vm, arguments, &[]),
    ),
    (CLASS, "beginVerify", "([BSS)S", begin_verify),
    (CLASS, "sign", "([BSS[BS[SS)S", sign_with_recovery),
    (CLASS, "verify", "([BSS)Z", verify_rest),
    (CLASS, "update", "([BSS)V", update_recovery),
    (CLASS, "getLength", "()S", get_length),
    (CLASS, "getAlgorithm", "()B", |vm, arguments| {
        cell(vm, reference(arguments, 0), ALGORITHM).map(i32::from)
    }),
];

/// Signs the message that was taken in (ISO 9796-2); also gives how many bytes of it the signature
/// holds.
pub(super) fn sign_whole(
    vm: &mut Vm<'_>,
    this: u16,
    key: u16,
    hash: Hash,
) -> Result<(Vec<u8>, usize), Trap> {
    let message = take_message(vm, this);
    let key = rsa_private(vm, key)?;
    let (block, recovered) = iso9796::encode(hash, &message, key.length()).ok_or(ILLEGAL_USE)?;
    let signature = key.private_operation(&block).map_err(|_| ILLEGAL_USE)?;
    Ok((signature.to_vec(), recovered))
}

/// Whether a signature is one of the whole message that was taken in.
pub(super) fn verify_whole(
    vm: &mut Vm<'_>,
    this: u16,
    key: u16,
    hash: Hash,
    signature: &[u8],
) -> Result<bool, Trap> {
    let message = take_message(vm, this);
    let block = rsa_public(vm, key)?.public_operation(signature);
    let recovered = block.ok().and_then(|block| iso9796::decode(hash, &block));
    Ok(recovered.is_some_and(|recovered| {
        message.starts_with(&recovered.message)
            && recovered.is_whole == (recovered.message.len() == message.len())
            && hash.digest(&[&message]) == recovered.digest
    }))
}

/// (message, offset, length, signature, offset, array for the length of the recoverable part, offset)
fn sign_with_recovery(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    let this = reference(arguments, 0);
    let key = key_for(vm, this, MODE_SIGN)?;
    let Scheme::Iso9796(hash, _) = scheme(vm, this)? else {
        return Err(ILLEGAL_USE);
    };
    let lengths = array(vm, reference(arguments, 6), Kind::ShortArray)?;
    let place = u16::try_from(word(arguments, 7)).map_err(|_| Trap::INDEX)?;
    if place >= lengths.length {
        return Err(Trap::INDEX);
    }
    absorb(vm, arguments)?;
    let (signature, recovered) = sign_whole(vm, this, key, hash)?;
    let recovered = i16::try_from(recovered).map_err(|_| ILLEGAL_USE)?;
    write(vm, reference(arguments, 4), word(arguments, 5), &signature)?;
    let address = lengths.address + 2 * u32::from(place);
    vm.heap.write(address, recovered.to_be_bytes())?;
    Ok(count(signature.len()))
}

/// Puts the recoverable part of the message where the signature was; gives its length.
fn begin_verify(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    let this = reference(arguments, 0);
    let key = key_for(vm, this, MODE_VERIFY)?;
    let Scheme::Iso9796(hash, _) = scheme(vm, this)? else {
        return Err(ILLEGAL_USE);
    };
    let signature = range_at(vm, arguments, 1)?.copy(vm.heap);
    let block = rsa_public(vm, key)?
        .public_operation(&signature)
        .map_err(|_| ILLEGAL_USE)?;
    let recovered = iso9796::decode(hash, &block).ok_or(ILLEGAL_USE)?;
    write(
        vm,
        reference(arguments, 1),
        word(arguments, 2),
        &recovered.message,
    )?;
    let length = recovered.message.len();
    take_stream(vm, this);
    keep_stream(
        vm,
        this,
        Stream::Recovery(Box::new((hash.hasher(), recovered))),
    );
    Ok(count(length))
}

/// Takes the rest of a message in, if verification began; else another part of one to sign.
fn update_recovery(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    let this = reference(arguments, 0);
    match take_stream(vm, this) {
        Some(Stream::Recovery(mut state)) => {
            let data = range_at(vm, arguments, 1)?.copy(vm.heap);
            state.1.message.extend(data);
            keep_message(vm, this, Stream::Recovery(state))?;
        }
        other => {
            if let Some(stream) = other {
                keep_stream(vm, this, stream);
            }
            if cell(vm, this, MODE)? == i16::from(MODE_VERIFY) {
                return Err(ILLEGAL_USE);
            }
            absorb(vm, arguments)?;
        }
    }
    Ok(0)
}

/// Ends what [`begin_verify`] began with the part of the message that the signature does not hold.
fn verify_rest(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    let this = reference(arguments, 0);
    key_for(vm, this, MODE_VERIFY)?;
    let rest = range_at(vm, arguments, 1)?.copy(vm.heap);
    let Some(Stream::Recovery(state)) = take_stream(vm, this) else {
        return Err(ILLEGAL_USE);
    };
    let (mut hasher, recovered) = *state;
    hasher.update(&recovered.message);
    hasher.update(&rest);
    Ok((hasher.finish() == recovered.digest).into())
}
