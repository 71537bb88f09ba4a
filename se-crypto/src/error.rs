/// Why a primitive refused its input. No variant carries key material.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CryptoError {
    /// A key of a length that the algorithm does not have.
    #[error("{algorithm} key of {length} bytes; it takes {expected}")]
    KeyLength {
        /// The algorithm, as a person names it.
        algorithm: &'static str,
        /// The lengths it takes, in words.
        expected: &'static str,
        /// The length that came, in bytes.
        length: usize,
    },
    /// Data that are not whole blocks, for a mode without padding.
    #[error("{length} bytes are not whole blocks of {block} bytes; pad the data first")]
    BlockLength {
        /// The block length in bytes.
        block: usize,
        /// The length that came, in bytes.
        length: usize,
    },
    /// An initial vector that is not one block.
    #[error("initial vector of {length} bytes; it must be one block of {block}")]
    IvLength {
        /// The block length in bytes.
        block: usize,
        /// The length that came, in bytes.
        length: usize,
    },
    /// Data too long or too short for the RSA operation.
    #[error("{length} bytes do not fit an RSA operation that takes {min} to {max}")]
    RsaLength {
        /// The fewest bytes taken.
        min: usize,
        /// The most bytes taken.
        max: usize,
        /// The length that came, in bytes.
        length: usize,
    },
    /// A number that is not below the RSA modulus.
    #[error("the number is not below the RSA modulus")]
    RsaRange,
    /// RSA key components that do not belong together, or a size out of range.
    #[error("not an RSA key: {0}")]
    RsaKey(&'static str),
    /// A private scalar that is zero or not below the group order, or a point not on the curve.
    #[error("not a P-256 {0}")]
    P256(&'static str),
    /// Domain parameters of no curve, a scalar out of range, or a point not on the curve.
    #[error("not a valid {0} of an elliptic curve")]
    Curve(&'static str),
    /// A nonce or a tag of a length that the mode does not have.
    #[error("{what} of {length} bytes, which the mode does not have")]
    AeadLength {
        /// Nonce or tag.
        what: &'static str,
        /// The length that came, in bytes.
        length: usize,
    },
    /// A signature or padding that does not verify.
    #[error("the signature does not verify")]
    Signature,
    /// The operating system gave no random bytes.
    #[error("the operating system gave no random bytes")]
    Entropy,
    /// Bytes that are no state of a [`crate::Drbg`].
    #[error("not the state of a random generator: {length} bytes, expected {expected}")]
    DrbgState {
        /// The length of a state in bytes.
        expected: usize,
        /// The length that came, in bytes.
        length: usize,
    },
}
