//! What the budget says is what the file has, and what the simulated card measured at most.

use cap_file::component::method::MethodComponent;
use capgen::package::Output;

/// Compares a package's budget with its methods, and with the deepest stack of the card that has run it.
pub(crate) fn check(output: &Output, stack: usize) -> Result<(), String> {
    let budget = &output.budget;
    let methods = bytes(&output.cap.method);
    if budget.code_bytes != methods {
        return Err(format!(
            "the budget has {} bytes of methods, the file {methods}",
            budget.code_bytes
        ));
    }
    let entries = budget.applets.iter().flat_map(|applet| &applet.stack);
    let most = entries.map(|entry| entry.words).max().unwrap_or(0);
    if !budget.recursive.is_empty() || (1..=most).contains(&stack) {
        return Ok(());
    }
    Err(format!("{stack} words of stack, {most} in the budget"))
}

/// Bytes of all methods, headers included.
fn bytes(component: &MethodComponent) -> usize {
    let blocks = component.further_blocks.iter();
    component.methods.len() + blocks.map(|block| block.methods.len()).sum::<usize>()
}
