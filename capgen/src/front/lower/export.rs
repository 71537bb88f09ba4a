//! Library packages: what this one exports, and what is imported of others instead of compiled again.

use std::collections::BTreeSet;

use super::Lowering;
use crate::diagnostic::{Diagnostic, Span};
use crate::front::check::Passing;
use crate::front::define::{FnId, StructId};
use crate::front::public::Public;
use crate::front::resolve::Checked;
use crate::front::tree::{Expr, Intrinsic, Kind};
use crate::front::ty::Ty;
use crate::ir;
use crate::java::identifier;
use crate::source::CrateId;
use cap_file::api::{Api, ApiClass, ApiFlags, ApiMethod, ApiPackage, MethodKind};
use cap_file::component::Version;

/// The superclass of every class of a library.
const OBJECT: &str = "java/lang/Object";

impl Lowering<'_> {
    /// Queues everything that a library package offers, and gives it its tokens: those that `previous` has, and
    /// after them new ones in source order.
    ///
    /// A package of applets offers its shareable interfaces only.
    pub(super) fn exports(
        &mut self,
        is_library: bool,
        version: (u8, u8),
        previous: Option<&ApiPackage>,
    ) -> Checked<Vec<ApiClass>> {
        let public = if is_library {
            self.context.public(CrateId(0))
        } else {
            Public::default()
        };
        // Of another major version nothing is kept: what was linked against that does not link against this one.
        let previous = previous.filter(|old| old.newest().major == version.0);
        let mut exports = Exports {
            classes: Vec::new(),
            since: Version::new(version.0, version.1),
            previous,
        };
        for id in &public.structs {
            if self.context.struct_type(*id) == Ty::Struct(*id) {
                self.check_fields(*id)?;
                let name = self.context.struct_def(*id).name.clone();
                let full = format!("{}/{name}", self.name());
                let span = self.context.struct_def(*id).span;
                self.class(*id, span)?;
                exports.class(&full, span)?;
            }
        }
        for id in &public.functions {
            if let Err(error) = self.export(*id, &public, &mut exports) {
                self.errors.push(error);
            }
        }
        for id in self.context.interfaces(CrateId(0)) {
            let name = format!(
                "{}/{}",
                self.name(),
                self.context.definitions.traits[id.0].name
            );
            for method in self.context.interface_methods(id)? {
                let descriptor = self.interface_descriptor(&method)?;
                let method_name = identifier(&method.name);
                exports.interface_method(&name, &method_name, &descriptor, method.span)?;
            }
        }
        Ok(exports.finish())
    }

    fn export(&mut self, id: FnId, public: &Public, exports: &mut Exports<'_>) -> Checked<()> {
        let definition = self.context.fn_def(id);
        let (span, method) = (definition.span, identifier(&definition.name));
        let Some(descriptor) = self.java_descriptor(id, Some(public))? else {
            return self.stays_inside(id);
        };
        let name = self.context.export_class(id);
        let full = format!("{}/{name}", self.name());
        exports.method(&full, &method, &descriptor, span)?;
        let class = self.holder(&name);
        let entry = ir::Entry {
            name: method,
            descriptor,
            class: Some(class),
        };
        let target = ir::FunctionId(self.functions.len());
        self.functions.push(None);
        self.function_ids.insert(id, target);
        self.queue.push_back((id, target, Some(entry)));
        Ok(())
    }

    /// The class with this name; one without fields is made for functions that belong to a module.
    fn holder(&mut self, name: &str) -> ir::ClassId {
        let known = self.classes.iter().position(|class| class.name == name);
        ir::ClassId(known.unwrap_or_else(|| {
            self.classes.push(ir::Class {
                name: name.to_owned(),
                superclass: None,
                implements: Vec::new(),
                fields: Vec::new(),
            });
            self.field_map.push(Vec::new());
            self.classes.len() - 1
        }))
    }

    /// A public function that no method can be is put into its callers, as a generic one is by rustc; only a
    /// method of a class cannot, since the fields of its object are out of reach there.
    fn stays_inside(&self, id: FnId) -> Checked<()> {
        let definition = self.context.fn_def(id);
        let owner = definition.owner.map(|owner| self.context.impl_type(owner));
        if !matches!(owner, Some(Ty::Struct(_))) {
            return Ok(());
        }
        Err(Diagnostic::new(
            definition.span,
            format!("method `{}` cannot be exported", definition.name),
            "takes or gives what no method of the card can",
        )
        .help(
            "an exported method takes scalars, slices, structs and the platform's objects, and gives one scalar or \
             object; make it `pub(crate)`",
        ))
    }

    fn check_fields(&self, id: StructId) -> Checked<()> {
        let definition = self.context.struct_def(id);
        let open = definition
            .ast
            .fields
            .iter()
            .find(|field| matches!(field.vis, syn::Visibility::Public(_)));
        match open {
            None => Ok(()),
            Some(field) => Err(Diagnostic::new(
                self.context.span(definition.module, field),
                format!(
                    "a field of the exported struct `{}` is public",
                    definition.name
                ),
                "out of reach of other packages",
            )
            .help("make it private, and add a method that gives its value")),
        }
    }

    /// The method that a function of an imported crate is.
    pub(super) fn imported(&mut self, id: FnId, span: Span) -> Checked<Option<ir::ApiMethod>> {
        let context = self.context;
        let definition = context.fn_def(id);
        let Some(package) = context.import_of(definition.module) else {
            return Ok(None);
        };
        let class = context.export_class(id);
        let Some(class) = package.class(&class).filter(|_| definition.public) else {
            return Ok(None);
        };
        let name = identifier(&definition.name);
        let Some(found) = class.methods_named(&name).find(is_static) else {
            return Ok(None);
        };
        let wanted = self.java_descriptor(id, None)?;
        if wanted.as_deref() != Some(found.descriptor.as_str()) {
            return Err(Diagnostic::new(
                span,
                format!(
                    "`{}` is not what the export file of `{}` {} says",
                    context.fn_path(id),
                    package.name,
                    package.newest()
                ),
                format!(
                    "{} there, {} in the source",
                    found.descriptor,
                    wanted.as_deref().unwrap_or("no method")
                ),
            )
            .help("build the library package again, as a new version"));
        }
        let method = ir::ApiMethod {
            class: class.name.clone(),
            name: found.name.clone(),
            descriptor: found.descriptor.clone(),
        };
        if self.allocates(id, &mut BTreeSet::new())? {
            self.allocating.insert(method.clone());
        }
        Ok(Some(method))
    }

    /// The class that a struct of an imported crate is.
    pub(super) fn imported_class(&self, id: StructId) -> Option<String> {
        let definition = self.context.struct_def(id);
        let package = self.context.import_of(definition.module)?;
        Some(package.class(&definition.name)?.name.clone())
    }

    /// What is said of the fields of a struct of an imported package.
    pub(super) fn out_of_reach(&self, id: StructId, span: Span) -> Diagnostic {
        let name = &self.context.struct_def(id).name;
        Diagnostic::new(
            span,
            format!("the fields of `{name}` are out of reach"),
            "an object of another package",
        )
        .help("call an exported method of its package; one that takes or gives an `Option` or a tuple is none")
    }

    /// A function's signature as a method; `None` where it has parameters or a result that no method has.
    /// `public` is what this package exports, while it is made.
    fn java_descriptor(&mut self, id: FnId, public: Option<&Public>) -> Checked<Option<String>> {
        let span = self.context.fn_def(id).span;
        // Each call of a generic function is one of another.
        if self.context.is_generic(id) {
            return Ok(None);
        }
        let signature = self.context.signature(id)?;
        let mut text = "(".to_owned();
        for (_, ty, passing) in &signature.parameters {
            // No method has a reference to what is in its caller's locals.
            if *passing == Passing::Mutable && ty.in_locals() {
                return Ok(None);
            }
            match ty {
                Ty::Slice(element) => {
                    text += array_descriptor(&self.element_of(element));
                    text += "SS";
                }
                _ => match self.type_descriptor(ty, public, span)? {
                    Some(described) => text += described.trim_start_matches('V'),
                    None => return Ok(None),
                },
            }
        }
        let result = match &signature.result {
            Ty::Result(inner) => inner,
            other => other,
        };
        text.push(')');
        match self.type_descriptor(result, public, span)? {
            Some(described) => text += &described,
            None => return Ok(None),
        }
        Ok(Some(text))
    }

    /// A single value's type; `V` for nothing.
    fn type_descriptor(
        &mut self,
        ty: &Ty,
        public: Option<&Public>,
        span: Span,
    ) -> Checked<Option<String>> {
        if self.wide(ty).is_some() {
            return Ok(None);
        }
        let text = match ty {
            Ty::Struct(id) => match (self.imported_class(*id), public) {
                (Some(class), _) => format!("L{class};"),
                (None, Some(public)) if public.structs.contains(id) => {
                    let name = &self.context.struct_def(*id).name;
                    format!("L{}/{name};", self.name())
                }
                (None, Some(_)) => {
                    let name = &self.context.struct_def(*id).name;
                    return Err(Diagnostic::new(
                        span,
                        format!("an exported function takes or gives `{name}`, which is not exported"),
                        "other packages cannot name it",
                    )
                    .help("make the struct `pub` in this crate, or import the package that it comes from"));
                }
                (None, None) => return Ok(None),
            },
            Ty::Array(..)
            | Ty::Slice(_)
            | Ty::Cell(_)
            | Ty::TransientCell(_)
            | Ty::Result(_)
            | Ty::Option(_)
            | Ty::Fallible(_)
            | Ty::Number(..)
            | Ty::Record(_)
            | Ty::Vec(..)
            | Ty::Data(_)
            | Ty::Tuple(_)
            | Ty::Closure(_) => return Ok(None),
            other => match self.value_type(other, span)? {
                None => "V".to_owned(),
                Some(ir::Type::Bool) => "Z".to_owned(),
                Some(ir::Type::Api(class)) => format!("L{class};"),
                Some(ir::Type::Array(element)) => array_descriptor(&element).to_owned(),
                Some(ir::Type::Class(_)) => return Ok(None),
                Some(_) => "S".to_owned(),
            },
        };
        Ok(Some(text))
    }

    /// Whether a function of an imported crate makes objects.
    fn allocates(&self, id: FnId, seen: &mut BTreeSet<FnId>) -> Checked<bool> {
        if !seen.insert(id) {
            return Ok(false);
        }
        let mut value = self.context.body(id)?.value.clone();
        let (mut found, mut called) = (false, Vec::new());
        makes(&mut value, &mut found, &mut called);
        for id in called {
            found = found || self.allocates(id, seen)?;
        }
        Ok(found)
    }
}

