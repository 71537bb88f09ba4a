//! `javacard.security.RandomData`: one cell, the algorithm. Every algorithm draws from the card's
//! seeded stream, so that a run can be repeated.

use super::NO_SUCH_ALGORITHM;
use crate::api::arguments::{byte, cell, range_at, reference, set_cell, word};
use crate::api::{Layout, Row};
use crate::vm::trap::Trap;
use crate::vm::{Kind, Vm};

const CLASS: &str = "javacard/security/RandomData";

/// Cells of the class.
pub const LAYOUTS: &[Layout] = &[(CLASS, 1, 0)];

/// The native methods.
pub const NATIVES: &[Row] = &[
    (
        CLASS,
        "getInstance",
        "(B)Ljavacard/security/RandomData;",
        get_instance,
    ),
    (CLASS, "<init>", "()V", crate::api::exceptions::nothing),
    (CLASS, "generateData", "([BSS)V", |vm, arguments| {
        generate(vm, arguments).map(|_| 0)
    }),
    (CLASS, "nextBytes", "([BSS)S", generate),
    // The seed of the card decides alone; the arguments are checked.
    (CLASS, "setSeed", "([BSS)V", |vm, arguments| {
        range_at(vm, arguments, 1).map(|_| 0)
    }),
    (CLASS, "getAlgorithm", "()B", |vm, arguments| {
        cell(vm, reference(arguments, 0), 0).map(i32::from)
    }),
];

/// Whether the card has a `RandomData.ALG_*` code.
#[must_use]
pub fn has(algorithm: u8) -> bool {
    (1..=6).contains(&algorithm)
}

pub(super) fn get_instance(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    let algorithm = byte(arguments, 0);
    if !has(algorithm) {
        return Err(NO_SUCH_ALGORITHM);
    }
    let class = vm.program.class_named(CLASS);
    let object = vm.allocate(Kind::Instance, 1, class, 0)?;
    set_cell(vm, object, 0, algorithm.into())?;
    Ok(object.into())
}

fn generate(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    let target = range_at(vm, arguments, 1)?;
    if target.length == 0 {
        return Err(super::ILLEGAL_VALUE);
    }
    let mut bytes = vec![0; target.length];
    vm.session.random.random.fill(&mut bytes);
    vm.heap.write_slice(target.address, &bytes)?;
    Ok(i32::from(word(arguments, 2)) + i32::from(word(arguments, 3)))
}

/// The `RandomData.ALG_*` code of an instance.
pub(crate) fn algorithm(vm: &Vm<'_>, this: u16) -> Result<u8, Trap> {
    Ok(cell(vm, this, 0)?.to_be_bytes()[1])
}
