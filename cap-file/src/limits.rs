//! The bounds that reading a hostile file keeps to.

/// Most bytes of a compact component: its tag, its size and 65535 bytes (JCVM §6.1.1).
pub const MAX_COMPONENT_BYTES: usize = 3 + 0xffff;

/// Most files in an archive; beyond the components there is a manifest, and sometimes class files.
pub const MAX_ARCHIVE_ENTRIES: usize = 4096;

/// Most bytes of an archive.
pub const MAX_ARCHIVE_BYTES: usize = 16 << 20;

/// Most bytes of an export file.
pub const MAX_EXPORT_FILE_BYTES: usize = 4 << 20;
