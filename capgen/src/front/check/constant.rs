//! Constants as values: structs, tuples and options of constants as they are, arrays of these as tables.
//!
//! A table has a constant array for each scalar that its rows are made of (a column), so that `TABLE[i].field` is
//! one load. A column of byte strings is one array of all of them, and where each starts.

use super::{Checker, make};
use crate::diagnostic::{Diagnostic, Span};
use crate::front::constant::Value;
use crate::front::define::ConstId;
use crate::front::resolve::Checked;
use crate::front::tree::{Expr, Kind, Statement};
use crate::front::ty::{Int, Ty};
use crate::ir::BinaryOp;

impl Checker<'_> {
    pub(super) fn constant(&mut self, id: ConstId, span: Span) -> Checked<Expr> {
        let (ty, value) = self.context.constant_value(id)?;
        match (&value, &ty) {
            (Value::Array(values), Ty::Array(element, _) | Ty::Slice(element))
                if element.is_scalar() =>
            {
                let ty = Ty::Array(element.clone(), values.len());
                Ok(make::expr(Kind::ConstArray(id), ty, span))
            }
            _ => self.constant_of(&value, &ty, span),
        }
    }

    /// A constant's value written out.
    fn constant_of(&self, value: &Value, ty: &Ty, span: Span) -> Checked<Expr> {
        let refused = || {
            Err(Diagnostic::new(
                span,
                "this constant has no place on the card",
                format!("a `{}`", self.context.type_name(ty)),
            )
            .help("a constant is a scalar, a struct, tuple or `Option` of scalars and arrays, or an array of these"))
        };
        let kind = match (value, ty) {
            (Value::Int(value), ty) if ty.is_scalar() => Kind::Int(*value),
            (Value::Array(values), Ty::Array(element, _) | Ty::Slice(element)) => {
                let ty = Ty::Array(element.clone(), values.len());
                if element.is_scalar() {
                    let mut numbers = Vec::new();
                    for value in values {
                        let Value::Int(value) = value else {
                            return refused();
                        };
                        numbers.push(*value);
                    }
                    return Ok(make::expr(Kind::Literal(numbers), ty, span));
                }
                let rows = values
                    .iter()
                    .map(|value| self.constant_of(value, element, span))
                    .collect::<Checked<_>>()?;
                return Ok(make::expr(Kind::Array(rows), ty, span));
            }
            (Value::Struct(fields), Ty::Record(id)) => {
                let mut parts = Vec::new();
                for (at, (name, ty)) in self.context.struct_fields(*id)?.iter().enumerate() {
                    let Some((_, value)) = fields.iter().find(|(field, _)| field == name) else {
                        return refused();
                    };
                    parts.push((at, self.constant_of(value, ty, span)?));
                }
                Kind::Struct(*id, parts)
            }
            (Value::Tuple(values), Ty::Tuple(types)) if values.len() == types.len() => Kind::Tuple(
                values
                    .iter()
                    .zip(types)
                    .map(|(value, ty)| self.constant_of(value, ty, span))
                    .collect::<Checked<_>>()?,
            ),
            (Value::Option(None), Ty::Option(_)) => Kind::Variant(0, Vec::new()),
            (Value::Option(Some(value)), Ty::Option(inner)) => {
                Kind::Variant(1, vec![(1, self.constant_of(value, inner, span)?)])
            }
            (Value::Variant(index, values), Ty::Data(id)) => {
                let fields = self.context.data_fields(*id)?.swap_remove(*index);
                let start = self.context.data_starts(*id)?[*index];
                let parts = values.iter().zip(&fields).enumerate();
                let parts = parts.map(|(at, (value, (_, ty)))| {
                    Ok((start + at, self.constant_of(value, ty, span)?))
                });
                let tag = i64::try_from(*index).unwrap_or(0);
                Kind::Variant(tag, parts.collect::<Checked<_>>()?)
            }
            _ => return refused(),
        };
        Ok(make::expr(kind, ty.clone(), span))
    }

    /// Row `at` of a table, which `at` is evaluated for once; `None` of what is no table.
    pub(super) fn row(&mut self, table: &Expr, at: Expr, span: Span) -> Checked<Option<Expr>> {
        let (Kind::Array(rows), Ty::Array(element, _)) = (&table.kind, &table.ty) else {
            return Ok(None);
        };
        if self.resolve(element).is_scalar() {
            return Ok(None);
        }
        let rows: Vec<&Expr> = rows.iter().collect();
        if let Kind::Int(at) = at.kind {
            let row = usize::try_from(at).ok().and_then(|at| rows.get(at));
            return match row {
                Some(row) => Ok(Some(Expr {
                    span,
                    ..(*row).clone()
                })),
                None => Err(Diagnostic::new(
                    span,
                    "this index is out of bounds",
                    format!("the table has {} rows", rows.len()),
                )),
            };
        }
        let mut statements = Vec::new();
        let at = match at.kind {
            Kind::Variable(id) if !self.variables[id.0].mutable => at,
            _ => self.temporary(at, &mut statements),
        };
        let row = column(&rows, &at, span)?;
        Ok(Some(make::block(statements, Some(row), span)))
    }
}

