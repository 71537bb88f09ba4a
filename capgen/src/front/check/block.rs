//! Blocks and statements.

use syn::visit::Visit;

use super::Checker;
use crate::diagnostic::Diagnostic;
use crate::front::resolve::Checked;
use crate::front::tree::{Expr, Kind, LoopId, Statement};
use crate::front::ty::Ty;

/// The names that a pattern binds.
struct Names(Vec<String>);

impl<'ast> Visit<'ast> for Names {
    fn visit_pat_ident(&mut self, name: &'ast syn::PatIdent) {
        self.0.push(name.ident.to_string());
        syn::visit::visit_pat_ident(self, name);
    }
}

/// What a statement of a block is.
enum Part {
    Statement(Statement),
    /// The block's value.
    Value(Expr),
}

impl Checker<'_> {
    pub(super) fn block(&mut self, block: &syn::Block, wanted: Option<&Ty>) -> Checked<Expr> {
        self.block_left(block, wanted, None)
    }

    /// A block that a `break` may leave: what the first of them takes along says what the block's value is.
    pub(super) fn block_left(
        &mut self,
        block: &syn::Block,
        wanted: Option<&Ty>,
        id: Option<LoopId>,
    ) -> Checked<Expr> {
        // Its items are known in all of it.
        if let Some(inner) = self.context.block_module(self.module, block) {
            let around = std::mem::replace(&mut self.module, inner);
            let found = self.block_left(block, wanted, id);
            self.module = around;
            return found;
        }
        let span = self.span(block);
        self.scoped(|checker| {
            let mut statements = Vec::new();
            let mut value = None;
            let mut diverges = false;
            for (index, statement) in block.stmts.iter().enumerate() {
                let last = index + 1 == block.stmts.len();
                let told = id.filter(|_| last).and_then(|id| checker.told(id));
                match checker.statement(statement, last, wanted.or(told.as_ref())) {
                    Ok(Part::Value(found)) => value = Some(Box::new(found)),
                    Ok(Part::Statement(found)) => {
                        if let Statement::Expr(expr) = &found {
                            diverges |= checker.resolve(&expr.ty) == Ty::Never;
                        }
                        statements.push(found);
                    }
                    // Noted; the statements behind it are looked at all the same.
                    Err(error) => {
                        checker.errors.push(error);
                        checker.poison(statement);
                        diverges = true;
                    }
                }
            }
            let ty = match &value {
                Some(value) => value.ty.clone(),
                None if diverges => Ty::Never,
                None => Ty::Unit,
            };
            Ok(Expr {
                kind: Kind::Block(statements, value),
                ty,
                span,
            })
        })
    }

    /// The type that a `break` out of a block told so far.
    fn told(&self, id: LoopId) -> Option<Ty> {
        let entered = self.loops.iter().find(|entered| entered.id == id)?;
        entered.value.clone().filter(|_| !entered.is_open)
    }

    fn statement(
        &mut self,
        statement: &syn::Stmt,
        last: bool,
        wanted: Option<&Ty>,
    ) -> Checked<Part> {
        Ok(match statement {
            syn::Stmt::Local(local) => Part::Statement(self.local(local)?),
            syn::Stmt::Expr(expr, None) if last => Part::Value(self.expr(expr, wanted)?),
            syn::Stmt::Expr(expr, semicolon) => {
                let expr = self.expr(expr, semicolon.is_none().then_some(&Ty::Unit))?;
                self.used(&expr)?;
                Part::Statement(Statement::Expr(expr))
            }
            syn::Stmt::Macro(call) => {
                let expr = self.macro_call(&call.mac)?;
                if last && call.semi_token.is_none() {
                    Part::Value(expr)
                } else {
                    Part::Statement(Statement::Expr(expr))
                }
            }
            syn::Stmt::Item(syn::Item::Macro(_) | syn::Item::Mod(_)) => {
                return self.refuse(
                    statement,
                    "this item inside of a function",
                    "put it beside the function",
                );
            }
            syn::Stmt::Item(_) => {
                Part::Statement(Statement::Expr(super::make::unit(self.span(statement))))
            }
        })
    }

    /// The names of a `let` that was refused: what uses them is not refused again.
    fn poison(&mut self, statement: &syn::Stmt) {
        if let syn::Stmt::Local(local) = statement {
            self.names_of_nothing(&local.pat);
        }
    }

    /// Declares the names of a pattern for which there is no value: what uses them is not refused again.
    pub(super) fn names_of_nothing(&mut self, pattern: &syn::Pat) {
        let mut names = Names(Vec::new());
        names.visit_pat(pattern);
        for name in names.0 {
            self.declare(name, Ty::Never, false);
        }
    }

    /// A `Result` that is not looked at would be ignored by rustc and thrown by the card.
    pub(super) fn used(&self, expr: &Expr) -> Checked<()> {
        if let Ty::Result(_) = self.resolve(&expr.ty) {
            return Err(Diagnostic::new(
                expr.span,
                "a `Result` must be passed on",
                "an error here ends the command on the card",
            )
            .help("put `?` behind it, or return it"));
        }
        Ok(())
    }

    fn local(&mut self, local: &syn::Local) -> Checked<Statement> {
        if let Some(closure) = self.closure_binding(local)? {
            return Ok(closure);
        }
        let (pattern, ty, written) = match &local.pat {
            syn::Pat::Type(typed) => (
                &*typed.pat,
                Some(self.written_type(&typed.ty)?),
                Some(&*typed.ty),
            ),
            other => (other, None, None),
        };
        let value = match &local.init {
            Some(init) => {
                let value = self.expr(&init.expr, ty.as_ref())?;
                let value = match &ty {
                    Some(Ty::Slice(_)) => self.as_slice(value),
                    _ => value,
                };
                self.used(&value)?;
                if let Some(ty) = &ty {
                    self.same(ty, &value.ty, value.span)?;
                }
                Some(value)
            }
            None => None,
        };
        let ty = match (ty, &value) {
            (Some(ty), _) => ty,
            (None, Some(value)) => value.ty.clone(),
            (None, None) => {
                return self.refuse(
                    local,
                    "`let` without a type or a value",
                    "write the type: `let x: u8;`",
                );
            }
        };
        if let (Some((_, other)), Some(value)) = (
            local.init.as_ref().and_then(|init| init.diverge.as_ref()),
            value.clone(),
        ) {
            // The names of the pattern are not known to what runs where it does not fit.
            let other = self.scoped(|checker| checker.expr(other, None))?;
            if self.resolve(&other.ty) != Ty::Never {
                return Err(Diagnostic::new(
                    other.span,
                    "the `else` of a `let` must not come back",
                    "goes on behind the `let`",
                )
                .help("leave with `return`, `break`, `continue`, or `return Err(…)`"));
            }
            let pattern = self.pattern(pattern, &ty)?;
            return Ok(Statement::LetElse(pattern, value, Box::new(other)));
        }
        let pattern = self.pattern(pattern, &ty)?;
        let init = local.init.as_ref().map(|init| &*init.expr);
        self.bound_kind(&pattern, written, init, value.as_ref())?;
        Ok(Statement::Let(pattern, value))
    }
}
