//! What ends a chain: each is a loop that leaves with its result, or keeps one beside it.

use super::chain::{Chain, is_iterator};
use super::stage::{Loop, Stage, next};
use super::{Item, Source};
use crate::diagnostic::{Diagnostic, Span};
use crate::front::check::{Checker, make};
use crate::front::resolve::Checked;
use crate::front::tree::{Expr, Kind, Pattern, Statement};
use crate::front::ty::{Int, Ty};
use crate::ir::{BinaryOp, CompareOp};

/// What is not one, and what to write instead.
const REFUSED: [(&str, &str); 12] = [
    ("collect", "push into a `heapless::Vec` in a `for` loop"),
    (
        "partition",
        "push into two `heapless::Vec`s in a `for` loop",
    ),
    ("unzip", "push into two `heapless::Vec`s in a `for` loop"),
    ("try_fold", "write a `for` loop with `?` in it"),
    ("reduce", "use `fold` with a first value"),
    ("min_by", "use `min_by_key`, or a `for` loop"),
    ("max_by", "use `max_by_key`, or a `for` loop"),
    ("rposition", "use `rev` and `position`, or a `for` loop"),
    (
        "cycle",
        "count, and index with the remainder: `slice[i % slice.len()]`",
    ),
    ("cmp", "compare element by element in a `for` loop"),
    ("partial_cmp", "compare element by element in a `for` loop"),
    ("is_sorted", "use `windows(2)` and `all`"),
];

