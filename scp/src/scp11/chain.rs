//! Chains of certificates: sent by the host, received by the card, checked by both.

use crate::scp03::CardError;
use crate::scp11::certificate::CertificateError;
use crate::scp11::{
    CardEntity, Certificate, Date, KeyReference, KeyUsage, PERFORM_SECURITY_OPERATION, PublicKey,
};
use crate::{Command, class};

/// The longest certificate that a card takes, in bytes.
pub const MAX_CERTIFICATE: usize = 4096;
/// P1: more commands of the same certificate follow.
const MORE_BLOCKS: u8 = 0x80;
/// P2: more certificates follow.
const MORE_CERTIFICATES: u8 = 0x80;
/// The class byte's bit for command chaining (ISO 7816-4 §5.1.1).
const CHAINED: u8 = 0x10;

/// Why a chain of certificates does not lead to its last key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChainError {
    /// There is no certificate.
    #[error("there is no certificate")]
    Empty,
    /// A certificate that the one before it, or the authority, has not signed.
    #[error(
        "certificate {number} ({serial}) is not signed by {}; is this the right authority, and the right order (the \
         authority's next, the key's own last)?",
        if *.number == 1 { "the authority" } else { "the one before it" }
    )]
    Signature {
        /// Which one, from 1 on.
        number: usize,
        /// Its serial number, in hexadecimal.
        serial: String,
    },
    /// A certificate whose key is for something else.
    #[error("certificate {number} ({serial}) is not for {}", if *.last { "key agreement" } else { "other certificates" })]
    Usage {
        /// Which one, from 1 on.
        number: usize,
        /// Its serial number, in hexadecimal.
        serial: String,
        /// Whether it is the last.
        last: bool,
    },
    /// A certificate that is not valid on that day.
    #[error(
        "certificate {number} ({serial}) {} {date}, and today is {today} by this machine's clock",
        if date < today { "was valid until" } else { "is valid from" }
    )]
    Date {
        /// Which one, from 1 on.
        number: usize,
        /// Its serial number, in hexadecimal.
        serial: String,
        /// The day that is passed, or that has not come yet.
        date: Date,
        /// The day on which it was looked at.
        today: Date,
    },
    /// Bytes that are no certificate.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
}

/// Checks a chain, the key's own certificate last, from the authority's key down, and gives the key.
///
/// # Errors
/// [`ChainError`].
pub fn verify_chain<'a>(
    chain: &'a [Certificate],
    authority: &PublicKey,
) -> Result<&'a PublicKey, ChainError> {
    let mut by = authority;
    for (index, certificate) in chain.iter().enumerate() {
        let number = index + 1;
        let serial = || serial(certificate);
        certificate.verify(by).map_err(|_| ChainError::Signature {
            number,
            serial: serial(),
        })?;
        let last = number == chain.len();
        let wanted = if last {
            KeyUsage::Agreement
        } else {
            KeyUsage::Verification
        };
        if certificate.usage() != wanted {
            return Err(ChainError::Usage {
                number,
                serial: serial(),
                last,
            });
        }
        by = certificate.key();
    }
    chain.last().map(Certificate::key).ok_or(ChainError::Empty)
}

fn serial(certificate: &Certificate) -> String {
    let bytes = certificate.serial_number().iter();
    bytes.map(|byte| format!("{byte:02X}")).collect()
}

/// Checks that every certificate of a chain is valid on a day; those that tell no dates are. A card has no clock, and
/// leaves this to the host.
///
/// # Errors
/// [`ChainError::Date`] for the first that is not.
pub fn check_dates(chain: &[Certificate], today: Date) -> Result<(), ChainError> {
    for (index, certificate) in chain.iter().enumerate() {
        let begins = certificate.begins().filter(|date| *date > today);
        let expired = certificate.expires().filter(|date| *date < today);
        if let Some(date) = begins.or(expired) {
            return Err(ChainError::Date {
                number: index + 1,
                serial: serial(certificate),
                date,
                today,
            });
        }
    }
    Ok(())
}

