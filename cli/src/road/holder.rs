//! The holder's part of the road.

use super::personalise::pin;
use super::{Issued, Log, Personalised, application, ensure};
use crate::failure::Failure;
use crate::jpki::{
    Holder, Slot, Tsm, Verification, check_certificate, check_signature, digest_info,
};
use apdu_spec::{StatusWord, jpki};
use loader::{Error, KeySet, Transport};
use se_crypto::Drbg;

/// What is signed.
const DOCUMENT: &[u8] = "転居届を提出します。".as_bytes();
const OTHER_DOCUMENT: &[u8] = "転居届を提出しません。".as_bytes();

/// Reads the certificates back, signs with both keys, and checks all of it with `ring`. Gives the bytes of the
/// signature by the signature key.
///
/// # Errors
/// [`Failure::Refuted`] where something is not as it should be; any other [`Failure`].
pub fn sign<T: Transport>(
    log: &mut Log<'_>,
    mut transport: T,
    personalised: &Personalised,
) -> Result<(T, Vec<u8>), Failure> {
    transport.reset()?;
    let mut holder = log.step("reset the card, select the applet as its holder", || {
        Ok((
            Holder::select(transport, &application()?)?,
            "selected".to_owned(),
        ))
    })?;
    let signature = slot(log, &mut holder, &personalised.signature)?;
    slot(log, &mut holder, &personalised.authentication)?;
    Ok((holder.into_transport(), signature))
}

fn slot<T: Transport>(
    log: &mut Log<'_>,
    holder: &mut Holder<T>,
    issued: &Issued,
) -> Result<Vec<u8>, Failure> {
    let slot = issued.slot;
    let name = slot.name();
    log.step(format!("{name}: no signature before VERIFY"), || {
        refused(holder, slot, StatusWord::SECURITY_STATUS_NOT_SATISFIED)
    })?;
    log.step(
        format!("{name}: VERIFY, read the certificate, check its chain with ring"),
        || {
            let verification = holder.verify(slot, pin(slot))?;
            ensure(verification == Verification::Right, || {
                format!("the PIN was refused: {verification:?}")
            })?;
            let certificate = holder.read_file(slot.certificate())?;
            let authority = holder.read_file(slot.authority_certificate())?;
            // A file may be longer than the certificate in it.
            let same = certificate.starts_with(&issued.certificate)
                && authority.starts_with(&issued.authority);
            ensure(same, || {
                "the card holds other certificates than were written".to_owned()
            })?;
            check_certificate(&issued.certificate, &issued.authority, &issued.key)
                .map_err(|error| Failure::Refuted(error.to_string()))?;
            Ok(((), "the chain holds".to_owned()))
        },
    )?;
    let signature = log.step(format!("{name}: sign a document"), || {
        let signature = holder.sign(slot, &digest_info(DOCUMENT))?;
        let told = format!("{} bytes", signature.len());
        Ok((signature, told))
    })?;
    log.step(format!("{name}: check the signature with ring"), || {
        check_signature(&issued.key, DOCUMENT, &signature)
            .map_err(|error| Failure::Refuted(error.to_string()))?;
        let other = check_signature(&issued.key, OTHER_DOCUMENT, &signature);
        ensure(other.is_err(), || {
            "the signature is valid for another document too".to_owned()
        })?;
        Ok(((), "valid; not so for another document".to_owned()))
    })?;
    Ok(signature)
}

fn refused<T: Transport>(
    holder: &mut Holder<T>,
    slot: Slot,
    expected: StatusWord,
) -> Result<((), String), Failure> {
    match holder.sign(slot, &digest_info(DOCUMENT)) {
        Err(Error::Refused(refusal)) if refusal.status == expected => {
            Ok(((), format!("refused with {expected}")))
        }
        Err(error) => Err(error.into()),
        Ok(_) => Err(Failure::Refuted(
            "the card signed without its PIN".to_owned(),
        )),
    }
}

/// Presents wrong signature PINs until the card locks, shows that the right one does not help then, and has the
/// trusted service manager unblock it.
///
/// # Errors
/// [`Failure::Refuted`] where something is not as it should be; any other [`Failure`].
pub fn lock_and_unblock<T: Transport>(
    log: &mut Log<'_>,
    transport: T,
    keys: &KeySet,
    random: &mut Drbg,
) -> Result<T, Failure> {
    let slot = Slot::Signature;
    let mut holder = Holder::select(transport, &application()?)?;
    log.step("signature: present wrong PINs until it locks", || {
        let mut answers = Vec::new();
        for left in (0..jpki::SIGNATURE_PIN_TRIES).rev() {
            let verification = holder.verify(slot, b"WRONG000")?;
            ensure(verification == Verification::Wrong(left), || {
                format!("a wrong PIN gave {verification:?}, not {left} presentations left")
            })?;
            answers.push(StatusWord::tries_left(left).to_string());
        }
        Ok(((), answers.join(" ")))
    })?;
    log.step(
        "signature: the right PIN does not help now, nor can the key sign",
        || {
            let verification = holder.verify(slot, pin(slot))?;
            ensure(verification == Verification::Blocked, || {
                format!("a blocked PIN gave {verification:?}")
            })?;
            refused(&mut holder, slot, StatusWord::SECURITY_STATUS_NOT_SATISFIED)?;
            Ok((
                (),
                format!("refused with {}", StatusWord::REFERENCE_DATA_NOT_USABLE),
            ))
        },
    )?;
    log.step("user authentication: not touched by that", || {
        let tries = holder.tries_left(Slot::Authentication)?;
        ensure(tries == jpki::AUTHENTICATION_PIN_TRIES, || {
            format!("{tries} presentations left")
        })?;
        Ok(((), format!("{tries} presentations left")))
    })?;
    let transport = holder.into_transport();
    let mut transport = log.step("the service manager unblocks the PIN", || {
        let mut tsm = Tsm::open(transport, &application()?, keys, None, random)?;
        tsm.unblock_pin(slot)?;
        Ok((tsm.into_transport(), "unblocked".to_owned()))
    })?;
    transport.reset()?;
    log.step(
        "signature: the PIN works again, and so does the key",
        || {
            let mut holder = Holder::select(transport, &application()?)?;
            let tries = holder.tries_left(slot)?;
            ensure(tries == jpki::SIGNATURE_PIN_TRIES, || {
                format!("{tries} presentations left")
            })?;
            let verification = holder.verify(slot, pin(slot))?;
            ensure(verification == Verification::Right, || {
                format!("the PIN was refused: {verification:?}")
            })?;
            let signature = holder.sign(slot, &digest_info(DOCUMENT))?;
            let told = format!(
                "{tries} presentations left, {} bytes signed",
                signature.len()
            );
            Ok((holder.into_transport(), told))
        },
    )
}
