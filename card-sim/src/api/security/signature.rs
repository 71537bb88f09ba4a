//! `javacard.security.Signature`.
//!
//! Cells: the key, the mode, the algorithm code, the codes of its three parts (`MessageDigest.ALG_*`,
//! `Signature.SIG_CIPHER_*`, `Cipher.PAD_*`), and the initial vector of authentication codes (eight
//! cells).

use super::digest::set_initial_digest;
use super::key_pair::{ec_private, ec_public, rsa_private, rsa_public};
use super::keys::{self, Sort, component};
use super::{
    ILLEGAL_USE, ILLEGAL_VALUE, INVALID_INIT, NO_SUCH_ALGORITHM, Stream, UNINITIALIZED_KEY,
    keep_message, take_stream,
};
use crate::api::arguments::{
    byte, cell, cell_address, count, range_at, reference, set_cell, word, write,
};
use crate::api::{Layout, Row};
use crate::vm::trap::Trap;
use crate::vm::{Kind, Vm};
use se_crypto::zeroize::Zeroizing;
use se_crypto::{AesKey, DesKey, hmac, pss_encode, pss_verify};

mod recovery;
mod scheme;

pub use recovery::NATIVES as RECOVERY_NATIVES;
use scheme::{ALGORITHMS, DesMacKind, DesMacLength, EcdsaForm, Recovery, Scheme};
pub use scheme::{has, has_cipher, has_padding};

const CLASS: &str = "javacard/security/Signature";

const CELLS: u16 = 14;

/// Cells of the class.
pub const LAYOUTS: &[Layout] = &[(CLASS, CELLS, 1)];

pub(crate) const KEY: u16 = 0;
const MODE: u16 = 1;
const ALGORITHM: u16 = 2;
pub(crate) const DIGEST: u16 = 3;
const CIPHER: u16 = 4;
const PADDING: u16 = 5;
const INITIAL_VECTOR: u16 = 6;

const MODE_SIGN: u8 = 1;
const MODE_VERIFY: u8 = 2;

