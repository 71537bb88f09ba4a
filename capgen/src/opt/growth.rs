//! How the work grows with the program, by visits of expressions and instructions: these are the same on every machine,
//! unlike time.

#[path = "../../tests/growth/grown.rs"]
mod grown;

use std::cell::Cell;

use crate::driver::build;
use crate::package::Target;
use grown::Shape;

thread_local! {
    /// So many expressions and instructions were visited by this thread.
    static VISITS: Cell<u64> = const { Cell::new(0) };
}

/// Takes note that so many were visited.
pub(crate) fn visit(count: usize) {
    VISITS.set(VISITS.get() + count as u64);
}

/// Visits while a program of a shape and size is compiled.
fn visits(shape: Shape, count: usize) -> u64 {
    let folder = tempfile::tempdir().expect("a temporary folder");
    grown::write(folder.path(), shape, count).expect("a crate");
    VISITS.set(0);
    let built = build(folder.path(), "Grown", &Target::default());
    assert!(
        built.is_ok(),
        "{}",
        built.err().map_or(String::new(), |error| error.to_string())
    );
    VISITS.get()
}

/// Twice the program is twice the work, and a twentieth for what a dispatcher with more ways wants.
fn grows_with(shape: Shape, count: usize) {
    let found = [1, 2, 4].map(|times| visits(shape, count * times));
    println!("{shape:?}: {found:?} visits for {count}, twice and four times as many");
    for pair in found.windows(2) {
        let &[small, large] = pair else { continue };
        assert!(
            small > 0 && large * 10 <= small * 21,
            "{shape:?}: {found:?} visits for {count}, twice and four times as many"
        );
    }
}

#[test]
fn work_grows_with_the_functions() {
    grows_with(Shape::Functions, 60);
}

/// The ends of the ways are alike, so that most can be shared.
#[test]
fn work_grows_with_the_ways() {
    grows_with(Shape::Ways, 100);
}

#[test]
fn work_grows_with_the_statements() {
    grows_with(Shape::Statements, 150);
}
