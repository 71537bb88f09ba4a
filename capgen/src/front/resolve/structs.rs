//! Structs: what each is on the card, and generic ones, of which there is one for each set of types that stand for their
//! parameters.
//!
//! Numbers of structs behind those of the sources are instances; what an instance is written as is what the generic
//! struct is.

use super::{Checked, Context, segments};
use crate::diagnostic::{Diagnostic, Span};
use crate::front::define::{Def, FnId, ImplId, StructDef, StructId};
use crate::front::ty::{Generics, Ty, TypeKey};
use crate::source::ModuleId;

/// The field types of a struct that is a class, in source order, with their names.
pub(crate) type Fields = Vec<(String, Ty)>;

/// The parameters of an `impl` block, each with the name that its struct has for it.
pub(crate) type Renamed = Vec<(String, String)>;

impl Context {
    /// What a struct is written as.
    pub(crate) fn struct_def(&self, id: StructId) -> &StructDef {
        &self.definitions.structs[self.struct_base(id).0]
    }

    /// The struct of the sources.
    pub(crate) fn struct_base(&self, id: StructId) -> StructId {
        let index = id.0.checked_sub(self.definitions.structs.len());
        let instances = self.struct_instances.borrow();
        index
            .and_then(|index| instances.get(index))
            .map_or(id, |(base, _)| *base)
    }

    /// What the parameters of an instance stand for.
    pub(crate) fn struct_instance_generics(&self, id: StructId) -> Option<Generics> {
        let index = id.0.checked_sub(self.definitions.structs.len())?;
        let instances = self.struct_instances.borrow();
        instances.get(index).map(|(_, generics)| generics.clone())
    }

    /// Whether a struct of the sources has parameters beside platforms.
    pub(crate) fn is_generic_struct(&self, id: StructId) -> bool {
        if id.0 >= self.definitions.structs.len() {
            return false;
        }
        let definition = self.struct_def(id);
        let generics = &definition.ast.generics;
        let is_open = |parameter: &syn::TypeParam| {
            let name = parameter.ident.to_string();
            !self.has_platform_bound(definition.module, generics, &name)
        };
        generics.const_params().next().is_some() || generics.type_params().any(is_open)
    }

    /// The struct for a set of types.
    pub(crate) fn struct_instance(&self, id: StructId, generics: Generics) -> StructId {
        let mut instances = self.struct_instances.borrow_mut();
        let wanted = (id, generics);
        let index = instances
            .iter()
            .position(|known| *known == wanted)
            .unwrap_or_else(|| {
                instances.push(wanted);
                instances.len() - 1
            });
        StructId(self.definitions.structs.len() + index)
    }

    /// The names of a struct's parameters, lifetimes aside, in their order.
    pub(crate) fn struct_parameters(&self, id: StructId) -> Vec<String> {
        let generics = &self.struct_def(id).ast.generics;
        generics.params.iter().filter_map(parameter_name).collect()
    }

