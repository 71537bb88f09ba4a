//! The public API packages: which class, method and field has which token, since which version.
//!
//! The tables are text files in `api/packages`, one for each package. A line is
//! `package NAME AID VERSION…`, `VERSION uses PACKAGE VERSION`, `class|interface TOKEN NAME FLAG…`,
//! `extends CLASS…`, `implements INTERFACE…`, `const NAME TYPE VALUE`, or
//! `field|static|virtual|method TOKEN NAME DESCRIPTOR FLAG…`, `inheritable COUNT`; `since VERSION` at its end says that the item is
//! not in the versions before. Tokens never change between versions of a package. The facts are those of the
//! public export files of Java Card 2.2.1 to 3.1 and of GlobalPlatform's card API 1.0 to 1.7.

pub mod parse;
pub mod print;
mod tables;

use crate::component::{Aid, Version};
use std::collections::HashMap;
use std::sync::OnceLock;

/// The releases of the Java Card API as TOML: for each its name, `jc304`, a title, and the newest
/// version of each package that a card of it has.
pub const RELEASES: &str = include_str!("api/releases.toml");

/// All packages that are known.
#[derive(Clone, Debug, Default)]
pub struct Api {
    packages: Vec<ApiPackage>,
    by_aid: HashMap<Aid, usize>,
    by_name: HashMap<String, usize>,
}

/// One package, in all its versions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiPackage {
    /// Its name, parts separated by `.`.
    pub name: String,
    /// Its AID.
    pub aid: Aid,
    /// The known versions, ascending.
    pub versions: Vec<Version>,
    /// For a version of this package: a package it refers to and the version of that one.
    pub uses: Vec<(Version, String, Version)>,
    /// Its classes and interfaces, ascending by token.
    pub classes: Vec<ApiClass>,
}

/// A class or interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiClass {
    /// Its token in the package.
    pub token: u8,
    /// Its full name, parts separated by `/`.
    pub name: String,
    /// Flags.
    pub flags: ApiFlags,
    /// True for an interface.
    pub is_interface: bool,
    /// First version of the package that has it.
    pub since: Version,
    /// All superclasses; the order is that of the export file, `java/lang/Object` first.
    pub supers: Vec<String>,
    /// All interfaces that it implements (superinterfaces of an interface).
    pub interfaces: Vec<String>,
    /// Compile-time constants.
    pub constants: Vec<ApiConstant>,
    /// Static fields. (No public API class has visible instance fields.)
    pub fields: Vec<ApiField>,
    /// Methods, inherited ones included.
    pub methods: Vec<ApiMethod>,
    /// How many public virtual methods a package of format 2.2 or older can inherit; only export files of format 2.3
    /// say so (JCVM 3.1 §5.7).
    pub inheritable_tokens: Option<u8>,
}

/// A constant, which compilers put into the code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiConstant {
    /// Its name.
    pub name: String,
    /// `Z`, `B`, `S` or `I`.
    pub descriptor: String,
    /// Its value.
    pub value: i32,
    /// First version of the package that has it.
    pub since: Version,
}

/// A static field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiField {
    /// Its token in the class.
    pub token: u8,
    /// Its name.
    pub name: String,
    /// Its type, as in a class file.
    pub descriptor: String,
    /// Flags.
    pub flags: ApiFlags,
    /// First version of the package that has it.
    pub since: Version,
}

/// How a method is called; tokens of static methods and constructors share one numbering.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MethodKind {
    /// `invokestatic`
    Static,
    /// `invokespecial` on a new object.
    Constructor,
    /// `invokevirtual`
    Virtual,
    /// `invokeinterface`
    Interface,
}

/// A method.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiMethod {
    /// Its token: among static methods and constructors, or among virtual methods, or in its interface.
    pub token: u8,
    /// Its name, `<init>` for constructors.
    pub name: String,
    /// Its signature, as in a class file: `([BSB)V`.
    pub descriptor: String,
    /// How it is called.
    pub kind: MethodKind,
    /// Flags.
    pub flags: ApiFlags,
    /// First version of the package that has it.
    pub since: Version,
}

/// Access flags and modifiers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[allow(missing_docs, reason = "the names are Java's modifiers")]
#[allow(
    clippy::struct_excessive_bools,
    reason = "independent modifiers of Java"
)]
pub struct ApiFlags {
    pub public: bool,
    pub protected: bool,
    pub is_static: bool,
    pub is_final: bool,
    pub is_abstract: bool,
    pub shareable: bool,
}

