//! The Java Card runtime environment: what the card manager stands on.
//!
//! The card manager decides *who may* load, install, select and delete; the runtime does it.

mod content;
mod install;
mod load;
mod objects;
mod persist;
mod selection;

pub(crate) use objects::MULTI_SELECTABLE;

use crate::aid::Aid;
use crate::api::apdu::ApduState;
use crate::api::build::base_program;
use crate::channels::Channels;
use crate::class_byte::MAX_CHANNELS;
use crate::fault::{Cause, Fault, Place};
use crate::profile::Profile;
use crate::quirk::Quirk;
use crate::registry::{
    Application, ApplicationId, ApplicationKind, LoadFileId, Privileges, Registry,
};
use crate::secure_channel::{SecurityServices, StatusWord};
use crate::session::{RandomStreams, Session};
use crate::transmission::Transmission;
use crate::vm::program::Program;
use crate::vm::{Heap, HeapConfig, Limits, Observer, Remains, Stack, Throwable, Trap, Vm, Word};
use se_crypto::Drbg;
use std::sync::Arc;

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
    /// It is selected on a logical channel.
    #[error("{0} is selected; select another application on its logical channel first")]
    Active(Aid),
}

impl DeleteError {
    /// The status word a card answers.
    #[must_use]
    pub fn status_word(&self) -> StatusWord {
        match self {
            Self::Unknown => 0x6A88,
            Self::Referenced(_) | Self::Active(_) => 0x6985,
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

/// What a card is made with, beside its issuer.
#[derive(Clone, Debug)]
pub struct RuntimeConfig {
    /// Seed of all random bytes.
    pub seed: u64,
    /// Sizes of the memories.
    pub memory: HeapConfig,
    /// What one command may use.
    pub limits: Limits,
    /// Bytes of the APDU buffer, at least 133.
    pub apdu_buffer: u16,
    /// Check all types at every instruction.
    pub defensive: bool,
    /// Logical channels, the basic one included: 1 to 20.
    pub channels: u8,
    /// What kind of card it is.
    pub profile: Option<Arc<Profile>>,
}

impl Default for RuntimeConfig {
    fn default() -> Self {
        Self {
            seed: 0,
            memory: HeapConfig::default(),
            limits: Limits::default(),
            apdu_buffer: 261,
            defensive: false,
            channels: MAX_CHANNELS,
            profile: None,
        }
    }
}

/// A load file's bytes, kept to link it anew.
#[derive(Clone, Debug)]
struct Code {
    id: LoadFileId,
    bytes: Arc<[u8]>,
    statics: u16,
}

/// The runtime environment: the registry and, behind it, the virtual machine with its memory.
#[derive(Clone, Debug)]
pub struct Runtime {
    /// The registry. Change life cycles and privileges here; entries other than security domains
    /// come and go through the methods below.
    pub registry: Registry,
    program: Arc<Program>,
    /// In the order in which they were loaded, so that imports come first.
    code: Vec<Code>,
    heap: Heap,
    session: Session,
    stack: Stack,
    limits: Limits,
    torn: bool,
    defensive: bool,
    watcher: Watcher,
}

/// Who watches a card. A copy of the card is not watched.
#[derive(Default)]
struct Watcher(Option<Box<dyn Observer + Send>>);

impl Clone for Watcher {
    fn clone(&self) -> Self {
        Self(None)
    }
}

impl std::fmt::Debug for Watcher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let state = if self.0.is_some() {
            "watched"
        } else {
            "unwatched"
        };
        f.write_str(state)
    }
}

/// Success.
const OK: StatusWord = 0x9000;
/// No applet is selected, or it did not want to be (`ISO7816.SW_APPLET_SELECT_FAILED`).
const SELECT_FAILED: StatusWord = 0x6999;
/// No precise diagnosis: what an uncaught exception gives (JCRE 3.0.5 §4.4).
const UNKNOWN: StatusWord = 0x6F00;

impl Runtime {
    /// An empty card of default sizes and seed with one issuer security domain.
    #[must_use]
    pub fn new(issuer_security_domain: Application) -> Self {
        Self::with_config(issuer_security_domain, &RuntimeConfig::default())
    }

