//! GET DATA (GPCS 2.3.1 §11.3), and what else the card tells about itself.

use scp::{CardKeys, Command, Protocol};
use se_crypto::Drbg;
use serde::{Deserialize, Serialize};

use super::stop::{NO_REFERENCE, Stop};
use super::{Answer, CardManager, OK, tlv};
use crate::aid::Aid;
use crate::registry::ApplicationId;
use crate::runtime::Runtime;

/// The object identifier of GlobalPlatform, 1.2.840.114283, in DER.
const GLOBALPLATFORM: [u8; 6] = [0x2A, 0x86, 0x48, 0x86, 0xFC, 0x6B];
/// The version of the card specification that the card manager follows.
const VERSION: [u8; 3] = [2, 3, 1];
/// Triple DES and AES in key information and PUT KEY (GPCS 2.3.1 §11.1.8).
pub(super) const DES: u8 = 0x80;
pub(super) const AES: u8 = 0x88;

/// What the issuer can change of the card's data.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct CardData {
    serial_number: [u8; 4],
    /// Issuer identification number, tag 42.
    pub(super) issuer_identification: Vec<u8>,
    /// Card image number, tag 45.
    pub(super) card_image: Vec<u8>,
}

impl CardData {
    pub(super) fn new(random: &mut Drbg) -> Self {
        let mut serial_number = [0; 4];
        random.fill(&mut serial_number);
        Self {
            serial_number,
            issuer_identification: Vec::new(),
            card_image: Vec::new(),
        }
    }

    /// Card production life cycle data: 42 bytes, all zero but for the serial number of the chip, since this
    /// card was not produced by anyone.
    fn production_life_cycle(&self) -> Vec<u8> {
        let mut data = vec![0; 42];
        for (to, from) in data.iter_mut().skip(12).zip(self.serial_number) {
            *to = from;
        }
        data
    }
}

/// The file control information of a security domain (GPCS 2.3.1 §11.9.3.1): its AID, and that a command takes
/// up to 255 bytes.
pub(super) fn control_information(aid: &Aid) -> Vec<u8> {
    let proprietary = tlv::object(0xA5, &tlv::object(0x9F65, &[0xFF]));
    let content = [tlv::object(0x84, aid.as_bytes()), proprietary].concat();
    tlv::object(0x6F, &content)
}

/// Card recognition data (GPCS 2.3.1 §H.2): the specification's version, the identification scheme, the secure
/// channel protocol.
fn card_recognition(protocol: Protocol) -> Vec<u8> {
    let identifier = |rest: &[u8]| tlv::object(0x06, &[&GLOBALPLATFORM[..], rest].concat());
    let [major, minor, revision] = VERSION;
    let (number, i) = protocol.number_and_parameter();
    let content = [
        identifier(&[1]),
        tlv::object(0x60, &identifier(&[2, major, minor, revision])),
        tlv::object(0x63, &identifier(&[3])),
        tlv::object(0x64, &identifier(&[4, number, i])),
    ]
    .concat();
    tlv::object(0x66, &tlv::object(0x73, &content))
}

impl CardManager {
    pub(super) fn get_data(
        &mut self,
        runtime: &Runtime,
        domain: ApplicationId,
        command: &Command,
    ) -> Result<Answer, Stop> {
        let tag = u16::from_be_bytes([command.p1, command.p2]);
        let optional = |value: &[u8]| {
            if value.is_empty() {
                Err(NO_REFERENCE)
            } else {
                Ok(tlv::object(tag, value))
            }
        };
        let data = match tag {
            0x9F7F => tlv::object(tag, &self.data.production_life_cycle()),
            0x0066 => card_recognition(self.domains.protocol()),
            0x0067 => capabilities(self.domains.protocol()),
            0x00E0 => self.key_information(domain),
            0x00C1 => {
                let set = self.domains.key_sets(domain).first().ok_or(NO_REFERENCE)?;
                let [_, high, middle, low] = set.0.sequence_counter.to_be_bytes();
                match self.domains.protocol() {
                    Protocol::Scp02(_) => tlv::object(tag, &[middle, low]),
                    Protocol::Scp03(_) => tlv::object(tag, &[high, middle, low]),
                }
            }
            0x0042 => optional(&self.data.issuer_identification)?,
            0x0045 => optional(&self.data.card_image)?,
            0x2F00 => applications(runtime),
            0xFF21 => resources(runtime),
            _ => return Err(NO_REFERENCE),
        };
        Ok((data, OK))
    }

    /// Key information template: identifier, version, type and length of every key.
    fn key_information(&self, domain: ApplicationId) -> Vec<u8> {
        let content: Vec<u8> = self
            .domains
            .key_sets(domain)
            .iter()
            .flat_map(|set| {
                let (kind, length) = match &set.0.keys {
                    CardKeys::TripleDes(_) => (DES, 16),
                    CardKeys::Aes(keys) => (AES, keys.length()),
                };
                let length = u8::try_from(length).unwrap_or(0);
                let version = set.0.version;
                (1..=3).flat_map(move |id| tlv::object(0xC0, &[id, version, kind, length]))
            })
            .collect();
        tlv::object(0xE0, &content)
    }
}

/// Card capability information (GPCS 2.3.1 §H.4): the protocol with `i`, for SCP03 AES of every length; hashes for
/// load files.
fn capabilities(protocol: Protocol) -> Vec<u8> {
    let (number, i) = protocol.number_and_parameter();
    let mut about = [tlv::object(0x80, &[number]), tlv::object(0x81, &[i])].concat();
    if let Protocol::Scp03(_) = protocol {
        about.extend(tlv::object(0x82, &[0x07]));
    }
    let content = [
        tlv::object(0xA0, &about),
        // SHA-1, SHA-256, SHA-384, SHA-512.
        tlv::object(0x83, &[1, 2, 3, 4]),
    ]
    .concat();
    tlv::object(0x67, &content)
}

/// The AIDs of the applications that may be selected, as in a directory (ISO 7816-4 §8.2.1.1).
fn applications(runtime: &Runtime) -> Vec<u8> {
    runtime
        .registry
        .applications()
        .filter(|(_, application)| application.is_selectable())
        .flat_map(|(_, a)| tlv::object(0x61, &tlv::object(0x4F, a.aid.as_bytes())))
        .collect()
}

/// Extended card resources (ETSI TS 102 226 §8.2.1.7): how many applications there are, free persistent and
/// transient memory in bytes.
fn resources(runtime: &Runtime) -> Vec<u8> {
    let applications = runtime.registry.applications().skip(1).count();
    let number = |value: usize| {
        u32::try_from(value)
            .unwrap_or(u32::MAX)
            .to_be_bytes()
            .to_vec()
    };
    let content = [
        tlv::object(0x81, &[u8::try_from(applications).unwrap_or(u8::MAX)]),
        tlv::object(0x82, &number(runtime.free_persistent())),
        tlv::object(0x83, &number(runtime.free_transient())),
    ]
    .concat();
    tlv::object(0xFF21, &content)
}
