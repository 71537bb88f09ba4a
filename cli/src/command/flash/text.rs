//! A flash in words.

use loader::Plan;
use loader::preflight::{Finding, Severity};

/// How much of an APDU a person is shown, in hexadecimal digits.
const SHOWN: usize = 64;

/// APDUs for a person: long ones cut short, `--json` has them whole.
pub(super) fn apdu_text(apdus: &[String]) -> String {
    apdus
        .iter()
        .map(|apdu| match apdu.get(..SHOWN) {
            Some(head) if apdu.len() > SHOWN => {
                format!("> {head}… ({} bytes)\n", apdu.len() / 2)
            }
            _ => format!("> {apdu}\n"),
        })
        .collect()
}

/// Findings and plan for a person.
pub(crate) fn plan_text(
    reader: &str,
    findings: &[Finding],
    plan: &Plan,
    commands: usize,
) -> String {
    let mut text = format!("card: {reader}\n") + &findings_text(findings);
    text += &format!("plan ({commands} commands):\n");
    for (number, step) in plan.steps.iter().enumerate() {
        text += &format!("  {}. {}\n", number + 1, step.describe());
    }
    if plan.steps.is_empty() {
        text += "  nothing is left to do\n";
    }
    text
}

/// Findings for a person, one on a line.
pub(super) fn findings_text(findings: &[Finding]) -> String {
    let mut text = String::new();
    for Finding {
        severity,
        subject,
        message,
        uses,
    } in findings
    {
        let mark = match severity {
            Severity::Good => "ok",
            Severity::Unknown => "?",
            Severity::Problem => "no",
        };
        text += &format!("  {mark:<3}{subject}: {message}\n");
        for used in uses {
            let places = used.places.join(", ");
            let at = if places.is_empty() { "" } else { " at " };
            text += &format!(
                "       {} is there since {}{at}{places}\n",
                used.item, used.since
            );
        }
    }
    text
}
