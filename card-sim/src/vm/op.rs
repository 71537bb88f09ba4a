//! The virtual machine's own instructions: what a method's bytecode is translated to at link time.
//!
//! The operand stack is gone. Its depth at every instruction is known when a method is linked, so
//! each stack word and each local variable is a *register* of the frame: first the locals, then
//! the stack words. `sload_1; sload_2; sadd; sstore_3` becomes one instruction. A register is one
//! byte and a frame is lent to the interpreter as an array of 256 words, so no access to it can be
//! out of bounds and none needs a check.
//!
//! An `int` takes two registers, its high half first. A branch carries the distance to its target
//! and how many bytecodes lie between, by which executed bytecodes are counted exactly without
//! counting each.

/// A register of the frame.
pub type Register = u8;

/// One instruction, eight bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(
    missing_docs,
    reason = "each is named after the bytecode it comes from; operands after what they hold"
)]
pub enum Op {
    // Registers.
    Move {
        to: Register,
        from: Register,
    },
    MoveInt {
        to: Register,
        from: Register,
    },
    Constant {
        to: Register,
        value: i16,
    },
    ConstantInt {
        to: Register,
        value: i32,
    },

    // Short arithmetic.
    Sadd {
        to: Register,
        left: Register,
        right: Register,
    },
    Ssub {
        to: Register,
        left: Register,
        right: Register,
    },
    Smul {
        to: Register,
        left: Register,
        right: Register,
    },
    Sdiv {
        to: Register,
        left: Register,
        right: Register,
    },
    Srem {
        to: Register,
        left: Register,
        right: Register,
    },
    Sand {
        to: Register,
        left: Register,
        right: Register,
    },
    Sor {
        to: Register,
        left: Register,
        right: Register,
    },
    Sxor {
        to: Register,
        left: Register,
        right: Register,
    },
    Sshl {
        to: Register,
        left: Register,
        right: Register,
    },
    Sshr {
        to: Register,
        left: Register,
        right: Register,
    },
    Sushr {
        to: Register,
        left: Register,
        right: Register,
    },
    Sneg {
        to: Register,
        from: Register,
    },
    S2b {
        to: Register,
        from: Register,
    },
    SaddConstant {
        to: Register,
        left: Register,
        value: i16,
    },
    SandConstant {
        to: Register,
        left: Register,
        value: i16,
    },
    SorConstant {
        to: Register,
        left: Register,
        value: i16,
    },
    SshlConstant {
        to: Register,
        left: Register,
        value: i16,
    },
    SshrConstant {
        to: Register,
        left: Register,
        value: i16,
    },

    // Int arithmetic.
    Iadd {
        to: Register,
        left: Register,
        right: Register,
    },
    Isub {
        to: Register,
        left: Register,
        right: Register,
    },
    Imul {
        to: Register,
        left: Register,
        right: Register,
    },
    Idiv {
        to: Register,
        left: Register,
        right: Register,
    },
    Irem {
        to: Register,
        left: Register,
        right: Register,
    },
    Iand {
        to: Register,
        left: Register,
        right: Register,
    },
    Ior {
        to: Register,
        left: Register,
        right: Register,
    },
    Ixor {
        to: Register,
        left: Register,
        right: Register,
    },
    Ishl {
        to: Register,
        left: Register,
        right: Register,
    },
    Ishr {
        to: Register,
        left: Register,
        right: Register,
    },
    Iushr {
        to: Register,
        left: Register,
        right: Register,
    },
    Icmp {
        to: Register,
        left: Register,
        right: Register,
    },
    Ineg {
        to: Register,
        from: Register,
    },
    Iinc {
        local: Register,
        value: i16,
    },
    S2i {
        to: Register,
        from: Register,
    },
    I2b {
        to: Register,
        from: Register,
    },
    I2s {
        to: Register,
        from: Register,
    },

