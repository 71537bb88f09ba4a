//! GET DATA (GPCS 2.3.1 §11.3), and what else the card tells about itself.

use std::collections::BTreeMap;

use scp::scp11::{CARD_AUTHORITIES, CERTIFICATE_STORE, HOST_AUTHORITIES};
use scp::{Command, Protocol};
use se_crypto::Drbg;
use serde::{Deserialize, Serialize};

use super::keys::kind;
use super::stop::{NO_MEMORY, NO_REFERENCE, Stop, WRONG_DATA};
use super::{Answer, CardManager, OK, tlv};
use crate::registry::ApplicationId;
use crate::runtime::Runtime;

/// The object identifier of GlobalPlatform, 1.2.840.114283, in DER.
const GLOBALPLATFORM: [u8; 6] = [0x2A, 0x86, 0x48, 0x86, 0xFC, 0x6B];
/// The version of the card specification that the card manager follows.
const VERSION: [u8; 3] = [2, 3, 1];
/// The number of the protocol with elliptic curves.
const SCP11: u8 = 0x11;
/// Issuer identification number, or that of a security domain's provider.
const ISSUER_IDENTIFICATION: u16 = 0x42;
/// Card image number, or that of a security domain.
const CARD_IMAGE: u16 = 0x45;
/// Card data, or security domain management data.
const CARD_DATA: u16 = 0x66;
/// Card production life cycle data.
const PRODUCTION: u16 = 0x9F7F;
/// The data objects that STORE DATA takes: besides those above the application provider's identifier and the
/// security domain manager's URL (GPCS 2.3.1 §11.11.2.3, §H.3).
const STORED: [u16; 6] = [
    ISSUER_IDENTIFICATION,
    CARD_IMAGE,
    CARD_DATA,
    0x5F20,
    0x5F50,
    PRODUCTION,
];
/// The most bytes of one data object.
const MAX_OBJECT: usize = 1024;

/// What the card and its security domains keep of data objects.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct CardData {
    serial_number: [u8; 4],
    /// How many receipts there were.
    pub(super) confirmations: u16,
    stored: BTreeMap<ApplicationId, BTreeMap<u16, Vec<u8>>>,
}

impl CardData {
    pub(super) fn new(random: &mut Drbg) -> Self {
        let mut serial_number = [0; 4];
        random.fill(&mut serial_number);
        Self {
            serial_number,
            confirmations: 0,
            stored: BTreeMap::new(),
        }
    }

    /// The serial number of the chip.
    pub(super) fn serial_number(&self) -> [u8; 4] {
        self.serial_number
    }

    fn find(&self, domain: ApplicationId, tag: u16) -> Option<&[u8]> {
        self.stored.get(&domain)?.get(&tag).map(Vec::as_slice)
    }

    /// Stores a data object of a domain.
    pub(super) fn store(
        &mut self,
        domain: ApplicationId,
        tag: u16,
        value: &[u8],
    ) -> Result<(), Stop> {
        if !STORED.contains(&tag) {
            return Err(WRONG_DATA);
        }
        if value.len() > MAX_OBJECT {
            return Err(NO_MEMORY);
        }
        self.stored
            .entry(domain)
            .or_default()
            .insert(tag, value.to_vec());
        Ok(())
    }

    /// Forgets the objects of a domain that is deleted.
    pub(super) fn forget(&mut self, domain: ApplicationId) {
        self.stored.remove(&domain);
    }

    /// Card unique data: issuer identification number and card image number (GPCS 2.3.1 §11.1.6).
    pub(super) fn unique(&self, domain: ApplicationId) -> Vec<u8> {
        let part = |tag| self.find(domain, tag).unwrap_or(&[]);
        [part(ISSUER_IDENTIFICATION), part(CARD_IMAGE)].concat()
    }

