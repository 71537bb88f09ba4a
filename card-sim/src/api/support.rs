//! What of the API the card has, as a table drawn from the native methods and the tables of
//! algorithms themselves.

use super::absent::REFUSALS;
use super::build::is_implemented;
use super::security::{
    checksum, cipher, hash_of, key_agreement, key_pair, keys, random_data, signature,
};
use cap_file::api::{Api, ApiClass, ApiConstant, ApiPackage, MethodKind};
use std::fmt::Write;

/// Constants of one class that name algorithms, and which of them the card has.
struct Algorithms {
    class: &'static str,
    prefix: &'static str,
    has: fn(u8) -> bool,
}

const ALGORITHMS: &[Algorithms] = &[
    Algorithms {
        class: "javacard/security/MessageDigest",
        prefix: "ALG_",
        has: |code| hash_of(code).is_some(),
    },
    Algorithms {
        class: "javacard/security/RandomData",
        prefix: "ALG_",
        has: random_data::has,
    },
    Algorithms {
        class: "javacard/security/Checksum",
        prefix: "ALG_",
        has: checksum::has,
    },
    Algorithms {
        class: "javacard/security/KeyBuilder",
        prefix: "TYPE_",
        has: keys::has_type,
    },
    Algorithms {
        class: "javacard/security/KeyBuilder",
        prefix: "ALG_TYPE_",
        has: |code| keys::type_of(code, 0).is_some(),
    },
    Algorithms {
        class: "javacard/security/KeyPair",
        prefix: "ALG_",
        has: |code| key_pair::types(code).is_some(),
    },
    Algorithms {
        class: "javacard/security/KeyAgreement",
        prefix: "ALG_",
        has: key_agreement::has,
    },
    Algorithms {
        class: "javacard/security/Signature",
        prefix: "ALG_",
        has: signature::has,
    },
    Algorithms {
        class: "javacard/security/Signature",
        prefix: "SIG_CIPHER_",
        has: signature::has_cipher,
    },
    Algorithms {
        class: "javacardx/crypto/Cipher",
        prefix: "ALG_",
        has: cipher::has,
    },
    Algorithms {
        class: "javacardx/crypto/Cipher",
        prefix: "CIPHER_",
        has: cipher::has_cipher,
    },
    Algorithms {
        class: "javacardx/crypto/Cipher",
        prefix: "PAD_",
        has: |code| cipher::has_padding(code) || signature::has_padding(code),
    },
    Algorithms {
        class: "javacardx/crypto/AEADCipher",
        prefix: "ALG_",
        has: cipher::has,
    },
    Algorithms {
        class: "javacardx/crypto/AEADCipher",
        prefix: "CIPHER_",
        has: cipher::has_cipher,
    },
];

/// A constant that names an algorithm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Algorithm {
    /// The class, in the form of export files.
    pub class: &'static str,
    /// The constant.
    pub name: String,
    /// Its value.
    pub code: u8,
    /// Whether the card has it; otherwise whoever asks for it gets a `CryptoException` with
    /// `NO_SUCH_ALGORITHM`.
    pub is_done: bool,
}

/// Every constant of the API that names an algorithm.
#[must_use]
pub fn algorithms() -> Vec<Algorithm> {
    ALGORITHMS
        .iter()
        .flat_map(|group| {
            let class = Api::builtin().find_class(group.class);
            let constants: &[ApiConstant] = class.map_or(&[], |(_, class)| &class.constants);
            constants.iter().filter_map(|constant| {
                let code = constant.value.to_be_bytes()[3];
                constant.name.starts_with(group.prefix).then(|| Algorithm {
                    class: group.class,
                    name: constant.name.clone(),
                    code,
                    is_done: (group.has)(code),
                })
            })
        })
        .collect()
}

/// How much of a class the card has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Support {
    /// Every method.
    Done,
    /// The methods with these names are missing.
    Part(Vec<String>),
    /// An interface that only applets implement, or one without methods.
    Interface,
    /// Every method throws this exception, as the specification lets a card do.
    Refused(&'static str),
    /// None: a call ends the command with 6F00 and `Card::last_fault` names the method.
    Missing,
}

