//! Type checking: a function's body to a typed tree, or a located reason why not.

mod array;
mod block;
mod call;
mod choose;
mod closure;
mod compare;
mod constant;
mod convert;
mod default;
mod expr;
mod generic;
mod integer;
mod iterator;
mod leave;
mod literal;
mod make;
mod method;
mod named_closure;
mod operator;
mod option;
mod overload;
mod own_iterator;
mod path;
pub(super) mod pattern;
mod replace;
mod result;
mod share;

use std::collections::BTreeMap;
use std::rc::Rc;

use named_closure::NamedClosure;

use super::define::{FnId, ImplId, TraitId};
use super::resolve::{Checked, Context, impl_name, is_impl};
use super::tree::{Body, Expr, Kind, LoopId, Pattern, Statement, Variable, VariableId};
use super::ty::{Generics, Inference, Ty};
use crate::diagnostic::{Diagnostic, Span};
use crate::source::ModuleId;

/// A function's parameters and result.
pub(crate) struct Signature {
    /// Pattern (none for `self`), type, and how each is passed.
    pub(crate) parameters: Vec<(Option<syn::Pat>, Ty, Passing)>,
    pub(crate) result: Ty,
}

/// How a parameter is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Passing {
    Value,
    Shared,
    Mutable,
}

impl Passing {
    pub(crate) fn of(ty: &syn::Type) -> Self {
        match ty {
            syn::Type::Reference(reference) if reference.mutability.is_some() => Passing::Mutable,
            syn::Type::Reference(_) => Passing::Shared,
            syn::Type::Paren(inner) => Self::of(&inner.elem),
            syn::Type::Group(inner) => Self::of(&inner.elem),
            _ => Passing::Value,
        }
    }
}

/// Checks one body.
pub(crate) struct Checker<'a> {
    context: &'a Context,
    module: ModuleId,
    owner: Option<ImplId>,
    /// The trait whose default method it is.
    provided_by: Option<TraitId>,
    generics: Generics,
    variables: Vec<Variable>,
    scopes: Vec<BTreeMap<String, VariableId>>,
    inference: Inference,
    /// Names that stand for an element of a slice: those of `iter_mut`.
    places: BTreeMap<VariableId, Expr>,
    /// Closures with a name.
    closures: BTreeMap<VariableId, NamedClosure>,
    /// The names that patterns around have bound before a `|`.
    alternatives: Vec<BTreeMap<String, VariableId>>,
    loops: Vec<Loop>,
    next_loop: usize,
    /// What `return` gives, of the function and of closures inside of it.
    results: Vec<Ty>,
    /// Whether this is inside of a transaction's closure.
    in_closure: bool,
    /// Ranges whose items are counted with a `usize`, by the type of their ends.
    counted: Vec<(Ty, Span)>,
    /// What was refused so far.
    errors: Vec<Diagnostic>,
}

struct Loop {
    id: LoopId,
    label: Option<String>,
    /// The type that `break` gives, of a `loop` or block.
    value: Option<Ty>,
    /// Whether the first `break` with a value says what that type is.
    is_open: bool,
    /// A labelled block, which a `break` without label does not mean.
    is_block: bool,
    /// Whether anything leaves it.
    left: bool,
}

impl Context {
    /// The types of a function's parameters, receiver first, and of its result.
    pub(crate) fn signature(&self, id: FnId) -> Checked<Signature> {
        let function = self.fn_def(id);
        let generics = self.fn_generics(id)?;
        if let Some(token) = &function.signature.asyncness {
            return Err(Diagnostic::new(
                self.span(function.module, token),
                "an `async` function is not part of Card Rust",
                "not on the card",
            ));
        }
        let mut parameters = Vec::new();
        for (index, input) in function.signature.inputs.iter().enumerate() {
            match input {
                syn::FnArg::Typed(typed)
                    if let (true, Some(ty)) =
                        (is_impl(&typed.ty), generics.get(&impl_name(index))) =>
                {
                    let passing = Passing::of(&typed.ty);
                    parameters.push((Some((*typed.pat).clone()), ty.clone(), passing));
                }
                syn::FnArg::Receiver(receiver) => {
                    let Some(owner) = function.owner else {
                        continue;
                    };
                    let passing = match (&receiver.reference, receiver.mutability) {
                        (None, _) => Passing::Value,
                        (Some(_), None) => Passing::Shared,
                        (Some(_), Some(_)) => Passing::Mutable,
                    };
                    let own = self.self_type(Some(owner), &generics);
                    let changes = passing == Passing::Value && receiver.mutability.is_some();
                    let name = changes.then(|| syn::parse_quote!(mut self));
                    parameters.push((name, own.unwrap_or(Ty::Unit), passing));
                }
                syn::FnArg::Typed(typed) => {
                    let ty =
                        self.resolve_with(function.module, function.owner, &generics, &typed.ty)?;
                    parameters.push((Some((*typed.pat).clone()), ty, Passing::of(&typed.ty)));
                }
            }
        }
        let result = match &function.signature.output {
            syn::ReturnType::Default => Ty::Unit,
            syn::ReturnType::Type(_, ty) => {
                self.resolve_with(function.module, function.owner, &generics, ty)?
            }
        };
        Ok(Signature { parameters, result })
    }

