//! The Descriptor component: what a verifier wants to know of classes, fields and methods.

use super::classes::exported_interfaces;
use super::types::Types;
use super::{Assembled, Layout};
use crate::codegen::BackendError;
use crate::codegen::item::Symbol;
use crate::codegen::linkage::{Linkage, Methods};
use crate::ir::{ClassId, Element, Entry, Program, Type};
use cap_file::api::ApiClass;
use cap_file::component::common::DescribedType;
use cap_file::component::constant_pool::StaticRef;
use cap_file::component::descriptor::{
    ClassDescriptor, Descriptor, FieldDescriptor, FieldLocation, MethodDescriptor, TypeTable,
    access,
};
use cap_file::component::{ClassRef, TypeDescriptor};

/// "Not visible outside of the package", or a class in the constant pool.
const NO_TOKEN: u8 = 0xff;
const NO_TYPE: u16 = 0xffff;

/// Makes the component.
pub(super) fn component(
    program: &Program,
    methods: &Methods,
    layout: &Layout<'_>,
    assembled: &[Assembled],
    extended: bool,
) -> Result<Descriptor, BackendError> {
    let mut builder = Builder {
        program,
        methods,
        layout,
        types: TypeTable::default(),
    };
    builder.types.constant_pool_types = vec![NO_TYPE; layout.pool.len()];
    for (index, symbol) in layout.pool.iter().enumerate() {
        let offset = builder.symbol_type(symbol)?;
        if let Some(slot) = builder.types.constant_pool_types.get_mut(index) {
            *slot = offset;
        }
    }
    let mut classes = Vec::new();
    for interface in exported_interfaces(program) {
        classes.push(builder.interface(interface)?);
    }
    for index in 0..layout.class.classes.len() {
        classes.push(builder.class(ClassId(index), assembled)?);
    }
    Ok(Descriptor {
        package_class_counts: if extended {
            let count = u8::try_from(classes.len()).map_err(|_| BackendError::TooLarge {
                place: program.name.clone(),
                what: "the number of classes",
                value: classes.len(),
                limit: 255,
            })?;
            vec![count]
        } else {
            Vec::new()
        },
        classes,
        types: builder.types,
    })
}

struct Builder<'a> {
    program: &'a Program,
    methods: &'a Methods,
    layout: &'a Layout<'a>,
    types: TypeTable,
}

