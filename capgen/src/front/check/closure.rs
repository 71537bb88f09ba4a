//! Methods of `Option` and of `Result`s whose error says nothing, those with closures among them: a closure
//! that is passed directly is put in place.

use std::borrow::Cow;

use super::Checker;
use super::make::{self, matched, not, truth, variant};
use crate::diagnostic::{Diagnostic, Span};
use crate::front::resolve::Checked;
use crate::front::tree::{Expr, Intrinsic, Kind, Pattern};
use crate::front::ty::Ty;

impl Checker<'_> {
    /// A method of `Option<inner>`, or of `Result<inner, _>` where `fallible`.
    pub(super) fn option_method(
        &mut self,
        receiver: &Expr,
        inner: &Ty,
        fallible: bool,
        name: &str,
        arguments: &[&syn::Expr],
        span: Span,
    ) -> Checked<Option<Expr>> {
        let receiver = receiver.clone();
        let make = |kind, ty| Ok(Some(Expr { kind, ty, span }));
        let is_some = |receiver| Expr {
            kind: Kind::Intrinsic(Intrinsic::IsSome, vec![receiver]),
            ty: Ty::Bool,
            span,
        };
        let option = |inner: Ty| Ty::Option(Box::new(inner));
        match (name, arguments) {
            ("is_some", []) if !fallible => Ok(Some(is_some(receiver))),
            ("is_ok", []) if fallible => Ok(Some(is_some(receiver))),
            ("is_none", []) if !fallible => Ok(Some(not(is_some(receiver)))),
            ("is_err", []) if fallible => Ok(Some(not(is_some(receiver)))),
            // The two are the same words.
            ("ok", []) if fallible => make(receiver.kind, option(inner.clone())),
            ("copied" | "cloned" | "as_ref" | "as_mut", []) if !fallible => Ok(Some(receiver)),
            ("unwrap_or", [other]) => {
                let other = self.expect(other, inner)?;
                let kind = Kind::Intrinsic(Intrinsic::UnwrapOr, vec![receiver, other]);
                make(kind, inner.clone())
            }
            ("unwrap_or_default", []) => {
                let zero = self.default(inner, span)?;
                let kind = Kind::Intrinsic(Intrinsic::UnwrapOr, vec![receiver, zero]);
                make(kind, inner.clone())
            }
            ("ok_or", [status]) if !fallible => {
                let status = self.expr(status, None)?;
                let ty = Ty::Result(Box::new(inner.clone()));
                if self.status_word(&status).is_err() {
                    return self.or_error(receiver, inner, status, true, span).map(Some);
                }
                make(Kind::Intrinsic(Intrinsic::OkOr, vec![receiver, status]), ty)
            }
            ("ok_or_else", [closure]) if !fallible => {
                let status = self.closure(closure, &[], None)?.1;
                if self.status_word(&status).is_err() {
                    return self
                        .or_error(receiver, inner, status, false, span)
                        .map(Some);
                }
                let ty = Ty::Result(Box::new(inner.clone()));
                make(
                    Kind::Intrinsic(Intrinsic::OkOrElse, vec![receiver, status]),
                    ty,
                )
            }
            ("map_err", [closure]) if fallible => {
                // What the error says is nothing that a card could tell.
                let status = self.closure(closure, &[Ty::Unit], None)?.1;
                if self.status_word(&status).is_err() {
                    return self
                        .or_error(receiver, inner, status, false, span)
                        .map(Some);
                }
                let ty = Ty::Result(Box::new(inner.clone()));
                make(
                    Kind::Intrinsic(Intrinsic::OkOrElse, vec![receiver, status]),
                    ty,
                )
            }
            ("unwrap_or_else", [closure]) => {
                let none: &[Ty] = if fallible { &[Ty::Unit] } else { &[] };
                let other = self.closure(closure, none, Some(inner))?.1;
                self.same(inner, &other.ty, other.span)?;
                self.choice(receiver, inner, other, |value| value, inner.clone(), span)
            }
            ("map", [closure]) => {
                let (pattern, body) = self.closure(closure, std::slice::from_ref(inner), None)?;
                let ty = self.resolve(&body.ty);
                let ty = if fallible {
                    Ty::Fallible(Box::new(ty))
                } else {
                    option(ty)
                };
                let none = variant(0, Vec::new(), &ty, span);
                let some = variant(1, vec![(1, body)], &ty, span);
                Ok(Some(matched(
                    receiver, inner, pattern, some, none, ty, span,
                )))
            }
            ("and_then", [closure]) if !fallible => {
                let (pattern, body) = self.closure(closure, std::slice::from_ref(inner), None)?;
                let ty = self.resolve(&body.ty);
                let none = variant(0, Vec::new(), &ty, span);
                Ok(Some(matched(
                    receiver, inner, pattern, body, none, ty, span,
                )))
            }
            ("map_or", [other, closure]) => {
                let other = self.expr(other, None)?;
                let (pattern, body) =
                    self.closure(closure, std::slice::from_ref(inner), Some(&other.ty))?;
                self.same(&other.ty, &body.ty, body.span)?;
                let ty = self.resolve(&body.ty);
                Ok(Some(matched(
                    receiver, inner, pattern, body, other, ty, span,
                )))
            }
            ("is_some_and", [closure]) if !fallible => {
                let (pattern, body) =
                    self.closure(closure, std::slice::from_ref(inner), Some(&Ty::Bool))?;
                let no = truth(false, span);
                let ty = Ty::Bool;
                Ok(Some(matched(receiver, inner, pattern, body, no, ty, span)))
            }
            ("is_none_or", [closure]) if !fallible => {
                let (pattern, body) =
                    self.closure(closure, std::slice::from_ref(inner), Some(&Ty::Bool))?;
                let yes = truth(true, span);
                let ty = Ty::Bool;
                Ok(Some(matched(receiver, inner, pattern, body, yes, ty, span)))
            }
            ("filter", [closure]) if !fallible => {
                let (pattern, guard) =
                    self.closure(closure, std::slice::from_ref(inner), Some(&Ty::Bool))?;
                let ty = option(inner.clone());
                let Pattern::Bind(id) = pattern else {
                    return self.refuse(
                        *closure,
                        "this parameter of a closure",
                        "use a plain name",
                    );
                };
                let value = Expr {
                    kind: Kind::Variable(id),
                    ty: inner.clone(),
                    span,
                };
                let some = variant(1, vec![(1, value)], &ty, span);
                let none = variant(0, Vec::new(), &ty, span);
                let kept = Expr {
                    kind: Kind::If(
                        Box::new(guard),
                        Box::new(some),
                        Some(Box::new(none.clone())),
                    ),
                    ty: ty.clone(),
                    span,
                };
                Ok(Some(matched(
                    receiver, inner, pattern, kept, none, ty, span,
                )))
            }
            ("or", [other]) if !fallible => {
                let ty = option(inner.clone());
                let other = self.expect(other, &ty)?;
                let some = |value| variant(1, vec![(1, value)], &ty, span);
                self.choice(receiver, inner, other, some, ty.clone(), span)
            }
            ("or_else", [closure]) if !fallible => {
                let ty = option(inner.clone());
                let other = self.closure(closure, &[], Some(&ty))?.1;
                self.same(&ty, &other.ty, other.span)?;
                let some = |value| variant(1, vec![(1, value)], &ty, span);
                self.choice(receiver, inner, other, some, ty.clone(), span)
            }
            ("unwrap" | "expect" | "unwrap_err", _) => Err(Diagnostic::new(
                span,
                format!("`{name}` is not part of Card Rust"),
                "would panic",
            )
            .help(if fallible {
                "write `.map_err(|_| StatusWord(…))?`, `unwrap_or`, or `let Ok(x) = … else { … }`"
            } else {
                "write `.ok_or(StatusWord(…))?`, `unwrap_or`, or `let Some(x) = … else { … }`"
            })),
            _ => Ok(None),
        }
    }

    /// `match receiver { Some(x) => some(x), None => other }`
    fn choice(
        &mut self,
        receiver: Expr,
        inner: &Ty,
        other: Expr,
        some: impl FnOnce(Expr) -> Expr,
        ty: Ty,
        span: Span,
    ) -> Checked<Option<Expr>> {
        let id = self.declare("_".to_owned(), inner.clone(), false);
        let value = Expr {
            kind: Kind::Variable(id),
            ty: inner.clone(),
            span,
        };
        let pattern = Pattern::Bind(id);
        Ok(Some(matched(
            receiver,
            inner,
            pattern,
            some(value),
            other,
            ty,
            span,
        )))
    }

    /// The parameter and the body of a closure that is written where it is passed.
    pub(super) fn closure(
        &mut self,
        closure: &syn::Expr,
        parameters: &[Ty],
        wanted: Option<&Ty>,
    ) -> Checked<(Pattern, Expr)> {
        let closure = self.as_closure(closure, parameters.len())?;
        self.scoped(|checker| {
            let mut pattern = Pattern::Wild;
            for (input, ty) in closure.inputs.iter().zip(parameters) {
                let input = match input {
                    syn::Pat::Type(typed) => &typed.pat,
                    other => other,
                };
                pattern = checker.pattern(input, ty)?;
            }
            Ok((pattern, checker.closure_body(&closure, wanted)?))
        })
    }

    /// A closure with so many parameters; a function's name stands for `|x| function(x)`.
    pub(super) fn as_closure<'e>(
        &self,
        closure: &'e syn::Expr,
        parameters: usize,
    ) -> Checked<Cow<'e, syn::ExprClosure>> {
        let closure = match closure {
            syn::Expr::Paren(inner) => return self.as_closure(&inner.expr, parameters),
            syn::Expr::Closure(closure) => Cow::Borrowed(closure),
            syn::Expr::Path(path) => Cow::Owned(calling(path, parameters)),
            _ => {
                return self.refuse(
                    closure,
                    "the value of an expression instead of a closure here",
                    "write a closure: `|x| f(x)`",
                );
            }
        };
        if closure.inputs.len() != parameters {
            return Err(Diagnostic::new(
                self.span(&*closure),
                "another number of parameters",
                format!("expected {parameters}"),
            ));
        }
        Ok(closure)
    }

    /// What a closure gives, its parameters known. It does not leave the loops around it; its `return` leaves a
    /// block around its body.
    pub(super) fn closure_body(
        &mut self,
        closure: &syn::ExprClosure,
        wanted: Option<&Ty>,
    ) -> Checked<Expr> {
        let loops = std::mem::take(&mut self.loops);
        let outer = std::mem::replace(&mut self.in_closure, true);
        let id = self.enter_block(None, wanted);
        let body = self.expr(&closure.body, wanted);
        let entered = self.loops.pop();
        self.in_closure = outer;
        self.loops = loops;
        match entered {
            Some(entered) if entered.left => self.labelled(id, entered, body?),
            _ => body,
        }
    }

    /// `return` of the closure under way.
    pub(super) fn return_from_closure(
        &mut self,
        value: Option<&syn::Expr>,
        span: Span,
    ) -> Checked<Expr> {
        let Some(block) = self.loops.first_mut() else {
            return Ok(make::unit(span));
        };
        block.left = true;
        let (id, ty) = (block.id, block.value.clone());
        let value = value
            .map(|value| self.break_value(id, ty, value))
            .transpose()?;
        Ok(make::leave(id, value, span))
    }
}

/// `|x| path(x)`
fn calling(path: &syn::ExprPath, parameters: usize) -> syn::ExprClosure {
    let span = syn::spanned::Spanned::span(path);
    let names: Vec<syn::Ident> = (0..parameters)
        .map(|at| syn::Ident::new(&format!("__{at}"), span))
        .collect();
    syn::parse_quote_spanned!(span => |#(#names),*| #path(#(#names),*))
}
