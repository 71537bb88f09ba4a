//! Putting keys, certificates and lists for SCP11 on a card (Amendment F, chapters on PUT KEY and STORE DATA).

use scp::scp11::{CERTIFICATE_STORE, Certificate, KeyReference, PrivateKey};
use zeroize::Zeroizing;

use crate::error::Error;
use crate::session::Session;
use crate::tlv;
use crate::transport::Transport;

/// Key types (GPCS 2.3.1 table 11-16): a private key on an elliptic curve, and the curve.
const PRIVATE: u8 = 0xB1;
const CURVE: u8 = 0xF0;
/// STORE DATA of data objects, not encrypted (table 11-89).
const OBJECTS: u8 = 0x10;

/// Whose authority an identifier is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthorityOf {
    /// Of hosts: the card verifies their certificates with it (CA-KLOC).
    Hosts,
    /// Of cards: it has certified the card's own key (CA-KLCC).
    Cards,
}

impl<T: Transport> Session<T> {
    /// PUT KEY of the card's own private key for SCP11 (SK.SD.ECKA): identifier 11, 13 or 15. It travels encrypted with
    /// the data encryption key of the open session.
    ///
    /// # Errors
    /// [`Error`].
    pub fn put_private_key(
        &mut self,
        replaced: Option<u8>,
        key: KeyReference,
        private: &PrivateKey,
    ) -> Result<(), Error> {
        let Some(channel) = self.channel() else {
            return Err(Error::Unsendable(
                "PUT KEY needs an open session: its keys encrypt the new one".to_owned(),
            ));
        };
        let secret = channel.wrap_private(&private.secret())?;
        // The part, the name of its curve, and no check value.
        let mut data = Zeroizing::new(vec![key.version]);
        data.extend(tlv::object(PRIVATE.into(), &secret));
        data.extend([CURVE, 1, private.curve() as u8, 0]);
        self.put_one(replaced, key.version, key.identifier, &data, &[])
    }

    /// STORE DATA of the certificates of the card's own key, the authority's next first, the key's own last.
    ///
    /// # Errors
    /// [`Error`].
    pub fn store_certificates(
        &mut self,
        key: KeyReference,
        chain: &[Certificate],
    ) -> Result<(), Error> {
        let all: Vec<u8> = chain.iter().flat_map(|c| c.bytes().to_vec()).collect();
        let data = [reference(key), tlv::object(CERTIFICATE_STORE, &all)].concat();
        self.store_data(OBJECTS, &data)
    }

    /// STORE DATA of the identifier of the authority that a key belongs to.
    ///
    /// # Errors
    /// [`Error`].
    pub fn store_authority(
        &mut self,
        key: KeyReference,
        of: AuthorityOf,
        identifier: &[u8],
    ) -> Result<(), Error> {
        let template = [
            tlv::object(0x80, &[u8::from(of == AuthorityOf::Cards)]),
            tlv::object(0x42, identifier),
            tlv::object(0x83, &[key.identifier, key.version]),
        ];
        self.store_data(OBJECTS, &tlv::object(0xA6, &template.concat()))
    }

    /// STORE DATA of the serial numbers of the hosts' certificates that may be used with an authority; none take the
    /// limit away. `counter` numbers the lists, so that an older one does not come back.
    ///
    /// # Errors
    /// [`Error`].
    pub fn store_allowed(
        &mut self,
        key: KeyReference,
        counter: Option<u16>,
        serial_numbers: &[Vec<u8>],
    ) -> Result<(), Error> {
        let list: Vec<u8> = serial_numbers
            .iter()
            .flat_map(|serial| tlv::object(0x93, serial))
            .collect();
        let counter = counter.map_or_else(Vec::new, |counter| {
            tlv::object(0x92, &counter.to_be_bytes())
        });
        let data = [reference(key), counter, tlv::object(0x70, &list)].concat();
        self.store_data(OBJECTS, &data)
    }
}

/// The control reference template that names a key.
fn reference(key: KeyReference) -> Vec<u8> {
    tlv::object(0xA6, &tlv::object(0x83, &[key.identifier, key.version]))
}
