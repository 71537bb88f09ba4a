//! Instructions with a constant pool entry that are no calls.

use super::{MISSING, Outcome};
use crate::vm::Vm;
use crate::vm::bytecode::Constant;
use crate::vm::heap::Kind;
use crate::vm::interpreter::frame::{field, low_byte, static_field};
use crate::vm::program::{ClassId, NO_CLASS};
use crate::vm::trap::{Throwable, Trap};
use crate::vm::types::Type;
use cap_file::Opcode;

/// What the suffix of a field instruction says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Suffix {
    Reference,
    Byte,
    Short,
    Int,
}

impl Suffix {
    fn allows(self, field: Type) -> bool {
        match self {
            Self::Reference => field.is_reference(),
            Self::Byte => matches!(field, Type::Byte | Type::Boolean),
            Self::Short => field == Type::Short,
            Self::Int => field == Type::Int,
        }
    }
}

/// What a field instruction does, on the object on the stack or on `this`.
struct Access {
    suffix: Suffix,
    is_put: bool,
    on_this: bool,
}

fn access(opcode: Opcode) -> Option<Access> {
    use Suffix::{Byte, Int, Reference, Short};
    let (suffix, is_put, on_this) = match opcode {
        Opcode::GetfieldA | Opcode::GetfieldAW => (Reference, false, false),
        Opcode::GetfieldB | Opcode::GetfieldBW => (Byte, false, false),
        Opcode::GetfieldS | Opcode::GetfieldSW => (Short, false, false),
        Opcode::GetfieldI | Opcode::GetfieldIW => (Int, false, false),
        Opcode::GetfieldAThis => (Reference, false, true),
        Opcode::GetfieldBThis => (Byte, false, true),
        Opcode::GetfieldSThis => (Short, false, true),
        Opcode::GetfieldIThis => (Int, false, true),
        Opcode::PutfieldA | Opcode::PutfieldAW => (Reference, true, false),
        Opcode::PutfieldB | Opcode::PutfieldBW => (Byte, true, false),
        Opcode::PutfieldS | Opcode::PutfieldSW => (Short, true, false),
        Opcode::PutfieldI | Opcode::PutfieldIW => (Int, true, false),
        Opcode::PutfieldAThis => (Reference, true, true),
        Opcode::PutfieldBThis => (Byte, true, true),
        Opcode::PutfieldSThis => (Short, true, true),
        Opcode::PutfieldIThis => (Int, true, true),
        _ => return None,
    };
    Some(Access {
        suffix,
        is_put,
        on_this,
    })
}

const NOT_THAT_FIELD: Trap = Trap::BadCode("a field of another type than the instruction's");
const NOT_THAT_VALUE: Trap = Trap::BadCode("a value of another type than the field's");

