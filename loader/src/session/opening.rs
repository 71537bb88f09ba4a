//! Opening a secure channel: what the card tells of it first, then the level, then the proof.

use std::fmt;
use std::sync::Arc;

use apdu_spec::StatusWord;
use scp::scp03::{Challenge, HostError, HostOpening, SecurityLevel, StaticKeys};
use scp::{KeyOperations, scp02, scp03};
use se_crypto::Drbg;

use super::Session;
use crate::channel::Channel;
use crate::error::{AuthenticationError, Error, Refusal};
use crate::key_set::{KeySet, SharedKeyProtocol};
use crate::transport::Transport;

/// A secure channel whose opening has begun: the card has told how it works, and nothing has been proved to it.
/// [`Session::complete`] does that.
#[derive(Debug)]
pub struct Opening {
    keys: KeySet,
    way: Way,
}

/// How the channel goes on.
#[derive(Debug)]
enum Way {
    /// SCP11: everything is still to be done.
    Agreement,
    /// SCP02 without an initiation of its own.
    Implicit(scp02::Parameters),
    Scp02 {
        parameters: scp02::Parameters,
        challenge: [u8; 8],
        /// The response to INITIALIZE UPDATE.
        response: Vec<u8>,
    },
    /// SCP03, or what is refused as none.
    Scp03 {
        challenge: Challenge,
        response: Vec<u8>,
    },
}

/// What a card told when a secure channel was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// The protocol: 02, 03 or 11 in hexadecimal.
    pub protocol: u8,
    /// Its parameter `i`, where it has one that is known.
    pub parameters: Option<u8>,
    /// The version of the key set; `None` for SCP11.
    pub key_version: Option<u8>,
    /// The key diversification data, where the protocol has them.
    pub diversification_data: Option<[u8; 10]>,
}

/// `SCP02 with i=55`.
impl fmt::Display for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SCP{:02X}", self.protocol)?;
        match self.parameters {
            Some(i) => write!(f, " with i={i:02X}"),
            None => Ok(()),
        }
    }
}

/// Where the answer to INITIALIZE UPDATE tells the key version, the protocol and, for SCP03, its parameter.
const TOLD: std::ops::Range<usize> = 10..13;

impl Opening {
    /// The protocol that the card opens: 02, 03 or 11 in hexadecimal.
    #[must_use]
    pub fn protocol(&self) -> u8 {
        match &self.way {
            Way::Agreement => 0x11,
            Way::Implicit(_) | Way::Scp02 { .. } => 0x02,
            Way::Scp03 { .. } => 0x03,
        }
    }

    /// The highest security level that the card offers for it.
    #[must_use]
    pub fn offered(&self) -> SecurityLevel {
        match &self.way {
            // SCP11 offers what it has; what a card refuses of it is the card's to say.
            Way::Agreement => SecurityLevel::FULL,
            // Its first C-MAC opens it, and it has nothing but C-MACs.
            Way::Implicit(_) => SecurityLevel::C_MAC,
            Way::Scp02 { parameters, .. } if parameters.has_r_mac() => {
                SecurityLevel::C_DECRYPTION_R_MAC
            }
            Way::Scp02 { .. } => SecurityLevel::C_DECRYPTION,
            Way::Scp03 { .. } => {
                let offers = scp03::Parameters(self.opened().parameters.unwrap_or(0));
                [SecurityLevel::FULL, SecurityLevel::C_DECRYPTION_R_MAC]
                    .into_iter()
                    .find(|level| offers.offers(*level))
                    .unwrap_or(SecurityLevel::C_DECRYPTION)
            }
        }
    }

    fn opened(&self) -> Opened {
        let (told, parameters) = match &self.way {
            Way::Agreement => (None, None),
            Way::Implicit(parameters) => (None, Some(parameters.0)),
            Way::Scp02 {
                parameters,
                response,
                ..
            } => (response.get(TOLD), Some(parameters.0)),
            Way::Scp03 { response, .. } => {
                let told = response.get(TOLD);
                (told, told.map(|told| told[2]))
            }
        };
        Opened {
            protocol: self.protocol(),
            parameters,
            key_version: told.map(|told| told[0]),
            diversification_data: self.diversification_data(),
        }
    }

    /// The key diversification data of the answer to INITIALIZE UPDATE.
    fn diversification_data(&self) -> Option<[u8; 10]> {
        match &self.way {
            Way::Agreement | Way::Implicit(_) => None,
            Way::Scp02 { response, .. } | Way::Scp03 { response, .. } => {
                response.first_chunk().copied()
            }
        }
    }
}

/// What is known of a card's SCP02 without asking it, by its key diversification data.
pub type KnownScp02<'a> = &'a dyn Fn(&[u8; 10]) -> Option<scp02::Parameters>;

