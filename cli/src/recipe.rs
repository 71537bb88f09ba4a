//! Recipes and the files that they refer to.

use crate::connection::{at_hand, read_keys};
use crate::failure::Failure;
use crate::files;
use cap_file::CapFile;
use cap_file::verify::verify;
use loader::{KeySet, Recipe};
use std::path::Path;

/// A recipe, and what it refers to.
pub(crate) struct Inputs {
    pub(crate) recipe: Recipe,
    /// The packages, in its order.
    pub(crate) packages: Vec<CapFile>,
    /// The keys of its domains, in its order.
    pub(crate) keys: Vec<Option<KeySet>>,
}

impl Inputs {
    /// Reads a recipe and the packages beside it, and verifies these; the keys of its domains are for
    /// [`Inputs::read_keys`].
    ///
    /// # Errors
    /// [`Failure::Input`]; [`Failure::Refuted`] where a package does not verify.
    pub(crate) fn read(file: &Path) -> Result<Self, Failure> {
        let text = files::read(file)?;
        let invalid = |error: &dyn std::fmt::Display| Failure::input(file.display(), error);
        let text = std::str::from_utf8(&text).map_err(|error| invalid(&error))?;
        let recipe = Recipe::from_toml(text).map_err(|error| invalid(&error))?;
        let folder = file.parent().unwrap_or(Path::new("."));
        let mut packages = Vec::new();
        for package in &recipe.packages {
            let file = folder.join(&package.file);
            let cap = files::read_cap(&file)?;
            // Packages of the recipe may import each other: what is not known of them is for the card to say.
            let found = verify(&cap, &files::exports(&[])?);
            if !found.is_ok() {
                say!("{found}");
                return Err(Failure::Refuted(format!(
                    "{} does not verify; nothing was written to the card",
                    file.display()
                )));
            }
            packages.push(cap);
        }
        Ok(Self {
            recipe,
            packages,
            keys: Vec::new(),
        })
    }

    /// Reads the keys of its domains too.
    ///
    /// # Errors
    /// [`Failure::Input`].
    pub(crate) fn read_keys(mut self, file: &Path) -> Result<Self, Failure> {
        let folder = file.parent().unwrap_or(Path::new("."));
        self.keys = self
            .recipe
            .domains
            .iter()
            .map(|domain| match &domain.keys {
                Some(file) => read_domain_keys(&folder.join(file)).map(Some),
                None => Ok(None),
            })
            .collect::<Result<_, _>>()?;
        Ok(self)
    }

    /// The versions of the keys of its domains.
    pub(crate) fn key_versions(&self) -> Vec<Option<u8>> {
        self.keys
            .iter()
            .map(|keys| keys.as_ref().map(|keys| keys.version))
            .collect()
    }
}

fn read_domain_keys(file: &Path) -> Result<KeySet, Failure> {
    let keys = read_keys(file)?;
    at_hand(&keys)?;
    if keys.version == 0 || keys.diversification.is_some() {
        return Err(Failure::input(
            file.display(),
            "keys of a domain have a version, `kvn`, and are no master keys",
        ));
    }
    Ok(keys)
}
