//! Method component: headers, handlers, and that the described methods fill it.

use crate::component::Tag;
use crate::component::constant_pool::Constant;
use crate::component::descriptor::{MethodDescriptor, access};
use crate::component::method::{BlockRef, Method, MethodComponent, MethodHeader};
use crate::component::split_code_offset;
use crate::limits::{MAX_LOCALS, MAX_METHOD_BLOCKS, MAX_METHOD_BYTES};
use crate::verify::Rule;
use crate::verify::check::Checker;

pub(super) fn check(checker: &mut Checker<'_, '_>) {
    let cap = checker.cap;
    let Some(descriptor) = &cap.descriptor else {
        return;
    };
    let mut methods: Vec<&MethodDescriptor> = descriptor
        .classes
        .iter()
        .filter(|class| class.access_flags & access::ACC_INTERFACE == 0)
        .flat_map(|class| &class.methods)
        .collect();
    methods.sort_by_key(|method| method.method_offset);
    let blocks = 1 + cap.method.further_blocks.len();
    checker.require(
        blocks <= MAX_METHOD_BLOCKS,
        Rule::MethodLimits,
        Tag::Method,
        0,
        format_args!("at most {MAX_METHOD_BLOCKS} blocks of methods"),
        || blocks.to_string(),
    );
    let mut rest = methods.as_slice();
    for (number, block) in cap.method.blocks().enumerate() {
        let count =
            rest.partition_point(|method| split_code_offset(method.method_offset).0 <= number);
        let (these, others) = rest.split_at(count);
        rest = others;
        cover(checker, number, &block, these);
        handlers(checker, number, &block, these);
    }
    if let Some(lost) = rest.first() {
        let (block, offset) = split_code_offset(lost.method_offset);
        checker.report(
            Rule::MethodCover,
            Tag::Method,
            None,
            format!("methods in {} blocks", 1 + cap.method.further_blocks.len()),
            format!("a method at {offset} of block {block}"),
        );
    }
    for described in &methods {
        if let Some(method) = cap.method.described(described) {
            header(checker, described, &method);
        }
    }
}

fn cover(
    checker: &mut Checker<'_, '_>,
    number: usize,
    block: &BlockRef<'_>,
    methods: &[&MethodDescriptor],
) {
    let component = &checker.cap.method;
    let mut next = usize::from(block.first_offset());
    for described in methods {
        let (in_block, at) = split_code_offset(described.method_offset);
        let at = usize::from(at);
        let method = component.described(described);
        checker.require(
            at == next && in_block == number && method.is_some(),
            Rule::MethodCover,
            Tag::Method,
            at,
            format_args!("a whole method at offset {next} of block {number}"),
            || {
                format!(
                    "a method at {at} with {} bytes of code",
                    described.bytecode_count
                )
            },
        );
        let Some(method) = method else {
            return;
        };
        next = at + usize::from(method.header.size()) + method.bytecode.len();
    }
    let end = usize::from(block.first_offset()) + block.methods.len();
    checker.require(
        next == end,
        Rule::MethodCover,
        Tag::Method,
        next,
        format_args!("methods up to offset {end} of block {number}"),
        || format!("the last ends at {next}"),
    );
}

fn header(checker: &mut Checker<'_, '_>, described: &MethodDescriptor, method: &Method<'_>) {
    let header = &method.header;
    let at = method.code_start() - usize::from(header.size());
    let defined = MethodHeader::ACC_EXTENDED | MethodHeader::ACC_ABSTRACT;
    let right = header.flags & !defined == 0 && header.is_abstract() == method.bytecode.is_empty();
    checker.require(
        right,
        Rule::MethodHeader,
        Tag::Method,
        at,
        "no undefined flags, and code unless abstract",
        || {
            format!(
                "flags 0x{:x}, {} bytes of code",
                header.flags,
                method.bytecode.len()
            )
        },
    );
    let padding = checker
        .cap
        .method
        .bytes_at(method.offset)
        .and_then(|bytes| bytes.first());
    let padded = header.size() == 2 || padding.is_some_and(|first| first & 15 == 0);
    checker.require(
        padded,
        Rule::MethodHeader,
        Tag::Method,
        at,
        "padding bits of 0",
        || format!("{padding:02x?}"),
    );
    let words = usize::from(header.nargs) + usize::from(header.max_locals);
    checker.require(
        method.bytecode.len() <= MAX_METHOD_BYTES && words <= MAX_LOCALS,
        Rule::MethodLimits,
        Tag::Method,
        at,
        "at most 32767 bytes of code and 255 words of arguments and local variables",
        || format!("{} bytes, {words} words", method.bytecode.len()),
    );
    flags(checker, described, header, at);
    let is_static = described.access_flags & access::ACC_STATIC != 0;
    if let Some(signature) = checker.world.signature(described.type_offset) {
        let words = signature.argument_words() + usize::from(!is_static);
        checker.require(
            usize::from(header.nargs) == words,
            Rule::MethodArguments,
            Tag::Method,
            at + 1,
            format_args!("nargs {words}"),
            || header.nargs.to_string(),
        );
    }
}

