//! Items to bytes: branch lengths, stack depth, constant pool indices.

use super::error::BackendError;
use super::item::{Item, Label, Symbol};
use super::label::{Labels, places};
use crate::ir::Position;
use cap_file::{Instruction, Opcode, Operands};
use std::collections::HashMap;

/// Bytecode of one method.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bytecode {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// Most stack words in use at a time.
    pub max_stack: u8,
    /// Offsets of one-byte constant pool indices.
    pub byte_indices: Vec<usize>,
    /// Offsets of two-byte constant pool indices.
    pub byte2_indices: Vec<usize>,
    /// From each offset on, the place in the source.
    pub lines: Vec<(usize, Position)>,
}

/// Constant pool indices by symbol.
pub(crate) type Pool = HashMap<Symbol, u16>;

/// Assembles the items of one function.
pub(crate) fn assemble(
    function: &str,
    items: &[Item],
    pool: &Pool,
) -> Result<Bytecode, BackendError> {
    let items = &expand_far_fields(items, pool);
    let (addresses, wide) = relax(function, items)?;
    let mut code = Bytecode {
        max_stack: max_stack(function, items)?,
        ..Bytecode::default()
    };
    for ((item, from), wide) in items.iter().zip(&addresses.offsets).zip(wide) {
        if let Item::Mark(position) = item {
            code.lines.push((code.bytes.len(), *position));
        }
        let relative = |label: &Label| {
            let to = addresses.labels.get(*label).copied().unwrap_or_default();
            i16::try_from(distance(*from, to)).map_err(|_| BackendError::TooLarge {
                place: function.to_owned(),
                what: "the distance of a branch",
                value: to.abs_diff(*from),
                limit: 32767,
            })
        };
        let Some((opcode, operands)) = encode(function, item, wide, &relative, pool)? else {
            continue;
        };
        let instruction = Instruction {
            offset: code.bytes.len(),
            opcode,
            operands,
        };
        if let Some(reference) = instruction.pool_reference()
            && !is_primitive_array_check(&instruction)
        {
            let offset = instruction.offset + reference.operand_offset;
            match reference.width {
                1 => code.byte_indices.push(offset),
                _ => code.byte2_indices.push(offset),
            }
        }
        instruction.encode(&mut code.bytes)?;
    }
    super::check::check(function, items, &code, pool)?;
    Ok(code)
}

/// Bytes of code and stack words of the items of one function.
pub(crate) fn measure(function: &str, items: &[Item]) -> Result<(usize, u8), BackendError> {
    let (_, wide) = relax(function, items)?;
    let bytes = items
        .iter()
        .zip(wide)
        .map(|(item, wide)| size(item, wide))
        .sum();
    Ok((bytes, max_stack(function, items)?))
}

/// Offset, size and stack depth before it of every item; no depth for what is never reached.
pub(super) struct Layout {
    pub(super) offsets: Vec<usize>,
    pub(super) sizes: Vec<usize>,
    pub(super) depths: Vec<Option<usize>>,
}

/// Lays out the items of one function.
pub(super) fn layout(function: &str, items: &[Item]) -> Result<Layout, BackendError> {
    let (addresses, wide) = relax(function, items)?;
    let sizes = items
        .iter()
        .zip(wide)
        .map(|(item, wide)| size(item, wide))
        .collect();
    let (depths, _) = depths(function, items)?;
    Ok(Layout {
        offsets: addresses.offsets,
        sizes,
        depths,
    })
}

fn is_primitive_array_check(instruction: &Instruction) -> bool {
    matches!(
        instruction.operands,
        Operands::TypeCheck {
            array_type: 10..=13,
            ..
        }
    )
}

struct Addresses {
    /// By item.
    offsets: Vec<usize>,
    labels: Labels<usize>,
}

fn distance(from: usize, to: usize) -> i64 {
    let signed = |offset: usize| i64::try_from(offset).unwrap_or(i64::MAX / 2);
    signed(to) - signed(from)
}

/// Finds the branches that need the wide form, starting from none.
fn relax(function: &str, items: &[Item]) -> Result<(Addresses, Vec<bool>), BackendError> {
    let mut wide = vec![false; items.len()];
    loop {
        let addresses = addresses(items, &wide);
        let mut grown = false;
        for ((item, from), wide) in items.iter().zip(&addresses.offsets).zip(&mut wide) {
            for target in item.targets() {
                let Some(to) = addresses.labels.get(target) else {
                    return Err(missing(function, &format!("label {}", target.0)));
                };
                let near = i8::try_from(distance(*from, *to)).is_ok();
                if !near && !*wide && matches!(item, Item::Branch(..)) {
                    *wide = true;
                    grown = true;
                }
            }
        }
        if !grown {
            return Ok((addresses, wide));
        }
    }
}

