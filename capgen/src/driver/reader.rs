//! A crate that is read once, and its applets compiled one by one.

use std::path::Path;

use super::{CompileError, Request, source_error};
use crate::bindings;
use crate::front::lower::{self, Whole};
use crate::front::resolve::Context;
use crate::ir;
use crate::package::Target;

/// A crate's sources and those that it depends on, read and parsed: each of its applets may become a package of its
/// own without reading them again.
pub struct Reader {
    pub(super) context: Context,
    int: bool,
}

impl Reader {
    /// Reads the crate in `folder`, to be compiled for this target.
    ///
    /// # Errors
    /// If it cannot be read, or its items are not Card Rust.
    pub fn open(folder: &Path, target: &Target) -> Result<Self, CompileError> {
        let (context, errors) = Context::load(folder, &bindings::card(target))?;
        if !errors.is_empty() {
            return Err(source_error(errors, context.sources));
        }
        Ok(Self {
            context,
            int: target.int,
        })
    }

    /// Compiles a package with one applet to IR.
    ///
    /// # Errors
    /// If there is no such applet, or it is not Card Rust.
    pub fn lower(&self, applet: &str) -> Result<ir::Program, CompileError> {
        let request = Request {
            applets: vec![applet.to_owned()],
            ..Request::default()
        };
        let selected = request.selected(&self.context)?;
        let whole = Whole::Applets(&selected);
        lower::lower(&self.context, &whole, None, self.int)
            .map_err(|errors| source_error(errors, self.context.sources.clone()))
    }
}
