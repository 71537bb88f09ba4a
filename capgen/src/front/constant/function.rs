//! Calls of `const fn`, and the statements of their bodies.

use super::expr::member_name;
use super::flow::{Leaving, nothing, unit};
use super::operator::plain;
use super::{Evaluator, Value};
use crate::diagnostic::Diagnostic;
use crate::front::define::{Def, FnId};
use crate::front::resolve::{Checked, segments};
use crate::front::ty::{Int, Ty, TypeKey};

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
        let own = self.context.self_type(self.owner, &self.generics);
        if names == ["Self"]
            && let Some(ty) = own
        {
            return self.tuple_struct(&ty, call);
        }
        for def in self.definitions(&names) {
            match def {
                Def::Struct(id) if self.context.is_generic_type(&TypeKey::Struct(id)) => {
                    if let Some(ty) = wanted {
                        return self.tuple_struct(ty, call);
                    }
                }
                Def::Struct(id) => return self.tuple_struct(&self.context.struct_type(id), call),
                Def::Variant(id, index) => {
                    let arguments = call.args.iter().enumerate();
                    let arguments = arguments.map(|(at, value)| (at.to_string(), value));
                    return self.variant((id, index), arguments.collect(), wanted, call);
                }
                Def::Fn(id) => {
                    let arguments: Vec<&syn::Expr> = call.args.iter().collect();
                    return self.const_fn(id, None, &arguments, call);
                }
                _ => {}
            }
        }
        self.refuse(call)
    }

    /// `Name(a, b)`
    fn tuple_struct(&mut self, ty: &Ty, call: &syn::ExprCall) -> Checked<(Value, Ty)> {
        if let (Ty::Newtype(id), Some(argument)) = (ty, call.args.first()) {
            let inner = self.context.newtype_inner(*id)?;
            return Ok((self.expr(argument, Some(&inner))?.0, ty.clone()));
        }
        let (Ty::Struct(id) | Ty::Record(id)) = ty else {
            return self.refuse(call);
        };
        let mut fields = Vec::new();
        for ((name, ty), value) in self.context.struct_fields(*id)?.iter().zip(&call.args) {
            fields.push((name.clone(), self.expr(value, Some(ty))?.0));
        }
        Ok((Value::Struct(fields), ty.clone()))
    }

    /// A `const fn`, or a method that is one: what stands in its body is evaluated.
    pub(super) fn const_fn(
        &mut self,
        id: FnId,
        receiver: Option<(Value, Ty)>,
        arguments: &[&syn::Expr],
        at: &impl syn::spanned::Spanned,
    ) -> Checked<(Value, Ty)> {
        let function = self.context.fn_def(id);
        let generics = self.context.instance_generics(id).unwrap_or_default();
        if self.depth > 64 || function.signature.constness.is_none() {
            return self.refuse(at);
        }
        let mut locals = Vec::new();
        let mut arguments = arguments.iter();
        let mut receiver = receiver;
        for parameter in &function.signature.inputs {
            let typed = match (parameter, receiver.take()) {
                (syn::FnArg::Receiver(_), Some((value, ty))) => {
                    locals.push(("self".to_owned(), value, ty));
                    continue;
                }
                (syn::FnArg::Typed(typed), None) => typed,
                _ => return self.refuse(at),
            };
            let is_lent =
                matches!(&*typed.ty, syn::Type::Reference(lent) if lent.mutability.is_some());
            let (syn::Pat::Ident(name), Some(argument), false) =
                (&*typed.pat, arguments.next(), is_lent)
            else {
                return self.refuse(at);
            };
            let ty =
                self.context
                    .resolve_with(function.module, function.owner, &generics, &typed.ty)?;
            locals.push((
                name.ident.to_string(),
                self.expr(argument, Some(&ty))?.0,
                ty,
            ));
        }
        let result = match &function.signature.output {
            syn::ReturnType::Type(_, ty) => {
                Some(
                    self.context
                        .resolve_with(function.module, function.owner, &generics, ty)?,
                )
            }
            syn::ReturnType::Default => None,
        };
        let mut inner = Evaluator {
            context: self.context,
            module: function.module,
            owner: function.owner,
            generics,
            locals,
            depth: self.depth + 1,
            fuel: self.fuel,
            leaving: None,
            result: result.clone(),
        };
        let found = inner.block(&function.body, result.as_ref());
        self.fuel = inner.fuel;
        let (value, ty) = match (found, inner.leaving) {
            (Ok(_), Some(Leaving::Return(value, ty))) => (value, ty),
            (found, _) => found?,
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
        let mut value = Ok(unit());
        for (index, statement) in block.stmts.iter().enumerate() {
            let last = index + 1 == block.stmts.len();
            match statement {
                syn::Stmt::Expr(expr, None) if last => {
                    value = self.expr(expr, wanted);
                }
                _ => {
                    if let Err(error) = self.statement(statement) {
                        value = Err(error);
                        break;
                    }
                    if self.leaving.is_some() {
                        value = Ok(nothing());
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
                let Some(init) = &local.init else {
                    return self.refuse(local);
                };
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
                if self.leaving.is_some() || self.fits(pattern, &value, &ty)? {
                    return Ok(());
                }
                match &init.diverge {
                    Some((_, other)) => self.expr(other, None).map(|_| ()),
                    None => self.refuse(local),
                }
            }
            syn::Stmt::Expr(expr, _) => self.effect(expr),
            syn::Stmt::Item(_) => Ok(()),
            _ => self.refuse(statement),
        }
    }

    /// An expression for what it does.
    pub(super) fn effect(&mut self, expr: &syn::Expr) -> Checked<()> {
        self.step(expr)?;
        match expr {
            syn::Expr::Paren(inner) => self.effect(&inner.expr),
            syn::Expr::Assign(assign) => {
                let (_, ty) = self.expr(&assign.left, None)?;
                let (value, _) = self.expr(&assign.right, Some(&ty))?;
                if self.leaving.is_some() {
                    return Ok(());
                }
                self.assign(&assign.left, value)
            }
            syn::Expr::Binary(binary) if let Some(op) = plain(&binary.op) => {
                let plain = syn::ExprBinary {
                    op,
                    ..binary.clone()
                };
                let (value, _) = self.binary(&plain, None)?;
                if self.leaving.is_some() {
                    return Ok(());
                }
                self.assign(&binary.left, value)
            }
            expr => self.expr(expr, None).map(|_| ()),
        }
    }

    /// Puts a value into a local or into an element of one.
    fn assign(&mut self, place: &syn::Expr, value: Value) -> Checked<()> {
        let mut target = place;
        let mut path = Vec::new();
        loop {
            target = match target {
                syn::Expr::Paren(inner) => &inner.expr,
                syn::Expr::Index(index) => {
                    let (at, _) = self.int(&index.index, Some(&Ty::Int(Int::Usize)))?;
                    path.push(Part::Element(usize::try_from(at).unwrap_or(usize::MAX)));
                    &index.expr
                }
                syn::Expr::Field(field) => {
                    path.push(Part::Field(member_name(&field.member)));
                    &field.base
                }
                _ => break,
            };
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
            slot = match (slot, at) {
                (Some(Value::Array(values)), Part::Element(at)) => values.get_mut(at),
                (Some(Value::Tuple(values)), Part::Field(name)) => {
                    name.parse::<usize>().ok().and_then(|at| values.get_mut(at))
                }
                (Some(Value::Struct(fields)), Part::Field(name)) => fields
                    .iter_mut()
                    .find_map(|(known, value)| (*known == name).then_some(value)),
                // Of a newtype its scalar.
                (Some(value @ Value::Int(_)), Part::Field(_)) => Some(value),
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

/// A step into a value.
enum Part {
    Element(usize),
    Field(String),
}
