//! The scratch memory of an applet: one transient array for each kind of element, in which every local array
//! has its place.
//!
//! A function's arrays lie behind those of every function that may have called it, and in front of those of
//! every function that it calls: what is alive at one time never overlaps, what is not shares its place.
//! `install` makes the arrays and keeps them in fields of the applet; a function that needs one gets it as a
//! parameter. No static field refers to them: an applet whose objects one does cannot be deleted (JCRE
//! 3.0.4, chapter 11).

use std::collections::BTreeSet;

use super::allocation::span;
use crate::diagnostic::Diagnostic;
use crate::front::resolve::too_long;
use crate::ir::{
    self, ApiMethod, Callee, ClassId, Element, Expr, Function, FunctionId, Local, LocalId,
    Position, Program, Statement, Type,
};

/// `JCSystem.CLEAR_ON_RESET`
const CLEAR_ON_RESET: i32 = 1;
/// `JCSystem.CLEAR_ON_DESELECT`
pub(super) const CLEAR_ON_DESELECT: i32 = 2;

/// What the runtime environment calls while an applet is selected, or makes it. All else is called for another applet:
/// memory that is cleared on deselection is then out of reach (JCRE 3.0.4, chapter 6).
const WHILE_SELECTED: [&str; 3] = ["install", "process", "deselect"];

/// What one function keeps in the scratch memory.
#[derive(Clone, Default)]
pub(super) struct Scratch {
    /// The local that holds the array, for each kind of element in use.
    pub(super) arrays: Vec<(Element, LocalId)>,
    pub(super) regions: Vec<Region>,
    /// How much is taken now, and at most, for each kind of element.
    taken: Vec<(Element, usize, usize)>,
}

/// The place of one array.
#[derive(Clone)]
pub(super) struct Region {
    /// The local that holds its offset.
    pub(super) offset: LocalId,
    pub(super) element: Element,
    /// Where it starts within what the function keeps.
    pub(super) start: usize,
    /// Whether offsets count elements of two places.
    pub(super) is_wide: bool,
    /// Where the source has the array.
    pub(super) position: Position,
}

/// How much was taken at the start of a scope.
pub(super) type Level = Vec<(Element, usize)>;

impl Scratch {
    /// Takes so many places; where they start.
    pub(super) fn take(&mut self, element: &Element, places: usize) -> usize {
        // Two shorts may be one integer: every start is even.
        let places = places.next_multiple_of(2);
        match self.taken.iter_mut().find(|(known, _, _)| known == element) {
            Some((_, now, most)) => {
                let start = *now;
                *now += places;
                *most = (*most).max(*now);
                start
            }
            None => {
                self.taken.push((element.clone(), places, places));
                0
            }
        }
    }

    /// How much is taken now.
    pub(super) fn level(&self) -> Level {
        let taken = self.taken.iter();
        taken
            .map(|(element, now, _)| (element.clone(), *now))
            .collect()
    }

    /// Gives back what was taken since.
    pub(super) fn give_back(&mut self, level: &Level) {
        for (element, now, _) in &mut self.taken {
            let before = level.iter().find(|(known, _)| known == element);
            *now = before.map_or(0, |(_, before)| *before);
        }
    }

    fn size(&self, element: &Element) -> usize {
        let found = self.taken.iter().find(|(known, _, _)| known == element);
        found.map_or(0, |(_, _, most)| *most)
    }
}

/// Lays the memory out, and passes it to the functions that need it.
pub(super) fn lay_out(program: &mut Program, frames: &[Scratch]) -> Vec<Diagnostic> {
    let mut errors = Vec::new();
    let kinds: Vec<Element> = {
        let mut kinds: Vec<Element> = Vec::new();
        for (element, _, _) in frames.iter().flat_map(|frame| &frame.taken) {
            if !kinds.contains(element) {
                kinds.push(element.clone());
            }
        }
        kinds
    };
    let calls: Vec<BTreeSet<usize>> = program.functions.iter().map(callees).collect();
    for kind in kinds {
        match starts(program, frames, &kind, &calls) {
            Ok(starts) => errors.extend(place(program, frames, &kind, &calls, &starts)),
            Err(found) => errors.extend(found),
        }
    }
    errors
}

