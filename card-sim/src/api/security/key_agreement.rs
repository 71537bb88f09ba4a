//! `javacard.security.KeyAgreement`: two cells, the private key and the algorithm.

use super::key_pair::ec_private;
use super::keys::{self, Sort};
use super::{ILLEGAL_VALUE, INVALID_INIT, NO_SUCH_ALGORITHM, UNINITIALIZED_KEY};
use crate::api::arguments::{byte, cell, count, range_at, reference, set_cell, word, write};
use crate::api::{Layout, Row};
use crate::vm::trap::Trap;
use crate::vm::{Kind, Vm};

const CLASS: &str = "javacard/security/KeyAgreement";

/// Cells of the class.
pub const LAYOUTS: &[Layout] = &[(CLASS, 2, 1)];

pub(crate) const KEY: u16 = 0;
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

const DH: u8 = 1;
const DHC: u8 = 2;
const DH_PLAIN: u8 = 3;
const DHC_PLAIN: u8 = 4;
const PACE_GM: u8 = 5;
const DH_PLAIN_XY: u8 = 6;

/// Whether the card has a `KeyAgreement.ALG_*` code.
#[must_use]
pub const fn has(algorithm: u8) -> bool {
    matches!(
        algorithm,
        DH | DHC | DH_PLAIN | DHC_PLAIN | PACE_GM | DH_PLAIN_XY
    )
}

fn get_instance(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    let algorithm = byte(arguments, 0);
    super::check_algorithm(vm, CLASS, algorithm)?;
    if !has(algorithm) {
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
    keys::curve(vm, key)?;
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
    if !keys::is_initialized(vm, key)? {
        return Err(UNINITIALIZED_KEY);
    }
    let private = ec_private(vm, key)?;
    let [_, algorithm] = cell(vm, this, ALGORITHM)?.to_be_bytes();
    let output = if algorithm == PACE_GM {
        private.map_generator(&peer).map_err(|_| ILLEGAL_VALUE)?
    } else {
        let shared = private
            .agree(&peer, matches!(algorithm, DHC | DHC_PLAIN))
            .map_err(|_| ILLEGAL_VALUE)?;
        let x = shared.get(1..=shared.len() / 2).unwrap_or(&[]);
        match algorithm {
            DH_PLAIN_XY => shared.to_vec(),
            DH_PLAIN | DHC_PLAIN => x.to_vec(),
            // IEEE P1363 KDF1 with SHA-1.
            _ => se_crypto::sha1(x).to_vec(),
        }
    };
    write(vm, reference(arguments, 4), word(arguments, 5), &output)?;
    Ok(count(output.len()))
}
