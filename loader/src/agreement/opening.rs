//! Opening a session with SCP11: what is asked of the card, in which order.

use scp::scp03::{HostSession, SecurityLevel};
use scp::scp11::{
    CERTIFICATE_STORE, HOST_AUTHORITIES, HostOpening, KeyReference, PublicKey, SharedIdentity,
    Variant, certificates, commands,
};
use se_crypto::Drbg;

use super::{AgreementFailure, AgreementKeys, Trust};
use crate::error::{AuthenticationError, Error, Refusal};
use crate::session::Session;
use crate::tlv;
use crate::transport::Transport;
use apdu_spec::StatusWord;

/// Referenced data not found.
const NO_REFERENCE: StatusWord = StatusWord(0x6A88);

impl<T: Transport> Session<T> {
    /// Opens a session of SCP11 with the selected domain.
    pub(crate) fn agree(
        &mut self,
        keys: &AgreementKeys,
        level: SecurityLevel,
        random: &mut Drbg,
    ) -> Result<HostSession, Error> {
        let stopped = |failure: AgreementFailure| {
            Error::Authentication(AuthenticationError::Agreement {
                keys: keys.to_string(),
                cause: Box::new(failure),
            })
        };
        keys.check_host().map_err(stopped)?;
        let key = self.agreement_key(keys)?.map_err(stopped)?;
        let (card, group) = self.card_key(keys, key)?.map_err(stopped)?;
        let identity = match &keys.identifier {
            Some(_) => self.identity(keys.variant, group)?,
            None => SharedIdentity::Group(group),
        };
        let request = keys.request(key, level, || identity).map_err(stopped)?;
        let opening = keys.opening(request, &card, random).map_err(stopped)?;
        if let Some(host) = &keys.host {
            let authority = self.authority(keys)?.map_err(stopped)?;
            for command in commands(&host.chain, authority) {
                let answer = self.exchange(&command)?;
                if answer.status != StatusWord::SUCCESS {
                    return Err(AuthenticationError::Certificate {
                        keys: keys.to_string(),
                        status: answer.status,
                    }
                    .into());
                }
            }
        }
        self.authenticate(opening, keys)
    }

    fn authenticate(
        &mut self,
        opening: HostOpening,
        keys: &AgreementKeys,
    ) -> Result<HostSession, Error> {
        let failed = |failure: AgreementFailure| AuthenticationError::Agreement {
            keys: keys.to_string(),
            cause: Box::new(failure),
        };
        let command = opening.command().map_err(|error| failed(error.into()))?;
        let answer = self.exchange(&command)?;
        if answer.status != StatusWord::SUCCESS {
            return Err(AuthenticationError::Refused {
                keys: keys.to_string(),
                status: answer.status,
            }
            .into());
        }
        let response = [&answer.data[..], &answer.status.0.to_be_bytes()].concat();
        Ok(opening
            .answer(&response)
            .map_err(|error| failed(error.into()))?)
    }

    /// The card's key for the variant, with the version that the card tells where none was asked for.
    fn agreement_key(
        &mut self,
        keys: &AgreementKeys,
    ) -> Result<Result<KeyReference, AgreementFailure>, Error> {
        let identifier = keys.variant.key_identifier();
        if keys.key_version != 0 {
            return Ok(Ok(KeyReference::new(identifier, keys.key_version)));
        }
        let there: Vec<KeyReference> = self
            .keys()?
            .into_iter()
            .filter(|key| Variant::of_key(key.id).is_some())
            .map(|key| KeyReference::new(key.id, key.version))
            .collect();
        let found = there.iter().find(|key| key.identifier == identifier);
        Ok(found.copied().ok_or(AgreementFailure::NoKey {
            variant: keys.variant,
            identifier,
            there,
        }))
    }

    /// The card's public key, and the subject of its certificate. It is believed for a reason only.
    fn card_key(
        &mut self,
        keys: &AgreementKeys,
        key: KeyReference,
    ) -> Result<Result<(PublicKey, Vec<u8>), AgreementFailure>, Error> {
        if let (Trust::Key(public), None) = (&keys.trust, &keys.identifier) {
            return Ok(Ok((public.clone(), Vec::new())));
        }
        if let Some(chain) = &keys.card_chain {
            return Ok(keys.believe(chain, &keys.trust));
        }
        let template = tlv::object(0xA6, &tlv::object(0x83, &[key.identifier, key.version]));
        let [high, low] = CERTIFICATE_STORE.to_be_bytes();
        let length = u8::try_from(template.len()).unwrap_or(0);
        let command = [&[0x80, 0xCA, high, low, length][..], &template, &[0x00]].concat();
        let answer = self.exchange(&command)?;
        let data = match answer.status {
            StatusWord::SUCCESS => answer.data,
            NO_REFERENCE => Vec::new(),
            status => return Err(Refusal::new(&command, status).into()),
        };
        let chain = match certificates(&data) {
            Ok(chain) => chain,
            Err(error) => return Ok(Err(AgreementFailure::Chain(error.into()))),
        };
        Ok(match &keys.trust {
            Trust::Key(public) if chain.is_empty() => Ok((public.clone(), Vec::new())),
            _ if chain.is_empty() => Err(AgreementFailure::NoCertificate(key)),
            trust => keys.believe(&chain, trust),
        })
    }

    /// What the card knows of itself.
    fn identity(&mut self, variant: Variant, group: Vec<u8>) -> Result<SharedIdentity, Error> {
        if variant == Variant::C {
            return Ok(SharedIdentity::Group(group));
        }
        Ok(SharedIdentity::Card {
            image_number: self.data(0x0045)?.unwrap_or_default(),
            provider: self.data(0x0042)?.unwrap_or_default(),
        })
    }

    /// The card's key that verifies the host's first certificate: told, or found by the authority's identifier.
    fn authority(
        &mut self,
        keys: &AgreementKeys,
    ) -> Result<Result<KeyReference, AgreementFailure>, Error> {
        let Some(host) = &keys.host else {
            return Ok(Ok(KeyReference::new(0, 0)));
        };
        if let Some(told) = host.told_authority() {
            return Ok(Ok(told));
        }
        let wanted = host
            .chain
            .first()
            .map_or(&[][..], |first| first.authority());
        let data = self.data(HOST_AUTHORITIES)?.unwrap_or_default();
        let objects = tlv::all(&data);
        let mut there = Vec::new();
        for pair in objects.chunks(2) {
            if let [(0x42, identifier), (0x83, &[id, version])] = *pair {
                if identifier == wanted {
                    return Ok(Ok(KeyReference::new(id, version)));
                }
                there.push(hex::encode_upper(identifier));
            }
        }
        if there.is_empty() {
            // The card tells of none: its only authority usually has this key.
            return Ok(Ok(KeyReference::new(KeyReference::AUTHORITY, 0)));
        }
        Ok(Err(AgreementFailure::Authority {
            wanted: hex::encode_upper(wanted),
            there,
        }))
    }
}
