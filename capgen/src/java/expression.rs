//! Values as Java expressions.
//!
//! Java computes in `int` and the card in `short`. Where the two may differ the converter wants a cast:
//! every expression here knows whether its value is exact, or only its low 16 bits are.

use super::names::Names;
use crate::codegen::interval::{Interval, Ranges, unwrapped};
use crate::ir::{
    ApiMethod, BinaryOp, Callee, CompareOp, Element, Expr, Function, FunctionId, Program, Type,
    UnaryOp, descriptor,
};
use cap_file::api::MethodKind;

/// What Java knows of an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// A compile-time constant that a `short` holds.
    Constant,
    /// Of the type that the value has on the card.
    Exact,
    /// An `int` that a `short` holds.
    Int,
    /// An `int` whose low 16 bits are the value's.
    Low,
}

/// An expression, and how tightly its outermost operator binds.
#[derive(Clone, Debug)]
struct Java {
    text: String,
    level: u8,
    kind: Kind,
}

const PRIMARY: u8 = 15;
const UNARY: u8 = 14;
const RELATION: u8 = 9;
const EQUALITY: u8 = 8;
const CHOICE: u8 = 2;

impl Java {
    fn new(text: impl Into<String>, level: u8, kind: Kind) -> Self {
        Self {
            text: text.into(),
            level,
            kind,
        }
    }

    fn exact(text: impl Into<String>) -> Self {
        Self::new(text, PRIMARY, Kind::Exact)
    }

    /// In parentheses unless it binds at least so tightly.
    fn at(&self, level: u8) -> String {
        if self.level >= level {
            self.text.clone()
        } else {
            format!("({})", self.text)
        }
    }

    /// `(ty) …`
    fn cast(&self, ty: &str) -> Self {
        Self::new(format!("({ty}) {}", self.at(UNARY)), UNARY, Kind::Exact)
    }

    /// With a cast unless the value is exact.
    fn in_range(self) -> Self {
        if self.kind == Kind::Low {
            self.cast("short")
        } else {
            self
        }
    }
}

/// Writes the expressions of one function.
pub(super) struct Expressions<'a> {
    pub(super) program: &'a Program,
    pub(super) function: &'a Function,
    pub(super) names: &'a Names,
    pub(super) ranges: Ranges<'a>,
    /// By local.
    pub(super) locals: Vec<String>,
}

