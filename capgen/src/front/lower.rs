//! Typed trees to IR.
//!
//! What the card has no value for is taken apart here: a slice is an array, an offset and a length;
//! a tuple is its parts; the platform is nothing; a `Result` is its value, and `Err` a throw. A
//! function that takes or gives such things, and each binding, is put into its callers.

mod allocation;
mod branch;
mod builder;
mod call;
mod export;
mod expr;
mod int;
mod intrinsic;
mod memory;
mod owned;
mod pattern;
mod place;
mod scratch;
mod share;
mod size;
mod value;
mod variant;
mod wide;
mod words;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use cap_file::api::ApiPackage;

use super::constant::Value as Constant;
use super::define::{ConstId, Def, FnId, Member, StructId};
use super::resolve::{Checked, Context, too_long};
use super::ty::{Int, Ty, TypeKey};
use crate::diagnostic::{Diagnostic, Span};
use crate::ir;
use crate::source::Package;
use builder::Builder;
use scratch::Scratch;

/// What every shareable interface extends.
const SHAREABLE: &str = "javacard/framework/Shareable";

/// Functions of at most so many expressions are put into their callers.
const SMALL: usize = 6;

/// What the constants of `platform::Applet` say.
struct Identity {
    applet_aid: Vec<u8>,
    package: Package,
}

/// What a package is.
pub(crate) enum Whole<'a> {
    /// These applets.
    Applets(&'a [StructId]),
    /// A library package.
    Library(&'a Package),
}

/// The IR of a package under construction.
pub(crate) struct Lowering<'a> {
    context: &'a Context,
    /// Whether the card has `int`: then a `u32` or `i32` is one, else two words.
    int: bool,
    applets: &'a [StructId],
    classes: Vec<ir::Class>,
    class_ids: BTreeMap<StructId, ir::ClassId>,
    /// Of each class: the IR field of each source field, where it has one.
    field_map: Vec<Vec<Option<usize>>>,
    arrays: Vec<ir::ConstArray>,
    /// With the number of elements, which may take two places each.
    array_ids: BTreeMap<ConstId, (ir::ArrayId, usize)>,
    functions: Vec<Option<ir::Function>>,
    /// What each keeps in the scratch memory.
    frames: BTreeMap<ir::FunctionId, Scratch>,
    function_ids: BTreeMap<FnId, ir::FunctionId>,
    queue: VecDeque<(FnId, ir::FunctionId, Option<ir::Entry>)>,
    /// The imported methods that make objects.
    allocating: BTreeSet<ir::ApiMethod>,
    errors: Vec<Diagnostic>,
}

/// Lowers the applets of a package, or what a library package offers, and everything that is reached from
/// there.
/// `previous` is the version of the package whose tokens are kept; `int` says whether the card has `int`.
pub(crate) fn lower(
    context: &Context,
    whole: &Whole<'_>,
    previous: Option<&ApiPackage>,
    int: bool,
) -> Result<ir::Program, Vec<Diagnostic>> {
    let mut lowering = Lowering {
        context,
        int,
        applets: match whole {
            Whole::Applets(applets) => applets,
            Whole::Library(..) => &[],
        },
        allocating: BTreeSet::new(),
        classes: Vec::new(),
        class_ids: BTreeMap::new(),
        field_map: Vec::new(),
        arrays: Vec::new(),
        array_ids: BTreeMap::new(),
        functions: Vec::new(),
        frames: BTreeMap::new(),
        function_ids: BTreeMap::new(),
        queue: VecDeque::new(),
        errors: Vec::new(),
    };
    let program = lowering.package(whole, previous);
    lowering.errors.append(&mut context.errors.borrow_mut());
    match program {
        Ok(program) if lowering.errors.is_empty() => Ok(program),
        Ok(_) => Err(lowering.errors),
        Err(error) => {
            lowering.errors.push(error);
            Err(lowering.errors)
        }
    }
}

