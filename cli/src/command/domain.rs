//! `tenkoku domain`

use crate::confirm::confirm;
use crate::connection::Connection;
use crate::failure::Failure;
use crate::{aid, output};
use clap::{Args, Subcommand};
use loader::{Aid, Installation, privileges};
use serde::Serialize;

/// The arguments of `tenkoku domain`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  \
    tenkoku domain create A0000001515344 --privileges authorized-management\n  \
    tenkoku keys put --new domain.toml --domain A0000001515344   its first keys, with those of the issuer's\n  \
    tenkoku applet extradite D392F000260100000001 --to A0000001515344\n  \
    tenkoku delete A0000001515344")]
pub struct Domain {
    /// What to do.
    #[command(subcommand)]
    pub action: Action,
}

/// What to do with a security domain.
#[derive(Debug, Subcommand)]
pub enum Action {
    /// Make a supplementary security domain.
    Create(Create),
}

/// The arguments of `tenkoku domain create`.
#[derive(Args, Debug)]
pub struct Create {
    /// The AID that it shall have.
    #[arg(value_name = "AID", value_parser = aid::parse)]
    pub aid: Aid,
    /// Its privileges besides being a security domain, by name, as `tenkoku list` shows them.
    #[arg(long, value_delimiter = ',', value_name = "NAME,…")]
    pub privileges: Vec<String>,
    /// The package of security domains on this card.
    #[arg(long, value_name = "AID", default_value = "A0000001515350", value_parser = aid::parse)]
    pub package: Aid,
    /// The module of security domains on this card.
    #[arg(long, value_name = "AID", default_value = "A000000151535041", value_parser = aid::parse)]
    pub module: Aid,
    /// Installation parameters, the content of C9, in hexadecimal; which the card takes is for its maker to say.
    #[arg(long, value_name = "HEX", default_value = "", value_parser = aid::bytes)]
    pub parameters: std::vec::Vec<u8>,
    /// The card.
    #[command(flatten)]
    pub connection: Connection,
    /// Do not ask before writing.
    #[arg(long)]
    pub yes: bool,
    /// Report in JSON; wants `--yes`.
    #[arg(long, requires = "yes")]
    pub json: bool,
}

#[derive(Serialize)]
struct Report {
    created: String,
}

impl Domain {
    /// Does it.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn run(&self) -> Result<(), Failure> {
        let Action::Create(create) = &self.action;
        create.run()
    }
}

impl Create {
    fn run(&self) -> Result<(), Failure> {
        let [first, second, third] = privileges(&self.privileges).map_err(Failure::Usage)?;
        let installation = Installation {
            load_file: self.package,
            module: self.module,
            instance: self.aid,
            privileges: [first | 0x80, second, third],
            parameters: self.parameters.clone(),
            selectable: true,
        };
        let mut card = self.connection.authenticate()?;
        confirm(&format!("Make security domain {}?", self.aid), self.yes)?;
        card.session.install(&installation)?;
        if self.json {
            let created = self.aid.to_string();
            output::print_json("tenkoku.domain/1", &Report { created })
        } else {
            output::print(&format!(
                "made {}. It uses the keys of the domain that made it until it has its own: tenkoku keys put \
                 --new FILE --domain {}\n",
                self.aid, self.aid
            ))
        }
    }
}
