use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use scp::scp03::{KeyError, Parameters, StaticKeys};
use scp::{BlockCipher, KeyName, KeyOperations, Protocol, ProtocolError, scp02};
use serde::Deserialize;
use zeroize::{Zeroize, Zeroizing};

use crate::agreement::AgreementKeys;
use crate::diversification::Diversification;
use crate::pkcs11::{Pkcs11Error, Pkcs11Uri, TokenKeys};
use crate::session::Opened;

/// The keys of a security domain and where they come from. Zeroized when dropped, redacted in `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct KeySet {
    /// The key version number, 01 to 7F; 00 lets the card choose.
    pub version: u8,
    /// The keys; master keys where [`KeySet::diversification`] says so.
    pub keys: Keys,
    /// How the card's keys follow from these; `None` where these are the card's.
    pub diversification: Option<Diversification>,
    /// The protocol that they are for, where that is said: another one is not opened with them.
    pub protocol: Option<SharedKeyProtocol>,
    /// Where they come from.
    pub source: KeySource,
}

/// Three static keys: at hand, or in a token that they do not leave.
#[derive(Clone, Debug)]
pub enum Keys {
    /// At hand.
    Plain(StaticKeys),
    /// In a PKCS #11 token.
    Token(Arc<TokenKeys>),
    /// Not keys that card and host share, but what opens a session of SCP11.
    Agreement(Box<AgreementKeys>),
}

impl PartialEq for Keys {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Plain(these), Self::Plain(those)) => these == those,
            (Self::Token(these), Self::Token(those)) => Arc::ptr_eq(these, those),
            (Self::Agreement(these), Self::Agreement(those)) => these == those,
            _ => false,
        }
    }
}

impl Eq for Keys {}

impl Keys {
    fn operations(&self) -> Result<&dyn KeyOperations, KeyError> {
        match self {
            Self::Plain(keys) => Ok(keys),
            Self::Token(keys) => Ok(&**keys),
            Self::Agreement(_) => Err(NO_SET),
        }
    }
}

/// Keys for SCP11 where a key set is wanted.
const NO_SET: KeyError = KeyError::Token {
    name: "ENC, MAC and DEK",
    reason: "these keys are for SCP11, which has none",
};

/// Where keys come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeySource {
    /// The published test keys: say so aloud.
    TestKeys,
    /// A key file.
    File(PathBuf),
    /// Environment variables.
    Environment,
    /// A PKCS #11 token.
    Token,
    /// The caller.
    Given,
}

/// A secure channel protocol of shared keys, where it is said which one: as `02`, `02:55` with the parameter `i`, `03`.
/// SCP02 with its parameter need not be asked how it works.
///
/// ```
/// use loader::SharedKeyProtocol;
/// assert!("02:55".parse::<SharedKeyProtocol>().is_ok());
/// assert!("02:FF".parse::<SharedKeyProtocol>().is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SharedKeyProtocol {
    /// SCP02.
    Scp02(Option<scp02::Parameters>),
    /// SCP03.
    Scp03(Option<Parameters>),
}

impl SharedKeyProtocol {
    /// The parameters of SCP02, where they are said.
    pub(crate) fn scp02(self) -> Option<scp02::Parameters> {
        match self {
            Self::Scp02(parameters) => parameters,
            Self::Scp03(_) => None,
        }
    }

    /// Whether a card that opens this opens what was asked for.
    pub(crate) fn admits(self, opened: &Opened) -> bool {
        let (number, i) = self.number_and_parameter();
        opened.protocol == number && i.is_none_or(|i| opened.parameters == Some(i))
    }

    fn number_and_parameter(self) -> (u8, Option<u8>) {
        match self {
            Self::Scp02(parameters) => (0x02, parameters.map(|parameters| parameters.0)),
            Self::Scp03(parameters) => (0x03, parameters.map(|parameters| parameters.0)),
        }
    }
}

impl FromStr for SharedKeyProtocol {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let is_whole = text.contains(':');
        match text
            .parse()
            .map_err(|error: ProtocolError| error.to_string())?
        {
            Protocol::Scp02(parameters) => Ok(Self::Scp02(is_whole.then_some(parameters))),
            Protocol::Scp03(parameters) => Ok(Self::Scp03(is_whole.then_some(parameters))),
        }
    }
}

