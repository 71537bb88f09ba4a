//! Methods in constants: those of integers, computed as Rust does, and of arrays.

use super::flow::nothing;
use super::operator::wrap;
use super::{Evaluator, Value};
use crate::diagnostic::Diagnostic;
use crate::front::define::Def;
use crate::front::resolve::Checked;
use crate::front::ty::{Int, Ty};

impl Evaluator<'_> {
    pub(super) fn method(
        &mut self,
        call: &syn::ExprMethodCall,
        wanted: Option<&Ty>,
    ) -> Checked<(Value, Ty)> {
        let name = call.method.to_string();
        // What gives another type than it is called on does not learn its own from what is wanted.
        let hint = match name.as_str() {
            name if of_same_type(name) => wanted,
            _ => None,
        };
        let (value, ty) = self.expr(&call.receiver, hint)?;
        let count = |n: usize| {
            let n = i64::try_from(n).unwrap_or(i64::MAX);
            Ok((Value::Int(n), Ty::Int(Int::Usize)))
        };
        if self.leaving.is_some() {
            return Ok(nothing());
        }
        let own = ty.key().map(|key| self.context.member_of(&key, &name));
        let own = own.into_iter().flatten().find_map(|def| match def {
            Def::Fn(id) => Some(id),
            _ => None,
        });
        if let Some(id) = own {
            let arguments: Vec<&syn::Expr> = call.args.iter().collect();
            return self.const_fn(id, Some((value, ty)), &arguments, call);
        }
        match (&value, name.as_str(), &ty) {
            (Value::Option(Some(inner)), "unwrap" | "expect", Ty::Option(ty)) => {
                Ok(((**inner).clone(), (**ty).clone()))
            }
            (Value::Array(values), "len", _) => count(values.len()),
            (Value::Array(values), "is_empty", _) => {
                Ok((Value::Int(values.is_empty().into()), Ty::Bool))
            }
            (Value::Array(_), "as_slice", _) => Ok((value, ty)),
            (Value::Option(inner), "is_some", _) => {
                Ok((Value::Int(inner.is_some().into()), Ty::Bool))
            }
            (Value::Option(inner), "is_none", _) => {
                Ok((Value::Int(inner.is_none().into()), Ty::Bool))
            }
            (Value::Int(n), name, Ty::Int(int)) => {
                let arguments: Vec<&syn::Expr> = call.args.iter().collect();
                self.integer_method(*n, *int, name, &arguments, call)
            }
            (Value::Int(_), _, Ty::IntVar(_)) => self.untold_width(&call.receiver),
            _ => self.refuse(call),
        }
    }

    /// `u16::from_be_bytes([a, b])`, `u16::pow(a, b)`
    pub(super) fn integer_call(
        &mut self,
        int: Int,
        name: &str,
        first: &syn::Expr,
        call: &syn::ExprCall,
    ) -> Checked<(Value, Ty)> {
        if let ("from_be_bytes" | "from_le_bytes", Some(bits)) = (name, int.bits()) {
            let (value, _) = self.expr(first, None)?;
            let Some(mut bytes) = value.bytes() else {
                return self.refuse(call);
            };
            if bytes.len() * 8 != usize::try_from(bits).unwrap_or(0) {
                return self.refuse(call);
            }
            if name == "from_le_bytes" {
                bytes.reverse();
            }
            let value = bytes.iter().fold(0, |n, byte| n << 8 | i64::from(*byte));
            return Ok((Value::Int(int.wrap(value)), Ty::Int(int)));
        }
        let (value, _) = self.int(first, Some(&Ty::Int(int)))?;
        let rest: Vec<&syn::Expr> = call.args.iter().skip(1).collect();
        self.integer_method(value, int, name, &rest, call)
    }

    fn integer_method(
        &mut self,
        a: i64,
        int: Int,
        name: &str,
        arguments: &[&syn::Expr],
        at: &impl syn::spanned::Spanned,
    ) -> Checked<(Value, Ty)> {
        let own = Ty::Int(int);
        let (low, high) = int.range();
        let truth = |holds: bool| Ok((Value::Int(holds.into()), Ty::Bool));
        // What depends on the width of `usize` is not the same on host and card.
        if let Some(bits) = int.bits() {
            let pattern = a & ((1 << bits) - 1);
            let counted = match (name, arguments) {
                ("count_ones", []) => Some(i64::from(pattern.count_ones())),
                ("count_zeros", []) => Some(bits - i64::from(pattern.count_ones())),
                ("leading_zeros", []) => Some(i64::from(pattern.leading_zeros()) - (64 - bits)),
                ("leading_ones", []) => Some(i64::from((pattern << (64 - bits)).leading_ones())),
                ("trailing_zeros", []) => Some(i64::from(pattern.trailing_zeros()).min(bits)),
                ("trailing_ones", []) => Some(i64::from(pattern.trailing_ones())),
                _ => None,
            };
            if let Some(count) = counted {
                return Ok((Value::Int(count), Ty::Int(Int::U32)));
            }
            let bytes = || {
                (0..bits / 8)
                    .rev()
                    .map(|at| Value::Int(pattern >> (8 * at) & 0xFF))
                    .collect::<Vec<_>>()
            };
            let array = |values: Vec<Value>| {
                let ty = Ty::Array(Box::new(Ty::Int(Int::U8)), values.len());
                Ok((Value::Array(values), ty))
            };
            match (name, arguments) {
                ("to_be_bytes", []) => return array(bytes()),
                ("to_le_bytes", []) => return array(bytes().into_iter().rev().collect()),
                ("swap_bytes", []) => {
                    let turned = (0..bits / 8).fold(0, |n, at| n << 8 | pattern >> (8 * at) & 0xFF);
                    return Ok((Value::Int(int.wrap(turned)), own));
                }
                ("rotate_left" | "rotate_right", [by]) => {
                    let by = self.int(by, Some(&Ty::Int(Int::U32)))?.0.rem_euclid(bits);
                    let by = if name == "rotate_left" {
                        by
                    } else {
                        (bits - by) % bits
                    };
                    let turned = pattern << by | pattern >> (bits - by);
                    return Ok((Value::Int(int.wrap(turned)), own));
                }
                ("wrapping_neg", []) => return Ok((Value::Int(int.wrap(-a)), own)),
                ("wrapping_add" | "wrapping_sub" | "wrapping_mul", [other]) => {
                    let b = self.int(other, Some(&own))?.0;
                    let value = match name {
                        "wrapping_add" => a + b,
                        "wrapping_sub" => a - b,
                        _ => a.wrapping_mul(b),
                    };
                    return Ok((Value::Int(int.wrap(value)), own));
                }
                ("saturating_add" | "saturating_sub" | "saturating_mul", [other]) => {
                    let b = self.int(other, Some(&own))?.0;
                    let value = match name {
                        "saturating_add" => a + b,
                        "saturating_sub" => a - b,
                        _ => a.saturating_mul(b),
                    };
                    return Ok((Value::Int(value.clamp(low, high)), own));
                }
                _ => {}
            }
        }
        // Of `usize` what may exceed the card's limit is not the same on host and card.
        let is_known =
            int.bits().is_some() || matches!(name, "checked_sub" | "checked_div" | "checked_rem");
        if let (Some(name), true) = (name.strip_prefix("checked_"), is_known) {
            let value = match (name, arguments) {
                ("neg", []) => a.checked_neg(),
                ("abs", []) => a.checked_abs(),
                ("pow", [by]) => {
                    let by = self.int(by, Some(&Ty::Int(Int::U32)))?.0;
                    u32::try_from(by).ok().and_then(|by| a.checked_pow(by))
                }
                ("add" | "sub" | "mul" | "div" | "rem", [other]) => {
                    let b = self.int(other, Some(&own))?.0;
                    match name {
                        "add" => a.checked_add(b),
                        "sub" => a.checked_sub(b),
                        "mul" => a.checked_mul(b),
                        "div" => a.checked_div(b),
                        _ => a.checked_rem(b),
                    }
                }
                _ => return self.refuse(at),
            };
            let value = value.filter(|value| (low..=high).contains(value));
            let value = Value::Option(value.map(|value| Box::new(Value::Int(value))));
            return Ok((value, Ty::Option(Box::new(own))));
        }
        let value = match (name, arguments) {
            ("is_power_of_two", []) => return truth(a.count_ones() == 1),
            ("is_negative", []) => return truth(a < 0),
            ("is_positive", []) => return truth(a > 0),
            ("abs", []) => a.checked_abs(),
            ("signum", []) => Some(a.signum()),
            ("pow", [by]) => {
                let by = self.int(by, Some(&Ty::Int(Int::U32)))?.0;
                u32::try_from(by).ok().and_then(|by| a.checked_pow(by))
            }
            ("abs_diff", [other]) if low == 0 => {
                let b = self.int(other, Some(&own))?.0;
                Some(a.abs_diff(b)).and_then(|n| i64::try_from(n).ok())
            }
            ("div_ceil", [other]) if low == 0 => {
                let b = self.int(other, Some(&own))?.0;
                (b != 0).then(|| (a + b - 1) / b)
            }
            ("div_euclid", [other]) => {
                let b = self.int(other, Some(&own))?.0;
                a.checked_div_euclid(b)
            }
            ("rem_euclid", [other]) => {
                let b = self.int(other, Some(&own))?.0;
                a.checked_rem_euclid(b)
            }
            _ => return self.refuse(at),
        };
        match value {
            Some(value) if wrap(&own, value) == value && (low..=high).contains(&value) => {
                Ok((Value::Int(value), own))
            }
            _ => Err(Diagnostic::new(
                self.context.span(self.module, at),
                format!("this constant does not fit `{}`", int.name()),
                "out of range",
            )),
        }
    }
}

/// Whether a method gives what it is called on.
fn of_same_type(name: &str) -> bool {
    ["wrapping_", "saturating_", "rotate_", "div_", "rem_"]
        .iter()
        .any(|start| name.starts_with(start))
        || matches!(name, "pow" | "abs" | "abs_diff" | "signum" | "swap_bytes")
}
