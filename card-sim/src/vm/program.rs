//! Linked code: what the interpreter runs. A program is immutable while it runs and shared by all
//! copies of a card.

use super::bytecode::Bytecode;
use super::op::{Op, Switch};
use super::trap::{Throwable, Trap};
use super::types::{Signature, Type};
use crate::vm::interpreter::Vm;
use cap_file::component::{CodeOffset, Version};
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

/// A class: high byte the package's slot, low byte the class within it.
///
/// Slots 0 to 127 are load files; from [`API_SLOT`] on come the API packages in the order of
/// `cap_file::api`, and [`HIDDEN_SLOT`] holds the runtime environment's own classes.
pub type ClassId = u16;

/// Slot of the first API package.
pub const API_SLOT: u8 = 0x80;
/// Slot of the classes behind the interfaces of the API (keys, secure channels).
pub const HIDDEN_SLOT: u8 = 0xFF;

/// "No class".
pub const NO_CLASS: ClassId = 0xFFFF;

/// The package slot of a class.
#[must_use]
pub const fn slot_of(class: ClassId) -> u8 {
    class.to_be_bytes()[0]
}

/// The class with this index in the package of this slot.
#[must_use]
pub const fn class_id(slot: u8, index: u8) -> ClassId {
    u16::from_be_bytes([slot, index])
}

/// A method that the simulator implements in Rust. Gets the argument words, `this` first, and
/// gives the result; a short result is sign-extended, a void one is 0.
pub type Native = fn(&mut Vm<'_>, &[i16]) -> Result<i32, Trap>;

/// What happens when a method is invoked.
#[derive(Clone, Copy, Debug)]
pub enum Body {
    /// Bytecode: index of the first instruction.
    Code(u32),
    /// Rust.
    Native(Native),
    /// Abstract, or part of an API that this card does not implement.
    None,
}

/// A method.
#[derive(Clone, Debug)]
pub struct Method {
    /// What runs.
    pub body: Body,
    /// Words of arguments, `this` included.
    pub arguments: u8,
    /// Words of the result: 0, 1 or 2. `None` where nothing tells.
    pub results: Option<u8>,
    /// Registers of the locals, arguments included.
    pub locals: u16,
    /// Registers in all.
    pub registers: u16,
    /// Its instructions.
    pub code: Range<u32>,
    /// Its exception handlers, innermost first.
    pub handlers: Vec<Handler>,
    /// Slot of its package.
    pub slot: u8,
    /// Place of its header in the Method component.
    pub header_offset: CodeOffset,
    /// Place of its bytecode there.
    pub bytecode_offset: CodeOffset,
    /// Words that it may have on the operand stack.
    pub max_stack: u8,
    /// Whether it has no `this`, where its package tells.
    pub is_static: Option<bool>,
    /// The class that declares it, where its package tells.
    pub class: Option<ClassId>,
    /// Types of arguments and result, where its package tells.
    pub signature: Option<Arc<Signature>>,
    /// Class, name and descriptor of a method of the API.
    pub name: Option<Arc<str>>,
    /// Whether it leaves its result in `javacardx.security.SensitiveResult`.
    pub is_sensitive: bool,
}

/// An exception handler.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Handler {
    /// First instruction that it covers.
    pub start: u32,
    /// First instruction after those.
    pub end: u32,
    /// Where it begins.
    pub target: u32,
    /// Class that it catches, [`NO_CLASS`] for all.
    pub class: ClassId,
}

