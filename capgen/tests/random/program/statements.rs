//! Statements and loops that end.

use std::fmt::Write;

use super::{ARRAY, Generator, INTEGERS, RECORD, TYPES, VECTOR, Variable};

impl Generator {
    pub(super) fn block(&mut self, text: &mut String, depth: usize, indent: usize) {
        let known = self.variables.clone();
        for _ in 0..=self.below(3) {
            self.statement(text, depth, indent);
        }
        self.variables = known;
    }

    pub(super) fn statement(&mut self, text: &mut String, depth: usize, indent: usize) {
        let pad = "    ".repeat(indent);
        let kind = if depth == 0 {
            self.below(4)
        } else {
            self.below(20)
        };
        match kind {
            0 => {
                let ty = self.one(&TYPES);
                let value = self.expr(ty, 2);
                let name = self.fresh();
                let mutable = self.below(2) == 0;
                let word = if mutable { "mut " } else { "" };
                writeln!(text, "{pad}let {word}{name}: {ty} = {value};").unwrap();
                self.variables.push(Variable { name, ty, mutable });
            }
            1 | 2 => {
                let mutable: Vec<usize> = (0..self.variables.len())
                    .filter(|index| self.variables[*index].mutable)
                    .collect();
                if mutable.is_empty() {
                    return;
                }
                let index = self.one(&mutable);
                let (name, ty) = (self.variables[index].name.clone(), self.variables[index].ty);
                let op = if self.below(2) == 0 {
                    ""
                } else {
                    self.one(&["^", "&", "|"])
                };
                let value = self.expr(ty, 3);
                writeln!(text, "{pad}{name} {op}= {value};").unwrap();
            }
            3 => {
                let (at, value) = (self.expr("u8", 1), self.expr("u8", 2));
                let name = self.fresh();
                writeln!(text, "{pad}let {name} = {value};").unwrap();
                writeln!(text, "{pad}data[({at} & 7) as usize] = {name};").unwrap();
                self.variables.push(Variable {
                    name,
                    ty: "u8",
                    mutable: false,
                });
            }
            4 | 5 => {
                writeln!(text, "{pad}if {} {{", self.expr("bool", 2)).unwrap();
                self.block(text, depth - 1, indent + 1);
                if self.below(2) == 0 {
                    writeln!(text, "{pad}}} else {{").unwrap();
                    self.block(text, depth - 1, indent + 1);
                }
                writeln!(text, "{pad}}}").unwrap();
            }
            6 => {
                let wanted = self.pure("u8");
                let name = self.fresh();
                writeln!(text, "{pad}if let Some({name}) = first(data, {wanted}) {{").unwrap();
                self.variables.push(Variable {
                    name,
                    ty: "u8",
                    mutable: false,
                });
                self.block(text, depth - 1, indent + 1);
                self.variables.pop();
                writeln!(text, "{pad}}}").unwrap();
            }
            7 if self.loops > 0 => {
                let at = self.below(self.labels.len());
                let label = self.labels[at].clone();
                let leave = self.one(&["break", "continue"]);
                writeln!(
                    text,
                    "{pad}if {} {{ {leave} {label}; }}",
                    self.expr("bool", 2)
                )
                .unwrap();
            }
            8 => {
                let (a, b) = (self.fresh(), self.fresh());
                let (x, y) = (self.one(&TYPES), self.one(&TYPES));
                writeln!(
                    text,
                    "{pad}let ({a}, {b}) = ({}, {});",
                    self.expr(x, 2),
                    self.expr(y, 2)
                )
                .unwrap();
                self.variables.push(Variable {
                    name: a,
                    ty: x,
                    mutable: false,
                });
                self.variables.push(Variable {
                    name: b,
                    ty: y,
                    mutable: false,
                });
            }
            11..=13 => self.in_place(text, &pad),
            14..=19 => self.value_statement(text, depth, indent),
            _ if self.loops < 2 => self.a_loop(text, depth, indent),
            _ => {}
        }
    }