impl<'a> Lowering<'a> {
    fn package(
        &mut self,
        whole: &Whole<'_>,
        previous: Option<&ApiPackage>,
    ) -> Checked<ir::Program> {
        let mut applets: Vec<ir::AppletEntry> = Vec::new();
        let mut package = None;
        if let Whole::Library(library) = whole {
            package = Some((*library).clone());
        }
        if let [first, ..] = self.applets {
            package = Some(self.context.applet_package(*first)?);
        }
        let version = package.as_ref().map_or((0, 0), |package| package.version);
        let is_library = matches!(whole, Whole::Library(_));
        let exports = self.exports(is_library, version, previous)?;
        for app in self.applets {
            let Identity {
                applet_aid,
                package: own,
            } = self.identity(*app)?;
            let definition = self.context.struct_def(*app);
            if package.as_ref().is_some_and(|package| *package != own) {
                return Err(Diagnostic::new(
                    definition.span,
                    "the applets of one package name different packages",
                    "its `PACKAGE` is not that of the applets before",
                )
                .help(
                    "give all of them one constant: `const PACKAGE: Package = crate::PACKAGE;`",
                ));
            }
            if applets.iter().any(|applet| applet.aid == applet_aid) {
                return Err(Diagnostic::new(
                    definition.span,
                    "two applets of one package have the same AID",
                    "its `AID` is that of an applet before",
                ));
            }
            package = Some(own);
            applets.push(self.applet(*app, applet_aid)?);
        }
        while let Some((id, target, entry)) = self.queue.pop_front() {
            match self.function(id, target, entry) {
                Ok(function) => self.functions[target.0] = Some(function),
                Err(error) => self.errors.push(error),
            }
        }
        let frames: Vec<Scratch> = (0..self.functions.len())
            .map(|index| {
                self.frames
                    .remove(&ir::FunctionId(index))
                    .unwrap_or_default()
            })
            .collect();
        let is_whole = self.functions.iter().all(Option::is_some);
        let functions: Vec<ir::Function> = self.functions.drain(..).flatten().collect();
        self.errors
            .extend(allocation::check(&functions, &self.allocating));
        if is_library {
            self.errors
                .extend(export::constant_arrays(&functions, &self.arrays));
        }
        let Package { aid, version } = package.unwrap_or(Package {
            aid: Vec::new(),
            version: (0, 0),
        });
        let mut program = ir::Program {
            aid,
            version,
            name: self.name(),
            applets,
            classes: std::mem::take(&mut self.classes),
            arrays: std::mem::take(&mut self.arrays),
            functions,
            imports: self.context.imports.values().cloned().collect(),
            exports,
            files: self
                .context
                .sources
                .names()
                .map(ToOwned::to_owned)
                .collect(),
        };
        // Numbers of functions are those of the whole only where none was refused.
        if is_whole {
            self.errors.extend(scratch::lay_out(&mut program, &frames));
        }
        Ok(program)
    }

    /// The package's name: that of its applet, or of the crate where it has several.
    fn name(&self) -> String {
        match self.applets {
            [app] => self.context.struct_def(*app).name.to_lowercase(),
            _ => self.context.modules[self.context.roots[0].0].name.clone(),
        }
    }

    /// The class and the entry points of an applet.
    fn applet(&mut self, app: StructId, aid: Vec<u8>) -> Checked<ir::AppletEntry> {
        let context = self.context;
        let span = context.struct_def(app).span;
        context.app.set(Some(app));
        let class = self.class(app, span)?;
        let mut entries = vec![
            ("install", "install", "([BSB)V"),
            ("process", "process", "(Ljavacard/framework/APDU;)V"),
        ];
        if !context
            .member_of(&TypeKey::Struct(app), "deselect")
            .is_empty()
        {
            entries.push(("deselect", "deselect", "()V"));
        }
        let served = context.served(app)?;
        if let Some(interface) = served {
            entries.push((
                "share",
                "getShareableInterfaceObject",
                "(Ljavacard/framework/AID;B)Ljavacard/framework/Shareable;",
            ));
            self.serve(app, class, interface)?;
        }
        let first = self.functions.len();
        self.functions.resize(first + entries.len(), None);
        for (index, (binding, name, descriptor)) in entries.into_iter().enumerate() {
            let id = context.binding(binding, span)?;
            // `App` is another struct in each applet.
            context.bodies.borrow_mut().remove(&id);
            let entry = ir::Entry {
                name: name.to_owned(),
                descriptor: descriptor.to_owned(),
                class: None,
            };
            match self.function(id, ir::FunctionId(first + index), Some(entry)) {
                Ok(function) => {
                    let name = format!("{}::{name}", context.struct_def(app).name);
                    // The line of the applet's own function says more than the binding's.
                    let called = if binding == "share" {
                        "serves"
                    } else {
                        binding
                    };
                    let own = context.member_of(&TypeKey::Struct(app), called);
                    let own = own.iter().find_map(|own| match own {
                        Def::Fn(id) => Some(position(context.fn_def(*id).span)),
                        _ => None,
                    });
                    self.functions[first + index] = Some(ir::Function {
                        name,
                        position: own.unwrap_or(function.position),
                        ..function
                    });
                }
                Err(error) => self.errors.push(error),
            }
        }
        Ok(ir::AppletEntry {
            aid,
            class,
            install: ir::FunctionId(first),
        })
    }

