use std::str::FromStr;

use scp::scp03::KeyError;
use scp::{BlockCipher, KeyName, KeyOperations};
use zeroize::Zeroizing;

use super::{check_des, purpose};

/// A method of diversification that a user describes: what is encrypted, or authenticated, with the master key.
///
/// A template is a cipher and the bytes that go into it: `des-ecb`, `aes-ecb` or `aes-cmac`, then hexadecimal bytes,
/// `k0` to `k9` for the card's key diversification data, `k4-k9` for several, `p` for the number of the key (1 ENC, 2 MAC,
/// 3 DEK), and with `aes-cmac` `c` for a counter that runs from 1 until the key is long enough.
///
/// ```
/// // VISA2, spelt out.
/// let visa2: loader::Template = "des-ecb k0 k1 k4-k7 F0 p k0 k1 k4-k7 0F p".parse()?;
/// # Ok::<(), String>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Template {
    cipher: Cipher,
    parts: [Part; MOST],
    length: usize,
}

/// The most bytes of a template.
const MOST: usize = 64;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cipher {
    DesEcb,
    AesEcb,
    AesCmac,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Byte(u8),
    Data(u8),
    Purpose,
    Counter,
}

impl FromStr for Template {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut words = text.split_whitespace();
        let cipher = match words.next() {
            Some("des-ecb") => Cipher::DesEcb,
            Some("aes-ecb") => Cipher::AesEcb,
            Some("aes-cmac") => Cipher::AesCmac,
            _ => return Err("a template begins with des-ecb, aes-ecb or aes-cmac".to_owned()),
        };
        let mut parts = Vec::new();
        for word in words {
            match word {
                "p" => parts.push(Part::Purpose),
                "c" if cipher == Cipher::AesCmac => parts.push(Part::Counter),
                _ => match word.split_once('-').map_or((word, word), |ends| ends) {
                    (first, last) if first.starts_with('k') => {
                        let index =
                            |end: &str| end.strip_prefix('k')?.parse().ok().filter(|i| *i < 10);
                        let (Some(first), Some(last)) = (index(first), index(last)) else {
                            return Err(format!("{word}: expected k0 to k9, or k0-k9"));
                        };
                        parts.extend((first..=last).map(Part::Data));
                    }
                    _ => {
                        let bytes = hex::decode(word).map_err(|_| {
                            format!("{word}: expected hexadecimal bytes, k0 to k9, p or c")
                        })?;
                        parts.extend(bytes.into_iter().map(Part::Byte));
                    }
                },
            }
        }
        let length = parts.len();
        let allowed = match cipher {
            Cipher::DesEcb => length == 16,
            Cipher::AesEcb => matches!(length, 16 | 32),
            Cipher::AesCmac => (1..=MOST).contains(&length),
        };
        if !allowed {
            return Err(format!(
                "{length} bytes: des-ecb takes 16, aes-ecb 16 or 32, aes-cmac 1 to {MOST}"
            ));
        }
        let mut all = [Part::Byte(0); MOST];
        for (to, from) in all.iter_mut().zip(parts) {
            *to = from;
        }
        Ok(Self {
            cipher,
            parts: all,
            length,
        })
    }
}

impl Template {
    fn fill(&self, purpose: u8, counter: u8, data: &[u8; 10]) -> Zeroizing<Vec<u8>> {
        let bytes = self.parts.iter().take(self.length).map(|part| match part {
            Part::Byte(byte) => *byte,
            Part::Data(index) => data.get(usize::from(*index)).copied().unwrap_or(0),
            Part::Purpose => purpose,
            Part::Counter => counter,
        });
        Zeroizing::new(bytes.collect())
    }

    /// One key of a card.
    pub(super) fn derive_key(
        &self,
        master: &dyn KeyOperations,
        name: KeyName,
        data: &[u8; 10],
    ) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        let purpose = purpose(name);
        let mut key = self.fill(purpose, 1, data);
        match self.cipher {
            Cipher::DesEcb => {
                check_des(master)?;
                master.encrypt_blocks(name, BlockCipher::TripleDes, &mut key)?;
            }
            Cipher::AesEcb => master.encrypt_blocks(name, BlockCipher::Aes, &mut key)?,
            Cipher::AesCmac => {
                let length = master.length();
                key.clear();
                for counter in 1..=u8::try_from(length.div_ceil(16)).unwrap_or(1) {
                    key.extend(master.cmac(name, &self.fill(purpose, counter, data))?);
                }
                key.truncate(length);
            }
        }
        Ok(key)
    }
}

#[cfg(test)]
mod tests {
    use crate::Diversification;
    use scp::scp03::StaticKeys;

    const DATA: [u8; 10] = [9, 1, 8, 2, 7, 3, 6, 4, 5, 0];

    /// The methods that are built in, spelt out as templates.
    #[test]
    fn templates_say_what_the_methods_do() {
        for (template, method, length) in [
            (
                "des-ecb k0 k1 k4-k7 F0 p k0 k1 k4-k7 0F p",
                Diversification::Visa2,
                16,
            ),
            (
                "des-ecb k0-k3 k8 k9 F0 p k0-k3 k8 k9 0F p",
                Diversification::Visa,
                16,
            ),
            ("des-ecb k4-k9 F0 p k4-k9 0F p", Diversification::Emv, 16),
            ("aes-cmac c 000000 p 00 k0-k9", Diversification::Kdf3, 16),
            ("aes-cmac c 000000 p 00 k0-k9", Diversification::Kdf3, 24),
            ("aes-cmac c 000000 p 00 k0-k9", Diversification::Kdf3, 32),
        ] {
            let key = |first: u8| (first..first + length).collect::<Vec<u8>>();
            let master = StaticKeys::new(&key(1), &key(50), &key(99)).unwrap();
            let own = Diversification::Template(template.parse().unwrap());
            assert_eq!(
                own.derive(&master, &DATA).unwrap(),
                method.derive(&master, &DATA).unwrap(),
                "{template}"
            );
        }
    }

    #[test]
    fn what_is_wrong_is_said() {
        let wrong = |text: &str| text.parse::<crate::Template>().unwrap_err();
        assert!(wrong("").contains("begins with"));
        assert!(wrong("aes-ecb k0").contains("1 bytes"));
        assert!(wrong("aes-cmac k10").contains("k0 to k9"));
        assert!(wrong("aes-cmac 0").contains("hexadecimal"));
        assert!(wrong("des-ecb c").contains("hexadecimal"));
        let long = StaticKeys::new(&[1; 32], &[1; 32], &[1; 32]).unwrap();
        let des = "des-ecb k4-k9 F0 p k4-k9 0F p".parse().unwrap();
        assert!(Diversification::Template(des).derive(&long, &DATA).is_err());
    }
}
