//! Writes the text form of one package, which [`super::parse::package`] reads.

use super::{ApiClass, ApiFlags, ApiPackage, MethodKind};
use crate::component::Version;
use std::fmt::{self, Write};

/// The text form of a package.
#[must_use]
pub fn package(package: &ApiPackage) -> String {
    let mut out = String::new();
    // Writing to a string does not fail.
    let _ = print(&mut out, package);
    out
}

fn print(out: &mut String, package: &ApiPackage) -> fmt::Result {
    write!(out, "package {} {}", package.name, package.aid)?;
    for version in &package.versions {
        write!(out, " {version}")?;
    }
    writeln!(out)?;
    for (own, name, version) in &package.uses {
        writeln!(out, "{own} uses {name} {version}")?;
    }
    let base = package.versions.first().copied().unwrap_or_default();
    let folder = format!("{}/", package.name.replace('.', "/"));
    for found in &package.classes {
        let word = if found.is_interface {
            "interface"
        } else {
            "class"
        };
        let name = found.name.strip_prefix(&folder).unwrap_or(&found.name);
        let flags = flags(found.flags, found.flags.public);
        writeln!(
            out,
            "{word} {} {name}{flags}{}",
            found.token,
            since(found.since, base)
        )?;
        members(out, found)?;
    }
    Ok(())
}

fn members(out: &mut String, class: &ApiClass) -> fmt::Result {
    for (word, names) in [
        ("extends", &class.supers),
        ("implements", &class.interfaces),
    ] {
        if !names.is_empty() {
            writeln!(out, "  {word} {}", names.join(" "))?;
        }
    }
    if let Some(count) = class.inheritable_tokens {
        writeln!(out, "  inheritable {count}")?;
    }
    for constant in &class.constants {
        let since = since(constant.since, class.since);
        let (name, descriptor) = (&constant.name, &constant.descriptor);
        writeln!(out, "  const {name} {descriptor} {}{since}", constant.value)?;
    }
    // Members are public unless they are said to be protected.
    for field in &class.fields {
        let rest = flags(field.flags, false) + &since(field.since, class.since);
        let (name, descriptor) = (&field.name, &field.descriptor);
        writeln!(out, "  field {} {name} {descriptor}{rest}", field.token)?;
    }
    for method in &class.methods {
        let word = match method.kind {
            MethodKind::Static | MethodKind::Constructor => "static",
            MethodKind::Virtual => "virtual",
            MethodKind::Interface => "method",
        };
        let rest = flags(method.flags, false) + &since(method.since, class.since);
        let (name, descriptor) = (&method.name, &method.descriptor);
        writeln!(out, "  {word} {} {name} {descriptor}{rest}", method.token)?;
    }
    Ok(())
}

fn flags(flags: ApiFlags, with_public: bool) -> String {
    let words = [
        (flags.public && with_public, " public"),
        (flags.protected, " protected"),
        (flags.is_static, " static"),
        (flags.is_final, " final"),
        (flags.is_abstract, " abstract"),
        (flags.shareable, " shareable"),
    ];
    let set = words.iter().filter(|(set, _)| *set);
    set.map(|(_, word)| *word).collect()
}

fn since(version: Version, base: Version) -> String {
    if version == base {
        String::new()
    } else {
        format!(" since {version}")
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Api, parse};

    /// What is written of every package of the API is read back the same.
    #[test]
    fn what_is_written_is_read_back() {
        for package in Api::builtin().packages() {
            let text = super::package(package);
            assert_eq!(&parse::package(&text).unwrap(), package, "{text}");
        }
    }
}
