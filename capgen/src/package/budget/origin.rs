//! Where the arrays come from that an expression may give: persistent or not, and how long.

use super::install::transient_element;
use crate::codegen::interval::Ranges;
use crate::ir::{Callee, ClassId, Expr, Function, FunctionId, LocalId, Program, Statement};
use std::cell::RefCell;
use std::collections::HashMap;

/// What is known of an array.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Origin {
    /// Whether it may be persistent.
    pub(super) is_persistent: bool,
    /// The most elements that it may have, where that is known.
    pub(super) length: Option<usize>,
}

impl Origin {
    const UNKNOWN: Self = Self {
        is_persistent: true,
        length: None,
    };

    fn join(self, other: Self) -> Self {
        Self {
            is_persistent: self.is_persistent || other.is_persistent,
            length: self.length.zip(other.length).map(|(a, b)| a.max(b)),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Place {
    Field(ClassId, usize),
    Local(FunctionId, LocalId),
}

/// The origins of a program's arrays.
pub(super) struct Origins<'a> {
    program: &'a Program,
    /// What is put into each place: the function that does, and the value.
    sources: HashMap<Place, Vec<(FunctionId, &'a Expr)>>,
    known: RefCell<HashMap<Place, Option<Origin>>>,
}

impl<'a> Origins<'a> {
    pub(super) fn of(program: &'a Program) -> Self {
        let mut sources: HashMap<Place, Vec<(FunctionId, &'a Expr)>> = HashMap::new();
        for (index, function) in program.functions.iter().enumerate() {
            let id = FunctionId(index);
            let mut put = |place, value| sources.entry(place).or_default().push((id, value));
            for (statement, _) in function.blocks.iter().flat_map(|block| &block.statements) {
                match statement {
                    Statement::Set(local, value) => put(Place::Local(id, *local), value),
                    Statement::SetField(_, field, class, value) => {
                        put(Place::Field(*class, *field), value);
                    }
                    Statement::SetElement(..) | Statement::Eval(_) => {}
                }
            }
            function.walk(&mut |expr| {
                if let Expr::Call(Callee::Function(callee), arguments, _) = expr
                    && let Some(called) = program.functions.get(callee.0)
                {
                    for (parameter, argument) in called.parameters.iter().zip(arguments) {
                        put(Place::Local(*callee, *parameter), argument);
                    }
                }
            });
        }
        Self {
            program,
            sources,
            known: RefCell::default(),
        }
    }

    /// Where the array that an expression of a function gives may come from.
    pub(super) fn of_array(&self, id: FunctionId, expr: &Expr) -> Origin {
        self.find(id, expr).unwrap_or(Origin::UNKNOWN)
    }

    /// `None` if nothing is put there.
    fn find(&self, id: FunctionId, expr: &Expr) -> Option<Origin> {
        match expr {
            Expr::ConstArray(array) => Some(Origin {
                is_persistent: true,
                length: self
                    .program
                    .arrays
                    .get(array.0)
                    .map(|array| array.values.len()),
            }),
            Expr::NewArray(_, length) => Some(Origin {
                is_persistent: true,
                length: self.high(id, length),
            }),
            Expr::Call(Callee::Api(method), arguments, _) => {
                let is_transient = transient_element(method).is_some();
                let is_buffer =
                    method.name == "getBuffer" && method.class == "javacard/framework/APDU";
                Some(Origin {
                    is_persistent: !is_transient && !is_buffer,
                    length: arguments
                        .first()
                        .filter(|_| is_transient)
                        .and_then(|length| self.high(id, length)),
                })
            }
            Expr::Null(_) => None,
            Expr::Local(local) => self.place(Place::Local(id, *local)),
            Expr::Field(_, field, class) => self.place(Place::Field(*class, *field)),
            _ => Some(Origin::UNKNOWN),
        }
    }

    fn place(&self, place: Place) -> Option<Origin> {
        if let Some(known) = self.known.borrow().get(&place) {
            return *known;
        }
        // A way that leads back to this place adds nothing to the others.
        self.known.borrow_mut().insert(place, None);
        let is_entry = match place {
            Place::Local(id, local) => {
                self.program
                    .functions
                    .get(id.0)
                    .is_some_and(|function: &Function| {
                        function.entry.is_some() && function.parameters.contains(&local)
                    })
            }
            Place::Field(..) => false,
        };
        let sources = self.sources.get(&place).into_iter().flatten();
        let found = sources
            .filter_map(|(id, value)| self.find(*id, value))
            .reduce(Origin::join);
        let found = if is_entry {
            Some(Origin::UNKNOWN)
        } else {
            found
        };
        self.known.borrow_mut().insert(place, found);
        found
    }

    fn high(&self, id: FunctionId, length: &Expr) -> Option<usize> {
        let function = self.program.functions.get(id.0)?;
        usize::try_from(Ranges::of(self.program, function).range(length).high).ok()
    }
}
