//! `for` over ranges, slices and iterators over slices. Iterators are no values on the card: a chain of
//! adapters is a counting loop, and the item is made of the count.

use super::Checker;
use crate::diagnostic::Span;
use crate::front::resolve::Checked;
use crate::front::tree::{Expr, Intrinsic, Kind, Pattern, Statement, VariableId};
use crate::front::ty::{Int, Ty};
use crate::ir::{BinaryOp, CompareOp};

/// A chain of adapters, as far as it is understood.
enum Chain {
    /// `slice.iter()`, and `iter_mut` where items are places.
    Elements {
        slice: Expr,
        element: Ty,
        mutable: bool,
    },
    /// `slice.chunks_exact(size)`, and `chunks`, whose last item may be shorter.
    Chunks {
        slice: Expr,
        element: Ty,
        size: Expr,
        exact: bool,
    },
    /// `from..to`
    Range {
        from: Expr,
        to: Expr,
    },
    /// `inner.enumerate()`
    Enumerate(Box<Chain>),
    Zip(Box<Chain>, Box<Chain>),
    Rev(Box<Chain>, Expr),
    Skip(Box<Chain>, Expr),
    Take(Box<Chain>, Expr),
    StepBy(Box<Chain>, Expr),
}

/// What a pattern of `for` takes apart.
enum Item {
    Value(Expr),
    /// An element that may be assigned to.
    Place(Expr),
    Pair(Box<Item>, Box<Item>),
}

