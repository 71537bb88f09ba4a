//! Arrays that a function makes, references to what is local, and `heapless::Vec`.

use super::{Checker, Passing, make};
use crate::diagnostic::{Diagnostic, Span};
use crate::front::define::Def;
use crate::front::resolve::{Checked, segments};
use crate::front::tree::{Expr, Intrinsic, Kind, Pattern};
use crate::front::ty::{Int, Ty};
use crate::ir::{BinaryOp, CompareOp};

/// Whether an expression gives an array, or a reference to one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Gives {
    Value,
    Reference,
    Unknown,
}

impl Checker<'_> {
    /// `[value; length]`
    pub(super) fn repeat(
        &mut self,
        repeat: &syn::ExprRepeat,
        wanted: Option<&Ty>,
    ) -> Checked<Expr> {
        let span = self.span(repeat);
        let value = match wanted {
            Some(Ty::Array(element, _) | Ty::Slice(element)) => {
                self.expect(&repeat.expr, element)?
            }
            _ => self.expr(&repeat.expr, None)?,
        };
        let element = self.resolve(&value.ty);
        self.element(&element, value.span)?;
        let length =
            self.context
                .array_length(self.module, self.owner, &self.generics, &repeat.len)?;
        Ok(Expr {
            kind: Kind::Repeat(Box::new(value), length),
            ty: Ty::Array(Box::new(element), length),
            span,
        })
    }

    /// What an array may hold.
    fn element(&self, ty: &Ty, span: Span) -> Checked<()> {
        if ty.is_scalar() || *ty == Ty::Never {
            return Ok(());
        }
        Err(Diagnostic::new(
            span,
            format!(
                "an array of `{}` is not part of Card Rust",
                self.context.type_name(ty)
            ),
            "not a scalar",
        )
        .help("an array holds integers, `bool`, C-like enums or newtypes over these"))
    }

    /// `&value`, `&mut value`
    pub(super) fn reference(
        &mut self,
        reference: &syn::ExprReference,
        wanted: Option<&Ty>,
    ) -> Checked<Expr> {
        let value = self.expr(&reference.expr, wanted)?;
        if reference.mutability.is_none() {
            return Ok(value);
        }
        self.needs_memory(&value);
        let is_new = matches!(
            value.kind,
            Kind::Array(_) | Kind::Repeat(..) | Kind::Literal(_) | Kind::ConstArray(_)
        );
        if is_new && matches!(value.ty, Ty::Array(..)) {
            let (ty, span) = (value.ty.clone(), value.span);
            let kind = Kind::Intrinsic(Intrinsic::InMemory, vec![value]);
            return Ok(Expr { kind, ty, span });
        }
        Ok(value)
    }

    /// Notes that an array must be in memory.
    pub(super) fn needs_memory(&mut self, value: &Expr) {
        if let Kind::Variable(id) = value.kind {
            self.variables[id.0].memory = true;
        }
    }

    /// What a `let` with a plain name binds: an array or a reference to one, a value or another name for it.
    pub(super) fn bound_kind(
        &mut self,
        pattern: &Pattern,
        ty: Option<&syn::Type>,
        init: Option<&syn::Expr>,
        value: Option<&Expr>,
    ) -> Checked<()> {
        let Pattern::Bind(id) = pattern else {
            return Ok(());
        };
        let gives = match (ty, init) {
            (Some(ty), _) if Passing::of(ty) == Passing::Value => Gives::Value,
            (Some(_), _) => Gives::Reference,
            (None, Some(init)) => self.gives(init, value),
            (None, None) => Gives::Value,
        };
        let variable = &mut self.variables[id.0];
        let is_array = matches!(variable.ty, Ty::Array(..));
        variable.reference = gives == Gives::Reference;
        let is_mutable = matches!(
            init.map(bare),
            Some(syn::Expr::Reference(reference)) if reference.mutability.is_some()
        );
        variable.alias = is_mutable && variable.ty.in_locals();
        if is_array && gives == Gives::Unknown && variable.mutable {
            return Err(Diagnostic::new(
                value.map_or_else(Span::default, |value| value.span),
                "whether this is an array or a reference to one is not told",
                "assigning means another thing for each",
            )
            .help("write the type: `let mut x: [u8; 16] = …`"));
        }
        Ok(())
    }

    fn gives(&self, expr: &syn::Expr, value: Option<&Expr>) -> Gives {
        match bare(expr) {
            syn::Expr::Reference(_) => Gives::Reference,
            syn::Expr::Repeat(_) | syn::Expr::Array(_) => Gives::Value,
            syn::Expr::Unary(unary) if matches!(unary.op, syn::UnOp::Deref(_)) => Gives::Value,
            syn::Expr::Lit(_) => Gives::Reference,
            syn::Expr::Path(path) => {
                let names = segments(&path.path);
                if let [name] = names.as_slice()
                    && let Some(id) = self.variable(name)
                {
                    return if self.variables[id.0].reference {
                        Gives::Reference
                    } else {
                        Gives::Value
                    };
                }
                let constant = self.defs(&names).into_iter().find_map(|def| match def {
                    Def::Const(id) => Some(id),
                    _ => None,
                });
                match constant {
                    Some(id) => self.written(&self.context.const_def(id).ty),
                    None => Gives::Unknown,
                }
            }
            syn::Expr::Call(_) | syn::Expr::MethodCall(_) => match value.map(|value| &value.kind) {
                Some(Kind::Call(id, _)) => match &self.context.fn_def(*id).signature.output {
                    syn::ReturnType::Type(_, ty) => self.written(ty),
                    syn::ReturnType::Default => Gives::Value,
                },
                Some(Kind::Intrinsic(Intrinsic::ToBeBytes, _)) => Gives::Value,
                _ => Gives::Unknown,
            },
            syn::Expr::If(branch) => {
                let then = self.last(&branch.then_branch);
                let other = branch
                    .else_branch
                    .as_ref()
                    .map_or(Gives::Unknown, |(_, other)| self.gives(other, None));
                both(then, other)
            }
            syn::Expr::Block(block) if block.label.is_none() => self.last(&block.block),
            syn::Expr::Match(branch) => branch
                .arms
                .iter()
                .map(|arm| self.gives(&arm.body, None))
                .reduce(both)
                .unwrap_or(Gives::Unknown),
            _ => Gives::Unknown,
        }
    }

    fn last(&self, block: &syn::Block) -> Gives {
        match block.stmts.last() {
            Some(syn::Stmt::Expr(value, None)) => self.gives(value, None),
            _ => Gives::Unknown,
        }
    }

    fn written(&self, ty: &syn::Type) -> Gives {
        match Passing::of(ty) {
            Passing::Value => Gives::Value,
            _ => Gives::Reference,
        }
    }

    /// A function or constant of the type `heapless::Vec`: `Vec::new()`.
    pub(super) fn vec_function(
        &mut self,
        path: &syn::ExprPath,
        wanted: Option<&Ty>,
        span: Span,
    ) -> Checked<Option<Expr>> {
        let names = segments(&path.path);
        let Some((name, prefix)) = names.split_last() else {
            return Ok(None);
        };
        let is_vec = self
            .context
            .lookup(self.module, prefix)
            .iter()
            .any(|def| matches!(def, Def::Core(path) if path == "heapless::Vec"));
        if !is_vec || name != "new" {
            return Ok(None);
        }
        let mut owner = path.path.clone();
        owner.segments.pop();
        owner.segments.pop_punct();
        let is_told = owner
            .segments
            .last()
            .is_some_and(|last| !last.arguments.is_none());
        let ty = if is_told {
            self.written_type(&syn::Type::Path(syn::TypePath {
                qself: None,
                path: owner,
            }))?
        } else {
            match wanted.map(|ty| self.resolve(ty)) {
                Some(ty @ Ty::Vec(..)) => ty,
                _ => {
                    return Err(Diagnostic::new(
                        span,
                        "what this `Vec` holds, and how much, is not known here",
                        "no type",
                    )
                    .help("write the type: `let mut x: Vec<u8, 16> = Vec::new();`"));
                }
            }
        };
        Ok(Some(Expr {
            kind: Kind::Intrinsic(Intrinsic::VecNew, Vec::new()),
            ty,
            span,
        }))
    }

    /// `slice.get(from..to)`
    pub(super) fn part_or_none(
        &mut self,
        slice: Expr,
        element: &Ty,
        range: &syn::ExprRange,
        span: Span,
    ) -> Checked<Expr> {
        let mut statements = Vec::new();
        let slice = self.temporary(slice, &mut statements);
        let mut end = |checker: &mut Self, end: &Option<Box<syn::Expr>>| -> Checked<Option<Expr>> {
            let Some(end) = end else { return Ok(None) };
            let end = checker.expect(end, &Ty::Int(Int::Usize))?;
            Ok(Some(checker.temporary(end, &mut statements)))
        };
        let from = end(self, &range.start)?;
        let to = end(self, &range.end)?;
        let to = match range.limits {
            syn::RangeLimits::HalfOpen(_) => to,
            // What is no `usize` on the card is past the end of every slice.
            syn::RangeLimits::Closed(_) => {
                to.map(|to| make::open_op(BinaryOp::Add, to, make::number(1, span)))
            }
        };
        let from = from.unwrap_or_else(|| make::number(0, span));
        let length = make::length(slice.clone());
        let fits = match &to {
            Some(to) => make::and(
                make::compare(CompareOp::Le, from.clone(), to.clone()),
                make::compare(CompareOp::Le, to.clone(), length),
            ),
            None => make::compare(CompareOp::Le, from.clone(), length),
        };
        let kind = Kind::SubSlice(
            Box::new(slice),
            Some(Box::new(from)),
            to.map(Box::new),
            false,
        );
        let part = make::expr(kind, Ty::Slice(Box::new(element.clone())), span);
        let none = make::none(&part.ty, span);
        let value = make::choice(fits, make::some(part), none);
        Ok(make::block(statements, Some(value), span))
    }

    /// A `Vec` where a slice is wanted.
    pub(super) fn as_slice(&self, value: Expr) -> Expr {
        match self.resolve(&value.ty) {
            Ty::Vec(element, _) => {
                let span = value.span;
                Expr {
                    kind: Kind::Intrinsic(Intrinsic::AsSlice, vec![value]),
                    ty: Ty::Slice(element),
                    span,
                }
            }
            _ => value,
        }
    }

    /// A method of a `Vec`; `None` for those of its slice.
    pub(super) fn vec_method(
        &mut self,
        receiver: &Expr,
        (element, capacity): (&Ty, usize),
        name: &str,
        arguments: &[&syn::Expr],
        span: Span,
    ) -> Checked<Option<Expr>> {
        let usize_ = Ty::Int(Int::Usize);
        let make = |intrinsic, mut rest: Vec<Expr>, ty| {
            rest.insert(0, receiver.clone());
            Ok(Some(Expr {
                kind: Kind::Intrinsic(intrinsic, rest),
                ty,
                span,
            }))
        };
        let number = |value: usize| Expr {
            kind: Kind::Int(i64::try_from(value).unwrap_or(i64::MAX)),
            ty: Ty::Int(Int::Usize),
            span,
        };
        match (name, arguments) {
            ("push", [value]) => {
                let value = self.expect(value, element)?;
                make(
                    Intrinsic::VecPush,
                    vec![value],
                    Ty::Fallible(Box::new(Ty::Unit)),
                )
            }
            ("extend_from_slice", [slice]) => {
                let slice = self.expect(slice, &Ty::Slice(Box::new(element.clone())))?;
                let ty = Ty::Fallible(Box::new(Ty::Unit));
                make(Intrinsic::VecExtend, vec![slice], ty)
            }
            ("pop", []) => make(
                Intrinsic::VecPop,
                Vec::new(),
                Ty::Option(Box::new(element.clone())),
            ),
            ("clear", []) => make(Intrinsic::VecClear, Vec::new(), Ty::Unit),
            ("truncate", [length]) => {
                let length = self.expect(length, &usize_)?;
                make(Intrinsic::VecTruncate, vec![length], Ty::Unit)
            }
            ("capacity", []) => Ok(Some(number(capacity))),
            ("is_full", []) => {
                let length = Expr {
                    kind: Kind::Intrinsic(Intrinsic::Len, vec![self.as_slice(receiver.clone())]),
                    ty: usize_,
                    span,
                };
                let full = Box::new(number(capacity));
                Ok(Some(Expr {
                    kind: Kind::Compare(crate::ir::CompareOp::Eq, Box::new(length), full),
                    ty: Ty::Bool,
                    span,
                }))
            }
            ("as_slice" | "as_mut_slice", []) => Ok(Some(self.as_slice(receiver.clone()))),
            _ => Ok(None),
        }
    }

    /// Methods of slices of any scalar that are functions of the integers' table.
    pub(super) fn slice_function(
        &mut self,
        receiver: &Expr,
        element: &Ty,
        name: &str,
        arguments: &[&syn::Expr],
        span: Span,
    ) -> Checked<Option<Expr>> {
        let Some(id) = self
            .element_name(element)
            .and_then(|ty| self.context.integer_method(ty, &format!("slice_{name}")))
        else {
            return Ok(None);
        };
        let signature = self.context.signature(id)?;
        if signature.parameters.len() != arguments.len() + 1 {
            return Ok(None);
        }
        let mut list = vec![receiver.clone()];
        for (argument, (_, ty, _)) in arguments.iter().zip(signature.parameters.iter().skip(1)) {
            list.push(self.expect(argument, ty)?);
        }
        Ok(Some(Expr {
            kind: Kind::Call(id, list),
            ty: signature.result,
            span,
        }))
    }

    /// The name that the integers' table has for an element's type.
    fn element_name(&self, element: &Ty) -> Option<&'static str> {
        match self.resolve(element) {
            Ty::Bool => Some("bool"),
            Ty::Int(int) => Some(int.name()),
            _ => None,
        }
    }
}

fn both(a: Gives, b: Gives) -> Gives {
    if a == b { a } else { Gives::Unknown }
}

/// An expression without parentheses around it.
fn bare(expr: &syn::Expr) -> &syn::Expr {
    match expr {
        syn::Expr::Paren(inner) => bare(&inner.expr),
        syn::Expr::Group(inner) => bare(&inner.expr),
        other => other,
    }
}
