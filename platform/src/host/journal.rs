//! Persistent writes: counted, so that power can fail at each, and undone where a transaction does
//! not commit.

use super::card::PowerLoss;
use super::context::ContextId;
use std::boxed::Box;
use std::cell::{Cell, RefCell};
use std::panic;
use std::vec::Vec;

/// What clears transient memory.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Event {
    /// The card was reset, or lost its power.
    Reset,
    /// An applet of this context was deselected.
    Deselect(ContextId),
}

/// Takes one write back.
type Undo = Box<dyn FnOnce()>;

/// Clears a piece of transient memory, if the event does.
type Clear = Box<dyn Fn(Event)>;

/// The writes of an open transaction.
#[derive(Default)]
struct Transaction {
    undo: Vec<Undo>,
    /// The bytes that the writes have changed.
    size: usize,
}

pub(super) struct Journal {
    transaction: RefCell<Option<Transaction>>,
    commit_capacity: usize,
    /// How many writes the power lasts for; `None`: for ever.
    writes_left: Cell<Option<usize>>,
    volatile: RefCell<Vec<Clear>>,
}

impl Journal {
    pub(super) fn new(commit_capacity: usize) -> Self {
        Self {
            transaction: RefCell::new(None),
            commit_capacity,
            writes_left: Cell::new(None),
            volatile: RefCell::new(Vec::new()),
        }
    }

    /// Power lasts for this many writes from now on.
    pub(super) fn tear_after(&self, writes: Option<usize>) {
        self.writes_left.set(writes);
    }

    /// Registers what happens at a reset or a deselection.
    pub(super) fn on_event(&self, clear: impl Fn(Event) + 'static) {
        self.volatile.borrow_mut().push(Box::new(clear));
    }

    pub(super) fn raise(&self, event: Event) {
        self.volatile.borrow().iter().for_each(|clear| clear(event));
    }

    /// One write outside of every transaction. Power fails before it, or not.
    pub(super) fn write(&self) {
        match self.writes_left.get() {
            // Not a panic!: no hook runs and nothing is printed, the power is just gone.
            Some(0) => panic::resume_unwind(Box::new(PowerLoss)),
            Some(left) => self.writes_left.set(Some(left - 1)),
            None => (),
        }
    }

    /// A write of a key: one, and not within a transaction.
    pub(super) fn write_key(&self) {
        assert!(
            self.transaction.borrow().is_none(),
            "a key changes within a transaction: whether an abort takes that back is each card's own affair"
        );
        self.write();
    }

    /// One write of `size` bytes that an open transaction can take back by what `undo` makes.
    pub(super) fn write_undoable(&self, size: usize, undo: impl FnOnce() -> Undo) {
        self.write();
        assert!(
            size <= self.commit_capacity,
            "a write of {size} bytes, the commit capacity is {} bytes",
            self.commit_capacity
        );
        if let Some(transaction) = self.transaction.borrow_mut().as_mut() {
            transaction.size += size;
            assert!(
                transaction.size <= self.commit_capacity,
                "the transaction has written {} bytes, the commit capacity is {} bytes",
                transaction.size,
                self.commit_capacity
            );
            transaction.undo.push(undo());
        }
    }

    pub(super) fn begin(&self) {
        let before = self.transaction.replace(Some(Transaction::default()));
        assert!(before.is_none(), "transactions do not nest");
    }

    pub(super) fn commit(&self) {
        // The commit is itself a write: power that fails before it undoes the transaction.
        self.write();
        self.transaction.replace(None);
    }

    /// Takes back the writes of the open transaction, if there is one, the last first.
    pub(super) fn abort(&self) {
        let transaction = self.transaction.take();
        for undo in transaction
            .into_iter()
            .flat_map(|transaction| transaction.undo.into_iter().rev())
        {
            undo();
        }
    }
}
