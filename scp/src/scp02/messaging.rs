//! The protection of commands and responses that both ends share (GPCS 2.3.1 §E.4.4 to §E.4.6).

use se_crypto::CryptoError;

use crate::Command;
use crate::class;
use crate::scp02::Parameters;
use crate::scp02::derivation::{SessionKeys, pad};
use crate::scp03::SecurityLevel;

/// The length of a MAC in bytes.
pub(crate) const MAC: usize = 8;

/// The keys and the chaining values of one session.
#[derive(Clone, Debug)]
pub(crate) struct Messaging {
    pub(crate) keys: SessionKeys,
    pub(crate) level: SecurityLevel,
    parameters: Parameters,
    /// The last C-MAC, or what stands for it before the first.
    chaining: [u8; MAC],
    /// Whether there was a C-MAC: the value before the first is never encrypted.
    began: bool,
    /// What an R-MAC session starts from.
    response_start: [u8; MAC],
    responses: Option<Responses>,
}

/// An R-MAC session.
#[derive(Clone, Debug)]
struct Responses {
    /// The last R-MAC.
    chaining: [u8; MAC],
    /// Whether each response carries its R-MAC, or only the last.
    each: bool,
    /// The command whose response comes next, in the form that is signed.
    command: Option<Vec<u8>>,
    /// What END R-MAC SESSION has asked for.
    ending: Option<End>,
}

/// P2 of END R-MAC SESSION (GPCS 2.3.1 §E.5.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// Tell the R-MAC and go on.
    Tell = 0x01,
    /// Tell the R-MAC and end the session.
    Finish = 0x03,
}

impl Messaging {
    /// The messaging of a session that INITIALIZE UPDATE began.
    pub(crate) fn explicit(keys: SessionKeys, parameters: Parameters) -> Self {
        Self {
            keys,
            level: SecurityLevel::NONE,
            parameters,
            chaining: [0; MAC],
            began: false,
            response_start: [0; MAC],
            responses: None,
        }
    }

    /// The messaging of a session that is opened by its first C-MAC: both chaining values are MACs over the AID
    /// of the application (§E.3.1).
    pub(crate) fn implicit(
        keys: SessionKeys,
        parameters: Parameters,
        aid: &[u8],
    ) -> Result<Self, CryptoError> {
        let chaining = keys.mac.retail_mac(&[0; MAC], &pad(aid))?;
        let response_start = keys.r_mac.retail_mac(&[0; MAC], &pad(aid))?;
        Ok(Self {
            level: SecurityLevel::C_MAC,
            chaining,
            response_start,
            ..Self::explicit(keys, parameters)
        })
    }

    /// EXTERNAL AUTHENTICATE with this level was accepted, its C-MAC the last one. R-MACs are chained to that.
    pub(crate) fn opened(&mut self, level: SecurityLevel) {
        self.level = level;
        self.response_start = self.chaining;
        if level.has_r_mac() {
            self.begin_responses(true);
        }
    }

    /// The C-MAC over a command with its plain data, and the new chaining value.
    pub(crate) fn command_mac(&mut self, command: &Command) -> Result<[u8; MAC], CryptoError> {
        let basic = class::basic(command.cla);
        let (cla, added) = if self.parameters.mac_on_unmodified() {
            (basic, 0)
        } else {
            (class::secured(basic), MAC)
        };
        let length =
            u8::try_from(command.data.len() + added).map_err(|_| CryptoError::BlockLength {
                block: MAC,
                length: command.data.len(),
            })?;
        let header = [cla, command.ins, command.p1, command.p2, length];
        let mut vector = self.chaining;
        if self.began && self.parameters.encrypts_chaining() {
            self.keys.mac.encrypt_ecb_single(&mut vector)?;
        }
        let input = pad(&[&header[..], &command.data].concat());
        let mac = self.keys.mac.retail_mac(&vector, &input)?;
        self.chaining = mac;
        self.began = true;
        Ok(mac)
    }

    pub(crate) fn encrypt(&self, data: &[u8]) -> Result<Vec<u8>, CryptoError> {
        let mut padded = pad(data);
        self.keys.enc.encrypt_cbc(&[0; MAC], &mut padded)?;
        Ok(padded)
    }

    /// The plain data, or `None` where they are no whole blocks or not padded.
    pub(crate) fn decrypt(&self, data: &[u8]) -> Option<Vec<u8>> {
        let mut plain = data.to_vec();
        self.keys.enc.decrypt_cbc(&[0; MAC], &mut plain).ok()?;
        while plain.last() == Some(&0) {
            plain.pop();
        }
        (plain.pop() == Some(0x80)).then_some(plain)
    }

    /// An R-MAC session begins with the next command.
    pub(crate) fn begin_responses(&mut self, each: bool) {
        if each {
            self.level.0 |= SecurityLevel::R_MAC.0;
        }
        self.responses = Some(Responses {
            chaining: self.response_start,
            each,
            command: None,
            ending: None,
        });
    }

    /// The next response tells the R-MAC. False where no R-MAC session is under way.
    pub(crate) fn end_responses(&mut self, end: End) -> bool {
        let Some(responses) = &mut self.responses else {
            return false;
        };
        responses.ending = Some(end);
        true
    }

    /// Whether R-MAC sessions are offered, and none is under way.
    pub(crate) fn may_begin_responses(&self) -> bool {
        self.parameters.has_r_mac() && self.responses.is_none()
    }

    /// Keeps a plain command, to sign its response.
    pub(crate) fn remember(&mut self, command: &Command) {
        if let Some(responses) = &mut self.responses {
            let [.., length] = command.data.len().to_be_bytes();
            let header = [
                class::basic(command.cla),
                command.ins,
                command.p1,
                command.p2,
                length,
            ];
            responses.command = Some([&header[..], &command.data].concat());
        }
    }

    /// Whether the next response carries its R-MAC.
    pub(crate) fn signs_next_response(&self) -> bool {
        self.responses
            .as_ref()
            .is_some_and(|r| r.command.is_some() && (r.each || r.ending.is_some()))
    }

    /// The R-MAC over the command that was kept and its response (§E.4.5), where an R-MAC session is under way.
    pub(crate) fn response_mac(
        &mut self,
        data: &[u8],
        status: [u8; 2],
    ) -> Result<Option<[u8; MAC]>, CryptoError> {
        let Some(responses) = &mut self.responses else {
            return Ok(None);
        };
        let Some(command) = responses.command.take() else {
            return Ok(None);
        };
        // The length is one byte: 256 bytes count as 0.
        let [.., length] = data.len().to_be_bytes();
        let input = pad(&[&command, &[length][..], data, &status].concat());
        let mac = self.keys.r_mac.retail_mac(&responses.chaining, &input)?;
        responses.chaining = mac;
        let told = responses.each || responses.ending.is_some();
        if responses.ending.take() == Some(End::Finish) {
            self.responses = None;
            self.level.0 &= !SecurityLevel::R_MAC.0;
        }
        Ok(told.then_some(mac))
    }
}
