//! The tables that are part of this crate.

use super::{ApiPackage, parse};

macro_rules! tables {
    ($($name:literal)*) => {
        const TEXTS: &[&str] = &[$(include_str!(concat!("packages/", $name, ".api")),)*];
    };
}

tables! {
    "java.io"
    "java.lang"
    "java.rmi"
    "javacard.framework"
    "javacard.framework.service"
    "javacard.security"
    "javacardx.apdu"
    "javacardx.apdu.util"
    "javacardx.biometry"
    "javacardx.biometry1toN"
    "javacardx.crypto"
    "javacardx.external"
    "javacardx.framework.event"
    "javacardx.framework.math"
    "javacardx.framework.nio"
    "javacardx.framework.string"
    "javacardx.framework.time"
    "javacardx.framework.tlv"
    "javacardx.framework.util"
    "javacardx.framework.util.intx"
    "javacardx.security"
    "javacardx.security.cert"
    "javacardx.security.derivation"
    "javacardx.security.util"
    "org.globalplatform"
    "org.globalplatform.contactless"
    "org.globalplatform.filesystem"
    "org.globalplatform.privacy"
    "org.globalplatform.securechannel"
    "org.globalplatform.upgrade"
}

/// All of them. A table that cannot be read would be left out; the test below says that there is none.
pub(super) fn packages() -> Vec<ApiPackage> {
    TEXTS
        .iter()
        .filter_map(|text| parse::package(text).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{Api, MethodKind, TokenSpace};
    use crate::component::{Aid, Version};

    #[test]
    fn every_table_is_read() {
        for text in TEXTS {
            assert_eq!(parse::package(text).err(), None);
        }
        assert_eq!(packages().len(), TEXTS.len());
    }

    #[test]
    fn an_applet_finds_what_it_calls() {
        let api = Api::builtin();
        let (package, class) = api.find_class("javacard/framework/Util").unwrap();
        assert_eq!(package.aid.to_string(), "A0000000620101");
        let copy = class.method("arrayCopyNonAtomic", "([BS[BSS)S").unwrap();
        assert_eq!(
            (class.token, copy.token, copy.kind),
            (16, 2, MethodKind::Static)
        );
        let again = api.method_by_token(&package.aid, 16, TokenSpace::Static, 2);
        assert_eq!(again, Some((class, copy)));
        let iso = package.class("ISO7816").unwrap();
        assert_eq!(iso.constant("SW_NO_ERROR").unwrap().value, -28672);
        assert!(api.find_package(&Aid(vec![0; 5])).is_none());
    }

    #[test]
    fn the_first_version_of_an_item_is_known() {
        let (package, class) = Api::builtin()
            .find_class("javacard/framework/JCSystem")
            .unwrap();
        assert_eq!(package.versions.first(), Some(&Version::new(1, 2)));
        let make = class
            .method("makeGlobalArray", "(BS)Ljava/lang/Object;")
            .unwrap();
        assert_eq!(make.since, Version::new(1, 5));
        assert_eq!(
            class.method("getVersion", "()S").unwrap().since,
            Version::new(1, 2)
        );
        let apdu = package.class("APDU").unwrap();
        let since = |name, descriptor| apdu.method(name, descriptor).unwrap().since;
        assert_eq!(since("getOffsetCdata", "()S"), Version::new(1, 3));
        assert_eq!(since("isValidCLA", "()Z"), Version::new(1, 4));
    }
}
