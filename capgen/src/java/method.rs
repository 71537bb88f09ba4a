//! A function as a Java method.

use super::declare::{belongs_inside, mentioned};
use super::expression::Expressions;
use super::names::{Names, unique};
use super::structure::{Case, Condition, Node, structure};
use super::tidy::{never_goes_on, tidy};
use super::value_type;
use crate::codegen::BackendError;
use crate::codegen::interval::Ranges;
use crate::ir::dataflow::LocalSet;
use crate::ir::{
    BinaryOp, BlockId, Element, Expr, Function, FunctionId, LocalId, Position, Program, Statement,
    Type, descriptor,
};
use std::collections::BTreeSet;

/// Renders a method.
pub(super) fn render(
    program: &Program,
    names: &Names,
    id: FunctionId,
    function: &Function,
) -> Result<String, BackendError> {
    let nodes = tidy(structure(function)?, function.result.is_none());
    let count = function.locals.len();
    let mut printer = Printer {
        expressions: Expressions {
            program,
            function,
            names,
            ranges: Ranges::of(program, function),
            locals: local_names(function),
        },
        out: String::new(),
        depth: 1,
        declared: LocalSet::empty(count),
        line: Position::default(),
        around: Vec::new(),
        used: BTreeSet::new(),
    };
    printer.signature(id);
    printer.depth = 2;
    let follow = Exit {
        breaks: Vec::new(),
        returns: function.result.is_none(),
    };
    printer.prologue();
    printer.list(&nodes, &follow);
    printer.depth = 1;
    printer.text("}");
    Ok(printer.out)
}

/// A name for each local: its own, or `t` and a number.
fn local_names(function: &Function) -> Vec<String> {
    let mut taken = BTreeSet::new();
    let this = function.receiver.and(function.parameters.first());
    let name = |(index, local): (usize, &crate::ir::Local)| {
        if this == Some(&LocalId(index)) {
            "this".to_owned()
        } else if local.name.is_empty() {
            unique("t", &mut taken)
        } else {
            unique(&local.name, &mut taken)
        }
    };
    function.locals.iter().enumerate().map(name).collect()
}

/// What leaving a statement means behind it.
#[derive(Clone, Debug, Default)]
struct Exit {
    /// Leaving these blocks leads there.
    breaks: Vec<BlockId>,
    /// Whether the method without result ends there.
    returns: bool,
}

/// A loop or switch around what is being printed: what an unlabelled `break` and `continue` mean.
struct Around {
    breaks: Vec<BlockId>,
    /// The loop's label; `None` for a switch.
    head: Option<BlockId>,
}

struct Printer<'a> {
    expressions: Expressions<'a>,
    out: String,
    depth: usize,
    declared: LocalSet,
    /// The last line that a comment named.
    line: Position,
    around: Vec<Around>,
    /// Labels that a jump names.
    used: BTreeSet<BlockId>,
}

