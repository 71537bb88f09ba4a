//! Security domains: their keys, the one secure channel that may be open, and what they do for the applets
//! associated with them.

use std::collections::BTreeMap;
use std::time::Duration;

use scp::scp03::{CardError, EXTERNAL_AUTHENTICATE, SecurityLevel};
use scp::{CardKeySet, CardKeys, CardParameters, CardSession, Command, Protocol, scp02};
use se_crypto::Drbg;
use serde::{Deserialize, Serialize};

use super::agreement::{self, AgreementData};
use super::config::{AuthenticationLimit, IssuerConfig};
use super::keys::{Key, KeyRing};
use super::per_channel::PerChannel;
use super::stop::{BLOCKED, Stop};
use crate::aid::Aid;
use crate::registry::ApplicationId;
use crate::secure_channel::{SecurityServices, StatusWord};

/// The security domains of a card.
///
/// There is one session at a time on each logical channel: the selected application has it, with its security domain
/// (GPCS 2.3.1 §10.2.3).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SecurityDomains {
    keys: BTreeMap<ApplicationId, KeyRing>,
    /// That of the issuer's domain, and of those that name none.
    #[serde(with = "super::protocol")]
    protocol: Protocol,
    /// The number and `i` of the protocols of domains that do.
    protocols: BTreeMap<ApplicationId, (u8, u8)>,
    key_diversification_data: [u8; 10],
    #[serde(default)]
    counts_data_only: bool,
    /// What belongs to keys for SCP11.
    #[serde(default)]
    agreement: BTreeMap<ApplicationId, AgreementData>,
    limit: AuthenticationLimit,
    historical_bytes: Vec<u8>,
    failed_authentications: u32,
    #[serde(with = "drbg_state")]
    random: Drbg,
    /// How long the last command would have taken for its failed authentication.
    #[serde(skip)]
    back_off: Duration,
    #[serde(skip)]
    channel: PerChannel<ChannelState>,
}

/// What belongs to one logical channel.
#[derive(Clone, Debug, Default)]
struct ChannelState {
    /// The application that is selected: its AID goes into pseudo-random challenges.
    selected: Option<Aid>,
    session: CardSession,
    session_domain: Option<ApplicationId>,
}

impl ChannelState {
    fn close(&mut self) {
        self.session.reset();
        self.session_domain = None;
    }
}

impl SecurityDomains {
    pub(super) fn new(random: Drbg, issuer: &IssuerConfig, serial_number: [u8; 4]) -> Self {
        let mut key_diversification_data = [0; 10];
        key_diversification_data[6..].copy_from_slice(&serial_number);
        let keys = &issuer.keys;
        let keys = match issuer.protocol {
            // Keys of another length open no channel of SCP02: the card has none then.
            Protocol::Scp02(_) => scp02::StaticKeys::new(keys.enc(), keys.mac(), keys.dek())
                .map(CardKeys::from)
                .ok(),
            Protocol::Scp03(_) => Some(CardKeys::from(keys.clone())),
        };
        let ring = keys.map(|keys| KeyRing::of(issuer.key_version, &keys));
        Self {
            keys: BTreeMap::from([(
                ApplicationId::ISSUER_SECURITY_DOMAIN,
                ring.unwrap_or_default(),
            )]),
            protocol: issuer.protocol,
            protocols: BTreeMap::new(),
            key_diversification_data: issuer
                .key_diversification_data
                .unwrap_or(key_diversification_data),
            counts_data_only: issuer.counts_data_only,
            agreement: BTreeMap::new(),
            limit: issuer.authentication,
            historical_bytes: Vec::new(),
            failed_authentications: 0,
            random,
            back_off: Duration::ZERO,
            channel: PerChannel::default(),
        }
    }

    /// The protocol that a domain speaks.
    pub(super) fn protocol(&self, domain: ApplicationId) -> Protocol {
        self.protocols
            .get(&domain)
            .and_then(|(number, i)| Protocol::of(*number, *i))
            .unwrap_or(self.protocol)
    }

    pub(super) fn set_protocol(&mut self, domain: ApplicationId, protocol: Protocol) {
        self.protocols
            .insert(domain, protocol.number_and_parameter());
    }

    /// Whether all session keys of a domain come from one key.
    pub(super) fn has_one_base_key(&self, domain: ApplicationId) -> bool {
        matches!(self.protocol(domain), Protocol::Scp02(parameters) if !parameters.has_three_keys())
    }

    /// The block length of the cipher that encrypts sensitive data.
    pub(super) fn sensitive_block(&self, domain: ApplicationId) -> usize {
        match self.protocol(domain) {
            Protocol::Scp02(_) => 8,
            Protocol::Scp03(_) => 16,
        }
    }

    pub(super) fn historical_bytes(&self) -> &[u8] {
        &self.historical_bytes
    }

    /// How many EXTERNAL AUTHENTICATE commands came with a wrong host cryptogram, ever.
    pub(super) fn failed_authentications(&self) -> u32 {
        self.failed_authentications
    }