fn missing(function: &str, what: &str) -> BackendError {
    BackendError::Unsupported {
        function: function.to_owned(),
        what: format!("a reference to a missing {what}"),
    }
}

fn addresses(items: &[Item], wide: &[bool]) -> Addresses {
    #[cfg(test)]
    crate::opt::growth::visit(items.len());
    let mut found = Addresses {
        offsets: Vec::with_capacity(items.len()),
        labels: Labels::new(),
    };
    let mut at = 0;
    for (item, wide) in items.iter().zip(wide) {
        found.offsets.push(at);
        if let Item::Label(label) = item {
            found.labels.insert(*label, at);
        }
        at += size(item, *wide);
    }
    found
}

/// Bytes that an item takes.
fn size(item: &Item, wide: bool) -> usize {
    match item {
        Item::Label(_)
        | Item::Mark(_)
        | Item::Claim(_)
        | Item::Ask(..)
        | Item::Promise(_)
        | Item::LocalPromise(..) => 0,
        Item::Plain(opcode, _) | Item::Pool(opcode, _) => Instruction {
            offset: 0,
            opcode: *opcode,
            operands: Operands::None,
        }
        .size(),
        Item::Invoke { .. } => 3,
        Item::InvokeInterface { .. } => 5,
        Item::CheckCast(_) => 4,
        Item::Branch(..) => 2 + usize::from(wide),
        Item::Table {
            is_int, targets, ..
        } => (if *is_int { 11 } else { 7 }) + 2 * targets.len(),
        Item::Lookup { is_int, pairs, .. } => 5 + (if *is_int { 6 } else { 4 }) * pairs.len(),
    }
}

fn encode(
    function: &str,
    item: &Item,
    wide: bool,
    relative: &dyn Fn(&Label) -> Result<i16, BackendError>,
    pool: &Pool,
) -> Result<Option<(Opcode, Operands)>, BackendError> {
    let index = |symbol: &Symbol| {
        pool.get(symbol)
            .copied()
            .ok_or_else(|| missing(function, &format!("constant {symbol:?}")))
    };
    Ok(Some(match item {
        Item::Label(_)
        | Item::Mark(_)
        | Item::Claim(_)
        | Item::Ask(..)
        | Item::Promise(_)
        | Item::LocalPromise(..) => return Ok(None),
        Item::Plain(opcode, operands) => (*opcode, operands.clone()),
        Item::Pool(opcode, symbol)
        | Item::Invoke {
            opcode,
            method: symbol,
            ..
        } => (*opcode, Operands::Pool(index(symbol)?)),
        Item::InvokeInterface {
            interface,
            method,
            pops,
            ..
        } => {
            let operands = Operands::InvokeInterface {
                nargs: *pops,
                index: index(interface)?,
                method: *method,
            };
            (Opcode::Invokeinterface, operands)
        }
        Item::CheckCast(class) => (
            Opcode::Checkcast,
            Operands::TypeCheck {
                array_type: 0,
                index: index(class)?,
            },
        ),
        Item::Branch(opcode, target) => {
            let opcode = if wide { wide_branch(*opcode) } else { *opcode };
            (opcode, Operands::Branch(relative(target)?))
        }
        Item::Table {
            is_int,
            default,
            low,
            targets,
        } => {
            let offsets = targets
                .iter()
                .map(relative)
                .collect::<Result<Vec<i16>, _>>()?;
            let low = *low;
            let last = i32::try_from(targets.len()).unwrap_or(i32::MAX) - 1;
            let operands = Operands::TableSwitch {
                default: relative(default)?,
                low,
                high: low + last,
                offsets,
            };
            (
                if *is_int {
                    Opcode::Itableswitch
                } else {
                    Opcode::Stableswitch
                },
                operands,
            )
        }
        Item::Lookup {
            is_int,
            default,
            pairs,
        } => {
            let pairs = pairs
                .iter()
                .map(|(key, target)| Ok((*key, relative(target)?)))
                .collect::<Result<_, BackendError>>()?;
            (
                if *is_int {
                    Opcode::Ilookupswitch
                } else {
                    Opcode::Slookupswitch
                },
                Operands::LookupSwitch {
                    default: relative(default)?,
                    pairs,
                },
            )
        }
    }))
}

pub(super) fn wide_branch(opcode: Opcode) -> Opcode {
    match opcode {
        Opcode::Ifeq => Opcode::IfeqW,
        Opcode::Ifne => Opcode::IfneW,
        Opcode::Iflt => Opcode::IfltW,
        Opcode::Ifge => Opcode::IfgeW,
        Opcode::Ifgt => Opcode::IfgtW,
        Opcode::Ifle => Opcode::IfleW,
        Opcode::Ifnull => Opcode::IfnullW,
        Opcode::Ifnonnull => Opcode::IfnonnullW,
        Opcode::IfAcmpeq => Opcode::IfAcmpeqW,
        Opcode::IfAcmpne => Opcode::IfAcmpneW,
        Opcode::IfScmpeq => Opcode::IfScmpeqW,
        Opcode::IfScmpne => Opcode::IfScmpneW,
        Opcode::IfScmplt => Opcode::IfScmpltW,
        Opcode::IfScmpge => Opcode::IfScmpgeW,
        Opcode::IfScmpgt => Opcode::IfScmpgtW,
        Opcode::IfScmple => Opcode::IfScmpleW,
        Opcode::Goto => Opcode::GotoW,
        other => other,
    }
}

