//! The parts of the runtime environment that an image holds.

use super::{Code, Runtime};
use crate::api::build::base_program;
use crate::channels::Channels;
use crate::profile::Profile;
use crate::registry::{LoadFileId, Registry};
use crate::session::{RandomStreams, RuntimeObjects, Session};
use crate::vm::heap::PersistentPart;
use crate::vm::{Heap, Limits, Stack};
use se_crypto::Drbg;
use std::sync::Arc;

/// A load file with its statics object.
pub(crate) type StoredCode<'a> = (LoadFileId, u16, &'a [u8]);

impl Runtime {
    pub(crate) fn persistent_state(
        &self,
    ) -> (
        &RuntimeObjects,
        Limits,
        &RandomStreams,
        Vec<StoredCode<'_>>,
        bool,
    ) {
        let code = self
            .code
            .iter()
            .map(|code| (code.id, code.statics, &*code.bytes))
            .collect();
        (
            &self.session.objects,
            self.limits,
            &self.session.random,
            code,
            self.session.deletion_requested,
        )
    }

    /// A runtime environment that has just been powered; `None` if the parts contradict each
    /// other.
    #[expect(
        clippy::too_many_arguments,
        reason = "they are the parts of an image, each of another type"
    )]
    pub(crate) fn restore(
        registry: Registry,
        memory: PersistentPart,
        objects: RuntimeObjects,
        limits: Limits,
        (keygen, random): (&[u8], &[u8]),
        load_files: &[StoredCode<'_>],
        deletion_requested: bool,
        channels: u8,
        profile: Option<Profile>,
    ) -> Option<Self> {
        let streams = RandomStreams {
            keygen: Drbg::from_state(keygen).ok()?,
            random: Drbg::from_state(random).ok()?,
        };
        let mut session = Session::new(objects, streams);
        session.deletion_requested = deletion_requested;
        session.channels = Channels::new(channels);
        session.profile = profile.map(Arc::new);
        let mut runtime = Self {
            registry,
            program: Arc::default(),
            code: load_files
                .iter()
                .map(|&(id, statics, bytes)| Code {
                    id,
                    statics,
                    bytes: bytes.into(),
                })
                .collect(),
            heap: Heap::from_persistent(memory)?,
            session,
            stack: Stack::default(),
            limits,
            torn: false,
            defensive: false,
            watcher: super::Watcher::default(),
        };
        runtime.relink(base_program()).ok()?;
        Some(runtime)
    }
}
