//! What to install, as an argument: `MODULE_AID[:INSTANCE_AID[:PARAMETERS]]`.

use crate::aid;
use loader::{Aid, InstanceOptions};
use std::str::FromStr;

/// An instance to install.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installation {
    /// The module.
    pub module: Aid,
    /// The AID of the instance: the module's where none is given.
    pub instance: Aid,
    /// The application's own parameters, the value of C9.
    pub parameters: Vec<u8>,
}

impl FromStr for Installation {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut parts = text.split(':');
        let module = aid::parse(parts.next().unwrap_or_default())
            .map_err(|error| format!("module: {error}"))?;
        let instance = match parts.next() {
            None | Some("") => module,
            Some(instance) => aid::parse(instance).map_err(|error| format!("instance: {error}"))?,
        };
        let parameters = aid::bytes(parts.next().unwrap_or_default())
            .map_err(|error| format!("parameters: {error}"))?;
        match parts.next() {
            Some(_) => Err(
                "expected MODULE_AID[:INSTANCE_AID[:PARAMETERS]], all in hexadecimal".to_owned(),
            ),
            None => Ok(Self {
                module,
                instance,
                parameters,
            }),
        }
    }
}

impl From<&Installation> for InstanceOptions {
    fn from(installation: &Installation) -> Self {
        Self {
            instance: Some(installation.instance),
            parameters: installation.parameters.clone(),
            ..Self::new(installation.module)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_parts_may_be_left_out() {
        let aid = |text| aid::parse(text).unwrap();
        let all: Installation = "A000000001:A000000002:0102".parse().unwrap();
        assert_eq!(
            (all.module, all.instance),
            (aid("A000000001"), aid("A000000002"))
        );
        assert_eq!(all.parameters, [1, 2]);
        for text in ["A000000001", "A000000001:", "A000000001::"] {
            let one: Installation = text.parse().unwrap();
            assert_eq!(
                (one.module, one.instance),
                (aid("A000000001"), aid("A000000001"))
            );
            assert!(one.parameters.is_empty());
        }
    }

    #[test]
    fn what_is_wrong_is_said() {
        let error = |text: &str| text.parse::<Installation>().unwrap_err();
        assert!(error("").starts_with("module: an AID has 5 to 16 bytes"));
        assert!(error("A000000001:00").starts_with("instance: an AID"));
        assert!(error("A000000001::0").starts_with("parameters: 1 hexadecimal digit"));
        assert!(error("A000000001:::").starts_with("expected MODULE_AID"));
    }
}
