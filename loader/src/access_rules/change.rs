//! Access rules written: STORE DATA to the access rule application master, through its security domain (GPD Secure
//! Element Access Control 1.1, §4.3).

use std::str::FromStr;

use apdu_spec::Aid;

use crate::error::Error;
use crate::session::Session;
use crate::tlv;
use crate::transport::Transport;

/// Which applets a rule is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Applets {
    /// One.
    One(Aid),
    /// The one that is selected by default.
    Default,
    /// Every one that has no rule of its own.
    Others,
}

/// What an application of the device may send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Commands {
    /// Nothing.
    Never,
    /// Everything.
    Always,
    /// What one of these lets through: a header of four bytes, and which of its bits count.
    Filtered(Vec<([u8; 4], [u8; 4])>),
}

/// An access rule to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRule {
    /// The applets.
    pub applets: Applets,
    /// The application of the device, by the hash of its certificate: SHA-1 or SHA-256. `None` is every one.
    pub application: Option<Vec<u8>>,
    /// Its package on Android.
    pub package: Option<String>,
    /// What it may send.
    pub commands: Commands,
    /// Whether it hears of contactless transactions; `None` leaves that to the device.
    pub events: Option<bool>,
}

/// `default`, `others`, or an AID in hexadecimal.
impl FromStr for Applets {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "default" => Ok(Self::Default),
            "others" => Ok(Self::Others),
            aid => hex::decode(aid)
                .ok()
                .and_then(|bytes| Aid::new(&bytes).ok())
                .map(Self::One)
                .ok_or_else(|| {
                    format!("{aid} is no AID in hexadecimal, nor `default`, nor `others`")
                }),
        }
    }
}

/// `never`, `always`, or filters between commas, each `HEADER/MASK` of eight hexadecimal digits each.
impl FromStr for Commands {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let four = |digits: &str| {
            let mut bytes = [0; 4];
            hex::decode_to_slice(digits, &mut bytes)
                .ok()
                .map(|()| bytes)
        };
        match text {
            "never" => Ok(Self::Never),
            "always" => Ok(Self::Always),
            filters => filters
                .split(',')
                .map(|filter| {
                    let parts = filter.split_once('/');
                    parts
                        .and_then(|(header, mask)| Some((four(header)?, four(mask)?)))
                        .ok_or_else(|| {
                            format!("{filter}: expected never, always, or HEADER/MASK, four bytes each: 00A40400/FFFFFF00")
                        })
                })
                .collect::<Result<_, _>>()
                .map(Self::Filtered),
        }
    }
}

impl NewRule {
    /// The reference, REF-DO.
    fn reference(&self) -> Result<Vec<u8>, Error> {
        let mut parts = match &self.applets {
            Applets::One(aid) => tlv::object(0x4F, aid.as_bytes()),
            Applets::Default => tlv::object(0xC0, &[]),
            Applets::Others => tlv::object(0x4F, &[]),
        };
        let application = self.application.as_deref().unwrap_or_default();
        if !matches!(application.len(), 0 | 20 | 32) {
            return Err(Error::Unsendable(format!(
                "the hash of a certificate has 20 bytes (SHA-1) or 32 (SHA-256), not {}",
                application.len()
            )));
        }
        parts.extend(tlv::object(0xC1, application));
        if let Some(package) = &self.package {
            if package.is_empty() || package.len() > 127 {
                return Err(Error::Unsendable(
                    "the name of a package has 1 to 127 bytes".to_owned(),
                ));
            }
            parts.extend(tlv::object(0xCA, package.as_bytes()));
        }
        Ok(tlv::object(0xE1, &parts))
    }

    /// The rule as a whole, REF-AR-DO.
    fn data(&self) -> Result<Vec<u8>, Error> {
        let commands = match &self.commands {
            Commands::Never => vec![0x00],
            Commands::Always => vec![0x01],
            Commands::Filtered(filters) if filters.is_empty() => {
                return Err(Error::Unsendable("there are no filters".to_owned()));
            }
            Commands::Filtered(filters) => filters
                .iter()
                .flat_map(|(header, mask)| [*header, *mask].concat())
                .collect(),
        };
        let mut rights = tlv::object(0xD0, &commands);
        if let Some(events) = self.events {
            rights.extend(tlv::object(0xD1, &[u8::from(events)]));
        }
        let rule = [self.reference()?, tlv::object(0xE3, &rights)].concat();
        Ok(tlv::object(0xE2, &rule))
    }
}

/// STORE DATA: BER-TLV (GPCS 2.3.1 table 11-89).
const BER_TLV: u8 = 0x10;
const STORE: u16 = 0xF0;
const DELETE: u16 = 0xF1;

impl<T: Transport> Session<T> {
    /// Adds a rule to the ARA-M, or puts it in the place of the one for the same applets and application. The session is
    /// one with the security domain that the ARA-M belongs to.
    ///
    /// # Errors
    /// [`Error`].
    pub fn add_access_rule(&mut self, rule: &NewRule) -> Result<(), Error> {
        let data = tlv::object(STORE, &rule.data()?);
        self.store_access_rules(&data)
    }

