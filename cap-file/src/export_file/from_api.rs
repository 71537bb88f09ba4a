//! From the table form to an export file.

use super::{
    ACC_SHAREABLE, ExportConstant, ExportFile, ExportedClass, ExportedField, ExportedMethod, access,
};
use crate::api::{ApiFlags, ApiPackage};
use crate::component::{PackageInfo, Version};

/// Gives each distinct constant one index.
#[derive(Default)]
struct Pool {
    constants: Vec<ExportConstant>,
}

impl Pool {
    fn index(&mut self, constant: ExportConstant) -> Option<u16> {
        let known = self.constants.iter().position(|known| *known == constant);
        let index = known.unwrap_or_else(|| {
            self.constants.push(constant);
            self.constants.len() - 1
        });
        u16::try_from(index).ok()
    }

    fn text(&mut self, text: &str) -> Option<u16> {
        self.index(ExportConstant::Utf8(text.as_bytes().to_vec()))
    }

    fn class(&mut self, name: &str) -> Option<u16> {
        let name = self.text(name)?;
        self.index(ExportConstant::Class(name))
    }

    fn classes(&mut self, names: &[String]) -> Option<Vec<u16>> {
        names.iter().map(|name| self.class(name)).collect()
    }
}

fn bits(flags: ApiFlags) -> u16 {
    [
        (flags.public, access::PUBLIC),
        (flags.protected, access::PROTECTED),
        (flags.is_static, access::STATIC),
        (flags.is_final, access::FINAL),
        (flags.is_abstract, access::ABSTRACT),
        (flags.shareable, ACC_SHAREABLE),
    ]
    .iter()
    .filter(|(set, _)| *set)
    .map(|(_, bit)| bit)
    .sum()
}

impl ExportFile {
    /// The export file (format 2.1) of one version of a package. `None` if the package has more names than the
    /// format can count.
    #[must_use]
    pub fn from_api(
        package: &ApiPackage,
        version: Version,
        is_library: bool,
    ) -> Option<ExportFile> {
        let mut pool = Pool::default();
        let name = pool.text(&package.name.replace('.', "/"))?;
        let this_package = pool.index(ExportConstant::Package {
            flags: u8::from(is_library),
            name,
            version,
            aid: package.aid.clone(),
        })?;
        let mut classes = Vec::new();
        for class in package
            .classes
            .iter()
            .filter(|class| class.since <= version)
        {
            let interface = if class.is_interface {
                access::INTERFACE | access::ABSTRACT
            } else {
                0
            };
            let mut fields = Vec::new();
            for constant in class
                .constants
                .iter()
                .filter(|constant| constant.since <= version)
            {
                let value = pool.index(ExportConstant::Integer(constant.value))?;
                fields.push(ExportedField {
                    token: 0xff,
                    access_flags: access::PUBLIC | access::STATIC | access::FINAL,
                    name: pool.text(&constant.name)?,
                    descriptor: pool.text(&constant.descriptor)?,
                    attributes: vec![(pool.text("ConstantValue")?, value.to_be_bytes().to_vec())],
                });
            }
            for field in class.fields.iter().filter(|field| field.since <= version) {
                fields.push(ExportedField {
                    token: field.token,
                    access_flags: bits(field.flags),
                    name: pool.text(&field.name)?,
                    descriptor: pool.text(&field.descriptor)?,
                    attributes: Vec::new(),
                });
            }
            let mut methods = Vec::new();
            for method in class
                .methods
                .iter()
                .filter(|method| method.since <= version)
            {
                methods.push(ExportedMethod {
                    token: method.token,
                    access_flags: bits(method.flags),
                    name: pool.text(&method.name)?,
                    descriptor: pool.text(&method.descriptor)?,
                });
            }
            classes.push(ExportedClass {
                token: class.token,
                access_flags: bits(class.flags) | interface,
                name: pool.class(&class.name)?,
                supers: pool.classes(&class.supers)?,
                interfaces: pool.classes(&class.interfaces)?,
                fields,
                methods,
                inheritable_public_method_token_count: None,
            });
        }
        Some(ExportFile {
            format: Version::new(2, 1),
            constant_pool: pool.constants,
            this_package,
            referenced_packages: None,
            classes,
        })
    }

    /// The same in format 2.3, that of Java Card 3.1: with the packages that this one names in what it offers, and for
    /// each class how many tokens its virtual methods have that others may inherit. `None` where there are more names
    /// than the format can count.
    #[must_use]
    pub fn into_format_2_3(mut self, named: &[(String, PackageInfo)]) -> Option<ExportFile> {
        let mut pool = Pool {
            constants: std::mem::take(&mut self.constant_pool),
        };
        let mut referenced = Vec::new();
        for (name, package) in named {
            let name = pool.text(&name.replace('.', "/"))?;
            referenced.push(pool.index(ExportConstant::Package {
                flags: 0,
                name,
                version: package.version,
                aid: package.aid.clone(),
            })?);
        }
        let constructor = pool.text("<init>")?;
        for class in &mut self.classes {
            let is_interface = class.access_flags & access::INTERFACE != 0;
            let inherited = class.methods.iter().filter(|method| {
                !is_interface
                    && method.access_flags & access::STATIC == 0
                    && method.name != constructor
            });
            let tokens = inherited.map(|method| method.token.saturating_add(1)).max();
            class.inheritable_public_method_token_count = Some(tokens.unwrap_or(0));
        }
        Some(ExportFile {
            format: Version::new(2, 3),
            constant_pool: pool.constants,
            referenced_packages: Some(referenced),
            ..self
        })
    }
}
