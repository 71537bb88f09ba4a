//! Chains of adapters: where items come from, how many there are, and which one is number `at`.

use super::Item;
use super::stage::Stage;
use crate::diagnostic::Span;
use crate::front::check::constant::rows;
use crate::front::check::{Checker, make};
use crate::front::resolve::Checked;
use crate::front::tree::{Expr, Kind, Statement};
use crate::front::ty::{Int, Ty};
use crate::ir::{BinaryOp, CompareOp};

/// What an item is made of, its number known.
pub(super) enum Chain {
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
    /// `slice.windows(size)`
    Windows {
        slice: Expr,
        element: Ty,
        size: Expr,
    },
    /// `from..to`, `from..=to`
    Range {
        from: Expr,
        to: Expr,
        inclusive: bool,
    },
    /// `inner.enumerate()`
    Enumerate(Box<Chain>),
    Zip(Box<Chain>, Box<Chain>),
    /// `first.chain(second)`, and how many the first has.
    Joined(Box<Chain>, Box<Chain>, Expr),
    Rev(Box<Chain>, Expr),
    Skip(Box<Chain>, Expr),
    Take(Box<Chain>, Expr),
    StepBy(Box<Chain>, Expr),
}

/// A chain, and what closures do with its items, in order.
pub(super) struct Source<'e> {
    pub(super) chain: Chain,
    pub(super) stages: Vec<Stage<'e>>,
}

impl Source<'_> {
    fn of(chain: Chain) -> Self {
        Self {
            chain,
            stages: Vec::new(),
        }
    }

    /// With its chain made longer.
    fn with(self, f: impl FnOnce(Box<Chain>) -> Chain) -> Self {
        Self {
            chain: f(Box::new(self.chain)),
            stages: self.stages,
        }
    }
}

/// Adapters of whatever iterator is in front of them.
const ADAPTERS: [&str; 21] = [
    "into_iter",
    "copied",
    "cloned",
    "by_ref",
    "enumerate",
    "zip",
    "chain",
    "rev",
    "skip",
    "take",
    "step_by",
    "map",
    "filter",
    "filter_map",
    "take_while",
    "skip_while",
    "map_while",
    "inspect",
    "flat_map",
    "scan",
    "peekable",
];

/// Methods that make an iterator of a slice.
const MAKERS: [&str; 7] = [
    "iter",
    "iter_mut",
    "chunks",
    "chunks_exact",
    "chunks_mut",
    "chunks_exact_mut",
    "windows",
];

/// Whether an expression is an iterator, as it is written.
pub(super) fn is_iterator(expr: &syn::Expr) -> bool {
    match expr {
        syn::Expr::Paren(inner) => is_iterator(&inner.expr),
        syn::Expr::Group(inner) => is_iterator(&inner.expr),
        syn::Expr::Range(_) => true,
        syn::Expr::MethodCall(call) => {
            let name = call.method.to_string();
            MAKERS.contains(&name.as_str())
                || (ADAPTERS.contains(&name.as_str()) && is_iterator(&call.receiver))
        }
        _ => false,
    }
}

