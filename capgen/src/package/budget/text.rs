//! The budget as a table for a terminal.

use super::{AppletBudget, Budget, ExportedBudget, Memory, Stack, Transaction, Written};
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
    for exported in &budget.exported {
        write_exported(out, exported)?;
    }
    for name in &budget.recursive {
        writeln!(out, "\nRecursive, so that the stack has no bound: {name}")?;
    }
    write_names(
        out,
        "Called in other packages, and counted as their budgets say",
        &budget.imported,
    )?;
    write_names(
        out,
        "Called in other packages, and not counted: their own budgets tell what it takes there",
        &budget.uncounted,
    )?;
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
    write_memory(out, "install", &applet.install)?;
    for stack in &applet.stack {
        write_stack(out, &format!("  Stack of {}", stack.entry), stack)?;
    }
    if applet.transactions.is_empty() {
        writeln!(out, "  No transaction")?;
    }
    for transaction in &applet.transactions {
        writeln!(out, "  {}", describe(transaction))?;
    }
    Ok(())
}

fn write_names(out: &mut String, title: &str, names: &[String]) -> std::fmt::Result {
    if names.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{title}")?;
    for name in names {
        writeln!(out, "  {name}")?;
    }
    Ok(())
}

fn write_exported(out: &mut String, exported: &ExportedBudget) -> std::fmt::Result {
    writeln!(out, "\nExported {}", exported.method)?;
    if exported.allocates.objects > 0 {
        write_memory(out, "a call", &exported.allocates)?;
    }
    write_stack(out, "  Stack", &exported.stack)?;
    if exported.written.writes != Some(0) || !exported.written.card.is_empty() {
        let written = written(&exported.written);
        writeln!(out, "  Part of its caller's transaction: {written}")?;
    }
    for transaction in &exported.transactions {
        writeln!(out, "  {}", describe(transaction))?;
    }
    Ok(())
}

fn write_stack(out: &mut String, title: &str, stack: &Stack) -> std::fmt::Result {
    writeln!(out, "{title}: {} words", stack.words)?;
    for frame in &stack.path {
        writeln!(out, "    {:>5}  {}", frame.words, frame.path)?;
    }
    Ok(())
}

fn write_memory(out: &mut String, what: &str, memory: &Memory) -> std::fmt::Result {
    writeln!(
        out,
        "  {what} allocates {} objects: {} bytes persistent, {} transient until deselected, {} until reset",
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
    format!(
        "Transaction in {}{}: {}",
        transaction.function,
        place.unwrap_or_default(),
        written(&transaction.written)
    )
}

/// What is written in a transaction.
pub(super) fn written(written: &Written) -> String {
    let mut text = match (written.bytes, written.writes) {
        (Some(bytes), Some(writes)) => format!("at most {bytes} bytes in {writes} writes"),
        _ => {
            let places = written.unbounded.iter().map(ToString::to_string);
            let places: Vec<String> = places.collect();
            format!("no bound, see {}", places.join(", "))
        }
    };
    if !written.card.is_empty() {
        text += &format!("; and what these write: {}", written.card.join(", "));
    }
    text
}
