//! Expressions, blocks and statements.

use super::Checker;
use crate::diagnostic::Diagnostic;
use crate::front::resolve::{Checked, segments};
use crate::front::tree::{Arm, Expr, Kind, Pattern};
use crate::front::ty::{Int, Ty};

impl Checker<'_> {
    /// An expression of type `wanted`.
    pub(super) fn expect(&mut self, expr: &syn::Expr, wanted: &Ty) -> Checked<Expr> {
        let found = self.expr(expr, Some(wanted))?;
        let found = match self.resolve(wanted) {
            Ty::Slice(_) => self.as_slice(found),
            _ => found,
        };
        self.same(wanted, &found.ty, found.span)?;
        Ok(found)
    }

    /// An expression; `wanted` is a hint.
    pub(super) fn expr(&mut self, expr: &syn::Expr, wanted: Option<&Ty>) -> Checked<Expr> {
        let span = self.span(expr);
        let make = |kind: Kind, ty: Ty| Ok(Expr { kind, ty, span });
        match expr {
            syn::Expr::Paren(inner) => self.expr(&inner.expr, wanted),
            syn::Expr::Group(inner) => self.expr(&inner.expr, wanted),
            syn::Expr::Reference(reference) => self.reference(reference, wanted),
            syn::Expr::Lit(literal) => self.literal(literal, wanted),
            syn::Expr::Path(path) => self.path(path, wanted),
            syn::Expr::Unary(unary) => self.unary(unary, wanted),
            syn::Expr::Binary(binary) => self.binary(binary, wanted),
            syn::Expr::Cast(cast) => {
                let ty = self.written_type(&cast.ty)?;
                let value = match self.bit_count(&cast.expr)? {
                    Some(count) => count,
                    None => self.expr(&cast.expr, None)?,
                };
                self.cast(value, ty, span)
            }
            syn::Expr::Assign(assign) => self.assignment(assign, span),
            syn::Expr::Field(field) => self.field(field),
            syn::Expr::Index(index) => self.index(index),
            syn::Expr::Call(call) => self.call(call, wanted),
            syn::Expr::MethodCall(call) => self.method_call(call, wanted),
            syn::Expr::Struct(literal) => self.struct_literal(literal, wanted),
            syn::Expr::Tuple(tuple) if tuple.elems.is_empty() => make(Kind::Unit, Ty::Unit),
            syn::Expr::Tuple(tuple) => {
                let hints = match wanted.map(|ty| self.resolve(ty)) {
                    Some(Ty::Tuple(list)) => list,
                    _ => Vec::new(),
                };
                let parts = tuple
                    .elems
                    .iter()
                    .enumerate()
                    .map(|(at, part)| self.expr(part, hints.get(at)))
                    .collect::<Checked<Vec<_>>>()?;
                let ty = Ty::Tuple(parts.iter().map(|part| part.ty.clone()).collect());
                make(Kind::Tuple(parts), ty)
            }
            syn::Expr::Array(array) => {
                let mut element = match wanted {
                    Some(Ty::Array(element, _) | Ty::Slice(element)) => Some((**element).clone()),
                    _ => None,
                };
                let mut parts = Vec::new();
                for part in &array.elems {
                    let part = self.expr(part, element.as_ref())?;
                    let known = element.unwrap_or_else(|| part.ty.clone());
                    self.same(&known, &part.ty, part.span)?;
                    element = Some(self.resolve(&known));
                    parts.push(part);
                }
                let element = element.unwrap_or_else(|| self.inference.fresh());
                let ty = Ty::Array(Box::new(element), parts.len());
                make(Kind::Array(parts), ty)
            }
            syn::Expr::Repeat(repeat) => self.repeat(repeat, wanted),
            syn::Expr::Try(inner) => {
                let wanted = wanted.filter(|_| learns_its_type(&inner.expr));
                let wanted = wanted.map(|ty| Ty::Result(Box::new(ty.clone())));
                let inner = self.expr(&inner.expr, wanted.as_ref())?;
                let wanted = self.results.last().map(|ty| self.resolve(ty));
                let own = wanted.and_then(|ty| self.context.result_parts(&ty));
                match self.resolve(&inner.ty) {
                    Ty::Result(_) if own.is_some() => Err(Diagnostic::new(
                        span,
                        "`?` on a `Result` of `StatusWord` in a function whose error is another",
                        "an error here ends the command on the card",
                    )
                    .help("let the function give `platform::Result<…>`")),
                    Ty::Result(ty) => make(Kind::Try(Box::new(inner)), *ty),
                    ty if let Some(parts) = self.context.result_parts(&ty) => {
                        self.try_result(inner, parts)
                    }
                    Ty::Option(ty) => match self.results.last().map(|ty| self.resolve(ty)) {
                        Some(Ty::Option(_)) if !self.in_closure => {
                            make(Kind::Try(Box::new(inner)), *ty)
                        }
                        _ if self.in_closure => self.refuse(
                            expr,
                            "`?` on an `Option` in a closure",
                            "match it, or write a function",
                        ),
                        _ => Err(Diagnostic::new(
                            span,
                            "`?` on an `Option` wants a function that gives an `Option`",
                            "this one does not",
                        )
                        .help("write `.ok_or(StatusWord(…))?`")),
                    },
                    _ => Err(Diagnostic::new(
                        span,
                        "`?` wants a `Result`",
                        format!("this is `{}`", self.context.type_name(&inner.ty)),
                    )),
                }
            }
            syn::Expr::Return(value) if self.in_closure => {
                self.return_from_closure(value.expr.as_deref(), span)
            }
            syn::Expr::Return(value) => {
                let result = self.results.last().cloned().unwrap_or(Ty::Unit);
                let value = value
                    .expr
                    .as_ref()
                    .map(|value| self.expect(value, &result))
                    .transpose()?;
                make(Kind::Return(value.map(Box::new)), Ty::Never)
            }
            syn::Expr::Block(block) => match &block.label {
                None => self.block(&block.block, wanted),
                Some(label) => {
                    let id = self.enter_block(Some(&label.name), wanted);
                    let body = self.block_left(&block.block, wanted, Some(id));
                    match self.loops.pop() {
                        Some(entered) => self.labelled(id, entered, body?),
                        None => body,
                    }
                }
            },
            syn::Expr::If(branch) => {
                // The names of `if let` are known to the first block only.
                let (condition, then) = self.scoped(|checker| {
                    let condition = checker.condition(&branch.cond)?;
                    let then = checker.block(&branch.then_branch, wanted)?;
                    Ok((condition, then))
                })?;
                let Some((_, other)) = &branch.else_branch else {
                    self.same(&Ty::Unit, &then.ty, then.span)?;
                    return make(
                        Kind::If(Box::new(condition), Box::new(then), None),
                        Ty::Unit,
                    );
                };
                let hint = if then.ty == Ty::Never {
                    wanted.cloned()
                } else {
                    Some(then.ty.clone())
                };
                let other = self.expr(other, hint.as_ref())?;
                let ty = self.join(&then, &other)?;
                make(
                    Kind::If(Box::new(condition), Box::new(then), Some(Box::new(other))),
                    ty,
                )
            }
            syn::Expr::Match(branch) => self.match_(branch, wanted),
            syn::Expr::While(branch) => {
                let (id, condition, body) = self.scoped(|checker| {
                    let condition = checker.condition(&branch.cond)?;
                    let id = checker.enter(branch.label.as_ref().map(|label| &label.name), None);
                    let body = checker.block(&branch.body, Some(&Ty::Unit));
                    checker.loops.pop();
                    Ok((id, condition, body?))
                })?;
                make(
                    Kind::While(id, Box::new(condition), Box::new(body)),
                    Ty::Unit,
                )
            }
            syn::Expr::Loop(branch) => {
                let id = self.enter(
                    branch.label.as_ref().map(|label| &label.name),
                    Some(wanted.cloned().unwrap_or(Ty::Unit)),
                );
                if let Some(entered) = self.loops.last_mut() {
                    entered.is_open = wanted.is_none();
                }
                let body = self.block(&branch.body, Some(&Ty::Unit));
                let ty = match self.loops.pop() {
                    Some(entered) if entered.left => entered.value.unwrap_or(Ty::Unit),
                    _ => Ty::Never,
                };
                make(Kind::Loop(id, Box::new(body?)), ty)
            }
            syn::Expr::ForLoop(branch) => self.for_loop(branch),
            syn::Expr::Break(leave) => {
                let (id, ty) = self.target(leave.label.as_ref(), expr)?;
                let value = leave
                    .expr
                    .as_deref()
                    .map(|value| self.break_value(id, ty, value).map(Box::new))
                    .transpose()?;
                make(Kind::Break(id, value), Ty::Never)
            }
            syn::Expr::Continue(next) => {
                let (id, _) = self.target(next.label.as_ref(), expr)?;
                make(Kind::Continue(id), Ty::Never)
            }
            syn::Expr::Macro(call) => self.macro_call(&call.mac),
            syn::Expr::Closure(_) => self.refuse(
                expr,
                "a closure here",
                "bind it by `let name = |…| …;`, or pass it directly to `platform.atomically` or a method of `Option` or of iterators",
            ),
            syn::Expr::Let(_) => self.refuse(
                expr,
                "`let` as a value",
                "it stands in the condition of `if` and `while`",
            ),
            syn::Expr::Range(_) => self.refuse(
                expr,
                "a range as a value",
                "ranges stand in `for`, in patterns and in `slice[a..b]`",
            ),
            syn::Expr::Async(_) | syn::Expr::Await(_) => {
                self.refuse(expr, "`async`", "a card does one thing at a time")
            }
            syn::Expr::Unsafe(_) => {
                self.refuse(expr, "`unsafe`", "there is no way around the card's rules")
            }
            _ => self.refuse(
                expr,
                "this expression",
                "see the language reference for what is",
            ),
        }
    }

    /// The type of two alternatives.
    fn join(&mut self, a: &Expr, b: &Expr) -> Checked<Ty> {
        if self.resolve(&a.ty) == Ty::Never {
            return Ok(b.ty.clone());
        }
        if self.resolve(&b.ty) != Ty::Never {
            self.same(&a.ty, &b.ty, b.span)?;
        }
        Ok(a.ty.clone())
    }

    fn literal(&mut self, literal: &syn::ExprLit, wanted: Option<&Ty>) -> Checked<Expr> {
        let span = self.span(literal);
        match &literal.lit {
            syn::Lit::Int(int) => {
                let value = int
                    .base10_parse::<i64>()
                    .map_err(|error| Diagnostic::new(span, "not a number", error.to_string()))?;
                let ty = match (int.suffix(), wanted.map(|ty| self.resolve(ty))) {
                    ("", Some(ty @ (Ty::Int(_) | Ty::IntVar(_)))) => ty,
                    ("", _) => self.inference.fresh(),
                    (suffix, _) => match Int::named(suffix) {
                        Some(int) => Ty::Int(int),
                        None => {
                            return self.refuse(
                                literal,
                                &format!("`{suffix}`"),
                                "use `u8`, `i8`, `u16`, `i16`, `u32`, `i32` or `usize`",
                            );
                        }
                    },
                };
                Ok(Expr {
                    kind: Kind::Int(value),
                    ty,
                    span,
                })
            }
            syn::Lit::Byte(byte) => Ok(Expr {
                kind: Kind::Int(i64::from(byte.value())),
                ty: Ty::Int(Int::U8),
                span,
            }),
            syn::Lit::Bool(value) => Ok(Expr {
                kind: Kind::Int(i64::from(value.value)),
                ty: Ty::Bool,
                span,
            }),
            syn::Lit::ByteStr(bytes) => {
                let values: Vec<i64> = bytes.value().into_iter().map(i64::from).collect();
                let ty = Ty::Array(Box::new(Ty::Int(Int::U8)), values.len());
                Ok(Expr {
                    kind: Kind::Literal(values),
                    ty,
                    span,
                })
            }
            syn::Lit::Str(_) | syn::Lit::Char(_) => {
                self.refuse(literal, "text", "use bytes: `b\"…\"` or `b'x'`")
            }
            syn::Lit::Float(_) => self.refuse(literal, "a floating point number", "use integers"),
            _ => self.refuse(
                literal,
                "this literal",
                "use integers, `bool` and byte strings",
            ),
        }
    }

    fn match_(&mut self, branch: &syn::ExprMatch, wanted: Option<&Ty>) -> Checked<Expr> {
        let span = self.span(branch);
        let scrutinee = self.expr(&branch.expr, None)?;
        if let Ty::Result(_) = self.resolve(&scrutinee.ty) {
            return Err(Diagnostic::new(
                scrutinee.span,
                "a `Result` cannot be matched in Card Rust",
                "an error here ends the command on the card",
            )
            .help("put `?` behind it, or return it"));
        }
        let mut arms: Vec<Arm> = Vec::new();
        let mut ty = Ty::Never;
        for arm in &branch.arms {
            let arm = self.scoped(|checker| {
                let pattern = checker.pattern(&arm.pat, &scrutinee.ty)?;
                let guard = arm
                    .guard
                    .as_ref()
                    .map(|(_, guard)| checker.expect(guard, &Ty::Bool))
                    .transpose()?;
                let hint = if ty == Ty::Never {
                    wanted.cloned()
                } else {
                    Some(ty.clone())
                };
                let body = checker.expr(&arm.body, hint.as_ref())?;
                Ok(Arm {
                    pattern,
                    guard,
                    body,
                })
            })?;
            if self.resolve(&ty) == Ty::Never {
                ty = arm.body.ty.clone();
            } else if self.resolve(&arm.body.ty) != Ty::Never {
                self.same(&ty, &arm.body.ty, arm.body.span)?;
            }
            arms.push(arm);
        }
        Ok(Expr {
            kind: Kind::Match(Box::new(scrutinee), arms),
            ty,
            span,
        })
    }

    pub(super) fn macro_call(&mut self, call: &syn::Macro) -> Checked<Expr> {
        let span = self.span(call);
        let name = segments(&call.path).pop().unwrap_or_default();
        match name.as_str() {
            // Checked by the host's tests; release builds have none either.
            "debug_assert" | "debug_assert_eq" | "debug_assert_ne" => Ok(Expr {
                kind: Kind::Unit,
                ty: Ty::Unit,
                span,
            }),
            "matches" => {
                let (value, pattern, guard) = call
                    .parse_body_with(|input: syn::parse::ParseStream<'_>| {
                        let value: syn::Expr = input.parse()?;
                        input.parse::<syn::Token![,]>()?;
                        let pattern = syn::Pat::parse_multi_with_leading_vert(input)?;
                        let guard = if input.parse::<Option<syn::Token![if]>>()?.is_some() {
                            Some(input.parse::<syn::Expr>()?)
                        } else {
                            None
                        };
                        input.parse::<Option<syn::Token![,]>>()?;
                        Ok((value, pattern, guard))
                    })
                    .map_err(|error| {
                        Diagnostic::new(span, "`matches!` is not understood", error.to_string())
                    })?;
                let value = self.expr(&value, None)?;
                let yes = self.scoped(|checker| {
                    let pattern = checker.pattern(&pattern, &value.ty)?;
                    let guard = guard
                        .as_ref()
                        .map(|guard| checker.expect(guard, &Ty::Bool))
                        .transpose()?;
                    Ok(Arm {
                        pattern,
                        guard,
                        body: Expr {
                            kind: Kind::Int(1),
                            ty: Ty::Bool,
                            span,
                        },
                    })
                })?;
                let no = Arm {
                    pattern: Pattern::Wild,
                    guard: None,
                    body: Expr {
                        kind: Kind::Int(0),
                        ty: Ty::Bool,
                        span,
                    },
                };
                Ok(Expr {
                    kind: Kind::Match(Box::new(value), vec![yes, no]),
                    ty: Ty::Bool,
                    span,
                })
            }
            "panic" | "unreachable" | "todo" | "unimplemented" | "assert" | "assert_eq" => self
                .refuse(
                    call,
                    &format!("`{name}!`"),
                    "end the command with `Err(StatusWord…)`",
                ),
            _ => self.refuse(
                call,
                &format!("macro `{name}!`"),
                "write out what it stands for",
            ),
        }
    }
}

/// Whether a method gives what is wanted of it: a transaction what its closure is wanted to give, `try_into` what its
/// value is bound to.
fn learns_its_type(expr: &syn::Expr) -> bool {
    matches!(expr, syn::Expr::MethodCall(call) if call.method == "atomically" || call.method == "try_into")
}
