//! Calls by path.

use super::Checker;
use super::literal::literal_of;
use crate::diagnostic::{Diagnostic, Span};
use crate::front::api;
use crate::front::define::{Def, FnId, StructId, TraitId};
use crate::front::resolve::{Checked, segments};
use crate::front::tree::{Expr, Intrinsic, Kind};
use crate::front::ty::{Int, Ty};

impl Checker<'_> {
    pub(super) fn call(&mut self, call: &syn::ExprCall, wanted: Option<&Ty>) -> Checked<Expr> {
        let span = self.span(call);
        let syn::Expr::Path(path) = &*call.func else {
            return self.refuse(
                call,
                "calling the value of an expression",
                "call a function by its name",
            );
        };
        let names = segments(&path.path);
        let arguments: Vec<&syn::Expr> = call.args.iter().collect();
        if let ([name], [argument]) = (names.as_slice(), arguments.as_slice()) {
            if let Some(id) = self.variable(name)
                && self.variables[id.0].ty == Ty::Never
            {
                return Ok(Expr {
                    kind: Kind::Unit,
                    ty: Ty::Never,
                    span,
                });
            }
            match name.as_str() {
                "Some" => return self.some(argument, wanted, span),
                "Ok" | "Err"
                    if let Some(found) = self.own_variant(name, argument, wanted, span)? =>
                {
                    return Ok(found);
                }
                "Ok" => return self.ok(argument, wanted, span),
                "Err" => return self.err(argument, wanted, span),
                _ => {}
            }
        }
        if let [name] = names.as_slice()
            && let Some(id) = self.variable(name)
            && let Some(found) = self.call_closure(id, &arguments, wanted, span)?
        {
            return Ok(found);
        }
        if let Some(found) = self.builtin_call(path, &names, &arguments, wanted, span)? {
            return Ok(found);
        }
        // `u16::wrapping_add(a, b)`
        if let ([ty, name], [receiver, rest @ ..]) = (names.as_slice(), arguments.as_slice())
            && let Some(int) = Int::named(ty)
            && self.defs(&names).is_empty()
        {
            let receiver = self.expect(receiver, &Ty::Int(int))?;
            return self.method(receiver, name, rest, wanted, span, None);
        }
        if let Some(found) = self.vec_function(path, wanted, span)? {
            return Ok(found);
        }
        if names == ["Self"] {
            match self.own_type() {
                Some(Ty::Newtype(id)) => return self.newtype(id, &arguments, span),
                Some(_) => return self.struct_literal(&literal_of(path, call), wanted),
                None => {}
            }
        }
        let mut defs = self.defs(&names);
        if let Some(qself) = &path.qself {
            let ty = self.written_type(&qself.ty)?;
            defs = self.qualified(&ty, &names);
        }
        if let [first, name] = names.as_slice()
            && let Some(key) = self
                .context
                .app
                .get()
                .filter(|_| self.is_binding() && first == "App")
                .map(Ty::Struct)
                .and_then(|ty| ty.key())
        {
            defs = self.context.member_of(&key, name);
        }
        let several: Vec<FnId> = defs
            .iter()
            .filter_map(|def| match def {
                Def::Fn(id) => Some(*id),
                _ => None,
            })
            .collect();
        if several.len() > 1 {
            let found = self.taking_arguments(&several, &arguments, 0, span)?;
            defs = found.map(Def::Fn).into_iter().collect();
        }
        for def in defs {
            match def {
                Def::Fn(id) if self.context.is_generic(id) => {
                    let written = super::generic::Written::of(&path.path, wanted);
                    return self.generic_call(id, None, &arguments, &written, span);
                }
                Def::Fn(id) => return self.function(id, &arguments, span),
                Def::Struct(id) if matches!(self.context.struct_type(id), Ty::Newtype(_)) => {
                    return self.newtype(id, &arguments, span);
                }
                Def::Struct(_) => return self.struct_literal(&literal_of(path, call), wanted),
                Def::Variant(id, index) => {
                    let arguments = arguments
                        .iter()
                        .enumerate()
                        .map(|(index, argument)| (index.to_string(), *argument))
                        .collect();
                    let written = super::generic::Written::of(&path.path, wanted);
                    return self.variant((id, index), arguments, &written, span);
                }
                Def::Java(full) => return self.static_java(&full, &arguments, span),
                _ => {}
            }
        }
        // `Trait::method(receiver, …)`
        if let [prefix @ .., name] = names.as_slice()
            && let Some(of_trait) = self.trait_named(prefix)
            && let [receiver, rest @ ..] = arguments.as_slice()
        {
            let receiver = self.expr(receiver, None)?;
            return self.method(receiver, name, rest, wanted, span, Some(of_trait));
        }
        Err(Diagnostic::new(
            self.span(&call.func),
            format!("function `{}` is not known", names.join("::")),
            "not found in the applet's crate, its path dependencies or the platform",
        )
        .help("a function of another crate is not on the card"))
    }

    /// The type whose default `of::default()` is; `Default::default()` gives what is wanted.
    fn default_of(
        &self,
        of: &str,
        path: &syn::ExprPath,
        wanted: Option<&Ty>,
    ) -> Checked<Option<Ty>> {
        if of == "Default" {
            return Ok(wanted.map(|ty| self.resolve(ty)));
        }
        let mut written = path.path.clone();
        written.segments.pop();
        written.segments.pop_punct();
        let ty = self.written_type(&syn::Type::Path(syn::TypePath {
            qself: None,
            path: written,
        }));
        Ok(ty.ok().filter(|ty| {
            let own = ty.key().map(|key| self.context.member_of(&key, "default"));
            own.is_none_or(|own| own.is_empty())
        }))
    }

    fn trait_named(&self, path: &[String]) -> Option<TraitId> {
        let found = self.context.lookup(self.module, path);
        found.into_iter().find_map(|def| match def {
            Def::Trait(id) => Some(id),
            _ => None,
        })
    }

    fn ok(&mut self, argument: &syn::Expr, wanted: Option<&Ty>, span: Span) -> Checked<Expr> {
        let inner = match wanted.map(|ty| self.resolve(ty)) {
            Some(Ty::Result(inner)) => Some(*inner),
            _ => None,
        };
        let value = self.expr(argument, inner.as_ref())?;
        if let Some(inner) = &inner {
            self.same(inner, &value.ty, value.span)?;
        }
        let ty = Ty::Result(Box::new(inner.unwrap_or_else(|| value.ty.clone())));
        Ok(Expr {
            kind: Kind::Ok(Box::new(value)),
            ty,
            span,
        })
    }

    fn err(&mut self, argument: &syn::Expr, wanted: Option<&Ty>, span: Span) -> Checked<Expr> {
        let value = self.expr(argument, None)?;
        self.status_word(&value)?;
        let ty = match wanted.map(|ty| self.resolve(ty)) {
            Some(ty @ Ty::Result(_)) => ty,
            _ => Ty::Result(Box::new(Ty::Never)),
        };
        Ok(Expr {
            kind: Kind::Err(Box::new(value)),
            ty,
            span,
        })
    }

    pub(super) fn status_word(&self, value: &Expr) -> Checked<()> {
        match self.resolve(&value.ty) {
            Ty::Newtype(id) if self.context.struct_def(id).name == "StatusWord" => Ok(()),
            Ty::Never => Ok(()),
            ty => Err(Diagnostic::new(
                value.span,
                "an error that ends the command is a `StatusWord`",
                format!("this is `{}`", self.context.type_name(&ty)),
            )
            .help("write the type of the result where it is bound or given: `Result<u8, Error>`")),
        }
    }

    fn newtype(&mut self, id: StructId, arguments: &[&syn::Expr], span: Span) -> Checked<Expr> {
        let [argument] = arguments else {
            return Err(Diagnostic::new(
                span,
                "a newtype has one field",
                "another number of arguments",
            ));
        };
        let inner = self.context.newtype_inner(id)?;
        let value = self.expect(argument, &inner)?;
        // A constant stays one; its range is that of the inner type.
        if let Kind::Int(_) = value.kind {
            return Ok(Expr {
                kind: value.kind,
                ty: Ty::Newtype(id),
                span,
            });
        }
        Ok(Expr {
            kind: Kind::Tuple(vec![value]),
            ty: Ty::Newtype(id),
            span,
        })
    }

    /// A call of one of our own functions with all of its arguments.
    pub(super) fn function(
        &mut self,
        id: FnId,
        arguments: &[&syn::Expr],
        span: Span,
    ) -> Checked<Expr> {
        let signature = self.context.signature(id)?;
        if signature.parameters.len() != arguments.len() {
            return Err(Diagnostic::new(
                span,
                "another number of arguments",
                format!(
                    "expected {}, found {}",
                    signature.parameters.len(),
                    arguments.len()
                ),
            ));
        }
        let list = arguments
            .iter()
            .zip(&signature.parameters)
            .map(|(argument, (_, ty, _))| self.expect(argument, ty))
            .collect::<Checked<_>>()?;
        Ok(Expr {
            kind: Kind::Call(id, list),
            ty: signature.result,
            span,
        })
    }

    /// A constructor or static method of the API (bindings only).
    fn static_java(&mut self, path: &str, arguments: &[&syn::Expr], span: Span) -> Checked<Expr> {
        let (class, name) = path.rsplit_once('/').unwrap_or(("", path));
        let name = if name == "new" { "<init>" } else { name };
        self.java(class, name, None, arguments, span)
    }

    /// A method of the API (bindings only).
    pub(super) fn java(
        &mut self,
        class: &str,
        name: &str,
        receiver: Option<Expr>,
        arguments: &[&syn::Expr],
        span: Span,
    ) -> Checked<Expr> {
        let list = arguments
            .iter()
            .map(|argument| self.expr(argument, None))
            .collect::<Checked<Vec<_>>>()?;
        let types: Vec<Ty> = list
            .iter()
            .map(|argument| self.resolve(&argument.ty))
            .collect();
        let Some(method) = api::method(class, name, &types) else {
            let shown = types
                .iter()
                .map(|ty| self.context.type_name(ty))
                .collect::<Vec<_>>()
                .join(", ");
            return Err(Diagnostic::new(
                span,
                format!("the API has no {class}.{name}({shown})"),
                "in the bindings",
            ));
        };
        let mut all: Vec<Expr> = receiver.into_iter().collect();
        for (argument, parameter) in list.into_iter().zip(&method.parameters) {
            let argument_span = argument.span;
            all.push(match parameter {
                Ty::Int(_) if self.resolve(&argument.ty) != *parameter => {
                    self.cast(argument, parameter.clone(), argument_span)?
                }
                _ => argument,
            });
        }
        let ty = method.result.clone();
        Ok(Expr {
            kind: Kind::Java(method, all),
            ty,
            span,
        })
    }

    fn builtin_call(
        &mut self,
        path: &syn::ExprPath,
        names: &[String],
        arguments: &[&syn::Expr],
        wanted: Option<&Ty>,
        span: Span,
    ) -> Checked<Option<Expr>> {
        let intrinsic = |intrinsic, list, ty| {
            Ok(Some(Expr {
                kind: Kind::Intrinsic(intrinsic, list),
                ty,
                span,
            }))
        };
        if let ([ty, name], [argument]) = (names, arguments)
            && let Some(int) = Int::named(ty)
        {
            match name.as_str() {
                "from" => {
                    let value = self.expr(argument, None)?;
                    return self.integer_from(value, int, span).map(Some);
                }
                "try_from" => {
                    let value = self.expr(argument, None)?;
                    return self.integer_try_from(value, int, span).map(Some);
                }
                "from_be_bytes" | "from_le_bytes"
                    if matches!(int, Int::U16 | Int::I16 | Int::U32 | Int::I32) =>
                {
                    let length = if int.is_wide() { 4 } else { 2 };
                    let bytes = Ty::Array(Box::new(Ty::Int(Int::U8)), length);
                    let value = self.expect(argument, &bytes)?;
                    let value = Expr {
                        kind: Kind::Intrinsic(Intrinsic::FromBeBytes, vec![value]),
                        ty: Ty::Int(int),
                        span,
                    };
                    return if name == "from_be_bytes" {
                        Ok(Some(value))
                    } else {
                        self.swapped(value, span)
                    };
                }
                _ => {}
            }
        }
        if let ([.., name], [a, b]) = (names, arguments)
            && (name == "min" || name == "max")
            && self
                .context
                .lookup(self.module, names)
                .iter()
                .any(|def| matches!(def, Def::Core(path) if path.starts_with("core::cmp::")))
        {
            let a = self.expr(a, None)?;
            let b = self.expr(b, Some(&a.ty))?;
            self.same(&a.ty, &b.ty, b.span)?;
            let ty = self.resolve(&a.ty);
            if !ty.is_scalar() {
                return self.refuse(
                    path,
                    &format!("ordering `{}`", self.context.type_name(&ty)),
                    "write a function that gives the one or the other",
                );
            }
            self.is_derived(&ty, span)?;
            return intrinsic(
                if name == "min" {
                    Intrinsic::Min
                } else {
                    Intrinsic::Max
                },
                vec![a, b],
                ty,
            );
        }
        if let Some(found) = self.mem_function(names, arguments, span)? {
            return Ok(Some(found));
        }
        if let ([of, name], []) = (names, arguments)
            && name == "default"
            && let Some(ty) = self.default_of(of, path, wanted)?
        {
            return self.default(&ty, span).map(Some);
        }
        if self.is_binding()
            && let [name] = names
        {
            if name == "slice_of"
                && let [array, offset, length] = arguments
            {
                let usize_ = Ty::Int(Int::Usize);
                let array = self.expect(array, &Ty::Bytes)?;
                let list = vec![
                    array,
                    self.expect(offset, &usize_)?,
                    self.expect(length, &usize_)?,
                ];
                return intrinsic(Intrinsic::SliceOf, list, Ty::slice_of_bytes());
            }
            if name == "is_null"
                && let [value] = arguments
            {
                let value = self.expr(value, None)?;
                return intrinsic(Intrinsic::IsNull, vec![value], Ty::Bool);
            }
            let generic = match path.path.segments.last().map(|segment| &segment.arguments) {
                Some(syn::PathArguments::AngleBracketed(list)) => list.args.first(),
                _ => None,
            };
            if let ("null", [], Some(syn::GenericArgument::Type(ty))) =
                (name.as_str(), arguments, generic)
            {
                let ty = self.written_type(ty)?;
                return intrinsic(Intrinsic::Null, Vec::new(), ty);
            }
            if let ("upcast", [value], Some(syn::GenericArgument::Type(ty))) =
                (name.as_str(), arguments, generic)
            {
                let ty = self.written_type(ty)?;
                let value = self.expr(value, None)?;
                return Ok(Some(Expr { ty, ..value }));
            }
            if name == "downcast"
                && let [value] = arguments
                && let Some(syn::PathArguments::AngleBracketed(list)) =
                    path.path.segments.last().map(|segment| &segment.arguments)
                && let Some(syn::GenericArgument::Type(ty)) = list.args.first()
            {
                let ty = self.written_type(ty)?;
                let value = self.expr(value, None)?;
                return Ok(Some(Expr {
                    kind: Kind::Downcast(Box::new(value)),
                    ty,
                    span,
                }));
            }
        }
        Ok(None)
    }
}
