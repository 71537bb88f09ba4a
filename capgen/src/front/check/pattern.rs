//! Patterns.

use super::Checker;
use crate::diagnostic::Diagnostic;
use crate::front::define::Def;
use crate::front::resolve::Checked;
use crate::front::tree::{Kind, Pattern};
use crate::front::ty::Ty;

impl Checker<'_> {
    pub(super) fn pattern(&mut self, pattern: &syn::Pat, ty: &Ty) -> Checked<Pattern> {
        match pattern {
            syn::Pat::Wild(_) => Ok(Pattern::Wild),
            syn::Pat::Paren(inner) => self.pattern(&inner.pat, ty),
            syn::Pat::Reference(inner) => self.pattern(&inner.pat, ty),
            syn::Pat::Ident(name) => {
                let text = name.ident.to_string();
                let plain =
                    name.by_ref.is_none() && name.mutability.is_none() && name.subpat.is_none();
                let names = [text.clone()];
                if plain
                    && self
                        .defs(&names)
                        .iter()
                        .any(|def| matches!(def, Def::Const(_) | Def::Variant(..)))
                {
                    return self.value(pattern, ty).map(Pattern::Value);
                }
                if name.subpat.is_some() {
                    return self.refuse(
                        pattern,
                        "a binding with `@`",
                        "bind the whole value and add a guard",
                    );
                }
                Ok(Pattern::Bind(self.declare(
                    text,
                    ty.clone(),
                    name.mutability.is_some(),
                )))
            }
            syn::Pat::Lit(_) | syn::Pat::Path(_) => self.value(pattern, ty).map(Pattern::Value),
            syn::Pat::Range(range) => {
                let mut end = |expr: &Option<Box<syn::Expr>>| -> Checked<Option<i64>> {
                    expr.as_ref()
                        .map(|expr| self.constant_expr(expr, ty))
                        .transpose()
                };
                let low = end(&range.start)?;
                let high = end(&range.end)?;
                let high = match range.limits {
                    syn::RangeLimits::HalfOpen(_) => high.map(|high| high - 1),
                    syn::RangeLimits::Closed(_) => high,
                };
                Ok(Pattern::Range(low, high))
            }
            syn::Pat::Or(or) => {
                let cases = or
                    .cases
                    .iter()
                    .map(|case| self.pattern(case, ty))
                    .collect::<Checked<Vec<_>>>()?;
                if cases.iter().any(binds) {
                    return self.refuse(pattern, "a name inside of `|`", "bind the whole value");
                }
                Ok(Pattern::Or(cases))
            }
            syn::Pat::Tuple(tuple) => match self.resolve(ty) {
                Ty::Tuple(types) if types.len() == tuple.elems.len() => tuple
                    .elems
                    .iter()
                    .zip(&types)
                    .map(|(part, ty)| self.pattern(part, ty))
                    .collect::<Checked<_>>()
                    .map(Pattern::Tuple),
                Ty::Unit if tuple.elems.is_empty() => Ok(Pattern::Wild),
                other => Err(Diagnostic::new(
                    self.span(pattern),
                    "mismatched types",
                    format!(
                        "expected `{}`, found a tuple",
                        self.context.type_name(&other)
                    ),
                )),
            },
            syn::Pat::Slice(slice) => match self.resolve(ty) {
                Ty::Array(element, n) if n == slice.elems.len() => slice
                    .elems
                    .iter()
                    .map(|part| self.pattern(part, &element))
                    .collect::<Checked<_>>()
                    .map(Pattern::Tuple),
                _ => self.refuse(pattern, "a slice pattern here", "test the length and index"),
            },
            syn::Pat::TupleStruct(_) | syn::Pat::Struct(_) => self.refuse(
                pattern,
                "a pattern that takes a struct or a variant with data apart",
                "match on an integer or a C-like enum",
            ),
            _ => self.refuse(
                pattern,
                "this pattern",
                "use literals, constants, ranges, `|`, names and `_`",
            ),
        }
    }

    /// The value of a pattern that is a constant.
    fn value(&mut self, pattern: &syn::Pat, ty: &Ty) -> Checked<i64> {
        let expr = match pattern {
            syn::Pat::Lit(literal) => syn::Expr::Lit(literal.clone()),
            syn::Pat::Path(path) => syn::Expr::Path(path.clone()),
            syn::Pat::Ident(name) => syn::Expr::Path(syn::ExprPath {
                attrs: Vec::new(),
                qself: None,
                path: name.ident.clone().into(),
            }),
            _ => return self.refuse(pattern, "this pattern", "use a literal or a constant"),
        };
        self.constant_expr(&expr, ty)
    }

    fn constant_expr(&mut self, expr: &syn::Expr, ty: &Ty) -> Checked<i64> {
        let found = self.expr(expr, Some(ty))?;
        self.same(ty, &found.ty, found.span)?;
        match found.kind {
            Kind::Int(value) => Ok(value),
            _ => self.refuse(
                expr,
                "a pattern that is not a constant",
                "use a literal or a constant",
            ),
        }
    }
}

fn binds(pattern: &Pattern) -> bool {
    match pattern {
        Pattern::Bind(_) => true,
        Pattern::Or(list) | Pattern::Tuple(list) => list.iter().any(binds),
        Pattern::Wild | Pattern::Value(_) | Pattern::Range(..) => false,
    }
}
