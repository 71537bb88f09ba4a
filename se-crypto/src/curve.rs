//! Elliptic curves over prime fields whose domain parameters come at run time, as a Java Card
//! applet sets them. RustCrypto has a crate for each of the better known curves and none for a
//! curve that is data, hence these formulas over `crypto-bigint`'s Montgomery arithmetic.

use crypto_bigint::modular::{FixedMontyForm, FixedMontyParams};
use crypto_bigint::{NonZero, Odd, U576};

use crate::CryptoError;

/// Room for fields of 521 bits.
const LIMBS: usize = U576::LIMBS;

/// A number modulo the field's prime or the order, in Montgomery form.
pub(crate) type Residue = FixedMontyForm<LIMBS>;
type Modulus = FixedMontyParams<LIMBS>;

/// A curve y² = x³ + ax + b over a prime field, and a generator on it.
///
/// Variable time: a simulator's arithmetic, not a card's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Curve {
    field: Modulus,
    pub(crate) order: Modulus,
    a: Residue,
    b: Residue,
    generator: Point,
    cofactor: u16,
    field_length: usize,
    order_length: usize,
}

/// A point in affine coordinates; never the point at infinity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Point {
    x: Residue,
    y: Residue,
}

/// A point in Jacobian coordinates (x/z², y/z³); z = 0 at infinity.
#[derive(Clone, Copy)]
struct Jacobian {
    x: Residue,
    y: Residue,
    z: Residue,
}

/// The number of big-endian bytes, if it has no more than 576 bits.
fn number(bytes: &[u8]) -> Option<U576> {
    let start = bytes.iter().position(|byte| *byte != 0);
    let significant = bytes.get(start.unwrap_or(bytes.len())..)?;
    let mut full = [0; U576::BYTES];
    let place = full.len().checked_sub(significant.len())?;
    full.get_mut(place..)?.copy_from_slice(significant);
    Some(U576::from_be_slice(&full))
}

/// The last `length` big-endian bytes of a number.
pub(crate) fn big_endian(value: &U576, length: usize) -> Vec<u8> {
    let bytes = value.to_be_bytes();
    let bytes: &[u8] = bytes.as_ref();
    let start = bytes.len().saturating_sub(length);
    bytes.get(start..).unwrap_or(bytes).to_vec()
}

fn is_zero(value: &Residue) -> bool {
    *value.as_montgomery() == U576::ZERO
}

fn modulus(bytes: &[u8]) -> Option<(Modulus, usize)> {
    let value = number(bytes)?;
    let bits = usize::try_from(value.bits_vartime()).ok()?;
    let odd: Option<Odd<U576>> = Odd::new(value).into();
    // Smaller fields and orders are no curves of any standard, and the formulas want p > 3.
    (64..=521).contains(&bits).then_some(())?;
    Some((Modulus::new_vartime(odd?), bits.div_ceil(8)))
}

impl Curve {
    /// The curve of a prime, two coefficients, a generator (`04`, x, y), the generator's order and a
    /// cofactor. Numbers are big-endian and may have zeros in front. That the prime and the order are
    /// primes is taken on trust, as cards do.
    ///
    /// # Errors
    /// [`CryptoError::Curve`] where the numbers cannot be the parameters of a curve of 64 to 521 bits.
    pub fn new(
        field: &[u8],
        a: &[u8],
        b: &[u8],
        generator: &[u8],
        order: &[u8],
        cofactor: u16,
    ) -> Result<Self, CryptoError> {
        let (field, field_length) = modulus(field).ok_or(CryptoError::Curve("prime"))?;
        let (order, order_length) = modulus(order).ok_or(CryptoError::Curve("order"))?;
        let element = |bytes| {
            number(bytes)
                .filter(|value| value < field.modulus().as_ref())
                .map(|value| Residue::new(&value, &field))
        };
        let a = element(a).ok_or(CryptoError::Curve("coefficient a"))?;
        let b = element(b).ok_or(CryptoError::Curve("coefficient b"))?;
        let zero = Residue::zero(&field);
        let mut curve = Self {
            field,
            order,
            a,
            b,
            generator: Point { x: zero, y: zero },
            cofactor,
            field_length,
            order_length,
        };
        curve.generator = curve
            .point(generator)
            .ok_or(CryptoError::Curve("generator"))?;
        Ok(curve)
    }

    /// Bytes of a coordinate.
    #[must_use]
    pub fn field_length(&self) -> usize {
        self.field_length
    }

    /// Bytes of a scalar.
    #[must_use]
    pub fn order_length(&self) -> usize {
        self.order_length
    }

    /// The most bytes of an ECDSA signature in DER form.
    #[must_use]
    pub fn der_signature_length(&self) -> usize {
        // An INTEGER of this many bits needs one more for its sign.
        let content = 2 * (2 + self.order_bits() / 8 + 1);
        content + if content < 0x80 { 2 } else { 3 }
    }

    /// Bits of the order.
    pub(crate) fn order_bits(&self) -> usize {
        usize::try_from(self.order.modulus().as_ref().bits_vartime()).unwrap_or(0)
    }

    pub(crate) fn generator(&self) -> Point {
        self.generator
    }

    /// The scalar of big-endian bytes, if it lies between 1 and the order.
    pub(crate) fn scalar(&self, bytes: &[u8]) -> Option<U576> {
        number(bytes).filter(|value| *value != U576::ZERO && value < self.order.modulus().as_ref())
    }

    /// A number modulo the order.
    pub(crate) fn scalar_residue(&self, value: &U576) -> Residue {
        let order = self.order.modulus().as_nz_ref();
        Residue::new(&value.rem_vartime(order), &self.order)
    }

