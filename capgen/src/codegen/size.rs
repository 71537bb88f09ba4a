//! How many bytes a function takes, without building the package around it.

use super::linkage::Methods;
use super::{Effort, Result, assemble, compile_function};
use crate::ir::{FunctionId, Program};
use cap_file::component::method::MethodHeader;

/// Bytes of a function in the Method component, its header included, before tails are shared.
///
/// # Errors
/// [`super::BackendError`] as [`compile_function`] does.
pub fn function_size(program: &Program, methods: &Methods, id: FunctionId) -> Result<usize> {
    let code = compile_function(program, methods, id, Effort::Quick)?;
    let (bytes, max_stack) = assemble::measure(&program.name, &code.items)?;
    let header = MethodHeader::new(max_stack, code.arguments, code.locals);
    Ok(bytes + usize::from(header.size()))
}
