//! What native methods do with their arguments.

use crate::vm::heap::{Kind, Object, flag};
use crate::vm::trap::{Throwable, Trap};
use crate::vm::{Heap, Vm};

/// Argument word `index`; a missing one is 0.
#[must_use]
pub fn word(arguments: &[i16], index: usize) -> i16 {
    arguments.get(index).copied().unwrap_or(0)
}

/// Argument word `index` as a reference.
#[must_use]
pub fn reference(arguments: &[i16], index: usize) -> u16 {
    word(arguments, index).cast_unsigned()
}

/// Argument word `index` as a byte: what the caller passed, cut to 8 bits.
#[must_use]
pub fn byte(arguments: &[i16], index: usize) -> u8 {
    word(arguments, index).to_be_bytes()[1]
}

/// A part of a byte array.
#[derive(Clone, Copy, Debug)]
pub struct Range {
    /// Where it begins.
    pub address: u32,
    /// Bytes.
    pub length: usize,
}

impl Range {
    /// The bytes.
    #[must_use]
    pub fn bytes<'h>(&self, heap: &'h Heap) -> &'h [u8] {
        heap.slice(self.address, self.length)
    }

    /// A copy of the bytes.
    #[must_use]
    pub fn copy(&self, heap: &Heap) -> Vec<u8> {
        self.bytes(heap).to_vec()
    }
}

/// An array that the caller may access, of the given kind (or boolean where bytes are asked for).
///
/// # Errors
/// [`Trap::NULL`], [`Trap::SECURITY`].
pub fn array(vm: &Vm<'_>, reference: u16, kind: Kind) -> Result<Object, Trap> {
    let object = vm.heap.live(reference)?;
    let fits =
        object.kind == kind || (kind == Kind::ByteArray && object.kind == Kind::BooleanArray);
    if !fits {
        return Err(Trap::BadCode("an array of another type"));
    }
    check_access(vm, &object)?;
    Ok(object)
}

/// Whether the caller may access an object.
///
/// # Errors
/// [`Trap::SECURITY`].
pub fn check_access(vm: &Vm<'_>, object: &Object) -> Result<(), Trap> {
    if object.flags & flag::ENTRY_POINT != 0 {
        return Ok(());
    }
    vm.reach().check(object)
}

/// `length` bytes at `offset` of a byte array.
///
/// # Errors
/// [`Trap::NULL`], [`Trap::SECURITY`], [`Trap::INDEX`] (as for a negative offset or length).
pub fn range(vm: &Vm<'_>, reference: u16, offset: i16, length: i16) -> Result<Range, Trap> {
    let object = array(vm, reference, Kind::ByteArray)?;
    let offset = u16::try_from(offset).map_err(|_| Trap::INDEX)?;
    let length = u16::try_from(length).map_err(|_| Trap::INDEX)?;
    if u32::from(offset) + u32::from(length) > u32::from(object.length) {
        return Err(Trap::INDEX);
    }
    vm.charge(length.into());
    Ok(Range {
        address: object.address.wrapping_add(offset.into()),
        length: length.into(),
    })
}

/// The argument words `first..first + 3` as (array, offset, length).
///
/// # Errors
/// As [`range`].
pub fn range_at(vm: &Vm<'_>, arguments: &[i16], first: usize) -> Result<Range, Trap> {
    range(
        vm,
        reference(arguments, first),
        word(arguments, first + 1),
        word(arguments, first + 2),
    )
}

/// Writes bytes into an array at an offset, atomically.
///
/// # Errors
/// As [`range`]; [`Trap::PowerLoss`].
pub fn write(vm: &mut Vm<'_>, reference: u16, offset: i16, bytes: &[u8]) -> Result<(), Trap> {
    let length = i16::try_from(bytes.len()).map_err(|_| Trap::INDEX)?;
    let range = range(vm, reference, offset, length)?;
    vm.heap.write_slice(range.address, bytes)
}

/// A result that counts bytes.
#[must_use]
pub fn count(length: usize) -> i32 {
    i32::try_from(length).unwrap_or(i32::MAX)
}

/// An `ISOException`.
#[must_use]
pub const fn iso(status: u16) -> Trap {
    Trap::Throw(Throwable::Iso, status.cast_signed())
}

/// Cell `index` of an instance.
///
/// # Errors
/// [`Trap::NULL`]; [`Trap::BadCode`] if it has fewer cells.
pub fn cell(vm: &Vm<'_>, instance: u16, index: u16) -> Result<i16, Trap> {
    Ok(vm.heap.short(cell_address(vm, instance, index)?))
}

/// The address of cell `index` of an instance.
///
/// # Errors
/// As [`cell`].
pub fn cell_address(vm: &Vm<'_>, instance: u16, index: u16) -> Result<u32, Trap> {
    let object = vm.heap.live(instance)?;
    if object.kind != Kind::Instance || index >= object.length {
        return Err(Trap::BadCode("an API object of another class"));
    }
    Ok(object.address.wrapping_add(2 * u32::from(index)))
}

/// Sets cell `index` of an instance.
///
/// # Errors
/// As [`cell`]; [`Trap::PowerLoss`].
pub fn set_cell(vm: &mut Vm<'_>, instance: u16, index: u16, value: i16) -> Result<(), Trap> {
    let address = cell_address(vm, instance, index)?;
    vm.heap.write(address, value.to_be_bytes())
}
