//! The API packages that a program uses, in the lowest versions that have what it uses.

use super::classes::SHAREABLE;
use super::target::Target;
use crate::bindings;
use crate::codegen::BackendError;
use crate::codegen::error::Lack;
use crate::codegen::item::Symbol;
use crate::ir::{ApiMethod, Callee, Expr, Function, FunctionId, Position, Program, Type};
use cap_file::api::{Api, ApiClass, ApiPackage};
use cap_file::component::constant_pool::StaticRef;
use cap_file::component::import::Import;
use cap_file::component::{ClassRef, CodeOffset, PackageInfo, Version};
use std::collections::BTreeMap;

/// An imported package, and what demands its version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Demand {
    /// The package's name, `javacard.framework`.
    pub package: String,
    /// The lowest version that has all that is used.
    pub version: Version,
    /// What of that version is used first: a class or a method.
    pub item: String,
    /// Where; `None` where no single place names it (a field's type, the superclass).
    pub position: Option<Position>,
}

/// The imported packages.
pub(super) struct Imports<'a> {
    target: Target,
    /// The packages that come from export files.
    own: &'a [ApiPackage],
    /// The classes of this package that have a name, by that name; filled in when they have their places.
    internal: BTreeMap<String, ClassRef>,
    /// By name: the lowest version that serves.
    versions: BTreeMap<String, Demand>,
    /// What the target does not have.
    lacks: Vec<Lack>,
    /// Where the item is used that is being looked at.
    at: Option<Position>,
}

