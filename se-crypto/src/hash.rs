use hmac::{Hmac, KeyInit, Mac, SimpleHmac};
use md5::Md5;
use ripemd::Ripemd160;
use sha1::Sha1;
use sha2::digest::Digest;
use sha2::digest::common::hazmat::{SerializableState, SerializedState};
use sha2::{Sha224, Sha256, Sha384, Sha512};
use sha3::{Sha3_224, Sha3_256, Sha3_384, Sha3_512};

/// Writes one list of algorithms into everything that is told apart by algorithm.
macro_rules! algorithms {
    ($($(#[$doc:meta])* $name:ident $type:ty, $length:literal, $hmac:ident, $block:literal, $state:literal;)*) => {
        /// A hash algorithm.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Hash {
            $($(#[$doc])* $name,)*
        }

        #[derive(Clone, Debug)]
        enum State {
            $($name($type),)*
        }

        impl Hash {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The length of a digest in bytes.
            #[must_use]
            pub fn length(self) -> usize {
                match self {
                    $(Self::$name => $length,)*
                }
            }

            /// The length of a block in bytes.
            #[must_use]
            pub fn block_length(self) -> usize {
                match self {
                    $(Self::$name => $block,)*
                }
            }

            /// The length of the chaining value between blocks in bytes; 0 for SHA-3, which has none
            /// that an application could name.
            #[must_use]
            pub fn state_length(self) -> usize {
                match self {
                    $(Self::$name => $state,)*
                }
            }

            /// A hash under way.
            #[must_use]
            pub fn hasher(self) -> Hasher {
                Hasher(match self {
                    $(Self::$name => State::$name(<$type>::new()),)*
                })
            }

            /// A hash of which whole blocks were hashed elsewhere: `state` is the chaining value in
            /// the byte order of the algorithm, `length` the bytes hashed so far.
            ///
            /// `None` where the state has another length than [`Hash::state_length`], the length is
            /// no multiple of the block, or the algorithm has no chaining value.
            #[must_use]
            pub fn resume(self, state: &[u8], length: u64) -> Option<Hasher> {
                let block = u64::try_from(self.block_length()).ok()?;
                let fits = self.state_length() != 0
                    && state.len() == self.state_length()
                    && length.is_multiple_of(block);
                fits.then_some(())?;
                let state = self.little_endian(state);
                Some(Hasher(match self {
                    $(Self::$name => State::$name(resume(&state, length / block)?),)*
                }))
            }
        }

        impl Hasher {
            /// Takes the next bytes.
            pub fn update(&mut self, data: &[u8]) {
                match &mut self.0 {
                    $(State::$name(hash) => Digest::update(hash, data),)*
                }
            }

            /// The digest of all that came.
            #[must_use]
            pub fn finish(self) -> Vec<u8> {
                match self.0 {
                    $(State::$name(hash) => hash.finalize().to_vec(),)*
                }
            }
        }

        /// HMAC (FIPS 198-1) over the concatenation of `parts`, as long as the hash. A key may have
        /// any length.
        #[must_use]
        pub fn hmac(hash: Hash, key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
            match hash {
                $(Hash::$name => authenticate::<$hmac<$type>>(key, parts),)*
            }
        }
    };
}

algorithms! {
    /// 16 bytes (RFC 1321). Broken; old applets ask for it.
    Md5 Md5, 16, Hmac, 64, 16;
    /// 20 bytes.
    Ripemd160 Ripemd160, 20, Hmac, 64, 20;
    /// 20 bytes (FIPS 180-4). Broken for signatures of chosen content; physical JPKI cards still
    /// use it.
    Sha1 Sha1, 20, Hmac, 64, 20;
    /// 28 bytes (FIPS 180-4).
    Sha224 Sha224, 28, Hmac, 64, 32;
    /// 32 bytes (FIPS 180-4).
    Sha256 Sha256, 32, Hmac, 64, 32;
    /// 48 bytes (FIPS 180-4).
    Sha384 Sha384, 48, Hmac, 128, 64;
    /// 64 bytes (FIPS 180-4).
    Sha512 Sha512, 64, Hmac, 128, 64;
    /// 28 bytes (FIPS 202).
    Sha3_224 Sha3_224, 28, SimpleHmac, 144, 0;
    /// 32 bytes (FIPS 202).
    Sha3_256 Sha3_256, 32, SimpleHmac, 136, 0;
    /// 48 bytes (FIPS 202).
    Sha3_384 Sha3_384, 48, SimpleHmac, 104, 0;
    /// 64 bytes (FIPS 202).
    Sha3_512 Sha3_512, 64, SimpleHmac, 72, 0;
}

impl Hash {
    /// The digest of the concatenation of `parts`.
    #[must_use]
    pub fn digest(self, parts: &[&[u8]]) -> Vec<u8> {
        let mut hasher = self.hasher();
        for part in parts {
            hasher.update(part);
        }
        hasher.finish()
    }

    /// A chaining value with its words in little-endian order, as the serialized states of
    /// RustCrypto's hashes have them.
    fn little_endian(self, state: &[u8]) -> Vec<u8> {
        let word = match self {
            Self::Md5 | Self::Ripemd160 => 1,
            Self::Sha384 | Self::Sha512 => 8,
            _ => 4,
        };
        state
            .chunks(word)
            .flat_map(|word| word.iter().rev().copied())
            .collect()
    }
}

/// A hash whose serialized state is this chaining value, this number of blocks and an empty buffer.
fn resume<D: SerializableState>(state: &[u8], blocks: u64) -> Option<D> {
    let mut serialized = SerializedState::<D>::default();
    let bytes: &mut [u8] = serialized.as_mut();
    bytes.get_mut(..state.len())?.copy_from_slice(state);
    bytes
        .get_mut(state.len()..state.len() + 8)?
        .copy_from_slice(&blocks.to_le_bytes());
    D::deserialize(&serialized).ok()
}

/// A hash under way: data come in pieces.
#[derive(Clone, Debug)]
pub struct Hasher(State);

/// SHA-1 of `data`.
#[must_use]
pub fn sha1(data: &[u8]) -> [u8; 20] {
    Sha1::digest(data).into()
}

/// SHA-256 of `data`.
#[must_use]
pub fn sha256(data: &[u8]) -> [u8; 32] {
    Sha256::digest(data).into()
}

fn authenticate<M: Mac + KeyInit>(key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    // HMAC takes keys of every length, so the constructor cannot refuse one.
    let Ok(mut mac) = <M as KeyInit>::new_from_slice(key) else {
        return Vec::new();
    };
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// FIPS 180-4 examples (NIST, "Example Values"): the message `abc`.
    #[test]
    fn abc() {
        for (hash, expected) in [
            (Hash::Sha1, "a9993e364706816aba3e25717850c26c9cd0d89d"),
            (
                Hash::Sha224,
                "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7",
            ),
            (
                Hash::Sha256,
                "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            ),
            (
                Hash::Sha384,
                "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed\
                 8086072ba1e7cc2358baeca134c825a7",
            ),
            (
                Hash::Sha512,
                "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a\
                 2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
            ),
        ] {
            let digest = hash.digest(&[b"a", b"", b"bc"]);
            assert_eq!(hex::encode(&digest), expected);
            assert_eq!(digest.len(), hash.length());
        }
        assert_eq!(sha1(b"abc").as_slice(), Hash::Sha1.digest(&[b"abc"]));
        assert_eq!(sha256(b"abc").as_slice(), Hash::Sha256.digest(&[b"abc"]));
    }

    /// RFC 4231 test case 2, and RFC 2202 test case 2 for SHA-1.
    #[test]
    fn what_do_ya_want_for_nothing() {
        for (hash, expected) in [
            (Hash::Sha1, "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"),
            (
                Hash::Sha224,
                "a30e01098bc6dbbf45690f3a7e9e6d0f8bbea2a39e6148008fd05e44",
            ),
            (
                Hash::Sha256,
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            ),
            (
                Hash::Sha384,
                "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e\
                 8e2240ca5e69e2c78b3239ecfab21649",
            ),
            (
                Hash::Sha512,
                "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554\
                 9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
            ),
        ] {
            let mac = hmac(hash, b"Jefe", &[b"what do ya want ", b"for nothing?"]);
            assert_eq!(hex::encode(mac), expected);
        }
    }

    /// RFC 1321 §A.5; the test values of the RIPEMD-160 authors; NIST's example values of FIPS 202.
    #[test]
    fn abc_in_the_other_algorithms() {
        for (hash, expected) in [
            (Hash::Md5, "900150983cd24fb0d6963f7d28e17f72"),
            (Hash::Ripemd160, "8eb208f7e05d987a9b044a8e98c6b087f15a0bfc"),
            (
                Hash::Sha3_224,
                "e642824c3f8cf24ad09234ee7d3c766fc9a3a5168d0c94ad73b46fdf",
            ),
            (
                Hash::Sha3_256,
                "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532",
            ),
            (
                Hash::Sha3_384,
                "ec01498288516fc926459f58e2c6ad8df9b473cb0fc08c2596da7cf0e49be4b2\
                 98d88cea927ac7f539f1edf228376d25",
            ),
            (
                Hash::Sha3_512,
                "b751850b1a57168a5693cd924b6b096e08f621827444f70d884f5d0240d2712e\
                 10e116e9192af3c91a7ec57647e3934057340b4cf408d5a56592f8274eec53f0",
            ),
        ] {
            assert_eq!(hex::encode(hash.digest(&[b"abc"])), expected, "{hash:?}");
        }
    }

    /// A hash that starts from the initial value of its algorithm (FIPS 180-4 §5.3, RFC 1321 §3.3)
    /// is the hash.
    #[test]
    fn a_hash_resumes_from_a_chaining_value() {
        for (hash, initial) in [
            (Hash::Md5, "0123456789abcdeffedcba9876543210"),
            (Hash::Ripemd160, "0123456789abcdeffedcba9876543210f0e1d2c3"),
            (Hash::Sha1, "67452301efcdab8998badcfe10325476c3d2e1f0"),
            (
                Hash::Sha224,
                "c1059ed8367cd5073070dd17f70e5939ffc00b316858151164f98fa7befa4fa4",
            ),
            (
                Hash::Sha256,
                "6a09e667bb67ae853c6ef372a54ff53a510e527f9b05688c1f83d9ab5be0cd19",
            ),
            (
                Hash::Sha384,
                "cbbb9d5dc1059ed8629a292a367cd5079159015a3070dd17152fecd8f70e5939\
                 67332667ffc00b318eb44a8768581511db0c2e0d64f98fa747b5481dbefa4fa4",
            ),
            (
                Hash::Sha512,
                "6a09e667f3bcc908bb67ae8584caa73b3c6ef372fe94f82ba54ff53a5f1d36f1\
                 510e527fade682d19b05688c2b3e6c1f1f83d9abfb41bd6b5be0cd19137e2179",
            ),
        ] {
            let state = hex::decode(initial).unwrap();
            let mut hasher = hash.resume(&state, 0).unwrap();
            hasher.update(b"abc");
            assert_eq!(hasher.finish(), hash.digest(&[b"abc"]), "{hash:?}");
            // The length counts: it is part of the padding.
            let block = u64::try_from(hash.block_length()).unwrap();
            let later = hash.resume(&state, block).unwrap().finish();
            assert_ne!(later, hash.digest(&[]));
            assert!(hash.resume(&state, 1).is_none());
            assert!(hash.resume(&[], 0).is_none());
        }
        assert!(Hash::Sha3_256.resume(&[0; 200], 0).is_none());
    }
}
