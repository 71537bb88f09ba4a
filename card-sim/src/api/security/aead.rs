//! `javacardx.crypto.AEADCipher`: GCM and CCM. Where a message stands lies in the session and is
//! forgotten at a reset, as on a card.

use super::cipher::{self, MODE_DECRYPT, MODE_ENCRYPT, Scheme};
use super::keys::{self, Sort, component};
use super::{
    ILLEGAL_USE, ILLEGAL_VALUE, INVALID_INIT, Stream, UNINITIALIZED_KEY, keep_message, keep_stream,
    take_stream,
};
use crate::api::Row;
use crate::api::arguments::{byte, count, range, range_at, reference, set_cell, word, write};
use crate::vm::Vm;
use crate::vm::trap::Trap;
use se_crypto::zeroize::Zeroizing;
use se_crypto::{Aead, AeadMode, AesKey};

pub(super) const CLASS: &str = "javacardx/crypto/AEADCipher";

/// The native methods beside those of `Cipher`.
pub const NATIVES: &[Row] = &[
    (CLASS, "<init>", "()V", crate::api::exceptions::nothing),
    (
        CLASS,
        "init",
        "(Ljavacard/security/Key;B[BSSSSS)V",
        init_with_lengths,
    ),
    (CLASS, "updateAAD", "([BSS)V", update_associated),
    (CLASS, "retrieveTag", "([BSS)S", retrieve_tag),
    (CLASS, "verifyTag", "([BSSS)Z", verify_tag),
];

/// A message between `init` and the tag.
#[derive(Clone)]
pub struct Message {
    aead: Aead,
    mode: AeadMode,
    lengths: Option<Lengths>,
    associated: Vec<u8>,
    plain: Zeroizing<Vec<u8>>,
    cipher: Vec<u8>,
    is_done: bool,
}

impl Message {
    /// Bytes that wait for the tag.
    pub(super) fn waiting(&self) -> usize {
        self.associated.len() + self.plain.len() + self.cipher.len()
    }
}

/// What `init` said of the message to come.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lengths {
    associated: usize,
    message: usize,
    tag: usize,
}

/// Begins a message with a nonce. CCM has to know all lengths before it.
pub(super) fn begin(
    vm: &mut Vm<'_>,
    this: u16,
    key: u16,
    mode: AeadMode,
    nonce: &[u8],
    lengths: Option<Lengths>,
) -> Result<i32, Trap> {
    if nonce.is_empty() || (mode == AeadMode::Ccm && lengths.is_none()) {
        return Err(INVALID_INIT);
    }
    let secret = keys::get_component(vm, key, component::SECRET)?;
    let key = AesKey::new(&secret).map_err(|_| ILLEGAL_VALUE)?;
    let aead = Aead::new(key, mode, nonce).map_err(|_| ILLEGAL_VALUE)?;
    take_stream(vm, this);
    let message = Message {
        aead,
        mode,
        lengths,
        associated: Vec::new(),
        plain: Zeroizing::default(),
        cipher: Vec::new(),
        is_done: false,
    };
    keep_stream(vm, this, Stream::Aead(Box::new(message)));
    Ok(0)
}

/// (key, mode, nonce, its offset, its length, lengths of associated data, message and tag)
fn init_with_lengths(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    let this = reference(arguments, 0);
    let key = reference(arguments, 1);
    let direction = byte(arguments, 2);
    let nonce = range_at(vm, arguments, 3)?.copy(vm.heap);
    let length = |index| usize::try_from(word(arguments, index)).map_err(|_| ILLEGAL_VALUE);
    let lengths = Lengths {
        associated: length(6)?,
        message: length(7)?,
        tag: length(8)?,
    };
    if !keys::is_initialized(vm, key)? {
        return Err(UNINITIALIZED_KEY);
    }
    let Scheme::Aead(mode) = cipher::scheme(vm, this)? else {
        return Err(ILLEGAL_USE);
    };
    if keys::sort(vm, key)? != Sort::Aes
        || !matches!(direction, MODE_DECRYPT | MODE_ENCRYPT)
        || !mode.has_tag_length(lengths.tag)
    {
        return Err(ILLEGAL_VALUE);
    }
    set_cell(vm, this, cipher::KEY, key.cast_signed())?;
    set_cell(vm, this, cipher::MODE, direction.into())?;
    begin(vm, this, key, mode, &nonce, Some(lengths))
}

