//! PUT KEY, and DELETE of keys.

use scp::scp03::StaticKeys;
use zeroize::Zeroizing;

use super::PUT_KEY;
use crate::channel::SecretKind;
use crate::error::Error;
use crate::public_key::PublicKey;
use crate::session::Session;
use crate::token::DELETE;
use crate::transport::Transport;

impl<T: Transport> Session<T> {
    /// Deletes a key set.
    ///
    /// # Errors
    /// [`Error`].
    pub fn delete_key_set(&mut self, version: u8) -> Result<(), Error> {
        self.management(DELETE, [0x00, 0x00], &[0xD2, 0x01, version], None)
            .map(drop)
    }

    /// PUT KEY (GPCS 2.3.1 §11.8, Amendment D §7.2): adds the key set `version`, or puts it in the place of
    /// `replaced`. The keys travel encrypted with the data encryption key of the open session, and the card's
    /// check values are compared with ours.
    ///
    /// # Errors
    /// [`Error`]; [`Error::Response`] where the card tells other check values: it then has other keys than we
    /// meant.
    pub fn put_key(
        &mut self,
        replaced: Option<u8>,
        version: u8,
        keys: &StaticKeys,
    ) -> Result<(), Error> {
        let channel = self.channel().ok_or_else(no_session)?;
        channel.check_kind(keys)?;
        let mut data = Zeroizing::new(vec![version]);
        let mut expected = vec![version];
        for key in [keys.enc(), keys.mac(), keys.dek()] {
            let wrapped = channel.wrap_key(channel.kind(), key)?;
            data.extend_from_slice(&wrapped.component);
            data.push(0x03);
            data.extend(wrapped.check_value);
            expected.extend(wrapped.check_value);
        }
        let answer = self.management(PUT_KEY, [replaced.unwrap_or(0), 0x81], &data, None)?;
        confirm_key(&answer, &expected)
    }

    /// PUT KEY of one public key, with which the card verifies: tokens (version 70), load file signatures (73), or as
    /// an off-card entity's. `id` is the key's identifier, 01 to 7F.
    ///
    /// # Errors
    /// [`Error`].
    pub fn put_public_key(
        &mut self,
        replaced: Option<u8>,
        version: u8,
        id: u8,
        key: &PublicKey,
    ) -> Result<(), Error> {
        let data = [&[version][..], &key.key_data()].concat();
        self.put_one(replaced, version, id, &data, &[])
    }

    /// PUT KEY of one secret key that is none of a secure channel: a receipt key (version 71), or a symmetric token or
    /// DAP key. It travels encrypted, and the card's check value is compared with ours.
    ///
    /// # Errors
    /// As [`Session::put_key`].
    pub fn put_secret_key(
        &mut self,
        replaced: Option<u8>,
        version: u8,
        id: u8,
        kind: SecretKind,
        key: &[u8],
    ) -> Result<(), Error> {
        let channel = self.channel().ok_or_else(no_session)?;
        let wrapped = channel.wrap_key(kind, key)?;
        let mut data = Zeroizing::new(vec![version]);
        data.extend_from_slice(&wrapped.component);
        data.push(0x03);
        data.extend(wrapped.check_value);
        self.put_one(replaced, version, id, &data, &wrapped.check_value)
    }

    pub(crate) fn put_one(
        &mut self,
        replaced: Option<u8>,
        version: u8,
        id: u8,
        data: &[u8],
        check_value: &[u8],
    ) -> Result<(), Error> {
        let parameters = [replaced.unwrap_or(0), id & 0x7F];
        let answer = self.management(PUT_KEY, parameters, data, None)?;
        confirm_key(&answer, &[&[version], check_value].concat())
    }
}

fn no_session() -> Error {
    Error::Unsendable("PUT KEY needs an open session: its keys encrypt the new ones".to_owned())
}

/// The card tells version and check values back (§11.8.3.1).
fn confirm_key(answer: &[u8], expected: &[u8]) -> Result<(), Error> {
    if answer == expected {
        return Ok(());
    }
    Err(Error::Response {
        command: "PUT KEY",
        expected: "the version and our key check values",
        found: hex::encode_upper(answer),
    })
}
