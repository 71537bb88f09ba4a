//! Keys: `KeyBuilder` and the interfaces of keys.
//!
//! A key object has three cells: its material, its type (`KeyBuilder.TYPE_*`) and its size in
//! bits. The material is a byte array that programs hold no reference to: one byte with a bit for
//! each component that is set, then for each component two bytes of length and its place.

use super::{ILLEGAL_VALUE, NO_SUCH_ALGORITHM, UNINITIALIZED_KEY};
use crate::api::arguments::{
    byte, cell, check_access, count, range_at, reference, set_cell, word, write,
};
use crate::api::{Layout, Row};
use crate::vm::heap::flag;
use crate::vm::program::NO_CLASS;
use crate::vm::trap::Trap;
use crate::vm::{Kind, Vm};
use se_crypto::{Curve, NamedCurve};
use zeroize::Zeroizing;

const BUILDER: &str = "javacard/security/KeyBuilder";
const KEY: &str = "javacard/security/Key";
const DES: &str = "javacard/security/DESKey";
const AES: &str = "javacard/security/AESKey";
const HMAC: &str = "javacard/security/HMACKey";
const RSA_PUBLIC: &str = "javacard/security/RSAPublicKey";
const RSA_PRIVATE: &str = "javacard/security/RSAPrivateKey";
const RSA_CRT: &str = "javacard/security/RSAPrivateCrtKey";
const EC: &str = "javacard/security/ECKey";
const EC_PUBLIC: &str = "javacard/security/ECPublicKey";
const EC_PRIVATE: &str = "javacard/security/ECPrivateKey";

/// Cells of key objects.
pub const LAYOUTS: &[Layout] = &[
    (DES, 3, 1),
    (AES, 3, 1),
    (HMAC, 3, 1),
    (RSA_PUBLIC, 3, 1),
    (RSA_PRIVATE, 3, 1),
    (RSA_CRT, 3, 1),
    (EC_PUBLIC, 3, 1),
    (EC_PRIVATE, 3, 1),
];

const MATERIAL: u16 = 0;
const TYPE: u16 = 1;
const BITS: u16 = 2;

/// Component numbers.
pub mod component {
    /// The value of a secret key.
    pub const SECRET: usize = 0;
    /// RSA modulus.
    pub const MODULUS: usize = 0;
    /// RSA exponent, public or private.
    pub const EXPONENT: usize = 1;
    /// The parts of an RSA private key in CRT form.
    pub const P: usize = 0;
    /// The second prime.
    pub const Q: usize = 1;
    /// The inverse of q modulo p.
    pub const PQ: usize = 2;
    /// d mod (p − 1)
    pub const DP1: usize = 3;
    /// d mod (q − 1)
    pub const DQ1: usize = 4;
    /// EC: the prime of the field.
    pub const FIELD: usize = 0;
    /// EC: first coefficient.
    pub const A: usize = 1;
    /// EC: second coefficient.
    pub const B: usize = 2;
    /// EC: generator.
    pub const G: usize = 3;
    /// EC: its order.
    pub const R: usize = 4;
    /// EC: cofactor.
    pub const K: usize = 5;
    /// EC: the public point, or the private scalar.
    pub const POINT: usize = 6;
}

macro_rules! accessors {
    ($($class:ident $get:literal $set:literal $component:ident)*) => {
        &[
            (BUILDER, "buildKey", "(BSZ)Ljavacard/security/Key;", build_key),
            (BUILDER, "buildKey", "(BBSZ)Ljavacard/security/Key;", build_key_in),
            // Parameters of DH, DSA and F2m, and those of F(p) as an object of their own.
            (
                BUILDER,
                "buildKeyWithSharedDomain",
                "(BBLjavacard/security/Key;Z)Ljavacard/security/Key;",
                |_, _| Err(NO_SUCH_ALGORITHM),
            ),
            (KEY, "clearKey", "()V", clear_key),
            (KEY, "getSize", "()S", |vm, arguments| {
                cell(vm, reference(arguments, 0), BITS).map(i32::from)
            }),
            (KEY, "getType", "()B", |vm, arguments| {
                cell(vm, reference(arguments, 0), TYPE).map(i32::from)
            }),
            (KEY, "isInitialized", "()Z", |vm, arguments| {
                Ok(is_initialized(vm, reference(arguments, 0))?.into())
            }),
            (DES, "setKey", "([BS)V", set_secret),
            (DES, "getKey", "([BS)B", get::<{ component::SECRET }>),
            (AES, "setKey", "([BS)V", set_secret),
            (AES, "getKey", "([BS)B", get::<{ component::SECRET }>),
            (HMAC, "setKey", "([BSS)V", set::<{ component::SECRET }>),
            (HMAC, "getKey", "([BS)B", get::<{ component::SECRET }>),
            (EC, "setFieldF2M", "(S)V", |_, _| Err(NO_SUCH_ALGORITHM)),
            (EC, "setFieldF2M", "(SSS)V", |_, _| Err(NO_SUCH_ALGORITHM)),
            (
                EC,
                "copyDomainParametersFrom",
                "(Ljavacard/security/ECKey;)V",
                copy_domain_parameters,
            ),
            (EC, "setK", "(S)V", set_cofactor),
            (EC, "getK", "()S", get_cofactor),
            $(
                ($class, $get, "([BS)S", get::<{ component::$component }>),
                ($class, $set, "([BSS)V", set::<{ component::$component }>),
            )*
        ]
    };
}

