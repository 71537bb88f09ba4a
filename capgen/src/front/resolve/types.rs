//! What a written type means.

use super::generics::type_of;
use super::{Checked, Context, segments};
use crate::diagnostic::{Diagnostic, Span};
use crate::front::constant::Value;
use crate::front::define::{Def, FnId, ImplId};
use crate::front::ty::{Generics, Int, Ty, TypeKey};
use crate::ir;
use crate::source::ModuleId;

/// An array that is too long; `length` counts places, of which a `u32` or `i32` takes two.
pub(crate) fn too_long(span: Span, length: impl std::fmt::Display) -> Diagnostic {
    Diagnostic::new(
        span,
        format!(
            "an array on the card has 0 to {} elements",
            ir::LONGEST_ARRAY
        ),
        format!("{length} elements"),
    )
    .help("a `u32` or `i32` counts as two elements")
}

impl Context {
    /// What `ty` means in `module`, inside of impl block `owner`.
    pub(crate) fn resolve_type(
        &self,
        module: ModuleId,
        owner: Option<ImplId>,
        ty: &syn::Type,
    ) -> Checked<Ty> {
        self.resolve_with(module, owner, &Generics::new(), ty)
    }

    /// As [`Context::resolve_type`], with the type parameters of a function.
    pub(crate) fn resolve_with(
        &self,
        module: ModuleId,
        owner: Option<ImplId>,
        generics: &Generics,
        ty: &syn::Type,
    ) -> Checked<Ty> {
        let refused = |what: &str, help: &str| {
            Err(Diagnostic::new(
                self.span(module, ty),
                format!("{what} is not part of Card Rust"),
                "not on the card",
            )
            .help(help))
        };
        let again = |inner: &syn::Type| self.resolve_with(module, owner, generics, inner);
        match ty {
            syn::Type::Reference(reference) => again(&reference.elem),
            syn::Type::Paren(paren) => again(&paren.elem),
            syn::Type::Group(group) => again(&group.elem),
            syn::Type::Never(_) => Ok(Ty::Never),
            syn::Type::Slice(slice) => Ok(Ty::Slice(Box::new(again(&slice.elem)?))),
            syn::Type::Array(array) => {
                let element = again(&array.elem)?;
                let length = self.array_length(module, owner, generics, &array.len)?;
                Ok(Ty::Array(Box::new(element), length))
            }
            syn::Type::Tuple(tuple) if tuple.elems.is_empty() => Ok(Ty::Unit),
            syn::Type::Tuple(tuple) => Ok(Ty::Tuple(
                tuple.elems.iter().map(again).collect::<Checked<_>>()?,
            )),
            syn::Type::Path(path) => self.path_type(module, owner, generics, path),
            syn::Type::TraitObject(object) => match self.interface(module, object) {
                Some(id) => Ok(Ty::Interface(id)),
                None => refused(
                    "a trait object",
                    "use the concrete type, a type parameter `P: Platform`, or a trait that `platform::shareable!` declares",
                ),
            },
            syn::Type::ImplTrait(_) => refused("`impl Trait`", "use the concrete type"),
            syn::Type::Ptr(_) => refused("a raw pointer", "use a reference"),
            syn::Type::BareFn(_) => refused("a function pointer", "call the function by its name"),
            _ => refused(
                "this type",
                "use integers, `bool`, C-like enums, structs, byte slices and the platform's types",
            ),
        }
    }

    pub(crate) fn array_length(
        &self,
        module: ModuleId,
        owner: Option<ImplId>,
        generics: &Generics,
        length: &syn::Expr,
    ) -> Checked<usize> {
        let span = self.span(module, length);
        match self.evaluate(module, owner, generics, length, Some(&Ty::Int(Int::Usize)))? {
            Value::Int(n) => usize::try_from(n)
                .ok()
                .filter(|n| ir::fits_array(*n))
                .ok_or_else(|| too_long(span, n)),
            _ => Err(Diagnostic::new(
                span,
                "an array's length is a number",
                "not a number",
            )),
        }
    }

