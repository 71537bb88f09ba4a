//! Suites of vectors, read from TOML. The schema is described in this crate's README.

mod text;

use crate::pattern::{DataPattern, PatternError, StatusPattern};
use apdu_spec::table::{Requirement, Specification};
use scp::scp03::SecurityLevel;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Vectors, and the named sequences of steps that they share.
#[derive(Clone, Debug)]
pub struct Suite {
    /// The vectors.
    pub vectors: Vec<Vector>,
    /// Sequences by their names.
    pub sequences: BTreeMap<String, Vec<Step>>,
}

/// One conversation with a fresh instance of the applet, which is selected before the first step.
#[derive(Clone, Debug)]
pub struct Vector {
    /// A name, unique within its suite.
    pub name: String,
    /// The ids of the requirements that it covers.
    pub covers: Vec<String>,
    /// The install parameters of the instance.
    pub parameters: Vec<u8>,
    /// Whether it matters that lengths arrive as they are: a command without Le, or one whose lengths are wrong. T=0 tells
    /// neither.
    pub exact_lengths: bool,
    /// What is done.
    pub steps: Vec<Step>,
}

/// One thing done, and what must come of it.
#[derive(Clone, Debug)]
pub struct Step {
    /// What is done.
    pub action: Action,
    /// The status word that must come.
    pub status: StatusPattern,
    /// The response data that must come.
    pub data: DataPattern,
    /// What else must hold of the response data.
    pub checks: Vec<Check>,
    /// The name under which the response data are kept; data of several steps are joined.
    pub save: Option<String>,
}

/// What a step does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Selects the applet by its AID.
    Select,
    /// Resets the card and selects the applet.
    Reset,
    /// Opens a secure channel; the status word is that of EXTERNAL AUTHENTICATE.
    Open(SecurityLevel),
    /// Tries to open a secure channel with one bit of the MAC of EXTERNAL AUTHENTICATE changed.
    OpenTampered(SecurityLevel),
    /// Sends a command as it stands.
    Send(Vec<u8>),
    /// Sends a command through the secure channel.
    Secure(Vec<u8>),
    /// Sends a command through the secure channel, with one bit of its MAC changed. The channel is
    /// not used any more.
    Tampered(Vec<u8>),
    /// Does the steps of a named sequence.
    Run(String),
}

/// What must hold of response data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Check {
    /// They are an RSASSA-PKCS1-v1_5 signature over `over`, a `DigestInfo` or what stands for one.
    Signature {
        /// The name under which the public key template (7F49) is kept.
        key: String,
        /// The signed data.
        over: Vec<u8>,
    },
    /// They are not those kept under this name.
    Differs(String),
    /// They are those kept under this name.
    Equals(String),
}

/// Why a suite cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum SuiteError {
    /// A file or folder cannot be read.
    #[error("cannot read {path}: {cause}")]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
    /// A folder without vectors.
    #[error("{path} has no file that ends in .toml")]
    Empty {
        /// The folder.
        path: PathBuf,
    },
    /// A file that does not follow the schema.
    #[error("{file}: {cause}")]
    Schema {
        /// The file.
        file: String,
        /// Why, and where.
        cause: Box<toml::de::Error>,
    },
    /// A step that makes no sense.
    #[error("{file}: {place}, step {step}: {cause}")]
    Step {
        /// The file.
        file: String,
        /// The vector or sequence.
        place: String,
        /// The number of the step, from 1.
        step: usize,
        /// What is wrong.
        cause: StepError,
    },
    /// Install parameters that are no bytes.
    #[error("{file}: vector `{vector}`: parameters: {cause}")]
    Parameters {
        /// The file.
        file: String,
        /// The vector.
        vector: String,
        /// What is wrong.
        cause: PatternError,
    },
    /// A name that is given twice, or that nothing has.
    #[error("{file}: {what} `{name}` {problem}")]
    Name {
        /// The file.
        file: String,
        /// What has the name.
        what: &'static str,
        /// The name.
        name: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A vector says that it covers a requirement, but expects no answer that the requirement gives.
    #[error("vector `{vector}` covers {requirement} ({answer}), but no step expects {answer}")]
    NotCovered {
        /// The vector.
        vector: String,
        /// The requirement.
        requirement: &'static str,
        /// The answer of the requirement.
        answer: String,
    },
}

