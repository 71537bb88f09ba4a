//! What is on the card: GET STATUS (GPCS 2.3.1 §11.4), asked for and put in order.

use apdu_spec::{Aid, StatusWord};

use crate::error::{Error, Refusal};
use crate::session::Session;
use crate::tlv;
use crate::transport::Transport;

/// An application: an applet instance, or a security domain.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Application {
    /// Its AID.
    #[serde(serialize_with = "crate::hexadecimal::aid")]
    pub aid: Aid,
    /// Its life-cycle state as coded; [`Application::state`] names it.
    pub life_cycle: u8,
    /// Its privileges, three bytes; where the card told one, the others are zero.
    pub privileges: [u8; 3],
    /// The load file it was made from, where the card told.
    #[serde(serialize_with = "crate::hexadecimal::optional_aid")]
    pub load_file: Option<Aid>,
    /// The security domain it belongs to, where the card told.
    #[serde(serialize_with = "crate::hexadecimal::optional_aid")]
    pub domain: Option<Aid>,
}

/// An executable load file: a package.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct LoadFile {
    /// Its AID.
    #[serde(serialize_with = "crate::hexadecimal::aid")]
    pub aid: Aid,
    /// Its version, major and minor, where the card told.
    pub version: Option<(u8, u8)>,
    /// Its life-cycle state as coded.
    pub life_cycle: u8,
    /// The AIDs of its modules, in hexadecimal in reports.
    #[serde(serialize_with = "modules")]
    pub modules: Vec<Aid>,
    /// The security domain it belongs to, where the card told.
    #[serde(serialize_with = "crate::hexadecimal::optional_aid")]
    pub domain: Option<Aid>,
}

fn modules<S: serde::Serializer>(modules: &[Aid], to: S) -> Result<S::Ok, S::Error> {
    to.collect_seq(modules.iter().map(|aid| hex::encode_upper(aid.as_bytes())))
}

/// Everything on a card.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct CardContent {
    /// The issuer security domain; its life-cycle state is that of the card.
    pub issuer: Application,
    /// Applications and supplementary security domains.
    pub applications: Vec<Application>,
    /// Load files.
    pub load_files: Vec<LoadFile>,
}

/// The longest listing that is believed, in bytes: some thousand entries.
const LONGEST: usize = 100_000;

/// The life cycle of what was not asked for it.
pub(crate) const NOT_ASKED: u8 = 0x00;

/// What the entries of one GET STATUS are about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Scope {
    Issuer = 0x80,
    Applications = 0x40,
    LoadFiles = 0x20,
    LoadFilesAndModules = 0x10,
}

/// One entry in either form.
struct Entry {
    aid: Aid,
    life_cycle: u8,
    privileges: [u8; 3],
    load_file: Option<Aid>,
    domain: Option<Aid>,
    version: Option<(u8, u8)>,
    modules: Vec<Aid>,
}

impl<T: Transport> Session<T> {
    /// Lists what is on the card.
    ///
    /// # Errors
    /// [`Error::Refused`] without an open session; [`Error::Response`].
    pub fn content(&mut self) -> Result<CardContent, Error> {
        let issuer = self
            .entries(Scope::Issuer)?
            .into_iter()
            .next()
            .ok_or(Error::Response {
                command: "GET STATUS",
                expected: "an issuer security domain",
                found: "nothing".to_owned(),
            })?;
        self.content_below(issuer.application(), |_| true)
    }

    /// What a flash has to know of what is on the card: as [`Session::content`], but of the issuer security domain only
    /// whether it is locked, which was told when it was selected; and of load files those that applications are made
    /// from, or all of them where `wants_all` of what is known by then. Where a supplementary domain is selected, the
    /// whole.
    ///
    /// # Errors
    /// As [`Session::content`].
    pub fn content_for_loading(
        &mut self,
        wants_all: impl FnOnce(&CardContent) -> bool,
    ) -> Result<CardContent, Error> {
        match self.presumed_empty() {
            Some(nothing) => self.content_below(nothing.issuer, wants_all),
            None => self.content(),
        }
    }

    /// A card with nothing on it, of which is known what was told when the domain was selected; `None` where that did not
    /// tell its AID.
    pub fn presumed_empty(&self) -> Option<CardContent> {
        let mut content = CardContent::empty(Aid::new(self.domain()).ok()?);
        content.issuer.life_cycle = if self.is_locked() { 0x7F } else { NOT_ASKED };
        Some(content)
    }

