//! `javacardx.crypto.Cipher`.
//!
//! Cells: the key, the mode, the algorithm code, the codes of its two parts (`CIPHER_*`, `PAD_*`), and
//! the initial vector (eight cells).

use super::aead;
use super::block_padding::BlockPadding;
use super::key_pair::{rsa_private, rsa_public};
use super::keys::{self, Sort, component};
use super::rsa_padding::{oaep_decode, oaep_encode};
use super::{
    ILLEGAL_USE, ILLEGAL_VALUE, INVALID_INIT, NO_SUCH_ALGORITHM, Stream, UNINITIALIZED_KEY,
    keep_message, keep_stream, take_stream,
};
use crate::api::arguments::{
    byte, cell, cell_address, count, range_at, reference, set_cell, word, write,
};
use crate::api::{Layout, Row};
use crate::vm::trap::Trap;
use crate::vm::{Kind, Vm};
use se_crypto::zeroize::Zeroizing;
use se_crypto::{AeadMode, AesKey, DesKey, Hash};

const CLASS: &str = "javacardx/crypto/Cipher";

const CELLS: u16 = 13;

/// Cells of the class.
pub const LAYOUTS: &[Layout] = &[(CLASS, CELLS, 1)];

pub(crate) const KEY: u16 = 0;
pub(super) const MODE: u16 = 1;
const ALGORITHM: u16 = 2;
const CIPHER: u16 = 3;
const PADDING: u16 = 4;
const INITIAL_VECTOR: u16 = 5;

pub(super) const MODE_DECRYPT: u8 = 1;
pub(super) const MODE_ENCRYPT: u8 = 2;

/// What a cipher object does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scheme {
    /// A block cipher; true for AES, else DES; true for CBC, else ECB.
    Blocks(bool, bool, BlockPadding),
    /// AES in counter mode.
    Counter,
    /// AES with authentication.
    Aead(AeadMode),
    /// RSAES-PKCS1-v1_5, or block type 1 with a private key.
    RsaPkcs1,
    /// RSAES-OAEP with an empty label.
    RsaOaep(Hash),
    /// Raw RSA.
    RsaPlain,
}

impl Scheme {
    /// What the codes of cipher and padding mean together, if the card has it.
    pub(super) fn of_parts(cipher: u8, padding: u8) -> Option<Self> {
        let pads_not = padding <= 1;
        Some(match (cipher, padding) {
            (1..=4, _) => Self::Blocks(
                cipher <= 2,
                matches!(cipher, 1 | 3),
                BlockPadding::of_code(padding)?,
            ),
            (7, 1) => Self::RsaPlain,
            (7, 7) => Self::RsaPkcs1,
            (7, 9) => Self::RsaOaep(Hash::Sha1),
            (7, 13) => Self::RsaOaep(Hash::Sha224),
            (7, 14) => Self::RsaOaep(Hash::Sha256),
            (7, 15) => Self::RsaOaep(Hash::Sha384),
            (7, 16) => Self::RsaOaep(Hash::Sha512),
            (7, 17) => Self::RsaOaep(Hash::Sha3_224),
            (7, 18) => Self::RsaOaep(Hash::Sha3_256),
            (7, 19) => Self::RsaOaep(Hash::Sha3_384),
            (7, 20) => Self::RsaOaep(Hash::Sha3_512),
            (8, _) if pads_not => Self::Counter,
            // AEADCipher.CIPHER_AES_GCM and CIPHER_AES_CCM: -15 and -14.
            (0xF1, _) if pads_not => Self::Aead(AeadMode::Gcm),
            (0xF2, _) if pads_not => Self::Aead(AeadMode::Ccm),
            _ => return None,
        })
    }
}

/// (`ALG_*` code, `CIPHER_*`, `PAD_*`)
const ALGORITHMS: &[(u8, u8, u8)] = &[
    (1, 3, 1),
    (2, 3, 2),
    (3, 3, 3),
    (4, 3, 6),
    (5, 4, 1),
    (6, 4, 2),
    (7, 4, 3),
    (8, 4, 6),
    (10, 7, 7),
    (12, 7, 1),
    (13, 1, 1),
    (14, 2, 1),
    (15, 7, 9),
    // The same for keys of 192 and 256 bits, by their older codes.
    (18, 1, 1),
    (19, 2, 1),
    (20, 1, 1),
    (21, 2, 1),
    (22, 1, 2),
    (23, 1, 3),
    (24, 1, 6),
    (25, 2, 2),
    (26, 2, 3),
    (27, 2, 6),
    // ALG_AES_CTR; AEADCipher.ALG_AES_GCM and ALG_AES_CCM.
    (0xF0, 8, 1),
    (0xF3, 0xF1, 0),
    (0xF4, 0xF2, 0),
];

/// Whether the card has a `Cipher.ALG_*` or `AEADCipher.ALG_*` code.
#[must_use]
pub fn has(code: u8) -> bool {
    ALGORITHMS.iter().any(|algorithm| algorithm.0 == code)
}

/// Whether the card has a `CIPHER_*` code with any padding.
#[must_use]
pub fn has_cipher(cipher: u8) -> bool {
    (0..=22).any(|padding| Scheme::of_parts(cipher, padding).is_some())
}

/// Whether any cipher takes a `PAD_*` code.
#[must_use]
pub fn has_padding(padding: u8) -> bool {
    (0..=255).any(|cipher| Scheme::of_parts(cipher, padding).is_some())
}

