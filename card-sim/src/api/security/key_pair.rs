//! `javacard.security.KeyPair`: three cells, the public key, the private key, the algorithm.

use super::keys::{self, Sort, component};
use super::{ILLEGAL_VALUE, NO_SUCH_ALGORITHM};
use crate::api::arguments::{byte, cell, reference, set_cell, word};
use crate::api::{Layout, Row};
use crate::vm::Vm;
use crate::vm::trap::Trap;
use se_crypto::zeroize::Zeroizing;
use se_crypto::{P256Key, RsaCrt, RsaKey};

const CLASS: &str = "javacard/security/KeyPair";

/// Cells of the class.
pub const LAYOUTS: &[Layout] = &[(CLASS, 3, 2)];

const PUBLIC: u16 = 0;
const PRIVATE: u16 = 1;
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
    // KeyBuilder.TYPE_* of the two keys.
    let (public, private) = match algorithm {
        RSA => (4, 5),
        RSA_CRT => (4, 6),
        EC_FP => (11, 12),
        _ => return Err(NO_SUCH_ALGORITHM),
    };
    let public = keys::make(vm, public, bits)?;
    let private = keys::make(vm, private, bits)?;
    set_cell(vm, this, PUBLIC, public.cast_signed())?;
    set_cell(vm, this, PRIVATE, private.cast_signed())?;
    set_cell(vm, this, ALGORITHM, algorithm.into())?;
    Ok(0)
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
    match keys::sort(vm, private)? {
        sort @ (Sort::RsaPrivate | Sort::RsaCrt) => generate_rsa(vm, public, private, sort)?,
        Sort::EcPrivate => generate_ec(vm, public, private)?,
        _ => return Err(ILLEGAL_VALUE),
    }
    Ok(0)
}

fn generate_rsa(vm: &mut Vm<'_>, public: u16, private: u16, sort: Sort) -> Result<(), Trap> {
    let bits = usize::try_from(keys::bits(vm, private)?).map_err(|_| ILLEGAL_VALUE)?;
    let key = RsaKey::generate(&mut vm.session.random.keygen, bits).map_err(|_| ILLEGAL_VALUE)?;
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

fn generate_ec(vm: &mut Vm<'_>, public: u16, private: u16) -> Result<(), Trap> {
    require_p256(vm, public)?;
    let key = P256Key::generate(&mut vm.session.random.keygen);
    let secret = key.secret();
    keys::set_components(vm, private, &[(component::POINT, secret.as_slice())])?;
    keys::set_components(vm, public, &[(component::POINT, &key.public())])
}

/// The prime of P-256 (FIPS 186-5).
const P256_FIELD: [u8; 32] = [
    0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF,
    0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
];

/// Refuses a key whose domain parameters were set to another curve.
///
/// # Errors
/// A `CryptoException` (`ILLEGAL_VALUE`).
pub fn require_p256(vm: &Vm<'_>, key: u16) -> Result<(), Trap> {
    match keys::get_component(vm, key, component::FIELD) {
        Ok(field) if field.as_slice() != P256_FIELD => Err(ILLEGAL_VALUE),
        _ => Ok(()),
    }
}

/// The RSA private key in a key object.
///
/// # Errors
/// A `CryptoException`: `UNINITIALIZED_KEY`, or `ILLEGAL_VALUE` if the components do not belong
/// together.
pub fn rsa_private(vm: &Vm<'_>, key: u16) -> Result<RsaKey, Trap> {
    let part = |component| keys::get_component(vm, key, component);
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
    se_crypto::RsaPublicKey::new(&modulus, &exponent).map_err(|_| ILLEGAL_VALUE)
}