    /// The typed tree of a function, checked once.
    pub(crate) fn body(&self, id: FnId) -> Checked<Rc<Body>> {
        if let Some(body) = self.bodies.borrow().get(&id) {
            return Ok(Rc::clone(body));
        }
        let body = Rc::new(Checker::whole(self, id)?);
        self.bodies.borrow_mut().insert(id, Rc::clone(&body));
        Ok(body)
    }
}

impl<'a> Checker<'a> {
    fn whole(context: &'a Context, id: FnId) -> Checked<Body> {
        let function = context.fn_def(id);
        let signature = context.signature(id)?;
        let mut checker = Checker {
            context,
            module: function.module,
            owner: function.owner,
            provided_by: function.provided_by,
            generics: context.fn_generics(id)?,
            variables: Vec::new(),
            scopes: vec![BTreeMap::new()],
            inference: Inference::default(),
            places: BTreeMap::new(),
            closures: BTreeMap::new(),
            alternatives: Vec::new(),
            loops: Vec::new(),
            next_loop: 0,
            results: vec![signature.result.clone()],
            in_closure: false,
            counted: Vec::new(),
            errors: Vec::new(),
        };
        let mut parameters = Vec::new();
        // Parameters that are patterns: what a `let` at the start of the body would bind.
        let mut taken_apart = Vec::new();
        for (pattern, ty, passing) in signature.parameters {
            let id = match pattern {
                None => checker.declare("self".to_owned(), ty, false),
                Some(syn::Pat::Ident(name)) => {
                    checker.declare(name.ident.to_string(), ty, name.mutability.is_some())
                }
                Some(pattern) => {
                    let id = checker.declare("_".to_owned(), ty, false);
                    if !matches!(pattern, syn::Pat::Wild(_)) {
                        taken_apart.push((id, pattern));
                    }
                    id
                }
            };
            let variable = &mut checker.variables[id.0];
            variable.alias = passing == Passing::Mutable && variable.ty.in_locals();
            variable.reference = passing != Passing::Value;
            parameters.push(id);
        }
        let mut statements = Vec::new();
        for (id, pattern) in taken_apart {
            let (span, ty) = (checker.span(&pattern), checker.variables[id.0].ty.clone());
            let pattern = checker.pattern(&pattern, &ty)?;
            let value = make::variable(id, ty, span);
            statements.push(Statement::Let(pattern, Some(value)));
        }
        let mut value = checker.block(&function.body, Some(&signature.result))?;
        if !statements.is_empty() {
            let span = value.span;
            value = make::block(statements, Some(value), span);
        }
        let result = signature.result;
        if !checker.errors.is_empty() {
            let first = checker.errors.remove(0);
            context.errors.borrow_mut().append(&mut checker.errors);
            return Err(first);
        }
        checker.same(&result, &value.ty, value.span)?;
        checker.counted_ranges()?;
        checker.finish(&mut value)?;
        let variables = checker
            .variables
            .iter()
            .map(|variable| Variable {
                ty: checker.inference.finish(&variable.ty),
                ..variable.clone()
            })
            .collect();
        let (mut size, mut loops) = (0, false);
        measure(&mut value, &mut size, &mut loops);
        Ok(Body {
            parameters,
            variables,
            result,
            value,
            size,
            loops,
        })
    }

    /// Puts the types found into the tree, and checks that its constants fit them.
    fn finish(&self, expr: &mut Expr) -> Checked<()> {
        if let (Ty::IntVar(_), false) = (
            self.resolve(&expr.ty),
            matches!(expr.kind, Kind::Int(_) | Kind::Block(..)),
        ) {
            return Err(Diagnostic::new(
                expr.span,
                "the type of this integer is not told",
                "rustc takes `i32`, which takes two words on the card",
            )
            .help("write the type where the value is bound, or as a suffix: `5u8`"));
        }
        expr.ty = self.inference.finish(&expr.ty);
        if let (Kind::Variant(..), true) = (&expr.kind, expr.ty.is_open()) {
            return Err(Diagnostic::new(
                expr.span,
                "what this `Option` would hold is not known here",
                "no type",
            )
            .help("write the type where the value is bound: `let x: Option<u8> = None;`"));
        }
        if let (Kind::Int(value), Ty::Int(int)) = (&expr.kind, &expr.ty) {
            let (low, high) = int.range();
            if !(low..=high).contains(value) {
                return Err(Diagnostic::new(
                    expr.span,
                    format!("this number does not fit `{}` on the card", int.name()),
                    format!("not in {low}..={high}"),
                ));
            }
        }
        self.finish_patterns(&mut expr.kind);
        let mut outcome = Ok(());
        expr.each_part(&mut |part| {
            if outcome.is_ok() {
                outcome = self.finish(part);
            }
        });
        outcome
    }

