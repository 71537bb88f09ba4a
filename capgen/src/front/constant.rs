//! The values of constants.

mod expr;
mod flow;
mod function;
mod method;
mod operator;
mod pattern;

use super::define::{ConstId, ImplId};
use super::resolve::{Checked, Context};
use super::ty::{Generics, Int, Ty};
use crate::diagnostic::Diagnostic;
use crate::source::ModuleId;

/// A constant's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    /// An integer, `bool`, C-like enum or newtype.
    Int(i64),
    Array(Vec<Value>),
    Struct(Vec<(String, Value)>),
    Tuple(Vec<Value>),
    Option(Option<Box<Value>>),
    /// A variant of an enum with data, and its fields.
    Variant(usize, Vec<Value>),
}

impl Value {
    /// The bytes of an array of bytes.
    pub(crate) fn bytes(&self) -> Option<Vec<u8>> {
        let Value::Array(values) = self else {
            return None;
        };
        values
            .iter()
            .map(|value| {
                if let Value::Int(n) = value {
                    u8::try_from(*n).ok()
                } else {
                    None
                }
            })
            .collect()
    }

    pub(crate) fn field(&self, name: &str) -> Option<&Value> {
        let Value::Struct(fields) = self else {
            return None;
        };
        fields
            .iter()
            .find(|(field, _)| field == name)
            .map(|(_, value)| value)
    }
}

struct Evaluator<'a> {
    context: &'a Context,
    module: ModuleId,
    owner: Option<ImplId>,
    generics: Generics,
    locals: Vec<(String, Value, Ty)>,
    depth: usize,
    /// Statements that may still be executed.
    fuel: usize,
    /// A `return`, `break` or `continue` that was met.
    leaving: Option<flow::Leaving>,
    /// What the function under way gives.
    result: Option<Ty>,
}

/// As many statements may run to find one constant.
const FUEL: usize = 1_000_000;

impl Context {
    /// The type and value of a constant item.
    pub(crate) fn constant_value(&self, id: ConstId) -> Checked<(Ty, Value)> {
        if let Some(known) = self.constants.borrow().get(&id) {
            return match known {
                Some(value) => Ok(value.clone()),
                None => Err(Diagnostic::new(
                    self.span(self.const_def(id).module, &*self.const_def(id).value),
                    "this constant is made of itself",
                    "a cycle",
                )),
            };
        }
        // Known to be under way.
        self.constants.borrow_mut().insert(id, None);
        let definition = self.const_def(id);
        let generics = self.const_generics(id);
        let (module, owner) = (definition.module, definition.owner);
        let found = self
            .resolve_with(module, owner, &generics, &definition.ty)
            .and_then(|ty| {
                let value =
                    self.evaluate(module, owner, &generics, &definition.value, Some(&ty))?;
                Ok((ty, value))
            });
        match &found {
            Ok(value) => self.constants.borrow_mut().insert(id, Some(value.clone())),
            Err(_) => self.constants.borrow_mut().remove(&id),
        };
        found
    }

    /// The value of a constant expression.
    pub(crate) fn evaluate(
        &self,
        module: ModuleId,
        owner: Option<ImplId>,
        generics: &Generics,
        expr: &syn::Expr,
        ty: Option<&Ty>,
    ) -> Checked<Value> {
        let mut evaluator = Evaluator {
            context: self,
            module,
            owner,
            generics: generics.clone(),
            locals: Vec::new(),
            depth: 0,
            fuel: FUEL,
            leaving: None,
            result: None,
        };
        evaluator.expr(expr, ty).map(|(value, _)| value)
    }

    /// The discriminant of variant `index`.
    pub(crate) fn discriminant(&self, id: super::define::EnumId, index: usize) -> Checked<i64> {
        let definition = self.enum_def(id);
        let mut next = 0;
        for (at, variant) in definition.ast.variants.iter().enumerate() {
            if let Some((_, expr)) = &variant.discriminant {
                next = match self.evaluate(
                    definition.module,
                    None,
                    &Generics::new(),
                    expr,
                    Some(&Ty::Int(Int::U8)),
                )? {
                    Value::Int(n) => n,
                    _ => next,
                };
            }
            if !(0..=255).contains(&next) {
                return Err(Diagnostic::new(
                    self.span(definition.module, variant),
                    "a discriminant does not fit a byte",
                    format!("{next}"),
                ));
            }
            if at == index {
                return Ok(next);
            }
            next += 1;
        }
        Ok(next)
    }
}

impl Evaluator<'_> {
    fn refuse<T>(&self, expr: &impl syn::spanned::Spanned) -> Checked<T> {
        Err(Diagnostic::new(
            self.context.span(self.module, expr),
            "this is not a constant that Card Rust can evaluate",
            "not evaluated",
        )
        .help("use literals, other constants, arithmetic, arrays and simple `const fn`s"))
    }

    fn int(&mut self, expr: &syn::Expr, ty: Option<&Ty>) -> Checked<(i64, Ty)> {
        match self.expr(expr, ty)? {
            (Value::Int(n), ty) => Ok((n, ty)),
            // What is left on the way has no value.
            _ if self.leaving.is_some() => Ok((0, Ty::Never)),
            _ => self.refuse(expr),
        }
    }
}
