//! The protection of commands and responses that both ends share (Amendment D §6.2.4 to §6.2.7).

use se_crypto::CryptoError;

use crate::scp03::SecurityLevel;
use crate::scp03::derivation::SessionKeys;
use crate::{Command, CommandError, class};

/// The keys and counters of one session.
#[derive(Clone, Debug)]
pub(crate) struct Messaging {
    keys: SessionKeys,
    pub(crate) level: SecurityLevel,
    /// 8 bytes of a MAC are sent, or 16 in S16 mode.
    mac_length: usize,
    /// The whole last C-MAC.
    chaining: [u8; 16],
    /// Counts the commands of the session, from 1 on.
    counter: u128,
    /// Whether it counts those with data only, as some cards do.
    counts_data_only: bool,
    /// The level once the next response is out: an R-MAC session begins or ends.
    next_level: Option<SecurityLevel>,
    /// The level outside of the R-MAC session that BEGIN R-MAC SESSION has begun.
    outer_level: Option<SecurityLevel>,
}

impl Messaging {
    pub(crate) fn new(keys: SessionKeys, mac_length: usize) -> Self {
        Self::chained(keys, mac_length, [0; 16])
    }

    /// The same where the first C-MAC goes on from `chaining`: with SCP11 the receipt.
    pub(crate) fn chained(keys: SessionKeys, mac_length: usize, chaining: [u8; 16]) -> Self {
        Self {
            keys,
            level: SecurityLevel::NONE,
            mac_length,
            chaining,
            counter: 0,
            counts_data_only: false,
            next_level: None,
            outer_level: None,
        }
    }

    /// An R-MAC session begins once the next response is out (§7.1.3).
    pub(crate) fn begin_responses(&mut self, raised: SecurityLevel) {
        self.outer_level = Some(self.level);
        self.next_level = Some(raised);
    }

    /// The R-MAC session ends once the next response is out (§7.1.4). False where none is under way.
    pub(crate) fn end_responses(&mut self) -> bool {
        self.next_level = self.outer_level.take();
        self.next_level.is_some()
    }

    /// A response is out.
    pub(crate) fn responded(&mut self) {
        if let Some(level) = self.next_level.take() {
            self.level = level;
        }
    }

    pub(crate) fn mac_length(&self) -> usize {
        self.mac_length
    }

    /// The C-MAC over a command whose data do not hold it yet, and the new chaining value. The length that
    /// goes into it counts the MAC (§6.2.4).
    pub(crate) fn command_mac(&mut self, command: &Command) -> Result<Vec<u8>, CommandError> {
        let header = [
            class::secured(class::basic(command.cla)),
            command.ins,
            command.p1,
            command.p2,
        ];
        let mut protected = command.clone();
        protected
            .data
            .resize(command.data.len() + self.mac_length, 0);
        let length = protected.coded_length()?;
        self.chaining = self
            .keys
            .mac
            .cmac(&[&self.chaining, &header, &length, &command.data]);
        Ok(self.sent(self.chaining))
    }

    /// The R-MAC over response data and status word.
    pub(crate) fn response_mac(&self, data: &[u8], status: [u8; 2]) -> Vec<u8> {
        self.sent(self.keys.r_mac.cmac(&[&self.chaining, data, &status]))
    }

    fn sent(&self, mac: [u8; 16]) -> Vec<u8> {
        mac.into_iter().take(self.mac_length).collect()
    }

    /// Counts only commands with data from now on.
    pub(crate) fn count_data_only(&mut self) {
        self.counts_data_only = true;
    }

    /// Counts a command in.
    pub(crate) fn count(&mut self, data: &[u8]) {
        self.counter += u128::from(!(self.counts_data_only && data.is_empty()));
    }

    /// The initial vector: the counter encrypted, its first bit set for a response (§6.2.6, §6.2.7).
    fn vector(&self, response: bool) -> Result<[u8; 16], CryptoError> {
        let counter = self.counter | u128::from(response) << 127;
        let mut vector = counter.to_be_bytes();
        self.keys.enc.encrypt_ecb(&mut vector)?;
        Ok(vector)
    }

    pub(crate) fn encrypt(&self, data: &[u8], response: bool) -> Result<Vec<u8>, CryptoError> {
        let mut padded = data.to_vec();
        padded.push(0x80);
        padded.resize(padded.len().next_multiple_of(16), 0);
        self.keys
            .enc
            .encrypt_cbc(&self.vector(response)?, &mut padded)?;
        Ok(padded)
    }

    /// The plain data, or `None` where they are no whole blocks or not padded.
    pub(crate) fn decrypt(
        &self,
        data: &[u8],
        response: bool,
    ) -> Result<Option<Vec<u8>>, CryptoError> {
        if data.is_empty() || !data.len().is_multiple_of(16) {
            return Ok(None);
        }
        let mut plain = data.to_vec();
        self.keys
            .enc
            .decrypt_cbc(&self.vector(response)?, &mut plain)?;
        while plain.last() == Some(&0) {
            plain.pop();
        }
        // Cards are seen to pad with more than a block, so only the marker counts.
        Ok((plain.pop() == Some(0x80)).then_some(plain))
    }
}

/// Whether a response with this status carries a MAC: success and warnings do, errors do not (§6.2.5).
pub(crate) fn is_protected(status: [u8; 2]) -> bool {
    status == [0x90, 0x00] || matches!(status, [0x62 | 0x63, _])
}
