//! `tenkoku personalise test`

use super::Target;
use crate::confirm::confirm;
use crate::failure::Failure;
use crate::progress::Spinner;
use crate::road::{self, Log, Progress};
use crate::{files, output};
use clap::Args;
use serde::Serialize;
use std::path::PathBuf;

/// The arguments.
#[derive(Args, Debug)]
pub struct Test {
    /// A folder to write the certificates to (DER).
    #[arg(long, value_name = "FOLDER")]
    pub output: Option<PathBuf>,
    /// The card and the applet on it.
    #[command(flatten)]
    pub target: Target,
    /// Do not ask before writing to the card.
    #[arg(long)]
    pub yes: bool,
    /// Report in JSON; wants `--yes`.
    #[arg(long, requires = "yes")]
    pub json: bool,
}

#[derive(Serialize)]
struct Report {
    steps: Vec<road::Step>,
    certificates: Vec<PathBuf>,
}

impl Test {
    /// Personalises a fresh applet.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn run(&self) -> Result<(), Failure> {
        let (transport, mut way) = self.target.connect()?;
        sayln!(
            "note: for tests only. The PINs are {} and {}, the certificates are those of an authority whose key is thrown away",
            String::from_utf8_lossy(road::SIGNATURE_PIN),
            String::from_utf8_lossy(road::AUTHENTICATION_PIN)
        );
        confirm("Personalise both slots for tests?", self.yes)?;
        let spinner = Spinner::default();
        let mut listen = |progress: Progress<'_>| match progress {
            Progress::Begin(what) => spinner.begin(what),
            Progress::End(step) => spinner.end(&format!("{} … {}", step.what, step.outcome)),
        };
        let mut log = Log::new(&mut listen);
        let done = road::personalise(
            &mut log,
            transport,
            &way.application,
            &way.keys,
            &mut way.random,
        );
        spinner.clear();
        let (_, personalised) = done?;
        let mut certificates = Vec::new();
        if let Some(folder) = &self.output {
            for issued in [&personalised.signature, &personalised.authentication] {
                let name = issued.slot.name().replace(' ', "-");
                for (suffix, bytes) in [("", &issued.certificate), ("-ca", &issued.authority)] {
                    let path = folder.join(format!("{name}{suffix}.der"));
                    files::write(&path, bytes)?;
                    certificates.push(path);
                }
            }
        }
        if self.json {
            let steps = log.steps;
            return output::print_json(
                "tenkoku.personalise.test/1",
                &Report {
                    steps,
                    certificates,
                },
            );
        }
        let mut text = "both slots are active\n".to_owned();
        for path in certificates {
            text += &format!("wrote {}\n", path.display());
        }
        output::print(&text)
    }
}
