//! `tenkoku rules`

use crate::confirm::confirm;
use crate::connection::{Authenticated, Connection};
use crate::failure::Failure;
use crate::{aid, output};
use clap::{Args, Subcommand};
use loader::{AccessRule, Applets, Commands, NewRule, Session};
use serde::Serialize;

/// The arguments of `tenkoku rules`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  \
        tenkoku rules\n  \
        tenkoku rules --reader ACR --json\n  \
        tenkoku rules add --applet D392F000260100000001 --application A90D0190BFC879DBE161A3DF66B6352C68B85C18\n  \
        tenkoku rules add --applet others --commands never\n  \
        tenkoku rules add --applet D392F000260100000001 --commands 00A40400/FFFFFF00,00CB0000/FFFF0000\n  \
        tenkoku rules remove --applet others\n\n\
        Without a subcommand no key is used, and nothing is written.",
    args_conflicts_with_subcommands = true
)]
pub struct Rules {
    /// What to do; without it the rules are shown.
    #[command(subcommand)]
    pub action: Option<Action>,
    /// The card.
    #[command(flatten)]
    pub connection: Connection,
    /// Report in JSON.
    #[arg(long)]
    pub json: bool,
}

/// What to do with access rules.
#[derive(Debug, Subcommand)]
pub enum Action {
    /// Add a rule, or put it in the place of the one for the same applet and application.
    Add(Box<Add>),
    /// Take the rule for an applet and an application off.
    Remove(Box<Remove>),
}

/// Which rule.
#[derive(Args, Debug)]
pub struct Which {
    /// The applet; `others` is every one without a rule of its own, `default` the one selected by default.
    #[arg(long, value_name = "AID|others|default")]
    pub applet: Applets,
    /// The application of the device, by the hash of its certificate (SHA-1 or SHA-256) in hexadecimal; every one
    /// without it.
    #[arg(long, value_name = "HASH", value_parser = aid::bytes)]
    pub application: Option<std::vec::Vec<u8>>,
    /// Its package on Android.
    #[arg(long, value_name = "NAME")]
    pub package: Option<String>,
    /// The card, and the keys of the security domain that the ARA-M belongs to.
    #[command(flatten)]
    pub connection: Connection,
    /// Do not ask before writing.
    #[arg(long)]
    pub yes: bool,
    /// Report in JSON; wants `--yes`.
    #[arg(long, requires = "yes")]
    pub json: bool,
}

/// The arguments of `tenkoku rules add`.
#[derive(Args, Debug)]
pub struct Add {
    /// Which rule.
    #[command(flatten)]
    pub which: Which,
    /// What the application may send: `never`, `always`, or filters, each a header and which of its bits count.
    #[arg(
        long,
        value_name = "never|always|HEADER/MASK,…",
        default_value = "always"
    )]
    pub commands: Commands,
    /// Whether it hears of contactless transactions.
    #[arg(long, value_name = "BOOLEAN")]
    pub events: Option<bool>,
}

/// The arguments of `tenkoku rules remove`.
#[derive(Args, Debug)]
pub struct Remove {
    /// Which rule.
    #[command(flatten)]
    pub which: Which,
}

#[derive(Serialize)]
struct Report {
    /// Whether the card has access rules, in either form.
    present: bool,
    /// Where they are: `ara-m`, the application master, or `arf`, files.
    source: Option<&'static str>,
    rules: Vec<AccessRule>,
}

#[derive(Serialize)]
struct Changed {
    done: String,
}

impl Rules {
    /// Shows the access rules, or changes them.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn run(&self) -> Result<(), Failure> {
        match &self.action {
            None => self.show(),
            Some(Action::Add(add)) => add.run(),
            Some(Action::Remove(remove)) => remove.run(),
        }
    }

    fn show(&self) -> Result<(), Failure> {
        let mut session = Session::select(self.connection.connect()?, None)?;
        // A device looks for files where there is no master.
        let (source, rules) = match session.access_rules()? {
            Some(rules) => (Some("ara-m"), rules),
            None => match session.access_rule_files()? {
                Some(rules) => (Some("arf"), rules),
                None => (None, Vec::new()),
            },
        };
        let report = Report {
            present: source.is_some(),
            source,
            rules,
        };
        if self.json {
            return output::print_json("tenkoku.rules/1", &report);
        }
        if !report.present {
            return output::print(
                "the card has no access rule application master (ARA-M) and no access rule files (ARF)\n",
            );
        }
        if report.rules.is_empty() {
            return output::print(
                "no rules: no application of the device may talk to any applet\n",
            );
        }
        output::print(&table(&report.rules))
    }
}

impl Which {
    fn rule(&self, commands: Commands, events: Option<bool>) -> NewRule {
        NewRule {
            applets: self.applet,
            application: self.application.clone(),
            package: self.package.clone(),
            commands,
            events,
        }
    }

    fn go(
        &self,
        what: &str,
        act: impl FnOnce(&mut Authenticated) -> Result<(), loader::Error>,
    ) -> Result<(), Failure> {
        let applet = match self.applet {
            Applets::One(aid) => aid.to_string(),
            Applets::Default => "the applet selected by default".to_owned(),
            Applets::Others => "every applet without a rule of its own".to_owned(),
        };
        let what = format!("{what} for {applet}");
        let mut card = self.connection.authenticate()?;
        confirm(&format!("{what}?"), self.yes)?;
        act(&mut card)?;
        if self.json {
            return output::print_json("tenkoku.rules-change/1", &Changed { done: what });
        }
        output::print(&format!("done: {what}\n"))
    }
}

impl Add {
    fn run(&self) -> Result<(), Failure> {
        let rule = self.which.rule(self.commands.clone(), self.events);
        self.which.go("write the access rule", |card| {
            card.session.add_access_rule(&rule)
        })
    }
}

impl Remove {
    fn run(&self) -> Result<(), Failure> {
        let rule = self.which.rule(Commands::Never, None);
        self.which.go("take off the access rule", |card| {
            card.session.remove_access_rule(&rule)
        })
    }
}

fn table(rules: &[AccessRule]) -> String {
    let head = ["applet", "application", "commands", "events"].map(str::to_owned);
    let mut rows = vec![head];
    rows.extend(rules.iter().map(|rule| {
        let package = rule
            .package
            .as_ref()
            .map_or(String::new(), |name| format!(" ({name})"));
        [
            rule.applet.clone(),
            format!("{}{package}", rule.application),
            rule.commands.clone(),
            match rule.events {
                Some(true) => "yes",
                Some(false) => "no",
                None => "-",
            }
            .to_owned(),
        ]
    }));
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..4).map(width).collect();
    rows.iter()
        .map(|row| {
            let cells: Vec<String> = row
                .iter()
                .zip(&widths)
                .map(|(cell, width)| format!("{cell:<width$}"))
                .collect();
            format!("{}\n", cells.join("  ").trim_end())
        })
        .collect()
}