impl Api {
    /// The tables that are built in, read at the first call.
    #[must_use]
    pub fn builtin() -> &'static Api {
        static API: OnceLock<Api> = OnceLock::new();
        API.get_or_init(|| Api::new(tables::packages()))
    }

    /// From packages; of two with the same AID or name the first counts.
    #[must_use]
    pub fn new(packages: Vec<ApiPackage>) -> Api {
        let mut api = Api::default();
        for package in packages {
            let index = api.packages.len();
            api.by_aid.entry(package.aid.clone()).or_insert(index);
            api.by_name.entry(package.name.clone()).or_insert(index);
            api.packages.push(package);
        }
        api
    }

    /// All packages.
    #[must_use]
    pub fn packages(&self) -> &[ApiPackage] {
        &self.packages
    }

    /// The package with this AID.
    #[must_use]
    pub fn find_package(&self, aid: &Aid) -> Option<&ApiPackage> {
        self.packages.get(*self.by_aid.get(aid)?)
    }

    /// The package with this name (parts separated by `.` or `/`).
    #[must_use]
    pub fn find_package_by_name(&self, name: &str) -> Option<&ApiPackage> {
        self.packages
            .get(*self.by_name.get(&name.replace('/', "."))?)
    }

    /// The class with this full name, `javacard/framework/Util`, and its package.
    #[must_use]
    pub fn find_class(&self, name: &str) -> Option<(&ApiPackage, &ApiClass)> {
        let (package, _) = name.rsplit_once('/')?;
        let package = self.find_package_by_name(package)?;
        Some((
            package,
            package.classes.iter().find(|class| class.name == name)?,
        ))
    }

    /// A class by the tokens that a CAP file holds.
    #[must_use]
    pub fn class_by_token(&self, package: &Aid, class: u8) -> Option<&ApiClass> {
        self.find_package(package)?.class_by_token(class)
    }

    /// A method by the tokens that a CAP file holds.
    #[must_use]
    pub fn method_by_token(
        &self,
        package: &Aid,
        class: u8,
        kind: TokenSpace,
        method: u8,
    ) -> Option<(&ApiClass, &ApiMethod)> {
        let class = self.class_by_token(package, class)?;
        Some((class, class.method_by_token(kind, method)?))
    }
}

/// The numbering to which a method token belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TokenSpace {
    /// Static methods and constructors.
    Static,
    /// Virtual methods, or the methods of an interface.
    Virtual,
}

impl ApiPackage {
    /// The class with this token.
    #[must_use]
    pub fn class_by_token(&self, token: u8) -> Option<&ApiClass> {
        self.classes.iter().find(|class| class.token == token)
    }

    /// The class with this name, with or without the package.
    #[must_use]
    pub fn class(&self, name: &str) -> Option<&ApiClass> {
        self.classes
            .iter()
            .find(|class| class.name == name || class.simple_name() == name)
    }

    /// True if an item that came with version `since` is in `version`. What the oldest known version has is taken
    /// to be in all before it.
    #[must_use]
    pub fn has(&self, since: Version, version: Version) -> bool {
        since <= version || self.versions.first() == Some(&since)
    }

    /// The newest known version.
    #[must_use]
    pub fn newest(&self) -> Version {
        self.versions.last().copied().unwrap_or_default()
    }
}

impl ApiClass {
    /// The name without the package.
    #[must_use]
    pub fn simple_name(&self) -> &str {
        self.name
            .rsplit_once('/')
            .map_or(&self.name, |(_, simple)| simple)
    }

    /// The direct superclass.
    #[must_use]
    pub fn super_class(&self) -> Option<&str> {
        self.supers.last().map(String::as_str)
    }

    /// The method with this name and signature; also finds constructors as `<init>`.
    #[must_use]
    pub fn method(&self, name: &str, descriptor: &str) -> Option<&ApiMethod> {
        self.methods
            .iter()
            .find(|method| method.name == name && method.descriptor == descriptor)
    }

    /// All methods with this name.
    pub fn methods_named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a ApiMethod> {
        self.methods
            .iter()
            .filter(move |method| method.name == name)
    }

    /// The method with this token.
    #[must_use]
    pub fn method_by_token(&self, space: TokenSpace, token: u8) -> Option<&ApiMethod> {
        self.methods
            .iter()
            .find(|method| method.token == token && method.kind.token_space() == space)
    }

    /// The static field with this token.
    #[must_use]
    pub fn field_by_token(&self, token: u8) -> Option<&ApiField> {
        self.fields.iter().find(|field| field.token == token)
    }

    /// The constant with this name.
    #[must_use]
    pub fn constant(&self, name: &str) -> Option<&ApiConstant> {
        self.constants.iter().find(|constant| constant.name == name)
    }
}

impl MethodKind {
    /// The numbering to which its tokens belong.
    #[must_use]
    pub const fn token_space(self) -> TokenSpace {
        match self {
            Self::Static | Self::Constructor => TokenSpace::Static,
            Self::Virtual | Self::Interface => TokenSpace::Virtual,
        }
    }
}
