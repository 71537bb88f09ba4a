//! `tenkoku personalise status`

use super::Target;
use crate::failure::Failure;
use crate::jpki::{Holder, Slot};
use crate::output;
use apdu_spec::jpki::{CERTIFICATE_PRESENT, TOKEN_LABEL_LENGTH, file};
use clap::Args;
use serde::Serialize;
use std::fmt::Write;

/// The arguments.
#[derive(Args, Debug)]
pub struct Status {
    /// The card and the applet on it.
    #[command(flatten)]
    pub target: Target,
    /// Report in JSON.
    #[arg(long)]
    pub json: bool,
}

#[derive(Serialize)]
struct Report {
    /// The label of the token information.
    token: String,
    slots: Vec<SlotReport>,
}

#[derive(Serialize)]
struct SlotReport {
    slot: Slot,
    /// Presentations of the PIN that are left; 0 where it is blocked or none is set.
    tries_left: u8,
    certificate: bool,
}

impl Status {
    /// Asks the applet, as everyone may.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn run(&self) -> Result<(), Failure> {
        let transport = self.target.connection.connect()?;
        let mut holder = Holder::select(transport, &self.target.application()?)?;
        let token = holder.read_file(file::TOKEN_INFORMATION)?;
        let token = token.get(..TOKEN_LABEL_LENGTH).unwrap_or(&token);
        let present = holder.read_file(file::CERTIFICATES)?;
        let mut report = Report {
            token: String::from_utf8_lossy(token).trim_end().to_owned(),
            slots: Vec::new(),
        };
        for (slot, present) in Slot::ALL.into_iter().zip(present) {
            report.slots.push(SlotReport {
                slot,
                tries_left: holder.tries_left(slot)?,
                certificate: present == CERTIFICATE_PRESENT,
            });
        }
        if self.json {
            output::print_json("tenkoku.personalise.status/1", &report)
        } else {
            output::print(&text(&report))
        }
    }
}

fn text(report: &Report) -> String {
    let mut text = format!("token                 {}\n", report.token);
    for slot in &report.slots {
        let tries = match slot.tries_left {
            0 => "PIN blocked or not set".to_owned(),
            1 => "1 presentation of the PIN left".to_owned(),
            left => format!("{left} presentations of the PIN left"),
        };
        let certificate = if slot.certificate {
            "certificate written"
        } else {
            "no certificate"
        };
        // Writing to a string does not fail.
        let _ = writeln!(text, "{:<22}{tries}, {certificate}", slot.slot.name());
    }
    text
}
