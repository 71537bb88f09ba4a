//! The inner loop.

use super::FRAME_REGISTERS;
use crate::vm::heap::{Context, Heap, Kind, Object, RUNTIME_CONTEXT, flag};
use crate::vm::op::{Op, Register};
use crate::vm::program::Program;
use crate::vm::trap::{Throwable, Trap};

/// Why the inner loop stopped.
pub(super) enum Exit {
    /// At an instruction that needs more than the frame; the program counter is behind it.
    Op(Op),
    /// An instruction trapped; the program counter is behind it.
    Trap(Trap),
}

/// Executed bytecodes, not counting those of the current method up to the program counter.
pub(in crate::vm) struct Meter {
    pub(in crate::vm) executed: i64,
    pub(in crate::vm) limit: i64,
}

/// The address of an array element that the current context may access.
#[inline]
pub(in crate::vm) fn element(
    heap: &Heap,
    reference: u16,
    index: i16,
    kind: Kind,
    reach: Reach,
) -> Result<u32, Trap> {
    let Some(object) = heap.objects.get(usize::from(reference)) else {
        return Err(Trap::NULL);
    };
    if object.kind != kind {
        check_kind(object.kind, kind)?;
    }
    reach.check(object)?;
    let index = index.cast_unsigned();
    if index >= object.length {
        return Err(Trap::INDEX);
    }
    let size = match kind {
        Kind::IntArray => 4,
        Kind::ShortArray | Kind::ReferenceArray => 2,
        _ => 1,
    };
    Ok(object.address.wrapping_add(u32::from(index) * size))
}

/// `baload` and `bastore` serve boolean arrays too.
#[cold]
fn check_kind(found: Kind, wanted: Kind) -> Result<(), Trap> {
    match (found, wanted) {
        (Kind::BooleanArray, Kind::ByteArray) => Ok(()),
        (Kind::Free, _) => Err(Trap::NULL),
        _ => Err(Trap::BadCode("an array of another type")),
    }
}

/// What running code may reach: the objects of its context. Of those, arrays that are cleared on deselection are out of
/// reach while the context is not that of the selected applet (JCRE 3.0.5 §6.2.8).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reach(u16);

impl Reach {
    /// Beside the context: it is not that of the selected applet, so that no comparison of contexts is enough.
    const BARRED: u16 = 0x100;

    #[inline]
    pub(crate) fn new(context: Context, selected: Option<Context>) -> Self {
        let is_barred = context != RUNTIME_CONTEXT && selected != Some(context);
        let barred = if is_barred { Self::BARRED } else { 0 };
        Self(u16::from(context) | barred)
    }

    /// Whether an object of this context is in reach, whatever it is.
    #[inline]
    fn holds(self, context: Context) -> bool {
        self.0 == u16::from(context)
    }

    /// Whether any object is in reach.
    ///
    /// # Errors
    /// [`Trap::SECURITY`]
    #[inline]
    pub(crate) fn check(self, object: &Object) -> Result<(), Trap> {
        if self.holds(object.context) {
            return Ok(());
        }
        self.check_closely(object)
    }

    #[cold]
    fn check_closely(self, object: &Object) -> Result<(), Trap> {
        let [_, context] = self.0.to_be_bytes();
        let is_own = object.context == context
            && (object.flags & flag::CLEAR_ON_DESELECT == 0 || !object.kind.is_array());
        if is_own || context == RUNTIME_CONTEXT || object.flags & flag::GLOBAL_ARRAY != 0 {
            return Ok(());
        }
        Err(Trap::SECURITY)
    }
}

/// The address of `cells` cells of an instance that the current context may access.
#[inline]
pub(in crate::vm) fn field(
    heap: &Heap,
    reference: u16,
    cell: u16,
    cells: u16,
    reach: Reach,
) -> Result<u32, Trap> {
    let Some(object) = heap.objects.get(usize::from(reference)) else {
        return Err(Trap::NULL);
    };
    if object.kind != Kind::Instance {
        return Err(if object.kind == Kind::Free {
            Trap::NULL
        } else {
            Trap::BadCode("a field of an array")
        });
    }
    reach.check(object)?;
    if u32::from(cell) + u32::from(cells) > u32::from(object.length) {
        return Err(Trap::BadCode("a field that the object has not"));
    }
    Ok(object.address.wrapping_add(2 * u32::from(cell)))
}

