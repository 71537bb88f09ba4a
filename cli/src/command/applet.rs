//! `tenkoku applet`

use crate::confirm::confirm;
use crate::connection::{Authenticated, Connection};
use crate::delegation::{Delegation, Settled};
use crate::failure::Failure;
use crate::installation::Installation;
use crate::{aid, files, output};
use clap::{Args, Subcommand};
use loader::{Aid, Dgi, privileges};
use serde::Serialize;
use std::path::PathBuf;
use std::str::FromStr;
use zeroize::Zeroizing;

/// The arguments of `tenkoku applet`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  \
    tenkoku applet install D392F000260100000001 --package D392F000260100000000\n  \
    tenkoku applet make-selectable D392F000260100000001\n  \
    tenkoku applet lock D392F000260100000001 --reader ACR --keys card.toml\n  \
    tenkoku applet unlock D392F000260100000001\n  \
    tenkoku applet extradite D392F000260100000001 --to A0000001515344\n  \
    tenkoku applet store D392F000260100000001 --dgi 0101:5F2003414243\n  \
    tenkoku applet store F000000001 --dgi 0101:9F1701 --dgi 8201:@pin.hex --encrypt 8201\n  \
    tenkoku applet privileges D392F000260100000001 card-reset      selected by default after reset")]
pub struct Applet {
    /// What to do.
    #[command(subcommand)]
    pub action: Action,
}

/// What to do with an applet.
#[derive(Debug, Subcommand)]
pub enum Action {
    /// Install an instance of a module that is on the card.
    Install(Install),
    /// Make an instance selectable that was installed without.
    MakeSelectable(One),
    /// Lock an application: it cannot be selected until it is unlocked.
    Lock(One),
    /// Take the lock off.
    Unlock(One),
    /// Give an application or a package to another security domain.
    Extradite(Extradite),
    /// Change the privileges of an application, or its contactless parameters and implicit selection.
    Privileges(ChangePrivileges),
    /// Personalise an application with STORE DATA.
    Store(Store),
}

/// One application.
#[derive(Args, Debug)]
pub struct One {
    /// Its AID.
    #[arg(value_name = "AID", value_parser = aid::parse)]
    pub aid: Aid,
    /// How.
    #[command(flatten)]
    pub way: Way,
}

/// The card, and how to go about it.
#[derive(Args, Debug)]
pub struct Way {
    /// The card.
    #[command(flatten)]
    pub connection: Connection,
    /// Delegated management.
    #[command(flatten)]
    pub delegation: Delegation,
    /// Do not ask before writing.
    #[arg(long)]
    pub yes: bool,
    /// Report in JSON; wants `--yes`.
    #[arg(long, requires = "yes")]
    pub json: bool,
}

/// The arguments of `tenkoku applet install`.
#[derive(Args, Debug)]
pub struct Install {
    /// The module, the instance's AID and its parameters, all in hexadecimal.
    #[arg(value_name = "MODULE_AID[:INSTANCE_AID[:PARAMS]]")]
    pub installation: Installation,
    /// The package of the module.
    #[arg(long, value_name = "AID", value_parser = aid::parse)]
    pub package: Aid,
    /// Its privileges, by name, as `tenkoku list` shows them.
    #[arg(long, value_delimiter = ',', value_name = "NAME,…")]
    pub privileges: Vec<String>,
    /// Do not make it selectable yet.
    #[arg(long)]
    pub not_selectable: bool,
    /// How.
    #[command(flatten)]
    pub way: Way,
}

/// The arguments of `tenkoku applet extradite`.
#[derive(Args, Debug)]
pub struct Extradite {
    /// The application or package.
    #[arg(value_name = "AID", value_parser = aid::parse)]
    pub aid: Aid,
    /// The security domain that it goes to.
    #[arg(long, value_name = "AID", value_parser = aid::parse)]
    pub to: Aid,
    /// How.
    #[command(flatten)]
    pub way: Way,
}