/// The constant arrays of a library package, which can have none.
pub(super) fn constant_arrays(
    functions: &[ir::Function],
    arrays: &[ir::ConstArray],
) -> Vec<Diagnostic> {
    let mut found: Vec<(ir::ArrayId, Diagnostic)> = Vec::new();
    for (root, position) in functions.iter().flat_map(ir::Function::expressions) {
        root.walk(&mut |expr| {
            if let ir::Expr::ConstArray(id) = expr
                && found.iter().all(|(known, _)| known != id)
            {
                let name = arrays.get(id.0).map_or("?", |array| &array.name);
                let diagnostic = Diagnostic::new(
                    super::allocation::span(position),
                    format!("a library package cannot hold the constant array `{name}`"),
                    "only a package with applets initialises arrays (JCVM 3.0.5 §6.10)",
                )
                .help("give its elements by a `match` over the index, or pass the array from the applet");
                found.push((*id, diagnostic));
            }
        });
    }
    found
        .into_iter()
        .map(|(_, diagnostic)| diagnostic)
        .collect()
}

/// Whether an expression makes an object, and what it calls.
fn makes(expr: &mut Expr, found: &mut bool, called: &mut Vec<FnId>) {
    match &expr.kind {
        Kind::Struct(..) => *found |= matches!(expr.ty, Ty::Struct(_)),
        Kind::Intrinsic(
            Intrinsic::NewBytes(_) | Intrinsic::NewTransientBytes(_) | Intrinsic::NewTransientCell,
            _,
        ) => *found = true,
        Kind::Java(method, _) => *found |= super::allocation::makes_an_object(&method.method),
        Kind::Call(id, _) => called.push(*id),
        _ => {}
    }
    expr.each_part(&mut |part| makes(part, found, called));
}