fn callees(function: &Function) -> BTreeSet<usize> {
    let mut found = BTreeSet::new();
    function.walk(&mut |expr| found.extend(expr.called_function().map(|id| id.0)));
    found
}

/// Where what each function keeps starts: behind what all that may have called it keep.
fn starts(
    program: &Program,
    frames: &[Scratch],
    kind: &Element,
    calls: &[BTreeSet<usize>],
) -> Result<Vec<usize>, Vec<Diagnostic>> {
    let size = |index: usize| frames.get(index).map_or(0, |frame| frame.size(kind));
    let mut starts = vec![0; calls.len()];
    for round in 0.. {
        let mut moved = Vec::new();
        for (caller, callees) in calls.iter().enumerate() {
            let end = starts.get(caller).copied().unwrap_or(0) + size(caller);
            for callee in callees {
                if let Some(start) = starts.get_mut(*callee)
                    && *start < end
                {
                    *start = end;
                    moved.push(*callee);
                }
            }
        }
        if moved.is_empty() {
            break;
        }
        // Without a circle the longest way has no more calls than there are functions.
        if round > calls.len() {
            let around = |index: &usize| size(*index) > 0 && reaches(calls, *index, *index);
            moved.sort_unstable();
            moved.dedup();
            let found: Vec<Diagnostic> = moved
                .iter()
                .filter(|index| around(index))
                .filter_map(|index| program.functions.get(*index))
                .map(|function| {
                    Diagnostic::new(
                        span(function.position),
                        "a function with a local array calls itself",
                        "its memory is there once",
                    )
                    .help("write a loop, or pass a slice of an array that its caller has")
                })
                .collect();
            return Err(found);
        }
    }
    let end = |index: &usize| starts[*index] + size(*index);
    let too_long: Vec<Diagnostic> = (0..calls.len())
        .filter(|index| size(*index) > 0 && !ir::fits_array(end(index)))
        .filter_map(|index| {
            let function = program.functions.get(index)?;
            Some(too_long(span(function.position), end(&index)).help(
                "the local arrays of all functions that are under way at one time are in one; a `u32` or `i32` takes two places",
            ))
        })
        .collect();
    if too_long.is_empty() {
        Ok(starts)
    } else {
        Err(too_long)
    }
}

fn reaches(calls: &[BTreeSet<usize>], from: usize, to: usize) -> bool {
    let mut seen = BTreeSet::new();
    let mut work: Vec<usize> = calls.get(from).into_iter().flatten().copied().collect();
    while let Some(index) = work.pop() {
        if index == to {
            return true;
        }
        if seen.insert(index) {
            work.extend(calls.get(index).into_iter().flatten());
        }
    }
    false
}

