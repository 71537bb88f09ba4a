mod fitting;
mod opening;

pub(crate) use fitting::{Envelope, Fitting};
pub use opening::{KnownScp02, Opened, Opening};

use std::collections::BTreeMap;

use apdu_spec::{Aid, StatusWord};
use scp::scp03::{HostError, SecurityLevel};

use crate::channel::Channel;
use crate::error::{Error, Refusal};
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
    opened: Option<Opened>,
    /// The card recognition data, once they were asked for.
    pub(crate) recognition: Option<Vec<u8>>,
    record: Option<Vec<Vec<u8>>>,
    tokens: Tokens,
    token_inputs: TokenInputs,
    receipts: Receipts,
    loading: Option<Loading>,
    /// From which load file an application was made.
    origins: BTreeMap<Aid, Aid>,
    /// The card is locked, and answered SELECT nevertheless.
    locked: bool,
    /// How data are cut, where that is decided already.
    foretold: Option<Fitting>,
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
/// The most bytes of data in a response (ISO 7816-3 §12.1.3).
const LONGEST: usize = 65536;

impl<T> Session<T> {
    fn over(transport: T) -> Self {
        Self {
            transport,
            domain: Vec::new(),
            max_command_data: SHORT,
            channel: None,
            opened: None,
            recognition: None,
            record: None,
            tokens: Tokens::default(),
            token_inputs: TokenInputs::default(),
            receipts: Receipts::default(),
            loading: None,
            origins: BTreeMap::new(),
            locked: false,
            foretold: None,
        }
    }
}

impl<T: Transport> Session<T> {
    /// Selects a security domain: `domain`, or the issuer's.
    ///
    /// # Errors
    /// [`Error::Transport`]; [`Error::Refused`] where there is no such domain.
    pub fn select(transport: T, domain: Option<&Aid>) -> Result<Self, Error> {
        let mut session = Self::over(transport);
        session.select_again(domain)?;
        Ok(session)
    }

    /// Selects a security domain on the same connection; a secure channel that was open ends.
    ///
    /// # Errors
    /// As [`Session::select`].
    pub fn select_again(&mut self, domain: Option<&Aid>) -> Result<(), Error> {
        self.channel = None;
        self.opened = None;
        self.recognition = None;
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
        // Where the answer has the recognition data (GPCS 2.3.1 table 11-82), they need not be asked for.
        self.recognition = tlv::find(&proprietary, 0x73).map(|data| tlv::object(0x73, data));
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

    /// The open channel in words: `SCP03, level 33`.
    #[must_use]
    pub fn channel_in_words(&self) -> String {
        match (self.protocol(), self.level()) {
            (Some(protocol), Some(level)) => {
                format!("SCP{protocol:02X}, level {:02X}", level.0)
            }
            _ => "no secure channel".to_owned(),
        }
    }

    /// What the card told when the open channel was opened.
    #[must_use]
    pub fn opened(&self) -> Option<&Opened> {
        self.opened.as_ref()
    }

    pub(crate) fn channel(&self) -> Option<&Channel> {
        self.channel.as_ref()
    }

    /// The most plain data that one command takes, in bytes, so that card and channel take it protected.
    #[must_use]
    pub fn max_data(&self) -> usize {
        self.fitting().most
    }

    /// How many bytes go best into each command, of `total` that may be cut anywhere: [`Session::max_data`], or less on
    /// a line that cuts commands into blocks, where a command that ends with its block costs less.
    #[must_use]
    pub fn best_data(&self, total: usize) -> usize {
        self.fitting().piece(total)
    }

    pub(crate) fn fitting(&self) -> Fitting {
        if let Some(foretold) = self.foretold {
            return foretold;
        }
        let (most, envelope) = match &self.channel {
            Some(channel) => (
                channel.max_data_within(self.max_command_data),
                channel.envelope(),
            ),
            None => (self.max_command_data, Envelope::PLAIN),
        };
        Fitting {
            most,
            block: self.transport.block_size(),
            envelope,
        }
    }

    /// Sends no command with more data than this from now on, for cards that do not tell that they take no more.
    pub fn limit_data(&mut self, most: usize) {
        self.max_command_data = self.max_command_data.min(most.max(16));
    }

    /// Whether the card was locked when the domain was selected (GPCS 2.3.1 §11.9.3.2).
    pub(crate) fn is_locked(&self) -> bool {
        self.locked
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
    /// A session with no card: every command is agreed to and kept, in plain form, with at most so many bytes of data.
    #[must_use]
    pub fn rehearsal(max_data: usize) -> Self {
        Self::rehearsal_of(Fitting {
            most: max_data.min(SHORT),
            block: None,
            envelope: Envelope::PLAIN,
        })
    }

    /// The same, which cuts data as the session that is rehearsed does.
    pub(crate) fn rehearsal_of(fitting: Fitting) -> Self {
        Self {
            foretold: Some(fitting),
            ..Self::over(Rehearsal::default())
        }
    }
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