    fn content_below(
        &mut self,
        issuer: Application,
        wants_all: impl FnOnce(&CardContent) -> bool,
    ) -> Result<CardContent, Error> {
        let applications = self.entries(Scope::Applications)?;
        let mut content = CardContent {
            issuer,
            applications: applications.into_iter().map(Entry::application).collect(),
            load_files: Vec::new(),
        };
        content.load_files = content.named_load_files();
        if wants_all(&content) {
            let load_files = match self.entries(Scope::LoadFilesAndModules) {
                // Not every card lists modules.
                Err(Error::Refused(_)) => self.entries(Scope::LoadFiles)?,
                other => other?,
            };
            content.load_files = merge(load_files);
        }
        for application in &content.applications {
            if let Some(load_file) = application.load_file {
                self.know_origin(application.aid, load_file);
            }
        }
        Ok(content)
    }

    fn entries(&mut self, scope: Scope) -> Result<Vec<Entry>, Error> {
        match self.pages(scope, 0x02) {
            Ok(bytes) => objects(&bytes),
            // Before GPCS 2.2 there was only the deprecated form.
            Err(Error::Refused(Refusal {
                status: StatusWord(0x6A86),
                ..
            })) => short_form(&self.pages(scope, 0x00)?, scope),
            Err(error) => Err(error),
        }
    }

    /// All pages of a listing.
    fn pages(&mut self, scope: Scope, form: u8) -> Result<Vec<u8>, Error> {
        let mut all = Vec::new();
        let mut next = 0x00;
        loop {
            let command = [0x80, 0xF2, scope as u8, form | next, 0x02, 0x4F, 0x00, 0x00];
            let answer = self.send(&command)?;
            let progressed = !answer.data.is_empty() && all.len() <= LONGEST;
            all.extend(answer.data);
            match answer.status {
                StatusWord(0x6310) if progressed => next = 0x01,
                StatusWord::SUCCESS => return Ok(all),
                // Nothing there.
                StatusWord(0x6A88) => return Ok(all),
                status => return Err(Refusal::new(&command, status).into()),
            }
        }
    }
}

fn refuse(expected: &'static str, found: &[u8]) -> Error {
    Error::Response {
        command: "GET STATUS",
        expected,
        found: hex::encode_upper(found),
    }
}

/// The form with data objects: E3 for each entry.
fn objects(bytes: &[u8]) -> Result<Vec<Entry>, Error> {
    let entries = tlv::all(bytes);
    if entries.is_empty() && !bytes.is_empty() {
        return Err(refuse("entries with tag E3", bytes));
    }
    entries
        .into_iter()
        .map(|(tag, value)| {
            let fields = tlv::all(value);
            let aid = |tag| tlv::find(&fields, tag).and_then(|bytes| Aid::new(bytes).ok());
            let (0xE3, Some(own)) = (tag, aid(0x4F)) else {
                return Err(refuse("an entry with tag E3 and an AID", value));
            };
            let mut privileges = [0; 3];
            let told = tlv::find(&fields, 0xC5).unwrap_or_default();
            for (to, from) in privileges.iter_mut().zip(told) {
                *to = *from;
            }
            Ok(Entry {
                aid: own,
                life_cycle: tlv::find(&fields, 0x9F70)
                    .and_then(|bytes| bytes.first().copied())
                    .unwrap_or(0),
                privileges,
                load_file: aid(0xC4),
                domain: aid(0xCC),
                version: match tlv::find(&fields, 0xCE) {
                    Some(&[major, minor]) => Some((major, minor)),
                    _ => None,
                },
                modules: fields
                    .iter()
                    .filter(|(tag, _)| *tag == 0x84)
                    .filter_map(|(_, bytes)| Aid::new(bytes).ok())
                    .collect(),
            })
        })
        .collect()
}

/// The deprecated form (GPCS 2.3.1 tables 11-35 and 11-37): every AID behind its length.
fn short_form(mut bytes: &[u8], scope: Scope) -> Result<Vec<Entry>, Error> {
    let whole = bytes;
    let mut entries = Vec::new();
    while !bytes.is_empty() {
        let mut entry = || {
            let own = take_aid(&mut bytes)?;
            let (&[life_cycle, privileges], rest) = bytes.split_first_chunk::<2>()?;
            bytes = rest;
            let mut modules = Vec::new();
            if scope == Scope::LoadFilesAndModules {
                let (&count, rest) = bytes.split_first()?;
                bytes = rest;
                for _ in 0..count {
                    modules.push(take_aid(&mut bytes)?);
                }
            }
            Some(Entry {
                aid: own,
                life_cycle,
                privileges: [privileges, 0, 0],
                load_file: None,
                domain: None,
                version: None,
                modules,
            })
        };
        entries.push(entry().ok_or_else(|| refuse("entries behind their lengths", whole))?);
    }
    Ok(entries)
}

