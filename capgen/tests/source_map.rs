//! The source map and the Debug component lead from an instruction to the line that it comes from.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use cap_file::component::debug::{Debug, MethodDebug};
use cap_file::component::descriptor::access;
use cap_file::{CapFile, Exports, Instructions};
use capgen::driver::{Built, Request};
use capgen::opt::Options;
use capgen::package::{self, Target};
use card_sim::{Aid, Card, CardConfig};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn built(folder: &str) -> Built {
    built_with(folder, &[])
}

fn built_with(folder: &str, imports: &[&Built]) -> Built {
    let imports = imports.iter().map(|built| built.output.exp.clone());
    let request = Request {
        folder: root().join(folder),
        imports: imports.collect(),
        ..Request::default()
    };
    let built = request.build(&Target::default().with_debug().unwrap(), &Options::ALL);
    built.unwrap_or_else(|error| panic!("{error}"))
}

/// An instruction, and where it comes from.
struct Traced {
    /// As the disassembler writes it, with the name of what it refers to.
    instruction: String,
    file: String,
    line: u32,
    /// The line of the source.
    text: String,
}

/// All instructions whose place in the source the map knows, but for those of the compiler's own bindings.
fn traced(built: &Built) -> Vec<Traced> {
    let (cap, map) = (&built.output.cap, &built.output.map);
    let dump = cap_file::dump(cap, &Exports::builtin());
    let mut texts: BTreeMap<u32, Vec<&str>> = BTreeMap::new();
    let mut method = None;
    for line in dump.lines() {
        if let Some(offset) = line.split_once("; offset ") {
            method = Some(offset.1.parse().unwrap()).filter(|_| line.starts_with("method "));
        } else if let (Some(offset), Some(instruction)) = (method, line.strip_prefix("    ")) {
            texts.entry(offset).or_default().push(instruction);
        } else if !line.ends_with(':') {
            method = None;
        }
    }
    let mut sources: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let mut found = Vec::new();
    for method in &map.methods {
        let start = method.offset + u32::from(method.header_size);
        // In front of the methods is the number of exception handlers.
        let first = usize::try_from(start - 1).unwrap();
        let code = &cap.method.methods[first..first + usize::from(method.code_size)];
        let instructions: Vec<_> = Instructions::new(code).map(Result::unwrap).collect();
        let texts = &texts[&method.offset];
        assert_eq!(texts.len(), instructions.len(), "{}", method.path);
        for (text, instruction) in texts.iter().zip(instructions) {
            let at = start + u32::try_from(instruction.offset).unwrap();
            let (known, place) = map.find(at).unwrap();
            assert_eq!(known.path, method.path);
            let Some(place) = place else { continue };
            let file = map.files[usize::try_from(place.file).unwrap()].as_str();
            let path = root().join(file);
            if !path.exists() {
                continue;
            }
            let source = sources.entry(file).or_insert_with(|| {
                let text = std::fs::read_to_string(path).unwrap();
                text.lines().map(|line| line.trim().to_owned()).collect()
            });
            found.push(Traced {
                instruction: (*text).to_owned(),
                file: file.to_owned(),
                line: place.line,
                text: source[usize::try_from(place.line).unwrap() - 1].clone(),
            });
        }
    }
    found
}

/// Of each applet: a part of an instruction's text, and the lines of all instructions that have it, in the order of the code.
const VAULT: &[(&str, &[&str])] = &[
    ("OwnerPIN.<init>", &["let mut pin = platform.pin(3, 8);"]),
    ("OwnerPIN.update", &["pin.update(parameters);"]),
    ("newarray", &["store: platform.bytes(),"]),
    ("RandomData.getInstance", &["random: platform.random(),"]),
    ("Applet.register", &["Ok(Self {"]),
    (
        "OwnerPIN.check",
        &["if self.pin.check(&buffer[..length]) {"],
    ),
    ("Vault.receive", &["let length = apdu.receive()?;"; 4]),
    ("beginTransaction", &["platform.atomically(|_| {"]),
    ("commitTransaction", &["platform.atomically(|_| {"]),
    (
        "Util.arrayCopy(",
        &[
            "self.store.write(base + 2, name);",
            "self.store.write(base + 2 + NAME, secret);",
        ],
    ),
    // The second has an argument that a function of another file gives, which is put in place.
    (
        "Util.arrayCopyNonAtomic",
        &[
            "self.store",
            "self.store.read(base + 2, writer.object(0x80, length)?);",
        ],
    ),
    (
        "generateData",
        &["self.random.fill(&mut apdu.buffer()[..n]);"],
    ),
    ("OwnerPIN.reset", &["self.pin.reset();"]),
];

