//! A card in a reader as a conformance target.

use crate::connection::{AnyTransport, Authenticated, random};
use crate::failure::Failure;
use apdu_spec::jpki;
use cap_file::CapFile;
use conformance::{Target, TargetError};
use loader::{Aid, Error, FlashOptions, InstanceOptions, KeySet, Plan, SecurityLevel, Session, StaticKeys, Transport};

/// A card in a reader, on which the applet's package is loaded. Every vector has a fresh instance.
pub(crate) struct ReaderTarget {
    transport: AnyTransport,
    name: String,
    keys: KeySet,
    level: SecurityLevel,
    cap: CapFile,
}

impl ReaderTarget {
    /// Deletes the package from the card, if it is there, and loads it anew.
    pub(crate) fn load(mut card: Authenticated, cap: &CapFile) -> Result<Self, Failure> {
        let content = card.session.content()?;
        let options = FlashOptions { replace: true, load_only: true, ..FlashOptions::default() };
        let plan = Plan::new(cap, &content, &options).map_err(|error| Failure::input("CAP file", error))?;
        plan.run(&mut card.session, &mut |_| ())?;
        let mut keys = card.keys;
        if keys.version == 0 {
            keys.version = card.info.key_versions().first().copied().unwrap_or(0);
        }
        Ok(Self {
            name: card.info.connection.name,
            transport: card.session.into_transport(),
            keys,
            level: card.level,
            cap: cap.clone(),
        })
    }

    fn reinstall(&mut self, parameters: &[u8]) -> Result<(), Failure> {
        let aid = Aid::new(jpki::AID).map_err(|error| Failure::input("the applet's AID", error))?;
        let mut session = Session::select(&mut self.transport, None)?;
        session.open(&self.keys, self.level, &mut random()?)?;
        session.delete_if_present(&aid, false)?;
        let content = session.content()?;
        let options = FlashOptions {
            instances: vec![InstanceOptions { parameters: parameters.to_vec(), ..InstanceOptions::new(aid) }],
            ..FlashOptions::default()
        };
        let mut plan = Plan::new(&self.cap, &content, &options).map_err(|error| Failure::input("CAP file", error))?;
        // The package is there already.
        plan.steps.retain(|step| matches!(step, loader::Step::Install(_)));
        plan.run(&mut session, &mut |_| ())?;
        self.transport.reset()?;
        Ok(())
    }

    fn refuse(&self, cause: impl ToString) -> TargetError {
        TargetError::new(self.name.clone(), cause.to_string())
    }
}

impl Target for ReaderTarget {
    fn name(&self) -> &str {
        &self.name
    }

    fn install(&mut self, parameters: &[u8]) -> Result<(), TargetError> {
        self.reinstall(parameters).map_err(|failure| self.refuse(failure))
    }

    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TargetError> {
        self.transport.transmit(command).map_err(|error| self.refuse(Error::from(error)))
    }

    fn reset(&mut self) -> Result<(), TargetError> {
        self.transport.reset().map_err(|error| self.refuse(Error::from(error)))
    }

    fn keys(&self) -> (StaticKeys, u8) {
        (self.keys.keys.clone(), self.keys.version)
    }
}
