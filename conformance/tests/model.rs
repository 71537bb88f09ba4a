//! The vectors on the model.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use apdu_spec::jpki::SPECIFICATION;
use conformance::target::Model;
use conformance::{Outcome, Suite, run};

#[test]
fn every_vector_passes_and_every_requirement_is_covered() {
    let suite = Suite::jpki().unwrap();
    suite.check_coverage(&SPECIFICATION).unwrap();
    assert!(suite.vectors.len() >= 60, "{} vectors", suite.vectors.len());
    let report = run(&suite, &mut Model::default(), &mut |_| ());
    let failures: Vec<String> = report
        .failures()
        .map(|vector| match &vector.outcome {
            Outcome::Failed(failure) => format!("{}: {failure}", vector.name),
            other => format!("{}: {other:?}", vector.name),
        })
        .collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    let coverage = report.coverage(&SPECIFICATION);
    let missing: Vec<_> = coverage
        .missing()
        .map(|covered| covered.requirement.id)
        .collect();
    assert!(missing.is_empty(), "not covered: {missing:?}");
}
