//! Changes to a package: one to four of them, most of which a verifier has to refuse.

use crate::Choices;
use cap_file::CapFile;
use cap_file::component::constant_pool::{Constant, StaticRef};
use cap_file::component::descriptor::{FieldLocation, access};
use cap_file::component::method::ExceptionHandler;
use cap_file::component::{ClassRef, CodeOffset};
use cap_file::{Instruction, Instructions, Opcode, Operands};

/// Changes a package as the choices say, and brings what follows from the code up to date, so that what is left to
/// refuse is the change itself.
pub fn mutate(cap: &mut CapFile, choices: &mut Choices<'_>) {
    for _ in 0..=choices.below(4) {
        match choices.below(16) {
            0 => byte_of_a_component(cap, choices),
            1 => header(cap, choices),
            2 => descriptor(cap, choices),
            3 => constant(cap, choices),
            4 => handler(cap, choices),
            5 => class(cap, choices),
            6 => hierarchy(cap, choices),
            7 => exports(cap, choices),
            8 => statics(cap, choices),
            9 => references(cap, choices),
            _ => instruction(cap, choices),
        }
    }
    if let Some(located) = cap_file::locate::locate(cap) {
        cap.reference_location = located;
    }
    // A package that cannot be written does not verify either.
    let _ = cap.update_directory();
}

/// Any byte of the file.
fn byte_of_a_component(cap: &mut CapFile, choices: &mut Choices<'_>) {
    let Ok(mut bytes) = cap.load_file(true) else {
        return;
    };
    let at = choices.below(bytes.len());
    if let Some(byte) = bytes.get_mut(at) {
        *byte = choices.byte();
    }
    if let Ok(changed) = CapFile::from_load_file(&bytes) {
        *cap = changed;
    }
}

/// Stack, arguments or locals of a method.
fn header(cap: &mut CapFile, choices: &mut Choices<'_>) {
    let offsets = offsets(cap);
    let Some(place) = offsets.get(choices.below(offsets.len().max(1))) else {
        return;
    };
    let at = place.start - 1 - choices.below(2);
    if let Some(byte) = methods(cap, place.block).and_then(|methods| methods.get_mut(at)) {
        *byte = choices.byte();
    }
}

/// A handler covers other code, lies elsewhere or catches another class.
fn handler(cap: &mut CapFile, choices: &mut Choices<'_>) {
    let further = cap.method.further_blocks.iter_mut();
    let further = further.flat_map(|block| &mut block.exception_handlers);
    let mut handlers: Vec<&mut ExceptionHandler> = cap
        .method
        .exception_handlers
        .iter_mut()
        .chain(further)
        .collect();
    let count = handlers.len().max(1);
    let Some(handler) = handlers.get_mut(choices.below(count)) else {
        return;
    };
    let by = u16::from(choices.byte() % 16);
    match choices.below(5) {
        0 => handler.start_offset = handler.start_offset.wrapping_sub(by),
        1 => handler.active_length = handler.active_length.wrapping_add(by) & 0x7fff,
        2 => handler.handler_offset = handler.handler_offset.wrapping_add(by).wrapping_sub(8),
        3 => handler.stop = !handler.stop,
        _ => handler.catch_type_index = by,
    }
}

/// Sizes, tokens and tables of a class.
fn class(cap: &mut CapFile, choices: &mut Choices<'_>) {
    let count = cap.class.classes.len().max(1);
    let offsets: Vec<_> = offsets(cap).iter().map(|place| place.offset).collect();
    let Some(class) = cap.class.classes.get_mut(choices.below(count)) else {
        return;
    };
    let table = if choices.below(2) == 0 {
        &mut class.public_virtual_methods
    } else {
        &mut class.package_virtual_methods
    };
    match choices.below(8) {
        0 => class.declared_instance_size = choices.byte() % 8,
        1 => class.first_reference_token = choices.byte() % 8,
        2 => class.reference_count = choices.byte() % 4,
        3 => class.public_method_table_base = choices.byte() % 10,
        4 => {
            if !offsets.is_empty() {
                table.push(*choices.pick(&offsets));
            }
        }
        5 => drop(table.pop()),
        6 => {
            if let (Some(first), false) = (table.first_mut(), offsets.is_empty()) {
                *first = *choices.pick(&offsets);
            }
        }
        _ => {
            if let Some(mapping) = &mut class.token_mapping {
                let at = choices.below(mapping.tokens.len().max(1));
                if let Some(token) = mapping.tokens.get_mut(at) {
                    *token = choices.byte() % 10;
                }
            }
        }
    }
}

