//! `javacardx.framework.tlv`: tags and objects of BER-TLV.

mod ber;
mod object;
mod tag;

use super::arguments::{check_access, range_at, reference, word};
use super::{Layout, Row};
use crate::vm::trap::{Throwable, Trap};
use crate::vm::{Kind, Vm};
use ber::BerError;

/// The native methods.
pub const NATIVES: [&[Row]; 2] = [tag::NATIVES, object::NATIVES];

/// Cells of the classes.
pub const LAYOUTS: [&[Layout]; 2] = [tag::LAYOUTS, object::LAYOUTS];

/// A `TLVException`.
const fn tlv_exception(reason: i16) -> Trap {
    Trap::Throw(Throwable::Tlv, reason)
}

const INVALID_PARAM: Trap = tlv_exception(1);
const EMPTY_TAG: Trap = tlv_exception(3);
const EMPTY_TLV: Trap = tlv_exception(4);
const MALFORMED_TAG: Trap = tlv_exception(5);
const MALFORMED_TLV: Trap = tlv_exception(6);
const TAG_NUMBER_GREATER_THAN_32767: Trap = tlv_exception(9);
const TLV_SIZE_GREATER_THAN_32767: Trap = tlv_exception(10);
const TLV_LENGTH_GREATER_THAN_32767: Trap = tlv_exception(11);

/// What to throw for bytes whose length the caller did not tell: they end with their array.
fn in_array(error: BerError, malformed: Trap) -> Trap {
    match error {
        BerError::Short => Trap::INDEX,
        BerError::Malformed => malformed,
        BerError::Long => TLV_LENGTH_GREATER_THAN_32767,
    }
}

/// The bytes of an array from an offset on; these are argument words `first` and the next one.
fn rest(vm: &Vm<'_>, arguments: &[i16], first: usize) -> Result<Vec<u8>, Trap> {
    let array = super::arguments::array(vm, reference(arguments, first), Kind::ByteArray)?;
    let offset = usize::try_from(word(arguments, first + 1)).map_err(|_| Trap::INDEX)?;
    let bytes = vm.heap.slice(array.address, usize::from(array.length));
    bytes.get(offset..).map(<[u8]>::to_vec).ok_or(Trap::INDEX)
}

/// The bytes of an array, an offset and a length.
fn bytes(vm: &Vm<'_>, arguments: &[i16], first: usize) -> Result<Vec<u8>, Trap> {
    Ok(range_at(vm, arguments, first)?.copy(vm.heap))
}

/// An argument that is an object of this package, which the caller may access.
fn object_argument(vm: &Vm<'_>, arguments: &[i16], index: usize) -> Result<u16, Trap> {
    let object = reference(arguments, index);
    check_access(vm, &vm.heap.live(object)?)?;
    Ok(object)
}

/// A new instance of a class of this package, empty.
fn instance(vm: &mut Vm<'_>, class: &str) -> Result<u16, Trap> {
    let class = vm.program.class_named(class);
    let cells = vm.program.class(class).map_or(0, |class| class.cells);
    vm.allocate(Kind::Instance, cells, class, 0)
}
