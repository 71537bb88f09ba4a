//! Bytecode before its addresses are known.

use super::interval::Interval;
use crate::ir::{ApiMethod, ArrayId, ClassId, FunctionId, Position};
use cap_file::{Opcode, Operands};
use std::sync::LazyLock;

/// What an instruction refers to through the constant pool.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Symbol {
    /// A class of this package.
    Class(ClassId),
    /// A class or interface of the API, by its Java name.
    ApiClass(String),
    /// A field of a class of this package.
    Field(ClassId, usize),
    /// The static field that holds a constant array.
    Array(ArrayId),
    /// A static or private method of this package.
    Static(FunctionId),
    /// A virtual method of this package.
    Virtual(FunctionId),
    /// The constructor of a class of this package.
    Constructor(ClassId),
    /// A static method or a constructor of the API.
    ApiStatic(ApiMethod),
    /// A virtual method of the API.
    ApiVirtual(ApiMethod),
}

/// A place in a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Label(pub usize);

/// An instruction, or a remark between instructions.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    /// A branch target.
    Label(Label),
    /// What follows comes from this place in the source.
    Mark(Position),
    /// The word on top of the stack is taken to be in this interval: see `proof`.
    Claim(Interval),
    /// A question with its number: what is the word on top of the stack? See [`super::ask`].
    Ask(usize),
    /// The word on top of the stack is in this interval, as the language promises.
    Promise(Interval),
    /// This word of the frame is in this interval, as the language promises.
    LocalPromise(u8, Interval),
    /// An instruction that refers to nothing.
    Plain(Opcode, Operands),
    /// An instruction with a constant pool index; field instructions in their one-byte form.
    Pool(Opcode, Symbol),
    /// A call through the constant pool.
    Invoke {
        /// `invokestatic`, `invokespecial` or `invokevirtual`.
        opcode: Opcode,
        /// The method.
        method: Symbol,
        /// Words of arguments, the receiver included.
        pops: u8,
        /// Words of result, 0 to 2.
        pushes: u8,
    },
    /// A call through an API interface.
    InvokeInterface {
        /// The interface.
        interface: Symbol,
        /// Token of the method.
        method: u8,
        /// Words of arguments, the receiver included.
        pops: u8,
        /// Words of result, 0 to 2.
        pushes: u8,
    },
    /// `checkcast` to a class.
    CheckCast(Symbol),
    /// A branch in its one-byte form.
    Branch(Opcode, Label),
    /// `stableswitch` or `itableswitch`
    Table {
        /// Whether the key is an `int`.
        is_int: bool,
        /// Where other keys go.
        default: Label,
        /// The lowest key.
        low: i32,
        /// Where the keys from `low` on go.
        targets: Vec<Label>,
    },
    /// `slookupswitch` or `ilookupswitch`
    Lookup {
        /// Whether the key is an `int`.
        is_int: bool,
        /// Where other keys go.
        default: Label,
        /// Ascending by key.
        pairs: Vec<(i32, Label)>,
    },
}

impl Item {
    /// An instruction without operands.
    #[must_use]
    pub const fn op(opcode: Opcode) -> Self {
        Item::Plain(opcode, Operands::None)
    }

    /// The shortest instruction that pushes a constant.
    #[must_use]
    pub fn push(value: i16) -> Self {
        match value {
            -1 => Item::op(Opcode::SconstM1),
            0 => Item::op(Opcode::Sconst0),
            1 => Item::op(Opcode::Sconst1),
            2 => Item::op(Opcode::Sconst2),
            3 => Item::op(Opcode::Sconst3),
            4 => Item::op(Opcode::Sconst4),
            5 => Item::op(Opcode::Sconst5),
            -128..=127 => Item::Plain(Opcode::Bspush, Operands::Immediate(value.into())),
            _ => Item::Plain(Opcode::Sspush, Operands::Immediate(value.into())),
        }
    }

    /// Bytes that [`Item::push`] takes.
    #[must_use]
    pub const fn push_size(value: i16) -> u32 {
        match value {
            -1..=5 => 1,
            -128..=127 => 2,
            _ => 3,
        }
    }

    /// The instruction that it is; that of a branch is its one-byte form.
    #[must_use]
    pub const fn opcode(&self) -> Option<Opcode> {
        Some(match self {
            Item::Plain(opcode, _)
            | Item::Pool(opcode, _)
            | Item::Branch(opcode, _)
            | Item::Invoke { opcode, .. } => *opcode,
            Item::InvokeInterface { .. } => Opcode::Invokeinterface,
            Item::CheckCast(_) => Opcode::Checkcast,
            Item::Table { is_int: false, .. } => Opcode::Stableswitch,
            Item::Table { is_int: true, .. } => Opcode::Itableswitch,
            Item::Lookup { is_int: false, .. } => Opcode::Slookupswitch,
            Item::Lookup { is_int: true, .. } => Opcode::Ilookupswitch,
            _ => return None,
        })
    }

