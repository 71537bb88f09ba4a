//! The translation of each opcode.

use super::{NO_JUMP, Translator};
use crate::vm::link::LinkError;
use crate::vm::op::Op;
use cap_file::{Instruction, Opcode, Operands};
use std::collections::BTreeMap;

impl Translator<'_> {
    pub(super) fn instruction(
        &mut self,
        instruction: &Instruction,
        guesses: &BTreeMap<u16, u8>,
    ) -> Result<(), LinkError> {
        match &instruction.operands {
            Operands::None => self.plain(instruction.opcode),
            Operands::Immediate(value) => {
                if matches!(instruction.opcode, Opcode::Bspush | Opcode::Sspush) {
                    let value = i16::try_from(*value).map_err(|_| self.unexpected())?;
                    self.push_constant(value);
                } else {
                    self.push_constant_int(*value);
                }
                Ok(())
            }
            Operands::Local(local) => self.local_variable(instruction.opcode, *local),
            Operands::Increment { local, value } => {
                self.increment(instruction.opcode, *local, *value)
            }
            Operands::Stack { m, n } => {
                self.stack_words(instruction.opcode, usize::from(*m), usize::from(*n))
            }
            Operands::Branch(distance) => self.branches(instruction.opcode, *distance),
            operands @ (Operands::TableSwitch { .. } | Operands::LookupSwitch { .. }) => self
                .switch(
                    operands,
                    matches!(
                        instruction.opcode,
                        Opcode::Itableswitch | Opcode::Ilookupswitch
                    ),
                ),
            Operands::Pool(index) => self.pooled(instruction, *index, guesses),
            Operands::InvokeInterface { index, method, .. } => {
                let interface = self.pool.class(*index)?;
                let token = *method;
                self.call(instruction, guesses, |base| Op::InvokeInterface {
                    base,
                    token,
                    interface,
                })
            }
            Operands::ArrayType(element) => {
                let element = *element;
                let length = self.pop_register()?;
                self.push_result(1, |to| Op::NewArray {
                    to,
                    length,
                    element,
                })
            }
            Operands::TypeCheck { array_type, index } => {
                self.type_check(instruction.opcode, *array_type, *index)
            }
        }
    }

    fn plain(&mut self, opcode: Opcode) -> Result<(), LinkError> {
        match opcode {
            Opcode::Nop => Ok(()),
            Opcode::AconstNull | Opcode::Sconst0 => self.constant(0),
            Opcode::SconstM1 => self.constant(-1),
            Opcode::Sconst1 => self.constant(1),
            Opcode::Sconst2 => self.constant(2),
            Opcode::Sconst3 => self.constant(3),
            Opcode::Sconst4 => self.constant(4),
            Opcode::Sconst5 => self.constant(5),
            Opcode::IconstM1 => self.constant_int(-1),
            Opcode::Iconst0 => self.constant_int(0),
            Opcode::Iconst1 => self.constant_int(1),
            Opcode::Iconst2 => self.constant_int(2),
            Opcode::Iconst3 => self.constant_int(3),
            Opcode::Iconst4 => self.constant_int(4),
            Opcode::Iconst5 => self.constant_int(5),
            Opcode::Aload0 | Opcode::Sload0 => self.load(0, 1),
            Opcode::Aload1 | Opcode::Sload1 => self.load(1, 1),
            Opcode::Aload2 | Opcode::Sload2 => self.load(2, 1),
            Opcode::Aload3 | Opcode::Sload3 => self.load(3, 1),
            Opcode::Iload0 => self.load(0, 2),
            Opcode::Iload1 => self.load(1, 2),
            Opcode::Iload2 => self.load(2, 2),
            Opcode::Iload3 => self.load(3, 2),
            Opcode::Astore0 | Opcode::Sstore0 => self.store(0, 1),
            Opcode::Astore1 | Opcode::Sstore1 => self.store(1, 1),
            Opcode::Astore2 | Opcode::Sstore2 => self.store(2, 1),
            Opcode::Astore3 | Opcode::Sstore3 => self.store(3, 1),
            Opcode::Istore0 => self.store(0, 2),
            Opcode::Istore1 => self.store(1, 2),
            Opcode::Istore2 => self.store(2, 2),
            Opcode::Istore3 => self.store(3, 2),
            Opcode::Pop => self.pop().map(drop),
            Opcode::Pop2 => {
                self.pop()?;
                self.pop().map(drop)
            }
            Opcode::Dup => self.duplicate(1),
            Opcode::Dup2 => self.duplicate(2),
            Opcode::Return => {
                self.emit(Op::Return);
                Ok(())
            }
            Opcode::Areturn | Opcode::Sreturn => {
                let from = self.pop_register()?;
                self.emit(Op::ReturnShort { from });
                Ok(())
            }
            Opcode::Ireturn => {
                let from = self.pop_int()?;
                self.emit(Op::ReturnInt { from });
                Ok(())
            }
            Opcode::Athrow => {
                let value = self.pop_register()?;
                self.emit(Op::Throw { value });
                Ok(())
            }
            Opcode::Impdep1 | Opcode::Impdep2 => {
                self.emit(Op::Undefined);
                Ok(())
            }
            _ => self.short_arithmetic(opcode),
        }
    }

    fn constant(&mut self, value: i16) -> Result<(), LinkError> {
        self.push_constant(value);
        Ok(())
    }

    fn constant_int(&mut self, value: i32) -> Result<(), LinkError> {
        self.push_constant_int(value);
        Ok(())
    }

    fn short_arithmetic(&mut self, opcode: Opcode) -> Result<(), LinkError> {
        match opcode {
            Opcode::Sadd => self.binary_or_constant(
                |to, left, right| Op::Sadd { to, left, right },
                |to, left, value| Op::SaddConstant { to, left, value },
            ),
            Opcode::Ssub => self.binary_or_constant(
                |to, left, right| Op::Ssub { to, left, right },
                |to, left, value| Op::SaddConstant {
                    to,
                    left,
                    value: value.wrapping_neg(),
                },
            ),
            Opcode::Sand => self.binary_or_constant(
                |to, left, right| Op::Sand { to, left, right },
                |to, left, value| Op::SandConstant { to, left, value },
            ),
            Opcode::Sor => self.binary_or_constant(
                |to, left, right| Op::Sor { to, left, right },
                |to, left, value| Op::SorConstant { to, left, value },
            ),
            Opcode::Sshl => self.binary_or_constant(
                |to, left, right| Op::Sshl { to, left, right },
                |to, left, value| Op::SshlConstant { to, left, value },
            ),
            Opcode::Sshr => self.binary_or_constant(
                |to, left, right| Op::Sshr { to, left, right },
                |to, left, value| Op::SshrConstant { to, left, value },
            ),
            Opcode::Smul => self.binary(|to, left, right| Op::Smul { to, left, right }),
            Opcode::Sdiv => self.binary(|to, left, right| Op::Sdiv { to, left, right }),
            Opcode::Srem => self.binary(|to, left, right| Op::Srem { to, left, right }),
            Opcode::Sxor => self.binary(|to, left, right| Op::Sxor { to, left, right }),
            Opcode::Sushr => self.binary(|to, left, right| Op::Sushr { to, left, right }),
            Opcode::Sneg => self.unary(|to, from| Op::Sneg { to, from }),
            Opcode::S2b => self.unary(|to, from| Op::S2b { to, from }),
            Opcode::Baload => self.binary(|to, array, index| Op::Baload { to, array, index }),
            Opcode::Saload => self.binary(|to, array, index| Op::Saload { to, array, index }),
            Opcode::Aaload => self.binary(|to, array, index| Op::Aaload { to, array, index }),
            Opcode::Bastore => self.array_store(|array, index, value| Op::Bastore {
                array,
                index,
                value,
            }),
            Opcode::Sastore => self.array_store(|array, index, value| Op::Sastore {
                array,
                index,
                value,
            }),
            Opcode::Aastore => self.array_store(|array, index, value| Op::Aastore {
                array,
                index,
                value,
            }),
            Opcode::Arraylength => self.unary(|to, array| Op::ArrayLength { to, array }),
            _ => self.int_arithmetic(opcode),
        }
    }

    fn array_store(&mut self, op: impl FnOnce(u8, u8, u8) -> Op) -> Result<(), LinkError> {
        let value = self.pop_register()?;
        let index = self.pop_register()?;
        let array = self.pop_register()?;
        self.emit(op(array, index, value));
        Ok(())
    }

    fn int_arithmetic(&mut self, opcode: Opcode) -> Result<(), LinkError> {
        match opcode {
            Opcode::Iadd => self.binary_int(|to, left, right| Op::Iadd { to, left, right }),
            Opcode::Isub => self.binary_int(|to, left, right| Op::Isub { to, left, right }),
            Opcode::Imul => self.binary_int(|to, left, right| Op::Imul { to, left, right }),
            Opcode::Idiv => self.binary_int(|to, left, right| Op::Idiv { to, left, right }),
            Opcode::Irem => self.binary_int(|to, left, right| Op::Irem { to, left, right }),
            Opcode::Iand => self.binary_int(|to, left, right| Op::Iand { to, left, right }),
            Opcode::Ior => self.binary_int(|to, left, right| Op::Ior { to, left, right }),
            Opcode::Ixor => self.binary_int(|to, left, right| Op::Ixor { to, left, right }),
            Opcode::Ishl => self.binary_int(|to, left, right| Op::Ishl { to, left, right }),
            Opcode::Ishr => self.binary_int(|to, left, right| Op::Ishr { to, left, right }),
            Opcode::Iushr => self.binary_int(|to, left, right| Op::Iushr { to, left, right }),
            Opcode::Icmp => {
                let right = self.pop_int()?;
                let left = self.pop_int()?;
                self.push_result(1, |to| Op::Icmp { to, left, right })
            }
            Opcode::Ineg => {
                let from = self.pop_int()?;
                self.push_result(2, |to| Op::Ineg { to, from })
            }
            Opcode::S2i => {
                let from = self.pop_register()?;
                self.push_result(2, |to| Op::S2i { to, from })
            }
            Opcode::I2b => {
                let from = self.pop_int()?;
                self.push_result(1, |to| Op::I2b { to, from })
            }
            Opcode::I2s => {
                let from = self.pop_int()?;
                self.push_result(1, |to| Op::I2s { to, from })
            }
            Opcode::Iaload => {
                let index = self.pop_register()?;
                let array = self.pop_register()?;
                self.push_result(2, |to| Op::Iaload { to, array, index })
            }
            Opcode::Iastore => {
                let value = self.pop_int()?;
                let index = self.pop_register()?;
                let array = self.pop_register()?;
                self.emit(Op::Iastore {
                    array,
                    index,
                    value,
                });
                Ok(())
            }
            _ => Err(self.unexpected()),
        }
    }

    fn local_variable(&mut self, opcode: Opcode, local: u8) -> Result<(), LinkError> {
        match opcode {
            Opcode::Aload | Opcode::Sload => self.load(local, 1),
            Opcode::Iload => self.load(local, 2),
            Opcode::Astore | Opcode::Sstore => self.store(local, 1),
            Opcode::Istore => self.store(local, 2),
            Opcode::Ret => {
                let from = self.local(local, 1)?;
                self.emit(Op::Ret { from });
                Ok(())
            }
            _ => Err(self.unexpected()),
        }
    }

    fn increment(&mut self, opcode: Opcode, local: u8, value: i16) -> Result<(), LinkError> {
        let is_int = matches!(opcode, Opcode::Iinc | Opcode::IincW);
        let words = if is_int { 2 } else { 1 };
        let local = self.local(local, words.into())?;
        self.save_loads_of(local, words)?;
        self.emit(if is_int {
            Op::Iinc { local, value }
        } else {
            Op::SaddConstant {
                to: local,
                left: local,
                value,
            }
        });
        Ok(())
    }

    fn stack_words(&mut self, opcode: Opcode, m: usize, n: usize) -> Result<(), LinkError> {
        match opcode {
            Opcode::DupX if n == 0 => self.duplicate(m),
            Opcode::DupX => {
                let order: Vec<usize> = (n.saturating_sub(m)..n).chain(0..n).collect();
                self.shuffle(n, &order)
            }
            Opcode::SwapX => {
                let order: Vec<usize> = (n..n + m).chain(0..n).collect();
                self.shuffle(m + n, &order)
            }
            _ => Err(self.unexpected()),
        }
    }

    fn branches(&mut self, opcode: Opcode, distance: i16) -> Result<(), LinkError> {
        let jump = NO_JUMP;
        let zero = 0;
        match opcode {
            Opcode::Goto | Opcode::GotoW => self.branch(Op::Goto { jump }, distance),
            Opcode::Ifeq | Opcode::IfeqW => {
                self.compare_with_zero(distance, |left| Op::IfEqualConstant {
                    left,
                    value: zero,
                    jump,
                })
            }
            Opcode::Ifne | Opcode::IfneW => {
                self.compare_with_zero(distance, |left| Op::IfNotEqualConstant {
                    left,
                    value: zero,
                    jump,
                })
            }
            Opcode::Iflt | Opcode::IfltW => {
                self.compare_with_zero(distance, |left| Op::IfLessConstant {
                    left,
                    value: zero,
                    jump,
                })
            }
            Opcode::Ifge | Opcode::IfgeW => {
                self.compare_with_zero(distance, |left| Op::IfGreaterOrEqualConstant {
                    left,
                    value: zero,
                    jump,
                })
            }
            Opcode::Ifgt | Opcode::IfgtW => {
                self.compare_with_zero(distance, |left| Op::IfGreaterConstant {
                    left,
                    value: zero,
                    jump,
                })
            }
            Opcode::Ifle | Opcode::IfleW => {
                self.compare_with_zero(distance, |left| Op::IfLessOrEqualConstant {
                    left,
                    value: zero,
                    jump,
                })
            }
            Opcode::Ifnull | Opcode::IfnullW => {
                self.compare_with_zero(distance, |value| Op::IfNull { value, jump })
            }
            Opcode::Ifnonnull | Opcode::IfnonnullW => {
                self.compare_with_zero(distance, |value| Op::IfNonNull { value, jump })
            }
            Opcode::IfAcmpeq | Opcode::IfAcmpeqW | Opcode::IfScmpeq | Opcode::IfScmpeqW => self
                .compare(
                    distance,
                    |left, right| Op::IfEqual { left, right, jump },
                    |left, value| Op::IfEqualConstant { left, value, jump },
                ),
            Opcode::IfAcmpne | Opcode::IfAcmpneW | Opcode::IfScmpne | Opcode::IfScmpneW => self
                .compare(
                    distance,
                    |left, right| Op::IfNotEqual { left, right, jump },
                    |left, value| Op::IfNotEqualConstant { left, value, jump },
                ),
            Opcode::IfScmplt | Opcode::IfScmpltW => self.compare(
                distance,
                |left, right| Op::IfLess { left, right, jump },
                |left, value| Op::IfLessConstant { left, value, jump },
            ),
            Opcode::IfScmpge | Opcode::IfScmpgeW => self.compare(
                distance,
                |left, right| Op::IfGreaterOrEqual { left, right, jump },
                |left, value| Op::IfGreaterOrEqualConstant { left, value, jump },
            ),
            Opcode::IfScmpgt | Opcode::IfScmpgtW => self.compare(
                distance,
                |left, right| Op::IfGreater { left, right, jump },
                |left, value| Op::IfGreaterConstant { left, value, jump },
            ),
            Opcode::IfScmple | Opcode::IfScmpleW => self.compare(
                distance,
                |left, right| Op::IfLessOrEqual { left, right, jump },
                |left, value| Op::IfLessOrEqualConstant { left, value, jump },
            ),
            Opcode::Jsr => {
                self.flush()?;
                let to = self.home(self.stack.len())?;
                self.branch(Op::Jsr { to, jump }, distance)
            }
            _ => Err(self.unexpected()),
        }
    }

    fn pooled(
        &mut self,
        instruction: &Instruction,
        index: u16,
        guesses: &BTreeMap<u16, u8>,
    ) -> Result<(), LinkError> {
        match instruction.opcode {
            Opcode::GetstaticA | Opcode::GetstaticS => {
                let (object, offset) = self.pool.static_field(index)?;
                self.push_result(1, |to| Op::GetStatic { to, object, offset })
            }
            Opcode::GetstaticB => {
                let (object, offset) = self.pool.static_field(index)?;
                self.push_result(1, |to| Op::GetStaticByte { to, object, offset })
            }
            Opcode::GetstaticI => {
                let (object, offset) = self.pool.static_field(index)?;
                self.push_result(2, |to| Op::GetStaticInt { to, object, offset })
            }
            Opcode::PutstaticA | Opcode::PutstaticB | Opcode::PutstaticS => {
                let (object, offset) = self.pool.static_field(index)?;
                let value = self.pop_register()?;
                self.emit(match instruction.opcode {
                    Opcode::PutstaticA => Op::PutStaticReference {
                        value,
                        object,
                        offset,
                    },
                    Opcode::PutstaticB => Op::PutStaticByte {
                        value,
                        object,
                        offset,
                    },
                    _ => Op::PutStatic {
                        value,
                        object,
                        offset,
                    },
                });
                Ok(())
            }
            Opcode::PutstaticI => {
                let (object, offset) = self.pool.static_field(index)?;
                let value = self.pop_int()?;
                self.emit(Op::PutStaticInt {
                    value,
                    object,
                    offset,
                });
                Ok(())
            }
            Opcode::Invokevirtual => {
                let token = self.pool.virtual_place(index)?;
                self.call(instruction, guesses, |base| Op::InvokeVirtual {
                    base,
                    token,
                })
            }
            Opcode::Invokespecial => {
                let method = self.pool.method(index)?;
                self.call(instruction, guesses, |base| Op::InvokeSpecial {
                    base,
                    method,
                })
            }
            Opcode::Invokestatic => {
                let method = self.pool.method(index)?;
                self.call(instruction, guesses, |base| Op::InvokeStatic {
                    base,
                    method,
                })
            }
            Opcode::New => {
                let class = self.pool.class(index)?;
                self.push_result(1, |to| Op::New { to, class })
            }
            Opcode::Anewarray => {
                let class = self.pool.class(index)?;
                let length = self.pop_register()?;
                self.push_result(1, |to| Op::NewReferenceArray { to, length, class })
            }
            _ => self.instance_field(instruction.opcode, index),
        }
    }

    fn instance_field(&mut self, opcode: Opcode, index: u16) -> Result<(), LinkError> {
        match opcode {
            Opcode::GetfieldA
            | Opcode::GetfieldB
            | Opcode::GetfieldS
            | Opcode::GetfieldAW
            | Opcode::GetfieldBW
            | Opcode::GetfieldSW => {
                let object = self.pop_register()?;
                self.get_field(object, index, 1)
            }
            Opcode::GetfieldI | Opcode::GetfieldIW => {
                let object = self.pop_register()?;
                self.get_field(object, index, 2)
            }
            Opcode::GetfieldAThis | Opcode::GetfieldBThis | Opcode::GetfieldSThis => {
                let this = self.local(0, 1)?;
                self.get_field(this, index, 1)
            }
            Opcode::GetfieldIThis => {
                let this = self.local(0, 1)?;
                self.get_field(this, index, 2)
            }
            _ => self.put_field(opcode, index),
        }
    }

    fn put_field(&mut self, opcode: Opcode, index: u16) -> Result<(), LinkError> {
        let cell = self.pool.instance_field(index)?;
        let is_int = matches!(
            opcode,
            Opcode::PutfieldI | Opcode::PutfieldIW | Opcode::PutfieldIThis
        );
        let value = if is_int {
            self.pop_int()?
        } else {
            self.pop_register()?
        };
        let object = match opcode {
            Opcode::PutfieldAThis
            | Opcode::PutfieldBThis
            | Opcode::PutfieldSThis
            | Opcode::PutfieldIThis => self.local(0, 1)?,
            _ => self.pop_register()?,
        };
        self.emit(match opcode {
            Opcode::PutfieldA | Opcode::PutfieldAW | Opcode::PutfieldAThis => {
                Op::PutFieldReference {
                    object,
                    value,
                    cell,
                }
            }
            Opcode::PutfieldB | Opcode::PutfieldBW | Opcode::PutfieldBThis => Op::PutFieldByte {
                object,
                value,
                cell,
            },
            Opcode::PutfieldS | Opcode::PutfieldSW | Opcode::PutfieldSThis => Op::PutField {
                object,
                value,
                cell,
            },
            _ if is_int => Op::PutFieldInt {
                object,
                value,
                cell,
            },
            _ => return Err(self.unexpected()),
        });
        Ok(())
    }

    fn type_check(&mut self, opcode: Opcode, array_type: u8, index: u16) -> Result<(), LinkError> {
        // Arrays of primitive types name no class (JCVM 3.0.5 §7.5.13).
        let class = match array_type {
            0 | 14 => self.pool.class(index)?,
            _ => super::NO_CLASS,
        };
        if opcode == Opcode::Instanceof {
            let value = self.pop_register()?;
            return self.push_result(1, |to| Op::InstanceOf {
                to,
                value,
                array_type,
                class,
            });
        }
        let top = self
            .stack
            .len()
            .checked_sub(1)
            .ok_or_else(|| self.unexpected())?;
        if matches!(self.stack.get(top), Some(super::Value::Constant(_))) {
            self.settle(top)?;
        }
        let value = self.pop_register()?;
        self.emit(Op::CheckCast {
            value,
            array_type,
            class,
        });
        self.stack.push(super::Value::In(value));
        Ok(())
    }
}
