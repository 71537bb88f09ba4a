//! `tenkoku personalise certify`

use super::{SlotName, Target};
use crate::confirm::confirm;
use crate::failure::Failure;
use crate::jpki::{Slot, check_certificate};
use crate::{files, output};
use apdu_spec::jpki::CERTIFICATE_CAPACITY;
use clap::Args;
use der::{DecodePem, Encode};
use serde::Serialize;
use std::path::{Path, PathBuf};
use x509_cert::Certificate;

/// The arguments.
#[derive(Args, Debug)]
pub struct Certify {
    /// Which slot.
    #[arg(long)]
    pub slot: SlotName,
    /// The certificate of the slot's key (DER or PEM).
    #[arg(long, value_name = "FILE")]
    pub certificate: PathBuf,
    /// The certificate of the authority that issued it (DER or PEM).
    #[arg(long, value_name = "FILE")]
    pub authority: PathBuf,
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
    slot: Slot,
    subject: String,
    certificate_bytes: usize,
    authority_bytes: usize,
}

impl Certify {
    /// Checks, writes, activates.
    ///
    /// # Errors
    /// [`Failure::Refuted`] where the certificate is not one for the card's key; any other [`Failure`].
    pub fn run(&self) -> Result<(), Failure> {
        let slot = Slot::from(self.slot);
        let certificate = read_certificate(&self.certificate)?;
        let authority = read_certificate(&self.authority)?;
        let (transport, mut way) = self.target.connect()?;
        let mut tsm = way.open(transport)?;
        let key = tsm.public_key(slot)?;
        let checked = check_certificate(&certificate, &authority, &key)
            .map_err(|error| Failure::Refuted(format!("{error}; nothing was written")))?;
        confirm(
            &format!(
                "Write the certificate of {} and activate the {} slot?",
                checked.subject,
                slot.name()
            ),
            self.yes,
        )?;
        tsm.write_file(slot.certificate(), &certificate)?;
        tsm.write_file(slot.authority_certificate(), &authority)?;
        tsm.activate(slot)?;
        let report = Report {
            slot,
            subject: checked.subject,
            certificate_bytes: certificate.len(),
            authority_bytes: authority.len(),
        };
        if self.json {
            return output::print_json("tenkoku.personalise.certify/1", &report);
        }
        output::print(&format!(
            "{}: active, certified as {}\n",
            slot.name(),
            report.subject
        ))
    }
}

/// A certificate as DER, no longer than the card has room for.
fn read_certificate(path: &Path) -> Result<Vec<u8>, Failure> {
    let bytes = files::read(path)?;
    let der = if bytes.starts_with(b"-----BEGIN") {
        Certificate::from_pem(&bytes)
            .and_then(|certificate| certificate.to_der())
            .map_err(|error| Failure::input(path.display(), error))?
    } else {
        bytes
    };
    if der.len() > CERTIFICATE_CAPACITY {
        return Err(Failure::input(
            path.display(),
            format!(
                "{} bytes; the card has room for {CERTIFICATE_CAPACITY}",
                der.len()
            ),
        ));
    }
    Ok(der)
}
