//! `javacard.security.KeyPair`: three cells, the public key, the private key, the algorithm.

use super::keys::{self, Sort, component};
use super::{ILLEGAL_VALUE, NO_SUCH_ALGORITHM};
use crate::api::arguments::{byte, cell, reference, set_cell, word};
use crate::api::{Layout, Row};
use crate::vm::Vm;
use crate::vm::trap::Trap;
use se_crypto::zeroize::Zeroizing;
use se_crypto::{EcKey, EcPublicKey, NamedCurve, RsaCrt, RsaKey};

const CLASS: &str = "javacard/security/KeyPair";

/// Cells of the class.
pub const LAYOUTS: &[Layout] = &[(CLASS, 3, 2)];

const PUBLIC: u16 = 0;
pub(crate) const PRIVATE: u16 = 1;
const ALGORITHM: u16 = 2;

const RSA: u8 = 1;
const RSA_CRT: u8 = 2;
const EC_FP: u8 = 5;

/// The native methods.
pub const NATIVES: &[Row] = &[
    (CLASS, "<init>", "(BS)V", construct),
    (
        CLASS,
        "<init>",
        "(Ljavacard/security/PublicKey;Ljavacard/security/PrivateKey;)V",
        construct_from_keys,
    ),
    (CLASS, "genKeyPair", "()V", generate),
    (
        CLASS,
        "getPublic",
        "()Ljavacard/security/PublicKey;",
        |vm, arguments| cell(vm, reference(arguments, 0), PUBLIC).map(unsigned),
    ),
    (
        CLASS,
        "getPrivate",
        "()Ljavacard/security/PrivateKey;",
        |vm, arguments| cell(vm, reference(arguments, 0), PRIVATE).map(unsigned),
    ),
];

fn unsigned(reference: i16) -> i32 {
    reference.cast_unsigned().into()
}

fn construct(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    let this = reference(arguments, 0);
    let algorithm = byte(arguments, 1);
    let bits = word(arguments, 2);
    let (public, private) = types(algorithm).ok_or(NO_SUCH_ALGORITHM)?;
    super::check_algorithm(vm, CLASS, algorithm)?;
    let public = keys::make(vm, public, bits)?;
    let private = keys::make(vm, private, bits)?;
    set_cell(vm, this, PUBLIC, public.cast_signed())?;
    set_cell(vm, this, PRIVATE, private.cast_signed())?;
    set_cell(vm, this, ALGORITHM, algorithm.into())?;
    Ok(0)
}

/// The `KeyBuilder.TYPE_*` codes of the keys of a `KeyPair.ALG_*` code.
#[must_use]
pub const fn types(algorithm: u8) -> Option<(u8, u8)> {
    Some(match algorithm {
        RSA => (4, 5),
        RSA_CRT => (4, 6),
        EC_FP => (11, 12),
        _ => return None,
    })
}

fn construct_from_keys(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    let this = reference(arguments, 0);
    let (public, private) = (reference(arguments, 1), reference(arguments, 2));
    let algorithm = match (keys::sort(vm, public)?, keys::sort(vm, private)?) {
        (Sort::RsaPublic, Sort::RsaPrivate) => RSA,
        (Sort::RsaPublic, Sort::RsaCrt) => RSA_CRT,
        (Sort::EcPublic, Sort::EcPrivate) => EC_FP,
        _ => return Err(ILLEGAL_VALUE),
    };
    if keys::bits(vm, public)? != keys::bits(vm, private)? {
        return Err(ILLEGAL_VALUE);
    }
    set_cell(vm, this, PUBLIC, public.cast_signed())?;
    set_cell(vm, this, PRIVATE, private.cast_signed())?;
    set_cell(vm, this, ALGORITHM, algorithm.into())?;
    Ok(0)
}

fn generate(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    let this = reference(arguments, 0);
    let public = cell(vm, this, PUBLIC)?.cast_unsigned();
    let private = cell(vm, this, PRIVATE)?.cast_unsigned();
    // A card that generates no keys of a kind may take them, and join them to a pair.
    let [_, algorithm] = cell(vm, this, ALGORITHM)?.to_be_bytes();
    super::check_algorithm(vm, CLASS, algorithm)?;
    match keys::sort(vm, private)? {
        sort @ (Sort::RsaPrivate | Sort::RsaCrt) => generate_rsa(vm, public, private, sort)?,
        Sort::EcPrivate => generate_ec(vm, public, private)?,
        _ => return Err(ILLEGAL_VALUE),
    }
    Ok(0)
}

fn generate_rsa(vm: &mut Vm<'_>, public: u16, private: u16, sort: Sort) -> Result<(), Trap> {
    let bits = usize::try_from(keys::bits(vm, private)?).map_err(|_| ILLEGAL_VALUE)?;
    vm.charge(RSA_GENERATION * rsa_effort(bits, bits));
    // An exponent that the applet set in the public key is kept.
    let exponent = keys::get_component(vm, public, component::EXPONENT)
        .unwrap_or_else(|_| Zeroizing::new(RsaKey::EXPONENT.to_vec()));
    let key = RsaKey::generate_with_exponent(&mut vm.session.random.keygen, bits, &exponent)
        .map_err(|_| ILLEGAL_VALUE)?;
    let modulus = key.modulus();
    if sort == Sort::RsaCrt {
        let crt = key.crt().ok_or(ILLEGAL_VALUE)?;
        keys::set_components(vm, private, &crt_components(&crt))?;
    } else {
        let exponent = key.private_exponent();
        let values: [(usize, &[u8]); 2] = [
            (component::MODULUS, &modulus),
            (component::EXPONENT, &exponent),
        ];
        keys::set_components(vm, private, &values)?;
    }
    let exponent = key.public_key().ok_or(ILLEGAL_VALUE)?.exponent();
    let values: [(usize, &[u8]); 2] = [
        (component::MODULUS, &modulus),
        (component::EXPONENT, &exponent),
    ];
    keys::set_components(vm, public, &values)
}

