//! `pkcs11:` URIs (RFC 7512).

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use cryptoki::slot::TokenInfo;

use crate::diversification::Diversification;

/// Which keys of which token, as a URI names them: `pkcs11:token=cards;object=issuer?module-path=FILE`. Besides what RFC
/// 7512 has, the query takes `kvn=30`, the key version in hexadecimal, and `diversification=visa2` where the keys are
/// master keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pkcs11Uri {
    text: String,
    token: Option<String>,
    manufacturer: Option<String>,
    serial: Option<String>,
    model: Option<String>,
    slot: Option<u64>,
    /// The label of the key, or of three keys without their -ENC, -MAC and -DEK.
    pub object: Option<String>,
    /// The identifier of the keys.
    pub id: Option<Vec<u8>>,
    /// The module that speaks to the token.
    pub module: Option<PathBuf>,
    /// A file that holds the PIN.
    pub pin_source: Option<PathBuf>,
    /// The key version number; 00 lets the card choose.
    pub version: u8,
    /// How the card's keys follow from these.
    pub diversification: Option<Diversification>,
}

/// Why a URI was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UriError {
    /// Not `pkcs11:`.
    #[error("expected pkcs11:token=NAME;object=NAME?module-path=FILE")]
    Scheme,
    /// An attribute that is none, or stands twice.
    #[error("{0}: no attribute of a pkcs11 URI, or one that stands twice")]
    Attribute(String),
    /// A value that the attribute does not take.
    #[error("{name}: {expected}")]
    Value {
        /// The attribute.
        name: String,
        /// What it takes.
        expected: &'static str,
    },
    /// A PIN in the URI.
    #[error(
        "pin-value: a PIN in a command line is there for every process to read; give pin-source=FILE, or set \
         TENKOKU_PKCS11_PIN, or be asked for it"
    )]
    PinValue,
}

/// Undoes percent-encoding.
fn decode(name: &str, text: &str) -> Result<Vec<u8>, UriError> {
    let refuse = || UriError::Value {
        name: name.to_owned(),
        expected: "two hexadecimal digits stand behind a %",
    };
    let mut bytes = text.bytes();
    let mut out = Vec::new();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            out.push(byte);
            continue;
        }
        let digits = [
            bytes.next().ok_or_else(refuse)?,
            bytes.next().ok_or_else(refuse)?,
        ];
        let mut decoded = [0];
        hex::decode_to_slice(digits, &mut decoded).map_err(|_| refuse())?;
        out.extend(decoded);
    }
    Ok(out)
}

fn decode_text(name: &str, text: &str) -> Result<String, UriError> {
    String::from_utf8(decode(name, text)?).map_err(|_| UriError::Value {
        name: name.to_owned(),
        expected: "a text in UTF-8",
    })
}

fn set<T>(place: &mut Option<T>, name: &str, value: T) -> Result<(), UriError> {
    match place.replace(value) {
        None => Ok(()),
        Some(_) => Err(UriError::Attribute(name.to_owned())),
    }
}

impl FromStr for Pkcs11Uri {
    type Err = UriError;

    fn from_str(text: &str) -> Result<Self, UriError> {
        let rest = text.strip_prefix("pkcs11:").ok_or(UriError::Scheme)?;
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let mut uri = Self {
            text: text.to_owned(),
            ..Self::default()
        };
        for part in path.split(';').filter(|part| !part.is_empty()) {
            let (name, value) = part
                .split_once('=')
                .ok_or_else(|| UriError::Attribute(part.to_owned()))?;
            uri.take_path(name, value)?;
        }
        let mut version = None;
        for part in query.split('&').filter(|part| !part.is_empty()) {
            let (name, value) = part
                .split_once('=')
                .ok_or_else(|| UriError::Attribute(part.to_owned()))?;
            uri.take_query(name, value, &mut version)?;
        }
        uri.version = version.unwrap_or(0);
        Ok(uri)
    }
}

impl Pkcs11Uri {
    fn take_path(&mut self, name: &str, value: &str) -> Result<(), UriError> {
        let refuse = |expected| UriError::Value {
            name: name.to_owned(),
            expected,
        };
        match name {
            "token" => set(&mut self.token, name, decode_text(name, value)?),
            "manufacturer" => set(&mut self.manufacturer, name, decode_text(name, value)?),
            "serial" => set(&mut self.serial, name, decode_text(name, value)?),
            "model" => set(&mut self.model, name, decode_text(name, value)?),
            "object" => set(&mut self.object, name, decode_text(name, value)?),
            "id" => set(&mut self.id, name, decode(name, value)?),
            "slot-id" => {
                let number = value.parse().map_err(|_| refuse("a number"))?;
                set(&mut self.slot, name, number)
            }
            "type" if value == "secret-key" => Ok(()),
            "type" => Err(refuse("static keys of cards are of type secret-key")),
            // What describes the library is for choosing among several; ours is named.
            "library-manufacturer"
            | "library-description"
            | "library-version"
            | "slot-manufacturer"
            | "slot-description" => Ok(()),
            _ => Err(UriError::Attribute(name.to_owned())),
        }
    }