/// How many rows a table has, whose length is no array's on the card.
pub(super) fn rows(table: &Expr) -> Option<usize> {
    match (&table.kind, &table.ty) {
        (Kind::Array(rows), Ty::Array(element, _)) if !element.is_scalar() => Some(rows.len()),
        _ => None,
    }
}

/// A part of a row, without the others, which are only loads.
pub(super) fn part_of_row(row: &Expr, index: usize) -> Option<Expr> {
    match &row.kind {
        Kind::Block(statements, Some(value))
            if matches!(statements.as_slice(), [] | [Statement::Let(..)]) =>
        {
            let part = part_of_row(value, index)?;
            let span = part.span;
            Some(make::block(statements.clone(), Some(part), span))
        }
        Kind::Struct(_, parts) if parts.iter().all(|(_, part)| is_load(part)) => parts
            .iter()
            .find_map(|(at, part)| (*at == index).then(|| part.clone())),
        Kind::Tuple(parts) if parts.iter().all(is_load) => parts.get(index).cloned(),
        _ => None,
    }
}

/// Whether an expression only reads constants.
fn is_load(expr: &Expr) -> bool {
    match &expr.kind {
        Kind::Int(_) | Kind::Literal(_) | Kind::Variable(_) => true,
        Kind::Index(base, at) => matches!(base.kind, Kind::Literal(_)) && is_load(at),
        Kind::SubSlice(base, from, to, _) => {
            matches!(base.kind, Kind::Literal(_)) && from.iter().chain(to).all(|end| is_load(end))
        }
        Kind::Within(_, a, b) | Kind::Compare(_, a, b) => is_load(a) && is_load(b),
        Kind::If(a, b, Some(c)) => is_load(a) && is_load(b) && is_load(c),
        Kind::Variant(_, parts) | Kind::Struct(_, parts) => {
            parts.iter().all(|(_, part)| is_load(part))
        }
        Kind::Tuple(parts) => parts.iter().all(is_load),
        _ => false,
    }
}