fn crt_components(crt: &RsaCrt) -> [(usize, &[u8]); 5] {
    [
        (component::P, &crt.p),
        (component::Q, &crt.q),
        (component::PQ, &crt.qinv),
        (component::DP1, &crt.dp),
        (component::DQ1, &crt.dq),
    ]
}

/// On the curve that is set in the public key, else in the private one, else on the card's own of
/// the size, whose parameters then stand in both.
fn generate_ec(vm: &mut Vm<'_>, public: u16, private: u16) -> Result<(), Trap> {
    let is_set = |vm: &Vm<'_>, key| keys::get_component(vm, key, component::FIELD).is_ok();
    if !is_set(vm, public) {
        if is_set(vm, private) {
            keys::copy_domain(vm, private, public)?;
        } else {
            set_default_domain(vm, public)?;
        }
    }
    if !is_set(vm, private) {
        keys::copy_domain(vm, public, private)?;
    }
    let curve = keys::curve(vm, public)?;
    let key = EcKey::generate(curve, &mut vm.session.random.keygen).map_err(|_| ILLEGAL_VALUE)?;
    let point = key.public().map_err(|_| ILLEGAL_VALUE)?;
    keys::set_components(vm, private, &[(component::POINT, &key.secret())])?;
    keys::set_components(vm, public, &[(component::POINT, &point)])
}

fn set_default_domain(vm: &mut Vm<'_>, key: u16) -> Result<(), Trap> {
    let bits = usize::try_from(keys::bits(vm, key)?).map_err(|_| ILLEGAL_VALUE)?;
    let named = NamedCurve::of_size(bits).ok_or(ILLEGAL_VALUE)?;
    let [field, a, b, g, r] = named.parameters();
    let values: [(usize, &[u8]); 6] = [
        (component::FIELD, &field),
        (component::A, &a),
        (component::B, &b),
        (component::G, &g),
        (component::R, &r),
        (component::K, &[0, 1]),
    ];
    keys::set_components(vm, key, &values)
}

/// The private key on its curve.
///
/// # Errors
/// As [`keys::curve`]; `ILLEGAL_VALUE` if the scalar is out of range.
pub fn ec_private(vm: &Vm<'_>, key: u16) -> Result<EcKey, Trap> {
    let secret = keys::get_component(vm, key, component::POINT)?;
    EcKey::new(keys::curve(vm, key)?, &secret).map_err(|_| ILLEGAL_VALUE)
}

/// The public key on its curve.
///
/// # Errors
/// As [`keys::curve`]; `ILLEGAL_VALUE` if the point is not on the curve.
pub fn ec_public(vm: &Vm<'_>, key: u16) -> Result<EcPublicKey, Trap> {
    let point = keys::get_component(vm, key, component::POINT)?;
    EcPublicKey::new(keys::curve(vm, key)?, &point).map_err(|_| ILLEGAL_VALUE)
}

/// What an operation with an RSA key costs of the command's budget: the product of modulus, modulus and exponent in
/// bits, by a factor that makes 2048 bits a million bytecodes.
const fn rsa_effort(modulus: usize, exponent: usize) -> usize {
    modulus.saturating_mul(modulus).saturating_mul(exponent) >> 13
}

/// How many private operations the generation of an RSA key costs.
const RSA_GENERATION: usize = 10;

/// The RSA private key in a key object.
///
/// # Errors
/// A `CryptoException`: `UNINITIALIZED_KEY`, or `ILLEGAL_VALUE` if the components do not belong
/// together.
pub fn rsa_private(vm: &Vm<'_>, key: u16) -> Result<RsaKey, Trap> {
    let part = |component| keys::get_component(vm, key, component);
    let bits = usize::try_from(keys::bits(vm, key)?).map_err(|_| ILLEGAL_VALUE)?;
    vm.charge(rsa_effort(bits, bits));
    let built = match keys::sort(vm, key)? {
        Sort::RsaCrt => RsaKey::from_crt(&RsaCrt {
            p: part(component::P)?,
            q: part(component::Q)?,
            dp: part(component::DP1)?,
            dq: part(component::DQ1)?,
            qinv: part(component::PQ)?,
        }),
        Sort::RsaPrivate => {
            let exponent: Zeroizing<Vec<u8>> = part(component::EXPONENT)?;
            RsaKey::from_private_exponent(&part(component::MODULUS)?, &exponent)
        }
        _ => return Err(ILLEGAL_VALUE),
    };
    built.map_err(|_| ILLEGAL_VALUE)
}

/// The RSA public key in a key object.
///
/// # Errors
/// As [`rsa_private`].
pub fn rsa_public(vm: &Vm<'_>, key: u16) -> Result<se_crypto::RsaPublicKey, Trap> {
    if keys::sort(vm, key)? != Sort::RsaPublic {
        return Err(ILLEGAL_VALUE);
    }
    let modulus = keys::get_component(vm, key, component::MODULUS)?;
    let exponent = keys::get_component(vm, key, component::EXPONENT)?;
    vm.charge(rsa_effort(8 * modulus.len(), 8 * exponent.len()));
    se_crypto::RsaPublicKey::new(&modulus, &exponent).map_err(|_| ILLEGAL_VALUE)
}
