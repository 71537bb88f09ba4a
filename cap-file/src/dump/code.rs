//! Handlers, methods and their instructions.

use super::Text;
use super::names::Names;
use crate::cap::CapFile;
use crate::component::method::{BlockRef, Method, MethodHeader};
use crate::component::{CodeOffset, code_offset, split_code_offset};
use crate::instruction::{Instruction, Instructions, Operands};
use std::collections::BTreeSet;

pub(crate) fn methods(text: &mut Text, cap: &CapFile, names: &Names<'_>) {
    let mut offsets = names.method_offsets().iter().copied().peekable();
    let known = offsets.peek().is_some();
    for (number, block) in cap.method.blocks().enumerate() {
        if cap.format().extended {
            text.line(0, format_args!("block"), "");
        }
        // No more than 256 blocks can be read.
        let base = code_offset(u8::try_from(number).unwrap_or(u8::MAX), 0);
        handlers(text, names, base, &block);
        while let Some(offset) = offsets.next_if(|offset| split_code_offset(*offset).0 <= number) {
            let Some(mut method) = cap.method.method_at(offset) else {
                continue;
            };
            if let Some(next) = offsets
                .peek()
                .filter(|next| split_code_offset(**next).0 == number)
            {
                let length = next.saturating_sub(method.code_offset());
                let length = usize::try_from(length).unwrap_or(usize::MAX);
                method.bytecode = method.bytecode.get(..length).unwrap_or(method.bytecode);
            }
            one(text, cap, names, &method);
        }
        if !known && !block.methods.is_empty() {
            // Without a Descriptor component nobody can tell methods apart.
            text.line(0, format_args!("code {}", super::hex(block.methods)), "");
        }
    }
}

fn handlers(text: &mut Text, names: &Names<'_>, base: CodeOffset, block: &BlockRef<'_>) {
    if !block.exception_handlers.is_empty() {
        text.line(0, format_args!("handlers"), "");
    }
    for handler in block.exception_handlers {
        let comment = match handler.catch_type_index {
            0 => "any".to_owned(),
            index => names.constant_at(index).unwrap_or_default(),
        };
        let (caught, stop) = (
            handler.catch_type_index,
            if handler.stop { "stop" } else { "go-on" },
        );
        let place = |offset: u16| names.place(base | CodeOffset::from(offset));
        // An end may be where the next method begins, which is no place in the code of this one.
        let line = match (place(handler.start_offset), place(handler.handler_offset)) {
            (Some((method, start)), Some((other, target))) if method == other => {
                let end = start + CodeOffset::from(handler.active_length);
                format!("handler {} {start} {end} {target}", names.method(method))
            }
            _ => format!(
                "handler #{} {} {}",
                handler.start_offset, handler.active_length, handler.handler_offset
            ),
        };
        text.line(2, format_args!("{line} {caught} {stop}"), &comment);
    }
}

fn one(text: &mut Text, cap: &CapFile, names: &Names<'_>, method: &Method<'_>) {
    let MethodHeader {
        flags,
        max_stack,
        nargs,
        max_locals,
    } = method.header;
    let name = names.method(method.offset);
    text.line(
        0,
        format_args!(
            "method {name} flags {flags} stack {max_stack} args {nargs} locals {max_locals}"
        ),
        &format!("offset {}", method.offset),
    );
    let Ok(instructions) = Instructions::new(method.bytecode).collect::<Result<Vec<_>, _>>() else {
        text.line(
            2,
            format_args!("bytes {}", super::hex(method.bytecode)),
            "these are no instructions",
        );
        return;
    };
    let starts: BTreeSet<usize> = instructions
        .iter()
        .map(|instruction| instruction.offset)
        .collect();
    let targets: BTreeSet<usize> = instructions
        .iter()
        .flat_map(|instruction| jumps(instruction, &starts))
        .collect();
    let base = method.code_start();
    let block = cap.method.block(method.block());
    let handlers: BTreeSet<usize> = block
        .iter()
        .flat_map(|block| block.exception_handlers)
        .map(|handler| handler.handler_offset.into())
        .collect();
    for instruction in &instructions {
        if targets.contains(&instruction.offset) {
            text.line(0, format_args!("L_{}:", instruction.offset), "");
        }
        let mut comment = match &instruction.operands {
            Operands::InvokeInterface { index, method, .. } => {
                names.interface_method(*index, *method)
            }
            _ => instruction
                .pool_reference()
                .and_then(|reference| names.constant_at(reference.index)),
        }
        .unwrap_or_default();
        if handlers.contains(&(base + instruction.offset)) {
            comment.push_str(" handler");
        }
        let operands = operands(instruction, &starts);
        let mnemonic = instruction.opcode.mnemonic();
        let line = format!("{mnemonic} {operands}");
        text.line(4, format_args!("{}", line.trim_end()), comment.trim_start());
    }
}

fn target(instruction: &Instruction, jump: i16, starts: &BTreeSet<usize>) -> Option<usize> {
    instruction
        .offset
        .checked_add_signed(jump.into())
        .filter(|target| starts.contains(target))
}

fn jumps(instruction: &Instruction, starts: &BTreeSet<usize>) -> Vec<usize> {
    instruction
        .jumps()
        .filter_map(|jump| target(instruction, jump, starts))
        .collect()
}

/// A label, or the distance if no instruction starts there.
fn label(instruction: &Instruction, jump: i16, starts: &BTreeSet<usize>) -> String {
    match target(instruction, jump, starts) {
        Some(target) => format!("L_{target}"),
        None => format!("{jump:+}"),
    }
}

fn operands(instruction: &Instruction, starts: &BTreeSet<usize>) -> String {
    let label = |jump: i16| label(instruction, jump, starts);
    match &instruction.operands {
        Operands::None => String::new(),
        Operands::Immediate(value) => value.to_string(),
        Operands::Local(local) => local.to_string(),
        Operands::Increment { local, value } => format!("{local} {value}"),
        Operands::Stack { m, n } => format!("{m} {n}"),
        Operands::Branch(jump) => label(*jump),
        Operands::TableSwitch {
            default,
            low,
            offsets,
            ..
        } => {
            let offsets: Vec<String> = offsets.iter().map(|jump| label(*jump)).collect();
            format!("{} {low} {}", label(*default), offsets.join(" "))
        }
        Operands::LookupSwitch { default, pairs } => {
            let pairs: String = pairs
                .iter()
                .map(|(key, jump)| format!(" {key}={}", label(*jump)))
                .collect();
            format!("{}{pairs}", label(*default))
        }
        Operands::Pool(index) => index.to_string(),
        Operands::InvokeInterface {
            nargs,
            index,
            method,
        } => format!("{nargs} {index} {method}"),
        Operands::ArrayType(element) => element.to_string(),
        Operands::TypeCheck { array_type, index } => format!("{array_type} {index}"),
    }
}