impl Vm<'_> {
    pub(super) fn constant(&mut self, index: u16) -> Result<Constant, Trap> {
        let package = self.machine()?.top()?.package;
        let constants = package.constants.get(usize::from(index));
        constants.copied().ok_or(MISSING)
    }

    pub(super) fn class_constant(&mut self, index: u16) -> Result<ClassId, Trap> {
        match self.constant(index)? {
            Constant::Class(class) => Ok(class),
            _ => Err(MISSING),
        }
    }

    pub(super) fn pooled(&mut self, opcode: Opcode, index: u16) -> Result<Outcome, Trap> {
        match opcode {
            Opcode::Invokevirtual | Opcode::Invokespecial | Opcode::Invokestatic => {
                return self.call_method(opcode, index);
            }
            Opcode::New => {
                let class = self.class_constant(index)?;
                let cells = self
                    .program
                    .class(class)
                    .filter(|class| !class.is_interface)
                    .ok_or(Trap::BadCode("an instance of no class"))?
                    .cells;
                let object = self.allocate(Kind::Instance, cells, class, 0)?;
                self.push_reference(object)?;
            }
            Opcode::Anewarray => {
                let class = self.class_constant(index)?;
                let length = self.pop_length()?;
                let array = self.allocate(Kind::ReferenceArray, length, class, 0)?;
                self.push_reference(array)?;
            }
            Opcode::GetstaticA => self.get_static(index, Suffix::Reference)?,
            Opcode::GetstaticB => self.get_static(index, Suffix::Byte)?,
            Opcode::GetstaticS => self.get_static(index, Suffix::Short)?,
            Opcode::GetstaticI => self.get_static(index, Suffix::Int)?,
            Opcode::PutstaticA => self.put_static(index, Suffix::Reference)?,
            Opcode::PutstaticB => self.put_static(index, Suffix::Byte)?,
            Opcode::PutstaticS => self.put_static(index, Suffix::Short)?,
            Opcode::PutstaticI => self.put_static(index, Suffix::Int)?,
            _ => {
                let access = access(opcode).ok_or(MISSING)?;
                self.instance_field(&access, index)?;
            }
        }
        Ok(Outcome::Next)
    }

    fn instance_field(&mut self, access: &Access, index: u16) -> Result<(), Trap> {
        let Constant::InstanceField { class, cell } = self.constant(index)? else {
            return Err(MISSING);
        };
        let mut int = 0;
        let mut word = 0;
        if access.is_put {
            match access.suffix {
                Suffix::Reference => word = self.pop_reference()?.cast_signed(),
                Suffix::Byte => word = low_byte(self.pop_short()?),
                Suffix::Short => word = self.pop_short()?,
                Suffix::Int => int = self.pop_int()?,
            }
        }
        let object = if access.on_this {
            self.load_reference(0)?
        } else {
            self.pop_reference()?
        };
        let field_type = self.field_type(class, cell, access.suffix)?;
        let found = self.heap.live(object)?;
        if found.kind != Kind::Instance || !self.program.is_instance(found.class, class) {
            return Err(Trap::BadCode(
                "a field of a class that the object is not of",
            ));
        }
        let cells = if access.suffix == Suffix::Int { 2 } else { 1 };
        let address = field(self.heap, object, cell, cells, self.reach())?;
        match (access.is_put, access.suffix) {
            (false, Suffix::Reference) => {
                self.push_reference(self.heap.short(address).cast_unsigned())
            }
            (false, Suffix::Int) => self.push_int(self.heap.int(address)),
            (false, _) => self.push_short(self.heap.short(address)),
            (true, Suffix::Int) => self.heap.write(address, int.to_be_bytes()),
            (true, Suffix::Reference) => {
                self.check_assignable(word.cast_unsigned(), field_type)?;
                self.check_storable(word.cast_unsigned())?;
                self.heap.write(address, word.to_be_bytes())
            }
            (true, _) => self.heap.write(address, word.to_be_bytes()),
        }
    }

    /// The type of a field, where its package tells; in any case it is a reference exactly if
    /// the class says so.
    fn field_type(&self, class: ClassId, cell: u16, suffix: Suffix) -> Result<Option<Type>, Trap> {
        let class = self.program.class(class).ok_or(MISSING)?;
        let is_reference = |cell: u16| class.references.iter().any(|range| range.contains(&cell));
        let second_is_reference = suffix == Suffix::Int && is_reference(cell.saturating_add(1));
        if is_reference(cell) != (suffix == Suffix::Reference) || second_is_reference {
            return Err(NOT_THAT_FIELD);
        }
        let field_type = class.cell_types.get(usize::from(cell)).copied().flatten();
        if field_type.is_some_and(|field_type| !suffix.allows(field_type)) {
            return Err(NOT_THAT_FIELD);
        }
        Ok(field_type)
    }

    /// A reference that is stored, passed or returned as a value of a type.
    pub(super) fn check_assignable(
        &self,
        reference: u16,
        wanted: Option<Type>,
    ) -> Result<(), Trap> {
        let Some(wanted) = wanted else {
            return Ok(());
        };
        if self.heap.is_null(reference) {
            return Ok(());
        }
        if wanted.admits(self.program, &self.heap.object(reference)) {
            Ok(())
        } else {
            Err(NOT_THAT_VALUE)
        }
    }

    fn static_place(&mut self, index: u16, suffix: Suffix) -> Result<(u32, Option<Type>), Trap> {
        let Constant::StaticField {
            object,
            offset,
            field_type,
        } = self.constant(index)?
        else {
            return Err(MISSING);
        };
        let size = match suffix {
            Suffix::Byte => 1,
            Suffix::Short | Suffix::Reference => 2,
            Suffix::Int => 4,
        };
        // The image begins with the references, whose number stands in place of a class.
        let references = 2 * u32::from(self.heap.object(object).class);
        let is_reference = u32::from(offset) < references;
        let aligned = !is_reference || offset.is_multiple_of(2);
        if is_reference != (suffix == Suffix::Reference)
            || !aligned
            || field_type.is_some_and(|field_type| !suffix.allows(field_type))
        {
            return Err(NOT_THAT_FIELD);
        }
        let address = static_field(self.heap, object, offset, size)?;
        Ok((address, field_type))
    }

    fn get_static(&mut self, index: u16, suffix: Suffix) -> Result<(), Trap> {
        let (address, _) = self.static_place(index, suffix)?;
        match suffix {
            Suffix::Reference => self.push_reference(self.heap.short(address).cast_unsigned()),
            Suffix::Byte => self.push_short(self.heap.byte(address).into()),
            Suffix::Short => self.push_short(self.heap.short(address)),
            Suffix::Int => self.push_int(self.heap.int(address)),
        }
    }

    fn put_static(&mut self, index: u16, suffix: Suffix) -> Result<(), Trap> {
        match suffix {
            Suffix::Reference => {
                let value = self.pop_reference()?;
                let (address, field_type) = self.static_place(index, suffix)?;
                self.check_assignable(value, field_type)?;
                self.check_storable(value)?;
                self.heap.write(address, value.to_be_bytes())
            }
            Suffix::Byte => {
                let [_, low] = self.pop_short()?.to_be_bytes();
                let (address, _) = self.static_place(index, suffix)?;
                self.heap.write(address, [low])
            }
            Suffix::Short => {
                let value = self.pop_short()?;
                let (address, _) = self.static_place(index, suffix)?;
                self.heap.write(address, value.to_be_bytes())
            }
            Suffix::Int => {
                let value = self.pop_int()?;
                let (address, _) = self.static_place(index, suffix)?;
                self.heap.write(address, value.to_be_bytes())
            }
        }
    }

    pub(super) fn type_check(
        &mut self,
        opcode: Opcode,
        array_type: u8,
        index: u16,
    ) -> Result<(), Trap> {
        let class = match array_type {
            0 | 14 => self.class_constant(index)?,
            _ => NO_CLASS,
        };
        let reference = self.pop_reference()?;
        let is_null = self.heap.is_null(reference);
        if opcode == Opcode::Instanceof {
            let is_instance = !is_null && self.is_a(reference, array_type, class)?;
            return self.push_short(is_instance.into());
        }
        if !is_null && !self.is_a(reference, array_type, class)? {
            return Err(Trap::Throw(Throwable::ClassCast, 0));
        }
        self.push_reference(reference)
    }
}
