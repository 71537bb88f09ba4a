//! IR programs to CAP files.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use cap_file::CapFile;
use cap_file::component::Version;
use capgen::codegen::BackendError;
use capgen::ir::{Program, text, verify};
use capgen::opt::Options;
use capgen::package::map::SourceMap;
use capgen::package::{self, Target};

const COUNTER: &str = include_str!("backend/counter.ir");

fn counter() -> Program {
    text::parse(COUNTER).unwrap()
}

#[test]
fn the_text_form_is_read_back() {
    let program = counter();
    verify::verify(&program).unwrap();
    let printed = text::print(&program);
    assert!(text::parse(&printed).unwrap() == program, "{printed}");
}

#[test]
fn text_that_is_no_ir_is_refused_with_its_line() {
    for (wrong, right, expected) in [
        ("%ins.3 = (elem", "%ins.3 (elem", "`=`"),
        ("(field Demo.mode", "(field Demo.mood", "a field"),
        ("goto b7", "goto seven", "a block"),
        ("(wrapping_add u16", "(wrapping_plus u16", "an operation"),
    ] {
        let error = text::parse(&COUNTER.replacen(wrong, right, 1)).unwrap_err();
        assert!(
            error.expected.contains(expected) && error.line > 7,
            "{error}"
        );
    }
}

#[test]
fn a_cap_file_is_read_back_and_built_again_alike() {
    for format in [Version::new(2, 1), Version::new(2, 2)] {
        let target = Target::default().with_format(format);
        let output = package::build(&counter(), &target).unwrap();
        let bytes = output.cap.write().unwrap();
        assert!(CapFile::read(&bytes).unwrap() == output.cap);
        let again = package::build(&counter(), &target).unwrap();
        assert_eq!(again.cap.write().unwrap(), bytes);
        assert_eq!(again.map, output.map);
    }
}

#[test]
fn imports_are_the_lowest_versions_that_serve() {
    let output = package::build(&counter(), &Target::default()).unwrap();
    let versions: Vec<String> = output
        .cap
        .import
        .packages
        .iter()
        .map(|package| format!("{} {}", package.aid, package.version))
        .collect();
    assert_eq!(versions, ["A0000000620001 1.0", "A0000000620101 1.2"]);
}

#[test]
fn what_a_target_lacks_is_said() {
    // JCSystem.makeGlobalArray is new in javacard.framework 1.5.
    let global = r#"(api javacard/framework/APDU "javacard/framework/JCSystem.makeGlobalArray(BS)Ljava/lang/Object;" 1u8 8usize)"#;
    let source = COUNTER.replace(
        "eval (api none \"javacard/framework/Applet.register()V\" %this.3)",
        &format!(
            "eval (api none \"javacard/framework/Applet.register()V\" %this.3)\n    eval {global}"
        ),
    );
    let program = text::parse(&source).unwrap();
    assert!(package::build(&program, &Target::named("jc304").unwrap()).is_ok());
    let error = package::build(&program, &Target::named("jc222").unwrap()).unwrap_err();
    let BackendError::NotOnTarget(lacks) = &error else {
        panic!("{error}");
    };
    assert_eq!(lacks.len(), 1, "{error}");
    assert_eq!(lacks[0].since, Version::new(1, 5));
    assert_eq!(lacks[0].ceiling, Some(Version::new(1, 3)));
    assert_eq!(
        error.to_string(),
        "javacard.framework 1.5 is needed for javacard/framework/JCSystem.makeGlobalArray(BS)Ljava/lang/Object;; jc222 has 1.3"
    );
}

/// The same for all, but for the words of the frames: those of the two oldest hold one type each.
#[test]
fn every_target_gets_what_needs_no_more_than_the_oldest_has() {
    for (options, kinds) in [(Options::ALL.without("words"), 1), (Options::ALL, 2)] {
        let mut built = Vec::new();
        for target in Target::all() {
            let output = package::build_with(&counter(), &target, &options).unwrap();
            built.push(output.cap.write().unwrap());
        }
        built.dedup();
        assert_eq!(built.len(), kinds);
    }
}

#[test]
fn each_import_names_the_place_that_demands_it() {
    let output = package::build(&counter(), &Target::default()).unwrap();
    let framework = &output.imports[1];
    assert_eq!(framework.package, "javacard.framework");
    assert_eq!(framework.version, Version::new(1, 2));
    assert!(
        framework.item.starts_with("javacard/framework/"),
        "{framework:?}"
    );
    assert!(framework.position.is_some(), "{framework:?}");
}

#[test]
fn the_source_map_leads_back() {
    let output = package::build_with(&counter(), &Target::default(), &Options::NONE).unwrap();
    let process = output
        .map
        .methods
        .iter()
        .find(|method| method.path == "Demo::process")
        .unwrap();
    let throw = process.lines.iter().find(|line| line.line == 20).unwrap();
    let offset = process.offset + u32::from(process.header_size + throw.pc);
    let (method, line) = output.map.find(offset).unwrap();
    assert_eq!(
        (method.path.as_str(), line.unwrap().line),
        ("Demo::process", 20)
    );
    // sspush 0x6D00
    let first = usize::from(output.cap.method.first_offset());
    assert_eq!(
        output.cap.method.methods[usize::try_from(offset).unwrap() - first..][..3],
        [0x11, 0x6d, 0x00]
    );
    let json = serde_json::to_string(&output.map).unwrap();
    assert_eq!(
        serde_json::from_str::<SourceMap>(&json).unwrap(),
        output.map
    );
}

