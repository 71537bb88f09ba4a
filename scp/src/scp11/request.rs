use crate::scp03::SecurityLevel;
use crate::scp11::{AgreementError, KeyReference, Variant};
use crate::tlv;

/// Who talks to whom, where that goes into the session keys (Amendment F, parameter bit 3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The host's identifier, 1 to 255 bytes; the card learns it from the command (tag 84).
    pub host: Vec<u8>,
    /// What the card knows of itself.
    pub card: SharedIdentity,
}

/// The part of an [`Identity`] that the card knows by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SharedIdentity {
    /// SCP11a and SCP11b: of one card.
    Card {
        /// The security domain's image number (tag 45).
        image_number: Vec<u8>,
        /// The identification number of its provider (tag 42).
        provider: Vec<u8>,
    },
    /// SCP11c: of all cards that have the same key.
    Group(Vec<u8>),
}

/// What MUTUAL and INTERNAL AUTHENTICATE ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The variant.
    pub variant: Variant,
    /// The card's key.
    pub key: KeyReference,
    /// What the session protects: [`SecurityLevel::C_MAC_R_MAC`] or [`SecurityLevel::FULL`].
    pub level: SecurityLevel,
    /// The length of session keys in bytes: 16, 24 or 32.
    pub key_length: u8,
    /// Identities that go into the session keys.
    pub identity: Option<Identity>,
    /// Whether MACs are of 16 bytes (S16 mode). Nothing in the commands tells; both ends must know.
    pub s16: bool,
}

/// Identities go into the session keys.
const WITH_IDENTITY: u8 = 0x04;
/// The number of the protocol, in tag 90.
const SCP11: u8 = 0x11;
/// AES, as a key type (GPCS 2.3.1 table 11-16).
const AES: u8 = 0x88;

impl Request {
    /// A session with AES-128 in S8 mode.
    ///
    /// # Errors
    /// [`AgreementError::Level`], [`AgreementError::Identifier`].
    pub fn new(
        variant: Variant,
        key: KeyReference,
        level: SecurityLevel,
    ) -> Result<Self, AgreementError> {
        let request = Self {
            variant,
            key,
            level,
            key_length: 16,
            identity: None,
            s16: false,
        };
        request.usage()?;
        if key.identifier != variant.key_identifier() {
            return Err(AgreementError::Identifier {
                variant,
                identifier: key.identifier,
            });
        }
        Ok(request)
    }

    /// The key usage qualifier (GPCS 2.3.1 table 11-17): secure messaging in both directions, with or without
    /// encryption.
    fn usage(&self) -> Result<u8, AgreementError> {
        match self.level {
            SecurityLevel::C_MAC_R_MAC => Ok(0x34),
            SecurityLevel::FULL => Ok(0x3C),
            other => Err(AgreementError::Level(other)),
        }
    }

    /// The command data: the control reference template and the host's ephemeral key.
    pub(super) fn data(&self, ephemeral: &[u8]) -> Result<Vec<u8>, AgreementError> {
        let mut parameter = self.variant.parameter();
        let host = self.identity.as_ref().map(|identity| &identity.host);
        if let Some(host) = host {
            parameter |= WITH_IDENTITY;
            length(host)?;
        }
        let template = [
            tlv::object(0x90, &[SCP11, parameter]),
            tlv::object(0x95, &[self.usage()?]),
            tlv::object(0x80, &[AES]),
            tlv::object(0x81, &[self.key_length]),
            host.map_or_else(Vec::new, |host| tlv::object(0x84, host)),
        ]
        .concat();
        Ok([tlv::object(0xA6, &template), tlv::object(0x5F49, ephemeral)].concat())
    }

    /// What goes into the key derivation besides the secrets.
    pub(super) fn shared_info(&self) -> Result<Vec<u8>, AgreementError> {
        let mut info = vec![self.usage()?, AES, self.key_length];
        if let Some(identity) = &self.identity {
            let own = match &identity.card {
                SharedIdentity::Card {
                    image_number,
                    provider,
                } => vec![image_number, provider],
                SharedIdentity::Group(group) => vec![group],
            };
            for part in [&identity.host].into_iter().chain(own) {
                info.push(length(part)?);
                info.extend_from_slice(part);
            }
        }
        Ok(info)
    }

    /// Takes the command data apart. Gives what was asked for and the host's ephemeral key; `card` is asked for the
    /// card's identity where that is wanted. `None` for what the standard does not have.
    pub(super) fn parse(
        key: KeyReference,
        data: &[u8],
        s16: bool,
        card: impl FnOnce(Variant) -> SharedIdentity,
    ) -> Option<(Self, Vec<u8>)> {
        let objects = tlv::all(data)?;
        let [(0xA6, template), (0x5F49, ephemeral)] = *objects.as_slice() else {
            return None;
        };
        let template = tlv::all(template)?;
        let variant = Variant::of_key(key.identifier)?;
        let &[SCP11, parameter] = tlv::find(&template, 0x90)? else {
            return None;
        };
        if parameter & !WITH_IDENTITY != variant.parameter() {
            return None;
        }
        let level = match tlv::find(&template, 0x95)? {
            [0x34] => SecurityLevel::C_MAC_R_MAC,
            [0x3C] => SecurityLevel::FULL,
            _ => return None,
        };
        if tlv::find(&template, 0x80)? != [AES] {
            return None;
        }
        let &[key_length @ (16 | 24 | 32)] = tlv::find(&template, 0x81)? else {
            return None;
        };
        let host = tlv::find(&template, 0x84);
        let identity = match (parameter & WITH_IDENTITY != 0, host) {
            (true, Some(host)) => Some(Identity {
                host: host.to_vec(),
                card: card(variant),
            }),
            (false, None) => None,
            _ => return None,
        };
        let request = Self {
            variant,
            key,
            level,
            key_length,
            identity,
            s16,
        };
        Some((request, ephemeral.to_vec()))
    }
}

/// The length of an identifier, which may be empty where a card has none.
fn length(part: &[u8]) -> Result<u8, AgreementError> {
    u8::try_from(part.len()).map_err(|_| AgreementError::Identity(part.len()))
}
