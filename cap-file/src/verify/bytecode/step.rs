//! What one instruction does to the types.

use super::access;
use super::frame::{Fault, Frame};
use super::types::{Reference, Types, Value, type_name};
use crate::component::constant_pool::Constant;
use crate::component::descriptor::access::ACC_INIT;
use crate::instruction::{Instruction, Operands};
use crate::opcode::{Layout, Opcode};
use crate::verify::Rule;
use crate::verify::structure::MethodCode;
use crate::verify::world::{ClassId, Field, Member, Resolved, Type, World};

/// Why a path is not followed further.
#[derive(Debug)]
pub(crate) enum Stop {
    /// This rule is broken.
    Fault(Fault),
    /// A structural rule is, which has been reported.
    Reported,
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Stop::Fault(fault)
    }
}

/// One method and what it may refer to.
pub(crate) struct Stepper<'s, 'a> {
    pub(crate) world: &'s World<'a>,
    pub(crate) types: &'s Types,
    pub(crate) code: &'s MethodCode<'a>,
    /// The class that declares the method.
    pub(crate) class: ClassId,
    pub(crate) result: Option<Type>,
}

impl Stepper<'_, '_> {
    /// The class that a `new` makes.
    pub(crate) fn made_by(&self, at: u16) -> Option<ClassId> {
        let (instruction, _) = self.code.instruction(at.into())?;
        let reference = instruction.pool_reference()?;
        match self.world.constant(reference.index)? {
            Constant::Class(class) => self.world.class(class),
            _ => None,
        }
    }

    /// What the constant of an instruction leads to; the class in it is one that the code may name.
    fn constant(&self, instruction: &Instruction) -> Result<&Resolved, Stop> {
        let reference = instruction.pool_reference().ok_or(Stop::Reported)?;
        let resolved = self.world.resolved(reference.index).ok_or(Stop::Reported)?;
        // A field is named with the class that declares it, which the source need not have named.
        let is_named = !matches!(resolved.constant, Constant::InstanceField { .. });
        match resolved.class {
            Some(class) if is_named && !self.world.may_name(self.class, class) => {
                let expected = "a class that is public or of the same package";
                let found = self.world.name(class);
                Err(Fault::new(Rule::ClassAccess, expected, found).into())
            }
            _ => Ok(resolved),
        }
    }

    fn constant_class(&self, instruction: &Instruction) -> Result<ClassId, Stop> {
        let resolved = self.constant(instruction)?;
        match resolved.constant {
            Constant::Class(_) => resolved.class.ok_or(Stop::Reported),
            _ => Err(Stop::Reported),
        }
    }

    /// An initialised object, an array or null.
    fn pop_reference(&self, frame: &mut Frame) -> Result<Value, Fault> {
        match frame.pop()? {
            value @ (Value::Null | Value::Object(_)) => Ok(value),
            value @ (Value::New(_) | Value::NewThis) => Err(Fault::new(
                Rule::ObjectInit,
                "an initialised object",
                self.types.name(self.world, value),
            )),
            value => Err(Fault::new(
                Rule::StackType,
                "a reference",
                self.types.name(self.world, value),
            )),
        }
    }

    /// Takes a value for a field, an argument or a result of this type.
    pub(crate) fn pop_declared(
        &self,
        frame: &mut Frame,
        rule: Rule,
        declared: Type,
    ) -> Result<(), Fault> {
        let value = frame.pop()?;
        if self.types.is_assignable(self.world, value, declared) {
            return Ok(());
        }
        let rule = if matches!(value, Value::New(_) | Value::NewThis) {
            Rule::ObjectInit
        } else {
            rule
        };
        Err(Fault::new(
            rule,
            type_name(self.world, declared),
            self.types.name(self.world, value),
        ))
    }

    /// Takes and gives what the instruction table says; for instructions of numbers only.
    fn plain(frame: &mut Frame, opcode: Opcode) -> Result<(), Stop> {
        let (pops, pushes) = opcode.pops_and_pushes().ok_or(Stop::Reported)?;
        for letter in pops.bytes().rev() {
            match letter {
                b' ' => {}
                b's' => frame.pop_exact(Value::Short, "a short")?,
                _ => frame.pop_exact(Value::IntHigh, "an int")?,
            }
        }
        for letter in pushes.bytes() {
            match letter {
                b' ' => {}
                b's' => frame.push(Value::Short)?,
                b'i' => frame.push(Value::IntHigh)?,
                _ => frame.push(Value::Null)?,
            }
        }
        Ok(())
    }

