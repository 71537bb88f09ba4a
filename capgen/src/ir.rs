//! The typed intermediate representation between Card Rust and JCVM bytecode.
//!
//! A function is a graph of basic blocks over mutable, typed locals. A statement holds whole
//! expression trees, since the target is a stack machine: what a tree nests never needs a local.
//! Operands are evaluated from left to right, each exactly once.
//!
//! Values have Rust's types and mean what they mean in Rust. How a `u8` or a `u16` lies in a signed
//! 16-bit stack word, and where a mask is needed, is the code generator's business alone.
//!
//! - [`Type::Bool`], [`Type::U8`], [`Type::I8`], [`Type::U16`], [`Type::I16`] as in Rust;
//!   [`Type::Usize`] holds 0..=32767.
//! - [`Type::Int`] is the card's own `int`, where it has one: 32 bits with a sign that stand for an `i32` or a `u32`.
//!   What the two differ in is said by the operation: [`BinaryOp::ShrUnsigned`], comparisons with the sign bit of both
//!   sides turned over, a function for quotients.
//! - `Add`, `Sub`, `Mul`, `Neg` never overflow in a program that its host tests pass, so the
//!   generator may take their results to be in range; the `Wrapping…` forms wrap.
//! - Indexing out of bounds is the virtual machine's `ArrayIndexOutOfBoundsException`.
//! - `Err(status word)` is [`Terminator::Throw`].

pub mod calls;
pub mod dataflow;
pub mod descriptor;
pub mod interpret;
pub mod text;
mod typing;
pub mod verify;

use cap_file::api::{Api, ApiClass, ApiPackage};
use cap_file::component::{Aid, Version};
use std::fmt;

/// No array has more elements: longer ones are refused, and no card has a global array as long. Behind an index that is
/// in bounds there is room for some more in a `usize`.
pub const LONGEST_ARRAY: i32 = 32_000;

/// Whether an array may have so many elements.
pub(crate) fn fits_array(length: usize) -> bool {
    i32::try_from(length).is_ok_and(|length| length <= LONGEST_ARRAY)
}

/// Index of a [`Class`] in [`Program::classes`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClassId(pub usize);
/// Index of a [`Function`] in [`Program::functions`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FunctionId(pub usize);
/// Index of a [`ConstArray`] in [`Program::arrays`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ArrayId(pub usize);
/// Index of a [`Local`] in [`Function::locals`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LocalId(pub usize);
/// Index of a [`Block`] in [`Function::blocks`]; the entry is block 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BlockId(pub usize);

/// A package: everything that one CAP file holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Program {
    /// The package AID, 5 to 16 bytes.
    pub aid: Vec<u8>,
    /// Major and minor version of the package.
    pub version: (u8, u8),
    /// The package's name in its Java form, `jpki` or `com/example/jpki`.
    pub name: String,
    /// The applets (executable modules), in source order.
    pub applets: Vec<AppletEntry>,
    /// The classes, in order of first use.
    pub classes: Vec<Class>,
    /// Constant arrays, each a static field with an image.
    pub arrays: Vec<ConstArray>,
    /// The functions that the applets reach, or that a library package offers, and all that those reach.
    pub functions: Vec<Function>,
    /// The packages beside the public API that the code refers to, by their export files. Their classes are
    /// named as those of the API are ([`Type::Api`], [`Callee::Api`]).
    pub imports: Vec<ApiPackage>,
    /// What other packages may use of this one, with its tokens; class names are those in [`Program::classes`]
    /// behind the package's.
    pub exports: Vec<ApiClass>,
    /// Paths of the source files that [`Position::file`] names, relative to the crate's workspace.
    pub files: Vec<String>,
}

/// An applet of the package.
#[derive(Clone, Debug, PartialEq)]
pub struct AppletEntry {
    /// The AID of the module, 5 to 16 bytes.
    pub aid: Vec<u8>,
    /// Its class, whose superclass is `javacard/framework/Applet`.
    pub class: ClassId,
    /// The static `install([BSB)V` method.
    pub install: FunctionId,
}

