//! The rules of expressions.

use super::{Checker, Rule, check_type};
use crate::ir::{BinaryOp, Callee, CompareOp, Expr, Type, UnaryOp, descriptor};
use cap_file::api::MethodKind;

/// Whether a value of type `found` may stand where `wanted` is asked for.
pub(super) fn fits(found: &Type, wanted: &Type) -> bool {
    match (found, wanted) {
        // Subtypes of API classes are known to the verifier of CAP files only.
        (found, Type::Api(_)) => found.is_reference(),
        _ => found == wanted,
    }
}

/// Whether a value of this type is passed as a Java value of the described type.
pub(super) fn agrees_with_descriptor(ty: &Type, descriptor: &str) -> bool {
    use crate::ir::Element;
    match descriptor.as_bytes() {
        [b'Z'] => *ty == Type::Bool,
        [b'B'] => matches!(ty, Type::U8 | Type::I8),
        [b'S'] => ty.is_integer() && *ty != Type::Int,
        [b'I'] => *ty == Type::Int,
        [b'[', b'Z'] => *ty == Type::Array(Element::Bool),
        [b'[', b'B'] => matches!(ty, Type::Array(Element::U8 | Element::I8)),
        [b'[', b'S'] => matches!(ty, Type::Array(Element::U16 | Element::I16)),
        [b'[', b'I'] => *ty == Type::Array(Element::Int),
        [b'L' | b'[', ..] => ty.is_reference(),
        _ => false,
    }
}

