//! What a crate offers to others: the items that are `pub` all the way, or that a `pub use` brings there.

use std::collections::BTreeSet;

use super::define::{Def, EnumId, FnId, Reexport, StructId};
use super::resolve::Context;
use super::ty::Ty;
use crate::source::{CrateId, ModuleId};

/// The items, each in source order.
#[derive(Default)]
pub(crate) struct Public {
    /// Functions, and the methods of the types.
    pub(crate) functions: BTreeSet<FnId>,
    pub(crate) structs: BTreeSet<StructId>,
    pub(crate) enums: BTreeSet<EnumId>,
}

impl Context {
    /// What a crate offers.
    pub(crate) fn public(&self, krate: CrateId) -> Public {
        let mut found = Public::default();
        if let Some(root) = self.roots.get(krate.0) {
            self.publish_module(*root, krate, &mut BTreeSet::new(), &mut found);
        }
        for (index, function) in self.definitions.fns.iter().enumerate() {
            let is_offered = |ty: &Ty| match ty {
                Ty::Struct(id) | Ty::Newtype(id) => found.structs.contains(id),
                Ty::Enum(id) | Ty::Data(id) => found.enums.contains(id),
                _ => false,
            };
            if let Some(owner) = function.owner
                && function.public
                && is_offered(self.impl_type(owner))
            {
                found.functions.insert(FnId(index));
            }
        }
        found
    }

    fn publish_module(
        &self,
        module: ModuleId,
        krate: CrateId,
        seen: &mut BTreeSet<ModuleId>,
        found: &mut Public,
    ) {
        if self.krate(module) != krate || !seen.insert(module) {
            return;
        }
        let Some(scope) = self.definitions.scopes.get(&module) else {
            return;
        };
        for def in scope.names.values().flatten() {
            self.publish(def, krate, seen, found);
        }
        for child in self.modules[module.0].children.values() {
            if self.modules[child.0].public {
                self.publish_module(*child, krate, seen, found);
            }
        }
        for reexport in &scope.reexports {
            let (Reexport::Name(path) | Reexport::Glob(path)) = reexport;
            for def in self.lookup(module, path) {
                self.publish(&def, krate, seen, found);
            }
        }
    }

    fn publish(
        &self,
        def: &Def,
        krate: CrateId,
        seen: &mut BTreeSet<ModuleId>,
        found: &mut Public,
    ) {
        let is_public = |vis: &syn::Visibility, module: ModuleId| {
            matches!(vis, syn::Visibility::Public(_)) && self.krate(module) == krate
        };
        let definitions = &self.definitions;
        match def {
            Def::Module(module) => self.publish_module(*module, krate, seen, found),
            Def::Struct(id) => {
                let definition = &definitions.structs[id.0];
                if is_public(&definition.ast.vis, definition.module) {
                    found.structs.insert(*id);
                }
            }
            Def::Enum(id) => {
                let definition = &definitions.enums[id.0];
                if is_public(&definition.ast.vis, definition.module) {
                    found.enums.insert(*id);
                }
            }
            Def::Fn(id) => {
                let definition = &definitions.fns[id.0];
                if definition.public && self.krate(definition.module) == krate {
                    found.functions.insert(*id);
                }
            }
            _ => {}
        }
    }

    /// The class whose static method a function is where its package exports it: that of its type, or that of
    /// its module, in camel case.
    pub(crate) fn export_class(&self, id: FnId) -> String {
        let function = self.fn_def(id);
        if let Some(owner) = function.owner {
            return self.type_name(self.impl_type(owner));
        }
        let path = self.module_path(function.module);
        match path.as_slice() {
            [krate] => camel_case(krate),
            [_, modules @ ..] => modules.iter().map(|name| camel_case(name)).collect(),
            [] => String::new(),
        }
    }
}

fn camel_case(name: &str) -> String {
    let word = |word: &str| {
        let mut letters = word.chars();
        let first = letters.next().map(|letter| letter.to_ascii_uppercase());
        first.into_iter().chain(letters).collect::<String>()
    };
    name.split('_').map(word).collect()
}
