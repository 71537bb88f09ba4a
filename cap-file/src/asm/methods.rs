//! Handlers and methods.

use super::defined::Defined;
use super::lines::{Line, Lines};
use super::{AsmError, code};
use crate::cap::CapFile;
use crate::component::method::{ExceptionHandler, MethodBlock, MethodHeader};
use crate::component::{CodeOffset, code_offset};
use std::collections::HashMap;

/// A handler as it stands in the text.
enum HandlerPlace {
    InMethod {
        method: usize,
        start: u16,
        end: u16,
        target: u16,
    },
    Raw {
        start: u16,
        length: u16,
        target: u16,
    },
}

/// Reads all blocks into the file, and gives the places of the methods. `constants` are the names of constants.
pub(crate) fn methods(
    lines: &mut Lines<'_>,
    cap: &mut CapFile,
    constants: &HashMap<String, u16>,
    defined: &Defined,
) -> Result<Vec<CodeOffset>, AsmError> {
    let mut offsets = Vec::new();
    if !cap.format().extended {
        let first = block(lines, 0, &mut offsets, constants, defined)?;
        cap.method.exception_handlers = first.exception_handlers;
        cap.method.methods = first.methods;
        return Ok(offsets);
    }
    let mut blocks = Vec::new();
    while let Some(line) = lines.keyword(0, "block") {
        let number = u8::try_from(blocks.len());
        let number = number.map_err(|_| line.error("at most 256 blocks"))?;
        blocks.push(block(lines, number, &mut offsets, constants, defined)?);
    }
    let mut blocks = blocks.into_iter();
    let Some(first) = blocks.next() else {
        lines.expect(0, "block")?;
        return Ok(offsets);
    };
    cap.method.exception_handlers = first.exception_handlers;
    cap.method.methods = first.methods;
    cap.method.further_blocks = blocks.collect();
    Ok(offsets)
}

fn block(
    lines: &mut Lines<'_>,
    number: u8,
    offsets: &mut Vec<CodeOffset>,
    constants: &HashMap<String, u16>,
    defined: &Defined,
) -> Result<MethodBlock, AsmError> {
    let mut block = MethodBlock::default();
    let mut places = Vec::new();
    if lines.keyword(0, "handlers").is_some() {
        while let Some(line) = lines.keyword(2, "handler") {
            let (place, handler) = handler(line, defined)?;
            places.push(place);
            block.exception_handlers.push(handler);
        }
    }
    let first_method = offsets.len();
    let first_offset = 1 + 8 * block.exception_handlers.len();
    let mut code_offsets = Vec::new();
    while let Some(mut line) = lines.keyword(0, "method") {
        line.word("a name")?;
        let header = MethodHeader {
            flags: line.named("flags")?,
            max_stack: line.named("stack")?,
            nargs: line.named("args")?,
            max_locals: line.named("locals")?,
        };
        line.end()?;
        let bytecode = match lines.keyword(2, "bytes") {
            Some(mut line) => line.hex("bytecode")?,
            None => {
                let (first, text) = lines.code();
                code::assemble_named(&text, first, constants)?
            }
        };
        let full = |_| line.error("at most 64 KB of methods");
        let offset = u16::try_from(first_offset + block.methods.len()).map_err(full)?;
        header.encode(&mut block.methods);
        block.methods.extend(bytecode);
        u16::try_from(first_offset + block.methods.len()).map_err(full)?;
        offsets.push(code_offset(number, offset));
        code_offsets.push(offset.saturating_add(header.size()));
    }
    if let Some(mut line) = lines.keyword(0, "code") {
        block.methods = line.hex("methods")?;
    }
    for (handler, place) in block.exception_handlers.iter_mut().zip(places) {
        (
            handler.start_offset,
            handler.active_length,
            handler.handler_offset,
        ) = match place {
            HandlerPlace::Raw {
                start,
                length,
                target,
            } => (start, length, target),
            HandlerPlace::InMethod {
                method,
                start,
                end,
                target,
            } => {
                let index = method.checked_sub(first_method);
                let base = index.and_then(|index| code_offsets.get(index));
                let base = base.copied().unwrap_or_default();
                let at = |offset: u16| base.saturating_add(offset);
                (at(start), end.saturating_sub(start), at(target))
            }
        };
    }
    Ok(block)
}

fn handler(
    mut line: Line<'_>,
    defined: &Defined,
) -> Result<(HandlerPlace, ExceptionHandler), AsmError> {
    let word = line.word("a method")?;
    let place = match word.strip_prefix('#') {
        Some(start) => HandlerPlace::Raw {
            start: start.parse().map_err(|_| line.error("an offset"))?,
            length: line.number("a length")?,
            target: line.number("an offset")?,
        },
        None => HandlerPlace::InMethod {
            method: defined.method(word).ok_or_else(|| line.error("a method"))?,
            start: line.number("where the range starts")?,
            end: line.number("where the range ends")?,
            target: line.number("where the handler is")?,
        },
    };
    let catch_type_index = line.number("a constant")?;
    let stop = match line.word("stop or go-on")? {
        "stop" => true,
        "go-on" => false,
        _ => return Err(line.error("stop or go-on")),
    };
    line.end()?;
    Ok((
        place,
        ExceptionHandler {
            start_offset: 0,
            stop,
            active_length: 0,
            handler_offset: 0,
            catch_type_index,
        },
    ))
}
