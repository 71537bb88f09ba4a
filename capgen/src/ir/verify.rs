//! The rules of the IR, checked.
//!
//! - Every index (class, field, function, array, local, block) exists; every function has a block.
//! - An instance method's first parameter has the type of its class; no local is a parameter twice;
//!   the receiver is never assigned.
//! - An entry method's parameters and result agree with its descriptor; `install` is static and is
//!   the function that the applet names.
//! - Every local has a value on every path to where it is read.
//! - Operands have the types that the operation asks for: both sides of a binary operation its
//!   type, a shift distance any integer but `int` (of an `int` an `int`), conditions `bool`, indices and lengths an
//!   integer but `int`, statuses `u16`. References agree with what they are stored in or passed to; where an API class or
//!   interface is wanted any object will do, since only the verifier of CAP files knows their
//!   hierarchy.
//! - `Neg` is for signed integers, `Not` for `bool` and all integers but `usize`, arithmetic for
//!   integers, bitwise operations also for `bool`. Wrapping operations are not for `usize`, which is
//!   wider on the host.
//! - Constants, constant array elements and switch keys are in the range of their type; switch keys
//!   are distinct.
//! - Calls have as many arguments as parameters, of their types; a call of an API method agrees with
//!   its descriptor: `Z` is `bool`, `B` is `u8` or `i8`, `S` is any integer but `int`,
//!   `I` is `int`.
//! - A function with a result returns one of that type, one without returns none.

mod expression;

use super::dataflow::{self, LocalSet};
use super::descriptor;
use super::{
    BlockId, ClassId, Element, Expr, Function, FunctionId, Position, Program, Statement,
    Terminator, Type,
};
use std::collections::HashSet;
use thiserror::Error;

/// A broken rule.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{place}{}: {rule}", position_text(*position))]
pub struct VerifyError {
    /// The function, class or array.
    pub place: String,
    /// Where in the source.
    pub position: Position,
    /// What is not as it must be.
    pub rule: String,
}

fn position_text(position: Position) -> String {
    if position.line == 0 {
        String::new()
    } else {
        format!(" (line {}, column {})", position.line, position.column)
    }
}

/// Checks a program.
///
/// # Errors
/// The first broken rule.
pub fn verify(program: &Program) -> Result<(), VerifyError> {
    let fault = |place: &str, rule: String| VerifyError {
        place: place.to_owned(),
        position: Position::default(),
        rule,
    };
    for class in &program.classes {
        for field in &class.fields {
            check_type(program, &field.ty).map_err(|rule| fault(&class.name, rule))?;
        }
    }
    for array in &program.arrays {
        let Some((low, high)) = array.element.value_type().range() else {
            return Err(fault(
                &array.name,
                "a constant array holds no objects".to_owned(),
            ));
        };
        if let Some(value) = array
            .values
            .iter()
            .find(|value| **value < low || **value > high)
        {
            return Err(fault(
                &array.name,
                format!("{value} is not in {low}..={high}"),
            ));
        }
    }
    for applet in &program.applets {
        let install = program.functions.get(applet.install.0);
        let is_install = |function: &Function| {
            function.receiver.is_none()
                && function
                    .entry
                    .as_ref()
                    .is_some_and(|entry| entry.name == "install" && entry.descriptor == "([BSB)V")
        };
        if program.classes.get(applet.class.0).is_none() || !install.is_some_and(is_install) {
            let rule =
                "an applet needs its class and a static entry method install([BSB)V".to_owned();
            return Err(fault(&program.name, rule));
        }
    }
    (0..program.functions.len()).try_for_each(|index| verify_function(program, FunctionId(index)))
}

/// Checks one function of a program.
///
/// # Errors
/// The first broken rule.
pub fn verify_function(program: &Program, id: FunctionId) -> Result<(), VerifyError> {
    let Some(function) = program.functions.get(id.0) else {
        return Err(VerifyError {
            place: program.name.clone(),
            position: Position::default(),
            rule: format!("there is no function {}", id.0),
        });
    };
    let mut checker = Checker {
        program,
        function,
        position: function.position,
        assigned: LocalSet::empty(0),
    };
    checker.function().map_err(|rule| VerifyError {
        place: function.name.clone(),
        position: checker.position,
        rule,
    })
}

type Rule<T = ()> = Result<T, String>;

fn check_type(program: &Program, ty: &Type) -> Rule {
    match ty {
        Type::Class(ClassId(class)) | Type::Array(Element::Class(ClassId(class)))
            if *class >= program.classes.len() =>
        {
            Err(format!("there is no class {class}"))
        }
        _ => Ok(()),
    }
}

struct Checker<'a> {
    program: &'a Program,
    function: &'a Function,
    position: Position,
    /// The locals that have a value at the expression under check.
    assigned: LocalSet,
}

