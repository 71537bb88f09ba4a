//! Statements on values of several parts, on slices, and those that leave the function.

use std::fmt::Write;

use super::{Generator, INTEGERS, OPTION, OUTER, RECORD, VECTOR, WORDS};

const STATUS: [&str; 3] = ["WRONG_DATA", "CONDITIONS_NOT_SATISFIED", "FILE_NOT_FOUND"];

impl Generator {
    pub(super) fn value_statement(&mut self, text: &mut String, depth: usize, indent: usize) {
        let pad = "    ".repeat(indent);
        match self.below(12) {
            // Nothing leaves a transaction but an error.
            0 | 1 if self.in_transaction => {}
            0 => {
                let (condition, leave) = (self.expr("bool", 2), self.leave());
                writeln!(text, "{pad}if {condition} {{ {leave}; }}").unwrap();
            }
            1 => {
                let (wanted, leave) = (self.pure("u8"), self.leave());
                let name = self.fresh();
                writeln!(
                    text,
                    "{pad}let Some({name}) = first(data, {wanted}) else {{ {leave}; }};"
                )
                .unwrap();
                self.named(name, "u8");
            }
            2 => self.match_shape(text, depth, indent),
            3 | 4 => self.option(text, depth, indent),
            5 | 6 => self.outer(text, &pad),
            7 => {
                let (a, b, with) = (self.expr("u8", 1), self.expr("u8", 1), self.expr("u8", 1));
                writeln!(text, "{pad}{{ let (a, b, with) = (({a} & 7) as usize, ({b} & 7) as usize, {with}); smear(&mut data[a.min(b)..a.max(b)], with); }}").unwrap();
            }
            8 => {
                let value = self.expr("u16", 2);
                match self.known(WORDS) {
                    Some(name) if self.below(3) > 0 => {
                        let at = self.pure("u8");
                        writeln!(text, "{pad}{name}[({at} & 3) as usize] = {value};").unwrap();
                    }
                    _ => {
                        let name = self.fresh();
                        writeln!(text, "{pad}let mut {name} = [{value}; 4];").unwrap();
                        self.named(name, WORDS);
                    }
                }
            }
            9 => self.shadow(text, &pad),
            10 => {
                if let Some(name) = self.known(VECTOR)
                    && let Some(target) = self.mutable()
                {
                    let value = self.literal(self.variables[target].ty);
                    let (target, item) = (self.variables[target].name.clone(), self.fresh());
                    writeln!(
                        text,
                        "{pad}while let Some({item}) = {name}.pop() {{ if {item} > 99 {{ {target} = {value}; }} }}"
                    )
                    .unwrap();
                }
            }
            _ => {
                let (a, b, name) = (self.expr("u16", 1), self.expr("u16", 1), self.fresh());
                if self.is_result {
                    writeln!(text, "{pad}let {name} = checked({a}, {b})?;").unwrap();
                    self.named(name, "u16");
                } else if let Some(on) = self.known(RECORD) {
                    let with = self.pure("u8");
                    writeln!(text, "{pad}let {name} = drive(&mut {on}, {with});").unwrap();
                    self.named(name, "u16");
                }
            }
        }
    }

    /// A `return`.
    fn leave(&mut self) -> String {
        let value = self.pure(self.result);
        match (self.is_result, self.below(2)) {
            (true, 0) => format!("return Err(StatusWord::{})", self.one(&STATUS)),
            (true, _) => format!("return Ok({value})"),
            (false, _) => format!("return {value}"),
        }
    }