impl Checker<'_> {
    /// A method that ends an iterator; `None` of what is no iterator.
    pub(in crate::front::check) fn consumer(
        &mut self,
        call: &syn::ExprMethodCall,
        wanted: Option<&Ty>,
    ) -> Checked<Option<Expr>> {
        if !is_iterator(&call.receiver) {
            return Ok(None);
        }
        let span = self.span(call);
        let name = call.method.to_string();
        let arguments: Vec<&syn::Expr> = call.args.iter().collect();
        if let ("contains", [value], Some(range)) = (
            name.as_str(),
            arguments.as_slice(),
            range_of(&call.receiver),
        ) {
            return self.within(range, value, span).map(Some);
        }
        if let Some((_, help)) = REFUSED.iter().find(|(refused, _)| *refused == name) {
            return self.refuse(&call.method, &format!("`{name}` of an iterator"), help);
        }
        self.scoped(|checker| {
            let mut statements = Vec::new();
            let source = checker.source(&call.receiver, &mut statements)?;
            let value = match (name.as_str(), arguments.as_slice()) {
                ("any", [closure]) => checker.question(source, closure, true, span)?,
                ("all", [closure]) => checker.question(source, closure, false, span)?,
                ("position", [closure]) => checker.position(source, closure, span)?,
                ("find", [closure]) => checker.found(source, Some(closure), span)?,
                ("find_map", [closure]) => {
                    let mut source = source;
                    source.stages.push(Stage::FilterMap(closure));
                    checker.found(source, None, span)?
                }
                ("next", []) => checker.found(source, None, span)?,
                ("nth", [at]) => {
                    let at = checker.expect(at, &Ty::Int(Int::Usize))?;
                    let at = checker.temporary(at, &mut statements);
                    let source = match source.stages.is_empty() {
                        true => Source {
                            chain: Chain::Skip(Box::new(source.chain), at),
                            ..source
                        },
                        false => {
                            let mut source = source;
                            source.stages.push(Stage::Skip(at));
                            source
                        }
                    };
                    checker.found(source, None, span)?
                }
                ("last", []) => checker.last_item(source, span, &mut statements)?,
                ("count", []) if source.stages.is_empty() => checker.length(&source.chain, span),
                ("len", []) if source.stages.iter().all(Stage::keeps_count) => {
                    checker.length(&source.chain, span)
                }
                ("count", []) => checker.number(source, span, &mut statements)?,
                ("sum" | "product", []) => {
                    let given = call.turbofish.as_ref().and_then(|list| list.args.first());
                    let ty = match given {
                        Some(syn::GenericArgument::Type(ty)) => Some(checker.written_type(ty)?),
                        _ => wanted.map(|ty| checker.resolve(ty)),
                    };
                    let Some(ty @ Ty::Int(_)) = ty else {
                        return Err(Diagnostic::new(
                            span,
                            format!("what `{name}` makes is not told"),
                            "no type of integer",
                        )
                        .help(format!("write the type: `.{name}::<u16>()`")));
                    };
                    checker.sum(source, &name, ty, span, &mut statements)?
                }
                ("fold", [initial, closure]) => {
                    let initial = checker.expr(initial, wanted)?;
                    checker.fold(source, initial, closure, span, &mut statements)?
                }
                ("min" | "max", []) => {
                    checker.extreme(source, None, name == "max", span, &mut statements)?
                }
                ("min_by_key" | "max_by_key", [key]) => checker.extreme(
                    source,
                    Some(key),
                    name == "max_by_key",
                    span,
                    &mut statements,
                )?,
                ("for_each", [closure]) => {
                    checker.over(source, None, span, &mut statements, |checker, item, inside| {
                        let value = checker.inlined(closure, vec![item], Some(&Ty::Unit))?;
                        checker.used(&value)?;
                        inside.body.push(Statement::Expr(value));
                        Ok(())
                    })?;
                    make::unit(span)
                }
                ("try_for_each", [closure]) => {
                    let result = Ty::Result(Box::new(Ty::Unit));
                    checker.over(source, None, span, &mut statements, |checker, item, inside| {
                        let value = checker.inlined(closure, vec![item], Some(&result))?;
                        checker.same(&result, &value.ty, value.span)?;
                        // An error ends the command, here as behind the loop.
                        let passed = make::expr(Kind::Try(Box::new(value)), Ty::Unit, span);
                        inside.body.push(Statement::Expr(passed));
                        Ok(())
                    })?;
                    make::expr(Kind::Ok(Box::new(make::unit(span))), result, span)
                }
                _ => {
                    return checker.refuse(
                        &call.method,
                        &format!("`{name}` of an iterator"),
                        "end it with `any`, `all`, `position`, `find`, `find_map`, `fold`, `sum`, `count`, `min`, `max`, `last`, `nth`, `for_each`, or go over it with `for`",
                    );
                }
            };
            Ok(Some(make::block(statements, Some(value), span)))
        })
    }

    /// `(from..to).contains(&value)`
    fn within(&mut self, range: &syn::ExprRange, value: &syn::Expr, span: Span) -> Checked<Expr> {
        let mut statements = Vec::new();
        let mut known: Option<Ty> = None;
        let mut ends = Vec::new();
        for end in [range.start.as_deref(), range.end.as_deref()] {
            ends.push(match end {
                Some(end) => {
                    let end = self.expr(end, known.as_ref())?;
                    self.same(known.as_ref().unwrap_or(&end.ty), &end.ty, end.span)?;
                    known = Some(self.resolve(&end.ty));
                    Some(self.temporary(end, &mut statements))
                }
                None => None,
            });
        }
        let value = self.expr(value, known.as_ref())?;
        self.same(known.as_ref().unwrap_or(&value.ty), &value.ty, value.span)?;
        self.is_ordered(&value)?;
        let value = self.temporary(value, &mut statements);
        let [from, to] = ends.as_slice() else {
            return Ok(make::truth(true, span));
        };
        let below = match range.limits {
            syn::RangeLimits::HalfOpen(_) => CompareOp::Lt,
            syn::RangeLimits::Closed(_) => CompareOp::Le,
        };
        let from = from
            .as_ref()
            .map(|from| make::compare(CompareOp::Ge, value.clone(), from.clone()));
        let to = to
            .as_ref()
            .map(|to| make::compare(below, value.clone(), to.clone()));
        let holds = match (from, to) {
            (Some(from), Some(to)) => make::and(from, to),
            (Some(one), None) | (None, Some(one)) => one,
            (None, None) => make::truth(true, span),
        };
        Ok(make::block(statements, Some(holds), span))
    }

    /// A loop that `body` leaves with a value; else the value is `otherwise`, whose type it has.
    fn search(
        &mut self,
        source: Source<'_>,
        span: Span,
        body: impl FnOnce(&mut Self, Item, &mut Loop, crate::front::tree::LoopId) -> Checked<Expr>,
    ) -> Checked<Expr> {
        let found = self.enter(None, None);
        let mut statements = Vec::new();
        let mut otherwise = None;
        let outcome = self.over(
            source,
            None,
            span,
            &mut statements,
            |checker, item, inside| {
                otherwise = Some(body(checker, item, inside, found)?);
                Ok(())
            },
        );
        self.loops.pop();
        outcome?;
        let otherwise = otherwise.unwrap_or_else(|| make::unit(span));
        let ty = otherwise.ty.clone();
        statements.push(Statement::Expr(make::leave(found, Some(otherwise), span)));
        let body = make::block(statements, None, span);
        Ok(make::expr(Kind::Loop(found, Box::new(body)), ty, span))
    }

    /// `any`, and `all`, which looks for what does not fit.
    fn question(
        &mut self,
        source: Source<'_>,
        closure: &syn::Expr,
        any: bool,
        span: Span,
    ) -> Checked<Expr> {
        self.search(source, span, |checker, item, inside, found| {
            let fits = checker.inlined(closure, vec![item], Some(&Ty::Bool))?;
            checker.same(&Ty::Bool, &fits.ty, fits.span)?;
            let decides = if any { fits } else { make::not(fits) };
            let leave = make::leave(found, Some(make::truth(any, span)), span);
            inside.body.push(make::when(decides, leave));
            Ok(make::truth(!any, span))
        })
    }

    fn position(&mut self, source: Source<'_>, closure: &syn::Expr, span: Span) -> Checked<Expr> {
        self.search(source, span, |checker, item, inside, found| {
            let at = checker.number_of(inside, span);
            let fits = checker.inlined(closure, vec![item], Some(&Ty::Bool))?;
            checker.same(&Ty::Bool, &fits.ty, fits.span)?;
            let leave = make::leave(found, Some(make::some(at)), span);
            inside.body.push(make::when(fits, leave));
            Ok(make::none(&Ty::Int(Int::Usize), span))
        })
    }

    /// The first item, or the first that a closure wants.
    fn found(
        &mut self,
        source: Source<'_>,
        closure: Option<&syn::Expr>,
        span: Span,
    ) -> Checked<Expr> {
        self.search(source, span, |checker, item, inside, found| {
            let (item, fits) = match closure {
                Some(closure) => {
                    let (item, fits) = checker.asked(closure, item, inside)?;
                    (item, Some(fits))
                }
                None => (item, None),
            };
            let item = checker.value_of(item, span)?;
            let none = make::none(&item.ty, span);
            let leave = make::leave(found, Some(make::some(item)), span);
            inside.body.push(match fits {
                Some(fits) => make::when(fits, leave),
                None => Statement::Expr(leave),
            });
            Ok(none)
        })
    }

    /// The last item: of a chain without closures the first from its other end.
    fn last_item(
        &mut self,
        source: Source<'_>,
        span: Span,
        statements: &mut Vec<Statement>,
    ) -> Checked<Expr> {
        if source.stages.is_empty() {
            let length = self.length(&source.chain, span);
            let length = self.temporary(length, statements);
            let chain = Chain::Rev(Box::new(source.chain), length);
            return self.found(Source { chain, ..source }, None, span);
        }
        self.best(source, span, statements, |_, item, _, best| {
            let value = make::some(item);
            Ok(Statement::Expr(make::assign(best, value)))
        })
    }

    fn number(
        &mut self,
        source: Source<'_>,
        span: Span,
        statements: &mut Vec<Statement>,
    ) -> Checked<Expr> {
        let mut count = None;
        self.over(source, None, span, statements, |checker, item, inside| {
            // What makes the item runs for each.
            checker.held(item, &mut inside.body);
            let known = checker.state(make::number(0, span), inside);
            inside.body.push(Statement::Expr(next(known.clone(), span)));
            count = Some(known);
            Ok(())
        })?;
        Ok(count.unwrap_or_else(|| make::number(0, span)))
    }

    fn sum(
        &mut self,
        source: Source<'_>,
        name: &str,
        ty: Ty,
        span: Span,
        statements: &mut Vec<Statement>,
    ) -> Checked<Expr> {
        let (op, initial) = if name == "sum" {
            (BinaryOp::Add, 0)
        } else {
            (BinaryOp::Mul, 1)
        };
        let initial = make::expr(Kind::Int(initial), ty.clone(), span);
        self.kept(source, initial, span, statements, |checker, item, known| {
            let item = checker.value_of(item, span)?;
            checker.same(&ty, &item.ty, item.span)?;
            Ok(make::open_op(op, known, item))
        })
    }

    fn fold(
        &mut self,
        source: Source<'_>,
        initial: Expr,
        closure: &syn::Expr,
        span: Span,
        statements: &mut Vec<Statement>,
    ) -> Checked<Expr> {
        let ty = self.resolve(&initial.ty);
        if !ty.in_locals() || matches!(ty, Ty::Vec(..)) {
            return Err(Diagnostic::new(
                initial.span,
                format!(
                    "`fold` over `{}` is not part of Card Rust",
                    self.context.type_name(&ty)
                ),
                "not a scalar, option, tuple or struct of these",
            )
            .help("write a `for` loop that changes a variable"));
        }
        self.kept(source, initial, span, statements, |checker, item, known| {
            let value = checker.inlined(closure, vec![Item::Value(known), item], Some(&ty))?;
            checker.same(&ty, &value.ty, value.span)?;
            Ok(value)
        })
    }

    /// A value that each item makes anew.
    fn kept(
        &mut self,
        source: Source<'_>,
        initial: Expr,
        span: Span,
        statements: &mut Vec<Statement>,
        step: impl FnOnce(&mut Self, Item, Expr) -> Checked<Expr>,
    ) -> Checked<Expr> {
        let ty = initial.ty.clone();
        let id = self.declare("_".to_owned(), ty.clone(), true);
        statements.push(Statement::Let(Pattern::Bind(id), Some(initial)));
        let known = make::variable(id, ty, span);
        let place = known.clone();
        self.over(source, None, span, statements, |checker, item, inside| {
            let value = step(checker, item, place.clone())?;
            inside
                .body
                .push(Statement::Expr(make::assign(place, value)));
            Ok(())
        })?;
        Ok(known)
    }

    /// The least or greatest item, or the one whose key is.
    fn extreme(
        &mut self,
        source: Source<'_>,
        key: Option<&syn::Expr>,
        greatest: bool,
        span: Span,
        statements: &mut Vec<Statement>,
    ) -> Checked<Expr> {
        // The later of two that are as great is the greatest, the earlier the least.
        let stays = if greatest {
            CompareOp::Lt
        } else {
            CompareOp::Ge
        };
        self.best(source, span, statements, |checker, item, inside, best| {
            let ty = item.ty.clone();
            let held = checker.declare("_".to_owned(), ty.clone(), false);
            let known = make::variable(held, ty.clone(), span);
            let (new, old, remember) = match key {
                None => (item.clone(), known, None),
                Some(key) => {
                    let item = Item::Value(item.clone());
                    let new = checker.inlined(key, vec![item], None)?;
                    let new = checker.temporary(new, &mut inside.body);
                    checker.is_ordered(&new)?;
                    let zero = make::expr(Kind::Int(0), new.ty.clone(), span);
                    let old = checker.state(zero, inside);
                    let remember = make::assign(old.clone(), new.clone());
                    (new, old, Some(remember))
                }
            };
            checker.is_ordered(&new)?;
            let stays = make::compare(stays, new, old);
            let pattern = make::some_pattern(Pattern::Bind(held), &ty);
            let there = make::expr(Kind::Let(pattern, Box::new(best.clone())), Ty::Bool, span);
            let mut taken = vec![Statement::Expr(make::assign(best, make::some(item)))];
            taken.extend(remember.map(Statement::Expr));
            Ok(Statement::Expr(make::choice(
                make::and(there, stays),
                make::block(Vec::new(), None, span),
                make::block(taken, None, span),
            )))
        })
    }

    /// An `Option` of an item, which each item may become.
    fn best(
        &mut self,
        source: Source<'_>,
        span: Span,
        statements: &mut Vec<Statement>,
        step: impl FnOnce(&mut Self, Expr, &mut Loop, Expr) -> Checked<Statement>,
    ) -> Checked<Expr> {
        let mut kept = None;
        self.over(source, None, span, statements, |checker, item, inside| {
            let item = checker.value_of(item, span)?;
            let item = checker.temporary(item, &mut inside.body);
            let best = checker.state(make::none(&item.ty, span), inside);
            let statement = step(checker, item, inside, best.clone())?;
            inside.body.push(statement);
            kept = Some(best);
            Ok(())
        })?;
        Ok(kept.unwrap_or_else(|| make::unit(span)))
    }

    fn is_ordered(&self, value: &Expr) -> Checked<()> {
        let ty = self.resolve(&value.ty);
        if ty.is_scalar() {
            return self.is_derived(&ty, value.span);
        }
        Err(Diagnostic::new(
            value.span,
            format!(
                "ordering `{}` is not part of Card Rust",
                self.context.type_name(&ty)
            ),
            "not a scalar",
        )
        .help("use `min_by_key` or `max_by_key` with a key that is one integer"))
    }
}

/// The range that an expression is, as it is written.
fn range_of(expr: &syn::Expr) -> Option<&syn::ExprRange> {
    match expr {
        syn::Expr::Paren(inner) => range_of(&inner.expr),
        syn::Expr::Range(range) => Some(range),
        _ => None,
    }
}