    /// What stands between `<` and `>` behind the name of a generic struct, by its parameters.
    pub(crate) fn struct_arguments(
        &self,
        module: ModuleId,
        owner: Option<ImplId>,
        generics: &Generics,
        id: StructId,
        arguments: Option<&syn::PathArguments>,
    ) -> Checked<Generics> {
        let definition = self.struct_def(id);
        let mut found = Generics::new();
        let parameters = definition.ast.generics.params.iter();
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
                    let ty = self.const_type(definition.module, parameter)?;
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
                        "this is no argument of the struct",
                        "not understood",
                    ));
                }
            }
        }
        self.add_platforms(definition.module, &definition.ast.generics, &mut found);
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

    /// The generic struct that an `impl` block is for, and for each of the block's parameters that of the struct: a
    /// block is for all instances.
    pub(crate) fn generic_impl(
        &self,
        module: ModuleId,
        generics: &syn::Generics,
        ty: &syn::Type,
    ) -> Checked<Option<(StructId, Renamed)>> {
        let syn::Type::Path(path) = ty else {
            return Ok(None);
        };
        let found = self.lookup(module, &segments(&path.path));
        let is_open = |def: Def| match def {
            Def::Struct(id) if self.is_generic_struct(id) => Some(id),
            _ => None,
        };
        let Some(id) = found.into_iter().find_map(is_open) else {
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
        for (argument, parameter) in given.zip(self.struct_parameters(id)) {
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
                        "an `impl` for some of the types of a generic struct is not part of Card Rust",
                        "not a parameter of the `impl`",
                    )
                    .help("write it for all of them, `impl<T: Copy> Name<T>`, or a function beside it"));
                }
            }
        }
        Ok(Some((id, pairs)))
    }

    /// What the parameters of a function's `impl` block stand for where that is for a generic struct, `Self` included.
    pub(crate) fn of_instance(&self, function: FnId, id: StructId) -> Option<Generics> {
        let owner = self.fn_def(function).owner?;
        let of_struct = self.struct_instance_generics(id)?;
        let mut generics = Generics::new();
        for (own, parameter) in &self.definitions.impls[owner.0].parameters {
            generics.insert(own.clone(), of_struct.get(parameter)?.clone());
        }
        generics.insert("Self".to_owned(), self.struct_type(id));
        Some(generics)
    }

    /// The struct that a type's members are of: of an instance the one that is written.
    pub(crate) fn written_key(&self, key: &TypeKey) -> TypeKey {
        match key {
            TypeKey::Struct(id) => TypeKey::Struct(self.struct_base(*id)),
            key => key.clone(),
        }
    }

    /// A function of a type: of an instance of a generic struct the function for that instance.
    pub(crate) fn function_of(&self, key: &TypeKey, function: FnId) -> FnId {
        let generics = match key {
            TypeKey::Struct(id) => self.of_instance(function, *id),
            _ => None,
        };
        match generics {
            Some(mut generics) => {
                let definition = self.fn_def(function);
                let (module, signature) = (definition.module, &definition.signature);
                self.add_platforms(module, &signature.generics, &mut generics);
                self.instance(function, generics)
            }
            None => function,
        }
    }

    /// `Self` where a function's body stands.
    pub(crate) fn self_type(&self, owner: Option<ImplId>, generics: &Generics) -> Option<Ty> {
        let known = generics.get("Self").cloned();
        known.or_else(|| owner.map(|owner| self.impl_type(owner).clone()))
    }

    /// The name of an instance's class: what its parameters stand for is part of it.
    pub(crate) fn class_name(&self, id: StructId) -> String {
        let mut name = self.struct_def(id).name.clone();
        let generics = self.struct_instance_generics(id).unwrap_or_default();
        for parameter in self.struct_parameters(id) {
            match generics.get(&parameter) {
                None | Some(Ty::Platform) => {}
                Some(ty) => {
                    let shown = self.type_name(ty);
                    let plain = shown.chars().filter(|c| c.is_ascii_alphanumeric());
                    name.push('_');
                    name.extend(plain);
                }
            }
        }
        name
    }

    /// An instance as a person reads it: `Ring<u8, 4>`.
    pub(super) fn struct_name(&self, id: StructId) -> String {
        let name = self.struct_def(id).name.clone();
        let generics = self.struct_instance_generics(id).unwrap_or_default();
        let shown: Vec<String> = self
            .struct_parameters(id)
            .iter()
            .filter_map(|parameter| generics.get(parameter))
            .filter(|ty| **ty != Ty::Platform)
            .map(|ty| self.type_name(ty))
            .collect();
        if shown.is_empty() {
            name
        } else {
            format!("{name}<{}>", shown.join(", "))
        }
    }

    /// The instance that a written path says, or a type that is wanted, of a generic struct.
    pub(crate) fn wanted_instance(&self, id: StructId, wanted: Option<&Ty>) -> Option<StructId> {
        match wanted {
            Some(Ty::Struct(found) | Ty::Record(found) | Ty::Newtype(found))
                if *found != id && self.struct_base(*found) == id =>
            {
                Some(*found)
            }
            Some(Ty::Result(inner) | Ty::Option(inner)) => self.wanted_instance(id, Some(inner)),
            _ => None,
        }
    }

    /// What is left open of a generic struct, said where it stands.
    pub(crate) fn all_told(&self, id: StructId, found: &Generics, span: Span) -> Checked<()> {
        let parameters = self.struct_parameters(id);
        match parameters.iter().find(|name| !found.contains_key(*name)) {
            None => Ok(()),
            Some(name) => Err(Diagnostic::new(
                span,
                format!("what `{name}` stands for is not known here"),
                format!("a parameter of `{}`", self.struct_def(id).name),
            )
            .help("write it where the struct is named: `Name<u8>`, `Name::<u8>::new(…)`")),
        }
    }

    /// A struct's type: a newtype over one scalar, or a class.
    pub(crate) fn struct_type(&self, id: StructId) -> Ty {
        let fields = &self.struct_def(id).ast.fields;
        if let syn::Fields::Unnamed(fields) = fields
            && fields.unnamed.len() == 1
            && self.newtype_inner(id).is_ok_and(|ty| ty.is_scalar())
        {
            return Ty::Newtype(id);
        }
        if self.is_record(id) {
            return Ty::Record(id);
        }
        Ty::Struct(id)
    }

    /// Whether a struct is only what its fields are: all of them are values that can be taken apart.
    fn is_record(&self, id: StructId) -> bool {
        if let Some(known) = self.records.borrow().get(&id) {
            return *known;
        }
        // A struct that holds itself, which rustc refuses, is none.
        self.records.borrow_mut().insert(id, false);
        let definition = self.struct_def(id);
        let is_object = self.definitions.objects.contains(&self.struct_base(id))
            || definition.ast.fields.is_empty()
            || definition.module == self.bindings;
        let fields = if is_object {
            None
        } else {
            self.struct_fields(id).ok()
        };
        let found = fields.is_some_and(|fields| {
            let mut types = fields.iter().map(|(_, ty)| ty);
            types.all(|ty| match ty {
                Ty::Vec(..) | Ty::Record(_) => true,
                Ty::Array(element, _) => element.is_scalar(),
                ty => self.stays_local(ty),
            })
        });
        self.records.borrow_mut().insert(id, found);
        found
    }

    /// Whether a struct derives a trait.
    pub(crate) fn derives(&self, id: StructId, name: &str) -> bool {
        let attributes = self.struct_def(id).ast.attrs.iter();
        let mut derived = attributes.filter(|attribute| attribute.path().is_ident("derive"));
        derived.any(|attribute| {
            let mut found = false;
            let looked_at = attribute.parse_nested_meta(|meta| {
                found |= meta.path.is_ident(name);
                Ok(())
            });
            looked_at.is_ok() && found
        })
    }

    /// The scalar inside of a newtype.
    pub(crate) fn newtype_inner(&self, id: StructId) -> Checked<Ty> {
        let definition = self.struct_def(id);
        match definition.ast.fields.iter().next() {
            Some(field) => {
                let generics = self.struct_generics(id)?;
                self.resolve_with(definition.module, None, &generics, &field.ty)
            }
            None => Ok(Ty::Unit),
        }
    }

    fn struct_generics(&self, id: StructId) -> Checked<Generics> {
        if let Some(generics) = self.struct_instance_generics(id) {
            return Ok(generics);
        }
        let definition = self.struct_def(id);
        let mut generics = Generics::new();
        for parameter in definition.ast.generics.type_params() {
            let name = parameter.ident.to_string();
            if !self.has_platform_bound(definition.module, &definition.ast.generics, &name) {
                return Err(Diagnostic::new(
                    self.span(definition.module, parameter),
                    format!("what `{name}` stands for is not known here"),
                    "a parameter of a generic struct",
                )
                .help("write it where the struct is named: `Name<u8>`, `Name::<u8>::new(…)`"));
            }
            generics.insert(name, Ty::Platform);
        }
        Ok(generics)
    }

    /// The fields of a class.
    pub(crate) fn struct_fields(&self, id: StructId) -> Checked<Fields> {
        let definition = self.struct_def(id);
        let generics = self.struct_generics(id)?;
        let mut fields = Fields::new();
        for (index, field) in definition.ast.fields.iter().enumerate() {
            let name = field
                .ident
                .as_ref()
                .map_or_else(|| index.to_string(), ToString::to_string);
            fields.push((
                name,
                self.resolve_with(definition.module, None, &generics, &field.ty)?,
            ));
        }
        Ok(fields)
    }

    /// `N` where field `index` of a class is `P::Bytes<N>`.
    pub(crate) fn field_bytes_length(&self, id: StructId, index: usize) -> Checked<Option<usize>> {
        let definition = self.struct_def(id);
        match definition.ast.fields.iter().nth(index) {
            Some(field) => {
                let generics = self.struct_generics(id)?;
                self.bytes_length(definition.module, None, &generics, &field.ty)
            }
            None => Ok(None),
        }
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
