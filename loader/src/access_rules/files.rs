//! Access rules as files: the access rule files (ARF) of a UICC, below its PKCS #15 application (GPD Secure Element
//! Access Control 1.1, §7 and annex C). Devices look there where there is no access rule application master.

use apdu_spec::StatusWord;

use super::AccessRule;
use crate::error::{Error, Refusal};
use crate::session::Session;
use crate::tlv;
use crate::transport::Transport;

/// The AID of the PKCS #15 application.
const PKCS15: &[u8] = &[
    0xA0, 0x00, 0x00, 0x00, 0x63, 0x50, 0x4B, 0x43, 0x53, 0x2D, 0x31, 0x35,
];
/// EF(ODF), which tells where everything is (PKCS #15 §5.3.1).
const ODF: &[u8] = &[0x50, 0x31];
/// The object identifier of access control, 1.2.840.114283.200.1.1.
const ACCESS_CONTROL: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xFC, 0x6B, 0x81, 0x48, 0x01, 0x01];
/// The longest file that is believed, in bytes, and the most files.
const LONGEST: usize = 0x8000;
const MOST: usize = 256;

const SEQUENCE: u32 = 0x30;
const OCTETS: u32 = 0x04;
const OBJECT_IDENTIFIER: u32 = 0x06;

type Objects<'a> = Vec<(u32, &'a [u8])>;

impl<T: Transport> Session<T> {
    /// The access rules of the ARF; `None` where the card has none. No key is needed.
    ///
    /// # Errors
    /// [`Error::Transport`]; [`Error::Refused`]; [`Error::Response`] for files that are none.
    pub fn access_rule_files(&mut self) -> Result<Option<Vec<AccessRule>>, Error> {
        let mut select = vec![0x00, 0xA4, 0x04, 0x00];
        select.push(u8::try_from(PKCS15.len()).unwrap_or(0));
        select.extend_from_slice(PKCS15);
        select.push(0x00);
        let answer = self.send(&select)?;
        if matches!(answer.status, StatusWord(0x6A82 | 0x6A81 | 0x6D00)) {
            return Ok(None);
        }
        if !answer.status.is_success() {
            return Err(Refusal::new(&select, answer.status).into());
        }
        let directory = self.rule_file(ODF, "EF(ODF)")?;
        // Data objects: tag A7.
        let objects = tlv::all(&directory);
        let Some(objects) = tlv::find(&objects, 0xA7).and_then(path) else {
            return Ok(None);
        };
        let data_objects = self.rule_file(objects, "EF(DODF)")?;
        let Some(main) = access_control(&data_objects, 0) else {
            return Ok(None);
        };
        let main = self.rule_file(&main, "EF(ACMain)")?;
        let outer = tlv::all(&main);
        let rules = tlv::find(&outer, SEQUENCE)
            .and_then(path)
            .ok_or_else(|| refuse("EF(ACMain)", "a refresh tag and a path", &main))?
            .to_vec();
        let rules = self.rule_file(&rules, "EF(ACRules)")?;
        let mut found = Vec::new();
        for (tag, rule) in tlv::all(&rules).into_iter().take(MOST) {
            let parts = tlv::all(rule);
            let (applet, conditions) = match (tag, applet(&parts), path(rule)) {
                (SEQUENCE, Some(applet), Some(conditions)) => (applet, conditions.to_vec()),
                _ => return Err(refuse("EF(ACRules)", "applets and a path", &rules)),
            };
            let conditions = self.rule_file(&conditions, "EF(ACConditions)")?;
            found.extend(with_conditions(&applet, &conditions)?);
        }
        Ok(Some(found))
    }

    /// Selects a file by its path and reads it whole.
    fn rule_file(&mut self, path: &[u8], name: &'static str) -> Result<Vec<u8>, Error> {
        // A path of one file is one below the application; a longer one begins at the master file.
        let (p1, path) = match path {
            [_, _] => (0x00, path),
            [0x3F, 0x00, rest @ ..] => (0x08, rest),
            other => (0x08, other),
        };
        let length = u8::try_from(path.len()).map_err(|_| refuse(name, "a short path", path))?;
        let command = [&[0x00, 0xA4, p1, 0x04, length], path, &[0x00]].concat();
        self.command(&command)?;
        let mut content: Vec<u8> = Vec::new();
        while content.len() < LONGEST {
            let [high, low] = u16::try_from(content.len())
                .unwrap_or(u16::MAX)
                .to_be_bytes();
            let command = [0x00, 0xB0, high, low, 0x00];
            let answer = self.send(&command)?;
            match answer.status {
                StatusWord::SUCCESS if !answer.data.is_empty() => content.extend(answer.data),
                // The end of the file came before that of what was asked for.
                StatusWord(0x6282) => {
                    content.extend(answer.data);
                    break;
                }
                // There is nothing behind the end.
                StatusWord::SUCCESS | StatusWord(0x6B00 | 0x6700) => break,
                status => return Err(Refusal::new(&command, status).into()),
            }
        }
        // Files are longer than what is in them: what is left is FF or 00.
        Ok(content)
    }
}

