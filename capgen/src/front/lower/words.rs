//! Values of several words: how they lie in fields, in transient cells and in parameters.

use super::Lowering;
use super::builder::Builder;
use super::value::{Place, Value};
use crate::diagnostic::{Diagnostic, Span};
use crate::front::resolve::Checked;
use crate::front::ty::{Int, Ty};
use crate::ir;

impl Lowering<'_> {
    /// Whether a type is an integer of 32 bits, and if so whether it is signed.
    pub(super) fn wide(&self, ty: &Ty) -> Option<bool> {
        match ty {
            Ty::Int(int) => int.is_wide().then_some(*int == Int::I32),
            Ty::Newtype(id) => self.wide(&self.context.newtype_inner(*id).ok()?),
            _ => None,
        }
    }

    /// Whether a value of a type is two words: a `u32` or `i32` where the card has no `int`.
    pub(super) fn two_words(&self, ty: &Ty) -> bool {
        !self.int && self.wide(ty).is_some()
    }

    /// What a value is taken apart into: of an `Option` or an enum with data the tag, then what it carries;
    /// nothing for what is one word, or a slice.
    pub(super) fn part_types(&self, ty: &Ty) -> Checked<Vec<Ty>> {
        Ok(match ty {
            Ty::Option(inner) | Ty::Fallible(inner) => vec![Ty::Bool, (**inner).clone()],
            Ty::Data(id) => {
                let fields = self.context.data_fields(*id)?;
                let fields = fields.into_iter().flatten().map(|(_, ty)| ty);
                std::iter::once(Ty::Int(Int::U8)).chain(fields).collect()
            }
            Ty::Tuple(list) => list.clone(),
            Ty::Record(id) => {
                let fields = self.context.struct_fields(*id)?;
                fields.into_iter().map(|(_, ty)| ty).collect()
            }
            ty if self.two_words(ty) => vec![Ty::Int(Int::U16); 2],
            _ => Vec::new(),
        })
    }

    /// Whether a value is several words, none of them a reference.
    pub(super) fn in_words(&self, ty: &Ty) -> bool {
        matches!(
            ty,
            Ty::Option(_) | Ty::Fallible(_) | Ty::Data(_) | Ty::Tuple(_) | Ty::Record(_)
        ) || self.two_words(ty)
    }

    /// Whether a value is words alone: no slice is part of it.
    pub(super) fn is_words(&self, ty: &Ty) -> bool {
        if !self.in_words(ty) {
            return !matches!(ty, Ty::Slice(_) | Ty::Vec(..) | Ty::Array(..));
        }
        self.part_types(ty)
            .is_ok_and(|parts| parts.iter().all(|part| self.is_words(part)))
    }

    /// The types of the words of a value that is in a field or cell.
    pub(super) fn words(&mut self, ty: &Ty, span: Span) -> Checked<Vec<ir::Type>> {
        if self.in_words(ty) {
            let mut all = Vec::new();
            for part in self.part_types(ty)? {
                all.extend(self.words(&part, span)?);
            }
            return Ok(all);
        }
        Ok(self.value_type(ty, span)?.into_iter().collect())
    }
}

impl Builder<'_, '_> {
    /// The value that words make.
    pub(super) fn of_words(
        &mut self,
        ty: &Ty,
        words: &mut dyn Iterator<Item = ir::Expr>,
        span: Span,
    ) -> Checked<Value> {
        if self.lowering.in_words(ty) {
            let parts = self
                .lowering
                .part_types(ty)?
                .iter()
                .map(|part| self.of_words(part, words, span))
                .collect::<Checked<_>>()?;
            return Ok(Value::Parts(parts));
        }
        match self.lowering.value_type(ty, span)? {
            None => Ok(Value::Nothing),
            Some(_) => words.next().map(Value::Word).ok_or_else(|| {
                Diagnostic::new(span, "this value has fewer words than its type", "here")
            }),
        }
    }

    /// The words of a value, in the order of [`Lowering::words`].
    pub(super) fn flat(&mut self, value: Value, ty: &Ty, span: Span) -> Checked<Vec<ir::Expr>> {
        if let Value::Never = value {
            let value = self.idle(ty, span)?;
            return self.flat(value, ty, span);
        }
        if self.lowering.in_words(ty)
            && let Value::Parts(parts) = value
        {
            let types = self.lowering.part_types(ty)?;
            let mut all = Vec::new();
            for (part, ty) in parts.into_iter().zip(&types) {
                all.extend(self.flat(part, ty, span)?);
            }
            return Ok(all);
        }
        match (value, self.lowering.value_type(ty, span)?) {
            (_, None) => Ok(Vec::new()),
            (value, Some(ty)) => Ok(vec![self.word(value, &ty, span)?]),
        }
    }

    /// What a cell's or plain field's place holds.
    pub(super) fn read(&mut self, place: Place, ty: &Ty, span: Span) -> Checked<Value> {
        if !self.lowering.in_words(ty) {
            let object = Box::new(place.object);
            return Ok(Value::Word(ir::Expr::Field(
                object,
                place.field,
                place.class,
            )));
        }
        let object = self.fix_expr(place.object);
        let count = self.lowering.words(ty, span)?.len();
        let fields: Vec<ir::Expr> = (0..count)
            .map(|at| ir::Expr::Field(Box::new(object.clone()), place.field + at, place.class))
            .collect();
        self.of_words(ty, &mut fields.into_iter(), span)
    }

    /// Puts a value into a place. Several words are several writes, which tear apart when power fails: they
    /// are one where the new object is not there yet (`fresh`), or in a transaction.
    pub(super) fn write(
        &mut self,
        place: Place,
        value: Value,
        ty: &Ty,
        fresh: bool,
        span: Span,
    ) -> Checked<()> {
        if let Value::Never = value {
            return Ok(());
        }
        let set = |builder: &mut Self, object: ir::Expr, at: usize, word: ir::Expr| {
            // A new object's fields are zero.
            if !fresh || !matches!(word, ir::Expr::Const(_, 0)) {
                let field = place.field + at;
                builder.emit(ir::Statement::SetField(object, field, place.class, word));
            }
        };
        let words = self.flat(value, ty, span)?;
        let count = words.len();
        if count < 2 {
            for word in words {
                set(self, place.object.clone(), 0, word);
            }
            return Ok(());
        }
        let object = self.fix_expr(place.object.clone());
        let words: Vec<ir::Expr> = words.into_iter().map(|word| self.fix_expr(word)).collect();
        // A new object's fields are nobody's yet, and a transaction around holds them together anyway.
        let own = if fresh || self.in_transaction {
            None
        } else {
            Some(self.transaction_start(span)?)
        };
        for (at, word) in words.into_iter().enumerate() {
            set(self, object.clone(), at, word);
        }
        if let Some(own) = own {
            self.transaction_end(own, span)?;
        }
        Ok(())
    }

    /// Starts a transaction where none is under way; whether it did.
    fn transaction_start(&mut self, span: Span) -> Checked<ir::Expr> {
        let own = self.call_binding("begin_own_transaction", Ty::Bool, span)?;
        let own = self.word(own, &ir::Type::Bool, span)?;
        Ok(self.fix_expr(own))
    }

    fn transaction_end(&mut self, own: ir::Expr, span: Span) -> Checked<()> {
        let (commit, after) = (self.block(), self.block());
        self.end(ir::Terminator::If(own, commit, after));
        self.switch_to(commit);
        self.call_binding("commit_transaction", Ty::Unit, span)?;
        self.end(ir::Terminator::Goto(after));
        self.switch_to(after);
        Ok(())
    }
}
