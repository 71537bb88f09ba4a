use super::{Host, HostElement};
use crate::{Applet, Result};
use scp::CardKeySet;
use scp::scp03::StaticKeys;
use std::cell::{Ref, RefCell};
use std::rc::Rc;
use std::vec::Vec;

/// How a host card is made. The same configuration gives the same bytes.
#[derive(Clone, Debug)]
pub struct HostConfig {
    /// The seed of every random byte and of every key that the card makes.
    pub seed: u64,
    /// The SCP03 keys of the applet's security domain.
    pub keys: CardKeySet,
    /// How many bytes one transaction can hold back; cards have at least 512.
    pub commit_capacity: usize,
}

impl HostConfig {
    /// The key version number that the card's initial keys have.
    pub const KEY_VERSION: u8 = 0x30;

    /// The default configuration with another seed.
    #[must_use]
    pub fn with_seed(seed: u64) -> Self {
        Self {
            seed,
            ..Self::default()
        }
    }
}

impl Default for HostConfig {
    /// Seed 0, the published test keys, 512 bytes: as the simulated card.
    fn default() -> Self {
        Self {
            seed: 0,
            keys: CardKeySet::new(Self::KEY_VERSION, StaticKeys::test_keys()),
            commit_capacity: 512,
        }
    }
}

/// Power failed in the middle of a command. The card has been reset; no applet is selected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PowerLoss;

impl core::fmt::Display for PowerLoss {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("power failed in the middle of the command; the card was reset")
    }
}

impl core::error::Error for PowerLoss {}

/// A card with one applet, and no card manager: before the applet is selected it answers 6985 to all
/// but SELECT. [`HostElement`] has several.
pub struct HostCard<A: Applet<Host>> {
    element: HostElement,
    applet: Rc<RefCell<A>>,
}

impl<A: Applet<Host>> HostCard<A> {
    /// Makes a card and installs the applet on it, under the AID of its class.
    ///
    /// # Errors
    /// The status word with which the applet refuses the parameters.
    pub fn install(config: &HostConfig, parameters: &[u8]) -> Result<Self> {
        let mut element = HostElement::new(config);
        let applet = element.put::<A>(parameters)?;
        Ok(Self { element, applet })
    }

    /// The applet, for a look inside.
    pub fn applet(&self) -> Ref<'_, A> {
        self.applet.borrow()
    }

    /// Selects the applet by its whole AID, without asking for a response.
    pub fn select(&mut self) -> Vec<u8> {
        self.element.select(A::AID)
    }

    /// As [`HostElement::transmit`].
    ///
    /// # Panics
    /// As [`HostElement::transmit`].
    pub fn transmit(&mut self, command: &[u8]) -> Vec<u8> {
        self.element.transmit(command)
    }

    /// As [`HostElement::transmit_torn`].
    ///
    /// # Errors
    /// [`PowerLoss`] where the command writes more often than `writes` times.
    ///
    /// # Panics
    /// As [`HostElement::transmit`].
    pub fn transmit_torn(
        &mut self,
        command: &[u8],
        writes: usize,
    ) -> core::result::Result<Vec<u8>, PowerLoss> {
        self.element.transmit_torn(command, writes)
    }

    /// As [`HostElement::reset`].
    pub fn reset(&mut self) {
        self.element.reset();
    }
}