/// What a class extends and implements, and how.
fn hierarchy(cap: &mut CapFile, choices: &mut Choices<'_>) {
    let known: Vec<ClassRef> = cap
        .constant_pool
        .entries
        .iter()
        .filter_map(|constant| match constant {
            Constant::Class(class) => Some(*class),
            _ => None,
        })
        .chain(
            cap.class_entries()
                .map(|(offset, _)| ClassRef::Internal(offset)),
        )
        .collect();
    if choices.below(4) == 0 {
        let count = cap.class.interfaces.len().max(1);
        if let Some(interface) = cap.class.interfaces.get_mut(choices.below(count)) {
            match choices.below(3) {
                0 => drop(interface.superinterfaces.pop()),
                1 => interface.superinterfaces.push(*choices.pick(&known)),
                _ => interface.flags ^= 1 << choices.below(4),
            }
        }
        return;
    }
    let count = cap.class.classes.len().max(1);
    let Some(class) = cap.class.classes.get_mut(choices.below(count)) else {
        return;
    };
    match choices.below(8) {
        0 => class.super_class = Some(*choices.pick(&known)),
        1 => class.flags ^= 1 << choices.below(4),
        2 => drop(class.interfaces.pop()),
        3 => class.package_method_table_base = choices.byte() % 4,
        _ => {
            let count = class.interfaces.len().max(1);
            let Some(implemented) = class.interfaces.get_mut(choices.below(count)) else {
                return;
            };
            let count = implemented.methods.len().max(1);
            match choices.below(4) {
                0 => implemented.interface = *choices.pick(&known),
                1 => drop(implemented.methods.pop()),
                _ => {
                    if let Some(token) = implemented.methods.get_mut(choices.below(count)) {
                        *token = choices.byte() % 12;
                    }
                }
            }
        }
    }
}

/// What others find: exported members, and where applets are installed.
fn exports(cap: &mut CapFile, choices: &mut Choices<'_>) {
    let offsets: Vec<CodeOffset> = offsets(cap).iter().map(|place| place.offset).collect();
    if let (Some(applets), 0, false) = (&mut cap.applet, choices.below(2), offsets.is_empty()) {
        let count = applets.applets.len().max(1);
        if let Some(applet) = applets.applets.get_mut(choices.below(count)) {
            applet.install_method_offset = *choices.pick(&offsets);
        }
        return;
    }
    let Some(export) = &mut cap.export else {
        return;
    };
    let count = export.classes.len().max(1);
    let Some(class) = export.classes.get_mut(choices.below(count)) else {
        return;
    };
    match choices.below(4) {
        0 => drop(class.static_method_offsets.pop()),
        1 => drop(class.static_field_offsets.pop()),
        2 => class.static_field_offsets.push(choices.byte().into()),
        _ => {
            let count = class.static_method_offsets.len().max(1);
            if let (Some(offset), false) = (
                class.static_method_offsets.get_mut(choices.below(count)),
                offsets.is_empty(),
            ) {
                *offset = *choices.pick(&offsets);
            }
        }
    }
}

