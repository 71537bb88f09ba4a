//! Several places at once: `(a, b) = (b, a)`, `core::mem::swap`, `replace` and `take`.

use super::{Checker, make};
use crate::diagnostic::{Diagnostic, Span};
use crate::front::define::Def;
use crate::front::resolve::Checked;
use crate::front::tree::{Expr, Kind, Pattern, Statement};
use crate::front::ty::Ty;

impl Checker<'_> {
    /// `place = value`; the place may be a tuple of places, and `_`.
    pub(super) fn assignment(&mut self, assign: &syn::ExprAssign, span: Span) -> Checked<Expr> {
        if !is_taken_apart(&assign.left) {
            let place = self.place(&assign.left)?;
            let value = self.expect(&assign.right, &place.ty.clone())?;
            return Ok(make::expr(
                Kind::Assign(Box::new(place), Box::new(value)),
                Ty::Unit,
                span,
            ));
        }
        // What is assigned is there whole before any place of it changes.
        let wanted = self.places_type(&assign.left)?;
        let value = self.expr(&assign.right, wanted.as_ref())?;
        self.used(&value)?;
        let ty = self.resolve(&value.ty);
        let mut assignments = Vec::new();
        let pattern = self.take_apart(&assign.left, &ty, &mut assignments)?;
        let mut statements = vec![Statement::Let(pattern, Some(value))];
        statements.extend(assignments.into_iter().map(Statement::Expr));
        Ok(make::block(statements, None, span))
    }

    /// The type of a place, where all of it is told.
    fn places_type(&mut self, place: &syn::Expr) -> Checked<Option<Ty>> {
        match place {
            syn::Expr::Infer(_) => Ok(None),
            syn::Expr::Paren(inner) => self.places_type(&inner.expr),
            syn::Expr::Tuple(tuple) => {
                let mut types = Vec::new();
                for part in &tuple.elems {
                    match self.places_type(part)? {
                        Some(ty) => types.push(ty),
                        None => return Ok(None),
                    }
                }
                Ok(Some(Ty::Tuple(types)))
            }
            place => self.place(place).map(|place| Some(place.ty)),
        }
    }

    /// The pattern that binds the parts of what is assigned, and the assignment of each.
    fn take_apart(
        &mut self,
        place: &syn::Expr,
        ty: &Ty,
        assignments: &mut Vec<Expr>,
    ) -> Checked<Pattern> {
        match (place, self.resolve(ty)) {
            (syn::Expr::Infer(_), _) => Ok(Pattern::Wild),
            (syn::Expr::Paren(inner), ty) => self.take_apart(&inner.expr, &ty, assignments),
            (syn::Expr::Tuple(tuple), Ty::Tuple(types)) if tuple.elems.len() == types.len() => {
                let parts = tuple.elems.iter().zip(&types);
                let parts = parts.map(|(part, ty)| self.take_apart(part, ty, assignments));
                parts.collect::<Checked<_>>().map(Pattern::Tuple)
            }
            (syn::Expr::Tuple(_), ty) => Err(Diagnostic::new(
                self.span(place),
                "mismatched types",
                format!("expected `{}`, found a tuple", self.context.type_name(&ty)),
            )),
            (place, ty) => {
                let place = self.place(place)?;
                self.same(&place.ty, &ty, place.span)?;
                let span = place.span;
                let id = self.declare("_".to_owned(), ty.clone(), false);
                assignments.push(make::assign(place, make::variable(id, ty, span)));
                Ok(Pattern::Bind(id))
            }
        }
    }

    /// A function of `core::mem` that changes places.
    pub(super) fn mem_function(
        &mut self,
        names: &[String],
        arguments: &[&syn::Expr],
        span: Span,
    ) -> Checked<Option<Expr>> {
        let found = self.context.lookup(self.module, names);
        let name = found.iter().find_map(|def| match def {
            Def::Core(path) => path.strip_prefix("core::mem::"),
            _ => None,
        });
        let mut statements = Vec::new();
        let value = match (name, arguments) {
            (Some("swap"), [a, b]) => {
                let (a, b) = (self.lent(a)?, self.lent(b)?);
                self.same(&a.ty, &b.ty, b.span)?;
                let first = self.temporary(a.clone(), &mut statements);
                let second = self.temporary(b.clone(), &mut statements);
                statements.push(Statement::Expr(make::assign(a, second)));
                statements.push(Statement::Expr(make::assign(b, first)));
                None
            }
            (Some("replace"), [place, value]) => {
                let place = self.lent(place)?;
                let value = self.expect(value, &place.ty.clone())?;
                let value = self.temporary(value, &mut statements);
                let old = self.temporary(place.clone(), &mut statements);
                statements.push(Statement::Expr(make::assign(place, value)));
                Some(old)
            }
            (Some("take"), [place]) => {
                let place = self.lent(place)?;
                let empty = self.default(&place.ty.clone(), span)?;
                let old = self.temporary(place.clone(), &mut statements);
                statements.push(Statement::Expr(make::assign(place, empty)));
                Some(old)
            }
            _ => return Ok(None),
        };
        Ok(Some(make::block(statements, value, span)))
    }

    /// The place that `&mut place`, or a parameter that is one, lends.
    fn lent(&mut self, argument: &syn::Expr) -> Checked<Expr> {
        let lent = match argument {
            syn::Expr::Reference(reference) => &reference.expr,
            other => other,
        };
        let place = self.place(lent)?;
        // It is looked at twice.
        let is_plain = match &place.kind {
            Kind::Index(base, at) => {
                matches!(base.kind, Kind::Variable(_))
                    && matches!(at.kind, Kind::Variable(_) | Kind::Int(_))
            }
            _ => true,
        };
        if is_plain && self.resolve(&place.ty).in_locals() {
            return Ok(place);
        }
        self.refuse(
            argument,
            "lending this",
            "lend a local or an element `slice[index]`; of two elements of one slice there is `slice.swap(a, b)`",
        )
    }
}

fn is_taken_apart(place: &syn::Expr) -> bool {
    match place {
        syn::Expr::Paren(inner) => is_taken_apart(&inner.expr),
        place => matches!(place, syn::Expr::Tuple(_) | syn::Expr::Infer(_)),
    }
}