impl Checker<'_> {
    /// Reads a chain of adapters; what it is made of is evaluated once, into variables.
    pub(super) fn source<'e>(
        &mut self,
        expr: &'e syn::Expr,
        statements: &mut Vec<Statement>,
    ) -> Checked<Source<'e>> {
        match expr {
            syn::Expr::Paren(inner) => return self.source(&inner.expr, statements),
            syn::Expr::Group(inner) => return self.source(&inner.expr, statements),
            syn::Expr::Range(range) => return self.range(range, statements).map(Source::of),
            syn::Expr::MethodCall(call) => {
                let name = call.method.to_string();
                let arguments: Vec<&syn::Expr> = call.args.iter().collect();
                if let Some(made) = self.made(call, &name, &arguments, statements)? {
                    return Ok(Source::of(made));
                }
                if ADAPTERS.contains(&name.as_str()) {
                    let inner = self.source(&call.receiver, statements)?;
                    return self.adapted(inner, call, &name, &arguments, statements);
                }
            }
            _ => {}
        }
        let (slice, element) = self.iterated(expr, statements)?;
        Ok(Source::of(Chain::Elements {
            slice,
            element,
            mutable: is_mutable_borrow(expr),
        }))
    }

    /// An iterator that a method makes of a slice.
    fn made(
        &mut self,
        call: &syn::ExprMethodCall,
        name: &str,
        arguments: &[&syn::Expr],
        statements: &mut Vec<Statement>,
    ) -> Checked<Option<Chain>> {
        Ok(Some(match (name, arguments) {
            ("iter", []) => {
                let (slice, element) = self.iterated(&call.receiver, statements)?;
                Chain::Elements {
                    slice,
                    element,
                    mutable: false,
                }
            }
            ("iter_mut", []) => {
                let (slice, element) = self.iterated(&call.receiver, statements)?;
                Chain::Elements {
                    slice,
                    element,
                    mutable: true,
                }
            }
            (
                "chunks_exact" | "chunks" | "chunks_exact_mut" | "chunks_mut" | "windows",
                [written],
            ) => {
                let (slice, element) = self.iterated(&call.receiver, statements)?;
                let size = self.expect(written, &Ty::Int(Int::Usize))?;
                let size = self.temporary(size, statements);
                if name == "windows" {
                    Chain::Windows {
                        slice,
                        element,
                        size,
                    }
                } else {
                    Chain::Chunks {
                        slice,
                        element,
                        size,
                        exact: name.starts_with("chunks_exact"),
                    }
                }
            }
            _ => return Ok(None),
        }))
    }

    fn adapted<'e>(
        &mut self,
        mut source: Source<'e>,
        call: &'e syn::ExprMethodCall,
        name: &str,
        arguments: &[&'e syn::Expr],
        statements: &mut Vec<Statement>,
    ) -> Checked<Source<'e>> {
        let span = self.span(call);
        let bare = source.stages.is_empty();
        match (name, arguments) {
            ("into_iter" | "copied" | "cloned", []) => Ok(source),
            ("enumerate", []) if bare => Ok(source.with(Chain::Enumerate)),
            ("enumerate", []) => {
                source.stages.push(Stage::Enumerate);
                Ok(source)
            }
            // What closures do to items is done in the order of the items.
            ("rev", []) if source.stages.iter().all(Stage::turns) => {
                let length = self.length(&source.chain, span);
                let length = self.temporary(length, statements);
                Ok(source.with(|inner| Chain::Rev(inner, length)))
            }
            ("zip", [other]) if bare => {
                let other = self.plain(other, statements)?;
                Ok(source.with(|inner| Chain::Zip(inner, Box::new(other))))
            }
            ("chain", [other]) if bare => {
                let other = self.plain(other, statements)?;
                let length = self.length(&source.chain, span);
                let length = self.temporary(length, statements);
                Ok(source.with(|inner| Chain::Joined(inner, Box::new(other), length)))
            }
            ("skip" | "take" | "step_by", [count]) if bare || name != "step_by" => {
                let count = self.expect(count, &Ty::Int(Int::Usize))?;
                let count = self.temporary(count, statements);
                match name {
                    "skip" if bare => return Ok(source.with(|inner| Chain::Skip(inner, count))),
                    "take" if bare => return Ok(source.with(|inner| Chain::Take(inner, count))),
                    "skip" => source.stages.push(Stage::Skip(count)),
                    "take" => source.stages.push(Stage::Take(count)),
                    _ => return Ok(source.with(|inner| Chain::StepBy(inner, count))),
                }
                Ok(source)
            }
            (_, [closure]) if let Some(stage) = Stage::named(name, closure) => {
                source.stages.push(stage);
                Ok(source)
            }
            ("rev" | "zip" | "chain" | "step_by", _) => self.refuse(
                call,
                &format!("`{name}` behind a closure"),
                &format!("put `{name}` in front of it, directly behind the slice"),
            ),
            ("flat_map", _) => self.refuse(call, "`flat_map`", "write a loop in a loop"),
            ("scan", _) => self.refuse(
                call,
                "`scan`",
                "use a variable outside that the closure of `map` changes",
            ),
            _ => self.refuse(
                call,
                &format!("`{name}` of an iterator"),
                "an iterator is no value on the card: go over it with `for`, or with an index",
            ),
        }
    }

    /// A chain whose items no closure changes.
    fn plain(&mut self, expr: &syn::Expr, statements: &mut Vec<Statement>) -> Checked<Chain> {
        let source = self.source(expr, statements)?;
        if source.stages.is_empty() {
            return Ok(source.chain);
        }
        self.refuse(
            expr,
            "a closure in this iterator",
            "let the closure work behind `zip` or `chain`, or in the loop",
        )
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
            Ty::Array(element, _) if rows(&value).is_some() => Ok((value, *element)),
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
                "iterate over a range, or over a slice: with `for`, or with `iter`, `iter_mut`, `chunks_exact`, `windows` and what follows them",
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
        let from = self.temporary(from, statements);
        let to = self.temporary(to, statements);
        Ok(Chain::Range {
            from,
            to,
            inclusive: matches!(range.limits, syn::RangeLimits::Closed(_)),
        })
    }

    /// How many items there are: a `usize`.
    pub(super) fn length(&mut self, chain: &Chain, span: Span) -> Expr {
        match chain {
            Chain::Elements { slice, .. } => make::length(slice.clone()),
            Chain::Chunks {
                slice, size, exact, ..
            } => {
                let length = make::length(slice.clone());
                if *exact {
                    make::op(BinaryOp::Div, length, size.clone())
                } else {
                    make::ceiling(length, size)
                }
            }
            Chain::Windows { slice, size, .. } => {
                let length = make::length(slice.clone());
                let more = make::op(BinaryOp::Add, length, make::number(1, span));
                let lost = make::least(more.clone(), size.clone());
                make::op(BinaryOp::Sub, more, lost)
            }
            Chain::Range {
                from,
                to,
                inclusive,
            } => {
                // A number of items is a `usize`, which the difference of larger integers may not fit.
                self.counted.push((from.ty.clone(), span));
                let op = if *inclusive {
                    CompareOp::Gt
                } else {
                    CompareOp::Ge
                };
                let empty = make::compare(op, from.clone(), to.clone());
                let mut length = make::cast(
                    make::op(BinaryOp::Sub, to.clone(), from.clone()),
                    Ty::Int(Int::Usize),
                );
                if *inclusive {
                    length = make::open_op(BinaryOp::Add, length, make::number(1, span));
                }
                make::choice(empty, make::number(0, span), length)
            }
            Chain::Enumerate(inner) => self.length(inner, span),
            Chain::Zip(a, b) => make::least(self.length(a, span), self.length(b, span)),
            Chain::Joined(_, second, first) => {
                let second = self.length(second, span);
                make::open_op(BinaryOp::Add, first.clone(), second)
            }
            Chain::Rev(_, length) => length.clone(),
            Chain::Skip(inner, count) => {
                let length = self.length(inner, span);
                let skipped = make::least(length.clone(), count.clone());
                make::op(BinaryOp::Sub, length, skipped)
            }
            Chain::Take(inner, count) => make::least(self.length(inner, span), count.clone()),
            Chain::StepBy(inner, step) => make::ceiling(self.length(inner, span), step),
        }
    }

    /// Item number `at`.
    pub(super) fn item(&mut self, chain: &Chain, at: Expr, span: Span) -> Checked<Item> {
        Ok(match chain {
            Chain::Elements {
                slice,
                element,
                mutable,
            } => {
                if let Some(row) = self.row(slice, at.clone(), span)? {
                    return Ok(Item::Value(row));
                }
                let kind = Kind::Index(Box::new(slice.clone()), Box::new(at));
                let element = make::expr(kind, element.clone(), span);
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
                let start = make::op(BinaryOp::Mul, at, size.clone());
                // Behind the last of them it may be more than a slice is long.
                let mut end = make::open_op(BinaryOp::Add, start.clone(), size.clone());
                if !*exact {
                    end = make::least(end, make::length(slice.clone()));
                }
                Item::Value(part(slice, element, start, end, span))
            }
            Chain::Windows {
                slice,
                element,
                size,
            } => {
                let end = make::op(BinaryOp::Add, at.clone(), size.clone());
                Item::Value(part(slice, element, at, end, span))
            }
            Chain::Range { from, .. } => {
                let at = make::cast(at, from.ty.clone());
                Item::Value(make::op(BinaryOp::Add, from.clone(), at))
            }
            Chain::Enumerate(inner) => Item::Pair(
                Box::new(Item::Value(at.clone())),
                Box::new(self.item(inner, at, span)?),
            ),
            Chain::Zip(a, b) => Item::Pair(
                Box::new(self.item(a, at.clone(), span)?),
                Box::new(self.item(b, at, span)?),
            ),
            Chain::Joined(first, second, length) => {
                let behind = make::op(BinaryOp::Sub, at.clone(), length.clone());
                let is_first = make::compare(CompareOp::Lt, at.clone(), length.clone());
                let (first, second) = (
                    self.item(first, at, span)?,
                    self.item(second, behind, span)?,
                );
                let (first, second) = (self.value_of(first, span)?, self.value_of(second, span)?);
                Item::Value(make::choice(is_first, first, second))
            }
            Chain::Rev(inner, length) => {
                let last = make::op(BinaryOp::Sub, length.clone(), make::number(1, span));
                self.item(inner, make::op(BinaryOp::Sub, last, at), span)?
            }
            Chain::Skip(inner, count) => {
                self.item(inner, make::op(BinaryOp::Add, at, count.clone()), span)?
            }
            Chain::Take(inner, _) => self.item(inner, at, span)?,
            Chain::StepBy(inner, step) => {
                self.item(inner, make::op(BinaryOp::Mul, at, step.clone()), span)?
            }
        })
    }
}

/// `slice[from..to]`
fn part(slice: &Expr, element: &Ty, from: Expr, to: Expr, span: Span) -> Expr {
    let kind = Kind::SubSlice(
        Box::new(slice.clone()),
        Some(Box::new(from)),
        Some(Box::new(to)),
        false,
    );
    make::expr(kind, Ty::Slice(Box::new(element.clone())), span)
}

fn is_mutable_borrow(expr: &syn::Expr) -> bool {
    matches!(expr, syn::Expr::Reference(reference) if reference.mutability.is_some())
}
