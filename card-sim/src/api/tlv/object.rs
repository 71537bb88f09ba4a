//! `BERTLV` and its two classes. Cells: the tag object (null while the object is empty); an array with the value, or with
//! the objects in it; how many bytes or objects of that array there are.
//!
//! The arrays grow with what is put into them.

use super::ber::{self, BerError, Tlv, is_constructed};
use super::{
    EMPTY_TLV, INVALID_PARAM, MALFORMED_TLV, TLV_SIZE_GREATER_THAN_32767, bytes, in_array,
    instance, object_argument, rest, tag,
};
use crate::api::arguments::{cell, count, reference, set_cell, word, write};
use crate::api::exceptions::nothing;
use crate::api::{Layout, Row};
use crate::vm::program::NO_CLASS;
use crate::vm::trap::Trap;
use crate::vm::{Kind, Vm};

const TLV: &str = "javacardx/framework/tlv/BERTLV";
const PRIMITIVE: &str = "javacardx/framework/tlv/PrimitiveBERTLV";
const CONSTRUCTED: &str = "javacardx/framework/tlv/ConstructedBERTLV";

/// Cells of the classes.
pub(super) const LAYOUTS: &[Layout] = &[(TLV, 3, 2)];

const TAG: u16 = 0;
const VALUE: u16 = 1;
const SIZE: u16 = 2;

/// How deep objects may lie in each other: a program can put one into itself.
const DEPTH: usize = 32;

