//! What `install` allocates.

use super::imported::Imported;
use super::paths::{self, Cost};
use super::{Place, element_bytes, field_bytes};
use crate::codegen::interval::Ranges;
use crate::ir::{ApiMethod, Callee, Element, Expr, Function, FunctionId, Position, Program};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Memory that is taken for good.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    /// Objects and arrays of every kind, those of the API that are made by name included.
    pub objects: usize,
    /// Persistent bytes of fields and elements of this package's objects and arrays.
    pub persistent_bytes: usize,
    /// Transient bytes that are cleared when the applet is deselected (and at reset).
    pub clear_on_deselect_bytes: usize,
    /// Transient bytes that are cleared at reset only.
    pub clear_on_reset_bytes: usize,
    /// The same by what is allocated, the most on any one way for each.
    pub allocated: Vec<Allocated>,
    /// Where a loop or recursion allocates: the figures count it once.
    pub unbounded: Vec<Place>,
}

/// Objects of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allocated {
    /// The Rust struct, the array's type, or the API class.
    pub what: String,
    /// How many.
    pub count: usize,
    /// Bytes of their fields and elements; 0 for objects of the API, whose size only the card knows.
    pub bytes: usize,
}

/// `JCSystem.CLEAR_ON_RESET`
const CLEAR_ON_RESET: i32 = 1;

#[derive(Clone, Debug, Default, PartialEq)]
struct Sum {
    objects: usize,
    persistent: usize,
    on_deselect: usize,
    on_reset: usize,
    kinds: BTreeMap<String, (usize, usize)>,
    repeated: Vec<Position>,
    /// Loops of other packages that allocate.
    elsewhere: Vec<Place>,
}

impl Sum {
    /// What a method of another package allocates, as its budget says.
    fn of_imported(memory: &Memory) -> Self {
        let kinds = memory.allocated.iter();
        Self {
            objects: memory.objects,
            persistent: memory.persistent_bytes,
            on_deselect: memory.clear_on_deselect_bytes,
            on_reset: memory.clear_on_reset_bytes,
            kinds: kinds
                .map(|kind| (kind.what.clone(), (kind.count, kind.bytes)))
                .collect(),
            repeated: Vec::new(),
            elsewhere: memory.unbounded.clone(),
        }
    }

    fn of(what: String, bytes: usize) -> Self {
        Self {
            objects: 1,
            kinds: BTreeMap::from([(what, (1, bytes))]),
            ..Self::default()
        }
    }

    fn combine(&mut self, other: &Self, with: fn(usize, usize) -> usize) {
        for (own, other) in [
            (&mut self.objects, other.objects),
            (&mut self.persistent, other.persistent),
            (&mut self.on_deselect, other.on_deselect),
            (&mut self.on_reset, other.on_reset),
        ] {
            *own = with(*own, other);
        }
        for (what, (count, bytes)) in &other.kinds {
            let own = self.kinds.entry(what.clone()).or_default();
            *own = (with(own.0, *count), with(own.1, *bytes));
        }
        paths::note(&mut self.repeated, &other.repeated);
        paths::note(&mut self.elsewhere, &other.elsewhere);
    }
}

impl Cost for Sum {
    fn add(&mut self, other: &Self) {
        self.combine(other, |a, b| a + b);
    }

    fn max(&mut self, other: &Self) {
        self.combine(other, usize::max);
    }

    fn repeat(&mut self, position: Position) {
        self.repeated.push(position);
    }
}

/// What a function and all that it calls allocate at most.
pub(super) fn of(program: &Program, imported: &Imported<'_>, install: FunctionId) -> Memory {
    let sum = function_sum(program, imported, install, &mut Vec::new());
    let mut unbounded: Vec<Place> = sum
        .repeated
        .iter()
        .filter_map(|position| Place::of(program, *position))
        .chain(sum.elsewhere)
        .collect();
    unbounded.sort();
    unbounded.dedup();
    let allocated = sum.kinds.into_iter();
    Memory {
        objects: sum.objects,
        persistent_bytes: sum.persistent,
        clear_on_deselect_bytes: sum.on_deselect,
        clear_on_reset_bytes: sum.on_reset,
        allocated: allocated
            .map(|(what, (count, bytes))| Allocated { what, count, bytes })
            .collect(),
        unbounded,
    }
}

fn function_sum(
    program: &Program,
    imported: &Imported<'_>,
    id: FunctionId,
    path: &mut Vec<FunctionId>,
) -> Sum {
    let Some(function) = program.functions.get(id.0) else {
        return Sum::default();
    };
    if path.contains(&id) {
        return Sum {
            repeated: vec![function.position],
            ..Sum::default()
        };
    }
    path.push(id);
    let ranges = Ranges::of(program, function);
    let costs: Vec<Sum> = (0..function.blocks.len())
        .map(|block| block_sum(program, imported, function, &ranges, block, path))
        .collect();
    path.pop();
    let cost = |block: usize| costs.get(block).cloned().unwrap_or_default();
    paths::worst(function, 0, cost, |_| false)
}

