//! `Default`: of scalars, of what is made of them, and of types that derive or implement it.

use super::{Checker, make};
use crate::diagnostic::{Diagnostic, Span};
use crate::front::resolve::Checked;
use crate::front::tree::{Expr, Kind};
use crate::front::ty::Ty;

impl Checker<'_> {
    /// `T::default()`
    pub(super) fn default(&mut self, ty: &Ty, span: Span) -> Checked<Expr> {
        let ty = self.resolve(ty);
        if let [id] = self.of_core(&ty, "Default", "default").as_slice() {
            return self.called(*id, Vec::new(), span);
        }
        let kind = match &ty {
            Ty::Bool | Ty::Int(_) | Ty::IntVar(_) => Kind::Int(0),
            Ty::Unit => Kind::Unit,
            Ty::Option(_) => Kind::Variant(0, Vec::new()),
            Ty::Tuple(types) => Kind::Tuple(
                types
                    .iter()
                    .map(|ty| self.default(ty, span))
                    .collect::<Checked<_>>()?,
            ),
            Ty::Array(element, length) if element.is_scalar() => {
                Kind::Repeat(Box::new(self.default(element, span)?), *length)
            }
            Ty::Newtype(id) => {
                let inner = self.context.newtype_inner(*id)?;
                match self.default(&inner, span)? {
                    Expr {
                        kind: kind @ Kind::Int(_),
                        ..
                    } => kind,
                    value => Kind::Tuple(vec![value]),
                }
            }
            Ty::Record(id) => {
                let fields = self.context.struct_fields(*id)?;
                let fields = fields.iter().enumerate();
                let values = fields.map(|(at, (_, ty))| Ok((at, self.default(ty, span)?)));
                Kind::Struct(*id, values.collect::<Checked<_>>()?)
            }
            Ty::Enum(id) => {
                let variants = &self.context.enum_def(*id).ast.variants;
                let is_default = |variant: &syn::Variant| {
                    let mut attributes = variant.attrs.iter();
                    attributes.any(|attribute| attribute.path().is_ident("default"))
                };
                match variants.iter().position(is_default) {
                    Some(index) => Kind::Int(self.context.discriminant(*id, index)?),
                    None => return Err(self.no_default(&ty, span)),
                }
            }
            _ => return Err(self.no_default(&ty, span)),
        };
        Ok(make::expr(kind, ty, span))
    }

    fn no_default(&self, ty: &Ty, span: Span) -> Diagnostic {
        Diagnostic::new(
            span,
            format!(
                "the default of `{}` is not known",
                self.context.type_name(ty)
            ),
            "not made of integers and `bool`",
        )
        .help("write the value, or `impl Default`")
    }
}
