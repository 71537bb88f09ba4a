//! A whole CAP file.

use crate::component::applet::AppletComponent;
use crate::component::class::{ClassComponent, ClassEntry};
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
use crate::component::static_resource::StaticResourceComponent;
use crate::component::{CapFormat, Tag};
use crate::error::WriteError;

mod archive;
mod load_file;
mod read;

/// The components of one package, or of the packages of an extended file (JCVM §6).
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
    /// Bytes that come with the package (since format 2.3).
    pub static_resource: Option<StaticResourceComponent>,
    /// Components that the standard does not define, in the order of the file.
    pub custom: Vec<CustomComponent>,
}

impl CapFile {
    /// The bytes of one component, tag and size included; `None` if the file has no such component.
    ///
    /// # Errors
    /// [`WriteError`] if something is too long for the format.
    pub fn component(&self, tag: Tag) -> Result<Option<Vec<u8>>, WriteError> {
        let format = self.format();
        let applet = self.applet.as_ref();
        let (export, descriptor) = (self.export.as_ref(), self.descriptor.as_ref());
        let (debug, resource) = (self.debug.as_ref(), self.static_resource.as_ref());
        match tag {
            Tag::Header => self.header.to_bytes().map(Some),
            Tag::Directory => self.directory.to_bytes(format).map(Some),
            Tag::Applet => applet.map(|applet| applet.to_bytes(format)).transpose(),
            Tag::Import => self.import.to_bytes(format).map(Some),
            Tag::ConstantPool => self.constant_pool.to_bytes(format).map(Some),
            Tag::Class => self.class.to_bytes(format).map(Some),
            Tag::Method => self.method.to_bytes(format).map(Some),
            Tag::StaticField => self.static_field.to_bytes(format).map(Some),
            Tag::ReferenceLocation => self.reference_location.to_bytes(format).map(Some),
            Tag::Export => export.map(|export| export.to_bytes(format)).transpose(),
            Tag::Descriptor => descriptor
                .map(|descriptor| descriptor.to_bytes(format))
                .transpose(),
            Tag::Debug => debug.map(|debug| debug.to_bytes(format)).transpose(),
            Tag::StaticResource => resource
                .map(|resource| resource.to_bytes(format))
                .transpose(),
            Tag::Custom(tag) => {
                let component = self.custom.iter().find(|component| component.tag == tag);
                component
                    .map(|component| component.to_bytes(format))
                    .transpose()
            }
        }
    }

    /// How the components are laid out.
    #[must_use]
    pub fn format(&self) -> CapFormat {
        self.header.layout()
    }

    /// Every class and interface with its offset in the Class component.
    pub fn class_entries(&self) -> impl Iterator<Item = (u16, ClassEntry<'_>)> {
        self.class.entries_in(self.format().extended)
    }

    /// Every component that the file has, in the order of the tags, custom ones last.
    ///
    /// # Errors
    /// [`WriteError`] if something is too long for the format.
    pub fn components(&self) -> Result<Vec<(Tag, Vec<u8>)>, WriteError> {
        let mut components = Vec::new();
        for tag in self.tags() {
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
        self.directory = self.right_directory()?;
        Ok(())
    }

    /// The Directory component that agrees with the others; it names the custom components that it names now.
    ///
    /// # Errors
    /// [`WriteError`] if something is too long for the format.
    pub fn right_directory(&self) -> Result<Directory, WriteError> {
        let format = self.format();
        let arrays = &self.static_field.array_init;
        let array_bytes: usize = arrays.iter().map(|array| array.values.len()).sum();
        let applets = self
            .applet
            .as_ref()
            .map_or(0, |applet| applet.applets.len());
        let mut directory = Directory {
            component_sizes: vec![0; Directory::size_count(format)],
            static_image_size: self.static_field.image_size,
            // Neither can overflow: the component that holds the arrays is no longer than 65535 bytes.
            static_array_init_count: u16::try_from(arrays.len()).unwrap_or(u16::MAX),
            static_array_init_size: u16::try_from(array_bytes).unwrap_or(u16::MAX),
            import_count: u8::try_from(self.import.packages.len()).unwrap_or(u8::MAX),
            applet_count: u8::try_from(applets).unwrap_or(u8::MAX),
            method_block_count: if format.extended {
                u8::try_from(1 + self.method.further_blocks.len()).unwrap_or(u8::MAX)
            } else {
                0
            },
            custom: self.directory.custom.clone(),
        };
        let head = 1 + Tag::Directory.size_width(format.extended);
        let own_size = directory.to_bytes(format)?.len().saturating_sub(head);
        for (tag, size) in self.component_sizes()? {
            // The directory of now may have another size.
            let size = if tag == Tag::Directory {
                own_size
            } else {
                size
            };
            let size = u32::try_from(size).unwrap_or(u32::MAX);
            let custom = directory
                .custom
                .iter_mut()
                .find(|custom| custom.tag == tag.byte());
            if let Some(custom) = custom {
                custom.size = size;
            } else if let Some(entry) = directory
                .component_sizes
                .get_mut(usize::from(tag.byte()).wrapping_sub(1))
            {
                *entry = size;
            }
        }
        Ok(directory)
    }

    /// The size of the info item of every component that the file has.
    ///
    /// # Errors
    /// [`WriteError`] if something is too long for the format.
    pub fn component_sizes(&self) -> Result<Vec<(Tag, usize)>, WriteError> {
        let extended = self.format().extended;
        let mut sizes = Vec::new();
        // One component after the other, and the largest one not at all: together they would take the memory of the
        // file once more.
        for tag in self.tags() {
            if tag == Tag::Method {
                sizes.push((tag, self.method.size(self.format())?));
            } else if let Some(bytes) = self.component(tag)? {
                let head = 1 + tag.size_width(extended);
                sizes.push((tag, bytes.len().saturating_sub(head)));
            }
        }
        Ok(sizes)
    }

    /// The tags that a file may have, custom ones last.
    fn tags(&self) -> impl Iterator<Item = Tag> + '_ {
        let custom = self.custom.iter();
        Tag::DEFINED
            .into_iter()
            .chain(custom.map(|component| Tag::Custom(component.tag)))
    }
}
