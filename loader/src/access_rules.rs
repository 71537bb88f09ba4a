//! Access rules: which application of a phone may talk to which applet, as the access rule application master
//! (ARA-M) tells them (GPD Secure Element Access Control 1.1, §4 and §6).

mod change;
mod files;

pub use change::{Applets, Commands, NewRule};

use apdu_spec::{Aid, StatusWord};

use crate::error::{Error, Refusal};
use crate::session::Session;
use crate::tlv;
use crate::transport::Transport;

/// One access rule.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct AccessRule {
    /// The applet, as an AID in hexadecimal; what stands for several is in words.
    pub applet: String,
    /// The application of the device: the hash of its certificate, `every application`.
    pub application: String,
    /// The package of the application on Android, where the rule names one.
    pub package: Option<String>,
    /// What it may send: `never`, `always`, or filters, each a header and a mask of four bytes.
    pub commands: String,
    /// Whether it hears of contactless transactions, where the rule says so.
    pub events: Option<bool>,
    /// Carrier privileges of Android (tag DB), in hexadecimal, where the rule has any.
    pub permissions: Option<String>,
}

/// The AID of the ARA-M (§6.1).
pub const ARA_M: &[u8] = &[0xA0, 0x00, 0x00, 0x01, 0x51, 0x41, 0x43, 0x4C, 0x00];

/// The longest rules that are believed, in bytes.
const LONGEST: usize = 65536;

impl<T: Transport> Session<T> {
    /// The access rules of the ARA-M; `None` where the card has none. No key is needed.
    ///
    /// # Errors
    /// [`Error::Transport`]; [`Error::Refused`]; [`Error::Response`] for rules that are none.
    pub fn access_rules(&mut self) -> Result<Option<Vec<AccessRule>>, Error> {
        let aid = Aid::new(ARA_M).map_err(|error| Error::Unsendable(error.to_string()))?;
        match self.select_again(Some(&aid)) {
            Err(Error::Refused(Refusal {
                status: StatusWord(0x6A82),
                ..
            })) => return Ok(None),
            other => other?,
        }
        // GET DATA [all], then [next] until the announced length is there.
        let first = [0x80, 0xCA, 0xFF, 0x40, 0x00];
        let mut all = self.rules_part(&first)?;
        let whole = expected_length(&all);
        while whole.is_some_and(|whole| all.len() < whole && whole <= LONGEST) {
            let next = self.rules_part(&[0x80, 0xCA, 0xFF, 0x60, 0x00])?;
            if next.is_empty() {
                break;
            }
            all.extend(next);
        }
        access_rules(&all).map(Some)
    }

    fn rules_part(&mut self, command: &[u8]) -> Result<Vec<u8>, Error> {
        let answer = self.send(command)?;
        match answer.status {
            StatusWord::SUCCESS => Ok(answer.data),
            // No rules at all.
            StatusWord(0x6A88) => Ok(Vec::new()),
            status => Err(Refusal::new(command, status).into()),
        }
    }
}

/// The length of the whole FF40 object that these bytes begin with.
fn expected_length(bytes: &[u8]) -> Option<usize> {
    let (head, length) = match *bytes.strip_prefix(&[0xFF, 0x40])? {
        [length @ 0..=0x7F, ..] => (3, usize::from(length)),
        [0x81, length, ..] => (4, usize::from(length)),
        [0x82, high, low, ..] => (5, usize::from(u16::from_be_bytes([high, low]))),
        _ => return None,
    };
    Some(head + length)
}

/// Takes a response to GET DATA \[all\] apart.
///
/// # Errors
/// [`Error::Response`].
pub fn access_rules(bytes: &[u8]) -> Result<Vec<AccessRule>, Error> {
    if bytes.is_empty() {
        return Ok(Vec::new());
    }
    let refuse = |expected| Error::Response {
        command: "GET DATA [all access rules]",
        expected,
        found: hex::encode_upper(bytes),
    };
    let outer = tlv::all(bytes);
    let list = tlv::find(&outer, 0xFF40).ok_or_else(|| refuse("a list of rules, tag FF40"))?;
    let rules = tlv::all(list);
    if rules.is_empty() && !list.is_empty() {
        return Err(refuse("rules, tag E2"));
    }
    rules
        .into_iter()
        .map(|(tag, value)| {
            if tag != 0xE2 {
                return Err(refuse("rules, tag E2"));
            }
            let parts = tlv::all(value);
            let reference = tlv::find(&parts, 0xE1).map(tlv::all).unwrap_or_default();
            let rights = tlv::find(&parts, 0xE3).map(tlv::all).unwrap_or_default();
            Ok(rule(&reference, &rights))
        })
        .collect()
}

