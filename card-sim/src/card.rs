//! The card as a reader sees it: reset, commands, power.

use crate::aid::Aid;
use crate::class_byte::MAX_CHANNELS;
use crate::fault::Fault;
use crate::gp::{CardManager, IssuerConfig};
use crate::profile::Profile;
use crate::quirk::Quirk;
use crate::registry::{ApplicationId, LoadFileId, Privileges, Registry};
use crate::runtime::{InstallError, InstallRequest, LoadError, Runtime, RuntimeConfig};
use crate::transmission::Transmission;
use crate::vm::{HeapConfig, Limits, Observer, Remains};
use cap_file::CapFile;
use card_link::t0::{TpduStep, Tpdus};
use serde::Serialize;
use std::sync::Arc;

/// What a new card is like.
#[derive(Clone, Debug)]
pub struct CardConfig {
    /// Seed of every random byte of the card: keys, challenges, padding. The same seed and the
    /// same commands give the same responses.
    pub seed: u64,
    /// Sizes of the memories.
    pub memory: HeapConfig,
    /// What one command may use.
    pub limits: Limits,
    /// The issuer security domain.
    pub issuer: IssuerConfig,
    /// Defensive mode: see [`Card::set_defensive`].
    pub defensive: bool,
    /// How commands come.
    pub transmission: Transmission,
    /// Logical channels, the basic one included: 1 to 20. A card of one answers 6881 to the others.
    pub channels: u8,
    /// What kind of card it is. Its sizes are in `memory` and `limits`: see [`CardConfig::of`].
    pub profile: Option<Arc<Profile>>,
}

impl Default for CardConfig {
    /// Seed 0, all 20 logical channels, no profile; the defaults of the parts.
    fn default() -> Self {
        Self {
            seed: 0,
            memory: HeapConfig::default(),
            limits: Limits::default(),
            issuer: IssuerConfig::default(),
            defensive: false,
            transmission: Transmission::default(),
            channels: MAX_CHANNELS,
            profile: None,
        }
    }
}

impl CardConfig {
    /// A new card of a kind: with its memories, its API, and without what it has not.
    #[must_use]
    pub fn of(profile: Profile) -> Self {
        Self {
            memory: HeapConfig {
                transient_size: profile.memory.transient,
                persistent_size: profile.memory.persistent,
                commit_capacity: profile.memory.commit,
            },
            limits: Limits {
                stack_words: profile.memory.stack_words,
                ..Limits::default()
            },
            channels: profile.channels,
            issuer: IssuerConfig {
                protocol: profile
                    .protocol()
                    .unwrap_or(IssuerConfig::default().protocol),
                key_version: profile
                    .key_version
                    .unwrap_or(IssuerConfig::default().key_version),
                counts_data_only: profile.has_quirk(Quirk::CountsDataOnly),
                ..IssuerConfig::default()
            },
            profile: Some(Arc::new(profile)),
            ..Self::default()
        }
    }
}

/// What one command used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CommandUsage {
    /// Bytecodes executed.
    pub bytecodes: u64,
    /// Writes to persistent memory.
    pub persistent_writes: u64,
    /// The most stack words in use at once.
    pub stack_words: usize,
    /// The most bytes of the commit buffer.
    pub commit_bytes: usize,
    /// Bytes of persistent memory in use after it.
    pub persistent_used: usize,
    /// Bytes of transient memory in use after it.
    pub transient_used: usize,
}

/// What a card has used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CardStatistics {
    /// Bytes of persistent memory in use: code, objects with their headers.
    pub persistent_used: usize,
    /// Bytes of persistent memory that are free.
    pub persistent_free: usize,
    /// Bytes of transient memory in use.
    pub transient_used: usize,
    /// Bytes of transient memory that are free.
    pub transient_free: usize,
    /// The most bytes of the commit buffer that one transaction used.
    pub commit_high_water: usize,
    /// The most stack words in use at once.
    pub stack_high_water: usize,
    /// Writes to persistent memory since the card was made.
    pub persistent_writes: u64,
    /// Bytecodes executed since the card was made.
    pub bytecodes: u64,
}

