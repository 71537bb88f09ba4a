//! What closures do with each item on its way from a chain to a loop's body.

use super::Item;
use crate::diagnostic::{Diagnostic, Span};
use crate::front::check::{Checker, make};
use crate::front::resolve::Checked;
use crate::front::tree::{Expr, Kind, LoopId, Pattern, Statement};
use crate::front::ty::{Int, Ty};
use crate::ir::{BinaryOp, CompareOp};

/// An adapter behind which an item's number is not known any more, or which runs a closure.
pub(super) enum Stage<'e> {
    Map(&'e syn::Expr),
    Filter(&'e syn::Expr),
    FilterMap(&'e syn::Expr),
    Inspect(&'e syn::Expr),
    TakeWhile(&'e syn::Expr),
    SkipWhile(&'e syn::Expr),
    MapWhile(&'e syn::Expr),
    Enumerate,
    Skip(Expr),
    Take(Expr),
}

impl<'e> Stage<'e> {
    pub(super) fn named(name: &str, closure: &'e syn::Expr) -> Option<Self> {
        Some(match name {
            "map" => Stage::Map(closure),
            "filter" => Stage::Filter(closure),
            "filter_map" => Stage::FilterMap(closure),
            "inspect" => Stage::Inspect(closure),
            "take_while" => Stage::TakeWhile(closure),
            "skip_while" => Stage::SkipWhile(closure),
            "map_while" => Stage::MapWhile(closure),
            _ => return None,
        })
    }

    /// Whether it does the same from the other end.
    pub(super) fn turns(&self) -> bool {
        matches!(
            self,
            Stage::Map(_) | Stage::Filter(_) | Stage::FilterMap(_) | Stage::Inspect(_)
        )
    }

    /// Whether as many items leave it as come.
    pub(super) fn keeps_count(&self) -> bool {
        matches!(self, Stage::Map(_) | Stage::Inspect(_) | Stage::Enumerate)
    }
}

/// The statements of a loop, under way.
pub(super) struct Loop {
    pub(super) id: LoopId,
    /// Before the loop.
    pub(super) before: Vec<Statement>,
    /// Before an item is made.
    pub(super) head: Vec<Statement>,
    /// Behind.
    pub(super) body: Vec<Statement>,
    /// The number of the item, as long as none was left out.
    pub(super) index: Option<Expr>,
}

impl Checker<'_> {
    /// Sends an item through a stage.
    pub(super) fn stage(
        &mut self,
        stage: &Stage<'_>,
        item: Item,
        inside: &mut Loop,
        span: Span,
    ) -> Checked<Item> {
        let id = inside.id;
        Ok(match stage {
            Stage::Map(closure) => {
                let value = self.inlined(closure, vec![item], None)?;
                self.is_item(&value)?;
                Item::Value(self.temporary(value, &mut inside.body))
            }
            Stage::Filter(closure) => {
                let (item, fits) = self.asked(closure, item, inside)?;
                let skip = make::again(id, span);
                inside.body.push(make::when(make::not(fits), skip));
                item
            }
            Stage::TakeWhile(closure) => {
                let (item, fits) = self.asked(closure, item, inside)?;
                let leave = make::leave(id, None, span);
                inside.body.push(make::when(make::not(fits), leave));
                item
            }
            Stage::SkipWhile(closure) => {
                let skips = self.state(make::truth(true, span), inside);
                let (item, fits) = self.asked(closure, item, inside)?;
                let skip = make::again(id, span);
                inside
                    .body
                    .push(make::when(make::and(skips.clone(), fits), skip));
                let done = make::assign(skips, make::truth(false, span));
                inside.body.push(Statement::Expr(done));
                item
            }
            Stage::Inspect(closure) => {
                let item = self.held(item, &mut inside.body);
                let value = self.inlined(closure, vec![item.clone()], None)?;
                inside.body.push(Statement::Expr(value));
                item
            }
            Stage::FilterMap(closure) | Stage::MapWhile(closure) => {
                let value = self.inlined(closure, vec![item], None)?;
                let Ty::Option(inner) = self.resolve(&value.ty) else {
                    return Err(Diagnostic::new(
                        value.span,
                        "this closure gives an `Option`",
                        format!("this is `{}`", self.context.type_name(&value.ty)),
                    ));
                };
                let other = match stage {
                    Stage::FilterMap(_) => make::again(id, span),
                    _ => make::leave(id, None, span),
                };
                let found = self.declare("_".to_owned(), (*inner).clone(), false);
                let pattern = make::some_pattern(Pattern::Bind(found), &inner);
                inside
                    .body
                    .push(Statement::LetElse(pattern, value, Box::new(other)));
                Item::Value(make::variable(found, *inner, span))
            }
            Stage::Enumerate => {
                let at = self.number_of(inside, span);
                Item::Pair(Box::new(Item::Value(at)), Box::new(item))
            }
            Stage::Skip(count) => {
                let skipped = self.state(make::number(0, span), inside);
                let under_way = make::compare(CompareOp::Lt, skipped.clone(), count.clone());
                let next = Statement::Expr(next(skipped, span));
                let skip = make::again(id, span);
                let skip = make::block(vec![next], Some(skip), span);
                inside.body.push(make::when(under_way, skip));
                item
            }
            Stage::Take(count) => {
                let taken = self.state(make::number(0, span), inside);
                let full = make::compare(CompareOp::Ge, taken.clone(), count.clone());
                let leave = make::leave(id, None, span);
                inside.head.push(make::when(full, leave));
                inside.body.push(Statement::Expr(next(taken, span)));
                item
            }
        })
    }

    /// The number of an item, counted where some are left out.
    pub(super) fn number_of(&mut self, inside: &mut Loop, span: Span) -> Expr {
        if let Some(index) = &inside.index {
            return index.clone();
        }
        let count = self.state(make::number(0, span), inside);
        let at = self.temporary(count.clone(), &mut inside.body);
        inside.body.push(Statement::Expr(next(count, span)));
        at
    }

    /// A variable that lives as long as the loop.
    pub(super) fn state(&mut self, initial: Expr, inside: &mut Loop) -> Expr {
        let (ty, span) = (initial.ty.clone(), initial.span);
        let id = self.declare("_".to_owned(), ty.clone(), true);
        inside
            .before
            .push(Statement::Let(Pattern::Bind(id), Some(initial)));
        make::variable(id, ty, span)
    }

    /// What a closure says of an item, which is needed behind it as well.
    pub(super) fn asked(
        &mut self,
        closure: &syn::Expr,
        item: Item,
        inside: &mut Loop,
    ) -> Checked<(Item, Expr)> {
        let item = self.held(item, &mut inside.body);
        let fits = self.inlined(closure, vec![item.clone()], Some(&Ty::Bool))?;
        self.same(&Ty::Bool, &fits.ty, fits.span)?;
        Ok((item, fits))
    }

    /// An item that is made once.
    pub(super) fn held(&mut self, item: Item, statements: &mut Vec<Statement>) -> Item {
        match item {
            Item::Value(value) => Item::Value(self.temporary(value, statements)),
            Item::Pair(a, b) => Item::Pair(
                Box::new(self.held(*a, statements)),
                Box::new(self.held(*b, statements)),
            ),
            place @ Item::Place(_) => place,
        }
    }

    /// Whether a closure's value may go on as an item.
    fn is_item(&self, value: &Expr) -> Checked<()> {
        let ty = self.resolve(&value.ty);
        if matches!(ty, Ty::Unit | Ty::Never | Ty::Slice(_))
            || ty.in_locals() && !matches!(ty, Ty::Vec(..))
        {
            return Ok(());
        }
        let help = match ty {
            Ty::Result(_) => "use `try_for_each`, or `?` in a `for` loop",
            _ => "items are scalars, slices, options, tuples and structs of these",
        };
        Err(Diagnostic::new(
            value.span,
            format!(
                "a closure that makes a `{}` is not part of Card Rust here",
                self.context.type_name(&ty)
            ),
            "not an item on the card",
        )
        .help(help))
    }
}

/// One more; there are no more items than a `usize` can count.
pub(super) fn next(count: Expr, span: Span) -> Expr {
    let one = make::expr(Kind::Int(1), Ty::Int(Int::Usize), span);
    make::assign(count.clone(), make::op(BinaryOp::Add, count, one))
}
