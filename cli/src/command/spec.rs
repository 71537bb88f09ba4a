//! `tenkoku spec`

use crate::failure::Failure;
use crate::output;
use apdu_spec::markdown::Markdown;
use apdu_spec::table::Specification;
use clap::{Args, ValueEnum};

/// The arguments of `tenkoku spec`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  tenkoku spec\n  tenkoku spec gp > gp.md")]
pub struct Spec {
    /// Whose commands.
    #[arg(value_enum, default_value = "jpki")]
    pub application: Application,
}

/// An application with a command table.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Application {
    /// The JPKI applet.
    Jpki,
    /// A GlobalPlatform security domain.
    Gp,
}

impl Spec {
    /// Prints the table.
    ///
    /// # Errors
    /// [`Failure::Output`].
    pub fn run(&self) -> Result<(), Failure> {
        let specification: &Specification = match self.application {
            Application::Jpki => &apdu_spec::jpki::SPECIFICATION,
            Application::Gp => &apdu_spec::gp::SPECIFICATION,
        };
        output::print(&Markdown(specification).to_string())
    }
}
