//! `javacard.framework.APDU`.

use super::Row;
use super::arguments::{check_access, count, range, reference, word};
use crate::class_byte;
use crate::vm::Vm;
use crate::vm::trap::{Throwable, Trap};

const CLASS: &str = "javacard/framework/APDU";

/// The native methods.
pub const NATIVES: &[Row] = &[
    (CLASS, "getInBlockSize", "()S", |vm, _| {
        Ok(vm.session.block_sizes()[0].into())
    }),
    (CLASS, "getOutBlockSize", "()S", |vm, _| {
        Ok(vm.session.block_sizes()[1].into())
    }),
    (CLASS, "getProtocol", "()B", |vm, _| {
        Ok(vm.session.transmission.code().cast_signed().into())
    }),
    (
        CLASS,
        "getCurrentAPDU",
        "()Ljavacard/framework/APDU;",
        |vm, _| current(vm, vm.session.objects.apdu),
    ),
    (CLASS, "getCurrentAPDUBuffer", "()[B", |vm, _| {
        current(vm, vm.session.objects.apdu_buffer)
    }),
    (CLASS, "getCLAChannel", "()B", |vm, _| {
        Ok(class_byte::channel(cla(vm)).into())
    }),
    (CLASS, "waitExtension", "()V", super::exceptions::nothing),
    (CLASS, "getBuffer", "()[B", |vm, _| {
        Ok(vm.session.objects.apdu_buffer.into())
    }),
    (CLASS, "getNAD", "()B", |_, _| Ok(0)),
    (CLASS, "receiveBytes", "(S)S", receive_bytes),
    (CLASS, "sendBytes", "(SS)V", send_bytes),
    (CLASS, "sendBytesLong", "([BSS)V", send_bytes_long),
    (
        CLASS,
        "setIncomingAndReceive",
        "()S",
        set_incoming_and_receive,
    ),
    (CLASS, "setOutgoing", "()S", set_outgoing),
    (CLASS, "setOutgoingNoChaining", "()S", set_outgoing),
    (CLASS, "setOutgoingAndSend", "(SS)V", set_outgoing_and_send),
    (CLASS, "setOutgoingLength", "(S)V", set_outgoing_length),
    (CLASS, "getCurrentState", "()B", |vm, _| {
        Ok(vm.session.apdu.state as i32)
    }),
    (CLASS, "isCommandChainingCLA", "()Z", |vm, _| {
        Ok(class_byte::is_chaining(cla(vm)).into())
    }),
    (CLASS, "isSecureMessagingCLA", "()Z", |vm, _| {
        Ok(class_byte::is_secure_messaging(cla(vm)).into())
    }),
    (CLASS, "isISOInterindustryCLA", "()Z", |vm, _| {
        Ok(class_byte::is_interindustry(cla(vm)).into())
    }),
    (CLASS, "isValidCLA", "()Z", |vm, _| {
        Ok(class_byte::is_valid(cla(vm)).into())
    }),
    (CLASS, "getIncomingLength", "()S", get_incoming_length),
    (CLASS, "getOffsetCdata", "()S", get_offset_cdata),
];

/// Reason codes of `APDUException`.
const ILLEGAL_USE: Trap = Trap::Throw(Throwable::Apdu, 1);
const BUFFER_BOUNDS: Trap = Trap::Throw(Throwable::Apdu, 2);
const BAD_LENGTH: Trap = Trap::Throw(Throwable::Apdu, 3);

/// How far the processing of a command is (`APDU.STATE_*`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// Only the header is in the buffer.
    #[default]
    Initial = 0,
    /// Some command data were received.
    PartialIncoming = 1,
    /// All command data were received.
    FullIncoming = 2,
    /// The direction is outgoing.
    Outgoing = 3,
    /// And the length is set.
    OutgoingLengthKnown = 4,
    /// Some response data were sent.
    PartialOutgoing = 5,
    /// All response data were sent.
    FullOutgoing = 6,
}

/// A command being processed.
#[derive(Clone, Debug, Default)]
pub struct ApduState {
    /// Whether a command is being processed.
    pub active: bool,
    /// How far it is.
    pub state: State,
    /// CLA INS P1 P2.
    pub header: [u8; 4],
    /// Command data.
    pub data: Vec<u8>,
    /// Whether lengths are coded in extended form.
    pub extended: bool,
    /// Bytes of the data that the applet has received.
    pub received: usize,
    /// Most response bytes expected (0 if there is no Le field).
    pub expected: usize,
    /// Response bytes announced.
    pub outgoing_length: usize,
    /// Response data.
    pub response: Vec<u8>,
}

/// Commands that are not of one of the four cases.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the command's length fields do not fit its length")]
pub struct WrongLength;