/// A class or interface.
#[derive(Clone, Debug, Default)]
pub struct Class {
    /// For messages.
    pub name: String,
    /// Direct superclass.
    pub super_class: Option<ClassId>,
    /// Whether it is an interface.
    pub is_interface: bool,
    /// Whether it is a shareable interface, or a class that implements one.
    pub is_shareable: bool,
    /// Cells of an instance, inherited ones included.
    pub cells: u16,
    /// Which cells hold references.
    pub references: Vec<Range<u16>>,
    /// The type of the field that begins in each cell, where its package tells.
    pub cell_types: Vec<Option<Type>>,
    /// Public methods: those of the superclass first, at the same places.
    pub public_methods: Vec<u32>,
    /// By public token: the place in `public_methods`, where the two differ (JCVM 3.1 §6.9.2.2, the token mapping
    /// of format 2.3).
    pub public_places: Option<Vec<u8>>,
    /// Number of public tokens that a subclass in a file without token mapping inherits, if not all.
    pub inheritable_tokens: Option<u8>,
    /// Methods by package-visible token (without the high bit).
    pub package_methods: Vec<u32>,
    /// For every interface it implements: the methods by the interface's tokens.
    pub interfaces: Vec<(ClassId, Vec<u32>)>,
    /// Every class and interface that it is an instance of, itself included.
    pub supertypes: Vec<ClassId>,
    /// Interface methods' result sizes by token, where known.
    pub interface_results: Vec<Option<u8>>,
}

/// What a package offers to others.
#[derive(Clone, Debug, Default)]
pub struct ClassExports {
    /// The class.
    pub class: ClassId,
    /// Static methods by token.
    pub static_methods: Vec<u32>,
    /// Static fields by token: offset in the image.
    pub static_fields: Vec<u16>,
}

impl Class {
    /// Where the public method with this token stands in `public_methods`.
    #[must_use]
    pub fn public_place(&self, token: u8) -> Option<u8> {
        match &self.public_places {
            None => Some(token),
            Some(places) => places.get(usize::from(token)).copied(),
        }
    }
}

/// A public package of an extended file.
#[derive(Clone, Debug)]
pub struct PublicPackage {
    /// Its AID.
    pub aid: Vec<u8>,
    /// Its version.
    pub version: Version,
    /// Which exports of the load file are its own: a class token counts from the first.
    pub exports: Range<usize>,
}

/// What an import leads to.
#[derive(Clone, Debug)]
pub struct Imported<'a> {
    /// The slot of the load file.
    pub slot: u8,
    /// The load file.
    pub package: &'a Package,
    /// The version of the package.
    pub version: Version,
    /// Which exports of the load file are the package's own.
    pub exports: Range<usize>,
}

/// A linked package, or all packages of an extended file.
#[derive(Clone, Debug)]
pub struct Package {
    /// Its AID.
    pub aid: Vec<u8>,
    /// Its version; for an API package the newest.
    pub version: Version,
    /// Its classes by index.
    pub classes: Vec<Class>,
    /// In an extended file: the packages that others import.
    pub public_packages: Vec<PublicPackage>,
    /// Exports by class token; those of an extended file's packages one behind the other.
    pub exports: Vec<Option<ClassExports>>,
    /// The object that holds its static fields.
    pub statics: u16,
    /// (place in the Method component, method) of each `install` method.
    pub installs: Vec<(CodeOffset, u32)>,
    /// Its bytecode as it stands in the file.
    pub bytecode: Arc<Bytecode>,
}

/// No method: entry of a table that nothing fills.
pub const NO_METHOD: u32 = u32::MAX;

/// All linked code of a card.
#[derive(Clone, Debug, Default)]
pub struct Program {
    pub(crate) packages: Vec<Option<Package>>,
    pub(crate) methods: Vec<Method>,
    pub(super) code: Vec<Op>,
    /// Number of bytecodes of the method before each instruction.
    pub(super) bytecodes_before: Vec<u16>,
    /// Place of the bytecode behind each instruction, in the Method component.
    pub(super) bytecode_offsets: Vec<CodeOffset>,
    pub(super) switches: Vec<Switch>,
    /// Classes of [`Throwable::ALL`].
    pub(crate) throwables: Vec<ClassId>,
    /// The class behind each API interface that the card hands out objects of.
    pub(crate) hidden: Vec<(String, ClassId)>,
    /// API classes by name.
    pub(crate) names: Arc<HashMap<String, ClassId>>,
}

