//! Loading packages.

use super::{Code, LoadError, Runtime};
use crate::aid::Aid;
use crate::registry::{ApplicationId, ExecutableModule, LoadFile, LoadFileId, life_cycle};
use crate::vm::heap::Allocation;
use crate::vm::link::{LinkError, link};
use crate::vm::program::{NO_CLASS, Program};
use crate::vm::{Heap, Kind, Trap};
use cap_file::CapFile;
use cap_file::api::Api;
use cap_file::component::Version;
use cap_file::component::static_field::StaticFieldComponent;
use std::sync::Arc;

impl From<LinkError> for LoadError {
    fn from(error: LinkError) -> Self {
        Self::Malformed(error.to_string())
    }
}

impl Runtime {
    /// Loads a package from load file data: its components one after the other, as in the value
    /// of tag C4 (GPCS 2.3.1 §11.6.2.3).
    ///
    /// # Errors
    /// [`LoadError`]; the card is then as before.
    pub fn load(
        &mut self,
        load_file_data: &[u8],
        security_domain: ApplicationId,
    ) -> Result<LoadFileId, LoadError> {
        let cap = CapFile::from_load_file(load_file_data)
            .map_err(|error| LoadError::Malformed(error.to_string()))?;
        self.load_parsed(&cap, load_file_data, security_domain)
    }

    /// Loads a package from a CAP file.
    ///
    /// # Errors
    /// [`LoadError`]; the card is then as before.
    pub fn load_cap(
        &mut self,
        cap: &CapFile,
        security_domain: ApplicationId,
    ) -> Result<LoadFileId, LoadError> {
        let bytes = cap
            .load_file(true)
            .map_err(|error| LoadError::Malformed(error.to_string()))?;
        self.load_parsed(cap, &bytes, security_domain)
    }

    fn load_parsed(
        &mut self,
        cap: &CapFile,
        bytes: &[u8],
        security_domain: ApplicationId,
    ) -> Result<LoadFileId, LoadError> {
        let file = self.describe_load_file(cap, security_domain)?;
        let id = self
            .registry
            .free_load_file()
            .ok_or(LoadError::OutOfMemory("load files"))?;
        let before = self.heap.clone();
        let program = Arc::clone(&self.program);
        match self.place(cap, bytes, id) {
            Ok(statics) => {
                self.registry.add_load_file(file);
                self.code.push(Code {
                    id,
                    bytes: bytes.into(),
                    statics,
                });
                Ok(id)
            }
            Err(error) => {
                self.heap = before;
                self.program = program;
                Err(error)
            }
        }
    }

    /// Checks what the registry can tell, and makes the entry.
    fn describe_load_file(
        &self,
        cap: &CapFile,
        security_domain: ApplicationId,
    ) -> Result<LoadFile, LoadError> {
        let convert = |bytes: &[u8]| {
            Aid::new(bytes).ok_or_else(|| LoadError::Malformed("an AID of the wrong length".into()))
        };
        let header = &cap.header;
        let aid = convert(&header.package.aid.0)?;
        if self.program.find_package(aid.as_bytes()).is_some()
            || self.registry.find_load_file(aid.as_bytes()).is_some()
        {
            return Err(LoadError::Duplicate(aid));
        }
        for public in &header.public_packages {
            let aid = convert(&public.package.aid.0)?;
            if self.program.find_package(aid.as_bytes()).is_some() {
                return Err(LoadError::Duplicate(aid));
            }
        }
        let mut modules: Vec<ExecutableModule> = Vec::new();
        for applet in cap.applet.iter().flat_map(|applet| &applet.applets) {
            let module = convert(&applet.aid.0)?;
            let is_taken = self.registry.find_module(module.as_bytes()).is_some()
                || modules.iter().any(|other| other.aid == module);
            if is_taken {
                return Err(LoadError::Duplicate(module));
            }
            modules.push(ExecutableModule {
                aid: module,
                install_offset: applet.install_method_offset,
            });
        }
        let mut imports = Vec::new();
        for import in &cap.import.packages {
            let imported = convert(&import.aid.0)?;
            let wanted = import.version;
            let found = self
                .program
                .find_package(imported.as_bytes())
                .filter(|found| {
                    found.version.major == wanted.major && found.version.minor >= wanted.minor
                })
                .filter(|_| self.profile_has(imported.as_bytes(), wanted))
                .ok_or(LoadError::MissingPackage {
                    aid: imported,
                    major: wanted.major,
                    minor: wanted.minor,
                })?;
            // A public package of an extended file stays as long as the whole file.
            imports.push(convert(&found.package.aid)?);
        }
        Ok(LoadFile {
            aid,
            version: (header.package.version.major, header.package.version.minor),
            life_cycle: life_cycle::LOADED,
            security_domain,
            modules,
            imports,
        })
    }

