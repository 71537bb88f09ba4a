//! Generic structs and enums: one type for each set of types that stand for their parameters.

use super::{Checked, Context, segments};
use crate::diagnostic::{Diagnostic, Span};
use crate::front::define::{ConstDef, ConstId, Def, FnId, ImplId};
use crate::front::ty::{Generics, Ty, TypeKey};
use crate::source::ModuleId;

/// The parameters of an `impl` block, each with the name that its type has for it.
pub(crate) type Renamed = Vec<(String, String)>;

impl Context {
    /// The names of a type's parameters, lifetimes aside, in their order.
    pub(crate) fn type_parameters(&self, key: &TypeKey) -> Vec<String> {
        let Some((_, generics)) = self.written_generics(key) else {
            return Vec::new();
        };
        generics.params.iter().filter_map(parameter_name).collect()
    }

    /// What stands between `<` and `>` behind the name of a generic type, by its parameters.
    pub(crate) fn written_arguments(
        &self,
        module: ModuleId,
        owner: Option<ImplId>,
        generics: &Generics,
        key: &TypeKey,
        arguments: Option<&syn::PathArguments>,
    ) -> Checked<Generics> {
        let mut found = Generics::new();
        let Some((home, written)) = self.written_generics(key) else {
            return Ok(found);
        };
        let parameters = written.params.iter();
        let mut parameters =
            parameters.filter(|parameter| !matches!(parameter, syn::GenericParam::Lifetime(_)));
        let given = match arguments {
            Some(syn::PathArguments::AngleBracketed(list)) => Some(&list.args),
            _ => None,
        };
        for argument in given.into_iter().flatten() {
            let parameter = match argument {
                syn::GenericArgument::Lifetime(_) => continue,
                _ => parameters.next(),
            };
            match (parameter, argument) {
                (Some(syn::GenericParam::Const(parameter)), argument) => {
                    let ty = self.const_type(home, parameter)?;
                    let value = self.number_argument(module, owner, generics, argument, &ty)?;
                    let number = value.map(|value| Ty::Number(value, Box::new(ty)));
                    found.extend(number.map(|number| (parameter.ident.to_string(), number)));
                }
                (Some(syn::GenericParam::Type(parameter)), syn::GenericArgument::Type(ty)) => {
                    let ty = self.resolve_with(module, owner, generics, ty)?;
                    found.insert(parameter.ident.to_string(), ty);
                }
                _ => {
                    let span = self.span(module, argument);
                    return Err(Diagnostic::new(
                        span,
                        "this is no argument of the type",
                        "not understood",
                    ));
                }
            }
        }
        self.add_platforms(home, written, &mut found);
        Ok(found)
    }

    /// Every parameter that is a platform is one.
    pub(crate) fn add_platforms(
        &self,
        module: ModuleId,
        generics: &syn::Generics,
        into: &mut Generics,
    ) {
        for parameter in generics.type_params() {
            let name = parameter.ident.to_string();
            if self.has_platform_bound(module, generics, &name) {
                into.insert(name, Ty::Platform);
            }
        }
    }

    /// The generic type that an `impl` block is for, and for each of the block's parameters that of the type: a block is
    /// for all instances.
    pub(crate) fn generic_impl(
        &self,
        module: ModuleId,
        generics: &syn::Generics,
        ty: &syn::Type,
    ) -> Checked<Option<(TypeKey, Renamed)>> {
        let syn::Type::Path(path) = ty else {
            return Ok(None);
        };
        let found = self.lookup(module, &segments(&path.path));
        let mut keys = found.iter().filter_map(type_of);
        let Some(key) = keys.find(|key| self.is_generic_type(key)) else {
            return Ok(None);
        };
        let own: Vec<String> = generics.params.iter().filter_map(parameter_name).collect();
        let arguments = path.path.segments.last().map(|last| &last.arguments);
        let given = match arguments {
            Some(syn::PathArguments::AngleBracketed(list)) => list.args.iter().collect(),
            _ => Vec::new(),
        };
        let given = given
            .into_iter()
            .filter(|argument| !matches!(argument, syn::GenericArgument::Lifetime(_)));
        let mut pairs = Renamed::new();
        for (argument, parameter) in given.zip(self.type_parameters(&key)) {
            let name = match argument {
                syn::GenericArgument::Type(syn::Type::Path(path)) => path.path.get_ident(),
                _ => None,
            };
            let name = name
                .map(ToString::to_string)
                .filter(|name| own.contains(name) && pairs.iter().all(|(known, _)| known != name));
            match name {
                Some(name) => pairs.push((name, parameter)),
                None => {
                    return Err(Diagnostic::new(
                        self.span(module, argument),
                        "an `impl` for some of the types of a generic type is not part of Card Rust",
                        "not a parameter of the `impl`",
                    )
                    .help("write it for all of them, `impl<T: Copy> Name<T>`, or a function beside it"));
                }
            }
        }
        Ok(Some((key, pairs)))
    }

