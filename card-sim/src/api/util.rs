//! `javacard.framework.Util`.

use super::Row;
use super::arguments::{byte, range, range_at, reference, word};
use crate::vm::Vm;
use crate::vm::trap::Trap;
use std::cmp::Ordering;

const CLASS: &str = "javacard/framework/Util";

/// The native methods.
pub const NATIVES: &[Row] = &[
    (CLASS, "arrayCopy", "([BS[BSS)S", array_copy),
    (
        CLASS,
        "arrayCopyNonAtomic",
        "([BS[BSS)S",
        array_copy_non_atomic,
    ),
    (CLASS, "arrayFill", "([BSSB)S", array_fill),
    (
        CLASS,
        "arrayFillNonAtomic",
        "([BSSB)S",
        array_fill_non_atomic,
    ),
    (CLASS, "arrayCompare", "([BS[BSS)B", array_compare),
    (CLASS, "makeShort", "(BB)S", make_short),
    (CLASS, "getShort", "([BS)S", get_short),
    (CLASS, "setShort", "([BSS)S", set_short),
];

/// (address of the target, the bytes, offset after them)
fn copy_arguments(vm: &Vm<'_>, arguments: &[i16]) -> Result<(u32, Vec<u8>, i32), Trap> {
    let length = word(arguments, 4);
    let source = range(vm, reference(arguments, 0), word(arguments, 1), length)?;
    let target = range(vm, reference(arguments, 2), word(arguments, 3), length)?;
    let end = i32::from(word(arguments, 3)) + i32::from(length);
    Ok((target.address, source.copy(vm.heap), end))
}

fn array_copy(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    let (address, bytes, end) = copy_arguments(vm, arguments)?;
    vm.heap.write_slice(address, &bytes)?;
    Ok(end)
}

fn array_copy_non_atomic(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    let (address, bytes, end) = copy_arguments(vm, arguments)?;
    vm.heap.write_non_atomic(address, &bytes)?;
    Ok(end)
}

fn fill_arguments(vm: &Vm<'_>, arguments: &[i16]) -> Result<(u32, Vec<u8>, i32), Trap> {
    let target = range_at(vm, arguments, 0)?;
    let end = i32::from(word(arguments, 1)) + i32::from(word(arguments, 2));
    Ok((target.address, vec![byte(arguments, 3); target.length], end))
}

fn array_fill(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    let (address, bytes, end) = fill_arguments(vm, arguments)?;
    vm.heap.write_slice(address, &bytes)?;
    Ok(end)
}

fn array_fill_non_atomic(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    let (address, bytes, end) = fill_arguments(vm, arguments)?;
    vm.heap.write_non_atomic(address, &bytes)?;
    Ok(end)
}

fn array_compare(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    let length = word(arguments, 4);
    let left = range(vm, reference(arguments, 0), word(arguments, 1), length)?;
    let right = range(vm, reference(arguments, 2), word(arguments, 3), length)?;
    // Java's bytes are signed.
    let signed = |byte: &u8| byte.cast_signed();
    let order = left
        .bytes(vm.heap)
        .iter()
        .map(signed)
        .cmp(right.bytes(vm.heap).iter().map(signed));
    Ok(match order {
        Ordering::Less => -1,
        Ordering::Equal => 0,
        Ordering::Greater => 1,
    })
}

fn make_short(_: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    let bytes = [byte(arguments, 0), byte(arguments, 1)];
    Ok(i16::from_be_bytes(bytes).into())
}

fn get_short(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    let range = range(vm, reference(arguments, 0), word(arguments, 1), 2)?;
    Ok(vm.heap.short(range.address).into())
}

fn set_short(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    let offset = word(arguments, 1);
    let range = range(vm, reference(arguments, 0), offset, 2)?;
    vm.heap
        .write(range.address, word(arguments, 2).to_be_bytes())?;
    Ok(i32::from(offset) + 2)
}