/// The PERFORM SECURITY OPERATION commands that give a chain to the card, each certificate in as many commands as it
/// needs. `authority` is the card's key that verifies the first.
#[must_use]
pub fn commands(chain: &[Certificate], authority: KeyReference) -> Vec<Vec<u8>> {
    const MOST: usize = 255;
    let mut commands = Vec::new();
    for (index, certificate) in chain.iter().enumerate() {
        let more = if index + 1 < chain.len() {
            MORE_CERTIFICATES
        } else {
            0
        };
        let blocks = certificate.bytes().chunks(MOST);
        let count = blocks.len();
        for (number, block) in blocks.enumerate() {
            let (chained, follows) = if number + 1 < count {
                (CHAINED, MORE_BLOCKS)
            } else {
                (0, 0)
            };
            let mut command = vec![
                0x80 | chained,
                PERFORM_SECURITY_OPERATION,
                authority.version | follows,
                authority.identifier | more,
                u8::try_from(block.len()).unwrap_or(0),
            ];
            command.extend_from_slice(block);
            command.push(0x00);
            commands.push(command);
        }
    }
    commands
}

/// The card's side: what has come of a chain.
#[derive(Clone, Debug, Default)]
pub(crate) struct ReceivedChain {
    /// The blocks of the certificate under way, and the P1 and P2 that they came with.
    pending: Option<([u8; 2], Vec<u8>)>,
    /// The key that verifies the next certificate, and the authority that it comes from.
    verifier: Option<(KeyReference, PublicKey)>,
    /// The host's key, once its certificate was verified.
    host: Option<PublicKey>,
}

impl ReceivedChain {
    /// The host's static key, where a whole chain has led to it.
    pub(crate) fn host(&self) -> Option<&PublicKey> {
        self.host.as_ref()
    }

    /// PERFORM SECURITY OPERATION: takes a block.
    pub(crate) fn receive(
        &mut self,
        card: &CardEntity,
        command: &Command,
    ) -> Result<(), CardError> {
        let before = std::mem::take(self);
        if class::basic(command.cla) & !CHAINED != 0x80 {
            return Err(CardError::Class);
        }
        let place = [command.p1 & !MORE_BLOCKS, command.p2];
        let mut block = match before.pending {
            Some((begun, block)) if begun == place => block,
            Some(_) => return Err(CardError::Parameters),
            None => Vec::new(),
        };
        block.extend_from_slice(&command.data);
        if block.is_empty() || block.len() > MAX_CERTIFICATE {
            return Err(CardError::Length);
        }
        self.verifier = before.verifier;
        if command.p1 & MORE_BLOCKS != 0 {
            self.pending = Some((place, block));
            return Ok(());
        }
        let [version, identifier] = place;
        let reference = KeyReference::new(identifier & !MORE_CERTIFICATES, version);
        let result = self.verify(card, reference, identifier & MORE_CERTIFICATES != 0, &block);
        if result.is_err() {
            *self = Self::default();
        }
        result
    }

    fn verify(
        &mut self,
        card: &CardEntity,
        reference: KeyReference,
        more: bool,
        block: &[u8],
    ) -> Result<(), CardError> {
        let certificate = Certificate::parse(block).map_err(|_| CardError::Data)?;
        let (authority, by) = match self.verifier.take() {
            Some(found) => found,
            None => card
                .authority(reference, &certificate)
                .map(|authority| (authority.reference, authority.key.clone()))
                .ok_or(CardError::KeyVersion)?,
        };
        certificate
            .verify(&by)
            .map_err(|_| CardError::Certificate)?;
        match (more, certificate.usage()) {
            (true, KeyUsage::Verification) => {
                self.verifier = Some((authority, certificate.key().clone()));
            }
            (false, KeyUsage::Agreement) => {
                if !card.allows(authority, certificate.serial_number()) {
                    return Err(CardError::Certificate);
                }
                self.host = Some(certificate.key().clone());
            }
            _ => return Err(CardError::Data),
        }
        Ok(())
    }
}
