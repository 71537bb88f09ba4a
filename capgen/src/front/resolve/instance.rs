//! Generic functions: one instance for each set of types that they are called with.

use super::{Checked, Context};
use crate::diagnostic::{Diagnostic, Span};
use crate::front::define::{Def, FnDef, FnId, ImplId};
use crate::front::ty::{Generics, Ty, TypeKey};
use crate::source::ModuleId;

impl Context {
    /// What a function is written as.
    pub(crate) fn fn_def(&self, id: FnId) -> &FnDef {
        &self.definitions.fns[self.base(id).0]
    }

    pub(crate) fn base(&self, id: FnId) -> FnId {
        self.functions.base(id)
    }

    /// The types that an instance is made for.
    pub(crate) fn instance_generics(&self, id: FnId) -> Option<Generics> {
        self.functions.generics(id)
    }

    /// The function for a set of types.
    pub(crate) fn instance(&self, id: FnId, generics: Generics) -> FnId {
        self.functions.of(id, generics)
    }

    /// Whether a function has parameters that its calls fill in: types other than the platform, constants,
    /// `impl Trait`.
    pub(crate) fn is_generic(&self, id: FnId) -> bool {
        let known = self.instance_generics(id).unwrap_or_default();
        let function = self.fn_def(id);
        let generics = &function.signature.generics;
        let is_open = |name: String| !known.contains_key(&name);
        let mut constants = generics.const_params();
        let mut types = generics.type_params();
        let mut inputs = function.signature.inputs.iter().enumerate();
        self.open_type(id)
            .is_some_and(|_| is_open("Self".to_owned()))
            || constants.any(|parameter| is_open(parameter.ident.to_string()))
            || types.any(|parameter| {
                let name = parameter.ident.to_string();
                !self.has_platform_bound(function.module, generics, &name) && is_open(name)
            })
            || inputs.any(|(index, input)| {
                matches!(input, syn::FnArg::Typed(typed) if is_impl(&typed.ty))
                    && is_open(impl_name(index))
            })
    }

    /// The generic type whose function this is.
    pub(crate) fn open_type(&self, id: FnId) -> Option<TypeKey> {
        let owner = self.fn_def(id).owner?;
        let key = self.impl_type(owner).key()?;
        self.is_generic_type(&key).then_some(key)
    }

    /// Learns what the parameters of a generic function stand for, from a written type and the type that is
    /// there.
    pub(crate) fn learn(
        &self,
        written: &syn::Type,
        found: &Ty,
        names: &[String],
        into: &mut Generics,
    ) {
        match (written, found) {
            (syn::Type::Reference(reference), found) => {
                self.learn(&reference.elem, found, names, into);
            }
            (syn::Type::Paren(inner), found) => self.learn(&inner.elem, found, names, into),
            (syn::Type::Group(inner), found) => self.learn(&inner.elem, found, names, into),
            (syn::Type::Slice(slice), Ty::Slice(element) | Ty::Array(element, _)) => {
                self.learn(&slice.elem, element, names, into);
            }
            (syn::Type::Array(array), Ty::Array(element, length)) => {
                self.learn(&array.elem, element, names, into);
                if let syn::Expr::Path(path) = &array.len
                    && let Some(name) = path.path.get_ident()
                {
                    learn_number(&name.to_string(), *length, names, into);
                }
            }
            (syn::Type::Tuple(tuple), Ty::Tuple(list)) => {
                for (written, found) in tuple.elems.iter().zip(list) {
                    self.learn(written, found, names, into);
                }
            }
            (syn::Type::Path(path), found) => {
                if let Some(name) = path.path.get_ident()
                    && names.contains(&name.to_string())
                {
                    into.entry(name.to_string())
                        .or_insert_with(|| found.clone());
                    return;
                }
                let Some(syn::PathArguments::AngleBracketed(list)) =
                    path.path.segments.last().map(|last| &last.arguments)
                else {
                    return;
                };
                if let Some(key @ (TypeKey::Struct(_) | TypeKey::Enum(_))) = found.key() {
                    let of_type = self.type_generics(&key).unwrap_or_default();
                    let given = list
                        .args
                        .iter()
                        .filter(|argument| !matches!(argument, syn::GenericArgument::Lifetime(_)));
                    for (argument, parameter) in given.zip(self.type_parameters(&key)) {
                        if let (syn::GenericArgument::Type(written), Some(found)) =
                            (argument, of_type.get(&parameter))
                        {
                            self.learn(written, found, names, into);
                        }
                    }
                    return;
                }
                let mut arguments = list.args.iter();
                let (inner, length) = match found {
                    Ty::Option(inner)
                    | Ty::Fallible(inner)
                    | Ty::Result(inner)
                    | Ty::Cell(inner)
                    | Ty::TransientCell(inner) => (inner, None),
                    Ty::Vec(inner, length) => (inner, Some(*length)),
                    _ => return,
                };
                if let Some(syn::GenericArgument::Type(written)) = arguments.next() {
                    self.learn(written, inner, names, into);
                }
                if let (Some(syn::GenericArgument::Type(syn::Type::Path(path))), Some(length)) =
                    (arguments.next(), length)
                    && let Some(name) = path.path.get_ident()
                {
                    learn_number(&name.to_string(), length, names, into);
                }
            }
            _ => {}
        }
    }

