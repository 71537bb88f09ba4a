//! Walks all modules once and notes every definition.

use std::collections::BTreeMap;
use std::rc::Rc;

use syn::visit::Visit;

use super::{Context, segments};
use crate::diagnostic::Diagnostic;
use crate::front::define::{
    AliasDef, AliasId, ConstDef, ConstId, Def, EnumDef, EnumId, FnDef, FnId, ImplDef, ImplId,
    Member, Reexport, Scope, StructDef, StructId, TraitDef, TraitId,
};
use crate::front::ty::{Ty, TypeKey};
use crate::source::{self, ModuleId, ModuleSource, compiled};

/// Impl blocks that were met, which are read when all names are known.
type Impls = Vec<(ModuleId, syn::ItemImpl)>;

/// A block with items in it, and which of the blocks found it is in.
struct Inner<'a> {
    ast: &'a syn::Block,
    parent: Option<usize>,
}

/// Finds the blocks with items in a function, but not in its inner functions.
struct Blocks<'a> {
    open: Vec<usize>,
    blocks: Vec<Inner<'a>>,
}

impl<'ast> Visit<'ast> for Blocks<'ast> {
    fn visit_block(&mut self, block: &'ast syn::Block) {
        let has_items = block
            .stmts
            .iter()
            .any(|one| matches!(one, syn::Stmt::Item(_)));
        if has_items {
            let parent = self.open.last().copied();
            self.open.push(self.blocks.len());
            self.blocks.push(Inner { ast: block, parent });
        }
        syn::visit::visit_block(self, block);
        if has_items {
            self.open.pop();
        }
    }

    fn visit_item(&mut self, _item: &'ast syn::Item) {}
}

/// Line and column of a block's brace.
fn start_of(block: &syn::Block) -> (usize, usize) {
    let start = block.brace_token.span.open().start();
    (start.line, start.column)
}

impl Context {
    pub(super) fn collect(&mut self, errors: &mut Vec<Diagnostic>) {
        let mut impls = Impls::new();
        for index in 0..self.modules.len() {
            let module = ModuleId(index);
            self.definitions.scopes.insert(module, Scope::default());
            for item in std::mem::take(&mut self.modules[index].items) {
                self.item(module, item, &mut impls);
            }
        }
        // Types first need all names, then impl blocks need all types.
        for (module, item) in &impls {
            self.note_object(*module, item);
        }
        while !impls.is_empty() {
            // Functions of these may have impl blocks inside of them.
            let mut inner = Vec::new();
            for (module, item) in impls {
                if let Err(error) = self.implementation(module, item, &mut inner) {
                    // Only what is reached has to be Card Rust; an impl that cannot be read is not reached.
                    if self.modules[module.0].krate.0 == 0 {
                        errors.push(error);
                    }
                }
            }
            for (module, item) in &inner {
                self.note_object(*module, item);
            }
            impls = inner;
        }
    }

    /// The items inside of a function's blocks: each block with items is a module of its own, which sees what
    /// is around it.
    fn inner_items(&mut self, module: ModuleId, name: &str, body: &syn::Block, impls: &mut Impls) {
        let mut found = Blocks {
            open: Vec::new(),
            blocks: Vec::new(),
        };
        found.visit_block(body);
        let mut modules: Vec<ModuleId> = Vec::new();
        for block in &found.blocks {
            let parent = block.parent.map_or(module, |at| modules[at]);
            let id = ModuleId(self.modules.len());
            let file = self.modules[module.0].file;
            self.modules.push(ModuleSource {
                name: name.to_owned(),
                krate: self.modules[module.0].krate,
                parent: Some(parent),
                public: false,
                is_block: true,
                file,
                items: Vec::new(),
                children: BTreeMap::new(),
            });
            self.definitions.scopes.insert(id, Scope::default());
            let (line, column) = start_of(block.ast);
            self.definitions.blocks.insert((file, line, column), id);
            modules.push(id);
            for statement in &block.ast.stmts {
                if let syn::Stmt::Item(item) = statement {
                    self.item(id, item.clone(), impls);
                }
            }
        }
    }

