//! The Java Card runtime environment: what the card manager stands on.
//!
//! The card manager decides *who may* load, install, select and delete; the runtime does it.

use crate::aid::Aid;
use crate::registry::{Application, ApplicationId, LoadFileId, Privileges, Registry};
use crate::secure_channel::{SecurityServices, StatusWord};

/// Why a load file was refused.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The bytes are not a load file.
    #[error("the load file is malformed: {0}; build the CAP anew")]
    Malformed(String),
    /// It imports a package that the card has not.
    #[error(
        "the card has no package {aid} version {major}.{minor} or newer in that major; load it first or build for an older API"
    )]
    MissingPackage {
        /// AID of the imported package.
        aid: Aid,
        /// Major version asked for.
        major: u8,
        /// Minor version asked for.
        minor: u8,
    },
    /// A package or applet with this AID is on the card already.
    #[error("{0} is on the card already; delete it first")]
    Duplicate(Aid),
    /// No room.
    #[error("not enough memory on the card: {0}")]
    OutOfMemory(&'static str),
}

impl LoadError {
    /// The status word a card answers.
    #[must_use]
    pub fn status_word(&self) -> StatusWord {
        match self {
            Self::Malformed(_) => 0x6A80,
            Self::MissingPackage { .. } => 0x6985,
            Self::Duplicate(_) => 0x6985,
            Self::OutOfMemory(_) => 0x6A84,
        }
    }
}

/// Why an application was not installed.
#[derive(Debug, thiserror::Error)]
pub enum InstallError {
    /// No such module on the card.
    #[error("the card has no module {0}; load its CAP first")]
    UnknownModule(Aid),
    /// The instance AID is taken.
    #[error("{0} is on the card already; choose another instance AID or delete it first")]
    Duplicate(Aid),
    /// `install()` threw.
    #[error("the applet's install() failed with {exception} (status word {status:04X})")]
    Failed {
        /// The status word to answer: an ISOException's reason, else 6985 or 6A84.
        status: StatusWord,
        /// What was thrown, in words.
        exception: String,
    },
    /// `install()` returned without calling `register()`.
    #[error("the applet's install() returned without register()")]
    NotRegistered,
    /// No room in the registry.
    #[error("not enough memory on the card: {0}")]
    OutOfMemory(&'static str),
}

impl InstallError {
    /// The status word a card answers.
    #[must_use]
    pub fn status_word(&self) -> StatusWord {
        match self {
            Self::UnknownModule(_) => 0x6A88,
            Self::Duplicate(_) | Self::NotRegistered => 0x6985,
            Self::Failed { status, .. } => *status,
            Self::OutOfMemory(_) => 0x6A84,
        }
    }
}

/// Why something was not deleted.
#[derive(Debug, thiserror::Error)]
pub enum DeleteError {
    /// Nothing there.
    #[error("there is nothing with that number in the registry")]
    Unknown,
    /// Something else on the card still needs it.
    #[error("{0} still refers to it; delete that first")]
    Referenced(Aid),
}

impl DeleteError {
    /// The status word a card answers.
    #[must_use]
    pub fn status_word(&self) -> StatusWord {
        match self {
            Self::Unknown => 0x6A88,
            Self::Referenced(_) => 0x6985,
        }
    }
}

/// The request behind INSTALL \[for install\].
#[derive(Clone, Debug)]
pub struct InstallRequest<'a> {
    /// AID of the executable module.
    pub module: Aid,
    /// AID the instance is to have.
    pub instance: Aid,
    /// Privileges of the instance.
    pub privileges: Privileges,
    /// Application specific parameters: the value of tag C9, without the tag.
    pub parameters: &'a [u8],
    /// The security domain it will belong to.
    pub security_domain: ApplicationId,
    /// Make it selectable at once (INSTALL \[for install and make selectable\]).
    pub selectable: bool,
}