    /// An associated type of a type: that of the one trait that it implements and that has such a type.
    pub(crate) fn associated_type(&self, ty: &Ty, name: &str, span: Span) -> Checked<Ty> {
        let found = ty.key().and_then(|key| {
            let mut impls = self
                .definitions
                .implementors
                .iter()
                .filter(|((_, of), _)| *of == key)
                .map(|(_, id)| id);
            impls.find_map(|id| {
                let written = self.definitions.impls[id.0].types.get(name)?;
                Some((*id, written))
            })
        });
        match found {
            Some((id, written)) => {
                let module = self.definitions.impls[id.0].module;
                self.resolve_type(module, Some(id), written)
            }
            None => Err(Diagnostic::new(
                span,
                format!("`{}` has no type `{name}`", self.type_name(ty)),
                "not known",
            )),
        }
    }

    /// What `T::name` stands for where `T` is a type parameter.
    pub(crate) fn of_parameter(&self, generics: &Generics, names: &[String]) -> Option<Vec<Def>> {
        let [first, name] = names else { return None };
        let key: TypeKey = generics.get(first)?.key()?;
        if first == "Self" {
            return Some(self.member_of(&key, name));
        }
        // A parameter has what its traits have; what its type has beside them is not seen.
        let members = self.members_of(&key, name).into_iter();
        let of_traits = members.filter(|member| member.of_trait.is_some());
        Some(of_traits.map(|member| member.def).collect())
    }

    /// The number that an argument for a const parameter is.
    pub(crate) fn number_argument(
        &self,
        module: ModuleId,
        owner: Option<ImplId>,
        generics: &Generics,
        argument: &syn::GenericArgument,
        ty: &Ty,
    ) -> Checked<Option<i64>> {
        let Some(expr) = constant_argument(argument) else {
            return Ok(None);
        };
        let value = self.evaluate(module, owner, generics, &expr, Some(ty))?;
        Ok(match value {
            crate::front::constant::Value::Int(n) => Some(n),
            _ => None,
        })
    }

    /// The type of a const parameter.
    pub(crate) fn const_type(&self, module: ModuleId, parameter: &syn::ConstParam) -> Checked<Ty> {
        self.resolve_type(module, None, &parameter.ty)
    }
}

fn learn_number(name: &str, number: usize, names: &[String], into: &mut Generics) {
    if names.iter().any(|known| known == name) {
        let ty = Ty::Int(crate::front::ty::Int::Usize);
        let number = i64::try_from(number).unwrap_or(i64::MAX);
        into.entry(name.to_owned())
            .or_insert_with(|| Ty::Number(number, Box::new(ty)));
    }
}

/// Whether a written type is `impl Trait`, or a reference to one.
pub(crate) fn is_impl(ty: &syn::Type) -> bool {
    match ty {
        syn::Type::Reference(reference) => is_impl(&reference.elem),
        syn::Type::Paren(inner) => is_impl(&inner.elem),
        syn::Type::ImplTrait(_) => true,
        _ => false,
    }
}

/// The name under which the type of an `impl Trait` parameter is kept.
pub(crate) fn impl_name(index: usize) -> String {
    format!("impl {index}")
}

/// The expression that a generic argument is, if it may be one: a name alone is read as a type.
pub(super) fn constant_argument(argument: &syn::GenericArgument) -> Option<syn::Expr> {
    match argument {
        syn::GenericArgument::Const(expr) => Some(expr.clone()),
        syn::GenericArgument::Type(syn::Type::Path(path)) => Some(syn::Expr::Path(syn::ExprPath {
            attrs: Vec::new(),
            qself: None,
            path: path.path.clone(),
        })),
        _ => None,
    }
}
