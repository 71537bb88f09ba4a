//! `javacard.security.Signature`.
//!
//! Cells: the key, the mode, the algorithm code, and the place in `SCHEMES` plus one.

use super::key_pair::{require_p256, rsa_private, rsa_public};
use super::keys::{self, Sort, component};
use super::rsa_padding::{pss_encode, pss_verify};
use super::{
    ILLEGAL_USE, ILLEGAL_VALUE, INVALID_INIT, NO_SUCH_ALGORITHM, Stream, UNINITIALIZED_KEY,
    keep_stream, take_stream,
};
use crate::api::arguments::{byte, cell, count, range_at, reference, set_cell, word, write};
use crate::api::{Layout, Row};
use crate::vm::trap::Trap;
use crate::vm::{Kind, Vm};
use se_crypto::zeroize::Zeroizing;
use se_crypto::{AesKey, DesKey, Hash, P256Key, hmac, verify_p256};

const CLASS: &str = "javacard/security/Signature";

/// Cells of the class.
pub const LAYOUTS: &[Layout] = &[(CLASS, 4, 1)];

const KEY: u16 = 0;
const MODE: u16 = 1;
const ALGORITHM: u16 = 2;
const SCHEME: u16 = 3;

const MODE_SIGN: u8 = 1;
const MODE_VERIFY: u8 = 2;

/// What a signature object does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scheme {
    /// RSASSA-PKCS1-v1_5.
    Rsa(Hash),
    /// RSASSA-PSS with a salt as long as the digest.
    RsaPss(Hash),
    /// ECDSA, DER form.
    Ecdsa(Hash),
    /// HMAC.
    Hmac(Hash),
    /// CMAC with AES.
    AesCmac,
    /// CBC-MAC with AES without padding.
    AesMac,
    /// CBC-MAC with DES or triple DES; the last field tells whether only the last block is tripled
    /// (ISO 9797-1 algorithm 3).
    DesMac(DesMacLength, DesMacPadding, bool),
}

/// Bytes of a DES MAC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum DesMacLength {
    Four,
    Eight,
}

/// How the data of a DES MAC are brought to whole blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum DesMacPadding {
    None,
    Zeros,
    Bit,
    Pkcs5,
}

impl DesMacPadding {
    fn apply(self, data: &mut Vec<u8>) {
        let missing = 8 - data.len() % 8;
        match self {
            Self::None => {}
            Self::Zeros => data.resize(data.len().next_multiple_of(8), 0),
            Self::Bit => {
                data.push(0x80);
                data.resize(data.len().next_multiple_of(8), 0);
            }
            Self::Pkcs5 => {
                let filler = u8::try_from(missing).unwrap_or(0);
                data.resize(data.len() + missing, filler);
            }
        }
    }
}

const fn des_mac(length: DesMacLength, padding: DesMacPadding) -> Scheme {
    Scheme::DesMac(length, padding, false)
}

const fn retail_mac(length: DesMacLength, padding: DesMacPadding) -> Scheme {
    Scheme::DesMac(length, padding, true)
}

