//! Calls of generic functions: what their parameters stand for is written, or learned from the arguments.

use super::Checker;
use crate::diagnostic::{Diagnostic, Span};
use crate::front::define::{Def, FnId};
use crate::front::resolve::{Checked, impl_name, is_impl, type_of};
use crate::front::tree::{Expr, Kind};
use crate::front::ty::{Generics, Ty, TypeKey};

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
        let of_type = self
            .context
            .open_type(id)
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
        if let Some(of) = &of_type {
            self.type_parameters_known(id, of, written, &mut names, &mut known)?;
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
        if let Some(of) = &of_type {
            let parameters = self.impl_parameters(id);
            let told = parameters
                .iter()
                .filter_map(|(own, name)| Some((name.clone(), known.get(own)?.clone())))
                .collect();
            self.context.all_told(of, &told, span)?;
            let of = self.context.type_instance(of, told);
            known.extend(
                self.context
                    .keyed_type(&of)
                    .map(|ty| ("Self".to_owned(), ty)),
            );
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

    /// What is known of the parameters of a generic type whose function is called: what is written between `::<` and
    /// `>` behind its name, or what the value that is wanted says.
    fn type_parameters_known(
        &self,
        id: FnId,
        of: &TypeKey,
        written: &Written<'_>,
        names: &mut Vec<String>,
        known: &mut Generics,
    ) -> Checked<()> {
        let of_type = self.told_parameters(of, written)?;
        for (own, name) in self.impl_parameters(id) {
            names.push(own.clone());
            if let Some(ty) = of_type.get(name) {
                known.insert(own.clone(), ty.clone());
            }
        }
        Ok(())
    }

    /// What is written of a type's parameters, and what the value that is wanted says of the others.
    fn told_parameters(&self, of: &TypeKey, written: &Written<'_>) -> Checked<Generics> {
        let mut told = self.context.written_arguments(
            self.module,
            self.owner,
            &self.generics,
            of,
            written.of_type,
        )?;
        let wanted = written.wanted.map(|ty| self.resolve(ty));
        if let Some(instance) = self.context.wanted_instance(of, wanted.as_ref()) {
            let known = self.context.type_generics(&instance);
            for (name, ty) in known.unwrap_or_default() {
                told.entry(name).or_insert(ty);
            }
        }
        Ok(told)
    }

    /// What a path stands for where a value is wanted: of `Name::<u8>::CONSTANT` the constant of that instance.
    pub(super) fn instance_defs(&self, path: &syn::Path, names: &[String]) -> Checked<Vec<Def>> {
        let found = self.defs(names);
        let (Some(Def::Const(_)), Some((name, of))) = (found.first(), names.split_last()) else {
            return Ok(found);
        };
        let of = self.context.lookup(self.module, of);
        let mut keys = of.iter().filter_map(type_of);
        let Some(key) = keys.find(|key| self.context.is_generic_type(key)) else {
            return Ok(found);
        };
        let told = self.told_parameters(&key, &Written::of(path, None))?;
        self.context.all_told(&key, &told, self.span(path))?;
        let instance = self.context.type_instance(&key, told);
        Ok(self.context.names_of(&instance, name))
    }

    /// The instance of a generic type that fields make: said by its path or by what is wanted, or learned from them.
    /// Each field comes with its written type.
    pub(super) fn made_instance(
        &mut self,
        of: &TypeKey,
        written: &Written<'_>,
        fields: &[(&syn::Type, &syn::Expr)],
        span: Span,
    ) -> Checked<TypeKey> {
        let mut known = self.told_parameters(of, written)?;
        let names = self.context.type_parameters(of);
        for (ty, value) in fields {
            if names.iter().any(|name| !known.contains_key(name)) {
                let found = self.type_alone(value)?;
                if !matches!(found, Ty::IntVar(_)) && !found.is_open() {
                    self.context.learn(ty, &found, &names, &mut known);
                }
            }
        }
        self.context.all_told(of, &known, span)?;
        Ok(self.context.type_instance(of, known))
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
    /// The same behind the name of its type.
    of_type: Option<&'a syn::PathArguments>,
    /// The type that is wanted of it.
    wanted: Option<&'a Ty>,
}

impl<'a> Written<'a> {
    /// What the path of a struct's literal says of it.
    pub(super) fn of_literal(path: &'a syn::Path, wanted: Option<&'a Ty>) -> Self {
        Self {
            given: None,
            of_type: path.segments.last().map(|segment| &segment.arguments),
            wanted,
        }
    }

    pub(super) fn of(path: &'a syn::Path, wanted: Option<&'a Ty>) -> Self {
        let before = path.segments.len().checked_sub(2);
        let of_type = before.and_then(|at| path.segments.get(at));
        Self {
            given: given(path),
            of_type: of_type.map(|segment| &segment.arguments),
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
