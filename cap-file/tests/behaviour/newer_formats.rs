//! Format 2.3, compact and extended: the sample in these formats, made by way of the text form.

use crate::sample::Sample;
use cap_file::asm::assemble;
use cap_file::component::static_resource::{StaticResource, StaticResourceComponent};
use cap_file::verify::{Rule, verify};
use cap_file::{CapFile, Exports, dump};

/// The mappings of A, B, C and T: m is new in A, T has the methods of `Applet`.
const MAPPINGS: [&str; 4] = ["00FF 2", "0001 2", "0001 2", "0001020304050607 8"];

/// The text of a sample as a compact file of format 2.3.
fn compact(sample: &Sample) -> String {
    let text = dump(&sample.build(), &Exports::builtin());
    let mut out = String::new();
    let mut class = None;
    let mut classes_are_over = false;
    for line in text.lines() {
        let top = !line.starts_with(' ');
        classes_are_over |= line.starts_with("method") || line.starts_with("handlers");
        if top && let Some(number) = class.take() {
            let mapping: &str = MAPPINGS[number];
            out.push_str(&format!("  token-mapping {mapping}\n"));
        }
        if line.starts_with("interface") {
            out.push_str("signatures\n");
        }
        if line.starts_with("class class_") && !classes_are_over {
            let number: usize = line["class class_".len()..][..1].parse().unwrap();
            class = Some(number - 1);
        }
        out.push_str(line);
        out.push('\n');
        if line.starts_with("package") {
            out.push_str("name -\n");
        }
    }
    out.replacen("cap 2.1", "cap 2.3", 1)
}

/// The same in the extended format; the class T, with the applet, is in a package of its own if `apart`.
fn extended(sample: &Sample, apart: bool) -> String {
    let text = compact(sample).replacen("name -\n", "", 1);
    let text = text.replacen(" flags 5", " flags 13", 1);
    let first = if sample.handlers.is_empty() {
        "\nmethod method_0"
    } else {
        "\nhandlers"
    };
    let text = text.replacen(first, &format!("\nblock{first}"), 1);
    let text = text.replacen("descriptor\n", "descriptor\n  package\n", 1);
    if !apart {
        return text;
    }
    text.replacen(
        "  class class_4 token",
        "  package\n  class class_4 token",
        1,
    )
}