/// The message under way, out of the session.
fn take(vm: &mut Vm<'_>, this: u16) -> Result<Box<Message>, Trap> {
    match take_stream(vm, this) {
        Some(Stream::Aead(message)) => Ok(message),
        _ => Err(INVALID_INIT),
    }
}

fn update_associated(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    let this = reference(arguments, 0);
    let data = range_at(vm, arguments, 1)?.copy(vm.heap);
    let mut message = take(vm, this)?;
    let length = message.associated.len() + data.len();
    let is_late = message.is_done || !message.cipher.is_empty();
    let is_long = message
        .lengths
        .is_some_and(|lengths| length > lengths.associated);
    if is_late || is_long {
        keep_stream(vm, this, Stream::Aead(message));
        return Err(ILLEGAL_USE);
    }
    message.associated.extend(data);
    keep_message(vm, this, Stream::Aead(message))?;
    Ok(0)
}

/// Encrypts or decrypts the next bytes.
pub(super) fn update(vm: &mut Vm<'_>, this: u16, data: &[u8]) -> Result<Vec<u8>, Trap> {
    let (_, encrypts) = cipher::prepared(vm, this)?;
    let mut message = take(vm, this)?;
    let position = message.cipher.len();
    let is_long = message
        .lengths
        .is_some_and(|lengths| position + data.len() > lengths.message);
    if message.is_done || is_long {
        keep_stream(vm, this, Stream::Aead(message));
        return Err(ILLEGAL_USE);
    }
    let mut output = data.to_vec();
    message
        .aead
        .apply(u64::try_from(position).unwrap_or(0), &mut output);
    let (plain, cipher) = if encrypts {
        (data, output.as_slice())
    } else {
        (output.as_slice(), data)
    };
    message.plain.extend_from_slice(plain);
    message.cipher.extend_from_slice(cipher);
    keep_message(vm, this, Stream::Aead(message))?;
    Ok(output)
}

/// Ends the message; its tag stays until the next `init`.
pub(super) fn finish(vm: &mut Vm<'_>, this: u16, data: &[u8]) -> Result<Vec<u8>, Trap> {
    let output = update(vm, this, data)?;
    let mut message = take(vm, this)?;
    let is_whole = message.lengths.is_none_or(|lengths| {
        message.cipher.len() == lengths.message && message.associated.len() == lengths.associated
    });
    message.is_done = is_whole;
    keep_stream(vm, this, Stream::Aead(message));
    if is_whole {
        Ok(output)
    } else {
        Err(ILLEGAL_USE)
    }
}

/// The tag of a finished message in this length.
fn tag(vm: &mut Vm<'_>, this: u16, length: i16) -> Result<Vec<u8>, Trap> {
    let message = take(vm, this)?;
    let length = usize::try_from(length).unwrap_or(0);
    let fits = message.mode.has_tag_length(length)
        && message.lengths.is_none_or(|lengths| lengths.tag == length);
    let tag = message
        .aead
        .tag(&message.associated, &message.plain, &message.cipher, length);
    let is_done = message.is_done;
    keep_stream(vm, this, Stream::Aead(message));
    match tag {
        _ if !is_done => Err(ILLEGAL_USE),
        Ok(tag) if fits => Ok(tag),
        _ => Err(ILLEGAL_VALUE),
    }
}

fn retrieve_tag(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    let this = reference(arguments, 0);
    let (_, encrypts) = cipher::prepared(vm, this)?;
    if !encrypts {
        return Err(ILLEGAL_USE);
    }
    let tag = tag(vm, this, word(arguments, 3))?;
    write(vm, reference(arguments, 1), word(arguments, 2), &tag)?;
    Ok(count(tag.len()))
}

/// (the tag received, its offset, its length, the length that is asked for)
fn verify_tag(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    let this = reference(arguments, 0);
    let (_, encrypts) = cipher::prepared(vm, this)?;
    if encrypts {
        return Err(ILLEGAL_USE);
    }
    let length = word(arguments, 3);
    let received = range(vm, reference(arguments, 1), word(arguments, 2), length)?.copy(vm.heap);
    if length < word(arguments, 4) {
        return Err(ILLEGAL_VALUE);
    }
    let tag = tag(vm, this, length)?;
    Ok(se_crypto::equal(&tag, &received).into())
}