pub(super) const fn array_descriptor(element: &ir::Element) -> &'static str {
    match element {
        ir::Element::Bool => "[Z",
        ir::Element::U8 | ir::Element::I8 => "[B",
        ir::Element::Int => "[I",
        ir::Element::U16 | ir::Element::I16 | ir::Element::Class(_) => "[S",
    }
}

/// Classes and methods as they get their tokens.
struct Exports<'a> {
    classes: Vec<ApiClass>,
    since: Version,
    previous: Option<&'a ApiPackage>,
}

impl Exports<'_> {
    fn class(&mut self, name: &str, span: Span) -> Checked<usize> {
        if let Some(known) = self.classes.iter().position(|class| class.name == name) {
            return Ok(known);
        }
        let old = self.previous.and_then(|package| package.class(name));
        let kept = self.previous.map_or(&[][..], |package| &package.classes);
        let token = match old {
            Some(old) => old.token,
            None => next(
                kept.iter().chain(&self.classes).map(|class| class.token),
                0xFE,
                "a package exports at most 255 classes",
                span,
            )?,
        };
        self.classes.push(ApiClass {
            token,
            name: name.to_owned(),
            flags: ApiFlags {
                public: true,
                ..ApiFlags::default()
            },
            is_interface: false,
            since: self.since,
            supers: vec![OBJECT.to_owned()],
            interfaces: Vec::new(),
            constants: Vec::new(),
            fields: Vec::new(),
            methods: self.inherited(),
            inheritable_tokens: None,
        });
        Ok(self.classes.len() - 1)
    }

    /// A method of a shareable interface, and the interface where it is the first.
    fn interface_method(
        &mut self,
        interface: &str,
        name: &str,
        descriptor: &str,
        span: Span,
    ) -> Checked<()> {
        let index = self.class(interface, span)?;
        let class = &mut self.classes[index];
        if !class.is_interface {
            class.is_interface = true;
            class.flags.shareable = true;
            class.interfaces = vec![Lowering::root_interface().to_owned()];
            class.methods.clear();
        }
        let old = self.previous.and_then(|package| package.class(interface));
        let kept = old.map_or(&[][..], |class| &class.methods);
        let token = match old.and_then(|class| class.method(name, descriptor)) {
            Some(old) => old.token,
            None => next(
                kept.iter().chain(&class.methods).map(|method| method.token),
                0x7F,
                "a shareable interface has at most 128 methods",
                span,
            )?,
        };
        class.methods.push(ApiMethod {
            token,
            name: name.to_owned(),
            descriptor: descriptor.to_owned(),
            kind: MethodKind::Interface,
            flags: ApiFlags {
                public: true,
                is_abstract: true,
                ..ApiFlags::default()
            },
            since: self.since,
        });
        Ok(())
    }

    /// What every class has of `Object`: an export file names it too (JCVM 3.0.5 §5.7).
    fn inherited(&self) -> Vec<ApiMethod> {
        let object = Api::builtin().find_class(OBJECT);
        let methods = object.iter().flat_map(|(_, class)| &class.methods);
        methods
            .filter(|method| method.kind == MethodKind::Virtual)
            .map(|method| ApiMethod {
                since: self.since,
                ..method.clone()
            })
            .collect()
    }

    fn method(&mut self, class: &str, name: &str, descriptor: &str, span: Span) -> Checked<()> {
        let index = self.class(class, span)?;
        let old = self.previous.and_then(|package| package.class(class));
        let kept = old.map_or(&[][..], |class| &class.methods);
        let own = &self.classes[index].methods;
        if own
            .iter()
            .filter(is_static)
            .any(|method| method.name == name)
        {
            return Err(Diagnostic::new(
                span,
                format!("two functions are exported as `{class}.{name}`"),
                "a class is named after its module or its type",
            )
            .help("rename one of them, its module or its type"));
        }
        let token = match old.and_then(|class| class.method(name, descriptor)) {
            Some(old) => old.token,
            None => next(
                kept.iter()
                    .chain(own)
                    .filter(is_static)
                    .map(|method| method.token),
                0xFF,
                "a class exports at most 256 functions",
                span,
            )?,
        };
        self.classes[index].methods.push(ApiMethod {
            token,
            name: name.to_owned(),
            descriptor: descriptor.to_owned(),
            kind: MethodKind::Static,
            flags: ApiFlags {
                public: true,
                is_static: true,
                ..ApiFlags::default()
            },
            since: self.since,
        });
        Ok(())
    }

    fn finish(mut self) -> Vec<ApiClass> {
        self.classes.sort_by_key(|class| class.token);
        for class in &mut self.classes {
            class
                .methods
                .sort_by_key(|method| (method.kind == MethodKind::Virtual, method.token));
        }
        self.classes
    }
}

fn is_static(method: &&ApiMethod) -> bool {
    method.kind == MethodKind::Static
}

/// The token after all of those in use.
fn next(used: impl Iterator<Item = u8>, most: u8, limit: &str, span: Span) -> Checked<u8> {
    let next = used.max().map_or(Some(0), |last| last.checked_add(1));
    next.filter(|token| *token <= most)
        .ok_or_else(|| Diagnostic::new(span, limit, "one too many"))
}
