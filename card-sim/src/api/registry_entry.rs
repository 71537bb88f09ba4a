//! `org.globalplatform.GPRegistryEntry` (GP card API 1.6): one cell, the number of the application.
//!
//! Entries are the runtime environment's, and there is one for each application that was asked for.

use super::arguments::{byte, cell, iso, reference, set_cell, word, write};
use super::globalplatform::set_own_state;
use super::{Layout, Row, aid_class, jcsystem};
use crate::registry::{Application, ApplicationId, ApplicationKind, Privileges};
use crate::vm::heap::{Allocation, RUNTIME_CONTEXT, flag};
use crate::vm::trap::Trap;
use crate::vm::{Kind, Vm};

const SYSTEM: &str = "org/globalplatform/GPSystem";
const CLASS: &str = "org/globalplatform/GPRegistryEntry";

/// Cells of the class.
pub const LAYOUTS: &[Layout] = &[(CLASS, 1, 0)];

/// The native methods.
pub const NATIVES: &[Row] = &[
    (
        SYSTEM,
        "getRegistryEntry",
        "(Ljavacard/framework/AID;)Lorg/globalplatform/GPRegistryEntry;",
        get_entry,
    ),
    (
        CLASS,
        "getAID",
        "()Ljavacard/framework/AID;",
        |vm, arguments| {
            let (id, _) = application(vm, reference(arguments, 0))?;
            Ok(jcsystem::aid_object(vm, id))
        },
    ),
    (CLASS, "getPrivileges", "([BS)S", get_privileges),
    (CLASS, "getState", "()B", |vm, arguments| {
        let (_, application) = application(vm, reference(arguments, 0))?;
        Ok(application.life_cycle.cast_signed().into())
    }),
    (CLASS, "setState", "(B)Z", |vm, arguments| {
        let (id, _) = application(vm, reference(arguments, 0))?;
        // Others' states are the card manager's to change.
        if id.0 != vm.owner {
            return Ok(0);
        }
        set_own_state(vm, byte(arguments, 1))
    }),
    (
        CLASS,
        "isAssociated",
        "(Ljavacard/framework/AID;)Z",
        |vm, arguments| {
            let (_, application) = application(vm, reference(arguments, 0))?;
            let domain = application.security_domain;
            let asked = aid_class::bytes(vm, reference(arguments, 1))?;
            let found = vm.registry.find_application(asked);
            Ok((found == Some(domain)).into())
        },
    ),
    (CLASS, "isPrivileged", "(B)Z", |vm, arguments| {
        let (_, application) = application(vm, reference(arguments, 0))?;
        let number = byte(arguments, 1);
        Ok((number < 24 && application.privileges.has(number)).into())
    }),
];

/// The application of an entry; one that was deleted since has none.
pub(super) fn application(vm: &Vm<'_>, entry: u16) -> Result<(ApplicationId, Application), Trap> {
    let [_, number] = cell(vm, entry, 0)?.to_be_bytes();
    let id = ApplicationId(number);
    let found = vm.registry.application(id).copied();
    Ok((id, found.ok_or(iso(0x6985))?))
}

/// The entry of an application that the caller may see: itself, those of its security domain if it
/// is one, all with the Global Registry privilege; else null.
fn get_entry(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    let own = ApplicationId(vm.owner);
    let wanted = match reference(arguments, 0) {
        0 => Some(own),
        aid => {
            let bytes = aid_class::bytes(vm, aid)?;
            vm.registry.find_application(bytes)
        }
    };
    let Some(id) = wanted else {
        return Ok(0);
    };
    let caller = vm.registry.application(own);
    let is_visible = id == own
        || caller.is_some_and(|caller| caller.privileges.has(Privileges::GLOBAL_REGISTRY))
        || (caller.is_some_and(|caller| caller.kind == ApplicationKind::SecurityDomain)
            && vm
                .registry
                .application(id)
                .is_some_and(|application| application.security_domain == own));
    // An applet has no entry before it is registered.
    if !is_visible || vm.registry.application(id).is_none() {
        return Ok(0);
    }
    let class = vm.program.hidden_class(CLASS);
    let number = i16::from(id.0);
    let known = (1..)
        .zip(vm.heap.objects().iter().skip(1))
        .find(|(_, object)| {
            object.kind == Kind::Instance
                && object.class == class
                && vm.heap.short(object.address) == number
        });
    if let Some((reference, _)) = known {
        return Ok(reference);
    }
    let entry = vm.heap.allocate(&Allocation {
        kind: Kind::Instance,
        length: 1,
        class,
        context: RUNTIME_CONTEXT,
        owner: 0,
        flags: flag::PERMANENT_ENTRY_POINT,
    })?;
    set_cell(vm, entry, 0, number)?;
    Ok(entry.into())
}

fn get_privileges(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    let (_, application) = application(vm, reference(arguments, 0))?;
    let privileges = application.privileges.0;
    let offset = word(arguments, 2);
    write(vm, reference(arguments, 1), offset, &privileges)?;
    Ok(i32::from(offset) + 3)
}
