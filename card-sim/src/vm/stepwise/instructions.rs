//! What each instruction does (JCVM 3.0.5 §7.5).

use super::{Outcome, Word, WordTag};
use crate::vm::Vm;
use crate::vm::heap::Kind;
use crate::vm::interpreter::frame::{DIVISION, element, low_byte};
use crate::vm::interpreter::{primitive_array, truncate};
use crate::vm::program::NO_CLASS;
use crate::vm::trap::{Throwable, Trap};
use cap_file::{Instruction, Opcode, Operands};

const OPERANDS: Trap = Trap::BadCode("operands that do not belong to the opcode");

impl Vm<'_> {
    pub(super) fn execute(&mut self, instruction: &Instruction) -> Result<Outcome, Trap> {
        match &instruction.operands {
            Operands::None => return self.plain(instruction.opcode),
            Operands::Immediate(value) => match instruction.opcode {
                Opcode::Bspush | Opcode::Sspush => self.push_short(truncate(*value))?,
                _ => self.push_int(*value)?,
            },
            Operands::Local(local) => {
                let local = usize::from(*local);
                match instruction.opcode {
                    Opcode::Aload => self.aload(local)?,
                    Opcode::Sload => self.sload(local)?,
                    Opcode::Iload => self.iload(local)?,
                    Opcode::Astore => self.astore(local)?,
                    Opcode::Sstore => self.sstore(local)?,
                    Opcode::Istore => self.istore(local)?,
                    Opcode::Ret => return self.load_return_address(local).map(Outcome::Jump),
                    _ => return Err(OPERANDS),
                }
            }
            Operands::Increment { local, value } => {
                let local = usize::from(*local);
                if matches!(instruction.opcode, Opcode::Iinc | Opcode::IincW) {
                    let sum = self.load_int(local)?.wrapping_add((*value).into());
                    self.store_int(local, sum)?;
                } else {
                    let sum = self.load_short(local)?.wrapping_add(*value);
                    self.store(local, Word::short(sum))?;
                }
            }
            Operands::Stack { m, n } => {
                self.shuffle(instruction.opcode, usize::from(*m), usize::from(*n))?;
            }
            Operands::Branch(distance) => return self.branch(instruction.opcode, *distance),
            Operands::TableSwitch {
                default,
                low,
                offsets,
                ..
            } => {
                let key = self.key(instruction.opcode)?;
                let distance = key
                    .checked_sub(*low)
                    .and_then(|index| usize::try_from(index).ok())
                    .and_then(|index| offsets.get(index))
                    .unwrap_or(default);
                return self.jump(*distance);
            }
            Operands::LookupSwitch { default, pairs } => {
                let key = self.key(instruction.opcode)?;
                let pair = pairs.iter().find(|pair| pair.0 == key);
                return self.jump(pair.map_or(*default, |pair| pair.1));
            }
            Operands::Pool(index) => return self.pooled(instruction.opcode, *index),
            Operands::InvokeInterface {
                nargs,
                index,
                method,
            } => return self.call_interface(*nargs, *index, *method),
            Operands::ArrayType(element) => {
                let kind = primitive_array(*element)?;
                let length = self.pop_length()?;
                let array = self.allocate(kind, length, NO_CLASS, 0)?;
                self.push_reference(array)?;
            }
            Operands::TypeCheck { array_type, index } => {
                self.type_check(instruction.opcode, *array_type, *index)?;
            }
        }
        Ok(Outcome::Next)
    }

    fn plain(&mut self, opcode: Opcode) -> Result<Outcome, Trap> {
        match opcode {
            Opcode::Nop => {}
            Opcode::AconstNull => self.push_reference(0)?,
            Opcode::SconstM1 => self.push_short(-1)?,
            Opcode::Sconst0 => self.push_short(0)?,
            Opcode::Sconst1 => self.push_short(1)?,
            Opcode::Sconst2 => self.push_short(2)?,
            Opcode::Sconst3 => self.push_short(3)?,
            Opcode::Sconst4 => self.push_short(4)?,
            Opcode::Sconst5 => self.push_short(5)?,
            Opcode::IconstM1 => self.push_int(-1)?,
            Opcode::Iconst0 => self.push_int(0)?,
            Opcode::Iconst1 => self.push_int(1)?,
            Opcode::Iconst2 => self.push_int(2)?,
            Opcode::Iconst3 => self.push_int(3)?,
            Opcode::Iconst4 => self.push_int(4)?,
            Opcode::Iconst5 => self.push_int(5)?,
            Opcode::Aload0 => self.aload(0)?,
            Opcode::Aload1 => self.aload(1)?,
            Opcode::Aload2 => self.aload(2)?,
            Opcode::Aload3 => self.aload(3)?,
            Opcode::Sload0 => self.sload(0)?,
            Opcode::Sload1 => self.sload(1)?,
            Opcode::Sload2 => self.sload(2)?,
            Opcode::Sload3 => self.sload(3)?,
            Opcode::Iload0 => self.iload(0)?,
            Opcode::Iload1 => self.iload(1)?,
            Opcode::Iload2 => self.iload(2)?,
            Opcode::Iload3 => self.iload(3)?,
            Opcode::Astore0 => self.astore(0)?,
            Opcode::Astore1 => self.astore(1)?,
            Opcode::Astore2 => self.astore(2)?,
            Opcode::Astore3 => self.astore(3)?,
            Opcode::Sstore0 => self.sstore(0)?,
            Opcode::Sstore1 => self.sstore(1)?,
            Opcode::Sstore2 => self.sstore(2)?,
            Opcode::Sstore3 => self.sstore(3)?,
            Opcode::Istore0 => self.istore(0)?,
            Opcode::Istore1 => self.istore(1)?,
            Opcode::Istore2 => self.istore(2)?,
            Opcode::Istore3 => self.istore(3)?,
            Opcode::Pop => drop(self.pop_words(1)?),
            Opcode::Pop2 => drop(self.pop_words(2)?),
            Opcode::Dup => self.shuffle(Opcode::DupX, 1, 0)?,
            Opcode::Dup2 => self.shuffle(Opcode::DupX, 2, 0)?,
            Opcode::Return => {
                self.check_result(&[])?;
                return Ok(Outcome::Returned([Word::NOTHING; 2], 0));
            }
            Opcode::Areturn => {
                let word = Word::reference(self.pop_reference()?);
                self.check_result(&[word])?;
                return Ok(Outcome::Returned([word, Word::NOTHING], 1));
            }
            Opcode::Sreturn => {
                let word = Word::short(self.pop_short()?);
                self.check_result(&[word])?;
                return Ok(Outcome::Returned([word, Word::NOTHING], 1));
            }
            Opcode::Ireturn => {
                let words = Word::int(self.pop_int()?);
                self.check_result(&words)?;
                return Ok(Outcome::Returned(words, 2));
            }
            Opcode::Athrow => {
                let exception = self.pop_reference()?;
                return Err(self.throw(exception));
            }
            _ => self.short_arithmetic(opcode)?,
        }
        Ok(Outcome::Next)
    }

    fn aload(&mut self, local: usize) -> Result<(), Trap> {
        let reference = self.load_reference(local)?;
        self.push_reference(reference)
    }

    fn sload(&mut self, local: usize) -> Result<(), Trap> {
        let value = self.load_short(local)?;
        self.push_short(value)
    }

    fn iload(&mut self, local: usize) -> Result<(), Trap> {
        let value = self.load_int(local)?;
        self.push_int(value)
    }

    /// `astore` takes return addresses too (JCVM 3.0.5 §7.5.6).
    fn astore(&mut self, local: usize) -> Result<(), Trap> {
        let word = self.pop_any()?;
        if !matches!(word.tag, WordTag::Reference | WordTag::ReturnAddress) {
            return Err(Trap::BadCode("no reference where one is wanted"));
        }
        self.store(local, word)
    }

    fn sstore(&mut self, local: usize) -> Result<(), Trap> {
        let value = self.pop_short()?;
        self.store(local, Word::short(value))
    }

    fn istore(&mut self, local: usize) -> Result<(), Trap> {
        let value = self.pop_int()?;
        self.store_int(local, value)
    }

    fn short_arithmetic(&mut self, opcode: Opcode) -> Result<(), Trap> {
        let binary: fn(i16, i16) -> Result<i16, Trap> = match opcode {
            Opcode::Sadd => |a, b| Ok(a.wrapping_add(b)),
            Opcode::Ssub => |a, b| Ok(a.wrapping_sub(b)),
            Opcode::Smul => |a, b| Ok(a.wrapping_mul(b)),
            Opcode::Sdiv => |a, b| (b != 0).then(|| a.wrapping_div(b)).ok_or(DIVISION),
            Opcode::Srem => |a, b| (b != 0).then(|| a.wrapping_rem(b)).ok_or(DIVISION),
            Opcode::Sand => |a, b| Ok(a & b),
            Opcode::Sor => |a, b| Ok(a | b),
            Opcode::Sxor => |a, b| Ok(a ^ b),
            // Shorts are widened to int, shifted by the low five bits and cut back.
            Opcode::Sshl => |a, b| Ok(truncate(i32::from(a) << (b & 31))),
            Opcode::Sshr => |a, b| Ok(truncate(i32::from(a) >> (b & 31))),
            Opcode::Sushr => |a, b| {
                let widened = i32::from(a).cast_unsigned();
                Ok(truncate((widened >> (b & 31)).cast_signed()))
            },
            Opcode::Sneg => {
                let value = self.pop_short()?;
                return self.push_short(value.wrapping_neg());
            }
            Opcode::S2b => {
                let value = self.pop_short()?;
                return self.push_short(low_byte(value));
            }
            Opcode::S2i => {
                let value = self.pop_short()?;
                return self.push_int(value.into());
            }
            _ => return self.int_arithmetic(opcode),
        };
        let right = self.pop_short()?;
        let left = self.pop_short()?;
        self.push_short(binary(left, right)?)
    }

    fn int_arithmetic(&mut self, opcode: Opcode) -> Result<(), Trap> {
        let binary: fn(i32, i32) -> Result<i32, Trap> = match opcode {
            Opcode::Iadd => |a, b| Ok(a.wrapping_add(b)),
            Opcode::Isub => |a, b| Ok(a.wrapping_sub(b)),
            Opcode::Imul => |a, b| Ok(a.wrapping_mul(b)),
            Opcode::Idiv => |a, b| (b != 0).then(|| a.wrapping_div(b)).ok_or(DIVISION),
            Opcode::Irem => |a, b| (b != 0).then(|| a.wrapping_rem(b)).ok_or(DIVISION),
            Opcode::Iand => |a, b| Ok(a & b),
            Opcode::Ior => |a, b| Ok(a | b),
            Opcode::Ixor => |a, b| Ok(a ^ b),
            Opcode::Ishl => |a, b| Ok(a.wrapping_shl(b.cast_unsigned())),
            Opcode::Ishr => |a, b| Ok(a.wrapping_shr(b.cast_unsigned())),
            Opcode::Iushr => |a, b| {
                let shifted = a.cast_unsigned().wrapping_shr(b.cast_unsigned());
                Ok(shifted.cast_signed())
            },
            Opcode::Icmp => {
                let right = self.pop_int()?;
                let left = self.pop_int()?;
                return self.push_short(left.cmp(&right) as i16);
            }
            Opcode::Ineg => {
                let value = self.pop_int()?;
                return self.push_int(value.wrapping_neg());
            }
            Opcode::I2b => {
                let value = self.pop_int()?;
                return self.push_short(low_byte(truncate(value)));
            }
            Opcode::I2s => {
                let value = self.pop_int()?;
                return self.push_short(truncate(value));
            }
            _ => return self.array(opcode),
        };
        let right = self.pop_int()?;
        let left = self.pop_int()?;
        self.push_int(binary(left, right)?)
    }

    fn array(&mut self, opcode: Opcode) -> Result<(), Trap> {
        match opcode {
            Opcode::Baload => {
                let address = self.pop_element(Kind::ByteArray)?;
                self.push_short(self.heap.byte(address).into())
            }
            Opcode::Saload => {
                let address = self.pop_element(Kind::ShortArray)?;
                self.push_short(self.heap.short(address))
            }
            Opcode::Iaload => {
                let address = self.pop_element(Kind::IntArray)?;
                self.push_int(self.heap.int(address))
            }
            Opcode::Aaload => {
                let address = self.pop_element(Kind::ReferenceArray)?;
                self.push_reference(self.heap.short(address).cast_unsigned())
            }
            Opcode::Bastore => {
                let [_, low] = self.pop_short()?.to_be_bytes();
                let address = self.pop_element(Kind::ByteArray)?;
                self.heap.write(address, [low])
            }
            Opcode::Sastore => {
                let value = self.pop_short()?;
                let address = self.pop_element(Kind::ShortArray)?;
                self.heap.write(address, value.to_be_bytes())
            }
            Opcode::Iastore => {
                let value = self.pop_int()?;
                let address = self.pop_element(Kind::IntArray)?;
                self.heap.write(address, value.to_be_bytes())
            }
            Opcode::Aastore => {
                let value = self.pop_reference()?;
                let index = self.pop_short()?;
                let array = self.pop_reference()?;
                self.store_reference(array, index, value)
            }
            Opcode::Arraylength => {
                let array = self.pop_reference()?;
                let object = self.heap.live(array)?;
                if !object.kind.is_array() {
                    return Err(Trap::BadCode("the length of no array"));
                }
                self.reach().check(&object)?;
                self.push_short(object.length.cast_signed())
            }
            _ => Err(Trap::BadCode("an undefined instruction")),
        }
    }

    fn pop_element(&mut self, kind: Kind) -> Result<u32, Trap> {
        let index = self.pop_short()?;
        let array = self.pop_reference()?;
        element(self.heap, array, index, kind, self.reach())
    }

    pub(super) fn pop_length(&mut self) -> Result<u16, Trap> {
        u16::try_from(self.pop_short()?).map_err(|_| Trap::Throw(Throwable::NegativeArraySize, 0))
    }

    /// `dup_x` and `swap_x`: neither may tear an int apart.
    fn shuffle(&mut self, opcode: Opcode, m: usize, n: usize) -> Result<(), Trap> {
        if opcode == Opcode::SwapX {
            let upper = self.pop_words(m)?;
            let lower = self.pop_words(n)?;
            self.push_words(&upper)?;
            return self.push_words(&lower);
        }
        let copied = self.pop_words(m)?;
        let below = self.pop_words(n.saturating_sub(m))?;
        if n > 0 {
            self.push_words(&copied)?;
        }
        self.push_words(&below)?;
        self.push_words(&copied)?;
        if n == 0 {
            self.push_words(&copied)?;
        }
        Ok(())
    }

    fn key(&mut self, opcode: Opcode) -> Result<i32, Trap> {
        match opcode {
            Opcode::Itableswitch | Opcode::Ilookupswitch => self.pop_int(),
            _ => self.pop_short().map(i32::from),
        }
    }

    fn jump(&mut self, distance: i16) -> Result<Outcome, Trap> {
        let pc = self.machine()?.top()?.pc;
        pc.checked_add_signed(distance)
            .map(Outcome::Jump)
            .ok_or(Trap::BadCode("control leaves the code"))
    }

    fn branch(&mut self, opcode: Opcode, distance: i16) -> Result<Outcome, Trap> {
        let taken = match opcode {
            Opcode::Goto | Opcode::GotoW => true,
            Opcode::Jsr => {
                let frame = self.machine()?.top()?;
                let next = frame.code.at(frame.pc).map_or(frame.pc, |at| at.next);
                self.push(Word {
                    value: next.cast_signed(),
                    tag: WordTag::ReturnAddress,
                })?;
                true
            }
            Opcode::Ifeq | Opcode::IfeqW => self.pop_short()? == 0,
            Opcode::Ifne | Opcode::IfneW => self.pop_short()? != 0,
            Opcode::Iflt | Opcode::IfltW => self.pop_short()? < 0,
            Opcode::Ifge | Opcode::IfgeW => self.pop_short()? >= 0,
            Opcode::Ifgt | Opcode::IfgtW => self.pop_short()? > 0,
            Opcode::Ifle | Opcode::IfleW => self.pop_short()? <= 0,
            Opcode::Ifnull | Opcode::IfnullW => {
                let reference = self.pop_reference()?;
                self.heap.is_null(reference)
            }
            Opcode::Ifnonnull | Opcode::IfnonnullW => {
                let reference = self.pop_reference()?;
                !self.heap.is_null(reference)
            }
            Opcode::IfAcmpeq | Opcode::IfAcmpeqW => {
                self.pop_reference()? == self.pop_reference()?
            }
            Opcode::IfAcmpne | Opcode::IfAcmpneW => {
                self.pop_reference()? != self.pop_reference()?
            }
            _ => {
                let right = self.pop_short()?;
                let left = self.pop_short()?;
                match opcode {
                    Opcode::IfScmpeq | Opcode::IfScmpeqW => left == right,
                    Opcode::IfScmpne | Opcode::IfScmpneW => left != right,
                    Opcode::IfScmplt | Opcode::IfScmpltW => left < right,
                    Opcode::IfScmpge | Opcode::IfScmpgeW => left >= right,
                    Opcode::IfScmpgt | Opcode::IfScmpgtW => left > right,
                    Opcode::IfScmple | Opcode::IfScmpleW => left <= right,
                    _ => return Err(OPERANDS),
                }
            }
        };
        if taken {
            self.jump(distance)
        } else {
            Ok(Outcome::Next)
        }
    }
}
