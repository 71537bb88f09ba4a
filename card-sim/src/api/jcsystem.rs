//! `javacard.framework.JCSystem`.

use super::Row;
use super::aid_class;
use super::arguments::{array, byte, check_access, range, reference, word};
use crate::quirk::Quirk;
use crate::registry::{ApplicationId, ApplicationKind};
use crate::vm::heap::flag;
use crate::vm::program::{ClassId, NO_CLASS};
use crate::vm::trap::{Throwable, Trap};
use crate::vm::{Kind, Vm, Word};

const CLASS: &str = "javacard/framework/JCSystem";

/// The native methods.
pub const NATIVES: &[Row] = &[
    (CLASS, "isTransient", "(Ljava/lang/Object;)B", is_transient),
    (
        CLASS,
        "makeTransientBooleanArray",
        "(SB)[Z",
        |vm, arguments| make_transient(vm, arguments, Kind::BooleanArray, NO_CLASS),
    ),
    (
        CLASS,
        "makeTransientByteArray",
        "(SB)[B",
        |vm, arguments| make_transient(vm, arguments, Kind::ByteArray, NO_CLASS),
    ),
    (
        CLASS,
        "makeTransientShortArray",
        "(SB)[S",
        |vm, arguments| make_transient(vm, arguments, Kind::ShortArray, NO_CLASS),
    ),
    (
        CLASS,
        "makeTransientObjectArray",
        "(SB)[Ljava/lang/Object;",
        |vm, arguments| {
            let element = vm.session.objects.object_class;
            make_transient(vm, arguments, Kind::ReferenceArray, element)
        },
    ),
    (
        CLASS,
        "makeGlobalArray",
        "(BS)Ljava/lang/Object;",
        make_global_array,
    ),
    (CLASS, "getVersion", "()S", |_, _| Ok(0x0305)),
    (CLASS, "getAID", "()Ljavacard/framework/AID;", get_aid),
    (
        CLASS,
        "lookupAID",
        "([BSB)Ljavacard/framework/AID;",
        lookup_aid,
    ),
    (CLASS, "beginTransaction", "()V", |vm, _| {
        vm.heap.begin_transaction().map(|()| 0)
    }),
    (CLASS, "abortTransaction", "()V", |vm, _| {
        vm.heap.abort_transaction().map(|()| 0)
    }),
    (CLASS, "commitTransaction", "()V", |vm, _| {
        vm.heap.commit_transaction().map(|()| 0)
    }),
    (CLASS, "getTransactionDepth", "()B", |vm, _| {
        Ok(vm.heap.in_transaction().into())
    }),
    (CLASS, "getUnusedCommitCapacity", "()S", |vm, _| {
        Ok(saturate(vm.heap.unused_commit_capacity()))
    }),
    (CLASS, "getMaxCommitCapacity", "()S", |vm, _| {
        Ok(saturate(
            usize::try_from(vm.heap.config().commit_capacity).unwrap_or(usize::MAX),
        ))
    }),
    (
        CLASS,
        "getPreviousContextAID",
        "()Ljavacard/framework/AID;",
        |vm, _| {
            let owner = vm.previous_owner();
            Ok(owner.map_or(0, |owner| aid_object(vm, ApplicationId(owner))))
        },
    ),
    (CLASS, "getAvailableMemory", "(B)S", get_available_memory),
    (
        CLASS,
        "getAvailableMemory",
        "([SSB)V",
        get_available_memory_wide,
    ),
    (
        CLASS,
        "getAppletShareableInterfaceObject",
        "(Ljavacard/framework/AID;B)Ljavacard/framework/Shareable;",
        get_shareable,
    ),
    (CLASS, "isObjectDeletionSupported", "()Z", |vm, _| {
        Ok((!vm.session.has_quirk(Quirk::NoObjectDeletion)).into())
    }),
    (CLASS, "requestObjectDeletion", "()V", |vm, _| {
        if vm.session.has_quirk(Quirk::NoObjectDeletion) {
            return Err(ILLEGAL_USE);
        }
        vm.session.deletion_requested = true;
        Ok(0)
    }),
    (CLASS, "getAssignedChannel", "()B", |vm, _| {
        Ok(vm.session.channels.current().into())
    }),
    (
        CLASS,
        "isAppletActive",
        "(Ljavacard/framework/AID;)Z",
        is_applet_active,
    ),
];

/// `SystemException.ILLEGAL_VALUE`
const ILLEGAL_VALUE: Trap = Trap::Throw(Throwable::System, 1);
const ILLEGAL_USE: Trap = Trap::Throw(Throwable::System, 6);

fn saturate(size: usize) -> i32 {
    i16::try_from(size).unwrap_or(i16::MAX).into()
}

fn is_transient(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    let flags = vm.heap.object(reference(arguments, 0)).flags;
    Ok(if flags & flag::CLEAR_ON_DESELECT != 0 {
        2
    } else {
        i32::from(flags & flag::CLEAR_ON_RESET != 0)
    })
}

pub(super) fn make_transient(
    vm: &mut Vm<'_>,
    arguments: &[i16],
    kind: Kind,
    element: ClassId,
) -> Result<i32, Trap> {
    let length = u16::try_from(word(arguments, 0))
        .map_err(|_| Trap::Throw(Throwable::NegativeArraySize, 0))?;
    let flags = match byte(arguments, 1) {
        1 => flag::CLEAR_ON_RESET,
        2 => flag::CLEAR_ON_DESELECT,
        _ => return Err(ILLEGAL_VALUE),
    };
    if flags == flag::CLEAR_ON_DESELECT && !may_clear_on_deselect(vm) {
        // SystemException.ILLEGAL_TRANSIENT
        return Err(Trap::Throw(Throwable::System, 3));
    }
    if vm.heap.transient_free() < usize::from(length) * kind.element_size() {
        // SystemException.NO_TRANSIENT_SPACE
        return Err(Trap::Throw(Throwable::System, 2));
    }
    vm.allocate(kind, length, element, flags).map(i32::from)
}

