//! Clearing and deleting objects: on deselection, on request, with their application.

use super::{Context, Heap, Kind, Object, RUNTIME_CONTEXT, flag, to_usize};

impl Heap {
    /// Clears the CLEAR_ON_DESELECT objects of a context (JCRE 3.0.5 §5.2).
    pub fn clear_on_deselect(&mut self, context: Context) {
        for index in 0..self.objects.len() {
            let Some(object) = self.objects.get(index).copied() else {
                continue;
            };
            if object.context == context && object.flags & flag::CLEAR_ON_DESELECT != 0 {
                let start = to_usize(object.address);
                if let Some(data) = self.memory.get_mut(start..start + object.size()) {
                    data.fill(0);
                }
            }
        }
    }

    /// Deletes every object that no root reaches, and closes the gaps. `references_of` lists the
    /// cells of an instance that hold references, by class.
    pub fn collect(
        &mut self,
        roots: &[u16],
        references_of: &dyn Fn(&Object) -> Vec<std::ops::Range<u16>>,
    ) {
        let mut pending: Vec<u16> = roots.to_vec();
        for (reference, object) in (0u16..).zip(&self.objects) {
            // Statics and the runtime environment's own objects are always alive.
            if object.kind == Kind::Statics
                || (object.kind != Kind::Free && object.context == RUNTIME_CONTEXT)
            {
                pending.push(reference);
            }
        }
        while let Some(reference) = pending.pop() {
            let Some(object) = self.objects.get_mut(usize::from(reference)) else {
                continue;
            };
            if object.kind == Kind::Free || object.flags & flag::MARKED != 0 {
                continue;
            }
            object.flags |= flag::MARKED;
            let object = *object;
            for range in references_of(&object) {
                for cell in range {
                    let address = object.address + 2 * u32::from(cell);
                    pending.push(self.short(address).cast_unsigned());
                }
            }
        }
        self.sweep();
    }

    fn sweep(&mut self) {
        for object in self.objects.iter_mut().skip(1) {
            if object.flags & flag::MARKED == 0 {
                *object = Object::FREE;
            } else {
                object.flags &= !flag::MARKED;
            }
        }
        self.compact();
        self.rebuild_free_list();
    }

    /// Moves the data of all objects together, in the order of their addresses.
    fn compact(&mut self) {
        let mut order: Vec<usize> = (1..self.objects.len()).collect();
        order.sort_by_key(|&index| self.objects.get(index).map_or(0, |object| object.address));
        let transient_size = self.transient_size();
        let mut live = 0;
        let mut next_transient = 0;
        let mut next_persistent = transient_size;
        for index in order {
            let Some(object) = self.objects.get_mut(index) else {
                continue;
            };
            if object.kind == Kind::Free {
                continue;
            }
            live += 1;
            let start = to_usize(object.address);
            let size = object.size();
            let target = if start < transient_size {
                &mut next_transient
            } else {
                &mut next_persistent
            };
            object.address = u32::try_from(*target).unwrap_or(u32::MAX);
            self.memory.copy_within(start..start + size, *target);
            *target += size;
        }
        self.memory.truncate(next_persistent);
        if let Some(rest) = self.memory.get_mut(next_transient..transient_size) {
            rest.fill(0);
        }
        self.transient_used = next_transient;
        self.live = live;
    }

    pub(super) fn rebuild_free_list(&mut self) {
        while self.objects.len() > 1
            && self
                .objects
                .last()
                .is_some_and(|object| object.kind == Kind::Free)
        {
            self.objects.pop();
        }
        self.free = (0u16..)
            .zip(&self.objects)
            .skip(1)
            .filter(|(_, object)| object.kind == Kind::Free)
            .map(|(reference, _)| reference)
            .collect();
        self.free.reverse();
    }

    /// Lets the static fields of a deleted package go at the next collection.
    pub fn free_statics(&mut self, reference: u16) {
        if let Some(object) = self.objects.get_mut(usize::from(reference))
            && object.kind == Kind::Statics
        {
            *object = Object::FREE;
        }
    }

    /// Lets an object of the runtime environment, and what it refers to first, go at the next
    /// collection.
    pub fn free_runtime_object(&mut self, reference: u16) {
        let object = self.object(reference);
        if object.kind != Kind::Instance || object.context != RUNTIME_CONTEXT {
            return;
        }
        let value = self.short(object.address).cast_unsigned();
        for reference in [reference, value] {
            if let Some(object) = self.objects.get_mut(usize::from(reference)) {
                *object = Object::FREE;
            }
        }
    }
}
