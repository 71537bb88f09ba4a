//! Commands drawn from the command table.

use super::Input;
use apdu_spec::jpki::{self, file, ins};
use apdu_spec::table::{CommandSpec, Field, Parameter, Secure};
use scp::scp03::SecurityLevel;
use se_crypto::Drbg;

const PIN_FILES: &[u16] = &[file::SIGNATURE_PIN, file::AUTHENTICATION_PIN];
const KEY_FILES: &[u16] = &[file::SIGNATURE_KEY, file::AUTHENTICATION_KEY];
const DATA_FILES: &[u16] = &[
    file::SIGNATURE_CERTIFICATE,
    file::SIGNATURE_CA_CERTIFICATE,
    file::TOKEN_INFORMATION,
    file::CERTIFICATES,
    file::AUTHENTICATION_CERTIFICATE,
    file::AUTHENTICATION_CA_CERTIFICATE,
];
const NO_FILES: &[u16] = &[0x0000, 0x0003, 0x0016, 0x001F, 0x0100];

/// PINs that are not those of a personalised card, some of which cannot be set.
const OTHER_PINS: [&[u8]; 4] = [b"ABC124", b"9999", b"0123456789ABCDEF", b"12a4"];

pub(super) struct Grammar {
    drbg: Drbg,
}

impl Grammar {
    pub(super) fn from_seed(seed: u64) -> Self {
        Self {
            drbg: Drbg::from_seed(seed).stream("differential"),
        }
    }

    /// A number below `limit`, 1 to 65536. Slightly uneven, which does not matter here.
    fn below(&mut self, limit: usize) -> usize {
        let mut bytes = [0; 4];
        self.drbg.fill(&mut bytes);
        usize::try_from(u32::from_be_bytes(bytes)).unwrap_or(0) % limit.max(1)
    }

    fn byte(&mut self) -> u8 {
        let mut byte = [0];
        self.drbg.fill(&mut byte);
        let [byte] = byte;
        byte
    }

    pub(super) fn one_in(&mut self, limit: usize) -> bool {
        self.below(limit) == 0
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> Option<T> {
        let index = self.below(from.len());
        from.get(index).copied()
    }

    pub(super) fn install_parameters(&mut self) -> &'static [u8] {
        if self.one_in(3) {
            &[jpki::PROFILE_CARD]
        } else {
            &[]
        }
    }

    pub(super) fn input(&mut self, channel_open: bool) -> Input {
        match self.below(60) {
            0 => return Input::Select,
            1 => return Input::Reset,
            2 => {
                return Input::Open(
                    self.pick(&SecurityLevel::ALL)
                        .unwrap_or(SecurityLevel::C_MAC),
                );
            }
            3..10 if !channel_open => return Input::Open(SecurityLevel::C_DECRYPTION),
            _ => (),
        }
        let commands = jpki::SPECIFICATION.commands;
        let Some(spec) = commands.get(self.below(commands.len())) else {
            return Input::Select;
        };
        // What takes slots out of use is rare, or nothing else would be seen; new keys take long, too.
        let ends = matches!(spec.ins, ins::DELETE_FILE | ins::TERMINATE_EF);
        if ends && !self.one_in(12) {
            return self.input(channel_open);
        }
        let mut command = self.command(spec);
        if self.one_in(16) {
            self.spoil(&mut command);
        }
        if spec.secure == Secure::Always && !self.one_in(20) {
            return Input::Secure(command);
        }
        // SELECT without a name is for the card manager, which the model does not have.
        let nameless = matches!(
            command.as_slice(),
            [0x00, ins::SELECT, 0x04, _] | [0x00, ins::SELECT, 0x04, _, _]
        );
        if nameless {
            Input::Select
        } else {
            Input::Send(command)
        }
    }

    fn command(&mut self, spec: &CommandSpec) -> Vec<u8> {
        let p1 = self.parameter(spec, spec.p1);
        let p2 = self.parameter(spec, spec.p2);
        let mut data = Vec::new();
        for field in spec.data {
            data.extend(self.field(spec, p1, p2, field));
        }
        let mut command = vec![spec.cla, spec.ins, p1, p2];
        if let Ok(lc @ 1..) = u8::try_from(data.len()) {
            command.push(lc);
            command.extend(data);
        }
        if !spec.response.is_empty() {
            // Mostly all that there is.
            match self.below(10) {
                0 => command.push(self.byte()),
                1 if self.one_in(4) => (),
                _ => command.push(0),
            }
        }
        command
    }