impl Checker<'_> {
    fn function(&mut self) -> Rule {
        let function = self.function;
        for local in &function.locals {
            check_type(self.program, &local.ty)?;
        }
        let mut seen = HashSet::new();
        for parameter in &function.parameters {
            if parameter.0 >= function.locals.len() || !seen.insert(*parameter) {
                return Err(format!(
                    "parameter {} is missing or named twice",
                    parameter.0
                ));
            }
        }
        self.receiver()?;
        self.entry()?;
        if function.blocks.is_empty() {
            return Err("a function has at least one block".to_owned());
        }
        for block in &function.blocks {
            for next in block.terminator.successors() {
                if next.0 >= function.blocks.len() {
                    return Err(format!("there is no block {}", next.0));
                }
            }
        }
        let assigned = dataflow::assigned_in(function, &[]);
        let reachable = dataflow::reachable(function);
        for (index, block) in function.blocks.iter().enumerate() {
            if !reachable.get(index).copied().unwrap_or(false) {
                continue;
            }
            self.assigned = assigned
                .get(index)
                .cloned()
                .unwrap_or_else(|| LocalSet::empty(0));
            for (statement, position) in &block.statements {
                self.position = *position;
                self.statement(statement)?;
                if let Statement::Set(local, _) = statement {
                    self.assigned.insert(*local);
                }
            }
            self.position = block.position;
            self.terminator(BlockId(index), &block.terminator)?;
        }
        Ok(())
    }

    fn receiver(&self) -> Rule {
        let Some(class) = self.function.receiver else {
            return Ok(());
        };
        check_type(self.program, &Type::Class(class))?;
        let this = self
            .function
            .parameters
            .first()
            .ok_or("an instance method has a first parameter")?;
        let ty = self.function.locals.get(this.0).map(|local| &local.ty);
        if ty != Some(&Type::Class(class)) {
            return Err(format!(
                "the first parameter of an instance method is of its class, not {ty:?}"
            ));
        }
        let assigned = self
            .function
            .blocks
            .iter()
            .flat_map(|block| &block.statements);
        for (statement, _) in assigned {
            if matches!(statement, Statement::Set(local, _) if local == this) {
                return Err("the receiver is never assigned".to_owned());
            }
        }
        Ok(())
    }

    fn entry(&self) -> Rule {
        let Some(entry) = &self.function.entry else {
            return Ok(());
        };
        let wrong = || {
            format!(
                "parameters and result do not agree with {}{}",
                entry.name, entry.descriptor
            )
        };
        let described = descriptor::parameters(&entry.descriptor).ok_or_else(wrong)?;
        let skip = usize::from(self.function.receiver.is_some());
        let parameters = self.function.parameters.get(skip..).ok_or_else(wrong)?;
        if parameters.len() != described.len() {
            return Err(wrong());
        }
        for (parameter, described) in parameters.iter().zip(described) {
            let ty = self
                .function
                .locals
                .get(parameter.0)
                .map(|local| &local.ty)
                .ok_or_else(wrong)?;
            expression::agrees_with_descriptor(ty, described)
                .then_some(())
                .ok_or_else(wrong)?;
        }
        let result = descriptor::result(&entry.descriptor).ok_or_else(wrong)?;
        match &self.function.result {
            None if result == "V" => Ok(()),
            Some(ty) if expression::agrees_with_descriptor(ty, result) => Ok(()),
            _ => Err(wrong()),
        }
    }

    fn statement(&self, statement: &Statement) -> Rule {
        match statement {
            Statement::Set(local, value) => {
                let ty = self
                    .function
                    .locals
                    .get(local.0)
                    .map(|local| local.ty.clone());
                self.expect(
                    value,
                    &ty.ok_or_else(|| format!("there is no local {}", local.0))?,
                )
            }
            Statement::SetField(object, field, class, value) => {
                self.expect(object, &Type::Class(*class))?;
                let ty = self.field_type(*field, *class)?;
                self.expect(value, &ty)
            }
            Statement::SetElement(element, array, index, value) => {
                self.expect(array, &Type::Array(element.clone()))?;
                self.expect_short(index)?;
                self.expect(value, &element.value_type())
            }
            Statement::Eval(value) => self.expression(value).map(|_| ()),
        }
    }

    fn terminator(&self, block: BlockId, terminator: &Terminator) -> Rule {
        match terminator {
            Terminator::Goto(_) | Terminator::Unreachable => Ok(()),
            Terminator::If(condition, _, _) => self.expect(condition, &Type::Bool),
            Terminator::Switch(key, cases, _) => {
                let ty = self.expect_integer(key)?;
                let (low, high) = ty.range().unwrap_or_default();
                let mut seen = HashSet::new();
                for (value, _) in cases {
                    if *value < low || *value > high || !seen.insert(*value) {
                        return Err(format!(
                            "switch key {value} of block {} is out of range or stands twice",
                            block.0
                        ));
                    }
                }
                Ok(())
            }
            Terminator::Return(value) => match (value, &self.function.result) {
                (None, None) => Ok(()),
                (Some(value), Some(ty)) => self.expect(value, ty),
                _ => Err("a function returns a value exactly where it has a result".to_owned()),
            },
            Terminator::Throw(status) => self.expect(status, &Type::U16),
        }
    }

    fn field_type(&self, field: usize, class: ClassId) -> Rule<Type> {
        let found = self
            .program
            .classes
            .get(class.0)
            .and_then(|class| class.fields.get(field));
        found
            .map(|field| field.ty.clone())
            .ok_or_else(|| format!("class {} has no field {field}", class.0))
    }

    /// That an expression is sound and has this type.
    fn expect(&self, expr: &Expr, ty: &Type) -> Rule {
        match self.expression(expr)? {
            Some(found) if expression::fits(&found, ty) => Ok(()),
            found => Err(format!(
                "expected a value of type {ty:?}, found {found:?} in {expr:?}"
            )),
        }
    }

    /// That an expression is an integer of one word.
    fn expect_short(&self, expr: &Expr) -> Rule {
        match self.expect_integer(expr)? {
            Type::Int => Err(format!("expected an integer of one word, found {expr:?}")),
            _ => Ok(()),
        }
    }

    fn expect_integer(&self, expr: &Expr) -> Rule<Type> {
        match self.expression(expr)? {
            Some(ty) if ty.is_integer() => Ok(ty),
            found => Err(format!("expected an integer, found {found:?} in {expr:?}")),
        }
    }
}
