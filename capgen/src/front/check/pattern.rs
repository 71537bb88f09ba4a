//! Patterns.

use super::{Checker, find_field};
use crate::diagnostic::Diagnostic;
use crate::front::define::Def;
use crate::front::resolve::{Checked, segments};
use crate::front::tree::{Kind, Pattern, VariableId};
use crate::front::ty::Ty;

impl Checker<'_> {
    pub(super) fn pattern(&mut self, pattern: &syn::Pat, ty: &Ty) -> Checked<Pattern> {
        if self.resolve(ty) == Ty::Never {
            // Of a value that was refused already, or that there never is.
            self.names_of_nothing(pattern);
            return Ok(Pattern::Wild);
        }
        match pattern {
            syn::Pat::Wild(_) => Ok(Pattern::Wild),
            syn::Pat::Paren(inner) => self.pattern(&inner.pat, ty),
            syn::Pat::Reference(inner) => self.pattern(&inner.pat, ty),
            syn::Pat::Ident(name) => {
                let text = name.ident.to_string();
                let is_variant = |def: &Def| matches!(def, Def::Variant(..));
                if matches!(self.resolve(ty), Ty::Data(_))
                    && self
                        .defs(std::slice::from_ref(&text))
                        .iter()
                        .any(is_variant)
                {
                    return self.variant_pattern(pattern, &[text], Vec::new(), false, ty);
                }
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
                if plain && text == "None" && matches!(self.resolve(ty), Ty::Option(_)) {
                    return Ok(Pattern::Variant {
                        tag: 0,
                        fields: Vec::new(),
                    });
                }
                let inner = match &name.subpat {
                    Some((_, inner)) => Some(self.pattern(inner, ty)?),
                    None => None,
                };
                let id = self.pattern_name(name, ty)?;
                Ok(match inner {
                    Some(inner) => Pattern::At(id, Box::new(inner)),
                    None => Pattern::Bind(id),
                })
            }
            syn::Pat::Path(path) if matches!(self.resolve(ty), Ty::Data(_)) => {
                self.variant_pattern(pattern, &segments(&path.path), Vec::new(), false, ty)
            }
            syn::Pat::TupleStruct(tuple) => {
                let rest = tuple
                    .elems
                    .iter()
                    .any(|part| matches!(part, syn::Pat::Rest(_)));
                let parts = tuple
                    .elems
                    .iter()
                    .enumerate()
                    .filter(|(_, part)| !matches!(part, syn::Pat::Rest(_)))
                    .map(|(index, part)| (index.to_string(), part))
                    .collect();
                if rest && !matches!(tuple.elems.last(), Some(syn::Pat::Rest(_))) {
                    return self.refuse(
                        pattern,
                        "`..` before a field of a variant or struct",
                        "write `_` for each field",
                    );
                }
                self.variant_pattern(pattern, &segments(&tuple.path), parts, rest, ty)
            }
            syn::Pat::Struct(fields) => {
                let parts = fields
                    .fields
                    .iter()
                    .map(|field| {
                        let name = match &field.member {
                            syn::Member::Named(name) => name.to_string(),
                            syn::Member::Unnamed(index) => index.index.to_string(),
                        };
                        (name, &*field.pat)
                    })
                    .collect();
                let rest = fields.rest.is_some();
                self.variant_pattern(pattern, &segments(&fields.path), parts, rest, ty)
            }
            syn::Pat::Lit(literal)
                if let (syn::Lit::ByteStr(bytes), Ty::Slice(element) | Ty::Array(element, _)) =
                    (&literal.lit, self.resolve(ty)) =>
            {
                let values = bytes.value().into_iter();
                let front = values.map(|byte| Pattern::Value(byte.into())).collect();
                Ok(match self.resolve(ty) {
                    Ty::Array(..) => Pattern::Tuple(front),
                    _ => Pattern::Slice {
                        front,
                        rest: None,
                        back: Vec::new(),
                        element: *element,
                    },
                })
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
                // The names of the first are those of all.
                let mut cases = Vec::new();
                for case in &or.cases {
                    let found = self.pattern(case, ty);
                    if cases.is_empty() {
                        let names = found.as_ref().map(names_of).unwrap_or_default();
                        let named = |id: VariableId| (self.variables[id.0].name.clone(), id);
                        let names = names.into_iter().map(named).collect();
                        self.alternatives.push(names);
                    }
                    cases.push(found);
                }
                self.alternatives.pop();
                Ok(Pattern::Or(cases.into_iter().collect::<Checked<_>>()?))
            }
            syn::Pat::Tuple(tuple) => match self.resolve(ty) {
                Ty::Tuple(types) if let Some(parts) = placed(&tuple.elems, types.len()) => {
                    let mut found: Vec<Pattern> = types.iter().map(|_| Pattern::Wild).collect();
                    for (at, part) in parts {
                        found[at] = self.pattern(part, &types[at])?;
                    }
                    Ok(Pattern::Tuple(found))
                }
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
            syn::Pat::Slice(slice) => self.slice_pattern(slice, ty),
            _ => self.refuse(
                pattern,
                "this pattern",
                "use literals, constants, ranges, `|`, names and `_`",
            ),
        }
    }

    /// A name that a pattern binds: behind `|` the one that it is before it.
    fn pattern_name(&mut self, name: &syn::PatIdent, ty: &Ty) -> Checked<VariableId> {
        let text = name.ident.to_string();
        let known = self.alternatives.iter().rev();
        let known = known.filter_map(|names| names.get(&text)).next().copied();
        match known {
            Some(id) => {
                let first = self.variables[id.0].ty.clone();
                self.same(&first, ty, self.span(name))?;
                Ok(id)
            }
            None => Ok(self.declare(text, ty.clone(), name.mutability.is_some())),
        }
    }

    /// `[a, b]`, `[first, .., last]`, `[tag, rest @ ..]` of a slice or array.
    fn slice_pattern(&mut self, pattern: &syn::PatSlice, ty: &Ty) -> Checked<Pattern> {
        let (element, length) = match self.resolve(ty) {
            Ty::Array(element, n) => (*element, Some(n)),
            Ty::Slice(element) | Ty::Vec(element, _) => (*element, None),
            ty => {
                return Err(Diagnostic::new(
                    self.span(pattern),
                    "mismatched types",
                    format!("expected `{}`, found a slice", self.context.type_name(&ty)),
                ));
            }
        };
        let mut front = Vec::new();
        let mut back = Vec::new();
        let mut rest = None;
        for part in &pattern.elems {
            match rest_name(part) {
                Some(name) => {
                    rest = Some(match (name, length) {
                        (None, _) => Pattern::Wild,
                        (Some(name), None) => {
                            let ty = Ty::Slice(Box::new(element.clone()));
                            Pattern::Bind(self.pattern_name(name, &ty)?)
                        }
                        (Some(_), Some(_)) => {
                            return self.refuse(
                                part,
                                "a name for the rest of an array",
                                "take a part of it: `&array[1..]`",
                            );
                        }
                    });
                }
                None if rest.is_some() => back.push(self.pattern(part, &element)?),
                None => front.push(self.pattern(part, &element)?),
            }
        }
        match length {
            None => Ok(Pattern::Slice {
                front,
                rest: rest.map(Box::new),
                back,
                element,
            }),
            Some(length) => {
                let known = front.len() + back.len();
                if known > length || (rest.is_none() && known < length) {
                    return Err(Diagnostic::new(
                        self.span(pattern),
                        "another number of elements",
                        format!("the array has {length}"),
                    ));
                }
                front.resize(length - back.len(), Pattern::Wild);
                front.append(&mut back);
                Ok(Pattern::Tuple(front))
            }
        }
    }

    /// A pattern that takes a variant or a newtype apart: its path, its fields by name, and whether `..`
    /// stands for others.
    fn variant_pattern(
        &mut self,
        pattern: &syn::Pat,
        names: &[String],
        parts: Vec<(String, &syn::Pat)>,
        rest: bool,
        ty: &Ty,
    ) -> Checked<Pattern> {
        match self.resolve(ty) {
            Ty::Never => Ok(Pattern::Wild),
            Ty::Fallible(inner) if names == ["Ok"] && parts.len() == 1 => {
                let part = self.pattern(parts[0].1, &inner)?;
                Ok(Pattern::Variant {
                    tag: 1,
                    fields: vec![(1, part, *inner)],
                })
            }
            Ty::Fallible(_) if names == ["Err"] && parts.len() == 1 => {
                self.pattern(parts[0].1, &Ty::Unit)?;
                Ok(Pattern::Variant {
                    tag: 0,
                    fields: Vec::new(),
                })
            }
            Ty::Option(inner) if names == ["Some"] && parts.len() == 1 => {
                let part = self.pattern(parts[0].1, &inner)?;
                Ok(Pattern::Variant {
                    tag: 1,
                    fields: vec![(1, part, *inner)],
                })
            }
            Ty::Newtype(id) if parts.len() == 1 => {
                let named = self.defs(names).contains(&Def::Struct(id)) || names == ["Self"];
                if !named {
                    return self.refuse(pattern, "this pattern", "name the value's own type");
                }
                // A newtype is its scalar.
                let inner = self.context.newtype_inner(id)?;
                self.pattern(parts[0].1, &inner)
            }
            Ty::Record(id) => {
                let named = self.defs(names).contains(&Def::Struct(id)) || names == ["Self"];
                if !named {
                    return self.refuse(pattern, "this pattern", "name the value's own type");
                }
                let fields = self.context.struct_fields(id)?;
                let mut found: Vec<Pattern> = fields.iter().map(|_| Pattern::Wild).collect();
                for (name, part) in parts {
                    let (at, ty) = find_field(&fields, &name, "struct", self.span(part))?;
                    found[at] = self.pattern(part, ty)?;
                }
                Ok(Pattern::Tuple(found))
            }
            Ty::Data(id) => {
                let of_result = self.result_variant(names, &Ty::Data(id));
                let mut defs = self.defs(names).into_iter();
                let index = of_result.or_else(|| {
                    defs.find_map(|def| match def {
                        Def::Variant(of, index) if self.context.is_of_enum(id, of) => Some(index),
                        _ => None,
                    })
                });
                let Some(index) = index else {
                    return Err(Diagnostic::new(
                        self.span(pattern),
                        "mismatched types",
                        format!("not a variant of `{}`", self.context.type_name(ty)),
                    ));
                };
                let fields = self.context.data_fields(id)?;
                let start = self.context.data_starts(id)?[index];
                let fields = &fields[index];
                if parts.len() > fields.len() || (!rest && parts.len() < fields.len()) {
                    return Err(Diagnostic::new(
                        self.span(pattern),
                        "another number of fields",
                        format!("the variant has {}", fields.len()),
                    ));
                }
                let mut found = Vec::new();
                for (name, part) in parts {
                    let (at, ty) = find_field(fields, &name, "variant", self.span(part))?;
                    found.push((start + at, self.pattern(part, ty)?, ty.clone()));
                }
                Ok(Pattern::Variant {
                    tag: i64::try_from(index).unwrap_or(0),
                    fields: found,
                })
            }
            _ => self.refuse(
                pattern,
                "a pattern that takes this value apart",
                "match on an integer, an `Option` or an enum, and read a struct's fields",
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
                "a pattern that is not one number",
                "use a number or a constant; bytes are compared in a guard, `bytes if bytes == b\"…\"`",
            ),
        }
    }
}

