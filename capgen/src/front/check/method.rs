//! Method calls.

use super::{Checker, make};
use crate::diagnostic::{Diagnostic, Span};
use crate::front::api;
use crate::front::define::TraitId;
use crate::front::resolve::Checked;
use crate::front::tree::{Expr, Intrinsic, Kind};
use crate::front::ty::{Int, Ty};
use crate::ir::BinaryOp;

impl Checker<'_> {
    pub(super) fn method_call(
        &mut self,
        call: &syn::ExprMethodCall,
        wanted: Option<&Ty>,
    ) -> Checked<Expr> {
        if let Some(found) = self.consumer(call, wanted)? {
            return Ok(found);
        }
        let span = self.span(call);
        let name = call.method.to_string();
        let receiver = self.expr(&call.receiver, None)?;
        let arguments: Vec<&syn::Expr> = call.args.iter().collect();
        if name == "shareable" && self.resolve(&receiver.ty) == Ty::Platform {
            return self.shareable(call, &arguments, wanted, span);
        }
        if name == "bytes" || name == "transient_bytes" {
            return self.unplaced_bytes(&receiver, call, span);
        }
        self.method(receiver, &name, &arguments, wanted, span, None)
    }

    /// `receiver.name(arguments)`; `of_trait` where it was written `Trait::name(receiver, arguments)`.
    pub(super) fn method(
        &mut self,
        receiver: Expr,
        name: &str,
        arguments: &[&syn::Expr],
        wanted: Option<&Ty>,
        span: Span,
        of_trait: Option<TraitId>,
    ) -> Checked<Expr> {
        let ty = self.resolve(&receiver.ty);
        if ty == Ty::Never {
            return Ok(Expr { span, ..receiver });
        }
        if ty == Ty::Platform
            && let Some(found) = self.platform_method(&receiver, name, arguments, wanted, span)?
        {
            return Ok(found);
        }
        if self.is_binding() && of_trait.is_none() {
            let class = match &ty {
                Ty::Api(class) => Some(class.clone()),
                Ty::Struct(_) => Some("javacard/framework/Applet".to_owned()),
                _ => None,
            };
            if let Some(class) = class
                && api::has_class(&class)
            {
                return self.java(&class, name, Some(receiver), arguments, span);
            }
        }
        if let Ty::Interface(id) = ty {
            return self.shared_method(receiver, id, name, arguments, span);
        }
        let own = match ty.key() {
            Some(key) => self.methods(&key, name, of_trait, span)?,
            None => Vec::new(),
        };
        let own = match own.as_slice() {
            [] => None,
            own => self.taking_arguments(own, arguments, 1, span)?,
        };
        if let Some(id) = own {
            if self.context.is_generic(id) {
                let written = super::generic::Written::default();
                return self.generic_call(id, Some(receiver), arguments, &written, span);
            }
            let signature = self.context.signature(id)?;
            if signature.parameters.len() != arguments.len() + 1 {
                let expected = signature.parameters.len().saturating_sub(1);
                return Err(Diagnostic::new(
                    span,
                    "another number of arguments",
                    format!("expected {expected}, found {}", arguments.len()),
                ));
            }
            let mut list = vec![receiver];
            for (argument, (_, ty, _)) in arguments.iter().zip(signature.parameters.iter().skip(1))
            {
                list.push(self.expect(argument, ty)?);
            }
            return Ok(Expr {
                kind: Kind::Call(id, list),
                ty: signature.result,
                span,
            });
        }
        match (name, arguments) {
            ("into", []) => return self.into(receiver, wanted, span),
            ("try_into", []) if ty.key().is_some() || matches!(ty, Ty::IntVar(_)) => {
                return self.try_into(receiver, wanted, span);
            }
            _ => {}
        }
        let found = match &ty {
            Ty::Cell(inner) => self.cell_method(&receiver, inner, name, arguments, false, span)?,
            Ty::TransientCell(inner) => {
                self.cell_method(&receiver, inner, name, arguments, true, span)?
            }
            Ty::Slice(element) | Ty::Array(element, _) => {
                self.slice_method(&receiver, element, name, arguments, span)?
            }
            Ty::Option(inner) => {
                self.option_method(&receiver, inner, false, name, arguments, span)?
            }
            Ty::Fallible(inner) => {
                self.option_method(&receiver, inner, true, name, arguments, span)?
            }
            Ty::Data(_) => self.result_method(&receiver, name, arguments, span)?,
            Ty::Vec(element, n) => {
                let found = self.vec_method(&receiver, (element, *n), name, arguments, span)?;
                match found {
                    Some(found) => Some(found),
                    None => {
                        let slice = self.as_slice(receiver.clone());
                        self.slice_method(&slice, element, name, arguments, span)?
                    }
                }
            }
            Ty::Int(_) | Ty::IntVar(_) => self.integer_method(&receiver, name, arguments, span)?,
            _ => None,
        };
        found.ok_or_else(|| {
            let ty = self.context.type_name(&ty);
            let help = match ty.as_str() {
                ty if ty.starts_with("Result") => "a `Result` is passed on with `?` or returned; nothing else is done with it on the card".to_owned(),
                ty => format!("`{ty}` has the methods of its impl blocks and of the platform traits"),
            };
            Diagnostic::new(span, format!("method `{name}` of `{ty}` is not part of Card Rust"), "not known").help(help)
        })
    }

    fn platform_method(
        &mut self,
        receiver: &Expr,
        name: &str,
        arguments: &[&syn::Expr],
        wanted: Option<&Ty>,
        span: Span,
    ) -> Checked<Option<Expr>> {
        match (name, arguments) {
            ("cell", [initial]) => {
                let inner = match wanted.map(|ty| self.resolve(ty)) {
                    Some(Ty::Cell(inner)) => Some(*inner),
                    _ => None,
                };
                let initial = self.expr(initial, inner.as_ref())?;
                let ty = Ty::Cell(Box::new(initial.ty.clone()));
                Ok(Some(Expr {
                    kind: Kind::Intrinsic(Intrinsic::NewCell, vec![initial]),
                    ty,
                    span,
                }))
            }
            ("transient_cell", []) => match wanted.map(|ty| self.resolve(ty)) {
                Some(ty @ Ty::TransientCell(_)) => Ok(Some(Expr {
                    kind: Kind::Intrinsic(Intrinsic::NewTransientCell, Vec::new()),
                    ty,
                    span,
                })),
                _ => Err(Diagnostic::new(
                    span,
                    "what this cell holds is not known here",
                    "not placed into a field",
                )
                .help("make it in the struct literal of its owner")),
            },
            ("atomically", [closure]) => {
                let syn::Expr::Closure(closure) = closure else {
                    return self.refuse(
                        *closure,
                        "a transaction without its closure",
                        "write `platform.atomically(|platform| { … })`",
                    );
                };
                let result = match wanted.map(|ty| self.resolve(ty)) {
                    Some(ty @ Ty::Result(_)) => ty,
                    _ => Ty::Result(Box::new(Ty::Unit)),
                };
                let body = self.scoped(|checker| {
                    for input in &closure.inputs {
                        let name = match input {
                            syn::Pat::Ident(name) => name.ident.to_string(),
                            syn::Pat::Wild(_) => "_".to_owned(),
                            other => {
                                return checker.refuse(
                                    other,
                                    "this parameter",
                                    "write `|platform|` or `|_|`",
                                );
                            }
                        };
                        checker.declare(name, Ty::Platform, false);
                    }
                    checker.results.push(result.clone());
                    let body = checker
                        .closure_body(closure, Some(&result))
                        .and_then(|body| {
                            checker.same(&result, &body.ty, body.span)?;
                            Ok(body)
                        });
                    checker.results.pop();
                    let span = checker.span(closure);
                    Ok(Expr {
                        kind: Kind::Closure(Box::new(body?)),
                        ty: Ty::Closure(Box::new(result.clone())),
                        span,
                    })
                })?;
                Ok(Some(Expr {
                    kind: Kind::Intrinsic(Intrinsic::Atomically, vec![receiver.clone(), body]),
                    ty: result,
                    span,
                }))
            }
            _ => Ok(None),
        }
    }

    /// `platform.bytes()` in the literal of the struct whose field tells the length.
    pub(super) fn new_bytes(
        &mut self,
        call: &syn::ExprMethodCall,
        length: usize,
    ) -> Checked<Option<Expr>> {
        let span = self.span(call);
        let intrinsic = match call.method.to_string().as_str() {
            "bytes" => Intrinsic::NewBytes(length),
            "transient_bytes" => Intrinsic::NewTransientBytes(length),
            _ => return Ok(None),
        };
        let receiver = self.expr(&call.receiver, None)?;
        if self.resolve(&receiver.ty) != Ty::Platform {
            return Ok(None);
        }
        Ok(Some(Expr {
            kind: Kind::Intrinsic(intrinsic, Vec::new()),
            ty: Ty::Bytes,
            span,
        }))
    }

    /// `platform.bytes::<N>()`, or one whose length nothing tells.
    fn unplaced_bytes(
        &mut self,
        receiver: &Expr,
        call: &syn::ExprMethodCall,
        span: Span,
    ) -> Checked<Expr> {
        let generic = call.turbofish.as_ref().and_then(|list| list.args.first());
        if let (Ty::Platform, Some(argument)) = (self.resolve(&receiver.ty), generic) {
            let length =
                self.context
                    .length_argument(self.module, self.owner, &self.generics, argument)?;
            if let Some(made) = length
                .map(|length| self.new_bytes(call, length))
                .transpose()?
                .flatten()
            {
                return Ok(made);
            }
        }
        if self.resolve(&receiver.ty) == Ty::Platform {
            return Err(Diagnostic::new(
                span,
                "how many bytes is not known here",
                "not placed into a field",
            )
            .help("write the length: `platform.bytes::<16>()`"));
        }
        self.refuse(call, "this method", "use the platform's methods")
    }

    fn cell_method(
        &mut self,
        receiver: &Expr,
        inner: &Ty,
        name: &str,
        arguments: &[&syn::Expr],
        transient: bool,
        span: Span,
    ) -> Checked<Option<Expr>> {
        Ok(match (name, arguments) {
            ("get", []) => {
                let intrinsic = if transient {
                    Intrinsic::TransientGet
                } else {
                    Intrinsic::CellGet
                };
                Some(Expr {
                    kind: Kind::Intrinsic(intrinsic, vec![receiver.clone()]),
                    ty: inner.clone(),
                    span,
                })
            }
            ("set", [value]) => {
                let value = self.expect(value, inner)?;
                let intrinsic = if transient {
                    Intrinsic::TransientSet
                } else {
                    Intrinsic::CellSet
                };
                Some(Expr {
                    kind: Kind::Intrinsic(intrinsic, vec![receiver.clone(), value]),
                    ty: Ty::Unit,
                    span,
                })
            }
            _ => None,
        })
    }

    fn slice_method(
        &mut self,
        receiver: &Expr,
        element: &Ty,
        name: &str,
        arguments: &[&syn::Expr],
        span: Span,
    ) -> Checked<Option<Expr>> {
        let usize_ = Ty::Int(Int::Usize);
        let element = &self.resolve(element);
        let bytes = matches!(element, Ty::Int(Int::U8 | Int::I8));
        if !matches!(name, "len" | "is_empty") {
            self.needs_memory(receiver);
        }
        let intrinsic = |intrinsic, mut rest: Vec<Expr>, ty| {
            rest.insert(0, receiver.clone());
            Ok(Some(Expr {
                kind: Kind::Intrinsic(intrinsic, rest),
                ty,
                span,
            }))
        };
        match (name, arguments) {
            ("len", []) => Ok(Some(make::length(receiver.clone()))),
            ("is_empty", []) => {
                let length = make::length(receiver.clone());
                let zero = Expr {
                    kind: Kind::Int(0),
                    ty: usize_,
                    span,
                };
                Ok(Some(Expr {
                    kind: Kind::Compare(crate::ir::CompareOp::Eq, Box::new(length), Box::new(zero)),
                    ty: Ty::Bool,
                    span,
                }))
            }
            ("copy_from_slice", [source]) if bytes => {
                let source = self.expect(source, &Ty::Slice(Box::new(element.clone())))?;
                self.bound("copy_from_slice", vec![receiver.clone(), source], span)
                    .map(Some)
            }
            ("fill", [value]) if bytes => {
                let value = self.expect(value, element)?;
                let value = self.cast(value, Ty::Int(Int::U8), span)?;
                self.bound("fill", vec![receiver.clone(), value], span)
                    .map(Some)
            }
            ("copy_from_slice" | "clone_from_slice", [_]) => {
                self.slice_function(receiver, element, "copy", arguments, span)
            }
            ("as_slice" | "as_mut_slice", []) => Ok(Some(receiver.clone())),
            ("copy_within", [syn::Expr::Range(range), to]) if bytes => {
                let from = match &range.start {
                    Some(from) => self.expect(from, &usize_)?,
                    None => make::number(0, span),
                };
                let end = match &range.end {
                    Some(end) => self.expect(end, &usize_)?,
                    None => make::length(receiver.clone()),
                };
                let end = match range.limits {
                    syn::RangeLimits::HalfOpen(_) => end,
                    syn::RangeLimits::Closed(_) => {
                        make::open_op(BinaryOp::Add, end, make::number(1, span))
                    }
                };
                let to = self.expect(to, &usize_)?;
                self.bound("copy_within", vec![receiver.clone(), from, end, to], span)
                    .map(Some)
            }
            (
                "iter" | "iter_mut" | "chunks" | "chunks_exact" | "chunks_mut" | "chunks_exact_mut"
                | "windows",
                _,
            ) => Err(Diagnostic::new(
                span,
                format!("`{name}` is not part of Card Rust here"),
                "an iterator is no value on the card",
            )
            .help("go over it with `for`, or end it with `any`, `position`, `fold`, …, where it stands")),
            ("get" | "get_mut", [syn::Expr::Range(range)]) => {
                self.part_or_none(receiver.clone(), element, range, span).map(Some)
            }
            ("array", []) if self.is_binding() => {
                intrinsic(Intrinsic::SliceArray, Vec::new(), Ty::Bytes)
            }
            ("offset", []) if self.is_binding() => {
                intrinsic(Intrinsic::SliceOffset, Vec::new(), usize_)
            }
            ("copy" | "equal", _) => Ok(None),
            _ => self.slice_function(receiver, element, name, arguments, span),
        }
    }

    /// A call of a function of the bindings.
    pub(super) fn bound(&mut self, name: &str, arguments: Vec<Expr>, span: Span) -> Checked<Expr> {
        let id = self.context.binding(name, span)?;
        let ty = self.context.signature(id)?.result;
        Ok(Expr {
            kind: Kind::Call(id, arguments),
            ty,
            span,
        })
    }
}