    fn match_shape(&mut self, text: &mut String, depth: usize, indent: usize) {
        let pad = "    ".repeat(indent);
        let (kind, number) = (self.expr("u8", 1), self.expr("u16", 2));
        let (from, to, point) = (self.fresh(), self.fresh(), self.fresh());
        let guard = self.pure("u16");
        writeln!(text, "{pad}match shape({kind}, {number}) {{").unwrap();
        let arms = [
            (
                format!("Shape::Line {{ from: {from}, to: {to} }} if {to} > {guard}"),
                vec![(from, "i16"), (to.clone(), "u16")],
            ),
            (format!("Shape::Point({point})"), vec![(point, "u8")]),
            (format!("Shape::Line {{ to: {to}, .. }}"), vec![(to, "u16")]),
            ("Shape::Nothing".to_owned(), Vec::new()),
        ];
        for (pattern, bound) in arms {
            let known = self.variables.clone();
            writeln!(text, "{pad}    {pattern} => {{").unwrap();
            for (name, ty) in bound {
                self.named(name, ty);
            }
            self.block(text, depth.saturating_sub(1), indent + 2);
            self.variables = known;
            writeln!(text, "{pad}    }}").unwrap();
        }
        writeln!(text, "{pad}}}").unwrap();
    }

    fn option(&mut self, text: &mut String, depth: usize, indent: usize) {
        let pad = "    ".repeat(indent);
        let (condition, value) = (self.expr("bool", 1), self.expr("i16", 2));
        let Some(name) = self.known(OPTION).filter(|_| self.below(4) > 0) else {
            let name = self.fresh();
            writeln!(
                text,
                "{pad}let mut {name}: {OPTION} = if {condition} {{ Some({value}) }} else {{ None }};"
            )
            .unwrap();
            return self.named(name, OPTION);
        };
        let (inner, known) = (self.fresh(), self.variables.clone());
        match self.below(4) {
            0 => writeln!(
                text,
                "{pad}{name} = if {condition} {{ {name}.map(|x| x ^ 9) }} else {{ Some({value}) }};"
            )
            .unwrap(),
            1 => writeln!(
                text,
                "{pad}if {name}.is_none() {{ {name} = Some({value}); }}"
            )
            .unwrap(),
            kind => {
                let head = if kind == 2 {
                    format!("if let Some({inner}) = {name}")
                } else {
                    format!("if let Some({inner} @ -5..=3000) = {name} && {condition}")
                };
                writeln!(text, "{pad}{head} {{").unwrap();
                self.named(inner, "i16");
                self.block(text, depth.saturating_sub(1), indent + 1);
                self.variables = known;
                writeln!(text, "{pad}}}").unwrap();
            }
        }
    }

    fn outer(&mut self, text: &mut String, pad: &str) {
        let (byte, short) = (self.expr("u8", 2), self.expr("i16", 2));
        let Some(name) = self.known(OUTER).filter(|_| self.below(4) > 0) else {
            let name = self.fresh();
            writeln!(text, "{pad}let mut {name} = outer({byte}, {short});").unwrap();
            return self.named(name, OUTER);
        };
        match self.below(6) {
            0 => writeln!(text, "{pad}{name}.at.1 ^= {short};"),
            1 => writeln!(text, "{pad}{name}.at = ({byte}, {short});"),
            2 => writeln!(text, "{pad}{name}.tally.add({byte});"),
            3 => writeln!(text, "{pad}{name}.mark.0 = {short} as u16;"),
            4 => writeln!(text, "{pad}{name}.tally.seen = Some({short});"),
            _ => {
                let mixed = self.fresh();
                writeln!(text, "{pad}let {mixed} = {name}.mix({byte});").unwrap();
                self.named(mixed, "u16");
                Ok(())
            }
        }
        .unwrap();
    }

    /// A variable of another's name.
    fn shadow(&mut self, text: &mut String, pad: &str) {
        let scalars: Vec<usize> = (0..self.variables.len())
            .filter(|index| INTEGERS.contains(&self.variables[*index].ty))
            .collect();
        if scalars.is_empty() {
            return;
        }
        let index = self.one(&scalars);
        let ty = self.one(&INTEGERS);
        let value = self.expr(ty, 2);
        let name = self.variables[index].name.clone();
        writeln!(text, "{pad}let {name} = {value};").unwrap();
        self.variables.retain(|variable| variable.name != name);
        self.named(name, ty);
    }
}