    /// What SCP11 knows a domain by: its image number, and its provider's identification number.
    pub(super) fn identity(&self, domain: ApplicationId) -> [Vec<u8>; 2] {
        [CARD_IMAGE, ISSUER_IDENTIFICATION]
            .map(|tag| self.find(domain, tag).unwrap_or(&[]).to_vec())
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
pub(super) fn control_information(aid: &[u8]) -> Vec<u8> {
    let proprietary = tlv::object(0xA5, &tlv::object(0x9F65, &[0xFF]));
    let content = [tlv::object(0x84, aid), proprietary].concat();
    tlv::object(0x6F, &content)
}

/// Card recognition data (GPCS 2.3.1 §H.2): the specification's version, the identification scheme, the secure
/// channel protocol.
fn card_recognition(protocol: Protocol, variants: u8) -> Vec<u8> {
    let identifier = |rest: &[u8]| tlv::object(0x06, &[&GLOBALPLATFORM[..], rest].concat());
    let [major, minor, revision] = VERSION;
    let (number, i) = protocol.number_and_parameter();
    let content = [
        identifier(&[1]),
        tlv::object(0x60, &identifier(&[2, major, minor, revision])),
        tlv::object(0x63, &identifier(&[3])),
        tlv::object(0x64, &identifier(&[4, number, i])),
        // SCP11 beside it, once there are keys for it, with the variants as `i`.
        if variants == 0 {
            Vec::new()
        } else {
            tlv::object(0x64, &identifier(&[4, SCP11, variants]))
        },
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
        if let Some(value) = self.data.find(domain, tag) {
            return Ok((tlv::object(tag, value), OK));
        }
        let issuer = ApplicationId::ISSUER_SECURITY_DOMAIN;
        let protocol = self.domains.protocol(domain);
        let variants = self.domains.agreement_variants(domain);
        let data = match tag {
            PRODUCTION => tlv::object(tag, &self.data.production_life_cycle()),
            CARD_DATA => card_recognition(protocol, variants),
            0x0067 => capabilities(protocol, variants),
            0x00E0 => self.key_information(domain),
            0x00C1 => {
                let counter = self.domains.sequence_counter(domain).ok_or(NO_REFERENCE)?;
                let [_, high, middle, low] = counter.to_be_bytes();
                match protocol {
                    Protocol::Scp02(_) => tlv::object(tag, &[middle, low]),
                    Protocol::Scp03(_) => tlv::object(tag, &[high, middle, low]),
                }
            }
            // Confirmation counter: of the domain that makes receipts.
            0x00C2 if domain == issuer => tlv::object(tag, &self.data.confirmations.to_be_bytes()),
            CERTIFICATE_STORE => self
                .domains
                .agreement_data(domain)
                .certificate_store(&command.data)?,
            HOST_AUTHORITIES | CARD_AUTHORITIES => {
                self.domains.agreement_data(domain).authorities(tag)?
            }
            0x2F00 => applications(runtime),
            0xFF21 => resources(runtime),
            _ => return Err(NO_REFERENCE),
        };
        Ok((data, OK))
    }

    /// Key information template: identifier and version of every key, type and length of its parts (GPCS 2.3.1
    /// §11.3.3.1), in the extended format where a length does not fit one byte.
    fn key_information(&self, domain: ApplicationId) -> Vec<u8> {
        let mut content = Vec::new();
        for key in self.domains.keys(domain) {
            let mut information = vec![key.id, key.version];
            let long = key.components.iter().any(|part| part.value.len() > 0xFF);
            for part in &key.components {
                // Without the 04 at the head of a point.
                let length = match part.kind {
                    kind::EC_PUBLIC => part.value.len().saturating_sub(1),
                    _ => part.value.len(),
                };
                if long {
                    let length = u16::try_from(length).unwrap_or(u16::MAX);
                    information.extend([kind::EXTENDED, part.kind]);
                    information.extend(length.to_be_bytes());
                } else {
                    information.push(part.kind);
                    information.push(u8::try_from(length).unwrap_or(u8::MAX));
                }
            }
            if long {
                // No usage and no access that would be told.
                information.extend([0, 0]);
            }
            content.extend(tlv::object(0xC0, &information));
        }
        tlv::object(0xE0, &content)
    }
}

/// Card capability information (GPCS 2.3.1 §H.4): the protocol with `i`, for SCP03 AES of every length; hashes for
/// load files.
fn capabilities(protocol: Protocol, variants: u8) -> Vec<u8> {
    let (number, i) = protocol.number_and_parameter();
    let mut about = [tlv::object(0x80, &[number]), tlv::object(0x81, &[i])].concat();
    if let Protocol::Scp03(_) = protocol {
        about.extend(tlv::object(0x82, &[0x07]));
    }
    let content = [
        tlv::object(0xA0, &about),
        if variants == 0 {
            Vec::new()
        } else {
            let about = [
                tlv::object(0x80, &[SCP11]),
                tlv::object(0x81, &[variants]),
                tlv::object(0x82, &[0x07]),
            ];
            tlv::object(0xA0, &about.concat())
        },
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