/// Only the context of the selected applet, or of the one being installed, has objects that are
/// cleared on deselection (JCRE 3.0.5 §5.1).
pub(super) fn may_clear_on_deselect(vm: &Vm<'_>) -> bool {
    vm.selected_context == Some(vm.context)
}

fn make_global_array(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    let (kind, class) = match byte(arguments, 0) {
        1 => (Kind::BooleanArray, NO_CLASS),
        2 => (Kind::ByteArray, NO_CLASS),
        3 => (Kind::ShortArray, NO_CLASS),
        4 => (Kind::IntArray, NO_CLASS),
        5 => (Kind::ReferenceArray, vm.session.objects.object_class),
        _ => return Err(ILLEGAL_VALUE),
    };
    let length = u16::try_from(word(arguments, 1))
        .map_err(|_| Trap::Throw(Throwable::NegativeArraySize, 0))?;
    vm.allocate(
        kind,
        length,
        class,
        flag::CLEAR_ON_RESET | flag::GLOBAL_ARRAY,
    )
    .map(i32::from)
}

/// The runtime environment's AID object of an application, null if it has none.
pub(super) fn aid_object(vm: &Vm<'_>, id: ApplicationId) -> i32 {
    vm.session
        .objects
        .aids
        .iter()
        .find(|(application, _)| *application == id.0)
        .map_or(0, |(_, object)| i32::from(*object))
}

fn get_aid(vm: &mut Vm<'_>, _: &[i16]) -> Result<i32, Trap> {
    Ok(aid_object(vm, ApplicationId(vm.owner)))
}

fn lookup_aid(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    let length = i16::from(byte(arguments, 2).cast_signed());
    let aid = range(vm, reference(arguments, 0), word(arguments, 1), length)?;
    let found = vm.registry.find_application(aid.bytes(vm.heap));
    Ok(found.map_or(0, |id| aid_object(vm, id)))
}

fn available_memory(vm: &Vm<'_>, kind: u8) -> Result<usize, Trap> {
    match kind {
        0 => Ok(vm.heap.persistent_free()),
        1 | 2 => Ok(vm.heap.transient_free()),
        _ => Err(ILLEGAL_VALUE),
    }
}

fn get_available_memory(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    available_memory(vm, byte(arguments, 0)).map(saturate)
}

/// The form of Java Card 3.0.4 and later: 32 bits in two shorts.
fn get_available_memory_wide(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    let free = available_memory(vm, byte(arguments, 2))?;
    let target = array(vm, reference(arguments, 0), Kind::ShortArray)?;
    let offset = u16::try_from(word(arguments, 1)).map_err(|_| Trap::INDEX)?;
    if u32::from(offset) + 2 > u32::from(target.length) {
        return Err(Trap::INDEX);
    }
    let free = u32::try_from(free).unwrap_or(u32::MAX);
    let address = target.address + 2 * u32::from(offset);
    vm.heap.write(address, free.to_be_bytes())?;
    Ok(0)
}

/// Asks the server applet for its shareable interface object (JCRE 3.0.5 §6.2.4).
fn get_shareable(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    let server = aid_class::bytes(vm, reference(arguments, 0))?;
    let Some(id) = vm.registry.find_application(server) else {
        return Ok(0);
    };
    let parameter = i16::from(byte(arguments, 1).cast_signed());
    shareable_of(vm, id, parameter).map(i32::from)
}

/// The shareable interface object that an applet gives the current application; null if it gives none.
pub(super) fn shareable_of(
    vm: &mut Vm<'_>,
    id: ApplicationId,
    parameter: i16,
) -> Result<u16, Trap> {
    let Some(ApplicationKind::Applet {
        load_file,
        instance,
    }) = vm.registry.application(id).map(|server| server.kind)
    else {
        return Ok(0);
    };
    if load_file.context() != vm.context {
        vm.check_server(load_file.context(), id.0)?;
    }
    let token = vm.session.objects.applet_tokens.get_shareable;
    let class = vm.heap.object(instance).class;
    let Some(method) = vm.program.virtual_method(class, token) else {
        return Ok(0);
    };
    let client = aid_object(vm, ApplicationId(vm.owner));
    // References are 16 bits wide.
    let client = u16::try_from(client).unwrap_or(0);
    let result = vm.call(
        method,
        &[
            Word::reference(instance),
            Word::reference(client),
            Word::short(parameter),
        ],
        load_file.context(),
        id.0,
    )?;
    let object = u16::try_from(result & 0xFFFF).unwrap_or(0);
    if object != 0 {
        let found = vm.heap.live(object)?;
        let shareable = vm
            .program
            .class(found.class)
            .is_some_and(|class| class.is_shareable);
        if !shareable && check_access(vm, &found).is_err() {
            return Err(Trap::SECURITY);
        }
    }
    Ok(object)
}

fn is_applet_active(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    let aid = aid_class::bytes(vm, reference(arguments, 0))?;
    let id = vm.registry.find_application(aid);
    Ok(id
        .is_some_and(|id| vm.session.channels.is_active(id))
        .into())
}
