//! How the work grows with the program, by visits of expressions: these are the same on every machine, unlike time.

#[path = "../../tests/growth/grown.rs"]
mod grown;

use std::cell::Cell;

use crate::driver::build;
use crate::package::Target;
use grown::Shape;

thread_local! {
    /// So many expressions were visited by this thread.
    pub(crate) static VISITS: Cell<u64> = const { Cell::new(0) };
}

/// Visits of expressions while so many functions or statements are compiled.
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

/// Four times the program is four times the work, and a fifth for what a dispatcher with more ways wants.
fn grows_with(shape: Shape, count: usize) {
    let (small, large) = (visits(shape, count), visits(shape, 4 * count));
    println!("{shape:?}: {small} visits for {count}, {large} for four times as many");
    assert!(
        small > 0 && large <= small * 24 / 5,
        "{shape:?}: {small} visits for {count}, {large} for four times as many"
    );
}

#[test]
fn work_grows_with_the_functions() {
    grows_with(Shape::Functions, 60);
}

#[test]
fn work_grows_with_the_statements() {
    grows_with(Shape::Statements, 150);
}
