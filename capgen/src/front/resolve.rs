//! Collects the definitions of all modules, and finds what a path stands for.

mod collect;
mod enums;
mod generics;
mod instance;
mod instances;
mod structs;
mod types;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::rc::Rc;

use cap_file::api::ApiPackage;

use super::constant::Value as Constant;
use super::define::{ConstId, Def, Definitions, EnumId, FnId, ImplId, Member, StructId};
use super::tree::Body;
use super::ty::{Ty, TypeKey};
use crate::bindings;
use crate::diagnostic::{Diagnostic, Span};
use crate::ir::Position;
use crate::source::{self, CrateError, CrateId, Manifest, ModuleId, ModuleSource, Sources};

pub(crate) use generics::type_of;
pub(crate) use instance::{impl_name, is_impl};
use instances::Instances;
pub(crate) use types::too_long;

pub(crate) type Checked<T> = Result<T, Diagnostic>;

/// Everything that is known of a compilation's sources.
pub(crate) struct Context {
    pub(crate) modules: Vec<ModuleSource>,
    pub(crate) roots: Vec<ModuleId>,
    pub(crate) dependencies: Vec<BTreeMap<String, CrateId>>,
    pub(crate) definitions: Definitions,
    pub(crate) sources: Sources,
    /// The crate that defines the platform traits.
    pub(crate) platform: Option<CrateId>,
    /// The root of the bindings.
    pub(crate) bindings: ModuleId,
    /// The root of the integers' methods.
    pub(crate) integers: ModuleId,
    /// The struct of the applet whose entry points are being made, which the bindings call `App`.
    pub(crate) app: Cell<Option<StructId>>,
    /// What the manifest of each crate says to the compiler.
    pub(crate) manifests: Vec<Manifest>,
    /// The library packages that are imported instead of compiled again, by their crates.
    pub(crate) imports: BTreeMap<CrateId, ApiPackage>,
    /// Which structs are only what their fields are.
    pub(crate) records: RefCell<BTreeMap<StructId, bool>>,
    /// The instances of what is generic.
    functions: Instances<FnId>,
    structs: Instances<StructId>,
    enums: Instances<EnumId>,
    consts: Instances<ConstId>,
    pub(crate) bodies: RefCell<BTreeMap<FnId, Rc<Body>>>,
    /// The constants found; nothing for those under way.
    pub(crate) constants: RefCell<BTreeMap<ConstId, Option<(Ty, Constant)>>>,
    /// What was refused in a body beside the first, which its check gives back.
    pub(crate) errors: RefCell<Vec<Diagnostic>>,
    /// The constants of the API in the code that not every card knows, `package/Class/NAME`, and where they are.
    pub(crate) java_constants: RefCell<BTreeSet<(String, Position)>>,
}

impl Context {
    /// Reads and collects the crate in `folder` and those that it depends on by path, and the bindings.
    pub(crate) fn load(
        folder: &Path,
        bindings: &str,
    ) -> Result<(Self, Vec<Diagnostic>), CrateError> {
        let (mut parsed, (bindings, mut integers)) = source::load(folder, || {
            let integers = bindings::integers::always();
            (
                source::Text::parse(bindings.to_owned()),
                source::Text::parse(integers),
            )
        })?;
        let platform = parsed
            .crates
            .iter()
            .position(|krate| krate.package == "platform")
            .map(CrateId);
        let dependencies = platform
            .into_iter()
            .map(|id| ("platform".to_owned(), id))
            .collect();
        integers.add(&bindings::integers::named(|name| {
            let mut texts = parsed.sources.texts();
            texts.any(|text| text.contains(name))
        }));
        let bindings = source::add_text(&mut parsed, "bindings", bindings, dependencies);
        let integers = source::add_text(&mut parsed, "integers", integers, BTreeMap::new());
        let mut context = Context {
            roots: parsed.crates.iter().map(|krate| krate.root).collect(),
            dependencies: parsed
                .crates
                .iter()
                .map(|krate| krate.dependencies.clone())
                .collect(),
            modules: parsed.modules,
            definitions: Definitions::default(),
            sources: parsed.sources,
            platform,
            bindings,
            integers,
            app: Cell::default(),
            imports: BTreeMap::new(),
            manifests: parsed
                .crates
                .into_iter()
                .map(|krate| krate.manifest)
                .collect(),
            records: RefCell::default(),
            functions: Instances::default(),
            structs: Instances::default(),
            enums: Instances::default(),
            consts: Instances::default(),
            bodies: RefCell::default(),
            constants: RefCell::default(),
            errors: RefCell::default(),
            java_constants: RefCell::default(),
        };
        let mut errors = parsed.errors;
        context.collect(&mut errors);
        Ok((context, errors))
    }