/// The address of `size` bytes of a package's static fields.
#[inline]
pub(in crate::vm) fn static_field(
    heap: &Heap,
    reference: u16,
    offset: u16,
    size: u16,
) -> Result<u32, Trap> {
    let object = heap.object(reference);
    if object.kind != Kind::Statics
        || u32::from(offset) + u32::from(size) > u32::from(object.length)
    {
        return Err(Trap::BadCode("a static field that the package has not"));
    }
    Ok(object.address.wrapping_add(u32::from(offset)))
}

#[inline]
fn get_int(registers: &[i16; FRAME_REGISTERS], register: Register) -> i32 {
    let high = registers[usize::from(register)];
    let low = registers[usize::from(register.wrapping_add(1))];
    i32::from(high) << 16 | i32::from(low.cast_unsigned())
}

#[inline]
fn set_int(registers: &mut [i16; FRAME_REGISTERS], register: Register, value: i32) {
    registers[usize::from(register)] = super::truncate(value >> 16);
    registers[usize::from(register.wrapping_add(1))] = super::truncate(value);
}

/// The low byte, sign-extended: what a byte field or array element holds of a value.
#[inline]
pub(in crate::vm) const fn low_byte(value: i16) -> i16 {
    value << 8 >> 8
}

pub(in crate::vm) const DIVISION: Trap = Trap::Throw(Throwable::Arithmetic, 0);

