//! `javacard.framework.service`: `Dispatcher`, `BasicService`.
//!
//! Services leave a command that they have processed in the common service format: SW1 and SW2 in place of P1 and P2, the
//! length of the response in place of Lc, the response from offset 5 on. Remote method invocation is not there.

use super::apdu::{State, receive_if_pending};
use super::arguments::{byte, cell, check_access, count, iso, reference, set_cell, word};
use super::exceptions::nothing;
use super::{Layout, Row};
use crate::registry::ApplicationId;
use crate::vm::program::NO_CLASS;
use crate::vm::trap::{Throwable, Trap};
use crate::vm::{Kind, Vm, Word};

const SERVICE: &str = "javacard/framework/service/Service";
const BASIC: &str = "javacard/framework/service/BasicService";
const DISPATCHER: &str = "javacard/framework/service/Dispatcher";

/// Cells of the classes. A dispatcher's: an array of services, one of their phases, and how many there are.
pub const LAYOUTS: &[Layout] = &[(DISPATCHER, 3, 2)];

const SERVICES: u16 = 0;
const PHASES: u16 = 1;
const USED: u16 = 2;

/// The native methods.
pub const NATIVES: &[Row] = &[
    (BASIC, "<init>", "()V", nothing),
    (
        BASIC,
        "processDataIn",
        "(Ljavacard/framework/APDU;)Z",
        nothing,
    ),
    (
        BASIC,
        "processCommand",
        "(Ljavacard/framework/APDU;)Z",
        nothing,
    ),
    (
        BASIC,
        "processDataOut",
        "(Ljavacard/framework/APDU;)Z",
        nothing,
    ),
    (
        BASIC,
        "receiveInData",
        "(Ljavacard/framework/APDU;)S",
        receive_in_data,
    ),
    (
        BASIC,
        "setProcessed",
        "(Ljavacard/framework/APDU;)V",
        |vm, _| set_processed(vm).map(|()| 0),
    ),
    (
        BASIC,
        "isProcessed",
        "(Ljavacard/framework/APDU;)Z",
        |vm, _| Ok(is_processed(vm).into()),
    ),
    (
        BASIC,
        "setOutputLength",
        "(Ljavacard/framework/APDU;S)V",
        |vm, arguments| {
            let length = usize::try_from(word(arguments, 2)).map_err(|_| ILLEGAL_PARAM)?;
            if length > 256 {
                return Err(ILLEGAL_PARAM);
            }
            require_processed(vm)?;
            set_output_length(vm, length).map(|()| 0)
        },
    ),
    (
        BASIC,
        "getOutputLength",
        "(Ljavacard/framework/APDU;)S",
        |vm, _| {
            require_processed(vm)?;
            Ok(count(vm.session.apdu.outgoing_length))
        },
    ),
    (
        BASIC,
        "setStatusWord",
        "(Ljavacard/framework/APDU;S)V",
        |vm, arguments| set_status(vm, word(arguments, 2)).map(|()| 0),
    ),
    (
        BASIC,
        "getStatusWord",
        "(Ljavacard/framework/APDU;)S",
        |vm, _| {
            require_processed(vm)?;
            Ok(status(vm).into())
        },
    ),
    (
        BASIC,
        "fail",
        "(Ljavacard/framework/APDU;S)Z",
        |vm, arguments| {
            set_processed(vm)?;
            set_output_length(vm, 0)?;
            set_status(vm, word(arguments, 2)).map(|()| 1)
        },
    ),
    (BASIC, "succeed", "(Ljavacard/framework/APDU;)Z", |vm, _| {
        set_processed(vm)?;
        set_status(vm, OK).map(|()| 1)
    }),
    (
        BASIC,
        "succeedWithStatusWord",
        "(Ljavacard/framework/APDU;S)Z",
        |vm, arguments| {
            set_processed(vm)?;
            set_status(vm, word(arguments, 2)).map(|()| 1)
        },
    ),
    (BASIC, "getCLA", "(Ljavacard/framework/APDU;)B", |vm, _| {
        Ok(buffered(vm, 0))
    }),
    (BASIC, "getINS", "(Ljavacard/framework/APDU;)B", |vm, _| {
        Ok(buffered(vm, 1))
    }),
    (BASIC, "getP1", "(Ljavacard/framework/APDU;)B", |vm, _| {
        parameter(vm, 2)
    }),
    (BASIC, "getP2", "(Ljavacard/framework/APDU;)B", |vm, _| {
        parameter(vm, 3)
    }),
    (BASIC, "selectingApplet", "()Z", |vm, _| {
        Ok(vm.session.selecting.into())
    }),
    (DISPATCHER, "<init>", "(S)V", construct),
    (
        DISPATCHER,
        "addService",
        "(Ljavacard/framework/service/Service;B)V",
        add_service,
    ),
    (
        DISPATCHER,
        "removeService",
        "(Ljavacard/framework/service/Service;B)V",
        remove_service,
    ),
    (
        DISPATCHER,
        "dispatch",
        "(Ljavacard/framework/APDU;B)Ljava/lang/Exception;",
        |vm, arguments| {
            let phase = phase(arguments, 2)?;
            match dispatch(vm, reference(arguments, 0), reference(arguments, 1), phase)? {
                Outcome::Answered(status) => Err(iso(status.cast_unsigned())),
                Outcome::NotProcessed => Ok(0),
                Outcome::Threw(exception) => Ok(exception.into()),
            }
        },
    ),
    (
        DISPATCHER,
        "process",
        "(Ljavacard/framework/APDU;)V",
        |vm, arguments| match dispatch(vm, reference(arguments, 0), reference(arguments, 1), INPUT)?
        {
            Outcome::Answered(OK) => Ok(0),
            Outcome::Answered(status) => Err(iso(status.cast_unsigned())),
            Outcome::NotProcessed => Err(iso(0x6D00)),
            Outcome::Threw(_) => Err(iso(0x6F00)),
        },
    ),
];

