//! A debugging session: breakpoints, stepping, frames and variables.

use super::Connection;
use crate::source::{SourcePlace, Sources};
use cap_file::component::CodeOffset;
use card_sim::vm::{Heap, Kind, Observer, Step, Word, WordTag};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;
use std::sync::mpsc::TryRecvError;

/// What makes the program stop next, beside breakpoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Until {
    /// Nothing.
    Breakpoint,
    /// The next instruction with a source line.
    Entry,
    /// The next instruction.
    Instruction,
    /// Another line, in whatever frame.
    StepIn,
    /// Another line, not in a frame that this one calls.
    Next,
    /// A frame below this one.
    StepOut,
}

/// A frame of the machine, as far as it was seen.
#[derive(Clone)]
struct Frame {
    name: String,
    place: Option<SourcePlace>,
    offset: CodeOffset,
    locals: Vec<Word>,
    stack: Vec<Word>,
}

type Found = Option<(String, Option<SourcePlace>)>;

/// A session with an editor.
pub(crate) struct Session {
    connection: Connection,
    sources: Sources,
    /// By source file, as the source map names it.
    breakpoints: BTreeMap<String, BTreeSet<u32>>,
    lines: BTreeMap<String, BTreeSet<u32>>,
    until: Until,
    /// Depth and place from which a step began.
    origin: (usize, Option<SourcePlace>),
    frames: Vec<Frame>,
    known: HashMap<(u8, CodeOffset), Found>,
    /// The editor let the program start.
    configured: bool,
    /// The editor ended the session.
    over: bool,
}

impl Session {
    pub(crate) fn new(connection: Connection, sources: Sources) -> Self {
        let mut lines: BTreeMap<String, BTreeSet<u32>> = BTreeMap::new();
        for (file, line) in sources.lines() {
            lines.entry(file).or_default().insert(line);
        }
        Self {
            connection,
            sources,
            breakpoints: BTreeMap::new(),
            lines,
            until: Until::Breakpoint,
            origin: (0, None),
            frames: Vec::new(),
            known: HashMap::new(),
            configured: false,
            over: false,
        }
    }

    /// Answers requests until the editor lets the program start. False if it went away.
    pub(crate) fn wait_for_start(&mut self) -> bool {
        while !self.configured && !self.over {
            let Ok(request) = self.connection.requests.recv() else {
                return false;
            };
            self.handle(&request, None);
        }
        !self.over
    }

    /// Whether the editor ended the session.
    pub(crate) const fn is_over(&self) -> bool {
        self.over
    }

    /// Shows a line in the editor's console.
    pub(crate) fn print(&mut self, text: &str) {
        let body = json!({ "category": "stdout", "output": text });
        self.connection.event("output", body);
    }

    /// Tells the editor that the program has ended.
    pub(crate) fn end(&mut self) {
        self.connection.event("exited", json!({ "exitCode": 0 }));
        self.connection.event("terminated", json!({}));
    }

    /// Answers a request; true if the program goes on with it.
    fn handle(&mut self, request: &Value, heap: Option<&Heap>) -> bool {
        let arguments = &request["arguments"];
        let mut resumes = false;
        let result = match request["command"].as_str().unwrap_or_default() {
            "initialize" => Ok(json!({
                "supportsConfigurationDoneRequest": true,
                "supportsSteppingGranularity": true,
                "supportsTerminateRequest": true,
            })),
            "launch" | "attach" => {
                if arguments["stopOnEntry"] == true {
                    self.until = Until::Entry;
                }
                Ok(json!({}))
            }
            "setBreakpoints" => Ok(self.set_breakpoints(arguments)),
            "setExceptionBreakpoints" | "setFunctionBreakpoints" => {
                Ok(json!({ "breakpoints": [] }))
            }
            "configurationDone" => {
                self.configured = true;
                Ok(json!({}))
            }
            "threads" => Ok(json!({ "threads": [{ "id": 1, "name": "card" }] })),
            "stackTrace" => Ok(self.stack_trace()),
            "scopes" => Ok(scopes(arguments)),
            "variables" => Ok(self.variables(arguments, heap)),
            "pause" => {
                self.until = Until::Instruction;
                Ok(json!({}))
            }
            command @ ("continue" | "next" | "stepIn" | "stepOut") => {
                resumes = true;
                let by_instruction = arguments["granularity"] == "instruction";
                self.until = match command {
                    "continue" => Until::Breakpoint,
                    "stepOut" => Until::StepOut,
                    _ if by_instruction => Until::Instruction,
                    "next" => Until::Next,
                    _ => Until::StepIn,
                };
                self.origin = (
                    self.frames.len(),
                    self.frames.last().and_then(|frame| frame.place.clone()),
                );
                Ok(json!({ "allThreadsContinued": true }))
            }
            "disconnect" | "terminate" => {
                self.over = true;
                resumes = true;
                Ok(json!({}))
            }
            other => Err(format!("`{other}` is not supported")),
        };
        self.connection.respond(request, result);
        if request["command"] == "initialize" {
            self.connection.event("initialized", json!({}));
        }
        resumes
    }

