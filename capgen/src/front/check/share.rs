//! Applets that use each other.

use super::Checker;
use crate::diagnostic::{Diagnostic, Span};
use crate::front::define::TraitId;
use crate::front::resolve::Checked;
use crate::front::tree::{Expr, Intrinsic, Kind};
use crate::front::ty::{Int, Ty};

impl Checker<'_> {
    /// `platform.shareable::<dyn Trait<P>>(server, parameter)`
    pub(super) fn shareable(
        &mut self,
        call: &syn::ExprMethodCall,
        arguments: &[&syn::Expr],
        wanted: Option<&Ty>,
        span: Span,
    ) -> Checked<Expr> {
        let generic = call.turbofish.as_ref().and_then(|fish| fish.args.first());
        let written = match generic {
            Some(syn::GenericArgument::Type(ty)) => Some(self.written_type(ty)?),
            _ => None,
        };
        let known = match wanted.map(|ty| self.resolve(ty)) {
            Some(Ty::Option(inner)) => Some(*inner),
            _ => None,
        };
        let Some(Ty::Interface(id)) = written.or(known) else {
            return Err(Diagnostic::new(
                span,
                "which interface is wanted must be written",
                "no shareable interface",
            )
            .help("write `platform.shareable::<dyn Trait<P>>(…)` with a trait that `platform::shareable!` declares"));
        };
        let [server, parameter] = arguments else {
            return Err(Diagnostic::new(
                span,
                "another number of arguments",
                format!("expected 2, found {}", arguments.len()),
            ));
        };
        let list = vec![
            self.expect(server, &Ty::slice_of_bytes())?,
            self.expect(parameter, &Ty::Int(Int::U8))?,
        ];
        Ok(Expr {
            kind: Kind::Intrinsic(Intrinsic::Shareable(id), list),
            ty: Ty::Option(Box::new(Ty::Interface(id))),
            span,
        })
    }

    /// A method of another applet.
    pub(super) fn shared_method(
        &mut self,
        receiver: Expr,
        id: TraitId,
        name: &str,
        arguments: &[&syn::Expr],
        span: Span,
    ) -> Checked<Expr> {
        let methods = self.context.interface_methods(id)?;
        let found = methods
            .iter()
            .enumerate()
            .find(|(_, method)| method.name == name);
        let Some((index, method)) = found else {
            let interface = &self.context.definitions.traits[id.0].name;
            return Err(Diagnostic::new(
                span,
                format!("the shareable interface `{interface}` has no method `{name}`"),
                "not known",
            ));
        };
        if method.parameters.len() != arguments.len() {
            return Err(Diagnostic::new(
                span,
                "another number of arguments",
                format!(
                    "expected {}, found {}",
                    method.parameters.len(),
                    arguments.len()
                ),
            ));
        }
        let mut list = vec![receiver];
        for (argument, (ty, _)) in arguments.iter().zip(&method.parameters) {
            list.push(self.expect(argument, ty)?);
        }
        Ok(Expr {
            kind: Kind::Shared(id, index, list),
            ty: method.result.clone(),
            span,
        })
    }
}
