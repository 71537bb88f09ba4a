//! Laying out classes: cells, method tables, interfaces.

use super::{LinkError, Linker};
use crate::vm::program::{API_SLOT, Class, ClassId, NO_METHOD, class_id, slot_of};
use cap_file::component::class::{ClassInfo, InterfaceInfo};
use cap_file::component::{ClassRef, CodeOffset};

impl Linker<'_> {
    pub(super) fn class_reference(&self, reference: ClassRef) -> Result<ClassId, LinkError> {
        let dangling = LinkError::ClassReference(reference.to_u16());
        match reference {
            ClassRef::Internal(offset) => {
                let index = self.offsets.iter().position(|at| *at == offset);
                let index = index.and_then(|index| u8::try_from(index).ok());
                Ok(class_id(self.slot, index.ok_or(dangling)?))
            }
            ClassRef::External { package, class } => {
                let import = self
                    .imports
                    .get(usize::from(package))
                    .ok_or(dangling.clone())?;
                if import.slot >= API_SLOT {
                    let id = class_id(import.slot, class);
                    return self.program.class(id).map(|_| id).ok_or(dangling);
                }
                self.program
                    .package(import.slot)
                    .and_then(|package| package.exports.get(usize::from(class))?.as_ref())
                    .map(|export| export.class)
                    .ok_or(dangling)
            }
        }
    }

    /// A class of this package or of another.
    pub(super) fn class_of(&self, id: ClassId) -> Option<&Class> {
        let [slot, index] = id.to_be_bytes();
        if slot == self.slot {
            self.classes.get(usize::from(index))
        } else {
            self.program.class(id)
        }
    }

    pub(super) fn lay_out_classes(&mut self) -> Result<(), LinkError> {
        let component = &self.cap.class;
        self.offsets = component.entries().map(|(offset, _)| offset).collect();
        if self.offsets.len() > 255 {
            return Err(LinkError::Classes("more than 255 classes"));
        }
        // Supertypes stand before their subtypes (JCVM 3.0.5 §6.9): a reference to a class that
        // is not laid out yet is refused below.
        for interface in &component.interfaces {
            let class = self.interface(interface)?;
            self.classes.push(class);
        }
        for info in &component.classes {
            let class = self.instantiable(info)?;
            self.classes.push(class);
        }
        Ok(())
    }

    pub(super) fn name(&self) -> String {
        format!(
            "{}.class{}",
            self.cap.header.package.aid,
            self.classes.len()
        )
    }

    pub(super) fn own_id(&self) -> Result<ClassId, LinkError> {
        u8::try_from(self.classes.len())
            .map(|index| class_id(self.slot, index))
            .map_err(|_| LinkError::Classes("more than 255 classes"))
    }

    pub(super) fn laid_out(&self, reference: ClassRef) -> Result<(ClassId, &Class), LinkError> {
        let id = self.class_reference(reference)?;
        let class = self
            .class_of(id)
            .ok_or(LinkError::Classes("a supertype stands after its subtype"))?;
        Ok((id, class))
    }

    pub(super) fn interface(&self, info: &InterfaceInfo) -> Result<Class, LinkError> {
        let mut class = Class {
            name: self.name(),
            is_interface: true,
            is_shareable: info.flags & ClassInfo::ACC_SHAREABLE != 0,
            supertypes: vec![self.own_id()?],
            ..Class::default()
        };
        for &parent in &info.superinterfaces {
            let (id, parent) = self.laid_out(parent)?;
            class.supertypes.push(id);
            class.supertypes.extend(&parent.supertypes);
        }
        Ok(class)
    }

    pub(super) fn instantiable(&self, info: &ClassInfo) -> Result<Class, LinkError> {
        let mut class = match info.super_class {
            None => Class::default(),
            Some(parent) => {
                let (id, parent) = self.laid_out(parent)?;
                if parent.is_interface {
                    return Err(LinkError::Classes("an interface as superclass"));
                }
                let mut class = parent.clone();
                class.super_class = Some(id);
                if slot_of(id) != self.slot {
                    class.package_methods = Vec::new();
                }
                class
            }
        };
        class.name = self.name();
        class.is_shareable |= info.flags & ClassInfo::ACC_SHAREABLE != 0;
        class.supertypes.insert(0, self.own_id()?);
        let inherited = class.cells;
        class.cells = inherited + u16::from(info.declared_instance_size);
        if info.reference_count > 0 {
            let first = inherited + u16::from(info.first_reference_token);
            let end = (first + u16::from(info.reference_count)).min(class.cells);
            class.references.push(first..end);
        }
        self.describe_cells(&mut class, inherited);
        self.fill(
            &mut class.public_methods,
            info.public_method_table_base,
            &info.public_virtual_methods,
        )?;
        self.fill(
            &mut class.package_methods,
            info.package_method_table_base,
            &info.package_virtual_methods,
        )?;
        // What the superclass implements is implemented by this class's methods now.
        if let Some(parent) = info.super_class {
            self.inherit_interfaces(&mut class, parent)?;
        }
        for implemented in &info.interfaces {
            let (id, interface) = self.laid_out(implemented.interface)?;
            class.supertypes.push(id);
            class.supertypes.extend(&interface.supertypes);
            class.is_shareable |= interface.is_shareable;
            let methods = implemented
                .methods
                .iter()
                .map(|&token| {
                    class
                        .public_methods
                        .get(usize::from(token))
                        .copied()
                        .unwrap_or(NO_METHOD)
                })
                .collect();
            class.interfaces.retain(|(other, _)| *other != id);
            class.interfaces.push((id, methods));
        }
        Ok(class)
    }

    /// Interface methods that a superclass implements may be overridden here: the table is made
    /// anew from the virtual methods' tokens.
    pub(super) fn inherit_interfaces(
        &self,
        class: &mut Class,
        parent: ClassRef,
    ) -> Result<(), LinkError> {
        let (_, parent) = self.laid_out(parent)?;
        for (_, methods) in &mut class.interfaces {
            for method in methods {
                let token = parent
                    .public_methods
                    .iter()
                    .position(|other| other == method);
                if let Some(&own) = token.and_then(|token| class.public_methods.get(token)) {
                    *method = own;
                }
            }
        }
        Ok(())
    }

    pub(super) fn fill(
        &self,
        table: &mut Vec<u32>,
        base: u8,
        offsets: &[CodeOffset],
    ) -> Result<(), LinkError> {
        let base = usize::from(base);
        let end = base + offsets.len();
        if end > 128 {
            return Err(LinkError::Classes("more than 128 virtual methods"));
        }
        if table.len() < end {
            table.resize(end, NO_METHOD);
        }
        for (place, &offset) in table.iter_mut().skip(base).zip(offsets) {
            let offset = super::offset_of(offset);
            // 0xFFFF: inherited from another package.
            if offset != 0xFFFF {
                *place = *self
                    .methods
                    .get(&offset)
                    .ok_or(LinkError::MethodOffset(offset))?;
            }
        }
        Ok(())
    }
}