    pub(super) fn a_loop(&mut self, text: &mut String, depth: usize, indent: usize) {
        let pad = "    ".repeat(indent);
        let (label, name) = (format!("'l{}", self.next), self.fresh());
        let known = self.variables.clone();
        let ty = match self.below(6) {
            0 => {
                writeln!(
                    text,
                    "{pad}{label}: for {name} in 0..{} & 3 {{",
                    self.expr("u16", 1)
                )
                .unwrap();
                Some("u16")
            }
            1 => {
                writeln!(text, "{pad}{label}: for {name} in 250..=255u8 {{").unwrap();
                Some("u8")
            }
            2 => {
                let from = self.below(4);
                writeln!(
                    text,
                    "{pad}{label}: for {name} in data[{from}..].iter_mut().rev() {{"
                )
                .unwrap();
                writeln!(text, "{pad}    *{name} = {};", self.pure("u8")).unwrap();
                None
            }
            3 => {
                writeln!(
                    text,
                    "{pad}{label}: for ({name}, part) in data.chunks_exact(3).enumerate() {{"
                )
                .unwrap();
                let (here, ty) = (self.fresh(), self.one(&INTEGERS));
                writeln!(
                    text,
                    "{pad}    let {here} = (part[1] ^ {name} as u8) as {ty};"
                )
                .unwrap();
                self.variables.push(Variable {
                    name: here,
                    ty,
                    mutable: false,
                });
                None
            }
            4 => {
                let limit = self.below(6);
                writeln!(text, "{pad}let mut {name} = 0i8;").unwrap();
                writeln!(text, "{pad}{label}: while {name} < {limit} {{").unwrap();
                writeln!(text, "{pad}    {name} += 1;").unwrap();
                Some("i8")
            }
            _ => {
                writeln!(text, "{pad}let mut {name} = {};", self.literal("u8")).unwrap();
                writeln!(text, "{pad}{label}: loop {{").unwrap();
                writeln!(text, "{pad}    if {name} & 3 == 3 {{ break; }}").unwrap();
                writeln!(text, "{pad}    {name} = {name}.wrapping_add(1);").unwrap();
                Some("u8")
            }
        };
        if let Some(ty) = ty {
            self.variables.push(Variable {
                name,
                ty,
                mutable: false,
            });
        }
        // While a borrowing iterator runs, `data` is not to be touched: only pure statements.
        let borrowed = ty.is_none();
        self.loops += 1;
        self.labels.push(label);
        if borrowed {
            if let Some(target) = self.mutable() {
                let value = self.pure(self.variables[target].ty);
                writeln!(text, "{pad}    {} = {value};", self.variables[target].name).unwrap();
            }
        } else {
            self.block(text, depth - 1, indent + 1);
        }
        self.labels.pop();
        self.loops -= 1;
        self.variables = known;
        writeln!(text, "{pad}}}").unwrap();
    }

    /// A statement on a local array, a record, a vector, or by a reference.
    pub(super) fn in_place(&mut self, text: &mut String, pad: &str) {
        match self.below(7) {
            0 => {
                let (name, value) = (self.fresh(), self.expr("u8", 2));
                writeln!(text, "{pad}let mut {name} = [{value}; 6];").unwrap();
                self.named(name, ARRAY);
            }
            1 => {
                let (name, value) = (self.fresh(), self.expr("u8", 2));
                writeln!(text, "{pad}let mut {name} = tally({value});").unwrap();
                self.named(name, RECORD);
            }
            2 => {
                let name = self.fresh();
                writeln!(text, "{pad}let mut {name}: {VECTOR} = Vec::new();").unwrap();
                self.named(name, VECTOR);
            }
            3 => {
                if let Some(name) = self.known(ARRAY) {
                    let value = self.pure("u8");
                    match self.below(4) {
                        0 => writeln!(text, "{pad}{name}[{}] = {value};", self.below(6)),
                        1 => writeln!(text, "{pad}{name}[1..4].copy_from_slice(&data[2..5]);"),
                        2 => writeln!(text, "{pad}{name}.swap({}, 3);", self.below(6)),
                        _ => writeln!(
                            text,
                            "{pad}{name}[({value} & 3) as usize] ^= {};",
                            self.pure("u8")
                        ),
                    }
                    .unwrap();
                }
            }
            4 => {
                if let Some(name) = self.known(RECORD) {
                    let value = self.pure("u8");
                    let method = self.one(&["add", "add_twice"]);
                    writeln!(text, "{pad}{name}.{method}({value});").unwrap();
                }
            }
            5 => {
                if let Some(name) = self.known(VECTOR) {
                    let value = self.pure("u8");
                    match self.below(4) {
                        0 => writeln!(
                            text,
                            "{pad}if {name}.push({value}).is_err() {{ {name}.clear(); }}"
                        ),
                        1 => writeln!(text, "{pad}let _ = {name}.extend_from_slice(&data[..2]);"),
                        2 => writeln!(text, "{pad}let _ = {name}.pop();"),
                        _ => writeln!(text, "{pad}let _ = {name}.push({value});"),
                    }
                    .unwrap();
                }
            }
            _ => {
                if let Some(target) = self.mutable() {
                    let ty = self.variables[target].ty;
                    let (name, value) = (self.fresh(), self.pure(ty));
                    let place = &self.variables[target].name;
                    writeln!(text, "{pad}let {name} = {value};").unwrap();
                    writeln!(text, "{pad}let {name} = bump(&mut {place}, {name});").unwrap();
                    self.variables.push(Variable {
                        name,
                        ty,
                        mutable: false,
                    });
                }
            }
        }
    }
}
