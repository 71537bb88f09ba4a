//! Each rule has a file in `tests/rules`, with cases that break only it and cases that just satisfy it.
//!
//! A case begins with `breaks` or `satisfies`, perhaps with `base NAME`: the text in `tests/rules/base` that it
//! changes, `applet` if it says none. The lines below it are
//!
//! - `-LINE` and `+LINE`: lines of the text, one behind the other, that are replaced by others; `+N*LINE` stands for
//!   N lines, with their number for `{n}`, and `{TEXT*N}` in a line for N times the text;
//! - `end LINE`: a line at the end; `cut KEYWORD`: the part that begins with this line goes;
//! - `code INSTRUCTIONS`, `stack N`, `handler START END TARGET CONSTANT STOP`: for the method `test` of the base, with
//!   `N*INSTRUCTION` for repetitions; `constructor INSTRUCTIONS` for that of B;
//! - `imports N`: imports up to this count, with their export files; `export LINE`: a line of an export file;
//! - `byte COMPONENT OFFSET +N`: what is added to a byte of the component's info item once the text is assembled.
//!
//! The base `export` is an export file, as an API table: `no-library` makes it that of a package with applets,
//! `referenced NAME AID VERSION` adds to the packages that format 2.3 lists, and `byte File OFFSET +N` changes a byte of
//! it, counted from the end if the offset is negative.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

use cap_file::asm::assemble;
use cap_file::component::Version;
use cap_file::export_file::ExportConstant;
use cap_file::verify::{Rule, verify, verify_export_file};
use cap_file::{CapFile, ExportFile, Exports, api};
use std::fmt::Write;
use std::path::PathBuf;

#[derive(Debug)]
struct Case<'t> {
    breaks: bool,
    base: &'t str,
    /// Of its first line.
    line: usize,
    body: Vec<&'t str>,
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/rules")
}

fn cases(text: &str) -> Vec<Case<'_>> {
    let mut cases: Vec<Case<'_>> = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let (first, rest) = line.split_once(' ').unwrap_or((line, ""));
        match first {
            "" | "#" => {}
            "breaks" | "satisfies" => cases.push(Case {
                breaks: first == "breaks",
                base: rest.strip_prefix("base ").unwrap_or("applet"),
                line: number,
                body: Vec::new(),
            }),
            _ => cases.last_mut().expect("a case").body.push(line),
        }
    }
    cases
}

/// `N*TEXT` as N texts, with their number for `{n}`.
fn repeated(text: &str) -> Vec<String> {
    let times = text
        .split_once('*')
        .and_then(|(count, text)| Some((count.parse().ok()?, text)));
    let (count, text): (usize, &str) = times.unwrap_or((1, text));
    (0..count)
        .map(|number| text.replace("{n}", &number.to_string()))
        .collect()
}

/// Writes `{TEXT*N}` out.
fn written_out(line: &str) -> String {
    let parts = line.split_once('{').and_then(|(before, rest)| {
        let (repeated, after) = rest.split_once('}')?;
        let (text, count) = repeated.split_once('*')?;
        Some(format!(
            "{before}{}{after}",
            text.repeat(count.parse().ok()?)
        ))
    });
    parts.unwrap_or_else(|| line.to_owned())
}

/// Replaces the first lines that are these.
fn replace(lines: &mut Vec<String>, old: &[&str], new: Vec<String>) {
    let at = lines
        .windows(old.len())
        .position(|window| window == old)
        .unwrap_or_else(|| panic!("the text has {old:?}"));
    lines.splice(at..at + old.len(), new);
}

/// Puts code into a method.
fn set_code(lines: &mut Vec<String>, method: &str, code: &str) {
    let start = 1 + lines
        .iter()
        .position(|line| line.starts_with(&format!("method {method} ")))
        .expect("the method");
    let count = lines[start..]
        .iter()
        .take_while(|line| line.starts_with("    "))
        .count();
    let code = code.split("; ").flat_map(repeated).map(|instruction| {
        if instruction.ends_with(':') {
            instruction
        } else {
            format!("    {instruction}")
        }
    });
    lines.splice(start..start + count, code);
}