fn refuse(command: &'static str, expected: &'static str, found: &[u8]) -> Error {
    Error::Response {
        command,
        expected,
        found: hex::encode_upper(found),
    }
}

/// The path in a structure: a sequence that begins with an octet string, somewhere right below it.
fn path(value: &[u8]) -> Option<&[u8]> {
    tlv::all(value)
        .into_iter()
        .filter(|(tag, _)| *tag == SEQUENCE)
        .find_map(|(_, inner)| match tlv::all(inner).first() {
            Some((OCTETS, path)) if path.len() >= 2 => Some(*path),
            _ => None,
        })
}

/// The path of EF(ACMain): what stands beside the object identifier of access control.
fn access_control(value: &[u8], depth: usize) -> Option<Vec<u8>> {
    if depth > 8 {
        return None;
    }
    let objects: Objects<'_> = tlv::all(value);
    if objects.contains(&(OBJECT_IDENTIFIER, ACCESS_CONTROL)) {
        return path(value).map(<[u8]>::to_vec);
    }
    objects
        .into_iter()
        .filter(|(tag, _)| tag & 0x20 != 0)
        .find_map(|(_, inner)| access_control(inner, depth + 1))
}

/// The applets that a rule is about.
fn applet(parts: &[(u32, &[u8])]) -> Option<String> {
    parts.iter().find_map(|(tag, value)| match tag {
        0xA0 => {
            let inner = tlv::all(value);
            tlv::find(&inner, OCTETS).map(hex::encode_upper)
        }
        0x81 => Some("the applet selected by default".to_owned()),
        0x82 => Some("every applet without a rule of its own".to_owned()),
        _ => None,
    })
}