const JPKI: &[(&str, &[&str])] = &[
    (
        "makeTransientShortArray",
        &[
            "current_file: platform.transient_cell(),",
            "managed_file: platform.transient_cell(),",
        ],
    ),
    ("Cipher.getInstance", &["signer: platform.rsa_signer(),"]),
    (
        "KeyPair.<init>",
        &["key: platform.rsa_key_pair(spec::MODULUS_BITS),"; 2],
    ),
    ("processSecurity", &["channel.process_security(apdu)"]),
    ("genKeyPair", &["self.key.generate();"]),
    ("getModulus", &["self.key.modulus(buffer);"; 2]),
    (
        "getExponent",
        &["let length = self.key.exponent(&mut buffer[MODULUS_HALF + header..]);"],
    ),
    // Constants.
    (
        "getstatic_a",
        &[
            "token_information.write(0, spec::TOKEN_LABEL_CARD);",
            "token_information.write(spec::TOKEN_LABEL_LENGTH, spec::TOKEN_INFORMATION_REST);",
            "token_information.write(0, spec::TOKEN_LABEL_PHONE);",
            "buffer[..header].copy_from_slice(PUBLIC_KEY_HEADER);",
            "buffer[MODULUS_HALF..MODULUS_HALF + header].copy_from_slice(EXPONENT_HEADER);",
        ],
    ),
    ("resetAndUnblock", &["self.pin.reset_and_unblock();"]),
    ("beginTransaction", &["platform.atomically(|_| {"]),
    (
        "OwnerPIN.check",
        &["let right = !blocked && self.pin.check(candidate);"],
    ),
    (
        "Slot.write_certificate",
        &[
            "file::SIGNATURE_CERTIFICATE => self.signature.write_certificate(offset, data),",
            "file::AUTHENTICATION_CERTIFICATE => self.authentication.write_certificate(offset, data),",
        ],
    ),
];

#[test]
fn instructions_lead_to_their_lines() {
    for (folder, samples) in [("examples/vault", VAULT), ("applet-model", JPKI)] {
        let traced = traced(&built(folder));
        for (instruction, expected) in samples {
            let found = traced
                .iter()
                .filter(|one| one.instruction.contains(instruction));
            let lines: Vec<&str> = found.map(|one| one.text.as_str()).collect();
            assert_eq!(lines, *expected, "{folder}: {instruction}");
        }
        // A status word is thrown where the source says so, or where a `usize` is tested.
        let thrown = traced
            .iter()
            .filter(|one| one.instruction.contains("throwIt"));
        let says = |text: &str| {
            ["Err(", "ok_or(", "map_err("]
                .iter()
                .any(|part| text.contains(part))
        };
        let tests = |text: &str| {
            [" + ", " * ", " << ", "as usize"]
                .iter()
                .any(|part| text.contains(part))
        };
        for one in thrown {
            let Traced {
                file, line, text, ..
            } = one;
            assert!(says(text) || tests(text), "{file}:{line} {text}");
        }
    }
}

/// The flags that the Descriptor component gives a method, as class files have them: nothing marks a constructor.
fn described(cap: &CapFile, method: &MethodDebug) -> Option<u16> {
    let classes = &cap.descriptor.as_ref()?.classes;
    let mut methods = classes.iter().flat_map(|class| &class.methods);
    let found =
        methods.find(|found| found.bytecode_count > 0 && found.method_offset == method.location)?;
    Some((found.access_flags & !access::ACC_INIT).into())
}