/// The native methods.
pub const NATIVES: &[Row] = accessors! {
    RSA_PUBLIC "getModulus" "setModulus" MODULUS
    RSA_PUBLIC "getExponent" "setExponent" EXPONENT
    RSA_PRIVATE "getModulus" "setModulus" MODULUS
    RSA_PRIVATE "getExponent" "setExponent" EXPONENT
    RSA_CRT "getP" "setP" P
    RSA_CRT "getQ" "setQ" Q
    RSA_CRT "getPQ" "setPQ" PQ
    RSA_CRT "getDP1" "setDP1" DP1
    RSA_CRT "getDQ1" "setDQ1" DQ1
    EC "getField" "setFieldFP" FIELD
    EC "getA" "setA" A
    EC "getB" "setB" B
    EC "getG" "setG" G
    EC "getR" "setR" R
    EC_PUBLIC "getW" "setW" POINT
    EC_PRIVATE "getS" "setS" POINT
};

/// The bits of the domain parameters without which the others are worth nothing. They are the
/// lowest ones of every key; only keys on curves are asked for them.
const DOMAIN: u8 = 0x1F;

/// What sort of key it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// DES, two-key and three-key triple DES.
    Des,
    /// AES.
    Aes,
    /// HMAC.
    Hmac,
    /// RSA modulus and public exponent.
    RsaPublic,
    /// RSA modulus and private exponent.
    RsaPrivate,
    /// RSA primes and their exponents.
    RsaCrt,
    /// A point on a curve over a prime field.
    EcPublic,
    /// A scalar of such a curve.
    EcPrivate,
}

impl Sort {
    /// The sort and the clear-on flags of a `KeyBuilder.TYPE_*` code.
    fn of_type(code: u8) -> Option<(Self, u8)> {
        let (reset, deselect) = (flag::CLEAR_ON_RESET, flag::CLEAR_ON_DESELECT);
        Some(match code {
            1 => (Self::Des, reset),
            2 => (Self::Des, deselect),
            3 => (Self::Des, 0),
            4 => (Self::RsaPublic, 0),
            5 => (Self::RsaPrivate, 0),
            6 => (Self::RsaCrt, 0),
            11 => (Self::EcPublic, 0),
            12 => (Self::EcPrivate, 0),
            13 => (Self::Aes, reset),
            14 => (Self::Aes, deselect),
            15 => (Self::Aes, 0),
            19 => (Self::Hmac, reset),
            20 => (Self::Hmac, deselect),
            21 => (Self::Hmac, 0),
            22 => (Self::RsaPrivate, reset),
            23 => (Self::RsaPrivate, deselect),
            24 => (Self::RsaCrt, reset),
            25 => (Self::RsaCrt, deselect),
            30 => (Self::EcPrivate, reset),
            31 => (Self::EcPrivate, deselect),
            _ => return None,
        })
    }

