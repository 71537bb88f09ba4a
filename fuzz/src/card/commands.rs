//! Commands: those that a card knows, nearly right ones, and any bytes.

use super::cards::{JPKI, SMITH, SMITH_PACKAGE};
use super::packages::{self, field};
use crate::Choices;
use apdu_spec::jpki::SPECIFICATION;
use apdu_spec::table::Parameter;
use card_sim::Card;
use card_sim::gp::IssuerConfig;

/// Class bytes: ISO and GlobalPlatform, secured, chained, on other logical channels.
const CLASSES: [u8; 16] = [
    0x00, 0x80, 0x80, 0x84, 0x0C, 0x04, 0x10, 0x90, 0x01, 0x81, 0x02, 0x83, 0x40, 0xC0, 0x4F, 0xFF,
];
/// Instructions of the card manager (GPCS 2.3.1 §11), of ISO 7816-4 and of the JPKI applet.
const INSTRUCTIONS: [u8; 32] = [
    0xA4, 0x70, 0xC0, 0x50, 0x82, 0xE6, 0xE8, 0xE4, 0xD8, 0xF0, 0xF2, 0xE2, 0xCA, 0xCB, 0x7A, 0x78,
    0x20, 0x24, 0x2C, 0x2A, 0xB0, 0xD6, 0x46, 0x47, 0x84, 0x88, 0x44, 0x04, 0xDA, 0xE0, 0x10, 0xEE,
];
/// Parameters that mean something to one command or another.
const PARAMETERS: [u8; 24] = [
    0x00, 0x01, 0x02, 0x04, 0x08, 0x0C, 0x0D, 0x10, 0x20, 0x40, 0x60, 0x7F, 0x80, 0x81, 0x82, 0x86,
    0x88, 0x90, 0x9A, 0xC1, 0xE0, 0xF0, 0xFE, 0xFF,
];

/// A command for a session that is open: of the card manager or the JPKI applet.
pub(super) fn secured(choices: &mut Choices<'_>, card: &Card) -> Vec<u8> {
    match choices.below(8) {
        0 => command(choices, card),
        1..=3 => jpki(choices),
        _ => managing(choices, card),
    }
}

/// A command.
pub(super) fn command(choices: &mut Choices<'_>, card: &Card) -> Vec<u8> {
    let mut command = match choices.below(18) {
        0 => {
            let length = choices.below(40);
            (0..length).map(|_| choices.byte()).collect()
        }
        1..=3 => select(choices),
        4 => vec![
            choices.byte() % 4,
            0x70,
            *choices.pick(&[0x00, 0x80]),
            choices.byte() % 21,
            1,
        ],
        5..=8 => managing(choices, card),
        9..=12 => jpki(choices),
        _ => {
            let body = body(choices);
            let header = [
                *choices.pick(&CLASSES),
                *choices.pick(&INSTRUCTIONS),
                parameter(choices),
                parameter(choices),
            ];
            let length = choices.below(8);
            with_data(header, &body, length)
        }
    };
    if choices.below(12) == 0 {
        damage(choices, &mut command);
    }
    command
}

/// Changes a byte, or the length.
pub(super) fn damage(choices: &mut Choices<'_>, command: &mut Vec<u8>) {
    match choices.below(4) {
        0 => command.truncate(choices.below(command.len().max(1))),
        1 => command.push(choices.byte()),
        _ => {
            let at = choices.below(command.len().max(1));
            if let Some(byte) = command.get_mut(at) {
                *byte = choices.byte();
            }
        }
    }
}

fn parameter(choices: &mut Choices<'_>) -> u8 {
    if choices.below(4) == 0 {
        choices.byte()
    } else {
        *choices.pick(&PARAMETERS)
    }
}

/// A name that may be on the card.
fn name<'a>(choices: &mut Choices<'_>) -> &'a [u8] {
    choices
        .pick(&[
            JPKI,
            SMITH,
            &IssuerConfig::AID,
            SMITH_PACKAGE,
            &JPKI[..5],
            &[0xA0, 0, 0, 1, 0x51, 0x53, 0x50],
            packages::DOMAIN,
            &[],
        ])
        .to_owned()
}

fn select(choices: &mut Choices<'_>) -> Vec<u8> {
    let name = name(choices);
    let header = [
        *choices.pick(&[0x00, 0x00, 0x01, 0x02, 0x40]),
        0xA4,
        0x04,
        *choices.pick(&[0x00, 0x0C, 0x02]),
    ];
    with_data(header, name, choices.below(2))
}

/// Data of a command: nothing, TLV objects, a few bytes, many.
fn body(choices: &mut Choices<'_>) -> Vec<u8> {
    match choices.below(5) {
        0 => Vec::new(),
        1 => {
            let mut data = Vec::new();
            for _ in 0..choices.below(4) {
                let length = choices.below(12);
                data.push(*choices.pick(&[0x4F, 0x5C, 0xC9, 0xEF, 0xEA, 0xB6, 0x84, 0xCF, 0x80]));
                data.push(u8::try_from(length).unwrap_or(0));
                data.extend((0..length).map(|_| choices.byte()));
            }
            data
        }
        2 => {
            let (length, filling) = (choices.below(700), choices.byte());
            vec![filling; length]
        }
        _ => {
            let length = choices.below(24);
            (0..length).map(|_| choices.byte()).collect()
        }
    }
}