const fn service_exception(reason: i16) -> Trap {
    Trap::Throw(Throwable::Service, reason)
}

const ILLEGAL_PARAM: Trap = service_exception(1);
const DISPATCH_TABLE_FULL: Trap = service_exception(2);
const COMMAND_DATA_TOO_LONG: Trap = service_exception(3);
const CANNOT_ACCESS_IN_COMMAND: Trap = service_exception(4);
const CANNOT_ACCESS_OUT_COMMAND: Trap = service_exception(5);

/// Success.
const OK: i16 = 0x9000u16.cast_signed();

/// `PROCESS_INPUT_DATA`, `PROCESS_COMMAND`, `PROCESS_OUTPUT_DATA`.
const INPUT: u8 = 1;
const OUTPUT: u8 = 3;

/// Offsets in the common service format.
const STATUS: i16 = 2;
const LENGTH: i16 = 4;
const DATA: usize = 5;

fn buffered(vm: &Vm<'_>, offset: usize) -> i32 {
    let buffer = vm.heap.bytes(vm.session.objects.apdu_buffer);
    buffer
        .get(offset)
        .map_or(0, |byte| byte.cast_signed().into())
}

fn write(vm: &mut Vm<'_>, offset: i16, bytes: &[u8]) -> Result<(), Trap> {
    let buffer = vm.session.objects.apdu_buffer;
    super::arguments::write(vm, buffer, offset, bytes)
}

fn is_processed(vm: &Vm<'_>) -> bool {
    vm.session.apdu.state >= State::Outgoing
}

fn require_processed(vm: &Vm<'_>) -> Result<(), Trap> {
    if is_processed(vm) {
        Ok(())
    } else {
        Err(CANNOT_ACCESS_OUT_COMMAND)
    }
}