    /// An empty card with one issuer security domain.
    #[must_use]
    pub fn with_config(issuer_security_domain: Application, config: &RuntimeConfig) -> Self {
        let program = base_program();
        let mut heap = Heap::new(config.memory);
        let objects = objects::make(&mut heap, program, config.apdu_buffer.max(133));
        let random = RandomStreams::new(&Drbg::from_seed(config.seed));
        let mut session = Session::new(objects, random);
        session.channels = Channels::new(config.channels);
        session.profile.clone_from(&config.profile);
        Self {
            registry: Registry::new(issuer_security_domain),
            program: Arc::new(program.clone()),
            code: Vec::new(),
            heap,
            session,
            stack: Stack::default(),
            limits: config.limits,
            torn: false,
            defensive: config.defensive,
            watcher: Watcher::default(),
        }
    }

    /// The card's memory, for reports.
    #[must_use]
    pub fn heap(&self) -> &Heap {
        &self.heap
    }

    /// The linked code, for reports.
    #[must_use]
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// The runtime environment's state, for reports.
    #[must_use]
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// What ended the last command in an applet, where it was no `ISOException`.
    #[must_use]
    pub fn last_fault(&self) -> Option<&Fault> {
        self.session.last_fault.as_ref()
    }

    /// Goes into defensive mode, or back into fast mode.
    pub fn set_defensive(&mut self, defensive: bool) {
        self.defensive = defensive;
    }

    /// Lets someone watch every bytecode from now on, in defensive mode; `None` ends that.
    pub fn watch(&mut self, observer: Option<Box<dyn Observer + Send>>) {
        self.watcher = Watcher(observer);
    }

    /// The high-water marks of stack words and commit buffer bytes; sets them.
    pub(crate) fn replace_high_water(&mut self, (stack, commit): (usize, usize)) -> (usize, usize) {
        let stack = std::mem::replace(&mut self.session.usage.stack_high_water, stack);
        (stack, self.heap.replace_commit_high_water(commit))
    }

    /// Whether this kind of card does something in its own way.
    #[must_use]
    pub fn has_quirk(&self, quirk: Quirk) -> bool {
        self.session.has_quirk(quirk)
    }

    /// What kind of card it is.
    #[must_use]
    pub fn profile(&self) -> Option<&Profile> {
        self.session.profile.as_deref()
    }

    /// What one command may use.
    #[must_use]
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// Changes what one command may use.
    pub fn set_limits(&mut self, limits: Limits) {
        self.limits = limits;
    }

    /// Sets how commands come; applets can ask.
    pub(crate) fn set_transmission(&mut self, transmission: Transmission) {
        self.session.transmission = transmission;
    }

    /// Forgets the fault of the last command.
    pub(crate) fn clear_fault(&mut self) {
        self.session.last_fault = None;
    }

    /// The application that is selected on the channel of the command.
    #[must_use]
    pub fn selected(&self) -> Option<ApplicationId> {
        self.session.channels.selected()
    }

    /// The logical channels.
    #[must_use]
    pub fn channels(&self) -> &Channels {
        &self.session.channels
    }

    /// Counts one persistent write of the card manager's own. False means that power is cut at
    /// this very write: do not write, stop at once.
    #[must_use]
    pub fn persistent_write(&mut self) -> bool {
        let counted = self.heap.count_external_write().is_ok();
        self.torn |= !counted;
        counted
    }

    /// Bytes of persistent memory that are free.
    #[must_use]
    pub fn free_persistent(&self) -> usize {
        self.heap.persistent_free()
    }

    /// Bytes of transient memory that are free.
    #[must_use]
    pub fn free_transient(&self) -> usize {
        self.heap.transient_free()
    }

    /// Cuts power at the `k`-th persistent write from now (1 is the next one); `None` takes that
    /// back.
    pub fn tear_at(&mut self, k: Option<u64>) {
        self.heap.tear_at(k);
    }

    /// What is left of non-atomic writes when power fails.
    pub fn set_remains(&mut self, remains: Remains) {
        self.heap.set_remains(remains);
    }

    /// Whether power was cut and has not come back.
    #[must_use]
    pub fn is_torn(&self) -> bool {
        self.torn
    }