    /// How long the last command would have taken for its failed authentication.
    pub(super) fn back_off(&self) -> Duration {
        self.back_off
    }

    pub(super) fn forget_back_off(&mut self) {
        self.back_off = Duration::ZERO;
    }

    /// A command came on this logical channel.
    pub(super) fn enter_channel(&mut self, channel: u8) {
        self.channel.enter(channel);
    }

    /// Another application is selected on the channel of the command: its session ends.
    pub(super) fn select(&mut self, aid: Option<Aid>) {
        self.channel.selected = aid;
        self.close();
    }

    /// After a card reset: there are no channels but the basic one, and no sessions.
    pub(super) fn reset(&mut self) {
        self.channel = PerChannel::default();
    }

    fn close(&mut self) {
        self.channel.close();
    }

    /// The keys that a domain uses, the default ones first. A domain without keys of its own uses the issuer's.
    pub(super) fn keys(&self, domain: ApplicationId) -> &[Key] {
        self.own_keys(self.key_owner(domain))
    }

    /// The keys that belong to a domain itself.
    pub(super) fn own_keys(&self, domain: ApplicationId) -> &[Key] {
        self.keys.get(&domain).map_or(&[], KeyRing::keys)
    }

    /// The same, to change them.
    pub(super) fn own_ring(&mut self, domain: ApplicationId) -> &mut KeyRing {
        self.keys.entry(domain).or_default()
    }

    /// The sequence counter of the default key set.
    pub(super) fn sequence_counter(&self, domain: ApplicationId) -> Option<u32> {
        self.sets(domain).first().map(|set| set.sequence_counter)
    }

    fn sets(&self, domain: ApplicationId) -> Vec<CardKeySet> {
        let one_base_key = self.has_one_base_key(domain);
        self.keys
            .get(&self.key_owner(domain))
            .map_or_else(Vec::new, |ring| ring.sets(one_base_key))
    }

    /// Forgets the keys of a domain that is deleted.
    pub(super) fn forget(&mut self, domain: ApplicationId) {
        self.keys.remove(&domain);
        self.protocols.remove(&domain);
        self.agreement.remove(&domain);
    }

    /// Whose keys open the channel of a domain: its own, once it has some that can.
    fn key_owner(&self, domain: ApplicationId) -> ApplicationId {
        let one_base_key = self.has_one_base_key(domain);
        match self.keys.get(&domain) {
            Some(ring) if !ring.sets(one_base_key).is_empty() => domain,
            _ => ApplicationId::ISSUER_SECURITY_DOMAIN,
        }
    }

    /// The session of the channel, if it is one with this domain.
    pub(super) fn session(&mut self, domain: ApplicationId) -> &mut CardSession {
        let channel = &mut *self.channel;
        if channel.session_domain != Some(domain) {
            channel.close();
            channel.session_domain = Some(domain);
        }
        &mut channel.session
    }

    fn parameters(&self, domain: ApplicationId) -> CardParameters {
        CardParameters {
            protocol: self.protocol(domain),
            key_diversification_data: self.key_diversification_data,
            counts_data_only: self.counts_data_only,
        }
    }

    /// Works with the session and the key sets of a domain, whose counters may move.
    fn with_keys<R>(
        &mut self,
        domain: ApplicationId,
        work: impl FnOnce(&mut CardSession, &mut [CardKeySet], &mut Drbg, &[u8]) -> R,
    ) -> R {
        let owner = self.key_owner(domain);
        let mut sets = self.sets(domain);
        let mut random = self.random.clone();
        let aid = self.channel.selected;
        let aid = aid.as_ref().map_or(&[][..], Aid::as_bytes);
        let result = work(self.session(domain), &mut sets, &mut random, aid);
        self.random = random;
        self.own_ring(owner).keep_counters(&sets);
        result
    }

    /// Answers INITIALIZE UPDATE or EXTERNAL AUTHENTICATE for a domain. The try counter of the key version goes down
    /// before the cryptogram is looked at, and up again only with its success.
    pub(super) fn authenticate(
        &mut self,
        domain: ApplicationId,
        command: &[u8],
    ) -> Result<Vec<u8>, Stop> {
        let owner = self.key_owner(domain);
        let tried = (command.get(1) == Some(&EXTERNAL_AUTHENTICATE))
            .then(|| self.session(domain).key_version())
            .flatten();
        let before = tried.map_or(0, |version| self.own_ring(owner).failures(version));
        if let Some(version) = tried {
            let failures = before.saturating_add(1);
            self.own_ring(owner).set_failures(version, failures);
        }
        let card = self.parameters(domain);
        let result = self.with_keys(domain, |session, sets, random, aid| {
            session.process(&card, sets, aid, random, command)
        });
        // INITIALIZE UPDATE names the key version that it found.
        if let (None, Some(version)) = (tried, self.session(domain).key_version())
            && self.limit.blocks(self.own_ring(owner).failures(version))
        {
            self.close();
            return Err(BLOCKED);
        }
        let Some(version) = tried else {
            return result.map_err(Stop::from);
        };
        match result {
            Ok(_) => self.own_ring(owner).set_failures(version, 0),
            Err(CardError::HostCryptogram) => {
                let failures = before.saturating_add(1);
                self.failed_authentications = self.failed_authentications.saturating_add(1);
                self.back_off = self.limit.back_off(failures);
                return Err(Stop::Status(self.limit.status_word(failures)));
            }
            // What is malformed proves nothing about keys; a wrong C-MAC does.
            Err(CardError::Security) => (),
            Err(_) => self.own_ring(owner).set_failures(version, before),
        }
        result.map_err(Stop::from)
    }

