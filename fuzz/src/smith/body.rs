//! The body of one method: `static short m(short a, byte[] b, Applet c)`.
//!
//! Locals: 0 short, 1 `byte[]`, 2 the applet (arguments); 3 and 4 short, 5 and 6 an int, 7 `byte[]`, 8 Object,
//! 9 short, 10 `short[]`, 11 a return address, 12 to 15 counters of loops.

use crate::Choices;
use cap_file::Instructions;
use cap_file::asm::assemble_code;
use std::fmt::Write;

/// Loops within loops.
const MAX_LOOPS: usize = 4;

/// Statements within statements, and operations within operations.
const MAX_DEPTH: usize = 5;

/// A body.
#[derive(Debug)]
pub(super) struct Body {
    /// For the assembler.
    pub(super) text: String,
    /// Start, end and target in the code, and the constant that is caught (0 for any), by target.
    pub(super) handlers: Vec<(usize, usize, usize, usize)>,
}

/// A handler by its labels.
struct Try {
    start: String,
    end: String,
    target: String,
    caught: usize,
}

struct Writer<'c, 'b> {
    choices: &'c mut Choices<'b>,
    text: String,
    labels: usize,
    loops: usize,
    method: usize,
    tries: Vec<Try>,
    /// In a subroutine: no other is called.
    in_subroutine: bool,
}

impl Body {
    /// Words that no body exceeds.
    pub(super) const STACK: usize = 40;
    /// Words of local variables behind the arguments.
    pub(super) const LOCALS: usize = 13;

    /// `method` is its number: it calls only those before it.
    pub(super) fn new(choices: &mut Choices<'_>, method: usize) -> Self {
        let mut writer = Writer {
            choices,
            text: String::new(),
            labels: 0,
            loops: 0,
            method,
            tries: Vec::new(),
            in_subroutine: false,
        };
        for line in [
            "sconst_1",
            "sstore_3",
            "sload_0",
            "sstore 4",
            "iconst_2",
            "istore 5",
            "aload_1",
            "astore 7",
            "aload_2",
            "astore 8",
            "sconst_0",
            "sstore 9",
            "sconst_3",
            "newarray 12",
            "astore 10",
        ] {
            writer.line(line);
        }
        let count = 1 + writer.choices.below(5);
        for _ in 0..count {
            writer.statement(0);
        }
        writer.short(0);
        writer.line("sreturn");
        writer.finish()
    }
}

impl Writer<'_, '_> {
    fn line(&mut self, line: &str) {
        let _ = writeln!(self.text, "    {line}");
    }

    fn fresh(&mut self) -> String {
        self.labels += 1;
        format!("S{}", self.labels)
    }

    fn label(&mut self, label: &str) {
        let _ = writeln!(self.text, "{label}:");
    }

    fn short_local(&mut self) -> usize {
        *self.choices.pick(&[3, 4, 9, 0])
    }

    fn statements(&mut self, depth: usize) {
        for _ in 0..=self.choices.below(2) {
            self.statement(depth + 1);
        }
    }

    /// Leaves the stack as it was.
    fn statement(&mut self, depth: usize) {
        let kinds = if depth >= MAX_DEPTH || self.choices.is_empty() {
            9
        } else {
            17
        };
        match self.choices.below(kinds) {
            0 => {
                self.short(depth);
                let local = self.short_local();
                self.line(&format!("sstore {local}"));
            }
            1 => {
                self.int(depth);
                self.line("istore 5");
            }
            2 => {
                self.object(depth);
                self.line("astore 8");
            }
            3 => {
                self.line("aload_2");
                match self.choices.below(4) {
                    0 => {
                        self.short(depth);
                        self.line("putfield_s $short");
                    }
                    1 => {
                        self.short(depth);
                        self.line("putfield_b $byte");
                    }
                    2 => {
                        self.int(depth);
                        self.line("putfield_i $int");
                    }
                    _ => {
                        self.object(depth);
                        self.line("putfield_a $ref");
                    }
                }
            }
            4 => {
                self.object(depth);
                self.line("putstatic_a $s_object");
            }
            5 => {
                self.short(depth);
                let field = *self
                    .choices
                    .pick(&["putstatic_s $s_short", "putstatic_b $s_byte"]);
                self.line(field);
            }
            6 => {
                self.bytes(depth);
                self.index();
                self.short(depth);
                self.line("bastore");
            }
            7 => {
                self.line("aload 10");
                self.index();
                self.short(depth);
                self.line("sastore");
            }
            8 => {
                let local = self.short_local();
                let by = self.choices.byte().cast_signed();
                self.line(&format!("sinc {local} {by}"));
            }
            9 | 10 => self.branch(depth),
            11 => self.repeat(depth),
            12 => self.switch(depth),
            13 => self.try_catch(depth),
            14 => self.subroutine(depth),
            15 => {
                self.bytes(depth);
                self.line("astore 7");
            }
            _ => self.throw(depth),
        }
    }