    /// A file: mostly one that the command is for.
    fn file(&mut self, spec: &CommandSpec) -> u16 {
        let fitting = match spec.ins {
            ins::VERIFY | ins::CHANGE_REFERENCE_DATA | ins::PUT_DATA | ins::RESET_RETRY_COUNTER => {
                PIN_FILES
            }
            ins::READ_BINARY | ins::UPDATE_BINARY => DATA_FILES,
            ins::SELECT if spec.secure == Secure::Always => DATA_FILES,
            ins::SELECT => return self.any_file(),
            _ => KEY_FILES,
        };
        if self.one_in(8) {
            self.any_file()
        } else {
            self.pick(fitting).unwrap_or_default()
        }
    }

    fn any_file(&mut self) -> u16 {
        let files = self
            .pick(&[PIN_FILES, KEY_FILES, DATA_FILES, NO_FILES])
            .unwrap_or_default();
        self.pick(files).unwrap_or_default()
    }

    fn parameter(&mut self, spec: &CommandSpec, table: &[Parameter]) -> u8 {
        let parameter = self.pick(table).filter(|_| !self.one_in(40));
        let Some(Parameter { value, mask, .. }) = parameter else {
            return self.byte();
        };
        let free = match mask {
            // A short file identifier.
            0xE0 => self.file(spec).to_be_bytes()[1],
            // The low byte of an offset, or its high byte: mostly small.
            0x00 | 0x80 if !self.one_in(3) => 0,
            _ => self.byte(),
        };
        value | free & !mask
    }

    fn pin(&mut self, p2: u8) -> Vec<u8> {
        let right: &[u8] = if u16::from(p2 & 0x1F) == file::AUTHENTICATION_PIN {
            b"1234"
        } else {
            b"ABC123"
        };
        let pin = if self.one_in(4) {
            self.pick(&OTHER_PINS).unwrap_or_default()
        } else {
            right
        };
        pin.to_vec()
    }

    fn field(&mut self, spec: &CommandSpec, p1: u8, p2: u8, field: &Field) -> Vec<u8> {
        let (min, max) = (*field.length.start(), *field.length.end());
        match (spec.ins, p1) {
            (ins::SELECT, 0x04) => {
                let length = self.below(jpki::AID.len()) + 1;
                jpki::AID.get(..length).unwrap_or_default().to_vec()
            }
            (
                ins::SELECT
                | ins::ACTIVATE_FILE
                | ins::DEACTIVATE_FILE
                | ins::TERMINATE_EF
                | ins::DELETE_FILE,
                _,
            ) => self.file(spec).to_be_bytes().to_vec(),
            (ins::UPDATE_BINARY, _) => {
                let mut data = vec![0x30, 0x82, 0x01, self.byte()];
                let length = self.below(200);
                data.resize(4 + length, 0xC7);
                data
            }
            (ins::GENERATE_ASYMMETRIC_KEY_PAIR, 0x81) => {
                vec![0x54, 2, 0, self.pick(&[0, 137, 1]).unwrap_or(0)]
            }
            (ins::RESET_RETRY_COUNTER, 0x03) | (ins::GENERATE_ASYMMETRIC_KEY_PAIR, _) => Vec::new(),
            (ins::VERIFY, _) if self.one_in(5) => Vec::new(),
            _ if field.secret && !self.one_in(12) => self.pin(p2),
            _ => {
                let length = min + self.below(max - min + 1);
                let mut data = vec![0; length];
                self.drbg.fill(&mut data);
                data
            }
        }
    }

    /// Makes a command malformed, or another one. The logical channel stays.
    fn spoil(&mut self, command: &mut Vec<u8>) {
        let place = self.below(command.len());
        match self.below(4) {
            0 => command.truncate(place),
            1 => command.push(self.byte()),
            2 => {
                let byte = self.byte();
                if let Some(old) = command.get_mut(place) {
                    *old = if place == 0 { byte & !0x43 } else { byte };
                }
            }
            _ => {
                if let Some(byte) = command.get_mut(1) {
                    *byte = byte.wrapping_add(1);
                }
            }
        }
    }
}
