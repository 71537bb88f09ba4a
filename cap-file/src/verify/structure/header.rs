//! Header, Directory, Applet and Import components.

use crate::component::class::ClassInfo;
use crate::component::descriptor::access;
use crate::component::header::Header;
use crate::component::{CodeOffset, Tag};
use crate::error::Place;
use crate::verify::check::Checker;
use crate::verify::world::{Type, World};
use crate::verify::{Finding, Rule};
use std::collections::HashSet;

/// Bytes of an AID that name its owner (ISO 7816-5).
const RID: usize = 5;

pub(super) fn check(checker: &mut Checker<'_, '_>) {
    flags(checker);
    name(checker);
    folder(checker);
    directory(checker);
    applets(checker);
    imports(checker);
}

fn flags(checker: &mut Checker<'_, '_>) {
    let cap = checker.cap;
    let flags = cap.header.flags;
    let mut expected = flags & Header::ACC_INT;
    if cap.format().extended {
        expected |= Header::ACC_EXTENDED;
    }
    expected |= if cap.export.is_some() {
        Header::ACC_EXPORT
    } else {
        0
    };
    expected |= if cap.applet.is_some() {
        Header::ACC_APPLET
    } else {
        0
    };
    let text = format!("flags 0x{expected:02x}");
    checker.require(
        flags == expected,
        Rule::HeaderFlags,
        Tag::Header,
        6,
        &text,
        || format!("0x{flags:02x}"),
    );
    let debug = cap.debug.is_none() || cap.header.format.minor >= 2;
    checker.require(
        debug,
        Rule::DebugFormat,
        Tag::Debug,
        None,
        "format 2.2",
        || format!("format {}", cap.header.format),
    );
}

/// Format 2.2 brought the name of the package; it may be empty unless something in the package is remote.
fn name(checker: &mut Checker<'_, '_>) {
    let cap = checker.cap;
    if cap.format().extended {
        return;
    }
    let remote = cap.class.interfaces.iter().map(|interface| interface.flags);
    let remote = remote
        .chain(cap.class.classes.iter().map(|class| class.flags))
        .any(|flags| flags & ClassInfo::ACC_REMOTE != 0);
    let name = cap.header.package_name.as_deref();
    let right = match name {
        None => !cap.format().has_names(),
        Some(name) => cap.format().has_names() && !(remote && name.is_empty()),
    };
    let expected = if cap.format().has_names() {
        "the name of the package, empty only if nothing in it is remote"
    } else {
        "no name of the package in format 2.1"
    };
    checker.require(
        right,
        Rule::HeaderName,
        Tag::Header,
        10 + cap.header.package.aid.0.len(),
        expected,
        || name.map_or_else(|| "none".to_owned(), |name| format!("`{name}`")),
    );
}

/// The name of a package gives the folder that its components are in. A load file has no folders, and older formats
/// have the name in the export file only.
fn folder(checker: &mut Checker<'_, '_>) {
    let cap = checker.cap;
    let path = cap.archive_path.as_str();
    if path.is_empty() || cap.format().extended {
        return;
    }
    let package = &cap.header.package;
    let exported = checker.world.exports.find(&package.aid);
    let exported = exported.filter(|known| known.versions.contains(&package.version));
    let named = cap.header.package_name.clone();
    let named = named.filter(|name| !name.is_empty());
    let name = named.or_else(|| exported.map(|known| known.name.replace('.', "/")));
    let Some(name) = name else { return };
    if path != name {
        checker.find(Finding {
            rule: Rule::ArchiveFolder,
            place: Place::Archive,
            offset: None,
            method: None,
            instruction: None,
            expected: format!("the folder {name}/javacard"),
            found: format!("{path}/javacard"),
        });
    }
}

fn directory(checker: &mut Checker<'_, '_>) {
    let cap = checker.cap;
    let right = match cap.right_directory() {
        Ok(right) => right,
        Err(error) => {
            let expected = "components that can be written";
            let found = error.to_string();
            return checker.report(Rule::DirectorySizes, Tag::Directory, None, expected, found);
        }
    };
    let (is, should) = (&cap.directory, &right);
    for (index, expected) in should.component_sizes.iter().enumerate() {
        let found = is.component_sizes.get(index);
        let text = format!("size {expected} of component {}", index + 1);
        checker.require(
            found == Some(expected),
            Rule::DirectorySizes,
            Tag::Directory,
            2 * index,
            &text,
            || found.map_or_else(|| "no size".to_owned(), u32::to_string),
        );
    }
    let statics = |directory: &crate::component::directory::Directory| {
        let (image, count) = (
            directory.static_image_size,
            directory.static_array_init_count,
        );
        format!(
            "image {image} bytes, {count} arrays of {} bytes",
            directory.static_array_init_size
        )
    };
    let offset = 2 * is.component_sizes.len();
    checker.require(
        statics(is) == statics(should),
        Rule::DirectoryStatic,
        Tag::Directory,
        offset,
        statics(should),
        || statics(is),
    );
    let counts = |directory: &crate::component::directory::Directory| {
        format!(
            "{} imports, {} applets, {} blocks of methods",
            directory.import_count, directory.applet_count, directory.method_block_count
        )
    };
    checker.require(
        counts(is) == counts(should),
        Rule::DirectoryCounts,
        Tag::Directory,
        offset + 6,
        counts(should),
        || counts(is),
    );
    let listed: Vec<u8> = is.custom.iter().map(|custom| custom.tag).collect();
    let present: Vec<u8> = cap.custom.iter().map(|custom| custom.tag).collect();
    let same = listed.len() == present.len()
        && present
            .iter()
            .all(|tag| *tag >= 128 && listed.contains(tag))
        && is.custom == should.custom;
    checker.require(
        same,
        Rule::DirectoryCustom,
        Tag::Directory,
        offset + 8,
        "one entry with the right size for each custom component (tags 128 to 255)",
        || format!("entries for {listed:?}, components {present:?}"),
    );
}

