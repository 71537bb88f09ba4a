//! What methods of the API do that takes long on a card: cryptography, and copying into persistent memory.

use crate::api::arguments::{cell, reference, word};
use crate::api::security::hash_of;
use crate::api::security::keys::{self, Sort};
use crate::api::security::{cipher, digest, key_agreement, key_pair, random_data, signature};
use crate::vm::Vm;
use crate::vm::heap::flag;
use crate::vm::trap::Trap;
use se_crypto::Hash;

/// One piece of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Work {
    /// What is done.
    pub task: Task,
    /// Bits of the key, 0 where there is none.
    pub bits: u16,
    /// Bytes that are worked on.
    pub bytes: u16,
    /// Whether this is the end of what is done: what came before it, in `update`, costs by its bytes alone.
    pub is_last: bool,
}

/// What is done, and with what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// A message digest.
    Digest(Hash),
    /// Random bytes of a `RandomData.ALG_*` code.
    Random(u8),
    /// Encryption or decryption.
    Cipher(Sort),
    /// An authentication code.
    Mac(Sort),
    /// A signature over a digest.
    Sign(Sort),
    /// Verification of a signature over a digest.
    Verify(Sort),
    /// Agreement upon a secret.
    Agree(Sort),
    /// Generation of a key pair, told by its private key.
    Generate(Sort),
    /// `init` with a key.
    Init(Sort),
    /// A component of a key is set.
    Set(Sort),
    /// Bytes are copied into persistent memory.
    Copy,
}

/// What a native method is about to do. Nothing where it will refuse its arguments.
pub(crate) fn of(vm: &Vm<'_>, name: &str, arguments: &[i16]) -> Vec<Work> {
    let Some((method, _)) = name.split_once('(') else {
        return Vec::new();
    };
    let Some((class, method)) = method.rsplit_once('.') else {
        return Vec::new();
    };
    let class = class.trim_end_matches("$OneShot");
    match class.rsplit_once('/') {
        Some(("javacard/security" | "javacardx/crypto", class)) => {
            cryptographic(vm, class, method, arguments).unwrap_or_default()
        }
        Some(("javacard/framework", "Util")) => copied(vm, method, arguments).into_iter().collect(),
        _ => Vec::new(),
    }
}

fn cryptographic(
    vm: &Vm<'_>,
    class: &str,
    method: &str,
    arguments: &[i16],
) -> Result<Vec<Work>, Trap> {
    let this = reference(arguments, 0);
    // Data are the first argument of nearly every method: array, offset, length.
    let bytes = u16::try_from(word(arguments, 3)).unwrap_or(0);
    let is_last = method != "update";
    let whole = |task, bits, bytes| Work {
        task,
        bits,
        bytes,
        is_last,
    };
    let key = |object| -> Result<(Sort, u16), Trap> {
        let bits = keys::bits(vm, object)?;
        Ok((keys::sort(vm, object)?, u16::try_from(bits).unwrap_or(0)))
    };
    let key_of = |index| cell(vm, this, index).and_then(|object| key(object.cast_unsigned()));
    Ok(match (class, method) {
        ("MessageDigest" | "InitializedMessageDigest", "update" | "doFinal") => {
            vec![whole(Task::Digest(digest::hash(vm, this)?), 0, bytes)]
        }
        ("RandomData", "generateData" | "nextBytes") => {
            vec![whole(
                Task::Random(random_data::algorithm(vm, this)?),
                0,
                bytes,
            )]
        }
        ("Cipher" | "AEADCipher", "update" | "doFinal") => {
            let (sort, bits) = key_of(cipher::KEY)?;
            vec![whole(Task::Cipher(sort), bits, bytes)]
        }
        (
            "Cipher" | "AEADCipher" | "Signature" | "SignatureMessageRecovery" | "KeyAgreement",
            "init",
        ) => {
            let (sort, bits) = key(reference(arguments, 1))?;
            vec![whole(Task::Init(sort), bits, 0)]
        }
        ("Signature" | "SignatureMessageRecovery", _) => {
            let (sort, bits) = key_of(signature::KEY)?;
            let hash = cell(vm, this, signature::DIGEST)?.to_be_bytes()[1];
            let hash = hash_of(hash);
            let ends = match method {
                "sign" | "signPreComputedHash" => Some(Task::Sign(sort)),
                "verify" | "verifyPreComputedHash" => Some(Task::Verify(sort)),
                _ => None,
            };
            let is_secret = matches!(sort, Sort::Des | Sort::Aes | Sort::Hmac);
            match (hash, method) {
                (None, "update" | "sign" | "verify") => vec![whole(Task::Mac(sort), bits, bytes)],
                // The digest of the key's inner block comes before the message's, and its outer one behind.
                (Some(hash), "update" | "sign" | "verify") if is_secret => {
                    let mut works = vec![whole(Task::Digest(hash), 0, bytes)];
                    works.extend(ends.map(|_| whole(Task::Digest(hash), 0, 64)));
                    works
                }
                (Some(hash), "update" | "sign" | "verify") => {
                    let mut works = vec![whole(Task::Digest(hash), 0, bytes)];
                    works.extend(ends.map(|task| whole(task, bits, 0)));
                    works
                }
                _ => ends.map(|task| whole(task, bits, 0)).into_iter().collect(),
            }
        }
        ("KeyAgreement", "generateSecret") => {
            let (sort, bits) = key_of(key_agreement::KEY)?;
            vec![whole(Task::Agree(sort), bits, 0)]
        }
        ("KeyPair", "genKeyPair") => {
            let (sort, bits) = key_of(key_pair::PRIVATE)?;
            vec![whole(Task::Generate(sort), bits, 0)]
        }
        // A curve's parameters come with the key on most cards, and were not measured.
        (
            _,
            "setKey" | "setModulus" | "setExponent" | "setP" | "setQ" | "setDP1" | "setDQ1"
            | "setPQ" | "setS" | "setW",
        ) => {
            let (sort, bits) = key(this)?;
            vec![whole(Task::Set(sort), bits, 0)]
        }
        _ => Vec::new(),
    })
}

/// Copying or filling where it writes persistent memory.
fn copied(vm: &Vm<'_>, method: &str, arguments: &[i16]) -> Option<Work> {
    let (to, length) = match method {
        "arrayCopy" | "arrayCopyNonAtomic" => (2, 4),
        "arrayFill" | "arrayFillNonAtomic" => (0, 2),
        _ => return None,
    };
    let object = vm.heap.live(reference(arguments, to)).ok()?;
    let volatile = flag::CLEAR_ON_RESET | flag::CLEAR_ON_DESELECT | flag::GLOBAL_ARRAY;
    (object.flags & volatile == 0).then(|| Work {
        task: Task::Copy,
        bits: 0,
        bytes: u16::try_from(word(arguments, length)).unwrap_or(0),
        is_last: true,
    })
}
