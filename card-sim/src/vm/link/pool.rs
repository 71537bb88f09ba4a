//! What the entries of the constant pool mean on this card.

use super::{LinkError, Linker};
use crate::vm::flow::Calls;
use crate::vm::program::{Class, ClassId, NO_METHOD};
use crate::vm::translate::Pool;
use cap_file::component::ClassRef;
use cap_file::component::constant_pool::{Constant, StaticRef};
use cap_file::{Instruction, Opcode, Operands};

impl Calls for Linker<'_> {
    fn call(&self, instruction: &Instruction) -> Result<(u8, Option<u8>), LinkError> {
        if let Operands::InvokeInterface {
            nargs,
            index,
            method,
        } = instruction.operands
        {
            let id = Pool::class(self, index)?;
            let results = self
                .class_of(id)
                .and_then(|class| class.interface_results.get(usize::from(method)).copied())
                .flatten();
            return Ok((nargs, results));
        }
        let Operands::Pool(index) = instruction.operands else {
            return Err(LinkError::Constant(0, "a method"));
        };
        let method = if instruction.opcode == Opcode::Invokevirtual {
            let Constant::VirtualMethod { class, token } = self.constant(index)? else {
                return Err(LinkError::Constant(index, "a virtual method"));
            };
            self.virtual_method(index, class, token)?
        } else {
            self.method(index)?
        };
        let arguments = self
            .method_arguments(method)
            .ok_or(LinkError::External(index))?;
        Ok((arguments, self.method_results(method)))
    }
}

/// The method of a class with this token; bit 7 is set for package-visible ones.
fn virtual_method(class: &Class, token: u8) -> Option<u32> {
    let method = if token & 0x80 == 0 {
        let place = class.public_place(token)?;
        class.public_methods.get(usize::from(place))
    } else {
        class.package_methods.get(usize::from(token & 0x7F))
    };
    method.copied().filter(|method| *method != NO_METHOD)
}

impl Linker<'_> {
    pub(super) fn virtual_method(
        &self,
        index: u16,
        class: ClassRef,
        token: u8,
    ) -> Result<u32, LinkError> {
        let class = self.class_reference(class)?;
        let class = self.class_of(class);
        class
            .and_then(|class| virtual_method(class, token))
            .ok_or(LinkError::External(index))
    }

    fn constant(&self, index: u16) -> Result<Constant, LinkError> {
        self.cap
            .constant_pool
            .entries
            .get(usize::from(index))
            .copied()
            .ok_or(LinkError::Constant(index, "there"))
    }
}

impl Pool for Linker<'_> {
    fn class(&self, index: u16) -> Result<ClassId, LinkError> {
        match self.constant(index)? {
            Constant::Class(reference) => self.class_reference(reference),
            _ => Err(LinkError::Constant(index, "a class")),
        }
    }

    fn instance_field(&self, index: u16) -> Result<u16, LinkError> {
        let Constant::InstanceField { class, token } = self.constant(index)? else {
            return Err(LinkError::Constant(index, "an instance field"));
        };
        let id = self.class_reference(class)?;
        let class = self.class_of(id).ok_or(LinkError::External(index))?;
        let inherited = class
            .super_class
            .and_then(|parent| self.class_of(parent))
            .map_or(0, |parent| parent.cells);
        Ok(inherited + u16::from(token))
    }

    fn static_field(&self, index: u16) -> Result<(u16, u16), LinkError> {
        match self.constant(index)? {
            Constant::StaticField(StaticRef::Internal(offset)) => Ok((self.statics, offset)),
            Constant::StaticField(StaticRef::External {
                package,
                class,
                token,
            }) => self
                .exported(package, class)
                .and_then(|(package, class)| {
                    let offset = class.static_fields.get(usize::from(token))?;
                    Some((package.statics, *offset))
                })
                .ok_or(LinkError::External(index)),
            _ => Err(LinkError::Constant(index, "a static field")),
        }
    }

    fn method(&self, index: u16) -> Result<u32, LinkError> {
        match self.constant(index)? {
            Constant::StaticMethod(StaticRef::Internal(offset)) => self
                .methods
                .get(&offset)
                .copied()
                .ok_or(LinkError::MethodOffset(offset)),
            Constant::StaticMethod(StaticRef::External {
                package,
                class,
                token,
            }) => self
                .exported(package, class)
                .and_then(|(_, class)| class.static_methods.get(usize::from(token)).copied())
                .filter(|method| *method != NO_METHOD)
                .ok_or(LinkError::External(index)),
            Constant::SuperMethod { class, token } => {
                // The class named is the one that calls; its superclass has the method.
                let id = self.class_reference(class)?;
                let parent = self.class_of(id).and_then(|class| class.super_class);
                let parent = parent.and_then(|id| self.class_of(id));
                parent
                    .and_then(|class| virtual_method(class, token))
                    .ok_or(LinkError::External(index))
            }
            _ => Err(LinkError::Constant(index, "a static method")),
        }
    }

    fn virtual_place(&self, index: u16) -> Result<u8, LinkError> {
        match self.constant(index)? {
            Constant::VirtualMethod { token, .. } if token & 0x80 != 0 => Ok(token),
            Constant::VirtualMethod { class, token } => {
                let class = self.class_of(self.class_reference(class)?);
                class
                    .and_then(|class| class.public_place(token))
                    .ok_or(LinkError::External(index))
            }
            _ => Err(LinkError::Constant(index, "a virtual method")),
        }
    }
}