#[test]
fn the_debug_component_has_the_lines_of_the_map() {
    let ledger = built("examples/ledger");
    let wallet = built_with("examples/wallet", &[&ledger]);
    for (folder, built) in [
        ("examples/vault", &built("examples/vault")),
        ("examples/token", &built("examples/token")),
        ("examples/ledger", &ledger),
        // With a shareable interface of its own, and one of another package.
        ("examples/wallet", &wallet),
        ("applet-model", &built("applet-model")),
    ] {
        let output = &built.output;
        // As another tool reads it.
        let cap = CapFile::read(&output.cap.write().unwrap()).unwrap();
        let debug: &Debug = cap.debug.as_ref().unwrap();
        let map = &output.map;
        let mut lines = 0;
        for class in &debug.classes {
            let file = debug.string(class.source_file).unwrap();
            assert!(file.ends_with(".rs"), "{folder}: {file:?}");
            for method in &class.methods {
                if let Some(described) = described(&cap, method) {
                    assert_eq!(method.access_flags, described, "{folder}");
                }
                let start = method.location + u32::from(method.header_size);
                for line in &method.lines {
                    for pc in [line.start_pc, line.end_pc] {
                        let (_, place) = map.find(start + u32::from(pc)).unwrap();
                        let place = place.unwrap();
                        assert_eq!(place.line, u32::from(line.source_line));
                        let path = &map.files[usize::try_from(place.file).unwrap()];
                        assert_eq!(path.rsplit('/').next(), Some(file));
                    }
                    lines += 1;
                }
            }
        }
        assert!(lines > 20, "{folder}: {lines}");
        let names: Vec<&str> = debug
            .classes
            .iter()
            .filter_map(|class| debug.string(class.name))
            .collect();
        let listed = capgen::java::listing(&built.program).unwrap();
        assert_eq!(names.len(), listed.len(), "{names:?}");
        // The card gets the same as without.
        let plain = package::build(&built.program, &Target::default()).unwrap();
        assert_eq!(plain.cap.method, cap.method);
        let mut without = cap.clone();
        without.debug = None;
        let load_file = |cap: &CapFile| cap.load_file(false).unwrap().len();
        assert_eq!(load_file(&cap), load_file(&without));
    }
}

/// An array that is left, in a function that is put into its caller, and in one that is called.
const FAULTS: &str = r#"
use platform::{Apdu, Applet, Package, Platform, Result};

const TABLE: [u8; 3] = [1, 2, 3];

fn small(at: usize) -> u8 {
    TABLE[at] // small
}

fn large(at: usize) -> u8 {
    let mut sum = 0u8;
    for step in 0..at {
        sum = sum.wrapping_mul(3).wrapping_add(TABLE[step]); // large
    }
    sum
}

pub struct Faults {}

impl<P: Platform> Applet<P> for Faults {
    const PACKAGE: Package = Package { aid: b"faults", major: 1, minor: 0 };
    const AID: &'static [u8] = b"faults1";

    fn install(_: &mut P, _: &[u8]) -> Result<Self> {
        Ok(Faults {})
    }

    fn process(&mut self, _: &mut P, apdu: &mut P::Apdu) -> Result {
        let at = usize::from(apdu.p1());
        let found = match apdu.ins() {
            0 => small(at),
            1 => large(at),
            _ => {
                let first = small(at & 1);
                TABLE[at + usize::from(first)] // here
            }
        };
        apdu.buffer()[0] = found;
        apdu.send(1)
    }
}
"#;

#[test]
fn a_fault_leads_to_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let platform = root().join("platform");
    let manifest = format!(
        "[package]\nname = \"faults\"\nversion = \"1.0.0\"\nedition = \"2024\"\n[workspace]\n[dependencies]\nplatform = {{ path = {platform:?} }}\n"
    );
    std::fs::create_dir(folder.path().join("src")).unwrap();
    std::fs::write(folder.path().join("Cargo.toml"), manifest).unwrap();
    std::fs::write(folder.path().join("src/lib.rs"), FAULTS).unwrap();
    let built = built(folder.path().to_str().unwrap());
    let mut card = Card::new(&CardConfig::default());
    card.load_cap(&built.output.cap).unwrap();
    let aid = Aid::new(b"faults1").unwrap();
    card.install(aid, aid, &[]).unwrap();
    let select = [&[0x00, 0xA4, 0x04, 0x00, 7][..], b"faults1"].concat();
    assert_eq!(card.transmit(&select), [0x90, 0x00]);
    for (ins, mark) in [(0, "// small"), (1, "// large"), (2, "// here")] {
        assert_eq!(card.transmit(&[0x80, ins, 9, 0, 0]), [0x6F, 0x00]);
        let place = card.last_fault().unwrap().place.unwrap();
        let (_, found) = built.output.map.find(place.offset).unwrap();
        let line = usize::try_from(found.unwrap().line).unwrap();
        let text = FAULTS.lines().nth(line - 1).unwrap();
        assert!(text.ends_with(mark), "{line}: {text}");
    }
}