    /// What the parameters of an `impl` block stand for where that is for a generic type, `Self` included.
    fn of_instance(&self, owner: Option<ImplId>, key: &TypeKey) -> Option<Generics> {
        let of_type = self.type_generics(key)?;
        let mut generics = Generics::new();
        for (own, parameter) in &self.definitions.impls[owner?.0].parameters {
            generics.insert(own.clone(), of_type.get(parameter)?.clone());
        }
        generics.insert("Self".to_owned(), self.keyed_type(key)?);
        Some(generics)
    }

    /// A function of a type: of an instance of a generic type the function for that instance.
    pub(super) fn function_of(&self, key: &TypeKey, function: FnId) -> FnId {
        let definition = self.fn_def(function);
        match self.of_instance(definition.owner, key) {
            Some(mut generics) => {
                let (module, signature) = (definition.module, &definition.signature);
                self.add_platforms(module, &signature.generics, &mut generics);
                self.instance(function, generics)
            }
            None => function,
        }
    }

    /// A constant of a type, as [`Context::function_of`].
    pub(super) fn constant_of(&self, key: &TypeKey, constant: ConstId) -> ConstId {
        match self.of_instance(self.const_def(constant).owner, key) {
            Some(generics) => self.consts.of(constant, generics),
            None => constant,
        }
    }

    /// What a constant is written as.
    pub(crate) fn const_def(&self, id: ConstId) -> &ConstDef {
        &self.definitions.consts[self.consts.base(id).0]
    }

    /// What the parameters of the block around a constant stand for.
    pub(crate) fn const_generics(&self, id: ConstId) -> Generics {
        self.consts.generics(id).unwrap_or_default()
    }

    /// `Self` where a function's body stands.
    pub(crate) fn self_type(&self, owner: Option<ImplId>, generics: &Generics) -> Option<Ty> {
        let known = generics.get("Self").cloned();
        known.or_else(|| owner.map(|owner| self.impl_type(owner).clone()))
    }

    /// What the parameters of an instance stand for, platforms aside, in their order.
    pub(super) fn shown_arguments(&self, key: &TypeKey) -> Vec<Ty> {
        let generics = self.type_generics(key).unwrap_or_default();
        let parameters = self.type_parameters(key).into_iter();
        let found = parameters.filter_map(|parameter| generics.get(&parameter).cloned());
        found.filter(|ty| *ty != Ty::Platform).collect()
    }

    /// An instance as a person reads it: `Ring<u8, 4>`.
    pub(super) fn generic_name(&self, key: &TypeKey) -> String {
        let name = match key {
            TypeKey::Struct(id) => self.struct_def(*id).name.clone(),
            TypeKey::Enum(id) => self.enum_def(*id).name.clone(),
            _ => String::new(),
        };
        let shown: Vec<String> = self
            .shown_arguments(key)
            .iter()
            .map(|ty| self.type_name(ty))
            .collect();
        if shown.is_empty() {
            name
        } else {
            format!("{name}<{}>", shown.join(", "))
        }
    }

