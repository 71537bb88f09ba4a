//! `tenkoku explain`

use crate::failure::Failure;
use crate::{aid, output};
use apdu_spec::explain::{Explained, ExplainedStatus};
use apdu_spec::{Command, StatusWord};
use card_link::atr::{Atr, Words};
use clap::Args;
use serde::Serialize;

/// The arguments of `tenkoku explain`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  tenkoku explain 00 A4 04 0C 0A D392F000260100000001\n  \
                        tenkoku explain 6984\n  tenkoku explain 00200080 --status 63C2\n  \
                        tenkoku explain --atr 3BF81300008131FE454A434F5076323431B7"
)]
pub struct Explain {
    /// A command APDU, or a status word alone, in hexadecimal; spaces do not matter. PINs are not shown.
    #[arg(required_unless_present = "atr", value_name = "HEX")]
    pub bytes: Vec<String>,
    /// An answer to reset in hexadecimal instead: every byte in words (ISO 7816-3 §8).
    #[arg(long, value_name = "HEX", num_args = 1.., conflicts_with_all = ["bytes", "status"])]
    pub atr: Vec<String>,
    /// The status word that answered the command.
    #[arg(long, value_name = "HEX", value_parser = status)]
    pub status: Option<StatusWord>,
    /// Report in JSON.
    #[arg(long)]
    pub json: bool,
}

fn status(text: &str) -> Result<StatusWord, String> {
    match aid::bytes(text)?.as_slice() {
        &[high, low] => Ok(StatusWord(u16::from_be_bytes([high, low]))),
        other => Err(format!(
            "a status word has 2 bytes, these are {}",
            other.len()
        )),
    }
}

#[derive(Serialize)]
struct Report {
    /// The class, instruction and parameter bytes; the data may be a secret and are left out.
    header: Option<String>,
    /// Bytes of command data.
    lc: Option<usize>,
    /// Bytes of response data expected.
    le: Option<usize>,
    status: Option<String>,
    text: String,
}

#[derive(Serialize)]
struct AtrReport {
    atr: String,
    /// The protocols T that are offered, the first one first.
    protocols: Vec<u8>,
    /// The clock rate conversion integer of TA1.
    f: Option<u16>,
    /// The baud rate adjustment integer of TA1.
    d: Option<u8>,
    /// N of TC1.
    extra_guard: u8,
    /// The protocol that TA2 fixes.
    specific_mode: Option<u8>,
    historical: String,
    text: String,
}

impl Explain {
    /// Prints the explanation.
    ///
    /// # Errors
    /// [`Failure::Input`] where it is neither command nor status word.
    pub fn run(&self) -> Result<(), Failure> {
        if !self.atr.is_empty() {
            return self.explain_atr();
        }
        let joined = self.bytes.concat();
        let bytes = aid::bytes(&joined).map_err(|cause| Failure::input("APDU", cause))?;
        let report = self.explain(&bytes)?;
        if self.json {
            output::print_json("tenkoku.explain/1", &report)
        } else {
            output::print(&report.text)
        }
    }

    fn explain_atr(&self) -> Result<(), Failure> {
        let wrong = |cause: String| Failure::input("answer to reset", cause);
        let bytes = aid::bytes(&self.atr.concat()).map_err(wrong)?;
        let atr = Atr::parse(&bytes).map_err(|error| wrong(error.to_string()))?;
        let text = Words(&atr).to_string();
        if !self.json {
            return output::print(&text);
        }
        let rate = atr.rate().ok();
        output::print_json(
            "tenkoku.explain-atr/1",
            &AtrReport {
                atr: hex::encode_upper(atr.bytes()),
                protocols: atr.protocols(),
                f: rate.map(|rate| rate.f),
                d: rate.map(|rate| rate.d),
                extra_guard: atr.extra_guard(),
                specific_mode: atr.specific_mode().map(|mode| mode.protocol),
                historical: hex::encode_upper(atr.historical()),
                text,
            },
        )
    }

    fn explain(&self, bytes: &[u8]) -> Result<Report, Failure> {
        if let &[high, low] = bytes {
            let status = StatusWord(u16::from_be_bytes([high, low]));
            return Ok(Report {
                header: None,
                lc: None,
                le: None,
                status: Some(status.to_string()),
                text: format!("{status}: {}\n", status.explain()),
            });
        }
        let command = Command::parse(bytes).map_err(|cause| Failure::input("APDU", cause))?;
        let mut text = Explained(&command).to_string();
        if let Some(status) = self.status {
            text += &ExplainedStatus {
                command: &command,
                status,
            }
            .to_string();
        }
        let Command {
            cla, ins, p1, p2, ..
        } = command;
        Ok(Report {
            header: Some(hex::encode_upper([cla, ins, p1, p2])),
            lc: Some(command.data.len()),
            le: command.le,
            status: self.status.map(|status| status.to_string()),
            text,
        })
    }
}
