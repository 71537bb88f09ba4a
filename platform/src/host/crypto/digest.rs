use super::super::journal::{Event, Journal};
use super::copy;
use crate::Digest;
use se_crypto::{Hash, Hasher};
use std::cell::RefCell;
use std::rc::Rc;

/// A hash function.
pub struct HostDigest {
    hash: Hash,
    state: Rc<RefCell<Hasher>>,
}

impl HostDigest {
    pub(in super::super) fn new(journal: &Journal, hash: Hash) -> Self {
        let state = Rc::new(RefCell::new(hash.hasher()));
        let forgotten = Rc::clone(&state);
        journal.on_event(move |event| {
            if event == Event::Reset {
                forgotten.replace(hash.hasher());
            }
        });
        Self { hash, state }
    }
}

impl Digest for HostDigest {
    fn update(&mut self, part: &[u8]) {
        self.state.borrow_mut().update(part);
    }

    fn finish(&mut self, part: &[u8], out: &mut [u8]) -> usize {
        self.update(part);
        copy(&self.state.replace(self.hash.hasher()).finish(), out)
    }

    fn reset(&mut self) {
        self.state.replace(self.hash.hasher());
    }
}