    // Branches.
    Goto {
        jump: Jump,
    },
    IfEqual {
        left: Register,
        right: Register,
        jump: Jump,
    },
    IfNotEqual {
        left: Register,
        right: Register,
        jump: Jump,
    },
    IfLess {
        left: Register,
        right: Register,
        jump: Jump,
    },
    IfGreaterOrEqual {
        left: Register,
        right: Register,
        jump: Jump,
    },
    IfGreater {
        left: Register,
        right: Register,
        jump: Jump,
    },
    IfLessOrEqual {
        left: Register,
        right: Register,
        jump: Jump,
    },
    IfEqualConstant {
        left: Register,
        value: i16,
        jump: Jump,
    },
    IfNotEqualConstant {
        left: Register,
        value: i16,
        jump: Jump,
    },
    IfLessConstant {
        left: Register,
        value: i16,
        jump: Jump,
    },
    IfGreaterOrEqualConstant {
        left: Register,
        value: i16,
        jump: Jump,
    },
    IfGreaterConstant {
        left: Register,
        value: i16,
        jump: Jump,
    },
    IfLessOrEqualConstant {
        left: Register,
        value: i16,
        jump: Jump,
    },
    IfNull {
        value: Register,
        jump: Jump,
    },
    IfNonNull {
        value: Register,
        jump: Jump,
    },
    /// `stableswitch`, `slookupswitch`: the key is a short.
    SwitchShort {
        key: Register,
        table: u32,
    },
    /// `itableswitch`, `ilookupswitch`: the key is an int.
    SwitchInt {
        key: Register,
        table: u32,
    },
    Jsr {
        to: Register,
        jump: Jump,
    },
    Ret {
        from: Register,
    },

    // Arrays.
    Baload {
        to: Register,
        array: Register,
        index: Register,
    },
    Saload {
        to: Register,
        array: Register,
        index: Register,
    },
    Iaload {
        to: Register,
        array: Register,
        index: Register,
    },
    Aaload {
        to: Register,
        array: Register,
        index: Register,
    },
    Bastore {
        array: Register,
        index: Register,
        value: Register,
    },
    Sastore {
        array: Register,
        index: Register,
        value: Register,
    },
    Iastore {
        array: Register,
        index: Register,
        value: Register,
    },
    Aastore {
        array: Register,
        index: Register,
        value: Register,
    },
    ArrayLength {
        to: Register,
        array: Register,
    },

    // Fields of instances, by cell.
    GetField {
        to: Register,
        object: Register,
        cell: u16,
    },
    GetFieldInt {
        to: Register,
        object: Register,
        cell: u16,
    },
    PutField {
        object: Register,
        value: Register,
        cell: u16,
    },
    PutFieldByte {
        object: Register,
        value: Register,
        cell: u16,
    },
    PutFieldInt {
        object: Register,
        value: Register,
        cell: u16,
    },
    PutFieldReference {
        object: Register,
        value: Register,
        cell: u16,
    },

    // Static fields, by byte of the package's image.
    GetStaticByte {
        to: Register,
        object: u16,
        offset: u16,
    },
    GetStatic {
        to: Register,
        object: u16,
        offset: u16,
    },
    GetStaticInt {
        to: Register,
        object: u16,
        offset: u16,
    },
    PutStaticByte {
        value: Register,
        object: u16,
        offset: u16,
    },
    PutStatic {
        value: Register,
        object: u16,
        offset: u16,
    },
    PutStaticInt {
        value: Register,
        object: u16,
        offset: u16,
    },
    PutStaticReference {
        value: Register,
        object: u16,
        offset: u16,
    },

    // Methods. Arguments lie from register `base` on; so does the result.
    InvokeStatic {
        base: Register,
        method: u32,
    },
    /// `invokespecial`: as a static call, but the first argument must not be null.
    InvokeSpecial {
        base: Register,
        method: u32,
    },
    InvokeVirtual {
        base: Register,
        token: u8,
    },
    InvokeInterface {
        base: Register,
        token: u8,
        interface: u16,
    },
    Return,
    ReturnShort {
        from: Register,
    },
    ReturnInt {
        from: Register,
    },

    // Objects.
    New {
        to: Register,
        class: u16,
    },
    NewArray {
        to: Register,
        length: Register,
        element: u8,
    },
    NewReferenceArray {
        to: Register,
        length: Register,
        class: u16,
    },
    CheckCast {
        value: Register,
        array_type: u8,
        class: u16,
    },
    InstanceOf {
        to: Register,
        value: Register,
        array_type: u8,
        class: u16,
    },
    Throw {
        value: Register,
    },
    /// `impdep1`, `impdep2`, and the place after code that never ends.
    Undefined,
}

/// The end of a taken branch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Jump {
    /// Distance to the target from the instruction after the branch.
    pub distance: i16,
    /// Bytecodes from the target to the one after the branch: what a backward branch executes
    /// again, and (negative) what a forward branch leaves out.
    pub steps: i16,
}

