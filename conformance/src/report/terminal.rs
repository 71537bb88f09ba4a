use super::message;
use crate::runner::Event;
use apdu_spec::table::Specification;
use std::io::{self, Write};

/// Writes a line for every vector, and a summary, as a run goes on.
#[derive(Debug)]
pub struct Terminal<'a, W> {
    out: W,
    specification: &'a Specification,
}

impl<'a, W: Write> Terminal<'a, W> {
    /// Writes to `out`, and counts coverage of this specification.
    pub fn new(out: W, specification: &'a Specification) -> Self {
        Self { out, specification }
    }

    /// Writes what an event says.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn hear(&mut self, event: Event<'_>) -> io::Result<()> {
        match event {
            Event::Started { target, vectors } => {
                writeln!(self.out, "{vectors} vectors on {target}")
            }
            Event::VectorStarted { .. } => Ok(()),
            Event::VectorFinished { report } => {
                let milliseconds = report.duration.as_millis();
                match message(&report.outcome) {
                    None => writeln!(self.out, "  ok    {} ({milliseconds} ms)", report.name),
                    Some(message) => {
                        let word = if report.outcome.is_failure() {
                            "FAIL"
                        } else {
                            "skip"
                        };
                        writeln!(self.out, "  {word}  {}\n        {message}", report.name)
                    }
                }
            }
            Event::Finished { report } => {
                let failed = report.failures().count();
                let coverage = report.coverage(self.specification);
                let all = coverage.requirements.len();
                let skipped = match report.skipped() {
                    0 => String::new(),
                    skipped => format!(", {skipped} not run"),
                };
                writeln!(
                    self.out,
                    "{} passed, {failed} failed{skipped}; {} of {all} requirements covered",
                    report.vectors.len() - failed - report.skipped(),
                    coverage.covered()
                )?;
                for covered in coverage.missing() {
                    let requirement = covered.requirement;
                    writeln!(
                        self.out,
                        "  not covered: {} {}",
                        requirement.id, requirement.condition
                    )?;
                }
                Ok(())
            }
        }
    }
}