impl<'a> Imports<'a> {
    /// Everything that a program's structs, signatures and instructions name.
    pub(super) fn of<'s>(
        program: &'a Program,
        symbols: impl Iterator<Item = &'s Symbol>,
        target: &Target,
    ) -> Result<Self, BackendError> {
        let mut imports = Self {
            target: target.clone(),
            own: &program.imports,
            internal: BTreeMap::new(),
            versions: BTreeMap::new(),
            lacks: Vec::new(),
            at: None,
        };
        for class in &program.exports {
            // Their places are not known yet; that they are here is.
            imports.place_internal(&class.name, ClassRef::Internal(0));
        }
        imports.class("java/lang/Object")?;
        let shares = program.classes.iter().flat_map(|class| &class.implements);
        let own = program.exports.iter().filter(|class| class.is_interface);
        for interface in shares.chain(own.map(|class| &class.name)) {
            imports.class(interface)?;
            imports.class(SHAREABLE)?;
        }
        // Calls first: of what demands a version, the place of a call says most.
        for (index, function) in program.functions.iter().enumerate() {
            let callers = places_of_calls(program, FunctionId(index));
            imports.calls(function, &callers)?;
        }
        imports.at = None;
        for class in &program.classes {
            if let Some(superclass) = &class.superclass {
                imports.class(superclass)?;
                imports.constructor(superclass)?;
            }
            for field in &class.fields {
                imports.ty(&field.ty)?;
            }
        }
        for symbol in symbols {
            match symbol {
                Symbol::ApiClass(class) => {
                    imports.class(class)?;
                }
                Symbol::ApiStatic(method) | Symbol::ApiVirtual(method) => imports.method(method)?,
                _ => {}
            }
        }
        if imports.lacks.is_empty() {
            Ok(imports)
        } else {
            Err(BackendError::NotOnTarget(imports.lacks))
        }
    }

    /// The imports in the order of their package tokens.
    pub(super) fn demands(&self) -> Vec<Demand> {
        self.versions.values().cloned().collect()
    }

    /// The API calls and the signature of a function; `callers` count as their places, if there are any.
    fn calls(&mut self, function: &Function, callers: &[Position]) -> Result<(), BackendError> {
        for (root, position) in function.expressions() {
            let mut called = Vec::new();
            root.walk(&mut |expr| {
                if let Expr::Call(Callee::Api(method), _, _) = expr {
                    called.push(method);
                }
            });
            let own = [position];
            for place in if callers.is_empty() { &own } else { callers } {
                self.at = (place.line > 0).then_some(*place);
                called.iter().try_for_each(|method| self.method(method))?;
            }
        }
        let place = callers.first().copied().unwrap_or(function.position);
        self.at = (place.line > 0).then_some(place);
        for parameter in &function.parameters {
            if let Some(local) = function.locals.get(parameter.0) {
                self.ty(&local.ty)?;
            }
        }
        if let Some(result) = &function.result {
            self.ty(result)?;
        }
        if let Some(entry) = &function.entry {
            self.descriptor(&entry.descriptor)?;
        }
        Ok(())
    }

    fn ty(&mut self, ty: &Type) -> Result<(), BackendError> {
        if let Type::Api(class) = ty {
            self.class(class)?;
        }
        Ok(())
    }

    fn constructor(&mut self, class: &str) -> Result<(), BackendError> {
        self.method(&ApiMethod {
            class: class.to_owned(),
            name: "<init>".to_owned(),
            descriptor: "()V".to_owned(),
        })
    }

    fn method(&mut self, method: &ApiMethod) -> Result<(), BackendError> {
        let Some((package, class)) = self.class(&method.class)? else {
            return self.descriptor(&method.descriptor);
        };
        let found = class
            .method(&method.name, &method.descriptor)
            .ok_or_else(|| BackendError::UnknownApi {
                function: "this package".to_owned(),
                item: method.to_string(),
            })?;
        self.require(package, found.since, || method.to_string());
        self.descriptor(&method.descriptor)
    }

    /// The classes that a descriptor names.
    fn descriptor(&mut self, descriptor: &str) -> Result<(), BackendError> {
        let mut rest = descriptor;
        while let Some((_, after)) = rest.split_once('L') {
            let Some((class, after)) = after.split_once(';') else {
                break;
            };
            self.class(class)?;
            rest = after;
        }
        Ok(())
    }

    /// A class of another package; `None` for one of this package.
    fn class(
        &mut self,
        name: &str,
    ) -> Result<Option<(&'a ApiPackage, &'a ApiClass)>, BackendError> {
        if self.internal.contains_key(name) {
            return Ok(None);
        }
        let (package, class) = self.find(name).ok_or_else(|| BackendError::UnknownApi {
            function: "this package".to_owned(),
            item: format!("class {name}"),
        })?;
        self.require(package, class.since, || name.to_owned());
        Ok(Some((package, class)))
    }

    fn find(&self, name: &str) -> Option<(&'a ApiPackage, &'a ApiClass)> {
        Api::builtin().find_class(name).or_else(|| {
            let class = |package: &'a ApiPackage| {
                let found = package.classes.iter().find(|class| class.name == name)?;
                Some((package, found))
            };
            self.own.iter().find_map(class)
        })
    }

    fn find_package(&self, name: &str) -> Option<&'a ApiPackage> {
        let own = self.own.iter().find(|package| package.name == name);
        Api::builtin().find_package_by_name(name).or(own)
    }

    /// Takes note of the places of the classes and interfaces that this package exports.
    pub(super) fn place_internal(&mut self, name: &str, class: ClassRef) {
        self.internal.insert(name.to_owned(), class);
    }

    fn require(&mut self, package: &ApiPackage, since: Version, item: impl Fn() -> String) {
        // A card has of these what is loaded onto it.
        let ceiling = if self.own.iter().any(|own| own.aid == package.aid) {
            Some(package.newest())
        } else {
            self.target.ceiling(package)
        };
        if ceiling.is_none_or(|ceiling| ceiling < since) {
            let lack = Lack {
                item: item(),
                package: package.name.clone(),
                since,
                target: self.target.name,
                ceiling,
                position: self.at,
            };
            // Of a class and its method, the later says more.
            let known = |other: &&mut Lack| {
                other.package == lack.package
                    && (lack.position.is_none() || other.position == lack.position)
            };
            match self.lacks.iter_mut().find(known) {
                Some(known) if lack.position.is_some() => *known = lack,
                Some(_) => {}
                None => self.lacks.push(lack),
            }
        }
        let position = self.at;
        let demand = || Demand {
            package: package.name.clone(),
            version: since,
            item: item(),
            position,
        };
        match self.versions.get_mut(&package.name) {
            // Of equal demands one with a place says more.
            Some(known)
                if known.version > since
                    || known.version == since
                        && (known.position.is_some() || position.is_none()) => {}
            Some(known) => *known = demand(),
            None => {
                self.versions.insert(package.name.clone(), demand());
            }
        }
    }

    fn package_token(&self, package: &ApiPackage) -> Option<u8> {
        u8::try_from(
            self.versions
                .keys()
                .position(|name| *name == package.name)?,
        )
        .ok()
    }

    /// The imported version of the package that holds a class.
    pub(super) fn version_for(&self, class: &str) -> Option<Version> {
        let (package, _) = self.find(class)?;
        self.versions
            .get(&package.name)
            .map(|demand| demand.version)
    }

    pub(super) fn class_ref(&self, name: &str) -> Option<ClassRef> {
        if let Some(class) = self.internal.get(name) {
            return Some(*class);
        }
        let (package, class) = self.find(name)?;
        Some(ClassRef::External {
            package: self.package_token(package)?,
            class: class.token,
        })
    }

    pub(super) fn method_token(&self, method: &ApiMethod) -> Option<u8> {
        let (_, class) = self.find(&method.class)?;
        Some(class.method(&method.name, &method.descriptor)?.token)
    }

    pub(super) fn static_ref(&self, method: &ApiMethod) -> Option<StaticRef<CodeOffset>> {
        let (package, class) = self.find(&method.class)?;
        Some(StaticRef::External {
            package: self.package_token(package)?,
            class: class.token,
            token: self.method_token(method)?,
        })
    }

    /// The packages that classes name as superclass, interface, or in the descriptors of their methods.
    pub(super) fn named_by(&self, classes: &[ApiClass]) -> Vec<(String, PackageInfo)> {
        let mut names: Vec<&str> = Vec::new();
        for class in classes {
            names.extend(class.supers.iter().map(String::as_str));
            names.extend(class.interfaces.iter().map(String::as_str));
            for method in &class.methods {
                let classes = method.descriptor.split('L').skip(1);
                names.extend(classes.filter_map(|class| class.split(';').next()));
            }
        }
        let mut packages: Vec<String> = names
            .into_iter()
            .filter_map(|name| Some(name.rsplit_once('/')?.0.replace('/', ".")))
            .collect();
        packages.sort_unstable();
        packages.dedup();
        let info = |name: String| {
            let package = self.find_package(&name)?;
            let lowest = package.versions.first().copied().unwrap_or_default();
            let version = self
                .versions
                .get(&name)
                .map_or(lowest, |demand| demand.version);
            let aid = package.aid.clone();
            Some((name, PackageInfo { version, aid }))
        };
        packages.into_iter().filter_map(info).collect()
    }

    /// The Import component; package tokens are indices into it.
    pub(super) fn component(&self) -> Import {
        let info = |demand: &Demand| {
            let package = self.find_package(&demand.package)?;
            Some(PackageInfo {
                version: demand.version,
                aid: package.aid.clone(),
            })
        };
        Import {
            packages: self.versions.values().filter_map(info).collect(),
        }
    }
}

/// Of a binding that is a function of its own: where the applet calls it, since nobody reads the bindings.
fn places_of_calls(program: &Program, id: FunctionId) -> Vec<Position> {
    let mut found = Vec::new();
    let mut wanted = vec![id];
    let mut seen = Vec::new();
    while let Some(id) = wanted.pop() {
        let Some(function) = program.functions.get(id.0) else {
            continue;
        };
        if seen.contains(&id) || !bindings::is_here(program, function.position) {
            continue;
        }
        seen.push(id);
        for (index, caller) in program.functions.iter().enumerate() {
            for (root, position) in caller.expressions() {
                let mut is_call = false;
                root.walk(&mut |expr| is_call |= expr.called_function() == Some(id));
                if is_call && bindings::is_here(program, position) {
                    wanted.push(FunctionId(index));
                } else if is_call && position.line > 0 {
                    found.push(position);
                }
            }
        }
    }
    found
}
