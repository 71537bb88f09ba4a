use super::super::journal::Journal;
use super::copy;
use crate::{EcKeyPair, EcdsaSigner};
use se_crypto::{Drbg, EcKey, Hash, NamedCurve};
use std::cell::RefCell;
use std::rc::Rc;

/// A key pair on P-256.
pub struct HostEcKeyPair {
    key: Option<EcKey>,
    drbg: Rc<RefCell<Drbg>>,
    journal: Rc<Journal>,
}

impl HostEcKeyPair {
    pub(in super::super) fn new(journal: &Rc<Journal>, drbg: &Rc<RefCell<Drbg>>) -> Self {
        Self {
            key: None,
            drbg: Rc::clone(drbg),
            journal: Rc::clone(journal),
        }
    }

    fn generated(&self) -> &EcKey {
        self.key
            .as_ref()
            .expect("a key pair is used only after it is generated")
    }
}

impl EcKeyPair for HostEcKeyPair {
    fn generate(&mut self) {
        let curve = NamedCurve::P256.curve().expect("a curve");
        let key = EcKey::generate(curve, &mut self.drbg.borrow_mut()).expect("an order");
        self.journal.write_key();
        self.key = Some(key);
    }

    fn public(&self, out: &mut [u8]) -> usize {
        copy(&self.generated().public().expect("a point"), out)
    }

    fn clear(&mut self) {
        self.journal.write_key();
        self.key = None;
    }
}

/// An ECDSA signer over SHA-256.
#[derive(Default)]
pub struct HostEcdsaSigner(());

impl EcdsaSigner<HostEcKeyPair> for HostEcdsaSigner {
    fn sign(&mut self, key: &HostEcKeyPair, message: &[u8], out: &mut [u8]) -> usize {
        let digest = Hash::Sha256.digest(&[message]);
        let signature = key.generated().sign_digest_der(Hash::Sha256, &digest);
        copy(&signature.expect("a signature"), out)
    }
}