impl Builder<'_> {
    fn spelled(&self) -> Types<'_> {
        Types {
            imports: &self.layout.imports,
            classes: &self.layout.classes,
        }
    }

    fn intern(
        &mut self,
        descriptor: Option<TypeDescriptor>,
        what: &str,
    ) -> Result<u16, BackendError> {
        descriptor
            .and_then(|descriptor| self.types.intern(&descriptor))
            .ok_or_else(|| BackendError::TooLarge {
                place: what.to_owned(),
                what: "the signature or the table of types",
                value: self.types.descriptors.len(),
                limit: 0xffff,
            })
    }

    fn symbol_type(&mut self, symbol: &Symbol) -> Result<u16, BackendError> {
        let spelled = self.spelled();
        let single = |described: Option<DescribedType>| TypeDescriptor::from_types(&[described?]);
        let descriptor = match symbol {
            Symbol::Class(_) | Symbol::ApiClass(_) => return Ok(NO_TYPE),
            Symbol::Field(class, field) => {
                let field = self
                    .program
                    .classes
                    .get(class.0)
                    .and_then(|class| class.fields.get(*field));
                single(field.and_then(|field| spelled.field(&field.ty)))
            }
            Symbol::Array(array) => single(
                self.program
                    .arrays
                    .get(array.0)
                    .and_then(|array| spelled.array(&array.element)),
            ),
            Symbol::Static(function) | Symbol::Virtual(function) => {
                let is_instance = self.methods.linkage(*function).is_instance();
                let function = self.program.functions.get(function.0);
                function.and_then(|function| spelled.function(function, is_instance))
            }
            Symbol::Constructor(_) => spelled.java("()V"),
            Symbol::ApiStatic(method) | Symbol::ApiVirtual(method) => {
                spelled.java(&method.descriptor)
            }
        };
        self.intern(descriptor, &format!("{symbol:?}"))
    }

    /// A shareable interface and its methods, none of which has code here.
    fn interface(&mut self, interface: &ApiClass) -> Result<ClassDescriptor, BackendError> {
        let reference = |name: &str| self.layout.imports.class_ref(name);
        let this_class = reference(&interface.name).unwrap_or(ClassRef::Internal(0));
        let mut methods = Vec::new();
        for method in &interface.methods {
            let described = self.spelled().java(&method.descriptor);
            methods.push(MethodDescriptor {
                token: method.token,
                access_flags: access::ACC_PUBLIC | access::ACC_ABSTRACT_METHOD,
                method_offset: 0,
                type_offset: self.intern(described, &method.name)?,
                bytecode_count: 0,
                exception_handler_count: 0,
                exception_handler_index: 0,
            });
        }
        Ok(ClassDescriptor {
            token: interface.token,
            access_flags: access::ACC_PUBLIC | access::ACC_INTERFACE | access::ACC_ABSTRACT_CLASS,
            this_class,
            // What it extends stands in the Class component only.
            interfaces: Vec::new(),
            fields: Vec::new(),
            methods,
        })
    }

    fn class(
        &mut self,
        id: ClassId,
        assembled: &[Assembled],
    ) -> Result<ClassDescriptor, BackendError> {
        let this_class = self
            .layout
            .classes
            .get(id.0)
            .copied()
            .unwrap_or(ClassRef::Internal(0));
        let token = class_token(self.program, id);
        let interfaces = self.layout.class.classes.get(id.0);
        let interfaces = interfaces.map_or(&[][..], |class| class.interfaces.as_slice());
        let mut fields = self.instance_fields(id, this_class)?;
        if self.layout.array_home == id {
            fields.extend(self.array_fields()?);
        }
        let mut methods = Vec::new();
        for method in assembled.iter().filter(|method| method.class == id) {
            methods.push(self.method(method)?);
        }
        Ok(ClassDescriptor {
            token: token.unwrap_or(NO_TOKEN),
            access_flags: if token.is_some() {
                access::ACC_PUBLIC
            } else {
                0
            },
            this_class,
            interfaces: interfaces.iter().map(|known| known.interface).collect(),
            fields,
            methods,
        })
    }

    /// The token of an exported static method.
    fn method_token(&self, entry: &Entry) -> Option<u8> {
        let class = exported_class(self.program, entry.class?)?;
        let method = class.method(&entry.name, &entry.descriptor)?;
        Some(method.token)
    }

    fn instance_fields(
        &mut self,
        id: ClassId,
        class: ClassRef,
    ) -> Result<Vec<FieldDescriptor>, BackendError> {
        let fields = self
            .program
            .classes
            .get(id.0)
            .map_or(&[][..], |class| class.fields.as_slice());
        let tokens = self
            .layout
            .field_tokens
            .get(id.0)
            .cloned()
            .unwrap_or_default();
        let mut described = Vec::new();
        for (field, token) in fields.iter().zip(tokens) {
            let field_type = match field.ty {
                Type::Bool => 0x8002,
                Type::U8 | Type::I8 => 0x8003,
                Type::U16 | Type::I16 | Type::Usize => 0x8004,
                Type::Int => 0x8005,
                _ => {
                    let descriptor = self
                        .spelled()
                        .field(&field.ty)
                        .and_then(|ty| TypeDescriptor::from_types(&[ty]));
                    self.intern(descriptor, &field.name)?
                }
            };
            let location = FieldLocation::Instance { class, token };
            described.push(FieldDescriptor {
                token,
                access_flags: 0,
                location,
                field_type,
            });
        }
        described.sort_by_key(|field| field.token);
        Ok(described)
    }

    fn array_fields(&mut self) -> Result<Vec<FieldDescriptor>, BackendError> {
        let mut described = Vec::new();
        for (offset, array) in &self.layout.arrays {
            let element = self
                .program
                .arrays
                .get(array.0)
                .map_or(Element::U8, |array| array.element.clone());
            let descriptor = self
                .spelled()
                .array(&element)
                .and_then(|ty| TypeDescriptor::from_types(&[ty]));
            described.push(FieldDescriptor {
                token: NO_TOKEN,
                access_flags: access::ACC_STATIC | access::ACC_FINAL,
                location: FieldLocation::Static(StaticRef::Internal(*offset)),
                field_type: self.intern(descriptor, "a constant array")?,
            });
        }
        Ok(described)
    }

    fn method(&mut self, method: &Assembled) -> Result<MethodDescriptor, BackendError> {
        let (token, access_flags, descriptor) = match method.function {
            None => (NO_TOKEN, access::ACC_INIT, self.spelled().java("()V")),
            Some(id) => {
                let linkage = self.methods.linkage(id);
                let function = self.program.functions.get(id.0);
                let entry = function.and_then(|function| function.entry.as_ref());
                let token = match (linkage, entry) {
                    (Linkage::Static, Some(entry)) => self.method_token(entry).unwrap_or(0),
                    (Linkage::Static, None) | (Linkage::Private, _) => NO_TOKEN,
                    (Linkage::Package(token), _) => 0x80 | token,
                    (Linkage::Public(token), _) => token,
                };
                let flags = method_flags(linkage, entry.is_some());
                let spelled = self.spelled();
                (
                    token,
                    flags,
                    function.and_then(|function| spelled.function(function, linkage.is_instance())),
                )
            }
        };
        Ok(MethodDescriptor {
            token,
            access_flags,
            method_offset: method.offset,
            type_offset: self.intern(descriptor, &method.path)?,
            bytecode_count: method.code_size,
            exception_handler_count: 0,
            exception_handler_index: 0,
        })
    }
}

/// The token of a class that others may know: an exported one, or, where nothing is exported, an applet's,
/// although no Export component follows from it.
pub(super) fn class_token(program: &Program, id: ClassId) -> Option<u8> {
    if program.exports.is_empty() {
        let applet = program.applets.iter().position(|applet| applet.class == id);
        return applet.and_then(|index| u8::try_from(index).ok());
    }
    exported_class(program, id).map(|class| class.token)
}

fn exported_class(program: &Program, id: ClassId) -> Option<&ApiClass> {
    let name = program.exported_name(id);
    program.exports.iter().find(|class| class.name == name)
}

/// How a method is seen: that of an entry from outside.
pub(super) const fn method_flags(linkage: Linkage, is_entry: bool) -> u8 {
    match linkage {
        Linkage::Static if is_entry => access::ACC_PUBLIC | access::ACC_STATIC,
        Linkage::Static => access::ACC_STATIC,
        Linkage::Private => access::ACC_PRIVATE,
        Linkage::Package(_) => 0,
        Linkage::Public(_) => access::ACC_PUBLIC,
    }
}