impl ApduState {
    /// Takes a command apart (ISO 7816-4 §5.2, short and extended length fields).
    ///
    /// # Errors
    /// [`WrongLength`], for which a card answers 6700.
    pub fn parse(command: &[u8]) -> Result<Self, WrongLength> {
        let (header, body) = command.split_first_chunk::<4>().ok_or(WrongLength)?;
        let mut apdu = Self {
            active: true,
            header: *header,
            ..Self::default()
        };
        match body {
            [] => {}
            [le] => apdu.expected = short_length(*le),
            [0, first, second] => {
                apdu.extended = true;
                apdu.expected = extended_length([*first, *second]);
            }
            [0, first, second, rest @ ..] => {
                apdu.extended = true;
                let length = usize::from(u16::from_be_bytes([*first, *second]));
                let (data, le) = rest.split_at_checked(length).ok_or(WrongLength)?;
                apdu.expected = match le {
                    [] => 0,
                    [first, second] => extended_length([*first, *second]),
                    _ => return Err(WrongLength),
                };
                if length == 0 {
                    return Err(WrongLength);
                }
                apdu.data = data.to_vec();
            }
            [length, rest @ ..] => {
                let (data, le) = rest
                    .split_at_checked(usize::from(*length))
                    .ok_or(WrongLength)?;
                apdu.expected = match le {
                    [] => 0,
                    [le] => short_length(*le),
                    _ => return Err(WrongLength),
                };
                apdu.data = data.to_vec();
            }
        }
        Ok(apdu)
    }

    /// Offset of the command data in the buffer.
    #[must_use]
    pub fn data_offset(&self) -> usize {
        if self.extended { 7 } else { 5 }
    }

    /// What the buffer holds when `process` begins: the header, and the length field that
    /// followed it.
    #[must_use]
    pub fn initial_buffer(&self) -> Vec<u8> {
        let mut buffer = self.header.to_vec();
        let length = if self.data.is_empty() {
            self.expected
        } else {
            self.data.len()
        };
        let [.., high, low] = length.to_be_bytes();
        if self.extended {
            buffer.extend([0, high, low]);
        } else {
            buffer.push(low);
        }
        buffer
    }
}

fn short_length(le: u8) -> usize {
    if le == 0 { 256 } else { le.into() }
}

fn extended_length(le: [u8; 2]) -> usize {
    match u16::from_be_bytes(le) {
        0 => 65536,
        length => length.into(),
    }
}

fn cla(vm: &Vm<'_>) -> u8 {
    vm.session.apdu.header[0]
}

fn current(vm: &Vm<'_>, object: u16) -> Result<i32, Trap> {
    if !vm.session.apdu.active {
        return Err(Trap::SECURITY);
    }
    Ok(object.into())
}

/// Moves command data into the buffer from `offset` on; gives how many bytes.
fn receive(vm: &mut Vm<'_>, offset: usize, most: usize) -> Result<usize, Trap> {
    let buffer = vm.heap.live(vm.session.objects.apdu_buffer)?;
    let room = usize::from(buffer.length)
        .checked_sub(offset)
        .ok_or(BUFFER_BOUNDS)?;
    let apdu = &mut vm.session.apdu;
    let left = apdu.data.len().saturating_sub(apdu.received);
    let length = left.min(room).min(most);
    if length == 0 && left > 0 {
        return Err(BUFFER_BOUNDS);
    }
    let address = buffer.address + u32::try_from(offset).map_err(|_| BUFFER_BOUNDS)?;
    if let Some(bytes) = apdu.data.get(apdu.received..apdu.received + length) {
        vm.heap.write_slice(address, bytes)?;
    }
    apdu.received += length;
    apdu.state = if apdu.received == apdu.data.len() {
        State::FullIncoming
    } else {
        State::PartialIncoming
    };
    Ok(length)
}

fn set_incoming_and_receive(vm: &mut Vm<'_>, _: &[i16]) -> Result<i32, Trap> {
    if vm.session.apdu.state != State::Initial {
        return Err(ILLEGAL_USE);
    }
    let offset = vm.session.apdu.data_offset();
    receive(vm, offset, usize::MAX).map(count)
}

/// Receives the command data unless the applet has done so.
pub(super) fn receive_if_pending(vm: &mut Vm<'_>) -> Result<(), Trap> {
    if vm.session.apdu.state == State::Initial {
        let offset = vm.session.apdu.data_offset();
        receive(vm, offset, usize::MAX)?;
    }
    Ok(())
}

/// The command as it stands in the buffer now: header, Lc, data.
pub(super) fn buffered_command(vm: &Vm<'_>) -> Vec<u8> {
    let buffer = vm.heap.bytes(vm.session.objects.apdu_buffer);
    let length = vm.session.apdu.data_offset() + vm.session.apdu.data.len();
    buffer.get(..length).unwrap_or(buffer).to_vec()
}

fn receive_bytes(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    if !matches!(
        vm.session.apdu.state,
        State::PartialIncoming | State::FullIncoming
    ) {
        return Err(ILLEGAL_USE);
    }
    let offset = usize::try_from(word(arguments, 1)).map_err(|_| BUFFER_BOUNDS)?;
    receive(vm, offset, usize::MAX).map(count)
}