/// One rule for each condition. A file without any lets nobody through.
fn with_conditions(applet: &str, file: &[u8]) -> Result<Vec<AccessRule>, Error> {
    let rule = |application: String, commands: String, events| AccessRule {
        applet: applet.to_owned(),
        application,
        package: None,
        commands,
        events,
        permissions: None,
    };
    let conditions: Vec<&[u8]> = tlv::all(file)
        .into_iter()
        .take_while(|(tag, _)| *tag == SEQUENCE)
        .map(|(_, value)| value)
        .collect();
    if conditions.is_empty() {
        let every = "every application".to_owned();
        return Ok(vec![rule(every, "never".to_owned(), None)]);
    }
    conditions
        .into_iter()
        .map(|condition| {
            let parts = tlv::all(condition);
            let application = match tlv::find(&parts, OCTETS) {
                None | Some([]) => "every application".to_owned(),
                Some(hash) if matches!(hash.len(), 20 | 32) => hex::encode_upper(hash),
                Some(_) => {
                    return Err(refuse("EF(ACConditions)", "a hash of 20 or 32 bytes", file));
                }
            };
            let rights = tlv::find(&parts, 0xA0).map(tlv::all);
            let Some(rights) = rights else {
                // A hash alone, or nothing at all, is every command.
                return Ok(rule(application, "always".to_owned(), None));
            };
            let commands = match tlv::find(&rights, 0xA0).map(tlv::all) {
                None => "not said".to_owned(),
                Some(commands) => match commands.first() {
                    Some((0x80, [0x00])) => "never".to_owned(),
                    Some((0x80, _)) => "always".to_owned(),
                    Some((0xA1, filters)) => tlv::all(filters)
                        .into_iter()
                        .map(|(_, filter)| {
                            let (header, mask) = filter.split_at(filter.len().min(4));
                            format!("{}/{}", hex::encode_upper(header), hex::encode_upper(mask))
                        })
                        .collect::<Vec<_>>()
                        .join(", "),
                    _ => return Err(refuse("EF(ACConditions)", "rights to commands", file)),
                },
            };
            let events = tlv::find(&rights, 0xA1)
                .map(tlv::all)
                .and_then(|events| events.first().map(|(_, value)| *value == [0x01]));
            Ok(rule(application, commands, events))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::InProcess;

    /// A card with files by their path, padded with FF as on cards.
    fn card(files: Vec<(&'static str, String)>) -> InProcess<impl FnMut(&[u8]) -> Vec<u8>> {
        let files: Vec<(Vec<u8>, Vec<u8>)> = files
            .into_iter()
            .map(|(path, content)| {
                let content = hex::decode(content.replace(' ', "")).unwrap();
                let padded = [content, vec![0xFF; 7]].concat();
                (hex::decode(path).unwrap(), padded)
            })
            .collect();
        let mut selected: Option<usize> = None;
        InProcess::new("UICC", move |command: &[u8]| match command {
            [_, 0xA4, 0x04, ..] if files.is_empty() && command.len() > 6 => vec![0x6A, 0x82],
            [_, 0xA4, 0x04, ..] => vec![0x90, 0x00],
            [_, 0xA4, _, _, length, path @ ..] => {
                let path = &path[..usize::from(*length)];
                selected = files.iter().position(|(name, _)| name == path);
                match selected {
                    Some(_) => vec![0x90, 0x00],
                    None => vec![0x6A, 0x82],
                }
            }
            [_, 0xB0, high, low, ..] => {
                let content = &files[selected.unwrap()].1;
                let offset = usize::from(u16::from_be_bytes([*high, *low]));
                match content.get(offset..) {
                    None | Some([]) => vec![0x6B, 0x00],
                    // In small pieces.
                    Some(rest) => [&rest[..rest.len().min(16)], &[0x90, 0x00]].concat(),
                }
            }
            _ => vec![0x6D, 0x00],
        })
    }

    fn rules(conditions: &str) -> Result<Option<Vec<AccessRule>>, Error> {
        let files = vec![
            ("5031", "A706 3004 0402 5207".to_owned()),
            (
                "5207",
                "A11A300F0C0D4750205345204163632043746C3000A10530030A0100A11A30003000A1143012060A\
                 2A864886FC6B81480101300404024300"
                    .to_owned(),
            ),
            ("4300", "301004080102030405060708300404024310".to_owned()),
            (
                "4310",
                "3011A0070405A000000001300604047F5043113008820030040402431230088100300404024313"
                    .to_owned(),
            ),
            ("7F504311", conditions.replace(' ', "")),
            ("4312", String::new()),
            ("4313", "3000".to_owned()),
        ];
        Session::select(card(files), None)
            .unwrap()
            .access_rule_files()
    }

    /// The form of the specification's annex C, which Android's access control reads too.
    #[test]
    fn files_are_read_as_the_same_table() {
        let hash = "A9".repeat(20);
        let plain = format!("3016 0414 {hash}");
        let found = rules(&plain).unwrap().unwrap();
        let told: Vec<(&str, &str, &str)> = found
            .iter()
            .map(|rule| {
                (
                    rule.applet.as_str(),
                    rule.application.as_str(),
                    rule.commands.as_str(),
                )
            })
            .collect();
        assert_eq!(
            told,
            [
                ("A000000001", hash.as_str(), "always"),
                (
                    "every applet without a rule of its own",
                    "every application",
                    "never"
                ),
                (
                    "the applet selected by default",
                    "every application",
                    "always"
                ),
            ]
        );
        let filtered = format!("30260414{hash}A00EA00CA10A040800A40400FFFFFF00");
        let found = rules(&filtered).unwrap();
        assert_eq!(found.unwrap()[0].commands, "00A40400/FFFFFF00");
        let events = format!("30220414{hash}A00AA003800100A103800101");
        let found = rules(&events).unwrap().unwrap();
        assert_eq!(
            (found[0].commands.as_str(), found[0].events),
            ("never", Some(true))
        );
        assert!(rules("3003 0401 00").is_err());
    }

    #[test]
    fn a_card_without_them_has_none() {
        let mut session = Session::select(card(Vec::new()), None).unwrap();
        assert_eq!(session.access_rule_files().unwrap(), None);
        let empty = vec![("5031", String::new())];
        let mut session = Session::select(card(empty), None).unwrap();
        assert_eq!(session.access_rule_files().unwrap(), None);
    }
}
