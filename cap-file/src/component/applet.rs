//! Applet component (JCVM §6.6): the applets that can be instantiated.

use super::{Aid, CapFormat, CodeOffset, Reader, Tag, Writer};
use crate::error::{ReadError, WriteError};

/// The Applet component.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct AppletComponent {
    /// The applets.
    pub applets: Vec<AppletInfo>,
}

/// One applet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppletInfo {
    /// AID of the executable module.
    pub aid: Aid,
    /// Place of `install(byte[], short, byte)` in the Method component.
    pub install_method_offset: CodeOffset,
}

impl AppletComponent {
    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, ReadError> {
        let count = reader.u1("the applet count")?;
        let applets = reader.table(count.into(), |reader| {
            Ok(AppletInfo {
                aid: Aid::read(reader)?,
                install_method_offset: reader.code_offset("an install method offset")?,
            })
        })?;
        Ok(Self { applets })
    }

    pub(crate) fn to_bytes(&self, format: CapFormat) -> Result<Vec<u8>, WriteError> {
        let mut writer = Writer::component(Tag::Applet, format);
        writer.count1("the applet count", self.applets.len())?;
        for applet in &self.applets {
            applet.aid.write(&mut writer)?;
            writer.code_offset(applet.install_method_offset)?;
        }
        writer.finish()
    }
}
