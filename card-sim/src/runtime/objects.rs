//! The objects that the runtime environment makes for itself on a new card.

use crate::session::{AppletTokens, RuntimeObjects};
use crate::vm::heap::{Allocation, RUNTIME_CONTEXT, flag};
use crate::vm::program::{API_SLOT, ClassId, HIDDEN_SLOT, NO_CLASS, Program, class_id};
use crate::vm::{Heap, Kind, Throwable};
use cap_file::api::Api;

/// The interface of applets that may be active on several channels.
pub(crate) const MULTI_SELECTABLE: &str = "javacard/framework/MultiSelectable";

/// The class of the API with this name.
pub(super) fn class_named(name: &str) -> Option<ClassId> {
    let api = Api::builtin();
    let (package, class) = api.find_class(name)?;
    let slots = API_SLOT..HIDDEN_SLOT;
    let (slot, _) = slots
        .zip(api.packages())
        .find(|(_, other)| other.aid == package.aid)?;
    Some(class_id(slot, class.token))
}

fn applet_tokens() -> AppletTokens {
    let token = |class: &str, name: &str| {
        Api::builtin()
            .find_class(class)
            .and_then(|(_, class)| class.methods_named(name).next())
            .map_or(0x7F, |method| method.token)
    };
    let applet = "javacard/framework/Applet";
    AppletTokens {
        deselect: token(applet, "deselect"),
        get_shareable: token(applet, "getShareableInterfaceObject"),
        select: token(applet, "select"),
        process: token(applet, "process"),
        select_again: token(MULTI_SELECTABLE, "select"),
        deselect_again: token(MULTI_SELECTABLE, "deselect"),
    }
}

/// Makes the objects. A memory too small for them leaves null references, on which every use
/// traps.
pub(super) fn make(heap: &mut Heap, program: &Program, apdu_buffer: u16) -> RuntimeObjects {
    let mut make = |kind, length, class, flags| {
        heap.allocate(&Allocation {
            kind,
            length,
            class,
            context: RUNTIME_CONTEXT,
            owner: 0,
            flags,
        })
        .unwrap_or(0)
    };
    let class = |name| class_named(name).unwrap_or(NO_CLASS);
    let apdu = make(
        Kind::Instance,
        0,
        class("javacard/framework/APDU"),
        flag::TEMPORARY_ENTRY_POINT,
    );
    let buffer = make(
        Kind::ByteArray,
        apdu_buffer,
        NO_CLASS,
        flag::CLEAR_ON_RESET | flag::GLOBAL_ARRAY,
    );
    let secure_channel = make(
        Kind::Instance,
        0,
        program.hidden_class("org/globalplatform/SecureChannel"),
        flag::PERMANENT_ENTRY_POINT,
    );
    let exceptions = Throwable::ALL
        .iter()
        .map(|throwable| {
            let class = program.throwable(*throwable);
            let cells = program.class(class).map_or(0, |class| class.cells);
            let flags = flag::CLEAR_ON_RESET | flag::TEMPORARY_ENTRY_POINT;
            make(Kind::Instance, cells, class, flags)
        })
        .collect();
    let cvm = crate::api::cvm::make(heap, program).unwrap_or(0);
    RuntimeObjects {
        apdu,
        apdu_buffer: buffer,
        secure_channel,
        cvm,
        object_class: class("java/lang/Object"),
        exceptions,
        aids: Vec::new(),
        applet_tokens: applet_tokens(),
    }
}
