//! GET STATUS (GPCS 2.3.1 §11.4).

use scp::Command;

use super::authority::{has, is_above, is_above_load_file};
use super::stop::{NO_REFERENCE, Stop, WRONG_DATA, WRONG_PARAMETERS};
use super::{Answer, CardManager, OK, tlv};
use crate::aid::Aid;
use crate::quirk::Quirk;
use crate::registry::{Application, ApplicationId, LoadFile, Privileges, Registry};
use crate::runtime::Runtime;

/// P1: the issuer security domain.
const ISSUER: u8 = 0x80;
/// P1: applications and supplementary security domains.
const APPLICATIONS: u8 = 0x40;
/// P1: executable load files.
const LOAD_FILES: u8 = 0x20;
/// P1: executable load files and their modules.
const LOAD_FILES_AND_MODULES: u8 = 0x10;
/// P2: go on with the listing before.
const NEXT: u8 = 0x01;
/// P2: data objects rather than the deprecated form.
const OBJECTS: u8 = 0x02;
/// More data available.
const MORE: u16 = 0x6310;

/// The most data in one response: encrypted and with a MAC they still fit 256 bytes.
const LIMIT: usize = 239;
/// The most modules in one entry; a load file with more has several entries.
const MODULES: usize = 8;

/// The entries that are still to be told, the next one last.
#[derive(Clone, Debug)]
pub(super) struct Listing {
    p1: u8,
    format: u8,
    entries: Vec<Vec<u8>>,
}

impl CardManager {
    pub(super) fn get_status(
        &mut self,
        runtime: &Runtime,
        domain: ApplicationId,
        command: &Command,
    ) -> Result<Answer, Stop> {
        let (p1, format) = (command.p1, command.p2 & OBJECTS);
        if command.p2 & !(NEXT | OBJECTS) != 0 || !p1.is_power_of_two() || p1 < 0x10 {
            return Err(WRONG_PARAMETERS);
        }
        if format == OBJECTS && runtime.has_quirk(Quirk::UntaggedStatus)
            || p1 == LOAD_FILES_AND_MODULES && runtime.has_quirk(Quirk::NoModuleListing)
        {
            return Err(WRONG_PARAMETERS);
        }
        let mut listing = if command.p2 & NEXT == 0 {
            Listing::new(runtime, domain, p1, format, &command.data)?
        } else {
            self.pending
                .listing
                .take()
                .filter(|listing| (listing.p1, listing.format) == (p1, format))
                .ok_or(Stop::Status(0x6985))?
        };
        let mut data = Vec::new();
        while let Some(entry) = listing.entries.last() {
            if !data.is_empty() && data.len() + entry.len() > LIMIT {
                self.pending.listing = Some(listing);
                return Ok((data, MORE));
            }
            data.extend(listing.entries.pop().unwrap_or_default());
        }
        self.pending.listing = None;
        Ok((data, OK))
    }
}

impl Listing {
    fn new(
        runtime: &Runtime,
        domain: ApplicationId,
        p1: u8,
        format: u8,
        criteria: &[u8],
    ) -> Result<Self, Stop> {
        let criteria = tlv::all(criteria)?;
        let filter = Filter::new(&criteria)?;
        // Without the global registry privilege a domain sees itself and what is below it (GPCS 2.3.1 §6.6.2), and
        // the state of the card, which is the issuer's domain's.
        let sees_all = p1 == ISSUER || has(runtime, domain, Privileges::GLOBAL_REGISTRY);
        let form = Form {
            objects: format == OBJECTS,
            tags: tlv::find(&criteria, 0x5C).map(tag_list).transpose()?,
        };
        let registry = &runtime.registry;
        let mut entries = Vec::new();
        match p1 {
            ISSUER | APPLICATIONS => {
                for (id, application) in registry.applications() {
                    let is_issuer = id == ApplicationId::ISSUER_SECURITY_DOMAIN;
                    if is_issuer == (p1 == ISSUER)
                        && (sees_all || is_above(registry, domain, id))
                        && filter.takes_application(registry, application)
                    {
                        entries.push(form.application(runtime, application, is_issuer));
                    }
                }
            }
            LOAD_FILES | LOAD_FILES_AND_MODULES => {
                for (id, file) in registry.load_files() {
                    if (sees_all || is_above_load_file(registry, domain, id))
                        && filter.takes_load_file(registry, file)
                    {
                        form.load_file(runtime, file, p1 == LOAD_FILES_AND_MODULES, &mut entries);
                    }
                }
            }
            _ => return Err(WRONG_PARAMETERS),
        }
        if entries.is_empty() {
            return Err(NO_REFERENCE);
        }
        entries.reverse();
        Ok(Self {
            p1,
            format,
            entries,
        })
    }
}

/// The search criteria (GPCS 2.3.1 §11.4.2.3): the beginning of the AID, and any other object that an entry has.
struct Filter<'a> {
    prefix: &'a [u8],
    others: Vec<(u16, &'a [u8])>,
}