fn set_outgoing(vm: &mut Vm<'_>, _: &[i16]) -> Result<i32, Trap> {
    let apdu = &mut vm.session.apdu;
    if apdu.state >= State::Outgoing {
        return Err(ILLEGAL_USE);
    }
    apdu.state = State::Outgoing;
    Ok(count(apdu.expected.min(0x7FFF)))
}

fn set_outgoing_length(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    let apdu = &mut vm.session.apdu;
    if apdu.state != State::Outgoing {
        return Err(ILLEGAL_USE);
    }
    let length = usize::try_from(word(arguments, 1)).map_err(|_| BAD_LENGTH)?;
    if length > 256 && !apdu.extended {
        return Err(BAD_LENGTH);
    }
    apdu.outgoing_length = length;
    apdu.state = State::OutgoingLengthKnown;
    Ok(0)
}

fn send(vm: &mut Vm<'_>, bytes: &[u8]) -> Result<(), Trap> {
    let apdu = &mut vm.session.apdu;
    if !matches!(
        apdu.state,
        State::OutgoingLengthKnown | State::PartialOutgoing
    ) || apdu.response.len() + bytes.len() > apdu.outgoing_length
    {
        return Err(ILLEGAL_USE);
    }
    apdu.response.extend_from_slice(bytes);
    apdu.state = if apdu.response.len() == apdu.outgoing_length {
        State::FullOutgoing
    } else {
        State::PartialOutgoing
    };
    Ok(())
}

/// A part of the APDU buffer.
fn buffer_part(vm: &Vm<'_>, offset: i16, length: i16) -> Result<Vec<u8>, Trap> {
    let buffer = vm.heap.bytes(vm.session.objects.apdu_buffer);
    let start = usize::try_from(offset).map_err(|_| BUFFER_BOUNDS)?;
    let length = usize::try_from(length).map_err(|_| BUFFER_BOUNDS)?;
    buffer
        .get(start..start + length)
        .map(<[u8]>::to_vec)
        .ok_or(BUFFER_BOUNDS)
}

fn send_bytes(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    let bytes = buffer_part(vm, word(arguments, 1), word(arguments, 2))?;
    send(vm, &bytes)?;
    Ok(0)
}

fn send_bytes_long(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    let source = reference(arguments, 1);
    check_access(vm, &vm.heap.live(source)?)?;
    let bytes = range(vm, source, word(arguments, 2), word(arguments, 3))?.copy(vm.heap);
    send(vm, &bytes)?;
    Ok(0)
}

fn set_outgoing_and_send(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    let apdu = &mut vm.session.apdu;
    if apdu.state >= State::Outgoing {
        return Err(ILLEGAL_USE);
    }
    let bytes = buffer_part(vm, word(arguments, 1), word(arguments, 2))?;
    if bytes.len() > 256 && !vm.session.apdu.extended {
        return Err(BAD_LENGTH);
    }
    vm.session.apdu.response = bytes;
    vm.session.apdu.state = State::FullOutgoing;
    Ok(0)
}

fn get_incoming_length(vm: &mut Vm<'_>, _: &[i16]) -> Result<i32, Trap> {
    let apdu = &vm.session.apdu;
    if !matches!(apdu.state, State::PartialIncoming | State::FullIncoming) {
        return Err(ILLEGAL_USE);
    }
    Ok(count(apdu.data.len()))
}

fn get_offset_cdata(vm: &mut Vm<'_>, _: &[i16]) -> Result<i32, Trap> {
    let apdu = &vm.session.apdu;
    if !matches!(apdu.state, State::PartialIncoming | State::FullIncoming) {
        return Err(ILLEGAL_USE);
    }
    Ok(count(apdu.data_offset()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_four_cases_parse_in_both_forms() {
        let parse =
            |command: &[u8]| ApduState::parse(command).map(|apdu| (apdu.data, apdu.expected));
        assert_eq!(parse(&[0, 1, 2, 3]), Ok((vec![], 0)));
        assert_eq!(parse(&[0, 1, 2, 3, 0]), Ok((vec![], 256)));
        assert_eq!(parse(&[0, 1, 2, 3, 1, 9]), Ok((vec![9], 0)));
        assert_eq!(parse(&[0, 1, 2, 3, 1, 9, 4]), Ok((vec![9], 4)));
        assert_eq!(parse(&[0, 1, 2, 3, 0, 0, 0]), Ok((vec![], 65536)));
        assert_eq!(parse(&[0, 1, 2, 3, 0, 0, 1, 9]), Ok((vec![9], 0)));
        assert_eq!(parse(&[0, 1, 2, 3, 0, 0, 1, 9, 1, 0]), Ok((vec![9], 256)));
        for wrong in [
            &[0, 1, 2][..],
            &[0, 1, 2, 3, 2, 9],
            &[0, 1, 2, 3, 1, 9, 4, 4],
        ] {
            assert_eq!(ApduState::parse(wrong).unwrap_err(), WrongLength);
        }
    }
}