    fn branch(&mut self, depth: usize) {
        let (other, end) = (self.fresh(), self.fresh());
        match self.choices.below(4) {
            0 => {
                self.short(depth + 1);
                let test = *self
                    .choices
                    .pick(&["ifeq_w", "ifne_w", "iflt_w", "ifge_w", "ifgt_w", "ifle_w"]);
                self.line(&format!("{test} {other}"));
            }
            1 => {
                self.short(depth + 1);
                self.short(depth + 1);
                let test = *self
                    .choices
                    .pick(&["if_scmpeq_w", "if_scmplt_w", "if_scmpge_w"]);
                self.line(&format!("{test} {other}"));
            }
            2 => {
                self.object(depth + 1);
                let test = *self.choices.pick(&["ifnull_w", "ifnonnull_w"]);
                self.line(&format!("{test} {other}"));
            }
            _ => {
                self.object(depth + 1);
                self.object(depth + 1);
                let test = *self.choices.pick(&["if_acmpeq_w", "if_acmpne_w"]);
                self.line(&format!("{test} {other}"));
            }
        }
        self.statements(depth);
        self.line(&format!("goto_w {end}"));
        self.label(&other);
        self.statements(depth);
        self.label(&end);
        self.line("nop");
    }

    /// A few rounds.
    fn repeat(&mut self, depth: usize) {
        if self.loops >= MAX_LOOPS {
            return self.line("nop");
        }
        let counter = 12 + self.loops;
        self.loops += 1;
        let (again, end) = (self.fresh(), self.fresh());
        let rounds = self.choices.below(4);
        self.line(&format!("bspush {rounds}"));
        self.line(&format!("sstore {counter}"));
        self.label(&again);
        self.line(&format!("sload {counter}"));
        self.line(&format!("ifeq_w {end}"));
        self.line(&format!("sinc {counter} -1"));
        self.statements(depth);
        self.line(&format!("goto_w {again}"));
        self.label(&end);
        self.line("nop");
        self.loops -= 1;
    }

    fn switch(&mut self, depth: usize) {
        let (one, two, end) = (self.fresh(), self.fresh(), self.fresh());
        match self.choices.below(3) {
            0 => {
                self.short(depth + 1);
                self.line(&format!("stableswitch {end} 0 {one} {two} {one}"));
            }
            1 => {
                self.short(depth + 1);
                self.line(&format!("slookupswitch {end} -5={one} 3={two}"));
            }
            _ => {
                self.int(depth + 1);
                self.line(&format!("ilookupswitch {end} -70000={one} 2={two}"));
            }
        }
        self.label(&one);
        self.statements(depth);
        self.line(&format!("goto_w {end}"));
        self.label(&two);
        self.statements(depth);
        self.label(&end);
        self.line("nop");
    }

    fn try_catch(&mut self, depth: usize) {
        let (start, end) = (self.fresh(), self.fresh());
        let (target, behind) = (self.fresh(), self.fresh());
        self.label(&start);
        self.line("nop");
        self.statements(depth);
        self.label(&end);
        self.line(&format!("goto_w {behind}"));
        self.label(&target);
        self.line("pop");
        let caught = *self.choices.pick(&[0, 8, 9]);
        // Before what stands in the handler, whose own handlers come later in the code.
        self.tries.push(Try {
            start,
            end,
            target,
            caught,
        });
        self.statements(depth);
        self.label(&behind);
        self.line("nop");
    }

    /// Called twice, so that its code is followed with two return addresses. Below a handler an exception may leave
    /// it, before it is called again in a loop.
    fn subroutine(&mut self, depth: usize) {
        if self.in_subroutine {
            return self.line("nop");
        }
        self.in_subroutine = true;
        let (sub, end) = (self.fresh(), self.fresh());
        self.line(&format!("jsr {sub}"));
        self.line(&format!("jsr {sub}"));
        self.line(&format!("goto_w {end}"));
        self.label(&sub);
        self.line("astore 11");
        self.statements(depth);
        self.line("ret 11");
        self.label(&end);
        self.line("nop");
        self.in_subroutine = false;
    }

