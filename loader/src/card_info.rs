//! What a card tells about itself without a session: GET DATA (GPCS 2.3.1 §11.3).

use crate::error::Error;
use crate::key_set::KeySet;
use crate::session::{Opened, Session};
use crate::tlv;
use crate::transport::{ConnectionInfo, Transport};

/// What the card told. What it did not tell is `None` or empty.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct CardInfo {
    /// The connection, with the answer to reset.
    pub connection: ConnectionInfo,
    /// The issuer security domain's AID, in hexadecimal, where it was selected.
    pub issuer: Option<String>,
    /// The version of the GlobalPlatform card specification: 2.3.1.
    pub global_platform: Option<String>,
    /// The version of the Java Card platform, where the card names it: 3, or 2.2.
    pub java_card: Option<String>,
    /// Secure channel protocols and their parameter `i`.
    pub protocols: Vec<(u8, u8)>,
    /// The keys.
    pub keys: Vec<KeyInfo>,
    /// The key diversification data that INITIALIZE UPDATE told, in hexadecimal, where they tell cards apart.
    pub diversification_data: Option<String>,
    /// Card production life cycle data.
    pub production: Option<ProductionLifeCycle>,
    /// Issuer identification number, in hexadecimal.
    pub issuer_identification: Option<String>,
    /// Card image number, in hexadecimal.
    pub card_image: Option<String>,
    /// Free persistent memory in bytes.
    pub free_persistent: Option<u32>,
    /// Free transient memory in bytes.
    pub free_transient: Option<u32>,
}

/// One key as the key information template tells of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct KeyInfo {
    /// Its identifier within the set: 1 ENC, 2 MAC, 3 DEK.
    pub id: u8,
    /// The version of its set.
    pub version: u8,
    /// Its type: 80 triple DES, 88 AES (GPCS 2.3.1 table 11-16).
    pub kind: u8,
    /// Its length in bytes, that of its first part where it has several.
    pub length: u16,
}

impl KeyInfo {
    /// Its type and length in words (GPCS 2.3.1 table 11-16): `AES-128`.
    #[must_use]
    pub fn kind_in_words(&self) -> String {
        let bits = usize::from(self.length) * 8;
        match self.kind {
            0x80..=0x82 => format!("DES-{bits}"),
            0x85 => format!("PSK-TLS {bits}"),
            0x88 => format!("AES-{bits}"),
            0x90 => format!("HMAC-SHA1 {bits}"),
            0x91 => format!("HMAC-SHA1-160 {bits}"),
            0xA0..=0xA8 if bits == 0 => "RSA of 2048 bits or more".to_owned(),
            0xA0..=0xA8 => format!("RSA {bits}"),
            // The length of a point is told without the 04 at its head (§11.3.3.1), though not by every card.
            0xB0 => match usize::from(self.length) / 2 * 8 {
                528 => "EC 521 public".to_owned(),
                bits => format!("EC {bits} public"),
            },
            0xB1..=0xB7 => format!("EC {bits}"),
            kind => format!("type {kind:02X}, {bits} bits"),
        }
    }
}

/// Card production life cycle data, the fields that tell cards apart, in hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct ProductionLifeCycle {
    /// Who made the chip.
    pub fabricator: String,
    /// Which chip.
    pub chip: String,
    /// Who made the operating system.
    pub operating_system: String,
    /// When the operating system was released.
    pub release_date: String,
    /// Its release level.
    pub release_level: String,
    /// The serial number of the chip.
    pub serial_number: String,
    /// The batch of the chip.
    pub batch: String,
}

/// The object identifier of GlobalPlatform, 1.2.840.114283.
const GLOBALPLATFORM: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xFC, 0x6B];
/// The object identifier of the Java Card platform, 1.3.6.1.4.1.42.2.110.1.
const JAVA_CARD: &[u8] = &[0x2B, 0x06, 0x01, 0x04, 0x01, 0x2A, 0x02, 0x6E, 0x01];

impl<T: Transport> Session<T> {
    /// GET DATA: the value of a data object, `None` where the card does not have it.
    ///
    /// # Errors
    /// [`Error::Transport`], [`Error::Channel`].
    pub fn data(&mut self, tag: u16) -> Result<Option<Vec<u8>>, Error> {
        let [p1, p2] = tag.to_be_bytes();
        let answer = self.send(&[0x80, 0xCA, p1, p2, 0x00])?;
        if !answer.status.is_success() {
            return Ok(None);
        }
        // Some cards leave the tag out.
        let objects = tlv::all(&answer.data);
        let value = tlv::find(&objects, u32::from(tag)).unwrap_or(&answer.data);
        Ok(Some(value.to_vec()))
    }

