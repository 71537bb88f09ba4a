//! How each function is called: static, private or virtual method, and of which class.

use super::error::BackendError;
use crate::ir::calls::CallGraph;
use crate::ir::{Class, ClassId, Entry, Expr, Function, FunctionId, LocalId, Program, Statement};
use cap_file::api::{Api, MethodKind};
use std::collections::BTreeSet;

/// The kind of method that a function becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Linkage {
    /// `invokestatic`; a receiver is an ordinary first argument.
    Static,
    /// A private instance method, `invokespecial`.
    Private,
    /// A package-visible virtual method with this token (without its high bit).
    Package(u8),
    /// Overrides or adds a public virtual method with this token.
    Public(u8),
}

impl Linkage {
    /// Whether local 0 is `this`.
    #[must_use]
    pub const fn is_instance(self) -> bool {
        !matches!(self, Linkage::Static)
    }
}

/// Linkage and class of every function.
#[derive(Clone, Debug, Default)]
pub struct Methods {
    /// By function.
    pub linkage: Vec<Linkage>,
    /// The class whose method each function is.
    pub home: Vec<ClassId>,
}

impl Methods {
    /// Decides for a whole program.
    ///
    /// # Errors
    /// [`BackendError`] if an entry method overrides nothing, or a class has too many methods.
    pub fn of(program: &Program) -> Result<Self, BackendError> {
        Self::decide(program, &CallGraph::of(program))
    }

    /// Decides again for functions that have changed, or that others call now: enough to measure them, since the
    /// tokens of those that become virtual methods are not given.
    pub(crate) fn change(
        &mut self,
        program: &Program,
        calls: &CallGraph,
        functions: &BTreeSet<usize>,
    ) {
        for &index in functions {
            let (Some(function), Some(slot)) =
                (program.functions.get(index), self.linkage.get_mut(index))
            else {
                continue;
            };
            if function.entry.is_some() {
                continue;
            }
            *slot = if function.receiver.is_none() || !uses_this_forms(function) {
                Linkage::Static
            } else if !called_from_elsewhere(FunctionId(index), calls, &self.home) {
                Linkage::Private
            } else {
                Linkage::Package(0)
            };
        }
    }

    /// With so many helper functions behind the others.
    #[must_use]
    pub(crate) fn with_helpers(&self, count: usize) -> Self {
        let mut with = self.clone();
        let home = with.home.first().copied().unwrap_or(ClassId(0));
        with.home.extend(std::iter::repeat_n(home, count));
        with.linkage
            .extend(std::iter::repeat_n(Linkage::Static, count));
        with
    }

    fn decide(program: &Program, calls: &CallGraph) -> Result<Self, BackendError> {
        let home = homes(program)?;
        let mut linkage = Vec::with_capacity(program.functions.len());
        let mut package_tokens = vec![0usize; program.classes.len()];
        let mut public_tokens: Vec<u8> = program.classes.iter().map(first_public_token).collect();
        for (index, function) in program.functions.iter().enumerate() {
            let Some(receiver) = function.receiver else {
                linkage.push(Linkage::Static);
                continue;
            };
            if let Some(entry) = &function.entry {
                let token = if is_of_interface(program, receiver, entry) {
                    let next = public_tokens.get_mut(receiver.0);
                    next.map_or(0, |next| {
                        *next = next.saturating_add(1);
                        *next - 1
                    })
                } else {
                    overridden(program, receiver, function, &entry.name, &entry.descriptor)?
                };
                linkage.push(Linkage::Public(token));
            } else if !uses_this_forms(function) {
                linkage.push(Linkage::Static);
            } else if !called_from_elsewhere(FunctionId(index), calls, &home) {
                linkage.push(Linkage::Private);
            } else {
                let Some(next) = package_tokens.get_mut(receiver.0) else {
                    continue;
                };
                let token = u8::try_from(*next)
                    .ok()
                    .filter(|token| *token < 0x80)
                    .ok_or(BackendError::TooLarge {
                        place: program
                            .classes
                            .get(receiver.0)
                            .map_or_else(String::new, |class| class.name.clone()),
                        what: "the number of virtual methods",
                        value: *next + 1,
                        limit: 128,
                    })?;
                *next += 1;
                linkage.push(Linkage::Package(token));
            }
        }
        Ok(Self { linkage, home })
    }