    /// Power comes back: an open transaction is rolled back, transient memory is zero, nothing is
    /// selected.
    pub fn power_on(&mut self) {
        self.torn = false;
        self.heap.power_on();
        self.session.channels.reset();
        self.session.selecting = false;
        self.session.reselecting = false;
        self.session.installation = None;
        self.session.apdu = ApduState::default();
        self.session.streams.clear();
        if std::mem::take(&mut self.session.deletion_requested) {
            self.collect();
        }
    }

    /// Lends the parts to a virtual machine.
    fn with_machine<R>(
        &mut self,
        services: &mut dyn SecurityServices,
        work: impl FnOnce(&mut Vm<'_>) -> R,
    ) -> R {
        let program = Arc::clone(&self.program);
        let mut watcher = std::mem::take(&mut self.watcher);
        let mut machine = Vm::new(
            &program,
            &mut self.heap,
            &mut self.registry,
            &mut self.session,
            services,
            &mut self.stack,
            self.limits,
        );
        if self.defensive || watcher.0.is_some() {
            let observer = watcher.0.as_deref_mut();
            machine.go_stepwise(observer.map(|observer| observer as &mut dyn Observer));
        }
        let result = work(&mut machine);
        machine.finish();
        let executed = machine.executed();
        self.watcher = watcher;
        self.session.usage.bytecodes += executed;
        result
    }

    /// The status word that a trap gives; remembers what it was.
    fn status_of(&mut self, trap: Trap) -> StatusWord {
        let cause = match trap {
            Trap::Thrown(exception) => {
                let object = self.heap.object(exception);
                let reason = if object.length > 0 {
                    self.heap.short(object.address).cast_unsigned()
                } else {
                    0
                };
                let iso = self.program.throwable(Throwable::Iso);
                if self.program.is_instance(object.class, iso) {
                    return reason;
                }
                let class = self.program.class(object.class);
                Cause::Uncaught {
                    class: class.map_or("an object", |class| &class.name).to_owned(),
                    reason,
                }
            }
            Trap::Throw(throwable, reason) => Cause::Uncaught {
                class: throwable.class_name().to_owned(),
                reason: reason.cast_unsigned(),
            },
            Trap::PowerLoss => {
                self.torn = true;
                Cause::PowerLoss
            }
            Trap::StepBudget => Cause::StepBudget(self.limits.steps),
            Trap::StackOverflow => Cause::StackOverflow,
            Trap::BadCode(rule) => Cause::TypeViolation(rule),
            Trap::Unsupported(method) => {
                let name = self
                    .program
                    .method(method)
                    .and_then(|method| method.name.as_deref());
                Cause::Unsupported(name.unwrap_or("a method of its API").to_owned())
            }
        };
        let place = self.session.thrown_at.take();
        let place = place.and_then(|(slot, method, offset)| {
            Some(Place {
                package: self.registry.load_file(LoadFileId(slot))?.aid,
                method,
                offset,
            })
        });
        let fault = Fault { cause, place };
        tracing::debug!(%fault, "uncaught");
        self.session.last_fault = Some(fault);
        UNKNOWN
    }

    /// Gives a command to the selected applet and returns its response with status word. Empty
    /// if power was cut.
    pub fn process(&mut self, services: &mut dyn SecurityServices, command: &[u8]) -> Vec<u8> {
        let Ok(apdu) = ApduState::parse(command) else {
            return 0x6700u16.to_be_bytes().to_vec();
        };
        // Nothing is selected on this channel (JCRE 3.0.5 §4.7).
        let Some(id) = self.selected() else {
            return SELECT_FAILED.to_be_bytes().to_vec();
        };
        if apdu.extended
            && (self.has_quirk(Quirk::NoExtendedLength) || !self.takes_extended_length(id))
        {
            return 0x6700u16.to_be_bytes().to_vec();
        }
        let mut content = apdu.initial_buffer();
        // Only the header is promised before `setIncomingAndReceive` (JCRE 3.0.5 §9.4.1), and over
        // T=0 no more has come. A block holds the data too, and applets rely on it.
        if self.session.transmission != Transmission::T0 {
            content.extend(&apdu.data);
        }
        self.fill_buffer(&content);
        self.session.apdu = apdu;
        let token = self.session.objects.applet_tokens.process;
        let apdu = self.session.objects.apdu;
        let status = match self.call_applet(services, id, token, Some(apdu)) {
            Ok(_) => OK,
            Err(trap) => self.status_of(trap),
        };
        self.finish(status)
    }

    /// Whether an applet implements `javacardx.apdu.ExtendedLength`; others get no command with extended
    /// lengths (JCRE 3.0.5 §9.4.5).
    fn takes_extended_length(&self, id: ApplicationId) -> bool {
        let applet = self.registry.application(id).map(|applet| applet.kind);
        let Some(ApplicationKind::Applet { instance, .. }) = applet else {
            return false;
        };
        let interface = self.program.class_named("javacardx/apdu/ExtendedLength");
        self.program
            .is_instance(self.heap.object(instance).class, interface)
    }

    /// The end of a command.
    fn finish(&mut self, status: StatusWord) -> Vec<u8> {
        let mut response = std::mem::take(&mut self.session.apdu.response);
        self.session.apdu.active = false;
        if self.torn {
            return Vec::new();
        }
        self.heap.end_of_command();
        if std::mem::take(&mut self.session.deletion_requested) {
            self.collect();
        }
        response.extend(status.to_be_bytes());
        response
    }

    /// Sets the APDU buffer to these bytes and zeros.
    fn fill_buffer(&mut self, bytes: &[u8]) {
        let buffer = self.heap.object(self.session.objects.apdu_buffer);
        let mut content = vec![0; usize::from(buffer.length)];
        for (place, byte) in content.iter_mut().zip(bytes) {
            *place = *byte;
        }
        // The buffer is transient: no write to it can fail.
        let _ = self.heap.write_slice(buffer.address, &content);
    }

    /// STORE DATA passed on by a security domain to the applet's
    /// `org.globalplatform.Personalization` or `Application` interface. `command` is the whole
    /// command in plain form.
    ///
    /// # Errors
    /// The status word to answer: 6985 if the applet has neither interface.
    pub fn process_data(
        &mut self,
        services: &mut dyn SecurityServices,
        id: ApplicationId,
        command: &[u8],
    ) -> Result<Vec<u8>, StatusWord> {
        let (method, instance, load_file, responds) = self.data_receiver(id).ok_or(0x6985u16)?;
        self.fill_buffer(command);
        let buffer = Word::reference(self.session.objects.apdu_buffer);
        let length = i16::try_from(command.len()).map_err(|_| 0x6700u16)?;
        let arguments = [
            Word::reference(instance),
            buffer,
            Word::short(0),
            Word::short(length),
            buffer,
            Word::short(0),
        ];
        let count = if responds { 6 } else { 4 };
        let result = self.with_machine(services, |machine| {
            machine.call(
                method,
                arguments.get(..count).unwrap_or(&arguments),
                load_file.context(),
                id.0,
            )
        });
        let result = match result {
            Ok(length) => Ok(usize::try_from(length).unwrap_or(0)),
            Err(trap) => Err(self.status_of(trap)),
        };
        let length = result?;
        self.heap.end_of_command();
        if !responds {
            return Ok(Vec::new());
        }
        let bytes = self.heap.bytes(self.session.objects.apdu_buffer);
        Ok(bytes.get(..length).unwrap_or(&[]).to_vec())
    }

    /// The method of an applet that receives STORE DATA, and whether it gives a response.
    fn data_receiver(&self, id: ApplicationId) -> Option<(u32, u16, LoadFileId, bool)> {
        let ApplicationKind::Applet {
            load_file,
            instance,
        } = self.registry.application(id)?.kind
        else {
            return None;
        };
        let class = self.heap.object(instance).class;
        [
            ("org/globalplatform/Personalization", true),
            ("org/globalplatform/Application", false),
        ]
        .into_iter()
        .find_map(|(name, responds)| {
            let interface = objects::class_named(name)?;
            let method = self.program.interface_method(class, interface, 0)?;
            Some((method, instance, load_file, responds))
        })
    }
}
