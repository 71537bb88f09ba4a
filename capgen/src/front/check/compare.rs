//! `==`, `<` and the like: of scalars, of slices, and part by part of what is taken apart.

use super::{Checker, make};
use crate::diagnostic::{Diagnostic, Span};
use crate::front::resolve::Checked;
use crate::front::tree::{Expr, Intrinsic, Kind};
use crate::front::ty::{Int, Ty};
use crate::ir::CompareOp;

impl Checker<'_> {
    pub(super) fn comparison(&mut self, binary: &syn::ExprBinary, span: Span) -> Checked<Expr> {
        let op = match binary.op {
            syn::BinOp::Eq(_) => CompareOp::Eq,
            syn::BinOp::Ne(_) => CompareOp::Ne,
            syn::BinOp::Lt(_) => CompareOp::Lt,
            syn::BinOp::Le(_) => CompareOp::Le,
            syn::BinOp::Gt(_) => CompareOp::Gt,
            syn::BinOp::Ge(_) => CompareOp::Ge,
            _ => {
                return self.refuse(
                    binary,
                    "this operator",
                    "use Rust's arithmetic, bit and comparison operators",
                );
            }
        };
        let left = self.expr(&binary.left, None)?;
        let is_equality = matches!(op, CompareOp::Eq | CompareOp::Ne);
        if is_equality && let Some(equal) = self.equal_by_hand(&left, &binary.right, span)? {
            return Ok(negated(op, equal));
        }
        let right = self.expr(&binary.right, Some(&left.ty))?;
        let (left, right) = (self.as_slice(left), self.as_slice(right));
        let ty = self.resolve(&left.ty);
        if ty == Ty::Never || self.resolve(&right.ty) == Ty::Never {
            return Ok(make::expr(
                Kind::Compare(op, Box::new(left), Box::new(right)),
                Ty::Bool,
                span,
            ));
        }
        if let Ty::Slice(_) | Ty::Array(..) = ty {
            if !is_equality {
                return self.refuse(binary, "ordering slices", "compare element by element");
            }
            return Ok(negated(op, self.equal((left, right), &ty, span)?));
        }
        self.same(&left.ty, &right.ty, right.span)?;
        let ty = self.resolve(&ty);
        if ty.is_scalar() {
            self.is_derived(&ty, span)?;
            return Ok(make::expr(
                Kind::Compare(op, Box::new(left), Box::new(right)),
                Ty::Bool,
                span,
            ));
        }
        // Both sides are looked at more than once.
        let mut statements = Vec::new();
        let left = self.temporary(left, &mut statements);
        let right = self.temporary(right, &mut statements);
        let value = if is_equality {
            negated(op, self.equal((left, right), &ty, span)?)
        } else {
            self.ordered(op, (left, right), &ty, span)?
        };
        Ok(make::block(statements, Some(value), span))
    }

    /// `left == right` by an `impl PartialEq` that is written.
    fn equal_by_hand(
        &mut self,
        left: &Expr,
        right: &syn::Expr,
        span: Span,
    ) -> Checked<Option<Expr>> {
        let found = self.of_core(&left.ty, "PartialEq", "eq");
        let id = match found.as_slice() {
            [] => return Ok(None),
            found => self.taking_arguments(found, &[right], 1, span)?,
        };
        let Some(id) = id else { return Ok(None) };
        let Some((_, ty, _)) = self.context.signature(id)?.parameters.into_iter().nth(1) else {
            return Ok(None);
        };
        let right = self.expect(right, &ty)?;
        self.called(id, vec![left.clone(), right], span).map(Some)
    }

    /// Whether two values, both under names, are equal.
    fn equal(&mut self, (left, right): (Expr, Expr), ty: &Ty, span: Span) -> Checked<Expr> {
        let by_hand = self.of_core(ty, "PartialEq", "eq");
        if !by_hand.is_empty() {
            return match self.taking(&by_hand, std::slice::from_ref(ty), 1, span)? {
                Some(id) => self.called(id, vec![left, right], span),
                None => self.not_compared(ty, span),
            };
        }
        match ty {
            Ty::Unit => Ok(make::truth(true, span)),
            ty if ty.is_scalar() => {
                self.is_derived(ty, span)?;
                Ok(make::compare(CompareOp::Eq, left, right))
            }
            Ty::Slice(element) | Ty::Array(element, _) | Ty::Vec(element, _) => {
                self.is_derived(element, span)?;
                let list = vec![self.as_slice(left), self.as_slice(right)];
                let kind = Kind::Intrinsic(Intrinsic::SliceEq, list);
                Ok(make::expr(kind, Ty::Bool, span))
            }
            Ty::Option(inner) | Ty::Fallible(inner) => {
                let tags = self.equal_parts((&left, &right), 0, &Ty::Bool, span)?;
                let none = make::not(part(&left, 0, &Ty::Bool));
                let values = self.equal_parts((&left, &right), 1, inner, span)?;
                Ok(make::and(tags, make::or(none, values)))
            }
            Ty::Tuple(types) => self.equal_all((&left, &right), types, 0, span),
            Ty::Record(id) => {
                let fields = self.context.struct_fields(*id)?;
                let types: Vec<Ty> = fields.into_iter().map(|(_, ty)| ty).collect();
                self.equal_all((&left, &right), &types, 0, span)
            }
            Ty::Data(id) => {
                let tag = Ty::Int(Int::U8);
                let mut all = self.equal_parts((&left, &right), 0, &tag, span)?;
                let fields = self.context.data_fields(*id)?;
                let starts = self.context.data_starts(*id)?;
                for (index, (fields, start)) in fields.into_iter().zip(starts).enumerate() {
                    if fields.is_empty() {
                        continue;
                    }
                    let types: Vec<Ty> = fields.into_iter().map(|(_, ty)| ty).collect();
                    let number = i64::try_from(index).unwrap_or(0);
                    let number = make::expr(Kind::Int(number), tag.clone(), span);
                    let other = make::compare(CompareOp::Ne, part(&left, 0, &tag), number);
                    let same = self.equal_all((&left, &right), &types, start, span)?;
                    all = make::and(all, make::or(other, same));
                }
                Ok(all)
            }
            _ => self.not_compared(ty, span),
        }
    }

    /// Whether parts of two values are equal, those from `start` on.
    fn equal_all(
        &mut self,
        values: (&Expr, &Expr),
        types: &[Ty],
        start: usize,
        span: Span,
    ) -> Checked<Expr> {
        let mut all: Option<Expr> = None;
        for (at, ty) in types.iter().enumerate() {
            let equal = self.equal_parts(values, start + at, ty, span)?;
            all = Some(match all {
                Some(all) => make::and(all, equal),
                None => equal,
            });
        }
        Ok(all.unwrap_or_else(|| make::truth(true, span)))
    }

    fn equal_parts(
        &mut self,
        (left, right): (&Expr, &Expr),
        at: usize,
        ty: &Ty,
        span: Span,
    ) -> Checked<Expr> {
        let ty = &self.resolve(ty);
        self.equal((part(left, at, ty), part(right, at, ty)), ty, span)
    }

    /// The order that `derive` makes: that of the first parts that differ.
    fn ordered(
        &mut self,
        op: CompareOp,
        (left, right): (Expr, Expr),
        ty: &Ty,
        span: Span,
    ) -> Checked<Expr> {
        if ty.is_scalar() {
            self.is_derived(ty, span)?;
            return Ok(make::compare(op, left, right));
        }
        let by_hand = ["PartialOrd", "Ord"]
            .iter()
            .any(|of| self.is_implemented(ty, of));
        let types = match ty {
            Ty::Tuple(types) => types.clone(),
            Ty::Record(id) if !by_hand => {
                let fields = self.context.struct_fields(*id)?;
                fields.into_iter().map(|(_, ty)| ty).collect()
            }
            _ => return self.not_compared(ty, span),
        };
        let (strict, is_strict) = match op {
            CompareOp::Lt | CompareOp::Le => (CompareOp::Lt, op == CompareOp::Lt),
            _ => (CompareOp::Gt, op == CompareOp::Gt),
        };
        // From the last part on: `a.0 < b.0 || a.0 == b.0 && (…)`.
        let mut all = make::truth(!is_strict, span);
        for (at, ty) in types.iter().enumerate().rev() {
            let ty = &self.resolve(ty);
            let parts = (part(&left, at, ty), part(&right, at, ty));
            if at + 1 == types.len() {
                all = self.ordered(op, parts, ty, span)?;
                continue;
            }
            let before = self.ordered(strict, parts, ty, span)?;
            let equal = self.equal_parts((&left, &right), at, ty, span)?;
            all = make::or(before, make::and(equal, all));
        }
        Ok(all)
    }

    fn not_compared<T>(&self, ty: &Ty, span: Span) -> Checked<T> {
        Err(Diagnostic::new(
            span,
            format!(
                "comparing `{}` is not part of Card Rust",
                self.context.type_name(ty)
            ),
            "not compiled for the card",
        )
        .help("compare part by part, or with a pattern: `matches!(value, …)`"))
    }

    fn is_implemented(&self, ty: &Ty, of: &str) -> bool {
        let implementors = &self.context.definitions.implementors;
        ty.key()
            .is_some_and(|key| implementors.contains_key(&(of.to_owned(), key)))
    }

    /// What is compared by value on the card has the comparison that `derive` makes, and so has what is inside of it.
    pub(super) fn is_derived(&self, ty: &Ty, span: Span) -> Checked<()> {
        let ty = self.resolve(ty);
        if let Ty::Newtype(id) = ty {
            self.is_derived(&self.context.newtype_inner(id)?, span)?;
        }
        if ["PartialEq", "PartialOrd", "Ord"]
            .iter()
            .all(|of| !self.is_implemented(&ty, of))
        {
            return Ok(());
        }
        let name = self.context.type_name(&ty);
        Err(Diagnostic::new(
            span,
            format!("`{name}` has a comparison of its own, which is not part of Card Rust here"),
            "compared by value on the card",
        )
        .help("derive it, or write a function"))
    }
}

/// Part `at` of a value under a name.
fn part(value: &Expr, at: usize, ty: &Ty) -> Expr {
    let kind = Kind::TupleField(Box::new(value.clone()), at);
    make::expr(kind, ty.clone(), value.span)
}

fn negated(op: CompareOp, equal: Expr) -> Expr {
    if op == CompareOp::Ne {
        make::not(equal)
    } else {
        equal
    }
}