    fn take_query(
        &mut self,
        name: &str,
        value: &str,
        version: &mut Option<u8>,
    ) -> Result<(), UriError> {
        let refuse = |expected| UriError::Value {
            name: name.to_owned(),
            expected,
        };
        match name {
            "module-path" => {
                let path = PathBuf::from(decode_text(name, value)?);
                set(&mut self.module, name, path)
            }
            "pin-source" => {
                let text = decode_text(name, value)?;
                let path = text.strip_prefix("file://").or(text.strip_prefix("file:"));
                set(
                    &mut self.pin_source,
                    name,
                    PathBuf::from(path.unwrap_or(&text)),
                )
            }
            "pin-value" => Err(UriError::PinValue),
            "kvn" => {
                let number = u8::from_str_radix(value.trim_start_matches("0x"), 16)
                    .ok()
                    .filter(|number| *number <= 0x7F)
                    .ok_or_else(|| refuse("a key version, 00 to 7F in hexadecimal"))?;
                set(version, name, number)
            }
            "diversification" => {
                let method = Diversification::named(value)
                    .ok_or_else(|| refuse("one of visa2, visa, emv and kdf3"))?;
                set(&mut self.diversification, name, method)
            }
            _ => Err(UriError::Attribute(name.to_owned())),
        }
    }

    /// Whether it names this token.
    pub(super) fn names(&self, slot: u64, info: &TokenInfo) -> bool {
        let is = |wanted: &Option<String>, found: &str| {
            wanted
                .as_ref()
                .is_none_or(|wanted| wanted == found.trim_end())
        };
        is(&self.token, info.label())
            && is(&self.manufacturer, info.manufacturer_id())
            && is(&self.serial, info.serial_number())
            && is(&self.model, info.model())
            && self.slot.is_none_or(|wanted| wanted == slot)
    }
}

/// As it was written: it holds no secret.
impl fmt::Display for Pkcs11Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_parts_are_read() {
        let uri: Pkcs11Uri = "pkcs11:token=my%20cards;object=issuer;id=%01%FF;type=secret-key\
             ?module-path=/usr/lib/softhsm/libsofthsm2.so&pin-source=file:/run/pin&kvn=30&diversification=kdf3"
            .parse()
            .unwrap();
        assert_eq!(uri.token.as_deref(), Some("my cards"));
        assert_eq!(uri.object.as_deref(), Some("issuer"));
        assert_eq!(uri.id, Some(vec![0x01, 0xFF]));
        assert_eq!(
            uri.module,
            Some(PathBuf::from("/usr/lib/softhsm/libsofthsm2.so"))
        );
        assert_eq!(uri.pin_source, Some(PathBuf::from("/run/pin")));
        assert_eq!(
            (uri.version, uri.diversification),
            (0x30, Some(Diversification::Kdf3))
        );
        assert!(uri.to_string().starts_with("pkcs11:token=my%20cards"));
        assert_eq!("pkcs11:".parse::<Pkcs11Uri>().unwrap().object, None);
    }

    #[test]
    fn what_is_wrong_is_said() {
        let error = |text: &str| text.parse::<Pkcs11Uri>().unwrap_err();
        assert_eq!(error("file:/keys"), UriError::Scheme);
        assert_eq!(error("pkcs11:?pin-value=1234"), UriError::PinValue);
        assert!(!error("pkcs11:?pin-value=1234").to_string().contains("1234"));
        for text in [
            "pkcs11:token",
            "pkcs11:token=a;token=b",
            "pkcs11:color=red",
            "pkcs11:?color=red",
            "pkcs11:?kvn",
        ] {
            assert!(matches!(error(text), UriError::Attribute(_)), "{text}");
        }
        for text in [
            "pkcs11:token=%4",
            "pkcs11:token=%FF",
            "pkcs11:id=%G0",
            "pkcs11:slot-id=one",
            "pkcs11:type=private",
            "pkcs11:?kvn=80",
            "pkcs11:?diversification=md5",
        ] {
            assert!(matches!(error(text), UriError::Value { .. }), "{text}");
        }
    }
}
