//! Java names for what has Rust names.

use crate::codegen::linkage::Methods;
use crate::ir::{Callee, ClassId, Expr, Function, FunctionId, Program, Type, descriptor};
use cap_file::java::is_keyword;
use std::collections::{BTreeMap, BTreeSet};

/// The names of a program's items.
pub(crate) struct Names {
    classes: Vec<String>,
    fields: Vec<Vec<String>>,
    arrays: Vec<String>,
    methods: Vec<String>,
    array_home: Option<ClassId>,
    homes: Vec<ClassId>,
    /// API classes that are imported, by their simple names.
    imported: BTreeMap<String, String>,
}

impl Names {
    pub(crate) fn of(program: &Program, methods: &Methods) -> Self {
        let mut taken = BTreeSet::new();
        let classes: Vec<String> = program
            .classes
            .iter()
            .map(|class| unique(&class.name, &mut taken))
            .collect();
        let fields = program.classes.iter().map(|class| {
            let mut taken = BTreeSet::new();
            let fields = class.fields.iter();
            fields
                .map(|field| unique(&field.name, &mut taken))
                .collect()
        });
        let mut taken = BTreeSet::new();
        let arrays = program
            .arrays
            .iter()
            .map(|array| unique(&last(&array.name).to_uppercase(), &mut taken));
        // Names that Object and Applet have must not be overridden by chance.
        let reserved = [
            "equals", "register", "select", "process", "deselect", "install",
        ]
        .map(ToOwned::to_owned);
        let mut taken: Vec<BTreeSet<String>> =
            vec![BTreeSet::from(reserved.clone()); program.classes.len()];
        let mut method_names = Vec::new();
        for (index, function) in program.functions.iter().enumerate() {
            let home = methods.home.get(index).copied().unwrap_or(ClassId(0));
            method_names.push(match (&function.entry, taken.get_mut(home.0)) {
                (Some(entry), _) => entry.name.clone(),
                (None, Some(taken)) => unique(&last(&function.name), taken),
                (None, None) => last(&function.name),
            });
        }
        let mut names = Self {
            fields: fields.collect(),
            arrays: arrays.collect(),
            methods: method_names,
            array_home: program
                .applets
                .first()
                .map(|applet| applet.class)
                .or_else(|| (!program.classes.is_empty()).then_some(ClassId(0))),
            homes: methods.home.clone(),
            imported: BTreeMap::new(),
            classes,
        };
        names.import("javacard/framework/ISOException");
        for class in &program.classes {
            class
                .superclass
                .iter()
                .for_each(|class| names.import(class));
            for field in &class.fields {
                names.import_type(&field.ty);
            }
        }
        for function in &program.functions {
            names.import_all(function);
        }
        names
    }

    fn import_all(&mut self, function: &Function) {
        for local in &function.locals {
            self.import_type(&local.ty);
        }
        if let Some(entry) = &function.entry {
            let parameters = descriptor::parameters(&entry.descriptor).unwrap_or_default();
            for class in parameters {
                if let Some(class) = class
                    .strip_prefix('L')
                    .and_then(|text| text.strip_suffix(';'))
                {
                    self.import(class);
                }
            }
        }
        let mut found = BTreeSet::new();
        function.walk(&mut |expr| match expr {
            Expr::Call(Callee::Api(method), _, _) => {
                found.insert(method.class.clone());
            }
            Expr::Downcast(_, class) => {
                found.insert(class.clone());
            }
            _ => {}
        });
        found.iter().for_each(|class| self.import(class));
    }

    fn import_type(&mut self, ty: &Type) {
        if let Type::Api(class) = ty {
            self.import(class);
        }
    }

    /// Imports a class unless its simple name means something else already.
    fn import(&mut self, class: &str) {
        let simple = simple(class).to_owned();
        let in_java_lang = class.starts_with("java/lang/");
        if !in_java_lang && !self.classes.contains(&simple) {
            self.imported
                .entry(simple)
                .or_insert_with(|| class.to_owned());
        }
    }

    /// The import declarations' names.
    pub(super) fn imports(&self) -> impl Iterator<Item = String> {
        self.imported
            .values()
            .map(|class| class.replace(['/', '$'], "."))
    }

    /// An API class as the code names it.
    pub(super) fn api(&self, class: &str) -> String {
        let is_imported = self
            .imported
            .get(simple(class))
            .is_some_and(|known| known == class);
        if is_imported {
            simple(class).to_owned()
        } else {
            class.replace(['/', '$'], ".")
        }
    }

    pub(crate) fn class(&self, class: ClassId) -> &str {
        self.classes.get(class.0).map_or("Object", String::as_str)
    }

    pub(crate) fn field(&self, class: ClassId, field: usize) -> &str {
        let fields = self.fields.get(class.0);
        fields
            .and_then(|fields| fields.get(field))
            .map_or("unknown", String::as_str)
    }

    pub(crate) fn array(&self, array: usize) -> &str {
        self.arrays.get(array).map_or("UNKNOWN", String::as_str)
    }

    /// The class that holds the constant arrays.
    pub(super) const fn array_home(&self) -> Option<ClassId> {
        self.array_home
    }

    pub(crate) fn method(&self, function: FunctionId) -> &str {
        self.methods
            .get(function.0)
            .map_or("unknown", String::as_str)
    }

    /// The class whose method a function is.
    pub(super) fn home(&self, function: FunctionId) -> Option<ClassId> {
        self.homes.get(function.0).copied()
    }
}

/// The last part of a Rust path, or of a class's Java name.
fn last(path: &str) -> String {
    path.rsplit("::").next().unwrap_or(path).to_owned()
}

fn simple(class: &str) -> &str {
    class.rsplit(['/', '$']).next().unwrap_or(class)
}

/// A Java identifier as near to `wanted` as can be.
pub(crate) fn identifier(wanted: &str) -> String {
    let mut base: String = wanted
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || c == '_' {
                c
            } else {
                '_'
            }
        })
        .collect();
    if base.is_empty() || base.starts_with(|c: char| c.is_ascii_digit()) {
        base.insert(0, '_');
    }
    if is_keyword(&base) || base == "_" {
        base.push('_');
    }
    base
}

/// A Java identifier as near to `wanted` as can be, and not among those taken.
pub(super) fn unique(wanted: &str, taken: &mut BTreeSet<String>) -> String {
    let base = identifier(wanted);
    let mut name = base.clone();
    for number in 2.. {
        if taken.insert(name.clone()) {
            break;
        }
        name = format!("{base}_{number}");
    }
    name
}
