//! How many bytes and how much time a function takes, without building the package around it.

use super::linkage::Methods;
use super::weight::{self, Weight};
use super::{Result, Settings, assemble, compile_function};
use crate::ir::{FunctionId, Program};
use cap_file::component::method::MethodHeader;

/// What a function takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Size {
    /// Bytes in the Method component, the header included, before tails are shared.
    pub bytes: usize,
    /// Nanoseconds that its instructions take, without what it calls.
    pub nanoseconds: u64,
    /// How often it calls functions of the package, each place by itself.
    pub calls: Vec<(FunctionId, u64)>,
}

/// What a function takes.
///
/// # Errors
/// [`super::BackendError`] as [`compile_function`] does.
pub fn function_size(
    program: &Program,
    methods: &Methods,
    id: FunctionId,
    settings: Settings,
) -> Result<Size> {
    let code = compile_function(program, methods, id, settings, true)?;
    let (bytes, max_stack) = assemble::measure(&program.name, &code.items)?;
    let header = MethodHeader::new(max_stack, code.arguments, code.locals);
    Ok(Size {
        bytes: bytes + usize::from(header.size()),
        nanoseconds: Weight::of(settings.goal).nanoseconds(&code.items),
        calls: weight::calls(&code.items),
    })
}
