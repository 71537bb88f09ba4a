//! The card's registry (GPCS 2.3.1 §6.4): which load files, modules and applications there are,
//! in which life-cycle state, with which privileges, and which security domain each belongs to.

use crate::aid::Aid;
use cap_file::component::CodeOffset;
use serde::{Deserialize, Serialize};

/// An application's place in the registry. It never changes while the application exists.
/// Number 0 is the issuer security domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ApplicationId(pub u8);

impl ApplicationId {
    /// The issuer security domain, which every card has.
    pub const ISSUER_SECURITY_DOMAIN: Self = Self(0);
}

/// An executable load file's place in the registry; also the firewall context of its applets
/// (JCRE 3.0.5 §6.1.2: one group context per package).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LoadFileId(pub u8);

impl LoadFileId {
    /// The firewall context of its applets.
    #[must_use]
    pub const fn context(self) -> u8 {
        // Context 0 is the runtime environment's.
        self.0 + 1
    }
}

/// Life-cycle states as they are coded in GET STATUS (GPCS 2.3.1 §11.1.1).
pub mod life_cycle {
    /// Executable load file: LOADED.
    pub const LOADED: u8 = 0x01;
    /// Application: INSTALLED.
    pub const INSTALLED: u8 = 0x03;
    /// Application or security domain: SELECTABLE.
    pub const SELECTABLE: u8 = 0x07;
    /// Security domain: PERSONALIZED.
    pub const PERSONALIZED: u8 = 0x0F;
    /// Bit set while an application is LOCKED; the other bits keep the state before.
    pub const LOCKED: u8 = 0x80;
}

/// The life-cycle state of the card itself (GPCS 2.3.1 §5.1, coded as in table 11-6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[repr(u8)]
pub enum CardState {
    /// OP_READY.
    OpReady = 0x01,
    /// INITIALIZED.
    Initialized = 0x07,
    /// SECURED.
    Secured = 0x0F,
    /// CARD_LOCKED: only the issuer security domain answers.
    Locked = 0x7F,
    /// TERMINATED: nothing but GET DATA answers, for ever.
    Terminated = 0xFF,
}

impl CardState {
    /// The state with this coding.
    #[must_use]
    pub fn from_byte(byte: u8) -> Option<Self> {
        [
            Self::OpReady,
            Self::Initialized,
            Self::Secured,
            Self::Locked,
            Self::Terminated,
        ]
        .into_iter()
        .find(|state| *state as u8 == byte)
    }
}

/// Privileges, three bytes as in GPCS 2.3.1 §11.1.2 (tables 11-7 to 11-9).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Privileges(pub [u8; 3]);

impl Privileges {
    /// Security domain. Privilege numbers are those of the card API (`GPRegistryEntry.PRIVILEGE_*`): 0 is bit 8 of
    /// the first byte.
    pub const SECURITY_DOMAIN: u8 = 0;
    /// DAP verification: signatures over what is loaded for this domain.
    pub const DAP_VERIFICATION: u8 = 1;
    /// Delegated management: content under tokens of the issuer.
    pub const DELEGATED_MANAGEMENT: u8 = 2;
    /// Card lock.
    pub const CARD_LOCK: u8 = 3;
    /// Card terminate.
    pub const CARD_TERMINATE: u8 = 4;
    /// Card reset, formerly default selected: selected after a reset.
    pub const CARD_RESET: u8 = 5;
    /// Management of the global PIN.
    pub const CVM_MANAGEMENT: u8 = 6;
    /// Mandated DAP verification: signatures over everything that is loaded.
    pub const MANDATED_DAP_VERIFICATION: u8 = 7;
    /// Trusted path between applications.
    pub const TRUSTED_PATH: u8 = 8;
    /// Authorized management: content by its own authority.
    pub const AUTHORIZED_MANAGEMENT: u8 = 9;
    /// Token verification.
    pub const TOKEN_VERIFICATION: u8 = 10;
    /// Delete of anything on the card.
    pub const GLOBAL_DELETE: u8 = 11;
    /// Lock of any application.
    pub const GLOBAL_LOCK: u8 = 12;
    /// Sight of the whole registry.
    pub const GLOBAL_REGISTRY: u8 = 13;
    /// Final application.
    pub const FINAL_APPLICATION: u8 = 14;
    /// Services for all applications.
    pub const GLOBAL_SERVICE: u8 = 15;
    /// Receipt generation.
    pub const RECEIPT_GENERATION: u8 = 16;
    /// Ciphered load file data block.
    pub const CIPHERED_LOAD_FILE: u8 = 17;
    /// Contactless activation.
    pub const CONTACTLESS_ACTIVATION: u8 = 18;
    /// Contactless self-activation.
    pub const CONTACTLESS_SELF_ACTIVATION: u8 = 19;

