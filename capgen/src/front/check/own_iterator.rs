//! `for` over what implements `Iterator` in the applet's crate.

use super::Checker;
use crate::front::resolve::Checked;
use crate::front::tree::Expr;
use crate::front::ty::Ty;

impl Checker<'_> {
    /// `for pattern in iterator { … }` as `while let Some(pattern) = iterator.next() { … }`.
    pub(super) fn for_own(&mut self, branch: &syn::ExprForLoop) -> Checked<Option<Expr>> {
        let Some(ty) = self.own_iterator(&branch.expr) else {
            return Ok(None);
        };
        if self.of_core(&ty, "Iterator", "next").is_empty() {
            return Ok(None);
        }
        let (iterator, pattern) = (&branch.expr, &branch.pat);
        let (label, body) = (&branch.label, &branch.body);
        let span = syn::spanned::Spanned::span(&**iterator);
        // What a mutable reference lends is gone on with; any other value is the loop's own.
        let is_lent = matches!(&**iterator, syn::Expr::Reference(_));
        let rewritten: syn::Expr = if is_lent {
            syn::parse_quote_spanned! { span => {
                let __iterator = #iterator;
                #label while let Some(#pattern) = __iterator.next() #body
            } }
        } else {
            syn::parse_quote_spanned! { span => {
                let mut __iterator = #iterator;
                #label while let Some(#pattern) = __iterator.next() #body
            } }
        };
        self.expr(&rewritten, None).map(Some)
    }

    /// The type of what is iterated over, where it may be one of the applet's own.
    fn own_iterator(&mut self, expr: &syn::Expr) -> Option<Ty> {
        match expr {
            syn::Expr::Paren(inner) => self.own_iterator(&inner.expr),
            syn::Expr::Reference(inner) => self.own_iterator(&inner.expr),
            syn::Expr::Path(path) => {
                let name = path.path.get_ident()?.to_string();
                let id = self.variable(&name)?;
                Some(self.variables[id.0].ty.clone())
            }
            syn::Expr::Call(call) => {
                let syn::Expr::Path(path) = &*call.func else {
                    return None;
                };
                let names = crate::front::resolve::segments(&path.path);
                let is_written = !self.defs(&names).is_empty();
                is_written.then(|| self.type_of_value(expr)).flatten()
            }
            syn::Expr::MethodCall(call) => {
                let receiver = self.own_iterator(&call.receiver)?;
                let key = self.resolve(&receiver).key()?;
                let name = call.method.to_string();
                let is_own = !self.context.members_of(&key, &name).is_empty();
                is_own.then(|| self.type_of_value(expr)).flatten()
            }
            syn::Expr::Struct(_) | syn::Expr::Field(_) => self.type_of_value(expr),
            _ => None,
        }
    }

    /// The type of a value that is looked at again; what is wrong with it is said then.
    fn type_of_value(&mut self, expr: &syn::Expr) -> Option<Ty> {
        let noted = self.errors.len();
        let found = self.type_alone(expr).ok();
        self.errors.truncate(noted);
        found
    }
}