impl Op {
    /// The register that the instruction writes its result to, if it can be chosen freely.
    pub(super) fn result_mut(&mut self) -> Option<&mut Register> {
        match self {
            Self::Move { to, .. }
            | Self::MoveInt { to, .. }
            | Self::Constant { to, .. }
            | Self::ConstantInt { to, .. }
            | Self::Sadd { to, .. }
            | Self::Ssub { to, .. }
            | Self::Smul { to, .. }
            | Self::Sdiv { to, .. }
            | Self::Srem { to, .. }
            | Self::Sand { to, .. }
            | Self::Sor { to, .. }
            | Self::Sxor { to, .. }
            | Self::Sshl { to, .. }
            | Self::Sshr { to, .. }
            | Self::Sushr { to, .. }
            | Self::Sneg { to, .. }
            | Self::S2b { to, .. }
            | Self::SaddConstant { to, .. }
            | Self::SandConstant { to, .. }
            | Self::SorConstant { to, .. }
            | Self::SshlConstant { to, .. }
            | Self::SshrConstant { to, .. }
            | Self::Iadd { to, .. }
            | Self::Isub { to, .. }
            | Self::Imul { to, .. }
            | Self::Idiv { to, .. }
            | Self::Irem { to, .. }
            | Self::Iand { to, .. }
            | Self::Ior { to, .. }
            | Self::Ixor { to, .. }
            | Self::Ishl { to, .. }
            | Self::Ishr { to, .. }
            | Self::Iushr { to, .. }
            | Self::Icmp { to, .. }
            | Self::Ineg { to, .. }
            | Self::S2i { to, .. }
            | Self::I2b { to, .. }
            | Self::I2s { to, .. }
            | Self::Baload { to, .. }
            | Self::Saload { to, .. }
            | Self::Iaload { to, .. }
            | Self::Aaload { to, .. }
            | Self::ArrayLength { to, .. }
            | Self::GetField { to, .. }
            | Self::GetFieldInt { to, .. }
            | Self::GetStaticByte { to, .. }
            | Self::GetStatic { to, .. }
            | Self::GetStaticInt { to, .. }
            | Self::New { to, .. }
            | Self::NewArray { to, .. }
            | Self::NewReferenceArray { to, .. }
            | Self::InstanceOf { to, .. } => Some(to),
            _ => None,
        }
    }

    /// The jump of a branch.
    pub(super) fn jump_mut(&mut self) -> Option<&mut Jump> {
        match self {
            Self::Goto { jump }
            | Self::IfEqual { jump, .. }
            | Self::IfNotEqual { jump, .. }
            | Self::IfLess { jump, .. }
            | Self::IfGreaterOrEqual { jump, .. }
            | Self::IfGreater { jump, .. }
            | Self::IfLessOrEqual { jump, .. }
            | Self::IfEqualConstant { jump, .. }
            | Self::IfNotEqualConstant { jump, .. }
            | Self::IfLessConstant { jump, .. }
            | Self::IfGreaterOrEqualConstant { jump, .. }
            | Self::IfGreaterConstant { jump, .. }
            | Self::IfLessOrEqualConstant { jump, .. }
            | Self::IfNull { jump, .. }
            | Self::IfNonNull { jump, .. }
            | Self::Jsr { jump, .. } => Some(jump),
            _ => None,
        }
    }
}

/// The targets of a switch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Switch {
    /// Where to go when no key matches.
    pub default: Jump,
    /// Key and target, ascending by key.
    pub cases: Vec<(i32, Jump)>,
}

impl Switch {
    /// Where `key` leads.
    #[must_use]
    pub fn target(&self, key: i32) -> Jump {
        self.cases
            .binary_search_by_key(&key, |case| case.0)
            .ok()
            .and_then(|index| self.cases.get(index))
            .map_or(self.default, |case| case.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instruction_takes_eight_bytes() {
        assert_eq!(size_of::<Op>(), 8);
    }

    #[test]
    fn a_switch_finds_its_case() {
        let jump = |distance| Jump { distance, steps: 0 };
        let switch = Switch {
            default: jump(9),
            cases: vec![(-5, jump(1)), (0, jump(2)), (70_000, jump(3))],
        };
        assert_eq!(switch.target(-5), jump(1));
        assert_eq!(switch.target(70_000), jump(3));
        assert_eq!(switch.target(1), jump(9));
    }
}