/// (`ALG_*` code, digest, `SIG_CIPHER_*`, `PAD_*`, scheme)
const SCHEMES: &[(u8, u8, u8, u8, Scheme)] = &[
    (10, 1, 3, 7, Scheme::Rsa(Hash::Sha1)),
    (39, 7, 3, 7, Scheme::Rsa(Hash::Sha224)),
    (40, 4, 3, 7, Scheme::Rsa(Hash::Sha256)),
    (41, 5, 3, 7, Scheme::Rsa(Hash::Sha384)),
    (42, 6, 3, 7, Scheme::Rsa(Hash::Sha512)),
    (21, 1, 3, 8, Scheme::RsaPss(Hash::Sha1)),
    (43, 7, 3, 8, Scheme::RsaPss(Hash::Sha224)),
    (44, 4, 3, 8, Scheme::RsaPss(Hash::Sha256)),
    (45, 5, 3, 8, Scheme::RsaPss(Hash::Sha384)),
    (46, 6, 3, 8, Scheme::RsaPss(Hash::Sha512)),
    (17, 1, 5, 0, Scheme::Ecdsa(Hash::Sha1)),
    (37, 7, 5, 0, Scheme::Ecdsa(Hash::Sha224)),
    (33, 4, 5, 0, Scheme::Ecdsa(Hash::Sha256)),
    (34, 5, 5, 0, Scheme::Ecdsa(Hash::Sha384)),
    (38, 6, 5, 0, Scheme::Ecdsa(Hash::Sha512)),
    (24, 1, 7, 0, Scheme::Hmac(Hash::Sha1)),
    (25, 4, 7, 0, Scheme::Hmac(Hash::Sha256)),
    (26, 5, 7, 0, Scheme::Hmac(Hash::Sha384)),
    (27, 6, 7, 0, Scheme::Hmac(Hash::Sha512)),
    (49, 0, 10, 0, Scheme::AesCmac),
    (18, 0, 6, 1, Scheme::AesMac),
    (35, 0, 6, 1, Scheme::AesMac),
    (36, 0, 6, 1, Scheme::AesMac),
    (1, 0, 1, 1, des_mac(DesMacLength::Four, DesMacPadding::None)),
    (
        2,
        0,
        2,
        1,
        des_mac(DesMacLength::Eight, DesMacPadding::None),
    ),
    (
        3,
        0,
        1,
        2,
        des_mac(DesMacLength::Four, DesMacPadding::Zeros),
    ),
    (
        4,
        0,
        2,
        2,
        des_mac(DesMacLength::Eight, DesMacPadding::Zeros),
    ),
    (5, 0, 1, 3, des_mac(DesMacLength::Four, DesMacPadding::Bit)),
    (6, 0, 2, 3, des_mac(DesMacLength::Eight, DesMacPadding::Bit)),
    (
        7,
        0,
        1,
        6,
        des_mac(DesMacLength::Four, DesMacPadding::Pkcs5),
    ),
    (
        8,
        0,
        2,
        6,
        des_mac(DesMacLength::Eight, DesMacPadding::Pkcs5),
    ),
    (
        47,
        0,
        1,
        4,
        retail_mac(DesMacLength::Four, DesMacPadding::Zeros),
    ),
    (
        48,
        0,
        2,
        4,
        retail_mac(DesMacLength::Eight, DesMacPadding::Zeros),
    ),
    (
        19,
        0,
        1,
        5,
        retail_mac(DesMacLength::Four, DesMacPadding::Bit),
    ),
    (
        20,
        0,
        2,
        5,
        retail_mac(DesMacLength::Eight, DesMacPadding::Bit),
    ),
];

