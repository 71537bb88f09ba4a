//! The deepest stack, and the calls that lead there.

use super::imported::{ExportedBudget, Imported};
use crate::ir::calls::CallGraph;
use crate::ir::{ClassId, Expr, FunctionId, Program};
use crate::package::map::{MappedMethod, SourceMap, constructor_path};
use serde::{Deserialize, Serialize};

/// The worst case of one entry point.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stack {
    /// The Java name of the entry point: `install`, `process`, `deselect`.
    pub entry: String,
    /// Words of the package's frames, all of them.
    pub words: usize,
    /// The calls that lead there, outermost first, and the words of each frame.
    pub path: Vec<Frame>,
}

/// A function on the way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frame {
    /// Its Rust path.
    pub path: String,
    /// Words of its frame.
    pub words: usize,
}

/// What a function calls.
#[derive(Clone, Copy)]
enum Below<'a> {
    Function(FunctionId),
    /// The constructor of a class, which calls that of its superclass, one of the API.
    Constructor(ClassId),
    /// A function of another package.
    Imported(&'a ExportedBudget),
}

/// Words of a method's frame. Its arguments are counted here although a card may let them lie where
/// the caller put them.
pub(super) fn frame(method: &MappedMethod) -> usize {
    usize::from(method.max_stack) + usize::from(method.arguments) + usize::from(method.locals)
}

/// Finds the deepest calls.
pub(super) struct Stacks<'a> {
    program: &'a Program,
    imported: &'a Imported<'a>,
    calls: CallGraph,
    /// Words of each function's frame.
    own: Vec<usize>,
    /// Words of each class's constructor; those of a class without objects are none.
    constructors: Vec<usize>,
    /// Of functions done: the words below and with it, and the deepest of those that it calls.
    known: Vec<Option<(usize, Option<Below<'a>>)>>,
    recursive: Vec<String>,
}

impl<'a> Stacks<'a> {
    pub(super) fn new(program: &'a Program, imported: &'a Imported<'a>, map: &SourceMap) -> Self {
        let frame_of = |name: &str| {
            let found = map.methods.iter().find(|method| method.path == name);
            found.map_or(0, frame)
        };
        let frames = program
            .functions
            .iter()
            .map(|function| frame_of(&function.name));
        let classes = program.classes.iter();
        let constructors = classes.map(|class| frame_of(&constructor_path(&class.name)));
        Self {
            program,
            imported,
            calls: CallGraph::of(program),
            own: frames.collect(),
            constructors: constructors.collect(),
            known: vec![None; program.functions.len()],
            recursive: Vec::new(),
        }
    }

    /// The worst case of an entry point.
    pub(super) fn of(&mut self, id: usize) -> Stack {
        let words = self.deepest(FunctionId(id), &mut Vec::new());
        let entry = self
            .program
            .functions
            .get(id)
            .and_then(|function| function.entry.as_ref())
            .map_or_else(String::new, |entry| entry.name.clone());
        let mut path = Vec::new();
        let mut at = Some(Below::Function(FunctionId(id)));
        while let Some(below) = at.filter(|_| path.len() <= self.known.len()) {
            path.extend(self.frames(below));
            at = match below {
                Below::Function(id) => self
                    .known
                    .get(id.0)
                    .copied()
                    .flatten()
                    .and_then(|(_, next)| next),
                Below::Constructor(_) | Below::Imported(_) => None,
            };
        }
        Stack { entry, words, path }
    }

    fn frames(&self, of: Below<'_>) -> Vec<Frame> {
        let frame = |path: Option<String>, words: Option<&usize>| {
            let words = words.copied().unwrap_or(0);
            path.map(|path| Frame { path, words }).into_iter().collect()
        };
        match of {
            Below::Function(id) => {
                let function = self.program.functions.get(id.0);
                let path = function.map(|function| function.name.clone());
                frame(path, self.own.get(id.0))
            }
            Below::Constructor(id) => {
                let class = self.program.classes.get(id.0);
                let path = class.map(|class| constructor_path(&class.name));
                frame(path, self.constructors.get(id.0))
            }
            Below::Imported(budget) => budget.stack.path.clone(),
        }
    }

    /// Functions that were found to call themselves.
    pub(super) fn recursive(mut self) -> Vec<String> {
        self.recursive.sort();
        self.recursive.dedup();
        self.recursive
    }

    fn deepest(&mut self, id: FunctionId, path: &mut Vec<FunctionId>) -> usize {
        if path.contains(&id) {
            if let Some(function) = self.program.functions.get(id.0) {
                self.recursive.push(function.name.clone());
            }
            return 0;
        }
        if let Some(Some((words, _))) = self.known.get(id.0) {
            return *words;
        }
        path.push(id);
        let (mut below, mut next) = (0, None);
        for callee in self.calls.callees(id.0).to_vec() {
            let words = self.deepest(callee, path);
            if words > below {
                (below, next) = (words, Some(Below::Function(callee)));
            }
        }
        for class in self.made(id) {
            let words = self.constructors.get(class.0).copied().unwrap_or(0);
            if words > below {
                (below, next) = (words, Some(Below::Constructor(class)));
            }
        }
        for budget in self.called_elsewhere(id) {
            if budget.stack.words > below {
                (below, next) = (budget.stack.words, Some(Below::Imported(budget)));
            }
        }
        path.pop();
        let words = below + self.own.get(id.0).copied().unwrap_or(0);
        if let Some(slot) = self.known.get_mut(id.0) {
            *slot = Some((words, next));
        }
        words
    }

    /// The functions of other packages that a function calls, those whose budgets are known.
    fn called_elsewhere(&self, id: FunctionId) -> Vec<&'a ExportedBudget> {
        let mut found = Vec::new();
        if let Some(function) = self.program.functions.get(id.0) {
            function.walk(&mut |expr| found.extend(self.imported.of_call(expr)));
        }
        found
    }

    /// The classes of which a function makes objects.
    fn made(&self, id: FunctionId) -> Vec<ClassId> {
        let mut made = Vec::new();
        if let Some(function) = self.program.functions.get(id.0) {
            function.walk(&mut |expr| {
                if let Expr::New(class) = expr {
                    made.push(*class);
                }
            });
        }
        made
    }
}
