//! A whole CAP file.

use crate::component::Tag;
use crate::component::applet::AppletComponent;
use crate::component::class::ClassComponent;
use crate::component::constant_pool::ConstantPool;
use crate::component::custom::CustomComponent;
use crate::component::debug::Debug;
use crate::component::descriptor::Descriptor;
use crate::component::directory::Directory;
use crate::component::export::Export;
use crate::component::header::Header;
use crate::component::import::Import;
use crate::component::method::MethodComponent;
use crate::component::reference_location::ReferenceLocation;
use crate::component::static_field::StaticFieldComponent;
use crate::error::WriteError;

mod archive;
mod load_file;
mod read;

/// The components of one package (JCVM §6).
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct CapFile {
    /// Folder of the package in the archive, `com/example/wallet`; not part of any component. If it is empty,
    /// the package name of the header counts.
    pub archive_path: String,
    /// Which package this is.
    pub header: Header,
    /// The sizes of the others; [`CapFile::update_directory`] fills it in.
    pub directory: Directory,
    /// Present if the package has applets.
    pub applet: Option<AppletComponent>,
    /// Imported packages.
    pub import: Import,
    /// Constant pool.
    pub constant_pool: ConstantPool,
    /// Classes and interfaces.
    pub class: ClassComponent,
    /// Code.
    pub method: MethodComponent,
    /// Static fields.
    pub static_field: StaticFieldComponent,
    /// Where the code refers to the constant pool.
    pub reference_location: ReferenceLocation,
    /// Present if other packages can link to this one.
    pub export: Option<Export>,
    /// What a verifier needs; absent in what a card receives.
    pub descriptor: Option<Descriptor>,
    /// Names and lines, in files made for debugging.
    pub debug: Option<Debug>,
    /// Components that the standard does not define, in the order of the file.
    pub custom: Vec<CustomComponent>,
}

impl CapFile {
    /// The bytes of one component, tag and size included; `None` if the file has no such component.
    ///
    /// # Errors
    /// [`WriteError`] if something is too long for the format.
    pub fn component(&self, tag: Tag) -> Result<Option<Vec<u8>>, WriteError> {
        match tag {
            Tag::Header => self.header.to_bytes().map(Some),
            Tag::Directory => self.directory.to_bytes().map(Some),
            Tag::Applet => self
                .applet
                .as_ref()
                .map(AppletComponent::to_bytes)
                .transpose(),
            Tag::Import => self.import.to_bytes().map(Some),
            Tag::ConstantPool => self.constant_pool.to_bytes().map(Some),
            Tag::Class => self.class.to_bytes().map(Some),
            Tag::Method => self.method.to_bytes().map(Some),
            Tag::StaticField => self.static_field.to_bytes().map(Some),
            Tag::ReferenceLocation => self.reference_location.to_bytes().map(Some),
            Tag::Export => self.export.as_ref().map(Export::to_bytes).transpose(),
            Tag::Descriptor => self
                .descriptor
                .as_ref()
                .map(Descriptor::to_bytes)
                .transpose(),
            Tag::Debug => self.debug.as_ref().map(Debug::to_bytes).transpose(),
            Tag::Custom(tag) => {
                let component = self.custom.iter().find(|component| component.tag == tag);
                component.map(CustomComponent::to_bytes).transpose()
            }
        }
    }

    /// Every component that the file has, in the order of the tags, custom ones last.
    ///
    /// # Errors
    /// [`WriteError`] if something is too long for the format.
    pub fn components(&self) -> Result<Vec<(Tag, Vec<u8>)>, WriteError> {
        let custom = self
            .custom
            .iter()
            .map(|component| Tag::Custom(component.tag));
        let mut components = Vec::new();
        for tag in Tag::DEFINED.into_iter().chain(custom) {
            if let Some(bytes) = self.component(tag)? {
                components.push((tag, bytes));
            }
        }
        Ok(components)
    }

    /// Makes the Directory component agree with the others (JCVM §6.5).
    ///
    /// # Errors
    /// [`WriteError`] if something is too long for the format.
    pub fn update_directory(&mut self) -> Result<(), WriteError> {
        let count = Directory::size_count(self.header.format);
        self.directory.component_sizes = vec![0; count];
        self.directory.static_image_size = self.static_field.image_size;
        let arrays = &self.static_field.array_init;
        let array_bytes: usize = arrays.iter().map(|array| array.values.len()).sum();
        // Neither can overflow: the component that holds the arrays is no longer than 65535 bytes.
        self.directory.static_array_init_count = u16::try_from(arrays.len()).unwrap_or(u16::MAX);
        self.directory.static_array_init_size = u16::try_from(array_bytes).unwrap_or(u16::MAX);
        self.directory.import_count = u8::try_from(self.import.packages.len()).unwrap_or(u8::MAX);
        let applets = self
            .applet
            .as_ref()
            .map_or(0, |applet| applet.applets.len());
        self.directory.applet_count = u8::try_from(applets).unwrap_or(u8::MAX);
        for (tag, bytes) in self.components()? {
            let size = u16::try_from(bytes.len() - 3).unwrap_or(u16::MAX);
            let custom = self
                .directory
                .custom
                .iter_mut()
                .find(|custom| custom.tag == tag.byte());
            if let Some(custom) = custom {
                custom.size = size;
            } else if let Some(entry) = self
                .directory
                .component_sizes
                .get_mut(usize::from(tag.byte()) - 1)
            {
                *entry = size;
            }
        }
        Ok(())
    }
}