/// The arguments of `tenkoku applet privileges`.
#[derive(Args, Debug)]
pub struct ChangePrivileges {
    /// The application.
    #[arg(value_name = "AID", value_parser = aid::parse)]
    pub aid: Aid,
    /// The privileges that it shall have from now on; none takes all away.
    #[arg(value_name = "NAME")]
    pub privileges: Vec<String>,
    /// Leave the privileges as they are, and send these system parameters (the content of EF): CF for implicit
    /// selection, A0 for contactless parameters (Amendment C), in hexadecimal.
    #[arg(long, value_name = "HEX", value_parser = aid::bytes, conflicts_with = "privileges")]
    pub system_parameters: Option<std::vec::Vec<u8>>,
    /// How.
    #[command(flatten)]
    pub way: Way,
}

/// The arguments of `tenkoku applet store`.
#[derive(Args, Debug)]
pub struct Store {
    /// The application.
    #[arg(value_name = "AID", value_parser = aid::parse)]
    pub aid: Aid,
    /// A data grouping: its identifier and its content in hexadecimal, or the file that has it. Several go in this
    /// order.
    #[arg(long, value_name = "ID:HEX|ID:@FILE", conflicts_with = "data")]
    pub dgi: Vec<Grouping>,
    /// Encrypt the content of this data grouping under the data encryption key too, so that only the application gets
    /// to see it: for keys and PINs.
    #[arg(long, value_name = "ID", value_parser = identifier, requires = "dgi")]
    pub encrypt: Vec<u16>,
    /// Data in hexadecimal, without structure.
    #[arg(long, value_name = "HEX", value_parser = aid::bytes, required_unless_present = "dgi")]
    pub data: Option<std::vec::Vec<u8>>,
    /// How.
    #[command(flatten)]
    pub way: Way,
}

/// A data grouping as an argument.
#[derive(Clone, Debug)]
pub struct Grouping {
    identifier: u16,
    content: Content,
}

/// Where the content of a data grouping is.
#[derive(Clone)]
enum Content {
    Given(Zeroizing<Vec<u8>>),
    File(PathBuf),
}

impl std::fmt::Debug for Content {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Given(bytes) => write!(f, "[{} bytes]", bytes.len()),
            Self::File(path) => write!(f, "@{}", path.display()),
        }
    }
}

impl FromStr for Grouping {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (number, content) = text
            .split_once(':')
            .ok_or("expected ID:HEX, four hexadecimal digits before the colon")?;
        Ok(Self {
            identifier: identifier(number)?,
            content: match content.strip_prefix('@') {
                Some(file) => Content::File(file.into()),
                None => Content::Given(Zeroizing::new(aid::bytes(content)?)),
            },
        })
    }
}

impl Grouping {
    fn read(&self, sensitive: bool) -> Result<Dgi, Failure> {
        let content =
            match &self.content {
                Content::Given(bytes) => bytes.clone(),
                Content::File(path) => {
                    let text = Zeroizing::new(files::read(path)?);
                    let digits = std::str::from_utf8(&text).ok().map(str::trim);
                    let bytes = digits.and_then(|digits| aid::bytes(digits).ok());
                    // What stands there is not shown.
                    Zeroizing::new(bytes.ok_or_else(|| {
                        Failure::input(path.display(), "expected hexadecimal digits")
                    })?)
                }
            };
        Ok(Dgi {
            identifier: self.identifier,
            content,
            sensitive,
        })
    }
}

/// The identifier of a data grouping.
fn identifier(text: &str) -> Result<u16, String> {
    if text.len() == 4
        && let Ok(identifier) = u16::from_str_radix(text, 16)
    {
        return Ok(identifier);
    }
    Err(format!(
        "{text} is no identifier of four hexadecimal digits"
    ))
}

#[derive(Serialize)]
struct Report<'a> {
    done: &'a str,
    #[serde(flatten)]
    receipts: Settled,
}