impl Checker<'_> {
    pub(super) fn for_loop(&mut self, branch: &syn::ExprForLoop) -> Checked<Expr> {
        let span = self.span(branch);
        let mut iterated = &*branch.expr;
        while let syn::Expr::Paren(inner) = iterated {
            iterated = &inner.expr;
        }
        if let syn::Expr::Range(range) = iterated {
            return self.for_range(branch, range, span);
        }
        self.scoped(|checker| {
            let mut statements = Vec::new();
            let chain = checker.chain(iterated, &mut statements)?;
            let length = checker.length(&chain, span);
            let length = checker.temporary(length, &mut statements);
            let count = checker.declare("_".to_owned(), Ty::Int(Int::Usize), false);
            let item = checker.item(&chain, variable(count, span), span);
            let id = checker.enter(branch.label.as_ref().map(|label| &label.name), None);
            let body = checker.scoped(|checker| {
                let mut inside = Vec::new();
                checker.bind_item(&branch.pat, item, &mut inside)?;
                let body = checker.block(&branch.body, Some(&Ty::Unit))?;
                inside.push(Statement::Expr(body));
                Ok(Expr {
                    kind: Kind::Block(inside, None),
                    ty: Ty::Unit,
                    span,
                })
            });
            checker.loops.pop();
            let kind = Kind::For {
                id,
                variable: count,
                from: Box::new(number(0, span)),
                to: Box::new(length),
                inclusive: false,
                body: Box::new(body?),
            };
            statements.push(Statement::Expr(Expr {
                kind,
                ty: Ty::Unit,
                span,
            }));
            Ok(Expr {
                kind: Kind::Block(statements, None),
                ty: Ty::Unit,
                span,
            })
        })
    }

    fn for_range(
        &mut self,
        branch: &syn::ExprForLoop,
        range: &syn::ExprRange,
        span: Span,
    ) -> Checked<Expr> {
        let (Some(from), Some(to)) = (&range.start, &range.end) else {
            return self.refuse(range, "an open range in `for`", "write both ends: `0..n`");
        };
        let from = self.expr(from, None)?;
        let to = self.expr(to, Some(&from.ty))?;
        self.same(&from.ty, &to.ty, to.span)?;
        let inclusive = matches!(range.limits, syn::RangeLimits::Closed(_));
        self.scoped(|checker| {
            let name = match &*branch.pat {
                syn::Pat::Ident(name) if name.mutability.is_none() => name.ident.to_string(),
                syn::Pat::Wild(_) => "_".to_owned(),
                other => {
                    return checker.refuse(other, "a pattern over a range", "use a plain name");
                }
            };
            let variable = checker.declare(name, from.ty.clone(), false);
            let id = checker.enter(branch.label.as_ref().map(|label| &label.name), None);
            let body = checker.block(&branch.body, Some(&Ty::Unit));
            checker.loops.pop();
            let kind = Kind::For {
                id,
                variable,
                from: Box::new(from),
                to: Box::new(to),
                inclusive,
                body: Box::new(body?),
            };
            Ok(Expr {
                kind,
                ty: Ty::Unit,
                span,
            })
        })
    }

    /// A variable that holds `value` from here on.
    fn temporary(&mut self, value: Expr, statements: &mut Vec<Statement>) -> Expr {
        let span = value.span;
        if let Kind::Int(_) = value.kind {
            return value;
        }
        let ty = value.ty.clone();
        let id = self.declare("_".to_owned(), ty.clone(), false);
        statements.push(Statement::Let(Pattern::Bind(id), Some(value)));
        Expr {
            kind: Kind::Variable(id),
            ty,
            span,
        }
    }

    /// Reads a chain of adapters; what it is made of is evaluated once, into variables.
    fn chain(&mut self, expr: &syn::Expr, statements: &mut Vec<Statement>) -> Checked<Chain> {
        let usize_ = Ty::Int(Int::Usize);
        match expr {
            syn::Expr::Paren(inner) => return self.chain(&inner.expr, statements),
            syn::Expr::Range(range) => return self.range(range, statements),
            syn::Expr::MethodCall(call) => {
                let name = call.method.to_string();
                let arguments: Vec<&syn::Expr> = call.args.iter().collect();
                let inner = |checker: &mut Self, statements: &mut Vec<Statement>| {
                    checker.chain(&call.receiver, statements).map(Box::new)
                };
                match (name.as_str(), arguments.as_slice()) {
                    ("iter" | "into_iter" | "copied" | "cloned", []) => {
                        return self.chain(&call.receiver, statements);
                    }
                    ("iter_mut", []) => {
                        let (slice, element) = self.iterated(&call.receiver, statements)?;
                        return Ok(Chain::Elements {
                            slice,
                            element,
                            mutable: true,
                        });
                    }
                    ("chunks_exact" | "chunks" | "chunks_exact_mut" | "chunks_mut", [size]) => {
                        let (slice, element) = self.iterated(&call.receiver, statements)?;
                        let size = self.expect(size, &usize_)?;
                        let size = self.temporary(size, statements);
                        return Ok(Chain::Chunks {
                            slice,
                            element,
                            size,
                            exact: name.starts_with("chunks_exact"),
                        });
                    }
                    ("enumerate", []) => return Ok(Chain::Enumerate(inner(self, statements)?)),
                    ("zip", [other]) => {
                        let left = inner(self, statements)?;
                        let right = Box::new(self.chain(other, statements)?);
                        return Ok(Chain::Zip(left, right));
                    }
                    ("rev", []) => {
                        let inner = inner(self, statements)?;
                        let length = self.length(&inner, self.span(call));
                        let length = self.temporary(length, statements);
                        return Ok(Chain::Rev(inner, length));
                    }
                    ("skip" | "take" | "step_by", [count]) => {
                        let inner = inner(self, statements)?;
                        let count = self.expect(count, &usize_)?;
                        let count = self.temporary(count, statements);
                        return Ok(match name.as_str() {
                            "skip" => Chain::Skip(inner, count),
                            "take" => Chain::Take(inner, count),
                            _ => Chain::StepBy(inner, count),
                        });
                    }
                    (
                        "map" | "filter" | "take_while" | "skip_while" | "inspect" | "flat_map",
                        _,
                    ) => {
                        return self.refuse(
                            call,
                            &format!("`{name}` of an iterator"),
                            "say what its closure says in the loop",
                        );
                    }
                    _ => {}
                }
            }
            _ => {}
        }
        let (slice, element) = self.iterated(expr, statements)?;
        Ok(Chain::Elements {
            slice,
            element,
            mutable: is_mutable_borrow(expr),
        })
    }

    /// The slice that an iterator goes over.
    fn iterated(
        &mut self,
        expr: &syn::Expr,
        statements: &mut Vec<Statement>,
    ) -> Checked<(Expr, Ty)> {
        let value = self.expr(expr, None)?;
        let value = self.as_slice(value);
        match self.resolve(&value.ty) {
            Ty::Slice(element) | Ty::Array(element, _) if element.is_scalar() => {
                let slice = match value.kind {
                    // An array's name is the array; a slice may be changed while the loop runs.
                    Kind::ConstArray(_) => value,
                    Kind::Variable(id)
                        if !self.variables[id.0].mutable || matches!(value.ty, Ty::Array(..)) =>
                    {
                        value
                    }
                    _ => self.temporary(value, statements),
                };
                self.needs_memory(&slice);
                Ok((slice, *element))
            }
            Ty::Never => Ok((value, Ty::Int(Int::U8))),
            ty => self.refuse(
                expr,
                &format!("iterating over `{}`", self.context.type_name(&ty)),
                "iterate over a range, or over a slice with `iter`, `iter_mut`, `enumerate`, `zip`, `chunks_exact`, `rev`, `skip`, `take`, `step_by`",
            ),
        }
    }

    fn range(&mut self, range: &syn::ExprRange, statements: &mut Vec<Statement>) -> Checked<Chain> {
        let (Some(from), Some(to)) = (&range.start, &range.end) else {
            return self.refuse(range, "an open range here", "write both ends: `0..n`");
        };
        let from = self.expr(from, None)?;
        let to = self.expr(to, Some(&from.ty))?;
        self.same(&from.ty, &to.ty, to.span)?;
        // The count is a `usize`, which a range of `u16` may not fit.
        match self.resolve(&from.ty) {
            Ty::Int(Int::U8 | Int::Usize) => {}
            _ => {
                return self.refuse(
                    range,
                    "an adapter on a range of another type than `u8` and `usize`",
                    "write the type at an end: `0usize..n`",
                );
            }
        }
        if matches!(range.limits, syn::RangeLimits::Closed(_)) {
            return self.refuse(range, "an adapter on `a..=b`", "write `a..b`");
        }
        let from = self.temporary(from, statements);
        let to = self.temporary(to, statements);
        Ok(Chain::Range { from, to })
    }

    /// How many items there are: a `usize`.
    fn length(&self, chain: &Chain, span: Span) -> Expr {
        match chain {
            Chain::Elements { slice, .. } => Expr {
                kind: Kind::Intrinsic(Intrinsic::Len, vec![slice.clone()]),
                ty: Ty::Int(Int::Usize),
                span,
            },
            Chain::Chunks {
                slice, size, exact, ..
            } => {
                let length = Expr {
                    kind: Kind::Intrinsic(Intrinsic::Len, vec![slice.clone()]),
                    ty: Ty::Int(Int::Usize),
                    span,
                };
                if *exact {
                    op(BinaryOp::Div, length, size.clone())
                } else {
                    ceiling(length, size)
                }
            }
            Chain::Range { from, to } => {
                let empty = Expr {
                    kind: Kind::Compare(
                        CompareOp::Ge,
                        Box::new(from.clone()),
                        Box::new(to.clone()),
                    ),
                    ty: Ty::Bool,
                    span,
                };
                let difference = self.widened(op(BinaryOp::Sub, to.clone(), from.clone()));
                Expr {
                    kind: Kind::If(
                        Box::new(empty),
                        Box::new(number(0, span)),
                        Some(Box::new(difference)),
                    ),
                    ty: Ty::Int(Int::Usize),
                    span,
                }
            }
            Chain::Enumerate(inner) => self.length(inner, span),
            Chain::Zip(a, b) => least(self.length(a, span), self.length(b, span)),
            Chain::Rev(_, length) => length.clone(),
            Chain::Skip(inner, count) => {
                let length = self.length(inner, span);
                let skipped = least(length.clone(), count.clone());
                op(BinaryOp::Sub, length, skipped)
            }
            Chain::Take(inner, count) => least(self.length(inner, span), count.clone()),
            Chain::StepBy(inner, step) => ceiling(self.length(inner, span), step),
        }
    }

    fn widened(&self, value: Expr) -> Expr {
        if self.resolve(&value.ty) == Ty::Int(Int::Usize) {
            return value;
        }
        let span = value.span;
        Expr {
            kind: Kind::Cast(Box::new(value)),
            ty: Ty::Int(Int::Usize),
            span,
        }
    }

    /// Item number `at`.
    fn item(&self, chain: &Chain, at: Expr, span: Span) -> Item {
        match chain {
            Chain::Elements {
                slice,
                element,
                mutable,
            } => {
                let element = Expr {
                    kind: Kind::Index(Box::new(slice.clone()), Box::new(at)),
                    ty: element.clone(),
                    span,
                };
                if *mutable {
                    Item::Place(element)
                } else {
                    Item::Value(element)
                }
            }
            Chain::Chunks {
                slice,
                element,
                size,
                exact,
            } => {
                let start = op(BinaryOp::Mul, at, size.clone());
                // Behind the last of them it may be more than a slice is long.
                let mut end = Expr {
                    kind: Kind::Binary(
                        BinaryOp::Add,
                        Box::new(start.clone()),
                        Box::new(size.clone()),
                    ),
                    ..start.clone()
                };
                if !*exact {
                    let length = Expr {
                        kind: Kind::Intrinsic(Intrinsic::Len, vec![slice.clone()]),
                        ty: Ty::Int(Int::Usize),
                        span,
                    };
                    end = least(end, length);
                }
                Item::Value(Expr {
                    kind: Kind::SubSlice(
                        Box::new(slice.clone()),
                        Some(Box::new(start)),
                        Some(Box::new(end)),
                        false,
                    ),
                    ty: Ty::Slice(Box::new(element.clone())),
                    span,
                })
            }
            Chain::Range { from, .. } => {
                let at = if self.resolve(&from.ty) == Ty::Int(Int::Usize) {
                    at
                } else {
                    Expr {
                        kind: Kind::Cast(Box::new(at)),
                        ty: from.ty.clone(),
                        span,
                    }
                };
                Item::Value(op(BinaryOp::Add, from.clone(), at))
            }
            Chain::Enumerate(inner) => Item::Pair(
                Box::new(Item::Value(at.clone())),
                Box::new(self.item(inner, at, span)),
            ),
            Chain::Zip(a, b) => Item::Pair(
                Box::new(self.item(a, at.clone(), span)),
                Box::new(self.item(b, at, span)),
            ),
            Chain::Rev(inner, length) => {
                let last = op(BinaryOp::Sub, length.clone(), number(1, span));
                self.item(inner, op(BinaryOp::Sub, last, at), span)
            }
            Chain::Skip(inner, count) => {
                self.item(inner, op(BinaryOp::Add, at, count.clone()), span)
            }
            Chain::Take(inner, _) => self.item(inner, at, span),
            Chain::StepBy(inner, step) => {
                self.item(inner, op(BinaryOp::Mul, at, step.clone()), span)
            }
        }
    }

    fn bind_item(
        &mut self,
        pattern: &syn::Pat,
        item: Item,
        statements: &mut Vec<Statement>,
    ) -> Checked<()> {
        match (pattern, item) {
            (syn::Pat::Paren(inner), item) => self.bind_item(&inner.pat, item, statements),
            (syn::Pat::Tuple(tuple), Item::Pair(a, b)) if tuple.elems.len() == 2 => {
                self.bind_item(&tuple.elems[0], *a, statements)?;
                self.bind_item(&tuple.elems[1], *b, statements)
            }
            (syn::Pat::Ident(name), Item::Place(place)) => {
                let id = self.declare(name.ident.to_string(), place.ty.clone(), true);
                self.places.insert(id, place);
                Ok(())
            }
            (syn::Pat::Wild(_), _) => Ok(()),
            (pattern, item) => {
                let Some(value) = value_of(item) else {
                    return self.refuse(
                        pattern,
                        "this pattern over `iter_mut`",
                        "use a plain name for the element",
                    );
                };
                let pattern = self.pattern(pattern, &value.ty)?;
                statements.push(Statement::Let(pattern, Some(value)));
                Ok(())
            }
        }
    }
}

