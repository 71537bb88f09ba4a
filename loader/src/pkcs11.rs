//! Keys in a PKCS #11 token: a smart card, an HSM, SoftHSM.
//!
//! **The static keys never leave the token.** It computes with them what follows from them: with SCP03 the session keys
//! (AES-CMAC, `CKM_AES_CMAC`) and whatever Key-DEK encrypts (`CKM_AES_ECB`, or `CKM_AES_CBC` block by block); with SCP02
//! the session keys, that of sensitive data among them (`CKM_DES3_ECB` or `CKM_DES3_CBC`). What leaves it are the
//! session keys, which are worth nothing after the session; of master keys, the keys of the one card in the reader that
//! follow from them.

mod uri;

pub use uri::{Pkcs11Uri, UriError};

use std::fmt;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::mechanism::Mechanism;
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::slot::{Slot, TokenInfo};
use cryptoki::types::AuthPin;
use scp::scp03::KeyError;
use scp::{BlockCipher, KeyName, KeyOperations};
use zeroize::Zeroizing;

/// Why keys of a token cannot be used. Nothing was sent to the card.
#[derive(Debug, thiserror::Error)]
pub enum Pkcs11Error {
    /// No module was named.
    #[error(
        "which PKCS #11 module? give ?module-path=FILE in the URI, or set TENKOKU_PKCS11_MODULE (SoftHSM: \
         libsofthsm2.so, OpenSC: opensc-pkcs11.so)"
    )]
    NoModule,
    /// The module cannot be loaded or does not begin.
    #[error("PKCS #11 module {}: {cause}", path.display())]
    Module {
        /// The module.
        path: PathBuf,
        /// What it says.
        cause: cryptoki::error::Error,
    },
    /// Not one token that the URI names.
    #[error("{found} tokens are what {uri} names{}", if *found == 0 { ""} else { "; say more of it: token, serial or slot-id" })]
    Tokens {
        /// The URI.
        uri: String,
        /// How many there are.
        found: usize,
    },
    /// A key that is not there, or several.
    #[error(
        "the token {token} has {found} secret keys that could be {name} ({uri}): expected one named so, or three named \
         so with -ENC, -MAC and -DEK behind"
    )]
    Keys {
        /// The token's label.
        token: String,
        /// The URI.
        uri: String,
        /// Which key.
        name: &'static str,
        /// How many there are.
        found: usize,
    },
    /// A key of another type, or keys that do not go together.
    #[error(
        "the token {token}: the {name} key is {found}; a set is three AES keys of one length, or three of triple DES"
    )]
    Kind {
        /// The token's label.
        token: String,
        /// Which key.
        name: &'static str,
        /// What it is.
        found: String,
    },
    /// Nobody gave the PIN.
    #[error("the PIN of the token {token}: {cause}")]
    Pin {
        /// The token's label.
        token: String,
        /// Why.
        cause: String,
    },
    /// The token refused the PIN. It is not tried again.
    #[error(
        "the token {token} refused the PIN ({cause}){warning}. It is not tried again by itself"
    )]
    Login {
        /// The token's label.
        token: String,
        /// What it says.
        cause: cryptoki::error::Error,
        /// What it says of the tries that are left.
        warning: &'static str,
    },
    /// The token does not do with the key what a secure channel wants.
    #[error("the token {token} does not do {what} with the {name} key: {cause}")]
    Mechanism {
        /// The token's label.
        token: String,
        /// Which key.
        name: &'static str,
        /// The mechanism.
        what: &'static str,
        /// What it says.
        cause: cryptoki::error::Error,
    },
    /// The token does not answer as it should.
    #[error("the token: {0}")]
    Token(#[from] cryptoki::error::Error),
}

/// The three static keys of a set, in a token.
pub struct TokenKeys {
    session: Mutex<Session>,
    keys: [ObjectHandle; 3],
    cipher: BlockCipher,
    length: usize,
    token: String,
    // The session is closed before the module goes.
    _module: Pkcs11,
}

impl TokenKeys {
    /// How long each of them is, in bytes.
    pub(crate) fn length(&self) -> usize {
        self.length
    }
}

impl fmt::Debug for TokenKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenKeys({self})")
    }
}

/// Names them: `AES-128 keys in the token NAME`.
impl fmt::Display for TokenKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.cipher {
            BlockCipher::Aes => write!(f, "the AES-{} keys", self.length * 8)?,
            BlockCipher::TripleDes => f.write_str("the triple DES keys")?,
        }
        write!(f, " in the token {}", self.token)
    }
}