    /// Applies the instruction at an offset. Jumps and returns from subroutines are the caller's.
    pub(crate) fn step(
        &self,
        frame: &mut Frame,
        at: usize,
        instruction: &Instruction,
    ) -> Result<(), Stop> {
        let opcode = instruction.opcode;
        match opcode {
            Opcode::Aload | Opcode::Aload0 | Opcode::Aload1 | Opcode::Aload2 | Opcode::Aload3 => {
                let local = local_index(instruction);
                match frame.local(local)? {
                    value @ (Value::Null | Value::Object(_) | Value::New(_) | Value::NewThis) => {
                        frame.push(value)?
                    }
                    value => return Err(self.local_fault(local, "a reference", value)),
                }
            }
            Opcode::Sload | Opcode::Sload0 | Opcode::Sload1 | Opcode::Sload2 | Opcode::Sload3 => {
                self.read_local(frame, local_index(instruction), Value::Short, "a short")?;
                frame.push(Value::Short)?;
            }
            Opcode::Iload | Opcode::Iload0 | Opcode::Iload1 | Opcode::Iload2 | Opcode::Iload3 => {
                self.read_local(frame, local_index(instruction), Value::IntHigh, "an int")?;
                frame.push(Value::IntHigh)?;
            }
            Opcode::Astore
            | Opcode::Astore0
            | Opcode::Astore1
            | Opcode::Astore2
            | Opcode::Astore3 => match frame.pop()? {
                value @ (Value::Short | Value::IntHigh | Value::Unusable) => {
                    let found = self.types.name(self.world, value);
                    return Err(Fault::new(Rule::StackType, "a reference", found).into());
                }
                value => frame.set_local(local_index(instruction), value)?,
            },
            Opcode::Sstore
            | Opcode::Sstore0
            | Opcode::Sstore1
            | Opcode::Sstore2
            | Opcode::Sstore3 => {
                frame.pop_exact(Value::Short, "a short")?;
                frame.set_local(local_index(instruction), Value::Short)?;
            }
            Opcode::Istore
            | Opcode::Istore0
            | Opcode::Istore1
            | Opcode::Istore2
            | Opcode::Istore3 => {
                frame.pop_exact(Value::IntHigh, "an int")?;
                frame.set_local(local_index(instruction), Value::IntHigh)?;
            }
            Opcode::Sinc | Opcode::SincW => {
                self.read_local(frame, local_index(instruction), Value::Short, "a short")?;
            }
            Opcode::Iinc | Opcode::IincW => {
                self.read_local(frame, local_index(instruction), Value::IntHigh, "an int")?;
            }
            Opcode::Pop => drop(frame.pop_word()?),
            Opcode::Pop2 => frame.drop_words(2)?,
            Opcode::Dup => {
                let value = frame.pop_word()?;
                frame.push(value)?;
                frame.push(value)?;
            }
            Opcode::Dup2 => frame.duplicate(2, 0)?,
            Opcode::DupX | Opcode::SwapX => shuffle(frame, instruction)?,
            Opcode::Aaload | Opcode::Baload | Opcode::Saload | Opcode::Iaload => {
                self.load_element(frame, opcode)?
            }
            Opcode::Aastore | Opcode::Bastore | Opcode::Sastore | Opcode::Iastore => {
                self.store_element(frame, opcode)?
            }
            Opcode::Arraylength => {
                let array = self.pop_reference(frame)?;
                if matches!(
                    array,
                    Value::Object(Reference::Class(_) | Reference::Joined(_))
                ) {
                    return Err(self.array_fault("an array", array));
                }
                frame.push(Value::Short)?;
            }
            Opcode::Ifnull | Opcode::Ifnonnull | Opcode::IfnullW | Opcode::IfnonnullW => {
                self.pop_reference(frame)?;
            }
            Opcode::IfAcmpeq | Opcode::IfAcmpne | Opcode::IfAcmpeqW | Opcode::IfAcmpneW => {
                self.pop_reference(frame)?;
                self.pop_reference(frame)?;
            }
            Opcode::Athrow => {
                let value = self.pop_reference(frame)?;
                let throwable = self
                    .world
                    .named("java/lang/Throwable")
                    .ok_or(Stop::Reported)?;
                if !self
                    .types
                    .is_assignable(self.world, value, Type::Class(throwable))
                {
                    return Err(Fault::new(
                        Rule::ThrowType,
                        "a Throwable",
                        self.types.name(self.world, value),
                    )
                    .into());
                }
            }
            Opcode::Areturn | Opcode::Sreturn | Opcode::Ireturn | Opcode::Return => {
                self.return_from(frame, opcode)?
            }
            Opcode::New => self.make(frame, at, instruction)?,
            Opcode::Newarray => {
                frame.pop_exact(Value::Short, "a length (short)")?;
                frame.push(Value::Object(
                    primitive_array(instruction).ok_or(Stop::Reported)?,
                ))?;
            }
            Opcode::Anewarray => {
                frame.pop_exact(Value::Short, "a length (short)")?;
                frame.push(Value::Object(Reference::ClassArray(
                    self.constant_class(instruction)?,
                )))?;
            }
            Opcode::Checkcast => {
                self.pop_reference(frame)?;
                frame.push(Value::Object(self.tested_type(instruction)?))?;
            }
            Opcode::Instanceof => {
                self.pop_reference(frame)?;
                self.tested_type(instruction)?;
                frame.push(Value::Short)?;
            }
            Opcode::Invokevirtual | Opcode::Invokespecial | Opcode::Invokestatic => {
                self.invoke(frame, opcode, self.constant(instruction)?)?;
            }
            Opcode::Invokeinterface => {
                let Operands::InvokeInterface { nargs, method, .. } = instruction.operands else {
                    return Err(Stop::Reported);
                };
                self.invoke_interface(frame, nargs, self.constant(instruction)?, method)?;
            }
            // `jsr` pushes its return address in the flow, `ret` reads its local there.
            Opcode::Jsr | Opcode::Ret => {}
            Opcode::Impdep1 | Opcode::Impdep2 => return Err(Stop::Reported),
            _ => match opcode.layout() {
                // What is left with a constant are the field instructions.
                Layout::PoolByte | Layout::PoolShort if opcode.mnemonic().contains("static") => {
                    self.static_field(frame, instruction)?;
                }
                Layout::PoolByte | Layout::PoolShort => self.instance_field(frame, instruction)?,
                _ => Self::plain(frame, opcode)?,
            },
        }
        Ok(())
    }

