//! The card's memory: objects, persistent and transient bytes, transactions.
//!
//! All of it lies in three flat vectors, so that copying a card is three `memcpy`s. One vector of
//! bytes holds the transient area first and the persistent area after it; an address below
//! [`HeapConfig::transient_size`] is transient. Objects are found through a table; a reference is
//! an index into it and 0 is null.
//!
//! Every write to persistent memory goes through [`Heap::write`] or [`Heap::write_unlogged`],
//! where it is counted, logged for rollback, and torn if the power fails there.

mod collector;
mod persistent;
mod transaction;

pub use persistent::PersistentPart;

use super::trap::Trap;
use std::collections::BTreeMap;
use transaction::Transaction;

/// A firewall context: 0 is the runtime environment's, n + 1 that of load file n.
pub type Context = u8;

/// The context of the runtime environment, which may access everything.
pub const RUNTIME_CONTEXT: Context = 0;

/// What an object is. Arrays give the size of their elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// No object: null, or a reference to something deleted.
    Free,
    /// An instance of a class, its fields in cells of two bytes.
    Instance,
    /// `boolean[]`
    BooleanArray,
    /// `byte[]`
    ByteArray,
    /// `short[]`
    ShortArray,
    /// `int[]`
    IntArray,
    /// An array of references.
    ReferenceArray,
    /// The static fields of a package; programs hold no reference to it.
    Statics,
}

impl Kind {
    /// The kind with this discriminant.
    fn from_byte(byte: u8) -> Option<Self> {
        [
            Self::Free,
            Self::Instance,
            Self::BooleanArray,
            Self::ByteArray,
            Self::ShortArray,
            Self::IntArray,
            Self::ReferenceArray,
            Self::Statics,
        ]
        .into_iter()
        .find(|kind| *kind as u8 == byte)
    }

    /// Bytes of one element (of one cell, for instances and statics).
    #[must_use]
    pub const fn element_size(self) -> usize {
        match self {
            Self::Free => 0,
            Self::BooleanArray | Self::ByteArray | Self::Statics => 1,
            Self::Instance | Self::ShortArray | Self::ReferenceArray => 2,
            Self::IntArray => 4,
        }
    }

    /// Whether it is an array that programs can see.
    #[must_use]
    pub const fn is_array(self) -> bool {
        matches!(
            self,
            Self::BooleanArray
                | Self::ByteArray
                | Self::ShortArray
                | Self::IntArray
                | Self::ReferenceArray
        )
    }
}

/// Properties of an object, one bit each.
pub mod flag {
    /// Cleared at reset (`CLEAR_ON_RESET`).
    pub const CLEAR_ON_RESET: u8 = 1;
    /// Cleared at deselection too (`CLEAR_ON_DESELECT`).
    pub const CLEAR_ON_DESELECT: u8 = 2;
    /// A temporary entry point object of the runtime environment (JCRE 3.0.5 §6.2.1).
    pub const TEMPORARY_ENTRY_POINT: u8 = 4;
    /// A permanent entry point object.
    pub const PERMANENT_ENTRY_POINT: u8 = 8;
    /// A global array (JCRE 3.0.5 §6.2.2).
    pub const GLOBAL_ARRAY: u8 = 16;
    /// Marked by the collector.
    pub(super) const MARKED: u8 = 32;

    /// Either kind of entry point.
    pub const ENTRY_POINT: u8 = TEMPORARY_ENTRY_POINT | PERMANENT_ENTRY_POINT;
    /// References to such objects may not be stored in fields or array elements (§6.2.1.1).
    pub const NOT_STORABLE: u8 = TEMPORARY_ENTRY_POINT | GLOBAL_ARRAY;
}

/// An entry of the object table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Object {
    /// Where its data begin.
    pub address: u32,
    /// Elements of an array, cells of an instance, bytes of statics.
    pub length: u16,
    /// Class of an instance, element class of an array of references.
    pub class: u16,
    /// What it is.
    pub kind: Kind,
    /// Context that owns it.
    pub context: Context,
    /// Application that owns it (its number in the registry).
    pub owner: u8,
    /// See [`flag`].
    pub flags: u8,
}