    pub(crate) fn span(&self, module: ModuleId, node: &impl syn::spanned::Spanned) -> Span {
        source::span(self.modules[module.0].file, node.span())
    }

    /// Whether a module is of the crate that is compiled, not of a dependency.
    pub(crate) fn is_own(&self, module: ModuleId) -> bool {
        self.krate(module) == CrateId(0)
    }

    /// The package that a module's crate is, where that is imported.
    pub(crate) fn import_of(&self, module: ModuleId) -> Option<&ApiPackage> {
        self.imports.get(&self.krate(module))
    }

    pub(crate) fn krate(&self, module: ModuleId) -> CrateId {
        self.modules[module.0].krate
    }

    /// What `path`, seen from `module`, stands for; all meanings that the name has.
    pub(crate) fn lookup(&self, module: ModuleId, path: &[String]) -> Vec<Def> {
        self.lookup_depth(module, path, 0)
    }

    fn lookup_depth(&self, module: ModuleId, path: &[String], depth: usize) -> Vec<Def> {
        // A cycle of imports that leads nowhere.
        if depth > 32 {
            return Vec::new();
        }
        let Some((first, rest)) = path.split_first() else {
            return Vec::new();
        };
        let root = |krate: CrateId| self.roots.get(krate.0).map(|id| Def::Module(*id));
        let start: Vec<Def> = match first.as_str() {
            "crate" => root(self.krate(module)).into_iter().collect(),
            "self" => vec![Def::Module(self.around_blocks(module))],
            "super" => self.modules[self.around_blocks(module).0]
                .parent
                .map(Def::Module)
                .into_iter()
                .collect(),
            _ => {
                let mut at = module;
                let mut found = self.in_module(at, first, depth);
                while let (true, Some(around)) = (
                    found.is_empty() && self.modules[at.0].is_block,
                    self.modules[at.0].parent,
                ) {
                    at = around;
                    found = self.in_module(at, first, depth);
                }
                if !found.is_empty() {
                    found
                } else if let Some(krate) = self.dependencies[self.krate(module).0].get(first) {
                    root(*krate).into_iter().collect()
                } else if first == "core" || first == "std" {
                    vec![Def::Core("core".to_owned())]
                } else if first == "heapless" {
                    // Known by name, as `core` is.
                    vec![Def::Core("heapless".to_owned())]
                } else if module == self.bindings
                    && matches!(first.as_str(), "javacard" | "javacardx" | "org")
                {
                    vec![Def::Java(first.clone())]
                } else {
                    Vec::new()
                }
            }
        };
        let mut found = start;
        for name in rest {
            found = found
                .iter()
                .flat_map(|def| self.member(def, name, depth))
                .collect();
        }
        found
    }

    /// The module that a block of a function is in.
    fn around_blocks(&self, mut module: ModuleId) -> ModuleId {
        while let (true, Some(around)) = (
            self.modules[module.0].is_block,
            self.modules[module.0].parent,
        ) {
            module = around;
        }
        module
    }