impl Expressions<'_> {
    /// A value where its own type is wanted: to assign, to return.
    pub(super) fn assigned(&self, expr: &Expr) -> String {
        let java = self.java(expr);
        match java.kind {
            Kind::Constant | Kind::Exact => java.text,
            Kind::Int | Kind::Low => java.cast("short").text,
        }
    }

    /// A value as an argument: there Java narrows no constant.
    pub(super) fn argument(&self, expr: &Expr) -> String {
        let java = self.java(expr);
        match java.kind {
            Kind::Exact => java.text,
            _ => java.cast("short").text,
        }
    }

    /// A value to be kept in a `byte`.
    pub(super) fn byte(&self, expr: &Expr) -> String {
        if let Expr::Const(_, value @ 0..=127) = expr {
            return number(*value);
        }
        self.low_byte(expr).text
    }

    fn low_byte(&self, expr: &Expr) -> Java {
        if let Some(raw) = self.raw_byte(expr) {
            return raw;
        }
        match expr {
            // What only changes the high bits needs not be done.
            Expr::Cast {
                from: Type::U8 | Type::U16 | Type::I16 | Type::Usize | Type::Int,
                value,
                ..
            } => self.low_byte(value),
            _ => self.java(expr).cast("byte"),
        }
    }

    /// A condition.
    pub(super) fn condition(&self, expr: &Expr, is_negated: bool) -> (String, u8) {
        match (expr, is_negated) {
            (Expr::Unary(UnaryOp::Not, Type::Bool, operand), _) => {
                self.condition(operand, !is_negated)
            }
            (Expr::Compare(op, ty, left, right), true) => {
                let java = self.compare(op.negated(), ty, left, right);
                (java.text, java.level)
            }
            (_, true) => {
                let java = self.java(expr);
                (format!("!{}", java.at(UNARY)), UNARY)
            }
            (_, false) => {
                let java = self.java(expr);
                (java.text, java.level)
            }
        }
    }

    /// The value that a `switch` asks for, and how to write a key.
    pub(super) fn switch(&self, expr: &Expr) -> (String, fn(i32) -> String) {
        fn as_byte(key: i32) -> String {
            if key < 128 {
                number(key)
            } else {
                format!("(byte) {}", number(key))
            }
        }
        fn as_short(key: i32) -> String {
            if key > 0x7fff {
                format!("(short) {}", number(key))
            } else {
                number(key)
            }
        }
        if expr.type_in(self.program, self.function) == Some(Type::Int) {
            return (self.java(expr).text, number);
        }
        match self.raw_byte(expr) {
            Some(raw) => (raw.text, as_byte),
            None => (self.java(expr).in_range().text, as_short),
        }
    }

    /// A value in an array's brackets.
    pub(super) fn index(&self, expr: &Expr) -> String {
        self.java(expr).in_range().text
    }

    /// An object or array.
    pub(super) fn reference(&self, expr: &Expr) -> String {
        self.java(expr).at(PRIMARY)
    }

    /// A `u8` as the `byte` that Java has for it, where memory or the API gives one.
    fn raw_byte(&self, expr: &Expr) -> Option<Java> {
        match expr {
            Expr::Element(Element::U8, array, index) => Some(Java::exact(format!(
                "{}[{}]",
                self.reference(array),
                self.index(index)
            ))),
            Expr::Field(object, field, class) => {
                let ty = &self.program.classes.get(class.0)?.fields.get(*field)?.ty;
                (*ty == Type::U8).then(|| self.field(object, *field, *class))
            }
            Expr::Call(Callee::Api(method), arguments, Some(Type::U8))
                if method.descriptor.ends_with(")B") =>
            {
                Some(self.api_call(method, arguments))
            }
            _ => None,
        }
    }

    fn field(&self, object: &Expr, field: usize, class: crate::ir::ClassId) -> Java {
        Java::exact(format!(
            "{}.{}",
            self.reference(object),
            self.names.field(class, field)
        ))
    }

    fn java(&self, expr: &Expr) -> Java {
        if let Some(raw) = self.raw_byte(expr) {
            return Java::new(format!("{} & 0xFF", raw.at(7)), 7, Kind::Int);
        }
        match expr {
            Expr::Const(Type::Bool, value) => Java::exact((*value != 0).to_string()),
            Expr::Const(Type::Int, value) => {
                let level = if *value < 0 { UNARY } else { PRIMARY };
                Java::new(number(*value), level, Kind::Exact)
            }
            Expr::Const(_, value @ -32768..=32767) => {
                let level = if *value < 0 { UNARY } else { PRIMARY };
                Java::new(number(*value), level, Kind::Constant)
            }
            Expr::Const(_, value) => Java::new(number(*value), PRIMARY, Kind::Low).cast("short"),
            Expr::Local(local) => Java::exact(
                self.locals
                    .get(local.0)
                    .cloned()
                    .unwrap_or_else(|| "unknown".to_owned()),
            ),
            Expr::ConstArray(array) => {
                let home = self.names.array_home().map(|home| self.names.class(home));
                Java::exact(format!(
                    "{}.{}",
                    home.unwrap_or("Object"),
                    self.names.array(array.0)
                ))
            }
            Expr::Unary(op, ty, operand) => self.unary(*op, ty, operand),
            Expr::Binary(op, ty, left, right) => self.binary(*op, ty, left, right),
            Expr::Compare(op, ty, left, right) => self.compare(*op, ty, left, right),
            Expr::Cast { from, to, value } => self.converted(from, to, value),
            Expr::Field(object, field, class) => self.field(object, *field, *class),
            Expr::Element(_, array, index) => {
                Java::exact(format!("{}[{}]", self.reference(array), self.index(index)))
            }
            Expr::Length(array) => Java::new(
                format!("{}.length", self.reference(array)),
                PRIMARY,
                Kind::Int,
            ),
            Expr::Call(Callee::Function(function), arguments, _) => {
                self.own_call(*function, arguments)
            }
            Expr::Call(Callee::Api(method), arguments, result) => {
                let call = self.api_call(method, arguments);
                if *result == Some(Type::U8) {
                    Java::new(format!("{} & 0xFF", call.at(7)), 7, Kind::Int)
                } else {
                    call
                }
            }
            Expr::New(class) => Java::exact(format!("new {}()", self.names.class(*class))),
            Expr::NewArray(element, length) => {
                let element = super::element_type(self.names, element);
                // `new byte[n][i]` would be two dimensions.
                Java::new(
                    format!("new {element}[{}]", self.index(length)),
                    UNARY,
                    Kind::Exact,
                )
            }
            Expr::Downcast(value, class) => {
                let name = self.names.api(class);
                Java::exact(format!("(({name}) {})", self.java(value).at(UNARY)))
            }
            Expr::Null(_) => Java::exact("null"),
        }
    }

    fn unary(&self, op: UnaryOp, ty: &Type, operand: &Expr) -> Java {
        let java = self.java(operand);
        match op {
            UnaryOp::Neg if *ty == Type::Int => {
                Java::new(format!("-{}", java.at(PRIMARY)), UNARY, Kind::Exact)
            }
            UnaryOp::Not if *ty == Type::Int => {
                Java::new(format!("~{}", java.at(UNARY)), UNARY, Kind::Exact)
            }
            UnaryOp::Neg => {
                let java = java.in_range();
                Java::new(format!("-{}", java.at(PRIMARY)), UNARY, Kind::Low)
            }
            UnaryOp::Not if *ty == Type::Bool => {
                Java::new(format!("!{}", java.at(UNARY)), UNARY, Kind::Exact)
            }
            UnaryOp::Not => {
                let kind = if java.kind == Kind::Low {
                    Kind::Low
                } else {
                    Kind::Int
                };
                let flipped = Java::new(format!("~{}", java.at(UNARY)), UNARY, kind);
                if *ty == Type::U8 {
                    masked(&flipped)
                } else {
                    flipped
                }
            }
        }
    }

    fn binary(&self, op: BinaryOp, ty: &Type, left: &Expr, right: &Expr) -> Java {
        let (mut a, b) = (self.java(left), self.java(right));
        // A mask of less than a byte takes the sign away as well.
        if let (BinaryOp::And, Some(raw), Expr::Const(_, 0..=255)) =
            (op, self.raw_byte(left), right)
        {
            a = raw;
        }
        let (text, level) = operator(op);
        let write = |a: &Java, b: &Java, kind| {
            // The right side of equal precedence keeps its parentheses.
            Java::new(
                format!("{} {text} {}", a.at(level), b.at(level + 1)),
                level,
                kind,
            )
        };
        if matches!(ty, Type::Bool | Type::Int) {
            return write(&a, &b, Kind::Exact);
        }
        let ranges = (self.ranges.range(left), self.ranges.range(right));
        let fits = ty.bits() == 16
            || unwrapped(op, ranges.0, ranges.1)
                .is_some_and(|result| result.within(Interval::of_type(ty)));
        let is_low = a.kind == Kind::Low || b.kind == Kind::Low;
        match op {
            BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul => write(&a, &b, Kind::Low),
            BinaryOp::WrappingAdd | BinaryOp::WrappingSub | BinaryOp::WrappingMul => {
                wrapped(write(&a, &b, Kind::Low), ty, fits)
            }
            BinaryOp::Shl => wrapped(write(&a, &b.in_range(), Kind::Low), ty, fits),
            BinaryOp::And | BinaryOp::Or | BinaryOp::Xor => {
                write(&a, &b, if is_low { Kind::Low } else { Kind::Int })
            }
            // -32768 / -1 is beyond a `short`: the converter wants a cast where it may be, and does not look at the divisor.
            BinaryOp::Div => write(&a.in_range(), &b.in_range(), Kind::Low),
            BinaryOp::Rem => write(&a.in_range(), &b.in_range(), Kind::Int),
            BinaryOp::Shr | BinaryOp::ShrUnsigned => {
                let shifted = write(&a.in_range(), &b.in_range(), Kind::Int);
                match right {
                    Expr::Const(_, distance @ 1..=15)
                        if !ty.is_signed() && !ranges.0.within(Interval::NON_NEGATIVE) =>
                    {
                        let mask = 0xffff >> distance;
                        Java::new(format!("{} & 0x{mask:X}", shifted.at(7)), 7, Kind::Int)
                    }
                    _ => shifted,
                }
            }
        }
    }

    fn converted(&self, from: &Type, to: &Type, value: &Expr) -> Java {
        if *from == Type::Bool {
            let java = self.java(value);
            let choice = Java::new(
                format!("{} ? 1 : 0", java.at(CHOICE + 1)),
                CHOICE,
                Kind::Exact,
            );
            return match to {
                Type::Int => choice,
                _ => choice.cast("short"),
            };
        }
        let java = self.java(value);
        if let (Type::Int, _) | (_, Type::Int) = (from, to) {
            return self.int_converted(from, to, value, java);
        }
        if self.ranges.range(value).within(Interval::of_type(to)) {
            return java;
        }
        match to {
            Type::U8 => masked(&java),
            Type::I8 => java.cast("byte"),
            _ => java,
        }
    }

    /// A conversion from or to `int`.
    fn int_converted(&self, from: &Type, to: &Type, value: &Expr, java: Java) -> Java {
        match (from, to) {
            (Type::Int, Type::Int) => java,
            // What comes from an `int` is a `short` by a cast alone: without one the converter takes it for an `int` wherever it
            // goes on, and as an index warns of it without end.
            (Type::Int, Type::U8) => masked(&java).cast("short"),
            (Type::Int, Type::I8) => java.cast("byte"),
            (Type::Int, _) => java.cast("short"),
            (Type::U16, _) if !self.ranges.range(value).within(Interval::NON_NEGATIVE) => {
                Java::new(format!("{} & 0xFFFF", java.at(7)), 7, Kind::Exact)
            }
            _ => Java {
                kind: Kind::Exact,
                ..java.in_range()
            },
        }
    }

    fn compare(&self, op: CompareOp, ty: &Type, left: &Expr, right: &Expr) -> Java {
        let level = match op {
            CompareOp::Eq | CompareOp::Ne => EQUALITY,
            _ => RELATION,
        };
        let write = |a: &Java, b: &Java| {
            let text = format!("{} {} {}", a.at(level + 1), relation(op), b.at(level + 1));
            Java::new(text, level, Kind::Exact)
        };
        if *ty == Type::U8
            && level == EQUALITY
            && let Some(raw) = self.raw_byte(left)
        {
            if let Expr::Const(_, value) = right {
                let key = Java::new(number(*value), PRIMARY, Kind::Constant);
                return write(&raw, &if *value < 128 { key } else { key.cast("byte") });
            }
            if let Some(other) = self.raw_byte(right) {
                return write(&raw, &other);
            }
        }
        let ordered = |expr: &Expr| {
            level == EQUALITY
                || *ty != Type::U16
                || self.ranges.range(expr).within(Interval::NON_NEGATIVE)
        };
        let (a, b) = (self.java(left), self.java(right));
        if ty.is_reference()
            || matches!(ty, Type::Bool | Type::Int)
            || (ordered(left) && ordered(right))
        {
            return write(&a.in_range(), &b.in_range());
        }
        write(&biased(left, &a), &biased(right, &b))
    }

    fn own_call(&self, id: FunctionId, arguments: &[Expr]) -> Java {
        let name = self.names.method(id);
        let callee = self.program.functions.get(id.0);
        let is_instance = callee.is_some_and(|callee| callee.receiver.is_some());
        let (subject, rest) = match arguments.split_first() {
            Some((receiver, rest)) if is_instance => (self.reference(receiver), rest),
            _ => {
                let home = self.names.home(id).map(|home| self.names.class(home));
                (home.unwrap_or("Object").to_owned(), arguments)
            }
        };
        let rest: Vec<String> = rest
            .iter()
            .map(|argument| self.argument(argument))
            .collect();
        Java::exact(format!("{subject}.{name}({})", rest.join(", ")))
    }

    fn api_call(&self, method: &ApiMethod, arguments: &[Expr]) -> Java {
        let kind = self
            .program
            .api_class(&method.class)
            .and_then(|class| class.method(&method.name, &method.descriptor))
            .map(|method| method.kind);
        let class = self.names.api(&method.class);
        let (head, rest) = match (kind, arguments.split_first()) {
            (Some(MethodKind::Constructor), _) => (format!("new {class}"), arguments),
            (Some(MethodKind::Virtual | MethodKind::Interface), Some((receiver, rest))) => (
                format!("{}.{}", self.reference(receiver), method.name),
                rest,
            ),
            _ => (format!("{class}.{}", method.name), arguments),
        };
        let parameters = descriptor::parameters(&method.descriptor).unwrap_or_default();
        let rest: Vec<String> = rest
            .iter()
            .zip(parameters)
            .map(|(argument, parameter)| match parameter {
                "B" => self.low_byte(argument).text,
                "S" => self.argument(argument),
                _ => self.java(argument).text,
            })
            .collect();
        Java::exact(format!("{head}({})", rest.join(", ")))
    }
}

