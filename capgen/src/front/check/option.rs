//! `Option`, and enums whose variants carry data.

use super::generic::Written;
use super::{Checker, find_field};
use crate::diagnostic::{Diagnostic, Span};
use crate::front::define::EnumId;
use crate::front::resolve::Checked;
use crate::front::tree::{Expr, Kind};
use crate::front::ty::{Ty, TypeKey};

impl Checker<'_> {
    /// `Some(argument)`
    pub(super) fn some(
        &mut self,
        argument: &syn::Expr,
        wanted: Option<&Ty>,
        span: Span,
    ) -> Checked<Expr> {
        let inner = self.option_inner(wanted);
        let value = match &inner {
            Some(inner) => self.expect(argument, inner)?,
            None => self.expr(argument, None)?,
        };
        let inner = inner.unwrap_or_else(|| self.resolve(&value.ty));
        if !self.context.stays_local(&inner) && !matches!(inner, Ty::Never | Ty::Var(_)) {
            return Err(Diagnostic::new(
                value.span,
                format!(
                    "an `Option` of `{}` is not part of Card Rust",
                    self.context.type_name(&inner)
                ),
                "not a scalar, a slice or a tuple of these",
            )
            .help("use a scalar, or a `bool` beside the value"));
        }
        Ok(Expr {
            kind: Kind::Variant(1, vec![(1, value)]),
            ty: Ty::Option(Box::new(inner)),
            span,
        })
    }

    /// `None`
    pub(super) fn none(&mut self, wanted: Option<&Ty>, span: Span) -> Checked<Expr> {
        let inner = self.option_inner(wanted);
        let inner = inner.unwrap_or_else(|| self.inference.open());
        Ok(Expr {
            kind: Kind::Variant(0, Vec::new()),
            ty: Ty::Option(Box::new(inner)),
            span,
        })
    }

    fn option_inner(&self, wanted: Option<&Ty>) -> Option<Ty> {
        match wanted.map(|ty| self.resolve(ty)) {
            Some(Ty::Option(inner)) => Some(*inner),
            _ => None,
        }
    }

    /// A variant of an enum with data, and its fields by name.
    pub(super) fn variant(
        &mut self,
        (id, index): (EnumId, usize),
        arguments: Vec<(String, &syn::Expr)>,
        written: &Written<'_>,
        span: Span,
    ) -> Checked<Expr> {
        let id = self.variant_instance((id, index), &arguments, written, span)?;
        let fields = self.context.data_fields(id)?;
        let start = self.context.data_starts(id)?[index];
        let fields = &fields[index];
        if fields.len() != arguments.len() {
            return Err(Diagnostic::new(
                span,
                "another number of fields",
                format!("expected {}, found {}", fields.len(), arguments.len()),
            ));
        }
        let mut values = Vec::new();
        for (name, argument) in arguments {
            let (at, ty) = find_field(fields, &name, "variant", span)?;
            values.push((start + at, self.expect(argument, ty)?));
        }
        let tag = i64::try_from(index).unwrap_or(0);
        Ok(Expr {
            kind: Kind::Variant(tag, values),
            ty: self.context.enum_type(id),
            span,
        })
    }

    /// The enum that a variant makes; of a generic one the instance.
    fn variant_instance(
        &mut self,
        (id, index): (EnumId, usize),
        arguments: &[(String, &syn::Expr)],
        written: &Written<'_>,
        span: Span,
    ) -> Checked<EnumId> {
        let key = TypeKey::Enum(id);
        if !self.context.is_generic_type(&key) {
            return Ok(id);
        }
        let variant = &self.context.enum_def(id).ast.variants[index];
        let fields = variant.fields.iter().enumerate();
        let fields: Vec<(&syn::Type, &syn::Expr)> = fields
            .filter_map(|(at, field)| {
                let name = field.ident.as_ref();
                let name = name.map_or_else(|| at.to_string(), ToString::to_string);
                let given = arguments.iter().find(|(given, _)| *given == name);
                given.map(|(_, value)| (&field.ty, *value))
            })
            .collect();
        match self.made_instance(&key, written, &fields, span)? {
            TypeKey::Enum(id) => Ok(id),
            _ => Ok(id),
        }
    }

    /// The condition of `if` and `while`: `let` may stand in it, between `&&`.
    pub(super) fn condition(&mut self, expr: &syn::Expr) -> Checked<Expr> {
        let span = self.span(expr);
        match expr {
            syn::Expr::Let(condition) => {
                let value = self.expr(&condition.expr, None)?;
                self.used(&value)?;
                let pattern = self.pattern(&condition.pat, &value.ty)?;
                Ok(Expr {
                    kind: Kind::Let(pattern, Box::new(value)),
                    ty: Ty::Bool,
                    span,
                })
            }
            syn::Expr::Binary(binary) if matches!(binary.op, syn::BinOp::And(_)) => {
                let left = Box::new(self.condition(&binary.left)?);
                let right = Box::new(self.condition(&binary.right)?);
                Ok(Expr {
                    kind: Kind::And(left, right),
                    ty: Ty::Bool,
                    span,
                })
            }
            _ => self.expect(expr, &Ty::Bool),
        }
    }
}