    /// The point of its SEC 1 form without compression (§2.3.4), if it lies on the curve.
    pub(crate) fn point(&self, bytes: &[u8]) -> Option<Point> {
        let (4, coordinates) = bytes.split_first().map(|(form, rest)| (*form, rest))? else {
            return None;
        };
        if coordinates.len() != 2 * self.field_length {
            return None;
        }
        let (x, y) = coordinates.split_at_checked(self.field_length)?;
        let element = |bytes| {
            number(bytes)
                .filter(|value| value < self.field.modulus().as_ref())
                .map(|value| Residue::new(&value, &self.field))
        };
        let (x, y) = (element(x)?, element(y)?);
        let right = x.square().add(&self.a).mul(&x).add(&self.b);
        (y.square() == right).then_some(Point { x, y })
    }

    /// The SEC 1 form of a point, `04` and both coordinates (§2.3.3).
    pub(crate) fn encode(&self, point: &Point) -> Vec<u8> {
        let mut out = vec![4];
        out.extend(big_endian(&point.x.retrieve(), self.field_length));
        out.extend(big_endian(&point.y.retrieve(), self.field_length));
        out
    }

    /// The x coordinate as a number.
    pub(crate) fn x(&self, point: &Point) -> U576 {
        point.x.retrieve()
    }

    /// `scalar` times `point`; none where that is infinity.
    pub(crate) fn multiply(&self, point: &Point, scalar: &U576) -> Option<Point> {
        self.affine(&self.multiply_jacobian(point, scalar))
    }

    /// `first` times the generator plus `second` times `point`.
    pub(crate) fn multiply_add(&self, first: &U576, second: &U576, point: &Point) -> Option<Point> {
        let left = self.multiply_jacobian(&self.generator, first);
        let right = self.multiply_jacobian(point, second);
        self.affine(&self.add(&left, &right))
    }

    /// `point` times the cofactor.
    pub(crate) fn clear_cofactor(&self, point: &Point) -> Option<Point> {
        self.multiply(point, &U576::from(self.cofactor))
    }

    /// The sum of two points; none where that is infinity.
    pub(crate) fn sum(&self, a: &Point, b: &Point) -> Option<Point> {
        self.affine(&self.add(&self.jacobian(a), &self.jacobian(b)))
    }

    fn jacobian(&self, point: &Point) -> Jacobian {
        Jacobian {
            x: point.x,
            y: point.y,
            z: Residue::one(&self.field),
        }
    }

    fn multiply_jacobian(&self, point: &Point, scalar: &U576) -> Jacobian {
        let base = self.jacobian(point);
        let zero = Residue::zero(&self.field);
        let mut sum = Jacobian {
            x: zero,
            y: zero,
            z: zero,
        };
        for bit in (0..scalar.bits_vartime()).rev() {
            sum = self.double(&sum);
            if scalar.bit_vartime(bit) {
                sum = self.add(&sum, &base);
            }
        }
        sum
    }

    /// Any a: "dbl-2007-bl" of the Explicit-Formulas Database.
    fn double(&self, p: &Jacobian) -> Jacobian {
        let (xx, yy, zz) = (p.x.square(), p.y.square(), p.z.square());
        let s = p.x.mul(&yy).double().double();
        let m = xx.double().add(&xx).add(&self.a.mul(&zz.square()));
        let x = m.square().sub(&s.double());
        let eight_yyyy = yy.square().double().double().double();
        let y = m.mul(&s.sub(&x)).sub(&eight_yyyy);
        let z = p.y.mul(&p.z).double();
        Jacobian { x, y, z }
    }

    fn add(&self, p: &Jacobian, q: &Jacobian) -> Jacobian {
        if is_zero(&p.z) {
            return *q;
        }
        if is_zero(&q.z) {
            return *p;
        }
        let (pzz, qzz) = (p.z.square(), q.z.square());
        let (u1, u2) = (p.x.mul(&qzz), q.x.mul(&pzz));
        let (s1, s2) = (p.y.mul(&qzz).mul(&q.z), q.y.mul(&pzz).mul(&p.z));
        let (h, r) = (u2.sub(&u1), s2.sub(&s1));
        if is_zero(&h) {
            if is_zero(&r) {
                return self.double(p);
            }
            return Jacobian {
                x: p.x,
                y: p.y,
                z: Residue::zero(&self.field),
            };
        }
        let hh = h.square();
        let hhh = hh.mul(&h);
        let v = u1.mul(&hh);
        let x = r.square().sub(&hhh).sub(&v.double());
        let y = r.mul(&v.sub(&x)).sub(&s1.mul(&hhh));
        let z = h.mul(&p.z).mul(&q.z);
        Jacobian { x, y, z }
    }

    /// None at infinity, or where the field's modulus turns out not to be a prime.
    fn affine(&self, p: &Jacobian) -> Option<Point> {
        let inverse: Option<Residue> = p.z.invert_vartime().into();
        let inverse = inverse?;
        let square = inverse.square();
        Some(Point {
            x: p.x.mul(&square),
            y: p.y.mul(&square).mul(&inverse),
        })
    }

    /// The leftmost bits of a digest, as many as the order has (SEC 1 §4.1.3, step 5), as a number.
    pub(crate) fn digest_number(&self, digest: &[u8]) -> U576 {
        let bits = self.order_bits();
        let bytes = bits.div_ceil(8);
        let head = digest.get(..bytes.min(digest.len())).unwrap_or(digest);
        let value = number(head).unwrap_or(U576::ZERO);
        let excess = (head.len() * 8).saturating_sub(bits);
        value.shr_vartime(u32::try_from(excess).unwrap_or(0))
    }

    /// A number reduced modulo the order.
    pub(crate) fn reduce(&self, value: &U576) -> U576 {
        let order: &NonZero<U576> = self.order.modulus().as_nz_ref();
        value.rem_vartime(order)
    }
}
