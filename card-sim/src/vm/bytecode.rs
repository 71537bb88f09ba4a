//! A package's bytecode as it stands in the CAP file, for the interpreter that goes through it
//! one instruction at a time (`vm::stepwise`). Fast mode runs its translation instead.

use super::program::ClassId;
use super::types::Type;
use cap_file::Instruction;
use std::collections::BTreeMap;

/// What a constant pool entry means on this card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Constant {
    /// A class or interface.
    Class(ClassId),
    /// An instance field.
    InstanceField {
        /// The class of the objects that have it.
        class: ClassId,
        /// Its first cell.
        cell: u16,
    },
    /// A static field.
    StaticField {
        /// The statics object.
        object: u16,
        /// Its first byte there.
        offset: u16,
        /// Its type, where the package tells.
        field_type: Option<Type>,
    },
    /// A method called on objects of a class.
    VirtualMethod {
        /// The class.
        class: ClassId,
        /// Its place among the methods of the class; bit 7 is set for package-visible ones.
        place: u8,
        /// The method of that class itself.
        method: u32,
    },
    /// A superclass's method.
    SuperMethod {
        /// The class that calls it on itself.
        class: ClassId,
        /// The method.
        method: u32,
    },
    /// A static method or a constructor.
    StaticMethod(u32),
    /// Something that the card does not have.
    Missing,
}

/// An instruction and the offset after it.
#[derive(Clone, Debug)]
pub struct Decoded {
    /// The instruction.
    pub instruction: Instruction,
    /// Offset of the one that follows.
    pub next: u16,
}

/// An exception handler, by offsets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Handler {
    /// First byte that it covers.
    pub start: u16,
    /// First byte after those.
    pub end: u16,
    /// Where it begins.
    pub target: u16,
    /// Class that it catches, `NO_CLASS` for all.
    pub class: ClassId,
}

/// The bytecode of a package.
#[derive(Clone, Debug, Default)]
pub struct Bytecode {
    /// Constant pool.
    pub constants: Vec<Constant>,
    /// Types of static fields by their offset in the image, where the package tells.
    pub static_types: BTreeMap<u16, Type>,
    /// The blocks of the Method component; a compact file has one.
    pub blocks: Vec<Block>,
}

/// One block. Offsets are those in the block: in the info item of a compact file's Method component.
#[derive(Clone, Debug, Default)]
pub struct Block {
    /// Exception handlers, in the order of the file.
    pub handlers: Vec<Handler>,
    /// Offset of the first byte of `places`.
    first: u16,
    /// For each byte of code one more than the place in `instructions`; 0 where none begins.
    places: Vec<u16>,
    instructions: Vec<Decoded>,
}

impl Block {
    pub(super) fn with_instructions(instructions: BTreeMap<u16, Decoded>) -> Self {
        let first = instructions.keys().next().copied().unwrap_or(0);
        let last = instructions.keys().next_back().copied().unwrap_or(0);
        let mut code = Self {
            first,
            places: vec![0; usize::from(last - first) + 1],
            ..Self::default()
        };
        for (at, decoded) in instructions {
            code.instructions.push(decoded);
            if let Some(place) = code.places.get_mut(usize::from(at - first)) {
                *place = u16::try_from(code.instructions.len()).unwrap_or(0);
            }
        }
        code
    }

    /// The instruction at an offset that control can reach.
    #[inline]
    #[must_use]
    pub fn at(&self, offset: u16) -> Option<&Decoded> {
        let place = self
            .places
            .get(usize::from(offset.checked_sub(self.first)?))?;
        self.instructions.get(usize::from(*place).checked_sub(1)?)
    }

    fn instructions(&self) -> impl Iterator<Item = (u16, &Decoded)> {
        (self.first..=u16::MAX)
            .zip(&self.places)
            .filter_map(|(offset, place)| {
                Some((
                    offset,
                    self.instructions.get(usize::from(*place).checked_sub(1)?)?,
                ))
            })
    }
}

impl Bytecode {
    /// Every instruction that control can reach, with its block and its offset there.
    pub fn instructions(&self) -> impl Iterator<Item = (u8, u16, &Decoded)> {
        (0u8..).zip(&self.blocks).flat_map(|(index, block)| {
            block
                .instructions()
                .map(move |(offset, decoded)| (index, offset, decoded))
        })
    }
}
