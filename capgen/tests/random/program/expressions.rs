//! Expressions that do not panic.

use std::fmt::Write;

use super::{
    ARRAY, BYTES, Callable, Generator, INTEGERS, OPTION, OUTER, RECORD, VECTOR, WORDS, range, width,
};

impl Generator {
    /// An expression of type `ty` that does not panic.
    pub(super) fn expr(&mut self, ty: &'static str, depth: usize) -> String {
        if depth == 0 || self.below(6) == 0 {
            if self.below(3) > 0
                && let Some(name) = self.known(ty)
            {
                return name;
            }
            return self.literal(ty);
        }
        let depth = depth - 1;
        if ty == "bool" {
            return self.condition(depth);
        }
        let bits = width(ty) - 1;
        let unsigned = ty.starts_with('u');
        if self.below(5) == 0
            && let Some(text) = self.kept(ty, depth)
        {
            return text;
        }
        match self.below(42) {
            0..=2 => {
                let method = self.one(&["wrapping_add", "wrapping_sub", "wrapping_mul"]);
                format!(
                    "{}.{method}({})",
                    self.expr(ty, depth),
                    self.expr(ty, depth)
                )
            }
            3 | 4 => {
                let op = self.one(&["&", "|", "^"]);
                format!("({} {op} {})", self.expr(ty, depth), self.expr(ty, depth))
            }
            5 => {
                let op = self.one(&["<<", ">>"]);
                let by = self.below(bits + 1);
                format!("({} {op} {by})", self.expr(ty, depth))
            }
            6 => {
                let op = self.one(&["<<", ">>"]);
                format!(
                    "({} {op} ({} & {bits}))",
                    self.expr(ty, depth),
                    self.expr("u8", depth)
                )
            }
            7 if unsigned => {
                let op = self.one(&["/", "%"]);
                format!(
                    "({} {op} ({} | 1))",
                    self.expr(ty, depth),
                    self.expr(ty, depth)
                )
            }
            7 => {
                let method = self.one(&["checked_div", "checked_rem"]);
                format!(
                    "{}.{method}({}).unwrap_or({})",
                    self.expr(ty, depth),
                    self.expr(ty, depth),
                    self.expr(ty, depth)
                )
            }
            8 => format!("(!{})", self.expr(ty, depth)),
            9 | 10 => {
                let from = self.one(&INTEGERS);
                format!("({} as {ty})", self.expr(from, depth))
            }
            11 => {
                let method = self.one(&[
                    "saturating_add",
                    "saturating_sub",
                    "saturating_mul",
                    "min",
                    "max",
                ]);
                format!(
                    "{}.{method}({})",
                    self.expr(ty, depth),
                    self.expr(ty, depth)
                )
            }
            12 => {
                let method = self.one(&["checked_add", "checked_sub", "checked_mul"]);
                format!(
                    "{}.{method}({}).unwrap_or({})",
                    self.expr(ty, depth),
                    self.expr(ty, depth),
                    self.expr(ty, depth)
                )
            }
            13 => format!(
                "(if {} {{ {} }} else {{ {} }})",
                self.expr("bool", depth),
                self.expr(ty, depth),
                self.expr(ty, depth)
            ),
            14 => {
                let on = self.one(&INTEGERS);
                let scrutinee = self.expr(on, depth);
                let mut text = format!("(match {scrutinee} {{ ");
                for _ in 0..self.below(4) {
                    let pattern = self.pattern(on);
                    let _ = write!(text, "{pattern} => {}, ", self.expr(ty, depth));
                }
                let _ = write!(text, "_ => {} }})", self.expr(ty, depth));
                text
            }
            15 => format!("(data[({} & 7) as usize] as {ty})", self.expr("u8", depth)),
            16 => {
                let call = format!(
                    "shape({}, {})",
                    self.expr("u8", depth),
                    self.expr("u16", depth)
                );
                format!("(measure({call}) as {ty})")
            }
            17 => {
                // `data` is lent to this call alone.
                let wanted = self.pure("u8");
                format!(
                    "(first(&data[{}..], {wanted}).unwrap_or(99) as {ty})",
                    self.below(BYTES)
                )
            }
            18 => match self.known(ARRAY) {
                Some(name) if self.below(3) > 0 => {
                    format!(
                        "({name}[({} & 3) as usize + 2] as {ty})",
                        self.expr("u8", depth)
                    )
                }
                Some(name) => format!("(mixed(&{name}) as {ty})"),
                None => self.literal(ty),
            },
            19 => match self.known(RECORD) {
                Some(name) if self.below(2) > 0 => format!("({name}.sum as {ty})"),
                Some(name) => format!("({name}.seen.map(|x| x / 3).unwrap_or(5) as {ty})"),
                None => self.literal(ty),
            },
            20 => match self.known(VECTOR) {
                Some(name) => format!("({name}.last().copied().unwrap_or(77) as {ty})"),
                None => self.literal(ty),
            },
            21 => {
                let from = self.one(&INTEGERS);
                format!(
                    "{ty}::try_from({}).unwrap_or({})",
                    self.expr(from, depth),
                    self.expr(ty, depth)
                )
            }
            23 => format!(
                "((({} as usize).min(data.len())) as {ty})",
                self.expr("u16", depth)
            ),
            24 => format!(
                "({{ let n = {} as usize; if n > data.len() {{ {} }} else {{ data[..n].len() as {ty} }} }})",
                self.expr("u16", depth),
                self.expr(ty, depth)
            ),
            25 => format!(
                "((({} & 0x3FFF) as usize + {} as usize * 64) as {ty})",
                self.expr("u16", depth),
                self.expr("u8", depth)
            ),
            22 => format!(
                "pick({}, {}, {})",
                self.expr("bool", depth),
                self.expr(ty, depth),
                self.expr(ty, depth)
            ),
            26..=28 => self.call(ty, depth),
            29 => match self.known(OPTION) {
                Some(name) => format!("({name}.unwrap_or({}) as {ty})", self.expr("i16", depth)),
                None => self.literal(ty),
            },
            30 => match self.known(OUTER) {
                Some(name) => {
                    let part = self.one(&["tally.sum", "at.0", "at.1", "mark.0", "tally.last"]);
                    format!("({name}.{part} as {ty})")
                }
                None => self.literal(ty),
            },
            31 => match self.known(WORDS) {
                Some(name) => format!(
                    "({name}[({} & 3) as usize] as {ty})",
                    self.expr("u8", depth)
                ),
                None => self.literal(ty),
            },
            _ => self.form(ty, depth),
        }
    }

