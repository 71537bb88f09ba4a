//! New versions of a package beside the old one.

use cap_file::api::ApiPackage;
use cap_file::api::parse::package;
use cap_file::compatibility::compare;
use cap_file::component::Version;

const OLD: &str = "package com.example.lib F001020304 1.0
class 0 Base public
extends java/lang/Object
implements com/example/lib/Face
const LIMIT S 7
field 0 count S public static
static 0 <init> ()V public
virtual 1 get (S)S public
virtual 2 put (S)V protected
interface 1 Face public
method 0 call ()V public abstract
";

fn old() -> ApiPackage {
    package(OLD).unwrap()
}

/// What is incompatible after a change of the text, in a new minor version.
fn found(from: &str, to: &str) -> Vec<String> {
    assert!(OLD.contains(from), "{from}");
    let text = OLD.replacen(from, to, 1).replacen("1.0", "1.1", 1);
    let new = package(&text).unwrap();
    let mut items: Vec<String> = compare(&old(), &new)
        .into_iter()
        .map(|found| found.item)
        .collect();
    items.dedup();
    items
}

#[test]
fn additions_are_compatible() {
    assert_eq!(found("package", "package"), [""; 0]);
    assert_eq!(
        found("virtual 2", "virtual 3 more ()V public\nvirtual 2"),
        [""; 0]
    );
    assert_eq!(
        found("static 0", "static 1 make ()S public static\nstatic 0"),
        [""; 0]
    );
    assert_eq!(
        found("interface 1", "class 2 New public\ninterface 1"),
        [""; 0]
    );
    assert_eq!(found("put (S)V protected", "put (S)V public"), [""; 0]);
}

#[test]
fn what_goes_away_or_changes_is_not() {
    let base = "com/example/lib/Base";
    let of = |member: &str| vec![format!("{base}.{member}")];
    assert_eq!(found("virtual 1 get (S)S public\n", ""), of("get(S)S"));
    assert_eq!(found("get (S)S", "get (B)S"), of("get(S)S"));
    assert_eq!(
        found(
            "virtual 1 get (S)S public\nvirtual 2",
            "virtual 2 get (S)S public\nvirtual 1"
        ),
        [format!("{base}.get(S)S"), format!("{base}.put(S)V"),]
    );
    assert_eq!(
        found("get (S)S public", "get (S)S public final"),
        of("get(S)S")
    );
    assert_eq!(
        found("get (S)S public", "get (S)S protected"),
        of("get(S)S")
    );
    assert_eq!(found("LIMIT S 7", "LIMIT S 8"), of("LIMIT"));
    assert_eq!(found("const LIMIT S 7\n", ""), of("LIMIT"));
    assert_eq!(found("count S", "count B"), of("count"));
    assert_eq!(found("field 0 count S public static\n", ""), of("count"));
    assert_eq!(found("Base public", "Base public final"), [base]);
    assert_eq!(found("implements com/example/lib/Face\n", ""), [base]);
    assert_eq!(
        found("virtual 2", "virtual 3 owed ()V public abstract\nvirtual 2"),
        [base]
    );
    assert_eq!(
        found("method 0", "method 1 more ()V public abstract\nmethod 0"),
        ["com/example/lib/Face"]
    );
    assert_eq!(found("F001020304", "F001020305"), ["com.example.lib"]);
}

#[test]
fn versions_promise_something() {
    let mut new = old();
    new.classes.remove(1);
    new.versions = vec![Version::new(2, 0)];
    assert_eq!(
        compare(&old(), &new),
        [],
        "a new major version promises nothing"
    );
    let mut new = old();
    new.versions = vec![Version::new(0, 9)];
    assert_eq!(compare(&new, &old()), []);
    let newer = package(&OLD.replacen("1.0", "1.1", 1)).unwrap();
    assert_eq!(compare(&newer, &old()).len(), 1, "back to an older version");
    let mut new = old();
    new.classes[0].methods.remove(2);
    assert_eq!(
        compare(&new, &old()).len(),
        1,
        "an addition without a new version"
    );
}