/// The native methods.
pub const NATIVES: &[Row] = &[
    (
        CLASS,
        "getInstance",
        "(BZ)Ljavacard/security/Signature;",
        |vm, arguments| {
            let code = byte(arguments, 0);
            make(vm, code, |scheme| scheme.0 == code)
        },
    ),
    (
        CLASS,
        "getInstance",
        "(BBBZ)Ljavacard/security/Signature;",
        get_instance_of_parts,
    ),
    (CLASS, "<init>", "()V", crate::api::exceptions::nothing),
    (CLASS, "init", "(Ljavacard/security/Key;B)V", init),
    (
        CLASS,
        "init",
        "(Ljavacard/security/Key;B[BSS)V",
        init_with_parameters,
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
    (CLASS, "getAlgorithm", "()B", |vm, arguments| {
        cell(vm, reference(arguments, 0), ALGORITHM).map(i32::from)
    }),
];

/// The algorithm in three parts: digest, cipher, padding.
pub(super) fn get_instance_of_parts(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    let [digest, cipher, padding] = [0, 1, 2].map(|index| byte(arguments, index));
    make(vm, 0, |scheme| {
        scheme.1 == digest
            && scheme.2 == cipher
            && (scheme.3 == padding || (scheme.3 == 0 && padding <= 1))
    })
}

fn make(
    vm: &mut Vm<'_>,
    code: u8,
    wanted: impl Fn(&(u8, u8, u8, u8, Scheme)) -> bool,
) -> Result<i32, Trap> {
    let place = SCHEMES.iter().position(wanted).ok_or(NO_SUCH_ALGORITHM)?;
    let place = i16::try_from(place + 1).map_err(|_| NO_SUCH_ALGORITHM)?;
    let class = vm.program.class_named(CLASS);
    let object = vm.allocate(Kind::Instance, 4, class, 0)?;
    set_cell(vm, object, ALGORITHM, code.into())?;
    set_cell(vm, object, SCHEME, place)?;
    Ok(object.into())
}

fn scheme(vm: &Vm<'_>, this: u16) -> Result<Scheme, Trap> {
    let place = usize::try_from(cell(vm, this, SCHEME)?).map_err(|_| ILLEGAL_USE)?;
    place
        .checked_sub(1)
        .and_then(|place| SCHEMES.get(place))
        .map(|scheme| scheme.4)
        .ok_or(ILLEGAL_USE)
}

fn init(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    let this = reference(arguments, 0);
    let key = reference(arguments, 1);
    let mode = byte(arguments, 2);
    if !keys::is_initialized(vm, key)? {
        return Err(UNINITIALIZED_KEY);
    }
    let signs = mode == MODE_SIGN;
    let fits = match (scheme(vm, this)?, keys::sort(vm, key)?) {
        (Scheme::Rsa(_) | Scheme::RsaPss(_), Sort::RsaPrivate | Sort::RsaCrt)
        | (Scheme::Ecdsa(_), Sort::EcPrivate) => signs,
        (Scheme::Rsa(_) | Scheme::RsaPss(_), Sort::RsaPublic)
        | (Scheme::Ecdsa(_), Sort::EcPublic) => !signs,
        (Scheme::Hmac(_), Sort::Hmac)
        | (Scheme::AesCmac | Scheme::AesMac, Sort::Aes)
        | (Scheme::DesMac(..), Sort::Des) => true,
        _ => false,
    };
    if !fits || !matches!(mode, MODE_SIGN | MODE_VERIFY) {
        return Err(ILLEGAL_VALUE);
    }
    take_stream(vm, this);
    set_cell(vm, this, KEY, key.cast_signed())?;
    set_cell(vm, this, MODE, mode.into())?;
    Ok(0)
}

/// Parameters are the initial vector of MACs: only one of zeros is taken.
fn init_with_parameters(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    let parameters = range_at(vm, arguments, 3)?;
    if parameters.bytes(vm.heap).iter().any(|byte| *byte != 0) {
        return Err(ILLEGAL_VALUE);
    }
    init(vm, arguments)
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
    let stream = match (scheme(vm, this)?, take_stream(vm, this)) {
        (Scheme::Rsa(hash) | Scheme::RsaPss(hash) | Scheme::Ecdsa(hash), stream) => {
            let mut hasher = match stream {
                Some(Stream::Hash(hasher)) => hasher,
                _ => hash.hasher(),
            };
            hasher.update(data.bytes(vm.heap));
            Stream::Hash(hasher)
        }
        (_, stream) => {
            let mut buffer = match stream {
                Some(Stream::Data(buffer)) => buffer,
                _ => Zeroizing::default(),
            };
            buffer.extend_from_slice(data.bytes(vm.heap));
            Stream::Data(buffer)
        }
    };
    keep_stream(vm, this, stream);
    Ok(())
}

/// The authentication code of what was taken in.
fn mac(vm: &mut Vm<'_>, this: u16, key: u16) -> Result<Vec<u8>, Trap> {
    let data = match take_stream(vm, this) {
        Some(Stream::Data(data)) => data,
        _ => Zeroizing::default(),
    };
    let secret = keys::get_component(vm, key, component::SECRET)?;
    match scheme(vm, this)? {
        Scheme::Hmac(hash) => Ok(hmac(hash, &secret, &[&data])),
        Scheme::AesCmac => {
            let key = AesKey::new(&secret).map_err(|_| ILLEGAL_VALUE)?;
            Ok(key.cmac(&[&data]).to_vec())
        }
        Scheme::AesMac => {
            let key = AesKey::new(&secret).map_err(|_| ILLEGAL_VALUE)?;
            let mut blocks = data.clone();
            key.encrypt_cbc(&[0; 16], &mut blocks)
                .map_err(|_| ILLEGAL_USE)?;
            blocks
                .last_chunk::<16>()
                .map(|mac| mac.to_vec())
                .ok_or(ILLEGAL_USE)
        }
        Scheme::DesMac(length, padding, is_retail) => {
            let key = DesKey::new(&secret).map_err(|_| ILLEGAL_VALUE)?;
            let mut blocks = data.clone();
            padding.apply(&mut blocks);
            let mac = if is_retail {
                key.retail_mac(&[0; 8], &blocks).map_err(|_| ILLEGAL_USE)?
            } else {
                key.encrypt_cbc(&[0; 8], &mut blocks)
                    .map_err(|_| ILLEGAL_USE)?;
                *blocks.last_chunk::<8>().ok_or(ILLEGAL_USE)?
            };
            let [a, b, c, d, ..] = mac;
            Ok(match length {
                DesMacLength::Four => vec![a, b, c, d],
                DesMacLength::Eight => mac.to_vec(),
            })
        }
        Scheme::Rsa(_) | Scheme::RsaPss(_) | Scheme::Ecdsa(_) => Err(ILLEGAL_USE),
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
        Scheme::Ecdsa(_) => {
            require_p256(vm, key)?;
            let secret = keys::get_component(vm, key, component::POINT)?;
            P256Key::from_secret(&secret)
                .and_then(|key| key.sign_digest_der(digest))
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
        Scheme::Ecdsa(_) => {
            require_p256(vm, key)?;
            let point = keys::get_component(vm, key, component::POINT)?;
            Ok(verify_p256(&point, digest, signature).is_ok())
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
    !matches!(
        scheme,
        Scheme::Rsa(_) | Scheme::RsaPss(_) | Scheme::Ecdsa(_)
    )
}

fn sign(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    let this = reference(arguments, 0);
    let key = key_for(vm, this, MODE_SIGN)?;
    absorb(vm, arguments)?;
    let signature = if is_mac(scheme(vm, this)?) {
        mac(vm, this, key)?
    } else {
        let digest = finish_hash(vm, this)?;
        sign_digest(vm, this, key, &digest)?
    };
    write(vm, reference(arguments, 4), word(arguments, 5), &signature)?;
    Ok(count(signature.len()))
}

fn verify(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    let this = reference(arguments, 0);
    let key = key_for(vm, this, MODE_VERIFY)?;
    let signature = range_at(vm, arguments, 4)?.copy(vm.heap);
    absorb(vm, arguments)?;
    if is_mac(scheme(vm, this)?) {
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
    Ok(match scheme(vm, this)? {
        Scheme::Rsa(_) | Scheme::RsaPss(_) => {
            let key = cell(vm, this, KEY)?.cast_unsigned();
            if key == 0 {
                return Err(INVALID_INIT);
            }
            i32::from(keys::bits(vm, key)? / 8)
        }
        // The longest DER form on P-256.
        Scheme::Ecdsa(_) => 72,
        Scheme::Hmac(hash) => count(hash.length()),
        Scheme::AesCmac | Scheme::AesMac => 16,
        Scheme::DesMac(DesMacLength::Four, ..) => 4,
        Scheme::DesMac(DesMacLength::Eight, ..) => 8,
    })
}