    fn local_fault(&self, local: usize, expected: &str, value: Value) -> Stop {
        let found = format!(
            "{} in local variable {local}",
            self.types.name(self.world, value)
        );
        Fault::new(Rule::LocalType, expected, found).into()
    }

    fn read_local(
        &self,
        frame: &Frame,
        local: usize,
        wanted: Value,
        expected: &str,
    ) -> Result<(), Stop> {
        match frame.local(local)? {
            value if value == wanted => Ok(()),
            value => Err(self.local_fault(local, expected, value)),
        }
    }

    fn array_fault(&self, expected: &str, value: Value) -> Stop {
        Fault::new(
            Rule::ArrayType,
            expected,
            self.types.name(self.world, value),
        )
        .into()
    }

    fn load_element(&self, frame: &mut Frame, opcode: Opcode) -> Result<(), Stop> {
        frame.pop_exact(Value::Short, "an index (short)")?;
        let array = self.pop_reference(frame)?;
        self.check_array(opcode.mnemonic(), array)?;
        frame.push(match (opcode, array) {
            (Opcode::Aaload, Value::Object(Reference::ClassArray(class))) => {
                Value::Object(Reference::Class(class))
            }
            (Opcode::Aaload, _) => Value::Null,
            (Opcode::Iaload, _) => Value::IntHigh,
            _ => Value::Short,
        })?;
        Ok(())
    }

    fn store_element(&self, frame: &mut Frame, opcode: Opcode) -> Result<(), Stop> {
        match opcode {
            // Whether the element fits is checked when it is stored (JCVM §7.5.2).
            Opcode::Aastore => drop(self.pop_reference(frame)?),
            Opcode::Iastore => frame.pop_exact(Value::IntHigh, "an int")?,
            _ => frame.pop_exact(Value::Short, "a short")?,
        }
        frame.pop_exact(Value::Short, "an index (short)")?;
        let array = self.pop_reference(frame)?;
        self.check_array(opcode.mnemonic(), array)
    }

