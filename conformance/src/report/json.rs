use super::{Report, message};
use apdu_spec::table::Specification;
use serde_json::{Value, json};

/// The report as JSON: `target`, `passed`, `failed`, `skipped`, `vectors` (`name`, `passed`, `message`, `covers`,
/// `milliseconds`) and `requirements` (`id`, `answer`, `condition`, `passed`, `failed`).
#[must_use]
pub fn json(report: &Report, specification: &Specification) -> Value {
    let failed = report.failures().count();
    let vectors: Vec<Value> = report
        .vectors
        .iter()
        .map(|vector| {
            json!({
                "name": vector.name,
                "passed": vector.outcome.is_passed(),
                "message": message(&vector.outcome),
                "covers": vector.covers,
                "milliseconds": u64::try_from(vector.duration.as_millis()).unwrap_or(u64::MAX),
            })
        })
        .collect();
    let coverage = report.coverage(specification);
    let requirements: Vec<Value> = coverage
        .requirements
        .iter()
        .map(|covered| {
            json!({
                "id": covered.requirement.id,
                "answer": covered.requirement.answer.to_string(),
                "condition": covered.requirement.condition,
                "passed": covered.passed,
                "failed": covered.failed,
            })
        })
        .collect();
    json!({
        "target": report.target,
        "passed": report.vectors.len() - failed - report.skipped(),
        "failed": failed,
        "skipped": report.skipped(),
        "vectors": vectors,
        "requirements": requirements,
    })
}