/// The variables that a pattern binds; of alternatives the first tells them.
pub(in crate::front) fn names_of(pattern: &Pattern) -> Vec<VariableId> {
    let all = |parts: &mut dyn Iterator<Item = &Pattern>| parts.flat_map(names_of).collect();
    match pattern {
        Pattern::Bind(id) => vec![*id],
        Pattern::At(id, inner) => [vec![*id], names_of(inner)].concat(),
        Pattern::Or(list) => list.first().map(names_of).unwrap_or_default(),
        Pattern::Tuple(list) => all(&mut list.iter()),
        Pattern::Slice {
            front, rest, back, ..
        } => all(&mut front.iter().chain(rest.as_deref()).chain(back)),
        Pattern::Variant { fields, .. } => all(&mut fields.iter().map(|(_, part, _)| part)),
        Pattern::Wild | Pattern::Value(_) | Pattern::Range(..) => Vec::new(),
    }
}

/// The parts of a tuple's pattern, and which of so many fields each is for; `..` stands for those in between.
fn placed(
    parts: &syn::punctuated::Punctuated<syn::Pat, syn::Token![,]>,
    fields: usize,
) -> Option<Vec<(usize, &syn::Pat)>> {
    let rest = parts
        .iter()
        .position(|part| matches!(part, syn::Pat::Rest(_)));
    let Some(rest) = rest else {
        return (parts.len() == fields).then(|| parts.iter().enumerate().collect());
    };
    // Those behind `..` are counted from the end.
    let further = (fields + 1).checked_sub(parts.len())?;
    let place = |at: usize| if at < rest { at } else { at + further - 1 };
    let named = parts.iter().enumerate().filter(|(at, _)| *at != rest);
    Some(named.map(|(at, part)| (place(at), part)).collect())
}

/// Whether a part of a slice's pattern stands for any number of elements, and the name it gives to them.
fn rest_name(part: &syn::Pat) -> Option<Option<&syn::PatIdent>> {
    match part {
        syn::Pat::Rest(_) => Some(None),
        syn::Pat::Ident(name) if matches!(&name.subpat, Some((_, rest)) if matches!(**rest, syn::Pat::Rest(_))) => {
            Some(Some(name))
        }
        _ => None,
    }
}