    /// The module that a block with items in it is, where that is not `module` itself.
    pub(crate) fn block_module(&self, module: ModuleId, block: &syn::Block) -> Option<ModuleId> {
        if self.definitions.blocks.is_empty() {
            return None;
        }
        let (line, column) = start_of(block);
        let key = (self.modules[module.0].file, line, column);
        let inner = self.definitions.blocks.get(&key).copied();
        inner.filter(|inner| *inner != module)
    }

    /// A struct that implements a trait of the platform is an object of its own.
    fn note_object(&mut self, module: ModuleId, item: &syn::ItemImpl) {
        let (Some((_, path, _)), syn::Type::Path(ty)) = (&item.trait_, &*item.self_ty) else {
            return;
        };
        let of_platform = self
            .lookup(module, &segments(path))
            .iter()
            .any(|def| matches!(def, Def::Trait(id) if self.is_objects(*id)));
        // A value that does something when it goes away is none that can be taken apart.
        if of_platform || path.is_ident("Drop") {
            for def in self.lookup(module, &segments(&ty.path)) {
                if let Def::Struct(id) = def {
                    self.definitions.objects.insert(id);
                }
            }
        }
    }

    /// Whether what implements a trait is an object that others refer to.
    fn is_objects(&self, id: TraitId) -> bool {
        let definition = &self.definitions.traits[id.0];
        Some(definition.krate) == self.platform || definition.shareable.is_some()
    }

    /// What a trait provides and an impl block does not write anew.
    fn defaults(
        &mut self,
        of: TraitId,
        id: ImplId,
        key: &TypeKey,
        written: &[String],
        impls: &mut Impls,
    ) {
        let (module, ast) = {
            let definition = &self.definitions.traits[of.0];
            (definition.module, Rc::clone(&definition.ast))
        };
        // What the platform and other packages call is not ours to fill in.
        if self.is_objects(of) {
            return;
        }
        let is_missing = |name: &str| written.iter().all(|known| known != name);
        for item in &ast.items {
            match item {
                syn::TraitItem::Fn(ast) => {
                    let name = ast.sig.ident.to_string();
                    if let (true, Some(body)) = (is_missing(&name), &ast.default) {
                        let signature = (&syn::Visibility::Inherited, ast.sig.clone());
                        let function =
                            self.function(module, signature, body.clone(), Some(id), impls);
                        self.definitions.fns[function.0].provided_by = Some(of);
                        self.add_member(key, name, Def::Fn(function), Some(Def::Trait(of)));
                    }
                }
                syn::TraitItem::Const(ast) => {
                    let name = ast.ident.to_string();
                    if let (true, Some((_, value))) = (is_missing(&name), &ast.default) {
                        let (ty, value) = (ast.ty.clone(), value.clone());
                        let constant = self.constant(module, name.clone(), ty, value, Some(id));
                        self.add_member(key, name, Def::Const(constant), Some(Def::Trait(of)));
                    }
                }
                _ => {}
            }
        }
    }

    /// The trait that a path names: one of the sources, or one that is known by its name.
    fn trait_named(&self, module: ModuleId, path: &syn::Path) -> Def {
        let names = segments(path);
        let found = self.lookup(module, &names).into_iter();
        let mut found = found.filter(|def| matches!(def, Def::Trait(_) | Def::Core(_)));
        found.next().unwrap_or_else(|| Def::Core(names.join("::")))
    }

    fn add_member(&mut self, key: &TypeKey, name: String, def: Def, of_trait: Option<Def>) {
        let members = self.definitions.members.entry((key.clone(), name));
        members.or_default().push(Member { def, of_trait });
    }

    fn name(&mut self, module: ModuleId, name: String, def: Def) {
        self.definitions
            .scopes
            .entry(module)
            .or_default()
            .names
            .entry(name)
            .or_default()
            .push(def);
    }