/// Field instructions whose constant is beyond the first 256 take their two-byte forms; those on
/// `this` have none, and get the reference from local 0.
fn expand_far_fields(items: &[Item], pool: &Pool) -> Vec<Item> {
    let mut expanded = Vec::with_capacity(items.len());
    for item in items {
        match item {
            Item::Pool(opcode, symbol @ Symbol::Field(..))
                if pool.get(symbol).is_some_and(|index| *index > 255) =>
            {
                let (gets_this, puts_this, far) = far_field(*opcode);
                if gets_this || puts_this {
                    expanded.push(Item::op(Opcode::Aload0));
                }
                if puts_this {
                    let n = if far == Opcode::PutfieldIW { 2 } else { 1 };
                    expanded.push(Item::Plain(Opcode::SwapX, Operands::Stack { m: 1, n }));
                }
                expanded.push(Item::Pool(far, symbol.clone()));
            }
            other => expanded.push(other.clone()),
        }
    }
    expanded
}

/// Whether an instruction gets or puts a field of `this`, and the two-byte form.
fn far_field(opcode: Opcode) -> (bool, bool, Opcode) {
    match opcode {
        Opcode::GetfieldA => (false, false, Opcode::GetfieldAW),
        Opcode::GetfieldB => (false, false, Opcode::GetfieldBW),
        Opcode::GetfieldS => (false, false, Opcode::GetfieldSW),
        Opcode::PutfieldA => (false, false, Opcode::PutfieldAW),
        Opcode::PutfieldB => (false, false, Opcode::PutfieldBW),
        Opcode::PutfieldS => (false, false, Opcode::PutfieldSW),
        Opcode::GetfieldI => (false, false, Opcode::GetfieldIW),
        Opcode::PutfieldI => (false, false, Opcode::PutfieldIW),
        Opcode::GetfieldIThis => (true, false, Opcode::GetfieldIW),
        Opcode::PutfieldIThis => (false, true, Opcode::PutfieldIW),
        Opcode::GetfieldAThis => (true, false, Opcode::GetfieldAW),
        Opcode::GetfieldBThis => (true, false, Opcode::GetfieldBW),
        Opcode::GetfieldSThis => (true, false, Opcode::GetfieldSW),
        Opcode::PutfieldAThis => (false, true, Opcode::PutfieldAW),
        Opcode::PutfieldBThis => (false, true, Opcode::PutfieldBW),
        Opcode::PutfieldSThis => (false, true, Opcode::PutfieldSW),
        other => (false, false, other),
    }
}

/// The greatest number of stack words over all paths.
fn max_stack(function: &str, items: &[Item]) -> Result<u8, BackendError> {
    let (_, most) = depths(function, items)?;
    u8::try_from(most).map_err(|_| BackendError::TooLarge {
        place: function.to_owned(),
        what: "the depth of the stack",
        value: most,
        limit: 255,
    })
}

/// The stack words before each item, and the most there ever are.
fn depths(function: &str, items: &[Item]) -> Result<(Vec<Option<usize>>, usize), BackendError> {
    let labels = places(items);
    let mut depth_at: Vec<Option<usize>> = vec![None; items.len()];
    let mut work = vec![(0, 0)];
    let mut most = 0;
    while let Some((mut index, mut depth)) = work.pop() {
        while let Some(item) = items.get(index) {
            match depth_at.get_mut(index) {
                Some(known @ None) => *known = Some(depth),
                Some(Some(known)) if *known == depth => break,
                _ => {
                    return Err(stack_fault(
                        function,
                        "two depths of the stack at one place",
                    ));
                }
            }
            let (pops, pushes) = item.stack_effect();
            let rest = depth
                .checked_sub(pops)
                .ok_or_else(|| stack_fault(function, "more taken from the stack than is there"))?;
            depth = rest + pushes;
            most = most.max(depth);
            work.extend(
                item.targets()
                    .filter_map(|label| labels.get(label))
                    .map(|index| (*index, depth)),
            );
            if item.ends_flow() {
                break;
            }
            index += 1;
            if index == items.len() {
                return Err(stack_fault(function, "code that runs past the end"));
            }
        }
    }
    Ok((depth_at, most))
}

fn stack_fault(function: &str, what: &str) -> BackendError {
    BackendError::Unsupported {
        function: function.to_owned(),
        what: what.to_owned(),
    }
}
