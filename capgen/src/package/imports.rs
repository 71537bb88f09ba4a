//! The API packages that a program uses, in the lowest versions that have what it uses.

use super::target::Target;
use crate::codegen::BackendError;
use crate::codegen::item::Symbol;
use crate::ir::{ApiMethod, Callee, Expr, Program, Type};
use cap_file::api::{Api, ApiClass, ApiPackage};
use cap_file::component::constant_pool::StaticRef;
use cap_file::component::import::Import;
use cap_file::component::{ClassRef, PackageInfo, Version};
use std::collections::BTreeMap;

/// The imported packages.
pub(super) struct Imports {
    target: Target,
    api: &'static Api,
    /// By name: the lowest version that serves.
    versions: BTreeMap<String, Version>,
}

impl Imports {
    pub(super) fn new(target: &Target) -> Result<Self, BackendError> {
        let mut imports = Self {
            target: target.clone(),
            api: Api::builtin(),
            versions: BTreeMap::new(),
        };
        imports.class("java/lang/Object")?;
        Ok(imports)
    }

    /// Everything that a program's structs, signatures and instructions name.
    pub(super) fn add_program<'a>(
        &mut self,
        program: &Program,
        symbols: impl Iterator<Item = &'a Symbol>,
    ) -> Result<(), BackendError> {
        for class in &program.classes {
            if let Some(superclass) = &class.superclass {
                self.class(superclass)?;
                self.constructor(superclass)?;
            }
            for field in &class.fields {
                self.ty(&field.ty)?;
            }
        }
        for function in &program.functions {
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
            let mut called = Vec::new();
            function.walk(&mut |expr| {
                if let Expr::Call(Callee::Api(method), _, _) = expr {
                    called.push(method);
                }
            });
            called
                .into_iter()
                .try_for_each(|method| self.method(method))?;
        }
        for symbol in symbols {
            match symbol {
                Symbol::ApiClass(class) => {
                    self.class(class)?;
                }
                Symbol::ApiStatic(method) | Symbol::ApiVirtual(method) => self.method(method)?,
                _ => {}
            }
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
        let (package, class) = self.class(&method.class)?;
        let found = class
            .method(&method.name, &method.descriptor)
            .ok_or_else(|| BackendError::UnknownApi {
                function: "this package".to_owned(),
                item: method.to_string(),
            })?;
        self.require(package, found.since, &method.to_string())?;
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

    fn class(
        &mut self,
        name: &str,
    ) -> Result<(&'static ApiPackage, &'static ApiClass), BackendError> {
        let (package, class) =
            self.api
                .find_class(name)
                .ok_or_else(|| BackendError::UnknownApi {
                    function: "this package".to_owned(),
                    item: format!("class {name}"),
                })?;
        self.require(package, class.since, name)?;
        Ok((package, class))
    }

    fn require(
        &mut self,
        package: &ApiPackage,
        since: Version,
        item: &str,
    ) -> Result<(), BackendError> {
        let ceiling = self.target.ceiling(package);
        if ceiling.is_none_or(|ceiling| ceiling < since) {
            return Err(BackendError::NotOnTarget {
                item: item.to_owned(),
                package: package.name.clone(),
                since: since.to_string(),
                target: self.target.name.to_owned(),
                ceiling: ceiling
                    .map_or("no such package".to_owned(), |ceiling| ceiling.to_string()),
            });
        }
        let version = self.versions.entry(package.name.clone()).or_insert(since);
        *version = (*version).max(since);
        Ok(())
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
        let (package, _) = self.api.find_class(class)?;
        self.versions.get(&package.name).copied()
    }

    pub(super) fn class_ref(&self, name: &str) -> Option<ClassRef> {
        let (package, class) = self.api.find_class(name)?;
        Some(ClassRef::External {
            package: self.package_token(package)?,
            class: class.token,
        })
    }

    pub(super) fn method_token(&self, method: &ApiMethod) -> Option<u8> {
        let (_, class) = self.api.find_class(&method.class)?;
        Some(class.method(&method.name, &method.descriptor)?.token)
    }

    pub(super) fn static_ref(&self, method: &ApiMethod) -> Option<StaticRef> {
        let (package, class) = self.api.find_class(&method.class)?;
        Some(StaticRef::External {
            package: self.package_token(package)?,
            class: class.token,
            token: self.method_token(method)?,
        })
    }

    /// The Import component; package tokens are indices into it.
    pub(super) fn component(&self) -> Import {
        let info = |(name, version): (&String, &Version)| {
            let package = self.api.find_package_by_name(name)?;
            Some(PackageInfo {
                version: *version,
                aid: package.aid.clone(),
            })
        };
        Import {
            packages: self.versions.iter().filter_map(info).collect(),
        }
    }
}