/// The native methods.
pub(super) const NATIVES: &[Row] = &[
    (TLV, "<init>", "()V", nothing),
    (
        TLV,
        "getInstance",
        "([BSS)Ljavacardx/framework/tlv/BERTLV;",
        |vm, arguments| {
            let bytes = bytes(vm, arguments, 0)?;
            make(vm, parse(&bytes)?, 0).map(i32::from)
        },
    ),
    (TLV, "verifyFormat", "([BSS)Z", |vm, arguments| {
        Ok(ber::is_well_formed(&bytes(vm, arguments, 0)?).into())
    }),
    (TLV, "getTag", "([BS[BS)S", |vm, arguments| {
        let bytes = rest(vm, arguments, 0)?;
        let tag = parse_first(&bytes)?.tag;
        write(vm, reference(arguments, 2), word(arguments, 3), tag)?;
        Ok(count(tag.len()))
    }),
    (TLV, "getLength", "([BS)S", |vm, arguments| {
        Ok(count(parse_first(&rest(vm, arguments, 0)?)?.value.len()))
    }),
    (TLV, "toBytes", "([BS)S", |vm, arguments| {
        let bytes = encode(vm, reference(arguments, 0), 0)?;
        write(vm, reference(arguments, 1), word(arguments, 2), &bytes)?;
        Ok(count(bytes.len()))
    }),
    (
        TLV,
        "getTag",
        "()Ljavacardx/framework/tlv/BERTag;",
        |vm, arguments| Ok(own_tag(vm, reference(arguments, 0))?.into()),
    ),
    (TLV, "getLength", "()S", |vm, arguments| {
        let this = reference(arguments, 0);
        own_tag(vm, this)?;
        Ok(count(value(vm, this, 0)?.len()))
    }),
    (TLV, "size", "()S", |vm, arguments| {
        size(vm, reference(arguments, 0))
    }),
    (PRIMITIVE, "<init>", "(S)V", |vm, arguments| {
        construct(vm, arguments, Kind::ByteArray)
    }),
    (PRIMITIVE, "getValueOffset", "([BS)S", |vm, arguments| {
        let bytes = rest(vm, arguments, 0)?;
        let header = parse_form(&bytes, false)?.header;
        let offset = usize::try_from(word(arguments, 1)).unwrap_or(0);
        Ok(count(offset + header))
    }),
    (PRIMITIVE, "toBytes", "([BS[BSS[BS)S", |vm, arguments| {
        let tag = tag::at(vm, arguments, 0)?;
        if is_constructed(&tag) {
            return Err(super::MALFORMED_TAG);
        }
        let value = bytes(vm, arguments, 2)?;
        let encoded = limited(ber::encode(&tag, &value))?;
        write(vm, reference(arguments, 5), word(arguments, 6), &encoded)?;
        Ok(count(encoded.len()))
    }),
    (PRIMITIVE, "appendValue", "([BS[BSS)S", |vm, arguments| {
        let object = rest(vm, arguments, 0)?;
        let tlv = parse_form(&object, false)?;
        let value = [tlv.value, &bytes(vm, arguments, 2)?].concat();
        replace_in_array(vm, arguments, 0, &ber::encode(tlv.tag, &value))
    }),
    (PRIMITIVE, "init", "([BSS)S", |vm, arguments| {
        init_from_bytes(vm, arguments, false)
    }),
    (
        PRIMITIVE,
        "init",
        "(Ljavacardx/framework/tlv/PrimitiveBERTag;[BSS)S",
        |vm, arguments| {
            let this = reference(arguments, 0);
            let tag = object_argument(vm, arguments, 1)?;
            let value = bytes(vm, arguments, 2)?;
            set_value(vm, this, &value)?;
            set_cell(vm, this, TAG, tag.cast_signed())?;
            size(vm, this)
        },
    ),
    (PRIMITIVE, "appendValue", "([BSS)S", |vm, arguments| {
        let this = reference(arguments, 0);
        own_tag(vm, this)?;
        let value = [value(vm, this, 0)?, bytes(vm, arguments, 1)?].concat();
        set_value(vm, this, &value)?;
        size(vm, this)
    }),
    (PRIMITIVE, "replaceValue", "([BSS)S", |vm, arguments| {
        let this = reference(arguments, 0);
        own_tag(vm, this)?;
        let value = bytes(vm, arguments, 1)?;
        set_value(vm, this, &value)?;
        size(vm, this)
    }),
    (PRIMITIVE, "getValue", "([BS)S", |vm, arguments| {
        let this = reference(arguments, 0);
        own_tag(vm, this)?;
        let value = value(vm, this, 0)?;
        write(vm, reference(arguments, 1), word(arguments, 2), &value)?;
        Ok(count(value.len()))
    }),
    (CONSTRUCTED, "<init>", "(S)V", |vm, arguments| {
        construct(vm, arguments, Kind::ReferenceArray)
    }),
    (CONSTRUCTED, "append", "([BS[BS)S", |vm, arguments| {
        let added = rest(vm, arguments, 0)?;
        let added = added.get(..parse_first(&added)?.size()).unwrap_or(&[]);
        let object = rest(vm, arguments, 2)?;
        let tlv = parse_form(&object, true)?;
        let value = [tlv.value, added].concat();
        replace_in_array(vm, arguments, 2, &ber::encode(tlv.tag, &value))
    }),
    (CONSTRUCTED, "find", "([BS[BS)S", |vm, arguments| {
        let object = rest(vm, arguments, 0)?;
        find_in_array(vm, arguments, &object, None)
    }),
    (CONSTRUCTED, "findNext", "([BSS[BS)S", |vm, arguments| {
        let object = rest(vm, arguments, 0)?;
        let start = word(arguments, 2).checked_sub(word(arguments, 1));
        let start = start
            .and_then(|start| usize::try_from(start).ok())
            .ok_or(INVALID_PARAM)?;
        find_in_array(vm, arguments, &object, Some(start))
    }),
    (CONSTRUCTED, "init", "([BSS)S", |vm, arguments| {
        init_from_bytes(vm, arguments, true)
    }),
    (
        CONSTRUCTED,
        "init",
        "(Ljavacardx/framework/tlv/ConstructedBERTag;Ljavacardx/framework/tlv/BERTLV;)S",
        |vm, arguments| {
            let this = reference(arguments, 0);
            let tag = object_argument(vm, arguments, 1)?;
            let element = object_argument(vm, arguments, 2)?;
            set_cell(vm, this, SIZE, 0)?;
            add_element(vm, this, element)?;
            set_cell(vm, this, TAG, tag.cast_signed())?;
            size(vm, this)
        },
    ),
    (
        CONSTRUCTED,
        "init",
        "(Ljavacardx/framework/tlv/ConstructedBERTag;[BSS)S",
        |vm, arguments| {
            let this = reference(arguments, 0);
            let tag = object_argument(vm, arguments, 1)?;
            let value = bytes(vm, arguments, 2)?;
            set_elements(vm, this, &value, 0)?;
            set_cell(vm, this, TAG, tag.cast_signed())?;
            size(vm, this)
        },
    ),
    (
        CONSTRUCTED,
        "append",
        "(Ljavacardx/framework/tlv/BERTLV;)S",
        |vm, arguments| {
            let this = reference(arguments, 0);
            own_tag(vm, this)?;
            let element = object_argument(vm, arguments, 1)?;
            add_element(vm, this, element)?;
            size(vm, this)
        },
    ),
    (
        CONSTRUCTED,
        "delete",
        "(Ljavacardx/framework/tlv/BERTLV;S)S",
        |vm, arguments| {
            let this = reference(arguments, 0);
            own_tag(vm, this)?;
            let index = occurrence(vm, this, reference(arguments, 1), word(arguments, 2))?;
            let mut elements = elements(vm, this)?;
            elements.remove(index);
            put_elements(vm, this, &elements)?;
            size(vm, this)
        },
    ),
    (
        CONSTRUCTED,
        "find",
        "(Ljavacardx/framework/tlv/BERTag;)Ljavacardx/framework/tlv/BERTLV;",
        |vm, arguments| {
            let this = reference(arguments, 0);
            own_tag(vm, this)?;
            find(vm, this, 0, reference(arguments, 1))
        },
    ),
    (
        CONSTRUCTED,
        "findNext",
        "(Ljavacardx/framework/tlv/BERTag;Ljavacardx/framework/tlv/BERTLV;S)Ljavacardx/framework/tlv/BERTLV;",
        |vm, arguments| {
            let this = reference(arguments, 0);
            own_tag(vm, this)?;
            let after = occurrence(vm, this, reference(arguments, 2), word(arguments, 3))?;
            find(vm, this, after + 1, reference(arguments, 1))
        },
    ),
];