    const fn interface(self) -> &'static str {
        match self {
            Self::Des => DES,
            Self::Aes => AES,
            Self::Hmac => HMAC,
            Self::RsaPublic => RSA_PUBLIC,
            Self::RsaPrivate => RSA_PRIVATE,
            Self::RsaCrt => RSA_CRT,
            Self::EcPublic => EC_PUBLIC,
            Self::EcPrivate => EC_PRIVATE,
        }
    }

    fn accepts(self, bits: i16) -> bool {
        match self {
            Self::Des => matches!(bits, 64 | 128 | 192),
            Self::Aes => matches!(bits, 128 | 192 | 256),
            Self::Hmac => (1..=1024).contains(&bits),
            Self::RsaPublic | Self::RsaPrivate | Self::RsaCrt => {
                (512..=4096).contains(&bits) && bits % 32 == 0
            }
            // A curve whose parameters the applet sets, or else the best known one of the size.
            Self::EcPublic | Self::EcPrivate => {
                usize::try_from(bits).is_ok_and(|bits| NamedCurve::of_size(bits).is_some())
            }
        }
    }

    /// The greatest length of each component in bytes.
    fn capacities(self, bits: i16) -> Vec<usize> {
        let bytes = usize::try_from(bits).unwrap_or(0).div_ceil(8);
        match self {
            Self::Des | Self::Aes => vec![bytes],
            // The size is a hint; keys up to the block of the largest hash fit.
            Self::Hmac => vec![bytes.max(128)],
            Self::RsaPublic | Self::RsaPrivate => vec![bytes, bytes],
            Self::RsaCrt => vec![bytes / 2; 5],
            Self::EcPublic => vec![
                bytes,
                bytes,
                bytes,
                2 * bytes + 1,
                bytes + 1,
                2,
                2 * bytes + 1,
            ],
            // An order may have one bit more than the field (secp160r1).
            Self::EcPrivate => vec![bytes, bytes, bytes, 2 * bytes + 1, bytes + 1, 2, bytes + 1],
        }
    }

    /// The components without which a key is not initialised. Domain parameters have a default.
    const fn required(self) -> u8 {
        match self {
            Self::Des | Self::Aes | Self::Hmac => 1,
            Self::RsaPublic | Self::RsaPrivate => 3,
            Self::RsaCrt => 0x1F,
            Self::EcPublic | Self::EcPrivate => 1 << component::POINT,
        }
    }
}

/// The sort of a key object.
///
/// # Errors
/// [`Trap::NULL`], [`Trap::SECURITY`]; a `CryptoException` (`ILLEGAL_VALUE`) if it is no key.
pub fn sort(vm: &Vm<'_>, key: u16) -> Result<Sort, Trap> {
    check_access(vm, &vm.heap.live(key)?)?;
    let [_, code] = cell(vm, key, TYPE)
        .map_err(|_| ILLEGAL_VALUE)?
        .to_be_bytes();
    let (sort, _) = Sort::of_type(code).ok_or(ILLEGAL_VALUE)?;
    let class = vm.program.hidden_class(sort.interface());
    if vm.heap.object(key).class == class {
        Ok(sort)
    } else {
        Err(ILLEGAL_VALUE)
    }
}

/// The size of a key in bits.
///
/// # Errors
/// As [`sort`].
pub fn bits(vm: &Vm<'_>, key: u16) -> Result<i16, Trap> {
    sort(vm, key)?;
    cell(vm, key, BITS)
}

/// Makes an empty key of a `KeyBuilder.TYPE_*` code.
///
/// # Errors
/// A `CryptoException` (`NO_SUCH_ALGORITHM`); [`Trap::NO_RESOURCE`].
pub fn make(vm: &mut Vm<'_>, code: u8, bits: i16) -> Result<u16, Trap> {
    let (sort, flags) = Sort::of_type(code).ok_or(NO_SUCH_ALGORITHM)?;
    if !sort.accepts(bits) {
        return Err(NO_SUCH_ALGORITHM);
    }
    // The constants of KeyBuilder for the lengths of this type.
    let lengths = match code {
        1..=3 => "LENGTH_DES",
        4..=6 | 22..=25 => "LENGTH_RSA_",
        13..=15 => "LENGTH_AES_",
        19..=21 => "LENGTH_HMAC_",
        _ => "LENGTH_EC_FP_",
    };
    super::check_profile(vm, BUILDER, "TYPE_", code.into())?;
    super::check_profile(vm, BUILDER, lengths, bits)?;
    let length: usize = 1 + sort
        .capacities(bits)
        .iter()
        .map(|capacity| capacity + 2)
        .sum::<usize>();
    let length = u16::try_from(length).map_err(|_| NO_SUCH_ALGORITHM)?;
    if flags == flag::CLEAR_ON_DESELECT && !crate::api::jcsystem::may_clear_on_deselect(vm) {
        // SystemException.ILLEGAL_TRANSIENT
        return Err(Trap::Throw(crate::vm::Throwable::System, 3));
    }
    let material = vm.allocate(Kind::ByteArray, length, NO_CLASS, flags)?;
    let class = vm.program.hidden_class(sort.interface());
    let key = vm.allocate(Kind::Instance, 3, class, 0)?;
    set_cell(vm, key, MATERIAL, material.cast_signed())?;
    set_cell(vm, key, TYPE, code.into())?;
    set_cell(vm, key, BITS, bits)?;
    Ok(key)
}

fn build_key(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    make(vm, byte(arguments, 0), word(arguments, 1)).map(i32::from)
}

