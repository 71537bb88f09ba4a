//! A smart card service of its own for each test: `pcscd` with the *vpcd* reader driver, in fresh namespaces, so
//! that nothing is visible outside, tests run side by side, and everything ends with the test.
//!
//! A test that wants a reader is one function for the inside. [`in_sandbox`] runs the test's own program again, in
//! fresh network, mount and process namespaces (and a user namespace, unless it is root), for this one test;
//! there, it sets up [`Service`] and goes on:
//!
//! ```no_run
//! #[test]
//! fn a_reader() {
//!     hardware_tests::in_sandbox("a_reader", |service| {
//!         assert!(service.reader_names().iter().any(|name| name.contains("Virtual PCD")));
//!     });
//! }
//! ```
//!
//! The reader driver listens on every address of the machine (it cannot be told otherwise); in a network namespace
//! of its own that is nobody's business.

mod sandbox;
mod service;
mod tools;

pub use sandbox::in_sandbox;
pub use service::{READER, Service};
pub use tools::{run, run_with_input};
