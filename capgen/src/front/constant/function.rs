//! Calls of `const fn`, and the statements of their bodies.

use super::operator::plain;
use super::{Evaluator, Value};
use crate::diagnostic::Diagnostic;
use crate::front::define::{Def, FnId};
use crate::front::resolve::{Checked, segments};
use crate::front::ty::{Generics, Int, Ty};

impl Evaluator<'_> {
    pub(super) fn call(
        &mut self,
        call: &syn::ExprCall,
        wanted: Option<&Ty>,
    ) -> Checked<(Value, Ty)> {
        let syn::Expr::Path(path) = &*call.func else {
            return self.refuse(call);
        };
        let names = segments(&path.path);
        if let (["Some"], Some(argument)) = (
            names
                .iter()
                .map(String::as_str)
                .collect::<Vec<_>>()
                .as_slice(),
            call.args.first(),
        ) {
            let inner = match wanted {
                Some(Ty::Option(inner)) => Some(&**inner),
                _ => None,
            };
            let (value, ty) = self.expr(argument, inner)?;
            let value = Value::Option(Some(Box::new(value)));
            return Ok((value, Ty::Option(Box::new(ty))));
        }
        if let ([ty, name], Some(receiver)) = (names.as_slice(), call.args.first())
            && let Some(int) = Int::named(ty)
        {
            return self.integer_call(int, name, receiver, call);
        }
        let own = || {
            self.owner
                .map(|owner| self.context.impl_type(owner).clone())
        };
        if names == ["Self"]
            && let (Some(Ty::Newtype(id)), Some(argument)) = (own(), call.args.first())
        {
            let inner = self.context.newtype_inner(id)?;
            return Ok((self.expr(argument, Some(&inner))?.0, Ty::Newtype(id)));
        }
        let mut defs = self.context.lookup(self.module, &names);
        if let ([first, name], Some(key)) = (names.as_slice(), own().and_then(|ty| ty.key()))
            && first == "Self"
        {
            defs = self.context.member_of(&key, name);
        }
        for def in defs {
            match def {
                Def::Struct(id) => {
                    if let (Ty::Newtype(_), Some(argument)) =
                        (self.context.struct_type(id), call.args.first())
                    {
                        let inner = self.context.newtype_inner(id)?;
                        return Ok((self.expr(argument, Some(&inner))?.0, Ty::Newtype(id)));
                    }
                }
                Def::Fn(id) => return self.const_fn(id, call),
                _ => {}
            }
        }
        self.refuse(call)
    }

    /// A `const fn`: expressions, `let`, assignments, `if` and `while`.
    fn const_fn(&mut self, id: FnId, call: &syn::ExprCall) -> Checked<(Value, Ty)> {
        let function = self.context.fn_def(id);
        if self.depth > 64 {
            return self.refuse(call);
        }
        let mut locals = Vec::new();
        for (parameter, argument) in function.signature.inputs.iter().zip(&call.args) {
            let syn::FnArg::Typed(parameter) = parameter else {
                return self.refuse(call);
            };
            let syn::Pat::Ident(name) = &*parameter.pat else {
                return self.refuse(call);
            };
            let ty = self.context.resolve_with(
                function.module,
                function.owner,
                &Generics::new(),
                &parameter.ty,
            )?;
            locals.push((
                name.ident.to_string(),
                self.expr(argument, Some(&ty))?.0,
                ty,
            ));
        }
        let result = match &function.signature.output {
            syn::ReturnType::Type(_, ty) => Some(self.context.resolve_type(
                function.module,
                function.owner,
                ty,
            )?),
            syn::ReturnType::Default => None,
        };
        let mut inner = Evaluator {
            context: self.context,
            module: function.module,
            owner: function.owner,
            generics: Generics::new(),
            locals,
            depth: self.depth + 1,
            fuel: self.fuel,
            returned: None,
            result: result.clone(),
        };
        let found = inner.block(&function.body, result.as_ref());
        self.fuel = inner.fuel;
        let (value, ty) = match inner.returned {
            Some(returned) => returned,
            None => found?,
        };
        Ok((value, result.unwrap_or(ty)))
    }

    pub(super) fn block(
        &mut self,
        block: &syn::Block,
        wanted: Option<&Ty>,
    ) -> Checked<(Value, Ty)> {
        // Its items are known in all of it.
        if let Some(inner) = self.context.block_module(self.module, block) {
            let around = std::mem::replace(&mut self.module, inner);
            let found = self.block(block, wanted);
            self.module = around;
            return found;
        }
        let known = self.locals.len();
        let mut value = Ok((Value::Tuple(Vec::new()), Ty::Unit));
        for (index, statement) in block.stmts.iter().enumerate() {
            let last = index + 1 == block.stmts.len();
            match statement {
                syn::Stmt::Expr(expr, None) if last && !has_no_value(expr) => {
                    value = self.expr(expr, wanted);
                }
                _ => {
                    if let Err(error) = self.statement(statement) {
                        value = Err(error);
                        break;
                    }
                    if self.returned.is_some() {
                        break;
                    }
                }
            }
        }
        self.locals.truncate(known);
        value
    }

    /// A statement of a `const fn`.
    fn statement(&mut self, statement: &syn::Stmt) -> Checked<()> {
        match statement {
            syn::Stmt::Local(local) => {
                let (pattern, ty) = match &local.pat {
                    syn::Pat::Type(typed) => {
                        let ty = self
                            .context
                            .resolve_type(self.module, self.owner, &typed.ty)?;
                        (&*typed.pat, Some(ty))
                    }
                    other => (other, None),
                };
                let (syn::Pat::Ident(name), Some(init)) = (pattern, &local.init) else {
                    return self.refuse(local);
                };
                if init.diverge.is_some() {
                    return self.refuse(local);
                }
                let (value, found) = self.expr(&init.expr, ty.as_ref())?;
                let ty = match ty.unwrap_or(found) {
                    Ty::IntVar(_) => UNTOLD,
                    ty => ty,
                };
                if ty != UNTOLD && untold(&ty) {
                    return Err(Diagnostic::new(
                        self.context.span(self.module, &local.pat),
                        "the type of this integer is not told",
                        "its width decides what the constant is",
                    )
                    .help("write the type: `let mut x: u16 = 0;`"));
                }
                self.locals.push((name.ident.to_string(), value, ty));
                Ok(())
            }
            syn::Stmt::Expr(expr, _) => self.effect(expr),
            syn::Stmt::Item(_) => Ok(()),
            _ => self.refuse(statement),
        }
    }

    /// An expression for what it does.
    fn effect(&mut self, expr: &syn::Expr) -> Checked<()> {
        self.fuel = self.fuel.saturating_sub(1);
        if self.fuel == 0 {
            return Err(Diagnostic::new(
                self.context.span(self.module, expr),
                "this constant is not found in reasonable time",
                "still running",
            )
            .help("write the value, or find it in fewer steps"));
        }
        match expr {
            syn::Expr::Paren(inner) => self.effect(&inner.expr),
            syn::Expr::Assign(assign) => {
                let (_, ty) = self.expr(&assign.left, None)?;
                let (value, _) = self.expr(&assign.right, Some(&ty))?;
                self.assign(&assign.left, value)
            }
            syn::Expr::Binary(binary) => {
                let Some(op) = plain(&binary.op) else {
                    return self.refuse(expr);
                };
                let plain = syn::ExprBinary {
                    op,
                    ..binary.clone()
                };
                let (value, _) = self.binary(&plain, None)?;
                self.assign(&binary.left, value)
            }
            syn::Expr::If(branch) => {
                let (condition, _) = self.int(&branch.cond, Some(&Ty::Bool))?;
                match (&branch.else_branch, condition) {
                    (_, 1) => self.block(&branch.then_branch, None).map(|_| ()),
                    (Some((_, other)), _) => self.effect(other),
                    (None, _) => Ok(()),
                }
            }
            syn::Expr::Block(block) => self.block(&block.block, None).map(|_| ()),
            syn::Expr::Match(_) | syn::Expr::Return(_) => self.expr(expr, None).map(|_| ()),
            syn::Expr::While(branch) if branch.label.is_none() => {
                while self.int(&branch.cond, Some(&Ty::Bool))?.0 == 1 {
                    self.fuel = self.fuel.saturating_sub(1);
                    if self.fuel == 0 {
                        return self.effect(expr);
                    }
                    self.block(&branch.body, None)?;
                    if self.returned.is_some() {
                        break;
                    }
                }
                Ok(())
            }
            _ => self.refuse(expr),
        }
    }

    /// Puts a value into a local or into an element of one.
    fn assign(&mut self, place: &syn::Expr, value: Value) -> Checked<()> {
        let mut target = place;
        let mut path = Vec::new();
        while let syn::Expr::Index(index) = target {
            let (at, _) = self.int(&index.index, Some(&Ty::Int(Int::Usize)))?;
            path.push(usize::try_from(at).unwrap_or(usize::MAX));
            target = &index.expr;
        }
        let syn::Expr::Path(name) = target else {
            return self.refuse(place);
        };
        let found = self
            .locals
            .iter_mut()
            .rev()
            .find(|(local, _, _)| name.path.is_ident(local));
        let mut slot = found.map(|(_, value, _)| value);
        for at in path.into_iter().rev() {
            slot = match slot {
                Some(Value::Array(values)) => values.get_mut(at),
                _ => None,
            };
        }
        match slot {
            Some(slot) => {
                *slot = value;
                Ok(())
            }
            None => self.refuse(place),
        }
    }
}

/// The type of a local integer that nothing tells so far. It is of no matter to what does not look at the width:
/// rustc evaluates the same, and refuses what overflows.
pub(super) const UNTOLD: Ty = Ty::IntVar(1);

/// Whether a type holds an integer whose width nothing tells.
fn untold(ty: &Ty) -> bool {
    match ty {
        Ty::IntVar(_) => true,
        Ty::Array(element, _) => untold(element),
        Ty::Tuple(list) => list.iter().any(untold),
        _ => false,
    }
}

fn has_no_value(expr: &syn::Expr) -> bool {
    match expr {
        syn::Expr::While(_) | syn::Expr::Assign(_) => true,
        syn::Expr::Binary(binary) => plain(&binary.op).is_some(),
        syn::Expr::If(branch) => branch.else_branch.is_none(),
        _ => false,
    }
}
