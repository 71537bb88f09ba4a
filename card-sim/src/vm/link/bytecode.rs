//! What defensive mode needs of a package: its bytecode, what its constant pool means, and the
//! types that its Descriptor component tells.

use super::Linker;
use crate::vm::bytecode::{Block, Bytecode, Constant, Decoded, Handler};
use crate::vm::program::{Class, ClassId, NO_CLASS, Package, slot_of};
use crate::vm::translate::Pool;
use crate::vm::types::{Signature, Type};
use cap_file::component::constant_pool::{self, StaticRef};
use cap_file::component::descriptor::{FieldLocation, access};
use cap_file::component::method::ExceptionHandler;
use cap_file::component::{ClassRef, CodeOffset, DescribedType};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Whether a method is static, the class that declares it, its signature.
pub(super) type Described = (bool, Option<ClassId>, Option<Arc<Signature>>);

impl Linker<'_> {
    /// The package's bytecode.
    pub(super) fn bytecode(&self) -> Bytecode {
        let mut instructions: Vec<BTreeMap<u16, Decoded>> = Vec::new();
        let blocks = self.cap.method.blocks();
        instructions.resize_with(blocks.count(), BTreeMap::new);
        for flow in self.flows.values() {
            let Some(block) = instructions.get_mut(flow.block) else {
                continue;
            };
            for (&at, node) in &flow.nodes {
                block.entry(at).or_insert_with(|| Decoded {
                    instruction: node.instruction.clone(),
                    next: node.next,
                });
            }
        }
        let static_types = self.static_types();
        let constants = (0u16..)
            .zip(&self.cap.constant_pool.entries)
            .map(|(index, constant)| self.meaning(index, constant, &static_types))
            .collect();
        let blocks = self.cap.method.blocks().zip(instructions);
        Bytecode {
            constants,
            static_types,
            blocks: blocks
                .map(|(block, instructions)| {
                    let mut code = Block::with_instructions(instructions);
                    code.handlers = self.handlers(block.exception_handlers);
                    code
                })
                .collect(),
        }
    }

    fn handlers(&self, handlers: &[ExceptionHandler]) -> Vec<Handler> {
        handlers
            .iter()
            .filter_map(|handler| {
                let class = match handler.catch_type_index {
                    0 => NO_CLASS,
                    index => Pool::class(self, index).ok()?,
                };
                Some(Handler {
                    start: handler.start_offset,
                    end: handler.start_offset.saturating_add(handler.active_length),
                    target: handler.handler_offset,
                    class,
                })
            })
            .collect()
    }

    fn meaning(
        &self,
        index: u16,
        constant: &constant_pool::Constant,
        own_types: &BTreeMap<u16, Type>,
    ) -> Constant {
        let class = |class: ClassRef| self.class_reference(class).ok();
        let found = match *constant {
            constant_pool::Constant::Class(reference) => class(reference).map(Constant::Class),
            constant_pool::Constant::InstanceField { class: owner, .. } => class(owner)
                .zip(self.instance_field(index).ok())
                .map(|(class, cell)| Constant::InstanceField { class, cell }),
            constant_pool::Constant::StaticField(reference) => {
                let types = match reference {
                    StaticRef::Internal(_) => Some(own_types),
                    StaticRef::External { package, .. } => self
                        .imported_package(package)
                        .map(|package| &package.bytecode.static_types),
                };
                self.static_field(index)
                    .ok()
                    .map(|(object, offset)| Constant::StaticField {
                        object,
                        offset,
                        field_type: types.and_then(|types| types.get(&offset)).copied(),
                    })
            }
            constant_pool::Constant::VirtualMethod {
                class: owner,
                token,
            } => class(owner)
                .zip(self.virtual_method(index, owner, token).ok())
                .zip(self.virtual_place(index).ok())
                .map(|((class, method), place)| Constant::VirtualMethod {
                    class,
                    place,
                    method,
                }),
            constant_pool::Constant::SuperMethod { class: owner, .. } => class(owner)
                .zip(self.method(index).ok())
                .map(|(class, method)| Constant::SuperMethod { class, method }),
            constant_pool::Constant::StaticMethod(_) => {
                self.method(index).ok().map(Constant::StaticMethod)
            }
        };
        found.unwrap_or(Constant::Missing)
    }

    fn imported_package(&self, package: u8) -> Option<&Package> {
        let import = self.imports.get(usize::from(package))?;
        self.program.package(import.slot)
    }

    fn type_of(&self, described: DescribedType) -> Type {
        let class = |class: ClassRef| self.class_reference(class).unwrap_or(NO_CLASS);
        match described {
            DescribedType::Void => Type::Void,
            DescribedType::Boolean => Type::Boolean,
            DescribedType::Byte => Type::Byte,
            DescribedType::Short => Type::Short,
            DescribedType::Int => Type::Int,
            DescribedType::Reference(reference) => Type::Object(class(reference)),
            DescribedType::BooleanArray => Type::BooleanArray,
            DescribedType::ByteArray => Type::ByteArray,
            DescribedType::ShortArray => Type::ShortArray,
            DescribedType::IntArray => Type::IntArray,
            DescribedType::ReferenceArray(reference) => Type::ReferenceArray(class(reference)),
        }
    }

    /// The type of a field (JCVM 3.0.5 §6.14.2).
    fn described_field(&self, field_type: u16) -> Option<Type> {
        match field_type {
            0x8002 => Some(Type::Boolean),
            0x8003 => Some(Type::Byte),
            0x8004 => Some(Type::Short),
            0x8005 => Some(Type::Int),
            offset => {
                let types = &self.cap.descriptor.as_ref()?.types;
                match types.at(offset)?.types()?.as_slice() {
                    [described] => Some(self.type_of(*described)),
                    _ => None,
                }
            }
        }
    }

    fn static_types(&self) -> BTreeMap<u16, Type> {
        let classes = self.cap.descriptor.iter().flat_map(|all| &all.classes);
        classes
            .flat_map(|class| &class.fields)
            .filter_map(|field| match field.location {
                FieldLocation::Static(StaticRef::Internal(offset)) => {
                    Some((offset, self.described_field(field.field_type)?))
                }
                _ => None,
            })
            .collect()
    }

    /// Sets the types of the fields that the class being laid out declares; `inherited` cells
    /// come before them.
    pub(super) fn describe_cells(&self, class: &mut Class, inherited: u16) {
        class.cell_types.resize(class.cells.into(), None);
        let Some(&offset) = self.offsets.get(self.classes.len()) else {
            return;
        };
        let classes = self.cap.descriptor.iter().flat_map(|all| &all.classes);
        let described = classes
            .filter(|described| described.this_class == ClassRef::Internal(offset))
            .flat_map(|described| &described.fields);
        for field in described {
            if let FieldLocation::Instance { token, .. } = field.location {
                let cell = usize::from(inherited) + usize::from(token);
                if let Some(place) = class.cell_types.get_mut(cell) {
                    *place = self.described_field(field.field_type);
                }
            }
        }
    }

    /// What the Descriptor component tells of methods with code or a header, by their place.
    pub(super) fn described_methods(&self) -> BTreeMap<CodeOffset, Described> {
        let Some(descriptor) = &self.cap.descriptor else {
            return BTreeMap::new();
        };
        descriptor
            .methods()
            .filter(|(class, _)| class.access_flags & access::ACC_INTERFACE == 0)
            .map(|(class, method)| {
                let types = descriptor
                    .types
                    .at(method.type_offset)
                    .and_then(|signature| signature.types());
                let signature = types.and_then(|mut types| {
                    let result = self.type_of(types.pop()?);
                    Some(Arc::new(Signature {
                        arguments: types.into_iter().map(|each| self.type_of(each)).collect(),
                        result,
                    }))
                });
                let class = self
                    .class_reference(class.this_class)
                    .ok()
                    .filter(|class| slot_of(*class) == self.slot);
                let is_static = method.access_flags & access::ACC_STATIC != 0;
                (method.method_offset, (is_static, class, signature))
            })
            .collect()
    }
}
