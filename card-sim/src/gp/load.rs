//! LOAD (GPCS 2.3.1 §11.6).

use scp::Command;
use se_crypto::{Hash, equal};

use super::install::NO_RECEIPT;
use super::stop::{CONDITIONS, NO_MEMORY, Stop, WRONG_DATA, WRONG_PARAMETERS};
use super::{Answer, CardManager, OK, tlv};
use crate::aid::Aid;
use crate::registry::ApplicationId;
use crate::runtime::Runtime;

/// P1: the last block.
const LAST: u8 = 0x80;

/// A load that INSTALL \[for load\] has begun. It is gone with the first command that does not go on with it.
#[derive(Clone, Debug)]
pub(super) struct PendingLoad {
    load_file: Aid,
    domain: ApplicationId,
    hash: Vec<u8>,
    next_block: u8,
    data: Vec<u8>,
}

impl PendingLoad {
    pub(super) fn new(
        runtime: &Runtime,
        load_file: Aid,
        domain: ApplicationId,
        hash: &[u8],
        parameters: &[u8],
    ) -> Result<Self, Stop> {
        if !hash.is_empty() && hash_of_length(hash.len()).is_none() {
            return Err(WRONG_DATA);
        }
        let parameters = tlv::all(parameters)?;
        if let Some(system) = tlv::find(&parameters, 0xEF) {
            // C6: the least non-volatile memory for code that the host asks for.
            let code = tlv::find(&tlv::all(system)?, 0xC6).unwrap_or(&[]);
            let asked = code
                .iter()
                .fold(0_usize, |sum, byte| sum << 8 | usize::from(*byte));
            if code.len() > 4 || asked > runtime.free_persistent() {
                return Err(NO_MEMORY);
            }
        }
        Ok(Self {
            load_file,
            domain,
            hash: hash.to_vec(),
            next_block: 0,
            data: Vec::new(),
        })
    }
}

fn hash_of_length(length: usize) -> Option<Hash> {
    [Hash::Sha1, Hash::Sha256, Hash::Sha384, Hash::Sha512]
        .into_iter()
        .find(|hash| hash.length() == length)
}

impl CardManager {
    pub(super) fn load(
        &mut self,
        runtime: &mut Runtime,
        _domain: ApplicationId,
        command: &Command,
    ) -> Result<Answer, Stop> {
        // Taken out: whatever is refused below ends the load.
        let mut load = self.load.take().ok_or(CONDITIONS)?;
        if command.p1 & !LAST != 0 || command.p2 != load.next_block {
            return Err(WRONG_PARAMETERS);
        }
        if command.data.is_empty() {
            return Err(WRONG_DATA);
        }
        load.data.extend_from_slice(&command.data);
        if load.data.len() > runtime.free_persistent().saturating_add(OVERHEAD) {
            return Err(NO_MEMORY);
        }
        if command.p1 == LAST {
            finish(runtime, &load)?;
            return Ok((NO_RECEIPT.to_vec(), OK));
        }
        load.next_block = load.next_block.wrapping_add(1);
        self.load = Some(load);
        Ok((Vec::new(), OK))
    }
}

/// What may surround the load file data: tags, lengths and signatures.
const OVERHEAD: usize = 1024;

/// All blocks are here.
fn finish(runtime: &mut Runtime, load: &PendingLoad) -> Result<(), Stop> {
    let objects = tlv::all(&load.data)?;
    // E2 (a signature of a security domain with DAP verification) may come before; no such domain is here.
    let [signatures @ .., (0xC4, load_file)] = objects.as_slice() else {
        return Err(WRONG_DATA);
    };
    if signatures.iter().any(|(tag, _)| *tag != 0xE2) {
        return Err(WRONG_DATA);
    }
    if let Some(hash) = hash_of_length(load.hash.len())
        && !equal(&hash.digest(&[load_file]), &load.hash)
    {
        return Err(WRONG_DATA);
    }
    if package_aid(load_file) != Some(load.load_file.as_bytes()) {
        return Err(WRONG_DATA);
    }
    runtime
        .load(load_file, load.domain)
        .map(drop)
        .map_err(|error| Stop::Status(error.status_word()))
}

/// The package AID in the Header component, which comes first (JCVM 3.0.5 §6.3): tag and size (3 bytes), magic
/// (4), CAP version (2), flags (1), package version (2), length of the AID.
fn package_aid(load_file: &[u8]) -> Option<&[u8]> {
    const AID_LENGTH: usize = 12;
    if load_file.first() != Some(&1) {
        return None;
    }
    let length = usize::from(*load_file.get(AID_LENGTH)?);
    load_file.get(AID_LENGTH + 1..)?.get(..length)
}
