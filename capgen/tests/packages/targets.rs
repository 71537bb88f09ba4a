//! Each kind of card: the format of its files, the versions that are imported, and what it does not have.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use cap_file::CapFile;
use cap_file::api::{Api, TokenSpace};
use cap_file::component::constant_pool::{Constant, StaticRef};
use cap_file::component::{ClassRef, Version};
use capgen::driver::{Built, Request};
use capgen::opt::Options;
use capgen::package::Target;

use crate::card::example;
use crate::libraries::{ledger, wallet};
use crate::refused::krate;
use crate::words;

/// All kinds of card, that of 3.1 with compact and with extended files.
fn targets() -> Vec<(String, Target)> {
    let all = Target::all().into_iter();
    let mut list: Vec<(String, Target)> = all.map(|target| (target.name.into(), target)).collect();
    let extended = list
        .last()
        .and_then(|(_, newest)| newest.clone().extended());
    list.push(("jc310 extended".into(), extended.unwrap()));
    list
}

fn built(request: &Request, target: &Target) -> Built {
    request
        .build(target, &Options::ALL)
        .unwrap_or_else(|error| panic!("{}: {error}", target.name))
}

fn programs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("programs")
}

/// The applets and packages that every card can have, with a library that some import.
fn requests(target: &Target) -> Vec<(&'static str, Request)> {
    let jpki = Path::new(env!("CARGO_MANIFEST_DIR")).join("../applet-model");
    let mut list = vec![("Jpki", Request::applet(&jpki, "Jpki"))];
    for name in ["TlvWalk", "Base64", "Sha256", "Sort", "Records"] {
        list.push((name, Request::applet(&programs(), name)));
    }
    let library = built(&ledger(), target).output.exp;
    let purses = built(&wallet(vec![library.clone()]), target).output.exp;
    list.push(("ledger", ledger()));
    list.push(("wallet", wallet(vec![library.clone()])));
    let shop = Request {
        folder: example("shop"),
        imports: vec![library, purses],
        ..Request::default()
    };
    list.push(("shop", shop));
    list
}

/// For each package the header and the imports; that both are as the card wants them, that no import is newer than
/// what is used, and that each which is newer than the oldest is demanded by a line of the source.
#[test]
fn formats_and_imports_are_those_of_the_card() {
    let mut table = String::new();
    for (name, target) in targets() {
        for (package, request) in requests(&target) {
            let Built {
                output, sources, ..
            } = built(&request, &target);
            let header = &output.cap.header;
            let mut line = format!(
                "{name} {package}: CAP {} flags {}, EXP {}",
                header.format, header.flags, output.exp.format
            );
            let needed = needed(&output.cap);
            for demand in &output.imports {
                write!(line, ", {} {}", demand.package, demand.version).unwrap();
                let Some(known) = Api::builtin().find_package_by_name(&demand.package) else {
                    continue;
                };
                let oldest = known.versions[0];
                let used = needed.get(&known.name).copied().unwrap_or(oldest);
                assert_eq!(demand.version, used.max(oldest), "{line}");
                assert!(target.ceiling(known) >= Some(demand.version), "{line}");
                let file = demand.position.and_then(|at| sources.file(at.file));
                assert!(
                    demand.version == oldest || file.is_some_and(|file| file.name != "bindings.rs"),
                    "{line}: {demand:?}"
                );
            }
            table += &line;
            table.push('\n');
        }
    }
    insta::assert_snapshot!(table);
}

/// By package: the first version that has every class and method that the constant pool names.
fn needed(cap: &CapFile) -> BTreeMap<String, Version> {
    let mut needed = BTreeMap::new();
    for constant in &cap.constant_pool.entries {
        let (package, class, method) = match *constant {
            Constant::Class(ClassRef::External { package, class }) => (package, class, None),
            Constant::VirtualMethod {
                class: ClassRef::External { package, class },
                token,
            } => (package, class, Some((TokenSpace::Virtual, token))),
            Constant::StaticMethod(StaticRef::External {
                package,
                class,
                token,
            }) => (package, class, Some((TokenSpace::Static, token))),
            _ => continue,
        };
        let package = &cap.import.packages[usize::from(package)];
        let Some(known) = Api::builtin().find_package(&package.aid) else {
            continue;
        };
        let class = known.class_by_token(class).unwrap();
        let method = method.map(|(space, token)| class.method_by_token(space, token).unwrap());
        let since = method.map_or(class.since, |method| method.since.max(class.since));
        let version: &mut Version = needed.entry(known.name.clone()).or_default();
        *version = since.max(*version);
    }
    needed
}

#[test]
fn every_card_that_is_new_enough_gets_the_same_bytes() {
    let named = |name: &str| Target::named(name).unwrap();
    let request = |target: &Target, package: &str| {
        let list = requests(target).into_iter();
        let mut found = list.filter(|(name, _)| *name == package);
        built(&found.next().unwrap().1, target).output.cap
    };
    for package in ["Jpki", "wallet"] {
        let first = request(&named("jc301"), package);
        for name in ["jc304", "jc305", "jc310"] {
            assert!(
                first == request(&named(name), package),
                "{package} for {name}"
            );
        }
    }
}

