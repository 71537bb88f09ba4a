//! What a package asks of a card: what installing allocates, the deepest stack, the largest
//! transaction, the size of every function.
//!
//! Every figure is an upper bound over all commands, drawn from the code alone; where none can be
//! drawn (a loop that allocates, recursion) the budget says so instead of guessing.
//!
//! - Words of stack are those of the package's own frames; what the card's API takes below them is the
//!   card's business.
//! - Bytes of memory are those of fields and elements, at two bytes a `short` or reference, without what a
//!   card adds to each object.
//! - Bytes of a transaction are those of the old values that a card has to keep, without what it adds
//!   to each write. What the API's own objects write (`OwnerPIN.update`) is named, not counted.

mod depth;
mod html;
mod imported;
mod install;
mod origin;
mod paths;
mod stack;
mod text;
mod transaction;
mod treemap;

use super::map::SourceMap;
use crate::ir::calls::CallGraph;
use crate::ir::{AppletEntry, Element, FunctionId, Position, Program, Type};
pub use imported::ExportedBudget;
use imported::Imported;
pub use install::{Allocated, Memory};
use serde::{Deserialize, Serialize};
use stack::Stacks;
pub use stack::{Frame, Stack};
pub use transaction::{Transaction, Written};

/// The version of the budget's form.
pub const BUDGET_VERSION: u32 = 2;

/// The budget of a package.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Budget {
    /// [`BUDGET_VERSION`].
    pub version: u32,
    /// The package AID in hexadecimal.
    pub package: String,
    /// Its version, `1.0`.
    pub package_version: String,
    /// Bytes of all methods, their headers included.
    pub code_bytes: usize,
    /// Bytes of constant arrays.
    pub constant_bytes: usize,
    /// The functions by size, the largest first.
    pub functions: Vec<FunctionBudget>,
    /// The applets.
    pub applets: Vec<AppletBudget>,
    /// Of a library package: the functions that other packages may call.
    pub exported: Vec<ExportedBudget>,
    /// The functions of imported packages that are called, `ledger/Decimal.write([BSSS)V`, and are in the figures, as the
    /// budgets of those packages have them.
    pub imported: Vec<String>,
    /// Those that are in no figure: an export file does not tell what they take, nor who serves a shareable interface.
    pub uncounted: Vec<String>,
    /// Functions that call themselves, directly or not: stack and memory have no bound then.
    pub recursive: Vec<String>,
}

/// What one function takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FunctionBudget {
    /// Its Rust path.
    pub path: String,
    /// Bytes of bytecode and header.
    pub bytes: usize,
    /// Words of its frame: arguments, locals, and the deepest operand stack.
    pub frame_words: usize,
    /// Where it is declared; absent for what the compiler made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
}

/// What one applet takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppletBudget {
    /// Its AID in hexadecimal.
    pub aid: String,
    /// The Rust struct.
    pub class: String,
    /// What `install` allocates.
    pub install: Memory,
    /// The stack of each entry point, the deepest first.
    pub stack: Vec<Stack>,
    /// Its transactions, the largest first.
    pub transactions: Vec<Transaction>,
}

/// A place in the source.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
}

