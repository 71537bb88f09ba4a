use super::journal::{Event, Journal};
use crate::OwnerPin;
use se_crypto::zeroize::Zeroizing;
use std::boxed::Box;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::vec::Vec;

/// A PIN. Its value takes part in transactions, its retry counter does not.
pub struct HostPin {
    value: Rc<RefCell<Zeroizing<Vec<u8>>>>,
    tries: Cell<u8>,
    max_tries: u8,
    max_size: u8,
    validated: Rc<Cell<bool>>,
    journal: Rc<Journal>,
}

impl HostPin {
    pub(super) fn new(journal: &Rc<Journal>, tries: u8, max_size: u8) -> Self {
        assert!(
            (1..=127).contains(&tries) && (1..=127).contains(&max_size),
            "1 to 127 tries and bytes"
        );
        let validated = Rc::new(Cell::new(false));
        let cleared = Rc::clone(&validated);
        journal.on_event(move |event| {
            // As on a card: a deselected applet must reset its PINs itself.
            if event == Event::Reset {
                cleared.set(false);
            }
        });
        Self {
            value: Rc::default(),
            tries: Cell::new(tries),
            max_tries: tries,
            max_size,
            validated,
            journal: Rc::clone(journal),
        }
    }

    fn set_tries(&self, tries: u8) {
        if self.tries.get() != tries {
            self.journal.write();
            self.tries.set(tries);
        }
    }
}

impl OwnerPin for HostPin {
    fn update(&mut self, pin: &[u8]) {
        assert!(
            (1..=usize::from(self.max_size)).contains(&pin.len()),
            "a PIN of 1 to {} bytes",
            self.max_size
        );
        self.validated.set(false);
        self.journal.write_undoable(pin.len(), || {
            let (value, before) = (Rc::clone(&self.value), self.value.borrow().clone());
            Box::new(move || *value.borrow_mut() = before)
        });
        // Value and counter change in one write, as they lie together in one object.
        *self.value.borrow_mut() = Zeroizing::new(pin.to_vec());
        self.tries.set(self.max_tries);
    }

    fn check(&mut self, pin: &[u8]) -> bool {
        assert!(pin.len() <= 127, "a candidate of at most 127 bytes");
        self.validated.set(false);
        let Some(left) = self.tries.get().checked_sub(1) else {
            return false;
        };
        // Before the comparison: power that fails after it gives no presentation for free.
        self.set_tries(left);
        if self.value.borrow().is_empty() || !se_crypto::equal(&self.value.borrow(), pin) {
            return false;
        }
        self.set_tries(self.max_tries);
        self.validated.set(true);
        true
    }

    fn tries_remaining(&self) -> u8 {
        self.tries.get()
    }

    fn is_validated(&self) -> bool {
        self.validated.get()
    }

    fn reset(&mut self) {
        self.validated.set(false);
    }

    fn reset_and_unblock(&mut self) {
        self.validated.set(false);
        self.set_tries(self.max_tries);
    }
}
