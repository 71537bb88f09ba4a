//! The bounds that reading a hostile file keeps to.

/// Most bytes of a compact component: its tag, its size and 65535 bytes (JCVM §6.1.1).
pub const MAX_COMPONENT_BYTES: usize = 3 + 0xffff;

/// Most bytes of a component of an extended file: its tag, its size, 255 blocks of methods and their offsets
/// (JCVM 3.1 §6.10 allows 127 blocks; what is beyond is refused by a rule, not here).
pub const MAX_EXTENDED_COMPONENT_BYTES: usize = 5 + 1 + 255 * (4 + 0xffff);

/// Most blocks of methods in an extended file (JCVM 3.1 §6.10): an internal reference has seven bits for them.
pub const MAX_METHOD_BLOCKS: usize = 127;

/// Most bytes of a static resource (JCVM 3.1 §6.16).
pub const MAX_STATIC_RESOURCE_BYTES: usize = 0x7fff;

/// Most bytes that all files of an archive may have when they are unpacked, however well they are packed.
pub const MAX_UNPACKED_BYTES: usize = 32 << 20;

/// Most bytes that the components of an archive may have, unpacked, for each byte of the archive. Converters' output
/// packs to two thirds, what a program generates over and over to a tenth; the bound keeps a file from taking more
/// memory than [`MEMORY_PER_BYTE`] says.
pub const MAX_EXPANSION: usize = 10;

/// What the files of an archive may have unpacked however small it is: all components of a compact file.
pub const MIN_UNPACKED_BYTES: usize = 1 << 20;

/// Reading and verifying an archive takes at most this many times its bytes of memory, beside [`MEMORY_BASE`]. It is an
/// outcome of the other limits and of how components are kept, which `tests/memory.rs` measures.
pub const MEMORY_PER_BYTE: usize = 20;

/// What reading and verifying may take however small the archive is: the hierarchy of the API tables and buffers to
/// unpack (64 KB), and as much as the structures of a hostile file with small components need.
pub const MEMORY_BASE: usize = 8 << 20;

/// Most files in an archive; beyond the components there is a manifest, and sometimes class files.
pub const MAX_ARCHIVE_ENTRIES: usize = 4096;

/// Most bytes of an archive.
pub const MAX_ARCHIVE_BYTES: usize = 16 << 20;

/// Most bytes of an export file.
pub const MAX_EXPORT_FILE_BYTES: usize = 4 << 20;

/// Most bytes of bytecode of a method (JCVM §2.2.4.4).
pub const MAX_METHOD_BYTES: usize = 32767;

/// Most words of arguments and local variables of a method (JCVM §2.2.4.4).
pub const MAX_LOCALS: usize = 255;

/// Most elements of an array (JCVM §2.2.4.3).
pub const MAX_ARRAY_LENGTH: usize = 32767;

/// Most interfaces that an interface extends (JCVM §2.2.4.2).
pub const MAX_SUPERINTERFACES: usize = 14;

/// Most words of the fields of an object (JCVM §2.2.4.3).
pub const MAX_INSTANCE_WORDS: usize = 255;

/// Most superclasses of a class, one above the other. No standard says a number; the bound keeps a hostile Class
/// component from costing the square of its size.
pub const MAX_HIERARCHY_DEPTH: usize = 64;

/// Most nested or repeated subroutine calls (`jsr`) that are told apart in one method.
pub const MAX_SUBROUTINE_CALLS: usize = 64;

/// Most steps for each byte of a method's code until all its paths are known. A step follows one instruction, or
/// joins [`WORDS_PER_STEP`] words of a frame with those of another path. Compilers' output needs fewer than ten;
/// the bound keeps hostile code from costing more than linear time.
pub const MAX_STEPS_PER_BYTE: usize = 128;

/// Words of a frame that are joined in one step.
pub const WORDS_PER_STEP: usize = 8;

/// Most words (stack and local variables, 8 bytes each) that are kept for the places of one method where paths
/// meet; a method of 32767 bytes with 20 words at every tenth byte takes a tenth of it.
pub const MAX_FRAME_WORDS: usize = 1 << 19;

/// Most findings that a report lists; it counts what is beyond.
pub const MAX_FINDINGS: usize = 4096;
