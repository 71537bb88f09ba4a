//! `javacard.framework.AID`: one cell, the array with the bytes.

use super::arguments::{byte, cell, check_access, count, range, reference, set_cell, word, write};
use super::{Layout, Row};
use crate::vm::heap::{Allocation, RUNTIME_CONTEXT, flag};
use crate::vm::program::{ClassId, NO_CLASS};
use crate::vm::trap::{Throwable, Trap};
use crate::vm::{Heap, Kind, Vm};

const CLASS: &str = "javacard/framework/AID";

/// Cells of the class.
pub const LAYOUTS: &[Layout] = &[(CLASS, 1, 1)];

/// The native methods.
pub const NATIVES: &[Row] = &[
    (CLASS, "<init>", "([BSB)V", construct),
    (CLASS, "equals", "(Ljava/lang/Object;)Z", equals),
    (CLASS, "equals", "([BSB)Z", equals_bytes),
    (
        CLASS,
        "RIDEquals",
        "(Ljavacard/framework/AID;)Z",
        rid_equals,
    ),
    (CLASS, "getBytes", "([BS)B", get_bytes),
    (CLASS, "partialEquals", "([BSB)Z", partial_equals),
    (CLASS, "getPartialBytes", "(S[BSB)B", get_partial_bytes),
];

/// The bytes of an AID object.
///
/// # Errors
/// [`Trap::NULL`], [`Trap::SECURITY`].
pub fn bytes<'v>(vm: &'v Vm<'_>, this: u16) -> Result<&'v [u8], Trap> {
    let object = vm.heap.live(this)?;
    check_access(vm, &object)?;
    let value = cell(vm, this, 0)?.cast_unsigned();
    Ok(vm.heap.bytes(value))
}

/// Makes an AID object of the runtime environment, a permanent entry point.
///
/// # Errors
/// [`Trap::NO_RESOURCE`].
pub fn make_entry_point(heap: &mut Heap, class: ClassId, aid: &[u8]) -> Result<u16, Trap> {
    let mut wanted = Allocation {
        kind: Kind::ByteArray,
        length: u16::try_from(aid.len()).map_err(|_| Trap::NO_RESOURCE)?,
        class: NO_CLASS,
        context: RUNTIME_CONTEXT,
        owner: 0,
        flags: 0,
    };
    let value = heap.allocate(&wanted)?;
    let address = heap.live(value)?.address;
    heap.write_slice(address, aid)?;
    wanted.kind = Kind::Instance;
    wanted.length = 1;
    wanted.class = class;
    wanted.flags = flag::PERMANENT_ENTRY_POINT;
    let instance = heap.allocate(&wanted)?;
    let address = heap.live(instance)?.address;
    heap.write(address, value.to_be_bytes())?;
    Ok(instance)
}

fn construct(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    let length = i16::from(byte(arguments, 3).cast_signed());
    let source = range(vm, reference(arguments, 1), word(arguments, 2), length)?;
    if !(5..=16).contains(&source.length) {
        // SystemException.ILLEGAL_VALUE
        return Err(Trap::Throw(Throwable::System, 1));
    }
    let bytes = source.copy(vm.heap);
    let value = vm.allocate(Kind::ByteArray, length.cast_unsigned(), NO_CLASS, 0)?;
    let address = vm.heap.live(value)?.address;
    vm.heap.write_slice(address, &bytes)?;
    set_cell(vm, reference(arguments, 0), 0, value.cast_signed())?;
    Ok(0)
}

fn equals(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    let other = reference(arguments, 1);
    let class = vm.heap.object(reference(arguments, 0)).class;
    if other == 0 || !vm.is_instance(other, class) {
        return Ok(0);
    }
    Ok((bytes(vm, reference(arguments, 0))? == bytes(vm, other)?).into())
}

fn equals_bytes(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    if reference(arguments, 1) == 0 {
        return Ok(0);
    }
    let length = i16::from(byte(arguments, 3).cast_signed());
    let other = range(vm, reference(arguments, 1), word(arguments, 2), length)?;
    Ok((bytes(vm, reference(arguments, 0))? == other.bytes(vm.heap)).into())
}

fn rid_equals(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    if reference(arguments, 1) == 0 {
        return Ok(0);
    }
    let own = bytes(vm, reference(arguments, 0))?.get(..5);
    Ok((own == bytes(vm, reference(arguments, 1))?.get(..5)).into())
}

fn get_bytes(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    let own = bytes(vm, reference(arguments, 0))?.to_vec();
    write(vm, reference(arguments, 1), word(arguments, 2), &own)?;
    Ok(count(own.len()))
}

fn partial_equals(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    if reference(arguments, 1) == 0 {
        return Ok(0);
    }
    let length = i16::from(byte(arguments, 3).cast_signed());
    let other = range(vm, reference(arguments, 1), word(arguments, 2), length)?;
    let own = bytes(vm, reference(arguments, 0))?;
    Ok(own.starts_with(other.bytes(vm.heap)).into())
}

fn get_partial_bytes(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    let own = bytes(vm, reference(arguments, 0))?;
    let offset = usize::try_from(word(arguments, 1)).map_err(|_| Trap::INDEX)?;
    let rest = own.get(offset..).ok_or(Trap::INDEX)?;
    let wanted = match byte(arguments, 4) {
        // Zero asks for all that is left.
        0 => rest,
        length => rest.get(..usize::from(length)).ok_or(Trap::INDEX)?,
    }
    .to_vec();
    write(vm, reference(arguments, 2), word(arguments, 3), &wanted)?;
    Ok(count(wanted.len()))
}
