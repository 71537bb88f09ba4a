//! Global services (GPCS 2.3.1 §8.1, GP card API 1.6): applications with the Global Service privilege offer others what
//! their INSTALL command named.

use super::arguments::{iso, reference, word};
use super::registry_entry::application;
use super::{Row, aid_class, jcsystem};
use crate::registry::{ApplicationId, Privileges};
use crate::vm::Vm;
use crate::vm::trap::Trap;

const SYSTEM: &str = "org/globalplatform/GPSystem";
const ENTRY: &str = "org/globalplatform/GPRegistryEntry";
const SERVICE: &str = "org/globalplatform/GlobalService";

/// `GPSystem.GLOBAL_SERVICE_IDENTIFIER`
const IDENTIFIER: i16 = -128;
/// Conditions of use not satisfied.
const CONDITIONS: u16 = 0x6985;

/// The native methods.
pub const NATIVES: &[Row] = &[
    (
        SYSTEM,
        "getService",
        "(Ljavacard/framework/AID;S)Lorg/globalplatform/GlobalService;",
        get_service,
    ),
    (ENTRY, "registerService", "(S)V", |vm, arguments| {
        let (id, name) = own(vm, arguments)?;
        vm.heap.count_external_write()?;
        if vm.registry.register_service(id, name) {
            Ok(0)
        } else {
            Err(iso(CONDITIONS))
        }
    }),
    (ENTRY, "deregisterService", "(S)V", |vm, arguments| {
        let (id, name) = own(vm, arguments)?;
        vm.heap.count_external_write()?;
        if vm.registry.deregister_service(id, name) {
            Ok(0)
        } else {
            Err(iso(CONDITIONS))
        }
    }),
];

/// The service and the application of the entry, which has to be the caller and have the privilege.
fn own(vm: &Vm<'_>, arguments: &[i16]) -> Result<(ApplicationId, u16), Trap> {
    let (id, application) = application(vm, reference(arguments, 0))?;
    if id.0 != vm.owner || !application.privileges.has(Privileges::GLOBAL_SERVICE) {
        return Err(iso(CONDITIONS));
    }
    Ok((id, word(arguments, 1).cast_unsigned()))
}

/// The interface of the application that offers a service: of one that is named, else of the one that has registered it
/// as its own. Null without one.
fn get_service(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    let name = word(arguments, 1).cast_unsigned();
    let server = match reference(arguments, 0) {
        0 => vm.registry.registered_service(name),
        aid => {
            let aid = aid_class::bytes(vm, aid)?;
            let found = vm.registry.find_application(aid);
            found.filter(|id| vm.registry.offers_service(*id, name))
        }
    };
    let is_there = |id: &ApplicationId| {
        vm.registry.application(*id).is_some_and(|server| {
            server.is_selectable() && server.privileges.has(Privileges::GLOBAL_SERVICE)
        })
    };
    let Some(id) = server.filter(is_there) else {
        return Ok(0);
    };
    let object = jcsystem::shareable_of(vm, id, IDENTIFIER)?;
    let interface = vm.program.class_named(SERVICE);
    Ok(if vm.is_instance(object, interface) {
        object.into()
    } else {
        0
    })
}