/// How much of a class the card has.
#[must_use]
pub fn support(class: &'static ApiClass) -> Support {
    if let Some((_, exception)) = REFUSALS.iter().find(|(name, _)| *name == class.name) {
        return Support::Refused(exception);
    }
    let is_own = |name: &str| name != "equals" || class.is_interface;
    let (done, missing): (Vec<_>, Vec<_>) = class
        .methods
        .iter()
        .filter(|method| is_own(&method.name) || method.descriptor != "(Ljava/lang/Object;)Z")
        // Abstract methods of classes are those of the classes that derive from them.
        .filter(|method| class.is_interface || !method.flags.is_abstract)
        .partition(|method| is_implemented(class, method));
    let has_work = class.methods.iter().any(|method| {
        method.kind == MethodKind::Static || !method.flags.is_abstract || !class.is_interface
    });
    if missing.is_empty() && !(done.is_empty() && class.is_interface) {
        return Support::Done;
    }
    if done.is_empty() {
        return if has_work && !class.is_interface {
            Support::Missing
        } else {
            Support::Interface
        };
    }
    let mut names: Vec<String> = missing.iter().map(|method| method.name.clone()).collect();
    names.dedup();
    Support::Part(names)
}

fn short_name(class: &str) -> &str {
    class.rsplit('/').next().unwrap_or(class)
}

fn write_package(text: &mut String, package: &'static ApiPackage) -> std::fmt::Result {
    let version = package.newest();
    writeln!(
        text,
        "\n## {} {}.{}\n",
        package.name, version.major, version.minor
    )?;
    writeln!(text, "| class | support |\n| --- | --- |")?;
    for class in &package.classes {
        let name = short_name(&class.name);
        match support(class) {
            Support::Done => writeln!(text, "| `{name}` | done |")?,
            Support::Interface => writeln!(text, "| `{name}` | interface |")?,
            Support::Refused(exception) => writeln!(text, "| `{name}` | refused: `{exception}` |")?,
            Support::Missing => writeln!(text, "| `{name}` | missing |")?,
            Support::Part(missing) => {
                let missing = missing.join("`, `");
                writeln!(text, "| `{name}` | without `{missing}` |")?;
            }
        }
    }
    Ok(())
}

fn write_algorithms(text: &mut String) -> std::fmt::Result {
    writeln!(text, "\n## Algorithms\n")?;
    writeln!(text, "| class | done | refused |\n| --- | --- | --- |")?;
    let all = algorithms();
    for group in ALGORITHMS {
        let names = |is_done: bool| {
            let names: Vec<String> = all
                .iter()
                .filter(|algorithm| {
                    algorithm.class == group.class
                        && algorithm.name.starts_with(group.prefix)
                        && algorithm.is_done == is_done
                })
                .map(|algorithm| format!("`{}`", algorithm.name))
                .collect();
            names.join(" ")
        };
        let class = short_name(group.class);
        let (done, refused) = (names(true), names(false));
        writeln!(text, "| `{class}.{}*` | {done} | {refused} |", group.prefix)?;
    }
    Ok(())
}

const HEAD: &str = "# The API that the simulated card has

Drawn from the code: `tenkoku card api` prints it.

- *done*: every method that the class has up to the version that the heading names.
- *without*: all but the methods listed.
- *refused*: every method, or whatever would make such an object, throws the exception that the specification names for
  a card without it.
- *interface*: for applets to implement, or without methods.
- *missing*: the class can be named; a call of a method ends the command with 6F00, and
  `Card::last_fault` names the method.

An import of a package that is not listed, or of a newer version, is refused at loading with the
package's AID. An algorithm that is refused gives a `CryptoException` with the reason
`NO_SUCH_ALGORITHM`.
";

/// The whole table in Markdown.
#[must_use]
pub fn markdown() -> String {
    let mut text = HEAD.to_owned();
    // Writing into a string cannot fail.
    let _ = write_algorithms(&mut text);
    for package in Api::builtin().packages() {
        let _ = write_package(&mut text, package);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_in_the_documentation_is_this_one() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/API.md");
        if std::env::var_os("TENKOKU_BLESS").is_some() {
            std::fs::write(path, markdown()).unwrap();
        }
        let stored = std::fs::read_to_string(path).unwrap();
        assert!(
            stored == markdown(),
            "card-sim/API.md is out of date: TENKOKU_BLESS=1 cargo test -p card-sim api::support"
        );
    }

    #[test]
    fn classes_are_told_apart() {
        let of = |name: &str| support(Api::builtin().find_class(name).unwrap().1);
        assert_eq!(of("javacard/framework/OwnerPIN"), Support::Done);
        assert_eq!(of("javacard/framework/MultiSelectable"), Support::Interface);
        assert_eq!(of("javacardx/framework/time/SysTime"), Support::Missing);
        let Support::Part(missing) = of("javacard/security/KeyBuilder") else {
            panic!("KeyBuilder has methods of 3.1 that the card has not");
        };
        assert!(missing.contains(&"buildXECKey".to_owned()));
    }
}
