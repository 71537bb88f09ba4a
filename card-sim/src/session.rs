//! What the runtime environment itself remembers: its objects on the heap, the command being
//! processed, random streams, counts.

use crate::aid::Aid;
use crate::api::apdu::ApduState;
use crate::api::security::Stream;
use crate::api::sensitive_result::SensitiveResult;
use crate::channels::Channels;
use crate::fault::Fault;
use crate::profile::Profile;
use crate::quirk::Quirk;
use crate::transmission::Transmission;
use crate::vm::heap::Context;
use crate::vm::program::ClassId;
use crate::vm::trap::Throwable;
use cap_file::component::CodeOffset;
use se_crypto::Drbg;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// References of the objects that the runtime environment makes when a card is made.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct RuntimeObjects {
    /// The APDU object, a temporary entry point.
    pub apdu: u16,
    /// The APDU buffer, a global array.
    pub apdu_buffer: u16,
    /// The `SecureChannel` of `GPSystem.getSecureChannel`, a permanent entry point.
    pub secure_channel: u16,
    /// The `CVM` of `GPSystem.getCVM`, a permanent entry point.
    pub cvm: u16,
    /// The class `java.lang.Object`.
    pub object_class: ClassId,
    /// One exception of each class in [`Throwable::ALL`].
    pub exceptions: Vec<u16>,
    /// The AID objects of applications, by application.
    pub aids: Vec<(u8, u16)>,
    /// Tokens of the methods of applets that the runtime environment calls.
    pub applet_tokens: AppletTokens,
}

/// Tokens of the virtual methods of `javacard.framework.Applet`.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct AppletTokens {
    /// `deselect()`
    pub deselect: u8,
    /// `getShareableInterfaceObject(AID, byte)`
    pub get_shareable: u8,
    /// `select()`
    pub select: u8,
    /// `process(APDU)`
    pub process: u8,
    /// `MultiSelectable.select(boolean)`
    pub select_again: u8,
    /// `MultiSelectable.deselect(boolean)`
    pub deselect_again: u8,
}

impl RuntimeObjects {
    /// The runtime environment's exception object of a class.
    #[must_use]
    pub fn exception(&self, throwable: Throwable) -> u16 {
        self.exceptions
            .get(throwable as usize)
            .copied()
            .unwrap_or(0)
    }
}

/// Random streams, one for each purpose: the host platform of the applet model draws the same
/// bytes for the same purpose from the same seed.
#[derive(Clone, Debug)]
pub struct RandomStreams {
    /// `KeyPair.genKeyPair`.
    pub keygen: Drbg,
    /// `RandomData`, and random padding.
    pub random: Drbg,
}

impl RandomStreams {
    /// The streams of a seeded card.
    #[must_use]
    pub fn new(root: &Drbg) -> Self {
        Self {
            keygen: root.stream("keygen"),
            random: root.stream("random"),
        }
    }
}

/// What a card used, for reports.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SessionUsage {
    /// The most words of stack in use at once.
    pub stack_high_water: usize,
    /// Bytecodes executed since the card was made.
    pub bytecodes: u64,
}

/// An installation under way: between the call of `install` and its return.
#[derive(Clone, Copy, Debug)]
pub struct Installation {
    /// The instance AID asked for.
    pub aid: Aid,
    /// The context that it will have.
    pub context: Context,
    /// The AID and instance given to `register`.
    pub registered: Option<(Aid, u16)>,
}

/// The runtime environment's state.
#[derive(Clone, Debug)]
pub struct Session {
    /// Its objects.
    pub objects: RuntimeObjects,
    /// The command being processed.
    pub apdu: ApduState,
    /// How commands come.
    pub transmission: Transmission,
    /// Random streams.
    pub random: RandomStreams,
    /// Counts.
    pub usage: SessionUsage,
    /// Logical channels, and what is selected on them.
    pub channels: Channels,
    /// Whether the command being processed is the one that selected the applet.
    pub selecting: bool,
    /// Whether what is being selected was selected on the same channel before.
    pub reselecting: bool,
    /// An installation under way.
    pub installation: Option<Installation>,
    /// `JCSystem.requestObjectDeletion` was called: collect before the next command.
    pub deletion_requested: bool,
    /// What cryptographic objects have taken in and not given out, by object.
    pub streams: Vec<(u16, Stream)>,
    /// Package slot, method offset and bytecode offset at which the last exception was thrown.
    pub thrown_at: Option<(u8, CodeOffset, CodeOffset)>,
    /// The result of the last sensitive method of the API.
    pub sensitive_result: Option<SensitiveResult>,
    /// What kind of card it is; `None` for one without limits of its own.
    pub profile: Option<Arc<Profile>>,
    /// What ended the last command in an applet.
    pub last_fault: Option<Fault>,
}

impl Session {
    /// The state of a card that was just powered.
    #[must_use]
    pub fn new(objects: RuntimeObjects, random: RandomStreams) -> Self {
        Self {
            objects,
            apdu: ApduState::default(),
            transmission: Transmission::default(),
            random,
            usage: SessionUsage::default(),
            channels: Channels::default(),
            selecting: false,
            reselecting: false,
            installation: None,
            deletion_requested: false,
            streams: Vec::new(),
            thrown_at: None,
            sensitive_result: None,
            profile: None,
            last_fault: None,
        }
    }

    /// What `APDU.getInBlockSize` and `getOutBlockSize` give.
    #[must_use]
    pub fn block_sizes(&self) -> [u16; 2] {
        let transmission = self.transmission;
        let own = self
            .profile
            .as_ref()
            .and_then(|profile| profile.block_sizes);
        // Over T=0 they are what they are on every card.
        own.filter(|_| transmission != Transmission::T0)
            .unwrap_or_else(|| [transmission.in_block_size(), transmission.out_block_size()])
    }

    /// Whether this kind of card does something in its own way.
    #[must_use]
    pub fn has_quirk(&self, quirk: Quirk) -> bool {
        self.profile
            .as_ref()
            .is_some_and(|profile| profile.has_quirk(quirk))
    }
}
