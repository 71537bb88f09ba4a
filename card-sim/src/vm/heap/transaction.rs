//! Transactions (JCRE 3.0.5 §7): old values are logged, and put back where a transaction does not end.

use super::{Heap, Kind, Object, to_usize};
use crate::vm::trap::{Throwable, Trap};

/// Bytes of the commit buffer that each logged write takes beside the old data.
const LOG_ENTRY_OVERHEAD: usize = 4;

#[derive(Clone, Debug, Default)]
pub(super) struct Transaction {
    pub(super) active: bool,
    /// (address, length) of each write, its old bytes at the end of `old`.
    writes: Vec<(u32, u16)>,
    old: Vec<u8>,
    /// Objects created since it began, and where memory ended before them.
    pub(super) created: Vec<u16>,
    memory_end: usize,
    transient_end: usize,
}

impl Heap {
    #[cold]
    pub(super) fn log(&mut self, address: u32, size: usize) -> Result<(), Trap> {
        // TransactionException.BUFFER_FULL is 3.
        let full = Trap::Throw(Throwable::Transaction, 3);
        if size + LOG_ENTRY_OVERHEAD > self.unused_commit_capacity() {
            return Err(full);
        }
        let start = to_usize(address);
        let old = self.memory.get(start..start + size).unwrap_or(&[]);
        self.transaction.old.extend_from_slice(old);
        self.transaction
            .writes
            .push((address, u16::try_from(old.len()).map_err(|_| full)?));
        self.usage.commit_high_water = self.usage.commit_high_water.max(self.log_size());
        Ok(())
    }

    fn log_size(&self) -> usize {
        self.transaction.old.len() + self.transaction.writes.len() * LOG_ENTRY_OVERHEAD
    }

    /// Bytes that the open transaction may still log.
    #[must_use]
    pub fn unused_commit_capacity(&self) -> usize {
        to_usize(self.config.commit_capacity).saturating_sub(self.log_size())
    }

    /// Whether a transaction is open.
    #[must_use]
    pub fn in_transaction(&self) -> bool {
        self.transaction.active
    }

    /// Opens a transaction.
    ///
    /// # Errors
    /// A `TransactionException` (`IN_PROGRESS`) if one is open: they do not nest.
    pub fn begin_transaction(&mut self) -> Result<(), Trap> {
        if self.transaction.active {
            return Err(Trap::Throw(Throwable::Transaction, 1));
        }
        self.transaction.active = true;
        self.transaction.memory_end = self.memory.len();
        self.transaction.transient_end = self.transient_used;
        Ok(())
    }

    /// Makes the writes of the open transaction final.
    ///
    /// # Errors
    /// A `TransactionException` (`NOT_IN_PROGRESS`); [`Trap::PowerLoss`], when nothing of it is
    /// final.
    pub fn commit_transaction(&mut self) -> Result<(), Trap> {
        if !self.transaction.active {
            return Err(Trap::Throw(Throwable::Transaction, 2));
        }
        self.count_write()?;
        self.end_transaction();
        Ok(())
    }

    fn end_transaction(&mut self) {
        self.transaction.active = false;
        self.transaction.writes.clear();
        self.transaction.old.clear();
        self.transaction.created.clear();
        self.at_risk.clear();
    }

    /// Takes back the writes of the open transaction and the objects made in it
    /// (JCRE 3.0.5 §7.6).
    ///
    /// # Errors
    /// A `TransactionException` (`NOT_IN_PROGRESS`).
    pub fn abort_transaction(&mut self) -> Result<(), Trap> {
        if !self.transaction.active {
            return Err(Trap::Throw(Throwable::Transaction, 2));
        }
        self.roll_back();
        Ok(())
    }

    fn roll_back(&mut self) {
        let mut old = std::mem::take(&mut self.transaction.old);
        for (address, length) in std::mem::take(&mut self.transaction.writes)
            .into_iter()
            .rev()
        {
            let start = old.len().saturating_sub(usize::from(length));
            let bytes = old.split_off(start);
            self.put(address, &bytes);
        }
        let created = std::mem::take(&mut self.transaction.created);
        for &reference in &created {
            if let Some(object) = self.objects.get_mut(usize::from(reference)) {
                // Its number is not used again before the command ends: a register may hold it.
                *object = Object::FREE;
                self.has_dangling = true;
            }
        }
        self.live = self.live.saturating_sub(created.len());
        self.memory.truncate(self.transaction.memory_end);
        let transient = self.transaction.transient_end..self.transient_used;
        if let Some(taken_back) = self.memory.get_mut(transient) {
            taken_back.fill(0);
        }
        self.transient_used = self.transaction.transient_end;
        self.end_transaction();
        if !created.is_empty() {
            self.clear_references_to_nothing();
        }
    }

    /// Sets every stored reference to a deleted object to null. Fields of instances are cleared by
    /// the rollback itself, for they were set within the transaction.
    fn clear_references_to_nothing(&mut self) {
        let arrays: Vec<Object> = self
            .objects
            .iter()
            .filter(|object| object.kind == Kind::ReferenceArray)
            .copied()
            .collect();
        for array in arrays {
            for index in 0..u32::from(array.length) {
                let address = array.address + 2 * index;
                let reference = self.short(address).cast_unsigned();
                if reference != 0 && self.object(reference).kind == Kind::Free {
                    self.put(address, &[0, 0]);
                }
            }
        }
    }

    /// The end of a command: an open transaction is aborted (JCRE 3.0.5 §7.3). True if there was
    /// one.
    pub fn end_of_command(&mut self) -> bool {
        let open = self.transaction.active;
        if open {
            self.roll_back();
        }
        if self.has_dangling {
            self.has_dangling = false;
            self.rebuild_free_list();
        }
        open
    }
}