fn read(text: &str) -> CapFile {
    assemble(text, &Exports::builtin()).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn rules(cap: &CapFile) -> Vec<Rule> {
    let report = verify(cap, &Exports::builtin());
    let mut rules: Vec<Rule> = report.findings.iter().map(|finding| finding.rule).collect();
    rules.sort_unstable();
    rules.dedup();
    rules
}

fn breaks(text: &str, rule: Rule, change: impl FnOnce(&mut CapFile)) {
    let mut cap = read(text);
    change(&mut cap);
    cap.update_directory().unwrap();
    assert_eq!(rules(&cap), [rule], "{}", verify(&cap, &Exports::builtin()));
}

fn with_code(code: &str) -> Sample {
    Sample {
        test: code.to_owned(),
        ..Sample::default()
    }
}

fn resource(id: u16, length: usize) -> StaticResource {
    StaticResource {
        id,
        bytes: vec![7; length],
    }
}

#[test]
fn both_formats_verify_and_come_back_unchanged() {
    let sample = Sample {
        handlers: vec![(0, 1, 2, Some("ISOException"))],
        ..with_code("sconst_0; sreturn; pop; sconst_0; sreturn")
    };
    for text in [
        compact(&sample),
        extended(&sample, false),
        extended(&sample, true),
    ] {
        let mut cap = read(&text);
        cap.static_resource = Some(StaticResourceComponent {
            resources: vec![resource(3, 5), resource(1, 0)],
        });
        cap.update_directory().unwrap();
        assert_eq!(rules(&cap), [], "{}", verify(&cap, &Exports::builtin()));
        assert_eq!(CapFile::read(&cap.write().unwrap()), Ok(cap.clone()));
        assert_eq!(
            CapFile::from_load_file(&cap.load_file(true).unwrap()).unwrap(),
            CapFile {
                archive_path: String::new(),
                ..cap.clone()
            }
        );
        let text = dump(&cap, &Exports::builtin());
        assert_eq!(read(&text), cap, "{text}");
    }
}

#[test]
fn a_second_block_of_methods_is_read_and_verified() {
    let text = extended(&Sample::default(), false);
    // The method of the applet T goes into a second block.
    let text = text.replacen("\nmethod method_7", "\nblock\nmethod method_7", 1);
    let cap = read(&text);
    assert_eq!(cap.method.further_blocks.len(), 1);
    assert_eq!(rules(&cap), [], "{}", verify(&cap, &Exports::builtin()));
    assert_eq!(CapFile::read(&cap.write().unwrap()), Ok(cap.clone()));
    assert_eq!(read(&dump(&cap, &Exports::builtin())), cap);
    breaks(&text, Rule::ReferenceCover, |cap| {
        cap.reference_location.further_blocks.clear();
    });
    breaks(&text, Rule::MethodCover, |cap| {
        cap.method.further_blocks[0].methods.push(0);
    });
}

#[test]
fn static_resources() {
    let text = compact(&Sample::default());
    let with = |resources| {
        move |cap: &mut CapFile| {
            cap.static_resource = Some(StaticResourceComponent { resources });
        }
    };
    breaks(&text, Rule::StaticResource, with(vec![]));
    breaks(
        &text,
        Rule::StaticResource,
        with(vec![resource(1, 1), resource(1, 2)]),
    );
    breaks(&text, Rule::StaticResource, with(vec![resource(1, 32768)]));
    let mut cap = read(&text);
    with(vec![resource(1, 32767), resource(2, 0)])(&mut cap);
    cap.update_directory().unwrap();
    assert_eq!(rules(&cap), []);
}

#[test]
fn token_mappings() {
    let text = compact(&Sample::default());
    breaks(&text, Rule::ClassTokenMapping, |cap| {
        cap.class.classes[3].token_mapping.as_mut().unwrap().tokens[3] = 2;
    });
    for wrong in [vec![0, 9], vec![0, 200]] {
        breaks(&text, Rule::ClassTokenMapping, |cap| {
            cap.class.classes[0].token_mapping.as_mut().unwrap().tokens = wrong;
        });
    }
    // More than there are.
    let mut cap = read(&text);
    cap.class.classes[1]
        .token_mapping
        .as_mut()
        .unwrap()
        .inheritable_count = 3;
    cap.update_directory().unwrap();
    assert_eq!(rules(&cap), [Rule::ClassTokenMapping]);
}

#[test]
fn class_access() {
    let uses_a = with_code("aload_2; sconst_1; invokevirtual $A.m; sreturn");
    assert_eq!(rules(&read(&extended(&uses_a, false))), []);
    assert_eq!(rules(&read(&extended(&uses_a, true))), [Rule::ClassAccess]);
    let new = with_code("aload_3; instanceof 0 $B; sreturn");
    assert_eq!(rules(&read(&extended(&new, true))), [Rule::ClassAccess]);
}

#[test]
fn what_belongs_to_no_block_is_refused() {
    let text = extended(&Sample::default(), false);
    breaks(&text, Rule::HeaderFlags, |cap| cap.header.flags |= 0x10);
    let mut bytes = read(&text).load_file(true).unwrap();
    // The count of method blocks behind the header of the Method component.
    let at = bytes
        .windows(5)
        .position(|window| window == [7, 0, 0, 0, window[4]])
        .unwrap()
        + 5;
    bytes[at] = 2;
    assert!(CapFile::from_load_file(&bytes).is_err());
}

/// An export file of format 2.3 counts the tokens that packages of older formats inherit, as the CAP file does.
#[test]
fn the_count_of_inheritable_tokens_is_that_of_the_export_file() {
    let library = Sample {
        library: true,
        ..Sample::default()
    };
    let cap = read(&compact(&library));
    let rules_with = |count: u8| {
        let table = format!(
            "package sample F001020304 1.0
class 0 T public
extends java/lang/Object javacard/framework/Applet
inheritable {count}
static 0 <init> ()V public
static 1 install ([BSB)V public static
virtual 0 equals (Ljava/lang/Object;)Z
virtual 1 register ()V protected final
virtual 2 register ([BSB)V protected final
virtual 3 selectingApplet ()Z protected final
virtual 4 deselect ()V
virtual 5 getShareableInterfaceObject (Ljavacard/framework/AID;B)Ljavacard/framework/Shareable;
virtual 6 select ()Z
virtual 7 process (Ljavacard/framework/APDU;)V
"
        );
        let mut exports = Exports::builtin();
        exports.add(cap_file::api::parse::package(&table).unwrap());
        let report = verify(&cap, &exports);
        report
            .findings
            .iter()
            .map(|finding| finding.rule)
            .collect::<Vec<_>>()
    };
    assert_eq!(rules_with(8), []);
    assert_eq!(rules_with(7), [Rule::ExportFileAgrees]);
}
