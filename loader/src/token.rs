//! Delegated management: tokens, with which an issuer lets somebody else's security domain load, install and
//! delete (GPCS 2.3.1 §9.2, §C.4). They are signed where the issuer's key is, off the card and without it, and sent
//! by whoever has the card.

use std::collections::BTreeMap;

use apdu_spec::Aid;
use se_crypto::{CryptoError, Drbg, Hash, P256Key, RsaKey, pss_encode, sha256};
use serde::{Deserialize, Serialize};

use crate::public_key::{PublicKey, SCHEME_1};
use crate::tlv;

/// What signs tokens. It never leaves the caller.
pub enum TokenKey {
    /// RSA: RSASSA-PKCS1-v1_5 with SHA-1 up to 1024 bits, RSASSA-PSS with SHA-256 above (§B.3, schemes 1 and 2).
    Rsa(RsaKey),
    /// ECDSA on P-256 with SHA-256, r and s one after the other (Amendment E).
    P256(P256Key),
}

impl std::fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Rsa(_) => "TokenKey(RSA, redacted)",
            Self::P256(_) => "TokenKey(P-256, redacted)",
        })
    }
}

/// Tokens, each for one command and no other. They are no secret.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tokens(BTreeMap<String, String>);

pub(crate) const INSTALL: u8 = 0xE6;
pub(crate) const DELETE: u8 = 0xE4;
/// P1 of INSTALL \[for load, install and make selectable\], and P2 of its beginning and its end (tables 11-41, §11.5.2.2).
pub(crate) const COMBINED: u8 = 0x0E;
pub(crate) const BEGIN: u8 = 0x01;
pub(crate) const END: u8 = 0x03;
/// P1 of INSTALL, DELETE and PUT KEY: more commands of the same follow.
pub(crate) const MORE: u8 = 0x80;
/// The tag of a token in DELETE.
const DELETE_TOKEN: u16 = 0x9E;

impl TokenKey {
    /// The public key, which the card verifies with; `None` where the key does not hold it.
    #[must_use]
    pub fn public(&self) -> Option<PublicKey> {
        match self {
            Self::Rsa(key) => key.public_key().map(PublicKey::Rsa),
            Self::P256(key) => PublicKey::ec("1.2.840.10045.3.1.7", &key.public()),
        }
    }

    /// The signature over a [`token_input`], or over the hash of a load file for DAP verification. `random` gives the
    /// salt of PSS.
    ///
    /// # Errors
    /// [`CryptoError`] where the key cannot sign.
    pub fn sign(&self, input: &[u8], random: &mut Drbg) -> Result<Vec<u8>, CryptoError> {
        match self {
            Self::Rsa(key) if key.length() <= SCHEME_1 => {
                key.sign_digest(Hash::Sha1, &Hash::Sha1.digest(&[input]))
            }
            Self::Rsa(key) => {
                let mut salt = [0; 32];
                random.fill(&mut salt);
                // A key of this length has room for hash and salt.
                let encoded = pss_encode(Hash::Sha256, &sha256(input), &salt, key.length());
                Ok(key
                    .private_operation(&encoded.unwrap_or_default())?
                    .to_vec())
            }
            Self::P256(key) => Ok(key.sign_digest(&sha256(input))?.to_vec()),
        }
    }
}

/// A security domain's signature over the hash of a load file (DAP verification, §9.2.1, §C.3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoadFileSignature {
    /// The AID of the security domain that verifies it, in hexadecimal.
    pub domain: String,
    /// SHA-256 of the load file that was signed, in hexadecimal: to be told when it is another's.
    pub load_file_hash: String,
    /// The signature, in hexadecimal.
    pub signature: String,
}

impl LoadFileSignature {
    /// Signs a load file, as `CapFile::load_file` gives it.
    ///
    /// # Errors
    /// [`CryptoError`] where the key cannot sign.
    pub fn sign(
        load_file: &[u8],
        domain: &Aid,
        key: &TokenKey,
        random: &mut Drbg,
    ) -> Result<Self, CryptoError> {
        let hash = sha256(load_file);
        Ok(Self {
            domain: hex::encode_upper(domain.as_bytes()),
            load_file_hash: hex::encode_upper(hash),
            signature: hex::encode_upper(key.sign(&hash, random)?),
        })
    }

    /// The block that goes before the load file data (§11.6.2.3); `None` where a part is not hexadecimal.
    pub(crate) fn block(&self) -> Option<Vec<u8>> {
        let domain = tlv::object(0x4F, &hex::decode(&self.domain).ok()?);
        let signature = tlv::object(0xC3, &hex::decode(&self.signature).ok()?);
        Some(tlv::object(0xE2, &[domain, signature].concat()))
    }
}