    fn check_array(&self, mnemonic: &str, array: Value) -> Result<(), Stop> {
        let (fits, expected) = match mnemonic.as_bytes().first() {
            Some(b'a') => (
                matches!(array, Value::Object(Reference::ClassArray(_))),
                "an array of references",
            ),
            Some(b'b') => (
                matches!(
                    array,
                    Value::Object(Reference::ByteArray | Reference::BooleanArray)
                ),
                "an array of bytes or booleans",
            ),
            Some(b's') => (
                matches!(array, Value::Object(Reference::ShortArray)),
                "an array of shorts",
            ),
            _ => (
                matches!(array, Value::Object(Reference::IntArray)),
                "an array of ints",
            ),
        };
        if fits || array == Value::Null {
            Ok(())
        } else {
            Err(self.array_fault(expected, array))
        }
    }

    fn return_from(&self, frame: &mut Frame, opcode: Opcode) -> Result<(), Stop> {
        let is_constructor = self.code.described.access_flags & ACC_INIT != 0;
        if is_constructor && frame.owes_super {
            let expected = "a call of another constructor before the end";
            return Err(Fault::new(Rule::ConstructorSuper, expected, "a path without").into());
        }
        let expected = || {
            self.result.map_or_else(
                || "no result".to_owned(),
                |result| type_name(self.world, result),
            )
        };
        let right_opcode = match self.result {
            None => opcode == Opcode::Return,
            Some(Type::Int) => opcode == Opcode::Ireturn,
            Some(result) if result.is_reference() => opcode == Opcode::Areturn,
            Some(_) => opcode == Opcode::Sreturn,
        };
        if !right_opcode {
            return Err(Fault::new(Rule::ReturnType, expected(), opcode.mnemonic()).into());
        }
        if let Some(result) = self.result {
            self.pop_declared(frame, Rule::ReturnType, result)?;
        }
        Ok(())
    }

    fn make(&self, frame: &mut Frame, at: usize, instruction: &Instruction) -> Result<(), Stop> {
        let class = self.constant_class(instruction)?;
        if self.world.is_interface(class) || self.world.is_abstract(class) {
            let found = self.world.name(class);
            return Err(Fault::new(Rule::ObjectNew, "a class that is not abstract", found).into());
        }
        // An object that this instruction made before and that has no constructor yet must not be mistaken for
        // the new one.
        let object = Value::new_at(at);
        if frame.stack.contains(&object) {
            return Err(Fault::new(
                Rule::ObjectInit,
                "no older uninitialised object of this instruction",
                "one on the stack",
            )
            .into());
        }
        frame.replace(object, Value::Unusable);
        Ok(frame.push(object)?)
    }

    fn tested_type(&self, instruction: &Instruction) -> Result<Reference, Stop> {
        let Operands::TypeCheck { array_type, .. } = instruction.operands else {
            return Err(Stop::Reported);
        };
        match array_type {
            0 => Ok(Reference::Class(self.constant_class(instruction)?)),
            14 => Ok(Reference::ClassArray(self.constant_class(instruction)?)),
            _ => primitive_array(instruction).ok_or(Stop::Reported),
        }
    }

    /// That a field has the type that the instruction's letter says.
    fn check_letter(&self, instruction: &Instruction, field: &Field) -> Result<(), Stop> {
        let letter = instruction
            .opcode
            .mnemonic()
            .split('_')
            .nth(1)
            .unwrap_or_default();
        let fits = match letter {
            "a" => field.field_type.is_reference(),
            "b" => matches!(field.field_type, Type::Byte | Type::Boolean),
            "s" => field.field_type == Type::Short,
            _ => field.field_type == Type::Int,
        };
        if fits {
            return Ok(());
        }
        Err(Fault::new(
            Rule::FieldKind,
            format!("a field of type {letter}"),
            type_name(self.world, field.field_type),
        )
        .into())
    }

    fn check_access(
        &self,
        instruction: &Instruction,
        field: &Field,
        receiver: Option<Value>,
    ) -> Result<(), Stop> {
        let rule = Rule::FieldAccess;
        access::check(
            self.world,
            self.types,
            rule,
            self.class,
            field.class,
            field.visibility,
            receiver,
        )?;
        let writes = instruction.opcode.mnemonic().starts_with("put");
        if writes && field.is_final && field.class != self.class {
            return Err(Fault::new(
                rule,
                "a field that is not final",
                "a final field of another class",
            )
            .into());
        }
        Ok(())
    }

