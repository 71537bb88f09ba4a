//! The export file: what others may use of the package. An applet package offers nothing but its
//! name, AID and version.

use crate::ir::Program;
use cap_file::component::{Aid, Version};
use cap_file::export_file::{ExportConstant, ExportFile};

/// Package flag: a library, without applets.
const ACC_LIBRARY: u8 = 1;

pub(super) fn file(program: &Program) -> ExportFile {
    let (major, minor) = program.version;
    ExportFile {
        format: Version::new(2, 1),
        constant_pool: vec![
            ExportConstant::Utf8(program.name.clone().into_bytes()),
            ExportConstant::Package {
                flags: if program.applets.is_empty() {
                    ACC_LIBRARY
                } else {
                    0
                },
                name: 0,
                version: Version::new(major, minor),
                aid: Aid(program.aid.clone()),
            },
        ],
        this_package: 1,
        ..ExportFile::default()
    }
}