impl Object {
    const FREE: Self = Self {
        address: 0,
        length: 0,
        class: 0,
        kind: Kind::Free,
        context: RUNTIME_CONTEXT,
        owner: 0,
        flags: 0,
    };

    /// Bytes of its data.
    #[must_use]
    pub fn size(&self) -> usize {
        usize::from(self.length) * self.kind.element_size()
    }
}

/// What to allocate.
#[derive(Clone, Copy, Debug)]
pub struct Allocation {
    /// What it is.
    pub kind: Kind,
    /// Elements or cells.
    pub length: u16,
    /// Class of an instance, element class of an array of references.
    pub class: u16,
    /// Context that will own it.
    pub context: Context,
    /// Application that will own it.
    pub owner: u8,
    /// See [`flag`]; the clear-on bits put its data in transient memory.
    pub flags: u8,
}

/// Sizes of the memories.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeapConfig {
    /// Bytes of transient memory.
    pub transient_size: u32,
    /// Bytes of persistent memory, object headers included.
    pub persistent_size: u32,
    /// Bytes that one transaction may log (`getMaxCommitCapacity` answers at most 32767).
    pub commit_capacity: u32,
}

impl Default for HeapConfig {
    fn default() -> Self {
        Self {
            transient_size: 8 * 1024,
            persistent_size: 256 * 1024,
            commit_capacity: 4 * 1024,
        }
    }
}

/// What power loss leaves of non-atomic writes: of the one that it interrupts, and of those made in
/// a transaction that it interrupts, whose arrays may then hold either value
/// (`Util.arrayCopyNonAtomic`, `arrayFillNonAtomic`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Remains {
    /// What was written up to then is there, the rest is old.
    #[default]
    Written,
    /// All old.
    Old,
    /// All new.
    New,
    /// Each byte old or new, as this seed has it.
    Mixed(u64),
}

impl Remains {
    /// Whether the byte at an address is the new one; `written` tells whether the write got there.
    fn is_new(self, address: u32, written: bool) -> bool {
        match self {
            Self::Written => written,
            Self::Old => false,
            Self::New => true,
            // splitmix64
            Self::Mixed(seed) => {
                let mut x = seed ^ u64::from(address).wrapping_mul(0x9E37_79B9_7F4A_7C15);
                x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
                x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
                (x ^ (x >> 31)) & 1 == 1
            }
        }
    }
}

/// Persistent bytes that each object takes beside its data, as on a card.
const HEADER_SIZE: usize = 8;

/// Counts of what a card did, for reports.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Writes to persistent memory since the card was made.
    pub persistent_writes: u64,
    /// The most bytes of the commit buffer ever used by one transaction.
    pub commit_high_water: usize,
}

/// The memory of a card.
#[derive(Clone, Debug)]
pub struct Heap {
    pub(super) objects: Vec<Object>,
    free: Vec<u16>,
    pub(super) memory: Vec<u8>,
    transient_used: usize,
    /// Objects that are there.
    live: usize,
    /// Persistent bytes taken by what is no object.
    reserved: usize,
    config: HeapConfig,
    transaction: Transaction,
    usage: Usage,
    /// Value of `usage.persistent_writes` at which the power fails.
    tear_at: u64,
    remains: Remains,
    /// What bytes held that non-atomic writes of the open transaction changed, while power is
    /// about to fail.
    at_risk: BTreeMap<u32, u8>,
    /// Non-atomic writes were interrupted by the last power loss.
    tore_non_atomic: bool,
    /// References whose object an aborted transaction took away are still about.
    pub(super) has_dangling: bool,
}

impl Heap {
    /// An empty memory.
    #[must_use]
    pub fn new(config: HeapConfig) -> Self {
        Self {
            objects: vec![Object::FREE],
            free: Vec::new(),
            memory: vec![0; usize::try_from(config.transient_size).unwrap_or(0)],
            transient_used: 0,
            live: 0,
            reserved: 0,
            config,
            transaction: Transaction::default(),
            usage: Usage::default(),
            tear_at: u64::MAX,
            remains: Remains::Written,
            at_risk: BTreeMap::new(),
            tore_non_atomic: false,
            has_dangling: false,
        }
    }