impl fmt::Display for SharedKeyProtocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (number, i) = self.number_and_parameter();
        write!(f, "SCP{number:02X}")?;
        match i {
            Some(i) => write!(f, " with i={i:02X}"),
            None => Ok(()),
        }
    }
}

/// Why a key file was refused. What it says never holds key material.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// The file cannot be read.
    #[error("key file {}: {cause}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        cause: std::io::Error,
    },
    /// Not the form of a key file.
    #[error(
        "key file, line {line}: expected `kvn = 0x30` and either `enc`, `mac` and `dek` or one `key`, each \
         a string of 32, 48 or 64 hexadecimal digits"
    )]
    Form {
        /// The line where reading stopped, from 1 on.
        line: usize,
    },
    /// No environment variable holds keys.
    #[error(
        "no keys in the environment: set TENKOKU_KEY, or TENKOKU_ENC, TENKOKU_MAC and TENKOKU_DEK"
    )]
    Absent,
    /// A key that is not hexadecimal.
    #[error("key file: `{0}` is not hexadecimal")]
    Hex(&'static str),
    /// A key version that there is none.
    #[error("key file: kvn {0} is not within 0x00 to 0x7F")]
    Version(u32),
    /// A method of diversification that there is none.
    #[error(
        "key file: `diversification` is one of visa2, visa, emv and kdf3, or there is a `template` in its place"
    )]
    Diversification,
    /// A template of diversification that is none.
    #[error("key file: template: {0}")]
    Template(String),
    /// A protocol that there is none.
    #[error("key file: `scp`: {0}")]
    Protocol(String),
    /// A key file for SCP11 that is none.
    #[error("key file for SCP11: {0}")]
    Agreement(String),
    /// Keys that are no key set.
    #[error("key file: {0}")]
    Key(#[from] KeyError),
}

/// The form of a key file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    kvn: u32,
    enc: Option<String>,
    mac: Option<String>,
    dek: Option<String>,
    key: Option<String>,
    diversification: Option<String>,
    template: Option<String>,
    scp: Option<String>,
}

impl Drop for File {
    fn drop(&mut self) {
        for key in [&mut self.enc, &mut self.mac, &mut self.dek, &mut self.key] {
            key.zeroize();
        }
    }
}

impl KeySet {
    /// The published test keys, with which development cards are delivered. Whoever uses them should say so
    /// aloud.
    #[must_use]
    pub fn test_keys() -> Self {
        Self {
            version: 0,
            keys: Keys::Plain(StaticKeys::test_keys()),
            diversification: None,
            protocol: None,
            source: KeySource::TestKeys,
        }
    }

    /// Reads a key file: TOML with `kvn`, `enc`, `mac` and `dek`, or one `key` for all three; with `diversification`
    /// (visa2, visa, emv, kdf3) or a `template` ([`crate::Template`]) they are master keys; with `scp`
    /// ([`SharedKeyProtocol`]) they are for that protocol only.
    ///
    /// ```
    /// let keys = loader::KeySet::from_toml(
    ///     "kvn = 0x31
    ///      enc = '000102030405060708090A0B0C0D0E0F'
    ///      mac = '101112131415161718191A1B1C1D1E1F'
    ///      dek = '202122232425262728292A2B2C2D2E2F'",
    /// )?;
    /// assert_eq!(keys.version, 0x31);
    /// # Ok::<(), loader::KeyFileError>(())
    /// ```
    ///
    /// # Errors
    /// [`KeyFileError`], which never shows what is in the file.
    pub fn from_toml(text: &str) -> Result<Self, KeyFileError> {
        // The parser's own words could quote a key.
        let file: File = toml::from_str(text).map_err(|error| KeyFileError::Form {
            line: line_of(text, error.span().map_or(0, |span| span.start)),
        })?;
        Self::from_parts(&file)
    }

