//! `org.globalplatform.CVM`: the global PIN (GPCS 2.3.1 §8.2, GP card API 1.6).
//!
//! There is one, an object of the runtime environment's. Cells: the value; a transient array of flags (submitted,
//! verified); the try limit; the tries that remain; the length of the value; its format; whether it is blocked.
//! Applications with the CVM Management privilege change it, every other one may verify it.

use super::arguments::{byte, cell, cell_address, range, reference, set_cell, word};
use super::{Layout, Row};
use crate::registry::{ApplicationId, Privileges};
use crate::vm::heap::{Allocation, RUNTIME_CONTEXT, flag};
use crate::vm::program::{NO_CLASS, Program};
use crate::vm::trap::Trap;
use crate::vm::{Heap, Kind, Vm};
use zeroize::Zeroizing;

const SYSTEM: &str = "org/globalplatform/GPSystem";
const CLASS: &str = "org/globalplatform/CVM";

const CELLS: u16 = 7;

/// Cells of the class.
pub const LAYOUTS: &[Layout] = &[(CLASS, CELLS, 2)];

const VALUE: u16 = 0;
const FLAGS: u16 = 1;
const TRY_LIMIT: u16 = 2;
const TRIES: u16 = 3;
const SIZE: u16 = 4;
const FORMAT: u16 = 5;
const BLOCKED: u16 = 6;

/// Places in the flags.
const SUBMITTED: u32 = 0;
const VERIFIED: u32 = 1;

/// The longest value in bytes.
const MAX_SIZE: u16 = 16;

/// `GPSystem.CVM_GLOBAL_PIN`
const GLOBAL_PIN: u8 = 0x11;
/// `CVM.CVM_SUCCESS` and `CVM_FAILURE`
const SUCCESS: i32 = 0;
const FAILURE: i32 = -1;

/// `CVM.FORMAT_ASCII`, `FORMAT_BCD`, `FORMAT_HEX`
const ASCII: u8 = 1;
const BCD: u8 = 2;
const HEX: u8 = 3;

/// The native methods.
pub const NATIVES: &[Row] = &[
    (
        SYSTEM,
        "getCVM",
        "(B)Lorg/globalplatform/CVM;",
        |vm, arguments| {
            // Others than the global PIN the card has not.
            let is_there = byte(arguments, 0) == GLOBAL_PIN;
            Ok(if is_there {
                vm.session.objects.cvm.into()
            } else {
                0
            })
        },
    ),
    (CLASS, "isActive", "()Z", |vm, arguments| {
        let this = reference(arguments, 0);
        Ok((is_initialized(vm, this)? && cell(vm, this, BLOCKED)? == 0).into())
    }),
    (CLASS, "isSubmitted", "()Z", |vm, arguments| {
        has_flag(vm, reference(arguments, 0), SUBMITTED).map(i32::from)
    }),
    (CLASS, "isVerified", "()Z", |vm, arguments| {
        has_flag(vm, reference(arguments, 0), VERIFIED).map(i32::from)
    }),
    (CLASS, "isBlocked", "()Z", |vm, arguments| {
        Ok((cell(vm, reference(arguments, 0), BLOCKED)? != 0).into())
    }),
    (CLASS, "getTriesRemaining", "()B", |vm, arguments| {
        cell(vm, reference(arguments, 0), TRIES).map(i32::from)
    }),
    (CLASS, "update", "([BSBB)Z", update),
    (CLASS, "resetState", "()Z", |vm, arguments| {
        let this = reference(arguments, 0);
        if !is_initialized(vm, this)? || cell(vm, this, BLOCKED)? != 0 {
            return Ok(0);
        }
        clear_flags(vm, this)?;
        Ok(1)
    }),
    (CLASS, "blockState", "()Z", |vm, arguments| {
        let this = reference(arguments, 0);
        if !may_manage(vm) || !is_initialized(vm, this)? {
            return Ok(0);
        }
        clear_flags(vm, this)?;
        set_cell(vm, this, BLOCKED, 1)?;
        Ok(1)
    }),
    (CLASS, "resetAndUnblockState", "()Z", |vm, arguments| {
        let this = reference(arguments, 0);
        if !may_manage(vm) || !is_initialized(vm, this)? {
            return Ok(0);
        }
        let limit = cell(vm, this, TRY_LIMIT)?;
        set_tries(vm, this, limit)?;
        set_cell(vm, this, BLOCKED, 0)?;
        clear_flags(vm, this)?;
        Ok(1)
    }),
    (CLASS, "setTryLimit", "(B)Z", |vm, arguments| {
        let this = reference(arguments, 0);
        let limit = byte(arguments, 1).cast_signed();
        if !may_manage(vm) || limit < 1 {
            return Ok(0);
        }
        set_cell(vm, this, TRY_LIMIT, limit.into())?;
        set_tries(vm, this, limit.into())?;
        clear_flags(vm, this)?;
        Ok(1)
    }),
    (CLASS, "verify", "([BSBB)S", verify),
];