    /// What `name` stands for inside of `def`.
    fn member(&self, def: &Def, name: &str, depth: usize) -> Vec<Def> {
        match def {
            Def::Module(id) => match name {
                "super" => self.modules[id.0]
                    .parent
                    .map(Def::Module)
                    .into_iter()
                    .collect(),
                "self" => vec![def.clone()],
                _ => self.in_module(*id, name, depth),
            },
            Def::Enum(id) => self.names_of(&TypeKey::Enum(*id), name),
            Def::Struct(id) => self.names_of(&TypeKey::Struct(*id), name),
            Def::Java(path) => vec![Def::Java(format!("{path}/{name}"))],
            Def::Core(path) => vec![Def::Core(format!("{path}::{name}"))],
            _ => Vec::new(),
        }
    }

    /// What `Type::name` stands for: a variant, or what is associated with the type.
    pub(crate) fn names_of(&self, key: &TypeKey, name: &str) -> Vec<Def> {
        if let TypeKey::Enum(id) = key {
            let variants = &self.enum_def(*id).ast.variants;
            if let Some(index) = variants.iter().position(|variant| variant.ident == name) {
                return vec![Def::Variant(*id, index)];
            }
        }
        self.member_of(key, name)
    }

    /// The associated functions and constants of a type that a name stands for: an inherent one hides those of traits.
    pub(crate) fn member_of(&self, key: &TypeKey, name: &str) -> Vec<Def> {
        let all = self.members_of(key, name);
        let is_inherent = |member: &&Member| member.of_trait.is_none();
        let inherent: Vec<Def> = all
            .iter()
            .filter(is_inherent)
            .map(|member| member.def.clone())
            .collect();
        if inherent.is_empty() {
            all.into_iter().map(|member| member.def).collect()
        } else {
            inherent
        }
    }

    /// All functions and constants of a type that have a name.
    pub(crate) fn members_of(&self, key: &TypeKey, name: &str) -> Vec<Member> {
        let written = (self.written_key(key), name.to_owned());
        let members = self.definitions.members.get(&written);
        let of_key = |member: &Member| Member {
            def: match member.def {
                Def::Fn(function) => Def::Fn(self.function_of(key, function)),
                Def::Const(constant) => Def::Const(self.constant_of(key, constant)),
                ref other => other.clone(),
            },
            of_trait: member.of_trait.clone(),
        };
        members.into_iter().flatten().map(of_key).collect()
    }

    fn in_module(&self, module: ModuleId, name: &str, depth: usize) -> Vec<Def> {
        let mut found = Vec::new();
        let Some(scope) = self.definitions.scopes.get(&module) else {
            return found;
        };
        if let Some(defs) = scope.names.get(name) {
            found.extend(defs.iter().cloned());
        }
        if let Some(child) = self.modules[module.0].children.get(name) {
            found.push(Def::Module(*child));
        }
        for path in scope.imports.get(name).into_iter().flatten() {
            // `use name::…` inside of itself means the crate of that name.
            let from = if path.len() == 1 && path[0] == name {
                self.extern_root(module, name)
            } else {
                None
            };
            match from {
                Some(def) => found.push(def),
                None => found.extend(self.lookup_depth(module, path, depth + 1)),
            }
        }
        if found.is_empty() {
            for path in &scope.globs {
                for def in self.lookup_depth(module, path, depth + 1) {
                    found.extend(self.member(&def, name, depth + 1));
                }
            }
        }
        found.dedup();
        found
    }

    fn extern_root(&self, module: ModuleId, name: &str) -> Option<Def> {
        let krate = self.dependencies[self.krate(module).0].get(name)?;
        self.roots.get(krate.0).copied().map(Def::Module)
    }

    /// The path of a function for listings: `jpki::slot::Slot::verify`.
    pub(crate) fn fn_path(&self, id: FnId) -> String {
        let function = self.fn_def(id);
        let mut path = self.module_path(function.module);
        if let Some(owner) = function.owner {
            let generics = self.instance_generics(id).unwrap_or_default();
            let of = self.self_type(Some(owner), &generics);
            path.extend(of.map(|of| self.type_name(&of)));
        }
        path.push(function.name.clone());
        path.join("::")
    }