    /// Sets the breakpoints of a file. One on a line without code goes to the next line with some.
    fn set_breakpoints(&mut self, arguments: &Value) -> Value {
        let path = arguments["source"]["path"].as_str().unwrap_or_default();
        // The source map has paths from the workspace's root, an editor absolute ones.
        let file = self
            .lines
            .keys()
            .find(|file| Path::new(path).ends_with(file))
            .cloned();
        let wanted = arguments["breakpoints"].as_array();
        let wanted = wanted.map_or(&[][..], Vec::as_slice);
        let mut set = BTreeSet::new();
        let mut answers = Vec::new();
        for breakpoint in wanted {
            let line = breakpoint["line"]
                .as_u64()
                .and_then(|line| u32::try_from(line).ok());
            let found = line
                .zip(file.as_ref())
                .and_then(|(line, file)| self.lines.get(file)?.range(line..).next().copied());
            answers.push(match found {
                Some(line) => {
                    set.insert(line);
                    json!({ "verified": true, "line": line })
                }
                None => json!({ "verified": false, "message": "no code comes from here" }),
            });
        }
        if let Some(file) = file {
            self.breakpoints.insert(file, set);
        }
        json!({ "breakpoints": answers })
    }

    fn stack_trace(&self) -> Value {
        let frames: Vec<Value> = self
            .frames
            .iter()
            .enumerate()
            .rev()
            .map(|(index, frame)| {
                let mut shown = json!({
                    "id": index,
                    "name": frame.name,
                    "line": frame.place.as_ref().map_or(0, |place| place.line),
                    "column": frame.place.as_ref().and_then(|place| place.column).unwrap_or(0),
                    "instructionPointerReference": frame.offset.to_string(),
                });
                if let Some(place) = &frame.place {
                    let path = std::path::absolute(&place.file)
                        .map_or_else(|_| place.file.clone(), |path| path.display().to_string());
                    shown["source"] = json!({ "name": place.file, "path": path });
                }
                shown
            })
            .collect();
        json!({ "totalFrames": frames.len(), "stackFrames": frames })
    }

    fn variables(&self, arguments: &Value, heap: Option<&Heap>) -> Value {
        let reference = arguments["variablesReference"].as_u64().unwrap_or(0);
        let index = usize::try_from(reference.saturating_sub(1) / 2).unwrap_or(usize::MAX);
        let Some(frame) = self.frames.get(index).filter(|_| reference > 0) else {
            return json!({ "variables": [] });
        };
        let (name, words) = if reference % 2 == 1 {
            ("local", &frame.locals)
        } else {
            ("stack", &frame.stack)
        };
        let variables: Vec<Value> = words
            .iter()
            .enumerate()
            .filter(|(_, word)| word.tag != WordTag::Nothing)
            .map(|(index, word)| {
                json!({
                    "name": format!("{name} {index}"),
                    "value": value(*word, heap),
                    "variablesReference": 0,
                })
            })
            .collect();
        json!({ "variables": variables })
    }

