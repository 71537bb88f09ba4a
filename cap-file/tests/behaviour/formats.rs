//! Reading and writing are inverse.

use crate::sample::Sample;
use cap_file::api::Api;
use cap_file::asm::assemble;
use cap_file::component::custom::CustomComponent;
use cap_file::component::debug::{ClassDebug, Debug, LineDebug, MethodDebug, VariableDebug};
use cap_file::component::directory::CustomComponentInfo;
use cap_file::component::{Aid, Tag, Version};
use cap_file::{CapFile, ExportFile, Exports, dump, info, verify};
use std::io::Write;

fn with_everything() -> CapFile {
    let mut cap = Sample::default().build();
    cap.header.format = Version::new(2, 2);
    cap.header.package_name = Some("sample".to_owned());
    cap.class.signature_pool = None;
    cap.debug = Some(Debug {
        strings: vec![b"sample".to_vec(), b"T".to_vec(), b"T.java".to_vec()],
        package_name: 0,
        classes: vec![ClassDebug {
            name: 1,
            location: 54,
            source_file: 2,
            methods: vec![MethodDebug {
                name: 1,
                descriptor: 1,
                variables: vec![VariableDebug {
                    index: 0,
                    name: 1,
                    descriptor: 1,
                    start_pc: 0,
                    length: 2,
                }],
                lines: vec![LineDebug {
                    start_pc: 0,
                    end_pc: 1,
                    source_line: 7,
                }],
                ..MethodDebug::default()
            }],
            ..ClassDebug::default()
        }],
        ..Debug::default()
    });
    cap.custom = vec![CustomComponent {
        tag: 200,
        info: vec![1, 2, 3],
    }];
    cap.directory.custom = vec![CustomComponentInfo {
        tag: 200,
        size: 0,
        aid: Aid(vec![1, 2, 3, 4, 5]),
    }];
    cap
}

/// In format 2.2 a signature pool, which may be empty, moves all classes by two bytes. The sample's references do
/// not follow, so this file is for reading and writing only.
fn with_signature_pool() -> CapFile {
    let mut cap = with_everything();
    cap.class.signature_pool = Some(Vec::new());
    cap.update_directory().unwrap();
    cap
}

#[test]
fn an_archive_gives_back_what_was_written() {
    for cap in [Sample::default().build(), with_signature_pool()] {
        let bytes = cap.write().unwrap();
        assert_eq!(CapFile::read(&bytes).unwrap(), cap);
        assert_eq!(cap.write().unwrap(), bytes, "writing is reproducible");
    }
}

#[test]
fn a_load_file_gives_back_what_a_card_needs() {
    let cap = with_signature_pool();
    let loaded = CapFile::from_load_file(&cap.load_file(false).unwrap()).unwrap();
    assert_eq!((&loaded.descriptor, &loaded.debug), (&None, &None));
    assert_eq!(
        (loaded.method, loaded.class, loaded.custom),
        (cap.method, cap.class, cap.custom)
    );
}

#[test]
fn the_order_of_installation_is_kept() {
    let library = Sample {
        library: true,
        ..Sample::default()
    };
    let mut cap = library.build();
    cap.applet = Sample::default().build().applet;
    let bytes = cap.load_file(true).unwrap();
    let mut tags = Vec::new();
    let mut rest = bytes.as_slice();
    while let [tag, high, low, after @ ..] = rest {
        tags.push(*tag);
        rest = &after[usize::from(u16::from_be_bytes([*high, *low]))..];
    }
    // JCVM 3.0.5 §6.2.
    assert_eq!(tags, [1, 2, 4, 3, 6, 7, 8, 10, 5, 9, 11]);
}

#[test]
fn archives_of_other_tools_are_read() {
    let cap = Sample::default().build();
    let options = zip::write::SimpleFileOptions::default();
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    archive.add_directory("SAMPLE/", options).unwrap();
    let mut components = cap.components().unwrap();
    components.reverse();
    for (index, (tag, bytes)) in components.iter().enumerate() {
        let method = if index % 2 == 0 {
            zip::CompressionMethod::Stored
        } else {
            zip::CompressionMethod::Deflated
        };
        let name = format!("sample/javacard/{}", tag.file_name().to_ascii_uppercase());
        archive
            .start_file(name, options.compression_method(method))
            .unwrap();
        archive.write_all(bytes).unwrap();
    }
    archive.start_file("T.class", options).unwrap();
    archive.write_all(b"not a component").unwrap();
    let bytes = archive.finish().unwrap().into_inner();
    assert_eq!(CapFile::read(&bytes).unwrap(), cap);
}