/// Makes the object of a new card: no value, no tries.
///
/// # Errors
/// [`Trap::NO_RESOURCE`].
pub fn make(heap: &mut Heap, program: &Program) -> Result<u16, Trap> {
    let mut allocate = |kind, length, class, flags| {
        heap.allocate(&Allocation {
            kind,
            length,
            class,
            context: RUNTIME_CONTEXT,
            owner: 0,
            flags,
        })
    };
    let value = allocate(Kind::ByteArray, MAX_SIZE, NO_CLASS, 0)?;
    let flags = allocate(Kind::ByteArray, 2, NO_CLASS, flag::CLEAR_ON_RESET)?;
    let class = program.hidden_class(CLASS);
    let object = allocate(Kind::Instance, CELLS, class, flag::PERMANENT_ENTRY_POINT)?;
    let address = heap.live(object)?.address;
    heap.write(address, value.to_be_bytes())?;
    heap.write(address + 2, flags.to_be_bytes())?;
    Ok(object)
}

/// Whether the calling application has the CVM Management privilege.
fn may_manage(vm: &Vm<'_>) -> bool {
    vm.registry
        .application(ApplicationId(vm.owner))
        .is_some_and(|application| application.privileges.has(Privileges::CVM_MANAGEMENT))
}

fn is_initialized(vm: &Vm<'_>, this: u16) -> Result<bool, Trap> {
    Ok(cell(vm, this, SIZE)? > 0)
}

fn flag_address(vm: &Vm<'_>, this: u16, place: u32) -> Result<u32, Trap> {
    let flags = cell(vm, this, FLAGS)?.cast_unsigned();
    Ok(vm.heap.live(flags)?.address + place)
}

fn has_flag(vm: &Vm<'_>, this: u16, place: u32) -> Result<bool, Trap> {
    Ok(vm.heap.byte(flag_address(vm, this, place)?) != 0)
}

fn set_flag(vm: &mut Vm<'_>, this: u16, place: u32, value: bool) -> Result<(), Trap> {
    let address = flag_address(vm, this, place)?;
    vm.heap.write(address, [value.into()])
}

fn clear_flags(vm: &mut Vm<'_>, this: u16) -> Result<(), Trap> {
    set_flag(vm, this, SUBMITTED, false)?;
    set_flag(vm, this, VERIFIED, false)
}

/// No rollback gives a try back.
fn set_tries(vm: &mut Vm<'_>, this: u16, tries: i16) -> Result<(), Trap> {
    let [_, low] = tries.to_be_bytes();
    let address = cell_address(vm, this, TRIES)? + 1;
    vm.heap.write_unlogged(address, &[low])
}

/// A value and its format.
type Presented = (Zeroizing<Vec<u8>>, u8);

