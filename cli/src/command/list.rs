//! `tenkoku list`

use crate::connection::{AnyTransport, Connection};
use crate::failure::Failure;
use crate::output;
use clap::Args;
use loader::{Aid, Application, CardContent, CardInfo, KeyInfo, LoadFile, Session};
use serde::Serialize;
use std::fmt::Write;

/// The arguments of `tenkoku list`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  tenkoku list\n  tenkoku list --reader ACR --keys card.toml\n  tenkoku list --sim card.image --json"
)]
pub struct List {
    /// The card.
    #[command(flatten)]
    pub connection: Connection,
    /// Report in JSON.
    #[arg(long)]
    pub json: bool,
}

#[derive(Serialize)]
struct Report {
    card: CardInfo,
    content: CardContent,
    /// The keys of supplementary security domains.
    domains: Vec<DomainKeys>,
}

#[derive(Serialize)]
struct DomainKeys {
    aid: String,
    /// `None` where the domain does not tell.
    keys: Option<Vec<KeyInfo>>,
}

impl List {
    /// Lists what is on the card.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn run(&self) -> Result<(), Failure> {
        let mut card = self.connection.authenticate()?;
        let content = card.session.content()?;
        // The session is not needed any more: to ask a domain for its keys it is selected.
        card.session.select_again(None)?;
        let told = card.session.info()?;
        let domains = content
            .applications
            .iter()
            .filter(|application| application.is_security_domain())
            .map(|domain| domain_keys(&mut card.session, &domain.aid))
            .collect();
        let report = Report {
            card: told,
            content,
            domains,
        };
        if self.json {
            output::print_json("tenkoku.list/1", &report)
        } else {
            output::print(&text(&report))
        }
    }
}

/// The keys of a domain. One that cannot be selected, because it is locked for instance, tells nothing.
fn domain_keys(session: &mut Session<AnyTransport>, domain: &Aid) -> DomainKeys {
    let told = session
        .select_again(Some(domain))
        .and_then(|()| session.keys());
    DomainKeys {
        aid: domain.to_string(),
        keys: told.ok(),
    }
}

fn text(report: &Report) -> String {
    let Report { card, content, .. } = report;
    let mut text = String::new();
    // Writing to a string does not fail.
    let _ = writeln!(text, "card        {}", card.connection.name);
    if !card.connection.atr.is_empty() {
        let _ = writeln!(
            text,
            "ATR         {}",
            hex::encode_upper(&card.connection.atr)
        );
    }
    for (name, value) in [
        ("identity", &card.identity()),
        ("platform", &card.global_platform),
        ("Java Card", &card.java_card),
    ] {
        if let Some(value) = value {
            let _ = writeln!(text, "{name:<12}{value}");
        }
    }
    if let Some(free) = card.free_persistent {
        let _ = writeln!(text, "free        {free} bytes");
    }
    text.push('\n');
    Tree {
        report,
        text: &mut text,
    }
    .domain(&content.issuer, "issuer", 0);
    text
}

/// What is on a card, each thing below what it belongs to.
struct Tree<'a> {
    report: &'a Report,
    text: &'a mut String,
}

impl<'a> Tree<'a> {
    fn line(&mut self, depth: usize, kind: &str, rest: &str) {
        let _ = writeln!(self.text, "{:indent$}{kind} {rest}", "", indent = 2 * depth);
    }

    fn domain(&mut self, domain: &Application, kind: &str, depth: usize) {
        let content = &self.report.content;
        let state = if kind == "issuer" {
            content.card_state()
        } else {
            domain.state()
        };
        self.line(depth, kind, &described(domain, state));
        for line in self.keys(domain, kind == "issuer") {
            self.line(depth + 1, "keys", &line);
        }
        // A card that names no domain for something means the issuer's; that of a domain itself is its parent.
        let here = |owner: Option<Aid>| owner.map_or(kind == "issuer", |owner| owner == domain.aid);
        let files: Vec<&LoadFile> = content
            .load_files
            .iter()
            .filter(|file| here(file.domain))
            .collect();
        for file in files {
            self.load_file(file, depth + 1);
        }
        let others: Vec<&Application> = content
            .applications
            .iter()
            .filter(|application| here(application.domain) && application.aid != domain.aid)
            .collect();
        for application in others {
            if application.is_security_domain() {
                // A domain may be its own: it was shown where it is nobody else's.
                if depth < DEEPEST {
                    self.domain(application, "domain", depth + 1);
                }
            } else if self
                .file_of(application)
                .is_none_or(|file| !here(file.domain))
            {
                self.instance(application, depth + 1);
            }
        }
        if kind == "issuer" {
            let own: Vec<&Application> = content
                .applications
                .iter()
                .filter(|found| found.is_security_domain() && found.domain == Some(found.aid))
                .collect();
            for domain in own {
                self.domain(domain, "domain", depth + 1);
            }
        }
    }

    fn keys(&self, domain: &Application, issuer: bool) -> Vec<String> {
        if issuer {
            let card = &self.report.card;
            return card
                .key_versions()
                .into_iter()
                .map(|version| card.key_set_in_words(version))
                .collect();
        }
        let name = domain.aid.to_string();
        let told = self.report.domains.iter().find(|keys| keys.aid == name);
        match told.and_then(|domain| domain.keys.as_ref()) {
            None => vec!["not told".to_owned()],
            Some(keys) if keys.is_empty() => vec!["none of its own".to_owned()],
            Some(keys) => {
                let mut versions: Vec<u8> = keys.iter().map(|key| key.version).collect();
                versions.dedup();
                versions
                    .into_iter()
                    .map(|version| loader::key_set_in_words(keys, version))
                    .collect()
            }
        }
    }

    fn file_of(&self, application: &Application) -> Option<&'a LoadFile> {
        let report: &'a Report = self.report;
        report.content.load_file(&application.load_file?)
    }

    fn load_file(&mut self, file: &LoadFile, depth: usize) {
        let version = file
            .version
            .map_or(String::new(), |(major, minor)| format!(" {major}.{minor}"));
        self.line(depth, "package", &format!("{}{version}", file.aid));
        for module in &file.modules {
            self.line(depth + 1, "module", &module.to_string());
        }
        let instances: Vec<&Application> = self
            .report
            .content
            .applications_of(&file.aid)
            .filter(|application| {
                !application.is_security_domain() && application.domain == file.domain
            })
            .collect();
        for application in instances {
            self.instance(application, depth + 1);
        }
    }

    fn instance(&mut self, application: &Application, depth: usize) {
        let away = self
            .file_of(application)
            .filter(|file| file.domain != application.domain);
        let mut rest = described(application, application.state());
        if let Some(file) = away {
            let _ = write!(rest, ", of package {}", file.aid);
        }
        self.line(depth, "applet", &rest);
    }
}

/// Domains within domains that are shown; a card that says they go in a circle is not followed for ever.
const DEEPEST: usize = 8;

fn described(application: &Application, state: &str) -> String {
    let mut text = format!("{} {state}", application.aid);
    let privileges = application.privilege_names();
    if !privileges.is_empty() {
        let _ = write!(text, " ({})", privileges.join(", "));
    }
    text
}
