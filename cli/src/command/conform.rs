//! `tenkoku conform`

use crate::command::build;
use crate::confirm::confirm;
use crate::connection::{Connection, at_hand, random};
use crate::failure::Failure;
use crate::{files, output};
use apdu_spec::jpki::SPECIFICATION;
use cap_file::CapFile;
use capgen::package;
use card_sim::{Card, CardConfig};
use clap::Args;
use conformance::report::{Terminal, html, json, junit};
use conformance::target::{Model, Reader, Simulator};
use conformance::{Report, Suite, Target, run};
use loader::{FlashOptions, Plan, Transport};
use std::path::PathBuf;
use std::str::FromStr;

/// The arguments of `tenkoku conform`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  tenkoku conform --target model\n  tenkoku conform --target sim --junit report.xml\n  \
                        tenkoku conform --target pcsc:ACR --suite my-vectors/\n  tenkoku conform --target pn532:/dev/ttyUSB0"
)]
pub struct Conform {
    /// What to run the vectors on: `model`, the applet's source on this machine; `sim`, the compiled applet on a
    /// simulated card; `pcsc:READER`, `serial:PORT[,BAUD]`, `pn532:PORT[,BAUD]` and `tcp:HOST:PORT`, the card there, where
    /// the applet is deleted and installed anew.
    #[arg(
        long,
        value_name = "model|sim|pcsc:READER|serial:PORT|pn532:PORT|tcp:HOST:PORT"
    )]
    pub target: Kind,
    /// A folder of vectors (TOML); those of the JPKI applet without it.
    #[arg(long, value_name = "DIR")]
    pub suite: Option<PathBuf>,
    /// The applet's CAP file; it is compiled from `--source` without it.
    #[arg(long, value_name = "FILE")]
    pub cap: Option<PathBuf>,
    /// The folder of the applet's crate, to compile it from.
    #[arg(long, value_name = "CRATE", default_value = "applet-model")]
    pub source: PathBuf,
    /// The seed of the model or the simulated card.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    /// The card's key file; the published test keys without it.
    #[arg(long, value_name = "FILE")]
    pub keys: Option<PathBuf>,
    /// Write a JUnit report too.
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
    /// Write an HTML report too.
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// Report in JSON.
    #[arg(long)]
    pub json: bool,
    /// Do not ask before writing to the card in a reader.
    #[arg(long)]
    pub yes: bool,
}

/// What vectors run on.
#[derive(Clone, Debug)]
pub enum Kind {
    /// The applet's source on this machine.
    Model,
    /// The compiled applet on a simulated card.
    Simulator,
    /// The card in a reader, at a serial line, or behind a TCP connection.
    Reader(Box<Connection>),
}

impl FromStr for Kind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (kind, rest) = text.split_once(':').unwrap_or((text, ""));
        let mut connection = Connection::default();
        match kind {
            "model" if rest.is_empty() => return Ok(Self::Model),
            "sim" if rest.is_empty() => return Ok(Self::Simulator),
            "pcsc" => connection.reader = Some(rest.to_owned()),
            "serial" => connection.serial = Some(rest.parse()?),
            "pn532" => connection.pn532 = Some(rest.parse()?),
            "tcp" => connection.tcp = Some(rest.to_owned()),
            _ => {
                return Err(
                    "expected `model`, `sim`, `pcsc:READER`, `serial:PORT`, `pn532:PORT` or `tcp:HOST:PORT`"
                        .to_owned(),
                );
            }
        }
        Ok(Self::Reader(Box::new(connection)))
    }
}

impl Conform {
    /// Runs the vectors.
    ///
    /// # Errors
    /// [`Failure::Refuted`] where a vector does not pass; any other [`Failure`].
    pub fn run(&self) -> Result<(), Failure> {
        let suite = match &self.suite {
            Some(folder) => {
                Suite::read(folder).map_err(|error| Failure::input(folder.display(), error))?
            }
            None => Suite::jpki()
                .map_err(|error| Failure::input("the vectors of the JPKI applet", error))?,
        };
        let mut target = self.target()?;
        let report = self.run_on(&suite, target.as_mut())?;
        if let Some(file) = &self.junit {
            let text = junit(&report).map_err(|error| Failure::input("JUnit report", error))?;
            files::write(file, text.as_bytes())?;
        }
        if let Some(file) = &self.html {
            let text = html(&report, &SPECIFICATION)
                .map_err(|error| Failure::input("HTML report", error))?;
            files::write(file, text.as_bytes())?;
        }
        if self.json {
            output::print_json("tenkoku.conform/1", &json(&report, &SPECIFICATION))?;
        }
        match report.failures().count() {
            0 => Ok(()),
            failed => Err(Failure::Refuted(format!(
                "{failed} of {} vectors do not pass",
                report.vectors.len() - report.skipped()
            ))),
        }
    }

    fn run_on(&self, suite: &Suite, target: &mut dyn Target) -> Result<Report, Failure> {
        if self.json {
            return Ok(run(suite, target, &mut |_| ()));
        }
        let mut terminal = Terminal::new(std::io::stdout(), &SPECIFICATION);
        let mut written = Ok(());
        let report = run(suite, target, &mut |event| {
            if written.is_ok() {
                written = terminal.hear(event);
            }
        });
        match written {
            Err(cause) if cause.kind() != std::io::ErrorKind::BrokenPipe => Err(Failure::Output {
                subject: "standard output".to_owned(),
                cause,
            }),
            _ => Ok(report),
        }
    }

    fn target(&self) -> Result<Box<dyn Target>, Failure> {
        match &self.target {
            Kind::Model => Ok(Box::new(Model::with_seed(self.seed))),
            Kind::Simulator => {
                let config = CardConfig {
                    seed: self.seed,
                    ..CardConfig::default()
                };
                let mut card = Card::new(&config);
                card.load_cap(&self.cap_file()?)
                    .map_err(|error| Failure::Simulator(error.to_string()))?;
                Ok(Box::new(Simulator::new(card)))
            }
            Kind::Reader(connection) => self.reader(connection),
        }
    }

    fn reader(&self, connection: &Connection) -> Result<Box<dyn Target>, Failure> {
        let connection = Connection {
            keys: self.keys.clone(),
            ..connection.clone()
        };
        // The vectors open channels of their own.
        at_hand(&connection.keys()?)?;
        let cap = self.cap_file()?;
        let question = "The package of the JPKI applet is deleted from the card with all data, then loaded. Go on?";
        confirm(question, self.yes)?;
        let mut card = connection.authenticate()?;
        let options = FlashOptions {
            replace: true,
            load_only: true,
            ..FlashOptions::default()
        };
        let content = card.session.content()?;
        let plan = Plan::new(&cap, &content, &options)
            .map_err(|error| Failure::input("CAP file", error))?;
        plan.run(&mut card.session, &mut |_| ())?;
        let mut transport = card.session.into_transport();
        transport.reset()?;
        Ok(Box::new(Reader::new(transport, card.keys, random()?)))
    }

    fn cap_file(&self) -> Result<CapFile, Failure> {
        match &self.cap {
            Some(file) => files::read_cap(file),
            None => Ok(
                build::compile(&self.source, "Jpki", &package::Target::default())?
                    .output
                    .cap,
            ),
        }
    }
}