    /// The keys of the selected security domain, as its key information template tells of them.
    ///
    /// # Errors
    /// [`Error::Transport`], [`Error::Channel`].
    pub fn keys(&mut self) -> Result<Vec<KeyInfo>, Error> {
        let template = self.data(0x00E0)?.unwrap_or_default();
        Ok(tlv::all(&template)
            .into_iter()
            .filter_map(|(tag, value)| key(tag, value))
            .collect())
    }

    /// How many sessions were begun with the selected domain's default key set; `None` where it does not tell
    /// (GPCS 2.3.1 table H-1, tag C1).
    ///
    /// # Errors
    /// [`Error::Transport`], [`Error::Channel`].
    pub fn sequence_counter(&mut self) -> Result<Option<u32>, Error> {
        let told = self
            .data(0x00C1)?
            .filter(|bytes| matches!(bytes.len(), 1..=4));
        Ok(told.map(|bytes| {
            bytes
                .iter()
                .fold(0, |sum, byte| sum << 8 | u32::from(*byte))
        }))
    }

    /// How many receipts the selected domain has given; `None` where it does not tell (GPCS 2.3.1 table H-1, tag C2).
    ///
    /// # Errors
    /// [`Error::Transport`], [`Error::Channel`].
    pub fn confirmation_counter(&mut self) -> Result<Option<u16>, Error> {
        let told = self.data(0x00C2)?;
        Ok(told.and_then(|bytes| Some(u16::from_be_bytes(bytes.try_into().ok()?))))
    }

    /// What the card tells about itself.
    ///
    /// # Errors
    /// [`Error::Transport`], [`Error::Channel`]; data that the card refuses are left out.
    pub fn info(&mut self) -> Result<CardInfo, Error> {
        let mut info = self.essentials()?;
        let recognition = self.recognition()?;
        info.global_platform = recognition.global_platform;
        info.java_card = recognition.java_card;
        info.protocols = recognition.protocols;
        info.keys = self.keys()?;
        info.issuer_identification = self.data(0x0042)?.map(hex::encode_upper);
        info.card_image = self.data(0x0045)?.map(hex::encode_upper);
        Ok(info)
    }

    /// Of [`Session::info`] only what tells the card from others, and what is free on it. The rest of what loading
    /// depends on is told when the secure channel is opened: [`CardInfo::learn`].
    ///
    /// # Errors
    /// As [`Session::info`].
    pub fn essentials(&mut self) -> Result<CardInfo, Error> {
        let mut info = self.unasked();
        let resources = self.data(0xFF21)?.unwrap_or_default();
        let number = |tag| {
            let objects = tlv::all(&resources);
            let bytes = tlv::find(&objects, tag)?;
            (bytes.len() <= 4).then(|| {
                bytes
                    .iter()
                    .fold(0, |sum, byte| sum << 8 | u32::from(*byte))
            })
        };
        info.issuer = Some(hex::encode_upper(self.domain()));
        info.free_persistent = number(0x82);
        info.free_transient = number(0x83);
        info.production = self.production()?;
        Ok(info)
    }

    /// Card production life cycle data.
    ///
    /// # Errors
    /// As [`Session::data`].
    pub fn production(&mut self) -> Result<Option<ProductionLifeCycle>, Error> {
        Ok(self.data(0x9F7F)?.and_then(|data| production(&data)))
    }

    /// Of [`Session::info`] what is known without asking the card anything.
    pub fn unasked(&mut self) -> CardInfo {
        CardInfo {
            connection: self.transport().info(),
            issuer: None,
            global_platform: None,
            java_card: None,
            protocols: Vec::new(),
            keys: Vec::new(),
            diversification_data: None,
            production: None,
            issuer_identification: None,
            card_image: None,
            free_persistent: None,
            free_transient: None,
        }
    }

    /// The card recognition data (GPCS 2.3.1 §H.2), asked for once for each domain that is selected.
    pub(crate) fn recognition(&mut self) -> Result<Recognition, Error> {
        let data = match self.recognition.take() {
            Some(data) => data,
            None => self.data(0x0066)?.unwrap_or_default(),
        };
        let told = Recognition::parse(&data);
        self.recognition = Some(data);
        Ok(told)
    }
}