    /// Whether a card of this kind has a package of the API; those of load files it has.
    fn profile_has(&self, aid: &[u8], wanted: Version) -> bool {
        match (self.profile(), Api::builtin().find_package(&aid.into())) {
            (Some(profile), Some(package)) => {
                profile.has_package(&package.name, wanted.major, wanted.minor)
            }
            _ => true,
        }
    }

    /// Takes memory and links. Gives the statics object.
    fn place(&mut self, cap: &CapFile, bytes: &[u8], id: LoadFileId) -> Result<u16, LoadError> {
        let full = |trap| match trap {
            Trap::PowerLoss => LoadError::OutOfMemory("power was cut"),
            _ => LoadError::OutOfMemory("persistent memory"),
        };
        self.heap.reserve_persistent(bytes.len()).map_err(full)?;
        let statics = make_statics(&mut self.heap, &cap.static_field, id)?;
        link(Arc::make_mut(&mut self.program), cap, id.0, statics)?;
        // The load is final with its registry entry.
        if !self.persistent_write() {
            return Err(full(Trap::PowerLoss));
        }
        Ok(statics)
    }

    /// Links every load file anew.
    pub(super) fn relink(&mut self, base: &Program) -> Result<(), LoadError> {
        let mut program = base.clone();
        for code in &self.code {
            let cap = CapFile::from_load_file(&code.bytes)
                .map_err(|error| LoadError::Malformed(error.to_string()))?;
            link(&mut program, &cap, code.id.0, code.statics)?;
        }
        self.program = Arc::new(program);
        Ok(())
    }
}

/// The static field image of a package (JCVM 3.0.5 §6.11) as an object.
fn make_statics(
    heap: &mut Heap,
    component: &StaticFieldComponent,
    id: LoadFileId,
) -> Result<u16, LoadError> {
    let malformed = || LoadError::Malformed("the StaticField component's sizes disagree".into());
    let full = |_| LoadError::OutOfMemory("persistent memory");
    let references = usize::from(component.reference_count) * 2;
    let defaults = usize::from(component.default_value_count);
    let total = references + defaults + component.non_default_values.len();
    if total != usize::from(component.image_size)
        || component.array_init.len() > usize::from(component.reference_count)
    {
        return Err(malformed());
    }
    let mut wanted = Allocation {
        kind: Kind::Statics,
        length: component.image_size,
        class: component.reference_count,
        context: id.context(),
        owner: 0,
        flags: 0,
    };
    let statics = heap.allocate(&wanted).map_err(full)?;
    let mut image = Vec::with_capacity(total);
    for array in &component.array_init {
        wanted.kind = match array.element_type {
            2 => Kind::BooleanArray,
            3 => Kind::ByteArray,
            4 => Kind::ShortArray,
            5 => Kind::IntArray,
            _ => return Err(malformed()),
        };
        wanted.class = NO_CLASS;
        let size = wanted.kind.element_size();
        if !array.values.len().is_multiple_of(size) {
            return Err(malformed());
        }
        wanted.length = u16::try_from(array.values.len() / size)
            .ok()
            .filter(|length| i16::try_from(*length).is_ok())
            .ok_or_else(malformed)?;
        let reference = heap.allocate(&wanted).map_err(full)?;
        let address = heap.object(reference).address;
        heap.write_slice(address, &array.values).map_err(full)?;
        image.extend(reference.to_be_bytes());
    }
    image.resize(references + defaults, 0);
    image.extend(&component.non_default_values);
    let address = heap.object(statics).address;
    heap.write_slice(address, &image).map_err(full)?;
    Ok(statics)
}
