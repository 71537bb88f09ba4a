//! `Result` with an error of the applet's own: an enum of two variants, unlike that of `StatusWord`, whose error ends the
//! command.

use super::{Checker, make};
use crate::diagnostic::{Diagnostic, Span};
use crate::front::resolve::Checked;
use crate::front::tree::{Arm, Expr, Kind, Pattern, Statement, Variable, VariableId};
use crate::front::ty::Ty;

/// Where the parts of the two variants are.
const OK: (i64, usize) = (0, 1);
const ERR: (i64, usize) = (1, 2);

/// What each side of a `match` of a result binds, and gives.
struct Sides {
    ok: (Pattern, Expr),
    err: (Pattern, Expr),
}

impl Checker<'_> {
    /// `Ok(argument)` or `Err(argument)` where such a result is wanted.
    pub(super) fn own_variant(
        &mut self,
        name: &str,
        argument: &syn::Expr,
        wanted: Option<&Ty>,
        span: Span,
    ) -> Checked<Option<Expr>> {
        let Some(ty) = wanted.map(|ty| self.resolve(ty)) else {
            return Ok(None);
        };
        let Some((ok, error)) = self.context.result_parts(&ty) else {
            return Ok(None);
        };
        let (place, inner) = match name {
            "Ok" => (OK, ok),
            _ => (ERR, error),
        };
        let value = self.expect(argument, &inner)?;
        Ok(Some(held(place, value, &ty, span)))
    }

    /// Which variant of a result `Ok` or `Err` is, in a pattern.
    pub(super) fn result_variant(&self, names: &[String], ty: &Ty) -> Option<usize> {
        self.context.result_parts(ty)?;
        match names {
            [name] if name == "Ok" => Some(0),
            [name] if name == "Err" => Some(1),
            _ => None,
        }
    }

    /// `result?`: an error leaves the function, as what the function's error is.
    pub(super) fn try_result(&mut self, result: Expr, (ok, error): (Ty, Ty)) -> Checked<Expr> {
        let span = result.span;
        let wanted = self.results.last().map(|ty| self.resolve(ty));
        let own = wanted.as_ref().and_then(|ty| self.context.result_parts(ty));
        let to = match (&wanted, own) {
            _ if self.in_closure => None,
            (_, Some((_, error))) => Some(error),
            (Some(Ty::Result(_)), None) => self.context.status_word_type(),
            _ => None,
        };
        let (Some(wanted), Some(to)) = (wanted, to) else {
            return Err(Diagnostic::new(
                span,
                "`?` on this `Result` wants a function that gives a `Result`",
                "this one does not",
            )
            .help("match it, or use `ok()`, `unwrap_or(…)`, `map_err(…)`"));
        };
        let (id, bound) = self.part_name("error", &error, span);
        let left = if error == to {
            bound
        } else {
            match self.conversion(&to, "from", &error, span)? {
                Some(id) => self.called(id, vec![bound], span)?,
                None => return Err(self.no_conversion("From", &error, &to, span)),
            }
        };
        let left = match wanted {
            Ty::Result(_) => make::expr(Kind::Err(Box::new(left)), wanted, span),
            wanted => held(ERR, left, &wanted, span),
        };
        let leave = make::expr(Kind::Return(Some(Box::new(left))), Ty::Never, span);
        let (value, given) = self.part_name("value", &ok, span);
        let sides = Sides {
            ok: (Pattern::Bind(value), given),
            err: (Pattern::Bind(id), leave),
        };
        Ok(matched(result, (&ok, &error), sides, ok.clone(), span))
    }

    /// `option.ok_or(error)`, and `map_err` of what says nothing: `error` is looked at first where it stands as a value.
    pub(super) fn or_error(
        &mut self,
        option: Expr,
        inner: &Ty,
        error: Expr,
        is_value: bool,
        span: Span,
    ) -> Checked<Expr> {
        let Some(ty) = self.context.own_result(inner, &self.resolve(&error.ty)) else {
            return self.no_error(&error);
        };
        let mut statements: Vec<Statement> = Vec::new();
        let (option, error) = if is_value {
            let option = self.temporary(option, &mut statements);
            (option, self.temporary(error, &mut statements))
        } else {
            (option, error)
        };
        let (id, value) = self.part_name("value", inner, span);
        let some = held(OK, value, &ty, span);
        let none = held(ERR, error, &ty, span);
        let found = make::matched(option, inner, Pattern::Bind(id), some, none, ty, span);
        Ok(make::block(statements, Some(found), span))
    }

    /// A method of such a result.
    pub(super) fn result_method(
        &mut self,
        receiver: &Expr,
        name: &str,
        arguments: &[&syn::Expr],
        span: Span,
    ) -> Checked<Option<Expr>> {
        let ty = self.resolve(&receiver.ty);
        let Some((ok, error)) = self.context.result_parts(&ty) else {
            return Ok(None);
        };
        let (value_id, value) = self.part_name("value", &ok, span);
        let (error_id, failed) = self.part_name("error", &error, span);
        let (value_name, error_name) = (Pattern::Bind(value_id), Pattern::Bind(error_id));
        let same_error = |ty: &Ty| held(ERR, failed.clone(), ty, span);
        let (sides, ty) = match (name, arguments) {
            ("is_ok" | "is_err", []) => {
                let truth = |holds| make::truth(holds, span);
                let sides = Sides {
                    ok: (Pattern::Wild, truth(name == "is_ok")),
                    err: (Pattern::Wild, truth(name == "is_err")),
                };
                (sides, Ty::Bool)
            }
            ("ok", []) => {
                let sides = Sides {
                    ok: (value_name, make::some(value)),
                    err: (Pattern::Wild, make::none(&ok, span)),
                };
                (sides, make::option(&ok))
            }
            ("err", []) => {
                let sides = Sides {
                    ok: (Pattern::Wild, make::none(&error, span)),
                    err: (error_name, make::some(failed)),
                };
                (sides, make::option(&error))
            }
            ("unwrap_or", [other]) => {
                let other = self.expect(other, &ok)?;
                let mut statements = Vec::new();
                let receiver = self.temporary(receiver.clone(), &mut statements);
                let other = self.temporary(other, &mut statements);
                let sides = Sides {
                    ok: (value_name, value),
                    err: (Pattern::Wild, other),
                };
                let found = matched(receiver, (&ok, &error), sides, ok.clone(), span);
                return Ok(Some(make::block(statements, Some(found), span)));
            }
            ("unwrap_or_default", []) => {
                let sides = Sides {
                    ok: (value_name, value),
                    err: (Pattern::Wild, self.default(&ok, span)?),
                };
                (sides, ok.clone())
            }
            ("unwrap_or_else", [closure]) => {
                let other = self.closure(closure, std::slice::from_ref(&error), Some(&ok))?;
                self.same(&ok, &other.1.ty, other.1.span)?;
                let sides = Sides {
                    ok: (value_name, value),
                    err: other,
                };
                (sides, ok.clone())
            }
            ("map", [closure]) => {
                let (pattern, body) = self.closure(closure, std::slice::from_ref(&ok), None)?;
                let Some(ty) = self.context.own_result(&self.resolve(&body.ty), &error) else {
                    return self.no_error(&body);
                };
                let sides = Sides {
                    ok: (pattern, held(OK, body, &ty, span)),
                    err: (error_name, same_error(&ty)),
                };
                (sides, ty)
            }
            ("map_err", [closure]) => {
                let (pattern, body) = self.closure(closure, std::slice::from_ref(&error), None)?;
                let to = self.resolve(&body.ty);
                if self.status_word(&body).is_ok() {
                    let ty = Ty::Result(Box::new(ok.clone()));
                    let sides = Sides {
                        ok: (
                            value_name,
                            make::expr(Kind::Ok(Box::new(value)), ty.clone(), span),
                        ),
                        err: (
                            pattern,
                            make::expr(Kind::Err(Box::new(body)), ty.clone(), span),
                        ),
                    };
                    (sides, ty)
                } else {
                    let Some(ty) = self.context.own_result(&ok, &to) else {
                        return self.no_error(&body);
                    };
                    let sides = Sides {
                        ok: (value_name, held(OK, value, &ty, span)),
                        err: (pattern, held(ERR, body, &ty, span)),
                    };
                    (sides, ty)
                }
            }
            ("and_then", [closure]) => {
                let (pattern, body) = self.closure(closure, std::slice::from_ref(&ok), None)?;
                let ty = self.resolve(&body.ty);
                match self.context.result_parts(&ty) {
                    Some((_, of)) if of == error => {}
                    _ => return self.no_error(&body),
                }
                let sides = Sides {
                    ok: (pattern, body),
                    err: (error_name, same_error(&ty)),
                };
                (sides, ty)
            }
            ("unwrap" | "expect" | "unwrap_err", _) => {
                return Err(Diagnostic::new(
                    span,
                    format!("`{name}` is not part of Card Rust"),
                    "would panic",
                )
                .help("write `?`, `unwrap_or`, or `let Ok(x) = … else { … }`"));
            }
            _ => return Ok(None),
        };
        let receiver = receiver.clone();
        Ok(Some(matched(receiver, (&ok, &error), sides, ty, span)))
    }

    /// A name for a part, and its value.
    fn part_name(&mut self, name: &str, ty: &Ty, span: Span) -> (VariableId, Expr) {
        let variable = Variable::new(name.to_owned(), ty.clone(), false);
        let id = VariableId(self.variables.len());
        self.variables.push(variable);
        (id, make::variable(id, ty.clone(), span))
    }

    fn no_error<T>(&self, value: &Expr) -> Checked<T> {
        let name = self.context.type_name(&self.resolve(&value.ty));
        Err(Diagnostic::new(
            value.span,
            format!("a `Result` of `{name}` is not part of Card Rust"),
            "not made of scalars, slices, and tuples, options and enums of these",
        )
        .help("use a `StatusWord`, or an enum"))
    }
}

/// A variant of a result.
fn held((tag, at): (i64, usize), value: Expr, ty: &Ty, span: Span) -> Expr {
    make::variant(tag, vec![(at, value)], ty, span)
}

/// `match result { Ok(…) => …, Err(…) => … }`
fn matched(result: Expr, (ok, error): (&Ty, &Ty), sides: Sides, ty: Ty, span: Span) -> Expr {
    let arm = |(tag, at), (pattern, body), part: &Ty| Arm {
        pattern: Pattern::Variant {
            tag,
            fields: vec![(at, pattern, part.clone())],
        },
        guard: None,
        body,
    };
    let ok = arm(OK, sides.ok, ok);
    let mut err = arm(ERR, sides.err, error);
    if let Pattern::Variant { fields, .. } = &mut err.pattern
        && matches!(fields.as_slice(), [(_, Pattern::Wild, _)])
    {
        fields.clear();
    }
    make::expr(Kind::Match(Box::new(result), vec![ok, err]), ty, span)
}
