//! How a session is opened: INITIALIZE UPDATE and EXTERNAL AUTHENTICATE, a first C-MAC, or an agreement.

use se_crypto::{Drbg, equal};

use super::{CardKeySet, CardKeys, CardParameters, CardSession, Session, State};
use crate::scp03::{CardError, EXTERNAL_AUTHENTICATE, INITIALIZE_UPDATE, SecurityLevel};
use crate::scp11::{CardEntity, PERFORM_SECURITY_OPERATION, ReceivedChain};
use crate::{Command, Protocol, class, scp02, scp03, scp11};

impl Session {
    /// EXTERNAL AUTHENTICATE, whose host cryptogram was right: checks its C-MAC.
    fn authenticate(&mut self, command: &Command, level: SecurityLevel) -> Result<(), CardError> {
        let (cryptogram, mac) = command
            .data
            .split_at_checked(command.data.len().saturating_sub(self.mac_length()))
            .ok_or(CardError::Length)?;
        let unsigned = Command {
            data: cryptogram.to_vec(),
            ..command.clone()
        };
        let expected = match self {
            Self::Scp02(messaging) => messaging
                .command_mac(&unsigned)
                .map_err(|_| CardError::Length)?
                .to_vec(),
            Self::Scp03(session) => session
                .messaging
                .command_mac(&unsigned)
                .map_err(|_| CardError::Length)?,
        };
        if !equal(&expected, mac) {
            return Err(CardError::Security);
        }
        match self {
            Self::Scp02(messaging) => messaging.opened(level),
            Self::Scp03(session) => session.messaging.level = level,
        }
        Ok(())
    }
}

impl CardSession {
    /// Answers PERFORM SECURITY OPERATION, MUTUAL AUTHENTICATE or INTERNAL AUTHENTICATE (Amendment F) with the response
    /// data, without status word. `random` gives the ephemeral key.
    ///
    /// # Errors
    /// A [`CardError`]; a session that was open or begun is then closed.
    pub fn process_agreement(
        &mut self,
        card: &CardEntity,
        random: &mut Drbg,
        command: &[u8],
    ) -> Result<Vec<u8>, CardError> {
        self.state = State::Closed;
        let mut chain = std::mem::take(&mut self.chain);
        let command = Command::parse(command).map_err(|_| CardError::Length)?;
        if command.ins == PERFORM_SECURITY_OPERATION {
            chain.receive(card, &command)?;
            self.chain = chain;
            return Ok(Vec::new());
        }
        let agreement = scp11::agree(card, chain.host(), random, &command)?;
        *self = Self::agreed(
            agreement.messaging,
            agreement.key_version,
            agreement.level,
            agreement.authenticated,
        );
        Ok(agreement.response)
    }

    /// A session whose keys both ends have.
    pub(crate) fn agreed(
        mut messaging: scp03::CardMessaging,
        key_version: u8,
        level: SecurityLevel,
        authenticated: bool,
    ) -> Self {
        messaging.messaging.level = level;
        Self {
            state: State::Open {
                session: Session::Scp03(Box::new(messaging)),
                key_version,
                authenticated,
                opened: level,
            },
            chain: ReceivedChain::default(),
        }
    }

    /// Answers INITIALIZE UPDATE or EXTERNAL AUTHENTICATE with the response data, without status word.
    ///
    /// `key_sets` are those of the security domain, the default one first: the first of the protocol's kind is used
    /// when the host asks for version 00. The sequence counter of the set that is used goes up: with SCP03 when its
    /// challenge is made, with SCP02 once the host has proved itself. `aid` is that of the application that is
    /// selected. `random` is drawn from only where the card challenge is not pseudo-random.
    ///
    /// # Errors
    /// A [`CardError`]; a session that was open or begun is then closed.
    pub fn process(
        &mut self,
        card: &CardParameters,
        key_sets: &mut [CardKeySet],
        aid: &[u8],
        random: &mut Drbg,
        command: &[u8],
    ) -> Result<Vec<u8>, CardError> {
        let previous = std::mem::take(&mut self.state);
        let command = Command::parse(command).map_err(|_| CardError::Length)?;
        match command.ins {
            // A session that is opened by its first C-MAC is opened by nothing else (GPCS 2.3.1 §E.1.2.1).
            _ if card.protocol.is_implicit() => Err(CardError::Instruction),
            INITIALIZE_UPDATE => self.initialize(card, key_sets, aid, random, &command),
            EXTERNAL_AUTHENTICATE => {
                self.state = authenticate(previous, key_sets, &command)?;
                Ok(Vec::new())
            }
            _ => {
                self.state = previous;
                Err(CardError::Instruction)
            }
        }
    }