/// The form with `ALG_TYPE_*` and a memory type.
fn build_key_in(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    let code = type_of(byte(arguments, 0), byte(arguments, 1)).ok_or(NO_SUCH_ALGORITHM)?;
    make(vm, code, word(arguments, 2)).map(i32::from)
}

/// Whether the card has keys of a `TYPE_*` code.
#[must_use]
pub fn has_type(code: u8) -> bool {
    Sort::of_type(code).is_some()
}

/// The `TYPE_*` code of an `ALG_TYPE_*` code in a memory (`JCSystem.MEMORY_TYPE_PERSISTENT`,
/// `_TRANSIENT_RESET`, `_TRANSIENT_DESELECT`).
#[must_use]
pub fn type_of(algorithm: u8, memory: u8) -> Option<u8> {
    Some(match (algorithm, memory) {
        (1, 0) => 3,
        (1, 1) => 1,
        (1, 2) => 2,
        (2, 0) => 15,
        (2, 1) => 13,
        (2, 2) => 14,
        (7, 0) => 11,
        (8, 0) => 12,
        (8, 1) => 30,
        (8, 2) => 31,
        (9, 0) => 21,
        (9, 1) => 19,
        (9, 2) => 20,
        (11, 0) => 4,
        (12, 0) => 5,
        (12, 1) => 22,
        (12, 2) => 23,
        (13, 0) => 6,
        (13, 1) => 24,
        (13, 2) => 25,
        _ => return None,
    })
}

/// (address of the material, its bytes)
fn material(vm: &Vm<'_>, key: u16) -> Result<(u32, Zeroizing<Vec<u8>>), Trap> {
    let reference = cell(vm, key, MATERIAL)?.cast_unsigned();
    let object = vm.heap.live(reference)?;
    Ok((
        object.address,
        Zeroizing::new(vm.heap.bytes(reference).to_vec()),
    ))
}

/// Whether a key has all components it needs.
///
/// # Errors
/// As [`sort`].
pub fn is_initialized(vm: &Vm<'_>, key: u16) -> Result<bool, Trap> {
    let sort = sort(vm, key)?;
    let required = sort.required();
    let (_, material) = material(vm, key)?;
    Ok(material.first().is_some_and(|mask| {
        // Domain parameters are all there, or none and the card's own are taken.
        let whole = !matches!(sort, Sort::EcPublic | Sort::EcPrivate)
            || matches!(mask & DOMAIN, 0 | DOMAIN);
        whole && mask & required == required
    }))
}

/// A component of a key, as it was set.
///
/// # Errors
/// A `CryptoException` (`UNINITIALIZED_KEY`) if it is not set.
pub fn get_component(vm: &Vm<'_>, key: u16, component: usize) -> Result<Zeroizing<Vec<u8>>, Trap> {
    let sort = sort(vm, key)?;
    let (_, material) = material(vm, key)?;
    let capacities = sort.capacities(cell(vm, key, BITS)?);
    let is_set = material
        .first()
        .is_some_and(|mask| mask >> component & 1 != 0);
    if !is_set {
        return Err(UNINITIALIZED_KEY);
    }
    let start = 1 + capacities
        .iter()
        .take(component)
        .map(|capacity| capacity + 2)
        .sum::<usize>();
    let rest = material.get(start..).unwrap_or(&[]);
    let (length, value) = rest.split_first_chunk::<2>().ok_or(UNINITIALIZED_KEY)?;
    let length = usize::from(u16::from_be_bytes(*length));
    let value = value.get(..length).ok_or(UNINITIALIZED_KEY)?;
    Ok(Zeroizing::new(value.to_vec()))
}

/// Sets components of a key in one atomic write.
///
/// # Errors
/// A `CryptoException` (`ILLEGAL_VALUE`) if one is too long.
pub fn set_components(vm: &mut Vm<'_>, key: u16, values: &[(usize, &[u8])]) -> Result<(), Trap> {
    let sort = sort(vm, key)?;
    let capacities = sort.capacities(cell(vm, key, BITS)?);
    let (address, mut bytes) = material(vm, key)?;
    for &(component, value) in values {
        let capacity = capacities.get(component).copied().unwrap_or(0);
        let length = u16::try_from(value.len()).map_err(|_| ILLEGAL_VALUE)?;
        if value.len() > capacity {
            return Err(ILLEGAL_VALUE);
        }
        let start = 1 + capacities
            .iter()
            .take(component)
            .map(|capacity| capacity + 2)
            .sum::<usize>();
        if let Some(place) = bytes.get_mut(start..start + 2) {
            place.copy_from_slice(&length.to_be_bytes());
        }
        if let Some(place) = bytes.get_mut(start + 2..start + 2 + value.len()) {
            place.copy_from_slice(value);
        }
        if let Some(mask) = bytes.first_mut() {
            *mask |= 1 << component;
        }
    }
    vm.heap.write_slice(address, &bytes)
}