/// What is wrong with a step.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StepError {
    /// Not exactly one action.
    #[error(
        "a step has one of: send, secure, tampered, open, open_tampered, run, event; this one has {0}"
    )]
    Actions(usize),
    /// An unknown event.
    #[error("the event is `select` or `reset`, not `{0}`")]
    Event(String),
    /// An unknown security level.
    #[error("`{0}` is no security level: 00, 01, 03, 11, 13 or 33")]
    Level(String),
    /// Bytes or a pattern.
    #[error("{field}: {cause}")]
    Pattern {
        /// The field.
        field: &'static str,
        /// What is wrong.
        cause: PatternError,
    },
}

impl Suite {
    /// The vectors of the JPKI application that come with this crate.
    ///
    /// # Errors
    /// None that a test of this crate does not find.
    pub fn jpki() -> Result<Self, SuiteError> {
        Self::from_texts(&[
            ("setup.toml", include_str!("../vectors/jpki/setup.toml")),
            ("files.toml", include_str!("../vectors/jpki/files.toml")),
            ("pins.toml", include_str!("../vectors/jpki/pins.toml")),
            ("signing.toml", include_str!("../vectors/jpki/signing.toml")),
            ("channel.toml", include_str!("../vectors/jpki/channel.toml")),
            (
                "personalisation.toml",
                include_str!("../vectors/jpki/personalisation.toml"),
            ),
            (
                "life_cycle.toml",
                include_str!("../vectors/jpki/life_cycle.toml"),
            ),
        ])
    }

    /// Reads every `.toml` file of a folder, in the order of their names.
    ///
    /// # Errors
    /// [`SuiteError`] where one cannot be read or understood.
    pub fn read(folder: &Path) -> Result<Self, SuiteError> {
        let refuse = |path: &Path| {
            let path = path.to_owned();
            move |cause| SuiteError::Read { path, cause }
        };
        let mut paths = Vec::new();
        for entry in std::fs::read_dir(folder).map_err(refuse(folder))? {
            let path = entry.map_err(refuse(folder))?.path();
            if path
                .extension()
                .is_some_and(|extension| extension == "toml")
            {
                paths.push(path);
            }
        }
        paths.sort();
        if paths.is_empty() {
            return Err(SuiteError::Empty {
                path: folder.to_owned(),
            });
        }
        let mut texts = Vec::new();
        for path in paths {
            let text = std::fs::read_to_string(&path).map_err(refuse(&path))?;
            texts.push((path.display().to_string(), text));
        }
        let texts: Vec<_> = texts
            .iter()
            .map(|(path, text)| (path.as_str(), text.as_str()))
            .collect();
        Self::from_texts(&texts)
    }

    /// Reads TOML texts, each with the name that errors give it.
    ///
    /// # Errors
    /// [`SuiteError`] where one does not follow the schema, or names do not fit.
    pub fn from_texts(texts: &[(&str, &str)]) -> Result<Self, SuiteError> {
        let mut suite = Self {
            vectors: Vec::new(),
            sequences: BTreeMap::new(),
        };
        for (file, text) in texts {
            text::add(&mut suite, file, text)?;
        }
        text::check_names(
            &suite,
            &texts
                .iter()
                .map(|(file, _)| *file)
                .collect::<Vec<_>>()
                .join(", "),
        )?;
        Ok(suite)
    }

    /// Checks what the vectors say they cover against the specification: the requirement exists, and
    /// a step of the vector expects its answer.
    ///
    /// # Errors
    /// [`SuiteError::Name`], [`SuiteError::NotCovered`].
    pub fn check_coverage(&self, specification: &Specification) -> Result<(), SuiteError> {
        for vector in &self.vectors {
            for id in &vector.covers {
                let requirement = specification
                    .requirements()
                    .find(|requirement| requirement.id == id)
                    .ok_or_else(|| SuiteError::Name {
                        file: vector.name.clone(),
                        what: "requirement",
                        name: id.clone(),
                        problem: "is not in the specification",
                    })?;
                if !self.expects(&vector.steps, requirement) {
                    return Err(SuiteError::NotCovered {
                        vector: vector.name.clone(),
                        requirement: requirement.id,
                        answer: requirement.answer.to_string(),
                    });
                }
            }
        }
        Ok(())
    }

    /// Whether one of the steps, or of the sequences that they run, expects the requirement's answer.
    fn expects(&self, steps: &[Step], requirement: &Requirement) -> bool {
        steps.iter().any(|step| match &step.action {
            Action::Run(name) => self
                .sequences
                .get(name)
                .is_some_and(|steps| self.expects(steps, requirement)),
            _ => requirement.answer.matches(step.status.example()),
        })
    }
}