    fn path_type(
        &self,
        module: ModuleId,
        owner: Option<ImplId>,
        generics: &Generics,
        ty: &syn::TypePath,
    ) -> Checked<Ty> {
        let span = self.span(module, ty);
        let names = segments(&ty.path);
        let arguments = ty.path.segments.last().map(|segment| &segment.arguments);
        if let Some(qself) = &ty.qself
            && let Some(name) = names.last()
        {
            let of = self.resolve_with(module, owner, generics, &qself.ty)?;
            if of != Ty::Platform {
                return self.associated_type(&of, name, span);
            }
        }
        if let Some(_qself) = &ty.qself {
            return Err(Diagnostic::new(
                span,
                "a qualified path is not part of Card Rust as a type",
                "not understood",
            )
            .help("write `P::Name`"));
        }
        let single = (names.len() == 1).then(|| names[0].as_str());
        if let Some(name) = single {
            if let Some(ty) = generics.get(name) {
                return Ok(ty.clone());
            }
            if let Some(int) = Int::named(name) {
                return Ok(Ty::Int(int));
            }
            match name {
                "bool" => return Ok(Ty::Bool),
                "Self" => {
                    return match owner {
                        Some(id) => Ok(self.impl_type(id).clone()),
                        None => Err(Diagnostic::new(
                            span,
                            "`Self` outside of an impl block",
                            "no type",
                        )),
                    };
                }
                "u64" | "i64" | "u128" | "i128" | "isize" => {
                    return Err(Diagnostic::new(
                        span,
                        format!("`{name}` is not part of Card Rust"),
                        "wider than 32 bits, or as wide as the host likes",
                    )
                    .help("use `u32` or `i32`, or bytes in a slice"));
                }
                "f32" | "f64" => {
                    return Err(Diagnostic::new(
                        span,
                        format!("`{name}` is not part of Card Rust"),
                        "no floating point on a card",
                    ));
                }
                "str" | "String" | "char" => {
                    return Err(Diagnostic::new(
                        span,
                        format!("`{name}` is not part of Card Rust"),
                        "no text on a card",
                    )
                    .help("use bytes: `&[u8]`, `b\"…\"`"));
                }
                _ => {}
            }
            if self.is_platform_parameter(module, owner, name)
                || (module == self.bindings && name == "Card")
            {
                return Ok(Ty::Platform);
            }
            if module == self.bindings && name == "App" {
                return self
                    .app
                    .get()
                    .map(Ty::Struct)
                    .ok_or_else(|| Diagnostic::new(span, "no applet", "no applet"));
            }
            if module == self.bindings && name == "ByteArray" {
                return Ok(Ty::Bytes);
            }
            if module == self.bindings && name == "ShortArray" {
                return Ok(Ty::Shorts);
            }
        }
        if names.len() == 2 {
            let first = names[0].as_str();
            if let Some(ty) = owner
                .filter(|_| first == "Self")
                .and_then(|id| self.definitions.impls[id.0].types.get(&names[1]))
            {
                return self.resolve_with(module, owner, generics, ty);
            }
            let platform = generics.get(first) == Some(&Ty::Platform)
                || self.is_platform_parameter(module, owner, first)
                || (first == "Self" && owner.is_some_and(|id| *self.impl_type(id) == Ty::Platform));
            if platform {
                return self.platform_type(module, owner, generics, &names[1], arguments, span);
            }
            if let Some(of) = generics.get(first) {
                return self.associated_type(of, &names[1], span);
            }
            if let (true, Some(id)) = (first == "Self", owner) {
                let of = self.impl_type(id).clone();
                return self.associated_type(&of, &names[1], span);
            }
        }
        for def in self.lookup(module, &names) {
            match def {
                Def::Struct(_) | Def::Enum(_) => {
                    if let Some(key) = type_of(&def)
                        && let Some(ty) =
                            self.named_type(module, owner, generics, (key, arguments), span)?
                    {
                        return Ok(ty);
                    }
                }
                Def::Alias(id) => {
                    let alias = &self.definitions.aliases[id.0];
                    let mut inner = Generics::new();
                    let given = self.type_arguments(module, owner, generics, arguments)?;
                    for (index, parameter) in alias.ast.generics.type_params().enumerate() {
                        let ty = match (given.get(index), &parameter.default) {
                            (Some(ty), _) => ty.clone(),
                            (None, Some(default)) => {
                                self.resolve_type(alias.module, None, default)?
                            }
                            (None, None) => {
                                return Err(Diagnostic::new(
                                    span,
                                    "a type argument is missing",
                                    "here",
                                ));
                            }
                        };
                        inner.insert(parameter.ident.to_string(), ty);
                    }
                    return self.resolve_with(alias.module, None, &inner, &alias.ast.ty);
                }
                Def::Java(class) => return Ok(Ty::Api(class)),
                Def::Core(path) if path == "heapless::Vec" => {
                    return self.vec_type(module, owner, generics, arguments, span);
                }
                Def::Core(path) if path == "core::option::Option" => {
                    return self.option_type(module, owner, generics, arguments, span);
                }
                Def::Core(path) if path == "core::result::Result" => {
                    return self.result_type(module, owner, generics, arguments, span);
                }
                _ => {}
            }
        }
        if single == Some("Result") {
            return self.result_type(module, owner, generics, arguments, span);
        }
        if single == Some("Option") {
            return self.option_type(module, owner, generics, arguments, span);
        }
        Err(Diagnostic::new(
            span,
            format!("`{}` is not a type that Card Rust knows", names.join("::")),
            "not known",
        )
        .help("types come from the applet's crate, its path dependencies and the platform"))
    }

