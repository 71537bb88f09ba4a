//! The instruction set of the Java Card virtual machine (JCVM 3.0.5 §7.5): one table for the disassembler,
//! the assembler, the verifier, the compiler and the simulator.
//!
//! Each row gives the opcode, its name, the layout of its operands and its effect on the operand stack.
//! The stack effect reads `before -- after`, top of stack rightmost: `a` is a reference, `s` a short
//! (boolean, byte and short are all one slot), `i` an int (two slots), `r` a return address and `w` any one
//! slot word. `*` means that the effect depends on the operands.

/// How the bytes after an opcode are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// No operand.
    None,
    /// One signed byte, an immediate value.
    Byte,
    /// Two bytes, a signed immediate value.
    Short,
    /// Four bytes, a signed immediate value.
    Int,
    /// One byte, the index of a local variable.
    Local,
    /// A local variable and a signed byte to add.
    IncrementByte,
    /// A local variable and a signed short to add.
    IncrementShort,
    /// One byte `mn`: two nibbles that count stack words.
    Stack,
    /// A signed byte, relative to the opcode.
    BranchByte,
    /// A signed short, relative to the opcode.
    BranchShort,
    /// `default`, `low`, `high` (all short) and the jump offsets.
    TableSwitchShort,
    /// `default` (short), `low`, `high` (int) and the jump offsets.
    TableSwitchInt,
    /// `default`, the number of pairs, then pairs of (short match, offset).
    LookupSwitchShort,
    /// `default`, the number of pairs, then pairs of (int match, offset).
    LookupSwitchInt,
    /// One byte, a constant pool index.
    PoolByte,
    /// Two bytes, a constant pool index.
    PoolShort,
    /// `nargs` (1 byte), constant pool index (2 bytes), interface method token (1 byte).
    InvokeInterface,
    /// One byte, the element type of a primitive array (10 to 13).
    ArrayType,
    /// An array type (0, 10 to 14) and a constant pool index.
    TypeCheck,
}

impl Layout {
    /// The operands' bytes; `cases` counts the jump offsets or pairs of a switch.
    pub(crate) const fn size(self, cases: usize) -> usize {
        match self {
            Self::None => 0,
            Self::Byte
            | Self::Local
            | Self::Stack
            | Self::BranchByte
            | Self::PoolByte
            | Self::ArrayType => 1,
            Self::Short | Self::IncrementByte | Self::BranchShort | Self::PoolShort => 2,
            Self::IncrementShort | Self::TypeCheck => 3,
            Self::Int | Self::InvokeInterface => 4,
            Self::TableSwitchShort => 6 + 2 * cases,
            Self::TableSwitchInt => 10 + 2 * cases,
            Self::LookupSwitchShort => 4 + 4 * cases,
            Self::LookupSwitchInt => 4 + 6 * cases,
        }
    }
}

macro_rules! opcodes {
    ($($code:literal $variant:ident $name:literal $layout:ident $stack:literal,)*) => {
        /// An instruction of the virtual machine; the discriminant is the opcode byte.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        #[allow(missing_docs, reason = "each variant is named after its mnemonic; JCVM §7.5 describes it")]
        pub enum Opcode { $($variant = $code,)* }

        impl Opcode {
            /// Every opcode, in ascending order.
            pub const ALL: &'static [Opcode] = &[$(Opcode::$variant,)*];

            /// The opcode with this byte value, `None` for the undefined ones (`0xB9`–`0xFD`).
            #[must_use]
            pub const fn from_byte(byte: u8) -> Option<Opcode> {
                match byte { $($code => Some(Opcode::$variant),)* _ => None }
            }

            /// The name that JCVM §7.5 gives.
            #[must_use]
            pub const fn mnemonic(self) -> &'static str {
                match self { $(Opcode::$variant => $name,)* }
            }

            /// The layout of the operand bytes.
            #[must_use]
            pub const fn layout(self) -> Layout {
                match self { $(Opcode::$variant => Layout::$layout,)* }
            }

            /// The effect on the operand stack, in the notation of the module doc.
            #[must_use]
            pub const fn stack_effect(self) -> &'static str {
                match self { $(Opcode::$variant => $stack,)* }
            }

            /// The stack effect in its two halves, taken apart when this is compiled.
            const fn halves(self) -> (&'static str, &'static str) {
                match self { $(Opcode::$variant => const { halves($stack) },)* }
            }

            /// The opcode with this mnemonic.
            #[must_use]
            pub fn from_mnemonic(name: &str) -> Option<Opcode> {
                match name { $($name => Some(Opcode::$variant),)* _ => None }
            }
        }
    };
}

