//! Library packages, and applets that import them.

use cap_file::ExportFile;
use cap_file::api::{ApiMethod, MethodKind};
use capgen::driver::{CompileError, LibraryError, Request};
use capgen::opt::Options;
use capgen::package::Target;
use card_sim::{Card, CardConfig};
use platform::host::{HostCard, HostConfig};

use crate::applets::{LOYALTY, PURSE, session};
use crate::card::{build, example, install, load};

pub(crate) fn ledger() -> Request {
    Request {
        folder: example("ledger"),
        ..Request::default()
    }
}

/// The export file as another build reads it.
fn exported(request: &Request) -> ExportFile {
    ExportFile::read(&build(request).output.exp.write().unwrap()).unwrap()
}

pub(crate) fn wallet(imports: Vec<ExportFile>) -> Request {
    Request {
        folder: example("wallet"),
        imports,
        ..Request::default()
    }
}

#[test]
fn the_export_file_names_what_is_public() {
    let package = exported(&ledger()).to_api().unwrap();
    assert_eq!(
        (package.name.as_str(), package.newest().to_string().as_str()),
        ("ledger", "1.0")
    );
    let mut offered = Vec::new();
    for class in &package.classes {
        for method in &class.methods {
            offered.push(format!(
                "{}.{}{}",
                class.name, method.name, method.descriptor
            ));
        }
    }
    insta::assert_snapshot!(offered.join("\n"));
}

#[test]
fn the_budget_names_what_it_does_not_count() {
    let budget = build(&wallet(vec![build(&ledger()).output.exp]))
        .output
        .budget;
    let named = |name: &str| budget.uncounted.iter().any(|known| known.starts_with(name));
    assert!(named("ledger/Decimal.write("), "{:?}", budget.uncounted);
    assert!(budget.imported.is_empty());
    assert!(budget.text().contains("not counted"));
    let library = build(&ledger()).output.budget;
    assert!(library.uncounted.is_empty() && library.imported.is_empty());
}

#[test]
fn the_budget_counts_what_the_budget_of_the_library_tells() {
    let library = build(&ledger()).output;
    let request = wallet(vec![library.exp.clone()]);
    let uncounted = build(&request).output.budget;
    // As another build reads it.
    let text = serde_json::to_string(&library.budget).unwrap();
    let counted = build(&Request {
        budgets: vec![serde_json::from_str(&text).unwrap()],
        ..request
    });
    let counted = counted.output.budget;
    assert!(counted.uncounted.is_empty(), "{:?}", counted.uncounted);
    assert_eq!(counted.imported, uncounted.uncounted);
    let [purse, without] = [&counted, &uncounted].map(|budget| &budget.applets[0]);
    // The log and its array are the purse's, whoever made them: 12 bytes, the reference to them, and two cells.
    assert_eq!(purse.install.objects, without.install.objects + 2);
    assert_eq!(
        purse.install.persistent_bytes,
        without.install.persistent_bytes + 12 + 2 + 2
    );
    // The log's writes are a part of the transaction: an entry's direction and amount, and the cells.
    let [written, own] = [purse, without].map(|applet| &applet.transactions[0].written);
    assert_eq!((own.bytes, own.writes), (Some(2), Some(1)));
    assert_eq!((written.bytes, written.writes), (Some(7), Some(5)));
    assert!(written.card.is_empty());
    let deepest = &purse.stack[0];
    let words: usize = deepest.path.iter().map(|frame| frame.words).sum();
    assert_eq!(words, deepest.words);
    assert!(deepest.path.last().unwrap().path.starts_with("ledger::"));
    insta::assert_snapshot!(library.budget.text());
}

/// Tools for Java Card 3.1 read format 2.3, those before 2.1.
#[test]
fn the_export_file_has_the_format_of_the_card() {
    for (target, minor) in [("jc221", 1), ("jc305", 1), ("jc310", 3)] {
        let target = Target::named(target).unwrap();
        let built = ledger().build(&target, &Options::ALL).unwrap();
        let file = ExportFile::read(&built.output.exp.write().unwrap()).unwrap();
        assert_eq!((file.format.major, file.format.minor), (2, minor));
        let package = file.to_api().unwrap();
        let names: Vec<&str> = package
            .uses
            .iter()
            .map(|(_, name, _)| name.as_str())
            .collect();
        let classes = package.classes.iter().filter(|class| !class.is_interface);
        let counts: Vec<bool> = classes
            .map(|class| class.inheritable_tokens.is_some())
            .collect();
        if minor == 3 {
            assert!(names.contains(&"java.lang"), "{names:?}");
        } else {
            assert!(names.is_empty());
        }
        assert!(!counts.is_empty() && counts.iter().all(|told| *told == (minor == 3)));
        // An applet that imports it is the same whatever the format.
        let applet = |file: ExportFile| build(&wallet(vec![file])).output.cap.write().unwrap();
        assert_eq!(applet(file), applet(build(&ledger()).output.exp));
    }
}