fn block_sum(
    program: &Program,
    imported: &Imported<'_>,
    function: &Function,
    ranges: &Ranges<'_>,
    block: usize,
    path: &mut Vec<FunctionId>,
) -> Sum {
    let mut sum = Sum::default();
    let Some(block) = function.blocks.get(block) else {
        return sum;
    };
    let statements = block.statements.iter();
    let roots = statements
        .flat_map(|(statement, _)| statement.expressions())
        .chain(block.terminator.expression());
    let mut called = Vec::new();
    for root in roots {
        // What a key builder makes is what it is cast to.
        let mut cast: Option<&Expr> = None;
        root.walk(&mut |expr| match expr {
            Expr::Call(Callee::Function(id), _, _) => called.push(*id),
            Expr::Downcast(made, class) if makes_a_key(made) => {
                cast = Some(made);
                sum.add(&Sum::of(class.replace('/', "."), 0));
            }
            made if cast.is_some_and(|cast| std::ptr::eq(cast, made)) => {}
            other => sum.add(&match imported.of_call(other) {
                Some(budget) => Sum::of_imported(&budget.allocates),
                None => allocation(program, ranges, other),
            }),
        });
    }
    for id in called {
        sum.add(&function_sum(program, imported, id, path));
    }
    sum
}

/// What evaluating one expression allocates, its operands aside.
fn allocation(program: &Program, ranges: &Ranges<'_>, expr: &Expr) -> Sum {
    let length = |expr: &Expr| usize::try_from(ranges.range(expr).high).unwrap_or(0);
    match expr {
        Expr::New(class) => {
            let class = program.classes.get(class.0);
            let fields = class.map_or(&[][..], |class| class.fields.as_slice());
            let bytes = fields.iter().map(|field| field_bytes(&field.ty)).sum();
            let name = class.map_or_else(String::new, |class| class.name.clone());
            Sum {
                persistent: bytes,
                ..Sum::of(name, bytes)
            }
        }
        Expr::NewArray(element, count) => {
            let bytes = length(count) * element_bytes(element);
            Sum {
                persistent: bytes,
                ..Sum::of(array_name(program, element), bytes)
            }
        }
        Expr::Call(Callee::Api(method), arguments, _) => match transient_element(method) {
            Some((name, size)) => {
                let bytes = arguments.first().map_or(0, length) * size;
                let event = arguments.get(1).map(|event| ranges.range(event));
                let on_reset = event
                    .is_some_and(|event| event.low == event.high && event.low == CLEAR_ON_RESET);
                let mut sum = Sum::of(format!("transient {name}"), bytes);
                if on_reset {
                    sum.on_reset = bytes;
                } else {
                    sum.on_deselect = bytes;
                }
                sum
            }
            None if method.name == "<init>" => Sum::of(method.class.replace('/', "."), 0),
            None if makes_by_name(method) => {
                let result = method.descriptor.split(")L").nth(1);
                let class =
                    result.map_or(method.class.as_str(), |class| class.trim_end_matches(';'));
                Sum::of(class.replace('/', "."), 0)
            }
            None => Sum::default(),
        },
        _ => Sum::default(),
    }
}

/// Whether a method of the API gives a new object.
fn makes_by_name(method: &ApiMethod) -> bool {
    method.name == "getInstance" || method.name.starts_with("build")
}

fn makes_a_key(expr: &Expr) -> bool {
    matches!(expr, Expr::Call(Callee::Api(method), _, _) if makes_by_name(method))
}

/// The array that a `JCSystem.makeTransient…` makes, and the bytes of an element.
pub(super) fn transient_element(method: &ApiMethod) -> Option<(&'static str, usize)> {
    Some(match method.name.as_str() {
        "makeTransientByteArray" => ("byte[]", 1),
        "makeTransientBooleanArray" => ("boolean[]", 1),
        "makeTransientShortArray" => ("short[]", 2),
        "makeTransientIntArray" => ("int[]", 4),
        "makeTransientObjectArray" => ("Object[]", 2),
        _ => return None,
    })
}

fn array_name(program: &Program, element: &Element) -> String {
    match element {
        Element::Bool => "boolean[]".to_owned(),
        Element::U8 | Element::I8 => "byte[]".to_owned(),
        Element::U16 | Element::I16 => "short[]".to_owned(),
        Element::Int => "int[]".to_owned(),
        Element::Class(class) => format!("{}[]", super::class_name(program, *class)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As along a chain of branches, each of whose two ways goes on to the next.
    #[test]
    fn ways_that_meet_name_a_place_once() {
        let mut sum = Sum {
            repeated: vec![Position::default()],
            ..Sum::default()
        };
        for _ in 0..10 {
            let other = sum.clone();
            sum.max(&other);
            sum.add(&other);
        }
        assert_eq!(sum.repeated.len(), 1);
    }
}