fn take_aid(bytes: &mut &[u8]) -> Option<Aid> {
    let (&length, rest) = bytes.split_first()?;
    let (aid, rest) = rest.split_at_checked(usize::from(length))?;
    *bytes = rest;
    Aid::new(aid).ok()
}

/// Load files; a card may spread the modules of one over several entries.
fn merge(entries: Vec<Entry>) -> Vec<LoadFile> {
    let mut files: Vec<LoadFile> = Vec::new();
    for entry in entries {
        if let Some(file) = files.iter_mut().find(|file| file.aid == entry.aid) {
            file.modules.extend(entry.modules);
        } else {
            files.push(LoadFile {
                aid: entry.aid,
                version: entry.version,
                life_cycle: entry.life_cycle,
                modules: entry.modules,
                domain: entry.domain,
            });
        }
    }
    files
}

impl Entry {
    fn application(self) -> Application {
        Application {
            aid: self.aid,
            life_cycle: self.life_cycle,
            privileges: self.privileges,
            load_file: self.load_file,
            domain: self.domain,
        }
    }
}

/// Every privilege: its byte, its bits, its name (GPCS 2.3.1 tables 11-7 to 11-9).
const PRIVILEGES: [(usize, u8, &str); 20] = [
    (0, 0x80, "security domain"),
    (0, 0xC1, "mandated DAP verification"),
    (0, 0xC0, "DAP verification"),
    (0, 0xA0, "delegated management"),
    (0, 0x10, "card lock"),
    (0, 0x08, "card terminate"),
    (0, 0x04, "card reset"),
    (0, 0x02, "CVM management"),
    (1, 0x80, "trusted path"),
    (1, 0x40, "authorized management"),
    (1, 0x20, "token verification"),
    (1, 0x10, "global delete"),
    (1, 0x08, "global lock"),
    (1, 0x04, "global registry"),
    (1, 0x02, "final application"),
    (1, 0x01, "global service"),
    (2, 0x80, "receipt generation"),
    (2, 0x40, "ciphered load file data block"),
    (2, 0x20, "contactless activation"),
    (2, 0x10, "contactless self-activation"),
];

/// The privileges with these names, as three bytes; names are as [`Application::privilege_names`] gives them, words
/// joined by spaces or by `-`.
///
/// ```
/// assert_eq!(loader::privileges(&["security-domain", "trusted path"]), Ok([0x80, 0x80, 0x00]));
/// ```
///
/// # Errors
/// Which names there are, where one is none of them.
pub fn privileges(names: &[impl AsRef<str>]) -> Result<[u8; 3], String> {
    let mut privileges = [0; 3];
    for name in names {
        let wanted = name.as_ref().replace('-', " ");
        let found = PRIVILEGES
            .into_iter()
            .find(|(_, _, known)| known.replace('-', " ").eq_ignore_ascii_case(&wanted));
        let Some((byte, mask, _)) = found else {
            let names = PRIVILEGES.map(|(_, _, name)| name.replace(' ', "-"));
            return Err(format!("{}: there is {}", name.as_ref(), names.join(", ")));
        };
        if let Some(to) = privileges.get_mut(byte) {
            *to |= mask;
        }
    }
    Ok(privileges)
}

impl Application {
    /// Whether it is a security domain.
    #[must_use]
    pub fn is_security_domain(&self) -> bool {
        let [first, ..] = self.privileges;
        first & 0x80 != 0
    }

    /// The life-cycle state in words (GPCS 2.3.1 tables 11-4 and 11-5).
    #[must_use]
    pub fn state(&self) -> &'static str {
        match self.life_cycle {
            0x03 => "INSTALLED",
            0x07 => "SELECTABLE",
            0x0F if self.is_security_domain() => "PERSONALIZED",
            0x80.. => "LOCKED",
            _ => "SELECTABLE, with a state of its own",
        }
    }

    /// The privileges in words (GPCS 2.3.1 tables 11-7 to 11-9).
    #[must_use]
    pub fn privilege_names(&self) -> Vec<&'static str> {
        let has = |byte: usize, mask: u8| {
            self.privileges
                .get(byte)
                .is_some_and(|privileges| privileges & mask == mask)
        };
        PRIVILEGES
            .into_iter()
            .filter(|(byte, mask, _)| has(*byte, *mask))
            .map(|(_, _, name)| name)
            .collect()
    }
}