/// `public static void install(byte[] bArray, short bOffset, byte bLength)` of a subclass of `Applet`.
fn is_install(world: &World<'_>, offset: CodeOffset) -> bool {
    let Some((class, method)) = world.method_at(offset) else {
        return false;
    };
    let is_applet = world
        .named("javacard/framework/Applet")
        .is_some_and(|applet| world.is_subtype(class, applet) || !world.all_imports_known());
    let needed = access::ACC_PUBLIC | access::ACC_STATIC;
    let signature = world.signature(method.type_offset);
    is_applet
        && method.access_flags & needed == needed
        && signature.is_some_and(|signature| {
            signature.arguments == [Type::ByteArray, Type::Short, Type::Byte]
                && signature.result.is_none()
        })
}

fn applets(checker: &mut Checker<'_, '_>) {
    let cap = checker.cap;
    let Some(component) = &cap.applet else { return };
    checker.require(
        !component.applets.is_empty(),
        Rule::AppletCount,
        Tag::Applet,
        0,
        "at least one applet",
        || "none".to_owned(),
    );
    let rid = cap.header.package.aid.0.get(..RID);
    let mut offset = 1;
    for (index, applet) in component.applets.iter().enumerate() {
        let own = applet.aid.0.get(..RID) == rid
            && applet.aid != cap.header.package.aid
            && component
                .applets
                .iter()
                .take(index)
                .all(|other| other.aid != applet.aid);
        checker.require(
            own,
            Rule::AppletAid,
            Tag::Applet,
            offset,
            "an AID with the package's RID that neither the package nor another applet has",
            || applet.aid.to_string(),
        );
        offset += 1 + applet.aid.0.len();
        let install = applet.install_method_offset;
        let right = cap.descriptor.is_none() || is_install(checker.world, install);
        checker.require(
            right,
            Rule::AppletInstall,
            Tag::Applet,
            offset,
            "the offset of public static install([BSB)V in a subclass of Applet",
            || format!("offset {install}"),
        );
        offset += 2;
    }
    if cap.descriptor.is_some() {
        multiselectable(checker);
    }
}

/// Applets of one file share its objects, so that all of them or none may be active on several channels at once.
fn multiselectable(checker: &mut Checker<'_, '_>) {
    let world = checker.world;
    let Some(multi) = world.named("javacard/framework/MultiSelectable") else {
        return;
    };
    if !world.all_imports_known() {
        return;
    }
    let applets = checker.cap.applet.iter();
    let classes = applets
        .flat_map(|component| &component.applets)
        .filter_map(|applet| world.method_at(applet.install_method_offset));
    let (yes, no): (Vec<bool>, Vec<bool>) = classes
        .map(|(class, _)| world.is_subtype(class, multi))
        .partition(|is| *is);
    checker.require(
        yes.is_empty() || no.is_empty(),
        Rule::AppletMultiselectable,
        Tag::Applet,
        0,
        "MultiSelectable for all applets or for none",
        || format!("{} that are, {} that are not", yes.len(), no.len()),
    );
}

fn imports(checker: &mut Checker<'_, '_>) {
    let cap = checker.cap;
    let packages = &cap.import.packages;
    let mut names = HashSet::new();
    checker.require(
        packages.len() <= 128,
        Rule::ImportCount,
        Tag::Import,
        0,
        "at most 128 packages",
        || packages.len().to_string(),
    );
    let mut offset = 1;
    for (index, package) in packages.iter().enumerate() {
        let unique = package.aid != cap.header.package.aid
            && packages
                .iter()
                .take(index)
                .all(|other| other.aid != package.aid);
        let known = checker.world.imports.get(index).copied().flatten();
        let unique = unique && known.is_none_or(|(known, _)| names.insert(&known.name));
        checker.require(
            unique,
            Rule::ImportUnique,
            Tag::Import,
            offset,
            "a package not named before",
            || package.aid.to_string(),
        );
        match known {
            None => checker.report(
                Rule::ImportKnown,
                Tag::Import,
                offset,
                format!(
                    "the export file of package {} version {}",
                    package.aid, package.version
                ),
                "none (pass it with --exp)",
            ),
            Some((known, version)) => {
                let supplied = known
                    .versions
                    .iter()
                    .any(|known| known.major == version.major && known.minor >= version.minor);
                let expected = format!(
                    "version {} of {} or an older one with its major version",
                    known.newest(),
                    known.name
                );
                checker.require(
                    supplied,
                    Rule::ImportVersion,
                    Tag::Import,
                    offset,
                    &expected,
                    || version.to_string(),
                );
            }
        }
        offset += 3 + package.aid.0.len();
    }
}