    /// Whose keys open sessions of SCP11 with a domain: its own, once it has some that can.
    fn agreement_owner(&self, domain: ApplicationId) -> ApplicationId {
        if agreement::variants(self.own_keys(domain)) == 0 {
            ApplicationId::ISSUER_SECURITY_DOMAIN
        } else {
            domain
        }
    }

    /// The variants of SCP11 that a domain speaks, as bits.
    pub(super) fn agreement_variants(&self, domain: ApplicationId) -> u8 {
        agreement::variants(self.own_keys(self.agreement_owner(domain)))
    }

    /// What belongs to a domain's keys for SCP11.
    pub(super) fn agreement_data(&self, domain: ApplicationId) -> AgreementData {
        let found = self.agreement.get(&self.agreement_owner(domain));
        found.cloned().unwrap_or_default()
    }

    /// The same of the domain's own keys.
    pub(super) fn own_agreement_data(&self, domain: ApplicationId) -> AgreementData {
        self.agreement.get(&domain).cloned().unwrap_or_default()
    }

    /// Puts another in its place.
    pub(super) fn set_agreement_data(&mut self, domain: ApplicationId, data: AgreementData) {
        self.agreement.insert(domain, data);
    }

    /// What belongs to keys of a domain that are no more goes with them.
    pub(super) fn forget_agreement_data(&mut self, domain: ApplicationId) {
        let keys = self.keys.get(&domain).map_or(&[][..], KeyRing::keys);
        if let Some(data) = self.agreement.get_mut(&domain) {
            data.keep_only(keys);
        }
    }

    /// Whether this is a command of SCP11 for a domain that speaks it.
    pub(super) fn handles_agreement(&self, domain: ApplicationId, command: &[u8]) -> bool {
        CardSession::handles_agreement(command) && self.agreement_variants(domain) != 0
    }

    /// Answers a command of SCP11. `identity` is the domain's image number and that of its provider.
    pub(super) fn agree(
        &mut self,
        domain: ApplicationId,
        [image_number, provider]: [Vec<u8>; 2],
        command: &[u8],
    ) -> Result<Vec<u8>, CardError> {
        let s16 = matches!(self.protocol(domain), Protocol::Scp03(parameters) if parameters.length() == 16);
        let keys = self.own_keys(self.agreement_owner(domain));
        let mut card = self.agreement_data(domain).entity(keys, s16);
        card.image_number = image_number;
        card.provider = provider;
        let mut random = self.random.clone();
        let result = self
            .session(domain)
            .process_agreement(&card, &mut random, command);
        self.random = random;
        result
    }

    /// Whether this command would open a session by its C-MAC, which moves the sequence counter.
    pub(super) fn opens_implicitly(&mut self, domain: ApplicationId, command: &[u8]) -> bool {
        self.protocol(domain).is_implicit()
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
        let card = self.parameters(domain);
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
        let card = self.parameters(domain);
        self.session(domain).process_r_mac(&card, command)
    }
}

impl SecurityServices for SecurityDomains {
    fn process_security(
        &mut self,
        domain: ApplicationId,
        command: &[u8],
    ) -> Result<Vec<u8>, StatusWord> {
        if self.handles_agreement(domain, command) {
            // An applet's session has no identities in it: these are the card manager's data.
            return self
                .agree(domain, Default::default(), command)
                .map_err(CardError::status_word);
        }
        self.authenticate(domain, command)
            .map_err(|stop| match stop {
                Stop::Status(status) => status,
                // Only the card manager's own writes are cut, and there are none here.
                Stop::PowerCut => 0x6F00,
            })
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
        if self.channel.session_domain == Some(domain) {
            self.channel.session.security_level()
        } else {
            0
        }
    }

    fn set_security_level(&mut self, domain: ApplicationId, level: u8) -> Result<(), StatusWord> {
        let protocol = self.protocol(domain);
        // The card API's bits are those of P1 of EXTERNAL AUTHENTICATE.
        let level = SecurityLevel(level & !SecurityLevel::AUTHENTICATED);
        self.session(domain)
            .set_security_level(protocol, level)
            .map_err(CardError::status_word)
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
