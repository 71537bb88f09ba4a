//! How a block ends, as instructions.

use super::emit::{Emitter, WORD};
use super::interval::Interval;
use super::item::{Item, Label, Symbol};
use super::value::{Form, low_byte, word};
use crate::ir::{ApiMethod, BlockId, Expr, Terminator, Type};
use cap_file::Opcode;

impl Emitter<'_> {
    pub(super) fn terminator(
        &mut self,
        block: BlockId,
        terminator: &Terminator,
        next: Option<BlockId>,
    ) -> super::Result {
        match terminator {
            Terminator::Goto(target) => {
                self.goto(*target, next);
                Ok(())
            }
            Terminator::If(condition, yes, no) => {
                let asked = self.questions.and_then(|asked| asked.of_branch(block.0));
                if let Some((number, holds)) = asked {
                    let (to, other) = if holds { (*yes, *no) } else { (*no, *yes) };
                    self.jump_if(condition, holds, Label(to.0))?;
                    self.items.push(Item::Ask(number));
                    self.goto(other, next);
                    return Ok(());
                }
                self.branch(condition, *yes, *no, next)
            }
            Terminator::Switch(key, cases, default) => self.switch(key, cases, *default, next),
            Terminator::Return(None) => {
                self.op(Opcode::Return);
                Ok(())
            }
            Terminator::Return(Some(value)) => {
                // The runtime environment expects a Java byte.
                let as_byte = self
                    .function
                    .entry
                    .as_ref()
                    .is_some_and(|entry| entry.descriptor.ends_with(")B"));
                self.value(
                    value,
                    if as_byte {
                        Form::SignExtended
                    } else {
                        Form::Exact
                    },
                )?;
                if !as_byte && let Some(ty) = &self.function.result {
                    self.claim_type(ty);
                }
                self.op(match &self.function.result {
                    Some(Type::Int) => Opcode::Ireturn,
                    Some(ty) if ty.is_reference() => Opcode::Areturn,
                    _ => Opcode::Sreturn,
                });
                Ok(())
            }
            Terminator::Throw(status) => {
                self.value(status, Form::Exact)?;
                self.items.push(Item::Invoke {
                    opcode: Opcode::Invokestatic,
                    method: Symbol::ApiStatic(throw_it()),
                    pops: 1,
                    pushes: 0,
                });
                // `throwIt` does not return, but a verifier does not know: what follows must be sound
                // for it, and is never executed.
                if !self.plan.throws_into_next(block) {
                    self.items
                        .extend(unreachable_end(self.function.result.as_ref()));
                }
                Ok(())
            }
            Terminator::Unreachable => {
                if let Some(number) = self.questions.and_then(|asked| asked.of_end(block.0)) {
                    self.items.push(Item::Ask(number));
                }
                self.items
                    .extend(unreachable_end(self.function.result.as_ref()));
                Ok(())
            }
        }
    }

    pub(super) fn goto(&mut self, target: BlockId, next: Option<BlockId>) {
        if next != Some(target) {
            self.items.push(Item::Branch(Opcode::Goto, Label(target.0)));
        }
    }

    fn switch(
        &mut self,
        key: &Expr,
        cases: &[(i32, BlockId)],
        default: BlockId,
        next: Option<BlockId>,
    ) -> super::Result {
        let is_int = key.type_in(self.program, self.function) == Some(Type::Int);
        // Of an `int` nothing is known.
        let range = match is_int {
            true => Interval::of_type(&Type::Int),
            false => self.ranges.range(key),
        };
        let keys = |form: Form| {
            let mut pairs: Vec<(i32, Label)> = cases
                .iter()
                .filter(|(value, block)| {
                    *block != default && *value >= range.low && *value <= range.high
                })
                .map(|(value, block)| {
                    let key = match form {
                        _ if is_int => *value,
                        Form::Exact => word(*value).into(),
                        _ => low_byte(*value).into(),
                    };
                    (key, Label(block.0))
                })
                .collect();
            pairs.sort_unstable();
            pairs
        };
        let is_byte = range.within(Interval::UNSIGNED_BYTE) || range.within(Interval::BYTE);
        let forms: &[Form] = if is_byte {
            &[Form::Exact, Form::SignExtended]
        } else {
            &[Form::Exact]
        };
        let best = forms
            .iter()
            .map(|form| (*form, keys(*form)))
            .min_by_key(|(form, pairs)| {
                self.cost(key, *form) + lookup_size(pairs, is_int).min(table_size(pairs, is_int))
            });
        let Some((form, pairs)) = best else {
            return Ok(());
        };
        let claimed = if form == Form::Exact && pairs.len() < cases.len() {
            range
        } else {
            WORD
        };
        match pairs.as_slice() {
            [] if self.with_claims && claimed != WORD => {
                self.value(key, form)?;
                self.claim(claimed);
                self.op(Opcode::Pop);
                self.goto(default, next);
            }
            [] => {
                self.discard(key)?;
                self.goto(default, next);
            }
            [(only, label)] => {
                self.value(key, form)?;
                self.claim(claimed);
                if is_int {
                    self.items.push(Item::push_int(*only));
                    self.op(Opcode::Icmp);
                    self.items.push(Item::Branch(Opcode::Ifeq, *label));
                } else if *only == 0 {
                    self.items.push(Item::Branch(Opcode::Ifeq, *label));
                } else {
                    self.items.push(Item::push(word(*only)));
                    self.items.push(Item::Branch(Opcode::IfScmpeq, *label));
                }
                self.goto(default, next);
            }
            [(low, _), ..] if table_size(&pairs, is_int) <= lookup_size(&pairs, is_int) => {
                self.value(key, form)?;
                self.claim(claimed);
                let (low, default) = (*low, Label(default.0));
                let high = pairs.last().map_or(low, |(high, _)| *high);
                let target = |key: i32| {
                    pairs
                        .iter()
                        .find(|(value, _)| *value == key)
                        .map_or(default, |(_, label)| *label)
                };
                self.items.push(Item::Table {
                    is_int,
                    default,
                    low,
                    targets: (low..=high).map(target).collect(),
                });
            }
            _ => {
                self.value(key, form)?;
                self.claim(claimed);
                self.items.push(Item::Lookup {
                    is_int,
                    default: Label(default.0),
                    pairs,
                });
            }
        }
        Ok(())
    }
}

