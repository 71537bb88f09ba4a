//! Security domains: their keys, the one secure channel that may be open, and what they do for the applets
//! associated with them.

use std::collections::BTreeMap;

use scp::scp03::{CardError, SecurityLevel};
use scp::{CardKeySet, CardKeys, CardParameters, CardSession, Command, Protocol, scp02};
use se_crypto::Drbg;
use serde::{Deserialize, Serialize};

use super::config::IssuerConfig;
use super::key_set::KeySet;
use crate::aid::Aid;
use crate::registry::ApplicationId;
use crate::secure_channel::{SecurityServices, StatusWord};

/// The security domains of a card.
///
/// There is one session at a time: without logical channels only the selected application has one, with
/// its security domain.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SecurityDomains {
    keys: BTreeMap<ApplicationId, Vec<KeySet>>,
    #[serde(with = "super::protocol")]
    protocol: Protocol,
    key_diversification_data: [u8; 10],
    historical_bytes: Vec<u8>,
    failed_authentications: u32,
    #[serde(with = "drbg_state")]
    random: Drbg,
    /// The application that is selected: its AID goes into pseudo-random challenges.
    #[serde(skip)]
    selected: Option<Aid>,
    #[serde(skip)]
    session: CardSession,
    #[serde(skip)]
    session_domain: Option<ApplicationId>,
}

impl SecurityDomains {
    pub(super) fn new(random: Drbg, issuer: &IssuerConfig) -> Self {
        let keys = &issuer.keys;
        let keys = match issuer.protocol {
            // Keys of another length open no channel of SCP02: the card has none then.
            Protocol::Scp02(_) => scp02::StaticKeys::new(keys.enc(), keys.mac(), keys.dek())
                .map(CardKeys::from)
                .ok(),
            Protocol::Scp03(_) => Some(CardKeys::from(keys.clone())),
        };
        let first = keys.map(|keys| KeySet(CardKeySet::new(issuer.key_version, keys)));
        Self {
            keys: BTreeMap::from([(
                ApplicationId::ISSUER_SECURITY_DOMAIN,
                first.into_iter().collect(),
            )]),
            protocol: issuer.protocol,
            key_diversification_data: issuer.key_diversification_data,
            historical_bytes: Vec::new(),
            failed_authentications: 0,
            random,
            selected: None,
            session: CardSession::new(),
            session_domain: None,
        }
    }

    pub(super) fn protocol(&self) -> Protocol {
        self.protocol
    }

    pub(super) fn historical_bytes(&self) -> &[u8] {
        &self.historical_bytes
    }

    /// How many EXTERNAL AUTHENTICATE commands came with a wrong host cryptogram, ever. They never block.
    pub(super) fn failed_authentications(&self) -> u32 {
        self.failed_authentications
    }

    /// Another application is selected: the session ends.
    pub(super) fn select(&mut self, aid: Option<Aid>) {
        self.selected = aid;
        self.close();
    }

    fn close(&mut self) {
        self.session.reset();
        self.session_domain = None;
    }

    /// The key sets of a domain, the default one first. A domain without keys of its own uses the issuer's.
    pub(super) fn key_sets(&self, domain: ApplicationId) -> &[KeySet] {
        self.keys
            .get(&self.key_owner(domain))
            .map_or(&[], Vec::as_slice)
    }

    /// The key sets that belong to a domain itself, to change them.
    pub(super) fn own_key_sets(&mut self, domain: ApplicationId) -> &mut Vec<KeySet> {
        self.keys.entry(domain).or_default()
    }

    /// Forgets the keys of a domain that is deleted.
    pub(super) fn forget(&mut self, domain: ApplicationId) {
        self.keys.remove(&domain);
    }

    fn key_owner(&self, domain: ApplicationId) -> ApplicationId {
        match self.keys.get(&domain) {
            Some(sets) if !sets.is_empty() => domain,
            _ => ApplicationId::ISSUER_SECURITY_DOMAIN,
        }
    }

    /// The session, if it is one with this domain.
    pub(super) fn session(&mut self, domain: ApplicationId) -> &mut CardSession {
        if self.session_domain != Some(domain) {
            self.close();
            self.session_domain = Some(domain);
        }
        &mut self.session
    }

    fn parameters(&self) -> CardParameters {
        CardParameters {
            protocol: self.protocol,
            key_diversification_data: self.key_diversification_data,
        }
    }