impl Checker<'_> {
    /// The type of an expression that keeps the rules.
    pub(super) fn expression(&self, expr: &Expr) -> Rule<Option<Type>> {
        match expr {
            Expr::Const(ty, value) => {
                let (low, high) = ty.range().ok_or("a constant is a scalar")?;
                if *value < low || *value > high {
                    return Err(format!("{value} is not a {ty:?}"));
                }
            }
            Expr::Local(local) => {
                if local.0 >= self.function.locals.len() {
                    return Err(format!("there is no local {}", local.0));
                }
                if !self.assigned.contains(*local) {
                    let name = self
                        .function
                        .locals
                        .get(local.0)
                        .map_or("", |local| &local.name);
                    return Err(format!(
                        "local {} {name} is read before it is assigned",
                        local.0
                    ));
                }
            }
            Expr::ConstArray(array) => {
                self.program
                    .arrays
                    .get(array.0)
                    .ok_or_else(|| format!("there is no array {}", array.0))?;
            }
            Expr::Unary(op, ty, operand) => {
                let allowed = match op {
                    UnaryOp::Neg => ty.is_signed(),
                    UnaryOp::Not => *ty == Type::Bool || ty.is_integer() && *ty != Type::Usize,
                };
                if !allowed {
                    return Err(format!("{op:?} is not for {ty:?}"));
                }
                self.expect(operand, ty)?;
            }
            Expr::Binary(op, ty, left, right) => self.binary(*op, ty, left, right)?,
            Expr::Compare(op, ty, left, right) => {
                if ty.is_reference() && !matches!(op, CompareOp::Eq | CompareOp::Ne) {
                    return Err(format!("{op:?} is not for references"));
                }
                self.expect(left, ty)?;
                self.expect(right, ty)?;
            }
            Expr::Cast { from, to, value } => {
                if !to.is_integer() || !(from.is_integer() || *from == Type::Bool) {
                    return Err(format!("no cast from {from:?} to {to:?}"));
                }
                self.expect(value, from)?;
            }
            Expr::Field(object, field, class) => {
                self.field_type(*field, *class)?;
                self.expect(object, &Type::Class(*class))?;
            }
            Expr::Element(element, array, index) => {
                self.expect(array, &Type::Array(element.clone()))?;
                self.expect_short(index)?;
            }
            Expr::Length(array) => match self.expression(array)? {
                Some(Type::Array(_)) => {}
                found => return Err(format!("the length of {found:?}")),
            },
            Expr::Call(callee, arguments, result) => {
                self.call(callee, arguments, result.as_ref())?
            }
            Expr::New(class) => check_type(self.program, &Type::Class(*class))?,
            Expr::NewArray(element, length) => {
                check_type(self.program, &Type::Array(element.clone()))?;
                self.expect_short(length)?;
            }
            Expr::Downcast(value, _) => match self.expression(value)? {
                Some(ty) if ty.is_reference() => {}
                found => return Err(format!("a downcast of {found:?}")),
            },
            Expr::Null(ty) => {
                if !ty.is_reference() {
                    return Err(format!("null is no {ty:?}"));
                }
            }
        }
        Ok(expr.type_in(self.program, self.function))
    }

    fn binary(&self, op: BinaryOp, ty: &Type, left: &Expr, right: &Expr) -> Rule {
        let allowed = match op {
            BinaryOp::And | BinaryOp::Or | BinaryOp::Xor => ty.is_integer() || *ty == Type::Bool,
            BinaryOp::WrappingAdd | BinaryOp::WrappingSub | BinaryOp::WrappingMul => {
                ty.is_integer() && *ty != Type::Usize
            }
            BinaryOp::ShrUnsigned => *ty == Type::Int,
            _ => ty.is_integer(),
        };
        if !allowed {
            return Err(format!("{op:?} is not for {ty:?}"));
        }
        self.expect(left, ty)?;
        // The card takes the distance of an `int` as an `int`, and no other one as that.
        if !op.is_shift() || *ty == Type::Int {
            self.expect(right, ty)?;
        } else {
            self.expect_short(right)?;
        }
        if !op.is_shift() {
            return Ok(());
        }
        if let Expr::Const(_, distance) = right
            && !u32::try_from(*distance).is_ok_and(|distance| distance < ty.bits())
        {
            return Err(format!("a {ty:?} is shifted by {distance}"));
        }
        Ok(())
    }

    fn call(&self, callee: &Callee, arguments: &[Expr], result: Option<&Type>) -> Rule {
        let Callee::Api(method) = callee else {
            let Callee::Function(id) = callee else {
                return Ok(());
            };
            let callee = self
                .program
                .functions
                .get(id.0)
                .ok_or_else(|| format!("there is no function {}", id.0))?;
            if arguments.len() != callee.parameters.len() || result != callee.result.as_ref() {
                return Err(format!("a call that does not agree with {}", callee.name));
            }
            return arguments.iter().zip(&callee.parameters).try_for_each(
                |(argument, parameter)| {
                    let ty = callee.locals.get(parameter.0).map(|local| &local.ty);
                    self.expect(argument, ty.ok_or("a parameter is a local")?)
                },
            );
        };
        let wrong = || format!("a call that does not agree with {method}");
        let found = self
            .program
            .api_class(&method.class)
            .and_then(|class| class.method(&method.name, &method.descriptor))
            .ok_or_else(|| format!("the API has no {method}"))?;
        let parameters = descriptor::parameters(&method.descriptor).ok_or_else(wrong)?;
        let has_receiver = matches!(found.kind, MethodKind::Virtual | MethodKind::Interface);
        if arguments.len() != parameters.len() + usize::from(has_receiver) {
            return Err(wrong());
        }
        let (receiver, rest) = arguments
            .split_at_checked(usize::from(has_receiver))
            .ok_or_else(wrong)?;
        for receiver in receiver {
            self.expect(receiver, &Type::Api(method.class.clone()))?;
        }
        for (argument, parameter) in rest.iter().zip(parameters) {
            let ty = self.expression(argument)?.ok_or_else(wrong)?;
            if !agrees_with_descriptor(&ty, parameter) {
                return Err(format!("{ty:?} for the parameter {parameter} of {method}"));
            }
        }
        let described = descriptor::result(&method.descriptor).ok_or_else(wrong)?;
        let agrees = match result {
            None => described == "V",
            Some(ty) if found.kind == MethodKind::Constructor => ty.is_reference(),
            Some(ty) => agrees_with_descriptor(ty, described),
        };
        agrees.then_some(()).ok_or_else(wrong)
    }
}