/// Bytes of a lookup switch. That counts also where time does: how the time of a switch grows with its keys was not
/// measured.
fn lookup_size(pairs: &[(i32, Label)], is_int: bool) -> u32 {
    let pair = if is_int { 6 } else { 4 };
    u32::try_from(pairs.len()).map_or(u32::MAX / 2, |count| 5 + pair * count)
}

/// Bytes of a table switch.
fn table_size(pairs: &[(i32, Label)], is_int: bool) -> u32 {
    let head = if is_int { 11 } else { 7 };
    match (pairs.first(), pairs.last()) {
        (Some((low, _)), Some((high, _))) => {
            let keys = low.abs_diff(*high).saturating_add(1);
            keys.saturating_mul(2)
                .saturating_add(head)
                .min(u32::MAX / 2)
        }
        _ => 0,
    }
}

/// The shortest sound end of a function, for places that are never reached.
pub(super) fn unreachable_end(result: Option<&Type>) -> Vec<Item> {
    match result {
        None => vec![Item::op(Opcode::Return)],
        Some(ty) if ty.is_reference() => {
            vec![Item::op(Opcode::AconstNull), Item::op(Opcode::Areturn)]
        }
        Some(Type::Int) => vec![Item::op(Opcode::Iconst0), Item::op(Opcode::Ireturn)],
        Some(_) => vec![Item::op(Opcode::Sconst0), Item::op(Opcode::Sreturn)],
    }
}

/// The class, name and descriptor of `ISOException.throwIt`.
const THROW_IT: [&str; 3] = ["javacard/framework/ISOException", "throwIt", "(S)V"];

pub(super) fn throw_it() -> ApiMethod {
    let [class, name, descriptor] = THROW_IT.map(str::to_owned);
    ApiMethod {
        class,
        name,
        descriptor,
    }
}

pub(super) fn is_throw_it(method: &ApiMethod) -> bool {
    [&method.class, &method.name, &method.descriptor] == THROW_IT
}