#[test]
fn what_is_imported_is_not_in_the_package() {
    let library = build(&ledger());
    let importing = build(&wallet(vec![library.output.exp.clone()]));
    let of_ledger = |built: &capgen::driver::Built| {
        let methods = built.output.map.methods.iter();
        methods
            .filter(|method| method.path.starts_with("ledger::") || method.class == "Log")
            .count()
    };
    assert!(of_ledger(&library) > 3);
    assert_eq!(of_ledger(&importing), 0);
    let mut imports = importing.output.imports.iter();
    let import = imports.find(|demand| demand.package == "ledger");
    assert_eq!(
        import.map(|demand| demand.version.to_string()).as_deref(),
        Some("1.0")
    );
}

#[test]
fn applets_that_import_answer_as_on_this_machine() {
    let library = build(&ledger());
    let importing = build(&wallet(vec![library.output.exp.clone()]));
    let mut card = Card::new(&CardConfig::default());
    assert!(
        card.load_cap(&importing.output.cap).is_err(),
        "the library comes first"
    );
    load(&mut card, &library.output.cap);
    load(&mut card, &importing.output.cap);
    install(&mut card, PURSE);
    install(&mut card, LOYALTY);
    let mut purse = HostCard::install(&HostConfig::default(), &[]).unwrap();
    let mut loyalty = HostCard::install(&HostConfig::default(), &[]).unwrap();
    session(&mut card, &mut purse, &mut loyalty);
}

#[test]
fn tokens_stay_from_version_to_version() {
    // The version before had another function first, in the order of the source too.
    let previous = exported(&ledger());
    let again = Request {
        previous: Some(previous.clone()),
        ..ledger()
    };
    assert_eq!(build(&again).output.exp, previous);
    let mut older = previous.to_api().unwrap();
    older.versions = vec![cap_file::component::Version::new(0, 9)];
    for class in older.classes.iter_mut().filter(|class| !class.is_interface) {
        // Another numbering: the opposite order.
        let is_static = |method: &&mut ApiMethod| method.kind == MethodKind::Static;
        let last = class.methods.iter_mut().filter(is_static).count() - 1;
        for method in class.methods.iter_mut().filter(is_static) {
            method.token = u8::try_from(last).unwrap() - method.token;
        }
    }
    let file = |package: &cap_file::api::ApiPackage| {
        ExportFile::from_api(package, package.newest(), true).unwrap()
    };
    let after = |package: &cap_file::api::ApiPackage| {
        let request = Request {
            previous: Some(file(package)),
            ..ledger()
        };
        request.lower().map(|lowered| lowered.program.exported())
    };
    // Another major version binds nothing.
    let tokens = |package: &cap_file::api::ApiPackage, class: usize| {
        let methods = package.classes[class].methods.iter();
        methods
            .map(|method| (method.name.clone(), method.token))
            .collect::<Vec<_>>()
    };
    let now = previous.to_api().unwrap();
    assert_eq!(tokens(&after(&older).unwrap(), 0), tokens(&now, 0));
    // The same one does: the old numbers, and what is new behind them.
    older.versions = vec![cap_file::component::Version::new(1, 0)];
    let log = older
        .classes
        .iter()
        .position(|class| class.name == "ledger/Log")
        .unwrap();
    let kept = after(&older).unwrap();
    let kept = kept
        .classes
        .iter()
        .find(|class| class.name == "ledger/Log")
        .unwrap();
    for method in &older.classes[log].methods {
        assert_eq!(
            kept.method(&method.name, &method.descriptor).unwrap().token,
            method.token
        );
    }
    // What is gone breaks what was linked against it.
    let mut gone = older.classes[log].methods[0].clone();
    (gone.name, gone.token) = ("forget".to_owned(), 4);
    older.classes[log].methods.push(gone);
    let Err(CompileError::Library(LibraryError::Incompatible { found, .. })) = after(&older) else {
        panic!("a method is gone");
    };
    assert_eq!(found[0].item, "ledger/Log.forget()Lledger/Log;");
}