/// P1 and P2 are there until a service has processed the command.
fn parameter(vm: &mut Vm<'_>, offset: usize) -> Result<i32, Trap> {
    if is_processed(vm) {
        return Err(CANNOT_ACCESS_IN_COMMAND);
    }
    Ok(buffered(vm, offset))
}

fn receive_in_data(vm: &mut Vm<'_>, _: &[i16]) -> Result<i32, Trap> {
    if !matches!(vm.session.apdu.state, State::Initial | State::FullIncoming) {
        return Err(CANNOT_ACCESS_IN_COMMAND);
    }
    receive_if_pending(vm)?;
    if vm.session.apdu.state == State::PartialIncoming {
        return Err(COMMAND_DATA_TOO_LONG);
    }
    Ok(count(vm.session.apdu.data.len()))
}

/// Turns the command outgoing, unless it is.
fn set_processed(vm: &mut Vm<'_>) -> Result<(), Trap> {
    if !is_processed(vm) {
        vm.session.apdu.state = State::Outgoing;
        set_output_length(vm, 0)?;
        set_status(vm, OK)?;
    }
    Ok(())
}

fn set_output_length(vm: &mut Vm<'_>, length: usize) -> Result<(), Trap> {
    vm.session.apdu.outgoing_length = length;
    let [.., low] = length.to_be_bytes();
    write(vm, LENGTH, &[low])
}

fn status(vm: &Vm<'_>) -> i16 {
    let buffer = vm.heap.bytes(vm.session.objects.apdu_buffer);
    match *buffer {
        [_, _, first, second, ..] => i16::from_be_bytes([first, second]),
        _ => 0,
    }
}

fn set_status(vm: &mut Vm<'_>, status: i16) -> Result<(), Trap> {
    require_processed(vm)?;
    write(vm, STATUS, &status.to_be_bytes())
}

fn construct(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    let most = u16::try_from(word(arguments, 1)).map_err(|_| ILLEGAL_PARAM)?;
    let this = reference(arguments, 0);
    let object = vm.session.objects.object_class;
    let services = vm.allocate(Kind::ReferenceArray, most, object, 0)?;
    let phases = vm.allocate(Kind::ByteArray, most, NO_CLASS, 0)?;
    set_cell(vm, this, SERVICES, services.cast_signed())?;
    set_cell(vm, this, PHASES, phases.cast_signed())?;
    Ok(0)
}

fn phase(arguments: &[i16], index: usize) -> Result<u8, Trap> {
    match byte(arguments, index) {
        phase @ INPUT..=OUTPUT => Ok(phase),
        _ => Err(ILLEGAL_PARAM),
    }
}

/// The services with their phases, in the order in which they were added.
fn services(vm: &Vm<'_>, this: u16) -> Result<Vec<(u16, u8)>, Trap> {
    let array = |index| Ok(vm.heap.bytes(cell(vm, this, index)?.cast_unsigned()));
    let (services, phases): (&[u8], &[u8]) = (array(SERVICES)?, array(PHASES)?);
    let used = usize::try_from(cell(vm, this, USED)?).unwrap_or(0);
    let words = services.as_chunks::<2>().0.iter();
    Ok(words
        .zip(phases)
        .take(used)
        .map(|(word, phase)| (u16::from_be_bytes(*word), *phase))
        .collect())
}

/// Replaces the list, all at once.
fn put_services(vm: &mut Vm<'_>, this: u16, list: &[(u16, u8)]) -> Result<(), Trap> {
    let outermost = !vm.heap.in_transaction();
    if outermost {
        vm.heap.begin_transaction()?;
    }
    let address = |vm: &Vm<'_>, index| {
        let array = cell(vm, this, index)?.cast_unsigned();
        Ok::<_, Trap>(vm.heap.live(array)?.address)
    };
    let references: Vec<u8> = list
        .iter()
        .flat_map(|(service, _)| service.to_be_bytes())
        .collect();
    let phases: Vec<u8> = list.iter().map(|(_, phase)| *phase).collect();
    let used = i16::try_from(list.len()).map_err(|_| DISPATCH_TABLE_FULL)?;
    let services_at = address(vm, SERVICES)?;
    let phases_at = address(vm, PHASES)?;
    let written = vm
        .heap
        .write_slice(services_at, &references)
        .and_then(|()| vm.heap.write_slice(phases_at, &phases))
        .and_then(|()| set_cell(vm, this, USED, used));
    match (written, outermost) {
        (Ok(()), true) => vm.heap.commit_transaction(),
        (Err(trap), true) => {
            vm.heap.abort_transaction()?;
            Err(trap)
        }
        (written, false) => written,
    }
}

