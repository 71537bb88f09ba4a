//! What a report says, and rules that ask more than one text can show.

use crate::sample::Sample;
use cap_file::api::{ApiPackage, MethodKind};
use cap_file::component::Version;
use cap_file::component::constant_pool::Constant;
use cap_file::limits::MAX_FINDINGS;
use cap_file::verify::{Rule, verify};
use cap_file::{CapFile, Exports};

fn rules(cap: &CapFile, exports: &Exports) -> Vec<Rule> {
    let report = verify(cap, exports);
    let mut rules: Vec<Rule> = report.findings.iter().map(|finding| finding.rule).collect();
    rules.sort_unstable();
    rules.dedup();
    rules
}

/// All that is wrong is reported, but not without end.
#[test]
fn a_report_is_bounded_and_counts_the_rest() {
    let mut cap = Sample::default().build();
    let lost = Constant::Class(cap_file::component::ClassRef::Internal(1));
    cap.constant_pool.entries.extend(vec![lost; 10_000]);
    cap.update_directory().unwrap();
    let report = verify(&cap, &Exports::builtin());
    assert_eq!(report.findings.len(), MAX_FINDINGS);
    assert!(report.omitted > 5_000);
    let last = format!("and {} more\n", report.omitted);
    assert!(report.to_string().ends_with(&last));
}

#[test]
fn a_finding_says_where_and_what() {
    let sample = Sample {
        test: "aload_0; sconst_1; sadd; sreturn".to_owned(),
        ..Sample::default()
    };
    let report = verify(&sample.build(), &Exports::builtin());
    assert_eq!(
        report.to_string(),
        "[stack-type] Method component, offset 63, method at 59 of class@54, 2: sadd: expected a short, \
         found Object(ByteArray) (JCVM 3.0.5 §7.5)\n"
    );
}

/// The export file of the library: T with its constructor and its install method.
fn own_export() -> ApiPackage {
    let text = "package sample F001020304 1.0
class 0 T public
extends java/lang/Object javacard/framework/Applet
static 0 <init> ()V public
static 1 install ([BSB)V public static
";
    let mut package = cap_file::api::parse::package(text).unwrap();
    let applet = cap_file::api::Api::builtin()
        .find_class("javacard/framework/Applet")
        .unwrap()
        .1;
    let inherited = applet
        .methods
        .iter()
        .filter(|method| method.kind == MethodKind::Virtual);
    let implemented = inherited.cloned().map(|mut method| {
        method.flags.is_abstract = false;
        method
    });
    package.classes[0].methods.extend(implemented);
    package
}

#[test]
fn own_export_file() {
    let library = Sample {
        library: true,
        ..Sample::default()
    }
    .build();
    let with = |package: ApiPackage| {
        let mut exports = Exports::builtin();
        exports.add(package);
        rules(&library, &exports)
    };
    let right = own_export();
    assert_eq!(with(right.clone()), []);
    let mut other_version = right.clone();
    other_version.versions = vec![Version::new(1, 1)];
    other_version.classes.clear();
    assert_eq!(
        with(other_version),
        [],
        "another version says nothing of this one"
    );
    let mut wrong = right.clone();
    wrong.classes[0].methods[1].descriptor = "([BSS)V".to_owned();
    assert_eq!(with(wrong), [Rule::ExportFileAgrees]);
    let mut wrong = right.clone();
    wrong.classes[0].flags.is_abstract = true;
    assert_eq!(with(wrong), [Rule::ExportFileAgrees]);
    let mut wrong = right.clone();
    wrong.classes.clear();
    assert_eq!(with(wrong), [Rule::ExportFileAgrees]);
    let mut wrong = right.clone();
    wrong.classes[0].methods.remove(0);
    assert_eq!(with(wrong), [Rule::ExportFileAgrees]);
    // Only format 2.3 has the count of inheritable tokens.
    let mut count = right;
    count.classes[0].inheritable_tokens = Some(3);
    assert_eq!(with(count), []);
}
