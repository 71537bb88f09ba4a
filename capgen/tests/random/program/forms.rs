//! Expressions by the forms of the language: methods, constants, tuples, slices, options, records, labelled blocks.
//!
//! What lends `data` is told its numbers before, in a block: they may call functions that change it.

use super::{BYTES, Generator, INTEGERS, range, width};

impl Generator {
    /// An expression of the integer type `ty`.
    pub(super) fn form(&mut self, ty: &'static str, depth: usize) -> String {
        match self.below(6) {
            0 => self.method(ty, depth),
            1 => self.bytes_of_numbers(ty, depth),
            2 => self.constant(ty, depth),
            3 => self.part_of_data(ty, depth),
            4 => self.size(ty, depth),
            _ => self.structured(ty, depth),
        }
    }

    fn method(&mut self, ty: &'static str, depth: usize) -> String {
        let from = self.one(&INTEGERS);
        let (same, other) = (self.expr(ty, depth), self.expr(from, depth));
        let (bits, is_signed) = (width(ty), ty.starts_with('i'));
        match self.below(14) {
            0 => {
                let method = self.one(&[
                    "count_ones",
                    "count_zeros",
                    "leading_zeros",
                    "trailing_zeros",
                    "leading_ones",
                    "trailing_ones",
                ]);
                format!("({other}.{method}() as {ty})")
            }
            1 => {
                let method = self.one(&["rotate_left", "rotate_right"]);
                format!("{same}.{method}({})", self.below(bits))
            }
            2 => format!("({other}.abs_diff({}) as {ty})", self.expr(from, depth)),
            3 => {
                let mut limits = [self.number(ty), self.number(ty)];
                limits.sort_unstable();
                let [low, high] = limits.map(|limit| shown(ty, limit));
                format!("{same}.clamp({low}, {high})")
            }
            4 => format!("{same}.wrapping_pow({})", self.below(5)),
            5 if is_signed => {
                let method = self.one(&["wrapping_abs", "wrapping_neg", "signum"]);
                format!("{same}.{method}()")
            }
            5 => format!("{same}.wrapping_neg()"),
            6 if is_signed => format!("({same}.unsigned_abs() as {ty})"),
            6 => format!("{same}.div_ceil({} | 1)", self.expr(ty, depth)),
            7 if is_signed => {
                let method = self.one(&["rem_euclid", "div_euclid"]);
                format!("{same}.{method}({})", 1 + self.below(127))
            }
            7 => format!("({same}.is_power_of_two() as {ty})"),
            8 => format!(
                "({{ let (x, is_over) = {same}.overflowing_add({}); if is_over {{ !x }} else {{ x }} }})",
                self.expr(ty, depth)
            ),
            9 => {
                let method = self.one(&["wrapping_shl", "wrapping_shr"]);
                format!("{same}.{method}({} as u32)", self.expr("u8", depth))
            }
            10 => {
                let method = self.one(&["to_ascii_uppercase", "to_ascii_lowercase"]);
                format!("({}.{method}() as {ty})", self.expr("u8", depth))
            }
            11 => {
                let question =
                    self.one(&["digit", "control", "whitespace", "hexdigit", "punctuation"]);
                format!("({}.is_ascii_{question}() as {ty})", self.expr("u8", depth))
            }
            12 => match ty {
                "u8" | "i8" => format!("{ty}::from({})", self.expr("bool", depth)),
                "u16" | "i16" => format!("{ty}::from({})", self.expr("u8", depth)),
                _ => format!("{ty}::from({})", self.expr("u16", depth)),
            },
            _ => {
                let wide = self.one(&["u16", "i16", "u32", "i32"]);
                format!("({}.swap_bytes() as {ty})", self.expr(wide, depth))
            }
        }
    }

    fn bytes_of_numbers(&mut self, ty: &'static str, depth: usize) -> String {
        let wide = self.one(&["u16", "i16", "u32", "i32"]);
        let count = width(wide) / 8;
        let order = self.one(&["be", "le"]);
        if self.below(2) == 0 {
            let bytes: Vec<String> = (0..count).map(|_| self.expr("u8", depth)).collect();
            return format!(
                "({wide}::from_{order}_bytes([{}]) as {ty})",
                bytes.join(", ")
            );
        }
        let number = self.expr(wide, depth);
        format!(
            "(({number}).to_{order}_bytes()[{}] as {ty})",
            self.below(count)
        )
    }

    fn constant(&mut self, ty: &'static str, depth: usize) -> String {
        let at = self.expr("u8", depth);
        match self.below(6) {
            0 => format!("(TABLE[({at} & 7) as usize] as {ty})"),
            1 => format!("(WIDE[({at} & 3) as usize] as {ty})"),
            2 => format!("(SIGNED[({at} & 3) as usize] as {ty})"),
            3 => format!("(TEXT[({at} & 7) as usize] as {ty})"),
            4 => format!("(kind({at}) as u8 as {ty})"),
            _ => {
                let (name, a, b) = (self.fresh(), self.literal("u16"), self.literal("u16"));
                let name = name.to_uppercase();
                self.constants += &format!("const {name}: u16 = scaled({a}, {b});\n");
                format!("({name} as {ty})")
            }
        }
    }