    /// The applet's AID, and its package's AID and version: the constants of `platform::Applet`.
    fn identity(&self, app: StructId) -> Checked<Identity> {
        let span = self.context.struct_def(app).span;
        let package = self.context.applet_package(app)?;
        let applet_aid = self
            .context
            .applet_constant(app, "AID")?
            .bytes()
            .filter(|aid| (5..=16).contains(&aid.len()))
            .ok_or_else(|| unusable(span, "the AID"))?;
        if applet_aid[..5] != package.aid[..5] {
            return Err(Diagnostic::new(
                span,
                "the applet's AID and its package's AID have different RIDs",
                "the first five bytes must be the same (JCVM 3.0.5 §6.5)",
            ));
        }
        Ok(Identity {
            applet_aid,
            package,
        })
    }

    /// The IR function of a source function, queued where it is new.
    fn function_id(&mut self, id: FnId) -> ir::FunctionId {
        if let Some(found) = self.function_ids.get(&id) {
            return *found;
        }
        let target = ir::FunctionId(self.functions.len());
        self.functions.push(None);
        self.function_ids.insert(id, target);
        self.queue.push_back((id, target, None));
        target
    }

    fn function(
        &mut self,
        id: FnId,
        target: ir::FunctionId,
        entry: Option<ir::Entry>,
    ) -> Checked<ir::Function> {
        let definition = self.context.fn_def(id);
        let (name, span) = (self.context.fn_path(id), definition.span);
        let has_self = definition.signature.receiver().is_some();
        let exported = entry.as_ref().is_some_and(|entry| entry.class.is_some());
        let body = self.context.body(id)?;
        let receiver = match body
            .parameters
            .first()
            .map(|first| &body.variables[first.0].ty)
        {
            // An exported method is static; its receiver is an ordinary parameter.
            _ if exported => None,
            Some(Ty::Struct(app)) if entry.is_some() || has_self => Some(self.class(*app, span)?),
            _ => None,
        };
        let result = match &body.result {
            Ty::Result(inner) => self.value_type(inner, span)?,
            other => self.value_type(other, span)?,
        };
        let mut builder = Builder::new(self, id);
        let parameters = builder.parameters(&body)?;
        builder.body(&body)?;
        let (locals, blocks, scratch) = builder.finish();
        self.frames.insert(target, scratch);
        Ok(ir::Function {
            name,
            receiver,
            entry,
            parameters,
            result,
            locals,
            blocks,
            position: position(span),
        })
    }

    /// The class of a struct.
    fn class(&mut self, id: StructId, span: Span) -> Checked<ir::ClassId> {
        if let Some(found) = self.class_ids.get(&id) {
            return Ok(*found);
        }
        if self.imported_class(id).is_some() {
            return Err(self.out_of_reach(id, span));
        }
        let class = ir::ClassId(self.classes.len());
        self.class_ids.insert(id, class);
        let definition = self.context.struct_def(id);
        let dropped = (
            "Drop".to_owned(),
            TypeKey::Struct(self.context.struct_base(id)),
        );
        if self.context.definitions.implementors.contains_key(&dropped) {
            return Err(Diagnostic::new(
                definition.span,
                "`Drop` is not part of Card Rust",
                "nothing is dropped on the card",
            )
            .help("clean up in `deselect`, or where the value is no longer needed"));
        }
        let superclass = self
            .applets
            .contains(&id)
            .then(|| "javacard/framework/Applet".to_owned());
        self.classes.push(ir::Class {
            name: self.context.class_name(id),
            superclass,
            implements: Vec::new(),
            fields: Vec::new(),
        });
        self.field_map.push(Vec::new());
        for (name, ty) in self.context.struct_fields(id)? {
            let stored = match &ty {
                Ty::Cell(inner) => self.words(inner, span)?,
                Ty::TransientCell(inner) => {
                    vec![ir::Type::Array(self.transient_element(inner))]
                }
                other => self.words(other, span)?,
            };
            let fields = &mut self.classes[class.0].fields;
            let index = (!stored.is_empty()).then_some(fields.len());
            let is_one = stored.len() == 1;
            for (at, ty) in stored.into_iter().enumerate() {
                let name = if is_one {
                    name.clone()
                } else {
                    format!("{name}_{at}")
                };
                fields.push(ir::Field { name, ty });
            }
            self.field_map[class.0].push(index);
        }
        Ok(class)
    }

