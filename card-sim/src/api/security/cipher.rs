//! `javacardx.crypto.Cipher`.
//!
//! Cells: the key, the mode, the algorithm code, the place in `SCHEMES` plus one, and the
//! initial vector (eight cells).

use super::key_pair::{rsa_private, rsa_public};
use super::keys::{self, Sort, component};
use super::rsa_padding::{oaep_decode, oaep_encode};
use super::{
    ILLEGAL_USE, ILLEGAL_VALUE, INVALID_INIT, NO_SUCH_ALGORITHM, Stream, UNINITIALIZED_KEY,
    keep_stream, take_stream,
};
use crate::api::arguments::{
    byte, cell, cell_address, count, range_at, reference, set_cell, word, write,
};
use crate::api::{Layout, Row};
use crate::vm::trap::Trap;
use crate::vm::{Kind, Vm};
use se_crypto::zeroize::Zeroizing;
use se_crypto::{AesKey, DesKey, Hash};

const CLASS: &str = "javacardx/crypto/Cipher";

/// Cells of the class.
pub const LAYOUTS: &[Layout] = &[(CLASS, 12, 1)];

const KEY: u16 = 0;
const MODE: u16 = 1;
const ALGORITHM: u16 = 2;
const SCHEME: u16 = 3;
const INITIAL_VECTOR: u16 = 4;

const MODE_DECRYPT: u8 = 1;
const MODE_ENCRYPT: u8 = 2;

/// How data are brought to whole blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Padding {
    /// Not at all.
    None,
    /// Zeros (ISO 9797-1 method 1); they stay after decryption.
    Zeros,
    /// 80 and zeros (ISO 9797-1 method 2).
    Bit,
    /// As many bytes as are missing, each with that number.
    Pkcs5,
}

/// What a cipher object does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scheme {
    /// A block cipher; true for AES, else DES; true for CBC, else ECB.
    Blocks(bool, bool, Padding),
    /// RSAES-PKCS1-v1_5, or block type 1 with a private key.
    RsaPkcs1,
    /// RSAES-OAEP with an empty label.
    RsaOaep(Hash),
    /// Raw RSA.
    RsaPlain,
}

/// (`ALG_*` code, `CIPHER_*`, `PAD_*`, scheme)
const SCHEMES: &[(u8, u8, u8, Scheme)] = &[
    (1, 3, 1, Scheme::Blocks(false, true, Padding::None)),
    (2, 3, 2, Scheme::Blocks(false, true, Padding::Zeros)),
    (3, 3, 3, Scheme::Blocks(false, true, Padding::Bit)),
    (4, 3, 6, Scheme::Blocks(false, true, Padding::Pkcs5)),
    (5, 4, 1, Scheme::Blocks(false, false, Padding::None)),
    (6, 4, 2, Scheme::Blocks(false, false, Padding::Zeros)),
    (7, 4, 3, Scheme::Blocks(false, false, Padding::Bit)),
    (8, 4, 6, Scheme::Blocks(false, false, Padding::Pkcs5)),
    (10, 7, 7, Scheme::RsaPkcs1),
    (12, 7, 1, Scheme::RsaPlain),
    (15, 7, 9, Scheme::RsaOaep(Hash::Sha1)),
    (0, 7, 13, Scheme::RsaOaep(Hash::Sha224)),
    (0, 7, 14, Scheme::RsaOaep(Hash::Sha256)),
    (0, 7, 15, Scheme::RsaOaep(Hash::Sha384)),
    (0, 7, 16, Scheme::RsaOaep(Hash::Sha512)),
    (13, 1, 1, Scheme::Blocks(true, true, Padding::None)),
    (14, 2, 1, Scheme::Blocks(true, false, Padding::None)),
    // The same for keys of 192 and 256 bits, by their older codes.
    (18, 1, 1, Scheme::Blocks(true, true, Padding::None)),
    (19, 2, 1, Scheme::Blocks(true, false, Padding::None)),
    (20, 1, 1, Scheme::Blocks(true, true, Padding::None)),
    (21, 2, 1, Scheme::Blocks(true, false, Padding::None)),
    (22, 1, 2, Scheme::Blocks(true, true, Padding::Zeros)),
    (23, 1, 3, Scheme::Blocks(true, true, Padding::Bit)),
    (24, 1, 6, Scheme::Blocks(true, true, Padding::Pkcs5)),
    (25, 2, 2, Scheme::Blocks(true, false, Padding::Zeros)),
    (26, 2, 3, Scheme::Blocks(true, false, Padding::Bit)),
    (27, 2, 6, Scheme::Blocks(true, false, Padding::Pkcs5)),
];

