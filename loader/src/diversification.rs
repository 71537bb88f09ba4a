mod template;

pub use template::Template;

use scp::scp03::{KeyError, StaticKeys};
use scp::{BlockCipher, KeyName, KeyOperations};
use zeroize::Zeroizing;

/// How a card's keys follow from a master key and the ten bytes that the card tells in INITIALIZE UPDATE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Diversification {
    /// VISA2: triple DES over bytes 0, 1 and 4 to 7 of the card's data.
    Visa2,
    /// VISA: triple DES over bytes 0 to 3, 8 and 9.
    Visa,
    /// EMV CPS 1.1 §4.1: triple DES over bytes 4 to 9.
    Emv,
    /// KDF3: the counter mode of NIST SP 800-108 with AES-CMAC over all ten bytes.
    Kdf3,
    /// A method that the user describes.
    Template(Template),
}

impl Diversification {
    /// Every method that is built in, with the name that key files give it.
    pub const ALL: [(&'static str, Self); 4] = [
        ("visa2", Self::Visa2),
        ("visa", Self::Visa),
        ("emv", Self::Emv),
        ("kdf3", Self::Kdf3),
    ];

    /// The method of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, method)| method)
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::ALL
            .into_iter()
            .find(|(_, method)| *method == self)
            .map_or("a template", |(name, _)| name)
    }

    /// The card's keys: each from the master key in its place.
    ///
    /// # Errors
    /// [`KeyError`] where the master keys are none of the method's cipher: 16 bytes for triple DES.
    pub fn derive(
        self,
        master: &dyn KeyOperations,
        data: &[u8; 10],
    ) -> Result<StaticKeys, KeyError> {
        let [enc, mac, dek] = KeyName::ALL;
        StaticKeys::new(
            &self.derive_key(master, enc, data)?,
            &self.derive_key(master, mac, data)?,
            &self.derive_key(master, dek, data)?,
        )
    }

    fn derive_key(
        self,
        master: &dyn KeyOperations,
        name: KeyName,
        data: &[u8; 10],
    ) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        let purpose = purpose(name);
        let &[a, b, c, d, e, f, g, h, i, j] = data;
        let chosen = match self {
            Self::Kdf3 => return counter_mode(master, name, data),
            Self::Template(template) => return template.derive_key(master, name, data),
            Self::Visa2 => [a, b, e, f, g, h],
            Self::Visa => [a, b, c, d, i, j],
            Self::Emv => [e, f, g, h, i, j],
        };
        check_des(master)?;
        let mut key = Zeroizing::new(Vec::with_capacity(16));
        for half in [0xF0, 0x0F] {
            key.extend(chosen);
            key.extend([half, purpose]);
        }
        master.encrypt_blocks(name, BlockCipher::TripleDes, &mut key)?;
        Ok(key)
    }
}

/// Which key of a set is derived, as it goes into the derivation.
fn purpose(name: KeyName) -> u8 {
    match name {
        KeyName::Enc => 1,
        KeyName::Mac => 2,
        KeyName::Dek => 3,
    }
}

/// Master keys of triple DES have 16 bytes.
fn check_des(master: &dyn KeyOperations) -> Result<(), KeyError> {
    if master.length() == 16 {
        return Ok(());
    }
    Err(KeyError::Length {
        name: "master",
        cause: se_crypto::CryptoError::KeyLength {
            algorithm: "triple DES master",
            expected: "16 bytes",
            length: master.length(),
        },
    })
}

/// KDF3: counter, three zeros, the purpose, a zero, the card's data; as long as the master key.
fn counter_mode(
    master: &dyn KeyOperations,
    name: KeyName,
    data: &[u8; 10],
) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let mut key = Zeroizing::new(Vec::with_capacity(32));
    for counter in [1, 2] {
        let input = [&[counter, 0, 0, 0, purpose(name), 0][..], data].concat();
        key.extend(master.cmac(name, &input)?);
    }
    key.truncate(master.length());
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use scp::{scp02, scp03};

    const DATA: [u8; 10] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];

    fn derive(method: Diversification, length: u8) -> StaticKeys {
        let master: Vec<u8> = (0x40..0x40 + length).collect();
        let master = StaticKeys::new(&master, &master, &master).unwrap();
        method.derive(&master, &DATA).unwrap()
    }

    /// martinpaljak/GlobalPlatformPro, `TestPlaintextKeys`: check values of the derived keys.
    #[test]
    fn triple_des_methods() {
        for (method, expected) in [
            (Diversification::Emv, ["C33013", "6F4CA6", "BB8179"]),
            (Diversification::Visa2, ["2BE598", "58DA38", "3C328E"]),
        ] {
            let keys = derive(method, 16);
            let values = [keys.enc(), keys.mac(), keys.dek()]
                .map(|key| hex::encode_upper(scp02::key_check_value(key).unwrap()));
            assert_eq!(values, expected);
        }
    }

    /// martinpaljak/GlobalPlatformPro, `TestPlaintextKeys`: check values of the derived keys.
    #[test]
    fn kdf3() {
        for (length, expected) in [
            (16, ["E79C05", "D1BD77", "3FDE8C"]),
            (24, ["1DE8EA", "47C00C", "C04D76"]),
            (32, ["2972D2", "036F94", "5D57B8"]),
        ] {
            let keys = derive(Diversification::Kdf3, length);
            let values = [keys.enc(), keys.mac(), keys.dek()]
                .map(|key| hex::encode_upper(scp03::key_check_value(key).unwrap()));
            assert_eq!(values, expected);
        }
    }

    /// martinpaljak/GlobalPlatformPro, `TestPlaintextKeys`, `testDiversification_KDF3_ExternalVector`.
    #[test]
    fn kdf3_whole_key() {
        let master =
            hex::decode("8C72C72CF908411653018807950D82FBAD947562F0828A0B10B8B9606ABF3BCD")
                .unwrap();
        let data = hex::decode("D9B1DE5D0362DEDCE4FB")
            .unwrap()
            .try_into()
            .unwrap();
        let master = StaticKeys::new(&master, &master, &master).unwrap();
        let keys = Diversification::Kdf3.derive(&master, &data).unwrap();
        assert_eq!(
            hex::encode_upper(keys.enc()),
            "9AAC5D0B3601F89438A0D9D0B6B256CFB47E6462DFA5228D3420C4AC7C224781"
        );
    }

    #[test]
    fn names_and_lengths() {
        for (name, method) in Diversification::ALL {
            assert_eq!(Diversification::named(name), Some(method));
            assert_eq!(method.name(), name);
        }
        assert_eq!(Diversification::named("none"), None);
        let long = StaticKeys::new(&[1; 32], &[1; 32], &[1; 32]).unwrap();
        assert!(Diversification::Emv.derive(&long, &DATA).is_err());
    }
}
