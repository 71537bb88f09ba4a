use super::{Report, message};
use crate::runner::Outcome;
use quick_junit::{NonSuccessKind, Report as JunitReport, TestCase, TestCaseStatus, TestSuite};

/// A JUnit document that could not be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write the JUnit report: {0}")]
pub struct JunitError(#[from] quick_junit::SerializeError);

/// The report as JUnit XML, one test case per vector.
///
/// # Errors
/// [`JunitError`] where the XML writer fails.
pub fn junit(report: &Report) -> Result<String, JunitError> {
    let mut suite = TestSuite::new(format!("conformance-{}", report.target));
    for vector in &report.vectors {
        let status = match (&vector.outcome, message(&vector.outcome)) {
            (_, None) => TestCaseStatus::success(),
            (Outcome::Skipped(_), Some(message)) => {
                let mut status = TestCaseStatus::skipped();
                status.set_message(message);
                status
            }
            (outcome, Some(message)) => {
                let kind = if matches!(outcome, Outcome::Broken(_)) {
                    NonSuccessKind::Error
                } else {
                    NonSuccessKind::Failure
                };
                let mut status = TestCaseStatus::non_success(kind);
                status.set_message(message);
                status
            }
        };
        let mut case = TestCase::new(vector.name.as_str(), status);
        case.set_classname(report.target.as_str());
        case.set_time(vector.duration);
        suite.add_test_case(case);
    }
    let mut document = JunitReport::new("tenkoku conformance");
    document.add_test_suite(suite);
    Ok(document.to_string()?)
}
