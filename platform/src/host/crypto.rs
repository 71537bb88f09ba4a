mod aes;
mod digest;
mod elliptic;

pub use aes::{HostAesCbc, HostAesKey};
pub use digest::HostDigest;
pub use elliptic::{HostEcKeyPair, HostEcdsaSigner};

use super::journal::Journal;
use crate::{Random, Result, RsaKeyPair, RsaSigner, StatusWord};
use se_crypto::{Drbg, RsaKey};
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::vec::Vec;

/// An RSA key pair.
pub struct HostRsaKeyPair {
    key: Option<Rc<RsaKey>>,
    bits: u16,
    drbg: Rc<RefCell<Drbg>>,
    journal: Rc<Journal>,
}

impl HostRsaKeyPair {
    pub(super) fn new(journal: &Rc<Journal>, drbg: &Rc<RefCell<Drbg>>, bits: u16) -> Self {
        Self {
            key: None,
            bits,
            drbg: Rc::clone(drbg),
            journal: Rc::clone(journal),
        }
    }

    fn generated(&self) -> &RsaKey {
        self.key
            .as_deref()
            .expect("a key pair is used only after it is generated")
    }
}

impl RsaKeyPair for HostRsaKeyPair {
    fn generate(&mut self) {
        let key = remembered_key(&mut self.drbg.borrow_mut(), self.bits);
        self.journal.write_key();
        self.key = Some(key);
    }

    fn modulus(&self, out: &mut [u8]) -> usize {
        copy(&self.generated().modulus(), out)
    }

    fn exponent(&self, out: &mut [u8]) -> usize {
        let public = self
            .generated()
            .public_key()
            .expect("a generated key has its public half");
        copy(&public.exponent(), out)
    }

    fn clear(&mut self) {
        self.journal.write_key();
        self.key = None;
    }
}

fn copy(bytes: &[u8], out: &mut [u8]) -> usize {
    out[..bytes.len()].copy_from_slice(bytes);
    bytes.len()
}

/// A generator's state and the size of a key, to the key that they give and the state after it.
type Keys = HashMap<(Vec<u8>, u16), (Rc<RsaKey>, Vec<u8>)>;

/// How many keys are remembered per thread.
const MAX_REMEMBERED: usize = 64;

std::thread_local! {
    static KEYS: RefCell<Keys> = RefCell::default();
}

/// Generates a key. The generator is deterministic, so the same state gives the same key: a test
/// that installs the same card a thousand times waits for its primes once.
fn remembered_key(drbg: &mut Drbg, bits: u16) -> Rc<RsaKey> {
    let before = (drbg.state().to_vec(), bits);
    let known = KEYS.with_borrow(|keys| keys.get(&before).cloned());
    if let Some((key, after)) = known {
        *drbg = Drbg::from_state(&after).expect("a state that a generator gave");
        return key;
    }
    let key = Rc::new(RsaKey::generate(drbg, bits.into()).expect("a size of RSA keys"));
    KEYS.with_borrow_mut(|keys| {
        if keys.len() >= MAX_REMEMBERED {
            keys.clear();
        }
        keys.insert(before, (Rc::clone(&key), drbg.state().to_vec()));
    });
    key
}

/// An RSA signer.
#[derive(Default)]
pub struct HostRsaSigner(());

impl RsaSigner<HostRsaKeyPair> for HostRsaSigner {
    fn sign(&mut self, key: &HostRsaKeyPair, buffer: &mut [u8], length: usize) -> Result<usize> {
        match key.generated().sign_padded(&buffer[..length]) {
            Ok(signature) => Ok(copy(&signature, buffer)),
            Err(_) => Err(StatusWord::UNKNOWN),
        }
    }
}

/// A random number generator.
pub struct HostRandom(Rc<RefCell<Drbg>>);

impl HostRandom {
    pub(super) fn new(drbg: &Rc<RefCell<Drbg>>) -> Self {
        Self(Rc::clone(drbg))
    }
}

impl Random for HostRandom {
    fn fill(&mut self, out: &mut [u8]) {
        self.0.borrow_mut().fill(out);
    }
}