/// The parts of the image of static fields, and where the fields are.
fn statics(cap: &mut CapFile, choices: &mut Choices<'_>) {
    let statics = &mut cap.static_field;
    let count = statics.array_init.len().max(1);
    match choices.below(6) {
        0 => statics.reference_count = u16::from(choices.byte() % 6),
        1 => statics.image_size = u16::from(choices.byte() % 32),
        2 => statics.default_value_count = u16::from(choices.byte() % 16),
        3 => {
            if let Some(array) = statics.array_init.get_mut(choices.below(count)) {
                array.element_type = choices.byte() % 7;
            }
        }
        4 => drop(statics.array_init.pop()),
        _ => {
            let by = u16::from(choices.byte() % 8);
            let fields = cap.descriptor.iter_mut();
            let mut fields: Vec<_> = fields
                .flat_map(|descriptor| &mut descriptor.classes)
                .flat_map(|class| &mut class.fields)
                .collect();
            let count = fields.len().max(1);
            if let Some(field) = fields.get_mut(choices.below(count)) {
                match &mut field.location {
                    FieldLocation::Static(StaticRef::Internal(offset)) => *offset = by,
                    FieldLocation::Instance { token, .. } => *token = choices.byte() % 8,
                    FieldLocation::Static(StaticRef::External { .. }) => {}
                }
            }
        }
    }
}

/// A constant leads elsewhere.
fn references(cap: &mut CapFile, choices: &mut Choices<'_>) {
    let count = cap.constant_pool.entries.len().max(1);
    let offsets: Vec<CodeOffset> = offsets(cap).iter().map(|place| place.offset).collect();
    let classes: Vec<u16> = cap.class_entries().map(|(offset, _)| offset).collect();
    let Some(constant) = cap.constant_pool.entries.get_mut(choices.below(count)) else {
        return;
    };
    let byte = choices.byte();
    match constant {
        Constant::Class(class) => other_class(class, &classes, choices),
        Constant::InstanceField { class, token }
        | Constant::VirtualMethod { class, token }
        | Constant::SuperMethod { class, token } => match choices.below(3) {
            0 => other_class(class, &classes, choices),
            1 => *token ^= 0x80,
            _ => *token = byte % 10,
        },
        Constant::StaticField(StaticRef::Internal(offset)) => *offset = u16::from(byte % 16),
        Constant::StaticMethod(StaticRef::Internal(offset)) => {
            if !offsets.is_empty() {
                *offset = *choices.pick(&offsets);
            }
        }
        Constant::StaticField(StaticRef::External { class, token, .. })
        | Constant::StaticMethod(StaticRef::External { class, token, .. }) => {
            if choices.below(2) == 0 {
                *class = byte % 16;
            } else {
                *token = byte % 8;
            }
        }
    }
}

fn other_class(class: &mut ClassRef, own: &[u16], choices: &mut Choices<'_>) {
    *class = if own.is_empty() || choices.below(3) == 0 {
        ClassRef::External {
            package: choices.byte() % 3,
            class: choices.byte() % 24,
        }
    } else {
        ClassRef::Internal(*choices.pick(own))
    };
}

/// Flags and types in the Descriptor component.
fn descriptor(cap: &mut CapFile, choices: &mut Choices<'_>) {
    let Some(descriptor) = &mut cap.descriptor else {
        return;
    };
    let types: Vec<u16> = descriptor
        .types
        .entries()
        .map(|(offset, _)| offset)
        .collect();
    let count = descriptor.classes.len().max(1);
    let Some(class) = descriptor.classes.get_mut(choices.below(count)) else {
        return;
    };
    let (fields, methods) = (class.fields.len().max(1), class.methods.len().max(1));
    match choices.below(4) {
        0 => class.access_flags ^= 1 << choices.below(8),
        1 => {
            if let Some(method) = class.methods.get_mut(choices.below(methods)) {
                method.access_flags ^= 1 << choices.below(8);
            }
        }
        2 => {
            if let Some(method) = class.methods.get_mut(choices.below(methods))
                && !types.is_empty()
            {
                method.type_offset = *choices.pick(&types);
            }
        }
        _ => {
            if let Some(field) = class.fields.get_mut(choices.below(fields)) {
                let primitive = [0x8002, 0x8003, 0x8004, 0x8005];
                field.field_type = *choices.pick(&[types, primitive.to_vec()].concat());
            }
        }
    }
}

