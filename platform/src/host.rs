//! The platform of this machine: a secure element in memory, with one applet ([`HostCard`]) or several that may use
//! each other ([`HostElement`]).
//!
//! It keeps the promises that tests are after: retry counters that nothing gives back, transactions
//! that roll back, transient memory that reset and deselection clear, power that may fail before any
//! write to persistent memory ([`HostCard::transmit_torn`]). The same [`HostConfig`] gives the same
//! bytes, those of the simulated card with the same seed.
//!
//! What a Java Card answers with 6F00 (an index out of bounds, a transaction within a transaction,
//! an APDU received twice) is a panic here: an applet that gets there is wrong.
//!
//! ```
//! use platform::host::{Host, HostCard, HostConfig};
//! use platform::{Apdu, Applet, Cell, Package, Platform, Result};
//!
//! struct Counter<P: Platform>(P::Cell<u8>);
//!
//! impl<P: Platform> Applet<P> for Counter<P> {
//!     const PACKAGE: Package = Package { aid: b"count", major: 1, minor: 0 };
//!     const AID: &'static [u8] = b"count.er";
//!
//!     fn install(platform: &mut P, _: &[u8]) -> Result<Self> {
//!         Ok(Counter(platform.cell(0)))
//!     }
//!
//!     fn process(&mut self, _: &mut P, apdu: &mut P::Apdu) -> Result {
//!         self.0.set(self.0.get() + 1);
//!         apdu.buffer()[0] = self.0.get();
//!         apdu.send(1)
//!     }
//! }
//!
//! let mut card = HostCard::<Counter<Host>>::install(&HostConfig::default(), &[])?;
//! assert_eq!(card.select(), [0x90, 0x00]);
//! assert_eq!(card.transmit(&[0x80, 0x01, 0, 0, 1]), [1, 0x90, 0x00]);
//! card.reset();
//! assert_eq!(card.select(), [0x90, 0x00]);
//! assert_eq!(card.transmit(&[0x80, 0x01, 0, 0, 1]), [2, 0x90, 0x00]);
//! # Ok::<(), platform::StatusWord>(())
//! ```

mod aid;
mod apdu;
mod card;
mod channel;
mod context;
mod crypto;
mod element;
mod journal;
mod memory;
mod pin;
mod share;

pub use aid::HostAid;
pub use apdu::HostApdu;
pub use card::{HostCard, HostConfig, PowerLoss};
pub use channel::HostChannel;
pub use crypto::{
    HostAesCbc, HostAesKey, HostDigest, HostEcKeyPair, HostEcdsaSigner, HostRandom, HostRsaKeyPair,
    HostRsaSigner,
};
pub use element::HostElement;
pub use memory::{HostBytes, HostCell, HostTransientBytes, HostTransientCell};
pub use pin::HostPin;
pub use share::{Argument, Boxed, HostShared, Proxied, Proxy, Simulated};

use crate::{Interface, Platform, Result, Value};
use channel::Channel;
use context::Contexts;
use element::Slot;
use journal::Journal;
use se_crypto::{Drbg, Hash};
use std::cell::RefCell;
use std::rc::Rc;
use std::vec::Vec;

/// A secure element in memory.
pub struct Host {
    journal: Rc<Journal>,
    contexts: Rc<Contexts>,
    applets: Rc<RefCell<Vec<Rc<Slot>>>>,
    key_generation: Rc<RefCell<Drbg>>,
    random: Rc<RefCell<Drbg>>,
    channel: Rc<RefCell<Channel>>,
}

impl Host {
    fn new(config: &HostConfig) -> Self {
        // The simulated card names its streams likewise.
        let root = Drbg::from_seed(config.seed);
        Self {
            journal: Rc::new(Journal::new(config.commit_capacity)),
            contexts: Rc::default(),
            applets: Rc::default(),
            key_generation: Rc::new(RefCell::new(root.stream("keygen"))),
            random: Rc::new(RefCell::new(root.stream("random"))),
            channel: Rc::new(RefCell::new(Channel::new(config))),
        }
    }

