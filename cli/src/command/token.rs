//! `tenkoku token`

use crate::connection::random;
use crate::delegation::{self, Settled};
use crate::failure::Failure;
use crate::installation::Installation;
use crate::recipe::Inputs;
use crate::{aid, files, output, token_key};
use clap::{Args, Subcommand};
use loader::{
    Aid, CardContent, Change, FlashOptions, Found, InstanceOptions, LoadFileSignature, Plan,
    Session, TokenKey, Tokens, rehearse_changes, token_input,
};
use std::path::{Path, PathBuf};

/// The arguments of `tenkoku token`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  \
    tenkoku token sign wallet.cap --key issuer.pem -o wallet.tokens\n  \
    tenkoku flash wallet.cap --domain A0000001515344 --tokens wallet.tokens --keys domain.toml \\\n    \
        --save-receipts wallet.receipts\n  \
    tenkoku token receipts wallet.receipts --key receipt.toml\n  \
    tenkoku token recipe card.toml --key issuer.pem -o card.tokens\n  \
    tenkoku token dap wallet.cap --key owner.pem --domain A0000001515344 -o wallet.dap\n  \
    tenkoku flash wallet.cap --dap wallet.dap\n  \
    tenkoku token sign-command 80E40080074F05F000000001 --key issuer.pem\n\n\
    Tokens let a security domain with delegated management load, install and delete. The issuer signs them, off the\n\
    card and without it; the same plan and the same AIDs must be used where they are sent. The card answers with\n\
    receipts, which the issuer verifies.")]
pub struct Token {
    /// What to do.
    #[command(subcommand)]
    pub action: Action,
}

/// What to do with tokens.
#[derive(Debug, Subcommand)]
pub enum Action {
    /// Sign the tokens of a flash.
    Sign(Sign),
    /// Sign the tokens of a recipe, for `tenkoku apply --tokens`.
    Recipe(SignRecipe),
    /// Sign a load file for a security domain with DAP verification.
    Dap(Dap),
    /// Sign the token of one command, and print it.
    SignCommand(SignCommand),
    /// Verify receipts that were kept, off the card.
    Receipts(VerifyReceipts),
}

/// The key.
#[derive(Args, Debug)]
pub struct Key {
    /// The issuer's private key, RSA or EC on P-256: PKCS #8, PEM or DER.
    #[arg(long, value_name = "FILE")]
    pub key: PathBuf,
}

/// The arguments of `tenkoku token sign`.
#[derive(Args, Debug)]
pub struct Sign {
    /// The CAP file.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The file to write: JSON, a token for each command.
    #[arg(short, long, value_name = "TOKENS")]
    pub output: PathBuf,
    /// The key.
    #[command(flatten)]
    pub key: Key,
    /// An instance to install; without this: one of each module.
    #[arg(long, value_name = "MODULE_AID[:INSTANCE_AID[:PARAMS]]")]
    pub install: Vec<Installation>,
    /// Also a token to delete the package with all its instances.
    #[arg(long)]
    pub replace: bool,
    /// For a flash with `--combined`: one token for the load and the first instance.
    #[arg(long)]
    pub combined: bool,
}

/// The arguments of `tenkoku token recipe`.
#[derive(Args, Debug)]
pub struct SignRecipe {
    /// The recipe. Its packages must lie where it says; its keys and data are not needed.
    #[arg(value_name = "RECIPE")]
    pub recipe: PathBuf,
    /// The file to write: JSON, a token for each command.
    #[arg(short, long, value_name = "TOKENS")]
    pub output: PathBuf,
    /// The key.
    #[command(flatten)]
    pub key: Key,
    /// Also tokens to delete the packages with all their instances.
    #[arg(long)]
    pub replace: bool,
}

/// The arguments of `tenkoku token dap`.
#[derive(Args, Debug)]
pub struct Dap {
    /// The CAP file.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The security domain that verifies the signature.
    #[arg(long, value_name = "AID", value_parser = aid::parse)]
    pub domain: Aid,
    /// The file to write, for `tenkoku flash --dap`.
    #[arg(short, long, value_name = "SIGNATURE")]
    pub output: PathBuf,
    /// The key.
    #[command(flatten)]
    pub key: Key,
}

/// The arguments of `tenkoku token sign-command`.
#[derive(Args, Debug)]
pub struct SignCommand {
    /// INSTALL or DELETE in plain form, without a token, in hexadecimal.
    #[arg(value_name = "APDU", value_parser = aid::bytes)]
    pub command: std::vec::Vec<u8>,
    /// The key.
    #[command(flatten)]
    pub key: Key,
}

/// The arguments of `tenkoku token receipts`.
#[derive(Args, Debug)]
pub struct VerifyReceipts {
    /// The receipts, as `--save-receipts` keeps them.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The receipt key: a key file with one `key`, or a public key or certificate in PEM or DER.
    #[arg(long, value_name = "KEY")]
    pub key: PathBuf,
    /// Report in JSON.
    #[arg(long)]
    pub json: bool,
}

