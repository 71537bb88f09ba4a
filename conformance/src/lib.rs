//! Conformance vectors, their runner, coverage and reports.
//!
//! A vector is a short conversation with an applet: what is sent, what must come back, and which
//! requirements of the command tables ([`apdu_spec::table`]) it covers. The same vectors run on every
//! [`Target`]: the applet's model, the simulated card with the compiled CAP, and a card in a reader.
//!
//! ```
//! use conformance::{Suite, run, target::Model};
//!
//! let suite = Suite::jpki()?;
//! let report = run(&suite, &mut Model::default(), &mut |_| ());
//! assert_eq!(report.failures().count(), 0);
//! assert!(report.coverage(&apdu_spec::jpki::SPECIFICATION).missing().next().is_none());
//! # Ok::<(), conformance::SuiteError>(())
//! ```

mod coverage;
pub mod differential;
mod pattern;
pub mod report;
mod runner;
mod suite;
pub mod target;

pub use coverage::{Coverage, Covered};
pub use pattern::{DataPattern, PatternError, StatusPattern};
pub use report::{Report, VectorReport};
pub use runner::{Event, Exchange, Failure, Outcome, run};
pub use suite::{Action, Check, Step, Suite, SuiteError, Vector};
pub use target::{Target, TargetError};
