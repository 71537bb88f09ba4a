use std::fmt;

use se_crypto::zeroize::Zeroizing;
use se_crypto::{CryptoError, Drbg, EcKey, EcPublicKey, P256Key};

use crate::scp11::CurveReference;

/// A private key for agreement or for signatures. Zeroized when dropped, redacted in `Debug`.
#[derive(Clone)]
pub struct PrivateKey {
    curve: CurveReference,
    secret: Secret,
    public: PublicKey,
}

/// P-256 has code of its own, which takes the same time for every key.
#[derive(Clone)]
enum Secret {
    P256(P256Key),
    Other(Box<EcKey>),
}

/// A public key: a point, checked to be on its curve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    curve: CurveReference,
    point: Vec<u8>,
}

impl PrivateKey {
    /// The key of a scalar, big-endian, as long as the curve's coordinates.
    ///
    /// # Errors
    /// [`CryptoError`] where it is zero or not below the order.
    pub fn new(curve: CurveReference, scalar: &[u8]) -> Result<Self, CryptoError> {
        let secret = match curve {
            CurveReference::P256 => Secret::P256(P256Key::from_secret(scalar)?),
            _ => Secret::Other(Box::new(EcKey::new(curve.parameters().curve()?, scalar)?)),
        };
        Self::of(curve, secret)
    }

    /// A new key.
    ///
    /// # Errors
    /// None for the curves of this crate.
    pub fn generate(curve: CurveReference, random: &mut Drbg) -> Result<Self, CryptoError> {
        let secret = match curve {
            CurveReference::P256 => Secret::P256(P256Key::generate(random)),
            _ => Secret::Other(Box::new(EcKey::generate(
                curve.parameters().curve()?,
                random,
            )?)),
        };
        Self::of(curve, secret)
    }

    fn of(curve: CurveReference, secret: Secret) -> Result<Self, CryptoError> {
        let point = match &secret {
            Secret::P256(key) => key.public().to_vec(),
            Secret::Other(key) => key.public()?,
        };
        Ok(Self {
            curve,
            secret,
            public: PublicKey { curve, point },
        })
    }

    /// Its curve.
    #[must_use]
    pub fn curve(&self) -> CurveReference {
        self.curve
    }

    /// The scalar, big-endian, as long as the curve's coordinates.
    #[must_use]
    pub fn secret(&self) -> Zeroizing<Vec<u8>> {
        match &self.secret {
            Secret::P256(key) => Zeroizing::new(key.secret().to_vec()),
            Secret::Other(key) => key.secret(),
        }
    }

    /// The public key that belongs to it.
    #[must_use]
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// The x coordinate of the shared point (ECKA-EG, BSI TR-03111 §4.3.1).
    ///
    /// # Errors
    /// [`CryptoError`] where `peer` is on another curve.
    pub fn agree(&self, peer: &PublicKey) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
        if peer.curve != self.curve {
            return Err(CryptoError::Curve("point"));
        }
        match &self.secret {
            Secret::P256(key) => Ok(Zeroizing::new(key.agree(&peer.point)?.to_vec())),
            Secret::Other(key) => {
                let shared = key.agree(&peer.point, false)?;
                let x = shared.get(1..=self.curve.length());
                x.map(|x| Zeroizing::new(x.to_vec()))
                    .ok_or(CryptoError::Curve("point"))
            }
        }
    }

    /// The ECDSA signature of a message with the curve's hash: r, then s (BSI TR-03111 §5.2.1, plain format).
    ///
    /// # Errors
    /// None for the curves of this crate.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, CryptoError> {
        let hash = self.curve.hash();
        let digest = hash.digest(&[message]);
        match &self.secret {
            Secret::P256(key) => key.sign_digest(&digest).map(|plain| plain.to_vec()),
            Secret::Other(key) => key.sign_digest_plain(hash, &digest),
        }
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateKey({}, redacted)", self.curve)
    }
}

impl PublicKey {
    /// The key of a point: `04`, x, y.
    ///
    /// # Errors
    /// [`CryptoError::Curve`] where that is no point of the curve.
    pub fn new(curve: CurveReference, point: &[u8]) -> Result<Self, CryptoError> {
        if point.len() != curve.point_length() {
            return Err(CryptoError::Curve("point"));
        }
        EcPublicKey::new(curve.parameters().curve()?, point)?;
        Ok(Self {
            curve,
            point: point.to_vec(),
        })
    }

    /// Its curve.
    #[must_use]
    pub fn curve(&self) -> CurveReference {
        self.curve
    }

    /// The point: `04`, x, y.
    #[must_use]
    pub fn point(&self) -> &[u8] {
        &self.point
    }

    /// Checks an ECDSA signature of a message: r, then s, or in the DER form of X.509. `digest` is that of the message.
    ///
    /// # Errors
    /// [`CryptoError::Signature`].
    pub fn verify(&self, digest: &[u8], signature: &[u8]) -> Result<(), CryptoError> {
        let key = EcPublicKey::new(self.curve.parameters().curve()?, &self.point)?;
        if signature.len() == 2 * self.curve.length() {
            key.verify_digest_plain(digest, signature)
        } else {
            key.verify_digest_der(digest, signature)
        }
    }
}