/// What the token of one command is the signature of: P1, P2, the length of the data without the token, and these data
/// (§C.4.1 to §C.4.6). `None` where a command of this kind takes no token, or only together with another.
#[must_use]
pub fn token_input(command: &[u8]) -> Option<Vec<u8>> {
    let &[_, ins, p1, p2, length, ref rest @ ..] = command else {
        return None;
    };
    let data = rest.get(..usize::from(length))?;
    if (ins, p1) == (INSTALL, COMBINED) {
        return None;
    }
    input(ins, p1, p2, data)
}

/// The same for one command of several: of those of a combined load, install and make selectable the token is over
/// both inputs, one after the other (§C.4.7).
fn input(ins: u8, p1: u8, p2: u8, data: &[u8]) -> Option<Vec<u8>> {
    let data = match ins {
        // INSTALL ends with the length of its token, 00; none is for personalization.
        INSTALL if p1 != 0x20 => data.strip_suffix(&[0x00])?,
        // DELETE of a key takes none.
        DELETE if data.first() == Some(&0x4F) => data,
        _ => return None,
    };
    let mut input = vec![p1, p2];
    match u8::try_from(data.len()) {
        Ok(length) => input.push(length),
        // Three bytes, as in an extended Lc.
        Err(_) => {
            input.push(0);
            input.extend(u16::try_from(data.len()).ok()?.to_be_bytes());
        }
    }
    input.extend_from_slice(data);
    Some(input)
}

/// Goes along with the commands of a session, in plain form, and says what token each of them is to carry.
#[derive(Clone, Debug, Default)]
pub(crate) struct TokenInputs {
    /// The input of the INSTALL that has begun a combined process.
    begun: Vec<u8>,
}

impl TokenInputs {
    /// The input of this command's token; `None` where it carries none.
    pub(crate) fn next(&mut self, ins: u8, p1: u8, p2: u8, data: &[u8]) -> Option<Vec<u8>> {
        let input = input(ins, p1, p2, data)?;
        if (ins, p1) != (INSTALL, COMBINED) {
            return Some(input);
        }
        if p2 == BEGIN {
            // The token of a combined process comes with its end.
            self.begun = input;
            return None;
        }
        Some([std::mem::take(&mut self.begun), input].concat())
    }
}

/// Puts commands together that were sent in several parts: all but the last have the highest bit of P1 set.
fn assemble(commands: &[Vec<u8>]) -> Vec<(u8, u8, u8, Vec<u8>)> {
    let mut whole = Vec::new();
    let mut parts: Vec<u8> = Vec::new();
    for command in commands {
        let &[_, ins, p1, p2, length, ref rest @ ..] = command.as_slice() else {
            continue;
        };
        parts.extend(rest.iter().take(usize::from(length)));
        // The highest bit of P1 means something else elsewhere.
        if !(matches!(ins, INSTALL | DELETE) && p1 & MORE != 0) {
            whole.push((ins, p1, p2, std::mem::take(&mut parts)));
        }
    }
    whole
}

