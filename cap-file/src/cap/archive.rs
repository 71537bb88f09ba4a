//! The archive around the components: a ZIP file (JCVM §4.1.2).

use super::CapFile;
use super::read::RawComponents;
use crate::component::{Reader, Tag};
use crate::error::{Place, ReadError, WriteError};
use crate::limits::{
    MAX_ARCHIVE_BYTES, MAX_ARCHIVE_ENTRIES, MAX_COMPONENT_BYTES, MAX_EXPANSION,
    MAX_EXTENDED_COMPONENT_BYTES, MAX_UNPACKED_BYTES, MIN_UNPACKED_BYTES,
};
use std::fmt::Write as _;
use std::io::{Cursor, Read, Write};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

fn archive_error(expected: &'static str, found: impl Into<String>) -> ReadError {
    Reader::new(Place::Archive, &[]).error(0, expected, found.into())
}

/// The part of an entry's name before `/javacard/`, and the file name behind it.
fn split_name(name: &str) -> (&str, &str) {
    let (folder, file) = name.rsplit_once('/').unwrap_or(("", name));
    let folder = folder.strip_suffix("javacard").unwrap_or(folder);
    (folder.trim_end_matches('/'), file)
}

impl CapFile {
    /// Reads a CAP file as converters and build tools write it: a ZIP archive with the components as
    /// `<package>/javacard/<Component>.cap` (or `.capx`), in any order and any case, stored or deflated, other files
    /// ignored.
    ///
    /// # Errors
    /// [`ReadError`] if this is no such archive, a component is missing or twice there, or one is not well-formed.
    pub fn read(bytes: &[u8]) -> Result<CapFile, ReadError> {
        if bytes.len() > MAX_ARCHIVE_BYTES {
            return Err(archive_error(
                "an archive of at most 16 MiB",
                format!("{} bytes", bytes.len()),
            ));
        }
        let mut archive = ZipArchive::new(Cursor::new(bytes))
            .map_err(|error| archive_error("a ZIP archive", error.to_string()))?;
        if archive.len() > MAX_ARCHIVE_ENTRIES {
            return Err(archive_error(
                "at most 4096 entries",
                archive.len().to_string(),
            ));
        }
        let mut path = String::new();
        let mut unpacked = bytes
            .len()
            .saturating_mul(MAX_EXPANSION)
            .clamp(MIN_UNPACKED_BYTES, MAX_UNPACKED_BYTES);
        let mut components = Vec::new();
        for index in 0..archive.len() {
            let mut entry = archive
                .by_index(index)
                .map_err(|error| archive_error("a readable entry", error.to_string()))?;
            let name = entry.name().to_owned();
            let (folder, file) = split_name(&name);
            let lower = file.to_ascii_lowercase();
            let long = lower.ends_with(".capx");
            if !entry.is_file() || !(long || lower.ends_with(".cap")) {
                continue;
            }
            let limit = if long {
                MAX_EXTENDED_COMPONENT_BYTES.min(unpacked)
            } else {
                MAX_COMPONENT_BYTES.min(unpacked)
            };
            let size = usize::try_from(entry.size()).unwrap_or(usize::MAX);
            // What the archive says of the size is only believed as far as it has bytes.
            let mut component = Vec::with_capacity(size.min(limit).min(bytes.len()));
            entry
                .by_ref()
                .take(u64::try_from(limit).unwrap_or(u64::MAX) + 1)
                .read_to_end(&mut component)
                .map_err(|error| archive_error("a readable entry", format!("{name}: {error}")))?;
            if component.len() > limit {
                return Err(archive_error(
                    "components of at most 64 KB (.cap) or 16 MB (.capx), and 10 times the archive in all (1 to 32 MB)",
                    format!("{name} is longer"),
                ));
            }
            unpacked -= component.len();
            check_name(&name, &lower, &component)?;
            if component.first() == Some(&Tag::Header.byte()) {
                folder.clone_into(&mut path);
            }
            components.push(component);
        }
        let mut raw = RawComponents::default();
        for component in components {
            raw.add(component)?;
        }
        let mut cap = raw.read()?;
        cap.archive_path = path;
        Ok(cap)
    }