impl Place {
    fn of(program: &Program, position: Position) -> Option<Self> {
        let file = program.files.get(usize::try_from(position.file).ok()?)?;
        (position.line > 0).then(|| Self {
            file: file.clone(),
            line: position.line,
        })
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

impl Budget {
    /// The budget of a program as it was compiled: `map` tells the frames of its methods, `imports` are the budgets of packages
    /// that it imports, as far as they are known.
    #[must_use]
    pub fn of(program: &Program, map: &SourceMap, imports: &[Self]) -> Self {
        let imported = Imported::new(imports.iter().flat_map(|budget| &budget.exported));
        let origins = origin::Origins::of(program);
        let analysis = transaction::Analysis::new(program, &origins, &imported);
        let mut figures = Figures {
            program,
            imported: &imported,
            stacks: Stacks::new(program, &imported, map),
            calls: CallGraph::of(program),
            transactions: analysis.all(),
            analysis,
        };
        let applets = program.applets.iter();
        let applets = applets.map(|applet| figures.applet(applet)).collect();
        let exported = figures.exported();
        let (counted, uncounted): (Vec<_>, Vec<_>) = imported::called(program)
            .into_iter()
            .partition(|method| imported.of(method).is_some());
        let names = |methods: Vec<&crate::ir::ApiMethod>| {
            let names = methods.into_iter().map(ToString::to_string);
            names.collect()
        };
        let mut functions: Vec<FunctionBudget> = map
            .methods
            .iter()
            .map(|method| FunctionBudget {
                path: method.path.clone(),
                bytes: usize::from(method.header_size) + usize::from(method.code_size),
                frame_words: stack::frame(method),
                place: program
                    .functions
                    .iter()
                    .find(|function| function.name == method.path)
                    .and_then(|function| Place::of(program, function.position)),
            })
            .collect();
        functions.sort_by(|a, b| b.bytes.cmp(&a.bytes).then_with(|| a.path.cmp(&b.path)));
        Self {
            version: BUDGET_VERSION,
            package: map.package.clone(),
            package_version: format!("{}.{}", program.version.0, program.version.1),
            code_bytes: functions.iter().map(|function| function.bytes).sum(),
            constant_bytes: program
                .arrays
                .iter()
                .map(|array| array.values.len() * element_bytes(&array.element))
                .sum(),
            functions,
            applets,
            exported,
            imported: names(counted),
            uncounted: names(uncounted),
            recursive: figures.stacks.recursive(),
        }
    }

    /// A table for a terminal.
    #[must_use]
    pub fn text(&self) -> String {
        text::render(self)
    }

    /// One HTML file that needs nothing beside itself: the figures, and a treemap of the code.
    ///
    /// # Errors
    /// If the template cannot be rendered: a fault of the compiler.
    pub fn html(&self) -> Result<String, minijinja::Error> {
        html::render(self)
    }
}

/// What the budgets of applets and of exported functions are drawn from.
struct Figures<'a> {
    program: &'a Program,
    imported: &'a Imported<'a>,
    stacks: Stacks<'a>,
    calls: CallGraph,
    analysis: transaction::Analysis<'a>,
    /// All transactions with the functions that begin them.
    transactions: Vec<(FunctionId, Transaction)>,
}

impl Figures<'_> {
    fn applet(&mut self, applet: &AppletEntry) -> AppletBudget {
        let program = self.program;
        let is_entry = |id: &FunctionId| {
            program.functions.get(id.0).is_some_and(|function| {
                function.entry.is_some()
                    && (function.receiver == Some(applet.class) || *id == applet.install)
            })
        };
        let all = (0..program.functions.len()).map(FunctionId);
        let entries: Vec<FunctionId> = all.filter(is_entry).collect();
        let mut stack: Vec<Stack> = entries.iter().map(|id| self.stacks.of(id.0)).collect();
        stack.sort_by_key(|stack| std::cmp::Reverse(stack.words));
        AppletBudget {
            aid: hexadecimal(&applet.aid),
            class: class_name(program, applet.class),
            install: install::of(program, self.imported, applet.install),
            stack,
            transactions: self.begun(&entries),
        }
    }

    fn exported(&mut self) -> Vec<ExportedBudget> {
        let functions = self.program.functions.iter().enumerate();
        let exported = functions.filter_map(|(index, function)| {
            let method = imported::exported_method(self.program, function)?;
            Some(ExportedBudget {
                method,
                stack: self.stacks.of(index),
                allocates: install::of(self.program, self.imported, FunctionId(index)),
                written: self.analysis.of_call(FunctionId(index)),
                transactions: self.begun(&[FunctionId(index)]),
            })
        });
        let mut exported: Vec<ExportedBudget> = exported.collect();
        exported.sort_by(|a, b| a.method.cmp(&b.method));
        exported
    }

    /// The transactions that begin in these functions, or in what they call.
    fn begun(&self, entries: &[FunctionId]) -> Vec<Transaction> {
        let reached = self.calls.reached_from(entries);
        let mut begun = Vec::new();
        for (id, transaction) in &self.transactions {
            if reached.contains(id) && !begun.contains(transaction) {
                begun.push(transaction.clone());
            }
        }
        begun
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

fn class_name(program: &Program, class: crate::ir::ClassId) -> String {
    program
        .classes
        .get(class.0)
        .map_or_else(String::new, |class| class.name.clone())
}

fn field_bytes(ty: &Type) -> usize {
    match ty {
        Type::Bool | Type::U8 | Type::I8 => 1,
        Type::Int => 4,
        _ => 2,
    }
}

fn element_bytes(element: &Element) -> usize {
    match element {
        Element::Bool | Element::U8 | Element::I8 => 1,
        Element::U16 | Element::I16 | Element::Class(_) => 2,
        Element::Int => 4,
    }
}
