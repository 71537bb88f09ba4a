//! An interpreter of the IR: what a program means, against which the bytecode is checked.
//!
//! Values are numbers, not stack words. What a host test would answer with a panic is a [`Trap`]: an
//! overflow of `Add`, `Sub`, `Mul` or `Neg`, an index out of bounds, a division by zero.

use super::{
    ApiMethod, BinaryOp, BlockId, Callee, ClassId, Element, Expr, Function, FunctionId, Program,
    Statement, Terminator, Type, UnaryOp,
};
use thiserror::Error;

/// A value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value {
    /// A number, or a `bool` as 0 or 1.
    Scalar(i32),
    /// An object, `None` for null.
    Reference(Option<ObjectId>),
}

/// An object in a [`Heap`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ObjectId(usize);

/// An object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Object {
    /// An instance of a class of the program; its fields.
    Instance(ClassId, Vec<Value>),
    /// An array.
    Array(Element, Vec<Value>),
    /// An object of the API; what it is only the [`ApiModel`] knows.
    Api(usize),
}

/// All objects.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Heap {
    objects: Vec<Object>,
}

/// Why a call ended without a result.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Trap {
    /// `ISOException` with this status word.
    #[error("status word {0:04X}")]
    Throw(u16),
    /// An array index that is not below the length.
    #[error("index {index} of an array of {length}")]
    IndexOutOfBounds {
        /// The index.
        index: i32,
        /// The array's length.
        length: usize,
    },
    /// A field, element or length of null.
    #[error("null reference")]
    NullReference,
    /// A division by zero.
    #[error("division by zero")]
    DivisionByZero,
    /// A result that its type does not hold, where the IR promises that there is none.
    #[error("{value} is not a {ty:?}")]
    Overflow {
        /// The exact result.
        value: i64,
        /// The type.
        ty: Type,
    },
    /// More statements than allowed.
    #[error("no end after the allowed number of statements")]
    OutOfFuel,
    /// A place that is never reached was reached.
    #[error("unreachable")]
    Unreachable,
    /// The IR breaks its rules, or the model of the API does not know a method.
    #[error("{0}")]
    Fault(String),
}

/// What the API does.
pub trait ApiModel {
    /// Calls a method; for a constructor the result is the new object.
    ///
    /// # Errors
    /// A [`Trap`]; [`Trap::Fault`] for a method that it does not know.
    fn call(
        &mut self,
        heap: &mut Heap,
        method: &ApiMethod,
        arguments: &[Value],
    ) -> Result<Option<Value>, Trap>;
}

impl Value {
    /// The number.
    ///
    /// # Errors
    /// If it is a reference.
    pub fn scalar(self) -> Result<i32, Trap> {
        match self {
            Value::Scalar(value) => Ok(value),
            Value::Reference(_) => Err(Trap::Fault("a number was expected".to_owned())),
        }
    }

    /// The object.
    ///
    /// # Errors
    /// If it is null or no reference.
    pub fn object(self) -> Result<ObjectId, Trap> {
        match self {
            Value::Reference(Some(object)) => Ok(object),
            Value::Reference(None) => Err(Trap::NullReference),
            Value::Scalar(_) => Err(Trap::Fault("a reference was expected".to_owned())),
        }
    }

    fn zero(ty: &Type) -> Self {
        if ty.is_reference() {
            Value::Reference(None)
        } else {
            Value::Scalar(0)
        }
    }
}

impl Heap {
    /// Adds an object.
    pub fn add(&mut self, object: Object) -> Value {
        self.objects.push(object);
        Value::Reference(Some(ObjectId(self.objects.len() - 1)))
    }

    /// The elements of an array.
    ///
    /// # Errors
    /// If the value is no array.
    pub fn array_mut(&mut self, array: Value) -> Result<&mut Vec<Value>, Trap> {
        match self.objects.get_mut(array.object()?.0) {
            Some(Object::Array(_, values)) => Ok(values),
            _ => Err(Trap::Fault("an array was expected".to_owned())),
        }
    }