impl Way {
    /// Connects, asks, does it, and tells.
    fn go(
        &self,
        what: &str,
        act: impl FnOnce(&mut Authenticated) -> Result<(), loader::Error>,
    ) -> Result<(), Failure> {
        let (mut card, delegation) = self.delegation.open(&self.connection, false, Ok)?;
        confirm(&format!("{what}?"), self.yes)?;
        let result = act(&mut card);
        let receipts = delegation.settle(card.session.receipts(), card.confirmations)?;
        result?;
        let report = Report {
            done: what,
            receipts,
        };
        if self.json {
            output::print_json("tenkoku.applet/1", &report)?;
        } else {
            output::print(&format!("done: {what}\n"))?;
        }
        report.receipts.verdict()
    }
}

impl Applet {
    /// Does it.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn run(&self) -> Result<(), Failure> {
        match &self.action {
            Action::Install(install) => install.run(),
            Action::MakeSelectable(One { aid, way }) => {
                way.go(&format!("make {aid} selectable"), |card| {
                    // A receipt names the package too.
                    if way.delegation.tokens.is_some() {
                        card.session.content()?;
                    }
                    card.session.make_selectable(aid)
                })
            }
            Action::Lock(One { aid, way }) => way.go(&format!("lock {aid}"), |card| {
                card.session.set_locked(aid, true)
            }),
            Action::Unlock(One { aid, way }) => way.go(&format!("unlock {aid}"), |card| {
                card.session.set_locked(aid, false)
            }),
            Action::Extradite(Extradite { aid, to, way }) => way
                .go(&format!("give {aid} to {to}"), |card| {
                    card.session.extradite(aid, to)
                }),
            Action::Privileges(change) => change.run(),
            Action::Store(store) => store.run(),
        }
    }
}

impl Install {
    fn run(&self) -> Result<(), Failure> {
        let privileges = privileges(&self.privileges).map_err(Failure::Usage)?;
        let Installation {
            module,
            instance,
            parameters,
        } = &self.installation;
        let installation = loader::Installation {
            load_file: self.package,
            module: *module,
            instance: *instance,
            privileges,
            parameters: parameters.clone(),
            selectable: !self.not_selectable,
        };
        self.way.go(
            &format!("install {instance} from module {module}"),
            |card| card.session.install(&installation),
        )
    }
}

impl ChangePrivileges {
    fn run(&self) -> Result<(), Failure> {
        let Self { aid, way, .. } = self;
        if let Some(parameters) = &self.system_parameters {
            return way.go(&format!("change the parameters of {aid}"), |card| {
                card.session.update_registry(aid, None, parameters)
            });
        }
        let bits = privileges(&self.privileges).map_err(Failure::Usage)?;
        let names = if self.privileges.is_empty() {
            "none".to_owned()
        } else {
            self.privileges.join(", ")
        };
        way.go(&format!("give {aid} these privileges: {names}"), |card| {
            card.session.update_registry(aid, Some(bits), &[])
        })
    }
}

impl Store {
    fn run(&self) -> Result<(), Failure> {
        let Self { aid, way, .. } = self;
        let groupings = self
            .dgi
            .iter()
            .map(|dgi| dgi.read(self.encrypt.contains(&dgi.identifier)))
            .collect::<Result<Vec<Dgi>, _>>()?;
        let there = |id: &u16| groupings.iter().any(|dgi| dgi.identifier == *id);
        if let Some(missing) = self.encrypt.iter().find(|id| !there(id)) {
            return Err(Failure::Usage(format!(
                "--encrypt {missing:04X}: there is no --dgi {missing:04X}"
            )));
        }
        way.go(&format!("personalise {aid}"), |card| {
            card.session.install_for_personalization(aid)?;
            match &self.data {
                Some(data) => card.session.store_data(0x00, data),
                None => card.session.store_data_groupings(&groupings),
            }
        })
    }
}