impl<'a> Filter<'a> {
    fn new(criteria: &[(u16, &'a [u8])]) -> Result<Self, Stop> {
        let prefix = tlv::find(criteria, 0x4F).ok_or(WRONG_DATA)?;
        let others: Vec<(u16, &'a [u8])> = criteria
            .iter()
            .filter(|(tag, _)| !matches!(tag, 0x4F | 0x5C))
            .copied()
            .collect();
        let known = |tag| matches!(tag, 0x9F70 | 0xC4 | 0xC5 | 0xCC | 0x84 | 0xCE);
        if prefix.len() > 16 || !others.iter().all(|(tag, _)| known(*tag)) {
            return Err(WRONG_DATA);
        }
        Ok(Self { prefix, others })
    }

    fn takes_application(&self, registry: &Registry, application: &Application) -> bool {
        let domain = registry.application(application.security_domain);
        let load_file = registry
            .find_module(application.module.as_bytes())
            .and_then(|(id, _)| registry.load_file(id));
        application.aid.starts_with(self.prefix)
            && self.others.iter().all(|(tag, value)| match tag {
                0x9F70 => *value == [application.life_cycle],
                // An entry has at least the privileges asked for.
                0xC5 => {
                    value.len() <= 3
                        && value
                            .iter()
                            .zip(application.privileges.0)
                            .all(|(asked, has)| has & asked == *asked)
                }
                0xCC => domain.is_some_and(|domain| domain.aid.as_bytes() == *value),
                0xC4 => load_file.is_some_and(|file| file.aid.as_bytes() == *value),
                _ => false,
            })
    }

    fn takes_load_file(&self, registry: &Registry, file: &LoadFile) -> bool {
        let domain = registry.application(file.security_domain);
        file.aid.starts_with(self.prefix)
            && self.others.iter().all(|(tag, value)| match tag {
                0x9F70 => *value == [file.life_cycle],
                0xCE => *value == [file.version.0, file.version.1],
                0x84 => file.modules.iter().any(|m| m.aid.as_bytes() == *value),
                0xCC => domain.is_some_and(|domain| domain.aid.as_bytes() == *value),
                _ => false,
            })
    }
}

/// The tags of a tag list (5C).
fn tag_list(mut bytes: &[u8]) -> Result<Vec<u16>, Stop> {
    let mut tags = Vec::new();
    while !bytes.is_empty() {
        let first = tlv::take_byte(&mut bytes)?;
        tags.push(if first & 0x1F == 0x1F {
            u16::from_be_bytes([first, tlv::take_byte(&mut bytes)?])
        } else {
            u16::from(first)
        });
    }
    Ok(tags)
}

/// How entries are written.
struct Form {
    objects: bool,
    tags: Option<Vec<u16>>,
}

impl Form {
    /// One E3 with those of the objects that are asked for.
    fn entry(&self, objects: &[(u16, &[u8])]) -> Vec<u8> {
        let wanted = |tag: u16| self.tags.as_ref().is_none_or(|tags| tags.contains(&tag));
        let content: Vec<u8> = objects
            .iter()
            .filter(|(tag, _)| wanted(*tag))
            .flat_map(|(tag, value)| tlv::object(*tag, value))
            .collect();
        tlv::object(0xE3, &content)
    }

    fn application(
        &self,
        runtime: &Runtime,
        application: &Application,
        is_issuer: bool,
    ) -> Vec<u8> {
        let registry = &runtime.registry;
        let state = if is_issuer {
            registry.card_state as u8
        } else {
            application.life_cycle
        };
        if !self.objects {
            return short_entry(&application.aid, &[state, application.privileges.0[0]]);
        }
        let load_file = registry
            .find_module(application.module.as_bytes())
            .and_then(|(id, _)| registry.load_file(id))
            .map(|file| file.aid);
        let domain = registry
            .application(application.security_domain)
            .map(|domain| domain.aid);
        let implicit: Vec<u8> = registry
            .find_application(application.aid.as_bytes())
            .map_or_else(Vec::new, |id| registry.implicit_selections(id).collect());
        let mut objects: Vec<(u16, &[u8])> = vec![
            (0x4F, application.aid.as_bytes()),
            (0x9F70, std::slice::from_ref(&state)),
            (0xC5, &application.privileges.0),
        ];
        let implicit = implicit.iter().map(std::slice::from_ref);
        objects.extend(implicit.map(|parameter| (0xCF, parameter)));
        if let Some(load_file) = &load_file {
            objects.push((0xC4, load_file.as_bytes()));
        }
        if let Some(domain) = &domain {
            objects.push((0xCC, domain.as_bytes()));
        }
        self.entry(&objects)
    }

    fn load_file(
        &self,
        runtime: &Runtime,
        file: &LoadFile,
        with_modules: bool,
        entries: &mut Vec<Vec<u8>>,
    ) {
        let modules: &[_] = if with_modules { &file.modules } else { &[] };
        let state = [file.life_cycle];
        let version = [file.version.0, file.version.1];
        let domain = runtime
            .registry
            .application(file.security_domain)
            .map(|domain| domain.aid);
        // A load file without modules has one entry too.
        let mut rest = modules;
        loop {
            let (now, later) = rest.split_at(rest.len().min(MODULES));
            if self.objects {
                let mut objects: Vec<(u16, &[u8])> = vec![
                    (0x4F, file.aid.as_bytes()),
                    (0x9F70, &state),
                    (0xCE, &version),
                ];
                objects.extend(now.iter().map(|module| (0x84, module.aid.as_bytes())));
                if let Some(domain) = &domain {
                    objects.push((0xCC, domain.as_bytes()));
                }
                entries.push(self.entry(&objects));
            } else {
                let mut entry = short_entry(&file.aid, &[file.life_cycle, 0]);
                if with_modules {
                    entry.push(u8::try_from(now.len()).unwrap_or(0));
                    for module in now {
                        entry.extend(short_entry(&module.aid, &[]));
                    }
                }
                entries.push(entry);
            }
            if later.is_empty() {
                return;
            }
            rest = later;
        }
    }
}

/// The deprecated form: the length of the AID, the AID, then the rest.
fn short_entry(aid: &Aid, rest: &[u8]) -> Vec<u8> {
    let length = u8::try_from(aid.as_bytes().len()).unwrap_or(0);
    [&[length], aid.as_bytes(), rest].concat()
}