impl<T: Transport> Session<T> {
    /// Opens a secure channel with the selected domain: SCP03, or SCP02 where the card speaks that; SCP11 where the
    /// keys are for it. Without a level it is the highest that the card offers. `random` gives the host challenge, or
    /// the ephemeral key.
    ///
    /// A failed authentication is **never tried again by itself**.
    ///
    /// # Errors
    /// [`Error::Authentication`] where the keys are not the card's, or where the card's protocol does not offer the
    /// level: there is no going on at a lower one.
    /// [`Error::Key`] where the card speaks SCP02 and the keys are none of triple DES.
    pub fn open(
        &mut self,
        keys: &KeySet,
        level: impl Into<Option<SecurityLevel>>,
        random: &mut Drbg,
    ) -> Result<(), Error> {
        let opening = self.begin(keys, random)?;
        let level = level.into().unwrap_or_else(|| opening.offered());
        self.complete(opening, level, random)
    }

    /// Begins to open a secure channel: INITIALIZE UPDATE, where the protocol has it. Nothing that the card could count
    /// as a failure.
    ///
    /// # Errors
    /// [`Error::Refused`] where the card does not have these keys; [`Error::Transport`].
    pub fn begin(&mut self, keys: &KeySet, random: &mut Drbg) -> Result<Opening, Error> {
        self.begin_knowing(keys, random, &|_| None)
    }

    /// The same, not asking for the parameters of SCP02 where `known` has them: INITIALIZE UPDATE does not tell these,
    /// and to ask for them costs two commands.
    ///
    /// # Errors
    /// As [`Session::begin`].
    pub fn begin_knowing(
        &mut self,
        keys: &KeySet,
        random: &mut Drbg,
        known: KnownScp02<'_>,
    ) -> Result<Opening, Error> {
        self.channel = None;
        self.opened = None;
        let keys = keys.clone();
        let stated = keys.protocol.and_then(SharedKeyProtocol::scp02);
        if keys.agreement().is_some() {
            let way = Way::Agreement;
            return Ok(Opening { keys, way });
        }
        if let Some(parameters) = stated.filter(|stated| stated.is_implicit()) {
            let way = Way::Implicit(parameters);
            return Ok(Opening { keys, way });
        }
        if keys.protocol == Some(SharedKeyProtocol::Scp02(None)) {
            // Asked for afterwards, they would cost another INITIALIZE UPDATE.
            self.recognition()?;
        }
        let mut challenge = [0; 16];
        random.fill(&mut challenge);
        let short = challenge.first_chunk::<8>().copied().unwrap_or_default();
        let mut used = &short[..];
        let mut response = self.initialize(keys.version, used)?;
        if response == [0x67, 0x00] {
            // The card wants S16 mode (Amendment D 1.2): this is no failed authentication.
            used = &challenge;
            response = self.initialize(keys.version, used)?;
        }
        if response == [0x6D, 0x00]
            && let Some(parameters) = self.told_scp02()?.filter(|found| found.is_implicit())
        {
            let way = Way::Implicit(parameters);
            return Ok(Opening { keys, way });
        }
        if let &[high, low] = response.as_slice() {
            return Err(self.no_opening(keys.version, StatusWord(u16::from_be_bytes([high, low])))?);
        }
        let way = if response.get(11) == Some(&0x02) {
            // The card does not tell here how its channel works; its recognition data do, and asking for these ends
            // the opening under way, so that it is begun again.
            let known = stated.or_else(|| match (&self.recognition, response.first_chunk()) {
                (None, Some(data)) => known(data),
                _ => None,
            });
            if known.is_none() && self.recognition.is_none() {
                self.told_scp02()?;
                response = self.initialize(keys.version, &short)?;
            }
            let parameters = match known {
                Some(known) => Some(known),
                None => self.told_scp02()?,
            };
            Way::Scp02 {
                parameters: parameters
                    .filter(|parameters| !parameters.is_implicit())
                    .unwrap_or(scp02::Parameters::I15),
                challenge: short,
                response,
            }
        } else {
            Way::Scp03 {
                challenge: Challenge::new(used)?,
                response,
            }
        };
        let opening = Opening { keys, way };
        let opened = opening.opened();
        match opening.keys.protocol {
            Some(asked) if !asked.admits(&opened) => Err(AuthenticationError::Protocol {
                asked,
                found: opened,
            }
            .into()),
            _ => Ok(opening),
        }
    }

