use std::fmt;

use crypto_bigint::U576;
use crypto_bigint::modular::FixedMontyForm;
use zeroize::Zeroizing;

use crate::curve::{Point, big_endian};
use crate::{CryptoError, Curve, Drbg, Hash, hmac};

/// A private key on any [`Curve`]. Zeroized when dropped.
#[derive(Clone)]
pub struct EcKey {
    curve: Curve,
    secret: Zeroizing<U576>,
}

/// A public key on any [`Curve`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EcPublicKey {
    curve: Curve,
    point: Point,
}

/// An ECDSA signature: r and s, each as long as the order, big-endian.
type Halves = (Vec<u8>, Vec<u8>);

impl EcKey {
    /// The key of a scalar, big-endian.
    ///
    /// # Errors
    /// [`CryptoError::Curve`] where the scalar is zero or not below the order.
    pub fn new(curve: Curve, secret: &[u8]) -> Result<Self, CryptoError> {
        let secret = curve.scalar(secret).ok_or(CryptoError::Curve("scalar"))?;
        Ok(Self {
            curve,
            secret: Zeroizing::new(secret),
        })
    }

    /// A new key: candidates as long as the order are drawn until one lies in range (FIPS 186-5
    /// §A.2.2).
    ///
    /// # Errors
    /// [`CryptoError::Curve`] where no candidate of 1000 lies in range, which needs an order that is
    /// none.
    pub fn generate(curve: Curve, drbg: &mut Drbg) -> Result<Self, CryptoError> {
        let excess = curve.order_length() * 8 - curve.order_bits();
        for _ in 0..1000 {
            let mut candidate = Zeroizing::new(vec![0; curve.order_length()]);
            drbg.fill(&mut candidate);
            if let Some(first) = candidate.first_mut() {
                *first &= 0xFF >> excess;
            }
            if let Ok(key) = Self::new(curve, &candidate) {
                return Ok(key);
            }
        }
        Err(CryptoError::Curve("order"))
    }

    /// The scalar, as long as the order, big-endian.
    #[must_use]
    pub fn secret(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(big_endian(&self.secret, self.curve.order_length()))
    }

    /// The public point: `04`, x, y.
    ///
    /// # Errors
    /// [`CryptoError::Curve`] where the parameters are those of no curve.
    pub fn public(&self) -> Result<Vec<u8>, CryptoError> {
        self.curve
            .multiply(&self.curve.generator(), &self.secret)
            .map(|point| self.curve.encode(&point))
            .ok_or(CryptoError::Curve("point"))
    }

    /// Signs a digest with ECDSA in DER form (`ECDSA-Sig-Value`), deterministic as in RFC 6979 with
    /// this hash.
    ///
    /// # Errors
    /// [`CryptoError::Curve`] where the parameters are those of no curve.
    pub fn sign_digest_der(&self, hash: Hash, digest: &[u8]) -> Result<Vec<u8>, CryptoError> {
        let (r, s) = self.sign_digest(hash, digest)?;
        Ok(to_der(&r, &s))
    }

    /// The same as r, then s, each as long as the order.
    ///
    /// # Errors
    /// As [`EcKey::sign_digest_der`].
    pub fn sign_digest_plain(&self, hash: Hash, digest: &[u8]) -> Result<Vec<u8>, CryptoError> {
        let (r, s) = self.sign_digest(hash, digest)?;
        Ok([r, s].concat())
    }

    fn sign_digest(&self, hash: Hash, digest: &[u8]) -> Result<Halves, CryptoError> {
        let curve = &self.curve;
        let e = curve.scalar_residue(&curve.digest_number(digest));
        let d = curve.scalar_residue(&self.secret);
        let mut nonces = Nonces::new(self, hash, digest);
        for _ in 0..1000 {
            let k = nonces.next();
            let Some(k_number) = curve.scalar(&k).map(Zeroizing::new) else {
                continue;
            };
            let point = curve.multiply(&curve.generator(), &k_number);
            let r = curve.reduce(&curve.x(&point.ok_or(CryptoError::Curve("point"))?));
            let inverse = invert(&curve.scalar_residue(&k_number));
            let inverse = inverse.ok_or(CryptoError::Curve("order"))?;
            let sum = curve.scalar_residue(&r).mul(&d).add(&e);
            let s = inverse.mul(&sum).retrieve();
            if r != U576::ZERO && s != U576::ZERO {
                let length = curve.order_length();
                return Ok((big_endian(&r, length), big_endian(&s, length)));
            }
        }
        Err(CryptoError::Curve("order"))
    }

