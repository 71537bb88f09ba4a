//! Code generation: IR functions to JCVM bytecode.
//!
//! A function's locals live in words of its frame and its expressions on the stack. What needs care
//! is that Java Card knows only signed 16-bit words: `value` keeps track of how each value lies in
//! its word, [`interval`] of which values it can have, and masks are emitted only where neither
//! proves them idle. Comparisons of `u16` values that may exceed 32767 are biased.
//!
//! The steps: [`legalize`] replaces what has no short exact translation by calls of helper
//! functions, [`linkage`] decides which kind of method each function becomes, `layout` orders the
//! blocks, `frame` gives the locals their words, `emit` produces instructions, `peephole` tidies
//! them, and, once the constant pool is known, [`assemble`] makes bytes of them.

pub mod ask;
pub mod assemble;
mod check;
mod condition;
mod emit;
pub mod error;
mod frame;
mod int;
pub mod interval;
pub mod item;
mod label;
mod layout;
pub mod legalize;
pub mod linkage;
mod operation;
mod peephole;
mod proof;
pub mod size;
mod stack;
mod tails;
mod terminator;
mod value;
pub(crate) mod weight;

use crate::ir::dataflow::LocalSet;
use crate::ir::{
    self, ClassId, Expr, Function, FunctionId, LocalId, Position, Program, Statement, Type,
};
use cap_file::Opcode;
pub use error::BackendError;
use interval::{Interval, Ranges};
use item::{Item, Symbol};
use linkage::Methods;
use weight::Weight;

type Result<T = ()> = std::result::Result<T, BackendError>;

/// A function as instructions.
#[derive(Clone, Debug, PartialEq)]
pub struct FunctionCode {
    /// The instructions.
    pub items: Vec<Item>,
    /// Words of arguments, `this` included.
    pub arguments: u8,
    /// Words of local variables beside the arguments.
    pub locals: u8,
    /// What of the value ranges that the code relies on could not be proved again on the instructions. Then code of a trusted
    /// function is not to be used: it is to be made again, from [`legalize`] on, without trust.
    pub unproved: Option<String>,
}

/// How much is tried for smaller code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effort {
    /// Straight on, and nothing proved: the code is only to be measured.
    Estimate,
    /// Straight on.
    Quick,
    /// Locals are kept in the form that makes the code better, equal tails are shared.
    Full,
}

/// What better code is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goal {
    /// Few bytes; one more is spent where a loop gets faster by an instruction.
    Size,
    /// Little time, by the measured cost of each instruction. But for calls of `ISOException.throwIt` no tail is
    /// shared: that costs a jump.
    Speed,
}

/// How code is generated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// How much is tried.
    pub effort: Effort,
    /// What for.
    pub goal: Goal,
    /// Values are left on the stack where they can be.
    pub stack: bool,
    /// A word of the frame may hold values of several types, one after the other.
    pub words: bool,
}

/// Generates the code of one function of a program that [`crate::ir::verify`] accepts and
/// [`legalize`] has been over. Of a function that is not trusted no value range counts but those of the types.
///
/// # Errors
/// [`BackendError`] for what cannot be compiled exactly.
pub fn compile_function(
    program: &Program,
    methods: &Methods,
    id: FunctionId,
    settings: Settings,
    is_trusted: bool,
) -> Result<FunctionCode> {
    let Some(function) = program.functions.get(id.0) else {
        return Err(BackendError::Unsupported {
            function: program.name.clone(),
            what: format!("function {}", id.0),
        });
    };
    let is_instance = methods.linkage(id).is_instance();
    let this = if is_instance {
        function.parameters.first().copied()
    } else {
        None
    };
    let weight = Weight::of(settings.goal);
    let plan = layout::Plan::of(function);
    let (slots, words) = frame::words(&plan, function, this, settings.words)?;
    let compile =
        |ranges: &Ranges<'_>, signed: &LocalSet, with_claims: bool| -> Result<(Vec<Item>, usize)> {
            let mut emitter = emit::Emitter {
                program,
                function,
                methods,
                ranges: ranges.clone(),
                plan: &plan,
                slots: slots.clone(),
                this,
                signed: signed.clone(),
                items: Vec::new(),
                next_label: function.blocks.len(),
                position: Position::default(),
                weight,
                with_claims,
                questions: None,
            };
            emitter.run()?;
            if !with_claims {
                peephole::improve(&mut emitter.items);
                if settings.stack {
                    stack::schedule(&mut emitter.items);
                }
            }
            Ok((emitter.items, emitter.next_label))
        };
    let ranges = Ranges::trusted(program, function, is_trusted);
    let mut signed = LocalSet::empty(function.locals.len());
    let (mut items, mut next_label) = compile(&ranges, &signed, false)?;
    if settings.effort == Effort::Full {
        let mut least = weight.measure(&function.name, &items)?;
        for local in signed_candidates(function, &plan) {
            let mut tried = signed.clone();
            tried.insert(local);
            let (other, label) = compile(&ranges, &tried, false)?;
            let found = weight.measure(&function.name, &other)?;
            if found < least {
                (signed, least, items, next_label) = (tried, found, other, label);
            }
        }
    }
    let mut unproved = None;
    if settings.effort != Effort::Estimate {
        let (claimed, _) = compile(&ranges, &signed, true)?;
        let start = words_at_start(function, &slots, words, &signed);
        unproved = match proof::run(&claimed, start, &[]) {
            Ok(found) => found.unproved,
            Err(reason) => Some(reason),
        };
    }
    if settings.effort == Effort::Full {
        tails::share(
            &function.name,
            &mut items,
            function.result.as_ref(),
            &mut next_label,
            settings.goal == Goal::Size,
        )?;
        peephole::improve(&mut items);
    }
    let arguments = function.parameter_words();
    Ok(FunctionCode {
        items,
        arguments: word_count(function, arguments)?,
        locals: word_count(function, words.saturating_sub(arguments))?,
        unproved,
    })
}

