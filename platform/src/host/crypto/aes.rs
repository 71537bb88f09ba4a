use super::super::journal::Journal;
use crate::{AesCbc, AesKey};
use se_crypto::zeroize::Zeroizing;
use std::rc::Rc;
use std::vec::Vec;

/// An AES key.
pub struct HostAesKey {
    key: Option<Zeroizing<Vec<u8>>>,
    bits: u16,
    journal: Rc<Journal>,
}

impl HostAesKey {
    pub(in super::super) fn new(journal: &Rc<Journal>, bits: u16) -> Self {
        assert!(matches!(bits, 128 | 192 | 256), "128, 192 or 256 bits");
        Self {
            key: None,
            bits,
            journal: Rc::clone(journal),
        }
    }

    fn cipher(&self) -> se_crypto::AesKey {
        let key = self.key.as_deref();
        let key = key.expect("a key is used only after it is set");
        se_crypto::AesKey::new(key).expect("a length of AES keys")
    }
}

impl AesKey for HostAesKey {
    fn set(&mut self, key: &[u8]) {
        let key = &key[..usize::from(self.bits / 8)];
        self.journal.write_key();
        self.key = Some(Zeroizing::new(key.to_vec()));
    }

    fn is_set(&self) -> bool {
        self.key.is_some()
    }

    fn clear(&mut self) {
        self.journal.write_key();
        self.key = None;
    }
}

/// AES in CBC mode.
#[derive(Default)]
pub struct HostAesCbc(());

impl AesCbc<HostAesKey> for HostAesCbc {
    fn encrypt(&mut self, key: &HostAesKey, iv: &[u8], data: &mut [u8]) {
        let done = key.cipher().encrypt_cbc(iv, data);
        done.expect("an initial vector of 16 bytes, and whole blocks");
    }

    fn decrypt(&mut self, key: &HostAesKey, iv: &[u8], data: &mut [u8]) {
        let done = key.cipher().decrypt_cbc(iv, data);
        done.expect("an initial vector of 16 bytes, and whole blocks");
    }
}
