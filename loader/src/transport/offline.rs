//! A card that is not there, foretold: its answers follow from its keys and its sequence counter.

use scp::scp03::{Parameters, StaticKeys};
use scp::scp11::{PERFORM_SECURITY_OPERATION, PreparedSession};
use scp::{CardKeySet, CardParameters, CardSession, Protocol};
use se_crypto::Drbg;

use super::{ConnectionInfo, Transport, TransportError};

/// The card that a script is made for. With pseudo-random challenges (SCP03, i=1x, 3x, 7x) all that it will answer
/// to INITIALIZE UPDATE is known beforehand, so that a whole session can be made without it and carried out later
/// by somebody who has no keys.
#[derive(Clone, Debug)]
pub struct OfflineCard {
    /// The AID of the security domain.
    pub domain: Vec<u8>,
    /// The version of the key set, 01 to 7F.
    pub key_version: u8,
    /// The sequence counter of the key set as the card tells it now (GET DATA C1). The script works while the
    /// card is at this count, and never again.
    pub sequence_counter: u32,
    /// The parameter `i` of the card's channel.
    pub parameters: Parameters,
    /// What INITIALIZE UPDATE tells for diversification.
    pub key_diversification_data: [u8; 10],
}

/// A transport that answers as the card will, and keeps the commands: the script.
#[derive(Debug)]
pub struct Offline {
    /// The AID of the security domain.
    domain: Vec<u8>,
    channel: Foretold,
    session: CardSession,
    /// The commands, as they go over the wire.
    pub commands: Vec<Vec<u8>>,
}

/// How the session will be opened.
#[derive(Debug)]
enum Foretold {
    /// SCP03, the card's part of which is computed.
    Challenge(CardParameters, Vec<CardKeySet>),
    /// SCP11c, whose answer to MUTUAL AUTHENTICATE this is, and the card's end of the session after it.
    Agreement(Vec<u8>, CardSession),
}

impl Offline {
    /// Every card with the key that a session of SCP11c was prepared for, with the security domain `domain`.
    #[must_use]
    pub fn agreed(domain: &[u8], prepared: PreparedSession) -> Self {
        Self {
            domain: domain.to_vec(),
            channel: Foretold::Agreement(prepared.response, prepared.card),
            session: CardSession::new(),
            commands: Vec::new(),
        }
    }

    /// The card with these keys, which are its own and no master keys.
    ///
    /// # Errors
    /// [`TransportError::Other`] where the card's challenges are random: nobody can foretell these.
    pub fn new(card: OfflineCard, keys: StaticKeys) -> Result<Self, TransportError> {
        if !card.parameters.is_pseudo_random() {
            return Err(TransportError::Other(format!(
                "a channel with i={:02X} has random challenges, which nobody can foretell; scripts want pseudo-random \
                 ones",
                card.parameters.0
            )));
        }
        let mut set = CardKeySet::new(card.key_version, keys);
        set.sequence_counter = card.sequence_counter;
        let parameters = CardParameters {
            protocol: Protocol::Scp03(card.parameters),
            key_diversification_data: card.key_diversification_data,
            ..CardParameters::default()
        };
        Ok(Self {
            domain: card.domain,
            channel: Foretold::Challenge(parameters, vec![set]),
            session: CardSession::new(),
            commands: Vec::new(),
        })
    }

    fn answer(&mut self, command: &[u8]) -> Vec<u8> {
        const SUCCESS: [u8; 2] = [0x90, 0x00];
        let refuse = |status: u16| status.to_be_bytes().to_vec();
        match command.get(1) {
            Some(0xA4) => {
                let name = crate::tlv::object(0x84, &self.domain);
                [crate::tlv::object(0x6F, &name), SUCCESS.to_vec()].concat()
            }
            Some(&PERFORM_SECURITY_OPERATION) => SUCCESS.to_vec(),
            Some(ins) if CardSession::handles(*ins) => match &mut self.channel {
                Foretold::Challenge(parameters, key_sets) => {
                    // Nothing is drawn from it: the challenges are pseudo-random.
                    let mut random = Drbg::from_seed(0);
                    let result = self.session.process(
                        parameters,
                        key_sets,
                        &self.domain,
                        &mut random,
                        command,
                    );
                    result.map_or_else(
                        |error| refuse(error.status_word()),
                        |data| [data, SUCCESS.to_vec()].concat(),
                    )
                }
                Foretold::Agreement(response, session) => {
                    self.session = session.clone();
                    [response.clone(), SUCCESS.to_vec()].concat()
                }
            },
            _ => match self.session.unwrap(command) {
                Ok(_) => self
                    .session
                    .wrap(&SUCCESS)
                    .unwrap_or_else(|error| refuse(error.status_word())),
                Err(error) => refuse(error.status_word()),
            },
        }
    }
}

impl Transport for Offline {
    fn info(&self) -> ConnectionInfo {
        ConnectionInfo {
            name: "script".to_owned(),
            atr: Vec::new(),
            protocol: "none".to_owned(),
        }
    }

    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        self.commands.push(command.to_vec());
        Ok(self.answer(command))
    }

    fn reset(&mut self) -> Result<(), TransportError> {
        self.session.reset();
        Ok(())
    }
}