/// The verifiers of the two oldest releases refuse some methods in which a word of the frame holds a reference and then a
/// number; for the others words are shared so.
#[test]
fn a_word_holds_one_type_where_an_old_verifier_wants_it() {
    for (name, target) in targets() {
        let is_old = ["jc221", "jc222"].contains(&target.name);
        let mut count = 0;
        for (package, request) in requests(&target) {
            for options in [Options::ALL, Options::SPEED] {
                let built = request.build(&target, &options).unwrap();
                let mixed = words::mixed(&built.output.cap);
                assert!(!is_old || mixed.is_empty(), "{name} {package}: {mixed:?}");
                count += mixed.len();
            }
        }
        assert_eq!(is_old, count == 0, "{name}: {count}");
    }
}

/// What Java Card 2.2.1 does not have: arrays of `int` in a transient memory that 2.2.2 brought.
#[test]
fn each_line_that_a_card_is_too_old_for_is_named() {
    let folder = krate(
        "",
        "",
        "#![no_std]\nuse platform::{Apdu, Applet, Package, Platform, Result};\npub struct Sums {}\n\
         impl<P: Platform> Applet<P> for Sums {\n    \
         const PACKAGE: Package = Package { aid: b\"sums1\", major: 1, minor: 0 };\n    \
         const AID: &'static [u8] = b\"sums1-\";\n    \
         fn install(_: &mut P, _: &[u8]) -> Result<Self> { Ok(Sums {}) }\n    \
         fn process(&mut self, _: &mut P, apdu: &mut P::Apdu) -> Result {\n        \
         let mut sums = [0u32; 4];\n        \
         for at in 0..4usize {\n            \
         sums[at] += u32::from(apdu.p1());\n        }\n        \
         let bytes = sums[usize::from(apdu.p2() & 3)].to_be_bytes();\n        \
         apdu.buffer()[..4].copy_from_slice(&bytes);\n        apdu.send(4)\n    }\n}\n",
    );
    let request = Request {
        folder: folder.path().to_path_buf(),
        ..Request::default()
    };
    let with_int = |name: &str| Target::named(name).unwrap().with_int();
    let error = request
        .build(&with_int("jc221"), &Options::ALL)
        .unwrap_err();
    let shown = folder.path().canonicalize().unwrap();
    insta::assert_snapshot!(
        error
            .to_string()
            .replace(&shown.display().to_string(), "FOLDER")
    );
    // Two words in the place of an `int` every card has.
    built(&request, &Target::named("jc221").unwrap());
    let imports = built(&request, &with_int("jc222")).output.imports;
    assert!(
        imports
            .iter()
            .any(|import| import.package == "javacardx.framework.util.intx")
    );
}

/// What only the value of a constant tells: SHA-256 is known since Java Card 2.2.2, ECDSA with it since 3.0.1.
#[test]
fn each_algorithm_that_a_card_does_not_know_is_named() {
    let request = Request {
        folder: example("token"),
        ..Request::default()
    };
    let refused = |name: &str| {
        let built = request.build(&Target::named(name).unwrap(), &Options::ALL);
        built.unwrap_err().to_string()
    };
    let first = refused("jc221");
    let second = refused("jc222");
    insta::assert_snapshot!(format!("{first}\n{second}"));
    let built = built(&request, &Target::named("jc301").unwrap());
    let budget = &built.output.budget;
    let allocated = budget.applets[0].install.allocated.iter();
    let allocated: Vec<&str> = allocated.map(|object| object.what.as_str()).collect();
    assert!(
        allocated.contains(&"javacard.security.AESKey")
            && !allocated.contains(&"javacard.security.KeyBuilder"),
        "{allocated:?}"
    );
    for transaction in &budget.applets[0].transactions {
        let digests = transaction
            .written
            .card
            .iter()
            .any(|card| card.contains("Digest"));
        assert!(!digests, "{transaction:?}");
    }
    let applet = budget
        .functions
        .iter()
        .filter(|function| function.path.starts_with("Token::"));
    for function in applet {
        let place = function.place.as_ref();
        assert!(
            place.is_none_or(|place| place.file.starts_with("examples/token/")),
            "{function:?}"
        );
    }
}

/// Only with `--int` does a file say that it wants `int`, and only where something in it is one.
#[test]
fn int_is_wanted_only_where_it_is_used() {
    // The first has no transient arrays of `int`.
    for (_, target) in targets().into_iter().skip(1) {
        for (applet, uses) in [("Sort", false), ("Sha256Words", true)] {
            let request = Request::applet(&programs(), applet);
            let wants = |target: &Target| built(&request, target).output.cap.header.flags & 1 != 0;
            assert!(!wants(&target), "{applet} for {}", target.name);
            let target = target.clone().with_int();
            assert_eq!(wants(&target), uses, "{applet} for {}", target.name);
        }
    }
}
