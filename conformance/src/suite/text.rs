//! The TOML schema.

use super::{Action, Check, Step, StepError, Suite, SuiteError, Vector};
use crate::pattern::{self, DataPattern, PatternError, StatusPattern};
use apdu_spec::StatusWord;
use scp::scp03::SecurityLevel;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    sequence: BTreeMap<String, Vec<StepText>>,
    #[serde(default)]
    vector: Vec<VectorText>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct VectorText {
    name: String,
    covers: Vec<String>,
    #[serde(default)]
    parameters: String,
    #[serde(default)]
    exact_lengths: bool,
    steps: Vec<StepText>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StepText {
    send: Option<String>,
    secure: Option<String>,
    tampered: Option<String>,
    open: Option<String>,
    open_tampered: Option<String>,
    run: Option<String>,
    event: Option<String>,
    status: Option<String>,
    data: Option<String>,
    signature: Option<SignatureText>,
    differs: Option<String>,
    equals: Option<String>,
    save: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SignatureText {
    key: String,
    over: String,
}

pub(super) fn add(suite: &mut Suite, file: &str, text: &str) -> Result<(), SuiteError> {
    let content: File = toml::from_str(text).map_err(|cause| SuiteError::Schema {
        file: file.to_owned(),
        cause: Box::new(cause),
    })?;
    for (name, texts) in content.sequence {
        let steps = steps(file, &format!("sequence `{name}`"), &texts)?;
        if suite.sequences.insert(name.clone(), steps).is_some() {
            return Err(name_error(file, "sequence", &name, "is given twice"));
        }
    }
    for VectorText {
        name,
        covers,
        parameters,
        exact_lengths,
        steps: texts,
    } in content.vector
    {
        if suite.vectors.iter().any(|vector| vector.name == name) {
            return Err(name_error(file, "vector", &name, "is given twice"));
        }
        let parameters = pattern::bytes(&parameters).map_err(|cause| SuiteError::Parameters {
            file: file.to_owned(),
            vector: name.clone(),
            cause,
        })?;
        let steps = steps(file, &format!("vector `{name}`"), &texts)?;
        suite.vectors.push(Vector {
            name,
            covers,
            parameters,
            exact_lengths,
            steps,
        });
    }
    Ok(())
}

/// Every sequence that is run exists, and none runs itself, not even by way of others.
pub(super) fn check_names(suite: &Suite, files: &str) -> Result<(), SuiteError> {
    for (name, steps) in &suite.sequences {
        check_runs(suite, files, steps, &mut BTreeSet::from([name.as_str()]))?;
    }
    suite
        .vectors
        .iter()
        .try_for_each(|vector| check_runs(suite, files, &vector.steps, &mut BTreeSet::new()))
}

fn check_runs<'a>(
    suite: &'a Suite,
    files: &str,
    steps: &'a [Step],
    under_way: &mut BTreeSet<&'a str>,
) -> Result<(), SuiteError> {
    for step in steps {
        if let Action::Run(name) = &step.action {
            let Some(inner) = suite.sequences.get(name) else {
                return Err(name_error(files, "sequence", name, "does not exist"));
            };
            if !under_way.insert(name) {
                return Err(name_error(files, "sequence", name, "runs itself"));
            }
            check_runs(suite, files, inner, under_way)?;
            under_way.remove(name.as_str());
        }
    }
    Ok(())
}

fn name_error(file: &str, what: &'static str, name: &str, problem: &'static str) -> SuiteError {
    SuiteError::Name {
        file: file.to_owned(),
        what,
        name: name.to_owned(),
        problem,
    }
}

fn steps(file: &str, place: &str, texts: &[StepText]) -> Result<Vec<Step>, SuiteError> {
    let numbered = texts.iter().enumerate().map(|(index, text)| {
        step(text).map_err(|cause| SuiteError::Step {
            file: file.to_owned(),
            place: place.to_owned(),
            step: index + 1,
            cause,
        })
    });
    numbered.collect()
}

fn step(text: &StepText) -> Result<Step, StepError> {
    let status = match &text.status {
        Some(status) => StatusPattern::parse(status).map_err(in_field("status"))?,
        None => StatusPattern::exact(StatusWord::SUCCESS),
    };
    let data = match &text.data {
        Some(data) => DataPattern::parse(data).map_err(in_field("data"))?,
        None => DataPattern::empty(),
    };
    let mut checks = Vec::new();
    if let Some(SignatureText { key, over }) = &text.signature {
        let over = pattern::bytes(over).map_err(in_field("signature.over"))?;
        checks.push(Check::Signature {
            key: key.clone(),
            over,
        });
    }
    checks.extend(text.differs.clone().map(Check::Differs));
    checks.extend(text.equals.clone().map(Check::Equals));
    Ok(Step {
        action: action(text)?,
        status,
        data,
        checks,
        save: text.save.clone(),
    })
}

fn action(text: &StepText) -> Result<Action, StepError> {
    let bytes = |field, text: &Option<String>| -> Result<Option<Vec<u8>>, StepError> {
        text.as_deref()
            .map(pattern::bytes)
            .transpose()
            .map_err(in_field(field))
    };
    let event = match text.event.as_deref() {
        None => None,
        Some("select") => Some(Action::Select),
        Some("reset") => Some(Action::Reset),
        Some(other) => return Err(StepError::Event(other.to_owned())),
    };
    let mut actions: Vec<Action> = event.into_iter().collect();
    actions.extend(bytes("send", &text.send)?.map(Action::Send));
    actions.extend(bytes("secure", &text.secure)?.map(Action::Secure));
    actions.extend(bytes("tampered", &text.tampered)?.map(Action::Tampered));
    actions.extend(text.run.clone().map(Action::Run));
    actions.extend(level(&text.open)?.map(Action::Open));
    actions.extend(level(&text.open_tampered)?.map(Action::OpenTampered));
    let count = actions.len();
    match (actions.pop(), count) {
        (Some(action), 1) => Ok(action),
        _ => Err(StepError::Actions(count)),
    }
}

fn level(text: &Option<String>) -> Result<Option<SecurityLevel>, StepError> {
    let Some(text) = text else { return Ok(None) };
    let level = u8::from_str_radix(text, 16).map(SecurityLevel).ok();
    level
        .filter(|level| level.is_valid())
        .map(Some)
        .ok_or_else(|| StepError::Level(text.clone()))
}

fn in_field(field: &'static str) -> impl Fn(PatternError) -> StepError {
    move |cause| StepError::Pattern { field, cause }
}
