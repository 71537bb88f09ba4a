//! The deepest stack, and the calls that lead there.

use crate::ir::calls::CallGraph;
use crate::ir::{FunctionId, Program};
use crate::package::map::{MappedMethod, SourceMap};
use serde::Serialize;

/// The worst case of one entry point.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Stack {
    /// The Java name of the entry point: `install`, `process`, `deselect`.
    pub entry: String,
    /// Words of the package's frames, all of them.
    pub words: usize,
    /// The calls that lead there, outermost first, and the words of each frame.
    pub path: Vec<Frame>,
}

/// A function on the way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Frame {
    /// Its Rust path.
    pub path: String,
    /// Words of its frame.
    pub words: usize,
}

/// Words of a method's frame. Its arguments are counted here although a card may let them lie where
/// the caller put them.
pub(super) fn frame(method: &MappedMethod) -> usize {
    usize::from(method.max_stack) + usize::from(method.arguments) + usize::from(method.locals)
}

/// Finds the deepest calls.
pub(super) struct Stacks<'a> {
    program: &'a Program,
    calls: CallGraph,
    frames: Vec<usize>,
    /// Of functions done: the words below and with it, and the deepest of those that it calls.
    known: Vec<Option<(usize, Option<FunctionId>)>>,
    recursive: Vec<String>,
}

impl<'a> Stacks<'a> {
    pub(super) fn new(program: &'a Program, map: &SourceMap) -> Self {
        let frame_of = |name: &str| {
            let found = map.methods.iter().find(|method| method.path == name);
            found.map_or(0, frame)
        };
        let frames = program
            .functions
            .iter()
            .map(|function| frame_of(&function.name));
        Self {
            program,
            calls: CallGraph::of(program),
            frames: frames.collect(),
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
        let mut at = Some(FunctionId(id));
        while let Some(id) = at.filter(|_| path.len() <= self.known.len()) {
            if let Some(function) = self.program.functions.get(id.0) {
                path.push(Frame {
                    path: function.name.clone(),
                    words: self.frames.get(id.0).copied().unwrap_or(0),
                });
            }
            at = self
                .known
                .get(id.0)
                .cloned()
                .flatten()
                .and_then(|(_, next)| next);
        }
        Stack { entry, words, path }
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
                (below, next) = (words, Some(callee));
            }
        }
        path.pop();
        let words = below + self.frames.get(id.0).copied().unwrap_or(0);
        if let Some(slot) = self.known.get_mut(id.0) {
            *slot = Some((words, next));
        }
        words
    }
}