fn place(
    program: &mut Program,
    frames: &[Scratch],
    kind: &Element,
    calls: &[BTreeSet<usize>],
    starts: &[usize],
) -> Vec<Diagnostic> {
    let count = program.functions.len();
    let keeps = |index: usize| frames.get(index).is_some_and(|frame| frame.size(kind) > 0);
    // Who needs the array: who keeps something in it, and who calls one that does.
    let mut needs: Vec<bool> = (0..count).map(keeps).collect();
    loop {
        let more: Vec<usize> = (0..count)
            .filter(|index| !needs[*index])
            .filter(|index| calls[*index].iter().any(|callee| needs[*callee]))
            .collect();
        if more.is_empty() {
            break;
        }
        for index in more {
            needs[index] = true;
        }
    }
    let mut arrays = vec![None; count];
    for index in (0..count).filter(|index| needs[*index]) {
        let known = frames.get(index).and_then(|frame| {
            let mut arrays = frame.arrays.iter();
            arrays
                .find(|(known, _)| known == kind)
                .map(|(_, local)| *local)
        });
        let Some(function) = program.functions.get_mut(index) else {
            continue;
        };
        let array = known.unwrap_or_else(|| {
            function.locals.push(Local {
                name: "scratch".to_owned(),
                ty: Type::Array(kind.clone()),
            });
            LocalId(function.locals.len() - 1)
        });
        arrays[index] = Some(array);
        if function.entry.is_none() {
            function.parameters.push(array);
        }
        for region in frames
            .get(index)
            .into_iter()
            .flat_map(|frame| &frame.regions)
        {
            if region.element == *kind {
                let start = starts.get(index).copied().unwrap_or(0) + region.start;
                let start = if region.is_wide { start / 2 } else { start };
                at_entry(function, region.offset, number(start), None);
            }
        }
        function.walk_mut(&mut |expr| {
            if let Expr::Call(Callee::Function(callee), arguments, _) = expr
                && needs.get(callee.0) == Some(&true)
            {
                arguments.push(Expr::Local(array));
            }
        });
    }
    for class in applets(program) {
        let entries = entries_of(program, class);
        let reached = reached(calls, &entries);
        let end = |index: &usize| starts[*index] + frames.get(*index).map_or(0, |f| f.size(kind));
        let kept: Vec<&usize> = reached.iter().filter(|index| keeps(**index)).collect();
        let Some(size) = kept.into_iter().map(end).max() else {
            continue;
        };
        let Some(found) = program.classes.get_mut(class.0) else {
            continue;
        };
        // The first of the arrays in it says where it comes from.
        let regions = reached.iter().filter_map(|index| frames.get(*index));
        let mut regions = regions.flat_map(|frame| &frame.regions);
        let position = regions.find(|region| region.element == *kind);
        let position = position.map(|region| region.position);
        let is_for_others = entries.iter().any(|index| {
            let entry = program.functions.get(*index).and_then(|f| f.entry.as_ref());
            arrays[*index].is_some()
                && entry.is_some_and(|entry| !WHILE_SELECTED.contains(&entry.name.as_str()))
        });
        let event = if is_for_others {
            CLEAR_ON_RESET
        } else {
            CLEAR_ON_DESELECT
        };
        let field = found.fields.len();
        found.fields.push(ir::Field {
            name: format!("scratch_{}", name(kind)),
            ty: Type::Array(kind.clone()),
        });
        for index in entries {
            let Some(function) = program.functions.get_mut(index) else {
                continue;
            };
            let is_install = function
                .entry
                .as_ref()
                .is_some_and(|entry| entry.name == "install");
            if is_install {
                let array = arrays[index].unwrap_or_else(|| {
                    function.locals.push(Local {
                        name: "scratch".to_owned(),
                        ty: Type::Array(kind.clone()),
                    });
                    LocalId(function.locals.len() - 1)
                });
                at_entry(function, array, made(kind, size, event), position);
                keep(function, class, field, array);
            } else if let (Some(array), Some(this)) = (arrays[index], function.parameters.first()) {
                let this = Box::new(Expr::Local(*this));
                at_entry(function, array, Expr::Field(this, field, class), None);
            }
        }
    }
    without_applet(program, &arrays)
}

/// What is called from outside of the package and belongs to no applet has nobody who keeps its memory.
fn without_applet(program: &Program, arrays: &[Option<LocalId>]) -> Vec<Diagnostic> {
    let kept: BTreeSet<usize> = applets(program)
        .into_iter()
        .flat_map(|class| entries_of(program, class))
        .collect();
    program
        .functions
        .iter()
        .enumerate()
        .filter(|(index, function)| {
            let needs = arrays.get(*index).is_some_and(Option::is_some);
            needs && function.entry.is_some() && !kept.contains(index)
        })
        .map(|(_, function)| {
            Diagnostic::new(
                span(function.position),
                "a function of a library package keeps a local array",
                "the memory of local arrays is an applet's",
            )
            .help("take a slice to work in as a parameter")
        })
        .collect()
}