    pub(crate) fn module_path(&self, module: ModuleId) -> Vec<String> {
        let mut path = Vec::new();
        let mut at = Some(module);
        while let Some(id) = at {
            path.push(self.modules[id.0].name.clone());
            at = self.modules[id.0].parent;
        }
        path.reverse();
        path
    }

    /// A type as a person reads it.
    pub(crate) fn type_name(&self, ty: &Ty) -> String {
        let name = |ty: &Ty| self.type_name(ty);
        match ty {
            Ty::Unit => "()".to_owned(),
            Ty::Never => "!".to_owned(),
            Ty::Bool => "bool".to_owned(),
            Ty::Int(int) => int.name().to_owned(),
            Ty::IntVar(_) => "{integer}".to_owned(),
            Ty::Var(_) => "_".to_owned(),
            Ty::Enum(id) | Ty::Data(id) => self.generic_name(&TypeKey::Enum(*id)),
            Ty::Newtype(id) | Ty::Struct(id) | Ty::Record(id) => {
                self.generic_name(&TypeKey::Struct(*id))
            }
            Ty::Api(class) => class.rsplit('/').next().unwrap_or(class).to_owned(),
            Ty::Interface(id) => format!("dyn {}", self.definitions.traits[id.0].name),
            Ty::Bytes => "Bytes".to_owned(),
            Ty::Shorts => "short[]".to_owned(),
            Ty::Array(element, n) => format!("[{}; {n}]", name(element)),
            Ty::Slice(element) => format!("[{}]", name(element)),
            Ty::Cell(inner) => format!("Cell<{}>", name(inner)),
            Ty::TransientCell(inner) => format!("TransientCell<{}>", name(inner)),
            Ty::Result(inner) => format!("Result<{}>", name(inner)),
            Ty::Option(inner) => format!("Option<{}>", name(inner)),
            Ty::Fallible(inner) => format!("Result<{}, _>", name(inner)),
            Ty::Vec(element, n) => format!("heapless::Vec<{}, {n}>", name(element)),
            Ty::Tuple(list) => {
                format!("({})", list.iter().map(name).collect::<Vec<_>>().join(", "))
            }
            Ty::Number(value, _) => value.to_string(),
            Ty::Platform => "Platform".to_owned(),
            Ty::Closure(inner) => format!("closure giving {}", name(inner)),
        }
    }

    /// A function of the bindings by its name.
    pub(crate) fn binding(&self, name: &str, span: Span) -> Checked<FnId> {
        let found = self
            .lookup(self.bindings, &[name.to_owned()])
            .into_iter()
            .find_map(|def| match def {
                Def::Fn(id) => Some(id),
                _ => None,
            });
        found.ok_or_else(|| {
            Diagnostic::new(span, format!("the bindings have no `{name}`"), "not bound")
        })
    }

    /// A function of the integers' table by its whole name.
    pub(crate) fn integer_function(&self, name: &str, span: Span) -> Checked<FnId> {
        let (ty, method) = name.split_once('_').unwrap_or((name, ""));
        self.integer_method(ty, method).ok_or_else(|| {
            Diagnostic::new(span, format!("the integers have no `{name}`"), "not bound")
        })
    }

    /// The function that stands for a method of an integer type.
    pub(crate) fn integer_method(&self, ty: &str, name: &str) -> Option<FnId> {
        self.lookup(self.integers, &[format!("{ty}_{name}")])
            .into_iter()
            .find_map(|def| match def {
                Def::Fn(id) => Some(id),
                _ => None,
            })
    }

    /// The type that an `impl` block is for.
    pub(crate) fn impl_type(&self, id: ImplId) -> &Ty {
        &self.definitions.impls[id.0].ty
    }
}

/// A path's segments as text.
pub(crate) fn segments(path: &syn::Path) -> Vec<String> {
    path.segments
        .iter()
        .map(|segment| segment.ident.to_string())
        .collect()
}