/// The native methods.
pub const NATIVES: &[Row] = &[
    (
        CLASS,
        "getInstance",
        "(BZ)Ljavacardx/crypto/Cipher;",
        |vm, arguments| {
            let code = byte(arguments, 0);
            make(vm, code, |scheme| scheme.0 == code && code != 0)
        },
    ),
    (
        CLASS,
        "getInstance",
        "(BBZ)Ljavacardx/crypto/Cipher;",
        |vm, arguments| get_instance_of_parts(vm, byte(arguments, 0), byte(arguments, 1)),
    ),
    (CLASS, "<init>", "()V", crate::api::exceptions::nothing),
    (
        CLASS,
        "init",
        "(Ljavacard/security/Key;B)V",
        |vm, arguments| init(vm, arguments, &[]),
    ),
    (
        CLASS,
        "init",
        "(Ljavacard/security/Key;B[BSS)V",
        |vm, arguments| {
            let vector = range_at(vm, arguments, 3)?.copy(vm.heap);
            init(vm, arguments, &vector)
        },
    ),
    (CLASS, "update", "([BSS[BS)S", update),
    (CLASS, "doFinal", "([BSS[BS)S", do_final),
    (CLASS, "getAlgorithm", "()B", |vm, arguments| {
        cell(vm, reference(arguments, 0), ALGORITHM).map(i32::from)
    }),
];

pub(super) fn get_instance_of_parts(vm: &mut Vm<'_>, cipher: u8, padding: u8) -> Result<i32, Trap> {
    make(vm, 0, |scheme| scheme.1 == cipher && scheme.2 == padding)
}

fn make(
    vm: &mut Vm<'_>,
    code: u8,
    wanted: impl Fn(&(u8, u8, u8, Scheme)) -> bool,
) -> Result<i32, Trap> {
    let place = SCHEMES.iter().position(wanted).ok_or(NO_SUCH_ALGORITHM)?;
    let place = i16::try_from(place + 1).map_err(|_| NO_SUCH_ALGORITHM)?;
    let class = vm.program.class_named(CLASS);
    let object = vm.allocate(Kind::Instance, 12, class, 0)?;
    set_cell(vm, object, ALGORITHM, code.into())?;
    set_cell(vm, object, SCHEME, place)?;
    Ok(object.into())
}

fn scheme(vm: &Vm<'_>, this: u16) -> Result<Scheme, Trap> {
    let place = usize::try_from(cell(vm, this, SCHEME)?).map_err(|_| ILLEGAL_USE)?;
    place
        .checked_sub(1)
        .and_then(|place| SCHEMES.get(place))
        .map(|scheme| scheme.3)
        .ok_or(ILLEGAL_USE)
}