    /// A struct or enum by its name, and what stands between `<` and `>` behind it.
    fn named_type(
        &self,
        module: ModuleId,
        owner: Option<ImplId>,
        generics: &Generics,
        (key, arguments): (TypeKey, Option<&syn::PathArguments>),
        span: Span,
    ) -> Checked<Option<Ty>> {
        if !self.is_generic_type(&key) {
            return Ok(self.keyed_type(&key));
        }
        let found = self.written_arguments(module, owner, generics, &key, arguments)?;
        self.all_told(&key, &found, span)?;
        Ok(self.keyed_type(&self.type_instance(&key, found)))
    }

    fn result_type(
        &self,
        module: ModuleId,
        owner: Option<ImplId>,
        generics: &Generics,
        arguments: Option<&syn::PathArguments>,
        span: crate::diagnostic::Span,
    ) -> Checked<Ty> {
        let given = self.type_arguments(module, owner, generics, arguments)?;
        match given.as_slice() {
            [ok, Ty::Newtype(id)] if self.definitions.structs[id.0].name == "StatusWord" => {
                Ok(Ty::Result(Box::new(ok.clone())))
            }
            [ok, error] => match self.own_result(ok, error) {
                Some(ty) => Ok(ty),
                None => Err(Diagnostic::new(
                    span,
                    format!(
                        "a `Result` of `{}` and `{}` is not part of Card Rust",
                        self.type_name(ok),
                        self.type_name(error)
                    ),
                    "not made of scalars, slices, and tuples, options and enums of these",
                )
                .help("use `platform::Result<T>`, whose error is a `StatusWord`")),
            },
            _ => Err(Diagnostic::new(
                span,
                "what this `Result` holds must be written",
                "no error type",
            )
            .help("use `platform::Result<T>`, or write `Result<T, Error>`")),
        }
    }

    fn option_type(
        &self,
        module: ModuleId,
        owner: Option<ImplId>,
        generics: &Generics,
        arguments: Option<&syn::PathArguments>,
        span: crate::diagnostic::Span,
    ) -> Checked<Ty> {
        let given = self.type_arguments(module, owner, generics, arguments)?;
        match given.as_slice() {
            [inner] if self.stays_local(inner) => Ok(Ty::Option(Box::new(inner.clone()))),
            [inner] => Err(Diagnostic::new(
                span,
                format!(
                    "an `Option` of `{}` is not part of Card Rust",
                    self.type_name(inner)
                ),
                "not a scalar, a slice or a tuple of these",
            )
            .help("use a scalar, or a `bool` beside the value")),
            _ => Err(
                Diagnostic::new(span, "what this `Option` holds must be written", "no type")
                    .help("write `Option<u8>`"),
            ),
        }
    }