fn rule(reference: &[(u32, &[u8])], rights: &[(u32, &[u8])]) -> AccessRule {
    let applet = match (tlv::find(reference, 0x4F), tlv::find(reference, 0xC0)) {
        (Some([]), _) => "every applet without a rule of its own".to_owned(),
        (Some(aid), _) => hex::encode_upper(aid),
        (None, Some(_)) => "the applet selected by default".to_owned(),
        (None, None) => "every applet".to_owned(),
    };
    let application = match tlv::find(reference, 0xC1) {
        None | Some([]) => "every application".to_owned(),
        Some(hash) => hex::encode_upper(hash),
    };
    let commands = match tlv::find(rights, 0xD0) {
        None => "not said".to_owned(),
        Some([0x00]) => "never".to_owned(),
        Some([0x01]) => "always".to_owned(),
        Some(filters) => filters
            .chunks(8)
            .map(|filter| {
                let (header, mask) = filter.split_at(filter.len().min(4));
                format!("{}/{}", hex::encode_upper(header), hex::encode_upper(mask))
            })
            .collect::<Vec<_>>()
            .join(", "),
    };
    AccessRule {
        applet,
        application,
        package: tlv::find(reference, 0xCA).map(|name| String::from_utf8_lossy(name).into_owned()),
        commands,
        events: tlv::find(rights, 0xD1).map(|value| value == [0x01]),
        permissions: tlv::find(rights, 0xDB).map(hex::encode_upper),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::InProcess;

    /// martinpaljak/GlobalPlatformPro, `TestSEAC`: a rule with a hash alone.
    const PUBLISHED: &str = "FF401AE218E116C114A90D0190BFC879DBE161A3DF66B6352C68B85C18";

    fn rules(text: &str) -> Result<Vec<AccessRule>, Error> {
        access_rules(&hex::decode(text.replace(' ', "")).unwrap())
    }

    #[test]
    fn published_rule() {
        let rules = rules(PUBLISHED).unwrap();
        assert_eq!(rules.len(), 1);
        assert_eq!(
            rules[0].application,
            "A90D0190BFC879DBE161A3DF66B6352C68B85C18"
        );
        assert_eq!(rules[0].applet, "every applet");
        assert_eq!(rules[0].commands, "not said");
    }

    #[test]
    fn each_part_in_words() {
        let all = rules(
            "FF4044 E212 E109 4F05A000000001 C100 E305 D00101 D100 \
             E212 E104 4F00 C100 E30A D008 00A40400FFFFFF00 \
             E21A E106 C000 CA024142 E310 D00100 D10101 DB080000000000000001",
        )
        .unwrap();
        assert_eq!(
            (all[0].applet.as_str(), all[0].commands.as_str()),
            ("A000000001", "always")
        );
        assert_eq!(all[0].application, "every application");
        assert_eq!(all[0].events, Some(false));
        assert_eq!(all[1].commands, "00A40400/FFFFFF00");
        assert!(all[1].applet.contains("without a rule"));
        assert_eq!(
            (all[2].events, all[2].package.as_deref()),
            (Some(true), Some("AB"))
        );
        assert_eq!(all[2].permissions.as_deref(), Some("0000000000000001"));
        assert!(all[2].applet.contains("by default") && all[2].commands == "never");
        assert!(rules("FF4003 E10100").is_err());
        assert!(rules("E100").is_err());
        assert_eq!(rules("FF4000").unwrap(), []);
        assert_eq!(rules("").unwrap(), []);
    }

    /// A card that gives the list in two parts, and one without an ARA-M.
    #[test]
    fn a_long_list_comes_in_parts() {
        let bytes = hex::decode(PUBLISHED).unwrap();
        let card = InProcess::new("table", move |command: &[u8]| {
            let part: &[u8] = match command {
                [_, 0xA4, ..] => &[],
                [_, 0xCA, 0xFF, 0x40, ..] => &bytes[..10],
                [_, 0xCA, 0xFF, 0x60, ..] => &bytes[10..],
                _ => return vec![0x6D, 0x00],
            };
            [part, &[0x90, 0x00]].concat()
        });
        let mut session = Session::select(card, None).unwrap();
        assert_eq!(session.access_rules().unwrap().unwrap().len(), 1);
        let card = InProcess::new("none", |command: &[u8]| match command {
            [_, _, _, _, 0x09, ..] => vec![0x6A, 0x82],
            _ => vec![0x90, 0x00],
        });
        let mut session = Session::select(card, None).unwrap();
        assert_eq!(session.access_rules().unwrap(), None);
    }
}