    pub(super) fn call(&mut self, ty: &'static str, depth: usize) -> String {
        let found: Vec<usize> = (0..self.callable.len())
            .filter(|index| {
                let Callable {
                    result,
                    level,
                    is_result,
                    ..
                } = &self.callable[*index];
                *result == ty
                    && (!is_result || self.is_result && self.loops == 0)
                    && (*level < 2 && self.loops == 0 || *level == 0 && self.loops == 1)
            })
            .collect();
        if found.is_empty() {
            return self.literal(ty);
        }
        let index = self.one(&found);
        let parameters = self.callable[index].parameters.clone();
        let list: Vec<String> = parameters
            .into_iter()
            .map(|ty| self.expr(ty, depth.min(1)))
            .collect();
        self.level = self.level.max(self.callable[index].level + 1);
        let list: String = list.into_iter().map(|argument| argument + ", ").collect();
        let question = if self.callable[index].is_result {
            "?"
        } else {
            ""
        };
        format!("f{index}({list}data){question}")
    }

    pub(super) fn condition(&mut self, depth: usize) -> String {
        let ty = self.one(&INTEGERS);
        match self.below(10) {
            0..=3 => {
                let op = self.one(&["<", "<=", ">", ">=", "==", "!="]);
                format!("({} {op} {})", self.expr(ty, depth), self.expr(ty, depth))
            }
            8 | 9 => self.sizes(depth),
            4 => format!(
                "({} && {})",
                self.expr("bool", depth),
                self.expr("bool", depth)
            ),
            5 => format!(
                "({} || {})",
                self.expr("bool", depth),
                self.expr("bool", depth)
            ),
            6 => format!("!{}", self.expr("bool", depth)),
            _ => {
                let pattern = self.pattern(ty);
                format!("matches!({}, {pattern})", self.expr(ty, depth))
            }
        }
    }

    /// A comparison of `usize`, of which one may be beyond 32767.
    fn sizes(&mut self, depth: usize) -> String {
        let op = self.one(&["<", "<=", ">", ">=", "==", "!="]);
        let short = |generator: &mut Self| format!("({} as usize)", generator.expr("u16", depth));
        let known = |generator: &mut Self| {
            format!("(({} & 0x7FFF) as usize)", generator.expr("u16", depth))
        };
        let byte = |generator: &mut Self| format!("({} as usize)", generator.expr("u8", depth));
        let (a, b) = (short(self), short(self));
        match self.below(6) {
            0 => format!("({a} {op} {b})"),
            1 => format!("({a} {op} data.len())"),
            2 => format!("({} + {} {op} {})", known(self), known(self), known(self)),
            3 => format!("({} * {} {op} {b})", byte(self), byte(self)),
            4 => format!("({{ let n = {a}; n {op} {} && {b} {op} n }})", known(self)),
            _ => format!(
                "({{ let (mut at, most) = ({} % 40, data.len()); while at + 1 < most {{ at += 1 + data[at] as usize % 3; }} at {op} {} }})",
                byte(self),
                byte(self)
            ),
        }
    }

    fn pattern(&mut self, ty: &str) -> String {
        let (low, high) = range(ty);
        let span = (high - low + 1).unsigned_abs();
        let a = low + i64::try_from(self.random() % span).unwrap();
        let b = low + i64::try_from(self.random() % span).unwrap();
        match self.below(3) {
            0 => format!("{a}"),
            1 => format!("{}..={}", a.min(b), a.max(b)),
            _ => format!("{a} | {}", if a == b { low } else { b }),
        }
    }

    /// An expression that does not need `data`.
    pub(super) fn pure(&mut self, ty: &'static str) -> String {
        let a = self.known(ty).unwrap_or_else(|| self.literal(ty));
        if ty == "bool" {
            return format!("!{a}");
        }
        let b = self.literal(ty);
        let method = self.one(&["wrapping_add", "wrapping_mul", "saturating_sub", "max"]);
        format!("{a}.{method}({b})")
    }
}