    /// Those of an issuer security domain, as cards tell them.
    pub const OF_ISSUER: Self = Self([0x9E, 0xFE, 0x80]);
    /// Those that only a security domain may have (GPCS 2.3.1 table 6-1).
    pub const OF_DOMAINS: [u8; 9] = [
        Self::DAP_VERIFICATION,
        Self::DELEGATED_MANAGEMENT,
        Self::MANDATED_DAP_VERIFICATION,
        Self::TRUSTED_PATH,
        Self::AUTHORIZED_MANAGEMENT,
        Self::TOKEN_VERIFICATION,
        Self::GLOBAL_REGISTRY,
        Self::RECEIPT_GENERATION,
        Self::CIPHERED_LOAD_FILE,
    ];
    /// Those that one application has at a time.
    pub const OF_ONE: [u8; 2] = [Self::CARD_RESET, Self::FINAL_APPLICATION];

    /// Whether privilege `number` (0–23) is there.
    #[must_use]
    pub fn has(self, number: u8) -> bool {
        self.0
            .get(usize::from(number / 8))
            .is_some_and(|byte| byte & (0x80 >> (number % 8)) != 0)
    }

    /// The same with privilege `number` (0–23) added.
    #[must_use]
    pub fn with(mut self, number: u8) -> Self {
        if let Some(byte) = self.0.get_mut(usize::from(number / 8)) {
            *byte |= 0x80 >> (number % 8);
        }
        self
    }

    /// The same without privilege `number` (0–23).
    #[must_use]
    pub fn without(mut self, number: u8) -> Self {
        if let Some(byte) = self.0.get_mut(usize::from(number / 8)) {
            *byte &= !(0x80 >> (number % 8));
        }
        self
    }
}

/// An executable module: what INSTALL \[for install\] makes an instance of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExecutableModule {
    /// Module (applet class) AID.
    pub aid: Aid,
    /// Offset of the applet's `install` method in the Method component (JCVM 3.0.5 §6.5).
    pub install_offset: CodeOffset,
}

/// An executable load file: a loaded CAP.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoadFile {
    /// Package AID.
    pub aid: Aid,
    /// Package version, major then minor.
    pub version: (u8, u8),
    /// Life-cycle state, always [`life_cycle::LOADED`].
    pub life_cycle: u8,
    /// The security domain it is associated with.
    pub security_domain: ApplicationId,
    /// Its modules, in CAP order; empty for a library.
    pub modules: Vec<ExecutableModule>,
    /// AIDs of the packages it imports.
    pub imports: Vec<Aid>,
}

/// What runs behind an application.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ApplicationKind {
    /// A security domain that the card manager implements in Rust (the issuer's, or one made from
    /// the card manager's own module).
    SecurityDomain,
    /// An applet instance in the virtual machine.
    Applet {
        /// The load file that holds its code.
        load_file: LoadFileId,
        /// Heap reference of the Applet instance.
        instance: u16,
    },
}

/// An application: an applet instance or a security domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Application {
    /// Instance AID.
    pub aid: Aid,
    /// AID of the module it was made from.
    pub module: Aid,
    /// Life-cycle state ([`life_cycle`]); applications may use bits 4–7 for states of their own.
    pub life_cycle: u8,
    /// Privileges.
    pub privileges: Privileges,
    /// The security domain it is associated with (the issuer security domain has itself).
    pub security_domain: ApplicationId,
    /// What runs behind it.
    pub kind: ApplicationKind,
}

impl Application {
    /// Whether SELECT may choose it now.
    #[must_use]
    pub fn is_selectable(&self) -> bool {
        self.life_cycle & life_cycle::LOCKED == 0 && self.life_cycle >= life_cycle::SELECTABLE
    }
}

/// The registry. Slots keep their number for as long as their entry exists.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registry {
    /// Life-cycle state of the card.
    pub card_state: CardState,
    load_files: Vec<Option<LoadFile>>,
    applications: Vec<Option<Application>>,
    services: Vec<GlobalService>,
    #[serde(default)]
    implicit: Vec<ImplicitSelection>,
}

/// Where an application is selected without a SELECT command (GPCS 2.3.1 §11.1.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct ImplicitSelection {
    application: ApplicationId,
    /// The parameter as it came: bits 80 contactless, 40 contacts, 1F the logical channel.
    parameter: u8,
}

impl ImplicitSelection {
    const CONTACTLESS: u8 = 0x80;
    const CONTACTS: u8 = 0x40;
    const CHANNEL: u8 = 0x1F;

    fn is_for(self, contactless: bool, channel: u8) -> bool {
        let interface = if contactless {
            Self::CONTACTLESS
        } else {
            Self::CONTACTS
        };
        self.parameter & interface != 0 && self.parameter & Self::CHANNEL == channel
    }
}

