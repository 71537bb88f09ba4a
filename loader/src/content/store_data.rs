//! STORE DATA (GPCS 2.3.1 §11.11).

use zeroize::Zeroizing;

use super::too_long;
use crate::channel::Channel;
use crate::error::Error;
use crate::session::Session;
use crate::transport::Transport;

pub(super) const STORE_DATA: u8 = 0xE2;
/// P1: data groupings (table 11-89).
const GROUPINGS: u8 = 0x08;
/// P1: the values of all that is in the command are encrypted.
const ENCRYPTED: u8 = 0x60;
/// P1: response data may come back.
pub(super) const CASE_4: u8 = 0x01;
/// P1: the last block.
const LAST: u8 = 0x80;

/// A data grouping of STORE DATA. Its `Debug` tells the length only: personalisation data may be secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Dgi {
    /// Its identifier.
    pub identifier: u16,
    /// Its content.
    pub content: Zeroizing<Vec<u8>>,
    /// Whether its content travels encrypted under the data encryption key too: keys and PINs, which only the
    /// application itself gets to see.
    pub sensitive: bool,
}

impl Dgi {
    /// Identifier, length in one byte, or in three with FF before it, and content (GPCS 2.3.1 §11.11.2.3).
    ///
    /// # Errors
    /// [`Error::Unsendable`] for more than 65535 bytes.
    pub fn to_bytes(&self) -> Result<Zeroizing<Vec<u8>>, Error> {
        let mut bytes = Zeroizing::new(self.identifier.to_be_bytes().to_vec());
        match u16::try_from(self.content.len()) {
            Ok(length @ 0..0xFF) => bytes.push(length.to_be_bytes()[1]),
            Ok(length) => {
                bytes.push(0xFF);
                bytes.extend(length.to_be_bytes());
            }
            Err(_) => return Err(too_long(self.content.len(), 65535)),
        }
        bytes.extend_from_slice(&self.content);
        Ok(bytes)
    }

    /// The same with its content encrypted (GPCS 2.3.1 §E.4.7, Amendment D §6.2.8). What fills the last block up is
    /// the application's own affair; here it is 80 and zeroes, and nothing where the block is full.
    fn encrypt(&self, channel: Option<&Channel>) -> Result<Self, Error> {
        let channel = channel.ok_or_else(|| {
            Error::Unsendable(
                "a sensitive data grouping needs an open session: its data encryption key encrypts it".to_owned(),
            )
        })?;
        let block = channel.sensitive_block();
        let mut content = self.content.clone();
        if !content.len().is_multiple_of(block) {
            content.push(0x80);
            let whole = content.len().next_multiple_of(block);
            content.resize(whole, 0);
        }
        channel.encrypt_sensitive(&mut content)?;
        Ok(Self { content, ..*self })
    }
}

impl std::fmt::Debug for Dgi {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "Dgi({:04X}, {} bytes)",
            self.identifier,
            self.content.len()
        )
    }
}

impl<T: Transport> Session<T> {
    /// STORE DATA of data groupings (GPCS 2.3.1 §11.11, EMV CPS): as many whole ones in a command as fit; one
    /// that is longer than a command goes on in the next. The sensitive ones are encrypted under the data encryption
    /// key of the open session, besides what the session does, and have commands to themselves.
    ///
    /// # Errors
    /// [`Error::Unsendable`] for sensitive ones without an open session.
    pub fn store_data_groupings(&mut self, groupings: &[Dgi]) -> Result<(), Error> {
        let most = self.max_data().max(1);
        let mut blocks: Vec<(u8, Zeroizing<Vec<u8>>)> = Vec::new();
        for grouping in groupings {
            let (form, coded) = if grouping.sensitive {
                let hidden = grouping.encrypt(self.channel())?;
                (GROUPINGS | ENCRYPTED, hidden.to_bytes()?)
            } else {
                (GROUPINGS, grouping.to_bytes()?)
            };
            match blocks.last_mut() {
                Some((same, block)) if *same == form && block.len() + coded.len() <= most => {
                    block.extend_from_slice(&coded);
                }
                _ => {
                    let parts = coded.chunks(most);
                    blocks.extend(parts.map(|part| (form, Zeroizing::new(part.to_vec()))));
                }
            }
        }
        let blocks: Vec<(u8, &[u8])> = blocks
            .iter()
            .map(|(form, block)| (*form, block.as_slice()))
            .collect();
        self.store_blocks(&blocks)
    }

    /// STORE DATA (GPCS 2.3.1 §11.11), in as many blocks as needed. `p1` says how the data are structured and
    /// encrypted (table 11-89); its last-block bit is set here.
    ///
    /// # Errors
    /// [`Error`].
    pub fn store_data(&mut self, p1: u8, data: &[u8]) -> Result<(), Error> {
        let size = self.best_data(data.len());
        let blocks: Vec<(u8, &[u8])> = data.chunks(size).map(|block| (p1, block)).collect();
        self.store_blocks(&blocks)
    }

    fn store_blocks(&mut self, blocks: &[(u8, &[u8])]) -> Result<(), Error> {
        if blocks.len() > 256 {
            let length = blocks.iter().map(|(_, block)| block.len()).sum();
            return Err(too_long(length, 256 * self.max_data()));
        }
        for (number, (p1, block)) in blocks.iter().enumerate() {
            let last = if number + 1 == blocks.len() { LAST } else { 0 };
            let number = u8::try_from(number).unwrap_or(u8::MAX);
            self.management(STORE_DATA, [p1 & !LAST | last, number], block, None)?;
        }
        Ok(())
    }
}