    /// Works with the session and the key sets of a domain, whose counters may move.
    fn with_keys<R>(
        &mut self,
        domain: ApplicationId,
        work: impl FnOnce(&mut CardSession, &mut [CardKeySet], &mut Drbg, &[u8]) -> R,
    ) -> R {
        let owner = self.key_owner(domain);
        let mut sets: Vec<CardKeySet> = self
            .key_sets(domain)
            .iter()
            .map(|set| set.0.clone())
            .collect();
        let mut random = self.random.clone();
        let aid = self.selected;
        let aid = aid.as_ref().map_or(&[][..], Aid::as_bytes);
        let result = work(self.session(domain), &mut sets, &mut random, aid);
        self.random = random;
        self.keys
            .insert(owner, sets.into_iter().map(KeySet).collect());
        result
    }

    /// Answers INITIALIZE UPDATE or EXTERNAL AUTHENTICATE for a domain.
    pub(super) fn authenticate(
        &mut self,
        domain: ApplicationId,
        command: &[u8],
    ) -> Result<Vec<u8>, CardError> {
        let card = self.parameters();
        let result = self.with_keys(domain, |session, sets, random, aid| {
            session.process(&card, sets, aid, random, command)
        });
        if result == Err(CardError::HostCryptogram) {
            self.failed_authentications = self.failed_authentications.saturating_add(1);
        }
        result
    }

    /// Whether this command would open a session by its C-MAC, which moves the sequence counter.
    pub(super) fn opens_implicitly(&mut self, domain: ApplicationId, command: &[u8]) -> bool {
        self.protocol.is_implicit()
            && !self.session(domain).is_open()
            && command.first().is_some_and(|cla| cla & 0x04 != 0)
    }

    /// Takes the protection off a command, which may open the session.
    pub(super) fn open(
        &mut self,
        domain: ApplicationId,
        command: &[u8],
    ) -> Result<Vec<u8>, CardError> {
        if !self.opens_implicitly(domain, command) {
            return self.session(domain).unwrap(command);
        }
        let card = self.parameters();
        self.with_keys(domain, |session, sets, _, aid| {
            session.open_implicitly(&card, sets, aid, command)
        })
    }

    /// Answers BEGIN or END R-MAC SESSION.
    pub(super) fn r_mac_session(
        &mut self,
        domain: ApplicationId,
        command: &Command,
    ) -> Result<(), CardError> {
        let card = self.parameters();
        self.session(domain).process_r_mac(&card, command)
    }
}

impl SecurityServices for SecurityDomains {
    fn process_security(
        &mut self,
        domain: ApplicationId,
        command: &[u8],
    ) -> Result<Vec<u8>, StatusWord> {
        self.authenticate(domain, command)
            .map_err(CardError::status_word)
    }

    fn unwrap(&mut self, domain: ApplicationId, command: &[u8]) -> Result<Vec<u8>, StatusWord> {
        self.open(domain, command).map_err(CardError::status_word)
    }

    fn wrap(&mut self, domain: ApplicationId, response: &[u8]) -> Result<Vec<u8>, StatusWord> {
        self.session(domain)
            .wrap(response)
            .map_err(CardError::status_word)
    }

    fn decrypt_data(&mut self, domain: ApplicationId, data: &[u8]) -> Result<Vec<u8>, StatusWord> {
        self.session(domain)
            .decrypt_data(data)
            .map_err(CardError::status_word)
    }

    fn encrypt_data(&mut self, domain: ApplicationId, data: &[u8]) -> Result<Vec<u8>, StatusWord> {
        self.session(domain)
            .encrypt_data(data)
            .map_err(CardError::status_word)
    }

    fn reset_security(&mut self, _domain: ApplicationId) {
        self.close();
    }

    fn security_level(&self, domain: ApplicationId) -> u8 {
        if self.session_domain == Some(domain) {
            self.session.security_level()
        } else {
            0
        }
    }

    fn set_historical_bytes(&mut self, bytes: &[u8]) -> bool {
        if bytes.len() > 15 {
            return false;
        }
        self.historical_bytes = bytes.to_vec();
        true
    }
}

/// Whether a security level as the card API tells it satisfies one that is asked for.
pub(super) fn satisfies(level: u8, asked: SecurityLevel) -> bool {
    let asked = SecurityLevel::AUTHENTICATED | asked.0;
    level & asked == asked
}

/// The random generator in an image: its state as bytes.
mod drbg_state {
    use se_crypto::Drbg;
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(drbg: &Drbg, to: S) -> Result<S::Ok, S::Error> {
        drbg.state().as_slice().serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Drbg, D::Error> {
        let state = zeroize::Zeroizing::new(Vec::<u8>::deserialize(from)?);
        Drbg::from_state(&state).map_err(D::Error::custom)
    }
}
