//! Laying out classes: cells, method tables, interfaces.

use super::{LinkError, Linker};
use crate::vm::program::{
    API_SLOT, Class, ClassExports, ClassId, NO_METHOD, Package, class_id, slot_of,
};
use cap_file::component::class::{ClassInfo, InterfaceInfo};
use cap_file::component::{ClassRef, CodeOffset, INHERITED};

/// Virtual methods of one kind that a class can have: bit 7 of a token tells the kind (JCVM 3.0.5 §4.3.7.6).
const MAX_METHODS: usize = 128;
const TOO_MANY_METHODS: LinkError = LinkError::Classes("more than 128 virtual methods");

/// Finds where the methods of a class's public tokens stand (JCVM 3.1 §6.9.2.2). `class` is still as its superclass:
/// a token that is mapped takes the place of the superclass's token, any other a new one. In a file without mapping
/// the tokens of the superclass that subclasses inherit come first.
fn place_tokens(class: &mut Class, info: &ClassInfo) -> Result<(), LinkError> {
    const NEW: u8 = 0xFF;
    let inherited = class.inheritable_tokens.take();
    let mut tokens = Vec::new();
    match &info.token_mapping {
        Some(mapping) => {
            tokens.extend(&mapping.tokens);
            class.inheritable_tokens = Some(mapping.inheritable_count);
        }
        None => {
            // Token and place differ only if they do in the superclass.
            let (Some(places), Some(inheritable)) = (&class.public_places, inherited) else {
                return Ok(());
            };
            let own =
                usize::from(info.public_method_table_base) + info.public_virtual_methods.len();
            let inheritable = usize::from(inheritable).min(places.len());
            tokens.extend((0u8..).take(inheritable));
            tokens.resize(own.max(inheritable), NEW);
        }
    }
    let mut end = class.public_methods.len();
    let mut places = Vec::with_capacity(tokens.len());
    for token in tokens {
        places.push(if token == NEW {
            let place = u8::try_from(end).ok().filter(|_| end < MAX_METHODS);
            end += 1;
            place.ok_or(TOO_MANY_METHODS)?
        } else {
            let place = class.public_place(token);
            place.ok_or(LinkError::Classes("a token that the superclass has not"))?
        });
    }
    class.public_places = Some(places);
    Ok(())
}

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
                self.exported(package, class)
                    .map(|(_, export)| export.class)
                    .ok_or(dangling)
            }
        }
    }

    /// What an imported package offers of a class, with the load file that it is in.
    pub(super) fn exported(&self, package: u8, class: u8) -> Option<(&Package, &ClassExports)> {
        let import = self.imports.get(usize::from(package))?;
        let package = self.program.package(import.slot)?;
        let exports = package.exports.get(import.exports.clone())?;
        Some((package, exports.get(usize::from(class))?.as_ref()?))
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
        self.offsets = self.cap.class_entries().map(|(offset, _)| offset).collect();
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
        place_tokens(&mut class, info)?;
        let places = class.public_places.take();
        self.fill(
            &mut class.public_methods,
            info.public_method_table_base,
            &info.public_virtual_methods,
            places.as_deref(),
        )?;
        class.public_places = places;
        self.fill(
            &mut class.package_methods,
            info.package_method_table_base,
            &info.package_virtual_methods,
            None,
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
                        .public_place(token)
                        .and_then(|place| class.public_methods.get(usize::from(place)))
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
        places: Option<&[u8]>,
    ) -> Result<(), LinkError> {
        let base = usize::from(base);
        if base + offsets.len() > MAX_METHODS {
            return Err(TOO_MANY_METHODS);
        }
        for (token, &offset) in (base..).zip(offsets) {
            let place = match places {
                None => token,
                Some(places) => {
                    let place = places.get(token).copied();
                    place.map_or(token, usize::from)
                }
            };
            if table.len() <= place {
                table.resize(place + 1, NO_METHOD);
            }
            let Some(place) = table.get_mut(place) else {
                continue;
            };
            if offset != INHERITED {
                *place = *self
                    .methods
                    .get(&offset)
                    .ok_or(LinkError::MethodOffset(offset))?;
            }
        }
        Ok(())
    }
}