/// An item whole, where no part of it is a place.
fn value_of(item: Item) -> Option<Expr> {
    match item {
        Item::Value(value) => Some(value),
        Item::Place(_) => None,
        Item::Pair(a, b) => {
            let (a, b) = (value_of(*a)?, value_of(*b)?);
            let (ty, span) = (Ty::Tuple(vec![a.ty.clone(), b.ty.clone()]), a.span);
            Some(Expr {
                kind: Kind::Tuple(vec![a, b]),
                ty,
                span,
            })
        }
    }
}

fn is_mutable_borrow(expr: &syn::Expr) -> bool {
    matches!(expr, syn::Expr::Reference(reference) if reference.mutability.is_some())
}

fn variable(id: VariableId, span: Span) -> Expr {
    Expr {
        kind: Kind::Variable(id),
        ty: Ty::Int(Int::Usize),
        span,
    }
}

fn number(n: i64, span: Span) -> Expr {
    Expr {
        kind: Kind::Int(n),
        ty: Ty::Int(Int::Usize),
        span,
    }
}

fn op(op: BinaryOp, a: Expr, b: Expr) -> Expr {
    let (ty, span) = (a.ty.clone(), a.span);
    Expr {
        kind: Kind::Within(op, Box::new(a), Box::new(b)),
        ty,
        span,
    }
}

fn least(a: Expr, b: Expr) -> Expr {
    let (ty, span) = (a.ty.clone(), a.span);
    Expr {
        kind: Kind::Intrinsic(Intrinsic::Min, vec![a, b]),
        ty,
        span,
    }
}

/// `a / b`, rounded up, of `usize`; without a sum that may not fit.
fn ceiling(a: Expr, b: &Expr) -> Expr {
    let span = a.span;
    let rest = op(BinaryOp::Rem, a.clone(), b.clone());
    let more = Expr {
        kind: Kind::Compare(CompareOp::Ne, Box::new(rest), Box::new(number(0, span))),
        ty: Ty::Bool,
        span,
    };
    let more = Expr {
        kind: Kind::Cast(Box::new(more)),
        ty: Ty::Int(Int::Usize),
        span,
    };
    op(BinaryOp::Add, op(BinaryOp::Div, a, b.clone()), more)
}
