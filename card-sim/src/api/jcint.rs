//! `javacardx.framework.util.intx.JCint`.

use super::Row;
use super::arguments::{byte, range, reference, word, write};
use super::jcsystem::make_transient;
use crate::vm::program::NO_CLASS;
use crate::vm::trap::Trap;
use crate::vm::{Kind, Vm};

const CLASS: &str = "javacardx/framework/util/intx/JCint";

/// The native methods.
pub const NATIVES: &[Row] = &[
    (CLASS, "makeInt", "(BBBB)I", |_, arguments| {
        Ok(i32::from_be_bytes(
            [0, 1, 2, 3].map(|index| byte(arguments, index)),
        ))
    }),
    (CLASS, "makeInt", "(SS)I", |_, arguments| {
        Ok(int(word(arguments, 0), word(arguments, 1)))
    }),
    (CLASS, "getInt", "([BS)I", get_int),
    (CLASS, "setInt", "([BSI)S", set_int),
    (CLASS, "makeTransientIntArray", "(SB)[I", |vm, arguments| {
        make_transient(vm, arguments, Kind::IntArray, NO_CLASS)
    }),
];

/// The int of two words, the high one first.
pub(super) fn int(high: i16, low: i16) -> i32 {
    i32::from(high) << 16 | i32::from(low.cast_unsigned())
}

fn get_int(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    let bytes = range(vm, reference(arguments, 0), word(arguments, 1), 4)?;
    let bytes = bytes.bytes(vm.heap).first_chunk::<4>().copied();
    Ok(i32::from_be_bytes(bytes.ok_or(Trap::INDEX)?))
}

fn set_int(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    let offset = word(arguments, 1);
    let value = int(word(arguments, 2), word(arguments, 3));
    write(vm, reference(arguments, 0), offset, &value.to_be_bytes())?;
    Ok(i32::from(offset) + 4)
}
