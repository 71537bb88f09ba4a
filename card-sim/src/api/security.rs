//! `javacard.security` and `javacardx.crypto`.

pub mod aead;
mod block_padding;
pub mod checksum;
pub mod cipher;
pub mod digest;
mod iso9796;
pub mod key_agreement;
pub mod key_pair;
pub mod keys;
pub mod one_shot;
pub mod random_data;
mod rsa_padding;
pub mod signature;

use super::{Layout, Row};
use crate::vm::Vm;
use crate::vm::trap::{Throwable, Trap};
use se_crypto::{Hash, Hasher};
use zeroize::Zeroizing;

/// The native methods.
pub(crate) const NATIVES: [&[Row]; 11] = [
    aead::NATIVES,
    checksum::NATIVES,
    cipher::NATIVES,
    digest::NATIVES,
    key_agreement::NATIVES,
    key_pair::NATIVES,
    keys::NATIVES,
    one_shot::NATIVES,
    random_data::NATIVES,
    signature::NATIVES,
    signature::RECOVERY_NATIVES,
];

/// Cells of the classes.
pub(crate) const LAYOUTS: [&[Layout]; 8] = [
    checksum::LAYOUTS,
    cipher::LAYOUTS,
    digest::LAYOUTS,
    key_agreement::LAYOUTS,
    key_pair::LAYOUTS,
    keys::LAYOUTS,
    random_data::LAYOUTS,
    signature::LAYOUTS,
];

/// Reason codes of `CryptoException`.
pub(crate) const ILLEGAL_VALUE: Trap = Trap::Throw(Throwable::Crypto, 1);
pub(crate) const UNINITIALIZED_KEY: Trap = Trap::Throw(Throwable::Crypto, 2);
pub(crate) const NO_SUCH_ALGORITHM: Trap = Trap::Throw(Throwable::Crypto, 3);

/// Whether a card of this kind has what a constant of the API names.
///
/// # Errors
/// A `CryptoException` (`NO_SUCH_ALGORITHM`) if its profile refuses it.
fn check_profile(vm: &Vm<'_>, class: &str, prefix: &str, value: i16) -> Result<(), Trap> {
    match &vm.session.profile {
        Some(profile) if !profile.has(class, prefix, value.into()) => Err(NO_SUCH_ALGORITHM),
        _ => Ok(()),
    }
}

/// The same for an algorithm given as a byte.
fn check_algorithm(vm: &Vm<'_>, class: &str, code: u8) -> Result<(), Trap> {
    check_profile(vm, class, "ALG_", code.cast_signed().into())
}
pub(crate) const INVALID_INIT: Trap = Trap::Throw(Throwable::Crypto, 4);
pub(crate) const ILLEGAL_USE: Trap = Trap::Throw(Throwable::Crypto, 5);

/// What a cryptographic object has taken in and not given out yet. It is as volatile as a card's
/// working memory: a reset forgets it.
#[derive(Clone)]
pub enum Stream {
    /// A hash under way.
    Hash(Box<Hasher>),
    /// Data that are only processed at the end.
    Data(Zeroizing<Vec<u8>>),
    /// How many bytes of a key stream are used.
    Position(u64),
    /// A message under authenticated encryption.
    Aead(Box<aead::Message>),
    /// A hash, and what came out of a signature with message recovery.
    Recovery(Box<(Hasher, iso9796::Recovered)>),
    /// The chaining value of a block cipher, and the bytes that do not fill a block yet.
    Blocks(Zeroizing<Vec<u8>>, Zeroizing<Vec<u8>>),
}

impl std::fmt::Debug for Stream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Stream(..)")
    }
}

impl Stream {
    /// Bytes of a message that wait for its end.
    fn waiting(&self) -> usize {
        match self {
            Self::Data(data) => data.len(),
            Self::Aead(message) => message.waiting(),
            Self::Recovery(state) => state.1.message.len(),
            Self::Hash(_) | Self::Position(_) | Self::Blocks(..) => 0,
        }
    }
}

/// The most bytes that may wait in all objects together. Cards process a message as it comes; here one that is
/// authenticated waits for its end, and must not fill the host's memory.
const MAX_WAITING: usize = 1 << 20;

/// Takes the stream of an object out of the session.
pub(crate) fn take_stream(vm: &mut Vm<'_>, object: u16) -> Option<Stream> {
    vm.charge(vm.session.streams.len());
    let streams = &mut vm.session.streams;
    let index = streams.iter().position(|(owner, _)| *owner == object)?;
    Some(streams.swap_remove(index).1)
}

/// Keeps the stream of an object.
pub(crate) fn keep_stream(vm: &mut Vm<'_>, object: u16, stream: Stream) {
    vm.session.streams.push((object, stream));
}

/// Keeps the stream of an object to which data were added.
///
/// # Errors
/// [`Trap::NO_RESOURCE`] if more waits than a card has room for; the stream is then gone.
pub(crate) fn keep_message(vm: &mut Vm<'_>, object: u16, stream: Stream) -> Result<(), Trap> {
    let others = vm.session.streams.iter().map(|(_, other)| other.waiting());
    if others.sum::<usize>() + stream.waiting() > MAX_WAITING {
        return Err(Trap::NO_RESOURCE);
    }
    keep_stream(vm, object, stream);
    Ok(())
}

/// The hash of a `MessageDigest.ALG_*` code.
pub(crate) fn hash_of(algorithm: u8) -> Option<Hash> {
    Some(match algorithm {
        1 => Hash::Sha1,
        2 => Hash::Md5,
        3 => Hash::Ripemd160,
        4 => Hash::Sha256,
        5 => Hash::Sha384,
        6 => Hash::Sha512,
        7 => Hash::Sha224,
        8 => Hash::Sha3_224,
        9 => Hash::Sha3_256,
        10 => Hash::Sha3_384,
        11 => Hash::Sha3_512,
        _ => return None,
    })
}
