//! The part of the memory that survives power loss, and its form in an image.

use super::{Heap, HeapConfig, Kind, Object, flag, to_usize};

/// The part of a heap that survives power loss, for images.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersistentPart {
    config: HeapConfig,
    reserved: usize,
    objects: Vec<Object>,
    persistent: Vec<u8>,
}

/// Bytes of an object's entry in an image.
const ENTRY: usize = 12;
/// Bytes before the entries.
const PREFIX: usize = 24;

impl PersistentPart {
    /// Its form in an image.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let length = PREFIX + ENTRY * self.objects.len() + self.persistent.len();
        let mut bytes = Vec::with_capacity(length);
        let count = |value: usize| u32::try_from(value).unwrap_or(u32::MAX).to_be_bytes();
        bytes.extend(self.config.transient_size.to_be_bytes());
        bytes.extend(self.config.persistent_size.to_be_bytes());
        bytes.extend(self.config.commit_capacity.to_be_bytes());
        bytes.extend(count(self.reserved));
        bytes.extend(count(self.objects.len()));
        bytes.extend(count(self.persistent.len()));
        for object in &self.objects {
            bytes.extend(object.address.to_be_bytes());
            bytes.extend(object.length.to_be_bytes());
            bytes.extend(object.class.to_be_bytes());
            bytes.extend([
                object.kind as u8,
                object.context,
                object.owner,
                object.flags,
            ]);
        }
        bytes.extend_from_slice(&self.persistent);
        bytes
    }

    /// From that form; `None` if it is none.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (prefix, rest) = bytes.split_first_chunk::<PREFIX>()?;
        let mut words = prefix
            .as_chunks::<4>()
            .0
            .iter()
            .map(|word| u32::from_be_bytes(*word));
        let config = HeapConfig {
            transient_size: words.next()?,
            persistent_size: words.next()?,
            commit_capacity: words.next()?,
        };
        let [reserved, count, length] = [words.next()?, words.next()?, words.next()?];
        let entries = to_usize(count).checked_mul(ENTRY)?;
        let (entries, persistent) = rest.split_at_checked(entries)?;
        if persistent.len() != to_usize(length) {
            return None;
        }
        let objects = entries
            .as_chunks::<ENTRY>()
            .0
            .iter()
            .map(|&[a, b, c, d, e, f, g, h, kind, context, owner, flags]| {
                Some(Object {
                    address: u32::from_be_bytes([a, b, c, d]),
                    length: u16::from_be_bytes([e, f]),
                    class: u16::from_be_bytes([g, h]),
                    kind: Kind::from_byte(kind)?,
                    context,
                    owner,
                    flags,
                })
            })
            .collect::<Option<_>>()?;
        Some(Self {
            config,
            reserved: to_usize(reserved),
            objects,
            persistent: persistent.to_vec(),
        })
    }
}

impl Heap {
    /// The memory of a card that powers up with this persistent part; `None` if it is not
    /// consistent in itself.
    #[must_use]
    pub fn from_persistent(part: PersistentPart) -> Option<Self> {
        let mut heap = Self::new(part.config);
        heap.memory.extend_from_slice(&part.persistent);
        heap.objects = part.objects;
        heap.reserved = part.reserved;
        if heap.objects.first() != Some(&Object::FREE) {
            return None;
        }
        for object in &heap.objects {
            if object.kind == Kind::Free {
                continue;
            }
            heap.live += 1;
            let end = to_usize(object.address).checked_add(object.size())?;
            let transient = object.flags & (flag::CLEAR_ON_RESET | flag::CLEAR_ON_DESELECT) != 0;
            if end > heap.memory.len() || (transient && end > heap.transient_size()) {
                return None;
            }
            if transient {
                heap.transient_used = heap.transient_used.max(end);
            }
        }
        heap.rebuild_free_list();
        Some(heap)
    }

    /// What survives power loss.
    #[must_use]
    pub fn persistent_part(&self) -> PersistentPart {
        PersistentPart {
            config: self.config,
            reserved: self.reserved,
            objects: self.objects.clone(),
            persistent: self
                .memory
                .get(self.transient_size()..)
                .unwrap_or(&[])
                .to_vec(),
        }
    }
}