/// What card recognition data tell.
#[derive(Debug, Default)]
pub(crate) struct Recognition {
    global_platform: Option<String>,
    java_card: Option<String>,
    pub(crate) protocols: Vec<(u8, u8)>,
}

/// One C0 of the key information template: identifier, version, then type and length, once per component; the
/// first says it all for our purposes. In the extended structure type and length have two bytes each (GPCS 2.3.1 tables
/// 11-28, 11-29).
fn key(tag: u32, value: &[u8]) -> Option<KeyInfo> {
    match (tag, value) {
        (0xC0, &[id, version, 0xFF, kind, high, low, ..]) => Some(KeyInfo {
            id,
            version,
            kind,
            length: u16::from_be_bytes([high, low]),
        }),
        (0xC0, &[id, version, kind, length, ..]) if kind != 0xFF => Some(KeyInfo {
            id,
            version,
            kind,
            length: length.into(),
        }),
        _ => None,
    }
}

fn production(data: &[u8]) -> Option<ProductionLifeCycle> {
    let field = |at: usize, length: usize| data.get(at..at + length).map(hex::encode_upper);
    Some(ProductionLifeCycle {
        fabricator: field(0, 2)?,
        chip: field(2, 2)?,
        operating_system: field(4, 2)?,
        release_date: field(6, 2)?,
        release_level: field(8, 2)?,
        serial_number: field(12, 4)?,
        batch: field(16, 2)?,
    })
}

impl Recognition {
    /// Takes card recognition data apart (GPCS 2.3.1 §H.2).
    fn parse(data: &[u8]) -> Self {
        let mut told = Self::default();
        let outer = tlv::all(data);
        for (tag, value) in tlv::find(&outer, 0x73).map(tlv::all).unwrap_or_default() {
            let inner = tlv::all(value);
            let Some(identifier) = tlv::find(&inner, 0x06) else {
                continue;
            };
            let of = |root: &[u8]| identifier.strip_prefix(root).map(<[u8]>::to_vec);
            match (tag, of(GLOBALPLATFORM).as_deref(), of(JAVA_CARD).as_deref()) {
                (0x60, Some([2, version @ ..]), _) => told.global_platform = Some(dotted(version)),
                (0x64, Some(&[4, protocol, i, ..]), _) => told.protocols.push((protocol, i)),
                (0x66, _, Some(version)) => told.java_card = Some(dotted(version)),
                _ => (),
            }
        }
        told
    }
}

impl CardInfo {
    /// Adds what the card told when a secure channel was opened with these keys, where it was not asked for more.
    pub fn learn(&mut self, opened: &Opened, keys: &KeySet) {
        self.diversification_data = opened.diversification_data.as_ref().and_then(telling);
        if self.protocols.is_empty() {
            self.protocols = opened
                .parameters
                .map(|i| (opened.protocol, i))
                .into_iter()
                .collect();
        }
        if let (true, Some(version), Some(length)) =
            (self.keys.is_empty(), opened.key_version, keys.length())
        {
            let kind = if opened.protocol == 0x02 { 0x80 } else { 0x88 };
            self.keys = [1, 2, 3]
                .map(|id| KeyInfo {
                    id,
                    version,
                    kind,
                    length,
                })
                .to_vec();
        }
    }

    /// What tells this card from every other: fabricator, serial number and batch of its chip, `4790-01234567-0001`.
    /// `None` where the card does not tell.
    #[must_use]
    pub fn identity(&self) -> Option<String> {
        let production = self.production.as_ref()?;
        let parts = [
            &production.fabricator,
            &production.serial_number,
            &production.batch,
        ];
        // A card that was not given any has none.
        parts
            .iter()
            .any(|part| part.bytes().any(|digit| digit != b'0'))
            .then(|| parts.map(String::as_str).join("-"))
    }

    /// The name under which things are kept of this card: its key diversification data, which a session tells anyway,
    /// or else [`CardInfo::identity`].
    #[must_use]
    pub fn name(&self) -> Option<String> {
        self.diversification_data
            .clone()
            .or_else(|| self.identity())
    }

    /// A key set in words: `version 30: 3 keys, AES-128`.
    #[must_use]
    pub fn key_set_in_words(&self, version: u8) -> String {
        key_set_in_words(&self.keys, version)
    }