impl Printer<'_> {
    fn text(&mut self, text: &str) {
        for _ in 0..self.depth {
            self.out.push_str("    ");
        }
        self.out.push_str(text);
        self.out.push('\n');
    }

    /// A line of code, with the line of the source that it comes from where that is a new one.
    fn code(&mut self, text: &str, at: Position) {
        let program = self.expressions.program;
        let is_new = at.line > 0 && (at.file, at.line) != (self.line.file, self.line.line);
        let file = usize::try_from(at.file)
            .ok()
            .and_then(|file| program.files.get(file))
            .filter(|_| is_new);
        match file {
            Some(file) => {
                let file = file.rsplit('/').next().unwrap_or(file);
                self.text(&format!("{text} // {file}:{}", at.line));
                self.line = at;
            }
            None => self.text(text),
        }
    }

    fn signature(&mut self, id: FunctionId) {
        let (function, names) = (self.expressions.function, self.expressions.names);
        let program = self.expressions.program;
        let place = usize::try_from(function.position.file)
            .ok()
            .and_then(|file| program.files.get(file))
            .filter(|_| function.position.line > 0)
            .map(|file| format!(", {file}:{}", function.position.line));
        self.text(&format!(
            "/** {}{} */",
            function.name,
            place.unwrap_or_default()
        ));
        let entry = function.entry.as_ref();
        let described = entry.and_then(|entry| descriptor::parameters(&entry.descriptor));
        let is_instance = function.receiver.is_some();
        let parameters = function.parameters.iter().skip(usize::from(is_instance));
        let parameters: Vec<String> = parameters
            .enumerate()
            .map(|(index, local)| {
                self.declared.insert(*local);
                let name = self.name(*local);
                let ty = self.local_type(*local);
                let is_byte = described
                    .as_ref()
                    .and_then(|described| described.get(index))
                    .is_some_and(|described| *described == "B");
                match (is_byte, ty) {
                    (true, Type::U8) => format!("byte {name}AsByte"),
                    (true, _) => format!("byte {name}"),
                    (false, ty) => format!("{} {name}", value_type(names, &ty)),
                }
            })
            .collect();
        if is_instance && let Some(this) = function.parameters.first() {
            self.declared.insert(*this);
        }
        let result = function
            .result
            .as_ref()
            .map_or("void".to_owned(), |ty| value_type(names, ty));
        let modifiers = match (entry.is_some(), is_instance) {
            (true, true) => "public ",
            (true, false) => "public static ",
            (false, true) => "",
            (false, false) => "static ",
        };
        self.text(&format!(
            "{modifiers}{result} {}({}) {{",
            names.method(id),
            parameters.join(", ")
        ));
    }

    /// The runtime environment hands over a `byte` for a `u8`.
    fn prologue(&mut self) {
        let function = self.expressions.function;
        let Some(entry) = &function.entry else { return };
        let described = descriptor::parameters(&entry.descriptor).unwrap_or_default();
        let skip = usize::from(function.receiver.is_some());
        for (local, described) in function.parameters.iter().skip(skip).zip(described) {
            if described == "B" && self.local_type(*local) == Type::U8 {
                let name = self.name(*local).to_owned();
                self.text(&format!("short {name} = (short) ({name}AsByte & 0xFF);"));
            }
        }
    }

    fn name(&self, local: LocalId) -> &str {
        self.expressions
            .locals
            .get(local.0)
            .map_or("unknown", String::as_str)
    }

    fn local_type(&self, local: LocalId) -> Type {
        let locals = &self.expressions.function.locals;
        locals
            .get(local.0)
            .map_or(Type::I16, |local| local.ty.clone())
    }

    /// Declares what is first mentioned in this list and not within one statement of it.
    fn to_declare(&self, nodes: &[Node<'_>]) -> LocalSet {
        let count = self.expressions.function.locals.len();
        let mut here = LocalSet::empty(count);
        let by_node: Vec<LocalSet> = nodes
            .iter()
            .map(|node| mentioned(std::slice::from_ref(node), count))
            .collect();
        for local in mentioned(nodes, count).iter() {
            if self.declared.contains(local) {
                continue;
            }
            let mut holders = nodes
                .iter()
                .zip(&by_node)
                .filter(|(_, mentioned)| mentioned.contains(local))
                .map(|(node, _)| node);
            let (first, second) = (holders.next(), holders.next());
            let is_inside =
                second.is_none() && first.is_some_and(|node| belongs_inside(node, local, count));
            if !is_inside {
                here.insert(local);
            }
        }
        here
    }

    fn list(&mut self, nodes: &[Node<'_>], exit: &Exit) {
        let count = self.expressions.function.locals.len();
        let declare = self.to_declare(nodes);
        let last = nodes.len().saturating_sub(1);
        for (index, node) in nodes.iter().enumerate() {
            let mentions = mentioned(std::slice::from_ref(node), count);
            let mut with_value = None;
            for local in mentions.iter() {
                if declare.contains(local) && self.declared.insert(local) {
                    let is_set = matches!(node, Node::Do(Statement::Set(target, value), _)
                        if *target == local && !reads(value, local));
                    if is_set {
                        with_value = Some(local);
                    } else {
                        let ty = value_type(self.expressions.names, &self.local_type(local));
                        let name = self.name(local).to_owned();
                        self.text(&format!("{ty} {name};"));
                    }
                }
            }
            let none = Exit::default();
            let exit = if index == last { exit } else { &none };
            let is_guarded = index < last;
            self.node(node, exit, with_value, is_guarded);
        }
    }

    /// `goes_on` tells whether something follows in the same list.
    fn node(&mut self, node: &Node<'_>, exit: &Exit, declares: Option<LocalId>, goes_on: bool) {
        match node {
            Node::Do(statement, at) => self.statement(statement, *at, declares),
            Node::If(condition, yes, no) => self.branch(condition, yes, no, exit, goes_on),
            Node::Loop(label, body) => self.round(*label, "while (true) {", body, exit),
            Node::While(label, condition, body) => {
                let (text, _) = self.condition(condition);
                self.mark(condition_position(condition));
                self.round(*label, &format!("while ({text}) {{"), body, exit);
            }
            Node::Block(label, body) => self.block(*label, body, exit),
            Node::Switch(key, cases, at) => self.switch(key, cases, *at, exit),
            Node::Break(label) => {
                let is_near = self
                    .around
                    .last()
                    .is_some_and(|around| around.breaks.contains(label));
                if is_near {
                    self.text("break;");
                } else {
                    self.used.insert(*label);
                    self.text(&format!("break {};", label_name(*label)));
                }
            }
            Node::Continue(label) => {
                let innermost = self.around.iter().rev().find_map(|around| around.head);
                if innermost == Some(*label) {
                    self.text("continue;");
                } else {
                    self.used.insert(*label);
                    self.text(&format!("continue {};", label_name(*label)));
                }
            }
            Node::Return(value, at) => match value {
                Some(value) => {
                    let text = self.returned(value);
                    self.code(&format!("return {text};"), *at);
                }
                None => self.code("return;", *at),
            },
            Node::Throw(status, at) => {
                let status = match status {
                    Expr::Const(_, value) => format!("(short) 0x{:04X}", value & 0xffff),
                    other => self.expressions.argument(other),
                };
                let class = self
                    .expressions
                    .names
                    .api("javacard/framework/ISOException");
                self.code(&format!("{class}.throwIt({status});"), *at);
                if !exit.returns {
                    self.never();
                }
            }
            Node::Unreachable => self.never(),
        }
    }

    /// Ends the method for the Java compiler, which does not know that this is never reached.
    fn never(&mut self) {
        match &self.expressions.function.result {
            None => self.text("return;"),
            Some(Type::Bool) => self.text("return false;"),
            Some(ty) if ty.is_reference() => self.text("return null;"),
            Some(_) => self.text("return 0;"),
        }
    }

    fn returned(&self, value: &Expr) -> String {
        let is_byte = self
            .expressions
            .function
            .entry
            .as_ref()
            .is_some_and(|entry| entry.descriptor.ends_with(")B"));
        if is_byte {
            self.expressions.byte(value)
        } else {
            self.expressions.assigned(value)
        }
    }

    /// A comment before a statement that has no room for one.
    fn mark(&mut self, at: Position) {
        let is_new = at.line > 0 && (at.file, at.line) != (self.line.file, self.line.line);
        let program = self.expressions.program;
        let file = usize::try_from(at.file)
            .ok()
            .and_then(|file| program.files.get(file))
            .filter(|_| is_new);
        if let Some(file) = file {
            let file = file.rsplit('/').next().unwrap_or(file);
            self.text(&format!("// {file}:{}", at.line));
            self.line = at;
        }
    }

    fn condition(&self, condition: &Condition<'_>) -> (String, u8) {
        match condition {
            Condition::Is(expr, _) => self.expressions.condition(expr, false),
            Condition::Not(expr, _) => self.expressions.condition(expr, true),
            Condition::All(parts) => (self.joined(parts, " && ", 4), 4),
            Condition::Any(parts) => (self.joined(parts, " || ", 3), 3),
        }
    }

    fn joined(&self, parts: &[Condition<'_>], operator: &str, level: u8) -> String {
        let part = |part: &Condition<'_>| {
            let (text, own) = self.condition(part);
            if own > level {
                text
            } else {
                format!("({text})")
            }
        };
        let parts: Vec<String> = parts.iter().map(part).collect();
        parts.join(operator)
    }

    fn branch(
        &mut self,
        condition: &Condition<'_>,
        yes: &[Node<'_>],
        no: &[Node<'_>],
        exit: &Exit,
        goes_on: bool,
    ) {
        let (text, _) = self.condition(condition);
        self.code(&format!("if ({text}) {{"), condition_position(condition));
        // A guard that throws may seem to go on: what follows is never reached from there.
        let throws = no.is_empty() && matches!(yes.last(), Some(Node::Throw(..))) && goes_on;
        let guard = Exit {
            returns: true,
            ..exit.clone()
        };
        self.inner(yes, if throws { &guard } else { exit });
        if !no.is_empty() {
            self.text("} else {");
            self.inner(no, exit);
        }
        self.text("}");
    }

    fn inner(&mut self, nodes: &[Node<'_>], exit: &Exit) {
        self.depth += 1;
        self.list(nodes, exit);
        self.depth -= 1;
    }

    fn round(&mut self, label: BlockId, head: &str, body: &[Node<'_>], exit: &Exit) {
        self.around.push(Around {
            breaks: exit.breaks.clone(),
            head: Some(label),
        });
        let text = self.apart(|printer| printer.inner(body, &Exit::default()));
        self.around.pop();
        self.label(label);
        self.text(head);
        self.out.push_str(&text);
        self.text("}");
    }

    fn block(&mut self, label: BlockId, body: &[Node<'_>], exit: &Exit) {
        let mut inside = exit.clone();
        inside.breaks.push(label);
        // Locals declared in it are known behind it only if it turns out to need no braces.
        let declared = self.declared.clone();
        let line = self.line;
        let text = self.apart(|printer| printer.inner(body, &inside));
        if self.used.contains(&label) {
            self.text(&format!("{}: {{", label_name(label)));
            self.out.push_str(&text);
            self.text("}");
        } else {
            // Every jump out of it goes without its name: the braces are idle.
            self.declared = declared;
            self.line = line;
            self.list(body, &inside);
        }
    }

    /// Prints into a text of its own.
    fn apart(&mut self, print: impl FnOnce(&mut Self)) -> String {
        let before = std::mem::take(&mut self.out);
        print(self);
        std::mem::replace(&mut self.out, before)
    }

    fn label(&mut self, label: BlockId) {
        if self.used.contains(&label) {
            self.text(&format!("{}:", label_name(label)));
        }
    }

    fn switch(&mut self, key: &Expr, cases: &[Case<'_>], at: Position, exit: &Exit) {
        let (key, spell) = self.expressions.switch(key);
        self.code(&format!("switch ({key}) {{"), at);
        self.around.push(Around {
            breaks: exit.breaks.clone(),
            head: None,
        });
        self.depth += 1;
        // What only leaves the switch needs no default.
        let leaves = |case: &Case<'_>| {
            case.keys == [None]
                && matches!(case.body.as_slice(), [Node::Break(label)] if exit.breaks.contains(label))
        };
        for case in cases.iter().filter(|case| !leaves(case)) {
            for key in &case.keys {
                match key {
                    Some(key) => self.text(&format!("case {}:", spell(*key))),
                    None => self.text("default:"),
                }
            }
            self.inner(&case.body, &Exit::default());
            if !case.body.last().is_some_and(never_goes_on) {
                self.depth += 1;
                self.text("break;");
                self.depth -= 1;
            }
        }
        self.depth -= 1;
        self.around.pop();
        self.text("}");
    }

    fn statement(&mut self, statement: &Statement, at: Position, declares: Option<LocalId>) {
        let text = match statement {
            Statement::Set(local, value) => self.set(*local, value, declares == Some(*local)),
            Statement::SetField(object, field, class, value) => {
                let names = self.expressions.names;
                let classes = &self.expressions.program.classes;
                let ty = classes
                    .get(class.0)
                    .and_then(|class| class.fields.get(*field));
                let value = match ty.map(|field| &field.ty) {
                    Some(Type::U8 | Type::I8) => self.expressions.byte(value),
                    _ => self.expressions.assigned(value),
                };
                let object = self.expressions.reference(object);
                format!("{object}.{} = {value};", names.field(*class, *field))
            }
            Statement::SetElement(element, array, index, value) => {
                let value = match element {
                    Element::U8 | Element::I8 => self.expressions.byte(value),
                    _ => self.expressions.assigned(value),
                };
                format!(
                    "{}[{}] = {value};",
                    self.expressions.reference(array),
                    self.expressions.index(index)
                )
            }
            Statement::Eval(value @ (Expr::Call(..) | Expr::New(_))) => {
                // A result that nobody wants needs no conversion either.
                let text = match value {
                    Expr::Call(callee, arguments, _) => {
                        let dropped = Expr::Call(callee.clone(), arguments.clone(), None);
                        self.expressions.assigned(&dropped)
                    }
                    other => self.expressions.assigned(other),
                };
                format!("{text};")
            }
            Statement::Eval(value) if value.is_pure() => return,
            Statement::Eval(value) => {
                let program = self.expressions.program;
                let ty = value
                    .type_in(program, self.expressions.function)
                    .map_or("short".to_owned(), |ty| {
                        value_type(self.expressions.names, &ty)
                    });
                format!("{{ {ty} ignored = {}; }}", self.expressions.assigned(value))
            }
        };
        self.code(&text, at);
    }

    fn set(&self, local: LocalId, value: &Expr, declares: bool) -> String {
        let name = self.name(local);
        if declares {
            let ty = value_type(self.expressions.names, &self.local_type(local));
            return format!("{ty} {name} = {};", self.expressions.assigned(value));
        }
        match (value, step(local, value)) {
            (Expr::Binary(_, ty, _, _), Some(1)) if ty.bits() == 16 => format!("{name}++;"),
            (Expr::Binary(_, ty, _, _), Some(-1)) if ty.bits() == 16 => format!("{name}--;"),
            (Expr::Binary(_, ty, _, _), Some(step)) if ty.bits() == 16 && step > 0 => {
                format!("{name} += {step};")
            }
            (Expr::Binary(_, ty, _, _), Some(step)) if ty.bits() == 16 => {
                format!("{name} -= {};", -step)
            }
            _ => format!("{name} = {};", self.expressions.assigned(value)),
        }
    }
}

/// The constant that `local = value` adds, if that is all it does.
fn step(local: LocalId, value: &Expr) -> Option<i32> {
    let Expr::Binary(op, _, left, right) = value else {
        return None;
    };
    match (op, &**left, &**right) {
        (BinaryOp::Add | BinaryOp::WrappingAdd, Expr::Local(from), Expr::Const(_, step))
            if *from == local =>
        {
            Some(*step)
        }
        (BinaryOp::Sub | BinaryOp::WrappingSub, Expr::Local(from), Expr::Const(_, step))
            if *from == local =>
        {
            Some(-step)
        }
        _ => None,
    }
}

fn reads(expr: &Expr, local: LocalId) -> bool {
    let mut found = false;
    expr.walk(&mut |expr| found |= *expr == Expr::Local(local));
    found
}

fn label_name(label: BlockId) -> String {
    format!("b{}", label.0)
}

fn condition_position(condition: &Condition<'_>) -> Position {
    match condition {
        Condition::Is(_, at) | Condition::Not(_, at) => *at,
        Condition::All(parts) | Condition::Any(parts) => parts
            .first()
            .map_or_else(Position::default, condition_position),
    }
}