impl TokenKeys {
    /// Finds the keys that the URI names. `pin` is asked for the PIN of the token of this label, where it wants one; what
    /// the keys are to do is tried before the card hears of anything.
    ///
    /// # Errors
    /// [`Pkcs11Error`].
    pub fn open(
        uri: &Pkcs11Uri,
        pin: impl FnOnce(&str) -> Result<Zeroizing<String>, String>,
    ) -> Result<Self, Pkcs11Error> {
        let path = uri
            .module
            .clone()
            .or_else(|| std::env::var_os("TENKOKU_PKCS11_MODULE").map(PathBuf::from))
            .ok_or(Pkcs11Error::NoModule)?;
        let refuse = |cause| Pkcs11Error::Module {
            path: path.clone(),
            cause,
        };
        let module = Pkcs11::new(&path).map_err(refuse)?;
        module
            .initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK))
            .map_err(refuse)?;
        let (slot, info) = find_token(&module, uri)?;
        let token = info.label().trim_end().to_owned();
        let session = module.open_ro_session(slot)?;
        if info.login_required() {
            let pin = pin(&token).map_err(|cause| Pkcs11Error::Pin {
                token: token.clone(),
                cause,
            })?;
            session
                .login(UserType::User, Some(&AuthPin::new(pin.as_str().into())))
                .map_err(|cause| Pkcs11Error::Login {
                    token: token.clone(),
                    cause,
                    warning: warning(&module, slot),
                })?;
        }
        let find = |name| find_key(&session, uri, name, &token);
        let (enc, mac, dek) = (
            find(KeyName::Enc)?,
            find(KeyName::Mac)?,
            find(KeyName::Dek)?,
        );
        for (name, (_, kind)) in [(KeyName::Mac, mac), (KeyName::Dek, dek)] {
            if kind != enc.1 {
                return Err(Pkcs11Error::Kind {
                    token,
                    name: name.name(),
                    found: format!("another than the ENC key, of {} bytes", kind.1),
                });
            }
        }
        let (cipher, length) = enc.1;
        let keys = Self {
            session: Mutex::new(session),
            keys: [enc.0, mac.0, dek.0],
            cipher,
            length,
            token,
            _module: module,
        };
        keys.check()?;
        Ok(keys)
    }

    /// Tries every operation that a secure channel wants.
    fn check(&self) -> Result<(), Pkcs11Error> {
        for name in KeyName::ALL {
            let refuse = |what| {
                move |cause| Pkcs11Error::Mechanism {
                    token: self.token.clone(),
                    name: name.name(),
                    what,
                    cause,
                }
            };
            match (self.cipher, name) {
                (BlockCipher::Aes, KeyName::Enc | KeyName::Mac) => {
                    self.sign(name, &[0; 16]).map_err(refuse("AES-CMAC"))?;
                }
                (BlockCipher::Aes, KeyName::Dek) => {
                    self.encrypt(name, BlockCipher::Aes, &mut [0; 16])
                        .map_err(refuse("AES encryption"))?;
                }
                (BlockCipher::TripleDes, _) => {
                    self.encrypt(name, BlockCipher::TripleDes, &mut [0; 8])
                        .map_err(refuse("triple DES encryption"))?;
                }
            }
        }
        Ok(())
    }

    /// Which cipher the keys are of.
    #[must_use]
    pub fn cipher(&self) -> BlockCipher {
        self.cipher
    }

    fn handle(&self, name: KeyName) -> ObjectHandle {
        let [enc, mac, dek] = self.keys;
        match name {
            KeyName::Enc => enc,
            KeyName::Mac => mac,
            KeyName::Dek => dek,
        }
    }

    fn sign(&self, name: KeyName, data: &[u8]) -> Result<Vec<u8>, cryptoki::error::Error> {
        let session = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        session.sign(&Mechanism::AesCMac, self.handle(name), data)
    }

    fn encrypt(
        &self,
        name: KeyName,
        cipher: BlockCipher,
        blocks: &mut [u8],
    ) -> Result<(), cryptoki::error::Error> {
        let session = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        let key = self.handle(name);
        let (alone, chained) = match cipher {
            BlockCipher::Aes => (Mechanism::AesEcb, Mechanism::AesCbc([0; 16])),
            BlockCipher::TripleDes => (Mechanism::Des3Ecb, Mechanism::Des3Cbc([0; 8])),
        };
        for block in blocks.chunks_mut(cipher.block()) {
            // A block by itself is the same in both modes; some tokens have one of them only.
            let result = session
                .encrypt(&alone, key, block)
                .or_else(|_| session.encrypt(&chained, key, block))?;
            for (to, from) in block.iter_mut().zip(result) {
                *to = from;
            }
        }
        Ok(())
    }
}