/// A result that its type may not hold is cut down to it.
fn wrapped(java: Java, ty: &Type, fits: bool) -> Java {
    match ty {
        _ if fits => java,
        Type::U8 => masked(&java),
        Type::I8 => java.cast("byte"),
        _ => java,
    }
}

fn masked(java: &Java) -> Java {
    let kind = if java.kind == Kind::Low {
        Kind::Low
    } else {
        Kind::Int
    };
    Java::new(format!("{} & 0xFF", java.at(7)), 7, kind)
}

/// The order of unsigned words as that of signed ones.
fn biased(expr: &Expr, java: &Java) -> Java {
    if let Expr::Const(_, value) = expr {
        let moved = value - 0x8000;
        let level = if moved < 0 { UNARY } else { PRIMARY };
        return Java::new(moved.to_string(), level, Kind::Constant);
    }
    // As an `int`, 0x8000 would be more than a card without `int` has.
    Java::new(format!("{} ^ (short) 0x8000", java.at(6)), 6, Kind::Low).cast("short")
}

/// A number as Java spells it: what is no small count in hexadecimal.
fn number(value: i32) -> String {
    if value > 32 {
        format!("0x{value:02X}")
    } else {
        value.to_string()
    }
}

const fn operator(op: BinaryOp) -> (&'static str, u8) {
    match op {
        BinaryOp::Mul | BinaryOp::WrappingMul => ("*", 12),
        BinaryOp::Div => ("/", 12),
        BinaryOp::Rem => ("%", 12),
        BinaryOp::Add | BinaryOp::WrappingAdd => ("+", 11),
        BinaryOp::Sub | BinaryOp::WrappingSub => ("-", 11),
        BinaryOp::Shl => ("<<", 10),
        BinaryOp::Shr => (">>", 10),
        BinaryOp::ShrUnsigned => (">>>", 10),
        BinaryOp::And => ("&", 7),
        BinaryOp::Xor => ("^", 6),
        BinaryOp::Or => ("|", 5),
    }
}

const fn relation(op: CompareOp) -> &'static str {
    match op {
        CompareOp::Eq => "==",
        CompareOp::Ne => "!=",
        CompareOp::Lt => "<",
        CompareOp::Le => "<=",
        CompareOp::Gt => ">",
        CompareOp::Ge => ">=",
    }
}