    fn allocate(&self) {
        assert!(
            self.contexts.is_installing(),
            "an applet allocates only while it is installed"
        );
    }
}

impl Platform for Host {
    type Cell<T: Value> = HostCell<T>;
    type Bytes<const N: usize> = HostBytes<N>;
    type TransientCell<T: Value> = HostTransientCell<T>;
    type TransientBytes<const N: usize> = HostTransientBytes<N>;
    type Pin = HostPin;
    type RsaKeyPair = HostRsaKeyPair;
    type RsaSigner = HostRsaSigner;
    type Random = HostRandom;
    type Digest = HostDigest;
    type AesKey = HostAesKey;
    type AesCbc = HostAesCbc;
    type EcKeyPair = HostEcKeyPair;
    type EcdsaSigner = HostEcdsaSigner;
    type Apdu = HostApdu;
    type SecureChannel = HostChannel;
    type Aid = HostAid;
    type Shared<T: Interface + ?Sized> = HostShared<T>;

    fn cell<T: Value>(&mut self, initial: T) -> HostCell<T> {
        self.allocate();
        HostCell::new(&self.journal, initial)
    }

    fn bytes<const N: usize>(&mut self) -> HostBytes<N> {
        self.allocate();
        HostBytes::new(&self.journal)
    }

    fn transient_cell<T: Value + Default>(&mut self) -> HostTransientCell<T> {
        self.allocate();
        HostTransientCell::new(&self.journal, &self.contexts)
    }

    fn transient_bytes<const N: usize>(&mut self) -> HostTransientBytes<N> {
        self.allocate();
        HostTransientBytes::new(&self.journal, &self.contexts)
    }

    fn pin(&mut self, tries: u8, max_size: u8) -> HostPin {
        self.allocate();
        HostPin::new(&self.journal, tries, max_size)
    }

    fn rsa_key_pair(&mut self, bits: u16) -> HostRsaKeyPair {
        self.allocate();
        HostRsaKeyPair::new(&self.journal, &self.key_generation, bits)
    }

    fn rsa_signer(&mut self) -> HostRsaSigner {
        self.allocate();
        HostRsaSigner::default()
    }

    fn random(&mut self) -> HostRandom {
        self.allocate();
        HostRandom::new(&self.random)
    }

    fn sha1(&mut self) -> HostDigest {
        self.allocate();
        HostDigest::new(&self.journal, Hash::Sha1)
    }

    fn sha256(&mut self) -> HostDigest {
        self.allocate();
        HostDigest::new(&self.journal, Hash::Sha256)
    }

    fn aes_key(&mut self, bits: u16) -> HostAesKey {
        self.allocate();
        HostAesKey::new(&self.journal, bits)
    }

    fn aes_cbc(&mut self) -> HostAesCbc {
        self.allocate();
        HostAesCbc::default()
    }

    fn ec_key_pair(&mut self) -> HostEcKeyPair {
        self.allocate();
        HostEcKeyPair::new(&self.journal, &self.key_generation)
    }

    fn ecdsa_signer(&mut self) -> HostEcdsaSigner {
        self.allocate();
        HostEcdsaSigner::default()
    }

    fn secure_channel(&mut self) -> HostChannel {
        HostChannel::new(&self.channel)
    }

    fn shareable<T: Interface + ?Sized>(
        &mut self,
        server: &[u8],
        parameter: u8,
    ) -> Option<HostShared<T>> {
        self.find_shareable(server, parameter)
    }

    fn called_by(&mut self, aid: &[u8]) -> bool {
        self.is_called_by(aid)
    }

    fn atomically<T>(&mut self, body: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        self.journal.begin();
        let result = body(self);
        if result.is_ok() {
            self.journal.commit();
        } else {
            // On the card the throw leaves the command, at whose end the runtime aborts.
            self.journal.abort();
        }
        result
    }
}
