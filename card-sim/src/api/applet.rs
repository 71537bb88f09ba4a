//! `javacard.framework.Applet`.

use super::Row;
use super::arguments::{byte, iso, range, reference, word};
use super::exceptions::nothing;
use crate::aid::Aid;
use crate::vm::Vm;
use crate::vm::trap::{Throwable, Trap};

const CLASS: &str = "javacard/framework/Applet";

/// The native methods.
pub const NATIVES: &[Row] = &[
    (CLASS, "install", "([BSB)V", install),
    (CLASS, "reSelectingApplet", "()Z", |vm, _| {
        Ok(vm.session.reselecting.into())
    }),
    (CLASS, "register", "()V", register),
    (CLASS, "register", "([BSB)V", register_as),
    (CLASS, "selectingApplet", "()Z", selecting_applet),
    (CLASS, "deselect", "()V", nothing),
    (
        CLASS,
        "getShareableInterfaceObject",
        "(Ljavacard/framework/AID;B)Ljavacard/framework/Shareable;",
        no,
    ),
    (CLASS, "select", "()Z", yes),
];

fn no(_: &mut Vm<'_>, _: &[i16]) -> Result<i32, Trap> {
    Ok(0)
}

fn yes(_: &mut Vm<'_>, _: &[i16]) -> Result<i32, Trap> {
    Ok(1)
}

/// An applet has to hide this method; the inherited one refuses.
fn install(_: &mut Vm<'_>, _: &[i16]) -> Result<i32, Trap> {
    Err(iso(0x6A81))
}

fn selecting_applet(vm: &mut Vm<'_>, _: &[i16]) -> Result<i32, Trap> {
    Ok(vm.session.selecting.into())
}

fn register(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    let aid = vm.session.installation.map(|installation| installation.aid);
    finish_registration(vm, reference(arguments, 0), aid)
}

fn register_as(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    let length = i16::from(byte(arguments, 3).cast_signed());
    let bytes = range(vm, reference(arguments, 1), word(arguments, 2), length)?;
    // SystemException.ILLEGAL_VALUE
    let aid = Aid::new(bytes.bytes(vm.heap)).ok_or(Trap::Throw(Throwable::System, 1))?;
    finish_registration(vm, reference(arguments, 0), Some(aid))
}

fn finish_registration(vm: &mut Vm<'_>, this: u16, aid: Option<Aid>) -> Result<i32, Trap> {
    // SystemException.ILLEGAL_AID: registered already, outside install(), or the AID is taken.
    let illegal = Trap::Throw(Throwable::System, 4);
    let aid = aid.ok_or(illegal)?;
    if vm.registry.find_application(aid.as_bytes()).is_some() {
        return Err(illegal);
    }
    match &mut vm.session.installation {
        Some(installation) if installation.registered.is_none() => {
            installation.registered = Some((aid, this));
            Ok(0)
        }
        _ => Err(illegal),
    }
}