impl CardContent {
    /// A card with nothing but its issuer security domain: for plans that are made without the card.
    #[must_use]
    pub fn empty(issuer: Aid) -> Self {
        Self {
            issuer: Application {
                aid: issuer,
                life_cycle: 0x0F,
                privileges: [0x80, 0, 0],
                load_file: None,
                domain: None,
            },
            applications: Vec::new(),
            load_files: Vec::new(),
        }
    }

    /// The state of the card in words (GPCS 2.3.1 table 11-6).
    #[must_use]
    pub fn card_state(&self) -> &'static str {
        match self.issuer.life_cycle {
            0x01 => "OP_READY",
            0x07 => "INITIALIZED",
            0x0F => "SECURED",
            0x7F => "CARD_LOCKED",
            0xFF => "TERMINATED",
            NOT_ASKED => "not locked",
            _ => "unknown",
        }
    }

    /// The load file with this AID.
    #[must_use]
    pub fn load_file(&self, aid: &Aid) -> Option<&LoadFile> {
        self.load_files.iter().find(|file| file.aid == *aid)
    }

    /// The load files that applications are made from, of which nothing else is known.
    fn named_load_files(&self) -> Vec<LoadFile> {
        let mut files: Vec<LoadFile> = Vec::new();
        for aid in self
            .applications
            .iter()
            .filter_map(|application| application.load_file)
        {
            if files.iter().all(|file| file.aid != aid) {
                files.push(LoadFile {
                    aid,
                    version: None,
                    life_cycle: NOT_ASKED,
                    modules: Vec::new(),
                    domain: None,
                });
            }
        }
        files
    }

    /// The application with this AID.
    #[must_use]
    pub fn application(&self, aid: &Aid) -> Option<&Application> {
        self.applications
            .iter()
            .find(|application| application.aid == *aid)
    }

    /// The applications made from a load file, as far as the card told.
    pub fn applications_of(&self, load_file: &Aid) -> impl Iterator<Item = &Application> {
        self.applications
            .iter()
            .filter(move |application| application.load_file == Some(*load_file))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(text: &str) -> Vec<u8> {
        hex::decode(text).unwrap()
    }

    /// Samsung/OpenSCP-Java, `OutputTestData`: packages and applets in the deprecated form.
    #[test]
    fn deprecated_form_of_a_real_card() {
        let packages = hex(
            "08A00000015141434C010010A0000002202003010101000000000006010010A0000002202003010101000000000011\
             010005A0000002480100",
        );
        let entries = short_form(&packages, Scope::LoadFiles).unwrap();
        assert_eq!(entries.len(), 4);
        assert_eq!(entries[3].aid.as_bytes(), hex("A000000248"));
        let applets = hex(
            "0AA9A8A7A6A5A4A3A2A1A00F800AA0A1A2A3A4A5A6A7A8A9070009A00000015141434C00070010A000000220200301\
             0301000000000011070007A00000024804000700",
        );
        let entries = short_form(&applets, Scope::Applications).unwrap();
        assert_eq!(entries.len(), 5);
        assert!(
            entries
                .into_iter()
                .next()
                .unwrap()
                .application()
                .is_security_domain()
        );
        assert!(short_form(&applets[..20], Scope::Applications).is_err());
    }

    #[test]
    fn modules_over_several_entries_are_one_load_file() {
        let entry =
            |module: &str| format!("E3184F05A0000000019F700101CE0201008407A00000000101{module}");
        let bytes = hex(&(entry("01") + &entry("02")));
        let files = merge(objects(&bytes).unwrap());
        assert_eq!(files.len(), 1);
        assert_eq!(files[0].modules.len(), 2);
        assert_eq!(files[0].version, Some((1, 0)));
        assert!(objects(&hex("E3024F00")).is_err());
        assert!(objects(&hex("0102")).is_err());
    }

    #[test]
    fn privileges_in_words() {
        let application = Application {
            aid: Aid::new(&[0; 5]).unwrap(),
            life_cycle: 0x0F,
            privileges: [0x9C, 0x18, 0],
            load_file: None,
            domain: None,
        };
        assert_eq!(
            application.privilege_names(),
            [
                "security domain",
                "card lock",
                "card terminate",
                "card reset",
                "global delete",
                "global lock"
            ]
        );
        assert_eq!(application.state(), "PERSONALIZED");
    }
}