/// Bytes that are to be one object.
fn parse(bytes: &[u8]) -> Result<Tlv<'_>, Trap> {
    Tlv::parse_all(bytes).map_err(|_| MALFORMED_TLV)
}

/// The object at the beginning of what an array holds.
fn parse_first(bytes: &[u8]) -> Result<Tlv<'_>, Trap> {
    Tlv::parse(bytes).map_err(|error| in_array(error, MALFORMED_TLV))
}

/// The same, which has to be constructed or primitive.
fn parse_form(bytes: &[u8], constructed: bool) -> Result<Tlv<'_>, Trap> {
    let tlv = parse_first(bytes)?;
    if is_constructed(tlv.tag) == constructed {
        Ok(tlv)
    } else {
        Err(MALFORMED_TLV)
    }
}

fn limited(bytes: Vec<u8>) -> Result<Vec<u8>, Trap> {
    if bytes.len() > 0x7FFF {
        return Err(TLV_SIZE_GREATER_THAN_32767);
    }
    Ok(bytes)
}

/// Writes an object where it stood in its array: argument words `first` and the next one.
fn replace_in_array(
    vm: &mut Vm<'_>,
    arguments: &[i16],
    first: usize,
    object: &[u8],
) -> Result<i32, Trap> {
    if object.len() > 0x7FFF {
        return Err(TLV_SIZE_GREATER_THAN_32767);
    }
    let (array, offset) = (reference(arguments, first), word(arguments, first + 1));
    write(vm, array, offset, object)?;
    Ok(count(object.len()))
}

