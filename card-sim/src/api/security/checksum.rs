//! `javacard.security.Checksum`.
//!
//! Cells: the algorithm, and the value so far (two cells), which is kept over a reset as the
//! object is.

use super::{ILLEGAL_VALUE, NO_SUCH_ALGORITHM};
use crate::api::arguments::{
    byte, cell, cell_address, count, range_at, reference, set_cell, word, write,
};
use crate::api::{Layout, Row};
use crate::vm::trap::Trap;
use crate::vm::{Kind, Vm};

const CLASS: &str = "javacard/security/Checksum";

/// Cells of the class.
pub const LAYOUTS: &[Layout] = &[(CLASS, 3, 0)];

const ALGORITHM: u16 = 0;
const VALUE: u16 = 1;

const CRC16: u8 = 1;
const CRC32: u8 = 2;

/// The native methods.
pub const NATIVES: &[Row] = &[
    (
        CLASS,
        "getInstance",
        "(BZ)Ljavacard/security/Checksum;",
        get_instance,
    ),
    (CLASS, "<init>", "()V", crate::api::exceptions::nothing),
    (CLASS, "init", "([BSS)V", init),
    (CLASS, "update", "([BSS)V", |vm, arguments| {
        update(vm, arguments).map(|_| 0)
    }),
    (CLASS, "doFinal", "([BSS[BS)S", do_final),
    (CLASS, "getAlgorithm", "()B", |vm, arguments| {
        cell(vm, reference(arguments, 0), ALGORITHM).map(i32::from)
    }),
];

/// Whether the card has a `Checksum.ALG_*` code.
#[must_use]
pub const fn has(algorithm: u8) -> bool {
    matches!(algorithm, CRC16 | CRC32)
}

fn get_instance(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    let algorithm = byte(arguments, 0);
    if !has(algorithm) {
        return Err(NO_SUCH_ALGORITHM);
    }
    let class = vm.program.class_named(CLASS);
    let object = vm.allocate(Kind::Instance, 3, class, 0)?;
    set_cell(vm, object, ALGORITHM, algorithm.into())?;
    Ok(object.into())
}

fn algorithm(vm: &Vm<'_>, this: u16) -> Result<u8, Trap> {
    let [_, algorithm] = cell(vm, this, ALGORITHM)?.to_be_bytes();
    Ok(algorithm)
}

/// Sets the value to start from: two bytes for CRC16, four for CRC32.
fn init(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    let this = reference(arguments, 0);
    let value = range_at(vm, arguments, 1)?.copy(vm.heap);
    let value = match (algorithm(vm, this)?, value.as_slice()) {
        (CRC16, &[a, b]) => [0, 0, a, b],
        (CRC32, &[a, b, c, d]) => [a, b, c, d],
        _ => return Err(ILLEGAL_VALUE),
    };
    let address = cell_address(vm, this, VALUE)?;
    vm.heap.write(address, value)?;
    Ok(0)
}

fn update(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<u32, Trap> {
    let this = reference(arguments, 0);
    let data = range_at(vm, arguments, 1)?;
    let address = cell_address(vm, this, VALUE)?;
    let start = vm.heap.int(address).cast_unsigned();
    let is_short = algorithm(vm, this)? == CRC16;
    let value = data.bytes(vm.heap).iter().fold(start, |value, byte| {
        if is_short {
            crc16(value, *byte)
        } else {
            crc32(value, *byte)
        }
    });
    vm.heap.write(address, value.to_be_bytes())?;
    Ok(value)
}

fn do_final(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    let this = reference(arguments, 0);
    let value = update(vm, arguments)?.to_be_bytes();
    let output = match (algorithm(vm, this)?, value) {
        (CRC16, [_, _, high, low]) => vec![high, low],
        (_, value) => value.to_vec(),
    };
    let address = cell_address(vm, this, VALUE)?;
    vm.heap.write(address, [0; 4])?;
    write(vm, reference(arguments, 4), word(arguments, 5), &output)?;
    Ok(count(output.len()))
}

/// One byte of the ISO 3309 CRC with x^16 + x^12 + x^5 + 1, most significant bit first.
fn crc16(value: u32, byte: u8) -> u32 {
    (0..8).fold(value ^ u32::from(byte) << 8, |value, _| {
        let shifted = value << 1;
        let reduced = if value & 0x8000 == 0 {
            shifted
        } else {
            shifted ^ 0x1021
        };
        reduced & 0xFFFF
    })
}

/// One byte of the ISO 3309 CRC of 32 bits, most significant bit first.
fn crc32(value: u32, byte: u8) -> u32 {
    (0..8).fold(value ^ u32::from(byte) << 24, |value, _| {
        if value & 0x8000_0000 == 0 {
            value << 1
        } else {
            value << 1 ^ 0x04C1_1DB7
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_values_of_the_crc_catalogue() {
        let run =
            |start, step: fn(u32, u8) -> u32| b"123456789".iter().fold(start, |v, b| step(v, *b));
        // CRC-16/XMODEM and CRC-16/IBM-3740; CRC-32/MPEG-2.
        assert_eq!(run(0, crc16), 0x31C3);
        assert_eq!(run(0xFFFF, crc16), 0x29B1);
        assert_eq!(run(0xFFFF_FFFF, crc32), 0x0376_E6E7);
    }
}
