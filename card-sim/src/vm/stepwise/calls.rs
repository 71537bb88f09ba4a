//! Calls: who may be called on what, with what, and what comes back.

use super::{MISSING, NO_FRAME, Outcome, Word, WordTag};
use crate::vm::Vm;
use crate::vm::bytecode::Constant;
use crate::vm::heap::{Context, Kind};
use crate::vm::interpreter::no_body;
use crate::vm::program::{Body, ClassId, Method, NO_METHOD, Program};
use crate::vm::trap::Trap;
use crate::vm::types::Type;
use crate::work;
use cap_file::Opcode;

const NO_TARGET: Trap = Trap::BadCode("a call of no method");
const NOT_ITS_CLASS: Trap = Trap::BadCode("a method of a class that the object is not of");
const WRONG_ARGUMENT: Trap = Trap::BadCode("an argument of another type than the method's");
const WRONG_RESULT: Trap = Trap::BadCode("a result of another type than the method's");

impl<'a> Vm<'a> {
    fn target(&self, method: u32) -> Result<&'a Method, Trap> {
        let program: &'a Program = self.program;
        (method != NO_METHOD)
            .then(|| program.method(method))
            .flatten()
            .ok_or(NO_TARGET)
    }

    pub(super) fn call_method(&mut self, opcode: Opcode, index: u16) -> Result<Outcome, Trap> {
        let constant = self.constant(index)?;
        match (opcode, constant) {
            (Opcode::Invokestatic, Constant::StaticMethod(method)) => {
                let target = self.target(method)?;
                if target.is_static == Some(false) {
                    return Err(Trap::BadCode("invokestatic of a method that is not static"));
                }
                self.enter(target, self.context, self.owner)
            }
            (Opcode::Invokespecial, Constant::StaticMethod(method)) => {
                let target = self.target(method)?;
                if target.is_static == Some(true) {
                    return Err(Trap::BadCode("invokespecial of a static method"));
                }
                self.call_special(target, target.class)
            }
            (Opcode::Invokespecial, Constant::SuperMethod { class, method }) => {
                let target = self.target(method)?;
                self.call_special(target, Some(class))
            }
            (
                Opcode::Invokevirtual,
                Constant::VirtualMethod {
                    class,
                    place,
                    method,
                },
            ) => {
                let named = self.target(method)?;
                let this = self.receiver(named.arguments)?;
                let object = self.heap.live(this)?;
                if !Type::Object(class).admits(self.program, &object) {
                    return Err(NOT_ITS_CLASS);
                }
                let (method, context, owner) = self.virtual_target(&object, place)?;
                let target = self.target(method)?;
                self.enter(target, context, owner)
            }
            _ => Err(MISSING),
        }
    }

    fn call_special(
        &mut self,
        target: &'a Method,
        class: Option<ClassId>,
    ) -> Result<Outcome, Trap> {
        let this = self.receiver(target.arguments)?;
        let object = self.heap.live(this)?;
        if class.is_some_and(|class| !Type::Object(class).admits(self.program, &object)) {
            return Err(NOT_ITS_CLASS);
        }
        self.enter(target, self.context, self.owner)
    }

    pub(super) fn call_interface(
        &mut self,
        words: u8,
        index: u16,
        token: u8,
    ) -> Result<Outcome, Trap> {
        let interface = self.class_constant(index)?;
        let this = self.receiver(words)?;
        let object = self.heap.live(this)?;
        if object.kind != Kind::Instance || !self.program.is_instance(object.class, interface) {
            return Err(Trap::BadCode("an interface that the object has not"));
        }
        let (method, context, owner) = self.interface_target(&object, interface, token)?;
        let target = self.target(method)?;
        if target.arguments != words {
            return Err(Trap::BadCode(
                "invokeinterface with another number of words",
            ));
        }
        self.enter(target, context, owner)
    }

    /// The object that a method with so many argument words is called on.
    fn receiver(&mut self, words: u8) -> Result<u16, Trap> {
        let below = usize::from(words).checked_sub(1).ok_or(NO_TARGET)?;
        let word = self.peek(below)?;
        match word.tag {
            WordTag::Reference => Ok(word.value.cast_unsigned()),
            _ => Err(Trap::BadCode("a method of no object")),
        }
    }

    /// Calls a method: natives at once, bytecode in a frame of its own, which takes the arguments
    /// over from the stack.
    fn enter(&mut self, target: &'a Method, context: Context, owner: u8) -> Result<Outcome, Trap> {
        let words = usize::from(target.arguments);
        match target.body {
            Body::Code(_) => {
                let frame = self.machine()?.top_mut()?;
                let first = frame.depth.checked_sub(words).ok_or(Trap::BadCode(
                    "fewer words on the operand stack than the method has arguments",
                ))?;
                let base = frame.base + frame.locals + first;
                frame.depth = first;
                // Within one context the application that runs stays the same.
                let owner = if context == self.context {
                    self.owner
                } else {
                    owner
                };
                self.begin_frame(target, base, None, context, owner)?;
                Ok(Outcome::Entered)
            }
            Body::Native(native) => {
                let arguments = self.pop_words(words)?;
                self.check_words(target, &arguments)?;
                let values: Vec<i16> = arguments.iter().map(|word| word.value).collect();
                // As in fast mode: a native counts as one more bytecode.
                self.meter.executed += 1;
                self.tell_work(target, &values);
                let result = self.run_native(native, target, &values)?;
                self.push_result(target, result)?;
                Ok(Outcome::Next)
            }
            Body::None => Err(no_body(self.program, target)),
        }
    }

    /// Tells who watches what a native is about to do.
    fn tell_work(&mut self, target: &Method, arguments: &[i16]) {
        if self.observer.is_none() {
            return;
        }
        let works = target
            .name
            .as_deref()
            .map_or_else(Vec::new, |name| work::of(self, name, arguments));
        if let Some(observer) = self.observer.as_deref_mut() {
            for work in &works {
                observer.work(work);
            }
        }
    }

    fn push_result(&mut self, target: &Method, result: i32) -> Result<(), Trap> {
        let declared = target.signature.as_ref().map(|signature| signature.result);
        match declared {
            Some(Type::Void) => Ok(()),
            Some(Type::Int) => self.push_int(result),
            Some(declared) if declared.is_reference() => {
                let [_, _, high, low] = result.to_be_bytes();
                self.push_reference(u16::from_be_bytes([high, low]))
            }
            Some(_) => self.push_short(crate::vm::interpreter::truncate(result)),
            None => Err(NO_TARGET),
        }
    }

    /// The arguments of the frame that has just begun.
    pub(super) fn check_arguments(&mut self, target: &Method) -> Result<(), Trap> {
        let machine = self.stepwise.as_ref().ok_or(NO_FRAME)?;
        let base = machine.top()?.base;
        let words = machine
            .words
            .get(base..base + usize::from(target.arguments))
            .ok_or(NO_FRAME)?;
        self.check_words(target, words)
    }

    fn check_words(&self, target: &Method, words: &[Word]) -> Result<(), Trap> {
        let Some(signature) = &target.signature else {
            // No value of a frame's own may leave it.
            let is_foreign =
                |word: &Word| matches!(word.tag, WordTag::Nothing | WordTag::ReturnAddress);
            return if words.iter().any(is_foreign) {
                Err(WRONG_ARGUMENT)
            } else {
                Ok(())
            };
        };
        let mut words = words.iter();
        if target.is_static == Some(false) {
            let this = words.next().ok_or(WRONG_ARGUMENT)?;
            if this.tag != WordTag::Reference {
                return Err(WRONG_ARGUMENT);
            }
        }
        for argument in &signature.arguments {
            let first = words.next().ok_or(WRONG_ARGUMENT)?;
            let fits = match (argument, first.tag) {
                (Type::Int, WordTag::IntHigh) => words
                    .next()
                    .is_some_and(|second| second.tag == WordTag::IntLow),
                (Type::Boolean | Type::Byte | Type::Short, WordTag::Short) => true,
                (argument, WordTag::Reference) if argument.is_reference() => self
                    .check_assignable(first.value.cast_unsigned(), Some(*argument))
                    .is_ok(),
                _ => false,
            };
            if !fits {
                return Err(WRONG_ARGUMENT);
            }
        }
        match words.next() {
            None => Ok(()),
            Some(_) => Err(WRONG_ARGUMENT),
        }
    }

    /// What a return instruction gives, against the method's signature.
    pub(super) fn check_result(&mut self, words: &[Word]) -> Result<(), Trap> {
        let Some(signature) = &self.machine()?.top()?.method.signature else {
            return Ok(());
        };
        let fits = match (signature.result, words) {
            (Type::Void, []) | (Type::Int, [_, _]) => true,
            (result, [word]) if result.is_reference() => {
                word.tag == WordTag::Reference
                    && self
                        .check_assignable(word.value.cast_unsigned(), Some(result))
                        .is_ok()
            }
            (Type::Boolean | Type::Byte | Type::Short, [word]) => word.tag == WordTag::Short,
            _ => false,
        };
        if fits { Ok(()) } else { Err(WRONG_RESULT) }
    }
}
