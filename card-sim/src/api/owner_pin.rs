//! `javacard.framework.OwnerPIN`, and the objects that `OwnerPINBuilder` makes.
//!
//! Cells: the PIN's bytes, the flags (a transient array: validated, decremented), the try limit, the
//! greatest size, the size now, the tries that remain.

use super::arguments::{byte, cell, cell_address, range, reference, set_cell, word};
use super::{Layout, Row};
use crate::vm::heap::flag;
use crate::vm::program::NO_CLASS;
use crate::vm::trap::{Throwable, Trap};
use crate::vm::{Kind, Vm};

const CLASS: &str = "javacard/framework/OwnerPIN";
const EXTENDED: &str = "javacard/framework/OwnerPINx";
const PREDECREMENT: &str = "javacard/framework/OwnerPINxWithPredecrement";
const BUILDER: &str = "javacard/framework/OwnerPINBuilder";

const CELLS: u16 = 6;

/// Cells of the classes.
pub const LAYOUTS: &[Layout] = &[
    (CLASS, CELLS, 2),
    (EXTENDED, CELLS, 2),
    (PREDECREMENT, CELLS, 2),
];

const VALUE: u16 = 0;
const FLAGS: u16 = 1;
const TRY_LIMIT: u16 = 2;
const MAX_SIZE: u16 = 3;
const SIZE: u16 = 4;
const TRIES: u16 = 5;

/// Places in the flags.
const VALIDATED: u32 = 0;
const DECREMENTED: u32 = 1;

/// `PINException.ILLEGAL_VALUE` and `ILLEGAL_STATE`
const ILLEGAL_VALUE: Trap = Trap::Throw(Throwable::Pin, 1);
const ILLEGAL_STATE: Trap = Trap::Throw(Throwable::Pin, 2);

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
    (
        BUILDER,
        "buildOwnerPIN",
        "(BBB)Ljavacard/framework/PIN;",
        build,
    ),
    (EXTENDED, "check", "([BSB)Z", check),
    (EXTENDED, "getTriesRemaining", "()B", tries_remaining),
    (EXTENDED, "isValidated", "()Z", is_validated),
    (EXTENDED, "reset", "()V", reset),
    (EXTENDED, "update", "([BSB)V", update),
    (EXTENDED, "getTryLimit", "()B", |vm, arguments| {
        cell(vm, reference(arguments, 0), TRY_LIMIT).map(i32::from)
    }),
    (EXTENDED, "setTryLimit", "(B)V", set_try_limit),
    (EXTENDED, "setTriesRemaining", "(B)V", set_tries_remaining),
    (PREDECREMENT, "check", "([BSB)Z", check_decremented),
    (PREDECREMENT, "decrementTriesRemaining", "()B", decrement),
];

fn construct(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    let this = reference(arguments, 0);
    let limit = byte(arguments, 1).cast_signed();
    let size = byte(arguments, 2).cast_signed();
    initialize(vm, this, limit, size)?;
    Ok(0)
}

fn initialize(vm: &mut Vm<'_>, this: u16, limit: i8, size: i8) -> Result<(), Trap> {
    let length = u16::try_from(size).unwrap_or(0);
    if limit < 1 || length < 1 {
        return Err(ILLEGAL_VALUE);
    }
    let value = vm.allocate(Kind::ByteArray, length, NO_CLASS, 0)?;
    let flags = vm.allocate(Kind::ByteArray, 2, NO_CLASS, flag::CLEAR_ON_RESET)?;
    set_cell(vm, this, VALUE, value.cast_signed())?;
    set_cell(vm, this, FLAGS, flags.cast_signed())?;
    set_cell(vm, this, TRY_LIMIT, limit.into())?;
    set_cell(vm, this, MAX_SIZE, size.into())?;
    set_cell(vm, this, TRIES, limit.into())
}

/// (try limit, greatest size, `OWNER_PIN*`)
fn build(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    let limit = byte(arguments, 0).cast_signed();
    let size = byte(arguments, 1).cast_signed();
    let class = match byte(arguments, 2) {
        1 => vm.program.class_named(CLASS),
        2 => vm.program.hidden_class(EXTENDED),
        3 => vm.program.hidden_class(PREDECREMENT),
        // SystemException.ILLEGAL_VALUE
        _ => return Err(Trap::Throw(Throwable::System, 1)),
    };
    let object = vm.allocate(Kind::Instance, CELLS, class, 0)?;
    initialize(vm, object, limit, size)?;
    Ok(object.into())
}

fn set_flag(vm: &mut Vm<'_>, this: u16, place: u32, value: bool) -> Result<(), Trap> {
    let flags = cell(vm, this, FLAGS)?.cast_unsigned();
    let address = vm.heap.live(flags)?.address;
    vm.heap.write(address + place, [value.into()])
}

fn has_flag(vm: &Vm<'_>, this: u16, place: u32) -> Result<bool, Trap> {
    let flags = cell(vm, this, FLAGS)?.cast_unsigned();
    let place = usize::try_from(place).unwrap_or(usize::MAX);
    Ok(vm.heap.bytes(flags).get(place) == Some(&1))
}

fn set_validated(vm: &mut Vm<'_>, this: u16, validated: bool) -> Result<(), Trap> {
    set_flag(vm, this, VALIDATED, validated)
}

fn set_try_limit(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    let this = reference(arguments, 0);
    let limit = byte(arguments, 1).cast_signed();
    if limit < 1 {
        return Err(ILLEGAL_VALUE);
    }
    set_cell(vm, this, TRY_LIMIT, limit.into())?;
    // There are never more tries than the limit.
    if cell(vm, this, TRIES)? > limit.into() {
        set_tries(vm, this, limit.into())?;
    }
    Ok(0)
}

fn set_tries_remaining(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    let this = reference(arguments, 0);
    let tries = i16::from(byte(arguments, 1).cast_signed());
    if tries < 0 || tries > cell(vm, this, TRY_LIMIT)? {
        return Err(ILLEGAL_VALUE);
    }
    set_tries(vm, this, tries)?;
    Ok(0)
}

/// Spends a try before the comparison; gives how many remain.
fn decrement(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    let this = reference(arguments, 0);
    set_validated(vm, this, false)?;
    let tries = cell(vm, this, TRIES)?;
    if tries > 0 {
        set_tries(vm, this, tries - 1)?;
        set_flag(vm, this, DECREMENTED, true)?;
    }
    Ok(cell(vm, this, TRIES)?.into())
}

/// The comparison after [`decrement`], once.
fn check_decremented(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    let this = reference(arguments, 0);
    set_validated(vm, this, false)?;
    if !has_flag(vm, this, DECREMENTED)? {
        return Err(ILLEGAL_STATE);
    }
    set_flag(vm, this, DECREMENTED, false)?;
    compare(vm, arguments)
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
    compare(vm, arguments)
}

/// Compares what is presented with the PIN; all tries come back if it is the same.
fn compare(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    let this = reference(arguments, 0);
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
    Ok(has_flag(vm, reference(arguments, 0), VALIDATED)?.into())
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
