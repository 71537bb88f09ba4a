//! Struct literals, also those of tuple and unit structs.

use super::{Checker, find_field};
use crate::diagnostic::Diagnostic;
use crate::front::define::{Def, StructId};
use crate::front::resolve::{Checked, segments};
use crate::front::tree::{Expr, Kind};
use crate::front::ty::{Ty, TypeKey};

impl Checker<'_> {
    /// The struct that a literal makes; of a generic one the instance.
    fn literal_instance(
        &mut self,
        id: StructId,
        literal: &syn::ExprStruct,
        wanted: Option<&Ty>,
    ) -> Checked<TypeKey> {
        let key = TypeKey::Struct(id);
        if !self.context.is_generic_type(&key) {
            return Ok(key);
        }
        let definition = self.context.struct_def(id);
        let named = |member: &syn::Member| {
            let mut fields = definition.ast.fields.iter().enumerate();
            fields.find(|(at, field)| match (&field.ident, member) {
                (Some(name), syn::Member::Named(named)) => name == named,
                (None, syn::Member::Unnamed(index)) => index.index as usize == *at,
                _ => false,
            })
        };
        let fields = literal.fields.iter();
        let fields: Vec<(&syn::Type, &syn::Expr)> = fields
            .filter_map(|field| Some((&named(&field.member)?.1.ty, &field.expr)))
            .collect();
        let written = super::generic::Written::of_literal(&literal.path, wanted);
        self.made_instance(&key, &written, &fields, self.span(literal))
    }

    pub(super) fn struct_literal(
        &mut self,
        literal: &syn::ExprStruct,
        wanted: Option<&Ty>,
    ) -> Checked<Expr> {
        let span = self.span(literal);
        let names = segments(&literal.path);
        if let Some(Def::Variant(id, index)) = self
            .defs(&names)
            .into_iter()
            .find(|def| matches!(def, Def::Variant(..)))
        {
            let mut values = Vec::new();
            for field in &literal.fields {
                let name = match &field.member {
                    syn::Member::Named(name) => name.to_string(),
                    syn::Member::Unnamed(index) => index.index.to_string(),
                };
                values.push((name, &field.expr));
            }
            let written = super::generic::Written::of(&literal.path, wanted);
            return self.variant((id, index), values, &written, span);
        }
        let found = if names == ["Self"] {
            match self.own_type() {
                Some(Ty::Struct(id) | Ty::Record(id)) => Some(id),
                _ => None,
            }
        } else {
            self.context
                .lookup(self.module, &names)
                .into_iter()
                .find_map(|def| {
                    if let Def::Struct(id) = def {
                        Some(id)
                    } else {
                        None
                    }
                })
        };
        let Some(id) = found else {
            return Err(Diagnostic::new(
                span,
                format!(
                    "`{}` is not a struct that Card Rust knows",
                    names.join("::")
                ),
                "not known",
            ));
        };
        let id = match self.literal_instance(id, literal, wanted)? {
            TypeKey::Struct(id) => id,
            _ => id,
        };
        let fields = self.context.struct_fields(id)?;
        let mut values = Vec::new();
        for field in &literal.fields {
            let name = match &field.member {
                syn::Member::Named(name) => name.to_string(),
                syn::Member::Unnamed(index) => index.index.to_string(),
            };
            let (index, ty) = find_field(&fields, &name, "struct", self.span(field))?;
            let value = match (&field.expr, self.context.field_bytes_length(id, index)?) {
                // `platform.bytes()` learns its length from the field that it goes into.
                (syn::Expr::MethodCall(call), Some(length)) => self.new_bytes(call, length)?,
                _ => None,
            };
            let value = match value {
                Some(value) => value,
                None => self.expect(&field.expr, ty)?,
            };
            values.push((index, value));
        }
        let ty = self.context.struct_type(id);
        if let Some(rest) = &literal.rest {
            if ty != Ty::Record(id) {
                return self.refuse(rest, "`..` in a struct", "write all fields");
            }
            let base = self.expect(rest, &ty)?;
            // Behind the fields that are written, once for all of the others.
            let mut statements = Vec::new();
            for (_, value) in &mut values {
                let named = self.temporary(value.clone(), &mut statements);
                *value = named;
            }
            let base = self.temporary(base, &mut statements);
            for (index, (_, ty)) in fields.iter().enumerate() {
                if values.iter().all(|(known, _)| *known != index) {
                    let kind = Kind::TupleField(Box::new(base.clone()), index);
                    let ty = ty.clone();
                    values.push((index, Expr { kind, ty, span }));
                }
            }
            let made = Expr {
                kind: Kind::Struct(id, values),
                ty,
                span,
            };
            return Ok(super::make::block(statements, Some(made), span));
        }
        Ok(Expr {
            kind: Kind::Struct(id, values),
            ty,
            span,
        })
    }
}

/// `Name` as `Name {}`.
pub(super) fn unit_literal(path: &syn::ExprPath) -> syn::ExprStruct {
    syn::ExprStruct {
        attrs: Vec::new(),
        qself: path.qself.clone(),
        path: path.path.clone(),
        brace_token: syn::token::Brace(syn::spanned::Spanned::span(path)),
        fields: syn::punctuated::Punctuated::new(),
        dot2_token: None,
        rest: None,
    }
}

/// `Name(a, b)` as `Name { 0: a, 1: b }`.
pub(super) fn literal_of(path: &syn::ExprPath, call: &syn::ExprCall) -> syn::ExprStruct {
    let token = syn::spanned::Spanned::span(call);
    let fields = call.args.iter().enumerate().map(|(at, value)| {
        let index = u32::try_from(at).unwrap_or(u32::MAX);
        let span = syn::spanned::Spanned::span(value);
        syn::FieldValue {
            attrs: Vec::new(),
            member: syn::Member::Unnamed(syn::Index { index, span }),
            colon_token: Some(syn::token::Colon(span)),
            expr: value.clone(),
        }
    });
    syn::ExprStruct {
        attrs: Vec::new(),
        qself: path.qself.clone(),
        path: path.path.clone(),
        brace_token: syn::token::Brace(token),
        fields: fields.collect(),
        dot2_token: None,
        rest: None,
    }
}