    fn fields_mut(&mut self, object: Value) -> Result<&mut Vec<Value>, Trap> {
        match self.objects.get_mut(object.object()?.0) {
            Some(Object::Instance(_, fields)) => Ok(fields),
            _ => Err(Trap::Fault("an instance was expected".to_owned())),
        }
    }
}

/// A program with its objects.
pub struct Interpreter<'a, A> {
    program: &'a Program,
    /// What the API does.
    pub api: A,
    /// The objects.
    pub heap: Heap,
    /// Statements and terminators that may still be executed.
    pub fuel: u64,
    arrays: Vec<Value>,
}

impl<'a, A: ApiModel> Interpreter<'a, A> {
    /// A program at its start: constant arrays are there, nothing else.
    pub fn new(program: &'a Program, api: A) -> Self {
        let mut heap = Heap::default();
        let array = |array: &super::ConstArray| {
            let values = array
                .values
                .iter()
                .map(|value| Value::Scalar(*value))
                .collect();
            heap.add(Object::Array(array.element.clone(), values))
        };
        let arrays = program.arrays.iter().map(array).collect();
        Self {
            program,
            api,
            heap,
            fuel: 1_000_000,
            arrays,
        }
    }

    /// Calls a function.
    ///
    /// # Errors
    /// The [`Trap`] that ended it.
    pub fn call(&mut self, id: FunctionId, arguments: &[Value]) -> Result<Option<Value>, Trap> {
        let function = self
            .program
            .functions
            .get(id.0)
            .ok_or_else(|| Trap::Fault(format!("no function {}", id.0)))?;
        let mut frame = Frame {
            function,
            locals: vec![None; function.locals.len()],
        };
        for (parameter, argument) in function.parameters.iter().zip(arguments) {
            frame.set(*parameter, *argument)?;
        }
        let mut block = BlockId(0);
        loop {
            let found = function
                .blocks
                .get(block.0)
                .ok_or_else(|| Trap::Fault(format!("no block {}", block.0)))?;
            for (statement, _) in &found.statements {
                self.burn()?;
                self.statement(&mut frame, statement)?;
            }
            self.burn()?;
            block = match &found.terminator {
                Terminator::Goto(next) => *next,
                Terminator::If(condition, yes, no) => {
                    if self.number(&frame, condition)? != 0 {
                        *yes
                    } else {
                        *no
                    }
                }
                Terminator::Switch(key, cases, default) => {
                    let key = self.number(&frame, key)?;
                    cases
                        .iter()
                        .find(|(value, _)| *value == key)
                        .map_or(*default, |(_, block)| *block)
                }
                Terminator::Return(None) => return Ok(None),
                Terminator::Return(Some(value)) => return self.value(&frame, value).map(Some),
                Terminator::Throw(status) => {
                    let status = self.number(&frame, status)?;
                    return Err(u16::try_from(status).map_or(Trap::Unreachable, Trap::Throw));
                }
                Terminator::Unreachable => return Err(Trap::Unreachable),
            };
        }
    }

    fn burn(&mut self) -> Result<(), Trap> {
        self.fuel = self.fuel.checked_sub(1).ok_or(Trap::OutOfFuel)?;
        Ok(())
    }

    fn statement(&mut self, frame: &mut Frame<'_>, statement: &Statement) -> Result<(), Trap> {
        match statement {
            Statement::Set(local, value) => {
                let value = self.value(frame, value)?;
                frame.set(*local, value)
            }
            Statement::SetField(object, field, _, value) => {
                let object = self.value(frame, object)?;
                let value = self.value(frame, value)?;
                let fields = self.heap.fields_mut(object)?;
                *fields
                    .get_mut(*field)
                    .ok_or_else(|| Trap::Fault("no such field".to_owned()))? = value;
                Ok(())
            }
            Statement::SetElement(_, array, index, value) => {
                let array = self.value(frame, array)?;
                let index = self.number(frame, index)?;
                let value = self.value(frame, value)?;
                *element(self.heap.array_mut(array)?, index)? = value;
                Ok(())
            }
            Statement::Eval(Expr::Call(callee, arguments, _)) => {
                self.callee(frame, callee, arguments).map(|_| ())
            }
            Statement::Eval(value) => self.value(frame, value).map(|_| ()),
        }
    }