    /// The versions of the key sets, in the card's order.
    #[must_use]
    pub fn key_versions(&self) -> Vec<u8> {
        let mut versions: Vec<u8> = self.keys.iter().map(|key| key.version).collect();
        versions.dedup();
        versions
    }
}

/// Key diversification data in hexadecimal, unless they are the same on every card: a card that was given none has
/// zeroes there.
#[must_use]
pub fn telling(data: &[u8; 10]) -> Option<String> {
    let all_the_same = data.iter().all(|byte| *byte == data[0]);
    (!all_the_same).then(|| hex::encode_upper(data))
}

/// Those of some keys that are of one version, in words: `version 30: 3 keys, AES-128`.
#[must_use]
pub fn key_set_in_words(keys: &[KeyInfo], version: u8) -> String {
    let keys = || keys.iter().filter(|key| key.version == version);
    let mut kinds: Vec<String> = keys().map(KeyInfo::kind_in_words).collect();
    kinds.dedup();
    format!(
        "version {version:02X}: {} keys, {}",
        keys().count(),
        kinds.join(", ")
    )
}

fn dotted(version: &[u8]) -> String {
    let parts: Vec<String> = version.iter().map(u8::to_string).collect();
    parts.join(".")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::InProcess;

    /// A card that has what `objects` says, tag and response in hexadecimal.
    fn info(objects: &[(&str, &str)]) -> CardInfo {
        let objects: Vec<(Vec<u8>, Vec<u8>)> = objects
            .iter()
            .map(|(tag, data)| (hex::decode(tag).unwrap(), hex::decode(data).unwrap()))
            .collect();
        let card = InProcess::new("table", move |command: &[u8]| {
            if command.get(1) == Some(&0xA4) {
                return vec![0x90, 0x00];
            }
            let found = objects.iter().find(|(tag, _)| command[2..4] == **tag);
            found.map_or(vec![0x6A, 0x88], |(_, data)| {
                [&data[..], &[0x90, 0x00]].concat()
            })
        });
        Session::select(card, None).unwrap().info().unwrap()
    }

    /// Card recognition data in the layout of GPCS 2.3.1 §H.2, with a chip detail that names Java Card 3.
    #[test]
    fn recognition_data() {
        let info = info(&[
            (
                "0066",
                "664C734A06072A864886FC6B01600C060A2A864886FC6B02020201630906072A864886FC6B03640B06092A864886FC6B\
                 040255650B06092B8510864864020103660C060A2B060104012A026E0103",
            ),
            ("00E0", "E012C00401FF8010C00402FF8010C00403FF8010"),
            ("FF21", "FF210B8101028202400083020800"),
        ]);
        assert_eq!(info.global_platform.as_deref(), Some("2.2.1"));
        assert_eq!(info.java_card.as_deref(), Some("3"));
        assert_eq!(info.protocols, [(0x02, 0x55)]);
        assert_eq!(info.key_versions(), [0xFF]);
        assert_eq!(info.keys[2].id, 3);
        assert_eq!(info.free_persistent, Some(0x4000));
        assert_eq!(info.free_transient, Some(0x0800));
        assert_eq!(info.production, None);
    }

    /// What a card tells when it is selected is not asked for again (martinpaljak/GlobalPlatformPro issue 103: an
    /// IDCore 30).
    #[test]
    fn recognition_data_in_the_answer_to_select() {
        let answer = "6F658408A000000018434D00A559734A06072A864886FC6B01600C060A2A864886FC6B02020101630906072A864886FC\
                      6B03640B06092A864886FC6B040310650B06092B8510864864020103660C060A2B060104012A026E01029F6E0612915356\
                      02009F6501FF9000";
        let card = InProcess::new("tells at once", move |command: &[u8]| {
            assert_eq!(command[1], 0xA4, "{}", hex::encode_upper(command));
            hex::decode(answer).unwrap()
        });
        let mut session = Session::select(card, None).unwrap();
        let told = session.recognition().unwrap();
        assert_eq!(told.protocols, [(0x03, 0x10)]);
        assert_eq!(told.global_platform.as_deref(), Some("2.1.1"));
    }

    #[test]
    fn a_silent_card_is_no_error() {
        let info = info(&[("9F7F", "9F7F03010203"), ("0066", "66")]);
        assert_eq!(info.production, None);
        assert!(info.keys.is_empty());
    }
}