/// A command of the JPKI applet, as its table has them, with data of any value.
fn jpki(choices: &mut Choices<'_>) -> Vec<u8> {
    let command = choices.pick(SPECIFICATION.commands);
    let mut parameter = |parameters: &[Parameter]| {
        let parameter = choices.pick(parameters);
        parameter.value | choices.byte() & !parameter.mask
    };
    let header = [
        command.cla,
        command.ins,
        parameter(command.p1),
        parameter(command.p2),
    ];
    let mut data = Vec::new();
    for field in command.data {
        let most = *field.length.end().min(&300);
        let length =
            field.length.start() + choices.below(most - field.length.start().min(&most) + 1);
        let filling = *choices.pick(b"1A0\x30");
        data.extend((0..length).map(|_| {
            if filling == b'0' {
                choices.byte()
            } else {
                filling
            }
        }));
    }
    with_data(header, &data, choices.below(6))
}

/// The card manager's own commands, nearly as they should be.
fn managing(choices: &mut Choices<'_>, card: &Card) -> Vec<u8> {
    match choices.below(13) {
        0 => {
            let filter = *choices.pick(&[0x80, 0x40, 0x20, 0x10]);
            let data = [&[0x4F], field(name(choices)).as_slice()].concat();
            with_data([0x80, 0xF2, filter, *choices.pick(&[0, 1, 2, 3])], &data, 1)
        }
        1 => {
            let tag = choices.pick(&[
                [0x00, 0x66],
                [0x00, 0xE0],
                [0x9F, 0x7F],
                [0x00, 0xC1],
                [0x2F, 0x00],
                [0x00, 0xCF],
                [0xFF, 0x21],
                [0x00, 0x45],
            ]);
            vec![0x80, 0xCA, tag[0], tag[1], 0x00]
        }
        2 => {
            let kind = *choices.pick(&[0x80, 0x40, 0x60]);
            let state = *choices.pick(&[0x01, 0x07, 0x0F, 0x83, 0x80, 0x03, 0x7F]);
            with_data([0x80, 0xF0, kind, state], name(choices), 0)
        }
        3 => {
            let data = [&[0x4F], field(name(choices)).as_slice()].concat();
            with_data([0x80, 0xE4, 0x00, *choices.pick(&[0x00, 0x80])], &data, 1)
        }
        4 => {
            // INSTALL [for install and make selectable], and its other forms.
            let (package, module, instance) = (name(choices), name(choices), name(choices));
            let privileges: &[u8] = choices.pick::<&[u8]>(&[&[0], &[0x80, 0, 0], &[0xC0], &[4]]);
            let parameters: &[u8] =
                choices.pick::<&[u8]>(&[&[0xC9, 0], &[0xC9, 2, 1, 2], &[0xEF, 0], &[]]);
            let data = [
                field(package),
                field(module),
                field(instance),
                field(privileges),
                field(parameters),
                vec![0],
            ]
            .concat();
            let form = *choices.pick(&[0x0C, 0x04, 0x08, 0x02, 0x10, 0x20, 0x40, 0x0E]);
            with_data([0x80, 0xE6, form, 0x00], &data, 1)
        }
        5 => {
            let version = choices.byte() % 4;
            let kind = *choices.pick(&[0x88, 0x80, 0x85, 0xA0, 0xB0]);
            let mut data = vec![*choices.pick(&[1, 0x30, 0x31, 0x70, 0x73])];
            for _ in 0..1 + choices.below(3) {
                let length = *choices.pick(&[16, 8, 24, 32, 0, 5]);
                data.extend([kind, u8::try_from(length).unwrap_or(0)]);
                data.extend((0..length).map(|_| choices.byte()));
                data.extend([3, 1, 2, 3]);
            }
            with_data([0x80, 0xD8, version, 0x81], &data, 1)
        }
        6 => {
            let data = body(choices);
            let form = *choices.pick(&[0x80, 0x88, 0x90, 0x60, 0x00, 0x08]);
            with_data([0x80, 0xE2, form, choices.byte() % 3], &data, 0)
        }
        7 => {
            let data = body(choices);
            let last = *choices.pick(&[0x00, 0x80]);
            with_data([0x80, 0xE8, last, choices.byte() % 3], &data, 0)
        }
        8 => with_data(
            [0x80, 0xE6, 0x02, 0x00],
            &packages::for_load(name(choices), &[]),
            1,
        ),
        9 => with_data([0x80, 0xD8, 0x00, 0x81], &body(choices), 1),
        10 => vec![0x00, 0xC0, 0x00, 0x00, choices.byte()],
        11 => with_data(
            [0x80, 0x50, choices.byte() % 2 * 0x30, 0x00],
            &[choices.byte(); 8],
            1,
        ),
        _ => {
            // Whatever the card last counted of itself, as data.
            let used = card.statistics().persistent_used.to_be_bytes();
            with_data([0x84, 0x82, 0x01, 0x00], &used, 0)
        }
    }
}

/// A command with data, short or extended as they need; an even `expected` asks for no response.
pub(super) fn with_data(header: [u8; 4], data: &[u8], expected: usize) -> Vec<u8> {
    let mut command = header.to_vec();
    let extended = data.len() > 255 || expected > 5;
    if !data.is_empty() {
        let length = u16::try_from(data.len()).unwrap_or(0).to_be_bytes();
        if extended {
            command.push(0);
            command.push(length[0]);
        }
        command.push(length[1]);
        command.extend_from_slice(data);
    } else if extended {
        command.push(0);
    }
    if expected % 2 == 1 {
        command.push(0);
        if extended {
            command.push(0);
        }
    }
    command
}