    fn item(&mut self, module: ModuleId, item: syn::Item, impls: &mut Impls) {
        match item {
            syn::Item::Struct(ast) if compiled(&ast.attrs) => {
                let id = StructId(self.definitions.structs.len());
                let name = ast.ident.to_string();
                let span = self.span(module, &ast.ident);
                self.definitions.structs.push(StructDef {
                    name: name.clone(),
                    module,
                    span,
                    ast: Rc::new(ast),
                });
                self.name(module, name, Def::Struct(id));
            }
            syn::Item::Enum(ast) if compiled(&ast.attrs) => {
                let id = EnumId(self.definitions.enums.len());
                let name = ast.ident.to_string();
                self.definitions.enums.push(EnumDef {
                    name: name.clone(),
                    module,
                    ast: Rc::new(ast),
                });
                self.name(module, name, Def::Enum(id));
            }
            syn::Item::Trait(ast) if compiled(&ast.attrs) => {
                let id = TraitId(self.definitions.traits.len());
                let name = ast.ident.to_string();
                let krate = self.modules[module.0].krate;
                self.definitions.traits.push(TraitDef {
                    name: name.clone(),
                    module,
                    ast: Rc::new(ast),
                    krate,
                    shareable: None,
                });
                self.name(module, name, Def::Trait(id));
            }
            syn::Item::Macro(ast)
                if compiled(&ast.attrs)
                    && ast
                        .mac
                        .path
                        .segments
                        .last()
                        .is_some_and(|last| last.ident == "shareable") =>
            {
                self.shareable(module, &ast.mac);
            }
            syn::Item::Type(ast) if compiled(&ast.attrs) => {
                let id = AliasId(self.definitions.aliases.len());
                let name = ast.ident.to_string();
                self.definitions.aliases.push(AliasDef {
                    module,
                    ast: Rc::new(ast),
                });
                self.name(module, name, Def::Alias(id));
            }
            syn::Item::Const(ast) if compiled(&ast.attrs) => {
                let name = ast.ident.to_string();
                let id = self.constant(module, name.clone(), *ast.ty, *ast.expr, None);
                self.name(module, name, Def::Const(id));
            }
            syn::Item::Static(ast) if compiled(&ast.attrs) => {
                self.name(module, ast.ident.to_string(), Def::Static);
            }
            syn::Item::Fn(ast) if compiled(&ast.attrs) => {
                let name = ast.sig.ident.to_string();
                let id = self.function(module, (&ast.vis, ast.sig), *ast.block, None, impls);
                self.name(module, name, Def::Fn(id));
            }
            syn::Item::Impl(ast) if compiled(&ast.attrs) => impls.push((module, ast)),
            syn::Item::Use(ast) if compiled(&ast.attrs) => {
                let mut prefix = Vec::new();
                let public = matches!(ast.vis, syn::Visibility::Public(_));
                self.import(module, &ast.tree, &mut prefix, public);
            }
            _ => {}
        }
    }

    /// A trait that `platform::shareable!` declares.
    fn shareable(&mut self, module: ModuleId, declared: &syn::Macro) {
        let ast: syn::ItemTrait = match declared.parse_body() {
            Ok(ast) => ast,
            Err(error) => {
                let span = source::span(self.modules[module.0].file, error.span());
                let diagnostic =
                    Diagnostic::new(span, "`shareable!` declares one trait", error.to_string());
                self.errors.borrow_mut().push(diagnostic);
                return;
            }
        };
        let id = TraitId(self.definitions.traits.len());
        let name = ast.ident.to_string();
        let ast = Rc::new(ast);
        self.definitions.traits.push(TraitDef {
            name: name.clone(),
            module,
            ast: Rc::clone(&ast),
            krate: self.modules[module.0].krate,
            shareable: Some((module, ast)),
        });
        self.name(module, name, Def::Trait(id));
    }

    fn import(
        &mut self,
        module: ModuleId,
        tree: &syn::UseTree,
        prefix: &mut Vec<String>,
        public: bool,
    ) {
        let scope = self.definitions.scopes.entry(module).or_default();
        let mut named = |name: String, last: String| {
            let mut path = prefix.clone();
            if last != "self" || path.is_empty() {
                path.push(last);
            }
            let name = if name == "self" {
                path.last().cloned().unwrap_or(name)
            } else {
                name
            };
            if public {
                scope.reexports.push(Reexport::Name(path.clone()));
            }
            scope.imports.entry(name).or_default().push(path);
        };
        match tree {
            syn::UseTree::Name(name) => named(name.ident.to_string(), name.ident.to_string()),
            syn::UseTree::Rename(rename) => {
                named(rename.rename.to_string(), rename.ident.to_string())
            }
            syn::UseTree::Glob(_) => {
                if public {
                    scope.reexports.push(Reexport::Glob(prefix.clone()));
                }
                scope.globs.push(prefix.clone());
            }
            syn::UseTree::Path(path) => {
                prefix.push(path.ident.to_string());
                self.import(module, &path.tree, prefix, public);
                prefix.pop();
            }
            syn::UseTree::Group(group) => {
                for tree in &group.items {
                    self.import(module, tree, prefix, public);
                }
            }
        }
    }

