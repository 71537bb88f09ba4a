//! `javacard.framework.SensitiveArrays`.
//!
//! Integrity-sensitive arrays are not offered, which the specification leaves to the card: the
//! simulator's memory does not decay. Clearing an array is.

use super::Row;
use super::arguments::{check_access, reference};
use crate::vm::Vm;
use crate::vm::trap::{Throwable, Trap};

const CLASS: &str = "javacard/framework/SensitiveArrays";

/// The native methods.
pub const NATIVES: &[Row] = &[
    (
        CLASS,
        "isIntegritySensitiveArraysSupported",
        "()Z",
        |_, _| Ok(0),
    ),
    (
        CLASS,
        "isIntegritySensitive",
        "(Ljava/lang/Object;)Z",
        |_, _| Ok(0),
    ),
    (
        CLASS,
        "assertIntegrity",
        "(Ljava/lang/Object;)V",
        |vm, arguments| {
            check_access(vm, &vm.heap.live(reference(arguments, 0))?)?;
            Ok(0)
        },
    ),
    (
        CLASS,
        "makeIntegritySensitiveArray",
        "(BBS)Ljava/lang/Object;",
        // SystemException.ILLEGAL_VALUE
        |_, _| Err(Trap::Throw(Throwable::System, 1)),
    ),
    (CLASS, "clearArray", "(Ljava/lang/Object;)S", clear_array),
];

/// Sets all elements to zero; gives how many there are.
fn clear_array(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    let array = vm.heap.live(reference(arguments, 0))?;
    check_access(vm, &array)?;
    if !array.kind.is_array() {
        // SystemException.ILLEGAL_VALUE
        return Err(Trap::Throw(Throwable::System, 1));
    }
    let size = usize::from(array.length) * array.kind.element_size();
    vm.heap.write_slice(array.address, &vec![0; size])?;
    Ok(array.length.into())
}