    /// The IR type of a value that is a single word or nothing.
    fn value_type(&mut self, ty: &Ty, span: Span) -> Checked<Option<ir::Type>> {
        Ok(Some(match ty {
            Ty::Unit | Ty::Never | Ty::Platform => return Ok(None),
            Ty::Bool => ir::Type::Bool,
            Ty::Int(int) if self.int || !int.is_wide() => int_type(*int),
            Ty::IntVar(_) => ir::Type::I16,
            Ty::Enum(_) => ir::Type::U8,
            Ty::Newtype(id) => return self.value_type(&self.context.newtype_inner(*id)?, span),
            Ty::Struct(id) => match self.imported_class(*id) {
                Some(class) => ir::Type::Api(class),
                None => ir::Type::Class(self.class(*id, span)?),
            },
            Ty::Api(name) => ir::Type::Api(name.clone()),
            Ty::Interface(id) => ir::Type::Api(self.interface_name(*id, span)?),
            Ty::Bytes => ir::Type::Array(ir::Element::U8),
            Ty::Shorts => ir::Type::Array(ir::Element::U16),
            Ty::Int(_)
            | Ty::Array(..)
            | Ty::Slice(_)
            | Ty::Cell(_)
            | Ty::TransientCell(_)
            | Ty::Result(_)
            | Ty::Option(_)
            | Ty::Fallible(_)
            | Ty::Number(..)
            | Ty::Var(_)
            | Ty::Record(_)
            | Ty::Vec(..)
            | Ty::Data(_)
            | Ty::Tuple(_)
            | Ty::Closure(_) => {
                let name = self.context.type_name(ty);
                let help = match ty {
                    Ty::Vec(..) => {
                        "a list that stays is a `platform::ByteVec<P, N>`, or `P::Bytes<N>` with a cell for its length"
                    }
                    _ => "fields hold scalars, cells, bytes, structs and the platform's objects",
                };
                return Err(Diagnostic::new(
                    span,
                    format!("a `{name}` cannot stand here on the card"),
                    "not a single value",
                )
                .help(help));
            }
        }))
    }

    /// The constant array of a constant item.
    fn const_array(&mut self, id: ConstId, span: Span) -> Checked<(ir::ArrayId, usize)> {
        if let Some(found) = self.array_ids.get(&id) {
            return Ok(*found);
        }
        let definition = self.context.const_def(id);
        let mut name = self.context.module_path(definition.module);
        name.push(definition.name.clone());
        let (ty, value) = self.context.constant_value(id)?;
        let (Ty::Array(element, _) | Ty::Slice(element), Constant::Array(values)) = (&ty, &value)
        else {
            return Err(Diagnostic::new(
                span,
                "this constant is not an array",
                "not an array",
            ));
        };
        let values: Vec<i64> = values
            .iter()
            .map(|value| if let Constant::Int(n) = value { *n } else { 0 })
            .collect();
        let array = self.new_array(name.join("::"), element, &values, span)?;
        self.array_ids.insert(id, (array, values.len()));
        Ok((array, values.len()))
    }