impl Token {
    /// Does it.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn run(&self) -> Result<(), Failure> {
        match &self.action {
            Action::Sign(sign) => sign.run(),
            Action::Recipe(sign) => sign.run(),
            Action::Dap(dap) => dap.run(),
            Action::SignCommand(sign) => sign.run(),
            Action::Receipts(verify) => verify.run(),
        }
    }
}

impl Sign {
    fn run(&self) -> Result<(), Failure> {
        let key = token_key::read(&self.key.key)?;
        let cap = files::read_cap(&self.file)?;
        let options = FlashOptions {
            instances: self.install.iter().map(InstanceOptions::from).collect(),
            with_hash: true,
            combined: self.combined,
            ..FlashOptions::default()
        };
        let invalid = |error| Failure::input(self.file.display(), error);
        let issuer = Aid::new(&[0; 5]).map_err(|error| Failure::input("AID", error))?;
        let mut plan = Plan::new(&cap, &CardContent::empty(issuer), &options).map_err(invalid)?;
        if self.replace {
            plan.delete_first(&cap).map_err(invalid)?;
        }
        // A token's input does not depend on how much fits a command.
        let commands = plan.rehearse(&Session::rehearsal(usize::MAX), &Tokens::default())?;
        sign(&commands, &key, &self.output)
    }
}

/// Signs tokens for commands, and writes them.
fn sign(commands: &[Vec<u8>], key: &TokenKey, file: &Path) -> Result<(), Failure> {
    let tokens = Tokens::sign(commands, key, &mut random()?)
        .map_err(|error| Failure::input("key", error))?;
    let text =
        serde_json::to_string_pretty(&tokens).map_err(|error| Failure::input("tokens", error))?;
    files::write(file, text.as_bytes())?;
    output::print(&format!("{}: {} tokens\n", file.display(), tokens.len()))
}

impl SignRecipe {
    fn run(&self) -> Result<(), Failure> {
        let key = token_key::read(&self.key.key)?;
        let inputs = Inputs::read(&self.recipe)?;
        let invalid = |error: &dyn std::fmt::Display| Failure::input(self.recipe.display(), error);
        let issuer = Aid::new(&[0; 5]).map_err(|error| invalid(&error))?;
        // Whatever is on the card by then, all that it may have to be asked for.
        let found = Found {
            content: &CardContent::empty(issuer),
            domain_keys: &[],
            journals: &[],
            key_versions: &[],
            with_hash: true,
        };
        let mut changes = inputs
            .recipe
            .difference(&inputs.packages, &found)
            .map_err(|error| invalid(&error))?;
        for change in &mut changes {
            if let Change::Load { package, plan, .. } = change
                && self.replace
                && let Some(cap) = inputs.packages.get(*package)
            {
                plan.delete_first(cap).map_err(|error| invalid(&error))?;
            }
        }
        sign(&rehearse_changes(&changes)?, &key, &self.output)
    }
}

impl Dap {
    fn run(&self) -> Result<(), Failure> {
        let key = token_key::read(&self.key.key)?;
        let invalid = |error: &dyn std::fmt::Display| Failure::input(self.file.display(), error);
        let load_file = files::read_cap(&self.file)?
            .load_file(false)
            .map_err(|error| invalid(&error))?;
        let signature = LoadFileSignature::sign(&load_file, &self.domain, &key, &mut random()?)
            .map_err(|error| Failure::input("key", error))?;
        let text = serde_json::to_string_pretty(&signature)
            .map_err(|error| Failure::input("signature", error))?;
        files::write(&self.output, text.as_bytes())?;
        output::print(&format!(
            "{}: signed for {}\n",
            self.output.display(),
            self.domain
        ))
    }
}

impl SignCommand {
    fn run(&self) -> Result<(), Failure> {
        let key = token_key::read(&self.key.key)?;
        let input = token_input(&self.command).ok_or_else(|| {
            Failure::input(
                "command",
                "no token is for it: INSTALL with an empty token, or DELETE of an AID",
            )
        })?;
        let token = key
            .sign(&input, &mut random()?)
            .map_err(|error| Failure::input("key", error))?;
        output::print(&(hex::encode_upper(token) + "\n"))
    }
}

impl VerifyReceipts {
    fn run(&self) -> Result<(), Failure> {
        let receipts = delegation::read_receipts(&self.file)?;
        let settled = Settled::of(&receipts, &delegation::read_key(&self.key)?);
        if self.json {
            output::print_json("tenkoku.receipts/1", &settled)?;
        } else {
            settled.tell();
            output::print(&format!("{} receipts\n", settled.len()))?;
        }
        settled.verdict()
    }
}