/// Executes instructions of one frame until one needs more than the frame.
///
/// Indexing `registers` with a byte cannot go out of bounds.
#[allow(
    clippy::too_many_lines,
    reason = "one arm for each instruction; splitting it would only hide the table"
)]
pub(super) fn run_frame(
    program: &Program,
    heap: &mut Heap,
    registers: &mut [i16; FRAME_REGISTERS],
    program_counter: &mut u32,
    meter: &mut Meter,
    reach: Reach,
) -> Exit {
    let code = program.code.as_slice();
    let mut pc = usize::try_from(*program_counter).unwrap_or(usize::MAX);
    let mut executed = meter.executed;
    let limit = meter.limit;

    macro_rules! r {
        ($register:expr) => {
            registers[usize::from($register)]
        };
    }
    macro_rules! leave {
        ($exit:expr) => {{
            let exit = $exit;
            *program_counter = u32::try_from(pc).unwrap_or(u32::MAX);
            meter.executed = executed;
            return exit;
        }};
    }
    macro_rules! check {
        ($result:expr) => {
            match $result {
                Ok(value) => value,
                Err(trap) => leave!(Exit::Trap(trap)),
            }
        };
    }
    macro_rules! jump {
        ($jump:expr) => {{
            let jump = $jump;
            pc = pc.wrapping_add_signed(isize::from(jump.distance));
            executed += i64::from(jump.steps);
            if jump.steps >= 0 && executed > limit {
                leave!(Exit::Trap(Trap::StepBudget));
            }
        }};
    }
    macro_rules! jump_if {
        ($condition:expr, $jump:expr) => {
            if $condition {
                jump!($jump)
            }
        };
    }

    loop {
        let Some(&op) = code.get(pc) else {
            leave!(Exit::Trap(Trap::BadCode("the end of the code")));
        };
        pc += 1;
        match op {
            Op::Move { to, from } => r!(to) = r!(from),
            Op::MoveInt { to, from } => {
                let value = get_int(registers, from);
                set_int(registers, to, value);
            }
            Op::Constant { to, value } => r!(to) = value,
            Op::ConstantInt { to, value } => set_int(registers, to, value),

            Op::Sadd { to, left, right } => r!(to) = r!(left).wrapping_add(r!(right)),
            Op::Ssub { to, left, right } => r!(to) = r!(left).wrapping_sub(r!(right)),
            Op::Smul { to, left, right } => r!(to) = r!(left).wrapping_mul(r!(right)),
            Op::Sdiv { to, left, right } => {
                if r!(right) == 0 {
                    leave!(Exit::Trap(DIVISION));
                }
                r!(to) = r!(left).wrapping_div(r!(right));
            }
            Op::Srem { to, left, right } => {
                if r!(right) == 0 {
                    leave!(Exit::Trap(DIVISION));
                }
                r!(to) = r!(left).wrapping_rem(r!(right));
            }
            Op::Sand { to, left, right } => r!(to) = r!(left) & r!(right),
            Op::Sor { to, left, right } => r!(to) = r!(left) | r!(right),
            Op::Sxor { to, left, right } => r!(to) = r!(left) ^ r!(right),
            Op::Sshl { to, left, right } => r!(to) = shift_left(r!(left), r!(right)),
            Op::Sshr { to, left, right } => r!(to) = shift_right(r!(left), r!(right)),
            Op::Sushr { to, left, right } => {
                // The value is widened to int, shifted and cut back (JCVM 3.0.5 §7.5.92).
                let widened = i32::from(r!(left)).cast_unsigned();
                let shifted = widened >> (u32::from(r!(right).cast_unsigned()) & 31);
                r!(to) = super::truncate(shifted.cast_signed());
            }
            Op::Sneg { to, from } => r!(to) = r!(from).wrapping_neg(),
            Op::S2b { to, from } => r!(to) = low_byte(r!(from)),
            Op::SaddConstant { to, left, value } => r!(to) = r!(left).wrapping_add(value),
            Op::SandConstant { to, left, value } => r!(to) = r!(left) & value,
            Op::SorConstant { to, left, value } => r!(to) = r!(left) | value,
            Op::SshlConstant { to, left, value } => r!(to) = shift_left(r!(left), value),
            Op::SshrConstant { to, left, value } => r!(to) = shift_right(r!(left), value),

            Op::Iadd { to, left, right } => {
                let value = get_int(registers, left).wrapping_add(get_int(registers, right));
                set_int(registers, to, value);
            }
            Op::Isub { to, left, right } => {
                let value = get_int(registers, left).wrapping_sub(get_int(registers, right));
                set_int(registers, to, value);
            }
            Op::Imul { to, left, right } => {
                let value = get_int(registers, left).wrapping_mul(get_int(registers, right));
                set_int(registers, to, value);
            }
            Op::Idiv { to, left, right } => {
                let divisor = get_int(registers, right);
                if divisor == 0 {
                    leave!(Exit::Trap(DIVISION));
                }
                let value = get_int(registers, left).wrapping_div(divisor);
                set_int(registers, to, value);
            }
            Op::Irem { to, left, right } => {
                let divisor = get_int(registers, right);
                if divisor == 0 {
                    leave!(Exit::Trap(DIVISION));
                }
                let value = get_int(registers, left).wrapping_rem(divisor);
                set_int(registers, to, value);
            }
            Op::Iand { to, left, right } => {
                let value = get_int(registers, left) & get_int(registers, right);
                set_int(registers, to, value);
            }
            Op::Ior { to, left, right } => {
                let value = get_int(registers, left) | get_int(registers, right);
                set_int(registers, to, value);
            }
            Op::Ixor { to, left, right } => {
                let value = get_int(registers, left) ^ get_int(registers, right);
                set_int(registers, to, value);
            }
            // Wrapping shifts take the low five bits of the count, as the standard asks.
            Op::Ishl { to, left, right } => {
                let count = get_int(registers, right).cast_unsigned();
                let value = get_int(registers, left).wrapping_shl(count);
                set_int(registers, to, value);
            }
            Op::Ishr { to, left, right } => {
                let count = get_int(registers, right).cast_unsigned();
                let value = get_int(registers, left).wrapping_shr(count);
                set_int(registers, to, value);
            }
            Op::Iushr { to, left, right } => {
                let count = get_int(registers, right).cast_unsigned();
                let value = get_int(registers, left).cast_unsigned().wrapping_shr(count);
                set_int(registers, to, value.cast_signed());
            }
            Op::Icmp { to, left, right } => {
                let order = get_int(registers, left).cmp(&get_int(registers, right));
                r!(to) = order as i16;
            }
            Op::Ineg { to, from } => {
                let value = get_int(registers, from).wrapping_neg();
                set_int(registers, to, value);
            }
            Op::Iinc { local, value } => {
                let value = get_int(registers, local).wrapping_add(value.into());
                set_int(registers, local, value);
            }
            Op::S2i { to, from } => {
                let value = i32::from(r!(from));
                set_int(registers, to, value);
            }
            Op::I2b { to, from } => {
                r!(to) = low_byte(super::truncate(get_int(registers, from)));
            }
            Op::I2s { to, from } => r!(to) = super::truncate(get_int(registers, from)),

            Op::Goto { jump } => jump!(jump),
            Op::IfEqual { left, right, jump } => jump_if!(r!(left) == r!(right), jump),
            Op::IfNotEqual { left, right, jump } => jump_if!(r!(left) != r!(right), jump),
            Op::IfLess { left, right, jump } => jump_if!(r!(left) < r!(right), jump),
            Op::IfGreaterOrEqual { left, right, jump } => jump_if!(r!(left) >= r!(right), jump),
            Op::IfGreater { left, right, jump } => jump_if!(r!(left) > r!(right), jump),
            Op::IfLessOrEqual { left, right, jump } => jump_if!(r!(left) <= r!(right), jump),
            Op::IfEqualConstant { left, value, jump } => jump_if!(r!(left) == value, jump),
            Op::IfNotEqualConstant { left, value, jump } => jump_if!(r!(left) != value, jump),
            Op::IfLessConstant { left, value, jump } => jump_if!(r!(left) < value, jump),
            Op::IfGreaterOrEqualConstant { left, value, jump } => {
                jump_if!(r!(left) >= value, jump);
            }
            Op::IfGreaterConstant { left, value, jump } => jump_if!(r!(left) > value, jump),
            Op::IfLessOrEqualConstant { left, value, jump } => jump_if!(r!(left) <= value, jump),
            Op::IfNull { value, jump } => {
                jump_if!(heap.is_null(r!(value).cast_unsigned()), jump);
            }
            Op::IfNonNull { value, jump } => {
                jump_if!(!heap.is_null(r!(value).cast_unsigned()), jump);
            }
            Op::SwitchShort { key, table } => {
                let key = i32::from(r!(key));
                if let Some(switch) = usize::try_from(table)
                    .ok()
                    .and_then(|table| program.switches.get(table))
                {
                    jump!(switch.target(key));
                }
            }
            Op::SwitchInt { key, table } => {
                let key = get_int(registers, key);
                if let Some(switch) = usize::try_from(table)
                    .ok()
                    .and_then(|table| program.switches.get(table))
                {
                    jump!(switch.target(key));
                }
            }
            Op::Jsr { to, jump } => {
                let address = return_address(program, pc);
                r!(to) = check!(address);
                jump!(jump);
            }
            Op::Ret { from } => {
                let (target, steps) = check!(return_target(program, pc, r!(from)));
                pc = target;
                executed += steps;
                if executed > limit {
                    leave!(Exit::Trap(Trap::StepBudget));
                }
            }

            Op::Baload { to, array, index } => {
                let address = check!(element(
                    heap,
                    r!(array).cast_unsigned(),
                    r!(index),
                    Kind::ByteArray,
                    reach
                ));
                r!(to) = heap.byte(address).into();
            }
            Op::Saload { to, array, index } => {
                let address = check!(element(
                    heap,
                    r!(array).cast_unsigned(),
                    r!(index),
                    Kind::ShortArray,
                    reach
                ));
                r!(to) = heap.short(address);
            }
            Op::Aaload { to, array, index } => {
                let address = check!(element(
                    heap,
                    r!(array).cast_unsigned(),
                    r!(index),
                    Kind::ReferenceArray,
                    reach
                ));
                r!(to) = heap.short(address);
            }
            Op::Iaload { to, array, index } => {
                let address = check!(element(
                    heap,
                    r!(array).cast_unsigned(),
                    r!(index),
                    Kind::IntArray,
                    reach
                ));
                let value = heap.int(address);
                set_int(registers, to, value);
            }
            Op::Bastore {
                array,
                index,
                value,
            } => {
                let address = check!(element(
                    heap,
                    r!(array).cast_unsigned(),
                    r!(index),
                    Kind::ByteArray,
                    reach
                ));
                let [_, low] = r!(value).to_be_bytes();
                check!(heap.write(address, [low]));
            }
            Op::Sastore {
                array,
                index,
                value,
            } => {
                let address = check!(element(
                    heap,
                    r!(array).cast_unsigned(),
                    r!(index),
                    Kind::ShortArray,
                    reach
                ));
                check!(heap.write(address, r!(value).to_be_bytes()));
            }
            Op::Iastore {
                array,
                index,
                value,
            } => {
                let address = check!(element(
                    heap,
                    r!(array).cast_unsigned(),
                    r!(index),
                    Kind::IntArray,
                    reach
                ));
                let value = get_int(registers, value);
                check!(heap.write(address, value.to_be_bytes()));
            }
            Op::ArrayLength { to, array } => {
                let object = check!(heap.live(r!(array).cast_unsigned()));
                if !object.kind.is_array() {
                    leave!(Exit::Trap(Trap::BadCode("the length of no array")));
                }
                check!(reach.check(&object));
                r!(to) = object.length.cast_signed();
            }

            Op::GetField { to, object, cell } => {
                let address = check!(field(heap, r!(object).cast_unsigned(), cell, 1, reach));
                r!(to) = heap.short(address);
            }
            Op::GetFieldInt { to, object, cell } => {
                let address = check!(field(heap, r!(object).cast_unsigned(), cell, 2, reach));
                let value = heap.int(address);
                set_int(registers, to, value);
            }
            Op::PutField {
                object,
                value,
                cell,
            } => {
                let address = check!(field(heap, r!(object).cast_unsigned(), cell, 1, reach));
                check!(heap.write(address, r!(value).to_be_bytes()));
            }
            Op::PutFieldByte {
                object,
                value,
                cell,
            } => {
                let address = check!(field(heap, r!(object).cast_unsigned(), cell, 1, reach));
                check!(heap.write(address, low_byte(r!(value)).to_be_bytes()));
            }
            Op::PutFieldInt {
                object,
                value,
                cell,
            } => {
                let address = check!(field(heap, r!(object).cast_unsigned(), cell, 2, reach));
                let value = get_int(registers, value);
                check!(heap.write(address, value.to_be_bytes()));
            }

            Op::GetStaticByte { to, object, offset } => {
                let address = check!(static_field(heap, object, offset, 1));
                r!(to) = heap.byte(address).into();
            }
            Op::GetStatic { to, object, offset } => {
                let address = check!(static_field(heap, object, offset, 2));
                r!(to) = heap.short(address);
            }
            Op::GetStaticInt { to, object, offset } => {
                let address = check!(static_field(heap, object, offset, 4));
                let value = heap.int(address);
                set_int(registers, to, value);
            }
            Op::PutStaticByte {
                value,
                object,
                offset,
            } => {
                let address = check!(static_field(heap, object, offset, 1));
                let [_, low] = r!(value).to_be_bytes();
                check!(heap.write(address, [low]));
            }
            Op::PutStatic {
                value,
                object,
                offset,
            } => {
                let address = check!(static_field(heap, object, offset, 2));
                check!(heap.write(address, r!(value).to_be_bytes()));
            }
            Op::PutStaticInt {
                value,
                object,
                offset,
            } => {
                let address = check!(static_field(heap, object, offset, 4));
                let value = get_int(registers, value);
                check!(heap.write(address, value.to_be_bytes()));
            }

            Op::PutFieldReference { .. }
            | Op::PutStaticReference { .. }
            | Op::Aastore { .. }
            | Op::InvokeStatic { .. }
            | Op::InvokeSpecial { .. }
            | Op::InvokeVirtual { .. }
            | Op::InvokeInterface { .. }
            | Op::Return
            | Op::ReturnShort { .. }
            | Op::ReturnInt { .. }
            | Op::New { .. }
            | Op::NewArray { .. }
            | Op::NewReferenceArray { .. }
            | Op::CheckCast { .. }
            | Op::InstanceOf { .. }
            | Op::Throw { .. }
            | Op::Undefined => leave!(Exit::Op(op)),
        }
    }
}