    /// The shared point with `peer` (SEC 1 §3.3.1), `04`, x, y; with `cofactor` multiplied by it too
    /// (§3.3.2).
    ///
    /// # Errors
    /// [`CryptoError::Curve`] where `peer` is no point of the curve, or the result is infinity.
    pub fn agree(&self, peer: &[u8], cofactor: bool) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
        let refuse = CryptoError::Curve("point");
        let curve = &self.curve;
        let mut point = curve.point(peer).ok_or(refuse)?;
        if cofactor {
            point = curve.clear_cofactor(&point).ok_or(refuse)?;
        }
        let shared = curve.multiply(&point, &self.secret).ok_or(refuse)?;
        Ok(Zeroizing::new(curve.encode(&shared)))
    }

    /// The generic mapping of PACE (BSI TR-03110-3 §A.3.4.1): this key, taken as the nonce, times the
    /// generator, plus `shared`.
    ///
    /// # Errors
    /// As [`EcKey::agree`].
    pub fn map_generator(&self, shared: &[u8]) -> Result<Vec<u8>, CryptoError> {
        let refuse = CryptoError::Curve("point");
        let curve = &self.curve;
        let shared = curve.point(shared).ok_or(refuse)?;
        let own = curve.multiply(&curve.generator(), &self.secret);
        let mapped = curve.sum(&own.ok_or(refuse)?, &shared).ok_or(refuse)?;
        Ok(curve.encode(&mapped))
    }
}

impl fmt::Debug for EcKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EcKey(redacted)")
    }
}

impl EcPublicKey {
    /// The key of a point: `04`, x, y.
    ///
    /// # Errors
    /// [`CryptoError::Curve`] where that is no point of the curve.
    pub fn new(curve: Curve, point: &[u8]) -> Result<Self, CryptoError> {
        let point = curve.point(point).ok_or(CryptoError::Curve("point"))?;
        Ok(Self { curve, point })
    }

    /// Checks an ECDSA signature of a digest in DER form.
    ///
    /// # Errors
    /// [`CryptoError::Signature`].
    pub fn verify_digest_der(&self, digest: &[u8], signature: &[u8]) -> Result<(), CryptoError> {
        let (r, s) = from_der(signature).ok_or(CryptoError::Signature)?;
        self.verify(digest, r, s)
    }

    /// Checks an ECDSA signature of a digest: r, then s, each as long as the order.
    ///
    /// # Errors
    /// [`CryptoError::Signature`].
    pub fn verify_digest_plain(&self, digest: &[u8], signature: &[u8]) -> Result<(), CryptoError> {
        let length = self.curve.order_length();
        let halves = signature.split_at_checked(length);
        match halves {
            Some((r, s)) if s.len() == length => self.verify(digest, r, s),
            _ => Err(CryptoError::Signature),
        }
    }

    fn verify(&self, digest: &[u8], r: &[u8], s: &[u8]) -> Result<(), CryptoError> {
        let curve = &self.curve;
        let r = curve.scalar(r).ok_or(CryptoError::Signature)?;
        let s = curve.scalar(s).ok_or(CryptoError::Signature)?;
        let inverse = invert(&curve.scalar_residue(&s)).ok_or(CryptoError::Signature)?;
        let e = curve.scalar_residue(&curve.digest_number(digest));
        let first = e.mul(&inverse).retrieve();
        let second = curve.scalar_residue(&r).mul(&inverse).retrieve();
        let point = curve.multiply_add(&first, &second, &self.point);
        let x = curve.x(&point.ok_or(CryptoError::Signature)?);
        if curve.reduce(&x) == r {
            Ok(())
        } else {
            Err(CryptoError::Signature)
        }
    }
}

fn invert<const LIMBS: usize>(value: &FixedMontyForm<LIMBS>) -> Option<FixedMontyForm<LIMBS>> {
    value.invert_vartime().into()
}

/// The nonces of RFC 6979 §3.2. The `rfc6979` crate fixes the width of the order and the hash in
/// types, and here both are known at run time only.
struct Nonces {
    hash: Hash,
    key: Zeroizing<Vec<u8>>,
    value: Zeroizing<Vec<u8>>,
    bits: usize,
    is_first: bool,
}

impl Nonces {
    fn new(key: &EcKey, hash: Hash, digest: &[u8]) -> Self {
        let curve = &key.curve;
        let reduced = curve.reduce(&curve.digest_number(digest));
        let message = big_endian(&reduced, curve.order_length());
        let mut nonces = Self {
            hash,
            key: Zeroizing::new(vec![0; hash.length()]),
            value: Zeroizing::new(vec![1; hash.length()]),
            bits: curve.order_bits(),
            is_first: true,
        };
        let secret = key.secret();
        nonces.mix(&[&[0], &secret, &message]);
        nonces.mix(&[&[1], &secret, &message]);
        nonces
    }

    fn mix(&mut self, parts: &[&[u8]]) {
        let mut all: Vec<&[u8]> = vec![&self.value];
        all.extend_from_slice(parts);
        self.key = Zeroizing::new(hmac(self.hash, &self.key, &all));
        self.value = Zeroizing::new(hmac(self.hash, &self.key, &[&self.value]));
    }

