//! `javacard.security.KeyAgreement`: two cells, the private key and the algorithm.

use super::key_pair::require_p256;
use super::keys::{self, Sort, component};
use super::{ILLEGAL_VALUE, INVALID_INIT, NO_SUCH_ALGORITHM, UNINITIALIZED_KEY};
use crate::api::arguments::{byte, cell, count, range_at, reference, set_cell, word, write};
use crate::api::{Layout, Row};
use crate::vm::trap::Trap;
use crate::vm::{Kind, Vm};
use se_crypto::P256Key;

const CLASS: &str = "javacard/security/KeyAgreement";

/// Cells of the class.
pub const LAYOUTS: &[Layout] = &[(CLASS, 2, 1)];

const KEY: u16 = 0;
const ALGORITHM: u16 = 1;

/// The native methods.
pub const NATIVES: &[Row] = &[
    (
        CLASS,
        "getInstance",
        "(BZ)Ljavacard/security/KeyAgreement;",
        get_instance,
    ),
    (CLASS, "<init>", "()V", crate::api::exceptions::nothing),
    (CLASS, "init", "(Ljavacard/security/PrivateKey;)V", init),
    (CLASS, "generateSecret", "([BSS[BS)S", generate_secret),
    (CLASS, "getAlgorithm", "()B", |vm, arguments| {
        cell(vm, reference(arguments, 0), ALGORITHM).map(i32::from)
    }),
];

fn get_instance(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    // ALG_EC_SVDP_DH, _DHC, _DH_PLAIN, _DHC_PLAIN; the cofactor of the card's curve is 1.
    let algorithm = byte(arguments, 0);
    if !(1..=4).contains(&algorithm) {
        return Err(NO_SUCH_ALGORITHM);
    }
    let class = vm.program.class_named(CLASS);
    let object = vm.allocate(Kind::Instance, 2, class, 0)?;
    set_cell(vm, object, ALGORITHM, algorithm.into())?;
    Ok(object.into())
}

fn init(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    let key = reference(arguments, 1);
    if keys::sort(vm, key)? != Sort::EcPrivate {
        return Err(ILLEGAL_VALUE);
    }
    if !keys::is_initialized(vm, key)? {
        return Err(UNINITIALIZED_KEY);
    }
    require_p256(vm, key)?;
    set_cell(vm, reference(arguments, 0), KEY, key.cast_signed())?;
    Ok(0)
}

fn generate_secret(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    let this = reference(arguments, 0);
    let key = cell(vm, this, KEY)?.cast_unsigned();
    if key == 0 {
        return Err(INVALID_INIT);
    }
    let peer = range_at(vm, arguments, 1)?.copy(vm.heap);
    let secret = keys::get_component(vm, key, component::POINT)?;
    let shared = P256Key::from_secret(&secret)
        .and_then(|key| key.agree(&peer))
        .map_err(|_| ILLEGAL_VALUE)?;
    // The plain variants give x, the others its SHA-1 digest (IEEE P1363 KDF1).
    let output = if cell(vm, this, ALGORITHM)? >= 3 {
        shared.to_vec()
    } else {
        se_crypto::sha1(shared.as_slice()).to_vec()
    };
    write(vm, reference(arguments, 4), word(arguments, 5), &output)?;
    Ok(count(output.len()))
}