/// The native methods.
pub const NATIVES: &[Row] = &[
    (
        CLASS,
        "getInstance",
        "(BZ)Ljavacard/security/Signature;",
        |vm, arguments| {
            let code = byte(arguments, 0);
            let parts = ALGORITHMS.iter().find(|algorithm| algorithm.0 == code);
            let &(_, digest, cipher, padding) = parts.ok_or(NO_SUCH_ALGORITHM)?;
            make(vm, code, [digest, cipher, padding])
        },
    ),
    (
        CLASS,
        "getInstance",
        "(BBBZ)Ljavacard/security/Signature;",
        get_instance_of_parts,
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
    (CLASS, "update", "([BSS)V", |vm, arguments| {
        absorb(vm, arguments)?;
        Ok(0)
    }),
    (CLASS, "sign", "([BSS[BS)S", sign),
    (CLASS, "verify", "([BSS[BSS)Z", verify),
    (CLASS, "signPreComputedHash", "([BSS[BS)S", sign_hash),
    (CLASS, "verifyPreComputedHash", "([BSS[BSS)Z", verify_hash),
    (CLASS, "getLength", "()S", get_length),
    (CLASS, "setInitialDigest", "([BSS[BSS)V", |vm, arguments| {
        let this = reference(arguments, 0);
        if cell(vm, this, KEY)? == 0 {
            return Err(INVALID_INIT);
        }
        let hash = scheme(vm, this)?.digest().ok_or(ILLEGAL_USE)?;
        set_initial_digest(vm, arguments, hash)
    }),
    (
        CLASS,
        "getMessageDigestAlgorithm",
        "()B",
        |vm, arguments| cell(vm, reference(arguments, 0), DIGEST).map(i32::from),
    ),
    (CLASS, "getCipherAlgorithm", "()B", |vm, arguments| {
        cell(vm, reference(arguments, 0), CIPHER).map(i32::from)
    }),
    (CLASS, "getPaddingAlgorithm", "()B", |vm, arguments| {
        cell(vm, reference(arguments, 0), PADDING).map(i32::from)
    }),
    (CLASS, "getAlgorithm", "()B", |vm, arguments| {
        cell(vm, reference(arguments, 0), ALGORITHM).map(i32::from)
    }),
];

/// The algorithm in three parts: digest, cipher, padding.
pub(super) fn get_instance_of_parts(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    let parts = [0, 1, 2].map(|index| byte(arguments, index));
    let known = ALGORITHMS
        .iter()
        .find(|(_, digest, cipher, padding)| [*digest, *cipher, *padding] == parts);
    // 0: an algorithm that has no code of its own.
    make(vm, known.map_or(0, |algorithm| algorithm.0), parts)
}

fn make(vm: &mut Vm<'_>, code: u8, parts: [u8; 3]) -> Result<i32, Trap> {
    let [digest, cipher, padding] = parts;
    super::check_algorithm(vm, CLASS, code)?;
    let scheme = Scheme::of_parts(digest, cipher, padding).ok_or(NO_SUCH_ALGORITHM)?;
    let class = match scheme {
        Scheme::Iso9796(_, Recovery::Given) => vm.program.hidden_class(recovery::CLASS),
        _ => vm.program.class_named(CLASS),
    };
    let object = vm.allocate(Kind::Instance, CELLS, class, 0)?;
    set_cell(vm, object, ALGORITHM, code.into())?;
    set_cell(vm, object, DIGEST, digest.into())?;
    set_cell(vm, object, CIPHER, cipher.into())?;
    set_cell(vm, object, PADDING, padding.into())?;
    Ok(object.into())
}

fn scheme(vm: &Vm<'_>, this: u16) -> Result<Scheme, Trap> {
    let part = |index| cell(vm, this, index).map(|value| value.to_be_bytes()[1]);
    Scheme::of_parts(part(DIGEST)?, part(CIPHER)?, part(PADDING)?).ok_or(ILLEGAL_USE)
}

fn init(vm: &mut Vm<'_>, arguments: &[i16], vector: &[u8]) -> Result<i32, Trap> {
    let this = reference(arguments, 0);
    let key = reference(arguments, 1);
    let mode = byte(arguments, 2);
    if !keys::is_initialized(vm, key)? {
        return Err(UNINITIALIZED_KEY);
    }
    let signs = mode == MODE_SIGN;
    let scheme = scheme(vm, this)?;
    let fits = match (scheme, keys::sort(vm, key)?) {
        (Scheme::Rsa(_) | Scheme::RsaBare(_) | Scheme::RsaPss(_) | Scheme::Iso9796(..), sort) => {
            match sort {
                Sort::RsaPrivate | Sort::RsaCrt => signs,
                Sort::RsaPublic => !signs,
                _ => false,
            }
        }
        (Scheme::Ecdsa(..), Sort::EcPrivate) => signs,
        (Scheme::Ecdsa(..), Sort::EcPublic) => !signs,
        (Scheme::Hmac(_), Sort::Hmac)
        | (Scheme::AesCmac | Scheme::AesMac(_), Sort::Aes)
        | (Scheme::DesMac(..), Sort::Des) => true,
        _ => false,
    };
    let vector_fits = vector.is_empty()
        || match scheme {
            Scheme::AesMac(_) => vector.len() == AesKey::BLOCK,
            Scheme::DesMac(..) => vector.len() == 8,
            _ => false,
        };
    if !fits || !vector_fits || !matches!(mode, MODE_SIGN | MODE_VERIFY) {
        return Err(ILLEGAL_VALUE);
    }
    take_stream(vm, this);
    set_cell(vm, this, KEY, key.cast_signed())?;
    set_cell(vm, this, MODE, mode.into())?;
    let mut full = [0; 16];
    for (place, byte) in full.iter_mut().zip(vector) {
        *place = *byte;
    }
    let address = cell_address(vm, this, INITIAL_VECTOR)?;
    if vm.heap.slice(address, full.len()) != full {
        vm.heap.write_slice(address, &full)?;
    }
    Ok(0)
}

/// The key, checked against the mode.
fn key_for(vm: &Vm<'_>, this: u16, mode: u8) -> Result<u16, Trap> {
    let key = cell(vm, this, KEY)?.cast_unsigned();
    if key == 0 || cell(vm, this, MODE)? != i16::from(mode) {
        return Err(INVALID_INIT);
    }
    if !keys::is_initialized(vm, key)? {
        return Err(UNINITIALIZED_KEY);
    }
    Ok(key)
}

/// Adds the data of arguments 1 to 3 to what was taken in.
fn absorb(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<(), Trap> {
    let this = reference(arguments, 0);
    if cell(vm, this, KEY)? == 0 {
        return Err(INVALID_INIT);
    }
    let data = range_at(vm, arguments, 1)?;
    let stream = match (scheme(vm, this)?.digest(), take_stream(vm, this)) {
        (Some(hash), stream) => {
            let mut hasher = match stream {
                Some(Stream::Hash(hasher)) => *hasher,
                _ => hash.hasher(),
            };
            hasher.update(data.bytes(vm.heap));
            Stream::Hash(Box::new(hasher))
        }
        (None, stream) => {
            let mut buffer = match stream {
                Some(Stream::Data(buffer)) => buffer,
                _ => Zeroizing::default(),
            };
            buffer.extend_from_slice(data.bytes(vm.heap));
            Stream::Data(buffer)
        }
    };
    keep_message(vm, this, stream)
}

/// The authentication code of what was taken in.
fn mac(vm: &mut Vm<'_>, this: u16, key: u16) -> Result<Vec<u8>, Trap> {
    let data = take_message(vm, this);
    let secret = keys::get_component(vm, key, component::SECRET)?;
    let address = cell_address(vm, this, INITIAL_VECTOR)?;
    let vector = vm.heap.slice(address, AesKey::BLOCK).to_vec();
    match scheme(vm, this)? {
        Scheme::Hmac(hash) => Ok(hmac(hash, &secret, &[&data])),
        Scheme::AesCmac => {
            let key = AesKey::new(&secret).map_err(|_| ILLEGAL_VALUE)?;
            Ok(key.cmac(&[&data]).to_vec())
        }
        Scheme::AesMac(padding) => {
            let key = AesKey::new(&secret).map_err(|_| ILLEGAL_VALUE)?;
            let mut blocks = data.clone();
            padding.apply(&mut blocks, AesKey::BLOCK);
            key.encrypt_cbc(&vector, &mut blocks)
                .map_err(|_| ILLEGAL_USE)?;
            blocks
                .last_chunk::<16>()
                .map(|mac| mac.to_vec())
                .ok_or(ILLEGAL_USE)
        }
        Scheme::DesMac(length, kind, padding) => {
            let key = DesKey::new(&secret).map_err(|_| ILLEGAL_VALUE)?;
            let vector = vector.first_chunk::<8>().copied().unwrap_or_default();
            let mut blocks = data.clone();
            padding.apply(&mut blocks, 8);
            let mac = match kind {
                DesMacKind::Retail => key.retail_mac(&vector, &blocks).map_err(|_| ILLEGAL_USE)?,
                DesMacKind::Triple => {
                    key.encrypt_cbc(&vector, &mut blocks)
                        .map_err(|_| ILLEGAL_USE)?;
                    *blocks.last_chunk::<8>().ok_or(ILLEGAL_USE)?
                }
            };
            let [a, b, c, d, ..] = mac;
            Ok(match length {
                DesMacLength::Four => vec![a, b, c, d],
                DesMacLength::Eight => mac.to_vec(),
            })
        }
        _ => Err(ILLEGAL_USE),
    }
}

fn sign_digest(vm: &mut Vm<'_>, this: u16, key: u16, digest: &[u8]) -> Result<Vec<u8>, Trap> {
    match scheme(vm, this)? {
        Scheme::Rsa(hash) => rsa_private(vm, key)?
            .sign_digest(hash, digest)
            .map_err(|_| ILLEGAL_USE),
        Scheme::RsaPss(hash) => {
            let key = rsa_private(vm, key)?;
            let mut salt = vec![0; hash.length()];
            vm.session.random.random.fill(&mut salt);
            let encoded = pss_encode(hash, digest, &salt, key.length()).ok_or(ILLEGAL_USE)?;
            let signature = key.private_operation(&encoded);
            signature
                .map(|signature| signature.to_vec())
                .map_err(|_| ILLEGAL_USE)
        }
        Scheme::RsaBare(_) => rsa_private(vm, key)?
            .sign_padded(digest)
            .map_err(|_| ILLEGAL_USE),
        Scheme::Ecdsa(hash, form) => {
            let key = ec_private(vm, key)?;
            match form {
                EcdsaForm::Der => key.sign_digest_der(hash, digest),
                EcdsaForm::Plain => key.sign_digest_plain(hash, digest),
            }
            .map_err(|_| ILLEGAL_VALUE)
        }
        _ => Err(ILLEGAL_USE),
    }
}

fn verify_digest(
    vm: &Vm<'_>,
    this: u16,
    key: u16,
    digest: &[u8],
    signature: &[u8],
) -> Result<bool, Trap> {
    match scheme(vm, this)? {
        Scheme::Rsa(hash) => Ok(rsa_public(vm, key)?
            .verify_digest(hash, digest, signature)
            .is_ok()),
        Scheme::RsaPss(hash) => Ok(rsa_public(vm, key)?
            .public_operation(signature)
            .is_ok_and(|encoded| pss_verify(hash, digest, &encoded))),
        Scheme::RsaBare(_) => {
            let key = rsa_public(vm, key)?;
            let padded = key
                .length()
                .checked_sub(digest.len() + 3)
                .map(|filler| [&[0, 1], vec![0xFF; filler].as_slice(), &[0], digest].concat());
            Ok(padded.is_some() && key.public_operation(signature).ok() == padded)
        }
        Scheme::Ecdsa(_, form) => {
            let key = ec_public(vm, key)?;
            let verified = match form {
                EcdsaForm::Der => key.verify_digest_der(digest, signature),
                EcdsaForm::Plain => key.verify_digest_plain(digest, signature),
            };
            Ok(verified.is_ok())
        }
        _ => Err(ILLEGAL_USE),
    }
}

/// Ends the hash of what was taken in.
fn finish_hash(vm: &mut Vm<'_>, this: u16) -> Result<Vec<u8>, Trap> {
    match take_stream(vm, this) {
        Some(Stream::Hash(hasher)) => Ok(hasher.finish()),
        _ => Err(ILLEGAL_USE),
    }
}

fn is_mac(scheme: Scheme) -> bool {
    scheme.digest().is_none()
}

/// What was taken in of a message that is only processed at the end.
fn take_message(vm: &mut Vm<'_>, this: u16) -> Zeroizing<Vec<u8>> {
    match take_stream(vm, this) {
        Some(Stream::Data(data)) => data,
        _ => Zeroizing::default(),
    }
}

fn sign(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    let this = reference(arguments, 0);
    let key = key_for(vm, this, MODE_SIGN)?;
    let scheme = scheme(vm, this)?;
    if matches!(scheme, Scheme::Iso9796(_, Recovery::Given)) {
        return Err(ILLEGAL_USE);
    }
    absorb(vm, arguments)?;
    let signature = match scheme {
        Scheme::Iso9796(hash, _) => recovery::sign_whole(vm, this, key, hash)?.0,
        _ if is_mac(scheme) => mac(vm, this, key)?,
        _ => {
            let digest = finish_hash(vm, this)?;
            sign_digest(vm, this, key, &digest)?
        }
    };
    write(vm, reference(arguments, 4), word(arguments, 5), &signature)?;
    Ok(count(signature.len()))
}

fn verify(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    let this = reference(arguments, 0);
    let key = key_for(vm, this, MODE_VERIFY)?;
    let signature = range_at(vm, arguments, 4)?.copy(vm.heap);
    let scheme = scheme(vm, this)?;
    if matches!(scheme, Scheme::Iso9796(_, Recovery::Given)) {
        return Err(ILLEGAL_USE);
    }
    absorb(vm, arguments)?;
    if let Scheme::Iso9796(hash, _) = scheme {
        return Ok(recovery::verify_whole(vm, this, key, hash, &signature)?.into());
    }
    if is_mac(scheme) {
        let expected = mac(vm, this, key)?;
        return Ok(se_crypto::equal(&expected, &signature).into());
    }
    let digest = finish_hash(vm, this)?;
    Ok(verify_digest(vm, this, key, &digest, &signature)?.into())
}

fn sign_hash(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    let this = reference(arguments, 0);
    let key = key_for(vm, this, MODE_SIGN)?;
    let digest = range_at(vm, arguments, 1)?.copy(vm.heap);
    let signature = sign_digest(vm, this, key, &digest)?;
    write(vm, reference(arguments, 4), word(arguments, 5), &signature)?;
    Ok(count(signature.len()))
}

fn verify_hash(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    let this = reference(arguments, 0);
    let key = key_for(vm, this, MODE_VERIFY)?;
    let digest = range_at(vm, arguments, 1)?.copy(vm.heap);
    let signature = range_at(vm, arguments, 4)?.copy(vm.heap);
    Ok(verify_digest(vm, this, key, &digest, &signature)?.into())
}

fn get_length(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    let this = reference(arguments, 0);
    let key = || {
        let key = cell(vm, this, KEY)?.cast_unsigned();
        if key == 0 { Err(INVALID_INIT) } else { Ok(key) }
    };
    Ok(match scheme(vm, this)? {
        Scheme::Rsa(_) | Scheme::RsaBare(_) | Scheme::RsaPss(_) | Scheme::Iso9796(..) => {
            i32::from(keys::bits(vm, key()?)? / 8)
        }
        Scheme::Ecdsa(_, form) => {
            let curve = keys::curve(vm, key()?)?;
            count(match form {
                EcdsaForm::Der => curve.der_signature_length(),
                EcdsaForm::Plain => 2 * curve.order_length(),
            })
        }
        Scheme::Hmac(hash) => count(hash.length()),
        Scheme::AesCmac | Scheme::AesMac(_) => 16,
        Scheme::DesMac(DesMacLength::Four, ..) => 4,
        Scheme::DesMac(DesMacLength::Eight, ..) => 8,
    })
}