/// What the words of a frame hold when a function is called: parameters in the ranges of their types.
fn words_at_start(
    function: &Function,
    slots: &[Option<u8>],
    words: usize,
    signed: &LocalSet,
) -> Vec<Interval> {
    let any = Interval::of_type(&Type::I16);
    let mut start = vec![any; words.max(function.parameter_words())];
    let entry = function.entry.as_ref();
    let described = entry.and_then(|entry| ir::descriptor::parameters(&entry.descriptor));
    let skip = usize::from(function.receiver.is_some());
    for (index, parameter) in function.parameters.iter().enumerate() {
        let slot = slots.get(parameter.0).copied().flatten();
        let Some(word) = slot.and_then(|slot| start.get_mut(usize::from(slot))) else {
            continue;
        };
        let ty = function.local_type(*parameter);
        let is_byte = described
            .as_ref()
            .and_then(|described| described.get(index.checked_sub(skip)?))
            .is_some_and(|described| *described == "B");
        let range = Interval::of_type(ty);
        if is_byte || signed.contains(*parameter) {
            *word = Interval::BYTE;
        } else if !ty.is_reference() && range.within(any) {
            *word = range;
        }
    }
    start
}

/// The `u8` locals that may be kept with their sign extended: those that no caller of this package
/// passes, and that share their word with no copy.
fn signed_candidates(function: &Function, plan: &layout::Plan) -> Vec<LocalId> {
    let mut copied = LocalSet::empty(function.locals.len());
    for (statement, _) in function.blocks.iter().flat_map(|block| &block.statements) {
        if let Statement::Set(local, Expr::Local(source)) = statement {
            copied.insert(*local);
            copied.insert(*source);
        }
    }
    let is_candidate = |local: &LocalId| {
        let is_u8 = function
            .locals
            .get(local.0)
            .is_some_and(|found| found.ty == Type::U8);
        let is_passed = function.parameters.contains(local) && function.entry.is_none();
        is_u8 && !is_passed && !copied.contains(*local) && plan.is_read(*local)
    };
    (0..function.locals.len())
        .map(LocalId)
        .filter(is_candidate)
        .collect()
}

fn word_count(function: &Function, words: usize) -> Result<u8> {
    u8::try_from(words).map_err(|_| BackendError::TooLarge {
        place: function.name.clone(),
        what: "the number of parameters",
        value: words,
        limit: 255,
    })
}

/// The constructor of a class: it calls that of the superclass.
#[must_use]
pub fn constructor(program: &Program, class: ClassId) -> FunctionCode {
    let superclass = program
        .classes
        .get(class.0)
        .and_then(|class| class.superclass.clone());
    let method = crate::ir::ApiMethod {
        class: superclass.unwrap_or_else(|| "java/lang/Object".to_owned()),
        name: "<init>".to_owned(),
        descriptor: "()V".to_owned(),
    };
    let call = Item::Invoke {
        opcode: Opcode::Invokespecial,
        method: Symbol::ApiStatic(method),
        pops: 1,
        pushes: 0,
    };
    let items = vec![Item::op(Opcode::Aload0), call, Item::op(Opcode::Return)];
    FunctionCode {
        items,
        arguments: 1,
        locals: 0,
        unproved: None,
    }
}