fn clear_key(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    let key = reference(arguments, 0);
    sort(vm, key)?;
    let (address, bytes) = material(vm, key)?;
    vm.heap.write_slice(address, &vec![0; bytes.len()])?;
    Ok(0)
}

fn get<const COMPONENT: usize>(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    let value = get_component(vm, reference(arguments, 0), COMPONENT)?;
    write(vm, reference(arguments, 1), word(arguments, 2), &value)?;
    Ok(count(value.len()))
}

fn set<const COMPONENT: usize>(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    let value = Zeroizing::new(range_at(vm, arguments, 1)?.copy(vm.heap));
    set_components(vm, reference(arguments, 0), &[(COMPONENT, &value)])?;
    Ok(0)
}

/// The value of a DES or AES key, as long as the key is.
fn set_secret(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    let key = reference(arguments, 0);
    let length = bits(vm, key)? / 8;
    let source = [word(arguments, 1), word(arguments, 2), length];
    let value = Zeroizing::new(range_at(vm, &source, 0)?.copy(vm.heap));
    set_components(vm, key, &[(component::SECRET, &value)])?;
    Ok(0)
}

fn set_cofactor(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    let value = word(arguments, 1).to_be_bytes();
    set_components(vm, reference(arguments, 0), &[(component::K, &value)])?;
    Ok(0)
}

fn get_cofactor(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    let value = get_component(vm, reference(arguments, 0), component::K)?;
    match value.as_slice() {
        [high, low] => Ok(i16::from_be_bytes([*high, *low]).into()),
        _ => Err(UNINITIALIZED_KEY),
    }
}

/// The curve of a key: the one that was set, or the card's own of the key's size.
///
/// # Errors
/// A `CryptoException`: `UNINITIALIZED_KEY` if only some parameters are set, `ILLEGAL_VALUE` if
/// they are those of no curve.
pub fn curve(vm: &Vm<'_>, key: u16) -> Result<Curve, Trap> {
    let (_, material) = material(vm, key)?;
    let mask = material.first().copied().unwrap_or(0);
    let length = usize::try_from(bits(vm, key)?).map_err(|_| ILLEGAL_VALUE)?;
    // Whoever asks for a curve multiplies a point on it.
    vm.charge(4 * length * length);
    if mask & DOMAIN == 0 {
        let named = NamedCurve::of_size(length).ok_or(ILLEGAL_VALUE)?;
        return named.curve().map_err(|_| ILLEGAL_VALUE);
    }
    let [field, a, b, g, r] = [
        component::FIELD,
        component::A,
        component::B,
        component::G,
        component::R,
    ]
    .map(|component| get_component(vm, key, component));
    let cofactor = get_component(vm, key, component::K).map_or(1, |bytes| {
        bytes
            .iter()
            .fold(0, |value, byte| value << 8 | u16::from(*byte))
    });
    Curve::new(&field?, &a?, &b?, &g?, &r?, cofactor).map_err(|_| ILLEGAL_VALUE)
}

/// Copies the domain parameters of one key to another.
///
/// # Errors
/// A `CryptoException`: `UNINITIALIZED_KEY` if the source has none, `ILLEGAL_VALUE` if the keys are
/// of different sizes.
pub fn copy_domain(vm: &mut Vm<'_>, from: u16, to: u16) -> Result<(), Trap> {
    if bits(vm, from)? != bits(vm, to)? {
        return Err(ILLEGAL_VALUE);
    }
    let mut values = Vec::new();
    for component in component::FIELD..=component::R {
        values.push((component, get_component(vm, from, component)?));
    }
    if let Ok(cofactor) = get_component(vm, from, component::K) {
        values.push((component::K, cofactor));
    }
    let borrowed: Vec<(usize, &[u8])> = values
        .iter()
        .map(|(component, value)| (*component, value.as_slice()))
        .collect();
    set_components(vm, to, &borrowed)
}

fn copy_domain_parameters(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    let (to, from) = (reference(arguments, 0), reference(arguments, 1));
    let is_ec = |sort| matches!(sort, Sort::EcPublic | Sort::EcPrivate);
    if !is_ec(sort(vm, from)?) || !is_ec(sort(vm, to)?) {
        return Err(ILLEGAL_VALUE);
    }
    copy_domain(vm, from, to)?;
    Ok(0)
}