    /// The sizes it was made with.
    #[must_use]
    pub fn config(&self) -> &HeapConfig {
        &self.config
    }

    /// Counts so far.
    #[must_use]
    pub fn usage(&self) -> Usage {
        self.usage
    }

    /// Persistent bytes in use, object headers included.
    #[must_use]
    pub fn persistent_used(&self) -> usize {
        self.memory.len() - self.transient_size() + self.live * HEADER_SIZE + self.reserved
    }

    /// Transient bytes in use.
    #[must_use]
    pub fn transient_used(&self) -> usize {
        self.transient_used
    }

    /// Persistent bytes left.
    #[must_use]
    pub fn persistent_free(&self) -> usize {
        usize::try_from(self.config.persistent_size)
            .unwrap_or(usize::MAX)
            .saturating_sub(self.persistent_used())
    }

    /// Transient bytes left.
    #[must_use]
    pub fn transient_free(&self) -> usize {
        self.transient_size().saturating_sub(self.transient_used)
    }

    fn transient_size(&self) -> usize {
        usize::try_from(self.config.transient_size).unwrap_or(0)
    }

    /// Takes persistent bytes for something that is no object (code, registry entries).
    ///
    /// # Errors
    /// [`Trap::NO_RESOURCE`] if they are not there.
    pub fn reserve_persistent(&mut self, bytes: usize) -> Result<(), Trap> {
        if bytes > self.persistent_free() {
            return Err(Trap::NO_RESOURCE);
        }
        self.reserved += bytes;
        Ok(())
    }

    /// Gives back bytes taken with [`Self::reserve_persistent`].
    pub fn release_persistent(&mut self, bytes: usize) {
        self.reserved = self.reserved.saturating_sub(bytes);
    }

    /// The object behind a reference; null and dangling references give [`Kind::Free`].
    #[inline]
    #[must_use]
    pub fn object(&self, reference: u16) -> Object {
        self.objects
            .get(usize::from(reference))
            .copied()
            .unwrap_or(Object::FREE)
    }

    /// The same, or a `NullPointerException`.
    ///
    /// # Errors
    /// [`Trap::NULL`]
    #[inline]
    pub fn live(&self, reference: u16) -> Result<Object, Trap> {
        let object = self.object(reference);
        if object.kind == Kind::Free {
            return Err(Trap::NULL);
        }
        Ok(object)
    }

    /// Whether a reference is null, or became so when an aborted transaction took its object away.
    #[inline]
    #[must_use]
    pub fn is_null(&self, reference: u16) -> bool {
        reference == 0 || (self.has_dangling && self.object(reference).kind == Kind::Free)
    }

    /// Changes the flags of an object.
    pub fn set_flags(&mut self, reference: u16, flags: u8) {
        if let Some(object) = self.objects.get_mut(usize::from(reference)) {
            object.flags = flags;
        }
    }

    /// Makes an instance one of another class with as many cells.
    pub fn set_class(&mut self, reference: u16, class: u16) {
        if let Some(object) = self.objects.get_mut(usize::from(reference)) {
            object.class = class;
        }
    }