    /// How a function is called.
    #[must_use]
    pub fn linkage(&self, function: FunctionId) -> Linkage {
        self.linkage
            .get(function.0)
            .copied()
            .unwrap_or(Linkage::Static)
    }
}

/// The class of each function: that of its receiver, that which exports it, that of its applet, or that of the
/// first applet.
fn homes(program: &Program) -> Result<Vec<ClassId>, BackendError> {
    if program.functions.is_empty() {
        return Ok(Vec::new());
    }
    let common = match (program.applets.first(), program.classes.is_empty()) {
        (Some(applet), _) => applet.class,
        (None, false) => ClassId(0),
        (None, true) => return Err(BackendError::NoClass(program.name.clone())),
    };
    let home = |(index, function): (usize, &Function)| {
        let applet = program
            .applets
            .iter()
            .find(|applet| applet.install == FunctionId(index));
        let exported = function.entry.as_ref().and_then(|entry| entry.class);
        function
            .receiver
            .or(exported)
            .or(applet.map(|applet| applet.class))
            .unwrap_or(common)
    };
    Ok(program.functions.iter().enumerate().map(home).collect())
}

/// Whether a function is called by a function of another class.
fn called_from_elsewhere(callee: FunctionId, calls: &CallGraph, home: &[ClassId]) -> bool {
    let mut callers = calls.callers(callee);
    callers.any(|(caller, _)| home.get(callee.0) != home.get(caller))
}

/// Whether instance methods have something for it: instructions that read or write a field of `this`
/// are shorter than those for any other object.
fn uses_this_forms(function: &Function) -> bool {
    let Some(&this) = function.parameters.first() else {
        return false;
    };
    let is_this = |expr: &Expr| *expr == Expr::Local(this);
    let mut found = false;
    function
        .walk(&mut |expr| found |= matches!(expr, Expr::Field(object, _, _) if is_this(object)));
    let sets = |(statement, _): &(Statement, _)| matches!(statement, Statement::SetField(object, _, _, _) if is_this(object));
    let reassigned = function.blocks.iter().any(|block| {
        block
            .statements
            .iter()
            .any(|(statement, _)| assigns(statement, this))
    });
    (found
        || function
            .blocks
            .iter()
            .any(|block| block.statements.iter().any(sets)))
        && !reassigned
}

/// Whether a method is one of an interface that its class implements.
fn is_of_interface(program: &Program, class: ClassId, entry: &Entry) -> bool {
    let implemented = program.classes.get(class.0).map(|class| &class.implements);
    implemented.into_iter().flatten().any(|name| {
        let interface = program.api_class(name);
        interface.is_some_and(|found| found.method(&entry.name, &entry.descriptor).is_some())
    })
}

/// The first token of a new public method of a class: behind those of its superclass.
fn first_public_token(class: &Class) -> u8 {
    let superclass = class.superclass.as_deref().unwrap_or("java/lang/Object");
    let methods = Api::builtin().find_class(superclass);
    let methods = methods.iter().flat_map(|(_, class)| &class.methods);
    methods
        .filter(|method| method.kind == MethodKind::Virtual)
        .map(|method| method.token.saturating_add(1))
        .max()
        .unwrap_or(0)
}

fn assigns(statement: &Statement, local: LocalId) -> bool {
    matches!(statement, Statement::Set(target, _) if *target == local)
}

/// The token of the API method that an entry method overrides.
fn overridden(
    program: &Program,
    class: ClassId,
    function: &Function,
    name: &str,
    descriptor: &str,
) -> Result<u8, BackendError> {
    let superclass = program
        .classes
        .get(class.0)
        .and_then(|class| class.superclass.as_deref())
        .unwrap_or("java/lang/Object");
    Api::builtin()
        .find_class(superclass)
        .and_then(|(_, class)| class.method(name, descriptor))
        .filter(|method| method.kind == MethodKind::Virtual)
        .map(|method| method.token)
        .ok_or_else(|| BackendError::UnknownApi {
            function: function.name.clone(),
            item: format!("virtual method {superclass}.{name}{descriptor} to override"),
        })
}
