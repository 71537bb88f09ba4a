//! A fault of the compiler, with what is needed to find it.

use std::fmt;

use cap_file::CapFile;
use cap_file::verify::Report;

use crate::codegen::BackendError;
use crate::ir::{Program, text};
use crate::opt::Options;
use crate::package::Target;

/// The compiler is wrong, not the source: the package was not compiled, and no file is given.
#[derive(Debug)]
pub struct Fault {
    /// The package.
    pub package: String,
    /// What was found.
    what: String,
    settings: String,
    program: String,
    cap: Option<Vec<u8>>,
}

impl Fault {
    /// A failure of the compiler's own checks.
    ///
    /// # Errors
    /// `error`, where it is none.
    pub fn of_backend(
        error: BackendError,
        program: &Program,
        target: &Target,
        options: &Options,
    ) -> Result<Self, BackendError> {
        if !error.is_fault() {
            return Err(error);
        }
        Ok(Self::new(error.to_string(), program, target, options))
    }

    /// A CAP file that does not verify.
    pub(super) fn of_file(
        cap: &CapFile,
        report: &Report,
        program: &Program,
        target: &Target,
        options: &Options,
    ) -> Self {
        let what = format!("internal error: the compiled CAP file does not verify:\n{report}");
        Self {
            cap: cap.write().ok(),
            ..Self::new(what, program, target, options)
        }
    }

    fn new(what: String, program: &Program, target: &Target, options: &Options) -> Self {
        Self {
            package: program.name.clone(),
            what,
            settings: format!(
                "capgen {}\n{target:?}\n{options:?}",
                env!("CARGO_PKG_VERSION")
            ),
            program: text::print(program),
            cap: None,
        }
    }

    /// The files of a report, by name: what was found and under which settings; the program in intermediate form, which
    /// the compiler reads again; the CAP file, if there was one.
    #[must_use]
    pub fn files(&self) -> Vec<(&'static str, Vec<u8>)> {
        let report = format!("{}\n\n{}\n", self.what, self.settings);
        let mut files = vec![
            ("report.txt", report.into_bytes()),
            ("program.ir", self.program.clone().into_bytes()),
        ];
        files.extend(self.cap.clone().map(|cap| ("package.cap", cap)));
        files
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl std::error::Error for Fault {}

#[cfg(test)]
mod tests {
    use cap_file::verify::Exports;

    use super::super::checked;
    use super::super::{CompileError, Request};
    use super::*;
    use crate::package;

    const COUNTER: &str = include_str!("../../tests/backend/counter.ir");

    /// What the last pass wrote is broken on purpose: the verifier finds it, and the report leads back to it.
    #[test]
    fn a_file_that_does_not_verify_comes_with_all_that_made_it() {
        let program = text::parse(COUNTER).unwrap();
        let target = Target::default();
        let mut output = package::build(&program, &target).unwrap();
        for byte in &mut output.cap.method.methods {
            // `areturn` where nothing is returned, in every method that ends with `return`.
            if *byte == 0x7A {
                *byte = 0x77;
            }
        }
        let found = checked(output, &program, &target, &Options::ALL);
        let Err(CompileError::Fault(fault)) = found else {
            panic!("{found:?}");
        };
        assert!(
            fault
                .to_string()
                .starts_with("internal error: the compiled CAP file does not verify"),
            "{fault}"
        );
        let files = fault.files();
        let names: Vec<&str> = files.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ["report.txt", "program.ir", "package.cap"]);
        let report = String::from_utf8(files[0].1.clone()).unwrap();
        assert!(
            report.contains("jc304") && report.contains("inline: true"),
            "{report}"
        );
        let again = text::parse(std::str::from_utf8(&files[1].1).unwrap()).unwrap();
        assert_eq!(again, program);
        let cap = CapFile::read(&files[2].1).unwrap();
        assert!(!cap_file::verify(&cap, &Exports::builtin()).is_ok());
    }

    #[test]
    fn invalid_ir_is_a_fault_and_a_crate_without_an_applet_is_none() {
        let mut program = text::parse(COUNTER).unwrap();
        let target = Target::default();
        for function in &mut program.functions {
            function.blocks.clear();
        }
        let error = package::build(&program, &target).unwrap_err();
        let fault = Fault::of_backend(error, &program, &target, &Options::ALL).unwrap();
        assert!(
            fault.to_string().starts_with("internal error: invalid IR"),
            "{fault}"
        );
        assert_eq!(fault.files().len(), 2);
        let none = Request::default().build(&target, &Options::ALL);
        assert!(
            matches!(none, Err(CompileError::NothingToBuild)),
            "{none:?}"
        );
    }
}