    /// Makes an object, all zero.
    ///
    /// # Errors
    /// [`Trap::NO_RESOURCE`] if memory or references are used up; [`Trap::PowerLoss`].
    pub fn allocate(&mut self, wanted: &Allocation) -> Result<u16, Trap> {
        let size = usize::from(wanted.length) * wanted.kind.element_size();
        let transient = wanted.flags & (flag::CLEAR_ON_RESET | flag::CLEAR_ON_DESELECT) != 0;
        let persistent_size = HEADER_SIZE + if transient { 0 } else { size };
        if persistent_size > self.persistent_free() || (transient && size > self.transient_free()) {
            return Err(Trap::NO_RESOURCE);
        }
        let reference = match self.free.last() {
            Some(&reference) => reference,
            None => u16::try_from(self.objects.len()).map_err(|_| Trap::NO_RESOURCE)?,
        };
        self.count_write()?;
        let address = if transient {
            let address = self.transient_used;
            self.transient_used += size;
            address
        } else {
            let address = self.memory.len();
            self.memory.resize(address + size, 0);
            address
        };
        self.live += 1;
        let object = Object {
            address: u32::try_from(address).map_err(|_| Trap::NO_RESOURCE)?,
            length: wanted.length,
            class: wanted.class,
            kind: wanted.kind,
            context: wanted.context,
            owner: wanted.owner,
            flags: wanted.flags,
        };
        self.free.pop();
        if usize::from(reference) == self.objects.len() {
            self.objects.push(object);
        } else if let Some(slot) = self.objects.get_mut(usize::from(reference)) {
            *slot = object;
        }
        if self.transaction.active {
            self.transaction.created.push(reference);
        }
        Ok(reference)
    }

    /// The bytes of an object, `&[]` for null.
    #[must_use]
    pub fn bytes(&self, reference: u16) -> &[u8] {
        let object = self.object(reference);
        self.slice(object.address, object.size())
    }

    /// `size` bytes at `address`, `&[]` if they are not all there.
    #[inline]
    #[must_use]
    pub fn slice(&self, address: u32, size: usize) -> &[u8] {
        to_usize(address)
            .checked_add(size)
            .and_then(|end| self.memory.get(to_usize(address)..end))
            .unwrap_or(&[])
    }

    /// The byte at `address`.
    #[inline]
    #[must_use]
    pub fn byte(&self, address: u32) -> i8 {
        self.memory
            .get(to_usize(address))
            .map_or(0, |byte| byte.cast_signed())
    }

    /// The two bytes at `address`.
    #[inline]
    #[must_use]
    pub fn short(&self, address: u32) -> i16 {
        self.memory
            .get(to_usize(address)..)
            .and_then(<[u8]>::first_chunk::<2>)
            .map_or(0, |bytes| i16::from_be_bytes(*bytes))
    }

    /// The four bytes at `address`.
    #[inline]
    #[must_use]
    pub fn int(&self, address: u32) -> i32 {
        self.memory
            .get(to_usize(address)..)
            .and_then(<[u8]>::first_chunk::<4>)
            .map_or(0, |bytes| i32::from_be_bytes(*bytes))
    }

    #[inline]
    fn count_write(&mut self) -> Result<(), Trap> {
        if self.usage.persistent_writes >= self.tear_at {
            return Err(Trap::PowerLoss);
        }
        self.usage.persistent_writes += 1;
        Ok(())
    }

    /// Writes bytes at `address`. A write to persistent memory is counted, logged if a transaction
    /// is open, and all or nothing.
    ///
    /// # Errors
    /// [`Trap::PowerLoss`]; a `TransactionException` (`BUFFER_FULL`).
    #[inline]
    pub fn write<const N: usize>(&mut self, address: u32, bytes: [u8; N]) -> Result<(), Trap> {
        if address >= self.config.transient_size {
            self.count_write()?;
            if self.transaction.active {
                self.log(address, N)?;
            }
        }
        if let Some(place) = self
            .memory
            .get_mut(to_usize(address)..)
            .and_then(<[u8]>::first_chunk_mut::<N>)
        {
            *place = bytes;
        }
        Ok(())
    }

    /// Writes a run of bytes as one atomic write.
    ///
    /// # Errors
    /// As [`Self::write`].
    pub fn write_slice(&mut self, address: u32, bytes: &[u8]) -> Result<(), Trap> {
        if address >= self.config.transient_size && !bytes.is_empty() {
            self.count_write()?;
            if self.transaction.active {
                self.log(address, bytes.len())?;
            }
        }
        self.put(address, bytes);
        Ok(())
    }

    /// Writes a run of bytes that no rollback takes back, byte by byte: power may fail between any
    /// two (`arrayCopyNonAtomic`).
    ///
    /// # Errors
    /// [`Trap::PowerLoss`].
    pub fn write_unlogged(&mut self, address: u32, bytes: &[u8]) -> Result<(), Trap> {
        if address < self.config.transient_size {
            self.put(address, bytes);
            return Ok(());
        }
        for (offset, byte) in (0u32..).zip(bytes) {
            self.count_write()?;
            self.put(address.saturating_add(offset), &[*byte]);
        }
        Ok(())
    }

