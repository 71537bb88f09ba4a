//! The trusted service manager's part of the road.

use super::{AUTHENTICATION_PIN, Log, SIGNATURE_PIN, ensure};
use crate::failure::Failure;
use crate::jpki::{Authority, Person, PublicKey, Slot, Tsm, check_certificate};
use loader::{Aid, KeySet, Transport};
use se_crypto::Drbg;

/// What a slot was given.
#[derive(Clone, Debug)]
pub struct Issued {
    /// Which slot.
    pub slot: Slot,
    /// The public key of the key pair that was born on the card.
    pub key: PublicKey,
    /// Its certificate (DER).
    pub certificate: Vec<u8>,
    /// The certificate of the authority that issued it (DER).
    pub authority: Vec<u8>,
}

/// A card whose slots are active.
#[derive(Clone, Debug)]
pub struct Personalised {
    /// The signature slot.
    pub signature: Issued,
    /// The user authentication slot.
    pub authentication: Issued,
}

/// The PIN that this road gives a slot.
pub(super) fn pin(slot: Slot) -> &'static [u8] {
    match slot {
        Slot::Signature => SIGNATURE_PIN,
        Slot::Authentication => AUTHENTICATION_PIN,
    }
}

/// Personalises both slots of a fresh applet through its secure channel.
///
/// # Errors
/// [`Failure`].
pub fn personalise<T: Transport>(
    log: &mut Log<'_>,
    transport: T,
    application: &Aid,
    keys: &KeySet,
    random: &mut Drbg,
) -> Result<(T, Personalised), Failure> {
    let mut tsm = log.step("select the applet, open a secure channel with it", || {
        let tsm = Tsm::open(transport, application, keys, None, random)?;
        let told = tsm.channel();
        Ok((tsm, told))
    })?;
    log.step("set both PINs", || {
        for slot in Slot::ALL {
            tsm.set_first_pin(slot, pin(slot))?;
        }
        Ok(((), "not shown".to_owned()))
    })?;
    let signature = slot(log, &mut tsm, Slot::Signature, random)?;
    let authentication = slot(log, &mut tsm, Slot::Authentication, random)?;
    ensure(signature.key != authentication.key, || {
        "both slots have the same key".to_owned()
    })?;
    Ok((
        tsm.into_transport(),
        Personalised {
            signature,
            authentication,
        },
    ))
}

fn slot<T: Transport>(
    log: &mut Log<'_>,
    tsm: &mut Tsm<T>,
    slot: Slot,
    random: &mut Drbg,
) -> Result<Issued, Failure> {
    let name = slot.name();
    let key = log.step(
        format!("{name}: generate the key on the card, read its public key"),
        || {
            tsm.generate_key_pair(slot)?;
            let key = tsm.public_key(slot)?;
            let told = format!("RSA-{}", key.modulus.len() * 8);
            Ok((key, told))
        },
    )?;
    let issued = log.step(
        format!("{name}: issue its certificate, check it with ring"),
        || {
            let invalid = |error: &dyn std::fmt::Display| Failure::Refuted(error.to_string());
            let authority = Authority::new(slot, random).map_err(|error| invalid(&error))?;
            let certificate = authority
                .issue(&key, &Person::example(), random)
                .map_err(|error| invalid(&error))?;
            let authority = authority.certificate().to_vec();
            let checked = check_certificate(&certificate, &authority, &key)
                .map_err(|error| invalid(&error))?;
            let told = format!("{} bytes, {}", certificate.len(), checked.subject);
            Ok((
                Issued {
                    slot,
                    key,
                    certificate,
                    authority,
                },
                told,
            ))
        },
    )?;
    log.step(
        format!("{name}: write the certificates, activate the slot"),
        || {
            tsm.write_file(slot.certificate(), &issued.certificate)?;
            tsm.write_file(slot.authority_certificate(), &issued.authority)?;
            tsm.activate(slot)?;
            let bytes = issued.certificate.len() + issued.authority.len();
            Ok(((), format!("{bytes} bytes, active")))
        },
    )?;
    Ok(issued)
}