    /// Puts the types found into the patterns of an expression.
    fn finish_patterns(&self, kind: &mut Kind) {
        match kind {
            Kind::Let(pattern, _) => self.finish_pattern(pattern),
            Kind::Match(_, arms) => {
                for arm in arms {
                    self.finish_pattern(&mut arm.pattern);
                }
            }
            Kind::Block(statements, _) => {
                for statement in statements {
                    match statement {
                        Statement::Let(pattern, _) | Statement::LetElse(pattern, _, _) => {
                            self.finish_pattern(pattern);
                        }
                        Statement::Expr(_) => {}
                    }
                }
            }
            _ => {}
        }
    }

    fn finish_pattern(&self, pattern: &mut Pattern) {
        match pattern {
            Pattern::Wild | Pattern::Bind(_) | Pattern::Value(_) | Pattern::Range(..) => {}
            Pattern::Or(parts) | Pattern::Tuple(parts) => {
                parts.iter_mut().for_each(|part| self.finish_pattern(part));
            }
            Pattern::Variant { fields, .. } => {
                for (_, part, ty) in fields {
                    *ty = self.inference.finish(ty);
                    self.finish_pattern(part);
                }
            }
            Pattern::At(_, inner) => self.finish_pattern(inner),
            Pattern::Slice {
                front,
                rest,
                back,
                element,
            } => {
                *element = self.inference.finish(element);
                let parts = front.iter_mut().chain(rest.as_deref_mut()).chain(back);
                parts.for_each(|part| self.finish_pattern(part));
            }
        }
    }

    fn span(&self, node: &impl syn::spanned::Spanned) -> Span {
        self.context.span(self.module, node)
    }

    fn declare(&mut self, name: String, ty: Ty, mutable: bool) -> VariableId {
        let id = VariableId(self.variables.len());
        self.variables
            .push(Variable::new(name.clone(), ty, mutable));
        if let Some(scope) = self.scopes.last_mut() {
            scope.insert(name, id);
        }
        id
    }

    fn variable(&self, name: &str) -> Option<VariableId> {
        self.scopes
            .iter()
            .rev()
            .find_map(|scope| scope.get(name))
            .copied()
    }

    fn scoped<T>(&mut self, f: impl FnOnce(&mut Self) -> Checked<T>) -> Checked<T> {
        self.scopes.push(BTreeMap::new());
        let outcome = f(self);
        self.scopes.pop();
        outcome
    }

    fn resolve(&self, ty: &Ty) -> Ty {
        self.inference.resolve(ty)
    }

    fn written_type(&self, ty: &syn::Type) -> Checked<Ty> {
        self.context
            .resolve_with(self.module, self.owner, &self.generics, ty)
    }

    /// Makes two types one, or says that they differ.
    fn same(&mut self, wanted: &Ty, found: &Ty, span: Span) -> Checked<()> {
        if self.inference.unify(wanted, found) {
            return Ok(());
        }
        let (wanted, found) = (
            self.context.type_name(&self.resolve(wanted)),
            self.context.type_name(&self.resolve(found)),
        );
        Err(Diagnostic::new(
            span,
            "mismatched types",
            format!("expected `{wanted}`, found `{found}`"),
        ))
    }

    fn refuse<T>(&self, node: &impl syn::spanned::Spanned, what: &str, help: &str) -> Checked<T> {
        Err(Diagnostic::new(
            self.span(node),
            format!("{what} is not part of Card Rust"),
            "not compiled for the card",
        )
        .help(help))
    }

    /// Whether this is the compiler's own table of bindings.
    fn is_binding(&self) -> bool {
        self.module == self.context.bindings
    }
}

/// The field of that name, and where it stands. `of` says what has the fields.
fn find_field<'f>(
    fields: &'f [(String, Ty)],
    name: &str,
    of: &str,
    span: Span,
) -> Checked<(usize, &'f Ty)> {
    fields
        .iter()
        .enumerate()
        .find_map(|(at, (field, ty))| (field == name).then_some((at, ty)))
        .ok_or_else(|| {
            Diagnostic::new(
                span,
                format!("no field `{name}`"),
                format!("not a field of this {of}"),
            )
        })
}

fn measure(expr: &mut Expr, size: &mut usize, loops: &mut bool) {
    *size += 1;
    *loops |= matches!(
        expr.kind,
        Kind::Loop(..) | Kind::While(..) | Kind::For { .. }
    );
    expr.each_part(&mut |part| measure(part, size, loops));
}