    fn callee(
        &mut self,
        frame: &Frame<'_>,
        callee: &Callee,
        arguments: &[Expr],
    ) -> Result<Option<Value>, Trap> {
        let mut values = Vec::with_capacity(arguments.len());
        for argument in arguments {
            values.push(self.value(frame, argument)?);
        }
        match callee {
            Callee::Function(function) => self.call(*function, &values),
            Callee::Api(method) => self.api.call(&mut self.heap, method, &values),
        }
    }

    fn number(&mut self, frame: &Frame<'_>, expr: &Expr) -> Result<i32, Trap> {
        self.value(frame, expr)?.scalar()
    }

    fn value(&mut self, frame: &Frame<'_>, expr: &Expr) -> Result<Value, Trap> {
        Ok(match expr {
            Expr::Const(_, value) => Value::Scalar(*value),
            Expr::Local(local) => frame
                .locals
                .get(local.0)
                .copied()
                .flatten()
                .ok_or_else(|| Trap::Fault(format!("local {} has no value", local.0)))?,
            Expr::ConstArray(array) => *self
                .arrays
                .get(array.0)
                .ok_or_else(|| Trap::Fault("no such array".to_owned()))?,
            Expr::Unary(op, ty, operand) => {
                Value::Scalar(unary(*op, ty, self.number(frame, operand)?)?)
            }
            Expr::Binary(op, ty, left, right) => {
                let (left, right) = (self.number(frame, left)?, self.number(frame, right)?);
                Value::Scalar(binary(*op, ty, left, right)?)
            }
            Expr::Compare(op, ty, left, right) if ty.is_reference() => {
                let same = self.value(frame, left)? == self.value(frame, right)?;
                Value::Scalar(i32::from(op.holds(i32::from(!same), 0)))
            }
            Expr::Compare(op, _, left, right) => {
                let (left, right) = (self.number(frame, left)?, self.number(frame, right)?);
                Value::Scalar(i32::from(op.holds(left, right)))
            }
            Expr::Cast { to, value, .. } => Value::Scalar(as_type(to, self.number(frame, value)?)?),
            Expr::Field(object, field, _) => {
                let object = self.value(frame, object)?;
                let fields = self.heap.fields_mut(object)?;
                *fields
                    .get(*field)
                    .ok_or_else(|| Trap::Fault("no such field".to_owned()))?
            }
            Expr::Element(_, array, index) => {
                let array = self.value(frame, array)?;
                let index = self.number(frame, index)?;
                *element(self.heap.array_mut(array)?, index)?
            }
            Expr::Length(array) => {
                let array = self.value(frame, array)?;
                Value::Scalar(i32::try_from(self.heap.array_mut(array)?.len()).unwrap_or(i32::MAX))
            }
            Expr::Call(callee, arguments, result) => {
                let value = self.callee(frame, callee, arguments)?;
                match (value, result) {
                    // A Java byte or short as the type that the program gives it.
                    (Some(Value::Scalar(value)), Some(ty)) => Value::Scalar(as_type(ty, value)?),
                    (Some(value), _) => value,
                    (None, _) => {
                        return Err(Trap::Fault(
                            "a call without a result is no value".to_owned(),
                        ));
                    }
                }
            }
            Expr::New(class) => {
                let found = self.program.classes.get(class.0);
                let fields = found.map(|found| {
                    found
                        .fields
                        .iter()
                        .map(|field| Value::zero(&field.ty))
                        .collect()
                });
                self.heap
                    .add(Object::Instance(*class, fields.unwrap_or_default()))
            }
            Expr::NewArray(element, length) => {
                let length = self.number(frame, length)?;
                let length = usize::try_from(length).map_err(|_| Trap::Overflow {
                    value: length.into(),
                    ty: Type::Usize,
                })?;
                let values = vec![Value::zero(&element.value_type()); length];
                self.heap.add(Object::Array(element.clone(), values))
            }
            Expr::Downcast(value, _) => self.value(frame, value)?,
            Expr::Null(_) => Value::Reference(None),
        })
    }
}