fn init(vm: &mut Vm<'_>, arguments: &[i16], vector: &[u8]) -> Result<i32, Trap> {
    let this = reference(arguments, 0);
    let key = reference(arguments, 1);
    let mode = byte(arguments, 2);
    if !keys::is_initialized(vm, key)? {
        return Err(UNINITIALIZED_KEY);
    }
    let scheme = scheme(vm, this)?;
    let fits = match (scheme, keys::sort(vm, key)?) {
        (Scheme::Blocks(is_aes, ..), sort) => sort == if is_aes { Sort::Aes } else { Sort::Des },
        (_, Sort::RsaPublic | Sort::RsaPrivate | Sort::RsaCrt) => true,
        _ => false,
    };
    let vector_fits = match scheme {
        Scheme::Blocks(is_aes, true, _) => {
            vector.is_empty() || vector.len() == block_length(is_aes)
        }
        _ => vector.is_empty(),
    };
    if !fits || !vector_fits || !matches!(mode, MODE_DECRYPT | MODE_ENCRYPT) {
        return Err(ILLEGAL_VALUE);
    }
    take_stream(vm, this);
    set_cell(vm, this, KEY, key.cast_signed())?;
    set_cell(vm, this, MODE, mode.into())?;
    if matches!(scheme, Scheme::Blocks(_, true, _)) {
        let mut full = [0; 16];
        for (place, byte) in full.iter_mut().zip(vector) {
            *place = *byte;
        }
        let address = cell_address(vm, this, INITIAL_VECTOR)?;
        vm.heap.write_slice(address, &full)?;
    }
    Ok(0)
}

const fn block_length(is_aes: bool) -> usize {
    if is_aes { 16 } else { 8 }
}

/// (key, whether it encrypts)
fn prepared(vm: &Vm<'_>, this: u16) -> Result<(u16, bool), Trap> {
    let key = cell(vm, this, KEY)?.cast_unsigned();
    if key == 0 {
        return Err(INVALID_INIT);
    }
    if !keys::is_initialized(vm, key)? {
        return Err(UNINITIALIZED_KEY);
    }
    Ok((key, cell(vm, this, MODE)? == i16::from(MODE_ENCRYPT)))
}

fn update(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    let this = reference(arguments, 0);
    let (key, encrypts) = prepared(vm, this)?;
    let data = range_at(vm, arguments, 1)?.copy(vm.heap);
    let output = match scheme(vm, this)? {
        Scheme::Blocks(is_aes, is_cbc, padding) => {
            let (chain, mut pending) = take_blocks(vm, this, is_aes)?;
            pending.extend_from_slice(&data);
            let block = block_length(is_aes);
            // The last block may hold padding: it waits for the end of the message.
            let keep = if !encrypts && padding != Padding::None {
                match pending.len() % block {
                    0 => block.min(pending.len()),
                    rest => rest,
                }
            } else {
                pending.len() % block
            };
            let whole = pending.len() - keep;
            let rest = Zeroizing::new(pending.split_off(whole));
            let (output, chain) =
                process_blocks(vm, key, is_aes, is_cbc, encrypts, &chain, &pending)?;
            keep_stream(vm, this, Stream::Blocks(chain, rest));
            output
        }
        _ => {
            let mut message = take_data(vm, this);
            message.extend_from_slice(&data);
            keep_stream(vm, this, Stream::Data(message));
            Vec::new()
        }
    };
    write(vm, reference(arguments, 4), word(arguments, 5), &output)?;
    Ok(count(output.len()))
}

fn take_data(vm: &mut Vm<'_>, this: u16) -> Zeroizing<Vec<u8>> {
    match take_stream(vm, this) {
        Some(Stream::Data(data)) => data,
        _ => Zeroizing::default(),
    }
}

/// A chaining value, and bytes that wait for their block.
type Blocks = (Zeroizing<Vec<u8>>, Zeroizing<Vec<u8>>);

/// Where the message stands: at its beginning, with the initial vector, if nothing was taken in.
fn take_blocks(vm: &mut Vm<'_>, this: u16, is_aes: bool) -> Result<Blocks, Trap> {
    if let Some(Stream::Blocks(chain, pending)) = take_stream(vm, this) {
        return Ok((chain, pending));
    }
    let address = cell_address(vm, this, INITIAL_VECTOR)?;
    let vector = vm.heap.slice(address, block_length(is_aes)).to_vec();
    Ok((Zeroizing::new(vector), Zeroizing::default()))
}