    /// Whether the program stops before this instruction, and why.
    fn stops(
        &self,
        depth: usize,
        place: Option<&SourcePlace>,
        enters: bool,
    ) -> Option<&'static str> {
        if self.until == Until::Instruction {
            return Some("step");
        }
        let place = place?;
        let is_breakpoint = self
            .breakpoints
            .get(&place.file)
            .is_some_and(|lines| lines.contains(&place.line));
        if enters && is_breakpoint {
            return Some("breakpoint");
        }
        let (from, ref line) = self.origin;
        let other_line = line
            .as_ref()
            .is_none_or(|line| (&line.file, line.line) != (&place.file, place.line));
        let stops = match self.until {
            Until::Breakpoint | Until::Instruction => false,
            Until::Entry => return Some("entry"),
            Until::StepIn => depth != from || other_line,
            Until::Next => depth < from || (depth == from && other_line),
            Until::StepOut => depth < from,
        };
        stops.then_some("step")
    }
}

fn scopes(arguments: &Value) -> Value {
    let frame = arguments["frameId"].as_u64().unwrap_or(0);
    json!({ "scopes": [
        { "name": "Locals", "variablesReference": 2 * frame + 1, "expensive": false },
        { "name": "Operand stack", "variablesReference": 2 * frame + 2, "expensive": false },
    ]})
}

/// The most bytes of an array that are shown.
const SHOWN: usize = 32;

fn value(word: Word, heap: Option<&Heap>) -> String {
    let reference = word.value.cast_unsigned();
    match word.tag {
        WordTag::Reference if reference == 0 => "null".to_owned(),
        WordTag::Reference => {
            let Some(heap) = heap else {
                return format!("@{reference}");
            };
            let object = heap.object(reference);
            match object.kind {
                Kind::ByteArray | Kind::BooleanArray => {
                    let bytes = heap.bytes(reference);
                    let shown = hex::encode_upper(bytes.get(..SHOWN).unwrap_or(bytes));
                    let rest = if bytes.len() > SHOWN { "…" } else { "" };
                    format!("byte[{}] {shown}{rest}", bytes.len())
                }
                kind if kind.is_array() => format!("{kind:?}[{}] @{reference}", object.length),
                _ => format!("object @{reference}"),
            }
        }
        WordTag::IntHigh => format!("{} (high half of an int)", word.value),
        WordTag::IntLow => format!("{} (low half of an int)", word.value),
        WordTag::ReturnAddress => format!("return address {reference}"),
        WordTag::Short | WordTag::Nothing => word.value.to_string(),
    }
}

impl Observer for Session {
    fn step(&mut self, step: &Step<'_>) {
        if self.over {
            return;
        }
        let sources = &self.sources;
        let found = self
            .known
            .entry((step.slot, step.offset))
            .or_insert_with(|| {
                let package = step.program.package(step.slot)?;
                sources.find(&hex::encode_upper(&package.aid), step.offset)
            })
            .clone();
        let (name, place) = found.unwrap_or_else(|| (format!("method at {}", step.method), None));
        let line = |place: &SourcePlace| (place.file.clone(), place.line);
        let before = self
            .frames
            .get(step.depth.saturating_sub(1))
            .and_then(|frame| frame.place.as_ref())
            .map(line);
        let enters = place.as_ref().map(line) != before;
        self.frames.truncate(step.depth.saturating_sub(1));
        self.frames.push(Frame {
            name,
            place: place.clone(),
            offset: step.offset,
            locals: step.locals.to_vec(),
            stack: step.stack.to_vec(),
        });
        loop {
            match self.connection.requests.try_recv() {
                Ok(request) => {
                    self.handle(&request, Some(step.heap));
                }
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Disconnected) => {
                    self.over = true;
                    return;
                }
            }
        }
        let Some(reason) = self.stops(step.depth, place.as_ref(), enters) else {
            return;
        };
        let body = json!({ "reason": reason, "threadId": 1, "allThreadsStopped": true });
        self.connection.event("stopped", body);
        while !self.over {
            let Ok(request) = self.connection.requests.recv() else {
                self.over = true;
                return;
            };
            if self.handle(&request, Some(step.heap)) {
                return;
            }
        }
    }
}
