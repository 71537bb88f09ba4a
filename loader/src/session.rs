use std::collections::BTreeMap;
use std::sync::Arc;

use apdu_spec::{Aid, StatusWord};
use scp::scp03::{Challenge, HostError, HostOpening, SecurityLevel, StaticKeys};
use scp::{KeyOperations, scp02};
use se_crypto::Drbg;

use crate::channel::Channel;
use crate::error::{AuthenticationError, Error, Refusal};
use crate::key_set::KeySet;
use crate::receipt::Receipts;
use crate::tlv;
use crate::token::{TokenInputs, Tokens};
use crate::transport::{Rehearsal, Transport};

/// A conversation with a security domain: selected, and with a secure channel once one is opened.
pub struct Session<T> {
    transport: T,
    domain: Vec<u8>,
    max_command_data: usize,
    channel: Option<Channel>,
    record: Option<Vec<Vec<u8>>>,
    tokens: Tokens,
    token_inputs: TokenInputs,
    receipts: Receipts,
    loading: Option<Loading>,
    /// From which load file an application was made.
    origins: BTreeMap<Aid, Aid>,
    /// The card is locked, and answered SELECT nevertheless.
    locked: bool,
    /// The bytes of a LOAD block, where these are decided already.
    load_block: Option<usize>,
}

/// A load that INSTALL has announced.
#[derive(Clone, Debug)]
pub(crate) struct Loading {
    pub(crate) load_file: Aid,
    /// The AID of the security domain that it will belong to.
    pub(crate) owner: Vec<u8>,
    /// It is the beginning of a load, install and make selectable.
    pub(crate) is_combined: bool,
}

/// A response in plain form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The response data.
    pub data: Vec<u8>,
    /// The status word.
    pub status: StatusWord,
}

/// The most bytes of data in a short command.
const SHORT: usize = 255;
/// What a block of T=1 costs besides its information: four bytes, and 22 etu until the next one.
const BLOCK: usize = 6;
/// Response data and status word of LOAD, with a MAC.
const RESPONSE: usize = 11;
/// The most bytes of data in a response (ISO 7816-3 §12.1.3).
const LONGEST: usize = 65536;

impl<T: Transport> Session<T> {
    /// Selects a security domain: `domain`, or the issuer's.
    ///
    /// # Errors
    /// [`Error::Transport`]; [`Error::Refused`] where there is no such domain.
    pub fn select(transport: T, domain: Option<&Aid>) -> Result<Self, Error> {
        let mut session = Self {
            transport,
            domain: Vec::new(),
            max_command_data: SHORT,
            channel: None,
            record: None,
            tokens: Tokens::default(),
            token_inputs: TokenInputs::default(),
            receipts: Receipts::default(),
            loading: None,
            origins: BTreeMap::new(),
            locked: false,
            load_block: None,
        };
        session.select_again(domain)?;
        Ok(session)
    }

    /// Selects a security domain on the same connection; a secure channel that was open ends.
    ///
    /// # Errors
    /// As [`Session::select`].
    pub fn select_again(&mut self, domain: Option<&Aid>) -> Result<(), Error> {
        self.channel = None;
        let name = domain.map_or(&[][..], Aid::as_bytes);
        let mut command = vec![0x00, 0xA4, 0x04, 0x00];
        if !name.is_empty() {
            command.push(u8::try_from(name.len()).unwrap_or(0));
            command.extend_from_slice(name);
        }
        command.push(0x00);
        let answer = self.exchange(&command)?;
        // 6283: the card is locked, and its issuer security domain answers nevertheless.
        if !answer.status.is_success() && answer.status != StatusWord(0x6283) {
            return Err(Refusal::new(&command, answer.status)
                .advise("the security domain's AID may be another: give it")
                .into());
        }
        self.locked = answer.status == StatusWord(0x6283);
        let information = tlv::all(&answer.data);
        let template = tlv::find(&information, 0x6F)
            .map(tlv::all)
            .unwrap_or_default();
        self.domain = tlv::find(&template, 0x84).unwrap_or(name).to_vec();
        let proprietary = tlv::find(&template, 0xA5).map(tlv::all).unwrap_or_default();
        self.max_command_data = tlv::find(&proprietary, 0x9F65)
            .map(|bytes| {
                bytes
                    .iter()
                    .fold(0, |sum, byte| sum << 8 | usize::from(*byte))
            })
            .filter(|most| (16..SHORT).contains(most))
            .unwrap_or(SHORT);
        Ok(())
    }

