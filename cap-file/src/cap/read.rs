//! From the bytes of components to a [`CapFile`].

use super::CapFile;
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
use crate::component::static_resource::StaticResourceComponent;
use crate::component::{CapFormat, Reader, Tag};
use crate::error::{Place, ReadError};
use std::borrow::Cow;

/// The components of a file by tag, not yet read.
#[derive(Debug, Default)]
pub(super) struct RawComponents<'a> {
    /// Owned ones are given back as soon as they have been read.
    components: Vec<(Tag, Cow<'a, [u8]>)>,
    format: CapFormat,
}

impl<'a> RawComponents<'a> {
    /// Adds one; its tag is its first byte.
    pub(super) fn add(&mut self, bytes: impl Into<Cow<'a, [u8]>>) -> Result<(), ReadError> {
        let bytes = bytes.into();
        let mut reader = Reader::new(Place::LoadFile, &bytes);
        let tag = Tag::from_byte(reader.u1("a component tag")?);
        if self.components.iter().any(|(other, _)| *other == tag) {
            let reader = Reader::new(Place::Component(tag), &bytes);
            return Err(reader.error(
                0,
                "each component once",
                format!("a second {tag} component"),
            ));
        }
        self.components.push((tag, bytes));
        Ok(())
    }

    fn take(&mut self, tag: Tag) -> Option<Cow<'a, [u8]>> {
        let mut components = self.components.iter();
        let index = components.position(|(other, _)| *other == tag)?;
        Some(self.components.remove(index).1)
    }

    fn optional<T>(
        &mut self,
        tag: Tag,
        read: impl FnOnce(&mut Reader<'_>) -> Result<T, ReadError>,
    ) -> Result<Option<T>, ReadError> {
        let Some(bytes) = self.take(tag) else {
            return Ok(None);
        };
        let mut reader = Reader::new(Place::Component(tag), &bytes).with_format(self.format);
        reader.u1("the tag")?;
        let size = reader.component_size(tag)?;
        if reader.remaining() != size {
            let found = format!("{size} (the component has {} bytes)", reader.remaining());
            return Err(reader.error(1, "the component's size", found));
        }
        let component = read(&mut reader)?;
        reader.end()?;
        Ok(Some(component))
    }

    fn required<T>(
        &mut self,
        tag: Tag,
        read: impl FnOnce(&mut Reader<'_>) -> Result<T, ReadError>,
    ) -> Result<T, ReadError> {
        self.optional(tag, read)?.ok_or_else(|| {
            Reader::new(Place::Component(tag), &[]).error(
                0,
                "this component",
                "none (it is required)",
            )
        })
    }

    pub(super) fn read(mut self) -> Result<CapFile, ReadError> {
        let header = self.required(Tag::Header, Header::read)?;
        self.format = header.layout();
        Ok(CapFile {
            archive_path: String::new(),
            header,
            directory: self.required(Tag::Directory, Directory::read)?,
            applet: self.optional(Tag::Applet, AppletComponent::read)?,
            import: self.required(Tag::Import, Import::read)?,
            constant_pool: self.required(Tag::ConstantPool, ConstantPool::read)?,
            class: self.required(Tag::Class, ClassComponent::read)?,
            method: self.required(Tag::Method, MethodComponent::read)?,
            static_field: self.required(Tag::StaticField, StaticFieldComponent::read)?,
            reference_location: self.required(Tag::ReferenceLocation, ReferenceLocation::read)?,
            export: self.optional(Tag::Export, Export::read)?,
            descriptor: self.optional(Tag::Descriptor, Descriptor::read)?,
            debug: self.optional(Tag::Debug, Debug::read)?,
            static_resource: self.optional(Tag::StaticResource, StaticResourceComponent::read)?,
            custom: self.custom()?,
        })
    }

    fn custom(&mut self) -> Result<Vec<CustomComponent>, ReadError> {
        let mut custom = Vec::new();
        let tags: Vec<Tag> = self.components.iter().map(|(tag, _)| *tag).collect();
        for tag in tags {
            if let Tag::Custom(byte) = tag {
                custom.extend(self.optional(tag, |reader| CustomComponent::read(reader, byte))?);
            }
        }
        Ok(custom)
    }
}

impl CapFile {
    /// Reads a file from its components, each with tag and size, in any order.
    ///
    /// # Errors
    /// [`ReadError`] with the component and the offset of the first byte that is wrong.
    pub fn from_components<'a>(
        components: impl IntoIterator<Item = &'a [u8]>,
    ) -> Result<CapFile, ReadError> {
        let mut raw = RawComponents::default();
        for bytes in components {
            raw.add(bytes)?;
        }
        raw.read()
    }
}