/// The runtime environment: the registry and, behind it, the virtual machine with its memory.
#[derive(Clone, Debug)]
pub struct Runtime {
    /// The registry. Change life cycles and privileges here; entries other than security domains
    /// come and go through the methods below.
    pub registry: Registry,
    selected: Option<ApplicationId>,
}

impl Runtime {
    /// An empty card with one issuer security domain.
    #[must_use]
    pub fn new(issuer_security_domain: Application) -> Self {
        Self {
            registry: Registry::new(issuer_security_domain),
            selected: None,
        }
    }

    /// Loads a package from load file data: its components one after the other, as in the value
    /// of tag C4 (GPCS 2.3.1 §11.6.2.3).
    ///
    /// # Errors
    /// [`LoadError`]; the card is then as before.
    pub fn load(
        &mut self,
        load_file_data: &[u8],
        security_domain: ApplicationId,
    ) -> Result<LoadFileId, LoadError> {
        let _ = security_domain;
        Err(LoadError::Malformed(format!(
            "{} bytes without a header component",
            load_file_data.len()
        )))
    }

    /// Makes an instance of a module: runs its `install` method.
    ///
    /// # Errors
    /// [`InstallError`]; the card is then as before.
    pub fn install(
        &mut self,
        services: &mut dyn SecurityServices,
        request: &InstallRequest<'_>,
    ) -> Result<ApplicationId, InstallError> {
        let _ = services;
        Err(InstallError::UnknownModule(request.module))
    }

    /// Deletes an application: `uninstall()`, then its objects and its registry entry.
    ///
    /// # Errors
    /// [`DeleteError`]; the card is then as before.
    pub fn delete_application(
        &mut self,
        services: &mut dyn SecurityServices,
        id: ApplicationId,
    ) -> Result<(), DeleteError> {
        let _ = services;
        self.registry
            .remove_application(id)
            .map(drop)
            .ok_or(DeleteError::Unknown)
    }

    /// Deletes a load file and, if asked, the applications made from it.
    ///
    /// # Errors
    /// [`DeleteError`]; the card is then as before.
    pub fn delete_load_file(
        &mut self,
        services: &mut dyn SecurityServices,
        id: LoadFileId,
        with_applications: bool,
    ) -> Result<(), DeleteError> {
        let _ = (services, with_applications);
        self.registry
            .remove_load_file(id)
            .map(drop)
            .ok_or(DeleteError::Unknown)
    }

    /// The application that commands go to.
    #[must_use]
    pub fn selected(&self) -> Option<ApplicationId> {
        self.selected
    }

    /// Selects an application: `deselect()` of the one before, `select()`, then `process()` with
    /// the SELECT command. A security domain answers 9000 without data.
    pub fn select(
        &mut self,
        services: &mut dyn SecurityServices,
        id: ApplicationId,
        command: &[u8],
    ) -> Vec<u8> {
        let _ = (services, command);
        self.selected = Some(id);
        vec![0x90, 0x00]
    }

    /// Gives a command to the selected applet and returns its response with status word.
    pub fn process(&mut self, services: &mut dyn SecurityServices, command: &[u8]) -> Vec<u8> {
        let _ = (services, command);
        vec![0x69, 0x99]
    }

    /// STORE DATA passed on by a security domain: the applet's
    /// `org.globalplatform.Personalization` or `Application` interface.
    ///
    /// # Errors
    /// The status word to answer.
    pub fn process_data(
        &mut self,
        services: &mut dyn SecurityServices,
        id: ApplicationId,
        command: &[u8],
    ) -> Result<Vec<u8>, StatusWord> {
        let _ = (services, id, command);
        Err(0x6985)
    }

    /// Counts one persistent write of the card manager's own. False means that power is cut at
    /// this very write: do not write, stop at once.
    #[must_use]
    pub fn persistent_write(&mut self) -> bool {
        true
    }

    /// Bytes of persistent memory that are free.
    #[must_use]
    pub fn free_persistent(&self) -> usize {
        0
    }

    /// Bytes of transient memory that are free.
    #[must_use]
    pub fn free_transient(&self) -> usize {
        0
    }
}
