//! Which of several functions of one name is meant: those of a type itself and of its traits, and those of one trait for
//! several types (`From<u8>` and `From<u16>`).

use super::Checker;
use crate::diagnostic::{Diagnostic, Span};
use crate::front::define::{Def, FnId, Member, TraitId};
use crate::front::resolve::Checked;
use crate::front::tree::{Expr, Kind};
use crate::front::ty::{Ty, TypeKey};

impl Checker<'_> {
    /// The functions that `receiver.name(…)` may mean; `of_trait` where it is written `Trait::name(receiver, …)`.
    pub(super) fn methods(
        &self,
        key: &TypeKey,
        name: &str,
        of_trait: Option<TraitId>,
        span: Span,
    ) -> Checked<Vec<FnId>> {
        let members = self.context.members_of(key, name);
        let functions = |keep: &dyn Fn(&Member) -> bool| -> Vec<FnId> {
            let kept = members.iter().filter(|member| keep(member));
            kept.filter_map(|member| match member.def {
                Def::Fn(id) => Some(id),
                _ => None,
            })
            .collect()
        };
        if members.len() < 2 {
            return Ok(functions(&|_| true));
        }
        // To the body of a default method, `self` is only what implements the trait.
        let is_own = self.own_type().and_then(|own| own.key()).as_ref() == Some(key);
        let provided = self.provided_by.filter(|_| is_own);
        if let Some(of) = of_trait.or(provided) {
            let of_trait = functions(&|member| member.of_trait == Some(Def::Trait(of)));
            if !of_trait.is_empty() {
                return Ok(of_trait);
            }
        }
        let is_parameter =
            |(parameter, ty): (&String, &Ty)| parameter != "Self" && ty.key().as_ref() == Some(key);
        let inherent = functions(&|member| member.of_trait.is_none());
        if !inherent.is_empty() && self.generics.iter().any(is_parameter) {
            return Err(ambiguous(name, span));
        }
        if inherent.is_empty() {
            Ok(functions(&|_| true))
        } else {
            Ok(inherent)
        }
    }

    /// What `<ty as Trait>::name` and `<ty>::name` stand for.
    pub(super) fn qualified(&self, ty: &Ty, names: &[String]) -> Vec<Def> {
        let (Some(key), Some((name, of))) = (ty.key(), names.split_last()) else {
            return Vec::new();
        };
        if of.is_empty() {
            return self.context.names_of(&key, name);
        }
        let traits = self.context.lookup(self.module, of);
        let members = self.context.members_of(&key, name).into_iter();
        let of_trait = members.filter(|member| {
            member
                .of_trait
                .as_ref()
                .is_some_and(|of| traits.contains(of))
        });
        of_trait.map(|member| member.def).collect()
    }

    /// The one of some functions whose parameters, the first `skip` aside, take these types; the only one takes what it
    /// will.
    pub(super) fn taking(
        &self,
        found: &[FnId],
        types: &[Ty],
        skip: usize,
        span: Span,
    ) -> Checked<Option<FnId>> {
        if let [only] = found {
            return Ok(Some(*only));
        }
        let mut fitting = Vec::new();
        for id in found {
            let signature = self.context.signature(*id)?;
            let parameters = signature.parameters.iter().skip(skip);
            let mut pairs = parameters.map(|(_, ty, _)| ty).zip(types);
            if signature.parameters.len() == types.len() + skip
                && pairs.all(|(wanted, found)| self.inference.clone().unify(wanted, found))
            {
                fitting.push(*id);
            }
        }
        match fitting.as_slice() {
            [] => Ok(None),
            [one] => Ok(Some(*one)),
            [one, ..] => Err(ambiguous(&self.context.fn_def(*one).name, span)),
        }
    }

    /// As [`Checker::taking`], of arguments that are not looked at yet.
    pub(super) fn taking_arguments(
        &mut self,
        found: &[FnId],
        arguments: &[&syn::Expr],
        skip: usize,
        span: Span,
    ) -> Checked<Option<FnId>> {
        if let [only] = found {
            return Ok(Some(*only));
        }
        let types = arguments
            .iter()
            .map(|argument| self.type_alone(argument))
            .collect::<Checked<Vec<_>>>()?;
        self.taking(found, &types, skip, span)
    }

    /// The type of an expression that will be looked at again.
    pub(super) fn type_alone(&mut self, expr: &syn::Expr) -> Checked<Ty> {
        let (variables, loops) = (self.variables.len(), self.next_loop);
        let value = self.expr(expr, None)?;
        self.variables.truncate(variables);
        self.next_loop = loops;
        Ok(self.resolve(&value.ty))
    }

    /// A call with all of its arguments.
    pub(super) fn called(&mut self, id: FnId, list: Vec<Expr>, span: Span) -> Checked<Expr> {
        let signature = self.context.signature(id)?;
        for (value, (_, ty, _)) in list.iter().zip(&signature.parameters) {
            self.same(ty, &value.ty, value.span)?;
        }
        Ok(Expr {
            kind: Kind::Call(id, list),
            ty: signature.result,
            span,
        })
    }

    /// The functions of a type that a trait of `core` asks for: `add` of `Add`.
    pub(super) fn of_core(&self, ty: &Ty, of: &str, name: &str) -> Vec<FnId> {
        let key = self.resolve(ty).key();
        let members = key.map(|key| self.context.members_of(&key, name));
        let members = members.into_iter().flatten();
        members
            .filter(|member| member.is_of_core(of))
            .filter_map(|member| match member.def {
                Def::Fn(id) => Some(id),
                _ => None,
            })
            .collect()
    }
}

fn ambiguous(name: &str, span: Span) -> Diagnostic {
    Diagnostic::new(
        span,
        format!("several functions `{name}` may be meant here"),
        "of the type itself, of its traits, or for other types",
    )
    .help(format!(
        "say which: `Trait::{name}(value)`, or a literal's type: `5u8`"
    ))
}
