//! Patterns in constants.

use super::expr::member_name;
use super::flow::nothing;
use super::{Evaluator, Value};
use crate::front::resolve::{Checked, segments};
use crate::front::ty::Ty;

impl Evaluator<'_> {
    pub(super) fn match_(
        &mut self,
        branch: &syn::ExprMatch,
        wanted: Option<&Ty>,
    ) -> Checked<(Value, Ty)> {
        let (value, ty) = self.expr(&branch.expr, None)?;
        if self.leaving.is_some() {
            return Ok(nothing());
        }
        for arm in &branch.arms {
            let known = self.locals.len();
            let fits = self.fits(&arm.pat, &value, &ty)?;
            let fits = match &arm.guard {
                Some((_, guard)) if fits => self.condition(guard)?,
                _ => fits,
            };
            let found = fits.then(|| self.expr(&arm.body, wanted));
            self.locals.truncate(known);
            if let Some(found) = found {
                return found;
            }
        }
        self.refuse(branch)
    }

    /// Whether a pattern fits; its names are bound on the way.
    pub(super) fn fits(&mut self, pattern: &syn::Pat, value: &Value, ty: &Ty) -> Checked<bool> {
        match (pattern, value) {
            (syn::Pat::Wild(_), _) => Ok(true),
            (syn::Pat::Paren(inner), _) => self.fits(&inner.pat, value, ty),
            (syn::Pat::Or(or), _) => {
                for case in &or.cases {
                    if self.fits(case, value, ty)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            (syn::Pat::Tuple(tuple), Value::Tuple(values)) => {
                let types = match ty {
                    Ty::Tuple(types) => types.clone(),
                    _ => return self.refuse(pattern),
                };
                for ((part, value), ty) in tuple.elems.iter().zip(values).zip(&types) {
                    if !self.fits(part, value, ty)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            (syn::Pat::Lit(literal), Value::Int(n)) => {
                let literal = syn::Expr::Lit(literal.clone());
                Ok(self.int(&literal, Some(ty))?.0 == *n)
            }
            (syn::Pat::Path(path), Value::Int(n)) => {
                let path = syn::Expr::Path(path.clone());
                Ok(self.int(&path, Some(ty))?.0 == *n)
            }
            (syn::Pat::Range(range), Value::Int(n)) => {
                let mut end = |end: &Option<Box<syn::Expr>>| -> Checked<Option<i64>> {
                    match end {
                        Some(end) => Ok(Some(self.int(end, Some(ty))?.0)),
                        None => Ok(None),
                    }
                };
                let (low, high) = (end(&range.start)?, end(&range.end)?);
                let below = |high: i64| match range.limits {
                    syn::RangeLimits::HalfOpen(_) => *n < high,
                    syn::RangeLimits::Closed(_) => *n <= high,
                };
                Ok(low.is_none_or(|low| low <= *n) && high.is_none_or(below))
            }
            (syn::Pat::Reference(inner), _) => self.fits(&inner.pat, value, ty),
            (syn::Pat::Ident(name), Value::Option(found)) if name.ident == "None" => {
                Ok(found.is_none())
            }
            (syn::Pat::TupleStruct(parts), Value::Option(found)) => {
                let inner = match ty {
                    Ty::Option(inner) => (**inner).clone(),
                    _ => return self.refuse(pattern),
                };
                match (found, parts.elems.first()) {
                    (Some(found), Some(part)) => self.fits(part, found, &inner),
                    _ => Ok(false),
                }
            }
            (syn::Pat::TupleStruct(parts), _) => {
                let parts = parts.elems.iter().enumerate();
                let parts = parts.map(|(at, part)| (at.to_string(), part)).collect();
                self.fits_parts(pattern, value, ty, parts)
            }
            (syn::Pat::Struct(parts), _) => {
                let parts = parts.fields.iter();
                let parts = parts.map(|part| (member_name(&part.member), &*part.pat));
                self.fits_parts(pattern, value, ty, parts.collect())
            }
            (syn::Pat::Path(path), Value::Variant(index, _)) => {
                let found = self.data_variant(&segments(&path.path));
                Ok(found.is_some_and(|(_, named)| named == *index))
            }
            (syn::Pat::Ident(name), _)
                if let (Some((_, inner)), None) = (&name.subpat, &name.by_ref) =>
            {
                let local = (name.ident.to_string(), value.clone(), ty.clone());
                self.locals.push(local);
                self.fits(inner, value, ty)
            }
            (syn::Pat::Ident(name), _) if name.subpat.is_none() && name.by_ref.is_none() => {
                let path = syn::ExprPath {
                    attrs: Vec::new(),
                    qself: None,
                    path: name.ident.clone().into(),
                };
                // A constant's name is compared with, any other is bound.
                match self.item(&path, value)? {
                    Some(fits) => Ok(fits),
                    None => {
                        let local = (name.ident.to_string(), value.clone(), ty.clone());
                        self.locals.push(local);
                        Ok(true)
                    }
                }
            }
            _ => self.refuse(pattern),
        }
    }

    /// Whether the fields of a struct or variant fit.
    fn fits_parts(
        &mut self,
        pattern: &syn::Pat,
        value: &Value,
        ty: &Ty,
        parts: Vec<(String, &syn::Pat)>,
    ) -> Checked<bool> {
        let path = match pattern {
            syn::Pat::TupleStruct(pattern) => &pattern.path,
            syn::Pat::Struct(pattern) => &pattern.path,
            _ => return self.refuse(pattern),
        };
        let (values, fields) = match (value, ty) {
            (Value::Int(_), Ty::Newtype(id)) => {
                let inner = self.context.newtype_inner(*id)?;
                (vec![value.clone()], vec![("0".to_owned(), inner)])
            }
            (Value::Struct(fields), Ty::Struct(id) | Ty::Record(id)) => {
                let types = self.context.struct_fields(*id)?;
                let values = types.iter().map(|(name, _)| value.field(name).cloned());
                match values.collect::<Option<Vec<_>>>() {
                    Some(values) if values.len() == fields.len() => (values, types),
                    _ => return self.refuse(pattern),
                }
            }
            (Value::Variant(index, values), Ty::Data(id)) => {
                match self.data_variant(&segments(path)) {
                    Some((of, named)) if self.context.is_of_enum(*id, of) && named == *index => {}
                    _ => return Ok(false),
                }
                (
                    values.clone(),
                    self.context.data_fields(*id)?.swap_remove(*index),
                )
            }
            _ => return self.refuse(pattern),
        };
        for (name, part) in parts {
            if let syn::Pat::Rest(_) = part {
                break;
            }
            let Some(at) = fields.iter().position(|(field, _)| *field == name) else {
                return self.refuse(part);
            };
            if !self.fits(part, &values[at], &fields[at].1)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether a name that is one of a constant or variant stands for this value.
    fn item(&mut self, path: &syn::ExprPath, value: &Value) -> Checked<Option<bool>> {
        use crate::front::define::Def;
        let names = crate::front::resolve::segments(&path.path);
        let found = self.context.lookup(self.module, &names);
        if !found
            .iter()
            .any(|def| matches!(def, Def::Const(_) | Def::Variant(..)))
        {
            return Ok(None);
        }
        // A local of the function is not meant.
        let locals = std::mem::take(&mut self.locals);
        let known = self.path(path, None);
        self.locals = locals;
        Ok(Some(known?.0 == *value))
    }
}