    /// As [`Self::write_unlogged`], with what power loss may leave of it: see [`Remains`].
    ///
    /// # Errors
    /// [`Trap::PowerLoss`].
    pub fn write_non_atomic(&mut self, address: u32, bytes: &[u8]) -> Result<(), Trap> {
        if address < self.config.transient_size || self.tear_at == u64::MAX {
            return self.write_unlogged(address, bytes);
        }
        let old = self.slice(address, bytes.len()).to_vec();
        if self.transaction.active {
            for (address, &byte) in (address..).zip(&old) {
                self.at_risk.entry(address).or_insert(byte);
            }
        }
        let before = self.usage.persistent_writes;
        let result = self.write_unlogged(address, bytes);
        if result.is_err() {
            self.tore_non_atomic = true;
            let written = self.usage.persistent_writes - before;
            for ((offset, &old), &new) in (0u32..).zip(&old).zip(bytes) {
                let address = address.saturating_add(offset);
                let is_new = self.remains.is_new(address, u64::from(offset) < written);
                self.put(address, &[if is_new { new } else { old }]);
            }
        }
        result
    }

    /// Counts a persistent write of something that does not lie in this memory.
    ///
    /// # Errors
    /// [`Trap::PowerLoss`]: the write must not happen.
    pub fn count_external_write(&mut self) -> Result<(), Trap> {
        self.count_write()
    }

    fn put(&mut self, address: u32, bytes: &[u8]) {
        let start = to_usize(address);
        if let Some(place) = start
            .checked_add(bytes.len())
            .and_then(|end| self.memory.get_mut(start..end))
        {
            place.copy_from_slice(bytes);
        }
    }

    /// Cuts power at the `k`-th persistent write from now (1 is the next one); `None` takes that
    /// back.
    pub fn tear_at(&mut self, k: Option<u64>) {
        self.tear_at = k.map_or(u64::MAX, |k| {
            self.usage
                .persistent_writes
                .saturating_add(k.saturating_sub(1))
        });
        self.at_risk.clear();
        self.tore_non_atomic = false;
    }

    /// What is left of non-atomic writes when power fails.
    pub fn set_remains(&mut self, remains: Remains) {
        self.remains = remains;
    }

    /// Whether the last power loss met non-atomic writes, so that [`Remains`] made a difference.
    #[must_use]
    pub fn tore_non_atomic(&self) -> bool {
        self.tore_non_atomic
    }

    /// Power comes back: an open transaction is rolled back, transient memory is zero.
    pub fn power_on(&mut self) {
        let torn = self.usage.persistent_writes >= self.tear_at;
        self.tear_at = u64::MAX;
        let at_risk = std::mem::take(&mut self.at_risk);
        if torn && self.transaction.active && !at_risk.is_empty() {
            self.tore_non_atomic = true;
            for (address, old) in at_risk {
                if !self.remains.is_new(address, true) {
                    self.put(address, &[old]);
                }
            }
        }
        self.end_of_command();
        let transient_size = self.transient_size();
        if let Some(transient) = self.memory.get_mut(..transient_size) {
            transient.fill(0);
        }
    }

    /// All objects, deleted ones as [`Kind::Free`].
    #[must_use]
    pub fn objects(&self) -> &[Object] {
        &self.objects
    }

    /// The most bytes of the commit buffer since this was set; sets it.
    pub fn replace_commit_high_water(&mut self, bytes: usize) -> usize {
        std::mem::replace(&mut self.usage.commit_high_water, bytes)
    }

    /// Goes on counting from what another state of this memory has counted.
    pub fn keep_usage(&mut self, usage: Usage) {
        self.usage = usage;
    }
}

#[inline]
fn to_usize(address: u32) -> usize {
    usize::try_from(address).unwrap_or(usize::MAX)
}
