//! `for`, and iterators over ranges and slices. Iterators are no values on the card: a chain of adapters is a
//! counting loop, the item is made of the count, and what a closure does with it stands in the loop.

mod chain;
mod consumer;
mod stage;

use super::{Checker, make};
use crate::diagnostic::{Diagnostic, Span};
use crate::front::resolve::Checked;
use crate::front::tree::{Expr, Kind, Pattern, Statement};
use crate::front::ty::{Int, Ty};
use chain::{Chain, Source};
use stage::Loop;

/// What a pattern of `for` or of a closure takes apart.
#[derive(Clone)]
enum Item {
    Value(Expr),
    /// An element that may be assigned to.
    Place(Expr),
    Pair(Box<Item>, Box<Item>),
}

impl Checker<'_> {
    pub(super) fn for_loop(&mut self, branch: &syn::ExprForLoop) -> Checked<Expr> {
        if let Some(own) = self.for_own(branch)? {
            return Ok(own);
        }
        let span = self.span(branch);
        self.scoped(|checker| {
            let mut statements = Vec::new();
            let source = checker.source(&branch.expr, &mut statements)?;
            let label = branch.label.as_ref().map(|label| &label.name);
            checker.over(
                source,
                label,
                span,
                &mut statements,
                |checker, item, inside| {
                    checker.bind_item(&branch.pat, item, &mut inside.body)?;
                    let body = checker.block(&branch.body, Some(&Ty::Unit))?;
                    inside.body.push(Statement::Expr(body));
                    Ok(())
                },
            )?;
            Ok(make::block(statements, None, span))
        })
    }

    /// A loop over what a source gives; `body` says what is done with an item.
    fn over(
        &mut self,
        source: Source<'_>,
        label: Option<&syn::Lifetime>,
        span: Span,
        statements: &mut Vec<Statement>,
        body: impl FnOnce(&mut Self, Item, &mut Loop) -> Checked<()>,
    ) -> Checked<()> {
        let Source { chain, stages } = source;
        // The values of a range are counted themselves, whatever their type.
        let (from, to, inclusive) = match &chain {
            Chain::Range {
                from,
                to,
                inclusive,
            } => (from.clone(), to.clone(), *inclusive),
            _ => {
                let length = self.length(&chain, span);
                let length = self.temporary(length, statements);
                (make::number(0, span), length, false)
            }
        };
        let count = self.declare("_".to_owned(), from.ty.clone(), false);
        let at = make::variable(count, from.ty.clone(), span);
        let (item, index) = match chain {
            Chain::Range { .. } => (Item::Value(at), None),
            _ => (self.item(&chain, at.clone(), span)?, Some(at)),
        };
        let id = self.enter(label, None);
        let mut inside = Loop {
            id,
            before: Vec::new(),
            head: Vec::new(),
            body: Vec::new(),
            index,
        };
        let outcome = self.scoped(|checker| {
            let mut item = item;
            for stage in &stages {
                item = checker.stage(stage, item, &mut inside, span)?;
                if !stage.keeps_count() {
                    inside.index = None;
                }
            }
            body(checker, item, &mut inside)
        });
        self.loops.pop();
        outcome?;
        statements.append(&mut inside.before);
        inside.head.append(&mut inside.body);
        let kind = Kind::For {
            id,
            variable: count,
            from: Box::new(from),
            to: Box::new(to),
            inclusive,
            body: Box::new(make::block(inside.head, None, span)),
        };
        statements.push(Statement::Expr(make::expr(kind, Ty::Unit, span)));
        Ok(())
    }

    /// A variable that holds `value` from here on.
    pub(super) fn temporary(&mut self, value: Expr, statements: &mut Vec<Statement>) -> Expr {
        if let Kind::Int(_) = value.kind {
            return value;
        }
        let (ty, span) = (value.ty.clone(), value.span);
        let id = self.declare("_".to_owned(), ty.clone(), false);
        statements.push(Statement::Let(Pattern::Bind(id), Some(value)));
        make::variable(id, ty, span)
    }

    fn bind_item(
        &mut self,
        pattern: &syn::Pat,
        item: Item,
        statements: &mut Vec<Statement>,
    ) -> Checked<()> {
        match (pattern, item) {
            (syn::Pat::Paren(inner), item) => self.bind_item(&inner.pat, item, statements),
            (syn::Pat::Type(typed), item) => {
                if let (false, Item::Value(value) | Item::Place(value)) =
                    (matches!(*typed.ty, syn::Type::Infer(_)), &item)
                {
                    let ty = self.written_type(&typed.ty)?;
                    self.same(&ty, &value.ty, self.span(typed))?;
                }
                self.bind_item(&typed.pat, item, statements)
            }
            (syn::Pat::Tuple(tuple), Item::Pair(a, b)) if tuple.elems.len() == 2 => {
                self.bind_item(&tuple.elems[0], *a, statements)?;
                self.bind_item(&tuple.elems[1], *b, statements)
            }
            // What `filter` is given is a reference to the pair.
            (syn::Pat::Reference(inner), item @ Item::Pair(..)) => {
                self.bind_item(&inner.pat, item, statements)
            }
            (syn::Pat::Ident(name), Item::Place(place)) => {
                let id = self.declare(name.ident.to_string(), place.ty.clone(), true);
                self.places.insert(id, place);
                Ok(())
            }
            (syn::Pat::Wild(_), _) => Ok(()),
            (pattern, item) => {
                let value = self.value_of(item, self.span(pattern))?;
                let pattern = self.pattern(pattern, &value.ty)?;
                statements.push(Statement::Let(pattern, Some(value)));
                Ok(())
            }
        }
    }

    /// The body of a closure that is written where it is passed, put in place with its parameters bound.
    fn inlined(
        &mut self,
        closure: &syn::Expr,
        items: Vec<Item>,
        wanted: Option<&Ty>,
    ) -> Checked<Expr> {
        let closure = self.as_closure(closure, items.len())?;
        let span = self.span(&*closure);
        self.scoped(|checker| {
            let mut statements = Vec::new();
            for (pattern, item) in closure.inputs.iter().zip(items) {
                checker.bind_item(pattern, item, &mut statements)?;
            }
            let value = checker.closure_body(&closure, wanted)?;
            Ok(make::block(statements, Some(value), span))
        })
    }

    /// An item whole, where no part of it is a place.
    fn value_of(&self, item: Item, span: Span) -> Checked<Expr> {
        match item {
            Item::Value(value) => Ok(value),
            Item::Place(_) => Err(Diagnostic::new(
                span,
                "this use of an element of `iter_mut` is not part of Card Rust",
                "not compiled for the card",
            )
            .help("bind the element to a plain name, and read or assign it there")),
            Item::Pair(a, b) => {
                let (a, b) = (self.value_of(*a, span)?, self.value_of(*b, span)?);
                let (ty, span) = (Ty::Tuple(vec![a.ty.clone(), b.ty.clone()]), a.span);
                Ok(make::expr(Kind::Tuple(vec![a, b]), ty, span))
            }
        }
    }

    /// Ranges that are counted with a `usize`, now that their types are known.
    pub(super) fn counted_ranges(&self) -> Checked<()> {
        for (ty, span) in &self.counted {
            match self.resolve(ty) {
                Ty::Int(Int::U8 | Int::U16 | Int::Usize) | Ty::Never => {}
                Ty::IntVar(_) => {
                    return Err(Diagnostic::new(
                        *span,
                        "the type of this range is not told",
                        "rustc takes `i32`, which takes two words on the card",
                    )
                    .help("write the type at an end: `0usize..n`"));
                }
                ty => {
                    return Err(Diagnostic::new(
                        *span,
                        format!(
                            "an adapter on a range of `{}` is not part of Card Rust",
                            self.context.type_name(&ty)
                        ),
                        "its items are counted with a `usize`",
                    )
                    .help("use a range of `u8`, `u16` or `usize`, or write the type at an end: `0usize..n`"));
                }
            }
        }
        Ok(())
    }
}