/// Short shifts use the low five bits of the count on the value widened to int
/// (JCVM 3.0.5 §7.5.89).
#[inline]
fn shift_left(value: i16, count: i16) -> i16 {
    super::truncate(i32::from(value) << (count & 31))
}

#[inline]
fn shift_right(value: i16, count: i16) -> i16 {
    super::truncate(i32::from(value) >> (count & 31))
}

/// What `jsr` leaves for `ret`: the distance of the next instruction from the method's first.
#[cold]
fn return_address(program: &Program, pc: usize) -> Result<i16, Trap> {
    let bad = Trap::BadCode("a subroutine call in too long a method");
    let at = u32::try_from(pc).map_err(|_| bad)?;
    let method = program.method_at(at).ok_or(bad)?;
    u16::try_from(at - method.code.start)
        .map(u16::cast_signed)
        .map_err(|_| bad)
}

/// Where `ret` goes, and how many bytecodes that executes anew.
#[cold]
fn return_target(program: &Program, pc: usize, address: i16) -> Result<(usize, i64), Trap> {
    let bad = Trap::BadCode("a return to no subroutine call");
    let at = u32::try_from(pc).map_err(|_| bad)?;
    let method = program.method_at(at.saturating_sub(1)).ok_or(bad)?;
    let target = method.code.start + u32::from(address.cast_unsigned());
    if !method.code.contains(&target) {
        return Err(bad);
    }
    let target = usize::try_from(target).map_err(|_| bad)?;
    let call = target
        .checked_sub(1)
        .and_then(|call| program.code.get(call));
    if !matches!(call, Some(Op::Jsr { .. })) {
        return Err(bad);
    }
    let ordinal = |pc: usize| {
        program
            .bytecodes_before
            .get(pc)
            .map_or(0, |&count| i64::from(count))
    };
    Ok((target, ordinal(pc.saturating_sub(1)) + 1 - ordinal(target)))
}