fn flags(
    checker: &mut Checker<'_, '_>,
    described: &MethodDescriptor,
    header: &MethodHeader,
    at: usize,
) {
    let has = |flag: u8| described.access_flags & flag != 0;
    let visibility =
        described.access_flags & (access::ACC_PUBLIC | access::ACC_PRIVATE | access::ACC_PROTECTED);
    let is_abstract = has(access::ACC_ABSTRACT_METHOD);
    let binds_early = has(access::ACC_STATIC) || has(access::ACC_INIT) || has(access::ACC_PRIVATE);
    let right = visibility.count_ones() <= 1
        && is_abstract == header.is_abstract()
        && !(is_abstract && (binds_early || has(access::ACC_FINAL)))
        && !(has(access::ACC_INIT) && (has(access::ACC_STATIC) || has(access::ACC_FINAL)))
        && described.access_flags & 0x20 == 0;
    checker.require(
        right,
        Rule::MethodDescriptorFlags,
        Tag::Descriptor,
        None,
        "access flags that go together and agree with the header",
        || format!("0x{:02x} of the method at {at}", described.access_flags),
    );
}

fn handlers(
    checker: &mut Checker<'_, '_>,
    number: usize,
    block: &BlockRef<'_>,
    methods: &[&MethodDescriptor],
) {
    let ranges: Vec<(usize, usize)> = block
        .exception_handlers
        .iter()
        .map(|handler| {
            let start = usize::from(handler.start_offset);
            (start, start + usize::from(handler.active_length))
        })
        .collect();
    let listed = listed(checker, block, methods);
    let targets = block
        .exception_handlers
        .iter()
        .map(|handler| handler.handler_offset);
    checker.require(
        targets.is_sorted(),
        Rule::HandlerOrder,
        Tag::Method,
        1,
        "handlers in the order of their code",
        || format!("another order in block {number}"),
    );
    for (index, handler) in block.exception_handlers.iter().enumerate() {
        let at = 1 + MethodComponent::HANDLER_SIZE * index;
        checker.require(
            listed.get(index) == Some(&true),
            Rule::HandlerRange,
            Tag::Method,
            at,
            "a range and a handler in the method that lists it",
            || format!("{handler:?}"),
        );
        let (start, end) = ranges.get(index).copied().unwrap_or_default();
        let later = ranges.iter().skip(index + 1);
        // A handler behind one that encloses it would never be asked.
        let ordered = later
            .clone()
            .all(|(other, to)| *other < start || *to > end || (*other, *to) == (start, end));
        checker.require(
            ordered,
            Rule::HandlerOrder,
            Tag::Method,
            at,
            "handlers of inner ranges before those of outer ones",
            || format!("{start} to {end}"),
        );
        // After a stop bit no other handler is asked, so none of a later one may cover any of this one's code.
        let goes_on = later.clone().any(|(other, to)| *other < end && *to > start);
        checker.require(
            handler.stop != goes_on,
            Rule::HandlerOrder,
            Tag::Method,
            at + 2,
            format_args!("stop bit {}", !goes_on),
            || handler.stop.to_string(),
        );
        if handler.catch_type_index != 0 {
            catch_type(checker, at, handler.catch_type_index);
        }
    }
    for method in methods {
        let end = usize::from(method.exception_handler_index)
            + usize::from(method.exception_handler_count);
        let known = end <= block.exception_handlers.len();
        checker.require(
            known,
            Rule::HandlerRange,
            Tag::Descriptor,
            None,
            "handlers of the handler table",
            || {
                format!(
                    "{} from {}",
                    method.exception_handler_count, method.exception_handler_index
                )
            },
        );
    }
}

fn catch_type(checker: &mut Checker<'_, '_>, at: usize, index: u16) {
    let world = checker.world;
    let right = match world.constant(index) {
        Some(Constant::Class(class)) if world.is_unknown_import(class) => true,
        Some(Constant::Class(class)) => world.class(class).is_some_and(|id| {
            world
                .named("java/lang/Throwable")
                .is_some_and(|throwable| world.is_subtype(id, throwable))
        }),
        _ => false,
    };
    checker.require(
        right,
        Rule::HandlerType,
        Tag::Method,
        at + 6,
        "the constant of a Throwable class",
        || format!("constant {index}"),
    );
}

/// By handler: it lies in one method, which lists it. Whether its bounds are instructions is seen when the code
/// is decoded.
fn listed(
    checker: &Checker<'_, '_>,
    block: &BlockRef<'_>,
    methods: &[&MethodDescriptor],
) -> Vec<bool> {
    let mut listed = vec![false; block.exception_handlers.len()];
    for described in methods
        .iter()
        .filter(|method| method.exception_handler_count > 0)
    {
        let Some(method) = checker.cap.method.described(described) else {
            continue;
        };
        let code = method.code_start();
        let end = code + method.bytecode.len();
        let first = usize::from(described.exception_handler_index);
        let count = usize::from(described.exception_handler_count);
        let handlers = block.exception_handlers.iter().zip(&mut listed);
        for (handler, listed) in handlers.skip(first).take(count) {
            let start = usize::from(handler.start_offset);
            let length = usize::from(handler.active_length);
            let inside = start >= code
                && length > 0
                && start + length <= end
                && (code..end).contains(&usize::from(handler.handler_offset));
            *listed |= inside;
        }
    }
    listed
}