#[test]
fn the_budget_counts_what_install_makes_and_the_deepest_calls() {
    let output = package::build_with(&counter(), &Target::default(), &Options::NONE).unwrap();
    let budget = &output.budget;
    let applet = &budget.applets[0];
    // Demo, Counter, the scratch array, the PIN.
    assert_eq!(applet.install.objects, 4);
    // Demo: 3 references and a byte; Counter: a short, a byte, a boolean; 16 bytes.
    assert_eq!(applet.install.persistent_bytes, 7 + 4 + 16);
    assert_eq!(budget.constant_bytes, 3);
    let deepest = &applet.stack[0];
    let path: Vec<&str> = deepest
        .path
        .iter()
        .map(|frame| frame.path.as_str())
        .collect();
    assert_eq!(
        path,
        [
            "Demo::process",
            "Demo::divide",
            "core::u16_rem",
            "core::u16_div"
        ]
    );
    let words: usize = deepest.path.iter().map(|frame| frame.words).sum();
    assert_eq!(words, deepest.words);
    assert!(budget.recursive.is_empty());
    let html = budget.html().unwrap();
    for function in &budget.functions {
        let escaped = function.path.replace('<', "&lt;").replace('>', "&gt;");
        assert!(html.contains(&escaped), "{}", function.path);
        assert!(budget.text().contains(&function.path), "{}", function.path);
    }
}

#[test]
fn what_has_no_bound_is_said() {
    // Counter::next calls itself, and a loop writes within a transaction.
    let source = COUNTER
        .replace(
            "  b2:\n    throw (or u16 25536u16",
            "  b2:\n    eval (call Counter::next %this.0 %step.1)\n    throw (or u16 25536u16",
        )
        .replace(
            "fn Demo::divide (%this.0: Demo, %a.1: u16, %b.2: u16) -> u16 receiver {\n  b0:",
            concat!(
                "fn Demo::divide (%this.0: Demo, %a.1: u16, %b.2: u16) -> u16 receiver {\n  b0:\n",
                "    eval (api none \"javacard/framework/JCSystem.beginTransaction()V\") @0:30:1\n",
                "    (field Demo.mode %this.0) = 1u8\n",
                "    if (eq u16 %a.1 0u16) b3 b4\n",
                "  b3:\n    (field Demo.mode %this.0) = 2u8 @0:31:1\n",
                "    (field Counter.count (field Demo.counter %this.0)) = 2u16\n    goto b5\n",
                "  b4:\n    (field Demo.mode %this.0) = 3u8\n",
                "    if (eq u16 %b.2 0u16) b4 b5 @0:33:1\n",
                "  b5:\n    eval (api none \"javacard/framework/JCSystem.commitTransaction()V\")\n    goto b6\n",
                "  b6:",
            ),
        );
    let bounded = source.replace("if (eq u16 %b.2 0u16) b4 b5 @0:33:1", "goto b5");
    let budget = |source: &str| {
        let program = text::parse(source).unwrap_or_else(|error| panic!("{error}"));
        package::build_with(&program, &Target::default(), &Options::NONE)
            .unwrap()
            .budget
    };
    let endless = budget(&source);
    assert_eq!(endless.recursive, ["Counter::next"]);
    let transaction = &endless.applets[0].transactions[0];
    assert_eq!(
        (transaction.written.bytes, transaction.written.writes),
        (None, None)
    );
    assert_eq!(
        transaction.written.unbounded[0].to_string(),
        "src/lib.rs:33"
    );
    assert!(endless.text().contains("no bound"), "{}", endless.text());
    // The field before the branch, then a byte and a short on the dearer side.
    let transaction = &budget(&bounded).applets[0].transactions[0];
    assert_eq!(
        (transaction.written.bytes, transaction.written.writes),
        (Some(4), Some(3))
    );
    assert_eq!(transaction.place.as_ref().unwrap().line, 30);
}

#[test]
fn optimising_makes_the_code_smaller() {
    let size = |options: &Options| {
        package::build_with(&counter(), &Target::default(), options)
            .unwrap()
            .budget
            .code_bytes
    };
    let (plain, optimised) = (size(&Options::NONE), size(&Options::ALL));
    assert!(optimised + 10 < plain, "{optimised} of {plain} bytes");
}

/// A division that only the ranges of its operands' values make easy has an exact form without them, too: where
/// they cannot be proved, the whole function is made from its types.
#[test]
fn an_untrusted_function_divides_exactly() {
    use capgen::codegen::linkage::Methods;
    use capgen::codegen::{Effort, Goal, Settings, compile_function, legalize};
    use capgen::ir::FunctionId;
    use std::collections::BTreeSet;

    const SETTINGS: Settings = Settings {
        effort: Effort::Full,
        goal: Goal::Size,
        stack: true,
        words: true,
    };
    let source = "package \"test\" aid A0000000010301 version 1.0
class Thing { }
fn third (%a.0: u8) -> u16 {
  local %x.1: u16
  b0:
    %x.1 = (cast u8 u16 %a.0)
    return (div u16 %x.1 3u16)
}";
    let program = capgen::ir::text::parse(source).unwrap();
    for (untrusted, functions) in [(BTreeSet::new(), 1), (BTreeSet::from([FunctionId(0)]), 2)] {
        let mut legal = program.clone();
        legalize::legalize(&mut legal, &untrusted);
        assert_eq!(legal.functions.len(), functions);
        let methods = Methods::of(&legal).unwrap();
        let is_trusted = untrusted.is_empty();
        let code = compile_function(&legal, &methods, FunctionId(0), SETTINGS, is_trusted);
        assert_eq!(code.unwrap().unproved, None);
    }
}
