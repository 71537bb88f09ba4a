//! `javacardx.framework.util.ArrayLogic`: copies, fills and comparisons of arrays of any primitive
//! type.

use super::Row;
use super::arguments::{check_access, range, reference, word};
use crate::vm::heap::Object;
use crate::vm::trap::{Throwable, Trap};
use crate::vm::{Kind, Vm};
use std::cmp::Ordering;

const CLASS: &str = "javacardx/framework/util/ArrayLogic";

/// The native methods.
pub const NATIVES: &[Row] = &[
    (
        CLASS,
        "arrayCopyRepack",
        "(Ljava/lang/Object;SSLjava/lang/Object;S)S",
        |vm, arguments| copy(vm, arguments, true),
    ),
    (
        CLASS,
        "arrayCopyRepackNonAtomic",
        "(Ljava/lang/Object;SSLjava/lang/Object;S)S",
        |vm, arguments| copy(vm, arguments, false),
    ),
    (
        CLASS,
        "arrayFillGeneric",
        "(Ljava/lang/Object;SSLjava/lang/Object;S)S",
        |vm, arguments| fill(vm, arguments, true),
    ),
    (
        CLASS,
        "arrayFillGenericNonAtomic",
        "(Ljava/lang/Object;SSLjava/lang/Object;S)S",
        |vm, arguments| fill(vm, arguments, false),
    ),
    (
        CLASS,
        "arrayCompareGeneric",
        "(Ljava/lang/Object;SLjava/lang/Object;SS)B",
        compare,
    ),
    (CLASS, "arrayFindGeneric", "(Ljava/lang/Object;S[BS)S", find),
];

/// `UtilException.ILLEGAL_VALUE` and `TYPE_MISMATCHED`.
const ILLEGAL_VALUE: Trap = Trap::Throw(Throwable::Util, 1);
const TYPE_MISMATCHED: Trap = Trap::Throw(Throwable::Util, 2);

/// An array that the caller may access.
fn array(vm: &Vm<'_>, reference: u16) -> Result<Object, Trap> {
    let array = vm.heap.live(reference)?;
    check_access(vm, &array)?;
    if array.kind.is_array() {
        Ok(array)
    } else {
        Err(ILLEGAL_VALUE)
    }
}

/// An array of bytes, booleans, shorts or ints: not of references.
fn primitive(vm: &Vm<'_>, reference: u16) -> Result<Object, Trap> {
    let array = array(vm, reference)?;
    if array.kind == Kind::ReferenceArray {
        Err(TYPE_MISMATCHED)
    } else {
        Ok(array)
    }
}

/// The address of `length` elements, and their bytes.
fn elements(array: &Object, offset: i16, length: i16) -> Result<(u32, usize), Trap> {
    let offset = usize::try_from(offset).map_err(|_| Trap::INDEX)?;
    let length = usize::try_from(length).map_err(|_| Trap::INDEX)?;
    if offset + length > usize::from(array.length) {
        return Err(Trap::INDEX);
    }
    let size = array.kind.element_size();
    let place = u32::try_from(offset * size).map_err(|_| Trap::INDEX)?;
    Ok((array.address + place, length * size))
}

fn put(vm: &mut Vm<'_>, address: u32, bytes: &[u8], is_atomic: bool) -> Result<(), Trap> {
    if is_atomic {
        vm.heap.write_slice(address, bytes)
    } else {
        vm.heap.write_unlogged(address, bytes)
    }
}

/// (source, its offset, its elements, target, its offset): the bytes are packed anew into elements
/// of the target; gives the offset after them.
fn copy(vm: &mut Vm<'_>, arguments: &[i16], is_atomic: bool) -> Result<i32, Trap> {
    let source = primitive(vm, reference(arguments, 0))?;
    let target = primitive(vm, reference(arguments, 3))?;
    // Truth values are no numbers.
    if (source.kind == Kind::BooleanArray) != (target.kind == Kind::BooleanArray) {
        return Err(TYPE_MISMATCHED);
    }
    let (from, size) = elements(&source, word(arguments, 1), word(arguments, 2))?;
    let element = target.kind.element_size();
    if !size.is_multiple_of(element) {
        return Err(ILLEGAL_VALUE);
    }
    let length = i16::try_from(size / element).map_err(|_| Trap::INDEX)?;
    let offset = word(arguments, 4);
    let (to, _) = elements(&target, offset, length)?;
    let bytes = vm.heap.slice(from, size).to_vec();
    put(vm, to, &bytes, is_atomic)?;
    Ok(i32::from(offset) + i32::from(length))
}

/// (target, its offset, how many, array of the value, its offset): gives the offset after them.
fn fill(vm: &mut Vm<'_>, arguments: &[i16], is_atomic: bool) -> Result<i32, Trap> {
    let target = primitive(vm, reference(arguments, 0))?;
    let source = primitive(vm, reference(arguments, 3))?;
    if source.kind != target.kind {
        return Err(TYPE_MISMATCHED);
    }
    let (offset, length) = (word(arguments, 1), word(arguments, 2));
    let (to, size) = elements(&target, offset, length)?;
    let (from, element) = elements(&source, word(arguments, 4), 1)?;
    let value = vm.heap.slice(from, element).to_vec();
    let bytes = value.repeat(size / element);
    put(vm, to, &bytes, is_atomic)?;
    Ok(i32::from(offset) + i32::from(length))
}

/// (array, its offset, array, its offset, how many): −1, 0 or 1. References are only equal or not.
fn compare(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    let a = array(vm, reference(arguments, 0))?;
    let b = array(vm, reference(arguments, 2))?;
    if a.kind != b.kind {
        return Err(TYPE_MISMATCHED);
    }
    let length = word(arguments, 4);
    let (from, size) = elements(&a, word(arguments, 1), length)?;
    let (to, _) = elements(&b, word(arguments, 3), length)?;
    let (a_bytes, b_bytes) = (vm.heap.slice(from, size), vm.heap.slice(to, size));
    let element = a.kind.element_size();
    let ordering = a_bytes
        .chunks(element)
        .zip(b_bytes.chunks(element))
        .map(|(a, b)| signed(a).cmp(&signed(b)))
        .find(|ordering| *ordering != Ordering::Equal);
    Ok(ordering.map_or(0, |ordering| ordering as i32))
}

/// A big-endian element as a number.
fn signed(bytes: &[u8]) -> i64 {
    let negative = bytes.first().is_some_and(|first| first & 0x80 != 0);
    bytes
        .iter()
        .fold(if negative { -1 } else { 0 }, |value, byte| {
            value << 8 | i64::from(*byte)
        })
}

/// (array, from which element on, the bytes of a value, their offset): the first element with the
/// value, or −1.
fn find(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    let array = primitive(vm, reference(arguments, 0))?;
    let start = word(arguments, 1);
    let element = array.kind.element_size();
    let size = i16::try_from(element).map_err(|_| Trap::INDEX)?;
    let value = range(vm, reference(arguments, 2), word(arguments, 3), size)?.copy(vm.heap);
    let length = i32::from(array.length) - i32::from(start);
    let length = i16::try_from(length).map_err(|_| Trap::INDEX)?;
    let (from, bytes) = elements(&array, start, length)?;
    let found = vm
        .heap
        .slice(from, bytes)
        .chunks(element)
        .position(|candidate| candidate == value);
    Ok(found
        .and_then(|place| i32::try_from(place).ok())
        .map_or(-1, |place| i32::from(start) + place))
}