    /// The constant pool entry that it refers to.
    #[must_use]
    pub const fn symbol(&self) -> Option<&Symbol> {
        match self {
            Item::Pool(_, symbol)
            | Item::Invoke { method: symbol, .. }
            | Item::InvokeInterface {
                interface: symbol, ..
            }
            | Item::CheckCast(symbol) => Some(symbol),
            _ => None,
        }
    }

    /// The places that control may jump to.
    pub fn targets(&self) -> impl Iterator<Item = Label> + '_ {
        let (targets, pairs, last): (&[Label], &[(i32, Label)], _) = match self {
            Item::Branch(_, label) => (&[], &[], Some(*label)),
            Item::Table {
                default, targets, ..
            } => (targets, &[], Some(*default)),
            Item::Lookup { default, pairs, .. } => (&[], pairs, Some(*default)),
            _ => (&[], &[], None),
        };
        let of_pairs = pairs.iter().map(|(_, label)| *label);
        targets.iter().copied().chain(of_pairs).chain(last)
    }

    /// Whether control may jump from here.
    #[must_use]
    pub const fn jumps(&self) -> bool {
        matches!(
            self,
            Item::Branch(..) | Item::Table { .. } | Item::Lookup { .. }
        )
    }

    /// The places that control may jump to, to be changed.
    pub fn targets_mut(&mut self) -> Vec<&mut Label> {
        match self {
            Item::Branch(_, label) => vec![label],
            Item::Table {
                default, targets, ..
            } => targets.iter_mut().chain([default]).collect(),
            Item::Lookup { default, pairs, .. } => pairs
                .iter_mut()
                .map(|(_, label)| label)
                .chain([default])
                .collect(),
            _ => Vec::new(),
        }
    }

    /// Whether control never goes on to the next item.
    #[must_use]
    pub fn ends_flow(&self) -> bool {
        match self {
            Item::Plain(opcode, _) | Item::Branch(opcode, _) => opcode.ends_flow(),
            Item::Table { .. } | Item::Lookup { .. } => true,
            _ => false,
        }
    }

    /// Whether it is an instruction.
    #[must_use]
    pub const fn is_instruction(&self) -> bool {
        !matches!(
            self,
            Item::Label(_)
                | Item::Mark(_)
                | Item::Claim(_)
                | Item::Ask(..)
                | Item::Promise(_)
                | Item::LocalPromise(..)
        )
    }

    /// Words that it takes from the stack and puts there.
    #[must_use]
    pub fn stack_effect(&self) -> (usize, usize) {
        match self {
            Item::Plain(opcode, operands) => match operands {
                Operands::Stack { m, n } if *opcode == Opcode::DupX => {
                    let (m, n) = (usize::from(*m), usize::from(*n).max(usize::from(*m)));
                    (n, n + m)
                }
                Operands::Stack { m, n } => (usize::from(m + n), usize::from(m + n)),
                _ => words_of(*opcode),
            },
            Item::Pool(opcode, _) | Item::Branch(opcode, _) => words_of(*opcode),
            Item::Invoke { pops, pushes, .. } | Item::InvokeInterface { pops, pushes, .. } => {
                ((*pops).into(), (*pushes).into())
            }
            Item::CheckCast(_) => (1, 1),
            Item::Table { is_int, .. } | Item::Lookup { is_int, .. } => {
                (1 + usize::from(*is_int), 0)
            }
            _ => (0, 0),
        }
    }
}

fn words_of(opcode: Opcode) -> (usize, usize) {
    // By opcode byte: what is written in words is counted once.
    static WORDS: LazyLock<Vec<(usize, usize)>> = LazyLock::new(|| {
        let mut found = vec![(0, 0); 1 << 8];
        for opcode in Opcode::ALL {
            if let Some((pops, pushes)) = opcode.pops_and_pushes() {
                found[usize::from(opcode.byte())] = (words(pops), words(pushes));
            }
        }
        found
    });
    WORDS[usize::from(opcode.byte())]
}

fn words(types: &str) -> usize {
    let words = types.split_whitespace();
    words.map(|word| if word == "i" { 2 } else { 1 }).sum()
}
