//! What an applet keeps, and statements on it.

use std::fmt::Write;

use super::{Generator, Variable};

/// How long the byte arrays are.
const BYTES: usize = 6;
/// How many bytes a list holds.
const LIST: usize = 4;

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Kind {
    /// A cell of a scalar; whether it is transient.
    Scalar(&'static str, bool),
    /// `P::Cell<Kind>`, an enum.
    Enumeration,
    /// `P::Cell<Mark>`, a struct over a scalar.
    Mark,
    /// A struct with cells of its own.
    Inner,
    /// Byte arrays; whether they are transient.
    Bytes(bool),
    /// `ByteVec`
    List,
}

#[derive(Clone)]
pub(super) struct Field {
    name: String,
    kind: Kind,
}

impl Field {
    fn ty(&self) -> String {
        match self.kind {
            Kind::Scalar(ty, false) => format!("P::Cell<{ty}>"),
            Kind::Scalar(ty, true) => format!("P::TransientCell<{ty}>"),
            Kind::Enumeration => "P::Cell<Kind>".to_owned(),
            Kind::Mark => "P::Cell<Mark>".to_owned(),
            Kind::Inner => "Inner<P>".to_owned(),
            Kind::Bytes(false) => format!("P::Bytes<{BYTES}>"),
            Kind::Bytes(true) => format!("P::TransientBytes<{BYTES}>"),
            Kind::List => format!("ByteVec<P, {LIST}>"),
        }
    }

    pub(super) fn declared(&self) -> String {
        format!("    {}: {},\n", self.name, self.ty())
    }

    /// As a field of the struct's literal.
    pub(super) fn made(&self) -> String {
        let maker = match self.kind {
            Kind::Scalar("bool", false) => "platform.cell(true)".to_owned(),
            Kind::Scalar(ty, false) => format!("platform.cell(77{ty})"),
            Kind::Scalar(_, true) => "platform.transient_cell()".to_owned(),
            Kind::Enumeration => "platform.cell(Kind::Middle)".to_owned(),
            Kind::Mark => "platform.cell(Mark(0x8001))".to_owned(),
            Kind::Inner => "Inner::new(platform, 200)".to_owned(),
            Kind::Bytes(false) => "platform.bytes()".to_owned(),
            Kind::Bytes(true) => "platform.transient_bytes()".to_owned(),
            Kind::List => "ByteVec::new(platform)".to_owned(),
        };
        format!("            {}: {maker},\n", self.name)
    }
}

impl Generator {
    pub(super) fn some_fields(&mut self) -> Vec<Field> {
        let kinds: Vec<Kind> = (0..3 + self.below(4))
            .map(|_| match self.below(10) {
                0..=3 => Kind::Scalar(self.one(&super::TYPES), false),
                4 => Kind::Scalar(self.one(&super::TYPES), true),
                5 => Kind::Enumeration,
                6 => Kind::Mark,
                7 => Kind::Inner,
                8 => Kind::Bytes(self.below(3) == 0),
                _ => Kind::List,
            })
            .collect();
        kinds
            .into_iter()
            .enumerate()
            .map(|(number, kind)| Field {
                name: format!("c{number}"),
                kind,
            })
            .collect()
    }

    /// The method that copies the whole state to the buffer.
    pub(super) fn shown(&self) -> String {
        let mut text = "    fn show(&mut self, buffer: &mut [u8]) -> usize {\n".to_owned();
        let mut at = 0;
        let mut bytes = |text: &mut String, length: usize, value: &str| {
            writeln!(
                text,
                "        buffer[{at}..{at} + {length}].copy_from_slice(&({value}).to_be_bytes());"
            )
            .unwrap();
            at += length;
        };
        for Field { name, kind } in &self.fields {
            let get = format!("self.{name}.get()");
            match kind {
                Kind::Scalar(..) => bytes(&mut text, 4, &format!("{get} as u32")),
                Kind::Enumeration => bytes(&mut text, 2, &format!("{get} as u8 as u16")),
                Kind::Mark => bytes(&mut text, 2, &format!("{get}.0")),
                Kind::Inner => {
                    bytes(&mut text, 2, &format!("self.{name}.a.get() as u16"));
                    bytes(&mut text, 4, &format!("self.{name}.b.get()"));
                }
                Kind::Bytes(_) => {
                    for index in 0..BYTES {
                        bytes(&mut text, 2, &format!("self.{name}.get({index}) as u16"));
                    }
                }
                Kind::List => {
                    bytes(&mut text, 2, &format!("self.{name}.len() as u16"));
                    for index in 0..LIST {
                        let byte = format!("self.{name}.get({index}).unwrap_or(0xEE) as u16");
                        bytes(&mut text, 2, &byte);
                    }
                }
            }
        }
        writeln!(text, "        {at}\n    }}").unwrap();
        text
    }

    /// A part of the state as a `ty`, where a method is under way.
    pub(super) fn kept(&mut self, ty: &'static str, depth: usize) -> Option<String> {
        if !self.is_method {
            return None;
        }
        let fields = self.fields.clone();
        let Field { name, kind } = &fields[self.below(fields.len())];
        Some(match kind {
            Kind::Scalar(..) => format!("(self.{name}.get() as {ty})"),
            Kind::Enumeration => format!("(self.{name}.get() as u8 as {ty})"),
            Kind::Mark => format!("(self.{name}.get().0 as {ty})"),
            Kind::Inner => {
                let part = self.one(&["a.get()", "b.get()", "sum()"]);
                format!("(self.{name}.{part} as {ty})")
            }
            Kind::Bytes(_) => format!(
                "(self.{name}.get(({} & 3) as usize) as {ty})",
                self.expr("u8", depth)
            ),
            Kind::List if self.below(2) == 0 => format!("(self.{name}.len() as {ty})"),
            Kind::List => format!(
                "(self.{name}.get(({} & 7) as usize).unwrap_or(91) as {ty})",
                self.expr("u8", depth)
            ),
        })
    }

    /// A statement of a method on what its applet keeps.
    pub(super) fn state_statement(&mut self, text: &mut String, depth: usize, indent: usize) {
        let pad = "    ".repeat(indent);
        match self.below(12) {
            0 | 1 if !self.in_transaction && self.loops == 0 => {
                self.transaction(text, depth, indent);
            }
            2 if self.loops == 0 => self.call_of_method(text, &pad),
            3 => {
                writeln!(text, "{pad}if {} {{", self.expr("bool", 2)).unwrap();
                let known = self.variables.clone();
                self.change(text, &format!("{pad}    "));
                self.change(text, &format!("{pad}    "));
                self.variables = known;
                writeln!(text, "{pad}}}").unwrap();
            }
            4 if self.loops == 0 => {
                let (name, known) = (self.fresh(), self.variables.clone());
                let count = 1 + self.below(3);
                writeln!(text, "{pad}for {name} in 0..{count}u8 {{").unwrap();
                self.named(name, "u8");
                self.loops += 1;
                let labels = std::mem::take(&mut self.labels);
                self.change(text, &format!("{pad}    "));
                self.labels = labels;
                self.loops -= 1;
                self.variables = known;
                writeln!(text, "{pad}}}").unwrap();
            }
            _ => self.change(text, &pad),
        }
    }

    /// A transaction that commits, or that an error takes back.
    fn transaction(&mut self, text: &mut String, depth: usize, indent: usize) {
        let pad = "    ".repeat(indent);
        let known = self.variables.clone();
        let mut body = String::new();
        let labels = std::mem::take(&mut self.labels);
        (self.in_transaction, self.has_transaction) = (true, true);
        for _ in 0..1 + self.below(3) {
            self.state_statement(&mut body, depth, indent + 1);
            if self.below(2) == 0 {
                self.statement(&mut body, depth.min(1), indent + 1);
            }
        }
        let condition = self.expr("bool", 2);
        let (name, ty) = (self.fresh(), self.one(&["()", "u8", "i16", "u32", "bool"]));
        let value = match ty {
            "()" => "()".to_owned(),
            ty => self.expr(ty, 2),
        };
        let last = match self.below(3) {
            0 => format!(
                "if {condition} {{ Err(StatusWord::FILE_NOT_FOUND) }} else {{ Ok({value}) }}"
            ),
            _ => format!("Ok({value})"),
        };
        self.in_transaction = false;
        self.labels = labels;
        self.variables = known;
        let mut taken = String::new();
        if ty != "()" {
            taken = format!("let {name}: {ty} = ");
            self.named(name, ty);
        }
        writeln!(
            text,
            "{pad}{taken}platform.atomically(|platform| {{\n{body}{pad}    {last}\n{pad}}})?;"
        )
        .unwrap();
    }

    fn call_of_method(&mut self, text: &mut String, pad: &str) {
        let found: Vec<usize> = (0..self.methods.len())
            .filter(|index| {
                let method = &self.methods[*index];
                method.level < 2 && !(self.in_transaction && method.has_transaction)
            })
            .collect();
        if found.is_empty() {
            return self.change(text, pad);
        }
        let index = self.one(&found);
        let parameters = self.methods[index].parameters.clone();
        // What the arguments call is done before `self` is lent.
        let mut arguments = String::new();
        for ty in parameters {
            let (value, argument) = (self.expr(ty, 1), self.fresh());
            writeln!(text, "{pad}let {argument} = {value};").unwrap();
            arguments += &format!("{argument}, ");
        }
        let (name, ty) = (self.fresh(), self.methods[index].result);
        writeln!(
            text,
            "{pad}let {name}: {ty} = self.s{index}(platform, {arguments}data)?;"
        )
        .unwrap();
        self.level = self.level.max(self.methods[index].level + 1);
        self.has_transaction |= self.methods[index].has_transaction;
        self.named(name, ty);
    }

    /// One change of the state.
    fn change(&mut self, text: &mut String, pad: &str) {
        let fields = self.fields.clone();
        let Field { name, kind } = &fields[self.below(fields.len())];
        let (byte, other) = (self.expr("u8", 2), self.expr("u8", 1));
        let value = self.fresh();
        let set =
            |value: &str, given: &str| format!("let {value} = {given}; self.{name}.set({value});");
        let line = match *kind {
            Kind::Scalar(ty, _) => {
                let given = self.expr(ty, 3);
                self.variables.push(Variable {
                    name: value.clone(),
                    ty,
                    mutable: false,
                });
                set(&value, &given)
            }
            Kind::Enumeration => set(&value, &format!("kind({byte})")),
            Kind::Mark => set(&value, &format!("Mark({})", self.expr("u16", 2))),
            Kind::Inner => {
                let wide = self.expr("i32", 2);
                match self.below(3) {
                    0 => format!("{{ let x = {wide}; self.{name}.b.set(x); }}"),
                    1 => format!("{{ let x = {byte}; self.{name}.step(x); }}"),
                    _ if self.in_transaction => {
                        format!(
                            "{{ let x = {byte}; if self.{name}.sum() > 99 {{ self.{name}.a.set(x); }} }}"
                        )
                    }
                    _ => {
                        self.has_transaction = true;
                        format!("{{ let x = {byte}; self.{name}.both(platform, x)?; }}")
                    }
                }
            }
            Kind::Bytes(is_transient) => match self.below(4) {
                0 => format!("self.{name}.write({}, &data[2..5]);", self.below(3)),
                1 => format!("self.{name}.read({}, &mut data[1..5]);", self.below(2)),
                2 if is_transient => {
                    format!(
                        "{{ let x = {byte}; self.{name}.fill(1, {}, x); }}",
                        self.below(5)
                    )
                }
                _ => format!(
                    "{{ let (at, x) = (({other} & 3) as usize + 2, {byte}); self.{name}.set(at, x); }}"
                ),
            },
            Kind::List => match self.below(7) {
                0 => format!("let {value} = self.{name}.pop().unwrap_or(9); data[3] ^= {value};"),
                1 => format!("self.{name}.truncate({});", self.below(3)),
                2 => format!("self.{name}.clear();"),
                3 => format!("self.{name}.extend_from_slice(&data[3..5])?;"),
                4 => format!("{{ let x = {byte}; self.{name}.push(x)?; }}"),
                _ => format!(
                    "{{ let x = {byte}; if !self.{name}.is_full() {{ self.{name}.push(x)?; }} }}"
                ),
            },
        };
        writeln!(text, "{pad}{line}").unwrap();
    }
}
