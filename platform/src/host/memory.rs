//! Persistent and transient memory.

use super::context::{ContextId, Contexts};
use super::journal::{Event, Journal};
use crate::{Bytes, Cell, Value};
use std::boxed::Box;
use std::cell::{Cell as StdCell, RefCell};
use std::rc::Rc;
use std::vec::Vec;

/// One persistent value.
pub struct HostCell<T: Value> {
    value: Rc<StdCell<T>>,
    journal: Rc<Journal>,
}

impl<T: Value> HostCell<T> {
    pub(super) fn new(journal: &Rc<Journal>, initial: T) -> Self {
        Self {
            value: Rc::new(StdCell::new(initial)),
            journal: Rc::clone(journal),
        }
    }
}

impl<T: Value> Cell<T> for HostCell<T> {
    fn get(&self) -> T {
        self.value.get()
    }

    fn set(&mut self, value: T) {
        self.journal.write_undoable(size_of::<T>(), || {
            let (cell, before) = (Rc::clone(&self.value), self.value.get());
            Box::new(move || cell.set(before))
        });
        self.value.set(value);
    }
}

/// `N` persistent bytes.
pub struct HostBytes<const N: usize> {
    bytes: Rc<RefCell<Vec<u8>>>,
    journal: Rc<Journal>,
}

impl<const N: usize> HostBytes<N> {
    pub(super) fn new(journal: &Rc<Journal>) -> Self {
        Self {
            bytes: Rc::new(RefCell::new(std::vec![0; N])),
            journal: Rc::clone(journal),
        }
    }
}

impl<const N: usize> Bytes for HostBytes<N> {
    fn get(&self, index: usize) -> u8 {
        self.bytes.borrow()[index]
    }

    fn set(&mut self, index: usize, value: u8) {
        self.write(index, &[value]);
    }

    fn read(&self, offset: usize, out: &mut [u8]) {
        out.copy_from_slice(&self.bytes.borrow()[offset..offset + out.len()]);
    }

    fn write(&mut self, offset: usize, data: &[u8]) {
        let range = offset..offset + data.len();
        self.journal.write_undoable(data.len(), || {
            let (bytes, range) = (Rc::clone(&self.bytes), range.clone());
            let before = bytes.borrow()[range.clone()].to_vec();
            Box::new(move || bytes.borrow_mut()[range].copy_from_slice(&before))
        });
        self.bytes.borrow_mut()[range].copy_from_slice(data);
    }

    fn fill(&mut self, offset: usize, length: usize, value: u8) {
        // Two writes, so that power can fail when a part of it is done.
        let (start, middle, end) = (offset, offset + length / 2, offset + length);
        for range in [start..middle, middle..end] {
            self.journal.write();
            self.bytes.borrow_mut()[range].fill(value);
        }
    }
}

/// Whether an event clears transient memory of a context (`CLEAR_ON_DESELECT`).
fn clears(event: Event, owner: Option<ContextId>) -> bool {
    match event {
        Event::Reset => true,
        Event::Deselect(context) => owner == Some(context),
    }
}

/// One transient value.
pub struct HostTransientCell<T: Value> {
    value: Rc<StdCell<T>>,
    contexts: Rc<Contexts>,
}

impl<T: Value + Default> HostTransientCell<T> {
    pub(super) fn new(journal: &Journal, contexts: &Rc<Contexts>) -> Self {
        let value = Rc::new(StdCell::new(T::default()));
        let (cleared, owner) = (Rc::clone(&value), contexts.active().context);
        journal.on_event(move |event| {
            if clears(event, owner) {
                cleared.set(T::default());
            }
        });
        Self {
            value,
            contexts: Rc::clone(contexts),
        }
    }
}

impl<T: Value> Cell<T> for HostTransientCell<T> {
    fn get(&self) -> T {
        self.contexts.assert_selected();
        self.value.get()
    }

    fn set(&mut self, value: T) {
        self.contexts.assert_selected();
        self.value.set(value);
    }
}

/// `N` transient bytes.
pub struct HostTransientBytes<const N: usize> {
    bytes: Rc<RefCell<Vec<u8>>>,
    contexts: Rc<Contexts>,
}

impl<const N: usize> HostTransientBytes<N> {
    pub(super) fn new(journal: &Journal, contexts: &Rc<Contexts>) -> Self {
        let bytes = Rc::new(RefCell::new(std::vec![0; N]));
        let (cleared, owner) = (Rc::clone(&bytes), contexts.active().context);
        journal.on_event(move |event| {
            if clears(event, owner) {
                cleared.borrow_mut().fill(0);
            }
        });
        Self {
            bytes,
            contexts: Rc::clone(contexts),
        }
    }

    fn bytes(&self) -> &RefCell<Vec<u8>> {
        self.contexts.assert_selected();
        &self.bytes
    }
}

impl<const N: usize> Bytes for HostTransientBytes<N> {
    fn get(&self, index: usize) -> u8 {
        self.bytes().borrow()[index]
    }

    fn set(&mut self, index: usize, value: u8) {
        self.bytes().borrow_mut()[index] = value;
    }

    fn read(&self, offset: usize, out: &mut [u8]) {
        out.copy_from_slice(&self.bytes().borrow()[offset..offset + out.len()]);
    }

    fn write(&mut self, offset: usize, data: &[u8]) {
        self.bytes().borrow_mut()[offset..offset + data.len()].copy_from_slice(data);
    }

    fn fill(&mut self, offset: usize, length: usize, value: u8) {
        self.bytes().borrow_mut()[offset..offset + length].fill(value);
    }
}
