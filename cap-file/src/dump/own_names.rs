//! The names that the Debug component, and the export file of the package itself, give to what the file holds.

use crate::api::{ApiPackage, TokenSpace};
use crate::cap::CapFile;
use crate::component::constant_pool::StaticRef;
use crate::component::descriptor::{ClassDescriptor, FieldLocation, access};
use crate::component::{ClassRef, CodeOffset, PackageInfo};
use crate::verify::Exports;
use std::collections::{HashMap, HashSet};
use std::hash::Hash;

/// Names that can stand in a text, each for one thing only.
#[derive(Debug, Default)]
pub(super) struct OwnNames {
    /// By offset in the Class component.
    pub(super) classes: HashMap<u16, String>,
    /// `CLASS.NAME` with the signature, by place in the Method component.
    pub(super) methods: HashMap<CodeOffset, String>,
    /// Instance fields by class and token.
    pub(super) fields: HashMap<(u16, u8), String>,
    /// Static fields by offset in the image.
    pub(super) statics: HashMap<u16, String>,
}

const ACC_STATIC: u16 = 0x0008;
const ACC_FINAL: u16 = 0x0010;

impl OwnNames {
    pub(super) fn new(cap: &CapFile, exports: &Exports) -> Self {
        let mut names = Self::default();
        names.add_debug(cap);
        names.add_exports(cap, exports);
        // A class of another package may have the same name.
        let imports = cap.import.packages.iter();
        let taken: HashSet<&str> = imports
            .filter_map(|import| exports.find(&import.aid))
            .flat_map(|package| package.classes.iter().map(|class| class.name.as_str()))
            .collect();
        names
            .classes
            .retain(|_, name| !taken.contains(name.as_str()));
        keep_usable(&mut names.classes);
        keep_usable(&mut names.methods);
        names
    }

    fn add_debug(&mut self, cap: &CapFile) {
        let Some(debug) = &cap.debug else {
            return;
        };
        for class in &debug.classes {
            let Some(name) = debug.string(class.name) else {
                continue;
            };
            self.classes.insert(class.location, name.to_owned());
            for method in class.methods.iter().filter(|method| method.header_size > 0) {
                if let (Some(method_name), Some(signature)) =
                    (debug.string(method.name), debug.string(method.descriptor))
                {
                    let name = format!("{name}.{method_name}{signature}");
                    self.methods.insert(method.location, name);
                }
            }
            for field in &class.fields {
                let (Some(field_name), Some(descriptor)) =
                    (debug.string(field.name), debug.string(field.descriptor))
                else {
                    continue;
                };
                let [_, _, high, low] = field.contents.to_be_bytes();
                if field.access_flags & ACC_STATIC == 0 {
                    self.fields
                        .insert((class.location, low), field_name.to_owned());
                } else if field.access_flags & ACC_FINAL == 0 || descriptor.len() > 1 {
                    // Of a constant the contents are its value.
                    let offset = u16::from_be_bytes([high, low]);
                    self.statics.insert(offset, format!("{name}.{field_name}"));
                }
            }
        }
    }

    fn add_exports(&mut self, cap: &CapFile, exports: &Exports) {
        let Some(descriptor) = &cap.descriptor else {
            return;
        };
        let compact = [&cap.header.package];
        let public: Vec<&PackageInfo> = if cap.format().extended {
            let packages = cap.header.public_packages.iter();
            packages.map(|public| &public.package).collect()
        } else {
            compact.to_vec()
        };
        let mut classes = descriptor.classes.as_slice();
        for (index, info) in public.into_iter().enumerate() {
            let counts = &descriptor.package_class_counts;
            let count = counts
                .get(index)
                .map_or(classes.len(), |count| (*count).into());
            let (these, others) = classes.split_at_checked(count).unwrap_or((classes, &[]));
            classes = others;
            let known = exports.find(&info.aid);
            if let Some(package) = known.filter(|known| known.versions.contains(&info.version)) {
                for class in these {
                    self.exported(package, class);
                }
            }
        }
    }

    fn exported(&mut self, package: &ApiPackage, class: &ClassDescriptor) {
        let (ClassRef::Internal(offset), Some(api)) =
            (class.this_class, package.class_by_token(class.token))
        else {
            return;
        };
        self.classes
            .entry(offset)
            .or_insert_with(|| api.name.clone());
        for method in &class.methods {
            let early = access::ACC_STATIC | access::ACC_INIT;
            let space = if method.access_flags & early != 0 {
                TokenSpace::Static
            } else {
                TokenSpace::Virtual
            };
            if class.access_flags & access::ACC_INTERFACE == 0
                && let Some(known) = api.method_by_token(space, method.token)
            {
                self.methods
                    .entry(method.method_offset)
                    .or_insert_with(|| format!("{}.{}{}", api.name, known.name, known.descriptor));
            }
        }
        for field in &class.fields {
            let is_static = !field.is_instance();
            let mut known = api.fields.iter();
            let known = known
                .find(|known| known.flags.is_static == is_static && known.token == field.token);
            match (field.location, known) {
                (FieldLocation::Instance { token, .. }, Some(known)) => {
                    self.fields
                        .entry((offset, token))
                        .or_insert_with(|| known.name.clone());
                }
                (FieldLocation::Static(StaticRef::Internal(at)), Some(known)) => {
                    self.statics
                        .entry(at)
                        .or_insert_with(|| format!("{}.{}", api.name, known.name));
                }
                _ => {}
            }
        }
    }
}

/// Leaves out what the assembler would take for something else, and names that stand for two things.
fn keep_usable<K: Eq + Hash>(names: &mut HashMap<K, String>) {
    let mut counts: HashMap<String, usize> = HashMap::new();
    for name in names.values() {
        *counts.entry(name.clone()).or_default() += 1;
    }
    names.retain(|_, name| is_usable(name) && counts.get(name) == Some(&1));
}

fn is_usable(name: &str) -> bool {
    let is_numbered = ["class_", "method_"].iter().any(|prefix| {
        name.strip_prefix(prefix)
            .is_some_and(|rest| rest.chars().all(|digit| digit.is_ascii_digit()))
    });
    // The name of a class stands in types, where a `;` ends it; signatures come behind a `(`.
    let class = name.split('(').next().unwrap_or_default();
    name.starts_with(|first: char| first.is_alphabetic() || matches!(first, '_' | '$'))
        && name
            .chars()
            .all(|letter| letter.is_alphanumeric() || "/$_-.<>()[;".contains(letter))
        && !class.contains(';')
        && name != "inherited"
        && !is_numbered
}
