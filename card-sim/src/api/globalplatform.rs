//! `org.globalplatform`: `GPSystem` and `SecureChannel`.

use super::Row;
use super::arguments::{byte, count, iso, range, range_at, reference, word, write};
use crate::registry::{ApplicationId, CardState, Privileges, life_cycle};
use crate::secure_channel::{SecurityServices, StatusWord};
use crate::vm::Vm;
use crate::vm::trap::Trap;

const SYSTEM: &str = "org/globalplatform/GPSystem";
const CHANNEL: &str = "org/globalplatform/SecureChannel";
const LEVELLED: &str = "org/globalplatform/SecureChannelx";
const BUFFERED: &str = "org/globalplatform/SecureChannelx2";

/// The native methods.
pub const NATIVES: &[Row] = &[
    (SYSTEM, "<init>", "()V", super::exceptions::nothing),
    (SYSTEM, "getCardContentState", "()B", get_card_content_state),
    (SYSTEM, "setCardContentState", "(B)Z", |vm, arguments| {
        set_own_state(vm, byte(arguments, 0))
    }),
    (SYSTEM, "getCardState", "()B", |vm, _| {
        Ok(i32::from((vm.registry.card_state as u8).cast_signed()))
    }),
    (SYSTEM, "lockCard", "()Z", |vm, _| {
        change_card_state(vm, Privileges::CARD_LOCK, CardState::Locked)
    }),
    (SYSTEM, "terminateCard", "()Z", |vm, _| {
        change_card_state(vm, Privileges::CARD_TERMINATE, CardState::Terminated)
    }),
    (SYSTEM, "setATRHistBytes", "([BSB)Z", set_historical_bytes),
    (
        SYSTEM,
        "getSecureChannel",
        "()Lorg/globalplatform/SecureChannel;",
        |vm, _| Ok(vm.session.objects.secure_channel.into()),
    ),
    (
        CHANNEL,
        "processSecurity",
        "(Ljavacard/framework/APDU;)S",
        process_security,
    ),
    // The data come in with the status bytes behind them, for the R-MAC to cover, and go out
    // without (GP card API 1.4, `SecureChannel.wrap`).
    (CHANNEL, "wrap", "([BSS)S", |vm, arguments| {
        transform(vm, arguments, |services, domain, data| {
            let mut response = services.wrap(domain, data)?;
            response.truncate(response.len().saturating_sub(2));
            Ok(response)
        })
    }),
    (CHANNEL, "unwrap", "([BSS)S", |vm, arguments| {
        transform(vm, arguments, |services, domain, data| {
            services.unwrap(domain, data)
        })
    }),
    (CHANNEL, "decryptData", "([BSS)S", |vm, arguments| {
        transform(vm, arguments, |services, domain, data| {
            services.decrypt_data(domain, data)
        })
    }),
    (CHANNEL, "encryptData", "([BSS)S", |vm, arguments| {
        transform(vm, arguments, |services, domain, data| {
            services.encrypt_data(domain, data)
        })
    }),
    (CHANNEL, "resetSecurity", "()V", |vm, _| {
        let domain = security_domain(vm);
        vm.services.reset_security(domain);
        Ok(0)
    }),
    (LEVELLED, "setSecurityLevel", "(B)V", |vm, arguments| {
        let domain = security_domain(vm);
        let level = byte(arguments, 1);
        vm.services.set_security_level(domain, level).map_err(iso)?;
        Ok(0)
    }),
    (
        BUFFERED,
        "processSecurity",
        "([BSSS)S",
        process_security_in_buffer,
    ),
    (CHANNEL, "getSecurityLevel", "()B", |vm, _| {
        let level = vm.services.security_level(security_domain(vm));
        Ok(level.cast_signed().into())
    }),
];

/// The security domain of the applet that runs.
fn security_domain(vm: &Vm<'_>) -> ApplicationId {
    vm.registry
        .application(ApplicationId(vm.owner))
        .map_or(ApplicationId::ISSUER_SECURITY_DOMAIN, |application| {
            application.security_domain
        })
}

fn get_card_content_state(vm: &mut Vm<'_>, _: &[i16]) -> Result<i32, Trap> {
    let application = vm.registry.application(ApplicationId(vm.owner));
    // An applet that is being installed is INSTALLED already for itself.
    let state = application.map_or(life_cycle::INSTALLED, |application| application.life_cycle);
    Ok(state.cast_signed().into())
}

/// An application may lock itself, and choose among its own states 07 to 7F with the low three
/// bits set (GPCS 2.3.1 §5.3.1.2).
pub(super) fn set_own_state(vm: &mut Vm<'_>, wanted: u8) -> Result<i32, Trap> {
    let Some(application) = vm.registry.application_mut(ApplicationId(vm.owner)) else {
        return Ok(0);
    };
    let state = if wanted == life_cycle::LOCKED {
        application.life_cycle | life_cycle::LOCKED
    } else if wanted & 0x87 == 0x07 && application.life_cycle & 0x87 == 0x07 {
        wanted
    } else {
        return Ok(0);
    };
    vm.heap.count_external_write()?;
    application.life_cycle = state;
    Ok(1)
}

fn change_card_state(vm: &mut Vm<'_>, privilege: u8, state: CardState) -> Result<i32, Trap> {
    let privileged = vm
        .registry
        .application(ApplicationId(vm.owner))
        .is_some_and(|application| application.privileges.has(privilege));
    if !privileged || vm.registry.card_state == CardState::Terminated {
        return Ok(0);
    }
    vm.heap.count_external_write()?;
    vm.registry.card_state = state;
    Ok(1)
}

fn set_historical_bytes(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    let length = i16::from(byte(arguments, 2).cast_signed());
    let bytes = range(vm, reference(arguments, 0), word(arguments, 1), length)?.copy(vm.heap);
    vm.heap.count_external_write()?;
    Ok(vm.services.set_historical_bytes(&bytes).into())
}

/// Receives the command if the applet has not, hands it to the security domain and leaves the
/// response data at `OFFSET_CDATA` of the APDU buffer.
fn process_security(vm: &mut Vm<'_>, _: &[i16]) -> Result<i32, Trap> {
    super::apdu::receive_if_pending(vm)?;
    let command = super::apdu::buffered_command(vm);
    let domain = security_domain(vm);
    let response = vm
        .services
        .process_security(domain, &command)
        .map_err(iso)?;
    let buffer = vm.session.objects.apdu_buffer;
    write(vm, buffer, 5, &response)?;
    Ok(count(response.len()))
}

/// The same with a command in a buffer of the applet, the response data going to another place of it.
fn process_security_in_buffer(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    let command = range_at(vm, arguments, 1)?.copy(vm.heap);
    let domain = security_domain(vm);
    let response = vm
        .services
        .process_security(domain, &command)
        .map_err(iso)?;
    write(vm, reference(arguments, 1), word(arguments, 4), &response)?;
    Ok(count(response.len()))
}

/// Transforms a part of a buffer in place and gives its new length.
fn transform(
    vm: &mut Vm<'_>,
    arguments: &[i16],
    operation: impl FnOnce(
        &mut dyn SecurityServices,
        ApplicationId,
        &[u8],
    ) -> Result<Vec<u8>, StatusWord>,
) -> Result<i32, Trap> {
    let data = range_at(vm, arguments, 1)?.copy(vm.heap);
    let domain = security_domain(vm);
    let result = operation(vm.services, domain, &data).map_err(iso)?;
    write(vm, reference(arguments, 1), word(arguments, 2), &result)?;
    Ok(count(result.len()))
}
