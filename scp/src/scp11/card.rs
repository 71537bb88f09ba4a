//! What is SCP11's own in the card end.

use se_crypto::Drbg;

use crate::scp03::{CardError, CardMessaging, Messaging, SecurityLevel};
use crate::scp11::derivation::derive;
use crate::scp11::{
    Certificate, INTERNAL_AUTHENTICATE, KeyReference, MUTUAL_AUTHENTICATE, PrivateKey, PublicKey,
    Request, SharedIdentity, Variant,
};
use crate::{Command, class, tlv};

/// What a security domain has for SCP11.
#[derive(Clone, Debug, Default)]
pub struct CardEntity {
    /// Its own keys (SK.SD.ECKA).
    pub keys: Vec<(KeyReference, PrivateKey)>,
    /// The authorities whose certificates it takes (PK.CA-KLOC).
    pub authorities: Vec<Authority>,
    /// Its image number (tag 45).
    pub image_number: Vec<u8>,
    /// The identification number of its provider (tag 42).
    pub provider: Vec<u8>,
    /// The identifier of the group of cards with the same key, for SCP11c.
    pub group: Vec<u8>,
    /// Whether MACs are of 16 bytes.
    pub s16: bool,
}

/// An authority whose certificates a card takes.
#[derive(Clone, Debug)]
pub struct Authority {
    /// Which key of the security domain it is.
    pub reference: KeyReference,
    /// Its public key.
    pub key: PublicKey,
    /// Its identifier, as certificates name it.
    pub identifier: Option<Vec<u8>>,
    /// The serial numbers of the certificates that may be used; all of them for `None`.
    pub allowed: Option<Vec<Vec<u8>>>,
}

impl CardEntity {
    /// The authority that a host names, or that its certificate does.
    pub(super) fn authority(
        &self,
        reference: KeyReference,
        certificate: &Certificate,
    ) -> Option<&Authority> {
        let named = |authority: &&Authority| {
            (reference.identifier == 0 || authority.reference.identifier == reference.identifier)
                && (reference.version == 0 || authority.reference.version == reference.version)
        };
        let issued = |authority: &&Authority| {
            authority
                .identifier
                .as_ref()
                .is_none_or(|identifier| identifier == certificate.authority())
        };
        self.authorities.iter().filter(named).find(issued)
    }

    pub(super) fn allows(&self, authority: KeyReference, serial_number: &[u8]) -> bool {
        self.authorities
            .iter()
            .filter(|found| found.reference == authority)
            .all(|found| {
                found
                    .allowed
                    .as_ref()
                    .is_none_or(|serials| serials.iter().any(|serial| serial == serial_number))
            })
    }

    fn key(&self, reference: KeyReference) -> Option<&(KeyReference, PrivateKey)> {
        self.keys.iter().find(|(found, _)| {
            found.identifier == reference.identifier
                && (reference.version == 0 || found.version == reference.version)
        })
    }
}

/// A session that was agreed on.
pub(crate) struct Agreement {
    pub(crate) response: Vec<u8>,
    pub(crate) messaging: CardMessaging,
    pub(crate) key_version: u8,
    pub(crate) level: SecurityLevel,
    /// Whether the host has proved who it is.
    pub(crate) authenticated: bool,
}

/// Answers MUTUAL or INTERNAL AUTHENTICATE. `host` is the key out of the host's certificate.
pub(crate) fn agree(
    card: &CardEntity,
    host: Option<&PublicKey>,
    random: &mut Drbg,
    command: &Command,
) -> Result<Agreement, CardError> {
    if class::basic(command.cla) != 0x80 || class::is_secured(command.cla) {
        return Err(CardError::Class);
    }
    let variant = Variant::of_key(command.p2).ok_or(CardError::Parameters)?;
    let ins = match variant {
        Variant::A | Variant::C => MUTUAL_AUTHENTICATE,
        Variant::B => INTERNAL_AUTHENTICATE,
    };
    if command.ins != ins {
        return Err(CardError::Parameters);
    }
    let (reference, fixed) = card
        .key(KeyReference::new(command.p2, command.p1))
        .ok_or(CardError::KeyVersion)?;
    let (request, point) =
        Request::parse(
            *reference,
            &command.data,
            card.s16,
            |variant| match variant {
                Variant::C => SharedIdentity::Group(card.group.clone()),
                _ => SharedIdentity::Card {
                    image_number: card.image_number.clone(),
                    provider: card.provider.clone(),
                },
            },
        )
        .ok_or(CardError::Data)?;
    let theirs = PublicKey::new(fixed.curve(), &point).map_err(|_| CardError::Data)?;
    let host = match (variant.authenticates_host(), host) {
        (false, _) => &theirs,
        (true, Some(host)) if host.curve() == fixed.curve() => host,
        // MUTUAL AUTHENTICATE comes after the host's certificates.
        (true, _) => return Err(CardError::Conditions),
    };
    let broken = |_| CardError::Data;
    // With SCP11c the card's static key is in the place of an ephemeral one.
    let ephemeral = match variant {
        Variant::C => fixed.clone(),
        _ => PrivateKey::generate(fixed.curve(), random).map_err(broken)?,
    };
    let first = ephemeral.agree(&theirs).map_err(broken)?;
    let second = fixed.agree(host).map_err(broken)?;
    let info = request.shared_info().map_err(|_| CardError::Data)?;
    let keys = derive(&first, &second, &info, request.key_length.into()).map_err(broken)?;
    let ours = tlv::object(0x5F49, ephemeral.public().point());
    let receipt = keys.receipt.cmac(&[&command.data, &ours]);
    let mac_length = if card.s16 { 16 } else { 8 };
    let messaging = Messaging::chained(keys.session, mac_length, receipt);
    Ok(Agreement {
        response: [ours, tlv::object(0x86, &receipt)].concat(),
        messaging: CardMessaging::new(messaging, keys.dek),
        key_version: reference.version,
        level: request.level,
        authenticated: variant.authenticates_host(),
    })
}
