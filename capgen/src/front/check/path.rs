//! Names as expressions: variables, constants, variants.

use super::Checker;
use super::literal::unit_literal;
use crate::diagnostic::Diagnostic;
use crate::front::api;
use crate::front::define::Def;
use crate::front::resolve::{Checked, segments};
use crate::front::tree::{Expr, Kind};
use crate::front::ty::{Int, Ty, TypeKey};

impl Checker<'_> {
    pub(super) fn path(&mut self, path: &syn::ExprPath, wanted: Option<&Ty>) -> Checked<Expr> {
        let span = self.span(path);
        let names = segments(&path.path);
        if let [name] = names.as_slice() {
            if let Some(id) = self.variable(name) {
                if let Some(place) = self.places.get(&id) {
                    return Ok(Expr {
                        span,
                        ..place.clone()
                    });
                }
                if self.closures.contains_key(&id) {
                    return self.refuse(path, "a closure as a value", "call it where it is needed");
                }
                let ty = self.variables[id.0].ty.clone();
                return Ok(Expr {
                    kind: Kind::Variable(id),
                    ty,
                    span,
                });
            }
            if self.is_binding() && name == "Card" {
                return Ok(Expr {
                    kind: Kind::Platform,
                    ty: Ty::Platform,
                    span,
                });
            }
        }
        if let [first, second] = names.as_slice()
            && let Some(int) = Int::named(first)
        {
            let (low, high) = int.range();
            let value = match second.as_str() {
                "MAX" if int == Int::Usize => {
                    return self.refuse(
                        path,
                        "`usize::MAX`",
                        "it is not the same on host and card: write the number",
                    );
                }
                "MAX" => high,
                "MIN" => low,
                "BITS" => match int.bits() {
                    Some(bits) => {
                        return Ok(Expr {
                            kind: Kind::Int(bits),
                            ty: Ty::Int(Int::U32),
                            span,
                        });
                    }
                    None => {
                        return self.refuse(
                            path,
                            "`usize::BITS`",
                            "it is not the same on host and card: write the number",
                        );
                    }
                },
                _ => {
                    let own = self.defs(&names).into_iter().find_map(|def| match def {
                        Def::Const(id) => Some(id),
                        _ => None,
                    });
                    return match own {
                        Some(id) => self.constant(id, span),
                        None => self.refuse(path, "this", "only `MIN`, `MAX` and `BITS`"),
                    };
                }
            };
            return Ok(Expr {
                kind: Kind::Int(value),
                ty: Ty::Int(int),
                span,
            });
        }
        if let [name] = names.as_slice()
            && let Some(Ty::Number(value, ty)) = self.generics.get(name)
        {
            return Ok(Expr {
                kind: Kind::Int(*value),
                ty: (**ty).clone(),
                span,
            });
        }
        if let Some(qself) = &path.qself {
            let ty = self.written_type(&qself.ty)?;
            for def in self.qualified(&ty, &names) {
                if let Def::Const(id) = def {
                    return self.constant(id, span);
                }
            }
        }
        if names == ["None"] {
            return self.none(wanted, span);
        }
        for def in self.instance_defs(&path.path, &names)? {
            match def {
                Def::Const(id) => return self.constant(id, span),
                Def::Variant(id, index) if matches!(self.context.enum_type(id), Ty::Data(_)) => {
                    let written = super::generic::Written::of(&path.path, wanted);
                    return self.variant((id, index), Vec::new(), &written, span);
                }
                Def::Variant(id, index) => {
                    let value = self.context.discriminant(id, index)?;
                    return Ok(Expr {
                        kind: Kind::Int(value),
                        ty: Ty::Enum(id),
                        span,
                    });
                }
                Def::Java(full) => {
                    if let Some((class, name)) = full.rsplit_once('/')
                        && let Some((ty, value)) = api::constant(class, name)
                    {
                        let kind = match api::newer_constant(class, name) {
                            Some(_) => Kind::JavaConstant(full.clone(), value),
                            None => Kind::Int(value),
                        };
                        return Ok(Expr { kind, ty, span });
                    }
                }
                Def::Struct(id)
                    if matches!(self.context.struct_def(id).ast.fields, syn::Fields::Unit) =>
                {
                    return self.struct_literal(&unit_literal(path), wanted);
                }
                Def::Fn(_) => return self.refuse(path, "a function as a value", "call it"),
                Def::Static => {
                    return self.refuse(
                        path,
                        "a `static`",
                        "write `const`: on the card a constant array is there once as well",
                    );
                }
                _ => {}
            }
        }
        Err(Diagnostic::new(
            span,
            format!("`{}` is not known", names.join("::")),
            "not found in the applet's crate, its path dependencies or the platform",
        ))
    }

    /// What a path stands for here; `Self` is the type of the impl block.
    pub(super) fn defs(&self, names: &[String]) -> Vec<Def> {
        if let [first, name] = names
            && first == "Self"
            && let Some(key) = self.own_type().and_then(|ty| ty.key())
        {
            return self.context.names_of(&key, name);
        }
        if let Some(found) = self.context.of_parameter(&self.generics, names) {
            return found;
        }
        // `u8::method` of a trait of one's own.
        if let [first, name] = names
            && let Some(int) = Int::named(first)
        {
            return self.context.member_of(&TypeKey::Int(int), name);
        }
        self.context.lookup(self.module, names)
    }
}
