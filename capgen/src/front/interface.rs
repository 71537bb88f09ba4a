//! Shareable interfaces: the traits that `platform::shareable!` declares.

use super::define::{Def, StructId, TraitId};
use super::resolve::{Checked, Context, segments};
use super::ty::{Generics, Ty, TypeKey};
use crate::diagnostic::{Diagnostic, Span};
use crate::source::{CrateId, ModuleId};

/// A method of an interface.
pub(crate) struct Method {
    pub(crate) name: String,
    pub(crate) span: Span,
    /// Its parameters behind the receiver, the platform first.
    pub(crate) parameters: Vec<(Ty, Span)>,
    pub(crate) result: Ty,
}

impl Context {
    /// The interface that a `dyn Trait` is.
    pub(crate) fn interface(
        &self,
        module: ModuleId,
        object: &syn::TypeTraitObject,
    ) -> Option<TraitId> {
        object.bounds.iter().find_map(|bound| {
            let syn::TypeParamBound::Trait(bound) = bound else {
                return None;
            };
            let found = self.lookup(module, &segments(&bound.path));
            found.into_iter().find_map(|def| match def {
                Def::Trait(id) if self.definitions.traits[id.0].shareable.is_some() => Some(id),
                _ => None,
            })
        })
    }

    /// The interfaces that a crate declares, in source order.
    pub(crate) fn interfaces(&self, krate: CrateId) -> Vec<TraitId> {
        let traits = self.definitions.traits.iter().enumerate();
        traits
            .filter(|(_, definition)| definition.krate == krate && definition.shareable.is_some())
            .map(|(index, _)| TraitId(index))
            .collect()
    }

    /// The interface that an applet serves: `Interface` of its impl of `platform::Serve`.
    pub(crate) fn served(&self, app: StructId) -> Checked<Option<TraitId>> {
        let key = ("Serve".to_owned(), TypeKey::Struct(app));
        let Some(id) = self.definitions.implementors.get(&key) else {
            return Ok(None);
        };
        let definition = self.struct_def(app);
        let wrong = || {
            Diagnostic::new(
                definition.span,
                format!("what `{}` serves is not a shareable interface", definition.name),
                "its `Serve::Interface`",
            )
            .help("write `type Interface = dyn Trait<P>;` with a trait that `platform::shareable!` declares")
        };
        let ty = self.definitions.impls[id.0]
            .types
            .get("Interface")
            .ok_or_else(wrong)?;
        match self.resolve_type(definition.module, Some(*id), ty) {
            Ok(Ty::Interface(interface)) => Ok(Some(interface)),
            _ => Err(wrong()),
        }
    }

    /// The methods of an interface, in source order: that of their tokens.
    pub(crate) fn interface_methods(&self, id: TraitId) -> Checked<Vec<Method>> {
        let Some((module, ast)) = &self.definitions.traits[id.0].shareable else {
            return Ok(Vec::new());
        };
        let module = *module;
        let mut generics = Generics::new();
        for parameter in ast.generics.type_params() {
            generics.insert(parameter.ident.to_string(), Ty::Platform);
        }
        let mut methods = Vec::new();
        for item in &ast.items {
            let syn::TraitItem::Fn(function) = item else {
                return Err(Diagnostic::new(
                    self.span(module, item),
                    "a shareable interface has methods only",
                    "not a method",
                ));
            };
            let mut parameters = Vec::new();
            for input in &function.sig.inputs {
                if let syn::FnArg::Typed(typed) = input {
                    let ty = self.resolve_with(module, None, &generics, &typed.ty)?;
                    parameters.push((ty, self.span(module, &typed.ty)));
                }
            }
            let result = match &function.sig.output {
                syn::ReturnType::Default => Ty::Unit,
                syn::ReturnType::Type(_, ty) => self.resolve_with(module, None, &generics, ty)?,
            };
            methods.push(Method {
                name: function.sig.ident.to_string(),
                span: self.span(module, &function.sig.ident),
                parameters,
                result,
            });
        }
        Ok(methods)
    }
}
