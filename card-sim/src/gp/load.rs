//! LOAD (GPCS 2.3.1 §11.6), with the load file data block's hash and the signatures of security domains over it
//! (DAP verification, §9.2.1, §C.2, §C.3).

use scp::Command;
use se_crypto::{Hash, equal};

use super::authority::{Authority, DAP_KEYS, NO_RECEIPT};
use super::signature::verifies;
use super::stop::{
    CONDITIONS, NO_MEMORY, NO_REFERENCE, SECURITY, Stop, WRONG_DATA, WRONG_PARAMETERS,
};
use super::{Answer, CardManager, OK, tlv};
use crate::aid::Aid;
use crate::registry::{ApplicationId, ApplicationKind, LoadFileId, Privileges};
use crate::runtime::Runtime;

/// P1: the last block.
const LAST: u8 = 0x80;
/// What may surround the load file data: tags, lengths and signatures.
const OVERHEAD: usize = 2048;
/// A signature of a security domain: its AID and the signature itself.
const SIGNATURE_BLOCK: u16 = 0xE2;
const SIGNER: u16 = 0x4F;
const SIGNATURE: u16 = 0xC3;
/// The load file data block.
const DATA_BLOCK: u16 = 0xC4;

/// A load that INSTALL \[for load\] has begun. It is gone with the first command that does not go on with it.
#[derive(Clone, Debug)]
pub(super) struct PendingLoad {
    pub(super) load_file: Aid,
    /// The domain that it will belong to.
    pub(super) domain: ApplicationId,
    pub(super) authority: Authority,
    /// The data of the INSTALL that began a combined load, install and make selectable.
    pub(super) combined: Option<Vec<u8>>,
    hash: Vec<u8>,
    next_block: u8,
    data: Vec<u8>,
}

impl PendingLoad {
    pub(super) fn new(
        runtime: &Runtime,
        load_file: Aid,
        domain: ApplicationId,
        authority: Authority,
        hash: &[u8],
        parameters: &[u8],
    ) -> Result<Self, Stop> {
        if !hash.is_empty() && hash_of_length(hash.len()).is_none() {
            return Err(WRONG_DATA);
        }
        check_quotas(runtime, &tlv::all(parameters)?)?;
        Ok(Self {
            load_file,
            domain,
            authority,
            combined: None,
            hash: hash.to_vec(),
            next_block: 0,
            data: Vec::new(),
        })
    }
}

/// The least memory that the host asks for in the system specific parameters (tag EF): C6 for code, C8 for data,
/// C7 volatile (GPCS 2.3.1 table 11-49).
pub(super) fn check_quotas(runtime: &Runtime, parameters: &[(u16, &[u8])]) -> Result<(), Stop> {
    let Some(system) = tlv::find(parameters, 0xEF) else {
        return Ok(());
    };
    let system = tlv::all(system)?;
    let persistent = runtime.free_persistent();
    let quotas = [
        (0xC6, persistent),
        (0xC8, persistent),
        (0xC7, runtime.free_transient()),
    ];
    for (tag, free) in quotas {
        let asked = tlv::find(&system, tag).unwrap_or(&[]);
        let number = asked
            .iter()
            .fold(0_usize, |sum, byte| sum << 8 | usize::from(*byte));
        if asked.len() > 4 || number > free {
            return Err(NO_MEMORY);
        }
    }
    Ok(())
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
        command: &Command,
    ) -> Result<Answer, Stop> {
        // Taken out: whatever is refused below ends the load.
        let mut load = self.pending.load.take().ok_or(CONDITIONS)?;
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
        if command.p1 != LAST {
            load.next_block = load.next_block.wrapping_add(1);
            self.pending.load = Some(load);
            return Ok((Vec::new(), OK));
        }
        if load.combined.is_some() {
            // Checked now, loaded with the INSTALL that ends the combined process.
            self.data_block(runtime, &load)?;
            self.pending.combined = Some(load);
            return Ok((NO_RECEIPT.to_vec(), OK));
        }
        self.finish(runtime, &load)?;
        let domain = runtime.registry.application(load.domain).map(|d| d.aid);
        let names = [
            load.load_file.as_bytes(),
            domain.as_ref().map_or(&[][..], Aid::as_bytes),
        ];
        let receipt = self.receipt(runtime, load.authority, &names)?;
        Ok((receipt, OK))
    }

    /// All blocks are here: checks and loads.
    pub(super) fn finish(
        &self,
        runtime: &mut Runtime,
        load: &PendingLoad,
    ) -> Result<LoadFileId, Stop> {
        let data_block = self.data_block(runtime, load)?;
        runtime
            .load(data_block, load.domain)
            .map_err(|error| Stop::Status(error.status_word()))
    }

    /// Checks the form of a load file, its hash and its signatures, and gives its data block.
    fn data_block<'a>(&self, runtime: &Runtime, load: &'a PendingLoad) -> Result<&'a [u8], Stop> {
        let objects = tlv::all(&load.data)?;
        let [signatures @ .., (DATA_BLOCK, data_block)] = objects.as_slice() else {
            return Err(WRONG_DATA);
        };
        if package_aid(data_block) != Some(load.load_file.as_bytes()) {
            return Err(WRONG_DATA);
        }
        if let Some(hash) = hash_of_length(load.hash.len())
            && !equal(&hash.digest(&[data_block]), &load.hash)
        {
            return Err(WRONG_DATA);
        }
        let mut signers = Vec::new();
        for (tag, block) in signatures {
            if *tag != SIGNATURE_BLOCK {
                return Err(WRONG_DATA);
            }
            signers.push(self.verify_signature(runtime, load, block)?);
        }
        // The domain it will belong to, where that verifies, and every domain that the issuer mandates.
        let missing = runtime.registry.applications().any(|(id, domain)| {
            let wanted = domain.privileges.has(Privileges::MANDATED_DAP_VERIFICATION)
                || id == load.domain && domain.privileges.has(Privileges::DAP_VERIFICATION);
            wanted && !signers.contains(&id)
        });
        if missing {
            return Err(SECURITY);
        }
        Ok(data_block)
    }

    /// Verifies one signature over the hash of the data block; gives the domain that made it.
    fn verify_signature(
        &self,
        runtime: &Runtime,
        load: &PendingLoad,
        block: &[u8],
    ) -> Result<ApplicationId, Stop> {
        let objects = tlv::all(block)?;
        let signer = tlv::find(&objects, SIGNER).ok_or(WRONG_DATA)?;
        let signature = tlv::find(&objects, SIGNATURE).ok_or(WRONG_DATA)?;
        // What is signed is the hash, which INSTALL has told.
        if load.hash.is_empty() {
            return Err(WRONG_DATA);
        }
        let id = runtime
            .registry
            .find_application(signer)
            .ok_or(NO_REFERENCE)?;
        let domain = runtime.registry.application(id).ok_or(NO_REFERENCE)?;
        if domain.kind != ApplicationKind::SecurityDomain
            || !domain.privileges.has(Privileges::DAP_VERIFICATION)
        {
            return Err(CONDITIONS);
        }
        let verified = self
            .domains
            .own_keys(id)
            .iter()
            .filter(|key| key.version == DAP_KEYS)
            .any(|key| verifies(key, &load.hash, signature));
        if verified { Ok(id) } else { Err(SECURITY) }
    }
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
