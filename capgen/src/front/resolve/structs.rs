//! Structs: what each is on the card.

use super::{Checked, Context};
use crate::diagnostic::Diagnostic;
use crate::front::define::{StructDef, StructId};
use crate::front::ty::{Generics, Ty, TypeKey};

/// The fields of a struct or variant, in source order, with their names.
pub(crate) type Fields = Vec<(String, Ty)>;

impl Context {
    /// What a struct is written as.
    pub(crate) fn struct_def(&self, id: StructId) -> &StructDef {
        &self.definitions.structs[self.struct_base(id).0]
    }

    /// The struct of the sources.
    pub(crate) fn struct_base(&self, id: StructId) -> StructId {
        self.structs.base(id)
    }

    /// A struct's type: a newtype over one scalar, or a class.
    pub(crate) fn struct_type(&self, id: StructId) -> Ty {
        let fields = &self.struct_def(id).ast.fields;
        if let syn::Fields::Unnamed(fields) = fields
            && fields.unnamed.len() == 1
            && self.newtype_inner(id).is_ok_and(|ty| ty.is_scalar())
        {
            return Ty::Newtype(id);
        }
        if self.is_record(id) {
            return Ty::Record(id);
        }
        Ty::Struct(id)
    }

    /// Whether a struct is only what its fields are: all of them are values that can be taken apart.
    fn is_record(&self, id: StructId) -> bool {
        if let Some(known) = self.records.borrow().get(&id) {
            return *known;
        }
        // A struct that holds itself, which rustc refuses, is none.
        self.records.borrow_mut().insert(id, false);
        let definition = self.struct_def(id);
        let is_object = self.definitions.objects.contains(&self.struct_base(id))
            || definition.module == self.bindings;
        let fields = if is_object {
            None
        } else {
            self.struct_fields(id).ok()
        };
        let found = fields.is_some_and(|fields| {
            let mut types = fields.iter().map(|(_, ty)| ty);
            types.all(|ty| match ty {
                Ty::Vec(..) | Ty::Record(_) => true,
                Ty::Array(element, _) => element.is_scalar(),
                ty => self.stays_local(ty),
            })
        });
        self.records.borrow_mut().insert(id, found);
        found
    }

    /// Whether a struct derives a trait.
    pub(crate) fn derives(&self, id: StructId, name: &str) -> bool {
        let attributes = self.struct_def(id).ast.attrs.iter();
        let mut derived = attributes.filter(|attribute| attribute.path().is_ident("derive"));
        derived.any(|attribute| {
            let mut found = false;
            let looked_at = attribute.parse_nested_meta(|meta| {
                found |= meta.path.is_ident(name);
                Ok(())
            });
            looked_at.is_ok() && found
        })
    }

    /// The name of an instance's class: what its parameters stand for is part of it.
    pub(crate) fn class_name(&self, id: StructId) -> String {
        let key = TypeKey::Struct(id);
        let mut name = self.struct_def(id).name.clone();
        for ty in self.shown_arguments(&key) {
            let shown = self.type_name(&ty);
            let plain = shown.chars().filter(|c| c.is_ascii_alphanumeric());
            name.push('_');
            name.extend(plain);
        }
        name
    }

    /// The scalar inside of a newtype.
    pub(crate) fn newtype_inner(&self, id: StructId) -> Checked<Ty> {
        let definition = self.struct_def(id);
        match definition.ast.fields.iter().next() {
            Some(field) => {
                let generics = self.struct_generics(id)?;
                self.resolve_with(definition.module, None, &generics, &field.ty)
            }
            None => Ok(Ty::Unit),
        }
    }

    fn struct_generics(&self, id: StructId) -> Checked<Generics> {
        if let Some(generics) = self.structs.generics(id) {
            return Ok(generics);
        }
        let definition = self.struct_def(id);
        let mut generics = Generics::new();
        for parameter in definition.ast.generics.type_params() {
            let name = parameter.ident.to_string();
            if !self.has_platform_bound(definition.module, &definition.ast.generics, &name) {
                return Err(Diagnostic::new(
                    self.span(definition.module, parameter),
                    format!("what `{name}` stands for is not known here"),
                    "a parameter of a generic struct",
                )
                .help("write it where the struct is named: `Name<u8>`, `Name::<u8>::new(…)`"));
            }
            generics.insert(name, Ty::Platform);
        }
        Ok(generics)
    }

    /// The fields of a class.
    pub(crate) fn struct_fields(&self, id: StructId) -> Checked<Fields> {
        let definition = self.struct_def(id);
        let generics = self.struct_generics(id)?;
        let mut fields = Fields::new();
        for (index, field) in definition.ast.fields.iter().enumerate() {
            let name = field
                .ident
                .as_ref()
                .map_or_else(|| index.to_string(), ToString::to_string);
            fields.push((
                name,
                self.resolve_with(definition.module, None, &generics, &field.ty)?,
            ));
        }
        Ok(fields)
    }

    /// `N` where field `index` of a class is `P::Bytes<N>`.
    pub(crate) fn field_bytes_length(&self, id: StructId, index: usize) -> Checked<Option<usize>> {
        let definition = self.struct_def(id);
        match definition.ast.fields.iter().nth(index) {
            Some(field) => {
                let generics = self.struct_generics(id)?;
                self.bytes_length(definition.module, None, &generics, &field.ty)
            }
            None => Ok(None),
        }
    }
}