    /// Completes it at this level: proves the host to the card, which counts a proof that fails.
    ///
    /// # Errors
    /// As [`Session::open`].
    pub fn complete(
        &mut self,
        opening: Opening,
        level: SecurityLevel,
        random: &mut Drbg,
    ) -> Result<(), Error> {
        let opened = opening.opened();
        let Opening { keys, way } = opening;
        let keys = &keys;
        let none = [0; 10];
        let diversified_by = |response: &[u8]| *response.first_chunk::<10>().unwrap_or(&none);
        let result = match way {
            Way::Agreement => {
                if let Some(agreement) = keys.agreement() {
                    let session = self.agree(agreement, level, random)?;
                    self.channel = Some(Channel::Scp11(Box::new(session)));
                    self.opened = Some(opened);
                }
                return Ok(());
            }
            Way::Implicit(parameters) => {
                self.open_implicitly(keys, level, parameters)?;
                self.opened = Some(opened);
                return Ok(());
            }
            Way::Scp02 {
                parameters,
                challenge,
                response,
            } => {
                let own = keys.for_card(0x02, &diversified_by(&response))?;
                scp02::HostOpening::with(own, keys.version, challenge, parameters)
                    .answer(&response, level)
                    .map(|(session, command)| (Channel::Scp02(Box::new(session)), command))
            }
            Way::Scp03 {
                challenge,
                response,
            } => {
                let own = keys.for_card(0x03, &diversified_by(&response))?;
                HostOpening::with(own, keys.version, challenge)
                    .answer(&response, level)
                    .map(|(session, command)| (Channel::Scp03(Box::new(session)), command))
            }
        };
        let (channel, command) = match result {
            Ok(opened) => opened,
            Err(HostError::Refused(status)) => {
                return Err(self.no_opening(keys.version, StatusWord(status))?);
            }
            Err(cause) => {
                return Err(Error::Authentication(AuthenticationError::Stopped {
                    keys: keys.to_string(),
                    cause,
                }));
            }
        };
        let answer = self.exchange(&command)?;
        if answer.status != StatusWord::SUCCESS {
            return Err(AuthenticationError::Refused {
                keys: keys.to_string(),
                status: answer.status,
            }
            .into());
        }
        self.channel = Some(channel);
        self.opened = Some(opened);
        Ok(())
    }

    /// INITIALIZE UPDATE, which does not depend on the keys.
    fn initialize(&mut self, version: u8, challenge: &[u8]) -> Result<Vec<u8>, Error> {
        let any: Arc<dyn KeyOperations> = Arc::new(StaticKeys::test_keys());
        let command = HostOpening::with(any, version, Challenge::new(challenge)?).command();
        self.transmit(&command)
    }

    /// Why the card did not answer INITIALIZE UPDATE: where it tells of keys, and not of these, this is it.
    fn no_opening(&mut self, version: u8, status: StatusWord) -> Result<Error, Error> {
        let mut told: Vec<u8> = self.keys()?.into_iter().map(|key| key.version).collect();
        told.dedup();
        let advice = if version == 0 || told.is_empty() || told.contains(&version) {
            "the card may have no keys of that version".to_owned()
        } else {
            let told: Vec<String> = told
                .iter()
                .map(|version| format!("{version:02X}"))
                .collect();
            format!(
                "the card has keys of version {}, none of {version:02X}",
                told.join(", ")
            )
        };
        Ok(Refusal::new(&[0x80, 0x50, version, 0x00, 0x00], status)
            .advise(&advice)
            .into())
    }

    /// The parameters of SCP02 as the card's recognition data tell them.
    fn told_scp02(&mut self) -> Result<Option<scp02::Parameters>, Error> {
        let told = self.recognition()?.protocols.into_iter();
        Ok(told
            .filter(|(protocol, _)| *protocol == 0x02)
            .map(|(_, i)| scp02::Parameters(i))
            .find(|parameters| parameters.is_valid()))
    }

    /// Opens SCP02 implicitly (GPCS 2.3.1 §E.1.2.1): the first command with a C-MAC does it. Nothing tells beforehand
    /// whether the keys are the card's, so that a command that changes nothing is sent first.
    fn open_implicitly(
        &mut self,
        keys: &KeySet,
        level: SecurityLevel,
        parameters: scp02::Parameters,
    ) -> Result<(), Error> {
        let stopped = |cause: HostError| AuthenticationError::Stopped {
            keys: keys.to_string(),
            cause,
        };
        if level != SecurityLevel::C_MAC {
            let i = parameters.0;
            return Err(stopped(HostError::Level { level, i }).into());
        }
        let counter = self
            .sequence_counter()?
            .and_then(|counter| u16::try_from(counter).ok())
            .ok_or(Error::Response {
                command: "GET DATA [sequence counter]",
                expected: "the two bytes that an implicit session starts from",
                found: "nothing".to_owned(),
            })?;
        // The card tells nothing to diversify by; keys that are master keys are for other channels.
        let own = keys.derived(&[0; 10])?.ok_or_else(|| {
            Error::Unsendable("an implicit session of SCP02 wants keys that are at hand".to_owned())
        })?;
        let own = scp02::StaticKeys::new(own.enc(), own.mac(), own.dek())?;
        let domain = self.domain.clone();
        let session =
            scp02::HostSession::implicit(&own, parameters, counter, &domain).map_err(stopped)?;
        self.channel = Some(Channel::Scp02(Box::new(session)));
        let answer = self.send(&[0x80, 0xCA, 0x00, 0x66, 0x00]);
        match answer {
            Ok(answer) if answer.status.is_success() => Ok(()),
            Ok(answer) => {
                self.channel = None;
                Err(AuthenticationError::Refused {
                    keys: keys.to_string(),
                    status: answer.status,
                }
                .into())
            }
            Err(error) => {
                self.channel = None;
                Err(error)
            }
        }
    }
}