/// The value and its format in the arguments; `None` for what is no value.
fn argument(vm: &Vm<'_>, arguments: &[i16]) -> Result<Option<Presented>, Trap> {
    let length = i16::from(byte(arguments, 3).cast_signed());
    let value = range(vm, reference(arguments, 1), word(arguments, 2), length)?;
    let value = Zeroizing::new(value.copy(vm.heap));
    let format = byte(arguments, 4);
    let fits = (1..=usize::from(MAX_SIZE)).contains(&value.len())
        && match format {
            ASCII => value.iter().all(u8::is_ascii_digit),
            BCD => digits(&value, BCD).is_some(),
            HEX => true,
            _ => false,
        };
    Ok(fits.then_some((value, format)))
}

/// The digits of a value in ASCII or BCD, where a last F fills up.
fn digits(value: &[u8], format: u8) -> Option<Zeroizing<Vec<u8>>> {
    let mut digits: Zeroizing<Vec<u8>> = Zeroizing::new(match format {
        ASCII => value.iter().map(|digit| digit & 0x0F).collect(),
        BCD => value
            .iter()
            .flat_map(|byte| [byte >> 4, byte & 0x0F])
            .collect(),
        _ => return None,
    });
    if format == BCD && digits.last() == Some(&0x0F) {
        digits.pop();
    }
    digits.iter().all(|digit| *digit < 10).then_some(digits)
}

/// A new value. All of it changes or nothing.
fn update(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    let this = reference(arguments, 0);
    let limit = cell(vm, this, TRY_LIMIT)?;
    let Some((value, format)) = argument(vm, arguments)? else {
        return Ok(0);
    };
    if !may_manage(vm) || limit == 0 {
        return Ok(0);
    }
    let size = i16::try_from(value.len()).map_err(|_| Trap::INDEX)?;
    let array = cell(vm, this, VALUE)?.cast_unsigned();
    let address = vm.heap.live(array)?.address;
    let outermost = !vm.heap.in_transaction();
    if outermost {
        vm.heap.begin_transaction()?;
    }
    let written = vm
        .heap
        .write_slice(address, &value)
        .and_then(|()| set_cell(vm, this, SIZE, size))
        .and_then(|()| set_cell(vm, this, FORMAT, format.into()))
        .and_then(|()| set_cell(vm, this, BLOCKED, 0));
    match (written, outermost) {
        (Ok(()), true) => vm.heap.commit_transaction()?,
        (Err(trap), true) => {
            vm.heap.abort_transaction()?;
            return Err(trap);
        }
        (written, false) => written?,
    }
    set_tries(vm, this, limit)?;
    clear_flags(vm, this)?;
    Ok(1)
}

/// Compares. The try is spent before, and given back with the others by success.
fn verify(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    let this = reference(arguments, 0);
    if !is_initialized(vm, this)? || cell(vm, this, BLOCKED)? != 0 {
        return Ok(FAILURE);
    }
    let presented = argument(vm, arguments)?;
    let tries = cell(vm, this, TRIES)?;
    set_flag(vm, this, VERIFIED, false)?;
    set_flag(vm, this, SUBMITTED, true)?;
    set_tries(vm, this, tries - 1)?;
    let size = usize::try_from(cell(vm, this, SIZE)?).unwrap_or(0);
    let value = vm.heap.bytes(cell(vm, this, VALUE)?.cast_unsigned());
    let value = Zeroizing::new(value.get(..size).unwrap_or(value).to_vec());
    let [_, format] = cell(vm, this, FORMAT)?.to_be_bytes();
    let is_right = presented.is_some_and(|(presented, presented_format)| {
        // ASCII and BCD are two forms of digits; HEX is what it is.
        match (digits(&value, format), digits(&presented, presented_format)) {
            (Some(value), Some(presented)) => se_crypto::equal(&value, &presented),
            _ => format == presented_format && se_crypto::equal(&value, &presented),
        }
    });
    if is_right {
        let limit = cell(vm, this, TRY_LIMIT)?;
        set_tries(vm, this, limit)?;
        set_flag(vm, this, VERIFIED, true)?;
        return Ok(SUCCESS);
    }
    if tries <= 1 {
        set_cell(vm, this, BLOCKED, 1)?;
        clear_flags(vm, this)?;
    }
    Ok(FAILURE)
}