/// A service that an application offers to others (GPCS 2.3.1 §8.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct GlobalService {
    application: ApplicationId,
    /// Family and identifier; the identifier 00 stands for all of the family.
    name: u16,
    /// Whether the application has registered it as the one of the card.
    registered: bool,
}

impl GlobalService {
    fn covers(&self, name: u16) -> bool {
        let ([family, identifier], [wanted, _]) = (self.name.to_be_bytes(), name.to_be_bytes());
        self.name == name || (identifier == 0 && family == wanted)
    }
}

impl Registry {
    /// The most load files (and firewall contexts) a card holds.
    pub const MAX_LOAD_FILES: usize = 128;
    /// The most applications a card holds.
    pub const MAX_APPLICATIONS: usize = 250;

    /// A registry with the issuer security domain alone, card in OP_READY.
    #[must_use]
    pub fn new(issuer_security_domain: Application) -> Self {
        Self {
            card_state: CardState::OpReady,
            load_files: Vec::new(),
            applications: vec![Some(issuer_security_domain)],
            services: Vec::new(),
            implicit: Vec::new(),
        }
    }

    /// The load file in slot `id`.
    #[must_use]
    pub fn load_file(&self, id: LoadFileId) -> Option<&LoadFile> {
        self.load_files.get(usize::from(id.0))?.as_ref()
    }

    /// The same, to change it.
    pub fn load_file_mut(&mut self, id: LoadFileId) -> Option<&mut LoadFile> {
        self.load_files.get_mut(usize::from(id.0))?.as_mut()
    }

    /// All load files in slot order.
    pub fn load_files(&self) -> impl Iterator<Item = (LoadFileId, &LoadFile)> {
        (0u8..)
            .zip(&self.load_files)
            .filter_map(|(id, slot)| Some((LoadFileId(id), slot.as_ref()?)))
    }

    /// The load file with exactly this AID.
    #[must_use]
    pub fn find_load_file(&self, aid: &[u8]) -> Option<LoadFileId> {
        self.load_files()
            .find(|(_, file)| file.aid.as_bytes() == aid)
            .map(|(id, _)| id)
    }

    /// Whether a load file or an application has this AID: no other one may get it (GPCS 2.3.1 §6.4.1).
    #[must_use]
    pub fn is_taken(&self, aid: &[u8]) -> bool {
        self.find_application(aid).is_some() || self.find_load_file(aid).is_some()
    }

    /// The module with exactly this AID and the load file it is in.
    #[must_use]
    pub fn find_module(&self, aid: &[u8]) -> Option<(LoadFileId, ExecutableModule)> {
        self.load_files().find_map(|(id, file)| {
            let module = file.modules.iter().find(|m| m.aid.as_bytes() == aid)?;
            Some((id, *module))
        })
    }

    /// The slot the next [`Self::add_load_file`] will fill, or `None` if the registry is full.
    #[must_use]
    pub fn free_load_file(&self) -> Option<LoadFileId> {
        free_slot(&self.load_files, Self::MAX_LOAD_FILES).map(LoadFileId)
    }

    /// Adds a load file; `None` if the registry is full.
    pub fn add_load_file(&mut self, file: LoadFile) -> Option<LoadFileId> {
        let id = self.free_load_file()?;
        fill_slot(&mut self.load_files, id.0, file);
        Some(id)
    }

    /// Removes a load file.
    pub fn remove_load_file(&mut self, id: LoadFileId) -> Option<LoadFile> {
        self.load_files.get_mut(usize::from(id.0))?.take()
    }

    /// The application in slot `id`.
    #[must_use]
    pub fn application(&self, id: ApplicationId) -> Option<&Application> {
        self.applications.get(usize::from(id.0))?.as_ref()
    }

    /// The same, to change it.
    pub fn application_mut(&mut self, id: ApplicationId) -> Option<&mut Application> {
        self.applications.get_mut(usize::from(id.0))?.as_mut()
    }

    /// All applications, the issuer security domain first.
    pub fn applications(&self) -> impl Iterator<Item = (ApplicationId, &Application)> {
        (0u8..)
            .zip(&self.applications)
            .filter_map(|(id, slot)| Some((ApplicationId(id), slot.as_ref()?)))
    }

    /// The application with exactly this AID.
    #[must_use]
    pub fn find_application(&self, aid: &[u8]) -> Option<ApplicationId> {
        self.applications()
            .find(|(_, application)| application.aid.as_bytes() == aid)
            .map(|(id, _)| id)
    }

    /// The slot the next [`Self::add_application`] will fill, or `None` if the registry is full.
    #[must_use]
    pub fn free_application(&self) -> Option<ApplicationId> {
        free_slot(&self.applications, Self::MAX_APPLICATIONS).map(ApplicationId)
    }