fn edit(lines: &mut Vec<String>, body: &[&str]) {
    let mut rest = body;
    let mut handlers = Vec::new();
    while let Some((line, others)) = rest.split_first() {
        rest = others;
        if let Some(first) = line.strip_prefix('-') {
            let mut old = vec![first];
            while let Some(line) = rest.first().and_then(|line| line.strip_prefix('-')) {
                old.push(line);
                rest = &rest[1..];
            }
            let mut new = Vec::new();
            while let Some(line) = rest.first().and_then(|line| line.strip_prefix('+')) {
                new.extend(repeated(&written_out(line)));
                rest = &rest[1..];
            }
            replace(lines, &old, new);
            continue;
        }
        let (keyword, operand) = line.split_once(' ').unwrap_or((line, ""));
        match keyword {
            "end" => lines.push(operand.to_owned()),
            "cut" => {
                let start = lines.iter().position(|line| line == operand).unwrap();
                let count = lines[start + 1..]
                    .iter()
                    .take_while(|line| line.starts_with(' '))
                    .count();
                lines.drain(start..=start + count);
            }
            "code" => set_code(lines, "method_10", operand),
            "constructor" => set_code(lines, "method_4", operand),
            "stack" => {
                let header = "method method_10 flags 0 stack 8 args 4 locals 4";
                let new = header.replace("stack 8", line);
                replace(lines, &[header], vec![new]);
            }
            "handler" => handlers.push(format!("  handler method_10 {operand}")),
            "imports" => {
                let count: usize = operand.parse().unwrap();
                let import = "import A0000000620101 1.5";
                let further = (2..count).map(|number| format!("import F009090909{number:02X} 1.0"));
                let all = std::iter::once(import.to_owned()).chain(further).collect();
                replace(lines, &[import], all);
            }
            "export" | "byte" | "no-library" | "referenced" => {}
            other => panic!("what is {other}?"),
        }
    }
    if !handlers.is_empty() {
        let described = "    method token 255 access 8 method_10 type_4";
        let with = format!("{described} handlers 0 {}", handlers.len());
        replace(lines, &[described], vec![with]);
        let first = lines
            .iter()
            .position(|line| line.starts_with("method "))
            .unwrap();
        handlers.insert(0, "handlers".to_owned());
        lines.splice(first..first, handlers);
    }
}

fn exports(body: &[&str]) -> Exports {
    let mut exports = Exports::builtin();
    let mut text = String::new();
    for line in body {
        if let Some(line) = line.strip_prefix("export ") {
            writeln!(text, "{line}").unwrap();
        }
        let count = line
            .strip_prefix("imports ")
            .map_or(0, |count| count.parse().unwrap());
        for number in 2..count {
            let table = format!("package p{number} F009090909{number:02X} 1.0\n");
            exports.add(api::parse::package(&table).unwrap());
        }
    }
    if !text.is_empty() {
        exports.add(api::parse::package(&text).unwrap());
    }
    exports
}

/// Adds to bytes of components.
fn change(cap: CapFile, body: &[&str]) -> CapFile {
    let mut cap = cap;
    for line in body.iter().filter_map(|line| line.strip_prefix("byte ")) {
        let [component, offset, by] = line.split(' ').collect::<Vec<_>>()[..] else {
            panic!("byte COMPONENT OFFSET +N");
        };
        let mut components = cap.components().unwrap();
        let extended = cap.format().extended;
        let (tag, bytes) = components
            .iter_mut()
            .find(|(tag, _)| tag.to_string() == component)
            .expect("the component");
        let place = &mut bytes[1 + tag.size_width(extended) + offset.parse::<usize>().unwrap()];
        *place = place.wrapping_add(by.parse().unwrap());
        cap =
            CapFile::from_components(components.iter().map(|(_, bytes)| bytes.as_slice())).unwrap();
    }
    cap
}

