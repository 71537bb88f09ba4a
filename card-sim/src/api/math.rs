//! `javacardx.framework.math`: `BCDUtil` and `ParityBit`, and the number formats of `BigNumber`.

use super::Row;
use super::arguments::{count, range_at, reference, word, write};
use crate::vm::Vm;
use crate::vm::trap::{Throwable, Trap};

const BCD: &str = "javacardx/framework/math/BCDUtil";
const PARITY: &str = "javacardx/framework/math/ParityBit";

/// The most bytes of a number in either format.
pub(super) const MAX_BYTES: usize = 32;

/// The native methods.
pub const NATIVES: &[Row] = &[
    (BCD, "<init>", "()V", super::exceptions::nothing),
    (BCD, "getMaxBytesSupported", "()S", |_, _| {
        Ok(count(MAX_BYTES))
    }),
    (BCD, "convertToHex", "([BSS[BS)S", |vm, arguments| {
        convert(vm, arguments, |bytes| Some(from_bcd(bytes)?.to_vec()))
    }),
    (BCD, "convertToBCD", "([BSS[BS)S", |vm, arguments| {
        convert(vm, arguments, |bytes| Some(to_bcd(from_hex(bytes)?)))
    }),
    (BCD, "isBCDFormat", "([BSS)Z", |vm, arguments| {
        let bytes = range_at(vm, arguments, 0)?;
        if bytes.length == 0 {
            return Err(ARITHMETIC);
        }
        Ok(is_bcd(bytes.bytes(vm.heap)).into())
    }),
    (PARITY, "<init>", "()V", super::exceptions::nothing),
    (PARITY, "set", "([BSSZ)V", set_parity),
];

/// An `ArithmeticException`, which the package throws for numbers of the wrong form or size.
pub(super) const ARITHMETIC: Trap = Trap::Throw(Throwable::Arithmetic, 0);

/// A natural number of 32 bytes, big-endian.
pub(super) type Number = [u8; MAX_BYTES];

/// The number of binary bytes; none if they are too many.
pub(super) fn from_hex(bytes: &[u8]) -> Option<Number> {
    let significant = significant(bytes);
    let mut number = [0; MAX_BYTES];
    let start = MAX_BYTES.checked_sub(significant.len())?;
    number.get_mut(start..)?.copy_from_slice(significant);
    Some(number)
}

/// Without zeros in front.
pub(super) fn significant(bytes: &[u8]) -> &[u8] {
    let start = bytes.iter().position(|byte| *byte != 0);
    bytes.get(start.unwrap_or(bytes.len())..).unwrap_or(&[])
}

pub(super) fn is_bcd(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| byte >> 4 <= 9 && byte & 15 <= 9)
}

/// number × factor + addend; none if that does not fit.
pub(super) fn multiply_add(number: &Number, factor: u8, addend: u8) -> Option<Number> {
    let mut result = [0; MAX_BYTES];
    let mut carry = u16::from(addend);
    for (place, byte) in result.iter_mut().zip(number).rev() {
        let value = u16::from(*byte) * u16::from(factor) + carry;
        let [high, low] = value.to_be_bytes();
        *place = low;
        carry = high.into();
    }
    (carry == 0).then_some(result)
}

/// The number of bytes with two decimal digits each; none if they are no such.
pub(super) fn from_bcd(bytes: &[u8]) -> Option<Number> {
    if bytes.is_empty() || !is_bcd(bytes) {
        return None;
    }
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits
        .into_iter()
        .try_fold([0; MAX_BYTES], |number, digit| {
            multiply_add(&number, 10, digit)
        })
}

/// The bytes of a number with two decimal digits each, one at least.
pub(super) fn to_bcd(mut number: Number) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let remainder = divide_by_hundred(&mut number);
        bytes.push(((remainder / 10) << 4) | (remainder % 10));
        if number == [0; MAX_BYTES] {
            break;
        }
    }
    bytes.reverse();
    bytes
}

fn divide_by_hundred(number: &mut Number) -> u8 {
    let mut remainder = 0u16;
    for byte in number.iter_mut() {
        let value = remainder << 8 | u16::from(*byte);
        *byte = u8::try_from(value / 100).unwrap_or(0);
        remainder = value % 100;
    }
    u8::try_from(remainder).unwrap_or(0)
}

/// (source, its offset, its length, target, its offset): gives the length of the result.
fn convert(
    vm: &mut Vm<'_>,
    arguments: &[i16],
    conversion: impl Fn(&[u8]) -> Option<Vec<u8>>,
) -> Result<i32, Trap> {
    let source = range_at(vm, arguments, 0)?.copy(vm.heap);
    if source.is_empty() || source.len() > MAX_BYTES {
        return Err(ARITHMETIC);
    }
    let full = conversion(&source).ok_or(ARITHMETIC)?;
    let shortest = match significant(&full) {
        [] => &[0],
        bytes => bytes,
    };
    write(vm, reference(arguments, 3), word(arguments, 4), shortest)?;
    Ok(count(shortest.len()))
}

/// Sets the lowest bit of each byte so that the number of ones is even or odd.
fn set_parity(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    let target = range_at(vm, arguments, 0)?;
    let is_even = word(arguments, 3) != 0;
    let bytes: Vec<u8> = target
        .bytes(vm.heap)
        .iter()
        .map(|byte| {
            let is_odd_already = (byte & 0xFE).count_ones() % 2 == 1;
            byte & 0xFE | u8::from(is_odd_already == is_even)
        })
        .collect();
    vm.heap.write_slice(target.address, &bytes)?;
    Ok(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimal_and_binary_numbers_are_the_same_numbers() {
        let number = from_bcd(&[0x01, 0x23, 0x45, 0x67, 0x89]).unwrap();
        assert_eq!(significant(&number), 123_456_789u32.to_be_bytes());
        assert_eq!(to_bcd(number), [0x01, 0x23, 0x45, 0x67, 0x89]);
        assert_eq!(to_bcd([0; MAX_BYTES]), [0]);
        assert_eq!(from_bcd(&[0x1A]), None);
        // 2^256 − 1 has 78 digits, 39 bytes of two each.
        let greatest = [0xFF; MAX_BYTES];
        assert_eq!(to_bcd(greatest).len(), 39);
        assert_eq!(from_bcd(&to_bcd(greatest)), Some(greatest));
        assert_eq!(from_bcd(&[0x99; 40]), None);
        assert_eq!(from_hex(&[1; 33]), None);
        assert_eq!(multiply_add(&greatest, 1, 1), None);
    }
}
