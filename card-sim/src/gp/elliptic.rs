//! Public keys on elliptic curves (GPCS 2.3.1 table 11-16; Amendment E §4): a point, and the curve by reference or by its
//! parameters.

use se_crypto::{Curve, EcPublicKey, Hash, NamedCurve};

use super::keys::kind;

/// The curve behind a reference (Amendment E table 4-3). Brainpool's twisted curves are not there.
fn named(reference: u8) -> Option<&'static NamedCurve> {
    Some(match reference {
        0x00 => &NamedCurve::P256,
        0x01 => &NamedCurve::P384,
        0x02 => &NamedCurve::P521,
        0x03 => &NamedCurve::BRAINPOOL_P256R1,
        0x05 => &NamedCurve::BRAINPOOL_P384R1,
        0x07 => &NamedCurve::BRAINPOOL_P512R1,
        _ => return None,
    })
}

/// The key that these parts are, and the hash that goes with the length of its curve (GPCS 2.3.1 §B.4.3).
pub(super) fn public_key(parts: &[(u8, &[u8])]) -> Option<(EcPublicKey, Hash)> {
    let (point, curve) = match *parts {
        [(kind::EC_PUBLIC, point)] => (point, NamedCurve::P256.curve().ok()?),
        [(kind::EC_PUBLIC, point), (kind::EC_CURVE, &[reference])] => {
            (point, named(reference)?.curve().ok()?)
        }
        [
            (kind::EC_PUBLIC, point),
            (kind::EC_P, field),
            (kind::EC_A, a),
            (kind::EC_B, b),
            (kind::EC_G, generator),
            (kind::EC_N, order),
            (kind::EC_K, cofactor),
        ] => {
            let cofactor = cofactor.iter().try_fold(0u16, |value, byte| {
                value.checked_mul(256)?.checked_add((*byte).into())
            })?;
            let curve = Curve::new(field, a, b, generator, order, cofactor).ok()?;
            (point, curve)
        }
        _ => return None,
    };
    let hash = match curve.order_length() {
        ..=32 => Hash::Sha256,
        33..=48 => Hash::Sha384,
        _ => Hash::Sha512,
    };
    Some((EcPublicKey::new(curve, point).ok()?, hash))
}
