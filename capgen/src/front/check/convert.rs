//! `From`, `Into`, `TryFrom` and `TryInto`: between integers, and as types of one's own implement them.

use super::Checker;
use crate::diagnostic::{Diagnostic, Span};
use crate::front::define::FnId;
use crate::front::resolve::Checked;
use crate::front::tree::Expr;
use crate::front::ty::{Int, Ty};

impl Checker<'_> {
    /// The function `from` or `try_from` of `to` that takes a value of this type.
    pub(super) fn conversion(
        &self,
        to: &Ty,
        name: &str,
        from: &Ty,
        span: Span,
    ) -> Checked<Option<FnId>> {
        let of = if name == "from" { "From" } else { "TryFrom" };
        let found = self.of_core(to, of, name);
        // One alone is tried like several: integers have those of Rust besides.
        let mut fitting = Vec::new();
        for id in found {
            let takes = self.context.signature(id)?.parameters;
            let mut takes = takes.iter().map(|(_, ty, _)| ty);
            if takes.all(|ty| self.inference.clone().unify(ty, from)) {
                fitting.push(id);
            }
        }
        match fitting.as_slice() {
            [] => Ok(None),
            several => self.taking(several, std::slice::from_ref(from), 0, span),
        }
    }

    /// `to::from(value)` of an integer type.
    pub(super) fn integer_from(&mut self, value: Expr, to: Int, span: Span) -> Checked<Expr> {
        let (from, to) = (self.resolve(&value.ty), Ty::Int(to));
        if let Some(id) = self.own_conversion(&to, "from", &from, span)? {
            return self.called(id, vec![value], span);
        }
        match from {
            Ty::Int(_) | Ty::IntVar(_) | Ty::Bool | Ty::Never => self.cast(value, to, span),
            _ => Err(self.no_conversion("From", &from, &to, span)),
        }
    }

    /// `to::try_from(value)` of an integer type.
    pub(super) fn integer_try_from(&mut self, value: Expr, to: Int, span: Span) -> Checked<Expr> {
        let from = self.resolve(&value.ty);
        match self.own_conversion(&Ty::Int(to), "try_from", &from, span)? {
            Some(id) => self.called(id, vec![value], span),
            None => self.try_convert(value, to, span),
        }
    }

    /// A conversion to an integer that the sources write: never one from an integer.
    fn own_conversion(&self, to: &Ty, name: &str, from: &Ty, span: Span) -> Checked<Option<FnId>> {
        match from {
            Ty::Int(_) | Ty::IntVar(_) | Ty::Bool | Ty::Never => Ok(None),
            _ => self.conversion(to, name, from, span),
        }
    }

    /// `value.into()`: what is wanted says what it makes.
    pub(super) fn into(&mut self, value: Expr, wanted: Option<&Ty>, span: Span) -> Checked<Expr> {
        let from = self.resolve(&value.ty);
        let to = match wanted.map(|ty| self.resolve(ty)) {
            None | Some(Ty::IntVar(_)) => {
                return Err(Diagnostic::new(
                    span,
                    "what `into` makes is not known here",
                    "no type",
                )
                .help("write `u16::from(x)`, or the type where the value is bound"));
            }
            Some(to) => to,
        };
        if let Ty::Int(to) = to {
            return self.integer_from(value, to, span);
        }
        if let Some(id) = self.conversion(&to, "from", &from, span)? {
            return self.called(id, vec![value], span);
        }
        if from == to || from == Ty::Never {
            return Ok(Expr { span, ..value });
        }
        Err(self.no_conversion("From", &from, &to, span))
    }

    /// `value.try_into()`: what is wanted says what it makes.
    pub(super) fn try_into(
        &mut self,
        value: Expr,
        wanted: Option<&Ty>,
        span: Span,
    ) -> Checked<Expr> {
        let from = self.resolve(&value.ty);
        let to = match wanted.map(|ty| self.resolve(ty)) {
            Some(Ty::Fallible(to) | Ty::Result(to)) => *to,
            _ => {
                return Err(Diagnostic::new(
                    span,
                    "what `try_into` makes is not known here",
                    "no type",
                )
                .help("write `u8::try_from(x)`"));
            }
        };
        if let Ty::Int(to) = to {
            return self.integer_try_from(value, to, span);
        }
        match self.conversion(&to, "try_from", &from, span)? {
            Some(id) => self.called(id, vec![value], span),
            None => Err(self.no_conversion("TryFrom", &from, &to, span)),
        }
    }

    pub(super) fn no_conversion(&self, of: &str, from: &Ty, to: &Ty, span: Span) -> Diagnostic {
        let (from, to) = (self.context.type_name(from), self.context.type_name(to));
        Diagnostic::new(
            span,
            format!("no conversion of `{from}` to `{to}` is part of Card Rust"),
            format!("no `impl {of}<{from}> for {to}` in the applet's crate"),
        )
        .help("write one, or a function that makes the one of the other")
    }
}