/// A constant takes the place of another.
fn constant(cap: &mut CapFile, choices: &mut Choices<'_>) {
    let entries = &mut cap.constant_pool.entries;
    if entries.is_empty() {
        return;
    }
    let (from, to) = (choices.below(entries.len()), choices.below(entries.len()));
    if let Some(descriptor) = &mut cap.descriptor
        && let Some(described) = descriptor.types.constant_pool_types.get(from).copied()
        && let Some(place) = descriptor.types.constant_pool_types.get_mut(to)
    {
        *place = described;
    }
    if let Some(constant) = entries.get(from).copied()
        && let Some(place) = entries.get_mut(to)
    {
        *place = constant;
    }
}

/// Where the code of a method is.
struct Place {
    offset: CodeOffset,
    block: usize,
    /// Among the methods of its block.
    start: usize,
    length: usize,
}

/// Where all code is.
fn offsets(cap: &CapFile) -> Vec<Place> {
    let methods = cap
        .descriptor
        .iter()
        .flat_map(|descriptor| descriptor.methods());
    methods
        .filter(|(class, _)| class.access_flags & access::ACC_INTERFACE == 0)
        .filter_map(|(_, described)| cap.method.described(described))
        .filter(|method| !method.bytecode.is_empty())
        .filter_map(|method| {
            let first = usize::from(cap.method.block(method.block())?.first_offset());
            Some(Place {
                offset: method.offset,
                block: method.block(),
                start: method.code_start().checked_sub(first)?,
                length: method.bytecode.len(),
            })
        })
        .collect()
}

/// The methods of a block.
fn methods(cap: &mut CapFile, block: usize) -> Option<&mut Vec<u8>> {
    match block.checked_sub(1) {
        None => Some(&mut cap.method.methods),
        Some(further) => {
            let block = cap.method.further_blocks.get_mut(further)?;
            Some(&mut block.methods)
        }
    }
}

/// An instruction becomes another with operands of the same length, or gets other operands.
fn instruction(cap: &mut CapFile, choices: &mut Choices<'_>) {
    let offsets = offsets(cap);
    let Some(place) = offsets.get(choices.below(offsets.len().max(1))) else {
        return;
    };
    let Some(methods) = methods(cap, place.block) else {
        return;
    };
    let start = place.start;
    let Some(code) = methods.get(start..start + place.length) else {
        return;
    };
    let instructions: Vec<Instruction> = Instructions::new(code).map_while(Result::ok).collect();
    let Some(old) = instructions.get(choices.below(instructions.len().max(1))) else {
        return;
    };
    let mut new = old.clone();
    if choices.below(3) > 0 {
        let same: Vec<Opcode> = Opcode::ALL
            .iter()
            .copied()
            .filter(|opcode| opcode.layout() == old.opcode.layout())
            .collect();
        new.opcode = *choices.pick(&same);
    } else {
        operands(&mut new.operands, choices, &instructions, old.offset);
    }
    let mut bytes = Vec::new();
    if new.encode(&mut bytes).is_ok()
        && let Some(place) = methods.get_mut(start + old.offset..start + old.offset + bytes.len())
        && bytes.len() == old.size()
    {
        place.copy_from_slice(&bytes);
    }
}

fn operands(
    operands: &mut Operands,
    choices: &mut Choices<'_>,
    instructions: &[Instruction],
    at: usize,
) {
    match operands {
        Operands::Local(local) | Operands::Increment { local, .. } => *local = choices.byte() % 12,
        Operands::Pool(index) | Operands::TypeCheck { index, .. } => {
            *index = u16::from(choices.byte() % 32);
        }
        Operands::Stack { m, n } => (*m, *n) = (choices.byte() % 5, choices.byte() % 9),
        Operands::Branch(jump) => {
            let target = instructions
                .get(choices.below(instructions.len()))
                .map_or(0, |other| other.offset);
            let distance = i64::try_from(target).unwrap_or(0) - i64::try_from(at).unwrap_or(0);
            *jump = i16::try_from(distance).unwrap_or(0);
        }
        Operands::InvokeInterface { nargs, method, .. } => {
            (*nargs, *method) = (choices.byte() % 4, choices.byte() % 3);
        }
        Operands::ArrayType(element) => *element = 10 + choices.byte() % 4,
        Operands::Immediate(value) => *value = i32::from(choices.byte().cast_signed()),
        _ => {}
    }
}
