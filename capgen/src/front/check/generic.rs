//! Calls of generic functions: what their parameters stand for is written, or learned from the arguments.

use super::Checker;
use crate::diagnostic::{Diagnostic, Span};
use crate::front::define::FnId;
use crate::front::resolve::{Checked, impl_name, is_impl};
use crate::front::tree::{Expr, Kind};
use crate::front::ty::{Generics, Ty};

impl Checker<'_> {
    /// A call of a generic function. `given` is what stands between `::<` and `>`.
    pub(super) fn generic_call(
        &mut self,
        id: FnId,
        receiver: Option<Expr>,
        arguments: &[&syn::Expr],
        given: Option<&syn::AngleBracketedGenericArguments>,
        span: Span,
    ) -> Checked<Expr> {
        let function = self.context.fn_def(id);
        let (signature, module, owner) = (&function.signature, function.module, function.owner);
        let generics = &signature.generics;
        let names: Vec<String> = generics
            .params
            .iter()
            .filter_map(|parameter| match parameter {
                syn::GenericParam::Type(parameter) => Some(parameter.ident.to_string()),
                syn::GenericParam::Const(parameter) => Some(parameter.ident.to_string()),
                syn::GenericParam::Lifetime(_) => None,
            })
            .collect();
        let mut known = Generics::new();
        for parameter in generics.type_params() {
            let name = parameter.ident.to_string();
            if self.context.has_platform_bound(module, generics, &name) {
                known.insert(name, Ty::Platform);
            }
        }
        for (name, argument) in names.iter().zip(given.iter().flat_map(|given| &given.args)) {
            let constant = generics
                .const_params()
                .find(|parameter| parameter.ident == name);
            if let Some(parameter) = constant {
                let ty = self.context.const_type(module, parameter)?;
                if let Some(value) = self.number_argument(argument, &ty)? {
                    known.insert(name.clone(), Ty::Number(value, Box::new(ty)));
                }
            } else if let syn::GenericArgument::Type(ty) = argument
                && !matches!(ty, syn::Type::Infer(_))
            {
                let ty = self.written_type(ty)?;
                known.insert(name.clone(), ty);
            }
        }
        let mut list: Vec<Expr> = receiver.into_iter().collect();
        let skip = list.len();
        if signature.inputs.len() != arguments.len() + skip {
            return Err(Diagnostic::new(
                span,
                "another number of arguments",
                format!(
                    "expected {}, found {}",
                    signature.inputs.len() - skip.min(signature.inputs.len()),
                    arguments.len()
                ),
            ));
        }
        let inputs = signature.inputs.iter().enumerate().skip(skip);
        for ((index, input), argument) in inputs.zip(arguments) {
            let syn::FnArg::Typed(typed) = input else {
                continue;
            };
            // What is known already says what a literal is.
            let hint = if is_impl(&typed.ty) {
                None
            } else {
                self.context
                    .resolve_with(module, owner, &known, &typed.ty)
                    .ok()
            };
            let value = match &hint {
                Some(hint) => self.expect(argument, hint)?,
                None => self.expr(argument, None)?,
            };
            let found = self.resolve(&value.ty);
            if let (None, Ty::IntVar(_)) = (&hint, &found) {
                return Err(Diagnostic::new(
                    value.span,
                    "the type of this integer is not told",
                    "the generic function does not say it",
                )
                .help("write it as a suffix: `5u8`"));
            }
            if is_impl(&typed.ty) {
                known.insert(impl_name(index), found);
            } else {
                self.context.learn(&typed.ty, &found, &names, &mut known);
            }
            list.push(value);
        }
        if let Some(name) = names.iter().find(|name| !known.contains_key(*name)) {
            return Err(Diagnostic::new(
                span,
                format!("what `{name}` stands for is not known here"),
                "no argument says it",
            )
            .help(format!("write it: `{}::<…>(…)`", function.name)));
        }
        let instance = self.context.instance(id, known);
        let found = self.context.signature(instance)?;
        for (value, (_, ty, _)) in list.iter().zip(&found.parameters).skip(skip) {
            self.same(ty, &value.ty, value.span)?;
        }
        Ok(Expr {
            kind: Kind::Call(instance, list),
            ty: found.result,
            span,
        })
    }

    fn number_argument(&self, argument: &syn::GenericArgument, ty: &Ty) -> Checked<Option<i64>> {
        let expr = match argument {
            syn::GenericArgument::Const(expr) => expr.clone(),
            syn::GenericArgument::Type(syn::Type::Path(path)) => syn::Expr::Path(syn::ExprPath {
                attrs: Vec::new(),
                qself: None,
                path: path.path.clone(),
            }),
            _ => return Ok(None),
        };
        let value =
            self.context
                .evaluate(self.module, self.owner, &self.generics, &expr, Some(ty))?;
        Ok(match value {
            crate::front::constant::Value::Int(n) => Some(n),
            _ => None,
        })
    }
}

/// What stands between `::<` and `>` at the end of a path.
pub(super) fn given(path: &syn::Path) -> Option<&syn::AngleBracketedGenericArguments> {
    match path.segments.last().map(|last| &last.arguments) {
        Some(syn::PathArguments::AngleBracketed(list)) => Some(list),
        _ => None,
    }
}