    /// Opens a secure channel with the selected domain: SCP03, or SCP02 where the card speaks that; SCP11 where the
    /// keys are for it. `random` gives the host challenge, or the ephemeral key.
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
        level: SecurityLevel,
        random: &mut Drbg,
    ) -> Result<(), Error> {
        self.channel = None;
        if let Some(agreement) = keys.agreement() {
            let session = self.agree(agreement, level, random)?;
            self.channel = Some(Channel::Scp11(Box::new(session)));
            return Ok(());
        }
        let mut challenge = [0; 16];
        random.fill(&mut challenge);
        let short = challenge.first_chunk::<8>().copied().unwrap_or_default();
        // The command does not depend on the keys; those of the card may depend on its answer.
        let opening = |challenge: &[u8], card_keys| {
            let challenge = Challenge::new(challenge)?;
            Ok::<_, Error>(HostOpening::with(card_keys, keys.version, challenge))
        };
        let unknown = [0; 10];
        let any: Arc<dyn KeyOperations> = Arc::new(StaticKeys::test_keys());
        let mut used = &short[..];
        let mut response = self.transmit(&opening(used, any.clone())?.command())?;
        if response == [0x67, 0x00] {
            // The card wants S16 mode (Amendment D 1.2): this is no failed authentication.
            used = &challenge;
            response = self.transmit(&opening(used, any)?.command())?;
        }
        if response == [0x6D, 0x00]
            && let Some(parameters) = self.told_scp02()?.filter(|found| found.is_implicit())
        {
            return self.open_implicitly(keys, level, parameters);
        }
        // Key diversification data, key version, then the protocol.
        let result = if response.get(11) == Some(&0x02) && response.len() > 13 {
            self.open_scp02(keys, level, short)?
        } else {
            let data = response.first_chunk::<10>().unwrap_or(&unknown);
            opening(used, keys.for_card(0x03, data)?)?
                .answer(&response, level)
                .map(|(session, command)| (Channel::Scp03(Box::new(session)), command))
        };
        let (channel, command) = match result {
            Ok(opened) => opened,
            Err(HostError::Refused(status)) => {
                return Err(Refusal::new(&opened_command(keys), StatusWord(status))
                    .advise("the card may have no keys of that version")
                    .into());
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
        Ok(())
    }

    /// The card speaks SCP02. It does not tell there how its channel works; its recognition data do, and asking
    /// for these ends the opening under way, so that it is begun again.
    fn open_scp02(
        &mut self,
        keys: &KeySet,
        level: SecurityLevel,
        challenge: [u8; 8],
    ) -> Result<Result<(Channel, Vec<u8>), HostError>, Error> {
        let parameters = self
            .told_scp02()?
            .filter(|parameters| !parameters.is_implicit())
            .unwrap_or(scp02::Parameters::I15);
        let opening = |data: &[u8; 10]| {
            let card_keys = keys.for_card(0x02, data)?;
            let version = keys.version;
            Ok::<_, Error>(scp02::HostOpening::with(
                card_keys, version, challenge, parameters,
            ))
        };
        let unknown = [0; 10];
        let response = self.transmit(&opening(&unknown)?.command())?;
        let data = response.first_chunk::<10>().unwrap_or(&unknown);
        Ok(opening(data)?
            .answer(&response, level)
            .map(|(session, command)| (Channel::Scp02(Box::new(session)), command)))
    }

    /// The parameters of SCP02 as the card's recognition data tell them.
    fn told_scp02(&mut self) -> Result<Option<scp02::Parameters>, Error> {
        let told = self.essentials()?.protocols.into_iter();
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

    /// Sends a command, protected where a channel is open, and gives the plain answer, whatever its status.
    ///
    /// # Errors
    /// [`Error::Transport`], [`Error::Channel`].
    pub fn send(&mut self, command: &[u8]) -> Result<Answer, Error> {
        if let Some(record) = &mut self.record {
            record.push(command.to_vec());
        }
        let Some(channel) = &mut self.channel else {
            return self.exchange(command);
        };
        let wrapped = channel.wrap(command)?;
        let response = self.transmit(&wrapped)?;
        let channel = self.channel.as_mut().ok_or(HostError::Ended)?;
        split(channel.unwrap(response)?)
    }

    /// Sends a command that must succeed.
    ///
    /// # Errors
    /// As [`Session::send`], and [`Error::Refused`].
    pub fn command(&mut self, command: &[u8]) -> Result<Vec<u8>, Error> {
        let answer = self.send(command)?;
        if answer.status.is_success() {
            Ok(answer.data)
        } else {
            Err(Refusal::new(command, answer.status).into())
        }
    }

    /// The AID of the selected domain, as the card told it.
    #[must_use]
    pub fn domain(&self) -> &[u8] {
        &self.domain
    }

    /// The security level of the open channel: the one that was asked for.
    #[must_use]
    pub fn level(&self) -> Option<SecurityLevel> {
        self.channel.as_ref().map(Channel::level)
    }

    /// The protocol of the open channel: 02, 03 or 11 in hexadecimal.
    #[must_use]
    pub fn protocol(&self) -> Option<u8> {
        self.channel.as_ref().map(Channel::protocol)
    }

    pub(crate) fn channel(&self) -> Option<&Channel> {
        self.channel.as_ref()
    }

    /// The most plain data that one command takes, in bytes, so that card and channel take it protected. On a line where
    /// that makes a difference, a command also ends with its block: of 260 bytes in blocks of 254 the last six would cost
    /// a block, its acknowledgement and two turns of the line.
    #[must_use]
    pub fn max_data(&self) -> usize {
        // Header, Lc and Le.
        const AROUND: usize = 6;
        let whole = |size: usize| (SHORT + AROUND) / size * size;
        let limit = match self.transport.block_size() {
            Some(size @ AROUND..=SHORT) => whole(size).saturating_sub(AROUND),
            _ => SHORT,
        };
        let limit = limit.min(self.max_command_data);
        self.channel
            .as_ref()
            .map_or(limit, |channel| channel.max_data_within(limit))
    }

    /// Sends no command with more data than this from now on, for cards that do not tell that they take no more.
    pub fn limit_data(&mut self, most: usize) {
        self.max_command_data = self.max_command_data.min(most.max(16));
    }

    /// Whether the card was locked when the domain was selected (GPCS 2.3.1 §11.9.3.2).
    pub(crate) fn is_locked(&self) -> bool {
        self.locked
    }

    /// The bytes of a LOAD block, of `total` bytes in all: as many as fit a command, or where commands are cut into
    /// blocks on a line, as many as cost it the least.
    pub(crate) fn load_block(&self, total: usize) -> usize {
        if let Some(decided) = self.load_block {
            return decided;
        }
        let most = self.max_data().max(1);
        let Some(frame) = self.transport.block_size().filter(|size| *size > 0) else {
            return most;
        };
        let length = |data: usize| match &self.channel {
            Some(channel) => channel.wrapped_length(data),
            None => data + 6,
        };
        // In characters of the line: prologue, epilogue and guard time of a block; an acknowledgement for each but the
        // last; the response.
        let one = |data: usize| {
            let frames = length(data).div_ceil(frame);
            length(data) + frames * BLOCK + (frames - 1) * BLOCK + BLOCK + RESPONSE
        };
        let cost = |data: usize| match total % data {
            0 => total / data * one(data),
            rest => total / data * one(data) + one(rest),
        };
        (1..=most)
            .rev()
            .min_by_key(|data| cost(*data))
            .unwrap_or(most)
    }

    /// Uses blocks of this size for LOAD.
    pub(crate) fn set_load_block(&mut self, block: usize) {
        self.load_block = Some(block);
    }

    /// From now on sends these tokens with the commands that they are for (delegated management).
    pub fn use_tokens(&mut self, tokens: Tokens) {
        self.tokens = tokens;
    }

    /// The data of a command with its token, where there is one for it.
    pub(crate) fn with_token(&mut self, ins: u8, p1: u8, p2: u8, data: &[u8]) -> Option<Vec<u8>> {
        let input = self.token_inputs.next(ins, p1, p2, data)?;
        self.tokens.apply(ins, &input, data)
    }

    /// Whether tokens are the ground of what this session does.
    pub(crate) fn is_delegated(&self) -> bool {
        !self.tokens.is_empty()
    }

    /// The receipts that the card has given in this session, and what it did without one.
    #[must_use]
    pub fn receipts(&self) -> &Receipts {
        &self.receipts
    }

    pub(crate) fn receipts_mut(&mut self) -> &mut Receipts {
        &mut self.receipts
    }

    pub(crate) fn loading(&self) -> Option<&Loading> {
        self.loading.as_ref()
    }

    pub(crate) fn set_loading(&mut self, loading: Loading) {
        self.loading = Some(loading);
    }

    /// Remembers from which load file an application was made: a receipt names both.
    pub(crate) fn know_origin(&mut self, application: Aid, load_file: Aid) {
        self.origins.insert(application, load_file);
    }

    pub(crate) fn origin(&self, application: &Aid) -> Option<Aid> {
        self.origins.get(application).copied()
    }

    /// From now on keeps the commands sent, in plain form. They may hold secrets.
    pub fn record(&mut self) {
        self.record = Some(Vec::new());
    }

    /// The commands kept since [`Session::record`].
    #[must_use]
    pub fn recorded(&self) -> &[Vec<u8>] {
        self.record.as_deref().unwrap_or_default()
    }

    /// The transport.
    pub fn transport(&mut self) -> &mut T {
        &mut self.transport
    }

    /// Gives the transport back.
    pub fn into_transport(self) -> T {
        self.transport
    }

    pub(crate) fn exchange(&mut self, command: &[u8]) -> Result<Answer, Error> {
        split(self.transmit(command)?)
    }

    /// Transmits, and does what 61xx and 6Cxx ask for (ISO 7816-4 §5.1.3).
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, Error> {
        let mut response = self.transport.transmit(command)?;
        if let &[0x6C, available] = response.as_slice() {
            let mut again = command.to_vec();
            if again.len() == 4 {
                again.push(available);
            } else if let Some(le) = again.last_mut() {
                *le = available;
            }
            response = self.transport.transmit(&again)?;
        }
        let mut data = Vec::new();
        while let Some((head, &[0x61, waiting])) = response.split_last_chunk::<2>() {
            data.extend_from_slice(head);
            if data.len() > LONGEST || head.is_empty() && !data.is_empty() {
                return Err(Error::Response {
                    command: "GET RESPONSE",
                    expected: "an end of the response data",
                    found: format!("{} bytes, and still more announced", data.len()),
                });
            }
            let class = command.first().map_or(0, |cla| cla & 0x03);
            response = self
                .transport
                .transmit(&[class, 0xC0, 0x00, 0x00, waiting])?;
        }
        data.extend(response);
        Ok(data)
    }
}

impl Session<Rehearsal> {
    /// A session with no card: every command is agreed to and kept, in plain form. `max_data` is that of the
    /// session that is rehearsed.
    #[must_use]
    pub fn rehearsal(max_data: usize) -> Self {
        Self {
            transport: Rehearsal::default(),
            domain: Vec::new(),
            max_command_data: max_data.min(SHORT),
            channel: None,
            record: None,
            tokens: Tokens::default(),
            token_inputs: TokenInputs::default(),
            receipts: Receipts::default(),
            loading: None,
            origins: BTreeMap::new(),
            locked: false,
            load_block: None,
        }
    }
}

/// INITIALIZE UPDATE as errors name it.
fn opened_command(keys: &KeySet) -> [u8; 5] {
    [0x80, 0x50, keys.version, 0x00, 0x00]
}

fn split(response: Vec<u8>) -> Result<Answer, Error> {
    let (data, &[high, low]) = response
        .split_last_chunk::<2>()
        .ok_or(HostError::ResponseShort(response.len()))?;
    Ok(Answer {
        data: data.to_vec(),
        status: StatusWord(u16::from_be_bytes([high, low])),
    })
}