/// A simulated card. A clone is a fork: both go on from the same state, independently.
///
/// ```
/// use card_sim::{Card, CardConfig};
///
/// let mut card = Card::new(&CardConfig::default());
/// assert_eq!(card.reset()[0], 0x3B);
/// // SELECT of an application that is not there.
/// let response = card.transmit(&[0x00, 0xA4, 0x04, 0x00, 5, 1, 2, 3, 4, 5]);
/// assert_eq!(response, [0x6A, 0x82]);
/// ```
#[derive(Clone, Debug)]
pub struct Card {
    pub(crate) runtime: Runtime,
    pub(crate) manager: CardManager,
    pub(crate) powered: bool,
    pub(crate) t0: Tpdus,
    pub(crate) usage: CommandUsage,
}

impl Card {
    /// A new card, powered, with its issuer security domain selected.
    #[must_use]
    pub fn new(config: &CardConfig) -> Self {
        let manager = CardManager::new(config.seed, &config.issuer);
        let runtime = Runtime::with_config(
            manager.issuer_security_domain(),
            &RuntimeConfig {
                seed: config.seed,
                memory: config.memory,
                limits: config.limits,
                defensive: config.defensive,
                channels: config.channels,
                apdu_buffer: config
                    .profile
                    .as_ref()
                    .map_or(261, |profile| profile.apdu_buffer),
                profile: config.profile.clone(),
            },
        );
        let mut card = Self {
            runtime,
            manager,
            powered: false,
            t0: Tpdus::default(),
            usage: CommandUsage::default(),
        };
        card.set_transmission(config.transmission);
        card
    }

    /// Resets the card (or powers it up) and gives its answer to reset. An open transaction is
    /// rolled back, transient memory is cleared.
    pub fn reset(&mut self) -> Vec<u8> {
        self.powered = true;
        self.t0 = Tpdus::default();
        self.runtime.power_on();
        self.manager.reset(&mut self.runtime);
        self.atr()
    }

    /// The answer to reset: direct convention, the protocol, the historical bytes that an applet may
    /// have set.
    #[must_use]
    pub fn atr(&self) -> Vec<u8> {
        self.transmission()
            .answer_to_reset(self.manager.historical_bytes())
    }

    /// How commands come.
    #[must_use]
    pub fn transmission(&self) -> Transmission {
        self.runtime.session().transmission
    }

    /// Sets how commands come from the next reset on: what applets see of it, the answer to reset,
    /// and for T=0 the rules of its commands (GET RESPONSE, 61xx, 6Cxx). No part of an image.
    pub fn set_transmission(&mut self, transmission: Transmission) {
        self.runtime.set_transmission(transmission);
        self.reset();
    }

    /// Takes the power away. The card answers nothing until [`Self::reset`].
    pub fn power_off(&mut self) {
        self.powered = false;
    }

    /// Sends a command and gives the response with its status word. Empty if the card has no
    /// power, or loses it during the command ([`Self::tear_at`]).
    ///
    /// Where the card speaks T=0 this is a TPDU, and the answer may be 61xx or 6Cxx.
    pub fn transmit(&mut self, command: &[u8]) -> Vec<u8> {
        if self.transmission() != Transmission::T0 {
            return self.transmit_apdu(command);
        }
        match self.t0.command(command) {
            TpduStep::Answer(answer) if self.powered && !self.runtime.is_torn() => answer,
            TpduStep::Answer(_) => Vec::new(),
            TpduStep::Run(apdu) => {
                let response = self.transmit_apdu(&apdu);
                self.t0.respond(response)
            }
        }
    }

    /// The same with a command APDU, however the card speaks: for whoever turns TPDUs into APDUs before the card, as
    /// `card-link` does on a line.
    pub fn transmit_apdu(&mut self, command: &[u8]) -> Vec<u8> {
        if !self.powered || self.runtime.is_torn() {
            return Vec::new();
        }
        if command.len() < 4 {
            return vec![0x67, 0x00];
        }
        self.runtime.clear_fault();
        let before = self.statistics();
        let (stack, commit) = self.runtime.replace_high_water((0, 0));
        let response = self.manager.process(&mut self.runtime, command);
        let after = self.statistics();
        self.usage = CommandUsage {
            bytecodes: after.bytecodes - before.bytecodes,
            persistent_writes: after
                .persistent_writes
                .saturating_sub(before.persistent_writes),
            stack_words: after.stack_high_water,
            commit_bytes: after.commit_high_water,
            persistent_used: after.persistent_used,
            transient_used: after.transient_used,
        };
        self.runtime.replace_high_water((
            stack.max(after.stack_high_water),
            commit.max(after.commit_high_water),
        ));
        if self.runtime.is_torn() {
            return Vec::new();
        }
        response
    }

