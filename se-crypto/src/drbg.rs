use std::fmt;

use chacha20::ChaCha20Rng;
use rand_core::{Infallible, SeedableRng, TryCryptoRng, TryRng};
use zeroize::{Zeroize, Zeroizing};

use crate::CryptoError;
use crate::hash::Hash;

/// The length of a root in bytes.
const ROOT: usize = 32;
/// The length of an exported state in bytes: root, then position.
const STATE: usize = ROOT + 16;

/// A deterministic random bit generator: `ChaCha20` keyed with a 32-byte root.
///
/// Each purpose draws from a stream of its own, [`Drbg::stream`], which is derived from the root
/// alone. How much another purpose has drawn, and when, then never changes a byte.
///
/// ```
/// use se_crypto::Drbg;
///
/// let root = Drbg::from_seed(7);
/// let mut challenge = [0; 8];
/// root.stream("challenge").fill(&mut challenge);
/// let mut again = [0; 8];
/// Drbg::from_seed(7).stream("challenge").fill(&mut again);
/// assert_eq!(challenge, again);
/// ```
pub struct Drbg {
    root: Zeroizing<[u8; ROOT]>,
    generator: ChaCha20Rng,
}

impl Drbg {
    /// A generator that gives the same bytes for the same seed, for ever. Not for real keys: a seed
    /// has 64 bits.
    #[must_use]
    pub fn from_seed(seed: u64) -> Self {
        Self::hashed(&[b"tenkoku drbg seed", &seed.to_be_bytes()])
    }

    /// A generator seeded by the operating system.
    ///
    /// # Errors
    /// [`CryptoError::Entropy`] where the system gives no random bytes.
    pub fn from_entropy() -> Result<Self, CryptoError> {
        let mut root = Zeroizing::new([0; ROOT]);
        getrandom::fill(root.as_mut_slice()).map_err(|_| CryptoError::Entropy)?;
        Ok(Self::from_root(root))
    }

    /// The stream of one purpose. It starts at its beginning, whatever was drawn from `self`, so
    /// a caller keeps the stream rather than asking for it twice.
    #[must_use]
    pub fn stream(&self, label: &str) -> Self {
        Self::hashed(&[
            b"tenkoku drbg stream",
            self.root.as_slice(),
            label.as_bytes(),
        ])
    }

    /// Fills `out` with the next bytes.
    pub fn fill(&mut self, out: &mut [u8]) {
        match self.generator.try_fill_bytes(out) {
            Ok(()) => (),
            Err(never) => match never {},
        }
    }

    /// The state, from which [`Drbg::from_state`] goes on where this generator stands. A secret.
    #[must_use]
    pub fn state(&self) -> Zeroizing<Vec<u8>> {
        let mut state = Zeroizing::new(Vec::with_capacity(STATE));
        state.extend_from_slice(self.root.as_slice());
        state.extend_from_slice(&self.generator.get_word_pos().to_be_bytes());
        state
    }

    /// The generator whose state was exported.
    ///
    /// # Errors
    /// [`CryptoError::DrbgState`] where `state` has another length.
    pub fn from_state(state: &[u8]) -> Result<Self, CryptoError> {
        let refuse = || CryptoError::DrbgState {
            expected: STATE,
            length: state.len(),
        };
        let (root, position) = state.split_first_chunk::<ROOT>().ok_or_else(refuse)?;
        let position: [u8; 16] = position.try_into().map_err(|_| refuse())?;
        let mut drbg = Self::from_root(Zeroizing::new(*root));
        drbg.generator.set_word_pos(u128::from_be_bytes(position));
        Ok(drbg)
    }

    fn hashed(parts: &[&[u8]]) -> Self {
        let mut digest = Hash::Sha256.digest(parts);
        let mut root = Zeroizing::new([0; ROOT]);
        root.copy_from_slice(&digest);
        digest.zeroize();
        Self::from_root(root)
    }

    fn from_root(root: Zeroizing<[u8; ROOT]>) -> Self {
        let generator = ChaCha20Rng::from_seed(*root);
        Self { root, generator }
    }
}

impl Clone for Drbg {
    fn clone(&self) -> Self {
        let mut clone = Self::from_root(self.root.clone());
        clone.generator.set_word_pos(self.generator.get_word_pos());
        clone
    }
}

impl fmt::Debug for Drbg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Drbg").finish_non_exhaustive()
    }
}

impl TryRng for Drbg {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.generator.try_next_u32()
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        self.generator.try_next_u64()
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        self.generator.try_fill_bytes(out)
    }
}

impl TryCryptoRng for Drbg {}

#[cfg(test)]
mod tests {
    use super::*;

    fn draw(drbg: &mut Drbg, length: usize) -> Vec<u8> {
        let mut out = vec![0; length];
        drbg.fill(&mut out);
        out
    }

    #[test]
    fn streams_depend_on_seed_and_label_alone() {
        let mut root = Drbg::from_seed(1);
        let before = draw(&mut root.stream("keys"), 40);
        draw(&mut root, 1000);
        assert_eq!(draw(&mut root.stream("keys"), 40), before);
        assert_ne!(draw(&mut root.stream("challenges"), 40), before);
        assert_ne!(draw(&mut Drbg::from_seed(2).stream("keys"), 40), before);
    }

    #[test]
    fn a_state_goes_on_where_it_stood() {
        let mut drbg = Drbg::from_seed(3);
        draw(&mut drbg, 36);
        let mut restored = Drbg::from_state(&drbg.state()).unwrap();
        assert_eq!(draw(&mut restored, 300), draw(&mut drbg, 300));
        assert_eq!(
            draw(&mut restored.stream("x"), 8),
            draw(&mut drbg.stream("x"), 8)
        );
        assert_eq!(
            Drbg::from_state(&[0; 47]).unwrap_err(),
            CryptoError::DrbgState {
                expected: 48,
                length: 47
            }
        );
    }

    #[test]
    fn debug_shows_nothing() {
        assert_eq!(format!("{:?}", Drbg::from_seed(4)), "Drbg { .. }");
    }

    #[test]
    fn entropy_differs() {
        let draw = || draw(&mut Drbg::from_entropy().unwrap(), 16);
        assert_ne!(draw(), draw());
    }
}