/// Processes whole blocks; gives the output and the next chaining value.
fn process_blocks(
    vm: &Vm<'_>,
    key: u16,
    is_aes: bool,
    is_cbc: bool,
    encrypts: bool,
    chain: &[u8],
    data: &[u8],
) -> Result<(Vec<u8>, Zeroizing<Vec<u8>>), Trap> {
    let secret = keys::get_component(vm, key, component::SECRET)?;
    let mut output = data.to_vec();
    let done = if is_aes {
        let key = AesKey::new(&secret).map_err(|_| ILLEGAL_VALUE)?;
        match (is_cbc, encrypts) {
            (true, true) => key.encrypt_cbc(chain, &mut output),
            (true, false) => key.decrypt_cbc(chain, &mut output),
            (false, true) => key.encrypt_ecb(&mut output),
            (false, false) => key.decrypt_ecb(&mut output),
        }
    } else {
        let key = DesKey::new(&secret).map_err(|_| ILLEGAL_VALUE)?;
        match (is_cbc, encrypts) {
            (true, true) => key.encrypt_cbc(chain, &mut output),
            (true, false) => key.decrypt_cbc(chain, &mut output),
            (false, true) => key.encrypt_ecb(&mut output),
            (false, false) => key.decrypt_ecb(&mut output),
        }
    };
    // Data that are no whole blocks where nothing pads them.
    done.map_err(|_| ILLEGAL_USE)?;
    let cipher_text: &[u8] = if encrypts { &output } else { data };
    let block = block_length(is_aes);
    let next = cipher_text
        .len()
        .checked_sub(block)
        .and_then(|start| cipher_text.get(start..))
        .unwrap_or(chain);
    let next = Zeroizing::new(next.to_vec());
    Ok((output, next))
}

fn do_final(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    let this = reference(arguments, 0);
    let (key, encrypts) = prepared(vm, this)?;
    let data = range_at(vm, arguments, 1)?.copy(vm.heap);
    let output = match scheme(vm, this)? {
        Scheme::Blocks(is_aes, is_cbc, padding) => {
            let (chain, mut message) = take_blocks(vm, this, is_aes)?;
            message.extend_from_slice(&data);
            if encrypts {
                pad(&mut message, block_length(is_aes), padding);
            }
            let (mut output, _) =
                process_blocks(vm, key, is_aes, is_cbc, encrypts, &chain, &message)?;
            if !encrypts {
                unpad(&mut output, block_length(is_aes), padding)?;
            }
            output
        }
        scheme => {
            let mut message = take_data(vm, this);
            message.extend_from_slice(&data);
            match scheme {
                Scheme::RsaOaep(hash) => oaep(vm, key, encrypts, hash, &message)?,
                _ => rsa(vm, key, encrypts, scheme == Scheme::RsaPkcs1, &message)?,
            }
        }
    };
    write(vm, reference(arguments, 4), word(arguments, 5), &output)?;
    Ok(count(output.len()))
}

fn pad(message: &mut Vec<u8>, block: usize, padding: Padding) {
    let missing = block - message.len() % block;
    match padding {
        Padding::None => {}
        Padding::Zeros => message.resize(message.len().next_multiple_of(block), 0),
        Padding::Bit => {
            message.push(0x80);
            message.resize(message.len().next_multiple_of(block), 0);
        }
        Padding::Pkcs5 => {
            let filler = u8::try_from(missing).unwrap_or(0);
            message.resize(message.len() + missing, filler);
        }
    }
}