/// A Rust struct that lives on the card's heap.
#[derive(Clone, Debug, PartialEq)]
pub struct Class {
    /// The struct's name.
    pub name: String,
    /// The API class it extends in Java form; `None` is `java/lang/Object`.
    pub superclass: Option<String>,
    /// The shareable interfaces that it implements, in Java form.
    pub implements: Vec<String>,
    /// Its fields in source order; [`Expr::Field`] and [`Statement::SetField`] count in this order.
    /// The generator lays them out as it likes.
    pub fields: Vec<Field>,
}

/// A field of a [`Class`].
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// The field's name.
    pub name: String,
    /// Its type.
    pub ty: Type,
}

/// A constant array.
#[derive(Clone, Debug, PartialEq)]
pub struct ConstArray {
    /// The Rust path of the constant.
    pub name: String,
    /// Its elements' type.
    pub element: Element,
    /// Its elements' values, in the range of the element type.
    pub values: Vec<i32>,
}

/// What an array holds.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Element {
    /// `bool`, a Java `boolean[]`.
    Bool,
    /// `u8`, a Java `byte[]`.
    U8,
    /// `i8`, a Java `byte[]`.
    I8,
    /// `u16`, a Java `short[]`.
    U16,
    /// `i16`, a Java `short[]`.
    I16,
    /// `u32` or `i32`, a Java `int[]`.
    Int,
    /// References to objects of a class of this package.
    Class(ClassId),
}

/// The type of a value.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Type {
    /// `bool`
    Bool,
    /// `u8`, 0..=255
    U8,
    /// `i8`, -128..=127
    I8,
    /// `u16`, 0..=65535
    U16,
    /// `i16`, -32768..=32767
    I16,
    /// `usize`, 0..=32767 on the card
    Usize,
    /// The 32 bits of an `i32` or a `u32`, two words of the card, on a card with `int`.
    Int,
    /// An object of a class of this package.
    Class(ClassId),
    /// An object of an API class or interface, by its Java name (`javacard/framework/APDU`).
    Api(String),
    /// An array.
    Array(Element),
}

/// A function: a static method, or an instance method where it has a receiver.
#[derive(Clone, Debug, PartialEq)]
pub struct Function {
    /// The Rust path, for listings and maps.
    pub name: String,
    /// The class whose instance is the first parameter, if it is an instance method.
    pub receiver: Option<ClassId>,
    /// Whether this is called by the runtime environment or by other packages, and so must keep the Java name
    /// and descriptor given here: `install([BSB)V`, `process(Ljavacard/framework/APDU;)V`, `deselect()V`.
    pub entry: Option<Entry>,
    /// The parameters, receiver first.
    pub parameters: Vec<LocalId>,
    /// What it gives back; `None` is nothing.
    pub result: Option<Type>,
    /// All locals, parameters included.
    pub locals: Vec<Local>,
    /// The blocks; the first is the entry.
    pub blocks: Vec<Block>,
    /// Where it is declared.
    pub position: Position,
}

/// A method that is called from outside of the package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its Java name.
    pub name: String,
    /// Its Java descriptor.
    pub descriptor: String,
    /// Of a static method that the package exports: its class.
    pub class: Option<ClassId>,
}

/// A local variable.
#[derive(Clone, Debug, PartialEq)]
pub struct Local {
    /// Its name in the source, or empty for a temporary.
    pub name: String,
    /// Its type.
    pub ty: Type,
}

/// A place in the source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Position {
    /// Index into [`Program::files`].
    pub file: u32,
    /// Line, from 1; 0 is nowhere.
    pub line: u32,
    /// Column, from 1.
    pub column: u32,
}

/// A basic block.
#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    /// What it does, in order.
    pub statements: Vec<(Statement, Position)>,
    /// Where it goes.
    pub terminator: Terminator,
    /// The terminator's place in the source.
    pub position: Position,
}

/// One effect.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Statement {
    /// Assigns a local.
    Set(LocalId, Expr),
    /// Assigns field `.1` (index into [`Class::fields`]) of the object `.0` of class `.2`.
    SetField(Expr, usize, ClassId, Expr),
    /// Assigns element `.2` of array `.1`.
    SetElement(Element, Expr, Expr, Expr),
    /// Evaluates for effect only; a value, if any, is dropped.
    Eval(Expr),
}

