//! A whole card as data: what shall be on it. [`Recipe::difference`] says what is left to do, and that is all that
//! is done: applied twice, it changes nothing the second time.

mod difference;

pub use difference::{Change, Found, RecipeError, rehearse};

use apdu_spec::Aid;
use serde::{Deserialize, Deserializer};
use zeroize::Zeroizing;

/// What shall be on a card. In TOML:
///
/// ```
/// let recipe = loader::Recipe::from_toml(r#"
///     [[domain]]
///     aid = "A0000001515344"
///     privileges = ["authorized-management"]
///     keys = "domain.toml"              # put where the domain has no keys of that version
///
///     [[package]]
///     file = "wallet.cap"
///
///     [[package.instance]]
///     module = "F00000000101"
///     aid = "F00000000177"              # the module's without it
///     parameters = "0102"
///     privileges = ["card-reset"]
///     domain = "A0000001515344"         # given to it; stays where it was made without it
///     locked = false
///     data = [                          # stored once, when the instance is made
///         { dgi = 0x0101, hex = "5F2003414243" },
///         { dgi = 0x8201, hex = "31323334FFFFFFFF", encrypt = true },   # under the data encryption key too
///     ]
/// "#)?;
/// assert_eq!(recipe.packages[0].instances.len(), 1);
/// # Ok::<(), loader::RecipeError>(())
/// ```
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// Supplementary security domains.
    #[serde(default, rename = "domain")]
    pub domains: Vec<DomainRecipe>,
    /// Packages, in the order in which they are loaded.
    #[serde(default, rename = "package")]
    pub packages: Vec<PackageRecipe>,
}

/// A supplementary security domain.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DomainRecipe {
    /// Its AID.
    #[serde(deserialize_with = "aid")]
    pub aid: Aid,
    /// Its privileges by name, besides being a security domain.
    #[serde(default)]
    pub privileges: Vec<String>,
    /// A key file, by reference: recipes hold no keys.
    pub keys: Option<String>,
}

/// A package and its instances.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackageRecipe {
    /// The CAP file.
    pub file: String,
    /// Its instances; without any the package is loaded only.
    #[serde(default, rename = "instance")]
    pub instances: Vec<InstanceRecipe>,
}

/// An instance.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InstanceRecipe {
    /// Its module.
    #[serde(deserialize_with = "aid")]
    pub module: Aid,
    /// Its AID; the module's where there is none.
    #[serde(default, deserialize_with = "optional_aid")]
    pub aid: Option<Aid>,
    /// Its privileges by name.
    #[serde(default)]
    pub privileges: Vec<String>,
    /// Its parameters, the value of C9, in hexadecimal.
    #[serde(default, deserialize_with = "bytes")]
    pub parameters: Vec<u8>,
    /// The security domain that it belongs to.
    #[serde(default, deserialize_with = "optional_aid")]
    pub domain: Option<Aid>,
    /// Whether it is locked.
    #[serde(default)]
    pub locked: bool,
    /// What is stored when it is made: a card does not tell what was stored before.
    #[serde(default)]
    pub data: Vec<DataRecipe>,
}

/// A data grouping.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataRecipe {
    /// Its identifier.
    pub dgi: u16,
    /// Its content, in hexadecimal.
    #[serde(deserialize_with = "secret")]
    pub hex: Zeroizing<Vec<u8>>,
    /// Whether it is encrypted under the data encryption key, besides what the session does.
    #[serde(default)]
    pub encrypt: bool,
}

/// Tells no personalisation data and no parameters: these may be secret.
impl std::fmt::Debug for InstanceRecipe {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "InstanceRecipe({} of {})", self.instance(), self.module)
    }
}

impl InstanceRecipe {
    /// Its AID.
    #[must_use]
    pub fn instance(&self) -> Aid {
        self.aid.unwrap_or(self.module)
    }
}

impl Recipe {
    /// Reads a recipe.
    ///
    /// # Errors
    /// [`RecipeError::Form`], which names the line and quotes nothing.
    pub fn from_toml(text: &str) -> Result<Self, RecipeError> {
        toml::from_str(text).map_err(|error| {
            let start = error.span().map_or(0, |span| span.start);
            let before = text.as_bytes().iter().take(start);
            RecipeError::Form {
                line: 1 + before.filter(|byte| **byte == b'\n').count(),
                // The parser's own words: names of fields and types, not the line.
                message: error.message().to_owned(),
            }
        })
    }
}

fn bytes<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
    let text = String::deserialize(from)?;
    hex::decode(text.replace(' ', ""))
        .map_err(|_| serde::de::Error::custom("expected hexadecimal digits"))
}

fn secret<'de, D: Deserializer<'de>>(from: D) -> Result<Zeroizing<Vec<u8>>, D::Error> {
    bytes(from).map(Zeroizing::new)
}

fn aid<'de, D: Deserializer<'de>>(from: D) -> Result<Aid, D::Error> {
    Aid::new(&bytes(from)?).map_err(serde::de::Error::custom)
}

fn optional_aid<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Aid>, D::Error> {
    aid(from).map(Some)
}