/// What stands before and after `--`; a lone `*` stands for both.
const fn halves(effect: &'static str) -> (&'static str, &'static str) {
    let bytes = effect.as_bytes();
    let mut at = 0;
    while at + 1 < bytes.len() {
        if let (b'-', b'-') = (bytes[at], bytes[at + 1]) {
            let (before, rest) = effect.split_at(at);
            return (before, rest.split_at(2).1);
        }
        at += 1;
    }
    ("*", "*")
}

opcodes! {
    0x00 Nop "nop" None "--",
    0x01 AconstNull "aconst_null" None "-- a",
    0x02 SconstM1 "sconst_m1" None "-- s",
    0x03 Sconst0 "sconst_0" None "-- s",
    0x04 Sconst1 "sconst_1" None "-- s",
    0x05 Sconst2 "sconst_2" None "-- s",
    0x06 Sconst3 "sconst_3" None "-- s",
    0x07 Sconst4 "sconst_4" None "-- s",
    0x08 Sconst5 "sconst_5" None "-- s",
    0x09 IconstM1 "iconst_m1" None "-- i",
    0x0a Iconst0 "iconst_0" None "-- i",
    0x0b Iconst1 "iconst_1" None "-- i",
    0x0c Iconst2 "iconst_2" None "-- i",
    0x0d Iconst3 "iconst_3" None "-- i",
    0x0e Iconst4 "iconst_4" None "-- i",
    0x0f Iconst5 "iconst_5" None "-- i",
    0x10 Bspush "bspush" Byte "-- s",
    0x11 Sspush "sspush" Short "-- s",
    0x12 Bipush "bipush" Byte "-- i",
    0x13 Sipush "sipush" Short "-- i",
    0x14 Iipush "iipush" Int "-- i",
    0x15 Aload "aload" Local "-- a",
    0x16 Sload "sload" Local "-- s",
    0x17 Iload "iload" Local "-- i",
    0x18 Aload0 "aload_0" None "-- a",
    0x19 Aload1 "aload_1" None "-- a",
    0x1a Aload2 "aload_2" None "-- a",
    0x1b Aload3 "aload_3" None "-- a",
    0x1c Sload0 "sload_0" None "-- s",
    0x1d Sload1 "sload_1" None "-- s",
    0x1e Sload2 "sload_2" None "-- s",
    0x1f Sload3 "sload_3" None "-- s",
    0x20 Iload0 "iload_0" None "-- i",
    0x21 Iload1 "iload_1" None "-- i",
    0x22 Iload2 "iload_2" None "-- i",
    0x23 Iload3 "iload_3" None "-- i",
    0x24 Aaload "aaload" None "a s -- a",
    0x25 Baload "baload" None "a s -- s",
    0x26 Saload "saload" None "a s -- s",
    0x27 Iaload "iaload" None "a s -- i",
    0x28 Astore "astore" Local "a --",
    0x29 Sstore "sstore" Local "s --",
    0x2a Istore "istore" Local "i --",
    0x2b Astore0 "astore_0" None "a --",
    0x2c Astore1 "astore_1" None "a --",
    0x2d Astore2 "astore_2" None "a --",
    0x2e Astore3 "astore_3" None "a --",
    0x2f Sstore0 "sstore_0" None "s --",
    0x30 Sstore1 "sstore_1" None "s --",
    0x31 Sstore2 "sstore_2" None "s --",
    0x32 Sstore3 "sstore_3" None "s --",
    0x33 Istore0 "istore_0" None "i --",
    0x34 Istore1 "istore_1" None "i --",
    0x35 Istore2 "istore_2" None "i --",
    0x36 Istore3 "istore_3" None "i --",
    0x37 Aastore "aastore" None "a s a --",
    0x38 Bastore "bastore" None "a s s --",
    0x39 Sastore "sastore" None "a s s --",
    0x3a Iastore "iastore" None "a s i --",
    0x3b Pop "pop" None "w --",
    0x3c Pop2 "pop2" None "w w --",
    0x3d Dup "dup" None "w -- w w",
    0x3e Dup2 "dup2" None "w w -- w w w w",
    0x3f DupX "dup_x" Stack "*",
    0x40 SwapX "swap_x" Stack "*",
    0x41 Sadd "sadd" None "s s -- s",
    0x42 Iadd "iadd" None "i i -- i",
    0x43 Ssub "ssub" None "s s -- s",
    0x44 Isub "isub" None "i i -- i",
    0x45 Smul "smul" None "s s -- s",
    0x46 Imul "imul" None "i i -- i",
    0x47 Sdiv "sdiv" None "s s -- s",
    0x48 Idiv "idiv" None "i i -- i",
    0x49 Srem "srem" None "s s -- s",
    0x4a Irem "irem" None "i i -- i",
    0x4b Sneg "sneg" None "s -- s",
    0x4c Ineg "ineg" None "i -- i",
    0x4d Sshl "sshl" None "s s -- s",
    0x4e Ishl "ishl" None "i i -- i",
    0x4f Sshr "sshr" None "s s -- s",
    0x50 Ishr "ishr" None "i i -- i",
    0x51 Sushr "sushr" None "s s -- s",
    0x52 Iushr "iushr" None "i i -- i",
    0x53 Sand "sand" None "s s -- s",
    0x54 Iand "iand" None "i i -- i",
    0x55 Sor "sor" None "s s -- s",
    0x56 Ior "ior" None "i i -- i",
    0x57 Sxor "sxor" None "s s -- s",
    0x58 Ixor "ixor" None "i i -- i",
    0x59 Sinc "sinc" IncrementByte "--",
    0x5a Iinc "iinc" IncrementByte "--",
    0x5b S2b "s2b" None "s -- s",
    0x5c S2i "s2i" None "s -- i",
    0x5d I2b "i2b" None "i -- s",
    0x5e I2s "i2s" None "i -- s",
    0x5f Icmp "icmp" None "i i -- s",
    0x60 Ifeq "ifeq" BranchByte "s --",
    0x61 Ifne "ifne" BranchByte "s --",
    0x62 Iflt "iflt" BranchByte "s --",
    0x63 Ifge "ifge" BranchByte "s --",
    0x64 Ifgt "ifgt" BranchByte "s --",
    0x65 Ifle "ifle" BranchByte "s --",
    0x66 Ifnull "ifnull" BranchByte "a --",
    0x67 Ifnonnull "ifnonnull" BranchByte "a --",
    0x68 IfAcmpeq "if_acmpeq" BranchByte "a a --",
    0x69 IfAcmpne "if_acmpne" BranchByte "a a --",
    0x6a IfScmpeq "if_scmpeq" BranchByte "s s --",
    0x6b IfScmpne "if_scmpne" BranchByte "s s --",
    0x6c IfScmplt "if_scmplt" BranchByte "s s --",
    0x6d IfScmpge "if_scmpge" BranchByte "s s --",
    0x6e IfScmpgt "if_scmpgt" BranchByte "s s --",
    0x6f IfScmple "if_scmple" BranchByte "s s --",
    0x70 Goto "goto" BranchByte "--",
    0x71 Jsr "jsr" BranchShort "-- r",
    0x72 Ret "ret" Local "--",
    0x73 Stableswitch "stableswitch" TableSwitchShort "s --",
    0x74 Itableswitch "itableswitch" TableSwitchInt "i --",
    0x75 Slookupswitch "slookupswitch" LookupSwitchShort "s --",
    0x76 Ilookupswitch "ilookupswitch" LookupSwitchInt "i --",
    0x77 Areturn "areturn" None "a --",
    0x78 Sreturn "sreturn" None "s --",
    0x79 Ireturn "ireturn" None "i --",
    0x7a Return "return" None "--",
    0x7b GetstaticA "getstatic_a" PoolShort "-- a",
    0x7c GetstaticB "getstatic_b" PoolShort "-- s",
    0x7d GetstaticS "getstatic_s" PoolShort "-- s",
    0x7e GetstaticI "getstatic_i" PoolShort "-- i",
    0x7f PutstaticA "putstatic_a" PoolShort "a --",
    0x80 PutstaticB "putstatic_b" PoolShort "s --",
    0x81 PutstaticS "putstatic_s" PoolShort "s --",
    0x82 PutstaticI "putstatic_i" PoolShort "i --",
    0x83 GetfieldA "getfield_a" PoolByte "a -- a",
    0x84 GetfieldB "getfield_b" PoolByte "a -- s",
    0x85 GetfieldS "getfield_s" PoolByte "a -- s",
    0x86 GetfieldI "getfield_i" PoolByte "a -- i",
    0x87 PutfieldA "putfield_a" PoolByte "a a --",
    0x88 PutfieldB "putfield_b" PoolByte "a s --",
    0x89 PutfieldS "putfield_s" PoolByte "a s --",
    0x8a PutfieldI "putfield_i" PoolByte "a i --",
    0x8b Invokevirtual "invokevirtual" PoolShort "*",
    0x8c Invokespecial "invokespecial" PoolShort "*",
    0x8d Invokestatic "invokestatic" PoolShort "*",
    0x8e Invokeinterface "invokeinterface" InvokeInterface "*",
    0x8f New "new" PoolShort "-- a",
    0x90 Newarray "newarray" ArrayType "s -- a",
    0x91 Anewarray "anewarray" PoolShort "s -- a",
    0x92 Arraylength "arraylength" None "a -- s",
    0x93 Athrow "athrow" None "a --",
    0x94 Checkcast "checkcast" TypeCheck "a -- a",
    0x95 Instanceof "instanceof" TypeCheck "a -- s",
    0x96 SincW "sinc_w" IncrementShort "--",
    0x97 IincW "iinc_w" IncrementShort "--",
    0x98 IfeqW "ifeq_w" BranchShort "s --",
    0x99 IfneW "ifne_w" BranchShort "s --",
    0x9a IfltW "iflt_w" BranchShort "s --",
    0x9b IfgeW "ifge_w" BranchShort "s --",
    0x9c IfgtW "ifgt_w" BranchShort "s --",
    0x9d IfleW "ifle_w" BranchShort "s --",
    0x9e IfnullW "ifnull_w" BranchShort "a --",
    0x9f IfnonnullW "ifnonnull_w" BranchShort "a --",
    0xa0 IfAcmpeqW "if_acmpeq_w" BranchShort "a a --",
    0xa1 IfAcmpneW "if_acmpne_w" BranchShort "a a --",
    0xa2 IfScmpeqW "if_scmpeq_w" BranchShort "s s --",
    0xa3 IfScmpneW "if_scmpne_w" BranchShort "s s --",
    0xa4 IfScmpltW "if_scmplt_w" BranchShort "s s --",
    0xa5 IfScmpgeW "if_scmpge_w" BranchShort "s s --",
    0xa6 IfScmpgtW "if_scmpgt_w" BranchShort "s s --",
    0xa7 IfScmpleW "if_scmple_w" BranchShort "s s --",
    0xa8 GotoW "goto_w" BranchShort "--",
    0xa9 GetfieldAW "getfield_a_w" PoolShort "a -- a",
    0xaa GetfieldBW "getfield_b_w" PoolShort "a -- s",
    0xab GetfieldSW "getfield_s_w" PoolShort "a -- s",
    0xac GetfieldIW "getfield_i_w" PoolShort "a -- i",
    0xad GetfieldAThis "getfield_a_this" PoolByte "-- a",
    0xae GetfieldBThis "getfield_b_this" PoolByte "-- s",
    0xaf GetfieldSThis "getfield_s_this" PoolByte "-- s",
    0xb0 GetfieldIThis "getfield_i_this" PoolByte "-- i",
    0xb1 PutfieldAW "putfield_a_w" PoolShort "a a --",
    0xb2 PutfieldBW "putfield_b_w" PoolShort "a s --",
    0xb3 PutfieldSW "putfield_s_w" PoolShort "a s --",
    0xb4 PutfieldIW "putfield_i_w" PoolShort "a i --",
    0xb5 PutfieldAThis "putfield_a_this" PoolByte "a --",
    0xb6 PutfieldBThis "putfield_b_this" PoolByte "s --",
    0xb7 PutfieldSThis "putfield_s_this" PoolByte "s --",
    0xb8 PutfieldIThis "putfield_i_this" PoolByte "i --",
    0xfe Impdep1 "impdep1" None "*",
    0xff Impdep2 "impdep2" None "*",
}