    /// Writes the one canonical archive: the manifest, then the components in the order of installation, then
    /// Debug and custom components; deflated, without times. The same components always give the same bytes.
    ///
    /// # Errors
    /// [`WriteError`] if something is too long for the format.
    pub fn write(&self) -> Result<Vec<u8>, WriteError> {
        let package = match (&self.archive_path, &self.header.package_name) {
            (path, _) if !path.is_empty() => path.as_str(),
            (_, Some(name)) if !name.is_empty() => name.as_str(),
            _ => "package",
        };
        let mut files = vec![(
            "META-INF/MANIFEST.MF".to_owned(),
            self.manifest(package).into_bytes(),
        )];
        let extended = self.format().extended;
        let ending = |tag: Tag| {
            if tag.size_width(extended) == 4 {
                "capx"
            } else {
                "cap"
            }
        };
        for tag in Tag::INSTALL_ORDER.into_iter().chain([Tag::Debug]) {
            if let Some(bytes) = self.component(tag)? {
                let (name, _) = tag
                    .file_name()
                    .split_once('.')
                    .unwrap_or((tag.file_name(), ""));
                files.push((format!("{package}/javacard/{name}.{}", ending(tag)), bytes));
            }
        }
        for custom in &self.custom {
            let tag = Tag::Custom(custom.tag);
            files.push((
                format!("{package}/javacard/Custom{}.{}", custom.tag, ending(tag)),
                custom.to_bytes(self.format())?,
            ));
        }
        let size = files.iter().map(|(_, bytes)| bytes.len()).sum();
        write_zip(&files).map_err(|_| WriteError {
            place: Place::Archive,
            what: "the size of the archive",
            value: size,
            limit: MAX_ARCHIVE_BYTES,
        })
    }

    /// Says in words what the components say in bytes; the attribute names are those of JCVM appendix A of
    /// the development kits.
    fn manifest(&self, package: &str) -> String {
        let mut text = String::from("Manifest-Version: 1.0\r\n");
        let mut line = |name: &str, value: String| {
            // A manifest line has at most 72 bytes; the rest goes on the next, after a space.
            let mut rest = format!("{name}: {value}");
            while rest.len() > 70 {
                let cut = (0..=70)
                    .rev()
                    .find(|at| rest.is_char_boundary(*at))
                    .unwrap_or(70);
                let _ = write!(text, "{}\r\n", &rest[..cut]);
                rest = format!(" {}", &rest[cut..]);
            }
            let _ = write!(text, "{rest}\r\n");
        };
        let aid = |aid: &crate::component::Aid| {
            let bytes: Vec<String> = aid.0.iter().map(|byte| format!("0x{byte:02x}")).collect();
            bytes.join(":")
        };
        line("Java-Card-CAP-File-Version", self.header.format.to_string());
        let readable = |name: &str| name.replace(char::is_control, "?").replace('/', ".");
        let what = if self.format().extended {
            "CAP"
        } else {
            "Package"
        };
        let own = &self.header.package;
        line(&format!("Java-Card-{what}-Name"), readable(package));
        line(&format!("Java-Card-{what}-AID"), aid(&own.aid));
        line(
            &format!("Java-Card-{what}-Version"),
            own.version.to_string(),
        );
        for (number, public) in (1..).zip(&self.header.public_packages) {
            let named = format!("Java-Card-Package-{number}");
            if !public.name.is_empty() {
                line(&format!("{named}-Name"), readable(&public.name));
            }
            line(&format!("{named}-AID"), aid(&public.package.aid));
            line(
                &format!("{named}-Version"),
                public.package.version.to_string(),
            );
        }
        let applets = self.applet.iter().flat_map(|component| &component.applets);
        for (number, applet) in (1..).zip(applets) {
            line(&format!("Java-Card-Applet-{number}-AID"), aid(&applet.aid));
        }
        for (number, import) in (1..).zip(&self.import.packages) {
            line(
                &format!("Java-Card-Imported-Package-{number}-AID"),
                aid(&import.aid),
            );
            line(
                &format!("Java-Card-Imported-Package-{number}-Version"),
                import.version.to_string(),
            );
        }
        text.push_str("\r\n");
        text
    }
}

/// That a file named after one component does not hold another.
fn check_name(name: &str, lower: &str, component: &[u8]) -> Result<(), ReadError> {
    let Some(named) = Tag::DEFINED.into_iter().find(|tag| {
        let name = tag.file_name().split('.').next().unwrap_or_default();
        lower
            .split('.')
            .next()
            .is_some_and(|lower| lower.eq_ignore_ascii_case(name))
    }) else {
        return Ok(());
    };
    match component.first() {
        Some(byte) if *byte == named.byte() => Ok(()),
        other => {
            let found = match other {
                Some(byte) => format!("tag {byte} in {name}"),
                None => format!("{name} is empty"),
            };
            let expected = format!("tag {}", named.byte());
            Err(Reader::new(Place::Component(named), component).error(0, expected, found))
        }
    }
}

fn write_zip(files: &[(String, Vec<u8>)]) -> zip::result::ZipResult<Vec<u8>> {
    // The default time is the earliest that ZIP knows: builds at different times give the same bytes.
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(zip::DateTime::default())
        .unix_permissions(0o644);
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        writer.start_file(name.as_str(), options)?;
        writer.write_all(bytes)?;
    }
    Ok(writer.finish()?.into_inner())
}
