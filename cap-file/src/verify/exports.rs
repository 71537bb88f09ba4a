//! What the packages that a CAP file imports offer.

use crate::api::{Api, ApiPackage};
use crate::component::Aid;

/// The built-in tables of the public API, and packages that the caller has export files of.
#[derive(Clone, Debug, Default)]
pub struct Exports {
    own: Vec<ApiPackage>,
}

impl Exports {
    /// Only the built-in tables.
    #[must_use]
    pub fn builtin() -> Exports {
        Exports::default()
    }

    /// Adds a package, for instance from [`crate::ExportFile::to_api`]. It counts instead of a built-in table
    /// with the same AID.
    pub fn add(&mut self, package: ApiPackage) {
        self.own.retain(|other| other.aid != package.aid);
        self.own.push(package);
    }

    /// The package with this AID.
    #[must_use]
    pub fn find(&self, aid: &Aid) -> Option<&ApiPackage> {
        let own = self.own.iter().find(|package| package.aid == *aid);
        own.or_else(|| Api::builtin().find_package(aid))
    }

    /// Every package.
    pub fn packages(&self) -> impl Iterator<Item = &ApiPackage> {
        let own = |aid: &Aid| self.own.iter().any(|package| package.aid == *aid);
        let builtin = Api::builtin()
            .packages()
            .iter()
            .filter(move |package| !own(&package.aid));
        self.own.iter().chain(builtin)
    }
}
