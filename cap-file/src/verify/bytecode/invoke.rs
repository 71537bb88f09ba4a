//! Calls.

use super::access;
use super::frame::{Fault, Frame};
use super::step::{Stepper, Stop};
use super::types::{Reference, Value};
use crate::component::constant_pool::Constant;
use crate::opcode::Opcode;
use crate::verify::Rule;
use crate::verify::world::{Callee, ClassId, Member, Resolved, Type, Visibility};

impl Stepper<'_, '_> {
    /// Takes the arguments of a call, last one first.
    fn arguments(&self, frame: &mut Frame, callee: &Callee) -> Result<(), Fault> {
        for declared in callee.signature.arguments.iter().rev() {
            self.pop_declared(frame, Rule::InvokeArguments, *declared)?;
        }
        Ok(())
    }

    fn receiver(&self, frame: &mut Frame, class: ClassId) -> Result<Value, Fault> {
        let value = frame.pop()?;
        if self
            .types
            .is_assignable(self.world, value, Type::Class(class))
        {
            return Ok(value);
        }
        let rule = match value {
            Value::New(_) | Value::NewThis => Rule::ObjectInit,
            _ => Rule::InvokeArguments,
        };
        Err(Fault::new(
            rule,
            format!("an object of {}", self.world.name(class)),
            self.types.name(self.world, value),
        ))
    }

    fn result(frame: &mut Frame, callee: &Callee) -> Result<(), Fault> {
        callee
            .signature
            .result
            .map_or(Ok(()), |result| frame.push(result.into()))
    }

    fn may_call(&self, callee: &Callee, receiver: Option<Value>) -> Result<(), Fault> {
        let (rule, owner) = (Rule::InvokeAccess, callee.class);
        access::check(
            self.world,
            self.types,
            rule,
            self.class,
            owner,
            callee.visibility,
            receiver,
        )
    }

    /// `invokevirtual`, `invokespecial` and `invokestatic`.
    pub(crate) fn invoke(
        &self,
        frame: &mut Frame,
        opcode: Opcode,
        resolved: &Resolved,
    ) -> Result<(), Stop> {
        let Member::Method(callee) = &resolved.member else {
            return Err(Stop::Reported);
        };
        match (opcode, resolved.constant, resolved.class) {
            (Opcode::Invokevirtual, Constant::VirtualMethod { .. }, Some(class)) => {
                self.arguments(frame, callee)?;
                let receiver = self.receiver(frame, class)?;
                self.may_call(callee, Some(receiver))?;
                Ok(Self::result(frame, callee)?)
            }
            (Opcode::Invokespecial, Constant::SuperMethod { token, .. }, Some(class)) => {
                if class != self.class || callee.is_abstract {
                    let expected = "a method with code in the superclass of the current class";
                    return Err(Fault::new(
                        Rule::InvokeSuper,
                        expected,
                        format!("token {token} above {}", self.world.name(class)),
                    )
                    .into());
                }
                self.arguments(frame, callee)?;
                let receiver = self.receiver(frame, self.class)?;
                self.may_call(callee, Some(receiver))?;
                Ok(Self::result(frame, callee)?)
            }
            (Opcode::Invokespecial, Constant::StaticMethod(_), _) => self.special(frame, callee),
            (Opcode::Invokestatic, Constant::StaticMethod(_), _) => {
                if !callee.is_static || callee.is_constructor {
                    return Err(Fault::new(
                        Rule::InvokeKind,
                        "a static method",
                        "an instance method",
                    )
                    .into());
                }
                self.may_call(callee, None)?;
                self.arguments(frame, callee)?;
                Ok(Self::result(frame, callee)?)
            }
            _ => Err(Stop::Reported),
        }
    }

    /// A constructor, or a private method.
    fn special(&self, frame: &mut Frame, callee: &Callee) -> Result<(), Stop> {
        if callee.is_static || (!callee.is_constructor && callee.visibility != Visibility::Private)
        {
            return Err(Fault::new(
                Rule::InvokeKind,
                "a constructor or a private method",
                "another method",
            )
            .into());
        }
        self.arguments(frame, callee)?;
        if !callee.is_constructor {
            let receiver = self.receiver(frame, callee.class)?;
            self.may_call(callee, Some(receiver))?;
            return Ok(Self::result(frame, callee)?);
        }
        let object = frame.pop()?;
        let class = match object {
            Value::New(index) => self.made_by(index).ok_or(Stop::Reported)?,
            Value::NewThis => self.class,
            other => {
                let found = self.types.name(self.world, other);
                return Err(Fault::new(Rule::ObjectInit, "an uninitialised object", found).into());
            }
        };
        let above = self
            .world
            .get(self.class)
            .and_then(|class| class.super_class);
        let fits =
            callee.class == class || (object == Value::NewThis && above == Some(callee.class));
        if !fits {
            let expected = format!("a constructor of {}", self.world.name(class));
            return Err(Fault::new(
                Rule::ConstructorClass,
                expected,
                format!("one of {}", self.world.name(callee.class)),
            )
            .into());
        }
        // `new` of a class in another package needs a public constructor; super() may be protected.
        let outside = object != Value::NewThis
            && callee.visibility == Visibility::Protected
            && !self.world.is_own(callee.class);
        if outside {
            return Err(Fault::new(
                Rule::InvokeAccess,
                "a public constructor",
                "a protected one",
            )
            .into());
        }
        self.may_call(
            callee,
            Some(object).filter(|object| *object == Value::NewThis),
        )?;
        frame.replace(object, Value::Object(Reference::Class(class)));
        if object == Value::NewThis {
            frame.owes_super = false;
        }
        Ok(())
    }

    pub(crate) fn invoke_interface(
        &self,
        frame: &mut Frame,
        nargs: u8,
        resolved: &Resolved,
        token: u8,
    ) -> Result<(), Stop> {
        let (Constant::Class(_), Some(interface)) = (resolved.constant, resolved.class) else {
            return Err(Stop::Reported);
        };
        let callee = self.world.cached_interface_method(interface, token);
        let (true, Some(callee)) = (self.world.is_interface(interface), callee) else {
            let found = format!("token {token} of {}", self.world.name(interface));
            return Err(
                Fault::new(Rule::InvokeInterface, "a method of an interface", found).into(),
            );
        };
        let words = callee.signature.argument_words() + 1;
        if usize::from(nargs) != words {
            return Err(Fault::new(
                Rule::InvokeInterface,
                format!("nargs {words}"),
                nargs.to_string(),
            )
            .into());
        }
        self.arguments(frame, &callee)?;
        self.receiver(frame, interface)?;
        Ok(Self::result(frame, &callee)?)
    }
}