fn find_token(module: &Pkcs11, uri: &Pkcs11Uri) -> Result<(Slot, TokenInfo), Pkcs11Error> {
    let mut found = Vec::new();
    for slot in module.get_slots_with_token()? {
        let info = module.get_token_info(slot)?;
        if info.token_initialized() && uri.names(slot.id(), &info) {
            found.push((slot, info));
        }
    }
    let count = found.len();
    match found.pop() {
        Some(one) if count == 1 => Ok(one),
        _ => Err(Pkcs11Error::Tokens {
            uri: uri.to_string(),
            found: count,
        }),
    }
}

/// What a token says of the tries that are left.
fn warning(module: &Pkcs11, slot: Slot) -> &'static str {
    match module.get_token_info(slot) {
        Ok(info) if info.user_pin_locked() => "; the PIN is blocked now",
        Ok(info) if info.user_pin_final_try() => "; one try is left",
        Ok(info) if info.user_pin_count_low() => "; a wrong PIN was given before",
        _ => "",
    }
}

type Found = (ObjectHandle, (BlockCipher, usize));

fn find_key(
    session: &Session,
    uri: &Pkcs11Uri,
    name: KeyName,
    token: &str,
) -> Result<Found, Pkcs11Error> {
    let mut template = vec![Attribute::Class(ObjectClass::SECRET_KEY)];
    if let Some(id) = &uri.id {
        template.push(Attribute::Id(id.clone()));
    }
    let labelled = |label: Option<String>| {
        let mut template = template.clone();
        template.extend(label.map(|label| Attribute::Label(label.into_bytes())));
        session.find_objects(&template)
    };
    // One of three, or one for all.
    let mut keys = match &uri.object {
        Some(object) => labelled(Some(format!("{object}-{}", name.name())))?,
        None => labelled(Some(name.name().to_owned()))?,
    };
    if keys.is_empty() {
        keys = labelled(uri.object.clone())?;
    }
    let [key] = *keys.as_slice() else {
        return Err(Pkcs11Error::Keys {
            token: token.to_owned(),
            uri: uri.to_string(),
            name: name.name(),
            found: keys.len(),
        });
    };
    let (mut kind, mut length) = (None, None);
    for attribute in
        session.get_attributes(key, &[AttributeType::KeyType, AttributeType::ValueLen])?
    {
        match attribute {
            Attribute::KeyType(found) => kind = Some(found),
            Attribute::ValueLen(found) => length = usize::try_from(*found).ok(),
            _ => (),
        }
    }
    match (kind, length) {
        (Some(KeyType::AES), Some(length @ (16 | 24 | 32))) => {
            Ok((key, (BlockCipher::Aes, length)))
        }
        // As keys of cards they have 16 bytes: the third part is the first again.
        (Some(KeyType::DES2 | KeyType::DES3), _) => Ok((key, (BlockCipher::TripleDes, 16))),
        (kind, _) => Err(Pkcs11Error::Kind {
            token: token.to_owned(),
            name: name.name(),
            found: kind.map_or("of no type".to_owned(), |kind| format!("of type {kind}")),
        }),
    }
}

impl KeyOperations for TokenKeys {
    fn length(&self) -> usize {
        self.length
    }

    fn cmac(&self, key: KeyName, data: &[u8]) -> Result<[u8; 16], KeyError> {
        let refused = KeyError::Token {
            name: key.name(),
            reason: "the token that holds it does no AES-CMAC with it",
        };
        let mac = self.sign(key, data).map_err(|_| refused)?;
        mac.try_into().map_err(|_| refused)
    }

    fn encrypt_blocks(
        &self,
        key: KeyName,
        cipher: BlockCipher,
        blocks: &mut [u8],
    ) -> Result<(), KeyError> {
        let refused = |reason| KeyError::Token {
            name: key.name(),
            reason,
        };
        if cipher != self.cipher {
            return Err(refused("the token holds it as one of another cipher"));
        }
        if !blocks.len().is_multiple_of(cipher.block()) {
            return Err(refused("data that are no whole blocks"));
        }
        self.encrypt(key, cipher, blocks)
            .map_err(|_| refused("the token that holds it does not encrypt with it"))
    }
}