    /// `heapless::Vec<T, N>`
    fn vec_type(
        &self,
        module: ModuleId,
        owner: Option<ImplId>,
        generics: &Generics,
        arguments: Option<&syn::PathArguments>,
        span: crate::diagnostic::Span,
    ) -> Checked<Ty> {
        if let Some(syn::PathArguments::AngleBracketed(list)) = arguments
            && let [syn::GenericArgument::Type(element), length] =
                list.args.iter().collect::<Vec<_>>().as_slice()
            && let Some(length) = self.length_argument(module, owner, generics, length)?
        {
            let element = self.resolve_with(module, owner, generics, element)?;
            if element.is_scalar() {
                return Ok(Ty::Vec(Box::new(element), length));
            }
            return Err(Diagnostic::new(
                span,
                format!(
                    "a `Vec` of `{}` is not part of Card Rust",
                    self.type_name(&element)
                ),
                "not a scalar",
            )
            .help("a `Vec` holds integers, `bool`, C-like enums or newtypes over these"));
        }
        Err(
            Diagnostic::new(span, "a `Vec` says what it holds, and how much", "not told")
                .help("write `heapless::Vec<u8, 16>`"),
        )
    }

    /// Whether a value of this type can be taken apart into words, any of which may be made up.
    pub(crate) fn stays_local(&self, ty: &Ty) -> bool {
        match ty {
            Ty::Unit
            | Ty::Bool
            | Ty::Int(_)
            | Ty::IntVar(_)
            | Ty::Var(_)
            | Ty::Enum(_)
            | Ty::Newtype(_) => true,
            Ty::Interface(_) => true,
            Ty::Slice(element) => element.is_scalar(),
            Ty::Option(inner) | Ty::Fallible(inner) => self.stays_local(inner),
            Ty::Tuple(list) => list.iter().all(|ty| self.stays_local(ty)),
            Ty::Data(_) => true,
            // An array or list would have to be somewhere while there is none.
            Ty::Record(id) => self
                .struct_fields(*id)
                .is_ok_and(|fields| fields.iter().all(|(_, ty)| self.stays_local(ty))),
            _ => false,
        }
    }

    fn type_arguments(
        &self,
        module: ModuleId,
        owner: Option<ImplId>,
        generics: &Generics,
        arguments: Option<&syn::PathArguments>,
    ) -> Checked<Vec<Ty>> {
        let Some(syn::PathArguments::AngleBracketed(list)) = arguments else {
            return Ok(Vec::new());
        };
        list.args
            .iter()
            .filter_map(|argument| match argument {
                syn::GenericArgument::Type(ty) => {
                    Some(self.resolve_with(module, owner, generics, ty))
                }
                _ => None,
            })
            .collect()
    }

    /// `P::Name<…>`.
    fn platform_type(
        &self,
        module: ModuleId,
        owner: Option<ImplId>,
        generics: &Generics,
        name: &str,
        arguments: Option<&syn::PathArguments>,
        span: crate::diagnostic::Span,
    ) -> Checked<Ty> {
        let inner = || -> Checked<Box<Ty>> {
            let ty = self
                .type_arguments(module, owner, generics, arguments)?
                .pop();
            match ty {
                Some(ty) if ty.is_scalar() => Ok(Box::new(ty)),
                Some(ty) => Err(Diagnostic::new(
                    span,
                    format!("a cell of `{}` is not part of Card Rust", self.type_name(&ty)),
                    "it holds a `bool`, an integer, or a C-like enum",
                )
                .help(match ty {
                    Ty::Option(_) => {
                        "use two cells, one of which says whether there is a value, and set both in `platform.atomically`"
                    }
                    Ty::Array(..) | Ty::Slice(_) | Ty::Vec(..) => {
                        "use `P::Bytes<N>`, or a `platform::ByteVec<P, N>`"
                    }
                    _ => "use a cell for each part, in a struct of cells",
                })),
                None => Err(Diagnostic::new(span, "what this cell holds is not told", "no type")
                    .help("write `P::Cell<u8>`")),
            }
        };
        if name == "Shared" {
            let given = self
                .type_arguments(module, owner, generics, arguments)?
                .pop();
            return match given {
                Some(ty @ Ty::Interface(_)) => Ok(ty),
                _ => Err(Diagnostic::new(
                    span,
                    "what is shared is a trait that `platform::shareable!` declares",
                    "not a `dyn Trait` of one",
                )),
            };
        }
        match name {
            "Cell" => return Ok(Ty::Cell(inner()?)),
            "TransientCell" => return Ok(Ty::TransientCell(inner()?)),
            "Bytes" | "TransientBytes" => return Ok(Ty::Bytes),
            _ => {}
        }
        let key = ("Platform".to_owned(), TypeKey::Platform);
        let id = self.definitions.implementors.get(&key);
        if let Some(id) = id
            && let Some(ty) = self.definitions.impls[id.0].types.get(name)
        {
            return self.resolve_type(self.bindings, Some(*id), ty);
        }
        Err(Diagnostic::new(
            span,
            format!("the platform has no type `{name}`"),
            "not known",
        ))
    }