/// The service and phase of `addService` and `removeService`.
fn entry(vm: &Vm<'_>, arguments: &[i16]) -> Result<(u16, u8), Trap> {
    let phase = phase(arguments, 2)?;
    let service = reference(arguments, 1);
    if vm.heap.is_null(service) {
        return Err(ILLEGAL_PARAM);
    }
    Ok((service, phase))
}

fn add_service(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    let this = reference(arguments, 0);
    let entry = entry(vm, arguments)?;
    let mut list = services(vm, this)?;
    if list.contains(&entry) {
        return Ok(0);
    }
    let most = vm
        .heap
        .object(cell(vm, this, PHASES)?.cast_unsigned())
        .length;
    if list.len() >= usize::from(most) {
        return Err(DISPATCH_TABLE_FULL);
    }
    list.push(entry);
    put_services(vm, this, &list)?;
    Ok(0)
}

fn remove_service(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    let this = reference(arguments, 0);
    let entry = entry(vm, arguments)?;
    let mut list = services(vm, this)?;
    if let Some(index) = list.iter().position(|other| *other == entry) {
        list.remove(index);
        put_services(vm, this, &list)?;
    }
    Ok(0)
}

/// What came of dispatching a command.
enum Outcome {
    /// It was processed: the response is on its way, with this status word.
    Answered(i16),
    /// No service did.
    NotProcessed,
    /// A service threw this.
    Threw(u16),
}

/// Runs the services of a phase until one says that it is done, then those of the next phases.
fn dispatch(vm: &mut Vm<'_>, this: u16, apdu: u16, first: u8) -> Result<Outcome, Trap> {
    check_access(vm, &vm.heap.live(apdu)?)?;
    let list = services(vm, this)?;
    for phase in first..=OUTPUT {
        for (service, _) in list.iter().filter(|(_, other)| *other == phase) {
            match call(vm, *service, phase, apdu) {
                Ok(done) if done & 0xFF != 0 => break,
                Ok(_) => {}
                Err(Trap::Thrown(exception)) => return Ok(Outcome::Threw(exception)),
                Err(trap) => return Err(trap),
            }
        }
    }
    if !is_processed(vm) {
        return Ok(Outcome::NotProcessed);
    }
    if vm.session.apdu.state == State::Outgoing {
        let length = vm.session.apdu.outgoing_length;
        let buffer = vm.heap.bytes(vm.session.objects.apdu_buffer);
        let response = buffer.get(DATA..DATA + length).unwrap_or(&[]).to_vec();
        vm.session.apdu.response = response;
        vm.session.apdu.state = State::FullOutgoing;
    }
    Ok(Outcome::Answered(status(vm)))
}

/// Calls the method of a phase, which has the token of the phase less one.
fn call(vm: &mut Vm<'_>, service: u16, phase: u8, apdu: u16) -> Result<i32, Trap> {
    let object = vm.heap.live(service)?;
    let interface = vm.program.class_named(SERVICE);
    let method = vm
        .program
        .interface_method(object.class, interface, phase - 1)
        .ok_or(Trap::BadCode("a service without its interface"))?;
    let owner = ApplicationId(object.owner);
    vm.call(
        method,
        &[Word::reference(service), Word::reference(apdu)],
        object.context,
        owner.0,
    )
}