/// The export file of a case.
fn export_file(text: &str, body: &[&str]) -> ExportFile {
    let package = api::parse::package(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let is_library = !body.contains(&"no-library");
    let mut file = ExportFile::from_api(&package, package.newest(), is_library).unwrap();
    for line in body
        .iter()
        .filter_map(|line| line.strip_prefix("referenced "))
    {
        file.format = Version::new(2, 3);
        let referenced = api::parse::package(&format!("package {line}")).unwrap();
        let add = |file: &mut ExportFile, constant| {
            file.constant_pool.push(constant);
            u16::try_from(file.constant_pool.len() - 1).unwrap()
        };
        let name = referenced.name.replace('.', "/").into_bytes();
        let name = add(&mut file, ExportConstant::Utf8(name));
        let constant = ExportConstant::Package {
            flags: 1,
            name,
            version: referenced.newest(),
            aid: referenced.aid,
        };
        let index = add(&mut file, constant);
        file.referenced_packages.get_or_insert_default().push(index);
        for class in &mut file.classes {
            class.inheritable_public_method_token_count = Some(0);
        }
    }
    let mut bytes = file.write().unwrap();
    for line in body
        .iter()
        .filter_map(|line| line.strip_prefix("byte File "))
    {
        let (offset, by) = line.split_once(' ').expect("byte File OFFSET +N");
        let end = isize::try_from(bytes.len()).unwrap();
        let offset = offset.parse::<isize>().unwrap().rem_euclid(end);
        let place = &mut bytes[usize::try_from(offset).unwrap()];
        *place = place.wrapping_add(by.parse().unwrap());
    }
    ExportFile::read(&bytes).unwrap()
}

/// The rules that a case breaks, each once, and the report.
fn broken(case: &Case<'_>) -> (Vec<Rule>, String) {
    let base = folder().join("base").join(format!("{}.txt", case.base));
    let base = std::fs::read_to_string(base).unwrap();
    let mut lines: Vec<String> = base
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(str::to_owned)
        .collect();
    edit(&mut lines, &case.body);
    let text = lines.join("\n");
    let report = if case.base == "export" {
        verify_export_file(&export_file(&text, &case.body))
    } else {
        let exports = exports(&case.body);
        let cap = assemble(&text, &exports).unwrap_or_else(|error| panic!("{error}\n{text}"));
        verify(&change(cap, &case.body), &exports)
    };
    let mut rules: Vec<Rule> = report.findings.iter().map(|finding| finding.rule).collect();
    rules.sort_unstable();
    rules.dedup();
    (rules, report.to_string())
}

#[test]
fn the_bases_break_nothing() {
    for entry in std::fs::read_dir(folder().join("base")).unwrap() {
        let name = entry.unwrap().path();
        let base = name.file_stem().unwrap().to_str().unwrap();
        let case = Case {
            breaks: false,
            base,
            line: 0,
            body: Vec::new(),
        };
        let (rules, report) = broken(&case);
        assert!(rules.is_empty(), "{base}: {report}");
    }
}

/// A missing file, a missing kind of case and a case that is not as it says are all named.
#[test]
fn every_rule_has_cases_that_break_only_it_and_cases_that_satisfy_it() {
    let mut wrong = String::new();
    for rule in Rule::ALL {
        let name = format!("{}.txt", rule.id());
        let text = std::fs::read_to_string(folder().join(&name)).unwrap_or_default();
        let cases = cases(&text);
        for kind in [true, false] {
            if !cases.iter().any(|case| case.breaks == kind) {
                let kind = if kind { "breaks" } else { "satisfies" };
                writeln!(wrong, "{name}: no case that {kind} the rule").unwrap();
            }
        }
        for case in &cases {
            // The bases are tried by themselves: a case has to show something.
            if case.body.is_empty() {
                writeln!(wrong, "{name}, line {}: changes nothing", case.line).unwrap();
            }
            let outcome = std::panic::catch_unwind(|| broken(case));
            let Ok((rules, report)) = outcome else {
                writeln!(wrong, "{name}, line {}: no package", case.line).unwrap();
                continue;
            };
            let right = if case.breaks {
                rules == [*rule]
            } else {
                rules.is_empty()
            };
            if !right {
                writeln!(wrong, "{name}, line {}:\n{report}", case.line).unwrap();
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn every_file_is_that_of_a_rule() {
    for entry in std::fs::read_dir(folder()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let known = name == "base"
            || Rule::ALL
                .iter()
                .any(|rule| name == format!("{}.txt", rule.id()));
        assert!(known, "{name} is of no rule");
    }
}

/// The list in the documentation is the list of the rules.
#[test]
fn the_list_of_rules_is_up_to_date() {
    let mut list = String::from("| rule | JCVM 3.0.5 | what it asks for |\n| --- | --- | --- |\n");
    for rule in Rule::ALL {
        let (id, clause, text) = (rule.id(), rule.clause(), rule.text());
        writeln!(list, "| `{id}` | {clause} | {text} |").unwrap();
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/verify/rules.md");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(path, &list).unwrap();
    }
    let is = std::fs::read_to_string(path).unwrap();
    assert!(is == list, "set BLESS=1 to write the list anew");
}

/// Each clause of the specification says who checks it, and each rule stands in a row of its clause.
#[test]
fn every_rule_stands_in_the_audit_of_the_specification() {
    let audit = concat!(env!("CARGO_MANIFEST_DIR"), "/src/verify/audit.md");
    let audit = std::fs::read_to_string(audit).unwrap();
    let mut wrong = String::new();
    let mut named: Vec<(&str, Vec<Rule>)> = Vec::new();
    for row in audit.lines().skip(2) {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        let [clause, _, checked] = cells[..] else {
            panic!("three cells: {row}");
        };
        // What stands between backticks and is no path or call is the id of a rule.
        let ids = checked.split('`').skip(1).step_by(2);
        let ids: Vec<&str> = ids.filter(|id| !id.contains([':', ' ', '('])).collect();
        let mut rules = Vec::new();
        for id in &ids {
            match Rule::ALL.iter().find(|rule| rule.id() == *id) {
                Some(rule) => rules.push(*rule),
                None if *id == "RemoteException" => {}
                None => writeln!(wrong, "{clause}: no rule is called {id}").unwrap(),
            }
        }
        let reason = [
            "reading",
            "not checkable off-card",
            "nothing to check",
            "compatibility::compare",
        ];
        if rules.is_empty() && !reason.iter().any(|reason| checked.contains(reason)) {
            writeln!(wrong, "{clause}: neither a rule nor a reason").unwrap();
        }
        named.push((clause, rules));
    }
    for rule in Rule::ALL {
        let own = rule.clause().rsplit(' ').next().unwrap();
        let found = named
            .iter()
            .any(|(clause, rules)| *clause == own && rules.contains(rule));
        if !found {
            writeln!(wrong, "{} is in no row of {own}", rule.id()).unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}