#[test]
fn errors_say_where_and_what() {
    let cap = Sample::default().build();
    let mut header = cap.component(Tag::Header).unwrap().unwrap();
    header[3] = 0;
    let error = CapFile::from_components([header.as_slice()]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "Header component, offset 3: expected the magic number 0xDECAFFED, found 0x00CAFFED"
    );
    let error = CapFile::read(b"no archive").unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("CAP archive, offset 0: expected a ZIP archive"),
        "{error}"
    );
    let twice = cap.component(Tag::Header).unwrap().unwrap();
    let error = CapFile::from_components([twice.as_slice(), twice.as_slice()]).unwrap_err();
    assert!(
        error.to_string().contains("a second Header component"),
        "{error}"
    );
}

#[test]
fn export_files_are_written_and_read() {
    for package in Api::builtin().packages() {
        for version in &package.versions {
            let file = ExportFile::from_api(package, *version, true).unwrap();
            let bytes = file.write().unwrap();
            assert_eq!(ExportFile::read(&bytes).unwrap(), file);
            let again = file.to_api().unwrap();
            assert_eq!(
                (&again.name, &again.aid, again.newest()),
                (&package.name, &package.aid, *version)
            );
            let visible = package
                .classes
                .iter()
                .filter(|class| class.since <= *version);
            for (class, other) in visible.zip(&again.classes) {
                assert_eq!(
                    (class.token, &class.name, &class.supers),
                    (other.token, &other.name, &other.supers)
                );
                let count = class
                    .methods
                    .iter()
                    .filter(|method| method.since <= *version)
                    .count();
                assert_eq!(other.methods.len(), count, "{}", class.name);
            }
        }
    }
}

#[test]
fn the_sample_verifies() {
    let cap = Sample::default().build();
    let report = verify(&cap, &Exports::builtin());
    assert!(report.is_ok(), "{report}");
}

#[test]
fn the_text_form_gives_back_what_was_written() {
    let code = "sload_1; stableswitch a 3 a b; a:; aload_0; sconst_0; baload; pop; b:; sconst_0; sreturn; pop; goto b";
    let rich = Sample {
        test: code.to_owned(),
        handlers: vec![(0, 14, 16, Some("ISOException"))],
        ..Sample::default()
    };
    let without_names = CapFile {
        descriptor: None,
        ..with_signature_pool()
    };
    let exports = Exports::builtin();
    for mut cap in [
        rich.build(),
        with_everything(),
        with_signature_pool(),
        without_names,
    ] {
        cap.update_directory().unwrap();
        let text = dump(&cap, &exports);
        let again = assemble(&text, &exports).unwrap_or_else(|error| panic!("{error}\n{text}"));
        assert_eq!(again, cap, "{text}");
    }
}

#[test]
fn text_that_is_wrong_is_located() {
    let exports = Exports::builtin();
    let text = dump(&Sample::default().build(), &exports);
    for (right, wrong, expected) in [
        (
            "import A0000000620101 1.5",
            "import A0000000620101 x",
            "a version",
        ),
        (
            "virtual javacard/framework/APDU get",
            "virtual javacard/framework/NoSuch get",
            "a class of this file or of an imported package",
        ),
        ("    iload_0", "    iload_9", "an instruction"),
        ("statics image", "statistics image", "statics"),
        ("method_0 ", "method_99 ", "a method"),
    ] {
        assert!(text.contains(right), "{right}");
        let line = text.lines().position(|line| line.contains(right)).unwrap() + 1;
        let error = assemble(&text.replacen(right, wrong, 1), &exports).unwrap_err();
        assert!(error.expected.contains(expected), "{error}");
        assert_eq!(error.line, line, "{error}");
    }
}

#[test]
fn the_summary_says_what_a_file_demands() {
    let cap = Sample::default().build();
    let summary = info(&cap, &Exports::builtin()).unwrap();
    assert_eq!(summary.java_card, Some("3.0.4"));
    assert_eq!(summary.applets, ["F00102030401"]);
    let framework = &summary.imports[1];
    assert_eq!(framework.name.as_deref(), Some("javacard.framework"));
    assert_eq!(
        (
            framework.version.as_str(),
            framework.used_version.as_deref()
        ),
        ("1.5", Some("1.2"))
    );
    assert_eq!(summary.load_file_size, cap.load_file(false).unwrap().len());
    assert_eq!(
        summary.plain_blocks,
        (summary.load_file_size + 4).div_ceil(255)
    );
    assert!(summary.uses_int);
    // T has no fields; its static array has two bytes.
    assert_eq!(summary.install_bytes, 2);
    assert!(
        summary.to_string().contains("needs Java Card 3.0.4"),
        "{summary}"
    );
}
