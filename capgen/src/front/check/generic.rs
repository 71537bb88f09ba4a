//! Calls of generic functions: what their parameters stand for is written, or learned from the arguments.

use super::Checker;
use crate::diagnostic::{Diagnostic, Span};
use crate::front::define::{FnId, StructId};
use crate::front::resolve::{Checked, impl_name, is_impl};
use crate::front::tree::{Expr, Kind};
use crate::front::ty::{Generics, Ty};

impl Checker<'_> {
    /// A call of a generic function, or of one of a generic struct. `written` is what the call says of its types.
    pub(super) fn generic_call(
        &mut self,
        id: FnId,
        receiver: Option<Expr>,
        arguments: &[&syn::Expr],
        written: &Written<'_>,
        span: Span,
    ) -> Checked<Expr> {
        let function = self.context.fn_def(id);
        let (signature, module, owner) = (&function.signature, function.module, function.owner);
        let generics = &signature.generics;
        let mut known = self.context.instance_generics(id).unwrap_or_default();
        let id = self.context.base(id);
        let of_struct = self
            .context
            .open_struct(id)
            .filter(|_| !known.contains_key("Self"));
        let mut names: Vec<String> = generics
            .params
            .iter()
            .filter_map(|parameter| match parameter {
                syn::GenericParam::Type(parameter) => Some(parameter.ident.to_string()),
                syn::GenericParam::Const(parameter) => Some(parameter.ident.to_string()),
                syn::GenericParam::Lifetime(_) => None,
            })
            .collect();
        self.context.add_platforms(module, generics, &mut known);
        for (name, argument) in names
            .iter()
            .zip(written.given.iter().flat_map(|given| &given.args))
        {
            let constant = generics
                .const_params()
                .find(|parameter| parameter.ident == name);
            if let Some(parameter) = constant {
                let ty = self.context.const_type(module, parameter)?;
                let value = self.context.number_argument(
                    self.module,
                    self.owner,
                    &self.generics,
                    argument,
                    &ty,
                )?;
                if let Some(value) = value {
                    known.insert(name.clone(), Ty::Number(value, Box::new(ty)));
                }
            } else if let syn::GenericArgument::Type(ty) = argument
                && !matches!(ty, syn::Type::Infer(_))
            {
                let ty = self.written_type(ty)?;
                known.insert(name.clone(), ty);
            }
        }
        if let Some(of) = of_struct {
            self.struct_parameters_known(id, of, written, &mut names, &mut known)?;
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
            if found.is_open() {
                return Err(Diagnostic::new(
                    value.span,
                    format!(
                        "what this `{}` holds is not told",
                        self.context.type_name(&found)
                    ),
                    "the generic function does not say it",
                )
                .help("write the type where the value is bound: `let x: Option<u8> = None;`"));
            }
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
        if let Some(of) = of_struct {
            let parameters = self.impl_parameters(id);
            let of_struct = parameters
                .iter()
                .filter_map(|(own, name)| Some((name.clone(), known.get(own)?.clone())))
                .collect();
            self.context.all_told(of, &of_struct, span)?;
            let of = self.context.struct_instance(of, of_struct);
            known.insert("Self".to_owned(), self.context.struct_type(of));
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

    /// What the parameters of an `impl` block are to its struct.
    fn impl_parameters(&self, id: FnId) -> &[(String, String)] {
        let owner = self.context.fn_def(id).owner;
        owner.map_or(&[], |owner| {
            &self.context.definitions.impls[owner.0].parameters
        })
    }

    /// What is known of the parameters of a generic struct whose function is called: what is written between `::<` and
    /// `>` behind its name, or what the value that is wanted says.
    fn struct_parameters_known(
        &self,
        id: FnId,
        of: StructId,
        written: &Written<'_>,
        names: &mut Vec<String>,
        known: &mut Generics,
    ) -> Checked<()> {
        let mut of_struct = self.context.struct_arguments(
            self.module,
            self.owner,
            &self.generics,
            of,
            written.of_struct,
        )?;
        let wanted = written.wanted.map(|ty| self.resolve(ty));
        if let Some(instance) = self.context.wanted_instance(of, wanted.as_ref()) {
            for (name, ty) in self
                .context
                .struct_instance_generics(instance)
                .unwrap_or_default()
            {
                of_struct.entry(name).or_insert(ty);
            }
        }
        for (own, name) in self.impl_parameters(id) {
            names.push(own.clone());
            if let Some(ty) = of_struct.get(name) {
                known.insert(own.clone(), ty.clone());
            }
        }
        Ok(())
    }

    /// The instance of a generic struct that a literal makes: said by its path or by what is wanted, or learned from its
    /// fields.
    pub(super) fn literal_instance(
        &mut self,
        id: StructId,
        literal: &syn::ExprStruct,
        wanted: Option<&Ty>,
    ) -> Checked<StructId> {
        let span = self.span(literal);
        let wanted = wanted.map(|ty| self.resolve(ty));
        if let Some(found) = self.context.wanted_instance(id, wanted.as_ref()) {
            return Ok(found);
        }
        let arguments = literal.path.segments.last().map(|last| &last.arguments);
        let mut known = self.context.struct_arguments(
            self.module,
            self.owner,
            &self.generics,
            id,
            arguments,
        )?;
        let names = self.context.struct_parameters(id);
        let definition = self.context.struct_def(id);
        for field in &literal.fields {
            let is_told = names.iter().all(|name| known.contains_key(name));
            let of_field = definition
                .ast
                .fields
                .iter()
                .enumerate()
                .find(|(at, written)| match (&written.ident, &field.member) {
                    (Some(name), syn::Member::Named(named)) => name == named,
                    (None, syn::Member::Unnamed(index)) => index.index as usize == *at,
                    _ => false,
                })
                .map(|(_, written)| written);
            if let (false, Some(of_field)) = (is_told, of_field) {
                let found = self.type_alone(&field.expr)?;
                if !matches!(found, Ty::IntVar(_)) {
                    self.context.learn(&of_field.ty, &found, &names, &mut known);
                }
            }
        }
        self.context.all_told(id, &known, span)?;
        Ok(self.context.struct_instance(id, known))
    }

    /// `Self`
    pub(super) fn own_type(&self) -> Option<Ty> {
        self.context.self_type(self.owner, &self.generics)
    }
}

/// What a call says of the types that it is for.
#[derive(Default)]
pub(super) struct Written<'a> {
    /// Between `::<` and `>` behind the function's name.
    given: Option<&'a syn::AngleBracketedGenericArguments>,
    /// The same behind the name of its struct.
    of_struct: Option<&'a syn::PathArguments>,
    /// The type that is wanted of it.
    wanted: Option<&'a Ty>,
}

impl<'a> Written<'a> {
    pub(super) fn of(path: &'a syn::Path, wanted: Option<&'a Ty>) -> Self {
        let before = path.segments.len().checked_sub(2);
        let of_struct = before.and_then(|at| path.segments.get(at));
        Self {
            given: given(path),
            of_struct: of_struct.map(|segment| &segment.arguments),
            wanted,
        }
    }
}

/// What stands between `::<` and `>` at the end of a path.
fn given(path: &syn::Path) -> Option<&syn::AngleBracketedGenericArguments> {
    match path.segments.last().map(|last| &last.arguments) {
        Some(syn::PathArguments::AngleBracketed(list)) => Some(list),
        _ => None,
    }
}