    fn part_of_data(&mut self, ty: &'static str, depth: usize) -> String {
        let (a, b) = (self.expr("u8", depth), self.expr("u8", depth));
        let numbers = format!("let (a, b) = (({a} & 7) as usize, ({b} & 7) as usize);");
        let c = self.below(BYTES);
        match self.below(7) {
            0 => format!(
                "({{ {numbers} let (left, right) = data.split_at(a); (left.len() as u8 ^ right[b % right.len()]) as {ty} }})"
            ),
            1 => {
                let step = self.pure("u8");
                format!("({{ {numbers} paired(&data[a..], &data[..b], {step}) as {ty} }})")
            }
            2 => format!("({{ {numbers} data.get(a + b).copied().unwrap_or(9) as {ty} }})"),
            3 => format!("({{ let x = {a}; data.contains(&x) as {ty} }})"),
            4 => format!(
                "({{ {numbers} (data[a.min(b)..a.max(b)] == TABLE[a.min(b)..a.max(b)]) as {ty} }})"
            ),
            5 => format!(
                "({{ {numbers} let part = &data[a..]; let part = &part[..b.min(part.len())]; if part.is_empty() {{ {c} }} else {{ part[part.len() - 1] as {ty} }} }})"
            ),
            _ => format!("(data[{c}..].first().copied().unwrap_or_default() as {ty})"),
        }
    }

    /// `usize` that never is beyond 32767.
    fn size(&mut self, ty: &'static str, depth: usize) -> String {
        let (n, m) = (self.expr("u16", depth), self.expr("u8", depth));
        let value = self.one(&[
            "n / (m + 1) + n % (m + 1)",
            "n.saturating_sub(m * 3)",
            "n.min(m * 100)",
            "n.max(m << 4)",
            "n.abs_diff(m)",
            "(n >> 3) + (m << 4)",
            "n.checked_sub(m).map_or(5, |k| k / 2)",
            "32767 - n",
            "n.clamp(m, m + 32_000)",
            "n.div_ceil(m + 1)",
            "if n + m > 32_767 { m } else { n + m }",
            "if n * 2 < m * 128 { n * 2 } else { n - n % 2 }",
            "{ let mut k = n; while k > 40 { k -= (k >> 1) + 1; } k + m }",
        ]);
        format!(
            "({{ let (n, m) = (({n} & 0x7FFF) as usize, {m} as usize); ({{ {value} }}) as {ty} }})"
        )
    }

    fn structured(&mut self, ty: &'static str, depth: usize) -> String {
        let (a, b) = (self.expr(ty, depth), self.expr(ty, depth));
        match self.below(11) {
            0 => format!(
                "({{ let (high, low) = split({}); high as {ty} ^ low as {ty} }})",
                self.expr("u16", depth)
            ),
            1 => format!(
                "(match ({}, {}) {{ (0..=9, true) => {a}, (n, false) if n > 100 => n as {ty}, (n @ 50..=99, _) => (n ^ 3) as {ty}, _ => {b} }})",
                self.expr("u8", depth),
                self.expr("bool", depth)
            ),
            2 => {
                let label = self.fresh();
                let condition = self.expr("bool", depth);
                format!("('{label}: {{ if {condition} {{ break '{label} {a}; }} {b} }})")
            }
            3 => {
                let condition = self.expr("bool", depth);
                format!("(loop {{ if {condition} {{ break {a}; }} break {b}; }})")
            }
            4 => {
                let words: Vec<String> = (0..1 + self.below(4))
                    .map(|_| self.expr("u16", depth))
                    .collect();
                format!("(sum(&[{}]) as {ty})", words.join(", "))
            }
            5 => format!(
                "{a}.checked_add({b}).map(|x| x ^ 3).filter(|x| *x > 5).or(Some(7)).unwrap_or_default()"
            ),
            6 => format!(
                "(if let Some(x) = {a}.checked_sub({b}) && x > 9 {{ x }} else {{ {} }})",
                self.expr(ty, depth)
            ),
            7 => format!(
                "((Mark({}) < Mark({})) as {ty})",
                self.expr("u16", depth),
                self.expr("u16", depth)
            ),
            8 => {
                let (x, y, z) = (
                    self.expr("u8", depth),
                    self.expr("i16", depth),
                    self.expr("u8", depth),
                );
                format!(
                    "({{ let mut o = outer({x}, {y}); let mixed = o.mix({z}); (mixed ^ o.at.0 as u16 ^ o.tally.last as u16) as {ty} }})"
                )
            }
            9 => format!(
                "(matches!(shape({}, {}), Shape::Line {{ to, .. }} if to > 99) as {ty})",
                self.expr("u8", depth),
                self.expr("u16", depth)
            ),
            _ => format!(
                "((kind({}) >= kind({})) as {ty})",
                self.expr("u8", depth),
                self.expr("u8", depth)
            ),
        }
    }

    fn number(&mut self, ty: &str) -> i64 {
        let (low, high) = range(ty);
        low + i64::try_from(self.random() % (high - low + 1).unsigned_abs()).unwrap()
    }
}

/// A number as a literal.
fn shown(ty: &str, value: i64) -> String {
    if value == range(ty).0 {
        format!("{ty}::MIN")
    } else {
        format!("({value}{ty})")
    }
}
