//! Operators, casts, places, fields and indexing.

use super::constant::{part_of_row, rows};
use super::{Checker, find_field};
use crate::diagnostic::{Diagnostic, Span};
use crate::front::resolve::Checked;
use crate::front::tree::{Expr, Kind};
use crate::front::ty::{Int, Ty};
use crate::ir::{BinaryOp, UnaryOp};

impl Checker<'_> {
    pub(super) fn unary(&mut self, unary: &syn::ExprUnary, wanted: Option<&Ty>) -> Checked<Expr> {
        let span = self.span(unary);
        match unary.op {
            syn::UnOp::Deref(_) => {
                let inner = self.expr(&unary.expr, wanted)?;
                if !self.of_core(&inner.ty, "Deref", "deref").is_empty() {
                    return self.refuse(unary, "`Deref`", "write a method and call it");
                }
                Ok(inner)
            }
            syn::UnOp::Neg(_) => {
                let inner = self.expr(&unary.expr, wanted)?;
                if let Kind::Int(value) = inner.kind {
                    return Ok(Expr {
                        kind: Kind::Int(-value),
                        ty: inner.ty,
                        span,
                    });
                }
                if let Some(found) = self.overloaded_unary(("Neg", "neg"), &inner, span)? {
                    return Ok(found);
                }
                let ty = self.resolve(&inner.ty);
                if !matches!(ty, Ty::Int(_) | Ty::IntVar(_) | Ty::Never) {
                    return self.refuse(
                        unary,
                        &format!("`-` on `{}`", self.context.type_name(&ty)),
                        "use it on integers",
                    );
                }
                Ok(Expr {
                    kind: Kind::Unary(UnaryOp::Neg, Box::new(inner)),
                    ty,
                    span,
                })
            }
            syn::UnOp::Not(_) => {
                let inner = self.expr(&unary.expr, wanted)?;
                if let Some(found) = self.overloaded_unary(("Not", "not"), &inner, span)? {
                    return Ok(found);
                }
                let ty = self.resolve(&inner.ty);
                if !matches!(ty, Ty::Bool | Ty::Int(_) | Ty::IntVar(_) | Ty::Never) {
                    return self.refuse(
                        unary,
                        &format!("`!` on `{}`", self.context.type_name(&ty)),
                        "use it on integers and `bool`",
                    );
                }
                Ok(Expr {
                    kind: Kind::Unary(UnaryOp::Not, Box::new(inner)),
                    ty,
                    span,
                })
            }
            _ => self.refuse(unary, "this operator", "use `-`, `!` or `*`"),
        }
    }

    pub(super) fn binary(
        &mut self,
        binary: &syn::ExprBinary,
        wanted: Option<&Ty>,
    ) -> Checked<Expr> {
        let span = self.span(binary);
        if let Some((op, assigns)) = arithmetic(&binary.op) {
            let shift = matches!(op, BinaryOp::Shl | BinaryOp::Shr);
            let left = if assigns {
                self.place(&binary.left)?
            } else {
                self.expr(&binary.left, wanted)?
            };
            if let Some(found) = self.overloaded(&binary.op, &left, &binary.right, span)? {
                return Ok(found);
            }
            let right = if shift {
                self.expr(&binary.right, None)?
            } else {
                let right = self.expr(&binary.right, Some(&left.ty))?;
                self.same(&left.ty, &right.ty, right.span)?;
                right
            };
            let ty = self.resolve(&left.ty);
            let bits = matches!(op, BinaryOp::And | BinaryOp::Or | BinaryOp::Xor);
            let number = matches!(ty, Ty::Int(_) | Ty::IntVar(_) | Ty::Never);
            if !number && (!bits || ty != Ty::Bool) {
                return self.refuse(
                    binary,
                    &format!("arithmetic on `{}`", self.context.type_name(&ty)),
                    "use integers",
                );
            }
            return Ok(if assigns {
                Expr {
                    kind: Kind::AssignOp(op, Box::new(left), Box::new(right)),
                    ty: Ty::Unit,
                    span,
                }
            } else {
                Expr {
                    kind: Kind::Binary(op, Box::new(left), Box::new(right)),
                    ty,
                    span,
                }
            });
        }
        match binary.op {
            syn::BinOp::And(_) | syn::BinOp::Or(_) => {
                let left = Box::new(self.expect(&binary.left, &Ty::Bool)?);
                let right = Box::new(self.expect(&binary.right, &Ty::Bool)?);
                let kind = if matches!(binary.op, syn::BinOp::And(_)) {
                    Kind::And(left, right)
                } else {
                    Kind::Or(left, right)
                };
                Ok(Expr {
                    kind,
                    ty: Ty::Bool,
                    span,
                })
            }
            _ => self.comparison(binary, span),
        }
    }

    /// `value as ty`.
    pub(super) fn cast(&mut self, value: Expr, ty: Ty, span: Span) -> Checked<Expr> {
        let from = self.resolve(&value.ty);
        if from == Ty::Never {
            return Ok(Expr { span, ..value });
        }
        let integer = |ty: &Ty| matches!(ty, Ty::Int(_) | Ty::IntVar(_));
        let fine = integer(&ty) && (integer(&from) || matches!(from, Ty::Bool | Ty::Enum(_)));
        if !fine {
            let (from, to) = (self.context.type_name(&from), self.context.type_name(&ty));
            return Err(Diagnostic::new(
                span,
                format!("`{from}` cannot be cast to `{to}`"),
                "not between integers",
            ));
        }
        if let (Kind::Int(number), Ty::Int(int)) = (&value.kind, &ty) {
            // An unsuffixed literal takes the type it is cast to.
            if let Ty::IntVar(_) = from {
                self.same(&ty, &from, span)?;
                return Ok(Expr {
                    kind: Kind::Int(*number),
                    ty,
                    span,
                });
            }
            // What is no `usize` on the card may still be compared with one.
            let (low, high) = int.range();
            let wrapped = int.wrap(*number);
            if *int != Int::Usize || (low..=high).contains(&wrapped) {
                return Ok(Expr {
                    kind: Kind::Int(wrapped),
                    ty,
                    span,
                });
            }
        }
        Ok(Expr {
            kind: Kind::Cast(Box::new(value)),
            ty,
            span,
        })
    }

    /// Something that can be assigned to.
    pub(super) fn place(&mut self, expr: &syn::Expr) -> Checked<Expr> {
        let place = self.expr(expr, None)?;
        match &place.kind {
            // A local's reference is the local's value at that time: the write would be lost.
            Kind::Variable(id) if is_dereference(expr) && !self.variables[id.0].alias => {
                Err(Diagnostic::new(
                    place.span,
                    "assigning through a reference to a local is not part of Card Rust",
                    "the card cannot refer to a local",
                )
                .help("assign to the variable itself, to an element by its index (`slice[0] = …`), or give the new value back"))
            }
            Kind::Index(base, _) if matches!(base.kind, Kind::ConstArray(_)) => {
                Err(Diagnostic::new(
                    place.span,
                    "a constant cannot be assigned to",
                    "an element of a constant",
                ))
            }
            Kind::Variable(_) | Kind::Index(..) => Ok(place),
            Kind::TupleField(base, _) if is_local(base) => Ok(place),
            Kind::Field(_, _, _) | Kind::TupleField(..) => Err(Diagnostic::new(
                place.span,
                "a plain field is fixed when the applet is installed",
                "assigned here",
            )
            .help("make it a `P::Cell<…>`, which a transaction can take back, and use `.set(…)`")),
            _ => Err(Diagnostic::new(
                place.span,
                "this cannot be assigned to in Card Rust",
                "not a local, and not an element of a slice",
            )),
        }
    }

    pub(super) fn field(&mut self, field: &syn::ExprField) -> Checked<Expr> {
        let span = self.span(field);
        let base = self.expr(&field.base, None)?;
        let name = match &field.member {
            syn::Member::Named(name) => name.to_string(),
            syn::Member::Unnamed(index) => index.index.to_string(),
        };
        match self.resolve(&base.ty) {
            Ty::Newtype(id) => {
                let ty = self.context.newtype_inner(id)?;
                Ok(Expr { ty, span, ..base })
            }
            Ty::Record(id) => {
                let fields = self.context.struct_fields(id)?;
                let (index, ty) = find_field(&fields, &name, "struct", span)?;
                if let Some(part) = part_of_row(&base, index) {
                    return Ok(part);
                }
                Ok(Expr {
                    kind: Kind::TupleField(Box::new(base), index),
                    ty: ty.clone(),
                    span,
                })
            }
            Ty::Struct(id) => {
                let fields = self.context.struct_fields(id)?;
                let (index, ty) = find_field(&fields, &name, "struct", span)?;
                Ok(Expr {
                    kind: Kind::Field(Box::new(base), id, index),
                    ty: ty.clone(),
                    span,
                })
            }
            Ty::Tuple(types) => match name
                .parse::<usize>()
                .ok()
                .and_then(|index| Some((index, types.get(index)?.clone())))
            {
                Some((index, ty)) => Ok(part_of_row(&base, index).unwrap_or_else(|| Expr {
                    kind: Kind::TupleField(Box::new(base), index),
                    ty,
                    span,
                })),
                None => Err(Diagnostic::new(
                    span,
                    format!("no field `{name}`"),
                    "not a field of this tuple",
                )),
            },
            Ty::Never => Ok(Expr { span, ..base }),
            ty => Err(Diagnostic::new(
                span,
                format!("`{}` has no field `{name}`", self.context.type_name(&ty)),
                "not a struct",
            )),
        }
    }

    pub(super) fn index(&mut self, index: &syn::ExprIndex) -> Checked<Expr> {
        let span = self.span(index);
        let base = self.expr(&index.expr, None)?;
        let base = self.as_slice(base);
        if !is_constant_index(&index.index) {
            self.needs_memory(&base);
        }
        let element = match self.resolve(&base.ty) {
            Ty::Slice(element) | Ty::Array(element, _) => *element,
            Ty::Bytes if self.is_binding() => Ty::Int(Int::U8),
            // A variable whose own value was refused already.
            Ty::Never => return Ok(base),
            _ if let Some(found) = self.overloaded_index(&base, &index.index, span)? => {
                return Ok(found);
            }
            ty => {
                return Err(Diagnostic::new(
                    span,
                    format!("`{}` cannot be indexed", self.context.type_name(&ty)),
                    "not a slice or array",
                )
                .help("the platform's `Bytes` have `get`, `set`, `read` and `write`"));
            }
        };
        let usize_ = Ty::Int(Int::Usize);
        if let syn::Expr::Range(range) = &*index.index {
            let mut end = |expr: &Option<Box<syn::Expr>>| -> Checked<Option<Box<Expr>>> {
                expr.as_ref()
                    .map(|expr| self.expect(expr, &usize_).map(Box::new))
                    .transpose()
            };
            let (from, to) = (end(&range.start)?, end(&range.end)?);
            let inclusive = matches!(range.limits, syn::RangeLimits::Closed(_));
            let kind = Kind::SubSlice(Box::new(base), from, to, inclusive);
            return Ok(Expr {
                kind,
                ty: Ty::Slice(Box::new(element)),
                span,
            });
        }
        let at = self.expr(&index.index, Some(&usize_))?;
        if !self.is_binding() || matches!(at.ty, Ty::IntVar(_)) {
            self.same(&usize_, &at.ty, at.span)?;
        }
        if rows(&base).is_some()
            && let Some(row) = self.row(&base, at.clone(), span)?
        {
            return Ok(row);
        }
        Ok(Expr {
            kind: Kind::Index(Box::new(base), Box::new(at)),
            ty: element,
            span,
        })
    }
}