    /// `N` of `P::Bytes<N>` or `P::TransientBytes<N>`, if that is what `ty` is.
    pub(crate) fn bytes_length(
        &self,
        module: ModuleId,
        owner: Option<ImplId>,
        generics: &Generics,
        ty: &syn::Type,
    ) -> Checked<Option<usize>> {
        let syn::Type::Path(path) = ty else {
            return Ok(None);
        };
        let Some(segment) = path.path.segments.last() else {
            return Ok(None);
        };
        if segment.ident != "Bytes" && segment.ident != "TransientBytes" {
            return Ok(None);
        }
        let syn::PathArguments::AngleBracketed(list) = &segment.arguments else {
            return Ok(None);
        };
        match list.args.first() {
            Some(argument) => self.length_argument(module, owner, generics, argument),
            None => Ok(None),
        }
    }

    /// The number that a generic argument is.
    pub(crate) fn length_argument(
        &self,
        module: ModuleId,
        owner: Option<ImplId>,
        generics: &Generics,
        argument: &syn::GenericArgument,
    ) -> Checked<Option<usize>> {
        let Some(length) = super::instance::constant_argument(argument) else {
            return Ok(None);
        };
        self.array_length(module, owner, generics, &length)
            .map(Some)
    }

    /// Whether `name` is a type parameter bounded by `platform::Platform`.
    fn is_platform_parameter(&self, module: ModuleId, owner: Option<ImplId>, name: &str) -> bool {
        owner.is_some_and(|id| {
            self.has_platform_bound(module, &self.definitions.impls[id.0].generics, name)
        })
    }

    pub(crate) fn has_platform_bound(
        &self,
        module: ModuleId,
        generics: &syn::Generics,
        name: &str,
    ) -> bool {
        let is_platform = |bound: &syn::TypeParamBound| {
            match bound {
            syn::TypeParamBound::Trait(bound) => self.lookup(module, &segments(&bound.path)).iter().any(|def| {
                matches!(def, Def::Trait(id) if self.definitions.traits[id.0].name == "Platform" && Some(self.definitions.traits[id.0].krate) == self.platform)
            }),
            _ => false,
        }
        };
        let declared = generics
            .type_params()
            .any(|p| p.ident == name && p.bounds.iter().any(is_platform));
        let clause = generics
            .where_clause
            .iter()
            .flat_map(|clause| &clause.predicates)
            .any(|predicate| match predicate {
                syn::WherePredicate::Type(ty) => {
                    matches!(&ty.bounded_ty, syn::Type::Path(path) if path.path.is_ident(name))
                        && ty.bounds.iter().any(is_platform)
                }
                _ => false,
            });
        declared || clause
    }

    /// The type parameters of a function: each must be a platform.
    pub(crate) fn fn_generics(&self, id: FnId) -> Checked<Generics> {
        if let Some(generics) = self.instance_generics(id) {
            return Ok(generics);
        }
        let function = self.fn_def(id);
        let mut found = Generics::new();
        for parameter in function.signature.generics.type_params() {
            let name = parameter.ident.to_string();
            if !self.has_platform_bound(function.module, &function.signature.generics, &name) {
                return Err(Diagnostic::new(
                    self.span(function.module, parameter),
                    format!("type parameter `{name}` is not a platform"),
                    "only `P: Platform` is erased on the card",
                )
                .help("write the function for the concrete type"));
            }
            found.insert(name, Ty::Platform);
        }
        if let Some(parameter) = function.signature.generics.const_params().next() {
            return Err(Diagnostic::new(
                self.span(function.module, parameter),
                "a const parameter is not part of Card Rust",
                "not on the card",
            )
            .help("pass the number as an argument"));
        }
        Ok(found)
    }
}