/// The native methods.
pub const NATIVES: &[Row] = &[
    (
        CLASS,
        "getInstance",
        "(BZ)Ljavacardx/crypto/Cipher;",
        |vm, arguments| {
            let code = byte(arguments, 0);
            let parts = ALGORITHMS.iter().find(|algorithm| algorithm.0 == code);
            let &(_, cipher, padding) = parts.ok_or(NO_SUCH_ALGORITHM)?;
            make(vm, code, cipher, padding)
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
        code(vm, reference(arguments, 0), ALGORITHM)
    }),
    (CLASS, "getCipherAlgorithm", "()B", |vm, arguments| {
        code(vm, reference(arguments, 0), CIPHER)
    }),
    (CLASS, "getPaddingAlgorithm", "()B", |vm, arguments| {
        code(vm, reference(arguments, 0), PADDING)
    }),
];

/// A code as a Java byte.
fn code(vm: &Vm<'_>, this: u16, index: u16) -> Result<i32, Trap> {
    let [_, code] = cell(vm, this, index)?.to_be_bytes();
    Ok(code.cast_signed().into())
}

pub(super) fn get_instance_of_parts(vm: &mut Vm<'_>, cipher: u8, padding: u8) -> Result<i32, Trap> {
    let known = ALGORITHMS
        .iter()
        .find(|algorithm| (algorithm.1, algorithm.2) == (cipher, padding));
    // 0: an algorithm that has no code of its own.
    make(
        vm,
        known.map_or(0, |algorithm| algorithm.0),
        cipher,
        padding,
    )
}

fn make(vm: &mut Vm<'_>, code: u8, cipher: u8, padding: u8) -> Result<i32, Trap> {
    super::check_algorithm(vm, CLASS, code)?;
    let scheme = Scheme::of_parts(cipher, padding).ok_or(NO_SUCH_ALGORITHM)?;
    let class = vm.program.class_named(match scheme {
        Scheme::Aead(_) => aead::CLASS,
        _ => CLASS,
    });
    let object = vm.allocate(Kind::Instance, CELLS, class, 0)?;
    set_cell(vm, object, ALGORITHM, code.into())?;
    set_cell(vm, object, CIPHER, cipher.into())?;
    set_cell(vm, object, PADDING, padding.into())?;
    Ok(object.into())
}

pub(super) fn scheme(vm: &Vm<'_>, this: u16) -> Result<Scheme, Trap> {
    let part = |index| cell(vm, this, index).map(|value| value.to_be_bytes()[1]);
    Scheme::of_parts(part(CIPHER)?, part(PADDING)?).ok_or(ILLEGAL_USE)
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
        (Scheme::Counter | Scheme::Aead(_), sort) => sort == Sort::Aes,
        (_, Sort::RsaPublic | Sort::RsaPrivate | Sort::RsaCrt) => true,
        _ => false,
    };
    let vector_fits = match scheme {
        Scheme::Blocks(is_aes, true, _) => {
            vector.is_empty() || vector.len() == block_length(is_aes)
        }
        Scheme::Counter => vector.is_empty() || vector.len() == AesKey::BLOCK,
        Scheme::Aead(_) => true,
        _ => vector.is_empty(),
    };
    if !fits || !vector_fits || !matches!(mode, MODE_DECRYPT | MODE_ENCRYPT) {
        return Err(ILLEGAL_VALUE);
    }
    take_stream(vm, this);
    set_cell(vm, this, KEY, key.cast_signed())?;
    set_cell(vm, this, MODE, mode.into())?;
    if let Scheme::Aead(mode) = scheme {
        return aead::begin(vm, this, key, mode, vector, None);
    }
    if matches!(scheme, Scheme::Blocks(_, true, _) | Scheme::Counter) {
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
pub(super) fn prepared(vm: &Vm<'_>, this: u16) -> Result<(u16, bool), Trap> {
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
            let keep = if !encrypts && padding != BlockPadding::None {
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
        Scheme::Counter => count_through(vm, this, key, &data)?,
        Scheme::Aead(_) => aead::update(vm, this, &data)?,
        _ => {
            let mut message = take_data(vm, this);
            message.extend_from_slice(&data);
            keep_message(vm, this, Stream::Data(message))?;
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
                padding.apply(&mut message, block_length(is_aes));
            }
            let (mut output, _) =
                process_blocks(vm, key, is_aes, is_cbc, encrypts, &chain, &message)?;
            if !encrypts {
                padding.strip(&mut output, block_length(is_aes))?;
            }
            output
        }
        Scheme::Counter => {
            let output = count_through(vm, this, key, &data)?;
            take_stream(vm, this);
            output
        }
        Scheme::Aead(_) => aead::finish(vm, this, &data)?,
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

/// Adds the key stream to the next bytes of a message.
fn count_through(vm: &mut Vm<'_>, this: u16, key: u16, data: &[u8]) -> Result<Vec<u8>, Trap> {
    let position = match take_stream(vm, this) {
        Some(Stream::Position(position)) => position,
        _ => 0,
    };
    let secret = keys::get_component(vm, key, component::SECRET)?;
    let cipher = AesKey::new(&secret).map_err(|_| ILLEGAL_VALUE)?;
    let address = cell_address(vm, this, INITIAL_VECTOR)?;
    let vector = vm.heap.slice(address, AesKey::BLOCK);
    let counter = vector.first_chunk::<16>().copied().unwrap_or_default();
    let mut output = data.to_vec();
    cipher.apply_ctr(&counter, position, &mut output);
    let next = position.saturating_add(u64::try_from(data.len()).unwrap_or(0));
    keep_stream(vm, this, Stream::Position(next));
    Ok(output)
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