    /// The instance of a generic type that is wanted.
    pub(crate) fn wanted_instance(&self, key: &TypeKey, wanted: Option<&Ty>) -> Option<TypeKey> {
        let found = wanted?.key();
        match (found, wanted) {
            (Some(found), _) if found != *key && self.written_key(&found) == *key => Some(found),
            (None, Some(Ty::Result(inner) | Ty::Option(inner))) => {
                self.wanted_instance(key, Some(inner))
            }
            _ => None,
        }
    }

    /// What is left open of a generic type, said where it stands.
    pub(crate) fn all_told(&self, key: &TypeKey, found: &Generics, span: Span) -> Checked<()> {
        let parameters = self.type_parameters(key);
        match parameters.iter().find(|name| !found.contains_key(*name)) {
            None => Ok(()),
            Some(name) => Err(Diagnostic::new(
                span,
                format!("what `{name}` stands for is not known here"),
                format!("a parameter of `{}`", self.generic_name(key)),
            )
            .help(
                "write it where the type is named, `Name<u8>`, `Name::<u8>::new(…)`, or where the value is bound",
            )),
        }
    }

    /// The module and the parameters of a type of the sources.
    fn written_generics(&self, key: &TypeKey) -> Option<(ModuleId, &syn::Generics)> {
        match key {
            TypeKey::Struct(id) => {
                let definition = self.struct_def(*id);
                Some((definition.module, &definition.ast.generics))
            }
            TypeKey::Enum(id) => {
                let definition = self.enum_def(*id);
                Some((definition.module, &definition.ast.generics))
            }
            _ => None,
        }
    }

    /// Whether a type of the sources has parameters beside platforms.
    pub(crate) fn is_generic_type(&self, key: &TypeKey) -> bool {
        if *key != self.written_key(key) {
            return false;
        }
        let Some((module, generics)) = self.written_generics(key) else {
            return false;
        };
        let is_open = |parameter: &syn::TypeParam| {
            let name = parameter.ident.to_string();
            !self.has_platform_bound(module, generics, &name)
        };
        generics.const_params().next().is_some() || generics.type_params().any(is_open)
    }

    /// What the parameters of an instance stand for.
    pub(crate) fn type_generics(&self, key: &TypeKey) -> Option<Generics> {
        match key {
            TypeKey::Struct(id) => self.structs.generics(*id),
            TypeKey::Enum(id) => self.enums.generics(*id),
            _ => None,
        }
    }

    /// The type for a set of types.
    pub(crate) fn type_instance(&self, key: &TypeKey, generics: Generics) -> TypeKey {
        match key {
            TypeKey::Struct(id) => TypeKey::Struct(self.structs.of(*id, generics)),
            TypeKey::Enum(id) => TypeKey::Enum(self.enums.of(*id, generics)),
            key => key.clone(),
        }
    }

    /// The type that members are written for: of an instance the generic one.
    pub(crate) fn written_key(&self, key: &TypeKey) -> TypeKey {
        match key {
            TypeKey::Struct(id) => TypeKey::Struct(self.structs.base(*id)),
            TypeKey::Enum(id) => TypeKey::Enum(self.enums.base(*id)),
            key => key.clone(),
        }
    }

    /// The type of a struct or enum.
    pub(crate) fn keyed_type(&self, key: &TypeKey) -> Option<Ty> {
        match key {
            TypeKey::Struct(id) => Some(self.struct_type(*id)),
            TypeKey::Enum(id) => Some(self.enum_type(*id)),
            _ => None,
        }
    }
}

/// The struct or enum that a name stands for.
pub(crate) fn type_of(def: &Def) -> Option<TypeKey> {
    match def {
        Def::Struct(id) => Some(TypeKey::Struct(*id)),
        Def::Enum(id) => Some(TypeKey::Enum(*id)),
        _ => None,
    }
}

/// The name of a parameter that is no lifetime.
fn parameter_name(parameter: &syn::GenericParam) -> Option<String> {
    match parameter {
        syn::GenericParam::Type(parameter) => Some(parameter.ident.to_string()),
        syn::GenericParam::Const(parameter) => Some(parameter.ident.to_string()),
        syn::GenericParam::Lifetime(_) => None,
    }
}
