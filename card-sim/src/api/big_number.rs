//! `javacardx.framework.math.BigNumber`: two cells, the value and its maximum, each in an array that
//! programs hold no reference to; and the capacity in bytes.

use super::arguments::{byte, cell, count, range, range_at, reference, set_cell, word, write};
use super::math::{ARITHMETIC, MAX_BYTES, Number, from_bcd, from_hex, significant, to_bcd};
use super::{Layout, Row};
use crate::vm::program::NO_CLASS;
use crate::vm::trap::Trap;
use crate::vm::{Kind, Vm};
use std::cmp::Ordering;

const CLASS: &str = "javacardx/framework/math/BigNumber";

/// Cells of the class.
pub const LAYOUTS: &[Layout] = &[(CLASS, 3, 2)];

const VALUE: u16 = 0;
const MAXIMUM: u16 = 1;
const CAPACITY: u16 = 2;

const FORMAT_BCD: u8 = 1;
const FORMAT_HEX: u8 = 2;

/// The native methods.
pub const NATIVES: &[Row] = &[
    (CLASS, "<init>", "(S)V", construct),
    (CLASS, "getMaxBytesSupported", "()S", |_, _| {
        Ok(count(MAX_BYTES))
    }),
    (CLASS, "setMaximum", "([BSSB)V", set_maximum),
    (CLASS, "init", "([BSSB)V", |vm, arguments| {
        calculate(vm, arguments, |_, new| Some(*new))
    }),
    (CLASS, "add", "([BSSB)V", |vm, arguments| {
        calculate(vm, arguments, add)
    }),
    (CLASS, "subtract", "([BSSB)V", |vm, arguments| {
        calculate(vm, arguments, subtract)
    }),
    (CLASS, "multiply", "([BSSB)V", |vm, arguments| {
        calculate(vm, arguments, multiply)
    }),
    (
        CLASS,
        "compareTo",
        "(Ljavacardx/framework/math/BigNumber;)B",
        |vm, arguments| {
            let other = number(vm, reference(arguments, 1), VALUE)?;
            Ok(order(
                number(vm, reference(arguments, 0), VALUE)?.cmp(&other),
            ))
        },
    ),
    (CLASS, "compareTo", "([BSSB)B", |vm, arguments| {
        let other = operand(vm, arguments)?;
        Ok(order(
            number(vm, reference(arguments, 0), VALUE)?.cmp(&other),
        ))
    }),
    (CLASS, "toBytes", "([BSSB)V", to_bytes),
    (CLASS, "getByteLength", "(B)S", |vm, arguments| {
        let value = number(vm, reference(arguments, 0), VALUE)?;
        Ok(count(formatted(&value, byte(arguments, 1))?.len().max(1)))
    }),
    (CLASS, "reset", "()V", |vm, arguments| {
        set_number(vm, reference(arguments, 0), VALUE, &[0; MAX_BYTES])?;
        Ok(0)
    }),
];

fn order(ordering: Ordering) -> i32 {
    ordering as i32
}

fn construct(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    let this = reference(arguments, 0);
    let capacity = usize::try_from(word(arguments, 1)).unwrap_or(0);
    if !(1..=MAX_BYTES).contains(&capacity) {
        return Err(ARITHMETIC);
    }
    let length = u16::try_from(MAX_BYTES).map_err(|_| ARITHMETIC)?;
    for index in [VALUE, MAXIMUM] {
        let array = vm.allocate(Kind::ByteArray, length, NO_CLASS, 0)?;
        set_cell(vm, this, index, array.cast_signed())?;
    }
    let mut maximum = [0; MAX_BYTES];
    for place in maximum.iter_mut().rev().take(capacity) {
        *place = 0xFF;
    }
    set_number(vm, this, MAXIMUM, &maximum)?;
    set_cell(vm, this, CAPACITY, word(arguments, 1))?;
    Ok(0)
}

fn number(vm: &Vm<'_>, this: u16, index: u16) -> Result<Number, Trap> {
    let array = cell(vm, this, index)?.cast_unsigned();
    let bytes = vm.heap.bytes(array).first_chunk().copied();
    bytes.ok_or(Trap::BadCode("a BigNumber without value"))
}

fn set_number(vm: &mut Vm<'_>, this: u16, index: u16, value: &Number) -> Result<(), Trap> {
    let array = cell(vm, this, index)?.cast_unsigned();
    let address = vm.heap.live(array)?.address;
    vm.heap.write_slice(address, value)
}

/// The number in arguments 1 to 4: array, offset, length, format.
fn operand(vm: &Vm<'_>, arguments: &[i16]) -> Result<Number, Trap> {
    let bytes = range_at(vm, arguments, 1)?;
    if bytes.length == 0 {
        return Err(ARITHMETIC);
    }
    match byte(arguments, 4) {
        FORMAT_BCD => from_bcd(bytes.bytes(vm.heap)),
        FORMAT_HEX => from_hex(bytes.bytes(vm.heap)),
        _ => None,
    }
    .ok_or(ARITHMETIC)
}