impl Tokens {
    /// Signs a token for each of these commands that takes one. The commands are those of a plan, in plain form
    /// ([`crate::Plan::rehearse`]).
    ///
    /// # Errors
    /// [`CryptoError`] where the key cannot sign.
    pub fn sign(
        commands: &[Vec<u8>],
        key: &TokenKey,
        random: &mut Drbg,
    ) -> Result<Self, CryptoError> {
        let mut tokens = BTreeMap::new();
        let mut inputs = TokenInputs::default();
        for (ins, p1, p2, data) in assemble(commands) {
            if let Some(input) = inputs.next(ins, p1, p2, &data) {
                let token = hex::encode_upper(key.sign(&input, random)?);
                tokens.insert(hex::encode_upper(input), token);
            }
        }
        Ok(Self(tokens))
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The data of a command with the token for this input, where there is one.
    pub(crate) fn apply(&self, ins: u8, input: &[u8], data: &[u8]) -> Option<Vec<u8>> {
        let token = hex::decode(self.0.get(&hex::encode_upper(input))?).ok()?;
        let mut with = data.to_vec();
        if ins == INSTALL {
            with.pop();
            with.extend(tlv::length(token.len())?);
            with.extend(token);
        } else {
            with.extend(tlv::object(DELETE_TOKEN, &token));
        }
        Some(with)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Session;
    use crate::content::Announced;
    use crate::transport::{ConnectionInfo, Transport, TransportError};
    use se_crypto::verify_p256;

    /// Answers 9000 to everything, and keeps it.
    #[derive(Default)]
    struct Keeps(Vec<Vec<u8>>);

    impl Transport for Keeps {
        fn info(&self) -> ConnectionInfo {
            ConnectionInfo {
                name: "keeps".to_owned(),
                atr: Vec::new(),
                protocol: "none".to_owned(),
            }
        }

        fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
            self.0.push(command.to_vec());
            Ok(vec![0x90, 0x00])
        }

        fn reset(&mut self) -> Result<(), TransportError> {
            Ok(())
        }
    }

    /// A load announced, an instance made and deleted, a personalisation.
    fn commands(tokens: Option<Tokens>) -> Vec<Vec<u8>> {
        let mut session = Session::select(Keeps::default(), None).unwrap();
        session.use_tokens(tokens.unwrap_or_default());
        let aid = Aid::new(&[0xF0, 0, 0, 0, 1]).unwrap();
        session.install_for_load(&Announced::new(aid)).unwrap();
        session.make_selectable(&aid).unwrap();
        session.delete(&aid, true).unwrap();
        session.install_for_personalization(&aid).unwrap();
        session.into_transport().0.split_off(1)
    }

    #[test]
    fn each_command_carries_its_own_token() {
        let mut random = Drbg::from_seed(21);
        let rsa = RsaKey::generate(&mut random, 1024).unwrap();
        let public = rsa.public_key().unwrap();
        let point = P256Key::generate(&mut random);
        let point_public = point.public();
        let check = |key: TokenKey, length: usize, verify: &dyn Fn(&[u8], &[u8])| {
            let plain = commands(None);
            let tokens = Tokens::sign(&plain, &key, &mut Drbg::from_seed(1)).unwrap();
            assert_eq!(tokens.len(), 3);
            // As a file they come back.
            let tokens: Tokens =
                serde_json::from_str(&serde_json::to_string(&tokens).unwrap()).unwrap();
            let with = commands(Some(tokens));
            for (number, (before, after)) in plain.iter().zip(&with).enumerate() {
                if number == 3 {
                    assert_eq!(before, after, "personalisation takes no token");
                    continue;
                }
                // Le behind the data.
                let token = &after[after.len() - 1 - length..after.len() - 1];
                verify(&token_input(before).unwrap(), token);
                // The input is the command up to the token's own length or tag.
                let data = &before[5..before.len() - 1];
                let data = if before[1] == INSTALL {
                    &data[..data.len() - 1]
                } else {
                    data
                };
                assert_eq!(token_input(before).unwrap()[3..], *data);
                assert!(after[5..].starts_with(data));
                assert_eq!(usize::from(after[4]), after.len() - 6);
            }
        };
        check(TokenKey::Rsa(rsa), 128, &|input, token| {
            public
                .verify_digest(Hash::Sha1, &Hash::Sha1.digest(&[input]), token)
                .unwrap();
        });
        check(TokenKey::P256(point), 64, &|input, token| {
            verify_p256(&point_public, &Hash::Sha256.digest(&[input]), token).unwrap();
        });
    }

    /// That an unrelated library takes them for RSASSA-PSS is tested where one is at hand, in the CLI.
    #[test]
    fn long_keys_sign_with_scheme_2() {
        let mut random = Drbg::from_seed(22);
        let key = TokenKey::Rsa(RsaKey::generate(&mut random, 1536).unwrap());
        let signature = key.sign(b"input", &mut random).unwrap();
        assert_eq!(signature.len(), 192);
        let public = key.public().unwrap();
        assert!(public.verifies(b"input", &signature));
        assert!(!public.verifies(b"other", &signature));
    }

    #[test]
    fn a_load_file_signature_goes_before_the_data() {
        let mut random = Drbg::from_seed(23);
        let key = P256Key::generate(&mut random);
        let public = key.public();
        let domain = Aid::new(&[0xA0, 0, 0, 1, 0x51]).unwrap();
        let signed =
            LoadFileSignature::sign(b"data", &domain, &TokenKey::P256(key), &mut random).unwrap();
        let block = signed.block().unwrap();
        assert_eq!(
            block[..11],
            [0xE2, 0x49, 0x4F, 5, 0xA0, 0, 0, 1, 0x51, 0xC3, 0x40]
        );
        verify_p256(&public, &sha256(&sha256(b"data")), &block[11..]).unwrap();
        assert_eq!(
            LoadFileSignature {
                signature: "x".into(),
                ..signed
            }
            .block(),
            None
        );
    }

    /// The layout of a load token's input, GPCS 2.3.1 table C-2: P1, P2, length, then the fields.
    #[test]
    fn the_input_is_laid_out_as_the_standard_says() {
        let load = [
            0x80, 0xE6, 0x02, 0x00, 0x0A, 5, 1, 2, 3, 4, 5, 0, 0, 0, 0, 0x00,
        ];
        assert_eq!(
            token_input(&load),
            Some(vec![0x02, 0x00, 0x09, 5, 1, 2, 3, 4, 5, 0, 0, 0])
        );
        assert_eq!(token_input(&[0x80, 0xE4, 0, 0, 3, 0xD2, 1, 0x30, 0]), None);
        assert_eq!(token_input(&[0x80, 0xE8, 0, 0, 1, 0, 0]), None);
        assert_eq!(token_input(&[0x80, 0xE6]), None);
        let random = &mut Drbg::from_seed(3);
        let key = TokenKey::P256(P256Key::generate(random));
        assert_eq!(format!("{key:?}"), "TokenKey(P-256, redacted)");
    }
}