/// How a block ends.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Terminator {
    /// Goes on in another block.
    Goto(BlockId),
    /// Goes to the first block if the `bool` expression is true, else to the second.
    If(Expr, BlockId, BlockId),
    /// Multi-way branch on an integer expression: (value, block) pairs, and the default. Values are
    /// distinct and in the range of the expression's type.
    Switch(Expr, Vec<(i32, BlockId)>, BlockId),
    /// Leaves the function, with a value where it has a result.
    Return(Option<Expr>),
    /// Ends the command with the status word that the `u16` expression gives (`ISOException.throwIt`).
    Throw(Expr),
    /// Is never reached.
    Unreachable,
}

/// A call's target.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Callee {
    /// A function of this package; the receiver, if any, is the first argument.
    Function(FunctionId),
    /// A method of the API; the receiver, if it has one, is the first argument. For a constructor
    /// (`<init>`) there is no receiver argument: the value is the new object.
    Api(ApiMethod),
}

/// A method of an API class.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ApiMethod {
    /// The class in Java form, `javacard/framework/Util`.
    pub class: String,
    /// The method, `arrayCopy`, or `<init>`.
    pub name: String,
    /// The descriptor, `([BS[BSS)S`.
    pub descriptor: String,
}

/// A value.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Expr {
    /// A constant of a scalar type.
    Const(Type, i32),
    /// A local's value.
    Local(LocalId),
    /// The constant array itself.
    ConstArray(ArrayId),
    /// `-x` or `!x` (bitwise on integers, logical on `bool`), of type `.1`.
    Unary(UnaryOp, Type, Box<Expr>),
    /// An operation on two values of type `.1`; for shifts the right side may be of any integer type.
    Binary(BinaryOp, Type, Box<Expr>, Box<Expr>),
    /// Compares two values of type `.1` (an integer, `bool`, or, for `Eq` and `Ne`, a reference).
    Compare(CompareOp, Type, Box<Expr>, Box<Expr>),
    /// `x as to`, from the integer type `from` (or `bool`).
    Cast {
        /// The operand's type.
        from: Type,
        /// The result's type.
        to: Type,
        /// The operand.
        value: Box<Expr>,
    },
    /// Field `.1` of the object `.0` of class `.2`.
    Field(Box<Expr>, usize, ClassId),
    /// Element `.2` of array `.1`.
    Element(Element, Box<Expr>, Box<Expr>),
    /// The length of an array, a `usize`.
    Length(Box<Expr>),
    /// A call; `.2` is the type of its value, `None` for nothing.
    Call(Callee, Vec<Expr>, Option<Type>),
    /// A new object of a class of this package, all fields zero, its superclass's constructor run.
    New(ClassId),
    /// A new persistent array of `.1` elements, all zero or null.
    NewArray(Element, Box<Expr>),
    /// A reference taken to be of an API class that it is known to be of (`checkcast`).
    Downcast(Box<Expr>, String),
    /// The null reference of an API class or array type.
    Null(Type),
}

/// A unary operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UnaryOp {
    /// `-x`
    Neg,
    /// `!x`
    Not,
}

/// A binary operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BinaryOp {
    /// `a + b`, in range.
    Add,
    /// `a - b`, in range.
    Sub,
    /// `a * b`, in range.
    Mul,
    /// `a / b`
    Div,
    /// `a % b`
    Rem,
    /// `a & b`
    And,
    /// `a | b`
    Or,
    /// `a ^ b`
    Xor,
    /// `a << b`, `b` less than the width; bits shifted out are lost.
    Shl,
    /// `a >> b`, `b` less than the width; arithmetic for signed types.
    Shr,
    /// `a >> b` of the `u32` that an [`Type::Int`] stands for.
    ShrUnsigned,
    /// `a.wrapping_add(b)`
    WrappingAdd,
    /// `a.wrapping_sub(b)`
    WrappingSub,
    /// `a.wrapping_mul(b)`
    WrappingMul,
}