struct Frame<'a> {
    function: &'a Function,
    locals: Vec<Option<Value>>,
}

impl Frame<'_> {
    fn set(&mut self, local: super::LocalId, value: Value) -> Result<(), Trap> {
        let name = &self.function.name;
        let slot = self
            .locals
            .get_mut(local.0)
            .ok_or_else(|| Trap::Fault(format!("{name} has no local {}", local.0)))?;
        *slot = Some(value);
        Ok(())
    }
}

/// `value as ty`
fn as_type(ty: &Type, value: i32) -> Result<i32, Trap> {
    let wrapped = ty.wrap(value);
    if *ty == Type::Usize && wrapped > 0x7fff {
        return Err(Trap::Overflow {
            value: value.into(),
            ty: Type::Usize,
        });
    }
    Ok(wrapped)
}

fn element(values: &mut [Value], index: i32) -> Result<&mut Value, Trap> {
    let length = values.len();
    let found = usize::try_from(index)
        .ok()
        .and_then(|index| values.get_mut(index));
    found.ok_or(Trap::IndexOutOfBounds { index, length })
}

/// `!operand` or `-operand`.
///
/// # Errors
/// [`Trap::Overflow`].
pub fn unary(op: UnaryOp, ty: &Type, operand: i32) -> Result<i32, Trap> {
    match op {
        UnaryOp::Not if *ty == Type::Bool => Ok(1 - operand),
        UnaryOp::Not => Ok(ty.wrap(!operand)),
        UnaryOp::Neg => in_range(ty, -i64::from(operand)),
    }
}

/// `left op right`.
///
/// # Errors
/// [`Trap::Overflow`] and [`Trap::DivisionByZero`].
pub fn binary(op: BinaryOp, ty: &Type, left: i32, right: i32) -> Result<i32, Trap> {
    let (a, b) = (i64::from(left), i64::from(right));
    let distance = || {
        u32::try_from(right)
            .ok()
            .filter(|distance| *distance < ty.bits())
            .ok_or(Trap::Overflow {
                value: b,
                ty: ty.clone(),
            })
    };
    match op {
        BinaryOp::Add => in_range(ty, a + b),
        BinaryOp::Sub => in_range(ty, a - b),
        BinaryOp::Mul => in_range(ty, a * b),
        BinaryOp::Div | BinaryOp::Rem if b == 0 => Err(Trap::DivisionByZero),
        BinaryOp::Div => in_range(ty, a / b),
        BinaryOp::Rem => in_range(ty, a % b),
        BinaryOp::And => Ok(left & right),
        BinaryOp::Or => Ok(left | right),
        BinaryOp::Xor => Ok(ty.wrap(left ^ right)),
        BinaryOp::Shl => {
            let shifted = ty.wrap(left << distance()?);
            in_range(ty, shifted.into())
        }
        BinaryOp::Shr => Ok(left >> distance()?),
        BinaryOp::ShrUnsigned => Ok((left.cast_unsigned() >> distance()?).cast_signed()),
        BinaryOp::WrappingAdd => Ok(ty.wrap(left.wrapping_add(right))),
        BinaryOp::WrappingSub => Ok(ty.wrap(left.wrapping_sub(right))),
        BinaryOp::WrappingMul => Ok(ty.wrap(left.wrapping_mul(right))),
    }
}

fn in_range(ty: &Type, value: i64) -> Result<i32, Trap> {
    let (low, high) = ty.range().unwrap_or_default();
    i32::try_from(value)
        .ok()
        .filter(|value| *value >= low && *value <= high)
        .ok_or_else(|| Trap::Overflow {
            value,
            ty: ty.clone(),
        })
}
