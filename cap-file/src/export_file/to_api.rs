//! From an export file to the table form that the rest of this crate asks.

use super::{ACC_SHAREABLE, ExportConstant, ExportFile, ExportedClass, ExportedField, access};
use crate::api::{ApiClass, ApiConstant, ApiField, ApiFlags, ApiMethod, ApiPackage, MethodKind};
use crate::component::Version;
use thiserror::Error;

/// An export file whose indices do not lead to what they should.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("export file: constant pool index {index} of {what} is no {expected}")]
pub struct ExportFileError {
    /// Whose index it is.
    pub what: &'static str,
    /// The index.
    pub index: u16,
    /// What should be there.
    pub expected: &'static str,
}

fn flags(bits: u16) -> ApiFlags {
    let has = |bit| bits & bit != 0;
    ApiFlags {
        public: has(access::PUBLIC),
        protected: has(access::PROTECTED),
        is_static: has(access::STATIC),
        is_final: has(access::FINAL),
        is_abstract: has(access::ABSTRACT),
        shareable: has(ACC_SHAREABLE),
    }
}

impl ExportFile {
    fn text(&self, what: &'static str, index: u16) -> Result<String, ExportFileError> {
        match self.constant_pool.get(usize::from(index)) {
            Some(ExportConstant::Utf8(text)) => String::from_utf8(text.clone()).ok(),
            _ => None,
        }
        .ok_or(ExportFileError {
            what,
            index,
            expected: "text",
        })
    }

    fn class_name(&self, what: &'static str, index: u16) -> Result<String, ExportFileError> {
        match self.constant_pool.get(usize::from(index)) {
            Some(ExportConstant::Class(name)) => self.text(what, *name),
            _ => Err(ExportFileError {
                what,
                index,
                expected: "class",
            }),
        }
    }

    /// Name, AID and version of the package; its classes with all their members.
    ///
    /// # Errors
    /// [`ExportFileError`] if an index does not lead to an entry of the right kind.
    pub fn to_api(&self) -> Result<ApiPackage, ExportFileError> {
        let index = self.this_package;
        let Some(ExportConstant::Package {
            name, version, aid, ..
        }) = self.constant_pool.get(usize::from(index))
        else {
            return Err(ExportFileError {
                what: "this_package",
                index,
                expected: "package",
            });
        };
        let mut classes = Vec::with_capacity(self.classes.len());
        for class in &self.classes {
            classes.push(self.class_to_api(class, *version)?);
        }
        classes.sort_by_key(|class| class.token);
        Ok(ApiPackage {
            name: self.text("the package", *name)?.replace('/', "."),
            aid: aid.clone(),
            versions: vec![*version],
            uses: self.uses(*version)?,
            classes,
        })
    }

    fn uses(&self, own: Version) -> Result<Vec<(Version, String, Version)>, ExportFileError> {
        let mut uses = Vec::new();
        for &index in self.referenced_packages.iter().flatten() {
            match self.constant_pool.get(usize::from(index)) {
                Some(ExportConstant::Package { name, version, .. }) => {
                    let name = self.text("a referenced package", *name)?.replace('/', ".");
                    uses.push((own, name, *version));
                }
                _ => {
                    let what = "a referenced package";
                    return Err(ExportFileError {
                        what,
                        index,
                        expected: "package",
                    });
                }
            }
        }
        Ok(uses)
    }

    fn class_to_api(
        &self,
        class: &ExportedClass,
        since: Version,
    ) -> Result<ApiClass, ExportFileError> {
        let names = |what, indices: &[u16]| -> Result<Vec<String>, ExportFileError> {
            indices
                .iter()
                .map(|index| self.class_name(what, *index))
                .collect()
        };
        let is_interface = class.access_flags & access::INTERFACE != 0;
        let mut result = ApiClass {
            token: class.token,
            name: self.class_name("a class", class.name)?,
            // Every interface is abstract: the flag says nothing there.
            flags: ApiFlags {
                is_abstract: !is_interface && flags(class.access_flags).is_abstract,
                ..flags(class.access_flags)
            },
            is_interface,
            since,
            supers: names("a superclass", &class.supers)?,
            interfaces: names("an interface", &class.interfaces)?,
            constants: Vec::new(),
            fields: Vec::new(),
            methods: Vec::new(),
            inheritable_tokens: class
                .inheritable_public_method_token_count
                .filter(|_| !is_interface),
        };
        for field in &class.fields {
            let name = self.text("a field", field.name)?;
            let descriptor = self.text("a field's type", field.descriptor)?;
            if let Some(value) = self.constant_value(field)? {
                result.constants.push(ApiConstant {
                    name,
                    descriptor,
                    value,
                    since,
                });
            } else {
                let flags = flags(field.access_flags);
                result.fields.push(ApiField {
                    token: field.token,
                    name,
                    descriptor,
                    flags,
                    since,
                });
            }
        }
        for method in &class.methods {
            let name = self.text("a method", method.name)?;
            let flags = flags(method.access_flags);
            let kind = match (name.as_str(), is_interface) {
                ("<init>", _) => MethodKind::Constructor,
                (_, true) => MethodKind::Interface,
                _ if flags.is_static => MethodKind::Static,
                _ => MethodKind::Virtual,
            };
            let descriptor = self.text("a method's signature", method.descriptor)?;
            result.methods.push(ApiMethod {
                token: method.token,
                name,
                descriptor,
                kind,
                flags,
                since,
            });
        }
        Ok(result)
    }

    fn constant_value(&self, field: &ExportedField) -> Result<Option<i32>, ExportFileError> {
        for (name, contents) in &field.attributes {
            if let (Ok("ConstantValue"), &[high, low]) = (
                self.text("an attribute", *name).as_deref(),
                contents.as_slice(),
            ) {
                let index = u16::from_be_bytes([high, low]);
                return match self.constant_pool.get(usize::from(index)) {
                    Some(ExportConstant::Integer(value)) => Ok(Some(*value)),
                    _ => Err(ExportFileError {
                        what: "a constant",
                        index,
                        expected: "value",
                    }),
                };
            }
        }
        Ok(None)
    }
}