    fn throw(&mut self, depth: usize) {
        let end = self.fresh();
        self.short(depth + 1);
        self.line(&format!("ifne_w {end}"));
        self.short(depth + 1);
        self.line("invokestatic $throw");
        self.label(&end);
        self.line("nop");
    }

    fn index(&mut self) {
        let index = self.choices.below(5);
        self.line(&format!("bspush {index}"));
    }

    /// One short on the stack.
    fn short(&mut self, depth: usize) {
        let kinds = if depth >= MAX_DEPTH || self.choices.is_empty() {
            5
        } else {
            17
        };
        match self.choices.below(kinds) {
            0 => {
                let local = self.short_local();
                self.line(&format!("sload {local}"));
            }
            1 => {
                let value = self.choices.byte().cast_signed();
                self.line(&format!("bspush {value}"));
            }
            2 => {
                let value = self.choices.word().cast_signed();
                self.line(&format!("sspush {value}"));
            }
            3 => self.line("getstatic_s $s_short"),
            4 => {
                self.line("aload_2");
                let field = *self.choices.pick(&[
                    "getfield_s $short",
                    "getfield_b $byte",
                    "getfield_s_w $short",
                ]);
                self.line(field);
            }
            5 | 6 => {
                self.short(depth + 1);
                self.short(depth + 1);
                let operation = *self.choices.pick(&[
                    "sadd", "ssub", "smul", "sdiv", "srem", "sshl", "sshr", "sushr", "sand", "sor",
                    "sxor",
                ]);
                self.line(operation);
            }
            7 => {
                self.short(depth + 1);
                let operation = *self.choices.pick(&["sneg", "s2b"]);
                self.line(operation);
            }
            8 => {
                self.int(depth + 1);
                let operation = *self.choices.pick(&["i2s", "i2b"]);
                self.line(operation);
            }
            9 => {
                self.int(depth + 1);
                self.int(depth + 1);
                self.line("icmp");
            }
            10 => {
                self.bytes(depth + 1);
                self.index();
                self.line("baload");
            }
            11 => {
                self.line("aload 10");
                self.index();
                self.line("saload");
            }
            12 => {
                self.bytes(depth + 1);
                self.line("arraylength");
            }
            13 => {
                self.object(depth + 1);
                let kind = *self.choices.pick(&[
                    "0 $own",
                    "0 $face",
                    "0 $node",
                    "14 $object",
                    "11 0",
                    "13 0",
                ]);
                self.line(&format!("instanceof {kind}"));
            }
            14 => self.call(depth),
            15 => self.shuffle(depth),
            _ => {
                self.object(depth + 1);
                self.object(depth + 1);
                self.line("invokevirtual $equals");
            }
        }
    }

    fn call(&mut self, depth: usize) {
        match self.choices.below(4) {
            0 if self.method > 0 => {
                let callee = self.choices.below(self.method);
                self.short(depth + 1);
                self.bytes(depth + 1);
                self.line("aload_2");
                self.line(&format!("invokestatic $m{callee}"));
            }
            1 => {
                self.line("aload_2");
                self.short(depth + 1);
                self.line("invokeinterface 2 $face 0");
            }
            2 => {
                self.line("aload_2");
                self.short(depth + 1);
                self.line("invokevirtual $call");
            }
            _ => {
                self.short(depth + 1);
                self.short(depth + 1);
                self.line("invokestatic $make_short");
            }
        }
    }

    /// Words moved about; one short is left.
    fn shuffle(&mut self, depth: usize) {
        match self.choices.below(6) {
            0 => {
                self.short(depth + 1);
                self.line("dup");
                self.line("sadd");
            }
            1 => {
                self.short(depth + 1);
                self.short(depth + 1);
                self.line("dup2");
                self.line("pop2");
                self.line("ssub");
            }
            2 => {
                self.short(depth + 1);
                self.short(depth + 1);
                self.line("dup_x 1 2");
                self.line("pop2");
            }
            3 => {
                self.int(depth + 1);
                self.short(depth + 1);
                self.line("swap_x 1 2");
                self.line("pop2");
            }
            4 => {
                self.short(depth + 1);
                self.int(depth + 1);
                self.line("dup_x 2 3");
                self.line("pop2");
                self.line("swap_x 1 2");
                self.line("pop2");
            }
            _ => {
                self.short(depth + 1);
                self.int(depth + 1);
                self.line("pop2");
            }
        }
    }

