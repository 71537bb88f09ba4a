//! Enums: a discriminant, or a variant's number and the fields of all variants.

use std::collections::BTreeSet;

use super::structs::Fields;
use super::{Checked, Context};
use crate::diagnostic::Diagnostic;
use crate::front::define::{Def, EnumDef, EnumId, StructId};
use crate::front::ty::{Generics, Ty, TypeKey};

impl Context {
    /// What an enum is written as.
    pub(crate) fn enum_def(&self, id: EnumId) -> &EnumDef {
        &self.definitions.enums[self.enums.base(id).0]
    }

    /// Whether an enum that is named is the one that a value is of: an instance is named as the generic one.
    pub(crate) fn is_of_enum(&self, id: EnumId, named: EnumId) -> bool {
        named == id || named == self.enums.base(id)
    }

    /// An enum's type: its discriminant, or one that carries data.
    pub(crate) fn enum_type(&self, id: EnumId) -> Ty {
        let variants = &self.enum_def(id).ast.variants;
        let is_unit = |variant: &syn::Variant| matches!(variant.fields, syn::Fields::Unit);
        if variants.iter().all(is_unit) {
            Ty::Enum(id)
        } else {
            Ty::Data(id)
        }
    }

    /// Of each variant of an enum with data: its fields' names and types.
    pub(crate) fn data_fields(&self, id: EnumId) -> Checked<Vec<Fields>> {
        let definition = self.enum_def(id);
        let variants = self.variant_fields(id)?;
        for (fields, variant) in variants.iter().zip(&definition.ast.variants) {
            for ((_, ty), field) in fields.iter().zip(&variant.fields) {
                let span = self.span(definition.module, field);
                if self.holds(ty, self.enums.base(id), &mut BTreeSet::new()) {
                    return Err(Diagnostic::new(
                        span,
                        format!("enum `{}` holds itself", definition.name),
                        "it would have no end",
                    )
                    .help("keep an index instead: the card has no references to values"));
                }
                if !self.stays_local(ty) {
                    return Err(Diagnostic::new(
                        span,
                        format!(
                            "a variant of enum `{}` holds `{}`",
                            definition.name,
                            self.type_name(ty)
                        ),
                        "a variant holds scalars, slices, and tuples, options, enums and structs of these",
                    )
                    .help("keep it in a struct beside the enum"));
                }
            }
        }
        Ok(variants)
    }

    /// The same as it is written.
    fn variant_fields(&self, id: EnumId) -> Checked<Vec<Fields>> {
        let definition = self.enum_def(id);
        let mut generics = self.enums.generics(id).unwrap_or_default();
        self.add_platforms(definition.module, &definition.ast.generics, &mut generics);
        let variants = definition.ast.variants.iter();
        let fields_of = |variant: &syn::Variant| {
            let fields = variant.fields.iter().enumerate();
            let named = fields.map(|(index, field)| {
                let name = field.ident.as_ref();
                let name = name.map_or_else(|| index.to_string(), ToString::to_string);
                let ty = self.resolve_with(definition.module, None, &generics, &field.ty)?;
                Ok((name, ty))
            });
            named.collect::<Checked<Fields>>()
        };
        variants.map(fields_of).collect()
    }

    /// Whether an enum is part of a type.
    fn holds(&self, ty: &Ty, wanted: EnumId, seen: &mut BTreeSet<TypeKey>) -> bool {
        let mut any = |types: Vec<Ty>| types.iter().any(|ty| self.holds(ty, wanted, seen));
        match ty {
            Ty::Option(inner) | Ty::Fallible(inner) => any(vec![(**inner).clone()]),
            Ty::Tuple(list) => any(list.clone()),
            Ty::Data(id) if self.enums.base(*id) == wanted && self.enums.is_written(*id) => true,
            Ty::Data(id) => {
                if !seen.insert(TypeKey::Enum(*id)) {
                    return self.enums.base(*id) == wanted;
                }
                let variants = self.variant_fields(*id).unwrap_or_default();
                let fields = variants.into_iter().flatten();
                let fields: Vec<Ty> = fields.map(|(_, ty)| ty).collect();
                fields.iter().any(|ty| self.holds(ty, wanted, seen))
            }
            Ty::Record(id) => {
                if !seen.insert(TypeKey::Struct(*id)) {
                    return false;
                }
                let fields = self.struct_fields(*id).unwrap_or_default();
                fields.iter().any(|(_, ty)| self.holds(ty, wanted, seen))
            }
            _ => false,
        }
    }

    /// The parts of a value of an enum with data: where the fields of each variant start.
    pub(crate) fn data_starts(&self, id: EnumId) -> Checked<Vec<usize>> {
        let mut next = 1;
        Ok(self
            .data_fields(id)?
            .iter()
            .map(|fields| {
                let start = next;
                next += fields.len();
                start
            })
            .collect())
    }

    /// `Result<ok, error>` where the error is one of the applet's own: an enum of two variants.
    pub(crate) fn own_result(&self, ok: &Ty, error: &Ty) -> Option<Ty> {
        let is_held = |ty: &Ty| self.stays_local(ty) || *ty == Ty::Never;
        if !is_held(ok) || !is_held(error) {
            return None;
        }
        let generics: Generics = [("Value", ok), ("Error", error)]
            .into_iter()
            .map(|(name, ty)| (name.to_owned(), ty.clone()))
            .collect();
        Some(Ty::Data(self.enums.of(self.result_enum()?, generics)))
    }

    /// What a `Result` with an error of the applet's own holds.
    pub(crate) fn result_parts(&self, ty: &Ty) -> Option<(Ty, Ty)> {
        let Ty::Data(id) = ty else { return None };
        if Some(self.enums.base(*id)) != self.result_enum() {
            return None;
        }
        let generics = self.enums.generics(*id)?;
        Some((
            generics.get("Value")?.clone(),
            generics.get("Error")?.clone(),
        ))
    }

    /// The type of what ends a command.
    pub(crate) fn status_word_type(&self) -> Option<Ty> {
        let mut structs = self.definitions.structs.iter();
        let at = structs.position(|definition| definition.name == "StatusWord")?;
        Some(Ty::Newtype(StructId(at)))
    }

    /// The enum that stands for `core::result::Result`.
    fn result_enum(&self) -> Option<EnumId> {
        let found = self.lookup(self.integers, &["Result".to_owned()]);
        found.into_iter().find_map(|def| match def {
            Def::Enum(id) => Some(id),
            _ => None,
        })
    }
}