    fn initialize(
        &mut self,
        card: &CardParameters,
        key_sets: &mut [CardKeySet],
        aid: &[u8],
        random: &mut Drbg,
        command: &Command,
    ) -> Result<Vec<u8>, CardError> {
        if class::basic(command.cla) != 0x80 || class::is_secured(command.cla) {
            return Err(CardError::Class);
        }
        // P2 names a key within the set; 00 and 01 are the same here.
        if command.p2 > 1 {
            return Err(CardError::Parameters);
        }
        let protocol = card.protocol;
        if command.data.len() != protocol.challenge_length() {
            return Err(CardError::Length);
        }
        let key_set = find(key_sets, protocol, command.p1)?;
        // A counter that started again would give old session keys again.
        if key_set.sequence_counter >= protocol.last_counter() {
            return Err(CardError::Conditions);
        }
        let mut response = card.key_diversification_data.to_vec();
        response.extend([key_set.version, protocol.number_and_parameter().0]);
        let challenge = &command.data;
        let (more, host_cryptogram, session) = match (&key_set.keys, protocol) {
            (CardKeys::TripleDes(keys), Protocol::Scp02(parameters)) => {
                let counter =
                    u16::try_from(key_set.sequence_counter).map_err(|_| CardError::Conditions)?;
                let opened = scp02::initialize(keys, parameters, counter, aid, random, challenge)
                    .map_err(|_| CardError::Conditions)?;
                let session = Session::Scp02(Box::new(opened.session));
                (opened.response, opened.host_cryptogram, session)
            }
            (CardKeys::Aes(keys), Protocol::Scp03(parameters)) => {
                // The counter moves before the challenge is made, so that no challenge comes twice.
                let counter = key_set.sequence_counter + 1;
                if parameters.is_pseudo_random() {
                    key_set.sequence_counter = counter;
                }
                let opened = scp03::initialize(keys, parameters, counter, aid, random, challenge)
                    .map_err(|_| CardError::Conditions)?;
                let mut session = opened.session;
                if card.counts_data_only {
                    session.messaging.count_data_only();
                }
                let session = Session::Scp03(Box::new(session));
                (opened.response, opened.host_cryptogram, session)
            }
            _ => return Err(CardError::KeyVersion),
        };
        response.extend(more);
        self.state = State::Initialized {
            session,
            host_cryptogram,
            protocol,
            key_version: key_set.version,
            sequence_counter: key_set.sequence_counter,
        };
        Ok(response)
    }

    /// Opens a session implicitly with its first command that carries a C-MAC, and gives the command's plain form
    /// (GPCS 2.3.1 §E.1.2.1). The default key set is used; its sequence counter goes up.
    ///
    /// # Errors
    /// [`CardError::Conditions`] where the protocol is not initiated so, or the counter is exhausted;
    /// [`CardError::KeyVersion`] without keys; [`CardError::Security`] for a wrong C-MAC.
    pub fn open_implicitly(
        &mut self,
        card: &CardParameters,
        key_sets: &mut [CardKeySet],
        aid: &[u8],
        command: &[u8],
    ) -> Result<Vec<u8>, CardError> {
        self.reset();
        let parsed = Command::parse(command).map_err(|_| CardError::Length)?;
        let Protocol::Scp02(parameters) = card.protocol else {
            return Err(CardError::Conditions);
        };
        if !parameters.is_implicit() {
            return Err(CardError::Conditions);
        }
        let key_set = find(key_sets, card.protocol, 0)?;
        let CardKeys::TripleDes(keys) = &key_set.keys else {
            return Err(CardError::KeyVersion);
        };
        let counter = u16::try_from(key_set.sequence_counter)
            .ok()
            .filter(|counter| *counter < u16::MAX)
            .ok_or(CardError::Conditions)?;
        let mut messaging = scp02::open_implicitly(keys, parameters, counter, aid)
            .map_err(|_| CardError::Conditions)?;
        let plain = messaging.open(parsed)?;
        key_set.sequence_counter += 1;
        let opened = messaging.level;
        self.state = State::Open {
            session: Session::Scp02(Box::new(messaging)),
            key_version: key_set.version,
            authenticated: true,
            opened,
        };
        plain.to_bytes().map_err(|_| CardError::Length)
    }
}

/// The key set of a version, or the first, among those of the protocol's kind.
fn find(
    key_sets: &mut [CardKeySet],
    protocol: Protocol,
    version: u8,
) -> Result<&mut CardKeySet, CardError> {
    key_sets
        .iter_mut()
        .filter(|set| {
            matches!(
                (&set.keys, protocol),
                (CardKeys::TripleDes(_), Protocol::Scp02(_))
                    | (CardKeys::Aes(_), Protocol::Scp03(_))
            )
        })
        .find(|set| version == 0 || set.version == version)
        .ok_or(CardError::KeyVersion)
}

fn authenticate(
    previous: State,
    key_sets: &mut [CardKeySet],
    command: &Command,
) -> Result<State, CardError> {
    let State::Initialized {
        mut session,
        host_cryptogram,
        protocol,
        key_version,
        sequence_counter,
    } = previous
    else {
        return Err(CardError::Conditions);
    };
    if class::basic(command.cla) != 0x80 || !class::is_secured(command.cla) {
        return Err(CardError::Class);
    }
    let level = SecurityLevel(command.p1);
    if command.p2 != 0 || !protocol.offers(level) {
        return Err(CardError::Parameters);
    }
    if command.data.len() != host_cryptogram.len() + session.mac_length() {
        return Err(CardError::Length);
    }
    let cryptogram = command
        .data
        .get(..host_cryptogram.len())
        .ok_or(CardError::Length)?;
    if !equal(&host_cryptogram, cryptogram) {
        return Err(CardError::HostCryptogram);
    }
    session.authenticate(command, level)?;
    let set = key_sets
        .iter_mut()
        .find(|set| set.version == key_version && set.sequence_counter == sequence_counter)
        .ok_or(CardError::Conditions)?;
    if let Protocol::Scp02(_) = protocol {
        set.sequence_counter += 1;
    }
    Ok(State::Open {
        session,
        key_version,
        authenticated: true,
        opened: level,
    })
}