    fn int(&mut self, depth: usize) {
        let kinds = if depth >= MAX_DEPTH || self.choices.is_empty() {
            4
        } else {
            8
        };
        match self.choices.below(kinds) {
            0 => self.line("iload 5"),
            1 => {
                let value = i32::from(self.choices.word().cast_signed()) * 1021;
                self.line(&format!("iipush {value}"));
            }
            2 => {
                self.line("aload_2");
                self.line("getfield_i $int");
            }
            3 => self.line("iconst_m1"),
            4 | 5 => {
                self.int(depth + 1);
                self.int(depth + 1);
                let operation = *self.choices.pick(&[
                    "iadd", "isub", "imul", "idiv", "irem", "ishl", "ishr", "iushr", "iand", "ior",
                    "ixor",
                ]);
                self.line(operation);
            }
            6 => {
                self.int(depth + 1);
                self.line("ineg");
            }
            _ => {
                self.short(depth + 1);
                self.line("s2i");
            }
        }
    }

    fn bytes(&mut self, depth: usize) {
        let kinds = if depth >= MAX_DEPTH || self.choices.is_empty() {
            3
        } else {
            5
        };
        match self.choices.below(kinds) {
            0 => self.line("aload_1"),
            1 => self.line("aload 7"),
            2 => {
                let length = self.choices.below(6);
                self.line(&format!("bspush {length}"));
                self.line("newarray 11");
            }
            3 => self.line("aconst_null"),
            _ => {
                self.object(depth + 1);
                self.line("checkcast 11 0");
            }
        }
    }

    fn object(&mut self, depth: usize) {
        let kinds = if depth >= MAX_DEPTH || self.choices.is_empty() {
            5
        } else {
            9
        };
        match self.choices.below(kinds) {
            0 => self.line("aload 8"),
            1 => self.line("aload_2"),
            2 => self.line("aconst_null"),
            3 => self.line("getstatic_a $s_object"),
            4 => {
                self.line("aload_2");
                self.line("getfield_a $ref");
            }
            5 => self.bytes(depth + 1),
            6 => {
                self.line("new $node");
                self.line("dup");
                self.object(depth + 1);
                self.line("invokespecial $node_init");
            }
            7 => {
                // Both ways end with an object; they are joined.
                let (other, end) = (self.fresh(), self.fresh());
                self.short(depth + 1);
                self.line(&format!("ifeq_w {other}"));
                self.object(depth + 1);
                self.line(&format!("goto_w {end}"));
                self.label(&other);
                self.bytes(depth + 1);
                self.label(&end);
                self.line("nop");
            }
            _ => {
                self.object(depth + 1);
                let kind = *self
                    .choices
                    .pick(&["0 $own", "0 $face", "0 $node", "14 $object"]);
                self.line(&format!("checkcast {kind}"));
            }
        }
    }

    /// Finds the offsets of the handlers' labels.
    fn finish(self) -> Body {
        // With names for constants replaced, the code has the same length: every index takes two bytes, or one for
        // the short forms of field instructions.
        let numbered: String = self
            .text
            .lines()
            .map(|line| match line.split_once('$') {
                Some((before, after)) => {
                    let rest = after.split_once(' ').map_or("", |(_, rest)| rest);
                    format!("{before}0 {rest}\n")
                }
                None => format!("{line}\n"),
            })
            .collect();
        let at = |label: &str| {
            // The code up to the label has the label's offset as its length; jumps over it go nowhere.
            let head: String = numbered
                .lines()
                .take_while(|line| line.strip_suffix(':') != Some(label))
                .filter(|line| !line.ends_with(':'))
                .map(|line| {
                    let words = line.split_whitespace().map(|word| {
                        let (key, target) = word.split_once('=').unwrap_or(("", word));
                        let jumps = target.starts_with('S') && target[1..].parse::<usize>().is_ok();
                        match (jumps, key) {
                            (true, "") => "+0".to_owned(),
                            (true, key) => format!("{key}=+0"),
                            _ => word.to_owned(),
                        }
                    });
                    format!("{}\n", words.collect::<Vec<_>>().join(" "))
                })
                .collect();
            match assemble_code(&head, 1) {
                Ok(code) => {
                    debug_assert!(Instructions::new(&code).all(|instruction| instruction.is_ok()));
                    code.len()
                }
                Err(error) => panic!("{error}\n{head}"),
            }
        };
        let mut handlers: Vec<_> = self
            .tries
            .iter()
            .map(|handler| {
                (
                    at(&handler.start),
                    at(&handler.end),
                    at(&handler.target),
                    handler.caught,
                )
            })
            .collect();
        handlers.sort_by_key(|(_, _, target, _)| *target);
        Body {
            text: self.text,
            handlers,
        }
    }
}