    fn constant(
        &mut self,
        module: ModuleId,
        name: String,
        ty: syn::Type,
        value: syn::Expr,
        owner: Option<ImplId>,
    ) -> ConstId {
        self.definitions.consts.push(ConstDef {
            name,
            module,
            ty: Rc::new(ty),
            value: Rc::new(value),
            owner,
        });
        ConstId(self.definitions.consts.len() - 1)
    }

    fn function(
        &mut self,
        module: ModuleId,
        (vis, signature): (&syn::Visibility, syn::Signature),
        body: syn::Block,
        owner: Option<ImplId>,
        impls: &mut Impls,
    ) -> FnId {
        let name = signature.ident.to_string();
        self.inner_items(module, &name, &body, impls);
        let span = self.span(module, &signature.ident);
        self.definitions.fns.push(FnDef {
            name,
            module,
            span,
            public: matches!(vis, syn::Visibility::Public(_)),
            signature: Rc::new(signature),
            body: Rc::new(body),
            owner,
            provided_by: None,
        });
        FnId(self.definitions.fns.len() - 1)
    }

    fn implementation(
        &mut self,
        module: ModuleId,
        item: syn::ItemImpl,
        impls: &mut Impls,
    ) -> Result<(), Diagnostic> {
        let id = ImplId(self.definitions.impls.len());
        let generics = Rc::new(item.generics);
        let of_generic = self.generic_impl(module, &generics, &item.self_ty);
        let trait_ = item.trait_.map(|(_, path, _)| path);
        self.definitions.impls.push(ImplDef {
            generics,
            module,
            ty: Ty::Unit,
            types: BTreeMap::new(),
            parameters: Vec::new(),
        });
        let ty = match of_generic? {
            Some((of, parameters)) => {
                self.definitions.impls[id.0].parameters = parameters;
                match of {
                    TypeKey::Enum(of) => self.enum_type(of),
                    TypeKey::Struct(of) => Ty::Struct(of),
                    _ => Ty::Unit,
                }
            }
            None => self.resolve_type(module, Some(id), &item.self_ty)?,
        };
        let key = ty.key();
        self.definitions.impls[id.0].ty = ty;
        let Some(key) = key else { return Ok(()) };
        if let Some(name) = trait_.as_ref().and_then(|path| segments(path).pop()) {
            self.definitions
                .implementors
                .insert((name, key.clone()), id);
        }
        let of_trait = trait_.as_ref().map(|path| self.trait_named(module, path));
        let written: Vec<String> = item
            .items
            .iter()
            .filter_map(|item| match item {
                syn::ImplItem::Fn(ast) => Some(ast.sig.ident.to_string()),
                syn::ImplItem::Const(ast) => Some(ast.ident.to_string()),
                syn::ImplItem::Type(ast) => Some(ast.ident.to_string()),
                _ => None,
            })
            .collect();
        if let Some(Def::Trait(of)) = of_trait {
            self.defaults(of, id, &key, &written, impls);
        }
        for item in item.items {
            match item {
                syn::ImplItem::Fn(ast) if compiled(&ast.attrs) => {
                    let name = ast.sig.ident.to_string();
                    let function =
                        self.function(module, (&ast.vis, ast.sig), ast.block, Some(id), impls);
                    self.add_member(&key, name, Def::Fn(function), of_trait.clone());
                }
                syn::ImplItem::Const(ast) if compiled(&ast.attrs) => {
                    let name = ast.ident.to_string();
                    let constant = self.constant(module, name.clone(), ast.ty, ast.expr, Some(id));
                    self.add_member(&key, name, Def::Const(constant), of_trait.clone());
                }
                syn::ImplItem::Type(ast) => {
                    self.definitions.impls[id.0]
                        .types
                        .insert(ast.ident.to_string(), Rc::new(ast.ty));
                }
                _ => {}
            }
        }
        Ok(())
    }
}
