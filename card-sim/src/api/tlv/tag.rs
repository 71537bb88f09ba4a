//! `BERTag` and its two classes: one cell, an array with the tag's bytes; null while it is empty.

use super::ber::{self, is_constructed, make_tag, tag_class, tag_number};
use super::{
    EMPTY_TAG, INVALID_PARAM, MALFORMED_TAG, TAG_NUMBER_GREATER_THAN_32767, in_array, instance,
    rest,
};
use crate::api::arguments::{byte, cell, check_access, count, reference, set_cell, word, write};
use crate::api::exceptions::nothing;
use crate::api::{Layout, Row};
use crate::vm::program::NO_CLASS;
use crate::vm::trap::Trap;
use crate::vm::{Kind, Vm};

const TAG: &str = "javacardx/framework/tlv/BERTag";
pub(super) const PRIMITIVE: &str = "javacardx/framework/tlv/PrimitiveBERTag";
pub(super) const CONSTRUCTED: &str = "javacardx/framework/tlv/ConstructedBERTag";

/// Cells of the classes.
pub(super) const LAYOUTS: &[Layout] = &[(TAG, 1, 1)];

/// The native methods.
pub(super) const NATIVES: &[Row] = &[
    (TAG, "<init>", "()V", nothing),
    (PRIMITIVE, "<init>", "()V", nothing),
    (CONSTRUCTED, "<init>", "()V", nothing),
    (
        TAG,
        "getInstance",
        "([BS)Ljavacardx/framework/tlv/BERTag;",
        |vm, arguments| {
            let bytes = in_bytes(vm, arguments)?;
            make(vm, &bytes).map(i32::from)
        },
    ),
    (TAG, "toBytes", "(SZS[BS)S", |vm, arguments| {
        let class = u8::try_from(word(arguments, 0)).map_err(|_| INVALID_PARAM)?;
        let number = u16::try_from(word(arguments, 2)).map_err(|_| INVALID_PARAM)?;
        if class > 3 {
            return Err(INVALID_PARAM);
        }
        let bytes = make_tag(class, word(arguments, 1) != 0, number);
        write(vm, reference(arguments, 3), word(arguments, 4), &bytes)?;
        Ok(count(bytes.len()))
    }),
    (TAG, "size", "([BS)B", |vm, arguments| {
        Ok(count(in_bytes(vm, arguments)?.len()))
    }),
    (TAG, "tagNumber", "([BS)S", |vm, arguments| {
        number(&in_bytes(vm, arguments)?)
    }),
    (TAG, "isConstructed", "([BS)Z", |vm, arguments| {
        Ok(is_constructed(&in_bytes(vm, arguments)?).into())
    }),
    (TAG, "tagClass", "([BS)B", |vm, arguments| {
        Ok(tag_class(&in_bytes(vm, arguments)?).into())
    }),
    (TAG, "verifyFormat", "([BS)Z", |vm, arguments| {
        Ok(ber::tag(&rest(vm, arguments, 0)?).is_ok().into())
    }),
    (TAG, "size", "()B", |vm, arguments| {
        Ok(count(own(vm, arguments)?.len()))
    }),
    (TAG, "toBytes", "([BS)S", |vm, arguments| {
        let bytes = own(vm, arguments)?;
        write(vm, reference(arguments, 1), word(arguments, 2), &bytes)?;
        Ok(count(bytes.len()))
    }),
    (TAG, "tagNumber", "()S", |vm, arguments| {
        number(&own(vm, arguments)?)
    }),
    (TAG, "isConstructed", "()Z", |vm, arguments| {
        Ok(is_constructed(&own(vm, arguments)?).into())
    }),
    (TAG, "tagClass", "()B", |vm, arguments| {
        Ok(tag_class(&own(vm, arguments)?).into())
    }),
    (TAG, "equals", "(Ljavacardx/framework/tlv/BERTag;)Z", equals),
    (TAG, "equals", "(Ljava/lang/Object;)Z", equals),
    (PRIMITIVE, "init", "([BS)V", |vm, arguments| {
        init_from_bytes(vm, arguments, false)
    }),
    (CONSTRUCTED, "init", "([BS)V", |vm, arguments| {
        init_from_bytes(vm, arguments, true)
    }),
    (PRIMITIVE, "init", "(BS)V", |vm, arguments| {
        init(vm, arguments, false)
    }),
    (CONSTRUCTED, "init", "(BS)V", |vm, arguments| {
        init(vm, arguments, true)
    }),
];