    /// The keys of environment variables: `TENKOKU_KEY`, or `TENKOKU_ENC`, `TENKOKU_MAC` and `TENKOKU_DEK`, with
    /// `TENKOKU_KVN`, `TENKOKU_SCP` and `TENKOKU_DIVERSIFICATION`; what they hold is what a key file has. `variable` looks one up.
    ///
    /// # Errors
    /// [`KeyFileError`], which never shows what is in them.
    pub fn from_environment(
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, KeyFileError> {
        let kvn = match variable("TENKOKU_KVN").map(|text| {
            let digits = text.trim().trim_start_matches("0x");
            u32::from_str_radix(digits, 16)
        }) {
            Some(Ok(kvn)) => kvn,
            Some(Err(_)) => return Err(KeyFileError::Hex("TENKOKU_KVN")),
            None => 0,
        };
        let file = File {
            kvn,
            enc: variable("TENKOKU_ENC"),
            mac: variable("TENKOKU_MAC"),
            dek: variable("TENKOKU_DEK"),
            key: variable("TENKOKU_KEY"),
            diversification: variable("TENKOKU_DIVERSIFICATION"),
            template: None,
            scp: variable("TENKOKU_SCP"),
        };
        if file.key.is_none() && file.enc.is_none() {
            return Err(KeyFileError::Absent);
        }
        let mut set = Self::from_parts(&file)?;
        set.source = KeySource::Environment;
        Ok(set)
    }

    /// One key for all three, in hexadecimal as a person types it; spaces do not matter.
    ///
    /// # Errors
    /// [`KeyFileError`], which never shows it.
    pub fn from_typed(key: &str) -> Result<Self, KeyFileError> {
        let digits = Zeroizing::new(key.split_whitespace().collect::<String>());
        let key = decode("key", &digits)?;
        Ok(Self {
            version: 0,
            keys: Keys::Plain(StaticKeys::new(&key, &key, &key)?),
            diversification: None,
            protocol: None,
            source: KeySource::Given,
        })
    }

    /// The check values of ENC, MAC and DEK, of AES for SCP03 and of triple DES for SCP02; of the master keys
    /// where these are such.
    ///
    /// # Errors
    /// [`KeyError`] where the keys are none of triple DES.
    pub fn check_values(&self, protocol: u8) -> Result<[[u8; 3]; 3], KeyError> {
        let keys = self.keys.operations()?;
        let value = |name| {
            // Sixteen 01 with AES, eight zeros with triple DES (GPCS 2.3.1 §B.6).
            let (cipher, mut block) = match protocol {
                0x02 => (BlockCipher::TripleDes, vec![0; 8]),
                _ => (BlockCipher::Aes, vec![1; 16]),
            };
            keys.encrypt_blocks(name, cipher, &mut block)?;
            Ok::<[u8; 3], KeyError>(block.first_chunk().copied().unwrap_or_default())
        };
        let [enc, mac, dek] = KeyName::ALL;
        Ok([value(enc)?, value(mac)?, value(dek)?])
    }

    /// The keys of a PKCS #11 token; `pin` is asked for its PIN ([`TokenKeys::open`]).
    ///
    /// # Errors
    /// [`Pkcs11Error`].
    pub fn of_token(
        uri: &Pkcs11Uri,
        pin: impl FnOnce(&str) -> Result<Zeroizing<String>, String>,
    ) -> Result<Self, Pkcs11Error> {
        Ok(Self {
            version: uri.version,
            keys: Keys::Token(Arc::new(TokenKeys::open(uri, pin)?)),
            diversification: uri.diversification,
            protocol: None,
            source: KeySource::Token,
        })
    }

    /// The keys themselves, where they are at hand.
    #[must_use]
    pub fn plain(&self) -> Option<&StaticKeys> {
        match &self.keys {
            Keys::Plain(keys) => Some(keys),
            Keys::Token(_) | Keys::Agreement(_) => None,
        }
    }

    fn from_parts(file: &File) -> Result<Self, KeyFileError> {
        let version = u8::try_from(file.kvn)
            .ok()
            .filter(|version| *version <= 0x7F)
            .ok_or(KeyFileError::Version(file.kvn))?;
        let diversification = match (&file.diversification, &file.template) {
            (Some(name), None) => {
                Some(Diversification::named(name).ok_or(KeyFileError::Diversification)?)
            }
            (None, Some(template)) => {
                let template = template.parse().map_err(KeyFileError::Template)?;
                Some(Diversification::Template(template))
            }
            (None, None) => None,
            (Some(_), Some(_)) => return Err(KeyFileError::Diversification),
        };
        let keys = match (&file.key, &file.enc, &file.mac, &file.dek) {
            (Some(key), None, None, None) => {
                let key = decode("key", key)?;
                StaticKeys::new(&key, &key, &key)?
            }
            (None, Some(enc), Some(mac), Some(dek)) => StaticKeys::new(
                &decode("enc", enc)?,
                &decode("mac", mac)?,
                &decode("dek", dek)?,
            )?,
            _ => return Err(KeyFileError::Form { line: 1 }),
        };
        let protocol = file.scp.as_deref().map(str::parse).transpose();
        Ok(Self {
            version,
            keys: Keys::Plain(keys),
            diversification,
            protocol: protocol.map_err(KeyFileError::Protocol)?,
            source: KeySource::Given,
        })
    }

    /// Reads a key file from disk.
    ///
    /// # Errors
    /// [`KeyFileError`].
    pub fn read(path: &Path) -> Result<Self, KeyFileError> {
        let text = std::fs::read_to_string(path).map_err(|cause| KeyFileError::Unreadable {
            path: path.to_owned(),
            cause,
        })?;
        let text = Zeroizing::new(text);
        let folder = path.parent().unwrap_or(Path::new(""));
        let mut set = match AgreementKeys::from_toml(&text, folder) {
            Some(agreement) => Self::of_agreement(agreement.map_err(KeyFileError::Agreement)?),
            None => Self::from_toml(&text)?,
        };
        set.source = KeySource::File(path.to_owned());
        Ok(set)
    }

    /// What opens a session of SCP11.
    #[must_use]
    pub fn of_agreement(keys: AgreementKeys) -> Self {
        Self {
            version: keys.key_version,
            keys: Keys::Agreement(Box::new(keys)),
            diversification: None,
            protocol: None,
            source: KeySource::Given,
        }
    }

    /// What opens a session of SCP11, where these keys are for it.
    #[must_use]
    pub fn agreement(&self) -> Option<&AgreementKeys> {
        match &self.keys {
            Keys::Agreement(keys) => Some(keys),
            Keys::Plain(_) | Keys::Token(_) => None,
        }
    }

    /// The keys of the card that tells these ten bytes in INITIALIZE UPDATE, for this protocol: 2 or 3.
    ///
    /// # Errors
    /// [`KeyError`] where the keys are none of the protocol, or too long for the method of diversification.
    pub fn for_card(
        &self,
        protocol: u8,
        key_diversification_data: &[u8; 10],
    ) -> Result<Arc<dyn KeyOperations>, KeyError> {
        let Some(plain) = self.derived(key_diversification_data)? else {
            return Ok(match &self.keys {
                Keys::Plain(keys) => Arc::new(keys.clone()),
                Keys::Token(keys) => keys.clone(),
                Keys::Agreement(_) => return Err(NO_SET),
            });
        };
        if protocol == 0x02 {
            let keys = scp02::StaticKeys::new(plain.enc(), plain.mac(), plain.dek())?;
            return Ok(Arc::new(keys));
        }
        Ok(Arc::new(plain))
    }

    /// How long each key is, in bytes; `None` for SCP11, which has no such keys.
    #[must_use]
    pub fn length(&self) -> Option<u16> {
        let length = match &self.keys {
            Keys::Plain(keys) => keys.enc().len(),
            Keys::Token(keys) => keys.length(),
            Keys::Agreement(_) => return None,
        };
        u16::try_from(length).ok()
    }

    /// The card's keys themselves; `None` where they lie in a token that they do not leave.
    ///
    /// # Errors
    /// [`KeyError`] where the keys are too long for the method of diversification.
    pub fn derived(
        &self,
        key_diversification_data: &[u8; 10],
    ) -> Result<Option<StaticKeys>, KeyError> {
        match self.diversification {
            Some(method) => method
                .derive(self.keys.operations()?, key_diversification_data)
                .map(Some),
            None => Ok(self.plain().cloned()),
        }
    }

    /// Whether these are the published test keys, wherever they come from.
    #[must_use]
    pub fn are_test_keys(&self) -> bool {
        self.plain().is_some_and(StaticKeys::are_test_keys)
    }
}

/// Names the keys without showing them.
impl fmt::Display for KeySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.keys {
            _ if self.are_test_keys() => f.write_str("the published test keys (404142…4F)")?,
            Keys::Plain(keys) => write!(f, "the AES-{} keys", keys.length() * 8)?,
            Keys::Token(keys) => fmt::Display::fmt(keys, f)?,
            Keys::Agreement(keys) => fmt::Display::fmt(keys, f)?,
        }
        match &self.source {
            KeySource::File(path) => write!(f, " of {}", path.display())?,
            KeySource::Environment => f.write_str(" of the environment")?,
            KeySource::TestKeys | KeySource::Given | KeySource::Token => (),
        }
        if let Some(method) = self.diversification {
            write!(f, ", diversified by {}", method.name())?;
        }
        match self.version {
            0 => Ok(()),
            version => write!(f, ", version {version:02X}"),
        }
    }
}