/// Where in the array an element with a tag begins: the first one, or the first after the one at `start`, an offset
/// within the object; -1 without any. The array and offset of the tag come last; without one any will do.
fn find_in_array(
    vm: &Vm<'_>,
    arguments: &[i16],
    object: &[u8],
    start: Option<usize>,
) -> Result<i32, Trap> {
    let first = arguments.len().saturating_sub(2);
    let wanted = match reference(arguments, first) {
        0 => None,
        _ => Some(tag::at(vm, arguments, first)?),
    };
    let tlv = parse_form(object, true)?;
    let mut place = tlv.header;
    let mut is_past = start.is_none();
    for element in ber::all(tlv.value).map_err(|_| MALFORMED_TLV)? {
        if is_past && wanted.as_ref().is_none_or(|wanted| wanted == element.tag) {
            let offset = usize::try_from(word(arguments, 1)).unwrap_or(0);
            return Ok(count(offset + place));
        }
        is_past |= start == Some(place);
        place += element.size();
    }
    if is_past { Ok(-1) } else { Err(INVALID_PARAM) }
}

/// The tag object of an object that is not empty.
fn own_tag(vm: &Vm<'_>, this: u16) -> Result<u16, Trap> {
    match cell(vm, this, TAG)?.cast_unsigned() {
        0 => Err(EMPTY_TLV),
        tag => Ok(tag),
    }
}

fn is_constructed_object(vm: &Vm<'_>, this: u16) -> bool {
    vm.is_instance(this, vm.program.class_named(CONSTRUCTED))
}

/// The elements of a constructed object.
fn elements(vm: &Vm<'_>, this: u16) -> Result<Vec<u16>, Trap> {
    let used = usize::try_from(cell(vm, this, SIZE)?).unwrap_or(0);
    let array = vm.heap.bytes(cell(vm, this, VALUE)?.cast_unsigned());
    let words = array.as_chunks::<2>().0.iter();
    Ok(words
        .take(used)
        .map(|word| u16::from_be_bytes(*word))
        .collect())
}

/// The value as bytes, of an object that lies in `depth` others.
fn value(vm: &Vm<'_>, this: u16, depth: usize) -> Result<Vec<u8>, Trap> {
    if !is_constructed_object(vm, this) {
        let used = usize::try_from(cell(vm, this, SIZE)?).unwrap_or(0);
        let array = vm.heap.bytes(cell(vm, this, VALUE)?.cast_unsigned());
        return Ok(array.get(..used).unwrap_or(array).to_vec());
    }
    if depth > DEPTH {
        return Err(TLV_SIZE_GREATER_THAN_32767);
    }
    let mut value = Vec::new();
    for element in elements(vm, this)? {
        value.extend(encode(vm, element, depth + 1)?);
        if value.len() > 0x7FFF {
            return Err(TLV_SIZE_GREATER_THAN_32767);
        }
    }
    Ok(value)
}

fn encode(vm: &Vm<'_>, this: u16, depth: usize) -> Result<Vec<u8>, Trap> {
    let tag = tag::bytes(vm, own_tag(vm, this)?)?;
    limited(ber::encode(&tag, &value(vm, this, depth)?))
}

/// How many bytes an object takes.
fn size(vm: &Vm<'_>, this: u16) -> Result<i32, Trap> {
    Ok(count(encode(vm, this, 0)?.len()))
}

fn construct(vm: &mut Vm<'_>, arguments: &[i16], kind: Kind) -> Result<i32, Trap> {
    let capacity = u16::try_from(word(arguments, 1)).map_err(|_| INVALID_PARAM)?;
    let array = new_array(vm, kind, capacity)?;
    set_cell(vm, reference(arguments, 0), VALUE, array.cast_signed())?;
    Ok(0)
}

fn new_array(vm: &mut Vm<'_>, kind: Kind, capacity: u16) -> Result<u16, Trap> {
    let element = match kind {
        Kind::ReferenceArray => vm.session.objects.object_class,
        _ => NO_CLASS,
    };
    vm.allocate(kind, capacity, element, 0)
}

/// Puts content into the array of an object, which grows if it has to.
fn put(vm: &mut Vm<'_>, this: u16, kind: Kind, content: &[u8]) -> Result<(), Trap> {
    let used = content.len() / kind.element_size();
    let used = i16::try_from(used).map_err(|_| TLV_SIZE_GREATER_THAN_32767)?;
    let mut array = cell(vm, this, VALUE)?.cast_unsigned();
    if usize::from(vm.heap.object(array).length) * kind.element_size() < content.len() {
        array = new_array(vm, kind, used.cast_unsigned())?;
        set_cell(vm, this, VALUE, array.cast_signed())?;
    }
    let address = vm.heap.object(array).address;
    vm.heap.write_slice(address, content)?;
    set_cell(vm, this, SIZE, used)
}