/// Sets a local first of all; without a position of its own it is where the function is declared.
fn at_entry(function: &mut Function, local: LocalId, value: Expr, position: Option<Position>) {
    let position = position.unwrap_or(function.position);
    if let Some(entry) = function.blocks.first_mut() {
        entry
            .statements
            .insert(0, (Statement::Set(local, value), position));
    }
}

/// Puts the array into the applet before it is registered.
fn keep(function: &mut Function, class: ClassId, field: usize, array: LocalId) {
    for block in &mut function.blocks {
        let found = block.statements.iter().position(|(statement, _)| {
            matches!(statement, Statement::Eval(Expr::Call(Callee::Api(method), _, _)) if method.name == "register")
        });
        let Some(at) = found else { continue };
        let (Statement::Eval(Expr::Call(_, arguments, _)), position) = &block.statements[at] else {
            continue;
        };
        let (Some(applet), position) = (arguments.first().cloned(), *position) else {
            continue;
        };
        let kept = Statement::SetField(applet, field, class, Expr::Local(array));
        block.statements.insert(at, (kept, position));
        return;
    }
}

/// The classes of the package's applets.
fn applets(program: &Program) -> Vec<ClassId> {
    program.applets.iter().map(|applet| applet.class).collect()
}

/// What the runtime environment calls of an applet.
fn entries_of(program: &Program, class: ClassId) -> Vec<usize> {
    let installs = |index: usize| {
        program
            .applets
            .iter()
            .any(|applet| applet.class == class && applet.install == FunctionId(index))
    };
    let of_class =
        |function: &Function| function.entry.is_some() && function.receiver == Some(class);
    program
        .functions
        .iter()
        .enumerate()
        .filter(|(index, function)| of_class(function) || installs(*index))
        .map(|(index, _)| index)
        .collect()
}

fn reached(calls: &[BTreeSet<usize>], from: &[usize]) -> BTreeSet<usize> {
    let mut seen = BTreeSet::new();
    let mut work = from.to_vec();
    while let Some(index) = work.pop() {
        if seen.insert(index) {
            work.extend(calls.get(index).into_iter().flatten());
        }
    }
    seen
}

fn number(n: usize) -> Expr {
    Expr::Const(Type::Usize, i32::try_from(n).unwrap_or(i32::MAX))
}

fn name(kind: &Element) -> &'static str {
    match kind {
        Element::Bool => "bool",
        Element::U8 => "u8",
        Element::I8 => "i8",
        Element::U16 => "u16",
        Element::I16 => "i16",
        Element::Int => "int",
        Element::Class(_) => "objects",
    }
}

/// A new transient array, which `event` clears.
pub(super) fn made(kind: &Element, size: usize, event: i32) -> Expr {
    const SYSTEM: &str = "javacard/framework/JCSystem";
    let (class, name, descriptor) = match kind {
        Element::Bool => (SYSTEM, "makeTransientBooleanArray", "(SB)[Z"),
        Element::U16 | Element::I16 => (SYSTEM, "makeTransientShortArray", "(SB)[S"),
        Element::Int => (
            "javacardx/framework/util/intx/JCint",
            "makeTransientIntArray",
            "(SB)[I",
        ),
        _ => (SYSTEM, "makeTransientByteArray", "(SB)[B"),
    };
    let method = ApiMethod {
        class: class.to_owned(),
        name: name.to_owned(),
        descriptor: descriptor.to_owned(),
    };
    let event = Expr::Const(Type::U8, event);
    Expr::Call(
        Callee::Api(method),
        vec![number(size), event],
        Some(Type::Array(kind.clone())),
    )
}
