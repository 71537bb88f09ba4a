//! Methods of `Option` and of `Result`s whose error says nothing, those with closures among them: a closure
//! that is passed directly is put in place.

use super::Checker;
use crate::diagnostic::{Diagnostic, Span};
use crate::front::resolve::Checked;
use crate::front::tree::{Arm, Expr, Intrinsic, Kind, Pattern};
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
            ("is_none", []) if !fallible => make(not(is_some(receiver)), Ty::Bool),
            ("is_err", []) if fallible => make(not(is_some(receiver)), Ty::Bool),
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
                self.status_word(&status)?;
                make(Kind::Intrinsic(Intrinsic::OkOr, vec![receiver, status]), ty)
            }
            ("ok_or_else", [closure]) if !fallible => {
                let status = self.closure(closure, &[], None)?.1;
                self.status_word(&status)?;
                let ty = Ty::Result(Box::new(inner.clone()));
                make(
                    Kind::Intrinsic(Intrinsic::OkOrElse, vec![receiver, status]),
                    ty,
                )
            }
            ("map_err", [closure]) if fallible => {
                // What the error says is nothing that a card could tell.
                let status = self.closure(closure, &[Ty::Unit], None)?.1;
                self.status_word(&status)?;
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
        let syn::Expr::Closure(closure) = closure else {
            return self.refuse(
                closure,
                "a function instead of a closure here",
                "write a closure: `|x| f(x)`",
            );
        };
        if closure.inputs.len() != parameters.len() {
            return Err(Diagnostic::new(
                self.span(closure),
                "another number of parameters",
                format!("expected {}", parameters.len()),
            ));
        }
        self.scoped(|checker| {
            let mut pattern = Pattern::Wild;
            for (input, ty) in closure.inputs.iter().zip(parameters) {
                let input = match input {
                    syn::Pat::Type(typed) => &typed.pat,
                    other => other,
                };
                pattern = checker.pattern(input, ty)?;
            }
            let loops = std::mem::take(&mut checker.loops);
            let outer = std::mem::replace(&mut checker.in_closure, true);
            let body = checker.expr(&closure.body, wanted);
            checker.in_closure = outer;
            checker.loops = loops;
            Ok((pattern, body?))
        })
    }

    /// `T::default()` of a scalar.
    pub(super) fn default(&self, ty: &Ty, span: Span) -> Checked<Expr> {
        match self.resolve(ty) {
            ty @ (Ty::Bool | Ty::Int(_) | Ty::IntVar(_)) => Ok(Expr {
                kind: Kind::Int(0),
                ty,
                span,
            }),
            Ty::Unit => Ok(Expr {
                kind: Kind::Unit,
                ty: Ty::Unit,
                span,
            }),
            ty => Err(Diagnostic::new(
                span,
                format!(
                    "the default of `{}` is not known",
                    self.context.type_name(&ty)
                ),
                "not an integer or `bool`",
            )
            .help("use `unwrap_or(…)`")),
        }
    }
}

fn not(value: Expr) -> Kind {
    Kind::Unary(crate::ir::UnaryOp::Not, Box::new(value))
}

fn truth(value: bool, span: Span) -> Expr {
    Expr {
        kind: Kind::Int(value.into()),
        ty: Ty::Bool,
        span,
    }
}

fn variant(tag: i64, fields: Vec<(usize, Expr)>, ty: &Ty, span: Span) -> Expr {
    Expr {
        kind: Kind::Variant(tag, fields),
        ty: ty.clone(),
        span,
    }
}

fn matched(
    receiver: Expr,
    inner: &Ty,
    pattern: Pattern,
    some: Expr,
    none: Expr,
    ty: Ty,
    span: Span,
) -> Expr {
    let arm = |pattern, body| Arm {
        pattern,
        guard: None,
        body,
    };
    let some_pattern = Pattern::Variant {
        tag: 1,
        fields: vec![(1, pattern, inner.clone())],
    };
    let arms = vec![arm(some_pattern, some), arm(Pattern::Wild, none)];
    Expr {
        kind: Kind::Match(Box::new(receiver), arms),
        ty,
        span,
    }
}