    fn new_array(
        &mut self,
        name: String,
        element: &Ty,
        values: &[i64],
        span: Span,
    ) -> Checked<ir::ArrayId> {
        let is_wide = self.two_words(element);
        let element = self.element_of(element);
        let words = |n: &i64| {
            if is_wide {
                vec![n >> 16 & 0xFFFF, n & 0xFFFF]
            } else {
                vec![*n]
            }
        };
        let values: Vec<i32> = values.iter().flat_map(words).map(int::bits).collect();
        if !ir::fits_array(values.len()) {
            return Err(too_long(span, values.len()));
        }
        if let Some(same) = self
            .arrays
            .iter()
            .position(|array| array.element == element && array.values == values)
        {
            return Ok(ir::ArrayId(same));
        }
        self.arrays.push(ir::ConstArray {
            name,
            element,
            values,
        });
        Ok(ir::ArrayId(self.arrays.len() - 1))
    }
}

impl Context {
    /// The package that an applet names.
    pub(crate) fn applet_package(&self, app: StructId) -> Checked<Package> {
        let span = self.struct_def(app).span;
        let package = self.applet_constant(app, "PACKAGE")?;
        let aid = package.field("aid").and_then(Constant::bytes);
        let number = |name: &str| match package.field(name) {
            Some(Constant::Int(n)) => u8::try_from(*n).map_err(|_| unusable(span, "the version")),
            _ => Err(unusable(span, "the version")),
        };
        Ok(Package {
            aid: aid
                .filter(|aid| (5..=16).contains(&aid.len()))
                .ok_or_else(|| unusable(span, "the package AID"))?,
            version: (number("major")?, number("minor")?),
        })
    }

    /// A constant of `platform::Applet`.
    fn applet_constant(&self, app: StructId, name: &str) -> Checked<Constant> {
        let span = self.struct_def(app).span;
        let members = self.members_of(&TypeKey::Struct(app), name);
        let mut constants = members.into_iter().filter_map(|member| match member {
            Member {
                def: Def::Const(id),
                of_trait: Some(_),
            } => Some(id),
            _ => None,
        });
        let id = constants.next().ok_or_else(|| {
            Diagnostic::new(
                span,
                format!("the applet has no constant `{name}`"),
                "not an implementation of `platform::Applet`",
            )
        })?;
        self.constant_value(id).map(|(_, value)| value)
    }
}

fn unusable(span: Span, what: &str) -> Diagnostic {
    Diagnostic::new(
        span,
        format!("{what} of this applet cannot be used"),
        "an AID has 5 to 16 bytes, a version two numbers",
    )
}

fn int_type(int: Int) -> ir::Type {
    match int {
        Int::U8 => ir::Type::U8,
        Int::I8 => ir::Type::I8,
        Int::U16 => ir::Type::U16,
        Int::I16 => ir::Type::I16,
        Int::Usize => ir::Type::Usize,
        Int::U32 | Int::I32 => ir::Type::Int,
    }
}

impl Lowering<'_> {
    /// What an array of this type holds: without `int`, a `u32` or `i32` is two elements of a `short[]`.
    fn element_of(&self, ty: &Ty) -> ir::Element {
        match ty {
            Ty::Bool => ir::Element::Bool,
            Ty::Int(Int::I8) => ir::Element::I8,
            Ty::Int(Int::U32 | Int::I32) if self.int => ir::Element::Int,
            Ty::Int(Int::U16 | Int::Usize | Int::U32 | Int::I32) => ir::Element::U16,
            Ty::Int(Int::I16) => ir::Element::I16,
            Ty::Newtype(id) => match self.context.newtype_inner(*id) {
                Ok(inner) => self.element_of(&inner),
                Err(_) => ir::Element::U8,
            },
            _ => ir::Element::U8,
        }
    }

    /// A transient cell is an array of bytes, of shorts, or, where one of its words is an `int`, of those.
    fn transient_element(&self, ty: &Ty) -> ir::Element {
        match ty {
            ty if self.int && self.has_wide(ty) => ir::Element::Int,
            Ty::Int(Int::U16 | Int::I16 | Int::Usize) | Ty::Newtype(_) => ir::Element::U16,
            ty if self.in_words(ty) => ir::Element::U16,
            _ => ir::Element::U8,
        }
    }
}

impl Lowering<'_> {
    /// Whether a `u32` or `i32` is a value or part of it.
    fn has_wide(&self, ty: &Ty) -> bool {
        let parts = self.part_types(ty).unwrap_or_default();
        self.wide(ty).is_some() || parts.iter().any(|part| self.has_wide(part))
    }
}

fn position(span: Span) -> ir::Position {
    ir::Position {
        file: span.file,
        line: span.line,
        column: span.column + 1,
    }
}