    /// Adds an application; `None` if the registry is full.
    pub fn add_application(&mut self, application: Application) -> Option<ApplicationId> {
        let id = self.free_application()?;
        fill_slot(&mut self.applications, id.0, application);
        Some(id)
    }

    /// Removes an application.
    pub fn remove_application(&mut self, id: ApplicationId) -> Option<Application> {
        self.services.retain(|service| service.application != id);
        self.implicit.retain(|entry| entry.application != id);
        self.applications.get_mut(usize::from(id.0))?.take()
    }

    /// The implicit selection parameters of an application.
    pub fn implicit_selections(&self, id: ApplicationId) -> impl Iterator<Item = u8> {
        self.implicit
            .iter()
            .filter(move |entry| entry.application == id)
            .map(|entry| entry.parameter)
    }

    /// Whether an application may be given an implicit selection parameter: no other one has it for the same
    /// interface and logical channel (GPCS 2.3.1 §6.4.1).
    #[must_use]
    pub fn may_select_implicitly(&self, id: Option<ApplicationId>, parameter: u8) -> bool {
        let channel = parameter & ImplicitSelection::CHANNEL;
        let asks = |contactless| {
            ImplicitSelection {
                application: ApplicationId::ISSUER_SECURITY_DOMAIN,
                parameter,
            }
            .is_for(contactless, channel)
        };
        channel < crate::class_byte::MAX_CHANNELS
            && [false, true]
                .into_iter()
                .filter(|way| asks(*way))
                .all(|way| {
                    self.implicitly_selectable(way, channel)
                        .is_none_or(|other| Some(other) == id)
                })
    }

    /// Gives an application an implicit selection parameter; one for no interface means nothing.
    pub fn add_implicit_selection(&mut self, application: ApplicationId, parameter: u8) {
        let interfaces = ImplicitSelection::CONTACTLESS | ImplicitSelection::CONTACTS;
        let entry = ImplicitSelection {
            application,
            parameter,
        };
        if parameter & interfaces != 0 && !self.implicit.contains(&entry) {
            self.implicit.push(entry);
        }
    }

    /// The application other than the issuer security domain that is selected implicitly: by its parameter, or on the
    /// basic channel by the card reset privilege.
    #[must_use]
    pub fn implicitly_selectable(&self, contactless: bool, channel: u8) -> Option<ApplicationId> {
        let by_parameter = self
            .implicit
            .iter()
            .find(|entry| entry.is_for(contactless, channel))
            .map(|entry| entry.application);
        by_parameter.or_else(|| {
            self.applications()
                .skip(1)
                .find(|(id, application)| {
                    channel == 0
                        && application.privileges.has(Privileges::CARD_RESET)
                        && self.implicit_selections(*id).next().is_none()
                })
                .map(|(id, _)| id)
        })
    }

    /// Records that an application offers a service.
    pub fn add_service(&mut self, application: ApplicationId, name: u16) {
        self.services.push(GlobalService {
            application,
            name,
            registered: false,
        });
    }

    /// Whether an application offers a service.
    #[must_use]
    pub fn offers_service(&self, application: ApplicationId, name: u16) -> bool {
        self.services
            .iter()
            .any(|service| service.application == application && service.covers(name))
    }

    /// The application that has registered a service as the one of the card.
    #[must_use]
    pub fn registered_service(&self, name: u16) -> Option<ApplicationId> {
        let mut registered = self.services.iter().filter(|service| service.registered);
        registered
            .find(|service| service.name == name)
            .map(|service| service.application)
    }

    /// Registers a service of an application as the one of the card; false if it does not offer it, or another one has
    /// registered it.
    pub fn register_service(&mut self, application: ApplicationId, name: u16) -> bool {
        if self.registered_service(name).is_some() || !self.offers_service(application, name) {
            return false;
        }
        self.services.push(GlobalService {
            application,
            name,
            registered: true,
        });
        true
    }

    /// Takes a registration back; false if there is none.
    pub fn deregister_service(&mut self, application: ApplicationId, name: u16) -> bool {
        let before = self.services.len();
        self.services.retain(|service| {
            !(service.registered && service.application == application && service.name == name)
        });
        self.services.len() < before
    }
}

fn free_slot<T>(slots: &[Option<T>], limit: usize) -> Option<u8> {
    let free = slots
        .iter()
        .position(Option::is_none)
        .unwrap_or(slots.len());
    (free < limit).then(|| u8::try_from(free).ok()).flatten()
}

fn fill_slot<T>(slots: &mut Vec<Option<T>>, slot: u8, value: T) {
    let slot = usize::from(slot);
    if slot == slots.len() {
        slots.push(Some(value));
    } else if let Some(place) = slots.get_mut(slot) {
        *place = Some(value);
    }
}
