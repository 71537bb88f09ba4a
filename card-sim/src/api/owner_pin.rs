//! `javacard.framework.OwnerPIN`.
//!
//! Cells: the PIN's bytes, the validated flag (a transient array of one byte), the try limit, the
//! greatest size, the size now, the tries that remain.

use super::arguments::{byte, cell, cell_address, range, reference, set_cell, word};
use super::{Layout, Row};
use crate::vm::heap::flag;
use crate::vm::program::NO_CLASS;
use crate::vm::trap::{Throwable, Trap};
use crate::vm::{Kind, Vm};

const CLASS: &str = "javacard/framework/OwnerPIN";

/// Cells of the class.
pub const LAYOUTS: &[Layout] = &[(CLASS, 6, 2)];

const VALUE: u16 = 0;
const VALIDATED: u16 = 1;
const TRY_LIMIT: u16 = 2;
const MAX_SIZE: u16 = 3;
const SIZE: u16 = 4;
const TRIES: u16 = 5;

/// `PINException.ILLEGAL_VALUE`
const ILLEGAL_VALUE: Trap = Trap::Throw(Throwable::Pin, 1);

/// The native methods.
pub const NATIVES: &[Row] = &[
    (CLASS, "<init>", "(BB)V", construct),
    (CLASS, "check", "([BSB)Z", check),
    (CLASS, "getTriesRemaining", "()B", tries_remaining),
    (CLASS, "getValidatedFlag", "()Z", is_validated),
    (CLASS, "isValidated", "()Z", is_validated),
    (CLASS, "reset", "()V", reset),
    (CLASS, "resetAndUnblock", "()V", reset_and_unblock),
    (CLASS, "setValidatedFlag", "(Z)V", set_validated_flag),
    (CLASS, "update", "([BSB)V", update),
];

fn construct(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    let this = reference(arguments, 0);
    let limit = byte(arguments, 1).cast_signed();
    let size = byte(arguments, 2).cast_signed();
    let length = u16::try_from(size).unwrap_or(0);
    if limit < 1 || length < 1 {
        return Err(ILLEGAL_VALUE);
    }
    let value = vm.allocate(Kind::ByteArray, length, NO_CLASS, 0)?;
    let validated = vm.allocate(Kind::ByteArray, 1, NO_CLASS, flag::CLEAR_ON_RESET)?;
    set_cell(vm, this, VALUE, value.cast_signed())?;
    set_cell(vm, this, VALIDATED, validated.cast_signed())?;
    set_cell(vm, this, TRY_LIMIT, limit.into())?;
    set_cell(vm, this, MAX_SIZE, size.into())?;
    set_cell(vm, this, TRIES, limit.into())?;
    Ok(0)
}

fn set_validated(vm: &mut Vm<'_>, this: u16, validated: bool) -> Result<(), Trap> {
    let flag = cell(vm, this, VALIDATED)?.cast_unsigned();
    let address = vm.heap.live(flag)?.address;
    vm.heap.write(address, [validated.into()])
}

/// The try counter takes no part in transactions, so that no rollback gives a try back.
fn set_tries(vm: &mut Vm<'_>, this: u16, tries: i16) -> Result<(), Trap> {
    let [_, low] = tries.to_be_bytes();
    let address = cell_address(vm, this, TRIES)? + 1;
    vm.heap.write_unlogged(address, &[low])
}

fn check(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    let this = reference(arguments, 0);
    set_validated(vm, this, false)?;
    let tries = cell(vm, this, TRIES)?;
    if tries <= 0 {
        return Ok(0);
    }
    // The try is spent before anything is compared, whatever comes of it.
    set_tries(vm, this, tries - 1)?;
    let length = i16::from(byte(arguments, 3).cast_signed());
    let presented = range(vm, reference(arguments, 1), word(arguments, 2), length)?;
    let value = cell(vm, this, VALUE)?.cast_unsigned();
    let size = usize::try_from(cell(vm, this, SIZE)?).unwrap_or(0);
    let expected = vm.heap.bytes(value).get(..size).unwrap_or(&[]);
    if !se_crypto::equal(expected, presented.bytes(vm.heap)) {
        return Ok(0);
    }
    let limit = cell(vm, this, TRY_LIMIT)?;
    set_tries(vm, this, limit)?;
    set_validated(vm, this, true)?;
    Ok(1)
}

fn tries_remaining(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    cell(vm, reference(arguments, 0), TRIES).map(i32::from)
}

fn is_validated(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    let flag = cell(vm, reference(arguments, 0), VALIDATED)?.cast_unsigned();
    Ok((vm.heap.bytes(flag) == [1]).into())
}

fn reset(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    if is_validated(vm, arguments)? != 0 {
        reset_and_unblock(vm, arguments)?;
    }
    Ok(0)
}

fn reset_and_unblock(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    let this = reference(arguments, 0);
    set_validated(vm, this, false)?;
    let limit = cell(vm, this, TRY_LIMIT)?;
    set_tries(vm, this, limit)?;
    Ok(0)
}

fn set_validated_flag(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    set_validated(vm, reference(arguments, 0), word(arguments, 1) != 0)?;
    Ok(0)
}

/// A new PIN. All of it changes or nothing, and it takes part in an open transaction.
fn update(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    let this = reference(arguments, 0);
    let length = i16::from(byte(arguments, 3).cast_signed());
    if length > cell(vm, this, MAX_SIZE)? {
        return Err(ILLEGAL_VALUE);
    }
    let pin = range(vm, reference(arguments, 1), word(arguments, 2), length)?.copy(vm.heap);
    let value = cell(vm, this, VALUE)?.cast_unsigned();
    let address = vm.heap.live(value)?.address;
    let limit = cell(vm, this, TRY_LIMIT)?;
    let outermost = !vm.heap.in_transaction();
    if outermost {
        vm.heap.begin_transaction()?;
    }
    let written = vm
        .heap
        .write_slice(address, &pin)
        .and_then(|()| set_cell(vm, this, SIZE, length))
        .and_then(|()| set_cell(vm, this, TRIES, limit));
    match (written, outermost) {
        (Ok(()), true) => vm.heap.commit_transaction()?,
        (Ok(()), false) => {}
        (Err(trap), true) => {
            vm.heap.abort_transaction()?;
            return Err(trap);
        }
        (Err(trap), false) => return Err(trap),
    }
    set_validated(vm, this, false)?;
    Ok(0)
}
