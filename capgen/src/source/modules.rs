//! The module tree of each crate, parsed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::manifest::Manifest;
use super::metadata::{self, CrateError};
use super::{Sources, shown};
use crate::diagnostic::{Diagnostic, Span};

/// Index of a crate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct CrateId(pub(crate) usize);
/// Index of a module, over all crates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct ModuleId(pub(crate) usize);

/// A parsed module.
pub(crate) struct ModuleSource {
    pub(crate) name: String,
    pub(crate) krate: CrateId,
    pub(crate) parent: Option<ModuleId>,
    /// Whether it is declared `pub`; a crate's root is.
    pub(crate) public: bool,
    /// Whether it is a block of a function, which sees what is around it.
    pub(crate) is_block: bool,
    pub(crate) file: u32,
    /// Its items; modules are taken out of it into [`ModuleSource::children`].
    pub(crate) items: Vec<syn::Item>,
    pub(crate) children: BTreeMap<String, ModuleId>,
}

/// A crate of the compilation.
pub(crate) struct Crate {
    pub(crate) package: String,
    pub(crate) root: ModuleId,
    pub(crate) dependencies: BTreeMap<String, CrateId>,
    /// What its manifest says to the compiler.
    pub(crate) manifest: Manifest,
}

/// Everything that was parsed.
pub(crate) struct Parsed {
    pub(crate) crates: Vec<Crate>,
    pub(crate) modules: Vec<ModuleSource>,
    pub(crate) sources: Sources,
    pub(crate) errors: Vec<Diagnostic>,
}

/// Parses the crate in `folder` and those it depends on by path; crate 0 is that in `folder`. While `cargo metadata`, a
/// process of its own, is asked which these are, `beside` is done.
pub(crate) fn load<T>(
    folder: &Path,
    beside: impl FnOnce() -> T,
) -> Result<(Parsed, T), CrateError> {
    let (graph, beside) = std::thread::scope(|scope| {
        let graph = scope.spawn(|| metadata::graph(folder));
        let beside = beside();
        let graph = graph.join();
        let graph = graph.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        (graph, beside)
    });
    let graph = graph?;
    let mut order: Vec<&PathBuf> = graph.crates.keys().collect();
    order.sort_by_key(|path| **path != graph.main);
    let ids: BTreeMap<&PathBuf, CrateId> = order
        .iter()
        .enumerate()
        .map(|(i, path)| (*path, CrateId(i)))
        .collect();
    let mut loader = Loader {
        root: graph.workspace_root.clone(),
        parsed: Parsed {
            crates: Vec::new(),
            modules: Vec::new(),
            sources: Sources::default(),
            errors: Vec::new(),
        },
    };
    for path in order {
        let Some(source) = graph.crates.get(path) else {
            continue;
        };
        let krate = CrateId(loader.parsed.crates.len());
        let dependencies = source
            .dependencies
            .iter()
            .filter_map(|(name, folder)| Some((name.clone(), *ids.get(folder)?)))
            .collect();
        let root = ModuleId(loader.parsed.modules.len());
        loader.parsed.crates.push(Crate {
            package: source.package.clone(),
            root,
            dependencies,
            manifest: source.manifest.clone(),
        });
        let name = source.package.replace('-', "_");
        let folder = source.root.parent().unwrap_or(Path::new("")).to_path_buf();
        loader.file(&source.root, &folder, name, krate, None)?;
    }
    Ok((loader.parsed, beside))
}

/// A text that is a crate of its own (the bindings), parsed.
pub(crate) struct Text {
    text: String,
    items: Vec<syn::Item>,
    errors: Vec<syn::Error>,
}

impl Text {
    pub(crate) fn parse(text: String) -> Self {
        let mut parsed = Self {
            text: String::new(),
            items: Vec::new(),
            errors: Vec::new(),
        };
        parsed.add(&text);
        parsed
    }

    /// Adds lines at the end.
    pub(crate) fn add(&mut self, more: &str) {
        // Where the lines before were, so that places are those in the whole text.
        let before = self.text.lines().count();
        match syn::parse_file(&["\n".repeat(before).as_str(), more].concat()) {
            Ok(parsed) => self.items.extend(parsed.items),
            Err(error) => self.errors.push(error),
        }
        self.text.push_str(more);
    }
}

