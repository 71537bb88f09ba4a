//! Objects: making them, storing references to them, what they are, and who may reach them.

use super::Vm;
use super::frame::{self, Reach};
use crate::vm::heap::{Allocation, Context, Kind, RUNTIME_CONTEXT, flag};
use crate::vm::op::Register;
use crate::vm::program::{API_SLOT, ClassId, slot_of};
use crate::vm::trap::{Throwable, Trap};

impl Vm<'_> {
    /// What `athrow` of this object is.
    pub(in crate::vm) fn throw(&self, exception: u16) -> Trap {
        let object = self.heap.object(exception);
        if object.kind == Kind::Free {
            return Trap::NULL;
        }
        if object.kind != Kind::Instance {
            return Trap::BadCode("a throw of an array");
        }
        if object.flags & flag::TEMPORARY_ENTRY_POINT == 0
            && let Err(trap) = self.check_access(object.context)
        {
            return trap;
        }
        Trap::Thrown(exception)
    }

    pub(crate) fn reach(&self) -> Reach {
        Reach::new(self.context, self.selected_context)
    }

    pub(in crate::vm) fn check_access(&self, context: Context) -> Result<(), Trap> {
        if context == self.context || self.context == RUNTIME_CONTEXT {
            return Ok(());
        }
        Err(Trap::SECURITY)
    }

    /// References to temporary entry points and global arrays cannot be stored
    /// (JCRE 3.0.5 §6.2.1.1, §6.2.2).
    pub(in crate::vm) fn check_storable(&self, value: u16) -> Result<(), Trap> {
        if value != 0 && self.heap.object(value).flags & flag::NOT_STORABLE != 0 {
            return Err(Trap::SECURITY);
        }
        Ok(())
    }

    pub(in crate::vm) fn array_length(&self, register: Register) -> Result<u16, Trap> {
        u16::try_from(self.register(register))
            .map_err(|_| Trap::Throw(Throwable::NegativeArraySize, 0))
    }

    /// Makes an object that belongs to the current application.
    ///
    /// # Errors
    /// [`Trap::NO_RESOURCE`]; [`Trap::PowerLoss`].
    pub fn allocate(
        &mut self,
        kind: Kind,
        length: u16,
        class: ClassId,
        flags: u8,
    ) -> Result<u16, Trap> {
        self.heap.allocate(&Allocation {
            kind,
            length,
            class,
            context: self.context,
            owner: self.owner,
            flags,
        })
    }

    pub(in crate::vm) fn store_reference(
        &mut self,
        array: u16,
        index: i16,
        value: u16,
    ) -> Result<(), Trap> {
        let address = frame::element(self.heap, array, index, Kind::ReferenceArray, self.reach())?;
        if value != 0 && !self.heap.is_null(value) {
            self.check_storable(value)?;
            let element = self.heap.object(array).class;
            let object = self.heap.object(value);
            let fits = match object.kind {
                Kind::Instance => self.program.is_instance(object.class, element),
                // Arrays are objects, and nothing more.
                _ => self
                    .program
                    .class(element)
                    .is_some_and(|class| class.super_class.is_none() && !class.is_interface),
            };
            if !fits {
                return Err(Trap::Throw(Throwable::ArrayStore, 0));
            }
        }
        self.heap.write(address, value.to_be_bytes())
    }

    /// `checkcast` and `instanceof` (JCVM 3.0.5 §7.5.13), with the firewall's rules for them
    /// (JCRE 3.0.5 §6.2.8.8).
    pub(in crate::vm) fn is_a(
        &self,
        reference: u16,
        array_type: u8,
        class: ClassId,
    ) -> Result<bool, Trap> {
        let object = self.heap.object(reference);
        if object.context != self.context
            && self.context != RUNTIME_CONTEXT
            && object.flags & (flag::ENTRY_POINT | flag::GLOBAL_ARRAY) == 0
        {
            let shareable = self
                .program
                .class(class)
                .is_some_and(|class| class.is_interface && class.is_shareable)
                && self
                    .program
                    .class(object.class)
                    .is_some_and(|class| class.is_shareable);
            if !shareable {
                return Err(Trap::SECURITY);
            }
        }
        Ok(match (array_type, object.kind) {
            (0, Kind::Instance) => self.program.is_instance(object.class, class),
            (0, _) => self
                .program
                .class(class)
                .is_some_and(|class| class.super_class.is_none() && !class.is_interface),
            (10, kind) => kind == Kind::BooleanArray,
            (11, kind) => kind == Kind::ByteArray,
            (12, kind) => kind == Kind::ShortArray,
            (13, kind) => kind == Kind::IntArray,
            (14, Kind::ReferenceArray) => self.program.is_instance(object.class, class),
            _ => false,
        })
    }

    /// Whether an object is an instance of a class of this machine's program.
    #[must_use]
    pub fn is_instance(&self, reference: u16, class: ClassId) -> bool {
        let object = self.heap.object(reference);
        object.kind == Kind::Instance && self.program.is_instance(object.class, class)
    }

    /// Whether a class belongs to the API.
    #[must_use]
    pub fn is_api_class(class: ClassId) -> bool {
        slot_of(class) >= API_SLOT
    }
}
