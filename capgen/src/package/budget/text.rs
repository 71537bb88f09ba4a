//! The budget as a table for a terminal.

use super::{AppletBudget, Budget, Memory, Transaction};
use std::fmt::Write;

pub(super) fn render(budget: &Budget) -> String {
    let mut out = String::new();
    // Writing to a string does not fail.
    let _ = write_all(&mut out, budget);
    out
}

fn write_all(out: &mut String, budget: &Budget) -> std::fmt::Result {
    writeln!(
        out,
        "Package {}: {} bytes of methods, {} bytes of constant arrays",
        budget.package, budget.code_bytes, budget.constant_bytes
    )?;
    for applet in &budget.applets {
        write_applet(out, applet)?;
    }
    for name in &budget.recursive {
        writeln!(out, "\nRecursive, so that the stack has no bound: {name}")?;
    }
    if !budget.imported.is_empty() {
        writeln!(
            out,
            "\nCalled in other packages, whose own budgets tell what it takes there"
        )?;
    }
    for name in &budget.imported {
        writeln!(out, "  {name}")?;
    }
    writeln!(out, "\nFunctions             bytes  frame words")?;
    for function in &budget.functions {
        let place = function.place.as_ref().map(|place| format!("  {place}"));
        writeln!(
            out,
            "  {:>24} {:>6}  {}{}",
            function.bytes,
            function.frame_words,
            function.path,
            place.unwrap_or_default()
        )?;
    }
    Ok(())
}

fn write_applet(out: &mut String, applet: &AppletBudget) -> std::fmt::Result {
    writeln!(out, "\nApplet {} ({})", applet.class, applet.aid)?;
    write_memory(out, &applet.install)?;
    for stack in &applet.stack {
        writeln!(out, "  Stack of {}: {} words", stack.entry, stack.words)?;
        for frame in &stack.path {
            writeln!(out, "    {:>5}  {}", frame.words, frame.path)?;
        }
    }
    if applet.transactions.is_empty() {
        writeln!(out, "  No transaction")?;
    }
    for transaction in &applet.transactions {
        writeln!(out, "  {}", describe(transaction))?;
    }
    Ok(())
}

fn write_memory(out: &mut String, memory: &Memory) -> std::fmt::Result {
    writeln!(
        out,
        "  install allocates {} objects: {} bytes persistent, {} transient until deselected, {} until reset",
        memory.objects,
        memory.persistent_bytes,
        memory.clear_on_deselect_bytes,
        memory.clear_on_reset_bytes
    )?;
    for allocated in &memory.allocated {
        let bytes = if allocated.bytes == 0 {
            String::new()
        } else {
            format!(", {} bytes", allocated.bytes)
        };
        writeln!(
            out,
            "    {:>5} × {}{bytes}",
            allocated.count, allocated.what
        )?;
    }
    for place in &memory.unbounded {
        writeln!(out, "    allocates in a loop, counted once: {place}")?;
    }
    Ok(())
}

/// A transaction in a line.
pub(super) fn describe(transaction: &Transaction) -> String {
    let place = transaction.place.as_ref().map(|place| format!(", {place}"));
    let mut text = format!(
        "Transaction in {}{}: ",
        transaction.function,
        place.unwrap_or_default()
    );
    match (transaction.bytes, transaction.writes) {
        (Some(bytes), Some(writes)) => {
            text += &format!("at most {bytes} bytes in {writes} writes");
        }
        _ => {
            let places: Vec<String> = transaction
                .unbounded
                .iter()
                .map(ToString::to_string)
                .collect();
            text += &format!("no bound, see {}", places.join(", "));
        }
    }
    if !transaction.card.is_empty() {
        text += &format!("; and what these write: {}", transaction.card.join(", "));
    }
    text
}