impl Opcode {
    /// The opcode byte.
    #[must_use]
    pub const fn byte(self) -> u8 {
        self as u8
    }

    /// The types popped and pushed, each a string over `asirw` with the top of the stack last;
    /// `None` if they depend on the operands.
    #[must_use]
    pub fn pops_and_pushes(self) -> Option<(&'static str, &'static str)> {
        let (before, after) = self.halves();
        (before != "*").then(|| (before.trim(), after.trim()))
    }

    /// True if the instruction computes with, moves or tests an `int` value, so that the package has to set
    /// `ACC_INT` (JCVM §6.4).
    #[must_use]
    pub fn uses_int(self) -> bool {
        self.stack_effect().as_bytes().contains(&b'i')
            || matches!(self, Opcode::Iinc | Opcode::IincW)
    }

    /// True if control never reaches the following instruction.
    #[must_use]
    pub const fn ends_flow(self) -> bool {
        matches!(
            self,
            Opcode::Goto
                | Opcode::GotoW
                | Opcode::Ret
                | Opcode::Stableswitch
                | Opcode::Itableswitch
                | Opcode::Slookupswitch
                | Opcode::Ilookupswitch
                | Opcode::Areturn
                | Opcode::Sreturn
                | Opcode::Ireturn
                | Opcode::Return
                | Opcode::Athrow
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_and_names_are_one_to_one() {
        assert_eq!(Opcode::ALL.len(), 0xb9 + 2);
        for &opcode in Opcode::ALL {
            assert_eq!(Opcode::from_byte(opcode.byte()), Some(opcode));
            assert_eq!(Opcode::from_mnemonic(opcode.mnemonic()), Some(opcode));
        }
        assert_eq!(Opcode::from_byte(0xb9), None);
    }

    #[test]
    fn sampled_rows_match_the_specification() {
        // JCVM 3.0.5 table 7-2.
        assert_eq!(Opcode::Icmp.byte(), 0x5f);
        assert_eq!(Opcode::Jsr.byte(), 0x71);
        assert_eq!(Opcode::Invokeinterface.byte(), 0x8e);
        assert_eq!(Opcode::GotoW.byte(), 0xa8);
        assert_eq!(Opcode::PutfieldIThis.byte(), 0xb8);
        assert_eq!(Opcode::Sastore.pops_and_pushes(), Some(("a s s", "")));
    }
}