    /// The next candidate, which may lie out of range.
    fn next(&mut self) -> Zeroizing<Vec<u8>> {
        if !std::mem::take(&mut self.is_first) {
            self.mix(&[&[0]]);
        }
        let length = self.bits.div_ceil(8);
        let mut bytes = Zeroizing::new(Vec::new());
        while bytes.len() < length {
            self.value = Zeroizing::new(hmac(self.hash, &self.key, &[&self.value]));
            bytes.extend_from_slice(&self.value);
        }
        bytes.truncate(length);
        // bits2int keeps the leftmost bits.
        let excess = length * 8 - self.bits;
        let mut carry = 0u16;
        for byte in bytes.iter_mut() {
            let wide = carry << 8 | u16::from(*byte);
            carry = u16::from(*byte);
            *byte = (wide >> excess).to_be_bytes()[1];
        }
        bytes
    }
}

/// A positive DER INTEGER.
fn der_integer(value: &[u8]) -> Vec<u8> {
    let start = value.iter().position(|byte| *byte != 0).unwrap_or(0);
    let significant = value.get(start..).unwrap_or(&[]);
    let mut content = Vec::new();
    if significant.first().is_none_or(|first| first & 0x80 != 0) {
        content.push(0);
    }
    content.extend_from_slice(significant);
    [
        &[2, u8::try_from(content.len()).unwrap_or(0)],
        content.as_slice(),
    ]
    .concat()
}

/// `SEQUENCE { INTEGER r, INTEGER s }`; at most 138 bytes of content.
fn to_der(r: &[u8], s: &[u8]) -> Vec<u8> {
    let content = [der_integer(r), der_integer(s)].concat();
    let length = u8::try_from(content.len()).unwrap_or(0);
    let mut out = vec![0x30];
    if length >= 0x80 {
        out.push(0x81);
    }
    out.push(length);
    out.extend(content);
    out
}

/// One element with this tag and a definite length in its shortest form; what follows it.
fn element(tag: u8, bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = match bytes {
        [found, length, rest @ ..] if *found == tag && *length < 0x80 => (*length, rest),
        [found, 0x81, length, rest @ ..] if *found == tag && *length >= 0x80 => (*length, rest),
        _ => return None,
    };
    rest.split_at_checked(length.into())
}

/// The value of a positive DER INTEGER in its shortest form.
fn positive(content: &[u8]) -> Option<&[u8]> {
    match content {
        [0, rest @ ..] if rest.first().is_some_and(|first| *first >= 0x80) => Some(rest),
        [first, ..] if (1..0x80).contains(first) => Some(content),
        _ => None,
    }
}