/// The tag at the beginning of the bytes that argument words 0 and 1 tell.
fn in_bytes(vm: &Vm<'_>, arguments: &[i16]) -> Result<Vec<u8>, Trap> {
    at(vm, arguments, 0)
}

/// The tag at the beginning of the bytes that these argument words tell.
pub(super) fn at(vm: &Vm<'_>, arguments: &[i16], first: usize) -> Result<Vec<u8>, Trap> {
    let bytes = rest(vm, arguments, first)?;
    let tag = ber::tag(&bytes).map_err(|error| in_array(error, MALFORMED_TAG))?;
    Ok(tag.to_vec())
}

fn number(tag: &[u8]) -> Result<i32, Trap> {
    let number = tag_number(tag).ok_or(TAG_NUMBER_GREATER_THAN_32767)?;
    Ok(number.into())
}

/// The bytes of a tag object.
pub(super) fn bytes(vm: &Vm<'_>, tag: u16) -> Result<Vec<u8>, Trap> {
    match cell(vm, tag, 0)?.cast_unsigned() {
        0 => Err(EMPTY_TAG),
        array => Ok(vm.heap.bytes(array).to_vec()),
    }
}

fn own(vm: &Vm<'_>, arguments: &[i16]) -> Result<Vec<u8>, Trap> {
    bytes(vm, reference(arguments, 0))
}

/// A new tag object.
pub(super) fn make(vm: &mut Vm<'_>, bytes: &[u8]) -> Result<u16, Trap> {
    let class = if is_constructed(bytes) {
        CONSTRUCTED
    } else {
        PRIMITIVE
    };
    let tag = instance(vm, class)?;
    set(vm, tag, bytes)?;
    Ok(tag)
}

fn set(vm: &mut Vm<'_>, tag: u16, bytes: &[u8]) -> Result<(), Trap> {
    let length = u16::try_from(bytes.len()).map_err(|_| MALFORMED_TAG)?;
    let array = vm.allocate(Kind::ByteArray, length, NO_CLASS, 0)?;
    let address = vm.heap.live(array)?.address;
    vm.heap.write_slice(address, bytes)?;
    set_cell(vm, tag, 0, array.cast_signed())
}

fn init_from_bytes(vm: &mut Vm<'_>, arguments: &[i16], constructed: bool) -> Result<i32, Trap> {
    let bytes = at(vm, arguments, 1)?;
    if is_constructed(&bytes) != constructed {
        return Err(MALFORMED_TAG);
    }
    set(vm, reference(arguments, 0), &bytes)?;
    Ok(0)
}

fn init(vm: &mut Vm<'_>, arguments: &[i16], constructed: bool) -> Result<i32, Trap> {
    let class = byte(arguments, 1);
    let number = u16::try_from(word(arguments, 2)).map_err(|_| INVALID_PARAM)?;
    if class > 3 {
        return Err(INVALID_PARAM);
    }
    set(
        vm,
        reference(arguments, 0),
        &make_tag(class, constructed, number),
    )?;
    Ok(0)
}

/// Tags are equal if their bytes are; nothing else is equal to a tag, and an empty one only to itself.
fn equals(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    let (this, other) = (reference(arguments, 0), reference(arguments, 1));
    let class = vm.program.class_named(TAG);
    if this == other {
        return Ok(1);
    }
    if vm.heap.is_null(other) || !vm.is_instance(other, class) {
        return Ok(0);
    }
    check_access(vm, &vm.heap.live(other)?)?;
    let array = |tag| Ok(vm.heap.bytes(cell(vm, tag, 0)?.cast_unsigned()).to_vec());
    let (this, other): (Vec<u8>, Vec<u8>) = (array(this)?, array(other)?);
    Ok((!this.is_empty() && this == other).into())
}
