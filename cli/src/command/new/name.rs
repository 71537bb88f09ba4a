//! The name of a new crate.

/// A name that is one for a package of Cargo, a library of Rust, and in camel case a type.
#[derive(Debug)]
pub(super) struct Name<'a> {
    pub(super) krate: &'a str,
}

/// How many bytes of the name are in an AID: with the F0 before them and the applet's 01 behind them it has at
/// most 16.
const AID_BYTES: usize = 14;

/// Crates that come with Rust.
const OF_RUST: [&str; 4] = ["alloc", "core", "proc_macro", "std"];

/// Types that the new crate's source and tests name: its applet must have another name.
const NAMED: [&str; 17] = [
    "Apdu",
    "Applet",
    "Cell",
    "Err",
    "Host",
    "HostCard",
    "HostConfig",
    "Ok",
    "Option",
    "OwnerPin",
    "Package",
    "Platform",
    "PowerLoss",
    "Result",
    "StatusWord",
    "String",
    "Vec",
];

impl<'a> Name<'a> {
    pub(super) fn new(name: &'a str) -> Result<Self, String> {
        let starts = name.starts_with(|c: char| c.is_ascii_lowercase());
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
        if !starts || !name.chars().all(fits) {
            return Err(
                "a crate's name begins with a letter a to z and has letters, digits, - and _"
                    .to_owned(),
            );
        }
        let name = Self { krate: name };
        // The parser of Rust knows its keywords, and `test` is the crate of the test harness.
        if syn::parse_str::<syn::Ident>(&name.library()).is_err() || name.krate == "test" {
            return Err("is a word of Rust; a crate cannot have this name".to_owned());
        }
        if OF_RUST.contains(&name.library().as_str()) {
            return Err("is the name of a crate that comes with Rust".to_owned());
        }
        if name.krate == "platform" {
            return Err("is the name of the crate that the applet stands on".to_owned());
        }
        Ok(name)
    }

    pub(super) fn library(&self) -> String {
        self.krate.replace('-', "_")
    }

    /// In camel case; with `Applet` behind it where that is the name of something else.
    pub(super) fn applet(&self) -> String {
        let parts = self.krate.split(['-', '_']);
        let name: String = parts
            .map(|part| {
                let mut characters = part.chars();
                let first = characters.next().map(|c| c.to_ascii_uppercase());
                first.into_iter().chain(characters).collect::<String>()
            })
            .collect();
        if NAMED.contains(&name.as_str()) {
            return name + "Applet";
        }
        name
    }

    /// F0 (ISO 7816-4 §8.2.1.2: a proprietary, unregistered identifier), then the name, at least five bytes.
    pub(super) fn package_aid(&self) -> Vec<u8> {
        let mut aid = vec![0xF0];
        aid.extend(self.krate.bytes().take(AID_BYTES));
        aid.resize(aid.len().max(5), 0);
        aid
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_in_its_forms() {
        let name = Name::new("my-purse_2").unwrap();
        assert_eq!(name.library(), "my_purse_2");
        assert_eq!(name.applet(), "MyPurse2");
        assert_eq!(name.package_aid(), b"\xF0my-purse_2");
        assert_eq!(
            Name::new("status-word").unwrap().applet(),
            "StatusWordApplet"
        );
        assert_eq!(Name::new("a").unwrap().package_aid(), b"\xF0a\0\0\0");
        assert_eq!(Name::new(&"a".repeat(40)).unwrap().package_aid().len(), 15);
    }

    #[test]
    fn names_that_are_none() {
        for name in [
            "",
            "Purse",
            "2pay",
            "a b",
            "é",
            "-a",
            "fn",
            "self",
            "test",
            "core",
            "proc-macro",
            "platform",
        ] {
            assert!(Name::new(name).is_err(), "{name}");
        }
    }
}