/// What stands in row `at` of a column.
fn column(rows: &[&Expr], at: &Expr, span: Span) -> Checked<Expr> {
    let Some(first) = rows.first() else {
        return Err(Diagnostic::new(span, "this table has no rows", "empty"));
    };
    let ty = first.ty.clone();
    let refused = || {
        Err(Diagnostic::new(
            span,
            "a row that is not constant is not part of Card Rust",
            "not made of numbers",
        )
        .help("make the table a `const`"))
    };
    let of = |f: &dyn Fn(&Expr) -> Option<Expr>| -> Option<Vec<Expr>> {
        rows.iter().map(|row| f(row)).collect()
    };
    let part = |list: Option<Vec<Expr>>| -> Checked<Expr> {
        match list {
            Some(list) => column(&list.iter().collect::<Vec<_>>(), at, span),
            None => refused(),
        }
    };
    match &first.kind {
        Kind::Int(_) => {
            let numbers: Option<Vec<i64>> = rows
                .iter()
                .map(|row| match row.kind {
                    Kind::Int(n) => Some(n),
                    _ => None,
                })
                .collect();
            match numbers {
                Some(numbers) => Ok(load(numbers, ty, at, span)),
                None => refused(),
            }
        }
        Kind::Struct(id, parts) => {
            let mut found = Vec::new();
            for (index, (field, _)) in parts.iter().enumerate() {
                let values = of(&|row| match &row.kind {
                    Kind::Struct(_, parts) => parts.get(index).map(|(_, part)| part.clone()),
                    _ => None,
                });
                found.push((*field, part(values)?));
            }
            Ok(make::expr(Kind::Struct(*id, found), ty, span))
        }
        Kind::Tuple(parts) => {
            let mut found = Vec::new();
            for index in 0..parts.len() {
                found.push(part(of(&|row| match &row.kind {
                    Kind::Tuple(parts) => parts.get(index).cloned(),
                    _ => None,
                }))?);
            }
            Ok(make::expr(Kind::Tuple(found), ty, span))
        }
        Kind::Variant(..) => {
            let Ty::Option(inner) = &ty else {
                return refused();
            };
            let tags = of(&|row| match row.kind {
                Kind::Variant(tag, _) => Some(make::truth(tag == 1, span)),
                _ => None,
            });
            // Any value will do where there is none.
            let values = rows
                .iter()
                .find_map(|row| value_in(row))
                .and_then(|some| of(&|row| Some(value_in(row).unwrap_or_else(|| some.clone()))));
            let Some(values) = values else {
                return Ok(make::none(inner, span));
            };
            let (tag, value) = (part(tags)?, part(Some(values))?);
            Ok(make::choice(
                tag,
                make::some(value),
                make::none(inner, span),
            ))
        }
        Kind::Literal(_) => {
            let (mut all, mut starts) = (Vec::new(), vec![0]);
            for row in rows {
                let Kind::Literal(values) = &row.kind else {
                    return refused();
                };
                all.extend(values.iter().copied());
                starts.push(i64::try_from(all.len()).unwrap_or(i64::MAX));
            }
            let Ty::Array(element, length) = &ty else {
                return refused();
            };
            let usize_ = Ty::Int(Int::Usize);
            let same = rows.iter().all(|row| row.ty == ty);
            let (from, to) = if same {
                let length = make::number(i64::try_from(*length).unwrap_or(i64::MAX), span);
                let from = make::op(BinaryOp::Mul, at.clone(), length.clone());
                (from.clone(), make::op(BinaryOp::Add, from, length))
            } else {
                let next = make::op(BinaryOp::Add, at.clone(), make::number(1, span));
                (
                    load(starts.clone(), usize_.clone(), at, span),
                    load(starts, usize_, &next, span),
                )
            };
            let count = all.len();
            let all = make::expr(Kind::Literal(all), Ty::Array(element.clone(), count), span);
            let kind = Kind::SubSlice(
                Box::new(all),
                Some(Box::new(from)),
                Some(Box::new(to)),
                false,
            );
            Ok(make::expr(kind, Ty::Slice(element.clone()), span))
        }
        _ => refused(),
    }
}

fn value_in(row: &Expr) -> Option<Expr> {
    match &row.kind {
        Kind::Variant(1, parts) => parts.first().map(|(_, value)| value.clone()),
        _ => None,
    }
}

/// Number `at` of constants.
fn load(numbers: Vec<i64>, ty: Ty, at: &Expr, span: Span) -> Expr {
    let count = numbers.len();
    let array = make::expr(
        Kind::Literal(numbers),
        Ty::Array(Box::new(ty.clone()), count),
        span,
    );
    make::expr(Kind::Index(Box::new(array), Box::new(at.clone())), ty, span)
}