fn unpad(message: &mut Vec<u8>, block: usize, padding: Padding) -> Result<(), Trap> {
    match padding {
        Padding::None | Padding::Zeros => {}
        Padding::Bit => {
            let end = message.iter().rposition(|byte| *byte != 0);
            match end.map(|end| (end, message.get(end))) {
                Some((end, Some(0x80))) => message.truncate(end),
                _ => return Err(ILLEGAL_USE),
            }
        }
        Padding::Pkcs5 => {
            let filler = message.last().copied().ok_or(ILLEGAL_USE)?;
            let length = usize::from(filler);
            let start = message.len().checked_sub(length).ok_or(ILLEGAL_USE)?;
            let is_padding = (1..=block).contains(&length)
                && message
                    .get(start..)
                    .is_some_and(|tail| tail.iter().all(|byte| *byte == filler));
            if !is_padding {
                return Err(ILLEGAL_USE);
            }
            message.truncate(start);
        }
    }
    Ok(())
}

fn rsa(
    vm: &mut Vm<'_>,
    key: u16,
    encrypts: bool,
    pads: bool,
    message: &[u8],
) -> Result<Vec<u8>, Trap> {
    let is_public = keys::sort(vm, key)? == Sort::RsaPublic;
    if is_public {
        let key = rsa_public(vm, key)?;
        let input = if pads && encrypts {
            pad_type_2(vm, message, key.length())?
        } else {
            message.to_vec()
        };
        let output = key.public_operation(&input).map_err(|_| ILLEGAL_USE)?;
        return if pads && !encrypts {
            unpad_rsa(&output)
        } else {
            Ok(output)
        };
    }
    let key = rsa_private(vm, key)?;
    if pads && encrypts {
        return key.sign_padded(message).map_err(|_| ILLEGAL_USE);
    }
    let output = key.private_operation(message).map_err(|_| ILLEGAL_USE)?;
    if pads {
        unpad_rsa(&output)
    } else {
        Ok(output.to_vec())
    }
}

fn oaep(
    vm: &mut Vm<'_>,
    key: u16,
    encrypts: bool,
    hash: Hash,
    message: &[u8],
) -> Result<Vec<u8>, Trap> {
    if encrypts {
        let key = rsa_public(vm, key)?;
        let mut seed = vec![0; hash.length()];
        vm.session.random.random.fill(&mut seed);
        let padded = oaep_encode(hash, message, &seed, key.length()).ok_or(ILLEGAL_USE)?;
        return key.public_operation(&padded).map_err(|_| ILLEGAL_USE);
    }
    let padded = rsa_private(vm, key)?
        .private_operation(message)
        .map_err(|_| ILLEGAL_USE)?;
    oaep_decode(hash, &padded).ok_or(ILLEGAL_USE)
}

/// Block type 2 with random filler (RFC 8017 §7.2.1).
fn pad_type_2(vm: &mut Vm<'_>, message: &[u8], length: usize) -> Result<Vec<u8>, Trap> {
    let filler = length
        .checked_sub(message.len() + 3)
        .filter(|filler| *filler >= 8)
        .ok_or(ILLEGAL_USE)?;
    let mut padded = vec![0, 2];
    while padded.len() < filler + 2 {
        let mut byte = [0];
        vm.session.random.random.fill(&mut byte);
        if byte != [0] {
            padded.extend(byte);
        }
    }
    padded.push(0);
    padded.extend_from_slice(message);
    Ok(padded)
}

/// Takes block type 1 or 2 padding off.
fn unpad_rsa(padded: &[u8]) -> Result<Vec<u8>, Trap> {
    let [0, kind @ (1 | 2), rest @ ..] = padded else {
        return Err(ILLEGAL_USE);
    };
    let end = rest.iter().position(|byte| *byte == 0).ok_or(ILLEGAL_USE)?;
    let (filler, message) = rest.split_at(end);
    let is_filler = filler.len() >= 8 && (*kind == 2 || filler.iter().all(|byte| *byte == 0xFF));
    match message {
        [0, message @ ..] if is_filler => Ok(message.to_vec()),
        _ => Err(ILLEGAL_USE),
    }
}