/// A comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CompareOp {
    /// `==`
    Eq,
    /// `!=`
    Ne,
    /// `<`
    Lt,
    /// `<=`
    Le,
    /// `>`
    Gt,
    /// `>=`
    Ge,
}

impl Program {
    /// A class or interface of the public API, of an imported package, or that this package exports.
    #[must_use]
    pub fn api_class(&self, name: &str) -> Option<&ApiClass> {
        if let Some((_, class)) = Api::builtin().find_class(name) {
            return Some(class);
        }
        let imported = self.imports.iter().flat_map(|package| &package.classes);
        imported
            .chain(&self.exports)
            .find(|class| class.name == name)
    }

    /// The full name of an exported class.
    #[must_use]
    pub fn exported_name(&self, class: ClassId) -> String {
        let name = self.classes.get(class.0).map_or("", |class| &class.name);
        format!("{}/{name}", self.name)
    }

    /// Whether it is a library package: one without applets, for others to use.
    #[must_use]
    pub fn is_library(&self) -> bool {
        self.applets.is_empty()
    }

    /// The package as others see it.
    #[must_use]
    pub fn exported(&self) -> ApiPackage {
        let version = Version::new(self.version.0, self.version.1);
        ApiPackage {
            name: self.name.replace('/', "."),
            aid: Aid(self.aid.clone()),
            versions: vec![version],
            uses: Vec::new(),
            classes: self.exports.clone(),
        }
    }
}

impl Class {
    /// The words of an object, without those of its superclass.
    #[must_use]
    pub fn words(&self) -> usize {
        self.fields.iter().map(|field| field.ty.words()).sum()
    }
}

impl Type {
    /// How many words of a frame, of the stack or of an object a value takes.
    #[must_use]
    pub fn words(&self) -> usize {
        if *self == Type::Int { 2 } else { 1 }
    }

    /// Whether values are references.
    #[must_use]
    pub fn is_reference(&self) -> bool {
        matches!(self, Type::Class(_) | Type::Api(_) | Type::Array(_))
    }

    /// The least and greatest value of a scalar type.
    #[must_use]
    pub fn range(&self) -> Option<(i32, i32)> {
        match self {
            Type::Bool => Some((0, 1)),
            Type::U8 => Some((0, 255)),
            Type::I8 => Some((-128, 127)),
            Type::U16 => Some((0, 65535)),
            Type::I16 => Some((-32768, 32767)),
            Type::Usize => Some((0, 32767)),
            Type::Int => Some((i32::MIN, i32::MAX)),
            Type::Class(_) | Type::Api(_) | Type::Array(_) => None,
        }
    }
}

impl Element {
    /// The type of an element's value.
    #[must_use]
    pub fn value_type(&self) -> Type {
        match self {
            Element::Bool => Type::Bool,
            Element::U8 => Type::U8,
            Element::I8 => Type::I8,
            Element::U16 => Type::U16,
            Element::I16 => Type::I16,
            Element::Int => Type::Int,
            Element::Class(id) => Type::Class(*id),
        }
    }
}

impl Function {
    /// One without parameters and code.
    pub(crate) fn empty(name: String) -> Self {
        Self {
            name,
            receiver: None,
            entry: None,
            parameters: Vec::new(),
            result: None,
            locals: Vec::new(),
            blocks: Vec::new(),
            position: Position::default(),
        }
    }

    /// Takes the function away, and leaves one without code in its place.
    #[must_use]
    pub fn take(&mut self) -> Self {
        let empty = Self {
            position: self.position,
            ..Self::empty(String::new())
        };
        std::mem::replace(self, empty)
    }

    /// The words of all parameters.
    #[must_use]
    pub fn parameter_words(&self) -> usize {
        let parameters = self.parameters.iter();
        parameters
            .map(|local| self.local_type(*local).words())
            .sum()
    }

    /// The type of a local.
    ///
    /// # Panics
    /// If the local is not of this function.
    #[must_use]
    pub fn local_type(&self, local: LocalId) -> &Type {
        &self.locals[local.0].ty
    }
}

impl fmt::Display for ApiMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}{}", self.class, self.name, self.descriptor)
    }
}