    fn static_field(&self, frame: &mut Frame, instruction: &Instruction) -> Result<(), Stop> {
        let resolved = self.constant(instruction)?;
        let (Constant::StaticField(_), Member::Field(field)) =
            (resolved.constant, &resolved.member)
        else {
            return Err(Stop::Reported);
        };
        self.check_letter(instruction, field)?;
        self.check_access(instruction, field, None)?;
        if instruction.opcode.mnemonic().starts_with("put") {
            Ok(self.pop_declared(frame, Rule::FieldKind, field.field_type)?)
        } else {
            Ok(frame.push(field.field_type.into())?)
        }
    }

    fn instance_field(&self, frame: &mut Frame, instruction: &Instruction) -> Result<(), Stop> {
        let resolved = self.constant(instruction)?;
        let (Constant::InstanceField { .. }, Member::Field(field), Some(owner)) =
            (resolved.constant, &resolved.member, resolved.class)
        else {
            return Err(Stop::Reported);
        };
        self.check_letter(instruction, field)?;
        let mnemonic = instruction.opcode.mnemonic();
        let writes = mnemonic.starts_with("put");
        if writes {
            self.pop_declared(frame, Rule::FieldKind, field.field_type)?;
        }
        let object = if mnemonic.ends_with("_this") {
            if !frame.holds_this {
                let expected = "an instance method with `this` in local variable 0";
                return Err(Fault::new(Rule::FieldThis, expected, "none there").into());
            }
            frame.local(0)?
        } else {
            frame.pop()?
        };
        // A constructor may fill the fields of its own class before it calls super().
        let early = writes && object == Value::NewThis && field.class == self.class;
        if !early
            && !self
                .types
                .is_assignable(self.world, object, Type::Class(owner))
        {
            let rule = match object {
                Value::New(_) | Value::NewThis => Rule::ObjectInit,
                _ => Rule::FieldKind,
            };
            let expected = format!("an object of {}", self.world.name(owner));
            return Err(Fault::new(rule, expected, self.types.name(self.world, object)).into());
        }
        self.check_access(instruction, field, Some(object))?;
        if writes {
            Ok(())
        } else {
            Ok(frame.push(field.field_type.into())?)
        }
    }
}

/// The local variable that an instruction names, in its operand or in its name.
pub(crate) fn local_index(instruction: &Instruction) -> usize {
    match instruction.operands {
        Operands::Local(local) | Operands::Increment { local, .. } => local.into(),
        _ => match instruction.opcode.mnemonic().as_bytes().last() {
            Some(digit @ b'0'..=b'3') => usize::from(digit - b'0'),
            _ => usize::MAX >> 1,
        },
    }
}

fn primitive_array(instruction: &Instruction) -> Option<Reference> {
    let (Operands::ArrayType(element)
    | Operands::TypeCheck {
        array_type: element,
        ..
    }) = instruction.operands
    else {
        return None;
    };
    match element {
        10 => Some(Reference::BooleanArray),
        11 => Some(Reference::ByteArray),
        12 => Some(Reference::ShortArray),
        13 => Some(Reference::IntArray),
        _ => None,
    }
}

/// `dup_x` (JCVM §7.5.18) and `swap_x` (§7.5.108).
fn shuffle(frame: &mut Frame, instruction: &Instruction) -> Result<(), Stop> {
    let Operands::Stack { m, n } = instruction.operands else {
        return Err(Stop::Reported);
    };
    let (m, n) = (usize::from(m), usize::from(n));
    let swaps = instruction.opcode == Opcode::SwapX;
    let defined = if swaps {
        (1..=2).contains(&m) && (1..=2).contains(&n)
    } else {
        (1..=4).contains(&m) && (n == 0 || (m..=m + 4).contains(&n))
    };
    if !defined {
        return Err(Fault::new(
            Rule::StackShuffle,
            "counts of words that are defined",
            format!("{m}, {n}"),
        )
        .into());
    }
    if swaps {
        frame.swap(m, n)?;
    } else {
        frame.duplicate(m, n)?;
    }
    Ok(())
}
