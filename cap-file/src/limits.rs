//! The bounds that reading a hostile file keeps to.

/// Most bytes of a compact component: its tag, its size and 65535 bytes (JCVM §6.1.1).
pub const MAX_COMPONENT_BYTES: usize = 3 + 0xffff;

/// Most files in an archive; beyond the components there is a manifest, and sometimes class files.
pub const MAX_ARCHIVE_ENTRIES: usize = 4096;

/// Most bytes of an archive.
pub const MAX_ARCHIVE_BYTES: usize = 16 << 20;

/// Most bytes of an export file.
pub const MAX_EXPORT_FILE_BYTES: usize = 4 << 20;

/// Most nested or repeated subroutine calls (`jsr`) that are told apart in one method.
pub const MAX_SUBROUTINE_CALLS: usize = 64;

/// Most times, on average, that an instruction is looked at until all paths of its method are known. Compilers'
/// output needs fewer than four; the bound keeps hostile code from costing more than linear time.
pub const MAX_VISITS_PER_INSTRUCTION: usize = 64;