    /// Loads a CAP file without a secure channel, for tests and quick starts.
    ///
    /// # Errors
    /// [`LoadError`]; the card is then as before.
    pub fn load_cap(&mut self, cap: &CapFile) -> Result<LoadFileId, LoadError> {
        self.runtime
            .load_cap(cap, ApplicationId::ISSUER_SECURITY_DOMAIN)
    }

    /// Makes a selectable instance of a loaded module without a secure channel. `parameters` are
    /// what the applet finds behind the privileges: the value of tag C9.
    ///
    /// # Errors
    /// [`InstallError`]; the card is then as before.
    pub fn install(
        &mut self,
        module: Aid,
        instance: Aid,
        parameters: &[u8],
    ) -> Result<ApplicationId, InstallError> {
        let request = InstallRequest {
            module,
            instance,
            privileges: Privileges::default(),
            parameters,
            security_domain: ApplicationId::ISSUER_SECURITY_DOMAIN,
            selectable: true,
        };
        self.runtime.install(self.manager.services(), &request)
    }

    /// Cuts power at the `k`-th persistent write from now (1 is the next one): the command stops
    /// there, and the card answers nothing until [`Self::reset`]. `None` takes that back.
    pub fn tear_at(&mut self, k: Option<u64>) {
        self.runtime.tear_at(k);
    }

    /// What is left of non-atomic writes when power fails.
    pub fn set_remains(&mut self, remains: Remains) {
        self.runtime.set_remains(remains);
    }

    /// Whether power was cut by [`Self::tear_at`] and has not come back.
    #[must_use]
    pub fn is_torn(&self) -> bool {
        self.runtime.is_torn()
    }

    /// What ended the last command in an applet, where it was no `ISOException`: the exception
    /// that nobody caught, the step budget, code that a verifier would refuse.
    #[must_use]
    pub fn last_fault(&self) -> Option<&Fault> {
        self.runtime.last_fault()
    }

    /// Goes into defensive mode, or back into fast mode; nothing else changes. In defensive mode
    /// every instruction checks the types of what it works on, and a command that breaks a rule
    /// ends with [`crate::Cause::TypeViolation`] in [`Self::last_fault`] before the instruction
    /// has an effect. Load CAP files with their Descriptor component, as [`Self::load_cap`] does,
    /// so that the types of their fields and arguments are known.
    pub fn set_defensive(&mut self, defensive: bool) {
        self.runtime.set_defensive(defensive);
    }

    /// Lets someone watch every bytecode from now on, in defensive mode; `None` ends that. A copy
    /// of the card is not watched.
    pub fn watch(&mut self, observer: Option<Box<dyn Observer + Send>>) {
        self.runtime.watch(observer);
    }

    /// Changes what one command may use.
    pub fn set_limits(&mut self, limits: Limits) {
        self.runtime.set_limits(limits);
    }

    /// What the last command used.
    #[must_use]
    pub fn command_usage(&self) -> CommandUsage {
        self.usage
    }

    /// The runtime environment behind the card: registry, memory, linked code.
    #[must_use]
    pub fn runtime(&self) -> &Runtime {
        &self.runtime
    }

    /// The registry, to change privileges and life cycles without a secure channel.
    pub fn registry_mut(&mut self) -> &mut Registry {
        &mut self.runtime.registry
    }

    /// What the card has used.
    #[must_use]
    pub fn statistics(&self) -> CardStatistics {
        let heap = self.runtime.heap();
        let usage = self.runtime.session().usage;
        CardStatistics {
            persistent_used: heap.persistent_used(),
            persistent_free: heap.persistent_free(),
            transient_used: heap.transient_used(),
            transient_free: heap.transient_free(),
            commit_high_water: heap.usage().commit_high_water,
            stack_high_water: usage.stack_high_water,
            persistent_writes: heap.usage().persistent_writes,
            bytecodes: usage.bytecodes,
        }
    }
}
