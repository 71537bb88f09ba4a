//! What a package asks of a card: the deepest stack, what installing allocates, code size.

use crate::ir::{Callee, Element, Expr, FunctionId, Program, Type};
use serde::Serialize;
use std::collections::HashMap;

use super::map::SourceMap;

/// The budget of a package.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Budget {
    /// Bytes of the Method component's methods.
    pub code_bytes: usize,
    /// Bytes of constant arrays.
    pub constant_bytes: usize,
    /// Most stack and local words in use at a time, over the methods of this package alone.
    pub stack_words: usize,
    /// The calls that lead there, outermost first.
    pub stack_path: Vec<String>,
    /// Functions that call themselves, directly or not: their depth is not counted.
    pub recursive: Vec<String>,
    /// Objects and arrays of this package that `install` makes, whatever its parameters.
    pub objects: usize,
    /// Bytes of their fields and elements, at two bytes a reference or `short`, without the card's
    /// overhead for each object; arrays whose length is not constant count as empty.
    pub persistent_bytes: usize,
    /// Bytes asked of `makeTransient…Array` with constant lengths.
    pub transient_bytes: usize,
}

impl Budget {
    /// The budget of a program as it was compiled: `map` tells the frames of its methods.
    #[must_use]
    pub fn of(program: &Program, map: &SourceMap) -> Self {
        let mut budget = Budget {
            code_bytes: map
                .methods
                .iter()
                .map(|method| usize::from(method.header_size) + usize::from(method.code_size))
                .sum(),
            constant_bytes: program
                .arrays
                .iter()
                .map(|array| array.values.len() * element_bytes(&array.element))
                .sum(),
            ..Budget::default()
        };
        let mut walk = Depth {
            program,
            map,
            path: Vec::new(),
            known: HashMap::new(),
            recursive: Vec::new(),
        };
        for (index, function) in program.functions.iter().enumerate() {
            if function.entry.is_some() {
                let (words, path) = walk.deepest(FunctionId(index));
                if words > budget.stack_words {
                    budget.stack_words = words;
                    budget.stack_path = path;
                }
            }
        }
        let mut recursive = walk.recursive;
        recursive.sort();
        recursive.dedup();
        budget.recursive = recursive;
        for applet in &program.applets {
            let mut seen = Vec::new();
            budget.add_allocations(program, applet.install, &mut seen);
        }
        budget
    }

    /// Adds what a function and those that it calls allocate, each counted once.
    fn add_allocations(&mut self, program: &Program, id: FunctionId, seen: &mut Vec<FunctionId>) {
        let Some(function) = program.functions.get(id.0).filter(|_| !seen.contains(&id)) else {
            return;
        };
        seen.push(id);
        let mut called = Vec::new();
        function.walk(&mut |expr| match expr {
            Expr::New(class) => {
                self.objects += 1;
                let fields = program
                    .classes
                    .get(class.0)
                    .map_or(&[][..], |class| class.fields.as_slice());
                self.persistent_bytes += fields
                    .iter()
                    .map(|field| field_bytes(&field.ty))
                    .sum::<usize>();
            }
            Expr::NewArray(element, length) => {
                self.objects += 1;
                if let Expr::Const(_, length) = **length {
                    self.persistent_bytes +=
                        usize::try_from(length).unwrap_or(0) * element_bytes(element);
                }
            }
            Expr::Call(Callee::Api(method), arguments, _)
                if method.name.starts_with("makeTransient") =>
            {
                self.objects += 1;
                if let Some(length) = arguments.first().and_then(constant) {
                    let bytes = if method.name.contains("Short") || method.name.contains("Object") {
                        2
                    } else {
                        1
                    };
                    self.transient_bytes += length * bytes;
                }
            }
            Expr::Call(Callee::Api(method), _, _) if method.name == "<init>" => self.objects += 1,
            Expr::Call(Callee::Function(callee), _, _) => called.push(*callee),
            _ => {}
        });
        for callee in called {
            self.add_allocations(program, callee, seen);
        }
    }
}

fn constant(expr: &Expr) -> Option<usize> {
    match expr {
        Expr::Const(_, value) => usize::try_from(*value).ok(),
        Expr::Cast { value, .. } => constant(value),
        _ => None,
    }
}

fn field_bytes(ty: &Type) -> usize {
    match ty {
        Type::Bool | Type::U8 | Type::I8 => 1,
        _ => 2,
    }
}

fn element_bytes(element: &Element) -> usize {
    match element {
        Element::Bool | Element::U8 | Element::I8 => 1,
        Element::U16 | Element::I16 | Element::Class(_) => 2,
    }
}

struct Depth<'a> {
    program: &'a Program,
    map: &'a SourceMap,
    path: Vec<FunctionId>,
    /// Depths found already.
    known: HashMap<FunctionId, (usize, Vec<String>)>,
    recursive: Vec<String>,
}

impl Depth<'_> {
    /// The words that a function and the deepest of what it calls take, and the calls that lead there.
    fn deepest(&mut self, id: FunctionId) -> (usize, Vec<String>) {
        let Some(function) = self.program.functions.get(id.0) else {
            return (0, Vec::new());
        };
        if self.path.contains(&id) {
            self.recursive.push(function.name.clone());
            return (0, Vec::new());
        }
        if let Some(known) = self.known.get(&id) {
            return known.clone();
        }
        self.path.push(id);
        let mut callees = Vec::new();
        function.walk(&mut |expr| callees.extend(expr.called_function()));
        callees.sort_unstable();
        callees.dedup();
        let (mut words, mut path) = (0, Vec::new());
        for callee in callees {
            let (deeper, below) = self.deepest(callee);
            if deeper > words {
                (words, path) = (deeper, below);
            }
        }
        self.path.pop();
        let frame = self
            .map
            .methods
            .iter()
            .find(|method| method.path == function.name)
            .map_or(0, |method| {
                usize::from(method.max_stack)
                    + usize::from(method.arguments)
                    + usize::from(method.locals)
            });
        path.insert(0, function.name.clone());
        self.known.insert(id, (frame + words, path.clone()));
        (frame + words, path)
    }
}