/// r and s of strict DER.
fn from_der(signature: &[u8]) -> Option<(&[u8], &[u8])> {
    let (content, rest) = element(0x30, signature)?;
    let (r, after) = element(2, content)?;
    let (s, end) = element(2, after)?;
    (rest.is_empty() && end.is_empty()).then_some(())?;
    Some((positive(r)?, positive(s)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::NamedCurve;

    /// RFC 6979 §A.2.3, A.2.4, A.2.6, A.2.7: the message "sample" with SHA-256, and P-521 with
    /// SHA-1, whose nonces take four rounds of HMAC.
    #[test]
    fn rfc_6979() {
        for (curve, hash, secret, r, s) in [
            (
                NamedCurve::P192,
                Hash::Sha256,
                "6FAB034934E4C0FC9AE67F5B5659A9D7D1FEFD187EE09FD4",
                "4B0B8CE98A92866A2820E20AA6B75B56382E0F9BFD5ECB55",
                "CCDB006926EA9565CBADC840829D8C384E06DE1F1E381B85",
            ),
            (
                NamedCurve::P224,
                Hash::Sha256,
                "F220266E1105BFE3083E03EC7A3A654651F45E37167E88600BF257C1",
                "61AA3DA010E8E8406C656BC477A7A7189895E7E840CDFE8FF42307BA",
                "BC814050DAB5D23770879494F9E0A680DC1AF7161991BDE692B10101",
            ),
            (
                NamedCurve::P384,
                Hash::Sha256,
                "6B9D3DAD2E1B8C1C05B19875B6659F4DE23C3B667BF297BA9AA47740787137D8\
                 96D5724E4C70A825F872C9EA60D2EDF5",
                "21B13D1E013C7FA1392D03C5F99AF8B30C570C6F98D4EA8E354B63A21D3DAA33\
                 BDE1E888E63355D92FA2B3C36D8FB2CD",
                "F3AA443FB107745BF4BD77CB3891674632068A10CA67E3D45DB2266FA7D1FEEB\
                 EFDC63ECCD1AC42EC0CB8668A4FA0AB0",
            ),
            (
                NamedCurve::P521,
                Hash::Sha1,
                "00FAD06DAA62BA3B25D2FB40133DA757205DE67F5BB0018FEE8C86E1B68C7E75\
                 CAA896EB32F1F47C70855836A6D16FCC1466F6D8FBEC67DB89EC0C08B0E996B8\
                 3538",
                "00343B6EC45728975EA5CBA6659BBB6062A5FF89EEA58BE3C80B619F322C8791\
                 0FE092F7D45BB0F8EEE01ED3F20BABEC079D202AE677B243AB40B5431D497C55\
                 D75D",
                "00E7B0E675A9B24413D448B8CC119D2BF7B2D2DF032741C096634D6D65D0DBE3\
                 D5694625FB9E8104D3B842C1B0E2D0B98BEA19341E8676AEF66AE4EBA3D5475D\
                 5D16",
            ),
        ] {
            let key = EcKey::new(curve.curve().unwrap(), &hex::decode(secret).unwrap()).unwrap();
            let digest = hash.digest(&[b"sample"]);
            let signature = key.sign_digest_plain(hash, &digest).unwrap();
            assert_eq!(
                hex::encode_upper(&signature),
                format!("{r}{s}"),
                "{}",
                curve.name
            );
            let public = EcPublicKey::new(curve.curve().unwrap(), &key.public().unwrap()).unwrap();
            public.verify_digest_plain(&digest, &signature).unwrap();
            let der = key.sign_digest_der(hash, &digest).unwrap();
            public.verify_digest_der(&digest, &der).unwrap();
            assert!(der.len() <= curve.curve().unwrap().der_signature_length());
            assert_eq!(
                public.verify_digest_plain(&[0; 20], &signature),
                Err(CryptoError::Signature)
            );
        }
    }

    #[test]
    fn every_named_curve_is_one_and_its_order_is_right() {
        for named in NamedCurve::ALL {
            let curve = named.curve().unwrap();
            let order = *curve.order.modulus().as_ref();
            assert_eq!(
                curve.multiply(&curve.generator(), &order),
                None,
                "{}",
                named.name
            );
            // (n − 1)·G is −G.
            let less = order.wrapping_sub(&U576::ONE);
            let negative = curve.multiply(&curve.generator(), &less).unwrap();
            assert_eq!(curve.x(&negative), curve.x(&curve.generator()));
            let key = EcKey::generate(curve, &mut Drbg::from_seed(1)).unwrap();
            let other = EcKey::generate(curve, &mut Drbg::from_seed(2)).unwrap();
            assert_eq!(
                key.agree(&other.public().unwrap(), false).unwrap(),
                other.agree(&key.public().unwrap(), true).unwrap(),
            );
        }
    }

    #[test]
    fn the_generic_mapping_is_a_linear_one() {
        let curve = NamedCurve::BRAINPOOL_P256R1.curve().unwrap();
        let two = EcKey::new(curve, &[2]).unwrap();
        let three = EcKey::new(curve, &[3]).unwrap();
        let five = EcKey::new(curve, &[5]).unwrap();
        let mapped = three.map_generator(&two.public().unwrap()).unwrap();
        assert_eq!(mapped, five.public().unwrap());
        // A doubling in the addition.
        let four = EcKey::new(curve, &[4]).unwrap();
        let mapped = two.map_generator(&two.public().unwrap()).unwrap();
        assert_eq!(mapped, four.public().unwrap());
    }

    #[test]
    fn what_is_no_curve_is_refused() {
        let [field, a, b, generator, order] = NamedCurve::P192.parameters();
        let refused = |field: &[u8], generator: &[u8], order: &[u8]| {
            Curve::new(field, &a, &b, generator, order, 1).unwrap_err()
        };
        assert_eq!(
            refused(&[4; 24], &generator, &order),
            CryptoError::Curve("prime")
        );
        assert_eq!(
            refused(&[], &generator, &order),
            CryptoError::Curve("prime")
        );
        assert_eq!(
            refused(&[0xFF; 200], &generator, &order),
            CryptoError::Curve("prime")
        );
        assert_eq!(
            refused(&field, &[4; 49], &order),
            CryptoError::Curve("generator")
        );
        assert_eq!(
            refused(&field, &generator, &[0]),
            CryptoError::Curve("order")
        );
        let curve = NamedCurve::P192.curve().unwrap();
        assert!(EcKey::new(curve, &[0; 24]).is_err());
        assert!(EcKey::new(curve, &order).is_err());
        assert!(EcPublicKey::new(curve, &[]).is_err());
        assert_eq!(
            format!("{:?}", EcKey::new(curve, &[1]).unwrap()),
            "EcKey(redacted)"
        );
    }
}