fn is_dereference(expr: &syn::Expr) -> bool {
    match expr {
        syn::Expr::Paren(inner) => is_dereference(&inner.expr),
        syn::Expr::Group(inner) => is_dereference(&inner.expr),
        syn::Expr::Unary(unary) => matches!(unary.op, syn::UnOp::Deref(_)),
        _ => false,
    }
}

/// Whether a place is a local or a part of one.
fn is_local(place: &Expr) -> bool {
    match &place.kind {
        Kind::Variable(_) => true,
        Kind::TupleField(base, _) => is_local(base),
        _ => false,
    }
}

/// Whether an index is a number as it stands.
fn is_constant_index(index: &syn::Expr) -> bool {
    matches!(index, syn::Expr::Lit(_))
}

/// The operation of an arithmetic or bit operator, and whether it assigns.
fn arithmetic(op: &syn::BinOp) -> Option<(BinaryOp, bool)> {
    use syn::BinOp;
    Some(match op {
        BinOp::Add(_) => (BinaryOp::Add, false),
        BinOp::Sub(_) => (BinaryOp::Sub, false),
        BinOp::Mul(_) => (BinaryOp::Mul, false),
        BinOp::Div(_) => (BinaryOp::Div, false),
        BinOp::Rem(_) => (BinaryOp::Rem, false),
        BinOp::BitAnd(_) => (BinaryOp::And, false),
        BinOp::BitOr(_) => (BinaryOp::Or, false),
        BinOp::BitXor(_) => (BinaryOp::Xor, false),
        BinOp::Shl(_) => (BinaryOp::Shl, false),
        BinOp::Shr(_) => (BinaryOp::Shr, false),
        BinOp::AddAssign(_) => (BinaryOp::Add, true),
        BinOp::SubAssign(_) => (BinaryOp::Sub, true),
        BinOp::MulAssign(_) => (BinaryOp::Mul, true),
        BinOp::DivAssign(_) => (BinaryOp::Div, true),
        BinOp::RemAssign(_) => (BinaryOp::Rem, true),
        BinOp::BitAndAssign(_) => (BinaryOp::And, true),
        BinOp::BitOrAssign(_) => (BinaryOp::Or, true),
        BinOp::BitXorAssign(_) => (BinaryOp::Xor, true),
        BinOp::ShlAssign(_) => (BinaryOp::Shl, true),
        BinOp::ShrAssign(_) => (BinaryOp::Shr, true),
        _ => return None,
    })
}
