use super::{Report, json};
use apdu_spec::table::Specification;
use minijinja::Environment;
use minijinja::value::Serde;

/// A page that could not be made.
#[derive(Debug, thiserror::Error)]
#[error("cannot make the HTML report: {0}")]
pub struct HtmlError(#[from] minijinja::Error);

/// The report as one HTML page without outside references.
///
/// # Errors
/// [`HtmlError`] where the template fails.
pub fn html(report: &Report, specification: &Specification) -> Result<String, HtmlError> {
    let mut environment = Environment::new();
    // The name ends in .html, so that every value is escaped.
    environment.add_template("report.html", include_str!("../../templates/report.html"))?;
    let page = environment.get_template("report.html")?;
    Ok(page.render(Serde(json(report, specification)))?)
}