fn set_value(vm: &mut Vm<'_>, this: u16, value: &[u8]) -> Result<(), Trap> {
    put(vm, this, Kind::ByteArray, value)
}

fn put_elements(vm: &mut Vm<'_>, this: u16, elements: &[u16]) -> Result<(), Trap> {
    let content: Vec<u8> = elements
        .iter()
        .flat_map(|word| word.to_be_bytes())
        .collect();
    put(vm, this, Kind::ReferenceArray, &content)
}

fn add_element(vm: &mut Vm<'_>, this: u16, element: u16) -> Result<(), Trap> {
    let mut elements = elements(vm, this)?;
    elements.push(element);
    put_elements(vm, this, &elements)
}

/// A new object as bytes tell.
fn make(vm: &mut Vm<'_>, tlv: Tlv<'_>, depth: usize) -> Result<u16, Trap> {
    let class = if is_constructed(tlv.tag) {
        CONSTRUCTED
    } else {
        PRIMITIVE
    };
    let made = instance(vm, class)?;
    fill(vm, made, tlv, depth)?;
    Ok(made)
}

/// Sets tag and value of an object as bytes tell.
fn fill(vm: &mut Vm<'_>, this: u16, tlv: Tlv<'_>, depth: usize) -> Result<(), Trap> {
    if is_constructed(tlv.tag) {
        set_elements(vm, this, tlv.value, depth)?;
    } else {
        set_value(vm, this, tlv.value)?;
    }
    let tag = tag::make(vm, tlv.tag)?;
    set_cell(vm, this, TAG, tag.cast_signed())
}

fn set_elements(vm: &mut Vm<'_>, this: u16, value: &[u8], depth: usize) -> Result<(), Trap> {
    let objects = ber::all(value).map_err(|error| match error {
        BerError::Long => super::TLV_LENGTH_GREATER_THAN_32767,
        _ => MALFORMED_TLV,
    })?;
    if depth > DEPTH {
        return Err(MALFORMED_TLV);
    }
    let mut elements = Vec::new();
    for object in objects {
        elements.push(make(vm, object, depth + 1)?);
    }
    put_elements(vm, this, &elements)
}

fn init_from_bytes(vm: &mut Vm<'_>, arguments: &[i16], constructed: bool) -> Result<i32, Trap> {
    let this = reference(arguments, 0);
    let bytes = bytes(vm, arguments, 1)?;
    let tlv = parse(&bytes)?;
    if is_constructed(tlv.tag) != constructed {
        return Err(MALFORMED_TLV);
    }
    fill(vm, this, tlv, 0)?;
    size(vm, this)
}

/// Where among the elements an object is for the `number`-th time, 1 being the first.
fn occurrence(vm: &Vm<'_>, this: u16, element: u16, number: i16) -> Result<usize, Trap> {
    vm.heap.live(element)?;
    let before = number
        .checked_sub(1)
        .and_then(|before| usize::try_from(before).ok())
        .ok_or(INVALID_PARAM)?;
    elements(vm, this)?
        .into_iter()
        .enumerate()
        .filter(|(_, other)| *other == element)
        .nth(before)
        .map(|(index, _)| index)
        .ok_or(INVALID_PARAM)
}

/// The first element from an index on that has this tag, or any tag if that is null; null without one.
fn find(vm: &Vm<'_>, this: u16, from: usize, wanted: u16) -> Result<i32, Trap> {
    let wanted = match wanted {
        0 => None,
        wanted => Some(tag::bytes(vm, wanted)?),
    };
    for element in elements(vm, this)?.into_iter().skip(from) {
        let is_it = match &wanted {
            None => true,
            Some(wanted) => tag::bytes(vm, own_tag(vm, element)?)? == *wanted,
        };
        if is_it {
            return Ok(element.into());
        }
    }
    Ok(0)
}