impl Program {
    /// The package in a slot.
    #[must_use]
    pub fn package(&self, slot: u8) -> Option<&Package> {
        self.packages.get(usize::from(slot))?.as_ref()
    }

    /// A class.
    #[inline]
    #[must_use]
    pub fn class(&self, id: ClassId) -> Option<&Class> {
        let [slot, index] = id.to_be_bytes();
        self.package(slot)?.classes.get(usize::from(index))
    }

    /// A method.
    #[inline]
    #[must_use]
    pub fn method(&self, index: u32) -> Option<&Method> {
        self.methods.get(usize::try_from(index).ok()?)
    }

    /// What an import of the package with this AID leads to: a package of the API, that of a compact file, or a
    /// public package of an extended one.
    #[must_use]
    pub fn find_package(&self, aid: &[u8]) -> Option<Imported<'_>> {
        (0u8..=255).zip(&self.packages).find_map(|(slot, package)| {
            let package = package.as_ref()?;
            let imported = |version, exports| Imported {
                slot,
                package,
                version,
                exports,
            };
            if package.public_packages.is_empty() && package.aid == aid {
                return Some(imported(package.version, 0..package.exports.len()));
            }
            let mut public = package.public_packages.iter();
            let public = public.find(|public| public.aid == aid)?;
            Some(imported(public.version, public.exports.clone()))
        })
    }

    /// The class of an exception of the runtime environment.
    #[must_use]
    pub fn throwable(&self, throwable: Throwable) -> ClassId {
        self.throwables
            .get(throwable as usize)
            .copied()
            .unwrap_or(NO_CLASS)
    }

    /// The class of the API with this name (as `javacard/security/KeyPair`).
    #[must_use]
    pub fn class_named(&self, name: &str) -> ClassId {
        self.names.get(name).copied().unwrap_or(NO_CLASS)
    }

    /// The class of the objects that the card hands out for an API interface.
    #[must_use]
    pub fn hidden_class(&self, interface: &str) -> ClassId {
        self.hidden
            .iter()
            .find(|(name, _)| name == interface)
            .map_or(NO_CLASS, |(_, class)| *class)
    }

    /// Whether instances of `class` are instances of `other` too.
    #[must_use]
    pub fn is_instance(&self, class: ClassId, other: ClassId) -> bool {
        class == other
            || self
                .class(class)
                .is_some_and(|class| class.supertypes.contains(&other))
    }

    /// The method that an interface call reaches on an object of `class`.
    #[must_use]
    pub fn interface_method(&self, class: ClassId, interface: ClassId, token: u8) -> Option<u32> {
        self.class(class)?
            .interfaces
            .iter()
            .find(|(id, _)| *id == interface)?
            .1
            .get(usize::from(token))
            .copied()
    }

    /// The method that a virtual call reaches on an object of `class`, by its place among the methods: bit 7 is set
    /// for package-visible methods, as in a token (JCVM 3.0.5 §4.3.7.6).
    #[inline]
    #[must_use]
    pub fn virtual_method(&self, class: ClassId, place: u8) -> Option<u32> {
        let class = self.class(class)?;
        if place & 0x80 == 0 {
            class.public_methods.get(usize::from(place)).copied()
        } else {
            class
                .package_methods
                .get(usize::from(place & 0x7F))
                .copied()
        }
    }

    /// The method that an instruction belongs to.
    #[must_use]
    pub fn method_at(&self, pc: u32) -> Option<&Method> {
        self.methods.iter().find(|method| method.code.contains(&pc))
    }

    /// Place in the Method component of the bytecode behind an instruction.
    #[must_use]
    pub fn bytecode_offset(&self, pc: u32) -> Option<CodeOffset> {
        self.bytecode_offsets
            .get(usize::try_from(pc).ok()?)
            .copied()
    }
}