/// Without zeros in front.
fn formatted(value: &Number, format: u8) -> Result<Vec<u8>, Trap> {
    match format {
        FORMAT_BCD => Ok(to_bcd(*value)),
        FORMAT_HEX => Ok(significant(value).to_vec()),
        _ => Err(ARITHMETIC),
    }
}

fn add(a: &Number, b: &Number) -> Option<Number> {
    let mut sum = [0; MAX_BYTES];
    let mut carry = 0u16;
    for ((place, a), b) in sum.iter_mut().zip(a).zip(b).rev() {
        let value = u16::from(*a) + u16::from(*b) + carry;
        let [high, low] = value.to_be_bytes();
        *place = low;
        carry = high.into();
    }
    (carry == 0).then_some(sum)
}

fn subtract(a: &Number, b: &Number) -> Option<Number> {
    let mut difference = [0; MAX_BYTES];
    let mut borrow = false;
    for ((place, a), b) in difference.iter_mut().zip(a).zip(b).rev() {
        let (value, first) = a.overflowing_sub(*b);
        let (value, second) = value.overflowing_sub(borrow.into());
        *place = value;
        borrow = first || second;
    }
    (!borrow).then_some(difference)
}

fn multiply(a: &Number, b: &Number) -> Option<Number> {
    b.iter().try_fold([0; MAX_BYTES], |product, factor| {
        let shifted = match product {
            [0, rest @ ..] => {
                let mut shifted = [0; MAX_BYTES];
                for (place, byte) in shifted.iter_mut().zip(rest) {
                    *place = byte;
                }
                shifted
            }
            _ => return None,
        };
        let part = super::math::multiply_add(a, *factor, 0);
        // A factor of zero is no overflow.
        add(&shifted, &part?)
    })
}

/// Replaces the value by the result with the operand, unless that passes the maximum.
fn calculate(
    vm: &mut Vm<'_>,
    arguments: &[i16],
    operation: impl Fn(&Number, &Number) -> Option<Number>,
) -> Result<i32, Trap> {
    let this = reference(arguments, 0);
    let operand = operand(vm, arguments)?;
    let value = operation(&number(vm, this, VALUE)?, &operand).ok_or(ARITHMETIC)?;
    if value > number(vm, this, MAXIMUM)? {
        return Err(ARITHMETIC);
    }
    set_number(vm, this, VALUE, &value)?;
    Ok(0)
}

fn set_maximum(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    let this = reference(arguments, 0);
    let maximum = operand(vm, arguments)?;
    let capacity = usize::try_from(cell(vm, this, CAPACITY)?).unwrap_or(0);
    let is_zero = maximum == [0; MAX_BYTES];
    if is_zero || significant(&maximum).len() > capacity || number(vm, this, VALUE)? > maximum {
        return Err(ARITHMETIC);
    }
    set_number(vm, this, MAXIMUM, &maximum)?;
    Ok(0)
}

/// Right-aligned in the target, with zeros in front.
fn to_bytes(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    let value = number(vm, reference(arguments, 0), VALUE)?;
    let (array, offset, length) = (
        reference(arguments, 1),
        word(arguments, 2),
        word(arguments, 3),
    );
    let target = range(vm, array, offset, length)?;
    let bytes = formatted(&value, byte(arguments, 4))?;
    let bytes = significant(&bytes);
    let zeros = target.length.checked_sub(bytes.len()).ok_or(ARITHMETIC)?;
    if target.length == 0 {
        return Err(ARITHMETIC);
    }
    let mut full = vec![0; zeros];
    full.extend_from_slice(bytes);
    write(vm, array, offset, &full)?;
    Ok(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn small(value: u64) -> Number {
        from_hex(&value.to_be_bytes()).unwrap_or_default()
    }

    #[test]
    fn arithmetic_is_that_of_natural_numbers() {
        for (a, b) in [(0, 0), (1, 255), (0xFFFF_FFFF, 0xFFFF_FFFF), (1 << 40, 77)] {
            assert_eq!(add(&small(a), &small(b)), Some(small(a + b)));
            if let Some(product) = a.checked_mul(b) {
                assert_eq!(multiply(&small(a), &small(b)), Some(small(product)));
            }
            assert_eq!(
                subtract(&small(a), &small(b)),
                a.checked_sub(b).map(small),
                "{a} {b}"
            );
        }
        let greatest = [0xFF; MAX_BYTES];
        assert_eq!(add(&greatest, &small(1)), None);
        assert_eq!(multiply(&greatest, &small(2)), None);
        assert_eq!(multiply(&greatest, &small(1)), Some(greatest));
        assert_eq!(multiply(&small(0), &greatest), Some(small(0)));
    }
}