    /// Takes the rule for the same applets and application off, whatever it lets through.
    ///
    /// # Errors
    /// [`Error`]; the ARA-M refuses with 6A88 where there is none.
    pub fn remove_access_rule(&mut self, rule: &NewRule) -> Result<(), Error> {
        let data = tlv::object(DELETE, &rule.reference()?);
        self.store_access_rules(&data)
    }

    fn store_access_rules(&mut self, data: &[u8]) -> Result<(), Error> {
        let master =
            Aid::new(super::ARA_M).map_err(|error| Error::Unsendable(error.to_string()))?;
        self.install_for_personalization(&master)?;
        self.store_data(BER_TLV, data)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::InProcess;
    use std::cell::RefCell;
    use std::rc::Rc;

    fn rule(applets: &str, application: Option<Vec<u8>>, commands: &str) -> NewRule {
        NewRule {
            applets: applets.parse().unwrap(),
            application,
            package: None,
            commands: commands.parse().unwrap(),
            events: None,
        }
    }

    /// An ARA-M that keeps its rules, and gives them back as the standard says.
    fn master(kept: Rc<RefCell<Vec<Vec<u8>>>>) -> InProcess<impl FnMut(&[u8]) -> Vec<u8>> {
        let mut personalised = false;
        InProcess::new("ARA-M", move |command: &[u8]| {
            let ok = |data: Vec<u8>| [data, vec![0x90, 0x00]].concat();
            match command {
                [_, 0xE6, 0x20, 0x00, ..] => {
                    personalised = command.windows(9).any(|part| part == super::super::ARA_M);
                    ok(vec![0x00])
                }
                [_, 0xE2, 0x90, 0x00, length, data @ ..] if personalised => {
                    let data = &data[..usize::from(*length)];
                    let reference = |rule: &[u8]| {
                        let parts = tlv::all(rule);
                        tlv::find(&parts, 0xE1).map(<[u8]>::to_vec)
                    };
                    let (tag, value) = tlv::all(data)[0];
                    let mut kept = kept.borrow_mut();
                    let before = kept.len();
                    let inner = tlv::all(value);
                    let wanted = match tag {
                        0xF0 => reference(inner[0].1),
                        _ => Some(inner[0].1.to_vec()),
                    };
                    kept.retain(|rule| reference(tlv::all(rule)[0].1) != wanted);
                    match tag {
                        0xF0 => kept.push(value.to_vec()),
                        _ if kept.len() == before => return vec![0x6A, 0x88],
                        _ => (),
                    }
                    ok(Vec::new())
                }
                [_, 0xCA, 0xFF, 0x40, ..] => ok(tlv::object(0xFF40, &kept.borrow().concat())),
                [_, 0xA4, ..] => ok(Vec::new()),
                _ => vec![0x6D, 0x00],
            }
        })
    }

    #[test]
    fn rules_that_were_written_are_read_as_meant() {
        let kept = Rc::new(RefCell::new(Vec::new()));
        let mut session = Session::select(master(Rc::clone(&kept)), None).unwrap();
        let hash = vec![0xA9; 20];
        let one = NewRule {
            package: Some("jp.example".to_owned()),
            events: Some(true),
            ..rule("D392F000260100000001", Some(hash.clone()), "always")
        };
        session.add_access_rule(&one).unwrap();
        let filtered = rule("others", None, "00A40400/FFFFFF00,80CA0000/FFFF0000");
        session.add_access_rule(&filtered).unwrap();
        session
            .add_access_rule(&rule("default", None, "never"))
            .unwrap();
        let rules = session.access_rules().unwrap().unwrap();
        assert_eq!(rules.len(), 3);
        assert_eq!(rules[0].applet, "D392F000260100000001");
        assert_eq!(rules[0].application, hex::encode_upper(&hash));
        assert_eq!(rules[0].package.as_deref(), Some("jp.example"));
        assert_eq!(
            (rules[0].commands.as_str(), rules[0].events),
            ("always", Some(true))
        );
        assert_eq!(rules[1].commands, "00A40400/FFFFFF00, 80CA0000/FFFF0000");
        assert_eq!(rules[2].commands, "never");
        // The same applets and application again: the rule is replaced.
        let never = NewRule {
            commands: Commands::Never,
            ..one.clone()
        };
        session.add_access_rule(&never).unwrap();
        assert_eq!(session.access_rules().unwrap().unwrap().len(), 3);
        session.remove_access_rule(&one).unwrap();
        let rules = session.access_rules().unwrap().unwrap();
        assert_eq!(rules.len(), 2);
        let error = session.remove_access_rule(&one).unwrap_err();
        assert!(error.to_string().contains("6A88"), "{error}");
    }

    #[test]
    fn what_is_no_rule_is_refused() {
        assert!("D3".parse::<Applets>().is_err());
        assert!(
            "sometimes"
                .parse::<Commands>()
                .unwrap_err()
                .contains("HEADER/MASK")
        );
        assert!("00A404/FFFFFF00".parse::<Commands>().is_err());
        let wrong = rule("others", Some(vec![1; 19]), "always");
        assert!(wrong.data().unwrap_err().to_string().contains("20 bytes"));
        let empty = NewRule {
            commands: Commands::Filtered(Vec::new()),
            ..rule("others", None, "always")
        };
        assert!(empty.data().is_err());
    }
}