/// Adds a text as a crate.
pub(crate) fn add_text(
    parsed: &mut Parsed,
    name: &str,
    text: Text,
    dependencies: BTreeMap<String, CrateId>,
) -> ModuleId {
    let krate = CrateId(parsed.crates.len());
    let root = ModuleId(parsed.modules.len());
    parsed.crates.push(Crate {
        package: name.to_owned(),
        root,
        dependencies,
        manifest: Manifest::default(),
    });
    let file = parsed.sources.add(format!("{name}.rs"), text.text);
    let errors = text.errors.iter().map(|error| not_rust(file, error));
    parsed.errors.extend(errors);
    parsed.modules.push(ModuleSource {
        name: name.to_owned(),
        krate,
        parent: None,
        public: true,
        is_block: false,
        file,
        items: text.items,
        children: BTreeMap::new(),
    });
    root
}

struct Loader {
    root: PathBuf,
    parsed: Parsed,
}

impl Loader {
    fn file(
        &mut self,
        path: &Path,
        folder: &Path,
        name: String,
        krate: CrateId,
        parent: Option<ModuleId>,
    ) -> Result<ModuleId, CrateError> {
        let text = std::fs::read_to_string(path).map_err(|error| CrateError::Read {
            path: path.to_path_buf(),
            error,
        })?;
        let file = self
            .parsed
            .sources
            .add(shown(path, &self.root), text.clone());
        let items = parse(&text, file, &mut self.parsed.errors);
        self.module(items, file, folder, name, krate, parent)
    }

    fn module(
        &mut self,
        items: Vec<syn::Item>,
        file: u32,
        folder: &Path,
        name: String,
        krate: CrateId,
        parent: Option<ModuleId>,
    ) -> Result<ModuleId, CrateError> {
        let id = ModuleId(self.parsed.modules.len());
        self.parsed.modules.push(ModuleSource {
            name,
            krate,
            parent,
            public: true,
            is_block: false,
            file,
            items: Vec::new(),
            children: BTreeMap::new(),
        });
        let mut kept = Vec::new();
        for item in items {
            let syn::Item::Mod(module) = item else {
                kept.push(item);
                continue;
            };
            if !compiled(&module.attrs) {
                continue;
            }
            let name = module.ident.to_string();
            let below = folder.join(&name);
            let child = match module.content {
                Some((_, items)) => {
                    self.module(items, file, &below, name.clone(), krate, Some(id))?
                }
                None => {
                    let flat = folder.join(format!("{name}.rs"));
                    let path = if flat.is_file() {
                        flat
                    } else {
                        below.join("mod.rs")
                    };
                    self.file(&path, &below, name.clone(), krate, Some(id))?
                }
            };
            self.parsed.modules[child.0].public = matches!(module.vis, syn::Visibility::Public(_));
            self.parsed.modules[id.0].children.insert(name, child);
        }
        self.parsed.modules[id.0].items = kept;
        Ok(id)
    }
}

fn parse(text: &str, file: u32, errors: &mut Vec<Diagnostic>) -> Vec<syn::Item> {
    match syn::parse_file(text) {
        Ok(parsed) => parsed.items,
        Err(error) => {
            errors.push(not_rust(file, &error));
            Vec::new()
        }
    }
}

fn not_rust(file: u32, error: &syn::Error) -> Diagnostic {
    Diagnostic::new(
        span(file, error.span()),
        "this is not Rust",
        error.to_string(),
    )
}

/// A token's place in file `file`.
pub(crate) fn span(file: u32, span: proc_macro2::Span) -> Span {
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let (start, end) = (span.start(), span.end());
    Span {
        file,
        line: number(start.line),
        column: number(start.column),
        end_line: number(end.line),
        end_column: number(end.column),
    }
}

/// Whether an item is part of the crate as the card sees it: not a test, no optional feature.
pub(crate) fn compiled(attributes: &[syn::Attribute]) -> bool {
    attributes
        .iter()
        .filter(|a| a.path().is_ident("cfg"))
        .all(|attribute| {
            attribute
                .parse_args::<syn::Meta>()
                .is_ok_and(|meta| holds(&meta))
        })
}

fn holds(meta: &syn::Meta) -> bool {
    match meta {
        syn::Meta::List(list) => {
            let Ok(inner) = list.parse_args_with(
                syn::punctuated::Punctuated::<syn::Meta, syn::Token![,]>::parse_terminated,
            ) else {
                return false;
            };
            if list.path.is_ident("not") {
                !inner.iter().all(holds)
            } else if list.path.is_ident("any") {
                inner.iter().any(holds)
            } else {
                list.path.is_ident("all") && inner.iter().all(holds)
            }
        }
        syn::Meta::Path(_) | syn::Meta::NameValue(_) => false,
    }
}