impl fmt::Debug for KeySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeySet")
            .field("version", &self.version)
            .field("keys", &self.keys)
            .field("diversification", &self.diversification)
            .field("source", &self.source)
            .finish()
    }
}

fn decode(name: &'static str, text: &str) -> Result<Zeroizing<Vec<u8>>, KeyFileError> {
    hex::decode(text)
        .map(Zeroizing::new)
        .map_err(|_| KeyFileError::Hex(name))
}

fn line_of(text: &str, offset: usize) -> usize {
    let before = text.as_bytes().iter().take(offset);
    1 + before.filter(|byte| **byte == b'\n').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "00112233445566778899AABBCCDDEEFF";

    #[test]
    fn one_key_stands_for_three() {
        let set = KeySet::from_toml(&format!("key = '{KEY}'")).unwrap();
        assert_eq!(set.version, 0);
        let keys = set.plain().unwrap();
        assert_eq!(keys.enc(), keys.dek());
        assert!(!set.are_test_keys());
        let test = KeySet::from_toml("kvn = 1\nkey = '404142434445464748494A4B4C4D4E4F'").unwrap();
        assert!(test.are_test_keys());
        assert_eq!(
            test.to_string(),
            "the published test keys (404142…4F), version 01"
        );
    }

    #[test]
    fn no_error_and_no_debug_shows_a_key() {
        for text in [
            format!("key = {KEY}"),
            format!("kvn = '{KEY}'"),
            format!("key = '{KEY}'\nother = '{KEY}'"),
            format!("enc = '{KEY}'"),
            format!("key = '{KEY}', mac = '{KEY}'"),
            format!("key = '{KEY}0'"),
            format!("key = '{KEY}00'"),
            format!("kvn = 128\nkey = '{KEY}'"),
            format!("diversification = '{KEY}'\nkey = '{KEY}'"),
        ] {
            let error = KeySet::from_toml(&text).unwrap_err();
            for shown in [error.to_string(), format!("{error:?}")] {
                assert!(!shown.contains("2233"), "{shown}");
            }
        }
        let set = KeySet::from_toml(&format!("key = '{KEY}'")).unwrap();
        assert!(!format!("{set:?} {set}").contains("2233"));
        assert!(!format!("{set:?}").contains("17, 34, 51"));
    }

    #[test]
    fn keys_of_the_environment_and_typed_ones() {
        let environment = |pairs: &'static [(&'static str, &'static str)]| {
            KeySet::from_environment(move |name| {
                let found = pairs.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| (*value).to_owned())
            })
        };
        let set = environment(&[("TENKOKU_KEY", KEY), ("TENKOKU_KVN", "0x30")]).unwrap();
        assert_eq!((set.version, set.source), (0x30, KeySource::Environment));
        assert!(matches!(environment(&[]), Err(KeyFileError::Absent)));
        assert!(environment(&[("TENKOKU_KEY", KEY), ("TENKOKU_KVN", "G")]).is_err());
        assert!(environment(&[("TENKOKU_ENC", KEY)]).is_err());
        let typed = KeySet::from_typed(&format!(" {} ", KEY.replace("44", " 44 "))).unwrap();
        assert_eq!(typed.keys, set.keys);
        let error = KeySet::from_typed(&KEY.replace("44", "4G")).unwrap_err();
        assert!(!format!("{error:?} {error}").contains("2233"));
        // osmocom/pysim, SCP03_KCV_Test, and GlobalPlatformPro for triple DES.
        let set = KeySet::from_toml("key = '000102030405060708090A0B0C0D0E0F'").unwrap();
        assert_eq!(hex::encode_upper(set.check_values(3).unwrap()[0]), "C35280");
        assert_ne!(set.check_values(2).unwrap(), set.check_values(3).unwrap());
    }

    #[test]
    fn errors_tell_the_line() {
        let error = KeySet::from_toml("kvn = 1\n\nkey = 5").unwrap_err();
        assert!(error.to_string().contains("line 3"), "{error}");
    }
}
