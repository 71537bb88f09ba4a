//! Closures with a name: `let twice = |n: u16| n * 2;`. What one does is put in place of each call, with the names that
//! were known where it stands.

use std::collections::{BTreeMap, BTreeSet};

use syn::visit::Visit;

use super::{Checker, make};
use crate::diagnostic::{Diagnostic, Span};
use crate::front::resolve::Checked;
use crate::front::tree::{Expr, Statement, VariableId};
use crate::front::ty::Ty;
use crate::source::ModuleId;

/// A closure, and what is known where it stands.
#[derive(Clone)]
pub(super) struct NamedClosure {
    ast: syn::ExprClosure,
    module: ModuleId,
    scopes: Vec<BTreeMap<String, VariableId>>,
}

/// The names that stand alone in an expression.
struct Names(BTreeSet<String>);

impl<'ast> Visit<'ast> for Names {
    fn visit_expr_path(&mut self, path: &'ast syn::ExprPath) {
        self.0
            .extend(path.path.get_ident().map(ToString::to_string));
    }
}

impl Checker<'_> {
    /// `let name = |…| …;`, if that is what it is.
    pub(super) fn closure_binding(&mut self, local: &syn::Local) -> Checked<Option<Statement>> {
        let Some(init) = &local.init else {
            return Ok(None);
        };
        let mut value = &*init.expr;
        while let syn::Expr::Paren(inner) = value {
            value = &inner.expr;
        }
        let (syn::Pat::Ident(name), syn::Expr::Closure(closure)) = (&local.pat, value) else {
            return Ok(None);
        };
        if closure.capture.is_some() {
            self.keeps_nothing(closure)?;
        }
        let kept = NamedClosure {
            ast: closure.clone(),
            module: self.module,
            scopes: self.scopes.clone(),
        };
        let ty = Ty::Closure(Box::new(Ty::Never));
        let id = self.declare(name.ident.to_string(), ty, false);
        self.closures.insert(id, kept);
        Ok(Some(Statement::Expr(make::unit(self.span(local)))))
    }

    /// A `move` closure has the values of the time when it was made: they must be those of its calls.
    fn keeps_nothing(&self, closure: &syn::ExprClosure) -> Checked<()> {
        let mut names = Names(BTreeSet::new());
        names.visit_expr(&closure.body);
        let changes = |name: &String| {
            let id = self.variable(name);
            id.is_some_and(|id| self.variables[id.0].mutable || self.places.contains_key(&id))
        };
        match names.0.iter().find(|name| changes(name)) {
            Some(name) => self.refuse(
                closure,
                &format!("a `move` closure of `{name}`, which changes,"),
                "leave `move` out, or bind the value to a name that does not change",
            ),
            None => Ok(()),
        }
    }

    /// `name(arguments)` of a closure.
    pub(super) fn call_closure(
        &mut self,
        id: VariableId,
        arguments: &[&syn::Expr],
        wanted: Option<&Ty>,
        span: Span,
    ) -> Checked<Option<Expr>> {
        let Some(closure) = self.closures.get(&id).cloned() else {
            return Ok(None);
        };
        let inputs = &closure.ast.inputs;
        if inputs.len() != arguments.len() {
            return Err(Diagnostic::new(
                span,
                "another number of arguments",
                format!("expected {}, found {}", inputs.len(), arguments.len()),
            ));
        }
        let mut values = Vec::new();
        for (input, argument) in inputs.iter().zip(arguments) {
            let written = match input {
                syn::Pat::Type(typed) => Some(&*typed.ty),
                _ => None,
            };
            let ty = written
                .map(|written| self.written_type(written))
                .transpose()?;
            let value = match &ty {
                Some(ty) => self.expect(argument, ty)?,
                None => self.expr(argument, None)?,
            };
            self.used(&value)?;
            values.push((value, written));
        }
        let outer_scopes = std::mem::replace(&mut self.scopes, closure.scopes);
        let outer_module = std::mem::replace(&mut self.module, closure.module);
        let found = self.scoped(|checker| {
            let mut statements = Vec::new();
            let bound = values.into_iter().zip(inputs).zip(arguments);
            for (((value, written), input), argument) in bound {
                let pattern = match input {
                    syn::Pat::Type(typed) => &*typed.pat,
                    other => other,
                };
                let pattern = checker.pattern(pattern, &value.ty)?;
                checker.bound_kind(&pattern, written, Some(argument), Some(&value))?;
                statements.push(Statement::Let(pattern, Some(value)));
            }
            let result = match &closure.ast.output {
                syn::ReturnType::Type(_, ty) => Some(checker.written_type(ty)?),
                syn::ReturnType::Default => wanted.cloned(),
            };
            let body = checker.closure_body(&closure.ast, result.as_ref())?;
            Ok(make::block(statements, Some(body), span))
        });
        self.scopes = outer_scopes;
        self.module = outer_module;
        found.map(Some)
    }
}
