use se_crypto::CryptoError;

use crate::CommandError;
use crate::scp03::SecurityLevel;

/// Why key material was refused. No variant carries any of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// A key that is not an AES key.
    #[error("{name} key: {cause}")]
    Length {
        /// Which key: `ENC`, `MAC` or `DEK`.
        name: &'static str,
        /// What is wrong with it.
        cause: CryptoError,
    },
    /// Keys of different length in one set.
    #[error("the keys of a set have one length, but ENC has {enc} bytes, MAC {mac} and DEK {dek}")]
    Mixed {
        /// The length of the ENC key in bytes.
        enc: usize,
        /// The length of the MAC key in bytes.
        mac: usize,
        /// The length of the DEK key in bytes.
        dek: usize,
    },
    /// What holds the key does not do what is asked of it.
    #[error("{name} key: {reason}")]
    Token {
        /// Which key: `ENC`, `MAC` or `DEK`.
        name: &'static str,
        /// What it does not do, in words.
        reason: &'static str,
    },
    /// A primitive refused its input.
    #[error(transparent)]
    Crypto(#[from] CryptoError),
    /// A host challenge that is neither 8 nor 16 bytes.
    #[error("a challenge of {0} bytes; it has 8 (S8 mode) or 16 (S16 mode)")]
    Challenge(usize),
}

/// Why the host end stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HostError {
    /// The card refused, with this status word.
    #[error("the card refused with status {0:04X}")]
    Refused(u16),
    /// A response that is not one of INITIALIZE UPDATE.
    #[error(
        "an INITIALIZE UPDATE response of SCP03 has {expected} bytes and a status word, this one {length}"
    )]
    ResponseLength {
        /// The lengths it may have, in words.
        expected: &'static str,
        /// The length that came, in bytes, without the status word.
        length: usize,
    },
    /// The card speaks another protocol.
    #[error("the card opens SCP{0:02X}; choose that protocol")]
    Protocol(u8),
    /// The card used another key version than the one asked for.
    #[error("asked for key version {asked:02X}, the card used {used:02X}")]
    KeyVersion {
        /// The key version number of the command.
        asked: u8,
        /// That of the response.
        used: u8,
    },
    /// The card proved knowledge of other keys than ours. Nothing was sent that costs the card a try.
    #[error(
        "the card cryptogram is wrong: these are not the card's keys. Stopped before EXTERNAL \
         AUTHENTICATE, so no try was lost; check keys, key version and diversification first"
    )]
    CardCryptogram,
    /// The card does not offer this security level.
    #[error("the card's channel has i={i:02X}, which does not offer security level {level} here")]
    Level {
        /// The level asked for.
        level: SecurityLevel,
        /// The card's `i` parameter.
        i: u8,
    },
    /// A command that is no APDU, or too long once protected.
    #[error(transparent)]
    Command(#[from] CommandError),
    /// A command whose class byte says that it is protected already.
    #[error("class byte {0:02X}: the command is protected already")]
    Secured(u8),
    /// BEGIN or END R-MAC SESSION where the session has or has not one.
    #[error("an R-MAC session {0}")]
    Responses(&'static str),
    /// Fewer bytes than a status word.
    #[error("a response has at least 2 bytes, this one {0}")]
    ResponseShort(usize),
    /// A response whose MAC is missing or wrong: it does not come from the card.
    #[error(
        "the response MAC is missing or wrong; the response was not made by the card. Open a new session"
    )]
    ResponseMac,
    /// A response that does not decrypt.
    #[error("the encrypted response has no valid padding; open a new session")]
    ResponsePadding,
    /// The session ended with an earlier error.
    #[error("the session has ended; open a new one")]
    Ended,
    /// A primitive refused its input.
    #[error(transparent)]
    Crypto(#[from] CryptoError),
    /// The static keys cannot be used.
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// Why the card end refuses; [`CardError::status_word`] is what it answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CardError {
    /// A malformed command, or data of the wrong length.
    #[error("wrong length")]
    Length,
    /// Parameters that the command does not have.
    #[error("wrong P1 or P2")]
    Parameters,
    /// An instruction that belongs to no secure channel.
    #[error("not a command of this protocol")]
    Instruction,
    /// A class byte that the command does not have.
    #[error("wrong class byte")]
    Class,
    /// No key set with the version asked for.
    #[error("no key set of that version")]
    KeyVersion,
    /// EXTERNAL AUTHENTICATE without INITIALIZE UPDATE before it, or an exhausted sequence counter.
    #[error("conditions of use not satisfied")]
    Conditions,
    /// The host does not know the keys.
    #[error("the host cryptogram is wrong")]
    HostCryptogram,
    /// A missing or wrong MAC, or a security level too low for the command.
    #[error("the command is not protected as the session asks")]
    Security,
    /// Encrypted data that do not decrypt, or are no whole blocks.
    #[error("wrong data")]
    Data,
    /// A certificate that its authority has not signed, or that may not be used.
    #[error("the certificate does not verify")]
    Certificate,
}

impl CardError {
    /// The status word to answer (Amendment D §7.1; ISO 7816-4 table 6).
    #[must_use]
    pub fn status_word(self) -> u16 {
        match self {
            Self::Length => 0x6700,
            Self::Parameters => 0x6A86,
            Self::Instruction => 0x6D00,
            Self::Class => 0x6E00,
            Self::KeyVersion => 0x6A88,
            Self::Conditions => 0x6985,
            Self::HostCryptogram => 0x6300,
            Self::Security => 0x6982,
            Self::Data => 0x6A80,
            // ISO 7816-8 leaves 66xx to security issues; Amendment F has this one for PERFORM SECURITY OPERATION.
            Self::Certificate => 0x6640,
        }
    }
}
